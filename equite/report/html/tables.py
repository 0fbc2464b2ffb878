"""Small tables for notebooks, which every theme and screen reader shows: no colour but the theme's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from equite.report.html.markup import Child, Markup, element
from equite.report.language.text import simulated
from equite.wording import Language

__all__ = ["CELL", "RULE", "cell", "framed", "gap", "heading", "listed", "page", "paragraphs", "row", "side", "table"]

#: What MathJax 2 and 3 pass over.
_NO_MATHS = "tex2jax_ignore mathjax_ignore"
#: A grey that shows on white and on black; every other colour is the theme's.
RULE = "1px solid rgba(128,128,128,.45)"
_TABLE = "border-collapse:collapse;margin:0 0 .8em 0;font-variant-numeric:tabular-nums"
#: A page by itself: the fonts of the reader's machine, lines that are not too long, nothing cut in print.
_PAGE = "body{font-family:system-ui,sans-serif;line-height:1.4;margin:2em auto;max-width:72em;padding:0 1em}"
#: A cell of words, as wide as they are.
CELL = "text-align:left;padding:.1em .6em"


def framed(pieces: Iterable[Child], language: Language) -> Markup:
    """Put pieces in one frame, which says in what language they are and scrolls where they are too wide.

    Notebooks take what stands between two dollar signs for mathematics; the frame tells them not to.
    """
    said = _simulated(language)
    return element("div", said, pieces, class_=f"equite {_NO_MATHS}", lang=language, style="overflow-x:auto")


def _simulated(language: Language) -> Markup | None:
    """Return the line that says that nothing is decided."""
    said = simulated(language)
    return element("p", element("strong", said), class_="simulation") if said else None


def page(title: str, pieces: Iterable[Child], language: Language, style: str = "") -> str:
    """Return a file's text: a page that needs nothing else, and asks nothing of any network; ``style`` adds rules."""
    body = [*pieces]
    if 'class="simulation"' not in "".join(map(str, body)):
        body.insert(0, _simulated(language))
    said = simulated(language)
    # Browsers print what stands here on every sheet of paper.
    paper = (
        f"@page{{@top-center{{content:{json.dumps(said, ensure_ascii=False)};font:9pt sans-serif}}}}" if said else ""
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Markup(_PAGE + paper + style)),
    )
    main = element("body", element("main", element("h1", title), body))
    return f"<!DOCTYPE html>\n{element('html', head, main, lang=language)}\n"


def table(caption: str, head: Child, body: Child, foot: Child = None) -> Markup:
    """Return a table; what it has none of is left out."""
    said = element("caption", caption, style="text-align:left;font-weight:bold") if caption else None
    heads = element("thead", head) if head else None
    ends = element("tfoot", foot) if foot else None
    return element("table", said, heads, element("tbody", body), ends, style=_TABLE)


def row(cells: Iterable[Child]) -> Markup:
    """Return a row of cells."""
    return element("tr", cells)


def heading(text: Child, *, right: bool = False) -> Markup:
    """Return the heading of a column, above numbers on the right."""
    side = "right" if right else "left"
    style = f"text-align:{side};vertical-align:bottom;padding:.2em .6em;border-bottom:{RULE}"
    return element("th", text, scope="col", style=style)


def side(text: Child, *, inner: bool = False) -> Markup:
    """Return the heading of a row; an inner one stands under the row above."""
    style = f"text-align:left;font-weight:normal;padding:.1em .6em .1em {1.8 if inner else 0.6}em"
    return element("th", text, scope="row", style=style)


def cell(text: Child, *, right: bool = False, bold: bool = False) -> Markup:
    """Return a cell of words, or of a number on the right, which is never cut over two lines."""
    look = "text-align:right;white-space:nowrap" if right else "text-align:left;min-width:12em"
    return element("td", text, style=f"{look};padding:.1em .6em{';font-weight:bold' if bold else ''}")


def gap(columns: int) -> Markup:
    """Return a row that says that some are left out."""
    return row([element("td", "…", colspan=str(columns), style="text-align:center")])


def listed(title: str, lines: Sequence[str]) -> Markup | None:
    """Return lines under their title; nothing where there are none."""
    if not lines:
        return None
    items = element("ul", (element("li", line.strip()) for line in lines), style="margin-top:.2em")
    return Markup(element("p", element("strong", title), style="margin:0") + items)


def paragraphs(texts: Iterable[str]) -> list[Markup]:
    """Return each text in a paragraph of its own."""
    return [element("p", text) for text in texts]
