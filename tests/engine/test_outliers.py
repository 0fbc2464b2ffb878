"""Extreme values by hand: what is extreme, which values are pulled in, and when the logarithm stands for them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from equite.engine.outliers import excess_kurtosis, is_extreme, skewness, treat


def places(ones: int, of: int) -> np.ndarray:
    """Give a criterion that is 1 for some places and 0 for all others."""
    return np.repeat([0.0, 1.0], [of - ones, ones])


def test_skewness_and_kurtosis_of_a_flag() -> None:
    # Of ones a share p: plain skewness (1 - 2p) / √(p(1 - p)), plain excess kurtosis (1 - 6p(1 - p)) / (p(1 - p)).
    # 8 of 64: p(1 - p) = 7/64. Skewness 6/√7, and × √(64 × 63)/62 = 2.3226. Kurtosis 22/7, and
    # 63/(62 × 61) × (65 × 22/7 + 6) = 3.5029.
    assert skewness(places(8, 64)) == pytest.approx(6 / math.sqrt(7) * math.sqrt(64 * 63) / 62)
    assert excess_kurtosis(places(8, 64)) == pytest.approx(13248 / 3782)
    # 1 of 4: p(1 - p) = 3/16; skewness 2/√3 → × √12/2 = 2; kurtosis -2/3 → 3/2 × (5 × -2/3 + 6) = 4.
    assert skewness(places(1, 4)) == pytest.approx(2)
    assert excess_kurtosis(places(1, 4)) == pytest.approx(4)


def test_three_values_have_a_skewness_and_four_a_kurtosis() -> None:
    # 0, 0, 1: p(1 - p) = 2/9; skewness (1/3) / √(2/9) = 1/√2 → × √6 = √3.
    assert skewness(places(1, 3)) == pytest.approx(math.sqrt(3))
    assert skewness(places(1, 2)) == 0
    assert excess_kurtosis(places(1, 3)) == 0
    assert skewness(np.full(5, 7.0)) == excess_kurtosis(np.full(5, 7.0)) == 0


def test_extreme_is_kurtosis_above_three_and_a_half() -> None:
    # Skewness is 2.3226 and 2.2776. Kurtosis: 13248/3782 = 3.5029; 3 of 22: p(1 - p) = 57/484, 142/57 → 21/(20 × 19) ×
    # (23 × 142/57 + 6) = 3.4981.
    assert is_extreme(places(8, 64))
    assert excess_kurtosis(places(3, 22)) == pytest.approx(21 / 380 * (23 * 142 / 57 + 6))
    assert not is_extreme(places(3, 22))


def test_extreme_is_skewness_above_two_on_either_side() -> None:
    # Twenty zeros between two ends: kurtosis is far above 3.5, and skewness goes with the longer end.
    for short, skew in ((6.0, 2.275), (7.0, 1.659)):
        leaning = np.array([-short, *[0.0] * 20, 10.0])
        assert skewness(leaning) == pytest.approx(skew, abs=1e-3)
        assert excess_kurtosis(leaning) > 11
        assert is_extreme(leaning) == is_extreme(-leaning) == (skew > 2)
    # Exactly 2 (1 of 4, above) is not above 2.
    assert not is_extreme(places(1, 4))


@pytest.mark.parametrize("side", [1, -1])
def test_extremes_are_set_to_the_next_value_on_their_side(side: int) -> None:
    usual = [1.0, 2, 2, 3, 4, 4, 5, 5, 4, 3, 3, 2, 4]
    values = side * np.array([*usual, 90, math.nan, 60])
    # 90 becomes 60, then both become 5; after one step the two at 60 are still extreme.
    treated = treat(values, 2)
    assert treated.values.tolist()[:14] == [side * value for value in [*usual, 5]]
    assert math.isnan(treated.values[14])
    assert treated.values[15] == side * 5
    assert (treated.points, treated.logged) == (2, False)
    # With enough steps allowed, no more are taken than are needed.
    again = treat(values, 50)
    assert np.array_equal(again.values, treated.values, equal_nan=True)
    assert values[13] == side * 90


def test_the_logarithm_stands_for_values_that_steps_do_not_tame() -> None:
    # One step leaves two values at 60. Then log(x - 1 + 0.01 × (90 - 1)) of the values as they were.
    values = np.array([1.0, 2, 2, 3, 4, 4, 5, 5, 4, 3, 3, 2, 4, 90, math.nan, 60])
    treated = treat(values, 1)
    assert (treated.points, treated.logged) == (0, True)
    assert treated.values[0] == pytest.approx(math.log(0.89))
    assert treated.values[13] == pytest.approx(math.log(89.89))
    assert treated.values[15] == pytest.approx(math.log(59.89))
    assert math.isnan(treated.values[14])


def test_values_without_extremes_stay() -> None:
    values = np.array([3.0, 1, math.nan, 2, 8])
    treated = treat(values, 5)
    assert np.array_equal(treated.values, values, equal_nan=True)
    assert (treated.points, treated.logged) == (0, False)
