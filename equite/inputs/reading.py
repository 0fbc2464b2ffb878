"""Read a table from a file, whatever wrote it: CSV, a workbook, Parquet.

The content of the file decides how it is read, not the end of its name.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import os
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.errors import TerritoriesError, nearest
from equite.inputs.cells import DecimalMark, TextsRead, texts_of, tidied_column, tidy
from equite.inputs.delimited import read_delimited
from equite.inputs.files import bounded_bytes
from equite.inputs.grid import UnheadedTable, headed, refusal
from equite.inputs.marked import MarkedCell
from equite.inputs.packages import unpacked_gzip
from equite.inputs.parquet import read_parquet
from equite.inputs.seen import Layout
from equite.inputs.spelling import unseen_in
from equite.inputs.workbooks import read_workbook_sheet

__all__ = ["Source", "read_table"]

Texts = npt.NDArray[np.object_]
_GZIP, _ZIP, _OLE, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"


@dataclass(frozen=True)
class Source:
    """Where a table comes from.

    Attributes
    ----------
    name : str
        The name of the file, without its folder; empty for a table that was in memory.
    sheet, encoding, separator, decimal : str or None
        How the table was found in the file. ``decimal`` is None where the file does not show it.
    first_row : int
        The row of the file where the data begin, as the person sees it: the headings stand on the row before. For a
        table in memory, rows count from 0, as pandas shows them.
    decimal_stated : bool
        Whether ``decimal`` was stated, rather than found.
    after_blank : tuple of int
        The index of each row of the table that stands below a blank line.
    unseen : mapping of str to frozenset of int
        The index of the rows whose texts held signs that nobody sees and are kept without them, by heading.
    layout : Layout
        What of a sheet is hidden, whether the formats of its cells could be read, and other spellings of its headings.
    fingerprint : callable
        What works out ``sha256`` when it is first asked for, from the very bytes or cells that were read.
    file : Path or None
        Where it lies; None for a table that was in memory.
    """

    name: str = ""
    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: DecimalMark | None = None
    first_row: int = 0
    layout: Layout = field(default=Layout(), repr=False, compare=False)
    decimal_stated: bool = field(default=False, kw_only=True)
    after_blank: tuple[int, ...] = field(default=(), kw_only=True)
    unseen: Mapping[str, frozenset[int]] = field(default_factory=dict, repr=False, compare=False, kw_only=True)
    fingerprint: Callable[[], str] = field(default=str, repr=False, compare=False)
    file: Path | None = field(default=None, repr=False, compare=False, kw_only=True)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file's bytes; for a table in memory, of its CSV in the order of its codes."""
        return self.fingerprint()


def read_table(
    path: str | os.PathLike[str],
    *,
    text: Collection[str] = (),
    sheet: str | None = None,
    decimal: DecimalMark | None = None,
    as_written: Collection[str] = (),
) -> tuple[pd.DataFrame, Source, dict[str, TextsRead]]:
    """Read a table from a file.

    Parameters
    ----------
    path : path
        A CSV file (gzipped or not), a workbook (.xlsx, .xlsm, .xls, .ods) or a Parquet file.
    text : collection of str, optional
        Headings of the columns that are text, whatever their cells look like.
    sheet : str, optional
        The sheet of a workbook; by default the first.
    decimal : {".", ","}, optional
        The sign before decimals in a file of delimited text, which otherwise shows it or leaves numbers open.
    as_written : collection of str, optional
        Headings of the columns of delimited text whose decimal sign is another: their cells stay text.

    Returns
    -------
    tuple of pandas.DataFrame, Source and dict of str to TextsRead
        The cells as they were written, under tidied headings. A column in which a number begins with a zero is text.
        What is wholly blank is left out: the row of a cell in the file is ``source.first_row`` plus its index. With
        them what columns of text say, by heading, where that was found on the way.

    Raises
    ------
    TerritoriesError
        If there is no such file or sheet, or if it holds no table.
    """
    file = Path(path).expanduser()
    raw = _bytes_of(file)
    grid = _grid(raw, file, text, sheet, decimal, as_written)
    frame = headed(grid, file.name)
    read: dict[str, TextsRead] = {}
    unseen: dict[str, frozenset[int]] = {}
    if grid.encoding is None:
        frame, read, unseen = with_text(frame, text, grid.layout)
    source = Source(
        file.name,
        grid.sheet,
        grid.encoding,
        grid.separator,
        grid.decimal,
        grid.first_row,
        grid.layout,
        partial(_sha256, raw),
    )
    is_stated = decimal is not None and grid.encoding is not None
    return frame, replace(source, decimal_stated=is_stated, file=file.absolute(), unseen=unseen), read


