"""What criteria weigh in fact, and the weights that data suggest, to be set beside those that people chose.

Data-driven methods are a registry of pure functions. They reward criteria that vary, or that say what others do not;
none knows what need is. Each brings every column to 0..1 first (its lowest value 0, its highest 1), so that no unit and
no normaliser weighs. To add one is to write a function (scores of shape (n, k) in, weights of shape (k,) out) under
``@weighting``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from equite.engine.allocation import Allocation
from equite.engine.registry import Method
from equite.engine.scoring import Branch, Scoring
from equite.engine.sharing import Floats
from equite.formula.indices import Criterion, Family, Index

__all__ = ["WEIGHTINGS", "Written", "leaving_out", "nodes", "weighting", "weights_at_work", "written_weights"]

WEIGHTINGS: dict[str, Method] = {}
#: Components of the correlation matrix whose sizes differ by no more than this share are of the same size.
_TIE = 1e-9


def weighting(name: str) -> Callable[[Callable[[Floats], Floats]], Callable[[Floats], Floats]]:
    """Register a method: no score missing, at least two rows; weights of zero or more that sum to 1."""

    def register(function: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
        WEIGHTINGS[name] = Method(name, function)
        return function

    return register


def _informative(scores: Floats, measure: Callable[[Floats], Floats]) -> Floats:
    """Weigh in proportion to a measure of the columns that differ, each brought to 0..1; constant ones weigh 0.

    Where no column differs, or the measure is 0 for all, those that are left weigh the same.
    """
    low, high = scores.min(axis=0), scores.max(axis=0)
    differs = high > low
    if not differs.any():
        return equal(scores)
    unit = (scores[:, differs] - low[differs]) / (high - low)[differs]
    found = np.maximum(measure(unit), 0.0)
    weights = np.zeros(differs.size)
    weights[differs] = found / found.sum() if found.sum() > 0 else 1.0 / differs.sum()
    return weights


@weighting("equal")
def equal(scores: Floats) -> Floats:
    """Return 1/k to each of the k criteria.

    It does not look at the scores: a constant column weighs as much as any other.
    """
    return np.full(scores.shape[1], 1.0 / scores.shape[1])


@weighting("entropy")
def entropy(scores: Floats) -> Floats:
    """Return (1 - E_k) / Σ (1 - E), with E_k = -Σ_i p_ik ln p_ik / ln n and p_ik = x_ik / Σ_i x_ik.

    Shannon's entropy E is 1 where need is spread evenly and 0 where one territory holds all of it, so that the method
    gives weight to need that few have. Source: Zou, Yun and Sun (2006), *Journal of Environmental Sciences* 18(5),
    1020-1023, whose scores are brought to 0..1 first as here.
    """

    def concentration(unit: Floats) -> Floats:
        shares = unit / unit.sum(axis=0)
        logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
        return np.asarray(1 + (shares * logs).sum(axis=0) / np.log(len(unit)))

    return _informative(scores, concentration)


@weighting("critic")
def critic(scores: Floats) -> Floats:
    """Return C_k / Σ C, with C_k = σ_k Σ_j (1 - r_jk): what varies, and says what the others do not.

    σ is the standard deviation, r Pearson's correlation. Where all criteria say the same (every r is 1) those that are
    not constant weigh the same. Source: Diakoulaki, Mavrotas and Papayannakis (1995), *Computers & Operations
    Research* 22(7), 763-770.
    """

    def conflict(unit: Floats) -> Floats:
        apart = np.maximum(1 - _correlations(unit), 0.0)
        # Binary dust is no conflict.
        return np.asarray(unit.std(axis=0) * np.where(apart > _TIE, apart, 0.0).sum(axis=0))

    return _informative(scores, conflict)


@weighting("deviation")
def deviation(scores: Floats) -> Floats:
    """Return σ_k / Σ σ, the standard deviations: what varies weighs.

    Source: the standard deviation method that Diakoulaki, Mavrotas and Papayannakis (1995) compare CRITIC with.
    """
    return _informative(scores, lambda unit: unit.std(axis=0))


@weighting("first-component")
def first_component(scores: Floats) -> Floats:
    """Return v_k², v being the first eigenvector (of length 1) of the correlation matrix: what goes with the others.

    Squares do not depend on the eigenvector's sign. They sum to 1. Where several components are as large as the first,
    as where no criterion goes with another, their squares are averaged, so that no order of columns matters. Source:
    Nicoletti, Scarpetta and Boylaud (2000), *OECD Economics Department Working Papers* 226; OECD and JRC (2008), 6.1.
    """

    def loadings(unit: Floats) -> Floats:
        sizes, vectors = np.linalg.eigh(_correlations(unit))
        first = sizes >= sizes[-1] * (1 - _TIE)
        return np.asarray((vectors[:, first] ** 2).mean(axis=1))

    return _informative(scores, loadings)


def _correlations(unit: Floats) -> Floats:
    return np.atleast_2d(np.corrcoef(unit, rowvar=False))


class Written(NamedTuple):
    """A criterion's weight as the page has it: in its family, and in the whole; means over territories."""

    criterion: str
    family: str
    relative: float
    nominal: float


