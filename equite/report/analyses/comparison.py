"""A comparison of allocations as text, as HTML, and as a CSV file."""

from __future__ import annotations

import csv
import math
import textwrap
from pathlib import Path

import numpy as np

from equite.analysis.comparison import Comparison
from equite.report.columns import ShownColumn
from equite.report.files import CSV, ending, files_read, harmless, placed
from equite.report.html import tables
from equite.report.language.labels import Labels
from equite.report.language.text import plain, simulated, typeset
from equite.report.shown import Shown
from equite.report.terminal.grid import TextGrid, shortened, squeezed
from equite.wording import LOCALES, Codes, Language, as_spoken_by

__all__ = [
    "comparison_grids",
    "comparison_html",
    "comparison_notes",
    "comparison_shown",
    "comparison_text",
    "comparison_to_csv",
]

#: Beyond this many territories, those that change most are shown.
_ROWS = 25
_SHOWN = 16
_LABEL, _WIDTH = 24, 92
#: In the narrower columns of the second table, and the least that a name is cut to.
_NARROW, _NAME = 14, 14


def comparison_text(comparison: Comparison, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell a comparison: what holds for each allocation, then the territories (those that change most, if many).

    Parameters
    ----------
    comparison : Comparison
        The comparison.
    language : str, optional
        By default the language of the reference.
    width : int
        Characters to a line; names are cut to fit, numbers never.
    """
    outcome, rows = comparison_grids(comparison, language, width=width)
    notes = [textwrap.fill(note, width) for note in comparison_notes(comparison, language)]
    said = simulated(comparison.language)
    blocks = [*([said] if said else []), outcome.text(), *notes, rows.text()]
    return "\n\n".join(blocks)


def comparison_html(comparison: Comparison, language: Language | None = None) -> str:
    """Tell a comparison in two HTML tables."""
    outcome, rows = comparison_grids(comparison, language, width=None)
    notes = tables.paragraphs(comparison_notes(comparison, language))
    spoken = as_spoken_by(comparison.language, language or comparison.language)
    return tables.framed([outcome.html(), notes, rows.html()], spoken)


def comparison_notes(comparison: Comparison, language: Language | None = None) -> tuple[str, ...]:
    """Say what a reader must know before reading differences."""
    labels = Labels(comparison.reference.formula, language)
    notes = []
    if len({allocation.envelope for allocation in comparison.allocations}) > 1:
        notes.append(labels.say("compare-envelopes-differ"))
    if comparison.partial:
        count = labels.territories(len(comparison.partial))
        codes = Codes(tuple(map(plain, comparison.partial))).in_language(labels.language)
        notes.append(labels.say("compare-partial", territories=count, codes=codes))
    if comparison.near:
        one, two = map(plain, comparison.near[0])
        territories = labels.territories(len(comparison.near))
        notes.append(labels.say("compare-near", first=one, second=two, territories=territories))
    shown = len(_most_changed(comparison))
    if shown < len(comparison.codes):
        notes.append(labels.say("compare-most", shown=shown, all=labels.number(len(comparison.codes))))
    return tuple(typeset(note, labels.language) for note in notes)


def comparison_grids(
    comparison: Comparison, language: Language | None = None, *, width: int | None = _WIDTH
) -> tuple[TextGrid, TextGrid]:
    """Return a comparison as two tables: what holds for each allocation, and the territories; no width, nothing cut."""
    labels = Labels(comparison.reference.formula, language)
    territories = _territories(comparison, labels, cut=width is not None)
    if width is not None and comparison.names != comparison.codes:
        territories = territories.narrowed(1, width, _NAME)
    return _outcomes(comparison, labels, cut=width is not None), territories


def _money(comparison: Comparison, labels: Labels, value: float, *, signed: bool = False) -> str:
    written = labels.money(value, comparison.digits)
    return f"+{written}" if signed and value > 0 else written


def _outcomes(comparison: Comparison, labels: Labels, *, cut: bool) -> TextGrid:
    """One row for each fact, one column for each allocation."""

    def money(value: object, *, signed: bool = False) -> str:
        return _money(comparison, labels, math.nan if value is None else float(str(value)), signed=signed)

    winners = comparison.winners.to_dict("records")
    rows = [
        (labels.say("compare-envelope"), [money(allocation.envelope) for allocation in comparison.allocations]),
        (labels.say("compare-shared"), [money(allocation.total) for allocation in comparison.allocations]),
        (labels.say("compare-territories"), [labels.number(len(each.codes)) for each in comparison.allocations]),
    ]
    counted = ["winning", "losing", "unchanged"]
    if comparison.people is not None:
        counted += ["people_winning", "people_losing"]
    for key in counted:
        cells = [labels.number(found[key]) for found in winners]
        rows.append((labels.say(f"compare-{key}"), ["", *cells]))
    for key, sign in (("gained", 1), ("lost", -1)):
        rows.append((labels.say(f"compare-{key}"), ["", *(money(sign * found[key], signed=True) for found in winners)]))
    for key in ("largest_gain", "largest_loss"):
        rows.append((labels.say(f"compare-{key}"), ["", *(money(found[key], signed=True) for found in winners)]))
        # Where nobody gains or loses there is no name; pandas makes it a missing number.
        given = (found[f"{key}_name"] for found in winners)
        whose = [plain(name) if isinstance(name, str) else "—" for name in given]
        named = [shortened(name, _LABEL) if cut else name for name in whose]
        rows.append((labels.say("compare-whose"), ["", *named]))
    names = [squeezed(plain(label), _LABEL) if cut else plain(label) for label in comparison.labels]
    headings = ("", labels.say("compare-reference", label=names[0]), *names[1:])
    return TextGrid(
        headings, tuple((title, *values) for title, values in rows), (False, *(True for _ in comparison.labels))
    )


def _most_changed(comparison: Comparison) -> list[int]:
    """Return the rows to show: all where they are few, else those that change most, from the largest gain down."""
    every = range(len(comparison.codes))
    if len(every) <= _ROWS:
        return list(every)
    change = comparison.differences
    largest = sorted(every, key=lambda row: -float(np.abs(change[row]).max()))[:_SHOWN]
    return sorted(largest, key=lambda row: -float(change[row, 1]))


def _territories(comparison: Comparison, labels: Labels, *, cut: bool) -> TextGrid:
    """One row for each territory: the reference's amount, then the others', and the differences."""
    two = len(comparison.labels) == 2
    names = [squeezed(plain(label), _NARROW) if cut else plain(label) for label in comparison.labels]
    headings = [labels.say("heading-code"), labels.say("heading-name"), names[0]]
    for name in names[1:]:
        headings += (
            [name, labels.say("compare-difference"), "%"] if two else [labels.say("compare-against", label=name)]
        )
    rows = [_cells(comparison, labels, row) for row in _most_changed(comparison)]
    total = ["", labels.say("compare-total"), _money(comparison, labels, comparison.reference.total)]
    for allocation in comparison.allocations[1:]:
        difference = allocation.total - comparison.reference.total
        total += [_money(comparison, labels, allocation.total)] if two else []
        total += [_money(comparison, labels, difference, signed=True)]
        total += [_share(labels, difference / comparison.reference.total)] if two and comparison.reference.total else []
    total += [""] * (len(headings) - len(total))
    right = (False, False, *(True for _ in headings[2:]))
    kept = [at for at in range(len(headings)) if at != 1 or comparison.names != comparison.codes]

    def pick(cells: list[str]) -> tuple[str, ...]:
        return tuple(cells[at] for at in kept)

    return TextGrid(pick(headings), tuple(map(pick, rows)), tuple(right[at] for at in kept), pick(total))


def _cells(comparison: Comparison, labels: Labels, row: int) -> list[str]:
    code, name = plain(comparison.codes[row]), plain(comparison.names[row])
    amounts, change = comparison.amounts[row], comparison.differences[row]
    cells = [code, name, _money(comparison, labels, amounts[0])]
    for at in range(1, len(comparison.labels)):
        difference = _money(comparison, labels, change[at], signed=True)
        if len(comparison.labels) == 2:
            cells += [_money(comparison, labels, amounts[at]), difference, _share(labels, comparison.relative[row, at])]
        else:
            cells.append(difference)
    return cells


def _share(labels: Labels, share: float) -> str:
    written = labels.percent(share)
    return f"+{written}" if share > 0 else written


def comparison_shown(comparison: Comparison) -> Shown:
    """Return a comparison as its files show it: every territory, what it gets from each allocation, and differences."""
    labels, digits = Labels(comparison.reference.formula), comparison.digits
    columns = [ShownColumn("code", "key", "text", labels.say("heading-code"), comparison.codes)]
    if "name" in comparison.table:
        columns.append(ShownColumn("name", "key", "text", labels.say("heading-name"), comparison.names))
    for at, label in enumerate(comparison.labels):
        heading = labels.dressed(plain(label), labels.symbol)
        total = comparison.allocations[at].total
        columns.append(
            ShownColumn(f"amount_{label}", "after", "money", heading, comparison.amounts[:, at], digits, total)
        )
    for at, label in enumerate(comparison.labels[1:], start=1):
        against = labels.say("compare-against", label=plain(label))
        difference = labels.dressed(against, labels.symbol)
        columns.append(
            ShownColumn(f"difference_{label}", "after", "money", difference, comparison.differences[:, at], digits)
        )
        relative = labels.dressed(against, "%")
        columns.append(ShownColumn(f"relative_{label}", "after", "share", relative, comparison.relative[:, at], 1))
    title = labels.say("shown-comparison", labels=" · ".join(map(plain, comparison.labels)))
    every = len(_most_changed(comparison)) == len(comparison.codes) and len(comparison.labels) == 2
    return Shown(title, tuple(columns), labels.language, comparison_html(comparison), every, _inputs(comparison))


def comparison_to_csv(comparison: Comparison, path: str | Path, language: Language | None = None) -> Path:
    """Write the whole table to a CSV file that the readers' spreadsheet opens as it is.

    UTF-8 with a byte-order mark; ``;`` and a decimal comma in French. Relative differences are shares of one.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    labels = Labels(comparison.reference.formula, language)
    target = ending(path, CSV, labels.language, _inputs(comparison))
    locale = LOCALES[labels.language]
    headings = {"code": labels.say("heading-code"), "name": labels.say("heading-name")}
    for label in comparison.labels:
        headings[f"amount_{label}"] = f"{label} ({labels.symbol})"
        headings[f"difference_{label}"] = f"{label}, {labels.say('compare-difference')} ({labels.symbol})"
        headings[f"relative_{label}"] = f"{label}, {labels.say('compare-relative')}"
    with placed(target, labels.language) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=locale.separator)
        writer.writerow([harmless(headings[column]) for column in comparison.table.columns])
        for row in comparison.table.itertuples(index=False):
            writer.writerow([_cell(value, locale.decimal, comparison.digits) for value in row])
    return target


def _cell(value: object, mark: str, digits: int) -> str:
    if not isinstance(value, float):
        return harmless(str(value))
    # A share needs more decimals than an amount; those that say nothing are left out.
    return "" if math.isnan(value) else f"{value:.{max(6, digits)}f}".rstrip("0").rstrip(".").replace(".", mark)


def _inputs(comparison: Comparison) -> tuple[Path, ...]:
    """Return the files that the allocations rest on."""
    return tuple(file for allocation in comparison.allocations for file in files_read(allocation))
