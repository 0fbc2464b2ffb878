"""Declared cells say who, when and on what evidence."""

from __future__ import annotations

from pathlib import Path

import openpyxl

import equite
from equite.report.workbook.template import write_template

PAGE = """\
equite: 1
id: declared
language: en
key: code
envelope: 100
columns:
  concertation_maturity: {told_in: {who: by, when: "on day", evidence: why, second: other}}
indices: {need: {criteria: {concertation_maturity: {weight: 1, more_need_when: low}}}}
parts: [{id: grant, pool: remainder, share: {in_proportion_to: 1 + need}}]
rounding: {to: 1}
"""
ROWS = [
    {"code": "a", "concertation_maturity": 1, "by": "table", "on day": "2026-05-01", "why": "minutes", "other": "2"},
    {"code": "b", "concertation_maturity": 5, "by": "table", "on day": None, "why": "minutes", "other": None},
]


def test_declarations_are_kept_and_gaps_warned_of() -> None:
    found = equite.allocate(equite.Formula.from_text(PAGE), ROWS)
    kept = found.record["declarations"]["concertation_maturity"]
    assert kept[0] == {"code": "a", "who": "table", "when": "2026-05-01", "evidence": "minutes", "second": "2"}
    assert any("declared for b without saying by whom" in warning for warning in found.warnings)
    assert not any("for a" in warning for warning in found.warnings)
    assert {each.status for each in found.reliance} == {"declared"}


def test_the_template_asks_for_them(tmp_path: Path) -> None:
    written = write_template(equite.Formula.from_text(PAGE), tmp_path / "empty.xlsx")
    headings = {cell.value for cell in openpyxl.load_workbook(written).worksheets[0][1]}
    assert {"code", "concertation_maturity", "by", "on day", "why", "other"} <= headings
