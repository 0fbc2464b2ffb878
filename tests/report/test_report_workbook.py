"""Workbooks: what two readers find in them, in both languages; what is live; what must never be a formula."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from equite import Allocation, Formula, Territories, allocate
from equite.report.columns import shown_columns

#: Shares money by a page of few words.
Shared = Callable[..., Allocation]
Cells = dict[str, list[list[Any]]]

SHEETS = {
    "french": ["Lisez-moi", "Paramètres", "Répartition", "Contrôles"],
    "english": ["Read me", "Parameters", "Allocation", "Checks"],
}


def cells_of(path: Path) -> Cells:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def texts_of(rows: list[list[Any]]) -> str:
    return "\n".join(str(cell) for row in rows for cell in row if cell != "").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def written(french: Allocation, english: Allocation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("books")
    return {"french": french.to_excel(folder / "f.xlsx"), "english": english.to_excel(folder / "e.xlsx")}


@pytest.fixture(params=["french", "english"])
def book(request: pytest.FixtureRequest, written: dict[str, Path]) -> tuple[str, Path, Allocation]:
    return request.param, written[request.param], request.getfixturevalue(request.param)


Book = tuple[str, Path, Allocation]


def test_four_sheets(book: Book) -> None:
    language, path, _ = book
    assert list(cells_of(path)) == SHEETS[language]


def test_two_workbooks_of_one_allocation_are_the_same(
    french: Allocation, written: dict[str, Path], page: Formula, rows: pd.DataFrame, tmp_path: Path
) -> None:
    again = allocate(page, rows).to_excel(tmp_path / "again.xlsx")
    assert again.read_bytes() == written["french"].read_bytes()
    with zipfile.ZipFile(again) as archive:
        dates = re.findall(rb">(\d{4}-\d\d-\d\d)T", archive.read("docProps/core.xml"))
        stamps = {entry.date_time[0] for entry in archive.infolist()}
    assert (dates, stamps) == ([b"2000-01-01"] * 2, {1980})


def test_the_table_holds_every_number(book: Book) -> None:
    language, path, allocation = book
    headings, *rows = cells_of(path)[SHEETS[language][2]]
    columns = shown_columns(allocation)
    assert headings == [column.heading for column in columns]
    *territories, totals = rows
    for at, column in enumerate(columns):
        found = [row[at] for row in territories]
        if column.kind == "text":
            assert found == [str(cell).replace("\x1b", " ") for cell in column.cells]
        else:
            assert found == column.numbers.tolist()
            assert totals[at] == pytest.approx(column.total, abs=1e-9)


def test_amounts_sum_to_the_envelope(book: Book) -> None:
    language, path, allocation = book
    headings, *rows = cells_of(path)[SHEETS[language][2]]
    at = [column.id for column in shown_columns(allocation)].index("amount")
    assert sum(row[at] for row in rows[:-1]) == rows[-1][at] == allocation.envelope == 2_000_000
    assert all(float(row[at]).is_integer() for row in rows)
    assert headings[at].startswith(("Montant", "Amount"))


def test_nothing_is_run(book: Book) -> None:
    language, path, allocation = book
    workbook = openpyxl.load_workbook(path)
    sheet = workbook[SHEETS[language][2]]
    for row, (code, name) in enumerate(zip(allocation.codes, allocation.names, strict=True), start=2):
        for at, text in ((1, code), (2, name)):
            assert sheet.cell(row, at).data_type == "s"
            assert sheet.cell(row, at).value == text.replace("\x1b", " ")
            assert sheet.cell(row, at).number_format == "@"
    formulas = [cell.value for each in workbook for line in each.iter_rows() for cell in line if cell.data_type == "f"]
    assert formulas
    assert all(re.match(r"=(SUM\(|IF\(|SUMPRODUCT\(|'Param)", formula) for formula in formulas)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if re.search("macro|external|embed|hyperlink", name, re.I)]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@x", "\t=1", '=cmd|" /C calc"!A0'])
def test_a_page_s_own_texts_are_not_run_either(shared: Shared, tmp_path: Path, title: str) -> None:
    parts = [{"id": "p", "title": title, "pool": "remainder", "share": "equally"}]
    checks = [{"that": "amount > 100", "title": title}]
    allocation = shared(
        envelope=9, parts=parts, title=title, notes=title, checks=checks, decision={"adopted_by": title}
    )
    workbook = openpyxl.load_workbook(allocation.to_excel(tmp_path / "a.xlsx"))
    for sheet in workbook:
        for line in sheet.iter_rows():
            assert not [cell for cell in line if cell.data_type == "f" and title.strip() in str(cell.value)]


def test_numbers_are_formatted_as_the_language_does(book: Book) -> None:
    language, path, allocation = book
    sheet = openpyxl.load_workbook(path)[SHEETS[language][2]]
    columns = [column.id for column in shown_columns(allocation)]
    formats = {name: sheet.cell(2, at).number_format for at, name in enumerate(columns, start=1)}
    locale, percent = {"french": ("[$-C0C]", '0.00"\u00a0"%'), "english": ("[$-1009]", "0.00%")}[language]
    assert formats["base"] == f"{locale}#,##0"
    assert formats["rounding"] == f"{locale}#,##0;{locale}-#,##0;"
    assert formats["amount"] == f"{locale}#,##0"
    assert formats["share"] == locale + percent
    parameters = openpyxl.load_workbook(path)[SHEETS[language][1]]
    money = {"french": '[$-C0C]#,##0"\u00a0$"', "english": '[$-1009]"$"#,##0'}[language]
    assert parameters["B4"].number_format == money
    assert parameters["B4"].value == 2_000_000


def test_the_table_is_ready_to_print(book: Book) -> None:
    language, path, allocation = book
    sheet = openpyxl.load_workbook(path)[SHEETS[language][2]]
    last = len(allocation.codes) + 1
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:O{last}"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    # One page wide is the default of the format.
    assert sheet.page_setup.fitToWidth in (None, 1)
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    words = {"french": "Page &P de &N", "english": "Page &P of &N"}
    assert sheet.oddFooter.center.text.replace("&[Page]", "&P") == words[language]
    assert "&&" in sheet.oddHeader.left.text
    assert sheet["C1"].alignment.wrap_text
    for column in sheet.column_dimensions.values():
        assert 7 <= column.width <= 40


def test_columns_are_wide_enough(book: Book) -> None:
    language, path, allocation = book
    sheet = openpyxl.load_workbook(path)[SHEETS[language][2]]
    for at, column in enumerate(shown_columns(allocation), start=1):
        if column.kind != "text":
            longest = max(len(f"{value:,.{column.digits}f}") for value in [*column.numbers, column.total or 0.0])
            assert sheet.column_dimensions[openpyxl.utils.get_column_letter(at)].width >= longest


FRENCH_ONLY = r"territoire|montant|volet|arrondi|écart|réussi|échoué|officiel|déclaré|illustratif|aucun|envelopp"
ENGLISH_ONLY = r"territor(y|ies)|amount|rounding|passed|failed|official|declared|illustrative|none|envelope|share"


def test_no_language_strays_into_the_other(written: dict[str, Path]) -> None:
    # The page's untitled id, the packages and the fingerprints are nobody's language.
    for language, foreign in (("french", ENGLISH_ONLY), ("english", FRENCH_ONLY)):
        said = texts_of([row for rows in cells_of(written[language]).values() for row in rows])
        own = re.sub(r"Territoire \d+", "", said)
        assert re.findall(rf"\b({foreign})\b", own, re.I) == []


def test_no_dust_and_no_holes(book: Book) -> None:
    _, path, _ = book
    for rows in cells_of(path).values():
        for row in rows:
            for cell in row:
                assert not re.search(r"\bnan\b|\binf\b|e\+\d\d|\d\.\d{9}", str(cell), re.I), cell


def test_the_first_sheet_tells_what_a_signatory_needs(french: Allocation, written: dict[str, Path]) -> None:
    said = texts_of(cells_of(written["french"])["Lisez-moi"])
    pieces = (
        *("Équité & régions", "2 000 000 $ est réparti entre 19 territoires", "Page d’essai.", "Conseil", "2025-12-10"),
        *("Une voix", "Décret 2025", "Résolution 2025-14", "Moins de 500 habitants", "Insularité", "Indice inventé"),
        *("déclaré", "illustratif", "estimé", "non précisé", french.formula.sha256, "equite 0."),
        *(french.territories.source.sha256, "illustratifs ou déclarés : personne ne les a mesurés"),
    )
    assert [piece for piece in pieces if piece not in said] == []
    assert not re.search(r"20\d\d-\d\d-\d\d(?<!2025-12-10)", said)


def test_changes_laid_over_the_page_are_told(page: Formula, rows: pd.DataFrame, tmp_path: Path) -> None:
    changed = page.replace({"parts": {"base": {"pool": {"each": 50_000}}}})
    said = texts_of(cells_of(allocate(changed, rows).to_excel(tmp_path / "a.xlsx"))["Lisez-moi"])
    assert "50 000" in said
    assert "Ce qui diffère de la formule de base" in said


def test_the_parameters_tell_every_rule(written: dict[str, Path]) -> None:
    said = texts_of(cells_of(written["english"])["Parameters"])
    pieces = (
        *("A coordinator", "Grille 2025", "Northern part", "5% of the envelope", "what the other parts leave"),
        *("Hold harmless", "at least 90% of last period", "1 amount decided by name", "Social (weight 60)"),
        *("Invented index (illustrative)", "high", "low", "by “Setting”: rural, low; urbain, high", "logarithm"),
        *("Fewer than 500 inhabitants", "To whole multiples of $1", "Mean score"),
    )
    assert [piece for piece in pieces if piece not in said] == []
    rows = cells_of(written["english"])["Parameters"]
    start = next(at for at, row in enumerate(rows) if row[0] == "Criterion")
    weights = [row[4] for row in rows[start + 1 : start + 5]]
    assert weights == [0.4, 0.2, 0.2, 0.2]


def test_the_checks_say_a_word_and_not_a_colour_only(book: Book) -> None:
    language, path, allocation = book
    rows = cells_of(path)[SHEETS[language][3]]
    passed, failed = {"french": ("✓ Réussi", "✗ Échoué"), "english": ("✓ Passed", "✗ Failed")}[language]
    assert [row[3] for row in rows if row[3] in (passed, failed)] == [passed, passed, passed, failed, passed]
    sheet = openpyxl.load_workbook(path)[SHEETS[language][3]]
    rules = [rule for ranges in sheet.conditional_formatting for rule in ranges.rules]
    assert {rule.formula[0] for rule in rules} >= {f'"{passed}"', f'"{failed}"'}
    failing = allocation.checks[1].failing
    listed = [row[2] for row in rows if row[0] == allocation.checks[1].title[allocation.language] and row[2] in failing]
    assert tuple(listed) == failing


def test_codes_stay_text_and_the_table_is_read_back(french: Allocation, written: dict[str, Path]) -> None:
    again = pd.read_excel(written["french"], sheet_name="Répartition", dtype={"Code": str}, engine="calamine")[:-1]
    assert tuple(again["Code"]) == french.codes
    table = Territories.of(again, key="Code")
    assert table.numbers("Montant ($, illustratif)").tolist() == french.amounts.tolist()


def test_entitlements_units_and_groups(shared: Shared, tmp_path: Path) -> None:
    rows = {"code": ["1", "2"], "people": [1, 3]}
    unit = {"fr": 'postes "A"', "en": "positions"}
    due = shared(rows, unit=unit, parts=[{"id": "p", "share": {"as_is": "people * 2"}}])
    cells = cells_of(due.to_excel(tmp_path / "a.xlsx"))
    assert cells["Contrôles"][6][:3] == ["La somme des montants égale le total calculé", 8, 8]
    assert "ce que les règles donneraient à 2 territoires" in texts_of(cells["Lisez-moi"])
    assert 'Montant (postes "A")' in cells["Répartition"][0]


def test_a_very_long_text_does_not_break_the_file(shared: Shared, tmp_path: Path) -> None:
    allocation = shared(envelope=9, notes="long " * 10_000, title="titre " * 200)
    said = texts_of(cells_of(allocation.to_excel(tmp_path / "a.xlsx"))["Lisez-moi"])
    assert "long long" in said
    assert max(map(len, said.split("\n"))) == 32_767
    assert "…" in said


def test_scales_and_contexts_without_a_level(shared: Shared, tmp_path: Path) -> None:
    steps = {"up_to": {"1": "0.5", "3": "0.8"}, "above": "4"}
    rows = {"code": ["1", "2", "3"], "people": [1, 2, 4], "region": ["a", "a", "b"]}
    parts = [
        {"id": "grouped", "pool": {"amount": "total(people, by=region)"}, "within": "region", "share": "equally"},
        {"id": "rest", "pool": "remainder", "share": {"level_up": "people", "counting": "step(people, scale)"}},
    ]
    allocation = shared(rows, envelope="total(people) * 3", parts=parts, tables={"scale": steps})
    said = texts_of(cells_of(allocation.to_excel(tmp_path / "a.xlsx"))["Paramètres"])
    for piece in (
        "Barème : scale",
        "au-delà",
        "un pour chacun des 2 groupes",
        "dans chaque groupe de",
        "norme commune",
    ):
        assert piece in said


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Cells]:
    """Give a function that has a spreadsheet program compute every formula anew."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("no spreadsheet program")
    folder = tmp_path_factory.mktemp("calc")
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">'
        "<value>0</value></prop></item></oor:items>"
    )

    def compute(path: Path) -> Cells:
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        return cells_of(folder / path.name)

    return compute


@pytest.mark.excel
def test_sums_are_live(written: dict[str, Path], recalculated: Callable[[Path], Cells], tmp_path: Path) -> None:
    before = recalculated(written["french"])
    assert [row[3] for row in before["Contrôles"] if str(row[3])[:1] in "✓✗?" and row[3]] == [
        *("✓ Réussi", "✓ Réussi", "✓ Réussi", "✗ Échoué", "✓ Réussi")
    ]
    assert before["Répartition"][-1] == cells_of(written["french"])["Répartition"][-1]
    # Nothing that was computed before is kept by openpyxl: what is read below was computed anew.
    workbook = openpyxl.load_workbook(written["french"])
    sheet = workbook["Répartition"]
    sheet["I3"] = sheet["I3"].value + 5
    sheet["I4"] = sheet["I4"].value - 5
    workbook.save(tmp_path / "moved.xlsx")
    moved = recalculated(tmp_path / "moved.xlsx")["Contrôles"]
    results = [row[3] for row in moved if str(row[3])[:1] in "✓✗?" and row[3]]
    assert results == ["✓ Réussi", "✗ Échoué", "? À refaire", "? À refaire", "? À refaire"]
    assert [row[2] for row in moved if "diffèrent" in str(row[0])] == [2]
