"""The best total of points that the envelopes can pay for, by mixed-integer programming.

Maximise Σ points × amount / request, where each project has nothing, or from its minimum to its request; each territory
pays its shares within its envelope, and each aim keeps within its ceilings (a knapsack problem: Kellerer, Pferschy and
Pisinger, 2004, *Knapsack Problems*). Solved by HiGHS (Huangfu and Hall, 2018, *Mathematical Programming Computation*
10), which also proves a bound that no choice of projects goes beyond. What it proposes is checked in whole units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from equite.analysis.projects.proposals import Call, Outcome, Proposal, Purse, in_order
from equite.analysis.projects.unheard import unheard
from equite.errors import Problem, SharingError

__all__ = ["Best", "best_total", "total_of"]

#: Seconds after which the best choice found so far is taken, with the bound that is proven by then.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Best:
    """A choice of projects, and what is proven of it.

    Attributes
    ----------
    outcomes : dict of str to Outcome
        By code.
    total : Fraction
        Its points.
    bound : float
        Points that no choice goes beyond; at least ``total``.
    """

    outcomes: dict[str, Outcome]
    total: Fraction
    bound: float


@dataclass(frozen=True)
class _Row:
    """A constraint: the sum of some columns, each times a number, is within two bounds; a floor may lack a part."""

    taken: tuple[tuple[int, float], ...]
    low: float
    high: float
    lack: int | None = None


class _Program:
    """The program of one call.

    Its columns: of each project whether it is funded, 0 or 1; of each that may be funded in part, how much it has
    of what its request is beyond its minimum; of each floor, the part that cannot be reached.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.count = len(call.proposals)
        self.least = [each.minimum / each.request for each in call.proposals]
        partial = [at for at, each in enumerate(call.proposals) if each.minimum < each.request]
        self.beyond = {at: self.count + place for place, at in enumerate(partial)}
        self.floors = [each for each in call.quotas if each.at_least]
        self.first_lack = self.count + len(partial)
        self.width = self.first_lack + len(self.floors)
        self.rows = list(self._rows())

    def _rows(self) -> Iterator[_Row]:
        for territory, envelope in self.call.envelopes.items():
            yield _Row(tuple(self._taken(territory)), -np.inf, envelope)
        for quota in self.call.quotas:
            taken = tuple(self._taken(quota.territory, quota.aim))
            if quota.at_most is not None:
                yield _Row(taken, -np.inf, quota.at_most)
            if quota.at_least:
                lack = self.first_lack + self.floors.index(quota)
                yield _Row((*taken, (lack, float(quota.at_least))), quota.at_least, np.inf, lack)
        for at, column in self.beyond.items():
            yield _Row(((column, 1.0), (at, -1.0)), -np.inf, 0.0)

    def _taken(self, territory: str, aim: str | None = None) -> Iterator[tuple[int, float]]:
        """Return the columns that a territory pays for, and what it pays."""
        for at, each in enumerate(self.call.proposals):
            if territory in each.territories and (aim is None or aim in each.aims):
                if at not in self.beyond:
                    yield at, float(each.paid(each.request)[territory])
                    continue
                # Whole units take a share of an amount to less than one unit off: what is told to the program is never
                # above what is paid, so that its bound is one of the choices in whole units too.
                share = dict(each.payers)[territory]
                off = 0 if share == 1 else 1
                yield at, float(each.minimum * share - off)
                yield self.beyond[at], float((each.request - each.minimum) * share)

    def solve(self, objective: np.ndarray, rows: Sequence[_Row]) -> tuple[np.ndarray, float]:
        """Solve for the least of an objective; return the columns, and what no choice goes below."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        entries: list[tuple[int, int, float]] = []
        low, high = [], []
        for at, row in enumerate(rows):
            # Each row is told in parts of its bound, so that the solver's tolerance is small beside it.
            size = max(1.0, abs(row.low) if math.isfinite(row.low) else abs(row.high))
            entries += [(at, column, value / size) for column, value in row.taken]
            low.append(row.low / size)
            high.append(row.high / size)
        places, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
        matrix = csr_array((values, (places, columns)), shape=(len(rows), self.width))
        with unheard():
            found: Any = milp(
                objective,
                integrality=(np.arange(self.width) < self.count).astype(int),
                bounds=Bounds(np.zeros(self.width), np.ones(self.width)),
                constraints=LinearConstraint(matrix, low, high),
                options={"mip_rel_gap": 0.0, "time_limit": _PATIENCE},
            )
        if found.x is None:
            # To fund nothing is always a choice: only time can have run out.
            return np.zeros(self.width), -float(np.abs(objective).sum())
        return found.x, float(found.fun if found.mip_dual_bound is None else found.mip_dual_bound)

    def objective(self) -> np.ndarray:
        """Return minus the points of each column."""
        found = np.zeros(self.width)
        for at, each in enumerate(self.call.proposals):
            found[at] = -float(each.points) * self.least[at]
            if at in self.beyond:
                found[self.beyond[at]] = -float(each.points) * (1.0 - self.least[at])
        return found

    def floors_first(self) -> list[_Row]:
        """Return the rows with each floor as high as all together can be reached."""
        if not self.floors:
            return self.rows
        lacking = (np.arange(self.width) >= self.first_lack).astype(float)
        columns, _ = self.solve(lacking, self.rows)
        return [
            row if row.lack is None else replace(row, low=row.low * (1 - min(1.0, columns[row.lack] + 1e-9)))
            for row in (replace(row, taken=row.taken if row.lack is None else row.taken[:-1]) for row in self.rows)
        ]


def best_total(call: Call) -> Best:
    """Choose the projects whose points add up to most.

    Parameters
    ----------
    call : Call
        Projects and envelopes.

    Returns
    -------
    Best
        The outcomes, their total, and a proven bound.

    Raises
    ------
    SharingError
        scipy is not installed.
    """
    if not call.proposals:
        return Best({}, Fraction(0), 0.0)
    try:
        import scipy.optimize  # noqa: F401
    except ImportError:
        raise SharingError([Problem("projects-needs-scipy")]) from None
    program = _Program(call)
    rows = program.floors_first()
    while True:
        columns, least = program.solve(program.objective(), rows)
        chosen = [at for at in range(program.count) if columns[at] > 0.5]
        parts = {at: columns[program.beyond[at]] if at in program.beyond else 0.0 for at in chosen}
        outcomes = _in_units(call, parts)
        if outcomes is not None:
            break
        # Within its tolerance the solver took projects that whole units cannot pay: that choice is cut off.
        rows = [*rows, _Row(tuple((at, 1.0) for at in chosen), -np.inf, len(chosen) - 1)]
    total = total_of(call.proposals, outcomes)
    bound = max(-least, float(total))
    if all(each.points.denominator == 1 and each.minimum == each.request for each in call.proposals):
        # Points that are whole add up to a whole number.
        bound = max(float(total), math.floor(bound * (1 + 1e-9) + 1e-6))
    return Best(outcomes, total, bound)


def _in_units(call: Call, parts: Mapping[int, float]) -> dict[str, Outcome] | None:
    """Pay what was chosen, in whole units; None where the envelopes cannot."""
    purse = Purse.of(call)
    taken = [call.proposals[at] for at in parts]
    amounts = {each.code: each.minimum for each in taken}
    for proposal in taken:
        if purse.most(proposal) < proposal.minimum:
            return None
        purse.pay(proposal, proposal.minimum)
    # Minima are paid: then the parts chosen beyond them, and what is left to those that give most points for it.
    beyond = ((call.proposals[at], part) for at, part in parts.items())
    wanted = {each.code: each.minimum + int(part * (each.request - each.minimum)) for each, part in beyond}
    taken.sort(key=lambda each: (-each.points / each.request, each.code))
    for raised in (wanted, {each.code: each.request for each in taken}):
        for proposal in taken:
            purse.take_back(proposal, amounts[proposal.code])
            amounts[proposal.code] = max(amounts[proposal.code], purse.most(proposal, raised[proposal.code]))
            purse.pay(proposal, amounts[proposal.code])
    found = {each.code: purse.told(each, amounts[each.code], "best") for each in taken}
    for proposal in in_order(call.proposals, call.ties):
        if proposal.code not in found:
            found[proposal.code] = purse.grant(proposal) if proposal.points else Outcome(0, "unsupported")
    return found


def total_of(proposals: Iterable[Proposal], outcomes: Mapping[str, Outcome]) -> Fraction:
    """Add up the points of what is funded, a project funded in part counting in part."""
    return sum((each.points * outcomes[each.code].amount / each.request for each in proposals), start=Fraction(0))
