"""Read one sheet with calamine, here or in a process of its own.

calamine lays out what a file says, and a damaged file of an old format may say anything: it then gives up in a way that
no caller can catch, or takes all memory there is. What was not looked through before is therefore read apart
(:mod:`equite.inputs.apart`): this file needs calamine, and nothing of equite.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

__all__ = ["GAVE_UP", "CalamineSheet", "apart", "read_here"]

#: The reason that is given where calamine gives none.
GAVE_UP = "…"


class CalamineSheet(NamedTuple):
    """What calamine makes of a file.

    Attributes
    ----------
    names : list of str
        The names of its sheets.
    rows : list of list, or None
        The cells of the wanted sheet; None if there is no such sheet, or if it failed.
    failure : str
        Why it failed; empty if it did not.
    """

    names: list[str]
    rows: list[list[Any]] | None
    failure: str = ""


def read_here(raw: bytes, sheet: str | None) -> CalamineSheet:
    """Read a sheet, by default the first, in this process."""
    from python_calamine import CalamineError, CalamineWorkbook

    names: list[str] = []
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = list(book.sheet_names)
        chosen = sheet if sheet is not None else next(iter(names), "")
        if chosen not in names:
            return CalamineSheet(names, None)
        return CalamineSheet(names, book.get_sheet_by_name(chosen).to_python(skip_empty_area=False))
    except (CalamineError, ValueError, OverflowError) as error:
        return CalamineSheet(names, None, str(error) or GAVE_UP)
    except BaseException as panic:
        # What Rust gives up with is no Exception, and its class cannot be imported.
        if type(panic).__name__ != "PanicException":
            raise
        return CalamineSheet(names, None, GAVE_UP)


def apart(raw: bytes, sheet: str | None) -> tuple[list[str], list[list[Any]] | None, str]:
    """Read a sheet for another process: see :mod:`equite.inputs.apart`."""
    names, rows, failure = read_here(raw, sheet)
    return names, rows, failure
