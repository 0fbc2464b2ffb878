"""The record of an allocation, and how much of it rests on figures that nobody measured."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.engine.own_methods import recorded
from equite.formula.names import expressions_of

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.engine.parts import PartResult

__all__ = ["Reliance", "declarations_of", "record_of", "reliance_of"]


@dataclass(frozen=True)
class Reliance:
    """Dollars that rest on a figure that is not official.

    Attributes
    ----------
    item : str
        The column, constant, criterion, limit, or ``envelope``.
    status : {"estimated", "declared", "illustrative"}
        What the page says of it.
    dollars : float
        For a criterion, the money it moves between territories (the sum of what it adds); for a limit, the money it
        moves; for anything else, all that is paid by what it enters.
    moves : bool
        Whether ``dollars`` are moved between territories, rather than paid as a whole.
    """

    item: str
    status: str
    dollars: float
    moves: bool


def reliance_of(allocation: Allocation) -> tuple[Reliance, ...]:
    """Give, for each figure that is not official, the dollars that rest on it."""
    found: dict[tuple[str, str, bool], float] = {}

    def add(item: str, status: str, dollars: float, *, moves: bool) -> None:
        key = (item, status, moves)
        found[key] = found.get(key, 0.0) + dollars

    statuses = _statuses(allocation)
    if "envelope" in statuses:
        add("envelope", statuses["envelope"], allocation.total, moves=False)
    for result in allocation.parts_shared:
        for name in _outside_indices(allocation, result):
            if name in statuses and name != "envelope":
                paid = float(np.abs(allocation.final_parts[result.part.id]).sum())
                add(name, statuses[name], paid, moves=False)
    for contributions in allocation.contributions:
        for at, (index, criterion) in enumerate(contributions.criteria):
            moved = float(np.maximum(contributions.dollars[:, at], 0.0).sum())
            for status in _criterion_statuses(allocation, index, criterion, statuses):
                add(criterion, status, moved, moves=True)
    for stage in allocation.stages:
        used = {name for _, expression in expressions_of(stage.limit) for name in expression.names}
        known = {statuses[name] for name in allocation.formula.names.closure(used) if name in statuses}
        moved = allocation.shown.moved(stage.limit.id)
        for status in sorted(known):
            add(stage.limit.id, status, moved, moves=True)
    return tuple(Reliance(item, status, dollars, moves) for (item, status, moves), dollars in found.items())


def _statuses(allocation: Allocation) -> dict[str, str]:
    """Return the status of each column, constant and the envelope that is not official."""
    formula = allocation.formula
    specs = {**formula.columns, **formula.constants}
    found = {name: spec.status for name, spec in specs.items() if spec.status not in (None, "official")}
    if formula.envelope and formula.envelope.status not in (None, "official"):
        found["envelope"] = formula.envelope.status
    return {name: str(status) for name, status in found.items()}


def _outside_indices(allocation: Allocation, result: PartResult) -> Iterator[str]:
    """Return the names a part rests on other than through an index."""
    names, indices = allocation.formula.names, allocation.formula.indices
    waiting = [name for name in names.part_needs(result.part) if name not in indices]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [inner for inner in names.needs.get(name, ()) if inner not in indices]
    yield from sorted(seen)


def _criterion_statuses(allocation: Allocation, index: str, name: str, statuses: dict[str, str]) -> list[str]:
    """Return the statuses that a criterion has itself or by the columns it is computed from."""
    scoring = allocation.scope.scoring(index)
    criterion = next(found.criterion for found in scoring.criteria if found.name == name)
    rests_on = list(criterion.weight.names) if criterion.status else [name, *criterion.weight.names]
    used = allocation.formula.names.closure(rests_on)
    stated = {criterion.status} - {None, "official"}
    return sorted({*map(str, stated), *(statuses[inner] for inner in used if inner in statuses)})


def record_of(allocation: Allocation) -> dict[str, Any]:
    """Return the page, the versions, the fingerprints, the sources and the outcome as plain values."""
    formula, source = allocation.formula, allocation.territories.source
    methods = recorded(formula)
    return {
        "equite": importlib.metadata.version("equite"),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in ("numpy", "pandas", "pydantic")},
        "formula": {"id": formula.id, "sha256": formula.sha256, "page": _whole(formula.content)},
        **({"own_methods": methods} if methods else {}),
        "changes": [{"where": each.where, "before": each.before, "after": each.after} for each in formula.changes],
        "table": {"name": source.name, "sha256": source.sha256, "rows": len(allocation.territories)},
        "decision": formula.decision.model_dump(exclude_none=True) if formula.decision else None,
        "figures": _figures(allocation),
        "suppressed": _suppressed(allocation),
        "envelope": allocation.envelope,
        "on_top": allocation.on_top,
        "reserve": allocation.reserve,
        "total": allocation.total,
        "unit": str(allocation.context.unit.size),
        "levels": {
            result.part.id: [float(level) for level in result.level[:1000]] for result in allocation.parts_shared
        },
        "declarations": declarations_of(allocation),
        "goalposts": _goalposts(allocation),
        "left_out": [vars(row) for row in allocation.territories.left_out],
        "eligible": len(allocation.codes),
        "measured_among": int(allocation.scope.taking_part.sum()),
        "excluded": [{"code": found.code, "reason": dict(found.reason)} for found in allocation.excluded_by],
        "checks": [
            {"that": check.that, "passed": check.passed, "failing": list(check.failing)} for check in allocation.checks
        ],
        "warnings": list(allocation.warnings),
        "reliance": [vars(found) for found in allocation.reliance],
        "amounts": dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True)),
    }


def declarations_of(allocation: Allocation) -> dict[str, list[dict[str, str | None]]]:
    """Give, for each column that says where it is told, who declared each cell, when, on what evidence."""
    scope, rows = allocation.scope, allocation.context.rows
    found: dict[str, list[dict[str, str | None]]] = {}
    for name, spec in allocation.formula.columns.items():
        if spec.told_in is None or name not in allocation.formula.names.columns:
            continue
        told = {key: scope.value(heading)[rows] for key, heading in spec.told_in.headings().items()}
        found[name] = [
            {"code": code, **{key: values[row] for key, values in told.items()}}
            for row, code in enumerate(allocation.codes)
        ]
    return found


def _whole(page: dict[str, Any]) -> dict[str, Any]:
    """Return the page without its own catalogue, whose words are written into it."""
    return {key: value for key, value in page.items() if key != "catalogue"}


def _goalposts(allocation: Allocation) -> dict[str, dict[str, list[float]]]:
    """Return the lowest and highest value of each criterion, which a later page can keep as its goalposts."""
    scorings = {name: allocation.scope.scoring(name) for name in allocation.formula.indices}
    return {
        name: {found.name: [found.low, found.high] for found in scoring.criteria} for name, scoring in scorings.items()
    }


def _suppressed(allocation: Allocation) -> dict[str, list[str]]:
    """Give, for each column that has some, the codes of those that take part whose figure is withheld."""
    scope = allocation.scope
    found = {name: scope.table.codes[cells & scope.taking_part] for name, cells in scope.table.suppressed.items()}
    return {name: list(map(str, codes)) for name, codes in found.items() if codes.size}


def _figures(allocation: Allocation) -> list[dict[str, Any]]:
    """Return the source and status of each column, constant and the envelope."""
    formula = allocation.formula
    specs: dict[str, Any] = {name: formula.columns.get(name) for name in formula.names.columns}
    specs |= dict(formula.constants)
    if formula.envelope:
        specs["envelope"] = formula.envelope
    return [
        {
            "name": name,
            "source": getattr(spec, "source", None),
            "date": getattr(spec, "date", None),
            "status": getattr(spec, "status", None),
        }
        for name, spec in specs.items()
    ]
