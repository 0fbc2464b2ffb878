"""The sheet of calculations, from who takes part to whole units, each step as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.evaluation import Scope
from equite.engine.rounding import MOST_UNITS
from equite.engine.scoring import score_index
from equite.engine.sharing import Floats
from equite.report.live.bounding import SheetBounds, counted, in_money
from equite.report.live.certificates import everything
from equite.report.live.closed import Unsupported
from equite.report.live.grid import TOTAL, LiveColumn
from equite.report.live.levels import whole_units
from equite.report.live.parts import SharedParts, write_parts
from equite.report.live.ranges import total
from equite.report.live.stages import Staged, write_stages
from equite.report.live.terms import (
    Term,
    absolute_value,
    added,
    choose,
    clip,
    either,
    is_blank,
    rounded,
    rounded_plainly,
    stated,
)
from equite.report.live.translating import Translator

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["MOST_ROWS_LIVE", "Calculated", "calculate"]

#: Above this many territories a spreadsheet takes too long; their amounts are written as values.
MOST_ROWS_LIVE = 20_000


@dataclass
class Calculated:
    """Where the steps of an allocation stand.

    Attributes
    ----------
    amounts, units : LiveColumn
        Final amounts, and in units; an empty text for those who take no part.
    parts : list of LiveColumn
        Each part's amounts.
    stages : list of (LiveColumn, LiveColumn)
        Amounts as each stage began and as it ended.
    exact : LiveColumn
        Amounts before rounding.
    reserve, on_top, shared : Term
        Cells: the reserve, what came on top, what is to be paid in all.
    envelope : Term or None
        The cell of the envelope; None for entitlements.
    translator : Translator
        Knows every name but the final amounts.
    level : dict of str to Term
        Each part's level, where it has one.
    limited : dict of str to LiveColumn
        Each part's amounts as limits leave them.
    bounds : SheetBounds or None
        The bounds in force at the end.
    members : dict of str to LiveColumn
        Who is eligible to each part.
    final : LiveColumn
        Final amounts as numbers in every row, 0 for those who take no part; written with the checks.
    original : LiveColumn
        The same as they were when the workbook was written, as values.
    written : LiveColumn
        The codes as they were when the workbook was written, as values.
    is_live : bool
        Whether amounts recalculate.
    """

    amounts: LiveColumn
    units: LiveColumn
    parts: list[LiveColumn]
    stages: list[tuple[LiveColumn, LiveColumn]]
    exact: LiveColumn
    envelope: Term | None
    on_top: Term
    reserve: Term
    shared: Term
    translator: Translator
    level: dict[str, Term] = field(default_factory=dict)
    limited: dict[str, LiveColumn] = field(default_factory=dict)
    bounds: SheetBounds | None = None
    members: dict[str, LiveColumn] = field(default_factory=dict)
    final: LiveColumn = field(init=False)
    original: LiveColumn = field(init=False)
    written: LiveColumn = field(init=False)
    is_live: bool = True


def calculate(workings: Workings) -> Calculated:
    """Write every step; what cannot be a formula is written as values, and noted."""
    allocation = workings.allocation
    root = _root(allocation.scope, {part.id for part in workings.formula.parts})
    too_long = _eligible(workings)
    translator = Translator(workings, root)
    envelope = _envelope(workings, translator)
    if envelope is not None:
        translator = translator.bound(root, envelope=envelope)
    try:
        if too_long is not None:
            raise too_long
        if allocation.scope.served is not None:
            raise Unsupported("cascade")
        if workings.formula.rounding.by_divisors:
            raise Unsupported("apportionment")
        if workings.grid.rows > MOST_ROWS_LIVE:
            raise Unsupported("large")
        sharing = write_parts(workings, translator, root, envelope)
        return _finished(workings, sharing, write_stages(workings, sharing))
    except Unsupported as reason:
        return _as_values(workings, translator, envelope, reason.reason)


def _root(scope: Scope, ids: set[str]) -> Scope:
    """Return the scope in which no part is known yet."""
    while scope.parent is not None and scope.binds(ids):
        scope = scope.parent
    return scope


def _eligible(workings: Workings) -> Unsupported | None:
    """Write who takes part: as values, where that is longer than a spreadsheet takes; why is given."""
    allocation, say = workings.allocation, workings.labels.say
    workings.begin("eligible")
    rules = workings.formula.eligible
    translator = Translator(workings, Scope(workings.formula, allocation.scope.table, None, score_index))
    inner = "1"
    for rule in reversed(rules):
        inner = f"IF({translator.condition(rule.where.tree)},{inner},0)"
    about = workings.worded(rules[0].where.tree) if rules else say("live-everybody")
    term = stated(inner, allocation.scope.taking_part)
    too_long = None
    try:
        workings.eligible = workings.grid.column(say("live-takes-part"), term, about=about)
    except Unsupported as reason:
        workings.eligible = workings.grid.values(say("live-takes-part"), stated("", allocation.scope.taking_part))
        too_long = reason
    workings.groups.clear()
    return too_long


def _envelope(workings: Workings, translator: Translator) -> Term | None:
    """Write the envelope; nothing for entitlements."""
    formula, allocation = workings.formula, workings.allocation
    if formula.envelope is None or allocation.envelope_units is None:
        return None
    money = allocation.context.unit.money(allocation.envelope_units)
    typed = workings.figures.get(("envelope", "value"))
    if typed is not None:
        units = counted(workings, typed)
        partial = absolute_value(units - rounded_plainly(units)) > 1e-12 * absolute_value(units)
        workings.expect(workings.labels.say("live-check-multiple"), choose(either(partial, typed < 0), 1, 0))
        return typed.carrying(float(money.sum()))
    workings.begin("envelope")
    tree = formula.envelope.value.tree
    title = workings.labels.title("envelope")
    if not translator.is_scalar(tree) or len(money) > 1:
        return workings.grid.number(title, float(money.sum()))
    term = in_money(workings, rounded(counted(workings, translator.term(tree)))).carrying(float(money[0]))
    try:
        envelope = workings.grid.figure(title, term, about=workings.worded(tree))
    except Unsupported as reason:
        workings.certify(title, reason.reason, tuple(formula.envelope.value.names))
        return workings.grid.number(title, float(money[0]))
    workings.expect(workings.labels.say("live-check-multiple"), choose(envelope < 0, 1, 0))
    return envelope


def _as_values(workings: Workings, translator: Translator, envelope: Term | None, reason: str) -> Calculated:
    """Write the amounts of every step as values."""
    allocation, labels, grid = workings.allocation, workings.labels, workings.grid
    workings.certify(labels.say("book-allocation"), reason, everything(workings.formula))
    workings.begin("values")
    if allocation.scope.served is not None:
        # Others than those whom the money is for only count in averages and ranks.
        workings.eligible = grid.values(labels.say("live-takes-part"), stated("", allocation.context.rows))

    def written(heading: str, values: Floats, *, is_blank: bool = False) -> LiveColumn:
        blank = ~allocation.context.rows if is_blank else False
        return grid.values(heading, stated("", workings.full(values, np.nan if is_blank else 0.0), blank=blank))

    parts = [written(labels.part_heading(result.part), result.amounts) for result in allocation.parts_shared]
    stages = [
        (
            written(labels.say("live-before", stage=labels.limit(stage.limit)), stage.before),
            written(labels.say("live-after", stage=labels.limit(stage.limit)), stage.after),
        )
        for stage in allocation.stages
    ]
    exact = written(labels.say("live-exact"), allocation.exact)
    units = written(labels.say("live-units"), allocation.units.astype(float), is_blank=True)
    amounts = written(labels.say("word-amount"), allocation.amounts, is_blank=True)
    reserve = grid.number(labels.say("result-reserve"), allocation.reserve)
    on_top = grid.number(labels.say("result-on-top"), allocation.on_top)
    shared = grid.number(labels.say("live-shared"), allocation.total)
    return Calculated(
        amounts, units, parts, stages, exact, envelope, on_top, reserve, shared, translator, is_live=False
    )


def _finished(workings: Workings, sharing: SharedParts, staged: Staged) -> Calculated:
    """Round what the last stage gives to whole units."""
    allocation, grid, say = workings.allocation, workings.grid, workings.labels.say
    workings.begin("rounding")
    reserve = grid.figure(say("result-reserve"), added(sharing.reserves))
    on_top = grid.figure(say("result-on-top"), added(staged.on_top))
    shares = grid.column(say("live-in-units"), workings.of_those(counted(workings, staged.amounts.each)))
    many = choose(total(shares.all) > float(MOST_UNITS), 1, 0)
    workings.expect(workings.labels.say("live-check-most"), many)
    if staged.money is None:
        units, to_pay = _alone(workings, staged, shares)
    else:
        to_pay = _to_pay(workings, sharing, staged, shares, reserve, on_top)
        units = whole_units(workings, shares, to_pay)
    paid = in_money(workings, units.each)
    there = allocation.context.rows
    if (paid.value[there] != allocation.amounts).any():
        # What the formulas give must be what the engine gives; where it is not, its values stand.
        raise Unsupported("combination")
    amounts = grid.column(say("word-amount"), workings.of_those(paid), bold=True, heads=[TOTAL])
    kept = grid.figure(say("result-reserve"), in_money(workings, _whole(workings, reserve)))
    return Calculated(
        amounts,
        units,
        [shared.amounts for shared in sharing.parts],
        list(zip(staged.befores, staged.afters, strict=True)),
        staged.amounts,
        sharing.envelope,
        _added(workings, sharing, staged, to_pay, kept) or on_top,
        kept,
        to_pay,
        sharing.translator,
        {shared.result.part.id: shared.level for shared in sharing.parts if shared.level is not None},
        {name: shared.amounts for name, shared in staged.parts.items()},
        staged.bounds,
        {shared.result.part.id: shared.members for shared in sharing.parts},
    )


def _added(workings: Workings, sharing: SharedParts, staged: Staged, to_pay: Term, kept: Term) -> Term | None:
    """Write what came on top of the envelope in whole units; nothing where nothing can."""
    if not staged.on_top or sharing.envelope is None or staged.money is None:
        return None
    units = to_pay - rounded_plainly(counted(workings, sharing.envelope), 6) + counted(workings, kept)
    return workings.grid.figure(workings.labels.say("result-on-top"), in_money(workings, units))


def _whole(workings: Workings, money: Term) -> Term:
    """Return the nearest whole number of units."""
    return rounded(counted(workings, money))


def _to_pay(
    workings: Workings, sharing: SharedParts, staged: Staged, shares: LiveColumn, reserve: Term, on_top: Term
) -> Term:
    """Write the units to be paid in all: the envelope's, with what came on top, less what is kept."""
    grid, say = workings.grid, workings.labels.say
    placed = rounded(total(shares.all))
    if sharing.envelope is None:
        return grid.figure(say("live-to-pay"), placed)
    units = rounded_plainly(counted(workings, sharing.envelope), 6) - _whole(workings, reserve)
    if staged.on_top:
        units = choose(on_top.differs(0), placed, units)
    return grid.figure(say("live-to-pay"), units, about=say("live-about-to-pay"))


def _alone(workings: Workings, staged: Staged, shares: LiveColumn) -> tuple[LiveColumn, Term]:
    """Round each amount by itself, within its bounds where they are whole; give the units and their total."""
    units, bounds = rounded(shares.each), staged.bounds
    if bounds is not None and workings.formula.rounding.bounds == "inward":
        low, high = (rounded_plainly(counted(workings, end.each)) for end in (bounds.lower, bounds.upper))
        units = clip(units, low, high)
    column = workings.grid.column(workings.labels.say("live-units"), choose(is_blank(shares.each), 0, units))
    return column, workings.grid.figure(workings.labels.say("live-to-pay"), total(column.all))
