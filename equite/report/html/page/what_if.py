"""What if: each limit taken away, the weight of each criterion doubled; for all, and for each territory."""

from __future__ import annotations

import numpy as np

from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.context import Cell, FlushNumber, ReportContext, small_table

__all__ = ["what_if", "what_if_here"]

_WAYS = ("more", "same", "less")


def what_if(report: ReportContext) -> Markup | None:
    """Return who would get more and who less by each change, and the money that would move."""
    if not report.changes:
        return None
    labels = report.labels
    rows: list[list[Cell]] = []
    for change in report.changes:
        if change.amounts is None:
            rows.append([change.words, *(FlushNumber("—") for _ in _WAYS), FlushNumber(report.say("page-if-refused"))])
            continue
        moved = change.amounts - report.allocation.amounts
        counts = (int(np.count_nonzero(way)) for way in (moved > 0, moved == 0, moved < 0))
        money = labels.money(round(float(np.maximum(moved, 0.0).sum()), 8))
        rows.append([change.words, *(FlushNumber(labels.number(count)) for count in counts), FlushNumber(money)])
    headings = [report.say("page-if-change"), *(report.say(f"page-gets-{way}") for way in _WAYS)]
    table = small_table(report.say("page-if-caption"), [*headings, report.say("page-if-moved")], rows)
    return fragment(element("h3", report.say("page-if")), table)


def what_if_here(report: ReportContext, row: int) -> Markup | None:
    """Return what one territory would get by each change."""
    told = [(change.words, float(change.amounts[row])) for change in report.changes if change.amounts is not None]
    if not told:
        return None
    amount = float(report.allocation.amounts[row])
    rows: list[list[Cell]] = [
        [words, FlushNumber(report.labels.money(would)), FlushNumber(report.signed(round(would - amount, 8)))]
        for words, would in told
    ]
    headings = [report.say(f"page-if-{name}") for name in ("change", "amount", "difference")]
    return small_table(report.say("page-if-here"), headings, rows)
