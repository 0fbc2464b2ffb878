"""``import equite``, its first use and ``equite --help``, beside ``import numpy, pandas``: whole processes, in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from benchmarks.communes import as_installed

RUNS = 15
THEIRS = ("-c", "import numpy, pandas")
#: What is started beside numpy and pandas, and the most that it may cost.
OURS = {
    "import equite": (("-c", "import equite"), "at most 1.25"),
    "equite --help": (("-m", "equite", "--help"), "at most 1.25"),
    "equite.allocate, equite.Formula": (("-c", "import equite; equite.allocate, equite.Formula"), "none set"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    """Run Python; give its processor time, which the work of others disturbs less than the clock on the wall."""
    before = os.times()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=as_installed())
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Run the comparisons and print them."""
    print(f"\nStarting, beside import numpy, pandas: {RUNS} runs of each, in turn")
    for what, (arguments, target) in OURS.items():
        seconds(arguments)
        pairs = [(seconds(arguments), seconds(THEIRS)) for _ in range(RUNS)]
        ratios = [one / other for one, other in pairs]
        one, other = (statistics.median(times) * 1e3 for times in zip(*pairs, strict=True))
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{what:<32} {one:5.0f} ms   numpy, pandas {other:5.0f} ms   ratio {spread}   target {target}")


if __name__ == "__main__":
    main()
