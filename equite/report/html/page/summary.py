"""The first section: what was decided and by whom, the money, checks, warnings, who is left out, what was changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from equite.engine.shown import shares_of
from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.chart import chart
from equite.report.html.page.context import (
    Cell,
    FlushNumber,
    PageSection,
    ReportContext,
    badge,
    listed,
    pairs,
    small_table,
)
from equite.report.html.page.first import changes, in_three_sentences
from equite.report.html.page.promises import promises
from equite.report.html.page.weighing import weighing
from equite.report.html.page.what_if import what_if
from equite.report.language.figures import changes_section
from equite.report.language.labels import MARKED, Labels, part_names
from equite.report.language.text import plain
from equite.report.terminal.text import reliance_lines

__all__ = ["summary_section"]

#: Territories named where a check fails, or where somebody is left out; the table and the record hold the rest.
_MOST = 200
#: Decimals of a share in percent.
_SHARE = 1


def summary_section(report: ReportContext) -> PageSection:
    """Return what a reader of one page should know."""
    return PageSection(
        "summary",
        report.say("page-summary"),
        fragment(
            _lead(report),
            _not_measured(report),
            _key_figures(report),
            chart(report),
            promises(report),
            changes(report),
            weighing(report),
            what_if(report),
            _money(report),
            _spread(report),
            _decision(report),
            _checks(report),
            _warnings(report),
            _left_out(report),
            _decided(report),
        ),
    )


def _lead(report: ReportContext) -> Markup:
    notes = report.allocation.formula.notes
    return fragment(in_three_sentences(report), element("p", report.labels.worded(notes)) if notes else None)


def _not_measured(report: ReportContext) -> Markup | None:
    """Say first what nobody measured: a reader who stops here has seen it."""
    if not any(each.status in MARKED for each in report.allocation.reliance):
        return None
    return element(
        "div",
        element("p", element("strong", report.say("page-not-measured"))),
        listed(reliance_lines(report.allocation, report.labels)),
        element("p", element("a", report.say("page-see-sources"), href="#sources")),
        class_="notice",
    )


def _key_figures(report: ReportContext) -> Markup:
    """Return the few numbers that everybody asks for."""
    allocation, labels = report.allocation, report.labels
    found: list[tuple[str, Child]] = []
    if allocation.envelope is not None:
        mark = badge(labels.mark(("envelope",))) if allocation.formula.envelope else None
        found.append((report.say("word-envelope"), (labels.money(allocation.envelope), mark)))
    if allocation.envelope is None or allocation.total != allocation.envelope:
        found.append((report.say("page-shared"), labels.money(allocation.total)))
    if allocation.reserve:
        found.append((report.say("result-reserve"), labels.money(allocation.reserve)))
    found.append((report.say("page-territories"), labels.number(len(allocation.codes))))
    people = allocation.people
    if people is not None and np.isfinite(people).all():
        found.append((report.say("page-people"), labels.number(float(people.sum()))))
    per_head = report.column("per_head")
    if per_head is not None and per_head.total is not None:
        found.append((report.say("heading-per_head"), labels.money(per_head.total, per_head.digits)))
    return pairs(found, "figures")


def _money(report: ReportContext) -> Markup:
    """Tell what each part comes to, what limits and rounding do, and the total: amounts and shares that add up."""
    allocation, labels, shown = report.allocation, report.labels, report.allocation.shown
    lines: list[tuple[Cell, float]] = [
        (
            _dressed(report, result.part.id, part_names(allocation.formula, result.part)),
            shown.parts[result.part.id].total,
        )
        for result in allocation.parts_shared
    ]
    moved = round(sum(step.total for step in shown.limits.values()), labels.digits)
    others = (("page-limits-in-all", moved), ("heading-rounding", shown.rounding.total))
    lines += [(report.say(entry), amount) for entry, amount in others if amount]
    shares = shares_of(np.array([amount for _, amount in lines]), allocation.total, _SHARE)
    rows = [_line(report, label, amount, share) for (label, amount), share in zip(lines, shares, strict=True)]
    shared = report.say("result-shared", territories=labels.territories(len(allocation.codes)))
    rows.append(_line(report, shared, allocation.total, 1.0))
    headings = [report.say(f"book-heading-{name}") for name in ("part", "dollars", "of-total")]
    return small_table(report.say("page-money-caption"), headings, rows, total=True)


def _dressed(report: ReportContext, name: str, rests_on: frozenset[str]) -> Cell:
    mark = badge(report.labels.mark(rests_on))
    return fragment(report.labels.title(name), " " if mark else None, mark)


def _line(report: ReportContext, label: Cell, amount: float, share: float) -> list[Cell]:
    told = report.labels.percent(share, _SHARE) if report.allocation.total else ""
    return [label, FlushNumber(report.labels.money(amount)), FlushNumber(told)]


def _spread(report: ReportContext) -> Markup:
    """Tell the lowest, the middle and the highest amount, and all that share an end."""
    allocation, labels = report.allocation, report.labels
    amounts = allocation.amounts

    def ends(amount: float) -> Markup:
        rows = np.flatnonzero(amounts == amount)[:_MOST].tolist()
        names: list[Markup] = [report.linked(allocation.codes[row], report.names[row]) for row in rows]
        count = int(np.count_nonzero(amounts == amount))
        return fragment(labels.money(amount), " (", _several(names, count, labels), ")")

    found: list[tuple[str, Child]] = [
        (report.say("page-lowest"), ends(float(amounts.min()))),
        (report.say("page-median"), labels.money(float(np.median(amounts)))),
        (report.say("page-highest"), ends(float(amounts.max()))),
    ]
    return pairs(found, "facts")


def _decision(report: ReportContext) -> Markup:
    decision = report.allocation.formula.decision
    head = element("h3", report.say("book-decision"), id="decision")
    if decision is None:
        return fragment(head, element("p", report.say("book-no-decision")))
    given = [
        (report.say(f"book-decision-{key}"), value)
        for key in ("adopted_by", "date", "resolution", "dissent")
        if (value := getattr(decision, key))
    ]
    return fragment(head, pairs(given, "facts"))


def _checks(report: ReportContext) -> Markup:
    """Tell what was asked of the allocation, whether it holds, and for whom it does not."""
    allocation, labels = report.allocation, report.labels
    head = element("h3", report.say("checks-policy"))
    if not allocation.checks:
        return fragment(head, element("p", report.say("checks-none")))
    names = dict(zip(allocation.codes, report.names, strict=True))
    rows: list[list[Cell]] = []
    for check, result in zip(allocation.formula.checks, allocation.checks, strict=True):
        said = report.say("checks-word-passed" if result.passed else "checks-word-failed")
        verdict = element("span", said, class_="passed" if result.passed else "failed")
        failing = [report.linked(code, report.known_as(code, names[code])) for code in result.failing[:_MOST]]
        title = labels.check(result.that, result.title)
        condition = labels.expression(check.that)
        what = fragment(title, element("small", condition) if condition != title else None)
        rows.append([what, verdict, _several(failing, len(result.failing), labels)])
    passed, every = (labels.number(count) for count in (sum(each.passed for each in allocation.checks), len(rows)))
    headings = [report.say(f"checks-heading-{name}") for name in ("check", "result", "failing")]
    caption = report.say("checks-passed", passed=passed, all=every)
    parts = {result.part.id for result in allocation.parts_shared}
    is_of_parts = any(parts & allocation.formula.names.closure(check.that.names) for check in allocation.formula.checks)
    about = element("p", element("small", report.say("page-checks-final"))) if is_of_parts else None
    return fragment(head, small_table(caption, headings, rows), about)


def _several(names: list[Markup], count: int, labels: Labels) -> Markup:
    """Return names in a row, and how many others there are."""
    more = labels.count(count - len(names), "warnings-more-one", "warnings-more-many") if count > len(names) else None
    between: list[Child] = [piece for name in names for piece in (", ", name)]
    return fragment(between[1:], f", {more}" if more else None)


def _warnings(report: ReportContext) -> Markup:
    head = element("h3", report.say("heading-warnings"))
    if not report.allocation.warnings:
        return fragment(head, element("p", report.say("book-no-warnings")))
    return fragment(head, listed(report.allocation.warnings, "warnings"))


def _left_out(report: ReportContext) -> Markup | None:
    """Tell who takes no part, in the whole or in one of the parts, reason by reason."""
    return (
        fragment(element("h3", report.say("book-left-out")), listed(list(_reasons(report))))
        if _any_out(report)
        else None
    )


def _any_out(report: ReportContext) -> bool:
    allocation = report.allocation
    return bool(allocation.excluded_by or any(result.exclusions for result in allocation.parts_shared))


def _reasons(report: ReportContext) -> Iterator[Markup]:
    allocation, labels = report.allocation, report.labels
    whole = [(report.say("book-whole"), allocation.excluded_by)]
    parts = [(labels.title(result.part.id), result.exclusions) for result in allocation.parts_shared]
    names = all_names(report)
    for of, exclusions in (*whole, *parts):
        by_reason: dict[str, list[str]] = {}
        for found in exclusions:
            by_reason.setdefault(labels.reason(found.reason), []).append(found.code)
        for reason, codes in by_reason.items():
            who = [report.linked(code, report.known_as(code, names[code])) for code in codes[:_MOST]]
            said = report.say("page-left-out", part=of, reason=reason.rstrip("."), count=labels.territories(len(codes)))
            yield fragment(said, " ", _several(who, len(codes), labels))


def all_names(report: ReportContext) -> dict[str, str]:
    """Return every territory's name by its code, those left out included."""
    allocation = report.allocation
    codes = [str(code) for code in allocation.scope.table.codes]
    if allocation.formula.name is None:
        return {code: code for code in codes}
    values = allocation.scope.value(allocation.formula.name)
    return {code: plain(str(name or "")).strip() or code for code, name in zip(codes, values, strict=True)}


def _decided(report: ReportContext) -> Markup | None:
    """List the amounts decided by name, and what override files changed on the page."""
    allocation, labels = report.allocation, report.labels
    names, amounts = all_names(report), dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True))
    lines: list[Child] = [
        report.around(
            report.linked(override.code, report.known_as(override.code, names[override.code])),
            "page-decided",
            amount=labels.money(amounts[override.code]),
            limit=labels.limit(limit),
            reason=labels.worded(override.reason).rstrip("."),
        )
        for limit in allocation.formula.limits
        for override in limit.override
    ]
    lines += [line.text for line in changes_section(labels.speech).lines]
    return fragment(element("h3", report.say("book-overrides")), listed(lines)) if lines else None
