r"""The number formats of spreadsheets: which ones show a number in percent.

A format is up to four sections apart by ``;``: for positive numbers, negative ones, zero and text, unless they state
conditions of their own (``[<1]0.0%;0``). A percent sign multiplies what is shown by 100 only where it stands bare:
quoted (``0" %"``), escaped (``0\%``), given as a blank's width (``_%``) or as filling (``*%``), it is a sign like any
other.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType

__all__ = ["BUILT_IN", "PERCENT", "NumberFormat", "read_format"]

_CONDITION = re.compile(r"\s*(<=|>=|<>|<|>|=)\s*([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*")
_HOLDS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "=": operator.eq,
        "<>": operator.ne,
    }
)


@dataclass(frozen=True)
class _Section:
    """One section: its condition if it states one, how many bare percent signs it has, and whether it has another."""

    condition: tuple[str, float] | None
    percents: int
    literal: bool

    def holds(self, value: float) -> bool:
        if self.condition is None:
            return True
        sign, bound = self.condition
        return _HOLDS[sign](value, bound)


@dataclass(frozen=True)
class NumberFormat:
    """How a cell shows numbers."""

    sections: tuple[_Section, ...]

    @property
    def is_percent(self) -> bool:
        """Whether it shows some number in percent."""
        return any(section.percents for section in self.sections[:3])

    @property
    def is_literal(self) -> bool:
        """Whether it only writes a percent sign after some number, which stays as it is."""
        return any(section.literal for section in self.sections[:3])

    @cached_property
    def always(self) -> int | None:
        """The percent signs of every number, where all sections have as many and none is left unshown."""
        signs = {section.percents for section in self.sections[:3]}
        open_ended = all(section.condition is None for section in self.sections[:3])
        return signs.pop() if len(signs) == 1 and open_ended else None

    def section(self, value: float) -> _Section | None:
        """Find the section that shows a number; None where none does."""
        sections = self.sections[:3]
        if all(section.condition is None for section in sections):
            if len(sections) == 1 or value > 0:
                return sections[0]
            return sections[1] if value < 0 else sections[2 if len(sections) == 3 else 0]
        first, *others = sections
        if first.holds(value) if first.condition else value > 0:
            return first
        if len(others) == 2:
            second, last = others
            return second if (second.holds(value) if second.condition else value < 0) else last
        return others[0] if others and others[0].holds(value) else None

    def percents(self, value: float) -> int:
        """Tell by how many percent signs a number is multiplied as it is shown: 0 or, nearly always, 1."""
        if self.always is not None:
            return self.always
        found = self.section(value)
        return found.percents if found else 0

    def literal(self, value: float) -> bool:
        """Tell whether a number is shown as it is, with a percent sign after it."""
        found = self.section(value)
        return found is not None and found.literal and not found.percents


@cache
def read_format(code: str) -> NumberFormat:
    r"""Read the code of a format.

    Examples
    --------
    >>> [read_format(code).percents(0.125) for code in ("0.0%", '0" %"', r"0\%", "[Red]0%;-0.0", "[<1]0%;0")]
    [1, 0, 0, 1, 1]
    """
    sections: list[_Section] = []
    condition, percents, literal, at = None, 0, False, 0
    while at < len(code):
        sign = code[at]
        if sign == ";":
            sections.append(_Section(condition, percents, literal))
            condition, percents, literal = None, 0, False
        elif sign == '"':
            end = code.find('"', at + 1)
            end = len(code) if end < 0 else end
            literal |= "%" in code[at:end]
            at = end
        elif sign == "[":
            end = code.find("]", at + 1)
            end = len(code) if end < 0 else end
            if found := _CONDITION.fullmatch(code[at + 1 : end]):
                condition = (found[1], float(found[2]))
            at = end
        elif sign in "\\_*":
            literal |= sign == "\\" and code[at + 1 : at + 2] == "%"
            at += 1
        else:
            percents += sign == "%"
        at += 1
    return NumberFormat((*sections, _Section(condition, percents, literal)))


PERCENT = read_format("0%")
#: The formats that files name by number without writing them out; the others hold no percent sign.
BUILT_IN = MappingProxyType({9: PERCENT, 10: read_format("0.00%")})
