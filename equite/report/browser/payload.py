"""What a page that recomputes in a browser holds: the page, the table, what was decided, what may be moved, words."""

from __future__ import annotations

import importlib.metadata
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from equite.report.browser.closed import closed_for
from equite.report.browser.page import page_data, reached_names
from equite.report.browser.parameters import parameters_data
from equite.report.browser.problems import locale_data, sentences_data
from equite.report.browser.trees import figure_data

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["payload_json", "payload_of"]

#: The layout of the payload, which docs/browser.md describes: a change that an engine cannot read has another number.
FORMAT = 1


def payload_of(allocation: Allocation) -> dict[str, Any]:
    """Return an allocation as the engine in JavaScript takes it.

    Parameters
    ----------
    allocation : Allocation
        What was decided.

    Returns
    -------
    dict
        Plain values, as docs/browser.md lays them out. Only the columns that amounts and promises rest on are in it.
    """
    formula, closed = allocation.formula, closed_for(allocation)
    return {
        "equite": importlib.metadata.version("equite"),
        "format": FORMAT,
        "fingerprint": formula.sha256[:16],
        "language": str(formula.language),
        "title": dict(formula.heading),
        "closed": list(closed),
        "page": None if closed else page_data(formula),
        "table": None if closed else _table(allocation),
        "decided": {
            "codes": list(allocation.codes),
            "units": [int(units) for units in allocation.units],
            "adopted": formula.decision is not None,
        },
        "parameters": [] if closed else parameters_data(formula),
        "content": formula.content,
        "sentences": sentences_data(formula),
        "locales": locale_data(formula),
    }


def payload_json(allocation: Allocation) -> str:
    """Return the payload as JSON that may stand inside a script: no text of it ends the script or begins another."""
    text = json.dumps(payload_of(allocation), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _table(allocation: Allocation) -> dict[str, Any]:
    """Return the codes, and the columns that amounts and promises rest on."""
    table, reached = allocation.scope.table, reached_names(allocation.formula)
    columns = {name: values for name, values in table.columns.items() if name in reached}
    found: dict[str, Any] = {
        "codes": [str(code) for code in table.codes],
        "columns": {name: _column(allocation, name, values) for name, values in columns.items()},
    }
    if allocation.scope.served is not None:
        found["served"] = np.flatnonzero(allocation.scope.served).tolist()
    return found


def _column(allocation: Allocation, name: str, values: np.ndarray) -> dict[str, Any]:
    """Return a column of labels as sorted labels and the place of each row's; one of figures as they are."""
    if values.dtype == object:
        grouping = allocation.scope.table.labelled(name)
        return {"labels": [str(label) for label in grouping.labels], "of": grouping.of.tolist()}
    found: dict[str, Any] = {"figures": [None if value != value else figure_data(value) for value in values.tolist()]}
    withheld = allocation.scope.table.suppressed.get(name)
    if withheld is not None:
        found["withheld"] = np.flatnonzero(withheld).tolist()
    return found
