"""The table of territories: one row each, known by its code."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite import wording
from equite.arguments import takes
from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.cells import DecimalMark, TextsRead, texts_of, tidy
from equite.inputs.columns import (
    Column,
    ColumnPlace,
    ColumnRead,
    ColumnRule,
    column_as,
    controls_refused,
    heading_alike,
    lost_as_text,
    suppressed_in,
    unknown_column,
)
from equite.inputs.frames import grid_of
from equite.inputs.grid import headed, truncate_problems
from equite.inputs.labels import Labels
from equite.inputs.reading import Source, read_table, with_text
from equite.inputs.rows.reading import read_rows
from equite.inputs.rows.rows import LeftOut, RowRules, Rows, RowsRead
from equite.inputs.spelling import alike, twice_spelled

__all__ = ["ColumnRule", "Territories", "columns_of", "read_territories"]

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
    rows_read : mapping of RowRules to RowsRead
        What was found, by the rules of a page, when its rows were looked at.

    Examples
    --------
    >>> territories = equite.Territories.of({"code": ["A", "B"], "people": ["1 000", "n.d."]}, key="code")
    >>> territories.codes
    ('A', 'B')
    """

    data: pd.DataFrame
    key: str | None
    codes: tuple[str, ...]
    source: Source
    rows_read: Mapping[RowRules, RowsRead] = field(default_factory=dict)
    # The same territories as pages made them by their rules: a page is often applied to one table many times.
    _looked: dict[RowRules, Territories] = field(default_factory=dict, init=False)
    # Columns of text as they were read: their cells take the longest.
    _texts: dict[str, ColumnRead] = field(default_factory=dict, init=False)

    @classmethod
    @takes(TerritoriesError)
    def of(
        cls,
        table: object,
        *,
        key: str | None = None,
        width: int | None = None,
        text: Collection[str] = (),
        sheet: str | None = None,
        rows: RowRules | None = None,
        decimal: DecimalMark | None = None,
        as_written: Collection[str] = (),
    ) -> Territories:
        """Make territories of a path, a frame, a mapping of columns, a list of rows, or territories.

        Parameters
        ----------
        table : path, frame, mapping, sequence of mappings or Territories
            The table. Territories come back as they are, under another key if one is given.
        key : str, optional
            The heading of the codes, which must be there and differ.
        width : int, optional
            How many digits a code of digits has: with 3, ``10`` becomes ``010`` and ``1000`` is refused.
        text : collection of str, optional
            Headings of the other columns that are text, whatever their cells look like.
        sheet : str, optional
            The sheet of a workbook; by default the first.
        rows : RowRules, optional
            What a page says of the table's rows: those that it leaves out go before codes are checked, and those that
            look like notes or totals are noted, for the page to refuse.
        decimal : {".", ","}, optional
            The sign before decimals in a file of delimited text. Without it ``12.345`` is refused where nothing in its
            column settles what the point means.
        as_written : collection of str, optional
            Headings of the columns of delimited text whose decimal sign is another, to be stated as they are read.

        Returns
        -------
        Territories
            The cells as they were written, and the codes.

        Raises
        ------
        TerritoriesError
            If what is given is no table, or with every code that is missing, repeated or too long.

        Examples
        --------
        >>> equite.Territories.of([{"code": 1, "people": 10}, {"code": 2, "people": 20}], key="code", width=2).codes
        ('01', '02')
        """
        if isinstance(table, (str, os.PathLike)):
            return read_territories(
                table,
                key=key,
                width=width,
                text=text,
                sheet=sheet,
                rows=rows,
                decimal=decimal,
                as_written=as_written,
            )
        if not isinstance(table, Territories):
            return cls.from_frame(table, key=key, width=width, text=text, rows=rows)
        looked_at = rows is None or rows in table.rows_read
        if key is None or (tidy(key) == table.key and width is None):
            if rows is None or rows in table.rows_read or table.key is None:
                return table
            if rows not in table._looked:
                keyed = _Keyed(table.data, table.key, table.codes, table.source)
                table._looked[rows] = _looked_at(keyed, None, rows, table.rows_read)
            return table._looked[rows]
        return _under_key(table.data, key, width, table.source, None if looked_at else rows, table.rows_read)

    @classmethod
    @takes(TerritoriesError)
    def from_frame(
        cls,
        frame: object,
        *,
        key: str | None = None,
        width: int | None = None,
        text: Collection[str] = (),
        rows: RowRules | None = None,
    ) -> Territories:
        """Make territories of a table in memory, which is copied.

        Parameters
        ----------
        frame : frame
            A pandas, polars or pyarrow table, or anything that narwhals or the Arrow interface understands; a mapping
            of columns; a sequence of mappings, one a row.
        key : str, optional
            The heading of the codes, which must be there and differ.
        width : int, optional
            How many digits a code of digits has: with 3, ``10`` becomes ``010`` and ``1000`` is refused.
        text : collection of str, optional
            Headings of the other columns that are text, whatever their cells look like.
        rows : RowRules, optional
            What a page says of the table's rows, as for :func:`equite.read_territories`.

        Returns
        -------
        Territories
            The cells as they are in the frame, and the codes.

        Raises
        ------
        TerritoriesError
            If what is given is no table, or with every code that is missing, repeated or too long.

        Examples
        --------
        >>> import pandas as pd
        >>> equite.Territories.from_frame(pd.DataFrame({"code": ["A"], "people": [10]}), key="code").codes
        ('A',)
        """
        data, read, unseen = with_text(headed(grid_of(frame), ""), _with_key(text, key))
        source = Source(after_blank=_after_blank(data), unseen=unseen)
        found = _under_key(data, key, width, source, rows, written=read.get(tidy(key or "")))
        return replace(found, source=replace(source, fingerprint=partial(_fingerprint, found.data, found.codes)))

    @takes(TerritoriesError)
    def columns_for(self, rules: Sequence[ColumnRule]) -> dict[str, Column]:
        """Return the columns that a formula asks for, by its own names.

        Parameters
        ----------
        rules : sequence of ColumnRule
            What is asked of each column: its ``name`` here, its ``heading`` in the table, how its cells are read, the
            values that they may hold.

        Returns
        -------
        dict of str to array
            Floats, NaN where a cell is missing; for a column of text, str or None.

        Raises
        ------
        TerritoriesError
            With every mistake of every column.

        Examples
        --------
        >>> from equite.inputs.territories import ColumnRule
        >>> territories.columns_for([ColumnRule("population", "people")])["population"].tolist()
        [1000.0, nan]
        """
        read = {name: column.values for name, column in columns_of(self, rules).items()}
        return {name: values if values.flags.writeable else values.copy() for name, values in read.items()}

    @takes(TerritoriesError)
    def suppressed_for(self, rules: Sequence[ColumnRule]) -> dict[str, npt.NDArray[np.bool_]]:
        """Return, for each column that has some, the cells whose figure exists and is withheld, by a mark of the page.

        Parameters
        ----------
        rules : sequence of ColumnRule
            What is asked of each column: its ``name`` here, its ``heading`` in the table, how its cells are read, the
            values that they may hold.

        Returns
        -------
        dict of str to array of bool
            By name; a column without such cells is left out.

        Examples
        --------
        >>> from equite.inputs.territories import ColumnRule
        >>> territories.suppressed_for([ColumnRule("population", "people")])
        {}
        """
        marked = [rule for rule in rules if rule.kind != "text" and rule.marks.suppressed]
        found = {rule.name: suppressed_in(rule, self._place(tidy(rule.heading))) for rule in marked}
        return {name: cells for name, cells in found.items() if cells is not None}

    @takes(TerritoriesError)
    def numbers(self, heading: str) -> npt.NDArray[np.float64]:
        """Return one column as numbers, NaN where a cell is missing.

        Parameters
        ----------
        heading : str
            The column's heading in the table.

        Returns
        -------
        array of float, shape (n,)
            In the order of the rows.

        Raises
        ------
        TerritoriesError
            There is no such column, or some of its cells cannot be read so; every one of them at once.

        Examples
        --------
        >>> territories.numbers("people").tolist()
        [1000.0, nan]
        """
        return self.columns_for([ColumnRule(heading, heading)])[heading].astype(np.float64)

    @takes(TerritoriesError)
    def texts(self, heading: str) -> npt.NDArray[np.object_]:
        """Return one column as text, None where a cell is blank.

        Parameters
        ----------
        heading : str
            The column's heading in the table.

        Returns
        -------
        array of str or None, shape (n,)
            In the order of the rows.

        Raises
        ------
        TerritoriesError
            There is no such column, or some of its cells cannot be read so; every one of them at once.

        Examples
        --------
        >>> territories.texts("people").tolist()
        ['1 000', 'n.d.']
        """
        return self.columns_for([ColumnRule(heading, heading, "text", is_shown=True)])[heading].astype(np.object_)

    @takes(TerritoriesError)
    def with_figures(self, figures: Mapping[str, Any]) -> Territories:
        """Return the same territories with other figures in some columns, or with more columns.

        Parameters
        ----------
        figures : mapping of str to array_like, shape (n,)
            By heading, one number for each row, in the order of :attr:`table`; NaN where it is missing.

        Returns
        -------
        Territories
            A table in memory; this one is as it was.

        Raises
        ------
        TerritoriesError
            A column has not one number for each row.

        Examples
        --------
        >>> territories.with_figures({"people": [1_200, 3_000]}).numbers("people").tolist()
        [1200.0, 3000.0]
        """
        columns, problems = {}, Problems(TerritoriesError)
        for heading, given in figures.items():
            try:
                found = np.asarray(given, dtype=np.float64)
            except (TypeError, ValueError):
                found = np.empty(0)
            if found.shape != (len(self),):
                problems.add("figures-not-for-each-row", name=heading, count=len(self))
            columns[self.source.layout.heading(tidy(heading))] = found
        problems.refuse()
        data = self.data.assign(**columns)
        source = replace(self.source, name="", sheet=None, encoding=None, separator=None)
        source = replace(source, fingerprint=partial(_fingerprint, data, self.codes))
        return replace(self, data=data, source=source)

    @cached_property
    def _twins(self) -> dict[str, str]:
        """The headings that look like another, and that one."""
        groups = twice_spelled(self.data.columns)
        return {heading: group[0 if heading != group[0] else 1] for group in groups for heading in group}

    @property
    def table(self) -> pd.DataFrame:
        """The cells as they were written, one row for each territory, a copy."""
        return self.data.reset_index(drop=True)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The rows that a page left out of the table, as no territories."""
        return tuple(dict.fromkeys(each for found in self.rows_read.values() for each in found.left_out))

    @takes(TerritoriesError)
    def row(self, position: int) -> int:
        """Return the row of the file where a territory stands, the headings being usually on row 1.

        Parameters
        ----------
        position : int
            Its place among :attr:`codes`, the first being 0.

        Returns
        -------
        int
            The row, counted as a spreadsheet counts; for a table in memory, from 0 as its frame does.

        Examples
        --------
        >>> territories.row(1)
        1
        """
        return self.source.first_row + int(self.data.index[position])

    def to_csv(self, path: str | Path) -> Path:
        """Write the table to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English. A text
        that a spreadsheet would run as a formula has an apostrophe before it.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> territories.to_csv("table.csv").name
        'table.csv'
        """
        from equite.report.results import territories_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(territories_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write the table to a workbook of one sheet, in the readers' language.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> territories.to_excel("table.xlsx").name
        'table.xlsx'
        """
        from equite.report.results import territories_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(territories_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: the first rows, then the whole table.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> territories.to_html("table.html").name
        'table.html'
        """
        from equite.report.results import territories_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(territories_shown(self), path)

    def _read(self, rule: ColumnRule, heading: str) -> ColumnRead:
        """Read a column; one of text once for all pages, since their rules say nothing more of it."""
        if rule.kind != "text":
            return column_as(rule, self._place(heading))
        if heading not in self._texts:
            found = column_as(rule, self._place(heading))
            found.values.setflags(write=False)
            self._texts[heading] = found
        return self._texts[heading]

    def _place(self, heading: str) -> ColumnPlace:
        return ColumnPlace(self.data, heading, self.codes, self.source)

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
        from equite.report.html.inputs import territories_html

        return territories_html(self, self._summary())

    def _shown(self) -> pd.DataFrame:
        head = self.data.head(_ROWS)
        return head.set_axis(list(self.codes[:_ROWS]), axis="index") if self.codes else head

    def _summary(self) -> str:
        rows, columns = self.data.shape
        missing = int(self.data.isna().sum().sum())
        said = wording.say("input-summary", wording.preferred_language(), rows=rows, columns=columns, missing=missing)
        return f"{self.source.name} · {said}" if self.source.name else said


def columns_of(table: Territories, rules: Sequence[ColumnRule]) -> dict[str, ColumnRead]:
    """Return the same columns as :meth:`Territories.columns_for`, without a copy of those that nobody may write to."""
    problems = Problems(TerritoriesError)
    columns: dict[str, ColumnRead] = {}
    for rule in rules:
        heading = table.source.layout.heading(tidy(rule.heading))
        if heading not in table.data.columns:
            problems.found.append(unknown_column(heading, table.data, table.source, rule.line))
            continue
        columns[rule.name] = table._read(rule, heading)
        problems.found.extend(columns[rule.name].mistakes)
        if heading in table._twins:
            problems.found.append(heading_alike(heading, table._twins[heading], table.source))
    problems.refuse()
    return columns


@takes(TerritoriesError, but=("path",))
def read_territories(
    path: str | os.PathLike[str],
    *,
    key: str | None = None,
    width: int | None = None,
    text: Collection[str] = (),
    sheet: str | None = None,
    rows: RowRules | None = None,
    decimal: DecimalMark | None = None,
    as_written: Collection[str] = (),
) -> Territories:
    r"""Read a table of territories from a file.

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
    rows : RowRules, optional
        What a page says of the table's rows: those that it leaves out go before codes are checked, and those that look
        like notes or totals are noted, for the page to refuse.
    decimal : {".", ","}, optional
        The sign before decimals in a file of delimited text. Without it ``12.345`` is refused where nothing in its
        column settles what the point means.
    as_written : collection of str, optional
        Headings of the columns of delimited text whose decimal sign is another, to be stated as they are read.

    Returns
    -------
    Territories
        The cells as they were written, and the codes.

    Raises
    ------
    TerritoriesError
        If the file holds no table, or with every code that is missing, repeated or too long.

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("table.csv").write_text("code;people\n1;1 000\n2;2 000\n", encoding="utf-8") > 0
    True
    >>> equite.read_territories("table.csv", key="code", width=3).codes
    ('001', '002')
    """
    if not isinstance(path, str | os.PathLike):
        raise TerritoriesError([Problem("input-no-path", {"kind": type(path).__name__})])
    asked = _with_key(text, key)
    data, source, read = read_table(path, text=asked, sheet=sheet, decimal=decimal, as_written=as_written)
    written = read.get(source.layout.heading(tidy(key or "")))
    return _under_key(data, key, width, replace(source, after_blank=_after_blank(data)), rows, written=written)


def _with_key(text: Collection[str], key: str | None) -> tuple[str, ...]:
    return (*text, key) if key is not None else tuple(text)


def _after_blank(data: pd.DataFrame) -> tuple[int, ...]:
    """Return the index of the rows that stand below a blank line, which reading leaves out."""
    if isinstance(data.index, pd.RangeIndex):
        return ()
    places = data.index.to_numpy()
    return tuple(places[1:][np.diff(places) > 1].tolist())


def _under_key(
    data: pd.DataFrame,
    key: str | None,
    width: int | None,
    source: Source,
    rows: RowRules | None = None,
    rows_read: Mapping[RowRules, RowsRead] | None = None,
    *,
    written: TextsRead | None = None,
) -> Territories:
    """Find the codes; leave out what the page says; refuse those that are missing, repeated or too long."""
    if key is None:
        return Territories(data, None, (), source, rows_read or {})
    heading = source.layout.heading(tidy(key))
    if heading not in data.columns:
        raise TerritoriesError([unknown_column(heading, data, source)])
    if twins := alike(heading, data.columns):
        raise TerritoriesError([heading_alike(heading, twins[0], source)])
    place = ColumnPlace(data, heading, (), source)
    if lost := ((place.faults() if place.column.dtype == object else []) or lost_as_text(place)):
        raise TerritoriesError(lost)
    written = TextsRead(texts_of(place.column)) if written is None else written
    codes: Sequence[str | None] = written.texts.tolist() if written.labels is None else written.labels
    if width is not None:
        codes = [_padded(code, width) for code in codes]
    return _looked_at(_Keyed(data, heading, codes, source, written), width, rows, rows_read or {})


class _Keyed(NamedTuple):
    """A table, the heading of its codes, the codes, and these as they were written, where that is known."""

    data: pd.DataFrame
    key: str
    codes: Sequence[str | None]
    source: Source
    written: TextsRead | None = None


def _looked_at(
    table: _Keyed, width: int | None, rules: RowRules | None, rows_read: Mapping[RowRules, RowsRead]
) -> Territories:
    """Look at the rows as a page asks, then check the codes of those that are territories."""
    data, key, codes, source, written = table
    problems = Problems(TerritoriesError)
    apart: frozenset[int] = frozenset()
    if rules is not None:
        before = tuple(dict.fromkeys(each for found in rows_read.values() for each in found.left_out))
        rows, found, unmatched = read_rows(Rows(data, key, codes, rules, source, written), before)
        data, codes, rows_read = rows.data, rows.codes, {**rows_read, rules: found.read}
        problems.found.extend(unmatched)
        apart = frozenset(found.places)
    if all(codes):
        # None is missing: they are looked at together from here on.
        codes = Labels.of(cast("Sequence[str]", codes))
    place = ColumnPlace(data, key, (), source)
    wrong = _wrong_codes(codes, width, place)
    if wrong or problems.found:
        problems.found.extend(_wrong_codes(codes, width, place, apart) if apart else wrong)
        if rules is not None:
            problems.found[:0] = found.refusals(conditional=rules.conditional)
        # A total that conditions may leave out has a code of its own all the same.
        problems.found = problems.found or wrong
        problems.refuse()
    kept = codes if isinstance(codes, Labels) else tuple(code for code in codes if code is not None)
    return Territories(data, key, kept, source, rows_read)


def _padded(code: str | None, width: int) -> str | None:
    """Return a code of digits its width, whatever a spreadsheet made of it: 10 or 10.0 for 010."""
    if code is None or (len(code) == width and code.isdigit()):
        return code
    digits = re.fullmatch(r"([0-9]+)(?:\.0+)?", code)
    return digits[1].zfill(width) if digits else code


def _wrong_codes(
    codes: Sequence[str | None], width: int | None, place: ColumnPlace, apart: Collection[int] = ()
) -> list[Problem]:
    """Say what is wrong with the codes, those of some rows put apart."""
    looked_at = [None if at in apart else code for at, code in enumerate(codes)] if apart else codes
    if controlled := controls_refused(looked_at, place):
        return controlled
    if isinstance(codes, Labels) and codes.all_differ and (width is None or codes.lengths[-1:] <= (width,)):
        return _codes_alike({code: at for at, code in enumerate(codes) if at not in apart} if apart else codes, place)
    first: dict[str, int] = {}
    found = []
    for position, code in enumerate(codes):
        if position in apart:
            continue
        if code is None:
            found.append((position, "input-code-missing", 0))
        elif width is not None and len(code) > width and re.fullmatch("[0-9]+", code):
            found.append((position, "input-code-long", 0))
        elif first.setdefault(code, position) != position:
            found.append((position, "input-code-twice", place.row(first[code])))
    problems = (place.mistake(entry, position, first=row, width=width) for position, entry, row in found)
    return list(truncate_problems(problems, len(found))) + _codes_alike(first, place)


def _codes_alike(codes: Mapping[str, int] | Sequence[str], place: ColumnPlace) -> list[Problem]:
    """Refuse codes that the eye cannot tell apart: a hyphen or an apostrophe of another make, a digit of full width."""
    groups = twice_spelled(codes, letters=False)
    if not groups:
        return []
    first = codes if isinstance(codes, Mapping) else {code: at for at, code in enumerate(codes)}
    return list(
        truncate_problems(
            (
                place.mistake("input-code-alike", first[code], other=group[0], first=place.row(first[group[0]]))
                for group in groups
                for code in group[1:]
            ),
            sum(len(group) - 1 for group in groups),
        )
    )


def _fingerprint(data: pd.DataFrame, codes: Sequence[str]) -> str:
    """Return the SHA-256 of the table's CSV, its rows in the order of their codes."""
    order = sorted(range(len(codes)), key=codes.__getitem__) if codes else range(len(data))
    return sha256(data.iloc[list(order)].to_csv(index=False, lineterminator="\n").encode()).hexdigest()
