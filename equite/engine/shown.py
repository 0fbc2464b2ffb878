"""What is shown of an allocation: whole figures that add up across and down, computed once for every output.

**Cumulative rounding.** A column of steps (a part, a limit) is rounded along its running total, in code order, anew in
each group envelope: a cell is the rounded total up to its row less the rounded total before it, halves away from zero.
So a column adds up to its rounded total, no cell is more than a unit off, a cell of nothing shows nothing, and what is
negative mirrors what is positive. The lines that make a cell (what criteria add, a part's own bounds) go on along the
row in the same way, from the total before the cell to the total after it: they add up to the cell.

What an amount differs by from its steps as shown is its *rounding*.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equite.engine.rounding import round_half_away
from equite.engine.sharing import Floats, Groups

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = [
    "MOST_DUST",
    "TOLERANCE",
    "ShownFigures",
    "ShownStep",
    "ShownSteps",
    "head_digits",
    "moved_by",
    "per_head_of",
    "rounded",
    "share_digits",
    "shares_of",
    "shown_steps",
    "whole_totals",
]

#: Computed sums that differ by no more than this part of the sizes of their terms are equal.
TOLERANCE = 1e-12
#: The most, in units of the last decimal, that is taken for dust of a running total, however large its terms.
MOST_DUST = 0.01


@dataclass(frozen=True)
class ShownFigures:
    """Figures as they are shown.

    Attributes
    ----------
    cells : ndarray, shape (eligible,)
        Rounded to ``digits``; missing ones are NaN.
    digits : int
        The decimals shown (of the percentage, for a share).
    total : float or None
        What stands in the row of totals.
    """

    cells: Floats
    digits: int
    total: float | None


@dataclass(frozen=True)
class ShownStep:
    """A column of steps, rounded along its running total. Of a large table, one cell is rounded without the others.

    Attributes
    ----------
    digits : int
        The decimals shown.
    before, after : ndarray, shape (eligible,)
        The running total of its group envelope before and after each row, as computed.
    dust : float
        What a running total may lack to a half and still be that half.
    """

    digits: int
    before: Floats
    after: Floats
    dust: float

    @classmethod
    def of(cls, values: Floats, groups: Groups, digits: int) -> ShownStep:
        """Take the running totals of a column, whose rows stand in code order, in each group."""
        if groups.count == 1:
            after = np.cumsum(values)
            before = np.concatenate(([0.0], after[:-1]))
        else:
            before, after = np.empty_like(values), np.empty_like(values)
            for rows in _rows_of(groups):
                after[rows] = np.cumsum(values[rows])
                before[rows] = np.concatenate(([0.0], after[rows][:-1]))
        dust = min(TOLERANCE * float(np.abs(values).sum()), MOST_DUST * 10.0**-digits)
        return cls(digits, before, after, dust)

    @cached_property
    def whole(self) -> Floats:
        """The cells, counted in the last decimal shown, shape (eligible,)."""
        return whole_totals(self.after, self.digits, self.dust) - whole_totals(self.before, self.digits, self.dust)

    @cached_property
    def cells(self) -> Floats:
        """The cells as shown, shape (eligible,)."""
        return self.whole / 10.0**self.digits

    @cached_property
    def total(self) -> float:
        """What stands in the row of totals: the rounded total of each group envelope, summed up."""
        return float(self.whole.sum()) / 10.0**self.digits

    def cell(self, row: int) -> float:
        """Return one of :attr:`cells`, the others left alone."""
        return self.counted(row) / 10.0**self.digits

    def counted(self, row: int) -> float:
        """Return one of :attr:`whole`, the others left alone."""
        return self._rounded(float(self.after[row])) - self._rounded(float(self.before[row]))

    def along(self, row: int, lines: Sequence[float]) -> list[float]:
        """Round the lines that make a cell, from the running total before it to the one after it.

        Parameters
        ----------
        row : int
            The cell's row.
        lines : sequence of float
            What the lines are as computed; they sum (but for dust) to the cell as computed.

        Returns
        -------
        list of float
            They add up to the cell as shown; a line of nothing shows nothing.
        """
        least = TOLERANCE * sum(map(abs, lines))
        kept = [0.0 if abs(line) <= least else line for line in lines]
        behind = [*accumulate(reversed(kept[1:]), initial=0.0)]
        after = float(self.after[row])
        totals = [float(self.before[row]), *(after - left for left in reversed(behind))]
        return [(later - earlier) / 10.0**self.digits for earlier, later in pairwise(map(self._rounded, totals))]

    def _rounded(self, total: float) -> float:
        """Round one running total, as :func:`whole_totals` does all."""
        scale = 10.0**self.digits
        return math.copysign(math.floor(abs(total) * scale + self.dust * scale + 0.5), total) + 0.0


@dataclass(frozen=True)
class Steps:
    """The steps of an allocation; rows stand in code order.

    Attributes
    ----------
    digits : int
        The decimals of amounts and steps: none where the page's unit is 1 or more, else the unit's, cents at least.
    parts, limits : mapping of str to ShownStep
        What each part gives before limits, and what each limit adds or takes, by id.
    """

    digits: int
    parts: Mapping[str, ShownStep]
    limits: Mapping[str, ShownStep]

    @property
    def all(self) -> tuple[ShownStep, ...]:
        """Parts, then limits."""
        return (*self.parts.values(), *self.limits.values())

    def moved(self, limit: str) -> float:
        """Return the money that a limit moves: what it adds to those whose amounts it raises."""
        return float(np.maximum(self.limits[limit].whole, 0.0).sum()) / 10.0**self.digits

    def rounding_of(self, row: int, amount: float) -> float:
        """Return what one amount differs by from its steps as shown."""
        return (round(amount * 10.0**self.digits) - sum(step.counted(row) for step in self.all)) / 10.0**self.digits


@dataclass(frozen=True)
class ShownSteps(Steps):
    """What outputs show of an allocation; rows stand in code order.

    Attributes
    ----------
    rounding : ShownFigures
        Amounts less their steps as shown; zero for most.
    per_head, share, previous, change, change_share : ShownFigures or None
        What can be told once amounts are known; None where it cannot. A share is one of 1.
    """

    rounding: ShownFigures
    per_head: ShownFigures | None = None
    share: ShownFigures | None = None
    previous: ShownFigures | None = None
    change: ShownFigures | None = None
    change_share: ShownFigures | None = None


def steps_of(allocation: Allocation) -> Steps:
    """Take the running totals of an allocation's steps: all that one amount's lines need."""
    digits, groups = allocation.context.unit.digits, allocation.context.group_envelopes
    parts = {result.part.id: ShownStep.of(result.amounts, groups, digits) for result in allocation.parts_shared}
    limits = {
        stage.limit.id: ShownStep.of(moved_by(stage.before, stage.after), groups, digits) for stage in allocation.stages
    }
    return Steps(digits, parts, limits)


def shown_steps(allocation: Allocation, steps: Steps) -> ShownSteps:
    """Compute what outputs show of an allocation, from its steps."""
    digits = steps.digits
    rounding = _counted(allocation.amounts, digits) - sum((step.whole for step in steps.all), 0.0)
    missed = ShownFigures(rounding / 10.0**digits, digits, float(rounding.sum()) / 10.0**digits)
    before, change, relative = _changes(allocation, digits)
    after = _per_head(allocation), _share(allocation), before, change, relative
    return ShownSteps(digits, steps.parts, steps.limits, missed, *after)


def moved_by(before: Floats, after: Floats) -> Floats:
    """Return what a limit adds to each amount or takes from it; what it leaves but for dust it does not move."""
    change = after - before
    return np.where(np.abs(change) <= TOLERANCE * (np.abs(before) + np.abs(after)), 0.0, change)


def _rows_of(groups: Groups) -> Iterator[NDArray[np.intp]]:
    """Return the rows of each group, in their order."""
    order = np.argsort(groups.of, kind="stable")
    ends = np.cumsum(np.bincount(groups.of))
    yield from np.split(order, ends[:-1])


def whole_totals(totals: Floats, digits: int, dust: float) -> Floats:
    """Round totals, halves away from zero, and count them in the last decimal; zero has no sign."""
    scale = 10.0**digits
    return np.copysign(np.floor(np.abs(totals) * scale + dust * scale + 0.5), totals) + 0.0


def _counted(money: Floats, digits: int) -> Floats:
    """Count money that has no more decimals than are shown in the last of them."""
    return np.rint(money * 10.0**digits)


def _per_head(allocation: Allocation) -> ShownFigures | None:
    if allocation.people is None:
        return None
    per_head, whole = per_head_of(allocation.amounts, allocation.people)
    digits = head_digits(per_head)
    return ShownFigures(round_half_away(per_head, digits) + 0.0, digits, rounded(whole, digits))


def per_head_of(amounts: Floats, people: Floats) -> tuple[Floats, float]:
    """Return each amount by inhabitant, NaN where there is none, and that of all together."""
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(people > 0, amounts / people, np.nan)
    there = people > 0
    return each, float(amounts[there].sum() / people[there].sum()) if there.any() else math.nan


def head_digits(values: Floats) -> int:
    """Return cents, and two figures at least where the typical value is small (posts per head)."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    typical = float(np.median(sizes)) if sizes.size else 1.0
    return min(8, max(2, 1 - math.floor(math.log10(typical))))


