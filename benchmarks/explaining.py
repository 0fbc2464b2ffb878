"""One amount explained among a million rows, and all of 35,443, beside pandas looking up the rows of the same table.

What the first explanation works out over all rows (running totals, what criteria add) is kept for those that follow.
"""

from __future__ import annotations

import statistics
from functools import partial

import numpy as np
import pandas as pd

import equite
from benchmarks.communes import communes
from benchmarks.tiers import seconds
from equite.resources import folder

COPIES, ROWS, CRITERIA, RUNS = 30, 1_000_000, 6, 200


def of_communes(copies: int) -> equite.Allocation:
    """Share the French grant among the communes, or among several copies of each."""
    table, _ = communes()
    formula = equite.Formula.read(folder("examples") / "france_dsr" / "formula.yaml")
    copied = [table.assign(code=table["code"] + f"-{at:02d}") for at in range(copies)]
    assert formula.envelope is not None
    whole = formula.replace(envelope=862_051_033 * copies)
    return equite.allocate(whole, pd.concat(copied, ignore_index=True))


def of_criteria() -> equite.Allocation:
    """Share by an index of several criteria."""
    random = np.random.default_rng(3)
    criteria = {f"x{at}": random.random(ROWS).round(4) for at in range(CRITERIA)}
    people = np.ceil(random.lognormal(7, 1.1, ROWS))
    table = pd.DataFrame({"code": [f"{at:07d}" for at in range(ROWS)], "people": people, **criteria})
    page = {
        "equite": 1,
        "id": "explaining",
        "key": "code",
        "envelope": ROWS * 50_000,
        "indices": {"need": {"criteria": {name: 1 + at % 3 for at, name in enumerate(criteria)}}},
        "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people * (0.5 + need)"}}],
    }
    return equite.allocate(page, table)


def told(what: str, found: equite.Allocation, most: int | None) -> None:
    """Time the first explanation, then others, beside pandas giving the same rows of the table."""
    table = found.table.set_index("code")
    codes = list(table.index[:: max(1, len(table) // most)][:most] if most else table.index)
    first = seconds(lambda: found.explain(codes[0]))
    ours, theirs = [], []
    for code in codes:
        ours.append(seconds(partial(found.explain, code)))
        theirs.append(seconds(partial(table.loc.__getitem__, code)))
        assert found.explain(code).amount == table.loc[code, "amount"]
    one, other = statistics.median(ours), statistics.median(theirs)
    print(
        f"{what}: the first {first * 1e3:.0f} ms, then {one * 1e3:.3f} ms each ({sum(ours):.1f} s for {len(codes)}); "
        f"a row by pandas {other * 1e3:.3f} ms, ratio {one / other:.1f}"
    )


def main() -> None:
    """Run the comparisons and print them."""
    print("\nOne amount explained")
    told("every one of the communes", of_communes(1), None)
    told("a million rows, four parts with bounds", of_communes(COPIES), RUNS)
    told(f"a million rows, {CRITERIA} criteria", of_criteria(), RUNS)


if __name__ == "__main__":
    main()
