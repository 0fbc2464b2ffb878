"""Why amounts changed: two allocations, and the difference of each amount split among causes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from equite.analysis.comparison import Comparison, compare
from equite.analysis.drivers.causes import CAUSES
from equite.analysis.drivers.mixtures import Mixtures
from equite.analysis.drivers.split import OPENED, Opened, Split, split_of
from equite.analysis.drivers.whole import WholeChange, whole_change
from equite.arguments import takes
from equite.engine.allocation import Allocation
from equite.engine.sharing import Floats
from equite.errors import EquiteError, Problem, SharingError, TerritoriesError, nearest
from equite.wording import Codes, Language, Numeral

if TYPE_CHECKING:
    from equite.report.plots.drivers import DriversPlots

__all__ = ["Drivers", "drivers"]

#: The seed of the orders that are drawn where there are too many players.
SEED = 20221013


@dataclass(frozen=True, eq=False, repr=False)
class Drivers:
    """The change from one allocation to another, split among the causes by which they differ; frozen.

    Causes are Shapley values, so their order does not matter; an attribution is a convention that adds up, not a law of
    nature. See docs/drivers.md.

    Attributes
    ----------
    comparison : Comparison
        The two allocations, the one before first.
    split : Split
        What each cause adds, unrounded, in money and in shares of the total.
    unreadable : tuple of str
        Columns that one table holds and that cannot be read as the other's page reads them: they count as absent.
    with_rule : bool
        Whether rounding goes with the rule: the two pages round differently, and could not be set on one unit.
    why : mapping of str to Problem
        For causes that are told together, by their name in :attr:`causes`, why a mixture that parts them was refused.
    seed : int
        Of the orders that were drawn, where values are sampled.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90, "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> before = equite.allocate(page, {"code": ["A", "B"], "people": [1, 2]})
    >>> after = equite.allocate({**page, "envelope": 150}, {"code": ["A", "B"], "people": [1, 1]})
    >>> found = equite.drivers(before, after)
    >>> found.table[["code", "change", "data", "envelope", "rounding"]].values.tolist()
    [['A', 45.0, 20.0, 25.0, 0.0], ['B', 15.0, -20.0, 35.0, 0.0]]
    """

    comparison: Comparison
    split: Split
    unreadable: tuple[str, ...]
    with_rule: bool
    why: Mapping[str, Problem]
    seed: int

    @property
    def before(self) -> Allocation:
        """The allocation before."""
        return self.comparison.allocations[0]

    @property
    def after(self) -> Allocation:
        """The allocation after."""
        return self.comparison.allocations[1]

    @property
    def language(self) -> Language:
        """The language of outputs: that of the page after."""
        return self.after.language

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of those that take part before or after, in order."""
        return self.comparison.codes

    @property
    def causes(self) -> tuple[str, ...]:
        """The causes by which the allocations differ; those that cannot stand apart are one, with ``+`` between."""
        return tuple("+".join(block) for block in self.split.blocks)

    @property
    def is_sampled(self) -> bool:
        """Whether what the members of an opened cause add was sampled."""
        return any(each.errors is not None for each in self.split.opened.values())

    @cached_property
    def whole(self) -> WholeChange:
        """The change in money, as every output shows it."""
        return whole_change(self.comparison, self.split, 0)

    @cached_property
    def whole_shares(self) -> WholeChange:
        """The change in shares of the total, as every output shows it."""
        return whole_change(self.comparison, self.split, 1)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each territory, in code order, in whole figures that add up across and down.

        Columns: code, name (where a page gives names), before, after (missing where it takes no part), change, then
        each cause by its name, and rounding: the causes and rounding sum to the change. After a cause that is opened
        stand its members (``data.population``), which sum to the cause.
        """
        return self._framed(self.whole)

    @cached_property
    def shares(self) -> pd.DataFrame:
        """The same of each territory's share of the total, a share of one: what a larger envelope does not move."""
        return self._framed(self.whole_shares)

    def _framed(self, whole: WholeChange) -> pd.DataFrame:
        columns: dict[str, Any] = {"code": list(self.codes)}
        if any(allocation.formula.name is not None for allocation in self.comparison.allocations):
            columns["name"] = list(self.comparison.names)
        columns |= {"before": whole.before, "after": whole.after, "change": whole.change}
        for at, block in enumerate(self.split.blocks):
            columns["+".join(block)] = whole.causes[at]
            for cause in block:
                if cause in self.split.opened:
                    names = self.members(self.split.opened[cause])
                    columns |= dict(zip(names, whole.opened[cause], strict=True))
        columns["rounding"] = whole.rounding
        return pd.DataFrame(columns)

    @staticmethod
    def members(opened: Opened) -> tuple[str, ...]:
        """Return what the members of an opened cause are called in tables.

        Parameters
        ----------
        opened : Opened
            One of ``split.opened``.

        Returns
        -------
        tuple of str
            The cause, a point, the column or the weight; those that cannot stand apart have ``+`` between.

        Examples
        --------
        >>> opened = equite.drivers(before, after, opened=["data"])
        >>> opened.members(opened.split.opened["data"])
        ('data.people',)
        """
        return tuple(f"{opened.cause}.{'+'.join(names)}" for names in opened.members)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """One row for each cause, and rounding: what it gives in all, what it takes, and from how many territories.

        Columns: cause, gaining and losing (territories), gained, lost and net (money); net sums to the change of the
        total.
        """
        names = (*self.causes, "rounding")
        return self._summed(zip(names, (*self.whole.causes, self.whole.rounding), strict=True))

    @cached_property
    def member_totals(self) -> pd.DataFrame:
        """The same of the members of the causes that are opened, one row each, but for net; empty where none is.

        Members are rounded so that they add up along the row: over all territories they have no total of their own.
        """
        told = ((self.members(each), self.whole.opened[cause]) for cause, each in self.split.opened.items())
        found = self._summed(pair for names, values in told for pair in zip(names, values, strict=True))
        return found.drop(columns="net")

    def _summed(self, named: Iterable[tuple[str, Floats]]) -> pd.DataFrame:
        rows = []
        for name, values in named:
            up, down = values > 0, values < 0
            sums = (self._rounded(each) for each in (values[up].sum(), -values[down].sum(), values.sum()))
            rows.append((name, int(up.sum()), int(down.sum()), *sums))
        return pd.DataFrame(rows, columns=["cause", "gaining", "losing", "gained", "lost", "net"])

    def _rounded(self, value: float) -> float:
        return round(float(value), self.whole.digits) + 0.0

    @takes(TerritoriesError)
    def groups(self, by: str) -> pd.DataFrame:
        """Sum the change of each group of territories, by cause.

        Parameters
        ----------
        by : str
            A column of texts of the tables: its name on the page, or its heading. A territory's group is that of the
            table after, or of the table before where it is not there any more.

        Returns
        -------
        pandas.DataFrame
            One row for each group, by its label: group, territories, before, after, change, each cause, rounding. They
            add up across, and down to the totals of :attr:`table`.

        Raises
        ------
        TerritoriesError
            A table has no such column, it cannot be read as text, or some territories have no label.

        Examples
        --------
        >>> after = equite.allocate(page, {"code": ["A", "B"], "people": [1, 1], "region": ["N", "N"]})
        >>> before = equite.allocate(page, {"code": ["A", "B"], "people": [1, 2], "region": ["N", "N"]})
        >>> equite.drivers(before, after).groups("region")[["group", "territories", "change", "data"]].values.tolist()
        [['N', 2, 0.0, 0.0]]
        """
        labels = _labels(self.after, by)
        if not labels.keys() >= set(self.codes):
            labels = _labels(self.before, by) | labels
        absent = tuple(code for code in self.codes if not labels.get(code))
        if absent:
            values = {"count": Numeral(len(absent)), "name": by, "codes": Codes(absent)}
            raise TerritoriesError([Problem("drivers-no-group", values)], self.language)
        frame = self.table.drop(columns=[name for name in ("code", "name") if name in self.table])
        of = [labels[code] for code in self.codes]
        found = frame.fillna(0.0).groupby(of, sort=True).sum().round(self.whole.digits) + 0.0
        found.insert(0, "territories", frame.groupby(of, sort=True).size())
        return found.rename_axis("group").reset_index()

    def row(self, code: str) -> int:
        """Return a territory's place in :attr:`table`.

        Parameters
        ----------
        code : str
            Its code, as the tables write it.

        Returns
        -------
        int
            Its row, the first being 0.

        Raises
        ------
        SharingError
            Nobody that takes part before or after has the code.

        Examples
        --------
        >>> found.row("B")
        1
        """
        if str(code) in self.codes:
            return self.codes.index(str(code))
        # Whoever has it in a table and takes no part, or nobody: the allocation after says which.
        self.after.row(code)
        raise SharingError(
            [Problem("code-unknown", {"code": code, "nearest": nearest(code, self.codes)})], self.language
        )

    @property
    def record(self) -> dict[str, Any]:
        """Enough to redo the attribution, as plain values that JSON can hold."""
        table = self.table.astype(object)
        sides = zip(("before", "after"), self.comparison.allocations, strict=True)
        return {
            **{key: self.after.record[key] for key in ("equite", "python", "packages")},
            **{side: {key: each.record[key] for key in ("formula", "table", "total")} for side, each in sides},
            "causes": list(self.causes),
            "opened": {cause: list(self.members(each)) for cause, each in self.split.opened.items()},
            "sampled": self.is_sampled,
            "seed": self.seed if self.is_sampled else None,
            "changes": table.where(table.notna(), None).to_dict("list"),
        }

    # --- outputs

    def explain(self, code: str, language: Language | None = None) -> str:
        """Tell one territory why its amount changed, in sentences.

        Parameters
        ----------
        code : str
            Its code, as the tables write it.
        language : {"fr", "en"}, optional
            By default that of the page after.

        Returns
        -------
        str
            The change with what is attributed to each cause, which adds up; then the share of the total.

        Raises
        ------
        SharingError
            Nobody that takes part before or after has the code.

        Examples
        --------
        >>> print(found.explain("A").splitlines()[0])
        Your amount rises by $45, from $30 to $75: +$20 attributed to the data, +$25 to the envelope.
        """
        from equite.report.analyses.drivers import change_told

        return change_told(self, code, language)

    def summary(self, language: Language | None = None) -> str:
        """Tell what each cause gives and takes, and the territories (those that change most, if many).

        Parameters
        ----------
        language : {"fr", "en"}, optional
            By default that of the page after.

        Returns
        -------
        str
            Tables and sentences.

        Examples
        --------
        >>> print(found.summary().splitlines()[0])
        Why amounts changed: grant
        """
        from equite.report.analyses.drivers import drivers_text

        return drivers_text(self, language)

    @property
    def plot(self) -> DriversPlots:
        """Pictures of the change, a method each (needs the extra ``plot``): ``found.plot.waterfall("A")``."""
        from equite.report.plots.drivers import DriversPlots

        return DriversPlots(self)

    def to_csv(self, path: str | Path, language: Language | None = None) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.
        language : {"fr", "en"}, optional
            By default that of the page after.

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
        >>> found.to_csv("drivers.csv").name
        'drivers.csv'
        """
        from equite.report.analyses.drivers import drivers_to_csv

        return drivers_to_csv(self, path, language)

    def to_excel(self, path: str | Path, language: Language | None = None) -> Path:
        """Write a workbook of three sheets: the territories, the causes, and shares of the total.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.
        language : {"fr", "en"}, optional
            By default that of the page after.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            A table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> found.to_excel("drivers.xlsx").name
        'drivers.xlsx'
        """
        from equite.report.analyses.drivers import drivers_to_excel

        return drivers_to_excel(self, path, language)

    def to_html(self, path: str | Path, language: Language | None = None) -> Path:
        """Write one page to read and to print: the causes, then every territory, in money and in shares of the total.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.
        language : {"fr", "en"}, optional
            By default that of the page after.

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
        >>> found.to_html("drivers.html").name
        'drivers.html'
        """
        from equite.report.analyses.drivers import drivers_to_html

        return drivers_to_html(self, path, language)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        from equite.report.analyses.drivers import drivers_html

        return drivers_html(self)


def _labels(allocation: Allocation, by: str) -> dict[str, str]:
    """Return the label of each territory of a table, blank where it has none."""
    spec = allocation.formula.columns.get(by)
    texts = allocation.territories.texts((spec.heading if spec else None) or by)
    return {code: text or "" for code, text in zip(allocation.territories.codes, texts, strict=True)}


@takes(SharingError, but=("before", "after"))
def drivers(before: Allocation, after: Allocation, *, opened: Collection[str] = (), seed: int = SEED) -> Drivers:
    """Tell why amounts changed: split the difference of two allocations among the causes by which they differ.

    The causes are found from the pages and the tables: who takes part (``participation``), figures (``data``), last
    year's amounts (``previous``), ``weights``, the rest of the ``rule``, the ``envelope``, ``limits``; rounding comes
    last. Each has its Shapley value: the mean of what it changes over all orders in which the causes may change
    (Shapley, 1953). Where a mixture of the two cannot be shared, the smallest pair of causes that cannot stand apart is
    told as one. With before and after swapped, every figure changes its sign.

    Parameters
    ----------
    before, after : Allocation
        Two allocations in the same currency or unit, with territories in common: of two years, two pages, two tables.
    opened : collection of {"data", "weights"}, optional
        Causes of which each member is told, a column or a weight, by Owen values (Owen, 1977): the other causes stay as
        they are. Beyond 12 causes and members in all, values are sampled from pairs of orders, with standard errors.
    seed : int, default 20221013
        Of the orders that are drawn.

    Returns
    -------
    Drivers
        With a ``table`` in which causes and rounding sum to the change of each territory, and of all, exactly.

    Raises
    ------
    EquiteError
        Something else than two allocations was given; they share other money, or have no territory in common; a cause
        that is to be opened is unknown, or cannot be opened.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90, "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> before = equite.allocate(page, {"code": ["A", "B"], "people": [1, 2]})
    >>> after = equite.allocate({**page, "envelope": 150}, {"code": ["A", "B"], "people": [1, 1]})
    >>> equite.drivers(before, after).totals[["cause", "gained", "lost", "net"]].values.tolist()
    [['data', 20.0, 20.0, 0.0], ['envelope', 60.0, 0.0, 60.0], ['rounding', 0.0, 0.0, 0.0]]
    """
    for side, given in (("before", before), ("after", after)):
        if not isinstance(given, Allocation):
            raise EquiteError([Problem("drivers-of-nothing", {"side": side, "kind": type(given).__name__})])
    comparison = compare(before, after)
    _refuse_unopened(opened, after.language)
    mixtures = Mixtures(before, after, comparison.codes)
    try:
        split = split_of(mixtures, opened, seed)
    except EquiteError as error:
        error.language = error.language or after.language
        raise
    why = {"+".join(block): mixtures.why_together(block) for block in split.blocks if len(block) > 1}
    unreadable = tuple(sorted(mixtures.figures.unreadable))
    return Drivers(comparison, split, unreadable, mixtures.with_rule, why, seed)


def _refuse_unopened(opened: Collection[str], language: Language) -> None:
    """Refuse to open what is no cause, or a cause of one piece."""
    problems = []
    for name in opened:
        if name not in OPENED:
            values = {"name": name, "known": Codes(OPENED), "nearest": nearest(str(name), OPENED)}
            problems.append(Problem("drivers-not-opened" if name in CAUSES else "drivers-no-cause", values))
    if problems:
        raise SharingError(problems, language)
