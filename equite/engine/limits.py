"""Limits: ordered stages, each of which solves the level anew for whomever no bound holds.

A stage gives each territory clip(b + L s, lo, hi), where b is what parts paid ``each`` or ``as_is`` give (levies
included) and s is the sum of the other parts. Bounds are evaluated once, as the stage begins; earlier ones stay in
force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

import numpy as np

from equite.engine.affordable import Protection
from equite.engine.bounds import Bounds, Context, Solved, StatedBounds, evaluate_bounds, prorated, settle
from equite.engine.equality import Known
from equite.engine.evaluation import Mask, Scope
from equite.engine.missing import Purpose, refuse_missing
from equite.engine.parts import PartResult, labelled_groups, resolve
from equite.engine.sharing import DUST, Floats, Groups, Solution, solve
from equite.errors import FormulaError, Problem, Problems
from equite.formula.model import Limit
from equite.formula.nodes import Binary, Call, Name, Node
from equite.inputs.spelling import near_label
from equite.wording import Codes

__all__ = ["StageResult", "Stages", "Workings", "amount_tree"]


def amount_tree(context: Context, parts: Sequence[PartResult]) -> Node | None:
    """Return the tree of the amounts where every part pays as it is, so that halves and bounds are told exactly."""
    if not all(isinstance(result.binding(context), Node) for result in parts):
        return None
    names: list[Node] = [Name(result.part.id) for result in parts]
    return reduce(lambda left, right: Binary("+", left, right), names)


@dataclass(frozen=True)
class Workings:
    """What a stage was worked out from, over those that take part.

    Attributes
    ----------
    scope : Scope
        The names of the page, as the stage begins.
    stated : Bounds
        The bounds of this stage alone; those of groups' totals by group elsewhere.
    bounds : Bounds
        All bounds in force.
    stays : Bounds
        Those of territories that stay in force for what follows.
    fixed, score : ndarray, shape (eligible,)
        b and s.
    money : ndarray, shape (groups,), or None
        What was shared anew, by group; None where bounds only clip.
    groups : Groups
        The groups of money.
    rounded_within : Groups
        The groups inside which whole units are found.
    part : PartResult or None
        Of a limit on one part: that part, solved within its new bounds.
    """

    scope: Scope
    stated: Bounds
    bounds: Bounds
    stays: Bounds
    fixed: Floats
    score: Floats
    money: Floats | None
    groups: Groups
    rounded_within: Groups
    part: PartResult | None = None


@dataclass(frozen=True)
class StageResult:
    """One stage's outcome, over those that take part.

    Attributes
    ----------
    limit : Limit
        As the page has it.
    before, after : ndarray, shape (eligible,)
        Amounts as the stage began and as it ended.
    raised, lowered : ndarray of bool, shape (eligible,)
        Whom this stage's floor and cap hold.
    level : ndarray, shape (groups,)
        The level, by group of money; empty where nothing was solved.
    on_top, reserve : ndarray, shape (group envelopes,)
        What the stage added to each group envelope, and what its caps kept from being distributed.
    overridden : tuple of str
        The codes whose amount it decided.
    prorated : bool
        Whether its floors were scaled for want of money.
    workings : Workings or None
        What it was worked out from; None where nothing of it is to be told.
    """

    limit: Limit
    before: Floats
    after: Floats
    raised: Mask
    lowered: Mask
    level: Floats
    on_top: Floats
    reserve: Floats
    overridden: tuple[str, ...] = ()
    prorated: bool = False
    workings: Workings | None = None


@dataclass(frozen=True)
class _GroupBounds:
    """Bounds of the totals of groups."""

    groups: Groups
    bounds: Bounds
    labels: tuple[object, ...]


def _at(amounts: Floats, bound: Floats, dust: Floats) -> Mask:
    """Tell who stands at a bound, by no more than what solving a level may leave of dust."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(amounts - bound) <= dust)


