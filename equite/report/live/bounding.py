"""Bounds in the sheet: stated, moved inward to whole units, scaled down where the money does not pay them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.bounds import Bounds
from equite.engine.sharing import Floats
from equite.formula.expressions import Expression
from equite.formula.model import Limit, Part
from equite.report.live.grid import ABSENT, Column
from equite.report.live.levels import Solved, finite, solve_level
from equite.report.live.translating import Translator

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["Bounded", "bound_columns", "counted", "full", "in_money", "kept", "prorated_or"]


@dataclass
class Bounded:
    """Lower and upper bounds in the sheet, with their values over all rows."""

    lower: Column
    upper: Column
    low: Floats
    high: Floats


def unit_of(sums: Sums) -> tuple[int, int]:
    """Return the unit of amounts as a fraction."""
    unit = sums.allocation.context.unit
    return unit._top, unit._bottom


def counted(sums: Sums, money: str) -> str:
    """Write an amount in units."""
    top, bottom = unit_of(sums)
    text = f"({money})*{bottom}" if bottom > 1 else f"({money})"
    return text if top == 1 else f"{text}/{top}"


def in_money(sums: Sums, units: str) -> str:
    """Write units as an amount."""
    top, bottom = unit_of(sums)
    text = f"({units})" if top == 1 else f"({units})*{top}"
    return text if bottom == 1 else f"{text}/{bottom}"


def full(sums: Sums, values: Floats, fill: float = 0.0) -> Floats:
    """Spread values of those that take part over all rows."""
    return sums.allocation.context.full(values, fill)


def bound_columns(
    sums: Sums, of: Translator, thing: Part | Limit, heading: str, bounds: Bounds, members: Column, bound: str = ""
) -> tuple[Column, Column]:
    """Write the stated bounds, moved inward to whole units; a missing one is none; ``bound`` restricts to some."""
    columns = []
    for expression, values, sign, word in (
        (thing.at_least, bounds.lower, "-", "live-floor"),
        (thing.at_most, bounds.upper, "", "live-cap"),
    ):
        absent = f"{sign}1E+99"
        about = sums.worded(expression.tree) if expression else sums.labels.say("live-no-bound")
        text = absent if expression is None else _inward(sums, of, expression, absent, rising=word == "live-floor")
        if bound and expression is not None:
            text = f"IF({bound},{text},{absent})"
        columns.append(
            sums.grid.column(
                sums.labels.say(word, name=heading),
                f"IF({members.cell},{text},0)",
                full(sums, finite(values)),
                about=about,
            )
        )
    return columns[0], columns[1]


def _inward(sums: Sums, of: Translator, expression: Expression, absent: str, *, rising: bool) -> str:
    """Write a bound, moved inward to a whole unit unless the page says otherwise."""
    plain = of.number(expression.tree)
    if sums.formula.rounding.bounds != "inward":
        return f"IFERROR({plain},{absent})"
    cell = plain
    if len(plain) > 12:
        found = of.written(sums.labels.say("live-exact-bound"), expression)
        cell = found if isinstance(found, str) else found.cell
    units = counted(sums, cell)
    tolerance = f"MAX(1E-9,ABS({units})*2^-46)"
    whole = f"-INT(-({units}-{tolerance}))" if rising else f"INT({units}+{tolerance})"
    return f"IFERROR({in_money(sums, whole)},{absent})"


def kept(sums: Sums, money: str, solved: Solved, amount: float) -> tuple[str, float]:
    """Write what caps keep from being distributed; give its cell and its value."""
    value = max(0.0, amount - float(solved.values.sum()))
    cell = sums.grid.figure(sums.labels.say("live-kept"), f"MAX(0,{money}-SUM({solved.column.range}))", value)
    return cell, value


def prorated_or(
    sums: Sums,
    solved: Solved,
    fixed: tuple[Column, Floats],
    earlier: Bounded,
    floors: tuple[Column, Floats],
    money: str,
    amount: float,
    heading: str,
) -> Solved:
    """Write floors scaled down to the money there is, and take them where the money does not pay them whole."""
    grid, say = sums.grid, sums.labels.say
    b, numbers = fixed
    least = np.minimum(np.maximum(numbers, earlier.low), earlier.high)
    most = np.maximum(least, np.minimum(floors[1], earlier.high))
    scores = np.where(floors[1] > -ABSENT, np.maximum(floors[1], 0.0), 0.0)
    columns = (
        grid.column(say("live-fixed"), "0", np.zeros(grid.rows)),
        grid.column(say("live-floor-weight"), f"IF({floors[0].cell}>-1E+98,MAX({floors[0].cell},0),0)", scores),
        grid.column(
            say("live-least"),
            f"MIN(MAX({b.cell},{earlier.lower.cell}),{earlier.upper.cell})",
            least,
            heads=lambda column: [("Σ", f"SUM({column.range})", float(least.sum()))],
        ),
    )
    upper = grid.column(say("live-most"), f"MAX({columns[2].cell},MIN({floors[0].cell},{earlier.upper.cell}))", most)
    scaled = solve_level(
        sums, (*columns, upper), (np.zeros(grid.rows), scores, least, most), money, amount, say("live-scaled-floors")
    )
    total = float(solved.values.sum())
    is_short = total > amount * (1 + 1e-12) + 1e-9
    short = grid.figure(say("live-short"), f"IF({solved.column.head()}>{money}*(1+1E-12)+1E-9,1,0)", float(is_short))
    values = scaled.values if is_short else solved.values
    column = grid.column(
        heading,
        f"IF({short},{scaled.column.cell},{solved.column.cell})",
        values,
        bold=True,
        heads=lambda column: [("Σ", f"SUM({column.range})", float(values.sum()))],
    )
    return Solved(column, values, short)
