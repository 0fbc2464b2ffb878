"""Problems and sentences as the engine in JavaScript has them."""

from __future__ import annotations

import re
from typing import Any

from equite.errors import Problem
from equite.formula.formula import Formula
from equite.report.browser.closed import CLOSED
from equite.report.browser.engine_source import engine_source
from equite.wording import LOCALES, Amount, Codes, Nearest, Numeral, Percent, as_spoken_by, has, money, template

__all__ = ["OWN_SENTENCES", "engine_entries", "locale_data", "problem_data", "sentences_data"]

#: A text in quotes that may be the id of a sentence.
_QUOTED = re.compile(r'"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)"')
#: How the engine ends the id of a sentence by itself.
_ENDS = ("-inward", "-fits")
#: What only the engine says, and what a page carries that Python refused of a criterion that weighs nothing.
OWN_SENTENCES = ("browser-closed", "browser-no-number", "browser-unknown-parameter")
_CARRIED = (
    *("aggregator-unknown", "goalposts-unknown", "levels-unknown", "normaliser-unknown", "table-unknown"),
    "transform-unknown",
)


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem as the engine writes it."""
    values = {name: _value(value) for name, value in problem.values.items()}
    return {"id": problem.id, "values": values, "where": problem.where}


def _value(value: object) -> Any:
    match value:
        case Codes(codes):
            return {"codes": list(codes)}
        case Amount(amount, _, digits):
            return {"amount": amount, "digits": digits}
        case Numeral(number, digits):
            return {"numeral": number, "digits": digits}
        case Percent(share):
            return {"percent": round(share * 100, 10)}
        case Nearest():
            return {language: value.in_language(language) for language in LOCALES}
        case float():
            return {"numeral": value}
    entry = getattr(value, "entry", None)
    return {"say": entry} if isinstance(entry, str) else value


def engine_entries() -> tuple[str, ...]:
    """Return the sentences that the engine may say: those whose ids stand in its text."""
    quoted = dict.fromkeys(_QUOTED.findall(engine_source()))
    every = [*quoted, *(f"{entry}{end}" for entry in quoted for end in _ENDS)]
    return tuple(entry for entry in every if all(has(entry, language) for language in LOCALES))


def sentences_data(formula: Formula) -> dict[str, Any]:
    """Return the templates of every sentence that the engine may say, and of those that a page carries with it."""
    spoken = {language: as_spoken_by(formula.language, language) for language in LOCALES}
    entries = dict.fromkeys((*engine_entries(), *OWN_SENTENCES, *CLOSED.values(), *_CARRIED))
    return {entry: {language: template(entry, each) for language, each in spoken.items()} for entry in entries}


def locale_data(formula: Formula) -> dict[str, Any]:
    """Return how each language writes numbers and amounts."""
    found = {}
    for language, locale in LOCALES.items():
        before, after = money(1.0, language, formula.unit or formula.currency, 0).split("1")
        found[language] = {
            "decimal": locale.decimal,
            "grouping": locale.grouping,
            "colon": locale.colon,
            "singular": [number for number in (0, 1, 2) if locale.is_singular(number)],
            "percent": locale.percent.split("{number}"),
            "money": [before, after],
            "unit": formula.unit is not None,
        }
    return found
