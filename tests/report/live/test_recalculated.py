"""Live workbooks against Python: every amount, after all cached values were overwritten and LibreOffice ran all again.

One LibreOffice process recalculates everything: each page as it was written, and again with figures edited in the file.
``EQUITE_RANDOM_PAGES`` says how many random pages are drawn.
"""

from __future__ import annotations

import math
import os
import random
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter
from random_pages import Case, page_named, pages
from recalculation import JUNK, JUNK_TEXT, Cells, LibreOffice, corrupt, edit

from equite import Allocation, EquiteError, Formula, allocate, read_workbook
from equite.report.columns import shown_columns
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Input, Manifest

pytestmark = [pytest.mark.excel, pytest.mark.slow]

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
GOLDEN = Path(__file__).resolve().parents[4] / "shared" / "data" / "golden"
COUNT = int(os.environ.get("EQUITE_RANDOM_PAGES") or 20)
SEED = os.environ.get("EQUITE_RANDOM_SEED") or "equite"

#: The pages of the examples, each with its table and what is laid over it; published tables are not shipped.
EXAMPLE_PAGES = [
    ("quebec_mrc/formula.yaml", EXAMPLES / "quebec_mrc" / "territories.csv", ()),
    ("region_13/half_salary.yaml", EXAMPLES / "region_13" / "territories.csv", ("full_salary.yaml", "status_quo.yaml")),
    ("region_13/equal.yaml", EXAMPLES / "region_13" / "territories.csv", ()),
    ("region_13/per_head.yaml", EXAMPLES / "region_13" / "territories.csv", ()),
    ("quebec_tiers/regions.yaml", EXAMPLES / "quebec_tiers" / "regions.csv", ()),
    ("victoria_2024/formula.yaml", GOLDEN / "au_vic_fag_2024" / "councils.csv", ()),
    ("canada_equalization/formula.yaml", GOLDEN / "ca_equalization_2025_26" / "provinces.csv", ()),
]
#: Random pages whose workbooks were once wrong: dust before rounding, blanks that became zeros, other cells.
ONCE_WRONG = ("e-7-0", "c-0-0", "c-9-0", "c-127-0", "d-4-0")
#: Takes minutes to write and recalculate.
ON_DEMAND = [("france_dsr/formula.yaml", GOLDEN / "fr_dsr_synthetic" / "communes.csv.gz", ())]


@dataclass
class Written:
    """A live workbook, what Python makes of its page, and the same again with figures edited."""

    case: Case
    manifest: Manifest
    path: Path
    edited: Path | None
    expected: Allocation | None
    cached: Cells
    recalculated: Path | None = None
    recalculated_edited: Path | None = None
    spoilt: Path | None = None


def examples() -> Iterator[Case]:
    """Give every example whose table is here, overrides included."""
    for page, table, overrides in EXAMPLE_PAGES + (ON_DEMAND if COUNT >= 200 else []):
        if table.is_file():
            base = Formula.read(EXAMPLES / page)
            laid = [base.overlaid((EXAMPLES / page).with_name(override)) for override in overrides]
            for name, formula in zip([page, *overrides], [base, *laid], strict=True):
                found = allocate(formula, table)
                yield Case(name, formula, found.territories.data, found)


def manifest_of(path: Path) -> Manifest:
    """Read what the workbook says of itself."""
    rows = [[str(cell) for cell in row] for row in Cells.read(path).sheets[MANIFEST_SHEET]]
    while rows and not any(rows[-1]):
        rows.pop()
    found = Manifest.from_rows([_stripped(row) for row in rows])
    assert found is not None
    return found


def _stripped(row: list[str]) -> list[str]:
    while row and row[-1] == "":
        row = row[:-1]
    return row


# What is edited.


