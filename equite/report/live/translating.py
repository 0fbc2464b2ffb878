"""A page's expressions as spreadsheet formulas: the same tree that numpy runs.

A missing value is an error of the spreadsheet (#N/A, #DIV/0!, #NUM!): like a missing value it passes through sums and
comparisons, and like one it stops at ``default``, ``is_missing`` and a bound that is not there. Conditions are TRUE and
FALSE where the spreadsheet wants a condition, 1 and 0 where a number is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.evaluation import Scope
from equite.engine.registry import OWN_FUNCTIONS
from equite.engine.suppression import withholding
from equite.formula.expressions import TABLE_FUNCTIONS, Expression
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
from equite.report.live.aggregates import aggregate_formula
from equite.report.live.closed import Unsupported
from equite.report.live.grid import LiveColumn
from equite.report.live.own import own_values
from equite.report.live.terms import ATOM, Term, rounded_text, stated
from equite.report.live.tolerance import DUST, ROUNDING_DUST, is_typed, size_of

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["Translator", "written_number"]

#: What a name is in the sheet: a column, or the cell of what is one figure for all.
Ref = LiveColumn | Term
#: A size longer than this is written in cells of its own.
_LONG_SIZE = 400
_OPERATORS = {"+": ("+", 2), "-": ("-", 2), "*": ("*", 3), "/": ("/", 3), "**": ("^", 4)}
_COMPARISONS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "abs": "ABS({})".format,
    "clip": "MIN(MAX({},{}),{})".format,
    "default": "IFERROR({},{})".format,
    "exp": "EXP({})".format,
    "log": "LN({})".format,
    "max": lambda *given: f"MAX({','.join(given)})",
    "mean_of": lambda *given: f"AVERAGE({','.join(given)})",
    "median_of": lambda *given: f"MEDIAN({','.join(given)})",
    "min": lambda *given: f"MIN({','.join(given)})",
    "sqrt": "SQRT({})".format,
    "sum_of": lambda *given: f"SUM({','.join(given)})",
    "trimmed_mean": lambda *given: "(SUM({0})-MAX({0})-MIN({0}))/{1}".format(",".join(given), len(given) - 2),
}


def is_condition(node: Node) -> bool:
    """Tell whether a node's formula gives TRUE or FALSE."""
    if isinstance(node, Call):
        return node.function in ("is_missing", "is_suppressed", "starts_with")
    return isinstance(node, Comparison | Logical | Membership | Not)


