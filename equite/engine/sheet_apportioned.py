"""Whole units by a divisor method on a worksheet: a territory's priorities beside that of the last unit given out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from equite.engine.apportionment import DIVISORS, Units, priorities
from equite.engine.bounds import Bounds, Context
from equite.engine.evaluation import Mask
from equite.engine.sharing import Floats
from equite.engine.sheet import Sheet
from equite.engine.sheet_arithmetic import Ref, Taken
from equite.engine.steps import whole_bounds
from equite.formula.nodes import Binary, Call, Comparison, Logical, Node, Number

__all__ = ["GivenOut", "apportioned_line"]

#: A divisor d(k) in signs, from what k and more than k are.
_IN_SIGNS: Mapping[str, Callable[[Callable[[float], Node]], Node]] = {
    "adams": lambda k: k(0),
    "dean": lambda k: Binary("/", Binary("*", k(0), k(1)), k(0.5)),
    "dhondt": lambda k: k(1),
    "huntington-hill": lambda k: Call("sqrt", (Binary("*", k(0), k(1)),)),
    "sainte-lague": lambda k: k(0.5),
}


@dataclass(frozen=True)
class GivenOut:
    """What a divisor method gave out.

    Attributes
    ----------
    shares : ndarray, shape (eligible,)
        Exact shares, in units.
    units : ndarray of int, shape (eligible,)
        The whole units of each.
    bounds : Bounds
        The bounds in force, in money.
    inside : ndarray of bool, shape (eligible,)
        Among whom they were given out.
    """

    shares: Floats
    units: Units
    bounds: Bounds
    inside: Mask


def apportioned_line(
    sheet: Sheet,
    context: Context,
    row: int,
    in_units: Ref,
    held: tuple[Ref | None, Ref | None],
    given_out: GivenOut,
) -> Ref:
    """Write the whole units of a territory: what the order of priorities gave it, and why it is that many.

    Parameters
    ----------
    row : int
        The territory's row.
    in_units : Ref
        Its exact share, in units.
    held : tuple of Ref or None
        Its floor and its cap in force, in money.
    given_out : GivenOut
        What each had, and what each got.
    """
    method = context.formula.rounding.method
    shares, units = given_out.shares, given_out.units
    if DIVISORS[method].serves_all:
        # Dust of a share is none: it got no unit, which every share gets.
        shares = np.where(units > 0, shares, 0.0)
    least, most = whole_bounds(context, given_out.bounds, shares)
    count = int(units[row])
    if not count and shares[row] <= 0:
        return sheet.add("cut", tree=Call("floor", (in_units,)), wanted=0.0)
    own = sheet.given("order", "priority-units", method, value=float(count))

    def priority(title: str, after: int) -> Ref:
        wanted = float(priorities(method, shares[[row]], np.array([float(after)]))[0])
        divisor = _IN_SIGNS[method](lambda more: _moved(own, after - count + more))
        return sheet.add(title, method, tree=Binary("/", in_units, divisor), wanted=wanted)

    conditions: list[Node] = []
    last = following = None
    if count > least[row]:
        last = priority("priority-own", count - 1)
    elif count:
        floor = _least(sheet, context, method, held[0], float(shares[row]), float(least[row]))
        conditions.append(Comparison(("==",), (own, floor)))
    by_priority = given_out.inside & (units > least)
    if count >= most[row]:
        assert held[1] is not None
        cap = sheet.add("priority-most", method, tree=_in_units(context, held[1], "ceil"), wanted=float(most[row]))
        conditions.append(Comparison(("==",), (own, cap)))
    elif shares[row] > 0 and by_priority.any():
        following = priority("priority-next", count)
    ends = [each for each in (last, following) if each is not None]
    if ends:
        lowest = float(priorities(method, shares[by_priority], units[by_priority].astype(np.float64) - 1).min())
        for each in ends:
            # Equal priorities are one figure on the sheet, whichever of them was worked out first.
            figure = sheet.figures[each.line]
            lowest = float(figure.value) if figure.value is not None and figure.is_near(lowest) else lowest
        served = sheet.given("statistic", "priority-last", method, value=lowest, count=int(by_priority.sum()))
        falling = tuple(each for each in (last, served, following) if each is not None)
        conditions.append(Comparison((">=",) * (len(falling) - 1), falling))
    if not conditions:
        return own
    condition = conditions[0] if len(conditions) == 1 else Logical("and", tuple(conditions))
    return sheet.add("priority-whole", method, tree=Taken(own, condition), wanted=float(count))


def _moved(units: Ref, more: float) -> Node:
    """Return a number of units and more, or less."""
    return units if not more else Binary("+" if more > 0 else "-", units, Number(abs(more)))


def _in_units(context: Context, money: Ref, way: str) -> Node:
    """Return a bound in whole units; one between two units is widened."""
    size = float(context.unit.size)
    return Call(way, (money if size == 1 else Binary("/", money, Number(size)),))


def _least(sheet: Sheet, context: Context, method: str, floor: Ref | None, share: float, wanted: float) -> Ref:
    """Write the units that are assured: by the page's minimum, a floor, a method that gives every share one."""
    minimum = context.formula.rounding.minimum
    stated = 0.0 if minimum is None else float(context.unit.exactly(minimum))
    if DIVISORS[method].serves_all and share > 0:
        stated = max(stated, 1.0)
    tree: Node = Number(stated)
    if floor is not None:
        tree = Call("max", (tree, _in_units(context, floor, "floor")))
    return sheet.add("priority-least", method, tree=tree, wanted=wanted)
