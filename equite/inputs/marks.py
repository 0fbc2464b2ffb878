"""Marks that stand where a figure would: not known, withheld, a tick in a box.

What is read without being told is what means the same wherever it is found: the signs of the Institut de la statistique
du Québec, Statistics Canada, the MAMH, INSEE and Eurostat for a figure that is not there, and the abbreviations that
people write for it. Anything else a page says itself: its own marks of what is missing, those of what is *suppressed*
(a figure that exists and is withheld), and those that tick a box.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.inputs.marked import Footnoted
from equite.inputs.spelling import fold

__all__ = ["MISSING", "NO_MARKS", "Marks", "Sorted", "is_missing_mark", "sorted_out"]

Meaning = Literal["missing", "suppressed", "yes"]
Mask = npt.NDArray[np.bool_]
#: What stands for a missing value in a column of numbers, levels or yes and no; in a column of text, only a blank does.
MISSING = frozenset({"", "..", "...", "…", "-", "–", "—", "n/d", "nd", "n/a", "na", "nan", "x"})
_SIGNS = frozenset({".", "‥", "―", "−", ":", "///", "null", "<na>"})
#: Abbreviations, without the points, the blanks and the bars that people put in them: n.d., s. o., n/c.
_ABBREVIATIONS = frozenset({"na", "nap", "nc", "nd", "np", "ns", "so"})
_SPELLED = re.compile(r"[a-z](?:(?:\. ?|/| )?[a-z]){1,2}\.?")
_WORDS = frozenset(
    {
        *("non disponible", "non disponibles", "pas disponible", "indisponible", "donnée non disponible"),
        *("non applicable", "sans objet", "non publié", "non significatif", "non connu", "inconnu", "manquant"),
        *("not available", "unavailable", "not applicable", "not published", "unknown", "missing"),
    }
)
#: In a column of boxes these are most often ticks, and elsewhere a figure that is not there.
_TICKS = frozenset({"x"})


def is_missing_mark(text: str) -> bool:
    """Tell whether a text stands for a missing figure, in any table."""
    mark = fold(text)
    if mark in MISSING or mark in _SIGNS or mark in _WORDS:
        return True
    return len(mark) <= 8 and _SPELLED.fullmatch(mark) is not None and re.sub(r"[. /]", "", mark) in _ABBREVIATIONS


def _key(mark: object) -> str | float:
    """Return a mark as cells are compared with it: a number by its value, a text whatever its capitals."""
    text = fold(str(mark))
    try:
        number = float(text.replace(",", ".")) if any(sign.isdigit() for sign in text) else math.nan
    except ValueError:
        return text
    return text if math.isnan(number) else number


@dataclass(frozen=True)
class Marks:
    """What a page says of the marks in one column.

    Attributes
    ----------
    missing, suppressed, yes : tuple of str
        The marks of what is not known, of what is withheld, and of what ticks a box.
    """

    missing: tuple[str, ...] = ()
    suppressed: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()

    @classmethod
    def laid_over(cls, own: Marks, page: Marks) -> Marks:
        """Return a column's own marks, and those of the page that it does not take for something else."""
        taken = {_key(mark) for mark in (*own.missing, *own.suppressed, *own.yes)}

        def left(marks: Iterable[str]) -> tuple[str, ...]:
            return tuple(mark for mark in marks if _key(mark) not in taken)

        return cls((*own.missing, *left(page.missing)), (*own.suppressed, *left(page.suppressed)), own.yes)

    def meanings(self) -> dict[str | float, Meaning]:
        """Return what each mark means, by what cells are compared with."""
        pairs: tuple[tuple[Collection[str], Meaning], ...] = (
            (self.missing, "missing"),
            (self.suppressed, "suppressed"),
            (self.yes, "yes"),
        )
        return {_key(mark): meaning for marks, meaning in pairs for mark in marks}

    def meaning(self, cell: object) -> Meaning | None:
        """Say what a cell's mark means; None where the page says nothing of it."""
        return _meaning(cell, self.meanings())

    def clashing(self) -> tuple[str, ...]:
        """Return the marks that are said to mean two things."""
        seen: dict[str | float, str] = {}
        found: list[str] = []
        for name in ("missing", "suppressed", "yes"):
            found += [mark for mark in getattr(self, name) if seen.setdefault(_key(mark), name) != name]
        return tuple(dict.fromkeys(found))


NO_MARKS = Marks()


@dataclass(frozen=True)
class Sorted:
    """A column without its marks.

    Attributes
    ----------
    column : pandas.Series
        The cells, those that hold a mark of what is missing or suppressed blank, and a tick ``yes``.
    suppressed : array of bool
        The cells whose figure is withheld.
    ticks : array of bool
        For a column of yes and no: the cells whose mark may mean a tick or a figure that is not there.
    """

    column: pd.Series
    suppressed: Mask
    ticks: Mask


def sorted_out(column: pd.Series, marks: Marks, *, boxes: bool = False) -> Sorted:
    """Take the marks out of a column.

    Parameters
    ----------
    column : pandas.Series
        Cells of any type.
    marks : Marks
        What the page says of them.
    boxes : bool
        Whether the column holds yes and no.
    """
    nowhere = np.zeros(len(column), dtype=bool)
    if marks == NO_MARKS and not boxes:
        return Sorted(column, nowhere, nowhere)
    meanings = marks.meanings()
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = [key for key in meanings if isinstance(key, float)]
        if not numbers or not column.isin(numbers).any():
            return Sorted(column, nowhere, nowhere)
    means = {cell: _means(cell, meanings, boxes) for cell in _distinct(column)}
    means = {cell: meaning for cell, meaning in means.items() if meaning is not None}
    if not means:
        return Sorted(column, nowhere, nowhere)
    found = column.map(lambda cell: means.get(_bare(cell)) if _may_be(cell) else None, na_action="ignore").to_numpy(
        object
    )
    gone = (found == "missing") | (found == "suppressed")
    kept = column.astype(object).mask(gone, None)
    kept = kept.mask(found == "yes", "yes")
    if pd.api.types.is_numeric_dtype(column.dtype):
        kept = kept.astype(np.float64)
    return Sorted(kept, found == "suppressed", found == "tick")


def _may_be(cell: object) -> bool:
    return isinstance(cell, (str, Real, Footnoted)) and not isinstance(cell, (bool, np.bool_))


def _bare(cell: object) -> object:
    """Return a cell without the footnote calls beside its mark."""
    return cell.text if isinstance(cell, Footnoted) else cell


def _distinct(column: pd.Series) -> Collection[object]:
    if column.dtype == object:
        return {_bare(cell) for cell in column if _may_be(cell)}
    return [cell for cell in pd.unique(column) if _may_be(cell)]


def _means(cell: object, meanings: Mapping[str | float, Meaning], boxes: bool) -> str | None:
    meaning = _meaning(cell, meanings)
    if meaning is None and boxes and isinstance(cell, str) and fold(cell) in _TICKS:
        return "tick"
    return meaning


def _meaning(cell: object, meanings: Mapping[str | float, Meaning]) -> Meaning | None:
    if isinstance(cell, str):
        return (meanings.get(fold(cell)) or meanings.get(_key(cell))) if meanings and cell.strip() else None
    return meanings.get(float(cell)) if isinstance(cell, Real) and _may_be(cell) else None
