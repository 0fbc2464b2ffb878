"""An allocation and an explanation as HTML, for notebooks: small tables that every theme and screen reader shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equite.report.columns import ShownColumn, shown_columns
from equite.report.html import tables
from equite.report.html.markup import Markup
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.terminal.text import check_lines, explained, explanation_notes, reliance_lines, result_lines

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.engine.explanation import Explanation

__all__ = ["allocation_html", "explanation_html"]

#: Up to so many rows are all shown; beyond, the first and the last few.
_ALL, _FIRST, _LAST = 15, 10, 5
#: Warnings shown.
_WARNINGS = 10


def allocation_html(allocation: Allocation) -> str:
    """Show an allocation: the money, the first and last rows, checks, warnings, what it rests on.

    Parameters
    ----------
    allocation : Allocation
        The allocation.

    Returns
    -------
    str
        HTML in the page's language, every text escaped, no colour but the theme's.
    """
    labels = Labels(allocation.formula)
    pieces = [
        _money(allocation, labels),
        _territories(allocation, labels),
        tables.listed(labels.say("book-checks"), check_lines(allocation, labels)),
        tables.listed(labels.say("heading-warnings"), [plain(text) for text in allocation.warnings[:_WARNINGS]]),
        tables.listed(labels.say("book-reliance"), reliance_lines(allocation, labels)),
    ]
    return tables.framed(pieces, labels.language)


def explanation_html(explanation: Explanation) -> str:
    """Show why a territory gets what it gets: a table whose lines add up.

    Parameters
    ----------
    explanation : Explanation
        The explanation of one amount.

    Returns
    -------
    str
        HTML in the page's language, every text escaped, no colour but the theme's.
    """
    labels = Labels(explanation.allocation.formula)
    name, code = plain(explanation.name), plain(explanation.code)
    head = tables.row(
        [tables.heading(labels.say("explain-line")), tables.heading(labels.heading("amount"), right=True)]
    )
    body = [
        tables.row([tables.side(line.marked, inner=line.inner), tables.cell(line.amount, right=True)])
        for line in explained(explanation)
    ]
    total = labels.money(explanation.amount)
    foot = tables.row([tables.side(labels.say("word-amount")), tables.cell(total, right=True, bold=True)])
    lines = tables.table(name if name == code else f"{name} ({code})", head, body, foot)
    notes = tables.paragraphs(explanation_notes(explanation, labels))
    return tables.framed([lines, *notes], labels.language)


def _money(allocation: Allocation, labels: Labels) -> Markup:
    body = [
        tables.row(
            [tables.side(label.strip(), inner=label.startswith(" ")), tables.cell(labels.money(amount), right=True)]
        )
        for label, amount in result_lines(allocation, labels)
    ]
    head = tables.row(
        [tables.heading(labels.say("book-result")), tables.heading(labels.say("word-amount"), right=True)]
    )
    return tables.table(labels.worded(allocation.formula.heading), head, body)


def _territories(allocation: Allocation, labels: Labels) -> Markup:
    """Show all rows, or the first and the last."""
    columns = [column for column in shown_columns(allocation, labels) if column.step != "notes"]
    count = len(allocation.codes)
    shown = list(range(count)) if count <= _ALL else [*range(_FIRST), *range(count - _LAST, count)]
    lines = [_territory(columns, at, labels) for at in shown]
    caption = labels.territories(count)
    if count > len(shown):
        lines.insert(_FIRST, tables.gap(len(columns)))
        values = {"first": labels.number(_FIRST), "last": labels.number(_LAST)}
        caption = labels.say("notebook-rows", territories=caption, **values)
    head = tables.row(tables.heading(column.heading, right=column.kind != "text") for column in columns)
    return tables.table(caption, head, lines, _totals(columns, labels))


def _territory(columns: Sequence[ShownColumn], at: int, labels: Labels) -> Markup:
    cells = []
    for column in columns:
        if column.id == "code" and column.step == "key":
            cells.append(tables.side(plain(str(column.cells[at]))))
        elif column.kind == "text":
            cells.append(tables.cell(plain(str(column.cells[at]))))
        else:
            text = column.written(float(column.cells[at]), labels.language)
            cells.append(tables.cell(text, right=True, bold=column.step == "amount"))
    return tables.row(cells)


def _totals(columns: Sequence[ShownColumn], labels: Labels) -> Markup:
    cells = [tables.side(labels.say("book-total"))]
    for column in columns[1:]:
        text = "" if column.total is None else column.written(column.total, labels.language)
        cells.append(tables.cell(text, right=True, bold=True))
    return tables.row(cells)
