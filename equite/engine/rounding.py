"""Whole units: largest remainders, ties in code order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from equite.engine.sharing import DUST, Floats, Groups
from equite.formula.nodes import Binary, Node, Number

__all__ = ["MOST_UNITS", "Unit", "largest_remainders", "round_half_away", "whole_tolerance"]

Units = NDArray[np.int64]
#: Above this many units a float no longer tells remainders apart.
MOST_UNITS = 2**50
#: What may lack to a half that a few operations computed, relative to the value.
HALF = 2.0**-49


class Unit:
    """The unit that amounts are whole multiples of, such as 1, 1000 or 0.01, kept exactly."""

    def __init__(self, size: Decimal) -> None:
        self.size = size
        exact = Fraction(size)
        self._top, self._bottom = exact.numerator, exact.denominator

    @property
    def fraction(self) -> tuple[int, int]:
        """The unit as a fraction, exactly: numerator and denominator."""
        return self._top, self._bottom

    def of(self, tree: Node) -> Node:
        """Return the tree of an amount in units."""
        return Binary("/", tree, Number(float(self.size))) if self.size != 1 else tree

    def count(self, amounts: Floats) -> Floats:
        """Return amounts in units, not yet whole."""
        return amounts * self._bottom / self._top if self._bottom > 1 else amounts / self._top

    def money(self, units: Units | Floats) -> Floats:
        """Return whole units as money: the float nearest to the exact decimal."""
        return np.asarray(units, dtype=np.float64) * self._top / self._bottom

    def exactly(self, money: Decimal) -> int:
        """Return a multiple of the unit in units."""
        return int(Fraction(money) * self._bottom / self._top)

    def nearest(self, money: float) -> int:
        """Return the nearest whole number of units, halves away from zero."""
        return int(round_half_away(self.count(np.array([money])), 0)[0])

    @property
    def digits(self) -> int:
        """The decimals that an amount shows: those of the unit, cents at least, none for whole units."""
        exponent = self.size.normalize().as_tuple().exponent
        return max(2, -int(exponent)) if isinstance(exponent, int) and exponent < 0 else 0


def whole_tolerance(units: Floats) -> Floats:
    """Return t = max(1e-9, 2^-46 u): how far below a whole number still counts as that number."""
    return np.maximum(1e-9, np.abs(units) * 2.0**-46)


def largest_remainders(shares: Floats, total: Units, groups: Groups, size: Floats | None = None) -> Units:
    """Round shares to whole numbers that sum to each group's total.

    Rows must stand in code order. With t of :func:`whole_tolerance`, each share is cut to floor(x + t); the units left
    go, one each, to the largest remainders, compared in steps of 4 t; ties go to the row that stands first. Remainders
    that are equal but for dust are of one step, on whichever side of its edge their dust has put them.

    Parameters
    ----------
    shares : ndarray, shape (n,)
        Amounts in units, not whole; they sum (but for dust) to ``total`` by group.
    total : ndarray of int, shape (groups,)
        The units of each group.
    groups : Groups
        Which row belongs to which group.
    size : ndarray, shape (n,), optional
        What each share was computed from, where that is larger: the resources that it levels up.
    """
    t = whole_tolerance(total.astype(np.float64))[groups.of]
    cut = np.floor(shares + t)
    left = total - np.rint(groups.total(cut)).astype(np.int64)
    dust = DUST * (np.abs(shares) if size is None else np.maximum(np.abs(shares), size))
    order, place = _by_remainder(shares - cut, t, dust, groups), np.empty(shares.size, dtype=np.int64)
    sizes = np.bincount(groups.of, minlength=groups.count)
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    place[order] = np.arange(shares.size) - first[groups.of[order]]
    whole = cut.astype(np.int64)
    share, rest = np.divmod(left, np.maximum(sizes, 1))
    return whole + share[groups.of] + (place < rest[groups.of])


def _by_remainder(remainders: Floats, t: Floats, dust: Floats, groups: Groups) -> NDArray[np.intp]:
    """Order rows by group, then by falling step of their remainder, then by code."""
    steps = np.floor(remainders / (4 * t) + 0.5)
    order = np.lexsort((-remainders, groups.of)) if groups.count > 1 else np.argsort(-remainders, kind="stable")
    ranked, level, of, near = remainders[order], steps[order], groups.of[order], dust[order]
    falls = (level[:-1] > level[1:]) & (ranked[:-1] - ranked[1:] > near[:-1] + near[1:])
    classes = np.concatenate(([0], np.cumsum(falls | (of[:-1] != of[1:]))))
    return order[np.lexsort((order, classes))]


def round_half_away(values: Floats, digits: int) -> Floats:
    """Round halves away from zero; what lies below a half by no more than dust is the half: 1.005 becomes 1.01.

    For values that were computed; a page's ``round`` is decided exactly (:mod:`equite.engine.equality`).

    Parameters
    ----------
    values : ndarray
        Any numbers; missing ones stay missing.
    digits : int
        Decimals to keep; negative rounds to tens, hundreds, …
    """
    scale = 10.0 ** abs(digits)
    scaled = np.abs(values) * scale if digits >= 0 else np.abs(values) / scale
    whole = np.floor(scaled + 0.5 + HALF * scaled)
    rounded = whole / scale if digits >= 0 else whole * scale
    # Where dust is no longer small beside a half, floats hold no half to speak of.
    return np.copysign(np.where(scaled * HALF >= 0.125, np.abs(values), rounded), values)
