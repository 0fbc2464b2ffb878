"""A tree in floats, each value with a bound on its error: worked out only for trees that a comparison reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add, mul, sub, truediv
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.functions import DECIDED, FUNCTIONS
from equite.engine.nearness import UNIT_ROUNDOFF, Near
from equite.engine.of_scope import OfScope
from equite.engine.registry import OWN_FUNCTIONS
from equite.engine.sharing import Floats
from equite.formula.nodes import Aggregate, Binary, Call, Name, Negative, Node, Null, Number
from equite.inputs.figures import typed

if TYPE_CHECKING:
    from equite.engine.evaluation import Scope
    from equite.engine.scoring import Scoring

__all__ = ["Bounded", "error_of_scores", "whole_power"]

#: Roundings that an index's score goes through, for each of its criteria.
_SCORE_ROUNDINGS = 64
#: The highest power that is worked out exactly.
_MOST_POWER = 64
_OPERATORS: Mapping[str, Callable[[Near, Near], Near]] = {"+": add, "-": sub, "*": mul, "/": truediv}


def whole_power(node: Node) -> int | None:
    """Return an exponent that is written as a whole number, else None."""
    sign, inner = (-1, node.operand) if isinstance(node, Negative) else (1, node)
    if isinstance(inner, Number) and inner.value.is_integer() and inner.value <= _MOST_POWER:
        return sign * int(inner.value)
    return None


def error_of_scores(scoring: Scoring) -> float:
    """Bound an index's error as a part of its highest score: a scale narrow beside its values magnifies theirs."""
    spread = (each for each in scoring.criteria if each.high > each.low)
    magnified = [max(abs(each.low), abs(each.high)) / (each.high - each.low) for each in spread]
    return _SCORE_ROUNDINGS * (len(scoring.criteria) + 1) * max([1.0, *magnified]) * UNIT_ROUNDOFF


class Bounded(OfScope):
    """Reads trees in a scope as :class:`Near`."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._names: dict[str, Near] = {}

    def read(self, node: Node) -> Near:
        """Return a tree's values and how far each may lie from the exact one."""
        match node:
            case Number(value):
                return Near.typed(typed(np.asarray(value)))
            case Null():
                return Near(np.asarray(np.nan), np.asarray(0.0))
            case Name(name):
                return self.name(name)
            case Negative(operand):
                return -self.read(operand)
            case Binary(operator, left, right):
                return self._binary(operator, left, right)
            case Call(function, arguments) if function in _CALLS:
                return _CALLS[function](self, arguments)
            case Aggregate(function) if function in _AGGREGATES:
                return self._aggregate(node)
            case Call(function) if function not in DECIDED and function not in OWN_FUNCTIONS:
                raise KeyError(function)
        # What is decided (a condition, a step, a rounding, a rank) is a figure.
        return Near.typed(typed(self.scope.evaluate(node)))

    def name(self, name: str) -> Near:
        """Return a name's values, worked out once."""
        home = self.scope.home(name)
        if home is not self.scope:
            return home.equality.bounded.name(name)
        if name not in self._names:
            self._names[name] = self.scope.descend(name, lambda: self._named(name), "bounded")
        return self._names[name]

    def _named(self, name: str) -> Near:
        origin = self.scope.origin(name)
        if origin is not None:
            return origin[0].equality.bounded.read(origin[1])
        if name in self.scope.known:
            return self.scope.known[name].near()
        if name in self.scope.formula.indices:
            return self._score(name)
        figures = self.scope.figures(name)
        assert figures is not None
        return Near.typed(figures)

    def _score(self, name: str) -> Near:
        scoring = self.scope.scoring(name)
        most = np.nanmax(np.abs(scoring.scores), initial=0.0)
        return Near(scoring.scores, np.full(scoring.scores.shape, most * error_of_scores(scoring)))

    def _binary(self, operator: str, left: Node, right: Node) -> Near:
        if operator == "/":
            divisor = self.read(right)
            zero = self.scope.settled(right) == 0
            return self.read(left) / Near(np.where(zero, np.nan, divisor.value), divisor.error)
        if operator != "**":
            return _OPERATORS[operator](self.read(left), self.read(right))
        power = whole_power(right)
        if power is not None and power >= 0:
            return self.read(left).power(power)
        if power is not None:
            return self._binary("/", Number(1.0), Binary("**", left, Number(float(-power))))
        return self._any_power(left, right)

    def _any_power(self, left: Node, right: Node) -> Near:
        """Raise to a power that is no whole number: its error from the base's and the exponent's, and two roundings."""
        base, exponent, value = self.read(left), self.read(right), self.scope.evaluate(Binary("**", left, right))
        with np.errstate(all="ignore"):
            relative = np.abs(exponent.value) * base.error / (np.abs(base.value) - base.error)
            relative = np.where((base.error == 0) | (exponent.value == 0), 0.0, relative)
            grown = np.where(exponent.error == 0, 0.0, np.abs(np.log(np.abs(base.value))) * exponent.error)
            error = 2 * np.abs(value) * (relative + grown) + 4 * UNIT_ROUNDOFF * np.abs(value)
        return Near(value, np.where(np.isnan(error) | (relative < 0), np.inf, error))

    def _aggregate(self, node: Aggregate) -> Near:
        counted, grouping = self.scope.counted(node)
        size = self.scope.table.size
        of = np.zeros(size, dtype=np.intp) if grouping is None else grouping.of
        count = 1 if grouping is None else grouping.count
        inside = counted & (of >= 0)
        argument = self.read(node.arguments[0]).rows(size).at(inside)
        weights = self.read(node.weights).rows(size).at(inside) if node.weights is not None else None
        if node.function in ("total", "average"):
            found = (argument if weights is None else argument * weights).summed(of[inside], count)
            if node.function == "average":
                ones = Near.typed(np.ones(int(inside.sum())))
                below = (ones if weights is None else weights).summed(of[inside], count)
                found = found / Near(np.where(below.value == 0, np.nan, below.value), below.error)
        else:
            values = np.broadcast_to(self.scope.evaluate(node), (size,))
            by_group = np.full(count, np.nan)
            by_group[of[of >= 0]] = values[of >= 0]
            found = argument.by_group(by_group, of[inside], count)
            if node.function == "deviation":
                # A deviation moves at most twice as much as its values, and is summed over them.
                terms = np.bincount(of[inside], minlength=count)
                found = Near(by_group, found.error * (2 + terms))
        if grouping is None:
            return Near(np.asarray(found.value[0]), np.asarray(found.error[0]))
        outside = Near(np.append(found.value, np.nan), np.append(found.error, 0.0))
        return outside.at(of)


