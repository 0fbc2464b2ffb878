"""What is shown of a change: whole figures that add up across and down, by the engine's rule for what is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equite.analysis.comparison import Comparison
from equite.analysis.drivers.causes import Cause
from equite.analysis.drivers.split import Split
from equite.engine.sharing import Floats, Groups
from equite.engine.shown import ShownStep, share_digits

__all__ = ["WholeChange", "whole_change"]


@dataclass(frozen=True)
class WholeChange:
    """A change in whole figures; rows stand in code order.

    Attributes
    ----------
    digits : int
        The decimals of money (of the percentage, for shares).
    before, after, change : ndarray, shape (territories,)
        Those of the allocations.
    causes : ndarray, shape (blocks, territories)
        What each block of causes adds.
    rounding : ndarray, shape (territories,)
        What whole units add: the change less the causes, as shown.
    opened : mapping of str to ndarray, shape (members, territories)
        What the members of an opened cause add; they sum to what is shown of the cause.
    """

    digits: int
    before: Floats
    after: Floats
    change: Floats
    causes: Floats
    rounding: Floats
    opened: dict[Cause, Floats]


def whole_change(comparison: Comparison, split: Split, measure: int) -> WholeChange:
    """Round a change to what is shown.

    Each cause is rounded along its running total over all territories, which two pages may part in different ways; the
    members of an opened cause go on along the row, from the total before the cell to the one after it.

    Parameters
    ----------
    comparison : Comparison
        The two allocations, the one before first.
    split : Split
        The change, unrounded.
    measure : {0, 1}
        Money, or shares of the total.
    """
    paid = comparison.amounts.T
    if measure:
        totals = [allocation.total for allocation in comparison.allocations]
        paid = np.stack([each / total if total else each for each, total in zip(paid, totals, strict=True)])
    digits = share_digits(len(comparison.codes)) + 2 if measure else comparison.digits
    scale = 10.0**digits
    before, after = (_counted(np.nan_to_num(each), scale, is_share=bool(measure)) for each in paid)
    groups = Groups.single(len(comparison.codes))
    steps = [ShownStep.of(each, groups, digits) for each in split.values[:, measure]]
    whole = np.stack([step.whole for step in steps]) if steps else np.zeros((0, before.size))
    opened = {}
    for cause, found in split.opened.items():
        step = steps[next(at for at, block in enumerate(split.blocks) if cause in block)]
        lines = found.values[:, measure].T
        opened[cause] = np.array([step.along(row, lines[row].tolist()) for row in range(before.size)]).T
    rounding = after - before - whole.sum(axis=0)
    missing = np.isnan(paid)
    return WholeChange(
        digits - 2 if measure else digits,
        np.where(missing[0], np.nan, before / scale),
        np.where(missing[1], np.nan, after / scale),
        (after - before) / scale + 0.0,
        whole / scale + 0.0,
        rounding / scale + 0.0,
        opened,
    )


def _counted(values: Floats, scale: float, *, is_share: bool) -> Floats:
    """Count values in the last decimal shown; shares along their running total, so that they add up to one."""
    if not is_share:
        return np.rint(values * scale)
    return ShownStep.of(values, Groups.single(values.size), round(np.log10(scale))).whole
