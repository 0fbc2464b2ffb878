"""What every section of the page is made from, and the small things that sections have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from unicodedata import bidirectional
from urllib.parse import quote

from equite.report.columns import ShownColumn, shown_columns
from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.changed import Change, changes_of
from equite.report.html.page.groups import Group, groups_of
from equite.report.language.labels import MARKED, Labels, limit_names, part_names
from equite.report.language.text import plain

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.engine.explanation import Line

__all__ = [
    "Cell",
    "FlushNumber",
    "PageSection",
    "ReportContext",
    "SectionOf",
    "apart",
    "badge",
    "listed",
    "pairs",
    "small_table",
]


#: Figures of a computed number that are shown.
_FIGURES = 5


@dataclass(frozen=True)
class PageSection:
    """A section of the page.

    Attributes
    ----------
    id : str
        Its anchor.
    title : str
        Its heading, and its name in the list of contents.
    body : Markup
        What stands under the heading.
    """

    id: str
    title: str
    body: Markup


@dataclass(frozen=True)
class ReportContext:
    """What sections are made from.

    Attributes
    ----------
    allocation : Allocation
        What is told.
    told : tuple of int
        The rows of the territories that have a section of their own.
    """

    allocation: Allocation
    told: tuple[int, ...]

    @cached_property
    def labels(self) -> Labels:
        """The words of the page's language."""
        return Labels(self.allocation.formula)

    @cached_property
    def columns(self) -> tuple[ShownColumn, ...]:
        """The table's columns as they are shown."""
        return shown_columns(self.allocation, self.labels)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of those that take part; the code where a name has nothing to show."""
        both = zip(self.allocation.names, self.allocation.codes, strict=True)
        return tuple(plain(name).strip() or code for name, code in both)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The columns of labels by which the table of amounts can be looked at."""
        return groups_of(self.allocation, self.labels)

    @cached_property
    def changes(self) -> list[Change]:
        """What single changes of the page would give."""
        return changes_of(self.allocation, self.labels)

    def say(self, entry: str, /, **values: object) -> str:
        """Return a worded output."""
        return self.labels.say(entry, **values)

    def around(self, held: Markup, entry: str, /, **values: object) -> Markup:
        """Return a worded output with an element in the place of its value ``held``."""
        before, _, after = self.say(entry, **values, held="\0").partition("\0")
        return fragment(before, held, after)

    def column(self, name: str) -> ShownColumn | None:
        """Return a column of what is told once the amounts are known; None where it cannot be told."""
        return next((each for each in self.columns if each.id == name and each.step in ("amount", "after")), None)

    def number(self, value: float, column: ShownColumn) -> str:
        """Write a cell of a column."""
        return column.written(value, self.labels.language)

    def brief(self, value: float) -> str:
        """Write a number that was computed, with no more figures than somebody would compare."""
        if not math.isfinite(value) or value == int(value):
            return self.labels.number(value)
        whole = math.floor(math.log10(abs(value))) + 1
        return self.labels.number(value, max(0, min(8, _FIGURES - whole)))

    def signed(self, value: float, digits: int | None = None) -> str:
        """Write an amount with its sign, a plus where it is above zero."""
        return ("+" if value > 0 else "") + self.labels.money(value, digits)

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """The anchor of each territory that has a section, by its code."""
        # Anchors hold no blanks, and a link escapes whatever is no letter or digit: ``:`` is in no escaped code.
        codes = [self.allocation.codes[row] for row in self.told]
        return {code: "t-" + quote(code, safe="", errors="surrogatepass").replace("%", ":") for code in codes}

    def linked(self, code: str, text: str) -> Markup:
        """Return a territory's name as a link to its section, or alone where it has none."""
        if code not in self.anchors:
            return apart(text)
        return element("a", apart(text), href=f"#{self.anchors[code]}")

    @cached_property
    def _statuses(self) -> dict[tuple[str, str], frozenset[str]]:
        return {}

    def statuses_of(self, line: Line) -> frozenset[str]:
        """Return the statuses of the figures that a line of an explanation rests on."""
        key = line.kind, line.id
        if key not in self._statuses:
            self._statuses[key] = self._statuses_of(line)
        return self._statuses[key]

    def _statuses_of(self, line: Line) -> frozenset[str]:
        page = self.allocation.formula
        if line.kind == "criterion":
            index, _, name = line.id.partition(".")
            return self.labels.criterion_statuses(index, name)
        if line.kind == "rounding":
            return frozenset()
        if line.kind == "limit":
            named = limit_names(page, next(limit for limit in page.limits if limit.id == line.id))
        else:
            named = part_names(page, next(part for part in page.parts if part.id == line.part))
        return self.labels.statuses(named)

    def mark_said(self, statuses: frozenset[str]) -> str:
        """Say in a sentence that a figure was made up, declared or estimated; nothing where it was measured."""
        return next((self.say(f"page-mark-{each}") for each in (*MARKED, "estimated") if each in statuses), "")

    def mark_beside(self, statuses: frozenset[str]) -> Markup | None:
        """Return the mark of a line that rests on figures that were made up, declared or estimated."""
        return badge(next((self.labels.status(each) for each in (*MARKED, "estimated") if each in statuses), ""))

    def known_as(self, code: str, name: str) -> str:
        """Return a territory's name and its code."""
        return name if name == code else f"{name} ({code})"


#: Gives a section of the page, or None where there is nothing to tell. Others may stand beside those that are here.
SectionOf = Callable[[ReportContext], PageSection | None]


@dataclass(frozen=True)
class FlushNumber:
    """A number as it is written, to be set flush right."""

    text: str


#: A markup is shown as it is, any other text escaped.
Cell = str | FlushNumber | None


def small_table(
    caption: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]], *, total: bool = False
) -> Markup:
    """Return a table of texts and figures, the first cell of each row its heading.

    Parameters
    ----------
    caption : str
        What the table tells.
    headings : sequence of str
        The headings of its columns.
    rows : sequence of sequences
        Its cells.
    total : bool
        Whether the last row sums up the others.
    """
    right = {at for row in rows for at, cell in enumerate(row) if isinstance(cell, FlushNumber)}
    head = [element("th", text, scope="col", class_="n" if at in right else None) for at, text in enumerate(headings)]
    lines = [_line(row) for row in rows]
    foot = element("tfoot", lines.pop()) if total and lines else None
    top = element("thead", element("tr", head))
    return element("table", element("caption", caption), top, element("tbody", lines), foot, class_="small")


def _line(row: Sequence[Cell]) -> Markup:
    cells = [element("th", _content(row[0]), scope="row")]
    cells += [element("td", _content(cell), class_="n" if isinstance(cell, FlushNumber) else None) for cell in row[1:]]
    return element("tr", cells)


def _content(cell: Cell) -> Child:
    return cell.text if isinstance(cell, FlushNumber) else cell


def pairs(found: Sequence[tuple[str, Child]], kind: str) -> Markup:
    """Return labels and what they label, as a list of definitions."""
    items = [element("div", element("dt", label), element("dd", value)) for label, value in found]
    return element("dl", items, class_=kind)


def apart(text: str) -> Markup:
    """Return a name; one that is written from right to left is kept apart from the words around it."""
    if text.isascii() or not any(bidirectional(letter) in ("R", "AL") for letter in text):
        return fragment(text)
    return element("bdi", text)


def listed(lines: Sequence[Child], kind: str | None = None) -> Markup:
    """Return a list."""
    return element("ul", [element("li", line) for line in lines], class_=kind)


def badge(mark: str) -> Markup | None:
    """Return the mark of a figure that nobody measured."""
    return element("span", mark, class_="badge") if mark else None
