"""The diagnosis of an index: pairs, alpha, weights, constants, extremes, ranks, against other sources."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import equite
from equite.analysis.diagnostics import Diagnosis, cronbach_alpha, diagnose
from equite.analysis.profile import places, profile
from equite.analysis.weighting import WEIGHTINGS, leaving_out, nodes
from equite.report.analyses.diagnostics import diagnosis_html, diagnosis_text, profile_text

ROOT = Path(__file__).resolve().parents[2]
NBSP = "\u00a0"
FAMILIES = {
    "social": {"weight": 60, "criteria": {"poverty": 2, "isolation": 1}},
    "place": {"weight": 40, "criteria": {"density": {"weight": 3, "more_need_when": "low"}, "distance": 1}},
}


def page(language: str = "en", indices: dict[str, Any] | None = None, **index: Any) -> dict[str, Any]:
    whole = {"families": FAMILIES, **index} if "criteria" not in index else index
    indices = indices or {"need": whole}
    return {
        "equite": 1,
        "id": "page",
        "language": language,
        "key": "code",
        "name": "place_name",
        "columns": {"place_name": {"kind": "text"}},
        "indices": indices,
        "parts": [{"id": "paid", "share": {"as_is": " + ".join(f"0 * {name}" for name in indices) or "0"}}],
    }


def table(size: int = 40, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    poverty = draw.normal(10, 3, size)
    return pd.DataFrame(
        {
            "code": [f"{at:02d}" for at in range(size)],
            "place_name": [f"Place {at}" for at in range(size)],
            "poverty": poverty,
            "isolation": 0.6 * poverty + draw.normal(0, 1, size),
            "density": draw.lognormal(3, 1, size),
            "distance": draw.uniform(0, 100, size),
            "flat": 5.0,
            "setting": np.where(np.arange(size) % 2, "rural", "urban"),
        }
    )


def found(data: pd.DataFrame | None = None, *, flag: float = 0.75, by: str | None = None, **index: Any) -> Diagnosis:
    return diagnose(equite.allocate(page(**index), table() if data is None else data), flag=flag, by=by)


def pair(frame: pd.DataFrame, a: str, b: str, group: str = "") -> pd.Series:
    chosen = frame[(frame["criterion_a"] == a) & (frame["criterion_b"] == b) & (frame["group"] == group)]
    assert len(chosen) == 1
    return chosen.iloc[0]


# Correlations.


def test_correlations_with_another_library_s() -> None:
    told = found()
    scores = told.allocation.scores
    assert len(told.correlations) == 6
    for _, row in told.correlations.iterrows():
        one, other = (scores[f"need.{row[name]}"] for name in ("criterion_a", "criterion_b"))
        assert row["pearson"] == pytest.approx(stats.pearsonr(one, other).statistic, abs=1e-12)
        assert row["spearman"] == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
        assert row["territories"] == 40
    both = pair(told.correlations, "poverty", "isolation")
    assert (both["family_a"], both["family_b"], both["same_family"]) == ("social", "social", True)
    assert not pair(told.correlations, "poverty", "density")["same_family"]


def test_direction_comes_before_a_correlation() -> None:
    data = table()
    data["density"] = -data["poverty"]
    told = found(data)
    assert pair(told.correlations, "poverty", "density")["pearson"] == pytest.approx(1)
    assert pair(told.flags, "poverty", "density")["reading"] == "double"


def in_two_settings() -> dict[str, Any]:
    by_setting = {"weight": 1, "more_need_when": {"by": "setting", "rural": "high", "urban": "high"}}
    return {"criteria": {"poverty": 1, "density": by_setting}}


def test_what_goes_together_here_and_not_there() -> None:
    """Poverty rises with density in towns and falls with it in the country: over all, nothing shows."""
    data = table()
    data["poverty"] = np.where(data["setting"] == "urban", data["density"], 100 - data["density"])
    told = found(data, **in_two_settings())
    assert abs(pair(told.correlations, "poverty", "density")["pearson"]) < 0.6
    urban, rural = (pair(told.flags, "poverty", "density", setting) for setting in ("urban", "rural"))
    assert (urban["reading"], rural["reading"]) == ("double", "opposed")
    assert (urban["by"], urban["territories"]) == ("setting", 20)
    assert urban["spearman"] == pytest.approx(1)
    assert rural["spearman"] == pytest.approx(-1)


def test_groups_of_a_column_that_the_page_does_not_read() -> None:
    told = found(by="setting")
    inside = table()["setting"] == "rural"
    scores = told.allocation.scores[inside]
    row = pair(told.correlations, "poverty", "density", "rural")
    assert row["pearson"] == pytest.approx(stats.pearsonr(scores["need.poverty"], scores["need.density"]).statistic)
    assert set(told.correlations["group"]) == {"", "rural", "urban"}


def test_the_two_sides_of_a_cut_are_groups() -> None:
    by_cut = {"weight": 1, "more_need_when": {"by": "density", "cut": 20, "below": "high", "above": "low"}}
    told = found(criteria={"poverty": 1, "distance": by_cut, "density": 1})
    assert set(told.correlations["group"]) == {"", "< 20", "≥ 20"}
    assert set(told.correlations["by"]) == {"", "density"}


def test_a_missing_score_leaves_its_pair_out() -> None:
    data = table()
    data.loc[:4, "poverty"] = np.nan
    told = found(data, missing="skip")
    row = pair(told.correlations, "poverty", "isolation")
    scores = told.allocation.scores.iloc[5:]
    assert row["territories"] == 35
    assert row["pearson"] == pytest.approx(stats.pearsonr(scores["need.poverty"], scores["need.isolation"]).statistic)
    assert row["spearman"] == pytest.approx(stats.spearmanr(scores["need.poverty"], scores["need.isolation"]).statistic)


def test_few_territories_say_nothing() -> None:
    assert found(table(7)).correlations["pearson"].isna().all()
    assert found(table(8)).correlations["pearson"].notna().all()
    assert len(found(table(7), flag=0).flags) == 0


def test_chance_alone_reaches_the_flag_among_seven() -> None:
    """The reason for the least number: what chance gives once in twenty, by the distribution of r."""
    reached = {n: stats.t.ppf(0.975, n - 2) / math.sqrt(n - 2 + stats.t.ppf(0.975, n - 2) ** 2) for n in (7, 8)}
    assert reached[7] > 0.75 > reached[8]


@pytest.mark.parametrize("flag", [0, 0.3, 0.9, 1])
def test_flags_are_the_pairs_beyond(flag: float) -> None:
    told = found(flag=flag)
    strong = told.correlations["pearson"].abs()
    assert len(told.flags) == (strong > flag).sum()
    assert told.flags["pearson"].abs().is_monotonic_decreasing
    assert "flagged" not in told.flags


# Alpha.


def test_alpha_by_hand() -> None:
    """Three criteria on four territories: Σ var = 5/3 + 5/3 + 1/3 = 11/3, var of sums 17/3; 3/2 (1 - 11/17) = 9/17."""
    scores = np.array([[1, 2, 0], [2, 1, 1], [3, 4, 1], [4, 3, 0]], dtype=float)
    assert scores.var(axis=0, ddof=1) == pytest.approx([5 / 3, 5 / 3, 1 / 3])
    assert scores.sum(axis=1).tolist() == [3, 4, 8, 7]
    assert cronbach_alpha(scores) == pytest.approx(9 / 17)


@given(st.integers(0, 10_000))
def test_alpha_from_the_mean_covariance(seed: int) -> None:
    """The textbook's other form: k c / (v + (k - 1) c), c the mean covariance and v the mean variance."""
    scores = np.random.default_rng(seed).normal(size=(9, 4))
    covariance = np.cov(scores, rowvar=False)
    v, c = np.trace(covariance) / 4, (covariance.sum() - np.trace(covariance)) / 12
    assert cronbach_alpha(scores) == pytest.approx(4 * c / (v + 3 * c))


