"""A name is called the same wherever it is said: in the page in words, in tables, in workbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recalculation import Cells

from equite import Formula, allocate
from equite.report.language.formula_in_words import formula_in_words
from equite.report.language.labels import Labels
from equite.report.roundtrip.manifest import MANIFEST_SHEET
from equite.wording import Language

ROWS = {"code": ["A", "B", "C"], "people": [10, 20, 40], "poor": [1, 5, 3], "last": [100, 300, 600]}
CONTENT: dict[str, Any] = {
    "equite": 1,
    "id": "titles",
    "language": "fr",
    "key": "code",
    "previous": "last",
    "envelope": 1200,
    "indices": {
        "need": {"families": {"social_ties": {"weight": 2, "criteria": {"poor": 1}}}, "criteria": {"people": 1}}
    },
    "parts": [
        {"id": "land_area", "pool": {"fraction": 0.5}, "share": {"in_proportion_to": "previous"}},
        {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}},
    ],
}


def words(language: Language = "fr", **changes: Any) -> str:
    told = formula_in_words(Formula.from_dict({**CONTENT, **changes, "language": language}))
    return " ".join(told.replace("\u00a0", " ").split())


def test_words_of_the_page_are_said_in_the_language_of_its_readers() -> None:
    assert "« montant précédent »" in words()
    assert "“previous amount”" in words("en")


def test_a_part_is_not_called_as_the_criterion_of_its_name() -> None:
    assert "Land area: " in words("en")
    assert Labels(Formula.from_dict(CONTENT)).title("land_area") == "Land area"


def test_a_column_is_called_as_the_criterion_that_is_read_from_it() -> None:
    title = {"fr": "Pauvreté", "en": "Poverty"}
    indices = {"need": {"criteria": {"poor": {"weight": 1, "title": title}, "people": 1}}}
    told = words(indices=indices, variables={"twice": "2 * poor"})
    assert "2 × pauvreté" in told
    # What the page says of the column comes before what one of its indices does.
    told = words(indices=indices, variables={"twice": "2 * poor"}, columns={"poor": {"title": "Part des pauvres"}})
    assert "2 × « Part des pauvres »" in told


@pytest.mark.parametrize("live", [True, False])
def test_a_family_without_a_title_is_called_the_same_in_workbooks(live: bool, tmp_path: Path) -> None:
    book = allocate(Formula.from_dict(CONTENT), ROWS).to_excel(tmp_path / "a.xlsx", live=live)
    sheets = Cells.read(book).sheets
    shown = [str(cell) for name, rows in sheets.items() if name != MANIFEST_SHEET for row in rows for cell in row]
    assert "Social ties" in words()
    assert any("Social ties" in cell for cell in shown)
    assert [cell for cell in shown if "social_ties" in cell and "families" not in cell] == []
