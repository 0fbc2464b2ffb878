"""Functions over many territories, by group where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equite.engine.sharing import Floats

__all__ = ["Grouping", "aggregate", "label_text"]


@dataclass(frozen=True)
class Grouping:
    """The group of each row: its number, -1 where it has none, and each group's label."""

    of: NDArray[np.intp]
    labels: tuple[object, ...]

    @property
    def count(self) -> int:
        """The number of groups."""
        return len(self.labels)

    @classmethod
    def by(cls, values: np.ndarray) -> Grouping:
        """Group rows by equal labels or numbers; groups are sorted."""
        of, labels = pd.factorize(values, sort=True)
        return cls(of.astype(np.intp), tuple(labels))


def label_text(label: object) -> str:
    """Return a group's label as text: 3 for the number 3.0."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def aggregate(
    function: str,
    values: Floats | None,
    weights: Floats | None,
    rows: NDArray[np.bool_],
    grouping: Grouping | None,
    share: float = 0.5,
) -> Floats:
    """Compute one aggregate over some rows.

    Parameters
    ----------
    function : str
        A name of the language: total, average, median, quantile, lowest, highest, deviation (n - 1), count or rank.
    values, weights : ndarray, shape (n,), optional
        What is aggregated, none missing within ``rows``; ``count`` without values counts rows.
    rows : ndarray of bool, shape (n,)
        Who counts.
    grouping : Grouping, optional
        Groups to compute by; rows without a group get a missing value.
    share : float
        The share below a quantile, with linear interpolation (spreadsheets' PERCENTILE.INC).

    Returns
    -------
    ndarray
        One value (shape ``()``) without groups, else each row's group's value (shape ``(n,)``). A rank always has
        shape ``(n,)``: 1 is the highest, ties share the better place.
    """
    size = rows.size
    of = np.zeros(size, dtype=np.intp) if grouping is None else grouping.of
    count = 1 if grouping is None else grouping.count
    inside = rows & (of >= 0)
    if function == "rank":
        assert values is not None
        return _rank(values, inside, of)
    chosen = of[inside]
    numbers = np.ones(chosen.size) if values is None else values[inside]
    if function == "count":
        by_group = np.bincount(chosen, weights=numbers != 0, minlength=count).astype(np.float64)
    elif function in _SUMS:
        weighing = np.ones(chosen.size) if weights is None else weights[inside]
        by_group = _SUMS[function](numbers, weighing, chosen, count)
    else:
        by_group = _by_sorting(function, numbers, chosen, count, share)
    if grouping is None:
        return np.asarray(by_group[0])
    return np.where(of >= 0, np.append(by_group, np.nan)[of], np.nan)


def _total(numbers: Floats, weights: Floats, of: NDArray[np.intp], count: int) -> Floats:
    if count == 1:
        return np.array([(numbers * weights).sum()])
    return np.bincount(of, weights=numbers * weights, minlength=count).astype(np.float64, copy=False)


def _average(numbers: Floats, weights: Floats, of: NDArray[np.intp], count: int) -> Floats:
    below = _total(np.ones(numbers.size), weights, of, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below != 0, _total(numbers, weights, of, count) / below, np.nan)


_SUMS: Mapping[str, Callable[[Floats, Floats, NDArray[np.intp], int], Floats]] = MappingProxyType(
    {"average": _average, "total": _total}
)


def _by_sorting(function: str, numbers: Floats, of: NDArray[np.intp], count: int, share: float) -> Floats:
    series = pd.Series(numbers).groupby(of)
    if function == "quantile":
        found = series.quantile(share)
    else:
        found = getattr(series, {"lowest": "min", "highest": "max", "deviation": "std"}.get(function, function))()
    return np.asarray(found.reindex(range(count)), dtype=np.float64)


def _rank(values: Floats, inside: NDArray[np.bool_], of: NDArray[np.intp]) -> Floats:
    ranked = pd.Series(np.where(inside, values, np.nan)).groupby(of).rank(method="min", ascending=False)
    return np.asarray(ranked, dtype=np.float64)
