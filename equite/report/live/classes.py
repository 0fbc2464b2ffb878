"""Values that are equal but for dust, put into classes: what ranks and groups are made of where values are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equite.engine.sharing import Floats
from equite.report.live.grid import ABSENT, LiveColumn
from equite.report.live.terms import BLANK, absolute_value, choose, is_blank, stated
from equite.report.live.tolerance import DUST

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["MOST_PAIRS", "in_classes"]

#: Beyond this many rows, a formula that compares each row with all others takes too long.
MOST_PAIRS = 2_000


def in_classes(workings: Workings, values: LiveColumn, sizes: LiveColumn | None = None) -> LiveColumn:
    """Write how many values stand below each one by more than dust: equal ones have one whole number.

    Parameters
    ----------
    workings : Workings
        The sums.
    values : LiveColumn
        The values, an empty text where one does not count.
    sizes : LiveColumn, optional
        What each was computed from; by default its own size. Above two thousand rows the values stand as they are.
    """
    grid, say = workings.grid, workings.labels.say
    if grid.rows > MOST_PAIRS:
        return values
    known = grid.column(say("live-numbers"), choose(is_blank(values.each), ABSENT, values.each))
    if sizes is None:
        sizes = grid.column(say("live-size"), choose(is_blank(values.each), 0, absolute_value(values.each)))
    gap, dust = f"{known.cell}-{known.range}", f"{DUST}*({sizes.cell}+{sizes.range})"
    below = stated(f"SUMPRODUCT(--({gap}>{dust}))", _below(values.values, sizes.values))
    return grid.column(say("live-class"), choose(is_blank(values.each), BLANK, below))


def _below(values: Floats, sizes: Floats) -> Floats:
    """Count the values below each by more than dust."""
    gap = values[:, None] - values[None, :]
    dust = float(DUST) * (sizes[:, None] + sizes[None, :])
    return np.asarray((gap > dust).sum(axis=1), dtype=np.float64)
