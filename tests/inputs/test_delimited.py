"""Delimited text: every dialect is read as it was meant, and what cannot be read is said."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equite.errors import TerritoriesError
from equite.inputs import delimited
from equite.inputs.reading import Source, read_table
from equite.inputs.territories import read_territories

Table = tuple[pd.DataFrame, Source]
Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Give a function that writes a file."""

    def write(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def columns(path: Path, **options: Any) -> dict[str, list[object]]:
    frame = read_table(path, **options)[0].astype(object)
    return {heading: [None if cell is pd.NA or cell != cell else cell for cell in frame[heading]] for heading in frame}


def refused(path: Path, **options: Any) -> list[tuple[str, int | None]]:
    with pytest.raises(TerritoriesError) as caught:
        read_territories(path, **options)
    for language in ("fr", "en"):
        assert len(caught.value.text(language).splitlines()) == len(caught.value.problems)
    return [(problem.id, problem.line) for problem in caught.value.problems]


# What is read.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_lines(written: Written, encoding: str, separator: str, newline: str) -> None:
    rows = [["code", "région", "pop"], ["010", "Évain", "12"], ["020", "Îles", ""]]
    path = written("".join(separator.join(row) + newline for row in rows).encode(encoding))
    assert columns(path) == {"code": ["010", "020"], "région": ["Évain", "Îles"], "pop": [12, None]}
    source = read_table(path)[1]
    assert (source.encoding, source.separator, source.first_row) == (encoding, separator, 2)


@pytest.mark.parametrize(
    ("content", "decimal", "cells"),
    [
        ("a;b\n1;6,5\n", ",", [6.5]),
        ("a;b\n1;6.5\n", ".", [6.5]),
        ("a,b\n1,6.5\n", ".", [6.5]),
        ("a,b\n1,6.125\n", None, ["6.125"]),
        ("a,b\n1,0.125\n2,6.125\n", ".", [0.125, 6.125]),
        ('a,b\n1,"6,5"\n', ",", [6.5]),
        ("a;b;c\n1;6.125;6,5\n", ",", ["6.125"]),
        ("a;b\n1;6.125\n", None, ["6.125"]),
        ("a;b\n1;6,125\n", None, ["6,125"]),
        ("a;b;c\n1;6.5;6,5\n", None, ["6.5"]),
        ("a;b\n1;1 234,5\n", ",", ["1 234,5"]),
        ("a;b\n1;12\n", None, [12]),
    ],
)
def test_the_decimal_mark_is_the_one_that_the_file_shows(
    written: Written, content: str, decimal: str | None, cells: list[object]
) -> None:
    path = written(content)
    assert read_table(path)[1].decimal == decimal
    assert columns(path)["b"] == cells


def test_a_comma_in_the_headings_separates_nothing(written: Written) -> None:
    path = written("Nom;Population, 2021;Population, 2016\nAmos;12 675;1,5\nBerry;535;2,5\n")
    assert list(read_table(path)[0]) == ["Nom", "Population, 2021", "Population, 2016"]
    assert read_territories(path).numbers("Population, 2021").tolist() == [12675, 535]


def test_as_many_decimal_commas_as_separators(written: Written) -> None:
    path = written("Nom;a;b\nVille, QC;1,5;2,5\nVal, QC;3,5;4,5\n")
    assert columns(path) == {"Nom": ["Ville, QC", "Val, QC"], "a": [1.5, 3.5], "b": [2.5, 4.5]}


def test_semicolons_inside_the_cells_of_a_comma_file(written: Written) -> None:
    assert columns(written("a,b\n1,x; y\n2,z; t\n")) == {"a": [1, 2], "b": ["x; y", "z; t"]}


def test_text_stays_as_it_is_written(written: Written) -> None:
    content = 'code,name,n\n010,NA,1\n011,x,2\n012,"None, nan",3\n013,,4\n014, ...,\n'
    path = written(content)
    expected = {
        "code": ["010", "011", "012", "013", "014"],
        "name": ["NA", "x", "None, nan", None, " ..."],
        "n": [1, 2, 3, 4, None],
    }
    assert columns(path) == expected
    assert columns(path, text=["name", "n"]) == {**expected, "n": ["1", "2", "3", "4", None]}


def test_headings_are_tidied(written: Written) -> None:
    path = written("\ufeff code ;Nom\u00a0du  lieu;E\u0301tat;2021\n1;2;3;4\n")
    assert list(read_table(path, text=["Nom du lieu"])[0]) == ["code", "Nom du lieu", "État", "2021"]
    assert columns(path, text=[" Nom du lieu"])["Nom du lieu"] == ["2"]


def test_spaces_after_separators(written: Written) -> None:
    assert columns(written('code, name, n\n010, "a, b", 2\n')) == {"code": ["010"], "name": ["a, b"], "n": [2]}


def test_blank_rows_and_columns_are_left_out_and_the_rows_keep_their_numbers(written: Written) -> None:
    frame, source, _ = read_table(written("a;b;\n1;2;\n\n;;\n3;4;\n\n\n"))
    assert frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    assert frame.dtypes.astype(str).tolist() == ["int64", "int64"]
    assert [source.first_row + row for row in frame.index] == [2, 5]


def test_titles_above_the_headings(written: Written) -> None:
    path = written("Tableau 1\n\nPopulation\ncode;pop\n010;1\n020;2\n030;3\n")
    assert columns(path) == {"code": ["010", "020", "030"], "pop": [1, 2, 3]}
    assert read_table(path)[1].first_row == 5


def test_a_column_without_a_heading_is_no_title(written: Written) -> None:
    assert refused(written(",pop\nA,1\nB,2\n")) == [("input-heading-empty", 1)]


def test_notes_under_the_table_are_rows_without_a_code(written: Written) -> None:
    path = written('nom;code;pop\nAmos;010;1\nBerry;020;2\n\n"Source : Statistique Canada; 2021"\nNote : x\n')
    assert columns(path)["pop"] == [1, 2, None, None]
    assert refused(path, key="code") == [("input-code-missing", 5), ("input-code-missing", 6)]


def test_a_cell_on_several_lines_is_one_row(written: Written) -> None:
    frame, source, _ = read_table(written('code,name\n010,"a\n05,b"\n020,c\n'))
    assert frame["code"].tolist() == ["010", "020"]
    assert source.first_row + int(frame.index[1]) == 3


def test_gzip(written: Written) -> None:
    content = b"code,n\n010,1\n"
    path = written(gzip.compress(content), "table.csv.gz")
    assert columns(path) == {"code": ["010"], "n": [1]}
    assert columns(written(content, "table.gz")) == columns(path)
    assert refused(written(gzip.compress(content)[:-9], "cut.csv.gz")) == [("input-unreadable", None)]


# Leading zeros, wherever they are.


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("row", [0, 70, 119])
def test_a_zero_far_down_keeps_its_column_text(
    written: Written, quoted: bool, place: int, newline: str, row: int
) -> None:
    rows = [[str(number + 10), "0", f"{number}.05"] for number in range(120)]
    rows[row][place] = "010"
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator=newline).writerows(
        [["a", "b", "c"], *rows]
    )
    frame = read_table(written(stream.getvalue()))[0]
    for number, heading in enumerate(frame):
        if number == place:
            assert frame[heading].tolist() == [line[place] for line in rows]
        else:
            assert frame[heading].tolist() == [float(line[number]) for line in rows]


