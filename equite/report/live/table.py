"""The sheet to print, live: every step of each territory's amount as a formula, the totals below.

Rows refer to fixed cells of the other sheets, so that sorting them by amount or by name breaks nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.report.columns import ShownColumn as Shown
from equite.report.columns import shown_columns
from equite.report.language.text import plain
from equite.report.live.calculation import Calculated
from equite.report.live.grid import ABOVE, FIRST, ROW, LiveColumn, quoted
from equite.report.live.shown import LiveShown
from equite.report.live.terms import (
    BLANK,
    Term,
    choose,
    instead,
    is_number,
    rounded,
    rounded_plainly,
    rounded_text,
    stated,
)
from equite.report.live.translating import Translator
from equite.report.live.verdict import BAND
from equite.report.workbook.sheet import HIGHEST, LINE, PALE, RULE, Book, Sheet, fitting, lines_of
from equite.report.workbook.table import format_of, heading_lines, letters, width_of

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["ShownTable", "write_live_table"]

#: The rows of the headings and of the first territory, from 1.
_HEADINGS = BAND + 1
_FIRST = _HEADINGS + 1
#: Stands for the row's own text in a formula.
_OWN = "\ue002"
#: A column's formulas, with ROW for the row on the sheets of data and calculations, and its texts over all rows.
Texts = tuple[str, list[str]]


@dataclass(frozen=True)
class ShownTable:
    """Where the sheet to print stands: its worksheet, its widths, the amounts as other sheets name them."""

    sheet: Sheet
    amounts: Term


def write_live_table(book: Book, workings: Workings, done: Calculated, shown: LiveShown) -> ShownTable:
    """Write the allocation's sheet.

    Parameters
    ----------
    book : Book
        The workbook.
    workings : Workings
        The sums.
    done : Calculated
        Where each step stands.
    shown : LiveShown
        Where it stands as it is shown.

    Returns
    -------
    ShownTable
        Where its amounts stand.
    """
    return _Table(book, workings, done, shown).write()


class _Table:
    """Writes the sheet column by column."""

    def __init__(self, book: Book, workings: Workings, done: Calculated, shown: LiveShown) -> None:
        self.book, self.workings, self.done, self.shown, self.labels = book, workings, done, shown, book.labels
        self.allocation = workings.allocation
        self.columns = list(shown_columns(self.allocation, self.labels))
        if not any(column.step == "notes" for column in self.columns) and self.allocation.excluded_by:
            empty = [""] * len(self.allocation.codes)
            self.columns.append(Shown("notes", "notes", "text", self.labels.heading("notes"), empty))
        # What is to be known of a row is a text; that it takes no part is a formula.
        said = self.labels.say("live-as-written", said=self.labels.heading("notes"))
        self.columns = [replace(each, heading=said) if each.step == "notes" else each for each in self.columns]
        self.columns.insert(
            next((at for at, column in enumerate(self.columns) if column.step == "notes"), len(self.columns)),
            self._from_original(),
        )
        self.rows = workings.grid.rows
        self.there = self.allocation.context.rows

    def _from_original(self) -> Shown:
        """Return the column that tells what changes of figures did to each amount."""
        heading = self.labels.dressed(self.labels.say("live-from-original"), self.labels.symbol)
        zeros = np.zeros(len(self.allocation.codes))
        return Shown("from_original", "after", "money", heading, zeros, self.labels.digits, 0.0)

    def _on(self, column: LiveColumn) -> LiveColumn:
        """Return a column as this sheet names it."""
        return column if column.sheet else column.on(self.workings.grid.name)

    def write(self) -> ShownTable:
        """Write headings, rows and totals."""
        widths = [self._wide(column) for column in self.columns]
        sheet = Sheet(self.book, self.labels.say("book-allocation"), widths, landscape=True)
        worksheet = sheet.sheet
        worksheet.set_row(_HEADINGS - 1, min(HIGHEST, 4 + LINE * max(map(heading_lines, self.columns, widths))))
        totals = {}
        for at, (column, width) in enumerate(zip(self.columns, widths, strict=True)):
            self._heading(worksheet, at, column)
            if column.kind == "text":
                formula, texts = self._texts(column)
                self._column(worksheet, at, column, formula, texts)
                self._heights(worksheet, texts, width)
            else:
                term = self._filled(column, at)
                self._column(worksheet, at, column, term.text, np.broadcast_to(term.value, self.rows).tolist())
                totals[at] = round(math.fsum(np.nan_to_num(term.value)), 10) + 0.0
        keys = sum(column.step == "key" for column in self.columns)
        self._totals(worksheet, keys, totals)
        worksheet.freeze_panes(_HEADINGS, keys)
        worksheet.autofilter(_HEADINGS - 1, 0, _HEADINGS + self.rows - 1, len(self.columns) - 1)
        worksheet.repeat_rows(0, _HEADINGS - 1)
        worksheet.repeat_columns(0, keys - 1)
        worksheet.print_area(0, 0, _HEADINGS + self.rows, len(self.columns) - 1)
        letter = letters(next(at for at, column in enumerate(self.columns) if column.step == "amount"))
        cells = f"{quoted(sheet.name)}${letter}${_FIRST}:${letter}${_FIRST + self.rows - 1}"
        return ShownTable(sheet, Term(cells, self._amount().value, blank=~self.there, spans=True))

    def _heights(self, worksheet: Any, texts: list[str], width: float) -> None:
        """Give the rows whose texts wrap the height that they need."""
        for row, text in enumerate(texts, start=_HEADINGS):
            if len(text) > width:
                worksheet.set_row(row, min(HIGHEST, LINE * lines_of(text, int(width)) + 2))

    def _wide(self, column: Shown) -> float:
        if column.kind == "text" and column.step == "notes":
            return 34.0
        return width_of(column, self.labels.number) + (0.5 if column.kind != "text" else 0)

    def _heading(self, worksheet: Any, at: int, column: Shown) -> None:
        align = "left" if column.kind == "text" else "right"
        look: dict[str, Any] = {"bold": True, "text_wrap": True, "bg_color": PALE, "valign": "bottom", "bottom": 1}
        worksheet.write_string(_HEADINGS - 1, at, fitting(column.heading), self.book.style(**look, align=align))

    def _column(self, worksheet: Any, at: int, column: Shown, formula: str, values: Sequence[object]) -> None:
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
            text = formula.replace(f"${ROW}", f"${FIRST + row}").replace(f"${ABOVE}", f"${FIRST + row - 1}")
            text = text.replace(ROW, str(_FIRST + row))
            if _OWN in text:
                # A text within a formula holds 255 characters.
                text = text.replace(_OWN, str(value)[:250].replace('"', '""') if self.there[row] else "")
            if isinstance(value, float) and not math.isfinite(value):
                value = ""
            worksheet.write_formula(_HEADINGS + row, at, "=" + text, style, value)

    def _form(self, column: Shown) -> str:
        form = format_of(self.book, column)
        return self.book.change_format(form) if column.id == "from_original" else form

    # What stands in each column.

    def _filled(self, column: Shown, at: int) -> Term:
        if column.step == "rounding":
            return self._rounding(column, at)
        if column.step == "amount":
            return self._guarded(self._amount())
        if column.step == "after":
            return self._after(column)
        return self._guarded(self._shown(column))

    def _texts(self, column: Shown) -> Texts:
        return self._notes(column) if column.step == "notes" else self._key(column)

    def _fixed(self, column: LiveColumn) -> Term:
        """Return a column's cell of a fixed row, on the sheet that holds it."""
        there = self._on(column)
        text = there.cell.replace(ROW, f"${ROW}")
        return Term(text, np.array(np.nan)) if there.own is None else replace(there.own, text=text)

    def _named(self, name: str, translator: Translator | None = None) -> Term:
        """Return the cell of a name of the page."""
        found = (translator or self.done.translator).ref(name)
        return self.workings.named(found) if isinstance(found, Term) else self._fixed(found)

    def _amount(self) -> Term:
        return self._fixed(self.done.amounts).carrying(self.workings.full(self.allocation.amounts, np.nan))

    def _guarded(self, term: Term) -> Term:
        return choose(self._fixed(self.workings.takes_part).equals(1), term, BLANK)

    def _key(self, column: Shown) -> Texts:
        codes = [str(code) for code in self.allocation.scope.table.codes]
        if column.id == "code":
            return self._fixed(self.workings.code).text, [plain(code) for code in codes]
        name = str(self.allocation.formula.name)
        given = self.allocation.scope.value(name)
        texts = ["" if value is None else plain(str(value)) for value in given]
        return f'{self._fixed(self.workings.data[name])}&""', texts

    def _shown(self, column: Shown) -> Term:
        """Return what is shown of a part, of a limit, or of each share of the total."""
        steps = {"part": self.shown.parts, "limit": self.shown.limits}
        step = self.shown.share if column.step == "after" else steps[column.step][column.id]
        assert step is not None
        found = step.on(self.workings.grid.name).each
        text = found.text.replace(ROW, f"${ROW}").replace(ABOVE, f"${ABOVE}")
        return replace(found, text=text).carrying(self.workings.full(column.numbers))

    def _rounding(self, column: Shown, at: int) -> Term:
        """Return what the steps as shown lack, so that every row adds up to the last decimal."""
        first = next(place for place, each in enumerate(self.columns) if each.step in ("part", "limit"))
        shown = sum((self._shown(each).value for each in self.columns[first:at]), np.zeros(self.rows))
        steps = stated(f"SUM({letters(first)}{ROW}:{letters(at - 1)}{ROW})", shown)
        return self._guarded(rounded_plainly(self._amount() - steps, column.digits))

    def _after(self, column: Shown) -> Term:
        """Return what stands after the amount: its share, per head, last year's, the change."""
        amount, digits = self._amount(), column.digits
        if column.id == "from_original":
            return rounded_plainly(self._fixed(self.done.final) - self._fixed(self.done.original), digits)
        if column.id == "share":
            return self._guarded(self._shown(column))
        if column.id == "per_head":
            people = self._named(self.allocation.formula.people or "population")
            ratio = choose(people > 0, rounded(amount / people, digits), BLANK)
            return self._guarded(instead(ratio, BLANK))
        assert self.allocation.previous is not None
        # Cents are kept even where none are shown: a changed cell may bring some.
        digits = max(2, self.labels.digits)
        before = self._named("previous").carrying(self.workings.full(self.allocation.previous, np.nan))
        known, before = is_number(before), rounded_plainly(before, digits)
        if column.id == "previous":
            return self._guarded(choose(known, before, BLANK))
        if column.id == "change":
            return self._guarded(choose(known, rounded_plainly(amount - before, digits), BLANK))
        ratio = instead(rounded((amount - before) / before, 3), BLANK)
        return self._guarded(choose(known, ratio, BLANK))

    def _notes(self, column: Shown) -> Texts:
        """Return what a reader should know of a row; whether it takes part may change."""
        notes = dict(zip(self.allocation.codes, map(str, column.cells), strict=True))
        said = self.labels.say("live-takes-no-part")
        codes = [str(code) for code in self.allocation.scope.table.codes]
        formula = f'IF({self._fixed(self.workings.takes_part)}=1,"{_OWN}","{said}")'
        return formula, [notes.get(code, said)[:250] for code in codes]

    # Totals.

    def _totals(self, worksheet: Any, keys: int, totals: dict[int, float]) -> None:
        at_of = {
            column.id if column.step != "after" else f"after.{column.id}": at for at, column in enumerate(self.columns)
        }
        look: dict[str, Any] = {"bold": True, "top": 1, "bottom": 6, "bg_color": PALE}
        last = _HEADINGS + self.rows
        for at, column in enumerate(self.columns):
            style = self.book.style(**look)
            if column.kind == "text" or column.total is None:
                worksheet.write_blank(last, at, None, style)
                continue
            style = self.book.style(**look, num_format=self._form(column))
            letter = letters(at)
            digits = column.digits + 2 if column.kind == "share" else max(2, column.digits)
            formula, value = f"=ROUND(SUM({letter}{_FIRST}:{letter}{last}),{digits})", totals[at]
            if column.step == "after" and column.id == "per_head":
                formula, value = self._mean_per_head(column), column.total
            elif column.step == "after" and column.id == "change_share":
                change, before = (letters(at_of[f"after.{name}"]) for name in ("change", "previous"))
                relative = rounded_text(f"{change}{last + 1}/{before}{last + 1}", 3)
                formula, value = f"=IFERROR({relative},0)", column.total
            worksheet.write_formula(last, at, formula, style, value)
        worksheet.write_string(last, keys - 1, self.labels.say("book-total"), self.book.style(**look))

    def _mean_per_head(self, column: Shown) -> str:
        """Write the mean per head over those who have people."""
        found = self.done.translator.ref(self.allocation.formula.people or "population")
        eligible, amounts = (self._on(each).range for each in (self.workings.takes_part, self.done.amounts))
        if isinstance(found, Term):
            people = self.workings.named(found)
            return f"=IFERROR({rounded_text(f'SUM({amounts})/SUM({eligible})/{people}', column.digits)},0)"
        people_range = self._on(found).range
        whose = f"--({people_range}>0),{eligible}"
        ratio = f"SUMPRODUCT({whose},{amounts})/SUMPRODUCT({whose},{people_range})"
        return f"=IFERROR({rounded_text(ratio, column.digits)},0)"