def drawn_edits(case: Case, manifest: Manifest) -> list[tuple[str, str, float]]:
    """Choose what to change: the envelope, a weight, a bound, another figure, a cell of the table."""
    draw = random.Random(case.name)
    chosen: list[tuple[str, str, float]] = []
    inputs = [each for each in manifest.inputs if not each.is_column and each.value]
    for wanted in (is_envelope, is_weight, is_bound, is_other):
        found = [each for each in inputs if wanted(each)]
        if found and draw.random() < 0.85:
            each = draw.choice(found)
            factor = draw.choice([0.9, 1.1, 1.25] if not is_weight(each) else [0.5, 2.0, 3.0])
            unit = float(case.formula.rounding_to) if is_envelope(each) else 1e-6
            chosen.append((each.sheet, each.cells, round(round(float(each.value) * factor / unit) * unit, 6)))
    columns = [each for each in manifest.inputs if each.is_column and all(_is_large(cell) for cell in each.values)]
    if columns and draw.random() < 0.5:
        each = draw.choice(columns)
        letters, first = re.fullmatch(r"([A-Z]+)(\d+):.*", each.cells).groups()  # type: ignore[union-attr]
        at = draw.randrange(len(each.values))
        chosen.append((each.sheet, f"{letters}{int(first) + at}", float(each.values[at] or 0) * 1.25))
    return chosen


def _is_large(cell: object) -> bool:
    """Tell numbers that may be any number from levels, and from yes and no."""
    return isinstance(cell, int | float) and cell > 3


def is_envelope(each: Input) -> bool:
    return each.path == ("envelope", "value")


def is_weight(each: Input) -> bool:
    return "weight" in each.path


def is_bound(each: Input) -> bool:
    return each.path[0] in ("limits", "constants") and not {"override"} & set(each.path)


def is_other(each: Input) -> bool:
    return each.path[0] in ("variables", "parts", "tables") or "parameters" in each.path


def edited_copy(case: Case, manifest: Manifest, path: Path) -> tuple[Path | None, Allocation | None]:
    """Edit a copy of a workbook, with fewer and fewer changes until Python accepts them."""
    edits = drawn_edits(case, manifest)
    while edits:
        copy = path.with_name(f"edited-{path.name}")
        copy.write_bytes(path.read_bytes())
        edit(copy, {(sheet, cell): value for sheet, cell, value in edits})
        try:
            return copy, read_workbook(copy).allocate()
        except EquiteError:
            edits = edits[:-1]
    return None, None


@pytest.fixture(scope="module")
def written(libreoffice: LibreOffice, tmp_path_factory: pytest.TempPathFactory) -> list[Written]:
    """Write all workbooks, overwrite what their formulas gave, and recalculate all of them in one process."""
    folder = tmp_path_factory.mktemp("live")
    found: list[Written] = []
    for at, case in enumerate([*examples(), *map(page_named, ONCE_WRONG), *pages(SEED, COUNT)]):
        path = case.allocation.to_excel(folder / f"{at}.xlsx", live=True)
        manifest = manifest_of(path)
        found.append(Written(case, manifest, path, *edited_copy(case, manifest, path), Cells.read(path)))
    spoilt = spoilt_copy(next(each for each in found if is_live(each)))
    files = [each.path for each in found] + [each.edited for each in found if each.edited] + [spoilt]
    for file in files:
        assert corrupt(file) > 0
    made = dict(zip(files, libreoffice.recalculate(files), strict=True))
    for each in found:
        each.recalculated, each.recalculated_edited = made[each.path], made.get(each.edited) if each.edited else None
        each.spoilt = made[spoilt] if spoilt.name.endswith(f"-{each.path.name}") else None
    return found


def spoilt_copy(each: Written) -> Path:
    """Copy a workbook with one wrong formula: the first amount is half a dollar too high."""
    copy = each.path.with_name(f"spoilt-{each.path.name}")
    copy.write_bytes(each.path.read_bytes())
    place = each.manifest.places["amounts"]
    cell = place.cells.partition(":")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        formula = openpyxl.load_workbook(copy)[place.sheet][cell].value
    edit(copy, {(place.sheet, cell): f"{formula}+0.5"})
    return copy


# What the sheets show.


