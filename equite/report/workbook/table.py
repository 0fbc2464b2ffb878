"""The sheet to print: one row for each territory, every step from the parts to the amount, and the totals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from equite.report.columns import ShownColumn
from equite.report.language.text import plain
from equite.report.workbook.sheet import HIGHEST, LINE, PALE, RULE, Book, Formats, Sheet, fitting, lines_of

__all__ = ["SheetTable", "format_of", "heading_lines", "letters", "width_of", "write_columns", "write_table"]

#: The narrowest and the widest that a column of text may be, in characters.
_NARROW, _WIDE = 7, 32


@dataclass(frozen=True)
class SheetTable:
    """Where the table stands on its sheet: its name, first and last rows (from 1), and the letters of its columns."""

    sheet: str
    first: int
    last: int
    columns: tuple[ShownColumn, ...]

    def cells(self, step: str) -> list[str]:
        """Return the ranges of the columns that stand at a step, as formulas of other sheets name them."""
        name = self.sheet.replace("'", "''")
        return [
            f"'{name}'!${letters(at)}${self.first}:${letters(at)}${self.last}"
            for at, column in enumerate(self.columns)
            if column.step == step
        ]


def letters(column: int) -> str:
    """Name a column as spreadsheets do, the first being A."""
    text = ""
    column += 1
    while column:
        column, left = divmod(column - 1, 26)
        text = chr(ord("A") + left) + text
    return text


def write_table(book: Book, name: str, columns: Sequence[ShownColumn]) -> SheetTable:
    """Write a sheet of columns, one row for each territory, and their totals.

    Parameters
    ----------
    book : Book
        The workbook.
    name : str
        The sheet's name.
    columns : sequence of ShownColumn
        Its columns as they are shown, those of codes and names first.
    """
    widths = [width_of(column, book.labels.number) for column in columns]
    sheet = Sheet(book, name, widths, landscape=True)
    worksheet, rows = sheet.sheet, len(columns[0].cells)
    keys = sum(column.step == "key" for column in columns)
    write_columns(book, worksheet, columns, widths)
    _totals(book, worksheet, columns, rows, keys)
    if said := book.labels.simulation:
        worksheet.write_string(rows + 2, 0, said, book.style(bold=True))
    worksheet.freeze_panes(1, keys)
    worksheet.repeat_columns(0, keys - 1)
    worksheet.print_area(0, 0, rows + (2 if said else 1), len(columns) - 1)
    return SheetTable(sheet.name, 2, rows + 1, tuple(columns))


def write_columns(book: Formats, worksheet: Any, columns: Sequence[ShownColumn], widths: Sequence[float]) -> None:
    """Write headings and cells, one row below the other, to be filtered and printed."""
    worksheet.set_row(0, min(HIGHEST, 4 + LINE * max(map(heading_lines, columns, widths))))
    for at, column in enumerate(columns):
        align = "left" if column.kind == "text" else "right"
        look: dict[str, Any] = {"bold": True, "text_wrap": True, "bg_color": PALE, "valign": "bottom", "bottom": 1}
        look |= {"indent": 1} if column.step == "notes" else {}
        worksheet.write_string(0, at, fitting(column.heading), book.style(**look, align=align))
        _write_column(book, worksheet, at, column)
    _heights(worksheet, columns, widths)
    worksheet.autofilter(0, 0, len(columns[0].cells), len(columns) - 1)
    worksheet.repeat_rows(0)


def format_of(book: Formats, column: ShownColumn) -> str:
    """Return the number format of a column's cells."""
    form = book.share_format(column.digits) if column.kind == "share" else book.number_format(column.digits)
    return book.change_format(form, "") if column.hides_zero else form


def _write_column(book: Formats, worksheet: Any, at: int, column: ShownColumn) -> None:
    look: dict[str, Any] = {"bottom": 4, "bottom_color": RULE, "valign": "top"}
    if column.kind == "text":
        look |= {"align": "left", "indent": 1} if column.step == "notes" else {}
        style = book.style(**look, text_wrap=True, num_format="@")
        for row, text in enumerate(column.cells, start=1):
            worksheet.write_string(row, at, fitting(plain(str(text))), style)
        return
    style = book.style(**look, num_format=format_of(book, column), bold=column.step == "amount")
    for row, value in enumerate(column.numbers.tolist(), start=1):
        if math.isnan(value):
            worksheet.write_blank(row, at, None, style)
        else:
            worksheet.write_number(row, at, value, style)


def _heights(worksheet: Any, columns: Sequence[ShownColumn], widths: Sequence[float]) -> None:
    """Return the rows whose texts wrap the height that they need."""
    needed: dict[int, int] = {}
    for column, width in zip(columns, widths, strict=True):
        if column.kind == "text":
            for row, text in enumerate(column.cells, start=1):
                if len(str(text)) > 1.05 * width:
                    needed[row] = max(needed.get(row, 1), lines_of(str(text), int(1.05 * width)))
    for row, lines in needed.items():
        worksheet.set_row(row, min(HIGHEST, LINE * lines + 2))


def _totals(book: Book, worksheet: Any, columns: Sequence[ShownColumn], rows: int, keys: int) -> None:
    """Write the row of totals: sums as formulas that carry their value, so that a changed cell shows."""
    look: dict[str, Any] = {"bold": True, "top": 1, "bottom": 6, "bg_color": PALE}
    last = rows + 1
    for at, column in enumerate(columns):
        if column.kind == "text" or column.total is None:
            worksheet.write_blank(last, at, None, book.style(**look))
            continue
        style = book.style(**look, num_format=format_of(book, column))
        # A mean per head and a relative change are no sums.
        if column.id in ("per_head", "change_share") and column.step == "after":
            worksheet.write_number(last, at, column.total, style)
        else:
            letter = letters(at)
            worksheet.write_formula(last, at, f"=SUM({letter}2:{letter}{rows + 1})", style, column.total)
    worksheet.write_string(last, keys - 1, book.labels.say("book-total"), book.style(**look))


def width_of(column: ShownColumn, written: Any) -> float:
    """Return the width that a column's cells need; its heading may wrap, between words only."""
    words = max(map(len, column.heading.split()), default=0) + 1
    if column.kind == "text":
        longest = max(map(len, map(str, column.cells)), default=0)
        return float(min(_WIDE, max(_NARROW, longest + 1, words)))
    numbers = column.numbers
    ends = [float(value) for value in (numbers.min(initial=0.0), numbers.max(initial=0.0)) if not math.isnan(value)]
    if math.isnan(numbers.sum()):
        there = numbers[~(numbers != numbers)]
        ends = [float(there.min(initial=0.0)), float(there.max(initial=0.0))]
    ends.append(column.total or 0.0)
    scale = 100.0 if column.kind == "share" else 1.0
    longest = max(len(written(value * scale, column.digits)) for value in ends)
    # Totals are bold, and a filter's arrow stands beside the heading.
    return max(_NARROW, 1.1 * longest + 1.5 + (column.kind == "share"), min(words + 0.5, 15))


def heading_lines(column: ShownColumn, width: float) -> int:
    """Return how many lines a heading takes in a column so wide."""
    return lines_of(column.heading, int(width))
