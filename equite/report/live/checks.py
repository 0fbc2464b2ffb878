"""The sheet of checks, live: sums, bounds, the page's assertions, and what does not recalculate; one line for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.report.language.labels import plain
from equite.report.live.bounding import counted, full
from equite.report.live.calculation import Calculated
from equite.report.live.certificates import certificate_columns
from equite.report.live.grid import Column, quoted
from equite.report.live.translating import Translator, written_number
from equite.report.roundtrip.manifest import Input
from equite.report.workbook.checks import LOOKS
from equite.report.workbook.sheet import PALE, RULE, Book, Sheet, fitting
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["Check", "gather_checks", "write_live_checks"]

_WIDTHS = (62, 44, 20, 16)


@dataclass(frozen=True)
class Check:
    """A line of the sheet: what is checked, on what, how many fail (a formula and its value), and its section."""

    section: str
    title: str
    about: str
    failing: str
    value: float


def gather_checks(sums: Sums, done: Calculated, inputs: list[Input]) -> list[Check]:
    """Write what checks need on the sheet of calculations, and give them."""
    sums.begin("checks")
    numbers = full(sums, sums.allocation.amounts)
    done.final = sums.grid.column(sums.labels.say("live-final"), f"N({done.amounts.cell})", numbers)
    done.original = sums.grid.values(sums.labels.say("live-original"), numbers)
    return [*_sums(sums, done), *_conditions(sums), *_policy(sums, done), *_certificates(sums, inputs)]


def _on(sums: Sums, cell: str) -> str:
    return cell if "!" in cell else quoted(sums.grid.name) + cell


def _sums(sums: Sums, done: Calculated) -> list[Check]:
    allocation, say, grid = sums.allocation, sums.labels.say, sums.grid
    assert sums.eligible is not None
    digits = allocation.context.unit.digits
    found = []
    amounts = done.amounts.on(grid.name).range
    if done.envelope:
        cells = [_on(sums, cell) for cell in (done.reserve, done.envelope, done.on_top)]
        text = f"ROUND(SUM({amounts})+{cells[0]}-{cells[1]}-{cells[2]},{digits})"
        failing = f"IF(ISERROR({text}),1,IF({text}=0,0,1))"
        found.append(Check("sums", say("checks-envelope"), say("live-check-envelope"), failing, 0.0))
    everybody = f"SUM({sums.eligible.on(grid.name).range})-COUNT({amounts})"
    found.append(Check("sums", say("live-check-everybody"), say("live-check-about-everybody"), everybody, 0.0))
    if done.is_live and done.shared and allocation.envelope_units is not None:
        exact = done.exact.on(grid.name).range
        placed = f"ABS({counted(sums, f'SUM({exact})')}-{_on(sums, done.shared)})"
        failing = f"IF(ISERROR({placed}),1,IF({placed}<=1+1E-9*ABS({_on(sums, done.shared)}),0,1))"
        found.append(Check("sums", say("live-check-placed"), say("live-check-about-placed"), failing, 0.0))
    if done.bounds is not None and done.is_live:
        eligible = sums.eligible.on(grid.name).range
        # Amounts are whole units; a bound that is not may be passed by less than one.
        unit = written_number(float(sums.formula.rounding_to) * (1 - 1e-6))
        for word, sign, column in (("floors", f"+{unit}<", done.bounds[0]), ("caps", f"-{unit}>", done.bounds[1])):
            paid = done.final.on(grid.name).range
            beyond = f"SUMPRODUCT(({eligible}=1)*({paid}{sign}{column.on(grid.name).range}))"
            failing = f"IF(ISERROR({beyond}),1,{beyond})"
            found.append(Check("sums", say(f"live-check-{word}"), _about(sums, word), failing, 0.0))
    return found


def _about(sums: Sums, word: str) -> str:
    """Say which bounds are meant, and who has none: for them nothing is kept."""
    told = sums.labels.say(f"live-check-about-{word}")
    key = "at_least" if word == "floors" else "at_most"
    for missing in sums.allocation.context.unbounded:
        if missing.key == key:
            codes = Codes(tuple(map(plain, missing.codes)), 50)
            told += sums.labels.say(f"live-check-without-{word}", name=sums.labels.title(missing.name), codes=codes)
    return told


def _conditions(sums: Sums) -> list[Check]:
    """Return what must hold for the page to have a meaning: no negative measure, no crossed bounds."""
    return [Check("sums", title, "", f"IF(ISERROR({text}),1,{text})", 0.0) for title, text in sums.conditions]


def _policy(sums: Sums, done: Calculated) -> list[Check]:
    """Write the page's assertions on final amounts."""
    allocation = sums.allocation
    assert sums.eligible is not None
    if not sums.formula.checks:
        return []
    of = _final(sums, done)
    found = []
    for result, check in zip(allocation.checks, sums.formula.checks, strict=True):
        failing = set(result.failing)
        values = [float(str(code) in failing) for code in allocation.scope.table.codes]
        text = f"IF({sums.eligible.cell},IF(IFERROR({of.condition(check.that.tree)},FALSE),0,1),0)"
        title = sums.labels.check(result.that, result.title)
        column = sums.grid.column(title, text, values, about=sums.worded(check.that.tree))
        cell = f"SUM({column.on(sums.grid.name).range})"
        found.append(Check("policy", title, sums.labels.expression(check.that), cell, float(len(result.failing))))
    return found


