"""What one cell says: a number, a text, a level, a yes or a no.

People write the same number in many ways: ``1 234,5``, ``1,234.5``, ``1.234,5``, ``12,5 %``, ``1 234 $``. A cell is
read under both conventions, the decimal point and the decimal comma. Where only one makes sense, that is the number;
where both do and they disagree (``1,234``), the other cells of the column decide, then the file, and nothing else: a
number is never guessed.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.inputs import figures
from equite.inputs.labels import Labels
from equite.inputs.marked import Footnoted, MarkedCell, Percentage
from equite.inputs.marks import MISSING, is_missing_mark
from equite.inputs.percents import Range, unsettled
from equite.inputs.spelling import fold, tidied, tidy

__all__ = [
    "EXACT",
    "MISSING",
    "CellsRead",
    "DecimalMark",
    "Reading",
    "TextsRead",
    "figures_of",
    "fold",
    "holds_numbers",
    "levels_of",
    "marks_shown",
    "numbers_of",
    "readings",
    "text_of",
    "texts_of",
    "tidied_column",
    "tidy",
    "typed",
    "yes_no_of",
]

DecimalMark = Literal[".", ","]
Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]
_YES_NO = {"oui": 1.0, "yes": 1.0, "vrai": 1.0, "true": 1.0, "1": 1.0} | dict.fromkeys(
    ("non", "no", "faux", "false", "0"), 0.0
)

_BLANKS = dict.fromkeys(map(ord, "\t\u00a0\u2007\u2009\u202f"), " ") | {ord("\u2212"): "-"}
#: Beyond this, not every whole number has a float of its own.
EXACT = 2**53
#: In a column of so many cells, finding those that are equal takes longer than reading each.
_FEW = 200
_UNGROUPED = dict.fromkeys(map(ord, " '’"))
#: A number with, at most, one sign, one currency or percent mark, and the blanks that go with them.
_DRESSED = re.compile(r"([+-]?) ?[$€£]? ?([0-9.,eE+\- '’]+?) ?[$€£%]?")


def _convention(mark: DecimalMark, group: str) -> re.Pattern[str]:
    """Compile what a number looks like under one convention: groups of three, never opened by a zero."""
    grouped = "|".join(rf"[1-9][0-9]{{0,2}}(?:{sign}[0-9]{{3}})+" for sign in ("[ '’]", re.escape(group)))
    decimals = rf"{re.escape(mark)}[0-9]"
    # Nobody writes groups of thousands and a power of ten in one number.
    power = "(?:[eE][+-]?[0-9]+)?"
    return re.compile(rf"[+-]?(?:(?:{grouped})(?:{decimals}*)?|(?:[0-9]+(?:{decimals}*)?|{decimals}+){power})")


_POINT, _COMMA = _convention(".", ","), _convention(",", ".")


def _nowhere() -> Positions:
    return np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Reading:
    """A column read as numbers.

    Attributes
    ----------
    values : array of float
        The numbers; NaN where the cell is missing or could not be read.
    wrong : array of int
        Positions of the cells that hold no number.
    ambiguous : array of int
        Positions of the cells that hold two, depending on what the comma or the point means.
    mixed, two_ways : array of int
        Positions of the cells in percent that stand beside bare numbers, and of the bare numbers that may be in percent
        or not; see :mod:`equite.inputs.percents`.
    other : array of int
        Positions of the cells that hold one only if the decimal sign were not the one that is stated.
    """

    values: Floats
    wrong: Positions
    ambiguous: Positions
    mixed: Positions = field(default_factory=_nowhere)
    two_ways: Positions = field(default_factory=_nowhere)
    other: Positions = field(default_factory=_nowhere)


def readings(text: str) -> tuple[float | None, float | None]:
    """Read one text as a number, with a decimal point and with a decimal comma.

    Returns
    -------
    tuple of float or None
        The number under each convention; None where the text is no number under it.

    Examples
    --------
    >>> readings("1 234,5"), readings("1,234.5"), readings("1,234"), readings("12")
    ((None, 1234.5), (1234.5, None), (1234.0, 1.234), (12.0, 12.0))
    """
    bare = text.strip() if text.isascii() else text.strip().translate(_BLANKS)
    found = _conventions(bare)
    if found == (None, None) and (dressed := _DRESSED.fullmatch(bare)):
        return _conventions(dressed[1] + dressed[2])
    return found


def _conventions(number: str) -> tuple[float | None, float | None]:
    """Read a number that wears no mark, with a decimal point and with a decimal comma."""
    point = comma = None
    if _POINT.fullmatch(number):
        point = float(number.translate(_UNGROUPED).replace(",", ""))
    if "," not in number and "." not in number:
        return point, point
    if _COMMA.fullmatch(number):
        comma = float(number.translate(_UNGROUPED).replace(".", "").replace(",", "."))
    return point, comma


def marks_shown(pairs: Iterable[tuple[float | None, float | None]]) -> tuple[bool, bool]:
    """Say what the readings of some cells prove: that a point, that a comma marks their decimals."""
    point = comma = False
    for with_point, with_comma in pairs:
        point |= with_comma is None and with_point is not None
        comma |= with_point is None and with_comma is not None
    return point, comma


def _cell_readings(cell: object) -> tuple[float | None, float | None]:
    """Read one cell of any type; a missing one is NaN under both conventions."""
    if isinstance(cell, str):
        pair = readings(cell)
        return (math.nan, math.nan) if pair == (None, None) and is_missing_mark(cell) else pair
    if isinstance(cell, MarkedCell):
        return _marked_readings(cell)
    if isinstance(cell, (Real, Decimal)):
        try:
            return float(cell), float(cell)
        except OverflowError:
            return math.inf, math.inf
    return None, None


def _marked_readings(cell: MarkedCell) -> tuple[float | None, float | None]:
    """Read a cell of a workbook that says more than a value."""
    if isinstance(cell, Percentage):
        return cell.value, cell.value
    if isinstance(cell, Footnoted) and cell.text and not cell.may_be_a_power:
        return _cell_readings(cell.text)
    return None, None


def _distinct(column: pd.Series) -> tuple[npt.NDArray[np.intp], Sequence[object]]:
    """Return each cell's place among the distinct cells (-1 where it is missing), and these."""
    # True equals 1 to Python. Here it is the text that CSV holds: a yes, and no number.
    if column.dtype == np.bool_:
        return column.to_numpy().astype(np.intp), ["False", "True"]
    cells = column
    if not isinstance(column.dtype, pd.StringDtype):
        cells = column.astype(object)
        truths = np.array([isinstance(cell, (bool, np.bool_)) for cell in cells], dtype=bool)
        cells = cells.mask(truths, cells.map(str)) if truths.any() else cells
    try:
        places, distinct = pd.factorize(cells)
    except TypeError:  # a cell that cannot be hashed, a list for instance
        places, distinct = pd.factorize(cells.map(str, na_action="ignore"))
    return places, list(distinct)


