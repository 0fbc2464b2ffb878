"""Filling a funder's own workbook, at the names that it defines; the rest of it stays as it is, byte for byte.

=======================================  ==============================================================================
Name                                     What is written there
=======================================  ==============================================================================
``equite_code``                          the codes; or, where codes already stand there, what rows are matched by
``equite_name``, ``equite_amount``, …    a column of the allocation's table: ``base``, ``per_head``, ``previous`` …
``equite_population``, …                 a column or a variable of the page, where the table has none of that name
``equite_envelope``, ``equite_total``,   one cell: the envelope, the sum of the amounts, what is held back, what came
``equite_reserve``, ``equite_on_top``,   on top of the envelope, how many territories take part, the page's title, its
``equite_count``, ``equite_title``,      fingerprint
``equite_fingerprint``
=======================================  ==============================================================================

A column is a range one cell wide. Without codes in it, rows are filled from its top in code order, and what is left of
the range is blanked. With codes, each row gets what belongs to its code, and rows without one are not touched.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl.utils import get_column_letter

from equite.errors import OutputError, Problem, Problems, nearest
from equite.inputs.cells import text_of
from equite.inputs.files import bounded_bytes
from equite.inputs.grid import truncate_problems
from equite.inputs.packages import refuse_bomb
from equite.report.columns import shown_columns
from equite.report.files import EXCEL, ending, files_read, placed
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.openxml.sheet import Broken, CellValue
from equite.report.openxml.workbook import Area, Package
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["fill"]

_PREFIX = "equite_"


def fill(allocation: Allocation, path: str | Path, template: str | Path) -> Path:
    """Write an allocation into a copy of somebody's workbook, at the names that it defines.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    path : str or Path
        The workbook to write; a name that ends in ``.xlsx``.
    template : str or Path
        The workbook to fill, which is not changed. It defines ``equite_amount`` at least.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OutputError
        The template cannot be read, holds macros or is encrypted; a name is missing, unknown, too short or no column;
        codes differ; a cell to fill is locked, merged or holds a formula; or the file cannot be written. Nothing is
        then written.
    """
    target, source = ending(path, EXCEL, allocation.language, files_read(allocation)), Path(template).expanduser()
    problems = Problems(OutputError, allocation.language)
    raw = _bytes_of(source, target, problems)
    try:
        package = Package(raw)
        filler = _Filler(allocation, package, source.name, problems)
        filler.run()
        problems.refuse()
        filled = package.filled(filler.cells)
    except Broken as broken:
        problems.add(broken.entry, name=source.name)
        problems.refuse()
        raise
    with placed(target, allocation.language) as temporary:
        temporary.write_bytes(filled)
    return target


def _bytes_of(source: Path, target: Path, problems: Problems) -> bytes:
    """Read the template, or say why it cannot be."""
    try:
        raw = bounded_bytes(source, OutputError)
        refuse_bomb(raw, source.name, OutputError)
    except OSError as error:
        beside = [entry.name for entry in source.parent.iterdir()] if source.parent.is_dir() else []
        values: dict[str, Any] = {"nearest": nearest(source.name, beside), "reason": error.strerror or ""}
        problems.add("filling-unreadable", name=source.name, **values)
        problems.refuse()
        raise
    if target.exists() and source.samefile(target):
        problems.add("filling-itself", name=source.name)
        problems.refuse()
    return raw


class _Filler:
    """Finds what each name of a template asks for, and gathers the cells to write."""

    def __init__(self, allocation: Allocation, package: Package, file: str, problems: Problems) -> None:
        self.allocation, self.package, self.file, self.problems = allocation, package, file, problems
        self.cells: dict[str, dict[tuple[int, int], CellValue]] = {}
        self.wrong: dict[tuple[str, Area], list[Problem]] = {}
        labels = Labels(allocation.formula)
        columns = {str(name): cells.tolist() for name, cells in allocation.variables.items()}
        columns |= {column.id: list(column.cells) for column in shown_columns(allocation, labels)}
        self.columns: dict[str, Sequence[CellValue]] = {
            name: list(map(_cell, cells)) for name, cells in columns.items()
        }
        self.figures: dict[str, CellValue] = {
            "envelope": allocation.envelope,
            "total": allocation.total,
            "reserve": allocation.reserve,
            "on_top": allocation.on_top,
            "count": len(allocation.codes),
            "title": plain(labels.worded(allocation.formula.heading)),
            "fingerprint": allocation.formula.sha256,
        }

    def run(self) -> None:
        """Find the names, match the rows, and gather the cells."""
        areas = self._areas()
        if "amount" not in areas and not self.problems.found:
            self.problems.add("filling-no-name", file=self.file, name=f"{_PREFIX}amount")
        if self.problems.found:
            return
        codes = self._codes_there(areas["code"]) if "code" in areas else {}
        rows = self._matched(codes, areas["code"]) if codes else {}
        for word, area in areas.items():
            if word not in self.columns:
                self._write(area, 0, self.figures[word])
            elif not codes:
                self._fill_from_the_top(word, area)
            elif word != "code":
                self._fill_by_code(word, area, rows)
        for wrong in self.wrong.values():
            self.problems.found.extend(truncate_problems(wrong, len(wrong)))

    def _areas(self) -> dict[str, Area]:
        """Return the area of each name of ours that the template defines, those that cannot be used being refused."""
        known = {word.casefold(): word for word in (*self.figures, *self.columns)}
        found: dict[str, Area] = {}
        for name in self.package.names:
            if not name.name.casefold().startswith(_PREFIX):
                continue
            word = known.get(name.name[len(_PREFIX) :].casefold(), "")
            area, one = name.area, word not in self.columns
            if not word:
                near = nearest(name.name, [_PREFIX + each for each in known.values()])
                self.problems.add("filling-unknown-name", file=self.file, name=name.name, nearest=near)
            elif word in found:
                self.problems.add("filling-name-twice", file=self.file, name=name.name)
            elif area is None or area.sheet not in self.package.sheets:
                self.problems.add("filling-no-cells", file=self.file, name=name.name, cells=name.refers_to)
            elif area.width > 1 or (one and area.height > 1):
                entry = "filling-not-a-cell" if one else "filling-not-a-column"
                self.problems.add(entry, file=self.file, name=name.name, cells=name.refers_to)
            else:
                found[word] = area
        return found

    def _codes_there(self, area: Area) -> dict[int, str]:
        """Return the codes that the template holds already, by their place in the range."""
        width = self.allocation.formula.key.width
        texts = [text_of(cell) for cell in self.package.column(area)]
        codes = {at: text.zfill(width) if width and text.isdigit() else text for at, text in enumerate(texts) if text}
        seen: dict[str, int] = {}
        for at, code in codes.items():
            if seen.setdefault(code, at) != at:
                self.problems.add("filling-code-twice", self._place(area, at), file=self.file, code=code)
        return codes

    def _matched(self, codes: Mapping[int, str], area: Area) -> dict[int, int | None]:
        """Return the territory of each row of codes; None for one that takes no part."""
        allocation = self.allocation
        place = {code: at for at, code in enumerate(allocation.codes)}
        left_out = {found.code for found in allocation.excluded_by}
        for at, code in codes.items():
            if code not in place and code not in left_out:
                near = nearest(code, [*place, *left_out])
                self.problems.add(
                    "filling-code-unknown", self._place(area, at), file=self.file, code=code, nearest=near
                )
        absent = tuple(code for code in place if code not in set(codes.values()))
        if absent:
            cells = f"{area.sheet}!{area.cells}"
            self.problems.add("filling-code-absent", cells, file=self.file, codes=Codes(absent), count=len(absent))
        return {at: place.get(code) for at, code in codes.items()}

    def _fill_from_the_top(self, word: str, area: Area) -> None:
        """Fill a column in code order, and blank what is left of it: last year's amounts would stand there."""
        values = self.columns[word]
        if self._is_long_enough(word, area, len(values)):
            for at in range(area.height):
                self._write(area, at, values[at] if at < len(values) else None)

    def _fill_by_code(self, word: str, area: Area, rows: Mapping[int, int | None]) -> None:
        """Fill the rows of a column that have a code; whoever takes no part gets nothing."""
        nothing = 0 if word == "amount" else None
        if self._is_long_enough(word, area, max(rows) + 1):
            for at, row in rows.items():
                self._write(area, at, nothing if row is None else self.columns[word][row])

    def _is_long_enough(self, word: str, area: Area, count: int) -> bool:
        if area.height < count:
            values: dict[str, Any] = {"name": _PREFIX + word, "height": area.height, "count": count}
            self.problems.add("filling-too-short", f"{area.sheet}!{area.cells}", file=self.file, **values)
        return area.height >= count

    def _write(self, area: Area, at: int, value: CellValue) -> None:
        """Note a cell to write, unless the template forbids it."""
        row, cells = area.top + at, self.cells.setdefault(area.sheet, {})
        twice = "filling-overlap" if (row, area.left) in cells else None
        refused = self.package.refusal(area.sheet, row, area.left) or twice
        if refused:
            wrong = self.wrong.setdefault((refused, area), [])
            wrong.append(Problem(refused, {}, self._place(area, at), None, self.file))
        cells[row, area.left] = value

    def _place(self, area: Area, at: int) -> str:
        return f"{area.sheet}!{get_column_letter(area.left)}{area.top + at}"


def _cell(value: object) -> CellValue:
    """Return a value as a cell holds it: a number that is missing is a blank."""
    if value is None or isinstance(value, str):
        return None if value is None else plain(value)
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None
