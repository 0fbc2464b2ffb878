"""A funder's own workbook, filled at its named ranges and otherwise left as it was."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pandas as pd
import pytest
from recalculation import Cells, LibreOffice, damaged
from xlsxwriter import Workbook

from equite import Allocation, OutputError
from equite.report.workbook.filling import fill

Share = Callable[..., Allocation]
ROWS = {"code": ["010", "020", "030"], "place": ["=1+1", "Baie & Cie", "Île"], "people": [1, 2, 4]}
NAMES = {
    "equite_code": "='Feuille à remplir'!$A$4:$A$8",
    "equite_name": "='Feuille à remplir'!$B$4:$B$8",
    "Equite_Amount": "='Feuille à remplir'!$C$4:$C$8",
    "equite_people": "='Feuille à remplir'!$E$4:$E$8",
    "equite_envelope": "='Feuille à remplir'!$B$1",
    "equite_title": "='Feuille à remplir'!$B$2",
    "their_own": "='Feuille à remplir'!$Z$1",
}


def template(path: Path, names: dict[str, str] = NAMES, codes: tuple[str | float, ...] = (), **options: Any) -> Path:
    """Write a funder's workbook: formats, a picture of a chart, a total, a protected sheet if asked."""
    with Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Feuille à remplir")
        bold = workbook.add_format({"bold": True, "locked": not options.get("unlocked", True)})
        sheet.write("A1", "Enveloppe")
        for row in range(3, 8):
            sheet.write_blank(row, 0, None, bold)
            sheet.write_number(row, 2, 999, bold)
        for at, code in enumerate(codes):
            sheet.write(3 + at, 0, code, bold)
        sheet.write_formula("C9", "=SUM(C4:C8)", None, 4995)
        sheet.write_formula("D9", '=IF(C9=B1,"OK","écart")', None, "stale")
        chart = workbook.add_chart({"type": "column"})
        chart.add_series({"values": "='Feuille à remplir'!$C$4:$C$8"})
        sheet.insert_chart("G2", chart)
        if options.get("merged"):
            sheet.merge_range("C5:D6", 5)
        if options.get("formula"):
            sheet.write_formula("C5", "=1+1")
        if options.get("protected"):
            sheet.protect()
        other = workbook.add_worksheet("Autre")
        other.write("A1", "à garder")
        for name, cells in names.items():
            workbook.define_name(name, cells)
    return path


@pytest.fixture
def allocation(shared: Share) -> Allocation:
    return shared(ROWS, envelope=700, name="place", rounding={"to": 1}, title={"fr": "Une page", "en": "A page"})


def column(path: Path, letter: str, rows: range = range(4, 9)) -> list[object]:
    sheet = openpyxl.load_workbook(path)["Feuille à remplir"]
    return [sheet[f"{letter}{row}"].value for row in rows]


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(allocation: Allocation, tmp_path: Path, source: Path, language: str = "en") -> str:
    """Fill a template that cannot be filled; give the sentences, the files being as they were."""
    before, target = source.read_bytes() if source.exists() else b"", tmp_path / "out.xlsx"
    target.write_text("what was there")
    with pytest.raises(OutputError) as caught:
        fill(allocation, target, source)
    assert target.read_text() == "what was there"
    assert not source.exists() or source.read_bytes() == before
    assert caught.value.text("fr") and caught.value.text("en")
    return caught.value.text(language)  # type: ignore[arg-type]


def test_rows_are_filled_from_the_top_and_the_rest_is_blanked(allocation: Allocation, tmp_path: Path) -> None:
    source = template(tmp_path / "funder.xlsx")
    before = source.read_bytes()
    path = allocation.to_excel(tmp_path / "out.xlsx", template=source)
    assert column(path, "A") == ["010", "020", "030", None, None]
    assert column(path, "B") == ["=1+1", "Baie & Cie", "Île", None, None]
    assert column(path, "C") == [100, 200, 400, None, None]
    assert column(path, "E") == [1, 2, 4, None, None]
    assert column(path, "B", range(1, 3)) == [700, "Une page"]
    assert source.read_bytes() == before
    sheet = openpyxl.load_workbook(path)["Feuille à remplir"]
    assert [sheet[cell].data_type for cell in ("A4", "B4", "C4")] == ["s", "s", "n"]
    assert sheet["C4"].font.b and sheet["C8"].font.b


