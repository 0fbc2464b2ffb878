"""A diagnosis of an index and the profile of a territory, as text and as HTML."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from equite.analysis.diagnostics import Diagnosis
from equite.analysis.profile import Profile
from equite.analysis.weighting import WEIGHTINGS
from equite.engine.rounding import round_half_away
from equite.formula.indices import Family, Index
from equite.report.analyses.sections import Section
from equite.report.columns import ShownColumn
from equite.report.html import tables
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.shown import Shown, columns_of
from equite.report.terminal.grid import TextGrid, shortened
from equite.wording import Language

__all__ = ["diagnosis_html", "diagnosis_shown", "diagnosis_text", "profile_html", "profile_shown", "profile_text"]

#: Characters of a line of text, and the most of a name.
_WIDTH, _NAME = 92, 30
#: Pairs shown; criteria named where a territory stands furthest from its peers.
_PAIRS, _FURTHEST = 12, 3
#: Columns of files that hold no figure of anybody's: four decimals tell enough.
_COMPUTED = ("correlation", "score", "score_peers", "gap")

Row = Mapping[Hashable, Any]


def diagnosis_text(diagnosis: Diagnosis, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell a diagnosis in tables of text.

    Parameters
    ----------
    diagnosis : Diagnosis
        The diagnosis.
    language : str, optional
        By default the page's.
    width : int
        Characters to a line; names are cut to fit, numbers never.
    """
    words = _Words(diagnosis, language, _NAME)
    return words.in_text(_diagnosis(words, diagnosis), width)


def diagnosis_html(diagnosis: Diagnosis, language: Language | None = None) -> str:
    """Tell a diagnosis in HTML tables, every text escaped, no colour but the theme's."""
    words = _Words(diagnosis, language)
    return words.in_html(_diagnosis(words, diagnosis))


def profile_text(profile: Profile, language: Language | None = None, *, width: int = _WIDTH) -> str:
    """Tell a profile in tables of text; parameters as for :func:`diagnosis_text`."""
    words = _Words(profile, language, _NAME)
    return words.in_text(_profile(words, profile), width)


def profile_html(profile: Profile, language: Language | None = None) -> str:
    """Tell a profile in HTML tables, every text escaped, no colour but the theme's."""
    words = _Words(profile, language)
    return words.in_html(_profile(words, profile))


def diagnosis_shown(diagnosis: Diagnosis) -> Shown:
    """Return a diagnosis as its files show it: what each criterion weighs; all the rest stands in its view."""
    words = _Words(diagnosis, None)
    title = _diagnosis(words, diagnosis)[0].title
    shares = ("relative", "nominal", "effective", "importance", "variance_share")
    columns = words.columns(diagnosis.table, shares)
    return Shown(title, columns, words.language, diagnosis_html(diagnosis), is_enough=True)


def profile_shown(profile: Profile) -> Shown:
    """Return a profile as its files show it: where the territory stands on each criterion."""
    words = _Words(profile, None)
    columns = words.columns(profile.table, ("weight",))
    return Shown(_named(profile.name, profile.code), columns, words.language, profile_html(profile), is_enough=True)


