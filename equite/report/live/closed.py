"""The closed list: what a live workbook holds as values, under a check that tells when they are stale."""

from __future__ import annotations

__all__ = ["CLOSED", "Unsupported"]

#: Every reason for a certificate; ``live-closed-<reason>`` words it, docs/workbook.md lists it.
CLOSED = (
    "aggregator",
    "apportionment",
    "cascade",
    "combination",
    "foundation",
    "group-labels",
    "group-limit",
    "group-order",
    "groups-of-money",
    "large",
    "long",
    "missing-in-mean",
    "normaliser",
    "normaliser-in-groups",
    "outliers",
    "overrides",
    "own-method",
)


class Unsupported(Exception):
    """A step that is not written as formulas."""

    def __init__(self, reason: str) -> None:
        assert reason in CLOSED, reason
        self.reason = reason
        super().__init__(reason)
