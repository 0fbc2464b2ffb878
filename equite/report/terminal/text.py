"""An allocation and an explanation in plain lines of text, for a terminal or a letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from equite.report.language.bounds_missing import bounds_missing_for
from equite.report.language.labels import MARKED, Labels, limit_names, part_names
from equite.report.language.text import plain
from equite.report.terminal.grid import width_of
from equite.wording import Codes, Numeral

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.engine.explanation import Explanation, Line

__all__ = [
    "ExplainedLine",
    "aligned",
    "check_lines",
    "explained",
    "explanation_notes",
    "explanation_text",
    "reliance_lines",
    "result_lines",
    "summary",
]

#: Beyond these, a summary counts what is left.
_PARTS, _CHECKS, _RELIANCE, _WARNINGS = 5, 4, 3, 3


def summary(allocation: Allocation) -> str:
    """Tell an allocation in 8 to 15 lines or so: the money, the parts, who gets what, checks, what it rests on.

    Parameters
    ----------
    allocation : Allocation
        The allocation.

    Returns
    -------
    str
        Lines in the page's language.
    """
    labels = Labels(allocation.formula)
    money = [(label, labels.money(amount)) for label, amount in result_lines(allocation, labels)]
    lines = [labels.worded(allocation.formula.heading)]
    lines += [f"  {labels.simulation}"] if labels.simulation else []
    lines += aligned(money, "  ")
    lines += [f"  {line}" for line in (*_spread(allocation, labels), *_changes(allocation, labels))]
    if allocation.excluded_by:
        lines.append("  " + labels.count(len(allocation.excluded_by), "left-out-one", "left-out-many"))
    lines += [f"  {line}" for line in (*check_lines(allocation, labels), *reliance_lines(allocation, labels))]
    lines += _warnings(allocation, labels)
    return "\n".join(lines)


def result_lines(allocation: Allocation, labels: Labels) -> list[tuple[str, float]]:
    """Return the money in lines of a label and an amount: the envelope, each part, what is shared out, what is kept."""
    lines: list[tuple[str, float]] = []
    if allocation.envelope is not None:
        mark = labels.mark(("envelope",)) if allocation.formula.envelope else ""
        lines.append((labels.dressed(labels.say("word-envelope"), mark), allocation.envelope))
    if allocation.on_top:
        lines.append((labels.say("result-on-top"), allocation.on_top))
    parts = allocation.parts_shared
    if len(parts) > 1:
        for result in parts[:_PARTS]:
            mark = labels.mark(part_names(allocation.formula, result.part))
            title, given = labels.title(result.part.id), allocation.shown.parts[result.part.id]
            lines.append(("  " + labels.dressed(title, mark), given.total))
        if len(parts) > _PARTS:
            left = sum(allocation.shown.parts[result.part.id].total for result in parts[_PARTS:])
            others = labels.count(len(parts) - _PARTS, "result-other-one", "result-other-many")
            lines.append((f"  {others}", left))
    shared = labels.say("result-shared", territories=labels.territories(len(allocation.codes)))
    lines.append((shared, allocation.total))
    if allocation.reserve:
        lines.append((labels.say("result-reserve"), allocation.reserve))
    return lines


def _spread(allocation: Allocation, labels: Labels) -> list[str]:
    """Tell the lowest, the middle and the highest amount."""
    amounts = allocation.amounts
    low, high = int(np.argmin(amounts)), int(np.argmax(amounts))
    if amounts[low] == amounts[high]:
        return [labels.say("spread-same", amount=labels.money(float(amounts[low])))]
    ends = {
        "low": labels.money(float(amounts[low])),
        "lowest": plain(allocation.names[low]),
        "middle": labels.money(float(np.median(amounts))),
        "high": labels.money(float(amounts[high])),
        "highest": plain(allocation.names[high]),
    }
    return [labels.say("spread", **ends)]


def _changes(allocation: Allocation, labels: Labels) -> list[str]:
    """Tell how many get more, less and as much as before."""
    if allocation.shown.change is None:
        return []
    change = allocation.shown.change.cells
    unknown = int(np.isnan(change).sum())
    counts = {
        "more": labels.number(int((change > 0).sum())),
        "less": labels.number(int((change < 0).sum())),
        "same": labels.number(int((change == 0).sum())),
        "unknown": labels.say("changes-unknown", count=labels.number(unknown)) if unknown else "",
    }
    title = labels.dressed(labels.say("word-previous"), labels.mark(("previous",)))
    return [labels.say("changes", previous=title, **counts)]


def check_lines(allocation: Allocation, labels: Labels) -> list[str]:
    """Tell how many checks passed, and which failed for whom."""
    checks = allocation.checks
    if not checks:
        return []
    passed = sum(check.passed for check in checks)
    lines = [labels.say("checks-passed", passed=labels.number(passed), all=labels.number(len(checks)))]
    failed = [check for check in checks if not check.passed]
    for check in failed[:_CHECKS]:
        codes = Codes(tuple(map(plain, check.failing)), most=5).in_language(labels.language)
        count = labels.territories(len(check.failing))
        title = labels.check(check.that, check.title)
        lines.append("  " + labels.say("check-failed", title=title, territories=count, codes=codes))
    if len(failed) > _CHECKS:
        lines.append("  " + labels.count(len(failed) - _CHECKS, "checks-more-one", "checks-more-many"))
    return lines


def reliance_lines(allocation: Allocation, labels: Labels) -> list[str]:
    """Tell, for each status but official, the dollars that rest on such figures; the heaviest figures by name."""
    lines = []
    for status in (*MARKED, "estimated"):
        found = sorted((each for each in allocation.reliance if each.status == status), key=lambda each: -each.dollars)
        if found:
            named = [
                labels.say("reliance-item", title=labels.title(each.item), dollars=labels.money(each.dollars))
                for each in found[:_RELIANCE]
            ]
            if len(found) > _RELIANCE:
                named.append(labels.count(len(found) - _RELIANCE, "reliance-more-one", "reliance-more-many"))
            lines.append(labels.say(f"reliance-{status}", items=", ".join(named)))
    return lines


def _warnings(allocation: Allocation, labels: Labels) -> list[str]:
    warnings = [plain(warning) for warning in allocation.warnings]
    if not warnings:
        return []
    lines = ["  " + labels.say("heading-warnings")]
    lines += [f"    {warning}" for warning in warnings[:_WARNINGS]]
    if len(warnings) > _WARNINGS:
        lines.append("    " + labels.count(len(warnings) - _WARNINGS, "warnings-more-one", "warnings-more-many"))
    return lines


@dataclass(frozen=True)
class ExplainedLine:
    """A worded line of an explanation.

    Attributes
    ----------
    label, amount : str
        What it tells, and how much.
    mark : str
        That it rests on illustrative or declared figures; empty where it does not.
    inner : bool
        Whether it tells of a criterion, inside a part.
    """

    label: str
    amount: str
    mark: str = ""
    inner: bool = False

    @property
    def marked(self) -> str:
        """The label with its mark."""
        return f"{self.label} [{self.mark}]" if self.mark else self.label


def explained(explanation: Explanation, labels: Labels | None = None) -> list[ExplainedLine]:
    """Word the lines of an explanation, in their order: parts and criteria, bounds, limits, rounding.

    Parameters
    ----------
    explanation : Explanation
        The explanation of one amount.
    labels : Labels, optional
        Who reads; by default those of the page's language.

    Returns
    -------
    list of ExplainedLine
        The amounts add up to the territory's, to the last decimal.
    """
    labels = labels or Labels(explanation.allocation.formula)
    lines = []
    for line in explanation.lines:
        label, mark = _worded_line(line, explanation.allocation, labels)
        lines.append(ExplainedLine(label, labels.money(line.amount), mark, line.kind == "criterion"))
    return lines


def _worded_line(line: Line, allocation: Allocation, labels: Labels) -> tuple[str, str]:
    """Return a line's label and its mark."""
    page = allocation.formula
    if line.kind == "criterion":
        index, _, name = line.id.partition(".")
        title = labels.criterion(index, name)
        return _departure(line.amount, title, labels), labels.criterion_mark(index, name)
    if line.kind == "limit":
        limit = next(limit for limit in page.limits if limit.id == line.id)
        return labels.limit(limit), labels.mark(limit_names(page, limit))
    if line.kind == "rounding":
        return labels.say("heading-rounding"), ""
    part = next(part for part in page.parts if part.id == line.part)
    title, mark = labels.title(part.id), labels.mark(part_names(page, part))
    if line.kind == "baseline":
        return labels.say("explain-baseline", part=title), mark
    if line.kind == "bounds":
        return labels.say("explain-bounds", part=title), mark
    return title, mark


