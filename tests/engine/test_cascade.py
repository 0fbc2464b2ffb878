"""Money through tiers: exact at every node, the same as one allocation after another, and explained on the way."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import equite

#: Each example is a whole tree of allocations.
of_cascades = settings.get_profile("law-of-cascades")

QUEBEC = Path(__file__).parents[2] / "examples" / "quebec_tiers" / "plan.yaml"
Plan = dict[str, Any]
Tables = dict[str, pd.DataFrame]


def page(name: str, **keys: Any) -> dict[str, Any]:
    """Give a small page: a base of a fifth, the rest by people."""
    parts = [
        {"id": "base", "pool": {"fraction": 0.2}, "share": "equally"},
        {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "people"}},
    ]
    return {"equite": 1, "id": name, "language": "en", "key": "code", "parts": parts, "rounding": {"to": 1}, **keys}


def plan_of(*tiers: dict[str, Any], **keys: Any) -> Plan:
    return {"equite_plan": 1, "id": "plan", "language": "en", "tiers": list(tiers), **keys}


@st.composite
def forests(draw: st.DrawFn) -> tuple[Plan, Tables]:
    """Draw a tree of two to four tiers, and a plan that may keep, add, floor, cap and round otherwise at each."""
    depth = draw(st.integers(2, 4))
    tables: Tables = {}
    tiers: list[dict[str, Any]] = []
    above, unit = [""], "1"
    for at in range(depth):
        sizes = [draw(st.integers(1, 4)) for _ in above] if at else [draw(st.integers(1, 3))]
        parents = [code for code, size in zip(above, sizes, strict=True) for _ in range(size)]
        codes = [f"{at}{row:02d}" for row in range(len(parents))]
        people = draw(st.lists(st.integers(1, 9000), min_size=len(codes), max_size=len(codes)))
        order = draw(st.permutations(range(len(codes))))
        table = pd.DataFrame({"code": codes, "up": parents, "people": people, "own": [3 * p for p in people]})
        tables[f"t{at}"] = table.iloc[list(order)].reset_index(drop=True)
        limits = draw(
            st.sampled_from(
                [
                    [],
                    [{"id": "floor", "at_least": "0.4 * amount + 1", "if_short": "prorate"}],
                    [{"id": "cap", "at_most": "3 * people", "if_over": "reserve"}],
                    [{"id": "top", "at_least": "2 * people", "fund": "on_top"}],
                ]
            )
        )
        keys: dict[str, Any] = {"limits": limits}
        if at == 0:
            keys["envelope"] = draw(st.integers(1000, 10**7))
        else:
            # Below, amounts are as fine as above or finer.
            unit = "0.01" if draw(st.booleans()) else unit
            keys["rounding"] = {"to": unit}
        tier: dict[str, Any] = {"id": f"t{at}", "formula": page(f"p{at}", **keys)}
        if at:
            tier["parent"] = "up"
        if at < depth - 1:
            tier |= draw(
                st.sampled_from([{}, {"keeps": "0.07 * amount"}, {"adds": "own"}, {"adds": "own", "keeps": 5}])
            )
            if tier.get("keeps") == 5:
                tier["keeps"] = "min(5, amount)"
        tiers.append(tier)
        above = codes
    return plan_of(*tiers), tables


def every_node_is_exact(plan: Plan, found: equite.Cascade) -> None:
    for above, below in pairwise(found.levels):
        came = below.by_parent(below.received)
        assert (came + below.reserve == above.passed_on + below.on_top).all()
        assert (above.received + above.from_funds + above.added == above.kept + above.passed_on).all()
        # The same, from what anybody can read.
        read = found.table(above.tier.id).set_index("code")
        children = found.table(below.tier.id).groupby("parent")["received"].sum()
        gap = children + read["reserve"] - read["on_top"] - read["passed_on"]
        assert gap.abs().max() < 1e-6
    # What came in is what was kept, left over, or reached the last tier.
    assert found.sources["money"].sum() == pytest.approx(found.uses["money"].sum(), abs=1e-6)
    first = found.levels[0]
    assert found.envelope == float(plan["tiers"][0]["formula"]["envelope"])
    assert int(first.received.sum() + first.reserve.sum() - first.on_top.sum()) == found.minor_units.of(
        np.array([int(found.envelope)]), found.allocations("t0")[0].context.unit
    )


def it_is_one_allocation_after_another(plan: Plan, tables: Tables, found: equite.Cascade) -> None:
    """Each node, by hand: its page on its children alone, with what it has to pass on."""
    for at, tier in enumerate(plan["tiers"][1:], start=1):
        above = found.table(f"t{at - 1}").set_index("code")["passed_on"]
        got = found.table(f"t{at}").set_index("code")["received"]
        formula = equite.Formula.from_dict({**tier["formula"], "envelope": "received"})
        for parent, children in tables[f"t{at}"].groupby("up"):
            if not above[parent]:
                assert (got[children["code"]] == 0).all()
                continue
            money = children.assign(received=above[parent])
            alone = equite.allocate(formula, money)
            assert got[list(alone.codes)].tolist() == alone.amounts.tolist()


def siblings_measured_apart_are_the_same(plan: Plan, tables: Tables, found: equite.Cascade) -> None:
    """Nothing is averaged here: whom a page looks at changes nothing."""
    apart = {**plan, "tiers": [{**tier, "measured_among": "siblings"} for tier in plan["tiers"]]}
    del apart["tiers"][0]["measured_among"]
    pd.testing.assert_frame_equal(found.accounts, equite.cascade(apart, tables).accounts)


def a_trail_adds_up_and_every_dollar_has_one(found: equite.Cascade, code: str) -> None:
    steps = found.explain(code).steps
    assert [step.tier for step in steps] == list(found.names)
    for step, below in pairwise(steps):
        assert step.received + step.funds + step.added == pytest.approx(step.kept + step.passed_on)
        assert below.received <= below.shared + 1e-6
    for step in steps:
        if step.explanation is not None:
            assert sum(line.amount for line in step.explanation.lines) == pytest.approx(step.received, abs=1e-6)
    # What the envelope brings to all, it brought to somebody: no part of a dollar is told twice.
    parts = sum(found.explain(each).steps[-1].of_envelope for each in found.levels[-1].codes)
    assert 0 <= parts <= 1 + 1e-9


@of_cascades
@given(forests(), st.data())
def test_the_laws_of_any_cascade(drawn: tuple[Plan, Tables], data: st.DataObject) -> None:
    plan, tables = drawn
    found = equite.cascade(plan, tables)
    every_node_is_exact(plan, found)
    it_is_one_allocation_after_another(plan, tables, found)
    siblings_measured_apart_are_the_same(plan, tables, found)
    a_trail_adds_up_and_every_dollar_has_one(found, data.draw(st.sampled_from(found.levels[-1].codes)))


def test_funds_come_straight_from_the_top_and_know_what_each_has() -> None:
    regions = pd.DataFrame({"code": ["N", "S"], "people": [1, 1]})
    towns = pd.DataFrame({"code": ["a", "b", "c"], "region": ["N", "N", "S"], "people": [1, 3, 2]})
    rescue = page("rescue", envelope=100)
    rescue["parts"] = [{"id": "up", "pool": "remainder", "share": {"level_up": "already", "counting": "people"}}]
    equal = {"parts": [{"id": "by_people", "pool": "remainder", "share": {"in_proportion_to": "people"}}]}
    plan = plan_of(
        {"id": "region", "formula": page("r", envelope=800, **equal)},
        {
            "id": "town",
            "parent": "region",
            "formula": page("t", **equal),
            "funds": [{"id": "rescue", "formula": rescue}],
        },
    )
    found = equite.cascade(plan, {"region": regions, "town": towns})
    table = found.table()
    # By people: 100 and 300 in the north, 400 in the south: 100, 100 and 200 a head. The fund raises a and b alike.
    assert table["received"].tolist() == [100, 300, 400]
    assert table["funds"].tolist() == [25, 75, 0]
    assert table["amount"].tolist() == [125, 375, 400]
    assert found.sources.set_index("source")["money"].to_dict() == {"envelope": 800, "fund": 100}


def test_figures_roll_up_from_below_and_come_down_from_above() -> None:
    regions = pd.DataFrame({"code": ["N", "S"]})
    towns = pd.DataFrame(
        {"code": ["a", "b", "c"], "region": ["N", "N", "S"], "people": [10, 30, 20], "rate": [0.5, 0.1, 0.3]}
    )
    top = page("r", envelope=600)
    top["parts"] = [{"id": "need", "pool": "remainder", "share": {"in_proportion_to": "poor * people"}}]
    below = page("t", variables={"poverty": "rate"})
    below["parts"] = [
        {"id": "excess", "pool": "remainder", "share": {"in_proportion_to": "people * (0.1 + poverty / regional)"}}
    ]
    plan = plan_of(
        {
            "id": "region",
            "formula": top,
            "roll_up": {"people": "extensive", "poor": {"kind": "intensive", "heading": "poverty", "by": "people"}},
        },
        {"id": "town", "parent": "region", "formula": below, "from_parent": {"regional": "poor"}},
    )
    found = equite.cascade(plan, {"region": regions, "town": towns})
    # The north has 8 poor of 40 (a rate of 0.2, never 0.6), the south 6 of 20.
    assert found.table("region")["received"].round().tolist() == [343, 257]
    weights = np.array([10 * (0.1 + 0.5 / 0.2), 30 * (0.1 + 0.1 / 0.2)])
    assert found.table()["received"].tolist()[:2] == np.round(343 * weights / weights.sum()).tolist()


def test_quebec_is_exact_at_each_of_its_122_parents() -> None:
    found = equite.cascade(QUEBEC)
    assert [len(level.codes) for level in found.levels] == [17, 104, 1285]
    nodes = 0
    passed = np.array([found.minor_units.of(np.array([25_000_000]), found.allocations("region")[0].context.unit)[0]])
    for level in found.levels:
        assert (level.by_parent(level.received) + level.reserve == passed + level.on_top).all()
        passed, nodes = level.passed_on, nodes + passed.size
    assert nodes == 122
    uninhabited = found.table()["received"] == 0
    assert uninhabited.sum() == len(found.allocations()[0].excluded)
    # Two regions chose for themselves: the page on the others, and one on each.
    assert [len(each.codes) for each in found.allocations("mrc")] == [83, 8, 13]
    assert all(allocation.reliance[0].status == "illustrative" for allocation in found.allocations())


TOWNS = pd.DataFrame({"code": ["a", "b"], "region": ["N", "S"], "people": [1, 2]})
REGIONS = pd.DataFrame({"code": ["N", "S"], "people": [1, 2]})


def refused(plan: Plan, tables: Tables | None = None) -> str:
    with pytest.raises(equite.EquiteError) as caught:
        equite.cascade(plan, {"region": REGIONS, "town": TOWNS} if tables is None else tables)
    assert caught.value.text("fr") != caught.value.text("en")
    return caught.value.text("en")


def two(top: dict[str, Any] | None = None, below: dict[str, Any] | None = None, **keys: Any) -> Plan:
    first = {"id": "region", "formula": page("r", envelope=900), **(top or {})}
    return plan_of(first, {"id": "town", "parent": "region", "formula": page("t"), **(below or {})}, **keys)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (two({"keeps": "amount + 1"}), "N would keep $331, and has $330"),
        (two({"adds": "-people"}), "-people is below zero for N, S"),
        (two({"keeps": "people / 0"}), "people / 0 cannot be computed for N, S"),
        (two({"keeps": "populace"}), "the table has no column 'populace'"),
        (two(below={"keeps": "1"}), "'keeps' cannot stand on the last tier, 'town'"),
        (two({"parent": "region"}), "'parent' cannot stand on the first tier, 'region'"),
        (two(below={"id": "region"}), "two tiers are called 'region'"),
        (two(below={"parent": None}), "does not say which column holds the code of its parent in 'region'"),
        (two(below={"formula": page("t", envelope=5)}), "has an envelope of its own"),
        (two(below={"formula": page("t", envelope="received * 0.5")}), "what its parents pass on, no more and no less"),
        (two(below={"formula": page("t", envelope="half", variables={"half": "received"})}), "an envelope of its own"),
        (two(below={"formula": page("t", constants={"received": 5})}), "cascade gives @ constants.received"),
        (two(below={"formula": page("t", variables={"already": "people"})}), "cascade gives @ variables.already"),
        (two(below={"formula": page("t", columns={"parent": "region"})}), "cascade gives @ columns.parent"),
        (
            two(below={"formula": page("t", parts=[{"id": "parent", "pool": "remainder", "share": "equally"}])}),
            "cascade gives @ parts.parent",
        ),
        (
            two(below={"formula": ["t.yaml"]}),
            "this is no formula page @ tiers.town.formula: write the name of one file",
        ),
        (two(below={"formula": page("t", unit={"en": "posts", "fr": "postes"})}), "shares 'posts', and the first tier"),
        (two(below={"formula": page("t", within="region")}), "says `within`"),
        (two(below={"formula": page("t", currency="EUR")}), "shares 'EUR', and the first tier 'CAD'"),
        (two(below={"formula": page("t", rounding={"to": 1000})}), "shares in units of 1000"),
        (two(below={"from_parent": {"people": "people"}}), "already has a column 'people'"),
        (two(below={"from_parent": {"received": "people"}}), "'received' is a column that the cascade gives"),
        (
            two(
                below={
                    "funds": [
                        {"id": "f", "formula": page("f", parts=[{"id": "g", "pool": {"each": 1}, "share": "equally"}])}
                    ]
                }
            ),
            "this page of 'town' has no money of its own to share",
        ),
        (two(below={"overrides": "nowhere"}), "nothing may be changed"),
        (two(below={"measured": "tier"}), "unknown key 'measured'"),
        (two(totals={"people": 0}), ""),
        (page("r", envelope=10), "this is a formula page, not a plan"),
    ],
)
def test_refusals(plan: Plan, said: str) -> None:
    if not said:
        equite.cascade(plan, {"region": REGIONS, "town": TOWNS})
        return
    assert said in refused(plan)


@pytest.mark.parametrize("thing", [None, 5, ["plan.yaml"]])
def test_what_is_no_plan_at_all(thing: Any) -> None:
    with pytest.raises(equite.FormulaError) as caught:
        equite.cascade(thing)
    assert "a plan is expected" in caught.value.text("en")
    assert "un plan est attendu" in caught.value.text("fr")


def test_a_page_in_the_place_of_a_plan_and_a_plan_in_the_place_of_a_page() -> None:
    with pytest.raises(equite.FormulaError, match=r"not a plan|pas un plan"):
        equite.cascade(equite.Formula.from_dict(page("r", envelope=9)))  # type: ignore[arg-type]
    with pytest.raises(equite.FormulaError) as caught:
        equite.allocate(QUEBEC, TOWNS)
    assert "this is a plan, not a formula page @ plan.yaml" in caught.value.text("en")
    assert "run it with `equite cascade`" in caught.value.text("en")


@pytest.mark.parametrize(("text", "said"), [("", "est vide @ plan.yaml"), ("- a\n", "equite_plan: 1`, puis id")])
def test_a_plan_that_says_nothing(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(equite.FormulaError) as caught:
        equite.cascade(tmp_path / "plan.yaml")
    assert said in caught.value.text("fr")
    with pytest.raises(equite.FormulaError) as caught:
        equite.cascade(tmp_path)
    assert "donnez le fichier YAML du plan" in caught.value.text("fr")


def test_a_plan_without_a_language_is_refused_in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUITE_LANGUAGE", "en")
    plan = two({"keeps": "populace"}, {"parent": None})
    del plan["language"]
    with pytest.raises(equite.FormulaError, match="ne dit pas quelle colonne contient le code de son parent"):
        equite.cascade(plan, {"region": REGIONS, "town": TOWNS})


def test_a_territory_of_another_tier_is_told_as_such() -> None:
    found = equite.cascade(two(), {"region": REGIONS, "town": TOWNS})
    with pytest.raises(equite.SharingError) as caught:
        found.explain("N")
    assert "'N', which is one of 'region': name that tier with `--tier region`" in caught.value.text("en")
    assert "`--tier region`" in caught.value.text("fr")
    with pytest.raises(equite.SharingError, match=r"'Z'|« Z »"):
        found.explain("Z")
    assert found.explain("N", "region").steps[-1].code == "N"


def write_choices(folder: Path, **fractions: str) -> str:
    for parent, fraction in fractions.items():
        said = f"for: {parent}\nbody: b\ndate: 2026-01-02\nreason: r\n"
        said += f"changes: {{parts: {{base: {{pool: {{fraction: {fraction}}}}}}}}}\n"
        (folder / f"{parent}.yaml").write_text(said, encoding="utf-8")
    return str(folder)


def test_parents_that_chose_the_same_are_served_at_once(tmp_path: Path) -> None:
    regions = pd.DataFrame({"code": list("NSEW"), "people": [1, 2, 3, 4]})
    towns = pd.DataFrame({"code": list("abcdefgh"), "region": list("NNSSEEWW"), "people": range(1, 9)})
    folder = write_choices(tmp_path, N="0.5", E="0.5", W="0.4")
    plan = two(below={"may_change": {"parts.base.pool.fraction": [0, 1]}, "overrides": folder})
    found = equite.cascade(plan, {"region": regions, "town": towns})
    assert [each.codes for each in found.allocations("town")] == [("c", "d"), ("a", "b", "e", "f"), ("g", "h")]
    received = found.table("town").set_index("code")["received"]
    for region, fraction in {"N": 0.5, "S": 0.2, "E": 0.5, "W": 0.4}.items():
        money = found.table("region").set_index("code")["passed_on"][region]
        children = towns[towns["region"] == region].assign(received=money)
        alone = page("t", envelope="received")
        alone["parts"][0]["pool"] = {"fraction": fraction}
        assert received[list(children["code"])].tolist() == equite.allocate(alone, children).amounts.tolist()
    (line,) = [line for line in found.summary().splitlines() if "of their own" in line]
    assert line.strip() == "3 of 4 parents apply a page of their own"


def test_a_choice_of_nobody_has_its_file_and_line(tmp_path: Path) -> None:
    folder = write_choices(tmp_path, Q="0.5")
    plan = two(below={"may_change": "everything", "overrides": folder})
    text = refused(plan)
    assert "there is no parent 'Q' in the tier above @ Q.yaml, for (line 1): write its code" in text
    write_choices(tmp_path, N="0.5")
    (tmp_path / "Q.yaml").unlink()
    found = equite.cascade(plan, {"region": REGIONS, "town": TOWNS})
    assert "1 of 2 parents applies a page of its own" in found.summary()


def test_choices_are_not_held_against_margins_that_are_wrong(tmp_path: Path) -> None:
    folder = write_choices(tmp_path, N="0.5")
    plan = two(below={"may_change": {"parts.bas.pool.fraction": [0, 1]}, "overrides": folder})
    (line,) = refused(plan).splitlines()
    assert "there is no 'parts.bas.pool.fraction' on this tier's page" in line


def test_a_choice_may_not_take_a_name_of_the_plans(tmp_path: Path) -> None:
    folder = write_choices(tmp_path, N="0.5")
    text = (tmp_path / "N.yaml").read_text(encoding="utf-8")
    text = text[: text.index("changes")] + "changes:\n  constants:\n    received: 5\n"
    (tmp_path / "N.yaml").write_text(text, encoding="utf-8")
    plan = two(below={"may_change": "everything", "overrides": folder})
    assert "'received' is a column that the cascade gives @ N.yaml, constants.received (line 7)" in refused(plan)


def test_refusals_of_tables() -> None:
    lonely = TOWNS[TOWNS["region"] == "N"]
    assert "S ('region') has $570 to pass on, and nobody below" in refused(two(), {"region": REGIONS, "town": lonely})
    lost = TOWNS.assign(region=["N", "Z"])
    assert "Z" in refused(two(), {"region": REGIONS, "town": lost})
    assert "the plan has no tier 'village'" in refused(two(), {"village": TOWNS, "region": REGIONS, "town": TOWNS})
    assert "the tier 'town' has no table" in refused(two(), {"region": REGIONS})
    wrong = TOWNS.assign(people=[1, 3])
    assert "people" in refused(two(totals={"people": 0}), {"region": REGIONS, "town": wrong})
    leaving = two(below={"formula": page("t", eligible=[{"where": "people > 1"}])})
    assert "N has $330 to pass on, and the page of 'town' leaves out all below it" in refused(leaving)
    floors = two(below={"formula": page("t", limits=[{"id": "floor", "at_least": 400}])})
    assert "floor, N" in refused(floors)
