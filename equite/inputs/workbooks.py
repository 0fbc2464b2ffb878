"""Read one sheet of a workbook, its cells as a person sees them.

calamine reads the values. One more pass over the file finds what they do not say: which numbers are shown in percent,
what is raised in a text, which cells show an error or a formula that was never computed, and what is hidden.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.parsers import expat

import pandas as pd

from equite.errors import Problem, TerritoriesError, nearest
from equite.inputs import calamine_sheet, old_formats, opendocument, openxml_sheet
from equite.inputs.apart import NoReaderError, read_apart
from equite.inputs.bounds import MOST_CELLS, MOST_READER_BYTES, MOST_READER_SECONDS
from equite.inputs.calamine_sheet import GAVE_UP, CalamineSheet, read_here
from equite.inputs.cells import text_of, tidy, typed
from equite.inputs.far_cells import far_cell
from equite.inputs.grid import UnheadedTable, column_letters, heading_row, refusal, truncate_problems
from equite.inputs.marked import Faulty, Footnoted, spelt
from equite.inputs.number_formats import read_format
from equite.inputs.openxml_parts import OpenXml
from equite.inputs.packages import refuse_bomb
from equite.inputs.seen import Layout, Seen, UnseenError
from equite.wording import Numeral

__all__ = ["read_workbook_sheet"]

_ZIP = b"PK\x03\x04"
#: How an .xls file begins.
_OLE = b"\xd0\xcf\x11\xe0"
#: In how many ways a file that calamine reads may defeat the pass over it.
_UNFOLLOWED = (
    UnseenError,
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    expat.ExpatError,
    ValueError,
    KeyError,
    IndexError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def read_workbook_sheet(raw: bytes, name: str, sheet: str | None) -> UnheadedTable:
    """Read one sheet, by default the first.

    Parameters
    ----------
    raw : bytes
        The file.
    name : str
        Its name, for the sentences.
    sheet : str, optional
        The sheet.

    Raises
    ------
    TerritoriesError
        If it is no workbook, or has no such sheet or nothing on it.
    """
    refuse_bomb(raw, name, TerritoriesError)
    found = read_here(raw, sheet) if _is_looked_through(raw, sheet, name) else _apart(raw, sheet, name)
    chosen = sheet if sheet is not None else next(iter(found.names), "")
    if chosen not in found.names and not found.failure:
        raise refusal("input-no-sheet", name, value=chosen, nearest=nearest(chosen, found.names))
    rows = found.rows
    if rows is None:
        # An error of a later Excel than calamine knows is shown by its cell; anything else is refused as it is.
        _refuse_errors(seen_in(raw, chosen), name)
        if found.failure == GAVE_UP:
            raise refusal("input-unreadable", name)
        raise refusal("input-no-workbook", name, reason=found.failure)
    seen = seen_in(raw, chosen)
    if seen is not None:
        seen.laid_on(rows)
    titles = heading_row(rows)
    if titles is None:
        raise refusal("input-empty-sheet", name, value=chosen)
    columns = zip(*rows[titles + 1 :], strict=True)
    cells = pd.DataFrame({place: typed(column) for place, column in enumerate(columns)})
    cells = cells.reindex(columns=range(len(rows[titles])))
    headings, spellings = _headings(rows[titles])
    return UnheadedTable(
        headings, cells, titles + 2, sheet=chosen, layout=_layout(seen, headings, len(rows), spellings)
    )


def _is_looked_through(raw: bytes, sheet: str | None, name: str) -> bool:
    """Tell whether the file is an .xlsx that could be followed to its last cell; refuse one whose cells lie too far."""
    if not raw.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            book = OpenXml(package, sheet if sheet is not None else OpenXml(package, "").first)
            far = far_cell(book)
    except _UNFOLLOWED:
        return False
    if far is not None:
        raise refusal("input-far-cell", name, value=book.sheet, cell=far, most=Numeral(MOST_CELLS))
    return True


def _apart(raw: bytes, sheet: str | None, name: str) -> CalamineSheet:
    """Read a sheet that was not looked through in a process with limits."""
    import python_calamine

    try:
        reader, given = calamine_sheet.__file__, (raw, sheet)
        return CalamineSheet(*read_apart(reader, (python_calamine,), given, MOST_READER_BYTES, MOST_READER_SECONDS))
    except NoReaderError as error:
        if not error.started:
            raise refusal("input-no-reader", name) from None
    raise refusal(
        "input-reader-limits", name, memory=Numeral(MOST_READER_BYTES // 1_000_000), seconds=MOST_READER_SECONDS
    )


def seen_in(raw: bytes, sheet: str) -> Seen | None:
    """Find what the values of a sheet do not say; None if the file does not let itself be looked into."""
    if raw.startswith(_OLE):
        return _seen_in_old(raw, sheet)
    if not raw.startswith(_ZIP):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            if "content.xml" in package.namelist():
                return opendocument.pass_over(package, sheet)
            return openxml_sheet.pass_over(OpenXml(package, sheet))
    except _UNFOLLOWED:
        return None


def _seen_in_old(raw: bytes, sheet: str) -> Seen | None:
    """Find the same in an .xls file; None if it cannot be looked into, or takes too long."""
    try:
        import xlrd
    except ImportError:
        return None
    try:
        found = read_apart(old_formats.__file__, (xlrd,), (raw, sheet), MOST_READER_BYTES, MOST_READER_SECONDS)
    except NoReaderError:
        return None
    if found is None:
        return None
    seen = Seen(hidden=found["hidden"])
    for column, code, rows in found["formats"]:
        shown = read_format(code)
        if shown.is_percent or shown.is_literal:
            seen.shown.append((column, shown, rows))
    for row, column, text in found["errors"]:
        seen.mark(row, column, Faulty("input-cell-error", text))
    for row, column, runs in found["runs"]:
        if any(raised and text.strip() for text, raised in runs):
            seen.mark(row, column, spelt(runs))
    seen.hidden_rows = [(row, row) for row in found["rows"]]
    seen.hidden_columns = [(column, column) for column in found["columns"]]
    return seen


def _refuse_errors(seen: Seen | None, name: str) -> None:
    """Refuse the cells that show an error."""
    found = [
        Problem(
            mark.entry, {"cell": f"{column_letters(left)}{top + 1}", "value": mark.text, "territory": ""}, file=name
        )
        for top, _, left, _, mark in (seen.marks if seen is not None else ())
        if isinstance(mark, Faulty) and mark.entry == "input-cell-error"
    ]
    if found:
        raise TerritoriesError(truncate_problems(found, len(found)))


def _headings(cells: Sequence[object]) -> tuple[list[object], dict[str, str]]:
    """Return the headings, and other ways to spell those in which something is raised.

    A footnote call is left out of its heading, unless two headings differ by nothing else.
    """
    bare = [text_of(cell) for cell in cells]
    headings: list[object] = []
    spellings: dict[str, str] = {}
    for cell, text in zip(cells, bare, strict=True):
        if not isinstance(cell, Footnoted):
            headings.append(cell)
            continue
        joined = tidy(cell.joined)
        chosen = joined if text is None or bare.count(text) > 1 else text
        headings.append(chosen)
        if joined != chosen:
            spellings[joined] = chosen
    for taken in {text_of(heading) for heading in headings}.intersection(spellings):
        del spellings[str(taken)]
    return headings, spellings


def _layout(seen: Seen | None, headings: Sequence[object], rows: int, spellings: dict[str, str]) -> Layout:
    """Tell what is hidden by the headings of the columns and the rows of the file."""
    letters = {text: column_letters(at) for at, heading in enumerate(headings) if (text := text_of(heading))}
    if seen is None:
        return Layout(formats_seen=False, letters=letters, spellings=spellings)
    hidden, stale = seen.columns_hidden(len(headings)), seen.computed if seen.to_recompute else set[int]()
    return Layout(
        rows=tuple(sorted(row + 1 for row in seen.rows_hidden(rows))),
        columns=tuple(text for at, heading in enumerate(headings) if at in hidden and (text := text_of(heading))),
        sheet=seen.hidden,
        stale=tuple(text for at, heading in enumerate(headings) if at in stale and (text := text_of(heading))),
        letters=letters,
        spellings=spellings,
    )
