"""Crosswalks: by hand, by what they refuse, by what they say of themselves."""

from __future__ import annotations

import doctest
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import equite
from equite import Carried, Crosswalk
from equite.errors import TerritoriesError
from equite.inputs import indicators

DOCS = Path(__file__).resolve().parents[2] / "docs" / "boundaries.md"
NAN = pytest.approx(math.nan, nan_ok=True)
#: Made up. 1 lies whole in A; 2 is cut 30 to 10 to 60, the last of it nowhere; 3 lies whole in B, of whose people 20
#: have no source.
PIECES = pd.DataFrame(
    [("1", "A", 50), ("2", "A", 30), ("2", "B", 10), ("2", None, 60), ("3", "B", 40), (None, "B", 20)],
    columns=["old", "new", "people"],
)
HEADINGS: dict[str, Any] = {"source": "old", "target": "new", "weight": "people"}
TABLE = pd.DataFrame(
    {
        "old": ["1", "2", "3"],
        "people": [60, 101, 40],
        "money": [10.5, 20.0, 30.25],
        "rate": [10.0, 20.0, 30.0],
        "level": [1, 3, 2],
    }
)


def walk() -> Crosswalk:
    return Crosswalk.of_pieces(PIECES, **HEADINGS)


def carried(**more: Any) -> Carried:
    columns: dict[str, Any] = {"extensive": ["people", "money"], "intensive": {"rate": "people"}, "ordinal": ["level"]}
    return walk().carry(TABLE, key="old", **columns | more)


def refused(call: Callable[[], object]) -> TerritoriesError:
    with pytest.raises(TerritoriesError) as caught:
        call()
    for language in ("fr", "en"):
        assert caught.value.text(language)  # type: ignore[arg-type]
    return caught.value


def ids(call: Callable[[], object]) -> list[str]:
    return [problem.id for problem in refused(call).problems]


# By hand.


def test_amounts_are_split_and_add_up() -> None:
    # Of 101 people of 2: 30.3, 10.1 and 60.6, so 30, 10 and 61.
    found = carried(partial=True)
    assert found.table["people"].to_dict() == {"A": 90, "B": 50}
    assert found.table["people"].dtype == np.int64
    assert found.table["money"].to_dict() == pytest.approx({"A": 10.5 + 6, "B": 2 + 30.25})
    assert found.table.index.name == "new"
    assert found.totals.loc["people"].tolist() == [201, 140, 0, 61]
    assert found.unplaced.to_dict("index") == {"2": {"weight": 60, "people": 61, "money": pytest.approx(12)}}


def test_rates_are_averaged_and_levels_have_a_median() -> None:
    table = carried().table
    # By the people carried, before they are made whole: 60 and 30.3 of A, 10.1 and 40 of B.
    assert table["rate"].tolist() == pytest.approx([(600 + 606) / 90.3, (202 + 1200) / 50.1])
    # By the weight: 50 people at 1 and 30 at 3 in A, 10 at 3 and 40 at 2 in B.
    assert table["level"].tolist() == [1, 2]
    by_weight = carried(intensive={"rate": None}).table
    assert by_weight["rate"].tolist() == pytest.approx([(500 + 600) / 80, (200 + 1200) / 50])


def test_of_two_levels_that_halve_a_territory_the_lower_is_taken() -> None:
    pieces = {"old": ["1", "2", "3"], "new": ["A", "A", "A"], "people": [10, 30, 20]}
    found = Crosswalk.of_pieces(pieces, **HEADINGS).carry(
        {"old": ["1", "2", "3"], "x": [1, 5, 2]}, key="old", ordinal=["x"]
    )
    assert found.table["x"].tolist() == [2]


def test_what_it_covers() -> None:
    found = carried()
    expected = {
        "weight": [80.0, 70.0],
        "sources": [2, 2],
        "in_part": [30.0, 10.0],
        "share_in_part": [30 / 80, 10 / 70],
        "measured": [1.0, 50 / 70],
    }
    pd.testing.assert_frame_equal(found.coverage, pd.DataFrame(expected, index=found.table.index))
    # B has 20 people of whom no source speaks: its amounts are not known.
    assert found.table["people"].tolist() == [90, NAN]
    assert found.totals.loc["people"].tolist() == [201, 90, 50, 61]


