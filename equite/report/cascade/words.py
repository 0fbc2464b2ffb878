"""What outputs tell of a cascade, worded once: its money of each dollar, its tiers, the checks of its pages.

Text, HTML, CSV files and workbooks say the same with these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.engine.allocation import Allocation
from equite.engine.rounding import Unit, largest_remainders
from equite.engine.sharing import Groups
from equite.formula.choices import LocalChoice
from equite.formula.formula import Formula
from equite.formula.names import criteria_of
from equite.formula.plan import GIVEN
from equite.report.language.labels import MARKED, Labels
from equite.report.language.text import plain, typeset
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.engine.accounts import Level
    from equite.engine.cascade import Cascade

__all__ = ["FLOWS", "CascadeLabels", "PageCheck", "Tally", "TierFigure"]

#: What flows through a tier, in order, and where its level holds it.
FLOWS = {
    "received": "received",
    "on_top": "on_top",
    "funds": "from_funds",
    "added": "added",
    "kept": "kept",
    "passed_on": "passed_on",
    "reserve": "reserve",
}
_DOLLARS = ("CAD", "USD", "AUD", "NZD")


@dataclass(frozen=True)
class PageCheck:
    """A check of a tier's pages, and for whom it fails.

    Attributes
    ----------
    title : str
        The tier, and what is asked.
    failing : tuple of str
        The codes for which it does not hold.
    passed : bool
        Whether it holds for all; one that could not be told for anybody fails without codes.
    tier : str
        The tier's id.
    """

    title: str
    failing: tuple[str, ...]
    passed: bool
    tier: str


@dataclass(frozen=True)
class TierFigure:
    """A figure that a tier's pages read: how it is called, its unit, where it comes from, how far to trust it."""

    tier: str
    title: str
    unit: str
    source: str
    date: str
    status: str | None


@dataclass(frozen=True)
class Tally:
    """A line of money: what it is, how much, and its part of all sources (missing for a source).

    ``tier`` and ``kind`` are those of the cascade's sources and uses.
    """

    tier: str
    kind: str
    label: str
    money: float
    share: float = math.nan


