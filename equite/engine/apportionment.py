"""Whole units by a divisor method: seats and posts as laws apportion them.

Each method has a divisor d(k) of its own for the unit that comes after k others. That unit goes to whomever has the
highest priority, share / d(k), one unit after the other (Balinski and Young, 2001, *Fair Representation: Meeting the
Ideal of One Man, One Vote*, 2nd edition, Brookings; the first is of 1982):

- ``adams``: k; ``dean``: k (k + 1) / (k + 1/2), the harmonic mean; ``huntington-hill``: the square root of k (k + 1),
  the geometric mean, as 2 U.S.C. § 2a does; ``sainte-lague``: k + 1/2 (Webster); ``dhondt``: k + 1 (Jefferson).

Where d(0) is 0, whoever has a share gets a unit before anybody gets two.

Units are not handed out one by one. Binary search finds the priority that the last unit has, in floats; the few units
so near it that floats cannot tell are then put in order, in exact fractions where the shares have exact weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equite.engine.exactness import Fractions
from equite.engine.sharing import Floats, Groups

__all__ = ["DIVISORS", "Apportioned", "Claims", "Divisor", "Units", "apportion", "priorities"]

Units = NDArray[np.int64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Divisor:
    """A divisor method, by the power of its divisors that is a fraction.

    Attributes
    ----------
    exactly : callable
        d(k) to that power, for whole k: an exact fraction.
    power : {1, 2}
        The power; priorities are compared so.
    """

    exactly: Callable[[int], Fraction]
    power: Literal[1, 2] = 1

    @property
    def serves_all(self) -> bool:
        """Whether d(0) is 0, so that every positive share gets a unit."""
        return self.exactly(0) == 0


#: Every divisor method that a page may name.
DIVISORS: Mapping[str, Divisor] = {
    "adams": Divisor(lambda k: Fraction(k)),
    "dean": Divisor(lambda k: Fraction(2 * k * (k + 1), 2 * k + 1)),
    "dhondt": Divisor(lambda k: Fraction(k + 1)),
    "huntington-hill": Divisor(lambda k: Fraction(k * (k + 1)), power=2),
    "sainte-lague": Divisor(lambda k: Fraction(2 * k + 1, 2)),
}
#: The same in floats, on many k at once.
_IN_FLOATS: Mapping[str, Callable[[Floats], Floats]] = {
    "adams": lambda k: k,
    "dean": lambda k: k * ((k + 1) / (k + 0.5)),
    "dhondt": lambda k: k + 1,
    "huntington-hill": lambda k: np.sqrt(k) * np.sqrt(k + 1),
    "sainte-lague": lambda k: k + 0.5,
}


def priorities(method: str, shares: Floats, after: Floats) -> Floats:
    """Return the priority of the unit that comes after so many others, in floats; without end where d(k) is 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(shares / _IN_FLOATS[method](after))


#: Beyond what binary search leaves open, and what floats lose in a priority.
_OPEN = 2.0**-40
#: Powers of two between which every priority lies, and halvings that bring them to 2^-43 of each other.
_WIDEST, _HALVINGS = 1000.0, 55


@dataclass(frozen=True)
class Claims:
    """What is apportioned.

    Attributes
    ----------
    shares : ndarray, shape (n,)
        Shares in units, none negative; they sum (but for dust) to the units of their group.
    least, most : ndarray, shape (n,)
        Whole bounds of what each gets.
    total : ndarray of int, shape (groups,)
        The units of each group, which lie between the sums of its bounds.
    groups : Groups
        Which row belongs to which group.
    dust : ndarray, shape (n,)
        What two equal priorities may differ by, relative to themselves.
    weights : callable, optional
        Gives some rows what their shares are exactly in proportion to, inside a group; None where that is not known.
    """

    shares: Floats
    least: Floats
    most: Floats
    total: Units
    groups: Groups
    dust: Floats
    weights: Callable[[Rows], Fractions | None] = lambda _: None


@dataclass(frozen=True)
class Apportioned:
    """What the method gave: whole units, and whom the order of the codes gave or refused one."""

    units: Units
    given: NDArray[np.bool_]
    refused: NDArray[np.bool_]


