"""Draws of 30 weights on 1,104 territories, with floors, caps and rounding in each: equite.batch beside batched numpy.

``python -m benchmarks.batch [draws] [runs]``
"""

from __future__ import annotations

import statistics
import sys
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd

import equite
from benchmarks.tiers import seconds

TERRITORIES, CRITERIA, SET = 1_104, 30, 64
ENVELOPE, BASE, FLOOR, CAP = 10_000_000, 0.3, 0.9, 1.25
NAMES = [f"c{at}" for at in range(CRITERIA)]


def table() -> pd.DataFrame:
    """Make up territories, and what each had last year: a share of the money by people, up to a fifth off."""
    random = np.random.default_rng(11)
    people = np.ceil(random.lognormal(7, 1.1, TERRITORIES))
    found = pd.DataFrame({"code": [f"{at:05d}" for at in range(TERRITORIES)], "people": people})
    found = found.assign(**dict(zip(NAMES, random.lognormal(0, 1, (CRITERIA, TERRITORIES)), strict=True)))
    equal = BASE * ENVELOPE / TERRITORIES + (1 - BASE) * ENVELOPE * people / people.sum()
    return found.assign(before=np.round(equal * random.uniform(0.8, 1.1, TERRITORIES)))


def page() -> equite.Formula:
    """Give the page: a base, need by people, a floor and a cap, whole dollars."""
    criteria = {name: {"weight": 1, "more_need_when": "high"} for name in NAMES}
    return equite.Formula.from_dict(
        {
            "equite": 1,
            "id": "draws",
            "key": "code",
            "envelope": ENVELOPE,
            "previous": "before",
            "indices": {"need": {"normalise": "min-max", "aggregate": "arithmetic", "criteria": criteria}},
            "parts": [
                {"id": "base", "pool": {"fraction": BASE}, "share": "equally"},
                {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "people * need"}},
            ],
            "limits": [{"id": "bounds", "at_least": f"{FLOOR} * previous", "at_most": f"{CAP} * previous"}],
            "rounding": {"to": 1},
        }
    )


def bare(read: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    """Do the same in batched numpy, as a careful analyst would: sets of draws as matrices, nothing slower."""
    people, before = read["people"].to_numpy(dtype=float), read["before"].to_numpy(dtype=float)
    raw = read[NAMES].to_numpy(dtype=float)
    measured = np.ascontiguousarray(((raw - raw.min(axis=0)) / (raw.max(axis=0) - raw.min(axis=0))).T)
    low = np.ceil(FLOOR * before - 1e-6)
    high = np.floor(CAP * before + 1e-6)
    base = round(BASE * ENVELOPE) / TERRITORIES
    found = np.empty((len(weights), TERRITORIES), dtype=np.int64)
    for at in range(0, len(weights), SET):
        some = weights[at : at + SET]
        score = people * product(some / some.sum(axis=1, keepdims=True), measured)
        share = base + (ENVELOPE - base * TERRITORIES) * score / score.sum(axis=1, keepdims=True)
        found[at : at + SET] = whole(bounded(share, low, high))
    return found


def product(weights: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Multiply seven lines at a time: OpenBLAS starts threads for more, which here takes longer than the product."""
    return np.concatenate([weights[at : at + 7] @ measured for at in range(0, len(weights), 7)])


def bounded(score: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Share the envelope in proportion to a score within bounds, line by line, the excess shared again."""
    money = np.full(len(score), float(ENVELOPE))
    amounts, free = np.zeros_like(score), np.ones(score.shape, dtype=bool)
    while free.any():
        wanted = score * (money / np.maximum((score * free).sum(axis=1), 1e-300))[:, None]
        clipped = np.minimum(np.maximum(wanted, low), high)
        cut = (wanted - clipped) * free
        above, below = np.maximum(cut, 0).sum(axis=1), np.maximum(-cut, 0).sum(axis=1)
        held = (above > below)[:, None] & (wanted >= high) | (below > above)[:, None] & (wanted <= low)
        held = (held | (above == below)[:, None]) & free
        np.copyto(amounts, clipped, where=held)
        money -= (clipped * held).sum(axis=1)
        free &= ~held
    return amounts


def whole(exact: np.ndarray) -> np.ndarray:
    """Round each line to whole units that sum to the envelope, largest remainders first, ties in code order."""
    tolerance = max(1e-9, 2.0**-46 * ENVELOPE)
    cut = np.floor(exact + tolerance)
    left = ENVELOPE - cut.sum(axis=1).astype(np.int64)
    steps = np.floor((exact - cut) / (4 * tolerance) + 0.5)
    order = np.argsort(-steps, axis=1, kind="stable")
    more = np.zeros_like(order)
    np.put_along_axis(more, order, (np.arange(exact.shape[1]) < left[:, None]).astype(np.int64), axis=1)
    return cut.astype(np.int64) + more


def peak(run: Callable[[], object]) -> float:
    """Give the most memory a run holds at once, in MB, as Python's allocators see it."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main(draws: int = 10_000, runs: int = 5) -> None:
    """Run the comparison and print it."""
    read, formula = table(), page()
    territories = equite.Territories.from_frame(read, key="code", text=("code",))
    weights = np.random.default_rng(5).dirichlet(np.ones(CRITERIA), draws)
    vary = {"indices.need": pd.DataFrame(weights, columns=NAMES)}
    ours, theirs = equite.batch(formula, territories, vary), bare(read, weights)
    differing = int((ours.units != theirs).any(axis=1).sum())
    held = np.isin(theirs, (np.ceil(FLOOR * read["before"] - 1e-6), np.floor(CAP * read["before"] + 1e-6))).mean()
    print(f"\n{draws} draws of {CRITERIA} weights × {TERRITORIES} territories, {held:.0%} at a bound")
    print(f"{runs} runs of each, in turn; equal to the unit")
    assert not differing, f"{differing} draws differ by a unit"
    pairs = [
        (seconds(lambda: equite.batch(formula, territories, vary)), seconds(lambda: bare(read, weights)))
        for _ in range(runs)
    ]
    ratios = [one / other for one, other in pairs]
    one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"equite.batch {one:.2f} s ({one / draws * 1e6:.0f} µs a draw), batched numpy {other:.2f} s   "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})   target at most 2"
    )
    some = {"indices.need": vary["indices.need"].iloc[: draws // 4]}
    every = peak(lambda: equite.batch(formula, territories, vary))
    quarter = peak(lambda: equite.batch(formula, territories, some))
    print(
        f"peak memory: {every:.0f} MB ({quarter:.0f} MB for a quarter of the draws), "
        f"batched numpy {peak(lambda: bare(read, weights)):.0f} MB; the units alone {ours.units.nbytes / 1e6:.0f} MB"
    )
    alone = seconds(lambda: [equite.allocate(formula, territories) for _ in range(20)]) / 20
    print(f"equite.allocate, draw by draw: {alone * 1e3:.1f} ms each, {alone * draws:.0f} s for all")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
