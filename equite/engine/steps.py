"""What follows once it is known who takes part: the envelope, the parts, the limits, whole units.

Several allocations may stand side by side, each on group envelopes of its own (:attr:`Context.variants`); every step is
taken for all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from equite.engine.apportionment import DIVISORS, Claims, apportion
from equite.engine.bounds import Bounds, Context
from equite.engine.equality import Known
from equite.engine.evaluation import Mask, Scope
from equite.engine.exactness import Fractions, Inexact
from equite.engine.limits import Stages
from equite.engine.missing import Purpose, refuse_missing
from equite.engine.parts import PartResult, exceeding, share_parts
from equite.engine.rounding import MOST_UNITS, largest_remainders, round_half_away, whole_tolerance
from equite.engine.sharing import DUST, Floats, Groups
from equite.errors import FormulaError, Problem, Problems, SharingError
from equite.formula.nodes import Call
from equite.inputs.grid import truncate_problems
from equite.wording import Codes

__all__ = [
    "Limited",
    "Outcome",
    "Units",
    "envelope_of",
    "knowing_envelope",
    "money_of",
    "share_and_limit",
    "take_steps",
    "whole_bounds",
]

Units = NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """What the steps gave.

    Attributes
    ----------
    scope : Scope
        Knows the envelope and each part's amounts.
    parts : tuple of PartResult
        The parts as shared, before limits.
    stages : Stages
        The limits, run.
    units : ndarray of int, shape (eligible,)
        Amounts in rounding units.
    envelope, on_top, reserve : ndarray of int, shape (group envelopes,)
        The money, what limits add, and what is left, in rounding units; no envelope for entitlements.
    warnings : tuple of Problem
        What was scaled for want of money, and units that went in the order of the codes.
    """

    scope: Scope
    parts: tuple[PartResult, ...]
    stages: Stages
    units: Units
    envelope: Units | None
    on_top: Units
    reserve: Units
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class Limited:
    """What the steps gave before whole units.

    Attributes
    ----------
    parts : tuple of PartResult
        The parts as shared, before limits.
    stages : Stages
        The limits, run; it holds the amounts, unrounded.
    reserve : ndarray, shape (group envelopes,)
        What parts left of each group envelope.
    warnings : tuple of Problem
        What was scaled for want of money.
    """

    parts: tuple[PartResult, ...]
    stages: Stages
    reserve: Floats
    warnings: tuple[Problem, ...]


def take_steps(scope: Scope, context: Context, envelope_units: Units | None) -> Outcome:
    """Take every step, in a scope that knows the envelope (:func:`knowing_envelope`).

    Raises
    ------
    FormulaError, SharingError
        The page asks for what cannot be meant on this table, or the money cannot be shared as it asks.
    """
    limited = share_and_limit(scope, context, envelope_units)
    stages = limited.stages
    units, totals, ties = _whole(context, stages, envelope_units, limited.reserve + stages.reserve)
    return Outcome(stages.scope, limited.parts, stages, units, *totals, (*limited.warnings, *ties))


def share_and_limit(scope: Scope, context: Context, envelope_units: Units | None) -> Limited:
    """Take every step but the last, whole units, in a scope that knows the envelope (:func:`knowing_envelope`).

    Raises
    ------
    FormulaError, SharingError
        As :func:`take_steps`.
    """
    envelope = None if envelope_units is None else context.unit.money(envelope_units)
    parts, scope = share_parts(scope, context, envelope)
    parts, reserve, warnings = _against_envelope(context, parts, envelope)
    money, groups = money_of(context, parts)
    stages = Stages(context, scope, parts, money, groups)
    stages.run()
    return Limited(parts, stages, reserve, warnings)


def knowing_envelope(scope: Scope, context: Context, envelope_units: Units | None) -> Scope:
    """Return a scope in which ``envelope`` is the money of each group envelope, in whole units."""
    if envelope_units is None:
        return scope
    money = context.of_group_envelope(context.unit.money(envelope_units))
    return scope.bound(envelope=Known(money, is_typed=True))


def envelope_of(scope: Scope, context: Context) -> Units | None:
    """Return each group envelope in whole units; stated pools alone make one, entitlements have none."""
    formula = context.formula
    if formula.envelope is None:
        return None
    expression = formula.envelope.value
    if expression.plain is not None:
        units = np.full(context.group_envelopes.count, float(context.unit.exactly(expression.plain)))
    else:
        units = _one_value(scope, context)
    if context.by_variant(np.abs(units)).sum(axis=1).max() > MOST_UNITS:
        problem = Problem("too-many-units", {"unit": str(context.unit.size)}, **formula.where("envelope"))
        raise SharingError([problem], formula.language)
    return units.astype(np.int64)


def _one_value(scope: Scope, context: Context) -> Floats:
    """Evaluate a computed envelope, in whole units; it has one value in each group envelope."""
    formula = context.formula
    assert formula.envelope is not None
    tree = formula.envelope.value.tree
    values = scope.settled(tree)
    values = scope.alike(tree) if values.shape else np.broadcast_to(values, context.rows.shape)
    problems = Problems(FormulaError, formula.language)
    where = formula.where("envelope")
    refuse_missing(problems, scope, tree, values, context.rows, Purpose("wanted-envelope", where))
    problems.refuse()
    members, value = context.among(values), np.zeros(context.group_envelopes.count)
    value[context.group_envelopes.of[::-1]] = members[::-1]
    differs = members != value[context.group_envelopes.of]
    if differs.any():
        entry = "envelope-by-territory" if formula.within is None else "envelope-by-territory-within"
        problems.add(entry, **where, within=formula.within or "", codes=Codes(tuple(context.codes[differs])))
    elif (value < 0).any():
        problems.add("envelope-computed-negative", **where, value=context.amount(value.min()))
    elif value.max() > MOST_UNITS * float(context.unit.size):
        problems.add("too-many-units", **where, unit=str(context.unit.size))
    problems.refuse()
    units = context.among(scope.rows(Call("round", (context.unit.of(tree),))))
    value[context.group_envelopes.of[::-1]] = units[::-1]
    return value


def _against_envelope(
    context: Context, parts: tuple[PartResult, ...], envelope: Floats | None
) -> tuple[tuple[PartResult, ...], Floats, tuple[Problem, ...]]:
    """Hold the parts together against each group envelope: too much, exactly enough, or money left."""
    none = np.zeros(context.group_envelopes.count)
    reserve = sum((result.reserve for result in parts), none)
    if envelope is None:
        return parts, reserve, ()
    taken = sum((result.taken(context) for result in parts), none)
    half = 0.5 * float(context.unit.size)
    left = envelope - taken
    short, over = left < -half, left > half
    prorate = context.formula.if_short == "prorate" and (taken[short] > 0).all()
    problems = [] if prorate else exceeding(context, taken, envelope, short, context.formula.where("parts"))
    if context.formula.if_over != "reserve":
        problems += _left_over(context, taken, envelope, over)
    if problems:
        raise SharingError(problems, context.formula.language)
    reserve = reserve + np.where(over, left, 0.0)
    if not short.any():
        return parts, reserve, ()
    factor = np.divide(envelope, taken, out=np.ones_like(taken), where=short)
    scaled = tuple(_scaled(context, result, factor) for result in parts)
    return scaled, reserve * factor, (Problem("prorated", {"name": "parts"}),)


def money_of(context: Context, parts: tuple[PartResult, ...]) -> tuple[Floats | None, Groups]:
    """Return the money that limits share anew, by group where every part stays within the same groups."""
    first = parts[0]
    same = first.part.within is not None and all(result.part.within == first.part.within for result in parts)
    groups = first.groups if same else context.group_envelopes
    amounts = sum((result.amounts for result in parts), np.zeros(context.size))
    if context.formula.envelope is None and not _only_stated_pools(parts):
        return None, groups
    return groups.total(amounts), groups


def _whole(
    context: Context, stages: Stages, envelope_units: Units | None, reserve: Floats
) -> tuple[Units, tuple[Units | None, Units, Units], tuple[Problem, ...]]:
    """Round to whole units; give them, by group envelope the money, what came on top and the reserve, and ties."""
    shares = context.unit.count(stages.amounts)
    if not context.by_variant(np.abs(shares)).sum(axis=1).max(initial=0.0) <= MOST_UNITS:
        heaviest = context.codes[np.argsort(-np.abs(shares), kind="stable")[:5]]
        problem = Problem("amount-without-limit", {"codes": Codes(tuple(heaviest))})
        raise SharingError([problem], context.formula.language)
    none = np.zeros(context.group_envelopes.count)
    if stages.money is None:
        cost = sum((result.on_top for result in stages.results if result.limit.fund == "on_top"), none)
        whole = _alone(shares, stages, context)
        return whole, (None, _nearest(context, cost), _nearest(context, reserve)), ()
    on_top = sum((result.on_top for result in stages.results), none)
    kept, sums = _nearest(context, reserve), context.group_envelopes.total(shares)
    wanted = _nearest_whole(sums)
    if envelope_units is None:
        envelope_units = wanted + kept - _nearest(context, on_top)
    added = np.where(on_top != 0, wanted + kept - envelope_units, 0)
    total = envelope_units + added - kept
    if (np.abs(sums - total) > 1 + 1e-9 * np.abs(total)).any():
        # Rounding must never paper over money that a step lost.
        raise SharingError([Problem("money-lost", {"id": context.formula.id})], context.formula.language)
    whole, ties = _rounded_by_group(context, shares, stages, total, context.unit.count(np.abs(stages.fixed)))
    return whole, (envelope_units, added, kept), ties


def _nearest(context: Context, money: Floats) -> Units:
    return _nearest_whole(context.unit.count(money))


def _nearest_whole(units: Floats) -> Units:
    return round_half_away(units, 0).astype(np.int64)


def _left_over(context: Context, taken: Floats, envelope: Floats, over: Mask) -> list[Problem]:
    """Tell that parts leave money in their group envelope, with the sums of each group envelope."""
    problems = context.problems()
    for group_envelope in np.flatnonzero(over):
        problems.add(
            "money-left-in-group-envelope" if context.group_envelope_labels[group_envelope] else "money-left",
            **context.formula.where("parts"),
            group=context.group_envelope_labels[group_envelope],
            sum=context.amount(taken[group_envelope]),
            money=context.amount(envelope[group_envelope]),
            gap=context.amount(envelope[group_envelope] - taken[group_envelope]),
        )
    return list(truncate_problems(problems.found, len(problems.found)))


def _scaled(context: Context, result: PartResult, factor: Floats) -> PartResult:
    """Return a part whose amounts are multiplied, group envelope by group envelope."""
    by_row = factor[context.group_envelopes.of]
    return replace(
        result,
        amounts=result.amounts * by_row,
        before_bounds=result.before_bounds * by_row,
        fixed=result.fixed * by_row,
        bounds=Bounds(result.bounds.lower * by_row, result.bounds.upper * by_row),
        pool=result.pool * factor[context.group_envelope_of(result.groups)],
        reserve=result.reserve * factor,
        unscaled=result,
    )


def _only_stated_pools(parts: tuple[PartResult, ...]) -> bool:
    """Whether every part shares a stated amount: then the pools make the envelope."""
    return all(result.part.pool is not None and result.part.pool.amount is not None for result in parts)


def _alone(shares: Floats, stages: Stages, context: Context) -> Units:
    """Round each amount by itself, within its bounds where they are whole.

    Half a unit is told exactly where the amount is nothing but what parts pay as it is.
    """
    tree = stages.amount_tree
    whole = round_half_away(shares, 0)
    if tree is not None:
        exactly = context.among(stages.scope.rows(Call("round", (context.unit.of(tree),))))
        whole = np.where(stages.untouched, exactly, whole)
    if context.formula.rounding.bounds == "inward":
        # Bounds are whole units by now, but for those that stages scaled.
        lower, upper = context.unit.count(stages.bounds.lower), context.unit.count(stages.bounds.upper)
        whole = np.clip(whole, np.ceil(lower - 1e-6), np.floor(upper + 1e-6))
    return whole.astype(np.int64)


def _rounded_by_group(
    context: Context, shares: Floats, stages: Stages, total: Units, size: Floats
) -> tuple[Units, tuple[Problem, ...]]:
    """Round each group envelope together; where groups have totals of their own, groups first, then their members."""
    groups = stages.group_bounds.groups if stages.group_bounds is not None else stages.groups
    if groups is not context.group_envelopes:
        group_envelopes = Groups(context.group_envelope_of(groups), context.group_envelopes.count)
        total = largest_remainders(groups.total(shares), total, group_envelopes, groups.total(size))
    if context.formula.rounding.by_divisors:
        return _apportioned(context, stages, total, groups, np.maximum(np.abs(shares), size))
    return largest_remainders(shares, total, groups, size), ()


def _apportioned(
    context: Context, stages: Stages, total: Units, groups: Groups, size: Floats
) -> tuple[Units, tuple[Problem, ...]]:
    """Apportion each group's units by the page's divisor method; tell what only the order of the codes decided."""
    method = context.formula.rounding.method
    shares = context.unit.count(stages.amounts)
    shares = np.where(np.abs(shares) <= DUST * size, 0.0, shares)
    least, most = whole_bounds(context, stages.bounds, shares)
    _refuse_unapportionable(context, shares, (least, most), total, groups)
    dust = DUST * np.divide(size, shares, out=np.ones_like(size), where=shares > 0)
    weights = _exact_weights(context, stages)
    found = apportion(Claims(shares, least, most, total, groups, dust, weights), method)
    if not found.given.any():
        return found.units, ()
    given, refused = (Codes(tuple(context.codes[rows])) for rows in (found.given, found.refused))
    where = context.formula.where("rounding", "method")
    return found.units, (Problem("apportionment-tie", {"method": method, "given": given, "refused": refused}, **where),)


def whole_bounds(context: Context, bounds: Bounds, shares: Floats) -> tuple[Floats, Floats]:
    """Return the least and the most units of each: its bounds, the page's minimum, one where the method gives it."""
    lower, upper = context.unit.count(bounds.lower), context.unit.count(bounds.upper)
    # Bounds between two units, which the page may let amounts pass, are widened to whole ones.
    with np.errstate(invalid="ignore"):
        least, most = np.floor(lower + whole_tolerance(lower)), np.ceil(upper - whole_tolerance(upper))
    least, most = np.where(np.isnan(least), 0.0, np.maximum(least, 0.0)), np.where(np.isnan(most), np.inf, most)
    minimum = context.formula.rounding.minimum
    if minimum is not None:
        least = np.maximum(least, float(context.unit.exactly(minimum)))
    serves_all = DIVISORS[context.formula.rounding.method].serves_all
    return (np.where(shares > 0, np.maximum(least, 1.0), least) if serves_all else least), most