def _spread(values: Iterable[float], places: npt.NDArray[np.intp]) -> Floats:
    """Lay the distinct cells' values back over the column; a place of -1 takes the NaN put last."""
    return np.array([*values, math.nan], dtype=np.float64)[places]


@dataclass(frozen=True)
class CellsRead:
    """A column whose distinct cells have been read, each once, under both conventions.

    Attributes
    ----------
    places : array of int
        Each cell's place among the distinct cells, -1 where it is missing.
    distinct : sequence
        The distinct cells.
    pairs : list of (float or None, float or None)
        Their readings with a decimal point, and with a decimal comma.
    """

    places: Positions
    distinct: Sequence[object]
    pairs: list[tuple[float | None, float | None]]

    @classmethod
    def of(cls, column: pd.Series) -> CellsRead:
        """Read the cells of a column of any type."""
        places, distinct = _distinct(column)
        return cls(places, distinct, [_cell_readings(cell) for cell in distinct])

    def numbers(
        self,
        mark: DecimalMark | None = None,
        percent: Range | None = None,
        *,
        stated: DecimalMark | None = None,
        open_point: bool = False,
    ) -> Reading:
        """Decide what the cells say, as :func:`numbers_of` does."""
        point, comma = marks_shown(self.pairs)
        if point or comma:
            mark, open_point = None if point and comma else "." if point else ",", False
        mark, open_point = stated or mark, open_point and stated is None
        found, wrong, ambiguous, other = [], [], [], []
        for cell, (with_point, with_comma) in zip(self.distinct, self.pairs, strict=True):
            both = with_point is not None and with_comma is not None
            differ = both and with_point != with_comma and not math.isnan(with_point or 0.0)
            first, second = (with_comma, with_point) if mark == "," else (with_point, with_comma)
            value = first if first is not None else second
            wrong.append(value is None)
            ambiguous.append(differ and (mark is None or (open_point and "." in str(cell))))
            other.append(stated is not None and first is None and second is not None)
            found.append(math.nan if value is None or ambiguous[-1] or other[-1] else value)
        mixed, two_ways = unsettled(self.distinct, found, percent)
        refused = [math.nan if one or two else value for one, two, value in zip(mixed, two_ways, found, strict=True)]
        flags = (wrong, ambiguous, mixed, two_ways, other)
        return Reading(_spread(refused, self.places), *(_where(each, self.places) for each in flags))


