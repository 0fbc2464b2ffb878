"""Where a number stands: in the engine's page, in the page as it is written, and by one name in both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.registry import Method
from equite.formula.formula import Formula
from equite.report.live.inputs import PageFigure

__all__ = ["engine_place", "parameter_id", "written_place"]

Place = list[str | int]
_METHODS: Mapping[str, Mapping[str, Method]] = {
    "normalise": NORMALISERS,
    "transform": TRANSFORMS,
    "aggregate": AGGREGATORS,
}


def parameter_id(formula: Formula, figure: PageFigure) -> str:
    """Return the name of a parameter: its place, parts and limits by their ids, ``#n`` the n-th number of a rule."""
    path, nth = figure.path, ""
    if "#" in path:
        path, nth = path[: path.index("#")], f"#{path[-1]}"
    if path[0] in ("envelope", "constants", "variables"):
        # The last key is but `value`.
        path = path[:-1]
    words: list[str] = []
    for at, key in enumerate(path):
        if isinstance(key, int) and path[at - 1] in ("parts", "limits"):
            words.append(str(getattr(formula, str(path[at - 1]))[key].id))
        elif isinstance(key, int):
            words.append(str(key + 1))
        elif key != "parameters" or at != len(path) - 2:
            words.append(key)
    return ".".join(words) + nth


def engine_place(figure: PageFigure) -> Place:
    """Return the keys that lead to a number, or to the tree that holds it, in the engine's page."""
    path = figure.path[: figure.path.index("#")] if "#" in figure.path else figure.path
    if path[0] in ("constants", "variables"):
        return list(path[:2])
    if path[0] == "limits" and path[-2:] == ("move", "in_proportion_to"):
        return list(path[:-1])
    return list(path)


def written_place(formula: Formula, figure: PageFigure) -> Place:
    """Return the keys that lead to a number's text in the page as it is written; short forms are followed."""
    path = figure.path[: figure.path.index("#")] if "#" in figure.path else figure.path
    if "parameters" in path:
        return _parameter_place(formula, path)
    if path[0] == "tables":
        return _table_place(formula, path)
    if path[-2:] == ("missing", "value"):
        path = (*path[:-1], "fill")
    return _followed(formula.content, path)


def _followed(content: Any, path: tuple[str | int, ...]) -> Place:
    """Follow the keys, and leave out the last where a bare value stands for a mapping."""
    found: Place = []
    here = content
    for at, key in enumerate(path):
        if isinstance(key, int) and isinstance(here, Mapping):
            # A single item may stand without its list: ``override: {code: …}``.
            continue
        if isinstance(here, str) and at == len(path) - 1:
            break
        found.append(key)
        here = here.get(key) if isinstance(here, Mapping) else here[int(key)]
    return found


def _parameter_place(formula: Formula, path: tuple[str | int, ...]) -> Place:
    """Return where a parameter of a method stands: by its name, by its place in a list, or alone."""
    holder, kind, name = path[:-2], str(path[-3]), str(path[-1])
    here: Any = formula.content
    for key in holder:
        here = here.get(key) if isinstance(here, Mapping) else None
    if not isinstance(here, Mapping):
        # The scale is that of a record, which the index names: it is stated for the criterion.
        return [*holder, "goalposts", name]
    method, given = next(iter(here.items()))
    if isinstance(given, Mapping):
        return [*holder, str(method), name]
    names = list(_METHODS[kind][str(method)].parameters)
    if isinstance(given, list):
        return [*holder, str(method), names.index(name)]
    return [*holder, str(method)]


def _table_place(formula: Formula, path: tuple[str | int, ...]) -> Place:
    name, table = str(path[1]), formula.content["tables"][str(path[1])]
    if path[2] == "above":
        return ["tables", name, "above"]
    kind = formula.tables[name].kind
    entries = table if kind == "weights" else table[kind]
    key = list(entries)[int(path[3])]
    return ["tables", name, key] if kind == "weights" else ["tables", name, kind, key]