def _final(sums: Sums, done: Calculated) -> Translator:
    """Return what names mean once amounts are final: ``amount``, and what is left of each part in it."""
    allocation = sums.allocation
    numbers = full(sums, allocation.amounts)
    amount = done.final
    known: dict[str, Column | str] = {"amount": amount}
    values: dict[str, np.ndarray] = {"amount": numbers}
    names = {name for check in sums.formula.checks for name in sums.formula.names.closure(check.that.names)}
    parts = [result.part for result in allocation.parts_limited]
    if names & {part.id for part in parts}:
        finals = {name: full(sums, value) for name, value in allocation.final_parts.items()}
        columns = _final_parts(sums, done, amount, finals)
        known, values = {**known, **columns}, {**values, **finals}
    of = done.translator
    return of.bound(of.scope.bound(**values), **known)


def _final_parts(sums: Sums, done: Calculated, amount: Column, finals: dict[str, np.ndarray]) -> dict[str, Column]:
    """Write what is left of each part: fixed parts whole, the others sharing the rest as they did before."""
    allocation, grid, say = sums.allocation, sums.grid, sums.labels.say
    parts = [result.part for result in allocation.parts_limited]
    if not done.is_live or not done.limited:
        return {part.id: grid.values(sums.labels.title(part.id), finals[part.id]) for part in parts}
    fixed = [done.limited[part.id] for part in parts if part.is_fixed]
    others = [done.limited[part.id] for part in parts if not part.is_fixed]
    zeros = np.zeros(grid.rows)
    b_values = sum((values for _, values in fixed), zeros)
    s_values = sum((values for _, values in others), zeros)
    b = grid.column(say("live-fixed"), "+".join(column.cell for column, _ in fixed) or "0", b_values)
    s = grid.column(say("live-movable"), "+".join(column.cell for column, _ in others) or "0", s_values)
    shrink = f"OR(AND({amount.cell}<{b.cell},{b.cell}>0),AND({s.cell}=0,{b.cell}<>0))"
    down = f"IF(AND({shrink},{b.cell}<>0),{amount.cell}/{b.cell},1)"
    along = f"IF({shrink},0,IF({s.cell}<>0,({amount.cell}-{b.cell})/{s.cell},0))"
    columns: dict[str, Column] = {}
    for part in reversed(parts):
        text = f"{done.limited[part.id][0].cell}*{down if part.is_fixed else along}"
        if part is parts[0]:
            # Where nothing but a floor gives anything, the first part carries it.
            text = amount.cell + "".join(f"-{column.cell}" for column in columns.values())
        columns[part.id] = grid.column(sums.labels.title(part.id), text, finals[part.id])
    return columns


