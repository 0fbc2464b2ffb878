"""The values that a column may have: what its own entry on the page says, and the criteria that it serves as."""

from __future__ import annotations

from equite.formula.formula import Formula
from equite.formula.names import criteria_of

__all__ = ["range_of"]


def range_of(formula: Formula, name: str) -> tuple[float | None, float | None]:
    """Return the lowest and the highest value of a column, None where open."""
    spec = formula.columns.get(name)
    ranges = [spec.range] if spec and spec.range else []
    ranges += [
        criterion.range
        for index in formula.indices.values()
        for _, other, criterion in criteria_of(index)
        if other == name
    ]
    lows = [float(low) for low, _ in ranges if low is not None]
    highs = [float(high) for _, high in ranges if high is not None]
    return max(lows, default=None), min(highs, default=None)
