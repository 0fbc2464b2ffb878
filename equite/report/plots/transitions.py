"""``transition.plot``: paths of territories, the gap closing, protection against speed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.engine.transition import GRID
from equite.report.language.text import plain
from equite.report.plots.points import Points, name_points
from equite.report.plots.style import BEFORE, INK, LESS, MORE, SERIES, opened, refuse
from equite.report.plots.words import PlotLabels
from equite.report.terminal.grid import shortened
from equite.wording import Codes, Percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from equite.engine.transition import Transition

__all__ = ["TransitionPlots"]

#: Paths drawn where none are asked for: so many of the largest gains, and of the largest losses.
_EACH = 3
#: The most paths that colours and marks tell apart.
_MOST = 8
_MARKS = "os^DvP*X"
#: Colours that a thin line is seen in.
_COLOURS = (*(look.colour for look in SERIES if look.colour not in ("#F0E442", "#FFFFFF")), INK, "#999999")
#: The letters of a name beside its path.
_NAME = 24


@dataclass(frozen=True)
class TransitionPlots:
    """Pictures of a transition, in its language; each gives the matplotlib Axes it drew on.

    All take ``ax``, axes to draw on; without it they make a figure. All need the extra ``plot``.
    """

    transition: Transition

    def paths(self, codes: Collection[str] | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the amounts of chosen territories year by year, and their targets as dotted lines.

        Parameters
        ----------
        codes : collection of str, optional
            The territories, eight at most; by default those that gain and lose most on the whole way.
        ax : Axes, optional
            Where to draw.
        """
        transition = self.transition
        labels = PlotLabels(transition.years[-1].allocation)
        chosen = self._largest() if codes is None else [str(code) for code in codes]
        known = set(transition.table["code"])
        unknown = [code for code in chosen if code not in known]
        if unknown or not 0 < len(chosen) <= _MOST:
            entry = "plot-paths-unknown" if unknown else "plot-paths-many"
            refuse(entry, transition.language, codes=Codes(tuple(unknown)), most=_MOST)
        picture = opened(ax, transition.language)
        handles = []
        for at, code in enumerate(chosen):
            rows = transition.path(code)
            years = [rows["year"].iloc[0] - 1, *rows["year"]]
            amounts = [rows["previous"].iloc[0], *rows["amount"]]
            name = plain(str(rows["name"].iloc[-1])) if "name" in rows else code
            look: dict[str, Any] = {"color": _COLOURS[at], "linewidth": 1.6}
            line = picture.ax.plot(
                years, amounts, marker=_MARKS[at], markersize=4, label=shortened(name, _NAME), **look
            )
            picture.ax.plot(rows["year"], rows["target"], linestyle=":", **look)
            handles += line
        picture.ax.set_ylim(bottom=0)
        self._years(picture.ax)
        picture.label("y", labels.dressed(picture.say("transition-col-amount"), labels.symbol))
        picture.numbers("y", labels.tick)
        return picture.close(picture.say("plot-paths"), handles, labels.notes(picture.say("plot-paths-dotted")))

    def gap(self, *, ax: Axes | None = None) -> Axes:
        """Draw what is held beyond targets and what is waited for, year by year."""
        from matplotlib.patches import Patch

        transition = self.transition
        labels = PlotLabels(transition.years[-1].allocation)
        picture = opened(ax, transition.language)
        costs, first = transition.cost_of_protection, transition.years[0]
        before = first.previous - first.targets
        years = [first.year - 1, *costs["year"]]
        above = [float(np.maximum(before, 0.0).sum()), *costs["above_money"]]
        below = [-float(np.maximum(-before, 0.0).sum()), *(-costs["below_money"])]
        picture.ax.bar(years, above, width=0.7, **LESS.fill)
        picture.ax.bar(years, below, width=0.7, **MORE.fill)
        picture.ax.axhline(0.0, color=INK, linewidth=0.9)
        self._years(picture.ax)
        picture.label("y", labels.dressed(picture.say("transition-col-gap"), labels.symbol))
        picture.numbers("y", labels.tick)
        handles = [
            Patch(label=picture.say("transition-col-above_money"), **LESS.fill),
            Patch(label=picture.say("transition-col-below_money"), **MORE.fill),
        ]
        return picture.close(picture.say("plot-gap"), handles, labels.notes(picture.say("plot-gap-before")))

    def frontier(self, grid: Iterable[float | None] = GRID, *, ax: Axes | None = None) -> Axes:
        """Draw which part of the gap is closed against the worst loss of a year, a point for each degree of protection.

        Parameters
        ----------
        grid : iterable of float or None, optional
            As :meth:`equite.Transition.frontier` takes it.
        ax : Axes, optional
            Where to draw.
        """
        transition = self.transition
        found = transition.frontier(grid)
        labels = PlotLabels(transition.years[-1].allocation)
        paid = found[found["pays"]]
        if paid.empty:
            refuse("plot-frontier-nothing", transition.language)
        picture = opened(ax, transition.language)
        x, y = paid["worst_loss"].to_numpy(dtype=float), paid["closed"].to_numpy(dtype=float)
        order = np.argsort(x, kind="stable")
        picture.ax.plot(x[order], y[order], color=BEFORE.colour, marker="o", markersize=6, linewidth=1.2)
        span = max(float(x.max()), 0.01)
        picture.ax.set_xlim(-0.06 * span, 1.16 * span)
        picture.ax.set_ylim(min(0.0, float(y.min())) - 0.05, 1.08)
        picture.label("x", picture.say("transition-col-worst_loss"))
        picture.label("y", picture.say("transition-col-closed"))
        picture.numbers("x", lambda value, _: Percent(round(value, 6)).in_language(transition.language))
        picture.numbers("y", lambda value, _: Percent(round(value, 6)).in_language(transition.language))
        names = [
            picture.say("transition-unprotected") if np.isnan(each) else Percent(each).in_language(transition.language)
            for each in paid["protection"].tolist()
        ]
        name_points(picture, Points(x, y, names), range(len(names)))
        refused = len(found) - len(paid)
        note = picture.say("plot-frontier-refused", count=refused) if refused else ""
        return picture.close(picture.say("plot-frontier"), (), labels.notes(picture.say("plot-frontier-names"), note))

    def _largest(self) -> list[str]:
        """Return those who gain and those who lose most from the start to the last year."""
        last = self.transition.years[-1]
        change = last.amounts - last.start
        order = np.argsort(-change, kind="stable")
        rows = order if order.size <= 2 * _EACH else np.concatenate([order[:_EACH], order[-_EACH:]])
        return [last.codes[row] for row in rows]

    def _years(self, ax: Axes) -> None:
        """Write every year at its tick; that before the first is where all begin."""
        years = [each.year for each in self.transition.years]
        ticks = [years[0] - 1, *years]
        step = -(-len(ticks) // 12)
        ax.set_xticks(ticks[::step], [str(year) for year in ticks[::step]])