def amounts_of(path: Path, manifest: Manifest) -> pd.Series:
    """Give the amounts that a workbook shows, by code, those left out apart."""
    cells = Cells.read(path)
    found = [cells.range(manifest.places[word].sheet, manifest.places[word].cells) for word in ("codes", "amounts")]
    shown = pd.Series(found[1], index=[str(code) for code in found[0]], dtype=object)
    return shown[shown != ""]


def differences(shown: pd.Series, expected: Allocation) -> list[str]:
    """List every amount that is not Python's to the cent."""
    told = []
    wanted = dict(zip(expected.codes, expected.amounts.tolist(), strict=True))
    if set(shown.index) != set(wanted):
        told.append(f"territories: {sorted(set(shown.index) ^ set(wanted))}")
    for code, amount in wanted.items():
        cell = shown.get(code)
        if not isinstance(cell, int | float) or abs(cell - amount) > 0.004:
            told.append(f"{code}: {cell} for {amount}")
    return told


def report(failures: dict[str, list[str]], count: int) -> str:
    lines = [f"{len(failures)} of {count} workbooks differ"]
    for name, told in failures.items():
        lines.append(f"{name}: {'; '.join(told[:4])}{' …' if len(told) > 4 else ''}")
    return "\n".join(lines)


def is_live(each: Written) -> bool:
    """Whether every step of a workbook recalculates."""
    return not each.manifest.certificates


def test_nothing_stands_that_was_not_recalculated(written: list[Written]) -> None:
    stale = {}
    for each in written:
        for path in (each.recalculated, each.recalculated_edited):
            if path and (rows := Cells.read(path).never_recalculated()):
                stale[each.case.name] = [str(place) for place in rows]
    assert not stale, report(stale, len(written))


def test_every_amount_is_pythons_to_the_cent(written: list[Written]) -> None:
    failures = {}
    for each in written:
        assert each.recalculated
        # No value that was written as one may pass for one that was calculated.
        assert not is_live(each) or set(amounts_of(each.path, each.manifest)) <= {JUNK, JUNK_TEXT}, each.case.name
        if told := differences(amounts_of(each.recalculated, each.manifest), each.case.allocation):
            failures[each.case.name] = told
    assert not failures, report(failures, len(written))


def unlike(cached: Cells, shown: Cells) -> list[str]:
    """List every cell that is not what Python wrote into it beside its formula."""
    told = []
    for sheet, rows in cached.sheets.items():
        for at, row in enumerate(rows, start=1):
            for column, cell in enumerate(row, start=1):
                now = shown[sheet, f"{get_column_letter(column)}{at}"]
                if not alike(cell, now):
                    told.append(f"{sheet}!{get_column_letter(column)}{at}: {now} for {cell}")
    return told


def alike(cell: object, now: object) -> bool:
    if isinstance(cell, int | float) and isinstance(now, int | float):
        return abs(cell - now) <= 1e-6 * max(1.0, abs(cell))
    return str(cell).strip() == str(now).strip()


def test_every_formula_gives_what_python_wrote_beside_it(written: list[Written]) -> None:
    failures = {}
    for each in written:
        assert each.recalculated
        if told := unlike(each.cached, Cells.read(each.recalculated)):
            failures[each.case.name] = told
    assert not failures, report(failures, len(written))


def test_a_wrong_formula_is_caught(written: list[Written]) -> None:
    (each,) = (each for each in written if each.spoilt)
    assert each.spoilt
    told = differences(amounts_of(each.spoilt, each.manifest), each.case.allocation)
    assert len(told) == 1
    assert told[0].startswith(f"{each.case.allocation.codes[0]}: ")


def test_every_amount_follows_what_is_edited(written: list[Written]) -> None:
    failures, count = {}, 0
    for each in written:
        if each.recalculated_edited and each.expected and is_live(each):
            count += 1
            if told := differences(amounts_of(each.recalculated_edited, each.manifest), each.expected):
                failures[each.case.name] = told
    assert not failures, report(failures, count)
    assert count >= len(written) * 0.4, (
        f"only {count} of {len(written)} workbooks were edited: the others are certificates"
    )


