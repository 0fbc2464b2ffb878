"""The tables of a plan: read, linked, given the columns that tiers draw from the tier below, and held together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equite.engine.allocate import read_for
from equite.engine.figures import figures
from equite.engine.rows import TableRows, needed_rules
from equite.engine.sharing import Floats
from equite.errors import Problem, Problems, TerritoriesError, nearest
from equite.formula.plan import Plan
from equite.inputs.measures import Measure
from equite.inputs.territories import Territories
from equite.inputs.tiers import Tiers
from equite.wording import Codes

__all__ = ["Gaps", "Place", "cited", "refuse_there", "tiers_of", "with_columns"]

#: The path of a key of the plan.
Place = tuple[str | int, ...]
#: By tier and column, which figures are missing below for some territories of the tier.
Gaps = dict[str, dict[str, Problem]]


def tiers_of(plan: Plan, given: Mapping[str, Any]) -> tuple[Tiers, Gaps]:
    """Read what a plan names, or is given instead; roll up its columns, then hold totals together.

    Raises
    ------
    TerritoriesError
        A table is absent or cannot be used, or totals do not agree.
    """
    tiers = _linked(plan, _tables(plan, given), {})
    tables, gaps = dict(tiers), Gaps()
    for at in range(len(plan.tiers) - 2, -1, -1):
        if plan.tiers[at].roll_up:
            name = plan.names[at]
            tables[name], gaps[name] = _rolled_up(plan, at, Tiers(tables, tiers.upward))
    return (_linked(plan, tables, plan.totals) if plan.totals else Tiers(tables, tiers.upward)), gaps


def _tables(plan: Plan, given: object) -> dict[str, Territories]:
    if not isinstance(given, Mapping):
        raise TerritoriesError([Problem("plan-tables", {"tier": plan.names[-1]})], plan.language)
    problems = Problems(TerritoriesError, plan.language)
    for name in given:
        if name not in plan.names:
            problems.add("plan-unknown-tier", tier=name, nearest=nearest(str(name), plan.names))
    found = {}
    for at, tier in enumerate(plan.tiers):
        table = given.get(tier.id)
        if table is None and tier.table is not None:
            table = plan.path_of(tier.table, "tiers", at, "table")
        if table is None:
            problems.add("plan-no-table", **plan.where("tiers", at), tier=tier.id)
            continue
        try:
            page = plan.formula_of(tier.id)
            found[tier.id] = read_for(page, table, [tier.parent] if tier.parent else [])
            # Said here, where a total has no parent and agrees with nothing above.
            problems.found += TableRows(page, found[tier.id], needed_rules(page)).suspected()
        except TerritoriesError as error:
            problems.found += error.problems
    problems.refuse()
    return found


def _linked(plan: Plan, tables: Mapping[str, Territories], totals: Mapping[str, str]) -> Tiers:
    keys = {tier.id: plan.formula_of(tier.id).key for tier in plan.tiers}
    parents = {tier.id: tier.parent for tier in plan.tiers if tier.parent}
    return Tiers.of_tables(tables, keys=keys, parents=parents, totals=totals)


def _rolled_up(plan: Plan, at: int, tiers: Tiers) -> tuple[Territories, dict[str, Problem]]:
    """Return a tier's table the columns that it draws from the tier below, and say what is missing for them there."""
    tier, below = plan.tiers[at], plan.names[at + 1]
    place: Place = ("tiers", at, "roll_up")
    page, child = plan.formula_of(below), tiers[below]
    named = {name: _keys(said) for name, said in tier.roll_up.items()}
    headings = {str(said.get("heading", name)): name for name, said in named.items()}
    weights = {str(said.get("by", "population")) for said in named.values() if said.get("kind") != "extensive"}
    known = [name for name in sorted({*headings, *weights}) if name in page.names.defined | page.columns.keys()]
    with cited(plan, place, {**headings, **{name: name for name in named}}):
        source = with_columns(child, figures(page, child, known))
        found = Tiers({**tiers, below: source}, tiers.upward).roll_up(below, tier.id, named)
    numbers = {name: found.territories.numbers(name) for name in named}
    refuse_there(plan, tiers[tier.id], numbers, place)
    gaps = {}
    for measure in found.measures:
        unknown = np.isnan(numbers[measure.name])
        if values := _gap(measure, source, unknown[tiers.links(below)]):
            codes = Codes(tuple(code for code, lost in zip(tiers[tier.id].codes, unknown, strict=True) if lost))
            said = {**values, "column": measure.name, "codes": codes, "tier": below}
            gaps[measure.name] = Problem("plan-rolled-missing", said, **plan.where(*place, measure.name))
    return with_columns(tiers[tier.id], numbers), gaps


def _keys(said: Any) -> dict[str, Any]:
    """Return what a plan says of a column to roll up; ``null`` says nothing."""
    keys = said if isinstance(said, Mapping) else {"kind": said}
    return {key: None if value in ("null", "~") else value for key, value in keys.items()}


def _gap(measure: Measure, below: Territories, concerned: NDArray[np.bool_]) -> dict[str, object]:
    """Say which figure or denominator is missing below, and for whom; nothing where none is."""
    for heading in filter(None, (measure.heading, measure.by)):
        cells = below.data[heading]
        blank = (cells.isna() | (cells.astype(str).str.strip() == "")).to_numpy() & concerned
        if blank.any():
            return {"heading": heading, "children": Codes(tuple(np.array(below.codes, dtype=object)[blank]))}
    return {}


@contextmanager
def cited(plan: Plan, place: Place, keys: Mapping[str, str]) -> Iterator[None]:
    """Return the plan's line to what it names and a table cannot give; ``keys`` says where each name stands below."""

    def at(problem: Problem) -> Problem:
        if not problem.id.startswith(("input-no-column", "roll-up-")):
            return problem
        named = [keys[word] for key in ("column", "value") if (word := str(problem.values.get(key))) in keys]
        return replace(problem, **plan.where(*place, *named[:1]))

    try:
        yield
    except TerritoriesError as error:
        raise TerritoriesError(map(at, error.problems), plan.language) from None


def refuse_there(plan: Plan, table: Territories, columns: Mapping[str, Any], place: Place) -> None:
    """Refuse to write over a column that a table has."""
    there = sorted(set(columns) & set(table.data.columns))
    if there:
        problems = [Problem("plan-column-there", {"column": name}, **plan.where(*place)) for name in there]
        raise TerritoriesError(problems, plan.language)


def with_columns(territories: Territories, columns: Mapping[str, Floats | NDArray[np.object_]]) -> Territories:
    """Return a table with further columns, or with others in the place of those that go by their name."""
    return replace(territories, data=territories.data.assign(**{str(name): values for name, values in columns.items()}))