def _smooth(function: str, slope: Callable[[Floats, Floats], Floats]) -> Callable[[Bounded, tuple[Node, ...]], Near]:
    """Read a smooth function of one argument, given its steepest slope between two values."""

    def read(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
        argument = bounded.read(arguments[0])
        settled = bounded.scope.settled(arguments[0])
        with np.errstate(all="ignore"):
            value = FUNCTIONS[function](settled)
            return Near(settled, argument.error).through(value, slope(settled, argument.error))

    return read


def _root(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
    argument = bounded.read(arguments[0])
    value = FUNCTIONS["sqrt"](bounded.scope.settled(arguments[0]))
    with np.errstate(all="ignore"):
        # |sqrt(a) - sqrt(b)| is at most |a - b| / sqrt(a), and at most sqrt(|a - b|).
        error = np.minimum(np.where(value > 0, argument.error / value, np.inf), np.sqrt(argument.error))
    return Near(value, np.where(argument.error == 0, 0.0, error) + 2 * UNIT_ROUNDOFF * np.abs(value))


def _chosen(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
    condition = bounded.scope.settled(arguments[0])
    return bounded.read(arguments[1]).where(condition, bounded.read(arguments[2]))


def _default(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
    missing = np.isnan(bounded.scope.evaluate(arguments[0])).astype(np.float64)
    return bounded.read(arguments[1]).where(missing, bounded.read(arguments[0]))


def _summed(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
    return reduce(add, map(bounded.read, arguments))


def _mean(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
    return _summed(bounded, arguments) / Near.typed(np.asarray(float(len(arguments))))


def _middling(function: str) -> Callable[[Bounded, tuple[Node, ...]], Near]:
    def read(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
        nears = [bounded.read(argument) for argument in arguments]
        return Near.middling(FUNCTIONS[function](*(near.value for near in nears)), nears)

    return read


def _weighted(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
    table = bounded.scope.table_of(arguments[-1])
    weights = (Near.typed(typed(np.asarray(weight))) for weight in table.values)
    return reduce(add, (bounded.name(name) * weight for name, weight in zip(table.columns, weights, strict=True)))


def _along(function: str) -> Callable[[Bounded, tuple[Node, ...]], Near]:
    """Read ``bracket`` or ``interpolate``: continuous lines made of pieces, as steep as the steepest."""

    def read(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
        table, argument = bounded.scope.table_of(arguments[-1]), bounded.read(arguments[0])
        rates = np.asarray([*table.values, table.above or 0.0])
        if function == "interpolate":
            with np.errstate(all="ignore"):
                rates = np.append(np.diff(table.values) / np.diff(table.edges), 0.0)
        value = bounded.scope.evaluate(Call(function, arguments))
        size = np.abs(rates).max() * (np.abs(argument.value) + np.abs(table.edges).max())
        size = size + np.abs(np.asarray(table.values)).max()
        terms = 4 * (len(table.edges) + 2) * UNIT_ROUNDOFF
        return Near(value, np.abs(rates).max() * argument.error + terms * size)

    return read


def _clipped(bounded: Bounded, arguments: tuple[Node, ...]) -> Near:
    value, low, high = map(bounded.read, arguments)
    return value.greatest(low).least(high)


_CALLS: Mapping[str, Callable[[Bounded, tuple[Node, ...]], Near]] = {
    "abs": lambda bounded, arguments: bounded.read(arguments[0]).abs(),
    "bracket": _along("bracket"),
    "clip": _clipped,
    "default": _default,
    "exp": _smooth("exp", lambda value, error: np.exp(value + error)),
    "interpolate": _along("interpolate"),
    "log": _smooth("log", lambda value, error: 1.0 / np.maximum(value - error, 0.0)),
    "max": lambda bounded, arguments: reduce(Near.greatest, map(bounded.read, arguments)),
    "mean_of": _mean,
    "median_of": _middling("median_of"),
    "min": lambda bounded, arguments: reduce(Near.least, map(bounded.read, arguments)),
    "sqrt": _root,
    "sum_of": _summed,
    "trimmed_mean": _middling("trimmed_mean"),
    "weighted_sum": _weighted,
    "where": _chosen,
}
_AGGREGATES = frozenset({"total", "average", "median", "quantile", "lowest", "highest", "deviation"})
