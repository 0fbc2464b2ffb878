"""The cells of a workbook that people edit, each with what was typed there: a number, a text, a formula, a date."""

from __future__ import annotations

import datetime
import io
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NoReturn

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries

from equite.errors import Problem, WorkbookError, nearest
from equite.inputs.bounds import MOST_NAMED_CELLS
from equite.inputs.cells import text_of
from equite.inputs.files import bounded_bytes
from equite.inputs.number_formats import read_format
from equite.inputs.packages import refuse_bomb
from equite.report.openxml.sheet import Broken
from equite.report.openxml.workbook import Area, DefinedName, Package
from equite.wording import Numeral

__all__ = ["Cell", "ReadBook"]

_OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Cell:
    """What was typed into a cell.

    Attributes
    ----------
    kind : {"blank", "number", "text", "date", "formula", "error"}
        A date is also a yes-or-no: neither is a figure.
    value : float, str or None
        The number; for all others what the cell reads as text.
    sheet, address : str
        Where it stands.
    in_percent : bool
        Whether the cell shows its number in percent: 0.125 as 12.5 %.
    """

    kind: Literal["blank", "number", "text", "date", "formula", "error"]
    value: float | str | None
    sheet: str
    address: str
    in_percent: bool = False

    @property
    def place(self) -> str:
        """The cell as a person finds it: ``Paramètres!C12``."""
        return f"{self.sheet}!{self.address}"


class ReadBook:
    """A workbook opened to be read, and left as it is.

    Raises
    ------
    WorkbookError
        There is no such file, or it is no workbook.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            raw = bounded_bytes(file, WorkbookError)
        except OSError as error:
            beside = [entry.name for entry in file.parent.iterdir()] if file.parent.is_dir() else []
            self.refuse("workbook-absent", reason=error.strerror or "", nearest=nearest(file.name, beside))
        if raw.startswith(_OLE):
            self.refuse("workbook-encrypted")
        refuse_bomb(raw, file.name, WorkbookError)
        self._raw = raw
        try:
            with warnings.catch_warnings():
                # It says what it would lose if it were to save the file.
                warnings.simplefilter("ignore")
                # Links to other files are never followed, and nothing of them is wanted.
                self._book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
        except Exception:
            # A damaged file makes openpyxl fail in as many ways as there are damages.
            self.refuse("workbook-none")
        self._rows: dict[str, list[Sequence[Any]]] = {}

    def refuse(self, entry: str, **values: object) -> NoReturn:
        """Refuse the file as a whole."""
        raise WorkbookError([Problem(entry, {"name": self.file.name, **values})])

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """The names of its sheets of cells."""
        return tuple(sheet.title for sheet in self._book.worksheets)

    def area(self, name: str, sheet: str, cells: str) -> Area | None:
        """Find cells by their defined name, or where they were if the name is lost; None if they are gone."""
        defined = self._book.defined_names.get(name)
        if defined is not None:
            found = DefinedName(name, str(defined.attr_text)).area
            if found is None or found.sheet not in self.sheets:
                return None
            if (found.bottom - found.top + 1) * (found.right - found.left + 1) > MOST_NAMED_CELLS:
                self.refuse("workbook-named-cells", sheet=found.sheet, most=Numeral(MOST_NAMED_CELLS))
            # What equite names is one column wide: a name that was set to stand for more is none of its own.
            return found if found.width == 1 else None
        return Area(sheet, *range_boundaries(cells)) if sheet in self.sheets else None

    def cells(self, area: Area) -> list[Cell]:
        """Return the cells of an area, row by row."""
        rows = self.rows(area.sheet)
        found = []
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                cells = rows[row - 1] if row <= len(rows) else ()
                address = f"{get_column_letter(column)}{row}"
                found.append(_cell(cells[column - 1] if column <= len(cells) else None, area.sheet, address))
        return found

    def rows(self, sheet: str) -> list[Sequence[Any]]:
        """Return all cells of a sheet as openpyxl reads them."""
        if sheet not in self._rows:
            read = self._book[sheet]
            # What the file says of its extent may be wrong, and hide cells.
            read.reset_dimensions()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    self._rows[sheet] = list(read.iter_rows())
            except Exception:
                self.refuse("workbook-none")
        return self._rows[sheet]

    @cached_property
    def _package(self) -> Package:
        try:
            return Package(self._raw)
        except Broken as broken:
            self.refuse(broken.entry)

    def shown(self, area: Area) -> list[float | str | None]:
        """Return what the cells of a column showed when the file was saved."""
        try:
            return self._package.column(area)
        except Broken as broken:
            self.refuse(broken.entry)

    def numbers(self, area: Area) -> list[float]:
        """Return the numbers that the cells of a column showed when the file was saved, NaN where there is none."""
        return [cell if isinstance(cell, float) else math.nan for cell in self.shown(area)]

    def formulas(self, sheet: str) -> int:
        """Count the formulas of a sheet."""
        try:
            return self._package.formulas(sheet)
        except Broken as broken:
            self.refuse(broken.entry)


def _cell(cell: Any, sheet: str, address: str) -> Cell:
    value = None if cell is None else cell.value
    if value is None or (isinstance(value, str) and not value.strip()):
        return Cell("blank", None, sheet, address)
    if cell.data_type == "f":
        return Cell("formula", str(getattr(value, "text", value)), sheet, address)
    if cell.data_type == "e":
        return Cell("error", str(value), sheet, address)
    if isinstance(value, str):
        return Cell("text", value, sheet, address)
    if isinstance(value, bool | datetime.date | datetime.time | datetime.timedelta):
        return Cell("date", text_of(value) or str(value), sheet, address)
    shown = read_format(cell.number_format or "General").percents(float(value))
    return Cell("number", float(value), sheet, address, shown > 0)
