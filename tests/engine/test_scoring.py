"""Scores by hand, and the laws every registered method keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

import equite
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.outliers import excess_kurtosis, skewness, treat

values = st.lists(st.integers(-10_000, 10_000).map(lambda value: value / 8), min_size=2, max_size=25)


def scores(index: dict[str, Any], table: dict[str, Any], **page: Any) -> equite.Allocation:
    formula = {
        "equite": 1,
        "id": "score",
        "language": "en",
        "envelope": 1000,
        "key": "code",
        "indices": {"need": index},
        "parts": [{"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}}],
        **page,
    }
    return equite.allocate(formula, {"code": [f"{at:02d}" for at in range(len(next(iter(table.values()))))], **table})


def usable(name: str, drawn: list[float]) -> np.ndarray:
    """Give values that a normaliser may be asked to score: not all equal, and none negative where it says so."""
    array = np.abs(drawn) if NORMALISERS[name].only_high else np.array(drawn)
    assume(np.ptp(array) > 0)
    return array


def parameters(name: str, array: np.ndarray) -> dict[str, float]:
    """Give a normaliser what it needs beyond its defaults."""
    low, high = float(array.min()), float(array.max())
    return {"goalposts": {"low": low, "high": high}, "distance-to-target": {"target": high + 1}}.get(name, {})


@pytest.mark.parametrize("name", sorted(NORMALISERS))
@given(drawn=values)
def test_normalisers_keep_order_and_give_finite_scores(name: str, drawn: list[float]) -> None:
    array = usable(name, drawn)
    found = NORMALISERS[name].function(array, **parameters(name, array))
    assert found.shape == array.shape
    assert np.isfinite(found).all()
    order = np.argsort(array, kind="stable")
    assert (np.diff(found[order]) >= -1e-12).all()
    assert found[array.argmax()] >= found[array.argmin()]
    assert found[array.argmax()] > found[array.argmin()]


@given(drawn=st.lists(st.integers(0, 9), min_size=2, max_size=40), bands=st.integers(2, 7))
def test_bands_of_high_and_low_are_mirror_images(drawn: list[int], bands: int) -> None:
    array = np.array([*drawn, 10], dtype=float)
    function = NORMALISERS["quantile-bands"].function
    assert np.allclose(function(array, bands=bands) + function(-array, bands=bands), 1, atol=1e-12)
    assert (function(array, bands=bands)[array == array.min()] == 0).all()
    assert (function(array, bands=bands)[array == array.max()] == 1).all()


def test_bands_by_hand() -> None:
    function = NORMALISERS["quantile-bands"].function
    assert function(np.repeat([0.0, 1.0], 5)).tolist() == [0] * 5 + [1] * 5
    assert function(np.arange(10.0)).tolist() == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1]
    # The middle of five is the edge of two halves.
    assert function(np.arange(5.0), bands=2).tolist() == [0, 0, 0.5, 1, 1]
    # Fewer values than bands: (1.5 × 5) / 3 = 2.5, band 2 of 4.
    assert function(np.array([3.0, 8, 9])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("name", sorted(name for name, method in NORMALISERS.items() if method.unit_free))
@given(drawn=values, factor=st.sampled_from([2.0, 1000.0, 0.125]), shift=st.sampled_from([0.0, 64.0]))
def test_unit_free_normalisers_do_not_see_units(name: str, drawn: list[float], factor: float, shift: float) -> None:
    array, method = usable(name, drawn), NORMALISERS[name]
    moved = array * factor + (0 if method.only_high else shift)
    assert np.allclose(method.function(moved), method.function(array), atol=1e-9)


@pytest.mark.parametrize("name", sorted(AGGREGATORS))
@given(data=st.data())
def test_aggregators_stay_between_the_lowest_and_the_highest(name: str, data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    cells = st.lists(st.floats(0.01, 1), min_size=columns, max_size=columns)
    matrix = np.array(data.draw(st.lists(cells, min_size=rows, max_size=rows)))
    weights = np.array(data.draw(st.lists(cells, min_size=rows, max_size=rows)))
    given_by_page: dict[str, Any] = {"power-mean": {"power": 3.0}, "ordered-weighted": {"order": [1.0] * columns}}
    extra = given_by_page.get(name, {})
    found = AGGREGATORS[name].function(matrix, weights, **extra)
    # Copeland counts duels won; the others are means.
    low, high = (0, 1) if name == "copeland" else (matrix.min(axis=1), matrix.max(axis=1))
    assert (found >= low - np.float64(1e-12)).all()
    assert (found <= high + np.float64(1e-12)).all()
    raised = matrix.copy()
    raised[0, 0] += 0.5
    assert AGGREGATORS[name].function(raised, weights, **extra)[0] >= found[0] - 1e-12


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
@given(drawn=st.lists(st.integers(1, 10_000), min_size=2, max_size=20))
def test_transforms_keep_order_and_give_finite_values(name: str, drawn: list[int]) -> None:
    array = np.array(drawn, dtype=float)
    extra = {"winsorise": [0.1, 0.9], "line": [10.0, 3000.0]}.get(name, [])
    found = TRANSFORMS[name].function(array, *extra)
    assert np.isfinite(found).all()
    assert (np.diff(found[np.argsort(array, kind="stable")]) >= 0).all()


@given(drawn=values, data=st.data())
def test_scipy_computes_the_same(drawn: list[float], data: st.DataObject) -> None:
    array = np.array(drawn)
    assume(np.ptp(array) > 0)
    assert np.allclose(NORMALISERS["z-score"].function(array), stats.zscore(array, ddof=1))
    places = NORMALISERS["rank"].function(array, ties="lowest", scale="places")
    assert places.tolist() == stats.rankdata(array, method="min").tolist()
    positive = np.abs(array)[None, :] + 0.5
    weights = np.array(data.draw(st.lists(st.floats(0.1, 9), min_size=array.size, max_size=array.size)))[None, :]
    for name, theirs in (("geometric", stats.gmean), ("harmonic", stats.hmean)):
        assert np.allclose(AGGREGATORS[name].function(positive, weights), theirs(positive, axis=1, weights=weights))
    ours = AGGREGATORS["power-mean"].function(positive, weights, power=3.0)
    assert np.allclose(ours, stats.pmean(positive, 3, axis=1, weights=weights))


def test_extremes_are_measured_as_scipy_does() -> None:
    drawn = np.array([1.0, 2, 2, 3, 4, 4, 5, 60])
    assert skewness(drawn) == pytest.approx(stats.skew(drawn, bias=False))
    assert excess_kurtosis(drawn) == pytest.approx(stats.kurtosis(drawn, bias=False))
    treated = treat(drawn, 5)
    assert treated.values.tolist() == [1, 2, 2, 3, 4, 4, 5, 5]
    assert (treated.points, treated.logged) == (1, False)


def test_geometric_means_of_zeros_offer_goalposts_that_avoid_them() -> None:
    index = {"aggregate": "geometric", "criteria": {"poverty": 1, "distance": 1}}
    table = {"poverty": [0, 99], "distance": [1, 2]}
    with pytest.raises(equite.FormulaError, match=r"scores zero or less for 00.*goalposts: \{low: -1, high: 99\}"):
        scores(index, table)
    posts = {"poverty": {"weight": 1, "normalise": {"goalposts": {"low": -1, "high": 99}}}}
    found = scores({**index, "normalise": {"min-max": [1, 100]}, "criteria": {**posts, "distance": 1}}, table)
    assert (found.scores["need"] > 0).all()


def test_goalposts_of_last_year_keep_scores_comparable(tmp_path: Path) -> None:
    index = {"criteria": {"poverty": 1}}
    before = scores(index, {"poverty": [0, 10, 40]})
    (tmp_path / "last.json").write_text(json.dumps(before.record), encoding="utf-8")
    frozen = {"normalise": {"goalposts": {"from": str(tmp_path / "last.json")}}, **index}
    assert scores(frozen, {"poverty": [10, 20, 80]}).scores["need"].tolist() == [0.25, 0.5, 1.0]


def test_a_cut_makes_two_groups_that_have_the_same_mean() -> None:
    direction = {"by": "density", "cut": 100, "below": "high", "above": "low"}
    index = {"criteria": {"km": {"weight": 1, "more_need_when": direction}}}
    found = scores(index, {"km": [5, 80, 9, 3], "density": [10, 20, 100, 3000]}).scores["need"]
    assert found.tolist() == [0.25, 0.75, 0.25, 0.75]


def test_a_page_lays_its_own_catalogue_over_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text('remoteness: {title: {fr: "Éloignement (nous)", en: "Ours"}}', encoding="utf-8")
    page = tmp_path / "page.yaml"
    page.write_text(
        "equite: 1\nid: own\nkey: code\ncatalogue: ours.yaml\nenvelope: 10\n"
        "indices: {need: {criteria: {remoteness: 1}}}\n"
        "parts: [{id: grant, pool: remainder, share: {in_proportion_to: 1 + need}}]\n",
        encoding="utf-8",
    )
    found = equite.allocate(page, {"code": ["a", "b"], "remoteness": [0, 1]})
    assert found.formula.indices["need"].criteria["remoteness"].title == {"fr": "Éloignement (nous)", "en": "Ours"}
    assert equite.allocate(found.record["formula"]["page"], {"code": ["a", "b"], "remoteness": [0, 1]}).total == 10


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ({"rurality": 1}, "pulls both ways"),
        ({"first_peoples_alliances": {"weight": 1, "more_need_when": "high"}}, "without saying who agreed"),
        ({"remoteness": 1}, "'remoteness' has values outside 0 to 1 for 01"),
    ],
)
def test_the_catalogue_guards_what_it_knows(criteria: dict[str, Any], words: str) -> None:
    columns = {"rurality": [0, 1], "first_peoples_alliances": [1, 2], "remoteness": [0, 7]}
    with pytest.raises(equite.FormulaError) as caught:
        scores({"criteria": criteria}, columns)
    assert words in str(caught.value)


def test_transforms_take_the_parameters_they_name() -> None:
    for name, method in TRANSFORMS.items():
        parameters = {"winsorise": [0.1, 0.9], "line": [1.0, 3.0]}.get(name, [])
        assert len(parameters) == len(method.parameters)
        assert np.isfinite(method.function(np.array([1.0, 2.0, 4.0]), *parameters)).all()


def test_an_index_by_hand() -> None:
    # social (weight 3): poverty 0, 5, 10 -> 0, 1/2, 1. place (weight 1): distance, more need when low: 1, 1/2, 0.
    index = {
        "families": {
            "social": {"weight": 3, "criteria": {"poverty": 1}},
            "place": {"weight": 1, "criteria": {"distance": {"weight": 7, "more_need_when": "low"}}},
        }
    }
    found = scores(index, {"poverty": [0, 5, 10], "distance": [0, 50, 100]})
    assert found.scores["need"].tolist() == [0.25, 0.5, 0.75]


def test_toward_a_point_is_need() -> None:
    index = {"criteria": {"age": {"weight": 1, "more_need_when": {"toward": 40}}}}
    assert scores(index, {"age": [40, 30, 60]}).scores["need"].tolist() == [1.0, 0.5, 0.0]


def test_direction_by_context_favours_no_group_as_a_whole() -> None:
    index = {"criteria": {"km": {"weight": 1, "more_need_when": {"by": "setting", "rural": "high", "urban": "low"}}}}
    table = {"km": [100, 300, 200, 5, 1], "setting": ["rural", "rural", "rural", "urban", "urban"]}
    found = scores(index, table).scores["need"]
    assert found.tolist() == pytest.approx([1 / 6, 5 / 6, 3 / 6, 1 / 4, 3 / 4])
    assert found[:3].mean() == pytest.approx(found[3:].mean())


def test_a_group_without_direction_is_named() -> None:
    index = {"criteria": {"km": {"weight": 1, "more_need_when": {"by": "setting", "rural": "high", "urban": "low"}}}}
    with pytest.raises(equite.FormulaError, match=r"group 'suburb' of 'setting' has no direction \(01\)"):
        scores(index, {"km": [1, 2, 3], "setting": ["rural", "suburb", "urban"]})


def test_a_constant_criterion_drops_out_and_says_so() -> None:
    index = {"criteria": {"poverty": 1, "same": 5}}
    found = scores(index, {"poverty": [0, 1, 2], "same": [4, 4, 4]})
    assert found.scores["need"].tolist() == [0, 0.5, 1]
    assert any("'same' is the same for all" in warning for warning in found.warnings)


def test_when_nothing_distinguishes_anybody_all_score_the_same() -> None:
    found = scores({"criteria": {"same": 1}}, {"same": [4, 4]})
    assert found.amounts.tolist() == [500, 500]
    assert any("every territory scores 0.5" in warning for warning in found.warnings)


def test_missing_cells_are_refused_all_at_once() -> None:
    index = {"criteria": {"poverty": 1, "distance": 1}}
    with pytest.raises(equite.FormulaError) as caught:
        scores(index, {"poverty": [None, 1, 2], "distance": [3, None, None]})
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert "'poverty' has no value for 00" in lines[0]
    assert "'distance' has no value for 01, 02" in lines[1]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("skip", [1.0, 0.25, 0.5]),
        ({"fill": "median"}, [0.75, 0.25, 0.5]),
        ({"fill": 0}, [0.5, 0.25, 0.5]),
        ({"fill_from": "estimate"}, [1.0, 0.25, 0.5]),
    ],
)
def test_missing_cells_by_rule(rule: Any, expected: list[float]) -> None:
    # poverty scores 1, 1/2, 0. distance scores (missing), 0, 1: skipped, or filled at 1/2 (median 5), 0 or 1.
    index = {"criteria": {"poverty": 1, "distance": {"weight": 1, "missing": rule}}}
    table = {"poverty": [2, 1, 0], "distance": [None, 0, 10], "estimate": [10, 9, 9]}
    found = scores(index, table)
    assert found.scores["need"].tolist() == expected
    assert any("missing cells of 'distance'" in warning for warning in found.warnings)


def test_too_little_present_is_refused() -> None:
    index = {"criteria": {"poverty": 1, "distance": 3}, "missing": {"skip": {"minimum_present": 0.5}}}
    with pytest.raises(equite.FormulaError, match="too few criteria have a value for 00"):
        scores(index, {"poverty": [2, 1, 0], "distance": [None, 0, 10]})


def test_weights_by_territory_must_have_one_total() -> None:
    index = {"criteria": {"poverty": "points_a", "distance": "points_b"}}
    table = {"poverty": [2, 1, 0], "distance": [5, 0, 10]}
    found = scores(index, {**table, "points_a": [100, 50, 0], "points_b": [0, 50, 100]})
    assert found.scores["need"].tolist() == [1.0, 0.25, 1.0]
    with pytest.raises(equite.FormulaError, match=r"weights add up to 90 for one territory and 100 for another"):
        scores(index, {**table, "points_a": [100, 40, 0], "points_b": [0, 50, 100]})


@pytest.mark.parametrize(
    ("criterion", "words"),
    [
        ({"weight": 1, "normalise": "minmax"}, "did you mean 'min-max'"),
        ({"weight": 1, "transform": "lgo"}, "no transform 'lgo'"),
        ({"weight": 1, "transform": {"winsorise": [0.9]}}, "does not have the parameters"),
        ({"weight": 1, "transform": "log"}, "gives no value of 'poverty' for 00"),
        ({"weight": -1}, "negative or missing"),
    ],
)
def test_unusable_criteria_are_sentences(criterion: dict[str, Any], words: str) -> None:
    with pytest.raises(equite.FormulaError) as caught:
        scores({"criteria": {"poverty": criterion}}, {"poverty": [0, 1, 2]})
    assert words in str(caught.value)
    assert caught.value.text("fr") != str(caught.value)


def test_winsorised_values_stop_at_the_quantiles() -> None:
    index = {"criteria": {"poverty": {"weight": 1, "transform": {"winsorise": [0, 0.75]}}}}
    assert scores(index, {"poverty": [0, 1, 2, 3, 1000]}).scores["need"].tolist() == pytest.approx(
        [0, 1 / 3, 2 / 3, 1, 1]
    )
