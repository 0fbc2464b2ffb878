"""Each column as it was read, and what its missing values became: Python, a screen of 80 columns, a notebook."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import equite
from equite.cli import application
from equite.report.analyses.columns_read import columns_read_grid, columns_read_text

PAGE = """
equite: 1
id: t
language: {language}
key: code
name: label
previous: last
envelope: 1000000
eligible: [{{where: people > 0, reason: none}}]
columns:
  people: {{heading: Population, kind: extensive, unit: {{fr: "hab.", en: "people"}},
    title: {{fr: Population, en: People}}}}
  cold: {{title: {{fr: "Froid", en: "Cold"}}, unit: "°C"}}
  poor: {{title: {{fr: "Pauvreté", en: "Poverty"}}, unit: "%"}}
  last: {{kind: extensive, unit: $}}
  north: {{kind: yes_no}}
  level: {{levels: [{{fr: bas, en: low}}, {{fr: haut, en: high}}]}}
  place: {{kind: text}}
indices:
  need:
    criteria:
      poor: {{weight: 1, missing: {{fill: median}}}}
      cold: {{weight: 1, missing: skip, title: {{fr: "Le froid", en: "The cold"}}}}
parts:
  - id: p
    pool: remainder
    share:
      in_proportion_to: people * (1 + need) * (1 + default(north, 0)) * where(is_missing(level), 1, 2)
limits: [{{id: floor, title: {{fr: "Plancher", en: "Floor"}}, at_least: 0.1 * previous}}]
checks: [{{that: "is_missing(spare) or spare >= 0 or amount > 0"}}, {{that: place != 'moon'}}]
rounding: {{to: 1}}
"""
TABLE = """code,label,Population,cold,poor,last,north,level,place,spare
01,Here,1250000,-0.9111,12.5,90000,yes,low,rural,
02,,40000,-41,n/d,20000,no,high,rural,
03,There,22500,x,8.25,,,..,town,3
04,Void,0,,,,no,low,town,4
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    page, table = tmp_path / "page.yaml", tmp_path / "table.csv"
    page.write_text(PAGE.format(language="en"), encoding="utf-8")
    table.write_text(TABLE, encoding="utf-8")
    return page, table


@pytest.fixture
def english(files: tuple[Path, Path]) -> equite.Allocation:
    return equite.allocate(*files)


def test_the_table_tells_kind_unit_ends_and_missing(english: equite.Allocation) -> None:
    table = english.columns_read().table.set_index("name")
    assert list(table.index) == ["code", "label", "people", "cold", "poor", "last", "north", "level", "place", "spare"]
    assert list(table["kind"]) == [
        *("code", "name", "extensive", "number", "number", "extensive", "yes_no", "ordinal", "text", "number")
    ]
    assert table.loc["people", ["heading", "unit", "known"]].tolist() == ["Population", "people", 4]
    # Of every row of the table, those that take no part too; the sign is kept.
    assert table.loc["people", ["lowest", "median", "highest"]].tolist() == [0.0, 31250.0, 1250000.0]
    assert table.loc["cold", ["lowest", "median", "highest"]].tolist() == [-41.0, pytest.approx(-20.95555), -0.9111]
    assert table["missing"].tolist() == [0, 1, 0, 2, 2, 2, 1, 1, 0, 2]
    assert table.loc["poor", "marks"] == "empty × 1, “n/d” × 1"
    assert table.loc["place", "labels"] == 2
    assert np.isnan(table.loc["code", "lowest"])


def test_what_missing_values_became(english: equite.Allocation) -> None:
    became = english.columns_read().table.set_index("name")["became"]
    assert became["label"] == "the code stands in for the name"
    assert became["cold"] == "04 take no part; skipped in “cold” for 03, the other weights rescaled"
    assert became["poor"] == "04 take no part; filled with the median 10.375 in “poor” for 02"
    assert became["last"] == "04 take no part; no floor by “floor” for 03"
    assert became["north"] == "replaced where the page says default(north, 0)"
    assert became["level"] == "looked for by is_missing(level)"
    assert became["people"] == became["place"] == ""


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{fill: mean}", "filled with the mean 10.375 in “poor” for 02"),
        ("{fill: median, by: place}", None),
        ("{fill: 0}", "filled with 0 in “poor” for 02"),
        ("{fill_from: people}", "filled from “people” in “poor” for 02"),
    ],
)
def test_every_rule_of_filling(rule: str, told: str | None) -> None:
    page = PAGE.format(language="en").replace("{fill: median}", rule)
    rows = [
        dict(zip(TABLE.splitlines()[0].split(","), line.split(","), strict=True)) for line in TABLE.splitlines()[1:]
    ]
    if told is None:
        told = "filled with the median of the same “place” in “poor” for 02"
    found = equite.allocate(equite.Formula.from_text(page), rows).columns_read().table.set_index("name")
    assert found.loc["poor", "became"] == f"04 take no part; {told}"


