"""Why amounts changed: worked cases by hand, laws on random pages and edits, refusals, and what is told."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from random_edits import pairs
from yaml_texts import read_yaml

import equite
from equite.analysis.drivers import shapley, split
from equite.analysis.drivers.joining import joined
from equite.analysis.drivers.mixtures import Mixtures

CASES = sorted((Path(__file__).parent / "drivers_cases").glob("*.yaml"))
of_money = settings.get_profile("law-of-money")
#: Pairs for one page: a page takes longer to be drawn than to be edited.
EACH = 10

PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "envelope": 9_000,
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    "rounding": {"to": 1},
}
TABLE = {"code": ["A", "B"], "people": [100, 200]}


def allocated(table: Any = None, **keys: Any) -> equite.Allocation:
    return equite.allocate({**PAGE, **keys}, TABLE if table is None else table)


# --- worked by hand


@pytest.fixture(scope="module", params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read_yaml(request.param)


def ends(case: dict[str, Any]) -> tuple[equite.Allocation, equite.Allocation]:
    before, after = case["before"], case["after"]
    formula = equite.Formula.from_text(before["formula"])
    changed = formula.replace(yaml.load(after["changes"], Loader=yaml.BaseLoader)) if "changes" in after else formula
    return equite.allocate(formula, before["table"]), equite.allocate(changed, after.get("table", before["table"]))


def test_worked_cases(case: dict[str, Any]) -> None:
    before, after = ends(case)
    found = equite.drivers(before, after, opened=case.get("opened", ()))
    expect = dict(case["expect"])
    shown = expect.pop("shown", {})
    values = dict(zip(found.causes, found.split.values[:, 0], strict=True))
    for each in found.split.opened.values():
        values |= dict(zip(found.members(each), each.values[:, 0], strict=True))
    assert set(values) == set(expect)
    for cause, wanted in expect.items():
        exact = [float(Fraction(wanted[code])) for code in found.codes]
        assert values[cause].tolist() == pytest.approx(exact, rel=1e-12, abs=1e-9), cause
    for cause, wanted in shown.items():
        assert dict(zip(found.codes, found.table[cause], strict=True)) == {k: float(v) for k, v in wanted.items()}, (
            cause
        )


# --- laws


def adds_up(found: equite.Drivers) -> None:
    """Hold a change to its sums: along each row, down each column, exactly in the last decimal shown."""
    whole, scale = found.whole, 10.0**found.whole.digits
    counted = np.rint(np.vstack([whole.causes, whole.rounding]) * scale)
    assert counted.sum(axis=0).tolist() == np.rint(whole.change * scale).tolist()
    total = round((found.after.total - found.before.total) * scale)
    assert counted.sum() == total
    assert np.rint(found.totals["net"] * scale).sum() == total
    for cause, members in whole.opened.items():
        at = found.causes.index(cause)
        assert np.rint(members * scale).sum(axis=0).tolist() == counted[at].tolist()


@given(st.integers(0, 10**9))
@settings(of_money, max_examples=max(1, of_money.max_examples // 50))
def test_drivers_add_up_and_change_sign_when_swapped(seed: int) -> None:
    for before, after in pairs(f"drivers-{seed}", EACH):
        found, back = equite.drivers(before, after), equite.drivers(after, before)
        adds_up(found)
        assert back.causes == found.causes
        assert (back.whole.causes == -found.whole.causes).all()
        assert (back.whole.rounding == -found.whole.rounding).all()
        unrounded = found.split.values[:, 0].sum(axis=0)
        alike = before.formula.rounding == after.formula.rounding
        if alike:
            # Rounding has nothing but what whole units change, and what is shown of the causes.
            exact = np.nan_to_num(found.comparison._placed(after, after.exact))
            exact = exact - np.nan_to_num(found.comparison._placed(before, before.exact))
            assert unrounded == pytest.approx(exact, rel=1e-9, abs=1e-6)
        assert found.causes or not alike or not found.whole.change.any()
        mixtures = Mixtures(before, after, found.codes)
        if alike:
            # The mixture in which nothing has changed, and that in which all has, are the two allocations.
            for end, allocation in ((frozenset(), before), (mixtures.all, after)):
                made = mixtures._worked_out(end)
                wanted = np.nan_to_num(found.comparison._placed(allocation, allocation.exact))
                assert made == pytest.approx(wanted, rel=1e-9, abs=1e-6)


@given(st.integers(0, 10**9))
@settings(of_money, max_examples=max(1, of_money.max_examples // 50))
def test_equal_allocations_have_no_drivers(seed: int) -> None:
    before, _ = next(pairs(f"same-{seed}", 1))
    again = equite.allocate(before.formula.replace(title="Another title"), before.territories)
    found = equite.drivers(before, again)
    assert found.causes == ()
    assert not found.table[["change", "rounding"]].any(axis=None)
    assert "differ by no cause" in found.summary("en")
    assert "ne diffèrent par aucune cause" in found.summary("fr")


@given(st.integers(0, 10**9))
@settings(of_money, max_examples=max(1, of_money.max_examples // 50))
def test_an_opened_cause_leaves_the_others_as_they_were(seed: int) -> None:
    before, after = next(pairs(f"opened-{seed}", 1))
    closed = equite.drivers(before, after)
    single = [cause for cause in ("data", "weights") if cause in closed.causes]
    opened = equite.drivers(before, after, opened=single)
    adds_up(opened)
    assert set(opened.split.opened) == set(single)
    assert (opened.whole.causes == closed.whole.causes).all()
    for cause, each in opened.split.opened.items():
        whole = opened.split.values[opened.causes.index(cause)]
        assert each.values.sum(axis=0) == pytest.approx(whole, rel=1e-9, abs=1e-9)


def glove_game(mixture: frozenset[Any]) -> np.ndarray:
    """Three players, one left glove and two right ones; a pair is worth 6."""
    return np.array([6.0 if "left" in mixture and {"right", "other"} & mixture else 0.0])


def test_shapley_values_of_the_glove_game() -> None:
    players = [frozenset({name}) for name in ("left", "right", "other")]
    assert shapley.exact_values(glove_game, players)[:, 0].tolist() == pytest.approx([4.0, 1.0, 1.0])


def test_owen_values_of_the_glove_game() -> None:
    """The two right gloves are one union: the union has 3 of the 6, as the left glove, and shares them evenly."""
    left, *right = (frozenset({name}) for name in ("left", "right", "other"))
    assert shapley.exact_values(glove_game, right, [left])[:, 0].tolist() == pytest.approx([1.5, 1.5])
    values, errors = shapley.sampled_values(glove_game, right, [left], pairs=400, seed=1)
    assert values.sum() == pytest.approx(3.0, abs=0.5)
    assert (np.abs(values[:, 0] - 1.5) < 4 * errors[:, 0] + 1e-9).all()


def test_the_smallest_pair_is_joined_either_way_round() -> None:
    a, b, c = (frozenset({name}) for name in "abc")
    refused = {frozenset("b"), frozenset("ab")}
    assert joined([a, b, c], (), refused.__contains__) == (a, b | c)
    every = frozenset("abc")
    assert joined([a, b, c], (), lambda each: every - each in refused) == (a, b | c)
    assert joined([a, b, c], (), lambda each: each not in (frozenset(), every)) == (a | b | c,)


def test_many_members_are_sampled_from_a_seed_with_their_error(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"c{at}" for at in range(4)]
    share = {"in_proportion_to": " + ".join(names)}
    page = {"parts": [{"id": "grant", "pool": "remainder", "share": share}]}
    random = np.random.default_rng(3)
    tables = [{"code": list("ABC"), **{name: random.integers(1, 9, 3).tolist() for name in names}} for _ in range(2)]
    before, after = allocated(tables[0], **page), allocated(tables[1], **page, envelope=12_000)
    exact = equite.drivers(before, after, opened=["data"])
    monkeypatch.setattr(split, "EXACT_PLAYERS", 4)
    sampled = equite.drivers(before, after, opened=["data"], seed=7)
    assert sampled.is_sampled
    assert not exact.is_sampled
    adds_up(sampled)
    found, wanted = sampled.split.opened["data"], exact.split.opened["data"]
    assert found.errors is not None
    assert (np.abs(found.values - wanted.values) <= 4 * found.errors + 1e-9).all()
    again = equite.drivers(before, after, opened=["data"], seed=7).split.opened["data"]
    assert (again.values == found.values).all()
    back = equite.drivers(after, before, opened=["data"], seed=7).split.opened["data"]
    assert (back.values == -found.values).all()
    assert "100 pairs of orders" in sampled.summary("en")
    assert "erreur type" in sampled.summary("fr")
    assert sampled.record["sampled"] is True
    assert sampled.record["seed"] == 7


# --- what is found


def test_what_changes_no_amount_is_no_cause() -> None:
    told = {"title": "New title", "notes": "A remark", "checks": [{"that": "amount > 0"}], "people": "people"}
    told |= {"columns": {"people": {"title": "People", "source": "Census"}}, "decision": {"adopted_by": "Board"}}
    assert equite.drivers(allocated(), allocated(**told)).causes == ()


def test_what_only_one_piece_reads_goes_with_it() -> None:
    page: dict[str, Any] = {
        "constants": {"money": 9_000, "kept": 0.9, "weight_of_need": 1, "salary": 10},
        "envelope": "money",
        "previous": "last_year",
        "indices": {"need": {"criteria": {"need_a": "weight_of_need", "need_b": 1}}},
        "parts": [
            {"id": "base", "pool": {"each": "salary"}, "share": "equally"},
            {"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people * (1 + need)"}},
        ],
        "limits": [{"id": "floor", "at_least": "kept * previous"}],
    }
    table = {**TABLE, "last_year": [3_500, 5_500], "need_a": [1, 2], "need_b": [7, 3]}
    before = allocated(table, **page)
    for name, value, cause in (
        ("money", 9_500, "envelope"),
        ("kept", 0.95, "limits"),
        ("weight_of_need", 2, "weights"),
        ("salary", 20, "rule"),
    ):
        after = allocated(table, **{**page, "constants": {**page["constants"], name: value}})
        assert equite.drivers(before, after).causes == (cause,), name
    later = allocated({**table, "last_year": [3_600, 5_400]}, **page)
    assert equite.drivers(before, later).causes == ("previous",)


def test_a_name_of_one_page_is_there_for_what_reads_it() -> None:
    """What the floor and the rule read is the rule's, and the floor has it under the old rule too."""
    page = {
        "constants": {"half": 0.5},
        "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people ** half"}}],
        "limits": [{"id": "floor", "at_least": "half * 7000"}],
    }
    found = equite.drivers(allocated(), allocated(**page))
    assert found.causes == ("rule", "limits")
    adds_up(found)
    # 100 and 200: by people 3,000; floor 3,500. By roots 3,727.92; no floor binds.
    assert found.split.values[1, 0].tolist() == pytest.approx([250.0, -250.0])


