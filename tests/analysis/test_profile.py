"""A territory read against the others: ranks, medians, peers, and where it stands furthest from them."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import distance as distances

import equite
from equite.analysis.profile import PEERS, Profile, labels_of, profile
from equite.report.analyses.diagnostics import profile_html, profile_text

NBSP = "\u00a0"


def page(language: str = "en", **index: Any) -> dict[str, Any]:
    whole = {"criteria": {"poverty": 2, "density": {"weight": 1, "more_need_when": "low"}, "distance": 1}, **index}
    return {
        "equite": 1,
        "id": "page",
        "language": language,
        "key": "code",
        "name": "place_name",
        "columns": {
            "place_name": {"kind": "text"},
            "density": {"unit": {"fr": "hab/km²", "en": "people/km²"}},
            "tier": {"heading": "Palier"},
        },
        "indices": {"need": whole},
        "parts": [{"id": "paid", "share": {"as_is": "1000 * need"}}],
    }


def table(size: int = 12, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "code": [f"{at:02d}" for at in range(size)],
            "place_name": [f"Place {at}" for at in range(size)],
            "poverty": draw.normal(10, 3, size),
            "density": draw.lognormal(3, 1, size),
            "distance": draw.uniform(0, 100, size),
            "Palier": ["north", "south", ""] * (size // 3) + [""] * (size % 3),
            "setting": np.where(np.arange(size) % 2, "rural", "urban"),
        }
    )


def found(code: str = "00", data: pd.DataFrame | None = None, *, tier: str | None = None, **index: Any) -> Profile:
    return profile(equite.allocate(page(**index), table() if data is None else data), code, tier=tier)


def test_each_criterion_with_its_value_rank_and_median() -> None:
    told, data = found("03"), table()
    rows = told.table.set_index("criterion")
    assert rows["value"].tolist() == data.loc[3, ["poverty", "density", "distance"]].tolist()
    for name, falling in (("poverty", False), ("density", True), ("distance", False)):
        assert rows.loc[name, "rank"] == data[name].rank(ascending=falling, method="min")[3]
        assert rows.loc[name, "median"] == data[name].median()
    assert rows["of"].tolist() == [12] * 3
    assert rows["weight"].tolist() == [0.5, 0.25, 0.25]
    assert rows["score"].tolist() == told.allocation.scores.loc[3, [f"need.{name}" for name in rows.index]].tolist()
    assert not rows["filled"].any()
    assert (rows["among"] == "").all()
    assert rows["median_among"].isna().all()


def test_the_index_itself() -> None:
    told = found("03")
    scores = told.allocation.scores["need"]
    assert told.score == scores[3]
    assert told.rank == scores.rank(ascending=False, method="min")[3]
    assert (told.name, told.code, told.label) == ("Place 3", "03", "")


@pytest.mark.parametrize("tier", ["tier", "Palier"])
def test_the_median_of_its_tier(tier: str) -> None:
    """By the column's name on the page, or by its heading."""
    told, data = found("03", tier=tier), table()
    inside = data[data["Palier"] == "north"]
    rows = told.table.set_index("criterion")
    assert told.label == "north"
    assert rows["among"].tolist() == ["north"] * 3
    assert rows["median_among"].tolist() == inside[["poverty", "density", "distance"]].median().tolist()


def test_a_blank_tier_is_no_group() -> None:
    told = found("02", tier="Palier")
    assert told.label == ""
    assert told.table["median_among"].isna().all()
    assert "Median of its group" not in str(told)


def test_without_a_tier_the_group_that_a_criterion_is_scored_in() -> None:
    by_setting = {"weight": 1, "more_need_when": {"by": "setting", "rural": "high", "urban": "low"}}
    by_cut = {"weight": 1, "more_need_when": {"by": "poverty", "cut": 10, "below": "high", "above": "low"}}
    told = found("03", criteria={"poverty": 1, "distance": by_setting, "density": by_cut})
    data, rows = table(), told.table.set_index("criterion")
    side = data["poverty"] < 10 if data.loc[3, "poverty"] < 10 else data["poverty"] >= 10
    assert rows["among"].tolist() == ["", "rural", "< 10" if data.loc[3, "poverty"] < 10 else "≥ 10"]
    assert rows.loc["distance", "median_among"] == data.loc[data["setting"] == "rural", "distance"].median()
    assert rows.loc["density", "median_among"] == data.loc[side, "density"].median()
    assert "Setting: rural" in str(told)


# Peers.


def test_peers_with_another_library_s_distance() -> None:
    told = found("03")
    matrix = told.scoring.matrix
    wanted = [distances.euclidean(matrix[3], row, w=[0.5, 0.25, 0.25]) for row in matrix]
    order = [at for at in np.argsort(wanted) if at != 3][:PEERS]
    assert told.peers["code"].tolist() == [f"{at:02d}" for at in order]
    assert told.peers["distance"].tolist() == pytest.approx([wanted[at] for at in order], abs=1e-14)
    assert told.peers["name"].tolist() == [f"Place {at}" for at in order]
    assert told.peers["amount"].tolist() == told.allocation.amounts[order].tolist()
    assert told.peers["score"].tolist() == told.allocation.scores["need"][order].tolist()


