"""From small areas to territories: means weighted by people, and the people who live in the worst-off areas."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.checks import COUNT, SCORE, Floats, note_all_zero
from equite.inputs.indicators.results import described
from equite.inputs.indicators.tables import TableGroups, long_table
from equite.wording import say_in_all

__all__ = ["deprivation", "weighted_mean"]


@takes(TerritoriesError)
def weighted_mean(table: object, *, territory: str, place: str, people: str, value: str) -> pd.DataFrame:
    """Compute each territory's mean of a value known for its places, weighted by their people.

    ::

        mean     = Σ_k n_k x_k / Σ_k n_k      over the places that are measured
        coverage = people measured / people in all

    Parameters
    ----------
    table : table
        One row for each place (municipality, small area) of each territory.
    territory, place, people, value : str
        Their headings. A missing value is not measured; anything else must be there.

    Returns
    -------
    pandas.DataFrame
        By territory code, sorted, shape (n, 2): ``mean`` (in the value's unit; NaN where nobody is measured) and
        ``coverage`` (0 to 1).

    Raises
    ------
    TerritoriesError
        With every blank code, repeated place, missing or negative number of people, value that is no number, and
        territory without people.

    References
    ----------
    Statistics Canada (2023), *The Canadian Index of Multiple Deprivation: User Guide, 2021*, 45-20-0001, whose scores
    are brought to larger areas in this way.

    Examples
    --------
    >>> places = {"code": ["A", "A"], "place": ["1", "2"], "people": [100, 300], "rate": [0.1, 0.2]}
    >>> found = equite.indicators.weighted_mean(
    ...     places, territory="code", place="place", people="people", value="rate"
    ... )
    >>> found.round(4).to_dict("list")
    {'mean': [0.175], 'coverage': [1.0]}
    """
    problems = Problems(TerritoriesError)
    rows, groups = _small_areas(table, _Headings(territory, place, people, value), [territory, place], problems)
    mean, coverage = _mean(rows[value].to_numpy(), rows[people].to_numpy(), groups)
    return described(
        pd.DataFrame({"mean": mean, "coverage": coverage}, index=groups.index),
        title=say_in_all("measure-mean-of", column=value),
        unit=say_in_all("measure-that-of", column=value),
        method=say_in_all("measure-weighted-mean-method"),
        source="Statistics Canada (2023), The Canadian Index of Multiple Deprivation: User Guide, 2021",
        columns={
            "mean": (say_in_all("measure-weighted-mean"), say_in_all("measure-that-of", column=value)),
            "coverage": (say_in_all("measure-people-measured"), say_in_all("measure-share")),
        },
    )


@takes(TerritoriesError)
def deprivation(
    table: object,
    *,
    territory: str,
    area: str,
    people: str,
    score: str,
    quintiles: Literal["people", "areas"] = "people",
    edge: float | None = None,
) -> pd.DataFrame:
    """Compute the deprivation of territories from the scores of their small areas.

    ::

        mean_score          = Σ_k n_k x_k / Σ_k n_k             over the areas that have a score
        worst_two_quintiles = people of the worst areas / people measured
        coverage            = people measured / people in all

    The worst areas are those of quintiles 4 and 5 of all areas of the table. All areas are ranked by score; an area
    stands at the middle of its people, those of equal scores together (ridit), and is among the worst from 60 % up::

        (people in lower scores + ½ people of the same score) / people measured  >=  0.6

    ================  ============================================================================================
    ``quintiles``     each fifth holds
    ================  ============================================================================================
    ``"people"``      the same number of people, so that 40 % of all people live in the worst areas
    ``"areas"``       the same number of areas, as Statistics Canada does for the CIMD; each area counts for one above
    ================  ============================================================================================

    Quintiles are those of the table given: that of one region has other edges than that of Québec. To keep the edge of
    a larger table, give it.

    Parameters
    ----------
    table : table
        One row for each small area.
    territory, area, people, score : str
        The headings of the territory's code, of the area's code, of its people and of its score: higher is more
        deprived. A missing score is not measured; anything else must be there.
    quintiles : {"people", "areas"}
        What the fifths hold equally.
    edge : float, optional
        The lowest score of quintile 4, where it is already known: areas at or above it are the worst.

    Returns
    -------
    pandas.DataFrame
        By territory code, sorted, shape (n, 5): ``mean_score``, ``worst_two_quintiles`` (0 to 1; both NaN where nobody
        is measured), ``coverage`` (0 to 1), ``people`` and ``areas`` (in all). ``attrs["edge"]`` is the edge.

    Raises
    ------
    TerritoriesError
        With every blank code, repeated area, missing or negative number of people, score that is no number, and
        territory without people; or if no area has a score.

    References
    ----------
    Statistics Canada (2023), *The Canadian Index of Multiple Deprivation: User Guide, 2021*, 45-20-0001. Pampalon, R.,
    and Raymond, G. (2000), "A Deprivation Index for Health and Welfare Planning in Quebec", *Chronic Diseases in
    Canada* 21(3), 104-113, for fifths of the population. Bross, I. D. J. (1958), "How to Use Ridit Analysis",
    *Biometrics* 14(1), 18-38.

    Examples
    --------
    >>> areas = {"code": ["A", "A", "B"], "area": ["1", "2", "3"], "people": [100, 100, 200], "score": [3.0, 1.0, 2.0]}
    >>> found = equite.indicators.deprivation(areas, territory="code", area="area", people="people", score="score")
    >>> found[["mean_score", "worst_two_quintiles"]].to_dict("list")
    {'mean_score': [2.0, 2.0], 'worst_two_quintiles': [0.5, 0.0]}
    """
    problems = Problems(TerritoriesError)
    if quintiles not in ("people", "areas"):
        expected = say_in_all("measure-expected-quintiles")
        problems.add("indicator-option", "quintiles", value=str(quintiles), expected=expected)
    if edge is not None and not math.isfinite(edge):
        problems.add("indicator-option", "edge", value=str(edge), expected=say_in_all("measure-expected-score"))
    rows, groups = _small_areas(table, _Headings(territory, area, people, score), [area], problems)
    scores, living = rows[score].to_numpy(), rows[people].to_numpy()
    if edge is None:
        edge = _edge(scores, living if quintiles == "people" else np.ones(len(living)))
    mean, coverage = _mean(scores, living, groups)
    worst, _ = _mean(np.where(np.isnan(scores), np.nan, scores >= edge), living, groups)
    counted = say_in_all("measure-people") if quintiles == "people" else say_in_all("measure-areas")
    unit = say_in_all("measure-score-of", column=score)
    return described(
        pd.DataFrame(
            {
                "mean_score": mean,
                "worst_two_quintiles": worst,
                "coverage": coverage,
                "people": groups.total(living),
                "areas": groups.total(np.ones(len(living))).astype(np.int64),
            },
            index=groups.index,
        ),
        title=say_in_all("measure-deprivation"),
        unit=unit,
        method=say_in_all("measure-deprivation-method", counted=counted),
        source="Statistics Canada (2023), The Canadian Index of Multiple Deprivation: User Guide, 2021; "
        "Pampalon and Raymond (2000), A Deprivation Index for Health and Welfare Planning in Quebec",
        columns={
            "mean_score": (say_in_all("measure-mean-score"), unit),
            "worst_two_quintiles": (
                say_in_all("measure-worst-quintiles"),
                say_in_all("measure-share"),
            ),
            "coverage": (say_in_all("measure-people-measured"), say_in_all("measure-share")),
            "people": (say_in_all("measure-people-in-all"), say_in_all("measure-people")),
            "areas": (say_in_all("measure-small-areas"), say_in_all("measure-areas")),
        },
        edge=edge,
        quintiles=quintiles,
    )


class _Headings(NamedTuple):
    """The headings of the territories, of their places, of the people who live there, and of what is measured."""

    territory: str
    place: str
    people: str
    value: str


def _small_areas(
    table: object, headings: _Headings, unique: list[str], problems: Problems
) -> tuple[pd.DataFrame, TableGroups]:
    """Read the places, and refuse all that is wrong with them."""
    territory, place, people, value = headings
    numbers = {people: COUNT, value: SCORE}
    rows = long_table(table, problems, texts=[territory, place], unique=unique, numbers=numbers)
    groups = TableGroups.by(rows[territory])
    note_all_zero(groups.codes, groups.total(rows[people].to_numpy()), people, problems)
    if not problems.found and rows[value].isna().all():
        problems.add("indicator-unmeasured", value)
    problems.refuse()
    return rows, groups


def _mean(values: Floats, living: Floats, groups: TableGroups) -> tuple[Floats, Floats]:
    """Return each territory's weighted mean and the share of its people that it speaks of."""
    absent = np.isnan(values)
    measured = groups.total(np.where(absent, 0.0, living))
    sums = groups.total(np.where(absent, 0.0, values) * living)
    nowhere = np.full(len(measured), np.nan)
    return np.divide(sums, measured, out=nowhere, where=measured > 0), measured / groups.total(living)


def _edge(scores: Floats, weights: Floats) -> float:
    """Find the lowest score of quintile 4; infinite if no area is in it."""
    measured = ~np.isnan(scores)
    distinct, places = np.unique(scores[measured], return_inverse=True)
    own = np.bincount(places, weights=weights[measured])
    below = np.cumsum(own) - own
    # Multiplied out, so that whole numbers of people are compared exactly.
    worst = distinct[(10 * below + 5 * own >= 6 * own.sum()) & (own > 0)]
    return float(worst.min()) if len(worst) else math.inf
