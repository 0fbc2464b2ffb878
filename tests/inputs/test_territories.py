"""Territories: codes that stay text, tables from anywhere, columns checked all at once."""

from __future__ import annotations

import hashlib
import math
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite.errors import TerritoriesError
from equite.inputs.reading import Source
from equite.inputs.territories import ColumnRule, Territories, columns_of, read_territories

NAN = pytest.approx(math.nan, nan_ok=True)
COLUMNS: dict[str, list[Any]] = {
    "code": ["010", "020", "030"],
    "nom": ["Évain", "NA", None],
    "pop": [12, None, 14],
    "taux": [1.5, 2.5, None],
    "oui": [True, False, True],
    "n": [1, 2, 3],
}


def refused(call: Callable[[], object]) -> TerritoriesError:
    with pytest.raises(TerritoriesError) as caught:
        call()
    assert caught.value.text("fr") != caught.value.text("en")
    return caught.value


def ids(error: TerritoriesError) -> list[tuple[str, str, int | None]]:
    return [(problem.id, problem.where, problem.line) for problem in error.problems]


# Codes.


@pytest.mark.parametrize(
    ("cells", "width", "codes"),
    [
        (["10", " 20 ", "030"], 3, ("010", "020", "030")),
        ([10, 20, 30], 3, ("010", "020", "030")),
        ([10.0, 20.0, 30.0], 3, ("010", "020", "030")),
        (["10.0", "2.0", "A1"], 3, ("010", "002", "A1")),
        (["10", "A10", "AB10"], 3, ("010", "A10", "AB10")),
        (["10", "010", "1000"], None, ("10", "010", "1000")),
        (["NA", "x", "..."], None, ("NA", "x", "...")),
        ([10**17 + 1, 10**17 + 2, 10**17 + 3], None, tuple(f"1{'0' * 16}{last}" for last in "123")),
        (["E\u0301", "É\u00a0B", "É  C"], None, ("É", "É B", "É C")),
    ],
)
def test_codes_stay_text(cells: list[object], width: int | None, codes: tuple[str, ...]) -> None:
    assert Territories.from_frame({"code": cells, "n": [1, 2, 3]}, key="code", width=width).codes == codes


@given(st.lists(st.text("0123456789", min_size=1, max_size=5), min_size=1, unique_by=lambda code: code.zfill(5)))
def test_codes_keep_their_zeros(codes: list[str]) -> None:
    frame = {"code": codes, "n": range(len(codes))}
    assert Territories.from_frame(frame, key="code").codes == tuple(codes)
    assert Territories.from_frame(frame, key="code", width=5).codes == tuple(code.zfill(5) for code in codes)


