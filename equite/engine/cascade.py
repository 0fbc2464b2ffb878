"""A cascade: money comes down through tiers, each shared by a page of its own, and nothing is lost at any node.

What a tier's territories have to pass on (what they received, with funds and what they add, less what they keep) are
the envelopes that the next tier's page shares among their children: one computation a tier, however many parents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equite.engine.accounts import Counts, Level, MinorUnits
from equite.engine.allocation import Allocation
from equite.engine.audit_trail import AuditTrail, trail
from equite.engine.cascade_run import CascadeRun
from equite.errors import EquiteError, Problem, SharingError, deprecated, nearest
from equite.formula.plan import Plan
from equite.inputs.tiers import Tiers
from equite.wording import Language

if TYPE_CHECKING:
    from equite.report.plots.tiers import CascadePlots

__all__ = ["Cascade", "cascade"]


@dataclass(frozen=True, eq=False, repr=False)
class Cascade:
    """Money brought down through tiers, every node's accounts kept; frozen.

    Attributes
    ----------
    plan : Plan
        The plan.
    tiers : Tiers
        The territories and their parents.
    minor_units : MinorUnits
        The minor unit that every account is a whole number of.
    levels : tuple of Level
        The tiers after the money came through, top one first.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> plan = {
    ...     "equite_plan": 1, "id": "plan", "language": "en",
    ...     "tiers": [
    ...         {"id": "region", "formula": {**page, "envelope": 90_000}, "keeps": "0.1 * amount"},
    ...         {"id": "town", "formula": page, "parent": "region"},
    ...     ],
    ... }
    >>> tables = {
    ...     "region": {"code": ["N", "S"], "people": [3_000, 6_000]},
    ...     "town": {"code": ["N1", "N2", "S1"], "region": ["N", "N", "S"], "people": [1_000, 2_000, 6_000]},
    ... }
    >>> cascade = equite.cascade(plan, tables)
    >>> cascade.table("town")[["code", "parent", "amount"]].to_dict("list")
    {'code': ['N1', 'N2', 'S1'], 'parent': ['N', 'N', 'S'], 'amount': [9000.0, 18000.0, 54000.0]}
    >>> bool(cascade.sources["money"].sum() == cascade.uses["money"].sum())
    True
    """

    plan: Plan
    tiers: Tiers
    minor_units: MinorUnits
    levels: tuple[Level, ...]

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.plan.language

    @property
    def coins(self) -> MinorUnits:
        """The former name of ``minor_units``; deprecated."""
        deprecated("Cascade.coins", "Cascade.minor_units")
        return self.minor_units

    @property
    def names(self) -> tuple[str, ...]:
        """The tiers, top one first."""
        return self.plan.names

    def level(self, tier: str | None = None) -> Level:
        """Return a tier's level, by default the last.

        Parameters
        ----------
        tier : str, optional
            The tier, by default the last.

        Returns
        -------
        Level
            The tier's territories in code order, and their accounts in minor units.

        Raises
        ------
        SharingError
            The plan has no such tier.

        Examples
        --------
        >>> cascade.level("region").codes
        ('N', 'S')
        """
        if tier is None:
            return self.levels[-1]
        return self.levels[self.names.index(self.plan.tier(tier).id)]

    def allocations(self, tier: str | None = None) -> tuple[Allocation, ...]:
        """Return a tier's allocations: one, and one more for each other page that parents chose.

        Parameters
        ----------
        tier : str, optional
            The tier, by default the last.

        Returns
        -------
        tuple of Allocation
            That of the tier's own page first.

        Raises
        ------
        SharingError
            The plan has no such tier.

        Examples
        --------
        >>> [allocation.total for allocation in cascade.allocations("town")]
        [81000.0]
        """
        return self.level(tier).allocations

    def allocation_of(self, code: str, tier: str | None = None) -> Allocation | None:
        """Return the allocation that served a territory; None where its parent had nothing to pass on.

        Parameters
        ----------
        code : str
            The territory's code.
        tier : str, optional
            Its tier, by default the last.

        Returns
        -------
        Allocation or None
            That of its parent's page.

        Raises
        ------
        SharingError
            The plan has no such tier, or the tier has no such code.

        Examples
        --------
        >>> cascade.allocation_of("N1").formula.id
        'grant'
        """
        level = self.level(tier)
        served = level.served_by[self.row(code, tier)]
        return None if served < 0 else level.allocations[served]

    def row(self, code: str, tier: str | None = None) -> int:
        """Return a territory's place among its tier's sorted codes.

        Parameters
        ----------
        code : str
            The territory's code.
        tier : str, optional
            Its tier, by default the last.

        Returns
        -------
        int
            Its row in :meth:`table`, the first being 0.

        Raises
        ------
        SharingError
            The plan has no such tier, or the tier has no such code.

        Examples
        --------
        >>> cascade.row("S", "region")
        1
        """
        level = self.level(tier)
        if str(code) not in level.rows:
            near = nearest(str(code), level.codes)
            raise SharingError([Problem("code-unknown", {"code": str(code), "nearest": near})], self.language)
        return level.rows[str(code)]

    @cached_property
    def envelope(self) -> float:
        """What the top shares among the first tier."""
        first = self.levels[0]
        return float(self.minor_units.money(first.by_parent(first.received) + first.reserve - first.on_top)[0])

    @cached_property
    def sources(self) -> pd.DataFrame:
        """Where the money comes from: the envelope, what came on top, funds, what territories add; one row each.

        Columns: tier, source (``envelope``, ``on_top``, ``fund``, ``added``), id (of a fund), money. A fund counts
        with what came on top of it. They sum to
        :attr:`uses`, exactly.
        """
        rows: list[tuple[str, str, str, float]] = [(self.names[0], "envelope", "", self.envelope)]
        for level in self.levels:
            money = {"on_top": level.on_top, "added": level.added}
            rows += [
                (level.tier.id, word, "", self._sum(minor_units))
                for word, minor_units in money.items()
                if minor_units.any()
            ]
            rows += [
                (level.tier.id, "fund", name, self._sum(self._given(found))) for name, found in level.funds.items()
            ]
        return pd.DataFrame(rows, columns=["tier", "source", "id", "money"])

    @cached_property
    def uses(self) -> pd.DataFrame:
        """Where the money ends: what each tier keeps or leaves undistributed, and what reaches the last one.

        Columns: tier, use (``kept``, ``reserve``, ``amount``), money, per_unit (of each dollar from all sources).
        """
        rows: list[tuple[str, str, float]] = []
        for level in self.levels:
            # What a fund's page leaves undistributed is left on the tier that the fund is for.
            left = [self._minor_units(found, found.reserve_units) for found in level.funds.values()]
            money = {"reserve": np.concatenate([level.reserve, *left]), "kept": level.kept}
            if level is self.levels[-1]:
                money["amount"] = level.amount
            rows += [
                (level.tier.id, word, self._sum(minor_units))
                for word, minor_units in money.items()
                if minor_units.any()
            ]
        frame = pd.DataFrame(rows, columns=["tier", "use", "money"])
        total = float(self.sources["money"].sum())
        return frame.assign(per_unit=frame["money"] / total if total else np.nan)

    def table(self, tier: str | None = None) -> pd.DataFrame:
        """Return one row for each territory of a tier, in code order.

        Columns: code, name and parent where there are any, received, then funds, added, kept where the plan has them,
        amount (received and funds), passed_on; then shared_out, reserve and on_top of what it passed on; per_head
        where the page knows the people; of_parent, its share of what its parent's children got. In each row
        amount + added - kept = passed_on = shared_out + reserve - on_top.

        Parameters
        ----------
        tier : str, optional
            The tier, by default the last.

        Returns
        -------
        pandas.DataFrame
            Money, in the plan's currency or unit.

        Raises
        ------
        SharingError
            The plan has no such tier.

        Examples
        --------
        >>> cascade.table("region")[["amount", "kept", "passed_on"]].to_dict("records")[0]
        {'amount': 30000.0, 'kept': 3000.0, 'passed_on': 27000.0}
        """
        level = self.level(tier)
        at = self.levels.index(level)
        columns: dict[str, Any] = {"code": list(level.codes)}
        names = self._texts(level, self.plan.formula_of(level.tier.id).name)
        if names is not None:
            columns["name"] = names
        if at:
            columns["parent"] = [self.levels[at - 1].codes[place] for place in level.parent]
        columns["received"] = self.minor_units.money(level.received)
        if level.funds:
            columns["funds"] = self.minor_units.money(level.from_funds)
        columns["amount"] = self.minor_units.money(level.amount)
        if at + 1 < len(self.levels):
            columns |= {
                word: self.minor_units.money(minor_units) for word, minor_units in self._onward(level, at).items()
            }
        people = self._people(level)
        if people is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                columns["per_head"] = np.where(people > 0, columns["amount"] / people, np.nan)
        shared = level.by_parent(level.received)[level.parent]
        columns["of_parent"] = np.divide(level.received, shared, out=np.full(len(shared), np.nan), where=shared != 0)
        return pd.DataFrame(columns)

    def _onward(self, level: Level, at: int) -> dict[str, Counts]:
        below = self.levels[at + 1]
        stated = {"added": (level.tier.adds, level.added), "kept": (level.tier.keeps, level.kept)}
        found = {word: minor_units for word, (said, minor_units) in stated.items() if said is not None}
        onward = {"passed_on": level.passed_on, "shared_out": below.by_parent(below.received)}
        return {**found, **onward, "reserve": below.reserve, "on_top": below.on_top}

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Every node of every tier: its tier, and the columns of :meth:`table`."""
        frames = [self.table(tier).assign(tier=tier) for tier in self.names]
        whole = pd.concat(frames, ignore_index=True)
        first = [name for name in ("tier", "code", "name", "parent") if name in whole]
        return whole[[*first, *(name for name in whole if name not in first)]]

    def _minor_units(self, found: Allocation, units: Counts) -> Counts:
        return self.minor_units.of(units, found.context.unit)

    def _given(self, fund: Allocation) -> Counts:
        """Return what a fund brought: what it shared out and what it left, on top of its envelope or not."""
        return np.concatenate([self._minor_units(fund, fund.units), self._minor_units(fund, fund.reserve_units)])

    def _sum(self, minor_units: Counts) -> float:
        return float(self.minor_units.money(np.array([int(minor_units.sum())]))[0])

    def _texts(self, level: Level, name: str | None) -> list[str] | None:
        if name is None:
            return None
        page = self.plan.formula_of(level.tier.id)
        heading = page.columns[name].heading if name in page.columns and page.columns[name].heading else name
        found = dict(zip(level.territories.codes, level.territories.texts(str(heading)), strict=True))
        return [code if found[code] is None else str(found[code]) for code in level.codes]

    def _people(self, level: Level) -> np.ndarray | None:
        """Return the people of a tier's territories, where its page knows them."""
        if not level.allocations or level.allocations[0].people is None:
            return None
        people = np.full(len(level.codes), np.nan)
        for allocation in level.allocations:
            if allocation.people is not None:
                people[[level.rows[code] for code in allocation.codes]] = allocation.people
        return people

    def names_of(self, tier: str) -> tuple[str, ...]:
        """Return the names of a tier's territories in code order; their codes where the page names no column.

        Parameters
        ----------
        tier : str
            The tier.

        Returns
        -------
        tuple of str
            As many as the tier has territories.

        Raises
        ------
        SharingError
            The plan has no such tier.

        Examples
        --------
        >>> cascade.names_of("region")
        ('N', 'S')
        """
        level = self.level(tier)
        return tuple(self._texts(level, self.plan.formula_of(tier).name) or level.codes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody who signs should know, each with its tier, in the plan's language."""
        found = [
            f"{self.plan.title_of(level.tier.id)} · {warning}"
            for level in self.levels
            for allocation in (*level.allocations, *level.funds.values())
            for warning in allocation.warnings
        ]
        return tuple(dict.fromkeys(found))

    def explain(self, code: str, tier: str | None = None) -> AuditTrail:
        """Follow the money from the top down to one territory, and explain each step.

        Parameters
        ----------
        code : str
            The territory's code.
        tier : str, optional
            Its tier, by default the last.

        Returns
        -------
        AuditTrail
            A step for each tier, with what of each dollar of the envelope reached the territory; printed, a text in the
            plan's language.

        Raises
        ------
        SharingError
            The tier has no such code; if another one has, it is named.

        Examples
        --------
        >>> [(step.tier, step.received, round(step.of_envelope, 3)) for step in cascade.explain("N2").steps]
        [('region', 30000.0, 0.333), ('town', 18000.0, 0.2)]
        """
        return trail(self, code, tier)

    @cached_property
    def record(self) -> dict[str, Any]:
        """Enough to redo the cascade in ten years, as plain values that JSON can hold."""
        return {
            "plan": {"id": self.plan.id, "sha256": self.plan.sha256, "content": self.plan.content},
            "tiers": {level.tier.id: self._told(level) for level in self.levels},
            "sources": self.sources.to_dict("records"),
            "uses": self.uses.to_dict("records"),
        }

    def _told(self, level: Level) -> dict[str, Any]:
        tier = level.tier
        choices = self.plan.choices_of(tier.id)
        return {
            "decided_by": dict(tier.decided_by) if tier.decided_by else None,
            "choices": [
                {**{key: getattr(each, key) for key in ("body", "date", "resolution", "dissent")}, "for": each.parent}
                | {"reason": dict(each.reason)}
                for each in choices
            ],
            "allocations": [allocation.record for allocation in level.allocations],
            "funds": {name: found.record for name, found in level.funds.items()},
            "accounts": self.table(tier.id).replace({np.nan: None}).to_dict("list"),
        }

    @property
    def plot(self) -> CascadePlots:
        """Pictures of the cascade, in its language (needs the extra ``plot``)."""
        from equite.report.plots.tiers import CascadePlots

        return CascadePlots(self)

    def summary(self) -> str:
        """Tell the cascade in a few lines, in the plan's language.

        Returns
        -------
        str
            The money and where it ends, each tier, checks, warnings.

        Examples
        --------
        >>> print(cascade.summary().splitlines()[0])
        plan
        """
        from equite.report.cascade.views import summary

        return summary(self)

    def to_csv(self, path: str | Path) -> Path:
        """Write the accounts of every node to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French. One row for each territory of each tier.

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
        >>> cascade.to_csv("accounts.csv").name
        'accounts.csv'
        """
        from equite.report.cascade.files import to_csv

        return to_csv(self, path)

    def to_excel(self, path: str | Path) -> Path:
        """Write a workbook in the plan's language: what it is, one sheet for each tier, and the checks of every node.

        The first sheet says who decides at each tier, what was decided locally, where money comes from and ends. The
        checks are live formulas, so that a cell changed by hand shows. Two workbooks of one cascade are the same, byte
        for byte.

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
            A tier has more territories than a sheet can hold, the name has another end, or the file cannot be written.
            One that was there is left as it was.

        Examples
        --------
        >>> cascade.to_excel("accounts.xlsx").name
        'accounts.xlsx'
        """
        from equite.report.cascade.files import to_excel

        return to_excel(self, path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: where the money comes from and ends, then the accounts of every tier.

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
        >>> cascade.to_html("accounts.html").name
        'accounts.html'
        """
        from equite.report.cascade.files import to_html

        return to_html(self, path)

    def _repr_html_(self) -> str:
        from equite.report.cascade.views import cascade_html

        return cascade_html(self)

    def __repr__(self) -> str:
        return self.summary()


def cascade(plan: Plan | str | Path | Mapping[str, Any], tables: Mapping[str, Any] | None = None) -> Cascade:
    """Bring money down through the tiers of a plan.

    Parameters
    ----------
    plan : Plan, path or mapping
        The plan.
    tables : mapping of str to table, optional
        Tables by tier, each a path, a frame or territories, instead of those that the plan names.

    Returns
    -------
    Cascade
        At every node: what its children got + reserve = what it passed on + what came on top, exactly.

    Raises
    ------
    FormulaError
        The plan or one of its pages cannot be read or meant, or an override passes its margin.
    TerritoriesError
        A table cannot be used, a territory has no parent or two, or totals do not agree between tiers.
    SharingError
        A node's money cannot be shared as its page asks, or a node with money has nobody to pass it on to.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> plan = {
    ...     "equite_plan": 1, "id": "plan", "language": "en",
    ...     "tiers": [
    ...         {"id": "region", "formula": {**page, "envelope": 90_000}, "keeps": "0.1 * amount"},
    ...         {"id": "town", "formula": page, "parent": "region"},
    ...     ],
    ... }
    >>> tables = {
    ...     "region": {"code": ["N", "S"], "people": [3_000, 6_000]},
    ...     "town": {"code": ["N1", "N2", "S1"], "region": ["N", "N", "S"], "people": [1_000, 2_000, 6_000]},
    ... }
    >>> equite.cascade(plan, tables).uses[["tier", "use", "money"]].to_dict("records")
    [{'tier': 'region', 'use': 'kept', 'money': 9000.0}, {'tier': 'town', 'use': 'amount', 'money': 81000.0}]
    """
    read = Plan.of(plan)
    try:
        cascade_run = CascadeRun(read, {} if tables is None else tables)
        return Cascade(read, cascade_run.tiers, cascade_run.minor_units, cascade_run.run())
    except EquiteError as error:
        error.language = error.language or read.language
        raise