def test_a_column_that_becomes_a_variable_is_the_rule() -> None:
    by_need = {"parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}]}
    table = {**TABLE, "need": [1, 1]}
    computed = {**by_need, "variables": {"need": "people / 100"}}
    found = equite.drivers(allocated(table, **by_need), allocated(table, **computed, envelope=18_000))
    assert found.causes == ("rule", "envelope")
    assert found.split.values[0, 0].tolist() == pytest.approx([-2_250.0, 2_250.0])


def test_a_column_of_one_table_keeps_its_figures() -> None:
    by_income = {"parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "income"}}]}
    before = allocated()
    after = allocated({"code": ["A", "B"], "people": [150, 150], "income": [1, 2]}, **by_income)
    found = equite.drivers(before, after)
    # `people` has other figures after, and counts where the old rule does; `income` has none before.
    assert found.causes == ("data", "rule")
    assert found.table["data"].tolist() == [750.0, -750.0]
    assert found.table["rule"].tolist() == [-750.0, 750.0]


def test_cells_of_the_other_table_that_cannot_be_read_are_told() -> None:
    by_income = {"parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "income"}}]}
    after = allocated({"code": ["A", "B"], "people": ["many", "few"], "income": [1, 2]}, **by_income)
    found = equite.drivers(allocated(), after)
    assert found.unreadable == ("people",)
    assert found.causes == ("rule",)
    assert "for the other\u2019s cells cannot be read as its page does: people." in found.summary("en")
    assert "ne se lisent pas" in found.summary("fr")


def test_a_criterion_that_moves_to_another_family_is_of_the_rule() -> None:
    share = {"in_proportion_to": "1 + need"}
    table = {**TABLE, "x": [1, 2], "y": [4, 3]}
    parts = [{"id": "grant", "pool": "remainder", "share": share}]
    flat = {"need": {"criteria": {"x": 2, "y": 1}}}
    nested = {"need": {"criteria": {"x": 2}, "families": {"other": {"weight": 2, "criteria": {"y": 1}}}}}
    before, after = (allocated(table, parts=parts, indices=each) for each in (flat, nested))
    assert equite.drivers(before, after).causes == ("rule",)


def test_criteria_of_one_page_are_scored_as_there() -> None:
    table = {**TABLE, "x": [1, 2], "y": [4, 3]}
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}}]
    first = {"need": {"normalise": "rank", "criteria": {"x": 1}}}
    second = {
        "need": {
            "aggregate": "arithmetic",
            "criteria": {"x": 1},
            "families": {"more": {"weight": 1, "points": 2, "criteria": {"y": 2}}},
        }
    }
    before, after = (allocated(table, parts=parts, indices=each) for each in (first, second))
    found = equite.drivers(before, after)
    assert found.causes == ("weights", "rule")
    adds_up(found)
    # y on min-max as its own page scores it (A 1, B 0), x on ranks (0.25, 0.75): means 0.625 and 0.375.
    made = Mixtures(before, after, found.codes)
    weights = next(player for player in made.all if player.cause == "weights")
    assert made.amounts(frozenset({weights})).tolist() == pytest.approx([9_000 * 1.625 / 3, 9_000 * 1.375 / 3])  # type: ignore[union-attr]


