"""35,000 amounts written as CSV beside pandas; 100,000 children found under their parents beside a pandas merge."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import equite
from benchmarks.tiers import seconds

ROWS, PARENTS, CHILDREN, RUNS = 35_000, 5_570, 100_000, 7


def allocation() -> equite.Allocation:
    """Share money by people among made-up territories."""
    random = np.random.default_rng(1)
    rows = {"code": [f"{at:05d}" for at in range(ROWS)], "people": random.integers(1, 10**6, ROWS)}
    parts = [{"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    page = {"equite": 1, "id": "writing", "key": "code", "people": "people", "envelope": 862_051_033, "parts": parts}
    return equite.allocate(equite.Formula.from_dict(page), pd.DataFrame(rows))


def told(what: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    """Time two tasks in turn, and print how they compare."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(RUNS)]
    ratios = [one / other for one, other in pairs]
    one, other = (statistics.median(times) * 1e3 for times in zip(*pairs, strict=True))
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"{what}: {one:.0f} ms, pandas {other:.0f} ms, ratio {statistics.median(ratios):.2f} ({spread})")


def main() -> None:
    """Run the comparisons and print them."""
    print(f"\n{ROWS} amounts written, {CHILDREN} children under {PARENTS} parents: {RUNS} runs of each, in turn")
    found = allocation()
    plain = found.table
    with tempfile.TemporaryDirectory() as name:
        one, other = Path(name) / "a.csv", Path(name) / "b.csv"
        told("CSV written", lambda: found.to_csv(one), lambda: plain.to_csv(other, index=False))
        assert len(pd.read_csv(one)) == len(pd.read_csv(other)) == ROWS
    parents = np.arange(CHILDREN) % PARENTS
    top = pd.DataFrame({"code": [f"p{at}" for at in range(PARENTS)], "pop": np.bincount(parents)})
    up = [f"p{at}" for at in parents]
    low = pd.DataFrame({"code": [f"c{at}" for at in range(CHILDREN)], "up": up, "pop": np.ones(CHILDREN)})

    def ours() -> equite.Tiers:
        return equite.Tiers.of_tables({"top": top, "low": low}, keys="code", parents={"low": "up"}, totals={"pop": 0})

    def theirs() -> pd.DataFrame:
        merged = low.merge(top, left_on="up", right_on="code", validate="many_to_one", suffixes=("", "_top"))
        assert (merged.groupby("up")["pop"].sum().reindex(top["code"]).to_numpy() == top["pop"].to_numpy()).all()
        return merged

    assert (ours().links("low") == parents).all()
    assert len(theirs()) == CHILDREN
    told("parents found", ours, theirs)


if __name__ == "__main__":
    main()
