"""A figure that is withheld counts in a live workbook as it does in Python, after LibreOffice ran all again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recalculation import Cells, LibreOffice, corrupt

from equite import Allocation, Formula, allocate
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Manifest

pytestmark = [pytest.mark.excel, pytest.mark.slow]

ROWS: dict[str, list[Any]] = {
    "code": ["A", "B", "C", "D", "E"],
    "families": ["x", "n.d.", 10, 20, 5],
    "people": [10, 20, 10, 10, 15],
}
SHARES = (
    "where(is_suppressed(families), 30, default(families, 0))",
    "where(is_missing(families), 7, where(is_suppressed(families), 5, families))",
    "people * (1 + 2 * is_suppressed(double) + is_missing(double))",
    "people * (1 + need)",
)


def page(share: str) -> Formula:
    rule = {"fill": "median", "suppressed": "true"}
    return Formula.from_dict(
        {
            "equite": "1",
            "id": "withheld",
            "language": "en",
            "key": "code",
            "suppressed_marks": "x",
            "envelope": "1200",
            "previous": "families",
            "variables": {"double": "families * 2"},
            "indices": {"need": {"criteria": {"families": {"weight": "1", "missing": rule}}}},
            "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": share}}],
            # No floor of 200 for A, whose previous amount is withheld.
            "limits": [{"id": "floor", "at_least": "default(previous, 200)", "if_short": "prorate"}],
            "rounding": {"to": "1"},
        }
    )


def shown(path: Path) -> list[float]:
    cells = Cells.read(path)
    manifest = Manifest.from_rows([[str(cell) for cell in row] for row in cells.sheets[MANIFEST_SHEET]])
    assert manifest is not None
    place = manifest.places["amounts"]
    return [float(cell) for cell in cells.range(place.sheet, place.cells)]


def test_amounts_that_rest_on_what_is_withheld(libreoffice: LibreOffice, tmp_path: Path) -> None:
    expected: list[Allocation] = [allocate(page(share), ROWS) for share in SHARES]
    files = [each.to_excel(tmp_path / f"{at}.xlsx", live=True) for at, each in enumerate(expected)]
    for file in files:
        assert corrupt(file) > 0
    for each, recalculated in zip(expected, libreoffice.recalculate(files), strict=True):
        assert shown(recalculated) == each.amounts.tolist()