def test_rounding_that_cannot_be_set_on_one_unit_goes_with_the_rule() -> None:
    """Three times $32 leave $4: less than half of ten dollars, and more than half of one."""
    table = {"code": ["A", "B", "C"]}
    equally = [{"id": "grant", "pool": "remainder", "share": "equally"}]
    each = [{"id": "grant", "pool": {"each": 32}, "share": "equally"}]
    before = allocated(table, envelope=100, parts=equally)
    after = allocated(table, envelope=100, parts=each, rounding={"to": 10})
    found = equite.drivers(before, after)
    assert found.with_rule
    assert found.causes == ("rule",)
    adds_up(found)
    assert "counts with the rest of the rule" in found.summary("en").replace("\n", " ")
    assert "compte avec le reste de la règle" in found.summary("fr").replace("\n", " ")


def test_those_that_the_money_is_for_are_a_cause() -> None:
    before = equite.allocate(PAGE, TABLE)
    after = equite.allocate(PAGE, TABLE, serving=["B"])
    found = equite.drivers(before, after)
    assert found.causes == ("participation",)
    assert found.table["change"].tolist() == [-3_000.0, 3_000.0]
    # In every mixture the money is for B alone, and A only counts.
    later = {"code": ["A", "B"], "people": [700, 200]}
    alone = equite.drivers(after, equite.allocate({**PAGE, "envelope": 12_000}, later, serving=["B"]))
    assert alone.codes == ("B",)
    assert alone.table[["data", "envelope"]].to_numpy().tolist() == [[0.0, 3_000.0]]


