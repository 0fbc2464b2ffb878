"""Running a page's expressions over the table: names resolved by dependency, each computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from equite.engine.aggregates import Grouping, aggregate
from equite.engine.functions import COMPARISONS, FUNCTIONS, OPERATORS, TABLES, all_of, any_of, negated, truth
from equite.engine.sharing import Floats
from equite.formula.formula import Formula
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
    walk,
)

if TYPE_CHECKING:
    from equite.engine.scoring import Scoring

__all__ = ["MissingInAggregate", "Scope", "Table"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """The columns that a page needs, in code order: floats (NaN missing) and texts (None missing)."""

    codes: NDArray[np.object_]
    columns: Mapping[str, np.ndarray]

    @property
    def size(self) -> int:
        """The number of territories."""
        return int(self.codes.size)


class MissingInAggregate(Exception):
    """A territory that takes part has no value for something that is summed or averaged over many."""

    def __init__(self, node: Node, function: str, rows: Mask) -> None:
        self.node, self.function, self.rows = node, function, rows


class Scope:
    """The values of a page's names on one table.

    Parameters
    ----------
    formula : Formula
        The page.
    table : Table
        Its columns.
    eligible : ndarray of bool or None
        Who takes part; None while that is being decided, when aggregates leave out missing values.
    score : callable
        How an index is scored: ``score(name, scope)``.
    served : ndarray of bool, optional
        Whom the money is for; the others that take part only count in averages, ranks and scales. By default all.
    """

    def __init__(
        self,
        formula: Formula,
        table: Table,
        eligible: Mask | None,
        score: Callable[[str, Scope], Scoring],
        served: Mask | None = None,
    ) -> None:
        self.formula = formula
        self.table = table
        self.eligible = eligible
        self._score = score
        self.served = served
        self._bindings: dict[str, np.ndarray] = {}
        self.parent: Scope | None = None
        self._memo: dict[str, np.ndarray] = {}
        self._groupings: dict[str, Grouping] = {}
        self.scorings: dict[str, Scoring] = {}

    def bound(self, **bindings: np.ndarray | float) -> Scope:
        """Give a scope in which some names have other values; what rests on them is computed anew, the rest shared."""
        child = Scope(self.formula, self.table, self.eligible, self._score, self.served)
        child.parent = self
        child._bindings = {name: np.asarray(value) for name, value in bindings.items()}
        return child

    @cached_property
    def taking_part(self) -> Mask:
        """Who takes part; everybody while that is being decided."""
        return np.ones(self.table.size, dtype=bool) if self.eligible is None else self.eligible

    def value(self, name: str) -> np.ndarray:
        """Give a name's value: a number (shape ``()``), or one for each territory (shape ``(n,)``)."""
        if name in self._bindings:
            return self._bindings[name]
        if self.parent is not None and not self._rests_on_bindings(name):
            return self.parent.value(name)
        if name not in self._memo:
            self._memo[name] = self._compute(name)
        return self._memo[name]

    def scoring(self, name: str) -> Scoring:
        """Give an index's scoring, computed once."""
        if self.parent is not None and not self._rests_on_bindings(name):
            return self.parent.scoring(name)
        if name not in self.scorings:
            self.scorings[name] = self._score(name, self)
        return self.scorings[name]

    def numbers(self, name: str) -> Floats:
        """Give a name's value as one float for each territory."""
        return np.broadcast_to(self.value(name), (self.table.size,))

    def grouping(self, name: str) -> Grouping:
        """Give the groups that a column or a variable makes."""
        if self.parent is not None and not self._rests_on_bindings(name):
            return self.parent.grouping(name)
        if name not in self._groupings:
            values = np.broadcast_to(self.value(name), (self.table.size,))
            self._groupings[name] = Grouping.by(values)
        return self._groupings[name]

    def evaluate(self, node: Node) -> Floats:
        """Run a tree; the result has shape ``()`` or ``(n,)``."""
        with np.errstate(all="ignore"):
            return self._run(node)

    def rows(self, node: Node) -> Floats:
        """Run a tree and give one float for each territory."""
        return np.broadcast_to(self.evaluate(node), (self.table.size,))

    def _rests_on_bindings(self, name: str) -> bool:
        return not self._bindings.keys().isdisjoint(self.formula.names.closure((name,)))

    def _compute(self, name: str) -> np.ndarray:
        formula = self.formula
        if name in formula.constants:
            return np.asarray(float(formula.constants[name].value))
        if name in formula.variables:
            return self.evaluate(formula.variables[name].value.tree)
        if name in formula.indices:
            return self.scoring(name).scores
        if name == "previous":
            return self.value(str(formula.previous))
        if name == "envelope" and formula.envelope:
            return self.evaluate(formula.envelope.value.tree)
        return self.table.columns[name]

    def _run(self, node: Node) -> Floats:
        match node:
            case Number(value):
                return np.asarray(value)
            case Null():
                return np.asarray(np.nan)
            case Name(name):
                return self.value(name)
            case Negative(operand):
                return -self._run(operand)
            case Not(operand):
                return negated(self._run(operand))
            case Binary(operator, left, right):
                return OPERATORS[operator](self._run(left), self._run(right))
            case Logical(operator, operands):
                return self._logical(operator, operands)
            case Comparison():
                return self._comparison(node)
            case Membership(item, choices):
                return self._any_equal(item, choices)
            case Call(function, arguments):
                return self._call(function, arguments)
            case Aggregate():
                return self._aggregate(node)
        raise AssertionError(node)

    def _logical(self, operator: str, operands: tuple[Node, ...]) -> Floats:
        join = all_of if operator == "and" else any_of
        found = self._run(operands[0])
        for operand in operands[1:]:
            found = join(found, self._run(operand))
        return found

    def _comparison(self, node: Comparison) -> Floats:
        left, right = node.operands[0], node.operands[1]
        if isinstance(left, Text):
            left, right = right, left
        if isinstance(right, Text):
            same = self._any_equal(left, (right,))
            return same if node.operators[0] == "==" else negated(same)
        values = [self._run(operand) for operand in node.operands]
        found = np.asarray(1.0)
        for operator, one, other in zip(node.operators, values, values[1:], strict=False):
            found = all_of(found, truth(COMPARISONS[operator](one, other), one, other))
        return found

    def _any_equal(self, item: Node, choices: tuple[Node, ...]) -> Floats:
        if isinstance(choices[0], Text):
            assert isinstance(item, Name)
            labels = {choice.value for choice in choices if isinstance(choice, Text)}
            return self._by_label(item.name, lambda label: label in labels)
        value = self._run(item)
        same = np.isin(value, np.array([float(self._run(choice)) for choice in choices]))
        return truth(same, value)

    def _by_label(self, name: str, test: Callable[[str], bool]) -> Floats:
        """Test each different label once, then spread the answers over the rows."""
        groups = self.grouping(name)
        answers = np.array([*(float(test(str(label))) for label in groups.labels), np.nan])
        return answers[groups.of]

    def _call(self, function: str, arguments: tuple[Node, ...]) -> Floats:
        if function == "starts_with":
            column, prefix = arguments
            assert isinstance(column, Name)
            assert isinstance(prefix, Text)
            return self._by_label(column.name, lambda label: label.startswith(prefix.value))
        if function == "weighted_sum" or function in TABLES:
            named = arguments[-1]
            assert isinstance(named, Name)
            table = self.formula.tables[named.name]
            if function == "weighted_sum":
                pairs = zip(table.columns, table.values, strict=True)
                return np.asarray(np.sum([self.numbers(column) * weight for column, weight in pairs], axis=0))
            return TABLES[function](np.asarray(self._run(arguments[0])), table)
        return FUNCTIONS[function](*(self._run(argument) for argument in arguments))

    def _aggregate(self, node: Aggregate) -> Floats:
        size = self.table.size
        rows = self._among(node.among)
        inputs = [node.arguments[0]] if node.arguments else []
        values = np.broadcast_to(self._run(inputs[0]), (size,)) if inputs else None
        weights = np.broadcast_to(self._run(node.weights), (size,)) if node.weights is not None else None
        for tree, given in ((inputs[0] if inputs else None, values), (node.weights, weights)):
            if given is None or tree is None:
                continue
            missing = np.isnan(given) & rows
            if missing.any():
                if self.eligible is not None and (missing & self.eligible).any():
                    raise MissingInAggregate(tree, node.function, missing & self.eligible)
                rows = rows & ~missing
        grouping = self.grouping(node.by.name) if node.by else None
        share = (
            node.arguments[1].value if node.function == "quantile" and isinstance(node.arguments[1], Number) else 0.5
        )
        return aggregate(node.function, values, weights, rows, grouping, share)

    def _among(self, among: Node | None) -> Mask:
        size = self.table.size
        if among is None:
            return self.taking_part
        if isinstance(among, Name) and among.name == "all":
            return np.ones(size, dtype=bool)
        mentions = any(isinstance(node, Name) and node.name in ("eligible", "all") for node in walk(among))
        scope = self.bound(eligible=self.taking_part.astype(float), all=1.0) if mentions else self
        holds = np.broadcast_to(scope._run(among), (size,))
        return np.asarray((holds != 0) & ~np.isnan(holds))
