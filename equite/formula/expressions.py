"""The small, closed language of a formula page: parsed with :mod:`ast` against a white list, never executed by Python.

An :class:`Expression` is a text and its tree. The same tree is run by numpy (:mod:`equite.engine.evaluation`), put in
words, and written as a spreadsheet formula, so the language has no attributes, subscripts, lambdas or outside names.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType

from equite.errors import FormulaError, Problem, nearest
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
from equite.inputs.spelling import tidy
from equite.wording import Nearest

__all__ = ["AGGREGATES", "ROW_FUNCTIONS", "TABLE_FUNCTIONS", "Expression"]

#: The longest expression and the deepest tree that a page may hold: a board must be able to read it.
MAX_LENGTH = 4000
MAX_DEPTH = 60
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")

#: Row functions, with the fewest and the most arguments each takes. Those of a user's own are added here.
ROW_FUNCTIONS: dict[str, tuple[int, float]] = {
    "abs": (1, 1),
    "ceil": (1, 1),
    "clip": (3, 3),
    "default": (2, 2),
    "exp": (1, 1),
    "floor": (1, 1),
    "is_missing": (1, 1),
    "is_suppressed": (1, 1),
    "log": (1, 1),
    "max": (2, math.inf),
    "mean_of": (1, math.inf),
    "median_of": (1, math.inf),
    "min": (2, math.inf),
    "round": (1, 2),
    "sqrt": (1, 1),
    "starts_with": (2, 2),
    "sum_of": (1, math.inf),
    "trimmed_mean": (3, math.inf),
    "where": (3, 3),
}
#: Functions whose last argument is one of the page's tables.
TABLE_FUNCTIONS: Mapping[str, tuple[int, float]] = MappingProxyType(
    {"bracket": (2, 2), "interpolate": (2, 2), "step": (2, 2), "weighted_sum": (1, 1)}
)
#: Functions over many territories.
AGGREGATES: Mapping[str, tuple[int, float]] = MappingProxyType(
    {
        "average": (1, 1),
        "count": (0, 1),
        "deviation": (1, 1),
        "highest": (1, 1),
        "lowest": (1, 1),
        "median": (1, 1),
        "quantile": (2, 2),
        "rank": (1, 1),
        "total": (1, 1),
    }
)
WEIGHTABLE = frozenset({"average", "total"})
_CONSTANTS = {"yes": 1.0, "no": 0.0}
_BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_COMPARE: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@dataclass(frozen=True)
class Expression:
    """A formula's expression: its text as written and its tree."""

    text: str
    tree: Node

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Read an expression.

        Raises
        ------
        FormulaError
            With one sentence that says what is not allowed and how to write it.
        """
        try:
            return cls(text.strip(), _parse(text))
        except _Refused as refused:
            raise FormulaError([refused.problem]) from None

    @classmethod
    def of(cls, value: float) -> Expression:
        """Make the expression of a plain number."""
        return cls(repr(value), Number(float(value)))

    def __str__(self) -> str:
        return self.text

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every point of the tree, each before those below it."""
        return tuple(walk(self.tree))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that stand in the expression, tables included, in any place."""
        return frozenset(node.name for node in self.nodes if isinstance(node, Name))

    @property
    def plain(self) -> Decimal | None:
        """The exact value where the expression is written as a plain number and nothing else, else None."""
        text = self.text.replace("_", "")
        return Decimal(text) if _PLAIN.fullmatch(text) else None

    @property
    def number(self) -> float | None:
        """The value where the expression is a plain number, else None."""
        if isinstance(self.tree, Number):
            return self.tree.value
        if isinstance(self.tree, Negative) and isinstance(self.tree.operand, Number):
            return -self.tree.operand.value
        return None


class _Refused(Exception):
    def __init__(self, entry: str, **values: object) -> None:
        short = {name: _short(value) if name == "text" else value for name, value in values.items()}
        self.problem = Problem(entry, short)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 100 else text[:99] + "…"


def _parse(text: str) -> Node:
    """Turn a text into a checked tree."""
    if not text.strip():
        raise _Refused("expression-empty")
    if len(text) > MAX_LENGTH:
        raise _Refused("expression-too-long", length=len(text), most=MAX_LENGTH)
    if not _balanced(_without_labels(text)):
        raise _Refused("expression-unreadable", text=text.strip())
    if "#" in _without_labels(text):
        raise _Refused("expression-unreadable", text=text.strip())
    for sign, instead in (("^", "**"), ("&&", "and"), ("||", "or"), ("≤", "<="), ("≥", ">="), ("×", "*"), ("÷", "/")):
        if sign in _without_labels(text):
            raise _Refused("expression-sign", text=text.strip(), sign=sign, instead=instead)
    try:
        # The parentheses let a long expression stand on several lines, as YAML's folded texts do.
        tree = ast.parse(f"({text.strip()}\n)", mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError):
        raise _Refused(_unreadable(_without_labels(text)), text=text.strip()) from None
    return _Reader(text.strip()).read(tree.body, 0)


def _without_labels(text: str) -> str:
    """Blank out quoted labels, so that signs in them are not taken for operators."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)