def _departure(dollars: float, title: str, labels: Labels) -> str:
    if dollars > 0:
        return labels.say("explain-more", criterion=title)
    return labels.say("explain-less" if dollars < 0 else "explain-mean", criterion=title)


def explanation_text(explanation: Explanation) -> str:
    """Tell why a territory gets what it gets, in aligned lines that add up to its amount.

    Parameters
    ----------
    explanation : Explanation
        The explanation of one amount.

    Returns
    -------
    str
        Lines in the page's language.
    """
    labels = Labels(explanation.allocation.formula)
    pairs = [("  " * line.inner + line.marked, line.amount) for line in explained(explanation)]
    total = labels.money(explanation.amount)
    pairs.append((f"= {labels.say('word-amount')}", total))
    name, code = plain(explanation.name), plain(explanation.code)
    lines = [name if name == code else f"{name} ({code})"]
    lines += [f"  {labels.simulation}"] if labels.simulation else []
    lines += aligned(pairs, "  ")
    lines += [f"  {note}" for note in explanation_notes(explanation, labels)]
    return "\n".join(lines)


def explanation_notes(explanation: Explanation, labels: Labels) -> list[str]:
    """Say what the lines do not: a bound that the page gives and that is not there, a share worked out on samples."""
    missing = bounds_missing_for(explanation.allocation, labels, explanation.code)
    notes = list(missing.get(explanation.code, ()))
    notes += _rates(explanation, labels)
    if explanation.allocation.formula.rounding.by_divisors:
        notes.append(_apportioned(explanation, labels))
    return [*notes, labels.say("explain-sampled")] if explanation.sampled else notes


