"""The names and expressions of a page as lines of a worksheet: what the territory has, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from equite.engine.evaluation import Mask, Scope
from equite.engine.registry import OWN_FUNCTIONS
from equite.engine.sharing import Floats
from equite.engine.sheet import Sheet, added, clipped
from equite.engine.sheet_arithmetic import Ref, Taken
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
    Null,
    Number,
    Text,
)
from equite.formula.tables import Table

__all__ = ["Names"]

#: Functions that stand on the sheet by themselves.
_PLAIN = frozenset({"abs", "ceil", "exp", "floor", "is_missing", "log", "max", "min", "round", "sqrt"})


@dataclass
class Names:
    """Turns what the page says into lines, for one territory.

    Parameters
    ----------
    sheet : Sheet
        Where lines are written.
    place : int
        The territory's row in the table.
    solved : callable
        Gives the line of what is no name of the table or of the page's expressions: an index, a part, the envelope.
    """

    sheet: Sheet
    place: int
    solved: Callable[[str, Scope], Ref | None]
    _lines: dict[tuple[int, str], tuple[Ref, Scope]] = field(default_factory=dict)
    #: The names whose chains were broken where they are long.
    _begun: set[tuple[int, str]] = field(default_factory=set)

    def at(self, scope: Scope, node: Node) -> float:
        """Return the value of a tree for the territory."""
        return float(self.sheet.known.rows(scope, node)[self.place])

    def line(self, name: str, scope: Scope) -> Ref:
        """Return the line of a name, written where it is first needed."""
        home = scope.home(name)
        key = id(home), name
        if key not in self._begun:
            self._begun.add(key)
            for below in scope.formula.names.landings(name):
                self.line(below, scope)
        found = self.solved(name, scope)
        if found is not None:
            return found
        if key not in self._lines:
            self._lines[key] = self._written(name, home), home
        return self._lines[key][0]

    def _written(self, name: str, scope: Scope) -> Ref:
        origin = scope.origin(name)
        if origin is not None:
            within, tree = origin
            if isinstance(tree, Name):
                return self.line(tree.name, within)
            return self.expressed(tree, within, "name", name)
        kind = "constant" if name in scope.formula.constants else "cell"
        value = float(np.broadcast_to(scope.value(name), (scope.table.size,))[self.place])
        return self.sheet.given("constant" if kind == "constant" else "cell", "name", name, value=value)

    def expressed(self, tree: Node, scope: Scope, title: str, *about: str, is_money: bool = False) -> Ref:
        """Write the line of an expression of the page."""
        rule, wanted = tree, self.at(scope, tree)
        return self.sheet.add(title, *about, tree=self.tree(tree, scope), wanted=wanted, rule=rule, is_money=is_money)

    def tree(self, node: Node, scope: Scope) -> Node:
        """Return an expression over lines of the sheet."""
        match node:
            case Number() | Null():
                return node
            case Name(name):
                return self.line(name, scope)
            case Negative(operand):
                return Negative(self.tree(operand, scope))
            case Not(operand):
                return Not(self.tree(operand, scope))
            case Binary(operator, left, right):
                return Binary(operator, self.tree(left, scope), self.tree(right, scope))
            case Logical(operator, operands):
                return Logical(operator, tuple(self.tree(each, scope) for each in operands))
            case Comparison(operators, operands) if not any(isinstance(each, Text) for each in operands):
                return Comparison(operators, tuple(self.tree(each, scope) for each in operands))
            case Membership(item, choices) if not isinstance(choices[0], Text):
                found = self.tree(item, scope)
                equal = tuple(Comparison(("==",), (found, self.tree(each, scope))) for each in choices)
                return equal[0] if len(equal) == 1 else Logical("or", equal)
            case Call():
                return self._call(node, scope)
            case Aggregate():
                return self._aggregate(node, scope)
        return self._stated("label", node, scope)

    def _stated(self, kind: str, node: Node, scope: Scope) -> Ref:
        """Write what no arithmetic tells: a condition on labels, a function of one's own."""
        value = self.at(scope, node)
        if kind == "label":
            return self.sheet.given("label", "over", value=value, rule=node)
        return self.sheet.given("method", "over", value=value, rule=node)

    def _call(self, node: Call, scope: Scope) -> Node:
        function, arguments = node.function, node.arguments
        if function == "where":
            return self._branch(arguments, scope)
        if function == "default":
            if not np.isnan(self.at(scope, arguments[0])):
                return self.tree(arguments[0], scope)
            missing = Call("is_missing", (self.tree(arguments[0], scope),))
            return Taken(self.tree(arguments[1], scope), missing) if not np.isnan(self.at(scope, node)) else Null()
        if function in ("starts_with", "is_suppressed"):
            return self._stated("label", node, scope)
        if function in OWN_FUNCTIONS:
            for argument in arguments:
                # What the function was given stands on the sheet, though what it does with it is its own affair.
                self.tree(argument, scope)
            return self._stated("method", node, scope)
        if function in ("step", "bracket", "interpolate"):
            return self._from_table(node, scope)
        if function == "weighted_sum":
            table = scope.table_of(arguments[-1])
            pairs = zip(table.columns, table.values, strict=True)
            return added([Binary("*", self.line(column, scope), Number(weight)) for column, weight in pairs])
        given = tuple(self.tree(argument, scope) for argument in arguments)
        if function in _PLAIN:
            return Call(function, given)
        if function == "clip":
            return clipped(*given)
        if function == "median_of":
            return Call("median", given)
        if function == "sum_of":
            return added(given)
        if function == "mean_of":
            return Binary("/", added(given), Number(float(len(given))))
        assert function == "trimmed_mean", function
        ends = Binary("-", Binary("-", added(given), Call("min", given)), Call("max", given))
        return Binary("/", ends, Number(float(len(given) - 2)))

    def _branch(self, arguments: tuple[Node, ...], scope: Scope) -> Node:
        """Follow the branch that the territory takes; the other is not looked at."""
        condition, yes, no = arguments
        holds = self.at(scope, condition)
        told = self.tree(condition, scope)
        if np.isnan(holds):
            return Null()
        if holds:
            return Taken(self.tree(yes, scope), told)
        return Taken(self.tree(no, scope), Not(told))

    def _from_table(self, node: Call, scope: Scope) -> Node:
        """Take the step that holds the territory's value."""
        table, value = scope.table_of(node.arguments[1]), self.at(scope, node.arguments[0])
        item = self.tree(node.arguments[0], scope)
        if np.isnan(value) or np.isnan(self.at(scope, node)):
            return Null()
        if not isinstance(item, Ref):
            item = self.sheet.add("over", tree=item, wanted=value, rule=node.arguments[0])
        if node.function == "interpolate":
            return _interpolated(item, value, table)
        # How many edges lie below the value is decided as the engine decides it, exactly.
        tree, included = node.arguments[0], table.kind == "from"
        place = scope.equality.place(tree, np.asarray(table.edges), included=included)
        step = int(np.broadcast_to(place, (scope.table.size,))[self.place])
        return _step(item, table, step) if node.function == "step" else _bracket(item, table, step)

    def _aggregate(self, node: Aggregate, scope: Scope) -> Node:
        """Give a figure over many territories, with how many they are; a mean by its sum and its number."""
        value = self.at(scope, node)
        if node.function == "average":
            rows, items = self._counted(node, scope), self._row_values(node.arguments[0], scope)
            below = np.ones(items.size) if node.weights is None else self._row_values(node.weights, scope)
            sums = [float((items * below)[rows].sum()), float(below[rows].sum())]
            count = int(rows.sum())
            above = self.sheet.given("total", "over-sum", value=sums[0], rule=node, count=count)
            number = self.sheet.given("total", "over-number", value=sums[1], rule=node, count=count)
            mean = Binary("/", above, number)
            return self.sheet.add("over", tree=mean, wanted=value, rule=node, count=count)
        count = int(self._counted(node, scope).sum())
        if node.function in ("total", "count"):
            return self.sheet.given("total", "over", value=value, rule=node, count=count)
        return self.sheet.given("statistic", "over", value=value, rule=node, count=count)

    def _row_values(self, node: Node, scope: Scope) -> Floats:
        return self.sheet.known.rows(scope, node)

    def _counted(self, node: Aggregate, scope: Scope) -> Mask:
        """Return the rows that an aggregate runs over, in the territory's group."""
        rows, grouping = scope.counted(node)
        return rows if grouping is None else rows & (grouping.of == grouping.of[self.place])


