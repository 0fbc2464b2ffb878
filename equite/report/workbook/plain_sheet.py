"""A sheet of XlsxWriter that takes cells as they are: the same bytes, for two thirds of the time.

XlsxWriter looks into the attributes of each cell for signs that XML escapes, and into each formula for functions newer
than Excel 2013. Our attributes are addresses, numbers of formats and words of its own, and our formulas hold no such
function: a test reads them all, and another holds the bytes against those of XlsxWriter's own sheet.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import CellFormulaTuple, CellNumberTuple, CellStringTuple, Worksheet

from equite.inputs.spelling import without_controls

__all__ = ["PlainSheet"]

_PLAIN = (CellNumberTuple, CellStringTuple)


class PlainSheet(Worksheet):  # type: ignore[misc]
    """A sheet that takes cells as they are."""

    #: How many formulas were written, so that one that is typed over shows.
    formulas = 0

    def _write_string(self, row: int, col: int, string: str, cell_format: Any = None) -> int:
        return int(super()._write_string(row, col, without_controls(string), cell_format))

    def _write_formula(self, row: int, col: int, formula: str, cell_format: Any = None, value: object = 0) -> int:
        if self._check_dimensions(row, col):
            return -1
        self.formulas += 1
        self.table[row][col] = CellFormulaTuple(
            without_controls(formula.removeprefix("=")),
            cell_format,
            without_controls(value) if isinstance(value, str) else value,
        )
        return 0

    def _calculate_spans(self) -> None:
        """Tell the first and the last column of each sixteen rows."""
        if self.comments:
            super()._calculate_spans()
            return
        spans: dict[int, tuple[int, int]] = {}
        for row, cells in self.table.items():
            if cells:
                first, last = spans.get(row // 16, (self.xls_colmax, 0))
                spans[row // 16] = min(first, *cells), max(last, *cells)
        self.row_spans = {block: f"{first + 1}:{last + 1}" for block, (first, last) in spans.items()}

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        """Write a number, a text or a formula that gives a number, in a format of its own; leave the others."""
        kind = cell.__class__
        if cell.format is None or not (kind in _PLAIN or (kind is CellFormulaTuple and _is_number(cell.value))):
            super()._write_cell(row, col, cell)
            return
        start = f'<c r="{xl_rowcol_to_cell_fast(row, col)}" s="{cell.format._get_xf_index()}"'
        if kind is CellNumberTuple:
            self.fh.write(f"{start}><v>{cell.number:.16G}</v></c>")
        elif kind is CellStringTuple:
            self.fh.write(f'{start} t="s"><v>{cell.string}</v></c>')
        else:
            self.fh.write(f"{start}><f>{_escaped(cell.formula)}</f><v>{cell.value}</v></c>")


def _is_number(value: object) -> bool:
    return not isinstance(value, str | bool)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
