"""docs/quebec.md says what each choice changes, with numbers: they are computed again here."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

import equite
from equite.resources import folder

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "quebec.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \|.*$", PAGE, flags=re.MULTILINE)
BLOCKS = re.findall(r"^(\d+)\. \*\*.*?```yaml\n(.*?)   ```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def base() -> equite.Allocation:
    here = folder("examples") / "quebec_mrc"
    return equite.allocate(here / "formula.yaml", here / "territories.csv")


def test_every_line_has_its_page() -> None:
    assert len(ROWS) >= 10
    assert [number for number, _ in BLOCKS] == ROWS


@pytest.mark.parametrize(("number", "override"), BLOCKS)
def test_a_choice_moves_what_the_page_says(base: equite.Allocation, number: str, override: str, tmp_path: Path) -> None:
    over = tmp_path / "choice.yaml"
    over.write_text(textwrap.dedent(override), encoding="utf-8")
    found = equite.allocate(base.formula.overlaid(over), base.territories)
    change = found.amounts - base.amounts
    most, least = change.argmax(), change.argmin()
    told = [
        f"{change[change > 0].sum():,.0f}",
        str((change > 0).sum()),
        str((change < 0).sum()),
        f"{found.names[most]} {change[most]:+,.0f}",
        f"{found.names[least]} {change[least]:+,.0f}",
    ]
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {number} |"))
    assert [cell.strip() for cell in row.strip("|").split("|")][2:] == told


def test_every_figure_of_a_real_place_is_measured(base: equite.Allocation) -> None:
    families = {criterion.families[0] for criterion in base.scope.scoring("need").criteria}
    assert families == {"socioeconomic", "territorial", "cultural"}
    assert not [name for name, column in base.formula.columns.items() if column.status in ("illustrative", "declared")]


def test_declared_criteria_are_given_to_invented_places_only() -> None:
    """An invented level given to a real place would be a judgement on it."""
    examples = folder("examples")
    pages = [page for page in sorted(examples.glob("*/*.yaml")) if "equite: 1" in page.read_text(encoding="utf-8")]
    declared = {name for name, criterion in equite.catalogue.items() if criterion.declared}
    using = {page.parent.name for page in pages if declared & set(equite.Formula.read(page).columns)}
    assert using == {"six_families"}


def test_all_six_families_count_and_what_is_illustrative_is_marked() -> None:
    here = folder("examples") / "six_families"
    found = equite.allocate(here / "formula.yaml", here / "territories.csv")
    criteria = found.scope.scoring("need").criteria
    assert {criterion.families[0] for criterion in criteria} == {
        "socioeconomic",
        "territorial",
        "cultural",
        "organisational",
        "political",
        "aims",
    }
    illustrative = {each.item for each in found.reliance if each.status == "illustrative" and each.moves}
    scales = {each.name for each in criteria if each.families[0] in ("organisational", "political")}
    assert len(scales) == 9
    assert scales <= illustrative
    assert all("[illustratif]" in line for line in str(found.explain("05")).splitlines() if "concertation" in line)
