"""A line of the sheet of checks, and what counts as a failure."""

from __future__ import annotations

from dataclasses import dataclass

from equite.report.live.terms import Term, choose, is_error

__all__ = ["LiveCheck", "failures"]


@dataclass(frozen=True)
class LiveCheck:
    """A line of the sheet: its section, what is checked, on what, and how many fail."""

    section: str
    title: str
    about: str
    failing: Term


def failures(term: Term) -> Term:
    """Return a number of failures; what could not be computed is one."""
    return choose(is_error(term), 1, term)
