"""Goalposts frozen in the record of an earlier year, so that scores of several years compare."""

from __future__ import annotations

import json

from equite.errors import FormulaError
from equite.formula.formula import Formula
from equite.formula.written import beside
from equite.inputs.files import bounded_bytes

__all__ = ["frozen_goalposts"]


def frozen_goalposts(formula: Formula, record: str, index: str, criterion: str) -> tuple[float, float] | None:
    """Return the lowest and highest value that a criterion had in a record; None where there is no such thing.

    Parameters
    ----------
    formula : Formula
        The page; a relative path is looked up beside its file.
    record : str
        The path of the JSON file that holds ``allocation.record``.
    index, criterion : str
        Whose goalposts.

    Raises
    ------
    FormulaError
        The path leaves the folder that the page was read within, or leads to no plain file.
    """
    path = beside(formula, record, "indices", index)
    try:
        found = json.loads(bounded_bytes(path, FormulaError))["goalposts"][index][criterion]
        low, high = float(found[0]), float(found[1])
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return (low, high) if low < high else None
