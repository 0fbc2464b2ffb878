"""What all steps of a live workbook share: where each figure stands, and what is written as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from equite.engine.sharing import Floats
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.nodes import Node
from equite.report.language.labels import Labels
from equite.report.live.grid import CalculationSheet, LiveColumn, quoted
from equite.report.live.tables import TablePlace
from equite.report.live.terms import BLANK, Term, choose, number
from equite.report.roundtrip.manifest import Certificate

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.report.live.translating import Translator

__all__ = ["ScorePlace", "Workings"]

#: The words of a rule that stand above a column.
_LONG = 160


@dataclass(frozen=True)
class ScorePlace:
    """Where a criterion or a family of an index stands: its scores, its part of its parent's weight, its title.

    ``share`` is a row's own part; ``typical`` one figure for all, the mean where rows weigh for themselves.
    """

    scores: LiveColumn
    share: str
    title: str
    typical: Term


@dataclass
class Workings:
    """The sums of a workbook in the making.

    Attributes
    ----------
    allocation : Allocation
        Whose values the formulas carry.
    labels : Labels
        Of the readers' language.
    grid : CalculationSheet
        The sheet of calculations.
    data : mapping of str to LiveColumn
        The columns of the table, by the page's name for them.
    figures : mapping
        The cell of each figure of the page, by its place on the page.
    numbers : mapping of int to Term
        The cell of each number of an expression, by the identity of its node.
    tables : mapping of str to TablePlace
        Where the page's tables stand.
    code, position : LiveColumn
        The codes, and the places of the rows from 1.
    """

    allocation: Allocation
    labels: Labels
    grid: CalculationSheet
    data: Mapping[str, LiveColumn]
    figures: Mapping[tuple[str | int, ...], Term]
    numbers: Mapping[int, Term]
    tables: Mapping[str, TablePlace]
    code: LiveColumn
    position: LiveColumn
    eligible: LiveColumn | None = None
    certificates: list[Certificate] = field(default_factory=list)
    conditions: list[tuple[str, Term]] = field(default_factory=list)
    places: dict[tuple[str | int, ...], ScorePlace] = field(default_factory=dict)
    groups: dict[str, LiveColumn] = field(default_factory=dict)
    _everybody: LiveColumn | None = None

    @property
    def formula(self) -> Formula:
        """The page."""
        return self.allocation.formula

    def worded(self, tree: Node) -> str:
        """Say a rule in the readers' words, as much of it as a heading holds."""
        text = self.labels.expression(Expression("", tree))
        return text if len(text) <= _LONG else text[: _LONG - 1] + "…"

    def begin(self, section: str, **values: object) -> None:
        """Name the columns that follow."""
        self.grid.section(self.labels.say(f"live-section-{section}", **values))

    def expect(self, title: str, failing: Term) -> None:
        """Note what must hold for the page to have a meaning, as the number of cases in which it does not."""
        self.conditions.append((title, failing))

    def certify(self, step: str, reason: str, rests_on: tuple[str, ...]) -> None:
        """Note that a step is written as values."""
        closure = self.formula.names.closure(rests_on)
        self.certificates.append(Certificate(step, reason, tuple(sorted({*rests_on, *closure}))))

    def index(self, name: str, translator: Translator) -> LiveColumn:
        """Write an index."""
        from equite.report.live.indices import write_index

        return write_index(self, translator, name)

    def everybody(self, translator: Translator) -> LiveColumn:
        """Return who takes part, as a name of conditions: all, while that is being decided."""
        if self.eligible is not None:
            return self.eligible
        if self._everybody is None:
            self._everybody = self.grid.column(self.labels.say("live-all"), number(1))
        return self._everybody

    @property
    def takes_part(self) -> LiveColumn:
        """Who takes part, once that is written."""
        assert self.eligible is not None
        return self.eligible

    def full(self, values: Floats, fill: float = 0.0) -> Floats:
        """Spread the values of those that take part over all rows."""
        return self.allocation.context.full(values, fill)

    def of_those(self, term: Term) -> Term:
        """Return a term for those that take part, and the empty text for the others."""
        return choose(self.takes_part.each, term, BLANK)

    def named(self, term: Term) -> Term:
        """Return a cell as the formulas of other sheets write it."""
        return term if "!" in term.text else replace(term, text=quoted(self.grid.name) + term.text)
