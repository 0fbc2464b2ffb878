"""Every result that means a table gives it in one way, in both languages: a frame, a CSV file, a workbook, a page."""

from __future__ import annotations

import csv
import inspect
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import equite
from equite.report.shown import columns_of

TABLE = {
    "code": ["A", "B", "C"],
    "name": ["Amos & fils", "=B", "C"],
    "people": [1000, 2000, 4500],
    "jobless": [8.5, 6, 4],
    "distance": [10, 50, 90],
}
PLACES = {
    "region": {"code": ["N", "S"], "people": [3000, 6000]},
    "town": {"code": ["N1", "N2", "S1"], "up": ["N", "N", "S"], "people": [1000, 2000, 6000]},
}
PIECES = {"area": ["1", "2", "2"], "county": ["N", "N", "S"], "people": [100, 60, 40]}


def page(language: str, **keys: Any) -> dict[str, Any]:
    share = {"in_proportion_to": "people * (0.5 + need)"}
    return {
        "equite": 1,
        "id": "grant",
        "language": language,
        "key": "code",
        "name": "name",
        "envelope": 90_000,
        "indices": {"need": {"criteria": {"jobless": 1, "distance": 1}}},
        "parts": [{"id": "grant", "pool": "remainder", "share": share}],
        **keys,
    }


def allocation(language: str) -> equite.Allocation:
    return equite.allocate(page(language), TABLE)


def comparison(language: str) -> equite.Comparison:
    equally = page(language, parts=[{"id": "grant", "pool": "remainder", "share": "equally"}], indices={})
    return equite.compare(allocation(language), equite.allocate(equally, TABLE), labels=["one", "two"])


def plan(language: str, **keys: Any) -> dict[str, Any]:
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    base = {"equite": 1, "id": "grant", "language": language, "key": "code", "people": "people", "parts": parts}
    tiers = [
        {"id": "region", "formula": {**base, "envelope": 90_000}},
        {"id": "town", "formula": base, "parent": "up", **keys},
    ]
    return {"equite_plan": 1, "id": "plan", "language": language, "tiers": tiers}


def reading(language: str, folder: Path) -> equite.WorkbookReading:
    path = allocation(language).to_excel(folder / "live.xlsx", live=True)
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value == 8.5:
                    cell.value = 9.5
    book.save(path)
    return equite.read_workbook(path)


def carried() -> equite.Carried:
    walk = equite.Crosswalk.of_pieces(PIECES, source="area", target="county", weight="people")
    return walk.carry({"area": ["1", "2"], "jobs": [10, 25.5]}, key="area", extensive=["jobs"])


def passage(language: str) -> equite.Transition:
    schedule = {"equite_schedule": 1, "id": "s", "language": language, "target": page(language), "start": "people"}
    return equite.transition({**schedule, "years": [2026, 2027], "rule": {"linear": 2}}, TABLE)


RESULTS: dict[str, Callable[[str, Path], Any]] = {
    "Allocation": lambda language, _: allocation(language),
    "Batch": lambda language, _: equite.batch(page(language), TABLE, {"envelope": [90, 120, 240]}),
    "Carried": lambda language, _: carried(),
    "Cascade": lambda language, _: equite.cascade(plan(language), PLACES),
    "Comparison": lambda language, _: comparison(language),
    "Diagnosis": lambda language, _: allocation(language).diagnose(),
    "Equity": lambda language, _: equite.equity(
        equite.allocate(page(language, people="people"), TABLE | {"region": ["N", "N", "=S"]}), by="region"
    ),
    "Drivers": lambda language, _: equite.drivers(
        allocation(language), equite.allocate(page(language, envelope=80_000), TABLE)
    ),
    "Explanation": lambda language, _: allocation(language).explain("B"),
    "GovernanceComparison": lambda language, _: equite.compare_governance(
        plan(language, may_change="everything"), PLACES
    ),
    "Profile": lambda language, _: allocation(language).profile("B"),
    "Projects": lambda language, _: equite.projects(
        {"equite_projects": 1, "id": "p", "language": language, "method": "rank", "envelope": 90},
        {"project": ["a", "b"], "rank": [1, 2], "request": [60, 50]},
    ),
    "Sharing": lambda language, _: equite.share(100, [1, 1, 2], lower=[40, 0, 0]),
    "Territories": lambda language, _: equite.Territories.of({"code": ["A"], "rate": [0.5]}, key="code"),
    "Transition": lambda language, _: passage(language),
    "WorkbookReading": reading,
    "Worksheet": lambda language, _: allocation(language).worksheet("B"),
}
#: Results whose workbook has sheets of its own, beside that of the table.
SHEETS = {"Allocation", "Cascade", "Drivers", "Projects", "Transition"}


