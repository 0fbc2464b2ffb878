"""An index as formulas: the scores of a family's criteria side by side, then their mean.

All criteria of the page are written, also those that count for nothing as the workbook is made, so that they can be
given a weight. As in the engine, a criterion counts where it weighs something and tells some territory from another; a
family, where something in it counts; where nothing does, everybody scores the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equite.engine.criteria import CriterionScore
from equite.engine.methods import AGGREGATORS
from equite.engine.scoring import NEUTRAL, Branch, Scoring
from equite.engine.sharing import Floats
from equite.formula.indices import Family, Index, Method
from equite.report.live.closed import Unsupported
from equite.report.live.criteria import Measured, left_out
from equite.report.live.grid import LiveColumn
from equite.report.live.ranges import lowest
from equite.report.live.terms import BLANK, MISSING, Term, added, choose, is_blank, stated
from equite.report.live.weighing import Child, Weighing, Weight, refuse_weights, weights_of, write_weighing
from equite.report.live.workings import ScorePlace

if TYPE_CHECKING:
    from equite.report.live.translating import Translator
    from equite.report.live.workings import Workings

__all__ = ["write_index"]

Path = tuple[str | int, ...]


def write_index(workings: Workings, translator: Translator, name: str) -> LiveColumn:
    """Write an index; missing for those who take no part."""
    scoring = translator.scope.scoring(name)
    title = workings.labels.title(name)
    workings.begin("index", index=title)
    if workings.eligible is None:
        raise Unsupported("cascade")
    index = workings.formula.indices[name]
    try:
        combined, _ = _Block(workings, translator, scoring, index).combined(index, ("indices", name))
    except Unsupported as reason:
        workings.certify(title, reason.reason, (name,))
        return workings.grid.values(title, stated("", scoring.scores))
    score = choose(workings.eligible.each, combined, MISSING).carrying(scoring.scores)
    return workings.grid.column(title, score, bold=True)


class _Block:
    """Writes an index, family by family, the innermost first."""

    def __init__(self, workings: Workings, translator: Translator, scoring: Scoring, index: Index) -> None:
        self.workings, self.translator, self.scoring, self.index = workings, translator, scoring, index
        self.branches: dict[Path, Branch] = {}
        self.found: dict[Path, CriterionScore] = {}
        if scoring.tree is not None:
            self._place(scoring.tree, index, ("indices", scoring.name))

    def _place(self, branch: Branch, group: Index | Family, path: Path) -> None:
        """Note where on the page each branch and each criterion that counts stands."""
        self.branches[path] = branch
        for key, child in zip(branch.names, branch.children, strict=True):
            if isinstance(child, int):
                self.found[(*path, "criteria", key)] = self.scoring.criteria[child]
            else:
                self._place(child, group.families[key], (*path, "families", key))

    def combined(self, group: Index | Family, path: Path) -> tuple[Term, Term]:
        """Write a family's children; give its score, and the cell that tells whether anything in it counts."""
        method = group.aggregate or self.index.aggregate
        if method.name not in _MEANS:
            raise Unsupported("own-method" if AGGREGATORS[method.name].is_own else "aggregator")
        rules = [criterion.missing or self.index.missing for criterion in group.criteria.values()]
        skips = any(rule.rule == "skip" for rule in rules)
        if skips and method.name != "arithmetic":
            raise Unsupported("missing-in-mean")
        weights = weights_of(self.workings, self.translator, group, self.scoring.name)
        children = [
            *(self._criterion(key, group, path, weights[key]) for key in group.criteria),
            *(self._family(key, group, path, weights[key]) for key in group.families),
        ]
        weighing = write_weighing(self.workings, children, weights, self.branches.get(path))
        refuse_weights(self.workings, self._title(path), group, weights, weighing)
        self._remember(children, weighing, skips)
        if AGGREGATORS[method.name].positive:
            self._refuse_low(weighing, path)
        minimum = max([float(rule.minimum_present or 0) for rule in rules], default=0.0)
        mean = self._mean(method, weighing, minimum if skips else None, path)
        values = self._values(self.branches.get(path))
        return stated(f"IF(SUM({weighing.weights})=0,{NEUTRAL},{mean})", values), weighing.counts

    def _title(self, path: Path) -> str:
        return self.workings.labels.title(self.scoring.name) if len(path) == 2 else self._family_title(path)

    def _family_title(self, path: Path) -> str:
        family = self.index.families[str(path[3])]
        for key in path[5::2]:
            family = family.families[str(key)]
        return self.workings.labels.titles.of_family(str(path[-1]), family)

    def _values(self, branch: Branch | None) -> Floats:
        """Return what a branch scores; the same for everybody where all of it dropped out."""
        if branch is None:
            return np.asarray(NEUTRAL)
        return self.workings.full(branch.combine(self.scoring.matrix), np.nan)

    # Children.

    def _criterion(self, key: str, group: Index | Family, path: Path, weight: Weight) -> Child:
        place, spec = (*path, "criteria", key), group.criteria[key]
        found = self.found.get(place) or left_out(self.translator.scope, self.index, self.scoring.name, key, spec)
        heading = self.workings.labels.criterion(found.index, found.name)
        try:
            measured = Measured(self.workings, self.translator, self.index, found, place, weight.most)
            column = measured.values()
            measured.expect(column)
            measured.prepare(column)
            scores = measured.score(column)
        except Unsupported as reason:
            self.workings.certify(heading, reason.reason, (found.name, found.index))
            values = self.workings.full(found.scores, np.nan)
            written = stated("", values, blank=np.isnan(values))
            cell = self.workings.grid.values(heading, written, about=self.workings.labels.say("live-score")).each
            # A reference to a blank cell would give 0.
            scores = choose(is_blank(cell), BLANK, cell)
        return Child(heading, scores, place)

    def _family(self, key: str, group: Index | Family, path: Path, weight: Weight) -> Child:
        family, place = group.families[key], (*path, "families", key)
        score, counts = self.combined(family, place)
        title = self.workings.labels.titles.of_family(key, family)
        return Child(title, self.workings.of_those(score), place, counts)

    # Weights.

    def _remember(self, children: list[Child], weighing: Weighing, skips: bool) -> None:
        """Keep where each child stands, and its part of its parent's weight."""
        for at, child in enumerate(children):
            column, weight = weighing.scores[at], str(weighing.each[at])
            whole = f"SUM({weighing.weights})"
            if skips:
                weight = f'{weight}*({column.cell}<>"")'
                whole = f'SUMPRODUCT({weighing.weights}*({weighing.across}<>""))'
            share = f"IF({whole}=0,0,{weight}/{whole})"
            self.workings.places[child.path] = ScorePlace(column, share, child.heading, weighing.shares[at])

    def _refuse_low(self, weighing: Weighing, path: Path) -> None:
        """Note scores of zero or less, which a product and an inverse cannot take."""
        low = [choose(column.figures[0], choose(lowest(column.all) <= 0, 1, 0), 0) for column in weighing.scores]
        self.workings.expect(self.workings.labels.say("live-check-positive", index=self._title(path)), added(low))

    # Means.

    def _mean(self, method: Method, weighing: Weighing, minimum: float | None, path: Path) -> str:
        weights, scores = weighing.weights, weighing.across
        if minimum is not None:
            total = f'SUMPRODUCT({weights}*({scores}<>""))'
            formula = f"SUMPRODUCT({weights},{scores})/{total}"
            return f"IF({total}<{minimum!r}*SUM({weights})-1E-12,NA(),{formula})" if minimum else formula
        return _MEANS[method.name](weights, scores, self._power(method, path))

    def _power(self, method: Method, path: Path) -> str:
        if method.name != "power-mean":
            return ""
        own = (*path, "aggregate", "parameters", "power")
        figures = self.workings.figures
        return str(figures[own] if own in figures else figures["indices", self.scoring.name, *own[-3:]])


def _power_mean(weights: str, scores: str, power: str) -> str:
    raised = f"(SUMPRODUCT({weights}*{scores}^{power})/SUM({weights}))^(1/{power})"
    return f"IF({power}=0,{_MEANS['geometric'](weights, scores, '')},{raised})"


_MEANS = {
    "arithmetic": lambda weights, scores, _: f"SUMPRODUCT({weights},{scores})/SUM({weights})",
    "geometric": lambda weights, scores, _: f"EXP(SUMPRODUCT({weights}*LN({scores}))/SUM({weights}))",
    "harmonic": lambda weights, scores, _: f"SUM({weights})/SUMPRODUCT({weights}/{scores})",
    "power-mean": _power_mean,
}
