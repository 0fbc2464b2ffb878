"""The table of territories: one row each, known by its code."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite import wording
from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.cells import texts_of, tidy
from equite.inputs.columns import Column, ColumnRule, Place, column_as, lost_as_text, unknown_column
from equite.inputs.frames import grid_of
from equite.inputs.grid import few, headed
from equite.inputs.reading import Source, read_table, with_text

__all__ = ["ColumnRule", "Territories", "read_territories"]

#: Rows and columns shown of a table, and the characters of each column.
_ROWS, _COLUMNS, _WIDE = 5, 10, 30


@dataclass(frozen=True, eq=False, repr=False)
class Territories:
    """A table of territories, as it was read.

    Attributes
    ----------
    data : pandas.DataFrame
        The cells as they were written, in their order. They are never changed; nor should you change them.
    key : str or None
        The heading of the codes.
    codes : tuple of str
        The territories' codes, always text, in the order of the rows; empty without a key.
    source : Source
        Where the table comes from.
    """

    data: pd.DataFrame
    key: str | None
    codes: tuple[str, ...]
    source: Source

    @classmethod
    def of(
        cls,
        table: object,
        *,
        key: str | None = None,
        width: int | None = None,
        text: Collection[str] = (),
        sheet: str | None = None,
    ) -> Territories:
        """Make territories of a path, a frame, a mapping of columns, a list of rows, or territories.

        Parameters
        ----------
        table : path, frame, mapping, sequence of mappings or Territories
            The table. Territories come back as they are, under another key if one is given.
        key, width, text, sheet
            As for :func:`read_territories`.
        """
        if isinstance(table, (str, os.PathLike)):
            return read_territories(table, key=key, width=width, text=text, sheet=sheet)
        if not isinstance(table, Territories):
            return cls.from_frame(table, key=key, width=width, text=text)
        if key is None or (tidy(key) == table.key and width is None):
            return table
        return _under_key(table.data, key, width, table.source)

    @classmethod
    def from_frame(
        cls, frame: object, *, key: str | None = None, width: int | None = None, text: Collection[str] = ()
    ) -> Territories:
        """Make territories of a table in memory, which is copied.

        Parameters
        ----------
        frame : frame
            A pandas, polars or pyarrow table, or anything that narwhals or the Arrow interface understands; a mapping
            of columns; a sequence of mappings, one a row.
        key, width, text
            As for :func:`read_territories`.
        """
        data = with_text(headed(grid_of(frame), ""), _with_key(text, key))
        found = _under_key(data, key, width, Source())
        return cls(data, found.key, found.codes, Source(fingerprint=partial(_fingerprint, data, found.codes)))

    def columns_for(self, rules: Sequence[ColumnRule]) -> dict[str, Column]:
        """Give the columns that a formula asks for, by its own names.

        Returns
        -------
        dict of str to array
            Floats, NaN where a cell is missing; for a column of text, str or None.

        Raises
        ------
        TerritoriesError
            With every mistake of every column.
        """
        problems = Problems(TerritoriesError)
        columns: dict[str, Column] = {}
        for rule in rules:
            heading = tidy(rule.heading)
            if heading not in self.data.columns:
                problems.found.append(unknown_column(heading, self.data, self.source, rule.line))
                continue
            columns[rule.name], mistakes = column_as(rule, self._place(heading))
            problems.found.extend(mistakes)
        problems.refuse()
        return columns

    def numbers(self, heading: str) -> npt.NDArray[np.float64]:
        """Give one column as numbers, NaN where a cell is missing."""
        return self.columns_for([ColumnRule(heading, heading)])[heading].astype(np.float64)

    def texts(self, heading: str) -> npt.NDArray[np.object_]:
        """Give one column as text, None where a cell is blank."""
        return self.columns_for([ColumnRule(heading, heading, "text")])[heading].astype(np.object_)

    def row(self, position: int) -> int:
        """Give the row of the file where a territory stands, the headings being usually on row 1."""
        return self.source.first_row + int(self.data.index[position])

    def _place(self, heading: str) -> Place:
        return Place(self.data, heading, self.codes, self.source)

    def __len__(self) -> int:
        """Count the territories."""
        return len(self.data)

    def __repr__(self) -> str:
        """Show what the table holds, and its first rows."""
        shown = self._shown().rename(columns=lambda heading: textwrap.shorten(heading, _WIDE, placeholder="…"))
        written = partial(wording.numeral, language=wording.preferred_language())
        text = shown.to_string(max_cols=_COLUMNS, max_colwidth=_WIDE, na_rep="—", float_format=written)
        return f"{self._summary()}\n{text}"

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        from equite.report.notebook_inputs import territories_html

        return territories_html(self, self._summary())

    def _shown(self) -> pd.DataFrame:
        head = self.data.head(_ROWS)
        return head.set_axis(list(self.codes[:_ROWS]), axis="index") if self.codes else head

    def _summary(self) -> str:
        rows, columns = self.data.shape
        missing = int(self.data.isna().sum().sum())
        said = wording.say("input-summary", wording.preferred_language(), rows=rows, columns=columns, missing=missing)
        return f"{self.source.name} · {said}" if self.source.name else said


def read_territories(
    path: str | os.PathLike[str],
    *,
    key: str | None = None,
    width: int | None = None,
    text: Collection[str] = (),
    sheet: str | None = None,
) -> Territories:
    """Read a table of territories from a file.

    Parameters
    ----------
    path : path
        CSV, workbook or Parquet; see :func:`equite.inputs.reading.read_table`.
    key : str, optional
        The heading of the codes, which must be there and differ.
    width : int, optional
        How many digits a code of digits has: with 3, ``10`` becomes ``010`` and ``1000`` is refused.
    text : collection of str, optional
        Headings of the other columns that are text, whatever their cells look like.
    sheet : str, optional
        The sheet of a workbook; by default the first.

    Raises
    ------
    TerritoriesError
        If the file holds no table, or with every code that is missing, repeated or too long.
    """
    data, source = read_table(path, text=_with_key(text, key), sheet=sheet)
    return _under_key(data, key, width, source)


def _with_key(text: Collection[str], key: str | None) -> tuple[str, ...]:
    return (*text, key) if key is not None else tuple(text)


def _under_key(data: pd.DataFrame, key: str | None, width: int | None, source: Source) -> Territories:
    """Find the codes, and refuse those that are missing, repeated or too long."""
    if key is None:
        return Territories(data, None, (), source)
    heading = tidy(key)
    if heading not in data.columns:
        raise TerritoriesError([unknown_column(heading, data, source)])
    place = Place(data, heading, (), source)
    codes = [_padded(code, width) for code in texts_of(place.column)]
    problems = Problems(TerritoriesError)
    problems.found.extend(lost_as_text(place) or _wrong_codes(codes, width, place))
    problems.refuse()
    return Territories(data, heading, tuple(code for code in codes if code is not None), source)


def _padded(code: str | None, width: int | None) -> str | None:
    """Give a code of digits its width, whatever a spreadsheet made of it: 10 or 10.0 for 010."""
    if code is None or width is None or (len(code) == width and code.isdigit()):
        return code
    digits = re.fullmatch(r"([0-9]+)(?:\.0+)?", code)
    return digits[1].zfill(width) if digits else code


def _wrong_codes(codes: Sequence[str | None], width: int | None, place: Place) -> list[Problem]:
    first: dict[str, int] = {}
    found = []
    for position, code in enumerate(codes):
        if code is None:
            found.append((position, "input-code-missing", 0))
        elif width is not None and len(code) > width and re.fullmatch("[0-9]+", code):
            found.append((position, "input-code-long", 0))
        elif first.setdefault(code, position) != position:
            found.append((position, "input-code-twice", place.row(first[code])))
    problems = (place.mistake(entry, position, first=row, width=width) for position, entry, row in found)
    return list(few(problems, len(found)))


def _fingerprint(data: pd.DataFrame, codes: Sequence[str]) -> str:
    """Give the SHA-256 of the table's CSV, its rows in the order of their codes."""
    order = sorted(range(len(codes)), key=codes.__getitem__) if codes else range(len(data))
    return sha256(data.iloc[list(order)].to_csv(index=False, lineterminator="\n").encode()).hexdigest()
