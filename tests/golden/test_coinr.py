"""Against COINr 1.1.14, the reference tool of the European Commission's composite-indicator experts (51 x 49)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import equite

pytestmark = pytest.mark.golden
#: The numbers were written with 15 to 17 significant digits.
TOLERANCE = 1e-9


@pytest.fixture(scope="session")
def here(golden: Path) -> Path:
    return golden / "coinr_asem"


@cache
def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path).rename(columns={"uCode": "code"}).set_index("code").sort_index()


@cache
def meta(path: Path) -> pd.DataFrame:
    return pd.read_csv(path / "iMeta.csv").set_index("iCode")


def page(
    here: Path, normalise: Any, aggregate: str = "arithmetic", weights: dict[str, float] | None = None
) -> dict[str, Any]:
    """Word the example's index as a page: two sub-indices, eight pillars, 49 indicators."""
    about = meta(here)
    given = about["Weight"].to_dict() | (weights or {})

    def below(parent: str) -> dict[str, Any]:
        children = about[about["Parent"] == parent]
        if (children["Level"] == 1).all():
            criteria = {
                code: {
                    "weight": given[code],
                    "more_need_when": "high" if row["Direction"] > 0 else "low",
                    "normalise": normalise(row) if callable(normalise) else normalise,
                }
                for code, row in children.iterrows()
            }
            return {"criteria": criteria}
        return {"families": {code: {"weight": given[code], **below(code)} for code in children.index}}

    return {
        "equite": 1,
        "id": "asem",
        "key": "code",
        "indices": {"whole": {"aggregate": aggregate, **below("Index")}},
        "parts": [{"id": "none", "share": {"as_is": "0 * whole"}}],
    }


def table(here: Path) -> pd.DataFrame:
    return read(here / "pipeline_imputed.csv").reset_index()


def scored(found: equite.Allocation) -> pd.DataFrame:
    frame = found.scores.set_index("code")
    return frame.rename(columns=lambda name: name.removeprefix("whole."))


NORMALISATIONS = {
    "minmax_0_100": {"min-max": [0, 100]},
    "minmax_1_100": {"min-max": [1, 100]},
    "zscore_0_1": "z-score",
    "rank": {"rank": {"ties": "lowest", "scale": "places"}},
    "prank": "percentile-rank",
    "dist2max": "distance-to-best",
    "dist2targ": lambda row: {"distance-to-target": row["Target"]},
}


