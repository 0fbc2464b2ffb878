"""What a territory declared or chose for itself: its aims, and what it said by whom, when and why."""

from __future__ import annotations

from collections.abc import Iterator

from equite.engine.record import declarations_of
from equite.engine.sharing import Floats
from equite.formula.indices import Family, Index
from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.context import Cell, ReportContext, small_table

__all__ = ["Declared"]

_TOLD = ("who", "when", "evidence", "second")


class Declared:
    """Tells territories' aims and declarations.

    Parameters
    ----------
    draft : ReportContext
        What the page tells.
    """

    def __init__(self, report: ReportContext) -> None:
        self.report = report
        self.declarations = declarations_of(report.allocation)
        self.aims = [
            (title, aims, mark)
            for name, index in report.allocation.formula.indices.items()
            for title, aims, mark in self._families(index, report.labels.title(name), name)
        ]

    def _families(self, group: Index | Family, title: str, index: str) -> Iterator[tuple[str, dict[str, Floats], str]]:
        """Return the families whose weights are points of each territory's own: the points of each aim, their mark."""
        allocation, labels = self.report.allocation, self.report.labels
        if isinstance(group, Family) and group.points is not None:
            rows = allocation.context.rows
            points = {
                labels.criterion(index, name): allocation.scope.rows(criterion.weight.tree)[rows]
                for name, criterion in group.criteria.items()
            }
            given = {name for criterion in group.criteria.values() for name in criterion.weight.names}
            yield title, points, self.report.mark_said(labels.statuses(given))
        for name, family in group.families.items():
            yield from self._families(family, labels.titles.of_family(name, family), index)

    def block(self, row: int) -> Markup | None:
        """Return what a territory declared or chose; None where the page asks for nothing of the kind."""
        told = [*self._aims(row), *self._declarations(row)]
        return fragment(element("h4", self.report.say("page-declared")), *told) if told else None

    def _aims(self, row: int) -> Iterator[Markup]:
        """Return the points of each family in a line, the aims that were given most first."""
        for title, aims, mark in self.aims:
            given = sorted(((float(of[row]), aim) for aim, of in aims.items()), key=lambda each: -each[0])
            told = [self.report.say("page-points", aim=aim, points=self.report.labels.number(of)) for of, aim in given]
            said = self.report.labels.dressed("; ".join(told), mark)
            yield element("p", self.report.say("page-labelled", label=title, value=said))

    def _declarations(self, row: int) -> Iterator[Markup]:
        if not self.declarations:
            return
        headings = [self.report.say("book-heading-figure"), *(self.report.say(f"page-told-{key}") for key in _TOLD)]
        rows: list[list[Cell]] = [
            [self.report.labels.title(name), *(told[row].get(key) or "—" for key in _TOLD)]
            for name, told in self.declarations.items()
        ]
        yield small_table(self.report.say("page-declarations"), headings, rows)
