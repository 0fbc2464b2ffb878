"""Cells of a workbook mean what a person sees: percentages and footnote calls."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sheets import changed, number_cell, ods, page, raised, refused, row, text_cell, xlsx

from equite import Territories, TerritoriesError, allocate
from equite.inputs.columns import ColumnRule
from equite.inputs.marked import Percentage
from equite.inputs.reading import read_table

# Percent.


@pytest.mark.parametrize("code", ["0%", "0.00%", "0.0 %", "[Red]0%;-0%", '0"\u00a0"%'])
def test_a_cell_in_percent_is_the_number_before_its_sign(tmp_path: Path, code: str) -> None:
    rows = [("code", "rate"), ("A", (0.125, code)), ("B", (0.07, code)), ("C", (0, code)), ("D", (None, code))]
    found = Territories.of(xlsx(tmp_path / "t.xlsx", rows), key="code").numbers("rate")
    assert found.tolist() == [12.5, 7, 0, pytest.approx(float("nan"), nan_ok=True)]


@pytest.mark.parametrize("code", ['0.0" %"', "0.0\\%", "0.0_%", "General", "#,##0.00", '0.0;[Red]"%"0.0'])
def test_what_only_looks_like_percent_is_the_number_itself(tmp_path: Path, code: str) -> None:
    rows = [("code", "rate"), ("A", (12.5, code)), ("B", 25)]
    path = xlsx(tmp_path / "t.xlsx", rows)
    assert Territories.of(path, key="code").numbers("rate").tolist() == [12.5, 25]
    assert Territories.of(path, key="code").data["rate"].dtype == "float64"


def test_the_section_of_the_number_decides(tmp_path: Path) -> None:
    rows = [("code", "rate"), ("A", (0.5, "0%;-0.0%;0")), ("B", (0, "0%;-0.0%;0")), ("C", (-0.25, "0;-0%;0"))]
    assert Territories.of(xlsx(tmp_path / "t.xlsx", rows), key="code").numbers("rate").tolist() == [50, 0, -25]


def test_a_written_sign_beside_true_percent_is_the_same_sign(tmp_path: Path) -> None:
    rows = [("code", "rate"), ("A", (0.125, "0.0%")), ("B", (25, '0" %"'))]
    assert Territories.of(xlsx(tmp_path / "t.xlsx", rows), key="code").numbers("rate").tolist() == [12.5, 25]


def test_formulas_in_percent(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", (0.5, "0%"))])
    changed(path, lambda text: text.replace("<v>0.5</v>", "<f>1/2</f><v>0.5</v>"))
    assert Territories.of(path, key="code").numbers("rate").tolist() == [50]


def test_percent_by_the_style_that_a_cell_is_based_on(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", (0.5, "0%"))])
    bare = re.compile(r'(<cellXfs.*?<xf )numFmtId="164"( [^>]*?xfId=")0"', re.DOTALL)
    changed(path, lambda text: bare.sub(r'\1\g<2>1"', text), "xl/styles.xml")
    style = '<xf numFmtId="9" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    changed(path, lambda text: text.replace("</cellStyleXfs>", style), "xl/styles.xml")
    assert Territories.of(path, key="code").numbers("rate").tolist() == [50]


def test_percent_as_the_style_of_every_cell_that_names_none(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", 0.5), ("B", (0.25, "0.0"))])
    changed(
        path,
        lambda text: text.replace('<cellXfs count="2"><xf numFmtId="0"', '<cellXfs count="2"><xf numFmtId="9"'),
        "xl/styles.xml",
    )
    assert read_table(path)[0]["rate"].tolist() == [Percentage(50), 0.25]


def test_percent_of_an_opendocument_sheet(tmp_path: Path) -> None:
    body = row(text_cell("code"), text_cell("rate"), text_cell("n"))
    body += row(text_cell("A"), number_cell(0.125, "percentage"), number_cell(1))
    body += row(text_cell("B"), number_cell(0.07, "percentage", 'table:number-columns-repeated="2"'))
    path = ods(tmp_path / "t.ods", body)
    territories = Territories.of(path, key="code")
    assert territories.numbers("rate").tolist() == [12.5, 7]
    assert territories.data["n"].tolist() == [1, Percentage(7)]


def test_repeated_rows_and_cells_of_an_opendocument_sheet_are_counted(tmp_path: Path) -> None:
    empty = '<table:table-cell table:number-columns-repeated="2"/>'
    body = row(empty, text_cell("code"), text_cell("rate"))
    body += row('<table:table-cell table:number-columns-repeated="4"/>', more='table:number-rows-repeated="3"')
    body += row(empty, text_cell("A"), number_cell(0.5, "percentage"))
    body += row(empty, text_cell("B"), number_cell(0.25, "percentage"))
    body += row(
        '<table:table-cell table:number-columns-repeated="16384"/>', more='table:number-rows-repeated="1048569"'
    )
    frame, source, _ = read_table(ods(tmp_path / "t.ods", body))
    assert frame["rate"].tolist() == [Percentage(50), Percentage(25)]
    assert [source.first_row + at for at in frame.index] == [5, 6]


MIXED = [("code", "rate"), ("A", (0.125, "0.0%")), ("B", 5), ("C", 10), ("D", 0)]


@pytest.mark.parametrize(
    ("unit", "limits", "rows", "expected"),
    [
        ("%", (0, 100), MIXED, [12.5, 5, 10, 0]),
        ({"fr": "pour cent", "en": "per cent"}, (0, 100), MIXED, [12.5, 5, 10, 0]),
        ("% of people", (0, 100), MIXED, [12.5, 5, 10, 0]),
        ("%", (0, 1), [("code", "rate"), ("A", (0.005, "0.0%")), ("B", 0.4)], [0.5, 0.4]),
        ("%", (-100, 100), [("code", "rate"), ("A", (-0.005, "0.0%")), ("B", -4)], [-0.5, -4]),
        ("%", (0, 100), [("code", "rate"), ("A", (0.125, "0.0%")), ("B", 0)], [12.5, 0]),
        (None, None, [("code", "rate"), ("A", (0.125, "0.0%")), ("B", 0), ("C", None)], [12.5, 0, float("nan")]),
        ("%", (0, 100), [("code", "rate"), ("A", (0.125, "0.0%")), ("B", "5 %")], [12.5, 5]),
        ("$", None, [("code", "rate"), ("A", (0.125, "0.0%")), ("B", "5,5 %")], [12.5, 5.5]),
    ],
)
def test_bare_numbers_beside_percentages_that_can_be_read_in_one_way(
    tmp_path: Path, unit: Any, limits: Any, rows: Any, expected: list[float]
) -> None:
    column = {key: value for key, value in (("unit", unit), ("range", limits)) if value is not None}
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "1 + default(rate, 0) / 1000"}}]
    found = allocate(page(columns={"rate": column}, parts=parts), xlsx(tmp_path / "t.xlsx", rows))
    assert found.scope.table.columns["rate"].tolist() == pytest.approx(expected, nan_ok=True)
    settled = any(isinstance(value, float | int) and value for _, value in rows[1:])
    assert any("stand beside percentages" in warning for warning in found.warnings) == settled


@pytest.mark.parametrize(
    ("unit", "limits", "rows", "said"),
    [
        ("%", (0, 100), [*MIXED, ("E", 0.5)], ["'0.5' beside percentages can be 0.5% or a hundred times that"]),
        ("%", (0, 100), [*MIXED, ("E", 1)], ["'1' beside percentages"]),
        ("%", None, MIXED, ["'5' beside percentages", "'10' beside percentages"]),
        ("%", (0, None), MIXED, ["'5' beside percentages", "'10' beside percentages"]),
        ("%", (10, 100), [("code", "rate"), ("A", (0.125, "0%")), ("B", 0.3)], ["0.3 is below the minimum, 10"]),
        ("$", (0, 100), MIXED, ["'12.5%' stands beside numbers without a percent sign (territory A)"]),
        (None, None, MIXED, ["'12.5%' stands beside"]),
        ("%", (0, 100), [("code", "rate"), ("A", "12.5%"), ("B", 5)], ["'12.5%' stands beside"]),
    ],
)  # fmt: skip
def test_bare_numbers_beside_percentages_that_can_be_read_in_two_ways(
    tmp_path: Path, unit: Any, limits: Any, rows: Any, said: list[str]
) -> None:
    column = {key: value for key, value in (("unit", unit), ("range", limits)) if value is not None}
    with pytest.raises(TerritoriesError) as caught:
        allocate(page(columns={"rate": column}), xlsx(tmp_path / "t.xlsx", rows))
    lines = caught.value.text("en").splitlines()
    assert len(lines) == len(said)
    assert all(line.startswith(start) for line, start in zip(lines, said, strict=True))
    assert not said[0].startswith("'0.5'") or "@ t.xlsx, rate (row 6): type it in cell B6 with" in lines[0]
    assert caught.value.text("fr") != caught.value.text("en")


def test_a_criterion_s_range_settles_a_column_too(tmp_path: Path) -> None:
    index = {"need": {"criteria": {"rate": {"weight": 1, "range": [0, 100], "more_need_when": "high"}}}}
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}}]
    found = allocate(
        page(columns={"rate": {"unit": "%"}}, indices=index, parts=parts), xlsx(tmp_path / "t.xlsx", MIXED)
    )
    assert found.scope.table.columns["rate"].tolist() == [12.5, 5, 10, 0]


def test_percentages_beyond_a_range_that_counts_shares(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", (0.125, "0.0%")), ("B", (0.25, "0.0%"))])
    with pytest.raises(TerritoriesError) as caught:
        allocate(page(columns={"rate": {"range": [0, 1]}}), path)
    assert caught.value.text("en").startswith(
        "12.5% counts as the number before its sign, which is above the maximum, 1"
    )
    assert "12,5\u00a0% compte pour" in caught.value.text("fr")


def test_csv_and_workbook_agree(tmp_path: Path) -> None:
    book = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", (0.125, "0.0%")), ("B", (0.25, "0.0%"))])
    (tmp_path / "t.csv").write_text("code,rate\nA,12.5%\nB,25.0%\n", encoding="utf-8")
    assert allocate(page(), book).amounts.tolist() == allocate(page(), tmp_path / "t.csv").amounts.tolist()


def test_a_label_in_percent_is_what_a_person_sees(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "group"), ("A", (0.125, "0.0%")), ("B", "12.5%")])
    assert Territories.of(path, key="code", text=["group"]).texts("group").tolist() == ["12.5%", "12.5%"]


# Footnote calls.


@pytest.mark.parametrize("shared", [True, False])
def test_footnote_calls_never_join_a_number_or_a_code(tmp_path: Path, shared: bool) -> None:
    rows = [
        ("code", raised("people^1^"), "group"),
        (raised("2401^1^"), raised("1234^1^"), raised("rural^a^")),
        ("2402", raised("12,345^2^"), "rural"),
        ("2403", "1,234,567", raised("urban^*^")),
        ("2404", raised("0^3^"), "urban"),
        ("2405", raised("n/d^4^"), "urban"),
    ]
    path = xlsx(tmp_path / "t.xlsx", rows, shared=shared)
    territories = Territories.of(path, key="code", text=["group"])
    assert territories.codes == ("2401", "2402", "2403", "2404", "2405")
    assert territories.numbers("people").tolist()[:4] == [1234, 12345, 1234567, 0]
    assert territories.texts("group").tolist() == ["rural", "rural", "urban", "urban", "urban"]
    # A page written for the heading as it used to read goes on.
    assert territories.numbers("people1").tolist()[:1] == [1234]


def test_footnote_calls_are_told_by_their_cells(tmp_path: Path) -> None:
    rows = [("code", "rate"), (raised("A^1^"), raised("12^2^")), ("B", 5)]
    found = allocate(page(), xlsx(tmp_path / "t.xlsx", rows))
    assert found.codes == ("A", "B")
    assert found.amounts.tolist() == [706, 294]
    assert [warning.split(" @ ")[0] for warning in found.warnings] == [
        "superscripts were taken for footnote calls and left out (1): A2 (A [1])",
        "superscripts were taken for footnote calls and left out (1): B2 (12 [2])",
    ]


def test_a_number_with_an_exponent_and_a_call_alone_are_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", "rate"), ("A", raised("10^3^")), ("B", raised("^1^"))])
    said = refused(path, ColumnRule("rate", "rate"), key="code")
    assert said[0].startswith(
        "no number can be told in '10' beside the superscript '3' (territory A) @ t.xlsx, rate (row 2)"
    )
    assert said[1].startswith("no number can be told in '' beside the superscript '1' (territory B)")


@pytest.mark.parametrize("asked", ["Superficie (km²)", "Superficie (km2)"])
def test_a_unit_s_exponent_in_a_heading_is_found_either_way(tmp_path: Path, asked: str) -> None:
    rows = [("code", raised("Superficie (km^2^)")), ("A", 12)]
    territories = Territories.of(xlsx(tmp_path / "t.xlsx", rows), key="code")
    assert territories.numbers(asked).tolist() == [12]
    assert list(territories.data.columns) == ["code", "Superficie (km²)"]


def test_headings_that_only_their_calls_tell_apart(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [("code", raised("people^1^"), raised("people^2^")), ("A", 1, 2)])
    assert list(read_table(path)[0].columns) == ["code", "people1", "people2"]


def test_footnote_calls_of_an_opendocument_sheet(tmp_path: Path) -> None:
    lifted = '<text:span text:style-name="T1">1</text:span>'
    body = row(text_cell("code"), text_cell("people"), text_cell(f"km{lifted.replace('>1<', '>2<')}"))
    body += row(text_cell(f"2401{lifted}"), text_cell(f"1<text:s/>234{lifted}"), number_cell(1))
    lowered = '<text:span text:style-name="T2">2</text:span>'
    note = '<office:annotation xmlns:dc="d"><dc:creator>x</dc:creator><text:p>a note</text:p></office:annotation>'
    body += row(text_cell(f"CO{lowered}"), number_cell(7).replace("><text:p", f">{note}<text:p"), number_cell(1))
    territories = Territories.of(ods(tmp_path / "t.ods", body), key="code")
    assert territories.codes == ("2401", "CO2")
    assert territories.numbers("people").tolist() == [1234, 7]
    assert territories.numbers("km2").tolist() == territories.numbers("km²").tolist() == [1, 1]