def test_rows_that_take_no_part_count_where_a_mean_is_among_all() -> None:
    share = {"in_proportion_to": "people + average(people, among=all)"}
    page = {"eligible": [{"where": "people < 300"}], "parts": [{"id": "g", "pool": "remainder", "share": share}]}
    before = allocated(**page)
    after = allocated({"code": ["A", "B", "C"], "people": [100, 200, 900]}, **page)
    assert equite.drivers(before, after).causes == ("participation",)
    plainly = {**page, "parts": PAGE["parts"]}
    with_more = allocated({"code": ["A", "B", "C"], "people": [100, 200, 900]}, **plainly)
    assert equite.drivers(allocated(**plainly), with_more).causes == ()


def test_cells_that_stay_missing_or_withheld_are_no_change() -> None:
    share = {"in_proportion_to": "where(is_suppressed(aid), 3, default(aid, 1))"}
    page = {"suppressed_marks": "x", "parts": [{"id": "grant", "pool": "remainder", "share": share}]}
    table = {"code": list("ABC"), "aid": [None, "x", 2]}
    before, again = allocated(table, **page), allocated(table, **page)
    assert equite.drivers(before, again).causes == ()
    # What was withheld is now known to be missing: A and B share alike.
    found = equite.drivers(before, allocated({**table, "aid": [None, None, 2]}, **page, envelope=12_000))
    assert found.causes == ("data", "envelope")
    assert found.table["after"].tolist() == [3_000.0, 3_000.0, 6_000.0]
    adds_up(found)


