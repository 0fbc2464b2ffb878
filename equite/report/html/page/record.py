"""What it takes to redo the sums: versions and fingerprints."""

from __future__ import annotations

from equite.report.html.markup import Child, element, fragment
from equite.report.html.page.context import Draft, Section, pairs

__all__ = ["record_section"]


def record_section(draft: Draft) -> Section:
    """Return the page and the table by their fingerprints, and the versions of the programs."""
    record = draft.allocation.record
    packages = ", ".join(f"{name} {version}" for name, version in sorted(record["packages"].items()))
    found: list[tuple[str, Child]] = [
        (draft.say("book-record-formula"), record["formula"]["id"]),
        (draft.say("book-record-formula-print"), element("code", record["formula"]["sha256"])),
        (draft.say("book-record-table"), record["table"]["name"] or draft.say("book-in-memory")),
        (draft.say("book-record-table-print"), element("code", record["table"]["sha256"])),
        (draft.say("book-record-version"), f"equite {record['equite']}"),
        (draft.say("book-record-packages"), f"Python {record['python']}, {packages}"),
    ]
    body = fragment(element("p", draft.say("page-record-lead")), pairs(found, "facts"))
    return Section("record", draft.say("book-record"), body)
