"""Who decides: one tier of a plan decided by nobody but its page, by parents within margins, by each parent alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from equite.analysis.likeness import Places, like_pairs, placed, scores_of
from equite.engine.accounts import Counts, Level
from equite.engine.cascade import Cascade, cascade
from equite.engine.sharing import Floats
from equite.errors import EquiteError, FormulaError, Problem
from equite.formula.plan import REGIMES, Plan, Regime
from equite.wording import Codes, Language

__all__ = ["ALIKE", "GovernanceComparison", "compare_governance"]

#: Beyond this distance two territories are not alike: half a standard deviation on an average measure.
ALIKE = 0.5
#: The regimes that are compared with the first.
_OTHERS: tuple[Regime, ...] = tuple(REGIMES)[1:]


@dataclass(frozen=True, eq=False, repr=False)
class GovernanceComparison:
    """One tier of a plan under three regimes, side by side; frozen.

    - ``uniform``: nobody changes anything, one formula for all;
    - ``margins``: the parents' overrides, within the margins of the tier;
    - ``delegated``: each parent's own page; its override where it states none, the tier's page without either.

    All other tiers are decided as the plan says. What parents share is then the same in all three, but for what their
    pages leave in reserve, or add on top.

    Attributes
    ----------
    tier : str
        The tier that is compared.
    cascades : mapping of str to Cascade
        The plan run in each regime.

    Examples
    --------
    >>> from pathlib import Path
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "rounding": {"to": 1}, "people": "people",
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> regions = {"id": "region", "formula": {**page, "envelope": 90_000}}
    >>> towns = {"id": "town", "formula": page, "parent": "region", "may_change": "everything", "overrides": "choices"}
    >>> plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": [regions, towns]}
    >>> Path("choices").mkdir(exist_ok=True)
    >>> choice = "{for: N, body: N, date: 2026-05-12, reason: Even, changes: {parts: {grant: {share: equally}}}}"
    >>> Path("choices", "north.yaml").write_text(choice, encoding="utf-8") > 0
    True
    >>> tables = {
    ...     "region": {"code": ["N", "S"], "people": [3_000, 6_000]},
    ...     "town": {"code": ["N1", "N2", "S1"], "region": ["N", "N", "S"], "people": [1_000, 2_000, 6_000]},
    ... }
    >>> comparison = equite.compare_governance(plan, tables)
    >>> comparison.regimes[["regime", "winning", "losing", "moved"]].to_dict("records")[1]
    {'regime': 'margins', 'winning': 1, 'losing': 1, 'moved': 5000.0}
    """

    tier: str
    cascades: Mapping[Regime, Cascade]

    @property
    def plan(self) -> Plan:
        """The plan, as it is written."""
        return self.cascades["margins"].plan

    @cached_property
    def levels(self) -> Mapping[Regime, Level]:
        """The compared tier after the money came through, in each regime."""
        return {regime: found.level(self.tier) for regime, found in self.cascades.items()}

    @cached_property
    def amounts(self) -> Mapping[Regime, Counts]:
        """What each territory has in each regime, in minor units."""
        return {regime: level.amount for regime, level in self.levels.items()}

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the tier's territories, in order."""
        return self.levels["uniform"].codes

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Their names; their codes where the page names no column."""
        return self.cascades["uniform"].names_of(self.tier)

    @cached_property
    def above(self) -> Level:
        """The tier of the parents, which is the same in all regimes."""
        found = self.cascades["uniform"]
        return found.levels[found.names.index(self.tier) - 1]

    @cached_property
    def parent_names(self) -> tuple[str, ...]:
        """The parents' names, in code order."""
        return self.cascades["uniform"].names_of(self.above.tier.id)

    @cached_property
    def people(self) -> Floats | None:
        """The people of each territory, where a page says."""
        return self._people(self.tier)

    @cached_property
    def choices(self) -> Mapping[str, str]:
        """The parents that chose for themselves: by code, the folder of what they would do alone."""
        return {choice.parent: key for key in REGIMES["delegated"] for choice in self.plan.choices_of(self.tier, key)}

    # --- territories

    def table(self, tier: str | None = None) -> pd.DataFrame:
        """Return one row for each territory of the tier (or of another one), in code order.

        Columns: code, name, parent, parent_name, people where a page counts them, ``score_…`` of each index of the
        tier's page (measured by that page, whoever decides), the amounts ``uniform``, ``margins`` and ``delegated``,
        ``difference_margins`` and ``difference_delegated`` from uniform, in money.

        Parameters
        ----------
        tier : str, optional
            The tier, by default the one that is compared.

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
        >>> comparison.table()["difference_margins"].tolist()
        [5000.0, -5000.0, 0.0]
        """
        first = self.cascades["uniform"]
        level = first.level(tier or self.tier)
        columns: dict[str, Any] = {"code": list(level.codes), "name": list(first.names_of(level.tier.id))}
        at = first.levels.index(level)
        if at:
            above = first.levels[at - 1]
            names = first.names_of(above.tier.id)
            columns["parent"] = [above.codes[row] for row in level.parent]
            columns["parent_name"] = [names[row] for row in level.parent]
        people = self._people(level.tier.id)
        if people is not None:
            columns["people"] = people
        for index in self.plan.formula_of(level.tier.id).indices:
            columns[f"score_{index}"] = placed(level, partial(scores_of, index))
        amounts = {regime: found.levels[at].amount for regime, found in self.cascades.items()}
        columns |= {regime: self._money(minor_units) for regime, minor_units in amounts.items()}
        for regime in _OTHERS:
            columns[f"difference_{regime}"] = self._money(amounts[regime] - amounts["uniform"])
        return pd.DataFrame(columns)

    def _people(self, tier: str) -> Floats | None:
        """Return the people of a tier's territories; one that a regime leaves out may take part in another."""
        people = None
        for found in self.cascades.values():
            own = placed(found.level(tier), lambda allocation: allocation.people)
            people = own if people is None else np.where(np.isnan(people), own, people)
        return None if people is None or np.isnan(people).all() else people

    # --- who gains, who loses

    @cached_property
    def regimes(self) -> pd.DataFrame:
        """One row for each regime: who gains and who loses against uniform, the price of local choice, and its gain.

        Columns: regime, total (of the tier), deciding (parents with a page of their own); winning, losing, unchanged
        (territories), people_winning, people_losing (missing where no page counts people), gained, lost (money), moved
        (from territories to others under the same parent), reserve and on_top (what pages leave undistributed, or add),
        largest_gain and largest_loss, each with its code and name; spread, added, opened, fit.

        **Price.** Each territory is held beside the most alike under another parent (:attr:`pairs`). ``spread`` is the
        mean gap between their amounts per head, Σ hᵢ |aᵢ/hᵢ − aⱼ/hⱼ| / Σ hᵢ, over pairs that are alike, each weighted
        by the people h of the first. A board can redo it for any two places that it knows. It is not 0 under uniform,
        for parents have not the same money per head; ``added`` is what a regime adds to uniform's (below 0 where local
        choices make up for that). Gaps that open hide gaps that close in such a difference. So ``opened`` counts what
        local choice does by itself, Σ hᵢ |dᵢ/hᵢ − dⱼ/hⱼ| / Σ hᵢ with d the difference from uniform: 0 where nobody
        chooses, never below ``added``.

        **Gain.** ``fit``: of the money of parents that stated something of their own, the part that goes where their
        own page sends it, 1 − Σ |a − own| / Σ (|a| + |own|), the overlap of two distributions (Bray and Curtis, 1957);
        1 − Σ |a − own| / (2 Σ own) where both share the same money. Delegated gives 1: that is what the word means.
        """
        chosen = [self.above.rows[code] for code in self.choices]
        stated = np.flatnonzero(np.isin(self.levels["uniform"].parent, chosen))
        rows = [
            {
                "regime": regime,
                "total": self._sum(amounts),
                "deciding": len(self.cascades[regime].plan.choices_of(self.tier)),
                **self._outcome(regime, np.arange(len(self.codes))),
                **self._aside(regime, slice(None)),
                **self._price(regime),
                "fit": self._fit(regime, stated),
            }
            for regime, amounts in self.amounts.items()
        ]
        return pd.DataFrame(rows)

    def _aside(self, regime: Regime, parents: slice) -> dict[str, float]:
        """Return what parents' pages leave in reserve, and add on top."""
        level = self.levels[regime]
        return {"reserve": self._sum(level.reserve[parents]), "on_top": self._sum(level.on_top[parents])}

    @cached_property
    def parents(self) -> pd.DataFrame:
        """One row for each parent that has territories and each regime: the fight is inside the parent.

        Columns: parent, name, choice (``own``, ``overrides``, or nothing), regime, passed_on (what the parent has to
        share, the same in all), shared_out (what it shared: passed_on less reserve plus on_top), total (what its
        territories have, funds included), then as in :attr:`regimes`, from winning to on_top, and fit (missing for
        parents that stated nothing of their own).
        """
        passed_on = self._money(self.above.passed_on)
        parent = self.levels["uniform"].parent
        order = np.argsort(parent, kind="stable")
        found = []
        for rows in np.split(order, np.flatnonzero(np.diff(parent[order])) + 1):
            at = parent[rows[0]]
            code = self.above.codes[at]
            for regime, amounts in self.amounts.items():
                told = {
                    "parent": code,
                    "name": self.parent_names[at],
                    "choice": self.choices.get(code, ""),
                    "regime": regime,
                    "passed_on": float(passed_on[at]),
                    "shared_out": self._sum(self.levels[regime].received[rows]),
                    "total": self._sum(amounts[rows]),
                    **self._outcome(regime, rows),
                    **self._aside(regime, slice(at, at + 1)),
                }
                found.append({**told, "fit": self._fit(regime, rows) if code in self.choices else np.nan})
        return pd.DataFrame(found)

    def _outcome(self, regime: Regime, rows: Places) -> dict[str, Any]:
        """Tell who gains and who loses against uniform, among some territories."""
        change = self.amounts[regime][rows] - self.amounts["uniform"][rows]
        winning, losing = change > 0, change < 0
        found: dict[str, Any] = {
            "winning": int(winning.sum()),
            "losing": int(losing.sum()),
            "unchanged": int((change == 0).sum()),
            "people_winning": self._people_in(rows[winning]),
            "people_losing": self._people_in(rows[losing]),
            "gained": self._sum(change[winning]),
            "lost": self._sum(-change[losing]),
            "moved": self._moved(rows, change),
        }
        for name, some, at in (("gain", winning, int(change.argmax())), ("loss", losing, int(change.argmin()))):
            there = bool(some.any())
            found[f"largest_{name}"] = self._sum(change[at : at + 1]) if there else np.nan
            found[f"largest_{name}_code"] = self.codes[rows[at]] if there else None
            found[f"largest_{name}_name"] = self.names[rows[at]] if there else None
        return found

    def _moved(self, rows: Places, change: Counts) -> float:
        """Sum over parents what some of its territories lose and others gain; what goes to a reserve is not moved."""
        sides = np.zeros((2, len(self.above.codes)), dtype=np.int64)
        for side, part in zip(sides, (change, -change), strict=True):
            np.add.at(side, self.levels["uniform"].parent[rows], np.maximum(part, 0))
        return self._sum(sides.min(axis=0))

    def _people_in(self, rows: Places) -> float:
        return np.nan if self.people is None else float(np.nansum(self.people[rows]))

    def _money(self, minor_units: Counts) -> Floats:
        return self.cascades["uniform"].minor_units.money(minor_units)

    def _sum(self, minor_units: Counts) -> float:
        return float(self._money(np.array([int(minor_units.sum())]))[0])

    # --- the gain: fit to what parents state

    def _fit(self, regime: Regime, rows: Places) -> float:
        """Return the part of some territories' money that goes where their parents' own pages send it."""
        given, own = (self.levels[each].received[rows] for each in (regime, "delegated"))
        whole = int(np.abs(given).sum() + np.abs(own).sum())
        return 1.0 - int(np.abs(given - own).sum()) / whole if whole else np.nan

    # --- the price: like territories under different parents

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Each territory beside the most alike under another parent, in code order.

        Likeness is nearness on what the tier's page measures and on people
        (:func:`~equite.analysis.likeness.measures_of`). Who takes no part in uniform, or has no people, has no pair;
        where no page counts people, a territory counts as one.

        Columns: code, name, parent, parent_name, people; the same of the like one (``like_code``…); distance, and
        ``alike``, whether it is at most :data:`ALIKE`; then by regime the amounts per head of both (``uniform``,
        ``like_uniform``…), their gap (``gap_…``), and what local choice opens by itself (``opened_margins``,
        ``opened_delegated``).
        """
        return self._paired(*like_pairs(self.levels["uniform"], self.people))

    def _paired(self, first: Places, other: Places, distance: Floats) -> pd.DataFrame:
        """Set territories beside their like, with the amounts per head of both in each regime."""
        heads = np.ones(len(self.codes)) if self.people is None else self.people
        columns: dict[str, Any] = {}
        for mark, at in (("", first), ("like_", other)):
            parent = self.levels["uniform"].parent[at]
            columns[f"{mark}code"] = [self.codes[row] for row in at]
            columns[f"{mark}name"] = [self.names[row] for row in at]
            columns[f"{mark}parent"] = [self.above.codes[row] for row in parent]
            columns[f"{mark}parent_name"] = [self.parent_names[row] for row in parent]
            columns[f"{mark}people"] = heads[at]
        columns |= {"distance": distance, "alike": distance <= ALIKE}
        ends = [(at, heads[at]) for at in (first, other)]
        for regime, amounts in self.amounts.items():
            one, like = (self._money(amounts[at]) / people for at, people in ends)
            columns |= {regime: one, f"like_{regime}": like, f"gap_{regime}": abs(one - like)}
        for regime in _OTHERS:
            change = self.amounts[regime] - self.amounts["uniform"]
            one, like = (self._money(change[at]) / people for at, people in ends)
            columns[f"opened_{regime}"] = abs(one - like)
        return pd.DataFrame(columns)

    def _price(self, regime: Regime) -> dict[str, float]:
        pairs = self.pairs[self.pairs["alike"]]
        if pairs.empty:
            return dict.fromkeys(("spread", "added", "opened"), np.nan)
        weights = pairs["people"] / pairs["people"].sum()
        spread = {each: float((weights * pairs[f"gap_{each}"]).sum()) for each in {"uniform", regime}}
        opened = 0.0 if regime == "uniform" else float((weights * pairs[f"opened_{regime}"]).sum())
        # Subtraction leaves binary dust.
        added = round(spread[regime] - spread["uniform"], 12) + 0.0
        return {"spread": spread[regime], "added": added, "opened": opened}

    # --- outputs

    def summary(self) -> str:
        """Tell the three regimes in a table and in sentences, in the plan's language.

        Returns
        -------
        str
            Who gains and who loses, the price and the gain of local choice, and the parents that chose for themselves.

        Examples
        --------
        >>> print(comparison.summary().splitlines()[0])
        Who decides on the tier “Town”? plan
        """
        from equite.report.analyses.governance import governance_text

        return governance_text(self)

    def to_csv(self, path: str | Path, tier: str | None = None) -> Path:
        """Write :meth:`table` to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.
        tier : str, optional
            The tier, by default the one that is compared.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        SharingError
            The plan has no such tier.
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> comparison.to_csv("towns.csv").name
        'towns.csv'
        """
        from equite.report.analyses.governance import governance_to_csv

        return governance_to_csv(self, path, tier)

    def to_excel(self, path: str | Path, tier: str | None = None) -> Path:
        """Write :meth:`table` to a workbook of one sheet, in the readers' language.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.
        tier : str, optional
            The tier, by default the one that is compared.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        SharingError
            The plan has no such tier.
        OutputError
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> comparison.to_excel("towns.xlsx").name
        'towns.xlsx'
        """
        from equite.report.analyses.governance import governance_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(governance_shown(self, tier), path)

    def to_html(self, path: str | Path, tier: str | None = None) -> Path:
        """Write one page to read and to print: the three regimes in a table and in sentences, then every territory.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.
        tier : str, optional
            The tier, by default the one that is compared.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        SharingError
            The plan has no such tier.
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> comparison.to_html("towns.html").name
        'towns.html'
        """
        from equite.report.analyses.governance import governance_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(governance_shown(self, tier), path)

    def _repr_html_(self) -> str:
        from equite.report.analyses.governance import governance_html

        return governance_html(self)

    def __repr__(self) -> str:
        return self.summary()


def compare_governance(
    plan: Plan | str | Path | Mapping[str, Any], tables: Mapping[str, Any] | None = None, tier: str | None = None
) -> GovernanceComparison:
    """Run a plan with one tier decided uniformly, within margins, and by each parent alone.

    Parameters
    ----------
    plan : Plan, path or mapping
        The plan.
    tables : mapping of str to table, optional
        Tables by tier, as :func:`~equite.engine.cascade.cascade` takes them.
    tier : str, optional
        The tier to compare; by default the one whose parents may change something, or say what they would do alone.

    Returns
    -------
    GovernanceComparison
        With ``regimes``, ``parents``, ``pairs`` and ``table()``, and a text for ``print``.

    Raises
    ------
    FormulaError
        The plan cannot be read; nothing may be changed on the tier, or on several and none was named.
    TerritoriesError
        A table cannot be used.
    SharingError
        The plan has no such tier, or money cannot be shared in a regime, which is named.

    Examples
    --------
    >>> from pathlib import Path
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "rounding": {"to": 1}, "people": "people",
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> regions = {"id": "region", "formula": {**page, "envelope": 90_000}}
    >>> towns = {"id": "town", "formula": page, "parent": "region", "may_change": "everything", "overrides": "choices"}
    >>> plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": [regions, towns]}
    >>> Path("choices").mkdir(exist_ok=True)
    >>> choice = "{for: N, body: N, date: 2026-05-12, reason: Even, changes: {parts: {grant: {share: equally}}}}"
    >>> Path("choices", "north.yaml").write_text(choice, encoding="utf-8") > 0
    True
    >>> tables = {
    ...     "region": {"code": ["N", "S"], "people": [3_000, 6_000]},
    ...     "town": {"code": ["N1", "N2", "S1"], "region": ["N", "N", "S"], "people": [1_000, 2_000, 6_000]},
    ... }
    >>> equite.compare_governance(plan, tables).table()[["code", "uniform", "margins"]].to_dict("list")
    {'code': ['N1', 'N2', 'S1'], 'uniform': [10000.0, 20000.0, 60000.0], 'margins': [15000.0, 15000.0, 60000.0]}
    """
    read = Plan.of(plan)
    chosen = _tier(read, tier)
    found: dict[Regime, Cascade] = {}
    refused: dict[Regime, EquiteError] = {}
    for regime in REGIMES:
        try:
            found[regime] = cascade(read.deciding(regime, chosen), tables)
        except EquiteError as error:
            refused[regime] = error
    if refused:
        raise _refusal(refused, read.language)
    return GovernanceComparison(chosen, found)


def _tier(plan: Plan, wanted: str | None) -> str:
    """Return the tier to compare: the one that was asked for, or the only one where there is a choice."""
    if wanted is not None:
        plan.tier(wanted)
    known = tuple(tier.id for tier in plan.tiers if not tier.may_change.allow_nothing or tier.own is not None)
    if not known:
        raise FormulaError([Problem("governance-nothing-open", {"plan": plan.id})], plan.language)
    if wanted is None and len(known) > 1:
        raise FormulaError([Problem("governance-which-tier", {"open": Codes(known)})], plan.language)
    if wanted is not None and wanted not in known:
        raise FormulaError([Problem("governance-not-open", {"tier": wanted, "open": Codes(known)})], plan.language)
    return wanted or known[0]


def _refusal(refused: Mapping[Regime, EquiteError], language: Language) -> EquiteError:
    """Return one error for all regimes: what is wrong in each is told once, the rest under the regime's name."""
    texts = [{problem.text(language) for problem in error.problems} for error in refused.values()]
    everywhere = set.intersection(*texts) if len(refused) == len(REGIMES) else set()
    first = next(iter(refused.values()))
    problems = [problem for problem in first.problems if problem.text(language) in everywhere]
    for regime, error in refused.items():
        own = [problem for problem in error.problems if problem.text(language) not in everywhere]
        problems += [Problem(f"governance-refused-{regime}"), *own] if own else []
    return type(first)(problems, language)
