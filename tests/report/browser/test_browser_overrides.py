"""Every number of a page, wherever it stands, moved and written as an override: Python reads the same, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from engine_runner import Decided, parameters, unlike_python

from equite import Formula

pytestmark = pytest.mark.browser

#: Numbers in every form that a page may give them.
PAGE = """
equite: 1
id: forms
language: en
key: code
previous: before
envelope: {value: 90000, source: Budget, status: illustrative}
constants:
  base: 500
  share: {value: 0.25, unit: part}
tables:
  sizes: {up_to: {500: 0.6, 5000: 0.85}, above: 1.2}
  mix: {poverty: 1, distance: 0.05}
eligible:
  - {where: people > 50, reason: Too small}
variables:
  density: {value: people / (area * 2), unit: people}
  mixed: weighted_sum(mix) + 3 + share
indices:
  need:
    normalise: {min-max: [0, 10]}
    missing: {fill: 4}
    criteria:
      poverty: 2
      distance: {weight: 3, normalise: {goalposts: [0, 400]}}
      density: {weight: 1, more_need_when: low, normalise: {distance-to-target: -500}}
      aid: {weight: 1, missing: {fill: 7}, transform: {line: {from: 1, to: 90}}}
  kept:
    normalise: {goalposts: {from: record.json}}
    families:
      place:
        weight: 4
        criteria:
          poverty: 1
          distance: {weight: 2, more_need_when: {by: density, cut: 6, below: high, above: low}}
      other:
        weight: 1
        aggregate: {power-mean: 2}
        criteria: {mixed: {weight: 1, more_need_when: {toward: 20}, normalise: {min-max: [1, 10]}}}
parts:
  - {id: each, pool: {each: base}, share: equally}
  - {id: some, pool: {fraction: 0.1}, share: {in_proportion_to: "step(people, sizes) * people ** 0.7"}}
  - {id: rest, pool: remainder, share: {in_proportion_to: people * (2 + need + kept)}, at_most: 60000}
limits:
  - {id: floor, at_least: 0.4 * previous, if_short: prorate}
  - {id: board, override: {code: C, amount: 9000, reason: Made up}}
rounding: {to: 1}
checks:
  - {that: amount >= 0.3 * previous}
if_over: reserve
"""
ROWS = {
    "code": list("ABCDEF"),
    "people": [100, 700, 2500, 6000, 40, 900],
    "area": [10, 20, 300, 90, 8, 55],
    "poverty": [5, 12.5, 20, 8, 3, 31],
    "distance": [0, 150, 380, 20, 600, 90],
    "aid": [3, None, 80, 12, 1, 40],
    "before": [5000, 9000, 20000, 30000, 100, 8000],
}


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Decided:
    folder: Path = tmp_path_factory.mktemp("forms")
    (folder / "page.yaml").write_text(PAGE, encoding="utf-8")
    posts = {"kept": {"poverty": [2, 40], "distance": [0, 700]}}
    (folder / "record.json").write_text(json.dumps({"goalposts": posts}), encoding="utf-8")
    return Decided.of("forms", Formula.read(folder / "page.yaml"), ROWS)


def test_every_number_of_the_page_may_be_moved(forms: Decided) -> None:
    assert {each["id"] for each in parameters(forms)} >= {
        "envelope",
        "constants.base",
        "constants.share",
        "tables.sizes.values.1",
        "tables.sizes.above",
        "tables.mix.values.2",
        "eligible.1.where#0",
        "variables.density#0",
        "indices.need.normalise.high",
        "indices.need.missing.value",
        "indices.need.criteria.distance.normalise.high",
        "indices.need.criteria.density.normalise.target",
        "indices.need.criteria.aid.transform.from",
        "indices.kept.families.place.weight",
        "indices.kept.families.place.criteria.poverty.normalise.low",
        "indices.kept.families.place.criteria.distance.more_need_when.cut",
        "indices.kept.families.other.aggregate.power",
        "indices.kept.families.other.criteria.mixed.more_need_when.toward",
        "parts.some.pool.fraction",
        "parts.some.share.in_proportion_to#0",
        "parts.rest.at_most",
        "limits.floor.at_least#0",
        "limits.board.override.1.amount",
        "checks.1.that#0",
    }


def test_each_number_moved_alone_is_read_by_python_and_back(tab: Any, forms: Decided) -> None:
    moves = [
        {each["id"]: each["value"] * 2 if each["kind"] == "money" else each["value"] + 1} for each in parameters(forms)
    ]
    assert list(unlike_python(tab, forms, moves)) == []


def test_all_numbers_moved_at_once(tab: Any, forms: Decided) -> None:
    every = {
        each["id"]: each["value"] if each["kind"] == "money" else each["value"] * 1.25 for each in parameters(forms)
    }
    assert list(unlike_python(tab, forms, [every])) == []


def test_keys_that_are_no_number_of_the_page_are_refused(tab: Any, forms: Decided) -> None:
    from equite.report.browser.payload import payload_of

    override = {
        "envelope": "95000",
        "parts": {"each": {"title": "Base"}},
        "limits": {"floor": {"at_least": "previous"}},
    }
    found = tab.evaluate("([payload, keys]) => equite.movesOf(payload, keys)", [payload_of(forms.allocation), override])
    assert found == {"moves": {"envelope": 95000}, "refused": ["parts.0.title", "limits.0.at_least"]}