class _Words(Labels):
    """Says names and numbers of one index; names are cut to ``cut`` characters, and their marks are signs then."""

    def __init__(self, found: Diagnosis | Profile, language: Language | None, cut: int | None = None) -> None:
        super().__init__(found.allocation.formula, language)
        self.index, self.cut = found.scoring.name, cut
        self._signs = {self.status("illustrative"): "*", self.status("declared"): "†"}
        self._marked: set[str] = set()
        #: How each kind of cell is written.
        self._kinds: dict[str, Callable[[Any], str]] = {
            "criterion": self.of,
            "family": self.family,
            "said": str,
            "figure": str,
            "reading": lambda value: self.say(f"diagnosis-reading-{value}"),
            "reason": lambda value: self.say(f"diagnosis-reason-{value}"),
            "treatment": self._treatment,
            "count": self.number,
            "two": lambda value: self.number(value, 2),
            "figures": self.figures,
            "signed": self.signed,
            "percent": self.percent,
        }

    def in_text(self, sections: Sequence[Section], width: int) -> str:
        """Set sections one below the other, and what the signs beside names mean."""
        marks = [f"{self._signs[mark]} {mark}" for mark in self._signs if mark in self._marked]
        return "\n\n".join([*(section.text(width) for section in sections), *([", ".join(marks)] if marks else [])])

    def in_html(self, sections: Sequence[Section]) -> str:
        """Set sections one below the other."""
        return tables.framed([section.html() for section in sections], self.language)

    def name(self, text: str) -> str:
        """Return a name, cut where it must be."""
        return plain(text) if self.cut is None else shortened(plain(text), self.cut)

    def of(self, criterion: str) -> str:
        """Return a criterion's title, and that it rests on declared or illustrative figures."""
        mark, title = self.criterion_mark(self.index, criterion), self.name(self.criterion(self.index, criterion))
        self._marked |= {mark}
        if self.cut is None:
            return f"{title} [{mark}]" if mark else title
        # In front, where no cut takes it away.
        return self._signs.get(mark, "") + title

    def family(self, path: str) -> str:
        """Return a family's title; for the empty path, that of the whole."""
        if not path:
            return self.say("diagnosis-all")
        group: Index | Family | None = self.formula.indices[self.index]
        for name in path.split("/"):
            group = group.families.get(name) if group else None
        assert isinstance(group, Family)
        return self.name(self.titles.of_family(path.rpartition("/")[2], group))

    def signed(self, value: float) -> str:
        """Write a number with two decimals and its sign."""
        written = self.number(value, 2)
        return f"+{written}" if value > 0 and any(digit in written for digit in "123456789") else written

    def figures(self, value: float) -> str:
        """Write a number with four figures, more where it is large."""
        if math.isnan(value) or value == 0:
            return self.number(value)
        digits = max(0, 3 - math.floor(math.log10(abs(value))))
        return self.number(float(round_half_away(np.array(value), digits)))

    def _treatment(self, name: str) -> str:
        if name in ("", "winsorised", "logged"):
            return self.say(f"diagnosis-treated-{name or 'not'}")
        return self.method(name)

    def drawn_by(self, method: str) -> str:
        """Word a method of weighting; one that was added later keeps its name."""
        try:
            return self.say(f"weighting-{method}")
        except KeyError:
            return method

    def table(self, rows: Sequence[Row], kinds: Mapping[str, str]) -> TextGrid | None:
        """Make a table of some columns of rows, each of a kind; none without rows."""
        if not rows:
            return None
        headings = tuple(self.say(f"diagnosis-col-{name}") for name in kinds)
        cells = tuple(tuple(self._kinds[kind](row[name]) for name, kind in kinds.items()) for row in rows)
        texts = ("criterion", "family", "said", "reading", "reason", "treatment")
        return TextGrid(headings, cells, tuple(kind not in texts for kind in kinds.values()))

    def columns(self, frame: pd.DataFrame, shares: Sequence[str]) -> tuple[ShownColumn, ...]:
        """Word a table of criteria as files show it."""
        headings = {str(name): self.say(f"diagnosis-col-{name}") for name in frame}
        worded: dict[str, Any] = {"criterion": [self.of(name) for name in frame["criterion"]]}
        worded["family"] = [self.family(path) if path else "" for path in frame["family"]]
        computed = frame[[name for name in _COMPUTED if name in frame]]
        worded |= {str(name): round_half_away(cells.to_numpy(), 4) + 0.0 for name, cells in computed.items()}
        return columns_of(frame.assign(**worded), headings, self.language, shares=shares)

    def section(self, title: str, grid: TextGrid | None, *notes: str) -> Section:
        """Make a section; an empty one says so."""
        return Section(title, grid, notes if grid else (self.say("diagnosis-none"),))


