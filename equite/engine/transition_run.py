"""The years of a transition, one after the other: the target page, then the page of passage, each by the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equite.engine.allocate import allocate, read_for
from equite.engine.allocation import Allocation
from equite.engine.figures import figures, measured
from equite.engine.plan_tables import with_columns
from equite.engine.rounding import Unit
from equite.engine.rows import as_made
from equite.engine.sharing import DUST, Floats
from equite.errors import EquiteError, FormulaError, Problem, Problems, SharingError, TerritoriesError
from equite.formula.formula import Formula
from equite.formula.passage import COLUMNS, YearFacts, people_of
from equite.formula.schedule_page import SchedulePage
from equite.formula.written import beside
from equite.inputs.code_changes import CodeChanges
from equite.inputs.territories import Territories
from equite.wording import Amount, Codes

__all__ = ["TransitionRun", "YearResult", "YearTables"]


@dataclass(frozen=True)
class _Table:
    """The table of a year, as the target page reads it, and its rows in code order."""

    territories: Territories
    order: NDArray[np.intp]
    codes: tuple[str, ...]

    @classmethod
    def of(cls, territories: Territories) -> _Table:
        """Put the rows of a table in code order."""
        codes = np.array(territories.codes, dtype=object)
        order = np.argsort(codes, kind="stable")
        return cls(territories, order, tuple(codes[order].tolist()))

    def as_written(self, values: Floats) -> Floats:
        """Return values in code order in the order of the table."""
        found = np.empty_like(values)
        found[self.order] = values
        return found

    def amounts(self, allocation: Allocation) -> Floats:
        """Return amounts in code order; nothing for those that take no part."""
        found = np.zeros(len(self.codes))
        if allocation.scope.table.size == len(self.codes):
            found[allocation.context.rows] = allocation.amounts
            return found
        known = dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True))
        return np.array([known.get(code, 0.0) for code in self.codes])


@dataclass
class YearTables:
    """The tables of a schedule's years, and what the target page gives on them: worked out once for several runs.

    Attributes
    ----------
    base : object
        The table of every year that has none of its own; None for that which the schedule names.
    by_year : mapping of int to table, or None
        Tables of their own; None for those that the schedule names.
    """

    base: Any = None
    by_year: Mapping[int, Any] | None = None
    _read: dict[int | None, _Table] = field(default_factory=dict)
    _targets: dict[tuple[object, str], Allocation] = field(default_factory=dict)
    _people: dict[object, Floats] = field(default_factory=dict)

    def of(self, schedule: SchedulePage, year: int) -> _Table:
        """Read the table of a year: its own, that of the last year before it that has one, or the one of all."""
        own: Mapping[int, Any] = schedule.tables if self.by_year is None else self.by_year
        last = max((each for each in own if each <= year), default=None)
        if last not in self._read:
            given = self.base if last is None else own[last]
            if last is None and given is None and schedule.table is not None:
                given = beside(schedule, schedule.table, "table")
            elif last is not None and self.by_year is None:
                given = beside(schedule, own[last], "tables", str(last))
            if given is None:
                problem = Problem("schedule-no-table", {}, **schedule.where("target"))
                raise TerritoriesError([problem], schedule.language)
            self._read[last] = _Table.of(read_for(schedule.target_page, given))
        return self._read[last]

    def target(self, page: Formula, table: _Table, apart: object) -> Allocation:
        """Return what a page gives on a table; ``apart`` tells tables that were projected from one another."""
        asked = (id(table) if apart is None else apart, page.sha256)
        if asked not in self._targets:
            self._targets[asked] = allocate(page, table.territories)
        return self._targets[asked]

    def people(self, page: Formula, table: _Table, apart: object) -> Floats | None:
        """Return the people that a page counts, in code order; None where it counts nobody."""
        known = people_of(page)
        if known is None:
            return None
        asked = id(table) if apart is None else apart
        if asked not in self._people:
            self._people[asked] = figures(page, table.territories, [known])[known][table.order]
        return self._people[asked]


@dataclass(frozen=True)
class YearResult:
    """One year of a transition; arrays hold every row of the year's table, in code order.

    Attributes
    ----------
    facts : YearFacts
        Which year it is.
    target : Allocation
        What the target page gives.
    allocation : Allocation
        What the page of passage gives.
    codes : tuple of str
        The territories.
    targets, previous, amounts, start : ndarray, shape (territories,)
        Money: the target, last year's amount, this year's, and the first; 0 for who takes no part.
    people, people_before : ndarray, shape (territories,), or None
        Those of this year and of the year before, where a page counts them.
    prices : float
        What a unit of money of the start costs now.
    """

    facts: YearFacts
    target: Allocation
    allocation: Allocation
    codes: tuple[str, ...]
    targets: Floats
    previous: Floats
    amounts: Floats
    start: Floats
    people: Floats | None
    people_before: Floats | None
    prices: float

    @property
    def year(self) -> int:
        """The year."""
        return self.facts.year


@dataclass(frozen=True)
class _Before:
    """What a year begins with, in code order: last year's amounts, the first ones, last year's people."""

    codes: tuple[str, ...]
    previous: Floats
    start: Floats
    people: Floats | None


class TransitionRun:
    """Runs a schedule, year after year."""

    def __init__(self, schedule: SchedulePage, tables: YearTables) -> None:
        self.schedule, self.tables, self.target = schedule, tables, schedule.target_page
        self.unit = Unit(Decimal(self.target.rounding_to))

    def run(self) -> tuple[YearResult, ...]:
        """Return every year.

        Raises
        ------
        FormulaError, TerritoriesError, SharingError
            A page cannot be run on its year's table, each problem with its year.
        """
        found: list[YearResult] = []
        before: _Before | None = None
        prices = 1.0
        for at, year in enumerate(self.schedule.years):
            indexation = self.schedule.indexation_of(year)
            facts = YearFacts(year, at + 1, len(self.schedule.years) - at - 1, indexation)
            prices *= 1.0 + indexation
            with self._said_of(year):
                result = self._year(facts, before, prices)
            found.append(result)
            before = _Before(result.codes, result.amounts, result.start, result.people)
        return tuple(found)

    @contextmanager
    def _said_of(self, year: int) -> Iterator[None]:
        """Say of every problem in which year it arose."""
        try:
            yield
        except EquiteError as error:
            found = (replace(each, where=", ".join(filter(None, (str(year), each.where)))) for each in error.problems)
            raise type(error)(found, error.language or self.schedule.language) from None

    # --- one year

    def _year(self, facts: YearFacts, before: _Before | None, prices: float) -> YearResult:
        table = self._projected(self.tables.of(self.schedule, facts.year), facts)
        if before is None:
            start = self._start(table)
            before = _Before(table.codes, start, start, None)
        else:
            before = self._carried(before, facts.year, table.codes)
        envelope = self._stated(table, facts, before)
        target = self._target(facts.year, table, envelope)
        targets = table.amounts(target)
        people = self.tables.people(self.target, table, self._apart(facts.year))
        page = self.schedule.rule_of(facts, self._envelope(target, envelope))
        growth = _growth(people, before.people)
        given = {"target": targets, "previous_amount": before.previous, "start": before.start, "people_growth": growth}
        allocation = allocate(page, self._made(page, table, given))
        return YearResult(
            facts,
            target,
            allocation,
            table.codes,
            targets,
            before.previous,
            table.amounts(allocation),
            before.start,
            people,
            before.people,
            prices,
        )

    def _projected(self, table: _Table, facts: YearFacts) -> _Table:
        """Put the projections of a year in the place of the columns that they are of."""
        if not self.schedule.projections:
            return table
        columns: dict[str, Any] = {}
        for name, expression in self.schedule.projections.items():
            needed = self.target.names.columns.get(name)
            if needed is None and name not in table.territories.data.columns:
                where = self.schedule.where("projections", name)
                raise FormulaError([Problem("schedule-projection-unknown", {"name": name}, **where)])
            known = self._year_names(facts, len(table.codes))
            heading = name if needed is None else needed.heading
            columns[heading] = measured(self.target, table.territories, expression, known)
        return replace(table, territories=with_columns(table.territories, columns))

    def _apart(self, year: int) -> int | None:
        """Tell the table of a year from those of others where each is projected anew."""
        return year if self.schedule.projections else None

    def _year_names(self, facts: YearFacts, count: int) -> dict[str, Floats]:
        return {name: np.full(count, float(each["value"])) for name, each in facts.constants.items()}

    def _start(self, table: _Table) -> Floats:
        """Return what each has before the first year."""
        origin, column = self.schedule.origin_page, self.schedule.start.column
        if origin is not None:
            return table.amounts(allocate(origin, table.territories))
        values = figures(self.target, table.territories, [str(column)])[str(column)][table.order]
        problems = Problems(TerritoriesError, self.schedule.language)
        wrong = {"schedule-start-missing": ~np.isfinite(values), "schedule-start-negative": values < 0}
        for entry, rows in wrong.items():
            if rows.any():
                codes = Codes(tuple(np.array(table.codes, dtype=object)[rows]))
                problems.add(entry, **self.schedule.where("start"), column=str(column), codes=codes)
        problems.refuse()
        return values

    def _carried(self, before: _Before, year: int, codes: tuple[str, ...]) -> _Before:
        """Bring what was to the codes of a year, and hold these against each other."""
        said = self.schedule.code_changes.get(year)
        if said is None and before.codes == codes:
            return before
        columns = {"previous": before.previous, "start": before.start}
        columns |= {} if before.people is None else {"people": before.people}
        frame = pd.DataFrame(columns, index=pd.Index(before.codes, name="code", dtype=object))
        if said is not None:
            path = beside(self.schedule, said.file, "code_changes", str(year))
            changes = CodeChanges.read(path, old=said.old, new=said.new, weight=said.weight)
            table = Territories.from_frame(frame.reset_index(), key="code", text=["code"])
            frame = changes.apply(table, extensive=list(columns)).table
        found = frame.reindex(list(codes))
        new, gone = sorted(set(codes) - set(frame.index)), sorted(set(frame.index) - set(codes))
        problems = Problems(TerritoriesError, self.schedule.language)
        for entry, which in {"schedule-codes-new": new, "schedule-codes-gone": gone}.items():
            if which:
                problems.add(entry, **self.schedule.where("code_changes"), codes=Codes(tuple(which)))
        problems.refuse()
        previous, start, people = (
            None if name not in found else found[name].to_numpy(dtype=np.float64)
            for name in ("previous", "start", "people")
        )
        assert previous is not None
        assert start is not None
        return _Before(codes, previous, start, people)

    # --- money

    def _stated(self, table: _Table, facts: YearFacts, before: _Before) -> Decimal | None:
        """Return the envelope that the schedule states for a year; None where it leaves it to the target page."""
        said = self.schedule.envelope
        if said is None:
            return None
        if said.years:
            return said.years[facts.year]
        if said.first is not None and said.growth is not None:
            grown = Fraction(said.first)
            for year in self.schedule.years[1 : facts.number]:
                grown *= 1 + Fraction(said.growth.of(year))
            return _in_units(grown, self.unit)
        assert said.value is not None
        if said.value.plain is not None:
            return Decimal(said.value.plain)
        known = self._year_names(facts, len(table.codes))
        known |= {"previous": table.as_written(before.previous), "start": table.as_written(before.start)}
        values = np.unique(measured(self.target, table.territories, said.value, known))
        where = self.schedule.where("envelope")
        problems = Problems(SharingError, self.schedule.language)
        if not np.isfinite(values).all():
            problems.add("schedule-envelope-missing", **where)
        elif values[-1] - values[0] > DUST * abs(values[-1]):
            problems.add("schedule-envelope-differs", **where)
        elif values[0] < 0:
            currency = self.target.unit or self.target.currency
            problems.add(
                "envelope-computed-negative", **where, value=Amount(float(values[0]), currency, self.unit.digits)
            )
        problems.refuse()
        return _in_units(Fraction(float(values[0])), self.unit)

    def _target(self, year: int, table: _Table, envelope: Decimal | None) -> Allocation:
        """Return what the target page gives a year, worked out once for one table and one envelope."""
        page = self.target
        if envelope is not None and page.envelope is not None:
            page = page.replace(envelope=f"{envelope:f}")
        found = self.tables.target(page, table, self._apart(year))
        below = found.units < 0
        if below.any():
            codes = Codes(tuple(found.context.codes[below]))
            problem = Problem("schedule-target-negative", {"codes": codes}, **self.schedule.where("target"))
            raise SharingError([problem], self.schedule.language)
        return found

    def _envelope(self, target: Allocation, stated: Decimal | None) -> dict[str, Any]:
        """Return the money of a year as its page of passage has it."""
        said, own = self.schedule.envelope, self.target.envelope
        if stated is None:
            if target.envelope_units is None:
                problem = Problem("schedule-no-envelope", {}, **self.schedule.where("target"))
                raise SharingError([problem], self.schedule.language)
            stated = Decimal(int(target.envelope_units.sum())) * self.unit.size
        told: dict[str, Any] = {"value": f"{stated:f}"}
        for key in ("source", "status"):
            found = [getattr(each, key) for each in (said, own) if each is not None and getattr(each, key) is not None]
            told |= {key: found[0]} if found else {}
        return told

    def _made(self, page: Formula, table: _Table, given: Mapping[str, Floats | None]) -> Territories:
        """Return the table of a page of passage: that of the year, with what the schedule gives it."""
        needed = {each.heading for each in page.names.columns.values()}
        columns: dict[str, Any] = {page.key.column: np.array(table.territories.codes, dtype=object)}
        for name, values in given.items():
            if COLUMNS[name] not in needed:
                continue
            if values is None:
                raise FormulaError([Problem("schedule-no-people", {}, **self.schedule.where("rule"))])
            columns[COLUMNS[name]] = table.as_written(values)
        made = with_columns(table.territories, columns)
        # Codes have been told of as the target page read them.
        unseen = {**made.source.unseen, page.key.column: frozenset()}
        return as_made(replace(made, source=replace(made.source, unseen=unseen)), page)


def _in_units(money: Fraction, unit: Unit) -> Decimal:
    """Round money to whole units, halves up."""
    step = Fraction(unit.size)
    return Decimal((2 * money + step) // (2 * step)) * unit.size


def _growth(people: Floats | None, before: Floats | None) -> Floats | None:
    """Return people now over people before; 1 in the first year, and where nobody was."""
    if people is None:
        return None
    if before is None:
        return np.ones(people.size)
    return np.divide(people, before, out=np.ones(people.size), where=(before > 0) & np.isfinite(people))
