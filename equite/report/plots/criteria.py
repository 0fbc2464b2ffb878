"""Plots of an index: what its criteria weigh, and where one territory stands on each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equite.analysis.profile import profile as profile_of
from equite.analysis.profile import scoring_of
from equite.analysis.weighting import weights_at_work
from equite.formula.indices import Index
from equite.report.language.text import plain
from equite.report.plots.rows import end_labels
from equite.report.plots.style import BEFORE, FAINT, INK, LESS, SERIES, SMALL, Look, Picture, opened
from equite.report.plots.words import PlotLabels
from equite.report.terminal.grid import shortened

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

    from equite.engine.allocation import Allocation

__all__ = ["profile", "weights"]

#: The letters of a criterion's name; inches of each row, and of what stands round them.
_NAME, _EACH, _ROUND = 40, 0.24, 1.9
#: Weights that differ by less are the same, as shown.
_SAME = 5e-4
#: How a territory, its peers and the middle half of all look.
_OWN: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markerfacecolor": BEFORE.colour,
    "markeredgecolor": "white",
    "markersize": 9.0,
}
_PEERS: dict[str, Any] = {
    "linestyle": "",
    "marker": "D",
    "markerfacecolor": "white",
    "markeredgecolor": LESS.colour,
    "markeredgewidth": 1.6,
}
_HALF: dict[str, Any] = {"facecolor": FAINT, "edgecolor": "#999999", "linewidth": 0.5}


def profile(allocation: Allocation, code: str, index: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw a territory's score on each criterion, beside the mean of its peers and the middle half of all.

    What it shows is :class:`equite.analysis.profile.Profile`. A missing score leaves its row without a mark.

    Raises
    ------
    SharingError
        Nobody that takes part has the code.
    FormulaError
        There is no such index, or several and none is named.
    """
    labels = PlotLabels(allocation)
    told = profile_of(allocation, code, index=index)
    rows, at = told.table, np.arange(len(told.table))
    picture = opened(ax, labels.language, 8.5, _ROUND + _EACH * len(at))
    low, high = np.nanpercentile(told.scoring.matrix, [25, 75], axis=0)
    picture.ax.barh(at, high - low, left=low, height=0.6, **_HALF)
    picture.ax.hlines(at, rows["score"], rows["score_peers"], color=INK, linewidth=1.0)
    picture.ax.plot(rows["score_peers"], at, **_PEERS)
    picture.ax.plot(rows["score"], at, **_OWN)
    _name_rows(picture, told.scoring.name, rows["criterion"], labels)
    # Bars stick to zero, where a point would be cut in two.
    picture.ax.use_sticky_edges = False
    picture.ax.margins(x=0.03)
    picture.numbers("x", labels.number)
    picture.label("x", labels.say("plot-axis-score"))
    name, peers = plain(told.name), ", ".join(plain(peer) for peer in told.peers["name"])
    whose = name if told.name == told.code else f"{name} ({plain(told.code)})"
    place = {"rank": labels.number(told.rank), "territories": labels.territories(len(allocation.codes))}
    standing = labels.say("plot-standing", index=labels.title(told.scoring.name), **place)
    named_peers = labels.say("plot-peers", names=peers) if peers else ""
    notes = labels.notes(standing, named_peers, money=False)
    return picture.close(labels.say("plot-profile", name=whose), _profile_keys(len(told.peers), labels), notes)


def _profile_keys(peers: int, labels: PlotLabels) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys: list[Artist] = [Line2D([], [], label=labels.say("plot-key-own"), **_OWN)]
    if peers:
        label = labels.count(peers, "plot-key-peers-one", "plot-key-peers-many")
        keys.append(Line2D([], [], label=label, **_PEERS))
    return [*keys, Patch(label=labels.say("plot-key-half"), **_HALF)]


def weights(allocation: Allocation, index: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw the weight of each criterion in the whole index as the page has it, by family; the bars add up to 100 %.

    A diamond stands where the weight that was applied differs: a criterion that is the same for all dropped out, or
    missing cells made the others weigh more. Weights that differ between territories are means.

    Raises
    ------
    FormulaError
        There is no such index, or several and none is named.
    """
    from matplotlib.lines import Line2D

    labels = PlotLabels(allocation)
    scoring = scoring_of(allocation, index)
    found = _by_family(weights_at_work(allocation, scoring), labels.formula.indices[scoring.name])
    looks = {family: SERIES[at % len(SERIES)] for at, family in enumerate(dict.fromkeys(found["outer"]))}
    at, nominal = np.arange(len(found)), found["nominal"].to_numpy(dtype=np.float64)
    applied = found["effective"].to_numpy(dtype=np.float64)
    picture = opened(ax, labels.language, 8.5, _ROUND + _EACH * len(at))
    for row, family in zip(at, found["outer"], strict=True):
        picture.ax.barh(row, nominal[row], height=0.68, **looks[family].fill)
    differs = np.abs(nominal - applied) > _SAME
    diamond: dict[str, Any] = {"marker": "D", "markerfacecolor": "white", "markeredgecolor": INK, "markersize": 5.0}
    picture.ax.plot(applied[differs], at[differs], linestyle="", **diamond)
    _name_rows(picture, scoring.name, found["criterion"], labels)
    ends = np.where(differs, np.maximum(nominal, applied), nominal)
    texts = [labels.percent(weight) for weight in nominal]
    end_labels(picture, at.tolist(), ends.tolist(), texts, [False] * len(at))
    picture.numbers("x", lambda value, digits: labels.percent(value, max(digits - 2, 0)))
    handles: list[Artist] = list(_families(scoring.name, found, looks, labels))
    if differs.any():
        handles.append(Line2D([], [], linestyle="", label=labels.say("plot-key-applied"), **diamond))
    title = labels.say("plot-weights", index=labels.title(scoring.name))
    return picture.close(title, handles, labels.notes(money=False))


def _by_family(weights: pd.DataFrame, index: Index) -> pd.DataFrame:
    """Order weights by their outermost family (``outer``), as the page has them; criteria without one come first."""
    outer = weights["family"].str.partition("/")[0]
    page = ["", *index.families]
    return weights.assign(outer=outer, place=outer.map(page.index)).sort_values("place", kind="stable")


def _families(index: str, found: pd.DataFrame, looks: Mapping[str, Look], labels: PlotLabels) -> Iterator[Patch]:
    """Return the key of each family, with what it weighs in all; none where no criterion has a family."""
    from matplotlib.patches import Patch

    for name, look in looks.items() if set(looks) != {""} else ():
        family = labels.formula.indices[index].families.get(name)
        title = labels.say("plot-no-family")
        if family is not None:
            title = labels.titles.of_family(name, family)
        weight = labels.percent(float(found["nominal"][found["outer"] == name].sum()))
        yield Patch(label=labels.say("plot-family", family=title, weight=weight), **look.fill)


def _name_rows(picture: Picture, index: str, criteria: Iterable[str], labels: PlotLabels) -> None:
    """Write the names of criteria beside their rows, from the top."""
    names = [
        labels.signed(shortened(labels.criterion(index, name), _NAME), labels.criterion_mark(index, name))
        for name in criteria
    ]
    picture.ax.set_yticks(range(len(names)), names, fontsize=SMALL, parse_math=False)
    picture.ax.tick_params(axis="y", length=0)
    picture.ax.set_ylim(len(names) - 0.4, -0.6)
