"""Delimited text: CSV in the encodings, separators and decimal marks that people have.

The head of the file tells its dialect. pandas' own reader then reads the whole of it once: what it finds to be numbers
is numbers; anything that it does not stays the text that was written, to be read with care if it is asked for.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.errors import Problem, TerritoriesError
from equite.inputs.bounds import MOST_COLUMNS, MOST_FIELD
from equite.inputs.cells import DecimalMark, marks_shown, readings, tidy
from equite.inputs.encodings import decoded
from equite.inputs.grid import UnheadedTable, heading_row, refusal, truncate_problems
from equite.wording import Numeral

__all__ = ["read_delimited"]

#: How much of a file is looked at to find what it is, and its dialect: bytes; rows, for its separator and its marks.
_START, _HEAD, _SAMPLE, _CLOSER = 1 << 12, 1 << 16, 60, 12
#: A mark that no number holds: where a file does not tell its own, every decimal is left as text.
_NO_MARK = "\x01"
_LEADING_ZERO = r"\s*0[0-9]"
#: A number with one point and three digits after it, and nothing else that settles what the point means.
_GROUPED = r"\s*[+-]?[1-9][0-9]{0,2}\.[0-9]{3}\s*"
#: Bytes searched together, few enough to stay in the processor's cache.
_BLOCK = 1 << 16
#: From this size on, pandas (since 3.1) reads a plain file on several processors, if it is given the path.
_LARGE = 6 << 20
_PANDAS = tuple(int(number) for number in re.findall(r"\d+", pd.__version__)[:2])
_NEWLINE, _QUOTE, _ZERO, _MINUS, _POINT = b'\n"0-.'
#: By byte, whether a number goes on with it.
_GOES_ON = np.isin(np.arange(256), np.frombuffer(b"0123456789eE.", dtype=np.uint8))

Positions = npt.NDArray[np.intp]


def read_delimited(
    raw: bytes,
    name: str,
    text: Collection[str],
    path: Path | None = None,
    *,
    decimal: DecimalMark | None = None,
    as_written: Collection[str] = (),
) -> UnheadedTable:
    """Read delimited text.

    Parameters
    ----------
    raw : bytes
        The file.
    name : str
        Its name, for the sentences.
    text : collection of str
        Headings of the columns that are text, whatever their cells look like.
    path : Path, optional
        Where the same bytes lie, if they do.
    decimal : {".", ","}, optional
        The sign before decimals, where somebody states it.
    as_written : collection of str
        Headings of the columns to be kept as they were written, for a decimal sign of their own.

    Raises
    ------
    TerritoriesError
        If the file is no table of text, or if a row has more cells than there are headings.
    """
    body, encoding = decoded(raw, name)
    _refuse_other_files(body, name)
    body = _lines(body)
    try:
        head = _head_of(body)
    except csv.Error:
        raise refusal("input-long-cell", name, most=Numeral(MOST_FIELD)) from None
    if head is None:
        raise refusal("input-empty", name)
    _refuse_wide(body, head.separator.encode(), name)
    head = replace(head, stated=decimal)
    plain = path if body is raw and head.plain and len(raw) >= _LARGE and _PANDAS >= (3, 1) else None
    wanted = {tidy(heading) for heading in (*text, *as_written)}
    as_text = head.codes | {place for place, heading in enumerate(head.headings) if tidy(heading) in wanted}
    width = len(head.headings)
    if any(len(row) > width for row in head.below):
        width = _widest(body, head, name)
    try:
        cells = _parsed(body, head, width, as_text, plain)
    except pd.errors.ParserError as error:
        width = _widest(body, head, name, error)
        cells = _parsed_again(body, head, width, as_text, name)
    headings = [*head.headings, *[""] * (width - len(head.headings))]
    return UnheadedTable(headings, cells, head.first_row, None, encoding, head.separator, head.decimal)


def _refuse_other_files(body: bytes, name: str) -> None:
    if b"\0" in body or re.search(rb"[\x01-\x08\x0e-\x1f]", body[:_START]):
        raise refusal("input-unreadable", name)
    if body[:_START].lstrip().startswith(b"<"):
        raise refusal("input-web-page", name)


def _refuse_wide(body: bytes, separator: bytes, name: str) -> None:
    """Refuse a row of more cells than a sheet has columns, filled or not, before it is laid out.

    Such a row is longer than that, so only the long ones are looked at: others are passed over by leaps.
    """
    start = 0
    while len(body) - start > MOST_COLUMNS:
        leap = body.rfind(b"\n", start, start + MOST_COLUMNS)
        if leap >= 0:
            start = leap + 1
            continue
        end = body.find(b"\n", start + MOST_COLUMNS)
        row = body[start:] if end < 0 else body[start:end]
        if row.count(separator) >= MOST_COLUMNS:
            # What stands between quotation marks is one cell.
            cells = re.sub(rb'"[^"]*"', b"", row).count(separator) + 1
            if cells > MOST_COLUMNS:
                count, at = Numeral(cells), body.count(b"\n", 0, start) + 1
                raise refusal("input-many-columns", name, at, count=count, most=Numeral(MOST_COLUMNS))
        start += len(row) + 1


def _lines(body: bytes) -> bytes:
    """End lines as pandas can follow, and drop the blank ones at the end, which would make floats of integers."""
    if b"\n" not in body:
        body = body.replace(b"\r", b"\n")
    return body.rstrip(b"\r\n") if body.endswith((b"\n\n", b"\n\r\n")) else body


# --- the dialect, from the head of the file


@dataclass(frozen=True)
class _Head:
    """The first rows of a file, under one separator."""

    separator: str
    spaced: bool
    rows: list[list[str]]
    titles: int
    lines: list[str]
    stated: DecimalMark | None = None

    @property
    def starts(self) -> int:
        """The place of the first byte under the headings."""
        return sum(len(line.encode()) for line in self.lines)

    @property
    def plain(self) -> bool:
        """Whether each row down to the headings is a line."""
        return len(self.lines) == self.titles + 1 and all(line.strip() for line in self.lines)

    @cached_property
    def headings(self) -> list[str]:
        return self.rows[self.titles]

    @cached_property
    def below(self) -> list[list[str]]:
        return [row for row in self.rows[self.titles + 1 :] if row]

    @property
    def first_row(self) -> int:
        return self.titles + 2

    @cached_property
    def rank(self) -> tuple[bool, float, int]:
        """A table, whose rows fill its headings, comes first; then the one with fewer titles above; then ``;``."""
        width = len(self.headings)
        filling = sum(1 < _filled(row) <= width for row in self.below) / max(len(self.below), 1)
        if width > 1 and (filling >= 0.8 or not self.below):
            return False, self.titles, ";\t,".index(self.separator)
        return True, -filling * (width - 1), ",;\t".index(self.separator)

    @cached_property
    def marks(self) -> tuple[bool, bool]:
        """Whether the rows show a decimal point, a decimal comma."""
        point = comma = False
        for number, row in enumerate(self.below):
            shown = marks_shown(readings(cell) for cell in row if "." in cell or "," in cell)
            point, comma = point or shown[0], comma or shown[1]
            if number >= _CLOSER and (point or comma):
                break
        return point, comma

    @property
    def decimal(self) -> DecimalMark | None:
        """The mark that is stated, or that the rows show, if they show one and not both."""
        if self.stated:
            return self.stated
        point, comma = self.marks
        return None if point == comma else "." if point else ","

    @property
    def codes(self) -> set[int]:
        """The columns in which a number is seen to begin with a zero."""
        closer = self.below[:_CLOSER]
        return {place for row in closer for place, cell in enumerate(row) if re.match(_LEADING_ZERO, cell)}


def _filled(row: list[str]) -> int:
    """Count a row's cells without the empty ones at its end, which spreadsheets leave behind."""
    return max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0)


