"""Divisor methods: as they are defined, one unit after the other; their laws; and what a page is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import equite
from equite.engine.apportionment import DIVISORS, Claims, apportion
from equite.engine.exactness import fractions_of
from equite.engine.rounding import largest_remainders
from equite.engine.sharing import DUST, Groups
from equite.errors import EquiteError

of_money = settings.get_profile("law-of-money")
METHODS = sorted(DIVISORS)
PEOPLE = st.lists(st.integers(1, 60), min_size=1, max_size=8)


def page(method: str, units: int, **rounding: Any) -> dict[str, Any]:
    return {
        "equite": 1,
        "id": "seats",
        "language": "en",
        "unit": {"fr": "siège", "en": "seat"},
        "key": "code",
        "envelope": units,
        "parts": [{"id": "seats", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
        "rounding": {"method": method, **rounding},
    }


def table(people: list[int]) -> dict[str, list[Any]]:
    return {"code": [f"{at:02}" for at in range(len(people))], "people": people}


def one_by_one(people: list[int], units: int, method: str, minimum: int = 0) -> list[int]:
    """Give unit after unit to the highest priority, in exact fractions; the first code at a tie."""
    divisor, seats = DIVISORS[method], [minimum] * len(people)

    def priority(at: int) -> tuple[bool, Fraction, int]:
        below = divisor.exactly(seats[at])
        claim = Fraction(people[at]) ** divisor.power
        return (below == 0, claim / below if below else Fraction(0), -at)

    for _ in range(units - sum(seats)):
        best = max(range(len(people)), key=priority)
        seats[best] += 1
    return seats


def apportioned(people: list[int], units: int, method: str, **rounding: Any) -> list[int]:
    return list(equite.allocate(page(method, units, **rounding), table(people)).units)


def by_divisors(people: list[int], units: int, method: str) -> list[int]:
    """Apportion by the method alone, without a page, on exact weights."""
    weights, size = fractions_of(np.array(people, dtype=np.float64)), len(people)
    shares = np.array(people) * (units / sum(people))
    least = np.full(size, float(DIVISORS[method].serves_all))
    claims = Claims(
        shares,
        least,
        np.full(size, np.inf),
        np.array([units]),
        Groups.single(size),
        np.full(size, DUST),
        lambda rows: weights[rows],
    )
    return list(map(int, apportion(claims, method).units))


@given(PEOPLE, st.integers(0, 40), st.sampled_from(METHODS), st.integers(0, 2))
def test_units_are_those_given_one_by_one(people: list[int], more: int, method: str, minimum: int) -> None:
    units = len(people) * max(minimum, 1) + more
    rounding = {"minimum": minimum} if minimum else {}
    assert apportioned(people, units, method, **rounding) == one_by_one(people, units, method, minimum)


@of_money
@given(PEOPLE, st.integers(0, 60), st.sampled_from(METHODS))
def test_one_more_unit_takes_none_from_anybody(people: list[int], more: int, method: str) -> None:
    units = len(people) + more
    fewer, larger = (np.array(by_divisors(people, each, method)) for each in (units, units + 1))
    assert (larger >= fewer).all()


@of_money
@given(PEOPLE.filter(lambda people: len(people) > 1), st.integers(0, 40), st.sampled_from(METHODS), st.data())
def test_who_grows_faster_gives_no_unit_to_who_grows_slower(
    people: list[int], more: int, method: str, data: st.DataObject
) -> None:
    units = len(people) + more
    later = [count + data.draw(st.integers(0, 20)) for count in people]
    before, after = by_divisors(people, units, method), by_divisors(later, units, method)
    for one in range(len(people)):
        for other in range(len(people)):
            if later[one] * people[other] > later[other] * people[one]:
                assert after[one] >= before[one] or after[other] <= before[other]


@of_money
@given(PEOPLE, st.integers(0, 60))
def test_largest_remainders_keep_quota(people: list[int], units: int) -> None:
    shares = np.array(people) * (units / sum(people))
    whole = largest_remainders(shares, np.array([units]), Groups.single(len(people)))
    for seats, count in zip(whole.tolist(), people, strict=True):
        assert abs(int(seats) - Fraction(count * units, sum(people))) < 1


@pytest.mark.parametrize(
    ("method", "seats"),
    [
        # 100,000 votes for 10 seats; quotients by hand.
        ("dhondt", [5, 2, 2, 1, 0, 0]),
        ("sainte-lague", [4, 2, 2, 1, 1, 0]),
        ("adams", [3, 2, 2, 1, 1, 1]),
    ],
)
def test_ten_seats_by_votes(method: str, seats: list[int]) -> None:
    assert apportioned([47_000, 16_000, 15_800, 12_000, 6_100, 3_100], 10, method) == seats


def test_floats_that_cannot_tell_are_told_by_fractions() -> None:
    # One part in 10^15 is less than the dust that solving a level leaves.
    close = [10**15 - 1, 10**15 - 2]
    assert apportioned(close[::-1], 3, "dhondt") == [1, 2]
    assert apportioned(close, 3, "dhondt") == [2, 1]


def test_ties_go_in_code_order_and_are_told() -> None:
    allocation = equite.allocate(page("sainte-lague", 4), table([5, 5, 5]))
    assert list(allocation.units) == [2, 1, 1]
    assert any("same claim" in str(warning) and "00" in str(warning) for warning in allocation.warnings)
    free = equite.allocate(page("sainte-lague", 3), table([5, 5, 5]))
    assert not any("same claim" in str(warning) for warning in free.warnings)


def test_floors_and_ceilings_hold_in_whole_units() -> None:
    limits = [{"id": "bounds", "at_least": 2, "at_most": 5}]
    allocation = equite.allocate({**page("dhondt", 12), "limits": limits}, table([1, 30, 9, 60]))
    # Limits first: 1.2 rises to 2 and 60 falls to 5; the 5 left go 3.85 to 30 and 1.15 to 9, which rises to 2.
    assert list(allocation.units) == [2, 3, 2, 5]


def test_each_group_has_its_own_units() -> None:
    part = {"id": "seats", "within": "region", "share": {"in_proportion_to": "people"}}
    part["pool"] = {"amount": "where(region == 'n', 3, 5)"}
    allocation = equite.allocate(
        {**page("adams", 8), "parts": [part]}, {**table([1, 9, 1, 9]), "region": ["n", "s", "n", "s"]}
    )
    # Region n: 3 for two equals, the odd one to the first; s: 5 for two equals.
    assert list(allocation.units) == [2, 3, 1, 2]


def test_many_units_take_no_longer() -> None:
    weights = np.arange(1.0, 2001.0)
    total = 10**12
    shares = weights * (total / weights.sum())
    claims = Claims(
        shares, np.zeros(2000), np.full(2000, np.inf), np.array([total]), Groups.single(2000), np.full(2000, DUST)
    )
    for method in METHODS:
        found = apportion(claims, method)
        assert int(found.units.sum()) == total
        assert (np.abs(found.units - shares) < 2).all()


def test_variants_are_apportioned_as_alone() -> None:
    made = equite.batch(page("huntington-hill", 9, minimum=1), table([7, 20, 61]), {"envelope": [9, 12, 30]})
    assert made.units.tolist() == [made.allocation(at).units.tolist() for at in range(3)]
    assert made.units.tolist() == [one_by_one([7, 20, 61], units, "huntington-hill", 1) for units in (9, 12, 30)]


def test_an_explanation_says_what_the_method_gave_and_took() -> None:
    allocation = equite.allocate(page("adams", 5), table([1, 9]))
    given, taken = (str(allocation.explain(code)).replace("\u00a0", " ") for code in ("00", "01"))
    assert "Exact share 0.500 seat: 1 seat by Adams, 0.500 seat more" in given
    assert "Exact share 4.500 seat: 4 seat by Adams, 0.500 seat less" in taken


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"envelope": 2}, "the least that everyone is to have takes 3\u00a0seat, and there is 2\u00a0seat"),
        ({"envelope": 5, "rounding": {"method": "dhondt", "minimum": 2}}, "takes 6\u00a0seat"),
        ({"rounding": {"minimum": 2}}, "`minimum` only goes with a divisor method"),
        ({"rounding": {"method": "adams", "minimum": 0}}, "a minimum of 0 asks for nothing"),
        ({"rounding": {"method": "adams", "minimum": 1.5}}, "the minimum 1.5 is not a multiple"),
        ({"rounding": {"method": "huntingdon-hill"}}, "huntington-hill"),
        (
            {
                "rounding": {"method": "dhondt", "minimum": 3},
                "limits": [{"id": "most", "at_most": 2, "if_over": "reserve"}],
            },
            "stands above the ceiling",
        ),
        ({"envelope": None, "parts": [{"id": "a", "share": {"as_is": "people"}}]}, "without an envelope nothing"),
        (
            {
                "parts": [
                    {"id": "a", "share": {"as_is": "people - 2"}},
                    {"id": "b", "pool": "remainder", "share": "equally"},
                ],
                "limits": [],
                "envelope": 28,
            },
            "apportions no amount below zero",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(EquiteError) as refused:
        equite.allocate({**page("huntington-hill", 10), **changes}, table([1, 1, 30]))
    assert said in str(refused.value)
