"""A tree in exact fractions, for the few rows in which floats cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import add, mul, sub, truediv
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.bounded import whole_power
from equite.engine.exactness import Fractions, Inexact, exact_sum, fractions_of
from equite.engine.functions import DECIDED
from equite.engine.of_scope import OfScope
from equite.engine.ratios import Ratios, Unwieldy
from equite.engine.registry import OWN_FUNCTIONS
from equite.engine.sharing import Floats
from equite.formula.nodes import (
    Aggregate,
    Binary,
    Call,
    Comparison,
    Logical,
    Membership,
    Name,
    Negative,
    Node,
    Not,
    Number,
)
from equite.formula.tables import Table
from equite.inputs.figures import typed

if TYPE_CHECKING:
    from equite.engine.evaluation import Scope

__all__ = ["EVERY_ROW", "Exact"]

#: Every row of a table, for what is worked out of all at once.
EVERY_ROW = slice(None)

_OPERATORS: Mapping[str, Callable[[Fractions, Fractions], Fractions]] = {"+": add, "-": sub, "*": mul}
_RATIOS: Mapping[str, Callable[[Ratios, Ratios], Ratios]] = {"+": add, "-": sub, "*": mul, "/": truediv}
#: Numbers of more bits than that (a power of a power, a square of a square) are not worked out.
_MOST_BITS = 1 << 16
_INEXACT = frozenset({"exp", "log", "sqrt"})


class Exact(OfScope):
    """Reads trees in a scope as fractions, row by row; asked only for rows that have a value."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._names: dict[str, Fractions] = {}
        self._ratios: dict[str, tuple[np.ndarray | slice, Ratios]] = {}
        self._sums: dict[int, tuple[Aggregate, list[Fraction | None]]] = {}

    def read(self, node: Node, rows: np.ndarray) -> Fractions:
        """Return the exact values of some rows.

        Raises
        ------
        Inexact
            The tree holds what has no exact value: a root, a logarithm, a deviation, a level that was solved.
        """
        match node:
            case Number(value):
                return np.broadcast_to(fractions_of(typed(np.asarray(value))), rows.shape)
            case Name(name):
                return self.name(name, rows)
            case Negative(operand):
                return -self.read(operand, rows)
            case Binary(operator, left, right):
                return self._binary(operator, left, right, rows)
            case Comparison() | Membership() | Logical() | Not():
                return self._figures(self.scope.evaluate(node), rows)
            case Call(function, arguments):
                return self._call(node, function, arguments, rows)
            case Aggregate(function):
                return self._aggregate(node, rows)
        raise Inexact

    def ratios(self, node: Node, rows: np.ndarray | slice) -> Ratios:
        """Return the exact values of some rows as whole numbers over one denominator; one value where it is for all.

        Raises
        ------
        Unwieldy
            The tree is more than plain arithmetic on figures, or its numbers are too long: :meth:`read` may tell.
        """
        match node:
            case Number(value):
                return Ratios.of_figures(typed(np.asarray(value)))
            case Name(name):
                return self._named_ratios(name, rows)
            case Negative(operand):
                return -self.ratios(operand, rows)
            case Binary(operator, left, right) if operator in _RATIOS:
                return _RATIOS[operator](self.ratios(left, rows), self.ratios(right, rows))
        raise Unwieldy

    def _named_ratios(self, name: str, rows: np.ndarray | slice) -> Ratios:
        home = self.scope.home(name)
        if home is not self.scope:
            return home.equality.exact._named_ratios(name, rows)
        asked, found = self._ratios.get(name, (None, None))
        if asked is not rows or found is None:
            found = self.scope.descend(name, lambda: self._ratios_of(name, rows), "ratios", rows)
            # A name that stands twice in another is worked out once, as in fractions.
            self._ratios[name] = rows, found
        return found

    def _ratios_of(self, name: str, rows: np.ndarray | slice) -> Ratios:
        origin = self.scope.origin(name)
        if origin is not None:
            return origin[0].equality.exact.ratios(origin[1], rows)
        figures = self.scope.figures(name)
        if figures is None:
            raise Unwieldy
        return Ratios.of_figures(figures[rows] if figures.shape else figures)

    def name(self, name: str, rows: np.ndarray) -> Fractions:
        """Return a name's exact values."""
        home = self.scope.home(name)
        if home is not self.scope:
            return home.equality.exact.name(name, rows)
        origin = self.scope.origin(name)
        if origin is not None:
            known = self._names.setdefault(name, np.full(self.scope.table.size, None, dtype=object))
            wanted = rows[[value is None for value in known[rows]]]
            if wanted.size:
                # A name that stands twice in another is worked out once: forty doublings are no 2^40 readings.
                exact, tree = origin[0].equality.exact, origin[1]
                known[wanted] = self.scope.descend(name, lambda: exact.read(tree, wanted), "exact", wanted)
            return np.asarray(known[rows], dtype=object)
        figures = self.scope.figures(name)
        if figures is None:
            raise Inexact
        return self._figures(figures, rows)

    def _figures(self, values: Floats, rows: np.ndarray) -> Fractions:
        return fractions_of(typed(np.broadcast_to(values, (self.scope.table.size,))[rows]))

    def _binary(self, operator: str, left: Node, right: Node, rows: np.ndarray) -> Fractions:
        one, other = self.read(left, rows), self.read(right, rows)
        if operator in _OPERATORS:
            return _wieldy(_OPERATORS[operator](one, other))
        if operator == "/":
            return _wieldy(np.asarray(one / other, dtype=object))
        if whole_power(right) is None and any(each.denominator != 1 for each in other):
            raise Inexact
        bits = max(
            (abs(n) * (x.numerator.bit_length() + x.denominator.bit_length()) for x, n in zip(one, other, strict=True)),
            default=0,
        )
        if bits > _MOST_BITS:
            raise Inexact
        return _objects([x ** int(n) for x, n in zip(one, other, strict=True)])

    def _call(self, node: Call, function: str, arguments: tuple[Node, ...], rows: np.ndarray) -> Fractions:
        if function in _INEXACT:
            raise Inexact
        if function in DECIDED or function in OWN_FUNCTIONS:
            return self._figures(self.scope.evaluate(node), rows)
        if function == "where":
            holds = np.broadcast_to(self.scope.settled(arguments[0]), (self.scope.table.size,))[rows] != 0
            return self._either(holds, arguments[1], arguments[2], rows)
        if function == "default":
            missing = np.isnan(np.broadcast_to(self.scope.evaluate(arguments[0]), (self.scope.table.size,))[rows])
            return self._either(missing, arguments[1], arguments[0], rows)
        if function == "weighted_sum":
            table = self.scope.table_of(arguments[-1])
            weights = _figures_of(table.values)
            return reduce(
                add, (self.name(name, rows) * weight for name, weight in zip(table.columns, weights, strict=True))
            )
        if function in _LINES:
            return _LINES[function](self.read(arguments[0], rows), self.scope.table_of(arguments[-1]))
        return _FUNCTIONS[function](*(self.read(argument, rows) for argument in arguments))

    def _either(self, first: np.ndarray, yes: Node, no: Node, rows: np.ndarray) -> Fractions:
        """Read only the branch that each row takes."""
        found = np.empty(rows.size, dtype=object)
        for taken, node in ((first, yes), (~first, no)):
            if taken.any():
                found[taken] = self.read(node, rows[taken])
        return found

    def _aggregate(self, node: Aggregate, rows: np.ndarray) -> Fractions:
        if node.function in ("count", "rank"):
            return self._figures(self.scope.evaluate(node), rows)
        if node.function not in _OVER_MANY:
            raise Inexact
        if id(node) not in self._sums:
            self._sums[id(node)] = node, self._by_group(node)
        by_group = self._sums[id(node)][1]
        grouping = self.scope.counted(node)[1]
        of = np.zeros(rows.size, dtype=np.intp) if grouping is None else grouping.of[rows]
        return _objects([by_group[group] for group in of])

    def _by_group(self, node: Aggregate) -> list[Fraction | None]:
        counted, grouping = self.scope.counted(node)
        of = np.zeros(counted.size, dtype=np.intp) if grouping is None else grouping.of
        count = 1 if grouping is None else grouping.count
        inside = np.flatnonzero(counted & (of >= 0))
        values = self.read(node.arguments[0], inside)
        weights = self.read(node.weights, inside) if node.weights is not None else None
        members: list[list[int]] = [[] for _ in range(count)]
        for at, group in enumerate(of[inside]):
            members[group].append(at)
        written = node.arguments[1] if node.function == "quantile" else Number(0.5)
        portion = self.read(written, np.zeros(1, dtype=np.intp))[0]
        # Nobody's total is 0, and there is no other figure of nobody.
        nobody = Fraction(0) if node.function == "total" else None
        return [
            _OVER_MANY[node.function](values[chosen], None if weights is None else weights[chosen], portion)
            if chosen
            else nobody
            for chosen in members
        ]


