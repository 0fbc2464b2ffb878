"""Indices on a worksheet: each criterion from the value that the table has to its score, each mean from its scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from equite.engine.criteria import CriterionScore, fill
from equite.engine.evaluation import Scope
from equite.engine.methods import TRANSFORMS
from equite.engine.scoring import Branch, Scoring
from equite.engine.sharing import Floats
from equite.engine.sheet import Sheet, added, clipped
from equite.engine.sheet_arithmetic import Ref
from equite.engine.sheet_names import Names
from equite.formula.nodes import Binary, Call, Negative, Node, Number

__all__ = ["Scores"]

_ONE, _ZERO = Number(1.0), Number(0.0)


@dataclass
class Scores:
    """Writes the lines of indices for one territory.

    Parameters
    ----------
    sheet : Sheet
        Where lines are written.
    names : Names
        Gives the values that criteria are read from.
    row : int
        The territory's row among those that the money is for.
    measured : int
        Its row among all that were measured.
    """

    sheet: Sheet
    names: Names
    row: int
    measured: int
    _criteria: dict[tuple[str, str], Ref] = field(default_factory=dict)

    def line(self, name: str, scope: Scope) -> Ref:
        """Write an index's score."""
        scoring = scope.scoring(name)
        if scoring.tree is None:
            return self.sheet.given("stated", "name", name, value=float(scoring.scores[self.names.place]))
        wanted = float(scoring.scores[self.names.place])
        return self._branch(scoring.tree, scoring, scope, ("name", name), wanted)

    def _branch(self, branch: Branch, scoring: Scoring, scope: Scope, title: tuple[str, ...], wanted: float) -> Ref:
        """Write the mean of a family or of the whole index from the scores below it."""
        refs, weights = [], []
        for at, child in enumerate(branch.children):
            below = self._below(child, branch.names[at], scoring, scope)
            if below is not None:
                refs.append(below)
                weights.append(float(branch.weights[self.row if len(branch.weights) > 1 else 0, at]))
        tree = _mean(branch, refs, weights)
        if tree is None:
            return self.sheet.given("score", *title, value=wanted, count=scoring.rows)
        return self.sheet.add(*title, tree=tree, wanted=wanted)

    def _below(self, child: Branch | int, name: str, scoring: Scoring, scope: Scope) -> Ref | None:
        if isinstance(child, int):
            criterion = scoring.criteria[child]
            return None if np.isnan(criterion.scores[self.row]) else self._criterion(child, scoring, scope)
        combined: Floats = self.sheet.known.once((id(child), id(scoring)), lambda: child.combine(scoring.matrix), child)
        value = float(combined[self.row])
        if np.isnan(value):
            return None
        return self._branch(child, scoring, scope, ("family", scoring.name, name), value)

    def _criterion(self, at: int, scoring: Scoring, scope: Scope) -> Ref:
        """Write a criterion's score from its value."""
        criterion = scoring.criteria[at]
        key = scoring.name, criterion.name
        if key not in self._criteria:
            all_measured = (scoring.all_measured or scoring).criteria[at]
            steps = _Steps(self, criterion, all_measured, scope)
            self._criteria[key] = steps.score()
        return self._criteria[key]


def _mean(branch: Branch, refs: list[Ref], weights: list[float]) -> Node | None:
    """Return the mean that a branch makes of some scores; None where it compares territories."""
    name, parameters = branch.aggregator.name, list(branch.parameters.values())
    if branch.aggregator.is_own or name in ("copeland", "ordered-weighted"):
        return None
    if len(refs) == 1:
        return refs[0]
    total = added([Number(weight) for weight in weights])
    pairs = list(zip(refs, map(Number, weights), strict=True))
    power = {"arithmetic": 1.0, "harmonic": -1.0, "geometric": 0.0}.get(name)
    power = float(parameters[0]) if power is None else power
    if power == 1:
        return Binary("/", added([Binary("*", weight, ref) for ref, weight in pairs]), total)
    if power == 0:
        mean = Binary("/", added([Binary("*", weight, Call("log", (ref,))) for ref, weight in pairs]), total)
        return Call("exp", (mean,))
    if power == -1:
        return Binary("/", total, added([Binary("/", weight, ref) for ref, weight in pairs]))
    raised = [Binary("*", weight, Binary("**", ref, Number(power))) for ref, weight in pairs]
    return Binary("**", Binary("/", added(raised), total), Binary("/", _ONE, Number(power)))


