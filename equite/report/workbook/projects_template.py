"""The sheet to fill in for those who propose projects: a row for each, and what each column is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from equite.formula.projects_page import COLUMNS, ProjectColumn, ProjectsPage
from equite.report.files import EXCEL, ending
from equite.report.language.text import plain
from equite.report.workbook.file import new_workbook
from equite.report.workbook.sheet import LINE, PALE, Formats, fitting, lines_of
from equite.wording import say

__all__ = ["write_projects_template"]

#: Rows that may be filled in, and the widths of the columns.
_ROWS = 1000
_WIDTHS = {"title": 40, "aims": 26, "payers": 26}
_NUMBERS = ("request", "minimum", "rank", "points")
#: A list to choose from may take so many signs.
_LONGEST = 255


def write_projects_template(page: ProjectsPage, path: str | Path) -> Path:
    """Write an empty workbook with the columns that a page of projects reads, ready to be filled in.

    Parameters
    ----------
    page : ProjectsPage
        The page.
    path : str or Path
        A name that ends in ``.xlsx``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    language = page.language
    target = ending(path, EXCEL, language)
    columns = tuple(_columns(page))
    with new_workbook(target, language, plain(page.heading[language]), page.sha256) as workbook:
        book = Formats(workbook, language)
        sheet = workbook.add_worksheet(say("projects-sheet-projects", language))
        for at, column in enumerate(columns):
            is_number = column in _NUMBERS
            sheet.set_column(at, at, _WIDTHS.get(column, 16), book.style(num_format="General" if is_number else "@"))
            look = book.style(bold=True, bg_color=PALE, bottom=1, text_wrap=True)
            sheet.write_string(0, at, fitting(page.heading_of(column)), look)
            if checked := _checked(page, column):
                sheet.data_validation(1, at, _ROWS, at, checked)
        sheet.freeze_panes(1, 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        _explained(book, page, columns)
    return target


def _columns(page: ProjectsPage) -> Iterator[ProjectColumn]:
    """Return the columns to fill in: what the method does not read is not asked for."""
    for column in COLUMNS:
        is_wanted = column not in ("rank", "points") or column in page.needs
        if page.envelope is not None and column in ("territory", "payers"):
            is_wanted = False
        if column == "payers" and page.method == "equal_shares":
            is_wanted = False
        if is_wanted:
            yield column


def _checked(page: ProjectsPage, column: str) -> dict[str, Any]:
    """Return what a cell may hold, as a spreadsheet checks it while it is typed."""
    if column in _NUMBERS:
        above = ">" if column == "request" else ">="
        told = say(f"projects-typed-{'above' if column == 'request' else 'least'}", page.language)
        return {"validate": "decimal", "criteria": above, "value": 0, "error_message": plain(told)}
    known = sorted(page.envelopes or ())
    if column == "territory" and known and len(",".join(known)) <= _LONGEST and not any("," in each for each in known):
        return {"validate": "list", "source": known, "error_type": "warning"}
    return {}


def _explained(book: Formats, page: ProjectsPage, columns: tuple[ProjectColumn, ...]) -> None:
    """Write the sheet that tells what each column is for."""
    sheet = book.workbook.add_worksheet(say("projects-sheet-explained", page.language))
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    for row, column in enumerate(columns):
        told = plain(say(f"projects-fill-{column}", page.language, unit=page.unit))
        sheet.write_string(
            row, 0, fitting(page.heading_of(column)), book.style(bold=True, valign="top", text_wrap=True)
        )
        sheet.write_string(row, 1, told, book.style(text_wrap=True, valign="top"))
        sheet.set_row(row, LINE * lines_of(told, 88) + 4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
