"""What all tests share: how hard hypothesis tries, the published results, and skips that may not pass unseen."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT.parent / "shared" / "data" / "golden"

#: How many examples each law is tried on, and each law of money; and what else the profile asks for.
PROFILES: dict[str, tuple[int, int, dict[str, Any]]] = {
    "default": (100, 100, {}),
    # How fast examples are drawn depends on what else the machine is doing.
    "ci": (100, 500, {"print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}),
    "laws": (1000, 5000, {"print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}),
    # For `make mutants`: the same examples each time, and no search for the smallest that fails.
    "mutants": (
        10,
        10,
        {
            "derandomize": True,
            "phases": [Phase.explicit, Phase.generate],
            "suppress_health_check": list(HealthCheck),
        },
    ),
}
_EACH, _OF_MONEY, _MORE = PROFILES[
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
]
settings.register_profile("law", max_examples=_EACH, deadline=None, **_MORE)
settings.load_profile("law")
# A law of money is decorated with the one; a law of cascades, whose examples are many allocations each, with the other.
settings.register_profile("law-of-money", settings.get_profile("law"), max_examples=_OF_MONEY)
settings.register_profile("law-of-cascades", settings.get_profile("law"), max_examples=_OF_MONEY // 5)


def pytest_configure() -> None:
    """Let sentences come in one language whatever the machine's; a test of the other one says so."""
    os.environ["EQUITE_LANGUAGE"] = "en"
    # Tests that run side by side are told how wide a terminal is; no command here writes to one.
    os.environ.pop("COLUMNS", None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that every core has work to the end; each file in its own order."""
    longest = {"slow": 4, "excel": 3, "browser": 2, "hypothesis": 1}
    ranks: dict[Path, int] = {}
    for item in items:
        rank = max((longest.get(mark.name, 0) for mark in item.iter_markers()), default=0)
        ranks[item.path] = max(rank, ranks.get(item.path, 0))
    items.sort(key=lambda item: -ranks[item.path])


def pytest_collection_finish() -> None:
    """Look less often for rings of dead objects: what is loaded by now stays, and tests leave few of them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)


@pytest.fixture
def own_methods() -> Iterator[None]:
    """Let a test register methods of its own, which are gone when it ends."""
    from equite.engine.registry import AGGREGATORS, NORMALISERS, OWN_FUNCTIONS, TRANSFORMS
    from equite.formula.expressions import ROW_FUNCTIONS

    registries: list[dict[str, Any]] = [NORMALISERS, AGGREGATORS, TRANSFORMS, OWN_FUNCTIONS, ROW_FUNCTIONS]
    known = [dict(registry) for registry in registries]
    yield
    for registry, before in zip(registries, known, strict=True):
        registry.clear()
        registry.update(before)


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
