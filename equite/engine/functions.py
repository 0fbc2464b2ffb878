"""The row functions of the language in numpy: one value for each territory, nothing looks at another row.

A missing value is NaN; what cannot be computed (x / 0, the logarithm of zero) is missing too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np

from equite.engine.sharing import Floats
from equite.formula.tables import Table

__all__ = [
    "COMPARISONS",
    "DECIDED",
    "FUNCTIONS",
    "OPERATORS",
    "TABLES",
    "all_of",
    "any_of",
    "bracket",
    "negated",
    "step",
    "step_of",
    "truth",
]


def _finite(values: Floats) -> Floats:
    """Turn infinities into missing values."""
    return np.where(np.isfinite(values), values, np.nan)


def _divide(left: Floats, right: Floats) -> Floats:
    return _finite(np.divide(left, right))


def _power(left: Floats, right: Floats) -> Floats:
    # numpy has x ** 0 = 1 and 1 ** x = 1 even where x is missing.
    return np.where(np.isnan(left) | np.isnan(right), np.nan, _finite(np.power(left, right)))


#: Functions whose results are decided (a rounding, a step, yes or no): figures, as those that were typed.
DECIDED = frozenset({"ceil", "floor", "is_missing", "is_suppressed", "round", "starts_with", "step"})
OPERATORS: Mapping[str, Callable[[Floats, Floats], Floats]] = MappingProxyType(
    {"+": np.add, "-": np.subtract, "*": np.multiply, "/": _divide, "**": _power}
)
COMPARISONS: Mapping[str, Callable[..., np.ndarray]] = MappingProxyType(
    {
        "==": np.equal,
        "!=": np.not_equal,
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
    }
)


def truth(holds: np.ndarray, *operands: Floats) -> Floats:
    """Return a condition as 1 and 0, missing where any of its operands is."""
    result = holds.astype(np.float64)
    for operand in operands:
        missing = np.isnan(operand)
        if missing.any():
            result = np.where(missing, np.nan, result)
    return result


def all_of(left: Floats, right: Floats) -> Floats:
    """``and``: no wins over missing, missing wins over yes."""
    return np.where((left == 0) | (right == 0), 0.0, truth((left != 0) & (right != 0), left, right))


def any_of(left: Floats, right: Floats) -> Floats:
    """``or``: yes wins over missing, missing wins over no."""
    left_yes, right_yes = (left != 0) & ~np.isnan(left), (right != 0) & ~np.isnan(right)
    return np.where(left_yes | right_yes, 1.0, truth(left_yes | right_yes, left, right))


def negated(value: Floats) -> Floats:
    """``not``."""
    return truth(value == 0, value)


def _log(value: Floats) -> Floats:
    return np.where(value > 0, np.log(np.where(value > 0, value, 1.0)), np.nan)


def _sqrt(value: Floats) -> Floats:
    return np.sqrt(value)


def _stack(values: tuple[Floats, ...]) -> Floats:
    return np.stack(np.broadcast_arrays(*values))


def _trimmed_mean(*values: Floats) -> Floats:
    """Return the mean without one highest and one lowest value."""
    stacked = _stack(values)
    middle: Floats = np.sort(stacked, axis=0)[1:-1].mean(axis=0)
    return np.where(np.isnan(stacked).any(axis=0), np.nan, middle)


def _least(*values: Floats) -> Floats:
    smallest = values[0]
    for value in values[1:]:
        smallest = np.minimum(smallest, value)
    return smallest


def _greatest(*values: Floats) -> Floats:
    largest = values[0]
    for value in values[1:]:
        largest = np.maximum(largest, value)
    return largest


def _where(condition: Floats, yes: Floats, no: Floats) -> Floats:
    chosen, missing = np.where(condition != 0, yes, no), np.isnan(condition)
    return np.where(missing, np.nan, chosen) if missing.any() else chosen


def _default(value: Floats, instead: Floats) -> Floats:
    return np.where(np.isnan(value), instead, value)


def _clip(value: Floats, low: Floats, high: Floats) -> Floats:
    return np.minimum(np.maximum(value, low), high)


FUNCTIONS: Mapping[str, Callable[..., Floats]] = MappingProxyType(
    {
        "abs": np.abs,
        "clip": _clip,
        "default": _default,
        "exp": lambda value: _finite(np.exp(value)),
        "is_missing": lambda value: np.isnan(value).astype(np.float64),
        # Where no figure of the table is withheld, none is.
        "is_suppressed": lambda value: np.zeros_like(value, dtype=np.float64),
        "log": _log,
        "max": _greatest,
        "mean_of": lambda *values: _stack(values).mean(axis=0),
        "median_of": lambda *values: np.median(_stack(values), axis=0),
        "min": _least,
        "sqrt": _sqrt,
        "sum_of": lambda *values: _stack(values).sum(axis=0),
        "trimmed_mean": _trimmed_mean,
        "where": _where,
    }
)


def step(value: Floats, table: Table, place: np.ndarray) -> Floats:
    """Return the value of the step that holds each x; beyond the table, ``above`` or missing.

    ``place`` is how many edges lie below x (for ``from``, at or below it).
    """
    if table.kind == "up_to":
        found = np.append(table.values, np.nan if table.above is None else table.above)[place]
    else:
        found = np.append(np.nan, table.values)[place]
    return np.where(np.isnan(value), np.nan, found)


def step_of(figures: Floats, table: Table) -> Floats:
    """Return the value of the step that holds each of some figures, which are compared as they stand."""
    side: Literal["left", "right"] = "right" if table.kind == "from" else "left"
    return step(figures, table, np.asarray(np.searchsorted(table.edges, figures, side=side)))


def bracket(value: Floats, table: Table, place: np.ndarray) -> Floats:
    """Sum each bracket's rate times the part of x that lies in it, as income tax does.

    With ``up_to`` the first bracket begins at 0 and ``above`` is the rate beyond the last edge (without it, an x
    beyond the table is missing); with ``from`` each edge begins a bracket and what lies below the first counts nothing.
    """
    edges = np.array(table.edges)
    if table.kind == "up_to":
        starts = np.concatenate(([0.0], edges))
        ends = np.append(edges, np.inf)
        rates = np.append(table.values, 0.0 if table.above is None else table.above)
    else:
        starts, ends, rates = edges, np.append(edges[1:], np.inf), np.array(table.values)
    inside = np.clip(value[..., None], starts, ends) - starts
    total: Floats = (inside * rates).sum(axis=-1)
    if table.kind == "up_to" and table.above is None:
        total = np.where(place == edges.size, np.nan, total)
    return np.where(np.isnan(value), np.nan, total)


def _interpolate(value: Floats, table: Table) -> Floats:
    """Return the straight line between points; flat beyond the first and the last."""
    return np.asarray(np.interp(value, table.edges, table.values), dtype=np.float64)


#: Functions of a value and a table; for a step and a bracket, and of the value's place among the edges.
TABLES: Mapping[str, Callable[..., Floats]] = MappingProxyType(
    {"bracket": bracket, "interpolate": _interpolate, "step": step}
)
