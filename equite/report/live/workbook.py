"""The live workbook: written whole, in memory, each formula with the value that Python gives it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from equite.formula.loading import dump
from equite.report.files import EXCEL, ending, files_read
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.live.calculation import calculate
from equite.report.live.checks import gather_checks, write_live_checks
from equite.report.live.contributions import part_dollars
from equite.report.live.cover import live_notes
from equite.report.live.data import write_data
from equite.report.live.grid import FIRST, CalculationSheet, quoted
from equite.report.live.parameters import Parameters
from equite.report.live.shown import write_shown
from equite.report.live.table import write_live_table
from equite.report.live.terms import stated
from equite.report.live.typed import untouched
from equite.report.live.verdict import BAND, elsewhere, write_band
from equite.report.live.why import names_to_pick, write_why
from equite.report.live.workings import Workings
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Input, Manifest, NamedPlace
from equite.report.workbook.file import new_workbook, refuse_beyond
from equite.report.workbook.notes import notes_sheet, write_notes
from equite.report.workbook.sheet import Book

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["to_live_excel"]


def to_live_excel(allocation: Allocation, path: str | Path) -> Path:
    """Write an allocation to a workbook that recalculates.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    path : str or Path
        A name that ends in ``.xlsx``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OutputError
        The table holds more rows than a sheet, or the file cannot be written. One that was there is left as it was.
    """
    labels = Labels(allocation.formula)
    target = ending(path, EXCEL, labels.language, files_read(allocation))
    refuse_beyond(labels.language, allocation.scope.table.size, around=FIRST)
    page = allocation.formula
    with new_workbook(target, labels.language, labels.worded(page.heading), page.sha256) as workbook:
        workbook.set_calc_mode("auto")
        _write(Book(workbook, labels), allocation)
    return target


def _write(book: Book, allocation: Allocation) -> None:
    """Write every sheet, from left to right but for the first, which tells what the others could not do."""
    labels, taken = book.labels, set[str]()
    notes = notes_sheet(book)
    notes.row = BAND
    parameters = Parameters(book, allocation, taken)
    parameters.write()
    data = write_data(book, allocation, taken)
    inputs = [*parameters.inputs, *data.inputs]
    table = allocation.scope.table
    say = labels.say
    grid = CalculationSheet(
        book, say("live-calculation"), table.size, say("live-calculation-title"), say("live-about-calculation")
    )
    code = grid.texts(labels.heading("code"), data.codes.cell, [str(each) for each in table.codes])
    position = grid.column("N°", stated(f"ROWS({code.cell}:$A${FIRST})", np.arange(1.0, table.size + 1)))
    workings = Workings(
        allocation,
        labels,
        grid,
        data.columns,
        parameters.figures,
        parameters.numbers,
        parameters.tables,
        code,
        position,
    )
    workings.conditions += parameters.conditions
    done = calculate(workings)
    parameters.write_shares(workings.places)
    dollars = part_dollars(workings, done)
    names = names_to_pick(workings)
    figures = write_shown(workings, done)
    checks = gather_checks(workings, done, inputs, parameters.never_negative)
    grid.close(1)
    shown = write_live_table(book, workings, done, figures)
    why = write_why(book, workings, done, dollars, names, figures)
    write_notes(book, allocation, notes, live_notes(book, workings, done))
    sheets = {
        notes.name: (notes.sheet, notes.widths),
        parameters.sheet.name: (parameters.sheet.sheet, parameters.sheet.widths),
        grid.name: (grid.sheet, [14.0] * grid.columns),
        shown.sheet.name: (shown.sheet.sheet, shown.sheet.widths),
        why.name: (why.sheet, why.widths),
    }
    checks += untouched(labels, {name: sheet for name, (sheet, _) in sheets.items()})
    own, said = write_live_checks(book, workings, done, shown, checks)
    for sheet, widths in [*sheets.values(), (data.sheet, data.widths)]:
        write_band(book, sheet, widths, elsewhere(own.name, said))
    places = {
        "amounts": done.amounts.range,
        "codes": code.range,
        "written": done.written.range,
        "shown": shown.amounts.text,
        "reserve": done.reserve.text,
    }
    if done.envelope is not None:
        places["envelope"] = done.envelope.text
    written = [*sheets.items(), (own.name, (own.sheet, []))]
    formulas = {name: sheet.formulas for name, (sheet, _) in written if sheet.formulas}
    manifest = replace(_manifest(book, workings, places, inputs), formulas=formulas)
    hidden = book.workbook.add_worksheet(MANIFEST_SHEET)
    for row, cells in enumerate(manifest.to_rows()):
        for at, text in enumerate(cells):
            hidden.write_string(row, at, text)
    hidden.very_hidden()


def _manifest(book: Book, workings: Workings, cells: Mapping[str, str], inputs: list[Input]) -> Manifest:
    """Return what the workbook says of itself, and name the places that it tells of."""
    allocation, page = workings.allocation, workings.formula
    places = {}
    for word, found in cells.items():
        sheet, _, address = found.rpartition("!")
        sheet = sheet.strip("'").replace("''", "'") or workings.grid.name
        book.workbook.define_name(f"eq_{word}", f"={quoted(sheet)}{address}")
        places[word] = NamedPlace(f"eq_{word}", sheet, address.replace("$", ""))
    source = allocation.territories.source
    return Manifest(
        equite=importlib.metadata.version("equite"),
        page_id=page.id,
        page_sha256=page.sha256,
        page=dump(allocation.record["formula"]["page"]),
        table_name=plain(source.name or ""),
        table_sha256=source.sha256,
        rows=allocation.scope.table.size,
        places=places,
        inputs=tuple(inputs),
        certificates=tuple(replace(each, step=plain(each.step)) for each in workings.certificates),
    )