def test_alpha_has_no_meaning_for_one_criterion_or_no_spread() -> None:
    assert math.isnan(cronbach_alpha(np.ones((4, 1))))
    assert math.isnan(cronbach_alpha(np.ones((1, 3))))
    assert math.isnan(cronbach_alpha(np.array([[0.0, 1.0], [1.0, 0.0]])))


def test_alpha_by_family_and_over_all() -> None:
    alpha = found().alpha.set_index("family")
    assert list(alpha.index) == ["", "social", "place"]
    assert list(alpha["criteria"]) == [4, 2, 2]
    assert alpha.loc["social", "alpha"] > 0.7 > alpha.loc["place", "alpha"]


def test_families_inside_families() -> None:
    nested = {"all": {"weight": 1, "families": FAMILIES}, "other": {"weight": 1, "criteria": {"flat2": 1}}}
    data = table().assign(flat2=np.arange(40.0))
    told = found(data, families=nested)
    assert list(told.alpha["family"]) == ["", "all", "all/social", "all/place", "other"]
    assert list(told.alpha["criteria"]) == [5, 4, 2, 2, 1]
    assert told.leave_one_out["level"].tolist() == [1, 2, 3, 3, 2, 3, 3, 1, 2]
    assert pair(told.correlations, "poverty", "isolation")["family_a"] == "all/social"


