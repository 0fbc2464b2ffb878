"""Recalculating workbooks in LibreOffice, so that what their formulas give can be held against Python.

LibreOffice trusts the values that an .xlsx file carries beside its formulas. So these are overwritten with junk first
(:func:`corrupt`), and the user profile of each run asks for a full recalculation on load.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from python_calamine import CalamineWorkbook

#: What stands in a cell whose formula nobody ran again.
JUNK, JUNK_TEXT = 987654321, "never recalculated"
#: OOXMLRecalcMode: load and recalculate, or trust what the file carries.
ALWAYS, NEVER = 0, 1
#: LibreOffice takes no more than 255 words on its command line, and says nothing of those it leaves out.
MOST = 200

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>{mode}</value></prop></item>
</oor:items>
"""
#: What one workbook took is kept for the next: giving memory back and asking again took a tenth of the time.
_KEEPS_MEMORY = os.environ | {
    "MALLOC_TRIM_THRESHOLD_": "2000000000",
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TOP_PAD_": "67108864",
}
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CACHED = re.compile(r"<c\b([^>]*)>(<f\b(?:[^>]*/>|.*?</f>))<v>.*?</v></c>", re.DOTALL)

Cell = float | str | bool | None


@dataclass(frozen=True)
class LibreOffice:
    """LibreOffice with a profile of its own.

    Attributes
    ----------
    folder : Path
        An empty folder for the profile and for what comes out.
    mode : int
        ``ALWAYS`` or ``NEVER``.
    """

    folder: Path
    mode: int = ALWAYS

    @staticmethod
    def program() -> str | None:
        """Give the program, or None where it is not installed."""
        return shutil.which("soffice") or shutil.which("libreoffice")

    def recalculate(self, files: Sequence[Path], seconds: float = 900) -> list[Path]:
        """Load, recalculate and save workbooks, all in one process; give the new files in the same order."""
        profile = self.folder / "profile"
        (profile / "user").mkdir(parents=True, exist_ok=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE.format(mode=self.mode), "utf-8")
        inside, outside = (self.folder / name for name in ("given", "recalculated"))
        for folder in (inside, outside):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        # Files of one name in different folders would overwrite each other.
        given = [Path(shutil.copy(file, inside / f"{at:04}.xlsx")) for at, file in enumerate(files)]
        command = [str(self.program()), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "xlsx", "--outdir", str(outside)]
        said = [_run([*command, *map(str, given[at : at + MOST])], seconds) for at in range(0, len(given), MOST)]
        made = [outside / file.name for file in given]
        lost = [file.name for file in made if not file.is_file()]
        assert not lost, f"LibreOffice did not give back {lost}: {''.join(said)[-2000:]}"
        return made


