"""Variants of one allocation worked out side by side: each on group envelopes of its own, all by the same steps.

What an allocation does for one group envelope it does for thousands at once. Variants stand end to end, as group
envelopes do, and the steps are those of :mod:`equite.engine.steps`: there is no second engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from equite.engine.allocate import prepared
from equite.engine.bounded import error_of_scores
from equite.engine.bounds import Context
from equite.engine.equality import Known
from equite.engine.evaluation import Scope
from equite.engine.scoring import Branch, Scoring, score_index
from equite.engine.sharing import Floats, Groups
from equite.engine.steps import Units, envelope_of, knowing_envelope, take_steps
from equite.engine.variants import VariantScope
from equite.engine.varying import Varying
from equite.formula.formula import Formula
from equite.formula.indices import Family, Index
from equite.formula.nodes import Name, Node
from equite.inputs.territories import Territories

__all__ = ["SideBySide", "can_stand_side_by_side"]


def can_stand_side_by_side(varying: Varying) -> bool:
    """Tell whether no step of a page looks at all rows where it should look at those of one variant.

    Who takes part, and on which group envelope, must not vary. Where a part pays what is due as it is, one bound of
    one variant would make its name stand for what was paid rather than what is due; so would a limit before another.
    """
    formula = varying.named
    names = {name for rule in formula.eligible for name in rule.where.names}
    names |= {formula.within} if formula.within else set()
    if not formula.names.closure(names).isdisjoint(varying.names):
        return False
    if any("envelope" in formula.names.rests_on(name) for name in formula.indices):
        return False
    as_is = [part for part in formula.parts if part.share.as_is is not None]
    bounded = any(part.at_least or part.at_most or part.eligible for part in as_is)
    limited = bool(as_is) and (len(formula.limits) > 1 or any(limit.part for limit in formula.limits))
    return not (bounded or limited or (as_is and formula.if_short == "prorate"))


#: Multiplications in one product.
_PRODUCT = 1 << 18


@dataclass(frozen=True, eq=False)
class SideBySide:
    """What all variants have in common, worked out once.

    Attributes
    ----------
    varying : Varying
        What varies.
    base : Scope
        The names that do not vary, on the table itself.
    context : Context
        Who takes part, and on which group envelopes, in one variant.
    order : ndarray of int, shape (n,)
        The rows of the table in code order.
    envelope_units : ndarray of int or None
        The money of each group envelope, where it does not vary.
    """

    varying: Varying
    base: Scope
    context: Context
    order: np.ndarray
    envelope_units: Units | None
    _scorings: dict[tuple[str, bytes], tuple[Scoring, Floats]]
    _fixed: dict[tuple[str, Node], Floats]

    @classmethod
    def of(cls, varying: Varying, territories: Territories, figures: Mapping[str, Floats]) -> SideBySide:
        """Work out what does not vary, from one variant.

        Parameters
        ----------
        varying : Varying
            What varies.
        territories : Territories
            The table.
        figures : mapping of str to ndarray, shape () or (n,)
            What varies, in one variant; by territory, in the order of the table.
        """
        page, columns = varying.alone(figures)
        scope, context, order = prepared(page, territories.with_figures(columns))
        base = Scope(varying.named, scope.table, scope.eligible, score_index)
        context = replace(context, formula=varying.named, told=False, same_bounds={})
        envelope_units = None
        if varying.names.isdisjoint(varying.named.names.rests_on("envelope")):
            envelope_units = envelope_of(base, context)
            base = knowing_envelope(base, context, envelope_units)
        return cls(varying, base, context, order, envelope_units, {}, {})

    @property
    def formula(self) -> Formula:
        """The page in which names stand for what varies."""
        return self.varying.named

    def units(self, figures: Mapping[str, Floats], count: int) -> Units:
        """Return the whole units of some variants, shape (count, eligible).

        Parameters
        ----------
        figures : mapping of str to ndarray, shape (count,) or (count, n)
            What varies, in each variant; by territory, in the order of the table.

        Raises
        ------
        EquiteError, MissingInAggregate
            One of them cannot be shared: which one, and why, is told by each made alone.
        """
        size = self.base.table.size
        in_order = {name: each[:, self.order] if each.ndim == 2 else each for name, each in figures.items()}
        # An index's weights are read by its scoring alone.
        known = {
            name: Known(np.ravel(each) if each.ndim == 2 else np.repeat(each, size), is_typed=True)
            for name, each in in_order.items()
            if name in self.varying.read_by_rows
        }
        for index in self.formula.indices:
            if not self.varying.names.isdisjoint(self.formula.names.rests_on(index)):
                known[index] = self._scores(index, in_order, count)
        context, units = self._repeated(count), None
        scope: Scope = VariantScope(self.base, count, known, self._fixed)
        if self.envelope_units is not None:
            units = np.tile(self.envelope_units, count)
        elif self.formula.envelope is not None:
            units = envelope_of(scope, context)
            scope = knowing_envelope(scope, context, units)
        return take_steps(scope, context, units).units.reshape(count, -1)

    def _repeated(self, count: int) -> Context:
        """Return the context of some variants end to end."""
        context, groups = self.context, self.context.group_envelopes
        of = np.repeat(np.arange(count) * groups.count, context.size) + np.tile(groups.of, count)
        return replace(
            context,
            rows=np.tile(context.rows, count),
            codes=np.tile(context.codes, count),
            group_envelopes=Groups(of, groups.count * count),
            group_envelope_labels=context.group_envelope_labels * count,
            variants=count,
            unbounded=[],
        )

    def _scores(self, index: str, figures: Mapping[str, Floats], count: int) -> Known:
        """Score an index in each variant; give the scores end to end, each with the bound on its error."""
        scores = np.full((count, self.base.table.size), np.nan)
        error, left = np.empty(count), np.ones(count, dtype=bool)
        varied = self._weights_alone(index, figures)
        if varied is not None:
            patterns, of = np.unique(varied > 0, axis=0, return_inverse=True)
            for at in range(len(patterns)):
                rows = np.flatnonzero(of.reshape(-1) == at)
                scoring, measured = self._scoring(index, patterns[at].tobytes(), figures, int(rows[0]))
                weights = _weights(scoring, self.formula.indices[index], figures, rows)
                if weights is not None:
                    scores[rows] = self.context.full(_product(weights, measured))
                    error[rows], left[rows] = error_of_scores(scoring), False
        for variant in np.flatnonzero(left):
            scoring = self._alone(index, figures, int(variant))
            scores[variant], error[variant] = scoring.scores, error_of_scores(scoring)
        most = np.nanmax(np.abs(scores), axis=1, initial=0.0)
        return Known(scores.reshape(-1), error=np.repeat(error * most, self.base.table.size))

    def _weights_alone(self, index: str, figures: Mapping[str, Floats]) -> Floats | None:
        """Return the weights of an index that vary, shape (variants, weights); None where something else varies too."""
        if getattr(self.formula.indices[index], "points", None) is not None:
            return None
        varied = self.formula.names.rests_on(index) & self.varying.names
        at_weights = {
            expression.tree.name
            for path, expression in self.formula.names.below("indices", index)
            if path[-1] == "weight" and isinstance(expression.tree, Name)
        }
        if not varied <= at_weights or any(figures[name].ndim == 2 for name in varied):
            return None
        return np.stack([figures[name] for name in sorted(varied)], axis=1)

    def _scoring(
        self, index: str, pattern: bytes, figures: Mapping[str, Floats], variant: int
    ) -> tuple[Scoring, Floats]:
        """Measure an index's criteria once for all variants in which the same of them weigh something.

        Their scores are given too, shape (criteria, eligible).
        """
        key = (index, pattern)
        if key not in self._scorings:
            found = self._alone(index, figures, variant)
            measured = found.matrix.T if found.criteria else np.empty((0, found.rows))
            self._scorings[key] = found, np.ascontiguousarray(measured)
        return self._scorings[key]

    def _alone(self, index: str, figures: Mapping[str, Floats], variant: int) -> Scoring:
        """Score an index in one variant."""
        names = self.formula.names.rests_on(index) & self.varying.names
        bound = {name: Known(figures[name][variant], is_typed=True) for name in names}
        return score_index(index, self.base.bound(**bound))


def _weights(scoring: Scoring, index: Index, figures: Mapping[str, Floats], rows: np.ndarray) -> Floats | None:
    """Return each criterion's part of the whole weight, shape (variants, criteria).

    None where it takes more than weights to combine the criteria: another mean, or scores that are missing.
    """
    tree = scoring.tree
    complete = all(criterion.is_complete for criterion in scoring.criteria)
    if tree is None or not complete or not (tree.is_linear and tree.is_same_for_all):
        return None
    found = np.empty((rows.size, len(scoring.criteria)))
    _write_weights(tree, index, figures, rows, found)
    return found


def _write_weights(
    tree: Branch, group: Index | Family, figures: Mapping[str, Floats], rows: np.ndarray, found: Floats
) -> None:
    """Write the weights of a branch's criteria into their columns, relative within each family."""
    weights = np.empty((rows.size, len(tree.children)))
    for at, (name, child) in enumerate(zip(tree.names, tree.children, strict=True)):
        item = group.criteria[name] if isinstance(child, int) else group.families[name]
        weight = item.weight.tree
        name_of_weight = weight.name if isinstance(weight, Name) else ""
        weights[:, at] = figures[name_of_weight][rows] if name_of_weight in figures else tree.weights[0, at]
    weights /= weights.sum(axis=1, keepdims=True)
    for at, (name, child) in enumerate(zip(tree.names, tree.children, strict=True)):
        if isinstance(child, int):
            found[:, child] = weights[:, at]
        else:
            _write_weights(child, group.families[name], figures, rows, found)
            found[:, _columns(child)] *= weights[:, at, np.newaxis]


def _columns(tree: Branch) -> list[int]:
    """Return the columns of a branch's criteria."""
    inner = ([child] if isinstance(child, int) else _columns(child) for child in tree.children)
    return [column for columns in inner for column in columns]


def _product(weights: Floats, measured: Floats) -> Floats:
    """Multiply a few lines at a time: products so small that no library shares them out among threads.

    Which is quicker here, and gives the same bits for any number of them.
    """
    found = np.empty((len(weights), measured.shape[1]))
    lines = max(1, _PRODUCT // max(1, measured.size))
    for at in range(0, len(weights), lines):
        np.matmul(weights[at : at + lines], measured, out=found[at : at + lines])
    return found


def _same_for_all(tree: Branch) -> bool:
    """Tell whether every territory has the same weights."""
    return not np.ptp(tree.weights, axis=0).any() and all(
        isinstance(child, int) or _same_for_all(child) for child in tree.children
    )