# Weights.


def test_weights_as_written_and_as_applied() -> None:
    weights = found().weights.set_index("criterion")
    assert weights["relative"].tolist() == pytest.approx([2 / 3, 1 / 3, 3 / 4, 1 / 4])
    assert weights["nominal"].tolist() == pytest.approx([0.4, 0.2, 0.3, 0.1])
    assert weights["effective"].tolist() == pytest.approx([0.4, 0.2, 0.3, 0.1])
    assert weights["variance_share"].sum() == pytest.approx(1, abs=1e-12)
    assert weights["importance"].sum() == pytest.approx(1, abs=1e-12)


def test_importance_is_the_squared_correlation_with_the_index() -> None:
    told = found()
    scores = told.allocation.scores
    r = [stats.pearsonr(scores[f"need.{name}"], scores["need"]).statistic for name in told.weights["criterion"]]
    assert told.weights["correlation"].tolist() == pytest.approx(r)
    assert told.weights["importance"].tolist() == pytest.approx(list(np.square(r) / np.square(r).sum()))


def test_the_share_of_variance_by_another_road() -> None:
    """Shares are what the index's variance is made of: w_k Σ_j w_j cov(x_k, x_j) over the variance."""
    told = found()
    weights = np.array([0.4, 0.2, 0.3, 0.1])
    covariance = np.cov(told.scoring.matrix, rowvar=False)
    wanted = weights * (covariance @ weights) / (weights @ covariance @ weights)
    assert told.weights["variance_share"].tolist() == pytest.approx(wanted.tolist())


@given(seed=st.integers(0, 10_000), holes=st.integers(0, 30))
def test_shares_of_variance_sum_to_one(seed: int, holes: int) -> None:
    data, draw = table(30, seed), np.random.default_rng(seed)
    for row in draw.integers(0, 30, holes):
        data.loc[row, draw.choice(["poverty", "density"])] = np.nan
    weights = found(data, missing="skip").weights
    assert weights["variance_share"].sum() == pytest.approx(1, abs=1e-9)
    assert weights["effective"].sum() == pytest.approx(1, abs=1e-9)
    assert weights["importance"].sum() == pytest.approx(1, abs=1e-9)
    assert weights["nominal"].sum() == pytest.approx(1, abs=1e-9)


