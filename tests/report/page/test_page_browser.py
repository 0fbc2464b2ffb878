"""The report in a browser: searched, sorted, printed, used from the keyboard, read without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from shown_examples import SHOWN, example

from equite import Allocation

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser

RUNS = [(name, language) for name in SHOWN for language in ("fr", "en")]


@pytest.fixture(scope="module", params=RUNS, ids=str)
def shown(request: pytest.FixtureRequest) -> Allocation:
    """Give each example in each language."""
    return example(*request.param)


@pytest.fixture(scope="module")
def address(shown: Allocation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write the page; give where it is."""
    # A few territories are enough to try what all of them have; axe takes minutes for a hundred.
    some = [*shown.codes[:3], shown.codes[-1]]
    return shown.to_html(tmp_path_factory.mktemp("page") / "page.html", only=some).as_uri()


@pytest.fixture
def tab(chromium: Any, address: str) -> Iterator[Any]:
    """Open the page for one test."""
    with opened(chromium, address) as page:
        yield page


@pytest.fixture(scope="module")
def looked_at(chromium: Any, address: str) -> Iterator[Any]:
    """Open the page once for all tests that only look at it, as wide as each wants it."""
    with opened(chromium, address) as page:
        yield page


@contextmanager
def opened(browser: Any, address: str) -> Iterator[Any]:
    """Open the page; whatever its script or its policy complains of fails the test, as does a call to a network."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if asked.url != address else None)
    page.goto(address)
    yield page
    context.close()
    assert complaints == []


def named(shown: Allocation) -> list[str]:
    return [name.replace("\u00a0", " ") for name in shown.names]


def visible(tab: Any) -> list[str]:
    """Give the names in the rows that are shown, from the top."""
    return [
        text.replace("\u00a0", " ")
        for text in tab.locator("#amounts-table tbody tr:not([hidden]) th").all_inner_texts()
    ]


def amounts(tab: Any) -> list[str]:
    return list(tab.locator("#amounts-table tbody tr:not([hidden]) td.a").all_inner_texts())


def told(tab: Any) -> str:
    return str(tab.locator("#found").inner_text()).replace("\u00a0", " ")


def test_search(tab: Any, shown: Allocation) -> None:
    every = len(shown.codes)
    assert len(visible(tab)) == every
    assert told(tab).startswith(f"{every} ")
    name, code = named(shown)[-1], shown.codes[-1]
    # Without accents, in capitals: as people type.
    tab.fill("#search", name.upper().replace("É", "E"))
    assert name in visible(tab)
    assert len(visible(tab)) < every
    tab.fill("#search", "vallee-du-RICH")
    assert visible(tab) == ["La Vallée-du-Richelieu"]
    tab.fill("#search", code)
    assert visible(tab) == [name]
    assert told(tab).startswith("1 ")
    tab.fill("#search", "<nobody>")
    assert visible(tab) == []
    assert told(tab).startswith("Aucun" if shown.language == "fr" else "No ")
    tab.fill("#search", "")
    assert visible(tab) == named(shown)


def test_sort(tab: Any, shown: Allocation) -> None:
    columns = tab.locator("#amounts-table thead button").all_inner_texts()
    head = next(at for at, text in enumerate(columns) if text.startswith(("Montant (", "Amount (")))
    button = tab.locator("#amounts-table thead button").nth(head)
    button.click()
    order = sorted(range(len(shown.codes)), key=lambda row: shown.amounts[row])
    assert visible(tab) == [named(shown)[row] for row in order]
    assert tab.locator("th[aria-sort]").count() == 1
    assert tab.locator("th[aria-sort=ascending]").count() == 1
    assert columns[head] in told(tab).replace(" ", " ")
    button.click()
    order.sort(key=lambda row: -shown.amounts[row])
    assert visible(tab) == [named(shown)[row] for row in order]
    assert tab.locator("th[aria-sort=descending]").count() == 1
    # Codes again: as the page was.
    tab.locator("#amounts-table thead button").first.click()
    assert visible(tab) == named(shown)
    # What is sorted stays sorted while it is searched.
    button.click()
    tab.fill("#search", "la")
    found = [float(text.replace("\u00a0", "").replace(",", "")) for text in amounts(tab)]
    assert found == sorted(found)


def test_names_are_sorted_as_the_language_has_them(tab: Any, shown: Allocation) -> None:
    tab.locator("#amounts-table thead button").nth(1).click()
    first = [name[0] for name in visible(tab)]
    plain = [letter.replace("É", "E").replace("Î", "I") for letter in first]
    assert plain == sorted(plain)


def test_keyboard_alone(tab: Any, shown: Allocation) -> None:
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    playwright.expect(tab.locator(".skip")).to_be_in_viewport()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    reach(tab, "document.activeElement.id === 'search'")
    tab.keyboard.type(shown.codes[0])
    assert visible(tab) == named(shown)[:1]
    for _ in shown.codes[0]:
        tab.keyboard.press("Backspace")
    reach(tab, "document.activeElement.className === 'wide'")
    tab.keyboard.press("Tab")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    assert tab.locator("th[aria-sort=ascending]").count() == 1
    tab.keyboard.press("Space")
    assert tab.locator("th[aria-sort=descending]").count() == 1
    last = shown.codes[-1]
    reach(tab, f"document.activeElement.hash === '#t-{last}'")
    tab.keyboard.press("Enter")
    playwright.expect(tab).to_have_url(re.compile(f"#t-{last}$"))
    playwright.expect(tab.locator(f"[id='t-{last}:h']")).to_be_in_viewport()
    reach(tab, "document.activeElement.className === 'back'")
    tab.keyboard.press("Enter")
    playwright.expect(tab).to_have_url(re.compile("#amounts$"))


def reach(tab: Any, condition: str) -> None:
    """Press the tabulator until something has the focus."""
    for _ in range(60):
        if tab.evaluate(condition):
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"never reached: {condition}")


def test_print(tab: Any, shown: Allocation) -> None:
    # Nobody chosen: the page, and no territory.
    leaves = pages(tab)
    paper = 612, 792
    sizes = {(round(wide), round(high)) for wide, high in leaves}
    assert sizes == {paper, paper[::-1]}
    # The one that is chosen comes with it, or is printed alone, worksheet and all.
    code = shown.codes[0]
    tab.evaluate(f"location.hash = 't-{code}'")
    chosen = pages(tab)
    tab.check("#print-one")
    alone = pages(tab)
    assert len(alone) >= 2
    assert {(round(wide), round(high)) for wide, high in alone} == {paper}
    # What follows it begins a page of its own.
    assert 0 <= len(chosen) - len(leaves) - len(alone) <= 1
    # Each has pages of its own where all are asked for: four sections are told here.
    tab.check("#print-all")
    assert len(pages(tab)) >= len(leaves) + 4 * 2


def test_what_is_folded_is_printed(chromium: Any, address: str, shown: Allocation) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}#t-{shown.codes[0]}")
    folded = page.locator(f"section[id='t-{shown.codes[0]}'] details.worksheet table")
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
    assert not page.locator(f"section[id='t-{shown.codes[1]}']").is_visible()
    context.close()


def test_a_button_prints_one_territory(tab: Any, shown: Allocation) -> None:
    tab.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    tab.locator(f"section[id='t-{shown.codes[1]}'] button.print").click()
    assert tab.evaluate("window.printed") == 1
    assert tab.evaluate("location.hash") == f"#t-{shown.codes[1]}"
    assert tab.is_checked("#print-one")


def pages(tab: Any) -> list[tuple[float, float]]:
    """Print the page; give the width and the height of each leaf, in points."""
    printed: bytes = tab.pdf(prefer_css_page_size=True, print_background=True)
    assert printed.startswith(b"%PDF-")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert boxes
    return [(float(wide), float(high)) for wide, high in boxes]


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(looked_at: Any, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    script = Path(str(axe.__file__)).with_name("axe.min.js").read_text(encoding="utf-8")
    looked_at.set_viewport_size({"width": width, "height": 900})
    # The page's policy lets no other script in; the browser's own console is not bound by it.
    looked_at.evaluate(script)
    # What passes is only counted: of each rule that does, one place is told and not thousands.
    rules = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
        "resultTypes": ["violations"],
    }
    found = looked_at.evaluate("rules => axe.run(document, rules)", rules)
    assert len(found["passes"]) > 20
    wrong = [(each["id"], each["nodes"][0]["html"]) for each in found["violations"] if each["impact"] != "minor"]
    assert wrong == []


def test_nothing_sticks_out_of_a_small_screen(looked_at: Any) -> None:
    for width in (1280, 768, 320):
        looked_at.set_viewport_size({"width": width, "height": 800})
        assert looked_at.evaluate("document.documentElement.scrollWidth") <= width


_CUT = """() => [...document.querySelectorAll("td.n")].filter(cell => {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode())
        for (const figure of text.data.matchAll(/[\\d.,\\u00a0\\u202f]*\\d/g)) {
            const range = document.createRange();
            range.setStart(text, figure.index);
            range.setEnd(text, figure.index + figure[0].length);
            if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) return true;
        }
    return false;
}).map(cell => cell.textContent)"""


def test_no_figure_is_cut_over_two_lines(looked_at: Any) -> None:
    for width in (1280, 390, 320):
        looked_at.set_viewport_size({"width": width, "height": 800})
        assert looked_at.evaluate(_CUT) == []


def test_without_scripts(chromium: Any, address: str, shown: Allocation) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    # What only a script can do is not offered.
    assert not page.locator("#tools").is_visible()
    assert page.locator("#amounts-table thead button").count() == 0
    assert [text.replace("\u00a0", " ") for text in page.locator("#amounts-table tbody th").all_inner_texts()] == named(
        shown
    )
    code, name = shown.codes[-1], named(shown)[-1]
    page.locator("#amounts-table tbody a").last.click()
    section = page.locator(f"section[id='t-{code}']")
    assert section.is_visible()
    assert section.inner_text().replace("\u00a0", " ").startswith(f"{name} ({code})")
    assert page.locator("#method li").count() > 10
    context.close()


def test_styles_are_let_in(looked_at: Any) -> None:
    assert looked_at.evaluate("getComputedStyle(document.querySelector('nav ul')).display") == "flex"
    assert looked_at.evaluate("getComputedStyle(document.querySelector('.waterfall rect')).fill") != "rgb(0, 0, 0)"
