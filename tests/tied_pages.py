"""Random pages built on what dust decides: sums that equal a threshold, ranks that tie, edges met, bounds that bind.

Values are equal, or differ by far more than dust.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pandas as pd

#: Conditions whose two sides are equal in exact arithmetic for many rows, and not in binary floats.
CONDITIONS = ("a + b >= c", "a + b > c", "a + b == c", "a + b != c", "c - b <= a", "a * 3 < d", "c - a - b < 0",
              "joint >= c", "gap == 0", "gap > 0 or a > 0.5", "not (joint < c)", "joint in (0.3, 0.6)")  # fmt: skip
#: Measures of the same kind.
MEASURES = ("floor((a + b) * 10)", "ceil(joint * 10 - c * 10) + 2", "round(joint + 0.05, 1)", "round(a + b, 1) + 1",
            "step(joint, sizes) + 1", "step(a * 3, lower)", "1 + default(gap, 0) * 0", "max(joint, c)",
            "where(gap == 0, 1, 2)", "rank(joint)", "1 + rank(a + b)")  # fmt: skip
BOUNDS = ("0.7 * before", "a * 3000", "(a + b) * 2000", "1200 * joint", "0.1 * before + 0.2 * before")
SCALES = ("min-max", "rank", "percentile-rank", {"quantile-bands": "3"}, "z-score", {"goalposts": ["0.3", "0.9"]})


def tied(seed: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """Draw a page and a table of tenths, from a seed."""
    draw = Random(seed)
    size = draw.randint(5, 12)

    def tenths(least: int, most: int) -> list[float]:
        return [draw.randint(least, most) / 10 for _ in range(size)]

    a, b = tenths(1, 6), tenths(1, 6)
    close = [draw.choice([0, 0, 0, 1, -1]) for _ in range(size)]
    c = [round(one + other + shift / 10, 1) for one, other, shift in zip(a, b, close, strict=True)]
    d = [round(one * 3 + draw.choice([0, 0, 0.1]), 1) for one in a]
    rows = pd.DataFrame({"code": [f"{at:02}" for at in range(size)], "a": a, "b": b, "c": c, "d": d})
    rows["before"] = [draw.randint(5, 40) * 100 for _ in range(size)]
    mean = 2000
    scale, measure, condition = draw.choice(SCALES), draw.choice(MEASURES), draw.choice(CONDITIONS)
    score = f"({measure}) * flag * (0.5 + need)"
    page: dict[str, Any] = {
        "equite": "1", "id": "strict", "language": draw.choice(["fr", "en"]), "key": "code", "previous": "before",
        "envelope": str(mean * size), "rounding": {"to": draw.choice(["1", "0.01", "10"])},
        "tables": {"sizes": {"up_to": {"0.3": "1", "0.6": "2", "0.9": "3"}, "above": "4"},
                   "lower": {"from": {"0": "1", "0.3": "2", "0.9": "3"}}},
        "variables": {"joint": "a + b", "gap": "a + b - c", "flag": f"where({condition}, 2, 1)"},
        "indices": {"need": {"normalise": scale, "criteria": {"joint": "2", "d": "1"}}},
        "parts": [{"id": "base", "pool": {"each": "500"}, "share": "equally"},
                  {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": score}}],
    }  # fmt: skip
    if draw.random() < 0.5:
        page["eligible"] = [{"where": draw.choice(CONDITIONS), "reason": "Made up"}]
    page["limits"] = []
    if draw.random() < 0.7:
        page["limits"].append({"id": "floor", "at_least": draw.choice(BOUNDS), "if_short": "prorate"})
    if draw.random() < 0.3:
        page["limits"][-1:] = [{"id": "held", "at_least": "0.5 * before", "then": "hold"}, *page["limits"][-1:]]
    return page, rows
