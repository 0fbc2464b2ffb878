"""A worksheet as HTML: a table of lettered lines, on a page to read and to print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from equite.report.files import HTML, ending, files_read, placed
from equite.report.html import tables
from equite.report.html.markup import Child, Markup, element
from equite.report.language.text import plain
from equite.report.worksheet import SheetWords, WordedLine, closing, shown_elsewhere, worksheet_title

if TYPE_CHECKING:
    from equite.engine.worksheet import Worksheet

__all__ = ["worksheet_html", "worksheet_page", "worksheet_to_html"]

_TOP = "vertical-align:top;padding:.15em .6em;border-bottom:" + tables.RULE
_RULE = "text-align:left;width:55%;overflow-wrap:break-word"
#: On paper a sheet takes few pages, and no line is cut by the end of one; on a phone the cells of a line are stacked.
_STYLE = (
    "@media print{body{font-size:8pt;line-height:1.25;margin:0;max-width:none;padding:0}tr{break-inside:avoid}}"
    "@media screen and (max-width:52em){thead{display:none}tr{display:block;padding:.3em 0}"
    "td,th{display:block;width:auto!important;min-width:0!important;border:0!important}}"
)


def worksheet_html(sheet: Worksheet) -> str:
    """Show a worksheet: its lines, then the amount as other outputs show it.

    Parameters
    ----------
    sheet : Worksheet
        The worksheet of one territory.

    Returns
    -------
    str
        HTML in the page's language, every text escaped, no colour but the theme's.
    """
    words = SheetWords(sheet)
    return tables.framed(_pieces(words, worksheet_title(sheet, words.labels)), words.labels.language)


def worksheet_page(sheet: Worksheet, *after: Child) -> str:
    """Return a worksheet as the text of a file: a page that needs no other file."""
    words = SheetWords(sheet)
    labels = words.labels
    head = element("p", labels.worded(words.formula.heading))
    return tables.page(worksheet_title(sheet, labels), [head, *_pieces(words, ""), *after], labels.language, _STYLE)


def worksheet_to_html(sheet: Worksheet, path: str | Path) -> Path:
    """Write a worksheet to a page that needs no other file.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    language = sheet.allocation.language
    target = ending(path, HTML, language, files_read(sheet.allocation))
    with placed(target, language) as temporary:
        temporary.write_bytes(worksheet_page(sheet).encode("utf-8"))
    return target


def _pieces(words: SheetWords, caption: str) -> list[Child]:
    labels, sheet = words.labels, words.sheet
    head = tables.row(
        [
            tables.heading(labels.say("sheet-column-letter")),
            tables.heading(labels.say("sheet-column-title")),
            tables.heading(labels.say("sheet-column-rule")),
            tables.heading(labels.say("sheet-column-result"), right=True),
        ]
    )
    lines = tables.table(caption, head, [_row(line) for line in words.lines()])
    heading, shown, notes = shown_elsewhere(sheet, labels)
    pieces: list[Child] = []
    if shown:
        # The amount comes first, for whoever reads no further.
        label, amount = shown[-1]
        pieces.append(element("p", element("strong", labels.say("sheet-first", label=label, amount=amount))))
    pieces += [element("p", labels.say("sheet-how")), lines]
    pieces.append(element("p", element("strong", closing(sheet, labels))))
    if shown:
        rows = [tables.row([tables.side(label), tables.cell(amount, right=True)]) for label, amount in shown]
        pieces += [tables.table(heading, None, rows), *tables.paragraphs(notes)]
    return [*pieces, *tables.paragraphs([labels.contest])]


def _row(line: WordedLine) -> Markup:
    """Return a line: its letter, what it is, its arithmetic, the result on the right."""
    told = " · ".join(text for text in (line.given, line.words, line.source) if text)
    rules = [element("div", f"= {step}") for step in line.steps[:-1]]
    return tables.row(
        [
            element("th", line.letter, scope="row", style=f"text-align:left;{_TOP}"),
            element("td", line.title, style=f"text-align:left;min-width:11em;{_TOP}"),
            element("td", element("small", told) if told else None, rules, style=f"{_RULE};{_TOP}"),
            element("td", plain(line.result), style=f"text-align:right;white-space:nowrap;{_TOP}"),
        ]
    )
