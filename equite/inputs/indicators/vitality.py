"""The vitality of the economy from three indicators, after the published recipe of Québec's statistical institute."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.checks import ANY, COUNT, NumberRule
from equite.inputs.indicators.results import described
from equite.inputs.indicators.tables import Keyed, aligned
from equite.wording import LOCALES, Codes, Numeral, say_in_all

__all__ = ["modified_z", "vitality_after_isq"]

#: The third quartile of the standard normal distribution: with it, the score is a plain z on normal data.
_QUARTILE = 0.6745


def modified_z(values: Keyed) -> pd.Series:
    """Compute modified z-scores, which one extreme territory does not upset.

    ::

        z_i = 0.6745 (x_i - median) / MAD,  MAD = median_i |x_i - median|

    Parameters
    ----------
    values : Series or mapping
        Numbers by territory code, shape (n,), each territory counting for one.

    Returns
    -------
    pandas.Series
        By code, sorted, shape (n,), without unit.

    Raises
    ------
    TerritoriesError
        With every code or cell that is missing, repeated or no number; or if the MAD is zero, half of the territories
        or more having the same value.

    References
    ----------
    Iglewicz, B., and Hoaglin, D. C. (1993), *How to Detect and Handle Outliers*, 11-13.

    Examples
    --------
    >>> equite.indicators.modified_z({"A": 1, "B": 2, "C": 4}).to_dict()
    {'A': -0.6745, 'B': 0.0, 'C': 1.349}
    """
    problems = Problems(TerritoriesError)
    table = aligned({"values": (values, ANY)}, problems)
    scores = _scores(table["values"], problems)
    problems.refuse()
    return described(
        scores.rename("modified_z"),
        title=say_in_all("measure-modified-z"),
        unit=say_in_all("measure-modified-z-unit"),
        method=say_in_all("measure-modified-z-method"),
        source="Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers",
    )


@takes(TerritoriesError)
def vitality_after_isq(*, work_rate: Keyed, median_income: Keyed, growth: Keyed, shift: float) -> pd.DataFrame:
    """Compute an index of economic vitality after the recipe of the ISQ. It is **not** the official IVÉ.

    ::

        z_ik  = 0.6745 (x_ik - median_k) / MAD_k             for each of the three indicators k
        index = ((z_i1 + shift) (z_i2 + shift) (z_i3 + shift))^(1/3)

    A territory at the three medians gets ``shift``. The ISQ's bulletins say that it normalises by a modified z-score on
    the median absolute deviation and takes a geometric mean, and that its index may be negative. Those that we could
    read do not say by how much scores are shifted so that the mean exists, nor how the result is brought back. Hence
    ``shift`` is yours to state, the numbers are not those of the ISQ, and ranks may differ. Where the official index is
    published, use it.

    Parameters
    ----------
    work_rate : Series or mapping
        Workers among people aged 25 to 64, in %, by code, shape (n,).
    median_income : Series or mapping
        Median total income of people aged 18 and over, in $, by code, shape (n,).
    growth : Series or mapping
        Mean yearly growth of the population over five years, per thousand, by code, shape (n,); see
        :func:`mean_yearly_growth`.
    shift : float
        What is added to the three scores; above minus the lowest. A larger one draws the geometric mean towards the
        arithmetic mean, so that a strength makes up for a weakness more fully.

    Returns
    -------
    pandas.DataFrame
        By code, sorted, shape (n, 5): ``index``, ``centred`` (``index - shift``: 0 at the three medians), and the
        scores ``z_work_rate``, ``z_median_income``, ``z_growth``. Higher is more vital.

    Raises
    ------
    TerritoriesError
        With every code that is repeated, missing, or in one column and not the others; every cell that is missing, out
        of range or no number; every indicator whose MAD is zero; every shifted score that is not above zero.

    References
    ----------
    Ladouceur, S. (2021), *Indice de vitalité économique des territoires. Édition 2021*, Institut de la statistique du
    Québec. Iglewicz, B., and Hoaglin, D. C. (1993), *How to Detect and Handle Outliers*, for the modified z-score.

    Examples
    --------
    >>> found = equite.indicators.vitality_after_isq(
    ...     work_rate={"A": 70, "B": 75, "C": 85},
    ...     median_income={"A": 30_000, "B": 35_000, "C": 40_000},
    ...     growth={"A": 0, "B": 5, "C": 10},
    ...     shift=5,
    ... )
    >>> found["centred"].round(3).to_dict()
    {'A': -0.675, 'B': 0.0, 'C': 0.891}
    """
    problems = Problems(TerritoriesError)
    if not (math.isfinite(shift) and shift > 0):
        above_zero = say_in_all("measure-expected-above-zero")
        problems.add("indicator-option", "shift", value=str(shift), expected=above_zero)
    columns = {
        "work_rate": (work_rate, NumberRule(0.0, 100.0)),
        "median_income": (median_income, COUNT),
        "growth": (growth, ANY),
    }
    table = aligned(columns, problems)
    scores = pd.DataFrame({f"z_{name}": _scores(table[name], problems) for name in columns})
    if not problems.found:
        _refuse_low(scores, shift, problems)
    problems.refuse()
    index = np.cbrt((scores + shift).prod(axis=1))
    shown = {language: f"{shift:g}".replace(".", locale.decimal) for language, locale in LOCALES.items()}
    unit = say_in_all("measure-vitality-unit", shift=shown)
    return described(
        pd.DataFrame({"index": index, "centred": index - shift, **scores}),
        title=say_in_all("measure-vitality"),
        unit=unit,
        method=say_in_all("measure-vitality-method", shift=shown),
        source="after Ladouceur (2021), Indice de vitalité économique des territoires, ISQ; "
        "Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers",
        columns={
            "index": (say_in_all("measure-vitality-index"), unit),
            "centred": (say_in_all("measure-gap-from-medians"), say_in_all("measure-index-points")),
            "z_work_rate": (say_in_all("measure-rate-of-workers"), say_in_all("measure-modified-z-unit")),
            "z_median_income": (say_in_all("measure-median-income"), say_in_all("measure-modified-z-unit")),
            "z_growth": (say_in_all("measure-population-growth"), say_in_all("measure-modified-z-unit")),
        },
        official=False,
        shift=shift,
    )


def _scores(column: pd.Series, problems: Problems) -> pd.Series:
    """Compute modified z-scores; where there are none, say why once the cells themselves are right."""
    gaps = column - column.median(skipna=False)
    spread = float(gaps.abs().median(skipna=False))
    if spread == 0:
        problems.add("indicator-no-spread", str(column.name))
    return _QUARTILE * gaps / spread if spread else gaps


def _refuse_low(scores: pd.DataFrame, shift: float, problems: Problems) -> None:
    needed = Numeral(float(-scores.to_numpy().min()))
    for name in scores:
        low = (scores[name] + shift <= 0).to_numpy()
        if low.any():
            codes = Codes(tuple(scores.index[low]))
            problems.add("indicator-not-positive", str(name), codes=codes, needed=needed, shift=Numeral(shift))
