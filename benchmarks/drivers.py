"""Why the amounts of 35,443 communes changed, over six causes: equite.drivers beside the allocations that it takes.

``python -m benchmarks.drivers [runs]``
"""

from __future__ import annotations

import statistics
import sys

import numpy as np
import pandas as pd

import equite
from benchmarks.batch import peak
from benchmarks.communes import communes
from benchmarks.tiers import seconds

CAUSES = ("participation", "data", "previous", "weights", "envelope", "limits")


def page(envelope: int, weights: dict[str, int], floor: float) -> equite.Formula:
    """Give the page: need by three criteria, a floor and a cap on what each had, whole euros."""
    return equite.Formula.from_dict(
        {
            "equite": 1,
            "id": "communes",
            "key": "code",
            "currency": "EUR",
            "previous": "last_year",
            "envelope": envelope,
            "eligible": [{"where": "el"}],
            "columns": {"el": {"kind": "yes_no"}},
            "indices": {"need": {"criteria": weights}},
            "parts": [
                {"id": "base", "pool": {"fraction": 0.2}, "share": "equally"},
                {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "pop * (0.5 + need)"}},
            ],
            "limits": [{"id": "pace", "at_least": f"{floor} * previous", "at_most": "1.3 * previous"}],
            "rounding": {"to": 1},
        }
    )


def years() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make two years of the communes: people, incomes and last year's amounts move, and some come or go."""
    table, _ = communes()
    random, size = np.random.default_rng(7), len(table)
    equal = 500_000_000 * table["pop"].to_numpy() / float(table.loc[table["el"].astype(bool), "pop"].sum())
    first = table[["code", "el", "pop", "pf", "voirie", "enf"]].copy()
    first["last_year"] = np.round(equal * random.uniform(0.9, 1.1, size))
    second = first.assign(
        pop=np.maximum(1, np.round(first["pop"] * random.uniform(0.97, 1.04, size))),
        pf=first["pf"] * random.uniform(0.95, 1.08, size),
        el=first["el"].astype(bool) ^ (random.random(size) < 0.01),
        last_year=np.round(first["last_year"] * random.uniform(0.95, 1.08, size)),
    )
    return first, second


def allocations() -> tuple[equite.Allocation, equite.Allocation]:
    """Give two allocations that differ by six causes."""
    first, second = years()
    before = page(500_000_000, {"pf": 1, "voirie": 1, "enf": 2}, 0.9)
    after = page(520_000_000, {"pf": 2, "voirie": 1, "enf": 1}, 0.92)
    return equite.allocate(before, first), equite.allocate(after, second)


def main(runs: int = 3) -> None:
    """Run the benchmark and print it."""
    before, after = allocations()
    found = equite.drivers(before, after)
    assert found.causes == CAUSES, found.causes
    table = found.table
    assert (table[[*CAUSES, "rounding"]].sum(axis=1) == table["change"]).all(), "the causes must add up"
    times = [seconds(lambda: equite.drivers(before, after).table) for _ in range(runs)]
    again = before.formula
    alone = statistics.median(seconds(lambda: equite.allocate(again, before.territories)) for _ in range(runs))
    taken = statistics.median(times)
    print(f"\n{len(found.codes)} communes, {len(CAUSES)} causes: {2 ** len(CAUSES)} mixtures; {runs} runs")
    print(f"equite.drivers {taken:.1f} s ({min(times):.1f} to {max(times):.1f}), {taken / 62 * 1e3:.0f} ms a mixture")
    print(f"equite.allocate, the table read already: {alone * 1e3:.0f} ms")
    print(f"peak memory: {peak(lambda: equite.drivers(before, after).table):.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
