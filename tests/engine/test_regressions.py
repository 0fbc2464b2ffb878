"""Small pages that once went wrong, or that nothing else would notice."""

from __future__ import annotations

import numpy as np
import pytest

import equite
from equite.engine.sharing import Groups, solve

HEAD = "equite: 1\nid: t\nlanguage: en\nkey: code\nrounding: {to: 1}\nenvelope: 1000\n"
NEED = "{id: need, pool: remainder, share: {in_proportion_to: points}}"
OVERRIDE = "override: [{code: A, amount: 50, reason: r}]"
ROWS = [
    {"code": code, "points": points, "last": last, "k": k}
    for code, points, last, k in [("A", 10, 200, 1), ("B", 30, 300, 0), ("C", 60, 480, 0)]
]


def run(body: str, head: str = HEAD) -> equite.Allocation:
    return equite.allocate(equite.Formula.from_text(head + body), ROWS)


@pytest.mark.parametrize(
    ("body", "amounts", "reserve"),
    [
        # A reserve is not drawn on by later stages.
        (
            f"parts: [{NEED}]\nlimits: [{{id: q, at_most: 300, if_over: reserve}}, {{id: f, at_least: 100}}]\n",
            [300, 300, 300],
            100,
        ),
        # Bounds of groups from two stages are in force together.
        (
            f"parts: [{NEED}]\nlimits: [{{id: g, by: k, at_most: 850}}, {{id: h, by: k, at_least: 120}}]\n",
            [150, 283, 567],
            0,
        ),
        # A levy shared by what another part gives.
        (
            f"parts: [{NEED}, {{id: tax, levy: true, pool: {{amount: 100}}, share: {{in_proportion_to: need}}}}]\n",
            [100, 300, 600],
            0,
        ),
        # `each` counts those who are eligible to the part.
        (
            f"parts: [{{id: few, pool: {{each: 100}}, share: equally, eligible: [{{where: k == 0}}]}}, {NEED}]\n",
            [80, 340, 580],
            0,
        ),
        # What parts leave and what a part's ceilings keep are one reserve.
        (
            "if_over: reserve\nparts: [{id: n, pool: {amount: 400}, share: equally, at_most: 100, if_over: reserve}]\n",
            [100, 100, 100],
            700,
        ),
        # A page's proration scales ceilings with the pool.
        (
            "envelope: 200\nif_short: prorate\n"
            "parts: [{id: n, pool: {amount: 400}, share: equally, at_most: 100, if_over: reserve}]\n",
            [50, 50, 50],
            50,
        ),
        # Who is exempt may have a floor above the ceiling.
        (
            f"parts: [{NEED}]\nlimits: [{{id: f, at_least: last, at_most: 400, except: last > 400}}]\n",
            [200, 300, 500],
            0,
        ),
    ],
)
def test_pages(body: str, amounts: list[int], reserve: int) -> None:
    head = HEAD.replace("envelope: 1000\n", "") if "envelope: " in body else HEAD
    found = run(body, head)
    assert found.amounts.tolist() == amounts
    assert found.reserve == reserve


