"""Maps: bubbles from coordinates in the table, and areas from somebody's GeoDataFrame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.engine.sharing import Floats
from equite.errors import EquiteError, nearest
from equite.inputs.cells import tidy
from equite.report.plots.points import Points, name_points
from equite.report.plots.style import BEFORE, FAINT, INK, SMALL, Picture, decimals, opened, refuse
from equite.report.plots.words import PlotLabels, named
from equite.wording import Codes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import BoundaryNorm

    from equite.engine.allocation import Allocation

__all__ = ["bubbles", "choropleth"]

#: The most shades of a map, and the palette: one that darkens steadily, so that it reads in grey.
_SHADES, _PALETTE = 5, "cividis_r"
#: The area of the largest bubble, in square points.
_LARGEST = 400.0
#: The most bubbles named, the largest first where there is room; those in the legend, as shares of the largest.
_NAMED, _KEYS = 14, (1.0, 0.3, 0.1)
#: A column that no GeoDataFrame has.
_VALUE = "equite: value"


def bubbles(allocation: Allocation, longitude: str, latitude: str, *, ax: Axes | None = None) -> Axes:
    """Draw a bubble for each territory, its area the amount and its shade the money per head where people are known.

    Parallels and meridians keep their proportions at the middle latitude: a degree of longitude is cos(latitude) of one
    of latitude. Territories without coordinates are counted in a note.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    longitude, latitude : str
        Columns of the table, in degrees, east and north above zero; by their names on the page or their headings.
    ax : Axes, optional
        Where to draw.

    Raises
    ------
    OutputError
        There is no such column; a coordinate is out of range; no territory has both; an amount is negative.
    """
    labels = PlotLabels(allocation)
    x, y = (_degrees(allocation, column, most) for column, most in ((longitude, 180.0), (latitude, 90.0)))
    known = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
    if not known.size:
        refuse("plot-nowhere", labels.language, longitude=longitude, latitude=latitude)
    amounts = allocation.amounts[known]
    if (amounts < 0).any():
        refuse("plot-map-negative", labels.language)
    x, y = x[known], y[known]
    picture = opened(ax, labels.language, 8.5, 6.5)
    picture.ax.set_aspect(1 / max(math.cos(math.radians(float(y.min() + y.max()) / 2)), 0.05), adjustable="datalim")
    area = _LARGEST / max(float(amounts.max()), 1e-300)
    order = np.argsort(-amounts, kind="stable")
    people = np.zeros(amounts.size) if allocation.people is None else allocation.people[known]
    look: dict[str, Any] = {"color": BEFORE.colour}
    if (people > 0).all():
        per_head = amounts / people
        look = {"c": per_head[order], "cmap": _PALETTE, "norm": _shades(per_head)}
        _shade_bar(picture, look["norm"], labels, labels.say("plot-axis-per-head"))
    picture.ax.scatter(x[order], y[order], s=area * amounts[order], edgecolor=INK, linewidth=0.5, alpha=0.9, **look)
    picture.ax.margins(0.08)
    picture.numbers("x", lambda value, digits: _bearing(value, digits, ("west", "east"), labels))
    picture.numbers("y", lambda value, digits: _bearing(value, digits, ("south", "north"), labels))
    points = Points(x, y, named(allocation, known), np.sqrt(area * amounts) / 2)
    name_points(picture, points, order.tolist(), _NAMED)
    left = len(allocation.codes) - known.size
    note = labels.count(left, "plot-without-place-one", "plot-without-place-many") if left else ""
    _sizes(picture, amounts, area, labels)
    return picture.close(labels.say("plot-map"), (), labels.notes(note))


def _degrees(allocation: Allocation, column: str, most: float) -> Floats:
    """Return a column of the table in degrees, for those that take part."""
    table, language = allocation.territories, allocation.language
    headings = {name: found.heading for name, found in allocation.formula.names.columns.items()}
    headings |= {name: spec.heading for name, spec in allocation.formula.columns.items() if spec.heading}
    heading = tidy(headings.get(column, column))
    if heading not in table.data.columns:
        known = tuple(map(str, table.data.columns))
        refuse("plot-column-unknown", language, column=column, nearest=nearest(column, known), known=Codes(known))
    try:
        found = dict(zip(table.codes, table.numbers(heading), strict=True))
    except EquiteError as error:
        error.language = language
        raise
    degrees = np.array([found[code] for code in allocation.codes])
    wrong = [code for code, value in zip(allocation.codes, degrees, strict=True) if abs(value) > most]
    if wrong:
        refuse("plot-out-of-range", language, column=column, most=most, codes=Codes(tuple(wrong)))
    return degrees


def _bearing(value: float, digits: int, sides: tuple[str, str], labels: PlotLabels) -> str:
    """Write degrees with their side: ``73° O``."""
    written = labels.number(abs(value), digits)
    return labels.say(f"plot-{sides[int(value > 0)]}", degrees=written) if value else f"{written}°"


def _shades(values: Floats) -> BoundaryNorm:
    """Return at most five classes, each with as many territories, between numbers of three figures."""
    from matplotlib.colors import BoundaryNorm

    ends = np.nanquantile(values, np.linspace(0, 1, _SHADES + 1))
    largest = float(np.abs(ends).max()) or 1.0
    step = 10.0 ** (math.floor(math.log10(largest)) - 2)
    low, high = math.floor(ends[0] / step), math.ceil(ends[-1] / step)
    cuts = np.unique(np.clip(np.rint(ends / step), low, high)).tolist()
    edges = sorted({low, *cuts[1:-1], max(high, low + 1)})
    return BoundaryNorm([edge * step for edge in edges], 256)


def _shade_bar(picture: Picture, norm: BoundaryNorm, labels: PlotLabels, title: str) -> None:
    """Explain the shades beside the map."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.ticker import FuncFormatter

    edges = norm.boundaries
    digits = decimals(edges)
    write = FuncFormatter(lambda value, _: labels.tick(value, digits))
    bar = picture.ax.figure.colorbar(
        ScalarMappable(norm, _PALETTE), ax=picture.ax, spacing="uniform", shrink=0.6, aspect=16, format=write
    )
    bar.set_ticks(list(edges))
    bar.ax.tick_params(labelsize=SMALL, length=0)
    bar.set_label(title, fontsize=SMALL)


