"""The formulas of live workbooks: which functions, which references, what is written as values instead, and safety."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.formula import Tokenizer
from openpyxl.utils import column_index_from_string
from xlsxwriter.worksheet import Worksheet
from yaml_texts import read_yaml

from equite import Allocation, Formula, OutputError, allocate
from equite.report.live.closed import CLOSED
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Manifest
from equite.report.workbook.plain_sheet import PlainSheet
from equite.wording import say

ROOT = Path(__file__).resolve().parents[3]
WORKED = sorted((ROOT / "tests" / "worked").glob("*.yaml"))
#: The functions that Excel 2013 and LibreOffice both know and these formulas use.
KNOWN = frozenset(
    """ABS AND AVERAGE AVERAGEIFS CHAR COUNT EXACT EXP IF IFERROR INDEX INT ISERROR ISNUMBER ISTEXT LARGE LEFT LEN LN
    LOG10 MATCH MAX MEDIAN MIN N NA NOT OR PERCENTILE RANK _xlfn.RANK.AVG RIGHT ROUND ROWS SIGN SQRT STDEV SUBSTITUTE
    SUM SUMIFS SUMPRODUCT TEXT TRIM _xlfn.ISFORMULA _xlfn.UNICODE""".split()  # noqa: SIM905
)
#: What spreadsheets do not agree on over the ranges of a SUMPRODUCT.
NOT_OVER_RANGES = frozenset({"IF", "IFERROR", "MIN", "MAX", "AND", "OR", "INDEX", "MATCH", "LARGE", "MEDIAN"})
#: Worked cases whose amounts do not recalculate, and why; every other case must.
VALUES = {
    "envelopes_by_region": "groups-of-money",
    "foundation_aid_with_two_bases": "foundation",
    "pools_by_region": "groups-of-money",
    "pools_by_region_and_a_minimum": "groups-of-money",
    "regions_keep_their_money": "groups-of-money",
    "seats_by_huntington_hill": "apportionment",
    "totals_of_regions": "group-limit",
}


def worked(path: Path) -> Allocation:
    case = read_yaml(path)
    return allocate(Formula.from_text(case["formula"]), case["table"])


def example(folder: str, page: str, **keys: str) -> Allocation:
    formula = Formula.read(ROOT / "examples" / folder / page)
    return allocate(formula.replace(**keys) if keys else formula, ROOT / "examples" / folder / "territories.csv")


@cache
def written(name: str, folder: Path) -> Path:
    """Write one of the workbooks, once."""
    made = {
        "quebec-fr": lambda: example("quebec_mrc", "formula.yaml"),
        "quebec-en": lambda: example("quebec_mrc", "formula.yaml", language="en"),
        "region": lambda: example("region_13", "half_salary.yaml"),
        **{path.stem: (lambda path=path: worked(path)) for path in WORKED},
    }
    return made[name]().to_excel(folder / f"{name}.xlsx", live=True)


@cache
def opened(path: Path) -> openpyxl.Workbook:
    """Read one of them, once, and change nothing in it."""
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


NAMES = ["quebec-fr", "quebec-en", "region", *(path.stem for path in WORKED)]


@pytest.fixture(params=NAMES)
def book(request: pytest.FixtureRequest, folder: Path) -> openpyxl.Workbook:
    return opened(written(request.param, folder))


def formulas(book: openpyxl.Workbook) -> Iterator[tuple[str, openpyxl.cell.Cell]]:
    """Give every formula with its sheet's name."""
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            yield from ((sheet.title, cell) for cell in row if cell.data_type == "f")


