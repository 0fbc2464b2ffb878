"""The tree of an expression as data for the engine in JavaScript, which docs/browser.md describes."""

from __future__ import annotations

from typing import Any

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

__all__ = ["figure_data", "tree_data"]


def figure_data(value: float) -> float | int:
    """Return a number as JSON has it shortest: whole numbers without a point."""
    return int(value) if value.is_integer() and abs(value) < 2.0**53 else value


def tree_data(node: Node) -> Any:
    """Return a tree as numbers, texts and lists."""
    match node:
        case Number(value):
            return figure_data(value)
        case Null():
            return None
        case Text(value):
            return {"label": value}
        case Name(name):
            return name
        case Negative(operand):
            return ["neg", tree_data(operand)]
        case Not(operand):
            return ["not", tree_data(operand)]
        case Binary(operator, left, right):
            return [operator, tree_data(left), tree_data(right)]
        case Comparison(operators, operands):
            return ["compare", list(operators), *map(tree_data, operands)]
        case Logical(operator, operands):
            return [operator, *map(tree_data, operands)]
        case Membership(item, choices):
            return ["in", tree_data(item), *map(tree_data, choices)]
        case Call(function, arguments):
            return [function, *map(tree_data, arguments)]
        case Aggregate():
            return _aggregate(node)
    raise AssertionError(node)


def _aggregate(node: Aggregate) -> dict[str, Any]:
    found: dict[str, Any] = {"aggregate": node.function, "of": [tree_data(each) for each in node.arguments]}
    for key in ("by", "weights", "among"):
        given = getattr(node, key)
        if given is not None:
            found[key] = tree_data(given)
    return found
