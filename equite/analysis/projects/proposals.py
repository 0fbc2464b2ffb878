"""What is proposed, out of which envelopes, and what was decided of each; money in whole units throughout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

__all__ = ["Ballot", "Call", "Outcome", "Proposal", "Quota", "Reason", "Tie", "in_order", "split"]

#: Why a project has what it has.
Reason = Literal["whole", "best", "paid", "part", "short", "ceiling", "supporters", "unsupported"]
#: What tells equal projects apart, before their codes do.
Tie = Literal["most_points", "lowest_request", "highest_request", "rank"]


@dataclass(frozen=True)
class Proposal:
    """A project as it was proposed.

    Attributes
    ----------
    code, title : str
        Its code, and what it is called.
    request, minimum : int
        What it asks for, and the least that it can do with, in units.
    payers : tuple of tuple of str and Fraction
        The territories that pay for it, in code order, and the share of each; the shares sum to 1.
    aims : frozenset of str
        What it serves.
    rank : Fraction or None
        Its place in the order of local priority.
    points : Fraction
        Its points, from the table or from ballots.
    """

    code: str
    title: str
    request: int
    minimum: int
    payers: tuple[tuple[str, Fraction], ...]
    aims: frozenset[str] = frozenset()
    rank: Fraction | None = None
    points: Fraction = Fraction(0)

    @property
    def territories(self) -> tuple[str, ...]:
        """The territories that pay."""
        return tuple(payer for payer, _ in self.payers)

    def paid(self, amount: int) -> dict[str, int]:
        """Return what each territory pays of an amount, in units that sum to it."""
        return split(amount, dict(self.payers))


@dataclass(frozen=True)
class Quota:
    """What goes to one aim in one territory, at least and at most, in units; None where open."""

    aim: str
    territory: str
    at_least: int
    at_most: int | None


@dataclass(frozen=True)
class Ballot:
    """What one voter supports, and by how many points; an approval is one point."""

    voter: str
    territory: str
    points: Mapping[str, Fraction]


@dataclass(frozen=True)
class Call:
    """Projects and the envelopes that pay for them: all that a method reads.

    Attributes
    ----------
    proposals : tuple of Proposal
        In code order.
    envelopes : mapping of str to int
        By territory, in units.
    quotas : tuple of Quota
        In the order of the page.
    ballots : tuple of Ballot
        Of the voters of these territories.
    step : int
        Units in one whole unit of money: what completion adds to each voter at a time.
    ties : tuple of str
        What tells equal projects apart, in order; then the code.
    """

    proposals: tuple[Proposal, ...]
    envelopes: Mapping[str, int]
    quotas: tuple[Quota, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    step: int = 1
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What was decided of one project.

    Attributes
    ----------
    amount : int
        What it is given, in units.
    reason : str
        Why. Funded: ``whole``, its turn came while there was enough; ``best``, it is part of the best total; ``paid``,
        those who support it paid; ``part``, it has what was left. Not funded: ``short``, less was left than its
        minimum; ``ceiling``, its aim stood at its ceiling; ``supporters``, those who support it had too little left;
        ``unsupported``, nobody supports it.
    lacking : int
        What was lacking for it to have more, in units: to its request if it is funded in part, else to its minimum.
    short : tuple of str
        The territories that lacked it.
    """

    amount: int
    reason: Reason
    lacking: int = 0
    short: tuple[str, ...] = ()


