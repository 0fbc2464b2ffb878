"""How the amounts are computed, in words that are made from the formula, and what each step gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.context import Cell, FlushNumber, PageSection, ReportContext, listed, small_table
from equite.report.language.bounds_missing import bounds_missing
from equite.report.language.figures import changes_section, decision_section, figures_section
from equite.report.language.formula_in_words import SpokenLine, formula_sections

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
    return PageSection("method", report.say("page-method"), fragment(lead, *told, _steps(report)))


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
