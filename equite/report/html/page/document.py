"""The report of an allocation as one HTML file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from equite.errors import EquiteError, Problem, SharingError
from equite.report.files import HTML, ending, files_read, placed
from equite.report.html.page.amounts import amounts_section
from equite.report.html.page.context import ReportContext, SectionOf
from equite.report.html.page.glossary import glossary_section
from equite.report.html.page.method import method_section
from equite.report.html.page.record import record_section
from equite.report.html.page.skeleton import whole_page
from equite.report.html.page.sources import sources_section
from equite.report.html.page.summary import summary_section
from equite.report.html.page.territories import territories_section

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["MOST_TOLD", "SECTIONS", "to_html"]

#: Up to so many territories, each has its section; beyond, the file would be too heavy to send or to print.
MOST_TOLD = 500
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


def to_html(allocation: Allocation, path: str | Path, territories: Iterable[str] | None = None) -> Path:
    """Write an allocation as one page to read, to search and to print, in the formula's language.

    The file needs no other file and no network; it can be read without scripts and used without a mouse. Two files of
    one allocation are the same, byte for byte: no date of computing stands in them.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    path : str or Path
        A name that ends in ``.html`` or ``.htm``.
    territories : iterable of str, optional
        The codes of the territories that have a section of their own; by default all, where there are no more than
        500, else none. The table always has all.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    SharingError
        Some codes are of no territory that takes part.
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    target = ending(path, HTML, allocation.language, files_read(allocation))
    report = ReportContext(allocation, _rows(allocation, territories))
    text = whole_page(report, [section for each in SECTIONS if (section := each(report)) is not None])
    with placed(target, allocation.language) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    return target


def _rows(allocation: Allocation, territories: Iterable[str] | None) -> tuple[int, ...]:
    """Return the rows to tell, in code order; refuse all codes that nobody has at once."""
    if territories is None:
        count = len(allocation.codes)
        return tuple(range(count)) if count <= MOST_TOLD else ()
    asked = (territories,) if isinstance(territories, str) else tuple(territories)
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
