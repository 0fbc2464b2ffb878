"""The worksheet: whoever has its printed text, and nothing else, gets each next line and the amount."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from random_pages import pages
from worksheet_reader import WORDS, Wrong, blocks, redone
from yaml_texts import read_yaml

import equite
from equite import Allocation, EquiteError, Formula, allocate
from equite.engine.apportionment import DIVISORS
from equite.engine.sheet import GivenKind
from equite.report.notices import write_notices
from equite.wording import say

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
WORKED = sorted((ROOT / "tests" / "worked").glob("*.yaml"))
REGION = EXAMPLES / "region_13"
LANGUAGES = ("fr", "en")
#: What may stand on a sheet and lead to no other line: a condition on labels, and what a method of one's own was given.
ALONE = {"label", "method", "cell", "missing"}


def held(allocation: Allocation, code: str) -> None:
    """Redo a sheet in both languages."""
    sheet = allocation.worksheet(code)
    # Where 999.999999999999 is cut to whole units, the exact figure is 1,000.
    assert decided_exactly(sheet) <= {"cut"}
    for language in LANGUAGES:
        assert redone(sheet.text(language), language) == Decimal(repr(sheet.amount)), code


def decided_exactly(sheet: equite.Worksheet) -> set[str]:
    """Name the lines that are given because printed figures do not lead to them: a rule that is wrong would be one."""
    return {line.title for line in sheet.lines if line.given == "exact"}


def some(allocation: Allocation, count: int) -> Iterator[str]:
    """Choose codes from the first to the last, and one of those left out."""
    yield from allocation.codes[:: max(1, len(allocation.codes) // count)]
    yield from (found.code for found in allocation.excluded_by[:1])


@pytest.fixture(scope="module")
def first_page() -> Allocation:
    text = (ROOT / "docs" / "formula.md").read_text(encoding="utf-8")
    page = next(block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "id: first-page" in block)
    table = {
        "code": ["A", "B", "C"],
        "place": ["Amont", "Baie", "Centre"],
        "population": [1000, 2000, 5000],
        "land_area": [100, 100, 100],
        "low_income": [10, 20, 15],
        "last_year": [20000, 30000, 50000],
    }
    return allocate(Formula.from_text(page), table)


@pytest.mark.parametrize("path", WORKED, ids=lambda path: path.stem)
def test_worked_cases(path: Path) -> None:
    case = read_yaml(path)
    allocation = allocate(Formula.from_text(case["formula"]), case["table"])
    for code in some(allocation, 3):
        held(allocation, code)


@pytest.mark.parametrize("page", ["equal", "half_salary", "per_head", "status_quo"])
def test_examples_of_region_13(page: str) -> None:
    allocation = allocate(REGION / f"{page}.yaml", REGION / "territories.csv")
    for code in some(allocation, 2):
        held(allocation, code)


@pytest.mark.parametrize("example", ["quebec_mrc", "six_families"])
def test_examples(example: str) -> None:
    allocation = allocate(EXAMPLES / example / "formula.yaml", EXAMPLES / example / "territories.csv")
    for code in some(allocation, 3):
        held(allocation, code)


def test_example_of_tiers() -> None:
    for level in equite.cascade(EXAMPLES / "quebec_tiers" / "plan.yaml").levels:
        for allocation in level.allocations:
            held(allocation, allocation.codes[-1])


@pytest.mark.golden
@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("victoria_2024", "au_vic_fag_2024/councils.csv"),
        ("canada_equalization", "ca_equalization_2025_26/provinces.csv"),
        ("france_dsr", "fr_dsr_synthetic/communes.csv.gz"),
    ],
)
def test_published_grants(golden: Path, page: str, table: str) -> None:
    allocation = allocate(EXAMPLES / page / "formula.yaml", golden / table)
    for code in some(allocation, 3):
        held(allocation, code)


#: Random pages, each of which takes a while to draw: two hundred with `make laws`.
PAGES = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "laws" else 40


@pytest.mark.slow
def test_random_pages() -> None:
    for at, case in enumerate(pages(1911, PAGES)):
        codes, language = case.allocation.codes, LANGUAGES[at % 2]
        sheet = case.allocation.worksheet(codes[at % len(codes)])
        assert redone(sheet.text(language), language) == Decimal(repr(sheet.amount)), case.name
        assert decided_exactly(sheet) <= {"cut"}, case.name


def amount_of(text: str, language: str, amount: float) -> None:
    """Refuse a sheet that leads to another amount, or nowhere."""
    if redone(text, language) != Decimal(repr(amount)):
        raise Wrong(text)


def perturbed(text: str) -> Iterator[tuple[int, str]]:
    """Change one figure at a time by one in its last digit; give its line too."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.startswith("   = "):
            for match in re.finditer(r"\d(?=[^\d\u00a0.,]|[.,\u00a0](?!\d)|$)", line):
                digit = str((int(match.group()) + 1) % 10)
                changed = line[: match.start()] + digit + line[match.end() :]
                yield at, "\n".join([*lines[:at], changed, *lines[at + 1 :]])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["A", "B"])
