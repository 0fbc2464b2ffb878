"""The way that money took to one territory: tier by tier, what came in, what was kept, what each step explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.explanation import Explanation
from equite.errors import Problem, SharingError

if TYPE_CHECKING:
    from equite.engine.cascade import Cascade

__all__ = ["AuditTrail", "Step", "trail"]


@dataclass(frozen=True)
class Step:
    """One tier on the way.

    Attributes
    ----------
    tier, code, name : str
        The territory.
    shared : float
        What was shared among its siblings: what the parent passed on and what came on top; the envelope, at the top.
    received, funds, added, kept : float
        What it got of that, what funds brought it, what it added, what it kept.
    passed_on : float
        What it passed on; what it has, on the last tier.
    of_shared : float
        Its part of what its parent passed on, 0 to 1.
    of_envelope : float
        What reached it of each dollar of the top's envelope: a node's money is mixed, so what it passes on holds the
        same part of the envelope as what it has.
    explanation : Explanation or None
        How the page came to what it received; None where the page left it out or had nothing to share.
    """

    tier: str
    code: str
    name: str
    shared: float
    received: float
    funds: float
    added: float
    kept: float
    passed_on: float
    of_shared: float
    of_envelope: float
    explanation: Explanation | None


@dataclass(frozen=True)
class AuditTrail:
    """The steps from the top down to a territory.

    Attributes
    ----------
    steps : tuple of Step
        The first tier's first.
    cascade : Cascade
        What they belong to.
    """

    steps: tuple[Step, ...]
    cascade: Cascade

    def __str__(self) -> str:
        from equite.report.cascade.views import trail_text

        return trail_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from equite.report.cascade.views import trail_html

        return trail_html(self)


def trail(cascade: Cascade, code: str, tier: str | None = None) -> AuditTrail:
    """Follow the money from the top down to one territory.

    Raises
    ------
    SharingError
        The tier has no such code; if another one has, it is named.
    """
    elsewhere = [level.tier.id for level in cascade.levels if str(code) in level.rows]
    if elsewhere and cascade.level(tier).tier.id not in elsewhere:
        values = {"code": str(code), "tier": cascade.level(tier).tier.id, "found": elsewhere[-1]}
        raise SharingError([Problem("code-of-another-tier", values)], cascade.language)
    at = cascade.row(code, tier)
    last = cascade.levels.index(cascade.level(tier))
    rows = [at]
    for level in reversed(cascade.levels[1 : last + 1]):
        rows.append(int(level.parent[rows[-1]]))
    return AuditTrail(tuple(_steps(cascade, rows[::-1])), cascade)


def _steps(cascade: Cascade, rows: list[int]) -> Iterator[Step]:
    def money(minor_units: int) -> float:
        return float(cascade.minor_units.money(np.array([minor_units]))[0])

    shared = cascade.envelope + money(int(cascade.levels[0].on_top.sum()))
    of_envelope = cascade.envelope / shared if shared else 0.0
    for level, below, row in zip(cascade.levels, (*cascade.levels[1:], None), rows, strict=False):
        code, received = level.codes[row], int(level.received[row])
        of_shared = money(received) / shared if shared else 0.0
        of_envelope *= of_shared
        allocation = cascade.allocation_of(code, level.tier.id)
        known = allocation is not None and code in allocation.codes
        yield Step(
            tier=level.tier.id,
            code=code,
            name=cascade.names_of(level.tier.id)[row],
            shared=shared,
            received=money(received),
            funds=money(int(level.from_funds[row])),
            added=money(int(level.added[row])),
            kept=money(int(level.kept[row])),
            passed_on=money(int(level.passed_on[row])),
            of_shared=of_shared,
            of_envelope=of_envelope,
            explanation=allocation.explain(code) if allocation is not None and known else None,
        )
        available = int(level.amount[row] + level.added[row])
        # What is passed on holds the same part of the envelope as what there is to pass on.
        of_envelope *= int(level.passed_on[row]) / available if available else 0.0
        on_top = int(below.on_top[row]) if below is not None else 0
        # Money that comes on top of it is of another source.
        of_envelope *= int(level.passed_on[row]) / (int(level.passed_on[row]) + on_top) if on_top else 1.0
        shared = money(int(level.passed_on[row]) + on_top)