def test_groups_add_up() -> None:
    table = {"code": list("ABC"), "people": [100, 200, 300], "region": ["N", "S", "N"]}
    before = allocated(table)
    after = allocated({**table, "people": [150, 200, 250]}, envelope=10_000)
    groups = equite.drivers(before, after).groups("region")
    whole = equite.drivers(before, after).table
    assert groups["group"].tolist() == ["N", "S"]
    assert groups["territories"].tolist() == [2, 1]
    for name in ("before", "after", "change", "data", "envelope", "rounding"):
        assert groups[name].sum() == whole[name].sum()
        assert groups[name][0] == whole[name][[0, 2]].sum()
    # Only those that are not in the table after need a label in the table before.
    assert equite.drivers(allocated(), after).groups("region")["group"].tolist() == ["N", "S"]
    with pytest.raises(equite.TerritoriesError, match="'region'"):
        equite.drivers(after, allocated()).groups("region")
    blank = allocated({**table, "region": ["N", None, "N"]})
    with pytest.raises(equite.TerritoriesError, match="1 territories have no 'region': B"):
        equite.drivers(before, blank).groups("region")


# --- what is refused


def test_what_is_no_pair_of_allocations_is_refused() -> None:
    with pytest.raises(equite.EquiteError, match="`before` is of type 'dict'"):
        equite.drivers(PAGE, allocated())  # type: ignore[arg-type]
    with pytest.raises(equite.EquiteError, match="CAD cannot be compared with EUR"):
        equite.drivers(allocated(), allocated(currency="EUR"))
    with pytest.raises(equite.EquiteError, match=r"no territory in common.*`CodeChanges`"):
        equite.drivers(allocated(), allocated({"code": ["X", "Y"], "people": [1, 2]}))


def test_causes_that_cannot_be_opened_are_refused() -> None:
    before, after = allocated(), allocated({"code": ["A", "B"], "people": [1, 1]}, envelope=12_000)
    with pytest.raises(equite.SharingError, match=r"no cause 'dta' to open.*'data'"):
        equite.drivers(before, after, opened=["dta"])
    with pytest.raises(equite.SharingError, match="'envelope' has no members"):
        equite.drivers(before, after, opened=["envelope"])
    # What does not differ has nothing to open.
    assert equite.drivers(before, after, opened=["weights"]).split.opened == {}


