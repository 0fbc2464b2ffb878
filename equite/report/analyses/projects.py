"""Projects funded inside envelopes: as text, as HTML, as a CSV file and as a workbook."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from equite.analysis.projects import Projects
from equite.report.columns import ShownColumn
from equite.report.files import CSV, EXCEL, HTML, ending
from equite.report.html import tables
from equite.report.html.markup import Markup
from equite.report.language.text import plain, typeset
from equite.report.shown import Shown, columns_of, shown_to_csv, shown_to_html
from equite.report.terminal.grid import TextGrid
from equite.wording import LOCALES, Codes, Language, Numeral, as_spoken_by, numeral, say, symbol

__all__ = [
    "TABLES",
    "projects_html",
    "projects_text",
    "projects_to_csv",
    "projects_to_excel",
    "projects_to_html",
    "write_projects",
]

_WIDTH = 100
#: Rows of each table on a screen, and sentences about the next money.
_ROWS, _SENTENCES = 40, 12
#: The least that a project's title, and who pays for it, are cut to on a screen, and what a screen has no room for.
_NAME, _CODE = 16, 8
_NOT_ON_SCREEN = frozenset(("aims", "rank", "points", "minimum", "outcome"))
#: The tables, by name, and their columns in the order in which they are read.
TABLES: Mapping[str, tuple[str, ...]] = {
    "projects": (
        "project",
        "title",
        "territory",
        "aims",
        "rank",
        "points",
        "request",
        "minimum",
        "amount",
        "outcome",
        "why",
    ),
    "accounts": ("territory", "name", "envelope", "carried_over", "spent", "left", "unfunded", "whole", "part", "none"),
    "next": ("territory", "more", "project", "gained", "lost"),
    "demand": ("body", "own", "from_members", "demand", "carried_to"),
}
_SUMS = ("request", "minimum", "amount", "envelope", "carried_over", "spent", "left", "unfunded")
#: Words that stand after figures, set a little apart from them.
_AFTER_FIGURES = frozenset(("outcome", "why", "gained", "lost", "carried_to"))
_MONEY = frozenset((*_SUMS, "more", "own", "from_members", "demand"))


def projects_text(found: Projects, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell what was funded: the projects, the envelopes, what the next money would do, the demand that remains.

    Parameters
    ----------
    found : Projects
        The result.
    language : str, optional
        By default the page's.
    width : int
        Characters to a line; titles are cut to fit, numbers never.
    """
    told = _Told(found, language)
    blocks = [textwrap.fill(told.title, width)]
    for name, heading, grid in told.grids(is_screen=True):
        for column, least in (("title", _NAME), ("territory", _CODE)) if name == "projects" else ():
            if column in told.headed(name, is_screen=True):
                grid = grid.narrowed(told.headed(name, is_screen=True).index(column), width, least)
        blocks.append(f"{heading}\n\n{grid.text()}")
        notes = told.sentences() if name == "accounts" else []
        blocks += [textwrap.fill(note, width, break_on_hyphens=False) for note in notes]
    return "\n\n".join(blocks)


def projects_html(found: Projects, language: Language | None = None) -> str:
    """Tell what was funded in HTML tables, with sentences between them, the longest tables cut short."""
    return _html(_Told(found, language), most=_ROWS)


def write_projects(found: Projects, path: str | Path) -> Path:
    """Write a result to a file, as the end of its name says: ``.xlsx``, ``.csv`` or ``.html``.

    Raises
    ------
    OutputError
        The end of the name says none of these, or the file cannot be written.
    """
    known = ((EXCEL, projects_to_excel), (CSV, projects_to_csv), (HTML, projects_to_html))
    writers = {end: writer for ends, writer in known for end in ends}
    return writers[ending(path, tuple(writers), found.language).suffix.lower()](found, path)


def projects_to_csv(found: Projects, path: str | Path, language: Language | None = None) -> Path:
    """Write the table of projects to a CSV file that the readers' spreadsheet opens as it is.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    told = _Told(found, language)
    return shown_to_csv(Shown(told.title, told.columns("projects"), told.language, inputs=found.files), path)


def projects_to_html(found: Projects, path: str | Path, language: Language | None = None) -> Path:
    """Write one page to read and to print, every row of every table.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    told = _Told(found, language)
    view = _html(told, most=None, is_page=True)
    columns = told.columns("projects")
    return shown_to_html(Shown(told.title, columns, told.language, view, is_enough=True, inputs=found.files), path)


