"""Protection against speed: the greatest that money pays, and what each degree of it does to a transition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from equite.engine.transition_figures import moved_in, reached, worst_loss, years_to_target
from equite.engine.transition_run import TransitionRun, YearResult, YearTables
from equite.errors import Problem, SharingError
from equite.formula.schedule_page import SchedulePage
from equite.wording import Percent

__all__ = ["frontier_of", "greatest_told", "is_short", "protected"]

#: Refusals for want of money.
_SHORT = frozenset(
    {
        *("stage-short", "stage-short-inward", "stage-short-fits"),
        *("stage-negative-level", "stage-negative-level-inward", "stage-negative-level-fits"),
        "parts-exceed-envelope",
    }
)
#: Degrees of protection are told in hundredths of a percent.
_STEPS = 10_000


def is_short(error: SharingError) -> bool:
    """Tell whether a transition was refused for want of money alone."""
    return bool(error.problems) and all(problem.id in _SHORT for problem in error.problems)


def protected(schedule: SchedulePage, lose_at_most: Decimal | None) -> SchedulePage:
    """Return a schedule under which nobody loses more in a year than a part of what they had; None for no such limit.

    Other limits stay as they are. A rule that is nothing but limits is laid over the way straight to the target.
    """
    rule: Any = schedule.content["rule"]
    laid: dict[str, Any] = dict(schedule.content.get("limits") or {})
    if schedule.rule.limits is not None:
        rule, laid = "at_once", dict(rule["limits"])
    elif schedule.rule.no_loss is not None:
        rule, laid = "at_once", {"counted_in": schedule.rule.no_loss, **laid}
    laid.pop("lose_at_most", None)
    if lose_at_most is not None:
        laid["lose_at_most"] = f"{lose_at_most:f}"
    bounds = laid if {"lose_at_most", "gain_at_most"} & set(laid) else None
    return schedule.replace({"rule": rule, "limits": bounds})


@dataclass(frozen=True)
class _Knob:
    """What a schedule protects by: the sentence that tells of it, from what is asked to none, and how it is turned."""

    entry: str
    asked: Decimal
    weakest: Decimal
    turned: Callable[[Decimal], SchedulePage]


def _knob(schedule: SchedulePage) -> _Knob | None:
    """Return what a schedule protects by, where that is one figure."""
    rule, laid = schedule.rule, schedule.limits

    def losing(value: Decimal) -> SchedulePage:
        return protected(schedule, value)

    def slower(value: Decimal) -> SchedulePage:
        return _with_rule(schedule, "share_of_gap", "share", value)

    def growing(value: Decimal) -> SchedulePage:
        return _with_rule(schedule, "pace_of_change", "minimum", value)

    if laid is not None and laid.lose_at_most is not None and rule.no_loss is None:
        return _Knob("schedule-fits-lose_at_most", laid.lose_at_most, Decimal(1), losing)
    if rule.limits is not None and rule.limits.lose_at_most is not None:
        return _Knob("schedule-fits-lose_at_most", rule.limits.lose_at_most, Decimal(1), losing)
    if rule.no_loss is not None:
        return _Knob("schedule-fits-no_loss", Decimal(0), Decimal(1), losing)
    if rule.share_of_gap is not None and rule.share_of_gap.share.each is not None:
        return _Knob("schedule-fits-share", rule.share_of_gap.share.each, Decimal(1), slower)
    if rule.pace_of_change is not None:
        return _Knob("schedule-fits-minimum", rule.pace_of_change.minimum, Decimal(-1), growing)
    return None


def _with_rule(schedule: SchedulePage, way: str, key: str, value: Decimal) -> SchedulePage:
    said = schedule.content["rule"][way]
    keys = said if isinstance(said, dict) else {key: said}
    return schedule.replace({"rule": {way: {**keys, key: f"{value:f}"}}})


def greatest_told(schedule: SchedulePage, tables: YearTables, error: SharingError) -> SharingError:
    """Return a refusal for want of money with the greatest protection that every year can pay, worked out by trying.

    Parameters
    ----------
    schedule : SchedulePage
        What was refused.
    tables : YearTables
        Its tables, as they were read.
    error : SharingError
        The refusal.
    """
    told = [_worded(problem) for problem in error.problems]
    knob = _knob(schedule)
    fits = None if knob is None else _greatest(knob, tables)
    if knob is not None and fits is not None:
        written, share = f"{fits.normalize():f}", Percent(float(fits))
        told.append(Problem(knob.entry, {"value": share, "written": written}, **schedule.where("rule")))
    return SharingError(told, error.language)


def _worded(problem: Problem) -> Problem:
    """Say a want of money without advice that a schedule cannot follow."""
    if problem.id not in _SHORT:
        return problem
    values = {key: problem.values[key] for key in ("sum", "money", "gap")}
    return Problem("schedule-short", values, problem.where, problem.line, problem.file)


def _greatest(knob: _Knob, tables: YearTables) -> Decimal | None:
    """Return the degree nearest to what was asked that every year pays; None where none does."""
    low, high = 0, abs(int((knob.weakest - knob.asked) * _STEPS))
    sign = 1 if knob.weakest > knob.asked else -1

    def at(step: int) -> Decimal:
        return knob.asked + Decimal(sign * step) / _STEPS

    if not _pays(knob.turned(at(high)), tables):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _pays(knob.turned(at(middle)), tables) else (middle, high)
    return at(high)


def _pays(schedule: SchedulePage, tables: YearTables) -> bool:
    try:
        TransitionRun(schedule, tables).run()
    except SharingError:
        return False
    return True


def frontier_of(schedule: SchedulePage, tables: YearTables, grid: Iterable[Decimal | None]) -> pd.DataFrame:
    """Return one row for each degree of protection: what it does to the way to the target.

    Raises
    ------
    FormulaError, TerritoriesError, SharingError
        A run is refused for another reason than want of money.
    """
    return pd.DataFrame([_point(schedule, tables, each) for each in grid])


def _point(schedule: SchedulePage, tables: YearTables, lose_at_most: Decimal | None) -> dict[str, Any]:
    row: dict[str, Any] = {"protection": np.nan if lose_at_most is None else float(lose_at_most)}
    absent = ("years_to_target", "at_target", "closed", "money_moved", "worst_loss")
    try:
        years = TransitionRun(protected(schedule, lose_at_most), tables).run()
    except SharingError as error:
        if not is_short(error):
            raise
        return {**row, "pays": False, **dict.fromkeys(absent, np.nan)}
    since = years_to_target(years)["years"].to_numpy()
    return {
        **row,
        "pays": True,
        "years_to_target": np.nan if np.isnan(since).any() else float(since.max()),
        "at_target": float(reached(years[-1]).sum()),
        "closed": closed(years),
        "money_moved": round(sum(map(moved_in, years)), max(years[0].allocation.context.unit.digits, 2)),
        "worst_loss": max(map(worst_loss, years)),
    }


def closed(years: Sequence[YearResult]) -> float:
    """Return which part of the gap that there was before the first year is closed after the last."""
    first, last = years[0], years[-1]
    before = float(np.abs(first.previous - first.targets).sum())
    return 1.0 - float(np.abs(last.amounts - last.targets).sum()) / before if before else 1.0
