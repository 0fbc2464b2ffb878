"""Limits as formulas: each stage solves the level anew within all bounds in force, as the engine does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.bounds import StatedBounds, evaluate_bounds
from equite.formula.model import Limit
from equite.report.live.bounding import Floors, SheetBounds, bound_columns, counted, in_force, kept, prorated_or
from equite.report.live.closed import Unsupported
from equite.report.live.grid import ABSENT, TOTAL, LiveColumn
from equite.report.live.levels import Kernel, refuse_unsettled, solve_level
from equite.report.live.parts import Shared, SharedParts
from equite.report.live.ranges import how_many, total
from equite.report.live.terms import (
    MISSING,
    Term,
    absolute_value,
    added,
    both,
    choose,
    either,
    greatest,
    instead,
    is_number,
    number,
    rounded_plainly,
    stated,
)
from equite.report.live.translating import Ref, Translator

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["Staged", "write_stages"]

#: More amounts decided by name than this would make a formula that nobody reads.
MOST_OVERRIDES = 30


class Staged:
    """The stages of a page in the sheet.

    Attributes
    ----------
    amounts : LiveColumn
        The amounts after the last stage written.
    befores, afters : list of LiveColumn
        Amounts as each stage began and as it ended.
    money : Term or None
        The cell of the money shared; None for entitlements.
    on_top : list of Term
        What stages added to the envelope.
    bounds : SheetBounds or None
        The bounds in force.
    """

    def __init__(self, workings: Workings, sharing: SharedParts) -> None:
        self.workings, self.sharing, self.grid, self.say = workings, sharing, workings.grid, workings.labels.say
        self.eligible = workings.takes_part
        self.parts: dict[str, Shared] = {shared.result.part.id: shared for shared in sharing.parts}
        self.bounds: SheetBounds | None = None
        self.frozen: LiveColumn | None = None
        self.on_top: list[Term] = []
        self.befores: list[LiveColumn] = []
        self.afters: list[LiveColumn] = []
        workings.begin("before-limits")
        self.amounts = self._sum(None)
        # The money is what the parts give; there is none where there is none to conserve.
        stated = all(part.pool is not None and part.pool.amount is not None for part in workings.formula.parts)
        has_money = workings.formula.envelope is not None or stated
        self.money = self.amounts.figures[0] if has_money else None

    def _sum(self, fixed: bool | None) -> LiveColumn:
        """Write the sum of the parts: all, those that limits leave as they are, or the others."""
        parts = [each for each in self.parts.values() if fixed is None or each.result.part.is_fixed == fixed]
        word = {None: "live-sum-of-parts", True: "live-fixed", False: "live-movable"}[fixed]
        term = added([each.amounts.each for each in parts])
        return self.grid.column(self.say(word), term, bold=fixed is None, heads=[TOTAL])

    def run(self) -> None:
        """Write every stage."""
        for at, limit in enumerate(self.workings.formula.limits):
            self.workings.begin("stage", stage=self.workings.labels.limit(limit))
            self.befores.append(self.amounts)
            translator = self._translator(limit)
            if limit.by:
                raise Unsupported("group-limit")
            if limit.part:
                self._part_stage(limit, translator, at)
            else:
                self._stage(limit, translator, at)
            self.afters.append(self.amounts)

    def _translator(self, limit: Limit) -> Translator:
        """Return what names mean as the stage begins."""
        columns = {name: shared.amounts for name, shared in self.parts.items()} | {"amount": self.amounts}
        known: dict[str, Ref] = dict(columns)
        values = {name: column.values for name, column in columns.items()}
        translator = self.sharing.translator
        if limit.part and self.parts[limit.part].result.part.previous:
            column = str(self.parts[limit.part].result.part.previous)
            known["previous"], values["previous"] = translator.ref(column), translator.scope.value(column)
        return translator.bound(translator.scope.bound(**values), **known)

    def _set_aside(self, kept_back: Term) -> None:
        """Keep money from what is shared."""
        self.sharing.reserves.append(kept_back)
        if self.money is not None:
            self.money = self.grid.figure(self.say("live-money"), self.money - kept_back)

    def _after(self, limit: Limit) -> str:
        return self.say("live-after", stage=self.workings.labels.limit(limit))

    # Bounds.

    def _stated(self, limit: Limit, translator: Translator, at: int) -> SheetBounds:
        """Write a stage's own bounds; those that are exempt have none."""
        context, exempt, mask = self.workings.allocation.context, None, None
        if limit.exempt is not None:
            exempt = translator.term(limit.exempt.tree).equals(0)
            mask = np.broadcast_to(exempt.value, context.rows.size)[context.rows] > 0
        found = evaluate_bounds(translator.scope, context, StatedBounds.of(limit, ("limits", at)), mask)
        return bound_columns(self.workings, translator, limit, found, self.eligible, exempt)

    def _then(self, stated: SheetBounds) -> SheetBounds:
        """Add later bounds to those in force; where they cross, the earlier win."""
        if self.frozen is None and self.bounds is None:
            return stated
        lower, upper = stated.lower.each, stated.upper.each
        if self.frozen is not None:
            lower, upper = (choose(self.frozen.each, end, own) for end, own in ((-ABSENT, lower), (ABSENT, upper)))
        if self.bounds is not None:
            lower, upper = self.bounds.clip(lower), self.bounds.clip(upper)
        return in_force(self.workings, lower, upper)

    def _decided(self, limit: Limit, translator: Translator) -> LiveColumn | None:
        """Write the amounts that are decided by name; an error where there is none."""
        if not limit.override:
            return None
        if len(limit.override) > MOST_OVERRIDES:
            raise Unsupported("overrides")
        term, codes = MISSING, np.array([str(code) for code in translator.scope.table.codes])
        for override in reversed(limit.override):
            code = override.code.replace('"', '""')
            is_this = stated(f'EXACT({self.workings.code.cell},"{code}")', codes == override.code)
            term = choose(is_this, translator.term(override.amount.tree), term)
        decided = self.grid.column(self.say("live-decided"), term)
        self._refuse_decided(limit, decided)
        return decided

    def _refuse_decided(self, limit: Limit, decided: LiveColumn) -> None:
        """Note amounts decided for those who take no part, or that are no whole units, or less than without."""
        amount = counted(self.workings, decided.each)
        wrong = absolute_value(amount - rounded_plainly(amount)) > 1e-9 * absolute_value(amount)
        if limit.fund == "on_top":
            wrong = either(wrong, decided.each < self.amounts.each)
        term = choose(is_number(decided.each), choose(self.eligible.each, choose(wrong, 1, 0), 1), 0)
        failing = total(self.grid.column(self.say("live-decided-wrong"), term).all)
        self.workings.expect(self.say("live-check-decided", stage=self.workings.labels.limit(limit)), failing)

    # Stages.

    def _stage(self, limit: Limit, translator: Translator, at: int) -> None:
        """Bound each territory's amount."""
        if limit.then == "hold" and limit.if_short == "prorate":
            raise Unsupported("combination")
        stated = self._stated(limit, translator, at)
        earlier = self.bounds
        self.bounds = self._then(stated)
        decided = self._decided(limit, translator)
        if decided is not None:
            lower, upper = (instead(decided.each, end.each) for end in (self.bounds.lower, self.bounds.upper))
            self.bounds = in_force(self.workings, lower, upper)
        if limit.fund == "on_top" or self.money is None:
            before = self.amounts
            self.amounts = self.grid.column(self._after(limit), self.bounds.clip(before.each), bold=True)
            self._add_on_top(before, limit)
        else:
            fixed = self._solve(limit, translator, self.bounds)
            if limit.if_short == "prorate":
                self._prorate(limit, fixed, earlier, stated)
            self._settled(limit)
            if limit.if_over == "reserve":
                self._set_aside(kept(self.workings, self.money, self.amounts))
        if limit.then == "hold" or decided is not None:
            self._freeze(limit, stated, decided)

    def _settled(self, limit: Limit) -> None:
        """Note where the money does not go round within the bounds in force."""
        assert self.money is not None
        placed, reserve = self.amounts.figures[0], limit.if_over == "reserve"
        refuse_unsettled(self.workings, self.workings.labels.limit(limit), placed, self.money, reserve=reserve)

    def _add_on_top(self, before: LiveColumn, limit: Limit) -> None:
        if limit.fund == "on_top":
            added_to = total(self.amounts.all) - total(before.all)
            self.on_top.append(self.grid.figure(self.say("live-on-top"), added_to))
        if self.money is not None:
            self.money = self.grid.figure(self.say("live-money"), self.money + self.on_top[-1])

    def _solve(self, limit: Limit, translator: Translator, bounds: SheetBounds) -> LiveColumn:
        """Solve the level anew within all bounds in force; give what limits leave as it is."""
        assert self.money is not None
        fixed = self._sum(True)
        if limit.move is not None:
            tree = limit.move.in_proportion_to.tree
            term = choose(self.eligible.each, translator.term(tree), 0)
            score = self.grid.column(self.say("live-moved-by"), term, about=self.workings.worded(tree))
            below = how_many(score.all < 0)
            self.workings.expect(self.say("live-check-negative", part=self.workings.labels.limit(limit)), below)
        else:
            score = self._sum(False)
        kernel = Kernel(fixed, score, bounds.lower, bounds.upper)
        self.amounts = solve_level(self.workings, kernel, self.money, self._after(limit))
        return fixed

    def _prorate(self, limit: Limit, fixed: LiveColumn, earlier: SheetBounds | None, stated: SheetBounds) -> None:
        """Scale the stage's floors down where the money does not pay them; what results is in force as a bound."""
        assert self.money is not None
        assert self.bounds is not None
        floors = stated.lower
        if self.frozen is not None:
            term = choose(self.frozen.each, -ABSENT, floors.each)
            floors = self.grid.column(self.say("live-word-floor"), term)
        if earlier is None:
            rows = self.eligible.each
            earlier = in_force(self.workings, choose(rows, -ABSENT, 0), choose(rows, ABSENT, 0))
        own = Floors(floors, fixed, earlier)
        amounts, is_short = prorated_or(self.workings, self.amounts, own, self.money, self._after(limit))
        self.amounts, scaled = amounts, amounts.each
        lower, upper = self.bounds.lower.each, self.bounds.upper.each
        lower, upper = choose(is_short, scaled, lower), choose(is_short, greatest(upper, scaled), upper)
        self.bounds = in_force(self.workings, lower, upper)

    def _freeze(self, limit: Limit, stated: SheetBounds, decided: LiveColumn | None) -> None:
        """Hold for all later stages those whom this one's bounds or its decisions hold."""
        assert self.bounds is not None
        after, frozen, tests = self.amounts.each, self.frozen, []
        if frozen is not None:
            tests.append(frozen.each.equals(1))
        if decided is not None:
            tests.append(is_number(decided.each))
        if limit.then == "hold":
            is_free = [] if frozen is None else [frozen.each.equals(0)]
            for own, all_ in ((stated.lower, self.bounds.lower), (stated.upper, self.bounds.upper)):
                tests.append(both(*is_free, after.near(own.each), after.near(all_.each)))
        test = tests[0] if len(tests) == 1 else either(*tests)
        held = choose(both(self.eligible.each.equals(1), test), 1, 0)
        self.frozen = self.grid.column(self.say("live-held"), held)
        lower, upper = (choose(self.frozen.each, after, end.each) for end in (self.bounds.lower, self.bounds.upper))
        self.bounds = in_force(self.workings, lower, upper)

    def _part_stage(self, limit: Limit, translator: Translator, at: int) -> None:
        """Bound one part, which keeps its pool; then the whole again, within the bounds in force."""
        shared = self.parts[str(limit.part)]
        part = shared.result.part
        if shared.score is None or shared.pool is None or part.levy or part.share.as_is is not None:
            raise Unsupported("combination")
        bounds = self._stated(limit, translator, at)
        if shared.bounds is not None:
            bounds = in_force(
                self.workings, shared.bounds.clip(bounds.lower.each), shared.bounds.clip(bounds.upper.each)
            )
        fixed = shared.fixed or self.grid.column(self.say("live-fixed"), number(0))
        kernel = Kernel(fixed, shared.score, bounds.lower, bounds.upper)
        amounts = solve_level(self.workings, kernel, shared.pool, self.workings.labels.part_heading(part))
        if limit.if_short == "prorate":
            raise Unsupported("combination")
        keeps, title = limit.if_over == "reserve", self.workings.labels.limit(limit)
        refuse_unsettled(self.workings, title, amounts.figures[0], shared.pool, reserve=keeps)
        if keeps:
            self._set_aside(kept(self.workings, shared.pool, amounts))
        self.parts[part.id] = replace(shared, amounts=amounts, bounds=bounds)
        if self.bounds is None:
            self.amounts = self._sum(None)
        elif self.money is None:
            self.amounts = self.grid.column(self._after(limit), self.bounds.clip(self._sum(None).each), bold=True)
        else:
            self._solve(limit, translator, self.bounds)
            self._settled(limit)


def write_stages(workings: Workings, sharing: SharedParts) -> Staged:
    """Write every stage."""
    staged = Staged(workings, sharing)
    staged.run()
    return staged
