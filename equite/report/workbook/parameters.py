"""The sheet of parameters: every figure and every rule of the page, in the readers' words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.parts import PartResult
from equite.formula.expressions import Expression
from equite.formula.model import Limit, Part
from equite.report.language.bounds_missing import bounds_missing
from equite.report.language.parts import apportionment_said
from equite.report.language.text import plain
from equite.report.workbook.indices import write_index
from equite.report.workbook.sheet import Book, Cell, Sheet

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.formula.tables import Table

__all__ = ["write_parameters"]

_WIDTHS = (32, 28, 34, 17, 14, 24, 28, 20)


def write_parameters(book: Book, allocation: Allocation) -> dict[str, str]:
    """Write the sheet of parameters.

    Returns
    -------
    dict of str to str
        Where the envelope, what was added and what was kept stand, as formulas of other sheets name the cells.
    """
    labels, page = book.labels, allocation.formula
    sheet = Sheet(book, labels.say("book-parameters"), _WIDTHS, landscape=True)
    sheet.title(labels.say("book-parameters-title"))
    sheet.simulation()
    places = _money(sheet, allocation)
    _constants(sheet, allocation)
    _parts(sheet, allocation)
    _limits(sheet, allocation)
    for said in bounds_missing(allocation, labels):
        sheet.paragraph(said)
    sheet.section(labels.say("book-rounding"))
    unit = labels.money(float(page.rounding_to))
    sheet.paragraph(labels.say(f"book-rounding-{page.rounding.bounds}", unit=unit))
    for said in apportionment_said(labels.speech):
        sheet.paragraph(said)
    _conditions(sheet, allocation)
    _variables(sheet, allocation)
    for name, index in page.indices.items():
        write_index(sheet, allocation, name, index)
    _tables(sheet, allocation)
    return places


def _headings(sheet: Sheet, *names: str) -> list[str]:
    return [sheet.book.labels.say(f"book-heading-{name}") for name in names]


def _money(sheet: Sheet, allocation: Allocation) -> dict[str, str]:
    """Write the envelope, what was added to it and what was kept; give their cells."""
    labels, book = sheet.book.labels, sheet.book
    sheet.section(labels.say("book-money"))
    envelope = allocation.formula.envelope
    pairs: list[tuple[str, Cell]] = []
    found = []
    if allocation.envelope is not None:
        mark = labels.mark(("envelope",)) if envelope else ""
        pairs.append((labels.dressed(labels.say("word-envelope"), mark), book.money(allocation.envelope)))
        pairs.append((labels.say("result-on-top"), book.money(allocation.on_top)))
        pairs.append((labels.say("result-reserve"), book.money(allocation.reserve)))
        found = ["envelope", "on_top", "reserve"]
    else:
        pairs.append((labels.say("book-computed-total"), book.money(allocation.total)))
        found = ["total"]
    rows = sheet.pairs(pairs)
    if envelope is not None and envelope.value.number is None:
        sheet.pairs([(labels.say("book-envelope-rule"), labels.expression(envelope.value))])
    name = sheet.name.replace("'", "''")
    return {word: f"'{name}'!$B${row + 1}" for word, row in zip(found, rows, strict=True)}


def _constants(sheet: Sheet, allocation: Allocation) -> None:
    labels = sheet.book.labels
    if not allocation.formula.constants:
        return
    sheet.section(labels.say("book-constants"))
    rows: list[list[Cell]] = [
        [
            labels.title(name),
            sheet.book.number(float(constant.value)),
            labels.unit(name),
            plain(constant.date or ""),
            labels.status(constant.status),
            plain(constant.source or "") or labels.say("book-no-source"),
        ]
        for name, constant in allocation.formula.constants.items()
    ]
    sheet.table(_headings(sheet, "constant", "value", "unit", "date", "status", "source"), rows)


def _parts(sheet: Sheet, allocation: Allocation) -> None:
    labels, book = sheet.book.labels, sheet.book
    sheet.section(labels.say("book-parts"))
    sheet.paragraph(labels.say("book-about-level"))
    rows: list[list[Cell]] = [
        [
            labels.title(result.part.id),
            _pool(result.part, sheet),
            _share(result.part, sheet),
            book.money(allocation.shown.parts[result.part.id].total),
            book.number(int(result.members.sum())),
            _level(result, sheet),
            _bounds(result.part.at_least, result.part.at_most, sheet),
            _if_not(result.part, sheet),
        ]
        for result in allocation.parts_shared
    ]
    names = ("part", "pool", "share", "pool-amount", "members", "level", "bounds", "otherwise")
    sheet.table(_headings(sheet, *names), rows)


def _pool(part: Part, sheet: Sheet) -> str:
    labels, pool = sheet.book.labels, part.pool
    if pool is None:
        words = labels.say("pool-as-is")
    elif pool.remainder:
        words = labels.say("pool-remainder")
    elif pool.each is not None:
        words = labels.say("pool-each", value=labels.quantity(pool.each))
    elif pool.amount is not None:
        words = labels.quantity(pool.amount)
    else:
        assert pool.fraction is not None
        number = pool.fraction.number
        value = labels.expression(pool.fraction) if number is None else labels.percent(number, _digits(number))
        words = labels.say("pool-fraction", value=value)
    if part.within:
        words = labels.say("pool-within", pool=words, group=labels.title(part.within))
    return labels.say("pool-levy", pool=words) if part.levy else words


def _digits(share: float) -> int:
    """Tell the decimals that a percentage needs."""
    return next((digits for digits in range(6) if abs(round(share * 100, digits) - share * 100) < 1e-9), 6)


def _share(part: Part, sheet: Sheet) -> str:
    labels, share = sheet.book.labels, part.share
    if share.in_proportion_to is not None:
        return labels.say("share-in-proportion", value=labels.expression(share.in_proportion_to))
    if share.foundation is not None and share.rate_on is not None:
        need, wealth = labels.expression(share.foundation), labels.expression(share.rate_on)
        return labels.say("share-foundation", need=need, wealth=wealth)
    if share.level_up is not None:
        words = labels.say("share-level-up", value=labels.expression(share.level_up))
        if share.counting is None:
            return words
        return labels.say("share-counting", share=words, value=labels.expression(share.counting))
    if share.as_is is not None:
        return labels.say("share-as-is", value=labels.quantity(share.as_is))
    return labels.say("share-equally")


def _level(result: PartResult, sheet: Sheet) -> Cell:
    """Return the level of a part that has one: the common standard, or the money for one point of score."""
    labels = sheet.book.labels
    if result.part.share.as_is is not None or not result.level.size:
        return None
    if result.level.size > 1:
        return labels.say("level-by-group", count=labels.number(int(result.level.size)))
    level = float(result.level[0])
    # A level has the scale of what the part is shared by; seven figures tell it.
    return sheet.book.number(float(f"{level:.7g}")) if np.isfinite(level) else None


def _bounds(at_least: Expression | None, at_most: Expression | None, sheet: Sheet) -> str:
    labels = sheet.book.labels
    said = []
    if at_least is not None:
        said.append(labels.say("bound-at-least", value=labels.quantity(at_least)))
    if at_most is not None:
        said.append(labels.say("bound-at-most", value=labels.quantity(at_most)))
    return "; ".join(said)


def _if_not(thing: Part | Limit, sheet: Sheet) -> str:
    """Tell what becomes of money that floors lack or caps leave, where the page does not have it refused."""
    labels = sheet.book.labels
    said = [labels.say("if-prorate")] if thing.if_short == "prorate" else []
    said += [labels.say("if-reserve")] if thing.if_over == "reserve" else []
    return "; ".join(said)


def _limits(sheet: Sheet, allocation: Allocation) -> None:
    labels, book = sheet.book.labels, sheet.book
    sheet.section(labels.say("book-limits"))
    if not allocation.stages:
        sheet.paragraph(labels.say("book-no-limits"))
        return
    rows: list[list[Cell]] = []
    for stage in allocation.stages:
        limit = stage.limit
        rows.append(
            [
                labels.limit(limit),
                _bounds(limit.at_least, limit.at_most, sheet) or labels.say("limit-decided"),
                "; ".join(_particulars(limit, sheet)),
                book.number(int(stage.raised.sum())),
                book.number(int(stage.lowered.sum())),
                book.money(allocation.shown.moved(limit.id)),
                book.money(float(stage.on_top.sum())),
                book.money(float(stage.reserve.sum())),
            ]
        )
    names = ("stage", "bounds", "particulars", "raised", "lowered", "moved", "on-top", "reserve")
    sheet.table(_headings(sheet, *names), rows)


def _particulars(limit: Limit, sheet: Sheet) -> Iterator[str]:
    labels = sheet.book.labels
    if limit.part:
        yield labels.say("limit-part", part=labels.title(limit.part))
    if limit.by:
        yield labels.say("limit-by", group=labels.title(limit.by))
    if limit.exempt is not None:
        yield labels.say("limit-except", value=labels.expression(limit.exempt))
    if limit.move is not None:
        yield labels.say("limit-move", value=labels.expression(limit.move.in_proportion_to))
    if limit.then:
        yield labels.say("limit-hold")
    if limit.fund == "on_top":
        yield labels.say("limit-on-top")
    if limit.override:
        yield labels.count(len(limit.override), "limit-override-one", "limit-override-many")
    if said := _if_not(limit, sheet):
        yield said


def _conditions(sheet: Sheet, allocation: Allocation) -> None:
    """Tell who takes part, in all and in each part."""
    labels, page = sheet.book.labels, allocation.formula
    ruled = [(labels.say("book-whole"), rule) for rule in page.eligible]
    ruled += [(labels.title(part.id), rule) for part in page.parts for rule in part.eligible]
    sheet.section(labels.say("book-eligible"))
    if not ruled:
        sheet.paragraph(labels.say("book-all-eligible"))
        return
    rows = [[of, labels.expression(rule.where), labels.worded(rule.reason)] for of, rule in ruled]
    sheet.table(_headings(sheet, "in", "condition", "reason"), rows)


def _variables(sheet: Sheet, allocation: Allocation) -> None:
    labels, page = sheet.book.labels, allocation.formula
    if page.variables:
        sheet.section(labels.say("book-variables"))
        rows = [
            [labels.title(name), labels.unit(name), labels.expression(variable.value)]
            for name, variable in page.variables.items()
        ]
        sheet.table(_headings(sheet, "variable", "unit", "rule"), rows)


def _tables(sheet: Sheet, allocation: Allocation) -> None:
    labels = sheet.book.labels
    for name, table in allocation.formula.tables.items():
        sheet.section(labels.say("book-table", table=plain(name.replace("_", " "))))
        sheet.paragraph(labels.say(f"table-{table.kind}"))
        sheet.table(_headings(sheet, "edge", "value"), _edges(table, sheet))


def _edges(table: Table, sheet: Sheet) -> list[list[Cell]]:
    labels, book = sheet.book.labels, sheet.book
    firsts: list[str] = [labels.title(column) for column in table.columns]
    firsts = firsts or [labels.number(edge) for edge in table.edges]
    rows: list[list[Cell]] = [[first, book.number(value)] for first, value in zip(firsts, table.values, strict=True)]
    if table.above is not None:
        rows.append([labels.say("table-above"), book.number(table.above)])
    return rows
