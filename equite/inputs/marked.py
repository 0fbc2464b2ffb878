"""Cells of a workbook that say more than a value: a percentage, a footnote call, an error, a formula not computed.

They stand in a table as they are, so that no reader takes them for the plain number or the blank that they are not.
"""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

__all__ = ["Faulty", "Footnoted", "MarkedCell", "Percentage", "percentage", "percentages", "spelt"]

#: What is raised as part of a word: 1er, 2e, Mme, no; a lone letter elsewhere calls a footnote.
_IN_A_WORD = frozenset(
    {"er", "re", "ère", "ème", "nd", "nde", "st", "th", "rd", "ers", "res", "es", "èmes", "os", "me", "mes", "lle"}
    | {"lles", "te", "ve", "gr", "md", "mc", "tm", "®", "™", "º", "ª"}
)
#: Units of length, which have squares and cubes.
_LENGTH = re.compile(r"(?<![^\W\d_])(?:k|h|da|d|c|m|µ)?m$|(?<![^\W\d_])(?:mi|pi|ft|yd|in)$", re.IGNORECASE)
_RAISED = {"2": "²", "3": "³"}


class MarkedCell:
    """A cell that is not what its bare value says."""

    __slots__ = ()

    @property
    @abstractmethod
    def shown(self) -> str:
        """What a person sees."""

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return self.shown


@dataclass(frozen=True, repr=False, slots=True)
class Percentage(MarkedCell):
    """A number shown in percent: 12.5 for a cell that holds 0.125 and shows 12.5 %."""

    value: float

    @property
    def shown(self) -> str:
        """The number as typed, and the sign."""
        return f"{int(self.value) if self.value.is_integer() else self.value!r}%"


@dataclass(frozen=True, repr=False)
class Footnoted(MarkedCell):
    """A text with something raised in it.

    Attributes
    ----------
    text : str
        The text without its footnote calls; exponents of units are written ² and ³.
    call : str
        The footnote calls; empty if what is raised is part of the text.
    joined : str
        The text as it reads when nothing is raised: ``12341`` for 1234 with a call to note 1.
    """

    text: str
    call: str
    joined: str = field(compare=False, default="")

    @property
    def shown(self) -> str:
        """The text as it stands for labels, codes and headings."""
        return self.text

    @property
    def told(self) -> str:
        """The text and its call, apart."""
        return f"{self.text} [{self.call}]" if self.call else self.text

    @property
    def may_be_a_power(self) -> bool:
        """Whether what is raised may be an exponent: 10 with a raised 3 is ten, or a thousand."""
        return self.text.strip() in ("10", "-10", "\u221210") and bool(re.fullmatch(r"[-\u2212+]?\d+", self.call))


@dataclass(frozen=True, repr=False)
class Faulty(MarkedCell):
    """A cell without a value: one that shows an error, or a formula that was never computed.

    Attributes
    ----------
    entry : str
        The sentence that refuses it.
    text : str
        The error, or the formula.
    """

    entry: str
    text: str

    @property
    def shown(self) -> str:
        """The error, or the formula."""
        return self.text


def percentage(value: float, signs: int = 1) -> Percentage:
    """Return the number that a person sees, from its 15 significant digits: 7, not 7.000000000000001, for 0.07."""
    if not math.isfinite(value):
        return Percentage(value)
    return Percentage(float(Decimal(f"{value:.15g}").scaleb(2 * signs)))


def percentages(values: Sequence[float]) -> list[Percentage]:
    """Return the same for many numbers, each with one percent sign."""
    try:
        return [Percentage(value) for value in map(float, map("{:.15g}e2".format, values))]
    except ValueError:  # a number that is written with a power of ten already
        return [percentage(value) for value in values]


def spelt(runs: Sequence[tuple[str, bool]]) -> str | Footnoted:
    """Return a text from its runs, each a text and whether it is raised.

    Returns
    -------
    str or Footnoted
        A plain text where nothing is raised, or where what is raised is part of a word.
    """
    text, calls = "", list[str]()
    worded = any(sign.isalpha() for run, raised in runs if not raised for sign in run)
    for run, raised in _merged(runs):
        bare = run.strip()
        if not raised or not bare or (worded and _in_a_word(text, bare.casefold())):
            text += run
        elif bare in _RAISED and _LENGTH.search(text):
            text += _RAISED[bare]
        else:
            calls.append(bare)
            text += " " if run != bare else ""
    joined = "".join(run for run, _ in runs)
    return joined if text == joined else Footnoted(" ".join(text.split()), ", ".join(calls), joined)


def _in_a_word(before: str, raised: str) -> bool:
    """Tell whether what is raised ends the word before it."""
    if raised in _IN_A_WORD:
        return before[-1:].isalnum()
    number = before[-1:].casefold() == "n" and not before[-2:-1].isalpha()
    return (raised == "e" and before[-1:].isdigit()) or (raised == "o" and number)


def _merged(runs: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Join neighbours that are raised alike: an editor may cut one footnote call in two."""
    found: list[tuple[str, bool]] = []
    for text, raised in runs:
        if found and found[-1][1] == raised:
            found[-1] = (found[-1][0] + text, raised)
        elif text:
            found.append((text, raised))
    return found
