"""The registry of pure methods that turn measures into scores: arrays in, arrays out.

To add a method is to write one function under its decorator; property tests find it by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from equite.engine.sharing import Floats

__all__ = ["AGGREGATORS", "NORMALISERS", "TRANSFORMS", "Aggregator", "Normaliser", "Transform", "average_rank"]


@dataclass(frozen=True)
class Normaliser:
    """A way to bring criteria to one scale.

    Attributes
    ----------
    name : str
        Its name on the page.
    function : callable
        Takes values (higher means more need, none missing, not all equal) and gives scores of the same shape.
    neutral : float
        The score that favours nobody, given to all where nothing distinguishes them.
    unit_free : bool
        Whether scores stay the same when the values' unit changes.
    """

    name: str
    function: Callable[[Floats], Floats]
    neutral: float
    unit_free: bool


@dataclass(frozen=True)
class Aggregator:
    """A way to combine the scores of criteria (columns) by weight; missing scores are skipped, weights rescaled."""

    name: str
    function: Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Transform:
    """A change of a criterion's values before they are normalised, with the parameters it takes from the page."""

    name: str
    function: Callable[..., Floats]
    parameters: tuple[str, ...] = ()


NORMALISERS: dict[str, Normaliser] = {}
AGGREGATORS: dict[str, Aggregator] = {}
TRANSFORMS: dict[str, Transform] = {}


def normaliser(name: str, *, neutral: float, unit_free: bool) -> Callable[[Callable[[Floats], Floats]], Any]:
    """Register a normaliser under its name on the page."""

    def register(function: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
        NORMALISERS[name] = Normaliser(name, function, neutral, unit_free)
        return function

    return register


def aggregator(name: str) -> Callable[[Callable[[Floats, Floats], Floats]], Any]:
    """Register an aggregator under its name on the page."""

    def register(function: Callable[[Floats, Floats], Floats]) -> Callable[[Floats, Floats], Floats]:
        AGGREGATORS[name] = Aggregator(name, function)
        return function

    return register


def transform(name: str, *parameters: str) -> Callable[[Callable[..., Floats]], Any]:
    """Register a transform under its name on the page."""

    def register(function: Callable[..., Floats]) -> Callable[..., Floats]:
        TRANSFORMS[name] = Transform(name, function, parameters)
        return function

    return register


@normaliser("min-max", neutral=0.5, unit_free=True)
def min_max(values: Floats) -> Floats:
    """Scale to 0 at the lowest and 1 at the highest: (x - min) / (max - min) (OECD and JRC, 2008, Handbook, § 5.3)."""
    low, high = values.min(), values.max()
    return np.asarray((values - low) / (high - low))


@normaliser("rank", neutral=0.5, unit_free=True)
def average_rank(values: Floats) -> Floats:
    """Give each value's place from the lowest, ties sharing their mean place: (place - 1/2) / n, of mean 1/2."""
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    places = last - (counts - 1) / 2
    return np.asarray((places[of] - 0.5) / values.size)


@aggregator("arithmetic")
def arithmetic(scores: Floats, weights: Floats) -> Floats:
    """Give the weighted mean Σ w x / Σ w of each row's scores (shape (n, k)) by weights (shape (n, k))."""
    present = np.where(np.isnan(scores), 0.0, weights)
    total = present.sum(axis=1)
    summed = (np.where(np.isnan(scores), 0.0, scores) * present).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, summed / total, np.nan)


@transform("log")
def natural_logarithm(values: Floats) -> Floats:
    """Give the natural logarithm; missing where a value is not positive."""
    return np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), np.nan)


@transform("winsorise", "low", "high")
def winsorise(values: Floats, low: float, high: float) -> Floats:
    """Pull values beyond two quantiles (shares from 0 to 1, interpolated) in to those quantiles."""
    present = values[~np.isnan(values)]
    return np.clip(values, *np.quantile(present, [low, high])) if present.size else values


@transform("line", "from", "to")
def clipped_line(values: Floats, start: float, end: float) -> Floats:
    """Give 0 at ``from``, 1 at ``to``, the straight line between, flat beyond."""
    return np.clip((values - start) / (end - start), 0.0, 1.0)


def parameters_of(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any] | None:
    """Give the parameters a page writes as a mapping or as a bare list, by name; None where they do not fit."""
    if set(given) == {""}:
        values = given[""] if isinstance(given[""], list | tuple) else [given[""]]
        return dict(zip(names, values, strict=True)) if len(values) == len(names) else None
    return dict(given) if set(given) == set(names) else None
