"""Shapley and Owen values: what each player adds, as the mean over the orders in which players may change sides.

Shapley (1953), *A value for n-person games*, Contributions to the Theory of Games II, 307-317. Owen (1977), *Values of
games with a priori unions*, Essays in Mathematical Economics and Game Theory, 76-88: where a cause is opened, its
members change sides one after the other, with no other cause between them. So they add up to what the cause had, and no
other cause changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial

import numpy as np

from equite.analysis.drivers.joining import Block, unions
from equite.engine.sharing import Floats

__all__ = ["exact_values", "sampled_values"]

#: Gives what a mixture is worth, an array of one shape.
Worth = Callable[[Block], Floats]


def exact_values(worth: Worth, members: Sequence[Block], around: Sequence[Block] = ()) -> Floats:
    """Return the Owen values of some members of one union, the other unions whole; with none around, Shapley values.

    A mixture S and its complement enter with one weight and opposite signs, as

        φ_j = Σ_{S ∋ j} a(|T|) b(|M| − 1) (v(S) − v(Sᶜ)),    a(t) = t! (k − 1 − t)! / k!,  b(s) = s! (m − 1 − s)! / m!

    where S is made of T of the k − 1 others and M of the m members. So the values change sign, to the last bit, where
    before and after change places; and one pass over the mixtures gives all of them.

    Parameters
    ----------
    worth : callable
        What a mixture is worth.
    members : sequence of Block
        The players whose values are wanted.
    around : sequence of Block
        The other unions.

    Returns
    -------
    ndarray, shape (members, …)
        They sum to the mean of what all members together add.
    """
    every = Block().union(*members, *around)
    wholes, count = len(around) + 1, len(members)
    found: Floats | None = None
    for outside in unions(around):
        beside = sum(block <= outside for block in around)
        of_outside = _weight(beside, wholes)
        # Each pair is met once: by the one of the two that holds the first member.
        for others in unions(members[1:]):
            mixture = members[0] | others | outside
            apart = worth(mixture) - worth(every - mixture)
            if found is None:
                found = np.zeros((count, *apart.shape))
            there = [member <= mixture for member in members]
            size = sum(there)
            for at, is_there in enumerate(there):
                weight = of_outside * _weight(size - 1 if is_there else count - size - 1, count)
                found[at] += (weight if is_there else -weight) * apart
    assert found is not None
    return found


def _weight(before: int, count: int) -> float:
    """Return the share of the orders of so many in which these come before one, and the rest after it."""
    return factorial(before) * factorial(count - 1 - before) / factorial(count)


def sampled_values(
    worth: Worth, members: Sequence[Block], around: Sequence[Block], *, pairs: int, seed: int
) -> tuple[Floats, Floats]:
    """Estimate Owen values from orders drawn from a seed, each with its reverse.

    Parameters
    ----------
    worth : callable
        What a mixture is worth.
    members, around : sequence of Block
        As for :func:`exact_values`.
    pairs : int
        How many orders, each used forwards and backwards.
    seed : int
        Of the draw.

    Returns
    -------
    values, errors : ndarray, shape (members, …)
        The means, and their standard errors from the spread between pairs.
    """
    generator = np.random.default_rng(seed)
    every = Block().union(*members, *around)
    mean: Floats = np.zeros(0)
    squares: Floats = np.zeros(0)
    for drawn in range(pairs):
        one = _one_order(worth, members, around, generator, every)
        if not drawn:
            mean, squares = np.zeros_like(one), np.zeros_like(one)
        apart = one - mean
        mean = mean + apart / (drawn + 1)
        squares = squares + apart * (one - mean)
    return mean, np.sqrt(squares / max(pairs - 1, 1) / pairs)


def _one_order(
    worth: Worth, members: Sequence[Block], around: Sequence[Block], generator: np.random.Generator, every: Block
) -> Floats:
    """Return what each member adds, as the mean of one order and of its reverse."""
    order = generator.permutation(len(around) + 1)
    before = [around[at] for at in order[: int(np.flatnonzero(order == len(around))[0])]]
    mixture = Block().union(*before)
    last = worth(mixture) - worth(every - mixture)
    found = np.zeros((len(members), *last.shape))
    for at in generator.permutation(len(members)):
        mixture |= members[at]
        apart = worth(mixture) - worth(every - mixture)
        # What it adds in the order, and in the reverse, where those after it come first.
        found[at] = (apart - last) / 2
        last = apart
    return found
