"""35,443 communes, four parts with bounds: the library beside bare numpy and bare pandas, in the same run."""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import equite
from benchmarks import bare
from benchmarks.processes import in_turn, line, told
from equite.resources import folder

GOLDEN = Path(__file__).resolve().parents[2] / "shared/data/golden/fr_dsr_synthetic/communes.csv.gz"
RUNS = 9
OURS = """
import sys, equite
equite.allocate(sys.argv[1], sys.argv[2]).to_csv(sys.argv[3])
"""
THEIRS = """
import sys, pandas as pd
table = pd.read_csv(sys.argv[2], dtype={"code": str, "dep": str})
pd.read_pickle(sys.argv[1]).to_csv(sys.argv[3], index=False)
"""


def communes() -> tuple[pd.DataFrame, str]:
    """Give the published table where it is beside this checkout, else a made-up one of the same shape."""
    if GOLDEN.exists():
        return pd.read_csv(GOLDEN, dtype={"code": str, "dep": str}), "the communes of shared/data/golden"
    random = np.random.default_rng(1)
    size = 35_443
    pop = np.ceil(random.lognormal(6, 1.3, size))
    table = pd.DataFrame({"code": [f"{at:05d}" for at in range(size)], "el": random.random(size) < 0.93, "pop": pop})
    table["dep"] = table["code"].str[:2]
    table["pf"], table["voirie"] = pop * random.lognormal(6.5, 0.4, size), random.lognormal(9, 0.7, size)
    table["enf"], table["ef"] = np.floor(pop * 0.17), random.lognormal(0, 0.2, size)
    table["sup"], table["mont"] = random.lognormal(7, 0.7, size), random.random(size) < 0.2
    for name in bare.PREVIOUS:
        table[name] = np.where(random.random(size) < 0.05, 0, random.lognormal(8.5, 0.6, size))
    return table, "a made-up table of the same shape"


def paired(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Time two computations in turn, so that both meet the same machine."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS + 1):
        for which, run in zip(times, (ours, theirs), strict=True):
            start = time.perf_counter()
            run()
            which.append(time.perf_counter() - start)
    return times[0][1:], times[1][1:]


def peak(run: Callable[[], object]) -> float:
    """Give the most memory a computation holds at once, in MB, as Python's allocators see it."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Run the comparison and print it."""
    table, source = communes()
    page = folder("examples") / "france_dsr" / "formula.yaml"
    formula = equite.Formula.read(page)
    territories = equite.Territories.from_frame(table, key="code", text=("code", "dep"))
    found = equite.allocate(formula, territories)
    codes, cents, _ = bare.amounts(table)
    assert list(codes) == list(found.codes), "the baseline and the library must pay the same communes"
    assert np.array_equal(cents, found.units), "the baseline and the library must pay the same cents"
    print(f"{len(table)} communes ({source}); {RUNS} runs of each, in turn; equal to the cent")
    ours, theirs = (lambda: equite.allocate(formula, territories)), (lambda: bare.amounts(table))
    print(line("computation alone", *paired(ours, theirs), "bare", "at most 2"))
    print(f"{'':<34} peak memory: equite {peak(ours):.0f} MB, bare {peak(theirs):.0f} MB")
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        table.to_csv(here / "communes.csv", index=False)
        found.table.to_pickle(here / "result.pkl")
        mine = (page, here / "communes.csv", here / "out.csv")
        bares = (here / "result.pkl", here / "communes.csv", here / "bare.csv")
        used = in_turn(_python(OURS, *mine), _python(THEIRS, *bares), RUNS)
        told("whole process, CSV to CSV", used, "bare", "at most 1.3")


def _python(script: str, *arguments: Path) -> list[str]:
    return [sys.executable, "-c", script, *map(str, arguments)]


if __name__ == "__main__":
    main()
