"""Find what the values of an .xls file do not say: formats, errors, raised texts, what is hidden. Run apart.

calamine reads the values; xlrd, which is slower and reads this format alone, what lies beside them. This file needs
xlrd, and nothing of equite (:mod:`equite.inputs.apart`).
"""

from __future__ import annotations

import io
from typing import Any

__all__ = ["apart"]

#: What xlrd calls a number, and an error.
_NUMBER, _ERROR = 2, 5
#: How a font calls what is raised.
_RAISED = 1


def apart(raw: bytes, sheet: str) -> dict[str, Any] | None:
    """Look through one sheet; None if xlrd cannot.

    Returns
    -------
    dict
        ``formats``: the rows of the numbers of a format with a percent sign, by column and code; ``errors``: row,
        column, text; ``runs``: row, column, the pieces of the text and whether each is raised; ``rows``, ``columns``:
        what is hidden; ``hidden``: whether the sheet is.
    """
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=raw, logfile=io.StringIO(), formatting_info=True, on_demand=True)
        return _looked_through(book, book.sheet_by_name(sheet))
    # What a damaged file makes a reader say is its own affair; one that takes all memory is another's.
    except Exception:
        return None


def _looked_through(book: Any, page: Any) -> dict[str, Any]:
    from xlrd import error_text_from_code

    codes = {at: book.format_map[style.format_key].format_str for at, style in enumerate(book.xf_list)}
    formats: dict[tuple[int, str], list[int]] = {}
    errors = []
    for row in range(page.nrows):
        kinds = page.row_types(row)
        if _NUMBER not in kinds and _ERROR not in kinds:
            continue
        for column, kind in enumerate(kinds):
            if kind == _NUMBER and "%" in (code := codes[page.cell_xf_index(row, column)]):
                formats.setdefault((column, code), []).append(row)
            elif kind == _ERROR:
                errors.append((row, column, error_text_from_code.get(page.cell_value(row, column), "#N/A")))
    return {
        "formats": [(column, code, rows) for (column, code), rows in formats.items()],
        "errors": errors,
        "runs": [(*place, _runs(book, page, *place)) for place in page.rich_text_runlist_map],
        "rows": [row for row, about in page.rowinfo_map.items() if about.hidden],
        "columns": [column for column, about in page.colinfo_map.items() if about.hidden],
        "hidden": bool(page.visibility),
    }


def _runs(book: Any, page: Any, row: int, column: int) -> list[tuple[str, bool]]:
    """Return the pieces of a text, each with whether it is raised."""
    text = str(page.cell_value(row, column))
    begun = [(0, book.xf_list[page.cell_xf_index(row, column)].font_index)]
    begun += page.rich_text_runlist_map[row, column]
    ends = [start for start, _ in begun[1:]] + [len(text)]
    return [
        (text[start:end], book.font_list[font].escapement == _RAISED)
        for (start, font), end in zip(begun, ends, strict=True)
    ]
