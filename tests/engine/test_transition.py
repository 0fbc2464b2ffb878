"""Transitions: cases by hand, laws, what is refused, tables and codes that change from year to year."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from choices import Choices, drawn
from hypothesis import given, settings

import equite
from equite.engine.protection import protected
from equite.formula.schedule_page import SchedulePage

of_cascades = settings.get_profile("law-of-cascades")

CASES = sorted((Path(__file__).parent / "transition_cases").glob("*.yaml"))
TARGET = {
    "equite": 1,
    "id": "target",
    "language": "en",
    "key": "code",
    "envelope": 1000,
    "rounding": {"to": 1},
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}],
}
BASE = {"equite_schedule": 1, "id": "passage", "language": "en", "start": "before", "years": [2026, 2027]}
TABLE = {"code": ["A", "B"], "need": [1, 1], "before": [600, 400]}


def scheduled(target: Mapping[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    page = {key: value for key, value in {**TARGET, **(target or {})}.items() if value is not None}
    return {
        key: value for key, value in {**BASE, "rule": "linear", "target": page, **keys}.items() if value is not None
    }


def by_year(found: equite.Transition) -> dict[int, dict[str, float]]:
    return {each.year: dict(zip(each.codes, each.amounts.tolist(), strict=True)) for each in found.years}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


# Cases by hand.


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_by_hand(path: Path) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    assert set(case) == {"title", "law", "workings", "schedule", "table", "expect", "years_to_target"}
    found = equite.transition(scheduled(case["schedule"].pop("target", None), **case["schedule"]), case["table"])
    assert by_year(found) == case["expect"]
    reached = found.years_to_target
    years = [None if math.isnan(years) else years for years in reached["years"]]
    assert dict(zip(reached["code"], years, strict=True)) == case["years_to_target"]
    shuffled = equite.transition(found.schedule, case["table"][::-1])
    assert by_year(shuffled) == case["expect"]


ABOVE = "max(0, previous - target)"
#: Each short form, and the page that it stands for as somebody would write it by hand.
PAGES: dict[str, tuple[Any, Mapping[str, Any]]] = {
    "at_once": ("at_once", {"parts": {"share": "target"}}),
    "linear": (
        {"linear": 4},
        {"parts": {"share": "(1 - year_number / 4) * start / total(start) + year_number / 4 * target / total(target)"}},
    ),
    "schedule": (
        {"schedule": {2026: "0.25", 2027: "0.40"}},
        {
            "tables": {"ways": {"from": {2026: "0.25", 2027: "0.40"}}},
            "parts": {
                "share": "(1 - step(year, ways)) * start / total(start) + step(year, ways) * target / total(target)"
            },
        },
    ),
    "limits": (
        {"limits": {"lose_at_most": "0.05", "gain_at_most": "0.30", "except": "need > 3"}},
        {
            "parts": {"share": "target"},
            "limits": {
                "at_least": "0.95 * previous",
                "at_most": "1.3 * previous",
                "except": "previous == 0 or need > 3",
            },
        },
    ),
    "no_loss": ({"no_loss": "money"}, {"parts": {"share": "target"}, "limits": {"at_least": "previous"}}),
    "no_loss_real": (
        {"no_loss": "real"},
        {"parts": {"share": "target"}, "limits": {"at_least": "previous * (1 + indexation)"}},
    ),
    "pace_of_change": (
        {"pace_of_change": {"points": {"-0.5": "0.3", "0": "0.02", "0.5": "0"}, "minimum": "-0.01"}},
        {
            "tables": {"pace": {"points": {"-0.5": "0.3", "0": "0.02", "0.5": "0"}}},
            "parts": {
                "share": "where(previous > 0, previous, target) * (1 + interpolate("
                "where(target > 0, where(previous > 0, previous / target, 0) - 1, 0), pace))"
            },
            "limits": {"at_least": "0.99 * previous"},
        },
    ),
}


@pytest.mark.parametrize("way", PAGES)
def test_a_short_form_is_the_page_that_it_stands_for(way: str) -> None:
    table = {"code": ["A", "B", "C", "D"], "need": [1, 2, 3, 4], "before": [400, 0, 250, 350]}
    short, said = PAGES[way]
    page: dict[str, Any] = {"equite": 1, "id": "by-hand", **said}
    share = said["parts"]["share"]
    page["parts"] = [{"id": "towards", "pool": "remainder", "share": {"in_proportion_to": share}}]
    if "limits" in said:
        page["limits"] = [{"id": "bounds", **said["limits"]}]
    keys = {"envelope": {"first": 1100, "growth": "0.10"}, "indexation": "0.02"}
    ours, theirs = (equite.transition(scheduled(rule=rule, **keys), table) for rule in (short, page))
    assert by_year(ours) == by_year(theirs)
    written = equite.transition(
        scheduled(rule={key: ours.rule.content[key] for key in _OWN if key in ours.rule.content}, **keys), table
    )
    assert by_year(ours) == by_year(written)


#: What a page of passage says by itself, without what the schedule puts in.
_OWN = ("equite", "id", "tables", "variables", "parts", "limits")


def test_the_share_of_a_gap_by_year_and_up_to_a_cap() -> None:
    table = {"code": ["A", "B", "C"], "need": [0, 500, 500], "before": [800, 200, 0], "cap": [100, "", ""]}
    rule = {"share_of_gap": {"share": {2026: "0.5", 2027: "1"}, "at_most": "cap"}}
    found = equite.transition(scheduled(rule=rule, envelope="total(previous)"), table)
    # A loses half of 100, then 100; B is 300 below and C 500: 50 go by 300 and 500, 100 by what is left of both.
    assert by_year(found) == {2026: {"A": 750, "B": 219, "C": 31}, 2027: {"A": 650, "B": 256, "C": 94}}


def test_amounts_in_cents_lose_cents() -> None:
    rule = {"share_of_gap": "0.1"}
    found = equite.transition(
        scheduled({"rounding": {"to": 0.01}}, rule=rule, years=[2026]), {**TABLE, "before": [600.05, 399.95]}
    )
    # A tenth of 100.05 is 10.005: halves go up.
    assert by_year(found)[2026] == {"A": 590.04, "B": 409.96}
    rule = {"share_of_gap": "0.1"}
    found = equite.transition(
        scheduled({"rounding": {"to": 5}}, rule=rule, years=[2026]), {**TABLE, "before": [620, 380]}
    )
    # A tenth of 120 is 12, the nearest multiple of 5 is 10.
    assert by_year(found)[2026] == {"A": 610, "B": 390}


# Years, tables, codes.


def test_tables_and_projections_by_year() -> None:
    later = {"code": ["B", "A"], "need": [3, 1], "before": [0, 0]}
    found = equite.transition(scheduled(rule="at_once", years=[2026, 2027, 2028]), TABLE, tables={2027: later})
    assert by_year(found) == {year: {"A": a, "B": 1000 - a} for year, a in ((2026, 500), (2027, 250), (2028, 250))}
    projected = scheduled(rule="at_once", projections={"need": "need * where(before < 500, 1 + year_number, 1)"})
    found = equite.transition(projected, TABLE)
    # B's need is twice, then three times what it was.
    assert [each.amounts.tolist() for each in found.years] == [[333, 667], [250, 750]]


def test_no_loss_per_head_follows_people() -> None:
    target = {"people": "need"}
    years = {"envelope": {2026: 1000, 2027: 1100}, "rule": {"no_loss": "per_head"}}
    first, later = {**TABLE, "need": [100, 100], "before": [500, 500]}, {"code": ["A", "B"], "need": [50, 150]}
    found = equite.transition(scheduled(target, **years), first, tables={2027: later})
    # In 2027 A has half its people and keeps 250 at least; B half as many again: 750 at least. Targets: 275, 825.
    assert by_year(found) == {2026: {"A": 500, "B": 500}, 2027: {"A": 275, "B": 825}}
    assert found.table["per_head"].tolist() == [5, 5.5, 5, 5.5]
    assert found.table["change_per_head"].tolist() == [0, 0.5, 0, 0.5]


def test_codes_that_change_bring_their_money_along(tmp_path: Path) -> None:
    (tmp_path / "changes.csv").write_text("old,new\nB,D\nC,D\n", encoding="utf-8")
    (tmp_path / "first.csv").write_text("code,need,before\nA,1,500\nB,1,300\nC,2,200\n", encoding="utf-8")
    (tmp_path / "later.csv").write_text("code,need\nA,1\nD,3\n", encoding="utf-8")
    page = scheduled(
        rule={"linear": 2}, tables={2026: "first.csv", 2027: "later.csv"}, code_changes={2027: "changes.csv"}
    )
    (tmp_path / "schedule.yaml").write_text(yaml.safe_dump(page), encoding="utf-8")
    found = equite.transition(tmp_path / "schedule.yaml")
    # 2026: half of the way from 500, 300, 200 to 250, 250, 500. 2027: D had 275 and 350; the targets are 250 and 750.
    assert by_year(found) == {2026: {"A": 375, "B": 275, "C": 350}, 2027: {"A": 250, "D": 750}}
    assert found.path("D")[["previous", "change"]].to_numpy().tolist() == [[625, 125]]
    assert found.years_to_target[["code", "years"]].to_numpy().tolist() == [["A", 2], ["D", 2]]
    assert {path.name for path in found.files} >= {"schedule.yaml", "changes.csv", "first.csv", "later.csv"}


def test_first_amounts_by_a_page_and_a_status_that_shows() -> None:
    origin = {**TARGET, "id": "equal", "parts": [{"id": "equal", "pool": "remainder", "share": "equally"}]}
    found = equite.transition(
        scheduled(start={"formula": origin, "status": "illustrative"}, rule={"linear": 2}), {**TABLE, "need": [1, 3]}
    )
    assert by_year(found) == {2026: {"A": 375, "B": 625}, 2027: {"A": 250, "B": 750}}
    assert {each.status for each in found.year(2026).reliance} == {"illustrative"}


def test_who_takes_no_part_in_the_target_goes_towards_nothing() -> None:
    found = equite.transition(
        scheduled({"eligible": [{"where": "need > 1"}]}, rule={"linear": 2}), {**TABLE, "need": [1, 2]}
    )
    assert by_year(found) == {2026: {"A": 300, "B": 700}, 2027: {"A": 0, "B": 1000}}


def test_a_newcomer_is_not_held_at_nothing() -> None:
    found = equite.transition(
        scheduled(rule={"limits": {"gain_at_most": "0.1", "lose_at_most": "0.5"}}), {**TABLE, "before": [1000, 0]}
    )
    assert by_year(found)[2026] == {"A": 500, "B": 500}


def test_amounts_that_sum_by_chance_are_no_total() -> None:
    table = {"code": ["A", "B", "C", "D"], "need": [600, 300, 200, 100], "before": [600, 100, 200, 300]}
    found = equite.transition(scheduled({"envelope": 1200}, rule={"linear": 2}), table)
    assert by_year(found)[2026] == {"A": 600, "B": 200, "C": 200, "D": 200}


def test_nothing_moves_where_all_stand_at_their_target() -> None:
    found = equite.transition(scheduled(rule={"share_of_gap": "0.2"}), {**TABLE, "before": [500, 500]})
    assert by_year(found) == {year: {"A": 500, "B": 500} for year in (2026, 2027)}
    assert found.closed == 1.0


# Results.


def test_the_figures_of_a_year() -> None:
    found = equite.transition(
        scheduled({"people": "need"}, rule={"linear": 2}, indexation="0.02", envelope={2026: 1000, 2027: 1100}),
        {**TABLE, "need": [10, 30]},
    )
    row = found.path("A").iloc[1]
    # Half way from 600 to 250 in 2026; all the way in 2027, a quarter of 1,100.
    assert row[["year", "target", "previous", "amount", "gap", "change"]].tolist() == [2027, 275, 425, 275, 0, -150]
    assert row["change_share"] == pytest.approx(-150 / 425)
    assert row["change_real"] == pytest.approx(275 / 1.02 / 425 - 1)
    assert row["amount_real"] == pytest.approx(275 / 1.02**2)
    assert row[["per_head", "change_per_head"]].tolist() == [27.5, -15]
    costs = found.cost_of_protection
    assert costs.iloc[0].to_dict() == {
        "year": 2026,
        "envelope": 1000,
        "above_territories": 1,
        "above_people": 10,
        "above_money": 175,
        "below_territories": 1,
        "below_people": 30,
        "below_money": 175,
        "at_target": 0,
        "by_limits": 0,
    }
    assert costs.iloc[1][["above_money", "below_money", "at_target"]].tolist() == [0, 0, 2]
    assert found.worksheet("A", 2027).amount == found.explain("A", 2027).amount == 275
    assert found.record["schedule"]["sha256"] == found.schedule.sha256


def test_the_frontier_is_each_transition_by_itself() -> None:
    found = equite.transition(scheduled(rule={"no_loss": "money"}, envelope=1000, years=[2026, 2027, 2028]), TABLE)
    frontier = found.frontier([0, 0.05, None])
    assert frontier["protection"].tolist()[:2] == [0, 0.05]
    assert frontier["pays"].tolist() == [True] * 3
    # 5 %: A goes from 600 to 570, 542 (541.50 rounded up) and 515 (514.90).
    assert frontier["money_moved"].tolist() == [0, 85, 100]
    assert frontier["closed"].tolist() == pytest.approx([0, 0.85, 1])
    assert frontier["worst_loss"].tolist() == pytest.approx([0, 0.05, 1 / 6])
    assert frontier["years_to_target"].tolist()[2] == 1
    assert math.isnan(frontier["years_to_target"][1])
    alone = equite.transition(protected(found.schedule, Decimal("0.05")), TABLE)
    assert alone.closed == frontier["closed"][1]


def test_a_frontier_lifts_the_limit_that_a_schedule_has() -> None:
    found = equite.transition(scheduled(rule={"limits": {"lose_at_most": 0.05}}), TABLE)
    assert found.closed < 1
    assert found.frontier([None])["worst_loss"].tolist() == pytest.approx([1 / 6])


def test_who_leaves_the_target_again_has_not_arrived() -> None:
    tables = {2027: {**TABLE, "need": [1, 3]}, 2028: TABLE}
    rule = {"limits": {"lose_at_most": 0.10}}
    found = equite.transition(
        scheduled(rule=rule, years=[2026, 2027, 2028]), {**TABLE, "before": [500, 500]}, tables=tables
    )
    # A stands at 500 of 500 in 2026, at 450 of 250 in 2027, at 500 of 500 again in 2028.
    assert found.years_to_target["years"].tolist() == [3, 3]


def test_a_frontier_says_which_protection_is_not_paid() -> None:
    found = equite.transition(scheduled(rule="at_once", envelope=900), TABLE)
    frontier = found.frontier([0, 0.20])
    assert frontier["pays"].tolist() == [False, True]
    assert math.isnan(frontier["closed"][0])


# Laws.

RULES: tuple[Any, ...] = (
    {"linear": 3},
    {"schedule": {2026: "0.2", 2027: "0.7", 2028: "1"}},
    {"share_of_gap": "0.3"},
    {"limits": {"lose_at_most": "0.07", "gain_at_most": "0.25"}},
    {"no_loss": "money"},
    "at_once",
)


@drawn
def passages(choose: Choices) -> tuple[Any, dict[str, list[Any]]]:
    """Draw a rule and a table, its envelope what there was at the start."""
    size = choose.whole(2, 7)
    before = choose.wholes(0, choose.among((20, 1000, 90_000)), size)
    before[0] += 1
    need = choose.wholes(1, 500, size)
    return choose.among(RULES), {"code": [f"{at:02d}" for at in range(size)], "need": need, "before": before}


@settings(of_cascades)
@given(passages())
def test_each_year_is_exact_and_the_gap_closes(drawn_of: tuple[Any, dict[str, list[Any]]]) -> None:
    rule, table = drawn_of
    money = sum(table["before"])
    try:
        found = equite.transition(scheduled({"envelope": money}, rule=rule, years=[2026, 2027, 2028]), table)
    except equite.SharingError:
        # Whole units may leave no room between a floor and a cap.
        assert isinstance(rule, dict)
        assert "limits" in rule
        return
    gaps = None
    for result in found.years:
        assert result.allocation.total == money
        assert (result.amounts >= 0).all()
        gap = np.abs(result.amounts - result.targets)
        if isinstance(rule, dict) and {"linear", "schedule", "share_of_gap"} & set(rule):
            before = np.abs(result.previous - result.targets) if gaps is None else gaps
            assert (gap <= before + 1).all(), "nobody is further from a target that stands still, but for a unit"
        gaps = gap
        for amount, previous in zip(result.amounts.tolist(), result.previous.tolist(), strict=True):
            if isinstance(rule, dict) and "limits" in rule and previous > 0:
                assert (
                    Fraction("0.93") * Fraction(previous) <= Fraction(amount) <= Fraction("1.25") * Fraction(previous)
                )
            if isinstance(rule, dict) and "no_loss" in rule:
                assert amount >= previous
    if rule == "at_once" or (isinstance(rule, dict) and {"linear", "schedule"} & set(rule)):
        assert (found.years_to_target["years"] <= 3).all()


# What is refused.

REFUSED: dict[str, tuple[dict[str, Any], type[equite.EquiteError], str, str]] = {
    "year twice": (
        {"years": [2026, 2026]},
        equite.FormulaError,
        "the year 2026 stands twice",
        "l'année 2026 figure deux fois",
    ),
    "year missing": (
        {"years": [2026, 2028]},
        equite.FormulaError,
        "the year 2027 is missing",
        "il manque l'année 2027",
    ),
    "years backwards": ({"years": [2027, 2026]}, equite.FormulaError, "2026 comes before", "2026 précède"),
    "years without end": (
        {"years": {"from": 2026, "to": 2226}},
        equite.FormulaError,
        "more than 100 years",
        "plus de 100 années",
    ),
    "year of two digits": ({"years": [26]}, equite.FormulaError, "'26' is no year", "« 26 » n'est pas une année"),
    "envelope of a year missing": (
        {"envelope": {2026: 900}},
        equite.FormulaError,
        "nothing is said of the year 2027",
        "rien n'est dit de l'année 2027",
    ),
    "envelope of a year too many": (
        {"envelope": {2026: 1, 2027: 1, 2031: 1}},
        equite.FormulaError,
        "given for 2031",
        "donné pour 2031",
    ),
    "growth of the first year": (
        {"envelope": {"first": 900, "growth": {2026: 0, 2027: 0}}},
        equite.FormulaError,
        "given for 2026",
        "donné pour 2026",
    ),
    "envelope below zero": (
        {"envelope": -5},
        equite.FormulaError,
        "the envelope is negative",
        "l'enveloppe est négative",
    ),
    "envelope in cents": ({"envelope": 900.5}, equite.FormulaError, "not a multiple of", "n'est pas un multiple"),
    "envelope that differs": (
        {"envelope": "need + before"},
        equite.SharingError,
        "envelope differs",
        "l'enveloppe diffère",
    ),
    "envelope that shrinks to nothing": (
        {"envelope": {"first": 900, "growth": -1}},
        equite.FormulaError,
        "less than nothing",
        "moins que rien",
    ),
    "way beyond": (
        {"rule": {"schedule": {2026: 0.5, 2027: 1.2}}},
        equite.FormulaError,
        "beyond the target",
        "dépasse la cible",
    ),
    "way back": (
        {"rule": {"schedule": {2026: 0.5, 2027: 0.4}}},
        equite.FormulaError,
        "less than that of the year before",
        "moindre",
    ),
    "gap beyond": (
        {"rule": {"share_of_gap": 1.2}},
        equite.FormulaError,
        "would pass the target",
        "dépasserait la cible",
    ),
    "loss in percent": ({"limits": {"lose_at_most": 2}}, equite.FormulaError, "0.02 for 2 %", "0.02 pour 2 %"),
    "no rule": ({"rule": {"lineair": 3}}, equite.FormulaError, "write one of at_once", "une clé parmi at_once"),
    "limits twice": (
        {"rule": {"limits": {"lose_at_most": 0.1}}, "limits": {"lose_at_most": 0.1}},
        equite.FormulaError,
        "limits are the rule",
        "les limites sont la règle",
    ),
    "pace the wrong way": (
        {"rule": {"pace_of_change": {"points": {"-0.1": 0.01, "0": 0.05}}}},
        equite.FormulaError,
        "the further below, the faster",
        "plus on est en dessous",
    ),
    "name given": (
        {"rule": {"equite": 1, "id": "r", "constants": {"year": 3}, "parts": TARGET["parts"]}},
        equite.FormulaError,
        "a name that the schedule gives it",
        "un nom que le calendrier lui donne",
    ),
    "own previous": (
        {"rule": {"equite": 1, "id": "r", "previous": "before", "parts": TARGET["parts"]}},
        equite.FormulaError,
        "says what `previous` is",
        "ce qu'est `previous`",
    ),
    "own envelope": (
        {"rule": {"equite": 1, "id": "r", "envelope": 5, "parts": TARGET["parts"]}},
        equite.FormulaError,
        "its own envelope",
        "sa propre enveloppe",
    ),
    "other unit": (
        {"rule": {"equite": 1, "id": "r", "rounding": {"to": 10}, "parts": TARGET["parts"]}},
        equite.FormulaError,
        "counted in 10 here, and in 1",
        "comptés en 10 ici, et en 1",
    ),
    "other currency": (
        {"rule": {"equite": 1, "id": "r", "currency": "EUR", "parts": TARGET["parts"]}},
        equite.FormulaError,
        "counted in EUR here, and in CAD",
        "comptés en EUR ici, et en CAD",
    ),
    "start unknown": ({"start": "befor"}, equite.TerritoriesError, "no column 'befor'", "« befor »"),
    "start missing": ({"start": "hole"}, equite.TerritoriesError, "no first amount for B", "premier montant pour B"),
    "start below zero": ({"start": "debt"}, equite.TerritoriesError, "negative for A", "négatif pour A"),
    "projection of nothing": (
        {"projections": {"nead": "need"}},
        equite.FormulaError,
        "'nead' is projected",
        "« nead » est projeté",
    ),
    "per head of nobody": (
        {"rule": {"no_loss": "per_head"}},
        equite.FormulaError,
        "does not say who is counted",
        "ne dit pas qui est compté",
    ),
    "unknown key": ({"ruel": 3}, equite.FormulaError, "'ruel'", "« ruel »"),
}


@pytest.mark.parametrize("named", REFUSED)
def test_what_is_refused(named: str) -> None:
    keys, kind, english, french = REFUSED[named]
    table = {**TABLE, "hole": [1, ""], "debt": [-5, 5]}
    with pytest.raises(kind) as caught:
        equite.transition(scheduled(**keys), table)
    assert english in plain(caught.value.text("en"))
    assert french in plain(caught.value.text("fr"))


def test_pages_that_are_refused() -> None:
    with pytest.raises(equite.SharingError, match="less than nothing to A"):
        equite.transition(
            scheduled(
                {
                    "parts": [
                        {"id": "x", "share": {"as_is": "need - 1"}},
                        {"id": "y", "share": {"as_is": "-2 * (2 - need)"}},
                    ],
                    "envelope": None,
                },
                envelope=5,
            ),
            {**TABLE, "need": [1, 2]},
        )
    with pytest.raises(equite.SharingError, match="nothing says what there is to share"):
        equite.transition(scheduled({"parts": [{"id": "x", "share": {"as_is": "need"}}], "envelope": None}), TABLE)
    with pytest.raises(equite.FormulaError, match="envelope for each group of 'need'"):
        equite.transition(scheduled({"within": "need"}), TABLE)
    with pytest.raises(equite.TerritoriesError, match="nothing says where the territories are"):
        equite.transition(scheduled())
    with pytest.raises(equite.FormulaError, match="this is no schedule"):
        equite.transition(TARGET, TABLE)
    with pytest.raises(equite.FormulaError, match="a schedule is expected, not a int"):
        equite.transition(3, TABLE)  # type: ignore[arg-type]


def test_codes_that_differ_are_refused() -> None:
    with pytest.raises(equite.TerritoriesError) as caught:
        equite.transition(scheduled(), TABLE, tables={2027: {"code": ["A", "C"], "need": [1, 1]}})
    said = caught.value.text("en")
    assert "has C, which the year before did not have @ 2027" in said
    assert "lacks B, which the year before had" in said
    with pytest.raises(equite.SharingError, match="'2031', which is not one of the years"):
        equite.transition(scheduled(), TABLE, tables={2031: TABLE})


SHORT: dict[str, tuple[dict[str, Any], str, str]] = {
    # 900 pays 90 % of 1,000.
    "no_loss": ({"rule": {"no_loss": "money"}, "envelope": 900}, "at most 10% a year", "limits: {lose_at_most: 0.1}"),
    # At 11.17 %: A keeps 533 (532.98), then 474 (473.46); B has 457, then keeps 406 (405.95): 880. With 11.16 %, 881.
    "limits": (
        {"rule": {"limits": {"lose_at_most": 0.02}}, "envelope": {2026: 990, 2027: 880}},
        "at most 11.17% a year",
        "lose_at_most: 0.1117",
    ),
    "laid over": (
        {"rule": "linear", "limits": {"lose_at_most": 0.09}, "envelope": 900, "years": [2026]},
        "at most 10% a year",
        "0.1",
    ),
    # A is 130 above, and 60 must go: 59.5 of 130 are 60 in whole dollars.
    "share_of_gap": (
        {"rule": {"share_of_gap": 0.4}, "envelope": 940, "years": [2026]},
        "lose 45.77% of their gap",
        "0.4577",
    ),
    "minimum": (
        {"rule": {"pace_of_change": {"points": {"-0.1": 0.1, "0": 0}, "minimum": 0.05}}},
        "for all beyond 0%",
        "minimum: 0",
    ),
}


@pytest.mark.parametrize("named", SHORT)
def test_protection_beyond_the_envelope_is_told_with_the_greatest_that_fits(named: str) -> None:
    keys, value, written = SHORT[named]
    with pytest.raises(equite.SharingError) as caught:
        equite.transition(scheduled(**keys), TABLE)
    said = caught.value.text("en")
    assert "is missing @ 202" in said
    assert value in said
    assert written in said
    assert "highest scores" not in said
    assert "prorate" not in said


def test_floors_on_any_page_are_told_with_what_the_money_pays() -> None:
    page = {**TARGET, "limits": [{"id": "floor", "at_least": "before"}], "envelope": 777}
    # Floors of 466 (465.96) and 311 (310.64): a hundredth of a percent more would take 778.
    with pytest.raises(equite.SharingError, match=r"lower every floor to 77\.66% of what it is") as caught:
        equite.allocate(page, {**TABLE, "before": [600, 400]})
    assert "leaves nothing to share by the formula" in str(caught.value)
    scaled = {**page, "limits": [{"id": "floor", "at_least": "0.7766 * before"}]}
    assert equite.allocate(scaled, {**TABLE, "before": [600, 400]}).total == 777
    fixed = [{"id": "base", "pool": {"each": 300}, "share": "equally"}, *TARGET["parts"]]
    with pytest.raises(equite.SharingError, match=r"lower every floor to 79\.5%"):
        equite.allocate({**page, "parts": fixed}, {**TABLE, "before": [600, 100]})
    part = [{**TARGET["parts"][0], "at_least": "before"}]
    with pytest.raises(equite.SharingError, match=r"lower every floor to 77\.66%"):
        equite.allocate({**TARGET, "parts": part, "envelope": 777}, TABLE)


def test_questions_that_have_no_answer() -> None:
    found = equite.transition(scheduled(), TABLE)
    with pytest.raises(equite.SharingError, match="'2031' is not one of the years: ask for one from 2026 to 2027"):
        found.year(2031)
    with pytest.raises(equite.SharingError, match="'Z'"):
        found.path("Z")
    with pytest.raises(equite.SharingError, match="'2' is no degree of protection"):
        found.frontier([2])


def test_a_schedule_is_read_once_and_may_be_given_again() -> None:
    page = SchedulePage.of(scheduled())
    assert SchedulePage.of(page) is page
    assert page.replace({"rule": "at_once"}).rule.way == "at_once"
    assert page.rule.way == "linear"
