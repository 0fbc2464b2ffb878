"""Mixtures of two allocations: some causes as they were before, the others as they are after, up to whole units."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from equite.analysis.drivers.causes import Cause, NameCauses, Pages, Player
from equite.analysis.drivers.differing import differing, essence
from equite.analysis.drivers.figures import Figures
from equite.analysis.drivers.pages import mixed_page
from equite.engine.allocation import Allocation
from equite.engine.imposed import Ground, unrounded_amounts
from equite.engine.sharing import Floats
from equite.errors import EquiteError, FormulaError, Problem, Problems
from equite.formula.formula import Formula

__all__ = ["Mixtures"]

#: A mixture, by the players that are as they are after.
Mixture = frozenset[Player]
#: Bytes of mixtures that are kept, for they are asked for again.
_KEPT = 1 << 27


@dataclass(frozen=True)
class _Rounding:
    """How mixtures are rounded on the way: in one way for all, or (``own``) as the page of the rule says."""

    shared: Mapping[str, Any] | None
    own: bool


class Mixtures:
    """Every mixture of two allocations, worked out when it is asked for.

    Parameters
    ----------
    before, after : Allocation
        The two allocations.
    codes : tuple of str
        Those that get money in either, in code order.

    Attributes
    ----------
    causes : mapping of str to tuple of str
        The causes that differ, each with its members that do.
    with_rule : bool
        Whether rounding goes with the rule: the two round differently, and could not be set on one unit.
    refused : dict of frozenset to EquiteError
        The mixtures that cannot be shared, and why.
    """

    def __init__(self, before: Allocation, after: Allocation, codes: tuple[str, ...]) -> None:
        self.allocations = before, after
        self.codes = codes
        self.pages: Pages = before.formula, after.formula
        self.figures = Figures(before, after)
        self.names = NameCauses(self.pages)
        self.causes: dict[Cause, tuple[str, ...]] = differing(self.pages, self.names, self.figures)
        self.refused: dict[Mixture, EquiteError] = {}
        self._kept: dict[Mixture, Floats] = {}
        self._bytes = 0
        self._made: dict[Mixture, Formula] = {}
        places = {code: at for at, code in enumerate(codes)}
        self._places = tuple(
            np.fromiter((places[code] for code in each.codes), np.intp, len(each.codes)) for each in self.allocations
        )
        self._rounding = _Rounding(None, own=True)
        if self._unit is not None:
            self._set_on_one_unit()

    @cached_property
    def _unit(self) -> Decimal | None:
        """The largest unit that those of both pages are multiples of; None where both round alike."""
        first, second = self.pages
        alike = essence(first.rounding) == essence(second.rounding)
        if alike and first.rounding_to == second.rounding_to:
            return None
        one, other = (Fraction(Decimal(page.rounding_to)) for page in self.pages)
        top = np.gcd(one.numerator * other.denominator, other.numerator * one.denominator)
        common = Fraction(int(top), one.denominator * other.denominator)
        return Decimal(common.numerator) / Decimal(common.denominator)

    def _set_on_one_unit(self) -> None:
        """Round both ends, and all between, on one unit; where that cannot be done, rounding goes with the rule."""
        self._rounding = _Rounding({"to": format(self._unit, "f"), "bounds": "nearest"}, own=False)
        if any(self.amounts(end) is None for end in (frozenset(), self.all)):
            self.causes.setdefault("rule", ())
            self._rounding = _Rounding(None, own=True)
            self.refused.clear()
            self._kept.clear()
            self._made.clear()

    @property
    def with_rule(self) -> bool:
        """Whether rounding goes with the rule."""
        return self._unit is not None and self._rounding.own

    @property
    def all(self) -> Mixture:
        """The mixture in which all is as it is after."""
        return frozenset(map(Player, self.causes))

    def amounts(self, mixture: Mixture) -> Floats | None:
        """Return the amounts of a mixture, unrounded, shape (codes,); None where it cannot be shared.

        Who takes no part gets nothing. Parameters: the players that are as they are after.
        """
        asked = self._closed(mixture)
        if asked in self.refused:
            return None
        if asked in self._kept:
            return self._kept[asked]
        try:
            found = self._end(asked) if self._rounding.own else None
            found = self._worked_out(asked) if found is None else found
        except EquiteError as error:
            self.refused[asked] = error
            return None
        if self._bytes + found.nbytes <= _KEPT:
            self._kept[asked], self._bytes = found, self._bytes + found.nbytes
        return found

    def why(self, mixture: Mixture) -> EquiteError:
        """Return why a mixture was refused."""
        return self.refused[self._closed(mixture)]

    def why_together(self, causes: Collection[Cause]) -> Problem:
        """Return what is wrong with the first mixture that was refused among those that part some causes."""
        parted = (
            error
            for mixture, error in self.refused.items()
            if 0 < len({player.cause for player in mixture if not player.member} & set(causes)) < len(causes)
        )
        return next(parted).problems[0]

    def _closed(self, mixture: Mixture) -> Mixture:
        """Return a mixture in which a cause whose members are all there stands for them."""
        whole = {player for player in mixture if not player.member}
        parts = mixture - whole
        for cause in {player.cause for player in parts}:
            members = {player for player in parts if player.cause == cause}
            if len(members) == len(self.causes[cause]):
                whole.add(Player(cause))
                parts -= members
        return frozenset(whole) | parts

    def _end(self, mixture: Mixture) -> Floats | None:
        """Return what one of the allocations gave, where a mixture is that allocation."""
        ends: dict[Mixture, int] = {self.all: 1, frozenset(): 0}
        if mixture not in ends:
            return None
        side = ends[mixture]
        return self._laid(side, self.allocations[side].exact)

    def _laid(self, side: int, amounts: Floats) -> Floats:
        found = np.zeros(len(self.codes))
        found[self._places[side]] = amounts
        return found

    def _worked_out(self, mixture: Mixture) -> Floats:
        who = _side(mixture, "participation", "")
        ground = self.figures.ground(who, lambda name: _side(mixture, self.names.of_column(name), name))
        page = self._page(mixture)
        _refuse_other_kinds(page, ground)
        return self._laid(who, unrounded_amounts(page, ground))

    def _page(self, mixture: Mixture) -> Formula:
        """Return the page of a mixture, made once for all figures."""
        read = frozenset(player for player in mixture if self._is_on_page(player))
        if read not in self._made:
            rounding = self._rounding.shared

            def side(cause: Cause, member: str) -> int:
                return _side(mixture, cause, member)

            self._made[read] = mixed_page(self.pages, self.names, side, rounding)
        return self._made[read]

    def _is_on_page(self, player: Player) -> bool:
        """Tell whether a player changes the page: columns are on it by their levels alone."""
        if player.cause == "participation":
            return False
        if player.cause != "data":
            return True
        names = (player.member,) if player.member else self.causes["data"]
        return any(map(self.figures.has_other_levels, names))


def _refuse_other_kinds(page: Formula, ground: Ground) -> None:
    """Refuse text where a page reads numbers, and numbers where it reads text: the other page reads them so."""
    problems = Problems(FormulaError, page.language)
    for name, needed in page.names.columns.items():
        found = ground.table.columns.get(name)
        is_text = found is not None and found.dtype == object
        if found is not None and needed.use != "group" and is_text != (needed.use == "text"):
            problems.add("drivers-kinds-differ", name=name)
    problems.refuse()


def _side(mixture: Mixture, cause: Cause, member: str) -> int:
    return int(Player(cause) in mixture or (bool(member) and Player(cause, member) in mixture))