class CascadeLabels(Labels):
    """How readers see a cascade: the words of its first page, under the plan's title.

    Parameters
    ----------
    cascade : Cascade
        The cascade.
    """

    def __init__(self, cascade: Cascade) -> None:
        self.cascade, self.plan = cascade, cascade.plan
        # A word for the rows is that of one tier; what is said of them all says territories.
        first = self.plan.formula_of(self.plan.names[0])
        super().__init__(first.replace(title=dict(self.plan.heading), territory=None))
        #: The decimals of an amount on any tier.
        self.digits = max(Unit(Decimal(page.rounding_to)).digits for pages in self.pages.values() for _, page in pages)

    # --- words

    def tier(self, name: str) -> str:
        """Return a tier's title; without one, its id in words."""
        return plain(self.plan.title_of(name))

    def territories_of(self, tier: str, number: int) -> str:
        """Count the territories of a tier, in the word of its page."""
        return Labels(self.plan.formula_of(tier), self.language).territories(number)

    def fund(self, tier: str, name: str) -> str:
        """Return a fund's title; without one, that of its page."""
        fund = next(fund for fund in self.plan.tier(tier).funds if fund.id == name)
        return self.worded(fund.title or self.plan.formula_of(tier, name).heading)

    def at(self, tier: str, what: str) -> str:
        """Say something of a tier."""
        return self.say("cascade-at-tier", tier=self.tier(tier), what=what)

    def told(self, choice: LocalChoice, base: Formula) -> str:
        """Say what a parent decided."""
        return typeset(plain(choice.told(base, self.language)), self.language)

    def stated(self, tier: str, key: str) -> str:
        """Word what a tier keeps or adds: by the title that the plan gives it, where it gives one."""
        said = getattr(self.plan.tier(tier), "keeps" if key == "kept" else "adds")
        if said is not None and said.title:
            return self.say(f"cascade-{key}-titled", title=self.worded(said.title))
        return self.say(f"cascade-{key}")

    @cached_property
    def coin(self) -> str:
        """What “of each dollar” counts in: dollar, euro, or unit for any other money."""
        currency = "" if self.formula.unit else self.formula.currency
        return "dollar" if currency in _DOLLARS else "euro" if currency == "EUR" else "unit"

    def of_each(self, share: float, digits: int | None = None) -> str:
        """Write a part of a dollar in cents; of another unit, in percent."""
        if math.isnan(share):
            return ""
        hundredths = share * 100.0
        if digits is None and 0.0 < abs(hundredths) < 0.1:
            # Two figures of a small part, and no zeros after them.
            hundredths = round(hundredths, 1 - math.floor(math.log10(abs(hundredths))))
        elif digits is None:
            digits = 2
        return self.say(f"cascade-{self.coin}-part", number=self.number(hundredths, digits))

    # --- money

    def sources(self) -> list[Tally]:
        """Tell where the money comes from."""
        found = []
        for tier, kind, fund, money in self.cascade.sources.itertuples(index=False, name=None):
            if kind == "envelope":
                label = self.dressed(self.say("word-envelope"), self.mark(("envelope",)))
            elif kind == "fund":
                label = self.say("cascade-source-fund", tier=self.tier(tier), title=self.fund(tier, fund))
            elif kind == "added":
                label = self.at(tier, self.stated(tier, "added"))
            else:
                label = self.at(tier, self.say("cascade-on_top"))
            found.append(Tally(tier, kind, label, money))
        return found

    def uses(self) -> list[Tally]:
        """Tell where the money ends; parts of each dollar add up to a whole one."""
        frame = self.cascade.uses
        shares = frame["per_unit"].to_numpy(dtype=np.float64)
        if shares.size and np.isfinite(shares).all():
            shares = largest_remainders(shares * 10_000, np.array([10_000]), Groups.single(shares.size)) / 10_000
        found = []
        rows = frame[["tier", "use", "money"]].itertuples(index=False, name=None)
        for (tier, kind, money), share in zip(rows, shares.tolist(), strict=True):
            what = self.stated(tier, "kept") if kind == "kept" else self.say(f"cascade-{kind}")
            found.append(Tally(tier, kind, self.at(tier, what), money, share))
        return found

    def headline(self, level: Level) -> str:
        """Name a tier, with how many territories it has."""
        tier = level.tier.id
        return self.say(
            "cascade-headline", tier=self.tier(tier), territories=self.territories_of(tier, len(level.codes))
        )

    def flows(self, level: Level) -> dict[str, float]:
        """Return a tier's sums: what came in, was added, kept, passed on, left in reserve; only what there is."""
        sums = {word: self.exact(getattr(level, field)) for word, field in FLOWS.items()}
        if level is self.cascade.levels[-1]:
            del sums["passed_on"]
        return {word: money for word, money in sums.items() if money or word in ("received", "passed_on")}

    def flow_line(self, level: Level) -> str:
        """Tell a tier's sums in a line."""
        found = self.flows(level).items()
        return ", ".join(self.say(f"cascade-flow-{word}", amount=self.money(sum_)) for word, sum_ in found)

    def exact(self, minor_units: np.ndarray) -> float:
        """Sum minor units exactly, and give them as money."""
        return float(self.cascade.minor_units.money(np.array([int(minor_units.sum())]))[0])

    # --- who decides

    def decided(self, level: Level) -> list[str]:
        """Tell who decided a tier's page, where the plan says so."""
        body = level.tier.decided_by
        return [self.say("cascade-decided-by", body=self.worded(body))] if body else []

    def chosen(self, level: Level) -> list[str]:
        """Tell how many parents chose for themselves, where any did."""
        chosen = len(self.plan.choices_of(level.tier.id))
        values = {"chosen": self.number(chosen), "all": self.number(level.reserve.size)}
        return [self.say("cascade-chosen-one" if chosen == 1 else "cascade-chosen-many", **values)] if chosen else []

    def territory(self, name: str, code: str) -> str:
        """Name a territory with its code, once where they are the same."""
        return plain(name) if name == code else f"{plain(name)} ({plain(code)})"

    # --- checks, figures, marks

    def checks(self) -> list[PageCheck]:
        """Return the checks of all pages; one that parents' pages share stands once."""
        found: dict[tuple[str, str], tuple[dict[str, None], list[bool]]] = {}
        for tier, fund, allocation in self._allocations():
            titles = Labels(allocation.formula)
            for check in allocation.checks:
                said = [self.tier(tier), *([self.fund(tier, fund)] if fund else [])]
                key = " · ".join([*said, titles.check(check.that, check.title)])
                failing, passed = found.setdefault((key, tier), ({}, []))
                failing.update(dict.fromkeys(check.failing))
                passed.append(check.passed)
        return [
            PageCheck(title, tuple(failing), all(passed), tier) for (title, tier), (failing, passed) in found.items()
        ]

    def check_lines(self, most: int) -> list[str]:
        """Tell how many checks passed, and which failed for whom."""
        checks = self.checks()
        if not checks:
            return []
        failed = [check for check in checks if not check.passed]
        lines = [self.say("checks-passed", passed=self.number(len(checks) - len(failed)), all=self.number(len(checks)))]
        for check in failed[:most]:
            codes = Codes(tuple(map(plain, check.failing)), most=5).in_language(self.language)
            count = self.territories_of(check.tier, len(check.failing))
            lines.append("  " + self.say("check-failed", title=check.title, territories=count, codes=codes))
        if len(failed) > most:
            lines.append("  " + self.count(len(failed) - most, "checks-more-one", "checks-more-many"))
        return lines

    def mark_lines(self, most: int) -> list[str]:
        """Name the figures that nobody measured."""
        lines = []
        for status in MARKED:
            named = [f"{each.tier} · {each.title}" for each in self.figures if each.status == status]
            if len(named) > most:
                named[most:] = [self.count(len(named) - most, "reliance-more-one", "reliance-more-many")]
            if named:
                lines.append(self.say(f"reliance-{status}", items=", ".join(named)))
        return lines

    @cached_property
    def marks(self) -> dict[str, str]:
        """Return the mark of each tier's amounts: they rest on its page, and on all that stands above."""
        found, weakest = {}, len(MARKED)
        order = {status: at for at, status in enumerate(MARKED)}
        for level in self.cascade.levels:
            tier = level.tier
            for _, page in self.pages[tier.id]:
                labels = Labels(page)
                stated = [said.value.names for said in (tier.adds, tier.keeps) if said is not None]
                known = labels.statuses(labels.amount_names.union(*stated))
                weakest = min([weakest, *(order[status] for status in known if status in order)])
            found[tier.id] = self.status(MARKED[weakest]) if weakest < len(MARKED) else ""
        return found

    @cached_property
    def figures(self) -> list[TierFigure]:
        """The figures that the pages read, tier by tier, each once."""
        found = []
        for at, tier in enumerate(self.plan.names):
            for fund, page in self.pages[tier]:
                found += list(self._figures(tier, page, own_money=at == 0 or bool(fund)))
        return list(dict.fromkeys(found))

    def _figures(self, tier: str, page: Formula, *, own_money: bool) -> Iterator[TierFigure]:
        labels, said = Labels(page, self.language), self.plan.tier(tier)
        specs: dict[str, Any] = {"envelope": page.envelope} if page.envelope and own_money else {}
        specs |= dict(page.constants)
        specs |= {name: page.columns.get(name) for name in page.names.columns if name not in GIVEN}
        for name, spec in specs.items():
            source = plain(getattr(spec, "source", None) or "")
            if name in said.from_parent:
                source = source or self.say("cascade-from-parent")
            elif name in said.roll_up:
                source = source or self.say("cascade-rolled-up")
            unit = labels.symbol if name == "envelope" else ""
            yield TierFigure(
                self.tier(tier),
                labels.title(name),
                labels.worded(getattr(spec, "unit", None), unit),
                source or self.say("book-no-source"),
                plain(getattr(spec, "date", None) or ""),
                getattr(spec, "status", None),
            )
        for index, content in page.indices.items():
            for _, name, criterion in criteria_of(content):
                if criterion.status in MARKED:
                    title, unsaid = labels.criterion(index, name), self.say("book-no-source")
                    yield TierFigure(self.tier(tier), title, "", unsaid, "", criterion.status)

    def _allocations(self) -> Iterator[tuple[str, str, Allocation]]:
        for level in self.cascade.levels:
            yield from ((level.tier.id, "", allocation) for allocation in level.allocations)
            yield from ((level.tier.id, name, allocation) for name, allocation in level.funds.items())

    @cached_property
    def pages(self) -> dict[str, tuple[tuple[str, Formula], ...]]:
        """Each tier's pages: its own, its funds' (with the fund), those that parents chose."""
        found = {}
        for tier in self.plan.tiers:
            base = self.plan.formula_of(tier.id)
            funds = [(fund.id, self.plan.formula_of(tier.id, fund.id)) for fund in tier.funds]
            chosen = [("", choice.formula_on(base)) for choice in self.plan.choices_of(tier.id)]
            found[tier.id] = (("", base), *funds, *chosen)
        return found
