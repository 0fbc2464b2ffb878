"""The page that recomputes, used as people use it: moved, refused, passed on, read aloud, read without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_runner import sentences
from explorer_page import EXAMPLES, Explorer, example, explored, of_python, plain

from equite import Allocation, EquiteError, Formula, allocate, normaliser

pytestmark = pytest.mark.browser

REGION, QUEBEC = "region_13/half_salary", "quebec_mrc/formula"
TABLE = EXAMPLES / "region_13" / "territories.csv"
SAVE = "Enregistrer comme page partielle"
#: Moves of every kind, each laid over those before.
MOVES = {
    "constants.base_by_mrc": "60000",
    "envelope": "1350000",
    "constants.regional_share": "0,07",
    "parts.equity.share.in_proportion_to#0": "0,8",
    "parts.equity.share.in_proportion_to#1": "0,25",
    "indices.need.families.socioeconomic.weight": "20",
    "indices.need.families.socioeconomic.criteria.economic_dependency.weight": "3,5",
}


@pytest.fixture(scope="module")
def decided() -> Allocation:
    """Give an example with previous amounts, a reserve and a promise that is broken."""
    return example(REGION, "fr")


@pytest.fixture(scope="module")
def address(decided: Allocation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write its page; give where it is."""
    return decided.to_html(tmp_path_factory.mktemp("live") / "page.html", only=["480"], live=True).as_uri()


@pytest.fixture(scope="module")
def open_page(chromium: Any, decided: Allocation, address: str) -> Iterator[Explorer]:
    """Open it once."""
    with explored(chromium, decided, address) as page:
        page.settle()
        yield page


@pytest.fixture
def page(open_page: Explorer) -> Explorer:
    """Give the page with everything as decided."""
    open_page.reset()
    return open_page


def test_as_decided(page: Explorer) -> None:
    assert page.amounts(3) == page.amounts(4) == of_python(page.allocation)
    assert page.text(".ex-banner").startswith("Simulation – ne constitue pas une décision")
    # Nobody decided, and nothing is called decided.
    assert "Proposé" in page.text("#ex-table thead")
    assert "écidé" not in page.text("#explorer")
    assert page.tab.locator(".ex-alarm .notice").count() == 0
    # Every blank of every sentence is filled.
    assert "{" not in page.text("main")


def test_amounts_after_moves_are_those_of_python_on_the_saved_file(page: Explorer, tmp_path: Path) -> None:
    for name, text in MOVES.items():
        page.type(name, text)
        file = tmp_path / "moved.yaml"
        file.write_text(page.saved(SAVE), encoding="utf-8")
        moved = allocate(page.allocation.formula.overlaid(file), TABLE)
        assert page.amounts() == of_python(moved), name
        assert page.amounts(3) == of_python(page.allocation)
    assert len(page.tab.locator(".ex-moved li").all()) == len(MOVES)


def test_a_slider_and_a_switch_move_as_the_field_does(page: Explorer) -> None:
    name = "indices.need.families.socioeconomic.criteria.situational_vulnerability.weight"
    knob = page.knob(name)
    page.knob("envelope").locator("input[type=range]").press("ArrowRight")
    page.settle()
    moved = allocate(page.allocation.formula.replace(envelope=1_220_000), TABLE)
    assert page.amounts() == of_python(moved)
    page.reset()
    knob.locator("input[type=checkbox]").uncheck()
    page.settle()
    assert knob.locator("input[type=text]").input_value() == "0"
    assert plain(knob.locator(".ex-share").inner_text()).startswith("0,0")
    knob.locator("input[type=checkbox]").check()
    page.settle()
    assert page.amounts() == of_python(page.allocation)
    # Both controls of a number have one name.
    names = {
        each.get_attribute("aria-labelledby") for each in knob.locator("input[type=text], input[type=range]").all()
    }
    assert len(names) == 1


