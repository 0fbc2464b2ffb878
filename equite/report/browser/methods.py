"""The methods that a page names, with all their parameters, as the engine in JavaScript takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from equite.engine.goalposts import frozen_goalposts
from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.registry import Method as Registered
from equite.errors import Problem, nearest
from equite.formula.formula import Formula
from equite.formula.indices import Criterion, Method
from equite.report.browser.problems import problem_data

__all__ = ["aggregator_data", "normaliser_data", "transform_data"]

Path = tuple[str | int, ...]


def aggregator_data(formula: Formula, method: Method, path: Path) -> dict[str, Any]:
    """Return a way to combine scores; what Python would refuse of it, where it does."""
    place = formula.where(*path, "aggregate")
    if method.name not in AGGREGATORS:
        return _unknown("aggregator-unknown", method.name, AGGREGATORS, place)
    return _filled(AGGREGATORS[method.name], method, place, "method-parameters")


def normaliser_data(formula: Formula, index: str, name: str, method: Method, path: Path) -> dict[str, Any]:
    """Return a criterion's way to one scale; levels and last year's goalposts are goalposts."""
    place = formula.where(*path, "normalise")
    if method.name == "levels":
        spec = formula.columns.get(name)
        if spec is None or len(spec.levels) < 2:
            return _refused("levels-unknown", place, criterion=name)
        return {"name": "goalposts", "parameters": {"low": 1, "high": len(spec.levels)}}
    if method.name == "goalposts" and set(method.parameters) == {"from"}:
        record = str(method.parameters["from"])
        posts = frozen_goalposts(formula, record, index, name)
        if posts is None:
            return _refused("goalposts-unknown", place, record=record, criterion=name)
        return {"name": "goalposts", "parameters": {"low": posts[0], "high": posts[1]}}
    if method.name not in NORMALISERS:
        return _unknown("normaliser-unknown", method.name, {**NORMALISERS, "levels": None}, place)
    return _filled(NORMALISERS[method.name], method, place, "method-parameters")


def transform_data(formula: Formula, criterion: Criterion, path: Path) -> dict[str, Any] | None:
    """Return a criterion's transform, if it has one."""
    method, place = criterion.transform, formula.where(*path, "transform")
    if method is None:
        return None
    if method.name == "step":
        named = str(method.parameters.get(""))
        if named not in formula.tables or formula.tables[named].kind not in ("up_to", "from"):
            return _refused("table-unknown", place, name=named, nearest=nearest(named, formula.tables))
        return {"name": "step", "table": named}
    if method.name not in TRANSFORMS:
        known = (*TRANSFORMS, "step")
        return _refused(
            "transform-unknown", place, name=method.name, nearest=nearest(method.name, known), known=", ".join(known)
        )
    return _filled(TRANSFORMS[method.name], method, place, "transform-parameters")


def _filled(known: Registered, method: Method, place: Mapping[str, Any], entry: str) -> dict[str, Any]:
    """Return a method with each of its parameters."""
    parameters = known.filled(method.parameters)
    if parameters is None:
        return _refused(entry, place, name=method.name, parameters=", ".join(known.parameters) or "—")
    return {"name": method.name, "parameters": parameters}


def _unknown(entry: str, name: str, known: Mapping[str, object], place: Mapping[str, Any]) -> dict[str, Any]:
    return _refused(entry, place, name=name, nearest=nearest(name, known), known=", ".join(known))


def _refused(entry: str, place: Mapping[str, Any], **values: object) -> dict[str, Any]:
    return {"refused": problem_data(Problem(entry, values, place["where"]))}