class _Steps:
    """One criterion: fill, transform, turn, normalise."""

    def __init__(self, scores: Scores, criterion: CriterionScore, all_measured: CriterionScore, scope: Scope) -> None:
        self.scores, self.sheet, self.scope = scores, scores.sheet, scope
        assert criterion.what is not None
        self.criterion, self.all, self.what = criterion, all_measured, criterion.what
        self.title = (criterion.index, criterion.name)
        self.wanted = float(criterion.scores[scores.row])

    def score(self) -> Ref:
        """Write the score, and what leads to it."""
        tree: Node = self.scores.names.line(self.criterion.name, self.scope)
        what = self.what
        if self.criterion.filled[self.scores.row]:
            tree = self._filled()
        if what.outliers.winsorise is not None or self.criterion.groups or what.normaliser.is_own:
            return self._given()
        values = self._values()
        found = self._transformed(tree, values)
        if found is None:
            return self._given()
        tree, values = found
        if self.what.normaliser.name != "min-max" or self.criterion.criterion.more_need_when.pull != "low":
            tree, values = self._turned(tree, values)
        rule = self._normalised(tree, values[~np.isnan(values)])
        if rule is None:
            return self._given()
        return self.sheet.add("criterion", *self.title, tree=rule, wanted=self.wanted)

    def _given(self) -> Ref:
        return self.sheet.given("score", "criterion", *self.title, value=self.wanted, count=self._count)

    @property
    def _count(self) -> int:
        return int((~np.isnan(self.all.scores)).sum())

    def _values(self) -> Floats:
        """Return the values of all that were measured, filled as the page says."""

        def computed() -> Floats:
            raw, rule = self.all.raw, self.all.missing
            return np.where(self.all.filled, fill(rule, raw, self.scope), raw) if self.all.filled.any() else raw

        values: Floats = self.sheet.known.once(("values", id(self.all)), computed, self.all)
        return values

    def _filled(self) -> Ref:
        value = float(self._values()[self.scores.measured])
        return self.sheet.given("filled", "criterion-value", *self.title, value=value, count=self._count)

    def _transformed(self, tree: Node, values: Floats) -> tuple[Node, Floats] | None:
        """Change the value as the page asks; None where that looks at all values."""
        method = self.criterion.criterion.transform
        if method is None:
            return tree, values
        known = TRANSFORMS.get(method.name)
        given = None if known is None else known.filled(method.parameters)
        if known is None or given is None or known.is_own or method.name not in ("log", "line"):
            return None
        changed = known.run(values, **given)
        if method.name == "log":
            rule: Node = Call("log", (tree,))
        else:
            low, high = (Number(float(end)) for end in given.values())
            rule = clipped(Binary("/", Binary("-", tree, low), Binary("-", high, low)), _ZERO, _ONE)
        wanted = float(changed[self.scores.measured])
        return self.sheet.add("criterion-value", *self.title, tree=rule, wanted=wanted), changed

    def _turned(self, tree: Node, values: Floats) -> tuple[Node, Floats]:
        """Turn the value so that higher means more need."""
        direction = self.criterion.criterion.more_need_when
        if direction.toward is not None:
            aim = self.scores.names.tree(direction.toward.tree, self.scope)
            aims = self.sheet.known.rows(self.scope, direction.toward.tree)[self.scope.taking_part]
            return Negative(Call("abs", (Binary("-", tree, aim),))), -np.abs(values - aims)
        return (Negative(tree), -values) if direction.pull == "low" else (tree, values)

    def _statistic(self, title: str, compute: Callable[[], np.floating | float]) -> Ref:
        value = self.sheet.known.once((title, id(self.all)), lambda: float(compute()), self.all)
        return self.sheet.given("statistic", title, *self.title, value=value, count=self._count)

    def _normalised(self, tree: Node, values: Floats) -> Node | None:
        """Return the score of a turned value; None where the method places it among all the others."""
        what, low_first = self.what, self.criterion.criterion.more_need_when.pull == "low"
        name, given = what.normaliser.name, list(what.parameters.values())

        def lowest() -> Ref:
            return self._statistic("criterion-lowest", values.min)

        def highest() -> Ref:
            return self._statistic("criterion-highest", values.max)

        def mean() -> Ref:
            return self._statistic("criterion-mean", values.mean)

        if what.normaliser.in_units and low_first:
            given = [-float(value) for value in reversed(given)]
        numbers = [Number(float(value)) for value in given if not isinstance(value, str)]
        match name:
            case "min-max":
                low, high = lowest(), highest()
                # Where low values mean more need, the scale begins at the highest: nothing has to change its sign.
                share = _share(tree, high, low) if low_first else _share(tree, low, high)
                if given == [0, 1]:
                    return share
                start, end = numbers
                return Binary("+", Binary("*", share, Binary("-", end, start)), start)
            case "goalposts":
                return clipped(_share(tree, *numbers), _ZERO, _ONE)
            case "z-score":
                spread = self._statistic("criterion-deviation", lambda: values.std(ddof=1))
                place = Binary("/", Binary("-", tree, mean()), spread)
                centre, scale = numbers
                if given == [0, 1]:
                    return place
                return Binary("+", Binary("*", place, scale), centre)
            case "modified-z":
                middle = self._statistic("criterion-median", lambda: np.median(values))
                apart = np.abs(values - np.median(values))
                typical = float(np.median(apart))
                factor = Number(0.6745 if typical > 0 else 0.7979)
                spread = self._statistic("criterion-spread", lambda: typical if typical > 0 else apart.mean())
                return Binary("/", Binary("*", factor, Binary("-", tree, middle)), spread)
            case "share-of-total":
                return Binary("/", tree, self._statistic("criterion-sum", values.sum))
            case "ratio-to-mean":
                return Binary("/", tree, mean())
            case "fraction-of-highest":
                return Binary("/", tree, highest())
            case "distance-to-best":
                high = highest()
                low = lowest()
                return Binary("-", _ONE, Binary("/", Binary("-", high, tree), Binary("-", high, low)))
            case "distance-to-target":
                target, low = numbers[0], lowest()
                return Binary("-", _ONE, Binary("/", Binary("-", target, tree), Binary("-", target, low)))
        return None


def _share(tree: Node, start: Node, end: Node) -> Node:
    return Binary("/", Binary("-", tree, start), Binary("-", end, start))
