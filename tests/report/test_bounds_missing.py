"""Wherever an output tells what a limit does, those who have no floor or no ceiling are told apart, with why."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
import yaml
from python_calamine import CalamineWorkbook

import equite
from equite.report.language.formula_in_words import formula_in_words

PAGE = """
equite: 1
id: t
language: {language}
key: code
name: place
previous: before
envelope: 1000
columns: {{before: {{title: {{fr: "Montant 2025", en: "Amount 2025"}}, kind: extensive}}}}
parts: [{{id: need, pool: remainder, share: {{in_proportion_to: points}}}}]
limits:
  - id: hold
    title: {{fr: "Pas plus de 5 % de perte", en: "No loss above 5%"}}
    at_least: {floor}
rounding: {{to: 1}}
"""
ROWS = [
    {"code": "A", "place": "Ada", "points": 10, "before": None},
    {"code": "B", "place": "Bo", "points": 30, "before": 500},
    {"code": "C", "place": "Cy", "points": 60, "before": 400},
]


def spoken(text: str) -> str:
    text = re.sub(r"&#x27;|&#39;|’", "'", text.replace("\u00a0", " ").replace("\u202f", " "))
    return text.replace("‘", "'").replace("&quot;", '"')


def allocated(language: str = "en", floor: str = "0.95 * previous") -> equite.Allocation:
    return equite.allocate(equite.Formula.from_text(PAGE.format(language=language, floor=floor)), ROWS)


def texts_of(path: Path) -> dict[str, str]:
    book = CalamineWorkbook.from_path(path)
    return {
        name: spoken("\n".join(str(cell) for row in book.get_sheet_by_name(name).to_python() for cell in row))
        for name in book.sheet_names
    }


@pytest.mark.parametrize(
    ("language", "of_all", "of_one"),
    [
        (
            "en",
            "“No loss above 5%”: 1 territory without a floor (A), because 'Amount 2025' has no value",
            "no floor by “No loss above 5%”: 'Amount 2025' has no value",
        ),
        (
            "fr",
            "« Pas plus de 5 % de perte » : 1 territoire sans plancher (A), "
            "parce que « Montant 2025 » n'a pas de valeur",
            "pas de plancher selon « Pas plus de 5 % de perte » : « Montant 2025 » n'a pas de valeur",
        ),
    ],
)
def test_every_output_tells_it(language: str, of_all: str, of_one: str, tmp_path: Path) -> None:
    allocation = allocated(language)
    book = texts_of(allocation.to_excel(tmp_path / "a.xlsx"))
    assert of_all in book[{"en": "Parameters", "fr": "Paramètres"}[language]]
    assert of_one in book[{"en": "Allocation", "fr": "Répartition"}[language]]
    page = spoken(_html(allocation))
    assert of_all in page
    assert of_one in page
    assert of_one in spoken(allocation.to_csv(tmp_path / "a.csv").read_text(encoding="utf-8"))
    assert of_one in spoken(str(allocation.explain("A")))
    assert of_one in spoken(allocation.explain("A")._repr_html_())
    assert of_one not in spoken(str(allocation.explain("B")))


def test_the_live_workbook_does_not_say_that_every_promise_is_kept(tmp_path: Path) -> None:
    allocation = allocated()
    # Outputs evaluate bounds again: what is missing is told once all the same.
    for name in ("first", "second"):
        checks = texts_of(allocation.to_excel(tmp_path / f"{name}.xlsx", live=True))["Checks"]
        assert "All checks passed" not in checks
        assert "When written, without a floor or a ceiling: 1 territory" in checks
        assert checks.count("was no floor for A") == 1
    assert len(allocation.context.unbounded) == 1
    whole = allocated(floor="default(0.95 * previous, 0)")
    checks = texts_of(whole.to_excel(tmp_path / "whole.xlsx", live=True))["Checks"]
    assert "All checks passed" in checks


@pytest.mark.parametrize("floor", ["where(is_missing(previous), null, 0.95 * previous)", "default(0.95 * previous, 0)"])
def test_a_bound_that_is_meant_to_be_absent_is_not_told(floor: str) -> None:
    allocation = allocated(floor=floor)
    page = spoken(_html(allocation))
    assert "without a floor" not in page
    assert "no floor by" not in page
    assert "no floor" not in str(allocation.explain("A"))


def test_a_limit_that_moves_nothing_is_not_told_to_protect() -> None:
    page = equite.Formula.from_text(PAGE.format(language="en", floor="0.1 * previous"))
    told = spoken(_html(equite.allocate(page, ROWS)))
    assert "“No loss above 5%”, which does not apply to you: 'Amount 2025' has no value." in told
    assert told.count("it does not move your amount") == 2


def _html(allocation: equite.Allocation) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return allocation.to_html(Path(folder) / "a.html").read_text(encoding="utf-8")


def test_a_part_s_own_floor_is_told_too(tmp_path: Path) -> None:
    content = yaml.safe_load(PAGE.format(language="en", floor="0"))
    del content["limits"]
    content["parts"][0]["at_least"] = "0.5 * before"
    allocation = equite.allocate(equite.Formula.from_dict(content), ROWS)
    told = "“Need”: 1 territory without a floor (A), because 'Amount 2025' has no value"
    assert told in spoken(_html(allocation))
    assert told in texts_of(allocation.to_excel(tmp_path / "a.xlsx"))["Parameters"]


def test_the_formula_in_words_says_what_a_missing_figure_does() -> None:
    rule = "A floor or a ceiling does not apply to a territory that lacks a figure it rests on."
    assert rule in " ".join(formula_in_words(allocated().formula).split())
    assert rule not in " ".join(formula_in_words(allocated(floor="10").formula).split())
