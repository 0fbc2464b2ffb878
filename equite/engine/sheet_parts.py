"""Parts on a worksheet: the pool, its level and the sums it comes from, what the part gives the territory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from equite.engine.bounds import Bounds, Context
from equite.engine.evaluation import Scope
from equite.engine.parts import PartResult
from equite.engine.sharing import Floats
from equite.engine.sheet import Sheet, clipped
from equite.engine.sheet_arithmetic import Ref
from equite.engine.sheet_levels import Level, level_line, rate_line
from equite.engine.sheet_names import Names
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.model import Limit, Part
from equite.formula.nodes import Binary, Call, Name, Negative, Node, Number

__all__ = ["PartLines", "Parts"]


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
    #: Each part's own resources, where it levels them up, or its need; and its share, or its wealth.
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
        if part.share.foundation is not None and part.at_least is None and part.at_most is None:
            # Nobody bears more than its need, so that no aid is below nothing.
            return PartLines(unbounded)
        low, high = self.bounds(part, scope, result.bounds, self.natural(part), None, result.bounds)
        tree = clipped(unbounded, low, high)
        if tree is unbounded and not part.levy:
            return PartLines(unbounded)
        title = "levied" if part.levy else "part"
        amount = (
            unbounded if tree is unbounded else self.sheet.add(title, part.id, tree=tree, wanted=wanted, is_money=True)
        )
        return PartLines(self._signed(part, amount), low, high)

    def natural(self, part: Part) -> Ref | None:
        """Write that a part gives no less than nothing, where its way of sharing says so."""
        if part.share.level_up is None and part.share.foundation is None:
            return None
        return self.sheet.given("stated", "floor-natural", part.id, value=0.0)

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
        if share.foundation is not None:
            whole, value = self.less_borne(part.id, result, pool, free, score)
            return self.sheet.add(title, part.id, tree=whole, wanted=value, is_money=True)
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
        if share.foundation is not None and share.rate_on is not None:
            need = self._measured("need", part, share.foundation, scope)
            return need, self._measured("own-wealth", part, share.rate_on, scope)
        return None, Number(1.0)

    def less_borne(
        self, about: str, result: PartResult, pool: Ref, need: Node | None, wealth: Node
    ) -> tuple[Node, float]:
        """Write what a territory bears of its need; return its need less that, and the figure it has."""
        assert need is not None
        row, group = self.row, int(result.groups.of[self.row])
        rate = rate_line(self.sheet, about, result, group, pool)
        has, bears = float(result.fixed[row]), float(result.level[group] * result.score[row])
        tree = Call("min", (Binary("*", rate, wealth), need))
        borne = self.sheet.add("borne", about, tree=tree, wanted=min(bears, has), is_money=True)
        return Binary("-", need, borne), has - min(bears, has)

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
