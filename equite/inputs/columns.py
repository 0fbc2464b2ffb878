"""Check the columns that a formula asks for, and hand them over as arrays."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite import wording
from equite.errors import Problem
from equite.inputs import cells
from equite.inputs.figures import Ends, typed
from equite.inputs.grid import truncate_problems
from equite.inputs.marked import Faulty, Footnoted, Percentage
from equite.inputs.marks import NO_MARKS, Marks, sorted_out
from equite.inputs.percents import Range, in_percent
from equite.inputs.reading import Source
from equite.inputs.spelling import controls_in, differing_signs, near_label, twice_spelled, without_controls
from equite.wording import LOCALES, Codes, Language, Numeral

__all__ = [
    "Column",
    "ColumnPlace",
    "ColumnRead",
    "ColumnRule",
    "InPercent",
    "column_as",
    "groups_spelled_twice",
    "heading_alike",
    "lost_as_text",
    "spelled_twice",
    "suppressed_in",
    "unknown_column",
]

Kind = Literal["number", "extensive", "intensive", "ordinal", "yes_no", "text"]
Column = npt.NDArray[np.float64] | npt.NDArray[np.object_]
Level = Mapping[str, str] | str
Positions = npt.NDArray[np.intp]
#: What has no more signs than this, and no digit, is a mark rather than a word.
_MARK = 2
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class ColumnRule:
    """What a formula expects of one column.

    Attributes
    ----------
    name : str
        What the formula calls it.
    heading : str
        What the table calls it.
    kind : {"number", "extensive", "intensive", "ordinal", "yes_no", "text"}
        What its cells hold. An extensive number adds up, and is negative only if ``minimum`` allows it.
    minimum, maximum : float, optional
        Bounds of a number, themselves allowed.
    levels : tuple, optional
        The names of an ordinal's levels, lowest first, each a text or one text a language.
    line : int, optional
        The line of the formula that asks for it.
    percent : tuple of float, optional
        For a column whose unit is the percent, the lowest and highest value that it can have, None where open; they
        tell what a bare number beside percentages means.
    marks : Marks, optional
        What marks of its own mean in it.
    decimal : {".", ","}, optional
        The sign before its decimals, where that is stated.
    is_shown : bool
        Whether its texts are shown and compared with nothing: a name, in which a control character shows as a blank.
    """

    name: str
    heading: str
    kind: Kind = "number"
    minimum: float | None = None
    maximum: float | None = None
    levels: tuple[Level, ...] = ()
    line: int | None = None
    percent: Range | None = None
    marks: Marks = NO_MARKS
    decimal: cells.DecimalMark | None = None
    is_shown: bool = False


@dataclass(frozen=True)
class Aside:
    """What a sentence adds in brackets, if there is anything to add."""

    entry: str
    value: object

    def in_language(self, language: Language) -> str:
        """Word the brackets, or give an empty text."""
        return "" if self.value is None else " " + wording.say(self.entry, language, value=self.value)


@dataclass(frozen=True)
class InPercent:
    """A number with the percent sign that its cell shows."""

    value: float

    def in_language(self, language: Language) -> str:
        """Write the number and the sign."""
        return LOCALES[language].percent.format(number=wording.numeral(self.value, language))


@dataclass(frozen=True)
class LevelNames:
    """The names of an ordinal's levels, in a sentence."""

    levels: tuple[Level, ...]

    def in_language(self, language: Language) -> str:
        """List the names."""
        return ", ".join(
            level if isinstance(level, str) else level.get(language, next(iter(level.values()), ""))
            for level in self.levels
        )


@dataclass(frozen=True)
class ColumnPlace:
    """One column of a table, as the sentences name it and its cells."""

    data: pd.DataFrame
    heading: str
    codes: Sequence[str]
    source: Source

    @cached_property
    def column(self) -> pd.Series:
        """The column's cells."""
        return self.data[self.heading]

    def row(self, position: int) -> int:
        """Return a cell's row in the file: what was left out of the table still counts."""
        return self.source.first_row + int(self.data.index[position])

    def cell(self, position: int) -> str:
        """Return a cell's address in its sheet; nothing for a table that has none."""
        letters = self.source.layout.letters.get(self.heading)
        return f"{letters}{self.row(position)}" if letters else ""

    def faults(self) -> list[Problem]:
        """Refuse the cells that hold an error or a formula that was never computed."""
        cells = self.column.tolist()
        if not any(issubclass(kind, Faulty) for kind in set(map(type, cells))):
            return []
        faulty = [at for at, cell in enumerate(cells) if isinstance(cell, Faulty)]
        return list(truncate_problems((self.mistake("", at) for at in faulty), len(faulty)))

    def mistakes(self, found: Mapping[str, Positions], **values: object) -> list[Problem]:
        """Say what is wrong with the cells found, in their order; the first few only, if they are many."""
        cases = sorted((int(position), entry) for entry, positions in found.items() for position in positions)
        return list(
            truncate_problems((self.mistake(entry, position, **values) for position, entry in cases), len(cases))
        )

    def mistake(self, entry: str, position: int, **values: object) -> Problem:
        """Say what is wrong with one cell."""
        cell = self.column.iloc[position]
        if isinstance(cell, Faulty):
            entry = cell.entry
        elif isinstance(cell, Footnoted) and cell.call and entry == "input-not-number":
            entry, values = "input-call-not-number", {"call": cell.call, **values}
        elif isinstance(cell, bool | np.bool_) and entry == "input-not-number":
            entry = "input-true-not-number"
        elif isinstance(cell, datetime.date) and entry == "input-not-number":
            entry = "input-date-not-number"
        elif entry in ("input-above", "input-below") and in_percent(cell):
            entry = entry.replace("input-", "input-percent-")
        text = cells.text_of(cell) or ""
        shown: object = text if len(text) <= 40 else text[:39] + "…"
        if isinstance(cell, Percentage):
            shown = InPercent(cell.value)
        code = self.codes[position] if self.codes else None
        territory = Aside("input-territory", code)
        said = {"value": shown, "territory": territory, "cell": self.cell(position), **values}
        return Problem(entry, said, self.heading, self.row(position), self.source.name, row_is_line=False)


