"""An allocation and an explanation as HTML, for notebooks: small tables that every theme and screen reader shows."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from equite.report.columns import Column, shown_columns
from equite.report.language.labels import Labels, plain
from equite.report.terminal.text import check_lines, explained, explanation_notes, reliance_lines, result_lines
from equite.wording import Language

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.engine.explanation import Explanation

__all__ = ["allocation_html", "explanation_html", "framed"]

#: Up to so many rows are all shown; beyond, the first and the last few.
_ALL, _FIRST, _LAST = 15, 10, 5
#: Warnings shown.
_WARNINGS = 10
#: What MathJax 2 and 3 pass over.
_NO_MATHS = "tex2jax_ignore mathjax_ignore"
#: A grey that shows on white and on black; every other colour is the theme's.
_RULE = "1px solid rgba(128,128,128,.45)"
_TABLE = "border-collapse:collapse;margin:0 0 .8em 0;font-variant-numeric:tabular-nums"


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
        _rows(allocation, labels),
        _list(labels.say("book-checks"), check_lines(allocation, labels)),
        _list(labels.say("heading-warnings"), [plain(text) for text in allocation.warnings[:_WARNINGS]]),
        _list(labels.say("book-reliance"), reliance_lines(allocation, labels)),
    ]
    return _framed(pieces, labels)


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
    head = _row([_heading(labels.say("explain-line")), _heading(labels.heading("amount"), right=True)])
    body = "".join(
        _row([_side(line.marked, inner=line.inner), _cell(line.amount, right=True)]) for line in explained(explanation)
    )
    total = labels.money(explanation.amount, max(2, labels.digits))
    foot = _row([_side(labels.say("word-amount")), _cell(total, right=True, bold=True)])
    table = _table(name if name == code else f"{name} ({code})", head, body, foot)
    notes = [f"<p>{html.escape(note)}</p>" for note in explanation_notes(explanation, labels)]
    return _framed([table, *notes], labels)


def framed(pieces: Iterable[str], language: Language) -> str:
    """Put pieces of HTML in one frame, which says in what language they are and scrolls where they are too wide.

    Notebooks take what stands between two dollar signs for mathematics; the frame tells them not to.
    """
    return f'<div class="equite {_NO_MATHS}" lang="{language}" style="overflow-x:auto">{"".join(pieces)}</div>'


def _framed(pieces: Iterable[str], labels: Labels) -> str:
    return framed(pieces, labels.language)


def _money(allocation: Allocation, labels: Labels) -> str:
    body = "".join(
        _row([_side(label.strip(), inner=label.startswith(" ")), _cell(labels.money(amount), right=True)])
        for label, amount in result_lines(allocation, labels)
    )
    head = _row([_heading(labels.say("book-result")), _heading(labels.say("word-amount"), right=True)])
    return _table(labels.worded(allocation.formula.heading), head, body)


def _rows(allocation: Allocation, labels: Labels) -> str:
    """Show all rows, or the first and the last."""
    columns = [column for column in shown_columns(allocation, labels) if column.step != "notes"]
    count = len(allocation.codes)
    shown = list(range(count)) if count <= _ALL else [*range(_FIRST), *range(count - _LAST, count)]
    lines = [_territory(columns, row, labels) for row in shown]
    caption = labels.territories(count)
    if count > len(shown):
        lines.insert(_FIRST, f'<tr><td colspan="{len(columns)}" style="text-align:center">…</td></tr>')
        values = {"first": labels.number(_FIRST), "last": labels.number(_LAST)}
        caption = labels.say("notebook-rows", territories=caption, **values)
    head = _row(_heading(column.heading, right=column.kind != "text") for column in columns)
    return _table(caption, head, "".join(lines), _totals(columns, labels))


def _territory(columns: Sequence[Column], row: int, labels: Labels) -> str:
    cells = []
    for column in columns:
        if column.id == "code" and column.step == "key":
            cells.append(_side(plain(str(column.cells[row]))))
        elif column.kind == "text":
            cells.append(_cell(plain(str(column.cells[row]))))
        else:
            text = _number(float(column.cells[row]), column, labels)
            cells.append(_cell(text, right=True, bold=column.step == "amount"))
    return _row(cells)


def _totals(columns: Sequence[Column], labels: Labels) -> str:
    cells = [_side(labels.say("book-total"))]
    for column in columns[1:]:
        text = "" if column.total is None else _number(column.total, column, labels)
        cells.append(_cell(text, right=True, bold=True))
    return _row(cells)


def _number(value: float, column: Column, labels: Labels) -> str:
    if math.isnan(value):
        return ""
    return labels.number(value * 100.0 if column.kind == "share" else value, column.digits)


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    items = "".join(f"<li>{html.escape(line.strip())}</li>" for line in lines)
    return f'<p style="margin:0"><strong>{html.escape(title)}</strong></p><ul style="margin-top:.2em">{items}</ul>'


def _table(caption: str, head: str, body: str, foot: str = "") -> str:
    said = f'<caption style="text-align:left;font-weight:bold">{html.escape(caption)}</caption>' if caption else ""
    ends = f"<tfoot>{foot}</tfoot>" if foot else ""
    heads = f"<thead>{head}</thead>" if head else ""
    return f'<table style="{_TABLE}">{said}{heads}<tbody>{body}</tbody>{ends}</table>'


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _heading(text: str, *, right: bool = False) -> str:
    side = "right" if right else "left"
    style = f"text-align:{side};vertical-align:bottom;padding:.2em .6em;border-bottom:{_RULE}"
    return f'<th scope="col" style="{style}">{html.escape(text)}</th>'


def _side(text: str, *, inner: bool = False) -> str:
    style = f"text-align:left;font-weight:normal;padding:.1em .6em .1em {1.8 if inner else 0.6}em"
    return f'<th scope="row" style="{style}">{html.escape(text)}</th>'


def _cell(text: str, *, right: bool = False, bold: bool = False) -> str:
    # A number is never cut over two lines.
    look = "text-align:right;white-space:nowrap" if right else "text-align:left;min-width:12em"
    weight = ";font-weight:bold" if bold else ""
    return f'<td style="{look};padding:.1em .6em{weight}">{html.escape(text)}</td>'
