"""Parts: how much each holds, and how it is shared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equite.engine.affordable import Protection
from equite.engine.bounds import Bounds, Context, Solved, StatedBounds, evaluate_bounds, prorated, settle
from equite.engine.eligibility import Exclusion, apply_rules
from equite.engine.equality import Known
from equite.engine.evaluation import Mask, Scope
from equite.engine.foundation import solve_rate
from equite.engine.missing import Purpose, refuse_missing
from equite.engine.rounding import MOST_UNITS, largest_remainders, round_half_away
from equite.engine.sharing import DUST, Floats, Groups, Solution, solve
from equite.errors import FormulaError, Problem, Problems, SharingError
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.model import Part
from equite.formula.nodes import Name, Node
from equite.inputs.grid import truncate_problems
from equite.wording import Codes

__all__ = [
    "PartResult",
    "exceeding",
    "labelled_groups",
    "order_of_parts",
    "resolve",
    "score_of",
    "share_parts",
    "solved_share",
]


@dataclass(frozen=True)
class PartResult:
    """One part's outcome, over those that take part in the allocation.

    Attributes
    ----------
    part : Part
        As the page has it.
    amounts : ndarray, shape (eligible,)
        What it gives each (negative for a levy); 0 outside its own eligibility.
    before_bounds : ndarray, shape (eligible,)
        The same, had it no bounds of its own.
    fixed, score : ndarray, shape (eligible,)
        b and s of its own level; need and wealth of a foundation aid.
    bounds : Bounds
        Its own bounds.
    pool : ndarray, shape (groups,)
        The money it holds, by group of ``within``.
    groups : Groups
        The groups of ``within``; a single one without.
    level : ndarray, shape (groups,)
        Its level L; the rate of a foundation aid.
    reserve : ndarray, shape (group envelopes,)
        What its caps kept from being distributed, by group envelope.
    members : ndarray of bool, shape (eligible,)
        Who is eligible to it.
    exclusions : tuple of Exclusion
        Who is not, and why.
    prorated : bool
        Whether its floors were scaled for want of money.
    unscaled : PartResult or None
        The part as it was before all of it was scaled, because parts took more than the envelope; None if it was not.
    """

    part: Part
    amounts: Floats
    before_bounds: Floats
    fixed: Floats
    score: Floats
    bounds: Bounds
    pool: Floats
    groups: Groups
    level: Floats
    reserve: Floats
    members: Mask
    exclusions: tuple[Exclusion, ...] = ()
    prorated: bool = False
    unscaled: PartResult | None = None

    @property
    def scaled(self) -> bool:
        """Whether all of it was scaled, because parts took more than the envelope."""
        return self.unscaled is not None

    def binding(self, context: Context) -> Known | Node:
        """Return what the part's name stands for: the tree of what is paid as it is, else what its level gave each."""
        part = self.part
        due = None if part.levy or self.scaled else part.share.as_is
        if due is not None and context.everybody and self.members.all() and np.array_equal(self.amounts, self.fixed):
            return due.tree
        size = context.full(np.abs(self.fixed), 0.0) if self.fixed.any() else 0.0
        return Known(context.full(self.amounts, 0.0), size=size)

    def is_read(self, context: Context) -> bool:
        """Tell whether a step may read what its name stands for: an expression does, or the sum of amounts due."""
        return self.part.share.as_is is not None or self.part.id in context.formula.names.used

    def taken(self, context: Context) -> Floats:
        """Return what the part takes from each group envelope, shape (group envelopes,); negative for a levy."""
        return _signed(self.part, context.by_group_envelope(self.pool, self.groups))


def _signed(part: Part, pool: Floats) -> Floats:
    return -pool if part.levy else pool


def share_parts(scope: Scope, context: Context, envelope: Floats | None) -> tuple[tuple[PartResult, ...], Scope]:
    """Fill and share every part; the scope given back knows each part's amounts.

    Parameters
    ----------
    scope : Scope
        Knows the page's other names.
    context : Context
        The page, the unit, who takes part.
    envelope : ndarray, shape (group envelopes,), or None
        The money to share, by group envelope; None for entitlements.
    """
    parts = context.formula.parts
    pools = _independent_pools(scope, context)
    results: dict[str, PartResult] = {}
    for at in order_of_parts(context.formula):
        part = parts[at]
        groups = _groups(scope, context, part, at)
        if part.takes_remainder:
            assert envelope is not None
            others = _others(scope, context, results, pools, at)
            pool = _remainder(context, envelope, others, at)
        else:
            pool = pools[at] if at in pools else _pool(scope, context, part, at, groups, alone=True)
        found = results[part.id] = _shared(scope, context, part, at, pool, groups)
        if context.told or found.is_read(context):
            # What was shared before is known to the scopes above.
            scope = scope.bound(**{part.id: found.binding(context)})
    return tuple(results[part.id] for part in parts), scope


