"""The sheet that tells one territory why it gets what it gets: pick it from a list, see its lines and its chart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.report.language.text import plain
from equite.report.live.calculation import Calculated
from equite.report.live.contributions import CriterionDollars, PartDollars
from equite.report.live.grid import INPUT, LiveColumn
from equite.report.live.ranges import picked
from equite.report.live.terms import (
    BLANK,
    Term,
    added,
    as_number,
    choose,
    greatest,
    grouped,
    instead,
    is_number,
    least,
    number,
    stated,
)
from equite.report.live.translating import Ref
from equite.report.live.verdict import BAND
from equite.report.workbook.sheet import INK, PALE, RULE, Book, Sheet, fitting

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
    """
    why = _Why(book, workings, done, dollars, names)
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
    ) -> None:
        self.book, self.workings, self.done, self.dollars = book, workings, done, dollars
        self.labels, self.grid = book.labels, workings.grid
        self.names, self.texts = names
        self.row = int(np.flatnonzero(workings.allocation.context.rows)[0])
        self.sheet = Sheet(book, self.labels.say("live-why"), _WIDTHS, landscape=True)
        self.money = book.money_format(max(2, self.labels.digits))

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
        self._chart(first, len(lines))
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
        allocation, labels = self.workings.allocation, self.labels
        found: list[_Line] = []
        by_part = {each.part: each for each in self.dollars}
        for at, result in enumerate(allocation.parts_shared):
            title, term = labels.part_heading(result.part), as_number(self._of(self.done.parts[at]))
            part = by_part.get(result.part.id)
            if part is None:
                found.append(_Line(title, term, labels.title(result.part.id)))
            else:
                found += self._part_lines(part, title, term)
        for (before, after), stage in zip(self.done.stages, allocation.stages, strict=True):
            term = as_number(self._of(after)) - as_number(self._of(before))
            found.append(_Line(labels.limit_heading(stage.limit), term, labels.limit(stage.limit)))
        amount = as_number(self._of(self.done.amounts))
        rounding = amount - as_number(self._of(self.done.exact))
        found.append(_Line(labels.heading("rounding"), rounding, labels.say("heading-rounding")))
        return [*found, _Line(labels.heading("amount"), amount, labels.say("word-amount"), total=True)]

    def _part_lines(self, part: PartDollars, title: str, term: Term) -> list[_Line]:
        """Return a part's baseline, then what each family of criteria adds to it or takes away."""
        families: dict[str, list[Term]] = {}
        for criterion in part.criteria:
            families.setdefault(criterion.top, []).append(self._dollars(part, criterion))
        everything = [dollars for family in families.values() for dollars in family]
        label = self.labels.say("live-why-baseline", part=title)
        found = [_Line(label, term - grouped(added(everything)), self.labels.title(part.part))]
        for top, family in families.items():
            found.append(_Line(self.labels.say("live-why-adds", family=top), added(family), top))
        return found

    def _dollars(self, part: PartDollars, criterion: CriterionDollars) -> Term:
        """Return a criterion's dollars for the territory picked."""
        slope = self._of(part.slopes[str(criterion.path[1])])
        score = as_number(self._of(criterion.place.scores)) - self.workings.named(criterion.mean)
        return self.workings.named(part.level) * slope * self._at(criterion.weight) * score

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
            style = self.book.style(**look, num_format=self.money, align="right")
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
            rows.append((self.labels.heading("per_head"), instead(amount / people, BLANK), self.book.money_format(2)))
        if allocation.previous is not None:
            before = self._at(self.done.translator.ref("previous"))
            known = is_number(before)
            rows.append((self.labels.heading("previous"), choose(known, before, BLANK), self.money))
            rows.append((self.labels.heading("change"), choose(known, amount - before, BLANK), self.money))
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

    # The chart.

    def _chart(self, first: int, count: int) -> None:
        """Draw the lines as steps from nothing to the amount."""
        say, name = self.labels.say, self.sheet.name
        chart = self.book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
        last = first + count - 1
        looks = (
            ("", {"none": True}, None),
            (say("live-why-up"), {"color": "#2F6DB5"}, None),
            (
                say("live-why-down"),
                {"color": "#D9822B"},
                {"pattern": "wide_upward_diagonal", "fg_color": "#D9822B", "bg_color": "white"},
            ),
            (self.labels.heading("amount"), {"color": INK}, None),
        )
        for at, (title, fill, pattern) in enumerate(looks):
            series: dict[str, Any] = {
                "name": title or " ",
                "categories": [name, first, 8, last, 8],
                "values": [name, first, 9 + at, last, 9 + at],
                "gap": 40,
            }
            series |= {"pattern": pattern} if pattern else {"fill": fill}
            series |= {"border": {"none": True}} if not pattern else {"border": {"color": "#D9822B"}}
            chart.add_series(series)
        chart.set_title({"name": say("live-why-chart"), "name_font": {"size": 12, "color": INK}, "overlay": False})
        chart.set_legend({"position": "bottom", "delete_series": [0, 3]})
        # In a bar chart the categories stand on the left, the first at the top.
        chart.set_y_axis({"reverse": True, "num_font": {"size": 8}, "label_position": "low", "interval_unit": 1})
        form, lines = self.book.number_format(0), {"visible": True, "line": {"color": RULE}}
        chart.set_x_axis({"num_format": form, "major_gridlines": lines, "num_font": {"size": 8}})
        high = 120 + 26 * count
        chart.set_size({"width": 545, "height": high})
        self.sheet.sheet.insert_chart(
            first - 1, 2, chart, {"x_offset": 12, "y_offset": 2, "description": say("live-why-chart")}
        )
        below = first + math.ceil(high / 18)
        self.sheet.row = max(self.sheet.row, below)

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
            (self._dollars(part, criterion), self.money),
        ]
        look: dict[str, Any] = {"bottom": 1, "bottom_color": RULE, "valign": "top"}
        self.sheet.high([label])
        sheet.write_string(row, 0, fitting(label), self.book.style(**look, text_wrap=True))
        for column, (term, form) in enumerate(cells, start=1):
            self._write(row, column, term, self.book.style(**look, num_format=form, align="right"))
        self.sheet.row += 1
