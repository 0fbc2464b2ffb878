"""The change of every territory, split among the causes that differ: in money, and in shares of the total."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from equite.analysis.drivers.causes import CAUSES, Cause, Player
from equite.analysis.drivers.joining import Block, joined
from equite.analysis.drivers.mixtures import Mixtures
from equite.analysis.drivers.shapley import exact_values, sampled_values
from equite.engine.sharing import Floats
from equite.engine.shown import TOLERANCE
from equite.errors import Problem, SharingError
from equite.wording import Codes

__all__ = ["OPENED", "Opened", "Split", "split_of"]

#: The causes that can be opened, to tell each of their members.
OPENED: tuple[Cause, ...] = ("data", "weights")
#: Up to so many players values are exact; beyond, they are sampled from so many pairs of orders.
EXACT_PLAYERS = 12
SAMPLED_PAIRS = 100


@dataclass(frozen=True)
class Opened:
    """A cause that is opened.

    Attributes
    ----------
    cause : str
        ``data`` or ``weights``.
    members : tuple of tuple of str
        Columns, or weights (``index.criterion``); those of one tuple cannot stand apart.
    values : ndarray, shape (members, 2, territories)
        What each adds, in money and in shares of the total; they sum to what the cause adds.
    errors : ndarray of the same shape, or None
        Standard errors, where values are sampled.
    """

    cause: Cause
    members: tuple[tuple[str, ...], ...]
    values: Floats
    errors: Floats | None


@dataclass(frozen=True)
class Split:
    """A change, split.

    Attributes
    ----------
    blocks : tuple of tuple of str
        The causes that differ; those of one tuple cannot stand apart.
    values : ndarray, shape (blocks, 2, territories)
        What each adds, unrounded, in money and in shares of the total.
    opened : mapping of str to Opened
        The causes that are opened.
    """

    blocks: tuple[tuple[Cause, ...], ...]
    values: Floats
    opened: Mapping[Cause, Opened]


def split_of(mixtures: Mixtures, opened: Collection[str], seed: int) -> Split:
    """Split a change among the causes that differ.

    Parameters
    ----------
    mixtures : Mixtures
        Every mixture of the two allocations.
    opened : collection of str
        The causes to open.
    seed : int
        Of orders that are drawn.

    Raises
    ------
    SharingError
        A cause that is to be opened cannot stand apart from another, or its members are too many to see which of them
        cannot.
    """
    worth = _Worth(mixtures)
    alone = [frozenset({Player(cause)}) for cause in CAUSES if cause in mixtures.causes]
    blocks = joined(alone, (), worth.is_refused)
    values = exact_values(worth, blocks) if blocks else np.zeros((0, 2, len(mixtures.codes)))
    values = _without_dust(values, worth.size)
    told = [
        _open(worth, cause, blocks, values, seed) for cause in OPENED if cause in opened and cause in mixtures.causes
    ]
    return Split(tuple(map(_in_order, blocks)), values, {each.cause: each for each in told})


class _Worth:
    """What a mixture is worth to every territory: its amount, and its share of the total, shape (2, territories)."""

    def __init__(self, mixtures: Mixtures) -> None:
        self.mixtures = mixtures
        ends = [self(frozenset()), self(mixtures.all)]
        #: What values are dust of.
        self.size = np.abs(ends).max(axis=0)

    def __call__(self, mixture: Block) -> Floats:
        found = self.mixtures.amounts(mixture)
        if found is None:
            raise _Refused(mixture)
        total = found.sum()
        return np.stack([found, found / total if total else np.zeros(found.size)])

    def is_refused(self, mixture: Block) -> bool:
        """Tell whether a mixture cannot be shared."""
        return self.mixtures.amounts(mixture) is None


class _Refused(Exception):
    """A mixture that was drawn cannot be shared."""

    def __init__(self, mixture: Block) -> None:
        self.mixture = mixture


def _without_dust(values: Floats, size: Floats) -> Floats:
    """Return values in which nothing is nothing: mixtures that are equal but for dust cancel out."""
    largest = size + np.abs(values).sum(axis=0)
    return np.where(np.abs(values) <= TOLERANCE * largest, 0.0, values)


def _in_order(block: Block) -> tuple[Cause, ...]:
    causes = {player.cause for player in block}
    return tuple(cause for cause in CAUSES if cause in causes)


def _open(worth: _Worth, cause: Cause, blocks: Sequence[Block], values: Floats, seed: int) -> Opened:
    """Tell what the members of a cause add, the others as they are told without."""
    at = next(at for at, block in enumerate(blocks) if Player(cause) in block)
    if len(blocks[at]) > 1:
        others = Codes(tuple(other for other in _in_order(blocks[at]) if other != cause))
        raise SharingError([Problem("drivers-joined-opened", {"cause": cause, "others": others})])
    around = [block for block in blocks if block is not blocks[at]]
    members: Sequence[Block] = [frozenset({Player(cause, name)}) for name in worth.mixtures.causes[cause]]
    if len(around) + len(members) > EXACT_PLAYERS:
        found, errors = _sampled(worth, members, around, seed)
    else:
        members = joined(members, around, worth.is_refused)
        found, errors = exact_values(worth, members, around), None
    # What the members lack to what their cause adds, dust or chance of the draw, is shared among them.
    found = found + (values[at] - found.sum(axis=0)) / len(members)
    named = tuple(tuple(sorted(player.member for player in member)) for member in members)
    return Opened(cause, named, _without_dust(found, worth.size), errors)


def _sampled(worth: _Worth, members: Sequence[Block], around: Sequence[Block], seed: int) -> tuple[Floats, Floats]:
    try:
        return sampled_values(worth, members, around, pairs=SAMPLED_PAIRS, seed=seed)
    except _Refused as refused:
        error = worth.mixtures.why(refused.mixture)
        after = Codes(tuple(sorted(player.member for player in refused.mixture if player.member)))
        first = Problem("drivers-members-refused", {"columns": after})
        raise SharingError([first, *error.problems[:1]], error.language) from None
