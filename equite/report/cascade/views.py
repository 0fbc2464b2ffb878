"""A cascade in text and in HTML: the money through its tiers, and the way that it took to one territory."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equite.report.cascade.words import FLOWS, CascadeLabels
from equite.report.html import tables
from equite.report.html.markup import Markup, element
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.terminal.grid import width_of
from equite.report.terminal.text import aligned, explained

if TYPE_CHECKING:
    from equite.engine.audit_trail import AuditTrail, Step
    from equite.engine.cascade import Cascade

__all__ = ["cascade_html", "summary", "trail_html", "trail_text"]

#: Beyond these, a summary counts what is left.
_CHECKS, _MARKED, _WARNINGS = 4, 3, 3
#: Places that a line of a trail takes at most, and the least that its label is cut to.
_PLACES, _LEAST = 80, 24
#: Warnings shown in a notebook.
_MOST_WARNINGS = 10


def summary(cascade: Cascade) -> str:
    """Tell a cascade in 10 to 20 lines: the money and where it ends, each tier, checks, warnings.

    Parameters
    ----------
    cascade : Cascade
        The cascade.

    Returns
    -------
    str
        Lines in the plan's language.
    """
    labels = CascadeLabels(cascade)
    money = [(found.label, labels.money(found.money)) for found in labels.sources()]
    lines = [labels.worded(labels.plan.heading)]
    lines += [f"  {labels.simulation}"] if labels.simulation else []
    lines += aligned(money, "  ")
    lines.append("  " + labels.say(f"cascade-of-each-{labels.coin}"))
    uses = [(labels.of_each(found.share, 2), found.label) for found in labels.uses()]
    wide = max((len(of_each) for of_each, _ in uses), default=0)
    lines += [f"    {of_each:>{wide}}  {label}" for of_each, label in uses]
    for level in cascade.levels:
        lines.append("  " + " · ".join([labels.headline(level), *labels.decided(level)]))
        lines += [f"    {line}" for line in (*labels.chosen(level), labels.flow_line(level))]
    lines += [f"  {line}" for line in (*labels.check_lines(_CHECKS), *labels.mark_lines(_MARKED))]
    warnings = [plain(warning) for warning in cascade.warnings]
    if warnings:
        lines += ["  " + labels.say("heading-warnings"), *(f"    {warning}" for warning in warnings[:_WARNINGS])]
    if len(warnings) > _WARNINGS:
        lines.append("    " + labels.count(len(warnings) - _WARNINGS, "warnings-more-one", "warnings-more-many"))
    return "\n".join(lines)


# --- the way to one territory


@dataclass(frozen=True)
class _Entry:
    """A line of a step: what it tells, how much, whether it is a sum of what stands above, how far inside it stands."""

    label: str
    amount: str
    is_sum: bool = False
    depth: int = 0


def _entries(step: Step, labels: CascadeLabels) -> Iterator[_Entry]:
    """Return the lines of a step; they add up from the page's parts to what is passed on."""
    for line in explained(step.explanation) if step.explanation else ():
        yield _Entry(line.marked, line.amount, depth=int(line.inner))
    yield _Entry(labels.say("cascade-trail-received"), labels.money(step.received), is_sum=True)
    level = labels.cascade.level(step.tier)
    for name, fund in level.funds.items():
        if step.code in fund.codes:
            title = labels.say("cascade-trail-fund", title=labels.fund(step.tier, name))
            yield _Entry(title, labels.money(float(fund.amounts[fund.row(step.code)])))
    if level.tier.adds is not None:
        yield _Entry(_capital(labels.stated(step.tier, "added")), labels.money(step.added))
    if level.tier.keeps is not None:
        # Zero has no sign.
        yield _Entry(_capital(labels.stated(step.tier, "kept")), labels.money(-step.kept if step.kept else 0.0))
    if level is labels.cascade.levels[-1]:
        if level.funds:
            yield _Entry(labels.say("cascade-trail-amount"), labels.money(step.passed_on), is_sum=True)
    else:
        yield _Entry(labels.say("cascade-trail-passed_on"), labels.money(step.passed_on), is_sum=True)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _told(step: Step, above: Step | None, labels: CascadeLabels) -> str:
    """Tell what came here of each dollar that was shared, and of each dollar of the envelope."""
    each = labels.say(f"cascade-each-{labels.coin}")
    envelope = labels.of_each(step.of_envelope)
    if above is None:
        return labels.say("cascade-trail-top", each=each, envelope=envelope)
    values = {"each": each, "parent": plain(above.name), "shared": labels.of_each(step.of_shared)}
    if not step.shared:
        return labels.say("cascade-trail-nothing", parent=values["parent"])
    return labels.say("cascade-trail-step", **values, envelope=envelope)


def _notes(step: Step, above: Step | None, labels: CascadeLabels) -> list[str]:
    """Tell what the parent chose for itself, that criteria were sampled, or why the page gives nothing."""
    base = labels.plan.formula_of(step.tier)
    choices = labels.plan.choices_of(step.tier) if above is not None else ()
    notes = [labels.told(each, base) for each in choices if above and each.parent == above.code]
    if step.explanation is not None:
        return [*notes, *([labels.say("explain-sampled")] if step.explanation.sampled else [])]
    for allocation in labels.cascade.allocations(step.tier):
        for found in allocation.excluded_by:
            if found.code == step.code:
                reason = Labels(allocation.formula).reason(found.reason)
                return [*notes, labels.say("cascade-trail-left-out", reason=reason)]
    return notes


def _title(trail: AuditTrail, labels: CascadeLabels) -> str:
    last = trail.steps[-1]
    values = {"envelope": labels.money(trail.cascade.envelope), "territory": labels.territory(last.name, last.code)}
    return labels.say("cascade-trail", **values)


