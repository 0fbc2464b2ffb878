"""The report of an allocation as one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from equite.errors import EquiteError, OutputError, Problem, SharingError, deprecated, nearest
from equite.report.files import HTML, ending, files_read, placed
from equite.report.html.page.amounts import amounts_section
from equite.report.html.page.context import ReportContext, SectionOf
from equite.report.html.page.glossary import glossary_section
from equite.report.html.page.method import method_section
from equite.report.html.page.record import record_section
from equite.report.html.page.skeleton import PageExtra, whole_page
from equite.report.html.page.sources import sources_section
from equite.report.html.page.summary import summary_section
from equite.report.html.page.territories import territories_section
from equite.wording import Numeral

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["MOST_ASKED", "MOST_TOLD", "SECTIONS", "asked_for", "page_to_html", "to_html"]

#: Up to so many territories, each has its section unasked; beyond, the file would be too heavy to send or to print.
MOST_TOLD = 500
#: So many sections are written where they are asked for: tens of megabytes, within a minute or so.
MOST_ASKED = 5_000
_SECTIONS = ("auto", "all", "none")
#: The sections in the order of reading.
SECTIONS: tuple[SectionOf, ...] = (
    summary_section,
    amounts_section,
    method_section,
    territories_section,
    sources_section,
    glossary_section,
    record_section,
)


def to_html(
    allocation: Allocation,
    path: str | Path,
    only: Iterable[str] | None = None,
    *,
    sections: str = "auto",
    territories: Iterable[str] | None = None,
) -> Path:
    """Write an allocation as one page to read, to search and to print, in the formula's language.

    The file needs no other file and no network; it can be read without scripts and used without a mouse. Two files of
    one allocation are the same, byte for byte: no date of computing stands in them.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    path : str or Path
        A name that ends in ``.html`` or ``.htm``.
    only : iterable of str, optional
        The codes of the territories that have a section of their own. The table always has all.
    sections : {"auto", "all", "none"}
        Without ``only``, whether territories have sections: by default all of them up to 500, else none.
    territories : iterable of str, optional
        The former name of ``only``; deprecated.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    SharingError
        Some codes are of no territory that takes part.
    OutputError
        More than 5,000 sections are asked for, or the file cannot be written. One that was there is left as it was.
    """
    return page_to_html(allocation, path, asked_for(only, territories), sections=sections)


def asked_for(only: Iterable[str] | None, territories: Iterable[str] | None) -> Iterable[str] | None:
    """Return whose sections are asked for; warn whoever calls them by their former name, at their line."""
    if territories is None:
        return only
    # Between the caller's line and this one stand a writer, the method and what holds its arguments to their types.
    deprecated("Allocation.to_html(territories=…)", "Allocation.to_html(only=…)", above=3)
    return territories if only is None else only


def page_to_html(
    allocation: Allocation,
    path: str | Path,
    only: Iterable[str] | None = None,
    *,
    sections: str = "auto",
    first: SectionOf | None = None,
    extra: Callable[[ReportContext], PageExtra] | None = None,
) -> Path:
    """Write the page, with a section before the others and what goes with it where they are given.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    path : str or Path
        A name that ends in ``.html`` or ``.htm``.
    only, sections : iterable of str, str
        Which territories have a section of their own, as for :func:`to_html`.
    first : function, optional
        Gives the section that stands before all others.
    extra : function, optional
        Gives the data, scripts and styles that it needs.
    """
    target = ending(path, HTML, allocation.language, files_read(allocation))
    report = ReportContext(allocation, _rows(allocation, only, sections))
    makers = SECTIONS if first is None else (first, *SECTIONS)
    told = [section for each in makers if (section := each(report)) is not None]
    text = whole_page(report, told, extra(report) if extra else None)
    with placed(target, allocation.language) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    return target


def _rows(allocation: Allocation, only: Iterable[str] | None, sections: str) -> tuple[int, ...]:
    """Return the rows to tell, in code order; refuse all codes that nobody has at once, and more than a page holds."""
    if sections not in _SECTIONS:
        values = {"value": str(sections), "choices": ", ".join(_SECTIONS), "nearest": nearest(str(sections), _SECTIONS)}
        raise OutputError([Problem("page-sections-unknown", values)], allocation.language)
    count = len(allocation.codes)
    if only is not None:
        rows = _found(allocation, (only,) if isinstance(only, str) else tuple(only))
    elif sections == "all" or (sections == "auto" and count <= MOST_TOLD):
        rows = tuple(range(count))
    else:
        rows = ()
    if len(rows) > MOST_ASKED:
        values = {"count": Numeral(len(rows)), "most": Numeral(MOST_ASKED)}
        raise OutputError([Problem("page-sections-too-many", values)], allocation.language)
    return rows


def _found(allocation: Allocation, asked: Iterable[str]) -> tuple[int, ...]:
    rows: set[int] = set()
    problems: list[Problem] = []
    for code in asked:
        try:
            rows.add(allocation.row(code))
        except EquiteError as error:
            problems += error.problems
    if problems:
        raise SharingError(problems, allocation.language)
    return tuple(sorted(rows))