def share_digits(territories: int) -> int:
    """Return the decimals of a share in percent."""
    return 2 if territories <= 500 else 4


def _share(allocation: Allocation) -> ShownFigures | None:
    """Return shares of the total, which add up to the whole: a share is of all, whatever the group envelopes."""
    if not allocation.total:
        return None
    digits = share_digits(allocation.context.size)
    return ShownFigures(shares_of(allocation.units, float(allocation.units.sum()), digits), digits, 1.0)


def shares_of(amounts: Floats, total: float, digits: int) -> Floats:
    """Return amounts as shares of their total, rounded so that they add up to 1; none of nothing.

    Parameters
    ----------
    amounts : ndarray
        They sum to ``total``.
    digits : int
        The decimals shown, of the percentages.
    """
    if not total:
        return np.zeros(amounts.size)
    running = np.concatenate(([0.0], np.cumsum(amounts) / total))
    return np.diff(whole_totals(running, digits + 2, TOLERANCE)) / 10.0 ** (digits + 2)


def _changes(
    allocation: Allocation, digits: int
) -> tuple[ShownFigures, ShownFigures, ShownFigures] | tuple[None, None, None]:
    """Return previous amounts, changes, and changes in shares of one; with cents where previous amounts have some."""
    previous = allocation.previous
    if previous is None:
        return None, None, None
    there = ~np.isnan(previous)
    digits = digits if _is_round(previous[there], digits) else max(2, digits)
    scale = 10.0**digits
    before = round_half_away(previous * scale, 0)
    change = _counted(allocation.amounts, digits) - before
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = round_half_away(np.where(before != 0, change / before, np.nan), 3) + 0.0
    sums = float(before[there].sum()) / scale, float(change[there].sum()) / scale
    # A territory without a previous amount would pass for one whose amount changed.
    whole = rounded(sums[1] / sums[0], 3) if there.all() and sums[0] else None
    return (
        ShownFigures(before / scale + 0.0, digits, sums[0]),
        ShownFigures(change / scale + 0.0, digits, sums[1]),
        ShownFigures(relative, 1, whole),
    )


def _is_round(values: Floats, digits: int) -> bool:
    scaled = values * 10.0**digits
    return bool((np.abs(scaled - np.rint(scaled)) < 1e-6).all())


def rounded(value: float, digits: int) -> float | None:
    """Return a number rounded half away from zero, without a negative zero; None where there is none."""
    found = float(round_half_away(np.array([value]), digits)[0])
    return found + 0.0 if math.isfinite(found) else None
