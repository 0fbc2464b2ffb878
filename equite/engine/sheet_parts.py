"""Parts on a worksheet: the pool, its level and the sums it comes from, what the part gives the territory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from equite.engine.bounds import Bounds, Context
from equite.engine.evaluation import Scope
from equite.engine.parts import PartResult
from equite.engine.sharing import Floats, Groups
from equite.engine.sheet import Sheet, clipped
from equite.engine.sheet_arithmetic import Ref
from equite.engine.sheet_names import Names
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.model import Limit, Part
from equite.formula.nodes import Binary, Call, Name, Negative, Node, Number

__all__ = ["Level", "PartLines", "Parts", "level_line"]


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
    """

    about: str
    fixed: Floats
    score: Floats
    bounds: Bounds
    amounts: Floats
    groups: Groups
    found: Floats

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
    """Write a level L: the money less what those at a bound have and what is fixed, over the sum of the shares."""
    found = float(level.found[group])
    key = "sums", id(level.amounts), group
    held, fixed, score, at_bound, free = sheet.known.once(key, partial(level.sums, group), level.amounts)
    if not free or not score:
        # Nobody stands between two bounds: any level about this one gives the same amounts.
        return sheet.given("settled", "level", level.about, value=found)
    above: Node = money
    if held:
        above = Binary("-", above, sheet.given("total", "held", level.about, value=held, count=at_bound, is_money=True))
    if fixed:
        taken = sheet.given("total", "fixed", level.about, value=fixed, count=free, is_money=True)
        above = Binary("-", above, taken)
    below = sheet.given("total", "shares", level.about, value=score, count=free)
    return sheet.add("level", level.about, tree=Binary("/", above, below), wanted=found)


@dataclass(frozen=True)
class PartLines:
    """A part's lines that others rest on: what it gives, and its own bounds in force."""

    amount: Ref
    lower: Ref | None = None
    upper: Ref | None = None


