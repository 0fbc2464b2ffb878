"""The flow of money through tiers, as bands: from whoever shares it out to whoever gets it, and what each tier keeps.

A Sankey diagram (Sankey, 1898, *Minutes of Proceedings of the Institution of Civil Engineers* 134) whose columns are
the tiers, the first on the left. All bands have one scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from equite.report.language.text import plain, typeset
from equite.report.plots.style import BEFORE, LESS, LETTER, MORE, SMALL, Look, Picture, opened, refuse
from equite.report.terminal.grid import shortened
from equite.wording import Codes, Language, Numeral, say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["Level", "flow_axes"]

#: Points between two bars, and that a name needs; a bar's width; points for the names of tiers.
_GAP, _LINE, _BAR, _HEAD = 3.0, 11.0, 0.045, 18.0
#: Amounts that differ by no more than this share of the whole are the same.
_SAME = 1e-6
_OTHERS = Look("#999999", "..")
#: How much of the height names may fill, and how few bars a tier may have; others are told apart by parent where
#: parents are no more than this share of them. The key of others: no member has a null in its own.
_FULL, _LEAST, _FEW, _ALL = 0.8, 6, 0.6, "\0"


@dataclass(frozen=True)
class Level:
    """A tier.

    Attributes
    ----------
    title : str
        What the tier is called.
    nodes : mapping of str to str
        Who is in it: from an id, known in this tier, to a name.
    """

    title: str
    nodes: Mapping[str, str]


Links = Sequence[Sequence[tuple[str, str, float]]]


@dataclass
class _Node:
    """A bar: one member of a tier, or several drawn as one; ``top`` is where it begins, in points from above."""

    name: str
    amount: float
    kept: float
    look: Look
    top: float = 0.0
    left: float = 0.0
    come: float = 0.0


def flow_axes(
    levels: Sequence[Level],
    links: Links,
    kept: Sequence[Mapping[str, float]] = (),
    *,
    language: Language,
    money: Callable[[float], str],
    title: str = "",
    notes: Sequence[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw how money flows from tier to tier.

    Where a tier has more members than there is room for names, the smallest are drawn together: those of each parent
    where parents are few.

    Parameters
    ----------
    levels : sequence of Level
        The tiers, from the top.
    links : sequence of sequences of (str, str, float)
        What flows from each tier to the next, one sequence less than there are tiers: parent, child, amount.
    kept : sequence of mappings of str to float
        What each member of a tier keeps, from the top; nothing where it is not named. The last tier keeps all it gets.
    language : str
        The readers' language.
    money : callable
        How an amount is written.
    title : str
        By default, one that names nothing.
    notes : sequence of str
        Lines of small text.
    ax : Axes, optional
        Where to draw.

    Raises
    ------
    OutputError
        There are fewer than two tiers or not as many links; a link or a kept amount is of nobody, or negative; what
        somebody gets is not what it keeps and passes on; nothing flows.
    """
    kept = [*kept, *({} for _ in range(len(levels) - len(kept)))]
    _check(levels, links, kept, language)
    picture = opened(ax, language, 10.0, 7.0)
    picture.ax.set_axis_off()
    width, height = picture.size()
    most = max(int(_FULL * (height - _HEAD) / _LINE), _LEAST)
    tiers, homes = _gather(levels, links, kept, most, language)
    height = max(height, most * _LINE / _FULL)
    scale = min(_scale(tier, height - _HEAD) for tier in tiers)
    for tier in tiers:
        _stack(tier, scale, height)
    picture.ax.set(xlim=(-0.01, len(tiers) - 0.05), ylim=(height, 0.0))
    room = (width / (len(tiers) - 0.04) - 8.0) / (SMALL * LETTER) * (1 - _BAR)
    for at, flows in enumerate(_bands(links, homes, tiers)):
        for (parent, child), amount in flows.items():
            _band(picture, at, tiers[at][parent], tiers[at + 1][child], amount * scale)
    for at, (level, tier) in enumerate(zip(levels, tiers, strict=True)):
        _tier(picture, at, shortened(level.title, int(room)), tier, _Scale(scale, money, int(room)))
    return picture.close(title or picture.say("plot-flow"), _keys(picture, tiers), notes)


