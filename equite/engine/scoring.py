"""Composite scores: each criterion measured, turned so that more means more need, brought to one scale, combined.

The steps and their order follow OECD and JRC (2008), *Handbook on Constructing Composite Indicators*: missing values,
transform, direction, normalise, weigh, aggregate. Weights are relative within their parent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np

from equite.engine.criteria import CriterionScore, ScoreMeasure, measure
from equite.engine.equality import alike_but_for_dust
from equite.engine.evaluation import Mask, Scope
from equite.engine.goalposts import frozen_goalposts
from equite.engine.line import Line
from equite.engine.methods import AGGREGATORS, NORMALISERS
from equite.engine.registry import Aggregator, Normaliser
from equite.engine.registry import Method as Registered
from equite.engine.sharing import DUST, Floats
from equite.errors import FormulaError, MethodError, Problem, Problems, nearest
from equite.formula.expressions import Expression
from equite.formula.indices import Criterion, Family, Index, Method, Missing
from equite.formula.nodes import Binary, Node, Number
from equite.wording import Codes, Numeral

__all__ = ["Branch", "Scoring", "score_index"]

#: What every territory scores where no criterion distinguishes anybody.
NEUTRAL = 0.5
_RANK = Method(name="rank")
#: So many rows of a column, and what is made of them, stay in the processor's cache.
_BLOCK = 1 << 13


@dataclass(frozen=True)
class Branch:
    """A family (or the whole index): children by position, and each one's weight for each territory that takes part.

    A child is a criterion's column (an int) or a branch; ``names`` gives each one's name on the page. Weights have the
    shape (n, children), or (1, children) where they are the same for all.
    """

    aggregator: Aggregator
    parameters: Mapping[str, Any]
    names: tuple[str, ...]
    children: tuple[Branch | int, ...]
    weights: Floats

    def combine(self, scores: Floats) -> Floats:
        """Return each row's score from the scores of all criteria, shape (n, criteria) to (n,)."""
        columns = [scores[:, child] if isinstance(child, int) else child.combine(scores) for child in self.children]
        matrix = np.stack(columns, axis=1)
        found = self.aggregator.run(matrix, np.broadcast_to(self.weights, matrix.shape), **self.parameters)
        if self.aggregator.is_own:
            self._refuse_unscored(found, matrix)
        return found

    def weighted_mean(self, scored: Sequence[Floats | Line], rows: slice) -> Floats:
        """Return some rows' scores where all is linear, complete and weighs the same for all, column by column."""
        total: Floats | float = 0.0
        for child, weight in zip(self.children, self.weights[0].tolist(), strict=True):
            if isinstance(child, Branch):
                part = child.weighted_mean(scored, rows)
            else:
                given = scored[child]
                part = given.at(rows) if isinstance(given, Line) else given[rows].copy()
            part *= weight
            total += part
        return np.asarray(total / self.weights.sum())

    def _refuse_unscored(self, found: Floats, matrix: Floats) -> None:
        """Refuse scores that are not finite though something weighs: a mean above would skip them in silence."""
        lost = ~np.isfinite(found) & (~np.isnan(matrix) & (self.weights > 0)).any(axis=1)
        if lost.any():
            values = {"name": self.aggregator.name, "count": Numeral(int(lost.sum())), "all": Numeral(lost.size)}
            raise MethodError([Problem("aggregator-without-score", values)])

    def reweighted(self, weights: Mapping[str, float]) -> Branch:
        """Return the same branch with other weights, by the name of the criterion or family; unnamed ones stay."""
        children = tuple(child if isinstance(child, int) else child.reweighted(weights) for child in self.children)
        changed = self.weights.copy()
        for at, name in enumerate(self.names):
            changed[:, at] = weights.get(name, changed[:, at])
        return replace(self, children=children, weights=changed)

    def among(self, kept: Mask) -> Branch:
        """Return the same branch over some of the rows."""
        children = tuple(child if isinstance(child, int) else child.among(kept) for child in self.children)
        return replace(self, children=children, weights=self.weights if len(self.weights) == 1 else self.weights[kept])

    def effective(self, present: Mask, share: Floats, found: Floats) -> None:
        """Write each criterion's part of the whole weight into ``found``, given this branch's ``share``."""
        there = np.stack([self._present(child, present) for child in self.children], axis=1)
        weights = np.where(there, self.weights, 0.0)
        weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        for at, child in enumerate(self.children):
            if isinstance(child, int):
                found[:, child] = share * weights[:, at]
            else:
                child.effective(present, share * weights[:, at], found)

    def _present(self, child: Branch | int, present: Mask) -> Mask:
        if isinstance(child, int):
            return present[:, child]
        return np.asarray(np.logical_or.reduce([child._present(inner, present) for inner in child.children]))

    @property
    def is_linear(self) -> bool:
        """Whether the score is a weighted mean of its criteria."""
        return self.aggregator.name == "arithmetic" and all(
            isinstance(child, int) or child.is_linear for child in self.children
        )

    @property
    def is_same_for_all(self) -> bool:
        """Whether every weight is the same for all territories."""
        return len(self.weights) == 1 and all(
            isinstance(child, int) or child.is_same_for_all for child in self.children
        )