def _rates(explanation: Explanation, labels: Labels) -> list[str]:
    """Say the common rate of each part that finds one, in the territory's own group, to seven figures."""
    allocation, told = explanation.allocation, []
    row = allocation.row(explanation.code)
    for result in allocation.parts_shared:
        if result.part.share.rate_on is not None and result.members[row]:
            rate = Numeral(float(f"{result.level[result.groups.of[row]]:.7g}"))
            wealth = labels.expression(result.part.share.rate_on)
            told.append(labels.say("explain-rate", part=labels.title(result.part.id), rate=rate, wealth=wealth))
    return told


def _apportioned(explanation: Explanation, labels: Labels) -> str:
    """Say what the divisor method gave or took beside the exact share."""
    allocation = explanation.allocation
    context, method = allocation.context, allocation.formula.rounding.method
    share = float(allocation.exact[allocation.row(explanation.code)])
    digits = context.unit.digits + 3
    exact, gap = (replace(context.amount(value), digits=digits) for value in (share, abs(explanation.amount - share)))
    way = "given" if explanation.amount >= share else "taken"
    worded = {"method": labels.say(f"words-choice-{method}"), "amount": labels.money(explanation.amount)}
    return labels.say(f"explain-method-{way}", **worded, exact=exact, gap=gap)


def aligned(pairs: Sequence[tuple[str, str]], margin: str) -> list[str]:
    """Set amounts in one column, flush right."""
    left = max(map(width_of, (label for label, _ in pairs)))
    right = max(map(width_of, (amount for _, amount in pairs)))
    return [
        f"{margin}{label}{' ' * (left - width_of(label) + 2 + right - width_of(amount))}{amount}"
        for label, amount in pairs
    ]
