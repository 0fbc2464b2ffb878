"""Limits as formulas: each stage solves the level anew within all bounds in force, as the engine does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from equite.engine.bounds import Bounds, evaluate_bounds
from equite.engine.evaluation import Scope
from equite.engine.limits import StageResult
from equite.engine.sharing import Floats
from equite.formula.model import Limit
from equite.report.live.bounding import Bounded, bound_columns, full, kept, prorated_or
from equite.report.live.closed import Unsupported
from equite.report.live.grid import ABSENT, Column
from equite.report.live.levels import Solved, finite, solve_level
from equite.report.live.parts import Shared, Sharing
from equite.report.live.translating import Translator

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["Staged", "write_stages"]

#: More amounts decided by name than this would make a formula that nobody reads.
MOST_OVERRIDES = 30


class Staged:
    """The stages of a page in the sheet.

    Attributes
    ----------
    amounts, values : Column, ndarray
        The amounts after the last stage written, and their values over all rows.
    befores, afters : list of Column
        Amounts as each stage began and as it ended.
    money : str or None
        The cell of the money shared; None for entitlements.
    on_top : list of (str, float)
        What stages added to the envelope.
    bounds : Bounded or None
        The bounds in force.
    """

    def __init__(self, sums: Sums, sharing: Sharing, money: str, amount: float | None) -> None:
        self.sums, self.sharing, self.grid, self.say = sums, sharing, sums.grid, sums.labels.say
        self.money, self.amount = money, amount
        assert sums.eligible is not None
        self.eligible = sums.eligible
        self.parts: dict[str, Shared] = {shared.result.part.id: shared for shared in sharing.parts}
        self.bounds: Bounded | None = None
        self.frozen: tuple[Column, Floats] | None = None
        self.on_top: list[tuple[str, float]] = []
        self.befores: list[Column] = []
        self.afters: list[Column] = []
        sums.begin("before-limits")
        self.amounts, self.values = self._sum(None)

    def _sum(self, fixed: bool | None) -> tuple[Column, Floats]:
        """Write the sum of the parts: all, those that limits leave as they are, or the others."""
        parts = [each for each in self.parts.values() if fixed is None or each.result.part.is_fixed == fixed]
        word = {None: "live-sum-of-parts", True: "live-fixed", False: "live-movable"}[fixed]
        text = "+".join(each.amounts.cell for each in parts) or "0"
        values = sum((each.values for each in parts), np.zeros(self.grid.rows))
        column = self.grid.column(
            self.say(word),
            text,
            values,
            bold=fixed is None,
            heads=lambda column: [("Σ", f"SUM({column.range})", float(values.sum()))],
        )
        return column, values

    def run(self) -> None:
        """Write every stage."""
        for at, (limit, result) in enumerate(zip(self.sums.formula.limits, self.sums.allocation.stages, strict=True)):
            self.sums.begin("stage", stage=self.sums.labels.limit(limit))
            self.befores.append(self.amounts)
            of = self._translator(limit)
            if limit.by:
                raise Unsupported("group-limit")
            if limit.part:
                self._part_stage(limit, of, at)
            else:
                self._stage(limit, of, at, result)
            self.afters.append(self.amounts)

    def _translator(self, limit: Limit) -> Translator:
        """Return what names mean as the stage begins."""
        known: dict[str, Column | str] = {name: shared.amounts for name, shared in self.parts.items()}
        values: dict[str, np.ndarray] = {name: shared.values for name, shared in self.parts.items()}
        known["amount"], values["amount"] = self.amounts, self.values
        of = self.sharing.translator
        if limit.part and self.parts[limit.part].result.part.previous:
            column = str(self.parts[limit.part].result.part.previous)
            known["previous"], values["previous"] = of.ref(column), of.scope.value(column)
        return of.bound(of.scope.bound(**values), **known)

    # Bounds.

    def _stated(self, limit: Limit, of: Translator, at: int) -> Bounded:
        """Write a stage's own bounds; those that are exempt have none."""
        exempt, mask = "", None
        if limit.exempt is not None:
            exempt = f"{of.number(limit.exempt.tree, 1)}=0"
            mask = of.scope.rows(limit.exempt.tree)[self.sums.allocation.context.rows] == 0
        bounds = evaluated(of.scope, self.sums, limit, at, mask)
        lower, upper = bound_columns(self.sums, of, limit, self.sums.labels.limit(limit), bounds, self.eligible, exempt)
        if limit.at_least is not None and limit.at_most is not None:
            low, high = (each.on(self.grid.name).range for each in (lower, upper))
            crossed = f"SUMPRODUCT(--({low}>{high}))"
            self.sums.conditions.append((self.say("live-check-crossed", stage=self.sums.labels.limit(limit)), crossed))
        return Bounded(lower, upper, full(self.sums, finite(bounds.lower)), full(self.sums, finite(bounds.upper)))

    def _then(self, stated: Bounded) -> Bounded:
        """Add later bounds to those in force; where they cross, the earlier win."""
        frozen, earlier = self.frozen, self.bounds
        low, high = stated.low, stated.high
        lower, upper = stated.lower.cell, stated.upper.cell
        if frozen is not None:
            lower, upper = (f"IF({frozen[0].cell},{sign}1E+99,{text})" for sign, text in (("-", lower), ("", upper)))
            low, high = np.where(frozen[1] > 0, -ABSENT, low), np.where(frozen[1] > 0, ABSENT, high)
        if earlier is not None:
            lower, upper = (f"MIN(MAX({text},{earlier.lower.cell}),{earlier.upper.cell})" for text in (lower, upper))
            low, high = np.clip(low, earlier.low, earlier.high), np.clip(high, earlier.low, earlier.high)
        if frozen is None and earlier is None:
            return stated
        return Bounded(*self._pair("live-in-force", lower, upper, low, high), low, high)

    def _pair(self, word: str, lower: str, upper: str, low: Floats, high: Floats) -> tuple[Column, Column]:
        names = (self.say("live-word-floor"), self.say("live-word-cap"))
        return (
            self.grid.column(self.say(word, bound=names[0]), lower, low),
            self.grid.column(self.say(word, bound=names[1]), upper, high),
        )

    def _with_overrides(
        self, limit: Limit, of: Translator, bounds: Bounded
    ) -> tuple[Bounded, tuple[Column, Floats] | None]:
        """Hold the territories whose amount is decided by name."""
        if not limit.override:
            return bounds, None
        if len(limit.override) > MOST_OVERRIDES:
            raise Unsupported("overrides")
        text, values = "NA()", np.full(self.grid.rows, np.nan)
        codes = [str(code) for code in of.scope.table.codes]
        for override in reversed(limit.override):
            code = override.code.replace('"', '""')
            text = f'IF(EXACT({self.sums.code.cell},"{code}"),{of.number(override.amount.tree)},{text})'
            row = codes.index(override.code)
            values[row] = of.scope.rows(override.amount.tree)[row]
        decided = self.grid.column(self.say("live-decided"), text, values)
        there = ~np.isnan(values)
        low, high = np.where(there, values, bounds.low), np.where(there, values, bounds.high)
        lower, upper = (f"IFERROR({decided.cell},{each.cell})" for each in (bounds.lower, bounds.upper))
        return Bounded(*self._pair("live-in-force", lower, upper, low, high), low, high), (decided, there.astype(float))

    # Stages.

    def _stage(self, limit: Limit, of: Translator, at: int, result: StageResult) -> None:
        """Bound each territory's amount."""
        if limit.then == "hold" and limit.if_short == "prorate":
            raise Unsupported("combination")
        stated = self._stated(limit, of, at)
        earlier = self.bounds
        bounds, decided = self._with_overrides(limit, of, self._then(stated))
        self.bounds = bounds
        heading = self.say("live-after", stage=self.sums.labels.limit(limit))
        if limit.fund == "on_top" or self.amount is None:
            solved = self._clipped(bounds, heading)
            self._add_on_top(solved, limit)
        else:
            solved = self._solved(limit, of, bounds, earlier, stated, heading)
        if limit.then == "hold" or decided is not None:
            self._freeze(limit, stated, solved, decided)
        self.amounts, self.values = solved.column, solved.values

    def _clipped(self, bounds: Bounded, heading: str) -> Solved:
        values = np.minimum(np.maximum(self.values, bounds.low), bounds.high)
        formula = f"MIN(MAX({self.amounts.cell},{bounds.lower.cell}),{bounds.upper.cell})"
        return Solved(self.grid.column(heading, formula, values, bold=True), values, "")

    def _add_on_top(self, solved: Solved, limit: Limit) -> None:
        value = float((solved.values - self.values).sum())
        text = f"SUM({solved.column.range})-SUM({self.amounts.range})"
        if limit.fund == "on_top":
            self.on_top.append((self.grid.figure(self.say("live-on-top"), text, value), value))
        if self.amount is not None:
            cell = self.on_top[-1][0]
            self.money, self.amount = (
                self.grid.figure(self.say("live-money"), f"{self.money}+{cell}", self.amount + value),
                self.amount + value,
            )

    def _solved(
        self,
        limit: Limit,
        of: Translator,
        bounds: Bounded,
        earlier: Bounded | None,
        stated: Bounded | None,
        heading: str,
    ) -> Solved:
        """Solve the level anew within all bounds in force."""
        assert self.amount is not None
        fixed, b = self._sum(True)
        if limit.move is not None:
            tree = limit.move.in_proportion_to.tree
            s = full(self.sums, of.scope.rows(tree)[self.sums.allocation.context.rows])
            score = self.grid.column(
                self.say("live-moved-by"),
                f"IF({self.eligible.cell},{of.number(tree)},0)",
                s,
                about=self.sums.worded(tree),
            )
        else:
            score, s = self._sum(False)
        solved = solve_level(
            self.sums,
            (fixed, score, bounds.lower, bounds.upper),
            (b, s, bounds.low, bounds.high),
            self.money,
            self.amount,
            heading,
        )
        if limit.if_short == "prorate" and stated is not None:
            solved = self._prorated(solved, (fixed, b), earlier, stated, bounds, heading)
        if limit.if_over == "reserve":
            cell, value = kept(self.sums, self.money, solved, self.amount)
            self.sharing.reserves.append((cell, value))
            self.money = self.grid.figure(self.say("live-money"), f"{self.money}-{cell}", self.amount - value)
            self.amount -= value
        return solved

    def _prorated(
        self,
        solved: Solved,
        fixed: tuple[Column, Floats],
        earlier: Bounded | None,
        stated: Bounded,
        bounds: Bounded,
        heading: str,
    ) -> Solved:
        assert self.amount is not None
        if self.frozen is not None:
            low = np.where(self.frozen[1] > 0, -ABSENT, stated.low)
            floor = self.grid.column(
                self.say("live-word-floor"), f"IF({self.frozen[0].cell},-1E+99,{stated.lower.cell})", low
            )
            stated = Bounded(floor, stated.upper, low, stated.high)
        if earlier is None:
            rows = self.eligible.cell
            there = full(self.sums, np.ones(self.sums.allocation.context.size))
            low, high = np.where(there > 0, -ABSENT, 0.0), np.where(there > 0, ABSENT, 0.0)
            earlier = Bounded(
                *self._pair("live-in-force", f"IF({rows},-1E+99,0)", f"IF({rows},1E+99,0)", low, high), low, high
            )
        scaled = prorated_or(
            self.sums, solved, fixed, earlier, (stated.lower, stated.low), self.money, self.amount, heading
        )
        is_short = float(solved.values.sum()) > self.amount * (1 + 1e-12) + 1e-9
        low = scaled.values if is_short else bounds.low
        high = np.maximum(bounds.high, scaled.values) if is_short else bounds.high
        lower = f"IF({scaled.level},{scaled.column.cell},{bounds.lower.cell})"
        upper = f"IF({scaled.level},MAX({bounds.upper.cell},{scaled.column.cell}),{bounds.upper.cell})"
        self.bounds = Bounded(*self._pair("live-in-force", lower, upper, low, high), low, high)
        return scaled

    def _freeze(self, limit: Limit, stated: Bounded, solved: Solved, decided: tuple[Column, Floats] | None) -> None:
        """Hold for all later stages those whom this one's bounds or its decisions hold."""
        assert self.bounds is not None
        bounds, after = self.bounds, solved.column.cell
        tests, held = [], np.zeros(self.grid.rows, dtype=bool)
        if self.frozen is not None:
            tests.append(f"{self.frozen[0].cell}=1")
            held |= self.frozen[1] > 0
        if decided is not None:
            tests.append(f"ISNUMBER({decided[0].cell})")
            held |= decided[1] > 0
        if limit.then == "hold":
            for each, own, is_floor in ((stated.lower, bounds.lower, True), (stated.upper, bounds.upper, False)):
                test = f"AND({after}={each.cell},{after}={own.cell})"
                if self.frozen is not None:
                    test = f"AND({self.frozen[0].cell}=0,{after}={each.cell},{after}={own.cell})"
                tests.append(test)
                ends = (stated.low, bounds.low) if is_floor else (stated.high, bounds.high)
                reached = (solved.values == ends[0]) & (solved.values == ends[1])
                held |= reached if self.frozen is None else reached & (self.frozen[1] == 0)
        held &= full(self.sums, np.ones(self.sums.allocation.context.size)) > 0
        test = tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"
        frozen = self.grid.column(
            self.say("live-held"), f"IF(AND({self.eligible.cell}=1,{test}),1,0)", held.astype(float)
        )
        low, high = np.where(held, solved.values, bounds.low), np.where(held, solved.values, bounds.high)
        lower, upper = (f"IF({frozen.cell},{after},{each.cell})" for each in (bounds.lower, bounds.upper))
        self.bounds = Bounded(*self._pair("live-in-force", lower, upper, low, high), low, high)
        self.frozen = (frozen, held.astype(float))

    def _part_stage(self, limit: Limit, of: Translator, at: int) -> None:
        """Bound one part, which keeps its pool; then the whole again, within the bounds in force."""
        shared = self.parts[str(limit.part)]
        part = shared.result.part
        if shared.score is None or part.levy or part.share.as_is is not None:
            raise Unsupported("combination")
        stated = self._stated(limit, of, at)
        own = shared.bounds
        if own is not None:
            low, high = np.clip(stated.low, own.low, own.high), np.clip(stated.high, own.low, own.high)
            lower, upper = (
                f"MIN(MAX({each.cell},{own.lower.cell}),{own.upper.cell})" for each in (stated.lower, stated.upper)
            )
            bounds = Bounded(*self._pair("live-in-force", lower, upper, low, high), low, high)
        else:
            bounds = stated
        zeros = np.zeros(self.grid.rows)
        fixed = shared.fixed or self.grid.column(self.say("live-fixed"), "0", zeros)
        numbers = (full(self.sums, shared.result.fixed), full(self.sums, shared.result.score), bounds.low, bounds.high)
        money = float(shared.result.pool[0])
        title = self.sums.labels.part_heading(part)
        solved = solve_level(
            self.sums, (fixed, shared.score, bounds.lower, bounds.upper), numbers, shared.pool, money, title
        )
        if limit.if_short == "prorate":
            raise Unsupported("combination")
        if limit.if_over == "reserve":
            cell, value = kept(self.sums, shared.pool, solved, money)
            self.sharing.reserves.append((cell, value))
            if self.amount is not None:
                self.money = self.grid.figure(self.say("live-money"), f"{self.money}-{cell}", self.amount - value)
                self.amount -= value
        self.parts[part.id] = Shared(
            shared.result, solved.column, solved.values, shared.pool, shared.members, shared.fixed, shared.score, bounds
        )
        if self.bounds is None:
            self.amounts, self.values = self._sum(None)
        elif self.amount is None:
            self.amounts, self.values = self._sum(None)
            clipped = self._clipped(self.bounds, self.say("live-after", stage=self.sums.labels.limit(limit)))
            self.amounts, self.values = clipped.column, clipped.values
        else:
            heading = self.say("live-after", stage=self.sums.labels.limit(limit))
            again = self._solved(_plain(limit), of, self.bounds, None, None, heading)
            self.amounts, self.values = again.column, again.values


def _plain(limit: Limit) -> Limit:
    return limit.model_copy(update={"if_over": "refuse", "if_short": "refuse"})


def evaluated(scope: Scope, sums: Sums, limit: Limit, at: int, mask: np.ndarray | None) -> Bounds:
    """Return a stage's bounds as the engine has them."""
    return evaluate_bounds(scope, sums.allocation.context, limit.at_least, limit.at_most, ("limits", at), mask)


def write_stages(sums: Sums, sharing: Sharing) -> Staged:
    """Write every stage; the money is what the parts give, none where there is none to conserve."""
    formula = sums.formula
    stated = all(part.pool is not None and part.pool.amount is not None for part in formula.parts)
    has_money = formula.envelope is not None or stated
    amount = float(sum(shared.values.sum() for shared in sharing.parts)) if has_money else None
    staged = Staged(sums, sharing, "", amount)
    staged.money = staged.amounts.head()
    if formula.limits:
        staged.run()
    return staged
