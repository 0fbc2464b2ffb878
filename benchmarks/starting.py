"""``import equite``, its first use and ``equite --help``, beside ``import numpy, pandas``: whole processes, in turn."""

from __future__ import annotations

import sys

from benchmarks.processes import in_turn, line

RUNS = 15
THEIRS = ("-c", "import numpy, pandas")
#: What is started beside numpy and pandas, and the most that it may cost.
OURS = {
    "import equite": (("-c", "import equite"), "at most 1.25"),
    "equite --help": (("-m", "equite", "--help"), "at most 1.25"),
    "equite.allocate, equite.Formula": (("-c", "import equite; equite.allocate, equite.Formula"), "none set"),
}


def main() -> None:
    """Run the comparisons and print them."""
    print(f"\nStarting, beside import numpy, pandas: {RUNS} runs of each, in turn")
    for what, (arguments, target) in OURS.items():
        ours, theirs = in_turn((sys.executable, *arguments), (sys.executable, *THEIRS), RUNS)
        one, other = ([each.processor for each in side] for side in (ours, theirs))
        print(line(what, one, other, "numpy, pandas", target))


if __name__ == "__main__":
    main()
