"""Figures that exist and are withheld: where they are, what rests on them, and what is said of it.

A suppressed figure is missing, and more than missing: it is known to somebody, and is not zero. ``default`` does not
fill it and ``is_missing`` does not hold for it; ``is_suppressed`` does. So nothing stands for it but what a page says
in so many words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from equite.errors import Problem
from equite.formula.expressions import TABLE_FUNCTIONS
from equite.formula.formula import Formula
from equite.formula.nodes import Aggregate, Call, Name, Node
from equite.inputs.marks import Marks
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.engine.bounds import Context
    from equite.engine.evaluation import Mask, Scope

__all__ = ["suppressed", "suppression_mark", "warnings_of", "withholding"]


def suppressed(node: Node, scope: Scope) -> Mask:
    """Return the rows where a column that a tree rests on is suppressed.

    What functions over many territories read is not looked at: a value that is missing there is refused. Nor is what
    ``is_suppressed`` asks about.
    """
    table = scope.table
    found = np.zeros(table.size, dtype=bool)
    waiting: list[tuple[Scope, Node]] = [(scope, node)] if table.suppressed else []
    seen: set[tuple[int, str]] = set()
    while waiting:
        at, tree = waiting.pop()
        if not isinstance(tree, Name):
            waiting += [(at, child) for child in _read_by(tree, at.formula)]
            continue
        home = at.home(tree.name)
        origin = home.origin(tree.name)
        if (id(home), tree.name) in seen:
            continue
        seen.add((id(home), tree.name))
        if origin is not None:
            waiting.append(origin)
        elif tree.name in table.suppressed and tree.name not in home.known:
            found |= table.suppressed[tree.name]
    return found


def withholding(node: Node, formula: Formula) -> tuple[str, ...]:
    """Return the columns that a tree rests on in which the page says that figures may be withheld."""
    found: dict[str, None] = {}
    waiting, seen = [node], set[str]()
    while waiting:
        tree = waiting.pop()
        if not isinstance(tree, Name):
            waiting += _read_by(tree, formula)
        elif tree.name not in seen:
            seen.add(tree.name)
            if tree.name in formula.variables:
                waiting.append(formula.variables[tree.name].value.tree)
            elif tree.name == "previous" and formula.previous:
                waiting.append(Name(formula.previous))
            elif tree.name in formula.names.columns and suppression_mark(formula, tree.name):
                found[tree.name] = None
    return tuple(sorted(found))


def suppression_mark(formula: Formula, column: str) -> str:
    """Return the first mark that says that a figure of a column is withheld; nothing where there is none."""
    spec, needed = formula.columns.get(column), formula.names.columns.get(column)
    if needed is None or needed.use != "number":
        return ""
    marks = Marks.laid_over(spec.marks, formula.marks) if spec else formula.marks
    return next(iter(marks.suppressed), "")


def _read_by(node: Node, formula: Formula) -> Iterator[Node]:
    """Return what a node reads of the same territory."""
    if isinstance(node, Aggregate) or (isinstance(node, Call) and node.function == "is_suppressed"):
        return
    if isinstance(node, Call) and node.function in TABLE_FUNCTIONS:
        yield from node.arguments[:-1]
        table = node.arguments[-1]
        if node.function == "weighted_sum" and isinstance(table, Name):
            yield from map(Name, formula.tables[table.name].columns)
        return
    yield from node.children()


def warnings_of(scope: Scope, context: Context) -> Iterator[Problem]:
    """Tell every column of which figures are withheld for some that take part, with their codes."""
    for name, cells in scope.table.suppressed.items():
        codes = tuple(map(str, scope.table.codes[cells & scope.taking_part]))
        if codes:
            values = {"column": name, "codes": Codes(codes)}
            yield Problem("figures-suppressed", values, **context.formula.where("columns", name))
