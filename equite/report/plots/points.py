"""Names of points, where there is room for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from equite.engine.sharing import Floats
from equite.report.plots.style import Picture
from equite.report.terminal.grid import shortened

__all__ = ["Points", "extremes", "name_points"]

#: Up to so many points, all are named where they can be.
_ALL = 20
#: Where a name may stand beside its point: points to the right and up, and which of its sides is there.
_PLACES = (
    (1, 0, "left", "center"),
    (-1, 0, "right", "center"),
    (0, 1, "center", "bottom"),
    (0, -1, "center", "top"),
    (0.8, 0.8, "left", "bottom"),
    (-0.8, 0.8, "right", "bottom"),
    (0.8, -0.8, "left", "top"),
    (-0.8, -0.8, "right", "top"),
)
#: The letters of a name, its size in points.
_NAME, _SIZE = 28, 7.5


def extremes(*values: Floats, each: int = 4) -> list[int]:
    """Return the rows that stand out: those with the highest and lowest of each of some values, the first values first.

    All of them where they are few.
    """
    count = values[0].size
    each = count if count <= _ALL else each
    orders = [np.argsort(-column, kind="stable") for column in values]
    found = [int(row) for at in range(each) for order in orders for row in (order[at], order[count - 1 - at])]
    return list(dict.fromkeys(found))


class Points(NamedTuple):
    """Points of a picture and their names; radii are in points of type."""

    x: Floats
    y: Floats
    names: Sequence[str]
    radii: Floats | float = 3.0


def name_points(picture: Picture, points: Points, order: Iterable[int], most: int | None = None) -> None:
    """Write the names of some points beside them, in order, each where it covers neither a name nor a point.

    A name for which there is no room is left out, and so are all after ``most`` names.
    """
    from matplotlib.patheffects import withStroke

    ax, (x, y, names, radii) = picture.ax, points
    picture.size()
    scale = picture.dpi / 72
    centres = ax.transData.transform(np.column_stack([x, y]))
    reach = np.broadcast_to(np.asarray(radii, dtype=np.float64), x.shape) * scale
    inside = ax.get_window_extent()
    taken: list[tuple[float, float, float, float]] = []
    for row in order:
        if len(taken) == most:
            return
        for right, up, ha, va in _PLACES:
            away = reach[row] / scale + 2
            text = picture.text(
                float(x[row]),
                float(y[row]),
                shortened(names[row], _NAME),
                beside=(right * away, up * away),
                ha=ha,
                va=va,
                fontsize=_SIZE,
                path_effects=[withStroke(linewidth=2.0, foreground="white")],
            )
            box = text.get_window_extent()
            fits = inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
            if fits and not _covers(box.extents, taken) and not _touches(box.extents, centres, reach, row):
                taken.append(tuple(box.extents))
                break
            text.remove()


def _covers(box: Floats, taken: Sequence[tuple[float, float, float, float]]) -> bool:
    return any(box[0] < x1 and x0 < box[2] and box[1] < y1 and y0 < box[3] for x0, y0, x1, y1 in taken)


def _touches(box: Floats, centres: Floats, reach: Floats, row: int) -> bool:
    """Tell whether a box covers any point but its own."""
    nearest = np.clip(centres, box[:2], box[2:])
    near = np.hypot(*(centres - nearest).T) < reach
    near[row] = False
    return bool(near.any())
