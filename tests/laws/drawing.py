"""Draw tables of figures, and expressions that meet their thresholds exactly, or miss them by a hair."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property

import numpy as np
import pandas as pd
from choices import Choices, drawn
from exact_arithmetic import Table, Value, typed
from exact_expressions import Exact

#: The tables of every page drawn: edges that arithmetic is led to, and a form without a value beyond its last edge.
TABLES: dict[str, Table] = {
    "open": {"up_to": {"0.3": 1, "29": 2, "110": 3}, "above": 4},
    "shut": {"up_to": {"0.3": 0.1, "29": 0.2, "110": 0.3}},
    "lows": {"from": {"0.3": 0.1, "29": 0.2, "110": 0.3}},
    "line": {"points": {"0.3": 0.1, "29": 0.7, "110": 0.2}},
}
#: Figures whose products, sums and quotients leave dust in binary.
DUSTY = [
    *("0.1", "0.2", "0.3", "0.6", "0.7", "0.05", "0.07", "0.15", "0.29", "0.145", "0.0001"),
    *("1.1", "1.005", "2.675", "3", "7", "29", "49", "100", "1000"),
]

# Slots: x a number, k a constant, c a condition, g nothing or `by=`, r the rows that an aggregate counts.
NUMBERS = """
({x} + {x})|({x} - {x})|({x} + {k})|({x} - {k})|({x} * {k})|({x} * {x})|({x} / {k})|({x} / {x})|({k} * {x} / {k})
-({x})|({x}) ** 2|({x}) ** 3|({x}) ** -1|({x}) ** 0|abs({x})|min({x}, {x})|max({x}, {k})|clip({x}, 0.1, 29)
round({x}, 2)|round({x})|round({x}, -1)|floor({x})|ceil({x})|where({c}, {x}, {x})|default({x}, {k})|({c}) * {x}
sum_of({x}, {x}, {x})|mean_of({x}, {x}, {k})|median_of({x}, {x}, {x})|trimmed_mean({x}, {x}, {x}, {k})
weighted_sum(weights)|step({x}, open)|step({x}, lows)|bracket({x}, open)|bracket({x}, shut)|bracket({x}, lows)
interpolate({x}, line)|total(default({x}, {k}){g}{r})|average(default({x}, {k}){g}{r})|median(default({x}, {k}){r})
average(default({x}, {k}), weights=n{g}{r})|total(default({x}, {k}), weights=n{r})|lowest(default({x}, {k}){g}{r})
highest(default({x}, {k}){r})|quantile(default({x}, {k}), 0.25{r})|count(default({c}, no){g}{r})
"""
# Slots besides: t a threshold that x meets, or misses by a hair; s one written as a number; o another way to write x.
CONDITIONS = """
{x} >= {t}|{x} <= {t}|{x} > {t}|{x} < {t}|{x} == {t}|{x} != {t}|{x} == {o}|{x} >= {o}|{x} < {o}|{t} <= {x} < {t}
{t} < {x} <= {t} < {k}|{x} in ({s}, 0.3, 7)|{x} not in ({s}, 110)|not {x} - {t}|{x} - {t} and {x} < {k}
{x} - {t} or {x} > {k}|is_missing({k} / ({x} - {t}))|is_missing(({x} - {o}) ** -1)|is_missing({x})
{x} >= {k} * average(default({x}, {k}){g}{r})|g == "p" and {x} <= {t}|not ({x} > {t} or {c})|{c} and {c}|{c} or {c}
{x} == total(default({x}, {k}){g}{r})|rank(default({x}, {k}){g}{r}) == 1|min({x}, {o}) == max({x}, {o})
"""
#: What a page may decide: conditions, choices, whole numbers, rounded numbers, steps, ranks and counts.
DECISIONS = """
{c}|where({c}, 1, 2)|floor({x})|ceil({x})|floor({x} - {t} + 7)|ceil({x} - {t} + 7)|round({x} - {t} + 2.5)
round({x} - {t} + 0.145, 2)|round({x}, 2)|round({x} - {t} - 25, -1)|step({x}, open)|step({x} - {t} + 110, open)
step({x} - {t} + 0.3, lows)|step({x} - {t} + 29, lows)|is_missing(bracket({x} - {t} + 110, shut))
is_missing(step({x} - {t} + 110, shut))|rank(default({x}, {k}){g}{r})|count(default({c}, no){g}{r})
count(default({x} - {t}, {k}){r})|count(by=groups)|rank(default({x}, 0), by=groups)|where({x} - {t}, 1, 2)
"""


@cache
def _split(templates: str) -> tuple[str, ...]:
    return tuple(re.split(r"[|\n]", templates.strip()))


def written(value: Fraction) -> str | None:
    """Write a fraction as a decimal of at most 15 digits; None where it is not one."""
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    text = f"{decimal:f}"
    digits = text.strip("-").replace(".", "").lstrip("0")
    return text if typed(text) == value and len(digits) <= 15 else None


def _threshold(value: Fraction) -> str | None:
    """Write a fraction in figures that a page may hold: a decimal, or a quotient of two."""
    short = written(value)
    if short is not None:
        return f"({short})"
    above, below = written(Fraction(value.numerator)), written(Fraction(value.denominator))
    return None if above is None or below is None else f"({above} / {below})"


@dataclass
class Drawn:
    """A table, and what draws expressions on it."""

    choose: Choices = field(repr=False)
    columns: dict[str, list[str | None]]
    variables: dict[str, str] = field(default_factory=dict)
    #: What aggregates of a condition that says who takes part must state.
    whole_table: bool = False

    @cached_property
    def exact(self) -> Exact:
        def read(name: str, text: str | None) -> Value:
            return text if text is None or name in ("code", "g") else typed(text)

        columns = {name: [read(name, text) for text in texts] for name, texts in self.columns.items()}
        tables = TABLES | {"weights": {"a": "0.7", "b": "1.1", "n": "0.1"}}
        return Exact(columns, self.variables, tables)

    def frame(self) -> pd.DataFrame:
        """Give the table as frames come: floats, and NaN where a cell is blank."""
        labels = {name: self.columns[name] for name in ("code", "g")}
        figures = {
            name: [np.nan if text is None else float(text) for text in texts]
            for name, texts in self.columns.items()
            if name not in labels
        }
        return pd.DataFrame(labels | figures)

    def pick(self, templates: str) -> str:
        return self.choose.among(_split(templates))

    def constant(self) -> str:
        return self.choose.among(DUSTY)

    def number(self, depth: int) -> str:
        if depth <= 0:
            name = self.choose.among(("a", "b", "c", "m", "k"))
            return self.constant() if name == "k" else name
        return self.filled(self.pick(NUMBERS), depth - 1)

    def condition(self, depth: int) -> str:
        return self.filled(self.pick(CONDITIONS), depth)

    def decision(self) -> str:
        return self.filled(self.pick(DECISIONS), self.choose.whole(0, 2))

    def filled(self, template: str, depth: int) -> str:
        """Fill the slots of a template; those that speak of x speak of the first one."""
        x = self.number(depth)
        first = iter([x])
        fill: dict[str, Callable[[], str]] = {
            "x": lambda: next(first, None) or self.number(depth - 1),
            "k": self.constant,
            "c": lambda: self.condition(0 if depth <= 0 else depth - 1),
            "g": lambda: self.choose.among(("", ", by=g", ", by=groups")),
            "r": self.rows,
            "t": lambda: self.threshold(x),
            "s": lambda: self.threshold(x, plain=True),
            "o": lambda: self.otherwise(x),
        }
        return re.sub(r"\{(\w)\}", lambda slot: fill[slot[1]](), template)

    def rows(self) -> str:
        some = ", among=n > 1" if self.whole_table else ", among=eligible and n > 1"
        return self.choose.among((", among=all" if self.whole_table else "", ", among=all", some))

    def otherwise(self, x: str) -> str:
        ways = ["{x} + 0.1 - 0.1", "{x} * 0.7 / 0.7", "{x} / 49 * 49", "{x} * 3 * 0.1 / 0.3", "{x} * 1.1 - {x} * 0.1"]
        return "(" + self.choose.among((*ways, "{x} + 0.0001", "{x} - 0.01")).replace("{x}", f"({x})") + ")"

    def threshold(self, x: str, *, plain: bool = False) -> str:
        """Write the value that x has in some row, or one beside it, as figures."""
        if "eligible" in x:
            return self.constant()
        values = [value for value in self.exact.of(x) if isinstance(value, Fraction)]
        if not values:
            return self.constant()
        near = typed(self.choose.among(("0", "0", "0", "0.0001", "-0.0001", "0.01", "-0.01", "0.000000001")))
        value = self.choose.among(values) + near
        return (written(value) if plain else _threshold(value)) or self.constant()


RANGES = ((0, 40), (-30, 30), (1, 10_000), (2_500_000_000, 2_500_000_002), (-2, 2))


def figures(choose: Choices) -> list[str]:
    """Draw a few figures of one kind, so that ties are frequent: rates, money with cents, small and negative ones."""
    count = choose.whole(2, 4)
    if choose.yes():
        return [choose.among(DUSTY) for _ in range(count)]
    decimals, (least, most) = choose.whole(0, 4), choose.among(RANGES)
    return [f"{Decimal(choose.whole(least, most)).scaleb(-decimals):f}" for _ in range(count)]


def table(choose: Choices) -> Drawn:
    """Draw a table of 3 to 6 rows: figures a, b and c, m with blanks, counts n, groups g and computed `groups`."""
    size = choose.whole(3, 6)

    def column(values: Sequence[str | None]) -> list[str | None]:
        return [choose.among(values) for _ in range(size)]

    columns = {name: column(figures(choose)) for name in "abc"}
    known = figures(choose)
    columns["m"] = column([*known, *[None] * len(known)])
    columns["n"] = column(("1", "2", "5"))
    columns["g"] = column(("p", "q"))
    columns["code"] = [f"{row:03d}" for row in range(size)]
    groups = choose.among(("a + 0.1 + 0.2 - 0.3", "a * 0.7 / 0.7", "(a + b) - b", "(n - 1) * 0.1 + 0.2 == 0.3"))
    return Drawn(choose, columns, {"groups": groups})


tables = drawn(table)
