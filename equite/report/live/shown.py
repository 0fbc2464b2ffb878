"""What is shown, live: each step's running total and the same rounded, in the sheet of calculations.

A cell of the sheet to print is the rounded running total of its row less that of the row before
(:mod:`equite.engine.shown`). Each total goes on from the cell above it, so that a column costs one sum a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.sharing import Floats
from equite.engine.shown import MOST_DUST, TOLERANCE, ShownFigures, ShownStep, share_digits, whole_totals
from equite.report.live.calculation import Calculated
from equite.report.live.grid import Head, LiveColumn
from equite.report.live.ranges import picked, sum_product
from equite.report.live.terms import (
    Term,
    absolute_value,
    as_number,
    choose,
    instead,
    is_error,
    least,
    number,
    rounded_plainly,
    stated,
)

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["LiveShown", "LiveStep", "rounded_total", "write_shown"]


@dataclass(frozen=True)
class LiveStep:
    """Where a step stands as it is shown.

    Attributes
    ----------
    digits : int
        The decimals shown.
    column : LiveColumn
        The rounded running total; what is shown itself, where amounts are written as values.
    running : LiveColumn or None
        The running total; None where amounts are written as values.
    dust : Term
        The cell of what a running total may lack to a half.
    computed : LiveColumn or None
        What is rounded, where it may be an error; None where amounts are written as values.
    """

    digits: int
    column: LiveColumn
    running: LiveColumn | None
    dust: Term
    computed: LiveColumn | None = None

    def on(self, sheet: str) -> LiveStep:
        """Return the step as another sheet's formulas name it."""
        running = None if self.running is None else self.running.on(sheet)
        computed = None if self.computed is None else self.computed.on(sheet)
        return LiveStep(self.digits, self.column.on(sheet), running, self.dust, computed)

    @property
    def each(self) -> Term:
        """What is shown in the formula's own row."""
        if self.running is None:
            return self.column.each
        found = rounded_plainly(self.column.each - self.column.above, self.digits)
        if self.computed is None:
            return found
        # What cannot be computed adds nothing to the total, and is not nothing.
        return choose(is_error(self.computed.each), self.computed.each, found)

    def picked(self, place: Term, row: int) -> Term:
        """Return what is shown at a place that someone chose; ``row`` is what was chosen, from 0."""
        there = picked(self.column.all, place, row)
        return there if self.running is None else rounded_plainly(there - self.before(place, row), self.digits)

    def before(self, place: Term, row: int) -> Term:
        """Return the rounded running total before a place that someone chose."""
        value = self.column.values[row - 1] if row else 0.0
        return stated(f"IF({place}=1,0,INDEX({self.column.all},{place}-1))", value)


@dataclass(frozen=True)
class LiveShown:
    """Where everything stands that is shown of steps: parts, limits, and the share of the total where there is one."""

    parts: Mapping[str, LiveStep]
    limits: Mapping[str, LiveStep]
    share: LiveStep | None


def write_shown(workings: Workings, done: Calculated) -> LiveShown:
    """Write the running totals of all that is shown of steps."""
    workings.begin("shown")
    allocation, shown = workings.allocation, workings.allocation.shown
    parts, limits = {}, {}
    for result, column in zip(allocation.parts_shared, done.parts, strict=True):
        term, terms = column.each, absolute_value(column.all)
        name, step = workings.labels.title(result.part.id), shown.parts[result.part.id]
        parts[result.part.id] = _written(workings, done, name, step, (term, terms), column)
    for stage, (before, after) in zip(allocation.stages, done.stages, strict=True):
        change = after.each - before.each
        term = choose(after.each.near(before.each), 0, change)
        name, step = workings.labels.limit(stage.limit), shown.limits[stage.limit.id]
        terms = absolute_value(after.all - before.all)
        limits[stage.limit.id] = _written(workings, done, name, step, (term, terms), after)
    return LiveShown(parts, limits, _share(workings, done, shown.share))


def rounded_total(total: Term, dust: Term, digits: int) -> Term:
    """Round a running total, halves away from zero."""
    value = whole_totals(total.value, digits, float(dust.value)) / 10.0**digits + 0.0
    return stated(f"ROUND({total}+SIGN({total})*{dust},{digits})", value)


def _written(
    workings: Workings,
    done: Calculated,
    name: str,
    step: ShownStep,
    terms: tuple[Term, Term],
    computed: LiveColumn,
) -> LiveStep:
    """Write a step from each row's own figure, the sizes of all of them, and the column that may hold errors."""
    grid, say = workings.grid, workings.labels.say
    if not done.is_live:
        return _as_values(workings, name, step)
    # A row that cannot be computed takes nothing from the rows below it.
    term, sizes = instead(terms[0], 0), terms[1]
    dust = instead(least(number(TOLERANCE) * sum_product(sizes), number(MOST_DUST * 10.0**-step.digits)), 0)
    head: Head = (say("live-tolerance"), lambda _: dust)
    running = grid.running(say("live-running", name=name), term, _carried(workings, step.after), heads=[head])
    rounded = rounded_total(running.each, running.figures[0], step.digits)
    column = grid.column(say("live-running-rounded", name=name), rounded)
    return LiveStep(step.digits, column, running, running.figures[0], computed)


def _share(workings: Workings, done: Calculated, share: ShownFigures | None) -> LiveStep | None:
    """Write the share of the total that amounts up to each row make; there is none where nothing is shared."""
    grid, say, name = workings.grid, workings.labels.say, workings.labels.heading("share")
    if share is None:
        return None
    if not done.is_live:
        return _as_values(workings, name, share)
    digits = share_digits(workings.allocation.context.size) + 2
    amounts = _carried(workings, np.cumsum(workings.allocation.amounts))
    running = grid.running(
        say("live-running", name=say("word-amount")), instead(as_number(done.amounts.each), 0), amounts
    )
    # Every total but the last is a share of it.
    everything = stated(f"${running.letter}${running.last}", amounts[-1])
    dust = number(TOLERANCE)
    rounded = instead(rounded_total(running.each / everything, dust, digits), 0)
    column = grid.column(say("live-running-rounded", name=name), rounded)
    return LiveStep(digits, column, running, dust)


def _as_values(workings: Workings, name: str, figures: ShownFigures | ShownStep) -> LiveStep:
    cells = stated("", workings.full(figures.cells))
    return LiveStep(figures.digits, workings.grid.values(name, cells), None, number(0))


def _carried(workings: Workings, totals: Floats) -> Floats:
    """Spread running totals over all rows: one who takes no part adds nothing."""
    there = workings.allocation.context.rows
    return np.concatenate(([0.0], totals))[np.cumsum(there)]
