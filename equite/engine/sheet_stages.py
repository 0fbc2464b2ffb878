"""Limits and whole units on a worksheet: bounds in dollars, what was shared again, the remainder, the amount."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from equite.engine.bounds import Bounds
from equite.engine.limits import StageResult, Workings
from equite.engine.rounding import whole_tolerance
from equite.engine.sharing import Floats, Groups
from equite.engine.sheet import Sheet, added, clipped
from equite.engine.sheet_apportioned import GivenOut, apportioned_line
from equite.engine.sheet_arithmetic import Ref, Taken
from equite.engine.sheet_levels import Level, level_line
from equite.engine.sheet_names import Names
from equite.engine.sheet_parts import Parts
from equite.formula.nodes import Binary, Call, Comparison, Node, Number

__all__ = ["Stages", "rounded"]


@dataclass
class Stages:
    """Writes the lines of limits for one territory, one stage after the other.

    Parameters
    ----------
    sheet : Sheet
        Where lines are written.
    names : Names
        Turns expressions into lines.
    parts : Parts
        The lines of the parts.
    """

    sheet: Sheet
    names: Names
    parts: Parts
    #: The line of what each part gives now, and of the amount now.
    now: dict[str, Ref] = field(default_factory=dict)
    amount: Ref = field(default_factory=lambda: Ref(0))
    #: The bounds of the territory that stay in force.
    low: Ref | None = None
    high: Ref | None = None

    @property
    def row(self) -> int:
        """The territory's row."""
        return self.parts.row

    def begin(self) -> None:
        """Write what the parts give, and their sum."""
        for part in self.parts.formula.parts:
            self.now[part.id] = self.parts.line(part.id).amount
        self._sum("before-limits")

    def _sum(self, title: str) -> None:
        refs = list(self.now.values())
        self.amount = refs[0] if len(refs) == 1 else self.sheet.add(title, tree=added(refs), is_money=True)

    def run(self, stage: StageResult) -> None:
        """Write the lines of one stage."""
        workings, about, row = stage.workings, str(stage.limit.id), self.row
        assert workings is not None
        wanted = float(stage.after[row])
        code = str(self.parts.context.codes[row])
        if code in stage.overridden:
            self._decided(stage, workings, code, wanted)
            return
        exempt = stage.limit.exempt
        if exempt is not None and self.names.at(workings.scope, exempt.tree):
            self.names.expressed(exempt.tree, workings.scope, "exempt", about)
        if workings.part is not None:
            self._part(stage, workings)
            self._sum("before-limits")
        elif not stage.limit.by:
            # A bound on the total of a group is no bound of the territory's own: it is given below.
            self._bounds(stage, workings)
        low, high = self._holding(about, workings.bounds)
        if stage.prorated:
            self.amount = self.sheet.given("prorated", "stage", about, value=wanted, is_money=True)
        elif workings.money is None:
            tree = clipped(self.amount, low, high)
            if tree is not self.amount:
                self.amount = self.sheet.add("stage", about, tree=tree, wanted=wanted, is_money=True)
        else:
            self._shared(stage, workings, workings.money, low, high)
        if stage.limit.then == "hold" and (stage.raised[row] or stage.lowered[row]):
            self.low = self.high = self.amount

    def _decided(self, stage: StageResult, workings: Workings, code: str, wanted: float) -> None:
        """Write an amount that was decided, with its reason."""
        found = next(each for each in stage.limit.override if each.code == code)
        tree = self.names.tree(found.amount.tree, workings.scope)
        self.amount = self.sheet.add(
            "decided",
            str(stage.limit.id),
            tree=tree,
            wanted=wanted,
            rule=found.amount.tree,
            reason=found.reason,
            is_money=True,
        )
        self.low = self.high = self.amount

    def _bounds(self, stage: StageResult, workings: Workings) -> None:
        """Write this stage's bounds, and what holds with those that came before."""
        own = workings.stated
        stays = self.low, self.high
        in_force = own if stays == (None, None) else self._clip_to_earlier(own, *stays)
        self.low, self.high = self.parts.bounds(stage.limit, workings.scope, own, *stays, in_force)

    def _clip_to_earlier(self, own: Bounds, low: Ref | None, high: Ref | None) -> Bounds:
        """Return the territory's bounds where earlier ones stay in force, for its own row."""
        floor = -np.inf if low is None else float(self.sheet.value(low) or 0)
        cap = np.inf if high is None else float(self.sheet.value(high) or 0)
        found = own.lower.copy(), own.upper.copy()
        for ends in found:
            ends[self.row] = min(max(float(ends[self.row]), floor), cap)
        return Bounds(*found)

    def _holding(self, about: str, bounds: Bounds) -> tuple[Ref | None, Ref | None]:
        """Return the lines of the bounds in force; those that hold a group's total are given."""
        found: list[Ref | None] = []
        for title, line, ends in (("floor", self.low, bounds.lower), ("cap", self.high, bounds.upper)):
            wanted = float(ends[self.row])
            if not np.isfinite(wanted):
                found.append(None)
            elif line is not None and self.sheet.figures[line.line].is_near(wanted):
                found.append(line)
            else:
                found.append(self.sheet.given("group", title, about, value=wanted, is_money=True))
        return found[0], found[1]

    def _part(self, stage: StageResult, workings: Workings) -> None:
        """Write a part within the bounds that a limit puts on it."""
        result, row = workings.part, self.row
        assert result is not None
        part, about = result.part, str(stage.limit.id)
        wanted = float(result.amounts[row])
        lines = self.parts.line(part.id)
        if not result.members[row]:
            return
        if result.prorated:
            self.now[part.id] = self.sheet.given("prorated", "part", part.id, value=wanted, is_money=True)
            return
        lower = lines.lower or (self.parts.natural(part) if part.share.foundation is not None else None)
        low, high = self.parts.bounds(stage.limit, workings.scope, workings.stated, lower, lines.upper, result.bounds)
        group = int(result.groups.of[row])
        pool = self.sheet.given("total", "pool", part.id, value=float(result.pool[group]), is_money=True)
        own, share = self.parts.measures[part.id]
        own_now = None if own is None else self.parts.reduced(self.parts.shared[part.id], own)
        if part.share.foundation is not None:
            free, _ = self.parts.less_borne(about, result, pool, own_now, share)
        else:
            bounds = result.bounds
            level = Level(about, result.fixed, result.score, bounds, result.amounts, result.groups, result.level)
            free = Binary("*", level_line(self.sheet, level, group, pool), share)
            free = free if own_now is None else Binary("-", free, own_now)
        tree = clipped(free, low, high)
        self.now[part.id] = self.sheet.add("part", part.id, tree=tree, wanted=wanted, is_money=True)

    def _shared(self, stage: StageResult, workings: Workings, money: Floats, low: Ref | None, high: Ref | None) -> None:
        """Write what is shared anew: the level, b + L s, what that changes, what a floor or a cap does."""
        about, row = str(stage.limit.id), self.row
        group = int(workings.groups.of[row])
        count = int((workings.groups.of == group).sum())
        all_money = self.sheet.given(
            "total", "stage-money", about, value=float(money[group]), count=count, is_money=True
        )
        level = Level(about, workings.fixed, workings.score, workings.bounds, stage.after, workings.groups, stage.level)
        each = level_line(self.sheet, level, group, all_money)
        fixed = [self.now[part.id] for part in self.parts.formula.parts if part.is_fixed]
        shares = [self.now[part.id] for part in self.parts.formula.parts if not part.is_fixed]
        score: Node = added(shares)
        if stage.limit.move is not None:
            score = self.names.expressed(stage.limit.move.in_proportion_to.tree, workings.scope, "share", about)
        tree: Node = Binary("*", each, score)
        if fixed:
            tree = Binary("+", added(fixed), tree)
        value = float(workings.fixed[row] + stage.level[group] * workings.score[row])
        free = self.sheet.add("stage-free", about, tree=tree, wanted=value, is_money=True)
        before, wanted = self.amount, float(stage.after[row])
        self.sheet.add("shared-again", about, tree=Binary("-", free, before), is_money=True)
        held = clipped(free, low, high)
        if held is free:
            self.amount = free
            return
        self.amount = self.sheet.add("stage", about, tree=held, wanted=wanted, is_money=True)
        self.sheet.add("bounded-by", about, tree=Binary("-", self.amount, free), is_money=True)


