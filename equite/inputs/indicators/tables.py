"""What an indicator is computed from: numbers keyed by code, long tables and wide ones, each checked in full.

Nothing is dropped and nothing is filled in. Every mistake found is noted, each with the codes that it touches, and the
function that asked refuses once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.errors import Problems
from equite.inputs.cells import text_of, texts_of
from equite.inputs.columns import unknown_column
from equite.inputs.frames import grid_of
from equite.inputs.indicators.checks import (
    Floats,
    NumberRule,
    Texts,
    checked_numbers,
    labels_of,
    note_blank_codes,
    note_repeated,
)
from equite.inputs.reading import Source
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["Keyed", "TableGroups", "aligned", "long_table", "wide_table"]

#: Numbers keyed by code.
Keyed = pd.Series | Mapping[str, float]


@dataclass(frozen=True)
class TableGroups:
    """The territories of a long table whose rows are sorted by territory.

    Attributes
    ----------
    codes : array of str
        Each territory once, sorted.
    starts : array of int
        Where each one's rows begin.
    of : array of int
        Each row's place among the territories.
    """

    codes: Texts
    starts: npt.NDArray[np.intp]
    of: npt.NDArray[np.intp]

    @classmethod
    def by(cls, column: pd.Series) -> TableGroups:
        """Find the runs of one sorted column."""
        codes = column.to_numpy(dtype=object)
        begins = np.r_[True, codes[1:] != codes[:-1]]
        starts = np.flatnonzero(begins)
        return cls(codes[starts], starts, np.cumsum(begins) - 1)

    def total(self, values: Floats) -> Floats:
        """Add up the rows of each territory; a missing one makes the sum missing."""
        return np.add.reduceat(values, self.starts)

    def first_of_largest(self, values: Floats) -> npt.NDArray[np.intp]:
        """Find each territory's row of the largest value; of equal ones, the first."""
        return np.lexsort((-values, self.of))[self.starts]

    @property
    def index(self) -> pd.Index:
        """The codes, as results are indexed."""
        return pd.Index(self.codes, name="code", dtype=object)


def aligned(columns: Mapping[str, tuple[Keyed, NumberRule]], problems: Problems) -> pd.DataFrame:
    """Read several columns of numbers that are keyed by the same codes.

    Parameters
    ----------
    columns : mapping
        By the name that sentences give it, a column and what it may hold.
    problems : Problems
        Where mistakes are noted; they are not refused here.

    Returns
    -------
    pandas.DataFrame
        One row for each code of any column, sorted; NaN where a cell is wrong.
    """
    read = {name: _keyed(values, name, rule, problems) for name, (values, rule) in columns.items()}
    usable = {name: column for name, column in read.items() if column is not None}
    everyone = sorted({code for column in usable.values() for code in column.index})
    for name, column in usable.items():
        if absent := tuple(code for code in everyone if code not in column.index):
            problems.add("indicator-unmatched", name, codes=Codes(absent))
    blank = pd.Series(np.nan, index=everyone)
    filled = {name: usable.get(name, blank).reindex(everyone).to_numpy() for name in columns}
    return pd.DataFrame(filled, index=pd.Index(everyone, name="code", dtype=object))


def long_table(
    table: object, problems: Problems, *, texts: Sequence[str], unique: Sequence[str], numbers: Mapping[str, NumberRule]
) -> pd.DataFrame:
    """Read a table of one row for each piece: its texts, its numbers.

    Parameters
    ----------
    table : table
        A pandas, polars or pyarrow table, a mapping of columns, a list of rows, or territories.
    problems : Problems
        Where mistakes are noted; they are not refused here, save for columns that are not there.
    texts : sequence of str
        The headings of codes and names, in the order by which the rows come out sorted.
    unique : sequence of str
        Those of them that together may not repeat.
    numbers : mapping of str to NumberRule
        The headings of numbers, and what they may hold.

    Raises
    ------
    TerritoriesError
        If a column is not there, or if there is no row.
    """
    frame = _frame_of(table)
    names = list(dict.fromkeys(texts))
    _refuse_absent(frame, [*names, *numbers], problems)
    read = {name: texts_of(frame[name]) for name in names}
    for name, column in read.items():
        note_blank_codes(column, name, problems)
    note_repeated([read[name] for name in unique], ", ".join(unique), problems)
    labels = labels_of(list(read.values()))
    columns: dict[str, Texts | Floats] = {
        # A blank code is noted by now; as an empty text it sorts with the others.
        name: np.array([text or "" for text in column], dtype=object)
        for name, column in read.items()
    }
    for name, rule in numbers.items():
        columns[name] = checked_numbers(frame[name], labels, name, rule, problems)
    return pd.DataFrame(columns).sort_values(names, kind="stable", ignore_index=True)