def test_one_figure_that_is_wrong_is_seen(first_page: Allocation, language: str, code: str) -> None:
    sheet = first_page.worksheet(code)
    text = sheet.text(language)
    tried = 0
    for _, wrong in perturbed(text):
        with pytest.raises(Wrong):
            amount_of(wrong, language, sheet.amount)
        tried += 1
    assert tried > 80


def test_every_given_line_is_used() -> None:
    for case in pages(77, 8):
        sheet = case.allocation.worksheet(case.allocation.codes[0])
        rules = " ".join(block.steps[0] for block in blocks(sheet.text("en"), "en") if not block.is_given)
        used = set(re.findall(r"[A-Z]+", rules))
        alone = {line.given for line in sheet.lines[:-1] if line.given and line.letter not in used}
        assert alone <= ALONE, case.name


def test_the_first_page_by_hand(first_page: Allocation) -> None:
    text = first_page.worksheet("A").text()
    for told in ("= $17,446.8085106383", "= 8.93617021276596", "= max(AF; Z)", "= $2,088.2352941176", "Board, 2026"):
        assert told in text
    assert text.count("\n\n") == len(blocks(text, "en")) + 6


def test_the_documented_lines_are_those_of_the_first_page(first_page: Allocation) -> None:
    document = (ROOT / "docs" / "worksheet.md").read_text(encoding="utf-8")
    shown = document.split("```text\n")[1].split("\n```")[0].split("\n\n")
    printed = first_page.worksheet("A").text().replace("\u00a0", " ").split("\n\n")
    assert [block for block in shown if block.replace("\u00a0", " ") not in printed] == []
    assert len(shown) > 20


def test_the_list_of_what_is_given_is_closed_and_documented() -> None:
    document = (ROOT / "docs" / "worksheet.md").read_text(encoding="utf-8")
    for kind in set(get_args(GivenKind)) - {""}:
        assert say(f"sheet-given-{kind}", "en").split(" (")[0].split(",")[0] in document, kind


def test_notices_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    table = {"code": ["a/b", "A?B", "con", "é" * 200], "people": [1, 2, 3, 4]}
    page = {"equite": 1, "id": "p", "language": "en", "key": "code", "envelope": 100}
    page["parts"] = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    found = allocate(page, table)
    folder = write_notices(found, tmp_path / "out")
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["A-B.html", "a-b-2.html", "con-.html", "index.html", "notice.html"]
    listed = (folder / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{name}"' in listed for name in names if name != "index.html")
    with pytest.raises(EquiteError, match="holds something already"):
        write_notices(found, folder)
    with pytest.raises(EquiteError, match="no territory"):
        write_notices(found, tmp_path / "other", only=["z"])
    with pytest.raises(EquiteError, match="2,000"):
        write_notices(found, tmp_path / "other", only=map(str, range(2001)))
    with pytest.raises(EquiteError):
        write_notices(found, tmp_path / "absent" / "out")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def sheet_of(page: dict[str, Any], table: dict[str, Any], code: str = "A") -> equite.Worksheet:
    base = {"equite": 1, "id": "p", "language": "en", "key": "code", "envelope": 1000, "rounding": {"to": 1}}
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    found = allocate({**base, "parts": parts, **page}, {"code": ["A", "B", "C"], "people": [1, 2, 4], **table})
    held(found, code)
    return found.worksheet(code)


def test_tables_show_the_step_that_is_taken() -> None:
    tables = {"rate": {"up_to": {"1": 5, "3": 7}, "above": 9}, "line": {"points": {"0": 1, "10": 2}}}
    for function, told in (("step", "7 if 1 < A ≤ 3"), ("bracket", "1 × 5 + (A − 1) × 7 if 1 < A ≤ 3")):
        page = {"tables": tables, "variables": {"v": f"{function}(people, rate)"}}
        page["parts"] = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "v"}}]
        assert f"   = {told}\n" in sheet_of(page, {}, "B").text().replace("C", "A")
    page["variables"] = {"v": "interpolate(people, line)"}
    assert "   = 1 + (A − 0) × (2 − 1) / (10 − 0) if 0 ≤ A ≤ 10\n" in sheet_of(page, {}, "B").text().replace("C", "A")


