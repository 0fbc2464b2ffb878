"""A transition on a screen and in a notebook: its rule, each year, who waits and who is protected, paths."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from equite.report.html import tables
from equite.report.html.markup import Markup
from equite.report.terminal.grid import TextGrid
from equite.report.transition.words import Told
from equite.wording import LOCALES, Language, Numeral

if TYPE_CHECKING:
    import pandas as pd

    from equite.engine.transition import Transition

__all__ = ["frontier_text", "transition_html", "transition_text"]

_WIDTH = 100
#: Rows of paths on a screen, and the most years that it has room for.
_ROWS, _YEARS = 40, 5
#: The least that a name is cut to.
_NAME = 12
#: What a screen has no room for.
_NOT_ON_SCREEN = ("above_people", "below_people", "gap")


def transition_text(transition: Transition, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell a transition: its rule, each year, how far all have come, and paths.

    Parameters
    ----------
    transition : Transition
        The result.
    language : str, optional
        By default the schedule's.
    width : int
        Characters to a line; names are cut to fit, numbers never.
    """
    told = Told(transition, language)
    lines = [textwrap.fill(line, width, break_on_hyphens=False) for line in told.sentences]
    blocks = [textwrap.fill(told.title, width), "\n".join(lines)]
    blocks.append(f"{told.heading('costs')}\n\n{_grid(told, 'costs', is_screen=True).text()}")
    grid = _grid(told, "paths", most=_ROWS, is_screen=True)
    at = _name_at(told)
    blocks.append(f"{_paths_heading(told, _ROWS)}\n\n{grid.narrowed(at, width, _NAME).text()}")
    return "\n\n".join(blocks)


def frontier_text(transition: Transition, frontier: pd.DataFrame, language: Language | None = None) -> str:
    """Tell protection against speed as a table."""
    told = Told(transition, language)
    columns = told.columns("frontier", frontier, is_marked=False)
    right = tuple(column.kind != "text" for column in columns)
    grid = TextGrid(tuple(column.heading for column in columns), told.rows(columns), right)
    return f"{told.heading('frontier')}\n\n{grid.text()}"


def transition_html(transition: Transition, language: Language | None = None) -> str:
    """Tell a transition in HTML tables, paths cut short."""
    return view_of(Told(transition, language), most=_ROWS)


def view_of(told: Told, *, most: int | None, is_page: bool = False) -> str:
    """Tell a transition in HTML: sentences, each year, paths, all of them where ``most`` is None."""
    pieces: list[Markup] = []
    sentences = tables.paragraphs(told.sentences)
    colon = LOCALES[told.language].colon
    caption = told.heading("costs") if is_page else f"{told.title}{colon}{told.heading('costs')}"
    pieces += [*sentences, _grid(told, "costs").html(caption)]
    pieces.append(_grid(told, "paths", most=most).html(_paths_heading(told, most)))
    return tables.framed(pieces, told.language)


def _name_at(told: Told) -> int:
    """Return the place of the column that is cut: names, or codes."""
    return 1 if "name" in told.paths else 0


def _paths_heading(told: Told, most: int | None) -> str:
    count = len(told.paths)
    heading = told.heading("paths")
    if most is None or count <= most:
        return heading
    return told.say("transition-first", heading=heading, shown=Numeral(most), all=Numeral(count))


def _grid(told: Told, name: str, *, most: int | None = None, is_screen: bool = False) -> TextGrid:
    frame = None if name != "paths" or most is None else told.paths.head(most)
    # A screen is narrow, and the sentences above have said what amounts rest on.
    columns = list(told.columns(name, frame, is_marked=not is_screen))
    if is_screen:
        years = [column.id for column in columns if column.id.isdigit()]
        kept = {years[round(at * (len(years) - 1) / (_YEARS - 1))] for at in range(_YEARS)} if years else set()
        columns = [
            column
            for column in columns
            if column.id not in _NOT_ON_SCREEN and (not column.id.isdigit() or column.id in kept)
        ]
    right = tuple(column.kind != "text" for column in columns)
    return TextGrid(tuple(column.heading for column in columns), told.rows(columns), right)
