"""A table as it lies in its file, before anything is made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pandas as pd

from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.cells import EXACT, DecimalMark, text_of
from equite.inputs.seen import Layout

__all__ = ["UnheadedTable", "column_letters", "headed", "heading_row", "refusal", "truncate_problems", "whole_again"]

#: Up to so many mistakes of one column are all listed; beyond, the first few are, and the others counted.
_ALL, _FEW = 12, 5
#: The headings are looked for in so many rows.
_TOP = 200


@dataclass(frozen=True)
class UnheadedTable:
    """A table whose headings lie apart: its columns are numbered from 0, its rows stand as they came.

    Attributes
    ----------
    headings : sequence
        One for each column, blank ones included.
    cells : pandas.DataFrame
        What lies under them.
    first_row : int
        The row of the file where the cells begin, its first row being 1.
    sheet, encoding, separator, decimal : str, optional
        How they were found in the file.
    layout : Layout, optional
        What of a sheet is hidden, and what could not be seen of it.
    """

    headings: Sequence[object]
    cells: pd.DataFrame
    first_row: int
    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: DecimalMark | None = None
    layout: Layout = field(default_factory=Layout)


def refusal(entry: str, name: str = "", row: int | None = None, where: str = "", **values: object) -> TerritoriesError:
    """Make the error for the one thing that keeps a table from being read."""
    return TerritoriesError([Problem(entry, values, where, row, name, row_is_line=False)])


def truncate_problems(found: Iterable[Problem], count: int) -> Iterator[Problem]:
    """Keep every one of some problems of one kind, or the first few and a count of the others if they are many."""
    kept = list(islice(found, count if count <= _ALL else _FEW))
    yield from kept
    if count > len(kept):
        yield Problem("input-more", {"count": count - len(kept)}, kept[-1].where, None, kept[-1].file)


def heading_row(rows: Sequence[Sequence[object]]) -> int | None:
    """Find the row of the headings: the first that is filled, any title above a wider table passed over.

    A title is a row whose one cell is at the left of the table.
    """
    filled = [list(islice((at for at, cell in enumerate(row) if text_of(cell) is not None), 2)) for row in rows[:_TOP]]
    present = [place for place, cells in enumerate(filled) if cells]
    if not present:
        return None
    left = min(filled[place][0] for place in present)
    others = [place for place in present if filled[place] != [left]]
    return others[0] if 2 * len(others) >= len(present) else present[0]


def headed(grid: UnheadedTable, name: str) -> pd.DataFrame:
    """Put the headings on their columns, and leave out the rows and the columns that are wholly blank.

    Raises
    ------
    TerritoriesError
        If two headings are alike, if a filled column has none, or if nothing lies under them.
    """
    problems = Problems(TerritoriesError)
    places = defaultdict(list)
    for place, heading in enumerate(grid.headings):
        places[text_of(heading) or ""].append(place)
    nameless = [place for place in places.pop("", []) if grid.cells[place].notna().any()]
    row = grid.first_row - 1 if grid.first_row > 1 else None
    for place in nameless:
        problems.add("input-heading-empty", line=row, file=name, row_is_line=False, column=column_letters(place))
    for heading, alike in places.items():
        if len(alike) > 1:
            letters = ", ".join(map(column_letters, alike))
            problems.add("input-heading-twice", line=row, file=name, row_is_line=False, value=heading, columns=letters)
    problems.refuse()
    if not places:
        raise refusal("input-empty", name)
    kept = [place for alike in places.values() for place in alike]
    cells = grid.cells if len(kept) == len(grid.headings) else grid.cells[kept]
    cells.columns = pd.Index(list(places), dtype=object)
    blank = _blank_rows(cells)
    if len(blank):
        cells = cells.drop(index=blank).apply(whole_again)
    if cells.empty:
        raise refusal("input-no-rows", name)
    return cells


def _blank_rows(cells: pd.DataFrame) -> pd.Index:
    """Find the rows with nothing in them, looking only where the first column is blank."""
    absent = cells[cells.columns[0]].isna()
    if not absent.any():
        return cells.index[:0]
    suspects = cells[absent]
    return suspects.index[suspects.isna().all(axis="columns")]


def whole_again(column: pd.Series) -> pd.Series:
    """Make integers again of whole numbers that are floats for no reason but a blank row among them."""
    whole = column.dtype.kind == "f" and (column % 1 == 0).all() and (column.abs() <= EXACT).all()
    return column.astype("int64") if whole else column


def column_letters(place: int) -> str:
    """Name a column as spreadsheets do: A, B, … Z, AA."""
    text = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        text = chr(ord("A") + letter) + text
    return text
