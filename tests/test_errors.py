"""Errors: every problem in one refusal, each with its place and its mend, in the reader's language."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from equite import errors, wording
from equite.errors import EquiteError, FormulaError, Problem, Problems, nearest
from equite.wording import Numeral

SENTENCES: dict[str, Any] = {
    "too-much": {
        "en": {"what": "{amount} is more than the envelope", "mend": "lower {name}"},
        "fr": {"what": "{amount} dépasse l'enveloppe", "mend": "abaissez {name}"},
    },
    "at-line": {"en": "line {line}", "fr": "ligne {line}"},
    "at-row": {"en": "row {line}", "fr": "ligne {line}"},
    "bare": {"en": {"what": "nothing to share", "mend": ""}, "fr": {"what": "rien à répartir", "mend": ""}},
}


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_catalogue", lambda *_: SENTENCES)


def too_much(**place: object) -> Problem:
    return Problem("too-much", {"amount": Numeral(1234.5), "name": "base"}, **place)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "english", "french"),
    [
        ({}, "", ""),
        ({"where": "parts.base"}, " @ parts.base", " @ parts.base"),
        ({"where": "parts.base", "line": 3}, " @ parts.base (line 3)", " @ parts.base (ligne 3)"),
        ({"line": 3}, " @ line 3", " @ ligne 3"),
        ({"line": 3, "row_is_line": False}, " @ row 3", " @ ligne 3"),
        ({"file": "f.yaml"}, " @ f.yaml", " @ f.yaml"),
        ({"file": "f.yaml", "where": "parts", "line": 0}, " @ f.yaml, parts (line 0)", " @ f.yaml, parts (ligne 0)"),
    ],
)
def test_a_problem_says_what_where_and_the_mend(place: dict[str, object], english: str, french: str) -> None:
    problem = too_much(**place)
    assert problem.text("en") == f"1,234.5 is more than the envelope{english}: lower base"
    assert problem.text("fr") == f"1\u00a0234,5 dépasse l'enveloppe{french}\u00a0: abaissez base"


def test_a_problem_without_a_mend_ends_with_its_place() -> None:
    assert Problem("bare").text("en") == "nothing to share"
    assert Problem("bare", where="parts").text("fr") == "rien à répartir @ parts"


def test_an_error_says_each_problem_once_in_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = [Problem("bare"), too_much(), Problem("bare")]
    assert str(EquiteError(problems, "fr")).splitlines() == [Problem("bare").text("fr"), too_much().text("fr")]
    monkeypatch.setenv("EQUITE_LANGUAGE", "en")
    assert str(EquiteError(problems)) == EquiteError(problems, "fr").text("en")


def test_an_error_survives_a_journey_between_processes() -> None:
    error = FormulaError([too_much(where="parts", line=2)], "fr")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is FormulaError
    assert (again.problems, again.language, str(again)) == (error.problems, "fr", str(error))


def test_problems_are_gathered_and_refused_once() -> None:
    problems = Problems(FormulaError, "en")
    problems.refuse()
    problems.add("bare", "parts", 4, file="f.yaml")
    problems.add("too-much", amount=2.0, name="base", row_is_line=False)
    with pytest.raises(FormulaError) as caught:
        problems.refuse()
    assert caught.value.problems == tuple(problems.found)
    assert str(caught.value) == "nothing to share @ f.yaml, parts (line 4)\n2 is more than the envelope: lower base"


def test_every_error_is_one_of_equite_s() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
    assert len(kinds) == 7
    assert all(issubclass(kind, EquiteError) for kind in kinds)


@pytest.mark.parametrize(
    ("name", "names"),
    [("Populaton", ("population",)), ("POPULATION", ("population",)), ("zzz", ()), ("", ())],
)
def test_the_nearest_name(name: str, names: tuple[str, ...]) -> None:
    assert nearest(name, ["population", "area", "density"]).names == names
