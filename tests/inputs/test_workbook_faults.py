"""Errors, formulas never computed, what is hidden, dates, and files that are written otherwise."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from sheets import changed, number_cell, ods, page, raised, refused, row, text_cell, xlsx
from xlsxwriter.utility import xl_rowcol_to_cell

from equite import Territories, TerritoriesError, allocate
from equite.inputs import workbooks
from equite.inputs.columns import ColumnRule
from equite.inputs.marked import Faulty, Footnoted, Percentage
from equite.inputs.openxml_sheet import place_of
from equite.inputs.reading import read_table
from equite.inputs.workbooks import seen_in

# Errors, and formulas that were never computed.

ERRORS = ["#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"]


@pytest.mark.parametrize("error", ERRORS)
def test_a_cell_that_shows_an_error_is_refused_by_its_address(tmp_path: Path, error: str) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "other", "rate"), ("A", 1, 2), ("B", 1, 12345)])
    changed(
        path, lambda text: re.sub(r'<c r="C3"[^>]*><v>12345</v>', f'<c r="C3" t="e"><f>1/0</f><v>{error}</v>', text)
    )
    said = refused(path, ColumnRule("rate", "rate"), key="code")
    assert said == [
        f"cell C3 shows the error {error} (territory B) @ t.xlsx, rate (row 3): "
        "mend its formula, or clear the cell if the figure is not known"
    ]
    # A column that nobody asks for does no harm.
    assert Territories.of(path, key="code").numbers("other").tolist() == [1, 1]


def test_an_error_that_is_not_known_elsewhere_is_refused_by_its_address_too(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", 12345)])
    changed(path, lambda text: re.sub(r'<c r="B2"><v>12345</v>', '<c r="B2" t="e"><v>#SPILL!</v>', text))
    assert refused(path, key="code")[0].startswith("cell B2 shows the error #SPILL! @ t.xlsx: mend its formula")


@pytest.mark.parametrize("kind", ["number", "yes_no", "text", "ordinal"])
def test_errors_are_refused_whatever_the_column_holds(tmp_path: Path, kind: Any) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "x"), ("A", 777)])
    changed(path, lambda text: re.sub(r'<c r="B2"><v>777</v>', '<c r="B2" t="e"><v>#N/A</v>', text))
    options = {"text": ["x"]} if kind == "text" else {}
    assert refused(path, ColumnRule("x", "x", kind, levels=("low",)), key="code", **options)[0].startswith(
        "cell B2 shows the error #N/A (territory A)"
    )


def test_an_error_among_codes_is_no_missing_code(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "x"), (777, None)])
    changed(path, lambda text: re.sub(r'<c r="A2"><v>777</v>', '<c r="A2" t="e"><v>#REF!</v>', text))
    assert refused(path, key="code")[0].startswith("cell A2 shows the error #REF! @ t.xlsx, code (row 2)")


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>", "<v />"])
def test_a_formula_that_was_never_computed_is_refused(tmp_path: Path, value: str) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", 2), ("B", 12345)])
    changed(path, lambda text: text.replace("<v>12345</v>", f"<f>B2*2</f>{value}"))
    assert refused(path, ColumnRule("rate", "rate"), key="code") == [
        "the formula in cell B3 has no stored value (territory B) @ t.xlsx, rate (row 3): "
        "open the workbook in a spreadsheet program, let it recalculate, and save it"
    ]


def test_what_openpyxl_writes_for_a_formula_was_never_computed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in (("code", "rate"), ("A", 2), ("B", "=B2*2")):
        book.worksheets[0].append(line)
    book.save(tmp_path / "t.xlsx")
    assert "cell B3" in refused(tmp_path / "t.xlsx", ColumnRule("rate", "rate"), key="code")[0]


def test_formulas_that_were_left_to_be_computed_are_told(tmp_path: Path) -> None:
    """XlsxWriter gives each formula the value 0, and asks the next program to compute it."""
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate", "x"), ("A", 2, "=B2"), ("B", "=B2*2", 1)])
    said = [warning.split(" @ ")[0] for warning in allocate(page(), path).warnings]
    assert said == [
        "the workbook is waiting to be recalculated: the values of its formulas may be out of date, "
        "or zeros that stand for none (1): rate"
    ]
    changed(path, lambda text: text.replace(' fullCalcOnLoad="1"', ""), "xl/workbook.xml")
    assert allocate(page(), path).warnings == ()


def test_a_formula_that_gives_an_empty_text_is_blank(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", 2), ("B", 12345)])
    changed(path, lambda text: re.sub('<c r="B3"><v>12345</v>', '<c r="B3" t="str"><f>""</f><v></v>', text))
    assert Territories.of(path, key="code").data["rate"].isna().tolist() == [False, True]


def test_a_shared_formula_with_its_values_is_read(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", 777), ("B", 778)])
    first = '<f t="shared" ref="B2:B3" si="0">1+1</f><v>777</v>'
    changed(
        path, lambda text: text.replace("<v>777</v>", first).replace("<v>778</v>", '<f t="shared" si="0"/><v>778</v>')
    )
    assert Territories.of(path, key="code").numbers("rate").tolist() == [777, 778]


@pytest.mark.parametrize(
    ("tag", "shown", "said"),
    [
        ('1/0" office:value-type="string" calcext:value-type="error">', "#DIV/0!", "shows the error #DIV/0!"),
        ('NA()" office:value-type="float" office:value="0">', "#N/A", "shows the error #N/A"),
        ('x" office:value-type="string" office:string-value="">', "Err:508", "shows the error Err:508"),
        ('[.A1]*2">', None, "has no stored value"),
        ('[.A1]*2"/>', None, "has no stored value"),
    ],
)
def test_errors_and_formulas_of_an_opendocument_sheet(tmp_path: Path, tag: str, shown: str | None, said: str) -> None:
    cell = f'<table:table-cell table:formula="of:={tag}' + (f"<text:p>{shown}</text:p>" if shown else "")
    cell += "" if tag.endswith("/>") else "</table:table-cell>"
    body = row(text_cell("code"), text_cell("rate")) + row(text_cell("A"), cell) + row(text_cell("B"), number_cell(1))
    assert refused(ods(tmp_path / "t.ods", body), ColumnRule("rate", "rate"), key="code")[0].startswith(
        (f"cell B2 {said}", f"the formula in cell B2 {said}")
    )


# What is hidden, and what became a date.


def test_hidden_rows_columns_and_sheets_that_were_read_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Caché"
    for line in (("code", "other", "rate"), ("A", 1, 2), ("B", 1, 3), ("C", 1, 4), (None, None, None), ("D", 1, 5)):
        sheet.append(line)
    for number in (3, 5, 6, 60):
        sheet.row_dimensions[number].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet.sheet_state = "hidden"
    book.create_sheet("Autre")
    book.active = 1
    book.save(tmp_path / "t.xlsx")
    assert [warning.split(" @ ")[0] for warning in allocate(page(), tmp_path / "t.xlsx").warnings] == [
        "the sheet 'Caché', which was read, is hidden in the workbook",
        "columns that were read are hidden in the sheet (1): rate",
        "rows that are hidden or filtered out in the sheet were read all the same (2): 3 (B), 6 (D)",
    ]


def test_what_is_hidden_in_an_opendocument_sheet(tmp_path: Path) -> None:
    body = '<table:table-column table:number-columns-repeated="1"/><table:table-column table:visibility="collapse"/>'
    body += "<table:table-header-rows>" + row(text_cell("code"), text_cell("rate")) + "</table:table-header-rows>"
    body += row(text_cell("A"), number_cell(2), more='table:visibility="filter"')
    body += row(text_cell("B"), number_cell(3))
    body += "<table:table-row-group>" + row(text_cell("C"), number_cell(6), more='table:visibility="collapse"')
    body += "</table:table-row-group>"
    other = '<table:table table:name="Autre"><table:table-row><table:table-cell/></table:table-row></table:table>'
    path = ods(tmp_path / "t.ods", body, style="ta2", before=other)
    found = allocate(page(), Territories.of(path, key="code", sheet="Données"))
    assert [warning.split(" @ ")[0] for warning in found.warnings] == [
        "the sheet 'Données', which was read, is hidden in the workbook",
        "columns that were read are hidden in the sheet (1): rate",
        "rows that are hidden or filtered out in the sheet were read all the same (2): 2 (A), 4 (C)",
    ]


def test_codes_that_became_dates_are_told(tmp_path: Path) -> None:
    day = (datetime.date(2026, 1, 3), "d-mmm")
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), (day, 1), ("2-4", 1)])
    found = allocate(page(), path)
    assert found.codes == ("2-4", "2026-01-03")
    assert found.warnings[0].startswith(
        "dates stand where codes or labels are expected (1): A2 (2026-01-03) @ t.xlsx, code"
    )


def test_a_date_among_numbers_is_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", (datetime.date(2026, 1, 3), "d-mmm")), ("B", 1)])
    assert refused(path, ColumnRule("rate", "rate"), key="code")[0].startswith(
        "a date in a number column: 2026-01-03 (territory A)"
    )


def test_nothing_is_told_of_a_plain_workbook(tmp_path: Path) -> None:
    assert allocate(page(), xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", 1), ("B", 3)])).warnings == ()


# True and false among numbers are refused, whatever the table comes from.


def tables_of_true(folder: Path) -> Mapping[str, object]:
    frame = pd.DataFrame({"code": ["A", "B"], "rate": [True, False]})
    frame.to_csv(folder / "t.csv", index=False)
    (folder / "mixed.csv").write_text("code,rate\nA,TRUE\nB,2\n", encoding="utf-8")
    frame.to_parquet(folder / "t.parquet")
    xlsx(folder / "t.xlsx", [("code", "rate"), ("A", True), ("B", False)])
    body = row(text_cell("code"), text_cell("rate"))
    for code, value in (("A", "true"), ("B", "false")):
        cell = f'<table:table-cell office:value-type="boolean" office:boolean-value="{value}"><text:p>X</text:p>'
        body += row(text_cell(code), cell + "</table:table-cell>")
    ods(folder / "t.ods", body)
    return {
        "csv": folder / "t.csv",
        "mixed": folder / "mixed.csv",
        "parquet": folder / "t.parquet",
        "xlsx": folder / "t.xlsx",
        "ods": folder / "t.ods",
        "frame": frame,
        "nullable": frame.astype({"rate": "boolean"}),
        "mapping": {"code": ["A", "B"], "rate": [True, 2]},
        "rows": [{"code": "A", "rate": True}, {"code": "B", "rate": 2.5}],
    }


@pytest.mark.parametrize("kind", ["csv", "mixed", "parquet", "xlsx", "ods", "frame", "nullable", "mapping", "rows"])
def test_true_in_a_number_column_is_refused(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    with pytest.raises(TerritoriesError) as caught:
        allocate(page(), tables_of_true(tmp_path)[kind])
    assert "(territory A)" in caught.value.text("en").splitlines()[0]
    read = allocate(page(columns={"rate": {"kind": "yes_no"}}), tables_of_true(tmp_path)["xlsx"])
    assert read.amounts.tolist() == [1000, 0]


# Files that lie otherwise.


def test_old_workbooks_tell_that_their_formats_cannot_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", 1), ("B", 3)])
    monkeypatch.setattr(workbooks, "_ZIP", b"none")
    (warning,) = allocate(page(), path).warnings
    assert warning.startswith("the formats of the cells cannot be seen in this file: a cell shown as 12.5%")


ALL = [
    ("code", raised("people^1^"), "rate", "x"),
    (raised("2401^1^"), raised("1234^1^"), (0.125, "0.0%"), (25, '0" %"')),
    ("2402", 5, (0.07, "0%;[Red]-0%"), 777),
    ("2403", 6, (0, "0%"), 778),
    ("2404", 7, (None, "0%"), 779),
]


def everything(folder: Path, shared: bool = True) -> Path:
    """Write a workbook in which there is something of every kind."""
    path = xlsx(folder / "t.xlsx", ALL, shared=shared)

    def change(text: str) -> str:
        text = re.sub(r'<c r="D3"><v>777</v>', '<c r="D3" t="e"><v>#N/A</v>', text)
        text = text.replace("<v>778</v>", "<f>1+1</f>").replace("<v>779</v>", '<f>""</f><v>1</v>')
        text = text.replace('<row r="3"', '<row r="3" hidden="1"')
        return text.replace("<sheetData>", '<cols><col min="2" max="3" hidden="1" width="0"/></cols><sheetData>')

    return changed(path, change)


def prefixed(text: str) -> str:
    text = re.sub(r"<(/?)(\w)", r"<\1x:\2", text)
    return text.replace("xmlns=", "xmlns:x=")


OTHERWISE: dict[str, Callable[[str], str]] = {
    "prefix": prefixed,
    "quotes": lambda text: text.replace('"', "'") if "'" not in text else text,
    "attributes": lambda text: re.sub(r'<c (r="\w+") ([^>/]+)(/?)>', r"<c \2 \1\3>", text),
    "blanks": lambda text: text.replace("<c r", "<c\n  r"),
    "comment": lambda text: text.replace("<sheetData>", "<sheetData><!-- a note -->"),
    "no addresses": lambda text: re.sub(r'<c r="\w+"', "<c", text),
    "utf-16": lambda text: text,
}


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("way", OTHERWISE)
def test_whatever_way_the_cells_are_written_the_same_is_seen(tmp_path: Path, way: str, shared: bool) -> None:
    path = everything(tmp_path, shared)
    plain = seen_in(path.read_bytes(), "Données")
    frame = read_table(path)[0]
    assert plain is not None and len(plain.marks) >= 4 and plain.shown
    assert any(isinstance(cell, Faulty) for cell in frame["x"]) and isinstance(frame["people"].iloc[0], Footnoted)
    if way == "utf-16":
        with zipfile.ZipFile(path) as package:
            parts = {name: package.read(name) for name in package.namelist()}
        text = parts["xl/worksheets/sheet1.xml"].decode().replace("UTF-8", "UTF-16")
        parts["xl/worksheets/sheet1.xml"] = text.encode("utf-16")
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w") as package:
            for name, content in parts.items():
                package.writestr(name, content)
        other = seen_in(raw.getvalue(), "Données")
    else:
        other = seen_in(changed(path, OTHERWISE[way]).read_bytes(), "Données")
    assert other is not None
    grids = []
    for seen in (plain, other):
        rows: list[list[Any]] = [[0.125] * 4 for _ in range(5)]
        seen.laid_on(rows)
        grids.append(rows)
    assert grids[0] == grids[1]
    assert (
        (other.hidden_rows, other.hidden_columns) == (plain.hidden_rows, plain.hidden_columns) == ([(2, 2)], [(1, 2)])
    )


def test_a_far_stray_mark_takes_no_room(tmp_path: Path) -> None:
    body = row(text_cell("code"), text_cell("rate")) + row(text_cell("A"), number_cell(1))
    far = number_cell(0.5, "percentage", 'table:number-columns-repeated="16384"')
    seen = seen_in(
        ods(tmp_path / "t.ods", body + row(far, more='table:number-rows-repeated="1000000"')).read_bytes(), "Données"
    )
    assert seen is not None and len(seen.marks) == 1
    rows: list[list[Any]] = [[0.5, 1.0], [0.5, 1.0], [0.5, 1.0]]
    seen.laid_on(rows)
    assert rows[2] == [Percentage(50), Percentage(100)] and rows[1] == [0.5, 1.0]
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", (0.5, "0%"))])
    changed(
        path,
        lambda text: text.replace(
            "</row></sheetData>", '</row><row r="1048576" hidden="1"><c r="XFD1048576" s="1"/></row></sheetData>'
        ),
    )
    seen = seen_in(path.read_bytes(), "Données")
    assert seen is not None and [len(places) for _, _, places in seen.shown] == [1, 1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_damaged_workbooks_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    raw = bytearray(everything(folder).read_bytes())
    for step in range(3):
        raw[(seed * (step + 7) * 7919) % len(raw)] ^= 1 << seed % 8
    seen_in(bytes(raw), "Données")


@given(st.integers(0, 1_048_575), st.integers(0, 16_383))
def test_addresses(line: int, column: int) -> None:
    assert place_of(xl_rowcol_to_cell(line, column)) == (line, column)


def test_rich_text_by_openpyxl(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    call = TextBlock(InlineFont(vertAlign="superscript"), "1")
    for line in (("code", "rate"), ("A", CellRichText("1234", call)), ("B", 5000)):
        book.worksheets[0].append(line)
    book.save(tmp_path / "t.xlsx")
    assert Territories.of(tmp_path / "t.xlsx", key="code").numbers("rate").tolist() == [1234, 5000]
