"""Every bound: taken at the bound, refused past it in a sentence, and told in the docs as it is."""

from __future__ import annotations

import gzip
import html
import os
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from openpyxl.workbook.defined_name import DefinedName

import equite
from equite.inputs import apart, bounds, calamine_sheet, delimited, files, packages
from equite.report.live.excel_limits import is_beyond_excel, size_of

DOCS = Path(__file__).parents[1] / "docs" / "bounds.md"
PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "envelope": 900,
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    "rounding": {"to": 1},
}
TABLE = {"code": ["A", "B", "C"], "people": [100, 200, 300]}


def test_the_docs_tell_every_bound_as_it_is() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| ([\d.,]+) \|$", DOCS.read_text("utf-8"), re.MULTILINE))
    assert told == {name: f"{Decimal(getattr(bounds, name)):,f}" for name in bounds.__all__}


# --- files


def _read(file: Path) -> object:
    return equite.read_territories(file, key="code")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with a name")
@pytest.mark.parametrize(
    "read",
    [
        _read,
        equite.Formula.read,
        equite.Plan.read,
        equite.read_workbook,
        lambda file: equite.Formula.from_dict(PAGE).overlaid(file),
        lambda file: equite.read_catalogue().overlaid(file),
    ],
    ids=["table", "page", "plan", "workbook", "override", "catalogue"],
)
def test_a_pipe_and_a_device_are_refused_and_not_waited_for(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(equite.EquiteError, match="is no plain file"):
            read(file)
    with pytest.raises(equite.EquiteError):
        read(tmp_path / "a\0b")


def test_a_file_is_read_at_the_bound_and_refused_past_it(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b"1234")
    assert files.bounded_bytes(file, equite.TerritoriesError, 4) == b"1234"
    with pytest.raises(equite.TerritoriesError, match="larger than"):
        files.bounded_bytes(file, equite.TerritoriesError, 3)


@pytest.mark.parametrize("lies", [False, True])
def test_a_zip_that_unpacks_to_too_much_is_refused(lies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "RATIO_FROM_BYTES", 2_000_000)
    whole = tmp_path / "whole.xlsx"
    openpyxl.Workbook().save(whole)
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/much.xml", b" " * 5_000_000)
    raw = bytearray(whole.read_bytes())
    if lies:
        # The size that the directory tells of the part.
        at = raw.rfind(b"PK\x01\x02")
        raw[at + 24 : at + 28] = (500).to_bytes(4, "little")
    whole.write_bytes(raw)
    for read in (_read, equite.read_workbook):
        with pytest.raises(equite.EquiteError, match="holds more than equite unpacks"):
            read(whole)


def test_a_gzipped_table_is_unpacked_no_further_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "RATIO_FROM_BYTES", 100_000)
    assert len(packages.unpacked_gzip(gzip.compress(b" " * 100_000), "t", equite.TerritoriesError)) == 100_000
    with pytest.raises(equite.TerritoriesError, match="holds more than equite unpacks"):
        packages.unpacked_gzip(gzip.compress(b" " * 100_001), "t", equite.TerritoriesError)


# --- workbooks of other formats


def test_what_is_no_workbook_of_an_old_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "damaged.xls"
    for size in (8, 512, 5000):
        file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * (size // 256))
        with pytest.raises(equite.TerritoriesError):
            _read(file)


def test_a_reader_beyond_its_memory_or_its_time_dies_alone() -> None:
    for most_bytes, most_seconds in ((1_000_000, 60.0), (1 << 31, 0.0)):
        with pytest.raises(apart.NoReaderError) as found:
            apart.read_apart(calamine_sheet.__file__, (python_calamine,), (b"", None), most_bytes, most_seconds)
        assert found.value.started


def test_panics_of_the_reader_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    class Book:
        @staticmethod
        def from_filelike(_: object) -> object:
            raise PanicException

    monkeypatch.setattr("python_calamine.CalamineWorkbook", Book)
    assert calamine_sheet.read_here(b"", None) == ([], None, calamine_sheet.GAVE_UP)


# --- Parquet


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., Path]:
    """Give what writes a Parquet file of some columns."""
    pa = pytest.importorskip("pyarrow", reason="the parquet extra is not installed")
    from pyarrow.parquet import write_table

    def write(columns: dict[str, object], **options: Any) -> Path:
        write_table(pa.table(columns), tmp_path / "t.parquet", **options)
        return tmp_path / "t.parquet"

    return write