def with_figures_as_typed(ranks: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Give the ranks with ties where two values are one figure of 15 digits.

    In one column of the data two values are written 3.4000000000000004 and 5.1000000000000005, beside 3.4 and 5.1: the
    last bit of somebody's sum, by which the peer ranks one country above the other.
    """
    found, told = ranks.copy(), []
    for column in ranks.columns:
        figures = values[column].map(lambda value: f"{value:.15g}")
        found[column] = ranks[column].groupby(figures).transform("min")
        told += [column] * int((found[column] != ranks[column]).sum())
    assert told == ["TolMin"] * 3
    return found


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
def test_normalisations(here: Path, name: str) -> None:
    ours = scored(equite.allocate(page(here, NORMALISATIONS[name]), table(here)))
    theirs = read(here / f"norm_imputed_{name}.csv")
    if name in ("rank", "prank"):
        theirs = with_figures_as_typed(theirs, table(here).set_index("code").sort_index())
    assert set(theirs.columns) <= set(ours.columns)
    assert np.abs(ours[theirs.columns] - theirs).max().max() <= TOLERANCE * max(1.0, theirs.abs().max().max())


def test_the_eighth_normalisation_where_it_means_something(here: Path) -> None:
    """A fraction of the highest needs values of zero or more of which high ones count; elsewhere COINr gives Inf."""
    theirs, about = read(here / "norm_imputed_fracmax.csv"), meta(here)
    data = table(here)
    some = [name for name in theirs.columns if about.loc[name, "Direction"] > 0 and (data[name] >= 0).all()]
    assert len(some) >= 30
    ours = {
        "equite": 1,
        "id": "fractions",
        "key": "code",
        "indices": {"whole": {"normalise": "fraction-of-highest", "criteria": dict.fromkeys(some, 1)}},
        "parts": [{"id": "none", "share": {"as_is": "0 * whole"}}],
    }
    found = scored(equite.allocate(ours, data))
    assert np.abs(found[some] - theirs[some]).max().max() <= TOLERANCE


def test_the_eighth_is_refused_where_it_does_not(here: Path) -> None:
    asked = {**page(here, "fraction-of-highest"), "language": "en"}
    with pytest.raises(equite.FormulaError, match="only suits values of zero or more"):
        equite.allocate(asked, table(here))


@pytest.mark.parametrize(
    ("file", "normalise", "aggregate", "alternative"),
    [
        ("minmax_0_100_amean_original", {"min-max": [0, 100]}, "arithmetic", False),
        ("minmax_0_100_amean_alt", {"min-max": [0, 100]}, "arithmetic", True),
        ("minmax_1_100_gmean_original", {"min-max": [1, 100]}, "geometric", False),
        ("minmax_1_100_hmean_original", {"min-max": [1, 100]}, "harmonic", False),
        ("zscore_0_1_amean_original", "z-score", "arithmetic", False),
    ],
)
def test_aggregations(here: Path, file: str, normalise: Any, aggregate: str, alternative: bool) -> None:
    weights = pd.read_csv(here / f"weights_{'alt' if alternative else 'original'}.csv").set_index("iCode")["Weight"]
    found = scored(equite.allocate(page(here, normalise, aggregate, weights.to_dict()), table(here)))
    theirs = read(here / f"agg_imputed_{file}.csv")
    assert np.abs(found["whole"] - theirs["Index"]).max() <= TOLERANCE * 100
    assert found["whole"].rank(ascending=False, method="min").tolist() == theirs["Rank"].tolist()


def test_effective_weights(here: Path) -> None:
    theirs = pd.read_csv(here / "weights_effective.csv").set_index("iCode")
    theirs = theirs[theirs["Level"] == 1]["EffWeight"]
    found = equite.allocate(page(here, {"min-max": [0, 100]}), table(here)).scope.scoring("whole")
    ours = pd.Series(found.weights[0], index=[criterion.name for criterion in found.criteria])
    assert np.abs(ours[theirs.index] - theirs).max() <= TOLERANCE


def treated(here: Path, weights: dict[str, float] | None = None) -> dict[str, Any]:
    """Word the page with outliers treated, as COINr's example has it."""
    asked = page(here, {"min-max": [0, 100]}, weights=weights)
    asked["indices"]["whole"]["outliers"] = "winsorise"
    return asked


def test_leaving_one_pillar_out(here: Path) -> None:
    scores, ranks = read(here / "remove_level2_scores.csv"), read(here / "remove_level2_ranks.csv")
    moved = pd.read_csv(here / "remove_level2_meanabsdiff.csv").set_index("Removed")["MeanAbsRankDiff"]
    nominal = None
    for pillar in scores.columns:
        weights = {} if pillar == "Nominal" else {pillar: 0.0}
        found = scored(equite.allocate(treated(here, weights), table(here)))["whole"]
        assert np.abs(found - scores[pillar]).max() <= TOLERANCE * 100
        rank = found.rank(ascending=False, method="min")
        assert rank.tolist() == ranks[pillar].tolist()
        nominal = rank if nominal is None else nominal
        assert abs((rank - nominal).abs().mean() - moved[pillar]) <= TOLERANCE


def test_what_was_pulled_in_is_told(here: Path) -> None:
    found = equite.allocate({**treated(here), "language": "en"}, table(here)).warnings
    told = [line for line in found if "extreme" in line]
    assert len(told) == 15
    assert all("skewness" in line and "kurtosis" in line for line in told)


def test_a_thousand_weight_draws(here: Path) -> None:
    """Every score and rank of 1,000 given draws of weights, from one scoring combined a thousand times."""
    draws = pd.read_csv(here / "noisy_weights_1000.csv").set_index("rep")
    scores, ranks = read(here / "noisy_scores_1000.csv"), read(here / "noisy_ranks_1000.csv")
    scoring = equite.allocate(treated(here), table(here)).scope.scoring("whole")
    assert scoring.tree is not None
    for at, (_, weights) in enumerate(draws.iterrows()):
        found = pd.Series(scoring.tree.reweighted(weights.to_dict()).combine(scoring.matrix), index=scores.index)
        assert np.abs(found - scores.iloc[:, at]).max() <= TOLERANCE * 100
        assert found.rank(ascending=False, method="min").tolist() == ranks.iloc[:, at].tolist()
