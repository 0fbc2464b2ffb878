"""Territories in tiers: each one lies in one territory of the tier above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite import wording
from equite.arguments import takes
from equite.errors import Problem, Problems, TerritoriesError, nearest
from equite.inputs.agreement import agreement, disagreements
from equite.inputs.cells import tidy
from equite.inputs.columns import Aside, ColumnPlace
from equite.inputs.grid import truncate_problems
from equite.inputs.measures import Measures
from equite.inputs.parents import KeyColumn, Positions, chain, keyed, linked, loops
from equite.inputs.roll_up import RollUp, rolled
from equite.inputs.territories import Territories
from equite.wording import Codes, Language, Numeral

__all__ = ["Tiers"]


class _UnknownError(TerritoriesError, KeyError):
    """A tier or a code that is not there; a KeyError too, as mappings promise."""


@dataclass(frozen=True, eq=False, repr=False)
class Tiers(Mapping[str, Territories]):
    """Territories in tiers, top to bottom: ``tiers["mrc"]`` gives those of one tier.

    Made by :meth:`of_tables` or :meth:`of_table`, which check that each territory has one parent, that it is there, and
    that totals agree.

    Attributes
    ----------
    tables : mapping of str to Territories
        The territories of each tier, the top one first.
    upward : mapping of str to array of int
        For each tier but the first, the place of each territory's parent among the codes of the tier above.

    Examples
    --------
    >>> tables = {
    ...     "region": {"code": ["N", "S"], "people": [400, 100]},
    ...     "town": {"code": ["1", "2", "3"], "region": ["N", "N", "S"], "people": [100, 300, 100]},
    ... }
    >>> tiers = equite.Tiers.of_tables(tables, keys="code", parents={"town": "region"}, totals={"people": 0})
    >>> tiers["town"].codes, tiers.parents("town")
    (('1', '2', '3'), ('N', 'N', 'S'))
    """

    tables: Mapping[str, Territories]
    upward: Mapping[str, Positions]

    @classmethod
    @takes(TerritoriesError)
    def of_tables(
        cls,
        tables: Mapping[str, object],
        *,
        keys: object = None,
        parents: Mapping[str, str],
        totals: Mapping[str, float | str] | None = None,
    ) -> Tiers:
        """Make tiers of one table each.

        Parameters
        ----------
        tables : mapping of str to table
            The tiers by name, the top one first; each a path, a frame, a mapping of columns, a list of rows or
            territories.
        keys : mapping, optional
            The column of each tier's codes: ``"code"``, or with their width ``("code", 5)`` or
            ``{"column": "code", "width": 5}``. What is no mapping of tiers stands for all of them. Territories may
            have theirs already.
        parents : mapping of str to str
            For each tier but the first, the column that holds the code of the parent.
        totals : mapping of str to float or str, optional
            Columns that add up, and by how much a parent may differ from the sum of its children: a number in the
            column's own unit, or a percentage of the parent's figure, ``"0.5%"``.

        Returns
        -------
        Tiers
            Each territory with one parent.

        Raises
        ------
        TerritoriesError
            With every code that is missing or repeated, every parent that is missing, unknown or of another tier, and
            then every total that does not agree.

        Examples
        --------
        >>> equite.Tiers.of_tables(tables, keys="code", parents={"town": "region"}).names
        ('region', 'town')
        """
        problems = Problems(TerritoriesError)
        by_tier = dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(tables, keys)
        _check_names(tuple(tables), by_tier, parents, problems)
        key = {tier: KeyColumn.of(by_tier.get(tier)) for tier in tables}
        read: dict[str, Territories] = {}
        for tier, table in tables.items():
            try:
                read[tier] = keyed(table, key[tier], tier, parents.get(tier))
            except TerritoriesError as error:
                problems.found.extend(error.problems)
        upward = _upward(read, key, parents, tuple(tables), problems)
        problems.refuse()
        return cls(read, upward)._agreeing(totals or {})

    @classmethod
    @takes(TerritoriesError)
    def of_table(
        cls,
        table: object,
        *,
        key: object = None,
        tier: str = "tier",
        parent: str = "parent",
        totals: Mapping[str, float | str] | None = None,
    ) -> Tiers:
        """Make tiers of one table in which each territory says its tier and its parent.

        The order of the tiers is that of the links: the top one is the tier whose territories have no parent.

        Parameters
        ----------
        table : table
            A path, a frame, a mapping of columns, a list of rows or territories. A code stands once in it.
        key : str, tuple or mapping, optional
            The column of the codes: ``"code"``, or with their width ``("code", 5)`` or ``{"column": "code", "width":
            5}``. Territories may have theirs already.
        tier, parent : str, default "tier" and "parent"
            The columns that hold the tier's name and the parent's code.
        totals : mapping of str to float or str, optional
            Columns that add up, and by how much a parent may differ from the sum of its children: a number in the
            column's own unit, or a percentage of the parent's figure, ``"0.5%"``.

        Returns
        -------
        Tiers
            Each territory with one parent.

        Raises
        ------
        TerritoriesError
            As :meth:`of_tables`, and for territories that lie in themselves, or tiers that make no single chain.

        Examples
        --------
        >>> table = {"code": ["N", "1", "2"], "tier": ["region", "town", "town"], "parent": [None, "N", "N"]}
        >>> equite.Tiers.of_table(table, key="code").names
        ('region', 'town')
        """
        column = KeyColumn.of(key)
        whole = keyed(table, column, tier, parent, (tier,))
        named = whole.texts(tier)
        place = ColumnPlace(whole.data, tidy(tier), whole.codes, whole.source)
        places, mistakes = linked(whole, parent, whole.codes, column, {})
        blank = np.flatnonzero(pd.isna(named))
        mistakes += truncate_problems((place.mistake("tiers-blank", int(at)) for at in blank), len(blank))
        mistakes = mistakes or loops(places, whole, parent)
        order, wrong = chain(named, places) if not mistakes else ((), [])
        problems = Problems(TerritoriesError)
        problems.found.extend([*mistakes, *wrong])
        problems.refuse()
        read = {name: _rows(whole, np.flatnonzero(named == name)) for name in order}
        upward = _upward(read, dict.fromkeys(order, column), dict.fromkeys(order[1:], parent), order, problems)
        problems.found.extend(_above_the_top(whole, parent, (named == order[0]) & (places >= 0), order[0]))
        problems.refuse()
        return cls(read, upward)._agreeing(totals or {})

    @property
    def names(self) -> tuple[str, ...]:
        """The tiers, the top one first."""
        return tuple(self.tables)

    def __getitem__(self, tier: str) -> Territories:
        # A tuple asks for no hash: what is no name at all is refused likewise.
        if tier not in self.names:
            raise _UnknownError([_no_tier(str(tier), self.names)])
        return self.tables[tier]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        """Count the tiers."""
        return len(self.tables)

    def above(self, tier: str) -> str | None:
        """Return the name of the tier above, None for the top one.

        Parameters
        ----------
        tier : str
            The tier.

        Returns
        -------
        str or None
            The tier in which this one's territories lie.

        Raises
        ------
        TerritoriesError
            There is no such tier.

        Examples
        --------
        >>> tiers.above("town"), tiers.above("region")
        ('region', None)
        """
        at = self.names.index(tier) if self[tier] else 0
        return self.names[at - 1] if at else None

    def links(self, tier: str, to: str | None = None) -> Positions:
        """Return the place of each territory's parent among the codes of the tier above, or of ``to``, further up.

        Parameters
        ----------
        tier : str
            The tier.
        to : str, optional
            The tier of the parents that are wanted; by default the one right above.

        Returns
        -------
        array of int, shape (n,)
            ``tiers[above].codes[links[i]]`` is the parent of ``tiers[tier].codes[i]``. ``to`` itself gives 0, 1, 2…

        Raises
        ------
        TerritoriesError
            There is no such tier, nothing lies above it, or ``to`` is below it.

        Examples
        --------
        >>> tiers.links("town").tolist()
        [0, 0, 1]
        """
        low = self.names.index(tier) if self[tier] else 0
        high = low - 1 if to is None else self.names.index(to) if self[to] else 0
        if high < 0 or high > low:
            values = {"tier": tier, "to": to or "", "tiers": Codes(self.names)}
            raise TerritoriesError([Problem("tiers-not-above" if to else "tiers-top", values)])
        places = np.arange(len(self[tier]), dtype=np.intp)
        for name in reversed(self.names[high + 1 : low + 1]):
            places = self.upward[name][places]
        return places

    def parents(self, tier: str) -> tuple[str, ...]:
        """Return the code of each territory's parent, in the order of ``tiers[tier].codes``.

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
        TerritoriesError
            There is no such tier, or nothing lies above it.

        Examples
        --------
        >>> tiers.parents("town")
        ('N', 'N', 'S')
        """
        above = self[self.names[max(0, self.names.index(tier) - 1)]].codes if self[tier] else ()
        return tuple(above[at] for at in self.links(tier).tolist())

    def children(self, tier: str) -> dict[str, tuple[str, ...]]:
        """Return the codes that lie in each territory, by its code; an empty mapping for the bottom tier.

        Parameters
        ----------
        tier : str
            The tier.

        Returns
        -------
        dict of str to tuple of str
            Every territory of the tier, those in which nothing lies included.

        Raises
        ------
        TerritoriesError
            There is no such tier.

        Examples
        --------
        >>> tiers.children("region")
        {'N': ('1', '2'), 'S': ('3',)}
        """
        below = self._below(tier)
        if below is None:
            return {}
        links = self.upward[below]
        codes = np.array(self[below].codes, dtype=object)[np.argsort(links, kind="stable")]
        ends = np.cumsum(np.bincount(links, minlength=len(self[tier])))[:-1]
        return {code: tuple(found) for code, found in zip(self[tier].codes, np.split(codes, ends), strict=True)}

    def childless(self, tier: str) -> tuple[str, ...]:
        """Return the codes in which nothing lies; none for the bottom tier, in which nothing could.

        Parameters
        ----------
        tier : str
            The tier.

        Returns
        -------
        tuple of str
            In the order of the table.

        Raises
        ------
        TerritoriesError
            There is no such tier.

        Examples
        --------
        >>> tiers.childless("region")
        ()
        """
        below = self._below(tier)
        if below is None:
            return ()
        counts = np.bincount(self.upward[below], minlength=len(self[tier]))
        return tuple(self[tier].codes[at] for at in np.flatnonzero(counts == 0))

    def lineage(self, tier: str, code: str) -> tuple[str, ...]:
        """Return the codes from the top tier down to one territory, itself included.

        Parameters
        ----------
        tier : str
            The tier.
        code : str
            The territory.

        Returns
        -------
        tuple of str
            One code for each tier down to this one.

        Raises
        ------
        TerritoriesError
            There is no such tier, or it has no such code.

        Examples
        --------
        >>> tiers.lineage("town", "3")
        ('S', '3')
        """
        codes = self[tier].codes
        if code not in codes:
            values = {"tier": tier, "value": code, "nearest": nearest(str(code), codes)}
            raise _UnknownError([Problem("tiers-no-code", values)])
        line, at = [code], codes.index(code)
        for name, above in pairwise(reversed(self.names[: self.names.index(tier) + 1])):
            at = int(self.upward[name][at])
            line.append(self[above].codes[at])
        return tuple(reversed(line))

    @takes(TerritoriesError)
    def agreement(self, column: str) -> pd.DataFrame:
        """Compare each parent's figure with the sum of its children's, between the tiers that have the column.

        Parameters
        ----------
        column : str
            The heading of a column that adds up.

        Returns
        -------
        pandas.DataFrame
            ``tier``, ``code``, ``below`` (the tier of the children), ``own``, ``children`` (their sum, those missing
            left out), ``gap`` (children less own) and ``missing`` (how many children have no figure). Parents without
            a figure or without children are left out.

        Raises
        ------
        TerritoriesError
            Fewer than two neighbouring tiers have the column, or some of its cells are no numbers.

        Examples
        --------
        >>> tiers.agreement("people")[["code", "own", "children"]].to_dict("records")
        [{'code': 'N', 'own': 400.0, 'children': 400.0}, {'code': 'S', 'own': 100.0, 'children': 100.0}]
        """
        return agreement(self, column)

    @takes(TerritoriesError)
    def roll_up(
        self, tier: str, to: str, measures: Measures, *, by: str | None = "population", missing: str = "keep"
    ) -> RollUp:
        """Carry columns of one tier up to a higher one, straight from the lowest figures.

        Parameters
        ----------
        tier, to : str
            The tier whose columns are read, and the one whose codes are wanted.
        measures : mapping or sequence of str
            How each column is carried, as for :func:`equite.roll_up`: its kind, ``{"aid": "extensive"}``, or a mapping
            with ``kind`` and its own ``by``, ``levels``, ``take`` or ``heading``.
        by : str or None, default "population"
            The denominator of what states none of its own; None counts each row once.
        missing : {"keep", "skip"}, default "keep"
            Whether a figure that is missing makes the result missing, or is left out with its denominator.

        Returns
        -------
        RollUp
            In the order of ``tiers[to].codes``; a territory in which nothing lies has missing values.

        Raises
        ------
        TerritoriesError
            There is no such tier, ``to`` is below the other, or as for :func:`equite.roll_up`.

        Examples
        --------
        >>> tiers.roll_up("town", "region", {"people": "extensive"}).territories.numbers("people").tolist()
        [400.0, 100.0]
        """
        return rolled(self[tier], self.links(tier, to), self[to].codes, measures, by=by, missing=missing)

    def _below(self, tier: str) -> str | None:
        at = self.names.index(tier) + 1 if self[tier] else 0
        return self.names[at] if at < len(self.names) else None

    def _agreeing(self, totals: Mapping[str, float | str]) -> Tiers:
        problems = Problems(TerritoriesError)
        for column, tolerance in totals.items():
            problems.found.extend(disagreements(self, column, tolerance))
        problems.refuse()
        return self

    def _summary(self, language: Language) -> str:
        return " → ".join(f"{tier} ({wording.numeral(len(table), language)})" for tier, table in self.tables.items())

    def _shape(self, language: Language) -> pd.DataFrame:
        """Say of each tier how many territories it has, and how many lie in each."""
        heads = [wording.say(f"tiers-head-{name}", language) for name in ("count", "least", "middle", "most", "none")]
        rows = []
        for tier, table in self.tables.items():
            below = self._below(tier)
            lie = np.bincount(self.upward[below], minlength=len(table)) if below else np.empty(0)
            figures = [lie.min(), np.median(lie), lie.max(), (lie == 0).sum()] if below else [np.nan] * 4
            rows.append([Numeral(float(figure)).in_language(language) for figure in (len(table), *figures)])
        return pd.DataFrame(rows, index=list(self.names), columns=heads)

    def __repr__(self) -> str:
        """Show the tiers, and how many territories lie in one."""
        language = wording.preferred_language()
        return f"{self._summary(language)}\n{self._shape(language).to_string()}"

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        from equite.report.html.inputs import tiers_html

        return tiers_html(self, self._shape(wording.preferred_language()), self._summary(wording.preferred_language()))


def _check_names(
    names: tuple[str, ...], keys: Mapping[str, object], parents: Mapping[str, str], problems: Problems
) -> None:
    """Note the tiers that are named and not there, and those that do not say where their parents are."""
    if not names:
        problems.add("tiers-none")
    for tier in dict.fromkeys((*keys, *parents)):
        if tier not in names:
            problems.found.append(_no_tier(tier, names))
    if names and names[0] in parents:
        problems.add("tiers-above-first", tier=names[0])
    for tier in names[1:]:
        if tier not in parents:
            problems.add("tiers-no-link", tier=tier)
    problems.refuse()


def _no_tier(tier: str, names: tuple[str, ...]) -> Problem:
    near = nearest(tier, names)
    values = {"value": tier, "nearest": near, "tiers": Codes(names)}
    return Problem("tiers-no-tier-near" if near.names else "tiers-no-tier", values)


def _upward(
    read: Mapping[str, Territories],
    keys: Mapping[str, KeyColumn],
    parents: Mapping[str, str],
    names: tuple[str, ...],
    problems: Problems,
) -> dict[str, Positions]:
    """Find every parent, tier by tier, where both tiers could be read."""
    upward: dict[str, Positions] = {}
    for above, below in pairwise(names):
        if above not in read or below not in read:
            continue
        others = {tier: table.codes for tier, table in read.items() if tier != above}
        try:
            upward[below], mistakes = linked(
                read[below], parents[below], read[above].codes, keys[above], others, tier=above
            )
        except TerritoriesError as error:
            mistakes = list(error.problems)
        problems.found.extend(mistakes)
    return upward


def _rows(table: Territories, places: Positions) -> Territories:
    """Return some rows of a table as territories, each still known by its row of the file."""
    data = table.data.iloc[places]
    return Territories(data, table.key, tuple(table.codes[at] for at in places.tolist()), table.source)


def _above_the_top(table: Territories, parent: str, wrong: npt.NDArray[np.bool_], top: str) -> list[Problem]:
    """Say which territories of the top tier have a parent all the same."""
    places = np.flatnonzero(wrong)
    place = ColumnPlace(table.data, tidy(parent), table.codes, table.source)
    said = {"above": Aside("tiers-in-tier", top)}
    return list(truncate_problems((place.mistake("tiers-top-parent", int(at), **said) for at in places), len(places)))
