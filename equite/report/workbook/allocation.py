"""The workbook of an allocation: notes, parameters, the table to print, checks.

Two workbooks of one allocation are the same, byte for byte: no date of computing stands in them.
"""

from __future__ import annotations

import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from xlsxwriter import Workbook

from equite.errors import OutputError, Problem
from equite.report.columns import shown_columns
from equite.report.files import EXCEL, ending, placed
from equite.report.language.labels import Labels
from equite.report.workbook.checks import write_checks
from equite.report.workbook.filling import fill
from equite.report.workbook.notes import write_notes
from equite.report.workbook.parameters import write_parameters
from equite.report.workbook.sheet import MOST_COLUMNS, MOST_ROWS, Book
from equite.report.workbook.table import write_table
from equite.wording import Language, Numeral

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["new_workbook", "refuse_beyond", "titled_workbook", "to_excel"]

#: The rows of the table that are not territories: the headings and the totals.
_AROUND = 2
#: A date that says nothing, for the properties that every workbook must carry.
_NEVER = datetime.datetime(2000, 1, 1)


def to_excel(
    allocation: Allocation, path: str | Path, *, live: bool = False, template: str | Path | None = None
) -> Path:
    """Write an allocation to a workbook in the page's language.

    Four sheets: what the workbook is, who decided and what it rests on; the parameters; the allocation, ready to print;
    the checks. Amounts, parts and limits are values; totals and the checks of sums are formulas, so that a cell changed
    by hand shows.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    path : str or Path
        A name that ends in ``.xlsx``.
    live : bool
        Write the live workbook instead (docs/workbook.md): change a figure in it, and every amount follows.
    template : str or Path, optional
        A workbook of the reader's own; a copy is filled at the names that it defines:
        :mod:`equite.report.workbook.filling`.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OutputError
        The table holds more than a sheet can, or the file cannot be written. One that was there is left as it was.
    """
    if live and template is not None:
        raise OutputError([Problem("live-and-template")], allocation.language)
    if template is not None:
        return fill(allocation, path, template)
    if live:
        from equite.report.live.workbook import to_live_excel

        return to_live_excel(allocation, path)
    labels = Labels(allocation.formula)
    target = ending(path, EXCEL, labels.language)
    columns = shown_columns(allocation, labels)
    refuse_beyond(len(allocation.codes), len(columns), labels.language)
    buffer = BytesIO()
    with placed(target, labels.language) as temporary:
        workbook = new_workbook(buffer, labels, allocation.formula.sha256)
        book = Book(workbook, labels)
        write_notes(book, allocation)
        money = write_parameters(book, allocation)
        table = write_table(book, labels.say("book-allocation"), columns)
        write_checks(book, allocation, table, money)
        workbook.close()
        temporary.write_bytes(buffer.getvalue())
    return target


def refuse_beyond(rows: int, columns: int, language: Language) -> None:
    """Refuse a table that no sheet can hold."""
    for entry, count, most in (
        ("output-too-many-rows", rows, MOST_ROWS - _AROUND),
        ("output-too-many-columns", columns, MOST_COLUMNS),
    ):
        if count > most:
            values = {"count": Numeral(count), "most": Numeral(most)}
            raise OutputError([Problem(entry, values)], language)


def new_workbook(buffer: BytesIO, labels: Labels, fingerprint: str) -> Workbook:
    """Begin the workbook of a page in memory, titled as the page is."""
    return titled_workbook(buffer, labels.worded(labels.formula.heading), fingerprint)


def titled_workbook(buffer: BytesIO, title: str, fingerprint: str = "") -> Workbook:
    """Begin a workbook in memory, in which no text is ever taken for a formula, a link or a number."""
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": "Arial", "font_size": 10},
    }
    workbook = Workbook(buffer, options)
    properties = {"title": title[:250], "author": "equite", "created": _NEVER}
    workbook.set_properties({**properties, "comments": fingerprint})
    return workbook