def _check(levels: Sequence[Level], links: Links, kept: Sequence[Mapping[str, float]], language: Language) -> None:
    """Refuse what does not add up."""
    if len(levels) < 2 or len(links) != len(levels) - 1 or len(kept) != len(levels):
        refuse("plot-flow-tiers", language, levels=len(levels), links=len(links))
    named = [(at + below, link[below]) for at, flows in enumerate(links) for link in flows for below in (0, 1)]
    named += [(at, name) for at, each in enumerate(kept) for name in each]
    unknown = dict.fromkeys(str(name) for at, name in named if name not in levels[at].nodes)
    if unknown:
        refuse("plot-flow-unknown", language, names=Codes(tuple(unknown)))
    amounts = [link[2] for flows in links for link in flows] + [amount for each in kept for amount in each.values()]
    if not all(np.isfinite(amount) and amount >= 0 for amount in amounts):
        refuse("plot-flow-negative", language)
    got, given = _totals(links, 1), _totals(links, 0)
    whole = sum(given[0].values()) + sum(kept[0].values())
    if not whole > 0:
        refuse("plot-flow-nothing", language)
    for at in range(1, len(links)):
        for key, name in levels[at].nodes.items():
            came, gone = got[at - 1].get(key, 0.0), given[at].get(key, 0.0) + kept[at].get(key, 0.0)
            if abs(came - gone) > _SAME * whole:
                refuse("plot-flow-unbalanced", language, name=name, got=Numeral(came, 2), given=Numeral(gone, 2))


def _totals(links: Links, end: int) -> list[dict[str, float]]:
    """Sum the flows between each two tiers, by parent (``end`` 0) or by child (1)."""
    found: list[dict[str, float]] = []
    for flows in links:
        sums: dict[str, float] = {}
        for link in flows:
            sums[str(link[end])] = sums.get(str(link[end]), 0.0) + link[2]
        found.append(sums)
    return found


def _gather(
    levels: Sequence[Level], links: Links, kept: Sequence[Mapping[str, float]], most: int, language: Language
) -> tuple[list[dict[str, _Node]], list[dict[str, str]]]:
    """Return the bars of each tier from the top, and the bar that each member is in."""
    given, got = _totals(links, 0), _totals(links, 1)
    tiers: list[dict[str, _Node]] = []
    homes: list[dict[str, str]] = []
    for at, level in enumerate(levels):
        last = at == len(links)
        amounts = got[at - 1] if at else {key: given[0].get(key, 0.0) + kept[0].get(key, 0.0) for key in level.nodes}
        parents = _parents(links[at - 1], homes[-1], tiers[-1]) if at else {}
        order = sorted((key for key in level.nodes if amounts.get(key, 0.0) > 0), key=lambda key: -amounts[key])
        homes.append(_homes(order, parents, len(tiers[-1]) if at else 1, most))
        members: dict[str, list[str]] = {}
        # Below their parent; others of all parents come last.
        for key in sorted(order, key=lambda key: _place(key, homes[-1][key], parents)):
            members.setdefault(homes[-1][key], []).append(key)
        tiers.append({})
        for home, keys in members.items():
            alone = home in level.nodes
            count = Numeral(len(keys))
            name = plain(level.nodes[home]) if alone else typeset(say("plot-others", language, count=count), language)
            amount = sum(amounts[key] for key in keys)
            own = 0.0 if last else sum(kept[at].get(key, 0.0) for key in keys)
            tiers[-1][home] = _Node(name, amount, own, BEFORE if alone else _OTHERS)
    return tiers, homes


def _place(key: str, home: str, parents: Mapping[str, tuple[int, str]]) -> tuple[bool, int, bool]:
    """Tell where a member comes: after those of earlier parents, others after those with a bar of their own."""
    return home == _ALL, parents.get(key, (0, ""))[0], home != key


def _parents(
    flows: Sequence[tuple[str, str, float]], homes: Mapping[str, str], above: Mapping[str, _Node]
) -> dict[str, tuple[int, str]]:
    """Return the place and the key of the bar from which each child gets most."""
    places = {key: at for at, key in enumerate(above)}
    most: dict[str, tuple[float, str]] = {}
    for parent, child, amount in flows:
        if amount > most.get(child, (0.0, ""))[0]:
            most[child] = (amount, homes[parent])
    return {child: (places[home], home) for child, (_, home) in most.items()}


