"""What a board types into a live workbook: amounts follow as Python's do, or every sheet says that they must not be used.

Every edit is typed into a copy, read back by Python and recalculated by LibreOffice, all copies in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from recalculation import Cell, Cells, LibreOffice, corrupt, edit
from test_recalculated import amounts_of, differences, failed, manifest_of

from equite import Allocation, EquiteError, Formula, allocate, read_workbook
from equite.report.roundtrip.manifest import Manifest

pytestmark = pytest.mark.excel

PAGE = """
equite: 1
id: edits
language: {language}
key: code
name: name
people: population
previous: before
envelope: 100000
columns:
  poverty: {{range: [0, 1]}}
  population: {{kind: extensive}}
constants:
  base_each: {{value: 5000}}
indices:
  need:
    families:
      social: {{weight: 60, criteria: {{poverty: 2, single: 1}}}}
      place: {{weight: 40, criteria: {{distance: 1}}}}
      idle: {{weight: 0, criteria: {{other: 3, same: {{weight: 0, transform: log}}}}}}
parts:
  - {{id: base, pool: {{each: base_each}}, share: equally}}
  - {{id: equity, pool: remainder, share: {{in_proportion_to: population * (0.5 + need)}}}}
limits:
  - {{id: floor, at_least: 0.9 * previous}}
rounding: {{to: 1}}
checks:
  - that: amount >= base_each
"""
ROWS = {
    "code": [f"{at:02}" for at in range(1, 9)],
    "name": [f"Place {at}" for at in range(1, 9)],
    "population": [1000, 2000, 1500, 800, 3000, 2500, 1200, 900],
    "poverty": [0.1, 0.2, 0.15, 0.3, 0.05, 0.22, 0.18, 0.4],
    "single": [3, 5, 2, 8, 1, 4, 6, 7],
    "distance": [10, 20, 5, 60, 0, 15, 80, 33],
    "other": [1, 5, 2, 2, 9, 1, 0, 4],
    "same": [4] * 8,
    "before": [9000, 14000, 11000, 8000, 17000, 15000, 9000, 9000],
}
FAMILIES = ("indices", "need", "families")
Typed = Mapping[tuple[str, str], Cell]


@dataclass(frozen=True)
class Places:
    """Where the inputs of a workbook stand."""

    manifest: Manifest

    def figure(self, *path: str | int) -> tuple[str, str]:
        """Give the cell of a figure of the page."""
        (each,) = (each for each in self.manifest.inputs if each.path == path)
        return each.sheet, each.cells

    def weight(self, family: str, criterion: str | None = None) -> tuple[str, str]:
        """Give the cell of the weight of a family, or of one of its criteria."""
        return self.figure(*FAMILIES, family, *(("criteria", criterion) if criterion else ()), "weight")

    def cell(self, column: str, row: int) -> tuple[str, str]:
        """Give the cell of a column, by its row from 1."""
        sheet, cells = self.figure("data", column)
        first = cells.partition(":")[0]
        letters = first.rstrip("0123456789")
        return sheet, f"{letters}{int(first[len(letters) :]) + row - 1}"

    def all_alike(self, column: str, value: float) -> Typed:
        """Type one value into a whole column."""
        return {self.cell(column, row): value for row in range(1, 9)}


#: Each edit by what is done, and the cells that are typed. Python takes all of these.
FOLLOWED: dict[str, Callable[[Places], Typed]] = {
    "nothing": lambda at: {},
    "a criterion's weight to 0": lambda at: {at.weight("social", "single"): 0},
    "a family's weight to 0": lambda at: {at.weight("place"): 0},
    "the weights of all in a family to 0": lambda at: {
        at.weight("social", "single"): 0,
        at.weight("social", "poverty"): 0,
    },
    "the weight of all that a family holds to 0": lambda at: {at.weight("place", "distance"): 0},
    "all weights to 0": lambda at: {at.weight("social"): 0, at.weight("place"): 0},
    "a weight that was 0": lambda at: {at.weight("idle"): 10},
    "a weight that was 0, of one value for all": lambda at: {at.weight("idle"): 10, at.weight("idle", "same"): 5},
    "one value for all that no longer is": lambda at: {
        at.weight("idle"): 10,
        at.weight("idle", "same"): 5,
        at.cell("same", 4): 9,
    },
    "a criterion to one value": lambda at: at.all_alike("distance", 7),
    "one criterion of a family to one value": lambda at: at.all_alike("poverty", 0.2),
    "all criteria to one value": lambda at: {
        **at.all_alike("poverty", 0.2),
        **at.all_alike("distance", 1),
        **at.all_alike("single", 2),
    },
    "a blank that is no bound": lambda at: {at.cell("before", 2): None},
}


@dataclass
class Edited:
    """A workbook as edited and recalculated, and what Python says of it: an allocation, or why there is none."""

    name: str
    manifest: Manifest
    said: Allocation | EquiteError
    path: Path
    recalculated: Path | None = None

    @property
    def allocation(self) -> Allocation:
        """What Python gives."""
        assert not isinstance(self.said, EquiteError), self.said
        return self.said


def written(folder: Path, language: str) -> Path:
    found = allocate(Formula.from_text(PAGE.format(language=language)), pd.DataFrame(ROWS))
    return found.to_excel(folder / f"{language}.xlsx", live=True)


def copies(folder: Path) -> Iterator[Edited]:
    """Type every edit into a copy of the workbook in each language."""
    for language in ("fr", "en"):
        source = written(folder, language)
        manifest = manifest_of(source)
        for at, (name, typed) in enumerate(FOLLOWED.items()):
            path = folder / f"{language}-{at}.xlsx"
            path.write_bytes(source.read_bytes())
            edit(path, typed(Places(manifest)))
            yield Edited(f"{name} ({language})", manifest, as_read(path), path)


def as_read(path: Path) -> Allocation | EquiteError:
    try:
        return read_workbook(path).allocate()
    except EquiteError as error:
        return error


@pytest.fixture(scope="module")
def edited(libreoffice: LibreOffice, tmp_path_factory: pytest.TempPathFactory) -> list[Edited]:
    """Give every copy, recalculated in one run."""
    found = list(copies(tmp_path_factory.mktemp("edits")))
    for each in found:
        assert corrupt(each.path) > 0
    for each, path in zip(found, libreoffice.recalculate([each.path for each in found]), strict=True):
        each.recalculated = path
    return found


def test_amounts_follow_where_python_allocates(edited: list[Edited]) -> None:
    wrong = {}
    for each in edited:
        if not isinstance(each.said, EquiteError):
            assert each.recalculated
            told = differences(amounts_of(each.recalculated, each.manifest), each.said)
            if told or failed(each.recalculated):
                wrong[each.name] = [*told[:2], *failed(each.recalculated)]
    assert not wrong, wrong


def test_shares_of_the_whole_are_those_that_count(edited: list[Edited]) -> None:
    """A weight of 0, and a criterion of one value for all, weigh nothing; the others share what is left."""
    for each in edited:
        if isinstance(each.said, EquiteError):
            continue
        assert each.recalculated
        weights = each.said.scope.scoring("need")
        expected = dict(zip([found.name for found in weights.criteria], weights.weights[0].tolist(), strict=True))
        shown = Cells.read(each.recalculated)
        families = {"poverty": "social", "single": "social", "distance": "place", "other": "idle"}
        for criterion, family in families.items():
            sheet, cell = Places(each.manifest).weight(family, criterion)
            share = shown[sheet, cell.replace("B", "E")]
            assert share == pytest.approx(expected.get(criterion, 0.0)), (each.name, criterion)
