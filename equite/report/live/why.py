"""The sheet that tells one territory why it gets what it gets: pick it from a list, see its lines and its chart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.report.language.text import plain
from equite.report.live.calculation import Calculated
from equite.report.live.contributions import CriterionDollars, PartDollars, Path
from equite.report.live.grid import INPUT, LiveColumn
from equite.report.live.ranges import picked
from equite.report.live.shown import LiveShown, LiveStep, rounded_total
from equite.report.live.steps_chart import draw_steps
from equite.report.live.terms import (
    BLANK,
    Term,
    added,
    as_number,
    choose,
    greatest,
    instead,
    is_number,
    least,
    number,
    rounded_plainly,
    stated,
)
from equite.report.live.translating import Ref
from equite.report.live.verdict import BAND
from equite.report.workbook.sheet import PALE, RULE, Book, Sheet, fitting

if TYPE_CHECKING:
    from equite.report.live.workings import Workings

__all__ = ["names_to_pick", "write_why"]

_WIDTHS = (50, 18, 14, 14, 16, 18, 16)
#: The longest text that a search takes is 255 characters.
_MOST = 120


@dataclass(frozen=True)
class _Line:
    """A line of the way to the amount: its label, its figure, what the chart calls it, whether it is a total."""

    label: str
    term: Term
    short: str
    total: bool = False
    is_rounding: bool = False


def names_to_pick(workings: Workings) -> tuple[LiveColumn, list[str]]:
    """Write how each territory is called in the list: its name, then its code, which is its own."""
    table, page = workings.allocation.scope.table, workings.formula
    codes = [plain(str(code)) for code in table.codes]
    if page.name is None or page.name not in workings.data:
        texts, formula = codes, f"LEFT({workings.code.cell},{_MOST})"
    else:
        named = workings.allocation.scope.value(page.name)
        names = ["" if name is None else plain(str(name)) for name in named]
        texts = [f"{name[:_MOST]} ({code[:_MOST]})" for name, code in zip(names, codes, strict=True)]
        cell = workings.data[page.name].cell
        formula = f'LEFT({cell},{_MOST})&" ("&LEFT({workings.code.cell},{_MOST})&")"'
    return workings.grid.texts(workings.labels.say("live-pick-name"), formula, texts), texts


def write_why(
    book: Book,
    workings: Workings,
    done: Calculated,
    dollars: list[PartDollars],
    names: tuple[LiveColumn, list[str]],
    shown: LiveShown,
) -> Sheet:
    """Write the sheet, and give it.

    Parameters
    ----------
    book : Book
        The workbook.
    workings : Workings
        The sums.
    done : Calculated
        Where each step stands.
    dollars : list of PartDollars
        The dollars of criteria.
    names : tuple
        The column of names to pick from, and its values.
    shown : LiveShown
        Where each step stands as it is shown.
    """
    why = _Why(book, workings, done, dollars, names, shown)
    why.write()
    return why.sheet


class _Why:
    """Writes the sheet from the top down."""

    def __init__(
        self,
        book: Book,
        workings: Workings,
        done: Calculated,
        dollars: list[PartDollars],
        names: tuple[LiveColumn, list[str]],
        shown: LiveShown,
    ) -> None:
        self.book, self.workings, self.done, self.dollars, self.shown = book, workings, done, dollars, shown
        self.labels, self.grid = book.labels, workings.grid
        self.names, self.texts = names
        self.row = int(np.flatnonzero(workings.allocation.context.rows)[0])
        self.sheet = Sheet(book, self.labels.say("live-why"), _WIDTHS, landscape=True)
        self.digits = self.labels.digits
        self.money = book.money_format(self.digits)
        #: What is shown of each criterion of each part, for the territory picked.
        self.criteria: dict[tuple[str, Path], Term] = {}

    def write(self) -> None:
        """Write the choice, the lines, the chart, the criteria."""
        say = self.labels.say
        self.sheet.row = BAND
        self.sheet.title(say("live-why-title"))
        self._choice()
        self.sheet.section(say("live-why-lines"))
        lines = self._lines()
        first = self._waterfall(lines)
        self._beside()
        draw_steps(self.book, self.sheet, first, len(lines))
        for part in self.dollars:
            self._criteria(part)
        self.sheet.sheet.freeze_panes(3 + BAND, 0)
        self.sheet.sheet.repeat_rows(0)
        self.sheet.sheet.print_area(0, 0, self.sheet.row, len(_WIDTHS) - 1)

    # The choice.

    def _choice(self) -> None:
        sheet, row = self.sheet.sheet, self.sheet.row
        bold = self.book.style(bold=True, font_size=12, valign="vcenter")
        sheet.write_string(row, 0, self.labels.say("live-why-pick"), bold)
        style = self.book.style(**INPUT, bold=True, font_size=12, valign="vcenter")
        sheet.merge_range(row, 1, row, 4, "", style)
        sheet.write_string(row, 1, self.texts[self.row], style)
        listed = self.names.on(self.grid.name).range
        sheet.data_validation(
            row,
            1,
            row,
            1,
            {
                "validate": "list",
                "source": f"={listed}",
                "input_title": self.labels.say("live-why-pick")[:32],
                "input_message": self.labels.say("live-why-how")[:255],
                "error_title": self.labels.say("live-invalid-title")[:32],
                "error_message": self.labels.say("live-why-how")[:255],
            },
        )
        sheet.set_row(row, 22)
        sought = f'SUBSTITUTE(SUBSTITUTE(SUBSTITUTE($B${row + 1},"~","~~"),"*","~*"),"?","~?")'
        small = self.book.style(font_color="#888888", font_size=8, valign="vcenter")
        sheet.write_string(row + 1, 0, self.labels.say("live-why-row"), small)
        small = self.book.style(font_color="#888888", font_size=8, align="left")
        sheet.write_formula(row + 1, 1, f"=MATCH({sought},{listed},0)", small, self.row + 1)
        self.place = stated(f"$B${row + 2}", self.row + 1)
        self.sheet.row += 2

    def _of(self, column: LiveColumn) -> Term:
        """Return a column's value for the territory picked."""
        found = column if column.sheet else column.on(self.grid.name)
        return picked(found.all, self.place, self.row)

    def _at(self, found: Ref) -> Term:
        """Return what is in a column for the territory picked, or the one figure for all."""
        return self._of(found) if isinstance(found, LiveColumn) else self.workings.named(found)

    # The lines.

    def _lines(self) -> list[_Line]:
        """Return the lines as they are shown; they stand below the heads that are written next."""
        allocation, labels = self.workings.allocation, self.labels
        found: list[_Line] = []
        by_part = {each.part: each for each in self.dollars}
        self.aside = self.sheet.row + 1
        for result in allocation.parts_shared:
            title = labels.part_heading(result.part, is_before_limits=True)
            step, part = self.shown.parts[result.part.id].on(self.grid.name), by_part.get(result.part.id)
            if part is None:
                found.append(_Line(title, step.picked(self.place, self.row), labels.title(result.part.id)))
            else:
                found += self._part_lines(part, step)
        for stage in allocation.stages:
            term = self.shown.limits[stage.limit.id].on(self.grid.name).picked(self.place, self.row)
            found.append(_Line(labels.limit_heading(stage.limit), term, labels.limit(stage.limit)))
        amount, first = as_number(self._of(self.done.amounts)), self.sheet.row + 2
        steps = stated(f"SUM($B${first}:$B${first + len(found) - 1})", sum(line.term.figure for line in found))
        rounding = rounded_plainly(amount - steps, self.digits)
        found.append(_Line(labels.heading("rounding"), rounding, labels.say("heading-rounding"), is_rounding=True))
        return [*found, _Line(labels.heading("amount"), amount, labels.say("word-amount"), total=True)]

    def _part_lines(self, part: PartDollars, step: LiveStep) -> list[_Line]:
        """Return a part's baseline, then what each family of criteria adds to it or takes away."""
        totals = self._totals_along(part, step)
        baseline = rounded_plainly(totals[0] - step.before(self.place, self.row), self.digits)
        families: dict[str, list[Term]] = {}
        for criterion, before, after in zip(part.criteria, totals, totals[1:], strict=False):
            shown = rounded_plainly(after - before, self.digits)
            self.criteria[part.part, criterion.path] = shown
            families.setdefault(criterion.top, []).append(shown)
        label = self.labels.say("live-why-baseline", part=self._heading_of(part))
        found = [_Line(label, baseline, self.labels.title(part.part))]
        for top, family in families.items():
            term = rounded_plainly(added(family), self.digits)
            found.append(_Line(self.labels.say("live-why-adds", family=top), term, top))
        return found

    def _heading_of(self, part: PartDollars) -> str:
        return self.labels.part_heading(self.workings.formula.names.parts[part.part])

    def _totals_along(self, part: PartDollars, step: LiveStep) -> list[Term]:
        """Write, aside, how the running total of a part goes on along the row; give it rounded, line after line.

        From the end, where it is that of the table, each line's total is the next one's less what that line adds.
        """
        assert step.running is not None
        sheet, top = self.sheet.sheet, self.aside
        faint = self.book.style(font_color="#999999", font_size=8, num_format=self.book.number_format(self.digits + 2))
        words = self.book.style(font_color="#999999", font_size=8)
        sheet.write_string(top - 1, 14, fitting(self.labels.say("live-why-along", part=self._heading_of(part))), words)
        exact = [self._dollars(part, criterion) for criterion in part.criteria]
        end, behind = picked(step.running.all, self.place, self.row), 0.0
        found: list[Term] = []
        for row in range(top + len(exact), top - 1, -1):
            total = end if row == top + len(exact) else stated(f"P{row + 2}-O{row + 2}", end.figure - behind)
            behind += exact[row - top - 1].figure if row > top else 0.0
            rounded = rounded_total(stated(f"P{row + 1}", total.figure), self.workings.named(step.dust), self.digits)
            cells = {15: total, 16: rounded} | ({14: exact[row - top - 1]} if row > top else {})
            for column, term in cells.items():
                sheet.write_formula(row, column, f"={term}", faint, term.figure)
            found.append(stated(f"$Q${row + 1}", rounded.figure))
        self.aside += len(exact) + 2
        return found[::-1]

    def _dollars(self, part: PartDollars, criterion: CriterionDollars) -> Term:
        """Return a criterion's dollars for the territory picked, as computed; none at the mean but for dust."""
        slope = self._of(part.slopes[str(criterion.path[1])])
        score, mean = as_number(self._of(criterion.place.scores)), self.workings.named(criterion.mean)
        above = choose(score.near(mean), 0, score - mean)
        return self.workings.named(part.level) * slope * self._at(criterion.weight) * above

    def _waterfall(self, lines: list[_Line]) -> int:
        """Write the lines, and beside them what the chart stands on; give the first row."""
        sheet = self.sheet.sheet
        self._heads(("live-why-step", "live-why-amount", "", "", "", "", ""))
        first = self.sheet.row
        start = 0.0
        sheet.write_string(
            first - 1, 8, self.labels.say("live-why-for-chart"), self.book.style(font_color="#999999", font_size=8)
        )
        faint = self.book.style(font_color="#999999", font_size=8, num_format="#,##0")
        for line in lines:
            row = self.sheet.row
            look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "vcenter", "bold": line.total}
            look |= {"bg_color": PALE, "top": 1} if line.total else {}
            self.sheet.high([line.label])
            sheet.write_string(row, 0, fitting(line.label), self.book.style(**look, text_wrap=True))
            form = self.book.change_format(self.money, "") if line.is_rounding else self.money
            style = self.book.style(**look, num_format=form, align="right")
            sheet.write_formula(row, 1, f"={line.term}", style, line.term.figure)
            above = stated(f"SUM($B${first + 1}:$B${row})", start) if row > first else number(0)
            own, none = stated(f"B{row + 1}", line.term.figure), number(0)
            steps = [least(above, above + own), greatest(0, own), greatest(0, -own), none]
            sheet.write_string(row, 8, fitting(line.short), self.book.style(font_color="#999999", font_size=8))
            for at, term in enumerate([none, none, none, own] if line.total else steps):
                sheet.write_formula(row, 9 + at, f"={term}", faint, term.figure)
            start += line.term.figure
            self.sheet.row += 1
        return first

    def _heads(self, names: tuple[str, ...]) -> None:
        texts = [self.labels.say(name) if name else "" for name in names]
        self.sheet.high(texts, 0.95)
        for column, text in enumerate(texts):
            if text:
                style = self.book.style(
                    bold=True, bg_color=PALE, text_wrap=True, valign="vcenter", align="left" if not column else "right"
                )
                self.sheet.sheet.write_string(self.sheet.row, column, text, style)
        self.sheet.row += 1

    def _beside(self) -> None:
        """Tell the amount per head, last year's, the change."""
        allocation, say = self.workings.allocation, self.labels.say
        rows: list[tuple[str, Term, str]] = []
        amount = as_number(self._of(self.done.amounts))
        if allocation.people is not None:
            people = self._at(self.done.translator.ref(allocation.formula.people or "population"))
            digits = allocation.shown.per_head.digits if allocation.shown.per_head else 2
            per_head = instead(rounded_plainly(amount / people, digits), BLANK)
            rows.append((self.labels.heading("per_head"), per_head, self.book.money_format(digits)))
        if allocation.shown.previous is not None:
            before = self._at(self.done.translator.ref("previous"))
            known, before = is_number(before), rounded_plainly(before, max(2, self.digits))
            change = rounded_plainly(amount - before, max(2, self.digits))
            form = self.book.money_format(allocation.shown.previous.digits)
            rows.append((self.labels.heading("previous"), choose(known, before, BLANK), form))
            rows.append((self.labels.heading("change"), choose(known, change, BLANK), form))
        origin = as_number(self._of(self.done.original))
        rows.append((say("live-original"), origin, self.money))
        rows.append((say("live-from-original"), amount - origin, self.money))
        self.sheet.section(say("live-why-beside"))
        for label, term, form in rows:
            look = {"bottom": 1, "bottom_color": RULE}
            self.sheet.sheet.write_string(self.sheet.row, 0, fitting(label), self.book.style(**look))
            self._write(self.sheet.row, 1, term, self.book.style(**look, num_format=form, align="right"))
            self.sheet.row += 1

    def _write(self, row: int, column: int, term: Term, style: Any) -> None:
        """Write a figure; nothing is shown where there is none."""
        value = "" if math.isnan(term.figure) else term.figure
        self.sheet.sheet.write_formula(row, column, f"={term}", style, value)

    # The criteria.

    def _criteria(self, part: PartDollars) -> None:
        """Write each criterion's value, score, weight and dollars for the territory picked."""
        say = self.labels.say
        title = self.labels.title(part.part)
        self.sheet.section(say("live-why-criteria", part=title))
        self.sheet.paragraph(say("live-why-about-criteria"))
        self._heads(
            (
                "live-why-criterion",
                "live-why-value",
                "live-why-score",
                "live-why-mean",
                "live-why-weight",
                "live-why-dollars",
            )
        )
        start = self.sheet.row
        for criterion in part.criteria:
            self._criterion(part, criterion)
        place = (start, 5, self.sheet.row - 1, 5)
        # Bars with negative ends are an extension that other programs drop; colours are not.
        bars = {"type": "3_color_scale", "mid_type": "num", "mid_value": 0}
        bars |= {"min_color": "#F2CBA6", "mid_color": "#FFFFFF", "max_color": "#B7CFEA"}
        self.sheet.sheet.conditional_format(*place, bars)

    def _criterion(self, part: PartDollars, criterion: CriterionDollars) -> None:
        sheet, row, labels = self.sheet.sheet, self.sheet.row, self.labels
        index, name = str(criterion.path[1]), str(criterion.path[-1])
        value, score = self._at(self.done.translator.ref(name)), self._of(criterion.place.scores)
        mark = labels.criterion_mark(index, name)
        label = labels.dressed(labels.criterion(index, name), labels.unit(name), mark)
        cells: list[tuple[Term, str]] = [
            (choose(is_number(value), value, BLANK), self.book.number_format(3)),
            (choose(is_number(score), score, BLANK), self.book.number_format(3)),
            (self.workings.named(criterion.mean), self.book.number_format(3)),
            (self._at(criterion.weight), self.book.share_format(1)),
            (self.criteria[part.part, criterion.path], self.money),
        ]
        look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top"}
        self.sheet.high([label])
        sheet.write_string(row, 0, fitting(label), self.book.style(**look, text_wrap=True))
        for column, (term, form) in enumerate(cells, start=1):
            self._write(row, column, term, self.book.style(**look, num_format=form, align="right"))
        self.sheet.row += 1
