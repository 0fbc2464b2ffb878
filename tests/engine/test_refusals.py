"""Refusals and warnings that few pages meet: each names what is wrong, where, for whom, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import equite
from equite.engine.limits import Stages

ROWS: dict[str, list[Any]] = {
    "code": ["A", "B", "C"],
    "points": [1, 2, 3],
    "one": [1, 1, 1],
    "zero": [0, 0, 5],
    "hole": [1, None, 3],
    "low": [-1, 2, 3],
    "region": ["n", "n", "s"],
    "before": [0, 10, 20],
}


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


def part(name: str = "grant", pool: Any = "remainder", by: str = "points", **keys: Any) -> dict[str, Any]:
    return {"id": name, "pool": pool, "share": {"in_proportion_to": by}, **keys}


def limited(*limits: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return page(part(), limits=[{"id": f"limit{at}", **limit} for at, limit in enumerate(limits)], envelope=600, **keys)


def need(criterion: dict[str, Any], **keys: Any) -> dict[str, Any]:
    criteria = {
        "points": {"weight": 1, "normalise": "fraction-of-highest"},
        "low": {"weight": 1, "normalise": "min-max", **criterion},
    }
    index = {"criteria": criteria, **keys}
    return page(part(by="1 + need"), envelope=600, indices={"need": index})


CASES: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "an envelope beyond what can be counted": (
        page(part(), envelope="1e20"),
        "too-many-units",
        ("units of 1", "@ envelope"),
    ),
    "a computed one": (page(part(), envelope="total(points) * 1e20"), "too-many-units", ("units of 1", "@ envelope")),
    "a computed one below zero": (
        page(part(), envelope="total(points) - 10"),
        "envelope-computed-negative",
        ("−$4",),
    ),
    "money that no part takes": (
        page(part(pool={"amount": 100}), envelope=600),
        "money-left",
        ("$100", "$600", "$500"),
    ),
    "parts that take more than there is": (
        page(part(pool={"amount": 700}), part("rest"), envelope=600),
        "parts-exceed-envelope",
        ("$700", "$600", "$100"),
    ),
    "a pool below zero": (
        page(part(pool={"amount": "total(points, by=region) - where(region == 'n', 10, 5)"}, within="region")),
        "pool-negative",
        ("−$7",),
    ),
    "a pool that a missing cell leaves open": (
        page(part(pool={"amount": "hole"})),
        "missing-cell",
        ("a pool needs it", "hole", "B"),
    ),
    "a pool of many values": (page(part(pool={"amount": "points"})), "pool-not-one-value", ("grant", "A, B")),
    "money moved by what is missing": (
        limited({"at_least": 10, "move": {"in_proportion_to": "hole"}}),
        "missing-cell",
        ("a share needs it", "hole", "B", "limits.limit0.move"),
    ),
    "money moved by what is negative": (
        limited({"at_least": 10, "move": {"in_proportion_to": "low"}}),
        "score-negative",
        ("low is negative for A",),
    ),
    "a decision for nobody": (
        limited({"override": [{"code": "AA", "amount": 10, "reason": {"fr": "x", "en": "x"}}]}),
        "override-unknown",
        ("'AA'",),
    ),
    "a condition on an average that somebody who stays has no figure for": (
        page(part(), envelope=600, eligible=[{"where": "points >= 0 * average(hole, among=all)"}]),
        "aggregate-missing",
        ("hole", "B"),
    ),
    "a floor above a ceiling": (limited({"at_least": 30, "at_most": 20}), "bounds-crossed", ("A, B, C",)),
    "bounds between which no unit lies": (
        limited({"at_least": 20.2, "at_most": 20.8}, rounding={"to": 1, "bounds": "inward"}),
        "bounds-without-unit",
        ("floor", "ceiling", "A, B, C", "$20.20 and $20.80"),
    ),
    "floors that only fit before they are moved": (
        limited({"at_least": "200 * one - where(points == 3, 1.5, -0.75)"}, rounding={"to": 1, "bounds": "inward"}),
        "stage-short-inward",
        ("$1",),
    ),
    "a group's floor beyond what its members may get": (
        limited({"at_most": 250}, {"by": "region", "at_least": "where(region == 'n', 510, 0)"}),
        "group-floor-impossible",
        ("n", "$510", "$500"),
    ),
    "a group's ceiling below what its members must get": (
        limited({"at_least": 150}, {"by": "region", "at_most": "where(region == 'n', 290, 600)"}),
        "group-cap-impossible",
        ("n", "$290", "$300"),
    ),
    "amounts beyond what can be counted": (
        page({"id": "grant", "share": {"as_is": "points * 1e20"}}),
        "amount-without-limit",
        ("C, B, A",),
    ),
    "amounts as far below zero": (
        page({"id": "grant", "share": {"as_is": "points * -1e20"}}),
        "amount-without-limit",
        ("C, B, A",),
    ),
    "a group's bound that is not one": (
        limited({"by": "region", "at_least": "points"}),
        "group-bound-differs",
        ("A",),
    ),
    "a logarithm of what is below zero": (
        need({"transform": "log"}),
        "transform-impossible",
        ("low", "log", "A"),
    ),
    "a value beyond a criterion's range": (need({"range": [0, 100]}), "criterion-out-of-range", ("low", "A", "0")),
    "an unknown share of extremes": (
        need({"transform": {"winsorise": {"low": 0.1, "high": 3}}}),
        "transform-parameters",
        ("winsorise", "low, high"),
    ),
    "a share of the highest of what is below zero": (
        need({"normalise": "fraction-of-highest"}),
        "normaliser-only-high",
        ("low", "fraction-of-highest"),
    ),
    "goalposts that fall": (
        need({"normalise": {"goalposts": {"low": 5, "high": 5}}}),
        "method-parameters",
        ("goalposts", "low, high"),
    ),
    "a weight below zero": (need({"weight": "low"}), "weight-unusable", ("low",)),
    "weights of different sums": (need({"weight": "points"}), "weights-differ", ("2", "4")),
    "too little of a family": (
        page(
            part(by="1 + need"),
            envelope=600,
            indices={
                "need": {
                    "criteria": {
                        "points": {"weight": 1, "normalise": "min-max"},
                        "hole": {
                            "weight": 3,
                            "normalise": "min-max",
                            "missing": {"skip": {"minimum_present": 0.5}},
                        },
                    }
                }
            },
        ),
        "too-little-present",
        ("B",),
    ),
    "zeros in a product": (
        need({"normalise": "min-max"}, aggregate="geometric"),
        "score-not-positive",
        ("low", "A", "-1.0404"),
    ),
    "a logarithm that has none": (page(part(by="log(low)"), envelope=600), "missing-logarithm", ("log(low)", "A")),
    "a root that has none": (page(part(by="sqrt(low)"), envelope=600), "missing-root", ("sqrt(low)", "A")),
    "a condition that a missing cell leaves open": (
        page(part(), envelope=600, eligible=[{"where": "hole > 0", "reason": {"fr": "x", "en": "x"}}]),
        "missing-cell",
        ("a condition needs it @ eligible.1.where:", "hole", "B"),
    ),
    "brackets that end": (
        page(part(by="bracket(points, bands)"), envelope=600, tables={"bands": {"up_to": {1: 5, 2: 7}}}),
        "missing-table",
        ("bracket(points, bands)", "C"),
    ),
    "a table that ends": (
        page(
            part(by="step(points, bands)"),
            envelope=600,
            tables={"bands": {"up_to": {1: 5, 2: 7}}},
        ),
        "missing-table",
        ("step(points, bands)", "C"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_what_is_wrong(name: str) -> None:
    given, entry, words = CASES[name]
    with pytest.raises(equite.EquiteError) as caught:
        equite.allocate(given, ROWS)
    assert [problem.id for problem in caught.value.problems] == [entry]
    said = caught.value.text("en")
    for word in words:
        assert word in said, said
    assert caught.value.text("fr") != said


TOLD: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "parts that are paid less": (
        page(part(pool={"amount": 700}), part("rest"), envelope=600, if_short="prorate"),
        "prorated",
        ("parts",),
    ),
    "floors of a part that are scaled": (
        page(part(pool={"amount": 100}, at_least=50, if_short="prorate")),
        "prorated",
        ("grant",),
    ),
    "floors that are scaled": (limited({"at_least": 300, "if_short": "prorate"}), "prorated", ("limit0",)),
    "money kept back": (
        limited({"at_most": 100, "if_over": "reserve"}),
        "undistributed",
        ("$300",),
    ),
    "a ceiling of nothing": (
        limited({"at_most": "1.1 * previous"}, previous="before", if_over="reserve") | {"if_over": "reserve"},
        "cap-of-zero",
        ("limit0", "A"),
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_it_is_told(name: str) -> None:
    given, entry, words = TOLD[name]
    if name == "a ceiling of nothing":
        given["limits"][0]["if_over"] = "reserve"
    found = equite.allocate(given, ROWS)
    said = [problem.text("en") for problem in found.warnings_found if problem.id == entry]
    assert len(said) == 1
    for word in words:
        assert word in said[0], said
    assert [problem.text("fr") for problem in found.warnings_found]


def test_who_was_left_out_is_told_with_the_reason() -> None:
    rule = {"where": "points < 3", "reason": {"fr": "trop", "en": "too many"}}
    found = equite.allocate(page(part(), envelope=600, eligible=[rule]), ROWS)
    with pytest.raises(equite.SharingError) as caught:
        found.explain("C")
    assert [problem.id for problem in caught.value.problems] == ["code-excluded"]
    assert "too many" in str(caught.value)


def test_a_rule_without_a_reason_has_its_condition_for_one_in_both_languages() -> None:
    for language in ("fr", "en"):
        found = equite.allocate(page(part(), envelope=600, eligible=[{"where": "points < 3"}], language=language), ROWS)
        assert found.excluded["reason"].tolist() == ["points < 3"]


def test_rounding_never_hides_money_that_a_step_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Stages.run

    def losing(stages: Stages) -> None:
        run(stages)
        stages.amounts = stages.amounts - 10

    monkeypatch.setattr(Stages, "run", losing)
    with pytest.raises(equite.SharingError) as caught:
        equite.allocate(page(part(), envelope=600), ROWS)
    assert [problem.id for problem in caught.value.problems] == ["money-lost"]
    assert caught.value.text("fr")


def test_a_row_that_is_not_there_has_no_amount_in_a_check() -> None:
    # Checks see those that take part alone: C, left out, has no part of anything.
    rule = {"where": "points < 3", "reason": {"fr": "x", "en": "x"}}
    checks = [{"that": "total(grant) == 600"}, {"that": "total(amount) == 600"}]
    found = equite.allocate(page(part(), envelope=600, eligible=[rule], checks=checks), ROWS)
    assert [check.passed for check in found.checks] == [True, True]
    assert np.isclose(found.amounts.sum(), 600)


def test_extremes_that_are_pulled_in_are_told_with_what_that_changed() -> None:
    # 1 to 19 and 1000: skewed by 4.47 before; 1 to 19 and 19 after: 0.06 below zero.
    rows = {"code": [f"{at:02d}" for at in range(20)], "points": [*range(1, 20), 1000]}
    index = {"criteria": {"points": {"weight": 1, "normalise": "min-max", "outliers": {"winsorise": 3}}}}
    found = equite.allocate(page(part(by="1 + need"), envelope=600, indices={"need": index}), rows)
    told = next(problem for problem in found.warnings_found if problem.id == "outliers-pulled")
    for language in ("en", "fr"):
        assert "points" in told.text(language)
    assert "4.47" in told.text("en")
    assert "19.9" in told.text("en")


def test_a_group_of_which_nobody_takes_part_draws_on_nothing() -> None:
    # C, the only one in s, is left out: 400 for n by 1 and 2.
    rule = {"where": "points < 3", "reason": {"fr": "x", "en": "x"}}
    given = page(part(within="region", pool={"amount": 400}), eligible=[rule])
    found = equite.allocate(given, ROWS)
    assert found.amounts.tolist() == [133, 267]
    both = page(part(within="region", pool={"amount": 400}), part("rest", by="one"), eligible=[rule], envelope=600)
    assert equite.allocate(both, ROWS).amounts.tolist() == [233, 367]


def test_a_page_that_leaves_every_row_out_is_refused_as_such() -> None:
    with pytest.raises(equite.SharingError) as caught:
        equite.allocate(page(part(), envelope=600, leave_out=["A", "B", "C"]), ROWS)
    assert [problem.id for problem in caught.value.problems] == ["table-empty"]


def test_somebody_who_is_left_out_has_no_amount_among_all() -> None:
    rule = {"where": "points < 3", "reason": {"fr": "x", "en": "x"}}
    checks = [{"that": "total(grant, among=all) == 600"}]
    found = equite.allocate(page(part(), envelope=600, eligible=[rule], checks=checks), ROWS)
    assert found.checks[0].passed


def test_one_inhabitant_has_an_amount_per_head() -> None:
    found = equite.allocate(page(part(), envelope=600, people="points"), ROWS)
    assert found.table["per_head"].tolist() == [100, 100, 100]
