"""Published and independently computed results, reproduced: see ../shared/data/README.md for where they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from equite import Allocation, Cascade, Formula, allocate, cascade

pytestmark = pytest.mark.golden

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def amounts(result: Allocation) -> pd.Series:
    return pd.Series(result.amounts, index=list(result.codes))


def published(table: pd.DataFrame, result: Allocation) -> pd.DataFrame:
    """Give the published figures of those that take part, in the allocation's order."""
    return table.loc[list(result.codes)]


# Victoria, general purpose grants, 2024-25


@pytest.fixture(scope="module")
def victoria(golden: Path) -> tuple[Allocation, pd.DataFrame]:
    councils = golden / "au_vic_fag_2024" / "councils.csv"
    result = allocate(EXAMPLES / "victoria_2024" / "formula.yaml", councils)
    return result, published(pd.read_csv(councils).set_index("council"), result)


def test_victoria_by_need_with_a_minimum(victoria: tuple[Allocation, pd.DataFrame]) -> None:
    result, table = victoria
    minimum = result.stages[0]
    assert len(table) == 79
    assert (np.abs(minimum.after - table["grant_unadjusted"]) <= 1).sum() == 79
    assert minimum.raised.sum() == 18


def test_victoria_with_ceiling_collar_and_decision(victoria: tuple[Allocation, pd.DataFrame]) -> None:
    result, table = victoria
    assert (np.abs(result.amounts - table["grant_final"]) <= 1).sum() == 79
    assert amounts(result)["Queenscliffe B"] == 475_506
    assert result.total == table["grant_final"].sum() == 580_790_947


# Canada, equalization, 2025-26


def test_equalization_of_nine_provinces(golden: Path) -> None:
    provinces = golden / "ca_equalization_2025_26" / "provinces.csv"
    result = allocate(EXAMPLES / "canada_equalization" / "formula.yaml", provinces)
    table = published(pd.read_csv(provinces).set_index("province"), result)
    off = np.abs(amounts(result) - table["paiement_perequation"])
    # Ontario's 36 dollars come from an adjustment of the envelope, which the structure alone does not give.
    assert off[off > 1].to_dict() == {"ON": 36.0}
    assert len(off) == 10


# France, dotation de solidarité rurale: real populations, synthetic criteria, a peer's output


@pytest.fixture(scope="module")
def dsr(golden: Path) -> tuple[Allocation, pd.DataFrame]:
    communes = golden / "fr_dsr_synthetic" / "communes.csv.gz"
    result = allocate(EXAMPLES / "france_dsr" / "formula.yaml", communes)
    return result, pd.read_csv(communes, dtype={"code": str, "dep": str}).set_index("code")


def test_dsr_matches_a_peer_in_every_commune(dsr: tuple[Allocation, pd.DataFrame]) -> None:
    result, table = dsr
    ours = amounts(result).reindex(table.index).fillna(0.0)
    assert len(ours) == 35_443
    assert set(result.excluded["code"]) == set(table.index[~table["el"]])
    assert np.abs(ours - table["openfisca_dsr_perequation_2024"]).max() <= 0.05


def test_dsr_spends_the_envelope_to_the_cent(dsr: tuple[Allocation, pd.DataFrame]) -> None:
    result, table = dsr
    cents = np.rint(result.amounts * 100).astype(np.int64)
    assert (cents / 100 == result.amounts).all()
    assert int(cents.sum()) == 862_051_033_00
    # The peer, in single precision, misses it.
    assert abs(table["openfisca_dsr_perequation_2024"].sum() - 862_051_033) > 15


def test_dsr_breaks_no_bound_by_a_cent(dsr: tuple[Allocation, pd.DataFrame]) -> None:
    result, table = dsr
    table = published(table, result)
    least, most = np.zeros(len(table)), np.zeros(len(table))
    for part in result.parts_shared:
        before, now = table[part.part.previous].to_numpy(), result.table[part.part.id].to_numpy()
        bound = before > 0
        assert (now[bound] >= 0.9 * before[bound] - 1e-6).all()
        assert (now[bound] <= 1.2 * before[bound] + 1e-6).all()
        least += np.where(bound, 0.9 * before, 0.0)
        most += np.where(bound, 1.2 * before, np.inf)
    assert (result.amounts > least - 0.01).all()
    assert (result.amounts < most + 0.01).all()


