"""How equally an allocation treats people, and whether it follows need: as text, as HTML, and as files show it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from equite.analysis.equity import Equity
from equite.report.analyses.sections import Section
from equite.report.columns import ShownColumn
from equite.report.files import files_read
from equite.report.html import tables
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.shown import Shown
from equite.report.terminal.grid import TextGrid, shortened
from equite.wording import Codes, Language

__all__ = ["EquityLabels", "equity_html", "equity_shown", "equity_text"]

#: Characters of a line of text, the most of a name, and the territories shown beside their peers.
_WIDTH, _NAME, _FURTHEST = 92, 30, 10
#: The decimals of a measure, and those of one shown in percent.
_DIGITS = 3
#: Measures that are shares of something, and are written in percent.
_SHARES = frozenset({"hoover", "horizontal"})


def equity_text(equity: Equity, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell the measures of an allocation in tables of text, each measure with what it says and what it does not.

    Parameters
    ----------
    equity : Equity
        The measures.
    language : str, optional
        By default the page's.
    width : int
        Characters to a line; names are cut to fit, numbers never.
    """
    labels = EquityLabels(equity, language)
    title = textwrap.fill(labels.heading_of_all(), width)
    return "\n\n".join([title, *(section.text(width) for section in _sections(equity, labels, cut=True))])


def equity_html(equity: Equity, language: Language | None = None) -> str:
    """Tell the measures of an allocation in HTML tables."""
    labels = EquityLabels(equity, language)
    sections = [section.html() for section in _sections(equity, labels, cut=False)]
    return tables.framed([*tables.paragraphs([labels.heading_of_all()]), *sections], labels.language)


def equity_shown(equity: Equity) -> Shown:
    """Return the measures as their files show them; all the rest stands in their view."""
    labels, table = EquityLabels(equity), equity.table
    rows = [labels.measure(*key) for key in zip(table["per"], table["measure"], strict=True)]
    columns = [
        ShownColumn("of", "key", "text", labels.say("equity-of"), [labels.per(per) for per in table["per"]]),
        ShownColumn("measure", "key", "text", labels.say("equity-measure"), rows),
    ]
    columns += [
        ShownColumn(name, "after", "money", labels.split(name), table[name].to_numpy(), 6) for name in equity.splits
    ]
    view, files = equity_html(equity), files_read(equity.allocation)
    return Shown(labels.heading_of_all(), tuple(columns), labels.language, view, True, files)


class EquityLabels(Labels):
    """The words of the measures of an allocation."""

    def __init__(self, equity: Equity, language: Language | None = None) -> None:
        super().__init__(equity.allocation.formula, language)
        self.equity = equity

    def heading_of_all(self) -> str:
        """Say what is measured, of how many people."""
        counted = self.equity.people > 0
        return self.say(
            "equity-title",
            page=self.worded(self.formula.heading),
            territories=self.territories(int(counted.sum())),
            people=self.number(float(self.equity.people[counted].sum())),
        )

    def split(self, name: str) -> str:
        """Word a way to share."""
        return self.say("equity-need-itself") if name == "need" else self.say(f"equity-split-{name}")

    def measure(self, per: str, name: str) -> str:
        """Word a measure, with the figure that it was given."""
        if name == "atkinson":
            return self.say("equity-atkinson-of", aversion=self.number(self.equity.aversion))
        return self.say(f"equity-{name}")

    def per(self, per: str) -> str:
        """Word what is measured: what one person gets, or one unit of need."""
        return self.say(f"equity-per-{per}")

    def need(self) -> str:
        """Word the measure of need, and that it rests on declared or illustrative figures."""
        name = str(self.equity.need)
        return self.dressed(self.title(name), self.mark([name]))

    def written(self, name: str, value: float) -> str:
        """Write the figure of a measure."""
        if math.isnan(value):
            return "—"
        return self.percent(value) if name in _SHARES else self.number(round(value, _DIGITS) + 0.0, _DIGITS)


def _sections(equity: Equity, labels: EquityLabels, *, cut: bool) -> Iterator[Section]:
    table = equity.table
    for per in dict.fromkeys(table["per"]):
        yield _measures(equity, labels, per)
    yield Section(labels.say("equity-reading"), None, tuple(_readings(equity, labels)))
    if equity.need is not None and bool((equity.peers["peers"] > 0).any()):
        yield _peers(equity, labels, cut=cut)
    notes = tuple(_notes(equity, labels))
    if notes:
        yield Section(labels.say("equity-left-out"), None, notes)


def _measures(equity: Equity, labels: EquityLabels, per: str) -> Section:
    rows = equity.table[equity.table["per"] == per]
    headings = (labels.say("equity-measure"), *(labels.split(name) for name in equity.splits))
    cells = tuple(
        (labels.measure(per, row["measure"]), *(labels.written(row["measure"], row[name]) for name in equity.splits))
        for row in rows.to_dict("records")
    )
    right = (False, *(True for _ in equity.splits))
    title = labels.say("equity-by-head") if per == "head" else labels.say("equity-by-need", need=labels.need())
    return Section(title, TextGrid(headings, cells, right))


def _readings(equity: Equity, labels: EquityLabels) -> Iterator[str]:
    """Say of each measure what it says and what it does not, and of the ways to share what they are."""
    need = labels.need() if equity.need is not None else ""
    for name in dict.fromkeys(equity.table["measure"]):
        values = {"need": need, "near": labels.percent(equity.near, 0), "by": equity.by or ""}
        yield labels.say(f"equity-says-{name}", **values)
    yield labels.say("equity-says-before" if "before" in equity.splits else "equity-says-splits")


def _peers(equity: Equity, labels: EquityLabels, *, cut: bool) -> Section:
    shown = equity.peers[equity.peers["peers"] > 0].head(_FURTHEST)
    digits = max(2, labels.digits)
    money = (labels.say("equity-one-gets"), labels.say("equity-peers-get"))
    headings = (labels.heading("name"), labels.say("equity-peers"), *money, labels.say("equity-difference"))
    rows = []
    for row in shown.to_dict("records"):
        name = plain(str(row.get("name", row["code"])))
        gap = labels.percent(row["difference"]) if row["difference"] == row["difference"] else "—"
        rows.append(
            (
                shortened(name, _NAME) if cut else name,
                labels.number(row["peers"]),
                labels.money(row["per_head"], digits),
                labels.money(row["peers_per_head"], digits),
                f"+{gap}" if row["difference"] > 0 and any(each in gap for each in "123456789") else gap,
            )
        )
    note = labels.say("equity-note-peers", near=labels.percent(equity.near, 0), need=labels.need())
    title = labels.say("equity-furthest")
    return Section(title, TextGrid(headings, tuple(rows), (False, True, True, True, True)), (note,))


def _notes(equity: Equity, labels: EquityLabels) -> Iterator[str]:
    """Say who stands in no measure, and why a way to share is absent."""
    left_out = {
        "equity-uncounted": equity.uncounted,
        "equity-without-need": equity.without_need,
        "equity-without-before": equity.without_previous,
    }
    for entry, codes in left_out.items():
        if codes:
            told = Codes(tuple(map(plain, codes))).in_language(labels.language)
            yield labels.say(entry, territories=labels.territories(len(codes)), codes=told)
    if equity.need is None:
        yield labels.say("equity-no-need-named")