def projects_to_excel(found: Projects, path: str | Path, language: Language | None = None) -> Path:
    """Write a workbook, a sheet for each table.

    Raises
    ------
    OutputError
        A table holds more than a sheet can, or the file cannot be written. One that was there is left as it was.
    """
    from equite.report.workbook.file import new_workbook, refuse_beyond
    from equite.report.workbook.sheet import AROUND, Formats
    from equite.report.workbook.table import width_of, write_columns

    told = _Told(found, language)
    target = ending(path, EXCEL, told.language, found.files)
    sheets = {name: told.columns(name) for name in told.names}
    for columns in sheets.values():
        refuse_beyond(told.language, len(columns[0].cells), len(columns), around=AROUND)
    with new_workbook(target, told.language, plain(told.title), found.page.sha256) as workbook:
        formats = Formats(workbook, told.language)
        for name, columns in sheets.items():
            worksheet = workbook.add_worksheet(told.say(f"projects-sheet-{name}"))
            widths = [width_of(column, partial(_numeral, told.language)) for column in columns]
            for at, width in enumerate(widths):
                worksheet.set_column(at, at, width)
            write_columns(formats, worksheet, columns, widths)
            worksheet.freeze_panes(1, 1)
            worksheet.set_landscape()
            worksheet.fit_to_pages(1, 0)
    return target


def _numeral(language: Language, value: float, digits: int) -> str:
    return numeral(value, language, digits)


def _html(told: _Told, *, most: int | None, is_page: bool = False) -> str:
    pieces: list[Markup] = []
    caption = "" if is_page else told.title
    for name, heading, grid in told.grids(most):
        pieces.append(grid.html(f"{caption}{LOCALES[told.language].colon}{heading}" if caption else heading))
        caption = ""
        if name == "accounts":
            pieces += tables.paragraphs(told.sentences())
    return tables.framed(pieces, told.language)