def test_a_missing_value_is_never_a_zero() -> None:
    table = TABLE.assign(people=[60, None, 40], rate=[None, 20, 30], level=[1, None, 2])
    found = walk().carry(table, key="old", extensive=["people"], intensive={"rate": "money"}, ordinal=["level"])
    assert found.table["people"].tolist() == [NAN, NAN]
    assert found.table["rate"].tolist() == pytest.approx([20, (2 * 20 + 30.25 * 30) / 32.25])
    assert found.table["level"].tolist() == [1, 2]
    assert found.measured["people"].tolist() == pytest.approx([50 / 80, 40 / 70])
    assert found.measured["rate"].tolist() == pytest.approx([30 / 80, 50 / 70])
    assert found.totals.loc["people"].tolist() == [100, 0, 100, 0]
    partial = walk().carry(table, key="old", extensive=["people"], partial=True)
    assert partial.table["people"].tolist() == [60, 40]
    assert partial.totals.loc["people"].tolist() == [100, 100, 0, 0]
    # A source without a row says nothing either; one without a denominator has no part in a mean.
    absent = walk().carry(TABLE.iloc[:2], key="old", extensive=["money"], intensive={"rate": "people"})
    assert absent.table["money"].tolist() == [pytest.approx(16.5), NAN]
    assert absent.table["rate"].tolist() == pytest.approx([1206 / 90.3, 20])
    bare = walk().carry(table, key="old", intensive={"rate": "people"})
    assert bare.table["rate"].tolist() == [NAN, 30]


def test_units_go_by_largest_remainders_and_ties_to_the_first_code() -> None:
    thirds = {"old": ["1"] * 3, "new": ["C", "B", "A"], "people": [1, 1, 1]}
    found = Crosswalk.of_pieces(thirds, **HEADINGS)
    for amount, expected in ((1, [1, 0, 0]), (5, [2, 2, 1]), (-5, [-2, -2, -1]), (0, [0, 0, 0])):
        table = found.carry({"old": ["1"], "x": [amount]}, key="old", extensive=["x"]).table
        assert table["x"].tolist() == expected
        assert table["x"].dtype == np.int64
    assert found.carry({"old": ["1"], "x": [0.5]}, key="old", extensive=["x"]).table["x"].sum() == 0.5


def test_another_weight_splits_otherwise() -> None:
    pieces = {"old": ["1", "1"], "new": ["A", "B"], "people": [1, 3], "homes": [1, 1]}
    both = Crosswalk.of_pieces(pieces, source="old", target="new", weight=["people", "homes"])
    table = {"old": ["1"], "x": [100]}
    assert both.carry(table, key="old", extensive=["x"]).table["x"].tolist() == [25, 75]
    assert both.by("homes").carry(table, key="old", extensive=["x"]).table["x"].tolist() == [50, 50]
    assert both.by("homes").reversed().by("people").weights.tolist() == [1, 3]
    assert "choose among people, homes" in refused(lambda: both.by("home")).text("en")


def test_a_source_of_nobody_follows_its_only_piece() -> None:
    pieces = {"old": ["1", "2", "2"], "new": ["A", "A", "B"], "people": [0, 0, 0]}
    found = Crosswalk.of_pieces(pieces, **HEADINGS)
    assert found.carry({"old": ["1", "2"], "x": [5, 0]}, key="old", extensive=["x"]).table["x"].tolist() == [5, 0]
    call = lambda: found.carry({"old": ["1", "2"], "x": [5, 7]}, key="old", extensive=["x"])  # noqa: E731
    assert ids(call) == ["crosswalk-nothing-to-split-by"]
    assert "(people): 2" in refused(call).text("en")


def test_small_areas_are_added_up() -> None:
    areas = {"id": ["a", "b", "c"], "old": ["1", "1", "2"], "new": ["A", "A", "B"], "people": [1, 2, 3]}
    found = Crosswalk.of_small_areas(areas, area="id", **HEADINGS)
    assert found.overlap().to_dict() == {"A": {"1": 3, "2": 0}, "B": {"1": 0, "2": 3}}
    assert ids(lambda: Crosswalk.of_small_areas(areas | {"id": ["a", "a", "c"]}, area="id", **HEADINGS)) == [
        "input-code-twice"
    ]
    assert ids(lambda: Crosswalk.of_pieces(areas, **HEADINGS)) == ["crosswalk-piece-twice"]


