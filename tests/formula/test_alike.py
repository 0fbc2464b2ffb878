"""Words of a page that become one once they are tidied, or look alike: the last of two would win in silence."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

import equite
from equite.formula.loading import overlay, page_of

UNSEEN = "\u200b"
DECOMPOSED = unicodedata.normalize("NFD", "région")


def page(**keys: Any) -> dict[str, Any]:
    share = {"share": {"in_proportion_to": "need"}, "pool": "remainder", "id": "one"}
    index = {"criteria": {"income": {"weight": 1}}}
    return {"equite": "1", "id": "p", "language": "en", "envelope": 100, "key": "code", "parts": [share]} | (
        {"indices": {"need": index}} | keys
    )


def direction(**labels: str) -> dict[str, Any]:
    criterion = {"weight": 1, "more_need_when": {"by": "setting", **labels}}
    return {"indices": {"need": {"criteria": {"income": criterion}}}}


def refused(**keys: Any) -> list[tuple[str, str]]:
    with pytest.raises(equite.FormulaError) as caught:
        equite.Formula.from_dict(page(**keys))
    for language in ("fr", "en"):
        assert "{" not in caught.value.text(language)  # type: ignore[arg-type]
    return [(problem.id, problem.where) for problem in caught.value.problems]


@pytest.mark.parametrize("twin", ["rural" + UNSEEN, " rural", "rural\u00a0"])
def test_two_labels_of_a_direction_that_become_one(twin: str) -> None:
    found = refused(**direction(rural="high", **{twin: "low"}))
    assert ("page-keys-alike", f"indices.need.criteria.income.more_need_when.{twin}") in found


@pytest.mark.parametrize(("one", "twin"), [("rural", "Rural"), ("mi-rural", "mi rural"), ("L’Est", "L'Est")])
def test_two_labels_of_a_direction_that_look_alike(one: str, twin: str) -> None:
    [(entry, where)] = refused(**direction(**{one: "high", twin: "low"}))
    assert (entry, where) == ("direction-labels-alike", "indices.need.criteria.income.more_need_when")


@pytest.mark.parametrize(
    "keys",
    [
        {"columns": {"région": {"kind": "text"}, DECOMPOSED: {"kind": "number"}}},
        {"constants": {"région": 1, DECOMPOSED: 2}},
        {"variables": {"région": "1", DECOMPOSED: "2"}},
        {"tables": {"weights": {"income": 1, "income" + UNSEEN: 2}}},
        {"indices": {"need": {"criteria": {"income": 1, "income" + UNSEEN: 2}}}},
    ],
)
def test_two_keys_of_any_mapping_that_become_one(keys: dict[str, Any]) -> None:
    assert "page-keys-alike" in [entry for entry, _ in refused(**keys)]


def test_the_lines_of_both_keys_are_told() -> None:
    text = f"equite: '1'\nid: p\nlanguage: en\nconstants:\n  rate: 1\n  rate{UNSEEN}: 2\nparts: []\n"
    with pytest.raises(equite.FormulaError) as caught:
        equite.Formula.from_text(text)
    [problem] = [problem for problem in caught.value.problems if problem.id == "page-keys-alike"]
    assert (problem.line, problem.values["first"]) == (6, 5)


def test_an_override_may_not_lay_a_twin_beside_a_key() -> None:
    laid = overlay(page_of(page(constants={"rate": 1})), page_of({"constants": {"rate" + UNSEEN: 2}}))
    assert "page-keys-alike" in [entry for entry, _ in refused(constants=laid.content["constants"])]


def test_one_criterion_in_two_families_under_two_encodings() -> None:
    families = {
        "a": {"weight": 1, "criteria": {"région": 1}},
        "b": {"weight": 1, "criteria": {DECOMPOSED: 1}},
    }
    assert "criterion-twice" in [entry for entry, _ in refused(indices={"need": {"families": families}})]


@pytest.mark.parametrize(
    "levels",
    [
        ["bas", "bas" + UNSEEN, "haut"],
        ["Bas", "bas", "haut"],
        ["Élevé", "eleve"],
        ["mi-haut", "mi haut"],
        [{"fr": "bas", "en": "low"}, {"fr": "Low", "en": "high"}],
    ],
)
def test_two_levels_that_look_alike(levels: list[Any]) -> None:
    assert "levels-alike" in [entry for entry, _ in refused(columns={"income": {"levels": levels}})]


def test_one_level_may_have_one_name_in_both_languages() -> None:
    levels = [{"fr": "minimal", "en": "Minimal"}, {"fr": "élevé", "en": "high"}]
    equite.Formula.from_dict(page(columns={"income": {"levels": levels}}))