@pytest.mark.parametrize(
    "body",
    [
        f"parts: [{NEED}]\nlimits: [{{id: o, fund: on_top, at_least: 10, {OVERRIDE}}}]\n",
        f"parts: [{{id: tax, levy: true, share: {{as_is: points - 20}}}}, {NEED}]\n",
        f"parts: [{NEED}]\nlimits: [{{id: g, by: k, at_most: 'where(k == 1, 150, 900)'}},"
        " {id: f, at_least: 200, fund: on_top}]\n",
        f"parts: [{{id: base, pool: {{each: 100}}, share: equally}}, {NEED}]\n"
        "limits: [{id: g, by: k, at_most: 'where(k == 0, 150, 2000)'}]\n",
        "parts: [{id: tax, levy: true, pool: {amount: 300}, share: equally, at_most: 50, if_over: reserve},"
        f" {NEED}]\n",
        f"parts: [{NEED}, {{id: few, pool: {{each: 10}}, share: equally, eligible: [{{where: need < 700}}]}}]\n",
        f"variables: {{v: amount > 1}}\nparts: [{NEED}]\nlimits: [{{id: g, by: v, at_most: 900}}]\n",
        f"columns: {{code: {{kind: text}}}}\nvariables: {{v: code + 1}}\nparts: [{NEED}]\n",
        f"indices: {{i: {{normalise: {{rank: {{ties: foo}}}}, criteria: {{points: 1}}}}}}\nparts: [{NEED}]\n"
        "checks: [{that: i > 0}]\n",
        f"indices: {{i: {{normalise: {{z-score: {{deviation: -1}}}}, criteria: {{points: 1}}}}}}\nparts: [{NEED}]\n"
        "checks: [{that: i > 0}]\n",
    ],
)
def test_refused_with_a_sentence(body: str) -> None:
    with pytest.raises(equite.EquiteError) as caught:
        run(body)
    assert caught.value.text("fr")


def test_who_is_frozen_is_not_raised() -> None:
    found = run(f"parts: [{NEED}]\nlimits: [{{id: o, {OVERRIDE}}}, {{id: f, at_least: 150}}]\n")
    assert not found.stages[1].raised.any()


def test_who_an_earlier_ceiling_holds_is_not_raised() -> None:
    found = run(
        f"parts: [{NEED}]\nlimits: [{{id: c, at_most: 'where(points == 60, 200, 900)'}}, {{id: f, at_least: 300}}]\n"
    )
    assert found.amounts.tolist() == [300, 500, 200]
    assert found.stages[1].raised.tolist() == [True, False, False]


def test_a_score_paid_as_it_is_is_explained_though_it_sums_to_nothing() -> None:
    index = "indices: {ix: {normalise: rank, criteria: {points: 1}}}\n"
    found = run(
        index
        + "parts: [{id: base, pool: {each: 1000}, share: equally}, {id: adj, share: {as_is: (ix - 0.5) * 300}}]\n",
        HEAD.replace("envelope: 1000\n", ""),
    )
    assert found.amounts.tolist() == [900, 1000, 1100]
    told = {line.id: line.amount for line in found.explain("A").lines}
    assert (told["base"], told["ix.points"]) == (1000, -100)


def test_a_reserve_of_stated_pools_is_told() -> None:
    page = "parts: [{id: a, pool: {amount: 300}, share: equally, at_most: 50, if_over: reserve}]\n"
    found = run(page, HEAD.replace("envelope: 1000\n", ""))
    assert (found.total, found.reserve, found.envelope) == (150, 150, 300)


def test_levelling_up_far_above_the_money_is_not_refused_for_dust() -> None:
    own = np.array([1e9 / 3, 1e9 / 3 + 7.1, 1e9 / 3 + 11.3])
    assert equite.share(100, [1, 1, 1], fixed=-own, lower=0).amounts.sum() == pytest.approx(100, abs=1e-6)


@pytest.mark.parametrize(
    ("fixed", "score", "low", "high", "amount", "level"),
    [
        ([1.0], [1.0], [0.0], [1.24252622e-27], 1.2425262221660637e-27, None),
        ([0.0] * 6, [0, 0, 0, 1, 5.12e-34, 2.8e-45], [0.0] * 6, [0, 0, 0, 1, 0, 1], 1.0, 1.0),
    ],
)
def test_levels_are_those_of_the_amounts_however_small(
    fixed: list, score: list, low: list, high: list, amount: float, level: float | None
) -> None:
    columns = [np.array(column, dtype=float) for column in (fixed, score, low, high)]
    found = solve(*columns, np.array([amount]), Groups.single(len(fixed)))
    assert found.gap[0] == 0
    if level is not None:
        assert found.level[0] == level


def test_a_group_of_entitlements_comes_to_its_bound_in_proportion() -> None:
    page = "parts: [{id: g, share: {as_is: 10 * points}}]\nlimits: [{id: c, by: k, at_most: 600}]\n"
    found = run(page, HEAD.replace("envelope: 1000\n", ""))
    assert found.amounts.tolist() == [100, 200, 400]


