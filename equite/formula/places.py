"""A checked page as a tree of places, so that two pages can be laid side by side and every difference named.

A place is the path of a key: ``parts.base.pool.fraction``. Parts and limits go by their id. What a page leaves unsaid
stands in the tree with its default, and a short form as its long one: two ways of writing the same rule are one tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from equite.errors import FormulaError
from equite.formula.expressions import Expression
from equite.formula.fields import NUMBER
from equite.formula.formula import Formula, catalogue_of
from equite.formula.indices import Direction, Method, Missing, Outliers
from equite.formula.inheriting import of_column
from equite.formula.loading import Change, Page
from equite.formula.model import Pool, Share
from equite.formula.writing import written

__all__ = [
    "Difference",
    "Path",
    "WrittenRule",
    "at",
    "differences",
    "is_weight",
    "matching",
    "nodes",
    "problem_place",
    "siblings",
    "tree",
]

Path = tuple[str, ...]


class WrittenRule(str):
    """An expression that is not a plain number, written in one way whatever its spaces."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> WrittenRule | None:
        """Read a text as an expression; None where it is none."""
        try:
            return cls(written(Expression.parse(text).tree))
        except FormulaError:
            return None


@dataclass(frozen=True)
class Difference:
    """One place at which two pages differ, and what stands there on each; ``added`` or ``removed`` if on one only."""

    path: Path
    before: Any
    after: Any
    added: bool = False
    removed: bool = False

    @property
    def change(self) -> Change:
        """The difference as overrides list theirs."""
        return Change(".".join(self.path), _plain(self.before), _plain(self.after))


def _plain(value: Any) -> Any:
    """Return a value of the tree as pages hold theirs: text, mappings and lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value if value is None else str(value)


def tree(formula: Formula) -> dict[str, Any]:
    """Return the page's places: mappings by key, and at their ends numbers, rules, texts, lists, or None."""
    found = {name: _told(value) for name, value in _fields(formula)}
    for section in ("parts", "limits"):
        found[section] = {item.id: _told(item) for item in getattr(formula, section)}
    # Read, a table keeps floats; as written, it keeps its decimals.
    found["tables"] = _typed(formula.content.get("tables") or {})
    return found


def _fields(model: BaseModel) -> Iterator[tuple[str, Any]]:
    for name, field in type(model).model_fields.items():
        yield field.alias or name, getattr(model, name)


def _told(value: Any) -> Any:
    """Put a value of the model as the page words it."""
    match value:
        case Expression():
            return value.plain if value.plain is not None else WrittenRule(written(value.tree))
        case Method():
            return {value.name: _typed(value.parameters)} if value.parameters else value.name
        case Direction():
            return _direction(value)
        case Missing():
            return _missing(value)
        case Outliers():
            return "keep" if value.winsorise is None else {"winsorise": Decimal(value.winsorise)}
        case Pool(remainder=True):
            return "remainder"
        case Share(equally=True):
            return "equally"
        case BaseModel():
            return {name: _told(inner) for name, inner in _fields(value)}
        case Mapping():
            return {str(key): _told(inner) for key, inner in value.items()}
        case tuple():
            return tuple(_told(item) for item in value)
        case bool():
            return "true" if value else "false"
        case int():
            return Decimal(value)
    return value


def _direction(value: Direction) -> Any:
    if value.pull:
        return value.pull
    if value.toward is not None:
        return {"toward": _told(value.toward)}
    return {"by": value.by, **({} if value.cut is None else {"cut": value.cut}), **value.labels}


def _missing(value: Missing) -> Any:
    match value.rule:
        case "skip" if value.minimum_present is not None:
            return {"skip": {"minimum_present": value.minimum_present}}
        case "median" | "mean":
            return {"fill": value.rule, "by": value.by}
        case "value":
            return {"fill": value.value}
        case "column":
            return {"fill_from": value.column}
    return value.rule