def order_of_parts(formula: Formula) -> list[int]:
    """Return the parts in the order they can be shared: the remainder after all that do not name it."""
    remainder = next((part.id for part in formula.parts if part.takes_remainder), None)

    def place(at: int) -> int:
        part = formula.parts[at]
        if part.id == remainder:
            return 1
        return 2 if remainder in formula.names.closure(formula.names.part_needs(part)) else 0

    return sorted(range(len(formula.parts)), key=place)


def _others(
    scope: Scope, context: Context, results: dict[str, PartResult], pools: dict[int, Floats], remainder: int
) -> Floats:
    """Return what other parts take from each group envelope: those shared already, and pools naming the remainder."""
    total = sum((result.taken(context) for result in results.values()), np.zeros(context.group_envelopes.count))
    for at, part in enumerate(context.formula.parts):
        if part.id not in results and at != remainder:
            groups = _groups(scope, context, part, at)
            if at not in pools:
                pools[at] = _pool(scope, context, part, at, groups, alone=True)
            total = total + _signed(part, context.by_group_envelope(pools[at], groups))
    return total


def _remainder(context: Context, envelope: Floats, others: Floats, at: int) -> Floats:
    left = envelope - others
    short = left < -DUST * (envelope + np.abs(others))
    if short.any() and context.formula.if_short != "prorate":
        problems = exceeding(context, others, envelope, short, context.formula.where("parts", at))
        raise SharingError(problems, context.formula.language)
    return np.maximum(left, 0.0)


def exceeding(context: Context, taken: Floats, envelope: Floats, short: Mask, where: dict[str, Any]) -> list[Problem]:
    """Tell that parts take more than their group envelope holds, with the sums of each group envelope."""
    problems = context.problems()
    for group_envelope in np.flatnonzero(short):
        entry = (
            "parts-exceed-group-envelope" if context.group_envelope_labels[group_envelope] else "parts-exceed-envelope"
        )
        problems.add(
            entry,
            **where,
            group=context.group_envelope_labels[group_envelope],
            sum=context.amount(taken[group_envelope]),
            money=context.amount(envelope[group_envelope]),
            gap=context.amount(taken[group_envelope] - envelope[group_envelope]),
        )
    return list(truncate_problems(problems.found, len(problems.found)))


def _groups(scope: Scope, context: Context, part: Part, at: int) -> Groups:
    if part.within is None:
        return context.group_envelopes
    of, labels = labelled_groups(scope, context, part.within, ("parts", at, "within"))
    return context.crossed(of, len(labels))


def labelled_groups(
    scope: Scope, context: Context, name: str, place: tuple[str | int, ...]
) -> tuple[NDArray[np.intp], tuple[object, ...]]:
    """Return the group of each that takes part, and the groups' labels; refuse those that have none."""
    grouping = scope.grouping(name)
    of = context.among(grouping.of)
    if (of < 0).any():
        problems = context.problems()
        codes = Codes(tuple(context.codes[of < 0]))
        problems.add("group-missing", **context.formula.where(*place), name=name, codes=codes)
        problems.refuse()
    return of, grouping.labels


def _independent_pools(scope: Scope, context: Context) -> dict[int, Floats]:
    """Evaluate the pools that rest on no other part, and round them to units together."""
    formula = context.formula
    ids = {part.id for part in formula.parts}
    found: dict[int, Floats] = {}
    group_envelope_of = []
    for at, part in enumerate(formula.parts):
        if part.pool is None or part.pool.remainder:
            continue
        if not formula.names.closure(formula.names.pool_needs(part)) & ids:
            groups = _groups(scope, context, part, at)
            found[at] = _pool(scope, context, part, at, groups, alone=False)
            _refuse_too_many(context, part, at, found[at])
            group_envelope_of.append(context.group_envelope_of(groups))
    if found:
        units = context.unit.count(np.concatenate(list(found.values())))
        group_envelopes = Groups(np.concatenate(group_envelope_of), context.group_envelopes.count)
        total = round_half_away(group_envelopes.total(units), 0).astype(np.int64)
        whole = context.unit.money(largest_remainders(units, total, group_envelopes))
        ends = np.cumsum([pool.size for pool in found.values()])[:-1]
        found = dict(zip(found, np.split(whole, ends), strict=True))
    return found


def _refuse_too_many(context: Context, part: Part, at: int, pool: Floats) -> None:
    """Refuse a pool of more units than can be told apart, before any of it becomes whole numbers."""
    if context.by_variant(context.unit.count(pool)).sum(axis=1).max(initial=0.0) > MOST_UNITS:
        problems = context.problems()
        place = context.formula.where("parts", at, "pool")
        problems.add("pool-too-many-units", **place, part=part.id, unit=str(context.unit.size))
        problems.refuse()


