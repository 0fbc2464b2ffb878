"""One criterion as formulas: its values turned so that more means more need, then its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.engine.aggregates import label_text
from equite.engine.criteria import CriterionScore, fill
from equite.engine.evaluation import Scope
from equite.engine.functions import step_of
from equite.engine.methods import NORMALISERS, TRANSFORMS
from equite.engine.scoring import NEUTRAL
from equite.engine.sharing import Floats
from equite.formula.indices import Criterion, Direction, Index, Method
from equite.formula.nodes import Name, Number
from equite.report.live.aggregates import group_numbers, in_order, spread
from equite.report.live.classes import MOST_PAIRS, in_classes
from equite.report.live.closed import Unsupported
from equite.report.live.grid import Head, LiveColumn
from equite.report.live.normalisers import RANKED, Normalised, statistics
from equite.report.live.ranges import average, lowest, median, quantile, tells_apart, total
from equite.report.live.terms import (
    BLANK,
    Term,
    absolute_value,
    choose,
    clip,
    either,
    grouped,
    instead,
    is_blank,
    logarithm,
    number,
    stated,
)
from equite.report.live.tolerance import DUST, is_typed

if TYPE_CHECKING:
    from equite.report.live.translating import Translator
    from equite.report.live.workings import Workings

__all__ = ["Measured", "left_out"]

Path = tuple[str | int, ...]


@dataclass
class Measured:
    """A criterion on its way from raw values to scores.

    Parameters
    ----------
    workings : Workings
        The workbook's sums.
    translator : Translator
        Knows the page's names.
    index : Index
        The criterion's index, as the page has it.
    found : CriterionScore
        How it came out.
    path : tuple
        Its place on the page.
    weight : Term
        The highest weight that anybody gives it.
    """

    workings: Workings
    translator: Translator
    index: Index
    found: CriterionScore
    path: Path
    weight: Term

    def __post_init__(self) -> None:
        self.spec = self.found.criterion
        self.heading = self.workings.labels.criterion(self.found.index, self.found.name)
        self.eligible = self.workings.takes_part
        self.groups: LiveColumn | None = None
        self.spread: LiveColumn | None = None
        self.classes: LiveColumn | None = None

    # Values.

    def expect(self, values: LiveColumn) -> None:
        """Note values that the engine refuses: beyond the criterion's range, or below zero on a scale of shares."""
        used, say = values.figures[-1], self.workings.labels.say
        low, high = self.spec.range
        if low is not None or high is not None:
            raw = self.translator.term(Name(self.found.name)).carrying(self._full(self.found.raw))
            ends = [] if low is None else [raw < float(low)]
            ends += [] if high is None else [raw > float(high)]
            outside = choose(self.eligible.each, instead(choose(either(*ends), 1, 0), 0), 0)
            cells = self.workings.grid.column(self.heading, outside, about=self.workings.labels.say("live-outside")).all
            title = say("live-check-range", criterion=self.heading)
            self.workings.expect(title, choose(used, total(cells), 0))
        known = NORMALISERS.get(self.method.name)
        if known is not None and known.only_high:
            below = either(lowest(values.all) < 0, total(values.all).equals(0))
            title = say("live-check-only-high", criterion=self.heading)
            self.workings.expect(title, choose(used, choose(below, 1, 0), 0))

    def values(self) -> LiveColumn:
        """Write the values: missing ones as the page rules, transformed, turned so that more means more need."""
        if (self.spec.outliers or self.index.outliers).winsorise is not None:
            raise Unsupported("outliers")
        raw = self.translator.term(Name(self.found.name)).carrying(self._full(self.found.raw))
        transform = self.spec.transform
        if self.found.missing.rule == "refuse" and (transform is None or transform.name not in ("winsorise", "step")):
            term = self.workings.of_those(self._turned(self._transformed(raw)))
        else:
            filled = self._filled(raw)
            term = choose(is_blank(filled.each), BLANK, self._turned(self._transformed(filled.each, filled)))
        say = self.workings.labels.say
        heads = [] if self.spec.more_need_when.by else statistics(self.method.name, say)
        heads = [*heads, (say("live-head-used"), self._is_used)]
        return self.workings.grid.column(self.heading, term, about=say("live-turned"), heads=heads)

    def _is_used(self, column: LiveColumn) -> Term:
        """Tell whether anything rests on the scores: they weigh something, and values differ."""
        # Inside groups equal values have equal scores, whichever way they are turned.
        apart = number(1) if self.spec.more_need_when.by else choose(tells_apart(column.all), 1, 0)
        return choose(self.weight > 0, apart, 0)

    def _full(self, values: Floats) -> Floats:
        return self.workings.full(values, np.nan)

    def _filled(self, raw: Term) -> LiveColumn:
        """Write the values with the missing ones filled, or left out."""
        rule, grid, say = self.found.missing, self.workings.grid, self.workings.labels.say
        if rule.rule in ("median", "mean"):
            function = median if rule.rule == "median" else average
            typical: list[Head] = [(say(f"live-head-{rule.rule}"), lambda column: function(column.all))]
            known = grid.column(
                self.heading,
                self.workings.of_those(instead(raw, BLANK)),
                about=say("live-known"),
                heads=[] if rule.by else typical,
            )
            other = self._by_group(known) if rule.by else known.figures[0]
            filled = choose(is_blank(known.each), other, known.each)
        else:
            filled = raw if rule.rule == "refuse" else instead(raw, self._other())
        return grid.column(
            self.heading, self.workings.of_those(filled), about=say("live-filled"), heads=self._quantiles()
        )

    def _other(self) -> Term:
        """Return what stands for a missing value."""
        rule = self.found.missing
        if rule.rule == "value":
            return self._figure("missing", "value")
        return self.translator.term(Name(str(rule.column))) if rule.rule == "column" else BLANK

    def _by_group(self, known: LiveColumn) -> Term:
        """Return the median or the mean of a row's own group."""
        rule, own = self.found.missing, self.found.raw
        groups = group_numbers(self.translator, Name(str(rule.by)))
        if rule.rule == "median":
            numbers = self._full(own)
            medians = np.asarray(pd.Series(numbers).groupby(groups.values).transform("median"))
            one = in_order(self.workings, known, groups, numbers, 0.5)
            return spread(self.workings, groups, one, medians, self.workings.labels.say("live-median")).each
        text = f"AVERAGEIFS({known.range},{groups.range},{groups.cell})"
        return stated(text, self._full(np.broadcast_to(fill(rule, own, self.translator.scope), own.shape)))

    def _figure(self, *keys: str) -> Term:
        """Return the cell of a figure of the criterion's own, or of its index's."""
        own = (*self.path, *keys)
        return self.workings.figures[own if own in self.workings.figures else ("indices", self.found.index, *keys)]

    # Transform and direction.

    def _transformed(self, term: Term, column: LiveColumn | None = None) -> Term:
        method = self.spec.transform
        if method is None:
            return term
        if method.name == "log":
            return logarithm(term)
        if method.name == "line":
            start, end = self._figure(*_own("transform", "from")), self._figure(*_own("transform", "to"))
            return clip((term - start) / (end - start), 0, 1)
        if method.name == "winsorise":
            assert column is not None
            return clip(term, *column.figures)
        if method.name != "step":
            raise Unsupported("own-method")
        name = str(method.parameters.get(""))
        return stated(
            self.workings.tables[name].formula("step", term.text, f"{DUST}*2*ABS({term.text})"),
            step_of(term.value, self.workings.formula.tables[name]),
        )

    def _quantiles(self) -> Sequence[Head]:
        """Return the quantiles to which extreme values are pulled in."""
        method = self.spec.transform
        if method is None or method.name != "winsorise":
            return []

        def head(key: str) -> Head:
            figure = self._figure(*_own("transform", key))
            return self.workings.labels.say(f"live-head-{key}"), lambda column: quantile(column.all, figure)

        return [head(key) for key in TRANSFORMS["winsorise"].filled(method.parameters) or {}]

    def _turned(self, term: Term) -> Term:
        direction = self.spec.more_need_when
        if direction.by:
            return grouped(term) * self._pull(direction)
        if direction.toward is not None:
            return -absolute_value(term - self.translator.term(direction.toward.tree))
        return -grouped(term) if direction.pull == "low" else term

    def _pull(self, direction: Direction) -> Term:
        """Return 1 where high values mean more need, -1 where low ones do."""
        return stated(self._pull_text(direction), self._pulls(direction))

    def _pulls(self, direction: Direction) -> Floats:
        """Return the signs; missing where a row's group has none."""
        signs, scope = {"high": 1.0, "low": -1.0}, self.translator.scope
        if direction.cut is not None:
            ends = (signs[direction.labels["below"]], signs[direction.labels["above"]])
            return np.where(self._is_below(direction), *ends)
        given = np.broadcast_to(scope.value(str(direction.by)), (scope.table.size,)).tolist()
        return np.array([signs.get(direction.labels.get(label_text(label), ""), np.nan) for label in given])

    def _is_below(self, direction: Direction) -> np.ndarray:
        """Tell which rows lie below the cut."""
        cut = Number(float(direction.cut or 0))
        return np.asarray(self.translator.scope.compared("<", Name(str(direction.by)), cut) == 1)

    def _pull_text(self, direction: Direction) -> str:
        sign = {"high": "1", "low": "(-1)"}
        if direction.cut is not None:
            labels = direction.labels
            return f"IF({self._below_text(direction)},{sign[labels['below']]},{sign[labels['above']]})"
        found = self.translator.ref(str(direction.by))
        if isinstance(found, Term):
            raise Unsupported("group-labels")
        text = "NA()"
        for label, pull in reversed(list(direction.labels.items())):
            escaped = label.replace('"', '""')
            text = f'IF(EXACT({found.cell},"{escaped}"),{sign[pull]},{text})'
        return text

    def _below_text(self, direction: Direction) -> str:
        """Write whether a row lies below the cut, by more than dust where that is computed."""
        name, cut = Name(str(direction.by)), self._figure("more_need_when", "cut")
        side = self.translator.number(name, 1)
        if is_typed(self.translator.scope, name):
            return f"{side}<{cut}"
        return f"{side}-{cut}<-{DUST}*({self.translator.size(name)}+ABS({cut}))"

    # Scores.

    @property
    def method(self) -> Method:
        """The normaliser, as the page names it."""
        return self.spec.normalise or self.index.normalise

    def prepare(self, values: LiveColumn) -> None:
        """Write what scores need besides the values: the groups of a criterion whose direction depends on them."""
        direction = self.spec.more_need_when
        if self.method.name == "modified-z" and not direction.by:
            self.spread = self._departures(values)
        if direction.by or self.method.name in RANKED:
            self.classes = self._classed(values)
        if not direction.by:
            return
        if self.spec.normalise is not None and (self.spec.normalise.name != "rank" or self.spec.normalise.parameters):
            raise Unsupported("normaliser-in-groups")
        if self.workings.grid.rows > MOST_PAIRS:
            raise Unsupported("group-order")
        if direction.cut is None:
            self.groups = group_numbers(self.translator, Name(direction.by))
            return
        formula = f"IF({self.eligible.cell},IF({self._below_text(direction)},1,2),0)"
        sides = np.where(self._is_below(direction), 1.0, 2.0) * self.eligible.values
        self.groups = self.workings.grid.column(
            self.workings.labels.say("live-side"), stated(formula, sides), about=self.heading
        )

    def _classed(self, values: LiveColumn) -> LiveColumn:
        """Return the values to be ranked: as typed, or by the class of those that are equal but for dust."""
        name, direction = Name(self.found.name), self.spec.more_need_when
        is_plain = self.spec.transform is None and self.found.missing.rule not in ("median", "mean")
        if is_plain and direction.toward is None and is_typed(self.translator.scope, name):
            return values
        sizes = self.translator.size_column(name) if is_plain and direction.toward is None else None
        return in_classes(self.workings, values, sizes)

    def _departures(self, values: LiveColumn) -> LiveColumn:
        """Write how far each value stands from the median, and the median and the mean of that."""
        say, x = self.workings.labels.say, values.each
        term = choose(is_blank(x), BLANK, absolute_value(x - values.figures[0]))
        heads: list[Head] = [
            (say("live-head-mad"), lambda column: median(column.all)),
            (say("live-head-mean-departure"), lambda column: average(column.all)),
        ]
        return self.workings.grid.column(self.heading, term, about=say("live-departure"), heads=heads)

    def score(self, values: LiveColumn) -> Term:
        """Return the score of a row; nothing where it has no value."""
        scores = self._full(self.found.scores)
        if self.groups is not None:
            same = f"({self.groups.range}={self.groups.cell})"
            places = self.classes or values
            less, equal = (f"SUMPRODUCT({same}*({places.range}{sign}{places.cell}))" for sign in ("<", "="))
            score = stated(f'({less}+{equal}/2)/SUMPRODUCT({same}*({values.range}<>""))', scores)
        else:
            is_low = self.spec.more_need_when.pull == "low"
            normalised = Normalised(
                self.method, values, self._parameter, self._posts, is_low, self.spread, self.classes
            )
            score = normalised.score()
        scored = choose(is_blank(values.each), BLANK, score)
        # What is not used may hold anything, also what cannot be scored.
        neutral = self.workings.of_those(number(NEUTRAL))
        return choose(values.figures[-1], scored, neutral).carrying(scores, blank=np.isnan(scores))

    def _parameter(self, name: str, absent: float) -> Term:
        keys = _own("normalise", name)
        known = (*self.path, *keys) in self.workings.figures or (
            "indices",
            self.found.index,
            *keys,
        ) in self.workings.figures
        # A criterion with a method of its own does not take its index's numbers.
        if self.spec.normalise is not None and (*self.path, *keys) not in self.workings.figures:
            return number(absent)
        return self._figure(*keys) if known else number(absent)

    def _posts(self) -> tuple[Term, Term]:
        """Return the goalposts, turned with the values."""
        if self.method.name == "levels":
            spec = self.workings.formula.columns.get(self.found.name)
            if spec is None:
                raise Unsupported("normaliser")
            low, high = number(1), number(len(spec.levels))
        else:
            low, high = self._parameter("low", 0), self._parameter("high", 1)
        return (grouped(-high), grouped(-low)) if self.spec.more_need_when.pull == "low" else (low, high)


def left_out(scope: Scope, index: Index, name: str, key: str, spec: Criterion) -> CriterionScore:
    """Return a criterion that counts for nothing, as it stands in the sheet until that changes."""
    raw = scope.numbers(key)[scope.taking_part]
    scores, none = np.full(raw.size, NEUTRAL), np.zeros(raw.size, dtype=bool)
    return CriterionScore(key, name, (), spec, raw, scores, none, (), spec.missing or index.missing, np.nan, np.nan)


def _own(key: str, name: str) -> tuple[str, str, str]:
    return key, "parameters", name
