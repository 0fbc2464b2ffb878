"""The empty table: read back as it is filled in, with its lists, its ranges and its explanations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from equite import Allocation, Formula, OutputError, TerritoriesError, allocate
from equite.report.workbook.template import write_template

#: Shares money by a page of few words.
Shared = Callable[..., Allocation]
HEADINGS = ["code_mrc", "nom", "population", "Superficie, km²", "poverty", "maturite", "invented", "nord", "milieu"]
HEADINGS += ["montant_2025"]


@pytest.fixture(params=["fr", "en"])
def page_in(request: pytest.FixtureRequest, page: Formula) -> Formula:
    return page.replace(language=request.param)


def test_a_template_filled_in_is_allocated(page_in: Formula, rows: pd.DataFrame, tmp_path: Path) -> None:
    path = write_template(page_in, tmp_path / "t.xlsx")
    rows["nom"] = rows["nom"].str.replace("\x1b", " ")
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.worksheets[0]
    assert [cell.value for cell in sheet[1]] == HEADINGS
    for at, row in enumerate(rows[HEADINGS].itertuples(index=False), start=2):
        for column, value in enumerate(row, start=1):
            sheet.cell(at, column).value = value
            if column <= 2:
                sheet.cell(at, column).data_type = "s"
    workbook.save(path)
    assert allocate(page_in, path).amounts.tolist() == allocate(page_in, rows).amounts.tolist()


def test_an_empty_template_says_that_it_is(page: Formula, tmp_path: Path) -> None:
    with pytest.raises(TerritoriesError):
        allocate(page, write_template(page, tmp_path / "t.xlsx"))


def rules(path: Path) -> dict[str, openpyxl.worksheet.datavalidation.DataValidation]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    by_letter = {
        str(rule.sqref).split(":")[0].rstrip("0123456789"): rule for rule in sheet.data_validations.dataValidation
    }
    return {str(sheet[f"{letter}1"].value): rule for letter, rule in by_letter.items()}


def test_lists_to_choose_from(page_in: Formula, tmp_path: Path) -> None:
    path = write_template(page_in, tmp_path / "t.xlsx")
    found = rules(path)
    french = page_in.language == "fr"
    assert found["nord"].formula1 == ('"oui,non"' if french else '"yes,no"')
    assert (found["maturite"].type, found["milieu"].type) == ("list", "list")
    book = openpyxl.load_workbook(path)
    words = []
    for heading in ("maturite", "milieu"):
        name, _, place = found[heading].formula1.partition("!")
        words.append([line[0].value for line in book[name.strip("'")][place.replace("$", "")]])
    levels = ["absente", "jeune, fragile", "établie"] if french else ["absent", "young, fragile", "established"]
    assert words == [levels, ["rural", "urbain"]]
    assert found["milieu"].errorStyle == "warning"


def test_ranges_are_held(page: Formula, tmp_path: Path) -> None:
    found = rules(write_template(page, tmp_path / "t.xlsx"))
    held = {name: (rule.type, rule.operator, rule.formula1, rule.formula2) for name, rule in found.items()}
    assert held["poverty"][0] == held["population"][0] == "decimal"
    assert held["poverty"][2:] == ("0.0", "100.0")
    assert held["population"][1:3] == ("greaterThanOrEqual", "0.0")
    assert held["Superficie, km²"][1:3] == ("greaterThanOrEqual", "1.0")
    assert found["invented"].formula1 is None
    assert found["poverty"].prompt == "Pauvreté. un nombre. de 0 à 100"
    assert all(rule.allow_blank for rule in found.values())
    assert str(found["poverty"].sqref) == "E2:E1048576"


def test_a_criterion_s_range_is_its_column_s(shared: Shared, tmp_path: Path) -> None:
    criteria = {"people": {"weight": 1, "range": [1, 50]}}
    parts = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "need"}}]
    columns = {"people": {"range": [0, 9]}}
    formula = shared(envelope=3, columns=columns, indices={"need": {"criteria": criteria}}, parts=parts).formula
    rule = rules(write_template(formula, tmp_path / "t.xlsx"))["people"]
    assert (rule.formula1, rule.formula2) == ("1.0", "9.0")


def test_codes_and_texts_stay_text(page: Formula, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write_template(page, tmp_path / "t.xlsx")).worksheets[0]
    texts = [cell.value for cell in sheet[1] if sheet.column_dimensions[cell.column_letter].number_format == "@"]
    assert texts == ["code_mrc", "nom", "milieu"]
    assert sheet.freeze_panes == "C2"


def test_each_column_is_explained(page_in: Formula, tmp_path: Path) -> None:
    path = write_template(page_in, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == (["Données", "Colonnes"] if page_in.language == "fr" else ["Data", "Columns"])
    told = {row[0]: row for row in book.worksheets[1].iter_rows(min_row=5, max_col=8, values_only=True)}
    assert list(told)[: len(HEADINGS)] == HEADINGS
    said = [str(cell).replace("\u00a0", " ") for cell in told["population"]]
    if page_in.language == "fr":
        assert said[1:3] == ["Population", "habitants"]
        assert said[5].startswith("qui participe; indice « Indice de besoin »; volet « Équité »")
        assert said[6:] == ["Décret 2025", "officiel"]
        assert "chacun une seule fois, 3 chiffres" in told["code_mrc"]
    else:
        assert said[1:3] == ["Population", "inhabitants"]
        assert said[6:] == ["Décret 2025", "official"]
        assert "previous amount" in said[5] + str(told["montant_2025"][5])


def test_each_heading_stands_once(shared: Shared, tmp_path: Path) -> None:
    parts = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": 'where(code == "1", 2, people)'}}]
    formula = shared({"code": ["1", "2"], "people": [1, 2]}, envelope=3, parts=parts, name="code").formula
    sheet = openpyxl.load_workbook(write_template(formula, tmp_path / "t.xlsx")).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["code", "people"]


def test_many_long_levels_fit(shared: Shared, tmp_path: Path) -> None:
    levels = [f"un niveau, long à dire, numéro {at} " + "x" * 30 for at in range(12)]
    columns = {"people": {"kind": "ordinal", "levels": levels, "title": "t" * 300}}
    rows = {"code": ["1", "2"], "people": levels[:2]}
    formula = shared(rows, envelope=3, columns=columns).formula
    found = rules(write_template(formula, tmp_path / "t.xlsx"))
    assert re.search(r"!\$B\$(\d+):\$B\$\d+$", found["people"].formula1)


def test_two_templates_of_one_page_are_the_same(page: Formula, tmp_path: Path) -> None:
    one, other = (write_template(page, tmp_path / f"{name}.xlsx").read_bytes() for name in "ab")
    assert one == other


def test_a_template_is_a_workbook(page: Formula, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ne se termine pas par \.xlsx"):
        write_template(page, tmp_path / "t.csv")


RATES = ("9.8", "14.6", "30", "0")


def percent_page(limits: list[float | None] | None) -> Formula:
    page = {
        "equite": 1,
        "id": "rates",
        "language": "en",
        "key": "code",
        "envelope": 1000,
        "columns": {"rate": {"unit": "%", **({"range": limits} if limits else {})}},
        "parts": [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "1 + rate / 100"}}],
        "rounding": {"to": 1},
    }
    return Formula.from_dict(page)


def typed_in(path: Path, signs: str) -> Path:
    """Fill a template in as a spreadsheet does: what is typed with its sign (p) is a hundredth, in a percent format."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for at, (code, rate, sign) in enumerate(zip("ABCD", RATES, signs, strict=True), start=2):
        sheet.cell(at, 1).value = code
        cell = sheet.cell(at, 2)
        cell.value = float(rate)
        if sign == "p":
            cell.value, cell.number_format = float(f"{rate}e-2"), "0.00%"
    book.save(path)
    return path


