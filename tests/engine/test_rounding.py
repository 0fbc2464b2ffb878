"""Whole units: conservation, quota, ties, and halves as spreadsheets round them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite.engine.rounding import Unit, inward, largest_remainders, round_half_away
from equite.engine.sharing import Groups


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(0, 10**12))
def test_units_sum_to_the_total_and_stay_within_one_of_their_share(weights: list[float], total: int) -> None:
    weight = np.array(weights)
    if weight.sum() == 0:
        weight = weight + 1
    shares = total * (weight / weight.sum())
    whole = largest_remainders(shares, np.array([total]), Groups.single(weight.size))
    assert whole.dtype == np.int64
    assert int(whole.sum()) == total
    assert (np.abs(whole - shares) <= 1 + 1e-6 + 2.0**-40 * total).all()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.integers(1, 40))
def test_equal_shares_are_rounded_in_code_order(_: list[int], size: int) -> None:
    whole = largest_remainders(np.full(size, 10 / size), np.array([10]), Groups.single(size))
    assert whole.tolist() == sorted(whole.tolist(), reverse=True)


def test_ties_go_to_the_first_code() -> None:
    assert largest_remainders(np.array([0.5, 0.5, 1.0]), np.array([2]), Groups.single(3)).tolist() == [1, 0, 1]


def test_a_third_of_dust_is_not_a_remainder() -> None:
    # 0.1 + 0.2 in units of 0.1 is 3 and a bit: it must not win a unit over a real remainder.
    shares = np.array([(0.1 + 0.2) * 10, 2.4, 1.6])
    assert largest_remainders(shares, np.array([7]), Groups.single(3)).tolist() == [3, 2, 2]


def test_large_amounts_do_not_wrap() -> None:
    # 2^31 and beyond: where 32-bit integers made a capital receive nothing.
    shares = np.array([3e9, 5e9 + 0.5, 7e9 + 0.5])
    whole = largest_remainders(shares, np.array([15_000_000_001]), Groups.single(3))
    assert whole.tolist() == [3_000_000_000, 5_000_000_001, 7_000_000_000]


def test_groups_are_rounded_each_to_its_own_total() -> None:
    shares = np.array([0.5, 1.5, 1.5, 0.5, 2.0])
    groups = Groups(np.array([0, 1, 0, 1, 1]), 2)
    assert largest_remainders(shares, np.array([2, 4]), groups).tolist() == [1, 2, 1, 0, 2]


@given(st.decimals("-100000", "100000", places=4), st.integers(0, 3))
def test_halves_go_away_from_zero_as_written(value: Decimal, digits: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert round_half_away(np.array([float(value)]), digits)[0] == float(expected)


@pytest.mark.parametrize(
    ("value", "digits", "expected"), [(1.005, 2, 1.01), (2.5, 0, 3), (-2.5, 0, -3), (1250, -2, 1300)]
)
def test_halves_of_textbooks(value: float, digits: int, expected: float) -> None:
    assert round_half_away(np.array([float(value)]), digits)[0] == expected


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.sampled_from(["1", "0.01", "1000", "0.25"]))
def test_bounds_move_inward_to_whole_units(low: float, width: float, size: str) -> None:
    unit = Unit(Decimal(size))
    lower, upper = inward(np.array([low]), np.array([low + width]), unit)
    step = float(size)
    assert lower[0] >= low - 1e-6 * step and lower[0] < low + step * (1 + 1e-6)
    assert upper[0] <= low + width + 1e-6 * step
    assert unit.count(lower)[0] == pytest.approx(round(unit.count(lower)[0]), abs=1e-6)


def test_open_bounds_stay_open() -> None:
    lower, upper = inward(np.array([-np.inf]), np.array([np.inf]), Unit(Decimal("0.01")))
    assert lower[0] == -np.inf and upper[0] == np.inf


def test_units_are_exact_decimals() -> None:
    unit = Unit(Decimal("0.01"))
    assert unit.exactly(Decimal("862051033.07")) == 86205103307
    assert unit.money(np.array([86205103307]))[0] == 862051033.07
    assert unit.digits == 2 and Unit(Decimal(5)).digits == 0 and Unit(Decimal("0.001")).digits == 3
