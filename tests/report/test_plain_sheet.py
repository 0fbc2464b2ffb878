"""The sheet that takes cells as they are writes the bytes that XlsxWriter's own does, whatever the cells."""

from __future__ import annotations

import io
from typing import Any

import pytest
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from equite.report.workbook.plain_sheet import PlainSheet


def written(kind: type[Any], *, commented: bool) -> bytes:
    """Write cells of every kind, in a format and without, in rows far apart."""
    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True}) as book:
        book.worksheet_class = kind
        sheet, bold = book.add_worksheet("A"), book.add_format({"bold": True})
        sheet.set_row(3, 20, bold)
        sheet.set_column(4, 4, 9, bold)
        for row, form in enumerate((None, bold, None, None, bold)):
            sheet.write_number(row * 9, 2, 0.1 + 0.2, form)
            sheet.write_string(row * 9, 3, "a < b & “c”", form)
            for column, value in enumerate((1.5, 7, -0.0, True, "a<b", "", "#N/A"), start=4):
                sheet.write_formula(row * 9 + 1, column, '=N("a"&"<")+(A1>=2)', form, value)
            sheet.write_blank(row * 9 + 2, 1, None, form)
            sheet.write_boolean(row * 9 + 3, 1, True, form)
        if commented:
            sheet.write_comment(70, 7, "far")
    return buffer.getvalue()


@pytest.mark.parametrize("commented", [False, True])
def test_the_same_bytes(commented: bool) -> None:
    assert written(PlainSheet, commented=commented) == written(Worksheet, commented=commented)


def test_formulas_are_counted_and_cells_beyond_the_sheet_left_out() -> None:
    with Workbook(io.BytesIO(), {"in_memory": True}) as book:
        book.worksheet_class = PlainSheet
        sheet = book.add_worksheet()
        assert sheet.write_formula(0, 0, "=1") == 0
        assert sheet.write_formula(1_048_576, 0, "=1") == -1
        assert sheet.formulas == 1