def _heads(trail: AuditTrail, labels: CascadeLabels) -> list[tuple[str, str, list[str]]]:
    """Return each step's heading, what came there of each dollar, and what else is to be said."""
    found = []
    for step, above in zip(trail.steps, (None, *trail.steps), strict=False):
        heading = f"{labels.tier(step.tier)} · {labels.territory(step.name, step.code)}"
        found.append((heading, _told(step, above, labels), _notes(step, above, labels)))
    return found


def trail_text(trail: AuditTrail) -> str:
    """Tell the way to one territory: at each tier what came of each dollar, and lines that add up to what went on.

    Parameters
    ----------
    trail : AuditTrail
        The way.

    Returns
    -------
    str
        Lines in the plan's language, of 80 places at most where names and amounts allow it.
    """
    labels = CascadeLabels(trail.cascade)
    steps = [list(_entries(step, labels)) for step in trail.steps]
    right = max(width_of(entry.amount) for entries in steps for entry in entries)
    longest = max(width_of(_label(entry)) for entries in steps for entry in entries)
    left = min(longest, max(_LEAST, _PLACES - right - 2))
    lines = _wrapped(_title(trail, labels), "")
    lines += [labels.simulation] if labels.simulation else []
    for entries, (heading, told, notes) in zip(steps, _heads(trail, labels), strict=True):
        lines += ["", *_wrapped(heading, ""), *_wrapped(told, "  ")]
        for entry in entries:
            *before, end = textwrap.wrap(_label(entry), left, subsequent_indent="      ", drop_whitespace=True)
            lines += [
                *before,
                f"{end}{' ' * (left - width_of(end) + 2 + right - width_of(entry.amount))}{entry.amount}",
            ]
        lines += [line for note in notes for line in _wrapped(note, "  ")]
    return "\n".join(lines)


def _label(entry: _Entry) -> str:
    return f"  = {entry.label}" if entry.is_sum else f"    {'  ' * entry.depth}{entry.label}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _PLACES, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False)


# --- notebooks


def cascade_html(cascade: Cascade) -> str:
    """Show a cascade: where the money comes from and ends, each tier, checks, warnings.

    Parameters
    ----------
    cascade : Cascade
        The cascade.

    Returns
    -------
    str
        HTML in the plan's language, every text escaped, no colour but the theme's.
    """
    labels = CascadeLabels(cascade)
    warnings = [plain(text) for text in cascade.warnings[:_MOST_WARNINGS]]
    pieces = [
        _money(labels),
        _tiers(labels),
        tables.listed(labels.say("book-checks"), labels.check_lines(_CHECKS)),
        tables.listed(labels.say("heading-warnings"), warnings),
        tables.listed(labels.say("book-reliance"), labels.mark_lines(_MARKED)),
    ]
    return tables.framed(pieces, labels.language)


def _money(labels: CascadeLabels) -> Markup:
    heads = [labels.say("cascade-money"), labels.say("word-amount"), labels.say(f"cascade-of-each-{labels.coin}")]
    head = tables.row(tables.heading(text, right=at > 0) for at, text in enumerate(heads))
    lines = [(found, labels.of_each(found.share, 2)) for found in (*labels.sources(), *labels.uses())]
    body = [
        tables.row(
            [
                tables.side(found.label),
                tables.cell(labels.money(found.money), right=True),
                tables.cell(of_each, right=True),
            ]
        )
        for found, of_each in lines
    ]
    return tables.table(labels.worded(labels.plan.heading), head, body)


def _tiers(labels: CascadeLabels) -> Markup:
    """One row for each tier, one column for each flow that any tier has."""
    levels = labels.cascade.levels
    flows = [labels.flows(level) for level in levels]
    words = [word for word in FLOWS if any(word in flow for flow in flows)]
    titles = [
        labels.say("cascade-tier"),
        labels.say("book-decision"),
        *(labels.say(f"cascade-heading-{word}") for word in words),
    ]
    head = tables.row(tables.heading(text, right=at > 1) for at, text in enumerate(titles))
    rows = []
    for level, flow in zip(levels, flows, strict=True):
        amounts = [labels.money(flow[word]) if word in flow else "" for word in words]
        body = labels.worded(level.tier.decided_by)
        sides = [
            tables.side(labels.headline(level)),
            tables.cell(" · ".join(filter(None, [body, *labels.chosen(level)]))),
        ]
        rows.append(tables.row([*sides, *(tables.cell(amount, right=True) for amount in amounts)]))
    return tables.table(labels.say("cascade-tiers"), head, rows)


def trail_html(trail: AuditTrail) -> str:
    """Show the way to one territory: a table for each tier, whose lines add up.

    Parameters
    ----------
    trail : AuditTrail
        The way.

    Returns
    -------
    str
        HTML in the plan's language, every text escaped, no colour but the theme's.
    """
    labels = CascadeLabels(trail.cascade)
    pieces = [element("p", element("strong", _title(trail, labels)))]
    for step, (title, told, notes) in zip(trail.steps, _heads(trail, labels), strict=True):
        head = tables.row([tables.heading(told), tables.heading(labels.heading("amount"), right=True)])
        body = [
            tables.row(
                [
                    tables.side(_marked_sum(entry), inner=entry.depth > 0),
                    tables.cell(entry.amount, right=True, bold=entry.is_sum),
                ]
            )
            for entry in _entries(step, labels)
        ]
        pieces += [tables.table(title, head, body), *tables.paragraphs(notes)]
    return tables.framed(pieces, labels.language)


def _marked_sum(entry: _Entry) -> str:
    return f"= {entry.label}" if entry.is_sum else entry.label
