"""Why a territory gets what it gets, in dollars that add up, those that the table shows.

For a part whose score rests on criteria: what the territory would get if every criterion stood at its mean for all
(the baseline), then what each criterion contributes. For a score linear in the criteria, with each criterion's mean
weighted as the score weighs it, contributions are exact and add up by themselves; otherwise they are Shapley values
over criteria (Shapley, 1953, *A value for n-person games*): exact up to 12, else from a fixed sample of orders, and
marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from equite.engine.bounds import Bounds
from equite.engine.evaluation import Scope
from equite.engine.linear import linear_in
from equite.engine.parts import PartResult, score_of, solved_share
from equite.engine.scoring import Scoring
from equite.engine.sharing import Floats
from equite.errors import Problem, SharingError
from equite.formula.expressions import Expression

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["Contributions", "Explanation", "Line", "contributions_of", "explain"]

#: Up to this many criteria Shapley values are exact (2^12 allocations); beyond, they are sampled.
EXACT_CRITERIA = 12
SAMPLED_ORDERS = 200
SEED = 20221013

Kind = Literal["part", "baseline", "criterion", "bounds", "limit", "rounding"]


@dataclass(frozen=True)
class Contributions:
    """A part's dollars by criterion, over those that take part, before any bound.

    Attributes
    ----------
    part : str
        The part.
    criteria : tuple of (index, criterion)
        The columns.
    baseline : ndarray, shape (eligible,)
        What each would get if every criterion stood at its mean for all.
    dollars : ndarray, shape (eligible, criteria)
        What each criterion adds to that or takes away; columns sum to 0.
    means : ndarray, shape (criteria,)
        The mean score of each criterion that contributions are counted from; missing where it differs by group.
    sampled : bool
        Whether the dollars come from sampled orders.
    is_shapley : bool
        Whether they are Shapley values: the score is not linear in its criteria.
    """

    part: str
    criteria: tuple[tuple[str, str], ...]
    baseline: Floats
    dollars: Floats
    means: Floats
    sampled: bool = False
    is_shapley: bool = False


@dataclass(frozen=True)
class Line:
    """A line of an explanation.

    Attributes
    ----------
    kind : {"part", "baseline", "criterion", "bounds", "limit", "rounding"}
        What the line tells.
    id : str
        The part, the criterion (``index.criterion``) or the limit.
    part : str
        The part that a criterion's line belongs to.
    amount : float
        Its dollars, as every output shows them.
    """

    kind: Kind
    id: str
    part: str
    amount: float


@dataclass(frozen=True)
class Explanation:
    """One amount, decomposed: the lines add up to it exactly. Made by :meth:`equite.Allocation.explain`.

    Attributes
    ----------
    allocation : Allocation
        What the amount is from.
    code, name : str
        The territory.
    lines : tuple of Line
        Each with its ``kind`` (``part``, ``baseline``, ``criterion``, ``bounds``, ``limit`` or ``rounding``), its
        ``id``, the ``part`` that a criterion belongs to, and its ``amount``: those of a part add up to what the table
        shows of it. There is a line for rounding where rounding changes the amount.
    amount : float
        The amount, in money.
    sampled : bool
        Whether Shapley values come from sampled orders, as beyond 12 criteria.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> allocation = equite.allocate(page, {"code": ["A", "B"], "people": [1_000, 2_000]})
    >>> explanation = allocation.explain("B")
    >>> print(explanation)
    B
      Simulation – not a decision
      Grant     $60,000.00
      = Amount  $60,000.00
    >>> sum(line.amount for line in explanation.lines) == explanation.amount
    True
    """

    allocation: Allocation
    code: str
    name: str
    lines: tuple[Line, ...]
    amount: float
    sampled: bool

    @property
    def table(self) -> pd.DataFrame:
        """One row for each line, in order: kind, id, part, amount; amounts sum to :attr:`amount`."""
        return pd.DataFrame([vars(line) for line in self.lines], columns=["kind", "id", "part", "amount"])

    def to_csv(self, path: str | Path) -> Path:
        """Write the lines to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English. A text
        that a spreadsheet would run as a formula has an apostrophe before it.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> explanation.to_csv("why.csv").name
        'why.csv'
        """
        from equite.report.results import explanation_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(explanation_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write the lines to a workbook of one sheet, in the readers' language.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> explanation.to_excel("why.xlsx").name
        'why.xlsx'
        """
        from equite.report.results import explanation_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(explanation_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: the lines that add up to the amount.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> explanation.to_html("why.html").name
        'why.html'
        """
        from equite.report.results import explanation_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(explanation_shown(self), path)

    def __str__(self) -> str:
        from equite.report.terminal.text import explanation_text

        return explanation_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from equite.report.html.allocation import explanation_html

        return explanation_html(self)


def explain(allocation: Allocation, code: str) -> Explanation:
    """Decompose one territory's amount into what is shown of it."""
    row, steps = allocation.row(code), allocation._steps
    by_part = {found.part: found for found in allocation.contributions}
    lines: list[Line] = []
    for result in allocation.parts_shared:
        told, dollars = _lines_of(result, by_part.get(result.part.id), row)
        _refuse_lost(allocation, sum(dollars), float(result.amounts[row]))
        cells = steps.parts[result.part.id].along(row, dollars)
        lines += [Line(kind, name, result.part.id, cell) for (kind, name), cell in zip(told, cells, strict=True)]
    lines += [Line("limit", name, "", step.cell(row)) for name, step in steps.limits.items()]
    amount = float(allocation.amounts[row])
    rounding = steps.rounding_of(row, amount)
    lines += [Line("rounding", "rounding", "", rounding)] if rounding else []
    exact = sum(float(result.amounts[row]) for result in allocation.parts_shared)
    exact += sum(float(stage.after[row] - stage.before[row]) for stage in allocation.stages)
    _refuse_lost(allocation, exact, float(allocation.exact[row]))
    sampled = any(found.sampled for found in allocation.contributions)
    return Explanation(allocation, str(code), allocation._name(row), tuple(lines), amount, sampled)


def _lines_of(result: PartResult, found: Contributions | None, row: int) -> tuple[list[tuple[Kind, str]], list[float]]:
    """Return what a part's lines tell, and their dollars as computed: by criterion, then by the part's own bounds."""
    part = result.part
    if found is None:
        told: list[tuple[Kind, str]] = [("part", part.id)]
        dollars = [float(result.before_bounds[row])]
    else:
        told = [("baseline", part.id), *(("criterion", ".".join(criterion)) for criterion in found.criteria)]
        dollars = [float(found.baseline[row]), *found.dollars[row].tolist()]
    if part.at_least is not None or part.at_most is not None:
        told.append(("bounds", part.id))
        dollars.append(float(result.amounts[row] - result.before_bounds[row]))
    return told, dollars


def _refuse_lost(allocation: Allocation, told: float, wanted: float) -> None:
    """Refuse lines that lost money: rounding must never paper over it."""
    if abs(told - wanted) > 0.005 + 1e-9 * abs(wanted):
        raise SharingError([Problem("money-lost", {"id": allocation.formula.id})], allocation.language)


def contributions_of(allocation: Allocation) -> tuple[Contributions, ...]:
    """Return each part's contributions, for the parts whose share rests on criteria."""
    found = []
    for result in allocation.parts_shared:
        scorings = _scorings(allocation, result)
        if scorings:
            found.append(_linear(allocation, result, scorings) or _shapley(allocation, result, scorings))
    return tuple(found)


def _scorings(allocation: Allocation, result: PartResult) -> list[Scoring]:
    """Return the indices that a part's share rests on, those that distinguish somebody."""
    names = allocation.formula.names
    closure = names.closure({name for expression in _share(result) for name in expression.names})
    used = [name for name in allocation.formula.indices if name in closure]
    return [scoring for scoring in map(allocation.scope.scoring, used) if scoring.criteria]


def _share(result: PartResult) -> Iterator[Expression]:
    yield from result.part.share.measures


def _criteria(scorings: list[Scoring]) -> tuple[tuple[str, str], ...]:
    return tuple((scoring.name, criterion.name) for scoring in scorings for criterion in scoring.criteria)


def _linear(allocation: Allocation, result: PartResult, scorings: list[Scoring]) -> Contributions | None:
    """Decompose a score that is linear in its criteria; None where it is not."""
    share = result.part.share
    expression = share.in_proportion_to or share.as_is
    if expression is None or not all(scoring.tree is not None and scoring.tree.is_linear for scoring in scorings):
        return None
    scope, rows = allocation.scope, allocation.context.rows
    form = linear_in(expression.tree, scope, {scoring.name for scoring in scorings})
    if form is None:
        return None
    constant, slopes = form
    members, groups = result.members, result.groups
    pieces, values = [], []
    for scoring in scorings:
        slope = np.where(members, np.broadcast_to(slopes[scoring.name], (rows.size,))[rows], 0.0)
        matrix = scoring.matrix
        pieces.append(slope[:, None] * scoring.weights)
        values.append(np.where(np.isnan(matrix), 0.0, matrix))
    weight, scores = _beside(pieces), _beside(values)
    columns = range(weight.shape[1])
    totals = np.stack([groups.total(weight[:, at] * scores[:, at]) for at in columns], axis=1)
    below = np.stack([groups.total(weight[:, at]) for at in columns], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(below != 0, totals / below, 0.0)
    mean = means if groups.count == 1 else means[groups.of]
    apart = scores - mean
    base = np.where(members, np.broadcast_to(constant, (rows.size,))[rows], 0.0)
    at_mean = base + (weight * mean).sum(axis=1)
    score = at_mean + (weight * apart).sum(axis=1)
    # The level that turns scores into the part's dollars, page-wide proration included.
    paid, weighed = groups.total(result.before_bounds), groups.total(score)
    if share.as_is is not None:
        # Paid as it is, the score may be negative and sum to nothing; each row tells the level.
        largest = int(np.argmax(np.abs(score)))
        paid, weighed = result.before_bounds[[largest]], score[[largest]]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(weighed != 0, paid / weighed, 0.0)[groups.of]
    dollars = level[:, None] * weight * apart
    shown = means[0] if groups.count == 1 else np.full(means.shape[1], np.nan)
    return Contributions(result.part.id, _criteria(scorings), level * at_mean, dollars, shown)


def _beside(matrices: list[Floats]) -> Floats:
    return matrices[0] if len(matrices) == 1 else np.concatenate(matrices, axis=1)


def _shapley(allocation: Allocation, result: PartResult, scorings: list[Scoring]) -> Contributions:
    """Return Shapley values over criteria: each one's mean addition over the orders in which criteria may join."""
    worth, means = _worth(allocation, result, scorings)
    criteria = _criteria(scorings)
    count = len(criteria)
    dollars = _exact(worth, count) if count <= EXACT_CRITERIA else _sampled(worth, count)
    return Contributions(result.part.id, criteria, worth(frozenset()), dollars, means, count > EXACT_CRITERIA, True)


def _worth(
    allocation: Allocation, result: PartResult, scorings: list[Scoring]
) -> tuple[Callable[[frozenset[int]], Floats], Floats]:
    """Return the part's amounts as a function of which criteria stand at their values, the others at their mean."""
    scope = allocation.scope
    means = [np.nanmean(scoring.matrix[result.members], axis=0) for scoring in scorings]
    # A way of combining may compare each row with all others, those that the money is not for included.
    measured = [scoring.all_measured or scoring for scoring in scorings]
    matrices = [scoring.matrix for scoring in measured]
    offsets = np.cumsum([0, *(matrix.shape[1] for matrix in matrices)])
    full = float(np.abs(result.before_bounds).sum())
    known: dict[frozenset[int], Floats] = {}

    def worth(present: frozenset[int]) -> Floats:
        if present not in known:
            bound = {}
            for scoring, matrix, mean, offset in zip(measured, matrices, means, offsets, strict=False):
                kept = np.array([offset + at in present for at in range(matrix.shape[1])])
                replaced = np.where(kept | np.isnan(matrix), matrix, mean)
                assert scoring.tree is not None
                bound[scoring.name] = np.full(scope.table.size, np.nan)
                bound[scoring.name][scope.taking_part] = scoring.tree.combine(replaced)
            known[present] = _amounts(scope.bound(**bound), allocation, result, full)
        return known[present]

    return worth, np.concatenate(means)


def _amounts(scope: Scope, allocation: Allocation, result: PartResult, full: float) -> Floats:
    """Share a part's pool by its score in a scope, without its bounds."""
    context = allocation.context
    fixed, score, floor = score_of(scope, context, result.part, result.members)
    sign = -1.0 if result.part.levy else 1.0
    if result.part.share.as_is is not None:
        return sign * fixed
    bounds = Bounds(np.where(result.members, floor, 0.0), np.where(result.members, np.inf, 0.0))
    money = np.abs(result.groups.total(result.before_bounds))
    return sign * solved_share(result.part, fixed, score, bounds, money, result.groups).amounts


def _exact(worth: Callable[[frozenset[int]], Floats], count: int) -> Floats:
    dollars = np.zeros((worth(frozenset()).size, count))
    for size in range(count):
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        for joined in combinations(range(count), size):
            before = frozenset(joined)
            for newcomer in set(range(count)) - before:
                dollars[:, newcomer] += weight * (worth(before | {newcomer}) - worth(before))
    return dollars


def _sampled(worth: Callable[[frozenset[int]], Floats], count: int) -> Floats:
    generator = np.random.default_rng(SEED)
    dollars = np.zeros((worth(frozenset()).size, count))
    for _ in range(SAMPLED_ORDERS):
        present: frozenset[int] = frozenset()
        for newcomer in generator.permutation(count):
            joined = present | {int(newcomer)}
            dollars[:, newcomer] += (worth(joined) - worth(present)) / SAMPLED_ORDERS
            present = joined
    return dollars
