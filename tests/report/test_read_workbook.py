"""A live workbook read back: the page and the table as edited, what was changed, and what can no longer be meant."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pandas as pd
import pytest
from recalculation import Cell, LibreOffice, damaged, edit

from equite import Allocation, EquiteError, Formula, WorkbookError, WorkbookReading, allocate, cascade, read_workbook
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Input, Manifest

PAGE: dict[str, Any] = {
    "equite": "1",
    "id": "a-page",
    "title": {"fr": "Une page", "en": "A page"},
    "language": "en",
    "key": {"column": "code", "width": 3},
    "name": "place",
    "previous": "before",
    "columns": {
        "people": {"heading": "People, 2025", "title": {"fr": "Population", "en": "Population"}},
        "remote": {"kind": "yes_no"},
    },
    "envelope": "100000",
    "constants": {"base": {"value": "2000", "title": {"fr": "Base garantie", "en": "Guaranteed base"}}},
    "indices": {"need": {"families": {"social": {"weight": "40", "criteria": {"income": "2", "age": "1"}}}}},
    "parts": [
        {"id": "each_one", "pool": {"each": "base"}, "share": "equally"},
        {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "people * (0.5 + need) + 100 * remote"}},
    ],
    "limits": [{"id": "held", "title": {"fr": "Acquis", "en": "Kept"}, "at_least": "0.95 * previous"}],
    "rounding": {"to": "1"},
}
ROWS = pd.DataFrame(
    {
        "code": ["040", "010", "020", "030"],
        "place": ["=1+1", "Baie", "@Centre", "Dune"],
        "People, 2025": [9000, 1000, 2000, 5000],
        "income": [10.5, 20, 15, 12],
        "age": [1 / 3, 40, None, 50],
        "before": [20_000, 21_000, 15_000, 30_000],
        "remote": ["yes", "no", "no", "yes"],
    }
).fillna({"age": 45})


@pytest.fixture(scope="module")
def allocation() -> Allocation:
    return allocate(PAGE, ROWS)


@pytest.fixture(scope="module")
def once(allocation: Allocation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return allocation.to_excel(tmp_path_factory.mktemp("once") / "live.xlsx", live=True)


@pytest.fixture
def written(once: Path, tmp_path: Path) -> Path:
    """Give a copy of the workbook, to type in."""
    return Path(shutil.copy(once, tmp_path))


def loaded(path: Path) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path)


def manifest(path: Path) -> Manifest:
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        rows = book[MANIFEST_SHEET].iter_rows(values_only=True)
        found = Manifest.from_rows([[cell for cell in row if cell is not None] for row in rows])
    finally:
        book.close()
    assert found is not None
    return found


def place(path: Path, *keys: str | int, row: int = 0) -> tuple[str, str]:
    """Give the sheet and cell of an input."""
    each = next(each for each in manifest(path).inputs if each.path == keys)
    letters, first = re.fullmatch(r"([A-Z]+)(\d+)(?::.*)?", each.cells).groups()  # type: ignore[union-attr]
    return each.sheet, f"{letters}{int(first) + row}"


def typed(path: Path, *cells: tuple[tuple[str | int, ...], int, Cell]) -> Path:
    edit(path, {place(path, *keys, row=row): value for keys, row, value in cells})
    return path


WEIGHT = ("indices", "need", "families", "social", "criteria", "income", "weight")
FLOOR = ("limits", 0, "at_least", "#", 0)
PEOPLE = ("data", "People, 2025")


def refused(path: Path) -> list[str]:
    """Read a workbook that cannot be; give the sentences, the file being as it was."""
    before = path.read_bytes()
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    assert path.read_bytes() == before
    assert caught.value.text("fr")
    return caught.value.text("en").splitlines()


def same(reading: WorkbookReading, allocation: Allocation) -> bool:
    found = reading.allocate()
    return found.codes == allocation.codes and found.amounts.tolist() == allocation.amounts.tolist()


# What is read.


def test_a_workbook_that_nobody_edited(written: Path, allocation: Allocation) -> None:
    reading = read_workbook(written)
    assert reading.changes == ()
    assert same(reading, allocation)
    assert not reading.is_stale and reading.cache == "current"
    assert reading.cached_amounts.to_dict() == dict(zip(allocation.codes, allocation.amounts, strict=True))
    assert reading.summary("en") == "live.xlsx: 'A page', 4 territories, nothing changed, its amounts are up to date"
    assert reading.formula.parts == Formula.from_dict(PAGE).parts
    assert reading.territories.codes == ("010", "020", "030", "040")


def test_what_was_edited_is_told_and_allocated(written: Path) -> None:
    typed(written, (("envelope", "value"), 0, 120_000.0), (WEIGHT, 0, 2.5), (FLOOR, 0, 0.9), (PEOPLE, 3, 9500.0))
    reading = read_workbook(written)
    assert sorted(map(str, reading.changes)) == [
        "Envelope: 100,000 → 120,000",
        "Kept, floor: 0.95 → 0.9",
        "Population of 040: 9,000 → 9,500",
        "weight of Income: 2 → 2.5",
    ]
    assert sorted(change.text("fr") for change in reading.changes) == [
        "Acquis, plancher\u00a0: 0,95 → 0,9",
        "Enveloppe\u00a0: 100\u00a0000 → 120\u00a0000",
        "Population, 040\u00a0: 9\u00a0000 → 9\u00a0500",
        "poids de Income\u00a0: 2 → 2,5",
    ]
    page = Formula.from_dict(PAGE).replace(
        envelope=120_000,
        indices={"need": {"families": {"social": {"criteria": {"income": 2.5}}}}},
        limits={"held": {"at_least": "0.9 * previous"}},
    )
    rows = ROWS.assign(**{"People, 2025": [9500, 1000, 2000, 5000]})
    assert same(reading, allocate(page, rows))
    assert reading.is_stale and reading.cache == "stale"
    assert "its amounts are those of other figures" in reading.summary("en")
    cells = {change.path: (change.sheet, change.cell) for change in reading.changes}
    assert cells[WEIGHT] == place(written, *WEIGHT)


@pytest.mark.excel
def test_a_recalculated_workbook_shows_what_python_allocates(written: Path, libreoffice: LibreOffice) -> None:
    typed(written, (("constants", "base", "value"), 0, 3000.0), (("data", "age"), 0, None), (PEOPLE, 1, 2500.0))
    typed(written, (("data", "age"), 0, 41.0))
    (made,) = libreoffice.recalculate([written])
    reading = read_workbook(made)
    assert {change.path: change.after for change in reading.changes} == {
        ("constants", "base", "value"): 3000.0,
        PEOPLE: 2500.0,
        ("data", "age"): 41.0,
    }
    assert reading.cache == "current"
    assert reading.cached_amounts.tolist() == reading.allocate().amounts.tolist()


def test_a_file_saved_by_what_does_not_calculate_has_lost_its_amounts(written: Path, allocation: Allocation) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded(written).save(written)
    reading = read_workbook(written)
    assert reading.cache == "lost" and reading.is_stale
    assert reading.cached_amounts.isna().all()
    assert same(reading, allocation)
    assert "its amounts were lost by a program that does not calculate" in reading.summary("en")


def test_a_renamed_sheet_is_found_again(written: Path, allocation: Allocation) -> None:
    sheets = {each.sheet for each in manifest(written).inputs}
    new = {name: f"L’année {at} & Cie" for at, name in enumerate(sorted(sheets))}
    renamed(written, new)
    reading = read_workbook(typed_at(written, new, WEIGHT, 3.0))
    assert [str(change) for change in reading.changes] == ["weight of Income: 2 → 3"]
    assert reading.changes[0].sheet in new.values()
    assert reading.territories.codes == allocation.codes


def typed_at(path: Path, new: dict[str, str], keys: tuple[str | int, ...], value: float) -> Path:
    sheet, cell = place(path, *keys)
    edit(path, {(new[sheet], cell): value})
    return path


def renamed(path: Path, new: dict[str, str]) -> None:
    """Rename sheets as a spreadsheet does: the defined names follow."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    book = parts["xl/workbook.xml"].decode()
    for old, name in new.items():
        escaped = name.replace("&", "&amp;")
        book = book.replace(f'name="{old}"', f'name="{escaped}"')
        book = re.sub(rf"(>|,)'?{re.escape(old)}'?!", rf"\g<1>'{escaped}'!", book)
    parts["xl/workbook.xml"] = book.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def test_a_cell_that_moved_is_found_by_its_name(written: Path) -> None:
    """A row inserted on the sheet of parameters moves all that is below; the names follow."""
    book, each = loaded(written), next(each for each in manifest(written).inputs if each.path == WEIGHT)
    cell = book[each.sheet][each.cells]
    moved = book[each.sheet].cell(cell.row + 40, cell.column)
    moved.value, cell.value = 7, "Inserted above"
    book.defined_names[each.name].attr_text = f"'{each.sheet}'!${moved.column_letter}${moved.row}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(written)
    (change,) = read_workbook(written).changes
    assert (change.path, change.after, change.cell) == (WEIGHT, 7.0, moved.coordinate)