def written_weights(allocation: Allocation, index: str) -> list[Written]:
    """Return the weights of an index as written, those of criteria that dropped out included; nominal ones sum to 1."""
    size = allocation.context.size

    def below(group: Index | Family, share: Floats, path: tuple[str, ...]) -> Iterator[Written]:
        children: list[tuple[str, Criterion | Family]] = [*group.criteria.items(), *group.families.items()]
        rows = [allocation.scope.rows(child.weight.tree)[allocation.context.rows] for _, child in children]
        total = sum(rows, np.zeros(size))
        for (name, child), weights in zip(children, rows, strict=True):
            relative = np.divide(weights, total, out=np.zeros(size), where=total > 0)
            if isinstance(child, Family):
                yield from below(child, share * relative, (*path, name))
            else:
                yield Written(name, "/".join(path), _mean(relative), _mean(share * relative))

    return list(below(allocation.formula.indices[index], np.ones(size), ()))


def weights_at_work(allocation: Allocation, scoring: Scoring) -> pd.DataFrame:
    """Return what each criterion weighs, from what is written to what it does; weights are means over territories.

    ============== =====================================================================================================
    relative       in its family, as written
    nominal        in the whole, as written: the product of relative weights
    effective      in the whole, as applied: constant criteria gone, missing cells made up for by the rest of the family
    correlation    Pearson's r of the criterion's scores with the index
    importance     r² / Σ r²: the correlation ratio of Paruolo, Saisana and Saltelli (2013), *Journal of the Royal
                   Statistical Society A* 176(3), 609-634, taken as linear, brought to a sum of 1
    variance_share cov(w_k x_k, index) / var(index): sums to 1, negative where a criterion pulls against the others;
                   missing for an index that is no weighted mean
    ============== =====================================================================================================

    Returns
    -------
    DataFrame
        These columns after ``criterion`` and ``family``. Criteria that dropped out stand last, and have none.
    """
    written = {each.criterion: each for each in written_weights(allocation, scoring.name)}
    matrix, index = scoring.matrix, scoring.scores[allocation.context.rows]
    r = np.array([_pearson(column, index) for column in matrix.T])
    squares = np.nan_to_num(r**2)
    parts = np.nan_to_num(matrix) * scoring.weights
    moved = (parts - parts.mean(axis=0)).T @ (index - index.mean()) / index.size
    linear = scoring.tree is not None and scoring.tree.is_linear and index.var() > 0
    at_work = {
        "effective": [_mean(column) for column in scoring.weights.T],
        "correlation": r,
        "importance": squares / squares.sum() if squares.sum() > 0 else np.full(r.size, np.nan),
        "variance_share": moved / index.var() if linear else np.full(r.size, np.nan),
    }
    names = [criterion.name for criterion in scoring.criteria]
    found = pd.DataFrame([written[name] for name in names], columns=list(Written._fields)).assign(**at_work)
    gone = [(*each, 0.0) for name, each in written.items() if name not in names and each.nominal > 0]
    return pd.concat([found, pd.DataFrame(gone, columns=found.columns[:5])], ignore_index=True) if gone else found


def _mean(weights: Floats) -> float:
    """Return a mean weight without the binary dust that would tell equal weights apart."""
    return float(np.round(weights.mean(), 12)) if weights.size else np.nan


def _pearson(one: Floats, other: Floats) -> float:
    """Return the correlation over rows that have both; missing where either is constant."""
    both = ~(np.isnan(one) | np.isnan(other))
    one, other = one[both], other[both]
    if one.size < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def nodes(
    branch: Branch, path: tuple[str, ...] = (), place: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...], Branch | int]]:
    """Return every family and criterion below a branch: its path by names, its place by position, itself."""
    for at, (name, child) in enumerate(zip(branch.names, branch.children, strict=True)):
        yield (*path, name), (*place, at), child
        if isinstance(child, Branch):
            yield from nodes(child, (*path, name), (*place, at))


def leaving_out(branch: Branch, place: tuple[int, ...]) -> Branch:
    """Return a branch in which one child, at any depth, has no weight; a family left with no weight has none either.

    :meth:`Branch.reweighted` goes by name, and a family may be named as a criterion is.
    """
    children, at = list(branch.children), place[0]
    child, gone = children[at], np.ones(1, dtype=bool)
    if len(place) > 1 and isinstance(child, Branch):
        children[at] = left = leaving_out(child, place[1:])
        gone = left.weights.sum(axis=1) == 0
    # Of two levels, either may have its weights once for all.
    weights = np.repeat(branch.weights, max(1, len(gone) // len(branch.weights)), axis=0)
    weights[:, at] = np.where(gone, 0.0, weights[:, at])
    return replace(branch, children=tuple(children), weights=weights)
