"""The first sheet of a cascade's workbook: what it is, who decides, where money comes from and ends, its figures."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass

from equite.report.cascade.words import CascadeLabels, Tally
from equite.report.language.labels import MARKED
from equite.report.language.text import plain
from equite.report.workbook.sheet import Book, Cell, FormattedNumber, Sheet

__all__ = ["Money", "quoted", "sheet_names", "write_notes"]

_WIDTHS = (44, 24, 46, 22, 20)
#: What the name of a sheet may not hold, and the places it may take.
_FORBIDDEN, _LONGEST = re.compile(r"[\[\]:*?/\\]"), 31


@dataclass(frozen=True)
class Money:
    """Where the sources and the uses stand on the first sheet: its name, and a row (from 1) for each of them."""

    sheet: str
    sources: tuple[tuple[Tally, int], ...]
    uses: tuple[tuple[Tally, int], ...]

    def cell(self, tier: str, kind: str) -> str:
        """Return the cell of a source or a use, as other sheets name it; ``0`` where there is none."""
        lines = (*self.sources, *self.uses)
        rows = [row for found, row in lines if (found.tier, found.kind) == (tier, kind)]
        return f"{quoted(self.sheet)}!$B${rows[0]}" if rows else "0"

    @property
    def all_sources(self) -> str:
        """The range of all sources."""
        return f"{quoted(self.sheet)}!$B${self.sources[0][1]}:$B${self.sources[-1][1]}"


def quoted(sheet: str) -> str:
    """Name a sheet as formulas do."""
    return "'" + sheet.replace("'", "''") + "'"


def sheet_names(labels: CascadeLabels) -> dict[str, str]:
    """Return each tier a sheet's name: its title as a sheet may bear it, told apart where two are alike."""
    taken = {labels.say(entry).casefold() for entry in ("book-notes", "book-checks")} | {"history"}
    found = {}
    for tier in labels.plan.names:
        title = _FORBIDDEN.sub(" ", labels.tier(tier)).strip(" '")[:_LONGEST].strip(" '") or tier[:_LONGEST]
        name, count = title, 1
        while name.casefold() in taken:
            count += 1
            name = f"{title[: _LONGEST - 5]} {count}"
        taken.add(name.casefold())
        found[tier] = name
    return found


def write_notes(book: Book, labels: CascadeLabels, names: Mapping[str, str]) -> Money:
    """Write the sheet that says what the others are and what they rest on.

    Returns
    -------
    Money
        Where the sources and the uses of the money stand.
    """
    plan, cascade = labels.plan, labels.cascade
    sheet = Sheet(book, labels.say("book-notes"), _WIDTHS)
    sheet.title(labels.worded(plan.heading))
    sheet.simulation()
    tiers = " → ".join(labels.headline(level) for level in cascade.levels)
    sheet.paragraph(labels.say("cascade-book-what", envelope=labels.money(cascade.envelope), tiers=tiers))
    if any(figure.status in MARKED for figure in labels.figures):
        sheet.skip()
        look: dict[str, object] = {"bold": True, "bg_color": "#FFF3D6", "border": 1, "border_color": "#C99A2E"}
        sheet.paragraph(labels.say("cascade-book-not-measured"), **look)
    if plan.notes:
        sheet.skip()
        sheet.paragraph(labels.worded(plan.notes))
    sheet.section(labels.say("cascade-book-decides"))
    sheet.pairs([(labels.tier(tier), _decides(labels, at)) for at, tier in enumerate(plan.names)])
    _choices(sheet, labels)
    money = _money(sheet, labels)
    sheet.section(labels.say("book-contents"))
    last = plan.names[-1]
    about = [
        (names[tier], labels.say(f"cascade-book-about-{'last' if tier == last else 'tier'}")) for tier in plan.names
    ]
    sheet.pairs([*about, (labels.say("book-checks"), labels.say("cascade-book-about-checks"))])
    sheet.section(labels.say("heading-warnings"))
    for warning in cascade.warnings or (labels.say("book-no-warnings"),):
        sheet.paragraph(plain(warning))
    _sources(sheet, labels)
    _record(sheet, labels)
    return money


