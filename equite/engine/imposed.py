"""An allocation up to whole units on figures that are given, among those that are said to take part.

No table is read here and no condition is applied: who compares allocations sets the figures of one beside the page of
another. The steps are those of :mod:`equite.engine.steps`: there is no second engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from equite.engine.allocate import context_of
from equite.engine.evaluation import ColumnsTable, Mask, MissingInAggregate, Scope
from equite.engine.gathering import aggregate_problem
from equite.engine.rounding import Unit
from equite.engine.scoring import score_index
from equite.engine.sharing import Floats
from equite.engine.steps import envelope_of, knowing_envelope, share_and_limit
from equite.errors import FormulaError
from equite.formula.formula import Formula

__all__ = ["Ground", "unrounded_amounts"]


@dataclass(frozen=True)
class Ground:
    """Figures, and who takes part.

    Attributes
    ----------
    table : ColumnsTable
        The columns that pages need, by their names there, in code order.
    taking_part : ndarray of bool, shape (n,)
        Who takes part.
    served : ndarray of bool, shape (n,), or None
        Whom the money is for; None for all that take part.
    """

    table: ColumnsTable
    taking_part: Mask
    served: Mask | None

    @property
    def paid(self) -> Mask:
        """Who gets money, shape (n,)."""
        return self.taking_part if self.served is None else self.taking_part & self.served


def unrounded_amounts(formula: Formula, ground: Ground) -> Floats:
    """Share on given figures, and stop before whole units.

    Parameters
    ----------
    formula : Formula
        The page; its conditions of who takes part are not looked at.
    ground : Ground
        The figures, and who takes part.

    Returns
    -------
    ndarray of float, shape (paid,)
        Amounts in money, unrounded, of those that get money, in code order.

    Raises
    ------
    FormulaError, SharingError
        The page asks for what cannot be meant on these figures, or the money cannot be shared as it asks.
    """
    scope = Scope(formula, ground.table, ground.taking_part, score_index, ground.served)
    try:
        context = replace(context_of(scope, Unit(Decimal(formula.rounding_to))), told=False)
        units = envelope_of(scope, context)
        return share_and_limit(knowing_envelope(scope, context, units), context, units).stages.amounts
    except MissingInAggregate as missing:
        raise FormulaError([aggregate_problem(missing, scope)], formula.language) from None
