"""What was carried: the table, how much of it is measured, what belongs to no territory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import TerritoriesError
from equite.inputs.crosswalk.links import ratio
from equite.inputs.crosswalk.showing import carried_html, carried_notes, carried_text
from equite.wording import Language, preferred_language

if TYPE_CHECKING:
    from equite.inputs.crosswalk.crosswalk import Crosswalk

__all__ = ["Carried"]


@dataclass(frozen=True, eq=False, repr=False)
class Carried:
    """Columns carried from one set of boundaries to another.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each target, in code order, under the name of their codes. A column of whole numbers is of integers.
    measured : pandas.DataFrame
        By target and carried column: the share of the target's weight of which the column says something, 0 to 1; NaN
        for a target that weighs nothing.
    totals : pandas.DataFrame
        By extensive column: its ``total``; what was ``placed`` in the table, ``withheld`` because a part of a
        target's amount is missing, and ``unplaced``.
    unplaced : pandas.DataFrame
        By source: the ``weight`` and each amount that belong to no target; only sources of which there is any.
    silent : pandas.DataFrame
        By source and carried column: whether nothing is known.
    crosswalk : Crosswalk
        What carried them.
    partial : bool
        Whether amounts of which a part is missing are shown.

    Examples
    --------
    >>> pieces = {"area": ["1", "2", "2"], "county": ["N", "N", "S"], "people": [100, 60, 40]}
    >>> crosswalk = equite.Crosswalk.of_pieces(pieces, source="area", target="county", weight="people")
    >>> carried = crosswalk.carry({"area": ["1", "2"], "jobs": [10, 20]}, key="area", extensive=["jobs"])
    >>> carried.table["jobs"].to_dict()
    {'N': 22, 'S': 8}
    """

    table: pd.DataFrame
    measured: pd.DataFrame
    totals: pd.DataFrame
    unplaced: pd.DataFrame
    silent: pd.DataFrame
    crosswalk: Crosswalk
    partial: bool

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """What each target rests on.

        ``weight``: its people, or what else weighs; ``sources``: of how many it has a piece; ``in_part``: the weight
        that comes from pieces under 100%, where a rate or a level is the source's, shared out and not measured;
        ``share_in_part``, 0 to 1; ``measured``: the share of its weight that every carried column covers, 0 to 1: the
        smallest of :attr:`measured`.
        """
        walk = self.crosswalk
        links, weights, shares = walk.links, walk.weights, walk.shares
        weight = links.within_target(weights)
        in_part = links.within_target(np.where((shares > 0) & (shares < 1), weights, 0.0))
        columns = {
            "weight": weight,
            "sources": links.within_target((shares > 0).astype(np.float64)).astype(np.int64),
            "in_part": in_part,
            "share_in_part": ratio(in_part, weight),
            "measured": self.measured.min(axis="columns").to_numpy(),
        }
        return pd.DataFrame(columns, index=self.table.index)

    @takes(TerritoriesError)
    def notes(self, language: Language | None = None) -> tuple[str, ...]:
        """Say what a reader of the table must know, a sentence each.

        Parameters
        ----------
        language : str, optional
            By default that of the machine's user.

        Returns
        -------
        tuple of str
            What is shared out and not measured, what is missing, what belongs to no target; empty where there is
            nothing to tell.

        Examples
        --------
        >>> print(carried.notes("en")[0].split(". ")[0])
        people: 100 (50.0%) come from area codes that do not lie whole in one county (2)
        """
        return carried_notes(self, language or preferred_language())

    def to_csv(self, path: str | Path) -> Path:
        """Write the table and what it rests on to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English. A text
        that a spreadsheet would run as a formula has an apostrophe before it.

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
        >>> carried.to_csv("carried.csv").name
        'carried.csv'
        """
        from equite.report.results import carried_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(carried_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write the table and what it rests on to a workbook of one sheet, in the readers' language.

        Two workbooks of one result are the same, byte for byte.

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
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> carried.to_excel("carried.xlsx").name
        'carried.xlsx'
        """
        from equite.report.results import carried_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(carried_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: the table, what it rests on, and the notes.

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
        >>> carried.to_html("carried.html").name
        'carried.html'
        """
        from equite.report.results import carried_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(carried_shown(self), path)

    def __repr__(self) -> str:
        """Show the first rows, what they rest on, and the notes."""
        return carried_text(self, preferred_language())

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return carried_html(self, preferred_language())