class ColumnRead(NamedTuple):
    """One column as its rule reads it.

    Attributes
    ----------
    values : array
        Floats, NaN where the cell is missing; for text, str or None.
    mistakes : list of Problem
        Every mistake, or the first few if they are many.
    ends : Ends or None
        The least and the largest, where one look at them told that all figures are there and in their range.
    """

    values: Column
    mistakes: list[Problem]
    ends: Ends | None = None


def column_as(rule: ColumnRule, place: ColumnPlace) -> ColumnRead:
    """Read one column as its rule says."""
    if rule.kind == "text":
        faults = place.faults() if place.column.dtype == object else []
        texts = cells.texts_of(place.column)
        controlled = [] if rule.is_shown else controls_refused(texts.tolist(), place)
        return ColumnRead(texts, faults or lost_as_text(place) or controlled)
    if rule.kind not in ("yes_no", "ordinal") and rule.marks == NO_MARKS:
        return _numbers(rule, place, place.column)
    found = sorted_out(place.column, rule.marks, boxes=rule.kind == "yes_no")
    if rule.kind == "yes_no":
        reading = cells.yes_no_of(found.column)
        wrong = _by_looks(place, reading.wrong, "input-not-yes-no", "input-mark-not-yes-no")
        wrong["input-tick"] = np.flatnonzero(found.ticks)
        return ColumnRead(reading.values, place.mistakes(wrong, name=rule.name))
    if rule.kind == "ordinal":
        reading = cells.levels_of(found.column, rule.levels)
        said = {"levels": LevelNames(rule.levels), "count": len(rule.levels)}
        return ColumnRead(reading.values, place.mistakes({"input-no-level": reading.wrong}, **said))
    return _numbers(rule, place, found.column)


def suppressed_in(rule: ColumnRule, place: ColumnPlace) -> npt.NDArray[np.bool_] | None:
    """Return the cells whose figure is withheld; None where no mark of the page says so."""
    if rule.kind == "text" or not rule.marks.suppressed:
        return None
    found = sorted_out(place.column, rule.marks, boxes=rule.kind == "yes_no").suppressed
    return found if found.any() else None


def _numbers(rule: ColumnRule, place: ColumnPlace, column: pd.Series) -> ColumnRead:
    adds_up = rule.kind == "extensive" and rule.minimum is None
    lowest = 0.0 if adds_up else -np.inf if rule.minimum is None else rule.minimum
    highest = np.inf if rule.maximum is None else rule.maximum
    if rule.decimal is not None and (lost := _lost_decimals(rule, place)):
        return ColumnRead(np.full(len(column), np.nan), lost)
    if cells.holds_numbers(column):
        values = cells.figures_of(column)
        ends = Ends.of(values)
        # All are there, finite and in their range: the least and the largest tell it.
        if max(lowest, -_LARGEST) <= ends.least and ends.largest <= min(highest, _LARGEST):
            return ColumnRead(values, [], ends)
    reading = _read(rule, place, column, lowest, highest)
    values = reading.values
    finite = typed(np.where(np.isfinite(values), values, np.nan))
    found = {
        **_by_looks(place, reading.wrong, "input-not-number", "input-mark-not-number"),
        "input-other-decimal": reading.other,
        "input-ambiguous": reading.ambiguous,
        "input-percent-mixed": reading.mixed,
        "input-percent-two-ways": reading.two_ways,
        "input-infinite": np.flatnonzero(np.isinf(values)),
        "input-negative" if adds_up else "input-below": np.flatnonzero(finite < lowest),
        "input-above": np.flatnonzero(finite > highest),
    }
    said = {"lowest": Numeral(lowest), "highest": Numeral(highest), "decimal": rule.decimal, "name": rule.name}
    return ColumnRead(values, place.mistakes(found, **said))


