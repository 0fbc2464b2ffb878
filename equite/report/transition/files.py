"""Files that a transition is written to: a CSV file of every figure, a workbook, a page."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.report.columns import ShownColumn, shown_columns
from equite.report.files import CSV, EXCEL, HTML, ending
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.shown import Shown, shown_to_csv, shown_to_html
from equite.report.transition.views import view_of
from equite.report.transition.words import Told
from equite.wording import Language, numeral

if TYPE_CHECKING:
    from equite.engine.transition import Transition
    from equite.engine.transition_run import YearResult

__all__ = ["transition_to_csv", "transition_to_excel", "transition_to_html", "write_transition"]


def write_transition(transition: Transition, path: str | Path) -> Path:
    """Write a result to a file, as the end of its name says: ``.xlsx``, ``.csv`` or ``.html``.

    Raises
    ------
    OutputError
        The end of the name says none of these, or the file cannot be written.
    """
    known = ((EXCEL, transition_to_excel), (CSV, transition_to_csv), (HTML, transition_to_html))
    writers = {end: writer for ends, writer in known for end in ends}
    return writers[ending(path, tuple(writers), transition.language).suffix.lower()](transition, path)


def transition_to_csv(transition: Transition, path: str | Path, language: Language | None = None) -> Path:
    """Write every territory and year to a CSV file that the readers' spreadsheet opens as it is.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    told = Told(transition, language)
    return shown_to_csv(Shown(told.title, told.columns("figures"), told.language, inputs=transition.files), path)


def transition_to_html(transition: Transition, path: str | Path, language: Language | None = None) -> Path:
    """Write one page to read and to print: the rule, each year, every path.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    told = Told(transition, language)
    view = view_of(told, most=None, is_page=True)
    shown = Shown(told.title, told.columns("paths"), told.language, view, is_enough=True, inputs=transition.files)
    return shown_to_html(shown, path)


def transition_to_excel(transition: Transition, path: str | Path, language: Language | None = None) -> Path:
    """Write a workbook: each year's sums, paths, every figure, and a sheet for each year's steps.

    Raises
    ------
    OutputError
        A table holds more than a sheet can, or the file cannot be written. One that was there is left as it was.
    """
    from equite.report.workbook.file import new_workbook, refuse_beyond
    from equite.report.workbook.sheet import AROUND, Formats
    from equite.report.workbook.table import width_of, write_columns

    told = Told(transition, language)
    target = ending(path, EXCEL, told.language, transition.files)
    sheets = {told.heading(name): told.columns(name) for name in ("paths", "costs", "figures")}
    sheets |= {str(result.year): _year_columns(result, told) for result in transition.years}
    for columns in sheets.values():
        refuse_beyond(told.language, len(columns[0].cells), len(columns), around=AROUND)
    with new_workbook(target, told.language, plain(told.title), transition.schedule.sha256) as workbook:
        formats = Formats(workbook, told.language)
        _notes(formats, workbook, told)
        for name, columns in sheets.items():
            worksheet = workbook.add_worksheet(name)
            widths = [width_of(column, partial(_numeral, told.language)) for column in columns]
            for at, width in enumerate(widths):
                worksheet.set_column(at, at, width)
            write_columns(formats, worksheet, columns, widths)
            worksheet.freeze_panes(1, sum(column.step == "key" for column in columns))
            worksheet.set_landscape()
            worksheet.fit_to_pages(1, 0)
    return target


def _notes(formats: Any, workbook: Any, told: Told) -> None:
    """Write the first sheet: what the workbook is, the rule, how far all have come, what to be warned of."""
    worksheet = workbook.add_worksheet(told.heading("notes"))
    worksheet.set_column(0, 0, 100)
    worksheet.write_string(0, 0, told.title, formats.style(bold=True, font_size=14, text_wrap=True))
    lines = [*told.sentences, *told.transition.warnings]
    for row, line in enumerate(lines, start=2):
        worksheet.write_string(row, 0, line, formats.style(text_wrap=True, valign="top"))
    worksheet.set_landscape()
    worksheet.fit_to_pages(1, 0)


def _year_columns(result: YearResult, told: Told) -> tuple[ShownColumn, ...]:
    """Return the steps of a year's allocation, then the target and the gap."""
    allocation = result.allocation
    labels = Labels(allocation.formula, told.language)
    rows = {code: at for at, code in enumerate(result.codes)}
    places = np.array([rows[code] for code in allocation.codes], dtype=np.intp)
    targets, gaps = result.targets[places], (result.amounts - result.targets)[places]
    after = [
        ShownColumn(name, "after", "money", told.say(f"transition-col-{name}"), values, labels.digits)
        for name, values in (("target", targets), ("gap", np.round(gaps, labels.digits)))
    ]
    after = [replace(each, heading=labels.dressed(each.heading, labels.symbol, told.mark)) for each in after]
    columns = shown_columns(allocation, labels)
    at = next(at for at, column in enumerate(columns) if column.step == "amount") + 1
    return (*columns[:at], *after, *columns[at:])


def _numeral(language: Language, value: float, digits: int) -> str:
    return numeral(value, language, digits)