def _head_of(body: bytes) -> _Head | None:
    """Find the separator under which the head of the file is best a table."""
    size = max(_HEAD, 2 * body.find(b"\n"))
    text = body[:size].decode(errors="ignore")
    lines = io.StringIO(text, newline="").readlines()
    if len(body) > size and len(lines) > 1:
        del lines[-1]
    separators = [separator for separator in ",;\t" if separator in text] or [","]
    heads = [head for separator in separators if (head := _under(separator, lines)) is not None]
    return min(heads, key=lambda head: head.rank, default=None)


def _under(separator: str, lines: list[str]) -> _Head | None:
    """Read the head of the file with one separator."""
    spaced = any(f'{separator} "' in line for line in lines[:_SAMPLE])
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=spaced)
    rows = [(row, reader.line_num) for row in islice(reader, _SAMPLE)]
    titles = heading_row([row for row, _ in rows])
    if titles is None:
        return None
    return _Head(separator, spaced, [row for row, _ in rows], titles, lines[: rows[titles][1]])


# --- the whole of it


def _parsed(body: bytes, head: _Head, width: int, as_text: set[int], plain: Path | None) -> pd.DataFrame:
    """Read every row with pandas, keeping as text the columns where a number begins with a zero."""
    options = _options(head, width)
    dtype = dict.fromkeys(as_text, object) or None
    cells = _in_parallel(plain, len(head.lines), options | {"dtype": dtype}) if plain else None
    if cells is None:
        cells = _at_once(body, head.starts, options | {"dtype": dtype})
    numbers = {place for place in range(width) if cells[place].dtype.kind in "iuf"}
    zeros = _leading_zeros(body, head.starts, ord(head.separator)) if numbers else None
    suspects = sorted(numbers & zeros.columns(len(cells), width)) if zeros else []
    if suspects:
        texts = _at_once(body, head.starts, options | {"usecols": suspects, "dtype": object})
        for place in suspects:
            if texts[place].str.match(_LEADING_ZERO, na=False).any():
                cells[place] = texts[place]
    if options["decimal"] == "." and not head.stated and _has_thousandths(body, head.starts):
        _reopen(cells, body, head, options)
    return cells


