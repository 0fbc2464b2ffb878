"""One pass over the content of an .ods file, for what the bare values of its cells do not say.

Cells and rows have no addresses there: they are counted, each as many times as it says that it is repeated. A row is
looked into only where its bytes hold a word that matters.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree

from equite.inputs.marked import Faulty, spelt
from equite.inputs.number_formats import PERCENT
from equite.inputs.seen import Mark, Seen, UnseenError

__all__ = ["pass_over"]

_PIECE, _LONGEST = 1 << 20, 1 << 25
_MOST = 1 << 26
_SPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}
_DECLARED = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items()).encode()
_ROW, _TABLE, _END = b"<table:table-row", b"<table:table ", b"</table:table>"
_CELL = re.compile(rb"<table:(?:covered-)?table-cell")
_COLUMN = re.compile(rb"<table:table-column\b([^>]*)>")
_REPEATED = re.compile(rb'(?:columns|rows)-repeated="([0-9]{1,7})"')
#: What LibreOffice shows of a truth that a formula gives, though it saves the number 1 or 0.
_TRUTHS = {"TRUE": True, "VRAI": True, "FALSE": False, "FAUX": False}
_FAULT = re.compile(r"#[^\s]+[!?/A-Z0]|Err:[0-9]{3}|#N/[AD]")
#: A row with none of these holds nothing but plain values.
_PERCENT, _CELL_TAG = b'office:value-type="percentage"', b"<table:table-cell"
_WORDS = (b"table:formula=", b'value-type="error"')
_UNSEEN = re.compile(rb'table:visibility="(?:collapse|filter)"')
_PREFIXED = re.compile(rb"</?([A-Za-z_][\w.-]*):|\s([A-Za-z_][\w.-]*):[\w.-]+=")


def pass_over(package: zipfile.ZipFile, sheet: str) -> Seen:
    """Find what the values of a sheet's cells do not say.

    Raises
    ------
    UnseenError
        If the file cannot be followed.
    """
    if "content.xml" not in package.namelist():
        raise UnseenError
    raised: set[str] = set()
    hidden: set[str] = set()
    if "styles.xml" in package.namelist():
        with package.open("styles.xml") as file:
            _styles(file.read(_MOST), raised, hidden)
    with package.open("content.xml") as file:
        return _Table(sheet, raised, hidden).over(file)


def _styles(content: bytes, raised: set[str], hidden: set[str]) -> None:
    """Find the styles that raise a text or hide a table."""
    for match in re.finditer(rb"<style:style\b[^>]*?style:name=\"([^\"]*)\".*?</style:style>", content, re.DOTALL):
        name = match[1].decode("utf-8", "replace")
        place = re.search(rb'style:text-position="([^"]*)"', match[0])
        if place is not None and re.match(rb"super|[1-9]", place[1].strip()):
            raised.add(name)
        if re.search(rb'table:display="false"', match[0]):
            hidden.add(name)


class _Table:
    """The wanted table of a content.xml."""

    def __init__(self, sheet: str, raised: set[str], hidden: set[str]) -> None:
        self.sheet, self.raised, self.hidden = sheet, raised, hidden
        self.seen = Seen()
        self.row = 0
        self.others: tuple[bytes, ...] = _WORDS
        self.words = _any_of(_PERCENT, *_WORDS)
        self.percents: dict[int, list[int]] = {}

    def over(self, file: IO[bytes]) -> Seen:
        """Read the file up to the end of the table."""
        for piece in self._inside(file):
            head, *rows = piece.split(_ROW)
            self._columns(head)
            for row in rows:
                if row[:1] in (b" ", b">", b"/"):
                    self._row(row)
                else:
                    # What groups rows is not one.
                    self._columns(row)
        self.seen.shown = [(column, PERCENT, rows) for column, rows in self.percents.items()]
        return self.seen

    def _inside(self, file: IO[bytes]) -> Iterator[bytes]:
        """Return the table in pieces that end with a row, once the styles before it are known."""
        kept = self._found(file)
        while True:
            end = kept.find(_END)
            if end >= 0:
                yield kept[:end]
                return
            last = kept.rfind(b"</table:table-row>") + 18
            if last > 18:
                yield kept[:last]
                kept = kept[last:]
            elif len(kept) > _LONGEST:
                raise UnseenError
            piece = file.read(_PIECE)
            if not piece:
                raise UnseenError
            kept += piece

    def _found(self, file: IO[bytes]) -> bytes:
        """Read up to the wanted table, the styles of the file included."""
        kept = file.read(_PIECE)
        for prefix in ("table", "office", "text"):
            if f'xmlns:{prefix}="{_SPACES[prefix]}"'.encode() not in kept[:65536]:
                raise UnseenError
        styled = False
        while True:
            body = kept.find(b"<office:spreadsheet")
            if body >= 0 and not styled:
                _styles(kept[:body], self.raised, self.hidden)
                styled = True
                self.others = (*_WORDS, *(f'text:style-name="{name}"'.encode() for name in sorted(self.raised)))
                self.words = _any_of(_PERCENT, *self.others)
            start = kept.find(_TABLE, max(0, body))
            while styled and start >= 0:
                close = kept.find(b">", start)
                if close < 0:
                    break
                if self._is_it(kept[start : close + 1]):
                    if kept[close - 1 : close] == b"/":
                        return _END
                    return kept[close + 1 :]
                start = kept.find(_TABLE, close)
            if styled:
                # A tag that is cut, or may be.
                kept = kept[start:] if start >= 0 else kept[-len(_TABLE) :]
            if len(kept) > _MOST:
                raise UnseenError
            piece = file.read(_PIECE)
            if not piece:
                raise UnseenError
            kept += piece

    def _is_it(self, tag: bytes) -> bool:
        """Tell whether a table is the wanted one, and note whether it is hidden."""
        try:
            attributes = ElementTree.fromstring(_alone(tag))[0].attrib
        except ElementTree.ParseError:
            raise UnseenError from None
        table = f"{{{_SPACES['table']}}}"
        if attributes.get(f"{table}name") != self.sheet:
            return False
        self.seen.hidden = attributes.get(f"{table}style-name") in self.hidden
        return True

    def _columns(self, head: bytes) -> None:
        """Note the hidden columns, which stand before the rows."""
        at = 0
        for match in _COLUMN.finditer(head):
            times = _times(match[1])
            if _UNSEEN.search(match[1]):
                self.seen.hidden_columns.append((at, at + times - 1))
            at += times

    def _row(self, row: bytes) -> None:
        tag = row[: row.find(b">")]
        times = _times(tag)
        if b"visibility=" in tag and _UNSEEN.search(tag):
            self.seen.hidden_rows.append((self.row, self.row + times - 1))
        for word in self.others:
            if word in row:
                self._cells(row, times)
                break
        else:
            if _PERCENT in row and not (times == 1 and self._in_percent(row)):
                self._cells(row, times)
        self.row += times

    def _in_percent(self, row: bytes) -> bool:
        """Mark the cells in percent of a row in which nothing else matters and no cell before them is repeated."""
        last = row.rfind(_PERCENT)
        if row.find(b"-repeated=", row.find(b">"), last) >= 0 or b"<table:covered" in row:
            return False
        at, column, counted = row.find(_PERCENT), -1, 0
        while at >= 0:
            start = row.rfind(b"<", 0, at)
            column += row.count(_CELL_TAG, counted, at)
            counted = at
            if row.startswith(_CELL_TAG, start):
                self.percents.setdefault(column, []).append(self.row)
            at = row.find(_PERCENT, at + 1)
        return True

    def _cells(self, row: bytes, times: int) -> None:
        at = 0
        if b"<table:table " in row:
            # A table inside a cell.
            raise UnseenError
        for cell in _CELL.split(row)[1:]:
            repeated = _times(cell) if b"columns-repeated=" in cell else 1
            mark = self._mark(cell) if self.words.search(cell) else None
            if mark is PERCENT and times == repeated == 1:
                self.percents.setdefault(at, []).append(self.row)
            elif mark is not None:
                self.seen.marks.append((self.row, self.row + times - 1, at, at + repeated - 1, mark))
            at += repeated

    def _mark(self, cell: bytes) -> Mark | None:
        """Tell what a cell says, from the attributes of its tag on."""
        end = cell.find(b">")
        attributes, inside = cell[:end], cell[end + 1 :]
        content = b"" if attributes.endswith(b"/") else inside[: max(0, inside.rfind(b"</table:"))]
        close = content.find(b"</table:table-cell>")
        content = content if close < 0 else content[:close]
        if b"table:formula=" in attributes or b'value-type="error"' in attributes:
            return self._computed(attributes, content)
        if _PERCENT in attributes:
            return PERCENT
        if b'office:value-type="string"' in attributes:
            return self._raised(content)
        return None

    def _computed(self, attributes: bytes, content: bytes) -> Mark | None:
        """Tell a formula that shows an error or a truth, or that was never computed."""
        runs = self._runs(content)
        text = "".join(run for run, _ in runs).strip()
        if b'value-type="error"' in attributes or _FAULT.fullmatch(text):
            return Faulty("input-cell-error", text or "#N/A")
        if b"office:value-type=" not in attributes and not text:
            formula = re.search(rb'table:formula="(?:of:|oooc:|msoxl:)?([^"]*)"', attributes)
            return Faulty("input-formula-uncomputed", formula[1].decode("utf-8", "replace") if formula else "=")
        if b'office:value-type="float"' in attributes:
            return _TRUTHS.get(text)
        return PERCENT if b'value-type="percentage"' in attributes else None

    def _raised(self, content: bytes) -> Mark | None:
        """Tell a text in which something is raised."""
        runs = self._runs(content) if b"<text:span" in content else []
        return spelt(runs) if any(up and text.strip() for text, up in runs) else None

    def _runs(self, content: bytes) -> list[tuple[str, bool]]:
        """Return the runs of a cell's text; notes pinned to the cell are left out."""
        try:
            cell = ElementTree.fromstring(_alone(b"<table:table-cell>" + content + b"</table:table-cell>"))[0]
        except ElementTree.ParseError:
            raise UnseenError from None
        runs: list[tuple[str, bool]] = []
        for paragraph in cell:
            if paragraph.tag == f"{{{_SPACES['text']}}}p":
                if runs:
                    runs.append(("\n", False))
                self._gather(paragraph, False, runs)
        return runs

    def _gather(self, element: ElementTree.Element, raised: bool, runs: list[tuple[str, bool]]) -> None:
        runs.append((element.text or "", raised))
        for each in element:
            kind = each.tag.removeprefix(f"{{{_SPACES['text']}}}")
            if kind == "s":
                runs.append((" ", raised))
            elif kind == "span":
                name = each.get(f"{{{_SPACES['text']}}}style-name")
                self._gather(each, raised or name in self.raised, runs)
            elif kind in ("a", "ruby"):
                self._gather(each, raised, runs)
            runs.append((each.tail or "", raised))


def _any_of(*words: bytes) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, words)))


def _times(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return max(1, int(found[1])) if found else 1


def _alone(element: bytes) -> bytes:
    """Make a piece of the file that can be read by itself: its prefixes are declared, the table's end given."""
    used = {(start or attribute).decode() for start, attribute in _PREFIXED.findall(element)} - {"xml", "xmlns"}
    others = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(used - set(_SPACES))).encode()
    closed = b"</table:table>" if element.startswith(_TABLE) and not element.endswith(b"/>") else b""
    return b"<all" + _DECLARED + others + b">" + element + closed + b"</all>"
