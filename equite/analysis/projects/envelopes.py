"""The envelopes out of which projects are funded: a figure, figures by territory, an allocation or a cascade."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from equite.engine.allocate import allocate, read_for
from equite.engine.allocation import Allocation
from equite.engine.cascade import Cascade, cascade
from equite.engine.exactness import fractions_of
from equite.errors import FormulaError, Problem, Problems, TerritoriesError
from equite.formula import loading
from equite.formula.formula import Formula
from equite.formula.plan import Plan
from equite.formula.projects_page import ProjectsPage
from equite.formula.written import beside
from equite.inputs.figures import typed
from equite.wording import Numeral

__all__ = ["Envelopes", "envelopes_of"]


@dataclass(frozen=True)
class Envelopes:
    """What there is to spend.

    Attributes
    ----------
    units : dict of str to int
        By territory, in units, what was carried over included; one envelope stands under the empty code.
    names : dict of str to str
        What territories are called.
    carried_over : dict of str to int
        What was left before, of that.
    source : dict
        Where they come from, as plain values, for the record.
    """

    units: dict[str, int]
    names: dict[str, str]
    carried_over: dict[str, int]
    source: dict[str, Any]

    @property
    def is_single(self) -> bool:
        """Whether there is one envelope for all."""
        return set(self.units) == {""}


def envelopes_of(page: ProjectsPage, given: object, carried_over: Mapping[str, Any] | None) -> Envelopes:
    """Work out the envelopes, from what is given or from what the page says.

    Raises
    ------
    FormulaError, TerritoriesError, SharingError
        There are none, they are given twice, one is negative or finer than the unit, or they cannot be worked out.
    """
    stated = [key for key in ("envelope", "envelopes", "allocation", "cascade") if getattr(page, key) is not None]
    problems = Problems(FormulaError, page.language)
    if given is not None and stated:
        problems.add("projects-envelopes-twice", key=stated[0], **page.place(stated[0]))
    elif given is None and not stated:
        problems.add("projects-no-envelopes", **page.place())
    problems.refuse()
    found = _of(page, given) if given is not None else _stated(page)
    amounts, names, source = found
    unit = Fraction(page.unit)
    carried = {str(code): _exact(value) for code, value in (carried_over or page.carried_over).items()}
    for territory in carried:
        if territory not in amounts:
            problems.add("projects-carried-unknown", territory=territory, **page.place("carried_over"))
    units: dict[str, dict[str, int]] = {"own": {}, "carried": {}}
    for kind, money in (("own", amounts), ("carried", carried)):
        for territory, value in money.items():
            whole = value / unit
            if value < 0:
                problems.add("projects-envelope-negative", territory=territory, **page.place())
            elif whole.denominator != 1:
                values: dict[str, Any] = {"value": Numeral(float(value)), "unit": Numeral(float(unit))}
                problems.add("projects-envelope-finer", territory=territory, **values, **page.place())
            units[kind][territory] = int(whole)
    problems.refuse()
    whole_sums = {code: amount + units["carried"].get(code, 0) for code, amount in sorted(units["own"].items())}
    return Envelopes(whole_sums, names, units["carried"], source)


_Found = tuple[dict[str, Fraction], dict[str, str], dict[str, Any]]


def _stated(page: ProjectsPage) -> _Found:
    """Work out the envelopes that a page names."""
    if page.envelope is not None:
        return {"": Fraction(page.envelope)}, {}, {"envelope": str(page.envelope)}
    if page.envelopes is not None:
        return _of(page, page.envelopes)
    if page.allocation is not None:
        written = page.allocation.formula
        formula: Formula = (
            Formula._of(loading.page_of(written))
            if isinstance(written, dict)
            else Formula.read(beside(page, written, "allocation", "formula"), root=page.root)
        )
        table = beside(page, page.allocation.table, "allocation", "table")
        return _of(page, allocate(formula, read_for(formula, table)))
    assert page.cascade is not None
    plan = Plan.read(beside(page, page.cascade.plan, "cascade", "plan"), root=page.root)
    return _of(page, cascade(plan), page.cascade.tier)


def _of(page: ProjectsPage, given: object, tier: str | None = None) -> _Found:
    """Take envelopes from what gives them."""
    if isinstance(given, Allocation):
        amounts = dict(zip(given.codes, _exact_all(given.amounts), strict=True))
        return amounts, dict(zip(given.codes, given.names, strict=True)), {"allocation": given.record}
    if isinstance(given, Cascade):
        level = given.level(tier or given.names[-1])
        # What a tier passes on is spent below it: above the last, what each keeps is what it has for projects.
        is_last = level is given.levels[-1]
        money = given.minor_units.money(level.passed_on if is_last else level.kept)
        amounts = dict(zip(level.codes, _exact_all(money), strict=True))
        names = dict(zip(level.codes, given.names_of(level.tier.id), strict=True))
        return amounts, names, {"cascade": given.record, "tier": level.tier.id}
    if isinstance(given, Mapping):
        if not given:
            raise FormulaError([Problem("projects-no-envelopes", **page.place())], page.language)
        amounts = {str(code): _exact(value) for code, value in given.items()}
        return amounts, {}, {"envelopes": {code: float(value) for code, value in amounts.items()}}
    return {"": _exact(given)}, {}, {"envelope": str(given)}


def _exact_all(money: Iterable[float]) -> list[Fraction]:
    return list(fractions_of(typed(np.asarray(money, dtype=np.float64))))


def _exact(value: object) -> Fraction:
    """Return a figure as it was typed."""
    if isinstance(value, int | float | Decimal | np.number) and math.isfinite(value) and type(value) is not bool:
        return Fraction(value) if isinstance(value, int | Decimal) else _exact_all([float(value)])[0]
    raise TerritoriesError([Problem("projects-envelope-no-number", {"value": str(value)})])
