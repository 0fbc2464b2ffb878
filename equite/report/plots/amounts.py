"""Plots of amounts: how one comes about, how all changed, what parts they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.report.language.labels import limit_names, part_names
from equite.report.language.text import plain
from equite.report.plots.rows import end_labels, rows_on
from equite.report.plots.style import BEFORE, INK, LESS, MORE, SERIES, SMALL, TOTAL, Look, Picture, refuse
from equite.report.plots.words import PlotLabels, named
from equite.report.terminal.grid import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

    from equite.engine.allocation import Allocation
    from equite.engine.explanation import Explanation, Line
    from equite.engine.sharing import Floats

__all__ = ["change", "parts", "waterfall"]

#: The letters of a line's name.
_LONG = 40
#: Lines that move less than this share of the amount are shown enlarged too.
_SLIGHT = 0.05
#: What each kind of bar looks like.
_LOOKS = {"part": BEFORE, "more": MORE, "less": LESS, "limit": Look("#CC79A7", "xx"), "total": TOTAL}


@dataclass(frozen=True)
class _Step:
    """A bar of a waterfall: its name, what it adds, and which of the looks it has."""

    label: str
    amount: float
    look: str


def waterfall(allocation: Allocation, code: str, *, ax: Axes | None = None) -> Axes:
    """Draw how one amount comes about: parts, criteria, limits, rounding; the bars add up to the amount.

    Lines of nothing are left out. Where criteria are too many for the axes, the smallest are one bar.
    """
    explanation = allocation.explain(code)
    labels = PlotLabels(allocation)
    worded = [(line, _step(line, labels)) for line in explanation.lines if line.amount]
    picture, rows = rows_on(ax, labels.language, len(worded) + 1)
    steps = _gathered(worded, rows.room - 1, labels)
    steps.append(_Step(labels.say("word-amount"), explanation.amount, "total"))
    ends = np.cumsum([step.amount for step in steps[:-1]])
    starts = np.concatenate([[0.0], ends[:-1], [0.0]])[-len(steps) :]
    ends = np.append(ends, explanation.amount)
    for at, (step, start) in enumerate(zip(steps, starts, strict=True)):
        picture.ax.barh(at, step.amount, left=start, height=0.66, **_LOOKS[step.look].fill)
    picture.ax.vlines(ends[:-1], np.arange(len(steps) - 1), np.arange(1, len(steps)), color=INK, linewidth=0.6)
    picture.ax.set_yticks(range(len(steps)), [step.label for step in steps], fontsize=SMALL, parse_math=False)
    picture.ax.tick_params(axis="y", length=0)
    picture.ax.set_ylim(len(steps) - 0.4, -0.6)
    texts = [
        labels.money(step.amount) if step.look in ("part", "total") else labels.change(step.amount) for step in steps
    ]
    end_labels(picture, range(len(steps)), np.maximum(starts, ends).tolist(), texts, [False] * len(steps))
    _money_axis(picture, labels)
    _enlarge(picture, steps, starts, labels)
    note = labels.say("explain-sampled") if explanation.sampled else ""
    values = {"name": _title_of(explanation), "amount": labels.money(explanation.amount)}
    return picture.close(labels.say("plot-waterfall", **values), _keys(steps, labels), labels.notes(note))


def _title_of(explanation: Explanation) -> str:
    name, code = plain(explanation.name), plain(explanation.code)
    return name if name == code else f"{name} ({code})"


def _step(line: Line, labels: PlotLabels) -> _Step:
    """Name a line of an explanation, and say how it looks."""
    page = labels.formula
    if line.kind == "criterion":
        index, _, name = line.id.partition(".")
        title = labels.signed(shortened(labels.criterion(index, name), _LONG), labels.criterion_mark(index, name))
        return _Step(title, line.amount, "more" if line.amount > 0 else "less")
    if line.kind == "rounding":
        return _Step(labels.say("heading-rounding"), line.amount, "limit")
    if line.kind == "limit":
        limit = next(limit for limit in page.limits if limit.id == line.id)
        title = labels.signed(shortened(labels.limit(limit), _LONG), labels.mark(limit_names(page, limit)))
        return _Step(title, line.amount, "limit")
    part = next(part for part in page.parts if part.id == line.part)
    title = labels.title(part.id)
    if line.kind != "part":
        title = labels.say(f"plot-{line.kind}", part=title)
    title = labels.signed(shortened(title, _LONG), labels.mark(part_names(page, part)))
    return _Step(title, line.amount, "limit" if line.kind == "bounds" else "part")


def _gathered(worded: list[tuple[Line, _Step]], room: int, labels: PlotLabels) -> list[_Step]:
    """Put the smallest criteria of each part together, where there are too many for the room."""
    criteria = [at for at, (line, _) in enumerate(worded) if line.kind == "criterion"]
    parts = {worded[at][0].part for at in criteria}
    kept = max(len(criteria) - (len(worded) + len(parts) - room), 0) if len(worded) > room else len(criteria)
    largest = set(sorted(criteria, key=lambda at: -abs(worded[at][1].amount))[:kept])
    steps: list[_Step] = []
    for part in dict.fromkeys(line.part for line, _ in worded):
        left = [at for at in criteria if at not in largest and worded[at][0].part == part]
        steps += [step for at, (line, step) in enumerate(worded) if line.part == part and at not in left]
        if left:
            rest = sum(worded[at][1].amount for at in left)
            text = labels.count(len(left), "plot-other-criteria-one", "plot-other-criteria-many")
            steps.append(_Step(text, rest, "more" if rest > 0 else "less"))
    return steps


def _enlarge(picture: Picture, steps: list[_Step], starts: Floats, labels: PlotLabels) -> None:
    """Show lines that move little once more, enlarged, in the room that they leave empty on their left."""
    first = 1 + max((at for at, step in enumerate(steps) if step.look == "part"), default=-1)
    slight = [step for step in steps[first:-1] if step.look != "total"]
    reach = max((abs(step.amount) for step in slight), default=0.0)
    right = picture.ax.get_xlim()[1]
    free = float(starts[first:-1].min()) - reach if slight else 0.0
    if len(slight) < 3 or not 0 < reach < _SLIGHT * steps[-1].amount or free < 0.5 * right:
        return
    wide = 0.9 * free - 0.04 * right
    times = int(wide / (2.3 * reach))
    rows = len(steps) + 0.2
    inside = picture.ax.inset_axes((0.04, 1.1 / rows, wide / right, len(slight) / rows), gid="equite-enlarged")
    for at, step in enumerate(slight):
        inside.barh(at, step.amount, height=0.66, **_LOOKS[step.look].fill)
    inside.axvline(0.0, color=INK, linewidth=0.9)
    half = wide / times / 2
    inside.set(ylim=(len(slight) - 0.5, -0.5), xlim=(-half, half), xticks=[], yticks=[], facecolor="#f7f7f7")
    text = labels.say("plot-enlarged", times=labels.number(times))
    inside.set_ylabel(text, fontsize=7.5, color=INK, labelpad=2)


def _keys(steps: list[_Step], labels: PlotLabels) -> list[Patch]:
    """Return the keys of the looks that stand in a waterfall."""
    used = [look for look in _LOOKS if any(step.look == look for step in steps) and look != "total"]
    return _patches([(labels.say(f"plot-key-{look}"), _LOOKS[look]) for look in used])


def _patches(named_looks: list[tuple[str, Look]]) -> list[Patch]:
    from matplotlib.patches import Patch

    return [Patch(label=label, **look.fill) for label, look in named_looks]


def _money_axis(picture: Picture, labels: PlotLabels) -> None:
    picture.numbers("x", labels.tick)
    picture.ax.axvline(0.0, color=INK, linewidth=0.9)


def change(allocation: Allocation, *, ax: Axes | None = None) -> Axes:
    """Draw each amount less the previous one, from the largest gain to the largest loss.

    Raises
    ------
    OutputError
        The page names no previous amounts, or no territory has one.
    """
    labels, shown, shares = PlotLabels(allocation), allocation.shown.change, allocation.shown.change_share
    if shown is None or shares is None:
        refuse("plot-no-previous", labels.language)
    known = np.flatnonzero(~np.isnan(shown.cells))
    if not known.size:
        refuse("plot-previous-empty", labels.language)
    changes = shown.cells[known]
    order = np.argsort(-changes, kind="stable")
    changes, known = changes[order], known[order]
    picture, rows = rows_on(ax, labels.language, known.size)
    for look, which in ((MORE, changes > 0), (LESS, changes <= 0)):
        fill = look.fill if not rows.squeezed else {**look.fill, "linewidth": 0.0}
        picture.ax.barh(rows.middles[which], changes[which], height=rows.thickness[which], **fill)
    rows.name(picture, named(allocation, known))
    texts = [_changed(labels, float(changes[at]), shown.digits, float(shares.cells[known[at]])) for at in rows.own]
    places, ends = rows.middles[list(rows.own)].tolist(), changes[list(rows.own)].tolist()
    end_labels(picture, places, ends, texts, [end < 0 for end in ends])
    _money_axis(picture, labels)
    counts = [(changes > 0).sum(), (changes < 0).sum()]
    keys = [
        (labels.say("plot-key-gains", count=labels.number(int(counts[0]))), MORE),
        (labels.say("plot-key-losses", count=labels.number(int(counts[1]))), LESS),
    ]
    left = len(allocation.codes) - known.size
    note = labels.count(left, "plot-without-previous-one", "plot-without-previous-many") if left else ""
    title = labels.say("plot-change", previous=labels.signed(labels.say("word-previous"), labels.mark(("previous",))))
    return picture.close(title, _patches(keys), labels.notes(note))


def _changed(labels: PlotLabels, value: float, digits: int, share: float) -> str:
    """Write a change, and what share it is of what there was; a share of nothing is missing."""
    written = labels.change(value, digits)
    if np.isnan(share):
        return written
    return f"{written} ({'+' if value > 0 else ''}{labels.percent(share)})"


def parts(allocation: Allocation, *, ax: Axes | None = None) -> Axes:
    """Draw what each part leaves in each amount, one upon the other, from the largest amount to the smallest.

    What limits move is in the parts, as :attr:`Allocation.final_parts` puts it there: the bars add up to the amounts.
    """
    labels = PlotLabels(allocation)
    order = np.argsort(-allocation.amounts, kind="stable")
    picture, rows = rows_on(ax, labels.language, order.size)
    above, below = np.zeros(order.size), np.zeros(order.size)
    keys = []
    for at, (name, values) in enumerate(allocation.final_parts.items()):
        sizes, look = values[order], SERIES[at % len(SERIES)]
        starts = np.where(sizes >= 0, above, below)
        fill = look.fill if not rows.squeezed else {**look.fill, "linewidth": 0.0}
        picture.ax.barh(rows.middles, sizes, left=starts, height=rows.thickness, **fill)
        above, below = above + np.maximum(sizes, 0.0), below + np.minimum(sizes, 0.0)
        mark = labels.mark(part_names(allocation.formula, allocation.formula.names.parts[name]))
        keys.append((labels.signed(labels.title(name), mark), look))
    if len(keys) == 1:
        keys = []
    rows.name(picture, named(allocation, order))
    own = list(rows.own)
    texts = [labels.money(float(amount)) for amount in allocation.amounts[order][own]]
    end_labels(picture, rows.middles[own].tolist(), above[own].tolist(), texts, [False] * len(own))
    _money_axis(picture, labels)
    title = labels.say("plot-parts", total=labels.money(allocation.total))
    return picture.close(title, _patches(keys), labels.notes())