def _records(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return table.to_dict("records")


def _diagnosis(words: _Words, told: Diagnosis) -> list[Section]:
    """Return a diagnosis, section by section."""
    count, territories = words.number(len(told.scoring.criteria)), words.territories(len(told.allocation.codes))
    kinds = {"family": "family", "criteria": "count", "territories": "count", "alpha": "two"}
    alpha, note = words.table(_records(told.alpha), kinds), words.say("diagnosis-note-alpha")
    constant = {"criterion": "criterion", "reason": "reason", "apart": "percent", "variation": "percent"}
    shape = ("skewness", "kurtosis", "skewness_after", "kurtosis_after")
    extreme = {"criterion": "criterion", "treatment": "treatment", **dict.fromkeys(shape, "two")}
    outliers = _records(told.outliers[told.outliers["flagged"] | told.outliers["flagged_after"]])
    return [
        Section(words.say("diagnosis-title", index=words.title(words.index), criteria=count, territories=territories)),
        _weights(words, told),
        *_pairs(words, told),
        words.section(words.say("diagnosis-alpha"), alpha, note),
        words.section(words.say("diagnosis-constant"), words.table(_records(told.constant), constant)),
        words.section(words.say("diagnosis-outliers"), words.table(outliers, extreme)),
        _left_out(words, told),
        _drawn(words, told),
    ]


def _weights(words: _Words, told: Diagnosis) -> Section:
    table, columns = told.weights, ("nominal", "effective", "importance", "variance_share")
    known = [name for name in columns if not table[name].isna().all()]
    notes = [words.say("diagnosis-note-importance")]
    if "variance_share" not in known:
        notes.append(words.say("diagnosis-note-no-variance"))
    elif (table["variance_share"] < 0).any():
        notes.append(words.say("diagnosis-note-negative"))
    grid = words.table(_records(table), {"criterion": "criterion", **dict.fromkeys(known, "percent")})
    return words.section(words.say("diagnosis-weights"), grid, *notes)


def _pairs(words: _Words, told: Diagnosis) -> Iterator[Section]:
    """Return the pairs flagged over all, then those that are flagged, or read otherwise, within a group only."""
    kinds = {"criterion_a": "criterion", "criterion_b": "criterion", "group": "said", "reading": "reading"}
    kinds |= {"pearson": "two", "spearman": "two"}
    flag, flags = words.number(told.flag), _records(told.flags)
    over_all = [row for row in flags if not row["by"]]
    known = [_pair(row) for row in over_all]
    inside = [row for row in flags if row["by"] and _pair(row) not in known]
    for row in inside:
        count = words.number(row["territories"])
        row["group"] = words.say("diagnosis-group", by=words.title(row["by"]), group=plain(row["group"]), count=count)
    shown = {name: kind for name, kind in kinds.items() if name != "group"}
    notes = [words.say("diagnosis-note-pairs"), *_more(words, over_all)]
    yield words.section(words.say("diagnosis-pairs", flag=flag), words.table(over_all[:_PAIRS], shown), *notes)
    if (told.correlations["by"] != "").any():
        title = words.say("diagnosis-pairs-groups", flag=flag)
        yield words.section(title, words.table(inside[:_PAIRS], kinds), *_more(words, inside))


def _pair(row: Row) -> tuple[str, str, str]:
    return row["criterion_a"], row["criterion_b"], row["reading"]


def _more(words: _Words, rows: Sequence[Row]) -> list[str]:
    left = len(rows) - _PAIRS
    return [words.count(left, "diagnosis-pairs-more-one", "diagnosis-pairs-more-many")] if left > 0 else []


def _left_out(words: _Words, told: Diagnosis) -> Section:
    names = dict(zip(told.allocation.codes, told.allocation.names, strict=True))
    rows = _records(told.leave_one_out)
    for row in rows:
        path = "/".join(name for name in (row["family"], row["left_out"]) if name)
        title = words.family(path) if row["kind"] == "family" else words.of(row["left_out"])
        row["left_out"] = "  " * (row["level"] - 1) + title
        row["whose"] = words.name(names[row["code"]]) if row["code"] else "—"
    grid = words.table(rows, {"left_out": "said", "whose": "said", "mean_places": "two", "most_places": "count"})
    return words.section(words.say("diagnosis-left-out"), grid, words.say("diagnosis-note-left-out"))


def _drawn(words: _Words, told: Diagnosis) -> Section:
    columns = ["chosen", *WEIGHTINGS]
    headings = (words.say("diagnosis-col-criterion"), *map(words.drawn_by, columns))
    table = _records(told.weighting)
    rows = tuple((words.of(row["criterion"]), *(words.percent(row[name]) for name in columns)) for row in table)
    grid = TextGrid(headings, rows, (False, *(True for _ in columns)))
    return words.section(words.say("diagnosis-drawn"), grid, words.say("diagnosis-note-drawn"))


def _profile(words: _Words, told: Profile) -> list[Section]:
    """Return a profile, section by section."""
    about = {"score": words.number(told.score, 2), "rank": words.number(told.rank)}
    territories = words.territories(len(told.allocation.codes))
    standing = words.say("profile-standing", index=words.title(words.index), territories=territories, **about)
    peers = _records(told.peers)
    for row in peers:
        row["peer"] = _named(row["name"], row["code"])
    grid = words.table(peers, {"peer": "said", "distance": "two", "score": "two"})
    return [
        Section(_named(told.name, told.code), None, (standing, *_furthest(words, told))),
        _criteria(words, told),
        words.section(words.say("profile-peers"), grid, words.say("profile-note-peers")),
    ]


def _named(name: str, code: str) -> str:
    return plain(name) if name == code else f"{plain(name)} ({plain(code)})"


def _furthest(words: _Words, told: Profile) -> Iterator[str]:
    """Say where the territory stands furthest from its peers."""
    for entry, table in (("profile-above", told.above), ("profile-below", told.below)):
        rows = _records(table.head(_FURTHEST))
        named = [f"{words.criterion(words.index, row['criterion'])} ({words.signed(row['gap'])})" for row in rows]
        if named:
            yield words.say(entry, criteria=", ".join(named))


def _criteria(words: _Words, told: Profile) -> Section:
    rows = _records(told.table)
    groups: dict[str, None] = {}
    for row, criterion in zip(rows, told.scoring.criteria, strict=True):
        by = told.tier or criterion.criterion.more_need_when.by
        if row["among"] and by:
            groups[words.say("profile-group", by=words.title(by), group=plain(row["among"]))] = None
        unit = words.unit(criterion.name) if words.cut is None else ""
        row["criterion"] = words.dressed(words.of(criterion.name), unit)
        row["value"] = words.say("profile-filled") if row["filled"] else words.figures(row["value"])
        place = {"rank": words.number(row["rank"]), "of": words.number(row["of"])}
        row["rank"] = words.say("profile-rank", **place) if row["rank"] > 0 else place["rank"]
    kinds = {"criterion": "said", "value": "figure", "median": "figures", "median_among": "figures"}
    kinds |= {"score": "two", "rank": "figure", "gap": "signed"}
    shown = {name: kind for name, kind in kinds.items() if groups or name != "median_among"}
    notes = [words.say("profile-note-criteria")]
    if groups:
        notes.append(words.say("profile-note-tier" if told.tier else "profile-note-groups", groups=", ".join(groups)))
    return words.section(words.say("profile-criteria"), words.table(rows, shown), *notes)
