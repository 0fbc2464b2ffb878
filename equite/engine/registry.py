"""Registries of pure methods, by their names on the page: those that come with equite, and those of the user's own.

The decorators that fill them are in :mod:`equite.engine.registering`, equite's own methods in
:mod:`equite.engine.methods`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from equite.engine.sharing import Floats
from equite.errors import MethodError, Problem
from equite.wording import Numeral

__all__ = [
    "AGGREGATORS",
    "NORMALISERS",
    "OWN_FUNCTIONS",
    "TRANSFORMS",
    "Aggregator",
    "Method",
    "Normaliser",
    "RowFunction",
    "Transform",
    "method_called",
]


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
    title : mapping, optional
        What outputs call it, in French and in English. The titles of equite's own are in ``equite/wording``.
    """

    name: str
    function: Callable[..., Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    increasing: bool = False
    least: Mapping[str, float] = field(default_factory=dict)
    title: Mapping[str, str] | None = None

    @property
    def origin(self) -> str:
        """Where its function was written: the module and the name."""
        return ".".join(str(getattr(self.function, part, "")) for part in ("__module__", "__qualname__"))

    @property
    def is_own(self) -> bool:
        """Whether it is of the user's own, and does not come with equite."""
        return not self.origin.startswith("equite.")

    @property
    def source(self) -> str | None:
        """The text of its function; None where Python does not have it."""
        try:
            return inspect.getsource(self.function)
        except (OSError, TypeError):
            return None

    def run(self, *arrays: Floats, **parameters: Any) -> Floats:
        """Return what the function gives: one float for each row, which may be missing or infinite.

        Raises
        ------
        MethodError
            It gives something else than one number for each row.
        """
        if self.is_own:
            # What it does to its arguments is its own affair.
            arrays = tuple(array.copy() for array in arrays)
        with np.errstate(all="ignore"):
            given, rows = self.function(*arrays, *parameters.values()), len(arrays[0])
        try:
            found = np.asarray(given)
        except ValueError:
            found = np.empty(0, dtype=object)
        if found.dtype.kind in "fiub" and found.shape == (rows,):
            return found.astype(np.float64, copy=False)
        shape = {0: "1", 1: str(found.size)}.get(found.ndim, " × ".join(map(str, found.shape)))
        told = shape if found.dtype.kind in "fiub" else type(given).__name__
        raise MethodError([Problem("method-returned", {"name": self.name, "found": told, "count": Numeral(rows)})])

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
    """A way to combine the scores of one territory.

    Attributes
    ----------
    positive : bool
        Whether every score must be above zero.
    """

    positive: bool = False


@dataclass(frozen=True)
class Transform(Method):
    """A change of a criterion's values before they are normalised."""


@dataclass(frozen=True)
class RowFunction(Method):
    """A function of one territory, of the user's own."""

    def each(self, *arguments: Floats) -> Floats:
        """Return one value for each row; missing where it is not finite.

        Raises
        ------
        MethodError
            It gives something else than one number for each row, or looks at other rows.
        """
        found, alone = self.run(*arguments), self.run(*(argument[:1] for argument in arguments))
        if not np.allclose(found[:1], alone, rtol=1e-9, atol=0.0, equal_nan=True):
            raise MethodError([Problem("method-looks-around", {"name": self.name})])
        return np.where(np.isfinite(found), found, np.nan)


NORMALISERS: dict[str, Normaliser] = {}
AGGREGATORS: dict[str, Aggregator] = {}
TRANSFORMS: dict[str, Transform] = {}
#: Functions of one territory that do not come with equite.
OWN_FUNCTIONS: dict[str, RowFunction] = {}


def method_called(name: str) -> Method | None:
    """Return the normaliser, the aggregator or the transform of a name."""
    return NORMALISERS.get(name) or AGGREGATORS.get(name) or TRANSFORMS.get(name)
