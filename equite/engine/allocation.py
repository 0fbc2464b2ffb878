"""An allocation: what a page gives on a table, every step kept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equite.arguments import takes
from equite.engine.bounds import Context
from equite.engine.checks import CheckResult
from equite.engine.eligibility import Exclusion
from equite.engine.evaluation import MissingInAggregate, Scope
from equite.engine.explanation import Contributions, Explanation, contributions_of, explain
from equite.engine.limits import StageResult
from equite.engine.parts import PartResult
from equite.engine.record import Reliance, record_of, reliance_of
from equite.engine.sharing import Floats
from equite.engine.sheet import Known
from equite.engine.shown import ShownSteps, Steps, shown_steps, steps_of
from equite.engine.worksheet import Worksheet, worksheet
from equite.errors import FormulaError, OutputError, Problem, SharingError, deprecated
from equite.formula.formula import Formula
from equite.inputs.figures import typed
from equite.inputs.spelling import near_label, tidy
from equite.inputs.territories import Territories
from equite.wording import Language, Nearest

if TYPE_CHECKING:
    from equite.analysis.columns_read import ColumnsRead
    from equite.analysis.diagnostics import Diagnosis
    from equite.analysis.profile import Profile
    from equite.report.plots import AllocationPlots

__all__ = ["Allocation"]


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """The money of each territory, and every step that led to it; frozen.

    Amounts are whole multiples of the page's rounding unit, and ``amounts + reserve = envelope + on_top`` exactly.
    Rows stand in code order. Arrays hold those that take part. Made by :func:`equite.allocate`.

    Attributes
    ----------
    formula : Formula
        The page.
    territories : Territories
        The table, as it was read.
    scope : Scope
        The values of every name of the page on the table.
    context : Context
        Who takes part, the unit that amounts are multiples of, and the envelopes.
    excluded_by : tuple of Exclusion
        Those left out, each with its reason in both languages; :attr:`excluded` is the same as a table.
    parts_shared : tuple of PartResult
        Each part as it was shared, before any limit.
    parts_limited : tuple of PartResult
        Each part after the limits that are on it alone.
    stages : tuple of StageResult
        Each limit, with the amounts before and after it.
    exact : ndarray of float, shape (eligible,)
        Amounts before they are rounded.
    units : ndarray of int, shape (eligible,)
        Amounts, counted in rounding units.
    envelope_units : ndarray of int, shape (envelopes,), or None
        The money of each envelope, counted so; None for entitlements.
    on_top_units, reserve_units : ndarray of int, shape (envelopes,)
        What limits add to each envelope, and what is left of it, counted so.
    warnings_found : tuple of Problem
        What somebody who signs should know; :attr:`warnings` is the same in words.
    checks : tuple of CheckResult
        The page's assertions, passed or failed.

    Examples
    --------
    >>> import equite
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 70_000, "rounding": {"to": 1},
    ...     "columns": {"distance": {"unit": {"en": "km", "fr": "km"}}},
    ...     "indices": {"need": {"criteria": {"unemployment": 1, "distance": 1}}},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people * (0.5 + need)"}}],
    ... }
    >>> table = {
    ...     "code": ["A", "B", "C"], "people": [1_000, 2_000, 4_000],
    ...     "unemployment": [8, 6, 4], "distance": [10, 50, 90],
    ... }
    >>> allocation = equite.allocate(page, table)
    >>> dict(zip(allocation.codes, allocation.amounts.tolist(), strict=True))
    {'A': 10000.0, 'B': 20000.0, 'C': 40000.0}
    >>> allocation.total + allocation.reserve == allocation.envelope
    True
    """

    formula: Formula
    territories: Territories = field(repr=False)
    scope: Scope = field(repr=False)
    context: Context = field(repr=False)
    excluded_by: tuple[Exclusion, ...]
    parts_shared: tuple[PartResult, ...]
    parts_limited: tuple[PartResult, ...]
    stages: tuple[StageResult, ...]
    exact: Floats
    units: np.ndarray
    envelope_units: np.ndarray | None
    on_top_units: np.ndarray
    reserve_units: np.ndarray
    warnings_found: tuple[Problem, ...]
    checks: tuple[CheckResult, ...]

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.formula.language

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of those that take part, in order."""
        return tuple(str(code) for code in self.context.codes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of those that take part; their codes where the page names no column."""
        if self.formula.name is None:
            return self.codes
        values = self.scope.value(self.formula.name)[self.context.rows]
        return tuple(code if name is None else str(name) for name, code in zip(values, self.codes, strict=True))

    def _name(self, row: int) -> str:
        """Return one of :attr:`names`, the others left alone."""
        code = str(self.context.codes[row])
        if self.formula.name is None:
            return code
        name = self.scope.value(self.formula.name)[self._places[row]]
        return code if name is None else str(name)

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        """The rows of the table that take part, in code order."""
        return np.flatnonzero(self.context.rows)

    @cached_property
    def amounts(self) -> Floats:
        """Final amounts in money, shape (eligible,), in code order."""
        return self.context.unit.money(self.units)

    def _money(self, units: int) -> float:
        return float(self.context.unit.money(np.array([units]))[0])

    @property
    def envelope(self) -> float | None:
        """The money to share, all envelopes together; None for entitlements."""
        return None if self.envelope_units is None else self._money(int(self.envelope_units.sum()))

    @property
    def on_top(self) -> float:
        """The money that limits funded on top added to the envelope; 0 where there is none."""
        return self._money(int(self.on_top_units.sum()))

    @property
    def reserve(self) -> float:
        """The money left undistributed, where the page lets some be; 0 elsewhere."""
        return self._money(int(self.reserve_units.sum()))

    @property
    def total(self) -> float:
        """The sum of amounts, in money, exact."""
        return self._money(int(self.units.sum()))

    @cached_property
    def envelopes(self) -> pd.DataFrame:
        """One row for each envelope: a single one, or one for each group of the page's ``within``.

        Columns: group, envelope (missing for entitlements), on_top, shared_out, reserve, territories. In each row
        shared_out + reserve = envelope + on_top.
        """
        group_envelopes, money = self.context.group_envelopes, self.context.unit.money
        shared = np.zeros(group_envelopes.count, dtype=np.int64)
        np.add.at(shared, group_envelopes.of, self.units)
        columns: dict[str, Any] = {"group": list(self.context.group_envelope_labels)}
        columns["envelope"] = np.nan if self.envelope_units is None else money(self.envelope_units)
        columns |= {"on_top": money(self.on_top_units), "shared_out": money(shared)}
        columns |= {
            "reserve": money(self.reserve_units),
            "territories": np.bincount(group_envelopes.of, minlength=group_envelopes.count),
        }
        return pd.DataFrame(columns)

    @cached_property
    def people(self) -> Floats | None:
        """The people of each territory, shape (eligible,), where the page says (``people``, or a name ``population``).

        None where it does not.
        """
        names = self.formula.names
        known = self.formula.people or ("population" if "population" in {*names.columns, *names.defined} else None)
        return None if known is None else self.scope.numbers(known)[self.context.rows]

    @cached_property
    def previous(self) -> Floats | None:
        """Last period's amounts, shape (eligible,), NaN where one is missing; None where the page has none."""
        return None if self.formula.previous is None else typed(self.scope.numbers("previous")[self.context.rows])

    @cached_property
    def final_parts(self) -> Mapping[str, Floats]:
        """What remains of each part in the final amounts, by part; they sum to the amounts.

        Where an amount covers the fixed parts, these are whole and the other parts share the rest as they did
        before; where it does not, the fixed parts shrink in proportion. Each array has the shape (eligible,).
        """
        fixed = [result for result in self.parts_limited if result.part.is_fixed]
        zeros = np.zeros(self.context.size)
        b = sum((result.amounts for result in fixed), zeros)
        s = sum((result.amounts for result in self.parts_limited if not result.part.is_fixed), zeros)
        rest = self.amounts - b
        shrink = ((rest < 0) & (b > 0)) | ((s == 0) & (b != 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            down = np.where(shrink & (b != 0), self.amounts / b, 1.0)
            along = np.where(shrink, 0.0, np.where(s != 0, rest / s, 0.0))
        found = {
            result.part.id: result.amounts * (down if result.part.is_fixed else along) for result in self.parts_limited
        }
        # Where nothing but a floor gives anything, the first part carries it.
        first = self.parts_limited[0].part.id
        found[first] = found[first] + (self.amounts - sum(found.values(), zeros))
        return {result.part.id: found[result.part.id] for result in self.parts_limited}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each territory that takes part, in code order, as it was computed: for analysts.

        Columns: code, name (where given), each part before limits, each limit's adjustment, rounding, amount; then
        per_head, share, previous, change and change_share where they can be told. Parts + limits + rounding = amount,
        but for the dust of binary numbers. Nothing but amounts is rounded here; what files, pages, workbooks and
        explanations print is :attr:`shown`.
        """
        columns: dict[str, Any] = {"code": list(self.codes)}
        if self.formula.name is not None:
            columns["name"] = list(self.names)
        columns |= {result.part.id: result.amounts for result in self.parts_shared}
        columns |= {stage.limit.id: stage.after - stage.before for stage in self.stages}
        columns["rounding"] = self.amounts - self.exact
        columns["amount"] = self.amounts
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.people is not None:
                columns["per_head"] = np.where(self.people > 0, self.amounts / self.people, np.nan)
            if self.total:
                columns["share"] = self.amounts / self.total
            if self.previous is not None:
                change = self.amounts - self.previous
                columns |= {"previous": self.previous, "change": change}
                columns["change_share"] = np.where(self.previous != 0, change / self.previous, np.nan)
        return pd.DataFrame(columns)

    @cached_property
    def shown(self) -> ShownSteps:
        """What every output shows: each step in whole figures, which add up across and down (docs/architecture.md)."""
        return shown_steps(self, self._steps)

    @cached_property
    def _steps(self) -> Steps:
        return steps_of(self)

    @cached_property
    def excluded(self) -> pd.DataFrame:
        """Those left out, one row each: code, and reason in the page's language."""
        rows = [(found.code, found.reason[self.language]) for found in self.excluded_by]
        return pd.DataFrame(rows, columns=["code", "reason"])

    @cached_property
    def variables(self) -> pd.DataFrame:
        """The page's variables and the columns it reads, one row for each that takes part, under their own names."""
        names = [*self.formula.names.columns, *self.formula.variables]
        values = {name: self._values(name) for name in names if name not in self._only_final}
        return pd.DataFrame({"code": list(self.codes), **values})

    def _values(self, name: str) -> np.ndarray:
        """Return a name's values; missing where nothing needed them and they cannot be computed."""
        try:
            return np.broadcast_to(self.scope.value(name), (self.context.rows.size,))[self.context.rows]
        except MissingInAggregate:
            return np.full(self.context.size, np.nan)

    @cached_property
    def _only_final(self) -> frozenset[str]:
        """Variables that rest on amounts, which limits and checks compute for themselves."""
        names = self.formula.names
        return frozenset(name for name in self.formula.variables if "amount" in names.rests_on(name))

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Each index's score and the scores of its criteria (``index.criterion``), one row for each that takes part."""
        columns: dict[str, Any] = {"code": list(self.codes)}
        for name in self.formula.indices:
            scoring = self.scope.scoring(name)
            columns[name] = scoring.scores[self.context.rows]
            for criterion in scoring.criteria:
                columns[f"{name}.{criterion.name}"] = criterion.scores
        return pd.DataFrame(columns)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody who signs should know, in the page's language."""
        return tuple(dict.fromkeys(problem.text(self.language) for problem in self.warnings_found))

    def row(self, code: str) -> int:
        """Return a territory's place among those that take part.

        Parameters
        ----------
        code : str
            The territory's code, as the table writes it.

        Returns
        -------
        int
            Its row in :attr:`amounts` and :attr:`table`, the first being 0.

        Raises
        ------
        SharingError
            Nobody that takes part has the code; the sentence says why where it was left out.

        Examples
        --------
        >>> allocation.row("B")
        1
        """
        code = tidy(str(code))
        # Codes stand in order: no table of a million places is made to find one.
        place = bisect_left(self.context.codes, code)
        if place < self.context.size and self.context.codes[place] == code:
            return place
        for found in self.excluded_by:
            if found.code == code:
                raise SharingError([Problem("code-excluded", {"code": code, "reason": found.reason})], self.language)
        same = [known for known in self.codes if known.lstrip("0") == code.lstrip("0")]
        near = Nearest((same[0],)) if same else near_label(code, self.codes)
        if not near.names and self.formula.name is not None:
            # Somebody may have written the name.
            named = near_label(code, self.names)
            near = Nearest(tuple(self.codes[self.names.index(name)] for name in named.names))
        raise SharingError([Problem("code-unknown", {"code": code, "nearest": near})], self.language)

    @cached_property
    def contributions(self) -> tuple[Contributions, ...]:
        """For each part that rests on criteria: each criterion's dollars for each territory, before any bound."""
        return contributions_of(self)

    @property
    def departures(self) -> tuple[Contributions, ...]:
        """The former name of :attr:`contributions`; deprecated."""
        deprecated("Allocation.departures", "Allocation.contributions")
        return self.contributions

    def explain(self, code: str) -> Explanation:
        """Decompose one amount into what is shown of it: parts, criteria, limits, rounding where there is some.

        For a share linear in its criteria: what the territory would get if every criterion stood at its mean (the
        baseline), then level × weight × (score − mean) for each criterion. Elsewhere each criterion has its Shapley
        value (Shapley, 1953, *A value for n-person games*), exact up to 12 criteria, sampled beyond.
        docs/architecture.md works both out by hand.

        Parameters
        ----------
        code : str
            The territory's code, as the table writes it.

        Returns
        -------
        Explanation
            Lines that add up to the amount exactly; printed, it is a small table in the page's language.

        Raises
        ------
        SharingError
            Nobody that takes part has the code.

        Examples
        --------
        >>> [(line.id, line.amount) for line in allocation.explain("A").lines]
        [('grant', 10000.0), ('need.unemployment', 3571.0), ('need.distance', -3571.0)]
        """
        return explain(self, code)

    @cached_property
    def _known(self) -> Known:
        """What worksheets have in common."""
        return Known()

    def worksheet(self, code: str) -> Worksheet:
        """Write out one amount so that anyone can redo it by hand: lettered lines, each with its arithmetic.

        Each quantity that the amount rests on, in order, from the cells of the table to whole units: its title, what
        the page says, the rule over the letters of earlier lines, the rule with this territory's figures, the result.
        What no pocket calculator can redo (a rank among all, a sum over all) is given, and marked as such. The text is
        made of a small grammar that docs/worksheet.md defines.

        Parameters
        ----------
        code : str
            The territory's code, as the table writes it. One that takes no part has a worksheet of the conditions.

        Returns
        -------
        Worksheet
            Its lines, a ``table``, a ``text`` in either language, a page to print.

        Raises
        ------
        SharingError
            No territory has the code.

        Examples
        --------
        >>> [line.title for line in allocation.worksheet("A").lines][-3:]
        ['part', 'cut', 'amount']
        """
        return worksheet(self, code)

    @cached_property
    def reliance(self) -> tuple[Reliance, ...]:
        """The dollars that rest on declared, estimated and illustrative figures, each with those figures."""
        return reliance_of(self)

    @cached_property
    def record(self) -> dict[str, Any]:
        """Enough to redo the allocation in ten years, as plain values that JSON can hold.

        The page and the table with their fingerprints, versions, the decision, sources, levels, who was left out and
        why, checks, warnings, amounts.
        """
        return record_of(self)

    def summary(self) -> str:
        """Tell the allocation in a few lines, in the page's language.

        Returns
        -------
        str
            The money, the parts, who gets what, checks, and what it rests on.

        Examples
        --------
        >>> print(allocation.summary())
        grant
          Simulation – not a decision
          Envelope                    $70,000
          Shared among 3 territories  $70,000
          From $10,000 (A) to $40,000 (C), median $20,000
        """
        from equite.report.terminal.text import summary

        return summary(self)

    @takes(FormulaError)
    def diagnose(self, index: str | None = None, *, flag: float = 0.75) -> Diagnosis:
        """Look into an index: double counting, effective weights, what ranks are owed to.

        After the OECD and JRC's *Handbook on Constructing Composite Indicators* (2008), steps 4 to 7; see
        docs/diagnostics.md.

        Parameters
        ----------
        index : str, optional
            The index; by default the page's only one.
        flag : float, default 0.75
            The correlation, from 0 to 1, beyond which two criteria are flagged.

        Returns
        -------
        Diagnosis
            Tables of weights, correlations, outliers and ranks; printed, a text in the page's language.

        Raises
        ------
        FormulaError
            There is no such index, or several and none is named; nothing distinguishes anybody in it; ``flag`` is not
            between 0 and 1.

        Examples
        --------
        >>> allocation.diagnose().weights[["criterion", "nominal"]].to_dict("list")
        {'criterion': ['unemployment', 'distance'], 'nominal': [0.5, 0.5]}
        """
        from equite.analysis.diagnostics import diagnose

        return diagnose(self, index, flag=flag)

    def aims_at_stake(self) -> pd.DataFrame:
        """Tell the most that each territory could gain by giving its points to other aims.

        Where a family of an index has ``points`` (docs/formula.md), each territory chooses how much each aim counts for
        itself. For each of them alone, the others' points as they are, this puts all its points on the aim it is
        neediest in. Amounts are those of the parts that rest on the index, before any bound or limit, which only narrow
        the gain.

        Returns
        -------
        pandas.DataFrame
            One row for each territory and family: code, index, family, the aim that would pay most, amount as it is,
            best_amount with all points there, and the gain. Empty where no family has points.

        Examples
        --------
        >>> len(allocation.aims_at_stake())
        0
        """
        from equite.analysis.aims import aims_at_stake

        return aims_at_stake(self)

    def columns_read(self) -> ColumnsRead:
        """Tell how each column was read: kind, unit, lowest, median, highest, missing values and what they became.

        Returns
        -------
        ColumnsRead
            With ``columns`` and ``table``; printed, a table in the page's language in which a misreading is seen at a
            glance.

        Examples
        --------
        >>> allocation.columns_read().table[["heading", "unit", "median"]].to_dict("records")[-1]
        {'heading': 'distance', 'unit': 'km', 'median': 50.0}
        """
        from equite.analysis.columns_read import columns_read

        return columns_read(self)

    @takes(FormulaError, but=("code",))
    def profile(self, code: str, *, tier: str | None = None) -> Profile:
        """Tell a territory's strengths and weaknesses beside all, its tier and its nearest peers.

        On the page's only index.

        Parameters
        ----------
        code : str
            The territory's code, as the table writes it.
        tier : str, optional
            A column of texts (its name on the page, or its heading in the table): medians are given among those that
            have the territory's own label there.

        Returns
        -------
        Profile
            With ``table`` (one row for each criterion) and ``peers``; printed, a text in the page's language.

        Raises
        ------
        SharingError
            Nobody that takes part has the code.
        FormulaError
            The page has no index, or several; nothing distinguishes anybody in it; there is no such column.
        TerritoriesError
            The column cannot be read as text.

        Examples
        --------
        >>> allocation.profile("A").peers["code"].tolist()
        ['B', 'C']
        """
        from equite.analysis.profile import profile

        return profile(self, code, tier=tier)

    @property
    def plot(self) -> AllocationPlots:
        """Pictures of the allocation, in its language, a method each (needs the extra ``plot``).

        ``allocation.plot.waterfall("A")``, for instance; docs/plots.md shows them all.
        """
        from equite.report.plots import AllocationPlots

        return AllocationPlots(self)

    def to_csv(self, path: str | Path) -> Path:
        """Write the table to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English;
        headings in the page's language, with units. Rows and columns add up to the last decimal. A text that a
        spreadsheet would run as a formula has an apostrophe before it.

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
        >>> allocation.to_csv("amounts.csv").name
        'amounts.csv'
        """
        from equite.report.files import to_csv

        return to_csv(self, path)

    def to_parquet(self, path: str | Path) -> Path:
        """Write the table to a Parquet file, for programs (needs the extra ``parquet``).

        Full precision, under the page's own names; the file's metadata hold :attr:`record`, amounts apart.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.parquet`` or ``.pq``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            pyarrow is not installed, the name has another end, or the file cannot be written. One that was there is
            left as it was.

        Examples
        --------
        >>> allocation.to_parquet("amounts.parquet").name
        'amounts.parquet'
        """
        from equite.report.files import to_parquet

        return to_parquet(self, path)

    @takes(OutputError)
    def to_excel(self, path: str | Path, *, live: bool = False, template: str | Path | None = None) -> Path:
        """Write a workbook in the page's language: notes, parameters, the allocation to print, checks.

        Amounts, parts and limits are values; totals and the checks of sums are formulas, so that a cell changed by hand
        shows. Two workbooks of one allocation are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.
        live : bool, default False
            Write the live workbook instead (docs/workbook.md): change a weight, the envelope, a bound or a cell in it,
            and every amount follows. :func:`equite.read_workbook` reads it back.
        template : str or Path, optional
            A workbook of the reader's own (docs/round_trip.md): a copy of it is filled at the names that it defines,
            and the rest of it is left untouched. Not together with ``live``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            Both ``live`` and ``template`` are asked for; the table holds more than a sheet can; the template cannot be
            filled; the name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> allocation.to_excel("amounts.xlsx").name
        'amounts.xlsx'
        >>> allocation.to_excel("live.xlsx", live=True).name
        'live.xlsx'
        """
        from equite.report.workbook.allocation import to_excel

        return to_excel(self, path, live=live, template=template)

    @takes(OutputError)
    def to_html(
        self,
        path: str | Path,
        only: Iterable[str] | None = None,
        *,
        sections: str = "auto",
        live: bool = False,
        territories: Iterable[str] | None = None,
    ) -> Path:
        """Write one page to read, to search and to print, in the page's language.

        The file needs no other file and no network; it can be read without scripts and used without a mouse. Two files
        of one allocation are the same, byte for byte. docs/reading.md tells its reader where each answer stands.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.
        only : iterable of str, optional
            The codes of the territories that have a section of their own. The table always has all.
        sections : {"auto", "all", "none"}, default "auto"
            Without ``only``, whether territories have sections: by default all of them up to 500, else none. Beyond 200
            sections worksheets are left out of them, which the page says.
        live : bool, default False
            Let every number of the formula be moved in the page (docs/live_page.md): each amount is computed anew in
            the reader's browser, to the same unit. What is moved can be saved as a file that overrides this formula.
        territories : iterable of str, optional
            The former name of ``only``; deprecated.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        SharingError
            Some codes are of no territory that takes part.
        OutputError
            More than 5,000 sections are asked for; the name has another end, or the file cannot be written. One that
            was there is left as it was.

        Examples
        --------
        >>> allocation.to_html("report.html", only=["A"]).name
        'report.html'
        >>> allocation.to_html("what_if.html", live=True).name
        'what_if.html'
        """
        from equite.report.browser.explorer import live_to_html
        from equite.report.html.page import to_html

        return (live_to_html if live else to_html)(self, path, only, sections=sections, territories=territories)

    def _repr_html_(self) -> str:
        from equite.report.html.allocation import allocation_html

        return allocation_html(self)

    def __repr__(self) -> str:
        return self.summary()
