"""The sheet of calculations: columns from left to right, each of which refers only to those on its left.

A formula is written once, with :data:`ROW` where the row's number goes. Spreadsheets compute a column from the top
down, so each cell finds what it needs computed; a chain that went to and fro made LibreOffice give zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from equite.engine.sharing import Floats
from equite.report.live.closed import Unsupported
from equite.report.live.excel_limits import is_beyond_excel
from equite.report.live.ranges import total
from equite.report.live.terms import SUMMED, Term, stated
from equite.report.workbook.sheet import INK, MOST_COLUMNS, PALE, RULE, Book, fitting, paper
from equite.report.workbook.table import letters

__all__ = [
    "ABOVE",
    "ABSENT",
    "FIRST",
    "INPUT",
    "ROW",
    "TOTAL",
    "CalculationSheet",
    "Head",
    "LiveColumn",
    "absolute",
    "number_form",
    "quoted",
]

#: Stands for the row's number in a formula; a character that no name and no label has.
ROW = "\ue000"
#: Stands for the number of the row above.
ABOVE = "\ue003"
#: The row of the first territory, from 1, on the sheets of data and of calculations alike.
FIRST = 11
#: The rows of a column's figures of its own (lowest, highest, sum), from 1.
HEADS = 7
#: Stands for a bound that is not there.
ABSENT = 1e99

#: How a cell that may be changed looks.
INPUT: Mapping[str, Any] = {"bg_color": "#FFF7D6", "border": 1, "border_color": "#C99A2E", "font_color": "#1A3D8F"}


def number_form(book: Book) -> str:
    """Write the format of a figure that may be changed: thousands apart, decimals as they are."""
    # Of two sections, the second loses the sign of what is below zero: that one must only hold what is above.
    return f"[<1000]{book.locale}General;{book.number_format(0)}"


def quoted(name: str) -> str:
    """Return a sheet's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'!"


def absolute(cells: str) -> str:
    """Make an address absolute: ``B4`` becomes ``$B$4``."""
    return ":".join(
        f"${cell.rstrip('0123456789')}${cell.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}" for cell in cells.split(":")
    )


def cached(value: object) -> Any:
    """Return a value as a formula's cell carries it; a missing number is the error that stands for it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "#N/A"
    return value


def _listed(term: Term, rows: int) -> list[object]:
    """Return a term's values as the cells of a column carry them."""
    values, blank = np.broadcast_to(term.value, rows), np.broadcast_to(term.blank, rows)
    if np.isfinite(values).all():
        return list(values.tolist())
    return ["" if none else cached(value) for value, none in zip(values.tolist(), blank.tolist(), strict=True)]


@dataclass(frozen=True, eq=False)
class LiveColumn:
    """A column of a sheet.

    Attributes
    ----------
    letter : str
        Its letters.
    first, last : int
        Its first and last row.
    sheet : str
        The sheet's name as formulas write it; empty for the sheet of calculations, whose formulas need not name it.
    own : Term or None
        The row's own cell, with what all rows hold; None for what is typed in.
    figures : tuple of Term
        The figures that stand above it.
    """

    letter: str
    first: int
    last: int
    sheet: str = ""
    own: Term | None = None
    figures: tuple[Term, ...] = ()

    @property
    def cell(self) -> str:
        """The cell of the formula's own row."""
        return f"{self.sheet}${self.letter}{ROW}"

    @property
    def above(self) -> Term:
        """The cell above that of the formula's own row; above the first stands nothing, which is 0."""
        return stated(f"N({self.sheet}${self.letter}{ABOVE})", np.concatenate(([0.0], self.values[:-1])))

    @property
    def range(self) -> str:
        """All cells of the column."""
        return f"{self.sheet}${self.letter}${self.first}:${self.letter}${self.last}"

    @property
    def each(self) -> Term:
        """The cell of the formula's own row, as a term."""
        assert self.own is not None, self.letter
        return self.own

    @property
    def all(self) -> Term:
        """All cells of the column, as a term."""
        return Term(self.range, self.each.value, blank=self.each.blank, spans=True)

    @property
    def values(self) -> Floats:
        """What the column holds, in every row."""
        return self.each.value

    def head(self, at: int = 0) -> str:
        """Return the cell of one of the column's own figures."""
        return f"{self.sheet}${self.letter}${HEADS + at}"

    def on(self, sheet: str) -> LiveColumn:
        """Return the column as another sheet's formulas name it."""
        there = replace(self, sheet=quoted(sheet))
        return there if self.own is None else replace(there, own=replace(self.own, text=there.cell))


