"""What a board types into a live workbook: amounts follow as Python's do, or every sheet says not to use them.

Every edit is typed into a copy, read back by Python and recalculated by LibreOffice, all copies in one run.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from evaluator import Strict
from openpyxl.utils import get_column_letter
from recalculation import Cell, Cells, LibreOffice, corrupt, edit, sheet_parts
from test_recalculated import amounts_of, differences, failed, manifest_of
from test_strict import with_a_deep_stack

from equite import Allocation, EquiteError, Formula, allocate, read_workbook
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Manifest

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
tables:
  size: {{up_to: {{"1000": 1, "2000": 1.1}}, above: 1.2}}
indices:
  need:
    families:
      social: {{weight: 60, criteria: {{poverty: 2, single: 1}}}}
      place: {{weight: 40, criteria: {{distance: 1}}}}
      idle: {{weight: 0, criteria: {{other: 3, same: {{weight: 0, transform: log}}}}}}
parts:
  - {{id: base, pool: {{each: base_each}}, share: equally}}
  - {{id: equity, pool: remainder, share: {{in_proportion_to: "population * step(population, size) * (0.5 + need)"}}}}
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
    """Where the inputs of a workbook stand, and what is typed over."""

    manifest: Manifest
    source: Path

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

    def shown_amount(self, row: int) -> tuple[str, str]:
        """Give the cell of an amount on the sheet to print, by its row from 1."""
        sheets = Cells.read(self.source).sheets
        sheet, rows = next((name, rows) for name, rows in sheets.items() if len(rows) > 1 and rows[1][0] == "Code")
        at = next(at for at, heading in enumerate(rows[1]) if re.match(r"(Montant|Amount) \(", str(heading)))
        return sheet, f"{get_column_letter(at + 1)}{row + 2}"

    def computed_amount(self) -> tuple[str, str]:
        """Give the cell of the first amount on the sheet of calculations."""
        place = self.manifest.places["amounts"]
        return place.sheet, place.cells.partition(":")[0]

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


#: Each edit that Python refuses: what is done, and the cells that are typed.
REFUSED: dict[str, Callable[[Places], Typed]] = {
    "a blank weight": lambda at: {at.weight("place"): None},
    "a text in the weight of a family": lambda at: {at.weight("place"): "a lot"},
    "a text in a weight": lambda at: {at.weight("social", "single"): "a lot"},
    "a weight below zero": lambda at: {at.weight("place"): -1},
    "a blank constant": lambda at: {at.figure("constants", "base_each", "value"): None},
    "a text in a constant": lambda at: {at.figure("constants", "base_each", "value"): "n/a"},
    "a constant below zero": lambda at: {at.figure("constants", "base_each", "value"): -100},
    "a blank envelope": lambda at: {at.figure("envelope", "value"): None},
    "a text in the envelope": lambda at: {at.figure("envelope", "value"): "100 000 $"},
    "an envelope below zero": lambda at: {at.figure("envelope", "value"): -5},
    "an envelope in cents": lambda at: {at.figure("envelope", "value"): 100000.5},
    "an envelope too small for the base": lambda at: {at.figure("envelope", "value"): 30000},
    "a floor that the money does not pay": lambda at: {at.figure("limits", 0, "at_least", "#", 0): 1.9},
    "a text in a number of a rule": lambda at: {at.figure("limits", 0, "at_least", "#", 0): "90 %"},
    "steps of a table that do not rise": lambda at: {at.figure("tables", "size", "edges", 1): 500},
    "a blank cell that a criterion needs": lambda at: {at.cell("distance", 2): None},
    "a text in a cell that a criterion needs": lambda at: {at.cell("distance", 2): "far"},
    "a blank cell that a share needs": lambda at: {at.cell("population", 2): None},
    "a text in a cell that a share needs": lambda at: {at.cell("population", 2): "1 500 h."},
    "a number below zero": lambda at: {at.cell("population", 2): -5},
    "a text in a cell that no bound needs": lambda at: {at.cell("before", 2): "none"},
    "a percentage typed as 50": lambda at: {at.cell("poverty", 2): 50},
    "a code": lambda at: {at.cell("code", 2): "zz"},
    "a code that stands twice": lambda at: {at.cell("code", 2): "01"},
}


#: What is typed over a formula: the page and the table are as they were, and the amounts are not; refused too.
SPOILT: dict[str, Callable[[Places], Typed]] = {
    "an amount typed over its formula": lambda at: {at.shown_amount(3): 999},
    "a step typed over its formula": lambda at: {at.computed_amount(): 999},
    "a share typed over its formula": lambda at: {
        (at.weight("place")[0], at.weight("place")[1].replace("B", "D")): 0.5,
    },
}
#: Those whose verdict is read word for word.
WORDED = ("nothing", "a floor that the money does not pay", "an amount typed over its formula")


@dataclass
class Edited:
    """A workbook as edited and recalculated, and what Python says of it: an allocation, or why there is none."""

    name: str
    manifest: Manifest
    said: Allocation | EquiteError
    path: Path
    source: Path
    typed: Typed
    recalculated: Path | None = None
    is_spoilt: bool = False

    @property
    def allocation(self) -> Allocation:
        """What Python gives."""
        assert not isinstance(self.said, EquiteError), self.said
        return self.said


def written(folder: Path, language: str) -> Path:
    found = allocate(Formula.from_text(PAGE.format(language=language)), pd.DataFrame(ROWS))
    return found.to_excel(folder / f"{language}.xlsx", live=True)


def copies(folder: Path) -> Iterator[Edited]:
    """Type every edit into a copy of the workbook: one language, then the other; both for what is read in full."""
    for turn, language in enumerate(("fr", "en")):
        source = written(folder, language)
        manifest = manifest_of(source)
        for at, (name, typed) in enumerate({**FOLLOWED, **REFUSED, **SPOILT}.items()):
            if at % 2 != turn and name not in WORDED:
                continue
            path = folder / f"{language}-{at}.xlsx"
            path.write_bytes(source.read_bytes())
            cells = typed(Places(manifest, source))
            edit(path, cells)
            is_spoilt = name in SPOILT
            yield Edited(f"{name} ({language})", manifest, as_read(path), path, source, cells, is_spoilt=is_spoilt)


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


def test_python_takes_what_it_should_and_refuses_the_rest(edited: list[Edited]) -> None:
    refused = {each.name.rpartition(" (")[0] for each in edited if isinstance(each.said, EquiteError)}
    assert refused == {*REFUSED, *SPOILT}


def test_every_sheet_says_not_to_use_what_python_refuses(edited: list[Edited]) -> None:
    """The first cell of each sheet that people see tells it."""
    for each in edited:
        assert each.recalculated
        shown = Cells.read(each.recalculated).sheets
        verdicts = {str(rows[0][0]) for name, rows in shown.items() if name != MANIFEST_SHEET}
        assert len(verdicts) == 1, (each.name, verdicts)
        (verdict,) = verdicts
        is_wrong = each.is_spoilt or isinstance(each.said, EquiteError)
        assert verdict.startswith("✗" if is_wrong else "✓"), (each.name, verdict)


def printed(path: Path) -> list[tuple[object, ...]]:
    """Give the rows of the sheet to print with its headings, errors as they show."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, data_only=True)
    return next(rows[1:] for rows in map(list, (sheet.values for sheet in book)) if rows[1:] and rows[1][0] == "Code")


