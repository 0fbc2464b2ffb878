"""35,443 communes as a plain workbook, 20,000 territories × 40 columns as a live one, beside bare XlsxWriter.

XlsxWriter writes the same cells, in the order in which they were noted; the plain one in constant memory too, row by
row. ``python -m benchmarks.workbook 5000`` writes a live one of fewer territories: bare XlsxWriter takes minutes.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import xlsxwriter

import equite
from benchmarks.explaining import of_communes
from benchmarks.processes import line
from benchmarks.tiers import peak
from equite.report.workbook.plain_sheet import PlainSheet

ROWS, COLUMNS, RUNS = 20_000, 40, 5
_WRITING = ("_write_number", "_write_string", "_write_formula", "_write_blank")

#: One cell: the sheet, the method that wrote it, its arguments.
Call = tuple[str, str, tuple[Any, ...]]


def allocation(rows: int) -> equite.Allocation:
    """Share among made-up territories by an index of 36 criteria, above a floor."""
    random = np.random.default_rng(3)
    criteria = {f"x{at}": random.random(rows).round(4) for at in range(COLUMNS - 4)}
    table = pd.DataFrame(
        {
            "code": [f"{at:05d}" for at in range(rows)],
            "name": [f"Territory {at}" for at in range(rows)],
            "population": np.ceil(random.lognormal(7, 1.1, rows)),
            "before": random.integers(10_000, 90_000, rows),
            **criteria,
        }
    )
    page = {
        "equite": 1,
        "id": "benchmark",
        "language": "en",
        "key": "code",
        "name": "name",
        "previous": "before",
        "envelope": rows * 50_000,
        "indices": {"need": {"criteria": {name: 1 + at % 3 for at, name in enumerate(criteria)}}},
        "parts": [
            {"id": "base", "pool": {"each": 10_000}, "share": "equally"},
            {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "population ** 0.7 * (0.5 + need)"}},
        ],
        "limits": [{"id": "floor", "at_least": "0.9 * previous"}],
        "rounding": {"to": 1},
    }
    return equite.allocate(page, table)


@contextmanager
def recorded(calls: list[Call]) -> Iterator[None]:
    """Note every cell that is written, while it is written."""
    own = {name: PlainSheet.__dict__.get(name) for name in _WRITING}

    def noting(name: str, method: Any) -> Any:
        @wraps(method)
        def write(sheet: Any, *arguments: Any) -> Any:
            calls.append((sheet.name, name, arguments))
            return method(sheet, *arguments)

        return write

    for name in _WRITING:
        setattr(PlainSheet, name, noting(name, getattr(PlainSheet, name)))
    try:
        yield
    finally:
        for name, method in own.items():
            delattr(PlainSheet, name)
            if method is not None:
                setattr(PlainSheet, name, method)


def bare(path: Path, calls: list[Call], **options: bool) -> None:
    """Write the same cells with XlsxWriter and nothing else."""
    with xlsxwriter.Workbook(path, {"strings_to_urls": False, **options}) as book:
        sheets: dict[str, Any] = {}
        style = book.add_format({"num_format": "0.00"})
        for sheet, method, arguments in calls:
            if sheet not in sheets:
                sheets[sheet] = book.add_worksheet(sheet)
            # Formats belong to another workbook; one of its own stands for each.
            plain = tuple(style if isinstance(each, xlsxwriter.format.Format) else each for each in arguments)
            getattr(sheets[sheet], method)(*plain)


def by_row(calls: list[Call]) -> list[Call]:
    """Put the cells of each sheet in the order of its rows, as constant memory asks."""
    sheets = {name: at for at, name in enumerate(dict.fromkeys(sheet for sheet, _, _ in calls))}
    return sorted(calls, key=lambda call: (sheets[call[0]], call[2][0]))


def cells(path: Path) -> int:
    """Count the cells of a workbook that hold something."""
    with ZipFile(path) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(len(re.findall(rb"<v>|<is>", book.read(name))) for name in names)


def compared(found: equite.Allocation, *, live: bool) -> None:
    """Write a workbook of an allocation in turn with bare XlsxWriter, and print how they compare."""
    calls: list[Call] = []
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = Path(name) / "ours.xlsx", Path(name) / "bare.xlsx"
        with recorded(calls):
            found.to_excel(ours, live=live)
        formulas = sum(method == "_write_formula" for _, method, _ in calls)
        kind, size = "live" if live else "plain", f"{ours.stat().st_size / 1e6:.1f} MB"
        print(f"\n{len(found.codes)} territories, {kind}: {cells(ours)} cells, {formulas} of them formulas, {size}")
        write = partial(found.to_excel, ours, live=live)
        peers: dict[str, Callable[[], None]] = {"in memory": partial(bare, theirs, calls, in_memory=True)}
        if not live:
            peers["in constant memory"] = partial(bare, theirs, by_row(calls), constant_memory=True)
        for peer, other in peers.items():
            pairs = [(seconds(write), seconds(other)) for _ in range(1 if live else RUNS)]
            assert cells(ours) == cells(theirs), "the baseline and the library must write the same cells"
            one, two = ([pair[at] for pair in pairs] for at in (0, 1))
            print(line(f"bare XlsxWriter {peer}", one, two, "bare", "at most 1.5"))
            if not live:
                print(f"{'':<44} peak memory: equite {peak(write):.0f} MB, bare {peak(other):.0f} MB")


def seconds(run: Callable[[], object]) -> float:
    """Time one writing, by the processor's clock."""
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    """Run the comparisons and print them."""
    compared(of_communes(1), live=False)
    compared(allocation(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS), live=True)


if __name__ == "__main__":
    main()