#: A figure of a column's own: its label, and the term that it is, made from the column.
Head = tuple[str, Callable[[LiveColumn], Term]]
#: The total of a column.
TOTAL: Head = ("Σ", lambda column: total(column.all))


class CalculationSheet:
    """The sheet of calculations in the making.

    Parameters
    ----------
    book : Book
        The workbook and its formats.
    name : str
        The sheet's name.
    rows : int
        The number of territories.
    title, about : str
        What stands above.
    """

    def __init__(self, book: Book, name: str, rows: int, title: str, about: str) -> None:
        self.book, self.name, self.rows = book, name, rows
        self.sheet = book.workbook.add_worksheet(name)
        self.last = FIRST + rows - 1
        self.columns = 0
        self._section = ""
        self._places = [str(row) for row in range(FIRST, FIRST + rows)]
        number = "0.0#####"
        self._plain = book.style(num_format=number, font_color="#333333")
        self._bold = book.style(num_format=number, bold=True, bottom=4, bottom_color=RULE)
        self._heading = book.style(bold=True, text_wrap=True, valign="bottom", bg_color=PALE, align="center")
        self._about = book.style(italic=True, text_wrap=True, valign="top", font_size=8, align="center")
        self.sheet.write_string(1, 0, fitting(title), book.style(bold=True, font_size=16, font_color=INK))
        self.sheet.write_string(2, 0, fitting(about), book.style(italic=True))
        self.sheet.set_row(4, 54)
        self.sheet.set_row(5, 48)
        self.sheet.hide_gridlines(2)
        paper(self.sheet, name, book.labels, width=400, landscape=True)

    def section(self, title: str) -> None:
        """Name the columns that follow."""
        self._section = title

    def column(
        self,
        heading: str,
        term: Term,
        *,
        about: str = "",
        heads: Sequence[Head] = (),
        bold: bool = False,
        rows: int | None = None,
    ) -> LiveColumn:
        """Write a column of formulas with the values that they give; ``rows`` cells instead of one a territory.

        Raises
        ------
        Unsupported
            The formula is longer or deeper than a spreadsheet takes, or has more arguments.
        """
        _refuse_beyond(term)
        assert not term.spans, term.text
        count = self.rows if rows is None else rows
        column = self._begin(heading, about, count, term)
        self._formulas(term.text, _listed(term, count), self._bold if bold else self._plain)
        return self._headed(column, heads)

    def texts(self, heading: str, formula: str, values: Sequence[str]) -> LiveColumn:
        """Write a column of formulas that give texts."""
        column = self._begin(heading, "", self.rows, None)
        self._formulas(formula, values, self._plain)
        return column

    def values(self, heading: str, term: Term, *, about: str = "") -> LiveColumn:
        """Write a column of a term's values, in another look: it does not recalculate."""
        column = self._begin(heading, about, self.rows, term)
        style = self.book.style(num_format="0.0#####", bg_color="#EEEEEE", italic=True)
        for row, value in enumerate(_listed(term, self.rows), start=FIRST - 1):
            if value == "#N/A":
                self.sheet.write_formula(row, self.columns - 1, "=NA()", style, value)
            else:
                self.sheet.write(row, self.columns - 1, value, style)
        return column

    def running(self, heading: str, term: Term, values: Floats, *, heads: Sequence[Head] = ()) -> LiveColumn:
        """Write the running total of a term, with the engine's values: each cell goes on from the one above."""
        total = f"N(${self.letters(0)}{ABOVE})+{term.within(SUMMED - 1)}"
        return self.column(heading, stated(total, values), heads=heads)

    def typed(self, heading: str, values: Sequence[str]) -> LiveColumn:
        """Write a column of texts that do not recalculate."""
        column = self._begin(heading, "", self.rows, None)
        style = self.book.style(bg_color="#EEEEEE", italic=True)
        for row, value in enumerate(values, start=FIRST - 1):
            self.sheet.write_string(row, self.columns - 1, fitting(value), style)
        return column

    def ladder(self, heading: str, terms: Sequence[Term], *, about: str = "") -> LiveColumn:
        """Write a column whose formulas differ from row to row, each of one figure."""
        values = np.array([term.figure for term in terms])
        column = self._begin(heading, about, len(terms), Term("", values))
        for row, term in enumerate(terms, start=FIRST - 1):
            self.sheet.write_formula(row, self.columns - 1, f"={term}", self._plain, cached(term.figure))
        return column

    def figure(self, heading: str, term: Term, *, about: str = "", label: str = "") -> Term:
        """Write a column of one cell, for what is the same for all; give the cell.

        Raises
        ------
        Unsupported
            As for a column.
        """
        _refuse_beyond(term)
        column = self._begin(heading, about, 0, None)
        return self._headed(column, [(label, lambda _: term)]).figures[0]

    def number(self, heading: str, value: float, *, about: str = "") -> Term:
        """Write a figure that does not recalculate; give the cell."""
        column = self._begin(heading, about, 0, None)
        style = self.book.style(num_format="0.0#####", bg_color="#EEEEEE", italic=True)
        self.sheet.write_number(HEADS - 1, self.columns - 1, value, style)
        return stated(column.head(), value)

    def letters(self, ahead: int) -> str:
        """Return the letters of the next column, or of one further on."""
        return letters(self.columns + ahead)

    def close(self, frozen: int) -> None:
        """Freeze the headings, and repeat them in print."""
        self.sheet.freeze_panes(FIRST - 1, frozen)
        self.sheet.repeat_rows(0, FIRST - 2)
        self.sheet.repeat_columns(0, max(frozen - 1, 0))

    def _formulas(self, formula: str, values: Sequence[object], style: Any) -> None:
        """Write one formula in the rows of the last column begun."""
        at, write, text = self.columns - 1, self.sheet.write_formula, f"={formula}"
        places = self._places if len(values) == self.rows else [str(row) for row in range(FIRST, FIRST + len(values))]
        goes_on = ABOVE in text
        for row, (place, value) in enumerate(zip(places, values, strict=True), start=FIRST - 1):
            written = text.replace(ROW, place)
            write(row, at, written.replace(ABOVE, str(row)) if goes_on else written, style, value)

    def _begin(self, heading: str, about: str, rows: int, term: Term | None) -> LiveColumn:
        """Write the headings of the next column; give the column, which holds what a term gives."""
        at = self.columns
        if at >= MOST_COLUMNS:
            raise Unsupported("large")
        self.columns += 1
        if self._section:
            look = self.book.style(bold=True, font_color=INK, bottom=1, bottom_color=INK)
            self.sheet.write_string(3, at, fitting(self._section), look)
            self._section = ""
        self.sheet.write_string(4, at, fitting(heading), self._heading)
        if about:
            self.sheet.write_string(5, at, fitting(about), self._about)
        self.sheet.set_column(at, at, 14)
        column = LiveColumn(letters(at), FIRST, FIRST + rows - 1)
        if term is None:
            return column
        value, blank = np.broadcast_to(term.value, rows), np.broadcast_to(term.blank, rows)
        return replace(column, own=Term(column.cell, value, blank=blank))

    def _headed(self, column: LiveColumn, heads: Sequence[Head]) -> LiveColumn:
        """Write a column's own figures above it, each of which may rest on those before it."""
        for at, (label, made) in enumerate(heads):
            term = made(column)
            form = _after_words(label, "0.0#####") if label else "0.0#####"
            style = self.book.style(num_format=form, font_color=INK, font_size=9, bg_color="#F5F8FC")
            self.sheet.write_formula(HEADS - 1 + at, self.columns - 1, f"={term}", style, cached(term.figure))
            column = replace(column, figures=(*column.figures, stated(column.head(at), term.value)))
        return column


def _refuse_beyond(term: Term) -> None:
    """Refuse a formula that Excel would not open."""
    if is_beyond_excel(term.text):
        raise Unsupported("long")


def _after_words(words: str, form: str) -> str:
    """Write a format with words before the figure: one section would put the minus before the words."""
    before = '"' + words.replace('"', "”")[:100] + '\u00a0"'
    return f"{before}{form};{before}-{form}"