def test_whatever_notebooks_show_is_safe(shared: Callable[..., Allocation], tmp_path: Path) -> None:
    found = shared(title="<b>&</b>", envelope=700).to_excel(tmp_path / "a.xlsx", live=True)
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in read_workbook(found)._repr_html_()


# What cannot be meant.


def test_a_number_typed_in_percent_counts_otherwise_than_it_shows(written: Path) -> None:
    sheet, cell = place(written, "data", "income")
    book = loaded(written)
    book[sheet][cell].value, book[sheet][cell].number_format = 0.125, "0.0%"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(written)
    (said,) = refused(written)
    assert "shows 12.5%, and counts as 0.125 in the formulas of the workbook @ live.xlsx" in said


def test_a_cell_that_only_changed_its_format_is_as_it_was(written: Path, allocation: Allocation) -> None:
    sheet, cell = place(written, "data", "income")
    book = loaded(written)
    book[sheet][cell].number_format = "0.0%"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(written)
    assert same(read_workbook(written), allocation)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("forty", "'weight of Income' holds the text 'forty' @ live.xlsx, {place}: type a number; it was 2"),
        ("4,5", "'weight of Income' holds the text '4,5' @ live.xlsx, {place}: type a number; it was 2"),
        (None, "'weight of Income' is blank @ live.xlsx, {place}: type a number; it was 2"),
        (True, "'weight of Income' holds a date or a yes-or-no (True) @ live.xlsx, {place}"),
        ("=1+1", "'weight of Income' holds a formula (=1+1) @ live.xlsx, {place}: type the figure itself; it was 2"),
    ],
)
def test_a_figure_that_is_none(value: Cell, said: str, written: Path) -> None:
    sheet, cell = place(written, *WEIGHT)
    (told,) = refused(typed(written, (WEIGHT, 0, value)))
    assert told.startswith(said.format(place=f"{sheet}!{cell}"))