def _reopen(cells: pd.DataFrame, body: bytes, head: _Head, options: dict[str, Any]) -> None:
    """Return back their text to the columns whose every point may part thousands, as that of 12.345 may.

    Where the head of the file shows that one does not, the column is not looked at again.
    """
    decided = {
        place
        for row in head.below
        for place, cell in enumerate(row)
        if "." in cell and re.fullmatch(_GROUPED, cell) is None
    }
    floats = [place for place in range(cells.shape[1]) if cells[place].dtype.kind == "f" and place not in decided]
    numbers = [place for place in floats if _may_group(cells[place])]
    if not numbers:
        return
    texts = _at_once(body, head.starts, options | {"usecols": numbers, "dtype": object})
    for place in numbers:
        pointed = texts[place][texts[place].str.contains(".", regex=False, na=False)]
        if len(pointed) and pointed.str.fullmatch(_GROUPED).all():
            cells[place] = texts[place]


def _has_thousandths(body: bytes, starts: int) -> bool:
    """Tell whether some point has one to three digits before it, not all zeros, and three after it.

    All points are looked at together: a search for the pattern takes several times as long as reading the file does.
    """
    signs, block = np.frombuffer(body, dtype=np.uint8)[starts:], np.zeros(_BLOCK + 7, dtype=np.uint8)
    for start in range(0, len(signs), _BLOCK):
        # Three signs before the block and four after it, where there are so many.
        first, last = max(start - 3, 0), min(start + _BLOCK + 4, len(signs))
        block[:] = 0
        block[first - start + 3 : last - start + 3] = signs[first:last]
        points = np.flatnonzero(block[3 : _BLOCK + 3] == _POINT) + 3
        # The signs that most points fail by come first.
        points = points[block[points + 3] - _ZERO < 10]
        points = points[~_GOES_ON[block[points + 4]]]
        for at in (1, 2):
            points = points[block[points + at] - _ZERO < 10]
        before = [block[points - at] - _ZERO for at in (1, 2, 3)]
        opened = [(digit > 0) & (digit < 10) for digit in before]
        inside = [digit < 10 for digit in before]
        if (opened[0] | (inside[0] & (opened[1] | (inside[1] & opened[2])))).any():
            return True
    return False


def _may_group(column: pd.Series) -> bool:
    """Tell whether no number settles what its point means, by four digits before it, none, or another count after."""
    values = np.abs(column.dropna().to_numpy(dtype=np.float64))
    broken = values[values != np.rint(values)]
    scaled = broken * 1000
    return bool(((broken > 1) & (broken < 1000) & (np.abs(scaled - np.rint(scaled)) < 1e-6)).all())


def _parsed_again(body: bytes, head: _Head, width: int, as_text: set[int], name: str) -> pd.DataFrame:
    """Read every row at the width that they turned out to have."""
    try:
        return _parsed(body, head, width, as_text, None)
    except pd.errors.ParserError as error:
        raise refusal("input-unreadable", name) from error


def _options(head: _Head, width: int) -> dict[str, Any]:
    """Tell pandas the dialect, and to take nothing but a blank for missing."""
    return {
        "sep": head.separator,
        "decimal": head.decimal or (_NO_MARK if head.separator != "," or any(head.marks) else "."),
        "skipinitialspace": head.spaced,
        "header": None,
        "names": list(range(width)),
        "index_col": False,
        "keep_default_na": False,
        "na_values": [""],
        "skip_blank_lines": False,
    }


