"""The sheet of checks, live: sums, bounds, the page's assertions, and what does not recalculate; one line for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from equite.report.language.text import plain
from equite.report.live.bounding import counted
from equite.report.live.calculation import Calculated
from equite.report.live.certificates import certificate_columns
from equite.report.live.grid import LiveColumn
from equite.report.live.ranges import count, sum_product, total
from equite.report.live.terms import (
    Term,
    absolute_value,
    added,
    as_number,
    both,
    choose,
    either,
    is_error,
    rounded_plainly,
    stated,
)
from equite.report.live.translating import Ref, Translator
from equite.report.roundtrip.manifest import Input
from equite.report.workbook.checks import LOOKS
from equite.report.workbook.sheet import PALE, RULE, Book, Sheet, fitting
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["LiveCheck", "gather_checks", "write_live_checks"]

_WIDTHS = (62, 44, 20, 16)


@dataclass(frozen=True)
class LiveCheck:
    """A line of the sheet: its section, what is checked, on what, and how many fail."""

    section: str
    title: str
    about: str
    failing: Term


def gather_checks(workings: Workings, done: Calculated, inputs: list[Input]) -> list[LiveCheck]:
    """Write what checks need on the sheet of calculations, and give them."""
    workings.begin("checks")
    done.final = workings.grid.column(workings.labels.say("live-final"), as_number(done.amounts.each))
    done.original = workings.grid.values(workings.labels.say("live-original"), stated("", done.final.values))
    return [*_sums(workings, done), *_conditions(workings), *_policy(workings, done), *_certificates(workings, inputs)]


def _failures(term: Term) -> Term:
    """Return a number of failures; what could not be computed is one."""
    return choose(is_error(term), 1, term)


def _sums(workings: Workings, done: Calculated) -> list[LiveCheck]:
    allocation, say, there = workings.allocation, workings.labels.say, workings.grid.name
    found = []
    amounts, eligible = done.amounts.on(there).all, workings.takes_part.on(there).all
    if done.envelope is not None:
        reserve, envelope, on_top = (workings.named(cell) for cell in (done.reserve, done.envelope, done.on_top))
        gap = rounded_plainly(total(amounts) + reserve - envelope - on_top, allocation.context.unit.digits)
        failing = choose(is_error(gap), 1, choose(gap.equals(0), 0, 1))
        found.append(LiveCheck("sums", say("checks-envelope"), say("live-check-envelope"), failing))
    everybody = total(eligible) - count(amounts)
    found.append(LiveCheck("sums", say("live-check-everybody"), say("live-check-about-everybody"), everybody))
    if done.is_live and allocation.envelope_units is not None:
        shared = workings.named(done.shared)
        gap = absolute_value(counted(workings, total(done.exact.on(there).all)) - shared)
        failing = choose(is_error(gap), 1, choose(gap <= 1 + 1e-9 * absolute_value(shared), 0, 1))
        found.append(LiveCheck("sums", say("live-check-placed"), say("live-check-about-placed"), failing))
    if done.bounds is not None and done.is_live:
        # Amounts are whole units; a bound that is not may be passed by less than one.
        unit = float(workings.formula.rounding_to) * (1 - 1e-6)
        paid = done.final.on(there).all
        lower, upper = (end.on(there).all for end in (done.bounds.lower, done.bounds.upper))
        for word, beyond in (("floors", paid + unit < lower), ("caps", paid - unit > upper)):
            failing = _failures(sum_product(eligible.equals(1) * beyond))
            found.append(LiveCheck("sums", say(f"live-check-{word}"), _about(workings, word), failing))
    return found


def _about(workings: Workings, word: str) -> str:
    """Say which bounds are meant, and who has none: for them nothing is kept."""
    told = workings.labels.say(f"live-check-about-{word}")
    key = "at_least" if word == "floors" else "at_most"
    for missing in workings.allocation.context.unbounded:
        if missing.key == key:
            codes = Codes(tuple(map(plain, missing.codes)), 50)
            told += workings.labels.say(
                f"live-check-without-{word}", name=workings.labels.title(missing.name), codes=codes
            )
    return told


def _conditions(workings: Workings) -> list[LiveCheck]:
    """Return what must hold for the page to have a meaning: no negative measure, no crossed bounds."""
    return [LiveCheck("sums", title, "", _failures(term)) for title, term in workings.conditions]


def _policy(workings: Workings, done: Calculated) -> list[LiveCheck]:
    """Write the page's assertions on final amounts."""
    allocation = workings.allocation
    if not workings.formula.checks:
        return []
    translator = _final(workings, done)
    found = []
    for result, check in zip(allocation.checks, workings.formula.checks, strict=True):
        failing = set(result.failing)
        fails = np.array([str(code) in failing for code in allocation.scope.table.codes])
        text = f"IF(IFERROR({translator.condition(check.that.tree)},FALSE),0,1)"
        title = workings.labels.check(result.that, result.title)
        term = choose(workings.takes_part.each, stated(text, fails), 0)
        column = workings.grid.column(title, term, about=workings.worded(check.that.tree))
        how_many_fail = total(column.on(workings.grid.name).all)
        found.append(LiveCheck("policy", title, workings.labels.expression(check.that), how_many_fail))
    return found


