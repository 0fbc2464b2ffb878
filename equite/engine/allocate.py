"""From a page and a table to an allocation: who takes part, the envelope, parts, limits, whole units, checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from equite.engine.allocation import Allocation
from equite.engine.bounds import Bounds, Context
from equite.engine.cautions import cautions
from equite.engine.checks import run_checks
from equite.engine.eligibility import Exclusion, apply_rules
from equite.engine.evaluation import Mask, MissingInAggregate, Scope, Table
from equite.engine.limits import Stages
from equite.engine.missing import refuse_missing
from equite.engine.parts import PartResult, share_parts
from equite.engine.rounding import MOST_UNITS, Unit, inward, largest_remainders, round_half_away
from equite.engine.scoring import score_index
from equite.engine.sharing import Floats, Groups
from equite.errors import EquiteError, FormulaError, Problem, Problems, SharingError
from equite.formula.formula import Formula
from equite.formula.names import aggregates_in
from equite.formula.writing import written
from equite.inputs.territories import ColumnRule, Territories
from equite.wording import Codes

__all__ = ["allocate", "needed_rules"]

FormulaLike = Formula | str | Path | Mapping[str, Any]


def allocate(formula: FormulaLike, territories: Any) -> Allocation:
    """Apply a formula page to a table of territories.

    Parameters
    ----------
    formula : Formula, path or mapping
        The page.
    territories : Territories, path, or table
        The table: a file (CSV, Excel, Parquet), or a pandas, polars or Arrow table.

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
    """
    page = Formula.of(formula)
    try:
        return _Run(page, read_for(page, territories)).allocation()
    except MissingInAggregate as missing:
        raise FormulaError([_aggregate_problem(page, missing)], page.language) from None
    except EquiteError as error:
        error.language = error.language or page.language
        raise


def read_for(formula: Formula, territories: Any) -> Territories:
    """Read or take a table with the codes and texts that a page needs."""
    texts = [column.heading for column in formula.names.columns.values() if column.use != "number"]
    extra = [] if formula.name is None else [formula.name]
    return Territories.of(
        territories, key=formula.key.column, width=formula.key.width, text=(formula.key.column, *texts, *extra)
    )


def needed_rules(formula: Formula) -> list[ColumnRule]:
    """Give what a page needs of each column: its heading, how cells are read, and what they may hold."""
    rules = []
    for name, needed in formula.names.columns.items():
        spec = formula.columns.get(name)
        kind: Any = "text" if needed.use != "number" else (spec.kind if spec and spec.kind else "number")
        low, high = spec.range if spec and spec.range else (None, None)
        rules.append(
            ColumnRule(
                name=name,
                heading=needed.heading,
                kind=kind,
                minimum=None if low is None else float(low),
                maximum=None if high is None else float(high),
                levels=tuple(spec.levels) if spec else (),
                line=None,
            )
        )
    if formula.name is not None and formula.name not in {rule.name for rule in rules}:
        spec = formula.columns.get(formula.name)
        heading = (spec.heading if spec else None) or formula.name
        rules.append(ColumnRule(name=formula.name, heading=heading, kind="text", minimum=None, maximum=None, line=None))
    return rules


def _aggregate_problem(formula: Formula, missing: MissingInAggregate) -> Problem:
    codes = tuple(str(code) for code in getattr(missing, "codes", ()))
    values = {"function": missing.function, "piece": written(missing.node), "codes": Codes(codes)}
    return Problem("aggregate-missing", values)


class _Run:
    """One allocation in the making."""

    def __init__(self, formula: Formula, territories: Territories) -> None:
        self.formula = formula
        self.territories = territories
        columns = territories.columns_for(needed_rules(formula))
        order = np.argsort(np.array(territories.codes, dtype=object), kind="stable")
        codes = np.array(territories.codes, dtype=object)[order]
        if not codes.size:
            raise SharingError([Problem("table-empty")], formula.language)
        self.order = order
        self.table = Table(codes, {name: values[order] for name, values in columns.items()})
        for name, needed in formula.names.columns.items():
            if needed.heading == formula.key.column and needed.use != "number":
                self.table = Table(codes, {**self.table.columns, name: codes})
        self.unit = Unit(Decimal(formula.rounding_to))

    def allocation(self) -> Allocation:
        """Run every step."""
        try:
            return self._steps()
        except MissingInAggregate as missing:
            missing.codes = self.table.codes[missing.rows]  # type: ignore[attr-defined]
            raise

    def _steps(self) -> Allocation:
        eligible, excluded = self._eligible()
        scope = Scope(self.formula, self.table, eligible, score_index)
        context = Context(self.formula, self.unit, eligible, self.table.codes[eligible])
        self._confirm_eligibility(scope)
        envelope_units = self._envelope(scope, context)
        if envelope_units is not None:
            scope = scope.bound(envelope=float(self.unit.money(np.array([envelope_units]))[0]))
        envelope = None if envelope_units is None else float(scope.value("envelope"))
        parts, scope = share_parts(scope, context, envelope)
        parts, reserve, warnings = self._against_envelope(context, parts, envelope)
        money, groups = self._money(context, parts)
        stages = Stages(context, scope, parts, money, groups)
        stages.run()
        reserve += stages.reserve
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
            warnings_found=(*warnings, *cautions(scope, context, stages, self.territories, totals[2])),
            checks=(),
        )
        return replace(result, checks=run_checks(result))

    def _eligible(self) -> tuple[Mask, tuple[Exclusion, ...]]:
        scope = Scope(self.formula, self.table, None, score_index)
        everybody = np.ones(self.table.size, dtype=bool)
        kept, excluded = apply_rules(scope, self.formula.eligible, everybody, ("eligible",))
        if not kept.any():
            problem = Problem("nobody-eligible", {"count": self.table.size}, **self.formula.where("eligible"))
            raise SharingError([problem], self.formula.language)
        return kept, excluded

    def _confirm_eligibility(self, scope: Scope) -> None:
        """Run conditions with aggregates again, now that it is known who must have a value for them."""
        names = self.formula.names
        for rule in self.formula.eligible:
            trees = (rule.where.tree, *names.trees_of(names.closure(rule.where.names)))
            if any(True for tree in trees for _ in aggregates_in(tree)):
                scope.evaluate(rule.where.tree)

    def _envelope(self, scope: Scope, context: Context) -> int | None:
        """Give the envelope in whole units; stated pools alone make one, entitlements have none."""
        formula = self.formula
        if formula.envelope is None:
            return None
        expression = formula.envelope.value
        if expression.plain is not None:
            units = self.unit.exactly(expression.plain)
        else:
            value = self._one_value(scope, context)
            units = self.unit.nearest(value)
        if abs(units) > MOST_UNITS:
            problem = Problem("too-many-units", {"unit": str(self.unit.size)}, **formula.where("envelope"))
            raise SharingError([problem], formula.language)
        return units

    def _one_value(self, scope: Scope, context: Context) -> float:
        """Evaluate a computed envelope."""
        formula = self.formula
        assert formula.envelope is not None
        tree = formula.envelope.value.tree
        values = scope.rows(tree)
        problems = Problems(FormulaError, formula.language)
        where = formula.where("envelope")
        refuse_missing(problems, scope, tree, values, context.rows, "wanted-envelope", where)
        problems.refuse()
        value = float(values[context.rows][0])
        if np.ptp(values[context.rows]) > 1e-12 * abs(value):
            problems.add("envelope-by-territory", **where)
        elif value < 0:
            problems.add("envelope-computed-negative", **where, value=context.amount(value))
        elif value > MOST_UNITS * float(self.unit.size):
            problems.add("too-many-units", **where, unit=str(self.unit.size))
        problems.refuse()
        return value

    def _against_envelope(
        self, context: Context, parts: tuple[PartResult, ...], envelope: float | None
    ) -> tuple[tuple[PartResult, ...], float, tuple[Problem, ...]]:
        """Hold the parts together against the envelope: too much, exactly enough, or money left."""
        reserve = sum(result.reserve for result in parts)
        if envelope is None:
            return parts, reserve, ()
        taken = sum(result.signed_pool for result in parts)
        half = 0.5 * float(self.unit.size)
        left = envelope - taken
        values = {"sum": context.amount(taken), "money": context.amount(envelope), "gap": context.amount(abs(left))}
        if left < -half:
            if self.formula.if_short != "prorate" or taken <= 0:
                problem = Problem("parts-exceed-envelope", values, **self.formula.where("parts"))
                raise SharingError([problem], self.formula.language)
            factor = envelope / taken
            scaled = tuple(_scaled(result, factor) for result in parts)
            return scaled, reserve * factor, (Problem("prorated", {"name": "parts"}),)
        if left > half:
            if self.formula.if_over != "reserve":
                raise SharingError(
                    [Problem("money-left", values, **self.formula.where("parts"))], self.formula.language
                )
            reserve += left
        return parts, reserve, ()

    def _money(self, context: Context, parts: tuple[PartResult, ...]) -> tuple[Floats | None, Groups]:
        """Give the money that limits share anew, by group where every part stays within the same groups."""
        first = parts[0]
        same = first.part.within is not None and all(result.part.within == first.part.within for result in parts)
        groups = first.groups if same else Groups.single(context.size)
        amounts = sum((result.amounts for result in parts), np.zeros(context.size))
        if self.formula.envelope is None and not _only_stated_pools(parts):
            return None, groups
        return groups.total(amounts), groups

    def _whole(
        self, context: Context, stages: Stages, envelope_units: int | None, reserve: float
    ) -> tuple[np.ndarray, tuple[int | None, int, int]]:
        """Round to whole units; give them, and the envelope, what came on top, and the reserve in units."""
        shares = self.unit.count(stages.amounts)
        if not np.isfinite(shares).all() or np.abs(shares).sum() > MOST_UNITS:
            heaviest = context.codes[np.argsort(-np.abs(shares), kind="stable")[:5]]
            raise SharingError(
                [Problem("amount-without-limit", {"codes": Codes(tuple(heaviest))})], self.formula.language
            )
        if stages.money is None:
            cost = sum(result.on_top for result in stages.results if result.limit.fund == "on_top")
            whole = _alone(shares, stages, self.unit, self.formula)
            return whole, (None, self.unit.nearest(cost), self.unit.nearest(reserve))
        on_top = sum(result.on_top for result in stages.results)
        kept = int(np.floor(self.unit.count(np.array([reserve]))[0] + 0.5))
        wanted = int(np.floor(shares.sum() + 0.5))
        if envelope_units is None:
            envelope_units = wanted + kept - int(np.floor(self.unit.count(np.array([on_top]))[0] + 0.5))
        added = wanted + kept - envelope_units if on_top else 0
        total = envelope_units + added - kept
        if abs(shares.sum() - total) > 1 + 1e-9 * abs(total):
            # Rounding must never paper over money that a step lost.
            raise SharingError([Problem("money-lost", {"id": self.formula.id})], self.formula.language)
        whole = _rounded_by_group(shares, stages, total)
        return whole, (envelope_units, added, kept)


def _scaled(result: PartResult, factor: float) -> PartResult:
    """Give a part all of whose amounts are multiplied."""
    return replace(
        result,
        amounts=result.amounts * factor,
        before_bounds=result.before_bounds * factor,
        fixed=result.fixed * factor,
        bounds=Bounds(result.bounds.lower * factor, result.bounds.upper * factor),
        pool=result.pool * factor,
        reserve=result.reserve * factor,
    )


def _only_stated_pools(parts: tuple[PartResult, ...]) -> bool:
    """Whether every part shares a stated amount: then the pools make the envelope."""
    return all(result.part.pool is not None and result.part.pool.amount is not None for result in parts)


def _alone(shares: Floats, stages: Stages, unit: Unit, formula: Formula) -> np.ndarray:
    """Round each amount by itself, within its bounds where they are whole."""
    whole = round_half_away(shares, 0)
    if formula.rounding.bounds == "inward":
        lower, upper = inward(stages.bounds.lower, stages.bounds.upper, unit)
        whole = np.clip(whole, np.ceil(unit.count(lower) - 1e-6), np.floor(unit.count(upper) + 1e-6))
    return whole.astype(np.int64)


def _rounded_by_group(shares: Floats, stages: Stages, total: int) -> np.ndarray:
    """Round all together; where groups have totals of their own, groups first, then members inside each."""
    groups = stages.group_bounds.groups if stages.group_bounds is not None else stages.groups
    if groups.count == 1:
        return largest_remainders(shares, np.array([total]), groups)
    sums = groups.total(shares)
    by_group = largest_remainders(sums, np.array([total]), Groups.single(groups.count))
    return largest_remainders(shares, by_group, groups)
