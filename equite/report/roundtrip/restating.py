"""A page with some of its figures changed, each found by its place as a live workbook's manifest writes it."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from itertools import count
from typing import Any

from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.registry import Method
from equite.formula.expressions import Expression
from equite.formula.nodes import Negative, Node, Number
from equite.formula.writing import written

__all__ = ["Path", "restated"]

#: The place of a figure on the page; see :mod:`equite.report.roundtrip.manifest`.
Path = tuple[str | int, ...]

#: What a bare value stands for: ``envelope: 5`` for ``{value: 5}``, ``poverty: 2`` for ``{weight: 2}``.
_SHORT = ("value", "weight")
_METHODS: Mapping[str, Mapping[str, Method]] = {
    "normalise": NORMALISERS,
    "transform": TRANSFORMS,
    "aggregate": AGGREGATORS,
}


def restated(page: Mapping[str, Any], figures: Mapping[Path, float], changed: Collection[Path]) -> dict[str, Any]:
    """Return a page's content with the figures that changed written in; all else stays as it is worded.

    Parameters
    ----------
    page : mapping
        The page's content.
    figures : mapping
        Every figure of the page as it is now, by its place.
    changed : collection
        The places of those that differ from the page.
    """
    content: dict[str, Any] = copy.deepcopy(dict(page))
    numbers: dict[Path, dict[int, float]] = defaultdict(dict)
    tables: dict[str, dict[Path, str]] = defaultdict(dict)
    for path, value in figures.items():
        if "parameters" in path:
            _put_parameter(content, path[:-2], str(path[-1]), value, path in changed)
        elif path not in changed:
            continue
        elif "#" in path:
            numbers[path[:-2]][int(path[-1])] = value
        elif path[0] == "tables":
            tables[str(path[1])][path[2:]] = _text(value)
        elif path[-2:] == ("missing", "value"):
            _put(content, (*path[:-1], "fill"), _text(value))
        else:
            _put(content, path, _text(value))
    for name, changes in tables.items():
        _put_in_table(content["tables"][name], changes)
    for path, values in numbers.items():
        tree = Expression.parse(str(_at(content, path))).tree
        _put(content, path, written(_with(tree, values, count())))
    return content


def _text(value: float) -> str:
    return repr(int(value)) if value == int(value) else repr(value)


def _with(node: Node, values: Mapping[int, float], numbers: Iterator[int]) -> Node:
    """Rebuild a tree with some of its numbers replaced, counted from 0 in the order of :func:`walk`."""
    if isinstance(node, Number):
        value = values.get(next(numbers), node.value)
        # A sign of its own, so that a power or a difference around it keeps its parentheses.
        return Negative(Number(-value)) if value < 0 else Number(value)
    rebuilt: dict[str, Any] = {}
    for entry in fields(node):
        inner = getattr(node, entry.name)
        if isinstance(inner, Node):
            rebuilt[entry.name] = _with(inner, values, numbers)
        elif isinstance(inner, tuple):
            rebuilt[entry.name] = tuple(
                _with(item, values, numbers) if isinstance(item, Node) else item for item in inner
            )
    return replace(node, **rebuilt)


def _steps(content: Any, path: Path) -> tuple[Any, str | int]:
    """Return what holds a place of the page, and the key under which it holds it; short forms are followed."""
    holder = content
    for at, key in enumerate(path[:-1]):
        if isinstance(key, int) and isinstance(holder, Mapping):
            # A single item may stand without its list: ``override: {code: …}``.
            continue
        inner = holder[key]
        if isinstance(inner, str) and at + 2 == len(path) and path[-1] in _SHORT:
            return holder, key
        holder = inner
    return holder, path[-1]


def _at(content: Any, path: Path) -> Any:
    holder, key = _steps(content, path)
    return holder[key]


def _put(content: Any, path: Path, value: Any) -> None:
    holder, key = _steps(content, path)
    holder[key] = value


def _put_in_table(table: dict[str, Any], changes: Mapping[Path, str]) -> None:
    """Change edges, values and what lies above of a table, all at once: one edge may take another's place."""
    kind = next((kind for kind in ("up_to", "from", "points") if isinstance(table.get(kind), Mapping)), "")
    entries = table[kind] if kind else table
    stated = {"edges": list(entries), "values": list(entries.values())}
    for path, value in changes.items():
        if path[0] == "above":
            table["above"] = value
        else:
            stated[str(path[0])][int(path[1])] = value
    entries.clear()
    for edge, value in zip(stated["edges"], stated["values"], strict=True):
        # Two edges alike are refused by the page, which has to see both.
        while edge in entries:
            edge += "0" if "." in edge else ".0"
        entries[edge] = value


def _put_parameter(content: Any, path: Path, name: str, value: float, is_changed: bool) -> None:
    """Change a parameter of a method; goalposts read from a record are stated, so that no record is needed."""
    holder = content
    for key in path[:-1]:
        holder = holder[key]
        if isinstance(holder, str):
            # ``poverty: 2`` says nothing of how it is normalised: its index does, from a record.
            above, last = _steps(content, (*path[:-1], "weight"))
            above[last] = holder = {"weight": holder}
    stated = holder.setdefault(path[-1], {"goalposts": {"from": ""}})
    method, given = next(iter(stated.items()))
    from_record = method == "goalposts" and isinstance(given, Mapping) and not {"low", "high"} <= set(given)
    if not is_changed and not from_record:
        return
    if not isinstance(given, Mapping):
        listed = given if isinstance(given, list) else [given]
        given = dict(zip(_METHODS[str(path[-1])][method].parameters, listed, strict=False))
    stated[method] = {key: kept for key, kept in given.items() if key != "from" or not from_record} | {
        name: _text(value)
    }