def _certificates(sums: Sums, inputs: list[Input]) -> list[Check]:
    found = []
    for certificate in sums.certificates:
        title = sums.labels.say("live-certificate", step=plain(certificate.step))
        about = sums.labels.say(f"live-closed-{certificate.reason}")
        cells = certificate_columns(sums, certificate, inputs)
        found.append(Check("values", title, about, cells, 0.0))
    return found


def write_live_checks(book: Book, checks: list[Check], without: int) -> None:
    """Write the sheet, its first line telling whether all holds, and for how many a bound is not there."""
    labels = book.labels
    sheet = Sheet(book, labels.say("book-checks"), _WIDTHS, landscape=True)
    sheet.title(labels.say("checks-title"))
    overall = sheet.row
    sheet.row += 1
    sheet.paragraph(labels.say("live-about-checks"), italic=True)
    rows = []
    for section, title in (("sums", "checks-sums"), ("policy", "checks-policy"), ("values", "live-values")):
        chosen = [check for check in checks if check.section == section]
        if not chosen:
            continue
        sheet.section(labels.say(title))
        _head(sheet)
        for check in chosen:
            rows.append(sheet.row)
            _line(sheet, check)
    _overall(sheet, overall, rows, checks, without)


def _head(sheet: Sheet) -> None:
    for column, name in enumerate(("check", "condition", "failing", "result")):
        style = sheet.book.style(bold=True, bg_color=PALE, text_wrap=True, valign="vcenter")
        sheet.sheet.write_string(sheet.row, column, sheet.book.labels.say(f"checks-heading-{name}"), style)
    sheet.row += 1


def _line(sheet: Sheet, check: Check) -> None:
    book, say, row = sheet.book, sheet.book.labels.say, sheet.row
    look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top", "text_wrap": True}
    sheet.high((check.title, check.about))
    sheet.sheet.write_string(row, 0, fitting(check.title), book.style(**look))
    sheet.sheet.write_string(row, 1, fitting(check.about), book.style(**look))
    sheet.sheet.write_formula(
        row, 2, f"={check.failing}", book.style(**look, num_format="0", align="left"), check.value
    )
    passed, failed = say("checks-word-passed"), say("checks-word-failed")
    # An error is a failure: a check must never pass because it could not be computed.
    formula = f'=IF(ISERROR(C{row + 1}),"{failed}",IF(C{row + 1}=0,"{passed}","{failed}"))'
    said = failed if check.value else passed
    sheet.sheet.write_formula(row, 3, formula, book.style(bold=True, valign="top"), said)
    for word, (fill, ink) in LOOKS.items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{say(f"checks-word-{word}")}"'}
        sheet.sheet.conditional_format(
            row, 3, row, 3, {**rule, "format": book.style(bg_color=fill, font_color=ink, bold=True)}
        )
    sheet.row += 1


def _overall(sheet: Sheet, row: int, rows: list[int], checks: list[Check], without: int) -> None:
    """Write the line that tells whether all holds."""
    book, say = sheet.book, sheet.book.labels.say
    passed = say("checks-word-passed")
    # A promise is not told as kept for those who have no bound to keep it.
    count = book.labels.territories(without)
    good = say("live-all-holds-but", territories=count) if without else say("live-all-holds")
    bad = say("live-not-all-holds")
    cells = "+".join(f'(D{at + 1}<>"{passed}")' for at in rows)
    failing = sum(check.value > 0 for check in checks)
    formula = f'=IF({cells}=0,"{good}","{bad}")'
    style = book.style(bold=True, font_size=13, text_wrap=True, valign="vcenter", border=1)
    sheet.sheet.merge_range(row, 0, row, len(_WIDTHS) - 1, "", style)
    sheet.sheet.write_formula(row, 0, formula, style, bad if failing else good)
    sheet.sheet.set_row(row, 30)
    for said, word in ((good, "passed"), (bad, "failed")):
        fill, ink = LOOKS[word]
        rule = {"type": "cell", "criteria": "==", "value": f'"{said}"'}
        sheet.sheet.conditional_format(
            row, 0, row, len(_WIDTHS) - 1, {**rule, "format": book.style(bg_color=fill, font_color=ink, bold=True)}
        )
