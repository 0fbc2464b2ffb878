"""What functions of ranges give: totals, ends, means, places.

Blank cells do not count, and one that is missing makes all of it missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from equite.engine.sharing import Floats
from equite.report.live.terms import Term, absolute_value, numbers

__all__ = [
    "average",
    "count",
    "deviation",
    "highest",
    "how_many",
    "kth_largest",
    "lowest",
    "median",
    "picked",
    "quantile",
    "rank",
    "sum_of_products",
    "sum_product",
    "tells_apart",
    "total",
]


def _over(name: str, function: Callable[[Floats], Any], term: Term, *more: Term) -> Term:
    assert term.spans, term.text
    known = term.value[~np.isnan(term.value)]
    value = np.nan if term.is_missing.any() or not known.size else function(known)
    given = ",".join([term.text, *(each.text for each in more)])
    return Term(f"{name}({given})", numbers(np.asarray(value, dtype=np.float64)))


def total(term: Term) -> Term:
    """Add a range up; where nothing counts, the total is 0."""
    assert term.spans, term.text
    value = np.nan if term.is_missing.any() else np.where(term.blank, 0.0, term.value).sum()
    return Term(f"SUM({term})", np.asarray(value))


def sum_product(term: Term) -> Term:
    """Add up what an operation on ranges gives; blank cells are no numbers there."""
    assert term.spans, term.text
    return Term(f"SUMPRODUCT({term})", np.asarray(term.value.sum()))


def sum_of_products(*terms: Term) -> Term:
    """Multiply ranges row by row and add up; blank cells count as nothing."""
    assert all(term.spans for term in terms)
    factors = [np.where(term.blank, 0.0, term.value) for term in terms]
    text = f"SUMPRODUCT({','.join(term.text for term in terms)})"
    return Term(text, np.asarray(np.prod(np.broadcast_arrays(*factors), axis=0).sum()))


def how_many(condition: Term) -> Term:
    """Count the rows of a range in which a condition holds."""
    assert condition.spans, condition.text
    return Term(f"SUMPRODUCT(--({condition}))", np.asarray(condition.value.sum()))


def count(term: Term) -> Term:
    """Count the numbers of a range."""
    assert term.spans, term.text
    return Term(f"COUNT({term})", np.asarray(float((~np.isnan(term.value)).sum())))


def average(term: Term) -> Term:
    """Return the mean of a range."""
    return _over("AVERAGE", np.mean, term)


def median(term: Term) -> Term:
    """Return the median of a range."""
    return _over("MEDIAN", np.median, term)


def deviation(term: Term) -> Term:
    """Return the standard deviation of a sample."""
    return _over("STDEV", lambda known: known.std(ddof=1) if known.size > 1 else np.nan, term)


def quantile(term: Term, share: Term) -> Term:
    """Return the value below which a share of a range lies, on the line between the two nearest."""
    return _over("PERCENTILE", lambda known: np.quantile(known, share.figure), term, share)


def lowest(term: Term) -> Term:
    """Return the lowest of a range; 0 where it has no number."""
    return _end("MIN", np.min, term)


def highest(term: Term) -> Term:
    """Return the highest of a range; 0 where it has no number."""
    return _end("MAX", np.max, term)


def _end(name: str, function: Callable[[Floats], Any], term: Term) -> Term:
    found = _over(name, function, term)
    return replace(found, value=np.array(0.0)) if np.all(term.blank) else found


def tells_apart(term: Term) -> Term:
    """Tell whether the numbers of a range differ, by more than what a few operations leave of dust."""
    low, high = lowest(term), highest(term)
    return high - low > 1e-12 * (absolute_value(high) + absolute_value(low))


def kth_largest(term: Term, place: Term) -> Term:
    """Return the value at a place, counted from the highest; missing where there is none."""
    found = np.sort(term.value[~np.isnan(term.value)])[::-1]
    at = place.figure
    value = found[int(at) - 1] if 1 <= at <= found.size else np.nan
    return Term(f"LARGE({term},{place})", np.asarray(value))


def rank(term: Term, among: Term, *, rising: bool, ties: str = "lowest") -> Term:
    """Return the place of a number among those of a range, from 1; ties at the first place, or at the mean one."""
    known = np.sort(among.value[~np.isnan(among.value)])
    below, upto = (np.searchsorted(known, term.value, side=side) for side in ("left", "right"))
    first = below + 1 if rising else known.size - upto + 1
    value = first + (upto - below - 1) / 2 if ties == "average" else first.astype(float)
    name = "_xlfn.RANK.AVG" if ties == "average" else "RANK"
    text = f"{name}({term},{among},{int(rising)})"
    return Term(text, np.where(np.isnan(term.value) | among.is_missing.any(), np.nan, value))


def picked(among: Term, place: Term, at: int) -> Term:
    """Return the cell of a range at a place that someone chose, counted from 1; ``at`` is what was chosen, from 0."""
    blank = np.broadcast_to(among.blank, among.value.shape)[at]
    return Term(f"INDEX({among},{place})", np.asarray(among.value[at]), blank=np.asarray(blank))
