"""A figure as it was typed.

A float cannot hold 0.1. What a person typed is the decimal of at most 15 significant digits that reads back as the same
float (any such decimal survives the way through IEEE 754 binary64: Goldberg, 1991, *ACM Computing Surveys* 23(1)); a
whole number is itself. A computed column of a data frame carries dust beyond those digits: 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["DIGITS", "Ends", "typed"]

Floats = npt.NDArray[np.float64]
#: The significant digits of a typed figure.
DIGITS = 15
#: Powers of ten up to here are floats exactly.
_EXACT_POWER = 22
#: The powers of ten that floats can hold, from the least one.
_LEAST = -324
_TENS = 10.0 ** np.arange(_LEAST, 309, dtype=np.float64)
#: Figures of six decimals, the usual ones, and how large they may be to have 15 digits.
_MILLION, _FEW = 10.0**6, 10.0 ** (DIGITS - 6)
#: So many figures, and what is made of them, stay in the cache of the processor, and cost no new pages of memory.
_BLOCK = 1 << 17


class Ends(NamedTuple):
    """The least and the largest of some figures; both missing where one of them is."""

    least: float
    largest: float

    @classmethod
    def of(cls, values: Floats) -> Ends:
        """Look at some figures; of none, the least is infinite and so is the largest, below zero."""
        return cls(float(values.min(initial=np.inf)), float(values.max(initial=-np.inf)))


def _is_plain(values: Floats, ends: Ends | None) -> bool:
    """Tell whether all figures are the floats nearest to whole numbers of millionths, below 15 digits: as typed."""
    if not values.size:
        return False
    least, largest = ends or Ends.of(values)
    if not -_FEW < least <= largest < _FEW:
        return False
    flat = values.reshape(-1)
    return all(_are_millionths(flat[start : start + _BLOCK]) for start in range(0, flat.size, _BLOCK))


def _are_millionths(values: Floats) -> bool:
    near = values * _MILLION
    np.rint(near, out=near)
    near /= _MILLION
    return bool((near == values).all())


def typed(values: Floats, ends: Ends | None = None) -> Floats:
    """Return each figure as it was typed: the float nearest to its 15 significant digits; whole numbers stay.

    ``ends`` are those of the figures, where they are known.
    """
    values = np.asarray(values, dtype=np.float64)
    if _is_plain(values, ends):
        return values
    rest = np.isfinite(values) & (values != np.rint(values))
    if not rest.any():
        return values
    broken = values[rest]
    if _is_plain(broken, None):
        return values
    size = np.abs(broken)
    exponent = np.floor(np.log10(size)).astype(np.intp)
    # Just below a power of ten the logarithm is rounded up to it.
    exponent -= _TENS[exponent - _LEAST] > size
    places = DIGITS - 1 - exponent
    near = places <= _EXACT_POWER
    scale = _TENS[np.where(near, places, 0) - _LEAST]
    # The quotient of two exact floats is the float nearest to the decimal.
    cleaned = np.where(near, np.rint(broken * scale) / scale, broken)
    for at in np.flatnonzero(~near):
        cleaned[at] = float(f"{broken[at]:.{DIGITS}g}")
    found = values.copy()
    found[rest] = cleaned
    return found
