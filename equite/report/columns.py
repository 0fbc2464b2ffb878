"""The table as outputs show it: rounded so that every row and every column adds up to the last decimal shown.

Rounding each cell by itself would leave rows and totals a cent off. Here each part's and each limit's column is rounded
by largest remainders to its own exact total; the rounding column takes what a row lacks; amounts stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from equite.engine.rounding import MOST_UNITS, largest_remainders, round_half_away
from equite.engine.sharing import Floats, Groups
from equite.report.language.bounds_missing import bounds_missing_for
from equite.report.language.labels import Labels, distinct

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["Kind", "ShownColumn", "head_digits", "per_head_of", "rounded", "shown_columns"]

Kind = Literal["text", "money", "share"]
Step = Literal["key", "part", "limit", "rounding", "amount", "after", "notes"]


@dataclass(frozen=True)
class ShownColumn:
    """A column as it is shown.

    Attributes
    ----------
    id : str
        Its name in the allocation's table.
    step : {"key", "part", "limit", "rounding", "amount", "after", "notes"}
        Where it stands on the way to the amount.
    kind : {"text", "money", "share"}
        What its cells hold; a share is a share of one, to be shown in percent.
    heading : str
        With unit and mark, in the readers' language.
    cells : list of str, or ndarray
        Numbers are rounded to what is shown, missing ones are NaN.
    digits : int
        The decimals shown (of the percentage, for a share).
    total : float or None
        What stands in the row of totals.
    """

    id: str
    step: Step
    kind: Kind
    heading: str
    cells: Sequence[str] | Floats
    digits: int = 0
    total: float | None = None

    @property
    def numbers(self) -> Floats:
        """The cells of a column of numbers."""
        return np.asarray(self.cells, dtype=np.float64)

    @property
    def scale(self) -> float:
        """What a number is multiplied by where it is read: a share is shown in hundredths."""
        return 100.0 if self.kind == "share" else 1.0


def shown_columns(allocation: Allocation, labels: Labels | None = None) -> tuple[ShownColumn, ...]:
    """Return the table's columns as they are shown, in order.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    labels : Labels, optional
        Of the readers' language; by default the page's.
    """
    labels = labels or Labels(allocation.formula)
    columns = [
        *_keys(allocation, labels),
        *_steps(allocation, labels),
        *_after(allocation, labels),
        *_notes(allocation, labels),
    ]
    entries = [(column.id, column.step not in ("part", "limit"), column.heading) for column in columns]
    return tuple(replace(column, heading=heading) for column, heading in zip(columns, distinct(entries), strict=True))


def _keys(allocation: Allocation, labels: Labels) -> list[ShownColumn]:
    found = [ShownColumn("code", "key", "text", labels.heading("code"), allocation.codes)]
    if allocation.formula.name is not None:
        found.append(ShownColumn("name", "key", "text", labels.heading("name"), allocation.names))
    return found


def _steps(allocation: Allocation, labels: Labels) -> list[ShownColumn]:
    """Return parts, limits, rounding and amount, the first three rounded so that rows and columns add up."""
    named: list[tuple[Step, str, str, Floats]] = [
        ("part", result.part.id, labels.part_heading(result.part), result.amounts) for result in allocation.parts_shared
    ]
    named += [
        ("limit", stage.limit.id, labels.limit_heading(stage.limit), stage.after - stage.before)
        for stage in allocation.stages
    ]
    amounts = allocation.amounts
    digits = _decimals([*(values for *_, values in named), amounts], labels.digits)
    scale = 10.0**digits
    left = np.rint(amounts * scale)
    columns = []
    for step, name, heading, values in named:
        whole = _whole(values, scale)
        left = left - whole
        columns.append(ShownColumn(name, step, "money", heading, _back(whole, scale), digits, _total(whole, scale)))
    heading = labels.heading("rounding")
    columns.append(
        ShownColumn("rounding", "rounding", "money", heading, _back(left, scale), digits, _total(left, scale))
    )
    shown = min(labels.digits, digits)
    columns.append(ShownColumn("amount", "amount", "money", labels.heading("amount"), amounts, shown, allocation.total))
    return columns


def _decimals(columns: Sequence[Floats], least: int) -> int:
    """Return the decimals of the steps: those of amounts where all are whole so, else cents at least."""
    largest = max((float(np.abs(values).sum()) for values in columns), default=0.0)
    digits = least
    if any(not _is_round(values, least) for values in columns):
        digits = max(2, least)
    while digits > 0 and largest * 10.0**digits > MOST_UNITS:
        digits -= 1
    return digits


def _is_round(values: Floats, digits: int) -> bool:
    scaled = values * 10.0**digits
    return bool((np.abs(scaled - np.rint(scaled)) < 1e-6).all())


def _whole(values: Floats, scale: float) -> Floats:
    units = values * scale
    total = np.array([math.floor(math.fsum(units.tolist()) + 0.5)])
    return largest_remainders(units, total, Groups.single(units.size)).astype(np.float64)


def _back(whole: Floats, scale: float) -> Floats:
    return whole / scale


def _total(whole: Floats, scale: float) -> float:
    return float(whole.sum()) / scale


def _after(allocation: Allocation, labels: Labels) -> list[ShownColumn]:
    """Return what is told once the amounts are known: per head, share, previous amount, change."""
    found = []
    amounts = allocation.amounts
    if allocation.people is not None:
        per_head, whole = per_head_of(amounts, allocation.people)
        digits = head_digits(per_head)
        heading = labels.heading("per_head")
        cells = round_half_away(per_head, digits) + 0.0
        total = rounded(whole, digits)
        found.append(ShownColumn("per_head", "after", "money", heading, cells, digits, total))
    if allocation.total:
        found.append(_shares(amounts / allocation.total, labels))
    if allocation.previous is not None:
        found += _changes(allocation, allocation.previous, labels)
    return found


def per_head_of(amounts: Floats, people: Floats) -> tuple[Floats, float]:
    """Return each amount by inhabitant, NaN where there is none, and that of all together."""
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(people > 0, amounts / people, np.nan)
    there = people > 0
    return each, float(amounts[there].sum() / people[there].sum()) if there.any() else math.nan


def head_digits(values: Floats) -> int:
    """Return cents, and two figures at least where the typical value is small (posts per head)."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    typical = float(np.median(sizes)) if sizes.size else 1.0
    return min(8, max(2, 1 - math.floor(math.log10(typical))))


