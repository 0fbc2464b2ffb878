"""A page of the machine's own Chromium, with the engine in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from equite.report.browser.engine_source import engine_source


@pytest.fixture(scope="session")
def tab(chromium: Any) -> Iterator[Any]:
    """Give an empty page that holds the engine; whatever it complains of, or asks of a network, fails."""
    page = chromium.new_page()
    page.set_default_timeout(120_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url))
    page.add_script_tag(content=engine_source())
    yield page
    page.close()
    assert complaints == []
