"""What the page that recomputes shows beside the engine's payload: names, titles, groups, sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.engine.rounding import Unit
from equite.report.browser.closed import CLOSED
from equite.report.browser.explorer.knobs import knobs_of, weights_of
from equite.report.browser.explorer.source import explorer_entries
from equite.report.browser.trees import figure_data
from equite.report.language.labels import Labels
from equite.report.language.text import plain, typeset
from equite.wording import LOCALES, Language, has, template

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["MOST_ROWS", "explorer_data", "script_json"]

#: Territories up to which a browser stays usable: beyond, the page is shown as decided and says so.
MOST_ROWS = 50_000
#: Labels up to which a column is offered as groups.
_MOST_LABELS = 60


def explorer_data(allocation: Allocation, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's own script needs, as plain values.

    Parameters
    ----------
    allocation : Allocation
        What was decided.
    payload : mapping
        What the engine computes on, as :func:`equite.report.browser.payload.payload_of` gives it.
    """
    formula, labels = allocation.formula, Labels(allocation.formula)
    language = labels.language
    percent = LOCALES[language].percent.format(number="")
    unit = Unit(Decimal(formula.rounding_to))
    return {
        "language": language,
        "closed": closed_sentences(allocation, labels, payload),
        "names": _names(allocation),
        "people": _people(allocation),
        "previous": _previous(allocation),
        "groups": _groups(payload, labels),
        "parts": {part.id: labels.title(part.id) for part in formula.parts},
        "limits": {limit.id: labels.limit(limit) for limit in formula.limits},
        "indices": _indices(payload, labels),
        "checks": [labels.check(check.that, check.title) for check in allocation.checks],
        "knobs": knobs_of(labels, payload["parameters"]),
        "marks": _marks(payload, labels),
        "weights": weights_of(formula, payload["parameters"]),
        "words": _words(language, is_decided=formula.decision is not None),
        "symbol": labels.symbol,
        "percent": percent,
        "separator": LOCALES[language].separator,
        "digits": unit.digits,
        "size": float(unit.size),
    }


def script_json(data: object) -> str:
    """Return data as JSON that may stand inside a script: no text of it ends the script or begins another."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def closed_sentences(allocation: Allocation, labels: Labels, payload: Mapping[str, Any]) -> list[str]:
    """Say why nothing may be moved; nothing where all may."""
    rows = len(allocation.scope.table.codes)
    found = [payload["sentences"][CLOSED[reason]][labels.language]["what"] for reason in payload["closed"]]
    if rows > MOST_ROWS:
        found.append(labels.say("explore-closed-size", rows=labels.number(rows), most=labels.number(MOST_ROWS)))
    is_decided = allocation.formula.decision is not None
    entry = "explore-closed" if is_decided else "explore-closed-proposed"
    return [labels.say(entry, why=why) for why in found]


def _marks(payload: Mapping[str, Any], labels: Labels) -> list[str]:
    """Return, for each number that may be moved, the mark of a figure that nobody measured; empty without one."""
    return [_mark(tuple(each["place"]), labels) for each in payload["parameters"]]


def _mark(place: tuple[str | int, ...], labels: Labels) -> str:
    if place[0] == "envelope":
        return labels.mark(("envelope",))
    if place[0] == "constants":
        return labels.mark((str(place[1]),))
    if place[0] == "indices" and place[-1] == "weight" and "criteria" in place:
        return labels.criterion_mark(str(place[1]), str(place[-2]))
    return ""


def _words(language: Language, *, is_decided: bool) -> dict[str, str]:
    """Return every sentence that the script says, its blanks open; nothing is called decided that nobody decided."""
    found = {}
    for entry in explorer_entries():
        proposed = f"{entry}-proposed"
        said = proposed if not is_decided and has(proposed, language) else entry
        if has(said, language):
            found[entry] = typeset(str(template(said, language)), language)
    return found


def _names(allocation: Allocation) -> list[str]:
    """Return every territory's name, those left out included; the code where a name has nothing to show."""
    codes = [str(code) for code in allocation.scope.table.codes]
    if allocation.formula.name is None:
        return codes
    values = allocation.scope.value(allocation.formula.name)
    return [plain(str(name or "")).strip() or code for code, name in zip(codes, values, strict=True)]


def _people(allocation: Allocation) -> list[float | None] | None:
    names = allocation.formula.names
    known = allocation.formula.people or ("population" if "population" in {*names.columns, *names.defined} else None)
    return None if known is None else _figures(allocation.scope.numbers(known))


def _previous(allocation: Allocation) -> list[float | None] | None:
    """Return the previous amounts, where nothing that may be moved moves them."""
    formula = allocation.formula
    if formula.previous is None:
        return None
    moving = {*formula.constants, *formula.tables, *formula.indices, "envelope"}
    if moving & formula.names.closure({"previous"}):
        return None
    return _figures(allocation.scope.numbers("previous"))


def _figures(values: np.ndarray) -> list[float | None]:
    return [None if value != value else figure_data(value) for value in values.tolist()]


def _groups(payload: Mapping[str, Any], labels: Labels) -> list[dict[str, Any]]:
    """Return the columns of labels that the file holds, as groups to look at apart."""
    found = []
    for name, column in (payload["table"] or {"columns": {}})["columns"].items():
        if name != labels.formula.name and "labels" in column and 1 < len(column["labels"]) <= _MOST_LABELS:
            shown = [plain(label) or "—" for label in column["labels"]]
            found.append({"title": labels.title(name), "labels": shown, "of": column["of"]})
    return found


def _indices(payload: Mapping[str, Any], labels: Labels) -> dict[str, str]:
    return {} if payload["page"] is None else {name: labels.title(name) for name in payload["page"]["indices"]}
