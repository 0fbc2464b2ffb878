"""35,443 communes over six years with limits on the yearly change: the library beside six years of bare numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd

import equite
from benchmarks import bare
from benchmarks.communes import RUNS, communes, paired, peak
from benchmarks.processes import line
from equite.formula.schedule_page import SchedulePage
from equite.resources import folder

YEARS = 6
LOSE, GAIN = 0.02, 0.10


def starting(table: pd.DataFrame) -> np.ndarray:
    """Give each commune a first amount: last year's parts, in proportion, with the envelope as their sum."""
    before = table[list(bare.PREVIOUS)].to_numpy(dtype=float).sum(axis=1)
    return np.asarray(np.round(before * (bare.ENVELOPE / before.sum()), 2))


def bare_years(table: pd.DataFrame) -> list[np.ndarray]:
    """Six years as a careful analyst would write them: the target once, then limits and cents each year."""
    table = table.sort_values("code", kind="stable")
    target = np.zeros(len(table))
    target[table["el"].to_numpy(dtype=bool)] = bare.amounts(table)[1] / 100
    previous, found = table["start"].to_numpy(dtype=float), []
    for _ in range(YEARS):
        low = np.ceil(np.round((1 - LOSE) * previous * 100, 6)) / 100
        high = np.where(previous > 0, np.floor(np.round((1 + GAIN) * previous * 100, 6)) / 100, np.inf)
        cents = bare.bounded(float(bare.ENVELOPE), target, low, high) * 100
        whole = np.floor(cents + 1e-6)
        left = round(bare.ENVELOPE * 100 - float(whole.sum()))
        whole[np.argsort(-(cents - whole), kind="stable")[:left]] += 1
        previous = whole / 100
        found.append(previous)
    return found


def main() -> None:
    """Run the comparison and print it."""
    table, source = communes()
    table = table.assign(start=starting(table))
    schedule = SchedulePage.of(
        {
            "equite_schedule": 1,
            "id": "six-years",
            "language": "en",
            "target": equite.Formula.read(folder("examples") / "france_dsr" / "formula.yaml").content,
            "start": "start",
            "years": {"from": 2025, "to": 2024 + YEARS},
            "rule": {"limits": {"lose_at_most": str(LOSE), "gain_at_most": str(GAIN)}},
        }
    )
    territories = equite.Territories.from_frame(table, key="code", text=("code", "dep"))
    found, wanted = equite.transition(schedule, territories), bare_years(table)
    worst = max(float(np.abs(each.amounts - other).max()) for each, other in zip(found.years, wanted, strict=True))
    assert worst < 0.05, "the baseline and the library must pay alike, but for cents that go to other remainders"
    print(f"{len(table)} communes ({source}) over {YEARS} years; {RUNS} runs of each, in turn; within {worst:.2f}")
    ours, theirs = (lambda: equite.transition(schedule, territories)), (lambda: bare_years(table))
    print(line("computation alone", *paired(ours, theirs), "bare", "at most 4"))
    print(f"{'':<34} peak memory: equite {peak(ours):.0f} MB, bare {peak(theirs):.0f} MB")


if __name__ == "__main__":
    main()