def steps_unlike(path: Path, expected: Allocation, before: Allocation) -> list[str]:
    """List the cells of parts, limits and what follows, on the sheet to print, that are not Python's to the unit."""
    columns, digits = shown_columns(expected), {column.id: column.digits for column in shown_columns(before)}
    sheet = next(
        rows for rows in Cells.read(path).sheets.values() if len(rows) > 1 and rows[1][0] == columns[0].heading
    )
    headings, rows = [str(heading) for heading in sheet[1]], {str(row[0]): row for row in sheet[2:]}
    told = []
    for column in columns:
        if column.kind == "text":
            continue
        # Decimals that depend on the figures (per head, previous amounts) are those that were needed as it was written.
        least = min(column.digits, digits[column.id]) + (2 if column.kind == "share" else 0)
        most = (0.01 if column.digits == digits[column.id] else 1.01) * 10.0**-least
        at = headings.index(column.heading)
        for code, value in zip(expected.codes, column.numbers.tolist(), strict=True):
            cell = rows[code][at]
            missing = math.isnan(value)
            if missing != (not isinstance(cell, int | float)) or (not missing and abs(cell - value) > most):
                told.append(f"{column.id} of {code}: {cell} for {value}")
    return told


def test_every_step_follows_what_is_edited(written: list[Written]) -> None:
    failures = {}
    for each in written:
        told = each.recalculated_edited and each.expected and is_live(each)
        if told and (wrong := steps_unlike(each.recalculated_edited, each.expected, each.case.allocation)):  # type: ignore[arg-type]
            failures[each.case.name] = wrong
    assert not failures, report(failures, len(written))


def failed(path: Path) -> set[str]:
    """Give the checks that a workbook shows as failed."""
    rows = [row for sheet in Cells.read(path).sheets.values() for row in sheet]
    return {str(row[0]) for row in rows if any(isinstance(cell, str) and cell.startswith("✗") for cell in row)}


def test_what_does_not_follow_an_edit_is_told_by_a_check(written: list[Written]) -> None:
    silent = {}
    for each in written:
        if each.recalculated and each.recalculated_edited and each.expected and not is_live(each):
            told = differences(amounts_of(each.recalculated_edited, each.manifest), each.expected)
            if told and not failed(each.recalculated_edited) - failed(each.recalculated):
                silent[each.case.name] = [each.manifest.certificates[0].reason, *told]
    assert not silent, report(silent, len(written))


def test_a_recalculated_workbook_is_read_back(written: list[Written]) -> None:
    for each in written:
        assert each.recalculated
        reading = read_workbook(each.recalculated)
        assert reading.changes == (), each.case.name
        found = reading.allocate()
        assert found.codes == each.case.allocation.codes, each.case.name
        assert found.amounts.tolist() == each.case.allocation.amounts.tolist(), each.case.name
        assert reading.cache == "current", each.case.name


def test_an_edited_workbook_is_read_back_as_edited(written: list[Written]) -> None:
    changed: list[bool] = []
    for each in written:
        if each.recalculated_edited and each.expected:
            reading = read_workbook(each.recalculated_edited)
            changed.append(bool(reading.changes))
            if not reading.changes:
                # A tenth more of nothing is no edit.
                assert each.expected.amounts.tolist() == each.case.allocation.amounts.tolist(), each.case.name
            assert reading.allocate().amounts.tolist() == each.expected.amounts.tolist(), each.case.name
            if is_live(each):
                assert not reading.is_stale, each.case.name
    assert sum(changed) >= 0.9 * len(changed)


def test_the_seed_gives_the_same_pages_again() -> None:
    first, second = ([(case.name, case.formula.content) for case in pages("again", 3)] for _ in range(2))
    assert first == second


def test_random_pages_are_mostly_accepted(written: list[Written]) -> None:
    names = [each.case.name for each in written if each.case.name.startswith(f"random-{SEED}-")]
    assert len(names) == COUNT
    assert sum(name.endswith("-0") for name in names) >= 0.7 * COUNT
