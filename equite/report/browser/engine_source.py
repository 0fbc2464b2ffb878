"""The engine in JavaScript, one readable file put together from short ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["SOURCES", "engine_source"]

#: The files, in the order in which one rests on those before it.
SOURCES = (
    "numbers",
    "fractions",
    "near",
    "functions",
    "aggregates",
    "trees",
    "problems",
    "scope",
    "equality",
    "bounded",
    "exact",
    "sharing",
    "rounding",
    "apportionment",
    "methods",
    "criteria",
    "scoring",
    "bounds",
    "affordable",
    "parts",
    "limits",
    "steps",
    "page",
    "gathering",
    "shown",
    "wording",
    "overrides",
    "tables",
    "allocate",
)
_FOLDER = Path(__file__).parent / "engine"
_HEAD = """// The arithmetic of equite in plain JavaScript: docs/browser.md tells what it is given and what it gives.
// It reads no other file, calls no network, and runs no text.
const equite = (() => {
"use strict";
"""
_FOOT = """
const knows = {
  functions: Object.keys(FUNCTIONS),
  tables: Object.keys(TABLES),
  decided: [...DECIDED],
  aggregates: Object.keys(OVER_MANY),
  divisors: Object.keys(DIVISORS),
  normalisers: NORMALISERS,
  aggregators: AGGREGATORS,
  transforms: TRANSFORMS,
};
const words = { say, numeral, moneyText };
const figures = { sum, typedFigure, roundHalfAway };
const kernel = { Groups, solve, largestRemainders, alikeOf };
return { allocate, verify, tableOf, overrideOf, yamlOf, movesOf, ...words, ...figures, kernel, knows };
})();
"""


@cache
def engine_source() -> str:
    """Return the engine: a script that defines ``equite``, with ``allocate``, ``verify`` and what goes with them."""
    files = ((_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SOURCES)
    return _HEAD + "\n".join(files) + _FOOT
