"""Three ways of deciding a tier, side by side: as text, as HTML, and as a CSV file."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from equite.analysis.governance import GovernanceComparison
from equite.engine.cascade import Cascade
from equite.formula.plan import REGIMES
from equite.report.cascade.words import CascadeLabels
from equite.report.columns import ShownColumn
from equite.report.html import tables
from equite.report.language.labels import Labels, distinct
from equite.report.language.speech import Speech
from equite.report.language.text import plain, typeset
from equite.report.shown import Shown, shown_to_csv
from equite.report.terminal.grid import TextGrid, shortened
from equite.wording import Language

__all__ = ["governance_html", "governance_shown", "governance_text", "governance_to_csv"]

_WIDTH = 92
#: Names in the first table, and the least that a parent's is cut to in the second.
_LABEL, _NAME = 20, 14
#: Parents shown: those within which most money changes hands.
_PARENTS = 12
_OTHERS = tuple(REGIMES)[1:]
#: Figures named that nobody measured.
_MARKED = 3


def governance_text(found: GovernanceComparison, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell a comparison of regimes: a table, sentences, then the parents that chose for themselves.

    Parameters
    ----------
    found : GovernanceComparison
        The comparison.
    language : str, optional
        By default the plan's.
    width : int
        Characters to a line; names are cut to fit, numbers never.
    """
    told = _Told(found, language)
    parents = told.parents()
    notes = [textwrap.fill(note, width, break_on_hyphens=False) for note in told.sentences()]
    blocks = [textwrap.fill(told.title(), width), told.outcomes().text(), *notes]
    if parents is not None:
        blocks += [told.parents_title(), parents.narrowed(0, width, _NAME).text()]
    return "\n\n".join(blocks)


def governance_html(found: GovernanceComparison, language: Language | None = None) -> str:
    """Tell a comparison of regimes in two HTML tables and the sentences between them."""
    told = _Told(found, language)
    parents = told.parents()
    second = None if parents is None else parents.html(told.parents_title())
    content = [told.outcomes().html(told.title()), *tables.paragraphs(told.sentences()), second]
    return tables.framed(content, told.labels.language)


def governance_to_csv(
    found: GovernanceComparison, path: str | Path, tier: str | None = None, language: Language | None = None
) -> Path:
    """Write the table of a tier's territories to a CSV file that the readers' spreadsheet opens as it is.

    UTF-8 with a byte-order mark; ``;`` and a decimal comma in French.

    Raises
    ------
    SharingError
        The plan has no such tier.
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    return shown_to_csv(governance_shown(found, tier, language), path)


def governance_shown(found: GovernanceComparison, tier: str | None = None, language: Language | None = None) -> Shown:
    """Return a comparison of regimes as its files show it: every territory of a tier, by default the compared one.

    Raises
    ------
    SharingError
        The plan has no such tier.
    """
    told = _Told(found, language)
    columns = tuple(told.columns(found.table(tier), tier or found.tier))
    return Shown(told.title(), columns, told.labels.language, governance_html(found, language))


class _Labels(CascadeLabels):
    """The words of a plan, in a language that may be another than the plan's."""

    def __init__(self, cascade: Cascade, language: Language) -> None:
        super().__init__(cascade)
        self.language = language
        self.speech = Speech(self.formula, language)

    def tier(self, name: str) -> str:
        title = self.plan.tier(name).title
        return self.worded(title) if title else super().tier(name)


