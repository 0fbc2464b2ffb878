"""A page that runs within groups is that page run in each of them, in one go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import equite

of_money = settings.get_profile("law-of-money")

BASE: dict[str, Any] = {"equite": 1, "id": "groups", "language": "en", "key": "code"}


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], pd.DataFrame]:
    """Draw a page without averages or scales, and a table of groups with money of their own."""
    groups = draw(st.integers(1, 4))
    sizes = draw(st.lists(st.integers(1, 6), min_size=groups, max_size=groups))
    money = draw(st.lists(st.integers(0, 60_000), min_size=groups, max_size=groups))
    number = st.integers(1, 5000)
    rows = [
        {
            "code": "",
            "region": f"R{at}",
            "received": money[at] * 100,
            "people": draw(number),
            "before": draw(number) * 20,
        }
        for at, size in enumerate(sizes)
        for _ in range(size)
    ]
    rows = draw(st.permutations(rows))
    table = pd.DataFrame(rows).assign(code=[f"{at:03d}" for at in range(len(rows))])
    parts: list[dict[str, Any]] = [
        {"id": "base", "pool": {"fraction": draw(st.sampled_from(("0", "0.1", "0.37")))}, "share": "equally"},
        {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "people ** 0.7"}},
    ]
    stages = st.sampled_from(
        [
            {"at_least": "0.9 * before", "if_short": "prorate"},
            {"at_most": "1.3 * before", "if_over": "reserve"},
            {"at_least": "0.5 * before", "at_most": "2 * before", "if_short": "prorate", "if_over": "reserve"},
            {"at_least": "300", "fund": "on_top"},
            {"at_most": "0.8 * before + 100", "then": "hold", "if_over": "reserve"},
        ]
    )
    drawn = draw(st.lists(stages, max_size=3))
    limits = [{"id": f"stage{at}", **stage} for at, stage in enumerate(drawn)]
    rounding = {
        "to": draw(st.sampled_from(("1", "0.01", "100"))),
        "bounds": draw(st.sampled_from(("inward", "nearest"))),
    }
    page = {**BASE, "envelope": "received", "within": "region", "parts": parts, "limits": limits, "rounding": rounding}
    return page, table


def _allocated(page: dict[str, Any] | equite.Formula, table: pd.DataFrame) -> equite.Allocation | None:
    try:
        return equite.allocate(page, table)
    except equite.SharingError as error:
        assert error.text("fr") and error.text("en")
        return None


def _amounts(found: equite.Allocation | None) -> pd.Series | None:
    return None if found is None else pd.Series(found.amounts, index=found.codes)


@of_money
@given(cases())
def test_it_gives_what_a_loop_over_the_groups_gives(case: tuple[dict[str, Any], pd.DataFrame]) -> None:
    page, table = case
    alone = equite.Formula.from_dict({key: value for key, value in page.items() if key != "within"})
    each = [_amounts(_allocated(alone, group)) for _, group in table.groupby("region")]
    found = _allocated(page, table)
    assert (found is None) == any(amounts is None for amounts in each)
    if found is not None:
        pd.testing.assert_series_equal(_amounts(found), pd.concat(each).sort_index())
        each_envelope_is_spent_exactly(found, table)


def each_envelope_is_spent_exactly(found: equite.Allocation, table: pd.DataFrame) -> None:
    said = found.envelopes.set_index("group")
    amounts = pd.Series(found.units, index=found.codes).groupby(table.set_index("code")["region"]).sum()
    assert found.envelope_units is not None
    left = found.envelope_units + found.on_top_units - found.reserve_units
    assert dict(zip(said.index, left.tolist(), strict=True)) == amounts.to_dict()
    assert said["envelope"].to_dict() == table.groupby("region")["received"].first().to_dict()


@of_money
@given(cases(), st.data())
def test_those_served_get_what_they_get_when_all_are(
    case: tuple[dict[str, Any], pd.DataFrame], data: st.DataObject
) -> None:
    page, table = case
    criteria = {"people": 1, "before": {"weight": 2, "normalise": "rank"}}
    aggregate = data.draw(st.sampled_from(("arithmetic", "copeland")))
    page = {**page, "indices": {"need": {"aggregate": aggregate, "criteria": criteria}}}
    page["parts"][1]["share"] = {"in_proportion_to": "people * (0.2 + need) / average(people)"}
    page = equite.Formula.from_dict(page)
    everybody = _amounts(_allocated(page, table))
    if everybody is None:
        return
    regions = data.draw(st.sets(st.sampled_from(sorted(table["region"].unique())), min_size=1))
    serving = table.loc[table["region"].isin(regions), "code"]
    found = equite.allocate(page, table, serving=serving)
    assert sorted(found.codes) == sorted(serving)
    assert found.amounts.tolist() == everybody[list(found.codes)].tolist()
    for code in found.codes:
        explained = found.explain(code)
        assert sum(line.amount for line in explained.lines) == pytest.approx(explained.amount, abs=1e-6)


def test_a_finer_within_and_totals_of_groups_lie_inside_each_envelope() -> None:
    table = pd.DataFrame(
        {
            "code": ["A", "B", "C", "D", "E", "F"],
            "region": ["n", "n", "n", "s", "s", "s"],
            "setting": ["town", "town", "farm", "town", "farm", "farm"],
            "received": [600] * 3 + [900] * 3,
            "people": [1, 2, 3, 4, 2, 3],
        }
    )
    page = {
        **BASE,
        "envelope": "received",
        "within": "region",
        "parts": [
            {"id": "halves", "pool": {"fraction": 0.5}, "within": "setting", "share": {"in_proportion_to": "people"}},
        ],
        "rounding": {"to": 1},
    }
    found = equite.allocate(page, table)
    # Half of the region's envelope to its towns, half to its farms.
    assert found.amounts.tolist() == [100, 200, 300, 450, 180, 270]
    page["parts"] = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    page["limits"] = [{"id": "towns", "at_most": 240, "by": "setting"}]
    page["if_over"] = "reserve"
    with pytest.raises(equite.SharingError):  # at most 240 by setting: 480 of 600 in the north
        equite.allocate(page, table)
    page["limits"] = [{"id": "towns", "at_most": 500, "by": "setting"}]
    found = equite.allocate(page, table)
    assert found.amounts.tolist() == [100, 200, 300, 400, 200, 300]
    totals = table.assign(amount=found.amounts).groupby(["region", "setting"])["amount"].sum()
    assert (totals <= 500).all()


def test_refusals_name_the_group() -> None:
    table = pd.DataFrame({"code": ["A", "B", "C"], "region": ["n", "n", "s"], "received": [100, 100, 75]})
    short = {**BASE, "envelope": "received", "within": "region"}
    short["parts"] = [{"id": "base", "pool": {"each": 60}, "share": "equally"}]
    with pytest.raises(equite.SharingError) as caught:
        equite.allocate(short, table)
    assert "in n, the parts take $120.00" in caught.value.text("en")
    assert (
        "dans s, les volets prennent 60,00 $, et l'enveloppe contient 75,00 $ : il reste 15,00 $"
        in caught.value.text("fr").replace("\u00a0", " ").replace("\u202f", " ")
    )
    over = {**short, "parts": [{"id": "base", "pool": {"each": 20}, "share": "equally"}]}
    with pytest.raises(equite.SharingError) as caught:
        equite.allocate(over, table)
    assert "in n, the parts take $40.00, and the envelope holds $100.00: $60.00 is left" in caught.value.text("en")
    assert "dans s" in caught.value.text("fr")
    floors = {**short, "parts": [{"id": "grant", "pool": "remainder", "share": "equally"}]}
    floors["limits"] = [{"id": "floor", "at_least": 80}]
    with pytest.raises(equite.SharingError) as caught:
        equite.allocate(floors, table)
    assert "floor, n" in caught.value.text("en") and "floor, s" in caught.value.text("en")


def test_a_page_says_within_once() -> None:
    page = {**BASE, "envelope": "received", "within": "region"}
    page["parts"] = [{"id": "grant", "pool": {"amount": "received"}, "within": "region", "share": "equally"}]
    with pytest.raises(equite.FormulaError) as caught:
        equite.Formula.from_dict(page)
    assert "already shares within 'region'" in caught.value.text("en")


def test_serving_refuses_codes_that_are_not_there() -> None:
    table = pd.DataFrame({"code": ["010", "020"], "people": [1, 2]})
    page = {**BASE, "envelope": 10, "parts": [{"id": "grant", "pool": "remainder", "share": "equally"}]}
    with pytest.raises(equite.SharingError) as caught:
        equite.allocate(page, table, serving=["10"])
    assert "'10'" in caught.value.text("en")
    assert np.isclose(equite.allocate(page, table, serving=["020"]).total, 10)
