"""Which causes two allocations differ by, found from their pages and their tables alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from equite.analysis.drivers.causes import CAUSES, Cause, NameCauses, Pages, weights_of
from equite.analysis.drivers.figures import Figures
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.indices import Family, Index
from equite.formula.names import aggregates_in
from equite.formula.nodes import Number

__all__ = ["differing", "essence"]

#: Keys that say something of a figure or of a rule, and change no amount.
_SAID = frozenset(
    {
        *("consent", "date", "notes", "reason", "source", "status", "title", "told_in", "unit"),
        # Weights are a cause of their own.
        *("points", "weight"),
    }
)
_NOTHING = Number(0.0)


def essence(thing: object) -> Any:
    """Return what of a piece of a page amounts may rest on: no titles, no sources, no weights.

    Two pieces that mean the same give the same.
    """
    if isinstance(thing, Expression):
        return thing.tree
    if isinstance(thing, BaseModel):
        fields = (name for name in type(thing).model_fields if name not in _SAID)
        return type(thing).__name__, *((name, essence(getattr(thing, name))) for name in fields)
    if isinstance(thing, Mapping):
        return tuple(sorted((str(key), essence(value)) for key, value in thing.items()))
    if isinstance(thing, tuple | list):
        return tuple(map(essence, thing))
    return thing


def differing(pages: Pages, names: NameCauses, figures: Figures) -> dict[Cause, tuple[str, ...]]:
    """Find the causes that differ, each with its members that do: columns, weights, names; nothing where it has none.

    Parameters
    ----------
    pages : tuple of Formula
        The pages of the two allocations.
    names : NameCauses
        Which cause each of their names belongs to.
    figures : Figures
        Their tables.
    """
    found: dict[Cause, set[str]] = {cause: set() for cause in CAUSES}
    apart = set[Cause]()
    if figures.others_take_part or (figures.others_have_rows and any(map(_looks_at_all_rows, pages))):
        apart.add("participation")
    for name in figures.names:
        if name in names.relevant and figures.differs(name):
            found[names.of_column(name)].add(name)
    for name in _defined(pages) & names.relevant:
        if _definition(pages[0], name) != _definition(pages[1], name):
            found[names.of_definition(name)].add(name)
    for index in names.mixed & names.relevant:
        found["weights"] |= set(_weights_apart(index, pages))
    apart |= {cause for cause, told in _pieces(pages, names) if told}
    return {cause: tuple(sorted(found[cause])) for cause in CAUSES if found[cause] or cause in apart}


def _looks_at_all_rows(page: Formula) -> bool:
    """Tell whether a sum or a mean of the page may count those who take no part."""
    trees = (expression.tree for _, expression in page.names.expressions)
    return any(each.among is not None for tree in trees for each in aggregates_in(tree))


def _defined(pages: Pages) -> set[str]:
    return {name for page in pages for name in (*page.constants, *page.tables, *page.variables)}


def _definition(page: Formula, name: str) -> Any:
    return essence(page.constants.get(name) or page.tables.get(name) or page.variables.get(name))


def _weights_apart(index: str, pages: Pages) -> Iterator[str]:
    """Return the criteria and families of an index whose weights differ; one that is absent weighs nothing."""
    first, second = (dict(weights_of(page.indices[index])) for page in pages)
    for name in first.keys() | second.keys():
        if first.get(name, _NOTHING) != second.get(name, _NOTHING):
            yield f"{index}.{name}"


def _pieces(pages: Pages, names: NameCauses) -> Iterator[tuple[Cause, bool]]:
    """Tell, for the pieces of a page, whether the two differ by them."""
    first, second = pages
    yield "previous", bool(first.previous and second.previous) and first.previous != second.previous
    yield "envelope", essence(first.envelope) != essence(second.envelope)
    yield "limits", _limits(first) != _limits(second)
    if names.stated_pools:
        yield "envelope", _pools(first) != _pools(second)
    yield "rule", _rule(first, names) != _rule(second, names)
    yield "rule", any(_layout_apart(index, pages, names) for index in _indices(pages) & names.relevant)


def _limits(page: Formula) -> Any:
    # What a limit is called changes no amount.
    return tuple(essence(limit.model_copy(update={"id": ""})) for limit in page.limits)


def _rule(page: Formula, names: NameCauses) -> Any:
    parts = tuple(part.model_copy(update={"pool": None}) for part in page.parts) if names.stated_pools else page.parts
    return essence((page.within or "", parts, page.if_short, page.if_over))


def _pools(page: Formula) -> Any:
    return {part.id: essence(part.pool) for part in page.parts}


def _indices(pages: Pages) -> set[str]:
    return {name for page in pages for name in page.indices}


def _layout_apart(index: str, pages: Pages, names: NameCauses) -> bool:
    """Tell whether two pages score an index apart, weights aside; those of another layout are of the rule whole."""
    if not all(index in page.indices for page in pages):
        return True
    first, second = (page.indices[index] for page in pages)
    if index in names.mixed:
        return bool(_common(first, second) != _common(second, first))
    return bool(essence(first) != essence(second) or dict(weights_of(first)) != dict(weights_of(second)))


def _common(group: Index | Family, other: Index | Family) -> Any:
    """Return what an index or a family says of itself, and of what it has in common with another."""
    own = tuple(
        (name, essence(getattr(group, name)))
        for name in type(group).model_fields
        if name not in _SAID and name not in ("criteria", "families")
    )
    criteria = tuple(
        (name, essence(group.criteria[name])) for name in sorted(group.criteria.keys() & other.criteria.keys())
    )
    both = sorted(group.families.keys() & other.families.keys())
    return own, criteria, tuple((name, _common(group.families[name], other.families[name])) for name in both)