def test_every_wrong_code_is_told(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("code;n\n10;1\n010;2\n;3\n1000;4\n \t;5\n10.0;6\n20;7\n", encoding="utf-8")
    error = refused(lambda: read_territories(path, key="code", width=3))
    assert ids(error) == [
        ("input-code-twice", "code", 3),
        ("input-code-missing", "code", 4),
        ("input-code-long", "code", 5),
        ("input-code-missing", "code", 6),
        ("input-code-twice", "code", 7),
    ]
    assert error.text("en").splitlines()[0] == (
        "the code '010' is already that of row 2 @ table.csv, code (row 3): "
        "give each territory one row and a code of its own"
    )
    french = error.text("fr").splitlines()[2]
    assert french.startswith("le code « 1000 » a plus de 3 chiffres @ table.csv, code (ligne 5)")
    assert french.endswith("corrigez le code, ou la largeur des codes")


def test_a_key_that_is_not_there() -> None:
    assert refused(lambda: Territories.from_frame(COLUMNS, key="codes")).text("en") == (
        "the table has no column 'codes': did you mean 'code'?"
    )
    assert refused(lambda: Territories.from_frame(COLUMNS, key="zzz")).text("en") == (
        "the table has no column 'zzz': its columns are code, nom, pop, taux, oui, n"
    )


# Tables from anywhere.


def same(territories: Territories) -> None:
    assert territories.key == "code"
    assert territories.codes == ("010", "020", "030")
    assert list(territories.data) == list(COLUMNS)
    assert territories.numbers("pop").tolist() == [12, NAN, 14]
    assert territories.numbers("taux").tolist() == [1.5, 2.5, NAN]
    assert territories.texts("nom").tolist() == ["Évain", "NA", None]
    assert territories.texts("n").tolist() == ["1", "2", "3"]
    assert territories.columns_for([ColumnRule("o", "oui", "yes_no")])["o"].tolist() == [1, 0, 1]
    assert len(territories) == 3


def test_mappings_and_rows() -> None:
    same(Territories.of(COLUMNS, key="code"))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
    same(Territories.of(rows, key="code"))
    same(Territories.of({name: np.array(cells, dtype=object) for name, cells in COLUMNS.items()}, key="code"))
    sparse = [{"code": "010", "n": 1}, {"code": "020", "m": 2}]
    assert Territories.of(sparse, key="code").numbers("m").tolist() == [NAN, 2]


def test_pandas_frames_are_copied() -> None:
    frame = pd.DataFrame(COLUMNS, index=[7, 7, 9])
    before = frame.copy(deep=True)
    territories = Territories.from_frame(frame, key="code", text=["n"])
    same(territories)
    pd.testing.assert_frame_equal(frame, before)
    frame.loc[:, "pop"] = 0
    same(territories)
    assert territories.data.index.tolist() == [0, 1, 2]
    assert territories.row(2) == 2


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_pandas_frames_of_other_types(backend: Any) -> None:
    if backend == "pyarrow":
        pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    frame = pd.DataFrame(COLUMNS).convert_dtypes(dtype_backend=backend)
    frame["nom"] = frame["nom"].astype("category")
    same(Territories.from_frame(frame, key="code"))


def test_a_named_index_is_a_column() -> None:
    frame = pd.DataFrame(COLUMNS).set_index("code")
    assert Territories.from_frame(frame, key="code").codes == ("010", "020", "030")
    assert list(frame) == list(COLUMNS)[1:]
    both = frame.assign(code=["a", "b", "c"])
    assert Territories.from_frame(both, key="code").codes == ("a", "b", "c")


def test_polars_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame(COLUMNS).with_columns(polars.col("nom").cast(polars.Categorical))
    same(Territories.from_frame(frame, key="code"))
    same(Territories.from_frame(frame.lazy(), key="code"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    same(Territories.from_frame(frame, key="code"))


def test_arrow_tables() -> None:
    arrow = pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    same(Territories.from_frame(arrow.table(COLUMNS), key="code"))

    class Capsule:
        """What offers the Arrow interface, and nothing else."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return arrow.table(COLUMNS).__arrow_c_stream__(requested_schema)

    same(Territories.from_frame(Capsule(), key="code"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        assert ids(refused(lambda: Territories.from_frame(Capsule())))[0][0] == "input-needs-pyarrow"


@pytest.mark.parametrize(
    ("table", "entry"),
    [
        (3, "input-no-table"),
        (None, "input-no-table"),
        ([1, 2], "input-no-table"),
        ({"code": "010"}, "input-no-table"),
        ({"code": 3}, "input-no-table"),
        ({"code": ["010"], "n": [1, 2]}, "input-uneven"),
        ({}, "input-empty"),
        ([], "input-empty"),
        ([{}], "input-empty"),
        (pd.DataFrame(), "input-empty"),
        ({"code": []}, "input-no-rows"),
        (pd.DataFrame({"code": []}), "input-no-rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "input-heading-twice"),
        (pd.DataFrame([[1, 2]], columns=["a", " a"]), "input-heading-twice"),
        (pd.DataFrame([[1, 2]], columns=["a", ""]), "input-heading-empty"),
    ],
)
def test_what_is_no_table(table: object, entry: str) -> None:
    assert [name for name, *_ in ids(refused(lambda: Territories.of(table)))] == [entry]


def test_headings_that_are_no_text() -> None:
    territories = Territories.from_frame(pd.DataFrame([[1, 2, 3]], columns=[2021, 2022.0, " a\u00a0b "]))
    assert list(territories.data) == ["2021", "2022", "a b"]
    assert territories.numbers("2021").tolist() == [1]


def test_territories_come_back_as_they_are_or_under_another_key(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("code,autre\n010,5\n020,5\n030,7\n", encoding="utf-8")
    territories = Territories.of(path, key="code")
    assert Territories.of(territories) is territories
    assert Territories.of(territories, key="code") is territories
    assert Territories.of(str(path), key="code").codes == territories.codes
    assert Territories.of(territories, key="code", width=5).codes == ("00010", "00020", "00030")
    assert ids(refused(lambda: Territories.of(territories, key="autre"))) == [("input-code-twice", "autre", 3)]
    bare = read_territories(path)
    assert (bare.key, bare.codes) == (None, ())
    again = Territories.of(bare, key="code")
    assert (again.codes, again.source) == (territories.codes, bare.source)


# Columns.

RULES = [
    ColumnRule("population", "Population", "extensive"),
    ColumnRule("taux", "Taux", "intensive", minimum=0, maximum=100),
    ColumnRule("solde", "Solde", "extensive", minimum=-5),
    ColumnRule("niveau", "Niveau", "ordinal", levels=({"fr": "bas", "en": "low"}, {"fr": "haut", "en": "high"})),
    ColumnRule("rural", "Rural", "yes_no"),
    ColumnRule("nom", "Nom", "text"),
    ColumnRule("absent", "Popultion", "number", line=12),
]
TABLE = """code;Population;Taux;Solde;Niveau;Rural;Nom
010;1 234;12,5;-5;Bas;oui;NA
020;-3;101;-6;LOW;non;x
030;abc;-0,5;4;2;maybe;
040;1e999;50 $;...;3;;Îles
"""


def test_twelve_mistakes_are_twelve_lines(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    error = refused(lambda: read_territories(path, key="code").columns_for(RULES))
    assert ids(error) == [
        ("input-negative", "Population", 3),
        ("input-not-number", "Population", 4),
        ("input-infinite", "Population", 5),
        ("input-above", "Taux", 3),
        ("input-below", "Taux", 4),
        ("input-below", "Solde", 3),
        ("input-no-level", "Niveau", 5),
        ("input-not-yes-no", "Rural", 4),
        ("input-no-column-near", "", None),
    ]
    assert error.text("en").splitlines() == [
        "a negative quantity: -3 (territory 020) @ table.csv, Population (row 3): correct it, or set a minimum below "
        "zero for this column if it may be negative",
        "text in a number column: 'abc' (territory 030) @ table.csv, Population (row 4): write a number, or leave the "
        "cell empty if it is not known",
        "an infinite number (territory 040) @ table.csv, Population (row 5): write a number, or leave the cell empty "
        "if it is not known",
        "101 is above the maximum, 100 (territory 020) @ table.csv, Taux (row 3): correct the number, or the maximum "
        "of this column",
        "-0,5 is below the minimum, 0 (territory 030) @ table.csv, Taux (row 4): correct the number, or the minimum "
        "of this column",
        "-6 is below the minimum, −5 (territory 020) @ table.csv, Solde (row 3): correct the number, or the minimum "
        "of this column",
        "'3' is not one of the levels (territory 040) @ table.csv, Niveau (row 5): write low, high, or a number from "
        "1 to 2",
        "'maybe' is neither yes nor no (territory 030) @ table.csv, Rural (row 4): write yes or no, or 1 or 0",
        "the table has no column 'Popultion' (asked for on line 12 of the formula) @ table.csv: did you mean "
        "'Population'?",
    ]
    assert "« 3 » n'est pas un des niveaux (territoire 040)" in error.text("fr")
    assert "écrivez bas, haut, ou un nombre de 1 à 2" in error.text("fr")


def test_columns_by_the_names_of_the_formula() -> None:
    frame = {"code": ["a", "b"], "Solde": [-5, None], "Niveau": ["haut", 1], "Rural": ["non", None], "Nom": ["NA", ""]}
    columns = Territories.from_frame(frame, key="code").columns_for(RULES[2:6])
    assert columns["solde"].tolist() == [-5, NAN]
    assert columns["niveau"].tolist() == [2, 1]
    assert columns["rural"].tolist() == [0, NAN]
    assert columns["nom"].tolist() == ["NA", None]
    assert [column.dtype.kind for column in columns.values()] == ["f", "f", "f", "O"]


def test_a_heading_is_found_however_its_blanks_are_written() -> None:
    territories = Territories.from_frame({"Population\u00a02021": [1]})
    assert territories.columns_for([ColumnRule("p", " Population  2021")])["p"].tolist() == [1]


@pytest.mark.parametrize(("wrong", "lines"), [(12, 12), (13, 6), (500, 6)])
def test_a_column_of_mistakes_is_told_by_its_first(wrong: int, lines: int) -> None:
    territories = Territories.from_frame({"n": ["?"] * wrong + [1]})
    error = refused(lambda: territories.numbers("n"))
    assert len(error.text("en").splitlines()) == lines
    if lines == 6:
        assert error.text("en").splitlines()[-1] == f"and {wrong - 5} more like these @ n: mend them likewise"


def test_a_long_cell_is_cut_in_its_sentence() -> None:
    error = refused(lambda: Territories.from_frame({"n": ["line\nline " * 50]}).numbers("n"))
    assert len(error.text("en")) < 200
    assert "\n" not in error.text("en")


def test_an_ambiguous_number_is_refused() -> None:
    territories = Territories.from_frame({"code": ["a", "b"], "n": ["1,234", "12"]}, key="code")
    assert ids(refused(lambda: territories.numbers("n"))) == [("input-ambiguous", "n", 0)]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("code,g\na,1\nb,\n", ["1", None]),
        ("code,g\na,1\nb,2\n,\n", ["1", "2"]),
        ("code,g\na,True\nb,False\n", ["True", "False"]),
        ("code,g\na,1.10\nb,1.1\n", None),
        ("code,g\na,1E5\nb,2E5\n", None),
    ],
)
def test_numbers_are_text_only_if_nothing_is_lost(tmp_path: Path, content: str, texts: list[str | None] | None) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content, encoding="utf-8")
    territories = read_territories(path)
    if texts is None:
        assert ids(refused(lambda: territories.texts("g"))) == [("input-lost-text", "g", None)]
        assert ids(refused(lambda: Territories.of(territories, key="g"))) == [("input-lost-text", "g", None)]
    else:
        assert territories.texts("g").tolist() == texts


def test_what_is_given_is_a_copy() -> None:
    territories = Territories.from_frame({"n": [1.0, 2.0], "t": ["a", "b"]})
    territories.numbers("n")[:] = 0
    territories.texts("t")[:] = "z"
    columns = territories.columns_for([ColumnRule("n", "n"), ColumnRule("t", "t", "text")])
    columns["n"][:] = 0
    assert territories.numbers("n").tolist() == [1, 2]
    assert territories.texts("t").tolist() == ["a", "b"]


def test_what_becomes_of_a_frame_later_does_not_reach_the_territories() -> None:
    frame = pd.DataFrame({"code": ["A", "B"], "n": [1.0, 2.0], "t": ["a", "b"]})
    territories = Territories.from_frame(frame, key="code")
    frame.loc[0, "n"] = 9.0
    frame.iloc[1, 1] = 9.0
    frame["code"] = ["Y", "Z"]
    frame.loc[:, "t"] = "z"
    assert territories.codes == ("A", "B")
    assert territories.numbers("n").tolist() == [1, 2]
    assert territories.table.to_dict("list") == {"code": ["A", "B"], "n": [1, 2], "t": ["a", "b"]}


def test_a_column_is_contiguous_however_the_frame_lies_in_memory() -> None:
    by_rows = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=["a", "b", "c"], copy=False)
    read = columns_of(Territories.from_frame(by_rows), [ColumnRule("b", "b")])["b"].values
    assert read.tolist() == [1, 4, 7, 10]
    assert read.flags.c_contiguous
    assert not read.flags.writeable


# What it shows of itself.


def test_it_shows_its_first_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = {"code": [f"{number:03}" for number in range(9)], "<b>nom</b>": ["<i>&"] * 8 + [None], "x" * 50: range(9)}
    territories = Territories.from_frame(frame, key="code")
    text = repr(territories)
    assert text.startswith("9 territories × 3 columns, missing cells: 1\n")
    assert "004" in text
    assert "005" not in text
    assert max(map(len, text.splitlines())) < 100
    html = territories._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;i&gt;&amp;" in html
    monkeypatch.setenv("EQUITE_LANGUAGE", "fr")
    assert repr(territories).startswith("9 territoires × 3 colonnes, cellules manquantes : 1\n")


def test_the_name_of_its_file_is_escaped() -> None:
    territories = Territories(pd.DataFrame({"n": [1]}), None, (), Source("<script>.csv"))
    assert "<script>" not in territories._repr_html_()
    assert repr(territories).startswith("<script>.csv · 1 territories × 1 columns")


def test_the_fingerprint_of_a_table_in_memory() -> None:
    frame = pd.DataFrame({"code": ["020", "010"], "n": [2, 1.5]})
    territories = Territories.from_frame(frame, key="code")
    expected = hashlib.sha256(b"code,n\n010,1.5\n020,2.0\n").hexdigest()
    assert territories.source.sha256 == expected
    assert Territories.from_frame(frame[::-1], key="code").source.sha256 == expected
    assert Territories.from_frame(frame[::-1]).source.sha256 == expected
    assert Territories.from_frame(frame).source.sha256 != expected
    again = pickle.loads(pickle.dumps(territories))
    assert (again.codes, again.source.sha256) == (territories.codes, expected)


def test_it_is_frozen() -> None:
    territories = Territories.from_frame(COLUMNS)
    with pytest.raises(AttributeError):
        territories.codes = ()  # type: ignore[misc]


# As spreadsheets leave them.


def test_an_empty_cell_too_many_does_not_change_the_separator(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("code;pop;avant\nA;1000,5;1\nB;500,5;2;\n", encoding="utf-8")
    assert read_territories(path, key="code").numbers("pop").tolist() == [1000.5, 500.5]


def test_percent_signs_on_some_cells_only_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("code;taux\nA;25 %\nB;0,25\n", encoding="utf-8")
    with pytest.raises(TerritoriesError, match="25 %"):
        read_territories(path, key="code").numbers("taux")
    path.write_text("code;taux\nA;25 %\nB;12,5 %\nC;n/d\n", encoding="utf-8")
    assert read_territories(path, key="code").numbers("taux")[:2].tolist() == [25, 12.5]


def test_a_sheet_is_asked_of_workbooks_only(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("code,pop\nA,1\nB,2\n", encoding="utf-8")
    with pytest.raises(TerritoriesError, match="no sheets"):
        read_territories(path, key="code", sheet="Feuil1")