def test_everything_wrong_is_told_at_once(written: Path) -> None:
    typed(written, (WEIGHT, 0, "x"), (FLOOR, 0, None), (PEOPLE, 1, "many"), (("data", "age"), 2, "=40+2"))
    said = refused(written)
    assert len(said) == 4
    assert said[2].startswith("'Population of 020' holds the text 'many'") or "Population of 020" in "".join(said)


def test_an_error_in_a_cell(written: Path) -> None:
    sheet, cell = place(written, *PEOPLE, row=2)
    book = loaded(written)
    book[sheet][cell].value = "#REF!"
    book[sheet][cell].data_type = "e"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(written)
    assert refused(written) == [
        f"'Population of 030' shows an error (#REF!) @ live.xlsx, {sheet}!{cell}: type the figure again; it was 5,000"
    ]


def test_what_no_page_may_say_is_refused_with_the_rest(written: Path) -> None:
    typed(written, (("data", "remote"), 0, "perhaps"))
    assert "'perhaps' is neither yes nor no" in "".join(refused(written))


def test_wrong_cells_of_a_column_are_counted(allocation: Allocation, tmp_path: Path) -> None:
    many = pd.concat([ROWS.assign(code=[f"{at * 4 + row:03d}" for row in range(4)]) for at in range(10)])
    path = allocate({**PAGE, "envelope": "2000000"}, many).to_excel(tmp_path / "live.xlsx", live=True)
    said = refused(typed(path, *((PEOPLE, row, "x") for row in range(20))))
    assert len(said) == 6
    assert "15" in said[-1]


