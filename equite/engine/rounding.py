"""Whole units: largest remainders, ties in code order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from equite.engine.sharing import DUST, Floats, Groups, Runs
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
    size = np.abs(shares) if size is None else np.maximum(np.abs(shares), size)
    order = groups.order
    if order is None:
        return _cut_and_topped_up(shares, total, groups.runs, size)
    whole = np.empty(shares.size, dtype=np.int64)
    whole[order] = _cut_and_topped_up(shares[order], total, groups.runs, size[order])
    return whole


def _cut_and_topped_up(shares: Floats, total: Units, runs: Runs, size: Floats) -> Units:
    """Round where the rows stand group by group."""
    t = whole_tolerance(total.astype(np.float64))
    cut = np.floor(shares + runs.spread(t))
    left = total - np.rint(runs.total(cut)).astype(np.int64)
    lengths = np.zeros(runs.count, dtype=np.int64)
    lengths[runs.groups] = runs.lengths
    each, rest = np.divmod(left, np.maximum(lengths, 1))
    first = _first_by_remainder(shares - cut, t, DUST * size, rest, runs)
    return np.asarray(cut.astype(np.int64) + runs.spread(each) + first)


def _first_by_remainder(remainders: Floats, t: Floats, dust: Floats, wanted: Units, runs: Runs) -> NDArray[np.bool_]:
    """Tell which rows are the first ``wanted`` of their group, by falling step of their remainder, then by code.

    Where the last to be served and the first that is not differ by a step and by more than any dust of the group, what
    lies between them tells all. Elsewhere the rows about that edge are put in order: as many as it takes to see where
    the class begins and ends that the edge cuts.
    """
    served, beyond = _at_edge(remainders, wanted, runs)
    most = np.zeros(runs.count)
    most[runs.groups] = np.maximum.reduceat(dust, runs.starts) if dust.size else 0.0
    clear = (np.floor(served / (4 * t) + 0.5) > np.floor(beyond / (4 * t) + 0.5)) & (served - beyond > 2 * most)
    first = np.asarray(remainders >= runs.spread(np.where(wanted == 0, np.inf, served)))
    left, width = ~(clear | (wanted == 0)), 64 * t + 8 * most
    of = np.repeat(runs.groups, runs.lengths) if left.any() else runs.groups
    while left.any():
        higher = remainders > runs.spread(served + width)
        lower = remainders < runs.spread(beyond - width)
        rows = np.flatnonzero(~higher & ~lower & runs.spread(left))
        above = runs.total(higher.astype(np.float64)).astype(np.int64)
        below = runs.total(lower.astype(np.float64)) > 0
        found, is_whole = _in_order(remainders[rows], t, dust[rows], wanted - above, of[rows], (above > 0, below))
        first[rows] = found
        first |= higher & runs.spread(left)
        left, width = left & ~is_whole, width * 1024
    return first


def _at_edge(remainders: Floats, wanted: Units, runs: Runs) -> tuple[Floats, Floats]:
    """Return the remainder of the last of each group's ``wanted`` rows, and that of the next; missing if not known."""
    served, beyond = np.full(runs.count, np.nan), np.full(runs.count, np.nan)
    longest = int(runs.lengths.max(initial=0))
    if runs.count == 1 and longest:
        edge = longest - int(wanted[0])
        ranked = np.partition(remainders, sorted({max(edge - 1, 0), min(edge, longest - 1)}))[np.newaxis]
    elif longest * runs.lengths.size <= 2 * remainders.size:
        # Groups of like size stand in a matrix, filled up from below.
        ranked = np.full((runs.lengths.size, longest), -np.inf)
        ranked[np.arange(longest) >= (longest - runs.lengths)[:, np.newaxis]] = remainders
        ranked.sort(axis=1)
    else:
        return served, beyond
    rows, last = np.arange(len(ranked)), longest - wanted[runs.groups]
    served[runs.groups] = ranked[rows, np.minimum(last, longest - 1)]
    beyond[runs.groups] = ranked[rows, np.maximum(last - 1, 0)]
    return served, beyond


def _in_order(
    remainders: Floats,
    t: Floats,
    dust: Floats,
    wanted: Units,
    of: NDArray[np.intp],
    outside: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell who is among the first ``wanted`` of some rows of each group, put in order by step of remainder and code.

    ``outside`` says which groups have rows above and below these. Also given is for which groups that is the whole of
    it: the class that the edge cuts begins and ends among these rows.
    """
    steps = np.floor(remainders / (4 * t[of]) + 0.5)
    order = np.lexsort((-remainders, of))
    ranked, level, group, near = remainders[order], steps[order], of[order], dust[order]
    falls = (level[:-1] > level[1:]) & (ranked[:-1] - ranked[1:] > near[:-1] + near[1:])
    classes = np.concatenate(([0], np.cumsum(falls | (group[:-1] != group[1:]))))
    order = order[np.lexsort((order, classes))]
    ends = np.flatnonzero(np.append(group[1:] != group[:-1], True))
    starts = np.append(0, ends[:-1] + 1)
    first = np.empty(of.size, dtype=np.bool_)
    first[order] = np.arange(of.size) - np.repeat(starts, ends - starts + 1) < wanted[group]
    present, is_whole = group[starts], np.zeros(t.size, dtype=np.bool_)
    at_edge = classes[np.clip(starts + wanted[present] - 1, starts, ends)]
    is_whole[present] = ~((classes[starts] == at_edge) & outside[0][present])
    is_whole[present] &= ~((classes[ends] == at_edge) & outside[1][present])
    return first, is_whole


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
