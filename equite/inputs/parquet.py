"""Read a Parquet file, if pyarrow is there to do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pandas as pd

from equite.inputs.frames import grid_of
from equite.inputs.grid import UnheadedTable, refusal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_parquet"]


def read_parquet(raw: bytes, name: str) -> UnheadedTable:
    """Read a Parquet file.

    Parameters
    ----------
    raw : bytes
        The file.
    name : str
        Its name, for the sentences.

    Raises
    ------
    TerritoriesError
        pyarrow is not installed, or cannot read the file.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise refusal("input-needs-pyarrow", name) from None
    try:
        return _grid_of(pq.read_table(pa.BufferReader(raw)))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        # pyarrow tells some damage as it would a file that cannot be opened, or a text that is none.
        raise refusal("input-unreadable", name) from error


def _grid_of(table: pa.Table) -> UnheadedTable:
    columns = {}
    for place in range(table.num_columns):
        plain = _plain(table.column(place))
        columns[place] = grid_of(table.select([place])).cells[0] if plain is None else plain
    return UnheadedTable(table.column_names, pd.DataFrame(columns), 1)


def _plain(column: pa.ChunkedArray) -> pd.Series | npt.NDArray[Any] | None:
    """Return a column of numbers or of texts, none of them blank, as it lies in the file; None for any other.

    Numbers come as they are: the frame that is made of them copies them, once.
    """
    from pyarrow import types

    kind = column.type
    if column.null_count:
        return None
    if types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind):
        found: npt.NDArray[Any] = column.to_numpy()
        return found
    if types.is_string(kind) or types.is_large_string(kind):
        texts = column.to_pandas()
        return None if (texts.str.strip() == "").any() else texts
    return None