class Heard(HTMLParser):
    """Reads a page: its texts, its languages, whether each element ends, and whether anything is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.languages: set[str] = set()
        self.loads: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "wbr", "col", "input"):
            self.open.append(tag)
        self.languages |= {str(value) for name, value in attrs if name == "lang"}
        self.loads += [str(value) for name, value in attrs if name == "src" or (name == "href" and value[:1] != "#")]  # type: ignore[index]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def heard(text: str) -> Heard:
    parser = Heard()
    parser.feed(text)
    assert parser.open == []
    return parser


def frame_of(result: Any) -> pd.DataFrame:
    table = result.table
    return table() if callable(table) else table


def rows_of(path: Path, language: str) -> list[list[str]]:
    text = path.read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if language == "fr" else ","))


@pytest.fixture(params=["fr", "en"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EQUITE_LANGUAGE", request.param)
    return str(request.param)


def test_every_result_that_has_a_table_is_walked() -> None:
    public = {name: getattr(equite, name) for name in equite.__all__}
    writing = {name for name, each in public.items() if inspect.isclass(each) and hasattr(each, "to_csv")}
    assert writing == set(RESULTS)


@pytest.mark.parametrize("name", RESULTS)
def test_the_ways_out_are_called_alike(name: str) -> None:
    kind = getattr(equite, name)
    ways = [inspect.signature(getattr(kind, f"to_{way}")) for way in ("csv", "excel", "html")]
    assert all(list(way.parameters)[:2] == ["self", "path"] for way in ways)
    assert {way.return_annotation for way in ways} <= {"Path", "FilePath"}
    by_tier = {"tier" in way.parameters for way in ways}
    assert len(by_tier) == 1
    assert callable(kind._repr_html_)


@pytest.mark.parametrize("name", RESULTS)
def test_a_table_goes_out_in_every_way(name: str, language: str, tmp_path: Path) -> None:
    result = RESULTS[name](language, tmp_path)
    frame = frame_of(result)
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) > 0
    head, *rows = rows_of(result.to_csv(tmp_path / "out.csv"), language)
    if name != "Cascade":
        assert len(rows) == len(frame)
    assert len(set(head)) == len(head) > 1
    path = result.to_excel(tmp_path / "out.xlsx")
    sheets = openpyxl.load_workbook(path).worksheets
    if name not in SHEETS:
        assert [sheet.title for sheet in sheets] == ["Tableau" if language == "fr" else "Table"]
        assert sheets[0].max_row == len(frame) + 1
        assert sheets[0].max_column == len(head)
    text = result.to_html(tmp_path / "out.html").read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    told = heard(text)
    assert told.languages == {language}
    assert told.loads == []
    assert language in heard(result._repr_html_()).languages or name == "WorkbookReading"
    assert not list(tmp_path.glob(".equite-*"))


@pytest.mark.parametrize("name", RESULTS)
def test_headings_are_of_the_readers_language(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = {}
    for language in ("fr", "en"):
        monkeypatch.setenv("EQUITE_LANGUAGE", language)
        result = RESULTS[name](language, tmp_path)
        heads[language] = rows_of(result.to_csv(tmp_path / "out.csv"), language)[0]
        assert len(heads[language]) > 1
        text = heard(result.to_html(tmp_path / "out.html").read_text("utf-8")).texts
        heads[language] += [] if name in ("Territories", "Sharing") else text
    # The headings of somebody's own table are theirs.
    assert (heads["fr"] == heads["en"]) == (name == "Territories")
    assert not [head for each in heads.values() for head in each if re.fullmatch(r"\w+_\w+", head)]


@pytest.mark.parametrize("name", sorted(set(RESULTS) - SHEETS))
def test_cells_of_a_sheet_are_those_of_the_csv_file(name: str, language: str, tmp_path: Path) -> None:
    result = RESULTS[name](language, tmp_path)
    head, *rows = rows_of(result.to_csv(tmp_path / "out.csv"), language)
    sheet = openpyxl.load_workbook(result.to_excel(tmp_path / "out.xlsx")).active
    assert sheet is not None
    top, *cells = [list(row) for row in sheet.iter_rows(values_only=True)]
    if name != "Comparison":  # whose CSV file, older, words relative differences otherwise
        assert top == head
    for texts, row in zip(rows, cells, strict=True):
        for text, cell in zip(texts, row, strict=True):
            if isinstance(cell, str):
                assert cell == text.removeprefix("'")
            elif cell is not None:
                number = float(text.replace(",", "."))
                assert number == pytest.approx(cell, abs=1e-6) or number == pytest.approx(100 * cell, abs=0.051)
            else:
                assert text == ""


@pytest.mark.parametrize("name", RESULTS)
def test_a_file_appears_whole_or_not_at_all(name: str, tmp_path: Path) -> None:
    result = RESULTS[name]("en", tmp_path)
    for way, ending in (("csv", ".csv"), ("excel", ".xlsx"), ("html", ".html")):
        write = getattr(result, f"to_{way}")
        with pytest.raises(equite.OutputError, match="does not end in"):
            write(tmp_path / "out.doc")
        with pytest.raises(equite.OutputError, match="no folder 'absent'"):
            write(tmp_path / "absent" / f"out{ending}")
        first = write(tmp_path / f"one{ending}").read_bytes()
        assert write(tmp_path / f"two{ending}").read_bytes() == first
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.stem in ("one", "two", "out")) == sorted(
        [".csv", ".xlsx", ".html"] * 2
    )


def test_a_page_holds_every_row_where_a_notebook_shows_some(tmp_path: Path) -> None:
    codes = [f"T{at:02d}" for at in range(30)]
    table = {"code": codes, "people": range(100, 130)}
    walk = equite.Crosswalk.of_pieces({**table, "to": codes}, source="code", target="to", weight="people")
    plain = page("en", indices={}, name=None, parts=[{"id": "grant", "pool": "remainder", "share": "equally"}])
    first = equite.allocate(plain, table)
    places = {"region": {"code": ["N"], "people": [1]}, "town": {**table, "up": ["N"] * 30}}
    for result in (
        equite.Territories.of(table, key="code"),
        walk.carry(table, key="code", extensive=["people"]),
        equite.compare(first, first),
        equite.compare_governance(plan("en", may_change="everything"), places),
        equite.cascade(plan("en"), places),
    ):
        shown = heard(result._repr_html_()).texts
        told = heard(result.to_html(tmp_path / "out.html").read_text("utf-8")).texts
        assert not set(codes) <= set(shown)
        assert all(told.count(code) > shown.count(code) for code in codes)


def test_a_tier_may_be_named_where_there_are_several(tmp_path: Path) -> None:
    found = equite.compare_governance(plan("en", may_change="everything"), PLACES)
    for way, ending in (("csv", ".csv"), ("excel", ".xlsx"), ("html", ".html")):
        write = getattr(found, f"to_{way}")
        assert write(tmp_path / f"out{ending}", "region").exists()
        with pytest.raises(equite.SharingError, match="no tier 'twn'"):
            write(tmp_path / f"out{ending}", "twn")


def test_numbers_have_the_decimals_that_one_of_them_needs_and_no_dust() -> None:
    frame = pd.DataFrame({"a": [0.1 + 0.2, 1.0], "b": [1e-7, 2.0], "c": [1234567.1, float("nan")], "d": [True, False]})
    found = {column.id: column for column in columns_of(frame, {name: name for name in frame}, "en")}
    assert [found[name].digits for name in "abc"] == [1, 7, 1]
    assert list(found["d"].cells) == ["yes", "no"]
    assert columns_of(frame, {"d": "d"}, "fr")[0].cells == ["oui", "non"]


def test_an_explanation_and_a_sharing_add_up() -> None:
    explanation = allocation("en").explain("B")
    assert explanation.table["amount"].sum() == pytest.approx(explanation.amount, abs=1e-9)
    assert explanation.table["kind"].tolist() == ["baseline", "criterion", "criterion"]
    sharing = equite.share(100, [1, 1, 2], lower=[40, 0, 0])
    assert sharing.table.to_dict("list") == {
        "amount": [40.0, 20.0, 40.0],
        "at_lower": [True, False, False],
        "at_upper": [False, False, False],
    }


def test_a_long_sharing_shows_its_first_rows() -> None:
    text = heard(equite.share(100, [1] * 30)._repr_html_()).texts
    assert "A sum shared by one level: the first 10 rows of 30" in text
    assert "10" in text
    assert "11" not in text


def test_changes_of_a_workbook_are_told_in_the_table(tmp_path: Path) -> None:
    table = reading("en", tmp_path).table
    assert table[["code", "before", "after"]].to_dict("records") == [{"code": "A", "before": 8.5, "after": 9.5}]
    assert "8.5" in table["told"][0]
