"""How unequal amounts are, and whether they follow need: the measures of the literature, weighted by people.

Each takes what one person of each territory has (``values``, shape (n,)) and how many people each stands for
(``people``, shape (n,), any unit), and gives one number. Values are zero or more, people more than zero, and some value
is above zero; :mod:`equite.analysis.equity` sees to it. None changes when all values are multiplied by one number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from equite.engine.equality import alike_but_for_dust
from equite.engine.sharing import Floats

__all__ = [
    "Line",
    "Theil",
    "atkinson",
    "concentration",
    "elasticity",
    "gini",
    "hoover",
    "kakwani",
    "lorenz",
    "mcloone",
    "quantile",
    "range_ratio",
    "theil",
    "variation",
]

#: The people between whom the range is taken: the fifth in a hundred, and the ninety-fifth.
_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True, eq=False)
class Line:
    """A curve of shares, each of shape (points,), from (0, 0) to (1, 1)."""

    people: Floats
    amount: Floats

    @property
    def index(self) -> float:
        """Twice the area between the diagonal and the curve; below zero where the curve runs above."""
        widths = np.diff(self.people)
        return 1.0 - math.fsum(widths * (self.amount[1:] + self.amount[:-1]))


class Theil(NamedTuple):
    """Theil's T, and what of it lies between groups and within them: the two sum to it."""

    total: float
    between: float
    within: float


def lorenz(values: Floats, people: Floats, by: Floats | None = None) -> Line:
    """Return the share of the amount that the first people have, ranked from the least.

    People who are alike in what they are ranked by stand together, so that no order of rows is seen.

    Parameters
    ----------
    values, people : ndarray, shape (n,)
        What one person has, and people.
    by : ndarray, shape (n,), optional
        What people are ranked by; by default what they have.

    Notes
    -----
    Ranked by the values it is the curve of Lorenz (1905), *Publications of the American Statistical Association* 9(70);
    by another measure, the concentration curve of Kakwani (1977), *Econometrica* 45(3).
    """
    ranked = alike_but_for_dust(values if by is None else by)
    _, at = np.unique(ranked, return_inverse=True)
    return Line(_shares(_by(at, people)), _shares(_by(at, people * values)))


def _shares(each: Floats) -> Floats:
    summed = np.concatenate(([0.0], np.cumsum(each)))
    return np.asarray(summed / summed[-1])


def gini(values: Floats, people: Floats) -> float:
    """Return Gini's coefficient: 0 where all have the same, near 1 where one has all.

    Notes
    -----
    Σᵢⱼ pᵢ pⱼ |xᵢ − xⱼ| / (2 m), with p the shares of people and m the mean (Gini, 1914), computed as twice the area
    under the diagonal that Lorenz's curve leaves; no correction is made for few territories.
    """
    return lorenz(values, people).index


def theil(values: Floats, people: Floats, groups: np.ndarray | None = None) -> Theil:
    """Return Theil's T, split into what lies between groups and within them.

    Parameters
    ----------
    values, people : ndarray, shape (n,)
        What one person has, and people.
    groups : ndarray, shape (n,), optional
        The label of each row's group; by default all are one group.

    Notes
    -----
    Σ p (x / m) ln(x / m), where 0 ln 0 is 0; the same over the groups' means is what lies between (Theil, 1967,
    *Economics and Information Theory*; Shorrocks, 1980, *Econometrica* 48(3)).
    """
    labels = np.zeros(values.size, dtype=np.int64) if groups is None else np.unique(groups, return_inverse=True)[1]
    heads = _by(labels, people)
    means = _by(labels, people * values) / heads
    total, between = _theil(values, people), _theil(means, heads)
    money = heads * means
    inside = [
        money[at] * _theil(values[labels == at], people[labels == at]) for at in range(heads.size) if money[at] > 0
    ]
    return Theil(total, between, math.fsum(inside) / math.fsum(money))


def _theil(values: Floats, people: Floats) -> float:
    ratio = values / _mean(values, people)
    terms = np.where(ratio > 0, ratio * np.log(np.where(ratio > 0, ratio, 1.0)), 0.0)
    return math.fsum(people * terms) / math.fsum(people)


