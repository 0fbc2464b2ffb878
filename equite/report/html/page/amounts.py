"""The table of all territories, which a script lets readers search and sort."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence

from equite.report.columns import ShownColumn
from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.context import PageSection, ReportContext, apart
from equite.report.html.page.groups import Group
from equite.report.language.text import plain

__all__ = ["amounts_section"]


def amounts_section(report: ReportContext) -> PageSection:
    """Return the table, one row for each territory that takes part, with the totals."""
    title = report.say("book-allocation")
    columns = _ordered(report.columns)
    table = element(
        "table",
        element("caption", report.say("page-amounts-caption")),
        element("thead", element("tr", [_heading(column, columns) for column in columns])),
        element("tbody", Markup("\n".join(_rows(report, columns)))),
        element("tfoot", _totals(report, columns)),
        id="amounts-table",
    )
    # A keyboard scrolls only what it can reach.
    frame = element(
        "div", table, class_="wide", role="region", tabindex="0", aria_label=report.say("page-amounts-scroll")
    )
    body = fragment(element("p", report.say("page-amounts-lead")), _tools(report), frame)
    return PageSection("amounts", title, body)


#: What stands beside the name, before the parts that the amount is made of: on a telephone the amount is in view.
_FIRST = ("amount", "per_head", "change", "change_share", "previous", "share")


def _ordered(columns: Sequence[ShownColumn]) -> list[ShownColumn]:
    """Return the columns in the order of reading: who, how much, how that compares, what it is made of."""
    first = {column.id: column for column in columns if column.step in ("amount", "after")}
    told = [column for column in columns if column.step in ("part", "limit", "rounding", "notes")]
    return [
        *(column for column in columns if column.step == "key"),
        *(first[name] for name in _FIRST if name in first),
        *told,
    ]


def _tools(report: ReportContext) -> Markup:
    """Return the box to search in and the place where what came of it is told; a script shows them."""
    named = report.allocation.formula.name is not None
    label = report.say("page-search-name" if named else "page-search-code")
    every = report.labels.number(len(report.allocation.codes))
    said: dict[str, str] = {
        # The script puts the count in the place of the letter.
        f"data_found_{many}": report.say(f"page-found-{many}", count="#", all=every)
        for many in ("none", "one", "many")
    }
    said |= {f"data_{way}": report.say(f"page-sorted-{way}", column="#") for way in ("ascending", "descending")}
    return element(
        "div",
        element("label", label, for_="search"),
        element("input", type="search", id="search", autocomplete="off", spellcheck="false"),
        *(_choice(report, at, group) for at, group in enumerate(report.groups)),
        element("p", role="status", id="found", **said),
        class_="tools",
        id="tools",
        hidden=True,
    )


def _choice(report: ReportContext, at: int, group: Group) -> Markup:
    """Return the choice of a group: all, or one of its labels."""
    choices = [element("option", report.say("page-group-all"), value="")]
    choices += [element("option", label, value=str(place)) for place, label in enumerate(group.labels)]
    name = f"group-{at}"
    return fragment(element("label", group.title, for_=name), element("select", choices, id=name, autocomplete="off"))


def _heading(column: ShownColumn, columns: Sequence[ShownColumn]) -> Markup:
    # What names the rows stays in sight while the others are scrolled.
    names = column.step == "key" and column is [each for each in columns if each.step == "key"][-1]
    look = "x k" if names else "x" if column.kind == "text" else None
    return element("th", column.heading, scope="col", class_=look)


def _rows(report: ReportContext, columns: Sequence[ShownColumn]) -> Iterator[str]:
    """Write the rows; without ``element``, which would take a second for every ten thousand of them."""
    head = sum(column.step == "key" for column in columns) - 1
    cells = [_cells(report, column) for column in columns]
    for row, (code, texts) in enumerate(zip(report.allocation.codes, zip(*cells, strict=True), strict=True)):
        name = texts[head]
        if code in report.anchors:
            name = f'<a href="#{report.anchors[code]}">{name}</a>'
        before, after = "".join(map(_text, texts[:head])), "".join(texts[head + 1 :])
        of = "".join(f' data-group-{at}="{group.of[row]}"' for at, group in enumerate(report.groups))
        yield f'<tr{of}>{before}<th scope="row" class="x k">{name}</th>{after}</tr>'


def _cells(report: ReportContext, column: ShownColumn) -> list[str]:
    """Write the cells of a column; of those that name the territory, the text alone."""
    if column.kind == "text":
        told = report.names if column.id == "name" and column.step == "key" else column.cells
        texts = [apart(plain(str(cell))) if column.step == "key" else _escaped(str(cell)) for cell in told]
        return texts if column.step == "key" else list(map(_text, texts))
    start = '<td class="a">' if column.step == "amount" else "<td>"
    return [f"{start}{report.number(value, column)}</td>" for value in column.numbers.tolist()]


def _escaped(text: str) -> str:
    return html.escape(plain(text), quote=False)


def _text(text: str) -> str:
    return f'<td class="x">{text}</td>'


def _totals(report: ReportContext, columns: Sequence[ShownColumn]) -> Markup:
    count = report.labels.territories(len(report.allocation.codes))
    keys = sum(column.step == "key" for column in columns)
    cells: list[Child] = [
        element("th", report.say("page-total", territories=count), scope="row", class_="x k", colspan=str(keys))
    ]
    for column in columns[keys:]:
        shown = column.kind != "text" and column.total is not None and not math.isnan(column.total)
        cells.append(element("td", report.number(column.total or 0.0, column) if shown else None))
    return element("tr", cells)
