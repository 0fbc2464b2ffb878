"""The XML of a sheet: where its rows and cells begin and end, in bytes, and how new ones are spliced in.

Everything between the cells that change stays as it was, byte for byte: what a later Excel added, comments, prefixes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter, range_boundaries

from equite.inputs.spelling import without_controls

__all__ = ["Broken", "CellValue", "Element", "SheetGrid", "elements_of", "grid_of", "spliced"]

#: What is written into a cell; None leaves it blank.
CellValue = str | float | None

_ADDRESS = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class Broken(Exception):
    """The file is no workbook that can be filled; ``entry`` is the sentence that says so."""

    def __init__(self, entry: str) -> None:
        super().__init__(entry)
        self.entry = entry


@dataclass
class Element:
    """Where an element of a sheet begins and ends, in bytes."""

    tag: str
    attributes: Mapping[str, str]
    start: int
    end: int = -1
    #: Where its start tag ends; the same as ``end`` for an empty element.
    inside: int = -1
    within: dict[str, Element] = field(default_factory=dict)


@dataclass
class SheetGrid:
    """The rows and cells of a sheet as they lie in its bytes."""

    prefix: str
    data: Element
    rows: dict[int, Element] = field(default_factory=dict)
    #: By row, then by column.
    cells: dict[int, dict[int, Element]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    protected: bool = False
    #: Where the sheet states its extent, and what it states.
    dimension: Element | None = None
    extent: tuple[int, int, int, int] = (1, 1, 1, 1)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def elements_of(raw: bytes) -> Iterator[Element]:
    """Return every element of a part, in the order in which they begin; names without their prefix."""
    found: list[Element] = []
    path: list[Element] = []
    parser = expat.ParserCreate()

    def begin(tag: str, attributes: dict[str, str]) -> None:
        start = parser.CurrentByteIndex
        element = Element(_local(tag), attributes, start, inside=raw.index(b">", _past_quotes(raw, start)) + 1)
        if path:
            path[-1].within.setdefault(element.tag, element)
        path.append(element)
        found.append(element)

    def end(_: str) -> None:
        element = path.pop()
        empty = raw[element.inside - 2 : element.inside] == b"/>"
        element.end = element.inside if empty else raw.index(b">", parser.CurrentByteIndex) + 1

    def refuse(*_: Any) -> None:
        raise Broken("workbook-none")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = begin, end, refuse
    try:
        raw.decode()
        parser.Parse(raw, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Broken("workbook-none") from None
    yield from found


_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*""")


def _past_quotes(raw: bytes, start: int) -> int:
    """Return where a start tag ends; a ``>`` may stand in an attribute."""
    found = _TAG.match(raw, start)
    return found.end() if found else start


def grid_of(raw: bytes) -> SheetGrid:
    """Find the rows, cells, merged areas and protection of a sheet.

    Raises
    ------
    Broken
        The part is damaged.
    """
    try:
        return _grid(raw, list(elements_of(raw)))
    except (ValueError, LookupError, TypeError):
        raise Broken("workbook-none") from None


def _grid(raw: bytes, elements: list[Element]) -> SheetGrid:
    data = next((element for element in elements if element.tag == "sheetData"), None)
    if data is None:
        raise Broken("workbook-none")
    prefix = raw[data.start + 1 : raw.index(b"sheetData", data.start)].decode()
    grid = SheetGrid(prefix, data)
    row = column = 0
    for element in elements:
        if element.tag == "row" and data.start < element.start < data.end:
            row, column = int(element.attributes.get("r", row + 1)), 0
            grid.rows[row] = element
        elif element.tag == "c" and data.start < element.start < data.end:
            found = _ADDRESS.fullmatch(element.attributes.get("r", ""))
            column = _number(found[1]) if found else column + 1
            grid.cells.setdefault(row, {})[column] = element
        elif element.tag == "mergeCell":
            left, top, right, bottom = range_boundaries(element.attributes["ref"])
            grid.merged.append((left, top, right, bottom))
        elif element.tag == "dimension":
            grid.dimension, grid.extent = element, range_boundaries(element.attributes["ref"])
        elif element.tag == "sheetProtection":
            grid.protected = element.attributes.get("sheet") in ("1", "true")
    return grid


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def spliced(raw: bytes, grid: SheetGrid, values: Mapping[tuple[int, int], CellValue]) -> bytes:
    """Write cells into the bytes of a sheet, and take out what its formulas last gave."""
    cuts: list[tuple[int, int, bytes]] = []
    for element in (cell for row in grid.cells.values() for cell in row.values()):
        if "f" in element.within and "v" in element.within:
            given = element.within["v"]
            cuts.append((given.start, given.end, b""))
            tag = raw[element.start : element.inside]
            cuts.append((element.start, element.inside, re.sub(rb"""\st=("[^"]*"|'[^']*')""", b"", tag, count=1)))
    by_row: dict[int, dict[int, CellValue]] = {}
    for (row, column), value in values.items():
        by_row.setdefault(row, {})[column] = value
    cuts += _widened(raw, grid, values)
    last = max(grid.rows, default=0)
    for row, cells in sorted(by_row.items()):
        if row in grid.rows:
            cuts += _row_cuts(raw, grid, row, cells)
        else:
            after = min((known for known in grid.rows if known > row), default=None) if row < last else None
            at = grid.rows[after].start if after else _before_end(raw, grid.data)
            written = "".join(_cell(grid.prefix, row, column, value, "") for column, value in sorted(cells.items()))
            cuts.append((at, at, f'<{grid.prefix}row r="{row}">{written}</{grid.prefix}row>'.encode()))
    return _cut(raw, _opened(raw, grid.data, cuts))


