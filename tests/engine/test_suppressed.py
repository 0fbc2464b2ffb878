"""Figures that are withheld: never zero, never filled but by a rule that names them, told wherever they count."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from equite import Formula, allocate, read_workbook
from equite.errors import EquiteError
from equite.wording import Codes

ROWS: dict[str, list[Any]] = {
    "code": ["A", "B", "C", "D"],
    "families": ["x", "n.d.", 10, 20],
    "people": [10, 10, 10, 10],
}


def page(share: str = "families", **keys: Any) -> Formula:
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": share}}]
    base: dict[str, Any] = {
        "equite": "1",
        "id": "t",
        "language": "en",
        "key": "code",
        "envelope": "1200",
        "parts": parts,
    }
    given = {**base, "suppressed_marks": "x", "rounding": {"to": "1"}, **keys}
    return Formula.from_dict({key: value for key, value in given.items() if value is not None})


def refused(formula: Formula, table: Any = None) -> list[str]:
    with pytest.raises(EquiteError) as error:
        allocate(formula, ROWS if table is None else table)
    assert error.value.text("fr") != error.value.text("en")
    return [problem.id for problem in error.value.problems]


def test_a_default_does_not_fill_it() -> None:
    assert refused(page("default(families, 0)")) == ["suppressed-cell"]
    assert refused(page("default(families / people, 0)")) == ["suppressed-cell"]
    assert refused(page("default(v, 0)", variables={"v": "families * 2"})) == ["suppressed-cell"]
    assert refused(page("where(is_missing(families), 0, families)")) == ["suppressed-cell"]


def test_without_the_key_it_is_missing_as_any_other() -> None:
    found = allocate(page("default(families, 0)", suppressed_marks=None), ROWS)
    assert found.amounts.tolist() == [0, 0, 400, 800]
    assert found.record["suppressed"] == {}


def test_a_rule_that_names_it_fills_it_and_it_is_told() -> None:
    found = allocate(page("where(is_suppressed(families), 30, default(families, 0))"), ROWS)
    assert found.amounts.tolist() == [600, 0, 200, 400]
    assert [problem.id for problem in found.warnings_found] == ["figures-suppressed"]
    assert found.record["suppressed"] == {"families": ["A"]}
    assert "A" in found.warnings[0]


def test_a_sum_that_takes_it_in_is_refused_with_the_cause() -> None:
    assert refused(page("people", variables={"v": "total(default(families, 0))"}, checks=[{"that": "v > 0"}])) == [
        "aggregate-suppressed"
    ]


def test_its_own_previous_is_withheld_too() -> None:
    floor = {"id": "f", "at_least": "default(previous, 999)"}
    found = allocate(page("people", previous="families", limits=[floor]), {**ROWS, "families": ["x", 1, 1, 1]})
    # No floor of 999 is made of a figure that is withheld.
    assert found.amounts.tolist() == [300, 300, 300, 300]


def index(missing: Any) -> dict[str, Any]:
    return {"indices": {"need": {"criteria": {"families": {"weight": "1", "missing": missing}}}}}


@pytest.mark.parametrize("rule", [{"fill": "median"}, {"fill": "mean"}, {"fill": "0"}, {"fill_from": "people"}])
def test_an_index_fills_it_only_if_its_rule_names_it(rule: dict[str, str]) -> None:
    assert refused(page("1 + need", **index(rule))) == ["suppressed-cell"]
    found = allocate(page("1 + need", **index({**rule, "suppressed": "true"})), ROWS)
    assert {problem.id for problem in found.warnings_found} == {"figures-suppressed", "cells-filled"}


def test_an_index_that_refuses_or_skips() -> None:
    assert refused(page("1 + need", **index("refuse"))) == ["suppressed-cell", "missing-cell"]
    keys = {"indices": {"need": {"missing": "skip", "criteria": {"families": "1", "n": "1"}}}}
    found = allocate(page("1 + need", **keys), {**ROWS, "n": [1, 2, 3, 4]})
    assert {problem.id for problem in found.warnings_found} == {"figures-suppressed", "cells-skipped"}


def test_whoever_takes_no_part_does_no_harm() -> None:
    found = allocate(page("families", eligible=[{"where": 'not (code in ("A", "B"))'}]), ROWS)
    assert found.amounts.tolist() == [400, 800]
    assert found.warnings == ()


def test_marks_of_a_column_go_before_those_of_the_page() -> None:
    table = {**ROWS, "families": ["x", "F", 10, 20], "coast": ["x", "", "no", "F"]}
    keys: dict[str, Any] = {"columns": {"coast": {"yes_marks": "x"}, "families": {"missing_marks": ["x"]}}}
    coast = "where(is_suppressed(coast), 1, default(coast, 0))"
    share = f"1 + {coast} + 10 * is_suppressed(families) + 100 * is_missing(families)"
    found = allocate(page(share, suppressed_marks=["x", "F"], **keys), table)
    assert found.scope.rows(found.formula.parts[0].share.in_proportion_to.tree).tolist() == [102, 11, 1, 2]  # type: ignore[union-attr]


@pytest.mark.parametrize("cells", [["x", "", "x", "no"], ["X", "yes", "no", "no"]])
def test_an_x_among_yes_and_no_is_refused_until_the_page_says(cells: list[str]) -> None:
    table = {**ROWS, "coast": cells}
    share = "1 + default(coast, 0)"
    open_page = page(share, suppressed_marks=None, columns={"coast": {"kind": "yes_no"}})
    assert set(refused(open_page, table)) == {"input-tick"}
    for said in ({"yes_marks": "x"}, {"missing_marks": ["x"]}, {"suppressed_marks": "x"}):
        formula = page("people", suppressed_marks=None, columns={"coast": {"kind": "yes_no", **said}}, people="coast")
        assert len(allocate(formula, table).codes) == 4
    ticked = allocate(page(share, columns={"coast": {"yes_marks": "x"}}), table)
    assert ticked.amounts[0] == 2 * ticked.amounts[3]


def test_a_withheld_figure_goes_to_a_live_workbook_and_comes_back(tmp_path: Path) -> None:
    formula = page("where(is_suppressed(families), 30, default(families, 0))")
    path = allocate(formula, ROWS).to_excel(tmp_path / "live.xlsx", live=True)
    reading = read_workbook(path)
    assert reading.changes == ()
    assert reading.allocate().amounts.tolist() == [600, 0, 200, 400]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
    [cell] = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == 20]
    cell.value = "X"
    book.save(path)
    assert read_workbook(path).allocate().record["suppressed"] == {"families": ["A", "D"]}


def test_a_weighted_sum_rests_on_each_column_of_its_table() -> None:
    tables = {"weights": {"families": 2, "people": 1}}
    # A's families are withheld and B's not known: one is not filled, the other is.
    for score, entries in (
        ("weighted_sum(weights)", ["missing-cell", "suppressed-cell"]),
        ("default(weighted_sum(weights), 1)", ["suppressed-cell"]),
    ):
        with pytest.raises(EquiteError) as caught:
            allocate(page(score, tables=tables), ROWS)
        assert sorted(problem.id for problem in caught.value.problems) == entries
        assert all(problem.values["name"] == "families" for problem in caught.value.problems)


def test_of_a_sum_those_whose_figure_is_withheld_are_named() -> None:
    with pytest.raises(EquiteError) as caught:
        allocate(page("people * total(families)"), ROWS)
    (problem,) = caught.value.problems
    assert str(problem.values["codes"]) == str(Codes(("A",)))
