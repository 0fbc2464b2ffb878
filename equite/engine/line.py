"""Min-max scores as what they are, a straight line through the values: worked out where and when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from equite.engine.sharing import Floats
from equite.inputs.figures import Ends

__all__ = ["Line"]


@dataclass(frozen=True, eq=False)
class Line:
    """The min-max scores of complete values.

    Attributes
    ----------
    values : ndarray, shape (n,)
        The values as they are, before they are turned so that more means more need.
    least, most : float
        The lowest and the highest value of all that were measured.
    scale : tuple of float
        The lowest score and the highest.
    falling : bool
        Whether low values mean more need.
    """

    values: Floats
    least: float
    most: float
    scale: tuple[float, float]
    falling: bool

    @classmethod
    def through(
        cls, values: Floats, scale: tuple[float, float], *, falling: bool, ends: Ends | None = None
    ) -> Line | None:
        """Draw the line; None where a value is missing, where all are the same, or where they lie too far apart.

        ``ends`` are those of the values, where they are known.
        """
        least, most = ends or Ends.of(values)
        # A missing value makes both ends missing, and a comparison with them false.
        return cls(values, least, most, scale, falling) if 0 < most - least < np.inf else None

    def at(self, rows: slice) -> Floats:
        """Return the scores of some rows, as :func:`equite.engine.methods.min_max` gives them."""
        low, high = self.scale
        found = self.most - self.values[rows] if self.falling else self.values[rows] - self.least
        found /= self.most - self.least
        if self.scale != (0.0, 1.0):
            found *= high - low
            found += low
        return found

    def among(self, kept: NDArray[np.bool_]) -> Line:
        """Return the same line over some of the values."""
        return replace(self, values=self.values[kept])
