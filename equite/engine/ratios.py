"""Exact values of many rows at once: whole numbers over one denominator, as the decimals are that people type.

What :mod:`equite.engine.exact` works out in fractions, one by one, is worked out here for all rows together where it is
made of sums, differences, products and divisions by one number, and no whole number outgrows 62 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from equite.engine.sharing import Floats
from equite.inputs.figures import DIGITS

__all__ = ["Ratios", "Unwieldy"]

Integers = NDArray[np.int64]
#: Decimals that are looked for in figures, and what no whole number may reach.
_DECIMALS, _MOST = 9, 1 << 62


class Unwieldy(Exception):
    """Numbers are too long for whole numbers of the machine, or not made of plain arithmetic: fractions can tell."""


@dataclass(frozen=True, eq=False)
class Ratios:
    """Exact values, shape ``()`` or ``(n,)``: ``top`` over ``bottom``, one denominator above zero for all."""

    top: Integers
    bottom: int

    @classmethod
    def of_figures(cls, figures: Floats) -> Ratios:
        """Take typed figures; those that are missing or have more than 15 digits or 9 decimals are unwieldy."""
        most = float(np.abs(figures).max(initial=0.0))
        for decimals in range(_DECIMALS + 1):
            power = 10.0**decimals
            whole = np.rint(figures * power)
            # The quotient of two exact floats is the float nearest to the decimal.
            if most * power < 10.0**DIGITS and (whole / power == figures).all():
                return cls(np.asarray(whole).astype(np.int64), 10**decimals)
        raise Unwieldy

    @property
    def most(self) -> int:
        """The largest numerator, without its sign."""
        return int(np.abs(self.top).max(initial=0))

    def __neg__(self) -> Ratios:
        return Ratios(-self.top, self.bottom)

    def __add__(self, other: Ratios) -> Ratios:
        bottom = lcm(self.bottom, other.bottom)
        one, two = bottom // self.bottom, bottom // other.bottom
        _within(self.most * one + other.most * two, bottom)
        return Ratios(self.top * one + other.top * two, bottom)

    def __sub__(self, other: Ratios) -> Ratios:
        return self + -other

    def __mul__(self, other: Ratios) -> Ratios:
        _within(self.most * other.most, self.bottom * other.bottom)
        return Ratios(self.top * other.top, self.bottom * other.bottom)

    def __truediv__(self, other: Ratios) -> Ratios:
        """Divide by one number, the same for all rows."""
        if other.top.shape or not other.top:
            raise Unwieldy
        top = int(other.top)
        return self * Ratios(np.asarray(other.bottom if top > 0 else -other.bottom), abs(top))

    def whole(self, function: str, digits: int) -> Floats:
        """Return ``floor``, ``ceil`` or ``round`` (halves away from zero) of the values times 10 to the ``digits``."""
        scaled = self * Ratios(np.asarray(10 ** max(digits, 0)), 10 ** max(-digits, 0))
        top, bottom = scaled.top, scaled.bottom
        if function == "floor":
            found = top // bottom
        elif function == "ceil":
            found = -(-top // bottom)
        else:
            _within(2 * scaled.most + bottom, 2 * bottom)
            found = np.sign(top) * ((2 * np.abs(top) + bottom) // (2 * bottom))
        return np.asarray(found, dtype=np.float64)


def _within(*numbers: int) -> None:
    if max(numbers) >= _MOST:
        raise Unwieldy
