"""The one meaning of "equal": a comparison gives what exact arithmetic on the figures as typed gives.

Binary floats cannot hold 0.1, so 0.1 + 0.2 is not 0.3 in them, and a comparison of two computed floats is decided by
dust. Here a comparison is decided in floats where they differ by more than a bound on the error of the arithmetic
(:mod:`equite.engine.bounded`); the rows inside the bound are worked out in fractions (:mod:`equite.engine.exact`).
Where a tree holds what has no exact value (a root, a logarithm, an exponential, a power that is not whole, a standard
deviation, an index's score, a level that was solved), inside the bound means equal. Two typed figures that differ are
never equal. All that compares, ranks, groups or cuts asks here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from equite.engine.bounded import Bounded
from equite.engine.exact import EVERY_ROW, Exact
from equite.engine.exactness import Fractions, Inexact
from equite.engine.functions import DECIDED
from equite.engine.nearness import Near
from equite.engine.ratios import Unwieldy
from equite.engine.sharing import DUST, Floats
from equite.formula.nodes import (
    Aggregate,
    Binary,
    Call,
    Comparison,
    Logical,
    Membership,
    Name,
    Negative,
    Node,
    Not,
    Null,
    Number,
)
from equite.inputs.figures import typed

if TYPE_CHECKING:
    from equite.engine.evaluation import Scope

__all__ = ["Equality", "Known", "alike", "alike_but_for_dust"]

#: What is decided over many territories too: figures whose sign no dust can change.
_DECIDED = DECIDED | {"count", "rank"}
#: Functions whose sign is that of some argument.
_KEEPS_SIGN = frozenset({"abs", "clip", "default", "max", "min", "sqrt", "where"})
#: Sums, in which values of two signs may leave dust.
_SUMS = frozenset({"average", "mean_of", "sum_of", "total", "weighted_sum"})


@dataclass(frozen=True, eq=False)
class Known:
    """What a name is bound to: typed figures, or values that a level gave, whose error is bounded.

    Attributes
    ----------
    value : ndarray, shape () or (n,)
        The values.
    is_typed : bool
        Whether they are figures: whole units of money, yes and no.
    size : ndarray, optional
        For values that are not: what they were computed from, whose rounding errors they carry.
    """

    value: Floats
    is_typed: bool = False
    size: Floats | float = 0.0

    def near(self) -> Near:
        """Return the values with their error."""
        if self.is_typed:
            return Near.typed(typed(self.value))
        return Near(self.value, DUST * (np.abs(self.value) + np.abs(self.size)))


def alike(values: Floats, error: Floats, exact: Callable[[np.ndarray], Fractions] | None = None) -> Floats:
    """Return equal values one float: sorted, and cut where neighbours differ.

    Parameters
    ----------
    values, error : ndarray, shape (n,)
        Values, none missing, and the bound on the error of each.
    exact : callable, optional
        Gives the exact values of some rows. Without it, values inside the bound of the first of their class are equal.

    Returns
    -------
    ndarray, shape (n,)
        The values, those that are equal the same float; no order of two that differ changes.
    """
    order = np.argsort(values, kind="stable")
    ranked, bound = values[order], np.broadcast_to(error, values.shape)[order]
    touching = np.diff(ranked) <= bound[1:] + bound[:-1]
    doubtful = touching & ((bound[1:] > 0) | (bound[:-1] > 0))
    if not doubtful.any():
        return values
    found = values.copy()
    # Runs of values each of which may equal the next; those in which nothing is in doubt stay as they are.
    run = np.concatenate(([0], np.cumsum(~touching)))
    in_doubt = np.flatnonzero(np.isin(run, run[1:][doubtful]))
    if exact is not None:
        rows = order[in_doubt]
        found[rows] = [float(value) for value in exact(rows)]
        return found
    for rows in np.split(in_doubt, np.flatnonzero(np.diff(run[in_doubt])) + 1):
        found[order[rows]] = _by_bound(ranked[rows], bound[rows])
    return found


def alike_but_for_dust(values: Floats) -> Floats:
    """Return one float to values that differ by no more than what a few operations leave; missing ones stay."""
    found, present = values.copy(), ~np.isnan(values)
    if present.any():
        kept = values[present]
        found[present] = alike(kept, np.full(kept.size, DUST * np.abs(kept).max()))
    return found


def _by_bound(ranked: Floats, bound: Floats) -> Floats:
    """Put what lies within the bound of the first of its class into that class."""
    found, first = ranked.copy(), 0
    for at in range(1, ranked.size):
        if ranked[at] - ranked[first] <= bound[at] + bound[first]:
            found[at] = ranked[first]
        else:
            first = at
    return found


class Equality:
    """Compares trees in a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    @cached_property
    def bounded(self) -> Bounded:
        """The scope's trees in floats, with their errors."""
        return Bounded(self.scope)

    @cached_property
    def exact(self) -> Exact:
        """The scope's trees in fractions."""
        return Exact(self.scope)

    def signs(self, left: Node, right: Node) -> Floats:
        """Return -1, 0 or 1 where the left is less, equal or greater; missing where either is."""
        one, other = self.scope.evaluate(left), self.scope.evaluate(right)
        figures = self.figures(left), self.figures(right)
        if figures[0] is not None and figures[1] is not None:
            return np.sign(figures[0] - figures[1])
        with np.errstate(all="ignore"):
            near, far = self.bounded.read(left), self.bounded.read(right)
            gap = near.value - far.value
            close = np.abs(gap) <= near.bound + far.bound
        certain = (near.error == 0) & (far.error == 0)
        missing = np.isnan(one) | np.isnan(other)
        found = np.where(missing, np.nan, np.sign(gap))
        return self._decided(
            found, close & ~certain & ~missing, np.sign(one - other), near.error + far.error, left, right
        )

    def _decided(
        self, found: Floats, close: np.ndarray, plain: Floats, error: Floats, left: Node, right: Node
    ) -> Floats:
        """Decide by fractions what lies inside the bound; where there are none, it is equal."""
        if not close.any():
            return found
        shape = found.shape
        found = np.array(np.broadcast_to(found, close.shape or (1,)).reshape(-1))
        rows = np.flatnonzero(close)
        try:
            found[rows] = self._exact_signs(left, right, rows)
        except Inexact:
            bounded = np.isfinite(np.broadcast_to(error, close.shape).reshape(-1)[rows])
            found[rows] = np.where(bounded, 0.0, np.broadcast_to(plain, close.shape).reshape(-1)[rows])
        return found.reshape(shape)

    def _exact_signs(self, left: Node, right: Node, rows: np.ndarray) -> Floats | list[float]:
        try:
            return np.sign((self.exact.ratios(left, rows) - self.exact.ratios(right, rows)).top)
        except Unwieldy:
            return [_sign(value) for value in self.exact.read(left, rows) - self.exact.read(right, rows)]

    def figures(self, node: Node) -> Floats | None:
        """Return the figures of a tree that is but figures as typed; None for one that computes."""
        match node:
            case Number(value):
                return typed(np.asarray(value))
            case Negative(operand):
                inner = self.figures(operand)
                return None if inner is None else -inner
            case Name(name):
                return self.scope.figures(name)
        if self._is_decided(node):
            return typed(self.scope.evaluate(node))
        return None

    def settled(self, node: Node) -> Floats:
        """Return a tree's values with the sign that exact arithmetic gives them: dust is zero."""
        values = self.scope.evaluate(node)
        if self.sign_is_sure(node):
            return values
        near = self.bounded.read(node)
        # Where nothing was rounded, the value read from figures as typed is the exact one.
        values = np.where((near.error == 0) & ~np.isnan(values), near.value, values)
        close = (np.abs(near.value) <= near.bound) & (near.error > 0) & ~np.isnan(values)
        if not close.any():
            return values
        shape, rows = values.shape, np.flatnonzero(close)
        found = np.array(np.broadcast_to(values, close.shape or (1,)).reshape(-1))
        try:
            found[rows] = [float(value) for value in self.exact.read(node, rows)]
        except Inexact:
            bounded = np.isfinite(np.broadcast_to(near.error, close.shape).reshape(-1)[rows])
            found[rows] = np.where(bounded, 0.0, found[rows])
        return found.reshape(shape)

    def alike(self, node: Node) -> Floats:
        """Return a computed tree's values for every row, equal ones the same float: so they sort and group right."""
        size = self.scope.table.size
        values = np.array(np.broadcast_to(self.scope.settled(node), (size,)))
        rows = np.flatnonzero(~np.isnan(values))
        near = self.bounded.read(node).rows(size)
        try:
            values[rows] = alike(values[rows], near.bound[rows], lambda some: self.exact.read(node, rows[some]))
            # A value that may be a figure (0.1 + 0.2) is read as what it is, so that edges of a method find it.
            figure = np.flatnonzero((typed(values) != values) & (np.abs(typed(values) - values) <= near.bound))
            values[figure] = [float(value) for value in self.exact.read(node, figure)]
        except Inexact:
            values[rows] = alike(values[rows], np.where(np.isfinite(near.bound), near.bound, 0.0)[rows])
        return values

    def whole(self, function: str, node: Node, digits: int = 0) -> Floats:
        """Return ``floor``, ``ceil`` or ``round`` (halves away from zero) to some decimals."""
        try:
            exact = self.exact.ratios(node, EVERY_ROW).whole(function, digits)
        except Unwieldy:
            exact = np.asarray(np.inf)
        if np.abs(exact).max(initial=0.0) < 2.0**53:
            return np.asarray(exact / 10.0**digits if digits >= 0 else exact * 10.0**-digits)
        values = self.scope.evaluate(node)
        figures = self.figures(node)
        near = Near.typed(figures) if figures is not None else self.bounded.read(node)
        with np.errstate(all="ignore"):
            scaled = near.value * 10.0**digits if digits >= 0 else near.value / 10.0**-digits
            error = near.bound * 10.0**digits + np.abs(scaled) * 2.0**-52
            error = np.where((near.error == 0) & (digits == 0), 0.0, error)
            found = _rounded(function, scaled)
            # The result changes at whole numbers, or half way between two.
            moved = scaled - 0.5 if function == "round" else scaled
            close = (np.abs(moved - np.rint(moved)) <= error) & (error > 0) & ~np.isnan(values)
        found = np.where(np.isnan(values), np.nan, found)
        if close.any():
            found = self._wholly(function, node, digits, found, close, scaled)
        with np.errstate(all="ignore"):
            # Beyond 2^53 a float is whole; what is too large to scale stays as it is.
            shown = found / 10.0**digits if digits >= 0 else found * 10.0**-digits
            return np.where(np.abs(scaled) < 2.0**53, shown, values)

    def _wholly(
        self, function: str, node: Node, digits: int, found: Floats, close: np.ndarray, scaled: Floats
    ) -> Floats:
        shape, rows = found.shape, np.flatnonzero(close)
        found = np.array(np.broadcast_to(found, close.shape or (1,)).reshape(-1))
        try:
            found[rows] = self._exact_whole(function, node, digits, rows)
        except Inexact:
            # Inside the bound of a whole number is that number; of a half, the half, which goes away from zero.
            at = np.broadcast_to(scaled, close.shape).reshape(-1)[rows]
            near = np.rint(at * 2) / 2 if function == "round" else np.rint(at)
            found[rows] = _rounded(function, near)
        return found.reshape(shape)

    def _exact_whole(self, function: str, node: Node, digits: int, rows: np.ndarray) -> Floats | list[float]:
        try:
            return self.exact.ratios(node, rows).whole(function, digits)
        except Unwieldy:
            exact = self.exact.read(node, rows) * Fraction(10) ** digits
            return [float(_rounded_exactly(function, value)) for value in exact]

    def place(self, node: Node, edges: Floats, *, included: bool) -> np.ndarray:
        """Return how many edges lie below each value; with ``included``, at or below it.

        Parameters
        ----------
        edges : ndarray, shape (m,)
            Typed figures that rise.
        """
        side: Literal["left", "right"] = "right" if included else "left"
        figures = self.figures(node)
        if figures is not None:
            return np.asarray(np.searchsorted(edges, figures, side=side))
        near = self.bounded.read(node)
        found = np.array(np.searchsorted(edges, near.value, side=side))
        values = self.scope.evaluate(node)
        for at, edge in enumerate(edges):
            close = (np.abs(near.value - edge) <= near.bound + np.abs(edge) * 2.0**-53) & ~np.isnan(values)
            if close.any():
                sign = self.signs(node, Number(float(edge)))
                beyond = sign >= 0 if included else sign > 0
                found = np.where(close, at + beyond, found)
        return found

    def _is_decided(self, node: Node) -> bool:
        if isinstance(node, Comparison | Membership | Logical | Not):
            return True
        return isinstance(node, Call | Aggregate) and node.function in _DECIDED

    def sign_is_sure(self, node: Node) -> bool:
        """Tell whether no dust can stand for zero in a tree: it holds no difference, nor a sum of two signs."""
        match node:
            case Number() | Null():
                return True
            case Name(name):
                return self.scope.sign_is_sure(name)
            case Negative(operand):
                return self.sign_is_sure(operand)
            case Binary("*" | "/" | "**", left, right):
                return self.sign_is_sure(left) and self.sign_is_sure(right)
            case Binary("+", left, right):
                return self._same_signs((left, right))
            case Call("exp"):
                return True
            case Call(function, arguments) if function in _KEEPS_SIGN:
                # A condition decides for itself.
                return all(self.sign_is_sure(argument) for argument in arguments[function == "where" :])
            case Call(function, arguments) if function in _SUMS - {"weighted_sum"}:
                return self._same_signs(arguments)
            case Aggregate(function, arguments) if function in _SUMS:
                return self._same_signs((*arguments, *([node.weights] if node.weights is not None else [])))
            case Aggregate("lowest" | "highest", arguments):
                return self.sign_is_sure(arguments[0])
        return self._is_decided(node)

    def _same_signs(self, nodes: tuple[Node, ...]) -> bool:
        """Tell whether all values of some trees are zero or more."""
        return all(
            self.sign_is_sure(node) and not bool((np.asarray(self.scope.evaluate(node)) < 0).any()) for node in nodes
        )


def _sign(value: Fraction) -> float:
    return float((value > 0) - (value < 0))


def _rounded(function: str, scaled: Floats) -> Floats:
    if function == "floor":
        return np.floor(scaled)
    if function == "ceil":
        return np.ceil(scaled)
    return np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)


def _rounded_exactly(function: str, scaled: Fraction) -> int:
    if function == "floor":
        return int(scaled // 1)
    if function == "ceil":
        return -int(-scaled // 1)
    whole = int((abs(scaled) * 2 + 1) // 2)
    return whole if scaled >= 0 else -whole
