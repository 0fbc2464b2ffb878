"""What somebody who only has the French sheet can answer from it, after LibreOffice ran it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from recalculation import Cells, LibreOffice, corrupt, edit

from equite import Allocation, Formula, allocate
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Manifest

pytestmark = pytest.mark.excel

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "quebec_mrc"
WHY = "Pourquoi"
PICKED = "La Haute-Gaspésie (040)"


def shared(**constants: float) -> Allocation:
    page = Formula.read(EXAMPLE / "formula.yaml")
    changes = {name: {"value": value} for name, value in constants.items()}
    return allocate(page.replace({"constants": changes}) if changes else page, EXAMPLE / "territories.csv")


def lines(cells: Cells) -> dict[str, float]:
    """Give the labels of the sheet with the figure beside each."""
    rows = cells.sheets[WHY]
    return {str(row[0]): row[1] for row in rows if isinstance(row[0], str) and isinstance(row[1], float)}


@pytest.fixture(scope="module")
def sheets(libreoffice: LibreOffice, tmp_path_factory: pytest.TempPathFactory) -> tuple[Cells, Cells]:
    """Give the workbook with territory 040 picked, as it is and with the floor removed."""
    folder = tmp_path_factory.mktemp("why")
    paths = [shared().to_excel(folder / f"{name}.xlsx", live=True) for name in ("with", "without")]
    told = Manifest.from_rows(Cells.read(paths[0]).sheets[MANIFEST_SHEET])
    assert told is not None
    (floor,) = (each for each in told.inputs if each.path == ("constants", "floor_share", "value"))
    for path in paths:
        corrupt(path)
        edit(path, {(WHY, "B3"): PICKED})
    edit(paths[1], {(floor.sheet, floor.cells): 0})
    one, two = map(Cells.read, libreoffice.recalculate(paths))
    return one, two


def test_what_the_floor_is_to_040(sheets: tuple[Cells, Cells]) -> None:
    before, after = (dict(zip(found.codes, found.amounts, strict=True)) for found in (shared(), shared(floor_share=0)))
    shown = lines(sheets[1])
    assert shown["Montant ($, illustratif)"] == after["040"]
    assert shown["Montant à l’origine"] == before["040"]
    assert shown["Changé depuis l’origine"] == after["040"] - before["040"] != 0


def test_the_lines_are_those_of_the_explanation(sheets: tuple[Cells, Cells]) -> None:
    told = shared().explain("040")
    shown = lines(sheets[0])
    assert shown["Montant ($, illustratif)"] == told.amount
    (size,) = (line.amount for line in told.lines if line.kind == "baseline")
    assert shown["Équité ($, illustratif) : chaque critère à sa moyenne".replace(" :", "\u00a0:")] == size
    assert shown["Base universelle (avant planchers et plafonds, $, illustratif)"] == told.lines[0].amount
    (floor,) = (line.amount for line in told.lines if line.kind == "limit")
    assert shown["Plancher et plafond ($, illustratif)"] == floor
    criteria = [line.amount for line in told.lines if line.kind == "criterion"]
    rows = sheets[0].sheets[WHY]
    first = next(at for at, row in enumerate(rows) if row[0] == "Critère") + 1
    found = [row[5] for row in rows[first : first + len(criteria)]]
    assert found == criteria


def test_what_weighs_most_and_what_is_illustrative(sheets: tuple[Cells, Cells]) -> None:
    rows = sheets[0].sheets["Paramètres"]
    (first,) = (row for row in rows if row[5] == 1.0)
    assert "Vulnérabilité situationnelle" in str(first[0])
    assert first[4] == pytest.approx(0.275)
    assert {row[8] for row in rows if row[0] == "Enveloppe"} == {"illustratif"}


def test_everything_holds_and_that_is_said(sheets: tuple[Cells, Cells]) -> None:
    for cells in sheets:
        assert str(cells["Contrôles", "A1"]).startswith("✓ Tous les contrôles sont réussis")


def test_who_decided_is_said(sheets: tuple[Cells, Cells]) -> None:
    texts = [str(row[0]) for row in sheets[0].sheets["Lisez-moi"]]
    assert texts[
        texts.index("Qui a décidé") + 1
    ] == "Aucune décision n’est inscrite : ces montants sont une proposition.".replace(" :", "\u00a0:")
