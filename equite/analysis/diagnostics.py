"""What an index does with its criteria: what counts twice, what weighs in fact, what everybody owes a rank to.

All is computed on the criteria's scores (transformed, turned so that more means more need, normalised) of those that
take part; a missing score leaves its pair or its row out. Sources: OECD and JRC (2008), *Handbook on Constructing
Composite Indicators*, steps 4 to 7; Becker et al. (2022), COINr, *Journal of Open Source Software* 7(78).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from equite.analysis.profile import group_label, labels_of, places, scoring_of
from equite.analysis.weighting import WEIGHTINGS, leaving_out, nodes, weights_at_work
from equite.engine.allocation import Allocation
from equite.engine.criteria import CriterionScore
from equite.engine.evaluation import Mask
from equite.engine.functions import step_of
from equite.engine.methods import TRANSFORMS
from equite.engine.outliers import MOST_KURTOSIS, MOST_SKEW, excess_kurtosis, skewness
from equite.engine.scoring import Branch, Scoring
from equite.engine.sharing import Floats
from equite.errors import FormulaError, Problem
from equite.wording import Language, Numeral

__all__ = ["FEW_APART", "LEAST", "LITTLE_SPREAD", "Diagnosis", "cronbach_alpha", "diagnose"]

#: Of fewer territories no correlation is told: among seven, chance alone gives 0.75 or more once in twenty.
LEAST = 8
#: A criterion is almost constant where a smaller share of its values differ from the most common one, or where its
#: standard deviation is a smaller share of its mean.
FEW_APART, LITTLE_SPREAD = 0.05, 0.01

_PAIR = ["criterion_a", "criterion_b", "family_a", "family_b", "same_family", "by", "group", "territories"]
_SHAPE = ("skewness", "kurtosis", "flagged")
_TREATED = {"outliers-pulled": "winsorised", "outliers-logged": "logged"}


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """What an index does with its criteria; frozen. Families are written from the outermost in: ``a/b``.

    Attributes
    ----------
    allocation : Allocation
        What was looked at.
    scoring : Scoring
        The index.
    flag : float
        The correlation beyond which, either way, a pair is flagged.
    by : str or None
        A column of texts whose groups are looked at too.

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
    >>> diagnosis = equite.allocate(page, table).diagnose()
    >>> diagnosis.weights[["criterion", "nominal"]].to_dict("list")
    {'criterion': ['unemployment', 'distance'], 'nominal': [0.5, 0.5]}
    """

    allocation: Allocation
    scoring: Scoring
    flag: float
    by: str | None

    @property
    def language(self) -> Language:
        """The language of outputs."""
        return self.allocation.language

    @property
    def tree(self) -> Branch:
        """The tree by which scores combine: the index, its families, its criteria."""
        assert self.scoring.tree is not None
        return self.scoring.tree

    @cached_property
    def ranks(self) -> Floats:
        """Each territory's place, shape (eligible,): 1 for the most need, ties sharing the better place."""
        return places(self.scoring.scores[self.allocation.context.rows])

    @cached_property
    def correlations(self) -> pd.DataFrame:
        r"""One row for each pair of criteria, over all and within each group.

        Columns: criterion_a, criterion_b, family_a, family_b, same_family; by and group (empty over all); territories;
        pearson and spearman (missing below 8 territories, or where a criterion is constant there); flagged, where
        \|pearson\| is beyond ``flag``. Groups are those of each context-directed criterion, then those of ``by``.
        """
        criteria, rows = self.scoring.criteria, []
        scores = pd.DataFrame(self.scoring.matrix)
        for (by, group), members in self._groups.items():
            inside = scores[members]
            pearson, spearman = (inside.corr(method, LEAST).to_numpy() for method in ("pearson", "spearman"))
            there = inside.notna().to_numpy(dtype=float)
            both = (there.T @ there).astype(int)
            for a, b in combinations(range(len(criteria)), 2):
                families = criteria[a].families, criteria[b].families
                about = (criteria[a].name, criteria[b].name, *map("/".join, families), families[0] == families[1])
                r, rho = float(pearson[a, b]), float(spearman[a, b])
                rows.append((*about, by, group, both[a, b], r, rho, abs(r) > self.flag))
        return pd.DataFrame(rows, columns=[*_PAIR, "pearson", "spearman", "flagged"])

    @cached_property
    def _groups(self) -> Mapping[tuple[str, str], Mask]:
        """Who is in each group, by its column and its label; all together first."""
        found: dict[tuple[str, str], Mask] = {("", ""): np.ones(self.ranks.size, dtype=bool)}
        for criterion in self.scoring.criteria:
            by = str(criterion.criterion.more_need_when.by)
            found |= {(by, group_label(criterion, group)): group.rows for group in criterion.groups}
        if self.by is not None:
            labels = labels_of(self.allocation, self.by)
            found |= {(self.by, label): labels == label for label in sorted({*labels} - {""})}
        return found

    @cached_property
    def flags(self) -> pd.DataFrame:
        """The flagged pairs, strongest first; ``reading``: ``double`` (count twice) or ``opposed`` (cancel)."""
        found = self.correlations[self.correlations["flagged"].astype(bool)].drop(columns="flagged")
        found = found.sort_values("pearson", key=lambda r: -r.abs(), kind="stable", ignore_index=True)
        return found.assign(reading=np.where(found["pearson"] > 0, "double", "opposed"))

    @cached_property
    def alpha(self) -> pd.DataFrame:
        """Cronbach's alpha of the whole (family empty), then of each family: family, criteria, territories, alpha.

        Over all criteria below a family, and the territories that have them all; see :func:`cronbach_alpha`.
        """
        below: dict[tuple[str, ...], list[int]] = {(): list(range(len(self.scoring.criteria)))}
        below |= {path: _columns(child) for path, _, child in nodes(self.tree) if isinstance(child, Branch)}
        rows = []
        for path, columns in below.items():
            inside = _complete(self.scoring.matrix[:, columns])
            rows.append(("/".join(path), len(columns), len(inside), cronbach_alpha(inside)))
        return pd.DataFrame(rows, columns=["family", "criteria", "territories", "alpha"])

    @cached_property
    def weights(self) -> pd.DataFrame:
        """What each criterion weighs, as written, as applied and in fact, one row each; means over territories.

        Columns: criterion, family; relative (in its family, as written); nominal (in the whole, as written); effective
        (in the whole, as applied: constant criteria gone, missing cells made up for); correlation (Pearson's r of its
        scores with the index); importance, r² / Σ r² (after Paruolo, Saisana and Saltelli, 2013, *Journal of the Royal
        Statistical Society A* 176(3), 609-634); variance_share, cov(w x, index) / var(index), missing for an index that
        is no weighted mean.
        """
        return weights_at_work(self.allocation, self.scoring)

    @property
    def table(self) -> pd.DataFrame:
        """The table that files hold: :attr:`weights`, one row for each criterion."""
        return self.weights

    @cached_property
    def weighting(self) -> pd.DataFrame:
        """The weights as applied (``chosen``) beside those that each method of the registry draws from the scores.

        They reward variance, not need: they are there to be compared, not to be adopted. Territories with all scores
        count; below two of them nothing is drawn.
        """
        scores = _complete(self.scoring.matrix)
        applied = self.weights[["criterion", "family", "effective"]].head(scores.shape[1])
        drawn = {name: method.function(scores) if len(scores) > 1 else np.nan for name, method in WEIGHTINGS.items()}
        return applied.rename(columns={"effective": "chosen"}).assign(**drawn)

    @cached_property
    def constant(self) -> pd.DataFrame:
        """The criteria that distinguish nobody, or almost: criterion, values, apart, variation, reason.

        ``dropped``: the index left it out, all scores being equal. ``few-apart``: fewer than 5 % of its values differ
        from the most common one (``apart``). ``little-spread``: its standard deviation is less than 1 % of its mean
        (``variation``, without a sign; missing where the mean is 0). Values as given.
        """
        dropped = [str(each.values["criterion"]) for each in self.scoring.warnings if each.id == "criterion-constant"]
        rows = []
        for name in [*(criterion.name for criterion in self.scoring.criteria), *dropped]:
            values = _present(self.allocation.scope.numbers(name)[self.allocation.context.rows])
            commonest = max(np.unique(values, return_counts=True)[1], default=0)
            apart, mean = 1 - commonest / max(values.size, 1), abs(values.mean()) if values.size else 0.0
            variation = values.std(ddof=1) / mean if mean > 0 and values.size > 1 else np.nan
            almost = "few-apart" if apart < FEW_APART else "little-spread" if variation < LITTLE_SPREAD else ""
            reason = "dropped" if name in dropped else almost
            rows += [(name, values.size, apart, variation, reason)] if reason else []
        return pd.DataFrame(rows, columns=["criterion", "values", "apart", "variation", "reason"])

    @cached_property
    def outliers(self) -> pd.DataFrame:
        r"""Each criterion's skewness and excess kurtosis, of its values as given and as they were normalised.

        Columns: criterion, family, skewness, kurtosis, flagged (\|skewness\| > 2 and kurtosis > 3.5: extremes that
        flatten everybody else); treatment (empty, a transform's name, ``winsorised`` or ``logged``); skewness_after,
        kurtosis_after, flagged_after.
        """
        told = {str(each.values["criterion"]): each for each in self.scoring.warnings if each.id in _TREATED}
        rows = []
        for criterion in self.scoring.criteria:
            raw, method = _present(criterion.raw), criterion.criterion.transform
            problem = told.get(criterion.name)
            if problem is None:
                values = self._transformed(criterion, raw)
                after = (skewness(values), excess_kurtosis(values))
            else:
                after = (_told(problem, "skew_after"), _told(problem, "kurtosis_after"))
            treatment = _TREATED[problem.id] if problem else method.name if method else ""
            before = (skewness(raw), excess_kurtosis(raw))
            about = (criterion.name, "/".join(criterion.families))
            rows.append((*about, *before, _extreme(*before), treatment, *after, _extreme(*after)))
        heads = ["criterion", "family", *_SHAPE, "treatment", *(f"{name}_after" for name in _SHAPE)]
        return pd.DataFrame(rows, columns=heads)

    def _transformed(self, criterion: CriterionScore, values: Floats) -> Floats:
        method = criterion.criterion.transform
        if method is None:
            return values
        if method.name == "step":
            return step_of(values, self.allocation.formula.tables[str(method.parameters[""])])
        found = TRANSFORMS[method.name]
        return found.run(values, **(found.filled(method.parameters) or {}))

    @cached_property
    def _ranks_without(self) -> list[tuple[tuple[str, ...], bool, Floats]]:
        """Give, for each family and criterion: its path, whether it is a family, and everybody's place without it."""
        return [
            (path, isinstance(child, Branch), places(leaving_out(self.tree, place).combine(self.scoring.matrix)))
            for path, place, child in nodes(self.tree)
        ]

    @cached_property
    def leave_one_out(self) -> pd.DataFrame:
        """How far ranks move when a criterion or a family has no weight, the others of its family being rescaled.

        Columns: left_out, family (where it lies), level (1 right below the index), kind (``family``, ``criterion``);
        mean_places, the mean absolute rank difference; most_places and code, the territory that moves most. Missing
        where nothing would be left of the index.
        """
        rows: list[tuple[Any, ...]] = []
        for path, is_family, without in self._ranks_without:
            moved = np.abs(without - self.ranks)
            about = (path[-1], "/".join(path[:-1]), len(path), "family" if is_family else "criterion")
            if np.isnan(moved).all():
                rows.append((*about, np.nan, np.nan, None))
            else:
                most = int(np.nanargmax(moved))
                rows.append((*about, float(np.nanmean(moved)), float(moved[most]), self.allocation.codes[most]))
        heads = ["left_out", "family", "level", "kind", "mean_places", "most_places", "code"]
        return pd.DataFrame(rows, columns=heads)

    def rank_owed(self, code: str) -> pd.DataFrame:
        """Return what a territory owes its rank to, the criterion that moves it most first.

        Parameters
        ----------
        code : str
            The territory's code, as the table writes it.

        Returns
        -------
        pandas.DataFrame
            Columns: criterion, family, rank, rank_without (the criterion having no weight), gained: the places towards
            more need that it owes to the criterion; negative, the places lost.

        Raises
        ------
        SharingError
            Nobody that takes part has the code.

        Examples
        --------
        >>> diagnosis.rank_owed("A")[["criterion", "gained"]].to_dict("list")
        {'criterion': ['unemployment', 'distance'], 'gained': [2, 0]}
        """
        row = self.allocation.row(code)
        rank = self.ranks[row]
        rows = [
            (path[-1], "/".join(path[:-1]), rank, without[row], without[row] - rank)
            for path, is_family, without in self._ranks_without
            if not is_family
        ]
        found = pd.DataFrame(rows, columns=["criterion", "family", "rank", "rank_without", "gained"])
        found = found.astype(dict.fromkeys(["rank", "rank_without", "gained"], "Int64"))
        return found.sort_values("gained", key=lambda gained: -gained.abs(), kind="stable", ignore_index=True)

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
        >>> diagnosis.to_csv("diagnosis.csv").name
        'diagnosis.csv'
        """
        from equite.report.analyses.diagnostics import diagnosis_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(diagnosis_shown(self), path)

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
        >>> diagnosis.to_excel("diagnosis.xlsx").name
        'diagnosis.xlsx'
        """
        from equite.report.analyses.diagnostics import diagnosis_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(diagnosis_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: weights, pairs that count twice, extremes, what ranks rest on.

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
        >>> diagnosis.to_html("diagnosis.html").name
        'diagnosis.html'
        """
        from equite.report.analyses.diagnostics import diagnosis_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(diagnosis_shown(self), path)

    def __str__(self) -> str:
        from equite.report.analyses.diagnostics import diagnosis_text

        return diagnosis_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from equite.report.analyses.diagnostics import diagnosis_html

        return diagnosis_html(self)


def diagnose(
    allocation: Allocation, index: str | None = None, *, flag: float = 0.75, by: str | None = None
) -> Diagnosis:
    """Look into an index: what counts twice, what weighs in fact, what distinguishes nobody, what ranks rest on.

    Parameters
    ----------
    allocation : Allocation
        What the page gave.
    index : str, optional
        The index; by default the page's only one.
    flag : float
        The correlation, from 0 to 1, beyond which two criteria are flagged.
    by : str, optional
        A column of texts (its name on the page, or its heading in the table): correlations are given within its groups
        too, for a criterion may go with another here and not there.

    Raises
    ------
    FormulaError
        There is no such index, or several and none is named; nothing distinguishes anybody in it; there is no such
        column; ``flag`` is not between 0 and 1.
    """
    scoring = scoring_of(allocation, index)
    if not 0 <= flag <= 1:
        raise FormulaError([Problem("diagnosis-flag", {"flag": Numeral(float(flag))})], allocation.language)
    if by is not None:
        labels_of(allocation, by)
    return Diagnosis(allocation, scoring, flag, by)


def cronbach_alpha(scores: Floats) -> float:
    """Return k / (k - 1) · (1 - Σ var(x_j) / var(Σ x_j)) over k columns; missing where it has no meaning.

    Near 1 the criteria tell one thing, and count it k times; near 0 they tell different ones; below 0 they pull against
    each other. An index of need may well hold different things: a low value is no fault. Source: Cronbach (1951),
    *Psychometrika* 16(3), 297-334.
    """
    k = scores.shape[1]
    if k < 2 or len(scores) < 2 or np.ptp(scores.sum(axis=1)) == 0:
        return np.nan
    return float(k / (k - 1) * (1 - scores.var(axis=0, ddof=1).sum() / scores.sum(axis=1).var(ddof=1)))


def _columns(branch: Branch) -> list[int]:
    return [child for _, _, child in nodes(branch) if isinstance(child, int)]


def _complete(scores: Floats) -> Floats:
    return scores[~np.isnan(scores).any(axis=1)]


def _present(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _extreme(skew: float, kurtosis: float) -> bool:
    return abs(skew) > MOST_SKEW and kurtosis > MOST_KURTOSIS


def _told(problem: Problem, name: str) -> float:
    value = problem.values[name]
    assert isinstance(value, Numeral)
    return value.value
