"""The kernel: one function does all sharing.

Given a fixed part b_i, a score s_i >= 0, bounds lo_i <= hi_i and an amount E, find the one level L such that

    sum_i clip(b_i + L * s_i, lo_i, hi_i) = E

With b = 0 it is the proportional share; with b = -own resources it levels up; with bounds it is floor, cap and hold
harmless, the freed or missing money shared again among those whom no bound holds.

The level is found by pegging (Bitran and Hax, 1981, *Management Science* 27(4), 431-441): solve as if nobody were
bounded; if the caps cut off more than the floors add, the true level is higher, so whoever stands at a cap stays
there, and conversely; repeat on the others. Each round settles at least one row for good, so the end is exact, without
an iteration tolerance. A few rounds of O(n) suffice in practice; at most n are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from equite.errors import Problem, SharingError
from equite.wording import Numeral

__all__ = ["DUST", "Floats", "Groups", "Runs", "Sharing", "Solution", "share", "solve"]

Floats = NDArray[np.float64]
#: What rounding errors of a sum may amount to, relative to the largest sum in play.
DUST = 2.0**-44
#: A score below this part of its group's total is no score.
SPECK = 2.0**-900


@dataclass(frozen=True)
class Runs:
    """Rows that stand group by group, so that one pass sums every group.

    Attributes
    ----------
    groups : ndarray of int, shape (groups that have rows,)
        The groups that have rows, in order.
    starts, lengths : ndarray of int, shape (groups that have rows,)
        Where the rows of each begin, and how many there are.
    count : int
        The number of groups, those without rows included.
    """

    groups: NDArray[np.intp]
    starts: NDArray[np.intp]
    lengths: NDArray[np.intp]
    count: int

    @classmethod
    def of_lengths(cls, groups: NDArray[np.intp], lengths: NDArray[np.intp], count: int) -> Runs:
        """Lay rows end to end, so many of each of some groups; those of no row are left out."""
        there = lengths > 0
        groups, lengths = groups[there], lengths[there]
        return cls(groups, np.cumsum(lengths) - lengths, lengths, count)

    def total(self, values: Floats) -> Floats:
        """Sum values by group, shape (groups,)."""
        if self.count == 1:
            return np.array([values.sum()])
        found = np.zeros(self.count)
        if self.starts.size:
            found[self.groups] = np.add.reduceat(values, self.starts)
        return found

    def spread(self, by_group: np.ndarray) -> np.ndarray:
        """Return each row's group's value; a single group's value spreads by itself."""
        return by_group if self.count == 1 else np.repeat(by_group[self.groups], self.lengths)

    def subset(self, rows: NDArray[np.bool_]) -> Runs:
        """Return the runs of some of the rows."""
        if self.count == 1:
            # A single group is counted, many are summed.
            lengths = np.full(self.starts.size, np.count_nonzero(rows), dtype=np.intp)
        else:
            lengths = np.add.reduceat(rows, self.starts, dtype=np.intp) if self.starts.size else self.lengths
        return Runs.of_lengths(self.groups, lengths, self.count)


@dataclass(frozen=True)
class Groups:
    """A division of rows into groups, numbered from 0.

    Attributes
    ----------
    of : ndarray of int, shape (n,)
        Each row's group.
    count : int
        The number of groups.
    """

    of: NDArray[np.intp]
    count: int

    @classmethod
    def single(cls, rows: int) -> Groups:
        """Put all rows into one group."""
        return cls(np.zeros(rows, dtype=np.intp), 1)

    @cached_property
    def order(self) -> NDArray[np.intp] | None:
        """The order in which rows stand group by group; None where they do as they are."""
        if self.count == 1 or bool((self.of[1:] >= self.of[:-1]).all()):
            return None
        # Sixteen bits are sorted by their digits, which takes one pass.
        return np.argsort(self.of.astype(np.uint16) if self.count < 1 << 16 else self.of, kind="stable")

    @cached_property
    def runs(self) -> Runs:
        """The rows in :attr:`order`, as runs."""
        lengths = np.bincount(self.of, minlength=self.count)
        return Runs.of_lengths(np.arange(self.count), lengths, self.count)

    def total(self, values: Floats) -> Floats:
        """Sum values by group, shape (groups,)."""
        return self.runs.total(values if self.order is None else values[self.order])

    def spread(self, by_group: np.ndarray) -> np.ndarray:
        """Return each row's group's value; a single group's value spreads by itself."""
        return self.runs.spread(by_group) if self.order is None else by_group[self.of]

    def subset(self, rows: NDArray[np.bool_]) -> Groups:
        """Return the same groups over some of the rows."""
        return Groups(self.of[rows], self.count)


@dataclass(frozen=True)
class Solution:
    """What the kernel found, feasible or not.

    Attributes
    ----------
    amounts : ndarray, shape (n,)
        clip(b + L s, lo, hi); where no level exists, every row at the bound that is in the way.
    level : ndarray, shape (groups,)
        L of each group; 0 for a group in which nobody has a score.
    gap : ndarray, shape (groups,)
        The money left over (positive) or missing (negative) that no level can place; exactly 0 where solved.
    """

    amounts: Floats
    level: Floats
    gap: Floats


