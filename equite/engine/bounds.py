"""Bounds of a part or a stage: evaluated once, moved inward to whole units, and what to do when they cannot be met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equite.engine.evaluation import Mask, Scope
from equite.engine.rounding import Unit
from equite.engine.sharing import DUST, Floats, Groups, Solution, solve
from equite.engine.unbounded import Unbounded, unbounded
from equite.errors import Problem, Problems, SharingError
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.model import Limit, Part
from equite.formula.nodes import Call, Node
from equite.inputs.figures import typed
from equite.inputs.grid import truncate_problems
from equite.wording import Amount, Codes, Percent

#: Of more group envelopes than these, only the first are told.
_MOST = 12

__all__ = ["Bounds", "Context", "Solved", "StatedBounds", "evaluate_bounds", "prorated", "settle"]


@dataclass(frozen=True)
class Context:
    """What every step of an allocation needs: the page, the unit, who takes part, their codes, their group envelopes.

    A group envelope is an envelope of its own: one for the whole page, or one for each group of the page's ``within``.
    What the page says of the envelope holds in each of them, and all are shared in one go. So are ``variants`` of one
    allocation that stand side by side: rows and group envelopes are then those of the first, of the second, and so on.
    """

    formula: Formula
    unit: Unit
    rows: Mask
    codes: np.ndarray
    group_envelopes: Groups
    group_envelope_labels: tuple[str, ...] = ("",)
    variants: int = 1
    #: Whether it is to be told who is left out of a part, whom no bound binds, what parts give before their bounds.
    told: bool = True
    #: Bounds that are the same in every variant, by their place, for one of them.
    same_bounds: dict[tuple[str | int, ...], Bounds] | None = field(default=None, compare=False)
    #: Noted as bounds are evaluated: whom one is missing for.
    unbounded: list[Unbounded] = field(default_factory=list, compare=False)

    @property
    def size(self) -> int:
        """How many take part."""
        return int(self.codes.size)

    def by_variant(self, values: np.ndarray) -> np.ndarray:
        """Return values of rows or of group envelopes with a line for each variant, shape (variants, …)."""
        return values.reshape(self.variants, -1)

    def amount(self, value: float) -> Amount:
        """Word an amount in the page's currency or unit."""
        return Amount(float(value), self.formula.unit or self.formula.currency, self.unit.digits)

    def unrounded(self, value: float) -> Amount:
        """Word an amount that lies between two units, with as many decimals as it needs."""
        finer = (digits for digits in (2, 4, 6) if digits > self.unit.digits)
        digits = next((digits for digits in finer if round(value, digits) == float(typed(np.asarray(value)))), 8)
        return replace(self.amount(value), digits=digits)

    def crossed(self, of: NDArray[np.intp], count: int) -> Groups:
        """Return groups inside group envelopes: what is in one group but in two group envelopes is two groups."""
        if self.group_envelopes.count == 1:
            return Groups(of, count)
        found, inside = np.unique(self.group_envelopes.of * count + of, return_inverse=True)
        return Groups(inside.astype(np.intp), found.size)

    def group_envelope_of(self, groups: Groups) -> NDArray[np.intp]:
        """Return the group envelope that each group draws on, shape (groups,)."""
        if groups is self.group_envelopes:
            return np.arange(groups.count)
        found = np.zeros(groups.count, dtype=np.intp)
        found[groups.of] = self.group_envelopes.of
        return found

    def by_group_envelope(self, values: Floats, groups: Groups) -> Floats:
        """Sum values of groups by group envelope, shape (group envelopes,)."""
        if groups is self.group_envelopes:
            return values
        return Groups(self.group_envelope_of(groups), self.group_envelopes.count).total(values)

    def of_group_envelope(self, values: Floats) -> Floats:
        """Spread one value by group envelope over the whole table; that of a single group envelope as one number."""
        return np.asarray(values[0]) if self.group_envelopes.count == 1 else self.full(values[self.group_envelopes.of])

    def named(self, name: str, group_envelope: int) -> str:
        """Name a step; where there are several group envelopes, with the group envelope's own name."""
        label = self.group_envelope_labels[group_envelope]
        return f"{name}, {label}" if label else name

    def problems(self) -> Problems:
        """Start collecting what cannot be shared."""
        return Problems(SharingError, self.formula.language)

    @cached_property
    def everybody(self) -> bool:
        """Whether every row takes part."""
        return bool(self.rows.all())

    def among(self, values: np.ndarray) -> np.ndarray:
        """Return the values of those that take part, of values of the whole table."""
        return values if self.everybody else values[self.rows]

    def full(self, values: np.ndarray, fill: float = np.nan) -> np.ndarray:
        """Spread values of those that take part, shape (…, eligible), over the whole table."""
        if self.everybody:
            return values
        spread = np.full((*values.shape[:-1], self.rows.size), fill)
        spread[..., self.rows] = values
        return spread


