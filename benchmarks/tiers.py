"""5,570 parents × 20 children: one cascade beside a Python loop over parents in bare numpy, in the same run."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

import equite
from benchmarks.bare import bounded

PARENTS, CHILDREN, RUNS = 5_570, 20, 5
BASE, FLOOR, CAP = 0.25, 0.9, 1.6


def tables() -> dict[str, equite.Territories]:
    """Make up two tiers."""
    random = np.random.default_rng(7)
    parents = [f"{at:04d}" for at in range(PARENTS)]
    size = PARENTS * CHILDREN
    people = np.ceil(random.lognormal(7, 1.1, size))
    children = pd.DataFrame({"code": [f"{at:06d}" for at in range(size)], "parent": np.repeat(parents, CHILDREN)})
    children = children.assign(people=people, need=random.random(size))
    above = pd.DataFrame({"code": parents, "people": people.reshape(PARENTS, CHILDREN).sum(axis=1)})
    # What each child had last year: its share of its parent's money, by people alone, up to a third off.
    by_people = (people.reshape(PARENTS, CHILDREN) / above["people"].to_numpy()[:, None]).ravel()
    children["before"] = np.round(
        by_people * np.repeat(above["people"].to_numpy() * 100, CHILDREN) * random.uniform(0.75, 1.0, size)
    )
    return {
        "parent": equite.Territories.from_frame(above, key="code", text=("code",)),
        "child": equite.Territories.from_frame(children, key="code", text=("code", "parent")),
    }


def plan(envelope: int) -> equite.Plan:
    """Give the plan: by people to the parents, then a base, need, a floor and a cap within each."""
    first = {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "people"}}
    top = {"equite": 1, "id": "top", "key": "code", "envelope": envelope, "parts": [first], "rounding": {"to": 1}}
    below = {
        "equite": 1,
        "id": "below",
        "key": "code",
        "previous": "before",
        "parts": [
            {"id": "base", "pool": {"fraction": BASE}, "share": "equally"},
            {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "people * (0.5 + need)"}},
        ],
        "limits": [{"id": "bounds", "at_least": f"{FLOOR} * previous", "at_most": f"{CAP} * previous + 1000"}],
        "rounding": {"to": 0.01},
    }
    tiers = [{"id": "parent", "formula": top}, {"id": "child", "parent": "parent", "formula": below}]
    return equite.Plan.from_dict({"equite_plan": 1, "id": "benchmark", "tiers": tiers})


def bare(table: pd.DataFrame, money: np.ndarray) -> np.ndarray:
    """Do the second tier as one would by hand: a loop over parents, each a few lines of numpy. Amounts in cents."""
    people, need, before = (table[name].to_numpy(dtype=float) for name in ("people", "need", "before"))
    found = np.empty(len(table), dtype=np.int64)
    for at, envelope in enumerate(money):
        rows = slice(at * CHILDREN, (at + 1) * CHILDREN)
        score = people[rows] * (0.5 + need[rows])
        base = round(BASE * envelope * 100) / 100
        share = base / CHILDREN + (envelope - base) * score / score.sum()
        low = np.ceil(FLOOR * before[rows] * 100 - 1e-6) / 100
        high = np.floor((CAP * before[rows] + 1000) * 100 + 1e-6) / 100
        found[rows] = _cents(bounded(envelope, share, low, high), round(envelope * 100))
    return found


def _cents(amounts: np.ndarray, total: int) -> np.ndarray:
    """Round by largest remainders, ties in code order."""
    tolerance = max(1e-9, 2.0**-46 * total)
    exact = amounts * 100
    cut = np.floor(exact + tolerance)
    steps = np.floor((exact - cut) / (4 * tolerance) + 0.5)
    whole = cut.astype(np.int64)
    whole[np.argsort(-steps, kind="stable")[: total - int(cut.sum())]] += 1
    return whole


def seconds(run: Callable[[], object]) -> float:
    """Time one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def peak(run: Callable[[], object]) -> float:
    """Give the most memory a run holds at once, in MB, as Python's allocators see it."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Run the comparison and print it."""
    read = tables()
    above, below = read["parent"].data, read["child"].data
    envelope = int(above["people"].astype(float).sum()) * 100
    page = plan(envelope)
    found = equite.cascade(page, read)
    money = found.table("parent")["passed_on"].to_numpy()
    ours = found.level("child").allocations[0].units
    theirs = bare(below, money)
    assert np.abs(ours - theirs).max() == 0, "the loop and the cascade must pay the same cents"
    held = np.isclose(ours / 100, FLOOR * below["before"].astype(float)).mean()
    print(f"\n{PARENTS} parents × {CHILDREN} children, {held:.0%} at the floor")
    print(f"{RUNS} runs of each, in turn; equal to the cent")
    alone = page.formula_of("child")
    children = [below.iloc[at * CHILDREN : (at + 1) * CHILDREN].assign(received=money[at]) for at in range(100)]
    pairs = [(seconds(lambda: equite.cascade(page, read)), seconds(lambda: bare(below, money))) for _ in range(RUNS)]
    ratios = [one / other for one, other in pairs]
    one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"one cascade, both tiers, {one * 1e3:.0f} ms; the loop in bare numpy, second tier only, {other * 1e3:.0f} ms"
    )
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})   target below 1")
    each = seconds(lambda: [equite.allocate(alone, child) for child in children]) / len(children)
    print(f"equite.allocate, parent by parent: {each * 1e3:.2f} ms each, {each * PARENTS:.0f} s for all")
    mine, bares = peak(lambda: equite.cascade(page, read)), peak(lambda: bare(below, money))
    print(f"peak memory: equite {mine:.0f} MB, the loop {bares:.0f} MB")


if __name__ == "__main__":
    main()
