"""What each territory could gain by giving its points to other aims, so that nobody games them unseen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equite.engine.allocation import Allocation
from equite.engine.evaluation import Scope
from equite.engine.parts import PartResult, score_of
from equite.engine.scoring import Branch, Scoring
from equite.engine.sharing import Floats, solve
from equite.formula.indices import Family, Index

__all__ = ["aims_at_stake"]


def aims_at_stake(allocation: Allocation) -> pd.DataFrame:
    """Return the most that each territory could gain by putting all its points on the aim it is neediest in.

    For each family of an index with ``points``, and each territory alone, the others' points as they are. Amounts are
    those of the parts that rest on the index, before any bound or limit, which only narrow the gain.

    Returns
    -------
    DataFrame
        One row for each territory and family: code, index, family, the aim that would pay most, amount as it is,
        amount with all points there, and the gain. Empty where no family has points.
    """
    rows: list[dict[str, object]] = []
    for name, index in allocation.formula.indices.items():
        scoring = allocation.scope.scoring(name)
        if scoring.tree is None:
            continue
        for family, branch in _with_points(index, scoring.tree, name):
            rows += _family_rows(allocation, scoring, family, branch)
    columns = ["code", "index", "family", "aim", "amount", "best_amount", "gain"]
    return pd.DataFrame(rows, columns=columns)


def _with_points(group: Index | Family, branch: Branch, name: str) -> list[tuple[str, Branch]]:
    """Return the families below a branch whose weights are points of each territory's own."""
    found = []
    if isinstance(group, Family) and group.points is not None:
        found.append((name, branch))
    for child, key in zip(branch.children, branch.names, strict=True):
        if isinstance(child, Branch):
            found += _with_points(group.families[key], child, key)
    return found


def _family_rows(allocation: Allocation, scoring: Scoring, family: str, branch: Branch) -> list[dict[str, object]]:
    matrix = scoring.matrix
    measured = np.stack(
        [matrix[:, child] if isinstance(child, int) else child.combine(matrix) for child in branch.children], axis=1
    )
    best = np.nanargmax(np.where(np.isnan(measured), -np.inf, measured), axis=1)
    parts = [result for result in allocation.parts_shared if _rests_on(allocation, result, scoring.name)]
    now = _paid(allocation, scoring, parts, scoring.scores[allocation.context.rows])
    weights = np.broadcast_to(branch.weights, measured.shape)
    rows: list[dict[str, object]] = []
    for row, code in enumerate(allocation.codes):
        moved = weights.copy()
        moved[row] = 0.0
        moved[row, best[row]] = weights[row].sum()
        scores = _replaced(scoring, branch, moved)
        amount = float(_paid(allocation, scoring, parts, scores)[row])
        gain = max(0.0, amount - float(now[row]))
        aim = branch.names[int(best[row])]
        told = {"code": code, "index": scoring.name, "family": family, "aim": aim}
        rows.append({**told, "amount": float(now[row]), "best_amount": float(now[row]) + gain, "gain": gain})
    return rows


def _replaced(scoring: Scoring, branch: Branch, weights: Floats) -> Floats:
    """Score again with other weights in one family."""
    assert scoring.tree is not None
    return _with_weights(scoring.tree, branch, weights).combine(scoring.matrix)


def _with_weights(tree: Branch, branch: Branch, weights: Floats) -> Branch:
    if tree is branch:
        return Branch(tree.aggregator, tree.parameters, tree.names, tree.children, weights)
    children = tuple(
        _with_weights(child, branch, weights) if isinstance(child, Branch) else child for child in tree.children
    )
    return Branch(tree.aggregator, tree.parameters, tree.names, children, tree.weights)


def _rests_on(allocation: Allocation, result: PartResult, index: str) -> bool:
    names = allocation.formula.names
    return index in names.closure(names.part_needs(result.part)) and result.part.share.as_is is None


def _paid(allocation: Allocation, scoring: Scoring, parts: list[PartResult], scores: Floats) -> Floats:
    """Return what the parts that rest on an index pay when it has these scores, before bounds."""
    context = allocation.context
    scope: Scope = allocation.scope.bound(**{scoring.name: context.full(scores)})
    total = np.zeros(context.size)
    for result in parts:
        fixed, score, floor = score_of(scope, context, result.part, result.members)
        lower = np.where(result.members, floor, 0.0)
        upper = np.where(result.members, np.inf, 0.0)
        total += solve(fixed, score, lower, upper, result.pool, result.groups).amounts
    return total
