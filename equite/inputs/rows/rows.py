"""The rows of a table: what names them, which of them a page leaves out, and how they are told.

A table in a file seldom holds territories only. Under it stand notes, sources and the legend of its marks; inside it,
headings of sections; above or below, totals and averages. None of them may take money.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite import wording
from equite.errors import Problem, nearest
from equite.inputs import cells
from equite.inputs.cells import TextsRead, fold, text_of, texts_of, tidy
from equite.inputs.labels import Labels
from equite.inputs.reading import Source
from equite.wording import LOCALES, Codes, Language

__all__ = [
    "FigureColumn",
    "Kind",
    "LeftOut",
    "RowRules",
    "Rows",
    "RowsRead",
    "SumOf",
    "Suspect",
    "refusal_of",
    "refusals",
]

Positions = npt.NDArray[np.intp]
Texts = npt.NDArray[np.object_]
Kind = Literal["note", "total", "alone"]

#: So many rows are named in one sentence, and so many letters of a name repeated in the entry that is advised.
_NAMED, _LETTERS = 24, 40
#: A column is one of names where so many of its rows are filled, and of these so many differ.
_FILLED, _DISTINCT = 0.5, 0.8


@dataclass(frozen=True)
class FigureColumn:
    """A column in which a territory has a figure, and how its cells are read."""

    heading: str
    kind: Literal["number", "ordinal", "yes_no", "text"] = "number"
    levels: tuple[str, ...] = ()

    def filled(self, column: pd.Series) -> npt.NDArray[np.bool_]:
        """Tell which cells hold something that the column is for: a legend's words are no number."""
        if cells.holds_numbers(column):
            return ~np.isnan(cells.numbers_of(column).values)
        if pd.api.types.is_numeric_dtype(column.dtype):
            return np.asarray(column.notna())
        if self.kind == "text":
            return np.array([text is not None and fold(text) not in cells.MISSING for text in texts_of(column)], bool)
        if self.kind == "ordinal":
            return ~np.isnan(cells.levels_of(column, self.levels).values)
        if self.kind == "yes_no":
            return ~np.isnan(cells.yes_no_of(column).values)
        reading = cells.numbers_of(column)
        found = ~np.isnan(reading.values)
        found[reading.ambiguous] = True
        return found


