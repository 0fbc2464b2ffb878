"""What a live workbook says of itself, on a hidden sheet: where each input stands, what it was, and the page.

The sheet holds rows of texts, the first cell of each telling what the row is:

====================  =======================================================================================
``equite-live``       the version of this layout
``equite``            the version of equite that wrote the file
``page``              the page's id, its SHA-256, then its YAML in pieces
``table``             the table's name, its SHA-256, its number of rows
``place``             a word (``amounts``, ``codes``, ``envelope``, ``reserve``, ``shown``: the amounts of the sheet to
                      print, ``written``: the codes as they were), a defined name, a sheet, cells
``formulas``          a sheet, the number of its formulas
``certificate``       what is written as values and not as formulas, why, then the names it rests on
``input``             the place on the page (JSON), a defined name, a sheet, cells, then the value as it was, in pieces
``fingerprint``       the SHA-256 of all rows above
====================  =======================================================================================

The place of an input on the page is a list of keys, long forms throughout: ``["envelope", "value"]``,
``["constants", "coordinator", "value"]``, ``["indices", "need", "families", "social", "weight"]``,
``["parts", 0, "pool", "each"]``, ``["tables", "steps", "values", 2]``. A number inside an expression adds ``"#"`` and
its place among the expression's numbers, from 0, in the tree's order: ``["limits", 0, "at_least", "#", 0]``. A method's
parameter adds ``"parameters"`` and its name: ``["indices", "need", "criteria", "age", "normalise", "parameters",
"low"]``. A column of the table is ``["data", heading]``, as the table's file is headed, the codes included; its cells
are a range, its value a JSON list. A number is written as Python's ``repr`` does, a missing one as an empty text
(``null`` in a list). Every place has a defined name in the workbook, which follows it when a sheet is renamed or rows
are moved.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

__all__ = ["MANIFEST_SHEET", "MARK", "VERSION", "Certificate", "Input", "Manifest", "NamedPlace"]

MANIFEST_SHEET = "_equite"
MARK = "equite-live"
VERSION = "2"
#: A cell holds 32,767 characters.
_PIECE = 30_000
_CELLS = re.compile(r"[A-Z]{1,3}[0-9]{1,7}(:[A-Z]{1,3}[0-9]{1,7})?")

Key = str | int


@dataclass(frozen=True)
class Input:
    """A cell, or a column of cells, that may be changed.

    Attributes
    ----------
    path : tuple of str or int
        Its place on the page, or ``("data", heading)``.
    name : str
        Its defined name in the workbook.
    sheet, cells : str
        Where it stands: a sheet, and a cell or a range (``B4``, ``C2:C105``).
    value : str
        What it was: a number as ``repr`` writes it, or a JSON list for a range.
    """

    path: tuple[Key, ...]
    name: str
    sheet: str
    cells: str
    value: str

    @property
    def is_column(self) -> bool:
        """Whether it is a column of the table."""
        return self.path[0] == "data"

    @property
    def values(self) -> list[float | str | None]:
        """The values of a column as they were: numbers, texts, None where missing."""
        found: list[float | str | None] = json.loads(self.value)
        return found


@dataclass(frozen=True)
class NamedPlace:
    """Where a result stands: its defined name, a sheet, and a cell or a range."""

    name: str
    sheet: str
    cells: str


@dataclass(frozen=True)
class Certificate:
    """What a workbook holds as values: the name of the step, the reason, the names it rests on."""

    step: str
    reason: str
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a live workbook says of itself.

    Attributes
    ----------
    equite : str
        The version that wrote it.
    page_id, page_sha256, page : str
        The page's id, fingerprint and YAML.
    table_name, table_sha256 : str
        The table that it was made from.
    rows : int
        The number of territories of the table, those left out included.
    places : dict of str to Place
        ``amounts``, ``codes`` and ``written`` (ranges of the same rows; an amount is an empty text for those left out),
        ``shown``, and the cells ``reserve`` and, where there is one, ``envelope``.
    inputs : tuple of Input
        Every cell that may be changed.
    certificates : tuple of Certificate
        What does not recalculate.
    formulas : dict of str to int
        How many formulas each sheet holds.
    """

    equite: str
    page_id: str
    page_sha256: str
    page: str
    table_name: str
    table_sha256: str
    rows: int
    places: dict[str, NamedPlace]
    inputs: tuple[Input, ...]
    certificates: tuple[Certificate, ...] = ()
    formulas: dict[str, int] = field(default_factory=dict)

    def changed(self, values: Sequence[str]) -> tuple[Input, ...]:
        """Return the inputs that differ from what they were, with their values as they are now.

        Parameters
        ----------
        values : sequence of str
            The value of each input now, written as :attr:`Input.value` is.
        """
        pairs = zip(self.inputs, values, strict=True)
        return tuple(replace(each, value=value) for each, value in pairs if value != each.value)

    def to_rows(self) -> list[list[str]]:
        """Return the rows of the hidden sheet."""
        rows = [
            [MARK, VERSION],
            ["equite", self.equite],
            ["page", self.page_id, self.page_sha256, *_pieces(self.page)],
            ["table", self.table_name, self.table_sha256, str(self.rows)],
        ]
        rows += [["place", word, place.name, place.sheet, place.cells] for word, place in self.places.items()]
        rows += [["formulas", sheet, str(count)] for sheet, count in self.formulas.items()]
        rows += [["certificate", each.step, each.reason, *each.rests_on] for each in self.certificates]
        rows += [
            [
                "input",
                json.dumps(each.path, ensure_ascii=False),
                each.name,
                each.sheet,
                each.cells,
                *_pieces(each.value),
            ]
            for each in self.inputs
        ]
        return [*rows, ["fingerprint", _fingerprint(rows)]]

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[object]]) -> Manifest | None:
        """Read the rows of the hidden sheet; None where they are not, or are damaged or of a layout not known."""
        read = [cells for row in rows if (cells := _texts(row))]
        if not read or read[0] != [MARK, VERSION] or read[-1] != ["fingerprint", _fingerprint(read[:-1])]:
            return None
        try:
            return _read(read[1:-1])
        except (LookupError, ValueError, TypeError, RecursionError):
            return None


