"""Sheets written from the top down: titles, paragraphs, labelled values, tables, in the formats of one language."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equite.engine.rounding import round_half_away
from equite.report.language.labels import Labels
from equite.wording import LOCALES, Language

__all__ = [
    "AROUND",
    "HIGHEST",
    "INK",
    "LINE",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "MOST_TEXT",
    "PALE",
    "RULE",
    "Book",
    "Cell",
    "Formats",
    "FormattedNumber",
    "Sheet",
    "fitting",
    "lines_of",
    "paper",
]

#: What a sheet and a cell of an .xlsx file can hold.
MOST_ROWS, MOST_COLUMNS, MOST_TEXT = 1_048_576, 16_384, 32_767
#: The rows of a table that are not territories: the headings and the totals.
AROUND = 2
#: The height of a line, and of the highest row that a spreadsheet shows, in points.
LINE, HIGHEST = 13.5, 409.0

#: Wider than this, a sheet goes on larger paper.
_WIDEST = 205
INK, PALE, RULE = "#1F3A5F", "#E3EAF3", "#C9D2DE"


@dataclass(frozen=True)
class FormattedNumber:
    """A number and its format; missing ones leave the cell empty. With a formula, it is what that gives."""

    value: float
    format: str
    formula: str = ""


Cell = str | FormattedNumber | None


def fitting(text: str) -> str:
    """Return a text as a cell can hold it; what is beyond would make the spreadsheet refuse the file."""
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


class Formats:
    """The formats of a workbook in the making, in one language.

    Parameters
    ----------
    workbook : xlsxwriter.Workbook
        The workbook.
    language : {"fr", "en"}
        The readers'.
    """

    def __init__(self, workbook: Any, language: Language) -> None:
        self.workbook, self.language = workbook, language
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def style(self, **properties: object) -> Any:
        """Return a format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]

    @property
    def locale(self) -> str:
        """The mark by which a format writes numbers as the readers' language does."""
        return LOCALES[self.language].excel

    def number_format(self, digits: int) -> str:
        """Write the format of a plain number."""
        return self.locale + "#,##0" + ("." + "0" * digits if digits else "")

    def change_format(self, plain: str, none: str = "—") -> str:
        """Write the format of a change: a minus sign below zero, a dash (or another text) for none."""
        # A minus sign before the locale would make spreadsheets read the locale as text.
        return f"{plain};{self.locale}-{plain.removeprefix(self.locale)};{none}"

    def share_format(self, digits: int) -> str:
        """Write the format of a share, shown in percent."""
        signs = {"{number}": "0" + ("." + "0" * digits if digits else ""), "%": "%"}
        pieces = re.split(r"({number}|%)", LOCALES[self.language].percent)
        return self.locale + "".join(signs.get(piece) or _literal(piece) for piece in pieces)


class Book(Formats):
    """A workbook in the making, with its formats and the words of a page.

    Parameters
    ----------
    workbook : xlsxwriter.Workbook
        The workbook.
    labels : Labels
        Of the readers' language.
    """

    def __init__(self, workbook: Any, labels: Labels) -> None:
        super().__init__(workbook, labels.language)
        self.labels = labels

    def money_format(self, digits: int) -> str:
        """Write the format of an amount, its sign where the language has it."""
        symbol = self.labels.symbol.replace('"', "”")[:60]
        plain = self.number_format(digits)
        unit = ("", f"\u00a0{symbol}")
        before, after = unit if self.labels.formula.unit else LOCALES[self.language].around(symbol)
        return self.locale + _literal(before) + plain.removeprefix(self.locale) + _literal(after)

    def money(self, value: float | None, digits: int | None = None) -> FormattedNumber:
        """Return an amount with its sign."""
        shown = self.labels.digits if digits is None else digits
        return FormattedNumber(_cell_value(value, shown), self.money_format(shown))

    def number(self, value: float | None, digits: int | None = None) -> FormattedNumber:
        """Return a number with the decimals it needs."""
        if digits is None:
            written = self.labels.number(math.nan if value is None else value)
            digits = len(written.partition(LOCALES[self.language].decimal)[2])
        return FormattedNumber(_cell_value(value, digits), self.number_format(digits))

    def share(self, value: float | None, digits: int = 1) -> FormattedNumber:
        """Return a share of one, in percent."""
        return FormattedNumber(_cell_value(value, digits + 2), self.share_format(digits))


def _literal(text: str) -> str:
    """Return a text as it stands in a number format."""
    return f'"{text}"' if text else ""


def _cell_value(value: float | None, digits: int) -> float:
    """Return what a cell holds: what it shows, and no dust beyond."""
    return math.nan if value is None else float(round_half_away(np.array(value), digits)) + 0.0


