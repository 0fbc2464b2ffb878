"""The same bits whatever the order of the rows and the number of threads; whole amounts against exact rationals."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import equite

ROOT = Path(__file__).resolve().parents[2]
PAGE = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "envelope": 10_000_019,
    "indices": {
        "need": {
            "criteria": {
                "rate": {"weight": 2, "more_need_when": "high"},
                "age": {"weight": 1, "more_need_when": "low"},
            },
            "normalise": "rank",
        }
    },
    "variables": {"density": "people / total(people)"},
    "parts": [
        {"id": "base", "pool": {"each": 100}, "share": "equally"},
        {
            "id": "need_part",
            "pool": "remainder",
            "share": {"in_proportion_to": "people ** 0.7 * (0.5 + need + density)"},
        },
    ],
    "limits": [{"id": "floor", "at_least": "0.9 * before"}],
    "rounding": {"to": 1},
}


def print_of(seed: int) -> str:
    """Give one fingerprint of every figure of an allocation of 4,000 territories whose rows stand in some order."""
    chance = np.random.default_rng(3)
    count = 4000
    table = pd.DataFrame(
        {
            "code": [f"{at:05d}" for at in range(count)],
            "people": np.round(np.exp(chance.normal(8, 1.5, count))),
            "rate": np.round(chance.uniform(1, 40, count), 2),
            "age": np.round(chance.uniform(20, 60, count), 1),
            "before": np.round(chance.uniform(500, 2500, count)),
        }
    )
    found = equite.allocate(PAGE, table.sample(frac=1, random_state=seed))
    figures = found.table.select_dtypes("number").to_numpy(dtype=np.float64)
    return hashlib.sha256(np.ascontiguousarray(figures).tobytes()).hexdigest()


def test_the_order_of_the_rows_changes_no_bit() -> None:
    assert len({print_of(seed) for seed in range(3)}) == 1


def test_the_number_of_threads_changes_no_bit() -> None:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    prints = set()
    for threads in ("1", "2"):
        environment = os.environ | dict.fromkeys(names, threads) | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, __file__]
        prints.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(prints) == 1


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any),
    st.integers(0, 10**9),
    st.sampled_from([1, 5, 100]),
)
def test_whole_amounts_are_the_largest_remainders_of_exact_rationals(need: list[int], units: int, to: int) -> None:
    codes = [f"{at:02d}" for at in range(len(need))]
    page = {key: PAGE[key] for key in ("equite", "id", "language", "key")} | {
        "envelope": units * to,
        "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}],
        "rounding": {"to": to},
    }
    exact = [Fraction(units * each, sum(need)) for each in need]
    whole = [int(each) for each in exact]
    # The largest remainders first; of those that are equal, the order of the codes decides.
    order = sorted(range(len(need)), key=lambda at: (whole[at] - exact[at], -exact[at], at))
    for at in order[: units - sum(whole)]:
        whole[at] += 1
    assert equite.allocate(page, {"code": codes, "need": need}).units.tolist() == whole


if __name__ == "__main__":
    print(print_of(0))
