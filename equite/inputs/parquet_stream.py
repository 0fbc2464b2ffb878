"""Make an Arrow stream of a Parquet file, whose parts all hold together: run apart (:mod:`equite.inputs.apart`).

This file needs pyarrow, and nothing of equite.
"""

from __future__ import annotations

import os

__all__ = ["DAMAGED", "MANY_CELLS", "NO_ROOM", "apart"]

#: Why there is no stream.
DAMAGED, MANY_CELLS, NO_ROOM = "damaged", "many cells", "no room"


def apart(raw: bytes, most_cells: int) -> tuple[str, bytes]:
    """Return why there is no stream, or nothing and the stream."""
    # The memory that others set aside at once would count as taken.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(raw))
        # A few bytes may stand for a value that returns a billion times.
        if file.metadata.num_rows * file.metadata.num_columns > most_cells:
            return MANY_CELLS, b""
        table = file.read(use_threads=False)
        # What was read of a damaged file may point beyond itself.
        table.validate(full=True)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return "", sink.getvalue().to_pybytes()
    except MemoryError:
        return NO_ROOM, b""
    # pyarrow tells some damage as it would a file that cannot be opened, or a text that is none.
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        return DAMAGED, b""
