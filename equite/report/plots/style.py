"""How every plot looks: one palette, one way to write numbers, one way to place titles, legends and notes.

Colours are those of Okabe and Ito (2008), *Color Universal Design*, which people see apart whatever their colour
vision. In black and white, hatches and markers tell apart what colours did. Nothing here touches matplotlib's settings.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from equite import wording
from equite.engine.sharing import Floats
from equite.errors import OutputError, Problem
from equite.report.language.text import simulated, typeset
from equite.wording import Language

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = [
    "BEFORE",
    "FAINT",
    "INK",
    "LESS",
    "LETTER",
    "MORE",
    "SERIES",
    "SMALL",
    "TEXT",
    "TOTAL",
    "Look",
    "Picture",
    "decimals",
    "folded",
    "opened",
    "refuse",
]


@dataclass(frozen=True)
class Look:
    """A colour, and the hatch that stands for it in black and white."""

    colour: str
    hatch: str = ""

    @property
    def fill(self) -> dict[str, Any]:
        """What a bar or an area of this look is drawn with."""
        return {"facecolor": self.colour, "hatch": self.hatch, "edgecolor": INK, "linewidth": 0.5}


INK, FAINT = "#222222", "#d9d9d9"
#: What adds, what takes away, what limits do, and what it all comes to.
BEFORE, MORE, LESS, TOTAL = Look("#0072B2"), Look("#56B4E9", ".."), Look("#E69F00", "///"), Look("#444444")
#: Things side by side: parts, families.
SERIES = (
    Look("#0072B2"),
    Look("#E69F00", "///"),
    Look("#F0E442", ".."),
    Look("#009E73", "xx"),
    Look("#CC79A7", "\\\\\\"),
    Look("#56B4E9", "--"),
    Look("#D55E00", "++"),
    Look("#FFFFFF", "oo"),
)
#: Points of text: a title, the rest, a note.
_TITLE, TEXT, SMALL = 11.0, 9.0, 8.0
#: The mean width of a letter, in parts of its height.
LETTER = 0.56
#: A key of a legend, with the blanks beside it, in points.
_KEY = 36.0
#: The most ticks on an axis, and the blanks between two, in letters.
_TICKS, _APART = 7, 3
#: What ticks go by, times a power of ten.
_STEPS = (1, 2, 2.5, 5, 10)


def refuse(entry: str, language: Language, **values: object) -> NoReturn:
    """Say in a sentence why there is no plot."""
    raise OutputError([Problem(entry, values)], language)


def folded(text: str, width: int, lines: int = 3) -> str:
    """Fold a text to lines of so many letters; beyond the last line it is cut, and shows that it was."""
    return "\n".join(textwrap.wrap(text, max(width, 8), max_lines=lines, placeholder="…", break_on_hyphens=False))


def decimals(values: Sequence[float] | Floats) -> int:
    """Count the decimals that some ticks need, so that all are written with as many."""
    ticks = np.asarray(values, dtype=np.float64)
    for digits in range(8):
        scaled = ticks * 10.0**digits
        if np.allclose(scaled, np.rint(scaled), rtol=0.0, atol=1e-4):
            return digits
    return 8


def opened(ax: Axes | None, language: Language, width: float = 8.0, height: float = 5.0) -> Picture:
    """Return the axes to draw on, or a new figure of so many inches.

    Raises
    ------
    OutputError
        matplotlib is not installed, or ``ax`` is no Axes.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError:
        refuse("plot-needs-matplotlib", language)
    if ax is None:
        _, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    elif not isinstance(ax, Axes):
        refuse("plot-ax-wrong", language, given=type(ax).__name__)
    return Picture(ax, language)


