"""The first screen: the result in three sentences, and who gets more or less than before, or than a plain share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from equite.engine.evaluation import Mask
from equite.engine.sharing import Floats
from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.context import Cell, ReportContext, small_table

__all__ = ["changes", "in_three_sentences", "several", "shared_by"]

#: Territories that share an end are named up to so many.
_NAMED = 3


@dataclass(frozen=True)
class _Beside:
    """Amounts set beside something: how far above it each stands (NaN where that is not known), and in what words."""

    id: str
    above: Floats

    @property
    def more(self) -> Mask:
        """Who gets more."""
        return self.above > 0

    @property
    def less(self) -> Mask:
        """Who gets less."""
        return self.above < 0


def in_three_sentences(report: ReportContext) -> Markup:
    """Say what is shared, from how little to how much it goes, and who is better or worse off than before."""
    allocation, labels = report.allocation, report.labels
    amounts = allocation.amounts
    lowest, highest = float(amounts.min()), float(amounts.max())
    territories = labels.territories(len(allocation.codes))
    told: list[Child] = [
        report.say("page-result", amount=labels.money(allocation.total), territories=territories),
        " ",
    ]
    if lowest == highest:
        told.append(report.say("page-result-alike", amount=labels.money(lowest)))
    else:
        ends = {
            "low": labels.money(lowest),
            "lowest": shared_by(report, amounts == lowest),
            "high": labels.money(highest),
            "highest": shared_by(report, amounts == highest),
        }
        told.append(report.say("page-result-range", median=labels.money(float(np.median(amounts))), **ends))
    beside = next(_beside(report), None)
    if beside is not None:
        counts = {way: labels.territories(int(rows.sum())) for way, rows in _ways(beside)}
        told += [" ", report.say(f"page-result-{beside.id}", more=counts["more"], less=counts["less"])]
    return element("p", told, class_="lead")


def shared_by(report: ReportContext, rows: Mask) -> str:
    """Name those that share an end: all of a tie, or the first few and how many others."""
    found = np.flatnonzero(rows)
    names = [report.names[row] for row in found[:_NAMED]]
    if found.size > _NAMED:
        names.append(report.labels.count(found.size - _NAMED, "page-others-one", "page-others-many"))
    return several(report, names)


def several(report: ReportContext, names: Sequence[str]) -> str:
    """Join names as a sentence does: the last after *and*."""
    *first, last = names
    return report.say("page-and", first=", ".join(first), last=last) if first else last


def _beside(report: ReportContext) -> Iterator[_Beside]:
    """Return what amounts are set beside: last year's first, then equal shares and shares by people."""
    allocation = report.allocation
    change = report.column("change")
    if change is not None and np.isfinite(change.numbers).any():
        yield _Beside("previous", change.numbers)
    if len(allocation.codes) < 2:
        return
    # Amounts are whole units: a gap of less than one is none.
    unit = float(allocation.context.unit.money(np.array([1]))[0])
    shares = [("equal", np.full(allocation.amounts.size, allocation.total / allocation.amounts.size))]
    people = allocation.people
    if people is not None and np.isfinite(people).all() and people.sum() > 0:
        shares.append(("per_head", allocation.total * (people / people.sum())))
    for name, share in shares:
        above = allocation.amounts - share
        yield _Beside(name, np.where(np.abs(above) < unit, 0.0, above))


def _ways(beside: _Beside) -> tuple[tuple[str, Mask], ...]:
    return (
        ("more", beside.more),
        ("same", beside.above == 0),
        ("less", beside.less),
        ("unknown", np.isnan(beside.above)),
    )


def changes(report: ReportContext) -> Markup | None:
    """Return who gets more and who gets less, by number and by people, beside each thing to compare with."""
    found = list(_beside(report))
    if not found:
        return None
    unknown = any(np.isnan(each.above).any() for each in found)
    ways = ("more", "same", "less", *(("unknown",) if unknown else ()))
    rows: list[list[Cell]] = []
    for each in found:
        masks = dict(_ways(each))
        rows.append([report.say(f"page-beside-{each.id}"), *(_counted(report, masks[way]) for way in ways)])
    headings = [report.say("page-beside"), *(report.say(f"page-gets-{way}") for way in ways)]
    table = small_table(report.say("page-changes-caption"), headings, rows)
    return fragment(element("h3", report.say("page-changes")), table)


def _counted(report: ReportContext, rows: Mask) -> Cell:
    """Count territories, and below them the people who live there."""
    labels, people = report.labels, report.allocation.people
    count = labels.number(int(rows.sum()))
    if people is None or not np.isfinite(people).all():
        return count
    inside = labels.number(float(people[rows].sum()))
    return fragment(count, element("small", report.say("page-people-count", count=inside)))
