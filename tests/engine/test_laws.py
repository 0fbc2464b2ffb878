"""The laws that hold for any page on any table."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from choices import Choices, drawn
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import equite

of_money = settings.get_profile("law-of-money")

Page = dict[str, Any]


def table_of(choose: Choices) -> pd.DataFrame:
    """Draw a table of territories: people, two measures of need, a setting, a state, and last period's amounts.

    Figures of a column are now and then few, so that territories tie.
    """
    size = choose.whole(2, 9)

    def column(least: int, most: int) -> list[int]:
        if choose.below(8) == 7:
            few = choose.wholes(least, most, 2)
            return [choose.among(few) for _ in range(size)]
        return choose.wholes(least, most, size)

    return pd.DataFrame(
        {
            "code": [f"{at:03d}" for at in range(size)],
            "population": column(1, 2_000_000),
            "poverty": [value / 10 for value in column(0, 1000)],
            "distance": column(0, 1500),
            "setting": [choose.among(("rural", "urban")) for _ in range(size)],
            "state": [choose.among(("A", "B", "C")) for _ in range(size)],
            "before": column(0, 400_000),
        }
    )


tables = drawn(table_of)


@drawn
def needier(choose: Choices) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Draw a table, the same with more poverty in one territory, and which."""
    table = table_of(choose)
    row, changed = choose.below(len(table)), table.copy()
    changed.loc[row, "poverty"] += choose.whole(1, 500) / 10
    return table, changed, row


@drawn
def one_of(choose: Choices) -> tuple[pd.DataFrame, int]:
    """Draw a table and a row of it."""
    table = table_of(choose)
    return table, choose.below(len(table))


