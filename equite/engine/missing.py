"""Why a value is missing: the first place in its tree where something could not be computed, or was never there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from equite.engine.evaluation import Mask, Scope
from equite.engine.sharing import Floats
from equite.errors import Problem, Problems
from equite.formula.expressions import TABLE_FUNCTIONS
from equite.formula.nodes import Aggregate, Binary, Call, Name, Node, Text
from equite.formula.writing import written
from equite.wording import Codes, Language, say

__all__ = ["Purpose", "Wanted", "refuse_missing", "why_missing"]


def why_missing(node: Node, scope: Scope, row: int) -> tuple[str, dict[str, object]]:
    """Return the sentence, and its values, that says why one row's value is missing."""
    node, scope = _where_missing(node, scope, row)
    if isinstance(node, Name):
        withheld = scope.table.suppressed.get(node.name)
        return "suppressed-cell" if withheld is not None and withheld[row] else "missing-cell", {"name": node.name}
    piece = written(node)
    if isinstance(node, Binary) and node.operator == "/":
        return "missing-division", {"piece": piece}
    if isinstance(node, Call) and node.function in ("log", "sqrt"):
        return "missing-logarithm" if node.function == "log" else "missing-root", {"piece": piece}
    if isinstance(node, Call) and node.function in ("step", "bracket"):
        return "missing-table", {"piece": piece}
    if isinstance(node, Aggregate):
        return "missing-aggregate", {"piece": piece}
    return "missing-value", {"piece": piece}


def _where_missing(node: Node, scope: Scope, row: int) -> tuple[Node, Scope]:
    """Go down from a value that is missing to the first thing below it that makes it so."""
    while True:
        below: Node | None = None
        if isinstance(node, Name):
            # A part may have a `previous` of its own.
            origin = scope.home(node.name).origin(node.name)
            if origin is not None:
                scope, below = origin
        elif not isinstance(node, Aggregate):
            below = next((child for child in _valued(node, scope) if _is_missing(scope, child, row)), None)
        if below is None:
            return node, scope
        node = below


def _valued(node: Node, scope: Scope) -> Iterator[Node]:
    """Return what a node reads that may be missing: no label, and of a table of weights its columns."""
    children = list(node.children())
    if isinstance(node, Call) and node.function in TABLE_FUNCTIONS:
        table = children.pop()
        if node.function == "weighted_sum":
            yield from map(Name, scope.table_of(table).columns)
    yield from (child for child in children if not isinstance(child, Text))


def _is_missing(scope: Scope, node: Node, row: int) -> bool:
    """Tell whether a row has no value, be it a number or a text."""
    value = np.broadcast_to(scope.evaluate(node), (scope.table.size,))[row]
    return value is None or value != value


@dataclass(frozen=True)
class Purpose:
    """What a value was wanted for, and where on the page.

    Attributes
    ----------
    what : str
        The sentence that says it.
    place : dict
        ``file``, ``where`` and ``line`` of the expression.
    """

    what: str
    place: dict[str, Any]


def refuse_missing(problems: Problems, scope: Scope, node: Node, values: Floats, rows: Mask, purpose: Purpose) -> None:
    """Note every cause for which some rows' values are missing or infinite, with the codes it concerns."""
    missing = np.flatnonzero(~np.isfinite(values) & rows)
    causes: dict[str, tuple[dict[str, object], list[str]]] = {}
    for row in missing[:200]:
        entry, found = why_missing(node, scope, int(row))
        key = f"{entry}|{found}"
        causes.setdefault(key, ({"entry": entry, **found}, []))[1].append(str(scope.table.codes[row]))
    if causes:
        # Beyond that the cause is rarely another; the codes are counted all the same.
        next(iter(causes.values()))[1].extend(str(code) for code in scope.table.codes[missing[200:]])
    for found, codes in causes.values():
        entry = str(found.pop("entry"))
        values_said = {"wanted": Wanted(purpose.what), "codes": Codes(tuple(codes)), **found}
        problems.found.append(Problem(entry, values_said, **purpose.place))


class Wanted:
    """A few words of a sentence, from the catalogue: what a value was wanted for, how it was filled."""

    def __init__(self, entry: str) -> None:
        self.entry = entry

    def in_language(self, language: Language) -> str:
        """Word it."""
        return say(self.entry, language)