def _by_looks(place: ColumnPlace, wrong: Positions, word: str, mark: str) -> dict[str, Positions]:
    """Tell the words that cannot be read from the marks, of which the page may say what they mean."""
    is_mark = np.array([_is_mark(place.column.iloc[at]) for at in wrong], dtype=bool)
    return {word: wrong[~is_mark], mark: wrong[is_mark]}


def _is_mark(cell: object) -> bool:
    text = cells.tidy(cell) if isinstance(cell, str) else ""
    return 0 < len(text) <= _MARK and not any(sign.isdigit() for sign in text)


def _read(rule: ColumnRule, place: ColumnPlace, column: pd.Series, lowest: float, highest: float) -> cells.Reading:
    """Read a column's numbers; its range settles what its cells leave open, if all of them fit it in one way only."""
    source = place.source
    # Points are decimal in the columns that a program wrote; those that a person formatted may group thousands by them.
    open_point = source.decimal == "." and not source.decimal_stated
    if cells.holds_numbers(column):
        return cells.numbers_of(column)
    read = cells.CellsRead.of(column)
    reading = read.numbers(source.decimal, rule.percent, stated=rule.decimal, open_point=open_point)
    if rule.decimal is not None or not len(reading.ambiguous):
        return reading
    fitting: list[cells.Reading] = []
    marks: tuple[cells.DecimalMark, ...] = (".", ",")
    for mark in marks:
        tried = read.numbers(source.decimal, rule.percent, stated=mark)
        inside = ~((tried.values < lowest) | (tried.values > highest))
        if inside.all() and not len(tried.other):
            fitting.append(tried)
    return fitting[0] if len(fitting) == 1 else reading


def _lost_decimals(rule: ColumnRule, place: ColumnPlace) -> list[Problem]:
    """Refuse a column of CSV that was read with another decimal sign than the one stated: its text is gone."""
    column, source = place.column, place.source
    if source.encoding is None or column.dtype.kind != "f":
        return []
    if (source.decimal or ".") == rule.decimal or (column.dropna() % 1 == 0).all():
        return []
    values = {"value": place.heading, "decimal": rule.decimal}
    return [Problem("input-decimal-lost", values, place.heading, None, source.name)]


def spelled_twice(alike: Sequence[str], rows: Sequence[int], where: str, file: str) -> Problem:
    """Refuse one label in two spellings: these, and the row where each first stands."""
    one, other = alike[:2]
    values = {"one": one, "other": other, "first": rows[0], "second": rows[1], "signs": differing_signs(one, other)}
    return Problem("label-two-spellings", values, where, None, file)


def groups_spelled_twice(place: ColumnPlace, texts: npt.NDArray[np.object_]) -> list[Problem]:
    """Refuse the labels of a column of groups that look alike, which would make two groups of one."""
    first: dict[str, int] = {}
    for position, text in enumerate(texts):
        if text is not None:
            first.setdefault(text, position)
    found = twice_spelled(first)
    rows = ([place.row(first[label]) for label in alike] for alike in found)
    problems = (spelled_twice(*pair, place.heading, place.source.name) for pair in zip(found, rows, strict=True))
    return list(truncate_problems(problems, len(found)))


def controls_refused(texts: Sequence[str | None], place: ColumnPlace) -> list[Problem]:
    """Refuse the cells of a column of texts that hold a control character."""
    found = controls_in(texts)
    return list(
        truncate_problems(
            (place.mistake("input-control", at, value=without_controls(str(texts[at]))) for at in found), len(found)
        )
    )


def lost_as_text(place: ColumnPlace) -> list[Problem]:
    """Refuse as text a column of CSV that was read as decimals: 1.10 and 1.1, 1E5 and 100000 are no longer told apart.

    Whole numbers among blanks are floats too, for want of a missing integer, and lose nothing.
    """
    column = place.column
    if place.source.encoding is None or column.dtype.kind != "f":
        return []
    whole_among_blanks = column.isna().any() and (column.dropna() % 1 == 0).all()
    if whole_among_blanks:
        return []
    problem = Problem("input-lost-text", {"value": place.heading}, place.heading, None, place.source.name)
    return [problem]


def unknown_column(heading: str, data: pd.DataFrame, source: Source, line: int | None = None) -> Problem:
    """Say that the table has no such column, and which ones come near."""
    near = near_label(heading, list(data.columns))
    columns, asked = Codes(tuple(data.columns)), Aside("input-asked", line)
    said = {"value": heading, "nearest": near, "columns": columns, "asked": asked}
    return Problem("input-no-column-near" if near.names else "input-no-column", said, file=source.name)


def heading_alike(heading: str, other: str, source: Source) -> Problem:
    """Refuse a column beside which another has a heading that looks the same."""
    row = source.first_row - 1 if source.first_row > 1 else None
    return Problem("input-heading-alike", {"value": heading, "other": other}, "", row, source.name, row_is_line=False)