def test_the_rest_is_left_as_it_was(allocation: Allocation, tmp_path: Path) -> None:
    source = template(tmp_path / "funder.xlsx")
    before, after = parts(source), parts(fill(allocation, tmp_path / "out.xlsx", source))
    assert list(before) == list(after)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/workbook.xml"} - (
        {"xl/workbook.xml"} if b'fullCalcOnLoad="1"/>' in before["xl/workbook.xml"] else set()
    )


def test_two_fillings_are_the_same_byte_for_byte(allocation: Allocation, tmp_path: Path) -> None:
    source = template(tmp_path / "funder.xlsx")
    first, second = (fill(allocation, tmp_path / name, source).read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert first == second


def test_what_formulas_last_gave_is_taken_out(allocation: Allocation, tmp_path: Path) -> None:
    path = fill(allocation, tmp_path / "out.xlsx", template(tmp_path / "funder.xlsx"))
    sheet = parts(path)["xl/worksheets/sheet1.xml"].decode()
    assert "4995" not in sheet and "stale" not in sheet
    assert "<f>SUM(C4:C8)</f>" in sheet
    assert 'fullCalcOnLoad="1"' in parts(path)["xl/workbook.xml"].decode()


@pytest.mark.excel
def test_the_funders_formulas_follow(allocation: Allocation, tmp_path: Path, libreoffice: LibreOffice) -> None:
    source = template(tmp_path / "funder.xlsx")
    openpyxl_made = tmp_path / "openpyxl.xlsx"
    openpyxl.load_workbook(source).save(openpyxl_made)
    files = [fill(allocation, tmp_path / f"out-{at}.xlsx", made) for at, made in enumerate((source, openpyxl_made))]
    for made in libreoffice.recalculate(files):
        cells = Cells.read(made)
        assert cells.range("Feuille à remplir", "C4:C9") == [100, 200, 400, "", "", 700]
        assert cells["Feuille à remplir", "D9"] == "OK"
        assert cells["Feuille à remplir", "B4"] == "=1+1"


@pytest.mark.parametrize("codes", [("030", "", "010", "020"), (30, "", 10, 20.0)])
def test_amounts_go_to_the_codes_that_stand_there(
    codes: tuple[str | float, ...], shared: Share, tmp_path: Path
) -> None:
    allocation = shared(ROWS, envelope=700, key={"column": "code", "width": 3}, rounding={"to": 1})
    names = {name: NAMES[name] for name in ("equite_code", "Equite_Amount")}
    path = fill(allocation, tmp_path / "out.xlsx", template(tmp_path / "funder.xlsx", names, codes))
    assert column(path, "C") == [400, 999, 100, 200, 999]
    assert column(path, "A")[0] == codes[0]


def test_a_row_without_a_code_keeps_its_formula(allocation: Allocation, tmp_path: Path) -> None:
    names = {name: NAMES[name] for name in ("equite_code", "Equite_Amount")}
    source = template(tmp_path / "funder.xlsx", names, ("030", "", "010", "020"), formula=True)
    assert column(fill(allocation, tmp_path / "out.xlsx", source), "C") == [400, "=1+1", 100, 200, 999]


def test_a_territory_that_takes_no_part_gets_nothing(shared: Share, tmp_path: Path) -> None:
    allocation = shared(ROWS, envelope=700, eligible=[{"where": "people > 1", "reason": "Too small"}])
    names = {name: NAMES[name] for name in ("equite_code", "Equite_Amount", "equite_people")}
    source = template(tmp_path / "funder.xlsx", names, ("010", "020", "030"))
    path = fill(allocation, tmp_path / "out.xlsx", source)
    assert column(path, "C") == [0, 233.33, 466.67, 999, 999]
    assert column(path, "E") == [None, 2, 4, None, None]


def test_what_is_missing_is_left_blank(shared: Share, tmp_path: Path) -> None:
    allocation = shared({**ROWS, "before": [50, None, 0]}, envelope=700, previous="before")
    names = {"equite_amount": "=Autre!$A$1:$A$3", "equite_previous": "=Autre!$B$1:$B$3"}
    path = fill(allocation, tmp_path / "out.xlsx", template(tmp_path / "funder.xlsx", names))
    sheet = openpyxl.load_workbook(path)["Autre"]
    assert [sheet[f"B{row}"].value for row in (1, 2, 3)] == [50, None, 0]


def test_codes_that_are_missing_on_either_side(allocation: Allocation, tmp_path: Path) -> None:
    source = template(tmp_path / "funder.xlsx", codes=("010", "020", "020", "02O"))
    assert refused(allocation, tmp_path, source) == (
        "the code '020' stands twice in the template @ funder.xlsx, Feuille à remplir!A6: keep one row for it\n"
        "the template's code '02O' is no territory of the allocation @ funder.xlsx, Feuille à remplir!A7: "
        "did you mean '020'? Correct or blank it\n"
        "the template lacks 1 of the allocation's codes (030) @ funder.xlsx, Feuille à remplir!A4:A8: "
        "add a row for each, or blank all codes to fill from the top"
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"equite_amount": None}, "the template has no name 'equite_amount'"),
        ({"equite_amout": "='Autre'!$A$1"}, "nothing is called 'equite_amout' in this allocation"),
        ({"equite_total": "='Autre'!$A$1:$A$2"}, "stands for several cells ('Autre'!$A$1:$A$2)"),
        ({"equite_share": "='Autre'!$A$1:$B$9"}, "stands for several columns"),
        ({"equite_share": "='Autre'!#REF!"}, "stands for no range of cells ('Autre'!#REF!)"),
        ({"equite_share": "='Autre'!$A$1:$A$9,'Autre'!$B$1:$B$9"}, "stands for no range of cells"),
        ({"equite_share": "='Autre'!$A$1:$A$2"}, "'equite_share' has 2 rows, and 3 are needed"),
        ({"equite_share": "='Feuille à remplir'!$C$6:$C$9"}, "two names stand for one cell to fill"),
        ({"Autre!equite_amount": "='Autre'!$A$1:$A$9"}, "is defined twice"),
    ],
)
def test_names_that_cannot_be_used(
    names: dict[str, str | None], said: str, allocation: Allocation, tmp_path: Path
) -> None:
    without = {name: cells for name, cells in NAMES.items() if name.casefold() not in names}
    given = {**without, **{name: cells for name, cells in names.items() if cells}}
    assert said in refused(allocation, tmp_path, template(tmp_path / "funder.xlsx", given))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"formula": True}, "a cell to fill holds a formula @ funder.xlsx, Feuille à remplir!C5: "),
        ({"merged": True}, "a cell to fill is merged with others @ funder.xlsx, Feuille à remplir!C6: "),
        ({"protected": True, "unlocked": False}, "a cell to fill is locked, on a protected sheet @ funder.xlsx"),
    ],
)
def test_cells_that_must_not_be_filled(
    options: dict[str, bool], said: str, allocation: Allocation, tmp_path: Path
) -> None:
    assert said in refused(allocation, tmp_path, template(tmp_path / "funder.xlsx", **options))


