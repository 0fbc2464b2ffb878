"""What stands in the file before any script runs: a heading, what the section is for, and how to open it."""

from __future__ import annotations

from typing import Any

from equite.report.browser.engine_source import engine_source
from equite.report.browser.explorer.data import explorer_data, script_json
from equite.report.browser.explorer.source import explorer_script, explorer_style, worker_script
from equite.report.browser.payload import payload_of
from equite.report.html.markup import Markup, element, fragment
from equite.report.html.page.context import PageSection, ReportContext
from equite.report.html.page.skeleton import PageExtra
from equite.report.language.labels import MARKED

__all__ = ["explorer_extra", "explorer_section"]


def explorer_section(report: ReportContext) -> PageSection:
    """Return the section that a script fills; without one it says how to open the file."""
    is_decided = report.allocation.formula.decision is not None
    body = fragment(
        element("div", element("p", report.say("explore-off")), id="explorer-off", class_="notice"),
        element("p", report.say("explore-lead" if is_decided else "explore-lead-proposed")),
        _not_measured(report),
        element("div", id="explorer", hidden=True),
    )
    return PageSection("what-if", report.say("explore-title"), body)


def _not_measured(report: ReportContext) -> Markup | None:
    """Say that some figures are illustrative or declared, where they are."""
    if not any(each.status in MARKED for each in report.allocation.reliance):
        return None
    sources = element("a", report.say("page-see-sources"), href="#sources")
    return element("p", element("strong", report.say("page-not-measured")), " ", sources)


def explorer_extra(report: ReportContext) -> PageExtra:
    """Return the data, the scripts and the styles that go with the section."""
    payload = payload_of(report.allocation)
    data = explorer_data(report.allocation, payload)
    if data["closed"]:
        payload, data = _bare(payload), _bare_data(data)
    blocks = fragment(
        _block("payload", script_json(payload), "application/json"),
        _block("explorer-data", script_json(data), "application/json"),
        _block("explorer-worker", worker_script(), "text/plain"),
    )
    engine = element("script", Markup(engine_source()), id="engine")
    own = element("script", Markup(explorer_script()))
    return PageExtra(
        style=explorer_style(report.say("explore-simulation")),
        scripts=(engine_source(), explorer_script()),
        markup=fragment(blocks, engine, own),
        policy="worker-src blob:; ",
    )


def _block(name: str, text: str, kind: str) -> Markup:
    return element("script", Markup(text), type=kind, id=name)


def _bare(payload: dict[str, Any]) -> dict[str, Any]:
    """Leave out what nothing is computed on: a page that only says why stays small."""
    return payload | {"page": {"id": payload["title"]}, "table": {"codes": [], "columns": {}}, "parameters": []}


def _bare_data(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"names": [], "people": None, "previous": None, "groups": [], "knobs": [], "marks": [], "weights": []}
