"""5,000 territories × 40 columns as a live workbook: the library beside bare XlsxWriter writing the same cells."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

import equite
from benchmarks.tiers import peak

ROWS, COLUMNS, RUNS = 5_000, 40, 2
_WRITING = ("_write_number", "_write_string", "_write_formula", "_write_blank")

#: One cell: the sheet, the method that wrote it, its arguments.
Call = tuple[str, str, tuple[Any, ...]]


def allocation() -> equite.Allocation:
    """Share among made-up territories by an index of 36 criteria, above a floor."""
    random = np.random.default_rng(3)
    criteria = {f"x{at}": random.random(ROWS).round(4) for at in range(COLUMNS - 4)}
    table = pd.DataFrame(
        {
            "code": [f"{at:05d}" for at in range(ROWS)],
            "name": [f"Territory {at}" for at in range(ROWS)],
            "population": np.ceil(random.lognormal(7, 1.1, ROWS)),
            "before": random.integers(10_000, 90_000, ROWS),
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
        "envelope": ROWS * 50_000,
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
    kept = {name: getattr(Worksheet, name) for name in _WRITING}

    def noting(name: str) -> Any:
        @wraps(kept[name])
        def write(sheet: Any, *arguments: Any) -> Any:
            calls.append((sheet.name, name, arguments))
            return kept[name](sheet, *arguments)

        return write

    for name in _WRITING:
        setattr(Worksheet, name, noting(name))
    try:
        yield
    finally:
        for name, method in kept.items():
            setattr(Worksheet, name, method)


def bare(path: Path, calls: list[Call]) -> None:
    """Write the same cells with XlsxWriter and nothing else."""
    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_urls": False}) as book:
        sheets: dict[str, Any] = {}
        for sheet, method, arguments in calls:
            if sheet not in sheets:
                sheets[sheet] = book.add_worksheet(sheet)
            # Formats belong to another workbook; one of its own stands for each.
            plain = tuple(None if isinstance(each, xlsxwriter.format.Format) else each for each in arguments)
            getattr(sheets[sheet], method)(*plain)


def cells(path: Path) -> int:
    """Count the cells of a workbook that hold something."""
    with ZipFile(path) as book:
        names = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(book.read(name).count(b"<v>") for name in names)


def main() -> None:
    """Run the comparison and print it."""
    found = allocation()
    calls: list[Call] = []
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = Path(name) / "ours.xlsx", Path(name) / "bare.xlsx"
        with recorded(calls):
            found.to_excel(ours, live=True)
        bare(theirs, calls)
        assert cells(ours) == cells(theirs), "the baseline and the library must write the same cells"
        formulas = sum(method == "_write_formula" for _, method, _ in calls)
        print(f"\n{ROWS} territories × {COLUMNS} columns, live: {cells(ours)} cells, {formulas} of them formulas")
        print(f"{RUNS} runs of each, in turn; the same cells")
        pairs = []
        for _ in range(RUNS):
            start = time.perf_counter()
            found.to_excel(ours, live=True)
            middle = time.perf_counter()
            bare(theirs, calls)
            pairs.append((middle - start, time.perf_counter() - middle))
        ratios = [one / other for one, other in pairs]
        one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"equite {one:.1f} s, bare XlsxWriter {other:.1f} s, ratio {ratio}   target at most 1.3")
        mine, bares = peak(lambda: found.to_excel(ours, live=True)), peak(lambda: bare(theirs, calls))
        print(f"peak memory: equite {mine:.0f} MB, bare {bares:.0f} MB; file {ours.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