@dataclass(frozen=True)
class Scoring:
    """How an index came out.

    Attributes
    ----------
    name : str
        The index.
    scores : ndarray, shape (n,)
        Each territory's score, higher for more need; missing for those that take no part.
    criteria : tuple of CriterionScore
        The criteria that count, in the page's order.
    rows : int
        How many take part.
    tree : Branch or None
        How scores combine; None where nothing distinguishes anybody.
    warnings : tuple of Problem
        Criteria that dropped out, cells that were filled or skipped.
    all_measured : Scoring or None
        Where the money is only for some, the same for all that were measured.
    """

    name: str
    scores: Floats
    criteria: tuple[CriterionScore, ...]
    rows: int
    tree: Branch | None
    warnings: tuple[Problem, ...]
    all_measured: Scoring | None = None

    @cached_property
    def weights(self) -> Floats:
        """Each criterion's part of the whole weight for each territory that takes part, shape (eligible, criteria).

        Rows sum to 1. Where they are the same, they are one in memory.
        """
        shape = self.rows, len(self.criteria)
        if self.tree is None:
            return np.zeros(shape)
        if self.tree.is_same_for_all and self._is_complete:
            return np.broadcast_to(self._shares, shape)
        found = np.zeros(shape)
        self.tree.effective(~np.isnan(self.matrix), np.ones(self.rows), found)
        return found

    @property
    def _is_complete(self) -> bool:
        return all(criterion.is_complete for criterion in self.criteria)

    @property
    def _shares(self) -> Floats:
        """The parts of the whole weight that are the same for all, all scores being there, shape (1, criteria)."""
        assert self.tree is not None
        found = np.zeros((1, len(self.criteria)))
        self.tree.effective(np.ones(found.shape, dtype=bool), np.ones(1), found)
        return found

    def combined(self) -> Floats:
        """Work out the scores of those that take part, shape (eligible,).

        A weighted mean with the same weights for all is summed criterion by criterion, without a matrix of scores.
        """
        assert self.tree is not None
        if not (self.tree.is_linear and self.tree.is_same_for_all and self._is_complete):
            return self.tree.combine(self.matrix)
        scored, found = [criterion.scored for criterion in self.criteria], np.empty(self.rows)
        for start in range(0, self.rows, _BLOCK):
            rows = slice(start, start + _BLOCK)
            found[rows] = self.tree.weighted_mean(scored, rows)
        return found

    @property
    def matrix(self) -> Floats:
        """The criteria's scores of those that take part, shape (eligible, criteria)."""
        return np.stack([criterion.scores for criterion in self.criteria], axis=1)

    def among(self, kept: Mask) -> Scoring:
        """Return the same scoring for some of those that were measured; their scores stay as measured among all."""
        criteria = tuple(criterion.among(kept) for criterion in self.criteria)
        tree = self.tree.among(kept) if self.tree is not None else None
        return replace(self, criteria=criteria, rows=int(kept.sum()), tree=tree, all_measured=self)


def score_index(name: str, scope: Scope) -> Scoring:
    """Score an index over those that take part, and keep those that the money is for.

    Raises
    ------
    FormulaError
        A method is unknown, a weight is unusable, a value is missing where the page refuses that, a group has no
        direction: every problem at once.
    """
    found = _scored(name, scope)
    return found if scope.served is None else found.among(scope.served[scope.taking_part])


def _scored(name: str, scope: Scope) -> Scoring:
    index = scope.formula.indices[name]
    build = _Builder(name, index, scope)
    tree = build.branch(index, ("indices", name))
    build.problems.refuse()
    scores, rows = np.full(scope.table.size, np.nan), int(np.count_nonzero(scope.taking_part))
    if tree is None:
        scores[scope.taking_part] = NEUTRAL
        build.warnings.append(Problem("index-neutral", {"index": name}))
        return Scoring(name, scores, (), rows, None, tuple(build.warnings))
    found = Scoring(name, scores, tuple(build.criteria), rows, tree, tuple(build.warnings))
    scores[scope.taking_part] = found.combined()
    return found