def test_who_is_left_out_of_a_part_or_exempt_or_decided_upon_is_told() -> None:
    extra = {"id": "extra", "pool": {"amount": 70}, "share": "equally"}
    extra["eligible"] = [{"where": "people > 1", "reason": {"fr": "Trop petite", "en": "Too small"}}]
    grant = {"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}
    floor = {"id": "floor", "at_least": 200, "except": "people == 1"}
    sheet = sheet_of({"parts": [extra, grant], "limits": [floor]}, {})
    text = sheet.text()
    assert "   given: territory left out\n   reason: Too small\n   = $0" in text
    assert "Floor: exemption (1: yes)" in text
    assert "motif : Trop petite" in sheet.text("fr").replace("\u00a0", " ")
    decided = {"id": "decided", "override": {"code": "A", "amount": 300, "reason": "Flood"}}
    assert "reason: Flood" in sheet_of({"limits": [decided]}, {}).text()


def test_a_levy_takes() -> None:
    levy = {"id": "solidarity", "levy": True, "share": {"as_is": "10 * people"}}
    grant = {"id": "grant", "pool": "remainder", "share": "equally"}
    text = sheet_of({"parts": [levy, grant]}, {}, "B").text()
    assert "Solidarity: taken from the territory" in text
    assert "= −$20" in text


def test_an_envelope_of_its_own() -> None:
    page = {"within": "region", "envelope": "received"}
    table = {"region": ["north", "north", "south"], "received": [600, 600, 400]}
    text = sheet_of(page, table, "B").text()
    assert "over 2 territories" in text
    assert "= $600" in text
    assert "group: north" in text


def test_missing_values_are_told() -> None:
    page = {"variables": {"v": "default(roads, people)"}}
    page["parts"] = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "v"}}]
    text = sheet_of(page, {"roads": [None, 1, 2]}).text()
    assert "   = missing\n" in text
    assert "if is_missing(" in text


SCHOOLS = {"need": [600, 400, 100], "wealth": [1000, 8000, 0], "lo": [0, 60, 0], "hi": [400, 100, 900]}


@pytest.mark.parametrize(
    ("rates", "bounds", "limits", "money"),
    [
        ({}, {}, [], 600),
        ({}, {"at_least": "lo", "at_most": "hi"}, [], 600),
        ({}, {}, [{"id": "l", "part": "aid", "at_least": "lo", "at_most": "hi"}], 600),
        ({"rate_at_most": 0.05}, {"if_over": "reserve"}, [], 950),
        ({"rate_at_least": 0.4}, {"if_over": "reserve"}, [], 950),
        ({}, {"if_over": "reserve"}, [], 2000),
    ],
)
def test_need_less_a_common_rate(rates: Any, bounds: Any, limits: Any, money: int) -> None:
    share = {"foundation": "need", "rate_on": "wealth", **rates}
    page = {"parts": [{"id": "aid", "pool": "remainder", "share": share, **bounds}], "limits": limits}
    for code in "ABC":
        text = sheet_of({**page, "envelope": money}, SCHOOLS, code).text()
        assert "Aid: what the territory bears" in text


def test_a_common_rate_by_hand() -> None:
    """Needs are 1,100 and the money 600. B bears its need, 400, and A the 100 that are left: 0.1 of its wealth."""
    share = {"foundation": "need", "rate_on": "wealth"}
    text = sheet_of({"parts": [{"id": "aid", "pool": "remainder", "share": share}], "envelope": 600}, SCHOOLS).text()
    for told in ("= (500 − 400) / 1,000\n   = 0.1", "= min(0.1 × 1,000; 600)\n   = $100", "= 600 − 100\n   = $500"):
        assert told in text