def test_there_and_back_on_nested_boundaries() -> None:
    nested = {"old": ["1", "2", "3"], "new": ["A", "A", "B"], "people": [50, 30, 40]}
    found = Crosswalk.of_pieces(nested, nested=True, **HEADINGS)
    up = {"new": ["A", "B"], "people": [80, 40], "rate": [5.0, 7.0]}
    down = found.reversed().carry(up, key="new", extensive=["people"], intensive={"rate": "people"})
    back = found.carry(down.table, key="old", extensive=["people"], intensive={"rate": "people"})
    assert back.table.to_dict("list") == {"people": [80, 40], "rate": [5.0, 7.0]}
    assert down.table["people"].tolist() == [50, 30, 40]
    assert down.coverage["share_in_part"].tolist() == [1, 1, 0]
    assert back.coverage["share_in_part"].tolist() == [0, 0]


def test_one_after_another() -> None:
    second = {"new": ["A", "A", "B", "Z"], "far": ["x", "y", "y", "y"], "people": [3, 1, 5, 15]}
    far = Crosswalk.of_pieces(second, source="new", target="far", weight="people")
    both = walk().then(far)
    assert both.sources == ("1", "2", "3") and both.targets == ("x", "y")
    assert (both.source, both.target, both.weight) == ("old", "far", "people")
    assert both.unplaced.to_dict() == {"2": 60}
    assert both.overlap().loc["2"].to_dict() == {"x": 22.5, "y": 7.5 + 10}
    # Z is five sevenths of y by the second weights, and no source of the first leads there.
    nobody = both.pieces[both.pieces["source"].isna()]
    assert nobody["target"].tolist() == ["y"]
    assert nobody["weight"].tolist() == pytest.approx([20 + 15 / 6 * (20 + 10 + 40 + 20)])
    assert refused(lambda: far.then(walk())).text("en").startswith("no such code in the crosswalk: 'x'")


def test_how_well_boundaries_match() -> None:
    found = walk().coherence()
    assert found["main"].tolist() == ["A", "B"] or found["main"].tolist() == ["1", "3"]
    assert found["main_overlap_share"].tolist() == pytest.approx([50 / 80, 40 / 50])
    assert found["effective_number"].tolist() == pytest.approx([1 / (25 + 9) * 64, 1 / (16 + 1) * 25])
    assert found["districts_touched"].tolist() == [2, 2]
    assert found["outside"].tolist() == pytest.approx([0, 20 / 70])
    assert found.attrs["columns"]["effective_number"]["title"]["fr"] == "Nombre effectif de vis-à-vis"
    sources = walk().coherence("source", minimum_share=0.3)
    assert sources["main"].tolist() == ["A", "A", "B"]
    assert sources["districts_touched"].tolist() == [1, 1, 1]
    assert sources["outside"].tolist() == pytest.approx([0, 0.6, 0])
    # The same as the indicator that feeds the criterion.
    inside = PIECES.dropna()
    same = indicators.boundaries(inside, territory="new", district="old", people="people", minimum_share=0)
    assert found["main_overlap_share"].tolist() == same["main_overlap_share"].tolist()
    assert ids(lambda: walk().coherence("both")) == ["crosswalk-side"]  # type: ignore[arg-type]


def test_a_territory_that_matches_nothing_is_not_measured() -> None:
    pieces = {"old": ["1", "2", None], "new": ["A", None, "B"], "people": [5, 3, 4]}
    found = Crosswalk.of_pieces(pieces, **HEADINGS)
    assert found.coherence()["main_overlap_share"].tolist() == [1, NAN]
    assert found.coherence()["outside"].tolist() == [0, 1]
    table = found.carry({"old": ["1", "2"], "x": [1, 2]}, key="old", intensive={"x": None}).table
    assert table["x"].tolist() == [1, NAN]


# Stated wholes.


