"""The page as data for the engine in JavaScript: its expressions as trees, its numbers where it has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from equite.engine.rounding import Unit
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.indices import Criterion, Direction, Family, Index, Missing
from equite.formula.model import Limit, Part
from equite.report.browser.methods import aggregator_data, normaliser_data, transform_data
from equite.report.browser.trees import figure_data, tree_data

__all__ = ["page_data", "reached_names"]

Data = dict[str, Any]
Path = tuple[str | int, ...]


def reached_names(formula: Formula) -> frozenset[str]:
    """Return the names that amounts and promises rest on, columns included."""
    names = formula.names
    found = {name for path, expression in names.expressions if path[0] in _SHARING for name in expression.names}
    found |= {name for part in formula.parts for name in (part.id, part.within, part.previous) if name}
    found |= {limit.by for limit in formula.limits if limit.by} | ({formula.within} if formula.within else set())
    return names.closure(found | ({"envelope"} if formula.envelope else set()))


#: The sections whose expressions say who gets what, and what is promised.
_SHARING = frozenset({"envelope", "eligible", "parts", "limits", "checks"})


def page_data(formula: Formula) -> Data:
    """Return the page, without what no amount rests on."""
    reached, unit = reached_names(formula), Unit(Decimal(formula.rounding_to))
    top, bottom = unit.fraction
    minimum = formula.rounding.minimum
    return {
        "id": formula.id,
        "unit": {"top": top, "bottom": bottom, "size": str(unit.size), "digits": unit.digits},
        "envelope": _envelope(formula, unit),
        "within": formula.within,
        "previous": formula.previous,
        "constants": {
            name: figure_data(float(each.value)) for name, each in formula.constants.items() if name in reached
        },
        "tables": {name: _table(formula, name) for name in formula.tables if name in reached},
        "variables": {
            name: tree_data(variable.value.tree) for name, variable in formula.variables.items() if name in reached
        },
        "eligible": [_rule(rule) for rule in formula.eligible],
        "indices": {name: _index(formula, name) for name in formula.indices if name in reached},
        "parts": [_part(formula, part) for part in formula.parts],
        "limits": [_limit(limit) for limit in formula.limits],
        "rounding": {
            "bounds": formula.rounding.bounds,
            "method": formula.rounding.method,
            "minimum": None if minimum is None else unit.exactly(minimum),
        },
        "checks": [{"that": tree_data(check.that.tree), "title": _texts(check.title)} for check in formula.checks],
        "if_short": formula.if_short,
        "if_over": formula.if_over,
        "rests_on": _rests_on(formula, reached),
        "expressions": _texts_of(expression for _, expression in formula.names.expressions),
    }


def _envelope(formula: Formula, unit: Unit) -> Data | None:
    if formula.envelope is None:
        return None
    expression = formula.envelope.value
    stated = None if expression.plain is None else unit.exactly(expression.plain)
    return {"value": tree_data(expression.tree), "units": stated}


def _rests_on(formula: Formula, reached: frozenset[str]) -> dict[str, list[str]]:
    """Return what each name rests on, those apart that rest on nothing."""
    names = formula.names
    found = {name: sorted(names.rests_on(name) - {name}) for name in sorted(names.needs) if name in reached}
    if formula.previous:
        found["previous"] = sorted(names.rests_on("previous") - {"previous"})
    return {name: rests for name, rests in found.items() if rests}


def _texts_of(expressions: Iterable[Expression]) -> dict[str, str]:
    """Return how the page writes its expressions, by their trees as JSON has them."""
    return {
        json.dumps(tree_data(each.tree), separators=(",", ":"), ensure_ascii=False): each.text for each in expressions
    }


def _texts(texts: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if texts is None else dict(texts)


def _rule(rule: Any) -> Data:
    return {"where": tree_data(rule.where.tree), "reason": _texts(rule.reason)}


def _given(thing: Any, keys: Iterable[str]) -> Data:
    """Return the expressions that are given, as trees."""
    given = {key: getattr(thing, key) for key in keys}
    return {key: tree_data(value.tree) for key, value in given.items() if value is not None}


def _table(formula: Formula, name: str) -> Data:
    table = formula.tables[name]
    return {
        "kind": table.kind,
        "edges": [figure_data(edge) for edge in table.edges],
        "values": [figure_data(value) for value in table.values],
        "above": None if table.above is None else figure_data(table.above),
        "columns": list(table.columns),
    }


def _part(formula: Formula, part: Part) -> Data:
    share: Data = {"equally": True} if part.share.equally else {}
    share |= _given(part.share, ("in_proportion_to", "level_up", "counting", "foundation", "rate_on", "as_is"))
    if part.share.foundation is not None:
        low, high = part.share.rates
        share["rates"] = [low, None if high == float("inf") else high]
    pool = None
    if part.pool is not None:
        pool = {"remainder": True} if part.pool.remainder else _given(part.pool, ("each", "amount", "fraction"))
    found = {
        "id": part.id,
        "pool": pool,
        "share": share,
        "eligible": [_rule(rule) for rule in part.eligible],
        "if_short": part.if_short,
        "if_over": part.if_over,
        "levy": part.levy,
        "pool_needs": sorted(formula.names.closure(formula.names.pool_needs(part))),
        **_given(part, ("at_least", "at_most")),
    }
    return found | {key: value for key in ("within", "previous") if (value := getattr(part, key))}


def _limit(limit: Limit) -> Data:
    found = {
        "id": limit.id,
        "fund": limit.fund,
        "if_short": limit.if_short,
        "if_over": limit.if_over,
        "override": [{"code": each.code, "amount": tree_data(each.amount.tree)} for each in limit.override],
        **_given(limit, ("at_least", "at_most")),
    }
    if limit.exempt is not None:
        found["except"] = tree_data(limit.exempt.tree)
    if limit.move is not None:
        found["move"] = tree_data(limit.move.in_proportion_to.tree)
    return found | {key: value for key in ("part", "by", "then") if (value := getattr(limit, key))}


def _index(formula: Formula, name: str) -> Data:
    index, path = formula.indices[name], ("indices", name)
    found = _group(formula, name, index, path)
    return found | {
        "normalise": _index_normaliser(formula, name, index, path),
        "missing": _missing(index.missing),
        "outliers": index.outliers.winsorise,
    }


def _index_normaliser(formula: Formula, name: str, index: Index, path: Path) -> Data | None:
    """Return the scale of all criteria; none where each has its own, of its levels or of a record."""
    if _is_of_each(index):
        return None
    return normaliser_data(formula, name, "", index.normalise, path)


def _is_of_each(index: Index) -> bool:
    return index.normalise.name == "levels" or set(index.normalise.parameters) == {"from"}


def _group(formula: Formula, name: str, group: Index | Family, path: Path) -> Data:
    return {
        "aggregate": None if group.aggregate is None else aggregator_data(formula, group.aggregate, path),
        "points": None if isinstance(group, Index) or group.points is None else float(group.points),
        "criteria": [
            _criterion(formula, name, key, criterion, (*path, "criteria", key))
            for key, criterion in group.criteria.items()
        ],
        "families": [
            {
                "name": key,
                "weight": tree_data(family.weight.tree),
                **_group(formula, name, family, (*path, "families", key)),
            }
            for key, family in group.families.items()
        ],
    }


def _criterion(formula: Formula, index: str, name: str, criterion: Criterion, path: Path) -> Data:
    spec = formula.indices[index]
    normalise = criterion.normalise
    if normalise is None and _is_of_each(spec) and not criterion.more_need_when.by:
        normalise = spec.normalise
    found: Data = {
        "name": name,
        "weight": tree_data(criterion.weight.tree),
        "more_need_when": _direction(criterion.more_need_when),
        "transform": transform_data(formula, criterion, path),
        "normalise": None if normalise is None else normaliser_data(formula, index, name, normalise, path),
        "missing": None if criterion.missing is None else _missing(criterion.missing),
        "range": [None if end is None else float(end) for end in criterion.range],
    }
    if criterion.outliers is not None:
        found["outliers"] = criterion.outliers.winsorise
    return found


def _direction(direction: Direction) -> Data:
    if direction.pull is not None:
        return {"pull": direction.pull}
    if direction.toward is not None:
        return {"toward": tree_data(direction.toward.tree)}
    cut = {} if direction.cut is None else {"cut": float(direction.cut)}
    return {"by": direction.by, "labels": dict(direction.labels), **cut}


def _missing(rule: Missing) -> Data:
    found = rule.model_dump(exclude_none=True)
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in found.items()}
