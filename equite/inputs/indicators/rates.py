"""What changes with size and with time: rates, and the mean yearly growth of a population."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.checks import COUNT, DIVISOR
from equite.inputs.indicators.results import described
from equite.inputs.indicators.tables import Keyed, aligned, wide_table
from equite.wording import Numeral, say_in_all

__all__ = ["mean_yearly_growth", "rate"]

#: Below so many cases, chance alone moves a rate by 45 % or more (1 / √5).
_FEW = 5


@takes(TerritoriesError)
def rate(cases: Keyed, population: Keyed, *, per: float = 1000.0) -> pd.DataFrame:
    """Compute how many cases there are for each thousand people, and say where they are too few to trust.

    ::

        rate_i = per · cases_i / population_i

    If cases come by chance, one by one, the rate's relative standard error is 1 / √cases: 45 % for 5 cases. Under 5
    cases ``few_cases`` is true: group years or territories before comparing.

    Parameters
    ----------
    cases : Series or mapping
        Number of cases by territory code, shape (n,).
    population : Series or mapping
        People among whom they are counted, by code, shape (n,), above zero.
    per : float
        The base: 1000 for a rate per thousand, 10,000, 100…

    Returns
    -------
    pandas.DataFrame
        By code, sorted, shape (n, 2): ``rate`` and ``few_cases`` (true or false). ``attrs["caution"]`` words the
        caution where there are such territories.

    Raises
    ------
    TerritoriesError
        With every code that is repeated, missing, or in one column and not the other; every cell that is missing,
        negative or no number; every territory without people; a base that is not above zero.

    References
    ----------
    Brillinger, D. R. (1986), "The Natural Variability of Vital Rates and Associated Statistics", *Biometrics* 42(4),
    693-734.

    Examples
    --------
    >>> equite.indicators.rate({"01": 2530, "02": 3}, {"01": 204405, "02": 1500})["rate"].round(2).to_dict()
    {'01': 12.38, '02': 2.0}
    """
    problems = Problems(TerritoriesError)
    if not (math.isfinite(per) and per > 0):
        above_zero = say_in_all("measure-expected-above-zero")
        problems.add("indicator-option", "per", value=str(per), expected=above_zero)
    table = aligned({"cases": (cases, COUNT), "population": (population, DIVISOR)}, problems)
    problems.refuse()
    truncate_problems = table["cases"] < _FEW
    unit = say_in_all("measure-rate-unit", base=Numeral(per))
    found = described(
        pd.DataFrame({"rate": per * table["cases"] / table["population"], "few_cases": truncate_problems}),
        title=say_in_all("measure-rate"),
        unit=unit,
        method=say_in_all("measure-rate-method"),
        source="Brillinger (1986), The Natural Variability of Vital Rates and Associated Statistics",
        columns={
            "rate": (say_in_all("measure-rate"), unit),
            "few_cases": (say_in_all("measure-few-cases"), say_in_all("measure-yes-or-no")),
        },
    )
    if truncate_problems.any():
        codes = ", ".join(table.index[truncate_problems])
        found.attrs["caution"] = say_in_all("measure-few-cases-caution", codes=codes)
    return found


@takes(TerritoriesError)
def mean_yearly_growth(
    table: object, *, first: int, last: int, per: float = 1000.0, key: str | None = None
) -> pd.Series:
    """Compute the mean yearly growth between two years: the constant rate that leads from one to the other.

    ::

        growth_i = per · ((P_last / P_first)^(1 / (last - first)) - 1)

    Parameters
    ----------
    table : table
        One row for each territory, one column of people for each year, headed by the year. Other columns are not read.
    first, last : int
        The two years.
    per : float
        The base: 1000 for growth per thousand.
    key : str, optional
        The heading of the codes; by default they are the index of a pandas frame.

    Returns
    -------
    pandas.Series
        Growth by code, sorted, shape (n,): per thousand and per year with the default base.

    Raises
    ------
    TerritoriesError
        With every blank or repeated code; every cell that is missing, negative or no number; every territory that
        starts from nobody; a year without column, or a last year that does not follow the first.

    References
    ----------
    Shryock, H. S., and Siegel, J. S. (1976), *The Methods and Materials of Demography*, on geometric change.

    Examples
    --------
    >>> people = {"code": ["A", "B"], "2020": [1_000, 2_000], "2022": [1_210, 2_000]}
    >>> equite.indicators.mean_yearly_growth(people, first=2020, last=2022, key="code").round(6).to_dict()
    {'A': 100.0, 'B': 0.0}
    """
    problems = Problems(TerritoriesError)
    if last <= first:
        later = say_in_all("measure-expected-later", year=first)
        problems.add("indicator-option", "last", value=str(last), expected=later)
    if not (math.isfinite(per) and per > 0):
        above_zero = say_in_all("measure-expected-above-zero")
        problems.add("indicator-option", "per", value=str(per), expected=above_zero)
    # The same year twice is one column: what is refused is said above.
    people = wide_table(table, key, problems, rules={str(last): COUNT, str(first): DIVISOR})
    problems.refuse()
    growth = per * ((people[str(last)] / people[str(first)]) ** (1 / (last - first)) - 1)
    emptied = people.index[np.asarray(people[str(last)] == 0)]
    found = described(
        growth.rename("mean_yearly_growth"),
        title=say_in_all("measure-growth"),
        unit=say_in_all("measure-growth-unit", base=Numeral(per), first=first, last=last),
        method=say_in_all("measure-growth-method"),
        source="Shryock and Siegel (1976), The Methods and Materials of Demography",
        years=(first, last),
    )
    if len(emptied):
        found.attrs["caution"] = say_in_all("measure-emptied-caution", codes=", ".join(emptied))
    return found
