"""The verdict: one line at the top of every sheet that tells whether the amounts may be used, their sum and the gap."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equite.report.live.grid import quoted
from equite.report.live.terms import Term
from equite.report.workbook.checks import LOOKS
from equite.report.workbook.sheet import HIGHEST, LINE, Book, lines_of
from equite.wording import LOCALES

if TYPE_CHECKING:
    from equite.report.language.labels import Labels

__all__ = [
    "BAND",
    "FIRST_FAILING",
    "GAP",
    "SUM",
    "Said",
    "elsewhere",
    "filled_in",
    "first_of",
    "followed",
    "money_said",
    "write_band",
]

#: The rows that the verdict takes at the top of each sheet.
BAND = 1
#: What stands in a sentence for the first check that fails, for the sum, and for the gap.
FIRST_FAILING, SUM, GAP = "\ue010", "\ue011", "\ue012"
#: As wide as the verdict's words need, in characters.
_WIDE = 150
#: The longest text that a formula may hold is 255 characters.
_LONGEST = 250


@dataclass(frozen=True)
class Said:
    """A text that a formula gives, and what it gives as the workbook is written."""

    formula: str
    text: str


def filled_in(words: str, values: Mapping[str, Said]) -> Said:
    """Put what formulas give in the place of the marks in a sentence."""
    pieces = re.split(f"([{''.join(values)}])", words)
    said = [values.get(piece) or _literal(piece) for piece in pieces if piece]
    return Said("&".join(each.formula for each in said), "".join(each.text for each in said))


def followed(said: Said, text: str) -> Said:
    """Put a sentence after what a formula gives."""
    if not text:
        return said
    after = _literal(f" {text}.")
    return Said(f"{said.formula}&{after.formula}", said.text + after.text)


def _literal(text: str) -> Said:
    parts = [text[at : at + _LONGEST] for at in range(0, len(text), _LONGEST)]
    return Said("&".join('"' + part.replace('"', '""') + '"' for part in parts), text)


def money_said(labels: Labels, money: Term, *, signed: bool = False) -> Said:
    """Write an amount as the readers' language does.

    The formats of a spreadsheet's TEXT mean other things in other countries, but for digits and blanks: thousands are
    put apart by blanks, which are then replaced, and cents stand by themselves.
    """
    locale, digits = LOCALES[labels.language], labels.digits
    units = f"ROUND(ABS({money})*{10**digits},0)"
    whole = f"INT({units}/{10**digits})" if digits else units
    text = f'SUBSTITUTE(TRIM(TEXT({whole},"# ### ### ### ### ##0"))," ","{locale.grouping}")'
    if digits:
        text += f'&"{locale.decimal}"&TEXT({units}-{whole}*{10**digits},"{"0" * digits}")'
    before, after = ("", f"\u00a0{labels.symbol}") if labels.formula.unit else locale.around(labels.symbol)
    sign = f'IF({money}>0,"+",IF({money}<0,"−",""))' if signed else f'IF({money}<0,"−","")'
    formula = "&".join([sign, *([_literal(before).formula] if before else []), text])
    formula += f"&{_literal(after).formula}" if after else ""
    return Said(formula, _as_written(labels, money.figure, signed=signed))


def _as_written(labels: Labels, value: float, *, signed: bool) -> str:
    """Return what the formula of an amount gives."""
    if math.isnan(value):
        return ""
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return sign + labels.money(abs(value))


def first_of(titles: str, results: str, failed: str, text: str) -> Said:
    """Return the title of the first line that failed."""
    return Said(f'INDEX({titles},MATCH("{failed}",{results},0))', text)


def write_band(book: Book, worksheet: Any, widths: Sequence[float], said: Said) -> None:
    """Write the verdict across a sheet's first row, in green or in red.

    Parameters
    ----------
    book : Book
        The workbook.
    worksheet : Worksheet
        The sheet.
    widths : sequence of float
        The widths of its columns, in characters.
    said : Said
        The verdict, or where it stands.
    """
    style = book.style(bold=True, font_size=11, text_wrap=True, valign="vcenter")
    last = next((at for at in range(len(widths)) if sum(widths[: at + 1]) >= _WIDE), len(widths) - 1)
    if last:
        worksheet.merge_range(0, 0, 0, last, "", style)
    worksheet.write_formula(0, 0, f"={said.formula}", style, said.text)
    width = int(sum(widths[: last + 1]) / 1.1)
    worksheet.set_row(0, max(32, min(HIGHEST, 1.1 * LINE * lines_of(said.text, width) + 4)))
    for sign, word in (("=", "passed"), ("<>", "failed")):
        fill, ink = LOOKS[word]
        rule = {"type": "formula", "criteria": f'=LEFT($A$1,1){sign}"✓"'}
        look = book.style(bg_color=fill, font_color=ink, bold=True)
        worksheet.conditional_format(0, 0, 0, len(widths) - 1, {**rule, "format": look})


def elsewhere(sheet: str, said: Said) -> Said:
    """Return the verdict as other sheets show it."""
    return Said(f"{quoted(sheet)}$A$1", said.text)
