"""A criterion's values on their way to scores: what each normaliser is in the sheet.

Each is written as :mod:`equite.engine.methods` has it, from the row's own value, the range of all values, and the
figures that stand above them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from equite.formula.indices import Method
from equite.report.live.closed import Unsupported
from equite.report.live.grid import Head, LiveColumn
from equite.report.live.ranges import average, count, deviation, highest, lowest, median, rank, total
from equite.report.live.terms import Term, choose, clip, greatest, grouped, whole

__all__ = ["RANKED", "Normalised", "statistics"]

_LOWEST = ("lowest", lowest)
_HIGHEST = ("highest", highest)
_MEAN = ("mean", average)
#: The figures of the values that each normaliser rests on, by the word that names them.
_STATISTICS: dict[str, Sequence[tuple[str, Callable[[Term], Term]]]] = {
    "distance-to-best": (_LOWEST, _HIGHEST),
    "distance-to-target": (_LOWEST,),
    "fraction-of-highest": (_HIGHEST,),
    "min-max": (_LOWEST, _HIGHEST),
    "modified-z": (("median", median),),
    "ratio-to-mean": (_MEAN,),
    "share-of-total": (("total", total),),
    "z-score": (_MEAN, ("deviation", deviation)),
}


#: The normalisers that are made of places.
RANKED = frozenset({"percentile-rank", "quantile-bands", "rank"})


@dataclass(frozen=True)
class Normalised:
    """The score of a row.

    Parameters
    ----------
    method : Method
        The normaliser, as the page names it.
    values : LiveColumn
        The values, turned so that more means more need.
    parameter : callable
        Gives the cell of a parameter, or what stands for one that is not stated.
    posts : callable
        Gives the goalposts, turned with the values.
    is_low : bool
        Whether low values mean more need, so that values and targets are turned.
    spread : LiveColumn or None
        How far each value stands from the median, for ``modified-z``.
    classes : LiveColumn or None
        What ranks are made of, for those of :data:`RANKED`.
    """

    method: Method
    values: LiveColumn
    parameter: Callable[[str, float], Term]
    posts: Callable[[], tuple[Term, Term]]
    is_low: bool
    spread: LiveColumn | None = None
    classes: LiveColumn | None = None

    def score(self) -> Term:
        """Return the score.

        Raises
        ------
        Unsupported
            The normaliser has no formula here.
        """
        x, figures = self.values.each, self.values.figures
        match self.method.name:
            case "min-max":
                return self._scaled((x - figures[0]) / (figures[1] - figures[0]))
            case "z-score":
                return self._centred((x - figures[0]) / figures[1])
            case "modified-z":
                assert self.spread is not None
                middle, mean = self.spread.figures
                return (x - figures[0]) * choose(middle > 0, 0.6745 / middle, 0.7979 / mean)
            case "goalposts" | "levels":
                low, high = self.posts()
                return clip((x - low) / (high - low), 0, 1)
            case "distance-to-target":
                target = self.parameter("target", 0)
                target = grouped(-target) if self.is_low else target
                return 1 - (target - x) / (target - figures[0])
            case "distance-to-best":
                return 1 - (figures[1] - x) / (figures[1] - figures[0])
            case "share-of-total" | "ratio-to-mean" | "fraction-of-highest":
                return x / figures[0]
            case "percentile-rank":
                return (self._rank(rising=True) - 1) / (count(self.values.all) - 1)
            case "rank":
                return self._placed()
            case "quantile-bands":
                return self._banded()
        raise Unsupported("normaliser")

    def _rank(self, *, rising: bool, ties: str = "lowest") -> Term:
        """Return the place of a row's value among all."""
        ranked = self.classes or self.values
        return rank(ranked.each, ranked.all, rising=rising, ties=ties)

    def _scaled(self, score: Term) -> Term:
        if not self.method.parameters:
            return score
        low, high = self.parameter("low", 0), self.parameter("high", 1)
        return score * (high - low) + low

    def _centred(self, score: Term) -> Term:
        if not self.method.parameters:
            return score
        return score * self.parameter("deviation", 1) + self.parameter("mean", 0)

    def _placed(self) -> Term:
        given = self.method.parameters
        words = given[""] if isinstance(given.get(""), list | tuple) else [given.get("")]
        ties = str(given.get("ties", words[0]) or "average")
        scale = str(given.get("scale", words[1] if len(words) > 1 else None) or "share")
        place = self._rank(rising=True, ties=ties)
        return place if scale == "places" else (place - 0.5) / count(self.values.all)

    def _banded(self) -> Term:
        bands = greatest(2, whole(self.parameter("bands", 5)))
        rising, falling, size = self._rank(rising=True), self._rank(rising=False), count(self.values.all)
        place = grouped((rising - falling + size) * bands / (2 * size))
        # A mean place at the very edge of two bands lies half way between them.
        band = (whole(place) - choose(place.equals(whole(place)), 0.5, 0)) / (bands - 1)
        return choose(rising.equals(1), 0, choose(falling.equals(1), 1, band))


def statistics(method: str, say: Callable[[str], str]) -> Sequence[Head]:
    """Return the figures that stand above a criterion's values."""

    def head(word: str, function: Callable[[Term], Term]) -> Head:
        return say(f"live-head-{word}"), lambda column: function(column.all)

    return [head(word, function) for word, function in _STATISTICS.get(method, ())]
