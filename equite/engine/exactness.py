"""Figures as they were typed (:mod:`equite.inputs.figures`), and sums of them, as exact fractions."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from equite.engine.sharing import Floats
from equite.inputs.figures import DIGITS

__all__ = ["Fractions", "Inexact", "exact_sum", "fractions_of"]

#: An object array of :class:`fractions.Fraction`.
Fractions = NDArray[np.object_]
#: Sums whose denominator has more bits than that are not worked out.
MOST_BITS = 1 << 21


class Inexact(Exception):
    """What is asked for has no exact value to compute: a root, a logarithm, a level that was solved."""


def fractions_of(figures: Floats) -> Fractions:
    """Return typed figures as fractions; none may be missing."""
    return np.fromiter(map(_fraction, np.ravel(figures).tolist()), dtype=object, count=np.size(figures))


#: Few figures of a table are different, and a page's own return at every step.
@lru_cache(maxsize=1 << 16)
def _fraction(figure: float) -> Fraction:
    return Fraction(int(figure)) if figure.is_integer() else Fraction(Decimal(f"{figure:.{DIGITS}g}"))


def exact_sum(terms: Iterable[Fraction]) -> Fraction:
    """Sum fractions exactly: those of one denominator first, then two by two, so that numbers grow late.

    Raises
    ------
    Inexact
        The sum's denominator would be too large to work with.
    """
    by_bottom: dict[int, int] = {}
    for term in terms:
        by_bottom[term.denominator] = by_bottom.get(term.denominator, 0) + term.numerator
    if sum(bottom.bit_length() for bottom in by_bottom) > MOST_BITS:
        raise Inexact
    pairs = [(top, bottom) for bottom, top in sorted(by_bottom.items())]
    while len(pairs) > 1:
        odd = [pairs.pop()] if len(pairs) % 2 else []
        halves = zip(pairs[::2], pairs[1::2], strict=True)
        pairs = [(a * d + c * b, b * d) for (a, b), (c, d) in halves] + odd
    return Fraction(*pairs[0]) if pairs else Fraction(0)
