"""Published and independently computed results, reproduced: see ../shared/data/README.md for where they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from equite import Allocation, Formula, allocate

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

VAAF = """
equite: 1
id: fundeb-vaaf
language: en
currency: BRL
envelope: 24153287047.40
key: uf
parts:
  - {id: complement, pool: remainder, share: {level_up: fund, counting: pupils}}
"""
NETWORKS = """
equite: 1
id: fundeb-networks
language: en
currency: BRL
key: ibge
parts:
  - {id: vaaf, pool: {amount: fund}, within: uf, share: {in_proportion_to: pupils}}
"""
VAAT = """
equite: 1
id: fundeb-vaat
language: en
currency: BRL
envelope: 18114965285.51
key: ibge
columns:
  inabilitados_vaat: {kind: yes_no}
eligible:
  - {where: not inabilitados_vaat, reason: "accounts not filed"}
parts:
  - {id: complement, pool: remainder, share: {level_up: recursos_vaat, counting: pupils}}
"""


@pytest.fixture(scope="module")
def fundeb(golden: Path) -> Path:
    return golden / "br_fundeb_2024"


def networks(folder: Path, weight: str) -> pd.DataFrame:
    """Give the networks with ``pupils``, their enrolment weighted by stage and by socioeconomic level."""
    entities = pd.read_csv(folder / "entities.csv", dtype={"ibge": str})
    enrolments = pd.read_csv(folder / "enrolments.csv.gz", dtype={"ibge": str}).set_index("ibge").loc[entities["ibge"]]
    weights = pd.read_csv(folder / "stage_weights.csv").set_index("etapa")[weight]
    pupils = (enrolments[weights.index].to_numpy() * weights.to_numpy()).sum(axis=1)
    return entities.assign(pupils=pupils * entities["nse"])


def standard(result: Allocation, resources: pd.Series, pupils: pd.Series) -> pd.Series:
    """Give what each has a pupil, complement included."""
    return (amounts(result) + resources) / pupils


def test_fundeb_levels_states_up_to_the_common_minimum(fundeb: Path) -> None:
    table = networks(fundeb, "peso_vaaf").groupby("uf").agg(fund=("recursos_vaaf", "sum"), pupils=("pupils", "sum"))
    result = allocate(Formula.from_text(VAAF), table.reset_index())
    table = published(table, result)
    reached = standard(result, table["fund"], table["pupils"])
    helped = amounts(result) > 0
    assert len(table) == 27
    assert list(table.index[helped]) == ["AL", "AM", "BA", "CE", "MA", "PA", "PB", "PE", "PI", "RJ"]
    assert reached[helped].round(2).unique().tolist() == [5361.43]
    assert (reached[~helped] > 5361.43).all()
    assert result.total == 24_153_287_047.40


def test_fundeb_shares_each_states_fund_among_its_networks(fundeb: Path) -> None:
    table = networks(fundeb, "peso_vaaf")
    table["fund"] = table.groupby("uf")["recursos_vaaf"].transform("sum").round(2)
    result = allocate(Formula.from_text(NETWORKS), table)
    off = amounts(result) - published(table.set_index("ibge"), result)["recursos_vaaf"]
    assert len(off) == 5_595
    assert np.abs(off).max() <= 0.16
    # Each state's fund is spent to the cent.
    ours = amounts(result).groupby(published(table.set_index("ibge"), result)["uf"]).sum()
    assert ours.round(2).to_dict() == table.groupby("uf")["fund"].first().to_dict()


def test_fundeb_levels_networks_up_on_all_their_resources(fundeb: Path) -> None:
    table = networks(fundeb, "peso_vaat")
    result = allocate(Formula.from_text(VAAT), table)
    table = published(table.set_index("ibge"), result)
    reached = standard(result, table["recursos_vaat"], table["pupils"])
    helped = amounts(result) > 0
    assert (len(result.excluded), helped.sum()) == (94, 2_172)
    assert result.parts_shared[0].level[0] == pytest.approx(8420.96, abs=0.005)
    assert reached[helped].to_numpy() == pytest.approx(8420.96, abs=0.01)
    assert result.total == 18_114_965_285.51
