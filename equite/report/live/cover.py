"""What the first sheet of a live workbook tells of the result: formulas, as all else that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equite.report.language.text import plain
from equite.report.live.calculation import Calculated
from equite.report.live.grid import LiveColumn
from equite.report.live.ranges import sum_of_products, total
from equite.report.live.terms import Term
from equite.report.workbook.notes import LiveNotes
from equite.report.workbook.sheet import Book, Cell, FormattedNumber

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["live_notes"]


def live_notes(book: Book, workings: Workings, done: Calculated) -> LiveNotes:
    """Return what recalculates, what does not and what was tried, and the result."""
    say = workings.labels.say
    said = [say("live-about"), say("live-about-tried")]
    for certificate in workings.certificates:
        reason = say(f"live-closed-{certificate.reason}")
        said.append(say("live-about-certificate", step=plain(certificate.step), reason=reason))
    return LiveNotes(said, _result(book, workings, done))


def _result(book: Book, workings: Workings, done: Calculated) -> list[tuple[str, Cell]]:
    """Return the envelope, what each part gives, what is shared out, kept and added, and to how many."""
    labels, allocation, there = workings.labels, workings.allocation, workings.grid.name
    rows: list[tuple[str, Cell]] = []

    def add(label: str, term: Term, form: str) -> None:
        rows.append((label, FormattedNumber(term.figure, form, term.text)))

    money, number = book.money_format(labels.digits), book.number_format(0)
    if done.envelope is not None:
        mark = labels.mark(("envelope",))
        add(labels.dressed(labels.say("word-envelope"), mark), workings.named(done.envelope), money)
    if any(limit.fund == "on_top" for limit in workings.formula.limits):
        add(labels.say("result-on-top"), workings.named(done.on_top), money)
    parts = allocation.parts_shared
    for result, column in zip(parts, done.parts, strict=True):
        if len(parts) > 1:
            add("  " + labels.title(result.part.id), total(column.on(there).all), money)
    add(labels.say("live-shared"), total(done.amounts.on(there).all), money)
    add(labels.say("result-reserve"), workings.named(done.reserve), money)
    everybody = workings.takes_part.on(there)
    add(labels.say("live-result-territories"), total(everybody.all), number)
    people = allocation.people
    if people is not None and np.isfinite(people).all():
        found = done.translator.ref(workings.formula.people or "population")
        if isinstance(found, LiveColumn):
            column = found if found.sheet else found.on(there)
            add(labels.say("book-people"), sum_of_products(everybody.all, column.all), number)
    return rows