def test_a_step_that_cannot_be_computed_is_not_shown_as_nothing(edited: list[Edited]) -> None:
    """Where an amount is an error on the sheet to print, so is the step in which it arose."""
    for each in edited:
        if not each.name.startswith("a text in a weight"):
            continue
        assert each.recalculated
        headings, *rows, totals = printed(each.recalculated)
        amount = next(at for at, heading in enumerate(headings) if re.match(r"(Montant|Amount) \(", str(heading)))
        for row in (*rows, totals):
            assert [str(row[at])[0] for at in (3, amount)] == ["#", "#"], (each.name, row)


def test_the_verdict_tells_the_sum_and_the_gap(edited: list[Edited]) -> None:
    told = {}
    for each in edited:
        assert each.recalculated
        first = next(iter(Cells.read(each.recalculated).sheets.values()))
        told[each.name] = str(first[0][0]).replace("\u00a0", " ")
    assert told["nothing (en)"] == (
        "✓ All checks passed. The sum of the amounts equals the envelope: $100,000. Simulation – not a decision."
    )
    assert told["nothing (fr)"] == (
        "✓ Tous les contrôles sont réussis. La somme des montants égale l’enveloppe : 100 000 $. "
        "Simulation – ne constitue pas une décision."
    )
    assert told["a floor that the money does not pay (en)"] == (
        "✗ Do not use these amounts. First check that fails: “Floor: the money goes round, with none left or lacking”. "
        "Sum: $174,800; gap to the envelope: +$74,800. Simulation – not a decision."
    )
    first = "Allocation: no formula was typed over"
    assert told["an amount typed over its formula (en)"].startswith(
        f"✗ Do not use these amounts. First check that fails: “{first}”. Sum: $"
    )
    assert told["a floor that the money does not pay (fr)"].endswith(
        "Somme : 174 800 $; écart avec l’enveloppe : +74 800 $. Simulation – ne constitue pas une décision."
    )


