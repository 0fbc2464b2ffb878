"""Is the money shared fairly? Measures of what each person and each unit of need gets, beside other ways to share it.

The same total is shared in ways that anybody can name (the same to each, by people, by need, as before), so that each
figure has something to stand beside. No measure decides: each says one thing, and is silent on others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from equite.analysis import inequality
from equite.analysis.profile import labels_of
from equite.engine.allocation import Allocation
from equite.engine.equality import alike_but_for_dust
from equite.engine.rounding import largest_remainders
from equite.engine.sharing import Floats, Groups, solve
from equite.errors import EquiteError, FormulaError, Problem, nearest
from equite.wording import Codes, Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AGAINST_NEED", "MEASURES", "SPLITS", "Equity", "equity"]

#: The ways to share that stand beside what was decided, where the page has what they rest on.
SPLITS = ("decided", "before", "equal", "per_head", "need_only")
#: What is measured of one person's amount, or of one unit of need's; then what needs a measure of need beside it.
MEASURES = (
    "gini",
    "theil",
    "theil_between",
    "theil_within",
    "atkinson",
    "hoover",
    "variation",
    "mcloone",
    "range_ratio",
)
AGAINST_NEED = ("concentration", "kakwani", "elasticity", "horizontal")
Per = Literal["head", "need"]


@dataclass(frozen=True, eq=False, repr=False)
class Equity:
    """How equally an allocation treats people, and whether it follows need; frozen.

    Attributes
    ----------
    allocation : Allocation
        What is measured.
    need : str or None
        The name on the page that measures need: an index (its score is the need of one person), or anything else that
        is a total (pupils, units of service, weighted people). None where nothing does.
    by : str or None
        A column of texts, whose groups Theil's measure is split by.
    aversion : float
        The aversion to inequality of Atkinson's measure.
    near : float
        Two territories are peers where the need of one person differs by no more than this share of it.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "people": "people", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> table = {"code": ["A", "B"], "people": [1_000, 2_000]}
    >>> equity = equite.equity(equite.allocate(page, table))
    >>> equity.table[["measure", "decided", "equal"]].head(2).round(3).to_dict("list")
    {'measure': ['gini', 'theil'], 'decided': [0.0, 0.0], 'equal': [0.167, 0.059]}
    """

    allocation: Allocation
    need: str | None
    by: str | None
    aversion: float
    near: float

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.allocation.language

    @cached_property
    def people(self) -> Floats:
        """The people of each territory that takes part, shape (eligible,); zero where nobody is counted."""
        people = self.allocation.people
        assert people is not None
        return np.nan_to_num(people)

    @cached_property
    def need_per_head(self) -> Floats | None:
        """The need of one person, shape (eligible,); missing where nobody is counted or need is; None without need."""
        if self.need is None:
            return None
        context, scope = self.allocation.context, self.allocation.scope
        if self.need in self.allocation.formula.indices:
            found = scope.scoring(self.need).scores[context.rows]
            return np.where(self.people > 0, found, np.nan)
        total = scope.numbers(self.need)[context.rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.people > 0, total / self.people, np.nan)

    @cached_property
    def uncounted(self) -> tuple[str, ...]:
        """The codes of those that take part in the allocation and have no people: they stand in no measure."""
        return tuple(np.asarray(self.allocation.codes, dtype=object)[self.people <= 0])

    @cached_property
    def without_need(self) -> tuple[str, ...]:
        """The codes of those with people whose need is zero or missing: they stand in no measure per unit of need."""
        if self.need_per_head is None:
            return ()
        none = (self.people > 0) & ~(self.need_per_head > 0)
        return tuple(np.asarray(self.allocation.codes, dtype=object)[none])

    @cached_property
    def without_previous(self) -> tuple[str, ...]:
        """The codes of those whose previous amount is missing or below zero, for which nothing is told of before."""
        previous = self.allocation.previous
        if previous is None:
            return ()
        return tuple(np.asarray(self.allocation.codes, dtype=object)[~(previous >= 0)])

    @cached_property
    def splits(self) -> dict[str, Floats]:
        """The amounts of each way to share, each of shape (eligible,), in the unit of the page.

        ``decided`` is the allocation; ``before`` its previous amounts, as they are; ``equal``, ``per_head`` and
        ``need_only`` share the total of ``decided`` again, in whole units by largest remainders, without any limit.
        ``before`` is absent where some previous amount is missing, ``need_only`` where no measure of need is named.
        """
        allocation = self.allocation
        found = {"decided": allocation.amounts}
        previous = allocation.previous
        if previous is not None and not self.without_previous and (previous > 0).any():
            found["before"] = previous
        found["equal"] = self._shared(np.ones(len(allocation.codes)))
        found["per_head"] = self._shared(self.people)
        if self.need_per_head is not None:
            found["need_only"] = self._shared(np.nan_to_num(self.need_per_head) * self.people)
        return found

    def _shared(self, score: Floats) -> Floats:
        """Share the total in proportion to a score."""
        context, nothing = self.allocation.context, np.zeros(score.size)
        groups, total = Groups.single(score.size), self.allocation.units.sum(keepdims=True)
        amount = total.astype(np.float64)
        shares = solve(nothing, score, nothing, np.full(score.size, np.inf), amount, groups).amounts
        return context.unit.money(largest_remainders(shares, total, groups))

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each measure: per (``head`` or ``need``), measure, then one column for each of :attr:`splits`.

        Per head: what one person gets. Per need: what one unit of need gets. All are weighted by people. Missing where
        a measure has no value: see :mod:`equite.analysis.inequality` for each, its formula and its source.
        """
        columns = {name: list(self._measured(amounts)) for name, amounts in self.splits.items()}
        keys = [(per, measure) for per, measure, _ in next(iter(columns.values()))]
        found = pd.DataFrame(keys, columns=["per", "measure"])
        return found.assign(**{name: [value for *_, value in each] for name, each in columns.items()})

    def _measured(self, amounts: Floats) -> Iterator[tuple[Per, str, float]]:
        counted, need = self.people > 0, self.need_per_head
        values, people = amounts[counted] / self.people[counted], self.people[counted]
        for measure, value in self._of(values, people, counted):
            yield "head", measure, value
        if need is None:
            return
        there = counted & (need >= 0)
        values, people, needs = amounts[there] / self.people[there], self.people[there], need[there]
        has_any = bool((values > 0).any())
        yield "head", "concentration", inequality.concentration(values, people, needs) if has_any else np.nan
        yield "head", "kakwani", inequality.kakwani(values, people, needs) if has_any else np.nan
        yield "head", "elasticity", inequality.elasticity(values, people, needs)
        yield "head", "horizontal", self._horizontal(amounts)
        there = counted & (need > 0)
        values = amounts[there] / self.people[there] / need[there]
        for measure, value in self._of(values, self.people[there], there):
            yield "need", measure, value

    def _of(self, values: Floats, people: Floats, rows: np.ndarray) -> Iterator[tuple[str, float]]:
        groups = None if self._labels is None else self._labels[rows]
        wanted = [name for name in MEASURES if groups is not None or not name.startswith("theil_")]
        if not (values > 0).any():
            yield from ((name, np.nan) for name in wanted)
            return
        split = inequality.theil(values, people, groups)
        found = {
            "gini": inequality.gini(values, people),
            "theil": split.total,
            "theil_between": split.between,
            "theil_within": split.within,
            "atkinson": inequality.atkinson(values, people, self.aversion),
            "hoover": inequality.hoover(values, people),
            "variation": inequality.variation(values, people),
            "mcloone": inequality.mcloone(values, people),
            "range_ratio": inequality.range_ratio(values, people),
        }
        yield from ((name, found[name]) for name in wanted)

    @cached_property
    def _labels(self) -> np.ndarray | None:
        return None if self.by is None else labels_of(self.allocation, self.by)

    @cached_property
    def amounts(self) -> pd.DataFrame:
        """One row for each territory: code, name (where a page gives names), people, need of one person, and splits."""
        columns: dict[str, Any] = {"code": list(self.allocation.codes)}
        if self.allocation.formula.name is not None:
            columns["name"] = list(self.allocation.names)
        columns["people"] = self.people
        if self.need_per_head is not None:
            columns["need"] = self.need_per_head
        return pd.DataFrame(columns | self.splits)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """The concentration curves, people ranked from the least need of one person to the greatest.

        Columns: split (``need`` is need itself), people and amount, shares of one from 0 to 1. Where a split's curve
        lies below that of need, money leans more to those in need than need does. Empty where no need is named.
        """
        need = self.need_per_head
        if need is None:
            return pd.DataFrame({"split": [], "people": [], "amount": []})
        there = (self.people > 0) & (need >= 0)
        people, ranked = self.people[there], need[there]
        values = {name: amounts[there] / people for name, amounts in self.splits.items()}
        frames = []
        for name, each in {"need": ranked, **values}.items():
            if (each > 0).any():
                line = inequality.lorenz(each, people, ranked)
                frames.append(pd.DataFrame({"split": name, "people": line.people, "amount": line.amount}))
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def peers(self) -> pd.DataFrame:
        """Each territory beside its peers, whose people are in like need: equals, treated alike or not.

        Columns: code, name (where a page gives names), need (of one person), per_head (what one person gets), peers
        (how many territories have a like need, itself left out), peers_per_head (what one person gets there) and
        difference (per_head against peers_per_head, a share of one; missing without peers). Those that differ most
        stand first. Empty where no need is named.
        """
        columns: dict[str, Any] = {"code": list(self.allocation.codes)}
        if self.allocation.formula.name is not None:
            columns["name"] = list(self.allocation.names)
        if self.need_per_head is None:
            return pd.DataFrame({name: [] for name in (*columns, *_PEERS)})
        frame = pd.DataFrame(columns | dict(zip(_PEERS, self._beside(self.allocation.amounts), strict=True)))
        frame = frame[(self.people > 0) & (self.need_per_head >= 0)]
        return frame.sort_values("difference", key=lambda each: -each.abs(), kind="stable", ignore_index=True)

    def _beside(self, amounts: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Set what one person gets beside what one gets where need is alike, each of shape (eligible,)."""
        assert self.need_per_head is not None
        need, per_head, count, theirs = (np.full(amounts.size, np.nan) for _ in range(4))
        there = np.flatnonzero((self.people > 0) & (self.need_per_head >= 0))
        need[there] = alike_but_for_dust(self.need_per_head[there])
        ranked = there[np.argsort(need[there], kind="stable")]
        per_head[there] = amounts[there] / self.people[there]
        first = np.searchsorted(need[ranked], need[ranked] * (1 - self.near))
        last = np.searchsorted(need[ranked], need[ranked] * (1 + self.near), side="right")
        count[ranked] = last - first - 1
        money, heads = (_within(each[ranked], first, last) - each[ranked] for each in (amounts, self.people))
        known = count[ranked] > 0
        theirs[ranked[known]] = np.maximum(money[known], 0) / heads[known]
        with np.errstate(divide="ignore", invalid="ignore"):
            difference = np.where(theirs > 0, per_head / theirs - 1, np.nan)
        return need, per_head, count, theirs, difference

    def _horizontal(self, amounts: Floats) -> float:
        """Return the mean over people of how far what one gets is from what one gets where need is alike."""
        difference = self._beside(amounts)[-1]
        known = ~np.isnan(difference)
        return float(np.average(np.abs(difference[known]), weights=self.people[known])) if known.any() else np.nan

    def summary(self, language: Language | None = None) -> str:
        """Tell the measures in words, each with what it says and what it does not.

        Parameters
        ----------
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        str
            A text for a terminal.

        Examples
        --------
        >>> equity.summary().splitlines()[0]
        'grant · how equally people are treated (2 territories, 3,000 people)'
        """
        from equite.report.analyses.equity import equity_text

        return equity_text(self, language)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the concentration curves of the splits beside that of need; needs the extra ``plot``.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on; without it they make a figure.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.

        Raises
        ------
        OutputError
            No measure of need was named, or matplotlib is not installed.

        Examples
        --------
        >>> axes = equite.equity(equity.allocation, need="people").plot()
        """
        from equite.report.plots.equity import concentration_curves

        return concentration_curves(self, ax=ax)

    def to_csv(self, path: str | Path) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> equity.to_csv("equity.csv").name
        'equity.csv'
        """
        from equite.report.analyses.equity import equity_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(equity_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write :attr:`table` to a workbook of one sheet; two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> equity.to_excel("equity.xlsx").name
        'equity.xlsx'
        """
        from equite.report.analyses.equity import equity_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(equity_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: the measures, what each says, and who differs most from its peers.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> equity.to_html("equity.html").name
        'equity.html'
        """
        from equite.report.analyses.equity import equity_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(equity_shown(self), path)

    def __str__(self) -> str:
        return self.summary()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from equite.report.analyses.equity import equity_html

        return equity_html(self)


_PEERS = ("need", "per_head", "peers", "peers_per_head", "difference")


def _within(values: Floats, first: np.ndarray, last: np.ndarray) -> Floats:
    """Sum each window of values that stand in order."""
    summed = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray(summed[last] - summed[first])


def equity(
    allocation: Allocation,
    need: str | None = None,
    *,
    by: str | None = None,
    aversion: float = 1.0,
    near: float = 0.05,
) -> Equity:
    """Measure how equally an allocation treats people, and whether it follows need.

    Parameters
    ----------
    allocation : Allocation
        An allocation whose page counts people (``people``, or a column ``population``).
    need : str, optional
        The name on the page that measures need: an index, whose score is the need of one person, or a column or
        variable that is a total. By default the page's index where it has one only; else nothing is told of need.
    by : str, optional
        A column of texts (regions): Theil's measure is split into what lies between its groups and within them.
    aversion : float, default 1
        The aversion to inequality of Atkinson's measure, zero or more.
    near : float, default 0.05
        Territories are peers where the need of one person differs by no more than this share of it, from 0 to 1.

    Returns
    -------
    Equity
        With ``table`` (the measures of each way to share), ``amounts``, ``peers`` and ``curves``.

    Raises
    ------
    FormulaError
        The page has no such name, or counts no people.
    EquiteError
        An amount or a need is below zero, nothing is shared, or ``aversion`` or ``near`` is out of range.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "people": "people", "envelope": 90_000,
    ...     "variables": {"low_income_people": "people * low_income / 100"},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "low_income_people"}}],
    ... }
    >>> table = {"code": ["A", "B"], "people": [1_000, 2_000], "low_income": [20, 10]}
    >>> found = equite.equity(equite.allocate(page, table), need="low_income_people")
    >>> found.table.set_index("measure")["decided"].round(2)[["kakwani", "elasticity"]].to_dict()
    {'kakwani': 0.0, 'elasticity': 1.0}
    """
    page, indices = allocation.formula, tuple(allocation.formula.indices)
    chosen = need if need is not None or len(indices) != 1 else indices[0]
    found = Equity(allocation, chosen, by, float(aversion), float(near))
    problems = list(_range_problems(found))
    known = {*indices, *page.names.columns, *page.names.defined}
    if chosen is not None and chosen not in known:
        about = {"name": chosen, "nearest": nearest(chosen, sorted(known)), "known": Codes(tuple(sorted(known)))}
        problems.append(Problem("equity-need-unknown", about))
    elif chosen is not None and np.asarray(allocation.scope.value(chosen)).dtype == object:
        problems.append(Problem("equity-need-no-number", {"name": chosen}))
    if allocation.people is None:
        problems.append(Problem("equity-no-people"))
    if problems:
        raise FormulaError(problems, allocation.language)
    problems = list(_amount_problems(found))
    if problems:
        raise EquiteError(problems, allocation.language)
    return found


def _range_problems(found: Equity) -> Iterator[Problem]:
    if not 0 <= found.aversion < np.inf:
        yield Problem("equity-aversion", {"value": found.aversion})
    if not 0 <= found.near <= 1:
        yield Problem("equity-near", {"value": found.near})


def _amount_problems(found: Equity) -> Iterator[Problem]:
    """Give what leaves measures without a meaning."""
    codes = np.asarray(found.allocation.codes, dtype=object)
    counted = found.people > 0
    if (found.allocation.amounts < 0).any():
        yield Problem("equity-negative", {"codes": Codes(tuple(codes[found.allocation.amounts < 0]))})
    elif not (found.allocation.amounts[counted] > 0).any():
        yield Problem("equity-nothing", {})
    need = found.need_per_head
    if need is not None and (need < 0).any():
        yield Problem("equity-need-negative", {"name": str(found.need), "codes": Codes(tuple(codes[need < 0]))})
    elif need is not None and not (need > 0).any():
        yield Problem("equity-no-need", {"name": str(found.need)})
