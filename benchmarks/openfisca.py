"""The French grant beside OpenFisca-France-Dotations-Locales, in an environment that is made outside the project.

The same 35,443 communes of shared/data/golden, from the same CSV file. Held equal: who is eligible, and each amount
within 0.05 €, for the peer computes in single precision. The peer works out eligibility by the law; our page reads it.
It is given no more than it needs: no pandas, and columns read by the csv module.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import equite
from benchmarks.communes import GOLDEN, OURS
from benchmarks.processes import in_turn, line, told
from equite.resources import folder

RUNS = 7
_PEER = Path(__file__).with_name("openfisca_peer.py")
#: What is installed, in order: its Core first, then the model without what it asks for, which would undo the first.
_PACKAGES = (
    ("--prefer-binary", "openfisca-core==41.5.7", "numpy<1.25", "scipy"),
    ("--no-deps", "OpenFisca-France-Dotations-Locales==7.0.1"),
)


def environment() -> Path | None:
    """Give the Python that has the peer, made once; none where it cannot be installed."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "equite-benchmarks/openfisca-7.0.1"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = home / "installed"
    if not done.exists():
        venv.create(home, clear=True, with_pip=True)
        for packages in _PACKAGES:
            command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
            if subprocess.run(command, check=False).returncode:
                return None
        done.touch()
    return python


def _seconds(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return time.process_time() - begun


def main() -> None:
    """Run the comparison and print it."""
    print("\n35,443 communes beside OpenFisca-France-Dotations-Locales 7.0.1")
    if not GOLDEN.exists() or not hasattr(os, "wait4"):
        print("left out: it needs the communes of shared/data/golden, and a system that tells what a process used")
        return
    python = environment()
    if python is None:
        print("left out: the peer could not be installed")
        return
    page = folder("examples") / "france_dsr" / "formula.yaml"
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        table, ours, theirs = here / "communes.csv", here / "ours.csv", here / "theirs.csv"
        communes = pd.read_csv(GOLDEN, dtype={"code": str, "dep": str})
        communes.to_csv(table, index=False)
        peer = [str(python), str(_PEER), str(table), str(theirs)]
        formula = equite.Formula.read(page)
        found = equite.allocate(formula, table)
        times = json.loads(subprocess.run([*peer, str(RUNS)], check=True, capture_output=True, text=True).stdout)
        _assert_equal(found, pd.read_csv(theirs, dtype={"code": str}))
        print("equal: who is eligible, each amount within 0.05 €, and the envelope; ours is exact to the cent")
        read = equite.Territories.from_frame(communes, key="code", text=("code", "dep"))
        alone = [_seconds(lambda: equite.allocate(formula, read)) for _ in range(RUNS)]
        both = [_seconds(lambda: equite.allocate(formula, communes)) for _ in range(RUNS)]
        print(line("computing, from a table as read", alone, times["computed"], "OpenFisca", "none set"))
        built = [one + other for one, other in zip(times["built"], times["computed"], strict=True)]
        print(line("building from columns, and computing", both, built, "OpenFisca", "below 1"))
        mine = [sys.executable, "-c", OURS, str(page), str(table), str(ours)]
        told("whole process, CSV to CSV", in_turn(mine, [*peer, "1"], RUNS), "OpenFisca", "below 1")


def _assert_equal(found: equite.Allocation, theirs: pd.DataFrame) -> None:
    """Hold that both pay the same communes the same amounts."""
    paid = dict(zip(found.codes, found.amounts.tolist(), strict=True))
    assert {code for code, is_in in zip(theirs["code"], theirs["eligible"], strict=True) if is_in} == set(paid)
    off = [abs(paid.get(code, 0.0) - amount) for code, amount in zip(theirs["code"], theirs["amount"], strict=True)]
    assert max(off) <= 0.05
    assert abs(theirs["amount"].sum() - found.total) < 100
    assert found.total == found.envelope


if __name__ == "__main__":
    main()