def test_many_cells_that_must_not_be_filled_are_counted(shared: Share, tmp_path: Path) -> None:
    codes = [f"{at:03d}" for at in range(40)]
    allocation = shared({"code": codes, "people": range(1, 41)}, envelope=700, language="en")
    source = template(tmp_path / "funder.xlsx", {"equite_amount": "='Feuille à remplir'!$C$4:$C$60"}, protected=True)
    said = refused(allocation, tmp_path, source).splitlines()
    # The formula in C9, five of the locked cells below it, and how many more there are.
    assert len(said) == 7
    assert "46" in said[-1]


def test_unlocked_cells_of_a_protected_sheet_are_filled(allocation: Allocation, tmp_path: Path) -> None:
    names = {name: NAMES[name] for name in ("equite_code", "Equite_Amount")}
    source = template(tmp_path / "funder.xlsx", names, protected=True, unlocked=True)
    assert column(fill(allocation, tmp_path / "out.xlsx", source), "C") == [100, 200, 400, None, None]


def test_files_that_are_no_template(allocation: Allocation, tmp_path: Path) -> None:
    assert "cannot be opened" in refused(allocation, tmp_path, tmp_path / "absent.xlsx")
    (tmp_path / "text.xlsx").write_text("code,amount")
    assert "'text.xlsx' is no workbook that can be read" in refused(allocation, tmp_path, tmp_path / "text.xlsx")
    (tmp_path / "old.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + b"0" * 600)
    assert "is protected by a password, or in an old format" in refused(allocation, tmp_path, tmp_path / "old.xlsx")
    source = template(tmp_path / "funder.xlsx")
    (tmp_path / "cut.xlsx").write_bytes(source.read_bytes()[:3000])
    assert "is no workbook that can be read" in refused(allocation, tmp_path, tmp_path / "cut.xlsx")
    with_macros = with_part(source, tmp_path / "macros.xlsm", "xl/vbaProject.bin", b"macros")
    assert "'macros.xlsm' holds macros" in refused(allocation, tmp_path, with_macros)
    types = parts(source)["[Content_Types].xml"].replace(b"spreadsheetml.sheet.main", b"macroEnabled.main")
    typed = with_part(source, tmp_path / "typed.xlsx", "[Content_Types].xml", types)
    assert b"macroEnabled" in types
    assert "'typed.xlsx' holds macros" in refused(allocation, tmp_path, typed)
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    hostile = with_part(source, tmp_path / "hostile.xlsx", "xl/worksheets/sheet2.xml", bomb)
    assert "is no workbook that can be read" in refused(allocation, tmp_path, hostile)
    with pytest.raises(OutputError, match="est le modèle lui-même"):
        fill(allocation, source, source)


def test_a_damaged_template_is_filled_or_refused(allocation: Allocation, tmp_path: Path) -> None:
    source, draw, refusals = template(tmp_path / "funder.xlsx", codes=("010", "020", "030")), Random(5), 0
    for _ in range(60):
        try:
            fill(allocation, tmp_path / "out.xlsx", damaged(source, tmp_path / "damaged.xlsx", draw))
        except OutputError as error:
            refusals += 1
            assert error.text("fr") and error.text("en")
    assert 5 < refusals < 55


def with_part(source: Path, target: Path, name: str, content: bytes) -> Path:
    """Copy an archive with one part replaced or added."""
    with zipfile.ZipFile(target, "w") as archive:
        for part, kept in {**parts(source), name: content}.items():
            archive.writestr(part, kept)
    return target


def test_rows_and_cells_that_are_not_there_yet(allocation: Allocation, tmp_path: Path) -> None:
    """Cells with a prefix, rows without cells, cells without addresses, an attribute that holds a sign >."""
    sheet = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<x:dimension ref="B2:B2"/><x:sheetData><x:row r="1" ht="15"/><x:row><x:c><x:v>1</x:v></x:c>'
        '<x:c t="str" s="0"><x:f t="a>b">B1</x:f><x:v>old</x:v></x:c></x:row>'
        '<x:row r="9"><x:c r="B9"><x:v>7</x:v></x:c></x:row></x:sheetData>'
        '<x:extLst> <x:ext a="1"/> </x:extLst></x:worksheet>'
    )
    names = {"equite_amount": "=Autre!$C$1:$C$3", "equite_name": "=Autre!$A$7:$A$9", "equite_total": "=Autre!$A$1"}
    source = template(tmp_path / "funder.xlsx", names)
    source = with_part(source, tmp_path / "bare.xlsx", "xl/worksheets/sheet2.xml", sheet.encode())
    filled = parts(fill(allocation, tmp_path / "out.xlsx", source))["xl/worksheets/sheet2.xml"].decode()
    text = '<x:c r="A{}" t="inlineStr"><x:is><x:t xml:space="preserve">{}</x:t></x:is></x:c>'
    assert filled == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<x:dimension ref="A1:C9"/><x:sheetData><x:row r="1" ht="15"><x:c r="A1"><x:v>700</x:v></x:c>'
        '<x:c r="C1"><x:v>100</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c>'
        '<x:c s="0"><x:f t="a>b">B1</x:f></x:c><x:c r="C2"><x:v>200</x:v></x:c></x:row>'
        '<x:row r="3"><x:c r="C3"><x:v>400</x:v></x:c></x:row>'
        f'<x:row r="7">{text.format(7, "=1+1")}</x:row><x:row r="8">{text.format(8, "Baie &amp; Cie")}</x:row>'
        f'<x:row r="9">{text.format(9, "Île")}<x:c r="B9"><x:v>7</x:v></x:c></x:row></x:sheetData>'
        '<x:extLst> <x:ext a="1"/> </x:extLst></x:worksheet>'
    )


def test_rows_and_columns_of_the_filled_workbook_add_up(french: Allocation, tmp_path: Path) -> None:
    table = french.table
    words = [word for word in table.columns if word not in ("code", "name")]
    names = {f"equite_{word}": f"=Autre!${chr(66 + at)}$1:${chr(66 + at)}$200" for at, word in enumerate(words)}
    path = fill(french, tmp_path / "out.xlsx", template(tmp_path / "funder.xlsx", names))
    sheet = openpyxl.load_workbook(path)["Autre"]
    found = pd.DataFrame(
        {
            word: [sheet[f"{chr(66 + at)}{row}"].value for row in range(1, len(table) + 1)]
            for at, word in enumerate(words)
        }
    )
    steps = words[: words.index("amount")]
    assert found["amount"].tolist() == french.amounts.tolist()
    assert (found[steps].sum(axis="columns") - found["amount"]).abs().max() < 1e-6
