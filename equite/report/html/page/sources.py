"""Where the figures come from, how far each can be trusted, and the money that rests on those that are not official."""

from __future__ import annotations

from typing import Any

from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.context import Cell, Draft, Figure, Section, small_table
from equite.report.language.labels import MARKED

__all__ = ["sources_section"]


def sources_section(draft: Draft) -> Section:
    """Return the source and status of each figure, and what rests on it."""
    return Section("sources", draft.say("page-sources"), fragment(_figures(draft), _reliance(draft)))


def _figures(draft: Draft) -> Markup:
    labels, page = draft.labels, draft.allocation.formula
    specs: dict[str, Any] = {"envelope": page.envelope} if page.envelope else {}
    specs |= dict(page.constants)
    order = [*page.columns, *page.names.columns]
    specs |= {name: page.columns.get(name) for name in sorted(page.names.columns, key=order.index)}
    rows: list[list[Cell]] = [
        [
            labels.title(name),
            labels.worded(getattr(spec, "unit", None), labels.symbol if name == "envelope" else ""),
            _status(draft, getattr(spec, "status", None)),
            getattr(spec, "source", None) or draft.say("book-no-source"),
            getattr(spec, "date", None) or "",
        ]
        for name, spec in specs.items()
    ]
    if not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    headings = [draft.say(f"book-heading-{name}") for name in ("figure", "unit", "status", "source", "date")]
    table = small_table(draft.say("book-sources"), headings[: len(rows[0])] if rows else headings, rows)
    return fragment(element("p", draft.say("page-sources-lead")), table)


def _status(draft: Draft, status: str | None) -> Markup:
    look = "badge" if status in MARKED else None
    return element("span", draft.labels.status(status), class_=look)


def _reliance(draft: Draft) -> Markup:
    allocation, labels = draft.allocation, draft.labels
    head = element("h3", draft.say("book-reliance"))
    if not allocation.reliance:
        return fragment(head, element("p", draft.say("book-no-reliance")))
    order = (*MARKED, "estimated")
    found = sorted(allocation.reliance, key=lambda each: (order.index(each.status), -each.dollars))
    rows: list[list[Cell]] = [
        [
            labels.title(each.item),
            _status(draft, each.status),
            draft.say("book-moved" if each.moves else "book-paid"),
            Figure(labels.money(each.dollars, 0)),
            Figure(labels.percent(each.dollars / allocation.total) if allocation.total else ""),
        ]
        for each in found
    ]
    headings = [draft.say(f"book-heading-{name}") for name in ("figure", "status", "how", "dollars", "of-total")]
    about = element("p", draft.say("book-about-reliance"))
    return fragment(head, about, small_table(draft.say("book-reliance"), headings, rows))
