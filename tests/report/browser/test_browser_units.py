"""The engine in Chromium against Python: whole units, promises, refusals, overrides, as decided and after moves.

``EQUITE_RANDOM_PAGES`` says how many random pages are drawn; 2,000 take some twenty minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from engine_runner import Decided, drawn_moves, unlike_python
from random_pages import pages
from tied_pages import tied
from yaml_texts import read_yaml

from equite import EquiteError, Formula, cascade

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES, WORKED = ROOT / "examples", sorted((ROOT / "tests" / "worked").glob("*.yaml"))
COUNT = int(os.environ.get("EQUITE_RANDOM_PAGES") or 12)
SEED = os.environ.get("EQUITE_RANDOM_SEED") or "browser"
#: Pages of examples, each with its table.
SHIPPED = {
    "quebec_mrc/formula": "territories.csv",
    "region_13/equal": "territories.csv",
    "region_13/half_salary": "territories.csv",
    "region_13/per_head": "territories.csv",
    "region_13/status_quo": "territories.csv",
    "six_families/formula": "territories.csv",
}
#: The page of tests/golden/test_golden.py.
NHS = """
equite: 1
id: nhs-weighted-populations
language: en
unit: {fr: personne pondérée, en: weighted person}
envelope: total(pmc_need)
key: Practice_Code
parts:
  - {id: need, pool: {fraction: 0.85}, share: {in_proportion_to: pmc_need}}
  - {id: inequalities, pool: {fraction: 0.15}, share: {in_proportion_to: health_ineq}}
rounding: {to: 0.000001}
"""
PUBLISHED = {
    "victoria_2024/formula": "au_vic_fag_2024/councils.csv",
    "canada_equalization/formula": "ca_equalization_2025_26/provinces.csv",
}


def example(name: str, table: Path) -> Decided:
    return Decided.of(name, Formula.read(EXAMPLES / f"{name}.yaml"), table)


@pytest.mark.parametrize("name", SHIPPED)
def test_an_example_moves_as_in_python(tab: Any, name: str) -> None:
    decided = example(name, (EXAMPLES / name).parent / SHIPPED[name])
    assert list(unlike_python(tab, decided, drawn_moves(decided, name, 6))) == []


def concertation_tables() -> Iterator[Decided]:
    folder = EXAMPLES / "concertation_table"
    for page in ("postes", "populations", "heures"):
        formula = Formula.read(folder / f"{page}.yaml")
        for table in sorted(folder.glob("*.csv")):
            try:
                yield Decided.of(f"{page}, {table.name}", formula, table)
            except EquiteError:
                continue


def test_tables_of_concertation_move_as_in_python(tab: Any) -> None:
    every = list(concertation_tables())
    assert every
    assert [each for one in every for each in unlike_python(tab, one, drawn_moves(one, one.name, 4))] == []


@pytest.mark.golden
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_grant_moves_as_in_python(tab: Any, name: str, golden: Path) -> None:
    decided = example(name, golden / PUBLISHED[name])
    assert list(unlike_python(tab, decided, drawn_moves(decided, name, 5))) == []


@pytest.mark.golden
def test_35_443_communes_are_pythons(tab: Any, golden: Path) -> None:
    decided = example("france_dsr/formula", golden / "fr_dsr_synthetic" / "communes.csv.gz")
    assert list(unlike_python(tab, decided, [])) == []


@pytest.mark.golden
@pytest.mark.parametrize("year", [1940, 1970, 2010])
def test_seats_of_a_house_are_pythons(tab: Any, golden: Path, year: int) -> None:
    folder = golden / "us_house_1940_2010"
    seats = pd.read_csv(folder / f"{year}_apportionment.csv").set_index("entity")
    census = pd.read_csv(folder / f"{year}_census_data.csv")
    people = census.rename(columns={census.columns[0]: "state", census.columns[-1]: "people"})[["state", "people"]]
    page: dict[str, Any] = {"equite": 1, "id": "house", "language": "en", "key": "state", "envelope": 435}
    page |= {"unit": {"fr": "siège", "en": "seat"}, "rounding": {"method": "huntington-hill", "minimum": 1}}
    page["parts"] = [{"id": "seats", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    decided = Decided.of("house", Formula.from_dict(page), people[people["state"].isin(seats.index)])
    assert list(unlike_python(tab, decided, [{"envelope": 436.0}, {"envelope": 40.0}, {"envelope": 1000.0}])) == []


@pytest.mark.golden
def test_weighted_populations_and_tiers_of_brazil_are_pythons(tab: Any, golden: Path) -> None:
    practices = pd.read_csv(golden / "nhs_pmc_2324" / "practices_2324.csv.gz")
    cases = [Decided.of("NHS", Formula.from_text(NHS), practices)]
    folder = golden / "br_fundeb_2024"
    entities, enrolments = (
        pd.read_csv(folder / name, dtype={"ibge": str}) for name in ("entities.csv", "enrolments.csv.gz")
    )
    networks = entities.merge(enrolments, on="ibge", suffixes=("", "_again"), validate="one_to_one")
    states = pd.DataFrame({"uf": sorted(networks["uf"].unique())})
    plan = cascade(EXAMPLES / "brazil_fundeb" / "plan.yaml", {"state": states, "network": networks})
    every = (*plan.allocations("state"), *plan.allocations("network"), plan.level("network").funds["direct"])
    cases += [Decided(found.formula.id, found.formula, found.territories, found) for found in every]
    assert [each for one in cases for each in unlike_python(tab, one, [])] == []


def test_tiers_of_a_plan_are_pythons(tab: Any) -> None:
    plan = cascade(EXAMPLES / "quebec_tiers" / "plan.yaml")
    for tier in ("region", "mrc", "municipality"):
        for found in plan.allocations(tier):
            one = Decided(tier, found.formula, found.territories, found)
            assert list(unlike_python(tab, one, [])) == []


@pytest.mark.parametrize("path", WORKED, ids=lambda path: path.stem)
def test_a_worked_case_moves_as_in_python(tab: Any, path: Path) -> None:
    case = read_yaml(path)
    decided = Decided.of(path.stem, Formula.from_text(case["formula"]), case["table"])
    assert list(unlike_python(tab, decided, drawn_moves(decided, path.stem, 2))) == []


def random_cases() -> Iterator[Decided]:
    """Draw pages of all kinds, a third of them built on ties, thresholds met exactly and bounds that bind."""
    for case in pages(SEED, COUNT - COUNT // 3):
        yield Decided(case.name, case.formula, case.rows, case.allocation)
    found, at = 0, 0
    while found < COUNT // 3:
        page, rows = tied(f"{SEED}-{at}")
        at += 1
        try:
            yield Decided.of(f"tied-{SEED}-{at - 1}", Formula.from_dict(page), rows)
            found += 1
        except EquiteError:
            continue


def test_random_pages_move_as_in_python(tab: Any) -> None:
    cases = list(random_cases())
    assert len(cases) == COUNT
    assert [each for one in cases for each in unlike_python(tab, one, drawn_moves(one, one.name, 4))] == []
