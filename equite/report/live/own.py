"""A function of the user's own in a live workbook: its values, under a check that tells when they are stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equite.formula.nodes import Call, Name, walk
from equite.report.live.terms import stated

if TYPE_CHECKING:
    from equite.report.live.translating import Translator

__all__ = ["own_values"]


def own_values(translator: Translator, node: Call) -> str:
    """Write what a function gave as a column, or as one figure where it is the same for all; return the cell."""
    workings = translator.workings
    page, heading = workings.formula, workings.worded(node)
    used = {child.name for child in walk(node) if isinstance(child, Name)}
    if not used.isdisjoint({"amount", *page.names.parts}):
        # Amounts rest on every rule of the page.
        used |= {*page.names.defined, *page.names.columns, "envelope", "previous", "eligible"}
        used |= {limit.id for limit in page.limits}
    workings.certify(heading, "own-method", tuple(sorted(used)))
    if workings.certificates[-1] in workings.certificates[:-1]:
        # Written again for other rules, it rests on the same inputs.
        workings.certificates.pop()
    values = translator.scope.rows(node)
    if not translator.is_scalar(node):
        return workings.grid.values(heading, stated("", values)).cell
    return "NA()" if np.isnan(values[0]) else str(workings.grid.number(heading, float(values[0])))
