"""The plot of a change: from the amount before to the amount after, a bar for each cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.report.analyses.drivers_words import DriversWords
from equite.report.language.text import plain
from equite.report.plots.rows import end_labels, rows_on
from equite.report.plots.style import INK, LESS, MORE, SMALL, TOTAL, Look
from equite.report.terminal.grid import shortened
from equite.wording import money

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from equite.analysis.drivers import Drivers

__all__ = ["DriversPlots"]

#: The letters of a bar's name.
_LONG = 40


@dataclass(frozen=True)
class DriversPlots:
    """Plots of a change, in the language of the page after; each gives the matplotlib Axes it drew on.

    All take ``ax``, axes to draw on; without it they make a figure. All need the extra ``plot``.
    """

    found: Drivers

    def waterfall(self, code: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw how an amount went from what it was to what it is, by cause; without a code, the total of all."""
        return waterfall(self.found, code, ax=ax)


def waterfall(found: Drivers, code: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw a bar for the amount before, one for each cause, and one for the amount after.

    Where the causes move little beside the amount, the axis does not begin at zero: amounts are then points and not
    bars, whose length would mislead, and a note says so.

    Raises
    ------
    SharingError
        Nobody that takes part before or after has the code.
    """
    words = DriversWords(found)
    names, amounts = _bars(found, words, code)
    before, after = amounts[0], amounts[-1]
    ends = np.cumsum(amounts[:-1])
    starts = np.concatenate([[0.0], ends[:-1], [0.0]])
    ends = np.append(ends, after)
    picture, _ = rows_on(ax, words.language, len(names))
    low = _floor(np.concatenate([ends, [before]]))
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        is_amount = at in (0, len(names) - 1)
        if is_amount and low:
            picture.ax.plot([end], [at], marker="D", markersize=6, color=TOTAL.colour)
            continue
        look: Look = TOTAL if is_amount else MORE if end >= start else LESS
        picture.ax.barh(at, end - start, left=start, height=0.66, **look.fill)
    picture.ax.vlines(ends[:-1], np.arange(len(names) - 1), np.arange(1, len(names)), color=INK, linewidth=0.6)
    picture.ax.set_yticks(range(len(names)), names, fontsize=SMALL, parse_math=False)
    picture.ax.tick_params(axis="y", length=0)
    picture.ax.set_ylim(len(names) - 0.4, -0.6)
    texts = [words.money(float(each), signed=0 < at < len(names) - 1) for at, each in enumerate(amounts)]
    if low:
        texts[0], texts[-1] = f"  {texts[0]}", f"  {texts[-1]}"
    reach = np.maximum(starts, ends)
    reach[[0, -1]] = ends[[0, -1]]
    if low:
        _start_at(picture.ax, low)
    end_labels(picture, range(len(names)), reach.tolist(), texts, [False] * len(names))
    if low:
        _start_at(picture.ax, low)
    currency = words.labels.formula.unit or words.labels.formula.currency
    picture.numbers("x", lambda value, digits: money(value, words.language, currency, digits))
    notes = [words.say("drivers-convention"), words.say("plot-drivers-cut") if low else ""]
    return picture.close(_title(found, words, code), (), notes)


def _bars(found: Drivers, words: DriversWords, code: str | None) -> tuple[list[str], np.ndarray]:
    """Return what the bars are called, and what they stand for: before, what each cause adds, after."""
    whole = found.whole
    rows = slice(None) if code is None else slice(found.row(code), found.row(code) + 1)

    def total(values: np.ndarray) -> float:
        return float(np.nansum(values[rows]))

    causes = [(words.cause(block), total(whole.causes[at])) for at, block in enumerate(found.split.blocks)]
    causes += [(words.cause(("rounding",)), total(whole.rounding))] if total(whole.rounding) else []
    bars = [(words.say("drivers-col-before"), total(whole.before)), *causes]
    bars.append((words.say("drivers-col-after"), total(whole.after)))
    return [shortened(plain(name), _LONG) for name, _ in bars], np.array([amount for _, amount in bars])


def _floor(sums: np.ndarray) -> float:
    """Return where the axis begins: at zero, but where all that moves would be too small to be seen."""
    low, high = float(sums.min()), float(sums.max())
    if low <= 0 or high - low > 0.25 * high or high == low:
        return 0.0
    step = 10.0 ** np.floor(np.log10(high - low))
    return max(0.0, float(np.floor((low - (high - low)) / step) * step))


def _start_at(ax: Axes, low: float) -> None:
    ax.set_xlim(low, ax.get_xlim()[1])


def _title(found: Drivers, words: DriversWords, code: str | None) -> str:
    if code is None:
        return words.title
    row = found.row(code)
    name, said = plain(found.comparison.names[row]), plain(found.codes[row])
    who = name if name == said else f"{name} ({said})"
    return words.say("plot-drivers", name=who)
