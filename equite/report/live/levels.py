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

from equite.engine.rounding import whole_tolerance
from equite.engine.sharing import Floats
from equite.report.live.grid import ABSENT, FIRST, Column

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["Solved", "proportional", "solve_level", "whole_units"]

#: Halvings: a float has 53 digits, and the level may lie forty powers of two below what the ladder begins with.
STEPS = 96


@dataclass(frozen=True)
class Solved:
    """What a level gives: the column of amounts with its values, the cell of the level."""

    column: Column
    values: Floats
    level: str


def finite(bounds: Floats) -> Floats:
    """Return bounds as the sheet holds them: what is not there is beyond all amounts."""
    return np.clip(bounds, -ABSENT, ABSENT)


def proportional(sums: Sums, score: Column, scores: Floats, money: str, amount: float, heading: str) -> Solved:
    """Share money in proportion to scores."""
    grid, say = sums.grid, sums.labels.say
    total = float(scores.sum())
    level_value = amount / total if total else float("nan")
    level = grid.figure(say("live-level"), f"{money}/SUM({score.range})", level_value, about=heading)
    values = scores * level_value
    return Solved(grid.column(heading, f"{level}*{score.cell}", values, bold=True), values, level)


def solve_level(
    sums: Sums,
    columns: tuple[Column, Column, Column, Column],
    numbers: tuple[Floats, Floats, Floats, Floats],
    money: str,
    amount: float,
    heading: str,
) -> Solved:
    """Share money by b + L s within bounds.

    Parameters
    ----------
    columns : tuple of Column
        b, s, lo and hi; all numbers, in every row.
    numbers : tuple of ndarray
        Their values.
    money, amount : str, float
        The cell of E and its value.
    heading : str
        What the amounts are.
    """
    grid, say = sums.grid, sums.labels.say
    b, s, lo, hi = columns
    reach, top = _reach(sums, columns, numbers, money, amount, heading)
    tried = _ladder(sums, columns, numbers, money, amount, reach, top)
    level, value = _exact_piece(sums, columns, numbers, money, amount, tried)
    amounts = np.minimum(np.maximum(numbers[0] + value * numbers[1], numbers[2]), numbers[3])
    formula = f"MIN(MAX({b.cell}+{level}*{s.cell},{lo.cell}),{hi.cell})"
    column = grid.column(
        heading,
        formula,
        amounts,
        bold=True,
        about=say("live-solved"),
        heads=lambda column: [("Σ", f"SUM({column.range})", float(amounts.sum()))],
    )
    return Solved(column, amounts, level)