def rounded(stages: Stages, exact: Floats, units: np.ndarray, groups: Groups | None, bounds: Bounds) -> Ref:
    """Write how an amount becomes whole units.

    Parameters
    ----------
    exact : ndarray, shape (eligible,)
        Amounts before they are rounded.
    units : ndarray of int, shape (eligible,)
        Amounts, counted in units.
    groups : Groups or None
        The groups inside which whole units are found; None where each amount is rounded by itself.
    bounds : Bounds
        The bounds that stay in force.
    """
    sheet, row, unit = stages.sheet, stages.row, stages.parts.context.unit
    size, wanted = Number(float(unit.size)), float(unit.money(units[[row]])[0])
    in_units: Ref = stages.amount
    if size.value != 1:
        in_units = sheet.add("units", tree=Binary("/", stages.amount, size))

    def money(tree: Node) -> Node:
        return tree if size.value == 1 else Binary("*", tree, size)

    def amount(tree: Node) -> Ref:
        return sheet.add("amount", tree=money(tree), wanted=wanted, is_money=True)

    if groups is None:
        return amount(Call("round", (in_units,)))
    inside = groups.of == groups.of[row]
    shares = unit.count(exact)
    if stages.parts.formula.rounding.by_divisors:
        given_out = GivenOut(shares, units, bounds, inside)
        held = stages.low, stages.high
        return amount(apportioned_line(sheet, stages.parts.context, row, in_units, held, given_out))
    tolerance = float(whole_tolerance(np.array([float(units[inside].sum())]))[0])
    cut = np.floor(shares + tolerance)
    more = units - cut
    remainders = np.maximum(shares - cut, 0.0)
    whole = sheet.add("cut", tree=Call("floor", (in_units,)), wanted=float(cut[row]))
    if not more[inside].any():
        return amount(whole)
    served = inside & (more == 1)
    rest = sheet.add("remainder", tree=Binary("-", in_units, whole), wanted=float(remainders[row]))
    if not served.any() or more[row] not in (0, 1):
        return amount(Binary("+", whole, sheet.given("exact", "served", value=float(more[row]))))
    last = float(remainders[served].min())
    own = sheet.figures[rest.line]
    if own.value is not None and own.is_near(last):
        # Equal remainders are one figure on the sheet, whichever of them was worked out first.
        last = float(own.value)
    last_line = sheet.given("statistic", "last-served", value=last, count=int(served.sum()))
    served_one = Taken(Number(float(more[row])), Comparison((">=" if more[row] else "<=",), (rest, last_line)))
    return amount(Binary("+", whole, sheet.add("served", tree=served_one)))
