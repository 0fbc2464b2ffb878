"""The sheet of calculations, from who takes part to whole units, each step as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.evaluation import Scope
from equite.engine.rounding import round_half_away
from equite.engine.scoring import score_index
from equite.engine.sharing import Floats
from equite.report.live.bounding import counted, full, in_money
from equite.report.live.closed import Unsupported
from equite.report.live.grid import Column
from equite.report.live.levels import whole_units
from equite.report.live.parts import Sharing, write_parts
from equite.report.live.stages import Staged, write_stages
from equite.report.live.translating import Translator, rounded

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["MOST_ROWS_LIVE", "Calculated", "calculate"]

#: Above this many territories a spreadsheet takes too long; their amounts are written as values.
MOST_ROWS_LIVE = 20_000


@dataclass
class Calculated:
    """Where the steps of an allocation stand.

    Attributes
    ----------
    amounts, units : Column
        Final amounts, and in units; an empty text for those who take no part.
    parts : list of Column
        Each part's amounts.
    stages : list of (Column, Column)
        Amounts as each stage began and as it ended.
    exact : Column
        Amounts before rounding.
    envelope, on_top, reserve, shared : str
        Cells: the envelope (empty for entitlements), what came on top, the reserve, what is to be paid in all.
    level : dict of str to str
        Each part's level, where it has one.
    limited : dict of str to (Column, ndarray)
        Each part's amounts as limits leave them, and their values.
    bounds : (Column, Column) or None
        The bounds in force at the end.
    members : dict of str to Column
        Who is eligible to each part.
    final : Column
        Final amounts as numbers in every row, 0 for those who take no part; written with the checks.
    original : Column
        The same as they were when the workbook was written, as values.
    translator : Translator
        Knows every name but the final amounts.
    is_live : bool
        Whether amounts recalculate.
    """

    amounts: Column
    units: Column
    parts: list[Column]
    stages: list[tuple[Column, Column]]
    exact: Column
    envelope: str
    on_top: str
    reserve: str
    shared: str
    translator: Translator
    level: dict[str, str] = field(default_factory=dict)
    limited: dict[str, tuple[Column, Floats]] = field(default_factory=dict)
    bounds: tuple[Column, Column] | None = None
    members: dict[str, Column] = field(default_factory=dict)
    final: Column = field(init=False)
    original: Column = field(init=False)
    is_live: bool = True


def calculate(sums: Sums) -> Calculated:
    """Write every step; what cannot be a formula is written as values, and noted."""
    allocation = sums.allocation
    root = _root(allocation.scope, {part.id for part in sums.formula.parts})
    _eligible(sums)
    of = Translator(sums, root)
    envelope, cell = _envelope(sums, of, root)
    if cell:
        of = of.bound(root, envelope=cell)
    try:
        if allocation.scope.served is not None:
            raise Unsupported("cascade")
        if sums.grid.rows > MOST_ROWS_LIVE:
            raise Unsupported("large")
        sharing = write_parts(sums, of, root, envelope, cell)
        return _finished(sums, sharing, write_stages(sums, sharing))
    except Unsupported as reason:
        return _as_values(sums, of, cell, reason.reason)


def _root(scope: Scope, ids: set[str]) -> Scope:
    """Return the scope in which no part is known yet."""
    while scope.parent is not None and scope.binds(ids):
        scope = scope.parent
    return scope


def _eligible(sums: Sums) -> None:
    """Write who takes part."""
    allocation, say = sums.allocation, sums.labels.say
    sums.begin("eligible")
    rules = sums.formula.eligible
    scope = Scope(sums.formula, allocation.scope.table, None, score_index)
    of = Translator(sums, scope)
    inner = "1"
    for rule in reversed(rules):
        inner = f"IF({of.condition(rule.where.tree)},{inner},0)"
    about = sums.worded(rules[0].where.tree) if rules else say("live-everybody")
    values = allocation.scope.taking_part.astype(float)
    sums.eligible = sums.grid.column(say("live-takes-part"), inner, values, about=about)
    sums.groups.clear()


def _envelope(sums: Sums, of: Translator, root: Scope) -> tuple[Floats | None, str]:
    """Write the envelope; give its value, and its cell (nothing for entitlements)."""
    formula, allocation = sums.formula, sums.allocation
    if formula.envelope is None or allocation.envelope_units is None:
        return None, ""
    value = allocation.context.unit.money(allocation.envelope_units)
    stated = sums.figures.get(("envelope", "value"))
    if stated is not None:
        return value, stated
    sums.begin("envelope")
    tree = formula.envelope.value.tree
    title = sums.labels.title("envelope")
    if not of.is_scalar(tree) or len(value) > 1:
        return value, sums.grid.number(title, float(value.sum()))
    text = in_money(sums, rounded(counted(sums, of.number(tree))))
    return value, sums.grid.figure(title, text, float(value[0]), about=sums.worded(tree))


def _as_values(sums: Sums, of: Translator, envelope: str, reason: str) -> Calculated:
    """Write the amounts of every step as values."""
    allocation, labels, grid = sums.allocation, sums.labels, sums.grid
    names = tuple(
        sorted({*sums.formula.names.defined, *sums.formula.names.columns, "envelope", "previous", "eligible"})
    )
    sums.certify(labels.say("book-allocation"), reason, names + tuple(limit.id for limit in sums.formula.limits))
    sums.begin("values")
    if allocation.scope.served is not None:
        # Others than those whom the money is for only count in averages and ranks.
        sums.eligible = grid.values(labels.say("live-takes-part"), allocation.context.rows.astype(float))
    parts = [
        grid.values(labels.part_heading(result.part), full(sums, result.amounts)) for result in allocation.parts_shared
    ]
    stages = [
        (
            grid.values(labels.say("live-before", stage=labels.limit(stage.limit)), full(sums, stage.before)),
            grid.values(labels.say("live-after", stage=labels.limit(stage.limit)), full(sums, stage.after)),
        )
        for stage in allocation.stages
    ]
    exact = grid.values(labels.say("live-exact"), full(sums, allocation.exact))
    units = grid.values(labels.say("live-units"), sums.full(allocation.units.astype(float), ""))
    amounts = grid.values(labels.say("word-amount"), sums.full(allocation.amounts, ""))
    reserve = grid.number(labels.say("result-reserve"), allocation.reserve)
    on_top = grid.number(labels.say("result-on-top"), allocation.on_top)
    shared = grid.number(labels.say("live-shared"), allocation.total)
    return Calculated(amounts, units, parts, stages, exact, envelope, on_top, reserve, shared, of, is_live=False)


def _finished(sums: Sums, sharing: Sharing, staged: Staged) -> Calculated:
    """Round what the last stage gives to whole units."""
    allocation, grid, say = sums.allocation, sums.grid, sums.labels.say
    assert sums.eligible is not None
    sums.begin("rounding")
    unit, there = allocation.context.unit, allocation.context.rows
    reserve = _sum_of(sums, "result-reserve", sharing.reserves)
    on_top = _sum_of(sums, "result-on-top", staged.on_top)
    shares_values = np.where(there, unit.count(staged.values), np.nan)
    text = f'IF({sums.eligible.cell},{counted(sums, staged.amounts.cell)},"")'
    shares = grid.column(say("live-in-units"), text, sums.full(shares_values[there], ""))
    if staged.amount is None:
        units, found, total = _alone(sums, staged, shares, shares_values)
    else:
        total, value = _to_pay(sums, sharing, staged, shares, reserve, on_top)
        units, found = whole_units(sums, shares, shares_values, total, value)
    paid = np.where(there, unit.money(found), 0.0)
    if (paid[there] != allocation.amounts).any():
        # What the formulas give must be what the engine gives; where it is not, its values stand.
        raise Unsupported("combination")
    amounts = grid.column(
        say("word-amount"),
        f'IF({sums.eligible.cell},{in_money(sums, units.cell)},"")',
        sums.full(paid[there], ""),
        bold=True,
        heads=lambda column: [("Σ", f"SUM({column.range})", float(paid.sum()))],
    )
    kept = _rounded(sums, reserve)
    return Calculated(
        amounts,
        units,
        [shared.amounts for shared in sharing.parts],
        list(zip(staged.befores, staged.afters, strict=True)),
        staged.amounts,
        sharing.envelope,
        _added(sums, sharing, staged, total, kept) or on_top[0],
        kept,
        total,
        staged.sharing.translator,
        {shared.result.part.id: shared.level for shared in sharing.parts if shared.level},
        {name: (shared.amounts, shared.values) for name, shared in staged.parts.items()},
        None if staged.bounds is None else (staged.bounds.lower, staged.bounds.upper),
        {shared.result.part.id: shared.members for shared in sharing.parts},
    )


def _added(sums: Sums, sharing: Sharing, staged: Staged, total: str, kept: str) -> str:
    """Write what came on top of the envelope in whole units; nothing where nothing can."""
    if not (staged.on_top and sharing.envelope and staged.amount is not None):
        return ""
    text = f"{total}-ROUND({counted(sums, sharing.envelope)},6)+{counted(sums, kept)}"
    return sums.grid.figure(sums.labels.say("result-on-top"), in_money(sums, text), sums.allocation.on_top)


def _sum_of(sums: Sums, word: str, cells: list[tuple[str, float]]) -> tuple[str, float]:
    value = float(sum(number for _, number in cells))
    text = "+".join(cell for cell, _ in cells) or "0"
    return sums.grid.figure(sums.labels.say(word), text, value), value


def _whole(sums: Sums, money: str) -> str:
    """Write the nearest whole number of units."""
    return f"INT({counted(sums, money)}+0.5)"


def _rounded(sums: Sums, money: tuple[str, float]) -> str:
    unit = sums.allocation.context.unit
    value = float(unit.money(np.floor(unit.count(np.array([money[1]])) + 0.5))[0])
    return sums.grid.figure(sums.labels.say("result-reserve"), in_money(sums, _whole(sums, money[0])), value)


def _to_pay(
    sums: Sums,
    sharing: Sharing,
    staged: Staged,
    shares: Column,
    reserve: tuple[str, float],
    on_top: tuple[str, float],
) -> tuple[str, float]:
    """Write the units to be paid in all: the envelope's, with what came on top, less what is kept."""
    allocation, grid, say = sums.allocation, sums.grid, sums.labels.say
    total = float(allocation.units.sum())
    placed = f"INT(SUM({shares.range})+0.5)"
    if not sharing.envelope:
        return grid.figure(say("live-to-pay"), placed, total), total
    envelope, kept = f"ROUND({counted(sums, sharing.envelope)},6)", _whole(sums, reserve[0])
    text = f"{envelope}-{kept}"
    text = f"IF({on_top[0]}<>0,{placed},{text})" if staged.on_top else text
    return grid.figure(say("live-to-pay"), text, total, about=say("live-about-to-pay")), total


def _alone(sums: Sums, staged: Staged, shares: Column, numbers: Floats) -> tuple[Column, Floats, str]:
    """Round each amount by itself, within its bounds where they are whole."""
    unit, grid = sums.allocation.context.unit, sums.grid
    text, values = rounded(shares.cell), round_half_away(np.where(np.isnan(numbers), 0.0, numbers), 0)
    bounds = staged.bounds
    if bounds is not None and sums.formula.rounding.bounds == "inward":
        low, high = counted(sums, bounds.lower.cell), counted(sums, bounds.upper.cell)
        text = f"MIN(MAX({text},ROUND({low},0)),ROUND({high},0))"
        values = np.clip(values, np.rint(unit.count(bounds.low)), np.rint(unit.count(bounds.high)))
    values = np.where(np.isnan(numbers), 0.0, values)
    column = grid.column(sums.labels.say("live-units"), f"IF(ISNUMBER({shares.cell}),{text},0)", values)
    total = grid.figure(sums.labels.say("live-to-pay"), f"SUM({column.range})", float(values.sum()))
    return column, values, total