class _Told:
    """What is told of funded projects, in one language."""

    def __init__(self, found: Projects, language: Language | None) -> None:
        self.found = found
        self.language = as_spoken_by(found.language, language or found.language)

    @property
    def names(self) -> tuple[str, ...]:
        """The tables that there is something in."""
        there = {
            "projects": True,
            "accounts": True,
            "next": bool(self.found.changes),
            "demand": self.found.has_memberships,
        }
        return tuple(name for name in TABLES if there[name])

    def say(self, entry: str, **values: object) -> str:
        return typeset(say(entry, self.language, **values), self.language)

    def money(self, units: int) -> str:
        return self.found.worded(units, self.language)

    @property
    def title(self) -> str:
        """The page's title and its method."""
        method = self.found.page.method
        return self.say(
            "projects-title",
            title=self.found.page.heading[self.language],
            method=self.say(f"projects-method-{method}"),
        )

    # --- tables

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table of the result, in the order in which it is read."""
        frame: pd.DataFrame = self.found.table if name == "projects" else getattr(self.found, name)
        if name == "projects":
            why = [self.found.why(each, self.language) for each in self.found.proposals]
            words = [self.say(f"projects-outcome-{each}") for each in frame["outcome"]]
            frame = frame.assign(why=why, outcome=words, blank=frame["amount"] == 0)
            frame = frame.sort_values(["territory", "blank", "rank", "project"], kind="stable")
        if name == "demand":
            carried = (
                "; ".join(f"{body} {self.money(units)}" for body, units in each.shares.items())
                for each in self.found.demands
            )
            frame = frame.assign(carried_to=list(carried))
        return frame

    def headed(self, name: str, *, is_screen: bool = False) -> list[str]:
        """Return the names of the columns of a table that say something."""
        frame = self.frame(name)
        left_out = _NOT_ON_SCREEN if is_screen else frozenset()
        return [each for each in TABLES[name] if each not in left_out and self._is_said(each, frame)]

    def columns(self, name: str, most: int | None = None, *, is_screen: bool = False) -> tuple[ShownColumn, ...]:
        """Return the columns of a table that say something, with the currency where they are money."""
        frame = self.frame(name)
        sign = symbol(self.found.page.currency)
        headings = {}
        for column in self.headed(name, is_screen=is_screen):
            heading = self.say(f"projects-col-{column}")
            headings[column] = f"{heading} ({sign})" if column in _MONEY else heading
        rows = frame if most is None else frame.head(most)
        return tuple(
            self._with_digits(each) for each in columns_of(rows.reset_index(drop=True), headings, self.language)
        )

    def _with_digits(self, column: ShownColumn) -> ShownColumn:
        if column.id in _AFTER_FIGURES:
            return ShownColumn(column.id, "notes", column.kind, column.heading, column.cells)
        if column.id not in _MONEY:
            return column
        return ShownColumn(column.id, column.step, column.kind, column.heading, column.numbers, self.found.digits)

    def _is_said(self, column: str, frame: pd.DataFrame) -> bool:
        """Leave out columns that are blank, or say again what another says."""
        cells = frame[column]
        if column == "title":
            return bool((cells != frame["project"]).any())
        if column == "name":
            return bool((cells != frame["territory"]).any())
        if column in ("territory", "aims", "lost"):
            return bool((cells != "").any())
        if column == "minimum":
            return bool((cells != frame["request"]).any())
        if column in ("rank", "points", "carried_over"):
            return bool((cells.fillna(0) != 0).any())
        return True

    def grids(self, most: int | None = _ROWS, *, is_screen: bool = False) -> Iterator[tuple[str, str, TextGrid]]:
        """Give each table with its heading, the longest cut short, and told so."""
        for name in self.names:
            if name == "next" and len(self.found.changes) <= _SENTENCES:
                # Sentences have told all of it.
                continue
            columns = self.columns(name, most, is_screen=is_screen)
            count = len(self.frame(name))
            heading = self.say(f"projects-sheet-{name}")
            if most is not None and count > most:
                heading = self.say("projects-first", heading=heading, shown=Numeral(most), all=Numeral(count))
            yield name, heading, self._grid(columns)

    def _grid(self, columns: Sequence[ShownColumn]) -> TextGrid:
        cells = []
        for column in columns:
            if column.kind == "text":
                cells.append([plain(str(cell)) for cell in column.cells])
            else:
                written = (numeral(value, self.language, column.digits) for value in column.numbers.tolist())
                cells.append(["" if text == "—" else text for text in written])
        right = tuple(column.kind != "text" for column in columns)
        return TextGrid(tuple(column.heading for column in columns), tuple(zip(*cells, strict=True)), right)

    # --- sentences

    def sentences(self) -> list[str]:
        """Tell the sums, what is proven, and what the next money would do."""
        found = self.found
        kinds = found.table["outcome"].value_counts()
        counts = {kind: Numeral(int(kinds.get(kind, 0))) for kind in ("whole", "part", "none")}
        spent = sum(outcome.amount for outcome in found.outcomes.values())
        there = sum(found.envelopes.units.values())
        money = {"spent": self.money(spent), "envelope": self.money(there), "left": self.money(there - spent)}
        lines = [self.say("projects-told", **counts, **money)]
        if found.gap is not None:
            lines.append(self._proven(found.gap))
        lines += [self._next(at) for at in range(min(_SENTENCES, len(found.changes)))]
        return lines

    def _proven(self, gap: float) -> str:
        points = Numeral(round(self.found.points, 6))
        # The solver's own figures have nine digits.
        if gap <= 1e-9 * max(1.0, self.found.points):
            return self.say("projects-proven-best", points=points)
        bound = Numeral(round(float(self.found.bound or 0.0), 2))
        return self.say("projects-proven-gap", points=points, bound=bound)

    def _next(self, at: int) -> str:
        change = self.found.changes[at]
        titles = {each.code: each.title for each in self.found.proposals}
        more, name = self.money(change.more), self.found.envelopes.names.get(change.territory, change.territory)
        gained, lost = (Codes(tuple(titles[code] for code in codes)) for codes in (change.gained, change.lost))
        if not change.gained:
            said = self.say("projects-next-nothing", more=more, project=titles[change.project])
        elif not change.lost:
            said = self.say("projects-next", more=more, gained=gained)
        else:
            said = self.say("projects-next-instead", more=more, gained=gained, lost=lost)
        return self.say("projects-next-in", territory=name, said=said) if change.territory else said
