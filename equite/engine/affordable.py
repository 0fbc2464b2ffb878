"""The greatest protection that money pays: what is told when floors take more than there is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equite.engine.bounds import Bounds, Context
from equite.engine.sharing import Floats, Groups
from equite.wording import Percent

__all__ = ["Protection"]

#: Shares of floors are told in hundredths of a percent.
_STEPS = 10_000
#: How far above a whole unit a floor may lie by dust alone.
_DUST = 1e-9


@dataclass(frozen=True)
class Protection:
    """Floors that money does not pay, and what comes before them.

    Attributes
    ----------
    context : Context
        Who takes part, and the unit.
    earlier : Bounds
        Bounds in force before these floors, which win over them.
    floors : ndarray, shape (eligible,)
        The floors; minus infinity where there is none.
    fixed : ndarray, shape (eligible,)
        What nobody can be given less than: b.
    money : ndarray, shape (groups,)
        What there is.
    groups : Groups
        Who shares it.
    """

    context: Context
    earlier: Bounds
    floors: Floats
    fixed: Floats
    money: Floats
    groups: Groups

    def greatest(self, group: int) -> Percent | None:
        """Return the largest part of every floor that a group's money pays, rounded down; None where it pays none."""
        members = self.groups.of == group
        least = np.clip(self.fixed, self.earlier.lower, self.earlier.upper)[members]
        floors, most = self.floors[members], self.earlier.upper[members]
        asked = np.isfinite(floors)

        def taken(step: int) -> float:
            scaled = np.where(asked, floors, 0.0) * (step / _STEPS)
            if self.context.formula.rounding.bounds == "inward":
                scaled = self.context.unit.money(np.ceil(self.context.unit.count(scaled) - _DUST))
            return float(np.where(asked, np.maximum(least, np.minimum(scaled, most)), least).sum())

        money = float(self.money[group])
        low, high = 0, _STEPS
        if not asked.any() or taken(1) > money:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if taken(middle) <= money else (low, middle)
        return Percent(low / _STEPS)