def test_what_comes_of_it(page: Explorer) -> None:
    page.type("constants.base_by_mrc", "60000")
    after = allocate(page.allocation.formula.replace(constants={"base_by_mrc": 60000}), TABLE)
    change = after.amounts - page.allocation.amounts
    rows = [
        [plain(text) for text in row.locator("th, td").all_inner_texts()]
        for row in page.tab.locator(".ex-results .ex-scroll:nth-of-type(2) tbody tr").all()
    ]
    people = page.allocation.people
    assert people is not None
    for row, holds in zip(rows, (change > 0, change < 0, change == 0), strict=True):
        assert int(row[1]) == holds.sum()
        assert int(re.sub(r"\D", "", row[2])) == people[holds].sum()
        assert abs(int(re.sub(r"[^\d]", "", row[3]))) == abs(change[holds].sum())
    verdicts = [each.inner_text() for each in page.tab.locator(".ex-results li strong").all()]
    assert ["tenu" in each for each in verdicts] == [each.passed for each in after.checks]


def test_my_territory_is_told_step_by_step(page: Explorer) -> None:
    page.type("constants.base_by_mrc", "60000")
    page.tab.fill("#ex-mine", "acton")
    page.tab.press("#ex-mine", "Tab")
    told = page.tab.locator("#ex-mine-told table").first
    figures = [
        [int(re.sub(r"[^\d−-]", "", text).replace("−", "-")) for text in row.locator("td").all_inner_texts()]
        for row in told.locator("tr").all()[1:]
    ]
    *steps, amount = figures
    assert [sum(column) for column in zip(*steps, strict=True)] == amount
    assert amount[1] == page.amounts()["480"]
    assert "&t=480" in page.tab.url
    page.tab.fill("#ex-mine", "nobody of that name")
    page.tab.press("#ex-mine", "Tab")
    assert "nobody of that name" in page.text("#ex-mine-e")
    page.tab.locator("tr[data-code='480'] button").click()
    assert "480" not in page.tab.url.split("#")[-1]


