"""Which rows look like no territory: totals and averages by their names, notes, marks and headings.

They are looked for before codes are checked, since theirs are often missing, repeated or too long; totals that go by no
name are found by :mod:`equite.inputs.rows.sums`. A row without any figure is a note where its code is made otherwise
than those of territories; where it is made alike, it is a territory of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np
import pandas as pd

from equite.inputs.cells import MISSING, fold, text_of, tidy
from equite.inputs.rows.rows import FigureColumn, Kind, Positions, Rows, Texts
from equite.inputs.rows.words import is_call, may_open_notes, may_say_total, opens_a_note, opens_a_section, says_total

__all__ = ["suspects"]

#: Codes are of one make where so many of them are; so many are looked at.
_MOST, _SAMPLE = 0.9, 2000
#: A text longer than this is no code; the explanation of a mark has so many words.
_LONG, _WORDS = 60, 3
#: A code of letters alone (QC, ON) has so many.
_SHORT = 3


def suspects(rows: Rows) -> dict[int, Kind]:
    """Find the rows that look like no territory and are not said to be one, by their place, in their order."""
    kept = set(rows.positions(rows.rules.are_territories).tolist())
    totals = set(_totals(rows)) - kept
    found: dict[int, Kind] = {**_Notes(rows, totals).found(), **dict.fromkeys(totals, "total")}
    return {at: kind for at, kind in sorted(found.items()) if at not in kept}


def _texts(rows: Rows) -> list[Texts]:
    """Return the columns whose words tell: the codes and the names."""
    return [rows.written, *([] if rows.names is None else [rows.names])]


def _totals(rows: Rows) -> Iterator[int]:
    """Find the rows whose code or name is that of a total or an average."""
    ends = (0, len(rows.data) - 1)
    for column in rows.worded:
        for at in may_say_total(column):
            text = column[at]
            # A total begins or ends a table; Somme stands among other departments.
            if text is not None and says_total(text, perhaps=at in ends):
                yield at
    blank = (at for at, text in enumerate(rows.written.tolist()) if text is None) if rows.labels is None else ()
    for at in blank:
        first = rows.first_text(at)
        if first is not None and says_total(first, perhaps=True):
            yield at


@dataclass(frozen=True)
class _Notes:
    """The search for notes, totals put aside."""

    rows: Rows
    totals: set[int]
    _size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_size", len(self.rows.data))

    def found(self) -> dict[int, Kind]:
        """Find notes, marks and headings; and rows that hold nothing but a name, which may be one."""
        found: dict[int, Kind] = dict.fromkeys(self._worded(), "note")
        found |= dict.fromkeys((at for at in self._open if at not in found and self._is_note(at)), "note")
        found |= dict.fromkeys(self._second_table(), "note")
        if self._known:
            found |= dict.fromkeys(self._tail(found), "note")
            left = [at for at in self._open if at not in found]
            if left and self._make.names:
                found |= dict.fromkeys(filter(self._is_alone, left), "alone")
        return found

    @cached_property
    def _bare(self) -> Positions | None:
        """The rows without any figure; None where the table holds nothing that would tell."""
        data, columns = self.rows.data, self._telling()
        rows = np.arange(self._size, dtype=np.intp)
        for each in columns:
            if not len(rows):
                break
            column = data[tidy(each.heading)]
            rows = rows[~each.filled(column if len(rows) == self._size else column.iloc[rows])]
        return rows if columns and len(rows) < self._size else None

    def _telling(self) -> list[FigureColumn]:
        """Return the columns that tell a territory from a note: the figures that the page reads, or all there is."""
        rules, key, data = self.rows.rules, self.rows.key, self.rows.data
        there = [each for each in rules.figures if tidy(each.heading) in data.columns]
        if there:
            return [each for each in there if each.kind != "text"] or there
        name = None if rules.name is None else tidy(rules.name)
        others = [str(heading) for heading in data.columns if heading not in (key, name)]
        if not others and name is not None and name != key and name in data.columns:
            others = [name]
        return [FigureColumn(heading, "text") for heading in others]

    @property
    def _known(self) -> bool:
        """Whether the table tells who has figures and who has none."""
        return self._bare is not None

    @cached_property
    def _open(self) -> list[int]:
        """The rows that may be notes, in their order: those without figures, or all where nothing tells."""
        places = range(self._size) if self._bare is None else self._bare.tolist()
        return [at for at in places if at not in self.totals]

    @cached_property
    def _make(self) -> _Make:
        """How the codes of territories are made."""
        apart = self.totals | (set() if self._bare is None else set(self._bare.tolist()))
        return _Make.of(
            islice((code for at, code in enumerate(self.rows.codes) if at not in apart and code is not None), _SAMPLE)
        )

    @cached_property
    def _after_blank(self) -> set[int]:
        """The places of the rows that follow a blank line."""
        after = self.rows.source.after_blank
        if not after:
            return set()
        return {int(at) for at in self.rows.data.index.get_indexer(pd.Index(after)) if at >= 0}

    def _worded(self) -> Iterator[int]:
        """Find the rows that begin as a note does."""
        bare = set(self._open) if self._known else set()
        for column in self.rows.worded:
            for at in may_open_notes(column):
                text = column[at]
                if text is not None and at not in self.totals and opens_a_note(text, has_figures=at not in bare):
                    yield at

    def _is_note(self, at: int) -> bool:
        """Tell whether a row without figures is a note: no code, the call of a footnote, a code made otherwise."""
        code = self.rows.codes[at]
        if code is None or is_call(code) or self._make.unlike(code, known=self._known):
            return True
        return self._known and (at in self._after_blank or self._explains(at))

    def _explains(self, at: int) -> bool:
        """Tell whether a row explains a mark: "x", "suppressed to keep answers confidential"."""
        code, name = self.rows.named(at)
        return fold(code or "") in MISSING and len((name or "").split()) >= _WORDS

    def _second_table(self) -> Iterator[int]:
        """Find the rows of another make below the last blank line, be there figures or not."""
        for at in range(max(self._after_blank), self._size) if self._after_blank else ():
            code = self.rows.codes[at]
            if at not in self.totals and (code is None or self._make.unlike(code, known=self._known)):
                yield at

    def _tail(self, notes: Iterable[int]) -> Iterator[int]:
        """Find the rows without a figure among the notes that end a table."""
        if not notes:
            return
        apart = {*self._open, *notes, *self.totals}
        last = next((at for at in reversed(range(self._size)) if at not in apart), -1)
        first = min((at for at in notes if at > last), default=None)
        if first is not None:
            yield from (at for at in self._open if at > first)

    def _is_alone(self, at: int) -> bool:
        """Tell whether a row holds nothing but its code and its name."""
        rows = self.rows
        filled = sum(text_of(cell) is not None for cell in rows.data.iloc[at])
        named = sum(column[at] is not None for column in _texts(rows))
        return len(rows.data.columns) > 1 and filled <= named


@dataclass(frozen=True)
class _Make:
    """How the codes of territories are made: of digits, of a few letters, or names.

    Attributes
    ----------
    digits, letters, spaced : bool
        Whether nearly all have a digit, have three letters at most; whether some have a blank.
    shortest, longest : int
        Their lengths.
    firsts : frozenset of str
        The words for a section by which some begin.
    """

    digits: bool
    letters: bool
    spaced: bool
    shortest: int
    longest: int
    firsts: frozenset[str]

    @classmethod
    def of(cls, codes: Iterable[str]) -> _Make:
        """Look at some codes."""
        known = list(codes)
        lengths = [len(code) for code in known] or [0]
        most = _MOST * len(known)
        digits = bool(known) and sum(any(sign.isdigit() for sign in code) for code in known) >= most
        letters = bool(known) and sum(len(code) <= _SHORT for code in known) >= most
        spaced = sum(" " in code for code in known) > len(known) - most
        firsts = frozenset(word for code in known if (word := opens_a_section(code)))
        return cls(digits, letters, spaced, min(lengths), max(lengths), firsts)

    @property
    def names(self) -> bool:
        """Whether codes are names, which are made in every way."""
        return not (self.digits or self.letters)

    def unlike(self, code: str, *, known: bool) -> bool:
        """Tell whether a code is made otherwise than those of territories.

        Parameters
        ----------
        code : str
            The code of a row.
        known : bool
            Whether it is known which rows have figures; otherwise codes alone tell, and less is taken for granted.
        """
        spaced, digit = " " in code and not self.spaced, any(sign.isdigit() for sign in code)
        if code.endswith(":"):
            return True
        if self.names:
            word = opens_a_section(code)
            headed = known and bool(word) and word not in self.firsts
            return headed or (len(code) > _LONG and len(code) > 2 * self.longest)
        if not known:
            return spaced and not (self.digits and digit)
        if self.digits:
            return spaced or not digit or (self.shortest == self.longest > 2 and len(code) < self.shortest)
        return spaced or len(code) > 2 * self.longest
