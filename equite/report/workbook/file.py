"""The file that a workbook becomes: written in memory, placed whole, and the same byte for byte each time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook

from equite.errors import OutputError, Problem
from equite.inputs.spelling import without_controls
from equite.report.files import placed
from equite.report.workbook.plain_sheet import PlainSheet
from equite.report.workbook.sheet import MOST_COLUMNS, MOST_ROWS
from equite.wording import Language, Numeral

__all__ = ["new_workbook", "refuse_beyond"]

#: A date that says nothing, for the properties that every workbook must carry.
_NEVER = datetime.datetime(2000, 1, 1)


@contextmanager
def new_workbook(target: Path, language: Language, title: str, fingerprint: str = "") -> Iterator[Workbook]:
    """Begin a workbook, in which no text is ever taken for a formula, a link or a number; place it once it is whole.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": "Arial", "font_size": 10},
    }
    buffer = BytesIO()
    with placed(target, language) as temporary:
        workbook = Workbook(buffer, options)
        workbook.worksheet_class = PlainSheet
        properties = {"title": without_controls(title)[:250], "author": "equite", "created": _NEVER}
        workbook.set_properties({**properties, "comments": fingerprint})
        yield workbook
        workbook.close()
        temporary.write_bytes(buffer.getvalue())


def refuse_beyond(language: Language, rows: int, columns: int = 0, *, around: int = 0) -> None:
    """Refuse a table that no sheet can hold, with the rows that stand around it."""
    for entry, count, most in (
        ("output-too-many-rows", rows, MOST_ROWS - around),
        ("output-too-many-columns", columns, MOST_COLUMNS),
    ):
        if count > most:
            values = {"count": Numeral(count), "most": Numeral(most)}
            raise OutputError([Problem(entry, values)], language)
