"""The harness itself can fail: junk that is not recalculated stays, and a wrong formula is caught."""

from __future__ import annotations

from pathlib import Path

import pytest
from recalculation import JUNK, JUNK_TEXT, NEVER, Cells, LibreOffice, corrupt, edit
from xlsxwriter import Workbook

pytestmark = pytest.mark.excel


def book(path: Path, formula: str = "=B2*2") -> Path:
    """Write a workbook in which D2 should be twice B2, and D3 the text in B3 with a mark."""
    with Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Feuille é & ‘1’")
        sheet.write("B2", 21.5)
        sheet.write("B3", "a < b")
        sheet.write_blank("B4", None, workbook.add_format({"bold": True}))
        sheet.write_formula("D2", formula, None, 43)
        sheet.write_formula("D3", '=B3&"!"', None, "a < b!")
        sheet.write_formula("D4", "=B2>1", None, True)
    return path


SHEET = "Feuille é & ‘1’"


def test_junk_is_overwritten_by_a_recalculation(tmp_path: Path, libreoffice: LibreOffice) -> None:
    files = [book(tmp_path / name) for name in ("a.xlsx", "b.xlsx", "c.xlsx")]
    edit(files[1], {(SHEET, "B2"): 1.25, (SHEET, "B3"): "x & y", (SHEET, "B4"): None})
    book(files[2], "=B2*3")
    assert [corrupt(file) for file in files] == [3, 3, 3]
    assert Cells.read(files[0])[SHEET, "D2"] == JUNK
    assert Cells.read(files[0])[SHEET, "D3"] == JUNK_TEXT
    found = [Cells.read(file) for file in libreoffice.recalculate(files)]
    assert [cells[SHEET, "D2"] for cells in found] == [43, 2.5, 64.5]
    assert [cells[SHEET, "D3"] for cells in found] == ["a < b!", "x & y!", "a < b!"]
    assert [cells[SHEET, "$D$4"] for cells in found] == [True, True, True]
    assert [cells.never_recalculated() for cells in found] == [[], [], []]


def test_a_plain_conversion_trusts_the_file_and_proves_nothing(tmp_path: Path, libreoffice: LibreOffice) -> None:
    file = book(tmp_path / "a.xlsx")
    corrupt(file)
    (trusting,) = LibreOffice(tmp_path / "trusting", NEVER).recalculate([file])
    assert Cells.read(trusting)[SHEET, "D2"] == JUNK
    assert Cells.read(trusting).never_recalculated() == [(SHEET, 2), (SHEET, 3), (SHEET, 4)]


def test_a_cell_that_is_not_there_cannot_be_edited(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="has no cell Z9"):
        edit(book(tmp_path / "a.xlsx"), {(SHEET, "Z9"): 1})


def test_a_file_that_cannot_be_read_is_missed(tmp_path: Path, libreoffice: LibreOffice) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    with pytest.raises(AssertionError, match="did not give back"):
        libreoffice.recalculate([tmp_path / "a.xlsx"])
