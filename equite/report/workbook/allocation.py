"""The workbook of an allocation: notes, parameters, the table to print, checks.

Two workbooks of one allocation are the same, byte for byte: no date of computing stands in them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from equite.errors import OutputError, Problem
from equite.report.columns import shown_columns
from equite.report.files import EXCEL, ending, files_read
from equite.report.language.labels import Labels
from equite.report.workbook.checks import write_checks
from equite.report.workbook.file import new_workbook, refuse_beyond
from equite.report.workbook.filling import fill
from equite.report.workbook.notes import write_notes
from equite.report.workbook.parameters import write_parameters
from equite.report.workbook.sheet import AROUND, Book
from equite.report.workbook.table import write_table

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["to_excel"]


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
    target = ending(path, EXCEL, labels.language, files_read(allocation))
    columns = shown_columns(allocation, labels)
    refuse_beyond(labels.language, len(allocation.codes), len(columns), around=AROUND)
    page = allocation.formula
    with new_workbook(target, labels.language, labels.worded(page.heading), page.sha256) as workbook:
        book = Book(workbook, labels)
        write_notes(book, allocation)
        money = write_parameters(book, allocation)
        table = write_table(book, labels.say("book-allocation"), columns)
        write_checks(book, allocation, table, money)
    return target
