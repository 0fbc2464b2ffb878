"""The flow of a cascade: sources beside the envelope, what is kept, and bars that are the accounts."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

import equite

mpl.use("Agg")

QUEBEC = Path(__file__).parents[3] / "examples" / "quebec_tiers" / "plan.yaml"


def page(name: str, **keys: object) -> dict[str, object]:
    parts = [{"id": "by_people", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    return {"equite": 1, "id": name, "key": "code", "parts": parts, "rounding": {"to": 1}, **keys}


@pytest.fixture(scope="module")
def mixed() -> equite.Cascade:
    """Give a cascade in which regions add and keep, a fund goes straight down, and floors come on top."""
    regions = pd.DataFrame({"code": ["N", "S"], "people": [1, 1]})
    towns = pd.DataFrame({"code": ["a", "b", "c"], "region": ["N", "N", "S"], "people": [1, 3, 2]})
    limits = [{"id": "floor", "at_least": 120, "fund": "on_top"}]
    plan = {
        "equite_plan": 1,
        "id": "mixed",
        "language": "en",
        "tiers": [
            {"id": "region", "formula": page("r", envelope=800), "adds": "20 * people", "keeps": "50"},
            {
                "id": "town",
                "parent": "region",
                "formula": page("t", limits=limits),
                "funds": [{"id": "rescue", "formula": page("f", envelope=60)}],
            },
        ],
    }
    return equite.cascade(plan, {"region": regions, "town": towns})


def said(ax: object) -> list[str]:
    return [text.get_text() for text in ax.texts]  # type: ignore[attr-defined]


def test_every_source_and_every_account_is_there(mixed: equite.Cascade) -> None:
    texts = said(mixed.plot.flow())
    # Each region has 400 and 20 of its own, less 50. a has 92.5 by people, so 27 or 28 come on top; the fund gives 60.
    sources = mixed.sources.set_index("source")["money"]
    other = sources["added"] + sources["fund"] + sources["on_top"]
    assert "Envelope  $800" in texts
    assert f"Other sources  ${other:,.0f}" in texts
    assert sum("Other sources" in text for text in texts) == 2
    table = mixed.table().set_index("code")["amount"]
    assert [text for text in texts if text.startswith("c ")] == [f"c  ${table['c']:,.0f}"]


def test_it_stops_at_the_tier_that_is_asked_for() -> None:
    found = equite.cascade(QUEBEC)
    texts = said(found.plot.flow("region"))
    assert "Région" in texts and "MRC" not in texts
    assert "Enveloppe  25 000 000 $" in [text.replace("\u00a0", " ").replace("\u202f", " ") for text in texts]
    with pytest.raises(equite.SharingError):
        found.plot.flow("village")
