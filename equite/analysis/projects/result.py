"""Projects funded inside each territory's envelope: what is funded, in part or not, why, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from equite.analysis.projects.best_total import total_of
from equite.analysis.projects.demand import Demand, carried_up, read_memberships
from equite.analysis.projects.envelopes import Envelopes, envelopes_of
from equite.analysis.projects.proposals import Call, Outcome, Proposal
from equite.analysis.projects.running import Change, Choice, calls_of, changes, chosen
from equite.analysis.projects.tables import read_tables
from equite.errors import FormulaError, Problem
from equite.formula.projects_page import COLUMNS, ProjectsPage
from equite.formula.written import beside
from equite.inputs.ballots import Origin, read_ballots, read_pabulib
from equite.inputs.territories import Territories
from equite.wording import Codes, Language, as_spoken_by, money, percent, say

__all__ = ["Projects", "projects"]


@dataclass(frozen=True, eq=False, repr=False)
class Projects:
    """Projects funded inside each territory's envelope, as a page decides; frozen.

    Attributes
    ----------
    page : ProjectsPage
        The page.
    proposals : tuple of Proposal
        The projects as they were proposed, in code order; money in units.
    envelopes : Envelopes
        What there was to spend, by territory, in units.
    outcomes : mapping of str to Outcome
        What was decided of each project, by code; money in units.
    bound : float or None
        Under ``best_total``, points that no choice of projects goes beyond: proven.

    Examples
    --------
    >>> page = {
    ...     "equite_projects": 1, "id": "spring", "language": "en", "method": "rank",
    ...     "envelopes": {"N": 10_000, "S": 6_000},
    ... }
    >>> table = {
    ...     "project": ["garden", "rink", "bus"], "territory": ["N", "N", "S"], "rank": [1, 2, 1],
    ...     "request": [7_000, 6_200, 5_000],
    ... }
    >>> found = equite.projects(page, table)
    >>> found.table[["project", "amount", "why"]].values.tolist()[2]
    ['rink', 0.0, '$3,200 was lacking']
    """

    page: ProjectsPage
    proposals: tuple[Proposal, ...]
    envelopes: Envelopes
    outcomes: Mapping[str, Outcome]
    bound: float | None
    _calls: tuple[Call, ...]
    _memberships: Mapping[str, Mapping[str, Fraction]]
    _tables: Mapping[str, Mapping[str, str]]
    _read: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it rests on, which no output takes the place of: the page, and the tables read from files."""
        return (*self.page.files, *self._read)

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.page.language

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each project, in code order.

        Columns: project, title, territory (who pays; shares where several do), request, minimum (the same where it is
        funded whole or not at all), rank, points, aims, amount, outcome (``whole``, ``part`` or ``none``), lacking (to
        the request if it is funded in part, else to the minimum), why (a sentence). Money, in the page's currency.
        """
        return pd.DataFrame([self._row(each) for each in self.proposals])

    def _row(self, proposal: Proposal) -> dict[str, Any]:
        outcome = self.outcomes[proposal.code]
        return {
            "project": proposal.code,
            "title": proposal.title,
            "territory": self._payers(proposal),
            "request": self.money(proposal.request),
            "minimum": self.money(proposal.minimum),
            "rank": float("nan") if proposal.rank is None else float(proposal.rank),
            "points": float(proposal.points),
            "aims": ", ".join(sorted(proposal.aims)),
            "amount": self.money(outcome.amount),
            "outcome": self._kind(proposal),
            "lacking": self.money(outcome.lacking),
            "why": self.why(proposal),
        }

    def _kind(self, proposal: Proposal) -> str:
        amount = self.outcomes[proposal.code].amount
        return "whole" if amount == proposal.request else "part" if amount else "none"

    def _payers(self, proposal: Proposal) -> str:
        """Word who pays for a project: a code, or codes with their shares."""
        if len(proposal.payers) == 1:
            return proposal.payers[0][0]
        return "; ".join(f"{payer} {self._share(share)}" for payer, share in proposal.payers)

    def _share(self, share: Fraction) -> str:
        """Write a share in percent, or as the fraction that it is where that would take many decimals."""
        if (share * 1000).denominator > 1:
            return str(share)
        return percent(float(share), self.language, 0 if (share * 100).denominator == 1 else 1)

    def why(self, proposal: Proposal, language: Language | None = None) -> str:
        """Say why a project has what it has, in a sentence.

        Parameters
        ----------
        proposal : Proposal
            One of ``proposals``.
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        str
            The sentence, without a point.

        Examples
        --------
        >>> found.why(found.proposals[2], "fr").replace(chr(160), " ")
        'il manquait 3 200 $'
        """
        outcome, spoken = self.outcomes[proposal.code], as_spoken_by(self.language, language or self.language)
        entry = f"projects-why-{outcome.reason}"
        if outcome.reason == "short" and len(proposal.payers) > 1:
            entry = "projects-why-short-joint"
        values = {
            "lacking": self.worded(outcome.lacking, spoken),
            "territories": Codes(outcome.short),
            "aims": Codes(tuple(sorted(proposal.aims))),
        }
        return say(entry, spoken, **values)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row for each envelope, in code order.

        Columns: territory, name, envelope (what was carried over included), carried_over, spent, left (carried over to
        the next time), requested, unfunded (all that was asked for and is not paid), whole, part and none (numbers of
        projects that the territory pays for, or would).
        """
        rows = []
        for code, units in self.envelopes.units.items():
            mine = [each for each in self.proposals if code in each.territories]
            spent = sum(each.paid(self.outcomes[each.code].amount)[code] for each in mine)
            asked = sum(each.paid(each.request)[code] for each in mine)
            kinds = [self._kind(each) for each in mine]
            rows.append(
                {
                    "territory": code,
                    "name": self.envelopes.names.get(code, code),
                    "envelope": self.money(units),
                    "carried_over": self.money(self.envelopes.carried_over.get(code, 0)),
                    "spent": self.money(spent),
                    "left": self.money(units - spent),
                    "requested": self.money(asked),
                    "unfunded": self.money(asked - spent),
                    **{kind: kinds.count(kind) for kind in ("whole", "part", "none")},
                }
            )
        return pd.DataFrame(rows)

    @property
    def left(self) -> dict[str, float]:
        """What is left of each envelope, by territory: ``carried_over`` of the next time."""
        return dict(zip(self.accounts["territory"], self.accounts["left"], strict=True))

    @cached_property
    def points(self) -> float:
        """The points of what is funded, a project funded in part counting in part."""
        return float(total_of(self.proposals, self.outcomes))

    @property
    def gap(self) -> float | None:
        """How far the points may be from the best: 0 where they are proven best; None where nothing is proven."""
        return None if self.bound is None else max(0.0, self.bound - self.points)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What more money would do in each envelope, the method run again with it; money in units."""
        return tuple(changes(self.page, list(self._calls), self.outcomes))

    @cached_property
    def next(self) -> pd.DataFrame:
        """What the next money would do: one row for each envelope in which a project lacks some.

        Columns: territory, more (the least money with which a project of this territory alone has what it lacks),
        project, gained and lost (the projects that would have more or less, if the method were run again with it).
        """
        rows = [
            {
                "territory": each.territory,
                "more": self.money(each.more),
                "project": each.project,
                "gained": ", ".join(each.gained),
                "lost": ", ".join(each.lost),
            }
            for each in self.changes
        ]
        return pd.DataFrame(rows, columns=["territory", "more", "project", "gained", "lost"])

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """What remains unfunded, from each territory up to the bodies that it belongs to; money in units."""
        unfunded = dict.fromkeys(self.envelopes.units, 0)
        for each in self.proposals:
            asked, paid = each.paid(each.request), each.paid(self.outcomes[each.code].amount)
            for code in each.territories:
                unfunded[code] += asked[code] - paid[code]
        return carried_up(unfunded, self._memberships)

    @cached_property
    def demand(self) -> pd.DataFrame:
        """The demand that remains, carried upward: one row for each territory and each body, members first.

        Columns: body, own (what remains of its own projects), from_members (what its members carry to it), demand
        (their sum), carried_to (the bodies that it belongs to, with what it carries to each; blank at the top). What
        stands at the top sums to all that is unfunded.
        """
        rows = [
            {
                "body": each.code,
                "own": self.money(each.own),
                "from_members": self.money(each.carried),
                "demand": self.money(each.total),
                "carried_to": "; ".join(f"{body} {self.worded(units)}" for body, units in each.shares.items()),
            }
            for each in self.demands
        ]
        return pd.DataFrame(rows)

    @property
    def has_memberships(self) -> bool:
        """Whether a page says which bodies territories belong to."""
        return bool(self._memberships)

    @property
    def record(self) -> dict[str, Any]:
        """Enough to redo the choice in ten years, as plain values that JSON can hold."""
        import importlib.metadata
        import platform

        table = self.table.astype(object)
        return {
            "page": {"id": self.page.id, "sha256": self.page.sha256, "content": self.page.content},
            "tables": {name: dict(source) for name, source in self._tables.items()},
            "envelopes": self.envelopes.source,
            "versions": {
                "python": platform.python_version(),
                **{name: importlib.metadata.version(name) for name in ("equite", "numpy", "pandas")},
                **({"scipy": importlib.metadata.version("scipy")} if self.bound is not None else {}),
            },
            "method": self.page.method,
            "points": self.points,
            "bound": self.bound,
            "memberships": {
                member: {body: str(share) for body, share in bodies.items()}
                for member, bodies in self._memberships.items()
            },
            "accounts": self.accounts.to_dict("list"),
            "projects": table.where(table.notna(), None).to_dict("list"),
            "demand": self.demand.to_dict("list"),
        }

    # --- money in words

    def money(self, units: int) -> float:
        """Return units as money.

        Parameters
        ----------
        units : int
            A whole number of the page's unit.

        Returns
        -------
        float
            In the page's currency.

        Examples
        --------
        >>> found.money(3200)
        3200.0
        """
        return float(units * Fraction(self.page.unit))

    @property
    def digits(self) -> int:
        """The decimals that money is shown with: none where the unit is whole."""
        exponent = int(self.page.unit.normalize().as_tuple().exponent)
        return 0 if exponent >= 0 else max(2, -exponent)

    def worded(self, units: int, language: Language | None = None) -> str:
        """Write units as an amount of money.

        Parameters
        ----------
        units : int
            A whole number of the page's unit.
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        str
            The amount with its currency.

        Examples
        --------
        >>> found.worded(3200)
        '$3,200'
        """
        return money(self.money(units), language or self.language, self.page.currency, self.digits)

    # --- outputs

    def summary(self, language: Language | None = None) -> str:
        """Tell what was funded and why, the envelopes, and what the next money would do.

        Parameters
        ----------
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        str
            Tables and sentences.

        Examples
        --------
        >>> print(found.summary().splitlines()[0])
        spring: by local rank
        """
        from equite.report.analyses.projects import projects_text

        return projects_text(self, language)

    def to_csv(self, path: str | Path, language: Language | None = None) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> found.to_csv("projects.csv").name
        'projects.csv'
        """
        from equite.report.analyses.projects import projects_to_csv

        return projects_to_csv(self, path, language)

    def to_excel(self, path: str | Path, language: Language | None = None) -> Path:
        """Write a workbook: projects, envelopes, what the next money would do, and the demand carried upward.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> found.to_excel("projects.xlsx").name
        'projects.xlsx'
        """
        from equite.report.analyses.projects import projects_to_excel

        return projects_to_excel(self, path, language)

    def to_html(self, path: str | Path, language: Language | None = None) -> Path:
        """Write one page to read and to print, which needs no other file and no network.

        Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> found.to_html("projects.html").name
        'projects.html'
        """
        from equite.report.analyses.projects import projects_to_html

        return projects_to_html(self, path, language)

    def _repr_html_(self) -> str:
        from equite.report.analyses.projects import projects_html

        return projects_html(self)

    def __repr__(self) -> str:
        return self.summary()


