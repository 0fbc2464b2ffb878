"""A section for each territory: what it gets, why, and where it stands among the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from equite.analysis.profile import places
from equite.engine.sharing import Floats
from equite.report.html.markup import Child, Markup, element, fragment
from equite.report.html.page.card import Cards
from equite.report.html.page.context import PageSection, ReportContext, apart, badge, pairs
from equite.report.html.page.declared import Declared
from equite.report.html.page.promises import bound_value
from equite.report.html.page.reasons import reasons
from equite.report.html.page.waterfall import Values, waterfall
from equite.report.html.page.what_if import what_if_here
from equite.report.html.page.worksheets import MOST_WORKED, Worksheets

if TYPE_CHECKING:
    from equite.engine.explanation import Explanation

__all__ = ["territories_section"]


def territories_section(report: ReportContext) -> PageSection:
    """Return the territories that were asked for, in code order, each printed on its own page if the reader wants."""
    labels, title = report.labels, report.say("page-each")
    every = labels.number(len(report.allocation.codes))
    if not report.told:
        return PageSection("territories", title, element("p", report.say("page-territories-none", all=every)))
    lead = [element("p", report.say("page-territories-lead"))]
    if len(report.told) < len(report.allocation.codes):
        told = labels.territories(len(report.told))
        lead.append(element("p", report.say("page-territories-some", told=told, all=every)))
    if len(report.told) > MOST_WORKED:
        lead.append(element("p", report.say("page-sheet-none", count=labels.number(len(report.told)))))
    teller = _Teller(report)
    sections = [teller.section(row) for row in report.told]
    return PageSection("territories", title, fragment(*lead, _printing(report), *sections))


def _printing(report: ReportContext) -> Markup:
    """Return the choice of what is printed; it works without any script: the territory chosen is the address's."""
    ways = [
        element(
            "p",
            element("input", type="radio", name="print", id=f"print-{way}", checked=way == "page"),
            " ",
            element("label", report.say(f"page-print-{way}"), for_=f"print-{way}"),
        )
        for way in ("page", "one", "all")
    ]
    return element("fieldset", element("legend", report.say("page-print")), *ways, class_="option")


