"""Causes that cannot stand apart: where a mixture is refused, the smallest pair is joined until all can be shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from equite.analysis.drivers.causes import Player

__all__ = ["Block", "joined", "unions"]

#: Players that are told as one.
Block = frozenset[Player]


def unions(blocks: Sequence[Block]) -> Iterator[Block]:
    """Return the union of every set of blocks, from none to all."""
    for size in range(len(blocks) + 1):
        for some in combinations(blocks, size):
            yield Block().union(*some)


def joined(blocks: Sequence[Block], around: Sequence[Block], is_refused: Callable[[Block], bool]) -> tuple[Block, ...]:
    """Join blocks until every mixture of them can be shared.

    Each time the pair is joined after which fewest mixtures are refused; of several, the one with the fewest players,
    then the one that stands first. A mixture is refused for a pair that it parts. What is refused from before to after
    is refused from after to before too, the other way round, so the same pairs are joined.

    Parameters
    ----------
    blocks : sequence of frozenset of Player
        What may be joined, in order.
    around : sequence of frozenset of Player
        Other blocks, which stand in every way beside these and are not joined.
    is_refused : callable
        Whether a mixture cannot be shared.
    """
    found = tuple(blocks)
    outside = tuple(unions(around))
    while refused := _refused(found, outside, is_refused):
        pairs = combinations(range(len(found)), 2)
        first, second = min(pairs, key=lambda pair: _cost([found[at] for at in pair], refused, pair))
        pair = found[first] | found[second]
        found = (*found[:first], pair, *found[first + 1 : second], *found[second + 1 :])
    return found


def _refused(blocks: Sequence[Block], outside: Iterable[Block], is_refused: Callable[[Block], bool]) -> list[Block]:
    if len(blocks) < 2:
        return []
    every = list(unions(blocks))
    return [mixture | beside for beside in outside for mixture in every if is_refused(mixture | beside)]


def _cost(pair: Sequence[Block], refused: Sequence[Block], places: tuple[int, int]) -> tuple[int, int, tuple[int, int]]:
    """Return how many mixtures stay refused if a pair is joined, how many players it has, and its place."""
    one, other = pair
    left = sum((one <= mixture) == (other <= mixture) for mixture in refused)
    return left, len(one) + len(other), places
