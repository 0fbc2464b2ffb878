"""Every figure of a page can be changed where it stands, and nothing else changes with it."""

from __future__ import annotations

import random
import re

import pytest
from random_pages import drawn

from equite import EquiteError, Formula
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.formula.indices import Family, Index
from equite.report.language.labels import Labels
from equite.report.live.inputs import figures_of, index_figures, literals, method_figures
from equite.report.roundtrip.changes import told_place
from equite.report.roundtrip.restating import Path, restated
from equite.wording import Language, say

PAGE = {
    "equite": "1",
    "id": "shapes",
    "key": "code",
    "envelope": "100000",
    "constants": {"salary": "5", "rent": {"value": "7", "unit": "$"}},
    "tables": {"steps": {"up_to": {"10": "1", "20": "2"}, "above": "3"}, "mix": {"a": "1", "b": "0.5"}},
    "variables": {"dense": "a / (b - 3) ** 2 - 4", "plain": {"value": "5"}},
    "indices": {
        "need": {
            "normalise": {"min-max": ["2", "10"]},
            "aggregate": {"power-mean": "3"},
            "missing": {"fill": "5"},
            "families": {
                "one": {
                    "weight": "2 * 3",
                    "criteria": {
                        "a": "2",
                        "b": {
                            "weight": "3",
                            "normalise": {"goalposts": ["4", "6"]},
                            "transform": {"line": {"from": "2", "to": "9"}},
                            "more_need_when": {"by": "b", "cut": "8", "below": "high", "above": "low"},
                            "missing": {"fill": "7"},
                        },
                        "dense": {"weight": "3", "more_need_when": {"toward": "12"}},
                    },
                }
            },
        }
    },
    "parts": [
        {"id": "base", "pool": {"each": "30"}, "share": "equally"},
        {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "need + 2 ** -3 + round(a, 2)"}},
    ],
    "limits": [
        {
            "id": "floor",
            "at_least": "9",
            "except": "a > 5",
            "override": {"code": "A", "amount": "40", "reason": "Made up"},
        },
        {"id": "cap", "at_most": "where(a > 2, 3 * a, 4)"},
    ],
    "checks": [{"that": "amount > 2"}],
}


def figures(formula: Formula) -> dict[Path, float]:
    """List every figure of a page by its place, weights included."""
    found = list(figures_of(formula))
    for name, index in formula.indices.items():
        found += [*index_figures(formula, name), *_weights(formula, name, index, ("indices", name))]
    return {figure.path: figure.value for figure in found}


def _weights(formula: Formula, name: str, group: Index | Family, path: Path):  # type: ignore[no-untyped-def]
    for key, criterion in group.criteria.items():
        below = (*path, "criteria", key)
        yield from literals((*below, "weight"), criterion.weight, name)
        yield from method_figures(formula, name, key, criterion, below)
    for key, family in group.families.items():
        yield from literals((*path, "families", key, "weight"), family.weight, name)
        yield from _weights(formula, name, family, (*path, "families", key))


def test_every_shape_of_a_figure_is_found_and_changed() -> None:
    formula = Formula.from_dict(PAGE)
    before = figures(formula)
    assert len(before) == 33
    for path in before:
        after = figures(Formula.from_dict(restated(formula.content, {**before, path: 77.5}, {path})))
        assert after == {**before, path: 77.5}, path


def test_what_does_not_change_keeps_its_wording() -> None:
    page = Formula.from_dict(PAGE).content
    assert restated(page, figures(Formula.from_dict(PAGE)), ()) == page
    path = ("limits", 1, "at_most", "#", 2)
    again = restated(page, {path: -2.0}, {path})
    assert again["limits"][1]["at_most"] == "where(a > 2, 3 * a, -2)"
    assert page["limits"][1]["at_most"] == "where(a > 2, 3 * a, 4)"


