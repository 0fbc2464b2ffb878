"""Normalisers by hand: the constants and the choices that the property tests cannot see."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from equite.engine.methods import NORMALISERS


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
