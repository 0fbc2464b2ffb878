"""The yardstick itself, held to the results that docs/formula.md prints for the functions of its language."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from exact_expressions import Exact, Refused

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "formula.md").read_text(encoding="utf-8")
#: ``| … | meaning | `expression` | 1 · — · 2 |``
ROW = re.compile(r"^\|.*\| `([^`]+)` \| ([^|·]+(?: · [^|·]+){2}) \|$", re.MULTILINE)
NO_FRACTION = re.compile(r"sqrt|log|exp|deviation")
EXAMPLES = [(text, shown) for text, shown in ROW.findall(DOCS) if not NO_FRACTION.search(text)]
TABLE = Exact(
    {
        "code": ["A", "B", "C"],
        "x": [Fraction(4), Fraction(-1), Fraction(9)],
        "y": [Fraction(10), Fraction(20), Fraction(30)],
        "z": [None, Fraction(2), Fraction(6)],
        "setting": ["rural", "rural", "urban"],
        "people": [Fraction(100), Fraction(300), Fraction(600)],
        "area": ["g1", "g1", "g2"],
    },
    tables={
        "st": {"up_to": {5: 1, 10: 2}, "above": 3},
        "fr": {"from": {0: 1, 5: 2}},
        "pt": {"points": {0: 1, 10: 0.5}},
        "ws": {"x": 2, "y": 0.5},
    },
)


def test_all_printed_examples_are_read() -> None:
    assert len(EXAMPLES) >= 32


@pytest.mark.parametrize(("text", "shown"), EXAMPLES)
def test_it_gives_what_the_language_says_of_itself(text: str, shown: str) -> None:
    expected = [None if result == "—" else Fraction(result) for result in shown.split(" · ")]
    assert TABLE.of(text) == expected


def test_a_missing_value_that_counts_is_refused() -> None:
    with pytest.raises(Refused):
        TABLE.of("total(z)")
    some = Exact(TABLE.columns, taking_part=[False, True, True])
    assert some.of("total(z, among=all)") == [8, 8, 8]
    assert some.of("count()") == [2, 2, 2]
    assert some.of("count(among=not eligible)") == [1, 1, 1]
