"""An ``.xlsx`` file as it lies on the disk, of which a few cells are changed and all else is kept byte for byte.

A library that reads a workbook into objects and writes it anew loses what it has no object for: pictures, charts,
slicers, what a later Excel added. Here expat only tells where cells begin and end, and new ones are spliced in.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from openpyxl.utils import get_column_letter, range_boundaries

from equite.report.openxml.sheet import Broken, CellValue, SheetGrid, elements_of, grid_of, spliced

__all__ = ["Area", "DefinedName", "Package"]

_OLE = b"\xd0\xcf\x11\xe0"
_AREA = re.compile(r"(?:'((?:[^']|'')+)'|([^'!\[\]():,]+))!(\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?)")


#: A cell of one column: its row, and what stands between its tags.
_CELL = rb"""<(?:\w+:)?c\b[^>]*?\sr=["']%s([0-9]+)["'][^>]*?(?:/>|>(.*?)</(?:\w+:)?c>)"""
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
#: How a text is read aloud in Japanese stands beside it, and is no part of it.
_ALOUD = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)


@dataclass(frozen=True)
class Area:
    """A rectangle of cells of one sheet, rows and columns counted from 1."""

    sheet: str
    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        """How many rows it has."""
        return self.bottom - self.top + 1

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.right - self.left + 1

    @property
    def cells(self) -> str:
        """The area as a person names it: ``B5:B17``."""
        first, last = f"{get_column_letter(self.left)}{self.top}", f"{get_column_letter(self.right)}{self.bottom}"
        return first if first == last else f"{first}:{last}"


@dataclass(frozen=True)
class DefinedName:
    """A name that the workbook defines, and what it stands for, as the file writes it."""

    name: str
    refers_to: str

    @property
    def area(self) -> Area | None:
        """The one rectangle that the name stands for; None where it is none, or several, or lost (``#REF!``)."""
        found = _AREA.fullmatch(self.refers_to.strip().lstrip("="))
        if not found:
            return None
        left, top, right, bottom = range_boundaries(found[3])
        return Area((found[1] or found[2]).replace("''", "'"), left, top, right, bottom)


