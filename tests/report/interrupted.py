"""Write every kind of output, two writers at once, and be killed or interrupted at random moments.

Run by ``test_interruptions.py``: ``python interrupted.py FOLDER SEED ROUNDS``. What it finds is told in its exit code.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pyarrow.parquet  # noqa: F401
from openpyxl.workbook.defined_name import DefinedName

import equite
from equite.report.workbook.template import write_template

BEFORE = b"before"
PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "envelope": 900,
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    "rounding": {"to": 1},
}
TABLE = {"code": ["A", "B", "C"], "people": [100, 200, 300]}


def shared(envelope: int) -> equite.Allocation:
    return equite.allocate({**PAGE, "envelope": envelope}, TABLE)


def brought_down(envelope: int) -> equite.Cascade:
    tiers = [
        {"id": "region", "formula": {**PAGE, "envelope": envelope}},
        {"id": "town", "parent": "region", "formula": {**PAGE, "id": "below", "envelope": "received"}},
    ]
    towns = {"code": ["a", "b", "c"], "region": ["A", "B", "C"], "people": [1, 2, 3]}
    plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": tiers}
    return equite.cascade(plan, {"region": TABLE, "town": towns})


def funder(folder: Path) -> Path:
    """Write a funder's own workbook, which has cells to be filled."""
    path = folder / "funder.xlsx"
    if not path.exists():
        book = openpyxl.Workbook()
        for name, cells in (("equite_code", "Sheet!$A$2:$A$4"), ("equite_amount", "Sheet!$B$2:$B$4")):
            book.defined_names[name] = DefinedName(name, attr_text=cells)
        book.save(path)
    return path


Writer = Callable[[int, Path], object]
#: How each kind of output is written with an envelope, by the name of its file.
OUTPUTS: dict[str, Writer] = {
    "allocation.csv": lambda envelope, path: shared(envelope).to_csv(path),
    "allocation.xlsx": lambda envelope, path: shared(envelope).to_excel(path),
    "live.xlsx": lambda envelope, path: shared(envelope).to_excel(path, live=True),
    "filled.xlsx": lambda envelope, path: shared(envelope).to_excel(path, template=funder(path.parent.parent)),
    "report.html": lambda envelope, path: shared(envelope).to_html(path),
    "allocation.parquet": lambda envelope, path: shared(envelope).to_parquet(path),
    "template.xlsx": lambda envelope, path: write_template(shared(envelope).formula, path),
    "compared.csv": lambda envelope, path: equite.compare(shared(envelope), shared(800)).to_csv(path),
    "compared.xlsx": lambda envelope, path: equite.compare(shared(envelope), shared(800)).to_excel(path),
    "explained.html": lambda envelope, path: shared(envelope).explain("A").to_html(path),
    "cascade.csv": lambda envelope, path: brought_down(envelope).to_csv(path),
    "cascade.xlsx": lambda envelope, path: brought_down(envelope).to_excel(path),
}

THREADED = "allocation.parquet"


def _in_a_child(work: Callable[[], None]) -> int:
    """Begin a child that does some work, silently, and ends without what a child of a fork should not do."""
    child = os.fork()
    if child:
        return child
    os.close(2)
    try:
        work()
    finally:
        os._exit(0)
    return 0


def _write(envelope: int, folder: Path, names: list[str]) -> None:
    for name in names:
        OUTPUTS[name](envelope, folder / name)


def _for_ever(envelope: int, folder: Path, random: Random) -> None:
    names = list(OUTPUTS)
    while True:
        random.shuffle(names)
        _write(envelope, folder, names)


def main(folder: Path, seed: int, rounds: int) -> str:
    """Kill two writers again and again; give what was found wrong, or nothing."""
    funder(folder)
    envelopes, random, out = (900, 1800), Random(seed), folder / "out"
    for envelope in envelopes:
        place = folder / str(envelope)
        place.mkdir()
        # Here, so that no child imports anew what it writes with; but for Parquet, whose threads no fork survives.
        _write(envelope, place, [name for name in OUTPUTS if name != THREADED])
        os.waitpid(_in_a_child(lambda: _write(envelope, place, [THREADED])), 0)  # noqa: B023
    whole = {name: {BEFORE, *((folder / str(each) / name).read_bytes() for each in envelopes)} for name in OUTPUTS}
    out.mkdir()
    written = 0
    for at in range(rounds):
        for name in OUTPUTS:
            (out / name).write_bytes(BEFORE)
        children = [_in_a_child(lambda: _for_ever(each, out, Random(at))) for each in envelopes]  # noqa: B023
        time.sleep(random.uniform(0.01, 0.4))
        ends = signal.SIGINT if at % 2 else signal.SIGKILL
        for child in children:
            os.kill(child, ends)
            os.waitpid(child, 0)
        for name, known in whole.items():
            found = (out / name).read_bytes()
            written += found != BEFORE
            if found not in known:
                return f"round {at}: {name} is none of the files that were written whole"
        left = [path.name for path in out.iterdir() if path.name not in OUTPUTS]
        # Who is killed can tidy up nothing; who is interrupted leaves nothing behind.
        if ends == signal.SIGINT and left:
            return f"round {at}: left behind {left}"
        for name in left:
            if not (name.startswith(".equite-") and name.endswith(".tmp")):
                return f"round {at}: a stranger, {name}"
            (out / name).unlink()
    return "" if written else "nothing was written in the time"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])) or 0)