class Translator:
    """Writes the names of a page as columns of formulas, each once, as expressions ask for them.

    Parameters
    ----------
    workings : Workings
        The workbook's sums in the making.
    scope : Scope
        The values of the same names, which formulas carry.
    names : mapping of str to LiveColumn or Term
        Names that are bound here: a column, or the cell of a figure.
    parent : Translator, optional
        Writes what does not rest on those names.
    """

    def __init__(
        self, workings: Workings, scope: Scope, names: Mapping[str, Ref] | None = None, parent: Translator | None = None
    ) -> None:
        self.workings, self.scope, self.parent = workings, scope, parent
        self.names: dict[str, Ref] = dict(names or {})
        self._memo: dict[str, Ref] = {}
        self._aggregates: dict[Aggregate, Ref] = {}
        self._own: dict[Call, str] = {}
        self._scalar: dict[str, bool] = {}

    def bound(self, scope: Scope, **names: Ref) -> Translator:
        """Return a translator in which some names mean something else."""
        return Translator(self.workings, scope, names, self)

    # Names.

    def ref(self, name: str) -> Ref:
        """Return a name's column, or its cell where it is one figure for all."""
        if name in self.names:
            return self.names[name]
        if self.parent is not None and not self._rests_on_bound((name,)):
            return self.parent.ref(name)
        if name not in self._memo:
            for below in self.workings.formula.names.landings(name):
                self.ref(below)
            self._memo[name] = self._named(name)
        return self._memo[name]

    def _rests_on_bound(self, names: tuple[str, ...] | frozenset[str]) -> bool:
        return not self.names.keys().isdisjoint(self.workings.formula.names.closure(names))

    def _named(self, name: str) -> Ref:
        formula, workings = self.workings.formula, self.workings
        if name in formula.constants:
            return workings.figures["constants", name, "value"]
        if name in formula.variables:
            workings.begin("variables")
            return self.written(workings.labels.title(name), formula.variables[name].value, names=(name,))
        if name in formula.indices:
            return workings.index(name, self)
        if name == "previous":
            return self.ref(str(formula.previous))
        if name == "envelope" and formula.envelope:
            return self.written(workings.labels.title(name), formula.envelope.value, names=(name,))
        return workings.data[name]

    # Columns.

    def written(
        self, heading: str, expression: Expression | Node, *, names: tuple[str, ...] = (), about: str = ""
    ) -> Ref:
        """Write an expression as a column, or as one figure; as values where it cannot be a formula."""
        tree = expression.tree if isinstance(expression, Expression) else expression
        about = about or self.workings.worded(tree)
        values = self.scope.rows(tree)
        try:
            text = self.number(tree)
            if self.is_scalar(tree):
                return self.workings.grid.figure(heading, stated(text, np.ravel(values)[0]), about=about)
            return self.workings.grid.column(heading, stated(text, values), about=about)
        except Unsupported as reason:
            used = names or tuple(node.name for node in walk(tree) if isinstance(node, Name))
            self.workings.certify(heading, reason.reason, used)
            if self.is_scalar(tree):
                return self.workings.grid.number(heading, float(np.ravel(values)[0]), about=about)
            return self.workings.grid.values(heading, stated("", values), about=about)

    def plain(self, node: Node) -> str:
        """Return a cell that holds a node's value, written for the purpose where there is none yet."""
        if isinstance(node, Name) and not self._is_data(node.name):
            return str(self.cell(self.ref(node.name)))
        if isinstance(node, Number | Negative) and id(node) in self.workings.numbers:
            return str(self.workings.numbers[id(node)])
        return str(self.cell(self.written(self.workings.labels.say("live-helper"), node)))

    def is_scalar(self, node: Node) -> bool:
        """Tell whether a node has one value for all territories."""
        match node:
            case Name("all"):
                return True
            case Name("eligible"):
                return False
            case Name(name):
                return self._is_scalar_name(name)
            case Aggregate():
                return node.by is None and node.function != "rank"
            case Call("weighted_sum", _):
                return False
            case Call(function, arguments) if function in TABLE_FUNCTIONS:
                return self.is_scalar(arguments[0])
        return all(self.is_scalar(child) for child in node.children())

    def _is_scalar_name(self, name: str) -> bool:
        formula = self.workings.formula
        if name in self.names or name not in formula.variables:
            return isinstance(self.ref(name), Term)
        if name not in self._scalar:
            for below in formula.names.landings(name):
                self._is_scalar_name(below)
            self._scalar[name] = self.is_scalar(formula.variables[name].value.tree)
        return self._scalar[name]

    def _is_data(self, name: str) -> bool:
        found = self.ref(name)
        return isinstance(found, LiveColumn) and bool(found.sheet)

    # Formulas.

    def term(self, node: Node) -> Term:
        """Write a node with the values that the engine gives it."""
        text, strength = (self.number(node), ATOM) if is_condition(node) else self._number(node)
        value = self.scope.rows(node)
        return stated(text, np.ravel(value)[0] if self.is_scalar(node) else value, strength)

    def cell(self, found: Ref) -> Term:
        """Return the cell of a name: the row's own, or that of one figure for all."""
        return found if isinstance(found, Term) else found.each

    def number(self, node: Node, above: int = 0) -> str:
        """Write a node as a number, in parentheses where it binds less than what stands above it."""
        if is_condition(node):
            return f"IF({self.condition(node)},1,0)"
        text, strength = self._number(node)
        return text if strength > above else f"({text})"

    def condition(self, node: Node) -> str:
        """Write a node as a condition."""
        match node:
            case Comparison(operators, operands):
                return self._comparison(operators, operands)
            case Logical(operator, operands):
                return _joined(operator, [self.condition(operand) for operand in operands])
            case Not(operand):
                return f"NOT({self.condition(operand)})"
            case Membership(item, choices):
                return self._membership(item, choices)
            case Call("is_missing", (argument,)):
                absent, withheld = f"ISERROR({self.number(argument)})", self._withheld(argument)
                return f"AND({absent},NOT({withheld}))" if withheld else absent
            case Call("is_suppressed", (argument,)):
                withheld = self._withheld(argument)
                return f"AND(ISERROR({self.number(argument)}),{withheld})" if withheld else "FALSE"
            case Call("starts_with", (Name(name), Text(prefix))):
                text = self._text(name)
                return f'IF({text}="",NA(),EXACT(LEFT({text},{len(prefix)}),{_label(prefix)}))'
        return self.compared(node, "!=", Number(0.0))

    def _number(self, node: Node) -> tuple[str, int]:
        if id(node) in self.workings.numbers:
            return str(self.workings.numbers[id(node)]), ATOM
        match node:
            case Number(value):
                return written_number(value), ATOM
            case Null():
                return "NA()", ATOM
            case Name(name):
                return self._name(name), ATOM
            case Negative(operand):
                # A spreadsheet's minus binds tighter than its power.
                return f"(-{self.number(operand, 4)})", ATOM
            case Binary(operator, left, right):
                sign, strength = _OPERATORS[operator]
                # Both signs of a pair count from the left; the page's power counts from the right.
                one = self.number(left, strength if operator == "**" else strength - 1)
                return f"{one}{sign}{self.number(right, strength)}", strength
            case Call(function, arguments):
                return self._call(function, arguments), ATOM
            case Aggregate():
                return str(self.cell(self.aggregate(node))), ATOM
        raise AssertionError(node)

    def _name(self, name: str) -> str:
        found = self.ref(name)
        # A blank cell counts as 0 in a spreadsheet, and a text as more than any number.
        if isinstance(found, LiveColumn) and found.sheet:
            return f"IF(ISNUMBER({found.cell}),{found.cell},NA())"
        return str(self.cell(found))

    def _call(self, function: str, arguments: tuple[Node, ...]) -> str:
        if function == "where":
            condition, yes, no = arguments
            return f"IF({self.condition(condition)},{self.number(yes)},{self.number(no)})"
        if function == "round":
            digits = Expression("", arguments[1]).number if len(arguments) > 1 else 0
            return self._rounded(arguments[0], int(digits or 0))
        if function == "default" and (withheld := self._withheld(arguments[0])):
            value, instead = map(self.number, arguments)
            return f"IF({withheld},{value},IFERROR({value},{instead}))"
        if function in ("ceil", "floor"):
            return self._whole(function, arguments[0])
        if function in TABLE_FUNCTIONS:
            return self._table(function, arguments)
        if function == "trimmed_mean":
            return f"({_FUNCTIONS[function](*map(self.number, arguments))})"
        if function in OWN_FUNCTIONS:
            own = Call(function, arguments)
            return self._own.get(own) or self._own.setdefault(own, own_values(self, own))
        return _FUNCTIONS[function](*map(self.number, arguments))

    def _rounded(self, node: Node, digits: int) -> str:
        """Write a rounding, in which what lies below a half by dust alone is the half."""
        if is_typed(self.scope, node) or self.scope.equality.sign_is_sure(node):
            return rounded_text(self.number(node), digits)
        cell = self.plain(node)
        return f"ROUND({cell}+IF({cell}<0,-1,1)*{ROUNDING_DUST}*{self.size(node)},{digits})"

    def _whole(self, function: str, node: Node) -> str:
        """Write the whole number below, or above; what lies beside one by dust alone is that number."""
        number = self.number(node, 2)
        dust = "" if is_typed(self.scope, node) else f"{DUST}*{self.size(node)}"
        if function == "floor":
            return f"INT({number}+{dust})" if dust else f"INT({number})"
        return f"(-INT({dust}-{number}))" if dust else f"(-INT(-{self.number(node, 4)}))"

    def _withheld(self, node: Node) -> str:
        """Write whether a figure that a node rests on is withheld: its cell holds a mark. Nothing where none can be."""
        names = withholding(node, self.workings.formula)
        cells = [found.cell for name in names if isinstance(found := self.ref(name), LiveColumn)]
        return f"OR({','.join(f'ISTEXT({cell})' for cell in cells)})" if cells else ""

    def _table(self, function: str, arguments: tuple[Node, ...]) -> str:
        named = arguments[-1]
        assert isinstance(named, Name)
        place = self.workings.tables[named.name]
        if function == "weighted_sum":
            pairs = zip(self.workings.formula.tables[named.name].columns, place.values, strict=True)
            return "(" + "+".join(f"{self.number(Name(column), 2)}*{weight}" for column, weight in pairs) + ")"
        cell = self.plain(arguments[0])
        if is_typed(self.scope, arguments[0]):
            return place.formula(function, cell)
        sure = self.scope.equality.sign_is_sure(arguments[0])
        size = f"ABS({cell})" if sure else self.plain(size_of(self.scope, arguments[0], self._trees()))
        return place.formula(function, cell, f"{DUST}*2*{size}")

    def _comparison(self, operators: tuple[str, ...], operands: tuple[Node, ...]) -> str:
        left, right = operands[0], operands[1]
        if isinstance(left, Text):
            left, right = right, left
        if isinstance(right, Text):
            same = self._membership(left, (right,))
            return same if operators[0] == "==" else f"NOT({same})"
        pairs = [self.compared(a, sign, b) for a, sign, b in zip(operands, operators, operands[1:], strict=False)]
        return pairs[0] if len(pairs) == 1 else _joined("and", pairs)

    def compared(self, left: Node, sign: str, right: Node) -> str:
        """Write a comparison: of typed figures as they are, of what is computed but for dust."""
        if is_typed(self.scope, left) and is_typed(self.scope, right):
            return f"{self.number(left, 1)}{_COMPARISONS[sign]}{self.number(right, 1)}"
        gap = f"{self.number(left, 1)}-{self.number(right, 2)}"
        dust = f"{DUST}*({self.size(left)}+{self.size(right)})"
        if sign in ("==", "!="):
            return f"ABS({gap}){'<=' if sign == '==' else '>'}{dust}"
        # More, or less, is more than dust; as much or more may lack dust.
        return f"{gap}{sign}{'-' if sign in ('<', '>=') else ''}{dust}"

    def size(self, node: Node) -> str:
        """Write how large the terms of a node are; in a column of its own where that is long."""
        tree = size_of(self.scope, node, self._trees())
        text = self.number(tree, 2)
        if len(text) <= _LONG_SIZE:
            return text
        return str(self.cell(self.written(self.workings.labels.say("live-size"), tree)))

    def _membership(self, item: Node, choices: tuple[Node, ...]) -> str:
        if isinstance(choices[0], Text):
            assert isinstance(item, Name)
            text = self._text(item.name)
            tests = [f"EXACT({text},{_label(each.value)})" for each in choices if isinstance(each, Text)]
            found = tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"
            return f'IF({text}="",NA(),{found})'
        return f"OR({','.join(self.compared(item, '==', choice) for choice in choices)})"

    def _text(self, name: str) -> str:
        found = self.ref(name)
        assert isinstance(found, LiveColumn)
        return found.cell

    def size_column(self, node: Node) -> LiveColumn:
        """Write the sizes of a node's terms in every row, 0 where there are none."""
        tree = Call("default", (size_of(self.scope, node, self._trees()), Number(0.0)))
        term = stated(self.number(tree), self.scope.rows(tree))
        return self.workings.grid.column(self.workings.labels.say("live-size"), term)

    def _trees(self) -> dict[str, Node]:
        """Return the trees of the names that compute here."""
        variables = self.workings.formula.variables
        return {name: spec.value.tree for name, spec in variables.items() if name not in self.names}

    # Aggregates.

    def aggregate(self, node: Aggregate) -> Ref:
        """Write a function over many territories, once, in columns of its own."""
        names = frozenset(child.name for child in walk(node) if isinstance(child, Name))
        if self.parent is not None and self.workings.eligible is not None and not self._rests_on_bound(names):
            return self.parent.aggregate(node)
        if node not in self._aggregates:
            self._aggregates[node] = aggregate_formula(self, node)
        return self._aggregates[node]


def _joined(operator: str, conditions: list[str]) -> str:
    """Write ``and`` and ``or``: no wins over missing in the one, yes in the other."""
    function, neutral, decided = ("AND", "TRUE", "FALSE") if operator == "and" else ("OR", "FALSE", "TRUE")
    sure = ",".join(f"IFERROR({condition},{neutral})" for condition in conditions)
    whole = f"{function}({','.join(conditions)})"
    if operator == "and":
        return f"IF({function}({sure}),{whole},{decided})"
    return f"IF({function}({sure}),{decided},{whole})"


def _label(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def written_number(value: float) -> str:
    """Write a number as formulas do."""
    text = repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value).upper()
    return f"({text})" if value < 0 else text
