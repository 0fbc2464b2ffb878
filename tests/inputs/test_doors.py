"""The same cell by every door: whatever file or frame brings it, it is the same number, or refused the same."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sheets import changed, number_cell, ods, raised, row, text_cell, xlsx

import equite
from equite import Territories, TerritoriesError

pa = pytest.importorskip("pyarrow", reason="the parquet extra is not installed")

MISSING = float("nan")
MARCH = [datetime.date(2024, 3, 1), datetime.date(2024, 3, 2)]
#: What two cells of each kind are: the numbers that they give, or the beginning of the sentence that refuses the first.
SAID: dict[str, list[float] | str] = {
    "number": [12, 7],
    "decimal": [0.1, 2.5],
    "written": [1234, 5],
    "percent": [12.5, 7],
    "blank": [MISSING, 3],
    "date": "a date in a number column: 2024-03-01 (territory A)",
    "boolean": "a yes or no in a number column: True (territory A)",
    "error": "cell G2 shows the error #N/A (territory A)",
    "rich": [1234, 5],
    "formula": "the formula in cell I2 has no stored value (territory A)",
}
#: The kinds that a table has which knows nothing of formats: an error is a text there, and so is a percentage.
BARE: dict[str, Sequence[object]] = {
    "number": [12, 7],
    "decimal": [0.1, 2.5],
    "written": ["1 234", "5"],
    "percent": ["12.5%", "7%"],
    "blank": [None, 3],
    "date": MARCH,
    "boolean": [True, False],
    "error": ["#N/A", "3"],
    "exact": [Decimal("0.1"), Decimal("2.5")],
    "infinite": [float("inf"), 1.0],
}
SAID_BARE = SAID | {
    "error": "text in a number column: '#N/A' (territory A)",
    "exact": [0.1, 2.5],
    "infinite": "an infinite number (territory A)",
}
#: In CSV a date is a text like another.
SAID_CSV = SAID_BARE | {"date": "text in a number column: '2024-03-01' (territory A)"}


def table(cells: Sequence[object]) -> Any:
    return pa.table({"code": ["A", "B"], "x": pa.array(cells)})


def csv(cells: Sequence[object], path: Path) -> Path:
    lines = [f"{code},{'' if cell is None else cell}" for code, cell in zip("AB", cells, strict=True)]
    path.write_text("\n".join(["code,x", *lines]), encoding="utf-8")
    return path


def parquet(cells: Sequence[object], path: Path) -> Path:
    from pyarrow.parquet import write_table

    write_table(table(cells), path)
    return path


def frame(cells: Sequence[object], **options: Any) -> pd.DataFrame:
    return pd.DataFrame({"code": ["A", "B"], "x": pd.Series(cells, **options)})


def nullable(cells: Sequence[object]) -> pd.DataFrame:
    # pandas 2.2 casts what is infinite to see whether it is whole, and numpy warns of it.
    with np.errstate(invalid="ignore"):
        return frame(cells).convert_dtypes()


DOORS: dict[str, Callable[[Sequence[object], Path], object]] = {
    "csv": csv,
    "parquet": parquet,
    "pandas": lambda cells, _: frame(cells),
    "pandas objects": lambda cells, _: frame(cells, dtype=object),
    "pandas nullable": lambda cells, _: nullable(cells),
    "pandas arrow": lambda cells, _: table(cells).to_pandas(types_mapper=pd.ArrowDtype),
    "pandas categories": lambda cells, _: frame(cells, dtype="category"),
    "pyarrow": lambda cells, _: table(cells),
    "polars": lambda cells, _: pl.DataFrame({"code": ["A", "B"], "x": cells}),
    "mapping": lambda cells, _: {"code": ["A", "B"], "x": cells},
    "rows": lambda cells, _: [{"code": code, "x": cell} for code, cell in zip("AB", cells, strict=True)],
}


def read(given: object, column: str) -> list[float] | str:
    """Give a column's numbers, or the sentences that refuse it."""
    try:
        return Territories.of(given, key="code").numbers(column).tolist()
    except TerritoriesError as error:
        assert error.text("fr") != error.text("en")
        return error.text("en")


def agree(found: list[float] | str, said: list[float] | str) -> bool:
    if isinstance(said, str) or isinstance(found, str):
        return isinstance(said, str) and isinstance(found, str) and found.startswith(said)
    return np.array_equal(found, said, equal_nan=True)


