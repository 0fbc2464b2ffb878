"""One pass over the XML of a sheet of an .xlsx or .xlsm file, for what the bare values of its cells do not say.

Nearly all files write their cells alike: ``<c r="B2" s="1">``, from left to right. In these, the few words that matter
are looked for in the bytes, which costs a fraction of what parsing every cell does. Any other file is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from equite.inputs.marked import Faulty, spelt
from equite.inputs.number_formats import NumberFormat
from equite.inputs.openxml_parts import OpenXml, local, runs_of
from equite.inputs.seen import Seen

__all__ = ["pass_over", "place_of"]

#: Bytes read at a time; a row longer than the second is none that bytes are looked for in.
_PIECE, _LONGEST = 1 << 20, 1 << 25
_HEAD = re.compile(rb'\s*(?:<\?xml[^>]*?encoding=["\'](?i:utf-8|us-ascii)["\'][^>]*\?>)?\s*<worksheet[\s>]')
_BARE = re.compile(rb"\s*(?:<\?xml(?![^>]*encoding)[^>]*\?>)?\s*<worksheet[\s>]")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_SHARED = re.compile(rb't="s"[^>]*><v>([0-9]+)</v>')
_VALUE = re.compile(rb"<v[^>]*>([^<]+)</v>")
_DIGITS = b"0123456789"
_FORMULA = re.compile(rb"<f[^>]*>([^<]*)</f>")
_UNNAMED = re.compile(rb"<c[>/\t\r\n]")
#: More shared texts than this are not looked for one by one.
_FEW = 8


class _OtherwiseError(Exception):
    """The cells are not written as nearly all files write them."""


def place_of(address: str) -> tuple[int, int] | None:
    """Return the row and the column of an address such as ``B2``, counted from 0."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def pass_over(book: OpenXml) -> Seen:
    """Find what the values of a sheet's cells do not say.

    Raises
    ------
    UnseenError, expat.ExpatError
        If the file cannot be followed.
    """
    seen = Seen(hidden=book.hidden, to_recompute=book.to_recompute)
    try:
        with book.opened(book.path) as file:
            search = _Search(book, seen)
            for piece in _pieces(file):
                search.over(piece)
    except _OtherwiseError:
        seen = Seen(hidden=book.hidden, to_recompute=book.to_recompute)
        with book.opened(book.path) as file:
            _Parse(book, seen).over(file)
    return seen


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Return the file in pieces that end with a row."""
    kept, first = b"", True
    while piece := file.read(_PIECE):
        kept = kept + piece if kept else piece
        if first:
            if not (_HEAD.match(kept) or _BARE.match(kept)):
                raise _OtherwiseError
            first = False
        end = kept.rfind(b"</row>") + 6
        if end > 6:
            yield kept[:end]
            kept = kept[end:]
        elif len(kept) > _LONGEST:
            raise _OtherwiseError
    yield kept


class _Search:
    """Looks for words in the bytes of a sheet."""

    def __init__(self, book: OpenXml, seen: Seen) -> None:
        self.book, self.seen = book, seen
        if 0 in book.percents:
            # Every cell that names no style would be in percent.
            raise _OtherwiseError
        self.last: tuple[int, int] | None = None
        self.rows: dict[tuple[bytes, int], list[int]] = {}
        self.words: list[tuple[bytes, Callable[[bytes, int], None]]] = [
            (b't="e', self._error),
            (b"superscript", self._raised),
            (b' hidden="', self._hidden),
        ]
        if book.raised and len(book.raised) <= _FEW:
            self.words += [(f"<v>{at}</v>".encode(), self._shared) for at in book.raised]

    def over(self, piece: bytes) -> None:
        """Look through one piece."""
        # One byte is found many times faster than two.
        if b"!" in piece and b"<!" in piece:
            raise _OtherwiseError
        cells = piece.count(b'<c r="')
        if cells != piece.count(b"<c") and (cells != piece.count(b"<c ") or _UNNAMED.search(piece)):
            raise _OtherwiseError
        if self.book.percents:
            self._in_percent(piece)
        for word, found in self.words:
            at = piece.find(word)
            while at >= 0:
                found(piece, at)
                at = piece.find(word, at + 1)
        at = piece.find(b"<f") if b"f" in piece else -1
        while at >= 0:
            if piece[at + 2 : at + 3] in (b">", b" ", b"/"):
                self._formula(piece, at)
            at = piece.find(b"<f", at + 2)
        if len(self.book.raised) > _FEW:
            for match in _SHARED.finditer(piece):
                if int(match[1]) in self.book.raised:
                    self._shared(piece, match.start(1))

    def _cell(self, piece: bytes, at: int) -> tuple[int, int] | None:
        """Find the cell whose own tag holds a place."""
        start = piece.rfind(b"<", 0, at)
        if not piece.startswith(b'<c r="', start):
            return None
        place = place_of(piece[start + 6 : piece.find(b'"', start + 6)].decode("ascii", "replace"))
        if place is None:
            raise _OtherwiseError
        return place

    def _whole(self, piece: bytes, at: int) -> tuple[tuple[int, int] | None, bytes]:
        """Find the cell in which a place lies, and its bytes."""
        start = piece.rfind(b'<c r="', 0, at)
        end = piece.find(b"</c>", at)
        if start < 0 or end < 0 or piece.find(b"</c>", start) != end:
            return None, b""
        return self._cell(piece, start + 6), piece[start:end]

    def _in_percent(self, piece: bytes) -> None:
        """Mark the cells whose style shows a percent sign."""
        for style, shown in self.book.percents.items():
            word = f' s="{style}"'.encode()
            at = piece.find(word)
            while at >= 0:
                start = piece.rfind(b"<", 0, at)
                if piece.startswith(b'<c r="', start):
                    address = piece[start + 6 : piece.find(b'"', start + 6)]
                    letters = address.rstrip(_DIGITS)
                    rows = self.rows.get((letters, style))
                    if rows is None:
                        rows = self._column(letters, style, shown)
                    rows.append(int(address[len(letters) :]) - 1)
                at = piece.find(word, at + 6)

    def _column(self, letters: bytes, style: int, shown: NumberFormat) -> list[int]:
        place = place_of(letters.decode("ascii", "replace") + "1")
        if place is None:
            raise _OtherwiseError
        rows = self.rows[letters, style] = list[int]()
        self.seen.shown.append((place[1], shown, rows))
        return rows

    def _error(self, piece: bytes, at: int) -> None:
        place = self._cell(piece, at) if piece[at - 1 : at] == b" " and piece[at + 4 : at + 5] == b'"' else None
        if place is not None:
            value = _VALUE.search(piece, at, piece.find(b"</c>", at) + 1 or len(piece))
            text = value[1].decode("utf-8", "replace") if value else "#N/A"
            self.seen.mark(*place, Faulty("input-cell-error", text))

    def _formula(self, piece: bytes, at: int) -> None:
        place, cell = self._whole(piece, at)
        if place is not None:
            self.seen.computed.add(place[1])
        if place is None or b' t="e"' in cell or _VALUE.search(cell) or b"<is" in cell:
            return
        if b' t="str"' in cell and b"<v" in cell:
            return
        formula = _FORMULA.search(cell)
        text = "=" + (formula[1].decode("utf-8", "replace") if formula else "")
        self.seen.mark(*place, Faulty("input-formula-uncomputed", text))

    def _raised(self, piece: bytes, at: int) -> None:
        place, cell = self._whole(piece, at)
        if place is not None and place != self.last:
            self.last = place
            try:
                tree = ElementTree.fromstring(cell + b"</c>")
            except ElementTree.ParseError:
                raise _OtherwiseError from None
            for item in tree:
                if local(item.tag) == "is":
                    self.seen.mark(*place, spelt(runs_of(item)))

    def _shared(self, piece: bytes, at: int) -> None:
        place, cell = self._whole(piece, at)
        value = _SHARED.search(cell)
        if place is not None and value is not None and int(value[1]) in self.book.raised:
            self.seen.mark(*place, self.book.raised[int(value[1])])

    def _hidden(self, piece: bytes, at: int) -> None:
        start = piece.rfind(b"<", 0, at)
        pairs = _ATTRIBUTE.findall(piece, start, piece.find(b">", at) + 1)
        found = {key.decode(): value.decode("ascii", "replace") for key, value in pairs}
        if piece.startswith(b"<row ", start):
            if "r" not in found:
                raise _OtherwiseError
            _note_row(self.seen, found, int(found["r"]) - 1)
        elif piece.startswith(b"<col ", start):
            _note_columns(self.seen, found)


def _note_row(seen: Seen, attributes: dict[str, str], row: int) -> None:
    if attributes.get("hidden") in ("1", "true") and (row, row) not in seen.hidden_rows[-1:]:
        seen.hidden_rows.append((row, row))


def _note_columns(seen: Seen, attributes: dict[str, str]) -> None:
    if attributes.get("hidden") in ("1", "true"):
        first = int(attributes.get("min", "1")) - 1
        run = (first, int(attributes.get("max", first + 1)) - 1)
        if run not in seen.hidden_columns[-1:]:
            seen.hidden_columns.append(run)


class _Parse:
    """Parses every cell of a sheet, however it is written."""

    def __init__(self, book: OpenXml, seen: Seen) -> None:
        self.book, self.seen = book, seen
        self.row, self.column = -1, -1
        self.cell: dict[str, str] | None = None
        self.text: list[str] = []
        self.formula: str | None = None
        self.value: str | None = None
        self.runs: list[tuple[str, bool]] = []
        self.raised = self.inline = self.aside = False

    def over(self, file: IO[bytes]) -> None:
        """Parse the whole sheet."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text.append
        parser.ParseFile(file)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        self.text.clear()
        if kind == "row":
            self.row, self.column = int(attributes.get("r", self.row + 2)) - 1, -1
            _note_row(self.seen, attributes, self.row)
        elif kind == "col":
            _note_columns(self.seen, attributes)
        elif kind == "c":
            self.cell, self.formula, self.value, self.runs = attributes, None, None, []
            place = place_of(attributes.get("r", ""))
            self.row, self.column = place or (self.row, self.column + 1)
        elif kind == "is":
            self.inline = True
        elif kind == "rPh":
            self.aside = True
        elif kind == "r":
            self.raised = False
        elif kind == "vertAlign":
            self.raised = attributes.get("val") == "superscript"

    def _end(self, tag: str) -> None:
        kind, text = tag.rpartition(":")[2], "".join(self.text)
        if self.cell is None:
            return
        if kind == "f":
            self.formula = text
        elif kind == "v":
            self.value = text
        elif kind == "t" and self.inline and not self.aside:
            self.runs.append((text, self.raised))
        elif kind == "r":
            self.raised = False
        elif kind == "rPh":
            self.aside = False
        elif kind == "is":
            self.inline = False
        elif kind == "c":
            self._close(self.cell)
            self.cell = None

    def _close(self, cell: dict[str, str]) -> None:
        if self.formula is not None:
            self.seen.computed.add(self.column)
        kind = cell.get("t", "n")
        if kind == "e":
            self.seen.mark(self.row, self.column, Faulty("input-cell-error", self.value or "#N/A"))
            return
        unsaid = self.value is None if kind == "str" else not self.value
        if self.formula is not None and unsaid and not self.runs:
            self.seen.mark(self.row, self.column, Faulty("input-formula-uncomputed", f"={self.formula}"))
        elif any(raised and text.strip() for text, raised in self.runs):
            self.seen.mark(self.row, self.column, spelt(self.runs))
        elif kind == "s" and self.value and int(self.value) in self.book.raised:
            self.seen.mark(self.row, self.column, self.book.raised[int(self.value)])
        elif (shown := self.book.percents.get(int(cell.get("s", "0")))) is not None:
            self.seen.mark(self.row, self.column, shown)
