"""The table as outputs show it: what the engine says is shown, each column with its words.

The figures are :attr:`equite.Allocation.shown`, the same for every output.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from equite.engine.sharing import Floats
from equite.engine.shown import ShownFigures, ShownStep
from equite.report.language.bounds_missing import bounds_missing_for
from equite.report.language.labels import Labels, distinct
from equite.wording import Language, numeral

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["Kind", "ShownColumn", "shown_columns"]

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

    @property
    def hides_zero(self) -> bool:
        """Whether a zero is not worth a reader's look: rounding is told where there is some."""
        return self.step == "rounding"

    def written(self, value: float, language: Language) -> str:
        """Write one of its numbers, a total too, as people read it; nothing where there is none."""
        if math.isnan(value) or (self.hides_zero and value == 0):
            return ""
        return numeral(value * self.scale, language, self.digits)


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
    """Return parts, limits, rounding and amount."""
    shown = allocation.shown
    columns = [
        _column(part.id, "part", labels.part_heading(part, is_before_limits=True), shown.parts[part.id])
        for part in (result.part for result in allocation.parts_shared)
    ]
    columns += [
        _column(limit.id, "limit", labels.limit_heading(limit), shown.limits[limit.id])
        for limit in (stage.limit for stage in allocation.stages)
    ]
    columns.append(_column("rounding", "rounding", labels.heading("rounding"), shown.rounding))
    amounts = ShownFigures(allocation.amounts, shown.digits, allocation.total)
    return [*columns, _column("amount", "amount", labels.heading("amount"), amounts)]


def _column(
    name: str, step: Step, heading: str, figures: ShownFigures | ShownStep, kind: Kind = "money"
) -> ShownColumn:
    return ShownColumn(name, step, kind, heading, figures.cells, figures.digits, figures.total)


def _after(allocation: Allocation, labels: Labels) -> list[ShownColumn]:
    """Return what is told once the amounts are known: per head, share, previous amount, change."""
    shown = allocation.shown
    found: list[tuple[str, ShownFigures | None, Kind]] = [
        ("per_head", shown.per_head, "money"),
        ("share", shown.share, "share"),
        ("previous", shown.previous, "money"),
        ("change", shown.change, "money"),
        ("change_share", shown.change_share, "share"),
    ]
    return [
        _column(name, "after", labels.heading(name), figures, kind)
        for name, figures, kind in found
        if figures is not None
    ]


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
