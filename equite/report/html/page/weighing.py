"""What weighs most: the part that brings most, the criteria that move most dollars, and those that count twice."""

from __future__ import annotations

from collections.abc import Iterator

from equite.formula.nodes import Name
from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.changed import moved_by
from equite.report.html.page.context import Cell, FlushNumber, ReportContext, listed, small_table
from equite.report.html.page.first import several
from equite.report.html.page.reasons import how_shared

__all__ = ["repeated", "weighing"]

#: Criteria that are told; the diagnosis has them all.
_MOST = 6


def weighing(report: ReportContext) -> Markup | None:
    """Return what weighs most, where there is more than one thing to weigh."""
    said = [text for text in (_heaviest_part(report), *repeated(report)) if text]
    table = _criteria(report)
    if not said and table is None:
        return None
    return fragment(element("h3", report.say("page-weighs")), listed(said) if said else None, table)


def _heaviest_part(report: ReportContext) -> str:
    """Say which part brings most; nothing where there is but one."""
    allocation, labels = report.allocation, report.labels
    totals = [(allocation.shown.parts[result.part.id].total, result.part) for result in allocation.parts_shared]
    if len(totals) < 2 or not allocation.total:
        return ""
    amount, part = max(totals, key=lambda each: each[0])
    told = {"amount": labels.money(amount), "share": labels.percent(amount / allocation.total)}
    entry = "page-weighs-part-as-is" if part.share.as_is is not None else "page-weighs-part"
    return report.say(entry, part=labels.title(part.id), how=how_shared(labels, part), **told)


def _criteria(report: ReportContext) -> Markup | None:
    allocation, labels = report.allocation, report.labels
    if not allocation.formula.indices or not allocation.total:
        return None
    found = moved_by(report.allocation)
    if not found:
        return None
    rows: list[list[Cell]] = [
        [
            labels.criterion(index, name),
            FlushNumber(labels.percent(weight)),
            FlushNumber(labels.money(round(dollars, labels.digits))),
            FlushNumber(labels.percent(dollars / allocation.total)),
        ]
        for index, name, weight, dollars in found[:_MOST]
    ]
    headings = [report.say(f"page-weighs-{name}") for name in ("criterion", "weight", "moved")]
    table = small_table(report.say("page-weighs-caption"), [*headings, report.say("book-heading-of-total")], rows)
    more = len(found) - len(rows)
    note = [report.say("page-weighs-about")]
    if more > 0:
        note.append(labels.count(more, "page-weighs-more-one", "page-weighs-more-many"))
    return fragment(table, element("p", element("small", " ".join(note))))


def repeated(report: ReportContext) -> Iterator[str]:
    """Say which criteria of an index are measured by one and the same column, and what they weigh together."""
    allocation, labels = report.allocation, report.labels
    for index in allocation.formula.indices:
        scoring = allocation.scope.scoring(index)
        if not scoring.criteria:
            continue
        weights = dict(
            zip((each.name for each in scoring.criteria), scoring.weights.mean(axis=0).tolist(), strict=True)
        )
        by_source: dict[str, list[str]] = {}
        for name in weights:
            by_source.setdefault(_measured_by(report, name), []).append(name)
        for source, names in by_source.items():
            if len(names) > 1:
                titles = [labels.speech.quoted(labels.criterion(index, name)) for name in names]
                summed = labels.percent(sum(weights[name] for name in names))
                yield report.say(
                    "page-repeated",
                    criteria=several(report, titles),
                    column=labels.title(source),
                    weight=summed,
                    index=labels.title(index),
                )


def _measured_by(report: ReportContext, name: str) -> str:
    """Follow a variable that is but another name to the column that it reads."""
    variables, seen = report.allocation.formula.variables, set[str]()
    while name in variables and name not in seen:
        seen.add(name)
        tree = variables[name].value.tree
        if not isinstance(tree, Name):
            break
        name = tree.name
    return name
