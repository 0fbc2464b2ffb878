"""The sheet of checks, live: sums, bounds, the page's assertions, and what does not recalculate; one line for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from equite.report.language.text import plain
from equite.report.live.bounding import counted
from equite.report.live.calculation import Calculated
from equite.report.live.certificates import certificate_columns, everything
from equite.report.live.checking import LiveCheck, failures
from equite.report.live.closed import Unsupported
from equite.report.live.grid import LiveColumn
from equite.report.live.money import Money, write_money
from equite.report.live.ranges import count, sum_product, total
from equite.report.live.table import ShownTable
from equite.report.live.terms import (
    Term,
    absolute_value,
    added,
    as_number,
    both,
    choose,
    either,
    is_error,
    stated,
)
from equite.report.live.translating import Ref, Translator
from equite.report.live.typed import typed_checks
from equite.report.live.verdict import (
    BAND,
    FIRST_FAILING,
    GAP,
    SUM,
    Said,
    filled_in,
    first_of,
    followed,
    money_said,
    write_band,
)
from equite.report.roundtrip.manifest import Input
from equite.report.workbook.checks import LOOKS
from equite.report.workbook.sheet import PALE, RULE, Book, Sheet, fitting
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.report.language.labels import Labels
    from equite.report.live.workings import Workings

__all__ = ["gather_checks", "write_live_checks"]

_WIDTHS = (62, 44, 20, 16)


#: The sections: what was typed, what the rules ask, sums, what does not recalculate, the page's own promises.
_SECTIONS = {
    "typed": "live-typed",
    "rules": "live-asked",
    "sums": "checks-sums",
    "values": "live-values",
    "policy": "checks-policy",
}


def gather_checks(
    workings: Workings, done: Calculated, inputs: list[Input], never_negative: Sequence[Term]
) -> list[LiveCheck]:
    """Write what checks need on the sheet of calculations, and give them."""
    workings.begin("checks")
    grid, say = workings.grid, workings.labels.say
    done.final = grid.column(say("live-final"), as_number(done.amounts.each))
    done.original = grid.values(say("live-original"), stated("", done.final.values))
    done.written = grid.typed(
        say("live-code-as-written"), [plain(str(code)) for code in workings.allocation.scope.table.codes]
    )
    return [
        *typed_checks(workings, inputs, never_negative, done.written),
        *_sums(workings, done),
        *_conditions(workings),
        # Promises that are written as values have certificates too.
        *_policy(workings, done),
        *_certificates(workings, inputs),
    ]


def _sums(workings: Workings, done: Calculated) -> list[LiveCheck]:
    allocation, say, there = workings.allocation, workings.labels.say, workings.grid.name
    found: list[LiveCheck] = []
    amounts, eligible = done.amounts.on(there).all, workings.takes_part.on(there).all
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
            failing = failures(sum_product(eligible.equals(1) * beyond))
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
    if not workings.conditions:
        return []
    column = workings.grid.ladder(workings.labels.say("live-conditions"), [term for _, term in workings.conditions])
    return [
        LiveCheck("rules", title, "", failures(workings.named(stated(f"${column.letter}${column.first + at}", value))))
        for at, ((title, _), value) in enumerate(zip(workings.conditions, column.values.tolist(), strict=True))
    ]


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
        about = workings.worded(check.that.tree)
        try:
            column = workings.grid.column(title, term, about=about)
        except Unsupported as reason:
            workings.certify(title, reason.reason, everything(workings.formula))
            column = workings.grid.values(title, stated("", fails * 1.0), about=about)
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


def write_live_checks(
    book: Book, workings: Workings, done: Calculated, shown: ShownTable, checks: list[LiveCheck]
) -> tuple[Sheet, Said]:
    """Write the sheet; give it, and its first line, which tells whether all holds.

    The sum that it tells is that of the sheet to print.
    """
    labels = book.labels
    without = len({code for bound in workings.allocation.context.unbounded for code in bound.codes})
    sheet = Sheet(book, labels.say("book-checks"), _WIDTHS, landscape=True)
    sheet.row = BAND
    sheet.title(labels.say("checks-title"))
    sheet.paragraph(labels.say("live-about-checks"), italic=True)
    money = write_money(sheet, workings, done, shown)
    checks = [*checks]
    if money.gap is not None:
        wrong = choose(is_error(money.gap), 1, choose(money.gap.equals(0), 0, 1))
        about = labels.say("live-check-envelope")
        place = next((at for at, check in enumerate(checks) if check.section == "sums"), 0)
        checks.insert(place, LiveCheck("sums", labels.sums_agree(), about, wrong))
    results: dict[str, str] = {}
    top = sheet.row
    for section, title in _SECTIONS.items():
        chosen = [check for check in checks if check.section == section]
        if not chosen:
            continue
        sheet.section(labels.say(title))
        _head(sheet, is_policy=section == "policy")
        first = sheet.row + 1
        for check in chosen:
            _line(sheet, check)
        results[section] = f"$D${first}:$D${sheet.row}"
    said = _verdict(labels, money, checks, results, (top + 1, sheet.row), without)
    said = followed(said, labels.simulation)
    sheet.sheet.freeze_panes(BAND, 0)
    sheet.sheet.repeat_rows(0)
    write_band(book, sheet.sheet, _WIDTHS, said)
    return sheet, said


def _verdict(
    labels: Labels,
    money: Money,
    checks: list[LiveCheck],
    results: dict[str, str],
    rows: tuple[int, int],
    without: int,
) -> Said:
    """Word the verdict: amounts cannot be computed, must not be used, a promise is not kept, or all holds."""
    passed, failed = labels.say("checks-word-passed"), labels.say("checks-word-failed")
    failing = [check for check in checks if check.failing.figure]
    first = first_of(
        f"$A${rows[0]}:$A${rows[1]}", f"$D${rows[0]}:$D${rows[1]}", failed, failing[0].title if failing else ""
    )
    say, values = labels.say, {FIRST_FAILING: first, SUM: _sum_said(labels, money)}
    wrong = say("live-verdict-wrong-alone", first=FIRST_FAILING, sum=SUM)
    if money.gap is not None:
        values[GAP] = money_said(labels, money.gap, signed=True)
        wrong = say("live-verdict-wrong", first=FIRST_FAILING, sum=SUM, gap=GAP)
    holds = money.holds
    if without:
        holds = say("live-verdict-good-but", sum=SUM, territories=labels.territories(without))
    broken = filled_in(say("live-verdict-error", first=FIRST_FAILING), values)
    unusable = filled_in(wrong, values)
    promise = filled_in(say("live-verdict-promise", first=FIRST_FAILING, sum=SUM), values)
    good = filled_in(holds, values)

    def some_fail(*sections: str) -> str:
        cells = [results[section] for section in sections if section in results]
        return "+".join(f'SUMPRODUCT(--({range_}<>"{passed}"))' for range_ in cells) or "0"

    hard, soft = some_fail("typed", "rules", "sums", "values"), some_fail("policy")
    formula = f"IF(ISERROR({money.total}),{broken.formula},IF({hard}>0,{unusable.formula},"
    formula += f"IF({soft}>0,{promise.formula},{good.formula})))"
    sections = {check.section for check in failing}
    text = unusable.text if sections - {"policy"} else promise.text if sections else good.text
    return Said(formula, text)


def _sum_said(labels: Labels, money: Money) -> Said:
    """Write the sum, and say that it is with the reserve where there is one."""
    said = money_said(labels, money.total)
    if money.reserve is None:
        return said
    within = "\u00a0" + labels.say("live-reserve-within")
    formula = f'{said.formula}&IF({money.reserve}=0,"","{within}")'
    return Said(formula, said.text + (within if money.reserve.figure else ""))


def _head(sheet: Sheet, *, is_policy: bool) -> None:
    """Write the headings; conditions of the page speak of final figures, in numbers as the workbook is written."""
    say = sheet.book.labels.say
    for column, name in enumerate(("check", "final" if is_policy else "condition", "failing", "result")):
        style = sheet.book.style(bold=True, bg_color=PALE, text_wrap=True, valign="vcenter")
        # What fails is a territory, a cell or a sum.
        said = say("live-heading-failing") if name == "failing" else say(f"checks-heading-{name}")
        said = say("live-as-written", said=said) if name == "final" else said
        sheet.sheet.write_string(sheet.row, column, said, style)
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