def _sizes(picture: Picture, amounts: Floats, area: float, labels: PlotLabels) -> None:
    """Explain the areas of bubbles with a few round amounts, where the map leaves most room."""
    from matplotlib.lines import Line2D

    largest = float(amounts.max())
    found = {_two_figures(share * largest): None for share in _KEYS if largest > 0}
    look: dict[str, Any] = {"linestyle": "", "marker": "o", "markerfacecolor": "white", "markeredgecolor": INK}
    handles = [
        Line2D([], [], markersize=math.sqrt(area * amount), label=labels.tick(amount, decimals([amount])), **look)
        for amount in found
    ]
    if handles:
        picture.ax.legend(
            handles=handles, loc="best", fontsize=SMALL, labelspacing=1.3, borderpad=1.1, handletextpad=1.2
        )


def _two_figures(value: float) -> float:
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.floor(value / step) * step


def choropleth(allocation: Allocation, areas: Any, key: str, *, per_head: bool = True, ax: Axes | None = None) -> Axes:
    """Draw areas in the shade of their money per head, or of their amount.

    Areas of which no territory takes part are hatched. Classes hold as many territories each.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    areas : GeoDataFrame
        The shapes; equite only asks it to draw them.
    key : str
        Its column of codes; a code of digits gets the width that the page gives to codes.
    per_head : bool
        Whether shades tell money per head; otherwise they tell amounts.
    ax : Axes, optional
        Where to draw.

    Raises
    ------
    OutputError
        ``areas`` is no GeoDataFrame or has no such column; a territory that takes part has no area; there are no
        people to count money per head by.
    """
    labels = PlotLabels(allocation)
    values = allocation.amounts
    if per_head:
        if allocation.people is None:
            refuse("plot-no-people", labels.language)
        values = np.divide(values, allocation.people, out=np.full(values.size, np.nan), where=allocation.people > 0)
        if np.isnan(values).all():
            refuse("plot-people-empty", labels.language)
    codes = _codes(allocation, areas, key)
    by_code = dict(zip(allocation.codes, values, strict=True))
    picture = opened(ax, labels.language, 8.5, 6.5)
    norm = _shades(values)
    shown = areas.assign(**{_VALUE: [by_code.get(code, np.nan) for code in codes]})
    absent = {"color": "white", "edgecolor": FAINT, "hatch": "///"}
    shown.plot(
        column=_VALUE,
        ax=picture.ax,
        cmap=_PALETTE,
        norm=norm,
        edgecolor=INK,
        linewidth=0.4,
        missing_kwds=absent if shown[_VALUE].isna().any() else None,
    )
    picture.ax.set_axis_off()
    _shade_bar(picture, norm, labels, labels.say("plot-axis-per-head" if per_head else "word-amount"))
    note = labels.say("plot-hatched") if shown[_VALUE].isna().any() else ""
    return picture.close(labels.say("plot-choropleth" if per_head else "plot-map"), (), labels.notes(note))


def _codes(allocation: Allocation, areas: Any, key: str) -> Sequence[str]:
    """Return the code of each area; every territory must have one."""
    language = allocation.language
    if not all(hasattr(areas, name) for name in ("plot", "assign", "columns", "geometry")):
        refuse("plot-no-areas", language, given=type(areas).__name__)
    columns = tuple(map(str, areas.columns))
    if key not in columns:
        refuse("plot-column-unknown", language, column=key, nearest=nearest(key, columns), known=Codes(columns))
    width = allocation.formula.key.width or 0
    codes = [str(code).removesuffix(".0") for code in areas[key]]
    codes = [code.zfill(width) if code.isdigit() else code for code in codes]
    missing = [code for code in allocation.codes if code not in set(codes)]
    if missing:
        about = {"key": key, "codes": Codes(tuple(missing)), "seen": Codes(tuple(codes[:3]))}
        refuse("plot-areas-missing", language, **about)
    return codes
