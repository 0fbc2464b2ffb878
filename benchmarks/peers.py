"""Times scikit-criteria and pymcdm on one matrix: min-max, a weighted sum. Run in an environment that has both.

``python peers.py ASKED.npz ANSWERED.npz RUNS`` prints the seconds of each run as JSON, and saves the scores.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def scikit_criteria(frame: pd.DataFrame, weights: np.ndarray, falling: np.ndarray) -> Callable[[], Any]:
    """Give what scores with scikit-criteria."""
    from skcriteria import mkdm
    from skcriteria.agg.simple import WeightedSumModel
    from skcriteria.preprocessing.invert_objectives import NegateMinimize
    from skcriteria.preprocessing.scalers import MinMaxScaler

    senses = np.where(falling, -1, 1).tolist()
    steps = NegateMinimize(), MinMaxScaler("matrix")

    def run() -> Any:
        decision = mkdm(
            frame.to_numpy(), senses, weights=weights, alternatives=list(frame.index), criteria=list(frame.columns)
        )
        for step in steps:
            decision = step.transform(decision)
        return WeightedSumModel().evaluate(decision).e_.score

    return run


def pymcdm(frame: pd.DataFrame, weights: np.ndarray, falling: np.ndarray) -> Callable[[], Any]:
    """Give what scores with pymcdm."""
    from pymcdm.methods import WSM
    from pymcdm.normalizations import minmax_normalization

    model, senses = WSM(minmax_normalization), np.where(falling, -1, 1)
    return lambda: model(frame.to_numpy(), weights, senses)


def main() -> None:
    """Time both, a first run of each not counted."""
    asked, answered, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with np.load(asked) as given:
        matrix, weights, falling = (given[name] for name in ("matrix", "weights", "falling"))
    frame = pd.DataFrame(matrix, index=[f"{at:07d}" for at in range(len(matrix))]).add_prefix("x")
    made = {
        "scikit-criteria": scikit_criteria(frame, weights, falling),
        "pymcdm": pymcdm(frame, weights, falling),
    }
    scores: dict[str, Any] = {name: np.asarray(run(), dtype=float) for name, run in made.items()}
    np.savez(answered, **scores)
    times: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(runs):
        for name, run in made.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    print(json.dumps(times))


if __name__ == "__main__":
    main()
