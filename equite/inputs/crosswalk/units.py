"""Amounts cut in pieces that add up again: to the unit where they are whole, to the last bit where they are not."""

from __future__ import annotations

import math

import numpy as np

from equite.inputs.cells import EXACT
from equite.inputs.crosswalk.links import Floats, Places

__all__ = ["are_whole", "parts_of", "settled", "whole_parts"]


def are_whole(amounts: Floats) -> bool:
    """Tell whether every known amount is a whole number, of which floats hold the sum."""
    known = amounts[~np.isnan(amounts)]
    return bool((known == np.floor(known)).all() and np.abs(known).sum() <= EXACT)


def parts_of(amounts: Floats, shares: Floats, source: Places) -> Floats:
    """Cut the amount of each source among its pieces; in whole parts if all amounts are whole.

    Parameters
    ----------
    amounts : array, shape (sources,)
        NaN where it is not known, which leaves nothing to cut.
    shares : array, shape (pieces,)
        What part of its source each piece is; NaN where nothing can be cut.
    source : array of int, shape (pieces,)
        Which source each piece is of, in ascending order.
    """
    of_source, share = np.nan_to_num(amounts)[source], np.nan_to_num(shares)
    return whole_parts(of_source, share, source) if are_whole(amounts) else of_source * share


def whole_parts(amounts: Floats, shares: Floats, source: Places) -> Floats:
    """Cut whole amounts in whole parts, by largest remainders within each source, ties to the piece that stands first.

    Parameters
    ----------
    amounts : array, shape (pieces,)
        The amount of each piece's source: whole, and the same for all its pieces.
    shares : array, shape (pieces,)
        What part of it each piece is to have; those of one source add up to 1.
    source : array of int, shape (pieces,)
        Which source each piece is of, in ascending order.
    """
    if not amounts.size:
        return amounts
    size = np.abs(amounts)
    # A part that is a whole number but for binary dust is that number, and remainders that differ by dust are equal.
    dust = np.clip(size * 2.0**-46, 1e-9, 2.0**-6)
    exact = size * shares
    cut = np.floor(exact + dust)
    steps = np.floor((exact - cut) / (4 * dust) + 0.5)
    starts = np.flatnonzero(np.r_[True, source[1:] != source[:-1]])
    counts = np.diff(np.r_[starts, source.size])
    left = size[starts] - np.add.reduceat(cut, starts)
    rank = np.empty(source.size)
    rank[np.lexsort((-steps, source))] = np.arange(source.size) - np.repeat(starts, counts)
    # Of huge amounts so much dust may come together that more, or less than nothing, is left to each.
    each, rest = np.divmod(left, counts)
    parts: Floats = cut + np.repeat(each, counts) + (rank < np.repeat(rest, counts))
    # No part is a negative zero.
    return np.copysign(1.0, amounts) * parts + 0.0


def settled(amounts: Floats, total: float) -> Floats:
    """Move sums by their last bits until they add up to a total, rounded once; the largest moves first."""
    found = amounts.copy()
    for place in np.argsort(-np.abs(found), kind="stable"):
        gap = math.fsum([total, *(-found).tolist()])
        if gap == 0 or math.fsum(found.tolist()) == total:
            break
        found[place] += gap
    return found
