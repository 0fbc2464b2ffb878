"""A part of a report on an allocation: a title, a table, and what a reader must know to read it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from equite.report.html import tables
from equite.report.html.markup import Markup, element
from equite.report.terminal.grid import TextGrid

__all__ = ["Section"]

#: The least that a name is cut to.
_LEAST = 14
_APART = "margin-bottom:1em"


@dataclass(frozen=True)
class Section:
    """A title, a table if there is one, and what a reader must know to read it."""

    title: str
    grid: TextGrid | None = None
    notes: tuple[str, ...] = ()

    def text(self, width: int) -> str:
        """Set the section in lines."""
        grid, notes = self.grid, [textwrap.fill(note, width, break_long_words=False) for note in self.notes]
        if grid is None:
            return "\n".join([self.title, *notes])
        # The first columns are names, of which the second gives way first.
        for at in (1, 0) if not grid.right[1] else (0,):
            grid = grid.narrowed(at, width, _LEAST)
        return "\n".join([self.title, grid.text(), *notes])

    def html(self) -> Markup:
        """Set the section as a table with its caption, its notes below."""
        notes = [element("p", note, style="margin:.2em 0") for note in self.notes]
        if self.grid is None:
            return element("div", element("strong", self.title), notes, style=_APART)
        sides = ["right" if right else "left" for right in self.grid.right]
        head = [_cell(*each, scope="col") for each in zip(self.grid.headings, sides, strict=True)]
        body = [
            tables.row([_cell(first, sides[0], scope="row"), *map(_cell, others, sides[1:])])
            for first, *others in self.grid.rows
        ]
        return element("div", tables.table(self.title, tables.row(head), body), notes, style=_APART)


_LOOKS = {"col": [f"vertical-align:bottom;border-bottom:{tables.RULE}"], "row": ["font-weight:normal"], None: []}


def _cell(text: str, side: str, scope: str | None = None) -> Markup:
    # Leading blanks tell how deep a criterion lies in its family.
    inner = len(text) - len(text.lstrip(" "))
    style = [f"text-align:{side};padding:.1em .6em", *([f"padding-left:{inner}em"] if inner else []), *_LOOKS[scope]]
    return element("th" if scope else "td", text.strip(), scope=scope, style=";".join(style))