class _Builder:
    """Walks an index, measures its criteria, and collects what is wrong."""

    def __init__(self, name: str, index: Index, scope: Scope) -> None:
        self.name, self.index, self.scope = name, index, scope
        self.problems = Problems(FormulaError, scope.formula.language)
        self.warnings: list[Problem] = []
        self.criteria: list[CriterionScore] = []
        self._normalisers: dict[int, tuple[Normaliser, dict[str, Any]]] = {}

    def branch(self, group: Index | Family, path: tuple[str, ...]) -> Branch | None:
        """Build a family's branch; None where all of it dropped out."""
        method = group.aggregate or self.index.aggregate
        if method.name not in AGGREGATORS:
            self._unknown("aggregator-unknown", method.name, AGGREGATORS, (*path, "aggregate"))
            return None
        aggregator = AGGREGATORS[method.name]
        parameters = self._parameters(aggregator, method, (*path, "aggregate"))
        names: list[str] = []
        children: list[Branch | int] = []
        weights: list[Floats] = []
        for key, criterion in group.criteria.items():
            below = (*path, "criteria", key)
            weight = self._weight(criterion.weight, below)
            child = self._criterion(key, criterion, below) if weight is not None else None
            if child is not None and weight is not None:
                names.append(key)
                children.append(child)
                weights.append(weight)
        for key, family in group.families.items():
            below = (*path, "families", key)
            weight = self._weight(family.weight, below)
            inner = self.branch(family, below) if weight is not None else None
            if inner is not None and weight is not None:
                names.append(key)
                children.append(inner)
                weights.append(weight)
        if not children:
            return None
        rows = max(map(len, weights))
        stacked = np.stack([each if len(each) == rows else np.broadcast_to(each, rows) for each in weights], axis=1)
        self._same_total(group, stacked, path)
        self._enough_present(children, stacked, path)
        self._suits(aggregator, parameters, children, path)
        return Branch(aggregator, parameters, tuple(names), tuple(children), stacked)

    def _parameters(self, method: Registered, given: Method, path: tuple[str, ...]) -> dict[str, Any]:
        """Return a method's parameters; note those that do not fit."""
        found = method.filled(given.parameters)
        if found is None:
            wanted = ", ".join(method.parameters) or "—"
            self.problems.add("method-parameters", **self._place(*path), name=method.name, parameters=wanted)
        return found or {}

    def _suits(
        self, method: Aggregator, parameters: Mapping[str, Any], children: Sequence[Branch | int], path: tuple[str, ...]
    ) -> None:
        """Refuse scores that an aggregator cannot take: zeros in a product, places that do not match."""
        order = parameters.get("order")
        if order is not None and (
            not isinstance(order, list) or len(order) != len(children) or min(order) < 0 or not sum(order)
        ):
            self.problems.add("order-length", **self._place(*path), count=len(children))
        for child in children:
            if method.positive and isinstance(child, int) and (self.criteria[child].scores <= 0).any():
                found = self.criteria[child]
                codes = Codes(tuple(self.scope.table.codes[self.scope.taking_part][found.scores <= 0]))
                # As the page would write them: no thousands, no typographic minus.
                low, high = f"{found.low - (found.high - found.low) / 99:.6g}", f"{found.high:.6g}"
                about = dict(method=method.name, criterion=found.name, codes=codes, low=low, high=high)
                self.problems.found.append(Problem("score-not-positive", about, **self._place(*path)))

    def _weight(self, weight: Expression, path: tuple[str, ...]) -> Floats | None:
        """Return a weight for each territory that takes part, or one for all; None where it is zero or unusable."""
        if (number := weight.number) is not None and 0 < number < np.inf:
            return np.array([number])
        values = np.asarray(number) if number is not None else self.scope.settled(weight.tree)
        values = self.scope.taking(values) if values.shape else values[np.newaxis]
        # A missing weight makes the least missing, and the comparison false.
        if values.size and not (values.min() >= 0 and values.max() < np.inf):
            self.problems.add("weight-unusable", **self._place(*path, "weight"), weight=str(weight))
            return None
        return values if values.size and values.max() > 0 else None

    def _same_total(self, group: Index | Family, weights: Floats, path: tuple[str, ...]) -> None:
        """Refuse weights whose total differs, or is not that of the points that the page states."""
        children: list[Criterion | Family] = [*group.criteria.values(), *group.families.values()]
        points = getattr(group, "points", None)
        if points is not None:
            wrong = self.scope.compared("!=", _sum_of(children), Number(float(points))) == 1
            wrong = np.broadcast_to(wrong, (self.scope.table.size,))[self.scope.taking_part]
            if wrong.any():
                codes = Codes(tuple(self.scope.table.codes[self.scope.taking_part][wrong]))
                self.problems.add("points-not-sum", **self._place(*path), points=float(points), codes=codes)
            return
        totals = weights.sum(axis=1)
        if len(weights) > 1 and np.ptp(weights, axis=0).any():
            # A criterion that drops out takes its weight along: those that are left must still have one total.
            if len(children) == weights.shape[1]:
                totals = self.scope.alike(_sum_of(children))[self.scope.taking_part]
            totals = alike_but_for_dust(totals)
        if totals.size and (totals.max() != totals.min() or totals.min() <= 0):
            low, high = float(totals.min()), float(totals.max())
            self.problems.add("weights-differ", **self._place(*path), low=low, high=high)

    def _enough_present(self, children: Sequence[Branch | int], weights: Floats, path: tuple[str, ...]) -> None:
        """Refuse a territory for which too little of a family's weight is there."""
        if self._all_present(children) and (weights.sum(axis=1) > 0).all():
            return
        rows = int(np.count_nonzero(self.scope.taking_part))
        present = np.stack(
            [
                ~np.isnan(self.criteria[child].scores) if isinstance(child, int) else np.ones(rows, dtype=bool)
                for child in children
            ],
            axis=1,
        )
        share = (weights * present).sum(axis=1) / np.maximum(weights.sum(axis=1), np.finfo(float).tiny)
        wanted = max([float(rule.minimum_present or 0) for rule in self._rules(children)] or [0.0])
        short = (share < wanted - DUST) | (share <= 0)
        if short.any():
            codes = self.scope.table.codes[self.scope.taking_part][short]
            self.problems.add("too-little-present", **self._place(*path), codes=Codes(tuple(codes)), wanted=wanted)

    def _all_present(self, children: Sequence[Branch | int]) -> bool:
        return all(self.criteria[child].is_complete for child in children if isinstance(child, int))

    def _rules(self, children: Sequence[Branch | int]) -> list[Missing]:
        return [self.criteria[child].missing for child in children if isinstance(child, int)]

    def _criterion(self, name: str, criterion: Criterion, path: tuple[str, ...]) -> int | None:
        """Measure one criterion; its column, or None where it drops out."""
        # Inside groups ranks are the default: their mean is the same in each group whatever the values.
        method = criterion.normalise or (_RANK if criterion.more_need_when.by else self.index.normalise)
        chosen = self._normaliser(name, method, path)
        if chosen is None:
            return None
        found = measure(
            ScoreMeasure(
                name=name,
                index=self.name,
                families=tuple(path[3::2][:-1]),
                criterion=criterion,
                missing=criterion.missing or self.index.missing,
                outliers=criterion.outliers or self.index.outliers,
                normaliser=chosen[0],
                parameters=chosen[1],
                path=path,
            ),
            self.scope,
            self.problems,
            self.warnings,
        )
        if found is None:
            return None
        self.criteria.append(found)
        return len(self.criteria) - 1

    def _normaliser(self, name: str, method: Method, path: tuple[str, ...]) -> tuple[Normaliser, dict[str, Any]] | None:
        """Return a criterion's normaliser and its parameters; levels and last year's goalposts are goalposts."""
        if id(method) in self._normalisers:
            return self._normalisers[id(method)]
        given, place = method, (*path, "normalise")
        if method.name == "levels":
            spec = self.scope.formula.columns.get(name)
            if spec is None or len(spec.levels) < 2:
                self.problems.add("levels-unknown", **self._place(*place), criterion=name)
                return None
            method = Method(name="goalposts", parameters={"low": 1, "high": len(spec.levels)})
        if method.name == "goalposts" and set(method.parameters) == {"from"}:
            record = str(method.parameters["from"])
            posts = frozen_goalposts(self.scope.formula, record, self.name, name)
            if posts is None:
                self.problems.add("goalposts-unknown", **self._place(*place), record=record, criterion=name)
                return None
            method = Method(name="goalposts", parameters={"low": posts[0], "high": posts[1]})
        if method.name not in NORMALISERS:
            self._unknown("normaliser-unknown", method.name, {**NORMALISERS, "levels": None}, place)
            return None
        found = NORMALISERS[method.name]
        before = len(self.problems.found)
        parameters = self._parameters(found, method, place)
        if len(self.problems.found) > before:
            return None
        if method is given:
            # Most criteria follow their index's, and only levels and goalposts of a record are a criterion's own.
            self._normalisers[id(given)] = found, parameters
        return found, parameters

    def _unknown(self, entry: str, name: str, known: object, path: tuple[str, ...]) -> None:
        assert isinstance(known, dict)
        self.problems.add(entry, **self._place(*path), name=name, nearest=nearest(name, known), known=", ".join(known))

    def _place(self, *path: str) -> dict[str, Any]:
        return self.scope.formula.where(*path)


def _sum_of(children: Sequence[Criterion | Family]) -> Node:
    """Return the tree that adds the weights of some children."""
    trees: list[Node] = [child.weight.tree for child in children]
    return reduce(lambda left, right: Binary("+", left, right), trees)