def test_a_criterion_that_dropped_out_is_still_told() -> None:
    weights = found(criteria={"poverty": 1, "flat": 2, "distance": 1}).weights.set_index("criterion")
    assert weights.index.tolist() == ["poverty", "distance", "flat"]
    assert weights["nominal"].tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert weights["effective"].tolist() == pytest.approx([0.5, 0.5, 0])
    assert weights.loc["flat", ["importance", "variance_share"]].isna().all()


def test_weights_of_each_one_s_choosing_are_told_by_their_mean() -> None:
    data = table().assign(for_poverty=np.where(np.arange(40) < 10, 100.0, 0.0))
    chosen = {"poverty": {"weight": "for_poverty"}, "distance": {"weight": "100 - for_poverty"}}
    told = found(data, criteria=chosen)
    assert told.weights["nominal"].tolist() == pytest.approx([0.25, 0.75])
    assert told.weights["variance_share"].sum() == pytest.approx(1)
    assert told.leave_one_out["mean_places"].notna().all()


def test_no_shares_of_variance_where_the_index_is_no_mean() -> None:
    told = found(aggregate="geometric", normalise={"min-max": [1, 100]})
    assert told.weights["variance_share"].isna().all()
    assert "no weighted mean" in str(told)
    assert "Share of variance" not in str(told)


# What data suggest.


def test_weights_that_data_suggest_stand_beside_those_chosen() -> None:
    told = found()
    assert told.weighting.columns.tolist() == ["criterion", "family", "chosen", *WEIGHTINGS]
    assert told.weighting["chosen"].tolist() == pytest.approx([0.4, 0.2, 0.3, 0.1])
    for name, method in WEIGHTINGS.items():
        assert told.weighting[name].tolist() == pytest.approx(method.function(told.scoring.matrix).tolist())
    assert "know nothing of need" in str(told)


def test_nothing_is_drawn_from_one_row() -> None:
    data = table(12)
    data.loc[1:, "poverty"] = np.nan
    data.loc[5, "poverty"] = 1.0
    data.loc[5, "distance"] = np.nan
    told = found(data, missing="skip")
    assert told.weighting[list(WEIGHTINGS)].isna().all().all()


# Constants and extremes.


def test_criteria_that_distinguish_nobody_or_almost() -> None:
    data = table().assign(one_yes=[1.0, *[0.0] * 39], level=np.arange(40) % 5, close=1000 + np.arange(40) / 10)
    told = found(data, criteria=dict.fromkeys(["poverty", "flat", "one_yes", "level", "close"], 1)).constant
    assert dict(zip(told["criterion"], told["reason"], strict=True)) == {
        "one_yes": "few-apart",
        "close": "little-spread",
        "flat": "dropped",
    }
    told = told.set_index("criterion")
    assert told.loc["one_yes", "apart"] == pytest.approx(1 / 40)
    assert told.loc["close", "variation"] == pytest.approx(data["close"].std() / data["close"].mean())


def test_a_mean_of_zero_has_no_coefficient_of_variation() -> None:
    data = table().assign(centred=[-1.0, 1.0] * 20, rare=[-1.0, 1.0, *[0.0] * 38])
    told = found(data, criteria={"centred": 1, "rare": 1}, flag=0.5).constant
    assert told["criterion"].tolist() == []
    told = found(data.assign(rare=[1.0, *[0.0] * 39]), criteria={"centred": 1, "rare": 1}).constant
    assert told["criterion"].tolist() == ["rare"]


def test_skewness_and_kurtosis_with_another_library_s() -> None:
    told = found().outliers.set_index("criterion")
    for name in told.index:
        values = table()[name]
        assert told.loc[name, "skewness"] == pytest.approx(stats.skew(values, bias=False))
        assert told.loc[name, "kurtosis"] == pytest.approx(stats.kurtosis(values, bias=False))
        assert told.loc[name, "treatment"] == ""
        assert told.loc[name, "skewness_after"] == told.loc[name, "skewness"]


def with_an_extreme() -> pd.DataFrame:
    data = table()
    data.loc[0, "density"] = 1e5
    return data


