"""Québec's small areas carried to its census divisions, and from there to its MRCs."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

import equite
from equite import Carried, Crosswalk

QUEBEC = Path(__file__).resolve().parents[3] / "shared" / "data" / "quebec"
SCORES = [
    "instabilite_residentielle",
    "composition_ethnoculturelle",
    "dependance_economique",
    "vulnerabilite_situationnelle",
]
#: Census divisions that hold several MRCs whole.
SHARED = {"37", "94", "97", "98", "99"}
#: The same, and those of which a few municipalities are in the MRC of their neighbours.
CUT = sorted(SHARED | {"17", "36", "43", "82"})


def read(name: str, *codes: str) -> pd.DataFrame:
    if not QUEBEC.is_dir():
        pytest.skip("the facts of Québec are not beside this checkout")
    return pd.read_csv(QUEBEC / name, dtype=dict.fromkeys(codes, str))


@pytest.fixture(scope="module")
def areas() -> pd.DataFrame:
    table = read("icdm_dissemination_areas.csv", "ad")
    return table.assign(dr=table["ad"].str[2:4])


@pytest.fixture(scope="module")
def to_divisions(areas: pd.DataFrame) -> Crosswalk:
    headings = {"area": "ad", "source": "ad", "target": "dr", "weight": "population_2021"}
    return Crosswalk.of_small_areas(areas, nested=True, **headings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def to_mrcs() -> Crosswalk:
    places = read("municipalities.csv", "mun_code", "dr_code", "mrc_code")
    # Two places have no published population; they are left out here, as they must be by name.
    assert places.loc[places["population"].isna(), "mun_code"].tolist() == ["99820", "99908"]
    headings = {"area": "mun_code", "source": "dr_code", "target": "mrc_code", "weight": "population"}
    return Crosswalk.of_small_areas(places.dropna(subset="population"), **headings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def divisions(areas: pd.DataFrame, to_divisions: Crosswalk) -> Carried:
    return carry(to_divisions, areas, "ad")


@pytest.fixture(scope="module")
def mrcs(divisions: Carried, to_mrcs: Crosswalk) -> Carried:
    return carry(to_mrcs, divisions.table, "dr")


def carry(walk: Crosswalk, table: pd.DataFrame, key: str) -> Carried:
    amounts = ["population_2021", "superficie_km2"]
    return walk.carry(table, key=key, extensive=amounts, intensive=dict.fromkeys(SCORES, "population_2021"))


def test_the_small_areas_make_the_census_divisions(divisions: Carried, to_divisions: Crosswalk) -> None:
    assert (len(to_divisions.sources), len(to_divisions.targets)) == (13537, 98)
    published = read("icdm_census_divisions.csv", "dr")
    published = published.set_index(published["dr"].str[2:])
    found = divisions.table
    assert found["population_2021"].to_dict() == published["population_2021"].to_dict()
    assert divisions.coverage["sources"].to_dict() == published["n_ad"].to_dict()
    for score in SCORES:
        assert found[score].to_dict() == pytest.approx(published[score].to_dict(), abs=5.1e-5)
    assert divisions.notes() == ()


def test_totals_are_the_same_in_areas_divisions_and_mrcs(
    areas: pd.DataFrame, divisions: Carried, mrcs: Carried
) -> None:
    for found in (divisions, mrcs):
        assert found.table["population_2021"].sum() == areas["population_2021"].sum() == 8_495_074
        assert math.fsum(found.table["superficie_km2"]) == math.fsum(areas["superficie_km2"])
        assert found.unplaced.empty
    assert len(mrcs.table) == 104


def test_what_is_shared_out_is_said_and_counted(mrcs: Carried, to_mrcs: Crosswalk) -> None:
    cut = to_mrcs.cut
    assert sorted(cut["source"].unique()) == CUT
    # The mean of a division that holds several MRCs is that of each, and each says so of all its people.
    inside = cut[cut["source"].isin(SHARED)]
    for code, parts in inside.groupby("source"):
        whole = [target for target in parts["target"] if mrcs.coverage.loc[target, "sources"] == 1]
        assert len(whole) >= (1 if code == "37" else 2)
        assert (mrcs.coverage.loc[whole, "share_in_part"] == 1).all()
        assert mrcs.table.loc[whole, SCORES].nunique().eq(1).all()
    people = mrcs.coverage["in_part"]
    assert people.sum() == cut["weight"].sum() == 772_867
    assert inside["weight"].sum() == 440_306
    assert (people > 0).sum() == 19
    assert mrcs.notes("en") == (
        "population: 772,867 (8.5%) come from dr_code codes that do not lie whole in one mrc_code (17, 36, 37, 43, 82, "
        "94, 97, 98, 99). There, a rate or a level is that of the dr_code, shared out and not measured. Concerned: 19 "
        "mrc_code codes (070, 170, 360, 371, 372, 430, 440, 510, 800, 820, 941, 942 and 7 more).",
    )
    assert "est celui du code dr_code" in mrcs.notes("fr")[0]


def test_mrcs_of_one_division_have_its_published_scores(mrcs: Carried) -> None:
    published = read("mrc.csv", "mrc_code", "dr_code").set_index("mrc_code")
    alone = mrcs.coverage.index[mrcs.coverage["sources"] == 1]
    assert len(alone) == 99
    for score in SCORES:
        expected = published.loc[alone, f"icdm_{score}"].to_dict()
        assert mrcs.table.loc[alone, score].to_dict() == pytest.approx(expected, abs=5.1e-5)


def test_one_crosswalk_after_the_other(
    areas: pd.DataFrame, mrcs: Carried, to_divisions: Crosswalk, to_mrcs: Crosswalk
) -> None:
    found = carry(to_divisions.then(to_mrcs), areas, "ad")
    assert found.table["population_2021"].sum() == areas["population_2021"].sum()
    assert math.fsum(found.table["superficie_km2"]) == math.fsum(areas["superficie_km2"])
    for column in ("superficie_km2", *SCORES):
        assert found.table[column].tolist() == pytest.approx(mrcs.table[column].tolist(), rel=1e-9)
    # Whole people are cut area by area, and then division by division: a few units apart.
    assert (found.table["population_2021"] - mrcs.table["population_2021"]).abs().max() <= 10
    assert (found.coverage["in_part"] > 0).equals(mrcs.coverage["in_part"] > 0)


def test_the_result_feeds_an_allocation(mrcs: Carried) -> None:
    page = """
equite: 1
id: carried
key: mrc_code
envelope: 1000000
columns: {need: vulnerabilite_situationnelle}
parts:
  - {id: equity, pool: remainder, share: {in_proportion_to: population_2021 * (2 + need)}}
rounding: {to: 1}
"""
    allocation = equite.allocate(equite.Formula.from_text(page), mrcs.table)
    assert allocation.amounts.sum() == 1_000_000


def test_divisions_and_mrcs_match_but_for_nine(to_mrcs: Crosswalk) -> None:
    found = to_mrcs.coherence("source")
    assert sorted(found.index[found["main_overlap_share"] < 1]) == CUT
    assert found.loc["99", "main"] == "993"
    assert found.loc["99", "effective_number"] == pytest.approx(2.93, abs=0.005)


def test_the_two_sources_do_not_draw_every_division_alike(divisions: Carried, to_mrcs: Crosswalk) -> None:
    counted = divisions.table["population_2021"]
    told = to_mrcs.overlap().sum(axis="columns")
    assert (told / counted).loc[["36", "51"]].round(2).tolist() == [1.38, 0.64]
    assert (told / counted).drop(["36", "51"]).between(0.9, 1.2).all()
