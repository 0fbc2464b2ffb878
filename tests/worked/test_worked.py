"""Worked cases that a jurist can read: each YAML file here holds a rule, the sums by hand, and what must come out.

``expect`` gives the final ``amounts``, compared exactly; ``exact`` and ``parts`` are unrounded, may be written
as fractions (``350/3``), and are compared to twelve digits. A warning is told by words that stand in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from yaml_texts import read_yaml

from equite import Allocation, Formula, allocate

CASES = sorted(Path(__file__).parent.glob("*.yaml"))
KEYS = {"title", "law", "workings", "formula", "table", "expect"}
EXPECTED = {"amounts", "exact", "excluded", "on_top", "parts", "reserve", "scores", "total", "warnings"}


def read(path: Path) -> dict[str, Any]:
    """Read a case as text, as a table would be: codes keep their zeros, an empty cell is missing."""
    case = read_yaml(path)
    assert set(case) == KEYS
    assert set(case["expect"]) <= EXPECTED
    return case


@pytest.fixture(scope="module", params=CASES, ids=lambda path: path.stem)
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read(request.param)


@pytest.fixture(scope="module")
def result(case: dict[str, Any]) -> Allocation:
    return allocate(Formula.from_text(case["formula"]), case["table"])


def by_code(result: Allocation, values: Any) -> dict[str, float]:
    return dict(zip(result.codes, map(float, values), strict=True))


def unrounded(wanted: Mapping[str, str]) -> dict[str, Any]:
    return {code: pytest.approx(float(Fraction(text)), rel=1e-12, abs=1e-9) for code, text in wanted.items()}


def test_amounts(case: dict[str, Any], result: Allocation) -> None:
    expect = case["expect"]
    assert by_code(result, result.amounts) == {code: float(text) for code, text in expect["amounts"].items()}
    assert result.reserve == float(expect.get("reserve", 0))
    assert result.on_top == float(expect.get("on_top", 0))
    assert result.total == float(expect.get("total", result.total))


def test_unrounded_steps(case: dict[str, Any], result: Allocation) -> None:
    expect = case["expect"]
    if "exact" in expect:
        assert by_code(result, result.exact) == unrounded(expect["exact"])
    for part, wanted in expect.get("parts", {}).items():
        assert by_code(result, result.table[part]) == unrounded(wanted)
    for index, wanted in expect.get("scores", {}).items():
        assert by_code(result, result.scores[index]) == unrounded(wanted)


def test_who_is_left_out_and_what_is_warned_of(case: dict[str, Any], result: Allocation) -> None:
    expect = case["expect"]
    assert dict(zip(result.excluded["code"], result.excluded["reason"], strict=True)) == expect.get("excluded", {})
    said = " ".join(result.warnings)
    assert bool(said) == ("warnings" in expect)
    assert [words for words in expect.get("warnings", []) if words not in said] == []


def test_every_step_adds_up(result: Allocation) -> None:
    table = result.table
    steps = [part.part.id for part in result.parts_shared] + [stage.limit.id for stage in result.stages] + ["rounding"]
    assert table[steps].sum(axis=1).tolist() == pytest.approx(table["amount"].tolist(), abs=1e-9)
    if result.envelope_units is not None:
        by_group_envelope = np.bincount(result.context.group_envelopes.of, weights=result.units).astype(int)
        money = result.envelope_units + result.on_top_units
        assert (by_group_envelope + result.reserve_units).tolist() == money.tolist()
    for code, amount in by_code(result, result.amounts).items():
        assert sum(line.amount for line in result.explain(code).lines) == pytest.approx(amount, abs=1e-9)


def test_the_order_of_rows_does_not_matter(case: dict[str, Any], result: Allocation) -> None:
    again = allocate(Formula.from_text(case["formula"]), case["table"][::-1])
    assert by_code(again, again.amounts) == by_code(result, result.amounts)
    assert again.exact.tolist() == result.exact.tolist()