def _decides(labels: CascadeLabels, at: int) -> str:
    """Tell who decided a tier's page, and what its parents may change on it, a line each."""
    level = labels.cascade.levels[at]
    said = labels.decided(level) or [labels.say("cascade-decided-by", body=labels.say("status-absent"))]
    if at:
        base = labels.plan.formula_of(level.tier.id)
        told = "; ".join(plain(text) for text in level.tier.may_change.told(base, labels.language))
        said += [labels.say("cascade-book-may-change", told=told), *labels.chosen(level)]
    return "\n".join(line[:1].upper() + line[1:] for line in said)


def _choices(sheet: Sheet, labels: CascadeLabels) -> None:
    """Tell what parents decided on their tier's page: who, when, what, why."""
    sheet.section(labels.say("cascade-book-choices"))
    chosen = False
    for tier in labels.plan.names:
        base = labels.plan.formula_of(tier)
        for choice in labels.plan.choices_of(tier):
            chosen = True
            sheet.paragraph(labels.at(tier, labels.told(choice, base)))
    if not chosen:
        sheet.paragraph(labels.say("cascade-book-no-choices"))


def _money(sheet: Sheet, labels: CascadeLabels) -> Money:
    """Tell where the money comes from and where it ends, of each dollar too."""
    book = sheet.book
    sources, uses = labels.sources(), labels.uses()
    sheet.section(labels.say("cascade-book-sources"))
    head = [labels.say("cascade-book-what-it-is"), labels.say("word-amount")]
    came = sheet.table(head, [[found.label, book.money(found.money)] for found in sources])
    sheet.section(labels.say("cascade-book-uses"))
    head.append(labels.say(f"cascade-of-each-{labels.coin}"))
    went = sheet.table(head, [[found.label, book.money(found.money), _of_each(book, labels, found)] for found in uses])
    return Money(
        sheet.name,
        tuple((found, row + 1) for found, row in zip(sources, came, strict=True)),
        tuple((found, row + 1) for found, row in zip(uses, went, strict=True)),
    )


def _of_each(book: Book, labels: CascadeLabels, found: Tally) -> FormattedNumber:
    """Return a part of each dollar, in cents; of another unit, in hundredths."""
    sign = labels.say(f"cascade-{labels.coin}-part", number="")
    return FormattedNumber(round(found.share * 100.0, 2), f'{book.number_format(2)}"{sign}"')


def _sources(sheet: Sheet, labels: CascadeLabels) -> None:
    """Return each figure's tier, source and status."""
    sheet.section(labels.say("book-sources"))
    rows: list[list[Cell]] = [
        [figure.title, figure.tier, figure.source, figure.date, labels.status(figure.status)]
        for figure in labels.figures
    ]
    heads = [labels.say("book-heading-figure"), labels.say("cascade-tier")]
    sheet.table([*heads, *(labels.say(f"book-heading-{name}") for name in ("source", "date", "status"))], rows)


def _record(sheet: Sheet, labels: CascadeLabels) -> None:
    """Return what it takes to redo the sums: versions and fingerprints."""
    plan = labels.plan
    sheet.section(labels.say("book-record"))
    found = [(labels.say("cascade-record-plan"), f"{plain(plan.id)}\n{plan.sha256}")]
    for level in labels.cascade.levels:
        tier = level.tier.id
        page = plan.formula_of(tier)
        found.append((labels.at(tier, labels.say("cascade-record-page")), f"{plain(page.id)}\n{page.sha256}"))
        for fund in level.tier.funds:
            page = plan.formula_of(tier, fund.id)
            found.append((labels.at(tier, labels.fund(tier, fund.id)), f"{plain(page.id)}\n{page.sha256}"))
        source = level.territories.source
        told = [plain(source.name) or labels.say("book-in-memory"), source.sha256]
        found.append((labels.at(tier, labels.say("cascade-record-table")), "\n".join(filter(None, told))))
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "pandas", "pydantic"))
    found += [
        (labels.say("book-record-version"), f"equite {importlib.metadata.version('equite')}"),
        (labels.say("book-record-packages"), f"Python {platform.python_version()}, {packages}"),
    ]
    sheet.pairs(found)
