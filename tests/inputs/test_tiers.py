"""Tiers: one parent each, no loops, no orphans, totals that agree; and the way up and down."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.errors import TerritoriesError
from equite.inputs.tiers import Tiers

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "quebec_tiers"
REGIONS: dict[str, list[Any]] = {"code": ["01", "02", "03"], "pop": [30, 12, 0]}
MRCS: dict[str, list[Any]] = {"code": ["010", "020", "030"], "region": ["01", "02", "01"], "pop": [10, 12, 20]}
TOWNS: dict[str, list[Any]] = {
    "code": ["a", "b", "c", "d"],
    "mrc": ["010", "020", "030", "030"],
    "pop": [10, 12, 15, 5],
}
PARENTS = {"mrc": "region", "town": "mrc"}
WHOLE: dict[str, list[Any]] = {
    "code": ["a", "01", "010", "02", "b", "020"],
    "tier": ["town", "region", "mrc", "region", "town", "mrc"],
    "parent": ["010", None, "01", None, "020", "02"],
}


def three(**changes: Mapping[str, list[Any]]) -> dict[str, Mapping[str, list[Any]]]:
    return {"region": REGIONS, "mrc": MRCS, "town": TOWNS} | changes


def of(**changes: Mapping[str, list[Any]]) -> Tiers:
    return Tiers.of_tables(three(**changes), keys="code", parents=PARENTS, totals={"pop": 0})


def without(heading: str, table: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {key: cells for key, cells in table.items() if key != heading}


def whole(**changes: list[Any]) -> Tiers:
    return Tiers.of_table(WHOLE | changes, key="code")


def refused(call: Callable[[], object]) -> TerritoriesError:
    with pytest.raises(TerritoriesError) as caught:
        call()
    assert caught.value.text("fr") != caught.value.text("en")
    return caught.value


def ids(error: TerritoriesError) -> list[tuple[str, int | None]]:
    return [(problem.id, problem.line) for problem in error.problems]


# The way up and down.


def test_three_tables() -> None:
    tiers = of()
    assert tiers.names == tuple(tiers) == ("region", "mrc", "town")
    assert len(tiers) == 3 and "mrc" in tiers
    assert tiers["mrc"].codes == ("010", "020", "030")
    assert tiers.parents("mrc") == ("01", "02", "01")
    assert tiers.links("town").tolist() == [0, 1, 2, 2]
    assert tiers.links("town", "region").tolist() == [0, 1, 0, 0]
    assert tiers.links("town", "town").tolist() == [0, 1, 2, 3]
    assert tiers.children("region") == {"01": ("010", "030"), "02": ("020",), "03": ()}
    assert tiers.children("mrc") == {"010": ("a",), "020": ("b",), "030": ("c", "d")}
    assert tiers.children("town") == {}
    assert tiers.childless("region") == ("03",)
    assert tiers.childless("mrc") == tiers.childless("town") == ()
    assert tiers.lineage("town", "d") == ("01", "030", "d")
    assert tiers.lineage("region", "03") == ("03",)
    assert (tiers.above("region"), tiers.above("town")) == (None, "mrc")


def test_one_table_whose_order_is_that_of_its_links() -> None:
    tiers = whole()
    assert tiers.names == ("region", "mrc", "town")
    assert tiers["region"].codes == ("01", "02") and tiers["town"].codes == ("a", "b")
    assert tiers.parents("town") == ("010", "020")
    assert tiers["town"].row(1) == 4


def test_one_tier_is_a_top_alone() -> None:
    tiers = Tiers.of_tables({"region": REGIONS}, keys="code", parents={})
    assert tiers.names == ("region",) and tiers.children("region") == {} and tiers.childless("region") == ()
    assert Tiers.of_table({"code": ["1"], "tier": ["x"], "parent": [None]}, key="code").names == ("x",)


@pytest.mark.parametrize("key", [("code", 2), {"column": "code", "width": 2}, equite.Formula])
def test_codes_that_a_spreadsheet_took_for_numbers(key: Any) -> None:
    if key is equite.Formula:  # any object with a column and a width
        key = type("Key", (), {"column": "code", "width": 2})()
    tables = {"region": {"code": [1, 2]}, "mrc": {"code": ["x", "y"], "region": [2.0, 1.0]}}
    tiers = Tiers.of_tables(tables, keys={"region": key, "mrc": "code"}, parents={"mrc": "region"})
    assert tiers.parents("mrc") == ("02", "01")


def test_territories_may_know_their_key() -> None:
    regions = equite.Territories.of(REGIONS, key="code")
    tiers = Tiers.of_tables({"region": regions, "mrc": MRCS}, keys={"mrc": "code"}, parents={"mrc": "region"})
    assert tiers["region"] is regions


@st.composite
def trees(draw: st.DrawFn) -> list[list[int]]:
    """Draw, for each tier below the top, the place of each territory's parent."""
    size, links = draw(st.integers(1, 5)), []
    for _ in range(draw(st.integers(1, 4))):
        links.append(draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=12)))
        size = len(links[-1])
    return links