REFUSED = {
    "envelope": "-5",
    "indices.need.families.socioeconomic.weight": "-1",
    "constants.base_by_mrc": "900000",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_python_refuses_is_refused_in_its_sentence(page: Explorer, name: str) -> None:
    before = page.amounts()
    page.type(name, REFUSED[name])
    keys: Any = int(REFUSED[name])
    for key in reversed(name.split(".")):
        keys = {key: keys}
    with pytest.raises(EquiteError) as refused:
        allocate(page.allocation.formula.replace(**keys), TABLE)
    told = [plain(text) for text in page.tab.locator(".ex-alarm li").all_inner_texts()]
    assert told == [plain(text) for text in sentences(refused.value, page.allocation.language)]
    assert page.amounts() == before
    page.reset()
    assert page.tab.locator(".ex-alarm .notice").count() == 0


def test_all_weights_at_nothing_are_told(page: Explorer) -> None:
    page.type("indices.need.families.socioeconomic.weight", "0")
    page.type("indices.need.families.territorial.weight", "0")
    nothing = {"weight": 0}
    families = {"socioeconomic": nothing, "territorial": nothing}
    moved = allocate(page.allocation.formula.replace(indices={"need": {"families": families}}), TABLE)
    assert page.amounts() == of_python(moved)
    assert plain(moved.warnings[0]) in page.text(".ex-results .warnings")


def test_a_field_that_holds_no_number_moves_nothing(page: Explorer) -> None:
    before = page.amounts()
    for text, told in (("", "vide"), ("beaucoup", "beaucoup"), ("1e6", "1e6"), ("1,234.5", "1,234.5")):
        page.type("envelope", text)
        assert told in page.text(".ex-alarm")
        assert page.tab.locator("[data-id=envelope] [aria-invalid]").count() == 1
        assert page.amounts() == before
    page.type("envelope", "1 300 000 $")
    assert page.tab.locator(".ex-alarm .notice").count() == 0
    assert sum(page.amounts().values()) == 0.95 * 1_300_000


def test_in_english(chromium: Any, tmp_path: Path) -> None:
    decided = example(REGION, "en")
    address = decided.to_html(tmp_path / "page.html", only=[], live=True).as_uri()
    with explored(chromium, decided, address) as page:
        page.settle()
        assert page.text(".ex-banner").startswith("Simulation – not a decision")
        page.type("envelope", "$1,300,000")
        assert sum(page.amounts().values()) == 0.95 * 1_300_000
        page.type("constants.regional_share", "0,5")
        assert "“0,5”" in page.text(".ex-alarm")
        page.tab.fill("#ex-mine", "480")
        page.tab.press("#ex-mine", "Tab")
        assert "more than the" in page.text("#ex-mine-told")
        # Every blank of every sentence is filled.
        assert "{" not in page.text("main")
        _, *lines = page.saved("(.csv)").splitlines()
        assert [line.split(",")[0] for line in lines] == list(decided.codes)


def test_a_code_and_an_address_bring_back_what_was_moved(page: Explorer, chromium: Any, address: str) -> None:
    for name, text in MOVES.items():
        page.type(name, text)
    amounts, code = page.amounts(), page.text("#ex-code")
    with explored(chromium, page.allocation, f"{address}#{page.tab.url.split('#')[1]}") as other:
        other.settle()
        other.tab.locator(".ex-moved").wait_for()
        other.settle()
        assert other.amounts() == amounts
    page.reset()
    page.tab.fill("#ex-code-in", code.lower().replace("-", " ").replace("0", "o"))
    page.tab.press("#ex-code-in", "Enter")
    page.settle()
    assert page.amounts() == amounts
    # One sign that was misheard.
    page.tab.fill("#ex-code-in", code[:-1] + ("A" if code[-1] != "A" else "B"))
    page.tab.press("#ex-code-in", "Enter")
    assert page.text(".ex-keep .ex-said").endswith("rien n’est changé.")
    assert page.amounts() == amounts


def test_an_address_of_another_formula_is_refused(chromium: Any, page: Explorer, tmp_path: Path) -> None:
    page.type("envelope", "1300000")
    hash_ = page.tab.url.split("#")[1]
    other = example("region_13/equal", page.allocation.language)
    address = other.to_html(tmp_path / "other.html", only=[], live=True).as_uri()
    with explored(chromium, other, f"{address}#{hash_}") as found:
        found.settle()
        assert "autre formule" in found.text("#explorer > .ex-said")
        assert found.amounts() == of_python(other)


def test_an_override_file_is_read_back(page: Explorer) -> None:
    page.type("constants.base_by_mrc", "50000")
    page.type("parts.equity.share.in_proportion_to#1", "0,75")
    text, amounts = page.saved(SAVE), page.amounts()
    assert text.startswith("# Simulation")
    page.reset()
    assert " 2 " in page.opened_file("back.yaml", text)
    assert page.amounts() == amounts
    page.reset()
    full = (EXAMPLES / "region_13" / "full_salary.yaml").read_text(encoding="utf-8")
    told = page.opened_file("full_salary.yaml", full)
    assert "constants.base_by_mrc.source" in told
    moved = allocate(page.allocation.formula.overlaid(EXAMPLES / "region_13" / "full_salary.yaml"), TABLE)
    assert page.amounts() == of_python(moved)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("envelope: *anchor", "1"),
        ("envelope: 5\n\tconstants: 3", "2"),
        ("key: other_code", "key"),
        ("if_over: spread", "if_over"),
        ("# " + "x" * 1_000_001, "1"),
        ("{envelope: 3", "1"),
    ],
)
def test_a_file_that_is_none_moves_nothing(page: Explorer, text: str, named: str) -> None:
    before = page.amounts()
    told = page.opened_file("given.yaml", text)
    assert named in told
    assert "rien n’est changé" in told
    assert page.amounts() == before


