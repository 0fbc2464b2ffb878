"""From a page and a table to an allocation: who takes part, the envelope, parts, limits, whole units, checks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equite.arguments import takes
from equite.engine.aggregates import label_text
from equite.engine.allocation import Allocation
from equite.engine.bounds import Context
from equite.engine.cautions import cautions
from equite.engine.checks import run_checks
from equite.engine.eligibility import Exclusion, apply_rules
from equite.engine.evaluation import ColumnsTable, Mask, MissingInAggregate, Scope
from equite.engine.gathering import with_all_missing
from equite.engine.memory import keep_freed_memory
from equite.engine.parts import labelled_groups
from equite.engine.rounding import Unit
from equite.engine.rows import TableRows, needed_rules, row_rules
from equite.engine.scoring import score_index
from equite.engine.sharing import Groups
from equite.engine.spelling import spelling
from equite.engine.steps import envelope_of, knowing_envelope, take_steps
from equite.errors import EquiteError, FormulaError, Problem, SharingError, TerritoriesError
from equite.formula.formula import Formula
from equite.formula.names import aggregates_in
from equite.inputs.labels import Labels
from equite.inputs.spelling import near_label, tidy
from equite.inputs.territories import Territories

__all__ = ["FormulaLike", "allocate", "context_of", "prepared", "read_for"]

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


def prepared(formula: Formula, territories: Territories) -> tuple[Scope, Context, NDArray[np.intp]]:
    """Return the names of a page on a table, who takes part, and the rows of the table in code order.

    Raises
    ------
    FormulaError, TerritoriesError, SharingError
        As :func:`allocate` does, up to there.
    """
    run = _Run(formula, read_for(formula, territories))
    return *run.prepared(), run.order


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
        keep_freed_memory()
        self.formula = formula
        self.territories = territories
        self.rows = TableRows(formula, territories, needed_rules(formula))
        self.read = self.rows.read()
        columns = {name: column.values for name, column in self.read.items()}
        codes = np.fromiter(territories.codes, dtype=object, count=len(territories.codes))
        if not codes.size:
            raise SharingError([Problem("table-empty")], formula.language)
        self.order, withheld = np.arange(codes.size), territories.suppressed_for(self.rows.columns)
        if not Labels.of(territories.codes).are_in_order:
            # Columns that lie in code order already are not copied.
            order = self.order = np.argsort(codes, kind="stable")
            codes = codes[order]
            columns = {name: values[order] for name, values in columns.items()}
            withheld = {name: cells[order] for name, cells in withheld.items()}
        ends = {name: column.ends for name, column in self.read.items() if column.ends is not None}
        self.table = ColumnsTable(codes, columns, withheld, ends)
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
        eligible, excluded, told = self._taking_part()
        with self.rows.beside(self._in_table(eligible)), self._all_missing(eligible):
            return self._steps(eligible, excluded, told)

    def prepared(self) -> tuple[Scope, Context]:
        """Find who takes part, and on which group envelope."""
        eligible = self._taking_part()[0]
        with self.rows.beside(self._in_table(eligible)), self._all_missing(eligible):
            return self._scope_and_context(eligible)

    def _taking_part(self) -> tuple[Mask, tuple[Exclusion, ...], tuple[Problem, ...]]:
        """Find who takes part, who does not and why, and what is to be told of rows and labels."""
        with self.rows.first():
            spelled = spelling(self.formula, self.territories, self.table, self.order)
            eligible, excluded = self._eligible()
        return eligible, excluded, (*self.rows.refuse(self.read, self._in_table(eligible)), *spelled)

    def _in_table(self, eligible: Mask) -> Mask:
        """Return who takes part in the order of the table."""
        found = np.empty_like(eligible)
        found[self.order] = eligible
        return found

    @contextmanager
    def _all_missing(self, eligible: Mask) -> Iterator[None]:
        """Tell beside what goes wrong everything else that is missing."""
        try:
            yield
        except (EquiteError, MissingInAggregate) as error:
            scope = Scope(self.formula, self.table, eligible, score_index, self.served)
            raise with_all_missing(error, scope) from None

    def _scope_and_context(self, eligible: Mask) -> tuple[Scope, Context]:
        scope = Scope(self.formula, self.table, eligible, score_index, self.served)
        context = context_of(scope, self.unit)
        self._confirm_eligibility(scope)
        return scope, context

    def _steps(self, eligible: Mask, excluded: tuple[Exclusion, ...], told: tuple[Problem, ...]) -> Allocation:
        scope, context = self._scope_and_context(eligible)
        envelope_units = envelope_of(scope, context)
        scope = knowing_envelope(scope, context, envelope_units)
        for name in self.formula.indices:
            # An index that nothing is shared by is told on outputs all the same: what is wrong with it is said now.
            scope.scoring(name)
        found = take_steps(scope, context, envelope_units)
        cautious = cautions(found.scope, context, found.stages, self.territories, int(found.reserve.sum()))
        result = Allocation(
            formula=self.formula,
            territories=self.territories,
            scope=found.scope,
            context=context,
            excluded_by=excluded,
            parts_shared=found.parts,
            parts_limited=tuple(found.stages.parts),
            stages=tuple(found.stages.results),
            exact=found.stages.amounts,
            units=found.units,
            envelope_units=found.envelope,
            on_top_units=found.on_top,
            reserve_units=found.reserve,
            warnings_found=(*told, *found.warnings, *cautious),
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


def context_of(scope: Scope, unit: Unit) -> Context:
    """Say who takes part, and on which group envelope: one for all, or that of its group in ``within``."""
    formula = scope.formula
    rows = scope.taking_part if scope.served is None else scope.taking_part & scope.served
    context = Context(formula, unit, rows, scope.table.codes[rows], Groups.single(int(rows.sum())))
    if formula.within is None:
        return context
    of, labels = labelled_groups(scope, context, formula.within, ("within",))
    found, group_envelopes = np.unique(of, return_inverse=True)
    named = tuple(label_text(labels[group]) for group in found)
    return replace(
        context, group_envelopes=Groups(group_envelopes.astype(np.intp), found.size), group_envelope_labels=named
    )
