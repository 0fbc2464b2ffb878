"""The tables of a plan: what it names and a table cannot give is refused at the plan's own line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import equite

REGIONS = pd.DataFrame({"code": ["N", "S"], "people": [1, 2]})
TOWNS = pd.DataFrame(
    {"code": ["a", "b", "c"], "region": ["N", "S", "S"], "people": [1, 2, 3], "rate": [0.5, None, 0.1]}
)
PLAN = """\
equite_plan: 1
id: plan
language: en
tiers:
  - id: region
    formula:
      {equite: 1, id: r, key: code, envelope: 900, parts: [{id: p, pool: remainder, share: {in_proportion_to: people}}]}
    keeps: 0
    roll_up:
      poverty: {kind: intensive, heading: rate, by: people}
  - id: town
    parent: region
    from_parent:
      regional: people
    formula: {equite: 1, id: t, key: code, parts: [{id: p, pool: remainder, share: {in_proportion_to: people}}]}
"""


def run(text: str, tables: Any = None) -> equite.Cascade:
    given = {"region": REGIONS, "town": TOWNS} if tables is None else tables
    return equite.cascade(equite.Plan.from_text(text, "plan.yaml"), given)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("keeps: 0", "keeps: 0.1 * peopl", "no column 'peopl' @ plan.yaml, tiers.region.keeps (line 8): did you mean"),
        ("regional: people", "regional: wealth", "no column 'wealth' @ plan.yaml, tiers.town.from_parent.regional (li"),
        ("heading: rate", "heading: rates", "no column 'rates' @ plan.yaml, tiers.region.roll_up.poverty (line 10)"),
        ("by: people", "by: persons", "have @ plan.yaml, tiers.region.roll_up.poverty (line 10): name its own denom"),
        ("kind: intensive", "kind: rate", "'rate' is not a kind, for 'poverty' @ plan.yaml, tiers.region.roll_up.pov"),
        ("poverty:", "people:", "already has a column 'people', which the plan would write over @ plan.yaml"),
    ],
)
def test_what_a_plan_names_is_refused_at_its_line(old: str, new: str, said: str) -> None:
    with pytest.raises(equite.TerritoriesError) as caught:
        run(PLAN.replace(old, new))
    assert said in caught.value.text("en")
    for language in ("en", "fr"):
        assert not caught.value.text(language).rstrip().endswith(";")  # type: ignore[arg-type]


def test_each_row_counts_once_without_a_denominator() -> None:
    towns = TOWNS.assign(rate=[0.5, 0.4, 0.1])
    for nothing in ("null", "~"):
        found = run(PLAN.replace("by: people", f"by: {nothing}"), {"region": REGIONS, "town": towns})
        assert found.tiers["region"].numbers("poverty").tolist() == pytest.approx([0.5, 0.25])


def test_a_figure_missing_below_is_named_where_the_page_needs_it() -> None:
    assert run(PLAN).envelope == 900
    with pytest.raises(equite.EquiteError) as caught:
        run(PLAN.replace("in_proportion_to: people}}]}\n    keeps", "in_proportion_to: poverty}}]}\n    keeps"))
    last = caught.value.text("en").splitlines()[-1]
    assert last.startswith("'poverty' is not known for S: 'rate' is missing below, for b ('town') @ plan.yaml, tiers.")
    assert "roll_up.poverty (line 10)" in last
    assert "« rate » manque au-dessous" in caught.value.text("fr")


def test_a_column_that_funds_would_write_over_is_refused() -> None:
    page = "{equite: 1, id: f, key: code, envelope: 9, parts: [{id: p, pool: remainder, share: equally}]}"
    fund = f"    funds: [{{id: f, formula: {page}}}]\n"
    assert run(PLAN + fund).table()["funds"].tolist() == [3, 3, 3]
    with pytest.raises(equite.TerritoriesError, match="already has a column 'already'"):
        run(PLAN + fund, {"region": REGIONS, "town": TOWNS.assign(already=1)})


@pytest.mark.parametrize("tables", ["towns.csv", ["towns.csv"], Path("towns.csv")])
def test_tables_that_are_not_given_by_tier(tables: Any) -> None:
    with pytest.raises(equite.TerritoriesError) as caught:
        run(PLAN, tables)
    assert "give a mapping from tiers to their tables, as in {'town': 'table.csv'}" in caught.value.text("en")
    assert "par palier" in caught.value.text("fr")


def test_what_a_region_keeps_may_rest_on_what_it_had() -> None:
    page = PLAN.replace("{equite: 1, id: r, key: code,", "{equite: 1, id: r, key: code, previous: had,")
    found = run(
        page.replace("keeps: 0", "keeps: 0.1 * previous"), {"region": REGIONS.assign(had=[100, 50]), "town": TOWNS}
    )
    assert found.table("region")["kept"].tolist() == [10, 5]


def test_codes_are_as_wide_above_as_below() -> None:
    page = PLAN.replace("{equite: 1, id: r, key: code,", "{equite: 1, id: r, key: {column: code, width: 3},")
    towns = TOWNS.assign(region=[1, 2, 2])
    found = run(page, {"region": REGIONS.assign(code=[1, 2]), "town": towns})
    assert found.tiers.upward["town"] is not None
    assert found.table("town")["amount"].tolist() == [300, 240, 360]


def test_columns_that_are_there_already_are_told_by_name_in_order() -> None:
    names = [f"rolled_{letter}" for letter in "gdbfaceh"]
    lines = "".join(f"      {name}: {{kind: extensive, heading: people}}\n" for name in names)
    page = PLAN.replace("    roll_up:\n", f"    roll_up:\n{lines}")
    with pytest.raises(equite.TerritoriesError) as caught:
        run(page, {"region": REGIONS.assign(**dict.fromkeys(names, 1)), "town": TOWNS})
    assert [problem.values["column"] for problem in caught.value.problems] == sorted(names)