@dataclass(frozen=True)
class Sharing:
    """A share of one amount: the amounts, the level, and whom a bound holds.

    Attributes
    ----------
    amounts : ndarray, shape (n,)
        What each row gets; they sum to the amount shared.
    level : float
        The common level L.
    at_lower, at_upper : ndarray of bool, shape (n,)
        Whom the lower and the upper bound hold.

    Examples
    --------
    >>> sharing = equite.share(100, [1, 1, 2], lower=[40, 0, 0])
    >>> sharing.amounts.tolist()
    [40.0, 20.0, 40.0]
    >>> sharing.level, sharing.at_lower.tolist()
    (20.0, [True, False, False])
    """

    amounts: Floats
    level: float
    at_lower: NDArray[np.bool_]
    at_upper: NDArray[np.bool_]

    @property
    def table(self) -> pd.DataFrame:
        """One row for each row that was given, in its order: amount, at_lower, at_upper."""
        return pd.DataFrame({"amount": self.amounts, "at_lower": self.at_lower, "at_upper": self.at_upper})

    def to_csv(self, path: str | Path) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English. A text
        that a spreadsheet would run as a formula has an apostrophe before it.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> sharing.to_csv("sharing.csv").name
        'sharing.csv'
        """
        from equite.report.results import sharing_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(sharing_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write :attr:`table` to a workbook of one sheet, in the readers' language.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> sharing.to_excel("sharing.xlsx").name
        'sharing.xlsx'
        """
        from equite.report.results import sharing_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(sharing_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: what each row gets, and whom a bound holds.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> sharing.to_html("sharing.html").name
        'sharing.html'
        """
        from equite.report.results import sharing_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(sharing_shown(self), path)

    def _repr_html_(self) -> str:
        from equite.report.results import sharing_html

        return sharing_html(self)


def solve(fixed: Floats, score: Floats, lower: Floats, upper: Floats, amount: Floats, groups: Groups) -> Solution:
    """Solve every group's level at once; the arrays must be finite but for infinite bounds, and lower <= upper.

    Parameters
    ----------
    fixed, score, lower, upper : ndarray, shape (n,)
        b, s, lo and hi of each row.
    amount : ndarray, shape (groups,)
        E of each group.
    groups : Groups
        Which row belongs to which group.
    """
    order = groups.order
    if not (np.isfinite(lower).any() or np.isfinite(upper).any()):
        return _unbounded(fixed, score, amount, groups)
    if order is None:
        return _solve(fixed, score, lower, upper, amount, groups.runs)
    found = _solve(fixed[order], score[order], lower[order], upper[order], amount, groups.runs)
    amounts = np.empty_like(found.amounts)
    amounts[order] = found.amounts
    return replace(found, amounts=amounts)


def _unbounded(fixed: Floats, score: Floats, amount: Floats, groups: Groups) -> Solution:
    """Solve where nobody is bounded: by one linear equation a group."""
    scale = float(score.max(initial=0.0))
    score = score / scale if scale > 0 else score
    slope = groups.total(score)
    here, level = slope > 0, np.zeros(groups.count)
    level[here] = (amount - groups.total(fixed))[here] / slope[here]
    amounts = fixed + groups.spread(level) * score
    return _solution(fixed, amounts, amount, level, scale, groups)


def _solution(
    fixed: Floats, amounts: Floats, amount: Floats, level: Floats, scale: float, groups: Groups | Runs
) -> Solution:
    """Return what was found: the level of scores as they were given, and a gap that is no dust."""
    total = groups.total(amounts)
    dust = DUST * (np.abs(amount) + groups.total(np.abs(amounts)) + groups.total(np.abs(fixed)))
    gap = np.where(np.abs(amount - total) <= dust, 0.0, amount - total)
    with np.errstate(over="ignore"):
        return Solution(amounts, level / scale if scale > 0 else level, gap)


def _solve(fixed: Floats, score: Floats, lower: Floats, upper: Floats, amount: Floats, everybody: Runs) -> Solution:
    """Solve where the rows stand group by group."""
    count = everybody.count
    amounts = np.minimum(np.maximum(fixed, lower), upper)
    level = np.zeros(count)
    least, most = np.full(count, -np.inf), np.full(count, np.inf)
    # Scores are scaled to the largest, so that tiny or huge ones cost no precision; specks beside it count as zero.
    scale = float(score.max(initial=0.0))
    score = score / scale if scale > 0 else score
    scored = score > everybody.spread(everybody.total(score)) * SPECK
    rows, runs, money = np.flatnonzero(scored), everybody.subset(scored), amount
    b, s, lo, hi = fixed, score, lower, upper
    if rows.size < scored.size:
        money = amount - everybody.total(amounts * ~scored)
        b, s, lo, hi = (each.take(rows) for each in (b, s, lo, hi))
    while rows.size:
        slope = runs.total(s)
        here = slope > 0
        level[here] = (money - runs.total(b))[here] / slope[here]
        free = runs.spread(level) * s
        free += b
        clipped = np.maximum(free, lo)
        np.minimum(clipped, hi, out=clipped)
        cut = free - clipped
        above, below = runs.total(np.maximum(cut, 0.0)), -runs.total(np.minimum(cut, 0.0))
        # Holding somebody at a cap says that the level is no lower than this one, at a floor that it is no higher.
        least = np.where(here & (above > below), np.maximum(least, level), least)
        most = np.where(here & (below > above), np.minimum(most, level), most)
        # Where caps cut off exactly what floors add (or neither does anything), this level is the solution.
        way = runs.spread(np.sign(above - below))
        held = ((way > 0) & (free >= hi)) | ((way < 0) & (free <= lo))
        money = money - runs.total(clipped * held)
        staying = ~held & (way != 0)
        left, gone = np.flatnonzero(staying), np.flatnonzero(~staying)
        amounts[rows.take(gone)] = clipped.take(gone)
        runs, rows = runs.subset(staying), rows.take(left)
        b, s, lo, hi = (each.take(left) for each in (b, s, lo, hi))
    level = np.clip(level, least, np.maximum(least, most))
    return _solution(fixed, amounts, amount, level, scale, everybody)


def share(
    amount: float,
    score: ArrayLike,
    *,
    fixed: ArrayLike = 0.0,
    lower: ArrayLike = -np.inf,
    upper: ArrayLike = np.inf,
) -> Sharing:
    """Share one amount: clip(fixed + L * score, lower, upper), with the one level L >= 0 that spends it exactly.

    The level is found by pegging (Bitran and Hax, 1981, "Disaggregation and Resource Allocation Using Convex Knapsack
    Problems with Bounded Variables", *Management Science* 27(4), 431-441): exact, without a tolerance. Amounts are not
    rounded to whole units; :func:`equite.allocate` does that.

    Parameters
    ----------
    amount : float
        The money to share.
    score : array_like, shape (n,)
        What each row counts for, none negative.
    fixed : array_like, shape (n,) or one number, default 0
        What each row has before sharing; negative for own resources, which levels up.
    lower, upper : array_like, shape (n,) or one number, optional
        Bounds of each row's amount; by default there are none.

    Returns
    -------
    Sharing
        The amounts, the level, and whom a bound holds.

    Raises
    ------
    SharingError
        Something is no number, a score is negative or not finite, bounds cross, no level spends the amount, or only a
        negative one would.

    Examples
    --------
    >>> equite.share(100, [1, 1, 2], lower=[40, 0, 0]).amounts
    array([40., 20., 40.])
    """
    _refuse_no_numbers({"amount": amount, "score": score, "fixed": fixed, "lower": lower, "upper": upper})
    amount = np.asarray(amount, dtype=np.float64).item()
    scores = np.atleast_1d(np.asarray(score, dtype=np.float64))
    b, lo, hi = (np.broadcast_to(np.asarray(each, dtype=np.float64), scores.shape) for each in (fixed, lower, upper))
    _refuse_unusable(amount, scores, b, lo, hi)
    found = solve(b, scores, lo, hi, np.array([float(amount)]), Groups.single(scores.size))
    if found.gap[0]:
        entry = "share-over" if found.gap[0] > 0 else "share-short"
        most = Numeral(float(found.amounts.sum()))
        raise SharingError([Problem(entry, {"amount": Numeral(float(amount)), "possible": most})])
    if found.level[0] < 0:
        raise SharingError(
            [Problem("share-negative", {"amount": Numeral(float(amount)), "fixed": Numeral(float(b.sum()))})]
        )
    return Sharing(found.amounts, float(found.level[0]), found.amounts <= lo, found.amounts >= hi)


def _refuse_no_numbers(given: Mapping[str, object]) -> None:
    """Refuse what is not made of numbers, or has not one for each score, all at once."""
    problems = []
    shape = None
    for name, value in given.items():
        try:
            numbers = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            problems.append(Problem("share-no-number", {"name": name, "kind": type(value).__name__}))
            continue
        if name == "score":
            shape = np.atleast_1d(numbers).shape
        if (name == "amount" and numbers.size != 1) or (shape is not None and numbers.shape not in ((), (1,), shape)):
            problems.append(Problem("share-other-length", {"name": name, "count": numbers.size}))
    if problems:
        raise SharingError(problems)


def _refuse_unusable(amount: float, score: Floats, fixed: Floats, lower: Floats, upper: Floats) -> None:
    checks = {
        "share-not-finite": bool(np.isfinite(amount)) and bool(np.isfinite(score).all() and np.isfinite(fixed).all()),
        "share-negative-score": bool((score >= 0).all()),
        "share-crossed": bool((lower <= upper).all()),
    }
    problems = [Problem(entry) for entry, holds in checks.items() if not holds]
    if problems:
        raise SharingError(problems)
