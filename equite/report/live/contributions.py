"""The dollars that each criterion adds or takes away, as formulas, for a part whose score is linear in its criteria.

With score = constant + Σ slope × weight × criterion, a criterion's dollars are level × slope × weight × (its score -
its mean weighed by slope × weight): :mod:`equite.engine.explanation` gives the same. The slope is what the score gains
as the index goes from 0 to 1: the rule is written with the one and with the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.explanation import Contributions
from equite.engine.linear import linear_in
from equite.engine.sharing import Floats
from equite.formula.model import Part
from equite.report.live.calculation import Calculated
from equite.report.live.grid import ROW, LiveColumn
from equite.report.live.ranges import sum_of_products, sum_product
from equite.report.live.terms import Term, choose, number, stated
from equite.report.live.workings import ScorePlace

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["CriterionDollars", "PartDollars", "Path", "part_dollars"]

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class CriterionDollars:
    """One criterion of a part: where it stands, its weight, its mean, and its dollars for every row.

    ``weight`` is a column, or the cell of what holds for all; ``top`` is the title of the family of the index in which
    it lies, or its own where it lies in none.
    """

    path: Path
    place: ScorePlace
    weight: LiveColumn | Term
    mean: Term
    values: np.ndarray
    top: str


@dataclass(frozen=True)
class PartDollars:
    """A part's level, the slope of its score in each index, and its criteria."""

    part: str
    level: Term
    slopes: dict[str, LiveColumn]
    criteria: tuple[CriterionDollars, ...]


def part_dollars(workings: Workings, done: Calculated) -> list[PartDollars]:
    """Write slopes and means of the parts for which that can be told."""
    workings.begin("contributions")
    return [
        _written(workings, done, found)
        for found in (workings.allocation.contributions if done.is_live else ())
        if _can(workings, done, found)
    ]


def _can(workings: Workings, done: Calculated, found: Contributions) -> bool:
    """Tell whether a part's dollars are linear, and all that they rest on stands in the sheet."""
    page = workings.formula
    part = page.names.parts[found.part]
    share = part.share.in_proportion_to
    if share is None or part.levy or part.id not in done.level or found.sampled:
        return False
    if part.at_least is not None or part.at_most is not None or page.if_short == "prorate":
        return False
    scope = workings.allocation.scope
    names = {index for index, _ in found.criteria}
    linear = all((tree := scope.scoring(index).tree) is not None and tree.is_linear for index in names)
    there = all(_path(workings, index, criterion) is not None for index, criterion in found.criteria)
    return linear and there and linear_in(share.tree, scope, names) is not None


def _path(workings: Workings, index: str, criterion: str) -> Path | None:
    """Find where a criterion of an index stands."""
    return next((path for path in workings.places if path[1] == index and path[-2:] == ("criteria", criterion)), None)


def _written(workings: Workings, done: Calculated, found: Contributions) -> PartDollars:
    part = workings.formula.names.parts[found.part]
    indices = list(dict.fromkeys(index for index, _ in found.criteria))
    slopes = {index: _slope(workings, done, part, index, indices) for index in indices}
    # Also those that count for nothing yet: a weight in the workbook may change that.
    paths = [path for path in workings.places if path[1] in slopes and path[-2] == "criteria"]
    criteria = [_criterion(workings, path, slopes[str(path[1])], found) for path in paths]
    return PartDollars(found.part, done.level[found.part], slopes, tuple(criteria))


def _slope(workings: Workings, done: Calculated, part: Part, index: str, indices: list[str]) -> LiveColumn:
    """Write what the score gains as an index goes from 0 to 1."""
    share = part.share.in_proportion_to
    assert share is not None

    def at(value: int) -> Term:
        known = {name: number(value if name == index else 0) for name in indices}
        translator = done.translator
        scope = translator.scope.bound(**{name: term.figure for name, term in known.items()})
        return translator.bound(scope, **known).term(share.tree)

    heading = workings.labels.say("live-slope", index=workings.labels.title(index))
    return workings.grid.column(heading, choose(done.members[part.id].each, at(1) - at(0), 0))


def _criterion(workings: Workings, path: Path, slope: LiveColumn, found: Contributions) -> CriterionDollars:
    place, grid = workings.places[path], workings.grid
    weights, dollars = _as_computed(workings, path, found)
    shares = [workings.places[path[:end]].share for end in range(len(path), 1, -2) if path[:end] in workings.places]
    text = "*".join(shares)
    heading = workings.labels.say("live-weight")
    weight: LiveColumn | Term
    if ROW in text:
        term = choose(workings.takes_part.each, stated(text, weights), 0)
        weight = grid.column(heading, term, about=place.title)
        weighing = slope.all * weight.all
    else:
        first = weights[workings.allocation.context.rows][0]
        weight = grid.figure(heading, stated(text, first), about=place.title)
        weighing = slope.all * weight
    below = sum_product(weighing)
    mean = choose(below.equals(0), 0, sum_of_products(weighing, place.scores.all) / below)
    mean = grid.figure(workings.labels.say("live-mean-score"), mean, about=place.title)
    top = workings.places[path[:4]].title if len(path) > 4 else place.title
    return CriterionDollars(path, place, weight, mean, dollars, top)


def _as_computed(workings: Workings, path: Path, found: Contributions) -> tuple[Floats, Floats]:
    """Return a criterion's part of the whole weight and its dollars; nothing where it does not count."""
    index, name = str(path[1]), str(path[-1])
    counted = [criterion for criterion in found.criteria if criterion[0] == index]
    if (index, name) not in counted:
        return np.zeros(workings.grid.rows), np.zeros(workings.grid.rows)
    weights = workings.allocation.scope.scoring(index).weights[:, counted.index((index, name))]
    return workings.full(weights), workings.full(found.dollars[:, found.criteria.index((index, name))])
