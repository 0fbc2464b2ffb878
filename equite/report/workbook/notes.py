"""The first sheet: what the workbook is, who decided, what it rests on, and what it takes to redo it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.report.language.figures import changes_section
from equite.report.language.labels import MARKED, Labels
from equite.report.language.text import plain
from equite.report.terminal.text import result_lines
from equite.report.workbook.sheet import MOST_ROWS, Book, Cell, Sheet

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["LiveNotes", "notes_sheet", "write_notes"]

#: The other sheets and what is said of each: of a workbook of values, and of one that recalculates.
SHEETS = (
    ("book-parameters", "book-about-parameters"),
    ("book-allocation", "book-about-allocation"),
    ("book-checks", "book-about-checks"),
)
LIVE_SHEETS = (
    ("book-parameters", "live-about-sheet-parameters"),
    ("live-data", "live-about-sheet-data"),
    ("live-calculation", "live-about-sheet-calculation"),
    ("book-allocation", "live-about-sheet-allocation"),
    ("live-why", "live-about-sheet-why"),
    ("book-checks", "live-about-sheet-checks"),
)
_WIDTHS = (38, 24, 46, 22, 20)
#: Rows that a list may take on this sheet; the record holds the rest.
_MOST_LISTED = MOST_ROWS // 8


def notes_sheet(book: Book) -> Sheet:
    """Begin the sheet, so that it is the first."""
    return Sheet(book, book.labels.say("book-notes"), _WIDTHS)


@dataclass(frozen=True)
class LiveNotes:
    """Of a workbook that recalculates: what is to be known of that, and the result as formulas."""

    about: Sequence[str]
    result: Sequence[tuple[str, Cell]]


def write_notes(book: Book, allocation: Allocation, sheet: Sheet | None = None, live: LiveNotes | None = None) -> None:
    """Write the sheet that says what the others are and what they rest on.

    Parameters
    ----------
    book : Book
        The workbook.
    allocation : Allocation
        The allocation.
    sheet : Sheet, optional
        The sheet, where it was begun before.
    live : LiveNotes, optional
        Of a workbook that recalculates: what is no formula there is told as of its writing.
    """
    labels, page = book.labels, allocation.formula
    sheet = sheet or notes_sheet(book)
    sheet.title(labels.worded(page.heading))
    sheet.simulation()
    territories = labels.territories(len(allocation.codes))
    said = labels.say("book-what-rules", territories=territories)
    if allocation.envelope is not None:
        said = labels.say("book-what", envelope=labels.money(allocation.envelope), territories=territories)
    sheet.paragraph(_as_written(labels, said, live))
    if any(each.status in MARKED for each in allocation.reliance):
        sheet.skip()
        sheet.paragraph(
            labels.say("book-not-measured"), bold=True, bg_color="#FFF3D6", border=1, border_color="#C99A2E"
        )
    if page.notes:
        sheet.skip()
        sheet.paragraph(labels.worded(page.notes))
    if live:
        sheet.section(labels.say("live-heading-about"))
        for text in live.about:
            sheet.paragraph(text)
    _decision(sheet, allocation)
    sheet.section(labels.say("book-result"))
    sheet.pairs(live.result if live else _result(book, allocation))
    _sheets(sheet, LIVE_SHEETS if live else SHEETS)
    sheet.section(_as_written(labels, labels.say("book-reliance"), live))
    _reliance(sheet, allocation)
    sheet.section(_as_written(labels, labels.say("heading-warnings"), live))
    for warning in allocation.warnings or (labels.say("book-no-warnings"),):
        sheet.paragraph(plain(warning))
    sheet.section(_as_written(labels, labels.say("book-left-out"), live))
    _left_out(sheet, allocation)
    sheet.section(_as_written(labels, labels.say("book-overrides"), live))
    _departures_from_rule(sheet, allocation)
    _sources(sheet, allocation)
    sheet.section(_as_written(labels, labels.say("book-record"), live))
    _record(sheet, allocation)


def _as_written(labels: Labels, said: str, live: LiveNotes | None) -> str:
    """Say that something holds as of the writing of a workbook that recalculates."""
    return said if live is None else labels.say("live-as-written", said=said)


def _decision(sheet: Sheet, allocation: Allocation) -> None:
    labels, decision = sheet.book.labels, allocation.formula.decision
    sheet.section(labels.say("book-decision"))
    if decision is None:
        sheet.paragraph(labels.say("book-no-decision"))
        return
    given = [
        (labels.say(f"book-decision-{key}"), plain(value))
        for key in ("adopted_by", "date", "resolution", "dissent")
        if (value := getattr(decision, key))
    ]
    sheet.pairs(given)


def _result(book: Book, allocation: Allocation) -> list[tuple[str, Cell]]:
    """Return the money in lines, and the people."""
    rows: list[tuple[str, Cell]] = [
        (label, book.money(amount)) for label, amount in result_lines(allocation, book.labels)
    ]
    people = allocation.people
    if people is not None and np.isfinite(people).all():
        rows.append((book.labels.say("book-people"), book.number(float(people.sum()))))
    return rows


def _sheets(sheet: Sheet, named: Sequence[tuple[str, str]]) -> None:
    labels = sheet.book.labels
    sheet.section(labels.say("book-contents"))
    sheet.pairs([(labels.say(name), labels.say(about)) for name, about in named])


def _reliance(sheet: Sheet, allocation: Allocation) -> None:
    """Tell the dollars that rest on figures that nobody measured."""
    labels, book = sheet.book.labels, sheet.book
    if not allocation.reliance:
        sheet.paragraph(labels.say("book-no-reliance"))
        return
    sheet.paragraph(labels.say("book-about-reliance"))
    order = (*MARKED, "estimated")
    found = sorted(allocation.reliance, key=lambda each: (order.index(each.status), -each.dollars))
    total = allocation.total
    rows: list[list[Cell]] = [
        [
            labels.title(each.item),
            labels.status(each.status),
            labels.say("book-moved" if each.moves else "book-paid"),
            book.money(each.dollars),
            book.share(each.dollars / total if total else None),
        ]
        for each in found
    ]
    headings = ("figure", "status", "how", "dollars", "of-total")
    sheet.table([labels.say(f"book-heading-{name}") for name in headings], rows)


def _names(allocation: Allocation) -> dict[str, str]:
    """Return every territory's name by its code, those left out included."""
    codes = [str(code) for code in allocation.scope.table.codes]
    if allocation.formula.name is None:
        return dict.fromkeys(codes, "")
    values = allocation.scope.value(allocation.formula.name)
    return {code: "" if name is None else plain(str(name)) for code, name in zip(codes, values, strict=True)}