@cache
def nested(formula: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give each function of a formula with those that it stands in."""
    return tuple(_nested(formula))


def _nested(formula: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    stack: list[str] = []
    for token in Tokenizer(formula).items:
        if token.type in ("FUNC", "PAREN", "ARRAY") and token.subtype == "OPEN":
            name = token.value.rstrip("(") if token.type == "FUNC" else ""
            if name:
                yield name, tuple(stack)
            stack.append(name)
        elif token.type in ("FUNC", "PAREN", "ARRAY") and token.subtype == "CLOSE":
            stack.pop()


def test_functions_are_of_excel_2013_and_none_takes_a_range_within_a_sumproduct(book: openpyxl.Workbook) -> None:
    for sheet, cell in formulas(book):
        for name, inside in nested(cell.value):
            assert name in KNOWN, f"{sheet}!{cell.coordinate}: {name}"
            assert "SUMPRODUCT" not in inside or name not in NOT_OVER_RANGES, f"{sheet}!{cell.coordinate}: {cell.value}"


def test_a_minimum_over_a_range_within_a_sumproduct_would_be_found() -> None:
    found = list(nested("=SUMPRODUCT((A1:A9<2)*MIN(B1:B9,3))+MIN(A1,B1)"))
    assert found == [("SUMPRODUCT", ()), ("MIN", ("SUMPRODUCT", "")), ("MIN", ())] or ("MIN", ("SUMPRODUCT",)) in found


def references(formula: str, here: str) -> Iterator[tuple[str, str, str]]:
    """Give each reference of a formula: its sheet, its first and its last cell."""
    for token in Tokenizer(formula).items:
        if token.type == "OPERAND" and token.subtype == "RANGE":
            sheet, _, cells = token.value.rpartition("!")
            first, _, last = cells.replace("$", "").partition(":")
            yield (sheet.strip("'").replace("''", "'") or here), first, last or first


def test_every_reference_points_left(book: openpyxl.Workbook) -> None:
    """Sheets refer to sheets on their left; on the sheet of calculations, columns to columns on their left.

    What a sheet tells of those on its right (a share of the whole, a verdict) is read by people, and by no other sheet.
    """
    order = {name: at for at, name in enumerate(book.sheetnames)}
    calculation = {say("live-calculation", "fr"), say("live-calculation", "en")}
    read = {(other, first) for sheet, cell in formulas(book) for other, first, last in references(cell.value, sheet)
            if other != sheet and first == last}  # fmt: skip
    for sheet, cell in formulas(book):
        for other, first, last in references(cell.value, sheet):
            where = f"{sheet}!{cell.coordinate}: {cell.value}"
            assert order[other] <= order[sheet] or (sheet, cell.coordinate) not in read, where
            if other == sheet and sheet in calculation:
                column = column_index_from_string(re.sub(r"\d", "", last))
                # A column's own figures stand above it; a ladder's two columns refer to each other, always upwards.
                row = int(re.sub(r"\D", "", first))
                assert column <= cell.column or row < cell.row, where
                assert column < cell.column or first != last or row < cell.row or cell.row < 11, where


def test_a_number_is_a_formula_or_may_be_typed_or_is_told_as_of_the_writing(book: openpyxl.Workbook) -> None:
    """On every sheet that people read; the sheet of calculations marks its values by their look."""
    told = manifest(book)
    typed = {(each.sheet, each.cells) for each in told.inputs}
    languages = [language for language in ("fr", "en") if say("book-notes", language) in book.sheetnames]
    (language,) = languages
    as_written = say("live-as-written", language, said="\ue000").replace("\ue000", "")
    apart = {say("live-data", language), say("live-calculation", language), MANIFEST_SHEET}
    for sheet in book.worksheets:
        section = ""
        for row in () if sheet.title in apart else sheet.iter_rows():
            section = str(row[0].value) if row[0].font.bold and row[0].font.sz == 12 else section
            for cell in row:
                if cell.data_type == "n" and cell.value is not None:
                    is_told = (sheet.title, cell.coordinate) in typed or as_written.strip() in section
                    assert is_told, f"{sheet.title}!{cell.coordinate}: {cell.value}"


def test_no_formula_is_longer_than_a_spreadsheet_takes(book: openpyxl.Workbook) -> None:
    assert all(len(cell.value) <= 8192 for _, cell in formulas(book))


def manifest(book: openpyxl.Workbook) -> Manifest:
    found = Manifest.from_rows(book[MANIFEST_SHEET].iter_rows(values_only=True))
    assert found is not None
    return found


def test_only_what_is_on_the_closed_list_is_written_as_values(folder: Path) -> None:
    found = {}
    for name in NAMES:
        told = manifest(opened(written(name, folder))).certificates
        assert {each.reason for each in told} <= set(CLOSED)
        if told:
            found[name] = told[0].reason
    assert found == VALUES


def test_the_closed_list_stands_in_the_guide() -> None:
    text = (ROOT / "docs" / "workbook.md").read_text(encoding="utf-8")
    table = text[text.index("## The closed list") :]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == sorted(CLOSED)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_is_worded(language: str) -> None:
    for reason in CLOSED:
        assert say(f"live-closed-{reason}", language)  # type: ignore[arg-type]


def test_every_input_has_a_name_that_leads_to_it(book: openpyxl.Workbook) -> None:
    told = manifest(book)
    for each in told.inputs:
        sheet, _, cells = book.defined_names[each.name].attr_text.rpartition("!")
        assert (sheet.strip("'").replace("''", "'"), cells.replace("$", "")) == (each.sheet, each.cells)
    assert len({each.name.casefold() for each in told.inputs}) == len(told.inputs)
    assert len({each.path for each in told.inputs}) == len(told.inputs)


def test_the_cached_amounts_are_pythons(folder: Path) -> None:
    result = example("quebec_mrc", "formula.yaml")
    shown = pd.read_excel(
        written("quebec-fr", folder), sheet_name="Répartition", dtype={"Code": str}, engine="calamine", header=1
    ).iloc[:-1]
    column = next(name for name in shown.columns if name.startswith("Montant ("))
    assert dict(zip(shown["Code"], shown[column], strict=True)) == dict(
        zip(result.codes, result.amounts.tolist(), strict=True)
    )


def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    result = example("region_13", "half_salary.yaml")
    one, two = (result.to_excel(tmp_path / f"{name}.xlsx", live=True).read_bytes() for name in "ab")
    assert one == two


NASTY = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", 'A "quoted" one', "~*?"]


def test_names_that_look_like_formulas_stay_texts(tmp_path: Path) -> None:
    rows = pd.DataFrame({"code": [f"0{at}" for at in range(len(NASTY))], "name": NASTY, "people": range(1, 8)})
    page = {"equite": "1", "id": "t", "key": "code", "name": "name", "envelope": 100, "language": "en"}
    page["parts"] = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    path = allocate(Formula.from_dict(page), rows).to_excel(tmp_path / "a.xlsx", live=True)
    book = openpyxl.load_workbook(path)
    told = manifest(book)
    (names,) = (each for each in told.inputs if each.path == ("data", "name"))
    cells = [row[0] for row in book[names.sheet][names.cells]]
    assert all(cell.data_type == "s" for cell in cells)
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value in NASTY} == {
        "s"
    }
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "external" in name.lower() or "vba" in name.lower()]


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equite.report.workbook.file.MOST_ROWS", 20)
    with pytest.raises(OutputError, match="13"):
        example("region_13", "half_salary.yaml").to_excel(tmp_path / "a.xlsx", live=True)
    assert not list(tmp_path.iterdir())


def test_a_template_is_not_filled_live(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="modèle"):
        example("region_13", "half_salary.yaml").to_excel(tmp_path / "a.xlsx", live=True, template="b.xlsx")


@pytest.mark.parametrize("is_live", [True, False])
def test_cells_taken_as_they_are_make_the_same_file(
    french: Allocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_live: bool
) -> None:
    def written(sheet: PlainSheet, *given: object) -> object:
        sheet.formulas += 1
        return Worksheet._write_formula(sheet, *given)

    shared = (french, example("quebec_mrc", "formula.yaml"))
    ours = [each.to_excel(tmp_path / "ours.xlsx", live=is_live).read_bytes() for each in shared]
    monkeypatch.setattr(PlainSheet, "_write_formula", written)
    monkeypatch.delattr(PlainSheet, "_write_cell")
    monkeypatch.delattr(PlainSheet, "_calculate_spans")
    assert [each.to_excel(tmp_path / "theirs.xlsx", live=is_live).read_bytes() for each in shared] == ours