def _pool_expression(part: Part) -> Expression:
    assert part.pool is not None
    for way in (part.pool.each, part.pool.amount, part.pool.fraction):
        if way is not None:
            return way
    raise AssertionError(part)


def _pool(scope: Scope, context: Context, part: Part, at: int, groups: Groups, *, alone: bool) -> Floats:
    """Return a part's pool by group, in money; ``alone`` rounds it to whole units."""
    if part.pool is None:
        return np.zeros(groups.count)
    expression = _pool_expression(part)
    values = scope.settled(expression.tree)
    if values.shape:
        values = scope.alike(expression.tree)
    place = ("parts", at, "pool")
    problems = context.problems()
    spread = np.broadcast_to(values, (context.rows.size,))
    refuse_missing(
        problems, scope, expression.tree, spread, context.rows, Purpose("wanted-pool", context.formula.where(*place))
    )
    problems.refuse()
    if values.shape:
        by_group = _one_by_group(context, context.among(spread), groups, part, place)
    else:
        # A group of which nobody takes part draws on nothing.
        by_group = np.zeros(groups.count)
        by_group[groups.runs.groups] = float(values)
    if part.pool.each is not None:
        members = _members(scope, context, part, at)[0]
        by_group = by_group * groups.total(members.astype(np.float64))
    if part.pool.fraction is not None:
        envelope = np.zeros(groups.count)
        envelope[groups.of] = context.among(scope.numbers("envelope"))
        by_group = by_group * envelope
    if (by_group < 0).any():
        problems.add(
            "pool-negative", **context.formula.where(*place), part=part.id, value=context.amount(by_group.min())
        )
        problems.refuse()
    if alone:
        by_group = context.unit.money(round_half_away(context.unit.count(by_group), 0))
    return by_group


def _one_by_group(context: Context, values: Floats, groups: Groups, part: Part, place: tuple[str | int, ...]) -> Floats:
    """Return the one value that each group has; refuse a pool that differs inside a group."""
    by_group = np.zeros(groups.count)
    by_group[groups.of] = values
    differs = values != by_group[groups.of]
    if differs.any():
        problems = context.problems()
        codes = Codes(tuple(context.codes[differs]))
        within = part.within or context.formula.within
        entry = "pool-not-one-value" if within is None else "pool-not-one-value-within"
        problems.add(entry, **context.formula.where(*place), part=part.id, codes=codes, within=within or "")
        problems.refuse()
    return by_group


def _members(scope: Scope, context: Context, part: Part, at: int) -> tuple[Mask, tuple[Exclusion, ...]]:
    """Return who is eligible to a part, of those that take part in the allocation."""
    if not part.eligible:
        return np.ones(context.size, dtype=bool), ()
    kept, exclusions = apply_rules(scope, part.eligible, context.rows, ("parts", at, "eligible"), told=context.told)
    return context.among(kept), exclusions


def _shared(scope: Scope, context: Context, part: Part, at: int, pool: Floats, groups: Groups) -> PartResult:
    """Share one part's pool with its own level and bounds."""
    place = ("parts", at)
    members, exclusions = _members(scope, context, part, at)
    fixed, score, floor = score_of(scope, context, part, members)
    if part.previous:
        scope = scope.bound(previous=Name(part.previous))
    bounds = evaluate_bounds(scope, context, StatedBounds.of(part, place), members)

    everybody = bool(members.all())

    def inside(low: Floats, high: Floats) -> tuple[Floats, Floats]:
        low = np.maximum(low, floor) if np.isfinite(floor) else low
        high = np.maximum(high, low)
        return (low, high) if everybody else (np.where(members, low, 0.0), np.where(members, high, 0.0))

    if not everybody or np.isfinite(floor) or part.at_least is not None or part.at_most is not None:
        bounds = bounds.mapped(inside)
    sign = -1.0 if part.levy else 1.0
    result = PartResult(
        part,
        amounts=fixed,
        before_bounds=fixed,
        fixed=fixed,
        score=score,
        bounds=bounds,
        pool=pool,
        groups=groups,
        level=np.zeros(groups.count),
        reserve=np.zeros(context.group_envelopes.count),
        members=members,
        exclusions=exclusions,
    )
    if part.share.as_is is not None:
        amounts = np.clip(fixed, bounds.lower, bounds.upper)
        return replace(result, amounts=sign * amounts, before_bounds=sign * fixed, pool=groups.total(amounts))
    solved = resolve(context, result, bounds, place)
    amounts = sign * solved.amounts
    if not context.told or (part.at_least is None and part.at_most is None):
        return replace(solved, amounts=amounts, before_bounds=amounts)
    widest = Bounds(np.where(members, floor, 0.0), np.where(members, np.inf, 0.0))
    free = solved_share(part, fixed, score, widest, pool, groups)
    return replace(solved, amounts=amounts, before_bounds=sign * free.amounts)


