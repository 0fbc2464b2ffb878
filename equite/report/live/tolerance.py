"""How large the terms of a rule are: what a comparison in the sheet allows for dust.

Python decides comparisons exactly on the figures as typed. A spreadsheet compares binary floats, of which sums and
differences leave dust: there two values are equal where they differ by no more than 1E-12 of the sum of the sizes of
their terms. The size of a tree is a tree itself, so that its formula and its values are made as those of all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from equite.formula.nodes import Binary, Call, Name, Negative, Node, Null, Number
from equite.report.live.closed import Unsupported

if TYPE_CHECKING:
    from equite.engine.evaluation import Scope

__all__ = ["DUST", "ROUNDING_DUST", "is_typed", "size_of"]

#: The share of the terms that counts as dust in a comparison, and in a rounding, as formulas write it.
DUST, ROUNDING_DUST = "1E-12", "4E-15"
#: What is larger is longer, or deeper, than a formula may be.
_MOST_NODES, _DEEPEST = 2_000, 100
#: Functions that give one of their arguments, or their sum or mean: as large as all of them together.
_GIVES = frozenset({"abs", "clip", "default", "max", "mean_of", "median_of", "min", "sum_of", "trimmed_mean", "where"})


def is_typed(scope: Scope, node: Node) -> bool:
    """Tell whether a tree is but figures as typed, or decided by a count: such are compared as they are."""
    return scope.equality.figures(node) is not None


def size_of(scope: Scope, node: Node, variables: Mapping[str, Node]) -> Node:
    """Return the tree of what a tree's terms add up to, each without its sign.

    Names that compute are replaced by what they stand for, which may be as large as they please: twice the one before,
    forty times over.

    Parameters
    ----------
    scope : Scope
        In which the tree is read.
    node : Node
        The tree.
    variables : mapping of str to Node
        The trees of the names that compute.

    Raises
    ------
    Unsupported
        It would be longer or deeper than a spreadsheet takes.
    """
    return _size(node, _Sizing(scope, variables), 0)


@dataclass
class _Sizing:
    scope: Scope
    variables: Mapping[str, Node]
    #: The nodes that were looked at.
    count: int = 0


def _size(node: Node, about: _Sizing, depth: int) -> Node:
    scope, variables = about.scope, about.variables
    about.count += 1
    if about.count > _MOST_NODES or depth > _DEEPEST:
        raise Unsupported("long")

    def size(inner: Node) -> Node:
        return _size(inner, about, depth + 1)

    if isinstance(node, Null):
        return Number(0.0)
    if is_typed(scope, node) or scope.equality.sign_is_sure(node):
        return Call("abs", (node,))
    match node:
        case Name(name) if name in variables:
            return size(variables[name])
        case Negative(operand):
            return size(operand)
        case Binary("+" | "-", left, right):
            return Binary("+", size(left), size(right))
        case Binary("*", left, right):
            return Binary("*", size(left), size(right))
        case Binary("/", left, right):
            return Binary("/", Binary("*", size(left), size(right)), Binary("*", right, right))
        case Call("exp", (argument,)):
            return Binary("*", node, Binary("+", Number(1.0), size(argument)))
        case Call("log", (argument,)):
            return Binary("+", Call("abs", (node,)), Binary("/", size(argument), Call("abs", (argument,))))
        case Call(function, arguments) if function in _GIVES:
            # What is missing has no size, and may yet not be missed.
            sizes: list[Node] = [
                Call("default", (size(each), Number(0.0))) for each in arguments[function == "where" :]
            ]
            return reduce(lambda one, other: Binary("+", one, other), sizes)
    return Call("abs", (node,))
