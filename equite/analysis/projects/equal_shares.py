"""The method of equal shares: each voter has the same part of the envelope, and pays for what it supports.

A project is affordable at a price r per point of utility if its supporters, each paying r times its utility or all that
it has left, can pay its request together. The affordable project of the lowest price is funded, and so on until none is
(Peters and Skowron, 2020, *Proportionality and the Limits of Welfarism*, EC '20; Peters, Pierczyński and Skowron, 2021,
*Proportional Participatory Budgeting with Additive Utilities*, NeurIPS). All in exact fractions.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm
from operator import mul
from typing import Literal

from equite.analysis.projects.proposals import Call, Outcome, Proposal, Purse, in_order
from equite.analysis.projects.walking import granted, ordered

__all__ = ["Completion", "Utility", "equal_shares"]

#: What a voter gets from a project it supports: its points, or its points times the request.
Utility = Literal["cost", "cardinality"]
#: How what is left is spent: one unit of money more for each voter at a time, then down the order of votes.
Completion = Literal["add_one", "votes"]


@dataclass(frozen=True)
class _Backing:
    """Who supports one project, in whole numbers.

    Attributes
    ----------
    groups, voters, points : tuple of int
        The groups of voters who filled in the same ballot, how many each counts, and the points that each gives.
    scales : tuple of int
        The least common multiple of the points, over the points of each group: money times it is in the order of money
        over points.
    worth : Fraction
        The utility of one point.
    """

    groups: tuple[int, ...]
    voters: tuple[int, ...]
    points: tuple[int, ...]
    scales: tuple[int, ...]
    worth: Fraction

    @classmethod
    def of(cls, supporters: Sequence[tuple[int, int, Fraction]], worth: Fraction) -> _Backing:
        """Bring the points of supporters to whole numbers."""
        unit = lcm(*(points.denominator for _, _, points in supporters))
        points = tuple(int(points * unit) for _, _, points in supporters)
        multiple = lcm(*points)
        groups, voters = (tuple(column) for column in list(zip(*supporters, strict=True))[:2])
        return cls(groups, voters, points, tuple(multiple // each for each in points), worth / unit)

    def price(self, cost: int, left: Sequence[int]) -> tuple[int, int] | None:
        """Return the lowest price per point at which supporters pay the cost, as a ratio; None if they cannot."""
        money = [left[group] for group in self.groups]
        if sum(map(mul, money, self.voters)) < cost:
            return None
        unpaid, points = cost, sum(map(mul, self.points, self.voters))
        ends = list(map(mul, money, self.scales))
        # Those whose money does not last at the lowest price pay all that they have.
        for at in sorted(range(len(ends)), key=ends.__getitem__):
            if money[at] * points >= unpaid * self.points[at]:
                break
            unpaid -= money[at] * self.voters[at]
            points -= self.points[at] * self.voters[at]
        return unpaid, points


class _Election:
    """The ballots of one territory, like ballots together, beside its projects in the order of ties."""

    def __init__(self, call: Call, utility: Utility) -> None:
        self.proposals = in_order(call.proposals, call.ties)
        self.costs = {each.code: each.request for each in self.proposals}
        groups = Counter(tuple(sorted(ballot.points.items())) for ballot in call.ballots)
        self.groups, self.voters = len(groups), len(call.ballots)
        supporters: dict[str, list[tuple[int, int, Fraction]]] = {code: [] for code in self.costs}
        for at, (points, count) in enumerate(groups.items()):
            for code, value in points:
                if code in supporters and value > 0:
                    supporters[code].append((at, count, value))
        worths = {code: Fraction(cost if utility == "cost" else 1) for code, cost in self.costs.items()}
        self.backing = {code: _Backing.of(each, worths[code]) for code, each in supporters.items() if each}

    def funded(self, envelope: int) -> tuple[list[str], list[Fraction]]:
        """Return what is funded, in that order, and what a voter of each group has left."""
        # Money is in whole numbers of a unit over ``scale``, which grows as prices do not divide it.
        scale, left = self.voters, [envelope] * self.groups
        # A price never falls as voters spend, so that the last one known is a bound from below.
        waiting = [(Fraction(0), place) for place, each in enumerate(self.proposals) if each.code in self.backing]
        found: list[str] = []
        while waiting:
            best = self._cheapest(waiting, scale, left)
            if best is None:
                break
            proposal = self.proposals[best]
            backing = self.backing[proposal.code]
            ratio = backing.price(proposal.request * scale, left)
            assert ratio is not None
            unpaid, points = ratio
            common = gcd(unpaid, points)
            unpaid, points = unpaid // common, points // common
            scale, left = scale * points, [money * points for money in left]
            for group, each in zip(backing.groups, backing.points, strict=True):
                left[group] = max(0, left[group] - unpaid * each)
            common = gcd(scale, *left)
            scale, left = scale // common, [money // common for money in left]
            found.append(proposal.code)
        return found, [Fraction(money, scale) for money in left]

    def _cheapest(self, waiting: list[tuple[Fraction, int]], scale: int, left: Sequence[int]) -> int | None:
        """Take the affordable project of the lowest price out of those that wait; drop those no longer affordable."""
        while waiting:
            bound, place = heapq.heappop(waiting)
            proposal = self.proposals[place]
            backing = self.backing[proposal.code]
            ratio = backing.price(proposal.request * scale, left)
            if ratio is None:
                continue
            price = Fraction(ratio[0], ratio[1] * scale) / backing.worth
            if price == bound or not waiting or (price, place) < waiting[0]:
                return place
            heapq.heappush(waiting, (price, place))
        return None


def equal_shares(call: Call, utility: Utility, completion: Collection[Completion]) -> dict[str, Outcome]:
    """Fund projects by equal shares, in one territory.

    Parameters
    ----------
    call : Call
        Projects of one envelope, and the ballots.
    utility : {"cost", "cardinality"}
        What a voter gets from a project that it supports.
    completion : collection of {"add_one", "votes"}
        How what is left is spent. ``add_one``: the method is run again with one unit of money more for each voter,
        until nothing more fits in the envelope, or the next run would go beyond it. ``votes``: down the order of votes.

    Returns
    -------
    dict of str to Outcome
        By code.
    """
    ((territory, envelope),) = call.envelopes.items()
    election = _Election(call, utility)
    chosen, left = election.funded(envelope)
    if "add_one" in completion:
        chosen, left = _completed(election, call.step, envelope, chosen, left)
    purse = Purse.of(call)
    found: dict[str, Outcome] = {}
    for proposal in call.proposals:
        if proposal.code in chosen:
            purse.pay(proposal, proposal.request)
            found[proposal.code] = Outcome(proposal.request, "paid")
    rest = tuple(each for each in call.proposals if each.code not in found)
    if "votes" in completion:
        return found | granted(call, ordered(replace(call, proposals=rest), "votes"), purse, by_points=True)
    return found | {each.code: _unfunded(each, election.backing.get(each.code), left, territory) for each in rest}


def _completed(
    election: _Election, step: int, envelope: int, chosen: list[str], left: list[Fraction]
) -> tuple[list[str], list[Fraction]]:
    """Give each voter one unit of money more, again and again, as long as what is funded fits in the envelope."""
    money, costs = envelope, election.costs
    while not _is_exhaustive(election, chosen, envelope):
        money += step * election.voters
        more, rest = election.funded(money)
        if sum(costs[code] for code in more) > envelope:
            break
        chosen, left = more, rest
    return chosen, left


def _is_exhaustive(election: _Election, chosen: Sequence[str], envelope: int) -> bool:
    """Tell whether nothing that anybody supports fits in what is left."""
    left = envelope - sum(election.costs[code] for code in chosen)
    return all(election.costs[code] > left for code in set(election.backing).difference(chosen))


def _unfunded(proposal: Proposal, backing: _Backing | None, left: Sequence[Fraction], territory: str) -> Outcome:
    if backing is None:
        return Outcome(0, "unsupported")
    gap = proposal.request - sum(
        left[group] * voters for group, voters in zip(backing.groups, backing.voters, strict=True)
    )
    return Outcome(0, "supporters", -(-gap.numerator // gap.denominator), (territory,))