def resolve(context: Context, result: PartResult, bounds: Bounds, place: tuple[str | int, ...]) -> PartResult:
    """Solve a part's level within bounds, keeping its pool."""
    part, fixed, groups = result.part, result.fixed, result.groups
    money = result.pool

    def solved(within: Bounds) -> Solution:
        return solved_share(part, fixed, result.score, within, money, groups)

    found = solved(bounds)
    lacking = (found.gap < 0) | (found.level < 0)
    short = part.if_short == "prorate" and bool(lacking.any())
    if short:
        scaled = prorated(fixed, Bounds(np.zeros(fixed.size), bounds.upper), bounds.lower, money, groups)
        found = replace(
            found,
            amounts=np.where(lacking[groups.of], scaled.amounts, found.amounts),
            gap=np.where(lacking, scaled.gap, found.gap),
            level=np.where(lacking, 0.0, found.level),
        )
    reserve = part.if_over == "reserve"
    by_rate = part.share.foundation is not None
    unmoved = None if by_rate else partial(solved, bounds.unmoved)
    asked = Protection(context, Bounds(np.zeros(fixed.size), bounds.upper), bounds.lower, fixed, money, groups)
    greatest = None if by_rate else asked.greatest
    about = Solved(context, found, bounds, fixed, money, groups, part.id, place, by_rate, greatest)
    settle(about, reserve=reserve, unmoved=unmoved)
    kept = context.by_group_envelope(np.maximum(found.gap, 0.0), groups)
    return replace(result, amounts=found.amounts, level=found.level, bounds=bounds, reserve=kept, prorated=short)


def solved_share(part: Part, fixed: Floats, score: Floats, bounds: Bounds, money: Floats, groups: Groups) -> Solution:
    """Solve a part's level: its common rate for a foundation aid, of which b is the need and s the wealth."""
    if part.share.foundation is not None:
        return solve_rate(fixed, score, (bounds.lower, bounds.upper), money, groups, part.share.rates)
    return solve(fixed, score, bounds.lower, bounds.upper, money, groups)


def score_of(scope: Scope, context: Context, part: Part, members: Mask) -> tuple[Floats, Floats, float]:
    """Return b, s and the natural floor of a part's shares, over those that take part."""
    place = ("parts", next(at for at, other in enumerate(context.formula.parts) if other.id == part.id))
    share, zeros = part.share, np.zeros(context.size)
    if share.equally:
        return zeros, members.astype(np.float64), -np.inf
    if share.in_proportion_to is not None:
        score = _measured(scope, context, share.in_proportion_to, (*place, "share", "in_proportion_to"), members)
        return zeros, score, -np.inf
    if share.level_up is not None:
        own = _told_apart(context, _measured(scope, context, share.level_up, (*place, "share", "level_up"), members))
        counting = members.astype(np.float64)
        if share.counting is not None:
            counting = _measured(scope, context, share.counting, (*place, "share", "counting"), members)
        return -own, counting, 0.0
    if share.foundation is not None and share.rate_on is not None:
        need = _measured(scope, context, share.foundation, (*place, "share", "foundation"), members)
        return (
            _told_apart(context, need),
            _measured(scope, context, share.rate_on, (*place, "share", "rate_on"), members),
            0.0,
        )
    assert share.as_is is not None
    allowed_negative = not part.levy
    return _measured(scope, context, share.as_is, (*place, "share", "as_is"), members, allowed_negative), zeros, -np.inf


def _told_apart(context: Context, values: Floats) -> Floats:
    """Refuse figures that stand beside money and hold more units than floats can tell apart."""
    beyond = context.unit.count(np.abs(values)) > MOST_UNITS
    if beyond.any():
        problem = Problem("amount-without-limit", {"codes": Codes(tuple(context.codes[beyond]))})
        raise SharingError([problem], context.formula.language)
    return values


def _measured(
    scope: Scope,
    context: Context,
    expression: Expression,
    place: tuple[str | int, ...],
    members: Mask,
    negative: bool = False,
) -> Floats:
    """Evaluate what a part is shared by; refuse missing and (unless allowed) negative values of its members."""
    values = scope.settled_rows(expression.tree)
    where = context.formula.where(*place)
    rows = context.full(members, False)
    problems = Problems(FormulaError, context.formula.language)
    refuse_missing(problems, scope, expression.tree, values, rows, Purpose("wanted-score", where))
    below = (values < 0) & rows
    if below.any() and not negative:
        codes = Codes(tuple(scope.table.codes[below]))
        problems.found.append(Problem("score-negative", {"codes": codes, "expression": str(expression)}, **where))
    problems.refuse()
    return np.where(members, context.among(values), 0.0)