def holds_numbers(column: pd.Series) -> bool:
    """Tell whether a column's type says already that its cells are numbers."""
    if isinstance(column.dtype, np.dtype):
        return column.dtype.kind in "iuf"
    types = pd.api.types
    return types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype) | types.is_bool_dtype(
        column
    )


def numbers_of(
    column: pd.Series,
    mark: DecimalMark | None = None,
    percent: Range | None = None,
    *,
    stated: DecimalMark | None = None,
    open_point: bool = False,
) -> Reading:
    """Read a column as numbers.

    Parameters
    ----------
    column : pandas.Series
        Cells of any type.
    mark : {".", ","}, optional
        What the file's other cells show to be its decimal mark. The column's own cells come first.
    percent : tuple of float, optional
        The range of a column whose unit is the percent, None where open.
    stated : {".", ","}, optional
        The decimal mark that somebody states, whatever the cells show; a cell that contradicts it is refused.
    open_point : bool
        Whether ``12.345`` is left open where only the file's other cells show what its point means.
    """
    if holds_numbers(column):
        return Reading(figures_of(column), _nowhere(), _nowhere())
    return CellsRead.of(column).numbers(mark, percent, stated=stated, open_point=open_point)


def figures_of(column: pd.Series) -> Floats:
    """Return a column whose type is that of numbers as floats, as they lie in the table; nobody may write to them."""
    # Asked for the value of a missing cell, pandas looks for one first; plain arrays have none but their own.
    plain = isinstance(column.dtype, np.dtype)
    values = column.to_numpy() if plain else column.to_numpy(dtype=np.float64, na_value=np.nan)
    read: Floats = np.ascontiguousarray(values, dtype=np.float64).view()
    read.setflags(write=False)
    return read