@drawn
def shuffled(choose: Choices) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw a table, and the same in another order."""
    table = table_of(choose)
    return table, table.iloc[choose.shuffled(range(len(table)))]


def index(choose: Choices) -> Page:
    """Draw an index of two families."""
    direction = choose.among(["high", "low", {"by": "setting", "rural": "high", "urban": "low"}])
    return {
        "normalise": choose.among(("min-max", "rank")),
        "families": {
            "social": {"weight": choose.whole(1, 9), "criteria": {"poverty": choose.whole(1, 9)}},
            "place": {
                "weight": choose.whole(0, 9),
                "criteria": {"distance": {"weight": choose.whole(1, 9), "more_need_when": direction}},
            },
        },
    }


def limit_list(choose: Choices) -> list[Page]:
    """Draw stages that can be met, or say what to do when they cannot."""
    stages: list[Page] = []
    for at in range(choose.whole(0, 3)):
        stage: Page = {"id": f"stage{at}"}
        floor, width = choose.whole(0, 120) / 100, choose.whole(0, 150) / 100
        kind = choose.among(("floor", "cap", "both", "on_top"))
        if kind != "cap":
            stage["at_least"] = f"{floor} * before"
        if kind in ("cap", "both"):
            stage["at_most"] = f"{floor + width} * before + {choose.whole(2, 5000)}"
            stage["if_over"] = "reserve"
        if kind == "on_top":
            stage["fund"] = "on_top"
        else:
            stage["if_short"] = "prorate"
            if choose.yes():
                stage["then"] = "hold"
        stages.append(stage)
    return stages


@drawn
def pages(choose: Choices, *, limits: bool = True) -> Page:
    """Draw a page: a base, an equity part, perhaps a fraction, perhaps stages of limits."""
    parts: list[Page] = []
    if choose.yes():
        parts.append({"id": "base", "pool": {"each": f"envelope * {choose.whole(0, 9)} / 100"}, "share": "equally"})
    if choose.yes():
        share = choose.among(["equally", {"in_proportion_to": "population"}])
        parts.append({"id": "heads", "pool": {"fraction": choose.among(("0.1", "0.05"))}, "share": share})
    score = choose.among(("population * (0.5 + need)", "0.1 + need", "(population ** 0.7) * (1 + need) ** 2"))
    parts.append({"id": "equity", "pool": "remainder", "share": {"in_proportion_to": score}})
    return {
        "equite": 1,
        "id": "law",
        "envelope": choose.whole(10, 50_000) * 100,
        "key": "code",
        "indices": {"need": index(choose)},
        "parts": parts,
        "limits": limit_list(choose) if limits else [],
        "rounding": {"to": choose.among(("1", "0.01", "100")), "bounds": choose.among(("inward", "nearest"))},
    }


def run(page: Page | equite.Formula, table: pd.DataFrame) -> equite.Allocation | None:
    """Allocate; None where the page is refused with a sentence, which is an answer too."""
    try:
        return equite.allocate(page, table)
    except equite.SharingError as error:
        assert error.text("fr") and error.text("en")
        return None


def feasible(page: Page | equite.Formula, table: pd.DataFrame) -> equite.Allocation:
    found = run(page, table)
    assume(found is not None)
    assert found is not None
    return found


def money_is_conserved(found: equite.Allocation) -> None:
    """Amounts and the reserve are the envelope and what came on top."""
    assert found.envelope_units is not None
    assert int(found.units.sum()) + found.reserve_units == found.envelope_units + found.on_top_units
    assert found.units.dtype == np.int64
    assert (found.reserve_units >= 0) and (found.on_top_units >= 0)


def every_step_adds_up_for_every_territory(page: Page, found: equite.Allocation) -> None:
    frame = found.table
    steps = [part["id"] for part in page["parts"]] + [stage["id"] for stage in page["limits"]] + ["rounding"]
    assert np.allclose(frame[steps].sum(axis=1), frame["amount"], rtol=0, atol=1e-6 * max(1.0, found.total))
    for code in found.codes[:3]:
        explained = found.explain(code)
        assert sum(round(line.amount * 100) for line in explained.lines) == round(explained.amount * 100)
    assert sum(found.final_parts.values()).tolist() == found.amounts.tolist() or np.allclose(
        sum(found.final_parts.values()), found.amounts, atol=1e-6
    )


def the_order_of_rows_changes_nothing(
    page: equite.Formula, other_order: pd.DataFrame, found: equite.Allocation
) -> None:
    assert feasible(page, other_order).table.equals(found.table)


def other_codes_in_the_same_order_change_nothing(
    page: equite.Formula, table: pd.DataFrame, found: equite.Allocation
) -> None:
    renamed = table.assign(code=[f"K-{code}-é" for code in table["code"]])
    assert feasible(page, renamed).units.tolist() == found.units.tolist()


def the_unit_of_a_criterion_changes_nothing(
    page: equite.Formula, table: pd.DataFrame, found: equite.Allocation, factor: float
) -> None:
    """By min-max and by ranks."""
    rescaled = table.assign(poverty=table["poverty"] * factor, distance=table["distance"] * factor)
    again = feasible(page, rescaled)
    assert np.allclose(again.exact, found.exact, rtol=1e-9, atol=1e-6)
    assert np.abs(again.units - found.units).max() <= 1


@of_money
@given(pages(), shuffled(), st.sampled_from([2.0, 1000.0, 1 / 1024, 0.01]))
def test_the_laws_of_any_page(page: Page, tables: tuple[pd.DataFrame, pd.DataFrame], factor: float) -> None:
    table, other_order = tables
    read = equite.Formula.from_dict(page)
    found = feasible(read, table)
    money_is_conserved(found)
    every_step_adds_up_for_every_territory(page, found)
    the_order_of_rows_changes_nothing(read, other_order, found)
    other_codes_in_the_same_order_change_nothing(read, table, found)
    the_unit_of_a_criterion_changes_nothing(read, table, found, factor)


@of_money
@given(pages(limits=False), tables(), st.integers(0, 100), st.integers(0, 200))
def test_bounds_hold_after_rounding(page: Page, table: pd.DataFrame, low: int, width: int) -> None:
    floor, cap = f"{low / 100} * before", f"{(low + width) / 100} * before + 5000"
    page["limits"] = [{"id": "both", "at_least": floor, "at_most": cap, "if_over": "reserve"}]
    page["rounding"] = {"to": "1", "bounds": "inward"}
    found = feasible(page, table)
    before = table.set_index("code").loc[list(found.codes), "before"].to_numpy()
    assert (found.amounts >= low / 100 * before - 1e-6).all()
    assert (found.amounts <= (low + width) / 100 * before + 5000 + 1e-6).all()


def never_less(page: Page, table: pd.DataFrame, changed: pd.DataFrame, row: int) -> None:
    read = equite.Formula.from_dict(page)
    found, again = feasible(read, table), feasible(read, changed)
    assert again.exact[row] >= found.exact[row] - 1e-9 * max(1.0, found.total)
    assert again.units[row] >= found.units[row] - 1


@of_money
@given(pages(limits=False), needier())
def test_more_need_never_gets_less(page: Page, tables: tuple[pd.DataFrame, pd.DataFrame, int]) -> None:
    assume(tables[0]["poverty"].nunique() > 1)
    never_less(page, *tables)


@of_money
@given(pages(), needier())
def test_more_need_never_gets_less_within_limits(page: Page, tables: tuple[pd.DataFrame, pd.DataFrame, int]) -> None:
    """All else equal: goalposts keep the others' scores where they were, which min-max and ranks do not."""
    page["limits"] = [stage for stage in page["limits"] if "then" not in stage and "fund" not in stage]
    page["indices"] = {"need": {"normalise": {"goalposts": [-1, 200]}, "criteria": {"poverty": 1}}}
    never_less(page, *tables)


