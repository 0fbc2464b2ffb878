"""Allocations to make pages of, and where the pages are put."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from page_reader import Element, read
from shown_examples import SHOWN, example

from equite import Allocation


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
