"""Whole units: largest remainders, ties in code order, the same rule here and in the spreadsheet."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from equite.engine.sharing import Floats, Groups

__all__ = ["MOST_UNITS", "Unit", "inward", "largest_remainders", "round_half_away", "whole_tolerance"]

Units = NDArray[np.int64]
#: Above this many units a float no longer tells remainders apart.
MOST_UNITS = 2**50


class Unit:
    """The unit that amounts are whole multiples of, such as 1, 1000 or 0.01, kept exactly."""

    def __init__(self, size: Decimal) -> None:
        self.size = size
        exact = Fraction(size)
        self._top, self._bottom = exact.numerator, exact.denominator

    def count(self, amounts: Floats) -> Floats:
        """Give amounts in units, not yet whole."""
        return amounts * self._bottom / self._top if self._bottom > 1 else amounts / self._top

    def money(self, units: Units | Floats) -> Floats:
        """Give whole units as money: the float nearest to the exact decimal."""
        return np.asarray(units, dtype=np.float64) * self._top / self._bottom

    def exactly(self, money: Decimal) -> int:
        """Give a multiple of the unit in units."""
        return int(Fraction(money) * self._bottom / self._top)

    def nearest(self, money: float) -> int:
        """Give the nearest whole number of units, halves away from zero."""
        return int(round_half_away(self.count(np.array([money])), 0)[0])

    @property
    def digits(self) -> int:
        """The decimals that an amount shows: those of the unit, cents at least, none for whole units."""
        exponent = self.size.normalize().as_tuple().exponent
        return max(2, -int(exponent)) if isinstance(exponent, int) and exponent < 0 else 0


def whole_tolerance(units: Floats) -> Floats:
    """Give t = max(1e-9, 2^-46 u): how far below a whole number still counts as that number."""
    return np.maximum(1e-9, np.abs(units) * 2.0**-46)


def inward(lower: Floats, upper: Floats, unit: Unit) -> tuple[Floats, Floats]:
    """Move bounds inward to whole units, so that they hold after rounding."""
    down, up = unit.count(lower), unit.count(upper)
    # A bound that is a whole number but for binary dust stays where it is.
    low = np.ceil(down - whole_tolerance(np.where(np.isfinite(down), down, 0.0)))
    high = np.floor(up + whole_tolerance(np.where(np.isfinite(up), up, 0.0)))
    return _money(low, unit), _money(high, unit)


def _money(units: Floats, unit: Unit) -> Floats:
    return np.where(np.isfinite(units), unit.money(np.where(np.isfinite(units), units, 0.0)), units)


def largest_remainders(shares: Floats, total: Units, groups: Groups) -> Units:
    """Round shares to whole numbers that sum to each group's total.

    Rows must stand in code order. Each share is cut to floor(x + t); the units left go, one each, to the largest
    remainders, compared in steps of 4 t; ties go to the row that stands first.

    Parameters
    ----------
    shares : ndarray, shape (n,)
        Amounts in units, not whole; they sum (but for dust) to ``total`` by group.
    total : ndarray of int, shape (groups,)
        The units of each group.
    groups : Groups
        Which row belongs to which group.
    """
    t = whole_tolerance(total.astype(np.float64))[groups.of]
    cut = np.floor(shares + t)
    steps = np.floor((shares - cut) / (4 * t) + 0.5)
    left = total - np.rint(groups.total(cut)).astype(np.int64)
    order = np.lexsort((-steps, groups.of)) if groups.count > 1 else np.argsort(-steps, kind="stable")
    sizes = np.bincount(groups.of, minlength=groups.count)
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    place = np.empty(shares.size, dtype=np.int64)
    place[order] = np.arange(shares.size) - first[groups.of[order]]
    whole = cut.astype(np.int64)
    share, rest = np.divmod(left, np.maximum(sizes, 1))
    return whole + share[groups.of] + (place < rest[groups.of])


def round_half_away(values: Floats, digits: int) -> Floats:
    """Round halves away from zero on 15 significant digits, as spreadsheets do: 1.005 becomes 1.01.

    Parameters
    ----------
    values : ndarray
        Any numbers; missing ones stay missing.
    digits : int
        Decimals to keep; negative rounds to tens, hundreds, …
    """
    scale = 10.0 ** abs(digits)
    scaled = np.abs(values) * scale if digits >= 0 else np.abs(values) / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        magnitude = np.floor(np.log10(np.where(scaled > 0, scaled, 1.0)))
    # Fifteen significant digits: what the number reads as, without the dust of its binary form.
    fine = 10.0 ** np.clip(14 - magnitude, 0, 22)
    cleaned = np.where(magnitude < 14, np.rint(scaled * fine) / fine, scaled)
    whole = np.floor(cleaned + 0.5)
    rounded = whole / scale if digits >= 0 else whole * scale
    return np.copysign(np.where(magnitude >= 15, np.abs(values), rounded), values)
