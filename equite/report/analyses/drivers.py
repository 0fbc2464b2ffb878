"""Why amounts changed, as text, as HTML, as a CSV file and as a workbook."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from equite.analysis.drivers import Drivers
from equite.analysis.drivers.causes import Cause
from equite.analysis.drivers.whole import WholeChange
from equite.engine.sharing import Floats
from equite.report.analyses.drivers_words import DriversWords
from equite.report.columns import ShownColumn
from equite.report.files import CSV, EXCEL, HTML, ending, files_read
from equite.report.html import tables
from equite.report.html.markup import Markup
from equite.report.language.labels import distinct
from equite.report.language.text import plain
from equite.report.shown import Shown, columns_html, shown_to_csv, shown_to_html
from equite.report.terminal.grid import TextGrid
from equite.wording import Language, numeral

__all__ = [
    "change_told",
    "drivers_grids",
    "drivers_html",
    "drivers_text",
    "drivers_to_csv",
    "drivers_to_excel",
    "drivers_to_html",
    "groups_grid",
    "is_cut",
    "write_drivers",
]

_WIDTH, _NAME = 100, 14
#: Beyond this many territories, those that change most are shown.
_ROWS, _SHOWN = 25, 16
#: Columns of figures: their ids, their headings, their cells.
_Figures = list[tuple[str, str, Floats]]


def change_told(found: Drivers, code: str, language: Language | None = None) -> str:
    """Tell one territory why its amount changed, a sentence a line.

    Raises
    ------
    SharingError
        Nobody that takes part before or after has the code.
    """
    return "\n".join(DriversWords(found, language).told(code))


def drivers_text(found: Drivers, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell what each cause gives and takes, then the territories (those that change most, if many).

    Parameters
    ----------
    found : Drivers
        The change.
    language : str, optional
        By default that of the page after.
    width : int
        Characters to a line; names are cut to fit, numbers never.
    """
    words = DriversWords(found, language)
    causes, territories = drivers_grids(found, language, width=width)
    notes = [textwrap.fill(note, width, break_on_hyphens=False) for note in words.notes()]
    most = [_most(words)] if is_cut(found) else []
    return "\n\n".join([textwrap.fill(words.title, width), causes.text(), *notes, *most, territories.text()])


def _most(words: DriversWords) -> str:
    every = len(words.found.codes)
    return words.say("drivers-most", shown=min(_SHOWN, every), all=words.labels.number(every))


def drivers_grids(
    found: Drivers, language: Language | None = None, *, width: int | None = _WIDTH
) -> tuple[TextGrid, TextGrid]:
    """Return two tables: what each cause gives and takes, and the territories; without a width, no name is cut."""
    words = DriversWords(found, language)
    columns = _columns(words, found.whole, is_short=True)
    rows = _rows(found)
    grid = _grid(words, columns, rows)
    named = [column.id for column in columns].index("name") if any(column.id == "name" for column in columns) else None
    if width is not None and named is not None:
        grid = grid.narrowed(named, width, _NAME)
    return _causes(words), grid


def is_cut(found: Drivers) -> bool:
    """Tell whether a screen shows some of the territories only."""
    return len(found.codes) > _ROWS


def _rows(found: Drivers) -> list[int]:
    """Return the rows to show: all where they are few, else those that change most, from the largest gain down."""
    if not is_cut(found):
        return list(range(len(found.codes)))
    largest = np.argsort(-np.abs(found.whole.change), kind="stable")[:_SHOWN]
    return sorted(largest.tolist(), key=lambda row: -float(found.whole.change[row]))


def _causes(words: DriversWords) -> TextGrid:
    """One row for each cause: whom it gives to, whom it takes from, and what that comes to."""
    frame = _caused(words)
    headings = tuple(words.say(f"drivers-col-{name}") for name in frame)
    rows = [
        (
            plain(row["cause"]),
            words.labels.number(row["gaining"]),
            words.money(row["gained"], signed=True),
            words.labels.number(row["losing"]),
            words.money(-row["lost"]),
            "" if np.isnan(row["net"]) else words.money(row["net"], signed=True),
        )
        for row in frame.to_dict("records")
    ]
    change = words.money(_sum(words.found.whole.change, words.found.whole.digits, "money"), signed=True)
    total = (words.say("drivers-total"), "", "", "", "", change)
    return TextGrid(headings, tuple(rows), (False, True, True, True, True, True), total)


