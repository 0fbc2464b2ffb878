"""Methods that walk down an order: by local rank, by votes, by points per dollar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from equite.analysis.projects.proposals import Call, Outcome, Proposal, Purse, Quota, in_order

__all__ = ["ORDERS", "granted", "ordered"]

#: What each method puts first; those that are equal go by the ties of the page, then by code.
ORDERS: Mapping[str, Callable[[Proposal], Fraction]] = {
    "rank": lambda proposal: proposal.rank or Fraction(0),
    "votes": lambda proposal: -proposal.points,
    "points_per_dollar": lambda proposal: -proposal.points / proposal.request,
}


def ordered(call: Call, method: str) -> list[Proposal]:
    """Return the projects in the order in which a method comes to them."""
    return sorted(in_order(call.proposals, call.ties), key=ORDERS[method])


def granted(
    call: Call, order: Iterable[Proposal], purse: Purse | None = None, *, by_points: bool = False
) -> dict[str, Outcome]:
    """Walk down an order: each project is paid where the money reaches, and passed over where it does not.

    Floors come first: of each aim that has one, projects are paid in the same order until the floor is reached. What is
    then left goes down the whole order. By points, what has none is not funded.
    """
    purse, order = purse or Purse.of(call), list(order)
    found = {each.code: Outcome(0, "unsupported") for each in order if by_points and not each.points}
    for quota in call.quotas:
        if quota.at_least:
            _reach(quota, order, purse, found)
    for proposal in order:
        if proposal.code not in found:
            found[proposal.code] = purse.grant(proposal)
    return found


def _reach(quota: Quota, order: Iterable[Proposal], purse: Purse, found: dict[str, Outcome]) -> None:
    """Pay projects of an aim until its floor is reached; one that cannot be paid is come to again with the others."""
    serving = [each for each in order if quota.aim in each.aims and quota.territory in each.territories]
    reached = sum(each.paid(found[each.code].amount)[quota.territory] for each in serving if each.code in found)
    for proposal in serving:
        if reached >= quota.at_least:
            return
        if proposal.code in found:
            continue
        outcome = purse.grant(proposal)
        if outcome.amount:
            found[proposal.code] = outcome
            reached += proposal.paid(outcome.amount)[quota.territory]