def test_a_cause_that_is_joined_cannot_be_opened() -> None:
    rule = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people - 50"}}]
    before = allocated({"code": ["A", "B"], "people": [10, 200]})
    after = allocated(parts=rule)
    found = equite.drivers(before, after)
    assert found.causes == ("data+rule",)
    assert "Data and Rest of the rule: these causes cannot stand apart here" in found.summary("en")
    assert "ces causes ne se séparent pas ici" in found.summary("fr")
    assert "together" in found.explain("A", "en")
    assert "ensemble" in found.explain("A", "fr")
    with pytest.raises(equite.SharingError, match="'data' cannot be opened, for it cannot stand apart from rule"):
        equite.drivers(before, after, opened=["data"])


def test_columns_that_cannot_stand_apart_are_joined_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    share = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "x - y"}}]
    before = allocated({"code": ["A", "B"], "x": [3, 5], "y": [1, 2]}, parts=share)
    after = allocated({"code": ["A", "B"], "x": [30, 50], "y": [10, 11]}, parts=share)
    found = equite.drivers(before, after, opened=["data"])
    assert found.split.opened["data"].members == (("x", "y"),)
    assert found.table["data.x+y"].tolist() == found.table["data"].tolist()
    monkeypatch.setattr(split, "EXACT_PLAYERS", 1)
    with pytest.raises(equite.SharingError, match=r"(?s)these alone as they are after: y.*is negative for A, B"):
        equite.drivers(before, after, opened=["data"])


def test_text_beside_numbers_keeps_a_rule_and_its_figures_together() -> None:
    by_label = [{"id": "g", "pool": "remainder", "share": {"in_proportion_to": 'where(kind == "rural", 2, 1)'}}]
    by_number = [{"id": "g", "pool": "remainder", "share": {"in_proportion_to": "kind"}}]
    before = allocated({"code": ["A", "B"], "kind": ["rural", "urban"]}, parts=by_label)
    after = allocated({"code": ["A", "B"], "kind": [1, 5]}, parts=by_number)
    found = equite.drivers(before, after)
    assert found.causes == ("data+rule",)
    adds_up(found)


# --- what is told


def change() -> equite.Drivers:
    table = {"code": ["A", "B", "C"], "people": [100, 200, 300], "name": ["Amont", "Baie", "Centre"]}
    later = {"code": ["A", "B", "D"], "people": [100, 260, 120], "name": ["Amont", "Baie", "Delta"]}
    return equite.drivers(allocated(table, name="name"), allocated(later, name="name", envelope=9_600))


def test_sentences_tell_who_stays_comes_and_goes() -> None:
    found = change()
    assert found.explain("A", "en").splitlines()[0].startswith("Your amount rises by $500, from $1,500 to $2,000: ")
    assert found.explain("C", "en").splitlines()[0].startswith("You take no part any more, and got $4,500: ")
    assert found.explain("D", "en").splitlines()[0].startswith("You took no part before, and get $2,400: ")
    assert "à l’enveloppe" in found.explain("D", "fr").splitlines()[0]
    with pytest.raises(equite.SharingError, match="'Z'"):
        found.explain("Z")
    back = equite.drivers(found.after, found.before)
    assert (
        back.explain("A", "fr")
        .replace("\u00a0", " ")
        .startswith("Votre montant baisse de 500 $, de 2 000 $ à 1 500 $ : ")
    )


def test_a_larger_envelope_does_not_look_like_fairness() -> None:
    found = equite.drivers(allocated(), allocated(envelope=12_000))
    assert found.table["envelope"].tolist() == [1_000.0, 2_000.0]
    assert not found.shares["change"].any()
    first, second, third = found.explain("A", "en").splitlines()
    assert first == "Your amount rises by $1,000, from $3,000 to $4,000: +$1,000 attributed to the envelope."
    assert second == "Your share of the total stays at 33.33%."
    assert third.startswith("An attribution is a convention that adds up")


