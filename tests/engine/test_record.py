"""The record of a run: what it says is what was run, and what rests on figures that nobody official gave."""

from __future__ import annotations

from typing import Any

import pytest

import equite

PAGE = """\
equite: 1
id: kept
language: en
key: code
rounding: {to: 1}
columns:
  poor: {status: estimated}
envelope: {value: 1000, status: illustrative}
indices:
  need:
    criteria:
      poor: {weight: 1, normalise: min-max}
parts:
  - {id: base, pool: {amount: 400}, share: equally}
  - {id: need_part, pool: remainder, share: {in_proportion_to: "1 + need"}}
limits:
  - {id: floor, at_least: 300, if_short: prorate}
"""
ROWS = {"code": ["A", "B", "C"], "poor": [0, 10, 20]}


def recorded(page: str = PAGE) -> dict[str, Any]:
    return equite.allocate(equite.Formula.from_text(page), ROWS).record


def test_what_was_run_and_what_came_out() -> None:
    # Scores 0, 0.5, 1: 600 by 1, 1.5, 2 of 4.5 is 133.33, 200, 266.67; with 400 / 3 each, A has 266.67 and B 333.33.
    # A is raised to 300; the level of the others comes down by as much together.
    found = recorded()
    assert found["table"].keys() == {"name", "sha256", "rows"}
    assert found["table"]["rows"] == 3
    assert (found["total"], found["envelope"], found["on_top"], found["reserve"]) == (1000, 1000, 0, 0)
    assert sum(found["amounts"].values()) == 1000
    assert found["amounts"]["A"] == 300
    # A level is money for one point: 600 for 4.5 of them.
    assert found["levels"]["need_part"] == pytest.approx([600 / 4.5])
    assert found["goalposts"] == {"need": {"poor": [0, 20]}}
    assert "catalogue" not in found["formula"]["page"]


def test_what_rests_on_figures_that_are_not_official() -> None:
    rests = {(each["item"], each["status"]): (each["dollars"], each["moves"]) for each in recorded()["reliance"]}
    # All money rests on the envelope. Were all as poor as the mean (a score of 0.5), each of the three would have 200
    # of the 600; the criterion moves 66.67 from A to C, and what comes to somebody is counted, not what leaves.
    assert rests[("envelope", "illustrative")] == (1000, False)
    assert rests[("poor", "estimated")] == (pytest.approx(600 * 2 / 4.5 - 200), True)
    assert len(rests) == 2


def test_a_criterion_has_a_status_of_its_own() -> None:
    page = PAGE.replace("normalise: min-max", "normalise: min-max, status: declared")
    found = {(each["item"], each["status"]) for each in recorded(page)["reliance"]}
    assert found == {("envelope", "illustrative"), ("poor", "declared")}


def test_the_catalogue_is_left_out_of_the_page_it_is_written_into() -> None:
    from equite.engine.record import _whole

    assert _whole({"id": "a", "catalogue": {"words": 1}}) == {"id": "a"}
