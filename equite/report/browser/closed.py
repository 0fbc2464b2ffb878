"""What the engine in JavaScript does not do, each with its reason: such a page is shown as decided, and says so."""

from __future__ import annotations

from collections.abc import Iterator

from equite.engine.allocation import Allocation
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.registry import OWN_FUNCTIONS
from equite.formula.formula import Formula
from equite.formula.indices import Family, Index
from equite.formula.names import criteria_of
from equite.formula.nodes import Call

__all__ = ["CLOSED", "closed_for"]

#: Every reason with its sentence; docs/browser.md lists them.
CLOSED = {"own-method": "browser-closed-own-method"}


def closed_for(allocation: Allocation) -> tuple[str, ...]:
    """Return the reasons for which an allocation is shown as decided; none where everything follows."""
    # A method of one's own is a function in Python, which no browser runs.
    return ("own-method",) if any(_own_methods(allocation.formula)) else ()


def _own_methods(formula: Formula) -> Iterator[bool]:
    for _, expression in formula.names.expressions:
        yield any(isinstance(node, Call) and node.function in OWN_FUNCTIONS for node in expression.nodes)
    for index in formula.indices.values():
        yield from _own_aggregators(index)
        yield _is_own(NORMALISERS, index.normalise.name)
        for _, _, criterion in criteria_of(index):
            yield criterion.normalise is not None and _is_own(NORMALISERS, criterion.normalise.name)
            yield criterion.transform is not None and _is_own(TRANSFORMS, criterion.transform.name)


def _own_aggregators(group: Index | Family) -> Iterator[bool]:
    yield group.aggregate is not None and _is_own(AGGREGATORS, group.aggregate.name)
    for family in group.families.values():
        yield from _own_aggregators(family)


def _is_own(known: object, name: str) -> bool:
    assert isinstance(known, dict)
    return name in known and bool(known[name].is_own)
