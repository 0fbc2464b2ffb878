"""What an expression of a page means, read from its text: lists with one exact value for each row of the table."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from exact_arithmetic import (
    AGGREGATES,
    FUNCTIONS,
    ONE,
    SIGNS,
    TABLES,
    ZERO,
    Number,
    Table,
    Value,
    all_hold,
    compared,
    number,
    one_holds,
    quantile,
    total,
    truth,
    typed,
)


class Refused(Exception):
    """An aggregate takes in a missing value, which the language refuses."""


@dataclass
class Exact:
    """A table's columns, a page's variables (texts) and tables, and who takes part; ``of`` gives an expression."""

    columns: Mapping[str, Sequence[Value]]
    variables: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    taking_part: Sequence[bool] = ()

    def __post_init__(self) -> None:
        self.size = len(next(iter(self.columns.values())))
        self.taking_part = self.taking_part or [True] * self.size
        self._known: dict[str, list[Value]] = {}

    def of(self, text: str) -> list[Value]:
        """Give the values of an expression, one for each row."""
        if text not in self._known:
            self._known[text] = _Reader(self, text).read(_parsed(text))
        return self._known[text]


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


class _Reader:
    """Reads one expression; its text is kept, for a number is what was typed."""

    def __init__(self, page: Exact, text: str) -> None:
        self.page, self.text = page, text

    def each(self, function: Callable[..., Value], *columns: Sequence[Value]) -> list[Value]:
        """Apply a function row by row; where one value is missing, so is the result."""
        return [None if None in values else function(*values) for values in zip(*columns, strict=True)]

    def truths(self, node: ast.expr) -> list[bool | None]:
        return [truth(x) for x in self.numbers(node)]

    def numbers(self, node: ast.expr) -> list[Number]:
        return [x if x is None else Fraction(x) for x in self.read(node)]

    def read(self, node: ast.expr) -> list[Value]:
        match node:
            case ast.Constant(value=str() as label):
                return [label] * self.page.size
            case ast.Constant():  # its text is what was typed
                return [typed(self.text[node.col_offset : node.end_col_offset])] * self.page.size
            case ast.Name(id=name):
                return self.name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.each(lambda x: -x, self.read(operand))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return [None if x is None else number(not x) for x in self.truths(operand)]
            case ast.BinOp(left=left, op=sign, right=right):
                return self.each(SIGNS[type(sign)], self.read(left), self.read(right))
            case ast.BoolOp(op=word, values=sides):
                join = all_hold if isinstance(word, ast.And) else one_holds
                return [number(join(row)) for row in zip(*map(self.truths, sides), strict=True)]
            case ast.Compare(ops=[ast.In() | ast.NotIn() as word], left=left, comparators=[choices]):
                listed = choices.elts if isinstance(choices, ast.Tuple) else [choices]
                same = [self.compare([ast.Eq()], [left, choice]) for choice in listed]
                found = [one_holds(row) for row in zip(*same, strict=True)]
                return [number(x if x is None else x is isinstance(word, ast.In)) for x in found]
            case ast.Compare(ops=operators, left=left, comparators=others):
                return [number(x) for x in self.compare(operators, [left, *others])]
            case ast.Call(func=ast.Name(id=name)):
                return self.call(name, node)
        raise AssertionError(ast.dump(node))

    def name(self, name: str) -> list[Value]:
        if name in ("yes", "no", "null", "all"):
            return [{"yes": ONE, "all": ONE, "no": ZERO, "null": None}[name]] * self.page.size
        if name == "eligible":
            return [number(x) for x in self.page.taking_part]
        if name in self.page.variables:
            return self.page.of(self.page.variables[name])
        return list(self.page.columns[name])

    def compare(self, operators: Sequence[ast.cmpop], nodes: Sequence[ast.expr]) -> list[bool | None]:
        """Compare neighbours of a chain, joined by ``and``."""
        rows = zip(*map(self.read, nodes), strict=True)
        return [all_hold([*map(compared, operators, row, row[1:])]) for row in rows]

    def call(self, name: str, node: ast.Call) -> list[Value]:
        if name in AGGREGATES or name in ("rank", "quantile"):
            return self.aggregate(name, node)
        if name in TABLES:
            table = self.page.tables[ast.unparse(node.args[1])]
            return self.each(lambda x: TABLES[name](x, table), self.read(node.args[0]))
        if name == "weighted_sum":
            columns, weights = zip(*self.page.tables[ast.unparse(node.args[0])].items(), strict=True)
            return self.each(lambda *row: total(row, [typed(w) for w in weights]), *map(self.name, columns))
        values = [self.read(argument) for argument in node.args]
        if name == "where":
            return [None if truth(c) is None else a if truth(c) else b for c, a, b in zip(*values, strict=True)]
        if name == "default":
            return [y if x is None else x for x, y in zip(*values, strict=True)]
        if name == "is_missing":
            return [number(x is None) for x in values[0]]
        if name == "is_suppressed":
            # No page drawn says that a mark withholds a figure.
            return [number(False) for _ in values[0]]
        if name == "starts_with":
            return self.each(lambda label, beginning: number(label.startswith(beginning)), *values)
        return self.each(FUNCTIONS[name], *values)

    def aggregate(self, name: str, node: ast.Call) -> list[Value]:
        """Compute one number for all, or for each group; a rank for each that counts."""
        named = {str(keyword.arg): keyword.value for keyword in node.keywords}
        ones: list[Value] = [ONE] * self.page.size
        values = self.read(node.args[0]) if node.args else ones
        weights = self.read(named["weights"]) if "weights" in named else ones
        groups = self.read(named["by"]) if "by" in named else ones
        among = self.truths(named["among"]) if "among" in named else list(self.page.taking_part)
        counts = []
        for row, takes_part in enumerate(self.page.taking_part):
            known = among[row] is not None and (not among[row] or None not in (values[row], weights[row]))
            if takes_part and not known:
                raise Refused(self.text)
            counts.append(known and bool(among[row]))
        results: list[Value] = []
        for row, group in enumerate(groups):
            members = [other for other in range(self.page.size) if counts[other] and groups[other] == group]
            inside = [Fraction(values[other] or 0) for other in members]
            if name == "rank":
                own = Fraction(values[row] or 0)
                results.append(Fraction(1 + sum(x > own for x in inside)) if counts[row] else None)
            elif not members:
                results.append(ZERO if name in ("total", "count") else None)
            elif name == "quantile":
                results.append(quantile(inside, self.numbers(node.args[1])[row] or ZERO))
            else:
                results.append(AGGREGATES[name](inside, [Fraction(weights[other] or 0) for other in members]))
        return results
