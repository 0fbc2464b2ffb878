"""A column in which some cells are in percent and others are bare numbers: what the bare ones may mean.

25 % beside 0.25 is one number in one cell and another in the next. So a column is all in percent, or not at all; unless
its unit is the percent, its cells come from a workbook, where a format may be lost as cells are pasted, and its range
leaves one reading: beside 12.5 %, a bare 5 is 5 % if 500 % is out of range.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from equite.inputs.marked import Footnoted, Percentage

__all__ = ["Range", "in_percent", "is_percent_unit", "unsettled"]

#: The lowest and the highest value of a column, None where open.
Range = tuple[float | None, float | None]
_UNIT = re.compile(r"\s*(?:%|per\s?cent\b|pour\s?cent\b|p\.\s?100\b|pourcentage|percentage)", re.IGNORECASE)


def is_percent_unit(unit: str | Mapping[str, str] | None) -> bool:
    """Tell whether a column's unit is the percent, in either language."""
    texts = [unit] if isinstance(unit, str) else list((unit or {}).values())
    return any(_UNIT.match(text) for text in texts)


def in_percent(cell: object) -> bool:
    """Tell whether a cell is written in percent."""
    text = cell.text if isinstance(cell, Footnoted) else cell
    return isinstance(cell, Percentage) or (isinstance(text, str) and text.rstrip().endswith("%"))


def unsettled(cells: Sequence[object], values: Sequence[float], allowed: Range | None) -> tuple[list[bool], list[bool]]:
    """Find what keeps a column of both kinds from being read.

    Parameters
    ----------
    cells, values : sequence
        The cells, and the number that each holds, NaN where there is none.
    allowed : tuple of float, optional
        The range of a column whose unit is the percent.

    Returns
    -------
    tuple of list of bool
        The cells in percent that stand beside bare numbers, where nothing could settle the column; and the bare numbers
        that can be read in two ways, where its range could.
    """
    none = [False] * len(cells)
    percent = [in_percent(cell) for cell in cells]
    # Zero is the same either way.
    bare = [
        not dressed and value != 0 and not math.isnan(value) for dressed, value in zip(percent, values, strict=True)
    ]
    if not (any(percent) and any(bare)):
        return none, none
    if allowed is None or not any(isinstance(cell, Percentage) for cell in cells):
        return percent, none
    two = [
        plain and _within(value, allowed) and _within(100 * value, allowed)
        for plain, value in zip(bare, values, strict=True)
    ]
    return none, two


def _within(value: float, allowed: Range) -> bool:
    low, high = allowed
    return (low is None or value >= low) and (high is None or value <= high)
