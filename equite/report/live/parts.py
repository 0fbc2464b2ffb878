"""Parts as formulas: the pool of each, the score it is shared by, its own level and bounds, its amounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.bounds import StatedBounds, evaluate_bounds
from equite.engine.evaluation import Scope
from equite.engine.parts import PartResult, order_of_parts, share_parts
from equite.engine.sharing import Floats
from equite.formula.expressions import Expression
from equite.formula.model import Part
from equite.report.live.bounding import Floors, SheetBounds, bound_columns, counted, in_money, kept, prorated_or
from equite.report.live.closed import Unsupported
from equite.report.live.grid import Head, LiveColumn
from equite.report.live.levels import Kernel, proportional, refuse_unsettled, solve_level, whole_units
from equite.report.live.ranges import highest, how_many, lowest, tells_apart, total
from equite.report.live.terms import Term, added, both, choose, greatest, number, rounded, stated
from equite.report.live.translating import Translator

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["Shared", "SharedParts", "write_parts"]


@dataclass
class Shared:
    """A part in the sheet.

    Attributes
    ----------
    result : PartResult
        As the engine has it.
    amounts : LiveColumn
        What it gives, negative for a levy.
    pool : Term or None
        The cell of its money; None where it gives each territory what it states.
    members : LiveColumn
        Who is eligible to it.
    fixed, score : LiveColumn or None
        What its own level is solved with, where it has one.
    bounds : SheetBounds or None
        Its own bounds.
    level : Term or None
        The cell of its level, where shares are proportional to scores.
    """

    result: PartResult
    amounts: LiveColumn
    pool: Term | None
    members: LiveColumn
    fixed: LiveColumn | None = None
    score: LiveColumn | None = None
    bounds: SheetBounds | None = None
    level: Term | None = None


@dataclass
class SharedParts:
    """All parts in the sheet.

    Attributes
    ----------
    parts : list of Shared
        In the page's order.
    translator : Translator
        Knows every name, the parts' amounts included.
    envelope : Term or None
        The cell of the envelope; None for entitlements.
    reserves : list of Term
        The cells of money that is kept.
    """

    parts: list[Shared]
    translator: Translator
    envelope: Term | None
    reserves: list[Term] = field(default_factory=list)


def write_parts(workings: Workings, translator: Translator, root: Scope, envelope: Term | None) -> SharedParts:
    """Write every part, and what they leave of the envelope.

    Raises
    ------
    Unsupported
        The page has money of their own for groups.
    """
    context, formula = workings.allocation.context, workings.formula
    if formula.within or context.group_envelopes.count > 1 or any(part.within for part in formula.parts):
        raise Unsupported("groups-of-money")
    results, _ = share_parts(root, context, None if envelope is None else envelope.value.reshape(1))
    return _Writer(workings, translator, {result.part.id: result for result in results}, envelope).all()


class _Writer:
    """Writes the parts one after another."""

    def __init__(
        self, workings: Workings, translator: Translator, results: dict[str, PartResult], envelope: Term | None
    ) -> None:
        self.workings, self.translator, self.results, self.envelope = workings, translator, results, envelope
        self.formula, self.grid, self.say = workings.formula, workings.grid, workings.labels.say
        self.pools: dict[str, Term] = {}
        self.shared: dict[str, Shared] = {}
        self.reserves: list[Term] = []
        self.member_columns: dict[str, LiveColumn] = {}

    def all(self) -> SharedParts:
        """Write every part."""
        self.workings.begin("pools")
        self._independent()
        for at in order_of_parts(self.formula):
            part = self.formula.parts[at]
            self.workings.begin("part", part=self.workings.labels.title(part.id))
            if part.takes_remainder:
                self.pools[part.id] = self._remainder(part)
            elif part.pool is not None and part.id not in self.pools:
                self.pools[part.id] = self._alone(part)
            self.shared[part.id] = self._part(part)
            known = {part_id: shared.amounts for part_id, shared in self.shared.items()}
            scope = self.translator.scope.bound(
                **{name: self.workings.full(self.results[name].amounts) for name in known}
            )
            self.translator = self.translator.bound(scope, **known)
        parts = self._against_envelope([self.shared[part.id] for part in self.formula.parts])
        return SharedParts(parts, self.translator, self.envelope, self.reserves)

    # Pools.

    def _independent(self) -> None:
        """Write the pools that rest on no part, rounded to units together."""
        names, ids = self.formula.names, {part.id for part in self.formula.parts}
        parts = [
            part
            for part in self.formula.parts
            if part.pool is not None and not part.pool.remainder and not names.closure(names.pool_needs(part)) & ids
        ]
        if len(parts) <= 1:
            for part in parts:
                self.pools[part.id] = self._alone(part)
            return
        exact = [counted(self.workings, self._exact_pool(part)) for part in parts]
        shares = self.grid.ladder(self.say("live-pools-exact"), exact)
        to_pay = self.grid.figure(self.say("live-pools-total"), rounded(total(shares.all)))
        units = whole_units(self.workings, shares, to_pay, rows=len(parts))
        for at, part in enumerate(parts):
            cell = stated(f"${units.letter}${units.first + at}", units.values[at])
            self.pools[part.id] = self.grid.figure(self._pool_heading(part), in_money(self.workings, cell))

    def _pool_heading(self, part: Part) -> str:
        return self.say("live-pool", part=self.workings.labels.title(part.id))

    def _exact_pool(self, part: Part) -> Term:
        """Write a pool before rounding."""
        assert part.pool is not None
        expression = part.pool.each or part.pool.amount or part.pool.fraction
        assert expression is not None
        pool = self.translator.term(expression.tree)
        if not self.translator.is_scalar(expression.tree):
            # One figure for all who take part: that of the first of them.
            column = self.translator.written(self._pool_heading(part), expression)
            assert isinstance(column, LiveColumn)
            value = column.values[self.workings.allocation.context.rows][0]
            those = self.grid.column(self._pool_heading(part), self.workings.of_those(column.each)).all
            title = self.workings.labels.title(part.id)
            self.workings.expect(self.say("live-check-one-value", name=title), choose(tells_apart(those), 1, 0))
            pool = stated(f"INDEX({column.range},MATCH(1,{self.workings.takes_part.range},0))", value)
        if part.pool.each is not None:
            pool = pool * total(self._members(part).all)
        if part.pool.fraction is not None:
            assert self.envelope is not None
            pool = pool * self.envelope
        pool = self.grid.figure(self._pool_heading(part), pool, about=self.workings.worded(expression.tree))
        below = choose(pool < -1e-9, 1, 0)
        self.workings.expect(self.say("live-check-pool", part=self.workings.labels.title(part.id)), below)
        return pool

    def _alone(self, part: Part) -> Term:
        pool = in_money(self.workings, rounded(counted(self.workings, self._exact_pool(part))))
        return self.grid.figure(self._pool_heading(part), pool, about=self.say("live-whole-units"))

    def _remainder(self, part: Part) -> Term:
        assert self.envelope is not None
        left, others = self.envelope, [other for other in self.formula.parts if other.id != part.id]
        for other in others:
            if other.pool is not None and other.id not in self.pools:
                self.pools[other.id] = self._alone(other)
        for other in others:
            if other.share.as_is is not None and other.id in self.shared:
                # What a levy takes stands below zero already.
                left = left - total(self.shared[other.id].amounts.all)
            elif other.pool is not None or other.id in self.shared:
                pool = self.pools[other.id]
                left = left + pool if other.levy else left - pool
        if self.formula.if_short != "prorate":
            missing = choose(left < -1e-9 * self.envelope, 1, 0)
            self.workings.expect(self.say("live-check-exceeding"), missing)
        return self.grid.figure(self._pool_heading(part), greatest(0, left), about=self.say("live-remainder-of"))

    # Shares.

    def _members(self, part: Part) -> LiveColumn:
        """Write who is eligible to a part."""
        if not part.eligible:
            return self.workings.takes_part
        if part.id not in self.member_columns:
            inner = "1"
            for rule in reversed(part.eligible):
                inner = f"IF({self.translator.condition(rule.where.tree)},{inner},0)"
            values = self.workings.full(self.results[part.id].members.astype(float))
            self.member_columns[part.id] = self.grid.column(
                self.say("live-members"),
                choose(self.workings.takes_part.each, stated(inner, values), 0),
                about=self.workings.worded(part.eligible[0].where.tree),
            )
        return self.member_columns[part.id]

    def _measured(
        self, part: Part, expression: Expression, members: LiveColumn, values: Floats, *, negative: bool = False
    ) -> LiveColumn:
        term, title = self.translator.term(expression.tree), self.workings.labels.title(part.id)
        term = choose(members.each, -term if negative else term, 0).carrying(self.workings.full(values))
        about = self.workings.worded(expression.tree)
        dust: Head = (self.say("live-head-dust"), lambda own: 1e-12 * greatest(highest(own.all), -lowest(own.all)))
        column = self.grid.column(self.say("live-score-of", part=title), term, about=about, heads=[dust])
        if part.share.as_is is None or part.levy:
            # Nobody is shared to by a negative measure: the engine refuses it, and here a check turns red.
            cells = column.all
            below = how_many(cells > column.figures[0] if negative else cells < -column.figures[0])
            self.workings.expect(self.say("live-check-negative", part=title), below)
        return column

    def _part(self, part: Part) -> Shared:
        result, members, share = self.results[part.id], self._members(part), part.share
        title = self.workings.labels.part_heading(part)
        if share.foundation is not None:
            raise Unsupported("foundation")
        if share.as_is is not None:
            return self._as_is(part, result, members, title)
        fixed: LiveColumn | None = None
        if share.level_up is not None:
            fixed = self._measured(part, share.level_up, members, result.fixed, negative=True)
        expression = share.in_proportion_to or share.counting
        score = members if expression is None else self._measured(part, expression, members, result.score)
        pool, heading = self.pools[part.id], self.say("live-before-sign", part=title) if part.levy else title
        if fixed is None and part.at_least is None and part.at_most is None:
            amounts, level = proportional(self.workings, score, pool, heading)
            shared = Shared(result, amounts, pool, members, None, score, None, level)
        else:
            bounds = self._bounds(part, result, members, natural=fixed is not None)
            own = fixed or self.grid.column(self.say("live-fixed"), number(0))
            amounts = self._solved(part, Kernel(own, score, bounds.lower, bounds.upper), pool, heading)
            shared = Shared(result, amounts, pool, members, fixed, score, bounds)
        return self._signed(part, shared, title)

    def _signed(self, part: Part, shared: Shared, title: str) -> Shared:
        if part.levy:
            shared.amounts = self.grid.column(title, -shared.amounts.each, bold=True)
        return shared

    def _as_is(self, part: Part, result: PartResult, members: LiveColumn, title: str) -> Shared:
        assert part.share.as_is is not None
        amounts = self._measured(part, part.share.as_is, members, result.fixed)
        if part.at_least is not None or part.at_most is not None:
            bounds = self._bounds(part, result, members, natural=False)
            amounts = self.grid.column(title, bounds.clip(amounts.each), bold=True)
        return self._signed(part, Shared(result, amounts, None, members), title)

    def _bounds(self, part: Part, result: PartResult, members: LiveColumn, *, natural: bool) -> SheetBounds:
        """Write a part's own bounds; levelling up never gives less than nothing."""
        translator = self.translator
        if part.previous:
            translator = translator.bound(
                translator.scope.bound(previous=translator.scope.value(part.previous)),
                previous=translator.ref(part.previous),
            )
        place, kept = ("parts", self.formula.parts.index(part)), result.members
        stated = evaluate_bounds(translator.scope, self.workings.allocation.context, StatedBounds.of(part, place), kept)
        own = stated.mapped(lambda low, high: (np.where(kept, low, 0.0), np.where(kept, high, 0.0)))
        title = self.workings.labels.title(part.id)
        bounds = bound_columns(self.workings, translator, part, own, members)
        if not natural:
            return bounds
        floor = choose(members.each, greatest(0, bounds.lower.each), 0)
        lower = self.grid.column(self.say("live-floor", name=title), floor)
        return SheetBounds(
            lower, self.grid.column(self.say("live-cap", name=title), greatest(bounds.upper.each, lower.each))
        )

    def _solved(self, part: Part, kernel: Kernel, pool: Term, heading: str) -> LiveColumn:
        """Solve a part's own level within its bounds."""
        amounts = solve_level(self.workings, kernel, pool, heading)
        if part.if_short == "prorate":
            earlier = SheetBounds(self.grid.column(self.say("live-zero"), number(0)), kernel.upper)
            amounts, _ = prorated_or(self.workings, amounts, Floors(kernel.lower, kernel.fixed, earlier), pool, heading)
        placed, keeps = amounts.figures[0], part.if_over == "reserve"
        refuse_unsettled(self.workings, heading, placed, pool, reserve=keeps)
        if keeps:
            self.reserves.append(kept(self.workings, pool, amounts))
        return amounts

    # The whole.

    def _against_envelope(self, parts: list[Shared]) -> list[Shared]:
        """Keep or scale what parts and envelope do not agree on, where the page says so."""
        envelope = self.envelope
        if envelope is None:
            return parts
        self.workings.begin("envelope")
        used = added([number(0), *(total(shared.amounts.all) for shared in parts), *self.reserves])
        taken = self.grid.figure(self.say("live-taken"), used)
        half = 0.5 * float(self.formula.rounding_to)
        short, over = taken - envelope > half, envelope - taken > half
        # Less than nothing cannot be scaled down.
        short = both(short, taken <= 0) if self.formula.if_short == "prorate" else short
        self.workings.expect(self.say("live-check-exceeding"), choose(short, 1, 0))
        if self.formula.if_over != "reserve":
            self.workings.expect(self.say("live-check-left-over"), choose(over, 1, 0))
        if self.formula.if_over == "reserve":
            self.reserves.append(self.grid.figure(self.say("live-kept"), greatest(0, envelope - taken)))
        if self.formula.if_short == "prorate":
            factor = self.grid.figure(self.say("live-factor"), choose(taken > envelope, envelope / taken, 1))
            for shared in parts:
                title = self.workings.labels.part_heading(shared.result.part)
                shared.amounts = self.grid.column(title, shared.amounts.each * factor)
        return parts
