"""``allocation.plot``: every plot of an allocation by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equite.report.plots import amounts, criteria, maps, standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from equite.engine.allocation import Allocation

__all__ = ["AllocationPlots"]


@dataclass(frozen=True)
class AllocationPlots:
    """Plots of an allocation, in its language; each gives the matplotlib Axes it drew on.

    All take ``ax``, axes to draw on; without it they make a figure. All need the extra ``plot``.
    """

    allocation: Allocation

    def waterfall(self, code: str, *, ax: Axes | None = None) -> Axes:
        """Draw how one amount comes about: parts, criteria, limits, rounding."""
        return amounts.waterfall(self.allocation, code, ax=ax)

    def change(self, *, ax: Axes | None = None) -> Axes:
        """Draw each amount less the previous one, from the largest gain to the largest loss."""
        return amounts.change(self.allocation, ax=ax)

    def parts(self, *, ax: Axes | None = None) -> Axes:
        """Draw the parts of each amount, one upon the other."""
        return amounts.parts(self.allocation, ax=ax)

    def need(self, index: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw money per head against the score of an index."""
        return standing.need(self.allocation, index, ax=ax)

    def lorenz(self, *, ax: Axes | None = None) -> Axes:
        """Draw the share of the money against the share of the people, with the Gini index."""
        return standing.lorenz(self.allocation, ax=ax)

    def profile(self, code: str, index: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw where a territory stands on each criterion, beside its peers and all."""
        return criteria.profile(self.allocation, code, index, ax=ax)

    def weights(self, index: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw what each criterion weighs, by family."""
        return criteria.weights(self.allocation, index, ax=ax)

    def map(self, *, longitude: str, latitude: str, ax: Axes | None = None) -> Axes:
        """Draw a bubble for each territory, from two columns of coordinates in degrees."""
        return maps.bubbles(self.allocation, longitude, latitude, ax=ax)

    def choropleth(self, areas: Any, *, key: str, per_head: bool = True, ax: Axes | None = None) -> Axes:
        """Draw a GeoDataFrame in the shade of money per head, or of amounts; ``key`` is its column of codes."""
        return maps.choropleth(self.allocation, areas, key, per_head=per_head, ax=ax)