def _wieldy(values: Fractions) -> Fractions:
    """Return numbers that can still be worked with: a square of a square of a square doubles its digits each time."""
    if any(max(each.numerator.bit_length(), each.denominator.bit_length()) > _MOST_BITS for each in values):
        raise Inexact
    return values


def _objects(values: list[Fraction | None]) -> Fractions:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _figures_of(values: tuple[float, ...]) -> list[Fraction]:
    return list(fractions_of(typed(np.asarray(values))))


def _mean(*values: Fractions) -> Fractions:
    return np.asarray(reduce(add, values) / len(values), dtype=object)


def _sorted(values: tuple[Fractions, ...]) -> Fractions:
    return np.asarray(np.sort(np.stack(values), axis=0))


def _median(*values: Fractions) -> Fractions:
    ordered, half = _sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else _mean(ordered[half - 1], ordered[half])


def _trimmed(*values: Fractions) -> Fractions:
    return _mean(*_sorted(values)[1:-1])


def _least(*values: Fractions) -> Fractions:
    return np.asarray(_sorted(values)[0], dtype=object)


def _greatest(*values: Fractions) -> Fractions:
    return np.asarray(_sorted(values)[-1], dtype=object)


_FUNCTIONS: Mapping[str, Callable[..., Fractions]] = {
    "abs": np.abs,
    "clip": lambda value, low, high: _least(_greatest(value, low), high),
    "max": _greatest,
    "mean_of": _mean,
    "median_of": _median,
    "min": _least,
    "sum_of": lambda *values: reduce(add, values),
    "trimmed_mean": _trimmed,
}