def tables_of(links: list[list[int]]) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    top = max(links[0]) + 1
    tables = {"t0": pd.DataFrame({"code": [f"0-{at}" for at in range(top)], "parent": [None] * top})}
    for depth, places in enumerate(links, start=1):
        codes = [f"{depth}-{at}" for at in range(len(places))]
        tables[f"t{depth}"] = pd.DataFrame({"code": codes, "parent": [f"{depth - 1}-{at}" for at in places]})
    return tables, dict.fromkeys([*tables][1:], "parent")


@given(trees(), st.randoms(use_true_random=False))
def test_any_tree_is_the_same_in_one_table_or_in_several(links: list[list[int]], chance: Any) -> None:
    tables, parents = tables_of(links)
    several = Tiers.of_tables(tables, keys="code", parents=parents)
    rows = pd.concat([table.assign(tier=tier) for tier, table in tables.items()])
    order = list(range(len(rows)))
    chance.shuffle(order)
    single = Tiers.of_table(rows.iloc[order], key="code")
    assert single.names == several.names == tuple(tables)
    for depth, tier in enumerate(several):
        for code in several[tier].codes:
            line = several.lineage(tier, code)
            assert line == single.lineage(tier, code)
            assert len(line) == depth + 1 and line[-1] == code
        below = several.children(tier)
        assert {code: set(found) for code, found in below.items()} == {
            code: set(found) for code, found in single.children(tier).items()
        }
        assert all(several.lineage(f"t{depth + 1}", child)[depth] == code for code in below for child in below[code])
        assert several.childless(tier) == tuple(code for code, found in below.items() if not found)


