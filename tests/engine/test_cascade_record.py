"""A cascade worked by hand: its accounts, its record and its trail, each number in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import equite
from equite.engine import cascade_run

TABLES = {
    "region": pd.DataFrame({"code": ["N", "S"], "called": ["North", "South"], "people": [100, 200]}),
    "town": pd.DataFrame({"code": ["a", "b", "c"], "up": ["N", "S", "S"], "people": [100, 50, 150]}),
}


def page(called: str, **keys: object) -> dict[str, object]:
    by_people = {"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}
    return {
        "equite": 1,
        "id": called,
        "language": "en",
        "key": "code",
        "rounding": {"to": 1},
        "parts": [by_people],
    } | keys


def worked() -> equite.Cascade:
    """900 by people: 300 to N and 600 to S; each keeps a tenth; S's 540 go 1 to 3, a's floor puts 30 on top of N's."""
    floor = {"id": "floor", "at_least": "where(people == 100, 300, 0)", "fund": "on_top"}
    plan = {
        "equite_plan": 1,
        "id": "plan",
        "language": "en",
        "tiers": [
            {
                "id": "region",
                "formula": page("r", envelope=900, name="called", people="people"),
                "keeps": "0.1 * amount",
            },
            {"id": "town", "parent": "up", "formula": page("t", limits=[floor])},
        ],
    }
    return equite.cascade(plan, TABLES)


def test_accounts_name_each_node_once_and_in_order() -> None:
    found = worked()
    whole = found.accounts
    assert list(whole.columns[:4]) == ["tier", "code", "name", "parent"]
    assert whole["tier"].tolist() == ["region", "region", "town", "town", "town"]
    assert whole["code"].tolist() == ["N", "S", "a", "b", "c"]
    assert whole.index.tolist() == [0, 1, 2, 3, 4]
    assert whole["name"].tolist()[:2] == ["North", "South"]
    assert whole["parent"].tolist()[2:] == ["N", "S", "S"]
    assert whole["received"].tolist() == [300, 600, 300, 135, 405]
    assert whole["kept"].tolist()[:2] == [30, 60]
    assert whole["on_top"].tolist()[:2] == [30, 0]
    assert found.envelope == 900


def test_the_envelope_of_the_top_is_what_was_typed_whatever_came_on_top() -> None:
    plan = {
        "equite_plan": 1,
        "id": "plan",
        "language": "en",
        "tiers": [
            {
                "id": "region",
                "formula": page("r", envelope=900, limits=[{"id": "floor", "at_least": 400, "fund": "on_top"}]),
            },
            {"id": "town", "parent": "up", "formula": page("t")},
        ],
    }
    # N's 300 are raised by 100, which no part of the 900 pays.
    found = equite.cascade(plan, TABLES)
    assert found.accounts["received"].tolist()[:2] == [400, 600]
    assert found.envelope == 900


def test_the_record_holds_the_accounts_of_each_tier() -> None:
    told = worked().record["tiers"]
    assert told["region"]["accounts"]["received"] == [300, 600]
    assert told["town"]["accounts"]["parent"] == ["N", "S", "S"]
    assert told["region"].keys() == {"decided_by", "choices", "allocations", "funds", "accounts"}


def test_a_trail_tells_each_number_of_each_step() -> None:
    top, last = worked().explain("b").steps
    assert (top.shared, top.received, top.kept, top.passed_on, top.name) == (900, 600, 60, 540, "South")
    assert (top.funds, top.added) == (0, 0)
    assert (last.shared, last.received, last.kept, last.passed_on) == (540, 135, 0, 135)
    assert last.of_shared == pytest.approx(0.25)
    # Of each dollar of the envelope S has two thirds, passes on nine tenths of them, of which b has a quarter.
    assert last.of_envelope == pytest.approx(2 / 3 * 0.9 * 0.25)
    assert top.explanation is not None


