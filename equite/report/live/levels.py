"""The level of the kernel, solved in the sheet, and whole units.

Wanted is the level L at which Σ clip(b + L s, lo, hi) = E (:mod:`equite.engine.sharing`). A ladder of halvings finds
between which bounds it lies: each step one SUMPRODUCT over the amounts at the level tried, the bounds by masks (no IF,
MIN or MAX over ranges, which spreadsheets do not agree on). Then the exact piece: four sums at the ladder's end, of
floors, of caps, of the fixed parts and of the scores of those between, give L = (E - the first three) / the fourth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.sharing import Floats
from equite.report.live.grid import ABSENT, FIRST, ROW, TOTAL, LiveColumn
from equite.report.live.ranges import count, highest, how_many, kth_largest, sum_product, total
from equite.report.live.terms import (
    Term,
    absolute_value,
    both,
    choose,
    clip,
    greatest,
    grouped,
    is_blank,
    least,
    number,
    rounded_plainly,
    stated,
    whole,
)

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["Kernel", "finite", "proportional", "refuse_unsettled", "solve_level", "tolerance_of", "whole_units"]

#: Halvings: a float has 53 digits, and the level may lie forty powers of two below what the ladder begins with.
STEPS = 96


@dataclass(frozen=True)
class Kernel:
    """What a level is solved with: b, s, lo and hi, all numbers, in every row."""

    fixed: LiveColumn
    score: LiveColumn
    lower: LiveColumn
    upper: LiveColumn

    def at(self, level: Term) -> Term:
        """Return each row's amount at a level."""
        return clip(self.fixed.each + level * self.score.each, self.lower.each, self.upper.each)


def finite(bounds: Floats) -> Floats:
    """Return bounds as the sheet holds them: what is not there is beyond all amounts."""
    return np.clip(bounds, -ABSENT, ABSENT)


def proportional(workings: Workings, score: LiveColumn, money: Term, heading: str) -> tuple[LiveColumn, Term]:
    """Share money in proportion to scores; give the amounts, and the cell of the level."""
    # Nothing is shared by any measure, also by one that is 0 for all.
    level = choose(money.equals(0), 0, money / total(score.all))
    level = workings.grid.figure(workings.labels.say("live-level"), level, about=heading)
    return workings.grid.column(heading, level * score.each, bold=True), level


def solve_level(workings: Workings, kernel: Kernel, money: Term, heading: str) -> LiveColumn:
    """Share money, the cell of E, by b + L s within bounds."""
    reach = _reach(workings, kernel, money, heading)
    level = _exact_piece(workings, kernel, money, _ladder(workings, kernel, money, reach))
    about = workings.labels.say("live-solved")
    return workings.grid.column(heading, kernel.at(level), bold=True, about=about, heads=[TOTAL])


def refuse_unsettled(workings: Workings, heading: str, placed: Term, money: Term, *, reserve: bool = False) -> None:
    """Note what the engine refuses: floors that take more than there is, ceilings that leave some for nobody."""
    gap = placed - money if reserve else absolute_value(placed - money)
    unit = float(workings.formula.rounding_to)
    failing = choose(gap > 1e-6 * unit + 1e-9 * absolute_value(money), 1, 0)
    workings.expect(workings.labels.say("live-check-settled", step=heading), failing)


def _reach(workings: Workings, kernel: Kernel, money: Term, heading: str) -> Term:
    """Write a level that none need pass."""
    grid, say = workings.grid, workings.labels.say
    b, s, lo, hi = kernel.fixed.each, kernel.score.each, kernel.lower.each, kernel.upper.each
    floor = grid.column(say("live-at-zero"), clip(b, lo, hi), about=heading, heads=[TOTAL])
    # Alone with all the money that is left, or at its cap: no level need be higher than the highest of these.
    alone = choose(s > 0, (least(hi, floor.each + money - floor.figures[0]) - b) / s, 0)
    top = (say("live-head-highest"), lambda column: greatest(0, highest(column.all)))
    return grid.column(say("live-reach"), alone, heads=[top]).figures[0]


