"""The sheet of data: the columns that the page reads, to be changed at will, one row for each territory."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from equite.engine.suppression import suppression_mark
from equite.inputs.spelling import without_controls
from equite.report.language.text import plain
from equite.report.live.grid import FIRST, INPUT, LiveColumn, absolute, number_form, quoted
from equite.report.live.inputs import defined_name
from equite.report.live.terms import stated
from equite.report.roundtrip.manifest import Input
from equite.report.workbook.sheet import INK, PALE, Book, fitting, paper
from equite.report.workbook.table import letters

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["DataSheet", "write_data"]

_ABOUT = ("unit", "source", "date", "status")


@dataclass(frozen=True)
class DataSheet:
    """The sheet of data.

    Attributes
    ----------
    columns : dict of str to LiveColumn
        Where each column stands, by the page's name for it.
    inputs : list of Input
        The columns, for the hidden sheet.
    codes : LiveColumn
        Where the codes stand.
    sheet : Worksheet
        The sheet.
    widths : list of float
        The widths of its columns, in characters.
    """

    columns: dict[str, LiveColumn]
    inputs: list[Input]
    codes: LiveColumn
    sheet: Any
    widths: list[float]


def write_data(book: Book, allocation: Allocation, taken: set[str]) -> DataSheet:
    """Write the sheet."""
    labels, page = book.labels, allocation.formula
    name = labels.say("live-data")
    sheet = book.workbook.add_worksheet(name)
    sheet.write_string(1, 0, labels.say("live-data-title"), book.style(bold=True, font_size=16, font_color=INK))
    sheet.write_string(2, 0, labels.say("live-about-data"), book.style(italic=True))
    sheet.set_row(4, 54)
    sheet.set_row(6, 40)
    sheet.hide_gridlines(2)
    paper(sheet, name, labels, width=300, landscape=True)
    columns = _columns(allocation)
    found: dict[str, LiveColumn] = {}
    inputs, widths = [], []
    for at, typed in enumerate(columns):
        key, heading, values = typed
        widths.append(_write(book, sheet, at, typed, allocation))
        cells = f"{letters(at)}{FIRST}:{letters(at)}{FIRST + len(values) - 1}"
        defined = defined_name(("data", heading), page, taken)
        book.workbook.define_name(defined, f"={quoted(name)}{absolute(cells)}")
        given = [None if value is None or value != value else value for value in values.tolist()]
        for row, mark in _withheld(allocation, key).items():
            given[row] = mark
        inputs.append(Input(("data", heading), defined, name, cells, json.dumps(given, ensure_ascii=False)))
        column = LiveColumn(letters(at), FIRST, FIRST + len(values) - 1, quoted(name))
        found[key] = column if values.dtype == object else replace(column, own=stated(column.cell, values))
    named = 2 if page.name is not None and page.name != page.key.column else 1
    sheet.freeze_panes(FIRST - 1, named)
    sheet.repeat_rows(0, FIRST - 2)
    codes = found[columns[0][0]]
    for key, needed in page.names.columns.items():
        if needed.heading == page.key.column:
            found[key] = codes
    return DataSheet(found, inputs, codes, sheet, widths)


class _Typed(NamedTuple):
    """A column of the table: the page's name for it, its heading, its cells."""

    key: str
    heading: str
    values: np.ndarray


def _columns(allocation: Allocation) -> list[_Typed]:
    """Return the columns to write: the codes, the names, then what the page reads."""
    page, table = allocation.formula, allocation.scope.table
    found = [_Typed("", page.key.column, np.array(table.codes, dtype=object))]
    if page.name is not None and page.name in table.columns:
        spec = page.columns.get(page.name)
        names = [None if name is None else without_controls(name) for name in table.columns[page.name].tolist()]
        heading = (spec.heading if spec else None) or page.name
        found.append(_Typed(page.name, heading, np.array(names, dtype=object)))
    for name, needed in page.names.columns.items():
        if needed.heading != page.key.column and name != page.name:
            found.append(_Typed(name, needed.heading, table.columns[name]))
    return found


