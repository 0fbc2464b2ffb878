"""The accounts of a cascade: whole minor units, and for each territory of a tier what came in, was kept and went on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from equite.engine.allocation import Allocation
from equite.engine.rounding import Unit
from equite.engine.sharing import Floats
from equite.formula.plan import Tier
from equite.inputs.territories import Territories

__all__ = ["Counts", "Level", "MinorUnits"]

#: Whole numbers of minor units.
Counts = NDArray[np.int64]


class MinorUnits:
    """The largest minor unit that the units of all pages are multiples of; sums of minor units are exact."""

    def __init__(self, units: Iterable[Unit]) -> None:
        sizes = [Fraction(unit.size) for unit in units]
        self._size = Fraction(gcd(*(size.numerator for size in sizes)), lcm(*(size.denominator for size in sizes)))

    def per(self, unit: Unit) -> int:
        """Return the minor units in one unit."""
        return int(Fraction(unit.size) / self._size)

    def of(self, units: Counts, unit: Unit) -> Counts:
        """Change whole units into minor units."""
        return units * self.per(unit)

    def money(self, minor_units: Counts) -> Floats:
        """Return minor units as money: the float nearest to the exact decimal."""
        return np.asarray(minor_units, dtype=np.float64) * self._size.numerator / self._size.denominator


@dataclass(frozen=True, eq=False)
class Level:
    """A tier after the money came through; arrays hold its territories in code order.

    Attributes
    ----------
    tier : Tier
        As the plan has it.
    territories : Territories
        The table, with the columns that the cascade gives.
    codes : tuple of str
        The codes, sorted.
    parent : ndarray of int, shape (n,)
        The place of each parent among the codes of the level above; 0 on the first.
    allocations : tuple of Allocation
        The tier's page on its territories; one more for each other page that parents chose.
    served_by : ndarray of int, shape (n,)
        Which of them served each territory; -1 where none did, its parent having nothing to pass on.
    funds : mapping of str to Allocation
        What came straight from the top.
    received, from_funds, added, kept : ndarray of int, shape (n,)
        In minor units: from the parent, from funds, added of its own, kept.
    reserve, on_top : ndarray of int, shape (parents,)
        In minor units, for each node above: what its page left undistributed, and what came on top of what it passed
        on.
    """

    tier: Tier
    territories: Territories
    codes: tuple[str, ...]
    parent: NDArray[np.intp]
    allocations: tuple[Allocation, ...]
    served_by: NDArray[np.intp]
    funds: Mapping[str, Allocation]
    received: Counts
    from_funds: Counts
    added: Counts
    kept: Counts
    reserve: Counts
    on_top: Counts

    @property
    def amount(self) -> Counts:
        """What each has in all from above."""
        return self.received + self.from_funds

    @property
    def passed_on(self) -> Counts:
        """What each passes on to its children; what it has, on the last tier."""
        return self.amount + self.added - self.kept

    @cached_property
    def rows(self) -> dict[str, int]:
        """The place of each code."""
        return {code: at for at, code in enumerate(self.codes)}

    def by_parent(self, values: Counts) -> Counts:
        """Sum values of territories by their parent, exactly."""
        sums = np.zeros(self.reserve.size, dtype=np.int64)
        np.add.at(sums, self.parent, values)
        return sums
