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
from textwrap import dedent, indent
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
    def name(self) -> str:
        """Its last name."""
        return self.path.rpartition(".")[2]

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


#: What docstrings write in reStructuredText, and how Markdown writes it.
MARKUP = (
    (re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`"), r"`\1`"),
    (re.compile(r"``([^`]+)``"), r"`\1`"),
)


def prose(text: str) -> str:
    """Write a text as Markdown: what is set in, or stands between lines of ``=``, is kept as it is."""
    return "\n\n".join(_paragraph(each) for each in text.split("\n\n") if each != "::")


def _paragraph(text: str) -> str:
    if text.startswith(("    ", "====")):
        return f"```text\n{dedent(text)}\n```"
    text = re.sub(r"::$", ":", text)
    for written, meant in MARKUP:
        text = written.sub(meant, text)
    return text


def entries(section: str) -> str:
    """Write a section that explains names, or types, as a list."""
    found = re.split(r"^(?=\S)", section, flags=re.MULTILINE)[1:]
    return "\n".join(_entry(*each.partition("\n")[::2]) for each in found)


def _entry(head: str, text: str) -> str:
    names, _, kind = head.partition(" : ")
    told = ", ".join(f"`{name}`" for name in names.split(", ")) + (f" ({_paragraph(kind)})" if kind else "")
    return f"- {told}: {indent(prose(dedent(text).strip()), '  ').lstrip()}" if text.strip() else f"- {told}"


def sections(member: Member) -> Iterator[str]:
    """Write a docstring, section by section."""
    for title, content in member.sections.items():
        if title == "Examples":
            yield f"```python\n{content}\n```"
        elif title in ("", "References"):
            yield (f"**{title}**\n\n" if title else "") + prose(content)
        else:
            yield f"**{title}**\n\n{entries(content)}"


def titled(owner: Member) -> str:
    """Give the title of a chapter; a function has its whole path, for a class may differ by a capital only."""
    return owner.path.removeprefix("equite.") if owner.kind == "class" else owner.path


def chapter(owner: Member) -> Iterator[str]:
    """Write what is told of a name: its docstring, its properties as a list, its methods one after the other."""
    yield f"## {titled(owner)}"
    if owner.kind == "function":
        yield f"```python\nequite.{owner.signature}\n```"
    yield from sections(owner)
    inside = list(members(owner))
    told = [f"- `{each.name}`: {indent(prose(each.text), '  ').lstrip()}" for each in inside if each.kind == "property"]
    if told:
        yield "**Properties**\n\n" + "\n".join(told)
    for each in inside:
        if each.kind == "method":
            yield f"### {each.path.removeprefix('equite.')}"
            yield f"```python\n{each.signature}\n```"
            yield from sections(each)


def reference() -> str:
    """Write the whole page: what each name is, in a line, then a chapter for each."""
    found = list(names())
    lines = []
    for each in found:
        anchor = titled(each).lower().replace(".", "")
        lines.append(f"- [{titled(each)}](#{anchor}): {prose(each.sections[''].partition(chr(10) * 2)[0])}")
    chapters = (text for each in found for text in chapter(each))
    return "\n\n".join([HEAD.rstrip(), "\n".join(lines), *chapters]) + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8", newline="\n")