@dataclass
class Purse:
    """What is left to spend, by territory and under the ceilings of aims; the one place where money is taken from."""

    left: dict[str, int]
    rooms: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, call: Call) -> Purse:
        """Open the envelopes of a call."""
        rooms = {(each.aim, each.territory): each.at_most for each in call.quotas if each.at_most is not None}
        return cls(dict(call.envelopes), rooms)

    def most(self, proposal: Proposal, wanted: int | None = None) -> int:
        """Return the most, up to what is wanted (by default the request), that every payer can pay its share of."""
        limits = {payer: self._room(proposal, payer, ceilings=True) for payer, _ in proposal.payers}
        return _within(proposal, limits, proposal.request if wanted is None else wanted)

    def _room(self, proposal: Proposal, payer: str, *, ceilings: bool) -> int:
        rooms = [self.rooms[aim, payer] for aim in proposal.aims if (aim, payer) in self.rooms] if ceilings else []
        return min([self.left[payer], *rooms])

    def pay(self, proposal: Proposal, amount: int) -> None:
        """Take what each payer pays."""
        self._move(proposal, amount, -1)

    def take_back(self, proposal: Proposal, amount: int) -> None:
        """Put back what was taken to pay an amount, to the unit."""
        self._move(proposal, amount, 1)

    def _move(self, proposal: Proposal, amount: int, way: int) -> None:
        for payer, paid in proposal.paid(amount).items():
            self.left[payer] += way * paid
            for aim in proposal.aims:
                if (aim, payer) in self.rooms:
                    self.rooms[aim, payer] += way * paid

    def lack_of(self, proposal: Proposal) -> Outcome:
        """Say what a project lacks that cannot have its minimum."""
        wanted = proposal.paid(proposal.minimum)
        reasons: tuple[tuple[Reason, bool], ...] = (("short", False), ("ceiling", True))
        for reason, ceilings in reasons:
            gaps = {payer: wanted[payer] - self._room(proposal, payer, ceilings=ceilings) for payer in wanted}
            short = {payer: gap for payer, gap in gaps.items() if gap > 0}
            if short:
                return Outcome(0, reason, sum(short.values()), tuple(short))
        raise AssertionError(proposal.code)

    def grant(self, proposal: Proposal) -> Outcome:
        """Pay a project in whole, or in part from its minimum up, or say what it lacks."""
        amount = self.most(proposal)
        if amount < proposal.minimum:
            return self.lack_of(proposal)
        self.pay(proposal, amount)
        return self.told(proposal, amount)

    def told(self, proposal: Proposal, amount: int, whole: Reason = "whole") -> Outcome:
        """Say what a project has that was paid."""
        if amount == proposal.request:
            return Outcome(amount, whole)
        ends = tuple(payer for payer in proposal.territories if not self._room(proposal, payer, ceilings=True))
        return Outcome(amount, "part", proposal.request - amount, ends or proposal.territories)


def _within(proposal: Proposal, limits: Mapping[str, int], wanted: int) -> int:
    """Return the largest amount, up to what is wanted, of which no payer's share is above its limit."""
    bound = min((Fraction(limits[payer] + 1) / share for payer, share in proposal.payers), default=Fraction(0))
    amount = max(0, min(wanted, int(bound)))
    # A share is less than one unit off, so that few units are tried.
    while amount and any(paid > limits[payer] for payer, paid in proposal.paid(amount).items()):
        amount -= 1
    return amount


def split(amount: int, shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Split whole units by shares that sum to 1: the units left go to the largest remainders, ties in code order."""
    exact = {name: amount * share for name, share in shares.items()}
    whole = {name: value.numerator // value.denominator for name, value in exact.items()}
    order = sorted(shares, key=lambda name: (whole[name] - exact[name], name))
    for name in order[: amount - sum(whole.values())]:
        whole[name] += 1
    return whole


def in_order(proposals: Iterable[Proposal], ties: Sequence[Tie]) -> list[Proposal]:
    """Put projects that are otherwise equal in order: by the ties that are stated, then by code."""

    def key(proposal: Proposal) -> tuple[Fraction | int | str, ...]:
        values: dict[Tie, Fraction | int] = {
            "most_points": -proposal.points,
            "lowest_request": proposal.request,
            "highest_request": -proposal.request,
            # Those without a rank come last.
            "rank": Fraction(10**18) if proposal.rank is None else proposal.rank,
        }
        return (*(values[tie] for tie in ties), proposal.code)

    return sorted(proposals, key=key)
