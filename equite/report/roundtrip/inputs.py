"""From the cells of a live workbook to a page and a table: what was typed is checked, and compared with what was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from equite.engine.rows import as_looked_at, needed_rules, row_rules
from equite.errors import FormulaError, Problem, Problems, TerritoriesError, WorkbookError, nearest
from equite.formula import loading
from equite.formula.formula import Formula
from equite.inputs.cells import text_of, tidy
from equite.inputs.columns import InPercent
from equite.inputs.grid import truncate_problems
from equite.inputs.marked import percentage
from equite.inputs.territories import Territories
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.openxml.workbook import Area
from equite.report.roundtrip.cells import Cell, ReadBook
from equite.report.roundtrip.changes import InputChange, told_place
from equite.report.roundtrip.manifest import Input, Manifest
from equite.report.roundtrip.restating import Path, restated
from equite.wording import Numeral

__all__ = ["Inputs", "read_inputs"]

Value = float | str | None

#: Spreadsheets keep 15 to 17 digits of a number.
_SAME = 1e-14
_NUMBERS = ("number", "extensive", "intensive")


@dataclass(frozen=True)
class Inputs:
    """The page and the table as a workbook holds them, the codes in the order of its rows, and what changed."""

    formula: Formula
    territories: Territories
    codes: tuple[str, ...]
    changes: tuple[InputChange, ...]


def read_inputs(book: ReadBook, manifest: Manifest) -> Inputs:
    """Read every cell that may have been edited.

    Raises
    ------
    WorkbookError
        With every sheet and cell that is gone, and every cell that holds what it must not.
    """
    content = dict(loading.read_page(book.file.name, text=manifest.page).content)
    # What criteria inherit from a catalogue of the page's own is written in already.
    content.pop("catalogue", None)
    reader = _Reader(book, manifest, Formula.from_dict(content))
    return reader.read(content)


class _Reader:
    """Gathers what the cells hold, and every problem."""

    def __init__(self, book: ReadBook, manifest: Manifest, formula: Formula) -> None:
        self.book, self.manifest, self.formula = book, manifest, formula
        self.labels = Labels(formula)
        self.problems = Problems(WorkbookError, formula.language)
        self.changes: list[InputChange] = []
        self.rules = needed_rules(formula)
        self.kinds = {tidy(rule.heading): rule.kind for rule in self.rules} | {tidy(formula.key.column): "text"}

    def read(self, content: dict[str, Any]) -> Inputs:
        """Read the codes first, then the figures of the page, then the columns of the table."""
        areas = self._areas()
        key: Path = ("data", self.formula.key.column)
        codes = self._codes(next(each for each in self.manifest.inputs if each.path == key), areas.get(key))
        self._untouched()
        figures: dict[Path, float] = {}
        columns: dict[str, list[Value]] = {}
        for each in self.manifest.inputs:
            area = areas.get(each.path)
            if area is not None and not each.is_column:
                figures |= self._figure(each, area)
            elif area is not None and codes:
                columns[str(each.path[1])] = list(codes) if each.path == key else self._column(each, area, codes)
        self.problems.refuse()
        formula = self._formula(restated(content, figures, {change.path for change in self.changes}))
        territories = self._territories(columns, areas[key])
        self.problems.refuse()
        changes = tuple(replace(change, formula=formula) for change in self.changes)
        return Inputs(formula, territories, codes, changes)

    def _areas(self) -> dict[Path, Area]:
        """Find the cells of every input, and refuse the sheets and cells that are gone."""
        found: dict[Path, Area] = {}
        gone = dict.fromkeys(
            place.sheet
            for place in self.manifest.places.values()
            if self.book.area(place.name, place.sheet, place.cells) is None
        )
        for each in self.manifest.inputs:
            area = self.book.area(each.name, each.sheet, each.cells)
            if area is not None:
                found[each.path] = area
            elif each.sheet in self.book.sheets:
                self._add("workbook-cell-gone", each.sheet, title=told_place(each.path, self.labels))
            else:
                gone[each.sheet] = None
        for sheet in gone:
            self._add("workbook-sheet-gone", "", sheet=sheet)
        return found

    def _untouched(self) -> None:
        """Refuse what was typed over a formula, or over the codes beside the calculations: no figure says it."""
        for sheet, before in self.manifest.formulas.items():
            # A sheet that was given another name is not looked at: its own check still is.
            lost = before - self.book.formulas(sheet) if sheet in self.book.sheets else 0
            if lost > 0:
                self._add("workbook-formula-lost", sheet, count=lost)
        written = self.manifest.places["written"]
        area = self.book.area(written.name, written.sheet, written.cells)
        key = next(each for each in self.manifest.inputs if each.path == ("data", self.formula.key.column))
        if area is not None and self.book.shown(area) != key.values:
            self._add("workbook-codes-touched", f"{area.sheet}!{area.cells}")

    def _add(self, entry: str, where: str, **values: Any) -> None:
        self.problems.found.append(self._problem(entry, where, **values))

    def _problem(self, entry: str, where: str, **values: Any) -> Problem:
        return Problem(entry, values, where, None, self.book.file.name)

    def _codes(self, key: Input, area: Area | None) -> tuple[str, ...]:
        """Return the codes, in the order of the rows; none where rows came, went or moved."""
        if area is None:
            return ()
        before = [str(code) for code in key.values]
        # Right below the table is where people add a territory, which no formula would see.
        cells = self.book.cells(replace(area, bottom=area.bottom + 1))
        cells = cells if cells[-1].kind != "blank" else cells[:-1]
        codes = [self._padded(text_of(cell.value)) for cell in cells]
        title = self.labels.heading("code")
        unseen = [self._wrong(cell, title, text_of(cell.value), "unseen") for cell in cells if _is_unseen(cell)]
        self.problems.found.extend(truncate_problems(unseen, len(unseen)))
        if codes == before:
            return tuple(before)
        wrong = list(self._moved(before, codes, cells))
        wrong = wrong or [self._problem("workbook-rows-sorted", f"{area.sheet}!{area.cells}")]
        self.problems.found.extend(truncate_problems(wrong, len(wrong)))
        return ()

    def _moved(self, before: list[str], codes: list[str | None], cells: list[Cell]) -> Iterator[Problem]:
        """Tell the codes that came, went or stand twice."""
        known, found = frozenset(before), set[str]()
        for code, cell in zip(codes, cells, strict=True):
            if code is None:
                yield self._problem("workbook-row-nameless", cell.place)
            elif code in found:
                yield self._problem("workbook-code-twice", cell.place, code=code)
            elif code not in known:
                yield self._problem("workbook-row-added", cell.place, code=code, nearest=nearest(code, before))
            found.add(code or "")
        for code in before:
            if code not in found:
                yield self._problem("workbook-row-deleted", cells[0].sheet, code=code)

    def _padded(self, code: str | None) -> str | None:
        """Return a code of digits its width again, where a spreadsheet took it for a number."""
        width = self.formula.key.width
        return code.zfill(width) if code and width and code.isdigit() else code

    def _figure(self, each: Input, area: Area) -> dict[Path, float]:
        """Read one figure of the page."""
        cell, before = self.book.cells(area)[0], float(each.value) if each.value else None
        if cell.kind != "number":
            if cell.kind != "blank" or before is not None:
                self.problems.found.append(self._wrong(cell, told_place(each.path, self.labels), before))
            return {}
        after = float(cell.value or 0.0)
        if before is not None and _same(after, before):
            return {each.path: before}
        self.changes.append(InputChange(each.path, None, before, after, cell.sheet, cell.address, self.formula))
        return {each.path: after}

    def _wrong(self, cell: Cell, title: str, before: Value, kind: str | None = None) -> Problem:
        shown, said = _short(plain(str(cell.value))), self._before(before)
        return self._problem(f"workbook-{kind or cell.kind}", cell.place, title=title, value=shown, before=said)

    def _before(self, before: Value) -> str:
        return self.labels.number(before) if isinstance(before, float | int) else before or "—"

    def _column(self, each: Input, area: Area, codes: tuple[str, ...]) -> list[Value]:
        """Read one column of the table; what is the same as before is kept to its last digit."""
        if area.height != len(codes):
            self._add("workbook-cell-gone", f"{area.sheet}!{area.cells}", title=told_place(each.path, self.labels))
            return []
        is_number = self.kinds.get(tidy(str(each.path[1]))) in _NUMBERS
        found: list[Value] = []
        wrong: list[Problem] = []
        for code, was, cell in zip(codes, each.values, self.book.cells(area), strict=True):
            now: Value = cell.value
            if isinstance(now, float) and not is_number and isinstance(was, str):
                now = text_of(now)
            odd = cell.kind == "text" and is_number and now != was and not self._is_mark(each, str(now))
            if cell.kind in ("date", "formula", "error") or odd:
                wrong.append(self._wrong(cell, told_place(each.path, self.labels, code), was))
            elif _same(now, was):
                now = was
            elif _is_unseen(cell):
                wrong.append(self._wrong(cell, told_place(each.path, self.labels, code), text_of(now), "unseen"))
            elif is_number and cell.in_percent and now:
                # A person sees 12.5 %, the formulas of the workbook count 0.125, and the page would mean 12.5.
                title = told_place(each.path, self.labels, code)
                shown = InPercent(percentage(float(cell.value or 0.0)).value)
                values = {"value": shown, "counts": Numeral(float(cell.value or 0.0)), "before": self._before(was)}
                wrong.append(self._problem("workbook-percent", cell.place, title=title, **values))
            else:
                self.changes.append(InputChange(each.path, code, was, now, cell.sheet, cell.address, self.formula))
            found.append(now)
        self.problems.found.extend(truncate_problems(wrong, len(wrong)))
        return found

    def _is_mark(self, each: Input, text: str) -> bool:
        """Tell whether a text is one of the page's own marks of figures."""
        rule = next((rule for rule in self.rules if tidy(rule.heading) == tidy(str(each.path[1]))), None)
        return rule is not None and rule.marks.meaning(text) is not None

    def _formula(self, content: dict[str, Any]) -> Formula:
        """Make the page again, its own mistakes gathered with the others."""
        try:
            return Formula.from_dict(content)
        except FormulaError as error:
            self.problems.found.extend(error.problems)
            return self.formula

    def _territories(self, columns: dict[str, list[Value]], area: Area) -> Territories:
        """Make the table again, in whose sentences rows are those of the sheet."""
        text = [heading for heading, kind in self.kinds.items() if kind == "text" and heading in columns]
        key = self.formula.key
        territories = Territories.from_frame(columns, key=key.column, width=key.width, text=text)
        source = replace(
            territories.source,
            name=self.book.file.name,
            file=self.book.file.absolute(),
            sheet=area.sheet,
            first_row=area.top,
        )
        territories = replace(territories, source=source)
        try:
            territories.columns_for(self.rules)
        except TerritoriesError as error:
            self.problems.found.extend(error.problems)
        # Its rows were looked at when the workbook was written; none can be added.
        return as_looked_at(territories, row_rules(self.formula))


def _same(now: Value, before: Value) -> bool:
    """Tell whether a cell is as it was: a blank is not 0."""
    if isinstance(now, float) and isinstance(before, float | int):
        return abs(now - before) <= _SAME * max(abs(now), abs(before))
    return now == before


def _is_unseen(cell: Cell) -> bool:
    """Tell whether a text holds blanks or signs that nobody sees: equite leaves them out, and formulas do not."""
    return isinstance(cell.value, str) and cell.kind == "text" and cell.value != tidy(cell.value)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
