"""Warnings: what somebody who signs an allocation should know, gathered when all is computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from equite.engine.bounds import Context
from equite.engine.evaluation import Scope
from equite.engine.limits import Stages
from equite.engine.own_methods import warnings_of_methods
from equite.engine.suppression import warnings_of
from equite.errors import Problem
from equite.formula.model import Limit, Part
from equite.formula.nodes import Name
from equite.inputs.telling import told_of_reading
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["cautions"]


def cautions(
    scope: Scope, context: Context, stages: Stages, territories: Territories, reserve_units: int
) -> tuple[Problem, ...]:
    """Gather every warning but those of rows: how the table was read, then indices, methods, money, declarations."""
    return (
        *_of_reading(scope, territories),
        *warnings_of(scope, context),
        *(found.warning() for found in context.unbounded),
        *_of_indices(scope),
        *warnings_of_methods(scope.formula),
        *_of_money(context, stages, reserve_units),
        *_of_declarations(scope, context),
        *_of_ceilings(scope, context),
    )


def _of_reading(scope: Scope, territories: Territories) -> Iterator[Problem]:
    """Tell how the columns that the page reads were read."""
    page = scope.formula
    name = page.columns.get(page.name) if page.name is not None else None
    named = [(name.heading if name else None) or page.name] if page.name is not None else []
    columns = page.names.columns.values()
    texts = [page.key.column, *named, *(needed.heading for needed in columns if needed.use != "number")]
    return told_of_reading(territories, [*texts, *(needed.heading for needed in columns)], texts)


def _of_indices(scope: Scope) -> Iterator[Problem]:
    """Return what indices have to say, from every scope that scored one."""
    told: list[Problem] = []
    chain: Scope | None = scope
    while chain is not None:
        for scoring in chain.scorings.values():
            told += [problem for problem in scoring.warnings if problem not in told]
        chain = chain.parent
    yield from told


def _of_money(context: Context, stages: Stages, reserve_units: int) -> Iterator[Problem]:
    """Tell what could not be paid in full or was not spent, and amounts below zero that no levy explains."""
    for result in stages.parts:
        if result.prorated:
            yield Problem("prorated", {"name": result.part.id})
    for stage in stages.results:
        if stage.prorated:
            yield Problem("prorated", {"name": stage.limit.id})
    below = stages.amounts < 0
    if below.any() and not any(part.levy for part in context.formula.parts):
        yield Problem("amount-negative", {"codes": Codes(tuple(context.codes[below]))})
    if reserve_units:
        reserve = context.amount(context.unit.money(np.array([reserve_units]))[0])
        yield Problem("undistributed", {"reserve": reserve})


def _of_declarations(scope: Scope, context: Context) -> Iterator[Problem]:
    """Tell declared cells that do not say who declared them, when, or on what evidence."""
    for name, spec in context.formula.columns.items():
        if spec.told_in is None or name not in context.formula.names.columns:
            continue
        blank = np.zeros(context.size, dtype=bool)
        for key, heading in spec.told_in.headings().items():
            if key != "second":
                blank |= np.array([cell is None for cell in scope.value(heading)[context.rows]])
        blank &= ~np.isnan(scope.numbers(name)[context.rows])
        if blank.any():
            values = {"column": name, "codes": Codes(tuple(context.codes[blank]))}
            yield Problem("declared-untold", values, **context.formula.where("columns", name))


def _of_ceilings(scope: Scope, context: Context) -> Iterator[Problem]:
    """Tell a ceiling of 0 that comes from a previous amount of 0."""
    formula = context.formula
    bounded: list[tuple[Part | Limit, str | None, tuple[str | int, ...]]] = []
    bounded += [(part, part.previous or formula.previous, ("parts", at)) for at, part in enumerate(formula.parts)]
    bounded += [(limit, formula.previous, ("limits", at)) for at, limit in enumerate(formula.limits)]
    for thing, previous, place in bounded:
        if thing.at_most is None or not previous or "previous" not in formula.names.closure(thing.at_most.names):
            continue
        zero = (scope.value(previous) == 0) & context.rows
        if not zero.any():
            continue
        known = scope.bound(amount=context.full(np.zeros(context.size)), previous=Name(previous))
        zero &= known.rows(thing.at_most.tree) == 0
        if isinstance(thing, Limit) and thing.exempt is not None:
            zero &= known.rows(thing.exempt.tree) == 0
        if zero.any():
            values = {"name": thing.id, "codes": Codes(tuple(scope.table.codes[zero]))}
            yield Problem("cap-of-zero", values, **formula.where(*place))