@pytest.mark.parametrize(
    ("criterion", "treatment", "values"),
    [
        ({}, "", lambda x: x),
        ({"transform": "log"}, "log", np.log),
        ({"transform": {"winsorise": [0, 0.9]}}, "winsorise", lambda x: np.minimum(x, np.quantile(x, 0.9))),
        ({"transform": {"step": "steps"}}, "step", lambda x: np.where(x <= 20, 1.0, 2.0)),
        ({"outliers": "winsorise"}, "winsorised", None),
        ({"outliers": {"winsorise": 1}}, "logged", None),
    ],
)
def test_extremes_before_and_after(criterion: dict[str, Any], treatment: str, values: Any) -> None:
    data = with_an_extreme()
    data.loc[1, "density"] = 0.9e5 if treatment == "logged" else data.loc[1, "density"]
    asked = page(criteria={"poverty": 1, "density": {"weight": 1, **criterion}})
    asked["tables"] = {"steps": {"up_to": {20: 1}, "above": 2}}
    told = diagnose(equite.allocate(asked, data)).outliers.set_index("criterion").loc["density"]
    assert told["flagged"]
    assert told["treatment"] == treatment
    if values is not None:
        used = values(data["density"].to_numpy())
        assert told["skewness_after"] == pytest.approx(stats.skew(used, bias=False))
        assert told["kurtosis_after"] == pytest.approx(stats.kurtosis(used, bias=False))
    assert told["flagged_after"] == (abs(told["skewness_after"]) > 2 and told["kurtosis_after"] > 3.5)
    assert told["flagged_after"] or treatment != ""


# Ranks.


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric", "harmonic", "copeland"])
def test_leaving_out_is_a_page_without(aggregate: str) -> None:
    """Each family and each criterion taken off the page, and all scored again."""
    whole = {"families": FAMILIES, "aggregate": aggregate, "normalise": {"min-max": [1, 100]}}
    allocation = equite.allocate(page(**whole), table())
    told = diagnose(allocation)
    before = places(allocation.scores["need"].to_numpy())
    for row in told.leave_one_out.to_dict("records"):
        families = {name: {**family, "criteria": dict(family["criteria"])} for name, family in FAMILIES.items()}
        if row["kind"] == "family":
            del families[row["left_out"]]
        else:
            del families[row["family"]]["criteria"][row["left_out"]]
        after = places(equite.allocate(page(**{**whole, "families": families}), table()).scores["need"].to_numpy())
        assert row["mean_places"] == pytest.approx(np.abs(after - before).mean(), abs=1e-12)
        assert row["most_places"] == np.abs(after - before).max()
        assert np.abs(after - before)[allocation.row(row["code"])] == row["most_places"]


def test_leaving_out_is_a_weight_of_zero() -> None:
    told = found()
    for path, place, _ in nodes(told.tree):
        ours = leaving_out(told.tree, place).combine(told.scoring.matrix)
        assert ours.tolist() == told.tree.reweighted({path[-1]: 0.0}).combine(told.scoring.matrix).tolist()


def test_a_family_may_have_the_name_of_a_criterion() -> None:
    families = {"poverty": {"weight": 1, "criteria": {"isolation": 1, "poverty": 1}}, "place": FAMILIES["place"]}
    told = found(families=families).leave_one_out
    rows = told[told["left_out"] == "poverty"]
    assert rows["kind"].tolist() == ["family", "criterion"]
    assert rows["mean_places"].nunique() == 2


def test_a_family_s_only_criterion_takes_its_family_along() -> None:
    families = {"alone": {"weight": 1, "criteria": {"poverty": 1}}, "place": FAMILIES["place"]}
    told = found(families=families).leave_one_out.set_index("left_out")
    assert told.loc["alone", "mean_places"] == told.loc["poverty", "mean_places"] > 0


