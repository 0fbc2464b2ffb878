"""The way down: tier after tier shared among all parents at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equite.engine.accounts import Counts, Level, MinorUnits
from equite.engine.allocate import allocate
from equite.engine.allocation import Allocation
from equite.engine.figures import figures, measured
from equite.engine.plan_tables import Place, cited, refuse_there, tiers_of, with_columns
from equite.engine.rounding import MOST_UNITS, Unit, round_half_away
from equite.errors import EquiteError, FormulaError, Problem, Problems, SharingError, nearest
from equite.formula.formula import Formula
from equite.formula.plan import Kept, Plan, Tier
from equite.inputs.territories import Territories
from equite.wording import Amount, Codes

__all__ = ["CascadeRun"]

#: One call of the kernel: the page, and the parents (by place) whose children it serves.
Batch = tuple[Formula, NDArray[np.intp]]


class CascadeRun:
    """Runs the tiers of a plan from the top."""

    def __init__(self, plan: Plan, tables: Mapping[str, Any]) -> None:
        self.plan = plan
        pages = [plan.formula_of(tier.id, fund) for tier in plan.tiers for fund in ("", *(f.id for f in tier.funds))]
        self.minor_units = MinorUnits(unit_of(page) for page in pages)
        self.tiers, self._gaps = tiers_of(plan, tables)

    def run(self) -> tuple[Level, ...]:
        """Bring the money down."""
        levels: list[Level] = []
        for tier in self.plan.tiers:
            try:
                levels.append(self._level(tier, levels[-1] if levels else None))
            except EquiteError as error:
                raise type(error)([*error.problems, *self._below(tier, error)], error.language) from None
        return tuple(levels)

    def _below(self, tier: Tier, error: EquiteError) -> Iterator[Problem]:
        """Return the figures missing below that leave a hole in a column which an error names."""
        named = {str(value) for problem in error.problems for value in problem.values.values()}
        yield from (problem for column, problem in self._gaps.get(tier.id, {}).items() if column in named)

    # --- one tier

    def _level(self, tier: Tier, above: Level | None) -> Level:
        territories = self.tiers[tier.id]
        codes = tuple(sorted(territories.codes))
        none = np.zeros(len(codes), dtype=np.int64)
        parent = np.zeros(len(codes), dtype=np.intp)
        if above is not None:
            parent = self._parents(tier, codes, above)
            territories = self._given(tier, territories, above)
        nodes = np.zeros(1 if above is None else len(above.codes), dtype=np.int64)
        level = Level(
            tier=tier,
            territories=territories,
            codes=codes,
            parent=parent,
            allocations=(),
            served_by=np.full(len(codes), -1, dtype=np.intp),
            funds={},
            received=none,
            from_funds=none,
            added=none,
            kept=none,
            reserve=nodes,
            on_top=nodes,
        )
        level = self._shared(level, above)
        level = self._funded(level)
        return level if tier is self.plan.tiers[-1] else self._kept(level)

    def _parents(self, tier: Tier, codes: Sequence[str], above: Level) -> NDArray[np.intp]:
        """Return the place of each parent among the sorted codes above."""
        places = ranks(self.tiers[above.tier.id].codes)[self.tiers.links(tier.id)]
        found = np.empty(len(codes), dtype=np.intp)
        found[ranks(self.tiers[tier.id].codes)] = places
        return found

    def _given(self, tier: Tier, territories: Territories, above: Level) -> Territories:
        """Return a table what comes from the parents: their money, their codes, figures that the plan carries down."""
        at = self.plan.names.index(tier.id)
        links = self.tiers.links(tier.id)
        parents = np.array(self.tiers[above.tier.id].codes, dtype=object)[links]
        money = self.minor_units.money(above.passed_on)[ranks(self.tiers[above.tier.id].codes)]
        columns: dict[str, Any] = {"received": money[links]}
        own = {"parent": parents} if tier.parent != "parent" else {}
        sources = {source: name for name, source in tier.from_parent.items()}
        with cited(self.plan, ("tiers", at, "from_parent"), sources):
            carried = figures(self.plan.formula_of(above.tier.id), above.territories, sources)
        columns |= {name: carried[source][links] for name, source in tier.from_parent.items()}
        refuse_there(self.plan, territories, {**columns, **own}, ("tiers", at))
        return with_columns(territories, {**columns, "parent": parents})

    def _shared(self, level: Level, above: Level | None) -> Level:
        """Share what every parent passes on, by the tier's page or a parent's own."""
        page = self.plan.formula_of(level.tier.id)
        if above is None:
            return self._with(level, [allocate(page, level.territories)], np.zeros(1, dtype=np.int64))
        self._check_money(level, above, page)
        problems = Problems(SharingError, self.plan.language)
        found = []
        paying = above.passed_on > 0
        for formula, parents in self._batches(level, above, page, paying):
            wanted = np.isin(level.parent, parents)
            try:
                found.append(self._allocated(level, formula, wanted))
            except EquiteError as error:
                problems.found += error.problems
        problems.refuse()
        self._check_served(level, above, page, paying, found)
        return self._with(level, found, above.passed_on)

    def _batches(self, level: Level, above: Level, page: Formula, paying: NDArray[np.bool_]) -> Iterator[Batch]:
        """Return the pages that a tier runs, its own first, each with the parents whose children it serves."""
        own = self._choices(level.tier, above, page)
        # Parents that chose the same are served at once.
        by_page: dict[object, tuple[Formula, list[int]]] = {}
        for formula in (page, *own.values()):
            by_page.setdefault((formula.sha256, formula.folder), (formula, []))
        for at in np.flatnonzero(paying).tolist():
            formula = own.get(above.codes[at], page)
            by_page[formula.sha256, formula.folder][1].append(at)
        for formula, parents in by_page.values():
            together = level.tier.measured_among == "tier"
            groups = [parents] if together and parents else [[at] for at in parents]
            if groups:
                dressed = self._dressed(formula)
                yield from ((dressed, np.array(group)) for group in groups)

    def _choices(self, tier: Tier, above: Level, page: Formula) -> dict[str, Formula]:
        """Return the pages of the parents that chose for themselves."""
        choices = self.plan.choices_of(tier.id)
        problems = Problems(FormulaError, self.plan.language)
        for each in choices:
            if each.parent not in above.rows:
                close = nearest(each.parent, above.codes)
                problems.add(
                    "choice-unknown-parent", "for", each.line, file=each.file, parent=each.parent, nearest=close
                )
        problems.refuse()
        return {choice.parent: choice.formula_on(page) for choice in choices}

    def _dressed(self, page: Formula) -> Formula:
        """Return a tier's page within its parents; an illustrative envelope is so on every tier."""
        changes: dict[str, Any] = {"within": "parent", "columns": {"parent": {"heading": "parent", "kind": "text"}}}
        top = self.plan.formula_of(self.plan.names[0]).envelope
        assert page.envelope is not None
        if top is not None and top.status is not None and page.envelope.status is None:
            changes["envelope"] = {"value": str(page.envelope.value), "status": top.status}
        return page.replace(changes)

    def _allocated(self, level: Level, formula: Formula, wanted: NDArray[np.bool_]) -> Allocation:
        codes = [code for code, is_wanted in zip(level.codes, wanted, strict=True) if is_wanted]
        if level.tier.measured_among == "siblings":
            chosen = set(codes)
            kept = [at for at, code in enumerate(level.territories.codes) if code in chosen]
            return allocate(formula, _rows(level.territories, kept))
        return allocate(formula, level.territories, serving=None if wanted.all() else codes)

    def _with(self, level: Level, allocations: Sequence[Allocation], passed_on: Counts) -> Level:
        """Put allocations into the accounts, and hold every node to the minor unit."""
        received, served_by = level.received.copy(), level.served_by.copy()
        reserve, on_top = level.reserve.copy(), level.on_top.copy()
        for at, allocation in enumerate(allocations):
            rows = _places(level, allocation)
            received[rows] = self.minor_units.of(allocation.units, allocation.context.unit)
            served_by[rows] = at
            nodes = np.zeros(allocation.context.group_envelopes.count, dtype=np.intp)
            nodes[allocation.context.group_envelopes.of] = level.parent[rows]
            for into, units in ((reserve, allocation.reserve_units), (on_top, allocation.on_top_units)):
                np.add.at(into, nodes, self.minor_units.of(units, allocation.context.unit))
        found = replace(
            level,
            allocations=tuple(allocations),
            received=received,
            served_by=served_by,
            reserve=reserve,
            on_top=on_top,
        )
        if level.tier is not self.plan.tiers[0]:
            lost = found.by_parent(received) + reserve != passed_on + on_top
            if (lost & (passed_on > 0)).any():
                # Nothing above may hide money that a step lost.
                raise SharingError([Problem("money-lost", {"id": self.plan.id})], self.plan.language)
        return found

    def _check_money(self, level: Level, above: Level, page: Formula) -> None:
        """Refuse money that has nobody to go to, or that the page's unit cannot hold."""
        plan, place = self.plan, ("tiers", self.plan.names.index(level.tier.id))
        problems = Problems(SharingError, plan.language)
        there = np.bincount(level.parent, minlength=len(above.codes)) > 0
        for at in np.flatnonzero(~there & (above.passed_on > 0)):
            money = self._amount(page, above.passed_on[at])
            problems.add(
                "cascade-empty-parent", **plan.where(*place), tier=above.tier.id, code=above.codes[at], money=money
            )
        odd = np.flatnonzero(above.passed_on % self.minor_units.per(unit_of(page)) != 0)
        if odd.size:
            values = {"tier": level.tier.id, "unit": str(unit_of(page).size), "code": above.codes[odd[0]]}
            money = self._amount(plan.formula_of(above.tier.id), above.passed_on[odd[0]])
            problems.add("cascade-unit", **plan.where(*place), **values, money=money)
        problems.refuse()

    def _check_served(
        self, level: Level, above: Level, page: Formula, paying: NDArray[np.bool_], found: Sequence[Allocation]
    ) -> None:
        """Refuse money whose every taker the page leaves out."""
        served = np.zeros(len(above.codes), dtype=bool)
        for allocation in found:
            served[level.parent[_places(level, allocation)]] = True
        place = self.plan.where("tiers", self.plan.names.index(level.tier.id))
        problems = Problems(SharingError, self.plan.language)
        for at in np.flatnonzero(paying & ~served):
            money = self._amount(page, above.passed_on[at])
            problems.add("cascade-nobody", **place, code=above.codes[at], money=money, tier=level.tier.id)
        problems.refuse()

    def _amount(self, page: Formula, minor_units: int) -> Amount:
        money = float(self.minor_units.money(np.array([minor_units]))[0])
        digits = max(unit_of(page).digits, 2 if money % 1 else 0)
        return Amount(money, page.unit or page.currency, digits)

    # --- funds, what is added, what is kept

    def _funded(self, level: Level) -> Level:
        """Add what comes straight from the top, each fund by a page of its own."""
        funds: dict[str, Allocation] = {}
        total = level.from_funds.copy()
        place: Place = ("tiers", self.plan.names.index(level.tier.id), "funds")
        for fund in level.tier.funds:
            already = {"already": self.minor_units.money(level.received + total)[ranks(level.territories.codes)]}
            refuse_there(self.plan, level.territories, already, place)
            table = with_columns(level.territories, already)
            found = allocate(self.plan.formula_of(level.tier.id, fund.id), table)
            total[_places(level, found)] += self.minor_units.of(found.units, found.context.unit)
            funds[fund.id] = found
        return replace(level, funds=funds, from_funds=total)

    def _kept(self, level: Level) -> Level:
        """Evaluate what each adds of its own and keeps, in whole units."""
        added = self._stated(level, "adds", level.tier.adds, level.amount)
        level = replace(level, added=added)
        available = level.amount + added
        kept = np.where(available == 0, 0, self._stated(level, "keeps", level.tier.keeps, level.amount))
        problems = Problems(SharingError, self.plan.language)
        place = self.plan.where("tiers", self.plan.names.index(level.tier.id), "keeps")
        for at in np.flatnonzero((kept > available) | (available < 0)):
            page = self.plan.formula_of(level.tier.id)
            kept_amount, money = self._amount(page, kept[at]), self._amount(page, available[at])
            problems.add("cascade-keeps-too-much", **place, code=level.codes[at], kept=kept_amount, money=money)
        problems.refuse()
        return replace(level, kept=kept)

    def _stated(self, level: Level, key: str, said: Kept | None, amount: Counts) -> Counts:
        """Evaluate a sum that a plan states for each territory of a tier, zero or more."""
        if said is None:
            return np.zeros(len(level.codes), dtype=np.int64)
        page = self.plan.formula_of(level.tier.id)
        rows = ranks(level.territories.codes)
        values = np.empty(len(level.codes))
        place: Place = ("tiers", self.plan.names.index(level.tier.id), key)
        with cited(self.plan, place, {}):
            values[rows] = measured(
                page, level.territories, said.value, {"amount": self.minor_units.money(amount)[rows]}
            )
        problems = Problems(SharingError, self.plan.language)
        where = self.plan.where(*place)
        unit = min((unit_of(page), self._unit_below(level.tier)), key=lambda unit: unit.size)
        units = unit.count(values)
        wrongs = {
            "cascade-missing": ~np.isfinite(values),
            "cascade-negative": values < 0,
            "cascade-too-many-units": np.isfinite(values) & (units * self.minor_units.per(unit) > MOST_UNITS),
        }
        for entry, wrong in wrongs.items():
            if wrong.any():
                codes = Codes(tuple(np.array(level.codes)[wrong]))
                problems.add(entry, **where, expression=str(said.value), codes=codes)
        problems.refuse()
        return self.minor_units.of(round_half_away(units, 0).astype(np.int64), unit)

    def _unit_below(self, tier: Tier) -> Unit:
        return unit_of(self.plan.formula_of(self.plan.names[self.plan.names.index(tier.id) + 1]))


def ranks(codes: Sequence[str]) -> NDArray[np.intp]:
    """Return each code's place among the sorted codes."""
    found = np.empty(len(codes), dtype=np.intp)
    found[np.argsort(np.array(codes, dtype=object), kind="stable")] = np.arange(len(codes))
    return found


def _places(level: Level, allocation: Allocation) -> NDArray[np.intp]:
    """Return the places, among a level's codes, of those that take part in an allocation."""
    if allocation.scope.table.size == len(level.codes):
        # The same table, in the same order.
        return np.flatnonzero(allocation.context.rows)
    return np.array([level.rows[code] for code in allocation.codes], dtype=np.intp)


def unit_of(page: Formula) -> Unit:
    """Return the unit that a page's amounts are whole multiples of."""
    return Unit(Decimal(page.rounding_to))


def _rows(territories: Territories, kept: Sequence[int]) -> Territories:
    codes = tuple(territories.codes[at] for at in kept)
    return replace(territories, data=territories.data.iloc[list(kept)], codes=codes)