def test_a_zero_in_ragged_rows(written: Written) -> None:
    content = "a;b;c\n" + "1;2;3\n" * 80 + '"x;\n0";4\n5;06;7\n'
    frame = read_table(written(content))[0]
    assert frame["b"].tolist()[-3:] == ["2", "4", "06"]
    assert frame["c"].tolist()[-1] == 7


def test_small_decimals_are_no_codes(written: Written) -> None:
    frame = read_table(written("a,b\n" + "1,7.3e-05\n0.001,-0.5\n" * 60))[0]
    assert frame.dtypes.astype(str).tolist() == ["float64", "float64"]


def test_a_large_file_is_read_as_a_small_one(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{number},{number / 8},a{number}" for number in range(4000)]
    path = written("n,x,name\n" + "\n".join(lines) + "\n")
    small = read_table(path)[0]
    monkeypatch.setattr(delimited, "_LARGE", 1)
    pd.testing.assert_frame_equal(read_table(path)[0], small)


def test_a_column_of_numbers_then_text_in_a_large_file(written: Written) -> None:
    rows = 800_000
    content = "a,b\n" + "10,1.50\n" * rows + "x,y\n"
    frame = read_table(written(content))[0]
    assert len(content) > delimited._LARGE
    assert frame["b"].iloc[0] == "1.50"
    assert frame["a"].map(type).eq(str).all()


# What is refused.


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ("", [("input-empty", None)]),
        (" \n\n;;\n", [("input-empty", None)]),
        ("a,b", [("input-no-rows", None)]),
        ("a,b\n\n,\n", [("input-no-rows", None)]),
        ("a,b,a\n1,2,3\n", [("input-heading-twice", 1)]),
        ("a,\u00a0a,b,b\n1,2,3,4\n", [("input-heading-twice", 1)] * 2),
        ("a,,b\n1,2,3\n", [("input-heading-empty", 1)]),
        ("a,b\n1,2,3\n4,5\n6,7,8,9\n", [("input-wide-row", 2), ("input-wide-row", 4)]),
        ("a,b\n" + "1,2\n" * 200 + "1,2,3\n", [("input-wide-row", 202)]),
        ("a,b\n1,2\n" + "1,2,3\n" * 12, [("input-wide-row", row) for row in range(3, 15)]),
        (
            "a,b\n1,2\n" + "1,2,3\n" * 13,
            [("input-wide-row", row) for row in range(3, 8)] + [("input-more", None)],
        ),
        ('a,b\n1,2\n3,"x\n4,5\n', [("input-quote", 3)]),
        (b"\x89PNG\r\n\x1a\n\0\0\0", [("input-unreadable", None)]),
        (b"%PDF-1.7\n\x01\x02", [("input-unreadable", None)]),
        ("a,b\n" + "1,2\n" * 3000 + "3\0,4\n", [("input-unreadable", None)]),
        (b"a,b\n\x81\x8d,1\n", [("input-unreadable", None)]),
        (b"\xff\xfea\0,\0b", [("input-unreadable", None)]),
        ("  <html><table><tr><td>1</td></tr></table>", [("input-web-page", None)]),
        ("é,b\n1,2\n".encode() + b"Qu\xe9bec,2\n", [("input-mixed-encodings", 3)]),
    ],
)
def test_what_is_no_table(written: Written, content: str | bytes, problems: list[tuple[str, int | None]]) -> None:
    assert refused(written(content)) == problems


