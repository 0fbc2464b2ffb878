"""One allocation by an index of 30 criteria: the library beside bare numpy, scikit-criteria and pymcdm.

The page has a base part, an equity part by population and need, a floor, a ceiling and whole dollars. Bare numpy is
what a careful analyst writes for that page: min-max folded into the weights, so that scores are one product of a matrix
and a vector, pegging within bounds, largest remainders. The two peers score only: they share no money and keep no
bounds. They run in an environment of their own, made in a folder of temporary files and used again.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import equite
from benchmarks.bare import Floats, bounded
from benchmarks.tiers import peak

SIZES, CRITERIA = (51, 1_100, 10_000, 35_000, 1_000_000), 30
#: Tables that are written as CSV and read, and those that the peers score.
READ, SCORED = 35_000, 35_000
#: Rows that are timed in all, and the fewest and most runs of one size.
ROWS, FEWEST, MOST = 300_000, 3, 11
BASE, FLOOR, CAP, MORE = 0.25, 0.9, 3, 50_000
NAMES = [f"x{at:02d}" for at in range(CRITERIA)]
WEIGHTS = np.array([1.0 + at % 3 for at in range(CRITERIA)])
#: Every third criterion means more need where it is low.
FALLING = np.arange(CRITERIA) % 3 == 2
PEERS = ("scikit-criteria", "pymcdm")
SCORING = Path(__file__).with_name("peers.py")


def table(size: int) -> pd.DataFrame:
    """Make up a table, in the order of its codes."""
    random = np.random.default_rng(5)
    people = np.ceil(random.lognormal(7, 1.1, size))
    criteria = {name: random.gamma(2, 10 + at, size).round(2) for at, name in enumerate(NAMES)}
    before = np.round(people * 100 * random.uniform(0.7, 1.3, size))
    codes = [f"{at:07d}" for at in range(size)]
    return pd.DataFrame({"code": codes, "population": people, **criteria, "before": before})


def page(size: int) -> equite.Formula:
    """Give the page."""
    criteria = {
        name: {"weight": weight, "more_need_when": "low" if falling else "high"}
        for name, weight, falling in zip(NAMES, WEIGHTS.tolist(), FALLING.tolist(), strict=True)
    }
    return equite.Formula.from_dict(
        {
            "equite": 1,
            "id": "composite",
            "language": "en",
            "key": "code",
            "previous": "before",
            "envelope": size * 200_000,
            "indices": {"need": {"criteria": criteria}},
            "parts": [
                {"id": "base", "pool": {"fraction": BASE}, "share": "equally"},
                {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "population * (0.5 + need)"}},
            ],
            "limits": [
                {"id": "bounds", "at_least": f"{FLOOR} * previous", "at_most": f"{CAP} * previous + {MORE}"},
            ],
            "rounding": {"to": 1},
        }
    )


def bare(given: pd.DataFrame) -> tuple[np.ndarray, Floats]:
    """Give the dollars and the scores, as a careful analyst would."""
    size, envelope = len(given), len(given) * 200_000
    people, before = (given[name].to_numpy(dtype=float) for name in ("population", "before"))
    matrix = given[NAMES].to_numpy()
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    slope = WEIGHTS / WEIGHTS.sum() / np.where(FALLING, low - high, high - low)
    scores = matrix @ slope - np.where(FALLING, high, low) @ slope
    size_of = people * (0.5 + scores)
    base = round(BASE * envelope)
    shares = base / size + (envelope - base) * size_of / size_of.sum()
    floor, cap = np.ceil(FLOOR * before - 1e-6), np.floor(CAP * before + MORE + 1e-6)
    return _dollars(bounded(envelope, shares, floor, cap), envelope), scores


def _dollars(exact: Floats, envelope: int) -> np.ndarray:
    """Round to dollars that sum to the envelope, largest remainders first."""
    tolerance = max(1e-9, 2.0**-46 * envelope)
    cut = np.floor(exact + tolerance)
    steps = np.floor((exact - cut) / (4 * tolerance) + 0.5)
    whole = cut.astype(np.int64)
    whole[np.argsort(-steps, kind="stable")[: envelope - int(cut.sum())]] += 1
    return whole


def spent(run: Callable[[], object]) -> float:
    """Time one run by the processor's clock, which the machine's other work disturbs less."""
    start = time.process_time()
    run()
    return time.process_time() - start


def python_of_peers() -> str:
    """Give the interpreter of an environment with the peers, made where there is none yet."""
    folder = Path(tempfile.gettempdir()) / "equite-benchmark-peers"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "made").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True, stderr=subprocess.DEVNULL)
        (folder / "made").touch()
    return str(python)


def of_peers(python: str, given: pd.DataFrame, scores: Floats, runs: int) -> dict[str, list[float]]:
    """Time the peers on the same scores: by name, the seconds of each run."""
    with tempfile.TemporaryDirectory() as name:
        asked, answered = Path(name) / "asked.npz", Path(name) / "answered.npz"
        np.savez(asked, matrix=given[NAMES].to_numpy(), weights=WEIGHTS / WEIGHTS.sum(), falling=FALLING)
        command = [python, "-W", "ignore", str(SCORING), str(asked), str(answered), str(runs)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        with np.load(answered) as found:
            for peer in PEERS:
                assert np.allclose(found[peer], scores, rtol=0, atol=1e-12), f"{peer} must give the same scores"
    times: dict[str, list[float]] = json.loads(told.splitlines()[-1])
    return times


def ratio(ours: list[float], theirs: list[float]) -> str:
    """Word the ratio of medians, and the span of the ratios run by run."""
    pairs = [one / other for one, other in zip(ours, theirs, strict=True)]
    return f"{statistics.median(ours) / statistics.median(theirs):6.2f} ({min(pairs):.2f} to {max(pairs):.2f})"


def line(size: int, what: str, ours: list[float], theirs: list[float], target: str = "") -> None:
    """Print one row of the table."""
    one, other = (statistics.median(times) * 1e3 for times in (ours, theirs))
    print(f"{size:>9}  {what:<30}{one:>10.2f}{other:>10.2f}  {ratio(ours, theirs):<24}{target}")


def paired(runs: int, ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Time two computations in turn; a first run of each is not counted."""
    times = [(spent(ours), spent(theirs)) for _ in range(runs + 1)][1:]
    return [one for one, _ in times], [other for _, other in times]


