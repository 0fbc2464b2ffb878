"""What whoever signs should know of how a table was read, though nothing in it is wrong."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

import numpy as np

from equite.errors import Problem
from equite.inputs.cells import text_of, tidy
from equite.inputs.columns import ColumnPlace
from equite.inputs.marked import Footnoted, Percentage
from equite.inputs.percents import in_percent
from equite.inputs.spelling import unseen_in
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["told_of_reading"]


def told_of_reading(territories: Territories, headings: Iterable[str], texts: Iterable[str]) -> Iterator[Problem]:
    """Tell what was read that the sheet hides, and what was read otherwise than it stands.

    Parameters
    ----------
    territories : Territories
        The table.
    headings : iterable of str
        The headings of the columns that are used, that of the codes included.
    texts : iterable of str
        Those of them whose cells are text.
    """
    layout, file = territories.source.layout, territories.source.name
    kinds = dict(zip(territories.data.columns, territories.data.dtypes, strict=True))
    used = dict.fromkeys(layout.heading(tidy(heading)) for heading in headings)
    used = {heading: None for heading in used if heading in kinds}
    if not layout.formats_seen:
        yield Problem("read-formats-unseen", {}, file=file)
    if layout.sheet:
        yield Problem("read-hidden-sheet", {"sheet": territories.source.sheet or ""}, file=file)
    hidden = [heading for heading in layout.columns if heading in used]
    if hidden:
        yield Problem("read-hidden-columns", {"columns": Codes(tuple(hidden)), "count": len(hidden)}, file=file)
    stale = [heading for heading in layout.stale if heading in used]
    if stale:
        yield Problem("read-formulas-stale", {"columns": Codes(tuple(stale)), "count": len(stale)}, file=file)
    rows = _hidden_rows(territories)
    if rows:
        yield Problem("read-hidden-rows", {"rows": Codes(rows), "count": len(rows)}, file=file)
    text = {layout.heading(tidy(heading)) for heading in texts}
    for heading in used:
        if heading in text:
            yield from _of_signs(ColumnPlace(territories.data, heading, territories.codes, territories.source))
        if kinds[heading] == np.dtype(object):
            yield from _of_cells(
                ColumnPlace(territories.data, heading, territories.codes, territories.source), heading in text
            )


def _hidden_rows(territories: Territories) -> tuple[str, ...]:
    """Return the hidden rows that were read, each with its code."""
    hidden = frozenset(territories.source.layout.rows)
    if not hidden:
        return ()
    rows = [(territories.row(at), at) for at in range(len(territories))]
    codes = territories.codes
    return tuple(f"{row} ({codes[at]})" if codes else str(row) for row, at in rows if row in hidden)


def _of_signs(place: ColumnPlace) -> Iterator[Problem]:
    """Tell the texts of a column that held signs that nobody sees: known since they were made text, or still there."""
    held = place.source.unseen.get(place.heading)
    if held is None:
        places = unseen_in(place.column.tolist())
    else:
        places = [at for at, row in enumerate(place.column.index) if row in held] if held else []
    if places:
        yield _problem("read-unseen-signs", place, [str(place.cell(at) or place.row(at)) for at in places])


def _of_cells(place: ColumnPlace, is_text: bool) -> Iterator[Problem]:
    """Tell the cells of one column that were read otherwise than they stand."""
    cells = place.column.tolist()
    kinds = set(map(type, cells))
    if Footnoted in kinds:
        calls = [
            f"{place.cell(at) or place.row(at)} ({cell.told})"
            for at, cell in enumerate(cells)
            if isinstance(cell, Footnoted) and cell.call
        ]
        if calls:
            yield _problem("read-footnote-calls", place, calls)
    if is_text and any(issubclass(kind, datetime.date | datetime.time) for kind in kinds):
        dates = [
            f"{place.cell(at) or place.row(at)} ({text_of(cell)})"
            for at, cell in enumerate(cells)
            if isinstance(cell, datetime.date | datetime.time) and text_of(cell)
        ]
        if dates:
            yield _problem("read-dates-as-text", place, dates)
    if not is_text and Percentage in kinds:
        bare = [
            f"{place.cell(at) or place.row(at)} ({text_of(cell)})"
            for at, cell in enumerate(cells)
            if text_of(cell) is not None and not in_percent(cell) and cell != 0
        ]
        if bare:
            yield _problem("read-percent-settled", place, bare)


def _problem(entry: str, place: ColumnPlace, cells: list[str]) -> Problem:
    values = {"cells": Codes(tuple(cells)), "count": len(cells)}
    return Problem(entry, values, place.heading, None, place.source.name)
