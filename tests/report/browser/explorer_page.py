"""Opens the page that recomputes as a reader would, and reads what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from equite import Allocation, Formula, allocate

__all__ = ["EXAMPLES", "Explorer", "example", "explored"]

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def example(name: str, language: str) -> Allocation:
    """Allocate an example in a language."""
    page = EXAMPLES / f"{name}.yaml"
    return allocate(Formula.read(page).replace(language=language), page.parent / "territories.csv")


class Explorer:
    """A page that is open."""

    def __init__(self, tab: Any, allocation: Allocation) -> None:
        self.tab, self.allocation = tab, allocation

    def knob(self, name: str) -> Any:
        """Give the control of a parameter."""
        return self.tab.locator(f'[data-id="{name}"]')

    def settle(self) -> None:
        """Wait until the amounts are those of what was moved."""
        self.tab.locator("html[data-explorer=open]").wait_for(state="attached")

    def type(self, name: str, text: str) -> None:
        """Type into a field, and leave it."""
        field = self.knob(name).locator("input[type=text]")
        field.fill(text)
        field.press("Tab")
        self.settle()

    def column(self, at: int) -> list[str]:
        """Give a column of the table of amounts, blanks as plain ones."""
        cells = self.tab.locator(f"#ex-table tbody tr > :nth-child({at})").all_text_contents()
        return [plain(text) for text in cells]

    def amounts(self, at: int = 4) -> dict[str, int]:
        """Give the amounts as moved (4) or as decided (3), by code."""
        figures = (int(re.sub(r"[^\d−]", "", text).replace("−", "-")) for text in self.column(at))
        return dict(zip(self.column(1), figures, strict=True))

    def text(self, place: str) -> str:
        """Give what a part of the page says."""
        return plain(str(self.tab.locator(place).inner_text()))

    def saved(self, words: str) -> str:
        """Save a file; give its text."""
        with self.tab.expect_download() as waiting:
            self.tab.get_by_role("button", name=words).click()
        return Path(waiting.value.path()).read_text(encoding="utf-8")

    def opened_file(self, name: str, text: str) -> str:
        """Open an override file; give what the page says of it."""
        given = {"name": name, "mimeType": "text/yaml", "buffer": text.encode()}
        before = self.text(".ex-keep .ex-said") if self.tab.locator(".ex-keep .ex-said").is_visible() else ""
        self.tab.set_input_files("#ex-file", given)
        self.tab.wait_for_function(
            "before => document.querySelector('.ex-keep .ex-said').textContent.replace(/\\u00a0/g, ' ') !== before",
            arg=before,
        )
        self.settle()
        return self.text(".ex-keep .ex-said")

    def reset(self) -> None:
        """Put everything back as decided."""
        if self.tab.locator(".ex-banner button").is_visible():
            self.tab.locator(".ex-banner button").click()
        self.settle()


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def of_python(allocation: Allocation) -> dict[str, int]:
    """Give Python's amounts, by code."""
    return {code: int(amount) for code, amount in zip(allocation.codes, allocation.amounts, strict=True)}


@contextmanager
def explored(
    browser: Any, allocation: Allocation, address: str, keys: Mapping[str, Any] | None = None
) -> Iterator[Explorer]:
    """Open a page; whatever its script or its policy complains of fails, as does a call to a network."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, **(keys or {}))
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # The worker is made of what the file holds.
    page.on("request", lambda asked: complaints.append(asked.url) if not _own(asked.url, address) else None)
    page.goto(address)
    explorer = Explorer(page, allocation)
    yield explorer
    context.close()
    assert complaints == []


def _own(url: str, address: str) -> bool:
    return url.split("#")[0] == address.split("#")[0] or url.startswith("blob:")
