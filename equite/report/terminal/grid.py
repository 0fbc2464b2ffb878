"""A small table of words and numbers, as text or as HTML."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from equite.report.html import tables
from equite.report.html.markup import Markup

__all__ = ["TextGrid", "shortened", "squeezed", "width_of"]

_GAP = "  "


def shortened(text: str, width: int) -> str:
    """Cut a text that is too long, and show that it was cut."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def squeezed(text: str, width: int) -> str:
    """Cut a text in its middle: what tells labels apart stands at their end as often as at their start."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end].rstrip()}…{text[-end:].lstrip()}"


@dataclass(frozen=True)
class TextGrid:
    """Headings and rows of cells that are already worded.

    Attributes
    ----------
    headings : tuple of str
        One for each column.
    rows : tuple of tuple of str
        The cells.
    right : tuple of bool
        Which columns are set flush right, as numbers are.
    total : tuple of str or None
        A last row, set apart.
    least : tuple of int
        The least places each column takes, so that several tables line up; empty for as few as may be.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]
    total: tuple[str, ...] | None = None
    least: tuple[int, ...] = ()

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The places each column takes: a heading may be cut between words, a cell may not be cut."""
        body = [*self.rows, *([self.total] if self.total else [])]
        least = self.least or (0,) * len(self.headings)
        return tuple(
            max([least[at], *(width_of(row[at]) for row in body), *(width_of(word) for word in heading.split(" "))])
            for at, heading in enumerate(self.headings)
        )

    @property
    def width(self) -> int:
        """The places the whole takes."""
        return sum(self.widths) + len(_GAP) * (len(self.widths) - 1)

    @property
    def wrapped_headings(self) -> tuple[list[str], ...]:
        """Each heading in lines that fit its column."""
        return tuple(
            textwrap.wrap(heading, width, break_long_words=False, break_on_hyphens=False) or [""]
            for heading, width in zip(self.headings, self.widths, strict=True)
        )

    def narrowed(self, column: int, width: int, least: int) -> TextGrid:
        """Cut one column's cells, to no less than ``least`` places, so that the whole takes no more than ``width``."""
        room = max(least, self.widths[column] - max(0, self.width - width))

        def cut(row: tuple[str, ...]) -> tuple[str, ...]:
            return (*row[:column], shortened(row[column], room), *row[column + 1 :])

        return replace(self, rows=tuple(map(cut, self.rows)))

    def text(self) -> str:
        """Set the table in aligned columns."""
        headings = self.wrapped_headings
        height = max(map(len, headings))
        # Headings stand on their last line, right above the cells.
        above = [[""] * (height - len(lines)) + lines for lines in headings]
        rule = [self._row(["─" * width for width in self.widths])]
        lines = [self._row([column[at] for column in above]) for at in range(height)]
        lines += rule + [self._row(row) for row in self.rows]
        if self.total:
            lines += [*rule, self._row(self.total)]
        return "\n".join(lines)

    def _row(self, cells: Sequence[str]) -> str:
        set_out = []
        for cell, width, right in zip(cells, self.widths, self.right, strict=True):
            blank = " " * (width - width_of(cell))
            set_out.append(blank + cell if right else cell + blank)
        return _GAP.join(set_out).rstrip()

    def html(self, caption: str = "") -> Markup:
        """Return the table as HTML, laid out as all that notebooks show."""
        head = tables.row(
            tables.heading(text, right=right) for text, right in zip(self.headings, self.right, strict=True)
        )
        foot = self._html_row(self.total, bold=True) if self.total else None
        return tables.table(caption, head, map(self._html_row, self.rows), foot)

    def _html_row(self, cells: Sequence[str], *, bold: bool = False) -> Markup:
        first, *others = zip(cells, self.right, strict=True)
        return tables.row(
            [tables.side(first[0]), *(tables.cell(text, right=right, bold=bold) for text, right in others)]
        )


def width_of(text: Iterable[str]) -> int:
    """Count the places a text takes: an accent set apart from its letter takes none, a wide letter takes two."""
    return sum(map(_places, text))


@cache
def _places(letter: str) -> int:
    return 0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
