"""A live workbook of many territories and criteria: written about as fast as XlsxWriter alone writes the same cells."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from equite import Allocation, Formula, allocate

pytestmark = pytest.mark.slow

ROWS, CRITERIA = 2_000, 40
WRITING = ("write_formula", "write_number", "write_string", "write_blank")


@pytest.fixture(scope="module")
def large() -> Allocation:
    """Give an allocation of a made-up table."""
    chance = np.random.default_rng(5)
    names = [f"c{at}" for at in range(CRITERIA)]
    rows = pd.DataFrame({name: np.round(chance.normal(50, 20, ROWS), 2) for name in names})
    rows["code"] = [f"{at:05d}" for at in range(ROWS)]
    rows["population"] = chance.integers(100, 90_000, ROWS)
    families = {
        f"f{at}": {"weight": at + 1, "criteria": dict.fromkeys(names[8 * at : 8 * at + 8], 1)} for at in range(5)
    }
    page: dict[str, Any] = {
        "equite": "1",
        "id": "large",
        "key": "code",
        "envelope": 25_000_000,
        "rounding": {"to": "1"},
    }
    page["indices"] = {"need": {"families": families}}
    page["parts"] = [
        {"id": "base", "pool": {"each": 2000}, "share": "equally"},
        {"id": "equity", "pool": "remainder", "share": {"in_proportion_to": "population ** 0.5 * (0.5 + need)"}},
    ]
    page["limits"] = [{"id": "bounds", "at_least": "0.8 * envelope / count()", "at_most": "2 * envelope / count()"}]
    return allocate(Formula.from_dict(page), rows)


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def test_writing_takes_little_more_than_the_cells_themselves(
    large: Allocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells: list[tuple[int, str, tuple[Any, ...]]] = []
    assert large.departures
    with monkeypatch.context() as patch:
        for name in WRITING:
            patch.setattr(Worksheet, name, recorded(name, cells))
        large.to_excel(tmp_path / "live.xlsx", live=True)
    assert len(cells) > ROWS * CRITERIA * 3

    def bare() -> None:
        with Workbook(str(tmp_path / "bare.xlsx"), {"in_memory": True}) as book:
            look = book.add_format({"num_format": "0.00"})
            sheets = [book.add_worksheet() for _ in range(1 + max(sheet for sheet, _, _ in cells))]
            for sheet, name, (row, column, value, *rest) in cells:
                getattr(sheets[sheet], name)(row, column, value, look, *rest[1:])

    ratios = [seconds(lambda: large.to_excel(tmp_path / "live.xlsx", live=True)) / seconds(bare) for _ in range(3)]
    assert min(ratios) <= 1.3, ratios


def recorded(name: str, cells: list[tuple[int, str, tuple[Any, ...]]]) -> Callable[..., object]:
    """Give a method of worksheets that also notes what it writes."""
    own = getattr(Worksheet, name)

    def write(self: Worksheet, *given: Any) -> object:
        cells.append((self.index, name, given))
        return own(self, *given)

    return write