def _typed(value: Any) -> Any:
    """Return written content with its numbers as numbers."""
    if isinstance(value, Mapping):
        return {str(key): _typed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_typed(item) for item in value)
    return Decimal(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value


def nodes(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Return every place of a tree with what stands there, the root first."""
    yield path, node
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from nodes(inner, (*path, key))


def at(node: Any, path: Path) -> Any:
    """Return what stands at a place of a tree; None where there is no such place."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def matching(place: str, page: dict[str, Any]) -> list[Path]:
    """Return the places of a tree that a place as written stands for; ``*`` stands for any one key."""
    pieces = place.split(".") if place else []
    return [path for path, _ in nodes(page) if _stands_for(pieces, path)]


def _stands_for(pieces: list[str], path: Path) -> bool:
    start = 0
    for key in path:
        if start >= len(pieces):
            return False
        # A key may hold dots itself: an edge of a table, 0.5.
        end = start + (1 if pieces[start] == "*" else key.count(".") + 1)
        if pieces[start] != "*" and ".".join(pieces[start:end]) != key:
            return False
        start = end
    return start == len(pieces)


def is_weight(path: Path) -> bool:
    """Tell whether a place is the weight of a criterion or a family."""
    # Sections stand at even places, so that a family may be called 'criteria'.
    at_end = len(path) > 4 and len(path) % 2 == 1 and path[-1] == "weight"
    return at_end and path[0] == "indices" and path[-3] in ("criteria", "families")


def siblings(page: dict[str, Any], owner: Path) -> dict[Path, Any]:
    """Return the weights that are relative to each other below an index or a family, by place."""
    group = at(page, owner)
    return {
        (*owner, section, name, "weight"): inner["weight"]
        for section in ("families", "criteria")
        for name, inner in group[section].items()
    }


def differences(base: Formula, local: Formula) -> Iterator[Difference]:
    """Return every place at which two pages differ, in the base page's order.

    How a column is read, where the catalogue says it for a criterion, comes and goes with the criterion and is no
    difference of its own.
    """
    for difference in _parting(tree(base), tree(local), ()):
        pages = [base] * difference.removed + [local] * difference.added
        if not any(_from_catalogue(page, difference.path) for page in pages):
            yield difference


def _from_catalogue(formula: Formula, path: Path) -> bool:
    if len(path) != 2 or path[0] != "columns":
        return False
    known = catalogue_of(formula._page).get(path[1])
    return known is not None and formula.content["columns"][path[1]] == dict(of_column(known))


def _parting(base: Any, local: Any, path: Path) -> Iterator[Difference]:
    """Return every place at which two trees differ, as deep as both go."""
    if not (isinstance(base, dict) and isinstance(local, dict)):
        if base != local:
            yield Difference(path, base, local)
        return
    for key in [*base, *(key for key in local if key not in base)]:
        below = (*path, key)
        if key not in local:
            yield Difference(below, base[key], None, removed=True)
        elif key not in base:
            yield Difference(below, None, local[key], added=True)
        else:
            yield from _parting(base[key], local[key], below)


def problem_place(base: Formula, local: Formula, path: Path) -> dict[str, Any]:
    """Return ``file``, ``where`` and ``line`` of a place on the local page, where it parts from the base page."""
    keys: list[str] = []
    content: Any = local.content
    for key in path:
        if isinstance(content, list):
            ids = [item.get("id") if isinstance(item, dict) else None for item in content]
            key = str(ids.index(key)) if key in ids else key
            content = content[int(key)] if key.isdigit() and int(key) < len(content) else None
        else:
            content = content.get(key) if isinstance(content, dict) else None
        keys.append(key)
    file, line = _own_line(base._page, local._page, tuple(keys))
    return {"file": file, "where": ".".join(path), "line": line}


def _own_line(base: Page, local: Page, keys: Path) -> tuple[str, int | None]:
    for length in range(len(keys), -1, -1):
        place = local.lines.get(keys[:length])
        if place is not None and place != base.lines.get(keys[:length]):
            return place
    return local.place(keys)