# What is refused.


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"mrc": MRCS | {"region": ["01", None, "01"]}}, [("tiers-no-parent", 1)]),
        ({"mrc": MRCS | {"region": ["01", "99", "x"]}}, [("tiers-unknown", 1), ("tiers-unknown", 2)]),
        ({"mrc": MRCS | {"region": ["01", "012", "01"]}}, [("tiers-unknown-near", 1)]),
        (
            {"mrc": MRCS | {"region": [1, 2, 1]}},
            [("tiers-lost-zeros", 0), ("tiers-lost-zeros", 1), ("tiers-lost-zeros", 2)],
        ),
        ({"town": TOWNS | {"mrc": ["010", "02", "030", "b"]}}, [("tiers-skipped", 1), ("tiers-skipped", 3)]),
        ({"town": TOWNS | {"code": ["a", "b", "b", "d"]}}, [("tiers-two-parents", 2)]),
        ({"town": TOWNS | {"code": ["a", "b", "c", "c"]}}, [("input-code-twice", 3)]),
        ({"town": TOWNS | {"code": ["a", "b", None, "b"]}}, [("input-code-missing", 2), ("tiers-two-parents", 3)]),
        ({"mrc": {"code": ["010", "020", "030"]}}, [("input-no-column", None)]),
        ({"region": REGIONS | {"pop": [31, 12, 0]}}, [("tiers-total", 0)]),
        ({"town": TOWNS | {"pop": [10, 12, 17, 5]}}, [("tiers-total", 2)]),
        ({"town": TOWNS | {"pop": [10, None, 17, None]}}, []),
        ({"town": TOWNS | {"pop": [10, 12, 26, None]}}, [("tiers-total", 2)]),
        ({"region": REGIONS | {"pop": [30, 12, 7]}}, []),
        ({"mrc": MRCS | {"region": ["01", None, "01"]}, "town": TOWNS | {"mrc": ["z", "z", "z", "020"]}}, 4),
    ],
)
def test_mistakes_in_several_tables(changes: dict[str, Any], found: list[tuple[str, int | None]] | int) -> None:
    if not found:
        assert of(**changes).names
        return
    error = refused(lambda: of(**changes))
    assert (len(error.problems) if isinstance(found, int) else ids(error)) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"tier": ["town", None, "mrc", "region", "town", "mrc"]}, [("tiers-blank", 1)]),
        ({"parent": ["010", None, "01", None, "020", "99"]}, [("tiers-unknown", 5)]),
        ({"parent": ["010", "a", "01", None, "020", "02"]}, [("tiers-loop", 0)]),
        ({"parent": ["a", None, "01", "02", "020", "02"]}, [("tiers-loop", 0), ("tiers-loop", 3)]),
        ({"tier": ["town", "region", "mrc", "state", "town", "mrc"]}, [("tiers-two-tops", None)]),
        ({"tier": ["town", "region", "mrc", "region", "school", "mrc"]}, [("tiers-branch", None)]),
        ({"parent": ["010", None, "01", "02b", "020", None]}, [("tiers-unknown-near", 3)]),
        ({"code": ["a", "01", "010", "02", "a", "020"]}, [("tiers-two-parents", 4)]),
    ],
)  # fmt: skip
def test_mistakes_in_one_table(changes: dict[str, list[Any]], found: list[tuple[str, int | None]]) -> None:
    assert ids(refused(lambda: whole(**changes))) == found


def test_one_table_with_strays() -> None:
    table = {
        "code": ["01", "02", "010", "020", "030", "a", "b", "c"],
        "tier": ["region", "region", "mrc", "mrc", "mrc", "town", "town", "town"],
        "parent": [None, "010", "01", "01", None, "010", "020", "01"],
    }
    error = refused(lambda: Tiers.of_table(table, key="code"))
    assert set(ids(error)) == {("tiers-top-parent", 1), ("tiers-no-parent", 4), ("tiers-skipped", 7)}


