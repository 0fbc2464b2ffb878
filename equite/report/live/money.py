"""The money on the sheet of checks: what the sheet to print adds up to, beside what the envelope wants."""

from __future__ import annotations

from dataclasses import dataclass

from equite.report.live.calculation import Calculated
from equite.report.live.ranges import total
from equite.report.live.table import ShownTable
from equite.report.live.terms import Term, rounded_plainly, stated
from equite.report.live.verdict import SUM
from equite.report.live.workings import Workings
from equite.report.workbook.sheet import RULE, Sheet, fitting

__all__ = ["Money", "write_money"]


@dataclass(frozen=True)
class Money:
    """The cells of the sum of amounts and of what is kept, of the latter, and of the gap to the envelope.

    The last two are None without an envelope; ``holds`` is the sentence that says that all holds.
    """

    total: Term
    reserve: Term | None
    gap: Term | None
    holds: str


def write_money(sheet: Sheet, workings: Workings, done: Calculated, shown: ShownTable) -> Money:
    """Write the sum of amounts, the reserve, the envelope, what came on top, and the gap."""
    labels, digits = sheet.book.labels, sheet.book.labels.digits
    sheet.section(labels.say("live-money-of-amounts"))
    paid = _line(sheet, labels.say("live-sum-of-amounts"), total(shown.amounts))
    if done.envelope is None:
        return Money(paid, None, None, labels.say("live-verdict-good-alone", sum=SUM))
    reserve, envelope, on_top = (
        _line(sheet, label, workings.named(term))
        for label, term in (
            (labels.say("result-reserve"), done.reserve),
            (labels.say("word-envelope"), done.envelope),
            (labels.say("result-on-top"), done.on_top),
        )
    )
    whole = _line(sheet, labels.say("live-sum-and-reserve"), rounded_plainly(paid + reserve, digits))
    gap = _line(sheet, labels.say("live-gap"), rounded_plainly(paid + reserve - envelope - on_top, digits))
    holds = labels.say("live-verdict-good", sum=SUM)
    if any(limit.fund == "on_top" for limit in workings.formula.limits):
        holds = labels.say("live-verdict-good-added", sum=SUM)
    return Money(whole, reserve, gap, holds)


def _line(sheet: Sheet, label: str, term: Term) -> Term:
    """Write one amount; give its cell."""
    book, row = sheet.book, sheet.row
    look = {"bottom": 1, "bottom_color": RULE}
    sheet.sheet.write_string(row, 0, fitting(label[:1].upper() + label[1:]), book.style(**look))
    form = book.money_format(book.labels.digits)
    style = book.style(**look, num_format=form, align="right")
    sheet.sheet.write_formula(row, 1, f"={term}", style, term.figure)
    sheet.row += 1
    return stated(f"$B${row + 1}", term.value)
