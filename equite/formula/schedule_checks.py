"""What a schedule must hold to before any table is read: years that are there once, ways that do not overshoot."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from equite.formula.formula import Formula
from equite.formula.loading import Page
from equite.formula.schedule_fields import ByYear, EnvelopeByYear
from equite.formula.validating import Report

if TYPE_CHECKING:
    from equite.formula.schedule_page import SchedulePage

__all__ = ["check_pages", "check_schedule", "check_units"]


def check_schedule(schedule: SchedulePage, report: Report) -> None:
    """Note everything that is wrong with a schedule by itself."""
    years = schedule.years
    envelope, rule = schedule.envelope, schedule.rule
    by_year: list[tuple[tuple[str, ...], Iterable[int], tuple[int, ...]]] = []
    if envelope is not None and envelope.years:
        by_year.append((("envelope",), envelope.years, years))
    rates: list[tuple[tuple[str, ...], ByYear | None, tuple[int, ...]]] = [
        (("envelope", "growth"), envelope.growth if envelope is not None else None, years[1:]),
        (("indexation",), schedule.indexation, years),
    ]
    if rule.share_of_gap is not None:
        rates.append((("rule", "share_of_gap"), rule.share_of_gap.share, years))
    by_year += [(path, rate.years, wanted) for path, rate, wanted in rates if rate is not None and rate.each is None]
    if rule.schedule is not None:
        by_year.append((("rule", "schedule"), rule.schedule, years))
    for path, given, wanted in by_year:
        _every_year(path, given, wanted, report)
    for key in ("tables", "code_changes"):
        for year in getattr(schedule, key):
            if year not in years:
                report("schedule-year-unknown", (key, str(year)), year=year, first=years[0], last=years[-1])
    if schedule.tables and schedule.table is None and years[0] not in schedule.tables:
        report("schedule-first-table", ("tables",), year=years[0])
    for path, rate, _ in rates[:2]:
        for each in rate.figures.values() if rate is not None else ():
            if each <= -1:
                report("schedule-rate-too-low", path, value=str(each))
    if rule.limits is not None and schedule.limits is not None:
        report("schedule-limits-twice", ("limits",))
    _money(schedule, report)
    _overshooting(schedule, report)


def _every_year(path: tuple[str, ...], given: Iterable[int], wanted: tuple[int, ...], report: Report) -> None:
    """Note the years that lack a figure, and those that have one for nothing."""
    there = set(given)
    for year in sorted(set(wanted) - there):
        report("schedule-year-missing", path, year=year)
    for year in sorted(there - set(wanted)):
        report("schedule-year-unwanted", (*path, str(year)), year=year)


def _money(schedule: SchedulePage, report: Report) -> None:
    envelope = schedule.envelope
    if envelope is None:
        return
    for path, money in _figures(envelope).items():
        if money < 0:
            report("envelope-negative", path, value=str(money))


def _figures(envelope: EnvelopeByYear) -> dict[tuple[str, ...], Decimal]:
    """Return the figures that an envelope states, each with its path."""
    found: dict[tuple[str, ...], Decimal] = {("envelope", str(year)): money for year, money in envelope.years.items()}
    if envelope.first is not None:
        found["envelope", "first"] = envelope.first
    if envelope.value is not None and envelope.value.plain is not None:
        found["envelope",] = Decimal(envelope.value.plain)
    return found


def _overshooting(schedule: SchedulePage, report: Report) -> None:
    """Note ways beyond the target, and ways that turn back."""
    rule = schedule.rule
    if rule.schedule is not None:
        before: Decimal | None = None
        for year, way in sorted(rule.schedule.items()):
            if not 0 <= way <= 1:
                report("schedule-overshoots", ("rule", "schedule", str(year)), value=str(way), year=year)
            elif before is not None and way < before:
                report("schedule-turns-back", ("rule", "schedule", str(year)), value=str(way), year=year)
            before = way
    if rule.share_of_gap is not None:
        for found, share in rule.share_of_gap.share.figures.items():
            if not 0 <= share <= 1:
                path = ("rule", "share_of_gap") if found is None else ("rule", "share_of_gap", str(found))
                report("schedule-gap-overshoots", path, value=str(share))


def check_pages(
    schedule: SchedulePage, target: Formula, origin: Formula | None, written: Page | None, report: Report
) -> None:
    """Hold the pages against each other: one unit, one key, money that comes from where the schedule says."""
    for path, page in {("target",): target, ("start",): origin}.items():
        if page is not None and page.within is not None:
            report("schedule-within", path, within=page.within)
    if origin is not None:
        check_units(origin, target, ("start",), report)
        if origin.key.column != target.key.column:
            report("schedule-two-keys", ("start",), own=origin.key.column, other=target.key.column)
    if written is not None:
        key = written.content.get("key", target.key.column)
        own = key.get("column") if isinstance(key, dict) else key
        if own != target.key.column:
            report("schedule-two-keys", ("rule",), own=str(own), other=target.key.column)
    if schedule.start.column is not None and origin is None and schedule.start.column in target.names.parts:
        report("schedule-start-part", ("start",), name=schedule.start.column)
    step = Decimal(target.rounding_to)
    envelope = schedule.envelope
    if envelope is None:
        return
    for place, money in _figures(envelope).items():
        if money % step:
            report("envelope-not-multiple", place, value=str(money), unit=str(step))


def _measures(page: Formula) -> tuple[str, ...]:
    """Return what amounts are counted in, and the unit that they are multiples of."""
    called = page.unit[page.language] if page.unit else page.currency
    return called, f"{page.rounding_to:f}"


def check_units(own: Formula, target: Formula, path: tuple[str, ...], report: Report) -> None:
    """Note a page whose amounts are counted otherwise than those of the target page."""
    for mine, theirs in zip(_measures(own), _measures(target), strict=True):
        if mine != theirs:
            report("schedule-two-units", path, own=mine, other=theirs)