class _Told:
    """What is told of a comparison, in one language."""

    def __init__(self, found: GovernanceComparison, language: Language | None) -> None:
        self.found = found
        # Parents' own pages rest on all that the others rest on, and may rest on more.
        self.labels = _Labels(found.cascades["delegated"], language or found.plan.language)
        self.regimes = _records(found.regimes)
        self.peopled = found.people is not None

    # --- words

    def say(self, entry: str, **values: object) -> str:
        return typeset(self.labels.say(entry, **values), self.labels.language)

    def money(self, value: float) -> str:
        return self.labels.money(value)

    def each(self, value: float) -> str:
        """Write money per head, or per territory where nobody counts people."""
        return self.labels.money(value, max(2, self.labels.digits))

    def regime(self, name: str) -> str:
        return self.say(f"governance-{name}")

    def per(self, entry: str, **values: object) -> str:
        """Say a sentence about money per head, or per territory."""
        return self.say(f"{entry}-{'head' if self.peopled else 'territory'}", **values)

    def title(self) -> str:
        heading = self.labels.worded(self.found.plan.heading)
        title = self.say("governance-title", tier=self.labels.tier(self.found.tier), plan=heading)
        return self.labels.dressed(title, self.labels.marks[self.found.tier])

    # --- the regimes

    def outcomes(self) -> TextGrid:
        """One row for each fact, one column for each regime."""
        whole = self.labels.number
        rows = [self._row(f"compare-{key}", key, whole) for key in ("winning", "losing", "unchanged")]
        if self.peopled:
            rows += [self._row(f"compare-{key}", key, whole) for key in ("people_winning", "people_losing")]
        rows.append(self._row("governance-moved", "moved", self.money))
        for key in ("largest_gain", "largest_loss"):
            rows.append(self._row(f"compare-{key}", key, self.money, signed=True))
            rows.append(self._row("compare-whose", f"{key}_name", self._named))
        rows.append((self.per("governance-spread"), *(self.each(each["spread"]) for each in self.regimes)))
        rows.append(self._row("governance-added", "added", self.each, signed=True))
        rows.append((self.per("governance-opened"), *(self.each(each["opened"]) for each in self.regimes)))
        rows.append((self.say("governance-fit"), *(self.labels.percent(each["fit"]) for each in self.regimes)))
        for key in ("reserve", "on_top"):
            if any(each[key] for each in self.regimes):
                rows.append((self.say(f"governance-{key}"), *(self.money(each[key]) for each in self.regimes)))
        headings = ("", *(self.regime(name) for name in REGIMES))
        return TextGrid(headings, tuple(rows), (False, True, True, True))

    def _row(self, title: str, key: str, written: Callable[[Any], str], *, signed: bool = False) -> tuple[str, ...]:
        """Return a fact about what changes; in the regime that others are compared with, nothing does."""
        cells = [written(each[key]) for each in self.regimes[1:]]
        if signed:
            nothing = written(0.0)
            gains = [each[key] > 0 and cell != nothing for each, cell in zip(self.regimes[1:], cells, strict=True)]
            cells = [f"+{cell}" if gain else cell for gain, cell in zip(gains, cells, strict=True)]
        return (self.say(title), "", *cells)

    def _named(self, name: object) -> str:
        # Where nobody gains or loses there is no name; pandas makes it a missing number.
        return shortened(plain(name), _LABEL) if isinstance(name, str) else "—"

    # --- sentences

    def sentences(self) -> Iterator[str]:
        """Say what a board should read in the numbers."""
        yield self._who()
        yield self.say(f"governance-totals-{'same' if self._same_totals() else 'differ'}")
        yield from self._price()
        yield from self._fit()
        yield self.say("governance-no-verdict")
        yield from self.labels.mark_lines(_MARKED)

    def _who(self) -> str:
        deciding = {each["regime"]: self.labels.number(each["deciding"]) for each in self.regimes}
        above = self.labels.tier(self.found.above.tier.id)
        return self.say("governance-who", parents=self.labels.number(self._parents_count), above=above, **deciding)

    @property
    def _parents_count(self) -> int:
        return len(self.found.parents) // len(REGIMES)

    def _same_totals(self) -> bool:
        return bool((self.found.parents.groupby("parent")["total"].nunique() == 1).all())

    def _price(self) -> Iterator[str]:
        alike = [pair for pair in _records(self.found.pairs) if pair["alike"]]
        if not alike:
            yield self.say("governance-no-pairs")
            return
        values = {each["regime"]: self.each(each["spread"]) for each in self.regimes}
        count = {"alike": self.labels.number(len(alike)), "all": self.labels.number(len(self.found.codes))}
        yield self.per("governance-spread-told", **values, **count)
        # All that is opened within margins may be closed by what parents would do alone.
        for regime in reversed(_OTHERS):
            furthest = max(alike, key=itemgetter(f"opened_{regime}"))
            if furthest[f"opened_{regime}"] > 0:
                opened = {each["regime"]: self.each(each["opened"]) for each in self.regimes}
                yield self.per("governance-opened-told", **opened)
                yield self._furthest(furthest, regime)
                return

    def _furthest(self, pair: dict[str, Any], regime: str) -> str:
        """Tell of the like territories that local choice sets furthest apart."""
        names = {"one": self._place(pair, ""), "other": self._place(pair, "like_")}
        before = {"one_before": self.each(pair["uniform"]), "other_before": self.each(pair["like_uniform"])}
        after = {"one_after": self.each(pair[regime]), "other_after": self.each(pair[f"like_{regime}"])}
        return self.per("governance-furthest", regime=self.regime(regime).lower(), **names, **before, **after)

    def _place(self, pair: dict[str, Any], mark: str) -> str:
        return f"{plain(pair[f'{mark}name'])} ({plain(pair[f'{mark}parent_name'])})"

    def _fit(self) -> Iterator[str]:
        if math.isnan(self.regimes[0]["fit"]):
            yield self.say("governance-no-fit")
            return
        values = {each["regime"]: self.labels.percent(each["fit"]) for each in self.regimes}
        counts = {"stated": len(self.found.choices), "parents": self._parents_count}
        yield self.say("governance-fit-told", **values, **{key: self.labels.number(counts[key]) for key in counts})

    # --- parents

    def parents_title(self) -> str:
        return self.say("governance-parents", above=self.labels.tier(self.found.above.tier.id))

    def parents(self) -> TextGrid | None:
        """One row for each parent that chose for itself, those within which most changes first."""
        by_parent: dict[str, dict[str, dict[str, Any]]] = {}
        for row in _records(self.found.parents):
            if row["choice"]:
                by_parent.setdefault(row["parent"], {})[row["regime"]] = row
        if not by_parent:
            return None
        most = sorted(by_parent.items(), key=lambda item: -max(each["moved"] for each in item[1].values()))
        headings = ["", self.say("governance-shares")] if self._same_totals() else [""]
        shares = () if self._same_totals() else tuple(REGIMES)
        for entry, regimes in (("shares-in", shares), ("moved-in", _OTHERS), ("fit-in", tuple(REGIMES)[:2])):
            headings += [self.say(f"governance-{entry}", regime=self.regime(each).lower()) for each in regimes]
        rows = tuple(self._parent(code, each) for code, each in most[:_PARENTS])
        return TextGrid(tuple(headings), rows, (False, *(True for _ in headings[1:])))

    def _parent(self, code: str, by_regime: dict[str, dict[str, Any]]) -> tuple[str, ...]:
        uniform, margins, delegated = (by_regime[regime] for regime in REGIMES)
        shares = [each["shared_out"] for each in by_regime.values()]
        amounts = (*(shares[:1] if self._same_totals() else shares), margins["moved"], delegated["moved"])
        fits = (uniform["fit"], margins["fit"])
        name = self.labels.territory(uniform["name"], code)
        return (name, *map(self.money, amounts), *map(self.labels.percent, fits))

    # --- columns of a file

    def columns(self, table: pd.DataFrame, tier: str) -> Iterator[ShownColumn]:
        """Return a table of territories as readers see it; each heading stands once."""
        headings = [self._heading(str(name), tier) for name in table]
        told = distinct([(str(name), False, heading) for name, heading in zip(table, headings, strict=True)])
        for name, heading in zip(map(str, table), told, strict=True):
            cells = table[name]
            if name in ("code", "name") or name.startswith("parent"):
                yield ShownColumn(name, "key", "text", heading, [str(cell) for cell in cells])
                continue
            whole = name == "people" and bool((cells.dropna() % 1 == 0).all())
            digits = 0 if whole else 4 if name.startswith("score_") else max(2 * (name == "people"), self.labels.digits)
            yield ShownColumn(name, "after", "money", heading, cells.to_numpy(), digits)

    def _heading(self, name: str, tier: str) -> str:
        plan, labels = self.found.plan, self.labels
        kind, _, of = name.partition("_")
        if name in ("code", "name"):
            return labels.say(f"heading-{name}")
        if kind == "parent":
            title = labels.tier(plan.names[plan.names.index(tier) - 1])
            return title if of else self.say("governance-parent-code", tier=title)
        if name == "people":
            return self.say("governance-people")
        if kind == "score":
            return Labels(plan.formula_of(tier), labels.language).title(of)
        title = self.say("compare-against", label=self.regime(of).lower()) if of else self.regime(name)
        return labels.dressed(title, labels.symbol, labels.marks[tier])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