def _reach(
    sums: Sums,
    columns: tuple[Column, Column, Column, Column],
    numbers: tuple[Floats, Floats, Floats, Floats],
    money: str,
    amount: float,
    heading: str,
) -> tuple[Column, float]:
    """Write a level that none need pass; give its column, at the head of which it stands, and its value."""
    grid, say = sums.grid, sums.labels.say
    b, s, lo, hi = columns
    least = np.minimum(np.maximum(numbers[0], numbers[2]), numbers[3])
    floor = grid.column(
        say("live-at-zero"),
        f"MIN(MAX({b.cell},{lo.cell}),{hi.cell})",
        least,
        about=heading,
        heads=lambda column: [("Σ", f"SUM({column.range})", float(least.sum()))],
    )
    gap = amount - float(least.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = np.where(numbers[1] > 0, (np.minimum(numbers[3], least + gap) - numbers[0]) / numbers[1], 0.0)
    # Alone with all the money that is left, or at its cap: no level need be higher than the highest of these.
    reach = grid.column(
        say("live-reach"),
        f"IF({s.cell}>0,(MIN({hi.cell},{floor.cell}+{money}-{floor.head()})-{b.cell})/{s.cell},0)",
        alone,
        heads=lambda column: [(say("live-head-highest"), f"MAX(0,MAX({column.range}))", max(0.0, float(alone.max())))],
    )
    return reach, max(0.0, float(alone.max()))


def _ladder(
    sums: Sums,
    columns: tuple[Column, Column, Column, Column],
    numbers: tuple[Floats, Floats, Floats, Floats],
    money: str,
    amount: float,
    reach: Column,
    top: float,
) -> tuple[str, float]:
    """Write the halvings; give the cell and the value of the last level tried."""
    b, s, lo, hi = (column.range for column in columns)
    grid, say = sums.grid, sums.labels.say
    # The two columns of a ladder refer to each other row by row, always upwards.
    tried_letter, sum_letter = grid.letters(0), grid.letters(1)
    tries: list[str] = []
    totals: list[str] = []
    levels: list[float] = []
    results: list[float] = []
    value = top / 2
    for step in range(STEPS):
        row = FIRST + step
        here = f"${tried_letter}${row}"
        if step:
            above = f"${tried_letter}${row - 1}"
            # Spreadsheets compare on 15 digits, some of the time: the margin makes the answer the same for all.
            passed = f"IF(${sum_letter}${row - 1}-{money}<=1E-13*ABS({money}),1,-1)"
            tries.append(f"{above}+{passed}*{reach.head()}/2^{step + 1}")
            up = results[-1] - amount <= 1e-13 * abs(amount)
            value = value + (1.0 if up else -1.0) * top / 2.0 ** (step + 1)
        else:
            tries.append(f"{reach.head()}/2")
        levels.append(value)
        results.append(_total(numbers, value))
        x = f"({b}+{here}*{s})"
        totals.append(f"SUMPRODUCT(({x}<{lo})*{lo}+({x}>{hi})*{hi}+({x}>={lo})*({x}<={hi})*{x})")
    tried = grid.ladder(say("live-tried"), tries, levels, about=say("live-about-ladder"))
    grid.ladder(say("live-total-at"), totals, results)
    return f"${tried.letter}${tried.last}", levels[-1]


def _total(numbers: tuple[Floats, Floats, Floats, Floats], level: float) -> float:
    b, s, lo, hi = numbers
    return float(np.minimum(np.maximum(b + level * s, lo), hi).sum())


def _exact_piece(
    sums: Sums,
    columns: tuple[Column, Column, Column, Column],
    numbers: tuple[Floats, Floats, Floats, Floats],
    money: str,
    amount: float,
    tried: tuple[str, float],
) -> tuple[str, float]:
    """Write the four sums, each in a cell of its own, and the level; give its cell and its value."""
    b, s, lo, hi = numbers
    cell, value = tried
    x = b + value * s
    free = (x > lo) & (x < hi) & (s > 0)
    parts = [
        ("live-at-floors", "({x}<={lo})*({lo}<{hi})*{lo}", (x <= lo) * (lo < hi) * lo),
        ("live-at-caps", "(({x}>={hi})*({lo}<{hi})+({lo}={hi}))*{hi}", ((x >= hi) * (lo < hi) | (lo == hi)) * hi),
        ("live-fixed-of-free", "({x}>{lo})*({x}<{hi})*{b}", ((x > lo) & (x < hi)) * b),
        ("live-score-of-free", "({x}>{lo})*({x}<{hi})*{s}", free * s),
    ]
    names = {"b": columns[0].range, "s": columns[1].range, "lo": columns[2].range, "hi": columns[3].range}
    names["x"] = f"({names['b']}+{cell}*{names['s']})"
    cells, totals = [], []
    for label, formula, found in parts:
        totals.append(float(found.sum()))
        cells.append(sums.grid.figure(sums.labels.say(label), f"SUMPRODUCT({formula.format(**names)})", totals[-1]))
    # Below zero there is no level: what stands there at zero is more than the money, and a check turns red.
    level = max(0.0, (amount - totals[0] - totals[1] - totals[2]) / totals[3]) if totals[3] > 0 else value
    formula = f"IF({cells[3]}>0,MAX(0,({money}-{cells[0]}-{cells[1]}-{cells[2]})/{cells[3]}),{cell})"
    return sums.grid.figure(sums.labels.say("live-level"), formula, level), level


def whole_units(
    sums: Sums, shares: Column, numbers: Floats, total: str, units: float, rows: int | None = None
) -> tuple[Column, Floats]:
    """Round shares to whole units that sum to a total: largest remainders, ties to the row that stands first.

    Parameters
    ----------
    shares : Column
        Amounts in units; an empty text in the rows that take no part.
    numbers : ndarray
        Their values, missing where there is no part.
    total, units : str, float
        The cell of the total, and its value.
    rows : int, optional
        How many rows, where not one a territory.
    """
    grid, say = sums.grid, sums.labels.say
    tolerance = float(whole_tolerance(np.array([units]))[0])
    t = grid.figure(say("live-tolerance"), f"MAX(1E-9,ABS({total})*2^-46)", tolerance)
    inside = ~np.isnan(numbers)
    cuts = np.where(inside, np.floor(numbers + tolerance), 0.0)
    cut = grid.column(
        say("live-cut"),
        f"IF(ISNUMBER({shares.cell}),INT({shares.cell}+{t}),0)",
        cuts,
        rows=rows,
        heads=lambda column: [(say("live-head-left"), f"{total}-SUM({column.range})", units - float(cuts.sum()))],
    )
    steps = np.where(inside, np.floor((numbers - cuts) / (4 * tolerance) + 0.5), -1.0)
    left = units - float(cuts.sum())
    remainder, edge_value, above_value = _remainders(sums, shares, cut, t, steps, left, rows)
    ties = np.cumsum(steps == edge_value).astype(float)
    # Each cell counts on from the cell above; above the first stands nothing.
    letter = grid.letters(0)
    tie = grid.ladder(
        say("live-ties"),
        [
            f"N(${letter}${row - 1})+(${remainder.letter}${row}={remainder.head()})"
            for row in range(FIRST, FIRST + numbers.size)
        ],
        ties.tolist(),
    )
    extra = (steps > edge_value) | ((steps == edge_value) & (ties <= left - above_value))
    found = cuts + extra
    formula = (
        f"{cut.cell}+IF({remainder.cell}>{remainder.head()},1,"
        f"IF(AND({remainder.cell}={remainder.head()},{tie.cell}<={cut.head()}-{remainder.head(1)}),1,0))"
    )
    column = grid.column(say("live-units"), formula, found, rows=rows)
    return column, found


def _remainders(
    sums: Sums, shares: Column, cut: Column, t: str, steps: Floats, left: float, rows: int | None
) -> tuple[Column, float, float]:
    """Write what shares leave beyond their whole parts, in steps; give the last one served, and how many exceed it."""
    grid, say = sums.grid, sums.labels.say
    edge_value = float(np.sort(steps)[::-1][int(left) - 1]) if 0 < left <= steps.size else ABSENT
    above_value = float((steps > edge_value).sum())
    remainder = grid.column(
        say("live-remainder"),
        f"IF(ISNUMBER({shares.cell}),INT(({shares.cell}-{cut.cell})/(4*{t})+0.5),-1)",
        steps,
        rows=rows,
        heads=lambda column: [
            (
                say("live-head-edge"),
                f"IF(AND({cut.head()}>0.5,{cut.head()}<=COUNT({column.range})),LARGE({column.range},ROUND({cut.head()},0)),1E+99)",
                edge_value,
            ),
            (say("live-head-above"), f"SUMPRODUCT(--({column.range}>{column.head()}))", above_value),
        ],
    )
    return remainder, edge_value, above_value