def test_why_the_law_asks_for_a_criterion_that_counts_already() -> None:
    """A criterion that is the same for all drops out; one change brings it back, and with it its weight for everybody.

    By ranks, the large territory then scores 1/3 on poverty instead of 1/6 on distance alone, and takes more.
    """
    page = {
        "equite": 1,
        "id": "counterexample",
        "envelope": 1000,
        "key": "code",
        "indices": {
            "need": {"normalise": "rank", "criteria": {"poverty": 1, "km": {"weight": 1, "more_need_when": "low"}}}
        },
        "parts": [{"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "population * (0.5 + need)"}}],
        "rounding": {"to": 1},
    }
    table = pd.DataFrame({"code": list("abc"), "population": [1, 1, 8], "poverty": [0.0, 0, 0], "km": [0, 0, 1]})
    before = equite.allocate(page, table).exact[0]
    after = equite.allocate(page, table.assign(poverty=[0.1, 0, 0])).exact[0]
    assert before - 1 < after < before


def test_why_that_law_asks_for_goalposts() -> None:
    """With ranks, one territory's need lowers the others' scores; under a ceiling, that can cost it a little.

    The large territory is at the ceiling whatever its score. When its rank falls, the weight it loses goes to all
    the others, and to the needier one less than to some.
    """
    page = {
        "equite": 1,
        "id": "counterexample",
        "envelope": 5800,
        "key": "code",
        "indices": {"need": {"normalise": "rank", "criteria": {"poverty": 1}}},
        "parts": [
            {"id": "heads", "pool": {"fraction": 0.1}, "share": "equally"},
            {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "population * (0.5 + need)"}},
        ],
        "limits": [{"id": "cap", "at_most": 994}],
        "rounding": {"to": 1},
    }
    people, poverty = [1, 1, 1, 48, 30_801, 23], [0, 100, 100, 0, 0, 0.1]
    table = pd.DataFrame({"code": list("abcdef"), "population": people, "poverty": poverty})
    before = equite.allocate(page, table).exact[0]
    after = equite.allocate(page, table.assign(poverty=[0.1, *poverty[1:]])).exact[0]
    assert before - 1 < after < before


def test_why_money_on_top_is_left_out_of_that_law() -> None:
    """More need can mean less in all when what is funded on top shrinks with it.

    The neediest takes all that later ceilings free; with more need it raises less by the floor paid on top, so there
    is less in all. The law speaks of one envelope.
    """
    page = {
        "equite": 1,
        "id": "counterexample",
        "envelope": 1000,
        "key": "code",
        "indices": {"need": {"criteria": {"poverty": 1}}},
        "parts": [{"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "0.5 + need"}}],
        "limits": [
            {"id": "on_top", "at_least": "0.02 * before", "fund": "on_top"},
            {"id": "cap", "at_most": "0.08 * before + 2", "if_over": "reserve"},
        ],
        "rounding": {"to": 1},
    }
    table = pd.DataFrame({"code": list("abcd"), "poverty": [0.0, 0, 0, 0], "before": [0, 0, 0, 12_501]})
    poorer = table.assign(poverty=[0.0, 0, 0, 1])
    first, second = equite.allocate(page, table), equite.allocate(page, poorer)
    assert first.on_top > second.on_top == 0
    assert first.amounts[3] > second.amounts[3]


@of_money
@given(pages(limits=False), one_of(), st.integers(1, 100))
def test_nobody_gains_when_only_their_floor_is_removed(page: Page, one: tuple[pd.DataFrame, int], floor: int) -> None:
    table, row = one
    page["limits"] = [{"id": "floor", "at_least": f"{floor / 100} * before", "if_short": "prorate"}]
    found = feasible(page, table)
    without = copy.deepcopy(page)
    without["limits"][0]["except"] = f'code == "{row:03d}"'
    again = feasible(without, table)
    assert again.exact[row] <= found.exact[row] + 1e-9 * max(1.0, found.total)


@of_money
@given(pages(limits=False), tables())
def test_twice_the_envelope_is_twice_the_amounts(page: Page, table: pd.DataFrame) -> None:
    page["parts"] = [part for part in page["parts"] if part["id"] != "base"]
    found = feasible(page, table)
    again = feasible({**page, "envelope": page["envelope"] * 2}, table)
    unit = float(page["rounding"]["to"])
    # Pools are whole units: doubling can move the boundary between two of them by one unit.
    assert np.allclose(again.exact, 2 * found.exact, rtol=1e-9, atol=2 * unit)


@of_money
@given(pages(limits=False), tables(), st.integers(5, 60))
def test_groups_within_are_exact_each(page: Page, table: pd.DataFrame, share: int) -> None:
    page["parts"] = [
        {
            "id": "equity",
            "within": "state",
            "pool": {"amount": "round(100 * total(population, by=state), -2)"},
            "share": {"in_proportion_to": "population * (0.5 + need)"},
        }
    ]
    del page["envelope"]
    page["limits"] = [{"id": "floor", "at_least": f"{share} * population"}]
    found = feasible(page, table)
    cents = pd.Series(found.units).groupby(table["state"]).sum() * round(float(page["rounding"]["to"]) * 100)
    pools = 100 * 100 * table.groupby("state")["population"].sum()
    assert cents.tolist() == pools.tolist()


@drawn
def bounded_groups(choose: Choices) -> tuple[pd.DataFrame, int, int]:
    """Draw a table, and a cap and a floor of its states in percent, that some sharing satisfies."""
    table = table_of(choose)
    states = table["state"].nunique()
    least = -(-100 // states)
    return table, choose.whole(least, max(least, 60)), choose.whole(0, 15)


@of_money
@given(bounded_groups())
def test_totals_of_groups_hold_after_rounding(case: tuple[pd.DataFrame, int, int]) -> None:
    table, cap, floor = case
    page = {
        "equite": 1,
        "id": "by",
        "envelope": 1_000_003,
        "key": "code",
        "parts": [{"id": "heads", "pool": "remainder", "share": {"in_proportion_to": "population"}}],
        "limits": [
            {"id": "members", "at_least": "1000"},
            {
                "id": "states",
                "by": "state",
                "at_least": f"{floor / 100} * envelope",
                "at_most": f"{cap / 100} * envelope",
            },
        ],
        "rounding": {"to": "1"},
    }
    found = feasible(page, table)
    sums = pd.Series(found.amounts).groupby(table["state"]).sum()
    assert int(found.units.sum()) == 1_000_003
    assert (sums <= cap / 100 * 1_000_003).all() and (sums >= floor / 100 * 1_000_003).all()
    assert (found.amounts >= 1000).all()
