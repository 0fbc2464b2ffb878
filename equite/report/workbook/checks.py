"""The sheet of checks: sums as live formulas, the page's assertions with whom they fail for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from equite.report.language.text import plain
from equite.report.workbook.sheet import MOST_ROWS, PALE, RULE, Book, Cell, Sheet, fitting
from equite.report.workbook.table import SheetTable

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["LOOKS", "verdict", "write_checks"]

_WIDTHS = (52, 34, 22, 22, 18)
#: Territories listed for one check; beyond, they are counted.
_MOST_LISTED = 2000
#: Fills and inks that differ in lightness too; the word and its sign tell the result without them.
LOOKS = {"passed": ("#D8EFD9", "#14532D"), "failed": ("#F9D6D5", "#7F1D1D"), "stale": ("#FFF3D6", "#6B4E00")}


def write_checks(book: Book, allocation: Allocation, table: SheetTable, money: Mapping[str, str]) -> None:
    """Write the sheet of checks.

    Parameters
    ----------
    book : Book
        The workbook.
    allocation : Allocation
        The allocation.
    table : SheetTable
        Where its table stands.
    money : mapping of str to str
        Where the envelope, what was added and what was kept stand.
    """
    labels = book.labels
    sheet = Sheet(book, labels.say("book-checks"), _WIDTHS, landscape=True)
    sheet.title(labels.say("checks-title"))
    sheet.simulation()
    sheet.section(labels.say("checks-sums"))
    sheet.paragraph(labels.say("checks-about-sums", sheet=table.sheet), italic=True)
    sums = _sums(sheet, allocation, table, money)
    sheet.section(labels.say("checks-policy"))
    if not allocation.checks:
        sheet.paragraph(labels.say("checks-none"))
        return
    sheet.paragraph(labels.say("checks-about-policy"), italic=True)
    _policy(sheet, allocation, sums)
    _failing(sheet, allocation)


def _head(sheet: Sheet, *names: str) -> None:
    sheet.high([sheet.book.labels.say(f"checks-heading-{name}") for name in names], 0.95)
    for column, name in enumerate(names):
        look: dict[str, Any] = {"bold": True, "bg_color": PALE, "text_wrap": True, "valign": "vcenter"}
        right = name in ("expected", "found")
        style = sheet.book.style(**look, align="right" if right else "left", indent=int(column > 0 and not right))
        sheet.sheet.write_string(sheet.row, column, sheet.book.labels.say(f"checks-heading-{name}"), style)
    sheet.row += 1


def _sums(sheet: Sheet, allocation: Allocation, table: SheetTable, money: Mapping[str, str]) -> tuple[str, str]:
    """Write the checks of sums; give the cells of their results."""
    labels, book = sheet.book.labels, sheet.book
    digits = labels.digits
    (amounts,) = table.cells("amount")
    _head(sheet, "check", "expected", "found", "result")
    if "envelope" in money:
        title = labels.sums_agree()
        expected, found = f"={money['envelope']}+{money['on_top']}", f"=SUM({amounts})+{money['reserve']}"
        total = (allocation.envelope or 0.0) + allocation.on_top
    else:
        title, expected, found = labels.say("checks-total"), f"={money['total']}", f"=SUM({amounts})"
        total = allocation.total
    look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top"}
    style = book.style(**look, num_format=book.money_format(digits), align="right")
    cells = []
    first = sheet.row
    sheet.high([title])
    sheet.sheet.write_string(first, 0, title, book.style(**look, text_wrap=True))
    sheet.sheet.write_formula(first, 1, expected, style, total)
    sheet.sheet.write_formula(first, 2, found, style, round(allocation.total + allocation.reserve, digits))
    cells.append(verdict(sheet, first, 3, f"ROUND(B{first + 1}-C{first + 1},{digits})=0"))
    sheet.row += 1
    second, rows_said = sheet.row, labels.say("checks-rows")
    sheet.high([rows_said])
    steps = "+".join([*table.cells("part"), *table.cells("limit"), *table.cells("rounding")])
    plain_number = book.style(**look, num_format=book.number_format(0), align="right")
    sheet.sheet.write_string(second, 0, rows_said, book.style(**look, text_wrap=True))
    sheet.sheet.write_number(second, 1, 0, plain_number)
    # Less than half of the last decimal shown is the dust of binary sums.
    dust = 0.4 * 10.0 ** -max(
        column.digits for column in table.columns if column.step in ("part", "rounding", "amount")
    )
    sheet.sheet.write_formula(second, 2, f"=SUMPRODUCT(--(ABS({steps}-{amounts})>{dust:.9f}))", plain_number, 0)
    cells.append(verdict(sheet, second, 3, f"B{second + 1}=C{second + 1}"))
    sheet.row += 1
    return cells[0], cells[1]


def verdict(sheet: Sheet, row: int, column: int, condition: str) -> str:
    """Write a live result, passed as it is computed here; give its cell."""
    say = sheet.book.labels.say
    passed, failed = say("checks-word-passed"), say("checks-word-failed")
    formula = f'=IF({condition},"{passed}","{failed}")'
    sheet.sheet.write_formula(
        row, column, formula, sheet.book.style(bold=True, valign="top", align="left", indent=1), passed
    )
    _colour(sheet, row, column)
    return f"${chr(ord('A') + column)}${row + 1}"


def _colour(sheet: Sheet, row: int, column: int) -> None:
    for word, (fill, ink) in LOOKS.items():
        said = sheet.book.labels.say(f"checks-word-{word}")
        rule = {
            "type": "cell",
            "criteria": "==",
            "value": f'"{said}"',
            "format": sheet.book.style(bg_color=fill, font_color=ink, bold=True),
        }
        sheet.sheet.conditional_format(row, column, row, column, rule)


def _policy(sheet: Sheet, allocation: Allocation, sums: tuple[str, str]) -> None:
    """Write the page's checks; a result stands only while the sums do."""
    labels, book = sheet.book.labels, sheet.book
    _head(sheet, "check", "final", "failing", "result")
    passed, stale = labels.say("checks-word-passed"), labels.say("checks-word-stale")
    look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top", "text_wrap": True}
    for result, check in zip(allocation.checks, allocation.formula.checks, strict=True):
        row = sheet.row
        condition = labels.expression(check.that)
        title = labels.check(result.that, result.title)
        sheet.high((title, condition))
        said = passed if result.passed else labels.say("checks-word-failed")
        sheet.sheet.write_string(row, 0, fitting(title), book.style(**look))
        sheet.sheet.write_string(row, 1, fitting(condition), book.style(**look, align="left", indent=1))
        count = book.number(len(result.failing))
        sheet.sheet.write_number(
            row, 2, count.value, book.style(**look, num_format=count.format, align="left", indent=1)
        )
        formula = f'=IF(AND({sums[0]}="{passed}",{sums[1]}="{passed}"),"{said}","{stale}")'
        sheet.sheet.write_formula(row, 3, formula, book.style(bold=True, valign="top", align="left", indent=1), said)
        _colour(sheet, row, 3)
        sheet.row += 1


def _failing(sheet: Sheet, allocation: Allocation) -> None:
    """List the territories for which checks fail, with what they get."""
    labels, book = sheet.book.labels, sheet.book
    failed = [check for check in allocation.checks if not check.passed]
    if not failed:
        return
    sheet.section(labels.say("checks-failing"))
    amounts = dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True))
    names = dict(zip(allocation.codes, allocation.names, strict=True))
    headings = [labels.say("checks-heading-check"), labels.heading("name"), labels.heading("code")]
    rows: list[list[Cell]] = []
    for check in failed:
        title = labels.check(check.that, check.title)
        room = min(_MOST_LISTED, MOST_ROWS - sheet.row - len(rows) - 10)
        rows += [[title, plain(names[code]), plain(code), book.money(amounts[code])] for code in check.failing[:room]]
        if len(check.failing) > room:
            rows.append([title, labels.count(len(check.failing) - room, "warnings-more-one", "warnings-more-many")])
    sheet.table([*headings, labels.say("word-amount")], rows)