@dataclass
class Parts:
    """Writes the lines of parts for one territory.

    Parameters
    ----------
    sheet : Sheet
        Where lines are written.
    names : Names
        Turns expressions into lines.
    context : Context
        Who takes part, on which envelope.
    scope : Scope
        Knows the envelope and each part.
    shared : mapping of str to PartResult
        The parts as they were shared.
    envelope : ndarray, shape (group envelopes,), or None
        The money.
    row : int
        The territory's row among those that take part.
    """

    sheet: Sheet
    names: Names
    context: Context
    scope: Scope
    shared: Mapping[str, PartResult]
    envelope: Floats | None
    row: int
    _lines: dict[str, PartLines] = field(default_factory=dict)
    _pools: dict[str, Ref] = field(default_factory=dict)
    #: Each part's own resources, where it levels them up, and its share.
    measures: dict[str, tuple[Ref | None, Node]] = field(default_factory=dict)
    _envelope: Ref | None = None

    @property
    def formula(self) -> Formula:
        """The page."""
        return self.context.formula

    def line(self, name: str) -> PartLines:
        """Return a part's lines, written where they are first needed."""
        if name not in self._lines:
            self._lines[name] = self._written(self.shared[name])
        return self._lines[name]

    def envelope_line(self) -> Ref:
        """Return the line of the envelope on which the territory draws."""
        if self._envelope is None:
            assert self.envelope is not None
            assert self.formula.envelope is not None
            group = int(self.context.group_envelopes.of[self.row])
            label = self.context.group_envelope_labels[group]
            expression, wanted = self.formula.envelope.value, float(self.envelope[group])
            if expression.plain is not None:
                self._envelope = self.sheet.given(
                    "stated", "name", "envelope", value=wanted, is_money=True, group=label
                )
            else:
                # What the envelope says of itself is worked out without it.
                scope = self.scope
                while scope.parent is not None:
                    scope = scope.parent
                tree = self.names.tree(expression.tree, scope)
                rule = expression.tree
                trees = [tree, _to_unit(self.context, tree, "round")]
                self._envelope = self.sheet.first(
                    "name", "envelope", trees=trees, wanted=wanted, rule=rule, is_money=True, group=label
                )
        return self._envelope

    def _written(self, result: PartResult) -> PartLines:
        if result.unscaled is not None:
            whole = self._written(result.unscaled)
            tree, wanted = self.reduced(result, whole.amount), float(result.amounts[self.row])
            return PartLines(self.sheet.add("part", result.part.id, tree=tree, wanted=wanted, is_money=True))
        part, row = result.part, self.row
        if not result.members[row]:
            code = str(self.context.codes[row])
            reason = next((each.reason for each in result.exclusions if each.code == code), None)
            return PartLines(self.sheet.given("left-out", "part", part.id, value=0.0, reason=reason, is_money=True))
        scope = self.scope.bound(previous=Name(part.previous)) if part.previous else self.scope
        if part.previous:
            scope = self.sheet.known.once(("previous", part.id), lambda: scope)
        unbounded = self._unbounded(result)
        sign = -1.0 if part.levy else 1.0
        wanted = sign * float(result.amounts[row])
        if result.prorated:
            self.bounds(part, scope, result.bounds, None, None, result.bounds)
            amount = self.sheet.given("prorated", "part", part.id, value=sign * wanted, is_money=True)
            return PartLines(self._signed(part, amount))
        natural = self.sheet.given("stated", "floor-natural", part.id, value=0.0) if part.share.level_up else None
        low, high = self.bounds(part, scope, result.bounds, natural, None, result.bounds)
        tree = clipped(unbounded, low, high)
        if tree is unbounded and not part.levy:
            return PartLines(unbounded)
        title = "levied" if part.levy else "part"
        amount = (
            unbounded if tree is unbounded else self.sheet.add(title, part.id, tree=tree, wanted=wanted, is_money=True)
        )
        return PartLines(self._signed(part, amount), low, high)

    def _signed(self, part: Part, amount: Ref) -> Ref:
        """Return what a part gives; a levy gives less than nothing."""
        if not part.levy:
            return amount
        return self.sheet.add("part", part.id, tree=Negative(amount), is_money=True)

    def reduced(self, result: PartResult, line: Ref) -> Node:
        """Return a figure of a part, reduced where all parts are because they take more than the envelope."""
        return line if result.unscaled is None else Binary("*", line, self._factor())

    def _factor(self) -> Ref:
        """Write what all parts are multiplied by, where they take more than the envelope."""
        key = "$factor"
        if key not in self._pools:
            group = int(self.context.group_envelopes.of[self.row])
            taken = sum(float((each.unscaled or each).taken(self.context)[group]) for each in self.shared.values())
            all_taken = self.sheet.given("total", "taken-in-all", value=taken, is_money=True)
            tree = Binary("/", self.envelope_line(), all_taken)
            self._pools[key] = self.sheet.add("factor", tree=tree)
        return self._pools[key]

    def _unbounded(self, result: PartResult) -> Ref:
        """Write what a part would give without bounds: what is due, or b + L s."""
        part, share, row = result.part, result.part.share, self.row
        bounded = part.at_least is not None or part.at_most is not None or share.level_up is not None
        title = "unbounded" if bounded or result.prorated else "levied" if part.levy else "part"
        if share.as_is is not None:
            fixed, rule = self.names.tree(share.as_is.tree, self.scope), share.as_is.tree
            wanted = float(result.fixed[row])
            return self.sheet.add(title, part.id, tree=fixed, wanted=wanted, rule=rule, is_money=True)
        pool = self.pool(part.id)
        free, score = self.measures[part.id] = self._free(result)
        sign = -1.0 if part.levy else 1.0
        group = int(result.groups.of[row])
        level = Level(
            part.id, result.fixed, result.score, result.bounds, sign * result.amounts, result.groups, result.level
        )
        each = level_line(self.sheet, level, group, pool)
        tree = Binary("*", each, score) if score != Number(1.0) else each
        whole = tree if free is None else Binary("-", tree, free)
        value = float(result.fixed[row] + result.level[group] * result.score[row])
        return self.sheet.add(title, part.id, tree=whole, wanted=value, is_money=True)

    def _free(self, result: PartResult) -> tuple[Ref | None, Node]:
        """Write a territory's own resources, where a part levels them up, and its share s."""
        share, part, scope = result.part.share, result.part, self.scope
        if share.in_proportion_to is not None:
            return None, self._measured("share", part, share.in_proportion_to, scope)
        if share.level_up is not None:
            own = self._measured("own", part, share.level_up, scope)
            counting = Number(1.0) if share.counting is None else self._measured("share", part, share.counting, scope)
            return own, counting
        return None, Number(1.0)

    def _measured(self, title: str, part: Part, expression: Expression, scope: Scope) -> Ref:
        """Write what a part is shared by; a plain name has its line already."""
        if isinstance(expression.tree, Name):
            return self.names.line(expression.tree.name, scope)
        return self.names.expressed(expression.tree, scope, title, part.id)

    def pool(self, name: str) -> Ref:
        """Return the line of what a part holds, in the territory's group."""
        if name not in self._pools:
            result = self.shared[name]
            self._pools[name] = self._pool(result.unscaled or result)
        return self._pools[name]

    def _pool(self, result: PartResult) -> Ref:
        part, group = result.part, int(result.groups.of[self.row])
        wanted = float(result.pool[group])
        inside = result.groups.of == group
        if part.pool is None:
            count = int((inside & result.members).sum())
            return self.sheet.given("total", "taken", part.id, value=wanted, count=count, is_money=True)
        if part.pool.remainder:
            return self._remainder(part, wanted)
        if part.pool.each is not None:
            each = self.names.tree(part.pool.each.tree, self.scope)
            count = int((inside & result.members).sum())
            members = self.sheet.given("count", "members", part.id, value=float(count), count=count)
            tree: Node = Binary("*", each, members)
        elif part.pool.fraction is not None:
            tree = Binary("*", self.names.tree(part.pool.fraction.tree, self.scope), self.envelope_line())
        else:
            assert part.pool.amount is not None
            tree = self.names.tree(part.pool.amount.tree, self.scope)
        # Pools are whole units: rounded by themselves, or together by largest remainders.
        trees = [tree, *(_to_unit(self.context, tree, way) for way in ("round", "floor", "ceil"))]
        return self.sheet.first("pool", part.id, trees=trees, wanted=wanted, is_money=True)

    def _remainder(self, part: Part, wanted: float) -> Ref:
        """Write what the other parts leave; a levy adds to it."""
        tree: Node = self.envelope_line()
        group = int(self.context.group_envelopes.of[self.row])
        for result in self.shared.values():
            if result.part.id == part.id:
                continue
            result = result.unscaled or result
            taken = float(result.taken(self.context)[group])
            one_pool = result.part.within is None and result.part.pool is not None
            other = (
                self.pool(result.part.id)
                if one_pool
                else self.sheet.given("total", "taken", result.part.id, value=abs(taken), is_money=True)
            )
            sign = "+" if result.part.levy or (not one_pool and taken < 0) else "-"
            tree = Binary(sign, tree, other)
        trees = [tree, Call("max", (tree, Number(0.0)))]
        return self.sheet.first("pool", part.id, trees=trees, wanted=wanted, is_money=True)

    def bounds(
        self,
        thing: Part | Limit,
        scope: Scope,
        stated: Bounds,
        low: Ref | None,
        high: Ref | None,
        in_force: Bounds,
    ) -> tuple[Ref | None, Ref | None]:
        """Write the bounds of a part or a stage: as stated, moved to whole units, and with earlier ones in force.

        Parameters
        ----------
        stated : Bounds
            The thing's own bounds, by row.
        low, high : Ref or None
            The earlier bounds of the territory that stay in force.
        in_force : Bounds
            What holds in the end, by row.
        """
        row = self.row
        lower = self._stated(thing, thing.at_least, "floor", scope, float(stated.lower[row]))
        upper = self._stated(thing, thing.at_most, "cap", scope, float(stated.upper[row]))
        found = []
        for own, earlier, other, wanted, title in (
            (lower, low, high, float(in_force.lower[row]), "floor"),
            (upper, high, low, float(in_force.upper[row]), "cap"),
        ):
            found.append(self._in_force(str(thing.id), title, own, (earlier, other), wanted))
        return found[0], found[1]

    def _stated(
        self, thing: Part | Limit, expression: Expression | None, title: str, scope: Scope, wanted: float
    ) -> Ref | None:
        if expression is None or not np.isfinite(wanted):
            return None
        line = self.names.expressed(expression.tree, scope, f"{title}-stated", str(thing.id), is_money=True)
        if self.formula.rounding.bounds != "inward" or self.sheet.figures[line.line].is_near(wanted):
            return line
        moved = _to_unit(self.context, line, "ceil" if title == "floor" else "floor")
        return self.sheet.add(f"{title}-whole", str(thing.id), tree=moved, wanted=wanted, is_money=True)

    def _in_force(
        self, about: str, title: str, own: Ref | None, earlier: tuple[Ref | None, Ref | None], wanted: float
    ) -> Ref | None:
        """Return the bound that holds: the thing's own, no further than earlier ones let it go."""
        if not np.isfinite(wanted):
            return None
        same, other = earlier
        floor, cap = (same, other) if title == "floor" else (other, same)
        for candidate in (own, same, other):
            if candidate is not None and self.sheet.figures[candidate.line].is_near(wanted):
                return candidate
        if own is None:
            return self.sheet.given("settled", title, about, value=wanted, is_money=True)
        tree = clipped(own, floor, cap)
        return self.sheet.add(title, about, tree=tree, wanted=wanted, is_money=True)


def _to_unit(context: Context, tree: Node, way: str) -> Node:
    """Return an amount brought to whole units."""
    unit = Number(float(context.unit.size))
    if unit.value == 1:
        return Call(way, (tree,))
    return Binary("*", Call(way, (Binary("/", tree, unit),)), unit)