def _widened(raw: bytes, grid: SheetGrid, values: Iterable[tuple[int, int]]) -> list[tuple[int, int, bytes]]:
    """Let the sheet's stated extent hold the cells that are written: some readers look no further."""
    places = list(values)
    if grid.dimension is None or not places:
        return []
    rows, columns = zip(*places, strict=True)
    left, top, right, bottom = grid.extent
    first = f"{get_column_letter(min(left, *columns))}{min(top, *rows)}"
    last = f"{get_column_letter(max(right, *columns))}{max(bottom, *rows)}"
    tag = raw[grid.dimension.start : grid.dimension.inside]
    wider = re.sub(rb"""ref=("[^"]*"|'[^']*')""", f'ref="{first}:{last}"'.encode(), tag, count=1)
    return [(grid.dimension.start, grid.dimension.inside, wider)]


def _row_cuts(raw: bytes, grid: SheetGrid, row: int, cells: Mapping[int, CellValue]) -> list[tuple[int, int, bytes]]:
    """Say what changes in a row that is there."""
    element = grid.rows[row]
    there = grid.cells.get(row, {})
    cuts = []
    for column, value in sorted(cells.items()):
        if column in there:
            cell = there[column]
            kept = f' s="{cell.attributes["s"]}"' if "s" in cell.attributes else ""
            cuts.append((cell.start, cell.end, _cell(grid.prefix, row, column, value, kept).encode()))
        elif value is not None:
            at = next((cell.start for place, cell in there.items() if place > column), _before_end(raw, element))
            cuts.append((at, at, _cell(grid.prefix, row, column, value, "").encode()))
    return _opened(raw, element, cuts)


def _before_end(raw: bytes, element: Element) -> int:
    """Return where the last thing inside an element can be put."""
    return raw.rindex(b"</", element.start, element.end) if element.inside < element.end else element.end


def _opened(raw: bytes, element: Element, cuts: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """Return an element that was empty (``<row/>``) a beginning and an end around what is put in it."""
    inserted = [cut for cut in cuts if cut[0] == element.end]
    if element.inside < element.end or not inserted:
        return cuts
    tag = raw[element.start : element.end]
    name = re.match(rb"<([^\s/>]+)", tag)
    assert name
    whole = tag.rstrip()[:-2].rstrip() + b">" + b"".join(text for *_, text in inserted) + b"</" + name[1] + b">"
    return [cut for cut in cuts if cut not in inserted] + [(element.start, element.end, whole)]


def _cut(raw: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """Replace some pieces by others; what is put at one place stays in its order."""
    pieces, at = [], 0
    for start, end, text in sorted(cuts, key=lambda cut: (cut[0], cut[1])):
        pieces += [raw[at:start], text]
        at = end
    return b"".join([*pieces, raw[at:]])


def _cell(prefix: str, row: int, column: int, value: CellValue, kept: str) -> str:
    """Write one cell; a text is text whatever it begins with."""
    p, tag = prefix, f'<{prefix}c r="{get_column_letter(column)}{row}"{kept}'
    if value is None:
        return f"{tag}/>"
    if isinstance(value, str):
        text = escape(without_controls(value))
        return f'{tag} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is></{p}c>'
    number = repr(int(value)) if value == int(value) else repr(float(value))
    return f"{tag}><{p}v>{number}</{p}v></{p}c>"
