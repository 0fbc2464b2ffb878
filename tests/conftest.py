"""What all tests share: how hard hypothesis tries, the published results, and skips that may not pass unseen."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT.parent / "shared" / "data" / "golden"

settings.register_profile("default", max_examples=100, deadline=None)
settings.register_profile(
    "ci",
    max_examples=500,
    deadline=None,
    derandomize=False,
    print_blob=True,
    # How fast examples are drawn depends on what else the machine is doing.
    suppress_health_check=[HealthCheck.too_slow],
)
# For `make mutants`: few examples, the same each time, and no search for the smallest that fails.
settings.register_profile(
    "mutants",
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


def pytest_configure() -> None:
    """Let sentences come in one language whatever the machine's; a test of the other one says so."""
    os.environ["EQUITE_LANGUAGE"] = "en"
    # Tests that run side by side are told how wide a terminal is; no command here writes to one.
    os.environ.pop("COLUMNS", None)


@pytest.fixture(scope="session")
def golden() -> Path:
    """Give the folder of published results, or skip the test where it is absent."""
    if not GOLDEN.is_dir():
        pytest.skip("the published results are not beside this checkout")
    return GOLDEN


def _must_run() -> dict[str, str]:
    """Give the markers whose tests may not be skipped here, each with why."""
    strict = bool(os.environ.get("EQUITE_STRICT_SKIPS"))
    markers = {}
    if (strict or os.environ.get("CI")) and GOLDEN.is_dir():
        markers["golden"] = "the published results are here"
    if strict:
        markers["excel"] = markers["browser"] = "EQUITE_STRICT_SKIPS is set"
    return markers


def _refuse(report: pytest.TestReport | pytest.CollectReport, marker: str) -> None:
    """Turn a skip into a failure that says what was skipped and why it may not be."""
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid}: a test marked '{marker}' may not be skipped, for {_must_run()[marker]}; {why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped where it has all it needs."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        for marker in _must_run():
            if item.get_closest_marker(marker):
                _refuse(report, marker)
                break
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail likewise a module that is skipped as a whole, before its tests and their markers are known."""
    report = yield
    if report.skipped and isinstance(collector, pytest.Module):
        source = collector.path.read_text(encoding="utf-8")
        for marker in _must_run():
            if re.search(rf"\bmark\.{marker}\b", source):
                _refuse(report, marker)
                break
    return report