def test_amounts_as_a_csv_file(page: Explorer) -> None:
    page.type("envelope", "1300000")
    text = page.saved("(.csv)")
    head, *lines = text.removeprefix("\ufeff").splitlines()
    assert "imulation" in head
    rows = [line.split(";") for line in lines]
    assert {row[0]: int(row[2]) for row in rows} == of_python(page.allocation)
    assert {row[0]: int(row[3]) for row in rows} == page.amounts()


def test_sorted_and_searched(page: Explorer) -> None:
    page.type("constants.base_by_mrc", "60000")
    page.tab.locator("#ex-table thead button").nth(4).click()
    changes = [int(re.sub(r"[^\d−-]", "", text).replace("−", "-")) for text in page.column(5)]
    assert changes == sorted(changes, reverse=True)
    assert page.tab.locator("#ex-table th[aria-sort=descending]").count() == 1
    page.tab.fill("#ex-search", "vallee-du-RICH")
    assert page.column(2) == ["La Vallée-du-Richelieu"]
    page.tab.fill("#ex-search", "")
    page.tab.locator("#ex-table thead button").first.click()
    assert page.column(1) == list(page.allocation.codes)


def test_keyboard_alone(page: Explorer) -> None:
    page.knob("envelope").locator("input[type=range]").focus()
    page.tab.keyboard.press("ArrowRight")
    page.tab.keyboard.press("Tab")
    assert page.tab.evaluate("document.activeElement.type") == "text"
    page.tab.keyboard.press("Tab")
    assert page.tab.evaluate("document.activeElement.className") == "ex-button"
    page.tab.keyboard.press("Enter")
    page.settle()
    # The button is gone: who pressed it stands where the number is.
    assert page.tab.evaluate("document.activeElement.type") == "text"
    assert page.amounts() == of_python(page.allocation)


def test_axe_finds_nothing_serious(page: Explorer) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page.type("envelope", "1300000")
    page.type("constants.base_by_mrc", "x")
    page.tab.locator("#ex-table tbody button").first.click()
    page.tab.evaluate(Path(str(axe.__file__)).with_name("axe.min.js").read_text(encoding="utf-8"))
    rules = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        "resultTypes": ["violations"],
    }
    wrong = []
    for width in (1280, 390):
        page.tab.set_viewport_size({"width": width, "height": 900})
        found = page.tab.evaluate("rules => axe.run('#what-if', rules)", rules)
        assert len(found["passes"]) > 15
        wrong += [(each["id"], each["nodes"][0]["html"]) for each in found["violations"] if each["impact"] != "minor"]
    page.tab.locator("#ex-table tbody button").first.click()
    page.tab.set_viewport_size({"width": 1280, "height": 900})
    assert wrong == []


def test_nothing_sticks_out_of_a_small_screen(page: Explorer) -> None:
    page.type("envelope", "1300000")
    for width in (1280, 768, 390, 320):
        page.tab.set_viewport_size({"width": width, "height": 800})
        assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
    page.tab.set_viewport_size({"width": 1280, "height": 900})


def test_without_scripts_it_is_the_report_and_says_how_to_open_it(
    chromium: Any, decided: Allocation, address: str
) -> None:
    with explored(chromium, decided, address, {"java_script_enabled": False}) as page:
        assert page.tab.locator("#explorer-off").is_visible()
        assert not page.tab.locator("#explorer").is_visible()
        assert page.tab.locator("#amounts-table tbody tr").count() == len(decided.codes)


def test_a_page_that_does_not_find_the_decided_amounts_moves_nothing(
    chromium: Any, decided: Allocation, tmp_path: Path
) -> None:
    file = decided.to_html(tmp_path / "page.html", only=[], live=True)
    first = int(decided.units[0])
    text = file.read_text(encoding="utf-8").replace(f'"units":[{first},', f'"units":[{first + 1},')
    file.write_text(text, encoding="utf-8")
    with explored(chromium, decided, file.as_uri()) as page:
        page.tab.locator("#explorer [role=alert]").wait_for()
        assert decided.codes[0] in page.text("#explorer")
        assert page.tab.locator("#explorer input").count() == 0