def wide_table(
    table: object, key: str | None, problems: Problems, *, rules: Mapping[str, NumberRule] | NumberRule
) -> pd.DataFrame:
    """Read a table of one row for each code.

    Parameters
    ----------
    table : table
        As for :func:`long_table`.
    key : str or None
        The heading of the codes; None where they are the index of a pandas frame, or the key of territories.
    problems : Problems
        Where mistakes are noted; they are not refused here, save for columns that are not there.
    rules : mapping of str to NumberRule, or Rule
        The headings to read and what they may hold, or what all columns but the codes may hold.

    Raises
    ------
    TerritoriesError
        If a column is not there, or if there is no row.
    """
    by_index = key is None and isinstance(table, pd.DataFrame)
    # The codes of an index that has a name would come back as one more column.
    frame = _frame_of(table.reset_index(drop=True) if isinstance(table, pd.DataFrame) and by_index else table)
    if isinstance(table, Territories) and key is None:
        key = table.key
    _refuse_absent(frame, [] if key is None else [key], problems)
    columns = {name: rules for name in frame.columns if name != key} if isinstance(rules, NumberRule) else rules
    _refuse_absent(frame, list(columns), problems)
    if isinstance(table, Territories) and key == table.key and table.codes:
        # As read, with the width that was asked for.
        codes: Texts = np.array(table.codes, dtype=object)
    elif key is not None:
        codes = texts_of(frame[key])
    else:
        codes = _codes_of(table.index if isinstance(table, pd.DataFrame) else frame.index, "", problems)
    note_blank_codes(codes, key or "", problems)
    note_repeated([codes], key or "", problems)
    labels = labels_of([codes])
    read = {name: checked_numbers(frame[name], labels, name, rule, problems) for name, rule in columns.items()}
    return pd.DataFrame(read, index=pd.Index(labels, name="code", dtype=object)).sort_index(kind="stable")


def _frame_of(table: object) -> pd.DataFrame:
    """Copy a table, its headings tidied."""
    if isinstance(table, Territories):
        return table.data.reset_index(drop=True)
    grid = grid_of(table)
    return grid.cells.set_axis([text_of(heading) or "" for heading in grid.headings], axis="columns")


def _refuse_absent(frame: pd.DataFrame, wanted: Sequence[str], problems: Problems) -> None:
    """Refuse at once a table without the columns asked for: there is nothing else to look at."""
    for heading in wanted:
        found = int((frame.columns == heading).sum())
        if not found:
            problems.found.append(unknown_column(heading, frame, Source()))
        elif found > 1:
            problems.add("indicator-column-twice", heading)
    if frame.empty:
        problems.add("indicator-empty")
    if frame.empty or any((frame.columns == heading).sum() != 1 for heading in wanted):
        problems.refuse()


def _keyed(values: object, where: str, rule: NumberRule, problems: Problems) -> pd.Series | None:
    """Read one column of numbers keyed by code; nothing if it has no codes at all."""
    if not isinstance(values, (pd.Series, Mapping)):
        problems.add("indicator-not-keyed", where)
        return None
    column = values if isinstance(values, pd.Series) else pd.Series(dict(values), dtype=object)
    if column.empty:
        problems.add("indicator-empty", where)
        return None
    if isinstance(column.index, (pd.RangeIndex, pd.MultiIndex)):
        problems.add("indicator-not-keyed", where)
        return None
    codes = _codes_of(column.index, where, problems)
    note_blank_codes(codes, where, problems)
    note_repeated([codes], where, problems)
    labels = labels_of([codes])
    read = pd.Series(checked_numbers(column, labels, where, rule, problems), index=labels)
    return read[~read.index.duplicated()]


def _codes_of(index: pd.Index, where: str, problems: Problems) -> Texts:
    """Return an index as codes; the numbers of rows are none."""
    if isinstance(index, (pd.RangeIndex, pd.MultiIndex)):
        problems.add("indicator-row-numbers", where)
    return texts_of(pd.Series(index.to_numpy(dtype=object), dtype=object))
