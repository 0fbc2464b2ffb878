r"""Extreme values of a criterion: found by skewness and kurtosis, pulled in one by one, else replaced by a logarithm.

The rule is that of OECD and JRC (2008) as COINr carries it out (Becker et al., 2022, *Journal of Open Source Software*
7(78)): a criterion with \|skewness\| > 2 and kurtosis > 3.5 has its extreme values set to the next one, side by side
with the skew, at most so many times; if that is not enough, log(x - min + 0.01 (max - min)) of the values as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equite.engine.sharing import DUST, Floats

__all__ = ["Treatment", "excess_kurtosis", "is_extreme", "skewness", "treat"]

MOST_SKEW = 2.0
MOST_KURTOSIS = 3.5


@dataclass(frozen=True)
class Treatment:
    """A criterion's values after treatment, and what was done.

    Attributes
    ----------
    values : ndarray
        The values, missing ones kept.
    points : int
        How many values were pulled in, those of both ends together, each counted once however often it was moved; 0
        where none was, or where the logarithm was taken instead.
    logged : bool
        Whether the logarithm stands for the values.
    """

    values: Floats
    points: int
    logged: bool


def skewness(values: Floats) -> float:
    """Return the sample skewness G1 (Joanes and Gill, 1998; spreadsheets' SKEW); 0 where it has no meaning."""
    n = values.size
    moved = values - values.mean()
    spread = (moved**2).mean()
    if n < 3 or values.max() == values.min():
        return 0.0
    return float(np.sqrt(n * (n - 1)) / (n - 2) * (moved**3).mean() / spread**1.5)


def excess_kurtosis(values: Floats) -> float:
    """Return the sample excess kurtosis G2 (Joanes and Gill, 1998; KURT in spreadsheets); 0 below four values."""
    n = values.size
    moved = values - values.mean()
    spread = (moved**2).mean()
    if n < 4 or values.max() == values.min():
        return 0.0
    plain = (moved**4).mean() / spread**2 - 3
    return float((n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * plain + 6))


def is_extreme(values: Floats) -> bool:
    """Tell whether a criterion's extremes would flatten the others."""
    # Both carry rounding errors of their sums: within those, a measure that stands at its threshold is not beyond it.
    skewed = abs(skewness(values)) > MOST_SKEW * (1 + DUST)
    return skewed and excess_kurtosis(values) > MOST_KURTOSIS * (1 + DUST)


def treat(values: Floats, most: int) -> Treatment:
    """Pull extremes in, at most ``most`` times, or take the logarithm; leave other values as they are."""
    present = ~np.isnan(values)
    treated = values[present].copy()
    steps = 0
    while steps < most and is_extreme(treated):
        high = skewness(treated) >= 0
        edge = treated.max() if high else treated.min()
        at, others = treated == edge, treated[treated != edge]
        treated[at] = others.max() if high else others.min()
        steps += 1
    points = int((treated != values[present]).sum())
    logged = is_extreme(treated)
    if logged:
        treated = values[present]
        low, high_value = treated.min(), treated.max()
        treated, points = np.log(treated - low + 0.01 * (high_value - low)), 0
    found = values.copy()
    found[present] = treated
    return Treatment(found, points, logged)
