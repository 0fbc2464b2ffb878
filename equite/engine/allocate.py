"""From a page and a table to an allocation: who takes part, the envelope, parts, limits, whole units, checks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from equite.arguments import takes
from equite.engine.aggregates import label_text
from equite.engine.allocation import Allocation
from equite.engine.bounds import Bounds, Context
from equite.engine.cautions import cautions
from equite.engine.checks import run_checks
from equite.engine.eligibility import Exclusion, apply_rules
from equite.engine.equality import Known
from equite.engine.evaluation import ColumnsTable, Mask, MissingInAggregate, Scope
from equite.engine.gathering import with_all_missing
from equite.engine.limits import Stages
from equite.engine.missing import Purpose, refuse_missing
from equite.engine.parts import PartResult, exceeding, labelled_groups, share_parts
from equite.engine.rounding import MOST_UNITS, Unit, largest_remainders, round_half_away
from equite.engine.rows import TableRows, needed_rules, row_rules
from equite.engine.scoring import score_index
from equite.engine.sharing import Floats, Groups
from equite.engine.spelling import spelling
from equite.errors import EquiteError, FormulaError, Problem, Problems, SharingError, TerritoriesError
from equite.formula.formula import Formula
from equite.formula.names import aggregates_in
from equite.formula.nodes import Call
from equite.inputs.grid import truncate_problems
from equite.inputs.spelling import in_order, near_label, tidy
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["allocate", "needed_rules"]

FormulaLike = Formula | str | Path | Mapping[str, Any]


@takes(TerritoriesError)
def allocate(formula: FormulaLike, territories: Any, *, serving: Collection[str] | None = None) -> Allocation:
    """Apply a formula page to a table of territories.

    Parameters
    ----------
    formula : Formula, path or mapping
        The page.
    territories : Territories, path, or table
        The table: a file (CSV, Excel, Parquet), or a pandas, polars or Arrow table.
    serving : collection of str, optional
        The codes of those that the money is for, by default all. The others that take part only count in averages,
        ranks and scales: so the parts of a country that decide for themselves are measured alike.

    Returns
    -------
    Allocation
        With amounts + reserve = envelope + what was added on top, exactly, in whole units.

    Raises
    ------
    FormulaError
        The page asks for something that cannot be meant on this table.
    TerritoriesError
        The table lacks a column, or holds a cell that cannot be used; every problem at once.
    SharingError
        The money cannot be shared as the page asks: bounds that cannot be met, nothing to share by.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> allocation = equite.allocate(page, {"code": ["A", "B"], "people": [1_000, 2_000]})
    >>> allocation.table["amount"].tolist()
    [30000.0, 60000.0]
    >>> equite.allocate(page, {"code": ["A", "B"], "people": [1_000, 2_000]}, serving=["B"]).table["amount"].tolist()
    [90000.0]
    """
    page = Formula.of(formula)
    try:
        return _Run(page, read_for(page, territories), serving).allocation()
    except EquiteError as error:
        error.language = error.language or page.language
        raise


def read_for(
    formula: Formula, territories: Any, also: Collection[str] = (), *, sheet: str | None = None
) -> Territories:
    """Read or take a table with the codes and texts that a page needs, and ``also`` other columns of text.

    The rows that the page leaves out are gone, and those that look like no territory are noted.
    """
    rules = needed_rules(formula)
    texts = [rule.heading for rule in rules if rule.kind == "text"]
    return Territories.of(
        territories,
        key=formula.key.column,
        width=formula.key.width,
        text=(formula.key.column, *texts, *also),
        sheet=sheet,
        rows=row_rules(formula),
        decimal=formula.decimal,
        as_written=[rule.heading for rule in rules if rule.decimal not in (None, formula.decimal)],
    )


class _Run:
    """One allocation in the making."""

    def __init__(self, formula: Formula, territories: Territories, serving: Collection[str] | None = None) -> None:
        self.formula = formula
        self.territories = territories
        self.rows = TableRows(formula, territories, needed_rules(formula))
        columns = self.read = self.rows.read()
        codes = np.array(territories.codes, dtype=object)
        if not codes.size:
            raise SharingError([Problem("table-empty")], formula.language)
        self.order, withheld = np.arange(codes.size), territories.suppressed_for(self.rows.columns)
        if not in_order(territories.codes):
            # Columns that lie in code order already are not copied.
            order = self.order = np.argsort(codes, kind="stable")
            codes = codes[order]
            columns = {name: values[order] for name, values in columns.items()}
            withheld = {name: cells[order] for name, cells in withheld.items()}
        self.table = ColumnsTable(codes, columns, withheld)
        key = tidy(formula.key.column)
        for name, needed in formula.names.columns.items():
            if needed.use != "number" and tidy(needed.heading) == key:
                self.table = replace(self.table, columns={**self.table.columns, name: codes})
        self.unit = Unit(Decimal(formula.rounding_to))
        self.served = None if serving is None else self._those(frozenset(serving))

    def _those(self, wanted: frozenset[str]) -> Mask:
        """Return the rows of some codes, every one of which must be there."""
        wanted = frozenset(map(tidy, wanted))
        codes = self.table.codes
        found = np.fromiter((code in wanted for code in codes), dtype=bool, count=codes.size)
        unknown = sorted(wanted.difference(codes))
        if unknown:
            problems = [
                Problem("code-unknown", {"code": code, "nearest": near_label(code, list(codes))}) for code in unknown
            ]
            raise SharingError(problems, self.formula.language)
        return found

    def allocation(self) -> Allocation:
        """Run every step."""
        with self.rows.first():
            spelled = spelling(self.formula, self.territories, self.table, self.order)
            eligible, excluded = self._eligible()
        takes_part = np.empty_like(eligible)
        takes_part[self.order] = eligible
        told = (*self.rows.refuse(self.read, takes_part), *spelled)
        with self.rows.beside(takes_part):
            try:
                return self._steps(eligible, excluded, told)
            except (EquiteError, MissingInAggregate) as error:
                scope = Scope(self.formula, self.table, eligible, score_index, self.served)
                raise with_all_missing(error, scope) from None

    def _steps(self, eligible: Mask, excluded: tuple[Exclusion, ...], told: tuple[Problem, ...]) -> Allocation:
        scope = Scope(self.formula, self.table, eligible, score_index, self.served)
        context = self._context(scope)
        self._confirm_eligibility(scope)
        envelope_units = self._envelope(scope, context)
        envelope = None if envelope_units is None else self.unit.money(envelope_units)
        if envelope is not None:
            scope = scope.bound(envelope=Known(context.of_group_envelope(envelope), is_typed=True))
        for name in self.formula.indices:
            # An index that nothing is shared by is told on outputs all the same: what is wrong with it is said now.
            scope.scoring(name)
        parts, scope = share_parts(scope, context, envelope)
        parts, reserve, warnings = self._against_envelope(context, parts, envelope)
        money, groups = self._money(context, parts)
        stages = Stages(context, scope, parts, money, groups)
        stages.run()
        reserve = reserve + stages.reserve
        whole, totals = self._whole(context, stages, envelope_units, reserve)
        result = Allocation(
            formula=self.formula,
            territories=self.territories,
            scope=scope,
            context=context,
            excluded_by=excluded,
            parts_shared=parts,
            parts_limited=tuple(stages.parts),
            stages=tuple(stages.results),
            exact=stages.amounts,
            units=whole,
            envelope_units=totals[0],
            on_top_units=totals[1],
            reserve_units=totals[2],
            warnings_found=(
                *told,
                *warnings,
                *cautions(scope, context, stages, self.territories, int(totals[2].sum())),
            ),
            checks=(),
        )
        return replace(result, checks=run_checks(result))

    def _eligible(self) -> tuple[Mask, tuple[Exclusion, ...]]:
        scope = Scope(self.formula, self.table, None, score_index)
        everybody = np.ones(self.table.size, dtype=bool)
        try:
            kept, excluded = apply_rules(scope, self.formula.eligible, everybody, ("eligible",))
        except FormulaError as error:
            conditions = [scope.settled_rows(rule.where.tree) for rule in self.formula.eligible]
            sure = np.all(np.nan_to_num(conditions) != 0, axis=0)
            certain = Scope(self.formula, self.table, sure, score_index, self.served)
            raise with_all_missing(error, certain, settled=False) from None
        wanted = np.ones(self.table.size, dtype=bool) if self.served is None else self.served
        if not (kept & wanted).any():
            problem = Problem("nobody-eligible", {"count": int(wanted.sum())}, **self.formula.where("eligible"))
            raise SharingError([problem], self.formula.language)
        if self.served is not None:
            own = set(self.table.codes[self.served])
            excluded = tuple(found for found in excluded if found.code in own)
        return kept, excluded

    def _confirm_eligibility(self, scope: Scope) -> None:
        """Run conditions with aggregates again, now that it is known who must have a value for them."""
        names = self.formula.names
        for rule in self.formula.eligible:
            trees = (rule.where.tree, *names.trees_of(names.closure(rule.where.names)))
            if any(True for tree in trees for _ in aggregates_in(tree)):
                scope.evaluate(rule.where.tree)

    def _context(self, scope: Scope) -> Context:
        """Say who takes part, and on which group envelope: one for all, or that of its group in ``within``."""
        formula = self.formula
        rows = scope.taking_part if self.served is None else scope.taking_part & self.served
        context = Context(formula, self.unit, rows, self.table.codes[rows], Groups.single(int(rows.sum())))
        if formula.within is None:
            return context
        of, labels = labelled_groups(scope, context, formula.within, ("within",))
        found, group_envelopes = np.unique(of, return_inverse=True)
        named = tuple(label_text(labels[group]) for group in found)
        return replace(
            context, group_envelopes=Groups(group_envelopes.astype(np.intp), found.size), group_envelope_labels=named
        )

    def _envelope(self, scope: Scope, context: Context) -> np.ndarray | None:
        """Return each group envelope in whole units; stated pools alone make one, entitlements have none."""
        formula = self.formula
        if formula.envelope is None:
            return None
        expression = formula.envelope.value
        if expression.plain is not None:
            units = np.full(context.group_envelopes.count, float(self.unit.exactly(expression.plain)))
        else:
            units = self._one_value(scope, context)
        if np.abs(units).sum() > MOST_UNITS:
            problem = Problem("too-many-units", {"unit": str(self.unit.size)}, **formula.where("envelope"))
            raise SharingError([problem], formula.language)
        return units.astype(np.int64)

    def _one_value(self, scope: Scope, context: Context) -> Floats:
        """Evaluate a computed envelope, in whole units; it has one value in each group envelope."""
        formula = self.formula
        assert formula.envelope is not None
        tree = formula.envelope.value.tree
        values = scope.settled(tree)
        values = scope.alike(tree) if values.shape else np.broadcast_to(values, context.rows.shape)
        problems = Problems(FormulaError, formula.language)
        where = formula.where("envelope")
        refuse_missing(problems, scope, tree, values, context.rows, Purpose("wanted-envelope", where))
        problems.refuse()
        members, value = values[context.rows], np.zeros(context.group_envelopes.count)
        value[context.group_envelopes.of[::-1]] = members[::-1]
        differs = members != value[context.group_envelopes.of]
        if differs.any():
            entry = "envelope-by-territory" if formula.within is None else "envelope-by-territory-within"
            problems.add(entry, **where, within=formula.within or "", codes=Codes(tuple(context.codes[differs])))
        elif (value < 0).any():
            problems.add("envelope-computed-negative", **where, value=context.amount(value.min()))
        elif value.max() > MOST_UNITS * float(self.unit.size):
            problems.add("too-many-units", **where, unit=str(self.unit.size))
        problems.refuse()
        units = scope.rows(Call("round", (self.unit.of(tree),)))[context.rows]
        value[context.group_envelopes.of[::-1]] = units[::-1]
        return value

    def _against_envelope(
        self, context: Context, parts: tuple[PartResult, ...], envelope: Floats | None
    ) -> tuple[tuple[PartResult, ...], Floats, tuple[Problem, ...]]:
        """Hold the parts together against each group envelope: too much, exactly enough, or money left."""
        none = np.zeros(context.group_envelopes.count)
        reserve = sum((result.reserve for result in parts), none)
        if envelope is None:
            return parts, reserve, ()
        taken = sum((result.taken(context) for result in parts), none)
        half = 0.5 * float(self.unit.size)
        left = envelope - taken
        short, over = left < -half, left > half
        prorate = self.formula.if_short == "prorate" and (taken[short] > 0).all()
        problems = [] if prorate else exceeding(context, taken, envelope, short, self.formula.where("parts"))
        if self.formula.if_over != "reserve":
            problems += _left_over(context, taken, envelope, over)
        if problems:
            raise SharingError(problems, self.formula.language)
        reserve = reserve + np.where(over, left, 0.0)
        if not short.any():
            return parts, reserve, ()
        factor = np.divide(envelope, taken, out=np.ones_like(taken), where=short)
        scaled = tuple(_scaled(context, result, factor) for result in parts)
        return scaled, reserve * factor, (Problem("prorated", {"name": "parts"}),)

    def _money(self, context: Context, parts: tuple[PartResult, ...]) -> tuple[Floats | None, Groups]:
        """Return the money that limits share anew, by group where every part stays within the same groups."""
        first = parts[0]
        same = first.part.within is not None and all(result.part.within == first.part.within for result in parts)
        groups = first.groups if same else context.group_envelopes
        amounts = sum((result.amounts for result in parts), np.zeros(context.size))
        if self.formula.envelope is None and not _only_stated_pools(parts):
            return None, groups
        return groups.total(amounts), groups

    def _whole(
        self, context: Context, stages: Stages, envelope_units: np.ndarray | None, reserve: Floats
    ) -> tuple[np.ndarray, tuple[np.ndarray | None, np.ndarray, np.ndarray]]:
        """Round to whole units; give them, and by group envelope the money, what came on top, the reserve, in units."""
        shares = self.unit.count(stages.amounts)
        if not np.isfinite(shares).all() or np.abs(shares).sum() > MOST_UNITS:
            heaviest = context.codes[np.argsort(-np.abs(shares), kind="stable")[:5]]
            raise SharingError(
                [Problem("amount-without-limit", {"codes": Codes(tuple(heaviest))})], self.formula.language
            )
        none = np.zeros(context.group_envelopes.count)
        if stages.money is None:
            cost = sum((result.on_top for result in stages.results if result.limit.fund == "on_top"), none)
            whole = _alone(shares, stages, context)
            return whole, (None, self._nearest(cost), self._nearest(reserve))
        on_top = sum((result.on_top for result in stages.results), none)
        kept, sums = self._nearest(reserve), context.group_envelopes.total(shares)
        wanted = _nearest_whole(sums)
        if envelope_units is None:
            envelope_units = wanted + kept - self._nearest(on_top)
        added = np.where(on_top != 0, wanted + kept - envelope_units, 0)
        total = envelope_units + added - kept
        if (np.abs(sums - total) > 1 + 1e-9 * np.abs(total)).any():
            # Rounding must never paper over money that a step lost.
            raise SharingError([Problem("money-lost", {"id": self.formula.id})], self.formula.language)
        whole = _rounded_by_group(context, shares, stages, total, self.unit.count(np.abs(stages.fixed)))
        return whole, (envelope_units, added, kept)

    def _nearest(self, money: Floats) -> np.ndarray:
        return _nearest_whole(self.unit.count(money))


def _nearest_whole(units: Floats) -> np.ndarray:
    return round_half_away(units, 0).astype(np.int64)


def _left_over(context: Context, taken: Floats, envelope: Floats, over: Mask) -> list[Problem]:
    """Tell that parts leave money in their group envelope, with the sums of each group envelope."""
    problems = context.problems()
    for group_envelope in np.flatnonzero(over):
        problems.add(
            "money-left-in-group-envelope" if context.group_envelope_labels[group_envelope] else "money-left",
            **context.formula.where("parts"),
            group=context.group_envelope_labels[group_envelope],
            sum=context.amount(taken[group_envelope]),
            money=context.amount(envelope[group_envelope]),
            gap=context.amount(envelope[group_envelope] - taken[group_envelope]),
        )
    return list(truncate_problems(problems.found, len(problems.found)))


def _scaled(context: Context, result: PartResult, factor: Floats) -> PartResult:
    """Return a part whose amounts are multiplied, group envelope by group envelope."""
    by_row = factor[context.group_envelopes.of]
    return replace(
        result,
        amounts=result.amounts * by_row,
        before_bounds=result.before_bounds * by_row,
        fixed=result.fixed * by_row,
        bounds=Bounds(result.bounds.lower * by_row, result.bounds.upper * by_row),
        pool=result.pool * factor[context.group_envelope_of(result.groups)],
        reserve=result.reserve * factor,
    )


def _only_stated_pools(parts: tuple[PartResult, ...]) -> bool:
    """Whether every part shares a stated amount: then the pools make the envelope."""
    return all(result.part.pool is not None and result.part.pool.amount is not None for result in parts)


def _alone(shares: Floats, stages: Stages, context: Context) -> np.ndarray:
    """Round each amount by itself, within its bounds where they are whole.

    Half a unit is told exactly where the amount is nothing but what parts pay as it is.
    """
    tree = stages.amount_tree
    whole = round_half_away(shares, 0)
    if tree is not None:
        exactly = stages.scope.rows(Call("round", (context.unit.of(tree),)))[context.rows]
        whole = np.where(stages.untouched, exactly, whole)
    if context.formula.rounding.bounds == "inward":
        # Bounds are whole units by now, but for those that stages scaled.
        lower, upper = context.unit.count(stages.bounds.lower), context.unit.count(stages.bounds.upper)
        whole = np.clip(whole, np.ceil(lower - 1e-6), np.floor(upper + 1e-6))
    return whole.astype(np.int64)


def _rounded_by_group(context: Context, shares: Floats, stages: Stages, total: np.ndarray, size: Floats) -> np.ndarray:
    """Round each group envelope together; where groups have totals of their own, groups first, then their members."""
    groups = stages.group_bounds.groups if stages.group_bounds is not None else stages.groups
    if groups is context.group_envelopes:
        return largest_remainders(shares, total, groups, size)
    group_envelopes = Groups(context.group_envelope_of(groups), context.group_envelopes.count)
    by_group = largest_remainders(groups.total(shares), total, group_envelopes, groups.total(size))
    return largest_remainders(shares, by_group, groups, size)
