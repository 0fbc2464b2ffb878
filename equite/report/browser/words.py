"""What a parameter is called, the rule that it stands in and its unit, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from equite.formula.formula import Formula
from equite.formula.nodes import Node
from equite.formula.writing import Style, written
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.live.inputs import PageFigure
from equite.wording import LOCALES, Language

__all__ = ["labels_in_all", "told_in_all"]

_KEYS = frozenset(
    {
        *("amount", "as_is", "at_least", "at_most", "counting", "each", "eligible", "except", "foundation", "fraction"),
        *("in_proportion_to", "level_up", "move", "override", "rate_on"),
    }
)
_STEPS = frozenset({"transform", "normalise", "more_need_when", "missing", "aggregate"})


def labels_in_all(formula: Formula) -> dict[Language, Labels]:
    """Return how readers of each language see a page."""
    return {language: Labels(formula, language) for language in LOCALES}


def told_in_all(formula: Formula, labels: Mapping[Language, Labels], figure: PageFigure) -> dict[str, Any]:
    """Return ``title`` and ``unit``, each with a text for every language, and the ``rule``."""
    return {
        "title": {language: _title(each, figure) for language, each in labels.items()},
        "unit": {language: _unit(each, figure) for language, each in labels.items()},
        "rule": _rule(formula, figure),
    }


def _title(labels: Labels, figure: PageFigure) -> str:
    path, formula = figure.path, labels.formula
    if path[0] in ("parts", "limits"):
        thing = getattr(formula, str(path[0]))[path[1]]
        title = labels.limit(thing) if path[0] == "limits" else labels.title(thing.id)
        key = next((str(key) for key in path[2:] if key in _KEYS), "number")
        return labels.say("live-of", title=title, what=labels.say(f"live-key-{key}"))
    if path[0] in ("eligible", "checks"):
        return labels.say(f"live-key-{path[0]}")
    if path[0] == "indices":
        return _of_index(labels, path)
    if path[0] == "tables":
        return labels.say("book-table", table=plain(str(path[1]).replace("_", " ")))
    return labels.title(str(path[1]) if path[0] != "envelope" else "envelope")


def _of_index(labels: Labels, path: tuple[str | int, ...]) -> str:
    """Call a weight by its criterion or family; a parameter by what it belongs to, its step and its name."""
    index = str(path[1])
    owner = labels.title(index)
    spec: Any = labels.formula.indices[index]
    for kind, key in zip(path[2::2], path[3::2], strict=False):
        if kind not in ("criteria", "families"):
            break
        spec = getattr(spec, str(kind))[str(key)]
        is_criterion = kind == "criteria"
        owner = labels.criterion(index, str(key)) if is_criterion else labels.titles.of_family(str(key), spec)
    keys = [str(key) for key in path if key in _STEPS]
    if not keys:
        return owner
    name = labels.say(f"live-name-{path[-1]}") if "#" not in path and path[-1] != "toward" else ""
    words = labels.say("live-parameter", step=labels.say(f"live-step-{keys[-1]}"), name=name).strip()
    return labels.say("live-of", title=owner, what=words)


def _unit(labels: Labels, figure: PageFigure) -> str:
    if figure.kind == "money":
        return labels.symbol
    if figure.path[0] == "constants":
        return labels.worded(labels.formula.constants[str(figure.path[1])].unit)
    return ""


def _rule(formula: Formula, figure: PageFigure) -> str:
    """Write the rule in which a number stands as the page does, with brackets around the number."""
    if "#" not in figure.path:
        return ""
    wanted, nth = figure.path[: figure.path.index("#")], figure.path[-1]
    return next((_marked(found.tree, nth) for path, found in formula.names.expressions if path == wanted), "")


def _marked(tree: Node, nth: object) -> str:
    place = count()

    def number(value: float) -> str:
        text = f"{value:.15g}"
        return f"[{text}]" if next(place) == nth else text

    return written(tree, Style(number=number))