def _ladder(workings: Workings, kernel: Kernel, money: Term, reach: Term) -> Term:
    """Write the halvings; give the cell of the last level tried."""
    grid, say = workings.grid, workings.labels.say
    b, s, lo, hi = kernel.fixed.all, kernel.score.all, kernel.lower.all, kernel.upper.all
    # The two columns of a ladder refer to each other row by row, always upwards.
    tried_letter, total_letter = grid.letters(0), grid.letters(1)
    levels, totals = [reach / 2], []
    for row in range(FIRST, FIRST + STEPS):
        here = stated(f"${tried_letter}${row}", levels[-1].value)
        x = grouped(b + here * s)
        totals.append(sum_product((x < lo) * lo + (x > hi) * hi + (x >= lo) * (x <= hi) * x))
        found = stated(f"${total_letter}${row}", totals[-1].value)
        # Spreadsheets compare on 15 digits, some of the time: the margin makes the answer the same for all.
        passed = choose(found - money <= 1e-13 * absolute_value(money), 1, -1)
        levels.append(here + passed * reach / number(2) ** (row - FIRST + 2))
    grid.ladder(say("live-tried"), levels[:STEPS], about=say("live-about-ladder"))
    grid.ladder(say("live-total-at"), totals)
    return here


def _exact_piece(workings: Workings, kernel: Kernel, money: Term, tried: Term) -> Term:
    """Write the four sums, each in a cell of its own, and the level."""
    b, s, lo, hi = kernel.fixed.all, kernel.score.all, kernel.lower.all, kernel.upper.all
    x = grouped(b + tried * s)
    floors, caps, fixed, score = (
        workings.grid.figure(workings.labels.say(f"live-{word}"), sum_product(term))
        for word, term in (
            ("at-floors", (x <= lo) * (lo < hi) * lo),
            ("at-caps", ((x >= hi) * (lo < hi) + lo.equals(hi)) * hi),
            ("fixed-of-free", (x > lo) * (x < hi) * b),
            ("score-of-free", (x > lo) * (x < hi) * s),
        )
    )
    # Below zero there is no level: what stands there at zero is more than the money, and a check turns red.
    level = choose(score > 0, greatest(0, (money - floors - caps - fixed) / score), tried)
    return workings.grid.figure(workings.labels.say("live-level"), level)


def tolerance_of(units: Term) -> Term:
    """Return how far below a whole number still counts as that number (:func:`equite.engine.rounding`)."""
    return greatest(1e-9, absolute_value(units) * number(2) ** -46)


def whole_units(workings: Workings, shares: LiveColumn, to_pay: Term, rows: int | None = None) -> LiveColumn:
    """Round shares to whole units that sum to a total: largest remainders, ties to the row that stands first.

    Parameters
    ----------
    shares : LiveColumn
        Amounts in units; an empty text in the rows that take no part.
    to_pay : Term
        The cell of the total.
    rows : int, optional
        How many rows, where not one a territory.
    """
    grid, say = workings.grid, workings.labels.say
    tolerance = grid.figure(say("live-tolerance"), tolerance_of(to_pay))
    share = shares.each
    left = (say("live-head-left"), lambda column: to_pay - total(column.all))
    cut = grid.column(say("live-cut"), choose(is_blank(share), 0, whole(share + tolerance)), rows=rows, heads=[left])
    steps = choose(is_blank(share), -1, whole((share - cut.each) / (4 * tolerance) + 0.5))
    remainder = _remainders(workings, cut, steps, rows)
    edge, above = remainder.figures
    ties = _ties(workings, remainder.each.equals(edge))
    is_served = both(remainder.each.equals(edge), ties.each <= cut.figures[0] - above)
    extra = choose(remainder.each > edge, 1, choose(is_served, 1, 0))
    return grid.column(say("live-units"), cut.each + extra, rows=rows)


def _remainders(workings: Workings, cut: LiveColumn, steps: Term, rows: int | None) -> LiveColumn:
    """Write what shares leave beyond their whole parts, in steps; above, the last one served and how many exceed it."""
    say, left = workings.labels.say, cut.figures[0]

    def edge(column: LiveColumn) -> Term:
        is_among = both(left > 0.5, left <= count(column.all))
        return choose(is_among, kth_largest(column.all, rounded_plainly(left)), ABSENT)

    def above(column: LiveColumn) -> Term:
        return how_many(column.all > column.figures[0])

    heads = [(say("live-head-edge"), edge), (say("live-head-above"), above)]
    return workings.grid.column(say("live-remainder"), steps, rows=rows, heads=heads)


def _ties(workings: Workings, condition: Term) -> LiveColumn:
    """Count, from the first row down, the rows in which a condition holds."""
    # Each cell counts on from the cell above; above the first stands nothing.
    letter, counted = workings.grid.letters(0), np.cumsum(condition.value)
    terms = [
        stated(f"N(${letter}${row - 1})+({condition.text.replace(ROW, '$' + str(row))})", value)
        for row, value in enumerate(counted.tolist(), start=FIRST)
    ]
    return workings.grid.ladder(workings.labels.say("live-ties"), terms)