# Rows that came, went or moved.


def rows_of(path: Path, change: Callable[[Any, int, int], None]) -> list[str]:
    """Change the rows of the table as a spreadsheet would, all columns together."""
    sheet, cell = place(path, "data", "code")
    book = loaded(path)
    first = int(re.sub(r"\D", "", cell))
    change(book[sheet], first, openpyxl.utils.column_index_from_string(re.sub(r"\d", "", cell)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(path)
    return refused(path)


def test_a_deleted_row(written: Path) -> None:
    said = rows_of(written, lambda sheet, first, _: sheet.delete_rows(first + 1))
    assert said[0].startswith("a row of the table has no code") or said[0].startswith("the row of '020' is gone")
    assert any(line.startswith("the row of '020' is gone") for line in said)


def test_an_inserted_row(written: Path) -> None:
    said = rows_of(written, lambda sheet, first, _: sheet.insert_rows(first + 1))
    assert any(line.startswith("a row of the table has no code") for line in said)


def test_a_territory_added_below(written: Path) -> None:
    def add(sheet: Any, first: int, column: int) -> None:
        sheet.cell(first + 4, column).value = "050"

    (told,) = rows_of(written, add)
    assert told.startswith("there is a row for '050', which is none of the workbook's territories")


def test_a_code_that_stands_twice(written: Path) -> None:
    def repeat(sheet: Any, first: int, column: int) -> None:
        sheet.cell(first + 2, column).value = 20

    said = rows_of(written, repeat)
    assert said[0].startswith("the code '020' stands twice @ live.xlsx")
    assert said[1].startswith("the row of '030' is gone")


def test_rows_in_another_order(written: Path) -> None:
    def swap(sheet: Any, first: int, column: int) -> None:
        sheet.cell(first, column).value, sheet.cell(first + 1, column).value = "020", "010"

    (told,) = rows_of(written, swap)
    assert told.startswith("the rows are no longer in the order of their codes")


def test_codes_that_a_spreadsheet_took_for_numbers(written: Path, allocation: Allocation) -> None:
    typed(written, *((("data", "code"), row, float(row * 10 + 10)) for row in range(4)))
    assert same(read_workbook(written), allocation)
    assert read_workbook(written).changes == ()


# Sheets and files.


def test_a_deleted_sheet(written: Path) -> None:
    sheet, _ = place(written, *WEIGHT)
    book = loaded(written)
    for name, defined in list(book.defined_names.items()):
        if sheet in str(defined.attr_text):
            book.defined_names[name].attr_text = "#REF!"
    del book[sheet]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(written)
    said = refused(written)
    assert said[0].startswith(f"the sheet '{sheet}' is gone @ live.xlsx")
    assert len(said) == 1


def test_a_deleted_row_of_a_figure(written: Path) -> None:
    book = loaded(written)
    each = next(each for each in manifest(written).inputs if each.path == WEIGHT)
    book.defined_names[each.name].attr_text = f"'{each.sheet}'!#REF!"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(written)
    assert refused(written) == [
        f"the cell of 'weight of Income' was deleted with its row or column @ live.xlsx, {each.sheet}: "
        "undo that, or begin again from the workbook as it was written"
    ]


def test_files_that_are_none_of_ours(allocation: Allocation, written: Path, tmp_path: Path) -> None:
    assert "cannot be opened" in refused_new(tmp_path / "absent.xlsx", None)
    assert "is no workbook that can be read" in refused_new(tmp_path / "a.xlsx", b"code,amount\n")
    assert "is no workbook that can be read" in refused_new(tmp_path / "b.xlsx", written.read_bytes()[:5000])
    assert "is protected by a password" in refused_new(tmp_path / "c.xlsx", b"\xd0\xcf\x11\xe0" + b"0" * 900)
    plain = allocation.to_excel(tmp_path / "plain.xlsx")
    assert "'plain.xlsx' is no live workbook of equite" in refused(plain)[0]


def test_a_tier_of_a_plan_is_not_read_as_if_its_money_were_its_own(tmp_path: Path) -> None:
    plan = Path(__file__).resolve().parents[2] / "examples" / "quebec_tiers" / "plan.yaml"
    tier = cascade(plan).allocations("mrc")[0]
    (told,) = refused(tier.to_excel(tmp_path / "tier.xlsx", live=True))
    assert told.startswith("'tier.xlsx' is one tier of a plan, and its money comes from the tier above")


def test_a_damaged_workbook_is_read_or_refused(written: Path, tmp_path: Path) -> None:
    draw, refusals = Random(7), 0
    for _ in range(60):
        try:
            read_workbook(damaged(written, tmp_path / "damaged.xlsx", draw))
        except EquiteError as error:
            refusals += 1
            assert error.text("fr") and error.text("en")
    assert 5 < refusals < 55


def refused_new(path: Path, content: bytes | None) -> str:
    if content is not None:
        path.write_bytes(content)
        return refused(path)[0]
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    return caught.value.text("en")


def hidden(path: Path, change: Callable[[Any], None]) -> str:
    book = loaded(path)
    change(book[MANIFEST_SHEET])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book.save(path)
    return refused(path)[0]


def test_a_later_layout(written: Path) -> None:
    def later(sheet: Any) -> None:
        sheet["B1"], sheet["B2"] = "3", "9.9.0"

    assert hidden(written, later).startswith("'live.xlsx' was written by another version of equite (9.9.0)")


@pytest.mark.parametrize(
    ("word", "at", "value"),
    [("input", 5, "other"), ("page", 3, "equite: 1"), ("place", 4, "A1"), ("table", 3, "9"), ("fingerprint", 1, "0")],
)
def test_a_hidden_sheet_that_was_edited(word: str, at: int, value: str, written: Path) -> None:
    def spoil(sheet: Any) -> None:
        row = next(row for row in sheet.iter_rows() if row[0].value == word)
        row[at].value = value

    assert hidden(written, spoil).startswith("the hidden sheet '_equite' of 'live.xlsx' was changed")


def test_a_label_of_an_input_is_its_own(written: Path) -> None:
    """Every figure of the page has its own name in sentences, or its number in an expression."""
    inputs: tuple[Input, ...] = manifest(written).inputs
    assert len({(each.sheet, each.cells) for each in inputs}) == len(inputs)


def forged(path: Path, change: Callable[[list[list[str]]], object]) -> str:
    """Change the rows of the hidden sheet, give them their fingerprint, and return what is told."""

    def spoil(sheet: Any) -> None:
        rows = [[cell.value for cell in row if cell.value is not None] for row in sheet.iter_rows()][:-1]
        change(rows)
        digest = hashlib.sha256()
        for row in rows:
            digest.update(json.dumps(row, ensure_ascii=False).encode())
        sheet.delete_rows(1, sheet.max_row)
        for row in [*rows, ["fingerprint", digest.hexdigest()]]:
            sheet.append(row)

    return hidden(path, spoil)


def row_of(rows: list[list[str]], word: str) -> list[str]:
    return next(row for row in rows if row[0] == word)


FORGED: dict[str, Callable[[list[list[str]]], object]] = {
    "cut short": lambda rows: rows.__delitem__(slice(3, None)),
    "without places": lambda rows: rows.__setitem__(slice(None), [row for row in rows if row[0] != "place"]),
    "without inputs": lambda rows: rows.__setitem__(slice(None), [row for row in rows if row[0] != "input"]),
    "a place of another type": lambda rows: row_of(rows, "input").__setitem__(1, "7"),
    "a place in a place": lambda rows: row_of(rows, "input").__setitem__(1, '[["a"]]'),
    "a place very deep": lambda rows: row_of(rows, "input").__setitem__(1, "[" * 20_000),
    "cells of no sheet": lambda rows: row_of(rows, "input").__setitem__(4, "everywhere"),
    "a figure that is none": lambda rows: row_of(rows, "input").__setitem__(5, "much"),
    "a column of another type": lambda rows: rows[-1].__setitem__(5, '{"a": 1}'),
    "a number of formulas that is none": lambda rows: row_of(rows, "formulas").__setitem__(2, "many"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_hidden_sheet_forged_with_its_fingerprint(name: str, written: Path) -> None:
    assert forged(written, FORGED[name]).startswith("the hidden sheet '_equite' of 'live.xlsx' was changed")


def test_a_name_set_to_stand_for_a_whole_sheet(written: Path) -> None:
    def wide(book: Any) -> None:
        name = next(each for each in book.defined_names if each.startswith("eq_base"))
        book.defined_names[name].attr_text = "'Parameters'!$A$1:$XFD$1048576"

    saved(written, wide)
    assert "a name stands for more than 1,048,576 cells of the sheet 'Parameters'" in refused(written)[0]


def saved(path: Path, change: Callable[[Any], object]) -> None:
    """Change a workbook by a program that does not calculate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)


def cell_of(path: Path, heading: str, code: str) -> tuple[str, str]:
    """Give the sheet and the cell of a figure of the table."""
    found = {each.path: each for each in manifest(path).inputs}
    each, codes = found["data", heading], found["data", "code"].values
    letters, first = re.match(r"([A-Z]+)(\d+)", each.cells).groups()  # type: ignore[union-attr]
    return each.sheet, f"{letters}{int(first) + codes.index(code)}"


def test_nothing_is_not_zero(allocation: Allocation, tmp_path: Path) -> None:
    rows = ROWS.assign(before=[20_000, 0, None, 30_000])
    page = {**PAGE, "limits": [{"id": "held", "at_least": "0.5 * default(previous, 0)"}]}
    path = allocate(page, rows).to_excel(tmp_path / "live.xlsx", live=True)
    assert read_workbook(path).changes == ()
    edit(path, {cell_of(path, "before", "010"): None, cell_of(path, "before", "020"): 0})
    told = [change.text("en") for change in read_workbook(path).changes]
    assert told == ["Before of 010: 0 → blank", "Before of 020: blank → 0"]


@pytest.mark.parametrize("typed", ["rural ", "ru\u00adral", "\u200brural", "ru\u200eral", "rural\u00a0"])
def test_a_label_with_what_nobody_sees_is_told(typed: str, tmp_path: Path) -> None:
    page = {**PAGE, "parts": [{"id": "rest", "share": {"in_proportion_to": "where(setting == 'rural', 3, 1)"}}]}
    page = {**page, "parts": [{**page["parts"][0], "pool": "remainder"}], "indices": {}, "limits": []}
    path = allocate(page, ROWS.assign(setting=["urban", "rural", "urban", "rural"])).to_excel(
        tmp_path / "live.xlsx", live=True
    )
    edit(path, {cell_of(path, "setting", "020"): typed})
    (told,) = refused(path)
    assert "holds blanks or signs that nobody sees" in told and "type rural again" in told


def test_a_table_with_what_nobody_sees_is_as_it_was(tmp_path: Path) -> None:
    """Nothing was edited, and nothing has changed: both sides leave out the same signs."""
    places = ["=1+1", "Ba\u00adie", " Centre\u200b", "Dune\ue000"]
    rows = ROWS.assign(place=places, setting=["rural\u200b", "\u200erural", "ru\u00adral", "rural\u00a0"])
    page = {**PAGE, "eligible": [{"where": "setting == 'rural\ufeff'", "reason": "Rural"}]}
    found = allocate(page, rows)
    reading = read_workbook(found.to_excel(tmp_path / "live.xlsx", live=True))
    assert reading.changes == () and reading.cache == "current"
    assert reading.allocate().amounts.tolist() == found.amounts.tolist()


def test_what_was_typed_over_a_formula_is_told(written: Path) -> None:
    place = manifest(written).places["shown"]
    edit(written, {(place.sheet, place.cells.partition(":")[0]): 999})
    (told,) = refused(written)
    assert told.startswith("1 of the sheet's formulas were typed over or deleted") and place.sheet in told


def test_codes_typed_over_beside_the_calculations_are_told(written: Path) -> None:
    place = manifest(written).places["written"]
    edit(written, {(place.sheet, place.cells.partition(":")[0]): "999"})
    assert "the codes as they were written, beside the calculations, were changed" in refused(written)[0]


def test_a_code_with_a_blank_at_its_end_is_told(written: Path) -> None:
    edit(written, {cell_of(written, "code", "010"): "010 "})
    assert "holds blanks or signs that nobody sees" in refused(written)[0]