@dataclass(frozen=True)
class RowRules:
    """What a page says of the rows of its table, and which columns it reads there.

    Attributes
    ----------
    name : str or None
        The heading of the names.
    figures : tuple of FigureColumn
        The columns of which a territory has something.
    leave_out, are_territories : tuple of str
        Codes or names as written, folded when compared; a text that ends in ``*`` stands for all that begin with it.
    conditional : bool
        Whether the page has conditions to take part, which may leave a total out.
    """

    name: str | None = None
    figures: tuple[FigureColumn, ...] = ()
    leave_out: tuple[str, ...] = ()
    are_territories: tuple[str, ...] = ()
    conditional: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A row that the page leaves out: where it stands in the file, its code and its name as written."""

    row: int
    code: str | None
    name: str | None


@dataclass(frozen=True)
class Suspect:
    """A row that looks like no territory.

    Attributes
    ----------
    row : int
        Its row in the file.
    code, name : str or None
        As written.
    kind : {"note", "total", "alone"}
        A note, a mark or a heading; a total or an average by its name; or a row that holds nothing but its name.
    entry : str or None
        What names it on the page and no territory with it, if anything does.
    """

    row: int
    code: str | None
    name: str | None
    kind: Kind
    entry: str | None

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return " · ".join(dict.fromkeys(text for text in (self.code, self.name) if text is not None))


@dataclass(frozen=True)
class RowsRead:
    """What a look at the rows of a table found."""

    left_out: tuple[LeftOut, ...] = ()
    suspects: tuple[Suspect, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The rows of a table, with what names them.

    Attributes
    ----------
    data : pandas.DataFrame
        The cells.
    key : str
        The heading of the codes.
    codes : sequence of str or None
        The codes, as they are known by.
    rules : RowRules
        What the page says.
    source : Source
        Where the table comes from.
    read : TextsRead, optional
        The codes as they were written, where that is known already.
    """

    data: pd.DataFrame
    key: str
    codes: Sequence[str | None]
    rules: RowRules
    source: Source
    read: TextsRead | None = None

    @cached_property
    def written(self) -> Texts:
        """The codes as they were written."""
        return texts_of(self.data[self.key]) if self.read is None else self.read.texts

    @property
    def labels(self) -> Labels | None:
        """The codes as they were written, looked at together, where none is blank."""
        return None if self.read is None else self.read.labels

    @cached_property
    def worded(self) -> list[Sequence[str | None]]:
        """The codes as written and the names, without those that are digits alone: no word stands among these."""
        columns = [self.written.tolist() if self.labels is None else self.labels]
        columns += [] if self.names is None else [self.names.tolist()]
        return [texts for texts in columns if not Labels.of(texts if all(texts) else filter(None, texts)).are_digits]

    @cached_property
    def names(self) -> Texts | None:
        """The names: of the column that the page says, or else of the first that looks like one."""
        read = {tidy(each.heading) for each in self.rules.figures}
        stated = None if self.rules.name is None else tidy(self.rules.name)
        if stated is not None and stated != self.key:
            return texts_of(self.data[stated]) if stated in self.data.columns else None
        for heading in self.data.columns:
            if heading != self.key and heading not in read and not pd.api.types.is_numeric_dtype(self.data[heading]):
                found = texts_of(self.data[heading])
                filled = [text for text in found if text is not None and not text[:1].isdigit()]
                if len(filled) >= _FILLED * len(found) and len(set(filled)) >= _DISTINCT * len(filled):
                    return found
        return None

    def row(self, position: int) -> int:
        """Return a row's number in the file."""
        return self.source.first_row + int(self.data.index[position])

    def first_text(self, position: int) -> str | None:
        """Return what stands in the first filled cell of a row."""
        return next((text for cell in self.data.iloc[position] if (text := text_of(cell)) is not None), None)

    def named(self, position: int) -> tuple[str | None, str | None]:
        """Return a row's code and name; where it has neither, its first text for a name."""
        code = self.written[position]
        name = None if self.names is None else self.names[position]
        return code, name if code is not None or name is not None else self.first_text(position)

    # --- what the page says

    def matching(self, entry: str) -> Positions:
        """Find the rows that an entry of the page names."""
        found = np.zeros(len(self.data), dtype=bool)
        for labels in self._folded:
            found |= _named_by(entry, labels)
        return np.flatnonzero(found).astype(np.intp)

    @cached_property
    def _folded(self) -> list[list[str]]:
        """Codes, codes as written, names, and the first text of a row without a code; an empty text where blank."""
        columns = [list(self.codes), list(self.written)]
        if self.names is not None:
            columns.append(list(self.names))
        columns.append([None if code is not None else self.first_text(at) for at, code in enumerate(self.written)])
        # A blank is no label, not even of an empty entry.
        return [["\0" if text is None else fold(text) for text in column] for column in columns]

    def unmatched(self, key: str, entries: Iterable[str], before: Sequence[LeftOut]) -> Iterator[Problem]:
        """Refuse the entries of a key that no row has, nor any that was left out before."""
        gone = [fold(text) for each in before for text in (each.code, each.name) if text is not None]
        for entry in entries:
            if len(self.matching(entry)) or _named_by(entry, gone).any():
                continue
            columns = (self.written, *([] if self.names is None else [self.names]))
            near = nearest(entry, dict.fromkeys(text for column in columns for text in column if text is not None))
            sentence = "rows-no-row-near" if near.names else "rows-no-row"
            yield Problem(sentence, {"key": key, "value": entry, "nearest": near}, file=self.source.name)

    def positions(self, entries: Iterable[str]) -> Positions:
        """Find the rows that some entries name."""
        found = [self.matching(entry) for entry in entries]
        return np.unique(np.concatenate(found)).astype(np.intp) if found else np.empty(0, dtype=np.intp)

    def left_out(self, positions: Positions) -> tuple[LeftOut, ...]:
        """Tell the rows that are left out."""
        return tuple(LeftOut(self.row(at), *self.named(at)) for at in positions.tolist())

    # --- how they are told

    def told(self, found: dict[int, Kind]) -> tuple[Suspect, ...]:
        """Word some rows, each with the entry that names it on the page."""
        if not found:
            return ()
        entries = self.entries(list(found))
        return tuple(
            Suspect(self.row(at), *self.named(at), kind, entry)
            for (at, kind), entry in zip(found.items(), entries, strict=True)
        )

    def entries(self, positions: Sequence[int]) -> list[str | None]:
        """Return for each row what names it and no row but these, if anything does."""
        mine = set(positions)
        counts: Counter[str] = Counter()
        own: Counter[str] = Counter()
        for labels in zip(*self._folded, strict=True):
            counts.update(set(labels))
        for at in positions:
            own.update({labels[at] for labels in self._folded})
        return [self._entry(at, mine, counts, own) for at in positions]

    def _entry(self, at: int, mine: set[int], counts: Counter[str], own: Counter[str]) -> str | None:
        for text in self.named(at):
            if text is None:
                continue
            if len(text) > _LETTERS:
                # A note of three lines is named by how it begins.
                short = text[:_LETTERS].rsplit(" ", 1)[0] + "*"
                if mine.issuperset(self.matching(short).tolist()):
                    return short
            folded = fold(text)
            if folded.endswith("*") and folded.strip("*"):
                if mine.issuperset(self.matching(text).tolist()):
                    return text
            elif counts[folded] == own[folded]:
                return text
        return None