def test_amounts_follow_where_python_allocates(edited: list[Edited]) -> None:
    wrong = {}
    for each in edited:
        if not each.is_spoilt and not isinstance(each.said, EquiteError):
            assert each.recalculated
            told = differences(amounts_of(each.recalculated, each.manifest), each.said)
            if told or failed(each.recalculated):
                wrong[each.name] = [*told[:2], *failed(each.recalculated)]
    assert not wrong, wrong


def test_a_spreadsheet_that_forgives_nothing_says_the_same(edited: list[Edited]) -> None:
    wrong: dict[str, list[str]] = {}

    def run() -> None:
        sources = {source: Strict.read(source) for source in {each.source for each in edited}}
        for each in edited:
            strict = sources[each.source].typed(each.typed)
            verdict = str(strict[next(iter(sheet_parts(each.path))), "A1"])
            is_wrong = each.is_spoilt or isinstance(each.said, EquiteError)
            told = [] if verdict.startswith("✗" if is_wrong else "✓") else [verdict]
            if not is_wrong:
                places = (each.manifest.places[word] for word in ("codes", "amounts"))
                codes, amounts = (strict.range(place.sheet, place.cells) for place in places)
                told += differences(pd.Series(amounts, index=[str(code) for code in codes]), each.allocation)
            if told:
                wrong[each.name] = told[:3]

    with_a_deep_stack(run)
    assert not wrong, wrong


def test_the_first_sheet_tells_the_result_as_it_is(edited: list[Edited]) -> None:
    for each in edited:
        if each.is_spoilt or isinstance(each.said, EquiteError):
            continue
        assert each.recalculated
        rows = next(iter(Cells.read(each.recalculated).sheets.values()))
        figures = [(str(row[0]).strip(), row[1]) for row in rows if isinstance(row[1], float)][:7]
        parts = [float(result.amounts.sum()) for result in each.said.parts_shared]
        told = [each.said.envelope, *parts, each.said.total, each.said.reserve, len(each.said.codes)]
        assert [figure for _, figure in figures][: len(told)] == pytest.approx(told), (each.name, figures)


def test_shares_of_the_whole_are_those_that_count(edited: list[Edited]) -> None:
    """A weight of 0, and a criterion of one value for all, weigh nothing; the others share what is left."""
    for each in edited:
        if each.is_spoilt or isinstance(each.said, EquiteError):
            continue
        assert each.recalculated
        weights = each.said.scope.scoring("need")
        expected = dict(zip([found.name for found in weights.criteria], weights.weights[0].tolist(), strict=True))
        shown = Cells.read(each.recalculated)
        families = {"poverty": "social", "single": "social", "distance": "place", "other": "idle"}
        for criterion, family in families.items():
            sheet, cell = Places(each.manifest, each.path).weight(family, criterion)
            share = shown[sheet, cell.replace("B", "E")]
            assert share == pytest.approx(expected.get(criterion, 0.0)), (each.name, criterion)