def projects(
    page: ProjectsPage | str | Path | Mapping[str, Any],
    table: object = None,
    *,
    envelopes: object = None,
    ballots: object = None,
    carried_over: Mapping[str, Any] | None = None,
    memberships: object = None,
) -> Projects:
    """Fund projects inside each territory's envelope, by the method that a page states.

    Parameters
    ----------
    page : path or mapping
        The page; every key is described in ``docs/projects.md``.
    table : path or table, optional
        The projects, one a row; by default the file that the page names.
    envelopes : Allocation, Cascade, mapping of str to number, or number, optional
        What there is to spend, in money, by territory or in all; by default what the page says. Of a cascade, what the
        territories of its last tier have.
    ballots : path or table, optional
        One row for each voter; by default the file that the page names.
    carried_over : mapping of str to number, optional
        What was left before, in money, by territory: ``left`` of an earlier result. By default what the page says.
    memberships : path or table, optional
        Which bodies each territory belongs to, and for what share; by default the file that the page names.

    Returns
    -------
    Projects
        What is funded, in part or not, and why; what is left; what the next money would do.

    Raises
    ------
    FormulaError
        The page cannot be read, or names no envelope.
    TerritoriesError
        A table cannot be used: with every row that is wrong.
    SharingError
        The envelopes cannot be worked out, or the method needs what is not installed.

    Examples
    --------
    >>> page = {
    ...     "equite_projects": 1, "id": "spring", "language": "en", "method": "points_per_dollar", "envelope": 10_000,
    ... }
    >>> table = {"project": ["a", "b", "c"], "request": [6_000, 5_000, 4_000], "points": [90, 80, 60]}
    >>> found = equite.projects(page, table)
    >>> found.table["amount"].tolist(), found.left
    ([0.0, 5000.0, 4000.0], {'': 1000.0})
    """
    read_page = ProjectsPage.of(page)
    found = envelopes_of(read_page, envelopes, carried_over)
    source = _given(read_page, table, "projects")
    proposed = _proposed(read_page, source)
    cast_from = _given(read_page, ballots, "ballots", wanted=False)
    kind = read_page.ballots.kind if read_page.ballots is not None else None
    cast, origin = ((), Origin("", "")) if cast_from is None else read_ballots(cast_from, kind)
    read = read_tables(read_page, proposed, found, cast, origin.name)
    belongs = _given(read_page, memberships, "memberships", wanted=False)
    links = {} if belongs is None else read_memberships(belongs, found.units, read_page.language)
    calls = calls_of(read_page, found, read)
    choice: Choice = chosen(read_page, calls)
    tables = {"projects": {"name": proposed.source.name, "sha256": proposed.source.sha256}}
    if cast:
        tables["ballots"] = origin._asdict()
    files = tuple(Path(each).absolute() for each in (source, cast_from, belongs) if isinstance(each, str | Path))
    outcomes, bound = choice.outcomes, choice.bound
    return Projects(read_page, read.proposals, found, outcomes, bound, tuple(calls), links, tables, files)


def _given(page: ProjectsPage, given: object, key: str, *, wanted: bool = True) -> Any:
    """Return a table that is given, else the path of the one that the page names."""
    if given is not None:
        return given
    named = getattr(page, key)
    if named is None:
        if wanted:
            raise FormulaError([Problem("projects-no-table", **page.place())], page.language)
        return None
    return beside(page, named if isinstance(named, str) else named.file, key)


def _proposed(page: ProjectsPage, table: object) -> Territories:
    """Read the table of projects, its codes and words as text."""
    if isinstance(table, str | Path) and Path(table).suffix.lower() == ".pb":
        return Territories.of(read_pabulib(table)[0])
    text = tuple(page.heading_of(name) for name in COLUMNS if name not in ("request", "minimum", "rank", "points"))
    return Territories.of(table, text=text)