def test_pieces_are_held_against_their_wholes() -> None:
    pieces = {"old": ["1", "1", "2"], "new": ["A", "B", "B"], "people": [60, 30, 50]}
    whole = {"1": 100, "2": 50}
    error = refused(lambda: Crosswalk.of_pieces(pieces, whole=whole, **HEADINGS))
    assert error.text("en").startswith("the pieces of 1 hold 90 of 100: 10 are lacking @ people: ")
    assert ids(lambda: Crosswalk.of_pieces(pieces, whole=whole, tolerance=0.09, **HEADINGS)) == [
        "crosswalk-pieces-short"
    ]
    near = Crosswalk.of_pieces(pieces, whole=whole, tolerance=0.1, **HEADINGS)
    assert near.unplaced.empty
    assert near.shares.tolist() == pytest.approx([2 / 3, 1 / 3, 1])
    rest = Crosswalk.of_pieces(pieces, whole=whole, rest="unplaced", **HEADINGS)
    assert rest.unplaced.to_dict() == {"1": 10}
    assert rest.carry({"old": ["1"], "x": [50]}, key="old", extensive=["x"]).totals.loc["x", "unplaced"] == 5
    over = {"1": 80, "2": 50}
    assert ids(lambda: Crosswalk.of_pieces(pieces, whole=over, rest="unplaced", **HEADINGS)) == [
        "crosswalk-pieces-over"
    ]


def test_wholes_may_stand_beside_the_pieces() -> None:
    pieces = {"old": ["1", "1", "2"], "new": ["A", "B", "B"], "people": [60, 30, 50], "all": [100, 100, 50]}
    found = Crosswalk.of_small_areas(pieces, whole="all", rest="unplaced", **HEADINGS)
    assert found.unplaced.to_dict() == {"1": 10}
    assert ids(lambda: Crosswalk.of_pieces(pieces | {"all": [100, 90, 50]}, whole="all", **HEADINGS)) == [
        "crosswalk-two-wholes"
    ]


REFUSED: list[tuple[Callable[[], object], list[str]]] = [
    (lambda: Crosswalk.of_pieces(PIECES.assign(people=-1), **HEADINGS), ["input-negative"] * 6),
    (lambda: Crosswalk.of_pieces(PIECES.assign(people=["many", 1, 2, 3, 4, 5]), **HEADINGS), ["input-not-number"]),
    (
        lambda: Crosswalk.of_pieces(PIECES.assign(people=[None, 1, 2, 3, 4, 5]), **HEADINGS),
        ["crosswalk-weight-missing"],
    ),
    (lambda: Crosswalk.of_pieces(PIECES.assign(people=1e300), **HEADINGS), ["input-above"] * 6),
    (
        lambda: Crosswalk.of_pieces(PIECES.assign(new=None), **HEADINGS),
        ["crosswalk-no-codes", "crosswalk-no-side", "crosswalk-piece-twice"],
    ),
    (lambda: Crosswalk.of_pieces(PIECES, source="old", target="nw", weight="people"), ["input-no-column-near"]),
    (lambda: Crosswalk.of_pieces(PIECES, source="old", target="new", weight=[]), ["crosswalk-weightless"]),
    (lambda: Crosswalk.of_pieces(PIECES, nested=True, **HEADINGS), ["crosswalk-two-parents"]),
    (lambda: Crosswalk.of_pieces(PIECES, rest="keep", **HEADINGS), ["crosswalk-rest"]),
    (lambda: Crosswalk.of_pieces(PIECES, tolerance=math.nan, **HEADINGS), ["crosswalk-tolerance"]),
    (
        lambda: Crosswalk.of_pieces(PIECES, whole={"1": 50, "9": 3}, **HEADINGS),
        ["crosswalk-unknown", "crosswalk-no-whole"],
    ),
    (lambda: Crosswalk.of_pieces(PIECES, whole={"1": -50}, **HEADINGS), ["indicator-negative"]),
    (
        lambda: Crosswalk.of_pieces(
            PIECES.assign(h=1), source="old", target="new", weight=["people", "h"], whole={"1": 50}
        ),
        ["crosswalk-whole-of-which"],
    ),
    (lambda: walk().carry(TABLE, extensive=["people"]), ["crosswalk-no-key"]),
    (lambda: carried(extensive=[], intensive={}, ordinal=[]), ["crosswalk-nothing"]),
    (lambda: carried(ordinal=["people"]), ["crosswalk-two-meanings"]),
    (lambda: carried(extensive=["peple"]), ["input-no-column-near"]),
    (
        lambda: walk().carry(TABLE.assign(old=["1", "2", "03"]), key="old", extensive=["people"]),
        ["crosswalk-unknown-near"],
    ),
    (lambda: walk().carry(TABLE.assign(money=-1), key="old", intensive={"rate": "money"}), ["input-negative"] * 3),
    (lambda: walk().carry(TABLE.assign(money=1e300), key="old", extensive=["money"]), ["input-above"] * 3),
]