@dataclass(frozen=True)
class Bounds:
    """Lower and upper bounds of each row; infinite where there is none.

    ``exact`` holds them as the page states them, before they were moved inward to whole units; None if they were not.
    """

    lower: Floats
    upper: Floats
    exact: tuple[Floats, Floats] | None = None

    @classmethod
    def none(cls, size: int) -> Bounds:
        """Bound nothing."""
        return cls(np.full(size, -np.inf), np.full(size, np.inf))

    def then(self, later: Bounds) -> Bounds:
        """Add later bounds; where the two cross, the earlier wins."""
        if not self.bind_anybody:
            return later
        found = Bounds(np.clip(later.lower, self.lower, self.upper), np.clip(later.upper, self.lower, self.upper))
        if self.exact is None and later.exact is None:
            return found
        exact = self.unmoved.then(later.unmoved)
        return replace(found, exact=(exact.lower, exact.upper))

    @property
    def bind_anybody(self) -> bool:
        """Whether there is a bound at all."""
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())

    @property
    def unmoved(self) -> Bounds:
        """The bounds as the page states them."""
        return self if self.exact is None else Bounds(*self.exact)

    def mapped(self, change: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> Bounds:
        """Change the bounds, and what they were before they were moved, in one way."""
        return Bounds(*change(self.lower, self.upper), None if self.exact is None else change(*self.exact))

    def frozen(self, rows: Mask, amounts: Floats) -> Bounds:
        """Hold some rows at their amounts."""
        if not rows.any():
            return self
        return self.mapped(lambda low, high: (np.where(rows, amounts, low), np.where(rows, amounts, high)))

    def without(self, rows: Mask) -> Bounds:
        """Bound some rows no longer."""
        if not rows.any():
            return self
        return self.mapped(lambda low, high: (np.where(rows, -np.inf, low), np.where(rows, np.inf, high)))

    def each(self, change: Callable[[Floats], Floats]) -> Bounds:
        """Change every array of them in one way."""
        return self.mapped(lambda low, high: (change(low), change(high)))


@dataclass(frozen=True)
class StatedBounds:
    """What a part or a stage says of bounds, and its place on the page."""

    at_least: Expression | None
    at_most: Expression | None
    place: tuple[str | int, ...]

    @classmethod
    def of(cls, thing: Part | Limit, place: tuple[str | int, ...]) -> StatedBounds:
        """Return what a part or a stage says."""
        return cls(thing.at_least, thing.at_most, place)


def evaluate_bounds(
    scope: Scope, context: Context, stated: StatedBounds, bound: Mask | None = None, *, alike: bool = False
) -> Bounds:
    """Evaluate bounds for those that take part (of whom only ``bound`` are bounded); a missing bound is no bound.

    With ``alike``, equal bounds are the same float. Bounds that are the same in every variant are evaluated once.

    Raises
    ------
    SharingError
        A floor stands above its cap, or no whole unit lies between them.
    """
    trees = [each.tree for each in (stated.at_least, stated.at_most) if each is not None]
    if not trees:
        return Bounds.none(context.size)
    if bound is not None or context.same_bounds is None or any(map(scope.varies, trees)):
        return _evaluate(scope, context, stated, bound, alike=alike)
    if stated.place not in context.same_bounds:
        found = _evaluate(scope, context, stated, bound, alike=alike)
        context.same_bounds[stated.place] = found.each(lambda end: context.by_variant(end)[0])
    return context.same_bounds[stated.place].each(lambda end: np.tile(end, context.variants))


def _evaluate(scope: Scope, context: Context, stated: StatedBounds, bound: Mask | None, *, alike: bool) -> Bounds:
    at_least, at_most, place = stated.at_least, stated.at_most, stated.place
    run = scope.alike if alike else scope.settled_rows
    lower = _evaluated(run, context, at_least, -np.inf)
    upper = _evaluated(run, context, at_most, np.inf)
    if bound is not None:
        lower, upper = np.where(bound, lower, -np.inf), np.where(bound, upper, np.inf)
    if context.told:
        stated_bounds = {"at_least": (at_least, lower), "at_most": (at_most, upper)}
        _note_missing(scope, context, stated_bounds, place, bound)
    crossed = lower > upper
    if crossed.any() and at_least is not None and at_most is not None:
        above = scope.compared(">", at_least.tree, at_most.tree)
        crossed &= context.among(np.broadcast_to(above, (scope.table.size,))) == 1
        # What crosses by dust alone is one bound.
        upper = np.where(crossed, upper, np.maximum(lower, upper))
    if crossed.any():
        problems = context.problems()
        problems.add("bounds-crossed", **context.formula.where(*place), codes=Codes(tuple(context.codes[crossed])))
        problems.refuse()
    if context.formula.rounding.bounds != "inward":
        return Bounds(lower, upper)
    moved = _inward(scope, context, at_least, lower, "ceil"), _inward(scope, context, at_most, upper, "floor")
    _refuse_squeezed(context, (lower, upper), moved, place)
    return Bounds(*moved, (lower, upper))


def _refuse_squeezed(
    context: Context, exact: tuple[Floats, Floats], moved: tuple[Floats, Floats], place: tuple[str | int, ...]
) -> None:
    """Refuse bounds between which there is no whole unit."""
    squeezed = moved[0] > moved[1]
    if squeezed.any():
        first = int(np.flatnonzero(squeezed)[0])
        problems = context.problems()
        problems.add(
            "bounds-without-unit",
            **context.formula.where(*place),
            codes=Codes(tuple(context.codes[squeezed])),
            low=context.unrounded(exact[0][first]),
            high=context.unrounded(exact[1][first]),
        )
        problems.refuse()


def _evaluated(run: Callable[[Node], Floats], context: Context, expression: Expression | None, absent: float) -> Floats:
    if expression is None:
        return np.full(context.size, absent)
    values = context.among(run(expression.tree))
    return np.where(np.isnan(values), absent, values)


def _note_missing(
    scope: Scope,
    context: Context,
    bounds: dict[str, tuple[Expression | None, Floats]],
    place: tuple[str | int, ...],
    bound: Mask | None,
) -> None:
    """Note whom a bound is missing for, be they not left out of it."""
    kind, at = place[0], int(place[1])
    name = str(context.formula.parts[at].id if kind == "parts" else context.formula.limits[at].id)
    for key, (expression, values) in bounds.items():
        missing = np.isinf(values) if bound is None else np.isinf(values) & bound
        if expression is None or not missing.any():
            continue
        rows = np.zeros(context.rows.size, dtype=bool)
        rows[context.rows] = missing
        where = context.formula.where(*place, key)
        found = unbounded(scope, expression.tree, rows, key, name, where)
        # Outputs evaluate bounds again; what is told of them is told once.
        context.unbounded.extend(each for each in found if each not in context.unbounded)


def _inward(scope: Scope, context: Context, expression: Expression | None, bound: Floats, way: str) -> Floats:
    """Move a bound inward to a whole unit; one that is a whole unit stays where it is."""
    if expression is None:
        return bound
    units = context.among(scope.rows(Call(way, (context.unit.of(expression.tree),))))
    return np.where(np.isfinite(bound), context.unit.money(units), bound)


def prorated(fixed: Floats, earlier: Bounds, floors: Floats, money: Floats, groups: Groups) -> Solution:
    """Scale floors that money cannot pay (ratable reduction): the k with sum_i clip(k floor_i, b_i, floor_i) = E."""
    least = np.clip(fixed, earlier.lower, earlier.upper)
    most = np.maximum(least, np.minimum(floors, earlier.upper))
    scores = np.where(np.isfinite(floors), np.maximum(floors, 0.0), 0.0)
    return solve(np.zeros(least.size), scores, least, most, money, groups)


@dataclass(frozen=True)
class Solved:
    """A solution with all that it was solved from: bounds, fixed parts b, money and groups; whose it is, and where."""

    context: Context
    solution: Solution
    bounds: Bounds
    fixed: Floats
    money: Floats
    groups: Groups
    name: str
    place: tuple[str | int, ...]
    #: Whether the level is the rate of a foundation aid.
    by_rate: bool = False
    #: Gives, of a group that lacks money, the largest part of every floor that its money pays.
    greatest: Callable[[int], Percent | None] | None = None


def settle(solved: Solved, *, reserve: bool, unmoved: Callable[[], Solution] | None = None) -> None:
    """Refuse a solution that leaves money, lacks money, or has a negative level, with the sums and who weighs most.

    ``unmoved`` solves the same within the bounds as the page states them: where that can be done, moving them to whole
    units is what makes it impossible, and that is said.
    """
    context, found = solved.context, solved.solution
    problems = context.problems()
    wrong = np.flatnonzero(((found.gap > 0) & (not reserve)) | (found.gap < 0) | (found.level < 0))
    if not wrong.size:
        return
    stated = unmoved() if unmoved is not None and context.formula.rounding.bounds == "inward" else None
    about = _Unsettled(solved, stated)
    told: list[Problem] = []
    for at, group in enumerate(wrong):
        if len(told) == _MOST:
            problems.found.extend(truncate_problems(told, len(told) + wrong.size - at))
            problems.refuse()
        told += [problem for problem in [about.told(int(group))] if problem is not None]
    problems.found.extend(told)
    problems.refuse()


@dataclass(frozen=True)
class _Unsettled:
    """What is known of a solution, to say why it is none."""

    solved: Solved
    stated: Solution | None

    def told(self, group: int) -> Problem | None:
        """Say what is wrong in one group; None where a level below zero is but dust."""
        solved, found, bounds = self.solved, self.solved.solution, self.solved.bounds
        members, gap = solved.groups.of == group, float(found.gap[group])
        amounts, money = found.amounts[members], float(solved.money[group])
        if gap and solved.by_rate:
            entry = "foundation-over" if gap > 0 else "foundation-short"
            return self._problem(entry, group, float(amounts.sum()), abs(gap), found.amounts)
        if gap > 0:
            entry = "stage-nothing-to-share-by" if np.isinf(bounds.upper[members]).any() else "stage-over"
            return self._problem(entry, group, float(amounts.sum()), gap, bounds.upper)
        if gap < 0:
            return self._problem("stage-short", group, float(amounts.sum()), -gap, bounds.lower)
        at_zero = np.clip(solved.fixed[members], bounds.lower[members], bounds.upper[members])
        taken = float(at_zero.sum())
        if taken - money <= DUST * float(np.abs(at_zero).sum()):
            return None
        weight = np.maximum(bounds.lower, solved.fixed)
        return self._problem("stage-negative-level", group, taken, taken - money, weight)

    def _problem(self, entry: str, group: int, total: float, gap: float, weight: Floats) -> Problem:
        solved, context = self.solved, self.solved.context
        members = solved.groups.of == group
        called = context.named(solved.name, context.group_envelope_of(solved.groups)[group])
        values = {"name": called, "money": context.amount(solved.money[group]), "gap": context.amount(gap)}
        values |= {"sum": context.amount(total), "codes": _heaviest(context, members, weight)}
        if entry != "stage-nothing-to-share-by" and self._fits_as_stated(group):
            entry, values = f"{entry}-inward", {**values, "unit": context.amount(float(context.unit.size))}
        elif entry in ("stage-short", "stage-negative-level") and solved.greatest is not None:
            share = solved.greatest(group)
            entry, values = (entry, values) if share is None else (f"{entry}-fits", {**values, "share": share})
        return Problem(entry, values, **context.formula.where(*solved.place))

    def _fits_as_stated(self, group: int) -> bool:
        """Tell whether the money suffices for the bounds as the page states them, and no more than that."""
        if self.stated is None:
            return False
        dust = DUST * abs(float(self.solved.money[group]))
        return bool(abs(self.stated.gap[group]) <= dust and self.stated.level[group] >= 0)


def _heaviest(context: Context, members: Mask, weight: Floats) -> Codes:
    """Return the codes of the rows that weigh most, at most five; of any, where none weighs anything."""
    some = members & np.isfinite(weight)
    rows = np.flatnonzero(some & (weight > 0) if (weight[some] > 0).any() else some)
    ordered = rows[np.argsort(-weight[rows], kind="stable")][:5]
    return Codes(tuple(context.codes[ordered]))
