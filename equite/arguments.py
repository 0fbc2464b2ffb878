"""What a public function is given, held against its signature before anything is done with it.

A wrong type would end in a traceback far from the call. :func:`takes` reads the annotations once, and refuses in a
sentence what is of none of the types that they name. What it does not know (``object``, an alias) is left to the
function itself, which words it better.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from os import PathLike
from typing import Any, ParamSpec, TypeVar

from equite.errors import EquiteError, Problem
from equite.wording import LOCALES, Language, say

__all__ = ["takes"]

P = ParamSpec("P")
R = TypeVar("R")

#: The types that signatures name, and how each is worded.
_TYPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "text"),
    "Path": (PathLike, "path"),
    "os.PathLike": (PathLike, "path"),
    "int": (Integral, "whole"),
    "float": ((Real, Decimal), "number"),
    "Mapping": (Mapping, "mapping"),
    # An array or an index of pandas is no Sequence, and does as well.
    "Sequence": (Iterable, "list"),
    "Collection": (Collection, "list"),
    "Iterable": (Iterable, "list"),
    "Language": (str, "language"),
    "None": (type(None), ""),
}
#: Top-level bars of an annotation, those inside brackets apart.
_BAR = re.compile(r"\s*\|\s*(?![^\[]*\])")


@dataclass(frozen=True)
class _Expected:
    """What a parameter takes, as sentences name it."""

    words: tuple[str, ...]

    def in_language(self, language: Language) -> str:
        worded = dict.fromkeys(say(f"expected-{word}", language) for word in self.words if word)
        return LOCALES[language].either.join(worded)


@dataclass(frozen=True)
class _Rule:
    """What one parameter may be given."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, annotation: str) -> _Rule | None:
        """Read an annotation; None where it names something else than known types."""
        names = tuple(_BAR.split(annotation))
        return cls(names) if all(_head(name) in _TYPES for name in names) else None

    def allows(self, value: object) -> bool:
        """Tell whether a value is of one of the types."""
        return any(self._is(name, value) for name in self.names)

    @staticmethod
    def _is(name: str, value: Any) -> bool:
        head = _head(name)
        if not isinstance(value, _TYPES[head][0]):
            return False
        if head == "Language":
            return value in LOCALES
        if _TYPES[head][1] != "list":
            return True
        # A text is a list of letters, and never meant so; what can be read once only is not looked into.
        texts: Any = value if name.endswith("[str]") and isinstance(value, Collection) else ()
        return not isinstance(value, str | bytes) and all(isinstance(each, str) for each in texts)

    @property
    def expected(self) -> _Expected:
        return _Expected(tuple(_TYPES[_head(name)][1] for name in self.names))


def _head(name: str) -> str:
    return name.partition("[")[0]


def takes(error: type[EquiteError], *, but: Collection[str] = ()) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function refuse what is of none of the types that its signature names.

    Parameters
    ----------
    error : type of EquiteError
        What is raised, with every argument that is wrong.
    but : collection of str
        Parameters that the function holds against their type itself.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        parameters = inspect.signature(function).parameters.values()
        annotated = {each.name: _Rule.of(each.annotation) for each in parameters if each.annotation is not each.empty}
        rules = {name: rule for name, rule in annotated.items() if rule is not None and name not in but}
        places = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            given = {**dict(zip(places, args, strict=False)), **kwargs}
            if wrong := list(_wrong(given, rules)):
                raise error(wrong, _language(args[0] if args else None))
            return function(*args, **kwargs)

        return checked

    return decorated


def _wrong(given: Mapping[str, Any], rules: Mapping[str, _Rule]) -> Iterator[Problem]:
    for name, value in given.items():
        if name in rules and not rules[name].allows(value):
            values = {"name": name, "kind": type(value).__name__, "expected": rules[name].expected}
            yield Problem("argument-of-another-type", values)


def _language(owner: object) -> Language | None:
    """Return the language of what a method belongs to, if it has one."""
    language = getattr(owner, "language", None)
    return language if language in LOCALES else None