def _bracket(value: Fractions, table: Table) -> Fractions:
    edges, rates = _figures_of(table.edges), _figures_of(table.values)
    if table.kind == "up_to":
        edges, rates = [Fraction(0), *edges], [*rates, *_figures_of((table.above or 0.0,))]
    ends = [*edges[1:], None]
    pieces = list(zip(edges, ends, rates, strict=True))
    return _objects([sum((_inside(each, *piece) for piece in pieces), Fraction(0)) for each in value])


def _inside(value: Fraction, start: Fraction, end: Fraction | None, rate: Fraction) -> Fraction:
    """Return a rate times the part of a value that lies between two edges."""
    reached = value if end is None else min(value, end)
    return (max(reached, start) - start) * rate


def _interpolate(value: Fractions, table: Table) -> Fractions:
    points = list(zip(_figures_of(table.edges), _figures_of(table.values), strict=True))
    return _objects([_between(each, points) for each in value])


def _between(value: Fraction, points: list[tuple[Fraction, Fraction]]) -> Fraction | None:
    if value <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return points[-1][1]


_LINES: Mapping[str, Callable[[Fractions, Table], Fractions]] = {"bracket": _bracket, "interpolate": _interpolate}


def _total(values: Fractions, weights: Fractions | None, share: Fraction) -> Fraction:
    return exact_sum(values if weights is None else values * weights)


def _average(values: Fractions, weights: Fractions | None, share: Fraction) -> Fraction | None:
    below = Fraction(len(values)) if weights is None else exact_sum(weights)
    return _total(values, weights, share) / below if below else None


def _quantile(values: Fractions, weights: Fractions | None, share: Fraction) -> Fraction:
    """Interpolate between the two nearest of the sorted values, as PERCENTILE.INC does."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    found: Fraction = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
    return found


_OVER_MANY: Mapping[str, Callable[[Fractions, Fractions | None, Fraction], Fraction | None]] = {
    "average": _average,
    "highest": lambda values, weights, share: max(values),
    "lowest": lambda values, weights, share: min(values),
    "median": _quantile,
    "quantile": _quantile,
    "total": _total,
}
