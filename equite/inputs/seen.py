"""What a person sees in a sheet, and what the bare values of its cells do not say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from equite.inputs.marked import MarkedCell, percentage, percentages
from equite.inputs.number_formats import NumberFormat

__all__ = ["Layout", "Mark", "Seen", "UnseenError"]

_NUMBERS = frozenset((float, int))
#: What can lie in a cell beside its value.
Mark = MarkedCell | NumberFormat | str | bool


class UnseenError(Exception):
    """The file is laid out in a way that only its values can be read from."""


@dataclass(frozen=True)
class Layout:
    """What a person who looks at the table does not see of it, or what equite does not.

    Attributes
    ----------
    rows : tuple of int
        The rows of the file that are hidden or filtered out.
    columns : tuple of str
        The headings of the columns that are hidden.
    sheet : bool
        Whether the sheet itself is hidden.
    formats_seen : bool
        Whether the formats of the cells could be read: percent, errors, footnote calls and formulas without a value
        are told from plain values by them.
    stale : tuple of str
        The headings of the columns with formulas that the file leaves to be computed.
    letters : mapping of str to str
        The letters of each column, by its heading.
    spellings : mapping of str to str
        The heading as it stands in the table, by other spellings of it: ``km2`` for km², ``Population1`` for
        Population with a call to note 1.
    """

    rows: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    sheet: bool = False
    formats_seen: bool = True
    stale: tuple[str, ...] = ()
    letters: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)

    def heading(self, wanted: str) -> str:
        """Return the heading of the table that is meant by a spelling of it."""
        return self.spellings.get(wanted, wanted)


@dataclass
class Seen:
    """What one pass over a sheet found; rows and columns count from 0.

    Attributes
    ----------
    marks : list of tuple
        First and last row, first and last column, and what lies in these cells: a marked cell, a text, a truth, or the
        format that may show the number there in percent.
    shown : list of tuple
        The same for formats alone, by column: the column, the format, the rows.
    hidden_rows, hidden_columns : list of tuple of int
        First and last of each run.
    hidden : bool
        Whether the sheet is hidden.
    computed : set of int
        The columns that hold formulas.
    to_recompute : bool
        Whether the file leaves it to the next program to compute them, so that their values may be stale or none.
    """

    marks: list[tuple[int, int, int, int, Mark]] = field(default_factory=list)
    shown: list[tuple[int, NumberFormat, list[int]]] = field(default_factory=list)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    hidden: bool = False
    computed: set[int] = field(default_factory=set)
    to_recompute: bool = False

    def mark(self, row: int, column: int, mark: Mark) -> None:
        """Note one cell."""
        self.marks.append((row, row, column, column, mark))

    def laid_on(self, rows: list[list[Any]]) -> None:
        """Put the marks into the rows that were read; nothing is added beyond them."""
        literal: dict[int, dict[int, float]] = {}
        in_percent: set[int] = set()
        # The rows that calamine gives are of one width.
        count, width = len(rows), len(rows[0]) if rows else 0
        for column, shown, places in self._shown_within(rows):
            if column >= width:
                continue
            numbers = [row for row in places if row < count and type(rows[row][column]) in _NUMBERS]
            if shown.always == 1:
                found = percentages([rows[row][column] for row in numbers])
                for row, cell in zip(numbers, found, strict=True):
                    rows[row][column] = cell
                in_percent |= {column} if numbers else set()
                continue
            for row in numbers:
                value = rows[row][column]
                if signs := shown.percents(value):
                    rows[row][column] = percentage(value, signs)
                    in_percent.add(column)
                elif shown.literal(value):
                    literal.setdefault(column, {})[row] = value
        # 12.5 with a sign that its format only writes is as much in percent as 12.5 %, to whoever reads both.
        for column in in_percent.intersection(literal):
            for row, value in literal[column].items():
                rows[row][column] = percentage(value, signs=0)
        for top, bottom, left, right, mark in self.marks:
            if not isinstance(mark, NumberFormat):
                for row in range(top, min(bottom + 1, len(rows))):
                    for column in range(left, min(right + 1, len(rows[row]))):
                        rows[row][column] = mark

    def _shown_within(self, rows: list[list[Any]]) -> Iterator[tuple[int, NumberFormat, Iterable[int]]]:
        """Return the columns whose numbers some format may show in percent, and in which rows."""
        yield from self.shown
        width = len(rows[0]) if rows else 0
        for top, bottom, left, right, mark in self.marks:
            if isinstance(mark, NumberFormat):
                for column in range(left, min(right + 1, width)):
                    yield column, mark, range(top, min(bottom + 1, len(rows)))

    def rows_hidden(self, count: int) -> set[int]:
        """Return the hidden rows among the first ``count``."""
        return set(_within(self.hidden_rows, count))

    def columns_hidden(self, count: int) -> set[int]:
        """Return the hidden columns among the first ``count``."""
        return set(_within(self.hidden_columns, count))


def _within(runs: Iterable[tuple[int, int]], count: int) -> Iterable[int]:
    for first, last in runs:
        yield from range(first, min(last + 1, count))
