"""Causes of a change, and which of them each name of two pages belongs to.

A page has four pieces that boards decide apart: its weights, its envelope, its limits, and the rest of the rule. A
constant, a table or a variable that only one of them reads goes with it. Columns are data; those named by ``previous``
are last year's amounts, and one that only the envelope reads is the envelope's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from equite.formula.formula import Formula
from equite.formula.indices import Family, Index
from equite.formula.names import criteria_of, expressions_of

__all__ = ["CAUSES", "Cause", "NameCauses", "Pages", "Player", "have_stated_pools", "is_same_layout", "weights_of"]

Cause = Literal["participation", "data", "previous", "weights", "rule", "envelope", "limits"]
#: The causes in the order in which they are told; rounding comes after them.
CAUSES: tuple[Cause, ...] = ("participation", "data", "previous", "weights", "rule", "envelope", "limits")
#: The pages of the two allocations.
Pages = tuple[Formula, Formula]
#: Words of the language that stand for nothing of the page.
_WORDS = frozenset({"all", "amount", "eligible", "envelope", "previous"})


class Player(NamedTuple):
    """A cause, or one member of a cause that is opened: a column, a weight."""

    cause: Cause
    member: str = ""


def is_same_layout(first: Index, second: Index) -> bool:
    """Tell whether the criteria and families that two indices have in common stand at the same place in both."""
    one, other = _places(first), _places(second)
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def _places(index: Index) -> dict[str, tuple[str | int, ...]]:
    return {name: path[:-1] for path, name, _ in criteria_of(index)}


def have_stated_pools(pages: Pages) -> bool:
    """Tell whether the pools of the same parts make the envelope of both pages: then they are what an envelope is."""
    parts = [page.parts for page in pages]
    stated = all(part.pool is not None and part.pool.amount is not None for some in parts for part in some)
    same = {part.id for part in parts[0]} == {part.id for part in parts[1]}
    return stated and same and not any(page.envelope for page in pages)


def weights_of(group: Index | Family) -> Iterator[tuple[str, object]]:
    """Return the name and the weight's tree of each criterion and family below an index."""
    yield from ((name, each.weight.tree) for name, each in group.criteria.items())
    for name, family in group.families.items():
        yield name, family.weight.tree
        yield from weights_of(family)


class NameCauses:
    """Which cause each name of two pages belongs to.

    Parameters
    ----------
    pages : tuple of Formula
        The pages of the two allocations.

    Attributes
    ----------
    mixed : frozenset of str
        The indices whose weights may be those of one page on the criteria of the other.
    stated_pools : bool
        Whether the pools of parts are the envelope.
    relevant : frozenset of str
        The names that amounts rest on, on either page.
    """

    def __init__(self, pages: Pages) -> None:
        first, second = (page.indices for page in pages)
        self.mixed = frozenset(
            name for name in first.keys() & second.keys() if is_same_layout(first[name], second[name])
        )
        self.stated_pools = have_stated_pools(pages)
        found = [_roots(page, self.mixed, stated_pools=self.stated_pools) for page in pages]
        self._roots = {name: found[0].get(name, set()) | found[1].get(name, set()) for name in {*found[0], *found[1]}}
        self._previous = frozenset(name for page in pages for name in _previous(page))
        self.relevant = frozenset(self._roots)

    def of_definition(self, name: str) -> Cause:
        """Return the cause of a constant, a table or a variable; ``rule`` where several pieces read it."""
        roots = self._roots.get(name, set())
        return next(iter(roots)) if len(roots) == 1 else "rule"

    def of_column(self, name: str) -> Cause:
        """Return the cause of a column of the table."""
        roots = self._roots.get(name, set())
        if name in self._previous or roots == {"previous"}:
            return "previous"
        return "envelope" if roots == {"envelope"} else "data"


def _previous(page: Formula) -> tuple[str, ...]:
    named = (page.previous, *(part.previous for part in page.parts))
    return tuple(name for name in named if name is not None)


def _roots(page: Formula, mixed: frozenset[str], *, stated_pools: bool) -> dict[str, set[Cause]]:
    """Return, for each name that amounts rest on, the pieces of the page from which it is reached."""
    found: dict[str, set[Cause]] = {}
    waiting = list(_read_by_pieces(page, stated_pools=stated_pools))
    while waiting:
        name, cause = waiting.pop()
        # Parts are of the rule wherever their amounts are read.
        if name in _WORDS or name in page.names.parts or cause in found.get(name, ()):
            continue
        found.setdefault(name, set()).add(cause)
        if name in page.indices:
            waiting += _read_by_index(page, name, is_mixed=name in mixed)
        else:
            waiting += ((below, cause) for below in page.names.needs.get(name, ()))
    return found


def _read_by_pieces(page: Formula, *, stated_pools: bool) -> Iterator[tuple[str, Cause]]:
    names = page.names
    if page.envelope is not None:
        yield from ((name, "envelope") for name in page.envelope.value.names)
    for limit in page.limits:
        yield from ((name, "limits") for name in names.read_in(limit))
        yield from ((name, "limits") for name in (limit.by,) if name)
    for part in page.parts:
        if stated_pools and part.pool is not None and part.pool.amount is not None:
            yield from ((name, "envelope") for name in part.pool.amount.names)
            part = part.model_copy(update={"pool": None})
        yield from ((name, "rule") for _, expression in expressions_of(part) for name in expression.names)
    yield from ((name, "rule") for name in (page.within, *(part.within for part in page.parts)) if name)
    yield from ((name, "previous") for name in _previous(page))


def _read_by_index(page: Formula, name: str, *, is_mixed: bool) -> Iterator[tuple[str, Cause]]:
    """Return what an index reads: its weights of themselves, all else as the rule."""
    weighing, other = set[str](), {criterion for _, criterion, _ in criteria_of(page.indices[name])}
    for path, expression in page.names.below("indices", name):
        (weighing if path[-1] == "weight" else other).update(expression.names)
    other |= page.names.needs[name] - weighing
    yield from ((below, "rule") for below in other)
    yield from ((below, "weights" if is_mixed else "rule") for below in weighing)