class Picture:
    """Axes to draw on, and the language of their texts."""

    def __init__(self, ax: Axes, language: Language) -> None:
        self.ax = ax
        self.language = language
        self._written: dict[str, Callable[[float, int], str]] = {}
        ax.tick_params(labelsize=SMALL, length=3, color=INK)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_axisbelow(True)

    def say(self, entry: str, **values: object) -> str:
        """Return a worded output."""
        return typeset(wording.say(entry, self.language, **values), self.language)

    def text(self, x: float, y: float, text: str, *, beside: tuple[float, float] = (0, 0), **look: Any) -> Any:
        """Write a text at a point of the data, so many points beside it; a dollar sign is a dollar sign."""
        look = {"fontsize": SMALL, "color": INK, "annotation_clip": False, **look}
        return self.ax.annotate(text, (x, y), xytext=beside, textcoords="offset points", parse_math=False, **look)

    def label(self, axis: str, text: str) -> None:
        """Name an axis: ``x`` or ``y``."""
        (self.ax.set_xlabel if axis == "x" else self.ax.set_ylabel)(text, fontsize=TEXT, parse_math=False)

    def numbers(self, axis: str, write: Callable[[float, int], str]) -> None:
        """Write an axis's ticks as the readers do: ``write(value, decimals)``; draw lines at them."""
        from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

        one = self._axis(axis)
        one.set_minor_locator(NullLocator())
        if one.get_scale() == "log":
            one.set_major_formatter(FuncFormatter(lambda value, _: write(value, decimals([value]))))
        else:
            one.set_major_locator(MaxNLocator(_TICKS, steps=_STEPS))
            one.set_major_formatter(FuncFormatter(lambda value, _: write(value, decimals(one.get_majorticklocs()))))
        self.ax.grid(True, axis="x" if axis == "x" else "y", color=FAINT, linewidth=0.6)
        self._written[axis] = write

    def _axis(self, axis: str) -> Axis:
        return self.ax.xaxis if axis == "x" else self.ax.yaxis

    @property
    def dpi(self) -> float:
        """Pixels to the inch."""
        return self.ax.figure.figure.dpi

    def size(self) -> tuple[float, float]:
        """Lay the figure out, and give the width and the height of the axes in points."""
        # A subfigure names its figure; a figure names itself.
        figure = self.ax.figure.figure
        engine = figure.get_layout_engine()
        if engine is None:
            figure.draw_without_rendering()
        else:
            # What lays out is all that is needed of drawing, which takes as long again.
            engine.execute(figure)
            self.ax.apply_aspect()
        box = self.ax.get_window_extent()
        return box.width * 72 / self.dpi, box.height * 72 / self.dpi

    def close(self, title: str, handles: Sequence[Artist] = (), notes: Sequence[str] = ()) -> Axes:
        """Space the ticks, and write the title and the legend above the axes and the notes below.

        Parameters
        ----------
        title : str
            What the plot tells.
        handles : sequence of Artist
            What the legend names.
        notes : sequence of str
            Lines of small text.
        """
        width, _ = self.size()
        self._space_ticks(width)
        rows = self._legend(handles, width) if handles else 0
        self.ax.set_title(
            folded(title, int(width / (_TITLE * LETTER))),
            fontsize=_TITLE,
            loc="left",
            color=INK,
            pad=6 + rows * SMALL * 1.75,
            parse_math=False,
        )
        self._notes([note for note in (simulated(self.language), *notes) if note])
        return self.ax

    def _space_ticks(self, width: float) -> None:
        """Leave out ticks of the x axis whose labels would touch."""
        from matplotlib.ticker import MaxNLocator

        if "x" not in self._written:
            return
        ends = self.ax.get_xlim()
        longest = max(len(self._written["x"](value, decimals(self.ax.get_xticks()))) for value in ends)
        most = int(width / ((longest + _APART) * SMALL * LETTER))
        self.ax.xaxis.set_major_locator(MaxNLocator(min(max(most, 2), _TICKS), steps=_STEPS))

    def _legend(self, handles: Sequence[Artist], width: float) -> int:
        """Set the legend between title and axes; give its rows."""
        longest = max(len(str(handle.get_label())) for handle in handles) * SMALL * LETTER + _KEY
        columns = min(len(handles), max(1, int(width / longest)))
        legend = self.ax.legend(
            handles=list(handles),
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=columns,
            frameon=False,
            fontsize=SMALL,
            borderpad=0.2,
            borderaxespad=0.2,
            handlelength=2.2,
            columnspacing=1.4,
            labelspacing=0.4,
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
        return -(-len(handles) // columns)

    def _notes(self, notes: Sequence[str]) -> None:
        """Write notes below the name of the x axis, as wide as the figure, flush right with the axes."""
        if not notes:
            return
        figure = self.ax.figure
        width = figure.bbox.width * 72 / self.dpi if len(figure.axes) == 1 else self.size()[0]
        lines = [folded(note, int(0.93 * width / (7.0 * LETTER))) for note in notes]
        self.ax.annotate(
            "\n".join(lines),
            (1.0, 0.0),
            xycoords=("axes fraction", self.ax.xaxis.label),
            xytext=(0, -5),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=7.0,
            color="#444444",
            parse_math=False,
            annotation_clip=False,
            gid="equite-notes",
        )
