"""An index as formulas: the scores of a family's criteria side by side, then their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.scoring import NEUTRAL, Branch, Scoring
from equite.formula.expressions import Expression
from equite.formula.indices import Family, Index, Method
from equite.report.live.closed import Unsupported
from equite.report.live.criteria import Measured
from equite.report.live.grid import ROW, Head, LiveColumn
from equite.report.live.terms import BLANK, MISSING, Term, choose, is_blank, stated
from equite.report.live.workings import ScorePlace
from equite.report.workbook.table import letters

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
    eligible = workings.eligible
    if eligible is None:
        raise Unsupported("cascade")
    if scoring.tree is None:
        return workings.grid.column(title, choose(eligible.each, NEUTRAL, MISSING))
    try:
        combined = _Block(workings, translator, scoring, workings.formula.indices[name]).combined(
            scoring.tree, workings.formula.indices[name], ("indices", name)
        )
    except Unsupported as reason:
        workings.certify(title, reason.reason, (name,))
        return workings.grid.values(title, stated("", scoring.scores))
    return workings.grid.column(title, stated(f"IF({eligible.cell},{combined},NA())", scoring.scores), bold=True)


@dataclass(frozen=True)
class _Child:
    """A column of a block: its heading, its scores, its weight."""

    heading: str
    scores: Term
    weight: Expression
    path: Path


class _Block:
    """Writes an index, family by family, the innermost first."""

    def __init__(self, workings: Workings, translator: Translator, scoring: Scoring, index: Index) -> None:
        self.workings, self.translator, self.scoring, self.index = workings, translator, scoring, index

    def combined(self, branch: Branch, group: Index | Family, path: Path) -> str:
        """Write a family's children, and give the formula of its score."""
        method = group.aggregate or self.index.aggregate
        if method.name not in _MEANS:
            raise Unsupported("own-method" if branch.aggregator.is_own else "aggregator")
        skips = any(isinstance(child, int) and self._skips(child) for child in branch.children)
        if skips and method.name != "arithmetic":
            raise Unsupported("missing-in-mean")
        children = [
            self._criterion(child, key, group, path)
            if isinstance(child, int)
            else self._family(child, key, group, path)
            for key, child in zip(branch.names, branch.children, strict=True)
        ]
        weights, first = self._weights(children)
        written = [
            self.workings.grid.column(
                child.heading,
                child.scores,
                about=self.workings.labels.say("live-score"),
                heads=self._head(weights, at),
            )
            for at, child in enumerate(children)
        ]
        scores = _across(written)
        weighing = first if first else _heads(written)
        self._remember(children, written, weighing, scores, skips)
        return self._mean(method, weighing, scores, skips, branch, path)

    def _skips(self, child: int) -> bool:
        return self.scoring.criteria[child].missing.rule == "skip"

    # Children.

    def _criterion(self, child: int, key: str, group: Index | Family, path: Path) -> _Child:
        found = self.scoring.criteria[child]
        place = (*path, "criteria", key)
        heading = self.workings.labels.criterion(found.index, found.name)
        try:
            measured = Measured(self.workings, self.translator, self.index, found, place)
            column = measured.values()
            measured.prepare(column)
            scores = measured.score(column)
        except Unsupported as reason:
            self.workings.certify(heading, reason.reason, (found.name, found.index))
            values = self.workings.full(found.scores, np.nan)
            written = stated("", values, blank=np.isnan(values))
            cell = self.workings.grid.values(heading, written, about=self.workings.labels.say("live-score")).each
            # A reference to a blank cell would give 0.
            scores = choose(is_blank(cell), BLANK, cell)
        return _Child(heading, scores, group.criteria[key].weight, place)

    def _family(self, child: Branch, key: str, group: Index | Family, path: Path) -> _Child:
        family, place = group.families[key], (*path, "families", key)
        formula = self.combined(child, family, place)
        values = self.workings.full(child.combine(self.scoring.matrix), np.nan)
        scores = self.workings.of_those(stated(formula, values))
        return _Child(self.workings.labels.worded(family.title, key), scores, family.weight, place)

    # Weights.

    def _remember(
        self, children: list[_Child], written: list[LiveColumn], weighing: str, scores: str, skips: bool
    ) -> None:
        """Keep where each child stands, and its part of its parent's weight."""
        letter, row = weighing.split(":")[0].rstrip(ROW).lstrip("$").partition("$")[::2]
        start, row = int_of(letter), f"${row}" if row else ROW
        for at, (child, column) in enumerate(zip(children, written, strict=True)):
            weight = f"${letters(start + at)}{row}"
            share = f"{weight}/SUM({weighing})"
            if skips:
                share = f'{weight}*({column.cell}<>"")/SUMPRODUCT({weighing}*({scores}<>""))'
            self.workings.places[child.path] = ScorePlace(column, share, child.heading)

    def _weights(self, children: list[_Child]) -> tuple[list[Term], str]:
        """Return each child's weight: a cell that holds for all, or (second) a range of each row's own weights."""
        weights = [self.translator.term(child.weight.tree) for child in children]
        if all(self.translator.is_scalar(child.weight.tree) for child in children):
            return weights, ""
        about = self.workings.labels.say("live-weight")
        columns = [
            self.workings.grid.column(child.heading, weight, about=about)
            for child, weight in zip(children, weights, strict=True)
        ]
        return [], _across(columns)

    def _head(self, weights: list[Term], at: int) -> list[Head]:
        return [(self.workings.labels.say("live-weight"), lambda _: weights[at])] if weights else []

    # Means.

    def _mean(self, method: Method, weights: str, scores: str, skips: bool, branch: Branch, path: Path) -> str:
        if skips:
            total = f'SUMPRODUCT({weights}*({scores}<>""))'
            formula = f"SUMPRODUCT({weights},{scores})/{total}"
            wanted = self._wanted(branch)
            if wanted:
                return f"IF({total}<{wanted!r}*SUM({weights})-1E-12,NA(),{formula})"
            return formula
        return _MEANS[method.name](weights, scores, self._power(method, path))

    def _wanted(self, branch: Branch) -> float:
        rules = [self.scoring.criteria[child].missing for child in branch.children if isinstance(child, int)]
        return max([float(rule.minimum_present or 0) for rule in rules])

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


def _across(columns: list[LiveColumn]) -> str:
    """Return the cells of the row's own, from the first column to the last."""
    return f"{columns[0].cell}:{columns[-1].cell}"


def _heads(columns: list[LiveColumn]) -> str:
    return f"{columns[0].head()}:{columns[-1].head()}"


def int_of(letter: str) -> int:
    """Return a column's number, from 0."""
    number = 0
    for each in letter:
        number = number * 26 + ord(each) - ord("A") + 1
    return number - 1
