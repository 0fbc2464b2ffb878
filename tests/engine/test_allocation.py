"""What an allocation tells: explanations that add up, parts that remain, reliance, the record."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.engine import explanation
from equite.resources import folder

PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "three",
    "language": "en",
    "envelope": 1200,
    "key": "code",
    "columns": {"poverty": {"status": "declared"}},
    "constants": {"each": {"value": 100, "status": "illustrative"}},
    "indices": {"need": {"criteria": {"poverty": 1, "distance": 1}}},
    "parts": [
        {"id": "base", "pool": {"each": "each"}, "share": "equally"},
        {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "population * (1 + need)"}},
    ],
    "rounding": {"to": "0.01"},
}
TABLE = pd.DataFrame({"code": ["a", "b", "c"], "population": [1, 1, 2], "poverty": [0, 10, 10], "distance": [0, 0, 4]})


def lines(found: equite.Allocation, code: str) -> dict[str, float]:
    return {line.id if line.kind != "baseline" else "baseline": line.amount for line in found.explain(code).lines}


def test_three_territories_by_hand() -> None:
    # Scores: poverty 0, 1, 1 and distance 0, 0, 1, so need is 0, 1/2, 1; people x (1 + need) is 1, 1.5, 4: 6.5 in all.
    # 900 / 6.5 a point. Means weighted by people: poverty 3/4, distance 1/2; at these, each point is 1.625.
    found = equite.allocate(PAGE, TABLE)
    point = 900 / 6.5
    told = lines(found, "b")
    assert told["base"] == 100
    assert told["baseline"] == round(point * 1.625, 2)
    assert told["need.poverty"] == round(point * 0.5 * (1 - 0.75), 2)
    assert told["need.distance"] == round(point * 0.5 * (0 - 0.5), 2)
    assert round(sum(told.values()), 2) == found.table["amount"][1] == 307.69


def test_contributions_of_a_criterion_sum_to_nothing() -> None:
    found = equite.allocate(PAGE, TABLE).contributions[0]
    assert np.allclose(found.dollars.sum(axis=0), 0)
    assert np.allclose(found.baseline + found.dollars.sum(axis=1), equite.allocate(PAGE, TABLE).parts_shared[1].amounts)


def test_shapley_values_of_a_linear_score_are_its_linear_contributions(monkeypatch: pytest.MonkeyPatch) -> None:
    # Equal people: then the mean weighted by people is the plain mean that Shapley values start from.
    table = TABLE.assign(population=1)
    exact = equite.allocate(PAGE, table).contributions[0]
    monkeypatch.setattr(explanation, "_linear", lambda *_: None)
    again = equite.allocate(PAGE, table).contributions[0]
    assert np.allclose(again.dollars, exact.dollars)
    monkeypatch.setattr(explanation, "EXACT_CRITERIA", 1)
    sampled = equite.allocate(PAGE, table).contributions[0]
    assert sampled.sampled
    assert np.allclose(sampled.dollars, exact.dollars)


@given(st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_explanations_of_curved_scores_add_up_too(power: int, weight: int, capped: bool) -> None:
    page = {**PAGE, "parts": [dict(part) for part in PAGE["parts"]]}
    page["parts"][1]["share"] = {"in_proportion_to": f"population * ({weight} + need) ** {power}"}
    if capped:
        page["limits"] = [{"id": "cap", "at_most": "0.6 * envelope"}]
    found = equite.allocate(page, TABLE)
    for code in found.codes:
        told = found.explain(code)
        assert sum(round(line.amount * 100) for line in told.lines) == round(told.amount * 100)


def test_parts_that_remain_sum_to_the_amount_and_shrink_below_the_base() -> None:
    page = {**PAGE, "limits": [{"id": "cap", "at_most": 'where(code == "c", 40, null)'}]}
    page["checks"] = [{"that": "base >= each"}, {"that": "amount > 0"}]
    found = equite.allocate(page, TABLE)
    remaining = found.final_parts
    assert (remaining["base"] + remaining["equity"]).tolist() == pytest.approx(found.amounts.tolist())
    assert remaining["base"].tolist() == pytest.approx([100, 100, 40])
    assert [(check.passed, check.failing) for check in found.checks] == [(False, ("c",)), (True, ())]


def test_dollars_that_rest_on_figures_nobody_measured() -> None:
    found = {(each.item, each.status): each for each in equite.allocate(PAGE, TABLE).reliance}
    assert found["each", "illustrative"].dollars == 300
    moved = equite.allocate(PAGE, TABLE).contributions[0].dollars[:, 0]
    assert found["poverty", "declared"].dollars == pytest.approx(moved[moved > 0].sum())
    assert found["poverty", "declared"].moves


def test_the_record_is_plain_and_redoes_the_allocation() -> None:
    found = equite.allocate(PAGE, TABLE)
    record = json.loads(json.dumps(found.record))
    again = equite.allocate(record["formula"]["page"], TABLE)
    assert again.table.equals(found.table)
    assert record["table"]["sha256"] == again.record["table"]["sha256"]
    assert record["amounts"]["b"] == 307.69


def test_allocations_are_frozen_and_inputs_untouched() -> None:
    before = TABLE.copy()
    found = equite.allocate(PAGE, TABLE)
    with pytest.raises(AttributeError):
        found.units = None  # type: ignore[misc]
    assert TABLE.equals(before)


def test_whoever_is_left_out_is_told_why() -> None:
    page = {**PAGE, "eligible": [{"where": "population > 1", "reason": {"en": "too small", "fr": "trop petit"}}]}
    page["indices"] = {"need": {"criteria": {"poverty": 1}}}
    found = equite.allocate(page, TABLE)
    assert found.excluded.to_dict("records")[0] == {"code": "a", "reason": "too small"}
    with pytest.raises(equite.SharingError, match=r"territory a takes no part \(too small\)"):
        found.explain("a")
    with pytest.raises(equite.SharingError, match="no territory with the code 'z'"):
        found.explain("z")


@pytest.mark.parametrize("example", ["quebec_mrc/formula.yaml", "region_13/half_salary.yaml"])
def test_examples_on_real_data_add_up(example: str) -> None:
    page = folder("examples") / example
    found = equite.allocate(page, page.parent / "territories.csv")
    assert found.envelope is not None
    assert found.total + found.reserve == found.envelope
    for code in found.codes:
        told = found.explain(code)
        assert sum(round(line.amount * 100) for line in told.lines) == round(told.amount * 100)
    json.dumps(found.record)


def test_the_trade_off_of_the_regional_example() -> None:
    """A full salary each leaves 8 % of 1.2 M$ for the region and equity together, and 3 % for equity alone."""
    here = folder("examples") / "region_13"
    half = equite.Formula.read(here / "half_salary.yaml")
    full = equite.allocate(half.overlaid(here / "full_salary.yaml"), here / "territories.csv")
    base, equity = (float(result.pool.sum()) for result in full.parts_shared)
    assert base == 13 * 85_000
    assert round((1_200_000 - base) / 1_200_000, 2) == 0.08
    assert round(equity / 1_200_000, 2) == 0.03
    assert full.reserve == 60_000