def _final(workings: Workings, done: Calculated) -> Translator:
    """Return what names mean once amounts are final: ``amount``, and what is left of each part in it."""
    known = {"amount": done.final}
    names = {name for check in workings.formula.checks for name in workings.formula.names.closure(check.that.names)}
    if names & {result.part.id for result in workings.allocation.parts_limited}:
        known |= _final_parts(workings, done)
    translator, refs = done.translator, cast("dict[str, Ref]", known)
    return translator.bound(translator.scope.bound(**{name: column.values for name, column in known.items()}), **refs)


def _final_parts(workings: Workings, done: Calculated) -> dict[str, LiveColumn]:
    """Write what is left of each part: fixed parts whole, the others sharing the rest as they did before."""
    allocation, grid, say = workings.allocation, workings.grid, workings.labels.say
    parts = [result.part for result in allocation.parts_limited]
    finals = {name: workings.full(value) for name, value in allocation.final_parts.items()}

    def named(part: str) -> str:
        return say("live-final-part", part=workings.labels.title(part))

    if not done.is_live or not done.limited:
        return {part.id: grid.values(named(part.id), stated("", finals[part.id])) for part in parts}
    fixed = added([done.limited[part.id].each for part in parts if part.is_fixed])
    others = added([done.limited[part.id].each for part in parts if not part.is_fixed])
    b, s = grid.column(say("live-fixed"), fixed).each, grid.column(say("live-movable"), others).each
    amount = done.final.each
    shrinks = either(both(amount < b, b > 0), both(s.equals(0), b.differs(0)))
    down = choose(both(shrinks, b.differs(0)), amount / b, 1)
    along = choose(shrinks, 0, choose(s.differs(0), (amount - b) / s, 0))
    columns: dict[str, LiveColumn] = {}
    for part in reversed(parts):
        term = done.limited[part.id].each * (down if part.is_fixed else along)
        if part is parts[0]:
            # Where nothing but a floor gives anything, the first part carries it.
            term = amount
            for column in columns.values():
                term = term - column.each
        columns[part.id] = grid.column(named(part.id), term.carrying(finals[part.id]))
    return columns


def _certificates(workings: Workings, inputs: list[Input]) -> list[LiveCheck]:
    found = []
    for certificate in workings.certificates:
        title = workings.labels.say("live-certificate", step=plain(certificate.step))
        about = workings.labels.say(f"live-closed-{certificate.reason}")
        found.append(LiveCheck("values", title, about, certificate_columns(workings, certificate, inputs)))
    return found


def write_live_checks(book: Book, checks: list[LiveCheck], without: int) -> None:
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
        _head(sheet, "final" if section == "policy" else "condition")
        for check in chosen:
            rows.append(sheet.row)
            _line(sheet, check)
    _overall(sheet, overall, rows, checks, without)


def _head(sheet: Sheet, condition: str) -> None:
    for column, name in enumerate(("check", condition, "failing", "result")):
        style = sheet.book.style(bold=True, bg_color=PALE, text_wrap=True, valign="vcenter")
        sheet.sheet.write_string(sheet.row, column, sheet.book.labels.say(f"checks-heading-{name}"), style)
    sheet.row += 1


def _line(sheet: Sheet, check: LiveCheck) -> None:
    book, say, row = sheet.book, sheet.book.labels.say, sheet.row
    look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top", "text_wrap": True}
    sheet.high((check.title, check.about))
    sheet.sheet.write_string(row, 0, fitting(check.title), book.style(**look))
    sheet.sheet.write_string(row, 1, fitting(check.about), book.style(**look))
    value = check.failing.figure
    sheet.sheet.write_formula(row, 2, f"={check.failing}", book.style(**look, num_format="0", align="left"), value)
    passed, failed = say("checks-word-passed"), say("checks-word-failed")
    # An error is a failure: a check must never pass because it could not be computed.
    formula = f'=IF(ISERROR(C{row + 1}),"{failed}",IF(C{row + 1}=0,"{passed}","{failed}"))'
    said = failed if value else passed
    sheet.sheet.write_formula(row, 3, formula, book.style(bold=True, valign="top"), said)
    for word, (fill, ink) in LOOKS.items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{say(f"checks-word-{word}")}"'}
        sheet.sheet.conditional_format(
            row, 3, row, 3, {**rule, "format": book.style(bg_color=fill, font_color=ink, bold=True)}
        )
    sheet.row += 1


def _overall(sheet: Sheet, row: int, rows: list[int], checks: list[LiveCheck], without: int) -> None:
    """Write the line that tells whether all holds."""
    book, say = sheet.book, sheet.book.labels.say
    passed = say("checks-word-passed")
    # A promise is not told as kept for those who have no bound to keep it.
    count = book.labels.territories(without)
    good = say("live-all-holds-but", territories=count) if without else say("live-all-holds")
    bad = say("live-not-all-holds")
    cells = "+".join(f'(D{at + 1}<>"{passed}")' for at in rows)
    failing = sum(check.failing.figure > 0 for check in checks)
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
