"""What Excel takes of a formula: 8,192 characters, 64 levels of functions, 255 arguments of one function.

Excel does not open a workbook that holds a formula beyond them, and says no more than that the file is damaged.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["MOST", "FormulaSize", "is_beyond_excel", "size_of"]


class FormulaSize(NamedTuple):
    """How large a formula is."""

    characters: int
    levels: int
    arguments: int


#: The specification of Excel 2013 and later.
MOST = FormulaSize(characters=8192, levels=64, arguments=255)
#: Rows and columns are written as one sign until a formula is placed: each may take up to six more.
_PLACED = re.compile("[\ue000-\uf8ff]")
_MORE = 6
#: Texts and names of sheets, in which nothing counts; what opens, closes and parts.
_PIECE = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|([(){},])""")


def size_of(formula: str) -> FormulaSize:
    """Measure a formula as it is written, with or without the sign = before it.

    Parentheses that only group count as levels too: Excel's own limit on them is no higher.
    """
    deepest = most = 0
    # For each level that is open, the arguments begun; none inside the braces of an array.
    open_levels: list[int] = []
    arrays = 0
    for found in _PIECE.finditer(formula):
        sign = found[2]
        if sign == "(":
            open_levels.append(1)
            deepest, most = max(deepest, len(open_levels)), max(most, 1)
        elif sign == ")" and open_levels:
            open_levels.pop()
        elif sign in ("{", "}"):
            arrays += 1 if sign == "{" else -1
        elif sign == "," and open_levels and not arrays:
            open_levels[-1] += 1
            most = max(most, open_levels[-1])
    placed = _MORE * len(_PLACED.findall(formula))
    return FormulaSize(len(formula.removeprefix("=")) + 1 + placed, deepest, most)


def is_beyond_excel(formula: str) -> bool:
    """Tell whether a formula is longer or deeper than Excel takes, or gives a function more arguments."""
    return any(size > most for size, most in zip(size_of(formula), MOST, strict=True))
