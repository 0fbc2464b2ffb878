"""How each column was read, as a table for a screen, a pipe or a notebook, and what its missing values became."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from equite.analysis.columns_read import ColumnRead, ColumnsRead, Outcome, marks_in_words
from equite.report.html import tables
from equite.report.html.markup import element
from equite.report.language.labels import Labels
from equite.report.language.text import plain, typeset
from equite.report.terminal.grid import TextGrid, shortened

__all__ = ["columns_read_grid", "columns_read_html", "columns_read_notes", "columns_read_text"]

#: The least that titles and units are cut to, then both; labels told of a text, and their places.
_TITLE, _UNIT, _SHORTEST, _LABELS, _LABEL = 14, 12, 6, 6, 24
#: Decimals that a table shows, and the significant digits of a small figure.
_DECIMALS, _SMALL = 4, 3
_WIDTH = 92
_TEXTS = ("code", "name", "text")


def columns_read_text(found: ColumnsRead, *, width: int = _WIDTH) -> str:
    """Set the table in aligned columns, and below it say what missing values became."""
    notes = [
        line
        for note in columns_read_notes(found)
        for line in textwrap.wrap(note, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    ]
    return "\n".join([columns_read_grid(found, width).text(), *notes])


def columns_read_html(found: ColumnsRead) -> str:
    """Show the table in a notebook."""
    labels = Labels(found.allocation.formula)
    items = [element("li", note) for note in columns_read_notes(found)]
    table = columns_read_grid(found, None).html(labels.say("columns-read-title"))
    return tables.framed([table, element("ul", items) if items else None], labels.language)


def columns_read_grid(found: ColumnsRead, width: int | None) -> TextGrid:
    """Return the table: each column's title, kind, unit, lowest, median, highest and missing values.

    Parameters
    ----------
    found : ColumnsRead
        The columns.
    width : int or None
        The places there are: units, then titles, are cut to fit, and figures never. None for no limit.
    """
    labels = Labels(found.allocation.formula)
    words = ("column", "kind", "unit", "lowest", "median", "highest", "missing")
    headings = tuple(labels.say(f"columns-read-{word}") for word in words)
    rows = tuple(_row(column, labels) for column in found.columns)
    grid = TextGrid(headings, rows, (False, False, False, True, True, True, True))
    if width is None:
        return grid
    for column, least in ((2, _UNIT), (0, _TITLE), (2, _SHORTEST)):
        grid = grid.narrowed(column, width, least)
    for column in (2, 1):
        # Figures are never cut: rather no unit, then no kind.
        grid = _without(grid, column) if grid.width > width else grid
    return grid.narrowed(0, width, _SHORTEST)


def _without(grid: TextGrid, column: int) -> TextGrid:
    rows = tuple((*row[:column], *row[column + 1 :]) for row in grid.rows)
    kept = [at for at in range(len(grid.headings)) if at != column]
    return TextGrid(tuple(grid.headings[at] for at in kept), rows, tuple(grid.right[at] for at in kept))


def _row(column: ColumnRead, labels: Labels) -> tuple[str, ...]:
    title = _title(column, labels)
    kind = labels.say(f"columns-read-kind-{column.kind}")
    return (title, kind, plain(column.unit) or "—", *_figures(column, labels), labels.number(len(column.missing)))


def _title(column: ColumnRead, labels: Labels) -> str:
    return plain(column.heading) if column.kind in ("code", "name") else labels.title(column.name)


def _figures(column: ColumnRead, labels: Labels) -> list[str]:
    """Write the lowest, the median and the highest with as many decimals; yes and no in words."""
    ends = (column.lowest, column.median, column.highest)
    if column.kind in _TEXTS:
        return [""] * 3
    if column.kind == "yes_no":
        words = {0.0: labels.say("template-no"), 1.0: labels.say("template-yes")}
        return [words.get(end, labels.number(end)) for end in ends]
    digits = max((_decimals(end) for end in ends if math.isfinite(end)), default=0)
    return [labels.number(end, digits) for end in ends]


def _decimals(value: float) -> int:
    """Return the decimals that a figure needs, a few at most unless it would be shown as nothing."""
    if value == 0.0:
        return 0
    most = max(_DECIMALS, _SMALL - 1 - math.floor(math.log10(abs(value)))) if abs(value) < 1 else _DECIMALS
    return next((digits for digits in range(most) if round(value, digits) == value), most)


def columns_read_notes(found: ColumnsRead) -> list[str]:
    """Say what labels were read, and what became of missing values, a column a sentence."""
    labels = Labels(found.allocation.formula)
    return [typeset(note, labels.language) for column in found.columns for note in _notes(column, labels)]


def _notes(column: ColumnRead, labels: Labels) -> Iterator[str]:
    title = _title(column, labels)
    if column.labels:
        named = [
            labels.say("columns-read-label", label=shortened(plain(label), _LABEL), count=labels.number(count))
            for label, count in column.labels[:_LABELS]
        ]
        left = len(column.labels) - len(named)
        if left:
            named.append(labels.count(left, "warnings-more-one", "warnings-more-many"))
        yield labels.say("columns-read-labels", title=title, labels=", ".join(named))
    if column.missing:
        marks = plain(marks_in_words(column, labels.language))
        said = [outcome.in_language(labels.language, **_titles(outcome, labels)) for outcome in column.became]
        yield labels.say("columns-read-became", title=title, marks=marks, became=plain("; ".join(said)))


def _titles(outcome: Outcome, labels: Labels) -> dict[str, str]:
    """Return the titles that stand for the names of what an outcome is about."""
    titles = {key: labels.title(str(value)) for key, value in outcome.values if key in ("limit", "by", "column")}
    return titles | ({"criterion": labels.criterion(*outcome.criterion)} if outcome.criterion else {})
