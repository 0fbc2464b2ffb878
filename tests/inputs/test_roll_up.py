"""Roll-up: what adds up is added, what is a rate is averaged by its own denominator, and nothing is lost in silence."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.errors import TerritoriesError
from equite.formula.model import Column
from equite.inputs.roll_up import RollUp, roll_up
from equite.inputs.tiers import Tiers

#: Made up: five towns in two counties.
TOWNS: dict[str, list[Any]] = {
    "code": ["a", "b", "c", "d", "e"],
    "county": ["1", "1", "1", "2", "2"],
    "population": [100, 300, 0, 50, 50],
    "homes": [50, 100, 5, 20, 30],
    "km2": [1.5, 2.5, 40.0, 3.0, 0.25],
    "aid_rate": [10.0, 2.0, 99.0, 4.0, 8.0],
    "vacant": [0.1, 0.4, 0.0, 0.5, 0.0],
    "maturity": [1, 3, 5, 2, 4],
    "table": ["oui", "non", "oui", "yes", "no"],
}


def of(measures: Any, table: Any = TOWNS, **settings: Any) -> dict[str, list[Any]]:
    """Give each column of the roll-up to counties 1 and 2."""
    found = roll_up(table, "county", measures, **settings)
    assert found.territories.codes == ("1", "2") and len(found) == 2
    return {name: found.territories.data[name].tolist() for name in found.coverage}


def refused(call: Callable[[], object]) -> TerritoriesError:
    with pytest.raises(TerritoriesError) as caught:
        call()
    assert caught.value.text("fr") != caught.value.text("en")
    return caught.value


# Worked cases.


@pytest.mark.parametrize(
    ("name", "how", "expected"),
    [
        ("population", "extensive", [400, 100]),
        ("km2", "extensive", [44.0, 3.25]),
        ("aid_rate", "intensive", [(10 * 100 + 2 * 300) / 400, 6.0]),
        ("vacant", {"kind": "intensive", "by": "homes"}, [(0.1 * 50 + 0.4 * 100) / 155, 0.2]),
        ("aid_rate", {"kind": "intensive", "by": None}, [37.0, 6.0]),
        ("maturity", "ordinal", [3, 2]),
        ("maturity", {"kind": "ordinal", "by": None}, [3, 2]),
        ("table", "yes_no", [0.25, 0.5]),
        ("table", {"kind": "yes_no", "by": None}, [2 / 3, 0.5]),
        ("table", {"kind": "yes_no", "take": "any"}, [1, 1]),
        ("people", {"kind": "extensive", "heading": "population"}, [400, 100]),
        ("aid_rate", SimpleNamespace(kind="intensive"), [4.0, 6.0]),
        ("km2", Column(kind="extensive"), [44.0, 3.25]),
        ("area", Column(kind="extensive", heading="km2"), [44.0, 3.25]),
    ],
)
def test_one_column(name: str, how: Any, expected: list[float]) -> None:
    found = of({name: how})[name]
    assert found == pytest.approx(expected)
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_kinds_may_be_those_of_the_catalogue() -> None:
    named = next(found for found in equite.read_catalogue().values() if found.kind == "intensive" and not found.levels)
    table = {**TOWNS, named.id: TOWNS["aid_rate"]}
    assert of([named.id], table) == of({named.id: None}, table) == of({named.id: named}, table)
    assert of([named.id], table)[named.id] == pytest.approx([4.0, 6.0])


def test_levels_by_name_give_levels_by_number() -> None:
    levels = ({"fr": "faible", "en": "low"}, {"fr": "moyen", "en": "fair"}, {"fr": "fort", "en": "high"})
    table = {**TOWNS, "level": ["low", "fort", "moyen", "fair", "3"]}
    assert of({"level": {"kind": "ordinal", "levels": levels}}, table)["level"] == [3, 2]


@pytest.mark.parametrize(
    "to", [{"a": 1, "b": 1, "c": 1, "d": 2, "e": "2", "z": 9}, dict(zip("abcde", "11122", strict=True))]
)
def test_larger_territories_may_come_in_a_mapping(to: Any) -> None:
    assert roll_up(TOWNS, to, {"km2": "extensive"}, key="code").territories.codes == ("1", "2")


def test_codes_keep_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "towns.csv"
    path.write_text("code,county,n\n1,10,1\n2,10,2\n3,20,4\n", encoding="utf-8")
    assert roll_up(path, "county", {"n": "extensive"}).territories.codes == ("10", "20")


# Missing figures.

HOLED = {**TOWNS, "aid_rate": [10.0, None, None, 4.0, 8.0], "km2": [1.5, None, 40.0, 3.0, 0.25]}


def test_a_missing_figure_makes_the_result_missing() -> None:
    found = of({"aid_rate": "intensive", "km2": "extensive"}, HOLED)
    assert math.isnan(found["aid_rate"][0]) and found["aid_rate"][1] == 6.0
    assert math.isnan(found["km2"][0]) and found["km2"][1] == 3.25


def test_or_is_left_out_and_the_coverage_says_so() -> None:
    found = roll_up(HOLED, "county", {"aid_rate": "intensive", "km2": "extensive"}, missing="skip")
    assert found.territories.data["aid_rate"].tolist() == [10.0, 6.0]
    assert found.territories.data["km2"].tolist() == [41.5, 3.25]
    assert found.coverage.loc["1"].tolist() == pytest.approx([0.25, 2 / 3])
    assert found.coverage.loc["2"].tolist() == [1.0, 1.0]


def test_the_coverage_of_a_missing_result_says_how_much_is_known() -> None:
    kept = roll_up(HOLED, "county", {"aid_rate": "intensive"})
    assert kept.coverage["aid_rate"].tolist() == [0.25, 1.0]
    state = roll_up(kept, {"1": "S", "2": "S"}, missing="skip")  # county 1, missing, is left out whole
    assert state.territories.data["aid_rate"].tolist() == [6.0]
    assert state.coverage["aid_rate"].tolist() == [0.2]


def test_who_has_no_weight_has_no_say() -> None:
    table = {**TOWNS, "aid_rate": [10.0, 2.0, None, 4.0, 8.0]}  # the third town has no people
    assert of({"aid_rate": "intensive"}, table)["aid_rate"] == [4.0, 6.0]


@pytest.mark.parametrize("missing", ["keep", "skip"])
def test_nothing_known_or_nobody_there_gives_nothing(missing: str) -> None:
    table = {**TOWNS, "population": [0, 0, 0, 50, 50], "km2": [None, None, None, 1.0, 2.0]}
    found = of({"aid_rate": "intensive", "maturity": "ordinal", "km2": "extensive"}, table, missing=missing)
    assert all(math.isnan(column[0]) and not math.isnan(column[1]) for column in found.values())


def test_a_denominator_that_is_missing() -> None:
    table = {**TOWNS, "population": [100, None, 0, 50, 50]}
    assert math.isnan(of({"aid_rate": "intensive"}, table)["aid_rate"][0])
    skipped = roll_up(table, "county", {"aid_rate": "intensive"}, missing="skip")
    assert skipped.territories.data["aid_rate"].tolist() == [10.0, 6.0]
    assert math.isnan(skipped.coverage.loc["1", "aid_rate"])  # of how much, nobody knows
    assert repr(skipped).endswith("aid_rate —")


def test_one_yes_is_enough_whatever_is_missing() -> None:
    table = {**TOWNS, "table": ["oui", None, "non", "non", None]}
    found = of({"table": {"kind": "yes_no", "take": "any"}}, table)["table"]
    assert found[0] == 1.0 and math.isnan(found[1])
    assert of({"table": {"kind": "yes_no", "take": "any"}}, table, missing="skip")["table"] == [1, 0]


# Exactness.


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-(2**60), 2**60)), min_size=1, max_size=30))
def test_whole_numbers_add_up_exactly(rows: list[tuple[int, int]]) -> None:
    table = {"up": [f"{place}" for place, _ in rows], "n": [number for _, number in rows]}
    found = roll_up(table, "up", {"n": "extensive"}).territories
    for code, total in zip(found.codes, found.data["n"].tolist(), strict=True):
        assert total == sum(number for place, number in rows if f"{place}" == code)
        assert isinstance(total, int)


NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6))
WEIGHTS = st.one_of(st.just(0), st.integers(1, 10_000), st.floats(0.01, 1e4))
MEASURES = {
    "n": "extensive",
    "x": "extensive",
    "rate": "intensive",
    "own": {"kind": "intensive", "by": "d"},
    "flag": "yes_no",
    "any": {"kind": "yes_no", "take": "any", "heading": "flag"},
}


@st.composite
def nested(draw: st.DrawFn, weights: Any = WEIGHTS) -> pd.DataFrame:
    """Draw rows in middles in tops."""
    tops = draw(st.lists(st.integers(0, 2), min_size=1, max_size=5))
    middles = draw(st.lists(st.integers(0, len(tops) - 1), min_size=1, max_size=14))
    count = len(middles)

    def column(cells: Any) -> list[Any]:
        return draw(st.lists(cells, min_size=count, max_size=count))

    return pd.DataFrame(
        {
            "middle": [f"m{middle}" for middle in middles],
            "top": [f"t{tops[middle]}" for middle in middles],
            "population": column(weights),
            "d": column(weights),
            "n": column(st.integers(-1000, 1000)),
            "x": column(NUMBERS),
            "rate": column(NUMBERS),
            "own": column(NUMBERS),
            "flag": column(st.sampled_from(["oui", "non", None])),
        }
    ).astype({"population": object, "x": object, "rate": object, "own": object})


@given(nested(), st.sampled_from(["keep", "skip"]))
def test_a_roll_up_of_a_roll_up_is_the_direct_one(table: pd.DataFrame, missing: str) -> None:
    direct = roll_up(table, "top", MEASURES, missing=missing)
    middle = roll_up(table, "middle", MEASURES, missing=missing)
    twice = roll_up(middle, dict(zip(table["middle"], table["top"], strict=True)), missing=missing)
    assert twice.territories.codes == direct.territories.codes
    assert twice.rows.tolist() == direct.rows.tolist()
    for name in MEASURES:
        once = direct.territories.numbers(name)
        assert twice.territories.numbers(name) == pytest.approx(once, rel=1e-9, abs=1e-6, nan_ok=True), name
        assert twice.coverage[name].to_numpy() == pytest.approx(direct.coverage[name].to_numpy(), nan_ok=True), name
    assert twice.territories.data["n"].tolist() == direct.territories.data["n"].tolist()


@given(nested(), st.sampled_from(["keep", "skip"]))
def test_a_mean_lies_among_what_it_averages(table: pd.DataFrame, missing: str) -> None:
    found = roll_up(table, "top", {"rate": "intensive", "flag": "yes_no"}, missing=missing).territories
    rates = pd.to_numeric(table["rate"]).groupby(table["top"])
    for code, mean, share in zip(found.codes, found.numbers("rate"), found.numbers("flag"), strict=True):
        if not math.isnan(mean):
            assert rates.min()[code] <= mean <= rates.max()[code]
        assert math.isnan(share) or 0.0 <= share <= 1.0


@given(nested(st.integers(0, 5)))
def test_a_median_has_half_of_the_people_at_or_under_it(table: pd.DataFrame) -> None:
    levels = pd.DataFrame({"top": table["top"], "population": table["population"], "level": table["n"] % 5 + 1})
    found = roll_up(levels, "top", {"level": "ordinal"}).territories
    for code, median in zip(found.codes, found.numbers("level"), strict=True):
        lived = [
            level for top, people, level in levels.itertuples(index=False) if top == code for _ in range(int(people))
        ]
        expected = sorted(lived)[(len(lived) - 1) // 2] if lived else math.nan
        assert median == pytest.approx(expected, nan_ok=True)


@given(nested())
def test_the_order_of_rows_changes_nothing(table: pd.DataFrame) -> None:
    forward, backward = (roll_up(rows, "top", MEASURES, missing="skip") for rows in (table, table.iloc[::-1]))
    for name in MEASURES:
        once = forward.territories.numbers(name)
        assert backward.territories.numbers(name) == pytest.approx(once, rel=1e-9, abs=1e-6, nan_ok=True)


# Through tiers.


def tiers() -> Tiers:
    tables = {
        "state": {"code": ["S"]},
        "county": {"code": ["2", "1", "0"], "state": ["S", "S", "S"]},
        "town": TOWNS,
    }
    return Tiers.of_tables(tables, keys="code", parents={"county": "state", "town": "county"})


def test_tiers_climb_straight_from_the_lowest() -> None:
    measures = {"population": "extensive", "aid_rate": "intensive", "maturity": "ordinal"}
    state = tiers().roll_up("town", "state", measures).territories.data
    assert state.to_dict("list") == {"code": ["S"], "population": [500], "aid_rate": [4.4], "maturity": [3]}
    county = tiers().roll_up("town", "county", measures).territories
    assert county.codes == ("2", "1", "0")
    assert county.numbers("population") == pytest.approx([100.0, 400.0, math.nan], nan_ok=True)


def test_who_is_made_of_nothing_adds_nothing_later() -> None:
    county = tiers().roll_up("town", "county", {"population": "extensive", "aid_rate": "intensive"})
    state = roll_up(county, dict.fromkeys("012", "S"), ["population"])
    assert state.territories.data["population"].tolist() == [500]
    assert state.rows.tolist() == [5]


# What is refused.


def county() -> RollUp:
    return roll_up(TOWNS, "county", {"maturity": "ordinal", "km2": "extensive"})


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda: of({}), ["roll-up-nothing"]),
        (lambda: of(["aid_rate"]), ["roll-up-no-kind"]),
        (lambda: of("aid_rate"), ["roll-up-no-kind"]),
        (lambda: of({"aid_rate": None, "km2": "number"}), ["roll-up-no-kind", "roll-up-no-kind"]),
        (lambda: of({"km2": "extensve"}), ["roll-up-unknown-kind"]),
        (lambda: of({"county": "text"}), ["roll-up-text"]),
        (lambda: of({"km2": {"kind": "extensive", "per": "homes"}}), ["roll-up-unknown-key"]),
        (lambda: of({"km2": {"kind": "extensive", "take": "any"}}), ["roll-up-take"]),
        (lambda: of({"table": {"kind": "yes_no", "take": "most"}}), ["roll-up-take"]),
        (lambda: of({"vacant": {"kind": "intensive", "by": "home"}}), ["roll-up-no-denominator"]),
        (lambda: of({"km": "extensive"}), ["input-no-column-near"]),
        (lambda: of({"km2": "extensive"}, missing="ignore"), ["roll-up-missing"]),
        (lambda: of({"code": "ordinal"}, {**TOWNS, "code": [1, 2, 3, 4, 5]}), ["roll-up-taken"]),
        (lambda: of({"km2": "extensive"}, {**TOWNS, "km2": [1e308] * 5}), ["roll-up-too-large"]),
        (lambda: of({"km2": "intensive"}, {**TOWNS, "km2": [1e308] * 5}), ["roll-up-too-large"]),
        (lambda: of({"km2": "extensive"}, {**TOWNS, "km2": ["?", 1, 2, 3, 4]}), ["input-mark-not-number"]),
        (lambda: of({"vacant": "intensive"}, {**TOWNS, "population": [-1, 1, 1, 1, 1]}), ["input-negative"]),
        (lambda: of({"aid_rate": "intensive", "vacant": "intensive"}, {**TOWNS, "population": [-1, 1, 1, 1, 1]}),
         ["input-negative"]),
        (lambda: of({"km2": "extensive"}, {**TOWNS, "county": ["1", None, "1", "2", " "]}), ["roll-up-blank"] * 2),
        (lambda: roll_up(TOWNS, "conty", {"km2": "extensive"}), ["input-no-column-near"]),
        (lambda: roll_up(TOWNS, {"a": "1"}, {"km2": "extensive"}), ["roll-up-no-key"]),
        (lambda: roll_up(TOWNS, {"a": "1", "b": None}, {"km2": "extensive"}, key="code"), ["roll-up-no-target"] * 4),
        (lambda: roll_up(county(), {"1": "S", "2": "S"}), ["roll-up-median-again"]),
        (lambda: roll_up(county(), {"1": "S", "2": "S"}, ["km"]), ["roll-up-not-carried"]),
        (lambda: roll_up(county(), {"1": "S", "2": "S"}, {"km2": "intensive"}), ["roll-up-stated-again"]),
    ],
)  # fmt: skip
def test_mistakes(call: Callable[[], object], found: list[str]) -> None:
    assert [problem.id for problem in refused(call).problems] == found


def test_every_mistake_is_told_at_once() -> None:
    error = refused(lambda: of({"aid_rate": None, "km": "extensive", "vacant": {"kind": "intensive", "by": "x"}}))
    assert len(error.problems) == 3


def test_sentences() -> None:
    error = refused(lambda: of(["aid_rate"]))
    assert error.text("en") == (
        "it is not known whether 'aid_rate' adds up or averages: state its kind, as in aid_rate: extensive (adds up), "
        "intensive (a rate or a mean), ordinal or yes_no"
    )
    assert "s'additionne ou fait une moyenne" in error.text("fr")
    error = refused(lambda: of({"vacant": {"kind": "intensive", "by": "home"}}))
    assert error.text("en").endswith("(`by: null`, None in Python, counts each row once); did you mean 'homes'?")


@pytest.mark.parametrize(("language", "words"), [("fr", "km2 100,0\u00a0%"), ("en", "km2 100.0%")])
def test_it_shows_what_is_least_covered(language: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUITE_LANGUAGE", language)
    found = roll_up(TOWNS, "county", {"km2": "extensive"})
    assert words in repr(found) and words in found._repr_html_()


def test_a_hundred_thousand_rows_are_few() -> None:
    count = 100_000
    table = pd.DataFrame({"up": np.arange(count) % 5_570, "population": 10, "x": np.linspace(0, 1, count)})
    found = roll_up(
        table, "up", {"population": "extensive", "x": "intensive", "m": {"kind": "ordinal", "heading": "x"}}
    )
    assert len(found) == 5_570 and int(found.territories.data["population"].sum()) == 10 * count