def _texts(row: Sequence[object]) -> list[str]:
    """Return a row's cells as texts, without the empty ones at its end."""
    cells = ["" if cell is None else str(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _read(rows: list[list[str]]) -> Manifest:
    of = {row[0]: row[1:] for row in rows}
    page, table = of["page"], of["table"]
    return Manifest(
        equite=of["equite"][0],
        page_id=page[0],
        page_sha256=page[1],
        page="".join(page[2:]),
        table_name=table[0],
        table_sha256=table[1],
        rows=int(table[2]),
        places={row[1]: NamedPlace(row[2], row[3], row[4]) for row in rows if row[0] == "place"},
        inputs=tuple(_input(row) for row in rows if row[0] == "input"),
        certificates=tuple(Certificate(row[1], row[2], tuple(row[3:])) for row in rows if row[0] == "certificate"),
        formulas={row[1]: int(row[2]) for row in rows if row[0] == "formulas"},
    )


def _input(row: list[str]) -> Input:
    """Read an input; what is none of its kind is an error."""
    found = Input(tuple(json.loads(row[1])), row[2], row[3], row[4], "".join(row[5:]))
    values = found.values if found.is_column else [float(found.value) if found.value else None]
    is_place = all(isinstance(key, str | int) for key in found.path) and _CELLS.fullmatch(found.cells)
    if not is_place or not all(value is None or isinstance(value, str | int | float) for value in values):
        raise ValueError(found.path)
    return found


def _pieces(text: str) -> list[str]:
    """Cut a text into what cells can hold."""
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]


def _fingerprint(rows: Iterable[Sequence[str]]) -> str:
    """Return the SHA-256 of the rows of the hidden sheet, blanks after the last cell of each left out."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(_texts(row), ensure_ascii=False).encode())
    return digest.hexdigest()
