"""Inputs that came out wrong for somebody, each with the right amounts, or a refusal that says why.

They stand beside the checkout, not in it; the project's own cases of each kind are in the tests of the parts concerned.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import equite

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
REFUSED = "refused"


def expected() -> list[tuple[str, str, str, Any]]:
    """Give each case's folder, page, table and what must come out."""
    if not (CASES / "expected.yaml").is_file():
        return []
    found = []
    for folder, pairs in yaml.safe_load((CASES / "expected.yaml").read_text(encoding="utf-8")).items():
        named = pairs.items() if isinstance(pairs, dict) else ()
        for pair, right in named:
            page, _, table = str(pair).partition(" + ")
            # What is to be edited in a workbook first is tried with the workbooks.
            if table and right is not None and (CASES / folder / table).is_file():
                found.append((folder, page, table, right))
    return found


@pytest.mark.skipif(not expected(), reason="the cases are not beside this checkout")
def test_the_cases_are_found() -> None:
    assert len(expected()) >= 14


@pytest.mark.parametrize(("folder", "page", "table", "right"), expected())
def test_case(folder: str, page: str, table: str, right: Any) -> None:
    try:
        found = equite.allocate(CASES / folder / page, CASES / folder / table)
    except equite.EquiteError as error:
        assert str(right).startswith(REFUSED), error
        assert str(error)
        return
    amounts = dict(zip(found.codes, found.amounts.tolist(), strict=True))
    if right == "every check passes":
        assert found.checks and all(check.passed for check in found.checks)
    elif isinstance(right, dict):
        assert amounts == right
    elif isinstance(right, list):
        assert list(amounts.values()) == right
    else:
        allowed = str(right).partition("or ")[2]
        assert allowed, f"to be refused; it gave {amounts}"
        assert list(amounts.values()) == yaml.safe_load(allowed)


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this checkout")
def test_a_floor_that_is_not_there_is_told_with_its_territory() -> None:
    folder = CASES / "22-missing-previous-removes-the-floor"
    found = equite.allocate(folder / "formule.yaml", folder / "sansprec.xlsx")
    assert any("040" in warning and "plancher" in warning for warning in found.warnings), found.warnings


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this checkout")
def test_rates_typed_in_percent_in_a_template_are_read_as_shown() -> None:
    folder = CASES / "21-percent-mixed-in-a-template"
    try:
        found = equite.allocate(folder / "formule.yaml", folder / "rempli_mixte.xlsx")
    except equite.EquiteError as error:
        assert "%" in str(error)
        return
    assert found.variables["low_income"].min() > 1
