"""Whole units: conservation, quota, ties, and halves as spreadsheets round them."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import equite
from equite.engine.rounding import Unit, largest_remainders, round_half_away
from equite.engine.sharing import DUST, Groups

of_money = settings.get_profile("law-of-money")


@of_money
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


@of_money
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


@of_money
@given(st.decimals("-100000", "100000", places=4), st.integers(0, 3))
def test_halves_go_away_from_zero_as_written(value: Decimal, digits: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    assert round_half_away(np.array([float(value)]), digits)[0] == float(expected)


@pytest.mark.parametrize(
    ("value", "digits", "expected"), [(1.005, 2, 1.01), (2.5, 0, 3), (-2.5, 0, -3), (1250, -2, 1300)]
)
def test_halves_of_textbooks(value: float, digits: int, expected: float) -> None:
    assert round_half_away(np.array([float(value)]), digits)[0] == expected


def _bounded(low: Decimal | None, high: Decimal | None, size: str) -> Decimal:
    """Give what a territory with 0 of its own gets between two bounds of a page that moves them inward."""
    limits: dict[str, object] = {"id": "bounds"}
    limits |= {key: str(bound) for key, bound in (("at_least", low), ("at_most", high)) if bound is not None}
    parts = [{"id": "own", "share": {"as_is": 0}}]
    page = {"equite": 1, "id": "inward", "language": "en", "key": "code", "parts": parts, "limits": [limits]}
    allocation = equite.allocate({**page, "rounding": {"to": size}}, {"code": ["A"]})
    return Decimal(str(allocation.amounts[0]))


@of_money
@given(st.decimals("-100000", "100000", places=4), st.sampled_from(["1", "0.01", "1000", "0.25"]))
def test_bounds_move_inward_to_whole_units(bound: Decimal, size: str) -> None:
    units = bound / Decimal(size)
    up, down = (units.to_integral_value(way) * Decimal(size) for way in (ROUND_CEILING, ROUND_FLOOR))
    assert _bounded(bound, None, size) == max(up, Decimal(0))
    assert _bounded(None, bound, size) == min(down, Decimal(0))


def test_remainders_that_are_equal_but_for_dust_go_in_code_order() -> None:
    # Four remainders of 0.1 + 0.2, 0.3 and what lies between, in any order: the first two codes get the two units.
    dust = np.array([0.3, 0.1 + 0.2, 0.3 - 1e-16, 0.30000000000000002, 1 - 1.2])
    for at in range(4):
        shares = np.append(np.roll(dust[:4], at), 0.8) + 10
        assert largest_remainders(shares, np.array([52]), Groups.single(5)).tolist() == [11, 10, 10, 10, 11]


def test_remainders_that_differ_are_told_apart() -> None:
    shares = np.array([3.33333333, 3.33333334, 3.33333333])
    assert largest_remainders(shares, np.array([10]), Groups.single(3)).tolist() == [3, 4, 3]


@of_money
@given(st.integers(1, 10**8), st.integers(2, 30), st.randoms(use_true_random=False))
def test_no_edge_of_a_step_parts_equal_remainders(step: int, size: int, random: Random) -> None:
    # Remainders that stand at the edge of a step of 4 t, and a bit of binary dust to either side.
    edge = (step + 0.5) * 4e-9
    shares = np.array([7 + edge * (1 + random.choice([-1, 0, 1]) * 2.0**-50) for _ in range(size)])
    units = 7 * size + size // 2
    assert largest_remainders(shares, np.array([units]), Groups.single(size)).tolist() == [8] * (size // 2) + [7] * (
        size - size // 2
    )


def test_units_are_exact_decimals() -> None:
    unit = Unit(Decimal("0.01"))
    assert unit.exactly(Decimal("862051033.07")) == 86205103307
    assert unit.money(np.array([86205103307]))[0] == 862051033.07
    assert unit.digits == 2 and Unit(Decimal(5)).digits == 0 and Unit(Decimal("0.001")).digits == 3


def test_equal_remainders_stand_in_code_order_before_classes_are_cut() -> None:
    # Forty remainders of 1/2, the first and the last of large sums, whose dust reaches the one that lies just below. By
    # codes the first of their class is a large one and so is the last: the one below is near both, and equal to them.
    below = 0.5 * DUST * 1e9
    shares = np.array([0.5 - below, *([0.5] * 40)])
    size = np.array([0.0, 1e9, *([0.0] * 38), 1e9])
    whole = largest_remainders(shares, np.array([1]), Groups.single(41), size)
    assert whole.tolist() == [1] + [0] * 40


def _all_put_in_order(shares: np.ndarray, total: np.ndarray, of: np.ndarray, size: np.ndarray) -> list[int]:
    """Round group by group, every row put in order: classes of remainders that a step and more than dust parts."""
    found = np.zeros(shares.size, dtype=np.int64)
    for group in np.unique(of):
        rows = np.flatnonzero(of == group)
        t = max(1e-9, 2.0**-46 * abs(float(total[group])))
        cut = np.floor(shares[rows] + t)
        each, rest = divmod(int(total[group]) - int(cut.sum()), rows.size)
        falling = sorted(range(rows.size), key=lambda at: -(shares[rows][at] - cut[at]))
        ranked: list[list[int]] = []
        for at, before in zip(falling, [None, *falling], strict=False):
            remainder = shares[rows][at] - cut[at]
            above = None if before is None else shares[rows][before] - cut[before]
            dust = DUST * (size[rows][at] + (0.0 if before is None else size[rows][before]))
            step = np.floor(remainder / (4 * t) + 0.5)
            if above is None or (np.floor(above / (4 * t) + 0.5) > step and above - remainder > dust):
                ranked.append([])
            ranked[-1].append(at)
        served = [at for tied in ranked for at in sorted(tied)][:rest]
        found[rows] = cut.astype(np.int64) + each
        found[rows[served]] += 1
    return found.tolist()


#: Remainders that tie, that dust parts, that stand a few steps apart, and that stand far apart.
_REMAINDERS = st.one_of(
    st.integers(0, 4).map(lambda at: at / 4),
    st.integers(-3, 3).map(lambda at: 1 / 3 + at * 2.0**-53),
    st.integers(-40, 40).map(lambda at: 0.5 + at * 1e-9),
    st.floats(0, 0.999),
)


@of_money
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 40), _REMAINDERS), min_size=1, max_size=40),
    st.sampled_from([0.0, 10.0, 1e5]),
    st.booleans(),
)
def test_looking_about_the_edge_serves_those_whom_putting_all_in_order_serves(
    rows: list[tuple[int, int, float]], largest: float, by_group: bool
) -> None:
    if by_group:
        rows = sorted(rows, key=lambda row: row[0])
    of = np.array([group for group, _, _ in rows])
    shares = np.array([whole + remainder for _, whole, remainder in rows])
    size = np.maximum(np.abs(shares), largest)
    total = np.rint(np.bincount(of, shares, 4)).astype(np.int64)
    found = largest_remainders(shares, total, Groups(of, 4), size)
    assert found.tolist() == _all_put_in_order(shares, total, of, size)
