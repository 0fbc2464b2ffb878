"""What the years of a transition come to: paths, years to the target, what protection costs and who pays for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from equite.engine.allocation import Allocation
from equite.engine.sharing import Floats
from equite.engine.transition_run import YearResult

__all__ = ["costs_of", "moved_in", "paths_of", "reached", "worst_loss", "years_to_target"]


def paths_of(years: Sequence[YearResult]) -> pd.DataFrame:
    """Return one row for each territory and year, by code, then by year."""
    frames = [_year_frame(each) for each in years]
    found = pd.concat(frames, ignore_index=True)
    return found.sort_values(["code", "year"], kind="stable", ignore_index=True)


def _year_frame(result: YearResult) -> pd.DataFrame:
    columns: dict[str, Any] = {"code": list(result.codes)}
    names = _names(result.allocation, result.codes)
    if names is not None:
        columns["name"] = names
    digits = result.allocation.context.unit.digits
    gap, change = _apart(result.amounts, result.targets, digits), _apart(result.amounts, result.previous, digits)
    columns |= {"year": result.year, "target": result.targets, "previous": result.previous, "amount": result.amounts}
    columns |= {"gap": gap, "change": change}
    with np.errstate(divide="ignore", invalid="ignore"):
        columns["change_share"] = np.where(result.previous != 0, change / result.previous, np.nan)
        dearer = 1.0 + result.facts.indexation
        real = result.amounts / dearer / result.previous - 1.0
        columns["change_real"] = np.where(result.previous != 0, real, np.nan)
        columns["amount_real"] = result.amounts / result.prices
        if result.people is not None:
            now = result.amounts / result.people
            before = result.previous / (result.people if result.people_before is None else result.people_before)
            columns["per_head"] = np.where(result.people > 0, now, np.nan)
            columns["change_per_head"] = np.where(np.isfinite(now) & np.isfinite(before), now - before, np.nan)
    return pd.DataFrame(columns)


def _apart(first: Floats, second: Floats, digits: int) -> Floats:
    """Subtract amounts; what is left has no more decimals than they show."""
    return np.round(first - second, max(digits, 2)) + 0.0


def _names(allocation: Allocation, codes: Sequence[str]) -> list[str] | None:
    if allocation.formula.name is None:
        return None
    known = dict(zip(allocation.codes, allocation.names, strict=True))
    return [known.get(code, code) for code in codes]


def reached(result: YearResult) -> np.ndarray:
    """Tell who stands within one unit of the target."""
    unit = float(result.allocation.context.unit.size)
    return np.asarray(np.abs(result.amounts - result.targets) <= unit * (1 + 1e-9))


def years_to_target(years: Sequence[YearResult]) -> pd.DataFrame:
    """Return one row for each territory of the last year: from which year on it stays within one unit of its target."""
    last = years[-1]
    since = np.full(len(last.codes), np.nan)
    going = np.ones(len(last.codes), dtype=bool)
    for result in reversed(years):
        if result.codes != last.codes:
            # Before codes changed, nothing is known of these territories as they are now.
            break
        going &= reached(result)
        since = np.where(going, result.facts.number, since)
    columns: dict[str, Any] = {"code": list(last.codes)}
    names = _names(last.allocation, last.codes)
    if names is not None:
        columns["name"] = names
    columns["years"] = since
    columns["year"] = since + (years[0].year - 1)
    columns["gap"] = _apart(last.amounts, last.targets, last.allocation.context.unit.digits)
    return pd.DataFrame(columns)


def costs_of(years: Sequence[YearResult]) -> pd.DataFrame:
    """Return one row for each year: who holds more than the target gives them, and who waits for it."""
    rows = []
    for result in years:
        at = reached(result)
        gap = result.amounts - result.targets
        above, below = (gap > 0) & ~at, (gap < 0) & ~at
        digits = max(result.allocation.context.unit.digits, 2)
        row: dict[str, Any] = {"year": result.year, "envelope": _envelope(result.allocation)}
        for name, which in {"above": above, "below": below}.items():
            row[f"{name}_territories"] = int(which.sum())
            row[f"{name}_people"] = np.nan if result.people is None else float(np.nansum(result.people[which]))
            row[f"{name}_money"] = round(float(np.abs(gap[which]).sum()), digits)
        row["at_target"] = int(at.sum())
        raised = [np.maximum(stage.after - stage.before, 0.0).sum() for stage in result.allocation.stages]
        row["by_limits"] = round(float(sum(raised)), digits)
        rows.append(row)
    return pd.DataFrame(rows)


def _envelope(allocation: Allocation) -> float:
    return allocation.total + allocation.reserve - allocation.on_top


def moved_in(result: YearResult) -> float:
    """Return what those who lose in a year give up, together."""
    return float(np.maximum(result.previous - result.amounts, 0.0).sum())


def worst_loss(result: YearResult) -> float:
    """Return the largest loss of a year, in parts of what was had before; 0 where nobody loses."""
    had = result.previous > 0
    if not had.any():
        return 0.0
    return max(0.0, float((1.0 - result.amounts[had] / result.previous[had]).max()))