def _left_out(sheet: Sheet, allocation: Allocation) -> None:
    labels = sheet.book.labels
    whole = labels.say("book-whole")
    left = [(found, whole) for found in allocation.excluded_by]
    for result in allocation.parts_shared:
        left += [(found, labels.title(result.part.id)) for found in result.exclusions]
    if not left:
        sheet.paragraph(labels.say("book-nobody-left-out"))
        return
    names = _names(allocation)
    rows = [
        [plain(found.code), names.get(found.code, ""), labels.reason(found.reason), of]
        for found, of in left[:_MOST_LISTED]
    ]
    headings = [labels.heading("code"), labels.heading("name")]
    headings += [labels.say("book-heading-reason"), labels.say("book-heading-out-of")]
    sheet.table(headings, rows)
    if len(left) > _MOST_LISTED:
        sheet.paragraph(labels.count(len(left) - _MOST_LISTED, "warnings-more-one", "warnings-more-many"))


def _departures_from_rule(sheet: Sheet, allocation: Allocation) -> None:
    """List the amounts that were decided by name, and what override files changed on the page."""
    labels, book, page = sheet.book.labels, sheet.book, allocation.formula
    decided = [(limit, override) for limit in page.limits for override in limit.override]
    changes = changes_section(labels.speech).lines
    if not decided and not changes:
        sheet.paragraph(labels.say("book-no-overrides"))
    if decided:
        amounts = dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True))
        names = _names(allocation)
        rows: list[list[Cell]] = [
            [
                plain(override.code),
                names.get(override.code, ""),
                labels.worded(override.reason),
                labels.limit(limit),
                book.money(amounts[override.code]),
            ]
            for limit, override in decided
        ]
        headings = [labels.heading("code"), labels.heading("name"), labels.say("book-heading-reason")]
        sheet.table([*headings, labels.say("book-heading-stage"), labels.say("word-amount")], rows)
    if changes:
        sheet.skip()
        sheet.paragraph(labels.say("book-about-changes"))
        for change in changes:
            sheet.paragraph(plain(change.text))


def _sources(sheet: Sheet, allocation: Allocation) -> None:
    """Return each figure's unit, source and status."""
    labels, page = sheet.book.labels, allocation.formula
    sheet.section(labels.say("book-sources"))
    specs: dict[str, Any] = {"envelope": page.envelope} if page.envelope else {}
    specs |= dict(page.constants)
    specs |= {name: page.columns.get(name) for name in page.names.columns}
    rows: list[list[Cell]] = []
    for name, spec in specs.items():
        own = labels.symbol if name == "envelope" else ""
        unit = labels.worded(getattr(spec, "unit", None), own)
        source = plain(getattr(spec, "source", None) or "") or labels.say("book-no-source")
        date = plain(getattr(spec, "date", None) or "")
        rows.append([labels.title(name), unit, source, date, labels.status(getattr(spec, "status", None))])
    headings = ("figure", "unit", "source", "date", "status")
    sheet.table([labels.say(f"book-heading-{name}") for name in headings], rows)


def _record(sheet: Sheet, allocation: Allocation) -> None:
    """Return what it takes to redo the sums: versions and fingerprints."""
    labels, record = sheet.book.labels, allocation.record
    table = plain(record["table"]["name"]) or labels.say("book-in-memory")
    packages = ", ".join(f"{name} {version}" for name, version in sorted(record["packages"].items()))
    sheet.pairs(
        [
            (labels.say("book-record-formula"), plain(record["formula"]["id"])),
            (labels.say("book-record-formula-print"), record["formula"]["sha256"]),
            (labels.say("book-record-table"), table),
            (labels.say("book-record-table-print"), record["table"]["sha256"]),
            (labels.say("book-record-version"), f"equite {record['equite']}"),
            (labels.say("book-record-packages"), f"Python {record['python']}, {packages}"),
        ]
    )