def test_a_value_that_nothing_stands_for_is_told_as_missing() -> None:
    page = PAGE.format(language="en").replace("is_missing(spare) or ", "")
    rows = [{"code": "1", "Population": 1, "cold": 2, "poor": 3, "last": 0, "north": "no", "level": "low"}]
    rows += [{**rows[0], "code": "2", "Population": 3, "cold": 4, "poor": 4}]
    rows = [{**row, "place": "a", "label": "b", "spare": None} for row in rows]
    found = equite.allocate(equite.Formula.from_text(page), rows).columns_read()
    (spare,) = [column for column in found.columns if column.name == "spare"]
    assert spare.known == 0
    assert [outcome.entry for outcome in spare.became] == ["nothing"]
    assert "still without a value for 1, 2" in str(found)


def test_it_fits_80_columns_and_is_aligned(english: equite.Allocation) -> None:
    text = columns_read_text(english.columns_read(), width=80)
    assert max(map(len, text.splitlines())) <= 80
    lines = columns_read_grid(english.columns_read(), 80).text().splitlines()
    for line in lines[2:]:
        # Figures stand flush right, under the end of their headings.
        assert line.rstrip() == line
        assert len(line) == len(lines[1])
    cold = next(line for line in lines if line.startswith("Cold"))
    assert cold.split() == ["Cold", "number", "°C", "−41.0000", "−20.9556", "−0.9111", "2"]
    people = next(line for line in lines if line.startswith("People"))
    assert people.split()[-4:] == ["0", "31,250", "1,250,000", "0"]


def test_figures_are_never_cut_however_long() -> None:
    title = "Un titre bien trop long pour tenir dans un écran de quatre-vingts colonnes"
    page = PAGE.format(language="en").replace("title: {fr: Population, en: People}", f'title: "{title}"')
    page = page.replace('en: "people"', 'en: "inhabitants of the whole territory on July 1"')
    rows = [{"code": str(at), "Population": 123_456_789_012_345 + at, "cold": at, "poor": at} for at in range(3)]
    rows = [{**row, "last": 1, "north": "no", "level": "low", "place": "a", "label": "b", "spare": 1} for row in rows]
    found = equite.allocate(equite.Formula.from_text(page), rows).columns_read()
    text = columns_read_grid(found, 80).text()
    assert "123,456,789,012,345  123,456,789,012,346  123,456,789,012,347" in text
    assert max(map(len, text.splitlines())) <= 80
    assert title in columns_read_grid(found, None).text()


def test_check_shows_it_in_both_languages(files: tuple[Path, Path]) -> None:
    page, table = files
    shown = CliRunner().invoke(application("en"), ["check", str(page), str(table)], env={"COLUMNS": "80"}).output
    assert "Columns as they were read" in shown
    assert "“n/d”" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    page.write_text(PAGE.format(language="fr"), encoding="utf-8")
    shown = CliRunner().invoke(application("fr"), ["check", str(page), str(table)], env={"COLUMNS": "80"}).output
    shown = " ".join(unicodedata.normalize("NFKC", shown).split())
    assert "Les colonnes telles que lues" in shown
    assert "1 250 000" in shown
    assert "−0,9111" in shown
    assert "pas de plancher selon « Plancher » pour 03" in shown
    assert "remplies par la médiane 10,375 dans « Pauvreté » pour 02" in shown
    assert "sautées dans « Le froid » pour 03" in shown
    assert "e+" not in shown


def test_a_notebook_shows_it(english: equite.Allocation) -> None:
    shown = english.columns_read()._repr_html_()
    assert shown.startswith('<div class="equite')
    assert "−41.0000" in shown
    assert "<li>" in shown
