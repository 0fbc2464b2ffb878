"""Workbooks and Parquet, what is told of the source, and the real tables."""

from __future__ import annotations

import datetime
import hashlib
import math
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import equite
from equite.errors import TerritoriesError
from equite.inputs.columns import ColumnRule
from equite.inputs.reading import read_table
from equite.inputs.territories import read_territories

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """Give a function that saves a workbook, its sheets given as rows."""

    def save(*rows: Sequence[object], name: str = "table.xlsx", **sheets: Sequence[Sequence[object]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, lines in {**({"Données": rows} if rows else {}), **sheets}.items():
            sheet = book.create_sheet(title)
            for number, line in enumerate(lines, start=1):
                for place, cell in enumerate(line, start=1):
                    sheet.cell(number, place, cell)
        book.save(tmp_path / name)
        return tmp_path / name

    return save


def refused(path: Path, **options: object) -> str:
    with pytest.raises(TerritoriesError) as caught:
        read_territories(path, **options)  # type: ignore[arg-type]
    assert caught.value.text("fr") != caught.value.text("en")
    return caught.value.text("en")


# Workbooks.


def test_the_cells_of_a_workbook_have_their_types(saved: Saved) -> None:
    day = datetime.date(2025, 4, 1)
    path = saved(
        ("code", "nom", "pop", "taux", "date", "oui", "mêlé", 2021),
        ("010", "NA", 12, 6.5, day, True, 1, 5),
        ("020", " ", 13, None, day, False, "n/d", 6),
    )
    frame, source, _ = read_table(path)
    assert frame.astype(object).to_dict("list") == {
        "code": ["010", "020"],
        "nom": ["NA", None],
        "pop": [12, 13],
        "taux": [6.5, pytest.approx(math.nan, nan_ok=True)],
        "date": [day, day],
        "oui": [True, False],
        "mêlé": [1, "n/d"],
        "2021": [5, 6],
    }
    assert frame.dtypes.astype(str).tolist()[2:4] == ["int64", "float64"]
    assert (source.sheet, source.encoding, source.first_row) == ("Données", None, 2)


def test_codes_that_a_spreadsheet_took_for_numbers(saved: Saved) -> None:
    path = saved(("code", "région"), (10.0, 1), ("020", 11.0), (1005, None))
    assert read_table(path, text=["code", "région"])[0]["région"].tolist()[:2] == ["1", "11"]
    assert read_territories(path, text=["région"]).texts("région").tolist() == ["1", "11", None]
    assert read_territories(path, key="code", width=4).codes == ("0010", "0020", "1005")
    assert read_territories(path, key="code").codes == ("10", "020", "1005")


def test_the_sheet_is_chosen_by_name(saved: Saved) -> None:
    path = saved(Lisez=[("note",), ("rien",)], Données=[("code", "n"), ("010", 1)], Vide=[])
    assert read_table(path)[1].sheet == "Lisez"
    assert read_territories(path, sheet="Données", key="code").codes == ("010",)
    assert refused(path, sheet="donnees") == "the workbook has no sheet 'donnees' @ table.xlsx: did you mean 'Données'?"
    assert refused(path, sheet="Vide").startswith("the sheet 'Vide' is empty @ table.xlsx: ")


def test_titles_and_blank_rows_above_the_headings(saved: Saved) -> None:
    path = saved(
        (), ("Population par MRC",), ("au 1er juillet",), (), ("code", "n"), ("010", 1), (), ("020", "x y"), ()
    )
    frame, source, _ = read_table(path)
    assert frame["code"].tolist() == ["010", "020"]
    assert [source.first_row + row for row in frame.index] == [6, 8]
    with pytest.raises(TerritoriesError) as caught:
        read_territories(path, key="code").numbers("n")
    assert [(problem.line, problem.where) for problem in caught.value.problems] == [(8, "n")]


def test_a_table_that_begins_lower_and_further_right(saved: Saved) -> None:
    path = saved((), (None, None, "Titre"), (None, None, "code", "n"), (None, None, "010", 1))
    assert read_table(path)[0].to_dict("list") == {"code": ["010"], "n": [1]}


def test_errors_shown_by_cells_are_refused_where_they_are_read(saved: Saved) -> None:
    path = saved(("code", "n"), ("010", "#N/A"), ("020", "#DIV/0!"), ("030", 3))
    book = openpyxl.load_workbook(path)
    for cell in book.worksheets[0]["B"][1:3]:
        cell.data_type = "e"
    book.save(path)
    assert read_table(path)[0]["n"].isna().tolist() == [False, False, False]
    with pytest.raises(TerritoriesError, match=r"cell B2 shows the error #N/A .*\n.*cell B3 shows the error #DIV/0!"):
        read_territories(path, key="code").numbers("n")


@pytest.mark.parametrize("content", [b"PK\x03\x04 and nothing", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"])
def test_a_workbook_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)
    assert refused(path).startswith("the workbook cannot be opened (")


def test_a_workbook_that_was_cut(saved: Saved, tmp_path: Path) -> None:
    whole = saved(("code", "n"), ("010", 1)).read_bytes()
    for size in range(4, len(whole), 97):
        (tmp_path / "cut.xlsx").write_bytes(whole[:size])
        with pytest.raises(TerritoriesError):
            read_table(tmp_path / "cut.xlsx")


def test_a_workbook_known_by_its_content(saved: Saved) -> None:
    assert read_table(saved(("code", "n"), ("010", 1), name="table.csv"))[0]["n"].tolist() == [1]


# Parquet.


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    path = tmp_path / "table.parquet"
    pd.DataFrame({"code": ["010", "020"], "n": [1, None], "région": [1, 11]}).to_parquet(path)
    territories = read_territories(path, key="code", text=["région"])
    assert territories.codes == ("010", "020")
    assert territories.numbers("n").tolist() == [1, pytest.approx(math.nan, nan_ok=True)]
    assert territories.data["région"].tolist() == ["1", "11"]
    path.write_bytes(path.read_bytes()[:-20])
    assert refused(path).startswith("this is not a table that can be read")


def test_numbers_of_a_parquet_file_are_the_readers_own(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    path = tmp_path / "table.parquet"
    pd.DataFrame({"code": ["010", "020"], "n": [1.5, 2.5]}).to_parquet(path)
    table = equite.read_territories(path, key="code").table
    # The memory of the file may not be written to; that of the table may.
    table.loc[0, "n"] = 9.0
    assert table["n"].tolist() == [9.0, 2.5]


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    assert "pip install 'equite[parquet]'" in refused(tmp_path / "table.parquet")


# The source.


def test_the_source_is_known_by_its_name_and_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"code;n\n010;1\n")
    source = read_table(str(path))[1]
    path.write_bytes(b"changed since")
    assert source.sha256 == hashlib.sha256(b"code;n\n010;1\n").hexdigest()
    assert source.name == "table.csv"
    assert str(tmp_path) not in repr(source)
    assert pickle.loads(pickle.dumps(source)).sha256 == source.sha256


# The real tables.


@pytest.fixture
def quebec() -> Path:
    folder = DATA / "quebec"
    if not folder.is_dir():
        pytest.skip("the shared data are not beside this checkout")
    return folder


def test_a_real_french_export_reads_as_it_is(quebec: Path) -> None:
    territories = read_territories(quebec / "statcan_french_export.csv")
    source = territories.source
    assert (source.encoding, source.separator, source.decimal) == ("utf-8-sig", ";", ",")
    numbers = [heading for heading in territories.data if not heading.startswith(("Nom", "Abréviation"))]
    columns = territories.columns_for([ColumnRule(heading, heading) for heading in numbers])
    assert len(columns) == 13
    where = territories.texts("Nom géographique").tolist().index("Québec")
    assert columns["Population, 2021"][where] == 8501833
    assert columns["Densité de population au kilomètre carré, 2021"][where] == 6.5
    assert math.isnan(columns["Classement national de la population, 2021"][where])


def test_real_tables_keep_their_codes(quebec: Path) -> None:
    mrc = read_territories(quebec / "mrc.csv", key="mrc_code", width=3)
    assert len(mrc) == 104
    assert {len(code) for code in mrc.codes} == {3}
    assert mrc.codes[0] == "010"
    assert mrc.texts("region_code")[-1] == "10"
    municipalities = read_territories(quebec / "municipalities.csv", key="mun_code", width=5)
    assert (len(municipalities), municipalities.codes[0]) == (1285, "01023")
    assert set(municipalities.texts("mrc_code")) == set(mrc.codes)


@pytest.mark.golden
def test_every_published_table_is_read_whole(golden: Path) -> None:
    for path in sorted(golden.rglob("*.csv*")):
        frame = read_table(path)[0]
        bare = pd.read_csv(path, low_memory=False)
        assert frame.shape == bare.shape
        for heading in bare.select_dtypes("number"):
            if heading in frame and frame[heading].dtype.kind in "iuf":
                pd.testing.assert_series_equal(frame[heading], bare[heading], check_dtype=False)