def _withheld(allocation: Allocation, key: str) -> dict[int, str]:
    """Return the rows whose figure is withheld, and the mark that says so."""
    cells = allocation.scope.table.suppressed.get(key)
    if cells is None:
        return {}
    mark = suppression_mark(allocation.formula, key)
    return dict.fromkeys(np.flatnonzero(cells).tolist(), mark)


def _write(book: Book, sheet: Any, at: int, column: _Typed, allocation: Allocation) -> float:
    """Write a column; give its width."""
    labels, page, (key, heading, values) = book.labels, allocation.formula, column
    spec = page.columns.get(key)
    title = labels.title(key) if key else labels.heading("code")
    if key and key == page.name and spec is None:
        title = labels.heading("name")
    head = book.style(bold=True, text_wrap=True, valign="bottom", bg_color=PALE, align="center")
    small = book.style(font_size=8, text_wrap=True, valign="top", align="center", font_color="#444444")
    sheet.write_string(4, at, fitting(title), head)
    says = {
        "unit": labels.worded(getattr(spec, "unit", None)),
        "source": plain(getattr(spec, "source", None) or ""),
        "date": plain(getattr(spec, "date", None) or ""),
        "status": labels.status(spec.status) if spec is not None and spec.status else "",
    }
    for row, word in enumerate(_ABOUT, start=5):
        sheet.write_string(row, at, fitting(says[word]), small)
    sheet.write_string(
        9, at, fitting(heading), book.style(italic=True, font_size=8, align="center", font_color="#777777")
    )
    is_text = values.dtype == object
    style = book.style(**INPUT, num_format="@" if is_text else number_form(book))
    longest = max((len(str(value)) for value in values.tolist() if value is not None), default=8) if is_text else 12
    width = float(min(34, max(12 if at else 9, longest + 2)))
    sheet.set_column(at, at, width)
    if is_text:
        for row, value in enumerate(values.tolist(), start=FIRST - 1):
            if value is None:
                sheet.write_blank(row, at, None, style)
            else:
                sheet.write_string(row, at, value, style)
        return width
    whole = np.isfinite(values).all()
    marks = _withheld(allocation, key)
    for row, value in enumerate(values.tolist(), start=FIRST - 1):
        if whole or value == value:
            sheet.write_number(row, at, value, style)
        elif row - FIRST + 1 in marks:
            # A text among numbers counts as none, and says what it is when the workbook comes back.
            sheet.write_string(row, at, fitting(plain(marks[row - FIRST + 1])), style)
        else:
            sheet.write_blank(row, at, None, style)
    _validate(book, sheet, at, len(values), spec)
    return width


def _validate(book: Book, sheet: Any, at: int, rows: int, spec: Any) -> None:
    """Let a spreadsheet refuse what is not a number, or beyond the column's range."""
    low, high = spec.range if spec and spec.range else (None, None)
    rule: dict[str, Any] = {
        "validate": "decimal",
        "criteria": "between",
        "minimum": -1e15 if low is None else float(low),
        "maximum": 1e15 if high is None else float(high),
    }
    if spec is not None and spec.kind == "ordinal":
        rule |= {"validate": "integer", "minimum": 1, "maximum": len(spec.levels)}
    if spec is not None and spec.kind == "yes_no":
        rule |= {"validate": "integer", "minimum": 0, "maximum": 1}
    say = book.labels.say
    ends = [book.labels.number(float(rule[key])) for key in ("minimum", "maximum")]
    message = (
        say("live-invalid-number")
        if rule["minimum"] == -1e15 and rule["maximum"] == 1e15
        else say(
            "live-invalid-range",
            low="−∞" if rule["minimum"] == -1e15 else ends[0],
            high="∞" if rule["maximum"] == 1e15 else ends[1],
        )
    )
    sheet.data_validation(
        FIRST - 1,
        at,
        FIRST + rows - 2,
        at,
        {**rule, "error_title": say("live-invalid-title")[:32], "error_message": message[:255]},
    )
