"""From the first dollar to the amount: a table whose lines add up, each with its bar where the line before it ended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.criteria import CriterionScore
from equite.engine.sharing import Floats
from equite.report.html.markup import Child, Markup, element
from equite.report.html.page.context import ReportContext
from equite.report.terminal.text import explained

if TYPE_CHECKING:
    from equite.engine.explanation import Explanation, Line

__all__ = ["Values", "waterfall"]

#: The length of a bar that reaches from the lowest to the highest sum, and the least that still shows.
_LENGTH, _LEAST = 1000.0, 3.0
#: Figures of a value that are told.
_FIGURES = 3


class Values:
    """The values that criteria were scored from, each with its score and the mean it is counted from, in words."""

    def __init__(self, report: ReportContext) -> None:
        self.report = report
        scorings = [report.allocation.scope.scoring(name) for name in report.allocation.formula.indices]
        self.criteria = {f"{each.name}.{found.name}": found for each in scorings for found in each.criteria}
        self.means = {
            (found.part, ".".join(criterion)): float(mean)
            for found in report.allocation.contributions
            for criterion, mean in zip(found.criteria, found.means, strict=True)
        }

    def beside(self, line: Line, row: int) -> str:
        """Tell a territory's value of a criterion, its score and the mean score; nothing where it has none."""
        criterion, labels = self.criteria[line.id], self.report.labels
        value, score, mean = float(criterion.raw[row]), float(criterion.scores[row]), self.means[line.part, line.id]
        if math.isnan(score):
            return ""
        told = {"score": labels.number(score, 2), "mean": labels.number(mean, 2)}
        entry = "page-score" if math.isnan(mean) else "page-score-mean"
        said = self.report.say(entry, **told)
        return said if math.isnan(value) else f"{self._written(criterion, value)}; {said}"

    def _written(self, criterion: CriterionScore, value: float) -> str:
        labels = self.report.labels
        spec = labels.formula.columns.get(criterion.name)
        if spec is not None and spec.kind == "ordinal" and spec.levels and value == int(value):
            return labels.worded(spec.levels[int(value) - 1]).rstrip(".")
        if spec is not None and spec.kind == "yes_no" and value in (0.0, 1.0):
            return labels.say("words-yes" if value else "words-no")
        unit = labels.unit(criterion.name)
        return labels.number(value, _digits(value, criterion.raw)) + (f" {unit}" if unit else "")


def _digits(value: float, values: Floats) -> int:
    """Tell the decimals with which a value can be set beside the others: whole where all are."""
    there = np.abs(values[~np.isnan(values)])
    if value == 0 or (there == np.rint(there)).all():
        return 0
    size = max(abs(value), float(np.median(there))) or 1.0
    return max(0, min(8, _FIGURES - 1 - math.floor(math.log10(size))))


def waterfall(report: ReportContext, explanation: Explanation, values: Values, row: int) -> Markup:
    """Return the table of an explanation's lines, and their bars."""
    total = report.labels.money(explanation.amount)
    bars = list(_bars([line.amount for line in explanation.lines]))
    rows = []
    for line, told, bar in zip(explanation.lines, explained(explanation), bars, strict=False):
        below = values.beside(line, row) if line.kind == "criterion" else ""
        mark = report.mark_beside(report.statuses_of(line))
        label: list[Child] = [told.label, " " if mark else None, mark]
        label.append(element("small", below) if below else None)
        head = element("th", label, scope="row", class_="in" if told.inner else None)
        rows.append(element("tr", head, element("td", told.amount, class_="n"), element("td", bar)))
    last = [element("th", report.say("word-amount"), scope="row"), element("td", total, class_="n")]
    headings = [
        element("th", report.say("explain-line"), scope="col"),
        element("th", report.say("word-amount"), scope="col", class_="n"),
        element("th", report.say("page-running"), scope="col"),
    ]
    return element(
        "table",
        element("caption", report.say("page-waterfall")),
        element("thead", element("tr", headings)),
        element("tbody", rows),
        element("tfoot", element("tr", last, element("td", bars[-1]))),
        class_="small waterfall",
    )


def _bars(amounts: list[float]) -> Iterator[Markup]:
    """Return a bar for each amount, from where the sum stood before it to where it stands after it, then their sum."""
    ends = np.concatenate([[0.0], np.cumsum(amounts)])
    low, high = float(ends.min()), float(ends.max())
    scale = _LENGTH / (high - low) if high > low else 0.0
    for before, after in [*pairwise(ends.tolist()), (0.0, float(ends[-1]))]:
        width = max(_LEAST, abs(after - before) * scale)
        # At the right edge, the least of bars must not stand outside.
        left = min((min(before, after) - low) * scale, _LENGTH - width)
        yield _bar(left, width, "down" if after < before else "up")


def _bar(left: float, width: float, look: str) -> Markup:
    bar = element("rect", x=f"{left:.1f}", y="1", width=f"{width:.1f}", height="10", class_=look)
    return element("svg", bar, viewBox="0 0 1000 12", preserveAspectRatio="none", aria_hidden="true", focusable="false")