@given(seed=st.integers(0, 10_000))
def test_a_criterion_cut_in_two_halves_changes_no_peer(seed: int) -> None:
    data = table(seed=seed).assign(again=lambda frame: frame["poverty"])
    density = {"weight": 1, "more_need_when": "low"}
    whole = found("03", data, criteria={"poverty": 2, "density": density, "distance": 1}).peers
    halved = found("03", data, criteria={"poverty": 1, "again": 1, "density": density, "distance": 1}).peers
    assert whole["code"].tolist() == halved["code"].tolist()
    assert whole["distance"].tolist() == pytest.approx(halved["distance"].tolist())


@given(seed=st.integers(0, 10_000))
def test_whoever_is_the_same_is_the_nearest(seed: int) -> None:
    data = table(seed=seed)
    data.loc[7, ["poverty", "density", "distance"]] = data.loc[3, ["poverty", "density", "distance"]]
    told = found("03", data)
    assert told.peers.loc[0, ["code", "distance"]].tolist() == ["07", 0.0]
    assert "03" not in told.peers["code"].tolist()


def test_distances_over_what_both_have() -> None:
    data = table()
    data.loc[3, "poverty"] = np.nan
    told = found("03", data, missing="skip")
    matrix = told.scoring.matrix[:, 1:]
    wanted = sorted(distances.euclidean(matrix[3], row, w=[0.5, 0.5]) for at, row in enumerate(matrix) if at != 3)
    assert told.peers["distance"].tolist() == pytest.approx(wanted[:PEERS])
    row = told.table.set_index("criterion").loc["poverty"]
    assert math.isnan(row["value"]) and math.isnan(row["rank"]) and math.isnan(row["gap"])
    assert row["of"] == 11
    assert "—" in str(told)


def test_a_filled_cell_is_said() -> None:
    data = table()
    data.loc[3, "poverty"] = np.nan
    told = found("03", data, missing={"fill": "median"})
    assert told.table["filled"].tolist() == [True, False, False]
    assert "filled in" in str(told)


def test_as_many_peers_as_there_are_others() -> None:
    assert len(found("00", table(3)).peers) == 2
    assert len(found("00", table(6)).peers) == PEERS


# Strengths and weaknesses.


def test_where_it_stands_furthest_from_its_peers() -> None:
    told = found("03")
    peers = [told.allocation.row(code) for code in told.peers["code"]]
    gaps = told.scoring.matrix[3] - told.scoring.matrix[peers].mean(axis=0)
    assert told.table["gap"].tolist() == pytest.approx(gaps.tolist())
    assert told.above["gap"].tolist() == pytest.approx(sorted(gaps[gaps > 0], reverse=True))
    assert told.below["gap"].tolist() == pytest.approx(sorted(gaps[gaps < 0]))


def test_who_is_like_all_others_stands_nowhere() -> None:
    data = table()
    data["density"] = data["distance"] = 1.0
    data["poverty"] = [1.0] * 11 + [2.0]
    told = found("00", data)
    assert told.above.empty
    assert told.below.empty
    assert "nearest peers:" not in str(told)


# What is refused.


@pytest.mark.parametrize(("language", "said"), [("en", "did you mean '03'"), ("fr", "vouliez-vous dire « 03 »")])
def test_an_unknown_code(language: str, said: str) -> None:
    with pytest.raises(equite.SharingError, match=said):
        profile(equite.allocate(page(language), table(4)), "3")


def test_an_unknown_index_or_tier() -> None:
    allocation = equite.allocate(page("fr"), table())
    with pytest.raises(equite.FormulaError, match="vouliez-vous dire « need »"):
        profile(allocation, "03", index="nead")
    with pytest.raises(equite.FormulaError, match="vouliez-vous dire « Palier »"):
        profile(allocation, "03", tier="Pallier")


def test_labels_of_those_that_take_part_in_code_order() -> None:
    asked = {**page(), "eligible": [{"where": "poverty > 0", "reason": {"fr": "non", "en": "no"}}]}
    data = table().iloc[::-1]
    data.loc[4, "poverty"] = -1.0
    allocation = equite.allocate(asked, data)
    wanted = table()["Palier"].drop(4).tolist()
    assert labels_of(allocation, "tier").tolist() == wanted


# Views.


def test_the_text_in_both_languages() -> None:
    told = found("03", tier="tier")
    english, french = str(told), profile_text(told, "fr")
    assert repr(told) == english
    assert english.startswith("Place 3 (03)\nNeed: ")
    assert "among 12 territories" in english
    assert f"Need{NBSP}: " in french
    assert "Son groupe. Palier" in french
    assert re.search(r"\d+/12", english)
    for text in (english, french):
        assert max(map(len, text.splitlines())) <= 92
        assert not re.search(r"\bnan\b|None|profile-|diagnosis-", text)


def test_the_html_is_escaped_and_has_heads() -> None:
    data = table()
    data["place_name"] = "<i>&"
    told = found("03", data, tier="tier")
    for text in (told._repr_html_(), profile_html(told, "fr")):
        assert "<i>" not in text
        assert "&lt;i&gt;&amp; (03)" in text
        assert text.count("<caption") == text.count("<table") == 2
        assert 'scope="col"' in text
        assert 'scope="row"' in text
        assert "color" not in text
    assert "people/km²" in told._repr_html_()
    assert "hab/km²" in profile_html(told, "fr")


def test_a_page_without_names_shows_codes_once() -> None:
    asked = {key: value for key, value in page().items() if key != "name"}
    told = profile(equite.allocate(asked, table()), "03")
    assert str(told).startswith("03\n")
