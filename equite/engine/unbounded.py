"""Bounds that are not there: for whom a floor or a ceiling could not be computed, and why, unless the page means it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from equite.engine.evaluation import Mask, Scope
from equite.engine.missing import why_missing
from equite.errors import Problem
from equite.formula.expressions import TABLE_FUNCTIONS
from equite.formula.nodes import Aggregate, Call, Name, Node, Null, Text
from equite.wording import Codes, Language, say

__all__ = ["Cause", "Unbounded", "unbounded"]

#: Rows whose cause is looked for, one by one; and codes written out in one warning.
_MOST_ASKED = 200
_MOST_NAMED = 50


@dataclass(frozen=True)
class Cause:
    """Why a bound is missing, in a few words of a sentence."""

    entry: str
    values: tuple[tuple[str, object], ...]

    def in_language(self, language: Language) -> str:
        """Word it."""
        return say(f"unbounded-{self.entry}", language, **dict(self.values))


@dataclass(frozen=True)
class Unbounded:
    """A bound that some do not have, and why.

    Attributes
    ----------
    key : {"at_least", "at_most"}
        Which bound.
    name : str
        The part or the limit.
    codes : tuple of str
        Whom it does not bind.
    cause : Cause
        Why.
    where : dict
        ``file``, ``where`` and ``line`` on the page.
    """

    key: str
    name: str
    codes: tuple[str, ...]
    cause: Cause
    where: dict[str, Any]

    def warning(self) -> Problem:
        """Say it."""
        values = {"name": self.name, "codes": Codes(self.codes, _MOST_NAMED), "cause": self.cause}
        return Problem("no-floor" if self.key == "at_least" else "no-ceiling", values, **self.where)


def unbounded(scope: Scope, tree: Node, rows: Mask, key: str, name: str, where: dict[str, Any]) -> list[Unbounded]:
    """Return whom a bound is missing for although the page does not mean it, cause by cause.

    Parameters
    ----------
    scope : Scope
        Where the bound was evaluated.
    tree : Node
        The bound.
    rows : ndarray of bool, shape (n,)
        Those to be bounded whose bound is missing.
    key, name, where
        As in `Unbounded`.
    """
    wanting = np.flatnonzero(rows & ~_meant(tree, scope, {})) if rows.any() else np.zeros(0, dtype=np.intp)
    causes: dict[Cause, list[str]] = {}
    for row in map(int, wanting[:_MOST_ASKED]):
        entry, values = why_missing(tree, scope, row)
        causes.setdefault(Cause(entry, tuple(values.items())), []).append(str(scope.table.codes[row]))
    if causes:
        # Beyond that the cause is rarely another; the codes are counted all the same.
        next(iter(causes.values())).extend(map(str, scope.table.codes[wanting[_MOST_ASKED:]]))
    return [Unbounded(key, name, tuple(codes), cause, where) for cause, codes in causes.items()]


def _meant(node: Node, scope: Scope, found: dict[tuple[Scope, str], Mask]) -> Mask:
    """Tell for whom all that makes a value missing is a ``null`` written in the branch taken.

    ``found`` keeps what was found of each name, so that one that stands twice in another is looked into once.
    """
    nobody = np.zeros(scope.table.size, dtype=bool)
    if isinstance(node, Null):
        return ~nobody
    if isinstance(node, Name):
        home = scope.home(node.name)
        origin = home.origin(node.name)
        if origin is None:
            return nobody
        if (home, node.name) not in found:
            within, tree = origin
            known = home.descend(node.name, lambda: _meant(tree, within, found), "meant", id(found))
            found[home, node.name] = known
        return found[home, node.name]
    if isinstance(node, Aggregate | Text):
        return nobody
    if isinstance(node, Call) and node.function == "where":
        condition, yes, no = node.arguments
        holds = scope.rows(condition)
        # A condition that cannot be told takes no branch.
        return np.where(holds != 0, _meant(yes, scope, found), _meant(no, scope, found)) & ~np.isnan(holds)
    some, every = nobody, ~nobody
    for child in _valued(node):
        missing = _missing(child, scope)
        some, every = some | missing, every & (~missing | _meant(child, scope, found))
    return some & every


def _valued(node: Node) -> list[Node]:
    """Return the children that have a value to miss: a label or a table's name has none."""
    if isinstance(node, Call) and node.function in TABLE_FUNCTIONS:
        return list(node.arguments[:-1])
    if isinstance(node, Call) and node.function == "default":
        return [node.arguments[-1]]
    return [child for child in node.children() if not isinstance(child, Text)]


def _missing(node: Node, scope: Scope) -> Mask:
    values = np.broadcast_to(scope.evaluate(node), (scope.table.size,))
    if values.dtype == object:
        return np.array([value is None or value != value for value in values], dtype=bool)
    return np.isnan(values)
