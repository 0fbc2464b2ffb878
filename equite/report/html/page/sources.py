"""Where the figures come from, how far each can be trusted, and the money that rests on those that are not official."""

from __future__ import annotations

from typing import Any

from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.context import Cell, FlushNumber, PageSection, ReportContext, small_table
from equite.report.language.labels import MARKED

__all__ = ["sources_section"]


def sources_section(report: ReportContext) -> PageSection:
    """Return the source and status of each figure, and what rests on it."""
    return PageSection("sources", report.say("page-sources"), fragment(_figures(report), _reliance(report)))


def _figures(report: ReportContext) -> Markup:
    labels, page = report.labels, report.allocation.formula
    specs: dict[str, Any] = {"envelope": page.envelope} if page.envelope else {}
    specs |= dict(page.constants)
    order = [*page.columns, *page.names.columns]
    specs |= {name: page.columns.get(name) for name in sorted(page.names.columns, key=order.index)}
    rows: list[list[Cell]] = [
        [
            labels.title(name),
            labels.worded(getattr(spec, "unit", None), labels.symbol if name == "envelope" else ""),
            _status(report, getattr(spec, "status", None)),
            getattr(spec, "source", None) or report.say("book-no-source"),
            getattr(spec, "date", None) or "",
        ]
        for name, spec in specs.items()
    ]
    if not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
    headings = [report.say(f"book-heading-{name}") for name in ("figure", "unit", "status", "source", "date")]
    table = small_table(report.say("book-sources"), headings[: len(rows[0])] if rows else headings, rows)
    return fragment(element("p", report.say("page-sources-lead")), table)


def _status(report: ReportContext, status: str | None) -> Markup:
    look = "badge" if status in MARKED else None
    return element("span", report.labels.status(status), class_=look)


def _reliance(report: ReportContext) -> Markup:
    allocation, labels = report.allocation, report.labels
    head = element("h3", report.say("book-reliance"))
    if not allocation.reliance:
        return fragment(head, element("p", report.say("book-no-reliance")))
    order = (*MARKED, "estimated")
    found = sorted(allocation.reliance, key=lambda each: (order.index(each.status), -each.dollars))
    rows: list[list[Cell]] = [
        [
            labels.title(each.item),
            _status(report, each.status),
            report.say("book-moved" if each.moves else "book-paid"),
            FlushNumber(labels.money(each.dollars)),
            FlushNumber(labels.percent(each.dollars / allocation.total) if allocation.total else ""),
        ]
        for each in found
    ]
    headings = [report.say(f"book-heading-{name}") for name in ("figure", "status", "how", "dollars", "of-total")]
    about = element("p", report.say("book-about-reliance"))
    return fragment(head, about, small_table(report.say("book-reliance"), headings, rows))
