"""Why a territory gets its amount, in sentences: so much from each part and by each limit, and what makes it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from equite.engine.limits import StageResult
from equite.engine.parts import PartResult
from equite.formula.model import Part
from equite.report.html.markup import Child, Markup, fragment
from equite.report.html.page.context import ReportContext, listed
from equite.report.language.bounds_missing import causes_missing
from equite.report.language.labels import Labels

if TYPE_CHECKING:
    from equite.engine.explanation import Explanation, Line

__all__ = ["how_shared", "reasons"]

#: Criteria named in a sentence; the table beside it has them all.
_NAMED = 3


def reasons(report: ReportContext, explanation: Explanation, row: int) -> Markup:
    """Return the sentences, whose amounts add up to the territory's."""
    lines: dict[str, list[Line]] = {}
    for line in explanation.lines:
        lines.setdefault(line.part or line.id, []).append(line)
    told: list[Child] = [_part(report, result, lines[result.part.id], row) for result in report.allocation.parts_shared]
    changes = {line.id: line.amount for line in explanation.lines if line.kind == "limit"}
    told += [_limit(report, stage, changes[stage.limit.id], row) for stage in report.allocation.stages]
    rounding = sum(line.amount for line in explanation.lines if line.kind == "rounding")
    if rounding:
        unit = report.labels.speech.money(float(report.allocation.formula.rounding_to))
        told.append(report.say("page-why-rounding", amount=_signed(report.labels, rounding), unit=unit))
    return listed(told, "reasons")


def _signed(labels: Labels, amount: float) -> str:
    return ("+" if amount > 0 else "") + labels.speech.money(amount)


def _part(report: ReportContext, result: PartResult, lines: Sequence[Line], row: int) -> Markup:
    labels, part = report.labels, result.part
    title = labels.title(part.id)
    amount = round(sum(line.amount for line in lines), 8)
    if not result.members[row]:
        code = report.allocation.codes[row]
        reason = next((labels.reason(each.reason) for each in result.exclusions if each.code == code), "")
        return fragment(report.say("page-why-not", part=title, reason=reason.rstrip(".")))
    entry = "page-why-levy" if part.levy else "page-why-as-is" if part.share.as_is is not None else "page-why-part"
    money = labels.speech.money(-amount if part.levy else amount)
    said = report.say(entry, amount=money, part=title, share=how_shared(labels, part))
    return fragment(said, _criteria(report, part, lines))


def how_shared(labels: Labels, part: Part) -> str:
    """Word how a part is shared."""
    share = part.share
    if share.as_is is not None:
        return labels.expression(share.as_is)
    if share.in_proportion_to is not None:
        words = labels.say("share-in-proportion", value=labels.expression(share.in_proportion_to))
    elif share.foundation is not None and share.rate_on is not None:
        need, wealth = labels.expression(share.foundation), labels.expression(share.rate_on)
        words = labels.say("share-foundation", need=need, wealth=wealth)
    elif share.level_up is not None:
        words = labels.say("share-level-up", value=labels.expression(share.level_up))
    else:
        words = labels.say("words-way-equally")
    if share.counting is not None:
        words = labels.say("share-counting", share=words, value=labels.expression(share.counting))
    if part.within is not None:
        words = labels.say("page-why-within", share=words, group=labels.title(part.within))
    return words


def _criteria(report: ReportContext, part: Part, lines: Sequence[Line]) -> Markup | None:
    """Say what criteria add to a part and take away from it, the heaviest by name."""
    labels = report.labels
    baselines = [line.amount for line in lines if line.kind == "baseline"]
    told: list[Child] = [report.say("page-why-baseline", amount=labels.speech.money(amount)) for amount in baselines]
    kind = "levy" if part.levy else "need"
    for way, sign in (("adds", 1), ("takes", -1)):
        found = [line for line in lines if line.kind == "criterion" and sign * line.amount > 0]
        if found:
            total = labels.speech.money(round(abs(sum(line.amount for line in found)), 8))
            items = _heaviest(report, found)
            told.append(report.say(f"page-why-{kind}-{way}", amount=total, items=items))
    bounded = sum(line.amount for line in lines if line.kind == "bounds")
    if bounded:
        told.append(report.say("page-why-bounds", amount=_signed(labels, bounded)))
    return listed(told) if told else None


def _heaviest(report: ReportContext, lines: Sequence[Line]) -> str:
    labels = report.labels
    named = []
    for line in sorted(lines, key=lambda line: -abs(line.amount))[:_NAMED]:
        index, _, name = line.id.partition(".")
        mark = report.mark_said(report.statuses_of(line))
        beside = (labels.speech.money(abs(line.amount)), mark)
        named.append(labels.dressed(labels.criterion(index, name), *beside))
    left = len(lines) - len(named)
    if left:
        named.append(labels.count(left, "warnings-more-one", "warnings-more-many"))
    return ", ".join(named)


def _limit(report: ReportContext, stage: StageResult, change: float, row: int) -> Markup:
    """Say what a limit changes, and whether the territory's own bound or those of others make it do so."""
    labels, limit = report.labels, stage.limit
    title = labels.limit(limit)
    code = report.allocation.codes[row]
    # Whoever a bound holds stands at it; what lines add up to is told by them alone.
    values = {"amount": _signed(labels, change), "limit": title, "bound": labels.money(float(stage.after[row]))}
    if code in stage.overridden:
        reason = next(labels.worded(each.reason) for each in limit.override if each.code == code)
        return fragment(report.say("page-why-decided", **values, reason=reason.rstrip(".")))
    causes = () if change else causes_missing(report.allocation, labels, limit.id, code)
    if causes:
        return fragment(report.say("page-why-no-bound", limit=title, cause="; ".join(causes)))
    if not change:
        return fragment(report.say("page-why-unmoved", limit=title))
    held = "raised" if stage.raised[row] else "lowered" if stage.lowered[row] else "free"
    return fragment(report.say(f"page-why-{held}-{'up' if change > 0 else 'down'}", **values))