class Package:
    """A workbook's archive.

    Parameters
    ----------
    raw : bytes
        The file.

    Raises
    ------
    Broken
        It is encrypted, holds macros, or is no workbook.
    """

    def __init__(self, raw: bytes) -> None:
        if raw.startswith(_OLE):
            raise Broken("workbook-encrypted")
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                self._entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
            raise Broken("workbook-none") from None
        self.parts = {entry.filename: content for entry, content in self._entries}
        if b"macroEnabled" in self.parts.get("[Content_Types].xml", b"") or "xl/vbaProject.bin" in self.parts:
            raise Broken("workbook-macros")
        self._grids: dict[str, SheetGrid] = {}
        self._book = self._main_part()

    @classmethod
    def read(cls, path: Path) -> Package:
        """Read a file."""
        return cls(path.read_bytes())

    def _main_part(self) -> str:
        links = self._links("_rels/.rels", "")
        book = next((target for kind, target in links.values() if kind == "officeDocument"), "")
        if book not in self.parts:
            raise Broken("workbook-none")
        return book

    def _links(self, part: str, base: str) -> dict[str, tuple[str, str]]:
        """Return what a part of links names: kind and target, by id."""
        found = {}
        for element in elements_of(self.parts.get(part, b"<none/>")):
            if element.tag == "Relationship":
                kind = element.attributes.get("Type", "").rpartition("/")[2]
                target = posixpath.normpath(posixpath.join("/", base, element.attributes.get("Target", "")))
                found[element.attributes.get("Id", "")] = (kind, target.lstrip("/"))
        return found

    @cached_property
    def sheets(self) -> dict[str, str]:
        """The part that holds each sheet of cells, by the sheet's name."""
        folder, name = posixpath.split(self._book)
        links = self._links(f"{folder}/_rels/{name}.rels", folder)
        found = {}
        for element in elements_of(self.parts[self._book]):
            if element.tag == "sheet":
                name = element.attributes.get("name", "")
                ids = [value for key, value in element.attributes.items() if key.rpartition(":")[2] == "id"]
                kind, target = links.get(ids[0] if ids else "", ("", ""))
                if kind == "worksheet" and target in self.parts:
                    found[name] = target
        return found

    @cached_property
    def names(self) -> tuple[DefinedName, ...]:
        """The names that the workbook defines for all its sheets, and those of one sheet only."""
        raw = self.parts[self._book]
        found = []
        for element in elements_of(raw):
            if element.tag == "definedName" and element.inside < element.end:
                text = raw[element.inside : raw.rindex(b"</", element.start, element.end)].decode()
                found.append(DefinedName(element.attributes.get("name", ""), html.unescape(text)))
        return tuple(found)

    def grid(self, sheet: str) -> SheetGrid:
        """Find the rows and cells of a sheet."""
        if sheet not in self._grids:
            self._grids[sheet] = grid_of(self.parts[self.sheets[sheet]])
        return self._grids[sheet]

    @cached_property
    def _unlocked(self) -> frozenset[int]:
        """The numbers of the cell formats that may be typed into on a protected sheet."""
        found, number, inside = set(), -1, False
        for element in elements_of(
            self.parts.get(posixpath.join(posixpath.dirname(self._book), "styles.xml"), b"<s/>")
        ):
            if element.tag in ("cellStyleXfs", "cellXfs"):
                inside, number = element.tag == "cellXfs", -1
            elif element.tag == "xf" and inside:
                number += 1
            elif element.tag == "protection" and inside and element.attributes.get("locked") in ("0", "false"):
                found.add(number)
        return frozenset(found)

    def refusal(self, sheet: str, row: int, column: int) -> str | None:
        """Return the sentence that tells why a cell must not be written to, if it must not."""
        grid = self.grid(sheet)
        cell = grid.cells.get(row, {}).get(column)
        if cell and "f" in cell.within:
            return "filling-formula"
        if any(t <= row <= b and le <= column <= r and (row, column) != (t, le) for le, t, r, b in grid.merged):
            return "filling-merged"
        style = int(cell.attributes.get("s", "0")) if cell else 0
        return "filling-locked" if grid.protected and style not in self._unlocked else None

    def formulas(self, sheet: str) -> int:
        """Count the formulas of a sheet."""
        return len(_FORMULA.findall(self.parts[self.sheets[sheet]]))

    def column(self, area: Area) -> list[float | str | None]:
        """Return what the cells of a column show, one column wide: numbers, texts, None where there is nothing."""
        raw, letters = self.parts[self.sheets[area.sheet]], get_column_letter(area.left).encode()
        found: list[float | str | None] = [None] * area.height
        # One search for one column: a sheet may have millions of other cells.
        for cell in re.finditer(_CELL % letters, raw, re.DOTALL):
            at = int(cell[1]) - area.top
            if 0 <= at < area.height:
                found[at] = self._shown(cell[0], cell[2] or b"")
        return found

    def _shown(self, cell: bytes, inside: bytes) -> float | str | None:
        kind = re.search(rb"""^<[^>]*?\st=["'](\w+)""", cell)
        value = re.search(rb"<(?:\w+:)?v\b[^>]*>([^<]*)<", inside)
        try:
            if kind and kind[1] == b"inlineStr":
                return _text(inside)
            if value is None:
                return None
            if kind and kind[1] == b"s":
                return self._shared[int(value[1])]
            text = html.unescape(value[1].decode())
            return text or None if not text or (kind and kind[1] in (b"str", b"e", b"d")) else float(text)
        except (ValueError, LookupError):
            raise Broken("workbook-none") from None

    @cached_property
    def _shared(self) -> list[str]:
        """The texts that cells share."""
        part = posixpath.join(posixpath.dirname(self._book), "sharedStrings.xml")
        items = re.findall(rb"<(?:\w+:)?si\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?si>)", self.parts.get(part, b""), re.DOTALL)
        return [_text(item) for item in items]

    def filled(self, values: Mapping[str, Mapping[tuple[int, int], CellValue]]) -> bytes:
        """Return the file with some cells changed; all formulas are marked to be calculated anew.

        What a formula last gave is taken out everywhere, so that nobody reads a total of the amounts that were there.

        Parameters
        ----------
        values : mapping
            For each sheet, what to write at each row and column.
        """
        parts = {}
        for sheet, part in self.sheets.items():
            parts[part] = spliced(self.parts[part], self.grid(sheet), values.get(sheet, {}))
        parts[self._book] = _calculated_on_load(self.parts[self._book])
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for entry, content in self._entries:
                archive.writestr(entry, parts.get(entry.filename, content), compress_type=entry.compress_type)
        return buffer.getvalue()


def _text(inside: bytes) -> str:
    """Return the text of a cell or of a shared text, its pieces of different formats put together."""
    pieces = re.findall(rb"<(?:\w+:)?t\b[^>]*>([^<]*)<", _ALOUD.sub(b"", inside))
    return html.unescape(b"".join(pieces).decode())


def _calculated_on_load(raw: bytes) -> bytes:
    """Ask for a full calculation when the workbook is opened."""
    elements = list(elements_of(raw))
    found = next((element for element in elements if element.tag == "calcPr"), None)
    if found is not None:
        tag = re.sub(rb"""\sfullCalcOnLoad=("[^"]*"|'[^']*')""", b"", raw[found.start : found.inside])
        cut = len(tag) - (2 if tag.endswith(b"/>") else 1)
        return raw[: found.start] + tag[:cut].rstrip() + b' fullCalcOnLoad="1"' + tag[cut:] + raw[found.inside :]
    # The order of these elements is fixed: names, then calculation.
    names = next(element for element in elements if element.tag == "definedNames")
    prefix = raw[names.start + 1 : raw.index(b"definedNames", names.start)]
    return raw[: names.end] + b"<" + prefix + b'calcPr fullCalcOnLoad="1"/>' + raw[names.end :]