def test_a_node_that_its_page_left_out_has_a_step_and_no_explanation() -> None:
    plan = {
        "equite_plan": 1,
        "id": "plan",
        "language": "en",
        "tiers": [
            {"id": "region", "formula": page("r", envelope=900)},
            {
                "id": "town",
                "parent": "up",
                "formula": page("t", eligible=[{"where": "people != 50", "reason": {"en": "no", "fr": "non"}}]),
            },
        ],
    }
    last = equite.cascade(plan, TABLES).explain("b").steps[-1]
    assert (last.received, last.explanation) == (0, None)
    # A whole region without money: its towns share nothing, and nothing explains them.
    plan["tiers"][0]["formula"]["eligible"] = [{"where": "people > 100", "reason": {"en": "no", "fr": "non"}}]  # type: ignore[index]
    last = equite.cascade(plan, TABLES).explain("a").steps[-1]
    assert (last.shared, last.received, last.of_shared, last.explanation) == (0, 0, 0, None)


def test_siblings_are_measured_among_themselves() -> None:
    # N's only town is its own mean; of S's two, c alone stands above theirs of 400. Beside the mean of all three, 300,
    # both would.
    towns = pd.DataFrame({"code": ["a", "b", "c"], "up": ["N", "S", "S"], "people": [100, 300, 500]})
    second = page("t")
    second["parts"] = [
        {"id": "p", "pool": "remainder", "share": {"in_proportion_to": "people * (people >= average(people))"}}
    ]
    tiers = [
        {"id": "region", "formula": page("r", envelope=900)},
        {"id": "town", "parent": "up", "formula": second, "measured_among": "siblings"},
    ]
    plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": tiers}
    found = equite.cascade(plan, {**TABLES, "town": towns})
    assert found.table("town")["received"].tolist() == [300, 0, 600]


@pytest.mark.parametrize("among", ["tier", "siblings"])
def test_nothing_above_hides_money_that_a_tier_lost(monkeypatch: pytest.MonkeyPatch, among: str) -> None:
    allocate = cascade_run.allocate

    def losing(formula: Any, table: Any, **keys: Any) -> Any:
        found = allocate(formula, table, **keys)
        return found if "N" in found.codes else replace(found, units=found.units - 1)

    monkeypatch.setattr(cascade_run, "allocate", losing)
    tiers = [
        {"id": "region", "formula": page("r", envelope=900)},
        {"id": "town", "parent": "up", "formula": page("t"), "measured_among": among},
    ]
    with pytest.raises(equite.SharingError) as caught:
        equite.cascade({"equite_plan": 1, "id": "plan", "language": "en", "tiers": tiers}, TABLES)
    assert [problem.id for problem in caught.value.problems] == ["money-lost"]


def test_each_kind_of_money_that_cannot_go_on_is_refused() -> None:
    def refused(towns: pd.DataFrame, first: dict[str, object], second: dict[str, object], **keys: Any) -> list[str]:
        tiers = [{"id": "region", "formula": first, **keys}, {"id": "town", "parent": "up", "formula": second}]
        with pytest.raises(equite.EquiteError) as caught:
            equite.cascade(
                {"equite_plan": 1, "id": "plan", "language": "en", "tiers": tiers}, {**TABLES, "town": towns}
            )
        assert caught.value.text("fr") != caught.value.text("en")
        return [problem.id for problem in caught.value.problems]

    towns = TABLES["town"]
    top = page("r", envelope=900)
    # Nobody below N; money in cents where the next page rounds to dollars; more kept than there is; nobody eligible.
    assert refused(towns[towns["up"] == "S"], top, page("t")) == ["cascade-empty-parent"]
    cents = page("r", envelope=900.5, rounding={"to": 0.01})
    assert refused(towns, cents, page("t")) == ["cascade-unit"]
    assert refused(towns, top, page("t"), keeps="2 * amount") == ["cascade-keeps-too-much"] * 2
    rule = {"where": "people != 100", "reason": {"en": "no", "fr": "non"}}
    assert refused(towns, top, page("t", eligible=[rule])) == ["cascade-nobody"]


def test_each_tier_has_the_key_that_its_page_names() -> None:
    towns = TABLES["town"].rename(columns={"code": "number"})
    second = page("t") | {"key": "number"}
    tiers = [{"id": "region", "formula": page("r", envelope=900)}, {"id": "town", "parent": "up", "formula": second}]
    found = equite.cascade(
        {"equite_plan": 1, "id": "plan", "language": "en", "tiers": tiers}, {**TABLES, "town": towns}
    )
    assert found.table("town")["received"].tolist() == [300, 150, 450]