def _at_once(body: bytes, starts: int, options: dict[str, Any]) -> pd.DataFrame:
    """Read the rows so that each column is wholly numbers, or wholly text."""
    stream = io.BytesIO(body)
    stream.seek(starts)
    frame: pd.DataFrame = pd.read_csv(stream, low_memory=False, **options)
    return frame


def _in_parallel(path: Path, lines: int, options: dict[str, Any]) -> pd.DataFrame | None:
    """Read the rows of a large file on several processors, unless a column turns out to be numbers here, text there."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.DtypeWarning)
        try:
            frame: pd.DataFrame = pd.read_csv(path, skiprows=lines, **options)
        except pd.errors.DtypeWarning:
            return None
    return frame


@dataclass(frozen=True)
class _Zeros:
    """Cells that begin with a zero and a digit: whether some open a line, where the others are, where cells end."""

    opening: bool
    inside: Positions
    ends: Positions
    closed: bool

    def columns(self, rows: int, width: int) -> set[int]:
        """Find the columns they are in; they may be in any, where the rows are not all of one width."""
        found = {0} if self.opening else set()
        if not len(self.inside):
            return found
        # The end of the headings counts too, and that of the last cell if the file is closed by a new line.
        if len(self.ends) != rows * width + self.closed:
            return set(range(width))
        return found | set(np.unique((np.searchsorted(self.ends, self.inside) - 1) % width).tolist())


def _leading_zeros(body: bytes, starts: int, separator: int) -> _Zeros:
    """Find the cells that begin with a zero and a digit.

    Reading a code as a number loses its zeros, and pandas does not tell. A pass over the bytes does, for about a tenth
    of the time that reading takes.
    """
    signs = np.frombuffer(body, dtype=np.uint8)[max(starts - 1, 0) :]
    hits = [np.empty(0, dtype=np.intp)]
    for start in range(0, len(signs), _BLOCK):
        block = signs[start : start + _BLOCK + 2]
        before, digits = block[:-2], block - _ZERO
        found = before < _MINUS
        if separator > _MINUS:
            found |= before == separator
        found &= digits[1:-1] == 0
        found &= digits[2:] < 10
        hits.append(np.flatnonzero(found) + (start + 1))
    zeros = np.concatenate(hits)
    inside = zeros[signs[zeros - 1] != _NEWLINE]
    opening, closed = len(inside) < len(zeros), body.endswith(b"\n")
    return _Zeros(opening, inside, _ends(signs, separator) if len(inside) else inside, closed)


def _ends(signs: npt.NDArray[np.uint8], separator: int) -> Positions:
    """Find where every cell ends: the separators and the new lines that are not between quotation marks."""
    blocks = (signs[start : start + _BLOCK] for start in range(0, len(signs), _BLOCK))
    found = [np.flatnonzero((block == separator) | (block == _NEWLINE)) + _BLOCK * i for i, block in enumerate(blocks)]
    ends = np.concatenate(found)
    quotes = np.flatnonzero(signs == _QUOTE)
    return ends[np.searchsorted(quotes, ends) % 2 == 0] if len(quotes) else ends


def _widest(body: bytes, head: _Head, name: str, error: Exception | None = None) -> int:
    """Return the width of the widest row, or refuse the rows that have cells under no heading."""
    opened = re.search(r"EOF inside string starting at row (\d+)", str(error))
    if opened:
        raise refusal("input-quote", name, head.first_row + int(opened[1]))
    width = widest = len(head.headings)
    found = []
    reader = csv.reader(io.StringIO(body.decode(), newline=""), delimiter=head.separator, skipinitialspace=head.spaced)
    try:
        for number, row in enumerate(reader, start=1):
            if number >= head.first_row and len(row) > width:
                widest = max(widest, len(row))
                if any(cell.strip() for cell in row[width:]):
                    found.append((number, len(row)))
    except csv.Error:
        raise refusal("input-unreadable", name) from error
    if found:
        problems = (
            Problem("input-wide-row", {"count": count, "width": width}, "", number, name, row_is_line=False)
            for number, count in found
        )
        raise TerritoriesError(truncate_problems(problems, len(found))) from error
    if error is not None and widest == width:
        raise refusal("input-unreadable", name) from error
    return widest