@pytest.mark.parametrize("kind", BARE)
@pytest.mark.parametrize("door", DOORS)
def test_a_cell_without_a_format_is_the_same_by_every_door(door: str, kind: str, tmp_path: Path) -> None:
    found = read(DOORS[door](BARE[kind], tmp_path / "t"), "x")
    assert agree(found, (SAID_CSV if door == "csv" else SAID_BARE)[kind]), found


#: The columns of the sheet, in the order of their letters from B.
KINDS = ("number", "decimal", "percent", "date", "boolean", "error", "rich", "formula", "written", "blank")


def openxml(path: Path) -> Path:
    days = [(datetime.datetime.combine(day, datetime.time()), "yyyy-mm-dd") for day in MARCH]
    lines: list[tuple[Any, ...]] = [
        ("code", *KINDS),
        ("A", 12, 0.1, (0.125, "0.0%"), days[0], True, 777, raised("1234^1^"), 555, "1 234", None),
        ("B", 7, 2.5, (0.07, "0%"), days[1], False, 3, raised("5^2^"), 4, "5", 3),
    ]
    xlsx(path, lines)

    def change(text: str) -> str:
        text = text.replace('r="G2"><v>777</v>', 'r="G2" t="e"><v>#N/A</v>')
        return text.replace('r="I2"><v>555</v>', 'r="I2"><f>1+1</f>')

    return changed(path, change)


def opendocument(path: Path) -> Path:
    def line(code: str, *figures: float, day: str, yes: str, fault: str, noted: str, written: str) -> str:
        number, decimal, percent = figures
        return row(
            text_cell(code),
            number_cell(number),
            number_cell(decimal),
            number_cell(percent, "percentage"),
            f'<table:table-cell office:value-type="date" office:date-value="{day}"><text:p>{day}</text:p>'
            "</table:table-cell>",
            f'<table:table-cell office:value-type="boolean" office:boolean-value="{yes}"><text:p>{yes}</text:p>'
            "</table:table-cell>",
            fault,
            text_cell(noted),
            '<table:table-cell table:formula="of:=1+1"/>' if code == "A" else number_cell(4),
            text_cell(written),
            "<table:table-cell/>" if code == "A" else number_cell(3),
        )

    fault = '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="" '
    fault += 'calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    call = '<text:span text:style-name="T1">1</text:span>'
    body = row(*map(text_cell, ("code", *KINDS)))
    body += line(
        *("A", 12, 0.1, 0.125), day="2024-03-01", yes="true", fault=fault, noted=f"1234{call}", written="1 234"
    )
    body += line(
        *("B", 7, 2.5, 0.07), day="2024-03-02", yes="false", fault=number_cell(3), noted=f"5{call}", written="5"
    )
    return ods(path, body)


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("write", [openxml, opendocument])
def test_a_cell_of_a_sheet_is_what_a_person_sees(write: Callable[[Path], Path], kind: str, tmp_path: Path) -> None:
    found = read(write(tmp_path / "t"), kind)
    assert agree(found, SAID[kind]), found


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of one workbook as a spreadsheet program saves it in its other formats."""
    from shutil import which

    program = which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    folder = tmp_path_factory.mktemp("saved")
    book = openxml(folder / "t.xlsx")
    for ending in ("ods", "xls"):
        command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
        command += ["--convert-to", ending, "--outdir", str(folder), str(book)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


#: What no reader can see: a formula is computed as it is saved.
SAVED: dict[str, dict[str, list[float] | str]] = {
    "ods": {"formula": [2, 4]},
    "xls": {"formula": [2, 4]},
}


@pytest.mark.excel
@pytest.mark.parametrize("ending", SAVED)
def test_a_sheet_saved_by_a_spreadsheet_program_is_read_alike(saved: Path, ending: str) -> None:
    path = saved / f"t.{ending}"
    found = {kind: read(path, kind) for kind in KINDS}
    said = {kind: (SAID | SAVED[ending])[kind] for kind in KINDS}
    assert {kind: found[kind] for kind in KINDS if not agree(found[kind], said[kind])} == {}


@pytest.mark.excel
def test_where_formats_cannot_be_seen_that_is_told(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert warnings_of(saved / "t.xls") == []
    monkeypatch.setitem(sys.modules, "xlrd", None)
    assert read(saved / "t.xls", "percent") == [0.125, 0.07]
    assert any("12.5%" in warning for warning in warnings_of(saved / "t.xls"))


def warnings_of(path: Path) -> list[str]:
    page = {"equite": 1, "id": "x", "language": "en", "key": "code", "envelope": 100}
    page["parts"] = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "number"}}]
    return [str(warning) for warning in equite.allocate(page, path).warnings if "formats" in str(warning)]