def _refuse_unapportionable(
    context: Context, shares: Floats, bounds: tuple[Floats, Floats], total: Units, groups: Groups
) -> None:
    """Refuse amounts below zero, and bounds that no apportionment meets."""
    least, most = bounds
    problems, method = context.problems(), context.formula.rounding.method
    where = context.formula.where("rounding", "method" if context.formula.rounding.minimum is None else "minimum")
    if (below := shares < 0).any():
        problems.add("apportionment-negative", **where, method=method, codes=Codes(tuple(context.codes[below])))
    if (above := least > most).any():
        problems.add("apportionment-above-ceiling", **where, codes=Codes(tuple(context.codes[above])))
    taken = groups.total(least)
    for group in np.flatnonzero(taken > total):
        problems.add(
            "apportionment-too-few",
            **where,
            least=context.amount(float(context.unit.money(taken)[group])),
            total=context.amount(float(context.unit.money(total)[group])),
            codes=Codes(tuple(context.codes[groups.of == group])),
        )
    problems.refuse()


def _exact_weights(context: Context, stages: Stages) -> Callable[[NDArray[np.intp]], Fractions | None]:
    """Return what gives rows the exact measure that they share by: where one part does, and nothing bounds it."""
    parts, rows = stages.parts, np.flatnonzero(context.rows)
    tree = parts[0].part.share.in_proportion_to if len(parts) == 1 else None
    if tree is None or not stages.untouched.all() or parts[0].part.at_least or parts[0].part.at_most:
        return lambda _: None

    def weights(of: NDArray[np.intp]) -> Fractions | None:
        try:
            return stages.scope.equality.exact.read(tree.tree, rows[of])
        except Inexact:
            return None

    return weights
