"""The card of a territory: what one must know, in ninety plain words at most, before all else in its section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.record import Reliance
from equite.report.html.markup import Child, Markup, element
from equite.report.html.page.context import ReportContext, pairs
from equite.report.html.page.first import several
from equite.report.language.labels import MARKED

if TYPE_CHECKING:
    from equite.engine.explanation import Explanation, Line

__all__ = ["MOST_WORDS", "Cards"]

#: Words of a card at most.
MOST_WORDS = 90
#: Reasons and figures that are named, and the words of a title or a name that stand on a card.
_REASONS, _FIGURES, _TITLE = 2, 2, 6


class Cards:
    """Makes the cards of a page; what all have in common is worded once."""

    def __init__(self, report: ReportContext) -> None:
        self.report, self.labels = report, report.labels
        self.common: list[tuple[str, Child]] = [
            (report.say("page-card-not-measured"), self._not_measured()),
            (report.say("page-card-who"), self._decider()),
            (report.say("page-card-contest"), self._contest()),
        ]

    def _contest(self) -> str:
        """Say to whom and by when an amount is contested; the whole stands at the end of the section."""
        told = self.labels.formula.contest
        if told is None:
            return self.report.say("page-card-contest-unsaid")
        to_whom, by_when = (_short(self.labels.worded(text)) for text in (told.to_whom, told.by_when))
        return self.report.say("page-card-contest-said", to_whom=to_whom, by_when=by_when)

    def card(self, explanation: Explanation, row: int) -> Markup:
        """Return a territory's card."""
        found: list[tuple[str, Child]] = [
            (self.report.say("page-card-amount"), element("strong", self.labels.money(explanation.amount))),
            *self._before(row),
        ]
        reasons = list(self._reasons(explanation))
        if reasons:
            found.append((self.report.say("page-card-why"), several(self.report, reasons)))
        return element("div", pairs([*found, *self.common], "facts"), class_="card")

    def _before(self, row: int) -> Iterator[tuple[str, Child]]:
        previous, change = self.report.column("previous"), self.report.column("change")
        if previous is None or change is None or not np.isfinite(previous.numbers[row]):
            return
        amount = self.labels.money(float(previous.numbers[row]), previous.digits)
        moved = self.report.signed(float(change.numbers[row]), change.digits)
        yield self.report.say("page-card-before"), self.report.say("page-card-change", amount=amount, change=moved)

    def _reasons(self, explanation: Explanation) -> Iterator[str]:
        """Return the part that gives most, and what moves most of the rest: a criterion, a limit or another part."""
        parts: dict[str, float] = {}
        others: list[tuple[float, str]] = []
        for line in explanation.lines:
            if line.part:
                parts[line.part] = parts.get(line.part, 0.0) + line.amount
            if line.kind in ("criterion", "limit", "bounds") and line.amount:
                others.append((line.amount, self._named(line)))
        told = sorted(((amount, name) for name, amount in parts.items() if amount), key=lambda each: -abs(each[0]))
        for amount, name in told[:1]:
            entry = "page-card-part" if amount > 0 else "page-card-levy"
            yield self.report.say(entry, part=_short(self.labels.title(name)), amount=self._money(abs(amount)))
        rest = [(amount, self._quoted(self.labels.title(name))) for amount, name in told[1:]]
        weighed = sorted(others, key=lambda each: -abs(each[0])) or rest
        for amount, name in weighed[: _REASONS - 1]:
            entry = "page-card-adds" if amount > 0 else "page-card-takes"
            yield self.report.say(entry, what=name, amount=self._money(abs(amount)))

    def _money(self, amount: float) -> str:
        return self.labels.speech.money(round(amount, 8))

    def _named(self, line: Line) -> str:
        """Name a criterion, a limit or the bounds of a part, with its mark where nobody measured it."""
        labels = self.labels
        if line.kind == "criterion":
            index, _, name = line.id.partition(".")
            mark = self.report.mark_said(self.report.statuses_of(line))
            return labels.dressed(self._quoted(labels.criterion(index, name)), mark)
        if line.kind == "limit":
            return self._quoted(labels.limit(next(limit for limit in labels.formula.limits if limit.id == line.id)))
        return self._quoted(labels.say("explain-bounds", part=labels.title(line.part)))

    def _quoted(self, title: str) -> str:
        return self.labels.speech.quoted(_short(title))

    def _not_measured(self) -> str:
        """Name the heaviest figures of the weakest status that there is."""
        entries = {"illustrative": "fictitious", "declared": "declared", "estimated": "estimated"}
        for status in (*MARKED, "estimated"):
            found = [each for each in self.report.allocation.reliance if each.status == status]
            if found:
                return self.report.say(f"page-card-{entries[status]}", items=self._figures(found))
        return self.report.say("page-card-all-measured")

    def _figures(self, found: list[Reliance]) -> str:
        ordered = sorted(found, key=lambda each: -each.dollars)
        named = [_short(self.labels.title(each.item)) for each in ordered[:_FIGURES]]
        left = len(ordered) - len(named)
        if left:
            named.append(self.labels.count(left, "page-others-one", "page-others-many"))
        return several(self.report, named)

    def _decider(self) -> str:
        decision = self.report.allocation.formula.decision
        if decision is None or not decision.adopted_by:
            return self.report.say("page-card-undecided")
        body = _short(decision.adopted_by)
        if not decision.date:
            return body
        return self.report.say("page-card-decided", body=body, date=_short(decision.date))


def _short(text: str) -> str:
    """Return a title's first words, where it has many."""
    words = text.split(" ")
    return text if len(words) <= _TITLE else " ".join(words[:_TITLE]) + "…"
