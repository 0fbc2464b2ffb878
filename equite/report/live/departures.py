"""The dollars that each criterion adds or takes away, as formulas, for a part whose score is linear in its criteria.

With score = constant + Σ slope × weight × criterion, a criterion's dollars are level × slope × weight × (its score -
its mean weighed by slope × weight): :mod:`equite.engine.explanation` gives the same. The slope is what the score gains
as the index goes from 0 to 1: the rule is written with the one and with the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.explanation import Departures
from equite.engine.linear import linear_in
from equite.report.live.bounding import full
from equite.report.live.calculation import Calculated
from equite.report.live.grid import ROW, Column
from equite.report.live.sums import ScorePlace

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["CriterionDollars", "PartDollars", "part_dollars"]

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class CriterionDollars:
    """One criterion of a part: where it stands, its weight, its mean, and its dollars for every row.

    ``weight`` is a column, or the cell of what holds for all; ``top`` is the title of the family of the index in which
    it lies, or its own where it lies in none.
    """

    path: Path
    place: ScorePlace
    weight: Column | str
    weights: np.ndarray
    mean: str
    values: np.ndarray
    top: str


@dataclass(frozen=True)
class PartDollars:
    """A part's level, the slope of its score in each index, and its criteria."""

    part: str
    level: str
    slopes: dict[str, Column]
    criteria: tuple[CriterionDollars, ...]


def part_dollars(sums: Sums, done: Calculated) -> list[PartDollars]:
    """Write slopes and means of the parts for which that can be told."""
    sums.begin("departures")
    return [
        _written(sums, done, found)
        for found in (sums.allocation.departures if done.is_live else ())
        if _can(sums, done, found)
    ]


def _can(sums: Sums, done: Calculated, found: Departures) -> bool:
    """Tell whether a part's dollars are linear, and all that they rest on stands in the sheet."""
    page = sums.formula
    part = page.names.parts[found.part]
    share = part.share.in_proportion_to
    if share is None or part.levy or part.id not in done.level or found.sampled:
        return False
    if part.at_least is not None or part.at_most is not None or page.if_short == "prorate":
        return False
    scope = sums.allocation.scope
    names = {index for index, _ in found.criteria}
    linear = all((tree := scope.scoring(index).tree) is not None and tree.is_linear for index in names)
    there = all(_path(sums, index, criterion) is not None for index, criterion in found.criteria)
    return linear and there and linear_in(share.tree, scope, names) is not None


def _path(sums: Sums, index: str, criterion: str) -> Path | None:
    """Find where a criterion of an index stands."""
    return next((path for path in sums.places if path[1] == index and path[-2:] == ("criteria", criterion)), None)


def _written(sums: Sums, done: Calculated, found: Departures) -> PartDollars:
    part = sums.formula.names.parts[found.part]
    share = part.share.in_proportion_to
    assert share is not None
    indices = list(dict.fromkeys(index for index, _ in found.criteria))
    slopes = {index: _slope(sums, done, found.part, index, indices) for index in indices}
    criteria = []
    for at, (index, name) in enumerate(found.criteria):
        path = _path(sums, index, name)
        assert path is not None
        criteria.append(_criterion(sums, index, path, slopes[index], found, at))
    return PartDollars(
        found.part, done.level[found.part], {index: column for index, (column, _) in slopes.items()}, tuple(criteria)
    )


def _slope(sums: Sums, done: Calculated, part: str, index: str, indices: list[str]) -> tuple[Column, np.ndarray]:
    """Write what the score gains as an index goes from 0 to 1."""
    share = sums.formula.names.parts[part].share.in_proportion_to
    assert share is not None
    assert sums.eligible is not None
    texts, numbers = [], []
    for value in (1.0, 0.0):
        known = {name: value if name == index else 0.0 for name in indices}
        of = done.translator.bound(
            done.translator.scope.bound(**known), **{name: str(int(known[name])) for name in known}
        )
        texts.append(of.number(share.tree, 2))
        numbers.append(of.scope.rows(share.tree))
    rows = sums.allocation.context.rows
    members = next(result.members for result in sums.allocation.parts_shared if result.part.id == part)
    values = full(sums, np.where(members, (numbers[0] - numbers[1])[rows], 0.0))
    heading = sums.labels.say("live-slope", index=sums.labels.title(index))
    guard = done.members[part].cell
    return sums.grid.column(heading, f"IF({guard},{texts[0]}-{texts[1]},0)", values), values


def _criterion(
    sums: Sums, index: str, path: Path, slope: tuple[Column, np.ndarray], found: Departures, at: int
) -> CriterionDollars:
    place, grid = sums.places[path], sums.grid
    scoring = sums.allocation.scope.scoring(index)
    own = [criterion for criterion in found.criteria if criterion[0] == index].index(found.criteria[at])
    weights = full(sums, scoring.weights[:, own])
    shares = [sums.places[path[:end]].share for end in range(len(path), 1, -2) if path[:end] in sums.places]
    text = "*".join(shares)
    heading = sums.labels.say("live-weight")
    weight: Column | str
    if ROW in text:
        assert sums.eligible is not None
        weight = grid.column(heading, f"IF({sums.eligible.cell},{text},0)", weights, about=place.title)
        weighing = f"{slope[0].range}*{weight.range}"
    else:
        weight = grid.figure(heading, text, float(weights[sums.allocation.context.rows][0]), about=place.title)
        weighing = f"{slope[0].range}*{weight}"
    below = f"SUMPRODUCT({weighing})"
    mean_value = found.means[at]
    mean = grid.figure(
        sums.labels.say("live-mean-score"),
        f"IF({below}=0,0,SUMPRODUCT({weighing},{place.scores.range})/{below})",
        float(mean_value),
        about=place.title,
    )
    top = sums.places[path[:4]].title if len(path) > 4 else place.title
    return CriterionDollars(path, place, weight, weights, mean, full(sums, found.dollars[:, at]), top)