# England, weighted populations of general practices, 2023/24

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


def test_nhs_weighted_populations(golden: Path) -> None:
    practices = pd.read_csv(golden / "nhs_pmc_2324" / "practices_2324.csv.gz")
    result = allocate(Formula.from_text(NHS), practices)
    table = published(practices.set_index("Practice_Code"), result)
    assert len(table) == 6_553
    assert np.abs(result.exact - table["final_pmc"].to_numpy()).max() <= 1e-6
    assert result.total == result.envelope == pytest.approx(61_903_547.323740, abs=1e-6)


# Brazil, FUNDEB, 2024

FUNDEB = Path(__file__).parents[2] / "examples" / "brazil_fundeb" / "plan.yaml"


@pytest.fixture(scope="module")
def fundeb(golden: Path) -> Cascade:
    """Run the plan on the published networks, as one file with their enrolments."""
    folder = golden / "br_fundeb_2024"
    entities = pd.read_csv(folder / "entities.csv", dtype={"ibge": str})
    enrolments = pd.read_csv(folder / "enrolments.csv.gz", dtype={"ibge": str})
    networks = entities.merge(enrolments, on="ibge", suffixes=("", "_again"), validate="one_to_one")
    states = pd.DataFrame({"uf": sorted(networks["uf"].unique())})
    return cascade(FUNDEB, {"state": states, "network": networks})


def test_fundeb_levels_states_up_to_the_common_minimum(fundeb: Cascade) -> None:
    table = fundeb.table("state")
    (shared,) = fundeb.allocations("state")
    pupils = shared.scope.numbers("pupils")
    reached = table["passed_on"] / pupils
    helped = table["received"] > 0
    assert len(table) == 27
    assert table["code"][helped].tolist() == ["AL", "AM", "BA", "CE", "MA", "PA", "PB", "PE", "PI", "RJ"]
    assert reached[helped].round(2).unique().tolist() == [5361.43]
    assert (reached[~helped] > 5361.43).all()
    assert shared.total == 24_153_287_047.40


def test_fundeb_shares_each_states_money_among_its_networks(fundeb: Cascade, golden: Path) -> None:
    entities = pd.read_csv(golden / "br_fundeb_2024" / "entities.csv", dtype={"ibge": str}).set_index("ibge")
    (shared,) = fundeb.allocations("network")
    base = shared.table.set_index("code")["base"]
    off = base - entities["recursos_vaaf"].reindex(base.index)
    assert len(off) == 5_595
    assert np.abs(off).max() <= 0.16
    # Every state's own fund, and every state's whole, is spent to the cent.
    own = base.groupby(entities["uf"].reindex(base.index)).sum()
    states = fundeb.table("state").set_index("code")
    assert own.round(2).to_dict() == states["added"].round(2).to_dict()
    whole = fundeb.table("network").groupby("parent")["received"].sum()
    assert whole.round(2).to_dict() == states["passed_on"].round(2).to_dict()
    assert (states["reserve"] == 0).all()


def test_fundeb_levels_networks_up_on_all_their_resources(fundeb: Cascade) -> None:
    direct = fundeb.level("network").funds["direct"]
    helped = direct.amounts > 0
    assert (len(direct.excluded), helped.sum()) == (94, 2_172)
    assert direct.parts_shared[0].level[0] == pytest.approx(8420.96, abs=0.005)
    rows = direct.context.rows
    resources, pupils = (direct.scope.numbers(name)[rows] for name in ("recursos_vaat", "pupils"))
    reached = (direct.amounts + resources) / pupils
    assert reached[helped] == pytest.approx(8420.96, abs=0.01)
    assert direct.total == 18_114_965_285.51
    # All the money of the plan is told apart by where it came from.
    assert fundeb.sources["money"].sum() == pytest.approx(fundeb.uses["money"].sum(), abs=0.01)
