"""What the page promises, as ticks: its limits and its checks, each held to the amounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equite.engine.evaluation import Mask
from equite.engine.limits import StageResult
from equite.formula.expressions import Expression
from equite.formula.model import Limit
from equite.formula.nodes import Binary, Name, Node, Number
from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.context import ReportContext
from equite.report.html.page.first import shared_by

__all__ = ["Promise", "bound_value", "promises", "promises_of"]

#: What a sum of the page's own numbers may leave of dust beside a whole amount.
_DUST = 1e-9


@dataclass(frozen=True)
class Promise:
    """Something that the page assures, and whether it does.

    Attributes
    ----------
    text : str
        What is promised.
    kept : bool
        Whether it holds for all that it is for.
    beside : str
        Whom it holds up or holds back, or for whom it does not hold.
    """

    text: str
    kept: bool
    beside: str


def promises(report: ReportContext) -> Markup:
    """Return the promises as a list, a tick or a cross before each."""
    found = list(promises_of(report))
    items = [element("li", _mark(report, each), " ", _said(each)) for each in found]
    return fragment(element("h3", report.say("page-promises")), element("ul", items, class_="promises"))


def _mark(report: ReportContext, promise: Promise) -> Markup:
    said = report.say("page-promise-kept" if promise.kept else "page-promise-broken")
    return element("span", said, class_="kept" if promise.kept else "broken")


def _said(promise: Promise) -> Child:
    return fragment(promise.text, element("small", promise.beside) if promise.beside else None)


def promises_of(report: ReportContext) -> Iterator[Promise]:
    """Return what is held of every page; then its limits in their order, floors before caps; then its checks."""
    yield from _sum(report)
    yield _alike(report)
    for stage in report.allocation.stages:
        for way, bound in (("floor", stage.limit.at_least), ("cap", stage.limit.at_most)):
            if bound is not None:
                yield _limit(report, stage, way, bound)
    labels, codes = report.labels, np.asarray(report.allocation.codes, dtype=object)
    for check in report.allocation.checks:
        failing = np.isin(codes, np.asarray(check.failing, dtype=object))
        beside = report.say("page-promise-not-for", who=shared_by(report, failing)) if failing.any() else ""
        yield Promise(labels.check(check.that, check.title), check.passed, beside)


def _sum(report: ReportContext) -> Iterator[Promise]:
    """Hold the amounts to the envelope."""
    allocation, money = report.allocation, report.labels.money
    if allocation.envelope is None:
        return
    way = "on-top" if allocation.on_top else "reserve" if allocation.reserve else "envelope"
    told = {"total": money(allocation.total), "reserve": money(allocation.reserve), "added": money(allocation.on_top)}
    said = report.say(f"page-promise-sum-{way}", envelope=money(allocation.envelope), **told)
    assert allocation.envelope_units is not None
    there = int(allocation.units.sum()) + int(allocation.reserve_units.sum())
    yield Promise(said, there == int(allocation.envelope_units.sum()) + int(allocation.on_top_units.sum()), "")


def _alike(report: ReportContext) -> Promise:
    """Hold the amounts of territories that have the same figures to one another."""
    allocation = report.allocation
    page, rows = allocation.formula, allocation.context.rows
    read = [name for name in sorted(page.names.columns) if name != page.name]
    figures = pd.DataFrame({name: allocation.scope.value(name)[rows] for name in read}, index=range(rows.sum()))
    if read:
        groups = figures.groupby(read, dropna=False, sort=False).ngroup().to_numpy()
    else:
        groups = np.zeros(len(figures), dtype=int)
    units = pd.Series(allocation.units).groupby(groups)
    outside = (units.transform("max") - units.transform("min")).to_numpy() > 1
    several = int((units.transform("size") > 1).sum())
    told = [report.say("page-promise-alike-none")]
    if several:
        told = [report.say("page-promise-alike-some", count=report.labels.territories(several))]
    if outside.any():
        told.insert(0, report.say("page-promise-not-for", who=shared_by(report, outside)))
    return Promise(report.say("page-promise-alike"), not outside.any(), " · ".join(told))


def _limit(report: ReportContext, stage: StageResult, way: str, bound: Expression) -> Promise:
    labels, limit = report.labels, stage.limit
    held = stage.raised if way == "floor" else stage.lowered
    outside = _outside(report, stage, way)
    count = labels.territories(int(held.sum()))
    told = [report.say(f"page-promise-at-{way}", territories=count)]
    if outside.any():
        told = [report.say("page-promise-not-for", who=shared_by(report, outside)), *told]
    kept = not outside.any() and not (way == "floor" and stage.prorated)
    if way == "floor" and stage.prorated:
        told.insert(0, report.say("page-promise-prorated"))
    if limit.exempt is not None:
        told.append(report.say("page-promise-except", condition=labels.expression(limit.exempt)))
    if stage.overridden:
        told.append(report.say("page-promise-decided", count=labels.territories(len(stage.overridden))))
    promised = _promised(report, limit, way, bound)
    value = bound_value(report, stage, way)
    if value and value not in promised:
        told.insert(0, value)
    sentence = labels.say("words-limit", name=labels.limit(limit), sentence=promised)
    return Promise(sentence, kept, " · ".join(told))


def bound_value(report: ReportContext, stage: StageResult, way: str, row: int | None = None) -> str:
    """Return what a floor or a cap comes to: one amount, or from which to which; that of one row where it is asked.

    Nothing where no territory is bounded, and for the totals of groups.
    """
    if stage.workings is None or stage.limit.by:
        return ""
    stated = stage.workings.stated.unmoved
    bounds = stated.lower if way == "floor" else stated.upper
    bounds = bounds if row is None else bounds[row : row + 1]
    there = bounds[np.isfinite(bounds)]
    if not there.size:
        return ""
    low, high = (_money(report, float(end)) for end in (there.min(), there.max()))
    return low if low == high else report.say("page-from-to", low=low, high=high)


def _money(report: ReportContext, value: float) -> str:
    """Write a bound, which may lie between two units."""
    whole = report.labels.digits
    near = round(value, whole)
    digits = whole if abs(value - near) < _DUST * max(1.0, abs(value)) else max(whole, 2)
    return report.labels.money(value, digits)


def _outside(report: ReportContext, stage: StageResult, way: str) -> Mask:
    """Tell whose amount stands outside a bound: one that an earlier bound or a decision by name stands above."""
    amounts = report.allocation.amounts
    work = stage.workings
    if work is None or stage.limit.part or stage.limit.by:
        # The bounds of a part or of a group are in force to the end, or the page is refused.
        return np.zeros(amounts.size, dtype=bool)
    # Where bounds are moved to whole units, either way, that is what is asked of whole amounts.
    near = _DUST * np.maximum(np.abs(amounts), 1.0)
    if way == "floor":
        return np.asarray(amounts < np.minimum(work.stated.lower, work.stated.unmoved.lower) - near)
    return np.asarray(amounts > np.maximum(work.stated.upper, work.stated.unmoved.upper) + near)


def _promised(report: ReportContext, limit: Limit, way: str, bound: Expression) -> str:
    labels = report.labels
    share = None if limit.part or limit.by else _of_previous(report, bound.tree)
    if share is not None:
        moved = 1 - share if way == "floor" else share - 1
        if abs(moved) < _DUST:
            return report.say(f"page-promise-{way}-no-change")
        if moved > 0 and share > 0:
            entry = "page-promise-loss" if way == "floor" else "page-promise-gain"
            return report.say(entry, share=labels.speech.percent(moved))
    whose = labels.say("words-whose-each")
    if limit.part:
        whose = labels.say("words-whose-part", part=labels.speech.quoted(labels.title(limit.part)))
    elif limit.by:
        whose = labels.say("words-whose-group", column=labels.speech.named(limit.by))
    amount = labels.quantity(bound)
    said = (
        labels.say("words-limit-at-least", whose=whose, low=amount)
        if way == "floor"
        else labels.say("words-limit-at-most", whose=whose, high=amount)
    )
    return said.rstrip(".")


def _of_previous(report: ReportContext, tree: Node) -> float | None:
    """Return what share of last year's amount a bound is; None where it is anything else."""
    page = report.allocation.formula
    names = {"previous", page.previous}
    sides = (tree.left, tree.right) if isinstance(tree, Binary) and tree.operator == "*" else (tree, Number(1.0))
    for one, other in (sides, sides[::-1]):
        if isinstance(one, Name) and one.name in names:
            return _number(report, other)
    return None


def _number(report: ReportContext, tree: Node) -> float | None:
    """Return what an expression of numbers and constants comes to; None where it holds anything else."""
    constants = report.allocation.formula.constants
    match tree:
        case Number(value):
            return value
        case Name(name) if name in constants:
            return float(constants[name].value)
        case Binary("+" | "-" as sign, left, right):
            sides = _number(report, left), _number(report, right)
            if sides[0] is None or sides[1] is None:
                return None
            return sides[0] + sides[1] if sign == "+" else sides[0] - sides[1]
    return None