def _named_by(entry: str, labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell which folded labels an entry names: the same, or those that begin as it does where it ends in a star."""
    wanted = fold(entry)
    begins = wanted.endswith("*") and wanted.strip("*") != ""
    wanted = wanted.rstrip("*") if begins else wanted
    found = (label.startswith(wanted) if begins else label == wanted for label in labels)
    return np.fromiter(found, dtype=bool, count=len(labels))


# --- sentences


@dataclass(frozen=True)
class SumOf:
    """Which rows another sums: all others, those from one row to another, or those whose codes begin alike."""

    way: str
    first: int
    last: int

    def in_language(self, language: Language) -> str:
        """Say which rows."""
        return " = " + wording.say(f"rows-sum-{self.way}", language, first=self.first, last=self.last)


#: A row's number in the file, what it is called, and which rows it sums, if any.
Told = tuple[int, str, SumOf | None]


@dataclass(frozen=True)
class _Named:
    """Rows in a sentence: ``5 ('Total'), 9 ('Source: …')``; the first ones, and how many more there are."""

    rows: tuple[Told, ...]

    def in_language(self, language: Language) -> str:
        """List the rows."""
        told = []
        for row, label, aside in self.rows:
            inside = LOCALES[language].quoted(_short(label)) if label else ""
            inside += aside.in_language(language) if aside else ""
            told.append(f"{row} ({inside.strip()})" if inside else str(row))
        return Codes(tuple(told), _NAMED).in_language(language)


@dataclass(frozen=True)
class _Entries:
    """A list as it is written on the page: ``["Total", "Source*"]``."""

    entries: tuple[str, ...]

    def in_language(self, language: Language) -> str:
        """Write the list."""
        shown = [json.dumps(entry, ensure_ascii=False) for entry in self.entries[:_NAMED]]
        return "[" + ", ".join([*shown, *(["…"] if len(self.entries) > _NAMED else [])]) + "]"


def refusals(
    kind: str, rows: Sequence[Told], entries: Iterable[str | None], source: Source, **values: object
) -> Problem:
    """Say that some rows are no territory, and the two ways out as they are written on the page.

    Parameters
    ----------
    kind : str
        The sentence: ``rows-notes``, ``rows-totals``, ``rows-sums``, …, one for a single row and one for many.
    rows : sequence of tuple
        Each row's number, what it is called, and which rows it sums.
    entries : iterable of str or None
        What names each on the page.
    source : Source
        Where the table comes from.
    **values
        What else the sentence says.
    """
    named = tuple(dict.fromkeys(entry for entry in entries if entry is not None))
    sentence = f"{kind}-{'one' if len(rows) == 1 else 'many'}" if named else f"{kind}-nameless"
    return Problem(sentence, {"rows": _Named(tuple(rows)), "entries": _Entries(named), **values}, file=source.name)


def refusal_of(kind: Kind, found: Sequence[Suspect], source: Source) -> Problem:
    """Say that some rows look like notes or are called totals, or that they hold nothing but a name."""
    rows: list[Told] = [(each.row, each.label, None) for each in found]
    return refusals(f"rows-{kind}", rows, [each.entry for each in found], source)


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
