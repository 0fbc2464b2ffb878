"""The first section: what was decided and by whom, the money, checks, warnings, who is left out, what was changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.context import Cell, Draft, Figure, Section, badge, listed, pairs, small_table
from equite.report.language.figures import changes_section
from equite.report.language.labels import MARKED, Labels, part_names, plain
from equite.report.terminal.text import reliance_lines

__all__ = ["summary_section"]

#: Territories named where a check fails, or where somebody is left out; the table and the record hold the rest.
_MOST = 200


def summary_section(draft: Draft) -> Section:
    """Return what a reader of one page should know."""
    return Section(
        "summary",
        draft.say("page-summary"),
        fragment(
            _lead(draft),
            _not_measured(draft),
            _key_figures(draft),
            _money(draft),
            _spread(draft),
            _decision(draft),
            _checks(draft),
            _warnings(draft),
            _left_out(draft),
            _decided(draft),
        ),
    )


def _lead(draft: Draft) -> Markup:
    allocation, labels = draft.allocation, draft.labels
    territories = labels.territories(len(allocation.codes))
    if allocation.envelope is None:
        text = draft.say("page-lead-rules", territories=territories)
    else:
        text = draft.say("page-lead", envelope=labels.money(allocation.envelope), territories=territories)
    notes = allocation.formula.notes
    return fragment(element("p", text, class_="lead"), element("p", labels.worded(notes)) if notes else None)


def _not_measured(draft: Draft) -> Markup | None:
    """Say first what nobody measured: a reader who stops here has seen it."""
    if not any(each.status in MARKED for each in draft.allocation.reliance):
        return None
    return element(
        "div",
        element("p", element("strong", draft.say("page-not-measured"))),
        listed(reliance_lines(draft.allocation, draft.labels)),
        element("p", element("a", draft.say("page-see-sources"), href="#sources")),
        class_="notice",
    )


def _key_figures(draft: Draft) -> Markup:
    """Return the few numbers that everybody asks for."""
    allocation, labels = draft.allocation, draft.labels
    found: list[tuple[str, Child]] = []
    if allocation.envelope is not None:
        mark = badge(labels.mark(("envelope",))) if allocation.formula.envelope else None
        found.append((draft.say("word-envelope"), (labels.money(allocation.envelope), mark)))
    if allocation.envelope is None or allocation.total != allocation.envelope:
        found.append((draft.say("page-shared"), labels.money(allocation.total)))
    if allocation.reserve:
        found.append((draft.say("result-reserve"), labels.money(allocation.reserve)))
    found.append((draft.say("page-territories"), labels.number(len(allocation.codes))))
    people = allocation.people
    if people is not None and np.isfinite(people).all():
        found.append((draft.say("page-people"), labels.number(float(people.sum()))))
    per_head = draft.column("per_head")
    if per_head is not None and per_head.total is not None:
        found.append((draft.say("heading-per_head"), labels.money(per_head.total, per_head.digits)))
    return pairs(found, "figures")


def _money(draft: Draft) -> Markup:
    allocation, labels = draft.allocation, draft.labels
    total = allocation.total
    rows: list[list[Cell]] = []
    for result in allocation.parts_shared:
        paid = float(result.amounts.sum())
        rows.append(
            [*_dressed(draft, result.part.id, part_names(allocation.formula, result.part)), *_share(draft, paid)]
        )
    moved = float(sum((stage.after - stage.before).sum() for stage in allocation.stages))
    if abs(moved) >= 0.5 * 10.0**-labels.digits:
        rows.append([draft.say("page-limits-in-all"), *_share(draft, moved)])
    rows.append(
        [draft.say("result-shared", territories=labels.territories(len(allocation.codes))), *_share(draft, total)]
    )
    headings = [draft.say(f"book-heading-{name}") for name in ("part", "dollars", "of-total")]
    return small_table(draft.say("page-money-caption"), headings, rows, total=True)


def _dressed(draft: Draft, name: str, rests_on: frozenset[str]) -> list[Cell]:
    mark = badge(draft.labels.mark(rests_on))
    return [fragment(draft.labels.title(name), " " if mark else None, mark)]


def _share(draft: Draft, amount: float) -> list[Cell]:
    total = draft.allocation.total
    share = draft.labels.percent(amount / total) if total else ""
    return [Figure(draft.labels.money(amount)), Figure(share)]


def _spread(draft: Draft) -> Markup:
    """Tell the lowest, the middle and the highest amount, and how many get more or less than before."""
    allocation, labels = draft.allocation, draft.labels
    amounts = allocation.amounts

    def one(row: int) -> Markup:
        code, name = allocation.codes[row], draft.names[row]
        return fragment(labels.money(float(amounts[row])), " (", draft.linked(code, name), ")")

    found: list[tuple[str, Child]] = [
        (draft.say("page-lowest"), one(int(np.argmin(amounts)))),
        (draft.say("page-median"), labels.money(float(np.median(amounts)))),
        (draft.say("page-highest"), one(int(np.argmax(amounts)))),
    ]
    change = draft.column("change")
    if change is not None:
        moved = change.numbers
        counts = (("more", moved > 0), ("less", moved < 0), ("same", moved == 0), ("unknown", np.isnan(moved)))
        found += [
            (draft.say(f"page-change-{name}"), labels.territories(int(rows.sum())))
            for name, rows in counts
            if name != "unknown" or rows.any()
        ]
    return pairs(found, "facts")


def _decision(draft: Draft) -> Markup:
    decision = draft.allocation.formula.decision
    head = element("h3", draft.say("book-decision"), id="decision")
    if decision is None:
        return fragment(head, element("p", draft.say("book-no-decision")))
    given = [
        (draft.say(f"book-decision-{key}"), value)
        for key in ("adopted_by", "date", "resolution", "dissent")
        if (value := getattr(decision, key))
    ]
    return fragment(head, pairs(given, "facts"))


def _checks(draft: Draft) -> Markup:
    """Tell what was asked of the allocation, whether it holds, and for whom it does not."""
    allocation, labels = draft.allocation, draft.labels
    head = element("h3", draft.say("checks-policy"))
    if not allocation.checks:
        return fragment(head, element("p", draft.say("checks-none")))
    names = dict(zip(allocation.codes, draft.names, strict=True))
    rows: list[list[Cell]] = []
    for check, result in zip(allocation.formula.checks, allocation.checks, strict=True):
        said = draft.say("checks-word-passed" if result.passed else "checks-word-failed")
        verdict = element("span", said, class_="passed" if result.passed else "failed")
        failing = [draft.linked(code, draft.known_as(code, names[code])) for code in result.failing[:_MOST]]
        title = labels.check(result.that, result.title)
        condition = labels.expression(check.that)
        what = fragment(title, element("small", condition) if condition != title else None)
        rows.append([what, verdict, _several(failing, len(result.failing), labels)])
    passed, every = (labels.number(count) for count in (sum(each.passed for each in allocation.checks), len(rows)))
    headings = [draft.say(f"checks-heading-{name}") for name in ("check", "result", "failing")]
    caption = draft.say("checks-passed", passed=passed, all=every)
    return fragment(head, small_table(caption, headings, rows))


def _several(names: list[Markup], count: int, labels: Labels) -> Markup:
    """Return names in a row, and how many others there are."""
    more = labels.count(count - len(names), "warnings-more-one", "warnings-more-many") if count > len(names) else None
    between: list[Child] = [piece for name in names for piece in (", ", name)]
    return fragment(between[1:], f", {more}" if more else None)


def _warnings(draft: Draft) -> Markup:
    head = element("h3", draft.say("heading-warnings"))
    if not draft.allocation.warnings:
        return fragment(head, element("p", draft.say("book-no-warnings")))
    return fragment(head, listed(draft.allocation.warnings, "warnings"))


def _left_out(draft: Draft) -> Markup | None:
    """Tell who takes no part, in the whole or in one of the parts, reason by reason."""
    return (
        fragment(element("h3", draft.say("book-left-out")), listed(list(_reasons(draft)))) if _any_out(draft) else None
    )


def _any_out(draft: Draft) -> bool:
    allocation = draft.allocation
    return bool(allocation.excluded_by or any(result.exclusions for result in allocation.parts_shared))


def _reasons(draft: Draft) -> Iterator[Markup]:
    allocation, labels = draft.allocation, draft.labels
    whole = [(draft.say("book-whole"), allocation.excluded_by)]
    parts = [(labels.title(result.part.id), result.exclusions) for result in allocation.parts_shared]
    names = all_names(draft)
    for of, exclusions in (*whole, *parts):
        by_reason: dict[str, list[str]] = {}
        for found in exclusions:
            by_reason.setdefault(labels.reason(found.reason), []).append(found.code)
        for reason, codes in by_reason.items():
            who = [draft.linked(code, draft.known_as(code, names[code])) for code in codes[:_MOST]]
            said = draft.say("page-left-out", part=of, reason=reason.rstrip("."), count=labels.territories(len(codes)))
            yield fragment(said, " ", _several(who, len(codes), labels))


def all_names(draft: Draft) -> dict[str, str]:
    """Return every territory's name by its code, those left out included."""
    allocation = draft.allocation
    codes = [str(code) for code in allocation.scope.table.codes]
    if allocation.formula.name is None:
        return {code: code for code in codes}
    values = allocation.scope.value(allocation.formula.name)
    return {code: plain(str(name or "")).strip() or code for code, name in zip(codes, values, strict=True)}


def _decided(draft: Draft) -> Markup | None:
    """List the amounts decided by name, and what override files changed on the page."""
    allocation, labels = draft.allocation, draft.labels
    names, amounts = all_names(draft), dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True))
    lines: list[Child] = [
        draft.around(
            draft.linked(override.code, draft.known_as(override.code, names[override.code])),
            "page-decided",
            amount=labels.money(amounts[override.code]),
            limit=labels.limit(limit),
            reason=labels.worded(override.reason).rstrip("."),
        )
        for limit in allocation.formula.limits
        for override in limit.override
    ]
    lines += [line.text for line in changes_section(labels.speech).lines]
    return fragment(element("h3", draft.say("book-overrides")), listed(lines)) if lines else None
