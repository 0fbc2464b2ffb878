"""What may be moved: each number of the page, with its words, its unit, what it may hold, and its place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from equite.engine.rounding import MOST_UNITS, Unit
from equite.formula.formula import Formula
from equite.formula.indices import Family, Index
from equite.formula.names import criteria_of
from equite.formula.nodes import Binary, Node, Number, walk
from equite.report.browser.page import page_data
from equite.report.browser.places import engine_place, parameter_id, written_place
from equite.report.browser.trees import figure_data
from equite.report.browser.words import labels_in_all, told_in_all
from equite.report.live.inputs import PageFigure, figures_of, index_figures, literals, method_figures

__all__ = ["parameters_data"]

#: Shares of one and the like: what a share may hold.
_SHARES = frozenset({"fraction"})


def parameters_data(formula: Formula) -> list[dict[str, Any]]:
    """Return every number that may be moved, in the page's order.

    Returns
    -------
    list of dict
        ``id``; ``value``; ``kind`` (money, weight, share, exponent or number); ``range``, the least and the most, open
        where None; ``title``, ``rule`` and ``unit`` in each language; ``of``, the name, part, limit or section that it
        belongs to; ``place``, ``nth`` and ``holds``, where the engine finds it; ``path``, where the page writes it.
    """
    page, labels = page_data(formula), labels_in_all(formula)
    figures = (figure for figure in _figures(formula) if _counts(engine_place(figure), page))
    return [{**_parameter(formula, figure), **told_in_all(formula, labels, figure)} for figure in figures]


def _figures(formula: Formula) -> Iterator[PageFigure]:
    """Return the figures of the page: those of rules, then of each index, then of tables."""
    yield from figures_of(formula)
    for name, index in formula.indices.items():
        yield from index_figures(formula, name)
        yield from _weights(index, ("indices", name), name)
        for path, key, criterion in criteria_of(index, ("indices", name)):
            yield from method_figures(formula, name, key, criterion, path)
    for name, table in formula.tables.items():
        for at, value in enumerate(table.values):
            yield PageFigure(("tables", name, "values", at), value, name)
        if table.above is not None:
            yield PageFigure(("tables", name, "above"), table.above, name)


def _weights(group: Index | Family, path: tuple[str | int, ...], index: str) -> Iterator[PageFigure]:
    for kind in ("criteria", "families"):
        for key, child in getattr(group, kind).items():
            place = (*path, kind, key)
            if child.weight.number is not None:
                yield from literals((*place, "weight"), child.weight, index, "weight")
            if kind == "families":
                yield from _weights(child, place, index)


def _counts(place: list[str | int], page: Mapping[str, Any]) -> bool:
    """Tell whether the engine has a figure: what no amount rests on is not in its page."""
    here: Any = page
    for key in place:
        if isinstance(here, list) and isinstance(key, str):
            here = next((each for each in here if each["name"] == key), None)
        elif isinstance(here, list):
            here = here[int(key)]
        else:
            here = here.get(key) if isinstance(here, Mapping) else None
        if here is None:
            return False
    return True


def _parameter(formula: Formula, figure: PageFigure) -> dict[str, Any]:
    nth = int(figure.path[-1]) if "#" in figure.path else None
    found: dict[str, Any] = {
        "id": parameter_id(formula, figure),
        "value": figure_data(figure.value),
        "kind": _kind(formula, figure),
        "range": _range(formula, figure),
        "of": figure.owner,
        "place": engine_place(figure),
        "holds": "tree" if figure.node is not None else "number",
        "path": written_place(formula, figure),
    }
    if nth is not None:
        found["nth"] = nth
    if _is_of_record(formula, figure):
        found["record"] = parameter_id(formula, figure).rpartition(".")[0]
    return found


def _is_of_record(formula: Formula, figure: PageFigure) -> bool:
    """Tell whether a scale is that of a record: what moves one of its ends states both."""
    if "normalise" not in figure.path:
        return False
    index = formula.indices[str(figure.path[1])]
    own = {path: criterion.normalise for path, _, criterion in criteria_of(index, ("indices", str(figure.path[1])))}
    method = own.get(figure.path[: figure.path.index("normalise")]) or index.normalise
    return set(method.parameters) == {"from"}


def _kind(formula: Formula, figure: PageFigure) -> str:
    if any(key in _SHARES for key in figure.path):
        return "share"
    tree = _tree_of(formula, figure)
    if tree is not None and figure.node is not None and _is_exponent(tree, figure.node):
        return "exponent"
    return figure.kind


def _is_exponent(tree: Node, number: Node) -> bool:
    powers = (node.right for node in walk(tree) if isinstance(node, Binary) and node.operator == "**")
    return any(number is inner for power in powers for inner in walk(power) if isinstance(inner, Number))


def _tree_of(formula: Formula, figure: PageFigure) -> Node | None:
    wanted = figure.path[: figure.path.index("#")] if "#" in figure.path else figure.path
    return next((found.tree for path, found in formula.names.expressions if path == wanted), None)


def _range(formula: Formula, figure: PageFigure) -> list[float | int | None]:
    """Return the least and the most that a figure may be; open where None."""
    if figure.path[0] == "envelope" and "#" not in figure.path:
        most = MOST_UNITS * float(Unit(formula.rounding_to).size)
        return [0, most if math.isfinite(most) else None]
    if figure.kind in ("money", "weight"):
        return [0, None]
    if figure.path[-3:-1] == ("transform", "parameters") and _transform_of(formula, figure.path) == "winsorise":
        return [0, 1]
    return [None, None]


def _transform_of(formula: Formula, path: tuple[str | int, ...]) -> str:
    index = formula.indices[str(path[1])]
    named: Mapping[tuple[str | int, ...], Any] = {
        place: criterion.transform for place, _, criterion in criteria_of(index, ("indices", str(path[1])))
    }
    method = named.get(path[: path.index("transform")])
    return str(method.name) if method else ""