def test_a_negative_number_keeps_its_parentheses() -> None:
    path = ("variables", "v", "value", "#", 0)
    page = {"variables": {"v": "5 ** a - (b - 2)"}}
    assert restated(page, {path: -5.0}, {path}) == {"variables": {"v": "(-5) ** a - (b - 2)"}}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("tables", "t", "values", 1), {"up_to": {"10": "1", "20": "0.5"}, "above": "3"}),
        (("tables", "t", "edges", 0), {"up_to": {"0.5": "1", "20": "2"}, "above": "3"}),
        (("tables", "t", "above"), {"up_to": {"10": "1", "20": "2"}, "above": "0.5"}),
    ],
)
def test_tables(path: Path, expected: dict[str, object]) -> None:
    page = {"tables": {"t": {"up_to": {"10": "1", "20": "2"}, "above": "3"}}}
    assert restated(page, {path: 0.5}, {path})["tables"]["t"] == expected
    weights = {"tables": {"t": {"a": "1", "b": "2"}}}
    assert restated(weights, {("tables", "t", "values", 1): 4.0}, {("tables", "t", "values", 1)}) == {
        "tables": {"t": {"a": "1", "b": "4"}}
    }


def test_edges_that_change_places_are_all_kept() -> None:
    page = {"tables": {"t": {"from": {"10": "1", "20": "2", "30": "3"}}}}
    edges: dict[Path, float] = {("tables", "t", "edges", 0): 20.0, ("tables", "t", "edges", 1): 30.0}
    moved = restated(page, edges, edges)["tables"]["t"]
    assert [(float(edge), value) for edge, value in moved["from"].items()] == [(20.0, "1"), (30.0, "2"), (30.0, "3")]
    edges[("tables", "t", "edges", 2)] = 40.0
    assert restated(page, edges, edges)["tables"]["t"] == {"from": {"20": "1", "30": "2", "40": "3"}}


def test_goalposts_of_a_record_are_stated() -> None:
    page = {
        "indices": {
            "need": {"normalise": {"goalposts": {"from": "r.json"}}, "criteria": {"a": "2", "b": {"weight": "3"}}}
        }
    }
    values: dict[Path, float] = {
        ("indices", "need", "criteria", name, "normalise", "parameters", end): value
        for name in "ab"
        for end, value in (("low", 1.0), ("high", 9.0))
    }
    criteria = restated(page, values, ())["indices"]["need"]["criteria"]
    stated = {"goalposts": {"low": "1", "high": "9"}}
    assert criteria == {"a": {"weight": "2", "normalise": stated}, "b": {"weight": "3", "normalise": stated}}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_figure_has_a_name_in_words(language: Language) -> None:
    formula = Formula.from_dict(PAGE)
    tables: list[Path] = [
        ("tables", "steps", "values", 1),
        ("tables", "steps", "edges", 0),
        ("tables", "steps", "above"),
    ]
    told = [told_place(path, Labels(formula, language)) for path in [*figures(formula), *tables]]
    assert all(told) and not any(re.search(r"[#_]|\bvalues\b|parameters", words) for words in told), told


def test_every_parameter_of_a_method_has_a_name_in_words() -> None:
    for known in (NORMALISERS, AGGREGATORS, TRANSFORMS):
        for method in known.values():
            for name, default in method.parameters.items():
                if not isinstance(default, tuple) and name != "order":
                    assert say(f"reading-key-{name}", "en") and say(f"reading-key-{name}", "fr")


@pytest.mark.parametrize("seed", range(40))
def test_any_figure_of_a_random_page(seed: int) -> None:
    page, _ = drawn(f"restating-{seed}")
    try:
        formula = Formula.from_dict(page)
    except EquiteError:
        return
    before = figures(formula)
    assert restated(formula.content, before, ()) == formula.content
    for path in random.Random(seed).sample(list(before), min(6, len(before))):
        value = round(before[path] * 0.75, 6)
        try:
            changed = Formula.from_dict(restated(formula.content, {**before, path: value}, {path}))
        except EquiteError:
            continue  # what no page may say: bands of less than two, an order that does not rise
        after = figures(changed)
        assert after.get(path, value) == value
        assert {other: after[other] for other in before if other != path and other in after} == {
            other: kept for other, kept in before.items() if other != path and other in after
        }
