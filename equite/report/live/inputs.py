"""The figures of a page that a reader may change, each with its place, its words and what it may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from equite.engine.goalposts import frozen_goalposts
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.indices import Criterion, Family, Index, Method
from equite.formula.names import expressions_of
from equite.formula.nodes import Aggregate, Call, Membership, Node, Number, walk

__all__ = ["Kind", "PageFigure", "defined_name", "figures_of", "index_figures", "literals", "method_figures"]

Key = str | int
Kind = Literal["money", "weight", "number"]


@dataclass(frozen=True)
class PageFigure:
    """A number of the page.

    Attributes
    ----------
    path : tuple of str or int
        Its place on the page, as the manifest writes it.
    value : float
        What it is.
    owner : str
        The name of the page to which it belongs: whatever rests on that name rests on it.
    node : Node or None
        The place in an expression's tree where it stands.
    kind : {"money", "weight", "number"}
        What it may hold: an amount and a weight are never negative.
    """

    path: tuple[Key, ...]
    value: float
    owner: str
    node: Node | None = None
    kind: Kind = field(default="number")


def literals(path: tuple[Key, ...], expression: Expression, owner: str, kind: Kind = "number") -> Iterator[PageFigure]:
    """Return the numbers of an expression that may be changed: all but 0 and 1, and those that shape the formula.

    An expression that is one plain number has its own path; within others the path tells which number it is.
    """
    if expression.number is not None:
        yield PageFigure(path, expression.number, owner, expression.tree, kind)
        return
    fixed = {id(node) for tree in walk(expression.tree) for node in _fixed(tree)}
    numbers = [node for node in walk(expression.tree) if isinstance(node, Number)]
    for at, node in enumerate(numbers):
        if id(node) not in fixed and node.value not in (0.0, 1.0):
            yield PageFigure((*path, "#", at), node.value, owner, node)


def _fixed(node: Node) -> Iterator[Node]:
    """Return the numbers that a formula cannot do without as they are: digits, shares of quantiles, choices."""
    if isinstance(node, Call) and node.function == "round":
        yield from (inner for argument in node.arguments[1:] for inner in walk(argument))
    if isinstance(node, Aggregate) and node.function == "quantile":
        yield node.arguments[1]
    if isinstance(node, Membership):
        yield from (inner for choice in node.choices for inner in walk(choice))


def parameters_of(method: Method, known: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers that a page states for a method, by the parameter's name."""
    given = method.parameters
    if method.name not in known:
        return {}
    if set(given) == {""}:
        values = given[""] if isinstance(given[""], list | tuple) else [given[""]]
        given = dict(zip(known[method.name].parameters, values, strict=False))
    found = {}
    for name, value in given.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            continue
    return found


def figures_of(formula: Formula) -> Iterator[PageFigure]:
    """Return every figure of the page outside its indices, in the page's order."""
    if formula.envelope is not None:
        yield from literals(("envelope", "value"), formula.envelope.value, "envelope", "money")
    for name, constant in formula.constants.items():
        yield PageFigure(("constants", name, "value"), float(constant.value), name)
    for at, rule in enumerate(formula.eligible):
        yield from literals(("eligible", at, "where"), rule.where, "eligible")
    for name, variable in formula.variables.items():
        yield from literals(("variables", name, "value"), variable.value, name)
    for at, part in enumerate(formula.parts):
        for path, expression in expressions_of(part, ("parts", at)):
            yield from literals(path, expression, part.id, "money" if path[-2:-1] == ("pool",) else "number")
    for at, limit in enumerate(formula.limits):
        for path, expression in expressions_of(limit, ("limits", at)):
            yield from literals(path, expression, limit.id)
    for at, check in enumerate(formula.checks):
        yield from literals(("checks", at, "that"), check.that, "checks")


def method_figures(
    formula: Formula, index: str, name: str, criterion: Criterion, path: tuple[Key, ...]
) -> Iterator[PageFigure]:
    """Return the figures of a criterion's own methods: transform, direction, normaliser, fill."""
    direction, spec = criterion.more_need_when, formula.indices[index]
    if criterion.transform is not None:
        for key, value in parameters_of(criterion.transform, TRANSFORMS).items():
            yield PageFigure((*path, "transform", "parameters", key), value, index)
    if direction.toward is not None:
        yield from literals((*path, "more_need_when", "toward"), direction.toward, index)
    if direction.cut is not None:
        yield PageFigure((*path, "more_need_when", "cut"), float(direction.cut), index)
    if criterion.normalise is not None:
        yield from _normaliser(formula, index, name, criterion.normalise, path)
    elif set(spec.normalise.parameters) == {"from"}:
        yield from _normaliser(formula, index, name, spec.normalise, path)
    if criterion.missing is not None and criterion.missing.value is not None:
        yield PageFigure((*path, "missing", "value"), float(criterion.missing.value), index)


def _normaliser(formula: Formula, index: str, name: str, method: Method, path: tuple[Key, ...]) -> Iterator[PageFigure]:
    place = (*path, "normalise", "parameters")
    if method.name == "goalposts" and set(method.parameters) == {"from"}:
        posts = frozen_goalposts(formula, str(method.parameters["from"]), index, name)
        for key, value in zip(("low", "high"), posts or (), strict=False):
            yield PageFigure((*place, key), value, index)
        return
    for key, value in parameters_of(method, NORMALISERS).items():
        yield PageFigure((*place, key), value, index)


def index_figures(formula: Formula, index: str) -> Iterator[PageFigure]:
    """Return the figures that an index states for all its criteria."""
    spec, path = formula.indices[index], ("indices", index)
    if set(spec.normalise.parameters) != {"from"}:
        for key, value in parameters_of(spec.normalise, NORMALISERS).items():
            yield PageFigure((*path, "normalise", "parameters", key), value, index)
    if spec.missing.value is not None:
        yield PageFigure((*path, "missing", "value"), float(spec.missing.value), index)
    yield from _powers(spec, path, index)


def _powers(group: Index | Family, path: tuple[Key, ...], index: str) -> Iterator[PageFigure]:
    """Return the powers of means, of the index and of its families."""
    if group.aggregate is not None and group.aggregate.name == "power-mean":
        for key, value in parameters_of(group.aggregate, AGGREGATORS).items():
            yield PageFigure((*path, "aggregate", "parameters", key), value, index)
    for name, family in group.families.items():
        yield from _powers(family, (*path, "families", name), index)


_SILENT = frozenset({"value", "criteria", "families", "indices", "parameters", "#", "constants", "parts", "limits"})


def defined_name(path: tuple[Key, ...], formula: Formula, taken: set[str]) -> str:
    """Make the name of an input: the words of its path that tell something, unlike any name taken."""
    words = []
    for at, key in enumerate(path):
        if isinstance(key, int) and at and path[at - 1] in ("parts", "limits"):
            words.append(getattr(formula, str(path[at - 1]))[key].id)
        elif isinstance(key, int):
            words.append(str(key + 1))
        elif key not in _SILENT or at == len(path) - 1:
            words.append(key)
    if path[0] == "constants":
        words = [str(path[1])]
    stem = re.sub(r"\W+", "_", "_".join(words))[:200]
    # One word may look like a cell's address (TAX2024), or be a word that spreadsheets keep for themselves.
    stem = stem if "_" in stem and not stem[0].isdigit() else f"eq_{stem}"
    name, count = stem, 1
    while name.casefold() in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name.casefold())
    return name
