"""Who decides: three regimes of one plan, what local choice costs and brings, and what cannot be compared."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import equite
from equite.analysis.governance import ALIKE, GovernanceComparison
from equite.analysis.likeness import nearest_elsewhere
from equite.report.analyses.governance import governance_html, governance_text, governance_to_csv

ROOT = Path(__file__).resolve().parents[2]
QUEBEC = ROOT / "examples" / "quebec_tiers" / "plan.yaml"
DOCS = (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
#: What two parents choose within margins, and what one of them and another would do alone.
WITHIN = {"A": {"parts": {"base": {"pool": {"fraction": 0.1}}}}, "B": {"parts": {"base": {"pool": {"fraction": 0.5}}}}}
ALONE = {"B": {"parts": {"base": {"pool": {"fraction": 0.9}}}}, "C": {"indices": {"need": {"criteria": {"x": 5}}}}}
#: What no reader should see.
WRONG = r"\bnan\b|\bNone\b(?! of)|\de[+-]\d"
Page = dict[str, Any]


def write(folder: Path, choices: dict[str, Any]) -> str:
    folder.mkdir()
    for parent, changes in choices.items():
        told = {"for": parent, "body": "b", "date": "2026-01-02", "reason": {"en": "r", "fr": "r"}, "changes": changes}
        (folder / f"{parent}.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("choices")
    return {"overrides": write(root / "within", WITHIN), "own": write(root / "alone", ALONE)}


def towns_page(**keys: Any) -> Page:
    return {
        "equite": 1,
        "id": "towns",
        "language": "en",
        "key": "code",
        "people": "people",
        "indices": {"need": {"criteria": {"x": 1, "y": 2}}},
        "parts": [
            {"id": "base", "pool": {"fraction": 0.3}, "share": "equally"},
            {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "people * (0.5 + need)"}},
        ],
        "rounding": {"to": 1},
        **keys,
    }


def plan_of(page: Page | None = None, **town: Any) -> Page:
    top = {
        "equite": 1,
        "id": "regions",
        "language": "en",
        "key": "code",
        "envelope": 100_000,
        "parts": [{"id": "whole", "pool": "remainder", "share": {"in_proportion_to": "weight"}}],
        "rounding": {"to": 1},
    }
    towns = {"id": "town", "parent": "region", "formula": page or towns_page(), "may_change": "everything", **town}
    return {"equite_plan": 1, "id": "p", "language": "en", "tiers": [{"id": "region", "formula": top}, towns]}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    regions = ["A", "B", "C"]
    weights = draw(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any))
    parents = regions + draw(st.lists(st.sampled_from(regions), max_size=9))
    size = len(parents)

    def numbers(low: int, high: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=size, max_size=size))

    data = {"code": [f"t{at:02}" for at in range(size)], "region": parents, "people": numbers(1, 5000)}
    return {
        "region": pd.DataFrame({"code": regions, "weight": weights}),
        "town": pd.DataFrame({**data, "x": numbers(0, 9), "y": numbers(0, 9)}),
    }


# The laws.


@settings(max_examples=25, deadline=None)
@given(tables())
def test_uniform_is_one_formula_applied_everywhere(folders: dict[str, str], drawn: dict[str, pd.DataFrame]) -> None:
    found = equite.compare_governance(plan_of(**folders), drawn)
    money = found.cascades["uniform"].table("region").set_index("code")["passed_on"]
    there = money[drawn["town"]["region"]].to_numpy() > 0
    data = drawn["town"].assign(received=money[drawn["town"]["region"]].to_numpy())
    page = towns_page(envelope="received", within="region", columns={"region": {"kind": "text"}})
    once = equite.allocate(page, data, serving=list(data["code"][there]))
    assert found.table().set_index("code").loc[list(once.codes), "uniform"].tolist() == once.amounts.tolist()
    assert found.table()["uniform"].sum() == once.total


@settings(max_examples=25, deadline=None)
@given(tables())
def test_each_parent_alone_applies_its_own_page_or_its_override(
    folders: dict[str, str], drawn: dict[str, pd.DataFrame]
) -> None:
    found = equite.compare_governance(plan_of(**folders), drawn)
    money = found.cascades["uniform"].table("region").set_index("code")["passed_on"]
    for regime, choices in (("margins", WITHIN), ("delegated", {**WITHIN, **ALONE})):
        for region, changes in choices.items():
            if not money[region]:
                continue
            data = drawn["town"].assign(received=money[region])
            codes = list(data["code"][data["region"] == region])
            page = equite.Formula.from_dict(towns_page(envelope="received")).replace(changes)
            alone = equite.allocate(page, data, serving=codes)
            assert found.table().set_index("code").loc[codes, regime].tolist() == alone.amounts.tolist()


@settings(max_examples=25, deadline=None)
@given(tables())
def test_without_choices_the_three_regimes_are_equal(drawn: dict[str, pd.DataFrame]) -> None:
    found = equite.compare_governance(plan_of(), drawn)
    table = found.table()
    assert table["uniform"].equals(table["margins"])
    assert table["uniform"].equals(table["delegated"])
    assert (found.regimes[["winning", "losing", "gained", "lost"]] == 0).all(axis=None)
    assert found.regimes["spread"].nunique(dropna=False) == 1
    assert found.regimes[["added", "opened"]].fillna(0).eq(0).all(axis=None)
    assert found.regimes["fit"].isna().all()


@settings(max_examples=25, deadline=None)
@given(tables())
def test_the_fight_is_inside_the_parent(folders: dict[str, str], drawn: dict[str, pd.DataFrame]) -> None:
    found = equite.compare_governance(plan_of(**folders), drawn)
    assert (found.parents["total"] == found.parents["passed_on"]).all()
    assert (found.parents["gained"] == found.parents["lost"]).all()
    assert (found.parents["moved"] == found.parents["lost"]).all()
    assert (found.parents["shared_out"] == found.parents["passed_on"]).all()
    sums = found.parents.groupby("regime")[["winning", "losing", "unchanged", "gained", "moved", "people_losing"]].sum()
    for row in found.regimes.to_dict("records"):
        assert {key: row[key] for key in sums} == sums.loc[row["regime"]].to_dict()
    table = found.table()
    for regime in ("margins", "delegated"):
        assert (table[regime] - table["uniform"] == table[f"difference_{regime}"]).all()


@settings(max_examples=25, deadline=None)
@given(tables())
def test_price_and_gain_stay_where_they_belong(folders: dict[str, str], drawn: dict[str, pd.DataFrame]) -> None:
    found = equite.compare_governance(plan_of(**folders), drawn)
    uniform, *others = found.regimes.to_dict("records")
    for row in others:
        if not np.isnan(row["spread"]):
            assert row["opened"] >= abs(row["added"]) - 1e-9
            assert row["added"] == pytest.approx(row["spread"] - uniform["spread"])
        assert np.isnan(row["fit"]) or 0 <= row["fit"] <= 1
    stated = found.parents[found.parents["choice"] != ""]
    assert set(stated["parent"]) <= {"A", "B", "C"}
    assert (stated[stated["regime"] == "delegated"]["fit"].dropna() == 1).all()
    # A states nothing but its override: that is what it would do alone.
    assert (stated[(stated["regime"] == "margins") & (stated["parent"] == "A")]["fit"].dropna() == 1).all()


# Who is like whom.


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12),
    st.integers(-3, 3),
)
def test_the_nearest_elsewhere(rows: list[tuple[int, int, int]], scale: int) -> None:
    groups = np.array([row[0] for row in rows], dtype=np.intp)
    measures = np.array([row[1:] for row in rows], dtype=np.float64)
    like, distance = nearest_elsewhere(measures * 10.0**scale + 7, groups)
    spread = measures.std(axis=0)
    kept = measures[:, spread > 0] / spread[spread > 0]
    for at in range(len(rows)):
        apart = [
            float(np.sqrt(((kept[at] - kept[other]) ** 2).sum() / max(1, kept.shape[1])))
            for other in np.flatnonzero(groups != groups[at])
        ]
        if not apart:
            assert like[at] == -1
            assert np.isnan(distance[at])
            continue
        assert groups[like[at]] != groups[at]
        assert distance[at] == pytest.approx(min(apart), abs=1e-6)


def test_the_nearest_of_many_is_found_without_looking_at_all() -> None:
    random = np.random.default_rng(5)
    measures, groups = random.standard_normal((1500, 3)), random.integers(0, 40, 1500)
    measures[:300, 0] = 0.0
    like, distance = nearest_elsewhere(measures, groups)
    z = (measures - measures.mean(axis=0)) / measures.std(axis=0)
    apart = np.sqrt(((z[:, None] - z) ** 2).mean(axis=2))
    apart[groups[:, None] == groups] = np.inf
    assert distance == pytest.approx(apart.min(axis=1))
    assert (groups[like] != groups).all()


def test_a_measure_that_is_missing_or_constant_sets_nobody_apart() -> None:
    measures = np.array([[0.0, np.nan, 1.0], [5.0, 2.0, 1.0], [1.0, np.nan, 1.0 + 1e-15], [4.0, 9.0, 1.0]])
    like, distance = nearest_elsewhere(measures, np.array([0, 0, 1, 1]))
    assert like.tolist() == [2, 3, 0, 1]
    assert np.isfinite(distance).all()
    empty, _ = nearest_elsewhere(np.full((2, 1), np.nan), np.array([0, 1]))
    assert empty.tolist() == [1, 0]


def test_pairs_that_are_not_alike_are_shown_and_not_counted() -> None:
    found = quebec()
    pairs = found.pairs
    assert (pairs["alike"] == (pairs["distance"] <= ALIKE)).all()
    assert 0 < pairs["alike"].sum() < len(pairs)
    assert (pairs["parent"] != pairs["like_parent"]).all()
    alike = pairs[pairs["alike"]]
    for regime in found.cascades:
        gaps = (alike[regime] - alike[f"like_{regime}"]).abs()
        spread = found.regimes.set_index("regime")["spread"][regime]
        assert spread == pytest.approx(np.average(gaps, weights=alike["people"]))


@cache
def quebec() -> GovernanceComparison:
    return equite.compare_governance(QUEBEC)


# Cases that a plan may be in.

TWO = pd.DataFrame({"code": ["A", "B"], "weight": [1, 3]})
FOUR = pd.DataFrame(
    {"code": list("abcd"), "region": list("AABB"), "people": [10, 30, 10, 30], "x": [0, 1, 0, 1], "y": [1, 0, 1, 1]}
)


def compared(plan: Page, town: pd.DataFrame = FOUR, region: pd.DataFrame = TWO) -> GovernanceComparison:
    return equite.compare_governance(plan, {"region": region, "town": town})


def only(tmp_path: Path, **choices: Any) -> dict[str, str]:
    return {"own": write(tmp_path / "only", choices)}


def test_without_people_a_territory_counts_as_one(tmp_path: Path) -> None:
    page = towns_page(indices={})
    del page["people"]
    page["parts"][1]["share"] = {"in_proportion_to": "1 + x"}
    found = compared(plan_of(page, **only(tmp_path, A=WITHIN["A"])))
    assert found.people is None
    assert "people" not in found.table()
    # A has 25,000: 3,750 + 5,833 and 3,750 + 11,667 on the common page; 1,250 + 7,500 and 1,250 + 15,000 alone.
    assert found.table()["delegated"].tolist() == [8750, 16250, 28750, 46250]
    pairs = found.pairs.set_index("code")
    assert pairs["like_code"].to_dict() == {"a": "c", "b": "d", "c": "a", "d": "b"}
    assert pairs.loc["a", "gap_delegated"] == 28750 - 8750
    assert "per head" not in governance_text(found, "en")
    assert "habitant" not in governance_text(found, "fr")


def test_siblings_measured_apart_are_still_compared_with_others(tmp_path: Path) -> None:
    own = only(tmp_path, A=WITHIN["A"])
    found = compared(plan_of(measured_among="siblings", **own))
    together = compared(plan_of(**own))
    assert found.pairs["like_code"].tolist() == together.pairs["like_code"].tolist()
    assert found.pairs["distance"].tolist() == together.pairs["distance"].tolist()
    assert (found.table()["uniform"] != together.table()["uniform"]).any()


def test_who_has_no_money_or_no_people_has_no_pair(tmp_path: Path) -> None:
    own = only(tmp_path, A=WITHIN["A"])
    poor = TWO.assign(weight=[1, 0])
    found = compared(plan_of(**own), region=poor)
    assert found.pairs.empty
    assert "cannot be told" in str(found)
    assert "—" in str(found)
    deserted = compared(plan_of(**own), FOUR.assign(people=[10, 30, 0, 30]))
    assert deserted.pairs["code"].tolist() == ["a", "b", "d"]


def test_totals_that_differ_are_told(tmp_path: Path) -> None:
    changes = {"limits": [{"id": "cap", "at_most": "200 * people", "if_over": "reserve"}]}
    found = compared(plan_of(**only(tmp_path, A=changes)))
    (alone,) = found.parents[(found.parents["parent"] == "A") & (found.parents["regime"] == "delegated")].to_dict(
        "records"
    )
    assert alone["passed_on"] == 25_000
    assert alone["total"] == 8_000
    assert alone["lost"] - alone["gained"] == 17_000
    # Nobody gains what went to the reserve.
    assert (alone["moved"], alone["reserve"], alone["shared_out"]) == (0, 17_000, 8_000)
    assert found.regimes["moved"].tolist() == [0, 0, 0]
    assert found.regimes["reserve"].tolist() == [0, 0, 17_000]
    text = governance_text(found, "en")
    assert re.search(r"Left in reserve by pages +\$0 +\$0 +\$17,000", text)
    assert re.search(r"A +\$25,000 +\$25,000 +\$8,000", text)
    assert "the same money in all three, but what reaches" in governance_text(found, "en").replace("\n", " ")


def test_a_parent_that_leaves_somebody_out_gives_it_nothing(tmp_path: Path) -> None:
    changes = {"eligible": [{"where": "people > 20", "reason": {"en": "small", "fr": "petit"}}]}
    found = compared(plan_of(**only(tmp_path, A=changes)))
    assert found.table()["delegated"].tolist()[:2] == [0, 25_000]
    assert found.people is not None
    assert found.people.tolist() == [10, 30, 10, 30]
    assert found.regimes["people_losing"].tolist() == [0, 0, 10]


def test_a_whole_page_of_its_own_may_have_no_such_index(tmp_path: Path) -> None:
    folder = Path(write(tmp_path / "whole", {"A": {}}))
    told = yaml.safe_load((folder / "A.yaml").read_text(encoding="utf-8"))
    del told["changes"]
    page = {"people": "people", "parts": [towns_page()["parts"][0] | {"pool": "remainder"}]}
    (folder / "A.yaml").write_text(yaml.safe_dump({**told, "formula": "own.yaml"}), encoding="utf-8")
    (folder / "own.yaml").write_text(yaml.safe_dump(page), encoding="utf-8")
    found = compared(plan_of(own=str(folder)))
    assert found.table()["delegated"].tolist()[:2] == [12_500, 12_500]
    assert found.table()["score_need"].notna().all()


def test_other_tiers_have_their_tables() -> None:
    found = quebec()
    last = found.table("municipality")
    assert len(last) == 1285
    # What MRCs keep is rounded, each by itself.
    assert abs(last["difference_delegated"].sum()) <= 31
    assert (last["difference_delegated"] != 0).any()
    first = found.table("region")
    assert "parent" not in first
    assert (first["difference_delegated"] == 0).all()


# What is refused.


@pytest.mark.parametrize(
    ("plan", "tier", "said"),
    [
        (plan_of(may_change="nothing"), None, "nobody may change anything in the plan 'p'"),
        (plan_of(may_change="nothing"), "town", "nobody may change anything in the plan 'p'"),
        (plan_of(), "region", "nobody may change anything on the tier 'region': name one on which somebody may: town"),
        (plan_of(), "towns", "the plan has no tier 'towns': did you mean 'town'?"),
    ],
)
def test_refusals(plan: Page, tier: str | None, said: str) -> None:
    with pytest.raises(equite.EquiteError) as caught:
        equite.compare_governance(plan, {"region": TWO, "town": FOUR}, tier)
    assert said in caught.value.text("en")
    assert caught.value.text("fr") != caught.value.text("en")


def test_of_two_tiers_one_must_be_named() -> None:
    plan = plan_of()
    street = {"id": "street", "parent": "town", "formula": towns_page(id="streets"), "may_change": "everything"}
    plan["tiers"].append(street)
    streets = FOUR.assign(town=list("abcd")).drop(columns="region")
    given_tables = {"region": TWO, "town": FOUR, "street": streets}
    with pytest.raises(equite.FormulaError) as caught:
        equite.compare_governance(plan, given_tables)
    assert "name one of them: town, street" in caught.value.text("en")
    assert equite.compare_governance(plan, given_tables, "street").tier == "street"


def test_a_page_that_cannot_be_shared_is_refused_with_its_regime(tmp_path: Path) -> None:
    changes = {"limits": [{"id": "floor", "at_least": 20_000}]}
    with pytest.raises(equite.SharingError) as caught:
        compared(plan_of(**only(tmp_path, A=changes)))
    first, second = caught.value.text("en").splitlines()
    assert "in the regime “delegated” (each parent’s own page)" in first
    assert "floor, A" in second
    assert "dans le régime « délégué »" in caught.value.text("fr").replace("\u00a0", " ")


def test_what_is_wrong_in_all_regimes_is_told_once(tmp_path: Path) -> None:
    page = towns_page(limits=[{"id": "floor", "at_least": 20_000}])
    with pytest.raises(equite.SharingError) as caught:
        compared(plan_of(page, **only(tmp_path, B=WITHIN["B"])))
    text = caught.value.text("en")
    assert "regime" not in text
    assert text.count("floor, A") == 1


def test_an_unknown_parent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(equite.FormulaError, match="AA"):
        compared(plan_of(**only(tmp_path, AA=WITHIN["A"])))


# What is told.


def test_the_text_in_both_languages() -> None:
    found = quebec()
    french, english = str(found), governance_text(found, "en")
    assert found.summary() == french
    assert "Qui décide au palier" in french
    assert "(illustratif)" in french
    assert "94,7\u00a0%" in french
    assert "94.7%" in english
    assert "(illustrative)" in english
    assert "Région" not in english
    for text in (french, english):
        assert max(map(len, text.splitlines())) <= 92
        assert not re.search(WRONG, text)


def test_nobody_chose() -> None:
    found = compared(plan_of())
    for language in ("fr", "en"):
        text = governance_text(found, language)  # type: ignore[arg-type]
        assert not re.search(WRONG, text)
    assert "No parent stated anything of its own" in str(found)
    assert "furthest apart" not in str(found)
    assert "Inside the parents" not in str(found)


def test_the_html_is_escaped(tmp_path: Path) -> None:
    plan = plan_of(towns_page(name="name"), **only(tmp_path, A=WITHIN["A"]))
    found = compared(plan, FOUR.assign(name=["<b>a", "b", "c", "d"]))
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;a" in governance_html(found, "fr")
    assert 'lang="fr"' in governance_html(found, "fr")


def test_the_file_has_the_table(tmp_path: Path) -> None:
    found = quebec()
    path = found.to_csv(tmp_path / "governance.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    table = found.table()
    assert len(rows) == len(table) + 1
    assert rows[0][:4] == ["Code", "Territoire", "Région (code)", "Région"]
    assert len(set(rows[0])) == len(rows[0])
    assert [float(row[6]) for row in rows[1:]] == table["uniform"].tolist()
    assert rows[1][5] == f"{table['score_need'][0]:.4f}".replace(".", ",")
    english = governance_to_csv(found, tmp_path / "last.csv", "municipality", "en")
    assert english.read_text(encoding="utf-8-sig").splitlines()[0].startswith("Code,Territory,MRC (code),MRC,People,")
    with pytest.raises(equite.SharingError, match="vouliez-vous dire « mrc »"):
        found.to_csv(tmp_path / "none.csv", "mrcs")
    assert not (tmp_path / "none.csv").exists()


# The documentation.


def files_of(text: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def blocks_of(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def by_hand(tmp_path: Path) -> GovernanceComparison:
    for name, content in files_of(DOCS):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return equite.compare_governance(tmp_path / "plan.yaml")


def test_the_example_worked_by_hand(by_hand: GovernanceComparison) -> None:
    rows = re.findall(r"^\| ([a-d]) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", DOCS, flags=re.MULTILINE)
    table = by_hand.table()[["code", "people", "uniform", "margins", "delegated"]]
    assert [(row[0], *map(float, row[1:])) for row in rows] == list(table.itertuples(index=False, name=None))
    regimes = by_hand.regimes.set_index("regime")
    assert regimes["spread"].tolist() == pytest.approx([1.5, 1.5, 1.5])
    assert regimes["added"].tolist() == [0, 0, 0]
    assert regimes["opened"].tolist() == pytest.approx([0, 0.25, 0.5])
    assert regimes["fit"].tolist() == pytest.approx([0.9, 0.95, 1])
    # The south stated nothing.
    assert by_hand.parents.groupby("parent")["fit"].count().to_dict() == {"N": 3, "S": 0}
    assert by_hand.pairs["like_code"].tolist() == ["c", "d", "a", "b"]
    assert by_hand.pairs["gap_margins"].round(2).tolist() == [2.6, 1.13, 2.6, 1.13]


def test_the_page_shows_what_the_library_says(by_hand: GovernanceComparison) -> None:
    """To write them anew, put what ``governance_text`` gives in English in the place of the page's blocks of text."""
    table, whole = (block.rstrip("\n") for block in blocks_of("text"))
    assert table == governance_text(by_hand, "en").split("\n\n")[1]
    assert whole == governance_text(quebec(), "en")


def test_the_page_s_python_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    for block in blocks_of("python"):
        exec(compile(block, "governance.md", "exec"), {})
    assert "Qui décide" in capsys.readouterr().out


def test_the_page_names_the_figures_and_its_links_lead_somewhere() -> None:
    named = {
        name
        for row in re.findall(r"^\| (`[a-z`, ]+`) \| .*\|$", DOCS, flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert {"gained", "lost", "spread", "added", "opened", "fit"} <= named
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", DOCS):
        assert (ROOT / "docs" / target).exists(), target
