"""A floor or a ceiling that is not there is told, with whom it is missing for and why; one meant is not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import equite
from equite.cli import application

PAGE = """
equite: 1
id: t
language: {language}
key: code
previous: last
rounding: {{to: 1}}
envelope: 1000
eligible: [{{where: points > 0, reason: none}}]
variables: {{base: {{value: last / k}}}}
parts: [{{id: need, pool: remainder, share: {{in_proportion_to: points}}{part}}}]
limits: [{limit}]
"""
ROWS = [
    {"code": "A", "points": 10, "last": None, "older": 50, "k": 1},
    {"code": "B", "points": 30, "last": 300, "older": None, "k": 0},
    {"code": "C", "points": 60, "last": 480, "older": 70, "k": 1},
    {"code": "D", "points": 0, "last": None, "older": None, "k": 0},
]


def warnings(limit: str = "", part: str = "", language: str = "en") -> list[str]:
    page = equite.Formula.from_text(PAGE.format(limit=limit, part=part, language=language))
    return [
        text for text in equite.allocate(page, ROWS).warnings if "floor" in text or "ceiling" in text or "pla" in text
    ]


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("{id: f, at_least: 0.5 * previous}", ["floor of 'f' does not protect A: 'last' has no value"]),
        ("{id: f, at_most: 2 * previous}", ["ceiling of 'f' does not hold A: 'last' has no value"]),
        (
            "{id: f, at_least: 0.1 * base}",
            [
                "floor of 'f' does not protect A: 'last' has no value",
                "floor of 'f' does not protect B: last / k divides by zero",
            ],
        ),
        ("{id: f, part: need, at_least: 0.5 * previous}", ["does not protect A"]),
        # A condition that cannot be told takes no branch.
        ("{id: f, at_most: 'where(previous > 0, 3 * previous, null)'}", ["does not hold A"]),
        ("{id: f, at_least: 'where(k > 0, 0.1 * previous, null)'}", ["does not protect A"]),
        # Meant, whole or within arithmetic, or left out of the bound.
        ("{id: f, at_least: 'where(is_missing(previous), null, 0.5 * previous)'}", []),
        ("{id: f, at_least: '0.5 * where(is_missing(previous), null, previous)'}", []),
        ("{id: f, at_least: 'default(0.5 * previous, null)'}", []),
        ("{id: f, at_least: 'default(0.5 * previous, 0)'}", []),
        ("{id: f, at_least: 0.5 * previous, except: is_missing(previous)}", []),
    ],
)
def test_a_missing_bound_is_told(limit: str, told: list[str]) -> None:
    found = warnings(limit)
    assert len(found) == len(told)
    assert all(wanted in text for wanted, text in zip(told, found, strict=True))


def test_a_part_names_its_own_previous_amount() -> None:
    (found,) = warnings(part=", previous: older, at_least: 0.5 * previous")
    assert "floor of 'need' does not protect B: 'older' has no value" in found


def test_in_french() -> None:
    (found,) = warnings("{id: f, at_least: 0.5 * previous}", language="fr")
    assert "le plancher de « f » ne protège pas A : « last » n'a pas de valeur" in found.replace("\u00a0", " ")


def test_a_long_table_is_told_at_once_and_cut_short() -> None:
    rows = [{"code": f"c{at:05}", "points": 1, "last": None, "older": 1, "k": 1} for at in range(20_000)]
    page = equite.Formula.from_text(PAGE.format(limit="{id: f, at_least: 0.5 * previous}", part="", language="en"))
    (found,) = [text for text in equite.allocate(page, rows).warnings if "floor" in text]
    assert "c00049 and 19950 more: 'last' has no value" in found


def test_check_and_the_live_workbook_name_those_without(tmp_path: Path) -> None:
    page, table, book = tmp_path / "page.yaml", tmp_path / "table.csv", tmp_path / "live.xlsx"
    page.write_text(PAGE.format(limit="{id: f, at_least: 0.5 * previous}", part="", language="en"), encoding="utf-8")
    table.write_text("code,points,last,k\nA,10,,1\nB,30,300,1\n", encoding="utf-8")
    shown = " ".join(CliRunner().invoke(application("en"), ["check", str(page), str(table)]).output.split())
    assert "floor of 'f' does not protect A" in shown
    assert "A floor or a ceiling is missing for some" in shown
    equite.allocate(page, table).to_excel(book, live=True)
    with zipfile.ZipFile(book) as archive:
        texts = archive.read("xl/sharedStrings.xml").decode()
    assert "was no floor for A" in texts
