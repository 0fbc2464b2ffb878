"""Which sign stands before decimals: what settles it, what is refused, and what a page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from equite import Formula, allocate
from equite.errors import TerritoriesError
from equite.inputs import delimited
from equite.inputs.columns import ColumnRule
from equite.inputs.reading import read_table
from equite.inputs.territories import read_territories


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def column(separator: str, *cells: str) -> str:
    quoted = [f'"{cell}"' if separator in cell else cell for cell in cells]
    return f"code{separator}n\n" + "".join(f"{at:02d}{separator}{cell}\n" for at, cell in enumerate(quoted, start=1))


def refused(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(TerritoriesError) as error:
        act()
    assert error.value.text("fr")
    return [problem.id for problem in error.value.problems]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "cells", [("12.345", "8.901", "950"), ("-1.234",), ("12.000",), ("1.234", ""), ("+1.234", "x")]
)
def test_a_point_and_three_digits_everywhere_is_refused(
    written: Callable[[str], Path], separator: str, cells: tuple[str, ...]
) -> None:
    table = read_territories(written(column(separator, *cells)), key="code")
    assert set(refused(lambda: table.numbers("n"))) == {"input-ambiguous"}


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("12.345", "0.5"), [12.345, 0.5]),
        (("12.345", "0.500"), [12.345, 0.5]),
        (("12.345", "1.2"), [12.345, 1.2]),
        (("12.345", "1234.567"), [12.345, 1234.567]),
        (("12.345", "1.2345"), [12.345, 1.2345]),
        (("1.234", "1.5e3"), [1.234, 1500.0]),
        (("1.234.567", "1.234"), [1234567.0, 1234.0]),
        (("0.123", "0.456"), [0.123, 0.456]),
        (("12345", "678"), [12345.0, 678.0]),
    ],
)
def test_what_settles_it_in_a_column(
    written: Callable[[str], Path], separator: str, cells: tuple[str, ...], numbers: list[float]
) -> None:
    assert read_territories(written(column(separator, *cells)), key="code").numbers("n").tolist() == numbers


def test_points_of_another_column_settle_nothing_and_its_commas_do(written: Callable[[str], Path]) -> None:
    points = read_territories(written("code,n,rate\nA,12.345,0.15\nB,950,0.25\n"), key="code")
    assert points.numbers("rate").tolist() == [0.15, 0.25]
    assert refused(lambda: points.numbers("n")) == ["input-ambiguous"]
    commas = read_territories(written("code;n;rate\nA;12.345;0,15\nB;950;0,25\n"), key="code")
    assert commas.numbers("n").tolist() == [12345.0, 950.0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 10.0, [1.234, 9.5]), (1000.0, None, [1234.0, 9500.0]), (None, 100.0, [1.234, 9.5])],
)
def test_a_range_settles_it_where_one_reading_is_left(
    written: Callable[[str], Path], low: float | None, high: float | None, expected: list[float]
) -> None:
    table = read_territories(written(column(",", "1.234", "9.500")), key="code")
    rule = ColumnRule("n", "n", minimum=low, maximum=high)
    assert table.columns_for([rule])["n"].tolist() == expected


@pytest.mark.parametrize(("low", "high"), [(0.0, 10000.0), (0.0, 5.0), (None, None)])
def test_a_range_that_leaves_both_or_none_settles_nothing(
    written: Callable[[str], Path], low: float | None, high: float | None
) -> None:
    table = read_territories(written(column(",", "1.234", "9.500")), key="code")
    assert "input-ambiguous" in refused(lambda: table.columns_for([ColumnRule("n", "n", minimum=low, maximum=high)]))


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize(
    ("sign", "cells", "numbers"),
    [
        (".", ("12.345", "10.250"), [12.345, 10.25]),
        (",", ("12.345", "950"), [12345.0, 950.0]),
        (",", ("12,345", "1.234,5"), [12.345, 1234.5]),
        (".", ("12,345", "1,234.5"), [12345.0, 1234.5]),
    ],
)
def test_the_sign_that_is_stated(
    written: Callable[[str], Path], separator: str, sign: Any, cells: tuple[str, ...], numbers: list[float]
) -> None:
    path = written(column(separator, *cells))
    table = read_territories(path, key="code", decimal=sign)
    assert table.numbers("n").tolist() == numbers
    assert table.source.decimal_stated
    assert table.columns_for([ColumnRule("n", "n", decimal=sign)])["n"].tolist() == numbers


def test_what_contradicts_the_stated_sign_is_refused(written: Callable[[str], Path]) -> None:
    table = read_territories(written(column(";", "0.5", "12.345")), key="code", decimal=",")
    assert refused(lambda: table.columns_for([ColumnRule("n", "n", decimal=",")])) == ["input-other-decimal"]


def test_a_table_that_was_read_with_another_sign_is_to_be_read_again(written: Callable[[str], Path]) -> None:
    table = read_territories(written(column(",", "0.5", "12.345")), key="code")
    assert refused(lambda: table.columns_for([ColumnRule("n", "n", decimal=",")])) == ["input-decimal-lost"]


PAGE = {
    "equite": "1",
    "id": "t",
    "language": "en",
    "key": "code",
    "envelope": "10000",
    "rounding": {"to": "1"},
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "n * rate"}}],
}


def test_the_advice_of_the_refusal_can_be_followed(written: Callable[[str], Path]) -> None:
    path = written("code,n,rate\nA,12.345,0.15\nB,8.901,0.15\nC,950,0.15\n")
    assert refused(lambda: allocate(Formula.from_dict(PAGE), path)) == ["input-ambiguous"] * 2
    by_column = Formula.from_dict({**PAGE, "columns": {"n": {"decimal": ","}}})
    assert allocate(by_column, path).amounts.tolist() == [5562, 4010, 428]
    whole = Formula.from_dict({**PAGE, "decimal": "."})
    assert allocate(whole, path).amounts.tolist() == [127, 92, 9781]
    other = Formula.from_dict({**PAGE, "decimal": ","})
    assert refused(lambda: allocate(other, path)) == ["input-other-decimal"] * 3


def test_a_column_of_text_keeps_its_points(written: Callable[[str], Path]) -> None:
    frame = read_table(written("code,section\nA,1.100\nB,1.200\n"))[0]
    assert frame["section"].tolist() == ["1.100", "1.200"]


@given(st.text("0019.,eE\n-", max_size=14).map(str.encode), st.integers(0, 3))
@example(b"1.000", 0)
@example(b"0.000", 0)
@example(b"700.0001", 0)
@example(b"x\n12.345\n", 2)
def test_a_point_that_may_part_thousands_is_found_as_its_pattern_finds_it(body: bytes, starts: int) -> None:
    pattern = re.compile(rb"[1-9][0-9]{0,2}\.[0-9]{3}(?![0-9eE.])")
    assert delimited._has_thousandths(body, starts) == bool(pattern.search(body, starts))


def test_it_is_found_where_two_blocks_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 8)
    for before in range(20):
        assert delimited._has_thousandths(b"," * before + b"120.345,7", 0)
        assert not delimited._has_thousandths(b"," * before + b"120.3456,7", 0)
        assert not delimited._has_thousandths(b"," * before + b"000.345,7", 0)