@pytest.mark.parametrize(("call", "expected"), REFUSED)
def test_what_is_refused(call: Callable[[], object], expected: list[str]) -> None:
    assert ids(call) == expected


def test_many_unknown_codes_are_counted() -> None:
    table = pd.DataFrame({"old": [f"z{n}" for n in range(40)], "x": 1})
    error = refused(lambda: walk().carry(table, key="old", extensive=["x"]))
    assert len(error.problems) == 6
    assert "and 35 more like these" in error.text("en")


def test_any_table_will_do(tmp_path: Path) -> None:
    path = tmp_path / "pieces.csv"
    PIECES.to_csv(path, index=False)
    expected = walk().pieces
    for table in (path, str(path), pl.from_pandas(PIECES), PIECES.to_dict("list"), equite.read_territories(path)):
        pd.testing.assert_frame_equal(Crosswalk.of_pieces(table, **HEADINGS).pieces, expected)
    indexed = walk().carry(equite.Territories.of(TABLE, key="old"), extensive=["people"], partial=True)
    assert indexed.table["people"].tolist() == [90, 50]
    again = equite.Territories.of(indexed.table, key="new")
    assert again.codes == ("A", "B")


# What it says of itself.


def test_its_notes_in_both_languages() -> None:
    found = walk().carry(
        TABLE.assign(money=[None, 2, 3]), key="old", extensive=["people", "money"], intensive={"rate": "people"}
    )
    english, french = found.notes("en"), found.notes("fr")
    assert len(english) == len(french) == 8
    assert english[0] == (
        "people: 40 (19.0%) come from old codes that do not lie whole in one new (2). There, a rate or a level is that "
        "of the old, shared out and not measured. Concerned: 2 new codes (A, B)."
    )
    assert english[1] == "people: 20 belong to no source; nothing is known of them."
    assert "people: 60 of 210 belong to no new, and are not in the table." in english
    assert "money: no value for 1 sources (1)." in english
    assert "money: a part of the amount is missing for 2 territories, and nothing is shown (A, B)." in english
    assert french[0].startswith(
        "people\u00a0: 40 (19,0\u00a0%) viennent de codes old qui ne tiennent pas dans un seul new (2)."
    )
    partial = walk().carry(TABLE, key="old", extensive=["people"], partial=True)
    assert any("only what is known is shown (B)" in note for note in partial.notes("en"))
    whole = Crosswalk.of_pieces({"old": ["1"], "new": ["A"], "people": [3]}, **HEADINGS)
    assert whole.carry({"old": ["1"], "x": [1]}, key="old", extensive=["x"]).notes() == ()


def test_it_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert repr(walk()) == "old (3) → new (2) · by people: 210, 60 of it in none · cut: 1"
    pieces = {"old": [f"{n:02}" for n in range(12)], "new": [f"<{n:02}>" for n in range(12)], "people": [1234.5] * 12}
    table = {"old": pieces["old"], "rate": [1 / 3] * 12, "people": [2] * 12}
    many = Crosswalk.of_pieces(pieces, **HEADINGS).carry(
        table, key="old", extensive=["people"], intensive={"rate": "people"}
    )
    text, page = repr(many), many._repr_html_()
    assert "… and 2 more rows" in text and "0.3333" in text and "<09>" in text and "<10>" not in text
    assert "&lt;09&gt;" in page and "<09>" not in page and 'lang="en"' in page
    assert "nan" not in repr(carried()).lower() and "nan" not in carried()._repr_html_().lower()
    monkeypatch.setenv("EQUITE_LANGUAGE", "fr")
    assert "… et 2 autres lignes" in repr(many) and "1\u00a0234,5" in repr(many) and 'lang="fr"' in many._repr_html_()
    assert "mesuré" in repr(carried())


# The documentation.


def test_the_examples_of_the_documentation_give_what_they_show() -> None:
    blocks = re.findall(r"```pycon\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 12
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "boundaries", str(DOCS), 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)
