"""Cells: numbers as people write them, never a wrong one; texts, levels, yes and no."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite.inputs.cells import fold, levels_of, numbers_of, readings, text_of, texts_of, tidy, typed, yes_no_of
from equite.wording import numeral, percent


@pytest.mark.parametrize(
    ("text", "with_point", "with_comma"),
    [
        ("12", 12, 12),
        ("-12", -12, -12),
        ("−12", -12, -12),
        ("+12", 12, 12),
        (" 12 ", 12, 12),
        ("1 234", 1234, 1234),
        ("1\u00a0234", 1234, 1234),
        ("1\u202f234\u202f567", 1234567, 1234567),
        ("1'234", 1234, 1234),
        ("1’234", 1234, 1234),
        ("1 234,5", None, 1234.5),
        ("1 234.5", 1234.5, None),
        ("1,234.5", 1234.5, None),
        ("1.234,5", None, 1234.5),
        ("1,234,567", 1234567, None),
        ("1.234.567", None, 1234567),
        ("1.234.567,89", None, 1234567.89),
        ("6,5", None, 6.5),
        ("6.5", 6.5, None),
        ("1,234", 1234, 1.234),
        ("1.234", 1.234, 1234),
        ("0,123", None, 0.123),
        ("0.123", 0.123, None),
        ("1234,567", None, 1234.567),
        ("1 234,567", None, 1234.567),
        (",5", None, 0.5),
        (".5", 0.5, None),
        ("5.", 5, None),
        ("12,5 %", None, 12.5),
        ("12.5%", 12.5, None),
        ("1 234 $", 1234, 1234),
        ("$1,234.56", 1234.56, None),
        ("−$1,234.56", -1234.56, None),
        ("1 234,56\u00a0€", None, 1234.56),
        ("1e3", 1000, 1000),
        ("1.5E-3", 0.0015, None),
        ("1,5e3", None, 1500),
        ("010", 10, 10),
        ("1e999", math.inf, math.inf),
    ],
)
def test_a_number_under_each_convention(text: str, with_point: float | None, with_comma: float | None) -> None:
    assert readings(text) == (with_point, with_comma)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        ".",
        ",",
        "%",
        "abc",
        "12a",
        "1 23",
        "12 34",
        "1  234",
        "1,23,456",
        "1.234.56",
        "1,234,5",
        "1 234 5",
        "0 123",
        "1.5.2",
        "(123)",
        "1_000",
        "0x1A",
        "inf",
        "∞",
        "1e",
        "e5",
        "5'",
        "12 %%",
        "--5",
        "１２",
        "1/2",
        "2021-01-02",
        "1 234\n567 8",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert readings(text) == (None, None)


def test_the_library_reads_the_numbers_that_it_writes() -> None:
    for value in (0.0, -1234.5, 1234567.25, 0.125):
        assert value in readings(numeral(value, "fr"))
        assert value in readings(numeral(value, "en"))
    assert readings(percent(0.125, "fr"))[1] == readings(percent(0.125, "en"))[0] == 12.5


def read(*cells: object, mark: str | None = None) -> tuple[list[float], list[int], list[int]]:
    reading = numbers_of(pd.Series(list(cells), dtype=object), mark)  # type: ignore[arg-type]
    return reading.values.tolist(), reading.wrong.tolist(), reading.ambiguous.tolist()


NAN = pytest.approx(math.nan, nan_ok=True)


def test_the_column_settles_what_a_comma_means() -> None:
    assert read("1,234", "6,5") == ([1.234, 6.5], [], [])
    assert read("1,234", "6.5") == ([1234, 6.5], [], [])
    assert read("1.234", "1.234.567") == ([1234, 1234567], [], [])


def test_the_file_settles_what_the_column_does_not() -> None:
    assert read("1,234", mark=",") == ([1.234], [], [])
    assert read("1,234", mark=".") == ([1234], [], [])
    assert read("1,234", "6,5", mark=".") == ([1.234, 6.5], [], [])


def test_a_number_is_never_guessed() -> None:
    assert read("1,234", 5, "7") == ([NAN, 5, 7], [], [0])
    # The column writes some with a point, some with a comma: only what can be meant in one way is read.
    assert read("1,234", "6,5", "6.5", mark=",") == ([NAN, 6.5, 6.5], [], [0])


def test_missing_numbers() -> None:
    marks = ["", " ", "...", "..", "…", "n/d", "N/D", "nd", "ND", "x", "X", "NA", "n/a", "N/A", "-", "–", "—", "NaN"]
    assert read(*marks, None, math.nan, pd.NA, pd.NaT) == ([NAN] * (len(marks) + 4), [], [])
    assert read("F", "r", "E") == ([NAN] * 3, [0, 1, 2], [])


def test_cells_that_are_numbers_already() -> None:
    cells = [1, 2.5, Decimal("1.5"), Fraction(1, 2), np.int8(3), np.float32(0.5), 10**400, "7"]
    assert read(*cells) == ([1, 2.5, 1.5, 0.5, 3, 0.5, math.inf, 7], [], [])
    assert read(1, True, np.True_, 0, False) == ([1, NAN, NAN, 0, NAN], [1, 2, 4], [])
    assert read(1j, datetime.date(2021, 1, 2), [1], b"1") == ([NAN] * 4, [0, 1, 2, 3], [])


@pytest.mark.parametrize(
    "dtype", ["int8", "uint64", "float32", "bool", "Int64", "Float32", "boolean", "category", "string", "complex128"]
)
def test_columns_of_any_type(dtype: str) -> None:
    column = pd.Series([1, 0]).astype(str if dtype == "string" else "int64").astype(dtype)  # type: ignore[call-overload]
    reading = numbers_of(column)
    if dtype in ("complex128", "bool", "boolean"):
        assert reading.wrong.tolist() == [0, 1]
    else:
        assert reading.values.dtype == np.float64
        assert reading.values.tolist() == [1, 0]


def test_missing_cells_of_nullable_columns() -> None:
    assert numbers_of(pd.Series([1, None], dtype="Int64")).values.tolist() == [1, NAN]
    assert texts_of(pd.Series([1, None], dtype="Int64")).tolist() == ["1", None]


def test_nobody_writes_into_a_column_through_its_numbers() -> None:
    column = pd.Series([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        numbers_of(column).values[0] = 9
    assert column.tolist() == [1, 2]


NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(-(10**9), 10**9, allow_nan=False, places=2)


@given(st.lists(NUMBERS, min_size=1), st.sampled_from(["", " ", "\u00a0", "\u202f", "'"]), st.sampled_from(".,"))
def test_what_people_write_is_read_back(values: list[int | Decimal], group: str, mark: str) -> None:
    texts = [f"{value:,f}".replace(",", "_").replace(".", mark).replace("_", group) for value in values]
    assert read(*texts) == ([float(value) for value in values], [], [])


@given(st.lists(st.decimals(-(10**9), 10**9, allow_nan=False, places=3), min_size=1), st.sampled_from([".,", ",."]))
def test_a_number_is_right_or_refused(values: list[Decimal], marks: str) -> None:
    mark, group = marks
    texts = [f"{value:,f}".replace(",", "_").replace(".", mark).replace("_", group) for value in values]
    found, wrong, ambiguous = read(*texts)
    assert wrong == []
    for position, value in enumerate(values):
        assert position in ambiguous or found[position] == float(value)


@given(st.text())
def test_any_text_is_read_without_a_fall(text: str) -> None:
    for value in readings(text):
        assert value is None or isinstance(value, float)
    assert text_of(text) is None or text_of(text) == tidy(text)
    assert tidy(tidy(text)) == tidy(text)


def test_texts_that_are_the_same_when_compared() -> None:
    assert fold(" E\u0301LEVÉ ") == fold("élevé")
    assert fold("Très\u202f bas") == "très bas"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("010", "010"),
        (" Les\u00a0Îles ", "Les Îles"),
        ("E\u0301vain", "Évain"),
        ("NA", "NA"),
        ("x", "x"),
        ("  ", None),
        (None, None),
        (math.nan, None),
        (10.0, "10"),
        (10, "10"),
        (1.5, "1.5"),
        (math.inf, "inf"),
        (True, "True"),
        (Decimal("1.50"), "1.5"),
        (Decimal(100), "100"),
        (datetime.date(2021, 1, 2), "2021-01-02"),
        (datetime.datetime(2021, 1, 2), "2021-01-02"),
        (datetime.datetime(2021, 1, 2, 3, 4), "2021-01-02T03:04:00"),
        (pd.Timestamp(2021, 1, 2), "2021-01-02"),
    ],
)
def test_a_cell_as_text(cell: object, text: str | None) -> None:
    assert text_of(cell) == text
    assert texts_of(pd.Series([cell, "a"], dtype=object)).tolist() == [text, "a"]


def test_levels() -> None:
    levels = ({"fr": "Faible", "en": "Low"}, "Moyen", {"fr": "Élevé", "en": "High"})
    column = pd.Series(["faible", " HIGH ", "élevé", "Moyen", 2, 3.0, "1", None, "n/d", "4", 0, "haut"], dtype=object)
    reading = levels_of(column, levels)
    assert reading.values.tolist() == [1, 3, 3, 2, 2, 3, 1, NAN, NAN, NAN, NAN, NAN]
    assert reading.wrong.tolist() == [9, 10, 11]


def test_the_name_of_a_level_comes_before_numbers_and_missing_marks() -> None:
    assert levels_of(pd.Series(["3", "x", 2], dtype=object), ("3", "X", "1")).values.tolist() == [1, 2, 2]


def test_yes_and_no() -> None:
    column = pd.Series(["Oui", "NON", "yes", "no", "Vrai", "faux", True, False, 1, 0.0, None, "-", "o"], dtype=object)
    reading = yes_no_of(column)
    assert reading.values.tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, NAN, NAN, NAN]
    assert reading.wrong.tolist() == [12]
    assert yes_no_of(pd.Series([True, False])).values.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("cells", "kept", "dtype"),
    [
        ([1.0, 2.0], [1, 2], "int64"),
        ([1.0, 2.5], [1, 2.5], "float64"),
        ([1.0, ""], [1, NAN], "float64"),
        ([1.0, "a"], [1, "a"], "object"),
        ([True, False], [True, False], "bool"),
        ([True, ""], [True, None], "object"),
        (["010", " "], ["010", None], "object"),
        (["", None], [NAN, NAN], "float64"),
        ([10**18, None], [10**18, None], "object"),
        ([10**18 + 1], [10**18 + 1], "int64"),
        ([10**30], [10**30], "object"),
        ([1e300, 2], [1e300, 2], "float64"),
        ([Decimal("1.5"), 2], [1.5, 2], "float64"),
    ],
)
def test_columns_of_typed_cells(cells: list[object], kept: list[object], dtype: str) -> None:
    column = typed(cells)
    assert (column.tolist(), str(column.dtype)) == (kept, dtype)
