"""The sheet to print, live: every step of each territory's amount as a formula, the totals below.

Rows refer to fixed cells of the other sheets, so that sorting them by amount or by name breaks nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.engine.rounding import round_half_away
from equite.report.columns import Column as Shown
from equite.report.columns import shown_columns
from equite.report.language.labels import plain
from equite.report.live.calculation import Calculated
from equite.report.live.grid import FIRST, ROW, Column
from equite.report.workbook.sheet import HIGHEST, LINE, PALE, RULE, Book, Sheet, fitting, lines_of
from equite.report.workbook.table import format_of, heading_lines, letters, width_of

if TYPE_CHECKING:
    from equite.report.live.sums import Sums

__all__ = ["write_live_table"]

#: Stands for the row's own text in a formula.
_OWN = "\ue002"
#: A column's formulas, with ROW for the row on the sheets of data and calculations, and its values over all rows.
Filled = tuple[str, list[object]]


def write_live_table(book: Book, sums: Sums, done: Calculated) -> None:
    """Write the allocation's sheet.

    Parameters
    ----------
    book : Book
        The workbook.
    sums : Sums
        The sums.
    done : Calculated
        Where each step stands.
    """
    _Table(book, sums, done).write()


class _Table:
    """Writes the sheet column by column."""

    def __init__(self, book: Book, sums: Sums, done: Calculated) -> None:
        self.book, self.sums, self.done, self.labels = book, sums, done, book.labels
        self.allocation = sums.allocation
        self.columns = list(shown_columns(self.allocation, self.labels))
        if not any(column.step == "notes" for column in self.columns) and self.allocation.excluded_by:
            empty = [""] * len(self.allocation.codes)
            self.columns.append(Shown("notes", "notes", "text", self.labels.heading("notes"), empty))
        self.columns.insert(
            next((at for at, column in enumerate(self.columns) if column.step == "notes"), len(self.columns)),
            self._from_original(),
        )
        self.rows = sums.grid.rows
        self.there = self.allocation.context.rows

    def _from_original(self) -> Shown:
        """Return the column that tells what changes of figures did to each amount."""
        heading = self.labels.dressed(self.labels.say("live-from-original"), self.labels.symbol)
        zeros = np.zeros(len(self.allocation.codes))
        return Shown("from_original", "after", "money", heading, zeros, self.labels.digits, 0.0)

    def _on(self, column: Column) -> Column:
        """Return a column as this sheet names it."""
        return column if column.sheet else column.on(self.sums.grid.name)

    def write(self) -> None:
        """Write headings, rows and totals."""
        widths = [self._wide(column) for column in self.columns]
        sheet = Sheet(self.book, self.labels.say("book-allocation"), widths, landscape=True)
        worksheet = sheet.sheet
        worksheet.set_row(0, min(HIGHEST, 4 + LINE * max(map(heading_lines, self.columns, widths))))
        at_of = {
            column.id if column.step != "after" else f"after.{column.id}": at for at, column in enumerate(self.columns)
        }
        for at, column in enumerate(self.columns):
            self._heading(worksheet, at, column)
            formula, values = self._filled(column, at)
            self._column(worksheet, at, column, formula, values)
        self._heights(worksheet, widths)
        keys = sum(column.step == "key" for column in self.columns)
        self._totals(worksheet, keys, at_of)
        worksheet.freeze_panes(1, keys)
        worksheet.autofilter(0, 0, self.rows, len(self.columns) - 1)
        worksheet.repeat_rows(0)
        worksheet.repeat_columns(0, keys - 1)
        worksheet.print_area(0, 0, self.rows + 1, len(self.columns) - 1)

    def _heights(self, worksheet: Any, widths: list[float]) -> None:
        """Return the rows whose texts wrap the height that they need."""
        for at, (column, width) in enumerate(zip(self.columns, widths, strict=True)):
            if column.kind == "text":
                for row, value in enumerate(self._filled(column, at)[1], start=1):
                    if len(str(value)) > width:
                        worksheet.set_row(row, min(HIGHEST, LINE * lines_of(str(value), int(width)) + 2))

    def _wide(self, column: Shown) -> float:
        if column.kind == "text" and column.step == "notes":
            return 34.0
        return width_of(column, self.labels.number) + (0.5 if column.kind != "text" else 0)

    def _heading(self, worksheet: Any, at: int, column: Shown) -> None:
        align = "left" if column.kind == "text" else "right"
        look: dict[str, Any] = {"bold": True, "text_wrap": True, "bg_color": PALE, "valign": "bottom", "bottom": 1}
        worksheet.write_string(0, at, fitting(column.heading), self.book.style(**look, align=align))

    def _column(self, worksheet: Any, at: int, column: Shown, formula: str, values: list[object]) -> None:
        look: dict[str, Any] = {"bottom": 4, "bottom_color": RULE, "valign": "top"}
        if column.kind == "text":
            style = self.book.style(
                **look,
                text_wrap=column.step != "key" or column.id == "name",
                num_format="@" if column.id == "code" else "General",
            )
        else:
            style = self.book.style(**look, num_format=self._form(column), bold=column.step == "amount")
        for row, value in enumerate(values):
            text = formula.replace(f"${ROW}", f"${FIRST + row}").replace(ROW, str(row + 2))
            if _OWN in text:
                # A text within a formula holds 255 characters.
                text = text.replace(_OWN, str(value)[:250].replace('"', '""') if self.there[row] else "")
            if isinstance(value, float) and not math.isfinite(value):
                value = ""
            worksheet.write_formula(row + 1, at, "=" + text, style, value)

    def _form(self, column: Shown) -> str:
        form = format_of(self.book, column)
        return self.book.change_format(form) if column.id == "from_original" else form

    # What stands in each column.

    def _filled(self, column: Shown, at: int) -> Filled:
        if column.step == "key":
            return self._key(column)
        if column.step == "notes":
            return self._notes(column)
        if column.step == "rounding":
            return self._rounding(column, at)
        if column.step == "amount":
            cell = self._fixed_cell(self.done.amounts)
            # A reference to a blank cell would give 0.
            return self._guarded(cell), self._spread(self.allocation.amounts)
        if column.step == "after":
            return self._after(column)
        return self._step(column)

    def _fixed_cell(self, column: Column) -> str:
        """Return a column's cell of a fixed row, on the sheet that holds it."""
        return self._on(column).cell.replace(ROW, f"${ROW}")

    def _spread(self, values: np.ndarray, digits: int | None = None) -> list[object]:
        return self.sums.full(values if digits is None else round_half_away(values, digits) + 0.0, "")

    def _guarded(self, text: str) -> str:
        assert self.sums.eligible is not None
        return f'IF({self._fixed_cell(self.sums.eligible)}=1,{text},"")'

    def _key(self, column: Shown) -> Filled:
        codes = [str(code) for code in self.allocation.scope.table.codes]
        if column.id == "code":
            return self._fixed_cell(self.sums.code), [plain(code) for code in codes]
        name = str(self.allocation.formula.name)
        cell = self._fixed_cell(self.sums.data[name])
        given = self.allocation.scope.value(name)
        return f'{cell}&""', ["" if value is None else plain(str(value)) for value in given]

    def _step(self, column: Shown) -> Filled:
        allocation = self.allocation
        for at, result in enumerate(allocation.parts_shared):
            if column.step == "part" and result.part.id == column.id:
                cell = self._fixed_cell(self.done.parts[at])
                return self._guarded(f"ROUND({cell},{column.digits})"), self._spread(result.amounts, column.digits)
        for at, stage in enumerate(allocation.stages):
            if column.step == "limit" and stage.limit.id == column.id:
                before, after = (self._fixed_cell(each) for each in self.done.stages[at])
                values = self._spread(stage.after - stage.before, column.digits)
                return self._guarded(f"ROUND({after}-{before},{column.digits})"), values
        raise AssertionError(column)

    def _rounding(self, column: Shown, at: int) -> Filled:
        """Return what the steps as shown lack, so that every row adds up to the last decimal."""
        first = next(place for place, each in enumerate(self.columns) if each.step in ("part", "limit"))
        steps = f"SUM({letters(first)}{ROW}:{letters(at - 1)}{ROW})"
        amount = self._fixed_cell(self.done.amounts)
        shown = [round_half_away(result.amounts, column.digits) for result in self.allocation.parts_shared]
        shown += [round_half_away(stage.after - stage.before, column.digits) for stage in self.allocation.stages]
        values = self._spread(self.allocation.amounts - sum(shown), column.digits)
        return self._guarded(f"ROUND({amount}-{steps},{column.digits})"), values

    def _after(self, column: Shown) -> Filled:
        allocation, amount, of = self.allocation, self._fixed_cell(self.done.amounts), self.done.translator
        if column.id == "from_original":
            return (
                f"ROUND({self._fixed_cell(self.done.final)}-{self._fixed_cell(self.done.original)},{column.digits})",
                [0.0] * self.rows,
            )
        if column.id == "share":
            whole = round_half_away(allocation.amounts / allocation.total, column.digits + 2)
            total = f"{self._sheet()}{self.done.amounts.range}"
            return self._guarded(f"IFERROR(ROUND({amount}/SUM({total}),{column.digits + 2}),0)"), self._spread(whole)
        if column.id == "per_head":
            people = allocation.people
            assert people is not None
            name = allocation.formula.people or "population"
            ratio = f"ROUND({amount}/{self._cell_of(name)},{column.digits})"
            text = f'IFERROR(IF({self._cell_of(name)}>0,{ratio},""),"")'
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.where(people > 0, round_half_away(allocation.amounts / people, column.digits), np.nan)
            return self._guarded(text), self._spread(values)
        assert allocation.previous is not None
        # Cents are kept even where none are shown: a changed cell may bring some.
        before, digits = self._cell_of("previous", of), max(2, self.labels.digits)
        known = f"ISNUMBER({before})"
        rounded = round_half_away(allocation.previous, digits)
        change = round_half_away(allocation.amounts - rounded, digits)
        if column.id == "previous":
            return self._guarded(f'IF({known},ROUND({before},{digits}),"")'), self._spread(rounded + 0.0)
        if column.id == "change":
            text = f'IF({known},ROUND({amount}-ROUND({before},{digits}),{digits}),"")'
            return self._guarded(text), self._spread(change + 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(rounded != 0, round_half_away(change / rounded, 3), np.nan)
        text = f'IFERROR(ROUND(({amount}-ROUND({before},{digits}))/ROUND({before},{digits}),3),"")'
        return self._guarded(f'IF({known},{text},"")'), self._spread(values + 0.0)

    def _sheet(self) -> str:
        return f"'{self.sums.grid.name}'!"

    def _cell_of(self, name: str, of: Any = None) -> str:
        found = self.done.translator.ref(name)
        if isinstance(found, str):
            return found if "!" in found else self._sheet() + found
        return self._fixed_cell(found)

    def _notes(self, column: Shown) -> Filled:
        """Return what a reader should know of a row; whether it takes part may change."""
        notes = dict(zip(self.allocation.codes, map(str, column.cells), strict=True))
        assert self.sums.eligible is not None
        said = self.labels.say("live-takes-no-part")
        codes = [str(code) for code in self.allocation.scope.table.codes]
        values: list[object] = [notes.get(code, said)[:250] for code in codes]
        return f'IF({self._fixed_cell(self.sums.eligible)}=1,"{_OWN}","{said}")', values

    # Totals.

    def _totals(self, worksheet: Any, keys: int, at_of: dict[str, int]) -> None:
        look: dict[str, Any] = {"bold": True, "top": 1, "bottom": 6, "bg_color": PALE}
        last = self.rows + 1
        for at, column in enumerate(self.columns):
            style = self.book.style(**look)
            if column.kind == "text" or column.total is None:
                worksheet.write_blank(last, at, None, style)
                continue
            style = self.book.style(**look, num_format=self._form(column))
            letter = letters(at)
            formula, value = f"=SUM({letter}2:{letter}{last})", self._sum(column, at)
            if column.step == "after" and column.id == "per_head":
                formula, value = self._mean_per_head(column), column.total
            elif column.step == "after" and column.id == "change_share":
                change, before = (letters(at_of[f"after.{name}"]) for name in ("change", "previous"))
                formula, value = f"=IFERROR(ROUND({change}{last + 1}/{before}{last + 1},3),0)", column.total
            elif column.step == "after" and column.id == "share":
                # Shares are rounded one by one; all of them are the whole.
                formula, value = f"=IF({letters(at_of['amount'])}{last + 1}=0,0,1)", float(bool(column.total))
            worksheet.write_formula(last, at, formula, style, value)
        worksheet.write_string(last, keys - 1, self.labels.say("book-total"), self.book.style(**look))

    def _sum(self, column: Shown, at: int) -> float:
        values = [value for value in self._filled(column, at)[1] if isinstance(value, float) and value == value]
        return round(math.fsum(values), 10) + 0.0

    def _mean_per_head(self, column: Shown) -> str:
        """Write the mean per head over those who have people."""
        found = self.done.translator.ref(self.allocation.formula.people or "population")
        assert self.sums.eligible is not None
        eligible, amounts = self._on(self.sums.eligible).range, self._on(self.done.amounts).range
        if isinstance(found, str):
            return f"=IFERROR(ROUND(SUM({amounts})/SUM({eligible})/{self._cell_of(found)},{column.digits}),0)"
        people = self._on(found).range
        whose = f"--({people}>0),{eligible}"
        ratio = f"SUMPRODUCT({whose},{amounts})/SUMPRODUCT({whose},{people})"
        return f"=IFERROR(ROUND({ratio},{column.digits}),0)"
