"""``cascade.plot``: the flow of a plan's money, from its sources through its tiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.report.language.labels import Labels
from equite.report.language.text import typeset
from equite.report.plots.flows import Level, flow_axes
from equite.wording import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from equite.engine.cascade import Cascade

__all__ = ["CascadePlots"]

#: The keys of the two sources; no code holds a null.
_ENVELOPE, _OTHER = "\0envelope", "\0other"


@dataclass(frozen=True)
class CascadePlots:
    """Pictures of a cascade, in its language; each gives the matplotlib Axes it drew on."""

    cascade: Cascade

    def flow(self, to: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the money from its sources down to a tier, by default the last, and what each keeps on the way.

        What is added on the way (own money, funds, what comes on top) is a source beside the envelope. What is kept
        includes what a page leaves undistributed. Small members of a tier with many are drawn together.

        Parameters
        ----------
        to : str, optional
            The last tier drawn.
        ax : Axes, optional
            Where to draw.
        """
        cascade = self.cascade
        shown = cascade.levels[: cascade.levels.index(cascade.level(to)) + 1]
        labels = Labels(cascade.plan.formula_of(cascade.names[0]))
        flows = _Flows(cascade, len(shown))
        return flow_axes(
            flows.levels,
            flows.links,
            flows.kept,
            language=cascade.language,
            money=lambda amount: labels.money(amount, 0),
            title=labels.worded(cascade.plan.heading),
            ax=ax,
        )


class _Flows:
    """Levels, links and kept amounts as the picture wants them: the sources first."""

    def __init__(self, cascade: Cascade, count: int) -> None:
        self.cascade = cascade
        shown = cascade.levels[:count]
        first = cascade.levels[0]
        #: What enters each tier beside what comes from above, by place.
        self.entering = [self._entering(at, count) for at in range(count)]
        self.levels = [Level(self._said("plot-sources"), self._sources())]
        self.links: list[list[tuple[str, str, float]]] = []
        self.kept: list[dict[str, float]] = [{_ENVELOPE: self._money(first.reserve)[0]}]
        for at, level in enumerate(shown):
            later = float(sum(entering.sum() for entering in self.entering[at + 1 :]))
            passing = {_OTHER: self._said("plot-other-sources")} if later else {}
            names = dict(zip(level.codes, cascade.names_of(level.tier.id), strict=True))
            self.levels.append(Level(cascade.plan.title_of(level.tier.id), {**names, **passing}))
            above = [_ENVELOPE] if at == 0 else cascade.levels[at - 1].codes
            received = self._money(level.received)
            came = [
                (above[parent], code, money)
                for code, parent, money in zip(level.codes, level.parent, received, strict=True)
            ]
            came += [(_OTHER, code, money) for code, money in zip(level.codes, self.entering[at], strict=True)]
            came += [(_OTHER, _OTHER, later)] if later else []
            self.links.append([link for link in came if link[2] > 0])
            if at + 1 < count:
                kept = level.kept + cascade.levels[at + 1].reserve
                self.kept.append(dict(zip(level.codes, self._money(kept).tolist(), strict=True)))

    def _sources(self) -> dict[str, str]:
        other = any(entering.any() for entering in self.entering)
        found = {_ENVELOPE: self._said("word-envelope")}
        return {**found, _OTHER: self._said("plot-other-sources")} if other else found

    def _entering(self, at: int, count: int) -> np.ndarray:
        level = self.cascade.levels[at]
        minor_units = level.from_funds
        if at + 1 < count:
            # What is added, and what comes on top of what is passed on, goes further down.
            minor_units = minor_units + level.added + self.cascade.levels[at + 1].on_top
        return self._money(minor_units)

    def _money(self, minor_units: np.ndarray) -> np.ndarray:
        return self.cascade.minor_units.money(minor_units)

    def _said(self, entry: str) -> str:
        return typeset(say(entry, self.cascade.language), self.cascade.language)