def _unreadable(text: str) -> str:
    """Return the sentence for what is most likely wrong with a text that Python cannot parse."""
    if re.search(r"\bif\b", text):
        return "expression-if"
    if re.fullmatch(r"[$€£]?[\d\s.,]*\d[\d\s.,]*[$€£]?", text.strip()):
        return "expression-dressed-number"
    for sign, entry in (("%", "expression-percent"), (";", "expression-semicolon")):
        if sign in text:
            return entry
    return "expression-single-equals" if re.search(r"(?<![=<>!:])=(?!=)", text) else "expression-unreadable"


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


class _Reader:
    """Walks Python's tree and keeps only what the language allows."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, node: ast.AST, depth: int, *, label: bool = False) -> Node:
        """Read one node; ``label`` says that a quoted text may stand here."""
        if depth > MAX_DEPTH:
            raise _Refused("expression-too-deep", most=MAX_DEPTH)
        below = depth + 1
        match node:
            case ast.Constant():
                return self._constant(node, label)
            case ast.Name(id="null"):
                return Null()
            case ast.Name(id=name):
                return Number(_CONSTANTS[name]) if name in _CONSTANTS else Name(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Negative(self.read(operand, below))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.read(operand, below)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.read(operand, below))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
                return Binary(_BINARY[type(operator)], self.read(left, below), self.read(right, below))
            case ast.BoolOp(op=operator, values=values):
                word = "and" if isinstance(operator, ast.And) else "or"
                return Logical(word, tuple(self.read(value, below) for value in values))
            case ast.Compare():
                return self._compare(node, below)
            case ast.Call():
                return self._call(node, below)
            case ast.Tuple():
                raise _Refused("expression-comma", text=self.text)
            case ast.IfExp():
                raise _Refused("expression-if", text=self.text)
        raise _Refused("expression-not-allowed", text=self.text, piece=self._piece(node))

    def _piece(self, node: ast.AST) -> str:
        return (ast.get_source_segment(f"({self.text}\n)", node) or self.text)[:60]

    def _constant(self, node: ast.Constant, label: bool) -> Node:
        value = node.value
        if isinstance(value, str):
            if not label:
                raise _Refused("expression-label", label=value, text=self.text)
            # A label is read as cells are; only a blank that ends the beginning of one is kept.
            return Text(tidy(value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _Refused("expression-not-allowed", text=self.text, piece=self._piece(node))
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise _Refused("expression-number-too-large", text=self.text)
        return Number(number)

    def _compare(self, node: ast.Compare, depth: int) -> Node:
        if any(isinstance(operator, ast.In | ast.NotIn) for operator in node.ops):
            return self._membership(node, depth)
        names = [_COMPARE.get(type(operator)) for operator in node.ops]
        if None in names:
            raise _Refused("expression-not-allowed", text=self.text, piece=self._piece(node))
        operands = tuple(self.read(part, depth, label=True) for part in (node.left, *node.comparators))
        operators = tuple(name for name in names if name is not None)
        labels = [isinstance(operand, Text) for operand in operands]
        if any(labels) and (len(operands) != 2 or all(labels) or operators[0] not in ("==", "!=")):
            raise _Refused("expression-label-order", text=self.text)
        if any(labels) and not any(isinstance(operand, Name) for operand in operands):
            raise _Refused("expression-label-column", text=self.text)
        return Comparison(operators, operands)

    def _membership(self, node: ast.Compare, depth: int) -> Node:
        choices = node.comparators[0]
        if len(node.ops) != 1 or not isinstance(choices, ast.Tuple | ast.Constant) or self._empty(choices):
            raise _Refused("expression-membership", text=self.text)
        # ("a") is the same as "a": a list of one, written by somebody who does not know Python.
        items = choices.elts if isinstance(choices, ast.Tuple) else [choices]
        read = tuple(self.read(item, depth, label=True) for item in items)
        item = self.read(node.left, depth)
        labels = {isinstance(choice, Text) for choice in read}
        constant = all(isinstance(leaf, Text | Number | Negative) for choice in read for leaf in walk(choice))
        if len(labels) > 1 or not constant:
            raise _Refused("expression-membership", text=self.text)
        if labels == {True} and not isinstance(item, Name):
            raise _Refused("expression-label-column", text=self.text)
        found = Membership(item, read)
        return Not(found) if isinstance(node.ops[0], ast.NotIn) else found

    @staticmethod
    def _empty(choices: ast.Tuple | ast.Constant) -> bool:
        return isinstance(choices, ast.Tuple) and not choices.elts

    def _call(self, node: ast.Call, depth: int) -> Node:
        if not isinstance(node.func, ast.Name):
            raise _Refused("expression-not-allowed", text=self.text, piece=self._piece(node))
        name = node.func.id
        known = {**ROW_FUNCTIONS, **TABLE_FUNCTIONS, **AGGREGATES}
        if name not in known:
            near = Nearest(("where",)) if name.casefold() in ("iff", "iif", "si") else nearest(name, known)
            raise _Refused("expression-unknown-function", name=name, nearest=near)
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            raise _Refused("expression-not-allowed", text=self.text, piece=self._piece(node))
        fewest, most = known[name]
        if not fewest <= len(node.args) <= most:
            raise _Refused("expression-arguments", name=name, given=len(node.args), fewest=fewest, most=_most(most))
        labelled = name == "starts_with"
        arguments = tuple(self.read(arg, depth, label=labelled and at == 1) for at, arg in enumerate(node.args))
        if labelled and isinstance(arguments[-1], Text) and str(getattr(node.args[-1], "value", ""))[-1:].isspace():
            arguments = (arguments[0], Text(f"{arguments[-1].value} "))
        if name in AGGREGATES:
            return self._aggregate(name, arguments, node, depth)
        if node.keywords:
            raise _Refused("expression-keyword", name=name, keyword=str(node.keywords[0].arg))
        if labelled and not (isinstance(arguments[0], Name) and isinstance(arguments[1], Text)):
            raise _Refused("expression-starts-with", text=self.text)
        if name in TABLE_FUNCTIONS and not isinstance(arguments[-1], Name):
            raise _Refused("expression-table", name=name, text=self.text)
        if name == "round" and len(arguments) == 2 and not _is_whole(arguments[1]):
            raise _Refused("expression-digits", text=self.text)
        return Call(name, arguments)

    def _aggregate(self, name: str, arguments: tuple[Node, ...], node: ast.Call, depth: int) -> Node:
        given = {str(keyword.arg): self.read(keyword.value, depth) for keyword in node.keywords}
        if len(given) < len(node.keywords) or "None" in given:
            raise _Refused("expression-unreadable", text=self.text)
        for keyword in given:
            if keyword not in ("by", "weights", "among"):
                near = nearest(keyword, ("by", "weights", "among"))
                raise _Refused("expression-aggregate-keyword", name=name, keyword=keyword, nearest=near)
        by = given.get("by")
        if by is not None and not isinstance(by, Name):
            raise _Refused("expression-by", name=name, text=self.text)
        if "weights" in given and name not in WEIGHTABLE:
            raise _Refused("expression-weights", name=name)
        if name == "quantile":
            share = arguments[1]
            if not isinstance(share, Number) or not 0 <= share.value <= 1:
                raise _Refused("expression-quantile", text=self.text)
        return Aggregate(name, arguments, by, given.get("weights"), given.get("among"))


def _is_whole(node: Node) -> bool:
    value = node.operand if isinstance(node, Negative) else node
    return isinstance(value, Number) and value.value == int(value.value) and value.value <= 15


def _most(most: float) -> str:
    return "∞" if math.isinf(most) else str(int(most))
