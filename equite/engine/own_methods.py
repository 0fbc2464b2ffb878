"""The methods of a page that do not come with equite: told in warnings, and kept in the record with their source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from equite.engine.registry import AGGREGATORS, NORMALISERS, OWN_FUNCTIONS, TRANSFORMS, Method
from equite.errors import Problem
from equite.formula.formula import Formula
from equite.formula.indices import Family, Index
from equite.formula.indices import Method as Named
from equite.formula.names import criteria_of
from equite.formula.nodes import Call

__all__ = ["own_methods", "recorded", "warnings_of_methods"]

Used = tuple[str, Method]


def own_methods(formula: Formula) -> tuple[Used, ...]:
    """Return the methods of the user's own that a page uses, each once, with its kind."""
    used = [*_of_indices(formula), *_of_expressions(formula)]
    return tuple({(kind, method.name): (kind, method) for kind, method in used if method.is_own}.values())


def _of_indices(formula: Formula) -> Iterator[Used]:
    for index in formula.indices.values():
        criteria = [criterion for _, _, criterion in criteria_of(index)]
        normalisers = [index.normalise, *(each.normalise for each in criteria)]
        yield from _registered("normaliser", NORMALISERS, normalisers)
        yield from _registered("aggregator", AGGREGATORS, [group.aggregate for group in _groups(index)])
        yield from _registered("transform", TRANSFORMS, [each.transform for each in criteria])


def _registered(kind: str, registry: Mapping[str, Method], named: Iterable[Named | None]) -> Iterator[Used]:
    yield from ((kind, registry[each.name]) for each in named if each is not None and each.name in registry)


def _groups(group: Index | Family) -> Iterator[Index | Family]:
    yield group
    for family in group.families.values():
        yield from _groups(family)


def _of_expressions(formula: Formula) -> Iterator[Used]:
    for _, expression in formula.names.expressions:
        for node in expression.nodes:
            if isinstance(node, Call) and node.function in OWN_FUNCTIONS:
                yield "function", OWN_FUNCTIONS[node.function]


def warnings_of_methods(formula: Formula) -> Iterator[Problem]:
    """Tell each method that does not come with equite, and what it lacks."""
    for kind, method in own_methods(formula):
        yield Problem(f"own-{kind}", {"name": method.name, "origin": method.origin})
        if method.title is None:
            yield Problem("method-untitled", {"name": method.name})


def recorded(formula: Formula) -> list[dict[str, Any]]:
    """Return what redoing the sums needs of each: its kind and name, where it was written, its source if known."""
    return [
        {"kind": kind, "name": method.name, "origin": method.origin, "source": method.source}
        for kind, method in own_methods(formula)
    ]
