"""Parts as formulas: the pool of each, the score it is shared by, its own level and bounds, its amounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.bounds import evaluate_bounds
from equite.engine.evaluation import Scope
from equite.engine.parts import PartResult, order_of_parts, share_parts
from equite.engine.rounding import round_half_away
from equite.engine.sharing import Floats
from equite.formula.expressions import Expression
from equite.formula.model import Part
from equite.report.live.bounding import Bounded, bound_columns, counted, full, in_money, kept, prorated_or
from equite.report.live.closed import Unsupported
from equite.report.live.grid import Column
from equite.report.live.levels import Solved, finite, proportional, solve_level, whole_units
from equite.report.live.translating import Translator, rounded

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["Shared", "Sharing", "write_parts"]


@dataclass
class Shared:
    """A part in the sheet.

    Attributes
    ----------
    result : PartResult
        As the engine has it.
    amounts : Column
        What it gives, negative for a levy.
    values : ndarray
        Its values, over all rows.
    pool : str
        The cell of its money.
    fixed, score : Column or None
        What its own level is solved with, where it has one.
    bounds : Bounded or None
        Its own bounds.
    level : str
        The cell of its level, where it has one.
    """

    result: PartResult
    amounts: Column
    values: Floats
    pool: str
    members: Column
    fixed: Column | None = None
    score: Column | None = None
    bounds: Bounded | None = None
    level: str = ""


@dataclass
class Sharing:
    """All parts in the sheet.

    Attributes
    ----------
    parts : list of Shared
        In the page's order.
    translator : Translator
        Knows every name, the parts' amounts included.
    envelope : str
        The cell of the envelope; empty for entitlements.
    reserves : list of (str, float)
        Cells of money that is kept, and their values.
    """

    parts: list[Shared]
    translator: Translator
    envelope: str
    reserves: list[tuple[str, float]] = field(default_factory=list)


def write_parts(sums: Sums, of: Translator, root: Scope, envelope: Floats | None, cell: str) -> Sharing:
    """Write every part, and what they leave of the envelope.

    Raises
    ------
    Unsupported
        The page has money of their own for groups.
    """
    context, formula = sums.allocation.context, sums.formula
    if formula.within or context.purses.count > 1 or any(part.within for part in formula.parts):
        raise Unsupported("groups-of-money")
    results, _ = share_parts(root, context, envelope)
    by_id = {result.part.id: result for result in results}
    writer = _Writer(sums, of, by_id, cell, float(envelope[0]) if envelope is not None else 0.0)
    return writer.all()


class _Writer:
    """Writes the parts one after another."""

    def __init__(self, sums: Sums, of: Translator, results: dict[str, PartResult], envelope: str, money: float) -> None:
        self.sums, self.of, self.results, self.envelope, self.money = sums, of, results, envelope, money
        self.formula, self.grid, self.say = sums.formula, sums.grid, sums.labels.say
        self.pools: dict[str, str] = {}
        self.shared: dict[str, Shared] = {}
        self.reserves: list[tuple[str, float]] = []
        self.member_columns: dict[str, Column] = {}

    def all(self) -> Sharing:
        """Write every part."""
        self.sums.begin("pools")
        self._independent()
        for at in order_of_parts(self.formula):
            part = self.formula.parts[at]
            self.sums.begin("part", part=self.sums.labels.title(part.id))
            if part.takes_remainder:
                self.pools[part.id] = self._remainder(part)
            elif part.pool is not None and part.id not in self.pools:
                self.pools[part.id] = self._alone(part)
            self.shared[part.id] = self._part(part)
            known = {part_id: shared.amounts for part_id, shared in self.shared.items()}
            scope = self.of.scope.bound(**{name: self._values(name) for name in known})
            self.of = self.of.bound(scope, **known)
        parts = [self.shared[part.id] for part in self.formula.parts]
        parts = self._against_envelope(parts)
        return Sharing(parts, self.of, self.envelope, self.reserves)

    def _values(self, name: str) -> Floats:
        return full(self.sums, self.results[name].amounts)

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
        exact = [self._exact_pool(part) for part in parts]
        unit = self.sums.allocation.context.unit
        units = [float(unit.count(np.array([value]))[0]) for _, value in exact]
        shares = self.grid.ladder(self.say("live-pools-exact"), [counted(self.sums, cell) for cell, _ in exact], units)
        total = float(round_half_away(np.array([sum(units)]), 0)[0])
        cell = self.grid.figure(self.say("live-pools-total"), rounded(f"SUM({shares.range})"), total)
        column, found = whole_units(self.sums, shares, np.array(units), cell, total, rows=len(units))
        for at, part in enumerate(parts):
            text = in_money(self.sums, f"${column.letter}${column.first + at}")
            value = float(unit.money(found[at : at + 1])[0])
            self.pools[part.id] = self.grid.figure(self._pool_heading(part), text, value)

    def _pool_heading(self, part: Part) -> str:
        return self.say("live-pool", part=self.sums.labels.title(part.id))

    def _exact_pool(self, part: Part) -> tuple[str, float]:
        """Write a pool before rounding; give its cell and its value."""
        assert part.pool is not None
        expression = part.pool.each or part.pool.amount or part.pool.fraction
        assert expression is not None
        of, rows = self.of, self.sums.allocation.context.rows
        text = of.number(expression.tree, 2)
        value = float(np.asarray(of.scope.rows(expression.tree))[rows][0])
        if not of.is_scalar(expression.tree):
            column = of.written(self._pool_heading(part), expression)
            assert isinstance(column, Column)
            assert self.sums.eligible is not None
            text = f"INDEX({column.range},MATCH(1,{self.sums.eligible.range},0))"
        if part.pool.each is not None:
            members = self._members(part)
            text, value = f"{text}*SUM({members.range})", value * float(self.results[part.id].members.sum())
        if part.pool.fraction is not None:
            text, value = f"{text}*{self.envelope}", value * self.money
        about = self.sums.worded(expression.tree)
        return self.grid.figure(self._pool_heading(part), text, value, about=about), value

    def _alone(self, part: Part) -> str:
        cell, value = self._exact_pool(part)
        unit = self.sums.allocation.context.unit
        whole = float(unit.money(round_half_away(unit.count(np.array([value])), 0))[0])
        text = in_money(self.sums, rounded(counted(self.sums, cell)))
        return self.grid.figure(self._pool_heading(part), text, whole, about=self.say("live-whole-units"))

    def _taken(self, part: Part) -> str:
        sign = "+" if part.levy else "-"
        if part.share.as_is is not None:
            # What a levy takes stands below zero already.
            return f"-SUM({self.shared[part.id].amounts.range})"
        return f"{sign}{self.pools[part.id]}"

    def _remainder(self, part: Part) -> str:
        others = [other for other in self.formula.parts if other.id != part.id]
        for other in others:
            if other.pool is not None and other.id not in self.pools:
                self.pools[other.id] = self._alone(other)
        text = self.envelope + "".join(
            self._taken(other) for other in others if other.pool is not None or other.id in self.shared
        )
        value = float(self.results[part.id].pool[0])
        return self.grid.figure(self._pool_heading(part), f"MAX(0,{text})", value, about=self.say("live-remainder-of"))

    # Shares.

    def _members(self, part: Part) -> Column:
        """Write who is eligible to a part."""
        assert self.sums.eligible is not None
        if not part.eligible:
            return self.sums.eligible
        if part.id not in self.member_columns:
            inner = "1"
            for rule in reversed(part.eligible):
                inner = f"IF({self.of.condition(rule.where.tree)},{inner},0)"
            values = full(self.sums, self.results[part.id].members.astype(float))
            self.member_columns[part.id] = self.grid.column(
                self.say("live-members"),
                f"IF({self.sums.eligible.cell},{inner},0)",
                values,
                about=self.sums.worded(part.eligible[0].where.tree),
            )
        return self.member_columns[part.id]

    def _measured(self, part: Part, expression: Expression, members: Column, values: Floats, sign: str = "") -> Column:
        text = self.of.number(expression.tree, 2 if sign else 0)
        title = self.sums.labels.title(part.id)
        column = self.grid.column(
            self.say("live-score-of", part=title),
            f"IF({members.cell},{sign}{text},0)",
            full(self.sums, values),
            about=self.sums.worded(expression.tree),
        )
        if part.share.as_is is None or part.levy:
            # Nobody is shared to by a negative measure: the engine refuses it, and here a check turns red.
            below = f"SUMPRODUCT(--({column.on(self.grid.name).range}{'>' if sign else '<'}0))"
            self.sums.conditions.append((self.say("live-check-negative", part=title), below))
        return column

    def _part(self, part: Part) -> Shared:
        result, members, share = self.results[part.id], self._members(part), part.share
        title = self.sums.labels.part_heading(part)
        if share.as_is is not None:
            return self._as_is(part, result, members, title)
        fixed: Column | None = None
        if share.level_up is not None:
            fixed = self._measured(part, share.level_up, members, result.fixed, "-")
        expression = share.in_proportion_to or share.counting
        score = members if expression is None else self._measured(part, expression, members, result.score)
        pool = self.pools[part.id]
        if fixed is None and part.at_least is None and part.at_most is None:
            solved = proportional(
                self.sums, score, full(self.sums, result.score), pool, float(result.pool[0]), self._heading(part, title)
            )
            return self._signed(
                part,
                Shared(result, solved.column, solved.values, pool, members, None, score, None, solved.level),
                title,
            )
        bounds = self._bounds(part, result, members, natural=fixed is not None)
        solved = self._solved(part, result, fixed, score, bounds, pool, self._heading(part, title))
        return self._signed(
            part, Shared(result, solved.column, solved.values, pool, members, fixed, score, bounds, solved.level), title
        )

    def _heading(self, part: Part, title: str) -> str:
        return self.say("live-before-sign", part=title) if part.levy else title

    def _signed(self, part: Part, shared: Shared, title: str) -> Shared:
        if part.levy:
            shared.values = -shared.values
            shared.amounts = self.grid.column(title, f"-{shared.amounts.cell}", shared.values, bold=True)
        return shared

    def _as_is(self, part: Part, result: PartResult, members: Column, title: str) -> Shared:
        assert part.share.as_is is not None
        column = self._measured(part, part.share.as_is, members, result.fixed)
        amounts, values = column, full(self.sums, result.fixed)
        if part.at_least is not None or part.at_most is not None:
            bounds = self._bounds(part, result, members, natural=False)
            values = np.clip(values, bounds.low, bounds.high)
            amounts = self.grid.column(
                title, f"MIN(MAX({column.cell},{bounds.lower.cell}),{bounds.upper.cell})", values, bold=True
            )
        return self._signed(part, Shared(result, amounts, values, "", members), title)

    def _bounds(self, part: Part, result: PartResult, members: Column, *, natural: bool) -> Bounded:
        """Write a part's own bounds; levelling up never gives less than nothing."""
        of = self.of
        if part.previous:
            of = of.bound(of.scope.bound(previous=of.scope.value(part.previous)), previous=of.ref(part.previous))
        place = ("parts", self.formula.parts.index(part))
        stated = evaluate_bounds(
            of.scope, self.sums.allocation.context, part.at_least, part.at_most, place, result.members
        )
        kept = result.members
        own = stated.mapped(lambda low, high: (np.where(kept, low, 0.0), np.where(kept, high, 0.0)))
        lower, upper = bound_columns(self.sums, of, part, self.sums.labels.title(part.id), own, members)
        low, high = full(self.sums, finite(result.bounds.lower)), full(self.sums, finite(result.bounds.upper))
        if natural:
            zero = f"IF({members.cell},MAX(0,{lower.cell}),0)"
            lower = self.grid.column(self.say("live-floor", name=self.sums.labels.title(part.id)), zero, low)
        if natural:
            upper = self.grid.column(
                self.say("live-cap", name=self.sums.labels.title(part.id)),
                f"MAX({upper.cell},{lower.cell})",
                np.maximum(high, low),
            )
        return Bounded(lower, upper, low, high)

    def _solved(
        self,
        part: Part,
        result: PartResult,
        fixed: Column | None,
        score: Column,
        bounds: Bounded,
        pool: str,
        heading: str,
    ) -> Solved:
        zeros = np.zeros(self.grid.rows)
        fixed = fixed or self.grid.column(self.say("live-fixed"), "0", zeros)
        b, s = full(self.sums, result.fixed), full(self.sums, result.score)
        money = float(result.pool[0])
        solved = solve_level(
            self.sums, (fixed, score, bounds.lower, bounds.upper), (b, s, bounds.low, bounds.high), pool, money, heading
        )
        if part.if_short == "prorate":
            earlier = Bounded(self._zero(), bounds.upper, zeros, bounds.high)
            solved = prorated_or(
                self.sums, solved, (fixed, b), earlier, (bounds.lower, bounds.low), pool, money, heading
            )
        if part.if_over == "reserve":
            self.reserves.append(kept(self.sums, pool, solved, money))
        return solved

    def _zero(self) -> Column:
        return self.grid.column(self.say("live-zero"), "0", np.zeros(self.grid.rows))

    # The whole.

    def _against_envelope(self, parts: list[Shared]) -> list[Shared]:
        """Keep or scale what parts and envelope do not agree on, where the page says so."""
        if not self.envelope or (self.formula.if_over != "reserve" and self.formula.if_short != "prorate"):
            return parts
        self.sums.begin("envelope")
        text = "0" + "".join(f"+SUM({shared.amounts.range})" for shared in parts)
        for cell, _ in self.reserves:
            text += f"+{cell}"
        value = float(sum(shared.values.sum() for shared in parts)) + sum(value for _, value in self.reserves)
        taken = self.grid.figure(self.say("live-taken"), text, value)
        if self.formula.if_over == "reserve":
            left = max(0.0, self.money - value)
            self.reserves.append(
                (self.grid.figure(self.say("live-kept"), f"MAX(0,{self.envelope}-{taken})", left), left)
            )
        if self.formula.if_short == "prorate":
            factor_value = self.money / value if value > self.money else 1.0
            factor = self.grid.figure(
                self.say("live-factor"), f"IF({taken}>{self.envelope},{self.envelope}/{taken},1)", factor_value
            )
            for shared in parts:
                shared.values = shared.values * factor_value
                shared.amounts = self.grid.column(
                    self.sums.labels.part_heading(shared.result.part), f"{shared.amounts.cell}*{factor}", shared.values
                )
        return parts
