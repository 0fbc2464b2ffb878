"""Write docs/reference.md, the reference of the public API, from the docstrings of what ``equite.__all__`` names.

Run ``python docs/reference.py`` (or ``make reference``) after a docstring has changed; a test holds the file to it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import equite

TARGET = Path(__file__).with_name("reference.md")
HEAD = """\
# Reference

Every public name of equite, from its own docstring: what `help()` says in Python. [Versions](versioning.md) tells what
is promised of it. Examples are run by the tests, after `import equite`; those of a method begin where the example of
its class ends. This file is written by `make reference`.
"""
#: What every exception, mapping and pydantic model has, and is told by Python or pydantic.
INHERITED = {*dir(BaseModel), *dir(Exception), *dir(dict)}
#: A section of a numpy docstring: its title on a line, dashes under it.
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", flags=re.MULTILINE)


@dataclass(frozen=True)
class Member:
    """A public name: how it is reached from ``equite``, and what it is."""

    path: str
    thing: Any
    kind: str

    @property
    def text(self) -> str:
        """Its own docstring, or the one that it inherits within equite."""
        return inspect.getdoc(self.thing) or ""

    @cached_property
    def sections(self) -> dict[str, str]:
        """The docstring by the titles of its sections; what stands before them has none."""
        first, *others = SECTION.split(self.text)
        return {
            "": first.strip(),
            **{title: content.rstrip() for title, content in zip(*[iter(others)] * 2, strict=True)},
        }

    @property
    def signature(self) -> str:
        """How it is called, without the types, which the docstring gives; how it is read, for a property."""
        name = self.path.removeprefix("equite.")
        if self.kind not in ("function", "method"):
            return name
        signature = inspect.signature(self.thing)
        parameters = [
            each.replace(annotation=each.empty)
            for each in signature.parameters.values()
            if each.name not in ("self", "cls")
        ]
        return f"{name}{signature.replace(parameters=parameters, return_annotation=signature.empty)}"


def names() -> Iterator[Member]:
    """Give what ``equite.__all__`` names, and the indicators."""
    for name in equite.__all__:
        thing = getattr(equite, name)
        if inspect.ismodule(thing):
            yield Member(f"equite.{name}", thing, "module")
            yield from (
                Member(f"equite.{name}.{each}", getattr(thing, each), "function")
                for each in thing.__all__
                if callable(getattr(thing, each))
            )
        elif inspect.isclass(thing):
            yield Member(f"equite.{name}", thing, "class")
        elif callable(thing):
            yield Member(f"equite.{name}", thing, "function")


def members(owner: Member) -> Iterator[Member]:
    """Give the public methods and properties of a class; what it has from another public class is told there."""
    if owner.kind != "class":
        return
    elsewhere = {name for base in owner.thing.__mro__[1:] if base.__name__ in equite.__all__ for name in vars(base)}
    for name in sorted(set(dir(owner.thing)) - INHERITED - elsewhere):
        thing = inspect.getattr_static(owner.thing, name)
        if name.startswith("_"):
            continue
        if isinstance(thing, property | cached_property):
            yield Member(f"{owner.path}.{name}", thing, "property")
        elif isinstance(thing, classmethod | staticmethod) or inspect.isfunction(thing):
            yield Member(f"{owner.path}.{name}", getattr(owner.thing, name), "method")
