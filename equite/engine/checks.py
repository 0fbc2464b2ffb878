"""Checks: the page's assertions of policy, run on final amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.equality import Known
from equite.wording import for_all

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["CheckResult", "run_checks"]


@dataclass(frozen=True)
class CheckResult:
    """Whether an assertion holds for every territory that takes part.

    Attributes
    ----------
    that : str
        The condition as the page writes it.
    title : mapping
        Its title in both languages; the condition itself where it has none.
    passed : bool
        Whether it holds for all.
    failing : tuple of str
        The codes for which it does not hold, or cannot be told.
    """

    that: str
    title: Mapping[str, str]
    passed: bool
    failing: tuple[str, ...]


def run_checks(allocation: Allocation) -> tuple[CheckResult, ...]:
    """Run every check of the page; ``amount`` and part ids are final, after limits and rounding."""
    context = allocation.context
    if not allocation.formula.checks:
        return ()
    final = allocation.final_parts
    known = {name: Known(context.full(values, 0.0), size=allocation.amounts.max()) for name, values in final.items()}
    known["amount"] = Known(context.full(allocation.amounts, 0.0), is_typed=True)
    scope = allocation.scope.bound(**known)
    results = []
    for check in allocation.formula.checks:
        holds = scope.settled_rows(check.that.tree)[context.rows]
        failing = tuple(str(code) for code in context.codes[(holds == 0) | np.isnan(holds)])
        title = check.title or for_all(str(check.that))
        results.append(CheckResult(str(check.that), title, not failing, failing))
    return tuple(results)
