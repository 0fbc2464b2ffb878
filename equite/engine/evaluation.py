"""Running a page's expressions over the table: names resolved by dependency, each computed once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from equite.engine.aggregates import Grouping, aggregate
from equite.engine.bounded import whole_power
from equite.engine.descent import descend
from equite.engine.equality import Equality, Known
from equite.engine.functions import COMPARISONS, FUNCTIONS, OPERATORS, TABLES, all_of, any_of, bracket, negated, step
from equite.engine.registry import OWN_FUNCTIONS
from equite.engine.sharing import Floats
from equite.engine.suppression import suppressed
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
from equite.formula.tables import Table as NamedTable
from equite.inputs.figures import Ends, typed

if TYPE_CHECKING:
    from equite.engine.scoring import Scoring

__all__ = ["ColumnsTable", "MissingInAggregate", "Scope"]

Mask = NDArray[np.bool_]
T = TypeVar("T")


@dataclass(frozen=True)
class ColumnsTable:
    """The columns that a page needs, in code order: floats (NaN missing) and texts (None missing)."""

    codes: NDArray[np.object_]
    columns: Mapping[str, np.ndarray]
    #: Of the columns that have some, the cells whose figure exists and is withheld.
    suppressed: Mapping[str, Mask] = field(default_factory=dict)
    #: Of the columns whose figures are all there, the least and the largest.
    ends: Mapping[str, Ends] = field(default_factory=dict)
    _labelled: dict[str, Grouping] = field(default_factory=dict, init=False, compare=False)

    @property
    def size(self) -> int:
        """The number of territories."""
        return int(self.codes.size)

    def labelled(self, name: str) -> Grouping:
        """Return the groups that the labels of a column of texts make, worked out once for all scopes."""
        if name not in self._labelled:
            self._labelled[name] = Grouping.by(self.columns[name])
        return self._labelled[name]


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
    table : ColumnsTable
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
        table: ColumnsTable,
        eligible: Mask | None,
        score: Callable[[str, Scope], Scoring],
        served: Mask | None = None,
    ) -> None:
        self.formula = formula
        self.table = table
        self.eligible = eligible
        self.score = score
        self.served = served
        #: Names that are bound to values here, and names that stand for a tree of the parent's.
        self.known: dict[str, Known] = {}
        self._aliases: dict[str, Node] = {}
        self.parent: Scope | None = None
        self._memo: dict[str, np.ndarray] = {}
        self._figures: dict[str, Floats | None] = {}
        self._sure: dict[str, bool] = {}
        self._groupings: dict[str, Grouping] = {}
        self.scorings: dict[str, Scoring] = {}
        # Decisions are taken once. A node is kept beside its result, so that no other can take its identity.
        self._decisions: dict[int, tuple[Node, Floats]] = {}
        self._counted: dict[int, tuple[Node, tuple[Mask, Grouping | None]]] = {}
        # Which names stand in a tree is the same in all scopes below one.
        self._names: dict[int, tuple[Node, frozenset[str]]] = {}

    def bound(self, /, **bindings: Known | Node | np.ndarray | float) -> Scope:
        """Return a scope in which some names have other values; what rests on them is computed anew, the rest shared.

        A name may be bound to values (:class:`Known` says whether they are figures; bare ones count as solved), or to
        a tree, which is read in this scope.
        """
        child = Scope(self.formula, self.table, self.eligible, self.score, self.served)
        child.bind(self, bindings)
        return child

    def bind(self, parent: Scope, bindings: Mapping[str, Known | Node | np.ndarray | float]) -> None:
        """Stand below another scope, some of whose names have other values here."""
        self.parent, self._names = parent, parent._names
        for name, value in bindings.items():
            if isinstance(value, Node):
                self._aliases[name] = value
            else:
                self.known[name] = value if isinstance(value, Known) else Known(np.asarray(value))

    @cached_property
    def equality(self) -> Equality:
        """What compares trees in this scope."""
        return Equality(self)

    @cached_property
    def taking_part(self) -> Mask:
        """Who takes part; everybody while that is being decided."""
        return np.ones(self.table.size, dtype=bool) if self.eligible is None else self.eligible

    @cached_property
    def nobody(self) -> Mask:
        """Nobody of those that take part; one value in memory."""
        return np.broadcast_to(np.asarray(False), (int(np.count_nonzero(self.taking_part)),))

    @cached_property
    def _is_for_all(self) -> bool:
        return self.eligible is None or bool(self.eligible.all())

    def taking(self, values: np.ndarray) -> np.ndarray:
        """Return the rows of those that take part; the very array where all do."""
        return values if self._is_for_all else values[self.taking_part]

    def value(self, name: str) -> np.ndarray:
        """Return a name's value: a number (shape ``()``), or one for each territory (shape ``(n,)``)."""
        if name in self.known:
            return self.known[name].value
        home = self.home(name)
        if home is not self:
            return home.value(name)
        if name not in self._memo:
            self._memo[name] = self.descend(name, lambda: self._compute(name), "value")
        return self._memo[name]

    def descend(self, name: str, work: Callable[[], T], *about: object) -> T:
        """Work out something about a name of this scope, however long the chain of names below it."""
        return descend(self.formula.names.steps.get(name, 1), work, self, name, *about)

    def home(self, name: str) -> Scope:
        """Return the scope in which a name's value is worked out: the outermost that knows all that it rests on."""
        if self.parent is None or self._rests_on_bindings(name):
            return self
        return self.parent.home(name)

    def origin(self, name: str) -> tuple[Scope, Node] | None:
        """Return the tree that a name stands for and the scope to read it in; None where it stands for values."""
        formula = self.formula
        if name in self.known:
            return None
        if name in self._aliases:
            assert self.parent is not None
            return self.parent, self._aliases[name]
        if name in formula.variables:
            return self, formula.variables[name].value.tree
        if name == "previous":
            return self, Name(str(formula.previous))
        if name == "envelope" and formula.envelope:
            return self, formula.envelope.value.tree
        return None

    def figures(self, name: str) -> Floats | None:
        """Return a name's values as typed figures; None where they are computed."""
        home = self.home(name)
        if home is not self:
            return home.figures(name)
        if name not in self._figures:
            self._figures[name] = self.descend(name, lambda: self._figures_of(name), "figures")
        return self._figures[name]

    def _figures_of(self, name: str) -> Floats | None:
        origin = self.origin(name)
        if origin is not None:
            return origin[0].equality.figures(origin[1])
        if name in self.formula.indices or (name in self.known and not self.known[name].is_typed):
            return None
        return typed(self.value(name), self.ends(name))

    def ends(self, name: str) -> Ends | None:
        """Return the least and the largest of a name's values, where they were looked at as the table was read."""
        return self.table.ends.get(name) if self.value(name) is self.table.columns.get(name) else None

    def sign_is_sure(self, name: str) -> bool:
        """Tell whether no dust can stand for zero among a name's values."""
        home = self.home(name)
        if home is not self:
            return home.sign_is_sure(name)
        if name not in self._sure:
            self._sure[name] = self.descend(name, lambda: self._sign_is_sure(name), "sure")
        return self._sure[name]

    def _sign_is_sure(self, name: str) -> bool:
        origin = self.origin(name)
        if origin is not None:
            return origin[0].equality.sign_is_sure(origin[1])
        if name in self.formula.indices or (name in self.known and not self.known[name].is_typed):
            # Scores and solved amounts of zero or more are zero where all that they are made of is.
            return not bool((self.value(name) < 0).any())
        return True

    def scoring(self, name: str) -> Scoring:
        """Return an index's scoring, computed once."""
        if self.parent is not None and not self._rests_on_bindings(name):
            return self.parent.scoring(name)
        if name not in self.scorings:
            self.scorings[name] = self.descend(name, lambda: self.score(name, self), "scoring")
        return self.scorings[name]

    def laid(self, values: np.ndarray) -> np.ndarray:
        """Return one value for each territory, of one for all or of as many."""
        return values if values.shape else np.broadcast_to(values, (self.table.size,))

    def numbers(self, name: str) -> Floats:
        """Return a name's value as one float for each territory."""
        return self.laid(self.value(name))

    def grouping(self, name: str) -> Grouping:
        """Return the groups that a column or a variable makes."""
        if self.parent is not None and not self._rests_on_bindings(name):
            return self.parent.grouping(name)
        if name not in self._groupings:
            self._groupings[name] = self._grouped(name)
        return self._groupings[name]

    def _grouped(self, name: str) -> Grouping:
        value = self.value(name)
        if value is self.table.columns.get(name) and value.dtype == object:
            return self.table.labelled(name)
        values = np.broadcast_to(value, (self.table.size,))
        return Grouping.by(values if values.dtype == object else self.alike(Name(name)))

    def evaluate(self, node: Node) -> Floats:
        """Run a tree; the result has shape ``()`` or ``(n,)``."""
        if isinstance(node, Name):
            return self.value(node.name)
        with np.errstate(all="ignore"):
            return self._run(node)

    def rows(self, node: Node) -> Floats:
        """Run a tree and give one float for each territory."""
        return self.laid(self.evaluate(node))

    def settled(self, node: Node) -> Floats:
        """Run a tree; what exact arithmetic makes zero is zero, and no dust stands for it."""
        return self._once(node, self.equality.settled)

    def settled_rows(self, node: Node) -> Floats:
        """Run a tree and give one float for each territory, each of the sign that exact arithmetic gives it."""
        return self.laid(self.settled(node))

    def alike(self, node: Node) -> Floats:
        """Run a tree and give one float for each territory, the same float where values are equal."""
        figures = self.equality.figures(node)
        if figures is not None:
            return self.laid(figures)
        with np.errstate(all="ignore"):
            return self.equality.alike(node)

    def compared(self, operator: str, left: Node, right: Node) -> Floats:
        """Compare two trees: 1 where it holds, 0 where it does not, missing where either is."""
        signs = self.equality.signs(left, right)
        return np.where(np.isnan(signs), np.nan, COMPARISONS[operator](signs, 0.0))

    def _once(self, node: Node, decide: Callable[[Node], Floats]) -> Floats:
        if id(node) not in self._decisions:
            with np.errstate(all="ignore"):
                self._decisions[id(node)] = node, decide(node)
        return self._decisions[id(node)][1]

    def varies(self, node: Node) -> bool:
        """Tell whether a tree rests on what differs between variants that stand end to end: none do here."""
        return False

    def binds(self, names: Collection[str]) -> bool:
        """Tell whether some of these names are bound in this very scope."""
        return not (self.known.keys().isdisjoint(names) and self._aliases.keys().isdisjoint(names))

    def _rests_on_bindings(self, name: str) -> bool:
        return self.binds(self.formula.names.rests_on(name))

    def _compute(self, name: str) -> np.ndarray:
        origin = self.origin(name)
        if origin is not None:
            return origin[0].evaluate(origin[1])
        if name in self.formula.constants:
            return np.asarray(float(self.formula.constants[name].value))
        if name in self.formula.indices:
            return self.scoring(name).scores
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
            case Not() | Logical() | Comparison() | Membership():
                return self._once(node, self._condition)
            case Binary(operator, left, right):
                return self._binary(operator, left, right)
            case Call():
                return self._call(node)
            case Aggregate():
                home = self._home_of(node)
                return home._once(node, home._aggregate)
        raise AssertionError(node)

    def _binary(self, operator: str, left: Node, right: Node) -> Floats:
        if operator == "/":
            return OPERATORS["/"](self._run(left), self.settled(right))
        if operator == "**" and whole_power(right) is None:
            # A root of a speck below zero is zero; a power that comes to a whole number is one.
            exponent, whole = self.settled(right), Call("round", (right,))
            return OPERATORS["**"](
                self.settled(left), np.where(self.compared("==", right, whole) == 1, np.rint(exponent), exponent)
            )
        return OPERATORS[operator](self.settled(left) if operator == "**" else self._run(left), self._run(right))

    def _condition(self, node: Node) -> Floats:
        match node:
            case Not(operand):
                return negated(self.settled(operand))
            case Logical(operator, operands):
                join = all_of if operator == "and" else any_of
                return reduce(join, (self.settled(operand) for operand in operands))
            case Comparison():
                return self._comparison(node)
            case Membership(item, choices):
                return self._any_equal(item, choices)
        raise AssertionError(node)

    def _comparison(self, node: Comparison) -> Floats:
        left, right = node.operands[0], node.operands[1]
        if isinstance(left, Text):
            left, right = right, left
        if isinstance(right, Text):
            same = self._any_equal(left, (right,))
            return same if node.operators[0] == "==" else negated(same)
        links = zip(node.operators, node.operands, node.operands[1:], strict=False)
        return reduce(all_of, (self.compared(*link) for link in links))

    def _any_equal(self, item: Node, choices: tuple[Node, ...]) -> Floats:
        if isinstance(choices[0], Text):
            assert isinstance(item, Name)
            labels = {choice.value for choice in choices if isinstance(choice, Text)}
            return self._by_label(item.name, lambda label: label in labels)
        return reduce(any_of, (self.compared("==", item, choice) for choice in choices))

    def _by_label(self, name: str, test: Callable[[str], bool]) -> Floats:
        """Test each different label once, then spread the answers over the rows."""
        groups = self.grouping(name)
        answers = np.array([*(float(test(str(label))) for label in groups.labels), np.nan])
        return answers[groups.of]

    def _call(self, node: Call) -> Floats:
        function, arguments = node.function, node.arguments
        if function == "starts_with":
            column, prefix = arguments
            assert isinstance(column, Name)
            assert isinstance(prefix, Text)
            return self._by_label(column.name, lambda label: label.startswith(prefix.value))
        if function == "weighted_sum":
            table = self.table_of(arguments[-1])
            pairs = zip(table.columns, table.values, strict=True)
            return np.asarray(np.sum([self.numbers(column) * weight for column, weight in pairs], axis=0))
        if function in TABLES:
            return self._once(node, self._from_table)
        if function in OWN_FUNCTIONS:
            return self._once(node, self._own)
        if function in ("floor", "ceil", "round"):
            return self._once(node, self._whole)
        if function in ("sqrt", "log"):
            return FUNCTIONS[function](self.settled(arguments[0]))
        if function == "where":
            condition, yes, no = arguments
            return FUNCTIONS["where"](self.settled(condition), self._run(yes), self._run(no))
        if self.table.suppressed and function in ("default", "is_missing", "is_suppressed"):
            return self._withheld(node)
        return FUNCTIONS[function](*(self._run(argument) for argument in arguments))

    def _own(self, node: Node) -> Floats:
        """Run a function of the user's own on the rows of which no argument is missing, as on columns of figures."""
        assert isinstance(node, Call)
        arguments = np.stack([self.alike(argument) for argument in node.arguments])
        known = ~np.isnan(arguments).any(axis=0)
        found = np.full(self.table.size, np.nan)
        if known.any():
            found[known] = OWN_FUNCTIONS[node.function].each(*arguments[:, known])
        return found

    def _withheld(self, node: Call) -> Floats:
        """Run what asks whether a value is there: one that is withheld is neither missing nor to be filled."""
        value = np.asarray(self._run(node.arguments[0]))
        withheld = np.isnan(value) & suppressed(node.arguments[0], self)
        if node.function == "default":
            return np.where(withheld, np.nan, FUNCTIONS["default"](value, self._run(node.arguments[1])))
        return (withheld if node.function == "is_suppressed" else np.isnan(value) & ~withheld).astype(np.float64)

    def _whole(self, node: Node) -> Floats:
        assert isinstance(node, Call)
        digits = 0 if len(node.arguments) == 1 else whole_power(node.arguments[1])
        assert digits is not None
        return self.equality.whole(node.function, node.arguments[0], digits)

    def _from_table(self, node: Node) -> Floats:
        """Look values up in one of the page's tables; which step holds one is decided exactly."""
        assert isinstance(node, Call)
        item, table = node.arguments[0], self.table_of(node.arguments[1])
        value = np.asarray(self._run(item))
        if node.function == "interpolate":
            return TABLES["interpolate"](value, table)
        place = self.equality.place(item, np.asarray(table.edges), included=table.kind == "from")
        return (step if node.function == "step" else bracket)(value, table, place)

    def table_of(self, node: Node) -> NamedTable:
        """Return the page's table that a function names."""
        assert isinstance(node, Name)
        return self.formula.tables[node.name]

    def _home_of(self, node: Node) -> Scope:
        """Return the outermost scope that knows all that a tree rests on: there it is worked out once for all below."""
        if self.parent is None:
            return self
        if id(node) not in self._names:
            self._names[id(node)] = node, frozenset(each.name for each in walk(node) if isinstance(each, Name))
        rests = any(map(self._rests_on_bindings, self._names[id(node)][1]))
        return self if rests else self.parent._home_of(node)

    def _aggregate(self, node: Node) -> Floats:
        assert isinstance(node, Aggregate)
        rows, grouping = self.counted(node)
        size = self.table.size
        values = None
        if node.arguments:
            item = node.arguments[0]
            found = {"rank": self.alike, "count": self.settled}.get(node.function, self._run)(item)
            values = np.broadcast_to(found, (size,))
        weights = None if node.weights is None else np.broadcast_to(self._run(node.weights), (size,))
        share = (
            node.arguments[1].value if node.function == "quantile" and isinstance(node.arguments[1], Number) else 0.5
        )
        result = aggregate(node.function, values, weights, rows, grouping, share)
        if node.function == "average" and weights is not None and (weights[rows] < 0).any():
            # Weights of two signs may sum to dust, which no mean is divided by.
            below = self.settled(Aggregate("total", (node.weights or Null(),), node.by, None, node.among))
            result = np.where(below == 0, np.nan, result)
        return result

    def counted(self, node: Aggregate) -> tuple[Mask, Grouping | None]:
        """Return the rows that an aggregate runs over, and its groups; refuse a value that is missing among them."""
        if id(node) not in self._counted:
            self._counted[id(node)] = node, self._counted_by(node)
        return self._counted[id(node)][1]

    def _counted_by(self, node: Aggregate) -> tuple[Mask, Grouping | None]:
        rows = self._among(node.among)
        for tree in (*node.arguments[:1], node.weights):
            if tree is None:
                continue
            missing = np.isnan(np.broadcast_to(self._run(tree), (self.table.size,))) & rows
            if missing.any():
                if self.eligible is not None and (missing & self.eligible).any():
                    raise MissingInAggregate(tree, node.function, missing & self.eligible)
                rows = rows & ~missing
        return rows, self.grouping(node.by.name) if node.by else None

    def _among(self, among: Node | None) -> Mask:
        size = self.table.size
        if among is None:
            return self.taking_part
        if isinstance(among, Name) and among.name == "all":
            return np.ones(size, dtype=bool)
        mentions = any(isinstance(node, Name) and node.name in ("eligible", "all") for node in walk(among))
        words = {"eligible": self.taking_part.astype(float), "all": np.asarray(1.0)}
        scope = self.bound(**{word: Known(value, is_typed=True) for word, value in words.items()}) if mentions else self
        holds = np.broadcast_to(scope.settled(among), (size,))
        return np.asarray((holds != 0) & ~np.isnan(holds))
