"""One territory read against the others: where its need stands, and who is most like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from equite.engine.allocation import Allocation
from equite.engine.criteria import ContextGroup, CriterionScore
from equite.engine.scoring import Scoring
from equite.engine.sharing import Floats
from equite.errors import EquiteError, FormulaError, Problem, TerritoriesError, nearest
from equite.inputs.cells import tidy
from equite.inputs.columns import ColumnPlace, groups_spelled_twice
from equite.wording import Codes, Language

__all__ = ["Profile", "group_label", "labels_of", "places", "profile", "scoring_of"]

#: Peers shown.
PEERS = 5
#: Decimals that scores and distances are compared with: beyond is binary dust.
_DECIMALS = 12


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """A territory's strengths and weaknesses; frozen.

    Attributes
    ----------
    allocation : Allocation
        What was looked at.
    scoring : Scoring
        The index.
    code : str
        The territory.
    tier : str or None
        A column of texts: medians are given among those that have the territory's own label there.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 70_000, "rounding": {"to": 1},
    ...     "indices": {"need": {"criteria": {"unemployment": 1, "distance": 1}}},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people * (0.5 + need)"}}],
    ... }
    >>> table = {
    ...     "code": ["A", "B", "C"], "people": [1_000, 2_000, 4_000],
    ...     "unemployment": [8, 6, 4], "distance": [10, 50, 90],
    ... }
    >>> profile = equite.allocate(page, table).profile("A")
    >>> profile.table[["criterion", "value", "rank", "gap"]].to_dict("list")
    {'criterion': ['unemployment', 'distance'], 'value': [8.0, 10.0], 'rank': [1.0, 3.0], 'gap': [0.75, -0.75]}
    """

    allocation: Allocation
    scoring: Scoring
    code: str
    tier: str | None

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.allocation.language

    @cached_property
    def row(self) -> int:
        """The territory's place among those that take part."""
        return self.allocation.row(self.code)

    @property
    def name(self) -> str:
        """The territory's name."""
        return self.allocation.names[self.row]

    @cached_property
    def _index(self) -> Floats:
        return self.scoring.scores[self.allocation.context.rows]

    @property
    def score(self) -> float:
        """The territory's score on the index."""
        return float(self._index[self.row])

    @property
    def rank(self) -> int:
        """Its place: 1 for the most need, ties sharing the better place."""
        return int(places(self._index)[self.row])

    @cached_property
    def _tiers(self) -> np.ndarray:
        blank = np.full(self._index.size, "", dtype=object)
        return blank if self.tier is None else labels_of(self.allocation, self.tier)

    @property
    def label(self) -> str:
        """What the tier's column says of the territory; empty without a tier, or where the cell is blank."""
        return str(self._tiers[self.row])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each criterion, in the page's order.

        Columns: criterion, family; value (as given), filled (whether a rule stood in), score, weight (effective);
        rank (1 for the most need) among ``of`` territories; median (of all, as given), among (the label of its tier, or
        without one the group in which the criterion is scored) and median_among; score_peers (the mean of its peers)
        and gap (its score less theirs: above 0, more need than its peers).
        """
        rows = []
        peers = [self.allocation.row(code) for code in self.peers["code"]]
        for at, criterion in enumerate(self.scoring.criteria):
            among, members = self._among(criterion)
            of_peers = criterion.scores[peers]
            peer = float(np.nanmean(of_peers)) if not np.isnan(of_peers).all() else np.nan
            score = float(criterion.scores[self.row])
            rows.append(
                {
                    "criterion": criterion.name,
                    "family": "/".join(criterion.families),
                    "value": float(criterion.raw[self.row]),
                    "filled": bool(criterion.filled[self.row]),
                    "score": score,
                    "weight": float(self.scoring.weights[self.row, at]),
                    "rank": float(places(criterion.scores)[self.row]),
                    "of": int((~np.isnan(criterion.scores)).sum()),
                    "median": _median(criterion.raw),
                    "among": among,
                    "median_among": _median(criterion.raw[members]) if among else np.nan,
                    "score_peers": peer,
                    "gap": score - peer,
                }
            )
        return pd.DataFrame(rows)

    def _among(self, criterion: CriterionScore) -> tuple[str, np.ndarray]:
        """Return the label and the members of the territory's tier, else of the group the criterion is scored in."""
        if self.tier is not None:
            return self.label, self._tiers == self.label
        for group in criterion.groups:
            if group.rows[self.row]:
                return group_label(criterion, group), group.rows
        return "", np.zeros(self._index.size, dtype=bool)

    @cached_property
    def peers(self) -> pd.DataFrame:
        """The five territories most like it, nearest first: code, name, distance, score (on the index), amount.

        distance = √(Σ w_k (x_ik - x_jk)² / Σ w_k), over the criteria that both have, w being the territory's effective
        weights: a criterion cut in two halves that say the same would not change it. Ties in code order.
        """
        apart = self.scoring.matrix - self.scoring.matrix[self.row]
        weights = np.where(np.isnan(apart), 0.0, self.scoring.weights[self.row])
        shared = weights.sum(axis=1)
        squares = (weights * np.nan_to_num(apart) ** 2).sum(axis=1)
        distance = np.sqrt(np.divide(squares, shared, out=np.full(shared.size, np.inf), where=shared > 0))
        distance[self.row] = np.inf
        order = np.argsort(np.round(distance, _DECIMALS), kind="stable")
        nearest_rows = [int(row) for row in order[:PEERS] if np.isfinite(distance[row])]
        return pd.DataFrame(
            {
                "code": [self.allocation.codes[row] for row in nearest_rows],
                "name": [self.allocation.names[row] for row in nearest_rows],
                "distance": distance[nearest_rows],
                "score": self._index[nearest_rows],
                "amount": self.allocation.amounts[nearest_rows],
            }
        )

    @property
    def above(self) -> pd.DataFrame:
        """The rows of the table where it has more need than its peers, the furthest first: its weaknesses."""
        found = self.table[self.table["gap"] > 10.0**-_DECIMALS]
        return found.sort_values("gap", ascending=False, kind="stable", ignore_index=True)

    @property
    def below(self) -> pd.DataFrame:
        """The rows of the table where it has less need than its peers, the furthest first: its strengths."""
        found = self.table[self.table["gap"] < -(10.0**-_DECIMALS)]
        return found.sort_values("gap", kind="stable", ignore_index=True)

    def to_csv(self, path: str | Path) -> Path:
        """Write :attr:`table` to a CSV file that the readers' spreadsheet opens as it is.

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
        >>> profile.to_csv("profile.csv").name
        'profile.csv'
        """
        from equite.report.analyses.diagnostics import profile_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(profile_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write :attr:`table` to a workbook of one sheet, in the readers' language.

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
        >>> profile.to_excel("profile.xlsx").name
        'profile.xlsx'
        """
        from equite.report.analyses.diagnostics import profile_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(profile_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: where the territory stands on each criterion, and its nearest peers.

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
        >>> profile.to_html("profile.html").name
        'profile.html'
        """
        from equite.report.analyses.diagnostics import profile_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(profile_shown(self), path)

    def __str__(self) -> str:
        from equite.report.analyses.diagnostics import profile_text

        return profile_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from equite.report.analyses.diagnostics import profile_html

        return profile_html(self)


def profile(allocation: Allocation, code: str, *, index: str | None = None, tier: str | None = None) -> Profile:
    """Read one territory against the others: each criterion, its rank, medians, and its nearest peers.

    Parameters
    ----------
    allocation : Allocation
        What the page gave.
    code : str
        The territory.
    index : str, optional
        The index; by default the page's only one.
    tier : str, optional
        A column of texts (its name on the page, or its heading in the table): medians of the territory's own group.

    Raises
    ------
    SharingError
        Nobody that takes part has the code.
    FormulaError
        There is no such index, or several and none is named; nothing distinguishes anybody in it; no such column.
    """
    scoring = scoring_of(allocation, index)
    row = allocation.row(code)
    if tier is not None:
        labels_of(allocation, tier)
    return Profile(allocation, scoring, allocation.codes[row], tier)


def places(scores: Floats) -> Floats:
    """Return each score's place, 1 for the highest; ties share the better place, missing scores have none."""
    present = ~np.isnan(scores)
    found = np.full(scores.size, np.nan)
    if present.any():
        largest = np.abs(scores[present]).max() or 1.0
        kept = np.round(scores[present] / largest, _DECIMALS)
        found[present] = 1 + kept.size - np.searchsorted(np.sort(kept), kept, side="right")
    return found


def scoring_of(allocation: Allocation, index: str | None) -> Scoring:
    """Return the scoring of an index; of the page's only one where none is named.

    Raises
    ------
    FormulaError
        There is none, or several; none has that name; or nothing distinguishes anybody in it.
    """
    known = tuple(allocation.formula.indices)
    problem = None
    if not known:
        problem = Problem("diagnosis-no-index")
    elif index is None and len(known) > 1:
        problem = Problem("diagnosis-which-index", {"known": Codes(known)})
    elif index is not None and index not in known:
        about = {"index": index, "nearest": nearest(index, known), "known": Codes(known)}
        problem = Problem("diagnosis-index-unknown", about)
    if problem is None:
        found = allocation.scope.scoring(index or known[0])
        if found.tree is not None:
            return found
        problem = Problem("index-neutral", {"index": found.name})
    raise FormulaError([problem], allocation.language)


def labels_of(allocation: Allocation, column: str) -> np.ndarray:
    """Return each territory's text in a column of the table, empty where blank, shape (eligible,).

    The column goes by its name on the page, or by its heading in the table, whether or not the page reads it.

    Raises
    ------
    FormulaError
        There is no such column.
    TerritoriesError
        The column cannot be read as text.
    """
    page, table = allocation.formula, allocation.territories
    headings = {name: found.heading for name, found in page.names.columns.items()}
    headings |= {name: spec.heading for name, spec in page.columns.items() if spec.heading}
    heading = tidy(headings.get(column, column))
    if heading not in table.data.columns:
        known: Sequence[str] = [name for name, each in headings.items() if tidy(each) in table.data.columns]
        known = [*known, *map(str, table.data.columns)]
        about = {"column": column, "nearest": nearest(column, known), "known": Codes(tuple(dict.fromkeys(known)))}
        raise FormulaError([Problem("diagnosis-column-unknown", about)], allocation.language)
    try:
        found = table.texts(heading)
        twice = groups_spelled_twice(ColumnPlace(table.data, heading, table.codes, table.source), found)
        if twice:
            raise TerritoriesError(twice)
        texts = dict(zip(table.codes, found, strict=True))
    except EquiteError as error:
        error.language = allocation.language
        raise
    return np.array([texts[code] or "" for code in allocation.codes], dtype=object)


def group_label(criterion: CriterionScore, group: ContextGroup) -> str:
    """Return the label of a group in which a criterion is scored; of the sides of a cut, ``< cut`` and ``≥ cut``."""
    return criterion.criterion.more_need_when.shown(group.label)


def _median(values: Floats) -> float:
    present = values[~np.isnan(values)]
    return float(np.median(present)) if present.size else np.nan
