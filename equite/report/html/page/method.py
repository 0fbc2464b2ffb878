"""How the amounts are computed, in words that are made from the formula, and what each step gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.context import Cell, FlushNumber, PageSection, ReportContext, listed, small_table
from equite.report.html.page.promises import bound_value
from equite.report.language.bounds_missing import bounds_missing
from equite.report.language.figures import changes_section, decision_section, figures_section
from equite.report.language.formula_in_words import SpokenLine, formula_sections
from equite.report.language.labels import limit_names

__all__ = ["method_section"]


def method_section(report: ReportContext) -> PageSection:
    """Return the formula in plain words, then what its parts and limits came to."""
    speech = report.labels.speech
    # Who decided, where figures come from and what was changed have their place in other sections.
    elsewhere = {section(speech).title for section in (decision_section, figures_section, changes_section)}
    told = [
        fragment(
            element("h3", section.title),
            _nested(section.lines, "ol" if section.numbered else "ul"),
            _nested(section.after, "ul"),
        )
        for section in formula_sections(report.allocation.formula, report.labels.language)
        if section.title not in elsewhere
    ]
    lead = element("p", report.say("page-method-lead"))
    return PageSection("method", report.say("page-method"), fragment(lead, *told, _values(report), _steps(report)))


def _nested(lines: Sequence[SpokenLine], kind: str) -> Markup | None:
    """Return lines as a list, those that belong below another in a list inside it."""
    if not lines:
        return None
    return element(kind, [element("li", first.text, _nested(inner, "ul")) for first, inner in _families(lines)])


def _families(lines: Sequence[SpokenLine]) -> Iterator[tuple[SpokenLine, Sequence[SpokenLine]]]:
    """Return each line of the least depth with the deeper ones that follow it."""
    least = min(line.depth for line in lines)
    starts = [0, *(at for at, line in enumerate(lines) if line.depth == least and at)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start], lines[start + 1 : end]


def _values(report: ReportContext) -> Markup | None:
    """Return what each constant, floor and cap of the page comes to; from which to which, where territories differ."""
    labels, page = report.labels, report.allocation.formula
    rows: list[list[Cell]] = []
    for name, constant in page.constants.items():
        unit = labels.unit(name) or None
        mark = report.mark_beside(labels.statuses((name,)))
        value = labels.speech.valued(float(constant.value), unit)
        rows.append([fragment(labels.title(name), " " if mark else None, mark), FlushNumber(value)])
    for stage in report.allocation.stages:
        for way in ("floor", "cap"):
            value = bound_value(report, stage, way)
            if value:
                mark = report.mark_beside(labels.statuses(limit_names(page, stage.limit)))
                title = report.say(f"page-fact-{way}", limit=labels.limit(stage.limit))
                rows.append([fragment(title, " " if mark else None, mark), FlushNumber(value)])
    if not rows:
        return None
    headings = [report.say("page-values-what"), report.say("page-values-value")]
    table = small_table(report.say("page-values-caption"), headings, rows)
    return fragment(element("h3", report.say("page-values")), table)


def _steps(report: ReportContext) -> Markup:
    """Return what each part shared and what each limit moved."""
    allocation, labels = report.allocation, report.labels
    names = ("part", "pool-amount", "members", "level")
    rows: list[list[Cell]] = []
    for result in allocation.parts_shared:
        level = report.brief(float(result.level[0])) if result.level.size == 1 else _by_group(report, result.level.size)
        rows.append(
            [
                labels.title(result.part.id),
                FlushNumber(labels.money(allocation.shown.parts[result.part.id].total)),
                FlushNumber(labels.number(int(result.members.sum()))),
                FlushNumber("" if result.part.share.as_is is not None else level),
            ]
        )
    parts = small_table(report.say("book-parts"), [report.say(f"book-heading-{name}") for name in names], rows)
    about = element("p", element("small", report.say("book-about-level")))
    missing = bounds_missing(allocation, labels)
    without = listed(missing) if missing else None
    return fragment(element("h3", report.say("page-steps")), parts, about, _stages(report), without)


def _by_group(report: ReportContext, count: int) -> str:
    return report.say("level-by-group", count=report.labels.number(count))


def _stages(report: ReportContext) -> Markup | None:
    allocation, labels = report.allocation, report.labels
    if not allocation.stages:
        return None
    rows: list[list[Cell]] = [
        [
            labels.limit(stage.limit),
            FlushNumber(labels.number(int(stage.raised.sum()))),
            FlushNumber(labels.number(int(stage.lowered.sum()))),
            FlushNumber(labels.money(allocation.shown.moved(stage.limit.id))),
        ]
        for stage in allocation.stages
    ]
    headings = [report.say(f"book-heading-{name}") for name in ("stage", "raised", "lowered", "moved")]
    return small_table(report.say("book-limits"), headings, rows)
