"""The rows of a page's table that are no territory: refused before anything else is said of the table.

Whoever takes no part takes no money: a total that the page's own conditions leave out is let be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.engine.descent import descend
from equite.engine.evaluation import MissingInAggregate
from equite.errors import EquiteError, Problem, TerritoriesError
from equite.formula.formula import Formula, once_a_page
from equite.formula.nodes import Aggregate, Binary, Call, Name, Negative, Node
from equite.formula.ranges import range_of
from equite.inputs.cells import tidy
from equite.inputs.columns import ColumnRead, ColumnRule
from equite.inputs.marks import Marks
from equite.inputs.percents import is_percent_unit
from equite.inputs.rows.reading import refused
from equite.inputs.rows.rows import FigureColumn, RowRules, Rows, RowsRead, SumOf, Suspect, refusal_of, refusals
from equite.inputs.rows.sums import Sum, find_sums
from equite.inputs.territories import Territories, columns_of
from equite.wording import Codes

__all__ = ["TableRows", "as_looked_at", "as_made", "needed_rules", "quantities", "row_rules"]

Mask = npt.NDArray[np.bool_]
#: Functions that give what they are given, where nothing is missing or beyond a bound.
_KEEPING = frozenset({"clip", "default", "max", "min", "round", "sum_of"})
#: Kinds that never add up, and the sign of a rate.
_RATES, _PERCENT = frozenset({"intensive", "ordinal", "text", "yes_no"}), "%"
#: Sums found in a table, by what they were looked for in: a plan applies many pages to one table.
_SUMS: WeakKeyDictionary[Territories, dict[object, list[Sum]]] = WeakKeyDictionary()


@once_a_page
def needed_rules(formula: Formula) -> tuple[ColumnRule, ...]:
    """Return what a page needs of each column: its heading, how cells are read, and what they may hold."""
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
                percent=range_of(formula, name) if spec and is_percent_unit(spec.unit) else None,
                marks=Marks.laid_over(spec.marks, formula.marks) if spec else formula.marks,
                decimal=(spec.decimal if spec else None) or formula.decimal,
            )
        )
    if formula.name is not None and formula.name not in {rule.name for rule in rules}:
        spec = formula.columns.get(formula.name)
        heading = (spec.heading if spec else None) or formula.name
        rules.append(ColumnRule(name=formula.name, heading=heading, kind="text", is_shown=True))
    return tuple(rules)


@once_a_page
def row_rules(formula: Formula) -> RowRules:
    """Return what a page says of rows, and the columns of which a territory has something."""
    key = tidy(formula.key.column)
    spec = formula.columns.get(formula.name) if formula.name is not None else None
    name = (spec.heading if spec else None) or formula.name
    apart = {key, None if name is None else tidy(name)}
    figures = tuple(_figure(rule) for rule in needed_rules(formula) if tidy(rule.heading) not in apart)
    return RowRules(name, figures, formula.leave_out, formula.are_territories, bool(formula.eligible))


def _figure(rule: ColumnRule) -> FigureColumn:
    if rule.kind == "ordinal":
        names = (level if isinstance(level, str) else level.values() for level in rule.levels)
        levels = tuple(text for each in names for text in ([each] if isinstance(each, str) else each))
        return FigureColumn(rule.heading, "ordinal", levels)
    if rule.kind in ("text", "yes_no"):
        return FigureColumn(rule.heading, rule.kind)
    return FigureColumn(rule.heading)


def as_looked_at(territories: Territories, rules: RowRules) -> Territories:
    """Return a table that was made from territories, as one whose rows need no look: what a page left out is gone."""
    return replace(territories, rows_read={rules: RowsRead()})


def as_made(territories: Territories, formula: Formula) -> Territories:
    """Return a table that was given computed columns: its rows were looked at before, and its sums are no totals."""
    found = as_looked_at(territories, row_rules(formula))
    _SUMS[found] = {(quantities(formula), (), formula.are_territories): []}
    return found


@once_a_page
def quantities(formula: Formula) -> tuple[str, ...]:
    """Return the columns that add up: declared so, or used so by the page; never a rate, a level, a yes or no."""
    columns = {
        name for name, needed in formula.names.columns.items() if needed.use == "number" and not _is_rate(formula, name)
    }
    parts = [part.previous for part in formula.parts]
    known = {name for name, spec in formula.columns.items() if spec.kind == "extensive"}
    known |= {name for name in ("population", formula.people, formula.previous, *parts) if name is not None}
    used, found = set(known), dict[str, set[str]]()
    for _, expression in formula.names.expressions:
        for node in expression.nodes:
            if isinstance(node, Aggregate) and node.function == "total":
                used |= _added(formula, node.arguments[0], known, found)
    for part in formula.parts:
        for scored in part.share.measures:
            used |= _added(formula, scored.tree, known, found)
    return tuple(sorted(used & columns))


def _is_rate(formula: Formula, name: str) -> bool:
    spec = formula.columns.get(name)
    return spec is not None and (spec.kind in _RATES or (spec.unit is not None and _PERCENT in spec.unit["en"]))


def _added(formula: Formula, node: Node, known: Collection[str], found: dict[str, set[str]]) -> set[str]:
    """Return the columns that an amount follows one for one; in a product, the quantity and not what weighs it.

    ``found`` keeps what each variable follows, so that one that stands twice in another is looked into once.
    """

    def below(inner: Node) -> set[str]:
        return _added(formula, inner, known, found)

    match node:
        case Name(name) if name in formula.variables:
            if name not in found:
                tree, steps = formula.variables[name].value.tree, formula.names.steps[name]
                found[name] = descend(steps, lambda: below(tree), "added", id(found), name)
            return found[name]
        case Name(name):
            return {name} if name in formula.names.columns else set()
        case Negative(operand) | Binary("**", operand, _):
            return below(operand)
        case Binary("+" | "-", left, right):
            return below(left) | below(right)
        case Binary("*", left, right):
            factors = below(left) | below(right)
            return factors & set(known) or (factors if len(factors) == 1 else set())
        case Call(function, arguments) if function in _KEEPING:
            return set().union(*map(below, arguments))
    return set()


@dataclass(frozen=True)
class TableRows:
    """The rows of one table under one page.

    Attributes
    ----------
    formula : Formula
        The page.
    territories : Territories
        The table, its rows looked at.
    columns : sequence of ColumnRule
        What the page reads of it.
    """

    formula: Formula
    territories: Territories
    columns: Sequence[ColumnRule]

    @cached_property
    def _rules(self) -> RowRules:
        return row_rules(self.formula)

    @cached_property
    def _suspects(self) -> dict[int, Suspect]:
        """The suspects by their place; a table may hold a part only of the rows that were looked at."""
        read = self.territories.rows_read.get(self._rules)
        if read is None or not read.suspects:
            return {}
        first = self.territories.source.first_row
        places = self.territories.data.index.get_indexer(pd.Index([each.row - first for each in read.suspects]))
        return {int(at): each for at, each in zip(places, read.suspects, strict=True) if at >= 0}

    def suspected(self) -> list[Problem]:
        """Refuse the rows that are no territory by their looks, unless the page's conditions may leave them out."""
        return [] if self.formula.eligible else self._refused(None)

    def read(self) -> Mapping[str, ColumnRead]:
        """Read the columns; where that fails, say first which rows are no territory, and nothing of their cells."""
        try:
            return columns_of(self.territories, self.columns)
        except TerritoriesError as error:
            problems = self._refused(None)
            if not problems:
                raise
            try:
                columns_of(self._others(), self.columns)
            except TerritoriesError as others:
                problems += others.problems
            raise TerritoriesError(problems, error.language) from None

    def _others(self) -> Territories:
        kept = [at for at in range(len(self.territories)) if at not in self._suspects]
        codes = tuple(self.territories.codes[at] for at in kept)
        return replace(self.territories, data=self.territories.data.iloc[kept], codes=codes)

    @contextmanager
    def first(self) -> Iterator[None]:
        """Say first which rows are no territory, should it not even be clear who takes part."""
        try:
            yield
        except (EquiteError, MissingInAggregate) as error:
            problems = self._refused(None)
            if not problems:
                raise
            raise TerritoriesError([*problems, *getattr(error, "problems", ())], self.formula.language) from None

    @contextmanager
    def beside(self, eligible: Mask) -> Iterator[None]:
        """Say of what goes wrong that some rows hold nothing but a name: filling them in may be no remedy."""
        try:
            yield
        except EquiteError as error:
            alone = self._alone(eligible)
            if not alone:
                raise
            raise type(error)([*alone, *error.problems], error.language) from None

    def refuse(self, columns: Mapping[str, ColumnRead], eligible: Mask) -> tuple[Problem, ...]:
        """Refuse the rows that take part and are no territory; give what is to be told of the others.

        Parameters
        ----------
        columns : mapping of str to ColumnRead
            The columns, in the order of the rows.
        eligible : array of bool
            Who takes part, in that order.
        """
        sums = [each for each in self._sums(columns) if eligible[each.position]]
        sure = [each for each in sums if each.sure]
        problems = self._refused(eligible)
        if sure:
            problems.append(self._summed("rows-sums", sure))
        if problems:
            raise TerritoriesError(problems, self.formula.language)
        unsure = [self._summed("row-looks-like-total", sums)] if sums else []
        return (*self._left_out(), *self._alone(eligible), *unsure)

    def _refused(self, eligible: Mask | None) -> list[Problem]:
        found = [each for at, each in self._suspects.items() if eligible is None or eligible[at]]
        return refused(found, self.territories.source)

    def _alone(self, eligible: Mask) -> list[Problem]:
        found = [each for at, each in self._suspects.items() if each.kind == "alone" and eligible[at]]
        return [refusal_of("alone", found, self.territories.source)] if found else []

    def _left_out(self) -> list[Problem]:
        left = self.territories.left_out
        named = Codes(tuple(f"{each.row} ({each.code or each.name})" for each in left))
        return [Problem("rows-left-out", {"rows": named}, file=self.territories.source.name)] if left else []

    def _sums(self, columns: Mapping[str, ColumnRead]) -> list[Sum]:
        """Find the rows that hold the sum of others, those aside that are said to be territories."""
        names = quantities(self.formula)
        asked = (names, tuple(self._suspects), self.formula.are_territories)
        known = _SUMS.setdefault(self.territories, {})
        if asked not in known:
            among = np.ones(len(self.territories), dtype=bool)
            among[[at for at, each in self._suspects.items() if each.kind != "alone"]] = False
            numbers = {name: np.asarray(columns[name].values, dtype=np.float64) for name in names}
            kept = set(self._rows.positions(self.formula.are_territories).tolist())
            found = find_sums(numbers, self.territories.codes, among)
            known[asked] = [each for each in found if each.position not in kept]
        return known[asked]

    @cached_property
    def _rows(self) -> Rows:
        table = self.territories
        return Rows(table.data, str(table.key), table.codes, self._rules, table.source)

    def _summed(self, sentence: str, sums: Sequence[Sum]) -> Problem:
        """Say of some rows which others they sum."""
        table = self.territories
        names = [self._rows.named(each.position) for each in sums]
        labels = [" · ".join(dict.fromkeys(text for text in pair if text is not None)) for pair in names]
        told = [
            (table.row(each.position), label, SumOf(each.way, table.row(each.first), table.row(each.last)))
            for each, label in zip(sums, labels, strict=True)
        ]
        columns = Codes(tuple(dict.fromkeys(name for each in sums for name in each.columns)))
        entries = self._rows.entries([each.position for each in sums])
        return refusals(sentence, told, entries, table.source, columns=columns)
