"""A look at the rows of a table: which of them the page leaves out, and which others look like no territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from equite.errors import Problem
from equite.inputs.cells import TextsRead
from equite.inputs.grid import whole_again
from equite.inputs.reading import Source
from equite.inputs.rows.looks import suspects
from equite.inputs.rows.rows import Kind, LeftOut, Positions, Rows, RowsRead, Suspect, refusal_of

__all__ = ["Looked", "read_rows", "refused"]

#: In this order they are told.
_REFUSED: tuple[Kind, ...] = ("total", "note")


@dataclass(frozen=True)
class Looked:
    """What was found in the rows that are kept: what to remember of it, and the places of those that are suspect."""

    read: RowsRead
    places: frozenset[int]
    source: Source

    def refusals(self, *, conditional: bool) -> list[Problem]:
        """Refuse the suspects, but not a total whose code the conditions of the page may leave out."""
        kept = [each for each in self.read.suspects if not conditional or each.kind == "note" or each.code is None]
        return refused(kept, self.source)


def read_rows(rows: Rows, before: Sequence[LeftOut]) -> tuple[Rows, Looked, list[Problem]]:
    """Leave out rows, and look at the others.

    Parameters
    ----------
    rows : Rows
        Every row of the table.
    before : sequence of LeftOut
        Rows that were left out of it before.

    Returns
    -------
    Rows, Looked
        The rows that are kept, and what was found among them.
    list of Problem
        The entries of the page that no row has.
    """
    rules = rows.rules
    problems = [*rows.unmatched("leave_out", rules.leave_out, before)]
    problems += rows.unmatched("are_territories", rules.are_territories, ())
    # What is said to be a territory is kept, though the beginning of its code be left out.
    out = np.setdiff1d(rows.positions(rules.leave_out), rows.positions(rules.are_territories))
    left = rows.left_out(out)
    if len(out):
        rows = _without(rows, out)
    found = suspects(rows)
    looked = Looked(RowsRead(left, rows.told(found)), frozenset(found), rows.source)
    return rows, looked, problems


def _without(rows: Rows, out: Positions) -> Rows:
    kept = np.setdiff1d(np.arange(len(rows.data)), out)
    data = rows.data.iloc[kept]
    floats = [heading for heading in data.columns if data[heading].dtype.kind == "f"]
    data = data.assign(**{heading: whole_again(data[heading]) for heading in floats}) if len(data) else data
    return replace(rows, data=data, codes=[rows.codes[at] for at in kept.tolist()], read=TextsRead(rows.written[kept]))


def refused(found: Sequence[Suspect], source: Source) -> list[Problem]:
    """Refuse rows that are called totals, then those that look like notes."""
    by_kind = {kind: [each for each in found if each.kind == kind] for kind in _REFUSED}
    return [refusal_of(kind, those, source) for kind, those in by_kind.items() if those]