def _homes(order: Sequence[str], parents: Mapping[str, tuple[int, str]], above: int, most: int) -> dict[str, str]:
    """Return the bar that each member is in: its own, or that of others, of its parent where parents are few."""
    if len(order) <= most:
        return {key: key for key in order}
    apart = above <= _FEW * most
    alone = set(order[: most - (above if apart else 1)])
    return {key: key if key in alone else _ALL + parents[key][1] if apart and parents else _ALL for key in order}


def _scale(tier: Mapping[str, _Node], height: float) -> float:
    """Return the points that a unit of money may take, so that every bar of a tier has room for its name."""
    amounts = np.array([node.amount for node in tier.values()])
    low, high = 0.0, height / float(amounts.sum())
    for _ in range(50):
        middle = (low + high) / 2
        fits = np.maximum(amounts * middle + _GAP, _LINE).sum() <= height
        low, high = (middle, high) if fits else (low, middle)
    return low


def _stack(tier: Mapping[str, _Node], scale: float, height: float) -> None:
    """Set the bars of a tier one below the other, in the middle of the height."""
    slots = [max(node.amount * scale + _GAP, _LINE) for node in tier.values()]
    top = _HEAD + (height - _HEAD - sum(slots)) / 2
    for node, slot in zip(tier.values(), slots, strict=True):
        node.top = top + (slot - node.amount * scale) / 2
        node.left = node.come = node.top
        top += slot


def _bands(
    links: Links, homes: Sequence[Mapping[str, str]], tiers: Sequence[Mapping[str, _Node]]
) -> list[dict[tuple[str, str], float]]:
    """Sum the flows by the bars that they join, in the order of these, so that bands of one bar do not cross."""
    found: list[dict[tuple[str, str], float]] = []
    for at, flows in enumerate(links):
        sums: dict[tuple[str, str], float] = {}
        for parent, child, amount in flows:
            if amount > 0:
                ends = homes[at][parent], homes[at + 1][child]
                sums[ends] = sums.get(ends, 0.0) + amount
        places = [{key: place for place, key in enumerate(tiers[at + below])} for below in (0, 1)]
        order = sorted(sums, key=lambda ends: (places[0][ends[0]], places[1][ends[1]]))
        found.append({ends: sums[ends] for ends in order})
    return found


def _band(picture: Picture, at: int, parent: _Node, child: _Node, thick: float) -> None:
    """Draw a band from where the parent's last band ended to where the child's did."""
    along = np.linspace(0.0, 1.0, 40)
    bend = along**2 * (3 - 2 * along)
    top = parent.left + (child.come - parent.left) * bend
    x = at + _BAR + along * (1 - _BAR)
    picture.ax.fill_between(x, top, top + thick, facecolor=MORE.colour, alpha=0.45, edgecolor="white", linewidth=0.4)
    parent.left += thick
    child.come += thick


class _Scale(NamedTuple):
    """Points of height for each dollar, how an amount is written, and the letters that a name has room for."""

    height: float
    money: Callable[[float], str]
    room: int


def _tier(picture: Picture, at: int, title: str, tier: Mapping[str, _Node], scale: _Scale) -> None:
    """Draw the bars of a tier, what each keeps at its foot, names beside them and the tier's name above."""
    for node in tier.values():
        thick, own = node.amount * scale.height, node.kept * scale.height
        picture.ax.bar(at, thick, _BAR, node.top, align="edge", **node.look.fill)
        if own:
            picture.ax.bar(at, own, _BAR, node.top + thick - own, align="edge", **LESS.fill)
        written = scale.money(node.amount)
        text = f"{shortened(node.name, max(8, scale.room - len(written) - 2))}  {written}"
        ground = {"facecolor": "white", "alpha": 0.75, "linewidth": 0.0, "pad": 0.6}
        picture.text(at + _BAR, node.top + thick / 2, text, beside=(4, 0), va="center", bbox=ground)
    picture.text(at, 0.0, title, va="top", fontweight="bold")


def _keys(picture: Picture, tiers: Sequence[Mapping[str, _Node]]) -> list[Artist]:
    """Return the keys of what is kept, and of bars that stand for several, where there are any."""
    from matplotlib.patches import Patch

    nodes = [node for tier in tiers for node in tier.values()]
    found: list[Artist] = []
    if any(node.kept for node in nodes):
        found.append(Patch(label=picture.say("plot-key-kept"), **LESS.fill))
    if any(node.look is _OTHERS for node in nodes):
        found.append(Patch(label=picture.say("plot-key-others"), **_OTHERS.fill))
    return found