@pytest.mark.parametrize("signs", ["....", "pppp", "p...", ".ppp", "pp.p"])
def test_a_rate_typed_with_its_sign_or_without_gives_the_same(tmp_path: Path, signs: str) -> None:
    page = percent_page([0, 100])
    found = allocate(page, typed_in(write_template(page, tmp_path / "t.xlsx"), signs))
    assert found.scope.table.columns["rate"].tolist() == [9.8, 14.6, 30, 0]
    # 1,000 by 1.098, 1.146, 1.3 and 1, in all 4.544.
    assert found.amounts.tolist() == [242, 252, 286, 220]


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        ([0, 100], ("decimal", "between", "0.0", "100.0")),
        ([-5, 100], ("decimal", "between", "-5.0", "100.0")),
        ([20, None], ("decimal", "greaterThanOrEqual", "0.2", None)),
        ([None, 20], ("decimal", "lessThanOrEqual", "20.0", None)),
        ([None, -20], ("decimal", "lessThanOrEqual", "-0.2", None)),
        ([0.5, 60], ("decimal", "between", "0.005", "60.0")),
        ([10, 60], ("custom", None, "AND(ISNUMBER(B2),OR(AND(B2>=0.1,B2<=0.6),AND(B2>=10.0,B2<=60.0)))", None)),
        ([-60, -10], ("custom", None, "AND(ISNUMBER(B2),OR(AND(B2>=-60.0,B2<=-10.0),AND(B2>=-0.6,B2<=-0.1)))", None)),
        (None, ("any", None, None, None)),
    ],
)
def test_a_column_in_percent_lets_in_a_rate_with_its_sign(
    tmp_path: Path, limits: list[float | None] | None, rule: tuple[str | None, ...]
) -> None:
    found = rules(write_template(percent_page(limits), tmp_path / "t.xlsx"))["rate"]
    operator = "between" if found.type == "decimal" and found.operator is None else found.operator
    assert (found.type or "any", operator, found.formula1, found.formula2) == rule
    assert found.prompt.endswith("12.5 and 12.5% are the same here")


def test_marks_that_the_page_knows_may_be_typed(tmp_path: Path) -> None:
    page = {
        "equite": "1",
        "id": "t",
        "key": "code",
        "language": "en",
        "envelope": "10",
        "suppressed_marks": "x",
        "columns": {"coast": {"yes_marks": "✓"}, "rate": {"range": ["0", "1"]}},
        "parts": [{"id": "a", "pool": "remainder", "share": {"in_proportion_to": "1 + coast + rate"}}],
    }
    path = write_template(Formula.from_dict(page), tmp_path / "t.xlsx")
    rules = openpyxl.load_workbook(path).worksheets[0].data_validations.dataValidation
    assert [rule.formula1 for rule in rules if rule.type == "list"] == ['"yes,no,✓"']
    assert {rule.errorStyle for rule in rules if rule.type in ("list", "decimal")} == {"warning"}