def test_tiers_that_go_in_circles_have_no_top() -> None:
    table = {"code": ["r", "a", "b", "c", "d"], "tier": ["x", "x", "x", "y", "y"], "parent": [None, "c", "d", "r", "r"]}
    assert ids(refused(lambda: Tiers.of_table(table, key="code"))) == [("tiers-no-top", None)]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda: Tiers.of_tables({}, keys="code", parents={}), "tiers-none"),
        (lambda: Tiers.of_tables(three(), keys={"mcr": "code"}, parents=PARENTS), "tiers-no-tier-near"),
        (lambda: Tiers.of_tables(three(), keys="code", parents={**PARENTS, "zzz": "x"}), "tiers-no-tier"),
        (lambda: Tiers.of_tables(three(), keys="code", parents={"mrc": "region"}), "tiers-no-link"),
        (lambda: Tiers.of_tables(three(), keys="code", parents={**PARENTS, "region": "x"}), "tiers-above-first"),
        (lambda: Tiers.of_tables({"region": REGIONS}, parents={}), "tiers-no-key"),
        (lambda: Tiers.of_tables({"region": REGIONS}, keys={"region": {}}, parents={}), "tiers-no-key"),
        (lambda: of()["mcr"], "tiers-no-tier-near"),
        (lambda: of().links("region"), "tiers-top"),
        (lambda: of().parents("region"), "tiers-top"),
        (lambda: of().links("mrc", "town"), "tiers-not-above"),
        (lambda: of().lineage("town", "z"), "tiers-no-code"),
        (lambda: of().agreement("popp"), "input-no-column-near"),
        (lambda: of(region=without("pop", REGIONS), mrc={**MRCS, "pop": ["?", 1, 2]}), "input-mark-not-number"),
        (lambda: of(region=without("pop", REGIONS), town=without("pop", TOWNS)), "tiers-total-alone"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly(call: Callable[[], object], found: str) -> None:
    assert [problem.id for problem in refused(call).problems] == [found]


def test_what_is_not_there_is_a_key_error() -> None:
    assert of().get("nothing") is None and "nothing" not in of()
    with pytest.raises(KeyError):
        of().lineage("town", "nothing")


@pytest.mark.parametrize(
    ("tolerance", "agrees"),
    [(0, False), (1, False), (2, True), ("2", True), ("9.9%", False), ("10 %", True), ("10,0 %", True), (0.5, False)],
)
def test_totals_agree_within_a_tolerance(tolerance: float | str, agrees: bool) -> None:
    tables = {
        "region": {"code": ["01"], "pop": [20]},
        "mrc": {"code": ["a", "b"], "region": ["01", "01"], "pop": [9, 9]},
    }

    def make() -> Tiers:
        return Tiers.of_tables(tables, keys="code", parents={"mrc": "region"}, totals={"pop": tolerance})

    if agrees:
        assert make().names
    else:
        assert ids(refused(make)) == [("tiers-total", 0)]


@pytest.mark.parametrize("tolerance", ["a lot", "1,234", -1, float("nan"), float("inf"), "-2%", None])
def test_what_is_no_tolerance(tolerance: Any) -> None:
    error = refused(lambda: Tiers.of_tables(three(), keys="code", parents=PARENTS, totals={"pop": tolerance}))
    assert [problem.id for problem in error.problems] == ["tiers-tolerance"]


def test_a_tier_without_the_column_is_passed_over() -> None:
    bare = without("pop", MRCS)
    assert of(mrc=bare).agreement("pop")["below"].tolist() == ["town", "town"]
    assert ids(refused(lambda: of(mrc=bare, region=REGIONS | {"pop": [31, 12, 0]}))) == [("tiers-total", 0)]


def test_sums_of_decimals_differ_by_dust_without_meaning_it() -> None:
    below = {"code": ["a", "b", "c"], "up": ["x"] * 3, "km2": [0.1, 0.2, 0.3]}
    tables = {"x": {"code": ["x"], "km2": [0.6]}, "y": below}
    assert sum([0.1, 0.2, 0.3]) != 0.6
    assert Tiers.of_tables(tables, keys="code", parents={"y": "up"}, totals={"km2": 0}).names


def test_sentences() -> None:
    error = refused(lambda: of(region=REGIONS | {"pop": [31_500, 12, 0]}))
    assert error.text("en") == (
        "pop of '01' (region) is 31,500, and the sum of its children (mrc) is 30: 31,470 too few, with 0 allowed "
        "@ pop (row 0): correct a figure, or state a wider tolerance if the two sources differ"
    )
    french = "pop de « 01 » (region) vaut 31 500, et la somme de ses enfants (mrc) 30 : 31 470 de moins"
    assert french in error.text("fr").replace("\u00a0", " ")
    error = refused(lambda: whole(parent=["010", "a", "01", None, "020", "02"]))
    assert "a territory that lies in itself: a → 010 → 01 → a @ parent (row 0)" in error.text("en")
    error = refused(lambda: of(mrc=MRCS | {"region": ["01", "012", "01"]}))
    assert error.text("en") == (
        "the parent '012' (territory 020) is not in tier 'region' @ region (row 1): did you mean '02' or '01'?"
    )
    assert error.text("fr").startswith(
        "le parent «\u00a0012\u00a0» (territoire 020) n'est pas dans le palier «\u00a0region\u00a0»"
    )


def test_many_mistakes_are_counted() -> None:
    count = 50
    mrcs = {"code": [f"m{at}" for at in range(count)], "region": ["99"] * count}
    error = refused(lambda: Tiers.of_tables({"r": REGIONS, "m": mrcs}, keys="code", parents={"m": "region"}))
    assert len(error.problems) == 6 and error.problems[-1].id == "input-more"


def test_a_long_loop_is_cut_short() -> None:
    count = 40
    table = {
        "code": ["top", *(f"c{at}" for at in range(count))],
        "tier": ["t"] * (count + 1),
        "parent": [None, *(f"c{(at + 1) % count}" for at in range(count))],
    }
    error = refused(lambda: Tiers.of_table(table, key="code"))
    assert ids(error) == [("tiers-loop", 1)]
    assert "c0 → c1 → c2 → c3 → c4 → c5 → … → c0" in error.text("en")


# What it looks like, and how fast.


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", ("territoires", "médiane", "sans enfant")), ("en", ("territories", "median", "childless"))],
)
def test_it_shows_itself(language: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUITE_LANGUAGE", language)
    tiers = of()
    for shown in (repr(tiers), tiers._repr_html_()):
        assert "region (3) → mrc (3) → town (4)" in shown
        assert all(word in shown for word in words)
        assert "nan" not in shown.lower()


def test_it_travels() -> None:
    again = pickle.loads(pickle.dumps(of()))
    assert again.lineage("town", "d") == ("01", "030", "d")


def test_a_hundred_thousand_rows() -> None:
    count = 100_000
    parents = np.arange(count) % 5_570
    tables = {
        "top": {"code": [f"p{at}" for at in range(5_570)], "pop": np.bincount(parents)},
        "low": {"code": [f"c{at}" for at in range(count)], "up": [f"p{at}" for at in parents], "pop": np.ones(count)},
    }
    tiers = Tiers.of_tables(tables, keys="code", parents={"low": "up"}, totals={"pop": 0})
    below = tiers.children("top")
    assert tiers.links("low").tolist() == parents.tolist()
    assert below["p7"] == tuple(f"c{at}" for at in range(7, count, 5_570))


# Québec.


def quebec(top: str) -> Tiers:
    files = {
        "province": "province.csv",
        "region": "regions.csv",
        "mrc": "mrcs.csv",
        "municipality": "municipalities.csv",
    }
    names = [*files][[*files].index(top) :]
    above = {"region": "province_code", "mrc": "region_code", "municipality": "mrc_code"}
    return Tiers.of_tables(
        {tier: EXAMPLE / files[tier] for tier in names},
        keys="code",
        parents={tier: above[tier] for tier in names[1:]},
        totals={"population": 0, "superficie_terre_km2": 0},
    )


def test_quebec_has_122_parents_whose_totals_agree() -> None:
    tiers = quebec("province")
    assert {tier: len(table) for tier, table in tiers.items()} == {
        "province": 1,
        "region": 17,
        "mrc": 104,
        "municipality": 1285,
    }
    assert all(tiers.childless(tier) == () for tier in tiers)
    found = tiers.agreement("population")
    assert len(found) == 122 and (found["gap"] == 0).all() and found["missing"].sum() == 2
    assert tiers.lineage("municipality", "01023") == ("QC", "11", "010", "01023")
    assert quebec("region").names == ("region", "mrc", "municipality")


def test_the_land_of_the_islands_is_land() -> None:
    tiers = quebec("region")
    islands = tiers["mrc"].codes.index("010")
    assert tiers["mrc"].numbers("superficie_terre_km2")[islands] == 187.37


def test_quebec_rolls_up_to_itself() -> None:
    tiers = quebec("region")
    direct = tiers.roll_up("municipality", "region", {"population": "extensive"}, missing="skip")
    assert direct.territories.codes == tiers["region"].codes
    assert direct.territories.data["population"].tolist() == tiers["region"].data["population"].tolist()
    kept = tiers.roll_up("municipality", "mrc", {"population": "extensive"})
    absent = kept.territories.data.loc[kept.territories.data["population"].isna(), "code"]
    assert absent.tolist() == ["991", "993"]
    indices = [heading for heading in tiers["mrc"].data if heading.startswith("icdm_")]
    means = tiers.roll_up("mrc", "region", dict.fromkeys(indices, "intensive")).territories
    for heading in indices:
        assert means.numbers(heading) == pytest.approx(tiers["region"].numbers(heading), abs=0.5e-4)
