"""Codes that change from one year to the next: territories renamed, merged or split."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from equite import wording
from equite.arguments import takes
from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.cells import fold, tidy
from equite.inputs.columns import ColumnRule
from equite.inputs.crosswalk.carried import Carried
from equite.inputs.crosswalk.crosswalk import Crosswalk
from equite.inputs.crosswalk.links import LARGEST, Floats, linked
from equite.inputs.crosswalk.pieces import note_blanks, note_unknown, pair, place_of
from equite.inputs.grid import truncate_problems
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["CodeChanges"]

Kind = Literal["rename", "merge", "split"]
Absent = Literal["refuse", "ignore"]
_KINDS: dict[str, Kind] = {
    "rename": "rename",
    "renommage": "rename",
    "merge": "merge",
    "merger": "merge",
    "fusion": "merge",
    "split": "split",
    "division": "split",
    "scission": "split",
}


@dataclass(frozen=True, eq=False, repr=False)
class CodeChanges:
    """Old codes and the new ones that replace them, all at once.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each change, in code order: ``old``, ``new``, ``share`` (what part of the old territory goes there,
        0 to 1) and ``kind`` (``rename``, ``merge`` or ``split``).

    Examples
    --------
    >>> changes = equite.CodeChanges.of({"old": ["1", "2"], "new": ["3", "3"]}, old="old", new="new")
    >>> changes.table["kind"].tolist()
    ['merge', 'merge']
    """

    table: pd.DataFrame

    @classmethod
    def read(
        cls, path: str | os.PathLike[str], *, old: str, new: str, weight: str | None = None, kind: str | None = None
    ) -> CodeChanges:
        r"""Read the changes from a file: one row for each old and new code.

        Parameters
        ----------
        path : path
            CSV, workbook or Parquet.
        old, new : str
            The headings of the codes.
        weight : str, optional
            The heading of the people (or other quantity) of each part of a split. A blank one is allowed elsewhere.
        kind : str, optional
            The heading of what each change is: rename, merge or split (renommage, fusion, division). A blank one is
            worked out from the codes; a stated one must agree with them.

        Returns
        -------
        CodeChanges
            All of them, in code order.

        Raises
        ------
        TerritoriesError
            If the file holds no table, or with every blank code, change given twice, split without weights, code that
            is both old and new, kind that is not that of its row.

        Examples
        --------
        >>> from pathlib import Path
        >>> Path("changes.csv").write_text("old,new\n1,3\n2,3\n", encoding="utf-8") > 0
        True
        >>> len(equite.CodeChanges.read("changes.csv", old="old", new="new"))
        2
        """
        return cls.of(path, old=old, new=new, weight=weight, kind=kind)

    @classmethod
    @takes(TerritoriesError)
    def of(
        cls, table: object, *, old: str, new: str, weight: str | None = None, kind: str | None = None
    ) -> CodeChanges:
        """Make changes of a table: one row for each old and new code.

        The changes of a table happen all at once. A code that is old in one row and new in another is refused (which
        came first?), unless it goes on: 100 → 100 and 100 → 101 split 100 in what keeps its code and a new 101.

        Parameters
        ----------
        table : path, frame, mapping, sequence of mappings or Territories
            The changes.
        old, new : str
            The headings of the codes.
        weight : str, optional
            The heading of the people (or other quantity) of each part of a split. A blank one is allowed elsewhere.
        kind : str, optional
            The heading of what each change is: rename, merge or split (renommage, fusion, division). A blank one is
            worked out from the codes; a stated one must agree with them.

        Returns
        -------
        CodeChanges
            All of them, in code order.

        Raises
        ------
        TerritoriesError
            With every blank code, change given twice, split without weights, code that is both old and new, kind that
            is not that of its row.

        Examples
        --------
        >>> split = {"old": ["1", "1"], "new": ["1", "2"], "people": [30, 10]}
        >>> equite.CodeChanges.of(split, old="old", new="new", weight="people").table["share"].tolist()
        [0.75, 0.25]
        """
        read = Territories.of(table, text=[old, new])
        texts = [old, new] if kind is None else [old, new, kind]
        columns = read.columns_for([ColumnRule(name, name, "text") for name in texts])
        problems = Problems(TerritoriesError)
        for name in (old, new):
            blank = np.flatnonzero([code is None for code in columns[name]])
            problems.found.extend(place_of(read, name).mistakes({"change-blank": blank}))
        problems.refuse()
        rows = pd.DataFrame({"old": columns[old], "new": columns[new]}, dtype=object)
        rows["weight"] = _weights(read, weight)
        _note_codes(rows, problems)
        rows["kind"] = _kinds(rows)
        if kind is not None:
            _note_kinds(rows, columns[kind].tolist(), problems)
        problems.refuse()
        rows["stated"] = False if kind is None else [bool(text) for text in columns[kind]]
        rows["share"] = _shares(rows)
        rows = rows.sort_values(["old", "new"], ignore_index=True)
        return cls(rows[["old", "new", "share", "kind", "stated"]])

    @takes(TerritoriesError)
    def apply(
        self,
        table: object,
        *,
        key: str | None = None,
        extensive: Sequence[str] = (),
        intensive: Mapping[str, str | None] | None = None,
        ordinal: Sequence[str] = (),
        weight: str | None = None,
        absent: Absent = "refuse",
        partial: bool = False,
    ) -> Carried:
        """Bring a table to the new codes, by the rules of :meth:`equite.Crosswalk.carry`.

        Codes that do not change stay as they are.

        Parameters
        ----------
        table : path, frame, mapping, sequence of mappings or Territories
            One row for each old territory.
        key : str, optional
            The heading of the old codes; by default the table's own key.
        extensive : sequence of str, optional
            Headings of what adds up: people, dollars, hectares. It may be negative.
        intensive : mapping of str to str or None, optional
            Headings of rates and means, each with the heading of its denominator; None for the weight.
        ordinal : sequence of str, optional
            Headings of levels, as numbers.
        weight : str, optional
            The heading, in the table, of what a territory counts for in a median and in what is measured: its people.
            By default each counts for one.
        absent : {"refuse", "ignore"}, default "refuse"
            What becomes of changes whose old code the table does not have.
        partial : bool, default False
            What becomes of an amount of which a part is missing: withheld (False), or the sum of what is known (True).

        Returns
        -------
        Carried
            The table by new code.

        Raises
        ------
        TerritoriesError
            With every old code that the table does not have, code renamed to one that is in use, and as for
            :meth:`equite.Crosswalk.carry`.

        Examples
        --------
        >>> table = {"code": ["1", "2", "9"], "people": [30, 10, 5]}
        >>> changes.apply(table, key="code", extensive=["people"]).table["people"].to_dict()
        {'3': 40, '9': 5}
        """
        territories = Territories.of(table, key=key)
        problems = Problems(TerritoriesError)
        if territories.key is None:
            problems.add("crosswalk-no-key", file=territories.source.name)
        if absent not in ("refuse", "ignore"):
            problems.add("change-option", value=str(absent))
        problems.refuse()
        if absent == "refuse":
            known = set(territories.codes)
            strangers = [code for code in dict.fromkeys(self.table["old"]) if code not in known]
            note_unknown(strangers, territories.codes, problems, entry="change-absent")
        self._note_onto(territories.codes, problems)
        problems.refuse()
        walk = self._crosswalk(territories, weight)
        return walk.carry(territories, extensive=extensive, intensive=intensive, ordinal=ordinal, partial=partial)

    def _crosswalk(self, territories: Territories, weight: str | None) -> Crosswalk:
        """Make the crosswalk from the codes of a table to the new ones."""
        codes = np.array(territories.codes, dtype=object)
        counts = _counts(territories, weight)
        by_code = dict(zip(codes, counts.tolist(), strict=True))
        changes = self.table[self.table["old"].isin(set(codes))]
        same = codes[~np.isin(codes, changes["old"].to_numpy(dtype=object))]
        old = np.concatenate([same, changes["old"].to_numpy(dtype=object)])
        new = np.concatenate([same, changes["new"].to_numpy(dtype=object)])
        shares = np.concatenate([np.ones(len(same)), changes["share"].to_numpy(dtype=np.float64)])
        name = tidy(weight) if weight is not None else territories.key or ""
        weights = np.array([by_code[code] for code in old]) * shares
        key = territories.key or ""
        return Crosswalk(linked(old, new, {name: weights}, shares={name: shares}), key, key, name)

    def _note_onto(self, codes: Sequence[str], problems: Problems) -> None:
        """Note the renames to a code that the table has, and that stays in use."""
        staying = set(codes) - set(self.table["old"])
        renames = self.table[(self.table["kind"] == "rename") & self.table["stated"]]
        for row in renames.itertuples():
            if row.new in staying:
                problems.add("change-onto", piece=pair(row.old, row.new), target=row.new)

    def __len__(self) -> int:
        """Count the changes."""
        return len(self.table)

    def __repr__(self) -> str:
        """Count the changes of each kind, and show the first."""
        counts = self.table["kind"].value_counts()
        numbers = {kind: int(counts.get(kind, 0)) for kind in ("rename", "merge", "split")}
        entry = "change-line-one" if len(self.table) == 1 else "change-line-many"
        said = wording.say(entry, wording.preferred_language(), rows=len(self.table), **numbers)
        return f"{said}\n{self.table.drop(columns='stated').head(10).to_string(index=False)}"


def _weights(table: Territories, weight: str | None) -> Floats:
    """Read the weights of the parts; NaN where none is given."""
    if weight is None:
        return np.full(len(table), np.nan)
    return table.columns_for([ColumnRule(weight, weight, "extensive", maximum=LARGEST)])[weight].astype(np.float64)


def _note_codes(rows: pd.DataFrame, problems: Problems) -> None:
    """Note changes given twice, chains, and splits whose parts have no weight."""
    pairs = pd.Series([pair(*codes) for codes in zip(rows["old"], rows["new"], strict=True)], dtype=object)
    if twice := tuple(dict.fromkeys(pairs[pairs.duplicated()])):
        problems.add("change-twice", pieces=Codes(twice))
    moves = rows[rows["old"] != rows["new"]]
    goes_on = set(rows["old"][rows["old"] == rows["new"]])
    if chained := tuple(sorted(set(moves["old"]) & set(moves["new"]) - goes_on)):
        problems.add("change-chain", codes=Codes(chained))
    unweighted = []
    for old, parts in rows.groupby("old"):
        if len(parts) > 1 and (parts["weight"].isna().any() or parts["weight"].sum() == 0):
            unweighted.append(
                Problem("change-split-unweighted", {"source": old, "targets": Codes(tuple(parts["new"]))})
            )
    problems.found.extend(truncate_problems(unweighted, len(unweighted)))


def _kinds(rows: pd.DataFrame) -> list[Kind]:
    """Tell what each change is by its codes."""
    parts = rows.groupby("old")["new"].transform("size")
    parents = rows.groupby("new")["old"].transform("size")
    return ["split" if n > 1 else "merge" if m > 1 else "rename" for n, m in zip(parts, parents, strict=True)]


def _note_kinds(rows: pd.DataFrame, stated: Sequence[str | None], problems: Problems) -> None:
    """Note the kinds that are none, or not those of their codes; one stated takes the place of the one worked out."""
    parents = rows.groupby("new")["old"].transform("size")
    for at, text in enumerate(stated):
        if text is None:
            continue
        called, seems = _KINDS.get(fold(text)), rows["kind"].iloc[at]
        # What looks like a rename may be a merge with a territory that keeps its code; a part of a split may merge.
        fits = called == seems or (called == "merge" and (seems == "rename" or parents.iloc[at] > 1))
        if called is None:
            problems.add("change-kind", value=text)
        elif not fits:
            problems.add("change-other-kind", piece=pair(rows["old"].iloc[at], rows["new"].iloc[at]), kind=text)
        else:
            rows.loc[rows.index[at], "kind"] = called


def _shares(rows: pd.DataFrame) -> Floats:
    """Return what part of its old territory each row is; all of it where there is but one."""
    alone = rows.groupby("old")["new"].transform("size") == 1
    total = rows.groupby("old")["weight"].transform("sum")
    return np.where(alone, 1.0, rows["weight"] / total.where(total > 0, 1.0))


def _counts(territories: Territories, weight: str | None) -> Floats:
    """Read what each territory counts for."""
    if weight is None:
        return np.ones(len(territories))
    rule = ColumnRule(weight, weight, "extensive", maximum=LARGEST)
    counts = territories.columns_for([rule])[weight].astype(np.float64)
    problems = Problems(TerritoriesError)
    note_blanks(territories, weight, counts, problems)
    problems.refuse()
    return counts
