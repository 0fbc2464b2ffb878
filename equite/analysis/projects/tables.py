"""From the page and its tables to projects, envelopes, quotas and ballots in whole units, all problems at once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from equite.analysis.projects.envelopes import Envelopes
from equite.analysis.projects.proposals import Ballot, Proposal, Quota
from equite.engine.exactness import fractions_of
from equite.errors import Problems, TerritoriesError, nearest
from equite.formula.projects_page import COLUMNS, ProjectColumn, ProjectsPage
from equite.inputs.ballots import VoterBallot
from equite.inputs.figures import typed
from equite.inputs.territories import Territories
from equite.wording import Numeral

__all__ = ["Read", "in_units", "read_tables"]

#: One payer and its share, as a cell says it: ``N 60 %``, ``N: 0.6``, ``N 1/3``.
_PAYER = re.compile(r"(.+?)\s*[: ]\s*(\d+(?:[.,]\d+)?)\s*(?:(%)|/\s*(\d+))?")
_NUMBERS = ("request", "minimum", "rank", "points")


@dataclass(frozen=True)
class Read:
    """What the tables say: projects in code order, where money comes from, and the ballots by territory."""

    proposals: tuple[Proposal, ...]
    quotas: tuple[Quota, ...]
    ballots: Mapping[str, tuple[Ballot, ...]]


def in_units(value: Fraction, unit: Fraction) -> int | None:
    """Return money in units; None where it is not a whole number of them."""
    units = value / unit
    return units.numerator if units.denominator == 1 else None


def read_tables(
    page: ProjectsPage, table: Territories, envelopes: Envelopes, ballots: tuple[VoterBallot, ...], ballots_file: str
) -> Read:
    """Read projects and ballots as a page asks.

    Raises
    ------
    TerritoriesError
        With every row that cannot be used.
    """
    problems = Problems(TerritoriesError, page.language)
    reader = _Reader(page, table, envelopes, problems, bool(ballots))
    proposals = tuple(sorted(reader.proposals(), key=lambda each: each.code))
    quotas = tuple(reader.quotas({aim for each in proposals for aim in each.aims}))
    cast = _Cast(page, proposals, envelopes, problems, ballots_file)
    by_territory = cast.by_territory(ballots)
    problems.refuse()
    if not proposals:
        problems.add("projects-none", file=table.source.name)
        problems.refuse()
    if ballots:
        given = cast.points(ballots)
        proposals = tuple(replace(each, points=given.get(each.code, Fraction(0))) for each in proposals)
    return Read(proposals, quotas, by_territory)


class _Reader:
    """Reads the table of projects, and notes what is wrong in it."""

    def __init__(
        self, page: ProjectsPage, table: Territories, envelopes: Envelopes, problems: Problems, has_ballots: bool
    ) -> None:
        self.page, self.table, self.envelopes, self.problems = page, table, envelopes, problems
        self.unit = Fraction(page.unit)
        self.headings = {name: page.heading_of(name) for name in COLUMNS}
        needed = {name for name in page.needs if not (name == "points" and has_ballots)}
        self.wanted: set[str] = {"project", "request", *needed}

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """The columns by the names of the page; those that the table lacks and nobody needs are blank."""
        found: dict[str, list[Any]] = {}
        for name, heading in self.headings.items():
            if heading not in self.table.data.columns and name not in self.wanted and name not in self.page.columns:
                found[name] = [None] * len(self.table)
            elif name in _NUMBERS:
                values = self.table.numbers(heading)
                there = [not math.isnan(value) for value in values.tolist()]
                figures = iter(fractions_of(typed(values[there])))
                found[name] = [next(figures) if is_there else None for is_there in there]
            else:
                found[name] = list(self.table.texts(heading))
        return found

    def row_is_wrong(self, entry: str, row: int, column: ProjectColumn, **values: object) -> None:
        place = self.table.row(row)
        file = self.table.source.name
        self.problems.add(entry, self.headings[column], place, file=file, row_is_line=False, **values)

    def proposals(self) -> Iterator[Proposal]:
        """Read each row; a row that is wrong gives none."""
        seen: dict[str, int] = {}
        for row, cells in enumerate(zip(*self.columns.values(), strict=True)):
            told = dict(zip(self.columns, cells, strict=True))
            code = told["project"]
            if not code:
                self.row_is_wrong("projects-no-code", row, "project")
                continue
            if code in seen:
                self.row_is_wrong("projects-twice", row, "project", project=code, first=self.table.row(seen[code]))
                continue
            seen[code] = row
            before = len(self.problems.found)
            request, minimum = self._money(row, code, told)
            payers = self._payers(row, code, told)
            for name in ("rank", "points"):
                if name in self.wanted and told[name] is None:
                    self.row_is_wrong(f"projects-no-{name}", row, name, project=code)
            if told["points"] is not None and told["points"] < 0:
                self.row_is_wrong("projects-points-below", row, "points", project=code)
            if len(self.problems.found) > before:
                continue
            aims = frozenset(_pieces(told["aims"]))
            points = told["points"] or Fraction(0)
            yield Proposal(code, told["title"] or code, request, minimum, payers, aims, told["rank"], points)

    def _money(self, row: int, code: str, told: Mapping[str, Any]) -> tuple[int, int]:
        """Read the request and the minimum, in units; what has no minimum is funded whole or not at all."""
        request, minimum = told["request"], told["minimum"]
        if request is None or request <= 0:
            entry = "projects-no-request" if request is None else "projects-request-nothing"
            self.row_is_wrong(entry, row, "request", project=code)
            return 1, 1
        if minimum is not None and minimum < 0:
            self.row_is_wrong("projects-minimum-below", row, "minimum", project=code)
        if minimum is not None and minimum > request:
            values = {"minimum": Numeral(float(minimum)), "request": Numeral(float(request))}
            self.row_is_wrong("projects-minimum-above", row, "minimum", project=code, **values)
        found = []
        wanted: dict[ProjectColumn, Fraction] = {"request": request, "minimum": request if minimum is None else minimum}
        for name, value in wanted.items():
            units = in_units(value, self.unit)
            if units is None:
                values = {"value": Numeral(float(value)), "unit": Numeral(float(self.unit))}
                self.row_is_wrong("projects-finer", row, name, project=code, **values)
            found.append(max(1, units or 0))
        return found[0], found[1]

    def _payers(self, row: int, code: str, told: Mapping[str, Any]) -> tuple[tuple[str, Fraction], ...]:
        """Read who pays: the territory of the project, or several in stated shares."""
        if self.envelopes.is_single:
            if told["payers"]:
                self.row_is_wrong("projects-payers-single", row, "payers", project=code)
            return (("", Fraction(1)),)
        column: ProjectColumn = "payers" if told["payers"] else "territory"
        if not told[column]:
            self.row_is_wrong("projects-no-territory", row, "territory", project=code)
            return ()
        shares = self._shares(row, code, told["payers"]) if told["payers"] else {told["territory"]: Fraction(1)}
        for territory in shares:
            if territory not in self.envelopes.units:
                near = nearest(territory, self.envelopes.units)
                self.row_is_wrong("projects-no-envelope", row, column, project=code, territory=territory, nearest=near)
        if len(shares) > 1 and self.page.method == "equal_shares":
            self.row_is_wrong("projects-joint-equal-shares", row, "payers", project=code)
        return tuple(sorted(shares.items()))

    def _shares(self, row: int, code: str, text: str) -> dict[str, Fraction]:
        shares: dict[str, Fraction] = {}
        for piece in _pieces(text, comma=False):
            read = _PAYER.fullmatch(piece)
            if read is None or read[1] in shares or read[4] == "0":
                self.row_is_wrong("projects-payers-unread", row, "payers", project=code, text=piece)
                return {}
            share = Fraction(read[2].replace(",", "."))
            shares[read[1]] = share / 100 if read[3] else share / int(read[4] or 1)
        total = sum(shares.values())
        if total != 1 or not all(shares.values()):
            self.row_is_wrong("projects-payers-sum", row, "payers", project=code, total=Numeral(float(total) * 100))
        return shares

    def quotas(self, aims: set[str]) -> Iterator[Quota]:
        """Work out what goes to each aim in each territory, at least and at most."""
        for at, quota in enumerate(self.page.quotas):
            place = self.page.place("quotas", at)
            if quota.aim not in aims:
                self.problems.add("projects-aim-unknown", aim=quota.aim, nearest=nearest(quota.aim, aims), **place)
            if quota.territory is not None and quota.territory not in self.envelopes.units:
                near = nearest(quota.territory, self.envelopes.units)
                self.problems.add("projects-quota-territory", territory=quota.territory, nearest=near, **place)
                continue
            for territory in self.envelopes.units if quota.territory is None else (quota.territory,):
                envelope = self.envelopes.units[territory] * self.unit
                low, high = (
                    None if bound is None else bound.of(envelope) / self.unit
                    for bound in (quota.at_least, quota.at_most)
                )
                if low is not None and high is not None and low > high:
                    self.problems.add("projects-quota-crossed", aim=quota.aim, territory=territory, **place)
                # A bound holds in whole units: a floor is raised to one, a ceiling lowered.
                yield Quota(quota.aim, territory, math.ceil(low or 0), None if high is None else math.floor(high))


def _pieces(text: str | None, *, comma: bool = True) -> list[str]:
    pieces = re.split(r"[,;]" if comma else ";", text or "")
    return [piece for piece in (each.strip() for each in pieces) if piece]


class _Cast:
    """Holds ballots against the projects and the envelopes."""

    def __init__(
        self,
        page: ProjectsPage,
        proposals: tuple[Proposal, ...],
        envelopes: Envelopes,
        problems: Problems,
        file: str,
    ) -> None:
        self.page, self.envelopes, self.problems, self.file = page, envelopes, problems, file
        self.known = {each.code: each for each in proposals}

    def by_territory(self, ballots: tuple[VoterBallot, ...]) -> dict[str, tuple[Ballot, ...]]:
        """Sort ballots by the envelope that they decide on, and note what they name that is not there."""
        if self.page.method == "equal_shares" and not ballots:
            self.problems.add("projects-no-ballots", **self.page.place("method"))
        found: dict[str, list[Ballot]] = {}
        # A project that is refused itself would be told unknown.
        names_projects = not self.problems.found
        for each in ballots:
            territory = "" if self.envelopes.is_single else each.territory
            if not self.envelopes.is_single and territory not in self.envelopes.units:
                near = nearest(territory, self.envelopes.units)
                self._ballot_is_wrong("ballots-territory", "territory", each, territory=territory, nearest=near)
                continue
            for code in each.points if names_projects else ():
                proposal = self.known.get(code)
                if proposal is None:
                    self._ballot_is_wrong(
                        "ballots-project", "vote", each, project=code, nearest=nearest(code, self.known)
                    )
                elif territory not in proposal.territories:
                    self._ballot_is_wrong("ballots-elsewhere", "vote", each, project=code, territory=territory)
            found.setdefault(territory, []).append(Ballot(each.voter, territory, each.points))
        return {territory: tuple(cast) for territory, cast in found.items()}

    def _ballot_is_wrong(self, entry: str, column: str, ballot: VoterBallot, **values: object) -> None:
        self.problems.add(entry, column, ballot.row, file=self.file, row_is_line=False, voter=ballot.voter, **values)

    def points(self, ballots: tuple[VoterBallot, ...]) -> dict[str, Fraction]:
        """Add up the points of each project."""
        found: dict[str, Fraction] = {}
        for each in ballots:
            for code, value in each.points.items():
                found[code] = found.get(code, Fraction(0)) + value
        return found