def test_nothing_is_left_of_an_index_of_one() -> None:
    told = found(criteria={"poverty": 1})
    assert told.leave_one_out["mean_places"].isna().all()
    assert told.leave_one_out["code"].tolist() == [None]
    assert told.correlations.empty
    assert told.flags.empty
    assert told.alpha["alpha"].isna().all()
    assert told.rank_owed("00")["gained"].isna().all()
    assert "—" in str(told)


def test_what_a_territory_owes_its_rank_to() -> None:
    """A is first by poverty alone; without it, it comes last, and has lost two places."""
    data = pd.DataFrame(
        {
            "code": ["a", "b", "c"],
            "place_name": ["A", "B", "C"],
            "poverty": [9.0, 1.0, 0.0],
            "distance": [0.0, 9.0, 8.0],
        }
    )
    told = found(data, criteria={"poverty": 2, "distance": 1})
    owed = told.rank_owed("a").set_index("criterion")
    assert owed.index[0] == "poverty"
    assert owed.loc["poverty", ["rank", "rank_without", "gained"]].tolist() == [1, 3, 2]
    assert owed.loc["distance", ["rank", "rank_without", "gained"]].tolist() == [1, 1, 0]
    assert told.rank_owed("b").set_index("criterion").loc["poverty", "gained"] == -1


def test_places_share_the_better_one() -> None:
    assert places(np.array([3.0, 1.0, 3.0, np.nan, 2.0])).tolist()[:3] == [1, 4, 1]
    assert places(np.array([0.1 + 0.2, 0.3])).tolist() == [1, 1]
    assert np.isnan(places(np.array([np.nan]))).all()
    assert places(np.array([-1e9, -1e9 - 1])).tolist() == [1, 2]


# What is refused.


@pytest.mark.parametrize(
    ("indices", "asked", "english", "french"),
    [
        ({"need": {"criteria": {"poverty": 1}}}, "ned", "did you mean 'need'?", "vouliez-vous dire « need »"),
        ({"a": {"criteria": {"poverty": 1}}, "b": {"criteria": {"distance": 1}}}, None, "name one: a, b", "nommez-en"),
        ({"need": {"criteria": {"flat": 1}}}, None, "distinguishes anybody", "ne distingue personne"),
    ],
)
def test_an_index_that_cannot_be_diagnosed(indices: Any, asked: str | None, english: str, french: str) -> None:
    for language, said in (("en", english), ("fr", french)):
        allocation = equite.allocate(page(language, indices), table())
        with pytest.raises(equite.FormulaError, match=re.escape(said)):
            diagnose(allocation, asked)


def test_a_page_without_an_index() -> None:
    asked = {key: value for key, value in page().items() if key != "indices"}
    asked["parts"] = [{"id": "paid", "share": {"as_is": "poverty"}}]
    with pytest.raises(equite.FormulaError, match="no index"):
        diagnose(equite.allocate(asked, table()))


def test_one_index_of_several() -> None:
    both = {"a": {"criteria": {"poverty": 1}}, "b": {"criteria": {"distance": 1}}}
    assert diagnose(equite.allocate(page(indices=both), table()), "b").scoring.name == "b"


@pytest.mark.parametrize("flag", [-0.1, 75, math.nan])
def test_a_flag_that_is_no_correlation(flag: float) -> None:
    with pytest.raises(equite.FormulaError, match="from 0 to 1"):
        found(flag=flag)


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(equite.FormulaError, match="did you mean 'setting'"):
        found(by="seting")


def test_a_code_that_is_not_there() -> None:
    with pytest.raises(equite.SharingError, match="99"):
        found().rank_owed("99")


# Views.


