"""The page's tables on the sheet of parameters: edges and values to be changed, and what is computed from them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from equite.report.language.text import plain
from equite.report.live.grid import number_form, quoted
from equite.report.live.inputs import PageFigure
from equite.report.live.tables import TablePlace, hinges
from equite.report.live.terms import Term, added, choose, stated

if TYPE_CHECKING:
    from equite.report.live.parameters import Parameters

__all__ = ["write_table"]


def write_table(page: Parameters, name: str) -> TablePlace:
    """Write a table; give where it stands."""
    labels, table = page.labels, page.formula.tables[name]
    page.sheet.section(labels.say("book-table", table=plain(name.replace("_", " "))))
    page.sheet.paragraph(labels.say(f"table-{table.kind}"))
    if table.kind == "weights":
        page.heads("column", "value")
        values = [
            page.row(PageFigure(("tables", name, "values", at), value, name), labels.title(column))
            for at, (column, value) in enumerate(zip(table.columns, table.values, strict=True))
        ]
        prefix = quoted(page.sheet.name)
        return TablePlace("weights", tuple(prefix + value.text for value in values))
    page.heads("edge", "value", "", "start", "change")
    return _edges(page, name)


def _refuse_falling(page: Parameters, name: str, edges: list[Term]) -> None:
    """Note edges that do not rise."""
    there = [stated(quoted(page.sheet.name) + edge.text, edge.value) for edge in edges]
    falls = [choose(end <= start, 1, 0) for start, end in pairwise(there)]
    if falls:
        title = page.labels.say("live-check-edges", table=plain(name.replace("_", " ")))
        page.conditions.append((title, added(falls)))


def _edges(page: Parameters, name: str) -> TablePlace:
    """Write edges and values, both to be changed, and beside them what brackets and lines are computed from."""
    table, sheet, prefix = page.formula.tables[name], page.sheet.sheet, quoted(page.sheet.name)
    first = page.sheet.row
    if table.kind == "from":
        sheet.write_formula(page.sheet.row, 1, "=NA()", page.book.style(font_color="#888888", align="right"), "#N/A")
        page.sheet.row += 1
    above: Term | None = None
    edges, values = [], []
    for at, (edge, value) in enumerate(zip(table.edges, table.values, strict=True)):
        row = page.sheet.row
        edges.append(page.input(PageFigure(("tables", name, "edges", at), edge, name), name, row, 0))
        values.append(page.input(PageFigure(("tables", name, "values", at), value, name), name, row, 1))
        page.sheet.row += 1
    if table.kind == "up_to":
        row = page.sheet.row
        sheet.write_string(row, 0, page.labels.say("table-above"), page.book.style(italic=True))
        if table.above is not None:
            above = page.input(PageFigure(("tables", name, "above"), table.above, name), name, row, 1)
        else:
            sheet.write_formula(row, 1, "=NA()", page.book.style(font_color="#888888", align="right"), "#N/A")
        page.sheet.row += 1
    last = page.sheet.row
    _refuse_falling(page, name, edges)
    starts, changes = hinges(table, edges, values, above)
    gray = page.book.style(num_format=number_form(page.book), font_color="#555555", align="right")
    for at, (start, change) in enumerate(zip(starts, changes, strict=True)):
        sheet.write_formula(first + at, 3, f"={start}", gray, start.figure)
        sheet.write_formula(first + at, 4, f"={change}", gray, change.figure)
    count = len(starts)
    page.sheet.row = max(last, first + count)
    offset = 1 if table.kind == "from" else 0
    edge_cells = f"{prefix}$A${first + offset + 1}:$A${first + offset + len(edges)}"
    return TablePlace(
        table.kind,
        tuple(prefix + value.text for value in values),
        edge_cells,
        f"{prefix}$B${first + 1}:$B${last}",
        f"{prefix}$D${first + 1}:$D${first + count}",
        f"{prefix}$E${first + 1}:$E${first + count}",
        prefix + values[0].text,
        f"{prefix}{edges[-1]}" if table.kind == "up_to" and table.above is None else "",
    )
