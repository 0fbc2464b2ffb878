"""Figures of a table under a page's names, outside any allocation: what plans keep, carry down and roll up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from equite.engine.evaluation import ColumnsTable, Scope
from equite.engine.rows import needed_rules
from equite.engine.scoring import score_index
from equite.engine.sharing import Floats
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.inputs.columns import ColumnRule
from equite.inputs.territories import Territories

__all__ = ["figures", "measured"]


def measured(
    formula: Formula, territories: Territories, expression: Expression, known: Mapping[str, Floats] | None = None
) -> Floats:
    """Evaluate an expression for every row of a table, in the table's order.

    Parameters
    ----------
    formula : Formula
        The page whose constants, variables and columns the expression may name; columns of the table that the page
        does not read go by their heading.
    territories : Territories
        The table.
    expression : Expression
        The expression.
    known : mapping of str to ndarray, optional
        Other names that it may use, each with a value for every row.
    """
    given = dict(known or {})
    scope = _scope(formula, territories, expression.names - given.keys()).bound(**given)
    return np.array(scope.rows(expression.tree), dtype=np.float64)


def figures(formula: Formula, territories: Territories, names: Iterable[str]) -> dict[str, Floats]:
    """Return columns or variables of a table as numbers, in the table's order."""
    wanted = tuple(names)
    scope = _scope(formula, territories, frozenset(wanted))
    return {name: np.array(scope.numbers(name), dtype=np.float64) for name in wanted}


def _scope(formula: Formula, territories: Territories, names: frozenset[str]) -> Scope:
    """Read only the columns that some names rest on; everybody counts in averages."""
    reached = formula.names.closure(names)
    rules = [rule for rule in needed_rules(formula) if rule.name in reached]
    known = {rule.name for rule in rules} | formula.names.defined | formula.names.needs.keys()
    rules += [ColumnRule(name, name) for name in sorted(names - known)]
    columns, withheld = territories.columns_for(rules), territories.suppressed_for(rules)
    return Scope(formula, ColumnsTable(np.array(territories.codes, dtype=object), columns, withheld), None, score_index)
