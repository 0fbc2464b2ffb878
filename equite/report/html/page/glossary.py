"""The words that the page uses, each in a sentence or two; those that this page has no use for are left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from equite.formula.model import Limit, Part
from equite.formula.names import criteria_of
from equite.report.html.page.context import PageSection, ReportContext, pairs

__all__ = ["glossary_section"]


def glossary_section(report: ReportContext) -> PageSection:
    """Return the glossary, in alphabetical order."""
    found = [(report.say(f"page-term-{name}"), report.say(f"page-means-{name}")) for name in _terms(report)]
    ordered = sorted(found, key=lambda each: _plain(each[0]))
    return PageSection("glossary", report.say("page-glossary"), pairs(ordered, "glossary"))


def _plain(term: str) -> str:
    """Return a term as it is sorted: É stands with E."""
    return "".join(letter for letter in unicodedata.normalize("NFD", term.lower()) if not unicodedata.combining(letter))


def _terms(report: ReportContext) -> Iterator[str]:
    allocation, page = report.allocation, report.allocation.formula
    bounded: list[Part | Limit] = [*page.parts, *page.limits]
    criteria = [criterion for index in page.indices.values() for _, _, criterion in criteria_of(index)]
    used = {
        "envelope": page.envelope is not None,
        "part": True,
        "level": True,
        "floor": any(each.at_least is not None for each in bounded),
        "ceiling": any(each.at_most is not None for each in bounded),
        "limit": bool(page.limits),
        "decided": any(limit.override for limit in page.limits),
        "reserve": bool(allocation.reserve),
        "levy": any(part.levy for part in page.parts),
        "level-up": any(part.share.level_up is not None for part in page.parts),
        "index": bool(page.indices),
        "criterion": bool(criteria),
        "weight": bool(criteria),
        "mean": bool(allocation.contributions),
        "aims": any(criterion.weight.number is None for criterion in criteria),
        "per-head": allocation.people is not None,
        "previous": allocation.previous is not None,
        "median": True,
        "rounding": True,
        "check": bool(page.checks),
        "official": True,
        "estimated": True,
        "declared": True,
        "illustrative": True,
        "fingerprint": True,
    }
    yield from (name for name, here in used.items() if here)