class Stages:
    """Runs the stages one after another, and keeps what stays in force between them."""

    def __init__(
        self, context: Context, scope: Scope, parts: Sequence[PartResult], money: Floats | None, groups: Groups
    ) -> None:
        self.context, self.scope, self.parts = context, scope, list(parts)
        self._add_up()
        #: What each group of money holds; None for entitlements, where a bound costs or saves what it does.
        self.money = money
        self.groups = groups
        self.bounds = Bounds.none(context.size)
        self.frozen = np.zeros(context.size, dtype=bool)
        self.group_bounds: _GroupBounds | None = None
        self.level = np.ones(groups.count)
        self.amounts = self.fixed + self.score
        #: The tree of the amounts of those whom no stage touched, where they are but what parts pay as it is.
        self.amount_tree = amount_tree(context, parts) if money is None else None
        self.untouched = np.ones(context.size, dtype=bool)
        self.reserve = np.zeros(context.group_envelopes.count)
        self.prorated = np.zeros(context.size, dtype=bool)
        self.decided: set[str] = set()
        #: Of the stage that runs: its own bounds; all that were in force, with s and the money; the part it bounds.
        self.stated = self.bounds
        self.used: tuple[Bounds, Floats, Floats | None] = (self.bounds, self.score, None)
        self.resolved: PartResult | None = None
        self.results: list[StageResult] = []

    def _add_up(self) -> None:
        """Add parts up: b, what those paid ``each`` or ``as_is`` give, less levies; s, what the others give."""
        self.fixed, self.score = self._sum(fixed=True), self._sum(fixed=False)

    def _sum(self, *, fixed: bool) -> Floats:
        zeros = np.zeros(self.context.size)
        return sum((result.amounts for result in self.parts if result.part.is_fixed == fixed), zeros)

    def run(self) -> None:
        """Run every stage of the page."""
        for at, limit in enumerate(self.context.formula.limits):
            place = ("limits", at)
            before = self.amounts
            self.stated, self.resolved = Bounds.none(self.context.size), None
            scope = self._scope(limit)
            if limit.part:
                result = self._part_stage(limit, scope, place)
            elif limit.by:
                result = self._group_stage(limit, scope, place)
            else:
                result = self._stage(limit, scope, place)
            self.untouched &= result.after == before
            self.amounts = result.after
            prorated, told = bool(self.prorated.any()), self._workings(scope) if self.context.told else None
            self.results.append(replace(result, before=before, prorated=prorated, workings=told))
            self.prorated = np.zeros(self.context.size, dtype=bool)

    def _workings(self, scope: Scope) -> Workings:
        """Return what the stage that ends was worked out from."""
        within = self.groups if self.group_bounds is None else self.group_bounds.groups
        bounds, score, money = self.used
        return Workings(
            scope, self.stated, bounds, self.bounds, self.fixed, score, money, self.groups, within, self.resolved
        )

    def _scope(self, limit: Limit) -> Scope:
        parts = [result for result in self.parts if result.is_read(self.context)]
        known = {result.part.id: result.binding(self.context) for result in parts}
        if self.amount_tree is not None and self.untouched.all():
            known["amount"] = self.amount_tree
        else:
            size = self.context.full(np.abs(self.fixed), 0.0)
            known["amount"] = Known(self.context.full(self.amounts, 0.0), size=size)
        if limit.part:
            part = next(result.part for result in self.parts if result.part.id == limit.part)
            if part.previous:
                known["previous"] = Name(part.previous)
        return self.scope.bound(**known)

    def _stage(self, limit: Limit, scope: Scope, place: tuple[str | int, ...]) -> StageResult:
        """Bound each territory's amount."""
        stated = self._without_exempt(limit, scope, place)
        earlier = self.bounds
        self.stated = stated = stated.without(self.frozen)
        self.bounds = earlier.then(stated)
        overridden, decided = self._overrides(limit, scope, place)
        self.bounds = self.bounds.frozen(overridden, decided)
        codes = tuple(self.context.codes[overridden])
        on_top = kept = np.zeros(self.context.group_envelopes.count)
        if limit.fund == "on_top" or self.money is None:
            after, level = self._clipped(limit, place), np.zeros(0)
            on_top = self.context.group_envelopes.total(after - self.amounts)
            if self.money is not None:
                self.money = self.money + self.groups.total(after - self.amounts)
        else:
            moved_by = self._moved_by(limit, scope, place) if limit.move else None
            after, level, kept = self._solved(limit, earlier, stated, place, moved_by)
        raised, lowered = self._held(limit, after, stated)
        self.frozen = self.frozen | overridden
        if limit.then == "hold":
            held = raised | lowered
            self.bounds = self.bounds.frozen(held, after)
            self.frozen = self.frozen | held
        raised, lowered = raised & ~overridden, lowered & ~overridden
        return StageResult(limit, self.amounts, after, raised, lowered, level, on_top, kept, codes)

    def _held(self, limit: Limit, after: Floats, stated: Bounds) -> tuple[Mask, Mask]:
        """Tell whom a stage's floor holds, and whom its cap, where that is told or held on to."""
        if not self.context.told and limit.then != "hold":
            nobody = np.zeros(self.context.size, dtype=bool)
            return nobody, nobody
        # Frozen rows carry no bound of this stage, so none of them counts here.
        dust = DUST * (np.abs(after) + np.abs(self.fixed))
        reached = _at(after, stated.lower, dust) | (self.prorated & (after <= stated.lower))
        raised = reached & _at(after, self.bounds.lower, dust)
        return raised, _at(after, stated.upper, dust) & _at(after, self.bounds.upper, dust) & ~raised

    def _solved(
        self,
        limit: Limit,
        earlier: Bounds,
        stated: Bounds,
        place: tuple[str | int, ...],
        moved_by: Floats | None = None,
    ) -> tuple[Floats, Floats, Floats]:
        """Find the level within all bounds in force; give amounts, level and what caps leave, by group envelope."""
        assert self.money is not None
        score = self.score if moved_by is None else moved_by
        bounds = self._within_group_bounds(self.fixed, score, place)
        self.used = bounds, score, self.money
        found = solve(self.fixed, score, bounds.lower, bounds.upper, self.money, self.groups)
        short = (found.gap < 0) | (found.level < 0)
        if limit.if_short == "prorate" and short.any():
            scaled = prorated(
                self.fixed, earlier, np.where(self.frozen, -np.inf, stated.lower), self.money, self.groups
            )
            rows = self.prorated = short[self.groups.of]
            found = replace(
                found,
                amounts=np.where(rows, scaled.amounts, found.amounts),
                gap=np.where(short, scaled.gap, found.gap),
                level=np.where(short, 0.0, found.level),
            )
            self.bounds = Bounds(
                np.where(rows, scaled.amounts, bounds.lower),
                np.where(rows, np.maximum(bounds.upper, scaled.amounts), bounds.upper),
            )
        reserve = limit.if_over == "reserve"
        unmoved = partial(self._solved_as_stated, score, place)
        asked = Protection(self.context, earlier, stated.lower, self.fixed, self.money, self.groups)
        solved = Solved(
            self.context,
            found,
            bounds,
            self.fixed,
            self.money,
            self.groups,
            str(limit.id),
            place,
            greatest=asked.greatest,
        )
        settle(solved, reserve=reserve, unmoved=unmoved)
        kept = np.maximum(found.gap, 0.0)
        self.money = self.money - kept
        kept = self.context.by_group_envelope(kept, self.groups)
        self.reserve = self.reserve + kept
        self.level = found.level
        return found.amounts, found.level, kept

    def _solved_as_stated(self, score: Floats, place: tuple[str | int, ...]) -> Solution:
        """Solve within the bounds as the page states them, before they were moved to whole units."""
        assert self.money is not None
        moved, held = self.bounds, self.group_bounds
        self.bounds = moved.unmoved
        if held is not None:
            self.group_bounds = replace(held, bounds=held.bounds.unmoved)
        try:
            within = self._within_group_bounds(self.fixed, score, place)
        finally:
            self.bounds, self.group_bounds = moved, held
        return solve(self.fixed, score, within.lower, within.upper, self.money, self.groups)

    def _clipped(self, limit: Limit, place: tuple[str | int, ...]) -> Floats:
        """Bound amounts without sharing anything anew; bounds of groups stay in force."""
        self.used = self.bounds, self.score, None
        if limit.fund != "on_top":
            # Nothing is shared, so nobody's part is fixed: a group comes to its bound in proportion to its amounts.
            inside = self._within_group_bounds(np.zeros(self.context.size), np.maximum(self.amounts, 0.0), place)
            self.used = inside, self.score, None
            return np.clip(self.amounts, inside.lower, inside.upper)
        after = np.clip(self.amounts, self.bounds.lower, self.bounds.upper)
        held = self.group_bounds
        if held is not None:
            totals = held.groups.total(after)
            problems = self.context.problems()
            for group in np.flatnonzero(totals > held.bounds.upper + DUST * np.abs(totals)):
                self._impossible(problems, "group-cap-impossible", int(group), float(totals[group]), place)
            problems.refuse()
        return after

    def _impossible(
        self, problems: Problems, entry: str, group: int, total: float, place: tuple[str | int, ...]
    ) -> None:
        """Note a bound of a group's total that its members cannot meet."""
        assert self.group_bounds is not None
        bounds = self.group_bounds.bounds
        bound = bounds.lower[group] if entry == "group-floor-impossible" else bounds.upper[group]
        problems.add(
            entry,
            **self.context.formula.where(*place),
            group=str(self.group_bounds.labels[group]),
            bound=self.context.amount(bound),
            sum=self.context.amount(total),
        )

    def _without_exempt(self, limit: Limit, scope: Scope, place: tuple[str | int, ...]) -> Bounds:
        """Evaluate a stage's bounds; ``except`` removes the bound only."""
        if limit.exempt is None:
            return evaluate_bounds(scope, self.context, StatedBounds.of(limit, place))
        values = scope.settled_rows(limit.exempt.tree)
        problems = Problems(FormulaError, self.context.formula.language)
        where = self.context.formula.where(*place, "except")
        refuse_missing(
            problems, scope, limit.exempt.tree, values, self.context.rows, Purpose("wanted-condition", where)
        )
        problems.refuse()
        bound = self.context.among(values) == 0
        return evaluate_bounds(scope, self.context, StatedBounds.of(limit, place), bound)

    def _overrides(self, limit: Limit, scope: Scope, place: tuple[str | int, ...]) -> tuple[Mask, Floats]:
        """Find the territories whose amount is decided by name."""
        rows, decided = np.zeros(self.context.size, dtype=bool), np.zeros(self.context.size)
        problems = self.context.problems()
        for at, override in enumerate(limit.override):
            where = self.context.formula.where(*place, "override", at)
            named = self.context.codes == override.code
            if not named.any():
                near = near_label(override.code, list(map(str, self.context.codes)))
                problems.add("override-unknown", **where, code=override.code, nearest=near)
                continue
            if rows[named].any() or override.code in self.decided:
                problems.add("override-twice", **where, code=override.code)
                continue
            amounts = self.context.among(scope.rows(override.amount.tree))[named]
            units = self.context.unit.of(override.amount.tree)
            whole = np.broadcast_to(scope.compared("==", units, Call("round", (units,))), self.context.rows.shape)
            if not (np.isfinite(amounts) & (self.context.among(whole)[named] == 1)).all():
                unit = str(self.context.unit.size)
                problems.add(
                    "override-not-multiple", **where, code=override.code, value=str(override.amount), unit=unit
                )
                continue
            if limit.fund == "on_top" and (amounts < self.amounts[named]).any():
                problems.add("override-lowers", **where, code=override.code, value=str(override.amount))
                continue
            rows |= named
            decided[named] = amounts
        problems.refuse()
        self.decided |= {override.code for override in limit.override}
        return rows, decided

    def _moved_by(self, limit: Limit, scope: Scope, place: tuple[str | int, ...]) -> Floats:
        assert limit.move is not None
        tree = limit.move.in_proportion_to.tree
        values = scope.settled_rows(tree)
        problems = Problems(FormulaError, self.context.formula.language)
        where = self.context.formula.where(*place, "move")
        refuse_missing(problems, scope, tree, values, self.context.rows, Purpose("wanted-score", where))
        below = (values < 0) & self.context.rows
        if below.any():
            codes = Codes(tuple(self.scope.table.codes[below]))
            text = str(limit.move.in_proportion_to)
            problems.found.append(Problem("score-negative", {"codes": codes, "expression": text}, **where))
        problems.refuse()
        return self.context.among(values)

    def _part_stage(self, limit: Limit, scope: Scope, place: tuple[str | int, ...]) -> StageResult:
        """Bound one part, which keeps its pool; then the whole again where bounds are in force."""
        at = next(n for n, result in enumerate(self.parts) if result.part.id == limit.part)
        self.stated = stated = self._without_exempt(limit, scope, place)
        part = self.parts[at].part.model_copy(update={"if_short": limit.if_short, "if_over": limit.if_over})
        wanted = replace(self.parts[at], part=part)
        before = wanted.reserve
        solved = resolve(self.context, wanted, wanted.bounds.then(stated), place)
        self.parts[at] = replace(solved, part=self.parts[at].part)
        self.resolved = self.parts[at]
        self._add_up()
        kept = solved.reserve - before
        if self.money is not None and kept.any():
            self.money = self.money - self.groups.total(wanted.amounts - solved.amounts)
            self.reserve = self.reserve + kept
        if self.money is None:
            self.amounts = self.fixed + self.score
            after, level = self._clipped(limit, place), np.zeros(0)
        else:
            after, level, _ = self._solved(limit, self.bounds, Bounds.none(self.context.size), place)
        raised = (solved.amounts <= stated.lower) & (stated.lower > -np.inf)
        lowered = (solved.amounts >= stated.upper) & ~raised
        return StageResult(limit, self.amounts, after, raised, lowered, level, np.zeros_like(kept), kept)

    def _group_stage(self, limit: Limit, scope: Scope, place: tuple[str | int, ...]) -> StageResult:
        """Bound the totals of groups, solved jointly with their members' bounds."""
        of, labels = labelled_groups(scope, self.context, str(limit.by), (*place, "by"))
        groups = self.context.crossed(of, len(labels))
        named = np.empty(groups.count, dtype=object)
        named[groups.of] = np.array(labels, dtype=object)[of]
        of = groups.of
        stated = evaluate_bounds(scope, self.context, StatedBounds.of(limit, place), alike=True)
        bounds = stated.mapped(
            lambda low, high: (self._one_each(low, groups, place), self._one_each(high, groups, place))
        )
        lower, upper = bounds.lower, bounds.upper
        if self.group_bounds is not None:
            bounds = self.group_bounds.bounds.then(bounds)
        self.group_bounds = _GroupBounds(groups, bounds, tuple(named))
        overridden, decided = self._overrides(limit, scope, place)
        self.bounds = self.bounds.frozen(overridden, decided)
        if self.money is None:
            after, level, kept = self._clipped(limit, place), np.zeros(0), np.zeros(self.context.group_envelopes.count)
        else:
            moved_by = self._moved_by(limit, scope, place) if limit.move else None
            after, level, kept = self._solved(limit, self.bounds, Bounds.none(self.context.size), place, moved_by)
        self.frozen = self.frozen | overridden
        totals = groups.total(after)
        near = DUST * (np.abs(totals) + groups.total(np.abs(after)))
        raised, lowered = (totals <= lower + near)[of], (totals >= upper - near)[of]
        decided_for = tuple(self.context.codes[overridden])
        none = np.zeros_like(kept)
        return StageResult(limit, self.amounts, after, raised, lowered & ~raised, level, none, kept, decided_for)

    def _one_each(self, values: Floats, groups: Groups, place: tuple[str | int, ...]) -> Floats:
        """Return the one bound of each group; refuse one that differs among its members."""
        by_group = np.zeros(groups.count)
        by_group[groups.of] = values
        differs = values != by_group[groups.of]
        if differs.any():
            problems = self.context.problems()
            codes = Codes(tuple(self.context.codes[differs]))
            problems.add("group-bound-differs", **self.context.formula.where(*place), codes=codes)
            problems.refuse()
        return by_group

    def _within_group_bounds(self, fixed: Floats, score: Floats, place: tuple[str | int, ...]) -> Bounds:
        """Turn bounds on a group's total into bounds of its members.

        A group stands at its bound from the level at which its total reaches it. Held there, each member has the
        amount of that level: so a bound on the total is a bound on each member, and one level solves all.
        """
        held = self.group_bounds
        if held is None:
            return self.bounds
        of, lower, upper = held.groups.of, self.bounds.lower, self.bounds.upper
        problems = self.context.problems()
        for wanted, is_floor in ((held.bounds.lower, True), (held.bounds.upper, False)):
            real = np.isfinite(wanted)
            found = solve(fixed, score, self.bounds.lower, self.bounds.upper, np.where(real, wanted, 0.0), held.groups)
            # A floor below what members' floors give, or a cap above what their caps allow, binds nobody.
            binding = real & ((found.gap >= 0) if is_floor else (found.gap <= 0))
            beyond = binding & ((found.gap > 0) if is_floor else ((found.gap < 0) | (found.level < 0)))
            least = held.groups.total(np.clip(fixed, self.bounds.lower, self.bounds.upper))
            most = held.groups.total(found.amounts)
            for group in np.flatnonzero(beyond):
                entry = "group-floor-impossible" if is_floor else "group-cap-impossible"
                self._impossible(problems, entry, int(group), float((most if is_floor else least)[group]), place)
            if is_floor:
                lower = np.where(binding[of], found.amounts, lower)
            else:
                upper = np.where(binding[of], found.amounts, upper)
        problems.refuse()
        return Bounds(lower, np.maximum(lower, upper))
