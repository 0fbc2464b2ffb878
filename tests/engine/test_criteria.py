"""One criterion, from its values to its scores, by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import equite


def scored(criterion: dict[str, Any], table: dict[str, list[Any]], **page: Any) -> equite.Allocation:
    formula = {
        "equite": 1,
        "id": "criterion",
        "language": "en",
        "envelope": 1000,
        "key": "code",
        "indices": {"need": {"criteria": {"km": {"weight": 1, **criterion}}}},
        "parts": [{"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "2 + need"}}],
        **page,
    }
    return equite.allocate(formula, {"code": [f"{at:02d}" for at in range(len(table["km"]))], **table})


def scores(criterion: dict[str, Any], table: dict[str, list[Any]]) -> list[float]:
    found: list[float] = scored(criterion, table).scores["need"].tolist()
    return found


BY_SETTING = {"by": "setting", "rural": "high", "urban": "low"}
SETTINGS = ["rural", "rural", "rural", "urban", "urban", "urban", "urban"]


def test_every_group_has_the_mean_of_one_half_whatever_the_normaliser() -> None:
    # Rural, more need when high: 0, 0, 30 -> min-max 0, 0, 1, of mean 1/3; each + 1/2 - 1/3 = + 1/6.
    # Urban, more need when low: -1, -2, -3, -5 -> min-max 1, 3/4, 1/2, 0, of mean 9/16; each - 1/16.
    table = {"km": [0, 0, 30, 1, 2, 3, 5], "setting": SETTINGS}
    found = scores({"more_need_when": BY_SETTING, "normalise": "min-max"}, table)
    assert found == pytest.approx([1 / 6, 1 / 6, 7 / 6, 15 / 16, 11 / 16, 7 / 16, -1 / 16], abs=1e-12)
    assert np.mean(found[:3]) == pytest.approx(0.5)
    assert np.mean(found[3:]) == pytest.approx(0.5)


def test_groups_scored_in_standard_deviations_have_the_mean_of_one_half() -> None:
    # Rural 1, 2, 3: mean 2, deviation 1 -> -1, 0, 1. Urban 10, 10, 40, 40 turned: deviation √300 = 10 √3 -> ± √3/2.
    table = {"km": [1, 2, 3, 10, 10, 40, 40], "setting": SETTINGS}
    found = scores({"more_need_when": BY_SETTING, "normalise": "z-score"}, table)
    far = math.sqrt(3) / 2
    assert found == pytest.approx([-0.5, 0.5, 1.5, 0.5 + far, 0.5 + far, 0.5 - far, 0.5 - far], abs=1e-12)


def test_places_within_groups_have_the_mean_of_one_half() -> None:
    # Places 1, 2, 3 less their mean of 2; turned, 4, 3, 2, 1 less their mean of 5/2.
    table = {"km": [1, 2, 3, 1, 2, 3, 4], "setting": SETTINGS}
    found = scores({"more_need_when": BY_SETTING, "normalise": {"rank": {"scale": "places"}}}, table)
    assert found == [-0.5, 0.5, 1.5, 2, 1, 0, -1]


def test_a_group_of_which_all_are_alike_stands_at_one_half() -> None:
    table = {"km": [8, 8, 8, 1, 2, 3, 4], "setting": SETTINGS}
    found = scores({"more_need_when": BY_SETTING, "normalise": "min-max"}, table)
    assert found == pytest.approx([0.5, 0.5, 0.5, 1, 2 / 3, 1 / 3, 0], abs=1e-12)


@pytest.mark.usefixtures("own_methods")
def test_an_added_normaliser_is_used_by_its_name() -> None:
    equite.normaliser("halved")(lambda values: values / 2)
    assert scores({"normalise": "halved"}, {"km": [0, 1, 4]}) == [0, 0.5, 2]


@pytest.mark.usefixtures("own_methods")
@pytest.mark.parametrize("where", [{}, {"more_need_when": BY_SETTING}])
@pytest.mark.parametrize(
    ("function", "codes"),
    [
        (lambda values: np.where(np.abs(values) == 2, np.nan, values), "01"),
        (lambda values: np.where(np.abs(values) == 2, np.inf, values), "01"),
        (lambda values: np.where(np.abs(values) >= 2, -np.inf, values), "01, 02, 03"),
    ],
)
def test_an_added_normaliser_that_gives_no_score_is_named(
    function: Callable[[np.ndarray], Any], codes: str, where: dict[str, Any]
) -> None:
    equite.normaliser("broken")(function)
    table = {"km": [1, 2, 3, 4, None], "setting": ["rural", "rural", "urban", "urban", "urban"]}
    with pytest.raises(equite.FormulaError) as caught:
        scored({"normalise": "broken", "missing": "skip", **where}, table)
    (english,) = str(caught.value).splitlines()
    assert f"the normaliser 'broken' gives no finite score of 'km' for {codes}, whose values are there" in english
    assert "indices.need.criteria.km.normalise" in english
    (french,) = caught.value.text("fr").splitlines()
    assert "la normalisation «\u00a0broken\u00a0» ne donne pas de score fini de «\u00a0km\u00a0»" in french
    assert f"pour {codes}," in french


def test_a_target_that_everybody_has_reached_is_told_as_such() -> None:
    with pytest.raises(equite.FormulaError, match="everybody has reached the target of 'km'"):
        scored({"normalise": {"distance-to-target": 1}}, {"km": [1, 2, 3]})
