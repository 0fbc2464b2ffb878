"""Worksheets in the sections of the page: the same lines as everywhere, and the section's amount at their end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from page_reader import Element
from yaml_texts import read_yaml

from equite import Allocation, Formula, allocate
from equite.report.html.page import territories
from equite.report.language.text import plain
from equite.report.worksheet import SheetWords

Told = Callable[..., Element]
WORKED = sorted((Path(__file__).resolve().parents[2] / "worked").glob("*.yaml"))


def test_each_section_has_the_worksheet(shown: Allocation, whole: Element) -> None:
    for code in (shown.codes[0], shown.codes[-1]):
        sheet = shown.worksheet(code)
        folded = whole.one("section", id=f"t-{code}").one("details", class_="worksheet")
        rows = folded.one("table").rows()
        lines = SheetWords(sheet).lines()
        assert [row[0] for row in rows] == [line.letter for line in lines]
        assert [row[3] for row in rows] == [plain(line.result).replace("\u00a0", " ") for line in lines]
        for row, line in zip(rows, lines, strict=True):
            assert all(f"= {plain(step)}".replace("\u00a0", " ") in row[2] for step in line.steps[:-1])
        # What the section says first is what the worksheet comes to.
        assert folded.all("strong")[-1].text.endswith(f"{whole_amount(whole, code)}.")
    assert len(whole.all("details", class_="worksheet")) == len(shown.codes)


def whole_amount(whole: Element, code: str) -> str:
    return whole.one("section", id=f"t-{code}").one("p", class_="lead").one("strong").text


@pytest.mark.parametrize("path", WORKED, ids=lambda path: path.stem)
def test_what_is_worded_once_is_worded_as_if_alone(path: Path) -> None:
    case = read_yaml(path)
    allocation = allocate(Formula.from_text(case["formula"]), case["table"])
    first, *others = (allocation.worksheet(code) for code in allocation.codes)
    words = SheetWords(first)
    assert words.lines() == SheetWords(first).lines()
    for sheet in others:
        words = words.of(sheet)
        assert words.lines() == SheetWords(sheet).lines()


def test_beyond_a_number_of_sections_worksheets_are_left_out_and_it_is_said(
    shown: Allocation, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = shown.codes[:3]
    monkeypatch.setattr(territories, "MOST_WORKED", 2)
    found = told(shown, only=some).one(id="territories")
    assert found.all("details", class_="worksheet") == []
    assert "--worksheet" in found.text
    monkeypatch.setattr(territories, "MOST_WORKED", 3)
    found = told(shown, only=some).one(id="territories")
    assert len(found.all("details", class_="worksheet")) == 3
    assert "--worksheet" not in found.text
