"""Files that a cascade is written to: the accounts of every node as CSV, or a workbook with a sheet for each tier."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.engine.rounding import largest_remainders, round_half_away
from equite.engine.sharing import Floats, Groups
from equite.engine.shown import head_digits, per_head_of, rounded
from equite.report.cascade.checks import write_checks
from equite.report.cascade.views import cascade_html
from equite.report.cascade.words import CascadeLabels
from equite.report.cascade.workbook import sheet_names, write_notes
from equite.report.columns import ShownColumn
from equite.report.files import CSV, EXCEL, HTML, columns_to_csv, ending, files_read, placed
from equite.report.html import tables
from equite.report.html.markup import Markup
from equite.report.language.labels import distinct
from equite.report.shown import columns_html
from equite.report.workbook.file import new_workbook, refuse_beyond
from equite.report.workbook.sheet import Book
from equite.report.workbook.table import write_table

if TYPE_CHECKING:
    from equite.engine.cascade import Cascade

__all__ = ["to_csv", "to_excel", "to_html", "write"]

#: The rows of a sheet that are neither territories nor nodes: headings, totals, overall checks.
_AROUND = 1000
_TEXTS = ("tier", "code", "name", "parent", "parent_name")
_ORDER = ("received", "funds", "amount", "added", "kept", "passed_on", "shared_out", "reserve", "on_top", "per_head")


def write(cascade: Cascade, path: str | Path) -> Path:
    """Write a cascade to a file, as the end of its name says: ``.xlsx`` or ``.csv``.

    Raises
    ------
    OutputError
        The end of the name says neither, or the file cannot be written.
    """
    target = ending(path, (*EXCEL, *CSV), cascade.language, _inputs(cascade))
    return to_csv(cascade, target) if target.suffix.lower() in CSV else to_excel(cascade, target)


def to_csv(cascade: Cascade, path: str | Path) -> Path:
    """Write the accounts of every node to a CSV file that the readers' spreadsheet opens as it is.

    UTF-8 with a byte-order mark; ``;`` and a decimal comma in French. One row for each territory of each tier.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    labels = CascadeLabels(cascade)
    target = ending(path, CSV, labels.language, _inputs(cascade))
    frame = cascade.accounts.assign(tier=[labels.tier(str(tier)) for tier in cascade.accounts["tier"]])
    order = [name for name in (*_TEXTS, *_ORDER, "of_parent") if name in frame]
    # All rests on what stands above the last tier.
    mark, parent = labels.marks[cascade.names[-1]], labels.say("cascade-heading-parent-any")
    return columns_to_csv(list(_columns(frame[order], labels, mark, parent=parent)), target, labels.language)


def to_excel(cascade: Cascade, path: str | Path) -> Path:
    """Write a cascade to a workbook in the plan's language.

    The first sheet says what the others are, who decides at each tier and what was decided locally, where money comes
    from and ends, what the figures rest on. Then a sheet for each tier, and the checks of every node: live formulas,
    so that a cell changed by hand shows. Two workbooks of one cascade are the same, byte for byte.

    Parameters
    ----------
    cascade : Cascade
        The cascade.
    path : str or Path
        A name that ends in ``.xlsx``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OutputError
        A tier has more territories than a sheet can hold, or the file cannot be written. One that was there is left
        as it was.
    """
    labels = CascadeLabels(cascade)
    target = ending(path, EXCEL, labels.language, _inputs(cascade))
    counts = [len(level.codes) for level in cascade.levels]
    for count in (*counts, sum(counts[:-1])):
        refuse_beyond(labels.language, count, around=_AROUND)
    names = sheet_names(labels)
    plan = cascade.plan
    with new_workbook(target, labels.language, labels.worded(plan.heading), plan.sha256) as workbook:
        book = Book(workbook, labels)
        money = write_notes(book, labels, names)
        tables = [write_table(book, names[tier], tier_columns(cascade, tier, labels)) for tier in cascade.names]
        write_checks(book, labels, tables, money)
    return target


