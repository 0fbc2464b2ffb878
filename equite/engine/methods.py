"""The methods that turn measures into scores, each a pure function under its name on the page.

Normalisers and aggregators follow OECD and JRC (2008), *Handbook on Constructing Composite Indicators*, §§ 5 and 6;
where the handbook leaves a choice (ties, standard deviation), the docstring says which is taken.
"""

from __future__ import annotations

import numpy as np

from equite.engine.equality import alike_but_for_dust
from equite.engine.registering import aggregator, normaliser, row_function, transform
from equite.engine.registry import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.sharing import DUST, Floats

__all__ = [
    "AGGREGATORS",
    "NORMALISERS",
    "TRANSFORMS",
    "aggregator",
    "average_rank",
    "distance_to_target",
    "normaliser",
    "row_function",
    "transform",
]


@normaliser("min-max", increasing=True)
def min_max(values: Floats, low: float = 0.0, high: float = 1.0) -> Floats:
    """Scale from ``low`` at the lowest value to ``high`` at the highest: (x - min) / (max - min)."""
    least, most = values.min(), values.max()
    return np.asarray((values - least) / (most - least) * (high - low) + low)


@normaliser("goalposts", increasing=True, unit_free=False, in_units=True)
def goalposts(values: Floats, low: float, high: float) -> Floats:
    """Scale from 0 at one stated value to 1 at another, flat beyond: scores of several years compare."""
    return np.clip((values - low) / (high - low), 0.0, 1.0)


@normaliser("z-score", least={"deviation": 1e-9})
def z_score(values: Floats, mean: float = 0.0, deviation: float = 1.0) -> Floats:
    """Return standard deviations (n - 1) from the mean, moved to ``mean`` and scaled to ``deviation``."""
    return np.asarray((values - values.mean()) / values.std(ddof=1) * deviation + mean)


@normaliser("modified-z")
def modified_z(values: Floats) -> Floats:
    """Return 0.6745 (x - median) / MAD, MAD the median absolute deviation (Iglewicz and Hoaglin, 1993).

    Where more than half the values are equal the MAD is 0, and 0.7979 (x - median) over the mean absolute deviation
    from the median stands for it, as the same authors do.
    """
    from_median = values - np.median(values)
    spread = np.median(np.abs(from_median))
    if spread > 0:
        return np.asarray(0.6745 * from_median / spread)
    return np.asarray(0.7979 * from_median / np.abs(from_median).mean())


@normaliser("rank", parameters={"ties": ("average", "lowest"), "scale": ("share", "places")})
def average_rank(values: Floats, ties: str = "average", scale: str = "share") -> Floats:
    """Return each value's place from the lowest.

    ``ties: average`` shares the mean place, ``ties: lowest`` the lowest one; ``scale: share`` gives
    (place - 1/2) / n, of mean 1/2, ``scale: places`` gives 1 to n.
    """
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    places = last - (counts - 1) / 2 if ties == "average" else last - counts + 1.0
    return np.asarray(places[of] if scale == "places" else (places[of] - 0.5) / values.size)


@normaliser("percentile-rank")
def percentile_rank(values: Floats) -> Floats:
    """Return the share of the other values that are lower: (place - 1) / (n - 1), ties at the lowest place."""
    ordered = np.sort(values)
    return np.asarray(np.searchsorted(ordered, values, side="left") / (values.size - 1))


@normaliser("share-of-total", only_high=True)
def share_of_total(values: Floats) -> Floats:
    """Return x / Σ x."""
    return np.asarray(values / values.sum())


@normaliser("ratio-to-mean", only_high=True)
def ratio_to_mean(values: Floats) -> Floats:
    """Return x over the mean of all."""
    return np.asarray(values / values.mean())


@normaliser("fraction-of-highest", only_high=True)
def fraction_of_highest(values: Floats) -> Floats:
    """Return x over the highest value."""
    return np.asarray(values / values.max())


@normaliser("distance-to-best")
def distance_to_best(values: Floats) -> Floats:
    """Return 1 - (max - x) / (max - min): 1 for the highest need, less with the distance to it."""
    most = values.max()
    return np.asarray(1 - (most - values) / (most - values.min()))


@normaliser("distance-to-target", unit_free=False, in_units=True)
def distance_to_target(values: Floats, target: float) -> Floats:
    """Return 1 - (target - x) / (target - min): 1 at the target, more beyond it."""
    span = target - values.min()
    # A target that everybody has reached or passed leaves no distance to measure.
    return np.asarray(1 - (target - values) / span) if span > 0 else np.full(values.shape, np.nan)


