"""Plots of who stands where: money per head against need, and how unequal money per head is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equite.analysis import inequality
from equite.analysis.profile import scoring_of
from equite.engine.sharing import Floats
from equite.report.plots.points import Points, extremes, name_points
from equite.report.plots.style import BEFORE, INK, MORE, TEXT, opened, refuse
from equite.report.plots.words import PlotLabels, named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from equite.engine.allocation import Allocation

__all__ = ["lorenz", "need"]

#: Money per head that spreads further than this is drawn on a scale of ratios.
_RATIO = 20.0


def need(allocation: Allocation, index: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw money per head against the score of an index; the extremes are named.

    Where the highest is over twenty times the lowest, the scale of money is logarithmic.

    Raises
    ------
    OutputError
        The page names no people, or nobody has any.
    FormulaError
        There is no such index, or several and none is named.
    """
    labels = PlotLabels(allocation)
    scoring = scoring_of(allocation, index)
    known, people = _peopled(allocation, labels)
    per_head = allocation.amounts[known] / people
    score = scoring.scores[allocation.context.rows][known]
    picture = opened(ax, labels.language, 8.0, 5.6)
    size = 34.0 if known.size <= 200 else 12.0
    picture.ax.scatter(score, per_head, s=size, color=BEFORE.colour, edgecolor="white", linewidth=0.5)
    ratios = bool((per_head > 0).all() and per_head.max() > _RATIO * per_head.min())
    if ratios:
        from matplotlib.ticker import LogLocator

        picture.ax.set_yscale("log")
        picture.ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    else:
        picture.ax.set_ylim(bottom=min(0.0, float(per_head.min())))
    picture.ax.margins(x=0.08, y=0.08)
    picture.numbers("x", labels.number)
    picture.numbers("y", labels.tick)
    title = labels.title(scoring.name)
    picture.label("x", labels.say("plot-axis-need", index=title))
    picture.label("y", labels.say("plot-axis-per-head-log" if ratios else "plot-axis-per-head"))
    names = named(allocation, known)
    points = Points(score, per_head, names, np.sqrt(size) / 2)
    name_points(picture, points, extremes(per_head, score))
    return picture.close(labels.say("plot-need"), (), labels.notes(_unpeopled(allocation, known, labels)))


def lorenz(allocation: Allocation, *, ax: Axes | None = None) -> Axes:
    """Draw the share of the money against the share of the people, those with the least per head first.

    The diagonal is the same amount per head for all. Sources: :mod:`equite.analysis.inequality`.

    Raises
    ------
    OutputError
        The page names no people, or nobody has any; an amount is negative, or all are zero.
    """
    labels = PlotLabels(allocation)
    known, people = _peopled(allocation, labels)
    amounts = allocation.amounts[known]
    if (amounts < 0).any():
        refuse("plot-lorenz-negative", labels.language)
    if not amounts.sum() > 0:
        refuse("plot-lorenz-nothing", labels.language)
    curve = inequality.lorenz(amounts / people, people)
    picture = opened(ax, labels.language, 6.2, 6.6)
    equal = labels.say("plot-key-equal")
    (line,) = picture.ax.plot(
        curve.people, curve.amount, color=BEFORE.colour, linewidth=2.0, label=labels.say("plot-key-lorenz")
    )
    (diagonal,) = picture.ax.plot([0, 1], [0, 1], color=INK, linewidth=1.0, linestyle="--", label=equal)
    picture.ax.fill_between(curve.people, curve.amount, curve.people, color=MORE.colour, alpha=0.25, linewidth=0)
    picture.ax.set(xlim=(0, 1), ylim=(0, 1))
    for axis in ("x", "y"):
        picture.numbers(axis, lambda value, _: labels.percent(value, 0))
    picture.label("x", labels.say("plot-axis-people"))
    picture.label("y", labels.say("plot-axis-money"))
    gini_text = labels.say("plot-gini", gini=labels.number(curve.index, 3))
    picture.text(0.05, 0.93, gini_text, fontsize=TEXT, ha="left", va="top")
    return picture.close(
        labels.say("plot-lorenz"), [line, diagonal], labels.notes(_unpeopled(allocation, known, labels))
    )


def _peopled(allocation: Allocation, labels: PlotLabels) -> tuple[np.ndarray, Floats]:
    """Return the rows that have people, and these; refuse where there are none."""
    if allocation.people is None:
        refuse("plot-no-people", labels.language)
    known = np.flatnonzero(allocation.people > 0)
    if not known.size:
        refuse("plot-people-empty", labels.language)
    return known, allocation.people[known]


def _unpeopled(allocation: Allocation, known: np.ndarray, labels: PlotLabels) -> str:
    """Say how many have no people and are not shown."""
    left = len(allocation.codes) - known.size
    return labels.count(left, "plot-without-people-one", "plot-without-people-many") if left else ""