def _where(flags: Sequence[bool], places: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return the positions of the column's cells whose distinct value is flagged."""
    return np.flatnonzero(np.array([*flags, False])[places])


def text_of(cell: object) -> str | None:
    """Return a cell as text, None if it is blank: 10.0 is "10", as a code that a spreadsheet took for a number was."""
    if isinstance(cell, str):
        return tidy(cell) or None
    if isinstance(cell, MarkedCell):
        return tidy(cell.shown) or None
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return None
    if isinstance(cell, (float, np.floating)):
        value = float(figures.typed(np.asarray(float(cell))))
        return None if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    return tidy(cell.isoformat() if isinstance(cell, (datetime.date, datetime.time)) else str(cell)) or None


def texts_of(column: pd.Series) -> npt.NDArray[np.object_]:
    """Return a column as text: str, or None where the cell is blank."""
    if isinstance(column.dtype, pd.StringDtype) or _is_of_texts(column):
        return tidied_column(column).texts
    if len(column) <= _FEW:
        return np.fromiter(map(text_of, column.tolist()), dtype=object, count=len(column))
    places, distinct = _distinct(column)
    texts = np.array([*map(text_of, distinct), None], dtype=object)
    return texts[places]


def _is_of_texts(column: pd.Series) -> bool:
    """Tell whether the cells of a column of any type are texts and blanks."""
    if column.dtype != object:
        return False
    cells = column.tolist()
    kinds = set(map(type, cells)) - {str, type(None)}
    return not kinds or (kinds == {float} and all(cell != cell for cell in cells if type(cell) is float))


class TextsRead(NamedTuple):
    """A column of texts, each as it is compared or None where it is blank.

    Attributes
    ----------
    texts : array of str or None
        The texts.
    labels : Labels or None
        The same, looked at together, where every cell stands as it is compared.
    """

    texts: npt.NDArray[np.object_]
    labels: Labels | None = None


def tidied_column(column: pd.Series) -> TextsRead:
    """Read a column of texts."""
    given = column.to_numpy(dtype=object).view()
    given.setflags(write=False)
    cells = given.tolist()
    # What is missing among texts is no text.
    filled = cells if not column.hasnans and all(cells) else [cell for cell in cells if isinstance(cell, str) and cell]
    written = Labels(filled)
    texts = tidied(written)
    if len(written) == len(cells) and texts == written:
        return TextsRead(given, written)
    each = iter(texts)
    found = (next(each) or None if isinstance(cell, str) and cell else None for cell in cells)
    return TextsRead(np.fromiter(found, dtype=object, count=len(cells)))


def _looked_up(column: pd.Series, meaning: Mapping[str, float]) -> Reading:
    """Read a column whose cells are words, or the numbers that stand for them."""
    places, distinct = _distinct(column)
    words = [fold(text_of(cell) or "") for cell in distinct]
    wrong = _where([word not in meaning and not is_missing_mark(word) for word in words], places)
    values = _spread((meaning.get(word, math.nan) for word in words), places)
    return Reading(values, wrong, np.empty(0, dtype=np.intp))


def levels_of(column: pd.Series, levels: Sequence[Mapping[str, str] | str]) -> Reading:
    """Read a column of ordered levels: each cell one of their names, in either language, or their number from 1."""
    meaning = {str(number): float(number) for number in range(1, len(levels) + 1)}
    for number, level in enumerate(levels, start=1):
        names = (level,) if isinstance(level, str) else level.values()
        meaning.update({fold(name): float(number) for name in names})
    return _looked_up(column, meaning)


def yes_no_of(column: pd.Series) -> Reading:
    """Read a column of yes (1) and no (0), in either language."""
    return _looked_up(column, _YES_NO)


def typed(cells: Sequence[object]) -> pd.Series:
    """Make a column of cells that already have a type: whole numbers become integers, blanks become missing."""
    kinds = set(map(type, cells))
    # Nearly all columns of a workbook are of numbers alone, of texts alone, or of numbers with gaps.
    if kinds == {str} and any(str(cell).strip() for cell in cells):
        return pd.Series([cell if str(cell).strip() else None for cell in cells], dtype=object)
    if kinds == {float}:
        return _of_floats(np.array(cells, dtype=np.float64), gaps=False)
    if kinds == {float, str} and not any(cell.strip() for cell in cells if isinstance(cell, str)):
        return _of_floats(np.array([math.nan if isinstance(cell, str) else cell for cell in cells]), gaps=True)
    kept = [None if isinstance(cell, str) and not cell.strip() else _whole(cell) for cell in cells]
    filled = [cell for cell in kept if cell is not None]
    kinds = {type(cell) for cell in filled}
    if len(filled) == len(kept) and kinds in ({bool}, {int}):
        return pd.Series(kept)
    exact = all(abs(cell) <= EXACT for cell in filled if isinstance(cell, int))
    if kinds <= {int, float, Decimal} and exact:
        return pd.Series([math.nan if cell is None else cell for cell in kept]).astype(np.float64)
    return pd.Series(kept, dtype=object)


def _of_floats(values: npt.NDArray[np.float64], *, gaps: bool) -> pd.Series:
    """Make a column of floats, integers where all are whole; a zero has no sign."""
    whole = (values == np.rint(values)) & (np.abs(values) <= EXACT)
    return pd.Series(values + 0.0 if gaps or not whole.all() else values.astype(np.int64))


def _whole(cell: object) -> object:
    """Return 10 for 10.0, and any other cell as it is."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT else cell