def with_text(
    frame: pd.DataFrame,
    text: Collection[str],
    layout: Layout = Layout(),  # noqa: B008
) -> tuple[pd.DataFrame, dict[str, TextsRead], dict[str, frozenset[int]]]:
    """Make text of the columns that are, cells that a spreadsheet took for numbers included.

    What is no text in them stays as it is, to be told or refused when the column is used: dates that codes became,
    footnote calls, errors.

    Returns
    -------
    tuple of pandas.DataFrame, dict of str to TextsRead and dict of str to frozenset of int
        The table; what the columns that held nothing but texts say, by heading; the index of the rows whose texts held
        signs that nobody sees, which are left out of them, by heading.
    """
    wanted = {layout.heading(tidy(heading)) for heading in text}.intersection(frame.columns)
    read: dict[str, TextsRead] = {}
    changed: dict[str, Texts] = {}
    unseen: dict[str, frozenset[int]] = {}
    for heading in wanted:
        column = frame[heading]
        if isinstance(column.dtype, pd.StringDtype):
            read[heading] = tidied_column(column)
            if read[heading].labels is None:
                changed[heading] = read[heading].texts
        else:
            changed[heading] = _kept_as_they_are(column, texts_of(column))
        # Texts that are compared as they stand hold none.
        if heading in changed and (places := unseen_in(column.tolist())):
            unseen[heading] = frozenset(column.index[places].tolist())
    return frame.assign(**changed) if changed else frame, read, unseen


def _kept_as_they_are(column: pd.Series, texts: Texts) -> Texts:
    """Put back the cells of a column that are no texts."""
    if column.dtype == object:
        kept = [at for at, cell in enumerate(column) if isinstance(cell, (MarkedCell, datetime.date))]
        if kept:
            texts[kept] = column.to_numpy()[kept]
    return texts


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _bytes_of(file: Path) -> bytes:
    try:
        return bounded_bytes(file, TerritoriesError)
    except FileNotFoundError:
        beside = [entry.name for entry in file.parent.iterdir()] if file.parent.is_dir() else []
        raise refusal("input-no-file", value=file.name, nearest=nearest(file.name, beside)) from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG and file.is_dir():
            raise refusal("input-folder", value=file.name) from None
        raise refusal("input-unopened", file.name, reason=error.strerror or "") from error


def _grid(
    raw: bytes,
    file: Path,
    text: Collection[str],
    sheet: str | None,
    decimal: DecimalMark | None,
    as_written: Collection[str],
) -> UnheadedTable:
    """Choose the reader by the first bytes of the file."""
    name, plain = file.name, not raw.startswith(_GZIP)
    if not plain:
        try:
            raw = unpacked_gzip(raw, name, TerritoriesError)
        except (OSError, EOFError, zlib.error) as error:
            raise refusal("input-unreadable", name) from error
    if raw.startswith((_ZIP, _OLE)):
        return read_workbook_sheet(raw, name, sheet)
    if sheet is not None:
        raise refusal("input-sheet-not-workbook", name, value=sheet)
    if raw.startswith(_PARQUET):
        return read_parquet(raw, name)
    path = file if plain else None
    return read_delimited(raw, name, text, path, decimal=decimal, as_written=as_written)
