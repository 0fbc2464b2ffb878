"""What is said of a change and its causes: names, sentences to one territory, and what a reader must know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from equite.analysis.drivers import Drivers
from equite.analysis.drivers.causes import Cause
from equite.analysis.drivers.split import SAMPLED_PAIRS, Opened
from equite.analysis.drivers.whole import WholeChange
from equite.engine.allocation import Allocation
from equite.formula.indices import Family, Index
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.wording import Codes, Language, as_spoken_by

__all__ = ["DriversWords"]

#: Members of a cause that a sentence names, the largest first.
_NAMED = 4


@dataclass(frozen=True)
class _Figures:
    """One territory's change in one measure, and how it is written."""

    whole: WholeChange
    row: int
    is_share: bool


class DriversWords:
    """What is said of a change, in one language.

    Parameters
    ----------
    found : Drivers
        The change.
    language : str, optional
        By default that of the page after.
    """

    def __init__(self, found: Drivers, language: Language | None = None) -> None:
        self.found = found
        self.language = as_spoken_by(found.language, language or found.language)
        # The page after is the one that holds; what only the page before has is called as it was there.
        self.labels = Labels(found.after.formula, self.language)
        self._former = Labels(found.before.formula, self.language)

    def say(self, entry: str, **values: object) -> str:
        """Return a worded output."""
        return self.labels.say(entry, **values)

    def money(self, value: float, *, signed: bool = False) -> str:
        """Write an amount; with its sign where it is a change."""
        written = self.labels.money(value, self.found.comparison.digits)
        return f"+{written}" if signed and value > 0 else written

    @property
    def title(self) -> str:
        """What a file is called: the two allocations."""
        before = self._former.worded(self.found.before.formula.heading)
        after = self.labels.worded(self.found.after.formula.heading)
        if before == after:
            return self.say("drivers-title-one", page=after)
        return self.say("drivers-title", before=before, after=after)

    def kind(self, whole: WholeChange) -> Literal["money", "share"]:
        """Tell what the figures of a change are."""
        return "money" if whole is self.found.whole else "share"

    # --- names

    def cause(self, block: Sequence[Cause | str]) -> str:
        """Name causes that are told as one, as a heading."""
        return self._joined([self.say(f"drivers-cause-{cause}") for cause in block])

    def _to(self, block: Sequence[Cause | str]) -> str:
        told = self._joined([self.say(f"drivers-to-{cause}") for cause in block])
        return told if len(block) == 1 else self.say("drivers-together", causes=told)

    def _joined(self, told: list[str]) -> str:
        found = told[0]
        for at, each in enumerate(told[1:], start=1):
            found = f"{found}, {each}" if at < len(told) - 1 else self.say("drivers-and", first=found, second=each)
        return found

    def members(self, opened: Opened) -> tuple[str, ...]:
        """Name the members of an opened cause."""
        return tuple(self._joined([self._member(opened.cause, name) for name in names]) for names in opened.members)

    def _member(self, cause: Cause, name: str) -> str:
        index, _, below = name.partition(".")
        if cause != "weights" or not below:
            return self._labels_of(name).title(name)
        for labels in (self.labels, self._former):
            page = labels.formula
            if index not in page.indices:
                continue
            family = _family(page.indices[index], below)
            if family is not None:
                title = labels.titles.of_family(below, family)
            elif below in page.names.needs[index]:
                title = labels.criterion(index, below)
            else:
                continue
            if len(page.indices) == 1:
                return title
            return self.say("drivers-of-index", criterion=title, index=labels.title(index))
        return plain(name)

    def _labels_of(self, name: str) -> Labels:
        page = self.labels.formula
        return self.labels if name in page.names.columns or name in page.names.defined else self._former

    # --- sentences to one territory

    def told(self, code: str) -> list[str]:
        """Tell one territory its change, that of its share of the total, and what an attribution is."""
        row = self.found.row(code)
        money = _Figures(self.found.whole, row, is_share=False)
        share = _Figures(self.found.whole_shares, row, is_share=True)
        return [self._change(money), self._share(share), self.say("drivers-convention")]

    def _change(self, figures: _Figures) -> str:
        whole, row = figures.whole, figures.row
        before, after, change = float(whole.before[row]), float(whole.after[row]), float(whole.change[row])
        causes = self._causes(figures)
        values = {"before": self.money(before), "after": self.money(after), "change": self.money(abs(change))}
        if not causes:
            return self.say("drivers-still", after=self.money(0.0 if np.isnan(after) else after))
        if np.isnan(before):
            return self.say("drivers-joins", after=values["after"], causes=causes)
        if np.isnan(after):
            return self.say("drivers-leaves", before=values["before"], causes=causes)
        if change == 0:
            return self.say("drivers-stays", after=values["after"], causes=causes)
        return self.say("drivers-rises" if change > 0 else "drivers-falls", **values, causes=causes)

    def _share(self, figures: _Figures) -> str:
        whole, row = figures.whole, figures.row
        before, after = (
            self.labels.percent(float(np.nan_to_num(each[row])), whole.digits) for each in (whole.before, whole.after)
        )
        causes = self._causes(figures)
        if not causes:
            return self.say("drivers-share-still", after=after)
        return self.say("drivers-share-moves", before=before, after=after, causes=causes)

    def _causes(self, figures: _Figures) -> str:
        """List what is attributed to each cause that moves something."""
        told: list[str] = []
        for at, block in enumerate(self.found.split.blocks):
            amount = float(figures.whole.causes[at][figures.row])
            members = self._members(block, figures)
            if amount or members:
                told.append(self._item(self._to(block), amount, members, figures, is_first=not told))
        if rounding := float(figures.whole.rounding[figures.row]):
            told.append(self._item(self._to(("rounding",)), rounding, "", figures, is_first=not told))
        return ", ".join(told)

    def _item(self, cause: str, amount: float, members: str, figures: _Figures, *, is_first: bool) -> str:
        values = {"amount": self._written(amount, figures), "cause": cause}
        if members:
            entry = "drivers-attributed-of-which" if is_first else "drivers-of-which"
            return self.say(entry, **values, members=members)
        return self.say("drivers-attributed" if is_first else "drivers-also", **values)

    def _members(self, block: Sequence[Cause], figures: _Figures) -> str:
        """List what the members of an opened cause add, the largest first."""
        opened = self.found.split.opened.get(block[0])
        if opened is None:
            return ""
        amounts = figures.whole.opened[block[0]][:, figures.row]
        names = self.members(opened)
        order = [at for at in np.argsort(-np.abs(amounts), kind="stable") if amounts[at]]
        told = [
            self.say("drivers-to-member", amount=self._written(float(amounts[at]), figures), member=names[at])
            for at in order[:_NAMED]
        ]
        if left := order[_NAMED:]:
            rest = self._written(float(amounts[left].sum()), figures)
            entry = self.labels.count(len(left), "drivers-others-one", "drivers-others-many")
            told.append(self.say("drivers-to-others", amount=rest, others=entry))
        return ", ".join(told)

    def _written(self, amount: float, figures: _Figures) -> str:
        if not figures.is_share:
            return self.money(amount, signed=True)
        written = self.labels.number(amount * 100, figures.whole.digits)
        return f"+{written}" if amount > 0 else written

    # --- what a reader must know

    def notes(self) -> list[str]:
        """Say what a reader must know before reading figures."""
        found = self.found
        if not found.split.blocks:
            return [self.say("drivers-nothing")]
        return [*self._apart(), *self._taken_apart(), self.say("drivers-convention")]

    def _apart(self) -> Iterator[str]:
        """Say what could not be told apart, or not exactly."""
        found = self.found
        for name, problem in found.why.items():
            causes = self.cause(name.split("+"))
            yield self.say("drivers-joined", causes=causes, why=problem.text(self.language))
        if found.with_rule:
            yield self.say("drivers-with-rule")
        if found.unreadable:
            yield self.say("drivers-unreadable", columns=Codes(found.unreadable))
        if found.is_sampled:
            errors = [each.errors[:, 0] for each in found.split.opened.values() if each.errors is not None]
            largest = self.money(max(float(each.max()) for each in errors))
            yield self.say("drivers-sampled", pairs=SAMPLED_PAIRS, error=largest)

    def _taken_apart(self) -> Iterator[str]:
        """Say who is not in both."""
        comparison = self.found.comparison
        if comparison.partial:
            count, codes = (
                self.labels.territories(len(comparison.partial)),
                Codes(tuple(map(plain, comparison.partial))),
            )
            yield self.say("compare-partial", territories=count, codes=codes)
        if comparison.near:
            one, two = map(plain, comparison.near[0])
            yield self.say(
                "compare-near", first=one, second=two, territories=self.labels.territories(len(comparison.near))
            )
        gone, come = self._only
        if gone and come:
            counts = {"gone": self.labels.number(len(gone)), "come": self.labels.number(len(come))}
            yield self.say("drivers-codes", **counts, first=Codes(gone, most=3), second=Codes(come, most=3))

    @cached_property
    def _only(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The codes that one table only has: of that before, of that after."""
        first, second = (_codes(each) for each in self.found.comparison.allocations)
        return tuple(sorted(first - second)), tuple(sorted(second - first))


def _codes(allocation: Allocation) -> set[str]:
    return {plain(str(code)) for code in allocation.scope.table.codes}


def _family(group: Index | Family, name: str) -> Family | None:
    """Return a family by its name, wherever it stands below an index."""
    if name in group.families:
        return group.families[name]
    return next((found for each in group.families.values() if (found := _family(each, name)) is not None), None)
