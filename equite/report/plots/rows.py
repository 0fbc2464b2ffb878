"""Bars in rows, one a territory, that stay readable whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.sharing import Floats
from equite.report.plots.style import SMALL, Picture, opened
from equite.report.terminal.grid import shortened
from equite.wording import Language, Numeral

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RowAxes", "end_labels", "rows_on"]

#: The most rows of a new figure, the inches of each, those of title and axis, and the points that a row needs.
_MOST, _EACH, _ROUND, _NEEDS = 40, 0.2, 1.7, 11.0
#: The fewest rows, however small the axes.
_LEAST = 9
#: The letters of a name.
NAME = 34
#: Points of the text at the end of a bar.
_BESIDE = 7.5


@dataclass(frozen=True)
class RowAxes:
    """Where bars lie: all of a height or, where they are many, the first and the last so, and those between squeezed.

    Attributes
    ----------
    count : int
        The bars.
    room : int
        The rows of full height that there is room for.
    """

    count: int
    room: int

    @property
    def ends(self) -> int:
        """How many bars have a row of their own at each end; all of them where that is less than the room."""
        return self.count if self.count <= self.room else self.room // 3

    @cached_property
    def own(self) -> tuple[int, ...]:
        """The bars that have a row of their own."""
        if self.count <= self.room:
            return tuple(range(self.count))
        return (*range(self.ends), *range(self.count - self.ends, self.count))

    @property
    def squeezed(self) -> int:
        """How many bars share the rows between."""
        return self.count - len(self.own)

    @cached_property
    def heights(self) -> Floats:
        """The height of each bar's row, shape (count,)."""
        heights = np.ones(self.count)
        if self.squeezed:
            heights[self.ends : self.count - self.ends] = (self.room - 2 * self.ends) / self.squeezed
        return heights

    @cached_property
    def middles(self) -> Floats:
        """The middle of each bar's row, counted from the top, shape (count,)."""
        return np.cumsum(self.heights) - self.heights / 2

    @property
    def thickness(self) -> Floats:
        """How thick each bar is, shape (count,)."""
        return np.where(np.isin(np.arange(self.count), self.own), 0.72, self.heights)

    def name(self, picture: Picture, names: Sequence[str]) -> None:
        """Write names beside their rows, and how many bars share the rows between."""
        ticks = [float(self.middles[at]) for at in self.own]
        texts = [shortened(names[at], NAME) for at in self.own]
        if self.squeezed:
            ticks.append(self.room / 2)
            texts.append(picture.say("plot-others", count=Numeral(self.squeezed)))
        picture.ax.set_yticks(ticks, texts, fontsize=SMALL, parse_math=False)
        picture.ax.tick_params(axis="y", length=0)
        picture.ax.set_ylim(min(self.count, self.room) + 0.2, -0.2)


def rows_on(ax: Axes | None, language: Language, count: int, width: float = 8.5) -> tuple[Picture, RowAxes]:
    """Open axes, or a new figure high enough, for so many bars."""
    picture = opened(ax, language, width, _ROUND + _EACH * min(count, _MOST))
    room = _MOST if ax is None else int(picture.size()[1] / _NEEDS)
    return picture, RowAxes(count, max(room, _LEAST))


def end_labels(
    picture: Picture, places: Sequence[float], ends: Sequence[float], texts: Sequence[str], low: Sequence[bool]
) -> None:
    """Write a text beyond the end of each bar, to its left where ``low``, and widen the axis to hold them."""
    left, right = min(0.0, *picture.ax.get_xlim()), max(0.0, *picture.ax.get_xlim())
    room = {True: 0.0, False: 0.0}
    width, _ = picture.size()
    for place, end, text, below in zip(places, ends, texts, low, strict=True):
        side, beside = ("right", -3) if below else ("left", 3)
        written = picture.text(end, place, text, beside=(beside, 0), ha=side, va="center", fontsize=_BESIDE)
        room[below] = max(room[below], (written.get_window_extent().width * 72 / picture.dpi + 6) / width)
    span = (right - left) / max(0.3, 1 - sum(room.values()))
    picture.ax.set_xlim(left - room[True] * span, right + room[False] * span)