class _Teller:
    """Tells one territory after the other; what all have in common is computed once."""

    def __init__(self, report: ReportContext) -> None:
        self.report, self.labels, self.allocation = report, report.labels, report.allocation
        self.ranks = list(self._ranks())
        self.values = Values(report)
        self.declared, self.cards = Declared(report), Cards(report)
        self.worksheets = Worksheets(report) if len(report.told) <= MOST_WORKED else None
        self.is_shapley = any(found.is_shapley for found in self.allocation.contributions)
        self.remarks = next((column.cells for column in report.columns if column.step == "notes"), None)

    def _ranks(self) -> Iterator[tuple[str, Floats, Floats | None]]:
        """Return what ranks are told by, each territory's, and the scores of an index."""
        yield self.report.say("page-rank-amount"), places(self.allocation.amounts), None
        per_head = self.report.column("per_head")
        if per_head is not None:
            yield self.report.say("page-rank-per_head"), places(per_head.numbers), None
        for name in self.allocation.formula.indices:
            scores = self.allocation.scope.scoring(name).scores[self.allocation.context.rows]
            yield self.report.say("page-rank-index", index=self.labels.title(name)), places(scores), scores

    def section(self, row: int) -> Markup:
        """Return a territory's section."""
        code, name = self.allocation.codes[row], self.report.names[row]
        anchor = self.report.anchors[code]
        sheet = self.allocation.worksheet(code) if self.worksheets is not None else None
        # A worksheet has the explanation with it.
        explanation = (sheet and sheet.explanation) or self.allocation.explain(code)
        remark = self.remarks[row] if self.remarks is not None else ""
        back = element("a", self.report.say("page-back"), href="#amounts", class_="back")
        alone = element("button", self.report.say("page-print-button"), type="button", class_="print", hidden=True)
        heading = element("h3", apart(name), "" if name == code else f" ({code})", id=f"{anchor}:h")
        return element(
            "section",
            heading,
            self.cards.card(explanation, row),
            element("div", self._told(explanation, row), pairs(self._facts(explanation, row), "facts"), class_="told"),
            element("p", str(remark)) if remark else None,
            waterfall(self.report, explanation, self.values, row),
            *self._notes(explanation),
            what_if_here(self.report, row),
            self.declared.block(row),
            self.worksheets.block(sheet) if self.worksheets is not None and sheet is not None else None,
            element("p", self.labels.contest, class_="contest"),
            element("p", back, " ", alone, class_="option"),
            id=anchor,
            class_="territory",
            aria_labelledby=f"{anchor}:h",
        )

    def _notes(self, explanation: Explanation) -> Iterator[Markup]:
        """Say how the dollars of criteria were found, where they are not the plain product of a weight and a score."""
        for entry, holds in (("sheet-shapley", self.is_shapley), ("explain-sampled", explanation.sampled)):
            if holds:
                yield element("p", element("small", self.report.say(entry)))

    def _told(self, explanation: Explanation, row: int) -> Markup:
        """Say the amount, what it is made of and why, and how it differs from the one before."""
        labels, report = self.labels, self.report
        amount = element("strong", labels.money(float(self.allocation.amounts[row])))
        told = [element("p", report.around(amount, "page-receives"), class_="lead")]
        told.append(reasons(report, explanation, row))
        change = report.column("change")
        if change is not None and np.isfinite(change.numbers[row]):
            moved = float(change.numbers[row])
            entry = "page-change-none" if moved == 0 else "page-change-up" if moved > 0 else "page-change-down"
            told.append(element("p", report.say(entry, amount=labels.money(abs(moved), change.digits))))
        return element("div", *told)

    def _facts(self, explanation: Explanation, row: int) -> list[tuple[str, Child]]:
        labels, report = self.labels, self.report
        found: list[tuple[str, Child]] = []
        people = self.allocation.people
        if people is not None and np.isfinite(people[row]):
            found.append((report.say("page-people"), labels.number(float(people[row]))))
        per_head = report.column("per_head")
        if per_head is not None and np.isfinite(per_head.numbers[row]):
            value = labels.money(float(per_head.numbers[row]), per_head.digits)
            if per_head.total is not None:
                value = report.say("page-beside-all", value=value, all=labels.money(per_head.total, per_head.digits))
            found.append((report.say("heading-per_head"), value))
        share = report.column("share")
        if share is not None:
            found.append((report.say("page-share"), labels.percent(float(share.numbers[row]), share.digits)))
        found += self._before(row)
        if self.allocation.stages:
            shared = round(sum(line.amount for line in explanation.lines if line.part), 8)
            found.append((report.say("page-fact-before-limits"), labels.money(shared)))
        every = labels.number(len(self.allocation.codes))
        for label, ranks, scores in self.ranks:
            if np.isfinite(ranks[row]):
                rank = report.say("page-rank", rank=labels.number(float(ranks[row])), all=every)
                score = (
                    report.say("page-score", score=labels.number(float(scores[row]), 2)) if scores is not None else ""
                )
                found.append((label, (score, "; " if score else "", rank)))
        return [*found, *self._bounds(row)]

    def _bounds(self, row: int) -> Iterator[tuple[str, Child]]:
        """Return the floors and the caps of a territory, in money, and whether its amount stands at one."""
        for stage in self.allocation.stages:
            for way, held in (("floor", stage.raised), ("cap", stage.lowered)):
                value = bound_value(self.report, stage, way, row)
                if value:
                    stands = self.report.say("page-fact-held") if held[row] else None
                    label = self.report.say(f"page-fact-{way}", limit=self.labels.limit(stage.limit))
                    yield label, (value, " " if stands else None, stands)

    def _before(self, row: int) -> list[tuple[str, Child]]:
        """Return the previous amount and the change."""
        labels, report = self.labels, self.report
        previous, change, relative = map(report.column, ("previous", "change", "change_share"))
        if previous is None or change is None or not np.isfinite(previous.numbers[row]):
            return []
        told = report.signed(float(change.numbers[row]), change.digits)
        if relative is not None and np.isfinite(relative.numbers[row]):
            share = float(relative.numbers[row])
            told += f" ({'+' if share > 0 else ''}{labels.percent(share)})"
        before = labels.money(float(previous.numbers[row]), previous.digits)
        mark = badge(labels.mark(("previous",)))
        return [(report.say("heading-previous"), (before, " ", mark)), (report.say("heading-change"), told)]
