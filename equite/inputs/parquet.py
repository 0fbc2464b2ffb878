"""Read a Parquet file, if pyarrow is there to do it: apart, since a damaged one may end the process that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.inputs import parquet_stream
from equite.inputs.apart import NoReaderError, read_apart
from equite.inputs.bounds import MOST_CELLS, MOST_READER_BYTES, MOST_READER_SECONDS
from equite.inputs.frames import grid_of
from equite.inputs.grid import UnheadedTable, refusal
from equite.wording import Numeral

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
        pyarrow is not installed, or cannot read the file within the bounds.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise refusal("input-needs-pyarrow", name) from None
    stream = _stream(raw, name)
    try:
        return _grid_of(pa.ipc.open_stream(pa.BufferReader(stream)).read_all())
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise refusal("input-unreadable", name) from error


def _stream(raw: bytes, name: str) -> bytes:
    """Read the file in a process of its own, into a stream of columns."""
    import pyarrow as pa

    try:
        failure, stream = read_apart(
            parquet_stream.__file__, (pa, np), (raw, MOST_CELLS), MOST_READER_BYTES, MOST_READER_SECONDS
        )
    except NoReaderError as error:
        if not error.started:
            raise refusal("input-no-reader", name) from None
        failure = parquet_stream.NO_ROOM
    if failure == parquet_stream.NO_ROOM:
        memory = Numeral(MOST_READER_BYTES // 1_000_000)
        raise refusal("input-parquet-limits", name, memory=memory, seconds=MOST_READER_SECONDS)
    if failure == parquet_stream.MANY_CELLS:
        raise refusal("input-many-cells", name, most=Numeral(MOST_CELLS))
    if failure:
        raise refusal("input-unreadable", name)
    return bytes(stream)


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
