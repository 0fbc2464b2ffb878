"""What it takes to redo the sums: versions and fingerprints."""

from __future__ import annotations

from equite.report.html.markup import Child, element, fragment
from equite.report.html.page.context import PageSection, ReportContext, pairs

__all__ = ["record_section"]


def record_section(report: ReportContext) -> PageSection:
    """Return the page and the table by their fingerprints, and the versions of the programs."""
    record = report.allocation.record
    packages = ", ".join(f"{name} {version}" for name, version in sorted(record["packages"].items()))
    found: list[tuple[str, Child]] = [
        (report.say("book-record-formula"), record["formula"]["id"]),
        (report.say("book-record-formula-print"), element("code", record["formula"]["sha256"])),
        (report.say("book-record-table"), record["table"]["name"] or report.say("book-in-memory")),
        (report.say("book-record-table-print"), element("code", record["table"]["sha256"])),
        (report.say("book-record-version"), f"equite {record['equite']}"),
        (report.say("book-record-packages"), f"Python {record['python']}, {packages}"),
    ]
    body = fragment(element("p", report.say("page-record-lead")), pairs(found, "facts"))
    return PageSection("record", report.say("book-record"), body)