def _shares(shares: Floats, labels: Labels) -> ShownColumn:
    """Return shares of the total, in percentages that add up to a hundred."""
    digits = 2 if shares.size <= 500 else 4
    scale = 10.0 ** (digits + 2)
    whole = _whole(shares, scale)
    return ShownColumn(
        "share", "after", "share", labels.heading("share"), _back(whole, scale), digits, _total(whole, scale)
    )


def _changes(allocation: Allocation, previous: Floats, labels: Labels) -> list[ShownColumn]:
    there = ~np.isnan(previous)
    digits = labels.digits if _is_round(previous[there], labels.digits) else max(2, labels.digits)
    scale = 10.0**digits
    before = round_half_away(previous * scale, 0)
    change = np.rint(allocation.amounts * scale) - before
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = round_half_away(np.where(before != 0, change / before, np.nan), 3) + 0.0
    sums = _total(before[there], scale), _total(change[there], scale)
    # A territory without a previous amount would pass for one whose amount changed.
    whole = rounded(sums[1] / sums[0], 3) if there.all() and sums[0] else None
    columns = [(before / scale, "previous"), (change / scale, "change")]
    found = [
        ShownColumn(name, "after", "money", labels.heading(name), cells + 0.0, digits, total)
        for (cells, name), total in zip(columns, sums, strict=True)
    ]
    return [*found, ShownColumn("change_share", "after", "share", labels.heading("change_share"), relative, 1, whole)]


def _notes(allocation: Allocation, labels: Labels) -> list[ShownColumn]:
    """Return what somebody who reads one row should know: a decided amount, a filled or skipped cell, no floor."""
    notes: list[list[str]] = [[] for _ in allocation.codes]
    rows = {code: row for row, code in enumerate(allocation.codes)}
    for limit in allocation.formula.limits:
        for override in limit.override:
            notes[rows[override.code]].append(labels.say("note-decided", reason=labels.worded(override.reason)))
    for name in allocation.formula.indices:
        for criterion in allocation.scope.scoring(name).criteria:
            title = labels.criterion(name, criterion.name)
            for row in np.flatnonzero(criterion.filled):
                notes[row].append(labels.say("note-filled", criterion=title))
            for row in np.flatnonzero(np.isnan(criterion.scores)):
                notes[row].append(labels.say("note-skipped", criterion=title))
    for code, told in bounds_missing_for(allocation, labels).items():
        notes[rows[code]] += told
    if not any(notes):
        return []
    cells = ["; ".join(dict.fromkeys(found)) for found in notes]
    return [ShownColumn("notes", "notes", "text", labels.heading("notes"), cells)]


def rounded(value: float, digits: int) -> float | None:
    """Return a number rounded half away from zero, without a negative zero; None where there is none."""
    found = float(round_half_away(np.array([value]), digits)[0])
    return found + 0.0 if math.isfinite(found) else None
