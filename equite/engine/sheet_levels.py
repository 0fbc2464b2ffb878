"""Levels on a worksheet: what one point of share is worth, the common rate of a foundation aid, and their sums."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from equite.engine.bounds import Bounds
from equite.engine.parts import PartResult
from equite.engine.sharing import Floats, Groups
from equite.engine.sheet import Sheet
from equite.engine.sheet_arithmetic import Ref
from equite.formula.nodes import Binary, Node

__all__ = ["Level", "level_line", "rate_line"]


class _Titles(NamedTuple):
    held: str
    shares: str
    level: str


_TITLES = {"level": _Titles("held", "shares", "level"), "rate": _Titles("borne-held", "wealth", "rate")}


@dataclass(frozen=True)
class Level:
    """A level that was solved: of what, over those that take part.

    Attributes
    ----------
    about : str
        The part or the limit.
    fixed, score : ndarray, shape (eligible,)
        b and s.
    bounds : Bounds
        The bounds in force.
    amounts : ndarray, shape (eligible,)
        clip(b + L s, lo, hi).
    groups : Groups
        The groups that have a level each.
    found : ndarray, shape (groups,)
        The levels.
    kind : str
        What its lines are called by: a level, or a common rate on wealth.
    """

    about: str
    fixed: Floats
    score: Floats
    bounds: Bounds
    amounts: Floats
    groups: Groups
    found: Floats
    kind: Literal["level", "rate"] = "level"

    def sums(self, group: int) -> tuple[float, float, float, int, int]:
        """Return what those at a bound have, b and s of the others, and how many there are of both."""
        inside = self.groups.of == group
        free = inside & (self.score > 0) & (self.amounts > self.bounds.lower) & (self.amounts < self.bounds.upper)
        held = inside & ~free
        sums = (float(values[rows].sum()) for values, rows in zip(self._values, (held, free, free), strict=True))
        of_held, of_fixed, of_score = sums
        return of_held, of_fixed, of_score, int(held.sum()), int(free.sum())

    @property
    def _values(self) -> tuple[Floats, Floats, Floats]:
        return self.amounts, self.fixed, self.score


def level_line(sheet: Sheet, level: Level, group: int, money: Ref) -> Ref:
    """Write a level L: the money less what those at a bound have and what is fixed, over the sum of the shares.

    Of a common rate: the money that territories bear, less what those at a bound bear, over the wealth of the others.
    """
    titles = _TITLES[level.kind]
    found = float(level.found[group])
    key = "sums", id(level.amounts), group
    held, fixed, score, at_bound, free = sheet.known.once(key, partial(level.sums, group), level.amounts)
    if not free or not score:
        # Nobody stands between two bounds: any level about this one gives the same amounts.
        return sheet.given("settled", titles.level, level.about, value=found)
    above: Node = money
    if held:
        theirs = sheet.given("total", titles.held, level.about, value=held, count=at_bound, is_money=True)
        above = Binary("-", above, theirs)
    if fixed:
        taken = sheet.given("total", "fixed", level.about, value=fixed, count=free, is_money=True)
        above = Binary("-", above, taken)
    below = sheet.given("total", titles.shares, level.about, value=score, count=free)
    return sheet.add(titles.level, level.about, tree=Binary("/", above, below), wanted=found)


def rate_line(sheet: Sheet, about: str, result: PartResult, group: int, pool: Ref) -> Ref:
    """Write the common rate of a foundation aid: from what all bear together, the needs less the money.

    A rate at an end that the page sets stands as it is: it may leave money.
    """
    found, share = float(result.level[group]), result.part.share
    if found in share.rates:
        is_stated = found > 0 or share.rate_at_least is not None
        return sheet.given("stated" if is_stated else "settled", "rate", about, value=found)
    inside = result.groups.of == group
    needs = float(result.fixed[inside].sum())
    in_all = sheet.given("total", "needs", about, value=needs, count=int(inside.sum()), is_money=True)
    borne = sheet.add("borne-in-all", about, tree=Binary("-", in_all, pool), is_money=True)
    level = sheet.known.once(("rate", id(result)), partial(_of_rate, about, result), result)
    return level_line(sheet, level, group, borne)


def _of_rate(about: str, result: PartResult) -> Level:
    """Return the rate as a level of what each bears: the rate on its wealth, within need less the bounds of its aid."""
    need, wealth = result.fixed, result.score
    bounds = Bounds(need - result.bounds.upper, need - result.bounds.lower)
    borne = np.clip(result.level[result.groups.of] * wealth, bounds.lower, bounds.upper)
    return Level(about, np.zeros_like(need), wealth, bounds, borne, result.groups, result.level, "rate")
