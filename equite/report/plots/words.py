"""What plots of allocations say alike: signs of marks, what the figures rest on, amounts with their sign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from equite.report.language.labels import MARKED, Labels
from equite.report.language.text import plain

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["PlotLabels", "named"]

#: Figures named in a note.
_NAMED = 3
_SIGNS = {"illustrative": "*", "declared": "†"}


class PlotLabels(Labels):
    """The labels of a page, for plots: marks are signs, explained once in a note."""

    def __init__(self, allocation: Allocation) -> None:
        super().__init__(allocation.formula)
        self.allocation = allocation
        self._signs = {self.status(status): sign for status, sign in _SIGNS.items()}
        self._used: set[str] = set()

    def signed(self, title: str, mark: str) -> str:
        """Put the sign of a mark (``illustrative``, ``declared``, as worded) behind a title."""
        if not mark:
            return title
        self._used.add(mark)
        return f"{title}\u00a0{self._signs[mark]}"

    def tick(self, value: float, digits: int) -> str:
        """Write an amount at a tick; cents are two digits."""
        return self.money(value, 2 if digits == 1 and not self.formula.unit else digits)

    def change(self, value: float, digits: int | None = None) -> str:
        """Write an amount with its sign."""
        written = self.money(value, digits)
        return f"+{written}" if value > 0 and any(digit in written for digit in "123456789") else written

    def notes(self, *more: str, money: bool = True) -> list[str]:
        """Return the notes of a plot: what the signs mean, the page, and what its amounts rest on."""
        signs = [f"{self._signs[mark]} {mark}" for mark in self._signs if mark in self._used]
        lines = [*more, "   ".join(signs)]
        rests = [self._rests_on(status) for status in MARKED] if money else []
        return [*lines, self.worded(self.formula.heading), *rests]

    def _rests_on(self, status: str) -> str:
        """Name the figures of a status that amounts rest on, the heaviest first; nothing where there is none."""
        found = sorted((each for each in self.allocation.reliance if each.status == status), key=lambda it: -it.dollars)
        titles = list(dict.fromkeys(self.title(each.item) for each in found))
        if not titles:
            return ""
        shown = titles[:_NAMED]
        if len(titles) > _NAMED:
            shown.append(self.count(len(titles) - _NAMED, "reliance-more-one", "reliance-more-many"))
        return self.say(f"reliance-{status}", items=", ".join(shown))


def named(allocation: Allocation, rows: Iterable[int] | None = None) -> list[str]:
    """Return the names of some territories, of all by default."""
    return [plain(allocation.names[row]) for row in (range(len(allocation.codes)) if rows is None else rows)]
