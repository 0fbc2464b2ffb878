"""Ways through the engine that few pages take, each worked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

import equite
from equite.engine.allocate import allocate
from equite.engine.rounding import whole_tolerance
from equite.engine.sharing import Groups, solve
from equite.formula.expressions import Expression

ROWS: dict[str, list[Any]] = {"code": ["A", "B", "C"], "points": [1, 2, 3], "one": [1, 1, 1], "last": [10, 20, 300]}


def page(*parts: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {
        "equite": 1,
        "id": "p",
        "language": "en",
        "key": "code",
        "rounding": {"to": 1},
        "parts": list(parts),
        **keys,
    }


def part(name: str, pool: Any, by: str = "points", **keys: Any) -> dict[str, Any]:
    return {"id": name, "pool": pool, "share": {"in_proportion_to": by}, **keys}


def refused(given: dict[str, Any], rows: Any = ROWS) -> list[str]:
    with pytest.raises(equite.EquiteError) as caught:
        equite.allocate(given, rows)
    assert caught.value.text("fr") != caught.value.text("en")
    return [problem.id for problem in caught.value.problems]


# Parts that rest on one another.


def test_a_pool_may_rest_on_a_part_while_its_share_rests_on_what_remains() -> None:
    # Base: 100. Extra: a quarter of base, 25. What remains of 600 is 475, by points: 79.17, 158.33, 237.5; extra goes
    # the same way, in proportion to it: 4.17, 8.33, 12.5.
    extra = part("extra", {"amount": "0.25 * total(base)"}, "rest")
    found = equite.allocate(
        page(part("base", {"amount": 100}, "one"), part("rest", "remainder"), extra, envelope=600), ROWS
    )
    assert found.parts_shared[1].amounts.tolist() == pytest.approx([475 / 6, 475 / 3, 475 / 2])
    assert found.parts_shared[2].amounts.tolist() == pytest.approx([25 / 6, 25 / 3, 25 / 2])


def test_such_a_pool_is_of_whole_units() -> None:
    # A third of 100 is 33.33: 33 dollars, and what remains of 600 is 467.
    extra = part("extra", {"amount": "total(base) / 3"}, "rest")
    found = equite.allocate(
        page(part("base", {"amount": 100}, "one"), part("rest", "remainder"), extra, envelope=600), ROWS
    )
    assert found.parts_shared[1].amounts.sum() == pytest.approx(467)
    assert found.parts_shared[2].amounts.sum() == pytest.approx(33)


def test_each_problem_of_two_pools_is_told() -> None:
    # Negative pools, each in its own sentence.
    assert refused(page(part("base", {"amount": "total(points) - 10"}), envelope=600)) == ["pool-negative"]


def test_the_level_of_a_group_is_its_own() -> None:
    # 60 for 6 points; 30 for 1.
    groups = Groups(np.array([0, 0, 1]), 2)
    free = np.zeros(3), np.array([2.0, 4.0, 1.0]), np.full(3, 0.0), np.full(3, np.inf)
    found = solve(*free, np.array([60.0, 30.0]), groups)
    assert found.level.tolist() == pytest.approx([10, 30])
    assert found.amounts.tolist() == pytest.approx([20, 40, 30])


def test_a_level_is_that_of_the_scores_as_they_are_however_small() -> None:
    found = solve(
        np.zeros(2), np.array([0.2, 0.4]), np.zeros(2), np.full(2, np.inf), np.array([60.0]), Groups.single(2)
    )
    assert found.level.tolist() == pytest.approx([100])


def test_a_group_without_points_has_no_level() -> None:
    groups = Groups(np.array([0, 1]), 2)
    found = solve(np.zeros(2), np.array([2.0, 0.0]), np.zeros(2), np.full(2, np.inf), np.array([60.0, 0.0]), groups)
    assert found.level.tolist() == [30, 0]


# A limit of one part, and what it had last time.


def test_a_limit_of_a_part_reads_what_that_part_had() -> None:
    # The page's own last year is 0 for all; the part's is 10, 20, 300. At least 90 % of it: 9, 18, 270. Of 300 by 1, 2
    # and 3, C is owed 270 and 30 goes to A and B by 1 and 2: 10 and 20.
    floor = {"id": "floor", "part": "grant", "at_least": "0.9 * previous"}
    given = page(part("grant", {"amount": 300}, previous="last"), part("other", "remainder", "one"), limits=[floor])
    found = equite.allocate({**given, "envelope": 600}, ROWS)
    assert found.parts_limited[0].amounts.tolist() == pytest.approx([10, 20, 270])


# The key, used as a label.


def test_the_key_is_read_in_an_expression_as_the_page_reads_it() -> None:
    rows = {"number": ["5", "12"], "points": [1, 1]}
    given = page(part("grant", "remainder", 'where(number == "05", 3, 1)'), envelope=400)
    given["key"] = {"column": "number", "width": 2}
    found = equite.allocate(given, rows)
    assert dict(zip(found.codes, found.amounts.tolist(), strict=True)) == {"05": 300, "12": 100}


def test_a_sum_over_withheld_figures_is_refused_by_that_name() -> None:
    rows = {**ROWS, "poor": ["x", 5, 6]}
    given = page(part("grant", {"amount": "total(poor)"}), suppressed_marks="x")
    assert refused(given, rows) == ["aggregate-suppressed"]


def test_a_cell_below_winsorising_shares_is_a_share() -> None:
    index = {
        "criteria": {
            "points": {"weight": 1, "normalise": "min-max", "transform": {"winsorise": {"low": 0.1, "high": 1.5}}}
        }
    }
    given = page(part("grant", "remainder", "1 + need"), envelope=600, indices={"need": index})
    assert "transform-parameters" in refused(given)


# Weights that are changed afterwards.


def test_other_weights_by_name_reach_families_too() -> None:
    index = {
        "families": {
            "money": {"weight": 1, "criteria": {"points": {"weight": 1, "normalise": "min-max"}}},
            "past": {
                "weight": 1,
                "criteria": {
                    "last": {"weight": 1, "normalise": "min-max"},
                    "both": {"weight": 1, "normalise": "min-max"},
                },
            },
        }
    }
    given = page(
        part("grant", "remainder", "1 + need"),
        envelope=600,
        indices={"need": index},
        variables={"both": "last * points"},
    )
    scoring = equite.allocate(given, ROWS).scope.scoring("need")
    # points: 0, 1/2, 1. last: 0, 10/290, 1. both (10, 40, 900): 0, 30/890, 1.
    middle = scoring.tree.reweighted({"last": 0.0}).combine(scoring.matrix)[1]
    assert middle == pytest.approx((0.5 + 30 / 890) / 2)
    middle = scoring.tree.reweighted({"money": 3.0}).combine(scoring.matrix)[1]
    assert middle == pytest.approx((3 * 0.5 + (10 / 290 + 30 / 890) / 2) / 4)


# Trees whose sign no dust can change.


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("min(points, last)", True),
        ("max(points, last)", True),
        ("abs(points)", True),
        ("clip(points, 0, 2)", True),
        ("default(points, 1)", True),
        ("sqrt(points)", True),
        ("where(points - last, points, last)", True),
        ("points + last", True),
        ("total(points)", True),
        ("average(points, weights=last)", True),
        ("sum_of(points, last)", True),
        ("exp(points - last)", True),
        ("highest(points)", True),
        ("points - last", False),
        ("points + -last", False),
        ("min(points - last, 1)", False),
        ("total(points - last)", False),
        ("lowest(points)", True),
        ("highest(points - last)", False),
        ("log(points)", False),
    ],
)
def test_where_no_dust_can_stand_for_zero(text: str, sure: bool) -> None:
    scope = equite.allocate(page({"id": "p", "share": {"as_is": "points + last"}}), ROWS).scope
    assert scope.equality.sign_is_sure(Expression.parse(text).tree) is sure


# What share() is given.


def test_what_share_is_given_must_have_one_number_for_each_score() -> None:
    with pytest.raises(equite.SharingError) as caught:
        equite.share(100, [1, 2, 3], lower=[1, 2])
    assert "2" in str(caught.value)
    for impossible in ({"lower": [40, 40, 40]}, {"upper": [10, 10, 10]}):
        with pytest.raises(equite.SharingError) as caught:
            equite.share(100, [1, 2, 3], **impossible)
        assert "100" in str(caught.value)


def test_scores_may_be_whole_numbers_or_text_that_is_none() -> None:
    assert equite.share(6, [1, 2, 3]).amounts.tolist() == [1, 2, 3]
    assert equite.share(6, [Decimal(1), Decimal(2), Decimal(3)]).amounts.tolist() == [1, 2, 3]
    with pytest.raises(equite.SharingError, match="finite"):
        equite.share(6, [1, float("nan"), 3])


# Names.


def test_a_name_column_may_have_a_heading_of_its_own() -> None:
    frame = pd.DataFrame({"code": ["A", "B"], "Nom de la MRC": ["Amont", "Baie"], "points": [1, 1]})
    given = page(
        part("grant", "remainder"),
        envelope=10,
        name="place",
        columns={"place": {"heading": "Nom de la MRC", "kind": "text"}},
    )
    assert equite.allocate(given, frame).names == ("Amont", "Baie")
    with pytest.raises(equite.EquiteError) as caught:
        equite.allocate(
            given, pd.concat([frame, pd.DataFrame({"code": ["9"], "Nom de la MRC": ["Total"], "points": [2]})])
        )
    assert "Total" in str(caught.value)


# Weights by place.


@pytest.mark.parametrize(
    ("order", "fits"), [([1, 0], True), ([0, 1], True), ([2, 1], True), ([0, 0], False), ([-1, 2], False), ([1], False)]
)
def test_weights_by_place_may_leave_a_place_out_but_not_all(order: list[int], fits: bool) -> None:
    criteria = {name: {"weight": 1, "normalise": "min-max"} for name in ("points", "last")}
    index = {"criteria": criteria, "aggregate": {"ordered-weighted": order}}
    given = page(part("grant", "remainder", "1 + need"), envelope=600, indices={"need": index})
    if fits:
        assert equite.allocate(given, ROWS).amounts.sum() == 600
    else:
        assert "order-length" in refused(given)


def test_a_family_of_no_weight_is_not_measured() -> None:
    # It holds a criterion with a blank, which would be refused if it counted.
    families = {
        "money": {"weight": 1, "criteria": {"points": {"weight": 1, "normalise": "min-max"}}},
        "none": {"weight": 0, "criteria": {"hole": {"weight": 1, "normalise": "min-max"}}},
    }
    given = page(part("grant", "remainder", "1 + need"), envelope=450, indices={"need": {"families": families}})
    # Scores 0, 1/2 and 1: 450 by 1, 1.5 and 2.
    assert equite.allocate(given, {**ROWS, "hole": [1, None, 2]}).amounts.tolist() == [100, 150, 200]


def test_those_served_keep_the_scores_that_they_have_among_all() -> None:
    families = {
        "money": {"weight": 1, "criteria": {"points": {"weight": 1, "normalise": "min-max"}}},
        "past": {"weight": 1, "criteria": {"last": {"weight": 1, "normalise": "rank"}}},
    }
    given = page(part("grant", "remainder", "1 + need"), envelope=350, indices={"need": {"families": families}})
    # A has (0 + 1/6) / 2, B (1/2 + 1/2) / 2: 350 by 1 + 1/12 and 1 + 1/2, which are 13 and 18 twelfths.
    found = allocate(given, ROWS, serving=["A", "B"])
    assert found.scores["need"].tolist() == pytest.approx([1 / 12, 1 / 2])
    assert found.amounts.tolist() == [147, 203]


def test_weights_of_two_signs_that_sum_to_dust_give_no_mean() -> None:
    rows = {**ROWS, "dust": [-0.3, 0.1, 0.2], "signs": [-1, 1, 3]}
    scope = equite.allocate(page({"id": "p", "share": {"as_is": "points + 0 * (dust + signs)"}}), rows).scope
    assert np.isnan(scope.rows(Expression.parse("average(points, weights=dust)").tree)).all()
    # (-1 × 1 + 1 × 2 + 3 × 3) / 3.
    assert scope.rows(Expression.parse("average(points, weights=signs)").tree).tolist() == pytest.approx([10 / 3] * 3)


# Stages, one after another.


def test_a_group_may_stand_at_what_its_bases_come_to() -> None:
    # A and B have a base of 100 each, and no more than 200 together: C gets all the rest.
    parts = [{"id": "base", "pool": {"each": 100}, "share": "equally"}, part("rest", "remainder")]
    limit = {"id": "most", "by": "region", "at_most": "where(region == 'n', 200, 900)"}
    rows = {**ROWS, "region": ["n", "n", "s"]}
    assert equite.allocate(page(*parts, limits=[limit], envelope=600), rows).amounts.tolist() == [100, 100, 400]


def test_who_stood_at_a_ceiling_is_held_there() -> None:
    # 100, 200, 300; C cut to 250 and held. A raised to 200: B has 150, and C would have had 240 of 400.
    limits = [
        {"id": "most", "at_most": 250, "then": "hold"},
        {"id": "least", "at_least": "where(points == 1, 200, 0)"},
    ]
    found = equite.allocate(page(part("equity", "remainder"), limits=limits, envelope=600), ROWS)
    assert found.amounts.tolist() == [200, 150, 250]
    assert found.stages[0].lowered.tolist() == [False, False, True]


def test_a_parts_earlier_bound_stays_in_force() -> None:
    limits = [
        {"id": "most", "part": "equity", "at_most": "where(points == 3, 250, 1000)"},
        {"id": "least", "part": "equity", "at_least": "where(points == 1, 50, 0)"},
    ]
    found = equite.allocate(page(part("equity", "remainder"), limits=limits, envelope=600), ROWS)
    assert found.amounts.tolist() == [117, 233, 250]


def test_a_part_keeps_its_level_and_whom_it_is_not_for() -> None:
    # 500 for 5 points.
    rule = {"where": "points > 1", "reason": {"fr": "Trop peu", "en": "Too few"}}
    found = equite.allocate(page(part("equity", {"amount": 500}, eligible=[rule]), envelope=500), ROWS)
    assert found.parts_shared[0].level.tolist() == [100]
    assert [(each.code, each.reason["en"]) for each in found.parts_shared[0].exclusions] == [("A", "Too few")]


def test_an_amount_paid_as_it_is_is_read_exactly_by_a_limit() -> None:
    # 0.0000001 more than a million: beyond what a solved amount can tell, and not beyond what was typed.
    given = page(
        {"id": "paid", "share": {"as_is": "1000000 + where(points == 3, 0.0000001, 0)"}},
        limits=[{"id": "least", "at_least": "where(amount > 1000000, 2000000, 0)"}],
    )
    assert equite.allocate(given, ROWS).amounts.tolist() == [1_000_000, 1_000_000, 2_000_000]


# Scores that only exact arithmetic tells apart or together.


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("where(points > 1, 0.1 + 0.2, 7)", 0.3),
        # 0.8 has 0.5 at a tenth and 0.3 at a fifth.
        ("where(points > 1, bracket(0.7 + 0.1, rates), 7)", 0.11),
        ("where(points > 1, interpolate(0.7 + 0.1, line), 7)", 3),
    ],
)
def test_what_is_typed_equals_what_is_computed(value: str, right: float) -> None:
    tables = {"rates": {"up_to": {0.5: 0.1, 1: 0.2}}, "line": {"points": {0.1: 1, 0.3: 2, 0.5: 3}}}
    given = page(part("equity", "remainder", f"where(({value}) == {right}, 1, 0)"), tables=tables, envelope=600)
    assert equite.allocate(given, ROWS).amounts.tolist() == [0, 300, 300]


def test_roots_that_multiply_to_their_number_equal_it() -> None:
    score = "where(sqrt(points) * sqrt(points) == points, 1, 0)"
    assert equite.allocate(page(part("equity", "remainder", score), envelope=600), ROWS).amounts.tolist() == [200] * 3


def test_a_mean_put_in_for_what_is_missing_ties_with_the_figure_that_it_is() -> None:
    # (0.1 + 0.2 + 0.3 + 0.6) / 4 is 0.3, and 0.30000000000000004 in floats.
    rows = {"code": list("ABCDE"), "rate": [0.1, 0.2, 0.3, 0.6, None]}
    index = {"criteria": {"rate": {"weight": 1, "normalise": "rank", "missing": {"fill": "mean"}}}}
    found = equite.allocate(page(part("equity", "remainder", "1 + need"), indices={"need": index}, envelope=600), rows)
    assert found.amounts[2] == found.amounts[4]


def test_a_weight_of_no_more_than_dust_may_be_missing_where_all_is_asked_for() -> None:
    criteria = {
        "points": {"weight": 2**44 - 1, "normalise": "min-max"},
        "hole": {"weight": 1, "normalise": "min-max", "missing": {"skip": {"minimum_present": 1}}},
    }
    rows = {**ROWS, "hole": [1, None, 3]}
    index = {"need": {"criteria": criteria}}
    assert (
        equite.allocate(page(part("equity", "remainder", "1 + need"), indices=index, envelope=600), rows).total == 600
    )


# Explanations.


def lines_of(found: equite.Allocation, code: str) -> dict[str, float]:
    return {line.kind: float(line.amount) for line in found.explain(code).lines}


def test_an_amount_below_zero_is_explained_by_need() -> None:
    # Need is 0, 0.5 and 1: at the mean everybody pays 50, and C 50 more.
    index = {"need": {"criteria": {"points": {"weight": 1, "normalise": "min-max"}}}}
    given = page({"id": "levy", "share": {"as_is": "0 - 100 * need"}}, indices=index)
    told = lines_of(equite.allocate(given, ROWS), "C")
    assert (told["baseline"], told["criterion"]) == (-50, -50)


def test_who_has_more_need_pays_more_of_a_levy_that_is_not_linear_in_it() -> None:
    # 4, 2.25 and 1 … by (1 + need)²: of 725, A pays 100, B 225 and C 400; at the mean each 241.67.
    index = {"need": {"criteria": {"points": {"weight": 1, "normalise": "min-max"}}}}
    levy = part("levy", {"amount": 725}, "(1 + need) ** 2", levy=True)
    given = page(part("equity", "remainder"), levy, indices=index, envelope=600)
    told = [line for line in equite.allocate(given, ROWS).explain("C").lines if line.part == "levy"]
    assert [line.amount for line in told] == [-242, -158]


def test_rounding_belongs_to_no_part() -> None:
    found = {
        envelope: equite.allocate(page(part("equity", "remainder"), envelope=envelope, rounding={"to": 100}), ROWS)
        for envelope in (600, 700)
    }
    assert [line for line in found[600].explain("A").lines if line.kind == "rounding"] == []
    lines = found[700].explain("A").lines
    assert [(line.part, line.amount) for line in lines if line.kind == "rounding"] == [("", -17)]


def test_a_step_of_a_criterion_includes_its_lower_edge() -> None:
    # From 2: 10; the others 0. So need is 0 for A, 1 for B and C.
    tables = {"bands": {"from": {0: 0, 2: 10}}}
    index = {"need": {"criteria": {"points": {"weight": 1, "normalise": "min-max", "transform": {"step": "bands"}}}}}
    given = page(part("equity", "remainder", "need"), indices=index, tables=tables, envelope=600)
    assert equite.allocate(given, ROWS).amounts.tolist() == [0, 300, 300]


def test_what_may_count_below_a_whole_number_is_the_same_below_zero() -> None:
    assert whole_tolerance(np.array([-(2.0**50), 2.0**50, 0.0])).tolist() == [16, 16, 1e-9]


def test_criteria_that_are_chosen_by_a_condition_add_up_in_one_line_each() -> None:
    # Scores are twice 1 + need for A, once for B and C, need the mean of two: 1,100 $ are shared.
    index = {"need": {"criteria": {name: {"weight": 1, "normalise": "min-max"} for name in ("points", "last")}}}
    rows = {"code": ["A", "B", "C"], "points": [0, 1, 2], "last": [4, 0, 4]}
    given = page(part("equity", "remainder", "where(points > 0, 1 + need, 2 + 2 * need)"), indices=index, envelope=1100)
    # A: 2 × 1.5; B: 1.25; C: 2: in all 6.25, so 176 $ for each. Means, by twos and ones: points 0.375, last 0.75.
    # C: 176 × (1 + 1.125 / 2); then half of 176 × (1 - 0.375), and of 176 × (1 - 0.75).
    told = [round(float(line.amount)) for line in equite.allocate(given, rows).explain("C").lines]
    assert told[:3] == [275, 55, 22]


def test_parts_that_are_paid_less_are_fixed_at_less() -> None:
    # 900 as it is, of 600: two thirds of 150, 300 and 450.
    given = page({"id": "paid", "share": {"as_is": "150 * points"}}, envelope=600, if_short="prorate")
    assert equite.allocate(given, ROWS).parts_shared[0].fixed.tolist() == pytest.approx([100, 200, 300])


def test_what_a_level_left_of_a_million_is_read_with_the_dust_of_a_million() -> None:
    # Levelled up to 1,000,000.69, B has 0.7: as near to it as a level among millions can tell.
    given = page(
        {"id": "grant", "pool": "remainder", "share": {"level_up": "own"}},
        envelope=1.39,
        rounding={"to": 0.01},
        if_over="reserve",
        limits=[{"id": "least", "at_least": "where(grant >= 0.7, 5, 0)", "fund": "on_top"}],
    )
    found = equite.allocate(given, {"code": ["A", "B"], "own": [1_000_000, 999_999.99]})
    assert found.amounts.tolist() == [0.69, 5.0]


def test_money_short_of_the_bases_by_dust_is_not_short() -> None:
    # Both are cut to their base of 0.05; 0.47 less the 0.37 that is kept back is 0.1 but for dust.
    limits = [
        {"id": "most", "at_most": 0.05, "if_over": "reserve"},
        {"id": "least", "at_least": 0.025, "move": {"in_proportion_to": "own"}, "if_over": "reserve"},
    ]
    given = page(
        {"id": "base", "pool": {"each": 0.05}, "share": "equally"},
        part("rest", "remainder", "own"),
        limits=limits,
        envelope=0.47,
        rounding={"to": 0.01, "bounds": "nearest"},
    )
    found = equite.allocate(given, {"code": ["A", "B"], "own": [0.07, 0.4]})
    assert found.amounts.tolist() == [0.05, 0.05]
    assert found.reserve == pytest.approx(0.37)


def test_a_table_tells_what_changed() -> None:
    found = equite.allocate(page(part("equity", "remainder"), previous="last", envelope=600), ROWS)
    assert found.table["change"].tolist() == [90, 180, 0]


def test_a_criterion_that_nobody_has_is_named() -> None:
    criteria: dict[str, Any] = {
        "points": {"weight": 1, "normalise": "min-max"},
        "void": {"weight": 1, "normalise": "min-max", "missing": "skip"},
    }
    rows = {**ROWS, "void": [None, None, None]}
    given = page(part("equity", "remainder", "1 + need"), indices={"need": {"criteria": criteria}}, envelope=600)
    told = [problem for problem in equite.allocate(given, rows).warnings_found if problem.id == "criterion-empty"]
    assert ["void" in problem.text("en") and "void" in problem.text("fr") for problem in told] == [True]