def test_a_small_parquet_file_of_too_many_cells_is_refused(
    parquet: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = parquet({"code": [f"{at:04}" for at in range(2_000)], "people": [1] * 2_000})
    monkeypatch.setattr("equite.inputs.parquet.MOST_CELLS", 4_000)
    _read(file)
    monkeypatch.setattr("equite.inputs.parquet.MOST_CELLS", 3_999)
    with pytest.raises(equite.TerritoriesError, match="more than 3,999 cells"):
        _read(file)


def test_a_parquet_file_that_takes_all_memory_is_refused(
    parquet: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One text of a megabyte, which a few bytes say stands in eight hundred rows."""
    file = parquet({"code": ["A" * 1_000_000] * 800})
    assert file.stat().st_size < 100_000
    monkeypatch.setattr("equite.inputs.parquet.MOST_READER_BYTES", 700_000_000)
    with pytest.raises(equite.TerritoriesError, match="takes more memory or time"):
        _read(file)


@pytest.mark.parametrize("died", [True, False])
def test_a_reader_of_parquet_that_dies_is_told(
    died: bool, parquet: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: object) -> object:
        raise apart.NoReaderError(started=died)

    file = parquet({"code": ["A"], "people": [1]})
    monkeypatch.setattr("equite.inputs.parquet.read_apart", dead)
    with pytest.raises(equite.TerritoriesError, match="takes more memory" if died else "cannot be started here"):
        _read(file)


# --- delimited text


@pytest.mark.parametrize("filled", ["", "1"])
@pytest.mark.parametrize("above", [0, 200])
def test_a_row_of_a_million_commas_is_refused(filled: str, above: int, tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    rows = "".join(f"A{at},1\n" for at in range(above))
    file.write_text(f"code,people\n{rows}B,1{f',{filled}' * 1_000_000}\nC,1\n")
    with pytest.raises(equite.TerritoriesError, match=rf"1,000,002 cells.*16,384 columns.*row {above + 2}"):
        _read(file)


def test_rows_as_wide_as_a_sheet_and_long_texts_are_taken() -> None:
    rows = f'code,area\nA,"{"1 2, " * 20_000}"\nB,x{"," * (bounds.MOST_COLUMNS - 2)}'.encode()
    delimited._refuse_wide(rows + b"\nC,1", b",", "t")
    with pytest.raises(equite.TerritoriesError, match=r"16,385 cells.*row 3"):
        delimited._refuse_wide(rows + b",\nC,1", b",", "t")


def test_a_heading_is_read_at_the_bound_and_refused_past_it(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text(f"code,{'x' * bounds.MOST_FIELD}\nA,1\n")
    _read(file)
    file.write_text(f"code,{'x' * (bounds.MOST_FIELD + 1)}\nA,1\n")
    with pytest.raises(equite.TerritoriesError, match="more than 131,072 characters"):
        _read(file)
    assert delimited.csv.field_size_limit() == bounds.MOST_FIELD


# --- pages


def _many(section: str, count: int) -> dict[str, Any]:
    made: dict[str, Callable[[int], dict[str, Any]]] = {
        "parts": lambda at: {"id": f"p{at}", "pool": {"amount": 1}, "share": "equally"},
        "limits": lambda at: {"id": f"l{at}", "at_least": 0},
        "checks": lambda at: {"that": f"amount >= -{at}"},
        "eligible": lambda at: {"where": f"people > -{at + 1}", "reason": f"Rule {at}"},
    }
    return {**PAGE, section: [made[section](at) for at in range(count)]}


@pytest.mark.parametrize("section", ["parts", "limits", "checks", "eligible"])
def test_a_page_takes_so_many_of_a_kind(section: str) -> None:
    equite.Formula.from_dict(_many(section, bounds.MOST_OF_A_KIND))
    for count in (bounds.MOST_OF_A_KIND + 1, 2_000):
        with pytest.raises(equite.FormulaError, match=f"{count:,} stand here, more than the 250") as found:
            equite.Formula.from_dict(_many(section, count))
        assert len(found.value.problems) == 1


def test_a_page_takes_so_many_criteria_and_names() -> None:
    def indexed(count: int) -> dict[str, Any]:
        criteria = {f"x{at}": {"weight": 1, "more_need_when": "high"} for at in range(count)}
        return {**PAGE, "indices": {"need": {"criteria": criteria}}}

    equite.Formula.from_dict(indexed(bounds.MOST_CRITERIA))
    with pytest.raises(equite.FormulaError, match="has 1,001 criteria, more than the 1,000"):
        equite.Formula.from_dict(indexed(bounds.MOST_CRITERIA + 1))
    with pytest.raises(equite.FormulaError, match="defines 2,001 names"):
        equite.Formula.from_dict({**PAGE, "variables": {f"v{at}": "people" for at in range(2_000)}})


def chained(count: int, link: str, first: str = "people", share: str = "{}") -> dict[str, Any]:
    """Give a page that shares by the last of some variables, each made of the one before."""
    variables = {"v0": first} | {f"v{at}": link.format(f"v{at - 1}") for at in range(1, count)}
    parts = [{**PAGE["parts"][0], "share": {"in_proportion_to": share.format(f"v{count - 1}")}}]
    return {**PAGE, "variables": variables, "parts": parts}


def test_a_chain_of_variables_past_the_bound_is_refused_in_one_sentence() -> None:
    with pytest.raises(equite.FormulaError, match="'v1000' rests on a chain of names with 2001") as found:
        equite.Formula.from_dict(chained(1_900, "{} + 1"))
    assert len(found.value.problems) == 1


def test_a_chain_at_the_bound_is_worked_out() -> None:
    assert equite.allocate(chained(999, "{} + 0"), TABLE).units.tolist() == [150, 300, 450]


@pytest.mark.parametrize(
    ("link", "share"), [("{} - 1", "{} + 199"), ("-{}", "-{}"), ("{} * 1", "where({} > 50, people, 0)")]
)
def test_a_chain_of_two_hundred_variables_is_shared_explained_and_written(
    link: str, share: str, tmp_path: Path
) -> None:
    found = equite.allocate(chained(200, link, share=share), TABLE)
    assert found.units.tolist() == [150, 300, 450]
    assert found.explain("A").amount == 150 and "v199" in found.worksheet("A").text("en")
    found.to_excel(tmp_path / "live.xlsx", live=True)
    assert equite.read_workbook(tmp_path / "live.xlsx").allocate().units.tolist() == [150, 300, 450]


def test_a_chain_of_a_hundred_indices_is_shared_and_shown() -> None:
    indices = {"i0": {"criteria": {"people": 1}}} | {f"i{at}": {"criteria": {f"i{at - 1}": 1}} for at in range(1, 100)}
    share = {"in_proportion_to": "i99"}
    found = equite.allocate({**PAGE, "indices": indices, "parts": [{**PAGE["parts"][0], "share": share}]}, TABLE)
    assert found.units.tolist() == [0, 300, 600]
    assert "I98" in found.worksheet("A").text("en")


#: Chains in which what stands twice in the next would take 2^60 readings, or numbers of 2^60 digits.
@pytest.mark.parametrize(
    ("link", "first", "share"),
    [
        ("{0} * {0}", "people / 1000", "where({} > 0, people, 1)"),
        ("{0} - 0.5 * {0}", "people - 0.1", "where({} > 9e99, people, 1)"),
        ("{0} / total({0}) - 0.01", "people", "where({} < 9, 1, people)"),
        ("{0} + {0}", "2", "people * {}"),
    ],
)
def test_what_doubles_from_name_to_name_takes_the_time_of_its_length(
    link: str, first: str, share: str, tmp_path: Path
) -> None:
    found = equite.allocate(chained(60, link, first, share), TABLE)
    assert found.units.sum() == 900
    found.to_excel(tmp_path / "live.xlsx", live=True)


def test_what_is_missing_below_a_chain_of_doublings_is_told() -> None:
    table = {"code": ["A", "B"], "people": [100, None]}
    known = equite.Territories.of(table, key="code")
    with pytest.raises(equite.FormulaError, match="'people' has no value for B"):
        equite.allocate(chained(60, "{0} + {0}"), known)
    floor = {"limits": [{"id": "floor", "at_least": "0 * v59"}], "parts": PAGE["parts"]}
    page = chained(60, "{0} + {0}") | floor | {"parts": [{**PAGE["parts"][0], "share": "equally"}]}
    assert any("B" in warning for warning in equite.allocate(page, known).warnings)
    first = {"id": "first", "pool": {"amount": 9}, "share": {"in_proportion_to": "people"}}
    page = chained(60, "{0} + {0}", "first * people")
    with pytest.raises(equite.FormulaError, match="'people' has no value for B"):
        equite.allocate({**page, "parts": [first, *page["parts"]]}, known)


def test_mappings_without_a_floor_are_refused() -> None:
    deep: dict[str, Any] = {}
    deep["constants"] = deep
    with pytest.raises(equite.FormulaError, match="too large"):
        equite.Formula.from_dict({**PAGE, **deep})


@pytest.mark.parametrize(("unit", "taken"), [("1e-9", True), ("9e-10", False), ("1e-400", False), ("2e15", False)])
def test_the_unit_of_rounding_is_one_that_amounts_have(unit: str, taken: bool) -> None:
    page = {**PAGE, "envelope": "0.9", "rounding": {"to": unit}}
    if taken:
        assert equite.allocate(page, TABLE).total == 0.9
    else:
        with pytest.raises(equite.FormulaError, match="cannot be rounded to"):
            equite.allocate(page, TABLE)


# --- live workbooks


@pytest.mark.parametrize(
    ("formula", "size"),
    [
        ("=1", (2, 0, 0)),
        ("SUM(1,MAX(2,3,4),{1,2,3,4,5})", (30, 2, 3)),
        ("IF(A1=\"(,,,\",'a(,b'!A1,2)", (26, 1, 3)),
        ("\ue000", (8, 0, 0)),
    ],
)
def test_formulas_are_measured(formula: str, size: tuple[int, int, int]) -> None:
    assert size_of(formula) == size


@pytest.mark.parametrize(
    ("most", "beyond"),
    [
        (f"SUM({','.join('1' * 255)})", f"SUM({','.join('1' * 256)})"),
        ("ABS(" * 64 + "1" + ")" * 64, "ABS(" * 65 + "1" + ")" * 65),
        ("1" * 8191, "1" * 8192),
    ],
)
def test_what_excel_takes_is_told_from_what_it_does_not(most: str, beyond: str) -> None:
    assert not is_beyond_excel(most) and is_beyond_excel(beyond)


def _formulas(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as package:
        sheets = [package.read(name).decode() for name in package.namelist() if "worksheets/sheet" in name]
    return [html.unescape(found) for sheet in sheets for found in re.findall(r"<f[^>]*>([^<]*)</f>", sheet)]


def _nested(call: str, levels: int) -> str:
    return call.split("…")[0] * levels + "900" + call.split("…")[1] * levels


@pytest.mark.parametrize(
    "changed",
    [
        {"envelope": f"max({','.join(['900'] * 260)})"},
        {"envelope": _nested("max(…, 1)", 58)},
        {"checks": [{"that": f"amount <= max({','.join(['900'] * 260)})"}]},
        {"checks": [{"that": f"amount <= {_nested('max(…, 1)', 56)}"}]},
        {"eligible": [{"where": f"people > {_nested('max(…, 1)', 56)} - 900", "reason": "Small"}]},
        {"eligible": [{"where": f"people > -{at + 1}", "reason": f"Rule {at}"} for at in range(70)]},
        {"limits": [{"id": "floor", "at_least": f"min({','.join(['people'] * 260)}) / 9"}]},
        {"parts": [{**PAGE["parts"][0], "share": {"in_proportion_to": _nested("where(people > 1, …, 1)", 56)}}]},
    ],
    ids=["envelope", "deep envelope", "check", "deep check", "condition", "conditions", "limit", "share"],
)
def test_every_formula_of_a_workbook_is_one_that_excel_takes(changed: dict[str, Any], tmp_path: Path) -> None:
    found = equite.allocate({**PAGE, **changed}, TABLE)
    path = found.to_excel(tmp_path / "live.xlsx", live=True)
    assert not [formula for formula in _formulas(path) if is_beyond_excel(formula)]
    assert equite.read_workbook(path).allocate().units.tolist() == found.units.tolist()


def test_a_name_over_a_whole_sheet_is_refused(tmp_path: Path) -> None:
    path = equite.allocate(PAGE, TABLE).to_excel(tmp_path / "live.xlsx", live=True)
    book = openpyxl.load_workbook(path)
    for name in [name for name in book.defined_names if name.startswith("eq_")]:
        sheet = book.defined_names[name].attr_text.rpartition("!")[0]
        book.defined_names[name] = DefinedName(name, attr_text=f"{sheet}!$A$1:$XFD$1048576")
    book.save(path)
    with pytest.raises(equite.WorkbookError, match="stands for more than 1,048,576 cells"):
        equite.read_workbook(path)


# --- sentences


def test_a_file_name_with_a_new_line_makes_one_line(tmp_path: Path) -> None:
    file = tmp_path / "new\nline.csv"
    file.write_text("code,people\nA,1\nA,2\n")
    with pytest.raises(equite.TerritoriesError) as found:
        _read(file)
    assert len(found.value.text("en").splitlines()) == len(found.value.text("fr").splitlines()) == 1


def test_the_name_that_was_given_is_not_proposed(tmp_path: Path) -> None:
    (tmp_path / "table.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(equite.TerritoriesError) as found:
        _read(tmp_path / "table.csv")
    assert "did you mean" not in found.value.text("en")
