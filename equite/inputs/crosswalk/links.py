"""Who lies in whom, and for how much: the arrays under a crosswalk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["LARGEST", "NOWHERE", "Flags", "Floats", "Links", "Places", "Texts", "exact_sums", "linked", "ratio"]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

#: The place of what belongs to no source, or to no target.
NOWHERE = -1
#: Amounts and weights beyond this are no facts about territories, and their products might be infinite.
LARGEST = 1e30
#: A share so near to one is one, less the dust of a sum.
_DUST = 1e-12


@dataclass(frozen=True, eq=False)
class Links:
    """Pieces, each the part that a source and a target have in common, in the order of their codes.

    Attributes
    ----------
    sources, targets : tuple of str
        All codes, sorted.
    source, target : array of int, shape (pieces,)
        Each piece's place among them; ``NOWHERE`` (last in the order) if it belongs to none.
    weights : mapping of str to array
        By name, the weight of each piece, zero or more.
    shares : mapping of str to array
        By name, what part of its source each piece is: those of one source add up to 1. NaN for the several pieces of a
        source that weighs nothing, and for what has no source.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    source: Places
    target: Places
    weights: Mapping[str, Floats]
    shares: Mapping[str, Floats]

    def swapped(self) -> Links:
        """Return the same pieces, seen from their targets."""
        return linked(self.codes(self.targets, self.target), self.codes(self.sources, self.source), self.weights)

    @staticmethod
    def codes(names: Sequence[str], places: Places) -> Texts:
        """Return places as codes, None for nowhere."""
        return np.array([*names, None], dtype=object)[places]

    def within_source(self, values: Floats) -> Floats:
        """Add up the pieces of each source."""
        return _totals(values, self.source, len(self.sources))

    def within_target(self, values: Floats) -> Floats:
        """Add up the pieces of each target."""
        return _totals(values, self.target, len(self.targets))


def linked(
    source: Texts,
    target: Texts,
    weights: Mapping[str, Floats],
    *,
    shares: Mapping[str, Floats] | None = None,
    targets: Iterable[str] = (),
) -> Links:
    """Sort pieces by code and add up those that are alike.

    Parameters
    ----------
    source, target : array of str or None
        The codes of each piece.
    weights : mapping of str to array
        Its weights.
    shares : mapping of str to array, optional
        What part of its source it is; by default its weight over that of the source.
    targets : iterable of str, optional
        Targets that have a row even if no piece leads to them.
    """
    sources, of = _placed(source, ())
    everyone, to = _placed(target, targets)
    # Rows that tie stand in the order of their weights, so that a sum is the same whatever the order of the table.
    last_of, last_to = np.where(of < 0, len(sources), of), np.where(to < 0, len(everyone), to)
    order = np.lexsort((*(shares or {}).values(), *weights.values(), last_to, last_of))
    alike = last_of[order] * (len(everyone) + 1) + last_to[order]
    kept, first, piece = np.unique(alike, return_index=True, return_inverse=True)

    def added(values: Floats) -> Floats:
        return np.bincount(piece, values[order], len(kept)).astype(np.float64)

    summed = {name: added(values) for name, values in weights.items()}
    found = Links(sources, everyone, of[order[first]], to[order[first]], summed, {})
    if shares is None:
        return replace(found, shares={name: _shares(found, values) for name, values in summed.items()})
    return replace(found, shares={name: _tidy(added(values)) for name, values in shares.items()})


def exact_sums(values: Floats, places: Places, count: int) -> Floats:
    """Add up values by place, each sum rounded once; what is nowhere is left out."""
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(count + 1))
    runs = values[order].tolist()
    return np.array([math.fsum(runs[low:high]) for low, high in pairwise(starts)], dtype=np.float64)


def ratio(over: Floats, under: Floats) -> Floats:
    """Divide; NaN where there is nothing to divide by."""
    found: Floats = np.divide(over, under, out=np.full(under.shape, np.nan), where=under > 0)
    return found


def _placed(codes: Texts, more: Iterable[str]) -> tuple[tuple[str, ...], Places]:
    names = tuple(sorted({code for code in codes if code is not None}.union(more)))
    place = {name: at for at, name in enumerate(names)} | {None: NOWHERE}
    return names, np.array([place[code] for code in codes], dtype=np.intp)


def _shares(links: Links, weights: Floats) -> Floats:
    """Divide each weight by its source's. All of a source of nobody goes to its one target, if it has but one."""
    if not links.sources:
        return np.full(weights.shape, np.nan)
    total = links.within_source(weights)[links.source]
    alone = links.within_source(np.ones_like(weights))[links.source] == 1
    shares = np.divide(weights, total, out=np.where(alone, 1.0, np.nan), where=total > 0)
    return np.where(links.source < 0, np.nan, shares)


def _tidy(shares: Floats) -> Floats:
    return np.where(np.abs(shares - 1) <= _DUST, 1.0, shares)


def _totals(values: Floats, places: Places, count: int) -> Floats:
    somewhere = places >= 0
    return np.bincount(places[somewhere], values[somewhere], count).astype(np.float64)
