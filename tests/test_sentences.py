"""The catalogue of sentences and the code: whatever is said exists, whatever exists is said, each with its values."""

from __future__ import annotations

import ast
import string
from functools import cache
from pathlib import Path

import pytest
from declared_sentences import CARRIED, DECLARED, NOT_FOLLOWED
from sentences import Code, Saying, literal, says
from yaml_texts import read_yaml

import equite
from equite.report.browser.explorer.source import explorer_entries
from equite.wording.locales import ENGLISH

PACKAGE = Path(equite.__file__).parent
FILES = [read_yaml(file) for file in ENGLISH.sentences.glob("*.yaml")]
#: The values of each sentence.
ENTRIES: dict[str, set[str]] = {
    entry: {
        name
        for text in (worded["en"].values() if isinstance(worded["en"], dict) else [worded["en"]])
        for _, name, _, _ in string.Formatter().parse(text)
        if name is not None and not name.startswith(("~", "?"))
    }
    for file in FILES
    for entry, worded in file.items()
}
#: The arguments of ``Problems.add`` that tell the place and are no values of the sentence.
PLACES = {"entry", "where", "line", "file", "row_is_line"}


@cache
def followed() -> tuple[Code, list[tuple[Saying, set[str]]]]:
    """Return the code, and the ids of every call that says a sentence."""
    code = Code(PACKAGE, DECLARED)
    # An empty heading is not said.
    return code, [(saying, code.texts(saying.module, saying.entry) - {""}) for saying in code.sayings()]


def test_every_sentence_that_is_said_exists() -> None:
    said = [(saying.place, sorted(ids - set(ENTRIES))) for saying, ids in followed()[1]]
    assert [each for each in said if each[1]] == []


def test_every_sentence_is_said_somewhere() -> None:
    code, sayings = followed()
    said = {entry for _, ids in sayings for entry in ids} | {
        f"{entry}{end}" for entry in explorer_entries() for end in ("", "-proposed")
    }
    assert set(ENTRIES) - set(CARRIED) - said == set()
    assert set(CARRIED) <= code.literals() & set(ENTRIES)


def test_what_is_declared_of_ids_is_met_in_the_code() -> None:
    code, _ = followed()
    assert set(DECLARED) - code.met == set()
    assert set(code.unknown) == set(NOT_FOLLOWED)


def given_values(call: ast.Call) -> set[str] | None:
    """Name the values that a call gives its sentence; nothing where that is only known as it runs."""
    if any(keyword.arg is None for keyword in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    kind = says(call)
    if kind == "count":
        return {"count"}
    if kind in {"say", "say_in_all", "add"}:
        return {str(keyword.arg) for keyword in call.keywords} - (PLACES if kind == "add" else set())
    position = {"Problem": 1, "sentence": 3}[kind]
    named = [keyword.value for keyword in call.keywords if keyword.arg == "values"]
    (values,) = (named or call.args[position : position + 1]) or [ast.Dict([], [])]
    if not isinstance(values, ast.Dict) or None in values.keys:
        return None
    return {text for key in values.keys if key is not None and (text := literal(key)) is not None}


def named(saying: Saying) -> bool:
    return isinstance(saying.entry, ast.Name)


def test_every_sentence_is_given_its_values() -> None:
    # A name may stand for several sentences, each in a branch that has the values of its own.
    known = [(saying, given_values(saying.call), ids) for saying, ids in followed()[1] if not named(saying)]
    wrong = [
        (saying.place, entry, sorted(missing))
        for saying, given, ids in known
        for entry in ids & set(ENTRIES)
        if given is not None and (missing := ENTRIES[entry] - given)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ('say("a-one" if many else "a-two")', {"a-one", "a-two"}),
        ('say(f"a-{word}") ; word = "one" if many else "two"', {"a-one", "a-two"}),
        ('[say(f"a-{key}") for key, _ in (("one", 1), ("two", 2))]', {"a-one", "a-two"}),
        ('TABLE = {"x": "one", "y": "two"}\nsay(f"a-{TABLE[key]}")', {"a-one", "a-two"}),
        ('def told(entry):\n    return say(entry)\ntold("a-one")\ntold(entry="a-two")', {"a-one", "a-two"}),
        (
            'def heads(*names):\n    [say(f"a-{name}") for name in names]\nheads("one", "two")',
            {"a-one", "a-two"},
        ),
        ('say(f"a-{something.else_}")', set()),
    ],
)
def test_an_id_is_followed_to_the_texts_that_it_is_made_of(tmp_path: Path, written: str, ids: set[str]) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "module.py").write_text(written, encoding="utf-8")
    code = Code(tmp_path / "package", {})
    assert {text for saying in code.sayings() for text in code.texts(saying.module, saying.entry)} == ids
    assert bool(code.unknown) == (not ids)
