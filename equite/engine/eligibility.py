"""Who takes part: rules in order, each exclusion with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from equite.engine.evaluation import Mask, Scope
from equite.engine.missing import Purpose, refuse_missing
from equite.errors import FormulaError, Problems
from equite.formula.model import Rule
from equite.wording import for_all

__all__ = ["Exclusion", "apply_rules"]


@dataclass(frozen=True)
class Exclusion:
    """A territory that a rule leaves out.

    Attributes
    ----------
    code : str
        The territory.
    reason : mapping
        The rule's reason in both languages; the condition itself where the page gives none.
    """

    code: str
    reason: Mapping[str, str]


def apply_rules(
    scope: Scope, rules: Sequence[Rule], rows: Mask, place: tuple[str | int, ...], *, told: bool = True
) -> tuple[Mask, tuple[Exclusion, ...]]:
    """Apply rules in order to some rows; later rules only look at those that earlier ones kept.

    Who is not left is named only where that is to be ``told``.

    Returns
    -------
    kept : ndarray of bool, shape (n,)
        Who is left.
    exclusions : tuple of Exclusion
        Who is not, in code order within each rule.

    Raises
    ------
    FormulaError
        Conditions are missing for territories that are still in.
    """
    kept = rows.copy()
    exclusions: list[Exclusion] = []
    problems = Problems(FormulaError, scope.formula.language)
    for at, rule in enumerate(rules):
        holds = scope.settled_rows(rule.where.tree)
        where = scope.formula.where(*place, at, "where")
        refuse_missing(problems, scope, rule.where.tree, holds, kept, Purpose("wanted-condition", where))
        # Whoever a condition says nothing of is refused, and later ones only look at those that are surely in.
        out = kept & ((holds == 0) | ~np.isfinite(holds))
        reason = rule.reason or for_all(str(rule.where))
        exclusions += [Exclusion(code, reason) for code in scope.table.codes[out].tolist()] if told else []
        kept = kept & ~out
    problems.refuse()
    return kept, tuple(exclusions)
