"""What signs, functions and tables of a page mean, in exact arithmetic: section 8 of docs/formula.md, read literally.

A figure is a fraction, what holds is 1 and what does not is 0, a missing value is None, a label is a text. Square
roots, logarithms, exponentials, fractional powers and standard deviations are not fractions, and are not here.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

Value = Fraction | str | None
Number = Fraction | None
Table = Mapping[str, Any]

ZERO, ONE, HALF = Fraction(0), Fraction(1), Fraction(1, 2)


@cache
def typed(figure: object) -> Fraction:
    """Read a figure of the page as its decimal text says it."""
    return Fraction(Decimal(str(figure)))


def halves_away(x: Fraction, digits: int = 0) -> Fraction:
    """Round to so many decimals, halves away from zero."""
    unit = Fraction(10) ** -digits
    whole = math.floor(abs(x) / unit + HALF)
    return whole * unit if x >= 0 else -whole * unit


# Yes, no and missing.


def truth(x: Number) -> bool | None:
    """Say whether a number counts as yes; a missing one counts as nothing."""
    return None if x is None else x != 0


def number(x: bool | None) -> Number:
    """Write yes as 1 and no as 0."""
    return None if x is None else Fraction(int(x))


def all_hold(sides: Sequence[bool | None]) -> bool | None:
    """``and``: no wins over missing, missing wins over yes."""
    return False if False in sides else None if None in sides else True


def one_holds(sides: Sequence[bool | None]) -> bool | None:
    """``or``: yes wins over missing, missing wins over no."""
    return True if True in sides else None if None in sides else False


# Signs between two values.


def power(x: Fraction, y: Fraction) -> Number:
    if y.denominator != 1:
        raise AssertionError("a fractional power is no fraction")
    return None if x == 0 and y < 0 else Fraction(x ** int(y))


SIGNS: Mapping[type[ast.operator], Callable[..., Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: power,
    ast.Div: lambda x, y: None if y == 0 else x / y,
}
COMPARISONS: Mapping[type[ast.cmpop], Callable[..., bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compared(sign: ast.cmpop, x: Value, y: Value) -> bool | None:
    """Compare two values; with a missing one, everything is missing."""
    return None if x is None or y is None else COMPARISONS[type(sign)](x, y)


# Functions of one territory; they are missing as soon as one of their values is.


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, ZERO) / len(values)


def quantile(values: Sequence[Fraction], share: Fraction) -> Fraction:
    """PERCENTILE.INC: the place share × (n − 1), on the straight line between its neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


FUNCTIONS: Mapping[str, Callable[..., Fraction]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "clip": lambda x, low, high: min(max(x, low), high),
    "round": lambda x, digits=ZERO: halves_away(x, int(digits)),
    "floor": lambda x: Fraction(math.floor(x)),
    "ceil": lambda x: Fraction(math.ceil(x)),
    "sum_of": lambda *values: sum(values, ZERO),
    "mean_of": lambda *values: mean(values),
    "median_of": lambda *values: quantile(values, HALF),
    "trimmed_mean": lambda *values: mean(sorted(values)[1:-1]),
}


# The tables of a page.


def edges(table: Table, form: str) -> list[tuple[Fraction, Fraction]]:
    return sorted((typed(edge), typed(value)) for edge, value in table[form].items())


def beyond(table: Table) -> Number:
    return typed(table["above"]) if "above" in table else None


def step(x: Fraction, table: Table) -> Number:
    """Give the value of the step that holds x: edges are included, upper ones and lower ones."""
    if "up_to" in table:
        return next((value for edge, value in edges(table, "up_to") if x <= edge), beyond(table))
    return next((value for edge, value in reversed(edges(table, "from")) if x >= edge), None)


def bracket(x: Fraction, table: Table) -> Number:
    """Each bracket's rate times the part of x that lies inside it."""
    if "from" in table:
        lows, rates = map(list, zip(*edges(table, "from"), strict=True))
    else:
        ends, rates = map(list, zip(*edges(table, "up_to"), strict=True))
        if x > ends[-1] and "above" not in table:
            return None
        lows, rates = [ZERO, *ends], [*rates, beyond(table) or ZERO]
    highs = [*lows[1:], max(x, lows[-1])]
    return total([max(ZERO, min(x, high) - low) for low, high in zip(lows, highs, strict=True)], rates)


def interpolate(x: Fraction, table: Table) -> Fraction:
    """Follow the straight line between points, flat beyond the first and the last."""
    points = edges(table, "points")
    if x <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if x <= right:
            return low + (x - left) / (right - left) * (high - low)
    return points[-1][1]


TABLES: Mapping[str, Callable[..., Number]] = {"step": step, "bracket": bracket, "interpolate": interpolate}


# Functions over many territories: the values that count, and their weights.


def total(values: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction:
    return sum((x * w for x, w in zip(values, weights, strict=True)), ZERO)


AGGREGATES: Mapping[str, Callable[[Sequence[Fraction], Sequence[Fraction]], Number]] = {
    "total": total,
    "average": lambda values, weights: SIGNS[ast.Div](total(values, weights), sum(weights, ZERO)),
    "median": lambda values, _: quantile(values, HALF),
    "lowest": lambda values, _: min(values),
    "highest": lambda values, _: max(values),
    "count": lambda values, _: Fraction(sum(x != 0 for x in values)),
}
