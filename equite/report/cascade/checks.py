"""The checks of a cascade's workbook: live formulas for every node, and what the pages ask."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from equite.report.cascade.words import CascadeLabels
from equite.report.cascade.workbook import Money, quoted
from equite.report.language.text import plain
from equite.report.workbook.checks import LOOKS, verdict
from equite.report.workbook.sheet import HIGHEST, LINE, PALE, RULE, Book, Sheet, fitting, lines_of
from equite.report.workbook.table import SheetTable, letters
from equite.wording import Codes

__all__ = ["write_checks"]

_WIDTHS = (16, 12, 34, 21, 19, 21, 19, 17, 15)
#: Where a result stands among overall checks, and a node's difference and result.
_RESULT, _DIFFERENCE, _VERDICT = 5, 7, 8
#: Codes that a spreadsheet's search takes for nothing but themselves.
_WHOLE, _WORD = re.compile(r"[0-9]{1,15}"), re.compile(r"[A-Za-z][A-Za-z0-9_.]*")


@dataclass(frozen=True)
class _Node:
    """Who passes money on: its tier's title, and the formula and value of each of its cells."""

    tier: str
    code: tuple[str, str]
    name: tuple[str, str]
    passed_on: tuple[str, float]
    on_top: tuple[str, float]
    below: tuple[str, float]
    reserve: tuple[str, float]


def write_checks(book: Book, labels: CascadeLabels, tables: Sequence[SheetTable], money: Money) -> None:
    """Write the sheet of checks: overall ones, those that pages ask, and one row for each node of every tier.

    Parameters
    ----------
    book : Book
        The workbook.
    labels : CascadeLabels
        Of the cascade.
    tables : sequence of SheetTable
        Where each tier's accounts stand.
    money : Money
        Where the sources and the uses stand.
    """
    sheet = Sheet(book, labels.say("book-checks"), _WIDTHS, landscape=True)
    sheet.title(labels.say("checks-title"))
    sheet.simulation()
    sheet.paragraph(labels.say("cascade-checks-about"), italic=True)
    sheet.section(labels.say("checks-sums"))
    _head(sheet, "checks-heading", ("check", "", "", "expected", "found", "result"), (3, 4))
    # How many nodes are wrong stands first, and is known once they are written.
    nodes = sheet.row
    sheet.row += 1
    sums = [f"${letters(_RESULT)}${nodes + 1}", *_overall(sheet, labels, tables, money)]
    _policy(sheet, labels, sums)
    first, last = _nodes(sheet, labels, tables, money)
    column = letters(_DIFFERENCE)
    found = f"=SUMPRODUCT(--({column}{first + 1}:{column}{last + 1}<>0))"
    _compared(sheet, nodes, labels.say("cascade-checks-nodes"), ("=0", 0.0), (found, 0.0), whole=True)


# --- overall


def _overall(sheet: Sheet, labels: CascadeLabels, tables: Sequence[SheetTable], money: Money) -> Iterator[str]:
    """Check that nothing is lost between the sources and the uses, nor inside a row; give the cells of results."""
    cascade = labels.cascade
    sources = round(sum(found.money for found, _ in money.sources), labels.digits)
    uses = [money.cell(cascade.names[0], "reserve")]
    uses += [f"SUM({_range(table, name)})" for table in tables[:-1] for name in ("kept", "reserve")]
    found = "=" + "+".join([*uses, f"SUM({_range(tables[-1], 'received')})+SUM({_range(tables[-1], 'funds')})"])
    title = labels.say("cascade-checks-whole")
    yield _compared(sheet, sheet.row, title, (f"=SUM({money.all_sources})", sources), (found, sources))
    sheet.row += 1
    dust = 0.4 * 10.0**-labels.digits
    for table, level in zip(tables, cascade.levels, strict=True):
        title = labels.say("cascade-checks-rows", tier=labels.tier(level.tier.id))
        came, wrong = f"{_range(table, 'received')}+{_range(table, 'funds')}", []
        if _place(table, "amount") is not None:
            wrong.append(f"{came}-{_range(table, 'amount')}")
        if _place(table, "passed_on") is not None:
            kept, passed_on = _range(table, "kept"), _range(table, "passed_on")
            wrong.append(f"{came}+{_range(table, 'added')}-{kept}-{passed_on}")
        if not wrong:
            continue
        rows = "+".join(f"(ABS({each})>{dust:.9f})" for each in wrong)
        found = f"=SUMPRODUCT(--({rows}>0))"
        yield _compared(sheet, sheet.row, title, ("=0", 0.0), (found, 0.0), whole=True)
        sheet.row += 1