def test_effects_that_cancel_out_are_told() -> None:
    found = equite.drivers(allocated(), allocated({"code": ["A", "B"], "people": [50, 200]}, envelope=15_000))
    assert found.explain("A", "en").startswith(
        "Your amount stays at $3,000, for what moves it cancels out: −$1,600 attr"
    )
    still = equite.drivers(allocated(), allocated())
    assert still.explain("A", "en").splitlines()[:2] == [
        "Your amount stays at $3,000: nothing moves it.",
        "Your share of the total stays at 33.33%.",
    ]


def test_codes_of_one_table_only_are_told_with_the_way_to_join_them() -> None:
    summary = change().summary("en").replace("\n", " ")
    assert "Not taking part everywhere: 2 territories (C, D)." in summary
    assert "Territories in one table only: 1 before (C), 1 after (D). If codes changed" in summary
    assert "`CodeChanges`" in change().summary("fr")


def test_code_changes_bring_the_older_table_to_the_new_codes() -> None:
    merged = equite.CodeChanges.of({"old": ["B", "C"], "new": ["BC", "BC"]}, old="old", new="new")
    old = {"code": ["A", "B", "C"], "people": [100, 200, 300]}
    carried = merged.apply(old, key="code", extensive=["people"]).table
    table = {"code": list(carried.index), "people": carried["people"].tolist()}
    found = equite.drivers(allocated(table), allocated({"code": ["A", "BC"], "people": [120, 480]}))
    assert found.causes == ("data",)
    assert found.table["before"].tolist() == [1_500.0, 7_500.0]


def test_opened_causes_are_named_by_titles_largest_first() -> None:
    names = [f"c{at}" for at in range(6)]
    columns = {name: {"title": {"en": f"Need {at}", "fr": f"Besoin {at}"}} for at, name in enumerate(names)}
    index = {"need": {"criteria": dict.fromkeys(names, 1)}}
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people * (1 + need)"}}]
    random = np.random.default_rng(5)
    table = {"code": list("ABC"), "people": [3, 4, 5], **{name: random.integers(1, 99, 3).tolist() for name in names}}
    later = {**table, **{name: random.integers(1, 99, 3).tolist() for name in names}}
    weighed = {"need": {"criteria": {**dict.fromkeys(names, 1), "c2": 4}}}
    page = {"columns": columns, "parts": parts}
    found = equite.drivers(
        allocated(table, **page, indices=index), allocated(later, **page, indices=weighed), opened=["data", "weights"]
    )
    adds_up(found)
    assert found.members(found.split.opened["weights"]) == ("weights.need.c2",)
    told = found.explain("A", "en")
    assert "to “Need" in told
    assert "to 2 others" in told
    assert "à «\u00a0Besoin 2\u00a0»" in found.explain("A", "fr")
    assert "of which “Need 2”" in found.summary("en")
    assert "Data, in detail ($)" not in found.summary("en")


def test_the_waterfall_ends_where_the_amount_does(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    found = change()
    axes = found.plot.waterfall("B")
    widths = [patch.get_x() + patch.get_width() for patch in axes.patches]
    assert widths[0] == 3_000.0
    assert widths[-2] == pytest.approx(widths[-1]) == found.table["after"][1]
    assert axes.get_yticklabels()[0].get_text() == "Before"
    near = equite.drivers(allocated(), allocated(envelope=9_030)).plot.waterfall()
    assert near.get_xlim()[0] > 0
    assert len(near.patches) == 1
    plt.close("all")


# --- the document


def test_the_document_is_what_its_code_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EQUITE_LANGUAGE", "en")
    text = (Path(__file__).resolve().parents[2] / "docs" / "drivers.md").read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, flags=re.DOTALL)
    assert len(found) == text.count("```python") >= 6
    names: dict[str, Any] = {}
    for code, printed in found:
        exec(compile(code, "drivers.md", "exec"), names)
        assert capsys.readouterr().out == printed
