"""What a column of numbers and a column of codes may hold, and what is noted of those that hold something else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.errors import Problems
from equite.inputs.cells import numbers_of, text_of
from equite.wording import Codes, Numeral

__all__ = [
    "ANY",
    "COUNT",
    "DIVISOR",
    "LATITUDE",
    "LONGITUDE",
    "SCORE",
    "Floats",
    "NumberRule",
    "Texts",
    "checked_numbers",
    "labels_of",
    "note_all_zero",
    "note_blank_codes",
    "note_repeated",
]

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class NumberRule:
    """What a column of numbers may hold.

    Attributes
    ----------
    lowest, highest : float
        Bounds, themselves allowed.
    zero : bool
        Whether zero is allowed: one does not divide by it.
    missing : bool
        Whether a cell may be missing, and stays so.
    """

    lowest: float = 0.0
    highest: float = math.inf
    zero: bool = True
    missing: bool = False


COUNT = NumberRule()
DIVISOR = NumberRule(zero=False)
ANY = NumberRule(-math.inf)
SCORE = NumberRule(-math.inf, missing=True)
LATITUDE = NumberRule(-90.0, 90.0)
LONGITUDE = NumberRule(-180.0, 180.0)


def labels_of(columns: Sequence[Texts]) -> Texts:
    """Name each row by its texts."""
    joined = (" / ".join(text or "—" for text in row) for row in zip(*columns, strict=True))
    return np.array(list(joined), dtype=object)


def note_blank_codes(codes: Texts, where: str, problems: Problems) -> None:
    """Note the rows that have no code."""
    blank = tuple(str(position) for position, code in enumerate(codes) if code is None)
    if blank:
        problems.add("indicator-code-missing", where, positions=Codes(blank))


def note_repeated(columns: Sequence[Texts], where: str, problems: Problems) -> None:
    """Note the rows that say again what another one says; those without a code are noted elsewhere."""
    labels = labels_of(columns)
    whole = [all(code is not None for code in row) for row in zip(*columns, strict=True)]
    named = pd.Series(labels[whole], dtype=object)
    repeated = tuple(dict.fromkeys(named[named.duplicated()]))
    if repeated:
        problems.add("indicator-repeated", where, codes=Codes(repeated))


def note_all_zero(codes: Texts, totals: Floats, where: str, problems: Problems) -> None:
    """Note the territories whose numbers are all zero: they have no shares."""
    if (totals == 0).any():
        problems.add("indicator-all-zero", where, codes=Codes(tuple(codes[totals == 0])))


def checked_numbers(column: pd.Series, labels: Texts, where: str, rule: NumberRule, problems: Problems) -> Floats:
    """Read one column of numbers, and note every cell that breaks its rule.

    Returns
    -------
    array of float
        NaN where a cell is missing or holds no number.
    """
    reading = numbers_of(column.reset_index(drop=True))
    wrong, ambiguous = _flags(reading.wrong, len(labels)), _flags(reading.ambiguous, len(labels))
    values = np.where(np.isinf(reading.values), np.nan, reading.values)
    beyond = (values < rule.lowest) | (values > rule.highest)
    quantity = rule.lowest == 0 and math.isinf(rule.highest)
    found: dict[str, Flags] = {
        "indicator-not-number": wrong,
        "indicator-ambiguous": ambiguous,
        "indicator-infinite": np.isinf(reading.values),
        "indicator-negative" if quantity else "indicator-outside": beyond,
        "indicator-zero": (values == 0) & (not rule.zero),
        "indicator-missing": np.isnan(reading.values) & ~wrong & ~ambiguous & (not rule.missing),
    }
    cells, shown = column.to_numpy(dtype=object), beyond | wrong | ambiguous
    for entry, flags in found.items():
        if flags.any():
            places = np.flatnonzero(flags)
            named = [f"{labels[at]} ({text_of(cells[at])})" if shown[at] else labels[at] for at in places]
            lowest, highest = Numeral(rule.lowest), Numeral(rule.highest)
            problems.add(entry, where, codes=Codes(tuple(named)), lowest=lowest, highest=highest)
    return np.asarray(values, dtype=np.float64)


def _flags(positions: npt.NDArray[np.intp], count: int) -> Flags:
    flags = np.zeros(count, dtype=np.bool_)
    flags[positions] = True
    return flags
