"""The parts of an .xlsx or .xlsm file that say how its cells look: where each sheet lies, formats, rich texts."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import IO
from xml.etree import ElementTree

from equite.inputs.marked import Footnoted, spelt
from equite.inputs.number_formats import BUILT_IN, NumberFormat, read_format
from equite.inputs.seen import UnseenError

__all__ = ["OpenXml", "local", "runs_of"]

#: A part other than a sheet is read whole; beyond this it is none that a table needs.
_MOST = 1 << 28
_PIECE = 1 << 20
_NO_FORMAT = read_format("General")


def local(tag: str) -> str:
    """Return the name of an element without its name space."""
    return tag.rpartition("}")[2]


def runs_of(item: ElementTree.Element) -> list[tuple[str, bool]]:
    """Return the runs of a text, each with whether it is raised; how it is pronounced is left out."""
    runs = []
    for part in item:
        kind = local(part.tag)
        if kind == "t":
            runs.append((part.text or "", False))
        elif kind == "r":
            raised = any(local(each.tag) == "vertAlign" and each.get("val") == "superscript" for each in part.iter())
            runs.append(("".join(each.text or "" for each in part if local(each.tag) == "t"), raised))
    return runs


@dataclass(frozen=True)
class OpenXml:
    """One sheet of an open workbook, and the parts that it draws on.

    Parameters
    ----------
    package : ZipFile
        The workbook.
    sheet : str
        The name of the sheet.

    Raises
    ------
    UnseenError
        If the parts are not where the format has them.
    """

    package: zipfile.ZipFile
    sheet: str

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {name.replace("\\", "/").casefold(): name for name in self.package.namelist()}

    def opened(self, part: str) -> IO[bytes]:
        """Open a part."""
        name = self._names.get(part.lstrip("/").casefold())
        if name is None:
            raise UnseenError
        return self.package.open(name)

    def _tree(self, part: str) -> ElementTree.Element:
        with self.opened(part) as file:
            content = file.read(_MOST + 1)
        if len(content) > _MOST:
            raise UnseenError
        return ElementTree.fromstring(content)

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the parts that one part leads to, by their ids: what each is, and where it lies."""
        folder, name = posixpath.split(part)
        found = {}
        for each in self._tree(f"{folder}/_rels/{name}.rels"):
            target = posixpath.normpath(posixpath.join("/" + folder, each.get("Target", "")))
            found[each.get("Id", "")] = (each.get("Type", "").rpartition("/")[2], target)
        return found

    @cached_property
    def _book(self) -> str:
        books = [target for kind, target in self._related("").values() if kind == "officeDocument"]
        if not books:
            raise UnseenError
        return books[0].lstrip("/")

    @cached_property
    def _book_tree(self) -> ElementTree.Element:
        return self._tree(self._book)

    @property
    def to_recompute(self) -> bool:
        """Whether the program that wrote the file leaves it to the next one to compute its formulas."""
        asked = [each.get("fullCalcOnLoad") for each in self._book_tree if local(each.tag) == "calcPr"]
        return any(word in ("1", "true") for word in asked)

    @cached_property
    def _place(self) -> tuple[str, bool]:
        """Where the sheet lies, and whether it is hidden."""
        for each in self._book_tree.iter():
            if local(each.tag) == "sheet" and each.get("name") == self.sheet:
                ids = [value for key, value in each.attrib.items() if local(key) == "id"]
                found = self._parts.get(ids[0] if ids else "")
                if found is not None and found[0] == "worksheet":
                    return found[1], each.get("state", "visible") != "visible"
        raise UnseenError

    @cached_property
    def _parts(self) -> dict[str, tuple[str, str]]:
        return self._related(self._book)

    @property
    def first(self) -> str:
        """The name of the first sheet."""
        names = [each.get("name", "") for each in self._book_tree.iter() if local(each.tag) == "sheet"]
        if not names:
            raise UnseenError
        return names[0]

    @property
    def path(self) -> str:
        """Where the sheet lies in the package."""
        return self._place[0]

    @property
    def hidden(self) -> bool:
        """Whether the sheet is hidden."""
        return self._place[1]

    def _part(self, kind: str) -> str | None:
        return next((target for each, target in self._parts.values() if each == kind), None)

    @cached_property
    def percents(self) -> dict[int, NumberFormat]:
        """The styles that show a percent sign, by number; none unless one of them shows numbers in percent."""
        part = self._part("styles")
        if part is None:
            return {}
        codes: dict[int, NumberFormat] = dict(BUILT_IN)
        based: list[int] = []
        styles: dict[int, NumberFormat] = {}
        for group in self._tree(part):
            kind = local(group.tag)
            if kind == "numFmts":
                codes |= {int(each.get("numFmtId", "0")): read_format(each.get("formatCode", "")) for each in group}
            elif kind == "cellStyleXfs":
                based = [int(each.get("numFmtId", "0")) for each in group]
            elif kind == "cellXfs":
                for at, each in enumerate(group):
                    base = int(each.get("xfId", "0"))
                    inherited = based[base] if base < len(based) else 0
                    found = codes.get(int(each.get("numFmtId", inherited)), _NO_FORMAT)
                    if found.is_percent or found.is_literal:
                        styles[at] = found
        return styles if any(found.is_percent for found in styles.values()) else {}

    @cached_property
    def raised(self) -> dict[int, Footnoted | str]:
        """The shared texts in which something is raised, by number."""
        part = self._part("sharedStrings")
        if part is None or part.lstrip("/").casefold() not in self._names or not self._holds(part, b"superscript"):
            return {}
        found: dict[int, Footnoted | str] = {}
        with self.opened(part) as file:
            for at, item in enumerate(self._items(file)):
                runs = runs_of(item)
                if any(up and text.strip() for text, up in runs):
                    found[at] = spelt(runs)
        return found

    @staticmethod
    def _items(file: IO[bytes]) -> Iterator[ElementTree.Element]:
        """Return the shared texts, and forget each as the next comes."""
        root: ElementTree.Element | None = None
        for event, each in ElementTree.iterparse(file, events=("start", "end")):
            if root is None:
                root = each
            elif event == "end" and local(each.tag) == "si":
                yield each
                root.clear()

    def _holds(self, part: str, word: bytes) -> bool:
        """Tell whether a part holds a word, reading it piece by piece."""
        kept = b""
        with self.opened(part) as file:
            while piece := file.read(_PIECE):
                if word in kept + piece:
                    return True
                kept = piece[-len(word) :]
        return False