def to_html(cascade: Cascade, path: str | Path) -> Path:
    """Write a cascade as one page: where the money comes from and ends, then the accounts of every tier.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    labels = CascadeLabels(cascade)
    target = ending(path, HTML, labels.language, _inputs(cascade))
    accounts = [
        columns_html(tier_columns(cascade, tier, labels), labels.language, labels.tier(tier)) for tier in cascade.names
    ]
    pieces = [Markup(cascade_html(cascade)), tables.framed(accounts, labels.language)]
    with placed(target, labels.language) as temporary:
        text = tables.page(labels.worded(cascade.plan.heading), pieces, labels.language)
        temporary.write_bytes(text.encode("utf-8"))
    return target


def tier_columns(cascade: Cascade, tier: str, labels: CascadeLabels) -> tuple[ShownColumn, ...]:
    """Return the columns of a tier's sheet: its accounts, parents by name too, and their totals."""
    frame, level = cascade.table(tier), cascade.level(tier)
    at = cascade.names.index(tier)
    if not level.funds:
        # What it received is all that it has.
        frame = frame.drop(columns="amount")
    parent = ""
    if at:
        above = cascade.names[at - 1]
        parent, named = labels.tier(above), cascade.names_of(above)
        if cascade.plan.formula_of(above).name is not None:
            frame.insert(list(frame).index("parent") + 1, "parent_name", [named[row] for row in level.parent])
    people = cascade._people(level)
    amounts = cascade.minor_units.money(level.amount)
    per_head = None if people is None else per_head_of(amounts, people)[1]
    return tuple(_columns(frame, labels, labels.marks[tier], parent=parent, per_head=per_head))


def _columns(
    frame: pd.DataFrame, labels: CascadeLabels, mark: str, *, parent: str, per_head: float | None = None
) -> Iterator[ShownColumn]:
    """Return a table of accounts as it is shown; each heading stands once."""
    shown = [name for name in frame if name != "on_top" or frame[name].fillna(0).any()]
    headings = [_heading(str(name), labels, mark, parent) for name in shown]
    told = distinct([(str(name), False, heading) for name, heading in zip(shown, headings, strict=True)])
    for name, heading in zip(map(str, shown), told, strict=True):
        if name in _TEXTS:
            cells = ["" if pd.isna(cell) else str(cell) for cell in frame[name]]
            step = "after" if name.startswith("parent") else "key"
            yield ShownColumn(name, step, "text", heading, cells)  # type: ignore[arg-type]
            continue
        numbers = frame[name].to_numpy(dtype=np.float64)
        if name == "of_parent":
            yield ShownColumn(name, "after", "share", heading, _shares(frame), 2)
        elif name == "per_head":
            # The decimals of all tiers, so that a figure is written alike wherever it stands.
            digits = head_digits(labels.cascade.accounts[name].to_numpy(dtype=np.float64))
            total = None if per_head is None else rounded(per_head, digits)
            yield ShownColumn(name, "after", "money", heading, round_half_away(numbers, digits) + 0.0, digits, total)
        else:
            total = round(math.fsum(numbers[~np.isnan(numbers)].tolist()), labels.digits) + 0.0
            step = "amount" if name == "amount" or (name == "received" and "amount" not in frame) else "after"
            yield ShownColumn(name, step, "money", heading, numbers, labels.digits, total)  # type: ignore[arg-type]


def _shares(frame: pd.DataFrame) -> Floats:
    """Return shares rounded so that those of one parent's children add up to a hundred percent."""
    siblings = [name for name in ("tier", "parent") if name in frame]
    of = frame.groupby(siblings, dropna=False).ngroup().to_numpy() if siblings else np.zeros(len(frame), dtype=np.intp)
    shares = frame["of_parent"].to_numpy(dtype=np.float64) * 10_000
    there = np.isfinite(shares)
    groups = Groups(of.astype(np.intp), int(of.max(initial=-1)) + 1).subset(there)
    totals = np.rint(groups.total(shares[there])).astype(np.int64)
    found = np.full(len(frame), np.nan)
    found[there] = largest_remainders(shares[there], totals, groups) / 10_000
    return found


def _heading(name: str, labels: CascadeLabels, mark: str, parent: str) -> str:
    if name == "tier":
        return labels.say("cascade-tier")
    if name in ("code", "name"):
        return labels.say(f"heading-{name}")
    if name == "parent":
        return labels.say("cascade-heading-parent", tier=parent)
    if name == "parent_name":
        return parent
    if name == "of_parent":
        # What the first tier has is of the envelope.
        said = labels.say("cascade-heading-of_parent" if parent else "heading-share")
        return labels.dressed(said, "%", mark)
    return labels.dressed(labels.say(f"cascade-heading-{name}"), labels.symbol, mark)


def _inputs(cascade: Cascade) -> tuple[Path, ...]:
    """Return the files that a cascade rests on: the plan, its pages, its tables."""
    tables = [level.territories.source.file for level in cascade.levels]
    pages = [file for level in cascade.levels for each in level.allocations for file in files_read(each)]
    return (*cascade.plan.files, *pages, *(table for table in tables if table))
