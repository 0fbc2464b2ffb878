"""Workbooks and OpenDocument sheets to be read, made as the programs that people use make them."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from equite import Territories, TerritoriesError
from equite.inputs.columns import ColumnRule

#: A cell: its value, or its value and the code of its format, or the pieces of a text, every second one raised.
Cell = Any


class Raised(tuple[str, ...]):
    """The pieces of a rich text, every second one raised."""


def raised(text: str) -> Raised:
    """Write what is raised between two ^."""
    return Raised(text.split("^"))


def xlsx(path: Path, rows: Sequence[Sequence[Cell]], *, shared: bool = True, sheet: str = "Données") -> Path:
    """Write a workbook as Excel does, its texts shared or in their cells."""
    with xlsxwriter.Workbook(path, {"constant_memory": not shared}) as book:
        lifted = book.add_format({"font_script": 1})
        made: dict[str, Any] = {}
        written = book.add_worksheet(sheet)
        for at, line in enumerate(rows):
            for place, cell in enumerate(line):
                if isinstance(cell, Raised):
                    runs: list[Any] = []
                    for number, piece in enumerate(cell):
                        runs += ([lifted, piece] if number % 2 else [piece]) if piece else []
                    # Fewer than two runs are no rich text to XlsxWriter.
                    runs = runs if sum(isinstance(run, str) for run in runs) > 1 else [*runs, " "]
                    written.write_rich_string(at, place, *runs)
                elif isinstance(cell, tuple):
                    value, code = cell
                    style = made.setdefault(code, book.add_format({"num_format": code}))
                    if isinstance(value, datetime.date):
                        written.write_datetime(at, place, value, style)
                    elif value is None:
                        written.write_blank(at, place, None, style)
                    else:
                        written.write(at, place, value, style)
                elif cell is not None:
                    written.write(at, place, cell)
    return path


_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.3">
<office:automatic-styles>
<style:style style:name="T1" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="T2" style:family="text"><style:text-properties style:text-position="sub 58%"/></style:style>
<style:style style:name="ta1" style:family="table"><style:table-properties table:display="true"/></style:style>
<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>
</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>
</office:document-content>"""
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
    'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def ods(path: Path, body: str, *, sheet: str = "Données", style: str = "ta1", before: str = "") -> Path:
    """Write an OpenDocument sheet from the XML of its rows."""
    table = f'<table:table table:name="{sheet}" table:style-name="{style}">{body}</table:table>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        package.writestr("content.xml", _ODS.format(tables=before + table))
        package.writestr("META-INF/manifest.xml", _MANIFEST)
    return path


def text_cell(text: str) -> str:
    typed = 'office:value-type="string" calcext:value-type="string"'
    return f"<table:table-cell {typed}><text:p>{text}</text:p></table:table-cell>"


def number_cell(value: float, kind: str = "float", more: str = "") -> str:
    typed = f'office:value-type="{kind}" office:value="{value}"'
    return f"<table:table-cell {more} {typed}><text:p>{value}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def changed(path: Path, change: Callable[[str], str], part: str = "xl/worksheets/sheet1.xml") -> Path:
    """Write one part of a workbook otherwise."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    before = parts[part].decode()
    parts[part] = change(before).encode()
    assert parts[part].decode() != before
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def refused(path: Path, *rules: ColumnRule, **options: Any) -> list[str]:
    with pytest.raises(TerritoriesError) as caught:
        Territories.of(path, **options).columns_for(rules)
    assert caught.value.text("fr") != caught.value.text("en")
    return caught.value.text("en").splitlines()


def page(**more: Any) -> dict[str, Any]:
    return {
        "equite": 1,
        "id": "seen",
        "language": "en",
        "key": "code",
        "envelope": 1000,
        "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "rate"}}],
        "rounding": {"to": 1},
        **more,
    }
