"""Tables already in memory: pandas, polars, pyarrow, anything that narwhals or the Arrow interface understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from equite.inputs.cells import typed
from equite.inputs.grid import UnheadedTable, refusal

__all__ = ["grid_of"]

_COPIES_ON_WRITE = int(pd.__version__.partition(".")[0]) >= 3


def grid_of(table: object, first_row: int = 0) -> UnheadedTable:
    """Copy a table out of memory.

    Parameters
    ----------
    table : table
        A pandas, polars, pyarrow or other frame, a mapping of columns, or a sequence of mappings, one a row.
    first_row : int
        What the first row is called in the sentences.

    Raises
    ------
    TerritoriesError
        If it is no table, or if its columns are not of one length.
    """
    return replace(_grid_of(table), first_row=first_row)


def _grid_of(table: object) -> UnheadedTable:
    if isinstance(table, Sequence) and not isinstance(table, (str, bytes)):
        if not all(isinstance(row, Mapping) for row in table):
            raise refusal("input-no-table", kind=type(table).__name__)
        headings = list(dict.fromkeys(heading for row in table for heading in row))
        return _from_columns({heading: [row.get(heading) for row in table] for heading in headings})
    if isinstance(table, Mapping):
        return _from_columns({heading: list(_cells(column)) for heading, column in table.items()})
    if isinstance(table, pd.DataFrame):
        return _from_pandas(table)
    return _from_narwhals(table)


def _cells(column: Any) -> Any:
    """Return the cells of one column of a mapping; a single value is no column."""
    if isinstance(column, (str, bytes)) or not hasattr(column, "__iter__"):
        raise refusal("input-no-table", kind="dict")
    return column.tolist() if hasattr(column, "tolist") else column


def _from_columns(columns: Mapping[Any, Sequence[object]]) -> UnheadedTable:
    if len({len(column) for column in columns.values()}) > 1:
        raise refusal("input-uneven")
    cells = pd.DataFrame({place: typed(column) for place, column in enumerate(columns.values())})
    return UnheadedTable(list(columns), cells, 0)


def _from_pandas(table: pd.DataFrame) -> UnheadedTable:
    """Copy a pandas frame; an index that has a name is a column like the others.

    Where pandas copies what is written to as it is written (from its version 3 on), the cells stay where they are.
    """
    named = [name for name in table.index.names if name is not None and name not in table.columns]
    frame = table.reset_index(level=named) if named else table.copy(deep=not _COPIES_ON_WRITE)
    headings = list(frame.columns)
    frame.index, frame.columns = pd.RangeIndex(len(frame)), pd.RangeIndex(len(headings))
    return UnheadedTable(headings, frame, 0)


def _from_narwhals(table: Any) -> UnheadedTable:
    """Copy any other frame column by column, which asks for no other library than its own."""
    import narwhals as nw

    try:
        frame = nw.from_native(table)
    except TypeError:
        frame = nw.from_native(_arrow(table))
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    columns = {}
    for place, heading in enumerate(frame.columns):
        series = frame[heading]
        plain = series.dtype.is_numeric() and not series.null_count()
        columns[place] = pd.Series(np.array(series.to_numpy())) if plain else typed(series.to_list())
    return UnheadedTable(list(frame.columns), pd.DataFrame(columns), 0)


def _arrow(table: Any) -> Any:
    """Read what offers the Arrow PyCapsule interface."""
    if not hasattr(table, "__arrow_c_stream__"):
        raise refusal("input-no-table", kind=type(table).__name__)
    try:
        import pyarrow as pa
    except ImportError:
        raise refusal("input-needs-pyarrow") from None
    return pa.table(table)
