"""The tree of an expression: thirteen kinds of node, all frozen, and nothing that Python could run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "Aggregate",
    "Binary",
    "Call",
    "Comparison",
    "Logical",
    "Membership",
    "Name",
    "Negative",
    "Node",
    "Not",
    "Null",
    "Number",
    "Text",
    "walk",
]


@dataclass(frozen=True)
class Node:
    """A point of the tree."""

    def children(self) -> Iterator[Node]:
        """Return the nodes right below this one, left to right."""
        # A node's own dictionary holds its fields, in their order, and nothing else.
        for value in vars(self).values():
            if isinstance(value, Node):
                yield value
            elif isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Node))


@dataclass(frozen=True)
class Number(Node):
    """A number."""

    value: float


@dataclass(frozen=True)
class Null(Node):
    """A missing value: ``null``."""


@dataclass(frozen=True)
class Text(Node):
    """A label in quotes, only ever compared."""

    value: str


@dataclass(frozen=True)
class Name(Node):
    """A column, constant, variable, index, table, part, or a word of the page."""

    name: str


@dataclass(frozen=True)
class Negative(Node):
    """``-x``."""

    operand: Node


@dataclass(frozen=True)
class Not(Node):
    """``not x``."""

    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """Arithmetic on two values: ``+ - * / **``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Comparison(Node):
    """A chain of comparisons: ``a < b <= c``."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Logical(Node):
    """``and`` or ``or`` over two or more conditions."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Membership(Node):
    """``x in ("a", "b")``."""

    item: Node
    choices: tuple[Node, ...]


@dataclass(frozen=True)
class Call(Node):
    """A row function or a table function."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Aggregate(Node):
    """A function over many territories.

    ``by`` groups them, ``weights`` weighs them; ``among`` says which count: None is the eligible, ``Name("all")``
    every row, anything else the rows of the table for which it holds.
    """

    function: str
    arguments: tuple[Node, ...]
    by: Name | None = None
    weights: Node | None = None
    among: Node | None = None


def walk(node: Node) -> Iterator[Node]:
    """Return a node and all below it, each before those below it, left to right."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(reversed(tuple(here.children())))