class Reader(HTMLParser):
    """Reads HTML, and refuses what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.heads = self.captions = self.tables = 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.captions += tag == "caption"
        self.tables += tag == "table"
        given = dict(attributes)
        assert set(given) <= {"class", "lang", "style", "scope"}
        if tag == "th":
            assert given["scope"] in ("col", "row")
            self.heads += given["scope"] == "col"
        assert "color" not in str(given.get("style"))
        assert "background" not in str(given.get("style"))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_text_in_both_languages() -> None:
    told = found(with_an_extreme(), flag=0.2, by="setting")
    english, french = str(told), diagnosis_text(told, "fr")
    assert repr(told) == english
    assert "Need: 4 criteria, 40 territories" in english
    assert f"Need{NBSP}: 4 critères, 40 territoires" in french
    for text in (english, french):
        assert max(map(len, text.splitlines())) <= 92
        assert not re.search(r"\bnan\b|None[^.]|diagnosis-", text)
    assert "40.0%" in english
    assert f"40,0{NBSP}%" in french


def test_the_html_is_well_made_and_escaped() -> None:
    data = with_an_extreme()
    data["place_name"] = '<script>"&'
    asked = page(families={**FAMILIES, "social": {**FAMILIES["social"], "title": {"fr": "<b>", "en": "<b>"}}})
    told = diagnose(equite.allocate(asked, data), flag=0.2, by="setting")
    read = Reader(told._repr_html_())
    assert read.captions == read.tables >= 6
    assert read.heads >= 20
    assert '<script>"&' in read.texts
    assert "<b>" in read.texts
    assert Reader(diagnosis_html(told, "fr")).texts != read.texts
    assert 'lang="fr"' in diagnosis_html(told, "fr")


def test_figures_that_nobody_measured_are_marked() -> None:
    asked = page(criteria={"poverty": {"weight": 1, "status": "illustrative"}, "distance": 1, "isolation": 1})
    asked["columns"]["isolation"] = {"status": "declared"}
    told = diagnose(equite.allocate(asked, table()))
    assert "*Fighting poverty" in str(told)
    assert "†Isolation" in str(told)
    assert str(told).endswith("* illustrative, † declared")
    assert "Fighting poverty [illustrative]" in told._repr_html_()


def test_a_section_with_nothing_to_tell_says_so() -> None:
    text = str(found(flag=1))
    assert text.count("None.") == 3
    assert diagnosis_text(found(flag=1), "fr").count("Aucun.") == 3


def test_many_pairs_are_counted() -> None:
    data, names = table(), [f"x{at}" for at in range(6)]
    for at, name in enumerate(names):
        data[name] = data["poverty"] + at * 0.01 * data["distance"]
    assert "3 more pairs." in str(found(data, criteria=dict.fromkeys(names, 1)))


# The documentation.


def test_the_worked_example_is_what_the_library_gives() -> None:
    """To write the example anew, put what this test shows in the place of the page's blocks of text."""
    folder = ROOT / "examples" / "six_families"
    allocation = equite.allocate(folder / "formula.yaml", folder / "territories.csv")
    text = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    sections = diagnosis_text(diagnose(allocation), "en").split("\n\n")
    assert len(blocks) >= 4
    for block in blocks:
        assert block.rstrip("\n") in [*sections, *extras(allocation)]


def extras(allocation: equite.Allocation) -> list[str]:
    owed = diagnose(allocation).rank_owed("05").head(5)
    return [owed.to_string(index=False), *profile_text(profile(allocation, "05"), "en").split("\n\n")]


def test_the_page_s_python_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, "diagnostics.md", "exec"), {})
    assert "Indice de besoin" in capsys.readouterr().out


def test_the_page_names_what_there_is() -> None:
    text = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    section = text[text.index("## Weights that data suggest") :]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, flags=re.MULTILINE) == list(WEIGHTINGS)
    told = text[text.index("| What it has |") :].split("\n\n")[0]
    names = set(re.findall(r"`([a-z_]+)[`(]", told))
    assert names == {name for name, kind in vars(Diagnosis).items() if returns_a_table(kind)}


def returns_a_table(attribute: object) -> bool:
    function = getattr(attribute, "func", attribute)
    return getattr(function, "__annotations__", {}).get("return") == "pd.DataFrame"