def _run(command: Sequence[str], seconds: float) -> str:
    """Run a program that starts others; if it takes too long, end all of them."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=_KEEPS_MEMORY
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return said


def _rewrite(path: Path, change: Callable[[str, str], str]) -> None:
    """Pass every XML part of a workbook through ``change(name, text)``, and leave the others as they are."""
    with zipfile.ZipFile(path) as archive:
        parts = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in parts:
            if entry.filename.endswith(".xml"):
                content = change(entry.filename, content.decode()).encode()
            archive.writestr(entry, content)


def corrupt(path: Path) -> int:
    """Overwrite what a workbook carries beside each formula with junk; give how many cells were."""
    count = 0

    def junk(cell: re.Match[str]) -> str:
        nonlocal count
        count += 1
        kept, formula = cell[1], cell[2]
        is_text = ' t="str"' in kept
        kept = re.sub(r' t="\w+"', "", kept)
        return (
            f'<c{kept} t="str">{formula}<v>{JUNK_TEXT}</v></c>' if is_text else f"<c{kept}>{formula}<v>{JUNK}</v></c>"
        )

    _rewrite(path, lambda name, text: _CACHED.sub(junk, text) if "worksheets/" in name else text)
    return count


def edit(path: Path, cells: Mapping[tuple[str, str], Cell]) -> None:
    """Type values into cells, as a person would: nothing else in the file is touched."""
    parts = sheet_parts(path)
    wanted: dict[str, dict[str, Cell]] = {}
    for (sheet, cell), value in cells.items():
        wanted.setdefault(parts[sheet], {})[cell.replace("$", "")] = value

    def typed(name: str, text: str) -> str:
        for cell, value in wanted.get(name, {}).items():
            pattern = rf'<c r="{cell}"((?: [^>]*?)?)(?:/>|>.*?</c>)'
            text, found = re.subn(pattern, lambda match, v=value, c=cell: _cell(c, match[1], v), text, count=1)
            assert found, f"{name} has no cell {cell}"
        return text

    _rewrite(path, typed)


def _cell(cell: str, kept: str, value: Cell) -> str:
    kept = re.sub(r' t="\w+"', "", kept)
    match value:
        case None:
            return f'<c r="{cell}"{kept}/>'
        case bool():
            return f'<c r="{cell}"{kept} t="b"><v>{int(value)}</v></c>'
        case str() if value.startswith("="):
            return f'<c r="{cell}"{kept}><f>{escape(value[1:])}</f></c>'
        case str():
            return f'<c r="{cell}"{kept} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{cell}"{kept}><v>{value!r}</v></c>'


def damaged(path: Path, target: Path, draw: Random) -> Path:
    """Copy a workbook with one of its parts cut, emptied, left out, or with some of its bytes changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice(sorted(parts))
    content = bytearray(parts[name])
    at = draw.randrange(len(content))
    match draw.randrange(5):
        case 0:
            del content[at:]
        case 1:
            del content[at : at + draw.randrange(200)]
        case 2:
            for _ in range(5):
                content[draw.randrange(len(content))] = draw.randrange(256)
        case 3:
            found, put = (
                draw.choice([b"r=", b"name=", b"<v>", b'count="', b"$", b"1"]),
                draw.choice([b"", b"-", b"9" * 8]),
            )
            content = content.replace(found, put, draw.randrange(1, 4))
        case 4:
            del parts[name]
    with zipfile.ZipFile(target, "w") as archive:
        for part, kept in parts.items():
            archive.writestr(part, bytes(content) if part == name else kept)
    return target


def sheet_parts(path: Path) -> dict[str, str]:
    """Give the part of the archive that holds each sheet."""
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.attrib["Id"]: link.attrib["Target"].removeprefix("/xl/") for link in links}
    return {sheet.attrib["name"]: f"xl/{targets[sheet.attrib[f'{_OFFICE}id']]}" for sheet in book.iter(f"{_MAIN}sheet")}


@dataclass(frozen=True)
class Cells:
    """The values of a workbook's cells, by sheet and address."""

    sheets: Mapping[str, list[list[object]]]

    @classmethod
    def read(cls, path: Path) -> Cells:
        """Read every sheet, hidden ones too."""
        book = CalamineWorkbook.from_path(str(path))
        return cls({name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names})

    def __getitem__(self, place: tuple[str, str]) -> object:
        """Give the value at a sheet and an address (``"B12"``); an empty text where there is nothing."""
        sheet, address = place
        found = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", address)
        assert found, address
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - ord("A") + 1
        rows, row = self.sheets[sheet], int(found[2]) - 1
        return rows[row][column - 1] if row < len(rows) and column <= len(rows[row]) else ""

    def range(self, sheet: str, cells: str) -> list[object]:
        """Give the cells of a column, ``"B4:B9"``."""
        first, _, last = cells.replace("$", "").partition(":")
        letters = first.rstrip("0123456789")
        rows = range(int(first[len(letters) :]), int((last or first)[len(letters) :]) + 1)
        return [self[sheet, f"{letters}{row}"] for row in rows]

    def never_recalculated(self) -> list[tuple[str, int]]:
        """List the sheets and rows where junk still stands."""
        junk = (JUNK, JUNK_TEXT)
        rows = ((name, at, row) for name, sheet in self.sheets.items() for at, row in enumerate(sheet, start=1))
        return [(name, at) for name, at, row in rows if any(cell in junk for cell in row)]
