"""Whether the figure of each parent is the sum of its children's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.errors import Problem, TerritoriesError
from equite.inputs.cells import readings, tidy
from equite.inputs.columns import Aside, unknown_column
from equite.inputs.grid import truncate_problems
from equite.wording import Numeral

if TYPE_CHECKING:
    from equite.inputs.tiers import Tiers

__all__ = ["agreement", "disagreements"]

#: Sums of decimals differ by so much of their size without meaning it.
_DUST = 2.0**-40


def agreement(tiers: Tiers, column: str) -> pd.DataFrame:
    """Compare each parent's figure with the sum of its children's; see :meth:`equite.inputs.tiers.Tiers.agreement`."""
    heading = tidy(column)
    having = [tier for tier in tiers.names if heading in tiers[tier].data.columns]
    if len(having) < 2:
        raise TerritoriesError([_lacking(tiers, heading, having)])
    frames: list[pd.DataFrame] = []
    for above, below in pairwise(having):
        own, parts = tiers[above].numbers(heading), tiers[below].numbers(heading)
        links, count = tiers.links(below, above), len(own)
        sums = np.bincount(links, np.nan_to_num(parts), minlength=count)
        unknown = np.bincount(links, np.isnan(parts), minlength=count).astype(np.int64)
        frame = pd.DataFrame({"own": own, "children": sums, "gap": sums - own, "missing": unknown})
        frame.insert(0, "tier", above)
        frame.insert(1, "code", list(tiers[above].codes))
        frame.insert(2, "below", below)
        frames.append(frame[~np.isnan(own) & (np.bincount(links, minlength=count) > 0)])
    return pd.concat(frames, ignore_index=True)


def disagreements(tiers: Tiers, column: str, tolerance: float | str) -> Iterator[Problem]:
    """Say where a parent and its children differ by more than is allowed.

    Children without a figure may make up for what the others lack, and never for what they have in excess.
    """
    allowed = _allowed(tolerance)
    if allowed is None:
        yield Problem("tiers-tolerance", {"value": tolerance, "column": column})
        return
    try:
        found = agreement(tiers, column)
    except TerritoriesError as error:
        yield from error.problems
        return
    fixed, share = allowed
    margin = fixed + share * found["own"].abs() + _DUST * np.maximum(found["own"].abs(), found["children"].abs())
    over = np.where((found["missing"] > 0) & (found["gap"] < 0), 0.0, found["gap"].abs()) > margin
    cases = found[over]
    yield from truncate_problems(
        (_sentence(tiers, tidy(column), case, tolerance) for _, case in cases.iterrows()), len(cases)
    )


def _sentence(tiers: Tiers, column: str, case: pd.Series, tolerance: float | str) -> Problem:
    table = tiers[case["tier"]]
    at = table.codes.index(case["code"])
    values = {
        "column": column,
        "tier": case["tier"],
        "below": case["below"],
        "value": case["code"],
        "own": Numeral(case["own"]),
        "sum": Numeral(case["children"]),
        "gap": Numeral(abs(case["gap"])),
        "side": Aside("tiers-more" if case["gap"] > 0 else "tiers-less", ""),
        "tolerance": tolerance if isinstance(tolerance, str) else Numeral(tolerance),
    }
    return Problem("tiers-total", values, column, table.row(at), table.source.name, row_is_line=False)


def _allowed(tolerance: float | str) -> tuple[float, float] | None:
    """Read a tolerance as a fixed amount and a share of the parent's figure."""
    with_point, with_comma = readings(str(tolerance))
    value = with_point if with_point is not None else with_comma
    ambiguous = None not in (with_point, with_comma) and with_point != with_comma
    if value is None or ambiguous or not math.isfinite(value) or value < 0:
        return None
    return (0.0, value / 100.0) if str(tolerance).strip().endswith("%") else (value, 0.0)


def _lacking(tiers: Tiers, heading: str, having: list[str]) -> Problem:
    """Say that a column to compare stands in one tier only, or in none."""
    if having:
        return Problem("tiers-total-alone", {"column": heading, "tier": having[0]})
    bottom = tiers[tiers.names[-1]]
    return unknown_column(heading, bottom.data, bottom.source)
