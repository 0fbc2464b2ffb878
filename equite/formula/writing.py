"""Writing a tree back as text: as the page would, or as a board reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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

__all__ = ["PLAIN", "Style", "written"]

_STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6, "negative": 7, "**": 8}


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


@dataclass(frozen=True)
class Style:
    """How to write the leaves and the signs of a tree.

    Attributes
    ----------
    name, number : callable
        How a name and a number are written.
    signs : mapping
        What stands for an operator, a function or a keyword; itself where absent.
    """

    name: Callable[[str], str] = str
    number: Callable[[float], str] = _number
    signs: Mapping[str, str] = field(default_factory=dict)
    separator: str = ", "

    def sign(self, sign: str) -> str:
        """Return what stands for an operator, a function or a keyword."""
        return self.signs.get(sign, sign)


#: The page's own way of writing.
PLAIN = Style()


def written(node: Node, style: Style = PLAIN) -> str:
    """Write a tree with no more parentheses than its meaning needs."""
    return _write(node, style, 0)


def _write(node: Node, style: Style, outer: int) -> str:
    text, strength = _plainly(node, style)
    return f"({text})" if strength < outer else text


def _plainly(node: Node, style: Style) -> tuple[str, int]:
    """Return a node's text and how strongly it holds together."""
    most = 10
    match node:
        case Number(value):
            return style.number(value), most
        case Null():
            return style.sign("null"), most
        case Text(value):
            return f'"{value}"', most
        case Name(name):
            return style.name(name), most
        case Negative(operand):
            return f"{style.sign('negative').replace('negative', '-')}{_write(operand, style, 7)}", 7
        case Not(operand):
            return f"{style.sign('not')} {_write(operand, style, 3)}", 3
        case Binary(operator, left, right):
            strength = _STRENGTH[operator]
            # Powers hold to the right, the others to the left: a - (b - c) keeps its parentheses.
            left_outer, right_outer = (strength + 1, strength) if operator == "**" else (strength, strength + 1)
            pair = _write(left, style, left_outer), _write(right, style, right_outer)
            return f"{pair[0]} {style.sign(operator)} {pair[1]}", strength
        case Logical(operator, operands):
            strength = _STRENGTH[operator]
            return f" {style.sign(operator)} ".join(_write(each, style, strength + 1) for each in operands), strength
        case Comparison(operators, operands):
            words = [_write(operands[0], style, 5)]
            for operator, operand in zip(operators, operands[1:], strict=True):
                words += [style.sign(operator), _write(operand, style, 5)]
            return " ".join(words), 4
        case Membership(item, choices):
            listed = style.separator.join(_write(choice, style, 0) for choice in choices)
            return f"{_write(item, style, 5)} {style.sign('in')} ({listed})", 4
        case Call(function, arguments):
            listed = style.separator.join(_write(argument, style, 0) for argument in arguments)
            return f"{style.sign(function)}({listed})", most
        case Aggregate():
            return _aggregate(node, style), most
    raise AssertionError(node)


def _aggregate(node: Aggregate, style: Style) -> str:
    pieces = [_write(argument, style, 0) for argument in node.arguments]
    for keyword in ("weights", "by", "among"):
        given = getattr(node, keyword)
        if given is not None:
            word = style.signs.get(f"{keyword}=", f"{keyword}=")
            pieces.append(word + _write(given, style, 0))
    return f"{style.sign(node.function)}({style.separator.join(pieces)})"