@pytest.mark.usefixtures("own_methods")
def test_a_page_that_no_browser_computes_says_why(chromium: Any, tmp_path: Path) -> None:
    @normaliser("halved-for-the-browser")
    def halved(values: Any) -> Any:
        return values / values.max() / 2

    formula = Formula.from_dict(
        {
            "equite": 1,
            "id": "own",
            "key": "code",
            "envelope": 100,
            "language": "en",
            "rounding": {"to": 1},
            "indices": {
                "need": {
                    "normalise": "halved-for-the-browser",
                    "aggregate": "arithmetic",
                    "criteria": {"poor": {"weight": 1, "more_need_when": "high"}},
                }
            },
            "parts": [{"id": "need_based", "pool": "remainder", "share": {"in_proportion_to": "need"}}],
        }
    )
    own = allocate(formula, {"code": ["A", "B"], "poor": [1, 3]})
    with explored(chromium, own, own.to_html(tmp_path / "own.html", live=True).as_uri()) as page:
        page.tab.locator("#explorer .notice").wait_for()
        assert "written in Python" in page.text("#explorer")
        assert page.tab.locator("#explorer input").count() == 0


GROUPED = """
equite: 1
id: grouped
language: en
key: code
within: region
envelope: received
constants: {smallest: 5}
eligible: [{where: people >= smallest, reason: {fr: "Trop petit", en: "Too small"}}]
parts: [{id: shares, pool: remainder, share: {in_proportion_to: people}}]
rounding: {to: 1}
decision: {adopted_by: "An invented board", date: 2026-01-15}
"""


def test_a_decision_groups_and_who_comes_in(chromium: Any, tmp_path: Path) -> None:
    table: dict[str, Any] = {
        "code": ["A", "B", "C", "D"],
        "people": [10, 20, 30, 4],
        "region": ["north", "north", "south", "south"],
    }
    table["received"] = [300, 300, 700, 700]
    decided = allocate(Formula.from_text(GROUPED), table)
    with explored(chromium, decided, decided.to_html(tmp_path / "page.html", live=True).as_uri()) as page:
        page.settle()
        # A decision is on record, and nothing is moved.
        assert not page.tab.locator(".ex-banner").is_visible()
        assert "As decided" in page.text("#ex-table thead")
        assert page.amounts() == of_python(decided)
        page.tab.select_option("#ex-group", label="Region: south")
        assert page.column(1) == ["C"]
        page.type("constants.smallest", "3")
        assert page.tab.locator(".ex-banner").is_visible()
        assert page.column(1) == ["C", "D"]
        assert "Now take part (1): D." in page.text(".ex-results")
        page.tab.select_option("#ex-group", value="")
        moved = allocate(decided.formula.replace(constants={"smallest": 3}), table)
        assert page.amounts(4) == of_python(moved)
        page.type("constants.smallest", "15")
        assert "No longer take part (1): A." in page.text(".ex-results")
        page.tab.fill("#ex-mine", "A")
        page.tab.press("#ex-mine", "Tab")
        assert "A takes no part: Too small" in page.text("#ex-mine-told")


def test_quebec_after_moves(chromium: Any, tmp_path: Path) -> None:
    decided = example(QUEBEC, "fr")
    with explored(chromium, decided, decided.to_html(tmp_path / "page.html", only=[], live=True).as_uri()) as page:
        page.settle()
        page.type("constants.floor_share", "0,9")
        page.type("indices.need.families.territorial.criteria.distance_to_centre.more_need_when.cut", "50")
        (tmp_path / "moved.yaml").write_text(page.saved(SAVE), encoding="utf-8")
        moved = allocate(decided.formula.overlaid(tmp_path / "moved.yaml"), EXAMPLES / "quebec_mrc" / "territories.csv")
        assert page.amounts() == of_python(moved)
        before = page.amounts()
        page.type("constants.floor_share", "5")
        assert page.tab.locator(".ex-alarm li").count() >= 1
        assert page.amounts() == before
