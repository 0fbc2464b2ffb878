"""A transition: the years from what each has to what a page would give, each shared by a page of passage."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equite.engine.allocation import Allocation
from equite.engine.explanation import Explanation
from equite.engine.protection import closed, frontier_of, greatest_told, is_short
from equite.engine.transition_figures import costs_of, paths_of, reached, years_to_target
from equite.engine.transition_run import TransitionRun, YearResult, YearTables
from equite.engine.worksheet import Worksheet
from equite.errors import EquiteError, Problem, Problems, SharingError
from equite.formula.formula import Formula
from equite.formula.schedule_page import SchedulePage
from equite.inputs.spelling import near_label
from equite.wording import Language

if TYPE_CHECKING:
    from equite.report.plots.transitions import TransitionPlots

__all__ = ["GRID", "Transition", "transition"]

#: The degrees of protection that a frontier shows: the most that anybody may lose in a year; None for no limit.
GRID: tuple[float | None, ...] = (0.0, 0.01, 0.02, 0.05, 0.10, None)


@dataclass(frozen=True, eq=False, repr=False)
class Transition:
    """The years from first amounts to a target, each year an exact allocation; frozen.

    Attributes
    ----------
    schedule : SchedulePage
        The schedule.
    years : tuple of YearResult
        Each year: its target, its allocation, and what each had before.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 1_000, "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}],
    ... }
    >>> schedule = {
    ...     "equite_schedule": 1, "id": "passage", "language": "en", "target": page, "start": "last",
    ...     "years": {"from": 2026, "to": 2028}, "rule": {"limits": {"lose_at_most": "0.10"}},
    ... }
    >>> table = {"code": ["A", "B"], "need": [1, 1], "last": [600, 400]}
    >>> transition = equite.transition(schedule, table)
    >>> transition.table[["code", "year", "amount", "gap"]].to_dict("list")["amount"]
    [540.0, 500.0, 500.0, 460.0, 500.0, 500.0]
    """

    schedule: SchedulePage
    years: tuple[YearResult, ...]
    _tables: YearTables = field(repr=False)

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.schedule.language

    @property
    def rule(self) -> Formula:
        """The page of passage, as it was run in the first year: what a short form stands for."""
        return self.years[0].allocation.formula

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it rests on, which no output takes the place of."""
        tables = (each.target.territories.source.file for each in self.years)
        return (*self.schedule.files, *dict.fromkeys(file for file in tables if file is not None))

    def year(self, year: int) -> Allocation:
        """Return the allocation of a year.

        Parameters
        ----------
        year : int
            One of the schedule's years.

        Returns
        -------
        Allocation
            What the page of passage gave, every step kept.

        Raises
        ------
        SharingError
            The schedule has no such year.

        Examples
        --------
        >>> transition.year(2027).total
        1000.0
        """
        return self._year(year).allocation

    def target(self, year: int) -> Allocation:
        """Return what the target page gives a year.

        Parameters
        ----------
        year : int
            One of the schedule's years.

        Returns
        -------
        Allocation
            The target.

        Raises
        ------
        SharingError
            The schedule has no such year.

        Examples
        --------
        >>> transition.target(2027).amounts.tolist()
        [500.0, 500.0]
        """
        return self._year(year).target

    def _year(self, year: int) -> YearResult:
        for result in self.years:
            if str(result.year) == str(year):
                return result
        values = {"value": str(year), "first": self.years[0].year, "last": self.years[-1].year}
        raise SharingError([Problem("transition-no-year", values)], self.language)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each territory and year, by code, then by year.

        Columns: code, name (where given), year, target, previous, amount, gap (amount less target), change (amount less
        previous), change_share (in parts of the previous amount), change_real (the same, at the prices of the year
        before), amount_real (the amount at the prices of before the first year); per_head and change_per_head where the
        target page counts people. Money, in the page's currency.
        """
        return paths_of(self.years)

    @cached_property
    def years_to_target(self) -> pd.DataFrame:
        """One row for each territory: from which year on it stays within one unit of its target.

        Columns: code, name (where given), years (1 for the first; missing where the schedule ends before), year, gap
        (what is left of it in the last year).
        """
        return years_to_target(self.years)

    @cached_property
    def cost_of_protection(self) -> pd.DataFrame:
        """One row for each year: who holds more than the target gives, and who waits for it.

        Columns: year, envelope; above_territories, above_people and above_money (what they hold beyond their targets);
        below_territories, below_people and below_money (what they wait for); at_target (territories within one unit);
        by_limits (what limits add to those that they raise).
        """
        return costs_of(self.years)

    @cached_property
    def closed(self) -> float:
        """Which part of the gap that there was before the first year is closed after the last, from 0 to 1."""
        return closed(self.years)

    @property
    def at_target(self) -> int:
        """How many territories stand within one unit of their target in the last year."""
        return int(reached(self.years[-1]).sum())

    def frontier(self, grid: Iterable[float | None] = GRID) -> pd.DataFrame:
        """Return protection against speed: the whole transition, run again for each degree of protection.

        Parameters
        ----------
        grid : iterable of float or None, optional
            The most that anybody may lose in a year, in parts of one; None for no such limit.

        Returns
        -------
        pandas.DataFrame
            One row for each: protection, pays (whether the envelopes pay for it), years_to_target (until all are within
            one unit; missing where the schedule ends before), at_target (territories in the last year), closed (part of
            the first gap), money_moved (what losers give up in all years), worst_loss (the largest of a year, in parts
            of what was had).

        Raises
        ------
        SharingError
            A degree is no part of one, or a run is refused for another reason than want of money.

        Examples
        --------
        >>> transition.frontier([0.05, None])[["protection", "closed", "worst_loss"]].round(3).to_dict("records")[0]
        {'protection': 0.05, 'closed': 0.85, 'worst_loss': 0.05}
        """
        problems = Problems(SharingError, self.language)
        wanted: list[Decimal | None] = []
        for each in grid:
            if each is None or (isinstance(each, float) and np.isnan(each)):
                wanted.append(None)
            elif isinstance(each, int | float) and 0 <= each <= 1:
                wanted.append(Decimal(repr(float(each))))
            else:
                problems.add("transition-grid", value=str(each))
        problems.refuse()
        return frontier_of(self.schedule, self._tables, wanted)

    def path(self, code: str) -> pd.DataFrame:
        """Return the years of one territory: its rows of :attr:`table`.

        Parameters
        ----------
        code : str
            The territory's code.

        Returns
        -------
        pandas.DataFrame
            One row for each year.

        Raises
        ------
        SharingError
            No year has the code.

        Examples
        --------
        >>> transition.path("A")["amount"].tolist()
        [540.0, 500.0, 500.0]
        """
        found = self.table[self.table["code"] == str(code)]
        if found.empty:
            near = near_label(str(code), sorted(set(self.table["code"])))
            raise SharingError([Problem("code-unknown", {"code": str(code), "nearest": near})], self.language)
        return found.reset_index(drop=True)

    def explain(self, code: str, year: int | None = None) -> Explanation:
        """Explain a territory's amount in a year, line by line.

        Parameters
        ----------
        code : str
            The territory's code.
        year : int, optional
            By default the first.

        Returns
        -------
        Explanation
            Lines that add up to the amount.

        Raises
        ------
        SharingError
            The schedule has no such year, or the year no such code.

        Examples
        --------
        >>> sum(line.amount for line in transition.explain("A", 2026).lines)
        540.0
        """
        return self.year(self.years[0].year if year is None else year).explain(code)

    def worksheet(self, code: str, year: int | None = None) -> Worksheet:
        """Return every step of a territory's amount in a year, to redo by hand.

        Parameters
        ----------
        code : str
            The territory's code.
        year : int, optional
            By default the first.

        Returns
        -------
        Worksheet
            Its lines.

        Raises
        ------
        SharingError
            The schedule has no such year, or the year no such code.

        Examples
        --------
        >>> transition.worksheet("A", 2026).code
        'A'
        """
        return self.year(self.years[0].year if year is None else year).worksheet(code)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody who signs should know, each with its years, in the schedule's language."""
        years: dict[str, list[int]] = {}
        for result in self.years:
            for warning in dict.fromkeys((*result.target.warnings, *result.allocation.warnings)):
                years.setdefault(warning, []).append(result.year)
        return tuple(f"{', '.join(map(str, found))} · {warning}" for warning, found in years.items())

    @property
    def record(self) -> dict[str, Any]:
        """Enough to redo the transition in ten years, as plain values that JSON can hold."""
        table = self.table.astype(object)
        return {
            "schedule": {
                "id": self.schedule.id,
                "sha256": self.schedule.sha256,
                "content": self.schedule.content,
                "rule": self.rule.content,
            },
            "versions": {
                "python": platform.python_version(),
                **{name: importlib.metadata.version(name) for name in ("equite", "numpy", "pandas")},
            },
            "years": [
                {"year": each.year, "target": each.target.record, "allocation": each.allocation.record}
                for each in self.years
            ],
            "table": table.where(table.notna(), None).to_dict("list"),
        }

    @property
    def plot(self) -> TransitionPlots:
        """Pictures of the transition, in its language, a method each (needs the extra ``plot``)."""
        from equite.report.plots.transitions import TransitionPlots

        return TransitionPlots(self)

    def summary(self, language: Language | None = None) -> str:
        """Tell the rule, each year's envelope, who waits and who is protected, and how far all have come.

        Parameters
        ----------
        language : {"fr", "en"}, optional
            By default the schedule's.

        Returns
        -------
        str
            Tables and sentences.

        Examples
        --------
        >>> print(transition.summary().splitlines()[0])
        passage: 2026 to 2028
        """
        from equite.report.transition.views import transition_text

        return transition_text(self, language)

    def to_csv(self, path: str | Path, language: Language | None = None) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.
        language : {"fr", "en"}, optional
            By default the schedule's.

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
        >>> transition.to_csv("paths.csv").name
        'paths.csv'
        """
        from equite.report.transition.files import transition_to_csv

        return transition_to_csv(self, path, language)

    def to_excel(self, path: str | Path, language: Language | None = None) -> Path:
        """Write a workbook: the paths, the years to the target, what protection costs, and a sheet for each year.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.
        language : {"fr", "en"}, optional
            By default the schedule's.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            A table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> transition.to_excel("paths.xlsx").name
        'paths.xlsx'
        """
        from equite.report.transition.files import transition_to_excel

        return transition_to_excel(self, path, language)

    def to_html(self, path: str | Path, language: Language | None = None) -> Path:
        """Write one page to read and to print: the rule, each year, every territory's path.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.
        language : {"fr", "en"}, optional
            By default the schedule's.

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
        >>> transition.to_html("paths.html").name
        'paths.html'
        """
        from equite.report.transition.files import transition_to_html

        return transition_to_html(self, path, language)

    def _repr_html_(self) -> str:
        from equite.report.transition.views import transition_html

        return transition_html(self)

    def __repr__(self) -> str:
        return self.summary()


def transition(
    schedule: SchedulePage | str | Path | Mapping[str, Any],
    table: object = None,
    *,
    tables: Mapping[int, Any] | None = None,
) -> Transition:
    """Pass from first amounts to what a page gives, over years, by a rule that is a page too.

    Parameters
    ----------
    schedule : path or mapping
        The schedule; every key is described in ``docs/transition.md``.
    table : path or table, optional
        The territories, in the place of the file that the schedule names as ``table``.
    tables : mapping of int to path or table, optional
        Tables of years that have their own, in the place of those that the schedule names; a year without one has that
        of the year before.

    Returns
    -------
    Transition
        Each year's allocation, with amounts + reserve = envelope + what was added on top, exactly.

    Raises
    ------
    FormulaError
        The schedule or one of its pages cannot be read, or asks for something that cannot be meant.
    TerritoriesError
        A table cannot be used, or its codes are not those of the year before.
    SharingError
        A year's money cannot be shared as the rule asks. Where it is not enough for what the rule protects, the
        sentence gives the greatest protection that every year can pay, worked out.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 1_000, "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}],
    ... }
    >>> schedule = {
    ...     "equite_schedule": 1, "id": "passage", "language": "en", "target": page, "start": "last",
    ...     "years": {"from": 2026, "to": 2027}, "rule": {"linear": 2},
    ... }
    >>> found = equite.transition(schedule, {"code": ["A", "B"], "need": [1, 1], "last": [600, 400]})
    >>> found.year(2026).amounts.tolist(), found.year(2027).amounts.tolist()
    ([550.0, 450.0], [500.0, 500.0])
    """
    page = SchedulePage.of(schedule)
    try:
        given = YearTables(table, _by_year(page, tables))
        return _run(page, given)
    except EquiteError as error:
        error.language = error.language or page.language
        raise


def _run(page: SchedulePage, tables: YearTables) -> Transition:
    try:
        return Transition(page, TransitionRun(page, tables).run(), tables)
    except SharingError as error:
        if not is_short(error):
            raise
        raise greatest_told(page, tables, error) from None


def _by_year(page: SchedulePage, tables: object) -> Mapping[int, Any] | None:
    """Return tables by year, each of which is one of the schedule's."""
    if tables is None:
        return None
    problems = Problems(SharingError, page.language)
    found: dict[int, Any] = {}
    for year, table in tables.items() if isinstance(tables, Mapping) else [(type(tables).__name__, None)]:
        if str(year) in map(str, page.years):
            found[int(year)] = table
        else:
            problems.add("schedule-table-year", value=str(year), first=page.years[0], last=page.years[-1])
    problems.refuse()
    return found
