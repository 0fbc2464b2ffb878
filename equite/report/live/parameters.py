"""The sheet of parameters: every figure that may be changed, coloured, with its unit, source, status and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from equite.engine.scoring import Branch
from equite.formula.indices import Family, Index
from equite.formula.nodes import Node
from equite.formula.writing import Style, written
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.live.grid import INPUT, absolute, number_form, quoted
from equite.report.live.inputs import PageFigure, defined_name, figures_of, index_figures, literals, method_figures
from equite.report.live.parameter_tables import write_table
from equite.report.live.tables import TablePlace
from equite.report.live.terms import Term, added, grouped, number, stated
from equite.report.roundtrip.manifest import Input
from equite.report.workbook.indices import direction_told, measure_told
from equite.report.workbook.sheet import PALE, RULE, Book, Sheet, fitting
from equite.report.workbook.table import letters

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["Parameters"]

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
    """

    book: Book
    allocation: Allocation
    taken: set[str]
    figures: dict[tuple[str | int, ...], Term] = field(default_factory=dict)
    numbers: dict[int, Term] = field(default_factory=dict)
    tables: dict[str, TablePlace] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labels: Labels = self.book.labels
        self.sheet = Sheet(self.book, self.labels.say("book-parameters"), _WIDTHS, landscape=True)
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
        self.sheet.sheet.freeze_panes(1, 0)

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
        scoring = self.allocation.scope.scoring(name)
        if scoring.tree is None:
            return
        first = self.sheet.row
        parts: dict[int, float] = {}
        self._group(index, scoring.tree, ("indices", name), number(1), 0, parts)
        place = f"$E${first + 1}:$E${self.sheet.row}"
        share = self.book.style(num_format="0", align="center", valign="top", bottom=1, bottom_color=RULE)
        for row, part in parts.items():
            rank = 1 + sum(value > part + 1e-9 for value in parts.values())
            formula = f"=1+SUMPRODUCT(--({place}>E{row + 1}+1E-9))"
            self.sheet.sheet.write_formula(row, 5, formula, share, rank)
        bars = {"type": "data_bar", "bar_color": "#9DB7DA", "min_type": "num", "min_value": 0}
        self.sheet.sheet.conditional_format(first, 4, self.sheet.row - 1, 4, bars)

    def _group(
        self,
        group: Index | Family,
        branch: Branch,
        path: tuple[str | int, ...],
        share: Term,
        depth: int,
        parts: dict[int, float],
    ) -> None:
        """Write a family's children, with each one's part of the whole weight as a formula."""
        start, index = self.sheet.row, str(path[1])
        entries = list(zip(branch.names, branch.children, strict=True))
        total_at = [self._count(index, child, group, key) for key, child in entries]
        places = [start + sum(total_at[:at]) for at in range(len(entries))]
        by_row = any(self._spec(group, key).weight.number is None for key, _ in entries)
        weights = [stated(f"$B${row + 1}", branch.weights[0, at]) for at, row in enumerate(places)]
        whole = grouped(added(weights))
        for at, (key, child) in enumerate(entries):
            spec = self._spec(group, key)
            if by_row:
                own = float((branch.weights[:, at] / branch.weights.sum(axis=1)).mean()) * share.figure
                part = stated(repr(own), own)
            else:
                part = share * weights[at] / whole
            if isinstance(child, int):
                place = (*path, "criteria", key)
                self._criterion(key, spec, place, part, depth)
                parts[places[at]] = part.figure
                for figure in method_figures(self.formula, index, key, spec, place):
                    self.row(figure, "    " * (depth + 1) + self._parameter_words(figure))
            else:
                place = (*path, "families", key)
                self._family(key, spec, place, part, depth)
                below = stated(f"$D${places[at] + 1}", part.figure)
                self._group(spec, child, place, below, depth + 1, parts)

    def _spec(self, group: Index | Family, key: str) -> Any:
        return group.criteria[key] if key in group.criteria else group.families[key]

    def _count(self, index: str, child: Branch | int, group: Index | Family, key: str) -> int:
        """Tell how many rows a child takes."""
        spec = self._spec(group, key)
        if isinstance(child, int):
            return 1 + sum(1 for _ in method_figures(self.formula, index, key, spec, ()))
        return 1 + sum(
            self._count(index, inner, spec, name) for name, inner in zip(child.names, child.children, strict=True)
        )

    def _weight(self, spec: Any, path: tuple[str | int, ...], index: str, label: str, look: dict[str, Any]) -> None:
        row = self.sheet.row
        if spec.weight.number is not None:
            (figure,) = literals((*path, "weight"), spec.weight, index, "weight")
            self.input(figure, label, row, 1)
        else:
            self.sheet.sheet.write_string(
                row, 1, self.labels.say("live-own-weight"), self.book.style(**look, italic=True)
            )

    def _family(self, key: str, spec: Family, path: tuple[str | int, ...], share: Term, depth: int) -> None:
        label = "    " * depth + self.labels.worded(spec.title, key)
        self._line(label, spec, path, (share, None), NOTHING)

    def _criterion(self, key: str, spec: Any, path: tuple[str | int, ...], share: Term, depth: int) -> None:
        labels, index = self.labels, str(path[1])
        label = "    " * depth + labels.criterion(index, key)
        measured = measure_told(spec, self.formula.indices[index], self.sheet)
        says = f"{direction_told(spec.more_need_when, self.sheet)}; {measured}"
        statuses = labels.statuses((key,)) | labels.statuses(spec.weight.names)
        order = ("illustrative", "declared", "estimated", "official")
        status = spec.status or next((each for each in order if each in statuses), None)
        source = plain(spec.source or getattr(self.formula.columns.get(key), "source", None) or "")
        self._line(label, spec, path, (None, share), About("", says, source, labels.status(status)))

    def _line(
        self,
        label: str,
        spec: Any,
        path: tuple[str | int, ...],
        shares: tuple[Term | None, Term | None],
        about: About,
    ) -> None:
        """Write a family, which has its share in the first column of shares, or a criterion, in the second."""
        sheet, row = self.sheet.sheet, self.sheet.row
        text: dict[str, Any] = {"text_wrap": True, "valign": "top", "bottom": 1, "bottom_color": RULE}
        text |= {"bold": True, "bg_color": "#F5F8FC"} if shares[0] is not None else {}
        cells = [label, "", "", "", "", "", about.rule, about.source, about.status]
        self.sheet.high(cells)
        for column, cell in enumerate(cells):
            if cell:
                sheet.write_string(row, column, fitting(cell), self.book.style(**text))
            else:
                sheet.write_blank(row, column, None, self.book.style(**text))
        share = self.book.style(**text, num_format=self.book.share_format(1), align="center")
        for column, term in zip((3, 4), shares, strict=True):
            if term is not None:
                sheet.write_formula(row, column, f"={term}", share, term.figure)
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
        "counting",
        "as_is",
        "except",
        "move",
        "override",
        "eligible",
    }
)