def test_line_ends_that_pandas_cannot_follow(written: Written) -> None:
    assert refused(written("0\r\n\r;")) == [("input-unreadable", None)]


def test_separators_in_excess_are_forgiven_where_nothing_follows(written: Written) -> None:
    assert columns(written("a;b\n1;2;\n3;4;;\n5;6\n")) == {"a": [1, 3, 5], "b": [2, 4, 6]}
    assert columns(written("a;b\n" + "1;2\n" * 100 + "3;4;;\n"))["b"][-1] == 4


def test_a_file_that_is_not_there(written: Written, tmp_path: Path) -> None:
    written("a,b\n1,2\n", "population.csv")
    for path, sentence in [
        (tmp_path / "populaton.csv", "there is no file 'populaton.csv' in this folder: did you mean 'population.csv'?"),
        (tmp_path / "none" / "x.csv", "there is no file 'x.csv' in this folder"),
        (tmp_path, f"'{tmp_path.name}' is a folder: give the path of a file in it"),
    ]:
        with pytest.raises(TerritoriesError) as caught:
            read_table(path)
        assert caught.value.text("en") == sentence
        assert str(tmp_path) not in caught.value.text("fr")


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(written: Written, content: bytes) -> None:
    path = written(content)
    try:
        frame, source, _ = read_table(path)
    except TerritoriesError as error:
        assert error.text("fr")
        assert error.text("en")
    else:
        assert len(frame) > 0
        assert frame.columns.is_unique
        assert source.name == "table.csv"


@given(st.text(alphabet='01,;\t"\n\r .ax', max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_small_table_is_read_or_refused(written: Written, content: str) -> None:
    try:
        frame = read_table(written(content))[0]
    except TerritoriesError as error:
        assert error.text("fr")
    else:
        for heading in frame:
            zeros = [cell for cell in frame[heading] if isinstance(cell, str) and cell.strip()[:1] == "0"]
            assert zeros == [] or frame[heading].dtype.kind == "O"


# What is written is read back.

# No capital inside a word: that is how an encoding that is not the file's is known.
NAMES = st.text(alphabet="abcéèà '-,;x\"", max_size=8).map(str.strip)
CODES = st.text(alphabet="0123456789", min_size=3, max_size=3)
AMOUNTS = st.none() | st.integers(-(10**7), 10**7) | st.decimals(-(10**7), 10**7, allow_nan=False, places=3)
ROWS = st.lists(st.tuples(CODES, NAMES, AMOUNTS, AMOUNTS), min_size=1, max_size=30, unique_by=lambda row: row[0])


@given(
    rows=ROWS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    separator=st.sampled_from([",", ";", "\t"]),
    mark=st.sampled_from([".", ","]),
    group=st.sampled_from(["", " ", "\u00a0", "\u202f", "'", "other"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    missing=st.sampled_from(["", "...", "n/d", "x"]),
    gzipped=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_is_read_back_as_it_was_written(
    written: Written,
    rows: list[tuple[str, str, Any, Any]],
    encoding: str,
    separator: str,
    mark: str,
    group: str,
    newline: str,
    missing: str,
    gzipped: bool,
) -> None:
    group = "\u00a0" if (group, encoding) == ("\u202f", "cp1252") else group
    group = {".": ",", ",": "."}[mark] if group == "other" else group

    def number(value: Any) -> str:
        return missing if value is None else f"{value:,f}".replace(",", "_").replace(".", mark).replace("_", group)

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, lineterminator=newline)
    writer.writerow(["code", "nom", "budget, $", "taux", "témoin"])
    writer.writerows([code, name, number(first), number(second), f"0{mark}5"] for code, name, first, second in rows)
    content = stream.getvalue().encode(encoding)
    path = written(gzip.compress(content) if gzipped else content)

    # Three decimals after a point may be thousands, unless somebody says that they are not.
    stated = mark if mark == "." else None
    territories = read_territories(path, key="code", width=3, text=["nom"], decimal=stated)
    assert territories.codes == tuple(code for code, *_ in rows)
    assert territories.texts("nom").tolist() == [" ".join(name.split()) or None for _, name, *_ in rows]
    for place, heading in ((2, "budget, $"), (3, "taux")):
        expected = [math.nan if row[place] is None else float(row[place]) for row in rows]
        np.testing.assert_array_equal(territories.numbers(heading), expected)
    assert territories.source.decimal == mark
