"""Who gets the money, from those in the least need to those in the greatest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equite.report.analyses.equity import EquityLabels
from equite.report.plots.style import INK, SERIES, opened, refuse
from equite.report.plots.words import PlotLabels

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from equite.analysis.equity import Equity

__all__ = ["concentration_curves"]

#: Lines are told apart without colour too.
_STROKES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))


def concentration_curves(equity: Equity, *, ax: Axes | None = None) -> Axes:
    """Draw the share of the money against the share of the people, those in the least need first.

    One curve for each way to share, and one for need itself: money that follows need lies on it.

    Raises
    ------
    OutputError
        No measure of need was named.
    """
    labels, words = PlotLabels(equity.allocation), EquityLabels(equity)
    if equity.need is None:
        refuse("plot-equity-no-need", labels.language)
    picture = opened(ax, labels.language, 6.6, 6.8)
    handles: list[Artist] = []
    for name, curve in equity.curves.groupby("split", sort=False):
        look: dict[str, Any]
        if name == "need":
            look = {"color": INK, "linewidth": 3.0, "alpha": 0.45}
        else:
            at = list(equity.splits).index(str(name))
            look = {"color": SERIES[at if at < 2 else at + 1].colour, "linewidth": 1.8, "linestyle": _STROKES[at]}
        handles += picture.ax.plot(curve["people"], curve["amount"], label=words.split(str(name)), **look)
    picture.ax.set(xlim=(0, 1), ylim=(0, 1))
    for axis in ("x", "y"):
        picture.numbers(axis, lambda value, _: labels.percent(value, 0))
    picture.label("x", labels.say("plot-axis-by-need"))
    picture.label("y", labels.say("plot-axis-money"))
    return picture.close(labels.say("plot-equity"), handles, labels.notes(words.need()))
