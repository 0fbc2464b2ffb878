"""docs/transition.md: its examples give what it says, its short forms are the pages shown, and it names every key."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import equite
from equite.engine.transition_figures import moved_in, worst_loss
from equite.formula.passage import GIVEN
from equite.formula.schedule_fields import WAYS, Changes, EnvelopeByYear, Limits, Pace, ShareOfGap, Start
from equite.formula.schedule_page import SchedulePage
from equite.resources import folder

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "transition.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
#: Each schedule with the table and the outcome under it.
SCHEDULES = [
    (BLOCKS[at][1], BLOCKS[at + 1][1], BLOCKS[at + 2][1])
    for at in range(len(BLOCKS))
    if BLOCKS[at][1].startswith("equite_schedule")
]
RULES = [
    (BLOCKS[at][1], BLOCKS[at + 1][1])
    for at in range(len(BLOCKS) - 1)
    if BLOCKS[at][1].startswith("rule:") and BLOCKS[at + 1][1].startswith(("parts:", "variables:", "tables:"))
]
MRC = folder("examples") / "quebec_mrc"


def table_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype=str)


def test_the_example_by_hand() -> None:
    schedule, table, said = SCHEDULES[0]
    found = equite.transition(yaml.safe_load(schedule), table_of(table))
    lines = [
        f"{each.year}: "
        + ", ".join(f"{code} {amount:.0f}" for code, amount in zip(each.codes, each.amounts, strict=True))
        for each in found.years
    ]
    assert lines == said.splitlines()


def test_what_is_refused_is_refused_so() -> None:
    schedule, table, said = SCHEDULES[1]
    with pytest.raises(equite.SharingError) as caught:
        equite.transition(yaml.safe_load(schedule), table_of(table))
    assert [line.split(" @ ")[0] for line in caught.value.text("en").splitlines()] == said.splitlines()


def untitled(content: dict[str, Any]) -> dict[str, Any]:
    """Give what a page says of its sums, without titles and as text."""
    found = {key: content[key] for key in ("tables", "variables", "parts", "limits") if key in content}
    for name, each in (found.get("variables") or {}).items():
        found["variables"] = {**found["variables"], name: each["value"] if isinstance(each, dict) else each}
    for key in ("parts", "limits"):
        if key in found:
            found[key] = [{name: value for name, value in each.items() if name != "title"} for each in found[key]]
    return found


@pytest.mark.parametrize(("rule", "page"), RULES, ids=[rule.split(":")[1].strip(" {\n") for rule, _ in RULES])
def test_a_short_form_is_the_page_that_follows_it(rule: str, page: str) -> None:
    base: dict[str, Any] = yaml.safe_load(SCHEDULES[0][0])
    base["target"]["columns"] = {"protected": {"kind": "yes_no"}}
    schedule = SchedulePage.of({**base, **yaml.load(rule, yaml.BaseLoader)})
    assert untitled(schedule.rule_page.content) == yaml.load(page, yaml.BaseLoader)


def test_every_short_form_is_shown() -> None:
    shown = {rule.split(":")[1].strip(" {\n") for rule, _ in RULES}
    assert shown == set(WAYS)


def test_a_page_of_passage_as_shown_runs() -> None:
    rule = next(content for kind, content in BLOCKS if kind == "yaml" and "as_before" in content)
    base = yaml.safe_load(SCHEDULES[0][0])
    found = equite.transition({**base, **yaml.safe_load(rule)}, table_of(SCHEDULES[0][1]))
    assert found.at_target == 2


def test_every_key_name_and_column_is_named() -> None:
    keys = {key for model in (SchedulePage, Start, Changes, Limits, ShareOfGap, Pace) for key in model.model_fields}
    keys |= set(EnvelopeByYear.model_fields) | set(GIVEN) | set(WAYS)
    # A page writes `except` for the one, `rule` for the others.
    keys -= {"exempt", "page", "column"}
    assert [key for key in sorted(keys) if not re.search(rf"`[^`]*\b{key}\b[^`]*`", TEXT)] == []
    found = equite.transition(yaml.safe_load(SCHEDULES[0][0]), table_of(SCHEDULES[0][1]))
    columns = {*found.table, *found.years_to_target, *found.frontier([None])}
    assert [name for name in sorted(columns) if f"`{name}`" not in TEXT] == []


def row_of(name: str) -> list[str]:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {name}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def shown(found: equite.Transition) -> dict[str, str]:
    return {
        "closed": f"{100 * found.closed:.1f} %",
        "arrived": str(found.at_target),
        "worst": f"{100 * max(map(worst_loss, found.years)):.1f} %",
        "moved": f"${sum(map(moved_in, found.years)):,.0f}",
    }


@pytest.mark.parametrize("name", ["passage_sans_perte", "passage_deux_pour_cent", "passage_lineaire"])
def test_three_protections_of_quebec_come_out_as_told(name: str) -> None:
    found = equite.transition(MRC / f"{name}.yaml")
    assert row_of(f"`{name}.yaml`")[1:] == list(shown(found).values())
    assert {each.status for each in found.year(2026).reliance} >= {"illustrative"}
    assert "illustratif" in found.summary("fr")


def test_the_frontier_of_quebec_comes_out_as_told() -> None:
    found = equite.transition(MRC / "passage_deux_pour_cent.yaml")
    last = found.cost_of_protection.iloc[-1]
    told = f"{last.above_territories:.0f} MRCs with {last.above_people:,.0f} people still hold ${last.above_money:,.0f}"
    assert told in TEXT
    assert f"which the {last.below_territories:.0f} others wait for" in TEXT
    for each in found.frontier().itertuples():
        head = "no floor" if each.protection != each.protection else f"{100 * each.protection:.0f} %"
        row = [f"{100 * each.closed:.1f} %", f"${each.money_moved:,.0f}", f"{100 * each.worst_loss:.1f} %"]
        assert row_of(f"{head} |")[1:] == row


def test_the_sales_tax_by_its_page_and_by_its_short_form(tmp_path: Path) -> None:
    here = folder("examples") / "transition"
    found = equite.transition(here / "tvq.yaml")
    ways = {2025: "0.025", 2026: "0.045", 2027: "0.065", 2028: "0.08", 2029: "0.09", 2030: "0.10"}
    published = ROOT.parent / "shared" / "data" / "quebec"
    if published.is_dir():
        steps = pd.read_csv(published / "tvq_phase_in.csv").set_index("annee").iloc[:, 0]
        assert {year: 100 * float(way) for year, way in ways.items()} == pytest.approx(steps.to_dict())
        factors = pd.read_csv(published / "tvq_remoteness_steps.csv")
        table = found.rule.tables["facteurs"]
        assert [*table.values, table.above] == sorted(factors["facteur"])
        assert list(table.edges) == sorted(factors["indice_eloignement_max_inclus"].dropna())
    # Where need alone is the target and people alone the start, p is the part of the way.
    need = equite.Formula.read(here / "tvq_facteurs.yaml").replace(constants={"part_besoin": "1"})
    short = {"id": "short", "rule": {"schedule": ways}, "target": need.content}
    content = {**SchedulePage.of(here / "tvq.yaml").content, **short}
    content["start"] = {"formula": equite.Formula.read(here / "tvq_depart.yaml").content}
    content.pop("table")
    again = equite.transition(content, here / "municipalites.csv")
    for ours, theirs in zip(found.years, again.years, strict=True):
        assert abs(ours.amounts - theirs.amounts).max() <= 1
    assert found.years_to_target["year"].tolist() == [2030.0] * 6
