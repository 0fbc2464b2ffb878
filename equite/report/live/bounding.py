"""Bounds in the sheet: stated, moved inward to whole units, scaled down where the money does not pay them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equite.engine.bounds import Bounds
from equite.formula.expressions import Expression
from equite.formula.model import Limit, Part
from equite.report.live.grid import ABSENT, TOTAL, LiveColumn
from equite.report.live.levels import Kernel, finite, solve_level, tolerance_of
from equite.report.live.ranges import how_many, total
from equite.report.live.terms import (
    Term,
    absolute_value,
    choose,
    clip,
    greatest,
    grouped,
    instead,
    least,
    number,
    whole,
)
from equite.report.live.translating import Translator

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["Floors", "SheetBounds", "bound_columns", "counted", "in_force", "in_money", "kept", "prorated_or"]


@dataclass(frozen=True)
class SheetBounds:
    """Lower and upper bounds in the sheet."""

    lower: LiveColumn
    upper: LiveColumn

    def clip(self, term: Term) -> Term:
        """Return a term within the bounds."""
        return clip(term, self.lower.each, self.upper.each)


def counted(workings: Workings, money: Term) -> Term:
    """Return an amount in units."""
    top, bottom = workings.allocation.context.unit.fraction
    term = grouped(money) * bottom if bottom > 1 else grouped(money)
    return term if top == 1 else term / top


def in_money(workings: Workings, units: Term) -> Term:
    """Return units as an amount."""
    top, bottom = workings.allocation.context.unit.fraction
    term = grouped(units) if top == 1 else grouped(units) * top
    return term if bottom == 1 else term / bottom


def in_force(workings: Workings, lower: Term, upper: Term) -> SheetBounds:
    """Write the bounds in force."""
    say = workings.labels.say
    return SheetBounds(
        workings.grid.column(say("live-in-force", bound=say("live-word-floor")), lower),
        workings.grid.column(say("live-in-force", bound=say("live-word-cap")), upper),
    )


def bound_columns(
    workings: Workings,
    translator: Translator,
    thing: Part | Limit,
    bounds: Bounds,
    members: LiveColumn,
    bound: Term | None = None,
) -> SheetBounds:
    """Write the stated bounds, moved inward to whole units; a missing one is none; ``bound`` restricts to some."""
    columns, labels = [], workings.labels
    heading = labels.title(thing.id) if isinstance(thing, Part) else labels.limit(thing)
    for expression, values, absent, word in (
        (thing.at_least, bounds.lower, number(-ABSENT), "live-floor"),
        (thing.at_most, bounds.upper, number(ABSENT), "live-cap"),
    ):
        about = workings.worded(expression.tree) if expression else workings.labels.say("live-no-bound")
        term = absent
        if expression is not None:
            term = instead(_inward(workings, translator, expression, rising=word == "live-floor"), absent)
            term = term if bound is None else choose(bound, term, absent)
        term = choose(members.each, term, 0).carrying(workings.full(finite(values)))
        columns.append(workings.grid.column(workings.labels.say(word, name=heading), term, about=about))
    if thing.at_least is not None and thing.at_most is not None:
        low, high = (column.all for column in columns)
        crossed = low - high > 1e-12 * (absolute_value(low) + absolute_value(high))
        workings.expect(workings.labels.say("live-check-crossed", stage=heading), how_many(crossed))
    return SheetBounds(columns[0], columns[1])


def _inward(workings: Workings, translator: Translator, expression: Expression, *, rising: bool) -> Term:
    """Return a bound, moved inward to a whole unit unless the page says otherwise."""
    term = translator.term(expression.tree)
    if workings.formula.rounding.bounds != "inward":
        return term
    if len(term.text) > 12:
        term = translator.cell(translator.written(workings.labels.say("live-exact-bound"), expression))
    units = counted(workings, term)
    tolerance = tolerance_of(units)
    return in_money(workings, -whole(-(units - tolerance)) if rising else whole(units + tolerance))


def kept(workings: Workings, money: Term, amounts: LiveColumn) -> Term:
    """Write what caps keep from being distributed."""
    return workings.grid.figure(workings.labels.say("live-kept"), greatest(0, money - total(amounts.all)))


@dataclass(frozen=True)
class Floors:
    """Floors that money may not pay whole, over what is fixed, within the bounds that were in force before."""

    own: LiveColumn
    fixed: LiveColumn
    earlier: SheetBounds


def prorated_or(
    workings: Workings, amounts: LiveColumn, floors: Floors, money: Term, heading: str
) -> tuple[LiveColumn, Term]:
    """Write floors scaled down to the money there is, and take them where the money does not pay them whole.

    Returns the amounts, and the cell of 1 or 0 that tells whether floors were scaled.
    """
    grid, say, floor, earlier = workings.grid, workings.labels.say, floors.own.each, floors.earlier
    nothing = grid.column(say("live-fixed"), number(0))
    weight = grid.column(say("live-floor-weight"), choose(floor > -1e98, greatest(floor, 0), 0))
    lowest = grid.column(say("live-least"), earlier.clip(floors.fixed.each), heads=[TOTAL])
    highest = grid.column(say("live-most"), greatest(lowest.each, least(floor, earlier.upper.each)))
    scaled = solve_level(workings, Kernel(nothing, weight, lowest, highest), money, say("live-scaled-floors"))
    short = choose(amounts.figures[0] > money * (1 + number(1e-12)) + 1e-9, 1, 0)
    is_short = grid.figure(say("live-short"), short)
    term = choose(is_short, scaled.each, amounts.each)
    return grid.column(heading, term, bold=True, heads=[TOTAL]), is_short
