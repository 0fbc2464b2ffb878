"""A result that means a table, as its files show it in one language: a CSV file, a sheet, a page to read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from equite.report.columns import ShownColumn
from equite.report.files import CSV, EXCEL, HTML, columns_to_csv, ending, placed
from equite.report.html import tables
from equite.report.html.markup import Markup
from equite.report.language.labels import distinct
from equite.report.language.text import plain
from equite.report.terminal.grid import TextGrid
from equite.wording import Language, numeral, percent, say

__all__ = ["Shown", "columns_html", "columns_of", "shown_to_csv", "shown_to_excel", "shown_to_html", "write_shown"]

#: The most decimals of a figure, and the significant digits beyond which binary dust begins.
_DIGITS, _SIGNIFICANT = 12, 15


@dataclass(frozen=True)
class Shown:
    """A result as its files show it.

    Attributes
    ----------
    title : str
        What it is, in a line.
    columns : tuple of ShownColumn
        Its table, rounded and worded.
    language : {"fr", "en"}
        The readers'.
    view : str
        What notebooks show of it, as HTML; empty where that is the table alone.
    is_enough : bool
        Whether a page needs no table beside the view, which holds all its rows.
    inputs : tuple of Path
        The files that it rests on, which no output takes the place of.
    """

    title: str
    columns: tuple[ShownColumn, ...]
    language: Language
    view: str = ""
    is_enough: bool = False
    inputs: tuple[Path, ...] = ()


def columns_of(
    frame: pd.DataFrame, headings: Mapping[str, str], language: Language, *, shares: Sequence[str] = ()
) -> tuple[ShownColumn, ...]:
    """Word a frame: texts as they are, yes and no in words, numbers with the decimals that one of them needs.

    Parameters
    ----------
    frame : DataFrame
        The table.
    headings : mapping of str to str
        The headings of its columns, in order; other columns are left out.
    language : {"fr", "en"}
        The readers'.
    shares : sequence of str
        The columns that hold shares of one, shown in percent.
    """
    dressed = {name: f"{heading} (%)" if name in shares else heading for name, heading in headings.items()}
    told = distinct([(name, False, plain(heading)) for name, heading in dressed.items()])
    return tuple(
        _column(name, heading, frame[name], language, is_share=name in shares)
        for name, heading in zip(headings, told, strict=True)
    )


def _column(name: str, heading: str, cells: pd.Series, language: Language, *, is_share: bool) -> ShownColumn:
    if pd.api.types.is_bool_dtype(cells.dtype):
        words = {True: say("template-yes", language), False: say("template-no", language)}
        return ShownColumn(name, "after", "text", heading, [words[bool(cell)] for cell in cells])
    if not pd.api.types.is_numeric_dtype(cells.dtype):
        return ShownColumn(name, "key", "text", heading, ["" if _is_blank(cell) else str(cell) for cell in cells])
    numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    if is_share:
        return ShownColumn(name, "after", "share", heading, numbers, 1)
    return ShownColumn(name, "after", "money", heading, numbers, max(map(_decimals, numbers.tolist()), default=0))


def _is_blank(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell


def _decimals(value: float) -> int:
    if not math.isfinite(value):
        return 0
    exponent = Decimal(f"{value:.{_SIGNIFICANT}g}").normalize().as_tuple().exponent
    return min(_DIGITS, max(0, -int(exponent)))


def shown_to_csv(shown: Shown, path: str | Path) -> Path:
    """Write a table to a CSV file that the readers' spreadsheet opens as it is.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    return columns_to_csv(shown.columns, ending(path, CSV, shown.language, shown.inputs), shown.language)


def shown_to_excel(shown: Shown, path: str | Path) -> Path:
    """Write a table to a workbook of one sheet; two workbooks of one result are the same, byte for byte.

    Raises
    ------
    OutputError
        The table holds more than a sheet can, or the file cannot be written. One that was there is left as it was.
    """
    from equite.report.workbook.file import new_workbook, refuse_beyond
    from equite.report.workbook.sheet import AROUND, Formats
    from equite.report.workbook.table import width_of, write_columns

    target = ending(path, EXCEL, shown.language, shown.inputs)
    refuse_beyond(shown.language, len(shown.columns[0].cells), len(shown.columns), around=AROUND)
    with new_workbook(target, shown.language, plain(shown.title)) as workbook:
        worksheet = workbook.add_worksheet(say("shown-sheet", shown.language))
        widths = [width_of(column, partial(_numeral, shown.language)) for column in shown.columns]
        for at, width in enumerate(widths):
            worksheet.set_column(at, at, width)
        write_columns(Formats(workbook, shown.language), worksheet, shown.columns, widths)
        worksheet.freeze_panes(1, 1)
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)
    return target


def _numeral(language: Language, value: float, digits: int) -> str:
    return numeral(value, language, digits)


def shown_to_html(shown: Shown, path: str | Path) -> Path:
    """Write a page to read and to print: what notebooks show, then the whole table where they show a part of it.

    The file needs no other file and no network. Two pages of one result are the same, byte for byte.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    target = ending(path, HTML, shown.language, shown.inputs)
    pieces = [Markup(shown.view)] if shown.view else []
    if not (shown.view and shown.is_enough):
        caption = say("shown-table", shown.language) if shown.view else ""
        pieces.append(tables.framed([columns_html(shown.columns, shown.language, caption)], shown.language))
    with placed(target, shown.language) as temporary:
        temporary.write_bytes(tables.page(shown.title, pieces, shown.language).encode("utf-8"))
    return target


def write_shown(shown: Shown, path: str | Path) -> Path:
    """Write a result to a file, as the end of its name says: ``.xlsx``, ``.csv`` or ``.html``.

    Raises
    ------
    OutputError
        The end of the name says none of these, or the file cannot be written. One that was there is left as it was.
    """
    known = ((EXCEL, shown_to_excel), (CSV, shown_to_csv), (HTML, shown_to_html))
    writers = {end: writer for ends, writer in known for end in ends}
    return writers[ending(path, tuple(writers), shown.language, shown.inputs).suffix.lower()](shown, path)


def columns_html(columns: Sequence[ShownColumn], language: Language, caption: str = "") -> Markup:
    """Set columns as an HTML table, every row of them."""
    cells = zip(*(_worded(column, language) for column in columns), strict=True)
    right = tuple(column.kind != "text" for column in columns)
    return TextGrid(tuple(column.heading for column in columns), tuple(cells), right).html(caption)


def _worded(column: ShownColumn, language: Language) -> list[str]:
    if column.kind == "text":
        return [plain(str(cell)) for cell in column.cells]
    written = percent if column.kind == "share" else numeral
    return ["" if math.isnan(value) else written(value, language, column.digits) for value in column.numbers.tolist()]