def _compare(*pieces: Node | str) -> Node:
    return Comparison(
        tuple(piece for piece in pieces if isinstance(piece, str)),
        tuple(piece for piece in pieces if isinstance(piece, Node)),
    )


def _held(item: Ref, table: Table, step: int) -> Node:
    """Return the condition that holds for the step that a value is in."""
    low = Number(table.edges[step - 1]) if step > 0 else None
    high = Number(table.edges[step]) if step < len(table.edges) else None
    signs = ("<=", "<") if table.kind == "from" else ("<", "<=")
    if low is None:
        assert high is not None
        return _compare(item, signs[1], high)
    return _compare(low, signs[0], item) if high is None else _compare(low, signs[0], item, signs[1], high)


def _step(item: Ref, table: Table, step: int) -> Node:
    beyond = table.above if table.kind == "up_to" else None
    values = [*table.values, beyond] if table.kind == "up_to" else [None, *table.values]
    value = values[step]
    return Null() if value is None else Taken(Number(value), _held(item, table, step))


def _bracket(item: Ref, table: Table, step: int) -> Node:
    """Return the sum over the brackets that a value reaches: each rate times the part inside."""
    up = table.kind == "up_to"
    starts = [0.0, *table.edges] if up else list(table.edges)
    rates = [*table.values, table.above or 0.0] if up else list(table.values)
    last = step if up else step - 1
    if last < 0:
        return Taken(Number(0.0), _held(item, table, step))
    whole = [Binary("*", Number(starts[at + 1] - starts[at]), Number(rates[at])) for at in range(last)]
    begun: Node = item if starts[last] == 0 else Binary("-", item, Number(starts[last]))
    if up and last == 0:
        # With upper edges the first bracket begins at nothing.
        begun = Call("max", (item, Number(0.0)))
    return Taken(added([*whole, Binary("*", begun, Number(rates[last]))]), _held(item, table, step))


def _interpolated(item: Ref, value: float, table: Table) -> Node:
    """Return the point of the straight line between two points, flat beyond the first and the last."""
    edges, values = table.edges, table.values
    if value <= edges[0]:
        return Taken(Number(values[0]), _compare(item, "<=", Number(edges[0])))
    if value >= edges[-1]:
        return Taken(Number(values[-1]), _compare(item, ">=", Number(edges[-1])))
    at = int(np.searchsorted(edges, value, side="right")) - 1
    rise = Binary("-", Number(values[at + 1]), Number(values[at]))
    run = Binary("-", Number(edges[at + 1]), Number(edges[at]))
    slope = Binary("/", Binary("*", Binary("-", item, Number(edges[at])), rise), run)
    between = _compare(Number(edges[at]), "<=", item, "<=", Number(edges[at + 1]))
    return Taken(Binary("+", Number(values[at]), slope), between)
