"""The sheet of parameters: every figure that may be changed, coloured, with its unit, source, status and bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from equite.formula.indices import Family, Index
from equite.formula.nodes import Node
from equite.formula.writing import Style, written
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.live.grid import INPUT, absolute, number_form, quoted
from equite.report.live.inputs import PageFigure, defined_name, figures_of, index_figures, literals, method_figures
from equite.report.live.parameter_tables import write_table
from equite.report.live.tables import TablePlace
from equite.report.live.terms import Term, added, choose, grouped, number, stated
from equite.report.live.verdict import BAND
from equite.report.roundtrip.manifest import Input
from equite.report.workbook.indices import direction_told, measure_told
from equite.report.workbook.sheet import PALE, RULE, Book, Sheet, fitting
from equite.report.workbook.table import letters

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.report.live.workings import ScorePlace

__all__ = ["Parameters"]

Path = tuple[str | int, ...]

_WIDTHS = (46, 16, 16, 12, 12, 8, 44, 40, 16)


class About(NamedTuple):
    """What the sheet says of a figure: its unit, the rule that it stands in, its source and its status."""

    unit: str = ""
    rule: str = ""
    source: str = ""
    status: str = ""


NOTHING = About()


@dataclass
class Parameters:
    """Writes the sheet, and keeps where each figure stands.

    Attributes
    ----------
    figures : dict
        The cell of each figure, by its place on the page.
    numbers : dict of int to Term
        The cell of each number of an expression, by the identity of its node.
    tables : dict of str to TablePlace
        Where the page's tables stand.
    inputs : list of Input
        What may be changed, for the hidden sheet.
    conditions : list of (str, Term)
        What must hold of the figures, with the number of cases in which it does not.
    never_negative : list of Term
        The cells of weights and of amounts of money.
    weighed : dict
        The row of each family and criterion, and its look.
    """

    book: Book
    allocation: Allocation
    taken: set[str]
    figures: dict[Path, Term] = field(default_factory=dict)
    numbers: dict[int, Term] = field(default_factory=dict)
    tables: dict[str, TablePlace] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    conditions: list[tuple[str, Term]] = field(default_factory=list)
    never_negative: list[Term] = field(default_factory=list)
    weighed: dict[Path, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.labels: Labels = self.book.labels
        self.sheet = Sheet(self.book, self.labels.say("book-parameters"), _WIDTHS, landscape=True)
        self.sheet.row = BAND
        self.formula = self.allocation.formula

    def write(self) -> None:
        """Write every section."""
        say = self.labels.say
        self.sheet.title(say("book-parameters-title"))
        self.sheet.paragraph(say("live-about-parameters"))
        figures = list(figures_of(self.formula))
        self._section("book-money", [each for each in figures if each.path[0] == "envelope"])
        self._section("book-constants", [each for each in figures if each.path[0] == "constants"])
        for name in self.formula.indices:
            self._index(name)
        self._section("book-parts", [each for each in figures if each.path[0] == "parts"])
        self._section("book-limits", [each for each in figures if each.path[0] == "limits"])
        rules = [each for each in figures if each.path[0] in ("variables", "eligible", "checks")]
        self._section("live-rules", rules)
        for name in self.formula.tables:
            self.tables[name] = write_table(self, name)
        self.sheet.sheet.freeze_panes(BAND, 0)
        self.sheet.sheet.repeat_rows(0)

    # Rows.

    def heads(self, *names: str) -> None:
        """Write the headings of a section's columns."""
        texts = [self.labels.say(f"live-heading-{name}") if name else "" for name in names]
        self.sheet.high(texts, 0.95)
        for column, text in enumerate(texts):
            style = self.book.style(
                bold=True,
                bg_color=PALE,
                text_wrap=True,
                valign="vcenter",
                align="left" if column in (0, 6, 7, 8) else "center",
            )
            self.sheet.sheet.write_string(self.sheet.row, column, text, style)
        self.sheet.row += 1

    def _section(self, title: str, figures: list[PageFigure]) -> None:
        if not figures:
            return
        self.sheet.section(self.labels.say(title))
        self.heads("figure", "value", "unit", "", "", "", "rule", "source", "status")
        for figure in figures:
            self.row(figure, self._words(figure), self._about(figure))

    def _words(self, figure: PageFigure) -> str:
        path, labels = figure.path, self.labels
        if path[0] in ("parts", "limits"):
            thing = getattr(self.formula, str(path[0]))[path[1]]
            title = labels.limit(thing) if path[0] == "limits" else labels.title(thing.id)
            key = next((str(key) for key in path[2:] if key in _KEYS), "number")
            return labels.say("live-of", title=title, what=labels.say(f"live-key-{key}"))
        if path[0] in ("eligible", "checks"):
            return labels.say(f"live-key-{path[0]}")
        return labels.title(str(path[1]) if len(path) > 1 and path[0] != "envelope" else str(path[0]))

    def _about(self, figure: PageFigure) -> About:
        path, labels, page = figure.path, self.labels, self.formula
        spec = (
            page.envelope
            if path[0] == "envelope"
            else page.constants.get(str(path[1]))
            if path[0] == "constants"
            else None
        )
        unit = labels.symbol if path[0] == "envelope" else labels.worded(getattr(spec, "unit", None))
        if figure.kind == "money":
            unit = labels.symbol
        rule = ""
        if "#" in path or path[0] in ("limits", "parts"):
            wanted, at = (path[: path.index("#")], path[-1]) if "#" in path else (path, -1)
            rule = next((_marked(found.tree, at) for place, found in page.names.expressions if place == wanted), "")
        source = plain(getattr(spec, "source", None) or "")
        status = labels.status(spec.status) if spec is not None else ""
        return About(unit, rule, source, status)

    def row(self, figure: PageFigure, label: str, about: About = NOTHING) -> Term:
        """Write one figure; give its cell, as its own sheet names it."""
        sheet, row = self.sheet.sheet, self.sheet.row
        cells = (label, None, about.unit, None, None, None, about.rule, about.source, about.status)
        self.sheet.high(cells)
        text = {"text_wrap": True, "valign": "top", "bottom": 1, "bottom_color": RULE}
        for column, cell in enumerate(cells):
            style = self.book.style(**text) if column != 2 else self.book.style(**text, align="center")
            sheet.write_string(row, column, fitting(cell or ""), style)
        place = self.input(figure, label, row, 1)
        self.sheet.row += 1
        return place

    def input(self, figure: PageFigure, label: str, row: int, column: int) -> Term:
        """Write a cell that may be changed; give it, as its own sheet names it."""
        sheet = self.sheet.sheet
        style = self.book.style(**INPUT, num_format=number_form(self.book), valign="top", align="right")
        sheet.write_number(row, column, figure.value, style)
        at_least = 0 if figure.kind in ("money", "weight") else -1e15
        title, about = self.labels.say("live-invalid-title"), self.labels.say("live-invalid-number")
        if at_least == 0:
            about = self.labels.say("live-invalid-weight")
        sheet.data_validation(
            row,
            column,
            row,
            column,
            {
                "validate": "decimal",
                "criteria": "between",
                "minimum": at_least,
                "maximum": 1e15,
                "ignore_blank": False,
                "error_title": title[:32],
                "error_message": about[:255],
                "input_title": label[:32],
                "input_message": self.labels.say("live-may-change")[:255],
            },
        )
        cells = f"{letters(column)}{row + 1}"
        name = defined_name(figure.path, self.formula, self.taken)
        place = stated(f"{quoted(self.sheet.name)}{absolute(cells)}", figure.value)
        self.book.workbook.define_name(name, f"={place}")
        self.inputs.append(Input(figure.path, name, self.sheet.name, cells, repr(figure.value)))
        if at_least == 0:
            self.never_negative.append(place)
        self.figures[figure.path] = place
        if figure.node is not None:
            self.numbers[id(figure.node)] = place
        return stated(absolute(cells), figure.value)

    # Indices.

    def _index(self, name: str) -> None:
        labels, index = self.labels, self.formula.indices[name]
        self.sheet.section(labels.say("book-index", index=labels.title(name)))
        self.sheet.paragraph(labels.say("book-about-index", method=labels.method(index.aggregate.name)))
        self.sheet.paragraph(labels.say("live-about-weights"))
        for figure in index_figures(self.formula, name):
            self.row(figure, self._parameter_words(figure))
        self.heads("criterion", "weight", "", "family-share", "share", "rank", "direction", "source", "status")
        first = self.sheet.row
        self._group(index, ("indices", name), 0)
        bars = {"type": "data_bar", "bar_color": "#9DB7DA", "min_type": "num", "min_value": 0}
        self.sheet.sheet.conditional_format(first, 4, self.sheet.row - 1, 4, bars)

    def _group(self, group: Index | Family, path: Path, depth: int) -> None:
        """Write a family's children, also those that count for nothing yet."""
        for key, spec in group.criteria.items():
            place = (*path, "criteria", key)
            self._criterion(key, spec, place, depth)
            for figure in method_figures(self.formula, str(path[1]), key, spec, place):
                self.row(figure, "    " * (depth + 1) + self._parameter_words(figure))
        for key, family in group.families.items():
            place = (*path, "families", key)
            self._family(key, family, place, depth)
            self._group(family, place, depth + 1)

    def write_shares(self, places: Mapping[Path, ScorePlace]) -> None:
        """Write each family's and criterion's part of the whole weight, and the ranks of criteria, as formulas.

        Parameters
        ----------
        places : mapping of tuple to ScorePlace
            Where each stands on the sheet of calculations, which knows what counts.
        """
        sheet, cells = self.sheet.sheet, dict[Path, Term]()
        for path, (row, look) in self.weighed.items():
            own = places[path].typical if path in places else self._stated_share(path)
            above = cells.get(path[:-2], number(1))
            if own is None or math.isnan(above.figure):
                cells[path] = stated("0", math.nan)
                continue
            share = own if above.text == "1" else above * own
            column = 3 if path[-2] == "families" else 4
            style = self.book.style(**look, num_format=self.book.share_format(1), align="center")
            sheet.write_formula(row, column, f"={share}", style, share.figure)
            cells[path] = stated(f"${letters(column)}${row + 1}", share.figure)
        for name in self.formula.indices:
            known = [path for path, share in cells.items() if not math.isnan(share.figure)]
            self._ranks([path for path in known if path[1] == name and path[-2] == "criteria"], cells)

    def _stated_share(self, path: Path) -> Term | None:
        """Return a part of the weight of an index that nothing is shared by; None where each row has its own."""
        siblings = [other for other in self.weighed if other[:-2] == path[:-2]]
        if any((*other, "weight") not in self.figures for other in siblings):
            return None
        whole = grouped(added([self.figures[(*other, "weight")] for other in siblings]))
        return choose(whole.equals(0), 0, self.figures[(*path, "weight")] / whole)

    def _ranks(self, paths: list[Path], cells: Mapping[Path, Term]) -> None:
        rows = [self.weighed[path][0] for path in paths]
        if not rows:
            return
        place = f"$E${min(rows) + 1}:$E${max(rows) + 1}"
        style = self.book.style(num_format="0", align="center", valign="top", bottom=1, bottom_color=RULE)
        for path, row in zip(paths, rows, strict=True):
            rank = 1 + sum(cells[other].figure > cells[path].figure + 1e-9 for other in paths)
            # Beside a parameter of a scale stands an empty text, which is more than any number.
            formula = f"=1+SUMPRODUCT(ISNUMBER({place})*({place}>E{row + 1}+1E-9))"
            self.sheet.sheet.write_formula(row, 5, formula, style, rank)

    def _weight(self, spec: Any, path: Path, index: str, label: str, look: dict[str, Any]) -> None:
        row = self.sheet.row
        if spec.weight.number is not None:
            (figure,) = literals((*path, "weight"), spec.weight, index, "weight")
            self.input(figure, label, row, 1)
        else:
            self.sheet.sheet.write_string(
                row, 1, self.labels.say("live-own-weight"), self.book.style(**look, italic=True)
            )

    def _family(self, key: str, spec: Family, path: Path, depth: int) -> None:
        self._line("    " * depth + self.labels.titles.of_family(key, spec), spec, path, NOTHING)

    def _criterion(self, key: str, spec: Any, path: Path, depth: int) -> None:
        labels, index = self.labels, str(path[1])
        label = "    " * depth + labels.criterion(index, key)
        measured = measure_told(spec, self.formula.indices[index], self.sheet)
        says = f"{direction_told(spec.more_need_when, self.sheet)}; {measured}"
        statuses = labels.statuses((key,)) | labels.statuses(spec.weight.names)
        order = ("illustrative", "declared", "estimated", "official")
        status = spec.status or next((each for each in order if each in statuses), None)
        source = plain(spec.source or getattr(self.formula.columns.get(key), "source", None) or "")
        self._line(label, spec, path, About("", says, source, labels.status(status)))

    def _line(self, label: str, spec: Any, path: Path, about: About) -> None:
        """Write a family or a criterion; its part of the whole weight is written once it is known what counts."""
        sheet, row = self.sheet.sheet, self.sheet.row
        text: dict[str, Any] = {"text_wrap": True, "valign": "top", "bottom": 1, "bottom_color": RULE}
        text |= {"bold": True, "bg_color": "#F5F8FC"} if path[-2] == "families" else {}
        self.weighed[path] = row, text
        cells = [label, "", "", "", "", "", about.rule, about.source, about.status]
        self.sheet.high(cells)
        for column, cell in enumerate(cells):
            if cell:
                sheet.write_string(row, column, fitting(cell), self.book.style(**text))
            else:
                sheet.write_blank(row, column, None, self.book.style(**text))
        self._weight(spec, path, str(path[1]), label.strip(), text)
        self.sheet.row += 1

    def _parameter_words(self, figure: PageFigure) -> str:
        path = figure.path
        keys = [str(key) for key in path if key in ("transform", "normalise", "more_need_when", "missing", "aggregate")]
        name = self.labels.say(f"live-name-{path[-1]}") if "#" not in path and path[-1] != "toward" else ""
        return self.labels.say("live-parameter", step=self.labels.say(f"live-step-{keys[-1]}"), name=name)


def _marked(tree: Node, at: object) -> str:
    """Write a rule as the page does, with brackets around the number in question: the same may stand there twice."""
    place = count(0)

    def number(value: float) -> str:
        text = f"{value:.15g}"
        return f"[{text}]" if next(place) == at else text

    return written(tree, Style(number=number))


_KEYS = frozenset(
    {
        "at_least",
        "at_most",
        "each",
        "amount",
        "fraction",
        "in_proportion_to",
        "level_up",
        "foundation",
        "rate_on",
        "counting",
        "as_is",
        "except",
        "move",
        "override",
        "eligible",
    }
)
