"""35,000 rows × 40 columns of CSV, XLSX and Parquet beside pandas with its fastest engine; and what a sheet shows.

The second reads 20,000 rows × 12 columns of a workbook with the pass over its formats beside reading bare values.
Both must find the same values: those of the column in percent a hundred times as many. Each is timed twice: as a whole
table is read, and from the bytes of the file to the cells alone.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import xlsxwriter
from python_calamine import CalamineWorkbook

import equite
from benchmarks.processes import line
from equite.inputs import workbooks
from equite.inputs.marked import Percentage
from equite.inputs.reading import read_table
from equite.inputs.workbooks import seen_in

ROWS, COLUMNS, RUNS = 20_000, 12, 7
MANY_ROWS, MANY_COLUMNS = 35_000, 40
TEXT = ("code", "name")
_SHEET = "Data"
_IN_PERCENT = 5

Rows = list[list[Any]]


def written(path: Path, *, percent: bool) -> bytes:
    """Write a workbook of made-up territories."""
    random = np.random.default_rng(11)
    with xlsxwriter.Workbook(path) as book:
        sheet, style = book.add_worksheet(_SHEET), book.add_format({"num_format": "0.0%"})
        sheet.write_row(0, 0, ["code", "name", *(f"x{at}" for at in range(COLUMNS - 2))])
        for row in range(1, ROWS + 1):
            sheet.write_string(row, 0, f"{row:05d}")
            sheet.write_string(row, 1, f"Territory {row}")
            for column, value in enumerate(random.random(COLUMNS - 2).round(4), start=2):
                sheet.write_number(row, column, value, style if percent and column == _IN_PERCENT else None)
    return path.read_bytes()


def bare(raw: bytes) -> Rows:
    """Read the values."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    return book.get_sheet_by_name(_SHEET).to_python(skip_empty_area=False)


def seen(raw: bytes) -> Rows:
    """Read the values as a person sees them."""
    rows: Rows = bare(raw)
    found = seen_in(raw, _SHEET)
    assert found is not None
    found.laid_on(rows)
    return rows


def same(raw: bytes) -> bool:
    """Tell whether both find the same cells, those in percent a hundred times as many."""
    for plain, shown in zip(bare(raw), seen(raw), strict=True):
        for one, other in zip(plain, shown, strict=True):
            if isinstance(other, Percentage):
                if other.value != round(one * 100, 10):
                    return False
            elif one != other:
                return False
    return True


def timed(run: Callable[[], object]) -> float:
    """Time one reading, by the processor's clock."""
    start = time.process_time()
    run()
    return time.process_time() - start


def told(what: str, ours: Callable[[], object], theirs: Callable[[], object], note: str = "") -> None:
    """Time two readings in turn, and print how they compare."""
    pairs = [(timed(ours), timed(theirs)) for _ in range(RUNS)]
    ratios = [one / other for one, other in pairs]
    one, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"  {what}: {one:.2f} s, bare values {other:.2f} s, ratio {ratio}{note}")


def table() -> pd.DataFrame:
    """Make up territories: two columns of text, the others of numbers, whole in one of three."""
    random = np.random.default_rng(5)
    columns: dict[str, Any] = {
        "code": [f"{at:05d}" for at in range(MANY_ROWS)],
        "name": [f"Territory {at}" for at in range(MANY_ROWS)],
    }
    for at in range(MANY_COLUMNS - 2):
        whole = at % 3 == 0
        columns[f"x{at}"] = random.integers(0, 100_000, MANY_ROWS) if whole else random.random(MANY_ROWS).round(4)
    return pd.DataFrame(columns)


def beside_pandas(folder: Path) -> None:
    """Read the same table from each kind of file, beside each engine of pandas that may be the fastest."""
    made = table()
    made.to_csv(folder / "t.csv", index=False)
    made.to_parquet(folder / "t.parquet")
    made.to_excel(folder / "t.xlsx", index=False, engine="xlsxwriter")
    text = dict.fromkeys(TEXT, str)
    peers: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {
        "CSV, pandas by C": ("t.csv", lambda: pd.read_csv(folder / "t.csv", dtype=text)),
        "CSV, pandas by pyarrow": ("t.csv", lambda: pd.read_csv(folder / "t.csv", dtype=text, engine="pyarrow")),
        "Parquet, pandas by pyarrow": ("t.parquet", lambda: pd.read_parquet(folder / "t.parquet", engine="pyarrow")),
        "XLSX, pandas by calamine": ("t.xlsx", lambda: pd.read_excel(folder / "t.xlsx", dtype=text, engine="calamine")),
    }
    print(f"\n{MANY_ROWS} rows × {MANY_COLUMNS} columns: {RUNS} readings of each, in turn; the same values")
    for what, (name, theirs) in peers.items():
        ours = partial(equite.read_territories, folder / name, key="code", text=TEXT)
        pd.testing.assert_frame_equal(ours().data, theirs(), check_dtype=False, check_column_type=False)
        pairs = [(timed(ours), timed(theirs)) for _ in range(RUNS)]
        one, other = ([pair[at] for pair in pairs] for at in (0, 1))
        print(line(what, one, other, "pandas", "at most 1.5"))


def main() -> None:
    """Run the comparisons and print them."""
    with tempfile.TemporaryDirectory() as name:
        beside_pandas(Path(name))
    print(f"\n{ROWS} rows × {COLUMNS} columns of a workbook: {RUNS} readings of each, in turn; the same values")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "book.xlsx"

        def unseen() -> object:
            with patch.object(workbooks, "seen_in", return_value=None):
                return read_table(path)

        for percent, title in ((False, "no cell in percent"), (True, "one column in percent")):
            raw = written(path, percent=percent)
            assert same(raw), "the values must be the same"
            print(title)
            told("a table", lambda: read_table(path), unseen, "   target at most 1.5")
            told("cells alone", partial(seen, raw), partial(bare, raw))


if __name__ == "__main__":
    main()
