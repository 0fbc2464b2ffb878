"""Allocations to make pages of, and where the pages are put."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from page_reader import Element, read

from equite import Allocation, Formula, allocate

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
#: A large table and a small one, the latter with previous amounts, a reserve and a check that fails.
SHOWN = ("quebec_mrc/formula", "region_13/half_salary")


def example(name: str, language: str) -> Allocation:
    """Allocate an example in a language."""
    page = EXAMPLES / f"{name}.yaml"
    return allocate(Formula.read(page).replace(language=language), page.parent / "territories.csv")


@pytest.fixture(scope="session", params=[(name, language) for name in SHOWN for language in ("fr", "en")], ids=str)
def shown(request: pytest.FixtureRequest) -> Allocation:
    """Give each example in each language."""
    return example(*request.param)


@pytest.fixture(scope="session")
def whole(shown: Allocation, tmp_path_factory: pytest.TempPathFactory) -> Element:
    """Give the page of each example, every territory told."""
    return read(shown.to_html(tmp_path_factory.mktemp("whole") / "page.html").read_text(encoding="utf-8"))


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Element]:
    """Give a function that writes an allocation's page and reads it."""

    def write_and_read(allocation: Allocation, **keys: object) -> Element:
        return read(allocation.to_html(tmp_path / "page.html", **keys).read_text(encoding="utf-8"))  # type: ignore[arg-type]

    return write_and_read
