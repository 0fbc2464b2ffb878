"""One criterion as formulas: its values turned so that more means more need, then its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.engine.criteria import CriterionScore, fill
from equite.engine.functions import step_of
from equite.engine.methods import TRANSFORMS
from equite.engine.sharing import Floats
from equite.formula.indices import Direction, Index, Method
from equite.formula.nodes import Name
from equite.report.live.aggregates import MOST_PAIRS, group_numbers, in_order, spread
from equite.report.live.closed import Unsupported
from equite.report.live.grid import Column, Head

if TYPE_CHECKING:
    from equite.report.live.sums import Sums
    from equite.report.live.translating import Translator

__all__ = ["Measured"]

Path = tuple[str | int, ...]


@dataclass
class Measured:
    """A criterion on its way from raw values to scores.

    Parameters
    ----------
    sums : Sums
        The workbook's sums.
    of : Translator
        Knows the page's names.
    index : Index
        The criterion's index, as the page has it.
    found : CriterionScore
        How it came out.
    path : tuple
        Its place on the page.
    """

    sums: Sums
    of: Translator
    index: Index
    found: CriterionScore
    path: Path

    def __post_init__(self) -> None:
        self.spec = self.found.criterion
        self.heading = self.sums.labels.criterion(self.found.index, self.found.name)
        assert self.sums.eligible is not None
        self.eligible = self.sums.eligible
        self.groups: Column | None = None
        self.spread: Column | None = None

    # Values.

    def values(self) -> Column:
        """Write the values: missing ones as the page rules, transformed, turned so that more means more need."""
        if (self.spec.outliers or self.index.outliers).winsorise is not None:
            raise Unsupported("outliers")
        raw = self.of.number(Name(self.found.name))
        numbers = self._filled_values()
        rule = self.found.missing.rule
        if rule == "refuse" and (self.spec.transform is None or self.spec.transform.name not in ("winsorise", "step")):
            formula = f'IF({self.eligible.cell},{self._turned(self._transformed(raw))},"")'
        else:
            filled = self._filled(raw, numbers)
            formula = f'IF({filled.cell}="","",{self._turned(self._transformed(filled.cell, filled))})'
        changed = self._turned_values(self._transformed_values(numbers))
        say = self.sums.labels.say
        return self.sums.grid.column(
            self.heading, formula, self._spread(changed), about=say("live-turned"), heads=self._statistics(changed)
        )

    def _spread(self, values: Floats) -> list[object]:
        return ["" if value != value else value for value in self.sums.full(values, "")]

    def _filled_values(self) -> Floats:
        raw = self.found.raw
        if self.found.missing.rule in ("refuse", "skip") or not np.isnan(raw).any():
            return raw
        return np.where(np.isnan(raw), fill(self.found.missing, raw, self.of.scope), raw)

    def _filled(self, raw: str, numbers: Floats) -> Column:
        """Write the values with the missing ones filled, or left out."""
        rule, grid, eligible = self.found.missing, self.sums.grid, self.eligible.cell
        say, own = self.sums.labels.say, self.found.raw
        if rule.rule in ("median", "mean"):
            known = grid.column(
                self.heading,
                f'IF({eligible},IFERROR({raw},""),"")',
                self._spread(own),
                about=say("live-known"),
                heads=lambda column: self._typical(rule.rule, column, own),
            )
            return grid.column(
                self.heading,
                f'IF({eligible},IF({known.cell}="",{self._fill_from(known)},{known.cell}),"")',
                self._spread(numbers),
                about=say("live-filled"),
                heads=self._quantiles(numbers),
            )
        other = '""'
        if rule.rule == "value":
            other = self._figure("missing", "value")
        elif rule.rule == "column":
            other = self.of.number(Name(str(rule.column)))
        inner = raw if rule.rule == "refuse" else f"IFERROR({raw},{other})"
        return grid.column(
            self.heading,
            f'IF({eligible},{inner},"")',
            self._spread(numbers),
            about=say("live-filled"),
            heads=self._quantiles(numbers),
        )

    def _typical(self, rule: str, column: Column, own: Floats) -> Sequence[Head]:
        if self.found.missing.by:
            return []
        function, value = ("MEDIAN", np.nanmedian(own)) if rule == "median" else ("AVERAGE", np.nanmean(own))
        return [(self.sums.labels.say(f"live-head-{rule}"), f"{function}({column.range})", float(value))]

    def _fill_from(self, known: Column) -> str:
        rule = self.found.missing
        if not rule.by:
            return known.head()
        groups = group_numbers(self.of, Name(rule.by))
        if rule.rule == "median":
            own = self.sums.allocation.context.full(self.found.raw)
            medians = np.asarray(pd.Series(own).groupby(self.sums.group_values[groups.letter]).transform("median"))
            one = in_order(self.sums, known, groups, own, 0.5)
            return spread(self.sums, groups, one, medians, self.sums.labels.say("live-median")).cell
        return f"AVERAGEIFS({known.range},{groups.range},{groups.cell})"

    def _figure(self, *keys: str) -> str:
        """Return the cell of a figure of the criterion's own, or of its index's."""
        own = (*self.path, *keys)
        return self.sums.figures[own if own in self.sums.figures else ("indices", self.found.index, *keys)]

    # Transform and direction.

    def _transformed(self, text: str, column: Column | None = None) -> str:
        method = self.spec.transform
        if method is None:
            return text
        if method.name == "log":
            return f"LN({text})"
        if method.name == "line":
            start, end = self._figure(*_own("transform", "from")), self._figure(*_own("transform", "to"))
            return f"MIN(MAX(({text}-{start})/({end}-{start}),0),1)"
        if method.name == "winsorise":
            assert column is not None
            return f"MIN(MAX({text},{column.head()}),{column.head(1)})"
        if method.name != "step":
            raise Unsupported("own-method")
        return self.sums.tables[str(method.parameters.get(""))].formula("step", text)

    def _transformed_values(self, values: Floats) -> Floats:
        method = self.spec.transform
        if method is None:
            return values
        if method.name == "step":
            return step_of(values, self.sums.formula.tables[str(method.parameters.get(""))])
        found = TRANSFORMS[method.name]
        given = found.filled(method.parameters) or {}
        return found.run(values, **given)

    def _quantiles(self, values: Floats) -> Callable[[Column], Sequence[Head]] | None:
        method = self.spec.transform
        if method is None or method.name != "winsorise":
            return None
        say, present = self.sums.labels.say, values[~np.isnan(values)]
        given = TRANSFORMS["winsorise"].filled(method.parameters) or {}

        def heads(column: Column) -> Sequence[Head]:
            return [
                (
                    say(f"live-head-{key}"),
                    f"PERCENTILE({column.range},{self._figure(*_own('transform', key))})",
                    float(np.quantile(present, share)),
                )
                for key, share in given.items()
            ]

        return heads

    def _turned(self, text: str) -> str:
        direction = self.spec.more_need_when
        if direction.by:
            return f"({text})*{self._pull(direction)}"
        if direction.toward is not None:
            return f"-ABS({text}-{self.of.number(direction.toward.tree, 2)})"
        return f"-({text})" if direction.pull == "low" else text

    def _pull(self, direction: Direction) -> str:
        """Write 1 where high values mean more need, -1 where low ones do."""
        sign = {"high": "1", "low": "(-1)"}
        if direction.cut is not None:
            side = self.of.number(Name(str(direction.by)), 1)
            labels = direction.labels
            cut = self._figure("more_need_when", "cut")
            return f"IF({side}<{cut},{sign[labels['below']]},{sign[labels['above']]})"
        found = self.of.ref(str(direction.by))
        if isinstance(found, str):
            raise Unsupported("group-labels")
        text = "NA()"
        for label, pull in reversed(list(direction.labels.items())):
            escaped = label.replace('"', '""')
            text = f'IF(EXACT({found.cell},"{escaped}"),{sign[pull]},{text})'
        return text

    def _turned_values(self, values: Floats) -> Floats:
        direction, scope = self.spec.more_need_when, self.of.scope
        if direction.by:
            signs = np.ones(values.size)
            for group in self.found.groups:
                signs[group.rows] = -1.0 if group.pull == "low" else 1.0
            return values * signs
        if direction.toward is not None:
            return -np.abs(values - scope.rows(direction.toward.tree)[scope.taking_part])
        return -values if direction.pull == "low" else values

    # Scores.

    @property
    def method(self) -> Method:
        """The normaliser, as the page names it."""
        return self.spec.normalise or self.index.normalise

    def prepare(self, values: Column) -> None:
        """Write what scores need besides the values: the groups of a criterion whose direction depends on them."""
        direction = self.spec.more_need_when
        if self.method.name == "modified-z" and not direction.by:
            self.spread = self._departures(values)
        if not direction.by:
            return
        if self.spec.normalise is not None and (self.spec.normalise.name != "rank" or self.spec.normalise.parameters):
            raise Unsupported("normaliser-in-groups")
        if self.sums.grid.rows > MOST_PAIRS:
            raise Unsupported("group-order")
        if direction.cut is None:
            self.groups = group_numbers(self.of, Name(direction.by))
            return
        side = self.of.number(Name(direction.by), 1)
        formula = f"IF({self.eligible.cell},IF({side}<{self._figure('more_need_when', 'cut')},1,2),0)"
        below = np.zeros(self.found.scores.size)
        for group in self.found.groups:
            below[group.rows] = 1.0 if group.label == "below" else 2.0
        self.groups = self.sums.grid.column(
            self.sums.labels.say("live-side"), formula, self.sums.full(below), about=self.heading
        )

    def _departures(self, values: Column) -> Column:
        """Write how far each value stands from the median, and the median and the mean of that."""
        numbers = self._turned_values(self._transformed_values(self._filled_values()))
        there = np.abs(numbers - np.nanmedian(numbers))
        say, known = self.sums.labels.say, there[~np.isnan(there)]
        ends = (("mad", "MEDIAN", np.median(known)), ("mean-departure", "AVERAGE", known.mean()))
        return self.sums.grid.column(
            self.heading,
            f'IF({values.cell}="","",ABS({values.cell}-{values.head()}))',
            self._spread(there),
            about=say("live-departure"),
            heads=lambda column: [
                (say(f"live-head-{word}"), f"{function}({column.range})", float(value))
                for word, function, value in ends
            ],
        )

    def score(self, values: Column) -> str:
        """Write the score of a row."""
        if self.groups is not None:
            same = f"({self.groups.range}={self.groups.cell})"
            less, equal = (f"SUMPRODUCT({same}*({values.range}{sign}{values.cell}))" for sign in ("<", "="))
            count = f'SUMPRODUCT({same}*({values.range}<>""))'
            return f'IF({values.cell}="","",({less}+{equal}/2)/{count})'
        return f'IF({values.cell}="","",{self._normalised(values)})'

    def _normalised(self, values: Column) -> str:
        cell, head = values.cell, values.head
        name = self.method.name
        if name == "min-max":
            scaled = f"({cell}-{head(0)})/({head(1)}-{head(0)})"
            if not self.method.parameters:
                return scaled
            low, high = self._parameter("low", "0"), self._parameter("high", "1")
            return f"{scaled}*({high}-{low})+{low}"
        if name in ("goalposts", "levels"):
            low, high = self._posts()
            return f"MIN(MAX(({cell}-{low})/({high}-{low}),0),1)"
        if name == "distance-to-target":
            target = self._parameter("target", "0")
            target = f"(-{target})" if self.spec.more_need_when.pull == "low" else target
            return f"1-({target}-{cell})/({target}-{head(0)})"
        if name == "rank":
            return self._rank(values)
        if name == "modified-z":
            assert self.spread is not None
            median, mean = self.spread.head(0), self.spread.head(1)
            return f"({cell}-{head(0)})*IF({median}>0,0.6745/{median},0.7979/{mean})"
        if name == "quantile-bands":
            bands = f"MAX(2,INT({self._parameter('bands', '5')}))"
            lower, upper, count = f"RANK({cell},{values.range},1)", f"RANK({cell},{values.range},0)", values.range
            place = f"(({lower}-{upper}+COUNT({count}))*{bands}/(2*COUNT({count})))"
            band = f"(INT({place})-IF({place}=INT({place}),0.5,0))/({bands}-1)"
            return f"IF({lower}=1,0,IF({upper}=1,1,{band}))"
        simple = {
            "z-score": f"({cell}-{head(0)})/{head(1)}",
            "percentile-rank": f"(RANK({cell},{values.range},1)-1)/(COUNT({values.range})-1)",
            "share-of-total": f"{cell}/{head(0)}",
            "ratio-to-mean": f"{cell}/{head(0)}",
            "fraction-of-highest": f"{cell}/{head(0)}",
            "distance-to-best": f"1-({head(1)}-{cell})/({head(1)}-{head(0)})",
        }
        if name not in simple:
            raise Unsupported("normaliser")
        if name == "z-score" and self.method.parameters:
            return f"{simple[name]}*{self._parameter('deviation', '1')}+{self._parameter('mean', '0')}"
        return simple[name]

    def _rank(self, values: Column) -> str:
        given = self.method.parameters
        words = given[""] if isinstance(given.get(""), list | tuple) else [given.get("")]
        ties = str(given.get("ties", words[0]) or "average")
        scale = str(given.get("scale", words[1] if len(words) > 1 else None) or "share")
        function = "_xlfn.RANK.AVG" if ties == "average" else "RANK"
        place = f"{function}({values.cell},{values.range},1)"
        return place if scale == "places" else f"({place}-0.5)/COUNT({values.range})"

    def _parameter(self, name: str, absent: str) -> str:
        keys = _own("normalise", name)
        known = (*self.path, *keys) in self.sums.figures or ("indices", self.found.index, *keys) in self.sums.figures
        # A criterion with a method of its own does not take its index's numbers.
        if self.spec.normalise is not None and (*self.path, *keys) not in self.sums.figures:
            return absent
        return self._figure(*keys) if known else absent

    def _posts(self) -> tuple[str, str]:
        """Return the goalposts, turned with the values."""
        if self.method.name == "levels":
            low, high = "1", str(len(self.sums.formula.columns[self.found.name].levels))
        else:
            low, high = self._parameter("low", "0"), self._parameter("high", "1")
        if self.spec.more_need_when.pull == "low":
            return f"(-{high})", f"(-{low})"
        return low, high

    def _statistics(self, values: Floats) -> Callable[[Column], Sequence[Head]] | None:
        """Return the figures of the values that scores rest on."""
        there = values[~np.isnan(values)]
        say = self.sums.labels.say
        ends = [("lowest", "MIN({0})", there.min()), ("highest", "MAX({0})", there.max())]
        wanted = {
            "min-max": ends,
            "distance-to-best": ends,
            "distance-to-target": ends[:1],
            "z-score": [("mean", "AVERAGE({0})", there.mean()), ("deviation", "STDEV({0})", there.std(ddof=1))],
            "share-of-total": [("total", "SUM({0})", there.sum())],
            "ratio-to-mean": [("mean", "AVERAGE({0})", there.mean())],
            "fraction-of-highest": ends[1:],
            "modified-z": [("median", "MEDIAN({0})", np.median(there))],
        }.get(self.method.name, [])
        if self.spec.more_need_when.by or not wanted:
            return None
        return lambda column: [
            (say(f"live-head-{word}"), formula.format(column.range), float(value)) for word, formula, value in wanted
        ]


def _own(key: str, name: str) -> tuple[str, str, str]:
    return key, "parameters", name