def test_a_row_of_totals_is_refused_by_its_name_and_told_by_one_sum() -> None:
    page = equite.Formula.from_text(HEAD + "parts: [{id: g, pool: remainder, share: {in_proportion_to: population}}]\n")
    rows = [{"code": code, "population": people} for code, people in [("A", 1), ("B", 2), ("C", 3), ("Z", 6)]]
    assert any("'Z' = all the others" in warning for warning in equite.allocate(page, rows).warnings)
    assert not equite.allocate(page, [*rows[:3], {"code": "Z", "population": 7}]).warnings
    named = [*rows[:3], {"code": "Total", "population": 7}]
    with pytest.raises(equite.TerritoriesError, match=r"row 3 \('Total'\) is called a total"):
        equite.allocate(page, named)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("25 000 000 $", "write digits only"),
        ("90 % * points", "write 0.90 for 90 %"),
        ("max(points; 3)", "separate the values of a function with commas"),
        ("25,000,000", "without separators"),
    ],
)
def test_expressions_as_people_write_them_get_their_own_sentence(expression: str, words: str) -> None:
    with pytest.raises(equite.FormulaError, match=words):
        run(f"parts: [{NEED}]\nvariables:\n  v: {expression}\n")


def test_a_code_without_its_zeros_is_recognised() -> None:
    page = equite.Formula.from_text(HEAD + "parts: [{id: g, pool: remainder, share: equally}]\n")
    with pytest.raises(equite.SharingError, match="did you mean '005'"):
        equite.allocate(page, {"code": ["005", "017"]}).explain("5")


def test_an_index_that_nothing_is_shared_by_is_scored_all_the_same() -> None:
    """It stands on outputs: one that cannot be scored was accepted, and refused only when the record was asked for."""
    page = {
        "equite": 1,
        "id": "idle",
        "key": "code",
        "language": "en",
        "envelope": 10,
        "indices": {"need": {"aggregate": {"ordered-weighted": [2, 1, 1]}, "criteria": {"x": 1, "y": 1}}},
        "parts": [{"id": "grant", "pool": "remainder", "share": "equally"}],
    }
    with pytest.raises(equite.FormulaError, match="order"):
        equite.allocate(page, {"code": ["a", "b"], "x": [1, 2], "y": [2, 1]})


def test_a_limit_that_names_a_part_reads_what_the_part_pays_once_scaled() -> None:
    body = "if_short: prorate\nparts: [{id: owed, share: {as_is: last}}]\n"
    body += "limits: [{id: cap, at_most: 0.75 * owed, if_over: reserve}]\n"
    found = run(body, HEAD.replace("1000", "490"))
    # 200 + 300 + 480 = 980 are owed and 490 is there: half of each is paid, and no more than three quarters of that.
    assert found.table["amount"].tolist() == [75, 112, 180]


def test_one_group_that_is_short_holds_nobody_of_another_at_a_floor() -> None:
    given = [("X0", 3, 40, 0), ("X1", 1, 60, 70), ("X2", 1, 40, 0), ("Y0", 5, 90, 70), ("Y1", 5, 90, 70)]
    rows = [{"code": code, "g": code[0], "s": s, "cap": cap, "floor": floor} for code, s, cap, floor in given]
    body = "within: g\nparts: [{id: need, pool: remainder, share: {in_proportion_to: s}}]\n"
    body += "limits: [{id: cap, at_most: cap, if_over: reserve}, {id: floor, at_least: floor, if_short: prorate}]\n"
    page = equite.Formula.from_text(HEAD.replace("1000", "100") + body)
    together, alone = (equite.allocate(page, some) for some in (rows, rows[:3]))
    # Y cannot pay its floors. X can, but for the one whom the cap holds below its floor.
    assert together.stages[1].prorated
    assert together.stages[1].raised[:3].tolist() == alone.stages[1].raised.tolist() == [False, False, False]