class Sheet:
    """One sheet of text and small tables, written from the top down in columns of given widths.

    Parameters
    ----------
    book : Book
        The workbook.
    name : str
        The sheet's name.
    widths : sequence of float
        The width of each column, in characters.
    """

    def __init__(self, book: Book, name: str, widths: Sequence[float], *, landscape: bool = False) -> None:
        self.book, self.name, self.widths = book, name, tuple(widths)
        self.sheet = book.workbook.add_worksheet(name)
        self.row = 0
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self.sheet.hide_gridlines(2)
        paper(self.sheet, name, book.labels, width=sum(widths), landscape=landscape)

    def skip(self) -> None:
        """Leave a row empty."""
        self.row += 1

    def title(self, text: str) -> None:
        """Write the sheet's title."""
        self._across(text, self.book.style(bold=True, font_size=16, font_color=INK, text_wrap=True, valign="top"), 1.75)

    def simulation(self) -> None:
        """Say that nothing is decided, as long as nothing is."""
        if said := self.book.labels.simulation:
            self.paragraph(said, bold=True)

    def section(self, text: str) -> None:
        """Begin a section."""
        self.row += 1
        style = self.book.style(bold=True, font_size=12, font_color=INK, bottom=1, bottom_color=INK)
        for column in range(len(self.widths)):
            self.sheet.write_blank(self.row, column, None, style)
        self.sheet.write_string(self.row, 0, fitting(text), style)
        self.sheet.set_row(self.row, 1.4 * LINE)
        self.row += 1

    def paragraph(self, text: str, **properties: object) -> None:
        """Write a text across the sheet."""
        self._across(text, self.book.style(text_wrap=True, valign="top", **properties), 1.0)

    def _across(self, text: str, style: Any, size: float) -> None:
        """Merge the row's cells, and give it the height that its text needs: merged cells do not grow by themselves."""
        text = fitting(text)
        self.sheet.merge_range(self.row, 0, self.row, len(self.widths) - 1, "", style)
        self.sheet.write_string(self.row, 0, text, style)
        width = max(10, int(sum(self.widths) / size * 1.05))
        self.sheet.set_row(self.row, min(HIGHEST, LINE * size * lines_of(text, width) + 2))
        self.row += 1

    def pairs(self, pairs: Sequence[tuple[str, Cell]]) -> list[int]:
        """Write labels and values, one pair a row; give the rows."""
        rows = []
        for label, value in pairs:
            self._cell(0, label, bold=True)
            if isinstance(value, str) and len(self.widths) > 2:
                style = self.book.style(text_wrap=True, valign="top")
                self.sheet.merge_range(self.row, 1, self.row, len(self.widths) - 1, "", style)
                self.sheet.write_string(self.row, 1, fitting(value), style)
                width = int(sum(self.widths[1:]) * 1.05)
                high = max(lines_of(value, width), lines_of(label, int(self.widths[0])))
                self.sheet.set_row(self.row, min(HIGHEST, LINE * high + 2))
            else:
                self._cell(1, value)
            rows.append(self.row)
            self.row += 1
        return rows

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[int]:
        """Write a small table; give its rows. Numbers stand right, with their headings."""
        right = {at for row in rows for at, cell in enumerate(row) if isinstance(cell, FormattedNumber)}
        self.high(headings, 0.95)
        for column, heading in enumerate(headings):
            align = "right" if column in right else "left"
            self._cell(column, heading, bold=True, bg_color=PALE, valign="vcenter", align=align)
        self.row += 1
        written = []
        for row in rows:
            self.high(row)
            for column, cell in enumerate(row):
                self._cell(column, cell, bottom=1, bottom_color=RULE)
            written.append(self.row)
            self.row += 1
        return written

    def high(self, cells: Sequence[Cell], room: float = 1.05) -> None:
        """Return a row the height that its texts need: some programs do not make it grow by themselves."""
        needed = [
            lines_of(cell, int(width * room))
            for cell, width in zip(cells, self.widths, strict=False)
            if isinstance(cell, str) and len(cell) > width * room
        ]
        if needed:
            self.sheet.set_row(self.row, min(HIGHEST, LINE * max(needed) + 2))

    def _cell(self, column: int, cell: Cell, **properties: object) -> None:
        look = {"text_wrap": True, "valign": "top", **properties}
        if isinstance(cell, FormattedNumber):
            style = self.book.style(**{"align": "right", **look, "num_format": cell.format})
            if cell.formula:
                self.sheet.write_formula(self.row, column, f"={cell.formula}", style, cell.value)
            elif math.isfinite(cell.value):
                self.sheet.write_number(self.row, column, cell.value, style)
            else:
                self.sheet.write_blank(self.row, column, None, style)
            return
        # Beside a column of numbers set flush right, a text needs room.
        if column and look.get("align") != "right":
            look |= {"align": "left", "indent": 1}
        if cell:
            self.sheet.write_string(self.row, column, fitting(cell), self.book.style(**look))
        else:
            self.sheet.write_blank(self.row, column, None, self.book.style(**look))


def lines_of(text: str, width: int) -> int:
    """Tell how many lines a text takes at a width in characters."""
    return sum(max(1, len(textwrap.wrap(line, max(1, width)))) for line in text.split("\n"))


def paper(worksheet: Any, name: str, labels: Labels, *, width: float, landscape: bool) -> None:
    """Set up a sheet for printing: one page wide, numbered pages, the paper of the page's currency."""
    here = labels.formula.currency in ("CAD", "USD")
    # Letter or legal on one side of the ocean, A4 or A3 on the other.
    worksheet.set_paper((5 if here else 8) if width > _WIDEST else (1 if here else 9))
    if landscape:
        worksheet.set_landscape()
    worksheet.fit_to_pages(1, 0)
    worksheet.set_margins(left=0.5, right=0.5, top=0.75, bottom=0.75)
    # Left, middle and right of a header stand on one line.
    title = _shortened(labels.worded(labels.formula.heading), 55 if labels.simulation else 90)
    # In a header, an ampersand begins a command.
    said = [("&L", title), ("&C", labels.simulation), ("&R", name)]
    worksheet.set_header("".join(side + text.replace("&", "&&") for side, text in said if text))
    worksheet.set_footer("&C" + labels.say("book-page", page="&P", pages="&N"))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
