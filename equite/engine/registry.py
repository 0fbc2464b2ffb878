"""Registries of pure methods: to add one is to write one function (arrays in, arrays out) under its decorator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from equite.engine.sharing import Floats

__all__ = [
    "AGGREGATORS",
    "NORMALISERS",
    "TRANSFORMS",
    "Aggregator",
    "Method",
    "Normaliser",
    "Transform",
    "aggregator",
    "normaliser",
    "transform",
]

_Function = TypeVar("_Function", bound=Callable[..., Floats])


@dataclass(frozen=True)
class Method:
    """A method of the registry.

    Attributes
    ----------
    name : str
        Its name on the page.
    function : callable
        Takes arrays and the parameters, gives an array.
    parameters : mapping
        Its parameters in order, each with its default; None for one that the page must give.
    increasing : bool
        Whether its parameters must rise.
    least : mapping
        The least value of a parameter, where it has one.
    """

    name: str
    function: Callable[..., Floats]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    increasing: bool = False
    least: Mapping[str, float] = field(default_factory=dict)

    def filled(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return every parameter's value from what a page writes (a mapping, a list or one value); None if unusable."""
        if set(given) == {""}:
            values = given[""] if isinstance(given[""], list | tuple) else [given[""]]
            # A method with one parameter takes a bare list as that parameter.
            values = [values] if len(self.parameters) == 1 and len(values) > 1 else values
            if len(values) > len(self.parameters):
                return None
            given = dict(zip(self.parameters, values, strict=False))
        if not set(given) <= set(self.parameters):
            return None
        found = {name: _as_default(given.get(name, default), default) for name, default in self.parameters.items()}
        if any(value is None for value in found.values()):
            return None
        if any(found[name] < least for name, least in self.least.items()):
            return None
        numbers = [value for value in found.values() if isinstance(value, float)]
        rising = all(later > earlier for earlier, later in pairwise(numbers))
        return found if rising or not self.increasing else None


def _as_default(value: Any, default: Any) -> Any:
    """Read a parameter as its default's kind: one of some words (the first by default), numbers, or a number."""
    if isinstance(default, tuple):
        return default[0] if value is default else value if value in default else None
    if isinstance(value, list | tuple):
        numbers = [_as_default(item, None) for item in value]
        return None if None in numbers or isinstance(default, float) else numbers
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Normaliser(Method):
    """A way to bring criteria to one scale.

    ``function`` takes values (higher means more need, none missing, not all equal) and gives scores in their order.

    Attributes
    ----------
    unit_free : bool
        Whether scores stay the same when the values' unit changes.
    in_units : bool
        Whether the parameters are values of the criterion, in its own unit and as the table has it.
    only_high : bool
        Whether it needs values of zero or more of which high ones mean more need.
    """

    unit_free: bool = True
    in_units: bool = False
    only_high: bool = False


@dataclass(frozen=True)
class Aggregator(Method):
    """A way to combine scores, shape (n, k), by weights of the same shape, into one score a row, shape (n,).

    Attributes
    ----------
    positive : bool
        Whether every score must be above zero.
    """

    positive: bool = False


@dataclass(frozen=True)
class Transform(Method):
    """A change of a criterion's values before they are normalised."""


NORMALISERS: dict[str, Normaliser] = {}
AGGREGATORS: dict[str, Aggregator] = {}
TRANSFORMS: dict[str, Transform] = {}


def normaliser(name: str, **about: Any) -> Callable[[_Function], _Function]:
    """Register a normaliser under its name on the page."""

    def register(function: _Function) -> _Function:
        NORMALISERS[name] = Normaliser(name, function, **about)
        return function

    return register


def aggregator(name: str, **about: Any) -> Callable[[_Function], _Function]:
    """Register an aggregator under its name on the page."""

    def register(function: _Function) -> _Function:
        AGGREGATORS[name] = Aggregator(name, function, **about)
        return function

    return register


def transform(name: str, **about: Any) -> Callable[[_Function], _Function]:
    """Register a transform under its name on the page."""

    def register(function: _Function) -> _Function:
        TRANSFORMS[name] = Transform(name, function, **about)
        return function

    return register
