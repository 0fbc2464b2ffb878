"""2,000 projects over 104 territories in one go: the best total and its proven gap, and a walk down by votes."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

import equite

PROJECTS, TERRITORIES = 2_000, 104


def tables() -> tuple[pd.DataFrame, dict[str, float]]:
    """Make up projects, a third of which can be funded in part, one in fifty joint; half of what is asked is there."""
    random = np.random.default_rng(7)
    codes = [f"{at:03d}" for at in range(TERRITORIES)]
    home = random.integers(0, TERRITORIES, PROJECTS)
    request = random.integers(20, 900, PROJECTS) * 100
    part = random.random(PROJECTS) < 1 / 3
    joint = random.random(PROJECTS) < 1 / 50
    frame = pd.DataFrame(
        {
            "project": [f"p{at:04d}" for at in range(PROJECTS)],
            "territory": [codes[at] for at in home],
            "request": request,
            "minimum": np.where(part, (request * 0.6).round(), np.nan),
            "points": random.integers(1, 400, PROJECTS),
            "payers": [
                f"{codes[at]} 60 %; {codes[(at + 1) % TERRITORIES]} 40 %" if both else None
                for at, both in zip(home, joint, strict=True)
            ],
        }
    )
    envelopes = {code: float(request[home == at].sum() // 2) for at, code in enumerate(codes)}
    return frame, envelopes


def main() -> None:
    """Run the methods and print what they take."""
    frame, envelopes = tables()
    print(f"\n{PROJECTS} projects over {TERRITORIES} territories, {frame['payers'].notna().sum()} of them joint")
    for method in ("votes", "points_per_dollar", "best_total"):
        page = {"equite_projects": 1, "id": "benchmark", "method": method}
        start = time.perf_counter()
        found = equite.projects(page, frame, envelopes=envelopes)
        seconds = time.perf_counter() - start
        gap = "" if found.gap is None else f", gap proven {found.gap / found.points:.2e} of them"
        print(f"{method}: {seconds:.2f} s, {found.points:,.1f} points{gap}")


if __name__ == "__main__":
    main()
