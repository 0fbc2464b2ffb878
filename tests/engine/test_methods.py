"""Normalisers by hand: the constants and the choices that the property tests cannot see."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.outliers import excess_kurtosis, is_extreme, skewness, treat


def normalised(name: str, values: list[float], **parameters: float) -> list[float]:
    found: list[float] = NORMALISERS[name].function(np.array(values, dtype=float), **parameters).tolist()
    return found


def test_modified_z_counts_in_median_deviations() -> None:
    # Median 3; deviations 2, 1, 0, 1, 97, whose median is 1: 0.6745 × (x - 3) / 1, however far the last one is.
    assert normalised("modified-z", [1, 2, 3, 4, 100]) == pytest.approx(
        [-1.349, -0.6745, 0, 0.6745, 65.4265], abs=1e-12
    )
    # In a normal distribution the median deviation is 0.6745 standard deviations.
    assert round(NormalDist().inv_cdf(0.75), 4) == 0.6745


def test_modified_z_counts_in_mean_deviations_where_more_than_half_are_equal() -> None:
    # Median 4; deviations 0, 0, 0, 0, 5, whose median is 0 and whose mean is 1: 0.7979 × (x - 4) / 1.
    assert normalised("modified-z", [4, 4, 4, 4, 9]) == pytest.approx([0, 0, 0, 0, 3.9895], abs=1e-12)
    # Deviations 2, 0, 0, 0, 6: their mean is 8/5, and 0.7979 × 5/8 = 0.4986875 for each unit.
    assert normalised("modified-z", [2, 4, 4, 4, 10]) == pytest.approx([-0.997375, 0, 0, 0, 2.992125], abs=1e-12)
    # In a normal distribution the mean deviation is 0.7979 standard deviations, √(2/π).
    assert round(math.sqrt(2 / math.pi), 4) == 0.7979


@pytest.mark.parametrize(
    ("name", "parameters", "values", "scores"),
    [
        ("min-max", {}, [2, 3, 6], [0, 0.25, 1]),
        ("min-max", {"low": 1, "high": 101}, [2, 3, 6], [1, 26, 101]),
        ("goalposts", {"low": 0, "high": 4}, [-1, 1, 5], [0, 0.25, 1]),
        # Mean 3, deviations -2, 0, 2: their squares, over n - 1, are 4.
        ("z-score", {}, [1, 3, 5], [-1, 0, 1]),
        ("z-score", {"mean": 50, "deviation": 10}, [1, 3, 5], [40, 50, 60]),
        # Places 1, 2 and 3 of 4, the second shared by two: (1, 2.5, 2.5, 4) less a half, of 4.
        ("rank", {}, [1, 7, 7, 9], [0.125, 0.5, 0.5, 0.875]),
        ("rank", {"ties": "lowest"}, [1, 7, 7, 9], [0.125, 0.375, 0.375, 0.875]),
        ("rank", {"scale": "places"}, [1, 7, 7, 9], [1, 2.5, 2.5, 4]),
        ("percentile-rank", {}, [1, 7, 7, 9], [0, 1 / 3, 1 / 3, 1]),
        ("share-of-total", {}, [1, 3, 4], [0.125, 0.375, 0.5]),
        ("ratio-to-mean", {}, [1, 3, 5], [1 / 3, 1, 5 / 3]),
        ("fraction-of-highest", {}, [1, 3, 4], [0.25, 0.75, 1]),
        ("distance-to-best", {}, [2, 3, 6], [0, 0.25, 1]),
        # The target is 8 above the lowest: 1 - 8/8, 1 - 6/8, 1 - 0, and beyond it 1 + 2/8.
        ("distance-to-target", {"target": 10}, [2, 4, 10, 12], [0, 0.25, 1, 1.25]),
        # Ten values, five bands of two: bands 0 to 4, over 4.
        ("quantile-bands", {}, list(range(10)), [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1, 1]),
        ("quantile-bands", {"bands": 2}, [1, 2, 3, 4], [0, 0, 1, 1]),
        # Three values, two bands: the middle one lies on their edge.
        ("quantile-bands", {"bands": 2}, [1, 2, 3], [0, 0.5, 1]),
    ],
)
def test_a_normaliser_by_hand(name: str, parameters: dict[str, Any], values: list[float], scores: list[float]) -> None:
    assert normalised(name, values, **parameters) == pytest.approx(scores, abs=1e-12)


def test_a_target_that_somebody_has_reached_is_no_distance() -> None:
    assert np.isnan(normalised("distance-to-target", [10, 12], target=10)).all()
    assert np.isnan(normalised("distance-to-target", [11, 12], target=10)).all()


@pytest.mark.parametrize(
    ("name", "parameters", "fits"),
    [
        ("quantile-bands", {"": 2}, True),
        ("quantile-bands", {"bands": 2}, True),
        ("quantile-bands", {"bands": 1}, False),
        ("goalposts", {"low": 1, "high": 2}, True),
        ("goalposts", {"low": 2, "high": 2}, False),
        ("goalposts", {"low": 2, "high": 1}, False),
        ("goalposts", {"low": 2}, False),
        ("min-max", {}, True),
        ("min-max", {"low": 1, "high": 0}, False),
        ("rank", {}, True),
        ("rank", {"ties": "lowest"}, True),
        ("rank", {"ties": "highest"}, False),
        ("z-score", {"mean": 50, "deviation": 10}, True),
        ("z-score", {"deviation": 0}, False),
    ],
)
def test_parameters_that_fit(name: str, parameters: dict[str, Any], fits: bool) -> None:
    if "" not in parameters:
        assert (NORMALISERS[name].filled(parameters) is not None) is fits


@pytest.mark.parametrize(
    ("name", "parameters", "fits"),
    [
        ("line", {"from": 1, "to": 3}, True),
        ("line", {"from": 3, "to": 1}, False),
        ("line", {"from": 3, "to": 3}, False),
        ("winsorise", {"low": 0.1, "high": 0.9}, True),
        ("winsorise", {"low": 0.9, "high": 0.1}, False),
        ("log", {}, True),
    ],
)
def test_parameters_of_transforms_rise(name: str, parameters: dict[str, Any], fits: bool) -> None:
    assert (TRANSFORMS[name].filled(parameters) is not None) is fits


@pytest.mark.parametrize(
    ("name", "parameters", "scores", "combined"),
    [
        # Weights 1 and 3: (2 + 3 × 6) / 4; exp of (ln 2 + 3 ln 6) / 4; 4 / (1/2 + 3/6); and so on.
        ("arithmetic", {}, [2, 6], 5),
        ("geometric", {}, [2, 6], (2 * 6**3) ** 0.25),
        ("harmonic", {}, [2, 6], 4),
        ("power-mean", {"power": 2}, [2, 6], math.sqrt((4 + 3 * 36) / 4)),
        ("power-mean", {"power": 0}, [2, 6], (2 * 6**3) ** 0.25),
        ("ordered-weighted", {"order": [2, 1]}, [2, 6], (2 * 3 * 6 + 2) / 7),
        ("arithmetic", {}, [2, math.nan], 2),
    ],
)
def test_an_aggregator_by_hand(name: str, parameters: dict[str, Any], scores: list[float], combined: float) -> None:
    found = AGGREGATORS[name].function(np.array([scores]), np.array([[1.0, 3.0]]), **parameters)
    assert found.tolist() == pytest.approx([combined], abs=1e-12)


def test_duels_by_hand() -> None:
    # On weights 1 and 3: the first wins on 1 only and loses to the second; it draws with the third on equal scores.
    scores = np.array([[2.0, 1.0], [1.0, 2.0], [2.0, 1.0]])
    found = AGGREGATORS["copeland"].function(scores, np.array([[1.0, 3.0]] * 3))
    assert found.tolist() == [0.25, 1, 0.25]


def test_skewness_and_kurtosis_by_hand() -> None:
    # 0, 0, 0, 4: mean 1; second moment (3 + 9)/4 = 3, third (-3 + 27)/4 = 6, fourth (3 + 81)/4 = 21.
    values = np.array([0.0, 0.0, 0.0, 4.0])
    assert skewness(values) == pytest.approx(math.sqrt(12) / 2 * 6 / 3**1.5)
    assert excess_kurtosis(values) == pytest.approx(3 / 2 * (5 * (21 / 9 - 3) + 6))
    assert skewness(np.array([1.0, 2.0])) == 0
    assert skewness(np.array([3.0, 3.0, 3.0])) == 0
    assert excess_kurtosis(np.array([1.0, 2.0, 4.0])) == 0


def test_extreme_is_both_skewed_and_peaked() -> None:
    # One in ten far off: both. Three in ten: skewed by less, and flat.
    assert is_extreme(np.array([0.0] * 9 + [1.0]))
    assert not is_extreme(np.array([0.0] * 7 + [1.0] * 3))
    # Symmetrical, however peaked: not skewed.
    assert not is_extreme(np.array([-1.0] + [0.0] * 18 + [1.0]))
    # Skewed beyond 2 and peaked by less than 3.5: no extreme.
    assert not is_extreme(np.array([0.0] * 120 + [1.0] * 20))


def test_extremes_beyond_what_is_pulled_in_are_logged() -> None:
    values = np.array([*range(1, 10), 1000.0, 2000.0])
    found = treat(values, 0)
    assert found.logged
    assert found.points == 0
    # ln(x - min + 1 % of the range): from ln(19.99) at 1 to ln(1999 + 19.99).
    assert found.values[0] == pytest.approx(math.log(19.99))
    assert found.values[-1] == pytest.approx(math.log(1999 + 19.99))
    pulled = treat(np.array([*range(1, 20), 1000.0]), 1)
    assert (pulled.points, pulled.logged) == (1, False)
    assert pulled.values[-1] == 19
