"""What criteria move, and what single changes of the page would give, shared anew by the engine itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from equite.engine.allocate import allocate
from equite.engine.allocation import Allocation
from equite.engine.batch import batch
from equite.engine.sharing import Floats
from equite.errors import EquiteError
from equite.formula.names import criteria_of
from equite.report.language.labels import Labels

__all__ = ["Change", "changes_of", "moved_by"]

#: Limits taken away, and criteria whose weight is doubled, those that move most.
_LIMITS, _CRITERIA = 3, 6


@dataclass(frozen=True)
class Change:
    """A change of the page.

    Attributes
    ----------
    words : str
        What is changed.
    amounts : ndarray, shape (eligible,), or None
        The amounts that it gives; None where they cannot be shared.
    """

    words: str
    amounts: Floats | None


def moved_by(allocation: Allocation) -> list[tuple[str, str, float, float]]:
    """Return each criterion: its index, its name, its mean weight there, the dollars that it moves; the most first.

    The dollars are those that it gives to some and takes from others, beside all territories at its mean.
    """
    weights: dict[tuple[str, str], float] = {}
    for name in allocation.formula.indices:
        scoring = allocation.scope.scoring(name)
        if scoring.criteria:
            means = scoring.weights.mean(axis=0).tolist()
            weights |= {(name, each.name): weight for each, weight in zip(scoring.criteria, means, strict=True)}
    moved: dict[tuple[str, str], float] = {}
    for found in allocation.contributions:
        given = np.maximum(found.dollars, 0.0).sum(axis=0).tolist()
        for criterion, dollars in zip(found.criteria, given, strict=True):
            moved[criterion] = moved.get(criterion, 0.0) + dollars
    ordered = sorted(moved, key=lambda each: -moved[each])
    return [(*each, weights.get(each, 0.0), moved[each]) for each in ordered]


def changes_of(allocation: Allocation, labels: Labels) -> list[Change]:
    """Return what single changes give: each limit taken away, the weight of each criterion that moves most doubled.

    Nothing where the page alone does not give the allocation, as inside a cascade.
    """
    if allocation.scope.served is not None:
        return []
    return [*_without_limits(allocation, labels), *_weights_doubled(allocation, labels)]


def _without_limits(allocation: Allocation, labels: Labels) -> Iterator[Change]:
    bounded = [limit for limit in allocation.formula.limits if limit.at_least is not None or limit.at_most is not None]
    for limit in bounded[:_LIMITS]:
        words = labels.say("page-if-without", limit=labels.limit(limit))
        yield Change(words, _shared(allocation, {"limits": {limit.id: None}}))


def _shared(allocation: Allocation, changes: Mapping[str, Any]) -> Floats | None:
    """Return the amounts of a changed page; None where they cannot be shared, or others would take part."""
    try:
        found = allocate(allocation.formula.replace(changes), allocation.territories)
    except EquiteError:
        return None
    return found.amounts if found.codes == allocation.codes else None


def _weights_doubled(allocation: Allocation, labels: Labels) -> Iterator[Change]:
    """Double the weight of each of the criteria that move most; all are shared in one go."""
    weights = dict(_weights(allocation))
    chosen = [(index, name) for index, name, _, _ in moved_by(allocation) if weights.get((index, name), ("", 0.0))[1]]
    chosen = chosen[:_CRITERIA]
    if not chosen:
        return
    # The first line is the page as it is: where it does not give the allocation, nothing is told of the others.
    doubled = 1 + np.eye(len(chosen) + 1)[:, 1:]
    vary = {weights[each][0]: weights[each][1] * doubled[:, at] for at, each in enumerate(chosen)}
    try:
        found = batch(allocation.formula, allocation.territories, vary, impossible="leave out")
    except EquiteError:
        return
    if found.codes != allocation.codes or not np.array_equal(found.units[0], allocation.units):
        return
    for at, (index, name) in enumerate(chosen, start=1):
        words = labels.say("page-if-doubled", criterion=labels.criterion(index, name))
        yield Change(words, None if at in found.refused else found.amounts[at])


def _weights(allocation: Allocation) -> Iterator[tuple[tuple[str, str], tuple[str, float]]]:
    """Return the key and the weight of each criterion whose weight is a number."""
    for index, spec in allocation.formula.indices.items():
        for path, name, criterion in criteria_of(spec):
            number = criterion.weight.number
            if number is not None:
                yield (index, name), (".".join(["indices", index, *map(str, path), "weight"]), float(number))