def measured(size: int, python: str) -> float:
    """Compare at one size, and print it; give the median of our seconds."""
    given, formula = table(size), page(size)
    found, (dollars, scores) = equite.allocate(formula, given), bare(given)
    assert np.array_equal(found.units, dollars), "the library and bare numpy must pay the same dollars"
    assert np.allclose(found.scope.scoring("need").scores, scores, rtol=0, atol=1e-12), "and score alike"
    del found, dollars
    runs = min(MOST, max(FEWEST, ROWS // size))
    ours, theirs = paired(runs, lambda: equite.allocate(formula, given), lambda: bare(given))
    line(size, "frame / bare numpy", ours, theirs, "at most 3")
    if size <= SCORED:
        targets = {51: ("at most 0.33", "at most 2"), 10_000: ("at most 0.5", "at most 0.5")}.get(size, ("", ""))
        times = of_peers(python, given, scores, runs)
        for peer, target in zip(PEERS, targets, strict=True):
            line(size, f"frame / {peer}", ours, times[peer], target)
    if size <= READ:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "table.csv"
            given.to_csv(path, index=False)
            read, bares = paired(
                min(runs, 7),
                lambda: equite.allocate(formula, path),
                lambda: bare(pd.read_csv(path, dtype={"code": str})),
            )
        line(size, "CSV / read_csv and bare numpy", read, bares, "at most 3")
    held = given.memory_usage(index=False, deep=True).sum() / 1e6
    mine, other = peak(lambda: equite.allocate(formula, given)), peak(lambda: bare(given))
    print(
        f"{size:>9}  {'peak memory above the table':<30}{mine:>7.1f} MB{other:>7.1f} MB  "
        f"{mine / held:.2f} of the table's {held:.1f} MB, bare {other / held:.2f}   at most 2"
    )
    return statistics.median(ours)


def main() -> None:
    """Run the comparisons and print them."""
    print(f"\n{CRITERIA} criteria, a base, a floor and a ceiling: processor time in ms, medians; the same dollars")
    python = python_of_peers()
    print(f"{'rows':>9}  {'':<30}{'equite':>10}{'other':>10}  ratio (run by run)      target")
    times = {size: measured(size, python) for size in SIZES}
    large = [size for size in SIZES if size >= 10_000]
    growth = np.polyfit(np.log(large), np.log([times[size] for size in large]), 1)[0]
    print(f"from {large[0]} to {large[-1]} rows, time grows as rows to the power {growth:.2f}   target at most 1.1")


if __name__ == "__main__":
    main()