def _caused(words: DriversWords) -> pd.DataFrame:
    """Return the table of causes with their names, each above its members; rounding left out where there is none."""
    found = words.found
    frame, members = found.totals, found.member_totals.set_index("cause", drop=False)
    pieces = []
    for at, block in enumerate(found.split.blocks):
        pieces.append(frame.iloc[[at]].assign(cause=words.cause(block)))
        if opened := found.split.opened.get(block[0]):
            named = [words.say("drivers-member", member=name) for name in words.members(opened)]
            pieces.append(members.loc[list(found.members(opened))].assign(cause=named, net=np.nan))
    if found.whole.rounding.any():
        pieces.append(frame.iloc[[-1]].assign(cause=words.cause(("rounding",))))
    if not pieces:
        pieces = [frame.iloc[:0]]
    return pd.concat(pieces)[["cause", "gaining", "gained", "losing", "lost", "net"]]


def _columns(
    words: DriversWords, whole: WholeChange, *, is_short: bool = False, with_members: bool = False
) -> tuple[ShownColumn, ...]:
    """Return the columns of a change: who, before, after, the change, its causes, their members if asked, rounding.

    A short one leaves out what is before and after, and rounding where there is none.
    """
    figures: _Figures = [("before", words.say("drivers-col-before"), whole.before)]
    figures.append(("after", words.say("drivers-col-after"), whole.after))
    figures = [] if is_short else figures
    figures.append(("change", words.say("drivers-col-change"), whole.change))
    for at, block in enumerate(words.found.split.blocks):
        figures.append(("+".join(block), words.cause(block), whole.causes[at]))
        figures += _member_figures(words, whole, block) if with_members else []
    if not is_short or whole.rounding.any():
        figures.append(("rounding", words.cause(("rounding",)), whole.rounding))
    return _with_who(words, whole, figures)


def _member_figures(words: DriversWords, whole: WholeChange, block: Sequence[Cause]) -> _Figures:
    """Return the columns of the members of a cause; none where it is not opened."""
    opened = words.found.split.opened.get(block[0])
    if opened is None:
        return []
    names = [words.say("drivers-member", member=name) for name in words.members(opened)]
    return list(zip(words.found.members(opened), names, whole.opened[block[0]], strict=True))


def _with_who(words: DriversWords, whole: WholeChange, figures: _Figures) -> tuple[ShownColumn, ...]:
    """Return columns of figures, under their headings with their unit, behind those of codes and names."""
    comparison, kind = words.found.comparison, words.kind(whole)
    unit = "%" if kind == "share" else words.labels.symbol
    columns = [ShownColumn("code", "key", "text", words.say("heading-code"), list(map(plain, comparison.codes)))]
    if comparison.names != comparison.codes:
        columns.append(
            ShownColumn("name", "key", "text", words.say("heading-name"), list(map(plain, comparison.names)))
        )
    headings = distinct([(name, False, plain(words.labels.dressed(heading, unit))) for name, heading, _ in figures])
    columns += [
        ShownColumn(name, "after", kind, heading, values, whole.digits, _sum(values, whole.digits, kind))
        for (name, _, values), heading in zip(figures, headings, strict=True)
    ]
    return tuple(columns)


def _sum(values: Floats, digits: int, kind: str) -> float:
    return round(float(np.nansum(values)), digits + (2 if kind == "share" else 0)) + 0.0


def _grid(words: DriversWords, columns: Sequence[ShownColumn], rows: Sequence[int]) -> TextGrid:
    cells = []
    for column in columns:
        if column.kind == "text":
            cells.append([str(column.cells[row]) for row in rows])
        else:
            cells.append([_signed(column, float(column.numbers[row]), words.language) for row in rows])
    texts = [column for column in columns if column.kind == "text"]
    total = [words.say("drivers-total"), *("" for _ in texts[1:])]
    total += [_signed(column, column.total or 0.0, words.language) for column in columns if column.kind != "text"]
    right = tuple(column.kind != "text" for column in columns)
    return TextGrid(tuple(each.heading for each in columns), tuple(zip(*cells, strict=True)), right, tuple(total))


def _signed(column: ShownColumn, value: float, language: Language) -> str:
    written = column.written(value, language)
    return f"+{written}" if value > 0 and column.id not in ("before", "after") else written


def groups_grid(found: Drivers, by: str, language: Language | None = None) -> TextGrid:
    """Return the table of the change of each group of territories, by cause.

    Raises
    ------
    TerritoriesError
        A table has no such column, or it cannot be read as text.
    """
    words = DriversWords(found, language)
    frame = found.groups(by)
    columns = [ShownColumn("group", "key", "text", words.say("drivers-col-group"), list(map(plain, frame["group"])))]
    counts, heading = frame["territories"].to_numpy(float), words.say("drivers-col-territories")
    # A count has no sign, as what is before and after has none.
    columns.append(ShownColumn("before", "after", "money", heading, counts, 0, float(counts.sum())))
    figures = (each for each in _columns(words, found.whole, is_short=True) if each.kind == "money")
    columns += [replace(each, cells=frame[each.id].to_numpy()) for each in figures]
    return _grid(words, columns, range(len(frame)))


