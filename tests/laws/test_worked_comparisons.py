"""Comparisons worked by hand: each page decides what the figures as typed decide, never what binary dust does."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

import equite

HEAD: dict[str, Any] = {"equite": 1, "id": "worked", "language": "en", "key": "code", "rounding": {"to": "1"}}
PEOPLE = {"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}


def frame(**columns: list[Any]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame({"code": list("ABCDEFGHIJ")[:size], **columns})


def shares(table: pd.DataFrame, *, by: str = "people", **keys: Any) -> dict[str, int]:
    """Share an envelope in proportion to an expression, and give each its units."""
    grant = PEOPLE | {"share": {"in_proportion_to": by}}
    found = equite.allocate(HEAD | {"envelope": 1000, "parts": [grant]} | keys, table)
    return dict(zip(found.codes, found.units.tolist(), strict=True))


def entitled(amount: str, table: pd.DataFrame, to: str = "1") -> list[int]:
    page = HEAD | {"parts": [{"id": "grant", "share": {"as_is": amount}}], "rounding": {"to": to}}
    return [int(units) for units in equite.allocate(page, table).units]


# Who takes part.


def test_income_at_110_percent_of_the_average() -> None:
    # The average is (10 + 55 + 60 + 75) / 4 = 50; 110 % of it is 55: B stays.
    table = frame(income=[10, 55, 60, 75], people=[1, 1, 1, 1])
    where = "income >= 1.1 * average(income, among=all)"
    assert shares(table, envelope=900, eligible=[{"where": where}]) == {"B": 300, "C": 300, "D": 300}


def test_a_territory_at_29_percent_stays() -> None:
    table = frame(poor=[29, 28, 58], people=[100, 100, 200])
    assert shares(table, envelope=300, eligible=[{"where": "poor / people * 100 >= 29"}]) == {"A": 100, "C": 200}


# Criteria.


@pytest.mark.parametrize("method", ["min-max", "rank", "z-score", "percentile-rank", "modified-z", "quantile-bands"])
def test_a_rate_of_030_for_all_distinguishes_nobody(method: str) -> None:
    # 0.1 + 0.2, 0.15 + 0.15, 0.3 and 0.25 + 0.05 are all 0.3: everybody scores 0.5.
    table = frame(low=[0.1, 0.15, 0.3, 0.25], more=[0.2, 0.15, 0.0, 0.05])
    index = {"need": {"normalise": method, "criteria": {"rate": 1}}}
    page = HEAD | {"envelope": 1000, "variables": {"rate": "low + more"}, "indices": index}
    found = equite.allocate(page | {"parts": [PEOPLE | {"share": {"in_proportion_to": "need"}}]}, table)
    assert found.units.tolist() == [250, 250, 250, 250]
    assert found.scores["need"].tolist() == [0.5] * 4
    assert len(found.warnings) == 2


DUELS = frame(x=[1, 2, 3, 4], y=[4, 3, 2, 1], z=[2, 2, 1, 3])


@pytest.mark.parametrize("scale", ["1", "0.1", "3", "1 / 3", "0.07", "1.1"])
def test_duels_do_not_depend_on_the_scale_of_weights(scale: str) -> None:
    # Weights 3, 2 and 1: x against y and z together is a draw, 3 to 3.
    # A–B: y for A (2), x for B (3), z equal: B wins. A–C: y + z (3) for A, x (3) for C: a draw.
    # A–D: y (2) against x + z (4): D. B–C: y + z (3), x (3): a draw. B–D: y (2), x + z (4): D.
    # C–D: y (2), x + z (4): D. Of three duels each: A ½, B 1 + ½, C ½ + ½, D 3.
    weights = {name: f"({scale}) * {weight}" for name, weight in (("x", 3), ("y", 2), ("z", 1))}
    index = {"need": {"normalise": "min-max", "aggregate": "copeland", "criteria": weights}}
    page = HEAD | {"envelope": 1000, "indices": index}
    found = equite.allocate(page | {"parts": [PEOPLE | {"share": {"in_proportion_to": "1 + need"}}]}, DUELS)
    assert found.scores["need"].tolist() == pytest.approx([1 / 6, 1 / 2, 1 / 3, 1])


@pytest.mark.parametrize("weight", ["0.1 + 0.2 - 0.3", "0.3 - 0.1 - 0.2", "0"])
def test_a_weight_of_nothing_drops_its_criterion(weight: str) -> None:
    index = {"need": {"criteria": {"x": 1, "gap": weight}}}
    table = frame(x=[0, 1], gap=[None, 1.0])
    assert shares(table, by="1 + need", indices=index, envelope=300) == {"A": 100, "B": 200}


def test_weights_by_territory_of_one_total() -> None:
    # 0.1 + 0.9, 0.3 + 0.7, 0.2 + 0.8 are all 1.
    table = frame(x=[0, 5, 10], y=[0, 5, 10], w=[0.1, 0.3, 0.2], v=[0.9, 0.7, 0.8])
    index = {"need": {"criteria": {"x": "w", "y": "v"}}}
    assert shares(table, by="1 + need", indices=index, envelope=450) == {"A": 100, "B": 150, "C": 200}


@pytest.mark.parametrize(("big", "refused"), [(25_000_000.00, False), (25_000_000.01, True)])
def test_weights_that_differ_by_a_cent_have_not_one_total(big: float, refused: bool) -> None:
    table = frame(x=[0, 10], y=[0, 10], w=[25_000_000.00, big])
    page: dict[str, Any] = {"indices": {"need": {"criteria": {"x": "w", "y": 1}}}, "by": "1 + need"}
    if refused:
        with pytest.raises(equite.EquiteError):
            shares(table, **page)
    else:
        assert shares(table, **page | {"envelope": 300}) == {"A": 100, "B": 200}


def test_a_density_at_the_cut_is_above_it() -> None:
    # A: (0.7 + 0.1) × 62.5 = 50, and B: (0.1 + 0.7) × 62.5 = 50, stand at the cut, so `above`: low values are needier
    # among A, B and C. D alone is below. Ranks by x, 1, 2 and 3: A 5/6, B 1/2 and C 1/6; D by itself 1/2.
    table = frame(one=[0.7, 0.1, 0.9, 0.5], two=[0.1, 0.7, 0, 0], times=[62.5, 62.5, 100, 90], x=[1, 2, 3, 4])
    direction = {"by": "density", "cut": 50, "below": "high", "above": "low"}
    page = HEAD | {"envelope": 1000, "variables": {"density": "(one + two) * times"}}
    page["indices"] = {"need": {"criteria": {"x": {"weight": 1, "more_need_when": direction}}}}
    found = equite.allocate(page | {"parts": [PEOPLE | {"share": {"in_proportion_to": "need"}}]}, table)
    assert found.scores["need"].tolist() == pytest.approx([5 / 6, 1 / 2, 1 / 6, 1 / 2])


def test_a_score_of_nothing_is_not_above_zero() -> None:
    # 0.1 + 0.2 stands exactly at the lower goalpost: it scores zero, which a geometric mean cannot take.
    table = frame(a=[0.1, 0.5], b=[0.2, 0.5])
    index = {"need": {"normalise": {"goalposts": [0.3, 2]}, "aggregate": "geometric", "criteria": {"sum": 1}}}
    with pytest.raises(equite.EquiteError, match="scores zero or less for A"):
        shares(table, by="need", indices=index, variables={"sum": "a + b"})


# Shares and whole units.


@pytest.mark.parametrize("speck", ["c - a - b", "a + b - c"])
def test_a_share_of_nothing_is_nothing(speck: str) -> None:
    # A's share is 0.3 − 0.1 − 0.2 = 0, B's and C's are 1 and 3.
    table = frame(a=[0.1, 0, 0], b=[0.2, 0, 0], c=[0.3, 1, 3])
    sign = "" if speck.startswith("c") else "abs"
    assert shares(table, by=f"{sign}({speck})") == {"A": 0, "B": 250, "C": 750}


def test_a_share_that_is_truly_negative_is_still_refused() -> None:
    table = frame(a=[0.1, 0], b=[0.2, 0], c=[0.2999, 1])
    with pytest.raises(equite.EquiteError, match="negative"):
        shares(table, by="c - a - b")


def test_equal_remainders_go_in_code_order() -> None:
    # Three shares of 0.3 in 1,000: 333.33 each, and the unit left goes to the first code, however the 0.3 came.
    for a, b in (([0.15, 0.1, 0.7], [0.15, 0.2, -0.4]), ([0.7, 0.1, 0.15], [-0.4, 0.2, 0.15])):
        assert shares(frame(a=a, b=b), by="a + b") == {"A": 334, "B": 333, "C": 333}
        # With cents of 25 millions: 2,500,000,001 cents in three, two left over.
        cents = shares(frame(a=a, b=b), by="a + b", envelope="25000000.01", rounding={"to": "0.01"})
        assert cents == {"A": 833_333_334, "B": 833_333_334, "C": 833_333_333}


def test_remainders_that_differ_are_not_equal() -> None:
    # Of 10,000: 0.3 and 0.3003 of 0.6003 are 4997.5012 and 5002.4988: A has the larger remainder, by 0.0025.
    assert shares(frame(x=[0.3, 0.3003]), by="x", envelope=10_000) == {"A": 4998, "B": 5002}
    # Of 10,000,001 by 1 and 1.0000002: 2.0000002 × 5,000,000 is all of it, so both quotas are whole.
    assert shares(frame(x=[1, 1.0000002]), by="x", envelope=10_000_001) == {"A": 5_000_000, "B": 5_000_001}


@pytest.mark.parametrize(
    ("amount", "x", "to", "right"),
    [
        ("1.005 * x", 100, "1", 101),  # 100.5
        ("0.145 * x", 100, "1", 15),  # 14.5
        ("-0.145 * x", 100, "1", -15),  # −14.5: away from zero
        ("1.005 * x", 1, "0.01", 101),  # 1.005 $ is 100.5 cents
        ("2.675 * x", 1, "0.01", 268),
        ("x * 0.07 * 1.5", 1, "0.01", 11),  # 0.105 $: 10.5 cents
        ("x * 1.1 * 1.5", 10, "1", 17),  # 16.5
        ("1.15 * x", 10, "1", 12),  # 11.5
        ("1.15 * x", 0.5, "0.05", 12),  # 0.575 is 11.5 units of 0.05
        ("1.005 * x - 0.000000001", 100, "1", 100),
        ("-1.005 * x + 0.000000001", 100, "1", -100),
        ("x + 0.005", 25_000_000.00, "0.01", 2_500_000_001),
        ("x + 0.0049", 25_000_000.00, "0.01", 2_500_000_000),
    ],
)
def test_halves_of_entitlements_go_away_from_zero(amount: str, x: float, to: str, right: int) -> None:
    assert entitled(amount, frame(x=[x]), to) == [right]


@pytest.mark.parametrize(
    ("envelope", "right"),
    [
        ("1.005 * total(x)", 101),  # 100.5, halves up
        ("0.145 * total(x)", 15),  # 14.5
        ("1.005 * total(x) - 0.000000001", 100),
        ("1.1 * total(x)", 110),
        ("0.1 + 0.2 - 0.3 + total(x)", 100),
    ],
)
def test_halves_of_a_computed_envelope_go_up(envelope: str, right: int) -> None:
    parts = [{"id": "grant", "pool": "remainder", "share": "equally"}]
    assert equite.allocate(HEAD | {"envelope": envelope, "parts": parts}, frame(x=[40, 60])).envelope == right


def test_an_envelope_that_is_one_for_all() -> None:
    table = frame(a=[0.1, 0.15, 0.7], b=[0.2, 0.15, -0.4], people=[1, 1, 1])
    assert shares(table, envelope="1000 * (a + b)") == {"A": 100, "B": 100, "C": 100}


BASE: dict[str, Any] = {"id": "base", "pool": {"amount": "{x}"}, "share": "equally"}
CENTS: dict[str, dict[str, Any]] = {
    "pool": {"parts": [BASE, PEOPLE]},
    "pool of a group": {"parts": [BASE | {"within": "g"}, PEOPLE]},
    "bound of a group": {"limits": [{"id": "cap", "by": "g", "at_most": "{x}", "if_over": "reserve"}]},
    "envelope": {"envelope": "{x}"},
    "envelope of a group": {"envelope": "{x}", "within": "g"},
}


@pytest.mark.parametrize("written", ["x", "x * 1.1 - x * 0.1"])
@pytest.mark.parametrize("keys", CENTS.values(), ids=CENTS)
def test_what_must_be_one_figure_is_one_to_the_cent(keys: dict[str, Any], written: str) -> None:
    page = HEAD | {"envelope": 90_000_000, "rounding": {"to": "0.01"}, "parts": [PEOPLE]} | keys
    page = json.loads(json.dumps(page).replace("{x}", written))
    table = frame(x=[25_000_000.01, 25_000_000.01], g=["p", "p"], people=[1, 1])
    assert len(equite.allocate(page, table).units) == 2
    with pytest.raises(equite.EquiteError, match="differs"):
        equite.allocate(page, table.assign(x=[25_000_000.00, 25_000_000.01]))


def test_a_group_envelope_for_each_group_of_a_computed_number() -> None:
    # Groups 0.3 (A, B, C) and 0.5 (D): 900 each.
    table = frame(a=[0.1, 0.15, 0.7, 0.5], b=[0.2, 0.15, -0.4, 0.0], people=[1, 1, 1, 1])
    keys: dict[str, Any] = {"variables": {"sum": "a + b"}, "within": "sum", "envelope": 900}
    assert shares(table, **keys) == {"A": 300, "B": 300, "C": 300, "D": 900}


# Bounds and checks.


def test_all_the_money_is_shared() -> None:
    # 166.67 + 666.67 + 166.66 = 1,000.00.
    held = ["total(amount) == envelope", "not (total(amount) - envelope)", "amount / envelope * 1000 == amount"]
    page = HEAD | {"envelope": 1000, "rounding": {"to": "0.01"}, "parts": [PEOPLE]}
    found = equite.allocate(page | {"checks": [{"that": text} for text in held]}, frame(people=[1, 4, 1]))
    assert found.units.tolist() == [16667, 66667, 16666]
    assert [check.failing for check in found.checks] == [()] * 3


@pytest.mark.parametrize("bounds", ["inward", "nearest"])
def test_a_bound_that_was_kept_is_told_as_kept(bounds: str) -> None:
    # Floors 0.95 × 20.60 = 19.57 and caps 1.1 × 30.70 = 33.77, exactly whole cents; both bind.
    table = frame(people=[1, 100, 50], previous_year=[20.60, 30.70, 40.10])
    page = HEAD | {"envelope": 100, "previous": "previous_year", "parts": [PEOPLE]}
    page |= {"rounding": {"to": "0.01", "bounds": bounds}}
    page["limits"] = [
        {"id": "pace", "at_least": "0.95 * previous", "at_most": 'where(code == "B", 1.1 * previous, null)'}
    ]
    held = ["amount >= 0.95 * previous", 'code != "B" or amount <= 1.1 * previous', "total(amount) <= envelope"]
    held += ["amount - 0.95 * previous >= 0", "amount / previous >= 0.95"]
    found = equite.allocate(page | {"checks": [{"that": text} for text in held]}, table)
    assert found.units.tolist() == [1957, 3377, 4666]
    assert [check.failing for check in found.checks] == [()] * 5


def test_a_floor_of_a_whole_unit_is_that_unit() -> None:
    # 1.1 × 100 = 110 is a whole unit: not 111. Three such floors take 330, all the money.
    table = frame(x=[100, 100, 100], people=[1, 2, 3])
    assert shares(table, envelope=330, limits=[{"id": "f", "at_least": "1.1 * x"}]) == {"A": 110, "B": 110, "C": 110}
    # 0.07 × 100 = 7 as a cap is 7: not 6. 0.29 × 100 = 29 likewise.
    cap = {"id": "cap", "at_most": "where(people == 3, 0.29 * x, null)"}
    assert shares(table, envelope=100, limits=[cap]) == {"A": 24, "B": 47, "C": 29}


def test_a_floor_equal_to_its_ceiling_is_no_contradiction() -> None:
    table = frame(a=[0.1, 0.2], b=[0.2, 0.4], people=[1, 1])
    both = [{"id": "both", "at_least": "(a + b) * 1000", "at_most": "people * where(a == 0.1, 0.3, 0.6) * 1000"}]
    assert shares(table, envelope=900, limits=both) == {"A": 300, "B": 600}


def test_parts_that_take_the_envelope_exactly() -> None:
    # 10 %, 20 % and 70 % are all of it: no reserve, no excess.
    parts = [
        {"id": name, "pool": {"amount": f"{share} * envelope"}, "share": "equally"}
        for name, share in (("one", "0.1"), ("two", "0.2"), ("three", "0.7"))
    ]
    found = equite.allocate(HEAD | {"envelope": 1000, "parts": parts}, frame(x=[1, 1]))
    assert (found.units.tolist(), found.reserve) == ([500, 500], 0)


def test_an_amount_decided_by_name_may_be_computed() -> None:
    # 1.1 × 100 is a multiple of the unit.
    decided = {"id": "decided", "override": {"code": "A", "amount": "1.1 * x", "reason": "Flood"}}
    assert shares(frame(x=[100, 90], people=[1, 1]), limits=[decided]) == {"A": 110, "B": 890}


def test_a_limit_excepts_whom_its_condition_names_exactly() -> None:
    # A's rate is 0.1 + 0.2 = 0.3: not above it, so A is bound; B's and C's is 0.4. 800 by 1 and 8 are 89 and 711.
    table = frame(a=[0.1, 0.2, 0.4], b=[0.2, 0.2, 0.0], people=[1, 1, 8])
    floor = {"id": "floor", "at_least": 200, "except": "a + b > 0.3"}
    assert shares(table, limits=[floor]) == {"A": 200, "B": 89, "C": 711}