@normaliser("quantile-bands", least={"bands": 2})
def quantile_bands(values: Floats, bands: float = 5.0) -> Floats:
    """Return the band of equal numbers (fifths by default) that a value lies in, from 0 to 1.

    Ties share the band of their mean place m: of k bands and n values, floor((m - 1/2) k / n), from 0 to k - 1, or half
    way between two bands where that place is their very edge. Whoever has the lowest value is in the first band, and
    whoever has the highest in the last, however many they are. So x and -x have mirror images: their scores sum to 1.
    """
    count, size = max(2, int(bands)), values.size
    ordered = np.sort(values)
    # Twice the mean place, less one: whole numbers tell an edge from what lies beside it.
    place = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    band, beyond = np.divmod(place * count, 2 * size)
    scores = np.where(beyond == 0, band - 0.5, band) / (count - 1)
    return np.asarray(np.select([values == ordered[0], values == ordered[-1]], [0.0, 1.0], scores))


@aggregator("arithmetic")
def arithmetic(scores: Floats, weights: Floats) -> Floats:
    """Return the weighted mean Σ w x / Σ w; a missing score is skipped and the weights rescaled."""
    return power_mean(scores, weights, 1.0)


@aggregator("geometric", positive=True)
def geometric(scores: Floats, weights: Floats) -> Floats:
    """Return exp(Σ w ln x / Σ w): a low score is not made good by a high one."""
    return np.exp(arithmetic(np.log(scores), weights))


@aggregator("harmonic", positive=True)
def harmonic(scores: Floats, weights: Floats) -> Floats:
    """Return Σ w / Σ (w / x): the lowest scores weigh most."""
    return power_mean(scores, weights, -1.0)


@aggregator("power-mean", positive=True)
def power_mean(scores: Floats, weights: Floats, power: float) -> Floats:
    """Return (Σ w x^p / Σ w)^(1/p); p = 1 is the mean, -1 the harmonic mean, and 0 the geometric mean."""
    if power == 0:
        return geometric(scores, weights)
    weighing, missing = weights, np.isnan(scores)
    if missing.any():
        scores, weighing = np.where(missing, 1.0, scores), np.where(missing, 0.0, weights)
    total = weighing.sum(axis=1)
    raised = scores if power == 1 else scores**power
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, (raised * weighing).sum(axis=1) / total, np.nan)
    return mean if power == 1 else np.asarray(mean ** (1 / power))


@aggregator("copeland")
def copeland(scores: Floats, weights: Floats) -> Floats:
    """Return the share of duels won (Copeland, 1951): whoever is needier on more than half the weight wins a duel.

    A draw counts half. From 0 (loses to all) to 1 (beats all); missing scores are skipped on either side. Scores and
    sums of weights that differ by no more than dust are equal, whatever the scale of the weights.
    """
    count = len(scores)
    wins = np.zeros(count)
    scores = np.stack([alike_but_for_dust(column) for column in scores.T], axis=1)
    for row in range(count):
        there = ~np.isnan(scores) & ~np.isnan(scores[row])
        weighing = np.where(there, weights[row], 0.0)
        ahead = (weighing * (scores[row] > scores)).sum(axis=1)
        behind = (weighing * (scores[row] < scores)).sum(axis=1)
        drawn = np.abs(ahead - behind) <= DUST * (ahead + behind)
        duels = np.where(drawn, 0.5, np.where(ahead > behind, 1.0, 0.0))
        wins[row] = (duels.sum() - 0.5) / max(count - 1, 1)
    return wins


@aggregator("ordered-weighted")
def ordered_weighted(scores: Floats, weights: Floats, order: list[float]) -> Floats:
    """Return a mean weighted by place, neediest criterion first (Yager, 1988), times each criterion's own weight.

    ``{ordered-weighted: [2, 1, 1]}`` counts each territory's worst criterion twice.
    """
    # Scores that are equal but for dust keep the order of the page: a place of another weight would tell them apart.
    equal = np.stack([alike_but_for_dust(row) for row in scores])
    falling = np.argsort(-equal, axis=1, kind="stable")
    placed = np.take_along_axis(weights, falling, axis=1) * np.asarray(order)
    return arithmetic(np.take_along_axis(scores, falling, axis=1), placed)


@transform("log")
def natural_logarithm(values: Floats) -> Floats:
    """Return the natural logarithm; missing where a value is not positive."""
    return np.where(values > 0, np.log(np.where(values > 0, values, 1.0)), np.nan)


@transform("winsorise", increasing=True)
def winsorise(values: Floats, low: float, high: float) -> Floats:
    """Pull values beyond two quantiles (shares from 0 to 1, interpolated) in to those quantiles."""
    present = values[~np.isnan(values)]
    return np.clip(values, *np.quantile(present, [low, high])) if present.size else values


@transform("line", parameters={"from": None, "to": None}, increasing=True)
def clipped_line(values: Floats, start: float, end: float) -> Floats:
    """Return 0 at ``from``, 1 at ``to``, the straight line between, flat beyond."""
    return np.clip((values - start) / (end - start), 0.0, 1.0)
