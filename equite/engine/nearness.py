"""Floats with a bound on their error: what decides whether a comparison may be trusted as it stands.

Running error analysis (Wilkinson, 1963, *Rounding Errors in Algebraic Processes*; Higham, 2002, *Accuracy and Stability
of Numerical Algorithms*, § 3.3): each operation bounds how far its result may lie from what exact arithmetic on the
figures as typed would give, from the bounds of its operands and one rounding of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equite.engine.sharing import Floats

__all__ = ["Near"]

#: One rounding of a sum, a product, a quotient or a root; library functions (exp, log, power) are within two.
UNIT_ROUNDOFF = 2.0**-53
#: Bounds are themselves computed in floats: a little more than they come to.
_SLACK = 1.0 + 2.0**-20
#: Whole numbers below this are floats exactly; one that comes out as this may stand for the next, which no float holds.
_WHOLE = 2.0**53
_TINY = 5e-324


def _rounded(values: Floats, exact: np.ndarray) -> Floats:
    """Bound the rounding of some results; none where whole numbers gave a whole number."""
    return np.where(exact & (np.abs(values) < _WHOLE), 0.0, np.abs(values) * UNIT_ROUNDOFF + _TINY)


def _whole(*nears: Near) -> np.ndarray:
    """Tell where operands are whole numbers without error."""
    found: np.ndarray = np.asarray(True)
    for near in nears:
        found = found & (near.error == 0) & (near.value == np.rint(near.value))
    return found


@dataclass(frozen=True, eq=False)
class Near:
    """Values, shape ``()`` or ``(n,)``, and how far each may lie from the exact one."""

    value: Floats
    error: Floats

    @classmethod
    def typed(cls, figures: Floats) -> Near:
        """Take figures as typed: whole numbers are exact, others within half a unit of their last binary place."""
        whole = (figures == np.rint(figures)) & (np.abs(figures) <= _WHOLE)
        return cls(figures, np.where(whole, 0.0, np.abs(figures) * UNIT_ROUNDOFF))

    def __neg__(self) -> Near:
        return Near(-self.value, self.error)

    def __add__(self, other: Near) -> Near:
        value = self.value + other.value
        return Near(value, self.error + other.error + _rounded(value, _whole(self, other)))

    def __sub__(self, other: Near) -> Near:
        return self + -other

    def __mul__(self, other: Near) -> Near:
        value = self.value * other.value
        error = np.abs(self.value) * other.error + (np.abs(other.value) + other.error) * self.error
        return Near(value, error + _rounded(value, _whole(self, other) | self._nothing | other._nothing))

    def __truediv__(self, other: Near) -> Near:
        """Divide; where the divisor may be zero nothing is known of the quotient."""
        safe = np.abs(other.value) > 2 * other.error
        with np.errstate(all="ignore"):
            value = np.where(safe, self.value / np.where(safe, other.value, 1.0), 0.0)
            error = (self.error + np.abs(value) * other.error) / (np.abs(other.value) - other.error)
        error = np.where(safe, error + np.abs(value) * UNIT_ROUNDOFF + _TINY, np.inf)
        return Near(np.where(np.isnan(self.value) | np.isnan(other.value), np.nan, value), error)

    def abs(self) -> Near:
        """Drop the sign."""
        return Near(np.abs(self.value), self.error)

    def power(self, exponent: int) -> Near:
        """Raise to a whole power, zero or more."""
        value = self.value**exponent
        most = (np.abs(self.value) + self.error) ** exponent
        exact = _whole(self) & (np.abs(value) < _WHOLE)
        grown = np.where(self.error == 0, 0.0, most - np.abs(value))
        return Near(value, np.where(exact, 0.0, np.maximum(grown, 0.0) + 4 * UNIT_ROUNDOFF * most + _TINY))

    def through(self, value: Floats, slope: Floats) -> Near:
        """Return a smooth function's values, from the steepest slope near each argument, and two roundings."""
        with np.errstate(all="ignore"):
            error = np.abs(slope) * self.error
        error = np.where(self.error == 0, 0.0, error) + 4 * UNIT_ROUNDOFF * np.abs(value) + _TINY
        return Near(value, np.where(np.isnan(error), np.inf, error))

    def least(self, other: Near) -> Near:
        """Return the smaller of two."""
        return -(-self).greatest(-other)

    def greatest(self, other: Near) -> Near:
        """Return the larger of two: where they lie apart it is as far off as that one, else as the worst of both."""
        apart = np.abs(self.value - other.value) > 2 * (self.error + other.error)
        larger = np.where(self.value > other.value, self.error, other.error)
        error = np.where(apart, larger, np.maximum(self.error, other.error))
        return Near(np.maximum(self.value, other.value), error)

    def where(self, condition: Floats, other: Near) -> Near:
        """Take this where a condition holds, the other where it does not, neither where it is missing."""
        holds = condition != 0
        value = np.where(np.isnan(condition), np.nan, np.where(holds, self.value, other.value))
        return Near(value, np.where(holds, self.error, other.error))

    def rows(self, size: int) -> Near:
        """Spread over the rows of a table."""
        return Near(np.broadcast_to(self.value, (size,)), np.broadcast_to(self.error, (size,)))

    def at(self, rows: np.ndarray) -> Near:
        """Return some of the rows."""
        return Near(self.value[rows], self.error[rows])

    def summed(self, of: np.ndarray, count: int) -> Near:
        """Sum rows by group, ``of`` giving each row's; the bound holds for any order of summing."""
        value, size, error = (
            np.bincount(of, weights=each, minlength=count).astype(np.float64)
            for each in (self.value, np.abs(self.value), self.error)
        )
        whole = np.bincount(of, weights=~_whole(self), minlength=count) == 0
        terms = np.bincount(of, minlength=count)
        rounding = np.where(whole & (size < _WHOLE), 0.0, terms * UNIT_ROUNDOFF * size)
        return Near(value, error + rounding)

    def by_group(self, value: Floats, of: np.ndarray, count: int) -> Near:
        """Return a value between the least and the greatest of each group (a median): it moves no more than they do."""
        error, size = np.zeros(count), np.zeros(count)
        np.maximum.at(error, of, self.error)
        np.maximum.at(size, of, np.abs(self.value))
        return Near(value, error + 4 * UNIT_ROUNDOFF * size)

    @staticmethod
    def middling(value: Floats, nears: Sequence[Near]) -> Near:
        """Return a value between the least and the greatest of several (a median, a trimmed mean)."""
        error, size = nears[0].error, np.abs(nears[0].value)
        for near in nears[1:]:
            error, size = np.maximum(error, near.error), np.maximum(size, np.abs(near.value))
        return Near(value, error + (len(nears) + 2) * UNIT_ROUNDOFF * size)

    @property
    def _nothing(self) -> np.ndarray:
        """Where the value is zero without error: so is each product of it."""
        return np.asarray((self.value == 0) & (self.error == 0))

    @property
    def bound(self) -> Floats:
        """The bound on the error, with what its own computation may lack."""
        return self.error * _SLACK + _TINY
