"""For whom a floor or a ceiling is not there: said wherever an output tells what a part or a limit does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.engine.unbounded import Unbounded

__all__ = ["bounds_missing", "bounds_missing_for", "causes_missing"]

#: Codes written out in one sentence.
_MOST = 20
_WORDS = {"at_least": "floor", "at_most": "ceiling"}


def bounds_missing(allocation: Allocation, labels: Labels) -> list[str]:
    """Say of each bound that some do not have: how many, who, and why."""
    return [
        labels.say(
            f"no-{_WORDS[found.key]}-of",
            territories=labels.territories(len(found.codes)),
            codes=Codes(tuple(map(plain, found.codes)), _MOST),
            **_about(found, labels),
        )
        for found in allocation.context.unbounded
    ]


def bounds_missing_for(allocation: Allocation, labels: Labels, code: str = "") -> dict[str, list[str]]:
    """Say, by the code of each who lacks a bound, which it is and why; of all, or of one by its code."""
    told: dict[str, list[str]] = {}
    for found in allocation.context.unbounded:
        said = labels.say(f"no-{_WORDS[found.key]}-for", **_about(found, labels))
        for each in found.codes if not code else {code}.intersection(found.codes):
            told.setdefault(each, []).append(said)
    return told


def causes_missing(allocation: Allocation, labels: Labels, limit: str, code: str) -> tuple[str, ...]:
    """Say why a limit gives a territory no floor or no ceiling; nothing where it gives what it promises."""
    return tuple(
        plain(_cause(found, labels))
        for found in allocation.context.unbounded
        if found.name == limit and str(found.where.get("where", "")).startswith("limits") and code in found.codes
    )


def _about(found: Unbounded, labels: Labels) -> dict[str, str]:
    return {"name": labels.title(found.name), "cause": plain(_cause(found, labels))}


def _cause(found: Unbounded, labels: Labels) -> str:
    """Word the cause, a column by its title."""
    values = dict(found.cause.values)
    if "name" in values:
        return labels.say(f"unbounded-{found.cause.entry}", **{**values, "name": labels.title(str(values["name"]))})
    return found.cause.in_language(labels.language)