def apportion(claims: Claims, method: str) -> Apportioned:
    """Apportion each group's units by a divisor method, within whole bounds; rows stand in code order.

    Parameters
    ----------
    claims : Claims
        Shares, bounds and units.
    method : str
        One of :data:`DIVISORS`.
    """
    sure, possible = _bracketed(claims, method)
    left = claims.total - np.rint(claims.groups.total(sure)).astype(np.int64)
    open_units = (possible - sure).astype(np.int64)
    rows = np.repeat(np.arange(sure.size), open_units)
    # The units of a row that are open, one after the other: its first is the one after those that are sure.
    before = np.repeat(np.cumsum(open_units) - open_units, open_units)
    after = sure[rows].astype(np.int64) + np.arange(rows.size) - before
    order, classes = _in_order(claims, method, rows, after)
    group = claims.groups.of[rows[order]]
    place = np.arange(rows.size) - np.searchsorted(group, np.arange(claims.groups.count))[group]
    served = place < left[group]
    units = sure.astype(np.int64)
    np.add.at(units, rows[order][served], 1)
    count = int(classes.max(initial=-1)) + 1
    some, all_ = np.zeros(count, dtype=bool), np.ones(count, dtype=bool)
    np.logical_or.at(some, classes, served)
    np.logical_and.at(all_, classes, served)
    cut = (some & ~all_)[classes]
    return Apportioned(
        units, _marked(rows[order][cut & served], sure.size), _marked(rows[order][cut & ~served], sure.size)
    )


def _marked(rows: Rows, size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, dtype=bool)
    found[rows] = True
    return found


def _bracketed(claims: Claims, method: str) -> tuple[Floats, Floats]:
    """Return the units that each surely gets, and those that it may get, from the priority of the last unit."""
    divisor, groups = _IN_FLOATS[method], claims.groups
    # Whoever has no share gets what its floor gives.
    least = claims.least
    most = np.where(claims.shares > 0, np.minimum(claims.most, groups.spread(claims.total)), least)

    def counted(priority: Floats) -> Floats:
        """Count each row's units of at least a priority, which is given by row."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            quotient = np.minimum(claims.shares / priority, most + 1)
        whole = np.floor(quotient)
        return np.asarray(np.clip(whole + (quotient >= divisor(whole)), least, most))

    low, high = np.full(groups.count, -_WIDEST), np.full(groups.count, _WIDEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        too_many = groups.total(counted(np.exp2(groups.spread(middle)))) > claims.total
        low, high = np.where(too_many, middle, low), np.where(too_many, high, middle)
    near = _OPEN + 4 * claims.dust
    sure = counted(np.exp2(groups.spread(high)) * (1 + near))
    possible = counted(np.exp2(groups.spread(low)) / (1 + near))
    return sure, possible


def _in_order(claims: Claims, method: str, rows: Rows, after: Units) -> tuple[Rows, Rows]:
    """Put open units in order, group by group, by falling priority and code; give each the class of equals it is in."""
    divisor, group = DIVISORS[method], claims.groups.of[rows]
    weights = claims.weights(rows)
    if weights is None:
        priority = priorities(method, claims.shares[rows], after.astype(np.float64))
        ranked = np.lexsort((-priority, group))
        falling, near = priority[ranked], (priority * claims.dust[rows])[ranked]
        with np.errstate(invalid="ignore"):
            falls = falling[:-1] - falling[1:] > near[:-1] + near[1:]
    else:
        exact = [(divisor.exactly(int(k)), weight**divisor.power) for k, weight in zip(after, weights, strict=True)]
        # A unit whose divisor is 0 comes before all others.
        keys = [(bool(below), -(weight / below) if below else Fraction(0)) for below, weight in exact]
        ranked = np.array(sorted(range(rows.size), key=lambda at: (group[at], keys[at])), dtype=np.intp)
        falls = np.array([keys[one] != keys[other] for one, other in pairwise(ranked)], dtype=bool)
    parted = falls | (group[ranked][:-1] != group[ranked][1:])
    classes = np.concatenate((np.zeros(min(rows.size, 1), dtype=np.intp), np.cumsum(parted)))
    by_code = np.lexsort((ranked, classes))
    return ranked[by_code], classes[by_code]