def _compared(
    sheet: Sheet, row: int, title: str, expected: tuple[str, float], found: tuple[str, float], *, whole: bool = False
) -> str:
    """Write what is expected and what is found, and whether they agree; give the cell of the result."""
    book = sheet.book
    digits = 0 if whole else book.labels.digits
    look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top"}
    number = book.style(**look, align="right", num_format=book.number_format(0) if whole else book.money_format(digits))
    sheet.sheet.merge_range(row, 0, row, 2, fitting(title), book.style(**look, text_wrap=True))
    _heightened(sheet, row, (title, sum(_WIDTHS[:3])))
    for column, (formula, value) in ((3, expected), (4, found)):
        sheet.sheet.write_formula(row, column, formula, number, value)
    return verdict(sheet, row, _RESULT, f"ROUND(D{row + 1}-E{row + 1},{digits})=0")


def _head(sheet: Sheet, prefix: str, names: Sequence[str], numbers: Collection[int]) -> None:
    """Write headings, those of numbers flush right; an empty name leaves its column without one."""
    for column, name in enumerate(names):
        look: dict[str, Any] = {"bold": True, "bg_color": PALE, "text_wrap": True, "valign": "vcenter"}
        style = sheet.book.style(**look, align="right" if column in numbers else "left", indent=int(name == "result"))
        sheet.sheet.write_string(sheet.row, column, sheet.book.labels.say(f"{prefix}-{name}") if name else "", style)
    sheet.row += 1


# --- what the pages ask


def _policy(sheet: Sheet, labels: CascadeLabels, sums: Sequence[str]) -> None:
    """Write the pages' checks; a result stands only while the sums do."""
    sheet.section(labels.say("cascade-checks-policy"))
    checks = labels.checks()
    if not checks:
        sheet.paragraph(labels.say("cascade-checks-no-policy"))
        return
    sheet.paragraph(labels.say("checks-about-policy"), italic=True)
    book = sheet.book
    passed, stale = labels.say("checks-word-passed"), labels.say("checks-word-stale")
    holds = ",".join(f'{cell}="{passed}"' for cell in sums)
    look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top"}
    for check in checks:
        row = sheet.row
        said = passed if check.passed else labels.say("checks-word-failed")
        codes = Codes(tuple(map(plain, check.failing)), most=20).in_language(labels.language)
        sheet.sheet.merge_range(row, 0, row, 2, fitting(check.title), book.style(**look, text_wrap=True))
        count = "" if check.passed else labels.territories_of(check.tier, len(check.failing))
        sheet.sheet.merge_range(row, 3, row, 4, count, book.style(**look, align="right"))
        verdict = book.style(bold=True, valign="top", align="left", indent=1)
        sheet.sheet.write_formula(row, _RESULT, f'=IF(AND({holds}),"{said}","{stale}")', verdict, said)
        sheet.sheet.merge_range(row, 6, row, 8, fitting(codes), book.style(**look, text_wrap=True))
        _coloured(sheet, row, row, _RESULT)
        _heightened(sheet, row, (check.title, sum(_WIDTHS[:3])), (codes, sum(_WIDTHS[6:])))
        sheet.row += 1


# --- node by node


def _nodes(sheet: Sheet, labels: CascadeLabels, tables: Sequence[SheetTable], money: Money) -> tuple[int, int]:
    """Write a row for each node; give the first and the last."""
    sheet.section(labels.say("cascade-checks-each"))
    sheet.paragraph(labels.say("cascade-checks-about-each"), italic=True)
    heads = ("tier", "code", "name", "passed_on", "on_top", "below", "reserve", "difference", "result")
    _head(sheet, "cascade-checks-heading", heads, range(3, _VERDICT))
    top, first = sheet.row - 1, sheet.row
    book, worksheet = sheet.book, sheet.sheet
    look: dict[str, Any] = {"bottom": 4, "bottom_color": RULE, "valign": "top"}
    text = book.style(**look, num_format="@")
    number = book.style(**look, num_format=book.number_format(labels.digits))
    verdict = book.style(**look, bold=True, align="left", indent=1)
    passed, failed = labels.say("checks-word-passed"), labels.say("checks-word-failed")
    for node in _all_nodes(labels, tables, money, first):
        row = sheet.row + 1
        worksheet.write_string(sheet.row, 0, fitting(node.tier), text)
        for column, (formula, value) in enumerate((node.code, node.name), start=1):
            if formula:
                worksheet.write_formula(sheet.row, column, formula, text, value)
            else:
                worksheet.write_string(sheet.row, column, fitting(value), text)
        for column, (formula, amount) in enumerate((node.passed_on, node.on_top, node.below, node.reserve), start=3):
            worksheet.write_formula(sheet.row, column, formula, number, amount)
        worksheet.write_formula(
            sheet.row, _DIFFERENCE, f"=ROUND(F{row}+G{row}-E{row}-D{row},{labels.digits})", number, 0
        )
        worksheet.write_formula(sheet.row, _VERDICT, f'=IF(H{row}=0,"{passed}","{failed}")', verdict, passed)
        sheet.row += 1
    last = sheet.row - 1
    _coloured(sheet, first, last, _VERDICT)
    worksheet.repeat_rows(top)
    worksheet.autofilter(top, 0, last, _VERDICT)
    return first, last