def atkinson(values: Floats, people: Floats, aversion: float = 1.0) -> float:
    """Return the share of the total that could be given up, were the rest shared equally, without welfare falling.

    Parameters
    ----------
    values, people : ndarray, shape (n,)
        What one person has, and people.
    aversion : float, default 1
        How much more a dollar counts for those who have less: 0 not at all; above 1 those with nothing decide all.

    Notes
    -----
    1 − (Σ p x^(1 − ε))^(1 / (1 − ε)) / m, and 1 − exp(Σ p ln x) / m where ε is 1 (Atkinson, 1970, *Journal of Economic
    Theory* 2(3)).
    """
    ratio, shares = values / _mean(values, people), people / math.fsum(people)
    if aversion >= 1 and (ratio == 0).any():
        return 1.0
    if aversion == 1:
        return 1.0 - math.exp(math.fsum(shares * np.log(ratio)))
    power = 1.0 - aversion
    return float(1.0 - math.fsum(shares * ratio**power) ** (1.0 / power))


def hoover(values: Floats, people: Floats) -> float:
    """Return the share of the total that would have to change hands for all to have the same.

    Notes
    -----
    ½ Σ p |x / m − 1| (Hoover, 1936, *The Review of Economics and Statistics* 18(4)).
    """
    return math.fsum(people * np.abs(values / _mean(values, people) - 1.0)) / (2 * math.fsum(people))


def variation(values: Floats, people: Floats) -> float:
    """Return the coefficient of variation: the standard deviation as a share of the mean, over people."""
    mean = _mean(values, people)
    return math.sqrt(math.fsum(people * (values / mean - 1.0) ** 2) / math.fsum(people))


def mcloone(values: Floats, people: Floats) -> float:
    """Return what those below the middle have, as a share of what they would have at the middle; 1 is best.

    Missing where the middle has nothing.

    Notes
    -----
    Berne and Stiefel (1984), *The Measurement of Equity in School Finance*, chapter 2, after McLoone.
    """
    middle = quantile(values, people, 0.5)
    below = values <= middle
    if middle == 0:
        return math.nan
    return math.fsum((people * values)[below]) / (middle * math.fsum(people[below]))


def range_ratio(values: Floats, people: Floats) -> float:
    """Return how far the 95th person in a hundred is above the 5th, as a share of what the 5th has.

    Missing where the 5th has nothing.

    Notes
    -----
    The federal range ratio of American school finance: Berne and Stiefel (1984), chapter 2.
    """
    low, high = (quantile(values, people, share) for share in (_LOW, _HIGH))
    return (high - low) / low if low > 0 else math.nan


def quantile(values: Floats, people: Floats, share: float) -> float:
    """Return what the person has below whom a share of people stand: the least value that the share does not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(people[order])
    # A share met exactly is met, whatever dust the sum has.
    at = int(np.searchsorted(reached, share * reached[-1] * (1 - 2.0**-40)))
    return float(values[order][min(at, values.size - 1)])


def concentration(values: Floats, people: Floats, need: Floats) -> float:
    """Return the concentration index of amounts when people are ranked by need.

    Above zero where those in greater need have more than others, below where they have less.
    """
    return lorenz(values, people, need).index


def kakwani(values: Floats, people: Floats, need: Floats) -> float:
    """Return how much more than need itself the money is concentrated on those in need.

    Zero where money is in proportion to need; above where it leans more to those in need; below where it leans less.

    Notes
    -----
    The concentration index of the amounts less Gini's coefficient of need: Kakwani (1977), *The Economic Journal*
    87(345), with need where he has income, and money received where he has tax.
    """
    return concentration(values, people, need) - gini(need, people)


def elasticity(values: Floats, people: Floats, need: Floats) -> float:
    """Return by how many percent money per head rises where need per head is one percent greater.

    The slope of a line through logarithms, by least squares over people; rows with neither money nor need are left out.
    Missing where need does not differ.

    Notes
    -----
    Berne and Stiefel (1984), chapter 2, for vertical equity and wealth neutrality alike.
    """
    there = (values > 0) & (need > 0)
    if not there.any():
        return math.nan
    weights, x, y = people[there], np.log(need[there]), np.log(values[there])
    x, y = x - _mean(x, weights), y - _mean(y, weights)
    spread = math.fsum(weights * x * x)
    if np.unique(alike_but_for_dust(need[there])).size < 2:
        return math.nan
    return math.fsum(weights * x * y) / spread


def _by(groups: np.ndarray, values: Floats) -> Floats:
    """Sum values by group."""
    return np.bincount(groups, weights=values).astype(np.float64)


def _mean(values: Floats, people: Floats) -> float:
    return math.fsum(values * people) / math.fsum(people)
