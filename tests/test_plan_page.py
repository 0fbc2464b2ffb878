"""docs/plan.md: its example gives what it says, and it names every key."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest

import equite
from equite.formula.plan import Fund, Kept, Plan, Tier

TEXT = (Path(__file__).parents[1] / "docs" / "plan.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?(\w*)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def result() -> equite.Cascade:
    plan = next(content for kind, _, content in BLOCKS if kind == "yaml")
    tables = {
        tier: pd.read_csv(io.StringIO(content), dtype={"code": str}) for kind, tier, content in BLOCKS if kind == "csv"
    }
    return equite.cascade(equite.Plan.from_text(plan), tables)


def test_the_example_gives_what_the_page_says(result: equite.Cascade) -> None:
    said = next(content for kind, _, content in BLOCKS if kind == "text")
    amounts = {code: int(amount) for code, amount in re.findall(r"(\w+): (\d+)", said)}
    found = result.accounts.set_index("code")["received"].astype(int).to_dict()
    assert found == amounts


def test_the_trail_says_what_the_page_says(result: equite.Cascade) -> None:
    region, town = result.explain("C").steps
    assert (region.of_envelope, region.passed_on) == (0.6, 540)
    assert round(town.of_envelope, 3) == 0.247


def test_every_key_is_named() -> None:
    keys = {key for model in (Plan, Tier, Fund, Kept) for key in model.model_fields}
    assert [key for key in sorted(keys - {"value"}) if f"`{key}`" not in TEXT] == []


def test_every_column_of_a_table_is_named(result: equite.Cascade) -> None:
    columns = set(result.table("region")) | set(result.table("town"))
    assert [name for name in sorted(columns) if name not in TEXT] == []