def _all_nodes(labels: CascadeLabels, tables: Sequence[SheetTable], money: Money, row: int) -> Iterator[_Node]:
    """Return the top, then every territory that has territories below it, with the row (from 0) of the next in hand."""
    cascade = labels.cascade
    top, minor_units = cascade.names[0], cascade.minor_units
    first = cascade.levels[0]
    came = f"=SUM({_range(tables[0], 'received')})"
    yield _Node(
        tier="",
        code=("", ""),
        name=("", labels.say("word-envelope")),
        passed_on=(f"={money.cell(top, 'envelope')}", cascade.envelope),
        on_top=(f"={money.cell(top, 'on_top')}", labels.exact(first.on_top)),
        below=(came, labels.exact(first.received)),
        reserve=(f"={money.cell(top, 'reserve')}", labels.exact(first.reserve)),
    )
    for at, (level, below) in enumerate(zip(cascade.levels, cascade.levels[1:], strict=False)):
        table, children = tables[at], tables[at + 1]
        search = _search(level.codes)
        names, tier = cascade.names_of(level.tier.id), labels.tier(level.tier.id)
        sums = [
            minor_units.money(found).tolist()
            for found in (below.by_parent(below.received), below.reserve, below.on_top)
        ]
        passed_on = minor_units.money(level.passed_on).tolist()
        named = any(column.id == "name" for column in table.columns)
        for place, code in enumerate(level.codes):
            row += 1
            line = table.first + place
            own = search.format(
                amounts=_range(children, "received"), parents=_range(children, "parent"), code=f"B{row + 1}"
            )
            yield _Node(
                tier=tier,
                code=(f"={_cell(table, 'code', line)}", plain(code)),
                name=(f"={_cell(table, 'name', line)}" if named else "", plain(names[place]) if named else ""),
                passed_on=(f"={_cell(table, 'passed_on', line)}", passed_on[place]),
                on_top=(f"={_cell(table, 'on_top', line)}", sums[2][place]),
                below=(own, sums[0][place]),
                reserve=(f"={_cell(table, 'reserve', line)}", sums[1][place]),
            )


def _search(codes: Sequence[str]) -> str:
    """Write the sum of what the children of a code received.

    SUMIFS is fast, and takes ``"010"`` for ``"10"``, and ``*`` or ``<`` for more than signs: where codes could be
    taken for others, each is compared as it is written.
    """
    alike = {int(code) if _WHOLE.fullmatch(code) else code.casefold() for code in codes}
    simple = all(_WHOLE.fullmatch(code) or _WORD.fullmatch(code) for code in codes)
    if simple and len(alike) == len(codes) and not {"true", "false"} & {code.casefold() for code in codes}:
        return "=SUMIFS({amounts},{parents},{code})"
    return "=SUMPRODUCT(EXACT({parents},{code})*{amounts})"


# --- cells and colours


def _place(table: SheetTable, name: str) -> int | None:
    return next((at for at, column in enumerate(table.columns) if column.id == name), None)


def _cell(table: SheetTable, name: str, row: int) -> str:
    """Return a cell of a tier's column, as other sheets name it; ``0`` for one that the tier does not have."""
    at = _place(table, name)
    return "0" if at is None else f"{quoted(table.sheet)}!{letters(at)}{row}"


def _range(table: SheetTable, name: str) -> str:
    """Return a tier's column; ``0`` for one that the tier does not have."""
    at = _place(table, name)
    if at is None:
        return "0"
    return f"{quoted(table.sheet)}!${letters(at)}${table.first}:${letters(at)}${table.last}"


def _heightened(sheet: Sheet, row: int, *texts: tuple[str, float]) -> None:
    """Return a row the height that its texts need, each in a width: merged cells do not grow by themselves."""
    lines = max(lines_of(text, int(width)) for text, width in texts)
    sheet.sheet.set_row(row, min(HIGHEST, LINE * lines + 2))


def _coloured(sheet: Sheet, first: int, last: int, column: int) -> None:
    """Colour results, once for a whole column."""
    for word, (fill, ink) in LOOKS.items():
        look = sheet.book.style(bg_color=fill, font_color=ink, bold=True)
        rule = {"type": "cell", "criteria": "==", "value": f'"{sheet.book.labels.say(f"checks-word-{word}")}"'}
        sheet.sheet.conditional_format(first, column, last, column, {**rule, "format": look})
