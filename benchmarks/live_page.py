"""The page that recomputes in a browser: its size, the time until it opens, the time after each move.

Chromium is wanted. Each page is moved in turn by a little; its units are first asserted to be Python's.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import equite
from benchmarks.communes import communes
from equite.resources import folder

MOVES = 15
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: 1,285 municipalities in all: a base, an exponent, a floor and a ceiling.
MUNICIPALITIES = """
equite: 1
id: municipalities
language: fr
key: {column: code, width: 5}
name: nom
people: population
envelope: 100000000
eligible: [{where: "default(population, 0) > 0", reason: {fr: "sans population connue", en: "no known population"}}]
parts:
  - {id: base, pool: {each: 20000}, share: equally}
  - {id: equity, pool: remainder, share: {in_proportion_to: population ** 0.8}}
limits:
  - {id: floor, at_least: 30000}
  - {id: ceiling, at_most: 2500000}
rounding: {to: 1}
"""


def allocations() -> Iterator[tuple[str, equite.Allocation]]:
    """Give what is measured."""
    examples = folder("examples")
    mrc = examples / "quebec_mrc"
    yield "104 MRCs, an index of 7 criteria", equite.allocate(mrc / "formula.yaml", mrc / "territories.csv")
    page = equite.Formula.from_text(MUNICIPALITIES)
    yield (
        "1,285 municipalities, floor, ceiling",
        equite.allocate(page, examples / "quebec_tiers" / "municipalities.csv"),
    )
    yield (
        "35,443 communes, four parts with bounds",
        equite.allocate(examples / "france_dsr" / "formula.yaml", communes()[0]),
    )


def measured(what: str, allocation: equite.Allocation, file: Path) -> str:
    """Write a page, open it, move its envelope; word what it took."""
    from playwright.sync_api import sync_playwright

    begun = time.perf_counter()
    allocation.to_html(file, live=True)
    wrote = time.perf_counter() - begun
    plain = allocation.to_html(file.with_name("plain.html")).stat().st_size
    program = next(filter(None, map(shutil.which, PROGRAMS)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program)
        tab = browser.new_page()
        tab.set_default_timeout(300_000)
        begun = time.perf_counter()
        tab.goto(file.as_uri())
        tab.locator("html[data-explorer=open]").wait_for(state="attached")
        opened = time.perf_counter() - begun
        assert tab.locator("#ex-table").count() == 1
        shared, whole = [], []
        for move in range(MOVES):
            text = str(int(float(allocation.envelope or 0) * (1 + (move + 1) / 1000)))
            took, clock = tab.evaluate(_MOVE, text)
            shared.append(took)
            whole.append(clock)
        browser.close()
    size = file.stat().st_size
    return (
        f"{what:<42} {size / 1e6:5.1f} MB ({(size - plain) / 1e6:.1f} above the report)   written {wrote:5.1f} s   "
        f"opened {opened:5.2f} s   shared {min(shared):6.0f} ms (median {statistics.median(shared):.0f})   "
        f"until drawn {min(whole):6.0f} ms (median {statistics.median(whole):.0f})"
    )


#: Type an envelope; give the milliseconds in the worker, and those until the amounts are drawn.
_MOVE = """async text => {
  const field = document.querySelector("[data-id=envelope] input[type=text]"), begun = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("change"));
  while (document.documentElement.dataset.explorer !== "open") await new Promise(done => setTimeout(done, 1));
  return [Number(document.documentElement.dataset.took), performance.now() - begun];
}"""


def main() -> None:
    """Measure each page."""
    with tempfile.TemporaryDirectory() as place:
        for what, allocation in allocations():
            if not sys.argv[1:] or sys.argv[1] in what:
                print(measured(what, allocation, Path(place) / "page.html"), flush=True)


if __name__ == "__main__":
    main()
