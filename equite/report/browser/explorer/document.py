"""Writes the report with the section that recomputes, as one file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from equite.report.browser.explorer.section import explorer_extra, explorer_section
from equite.report.html.page.document import asked_for, page_to_html

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["live_to_html"]


def live_to_html(
    allocation: Allocation,
    path: str | Path,
    only: Iterable[str] | None = None,
    *,
    sections: str = "auto",
    territories: Iterable[str] | None = None,
) -> Path:
    """Write an allocation as one page that recomputes in a browser, above the report.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    path : str or Path
        A name that ends in ``.html`` or ``.htm``.
    only, sections : iterable of str, str
        Which territories have a section of their own in the report, as for a page that does not recompute.
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
        The file cannot be written. One that was there is left as it was.
    """
    whose = asked_for(only, territories)
    return page_to_html(allocation, path, whose, sections=sections, first=explorer_section, extra=explorer_extra)
