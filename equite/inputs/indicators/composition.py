"""How a territory's total divides among categories: diverse or not, like the whole or not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.checks import COUNT, Floats, note_all_zero
from equite.inputs.indicators.results import described
from equite.inputs.indicators.tables import long_table, wide_table
from equite.wording import say_in_all

__all__ = ["diversity", "localisation"]


@takes(TerritoriesError)
def diversity(
    table: object, *, territory: str | None = None, category: str | None = None, amount: str | None = None
) -> pd.DataFrame:
    """Compute how evenly each territory's total divides among categories.

    With p_k the share of category k, 0 ln 0 = 0, and K the categories of the whole table::

        entropy               = -Σ_k p_k ln p_k          (0 to ln K)
        evenness              = entropy / ln K           (0: one category; 1: K equal ones)
        sum_of_squared_shares = Σ_k p_k²                 (1 / K to 1)

    K is the same for all territories, so that they compare: a category that a territory lacks counts against it.

    Parameters
    ----------
    table : table
        Long: one row for each territory and category, the three headings being given; a pair without a row is zero.
        Wide: one row for each territory, one column for each category, the codes being the index of a pandas frame, or
        the column named by ``territory`` alone.
    territory, category, amount : str, optional
        The headings of the long table.

    Returns
    -------
    pandas.DataFrame
        By territory code, sorted, shape (n, 4): ``entropy``, ``evenness``, ``sum_of_squared_shares`` and
        ``categories`` (how many the territory has).

    Raises
    ------
    TerritoriesError
        With every blank code, repeated pair, missing or negative amount, and territory with nothing in any category; or
        if there is one category only.

    References
    ----------
    Shannon, C. E. (1948), "A Mathematical Theory of Communication", *Bell System Technical Journal* 27, 379-423.
    Pielou, E. C. (1966), "The Measurement of Diversity in Different Types of Biological Collections", *Journal of
    Theoretical Biology* 13, 131-144, for evenness. Simpson, E. H. (1949), "Measurement of Diversity", *Nature* 163,
    688.

    Examples
    --------
    >>> jobs = {"code": ["A", "B"], "farms": [10, 20], "shops": [10, 0]}
    >>> equite.indicators.diversity(jobs, territory="code")["evenness"].to_dict()
    {'A': 1.0, 'B': 0.0}
    """
    problems = Problems(TerritoriesError)
    amounts = _amounts(table, territory, category, amount, problems)
    if amounts.shape[1] == 1:
        problems.add("indicator-one-category", value=str(amounts.columns[0]))
    problems.refuse()
    shares = _shares(amounts)
    entropy = np.clip(-np.sum(shares * np.log(np.where(shares > 0, shares, 1.0)), axis=1), 0, None)
    found = pd.DataFrame(
        {
            "entropy": entropy,
            "evenness": np.clip(entropy / np.log(shares.shape[1]), 0, 1),
            "sum_of_squared_shares": np.clip(np.sum(shares**2, axis=1), 0, 1),
            "categories": np.count_nonzero(shares, axis=1),
        },
        index=amounts.index,
    )
    return described(
        found,
        title=say_in_all("measure-diversity"),
        unit=say_in_all("measure-nats"),
        method=say_in_all("measure-diversity-method", count=shares.shape[1]),
        source="Shannon (1948), A Mathematical Theory of Communication; Pielou (1966), The Measurement of Diversity; "
        "Simpson (1949), Measurement of Diversity",
        columns={
            "entropy": (say_in_all("measure-entropy"), say_in_all("measure-nats")),
            "evenness": (say_in_all("measure-evenness"), say_in_all("measure-index-of-one")),
            "sum_of_squared_shares": (say_in_all("measure-squared-shares"), say_in_all("measure-index-of-one")),
            "categories": (say_in_all("measure-categories-present"), say_in_all("measure-categories")),
        },
    )


@takes(TerritoriesError)
def localisation(
    table: object, *, territory: str | None = None, category: str | None = None, amount: str | None = None
) -> pd.Series:
    """Compute how far each territory's mix of categories stands from that of all territories together.

    ::

        localisation_i = ½ Σ_k |s_ik - s_k|        (0: the same mix; towards 1: nothing in common)

    s_ik is the share of category k in territory i, s_k its share in all territories together, i included: what part of
    the territory's total would have to change category to have the mix of the whole.

    Parameters
    ----------
    table : table
        Long: one row for each territory and category, the three headings being given; a pair without a row is zero.
        Wide: one row for each territory, one column for each category, the codes being the index of a pandas frame, or
        the column named by ``territory`` alone.
    territory, category, amount : str, optional
        The headings of the long table.

    Returns
    -------
    pandas.Series
        By territory code, sorted, shape (n,), 0 to 1.

    Raises
    ------
    TerritoriesError
        With every blank code, repeated pair, missing or negative amount, and territory with nothing in any category.
        One category only gives 0 everywhere.

    References
    ----------
    Hoover, E. M. (1936), "The Measurement of Industrial Localization", *Review of Economics and Statistics* 18(4),
    162-171. Florence, P. S. (1939), *Report on the Location of Industry*. Taken territory by territory as here, Isard,
    W. (1960), *Methods of Regional Analysis*, calls it the coefficient of specialization.

    Examples
    --------
    >>> jobs = {"code": ["A", "B"], "farms": [10, 20], "shops": [10, 0]}
    >>> equite.indicators.localisation(jobs, territory="code").to_dict()
    {'A': 0.25, 'B': 0.25}
    """
    problems = Problems(TerritoriesError)
    amounts = _amounts(table, territory, category, amount, problems)
    problems.refuse()
    together = amounts.to_numpy().sum(axis=0)
    apart = np.abs(_shares(amounts) - together / together.sum()).sum(axis=1) / 2
    return described(
        pd.Series(np.clip(apart, 0, 1), index=amounts.index, name="localisation"),
        title=say_in_all("measure-localisation"),
        unit=say_in_all("measure-index-of-one"),
        method=say_in_all("measure-localisation-method"),
        source="Hoover (1936), The Measurement of Industrial Localization; "
        "Florence (1939), Report on the Location of Industry",
    )


def _amounts(
    table: object, territory: str | None, category: str | None, amount: str | None, problems: Problems
) -> pd.DataFrame:
    """Read a long or a wide table into one row for each territory and one column for each category, both sorted."""
    if category is None and amount is None:
        amounts = wide_table(table, territory, problems, rules=COUNT).sort_index(axis="columns")
    elif territory is None or category is None or amount is None:
        three = say_in_all("measure-expected-headings")
        problems.add("indicator-headings", expected=three)
        raise TerritoriesError(problems.found)
    else:
        identity = [territory, category]
        rows = long_table(table, problems, texts=identity, unique=identity, numbers={amount: COUNT})
        codes, row = np.unique(rows[territory].to_numpy(dtype=object), return_inverse=True)
        names, column = np.unique(rows[category].to_numpy(dtype=object), return_inverse=True)
        filled = np.zeros((len(codes), len(names)))
        filled[row, column] = rows[amount].to_numpy()
        amounts = pd.DataFrame(filled, index=pd.Index(codes, name="code", dtype=object), columns=pd.Index(names))
    note_all_zero(amounts.index.to_numpy(dtype=object), amounts.to_numpy().sum(axis=1), amount or "", problems)
    return amounts


def _shares(amounts: pd.DataFrame) -> Floats:
    values = amounts.to_numpy(dtype=np.float64)
    return np.asarray(values / values.sum(axis=1, keepdims=True), dtype=np.float64)