@pytest.mark.parametrize("method", sorted(DIVISORS))
@pytest.mark.parametrize(
    ("rounding", "limits"),
    [
        ({}, []),
        ({"minimum": 10}, []),
        ({"minimum": 20, "to": 10}, []),
        ({"bounds": "nearest"}, [{"id": "cap", "at_most": 40.5}, {"id": "floor", "at_least": 10.2}]),
    ],
    ids=("plain", "minimum", "tens", "bounds"),
)
def test_units_by_divisors(method: str, rounding: Any, limits: Any) -> None:
    page: dict[str, Any] = {"envelope": 700 if "to" in rounding else 70, "limits": limits}
    page["rounding"] = {"to": 1, "method": method, **rounding}
    for code in "ABC":
        assert "order of the priorities of all" in sheet_of(page, {"people": [700, 190, 10]}, code).text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_figure_that_is_wrong_is_seen_among_rates_and_priorities(language: str) -> None:
    share = {"foundation": "need", "rate_on": "wealth"}
    page = {"parts": [{"id": "aid", "pool": "remainder", "share": share}], "envelope": 603}
    sheet = sheet_of({**page, "rounding": {"to": 1, "method": "huntington-hill", "minimum": 1}}, SCHOOLS)
    for _, wrong in perturbed(sheet.text(language)):
        with pytest.raises(Wrong):
            amount_of(wrong, language, sheet.amount)


def test_equal_priorities_go_in_the_order_of_codes() -> None:
    page = {"envelope": 4, "rounding": {"to": 1, "method": "sainte-lague"}}
    table = {"people": [1, 1, 1]}
    assert [sheet_of(page, table, code).amount for code in "ABC"] == [2, 1, 1]
    assert "Whole units (of equal priorities, the first codes first)" in sheet_of(page, table, "B").text()


def test_dollars_of_criteria_that_multiply_are_said_to_be_shapley_values() -> None:
    table = {"old": [2, 5, 8], "poor": [3, 4, 9]}
    criteria = {name: {"weight": 1, "more_need_when": "high"} for name in table}
    index = {"need": {"normalise": "min-max", "aggregate": "arithmetic", "criteria": criteria}}
    for measure, is_said in (("(1 + need) * (1 + need)", True), ("1 + need", False)):
        grant = {"id": "grant", "pool": "remainder", "share": {"in_proportion_to": measure}}
        page = {"indices": index, "parts": [grant]}
        sheet = sheet_of(page, table)
        assert ("Shapley value" in sheet.text("en")) == ("valeur de Shapley" in sheet.text("fr")) == is_said


def test_who_takes_no_part_is_told_why_and_what_would_have_to_change() -> None:
    rule = {"where": "people > 1 and people < 100", "reason": {"fr": "Trop petite", "en": "Too small"}}
    sheet = sheet_of({"eligible": [rule]}, {})
    assert sheet.reason == rule["reason"]
    assert "This territory takes no part: Too small." in sheet.text()
    assert "A > 1 and A < 100" in sheet.text()
    assert sheet.explanation is None
    assert "Too small" in sheet._repr_html_()


def test_an_unknown_code_is_refused_with_the_nearest(first_page: Allocation) -> None:
    table = {"code": ["010", "020"], "people": [1, 2], "town": ["Saint-Aimé", "Verte"]}
    page = {"equite": 1, "id": "p", "language": "en", "key": "code", "envelope": 9, "name": "town"}
    page["parts"] = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    found = allocate(page, table)
    for wrong, near in (("10", "010"), ("saint-aime", "010"), ("Vert", "020")):
        with pytest.raises(EquiteError, match=near):
            found.worksheet(wrong)


def test_names_of_any_length_and_script_stand_on_one_line() -> None:
    names = ["x" * 200, "\u202eمدينة", "e\u0301\u0301\nB  = 7"]
    page = {"name": "town", "limits": [{"id": "floor", "at_least": 200}]}
    sheet = sheet_of(page, {"town": names}, "C")
    assert "\n\n   " not in sheet.text()
    assert sheet.text().startswith("Worksheet: ")


def test_outputs(first_page: Allocation, tmp_path: Path) -> None:
    sheet = first_page.worksheet("A")
    assert list(sheet.table) == ["letter", "title", "given", "words", "rule", "figures", "result", "source"]
    assert list(sheet.table["letter"])[:3] == ["A", "B", "C"]
    assert sheet.table["result"].iloc[-1] == "$19,000"
    page = sheet.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    assert page == sheet.to_html(tmp_path / "b.html").read_text(encoding="utf-8")
    assert "19,000" in page
    assert "<script" not in page
    assert sheet.to_csv(tmp_path / "a.csv").stat().st_size > 1000
    assert sheet.to_excel(tmp_path / "a.xlsx").stat().st_size > 1000


def test_words_of_both_languages_are_as_many() -> None:
    assert all(len(set(words.values())) == len(words) for words in WORDS.values())