def drivers_html(found: Drivers, language: Language | None = None) -> str:
    """Tell a change in two HTML tables, with sentences between them."""
    words = DriversWords(found, language)
    causes, territories = drivers_grids(found, language, width=None)
    caption = _most(words) if is_cut(found) else ""
    notes = tables.paragraphs(words.notes())
    return tables.framed([causes.html(words.title), notes, territories.html(caption)], words.language)


def write_drivers(found: Drivers, path: str | Path, language: Language | None = None) -> Path:
    """Write a change to a file, as the end of its name says: ``.xlsx``, ``.csv`` or ``.html``.

    Raises
    ------
    OutputError
        The end of the name says none of these, or the file cannot be written.
    """
    known = ((EXCEL, drivers_to_excel), (CSV, drivers_to_csv), (HTML, drivers_to_html))
    writers = {end: writer for ends, writer in known for end in ends}
    target = ending(path, tuple(writers), language or found.language)
    return writers[target.suffix.lower()](found, path, language)


def drivers_to_csv(found: Drivers, path: str | Path, language: Language | None = None) -> Path:
    """Write the table of territories to a CSV file that the readers' spreadsheet opens as it is.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    words = DriversWords(found, language)
    columns = _columns(words, found.whole, with_members=True)
    return shown_to_csv(Shown(words.title, columns, words.language, inputs=_inputs(found)), path)


def drivers_to_html(found: Drivers, path: str | Path, language: Language | None = None) -> Path:
    """Write one page to read and to print: the causes, every territory, and every territory's share of the total.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    words = DriversWords(found, language)
    money, shares = _columns(words, found.whole), _columns(words, found.whole_shares)
    every = range(len(found.codes))
    pieces: list[Markup] = [_causes(words).html(words.say("drivers-sheet-causes")), *tables.paragraphs(words.notes())]
    pieces.append(_grid(words, money, every).html(words.say("drivers-sheet-territories")))
    for at, block in enumerate(found.split.blocks):
        if members := _member_figures(words, found.whole, block):
            whole_cause = ("+".join(block), words.cause(block), found.whole.causes[at])
            opened = _with_who(words, found.whole, [whole_cause, *members])
            pieces.append(_grid(words, opened, every).html(words.say("drivers-opened", cause=words.cause(block))))
    pieces.append(columns_html(shares, words.language, words.say("drivers-sheet-shares")))
    view = tables.framed(pieces, words.language)
    return shown_to_html(Shown(words.title, money, words.language, view, is_enough=True, inputs=_inputs(found)), path)


def drivers_to_excel(found: Drivers, path: str | Path, language: Language | None = None) -> Path:
    """Write a workbook of three sheets: the territories, the causes, and shares of the total.

    Raises
    ------
    OutputError
        A table holds more than a sheet can, or the file cannot be written. One that was there is left as it was.
    """
    from equite.report.workbook.file import new_workbook, refuse_beyond
    from equite.report.workbook.sheet import AROUND, Formats
    from equite.report.workbook.table import width_of, write_columns

    words = DriversWords(found, language)
    target = ending(path, EXCEL, words.language, _inputs(found))
    sheets = {
        "territories": _columns(words, found.whole, with_members=True),
        "causes": _cause_columns(words),
        "shares": _columns(words, found.whole_shares, with_members=True),
    }
    refuse_beyond(words.language, len(found.codes), max(map(len, sheets.values())), around=AROUND)
    with new_workbook(target, words.language, plain(words.title), found.after.formula.sha256) as workbook:
        formats = Formats(workbook, words.language)
        for name, columns in sheets.items():
            worksheet = workbook.add_worksheet(words.say(f"drivers-sheet-{name}"))
            widths = [width_of(column, partial(_numeral, words.language)) for column in columns]
            for at, width in enumerate(widths):
                worksheet.set_column(at, at, width)
            write_columns(formats, worksheet, columns, widths)
            worksheet.freeze_panes(1, 1)
            worksheet.set_landscape()
            worksheet.fit_to_pages(1, 0)
    return target


def _cause_columns(words: DriversWords) -> tuple[ShownColumn, ...]:
    frame, digits = _caused(words), words.found.whole.digits
    columns = [ShownColumn("cause", "key", "text", words.say("drivers-col-cause"), list(map(plain, frame["cause"])))]
    for name in frame.columns[1:]:
        is_count = name in ("gaining", "losing")
        heading = words.labels.dressed(words.say(f"drivers-col-{name}"), "" if is_count else words.labels.symbol)
        columns.append(
            ShownColumn(name, "after", "money", heading, frame[name].to_numpy(float), 0 if is_count else digits)
        )
    return tuple(columns)


def _numeral(language: Language, value: float, digits: int) -> str:
    return numeral(value, language, digits)


def _inputs(found: Drivers) -> tuple[Path, ...]:
    """Return the files that the allocations rest on."""
    return tuple(file for allocation in found.comparison.allocations for file in files_read(allocation))
