"""Running a method on the projects of all envelopes: those that no joint project ties together apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from equite.analysis.projects.best_total import best_total
from equite.analysis.projects.envelopes import Envelopes
from equite.analysis.projects.equal_shares import equal_shares
from equite.analysis.projects.proposals import Call, Outcome
from equite.analysis.projects.tables import Read
from equite.analysis.projects.walking import granted, ordered
from equite.formula.projects_page import ProjectsPage

__all__ = ["Change", "Choice", "calls_of", "changes", "chosen"]


@dataclass(frozen=True)
class Choice:
    """What a method decided, and the points that it is proven no choice goes beyond, where it proves any."""

    outcomes: Mapping[str, Outcome]
    bound: float | None = None


def calls_of(page: ProjectsPage, envelopes: Envelopes, read: Read) -> list[Call]:
    """Part projects and envelopes into those that have nothing to do with each other, in code order."""
    step = max(1, int(1 / Fraction(page.unit)))
    groups = _together(envelopes, read)
    found = []
    for group in groups:
        mine = tuple(each for each in read.proposals if each.territories[0] in group)
        found.append(
            Call(
                mine,
                {code: envelopes.units[code] for code in sorted(group)},
                tuple(each for each in read.quotas if each.territory in group),
                tuple(ballot for code in sorted(group) for ballot in read.ballots.get(code, ())),
                step,
                page.ties,
            )
        )
    return found


def _together(envelopes: Envelopes, read: Read) -> list[set[str]]:
    """Put together the territories that pay for one project, directly or through others."""
    group_of = {code: {code} for code in envelopes.units}
    for proposal in read.proposals:
        first, *others = proposal.territories
        for other in others:
            if group_of[other] is not group_of[first]:
                group_of[first] |= group_of[other]
                for code in group_of[first]:
                    group_of[code] = group_of[first]
    return list({id(group): group for group in group_of.values()}.values())


def run(page: ProjectsPage, call: Call) -> Choice:
    """Run the page's method on one call.

    Raises
    ------
    SharingError
        The method needs what is not installed.
    """
    if page.method == "best_total":
        best = best_total(call)
        return Choice(best.outcomes, best.bound)
    if page.method == "equal_shares":
        return Choice(equal_shares(call, page.utility, page.completion))
    return Choice(granted(call, ordered(call, page.method), by_points=page.method != "rank"))


def chosen(page: ProjectsPage, calls: list[Call]) -> Choice:
    """Run the page's method on all calls."""
    choices = [run(page, call) for call in calls]
    outcomes = {code: outcome for choice in choices for code, outcome in choice.outcomes.items()}
    bounds = [choice.bound for choice in choices if choice.bound is not None]
    return Choice(outcomes, sum(bounds) if bounds else None)


@dataclass(frozen=True)
class Change:
    """What more money in one envelope would do.

    Attributes
    ----------
    territory : str
        Whose envelope.
    more : int
        The least more, in units, by which a project of this territory alone has what it lacks.
    project : str
        That project.
    gained, lost : tuple of str
        The projects that would have more, and less, if the method were run again with it.
    """

    territory: str
    more: int
    project: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def changes(page: ProjectsPage, calls: list[Call], outcomes: Mapping[str, Outcome]) -> Iterator[Change]:
    """Say of each envelope what more money in it would do."""
    for call in calls:
        # More in one envelope completes no project that others pay for too.
        joint = {each.code: len(each.payers) > 1 for each in call.proposals}
        # In the order in which they were decided.
        decided = [
            (code, found) for code, found in outcomes.items() if code in joint and not (joint[code] and found.amount)
        ]
        for territory in call.envelopes:
            wanting = [each for each in decided if each[1].short == (territory,) and each[1].reason != "ceiling"]
            if not wanting:
                continue
            # What is funded in part takes the next unit before whatever comes after it.
            last = next((at for at, each in enumerate(wanting) if each[1].amount), len(wanting))
            project, outcome = min(wanting[: last + 1], key=lambda each: each[1].lacking)
            richer = {**call.envelopes, territory: call.envelopes[territory] + outcome.lacking}
            after = run(page, replace(call, envelopes=richer)).outcomes
            step = {each.code: after[each.code].amount - outcomes[each.code].amount for each in call.proposals}
            gained = tuple(code for code, change in step.items() if change > 0)
            lost = tuple(code for code, change in step.items() if change < 0)
            yield Change(territory, outcome.lacking, project, gained, lost)
