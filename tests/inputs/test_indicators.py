"""Indicators: by hand, against independent formulas, by their laws, and on published facts of Québec."""

from __future__ import annotations

import doctest
import math
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from equite.errors import TerritoriesError
from equite.inputs import indicators
from equite.inputs.territories import Territories

QUEBEC = Path(__file__).resolve().parents[3] / "shared" / "data" / "quebec"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "indicators.md"

PLACES = pd.DataFrame(
    {
        "mrc": ["020", "010", "010", "010"],
        "place": ["d", "a", "b", "c"],
        "people": [50, 50, 30, 20],
        "latitude": [48.0, 46.0, 47.0, 46.0],
        "longitude": [-70.0, -71.0, -71.0, -72.0],
    }
)
PEOPLE = {"territory": "mrc", "place": "place", "people": "people"}
JOBS = pd.DataFrame({"farm": [50, 0, 10], "shop": [50, 100, 30]}, index=["a", "b", "c"])
PIECES = pd.DataFrame(
    [
        ("010", "health", "h1", 60),
        ("010", "health", "h2", 40),
        ("010", "school", "s1", 99),
        ("010", "school", "s2", 1),
        ("020", "health", "h2", 10),
        ("020", "school", "s2", 8),
    ],
    columns=["mrc", "institution", "district", "people"],
)
CUT = {"territory": "mrc", "institution": "institution", "district": "district", "people": "people"}
AREAS = pd.DataFrame(
    {
        "mrc": ["A", "A", "A", "B", "B", "B"],
        "area": ["1", "2", "3", "4", "5", "6"],
        "people": [100, 100, 100, 100, 100, 100],
        "score": [-1.0, 0.0, 2.0, 1.0, 0.5, None],
    }
)
SMALL = {"territory": "mrc", "area": "area", "people": "people", "score": "score"}
VITAL: dict[str, dict[str, float]] = {
    "work_rate": {"a": 70, "b": 75, "c": 80, "d": 78, "e": 60},
    "median_income": {"a": 30_000, "b": 40_000, "c": 45_000, "d": 38_000, "e": 28_000},
    "growth": {"a": -5.0, "b": 10.0, "c": 12.0, "d": 0.0, "e": -20.0},
}


# By hand.


def test_density_is_on_land() -> None:
    found = indicators.density({"020": 17049, "010": 12990}, land_area=pd.Series({"010": 187.37, "020": "3 073,84"}))
    assert found.to_dict() == {"010": 12990 / 187.37, "020": 17049 / 3073.84}
    assert found.attrs["unit"] == {"en": "people per km² of land", "fr": "habitants par km² de terre"}


def test_dispersion_by_hand() -> None:
    found = indicators.dispersion(PLACES, **PEOPLE)
    assert found.loc["010"].to_dict() == {
        "dispersion": pytest.approx(1 - 0.25 - 0.09 - 0.04),
        "outside_main_place": 0.5,
        "main_place": "a",
        "places": 3,
    }
    assert found.loc["020"].to_dict() == {"dispersion": 0, "outside_main_place": 0, "main_place": "d", "places": 1}


def test_of_equal_places_the_first_by_code_is_the_main_one() -> None:
    table = {"mrc": ["1", "1"], "place": ["b", "a"], "people": [5, 5]}
    assert indicators.dispersion(table, **PEOPLE)["main_place"].tolist() == ["a"]


def test_distance_between_places_by_hand() -> None:
    ab, ac, bc = (
        float(indicators.great_circle_km(*pair))
        for pair in ((46, -71, 47, -71), (46, -71, 46, -72), (47, -71, 46, -72))
    )
    found = indicators.distance_between_places(PLACES, **PEOPLE)
    assert found.loc["010", "mean_distance_km"] == pytest.approx(2 * (0.15 * ab + 0.1 * ac + 0.06 * bc))
    assert found.loc["010", "to_main_place_km"] == pytest.approx(0.3 * ab + 0.2 * ac)
    assert found.loc["020"].tolist() == [0, 0, "d"]


def test_many_places_are_weighed_as_few_are() -> None:
    draw = np.random.default_rng(1)
    shape = {"latitude": draw.uniform(45, 50, 700), "longitude": draw.uniform(-75, -65, 700)}
    people = draw.integers(0, 50, 700)
    table = {"mrc": ["1"] * 700, "place": [f"{n:03}" for n in range(700)], "people": people, **shape}
    shares = people / people.sum()
    north, east = shape["latitude"], shape["longitude"]
    expected = shares @ indicators.great_circle_km(north[:, None], east[:, None], north, east) @ shares
    found = indicators.distance_between_places(table, **PEOPLE)
    assert found["mean_distance_km"].tolist() == [pytest.approx(expected)]


def test_great_circles_of_known_length() -> None:
    quarter = math.pi / 2 * indicators.EARTH_RADIUS_KM
    assert indicators.great_circle_km(0, 0, [0, 90, 0], [90, 0, 180]) == pytest.approx([quarter, quarter, 2 * quarter])


def test_the_nearest_centre() -> None:
    places = PLACES.set_index("place")[["latitude", "longitude"]]
    found = indicators.distance_to_nearest(places, {"South": (45, -71), "North": (49, -70)})
    assert found["nearest"].to_dict() == {"a": "South", "b": "South", "c": "South", "d": "North"}
    degree = math.pi / 180 * indicators.EARTH_RADIUS_KM
    assert found.loc[["a", "d"], "distance_km"].tolist() == pytest.approx([degree, degree])
    same = indicators.distance_to_nearest(places, pd.DataFrame({"latitude": [46], "longitude": [-71]}, index=["Here"]))
    assert same.loc["a", "distance_km"] == 0


def test_a_rate_says_where_cases_are_few() -> None:
    found = indicators.rate({"b": 4, "a": 5}, {"a": 1000, "b": 2000}, per=10_000)
    assert found.to_dict("index") == {"a": {"rate": 50, "few_cases": False}, "b": {"rate": 20, "few_cases": True}}
    assert found.attrs["caution"]["fr"].endswith(" : b.")
    assert found.attrs["unit"]["fr"] == "pour 10\u00a0000 personnes"
    assert "caution" not in indicators.rate({"a": 5}, {"a": 9}).attrs


def test_growth_is_geometric() -> None:
    wide = pd.DataFrame({2016: [100, 8], 2019: [1, 1], 2021: [110, 0], "name": ["x", "y"]}, index=["a", "b"])
    found = indicators.mean_yearly_growth(wide, first=2016, last=2021)
    assert found.to_dict() == {"a": pytest.approx((1.1**0.2 - 1) * 1000), "b": -1000}
    assert found.attrs["caution"]["en"].endswith(": b.")


def test_diversity_by_hand() -> None:
    found = indicators.diversity(JOBS)
    assert found.loc["a"].tolist() == pytest.approx([math.log(2), 1, 0.5, 2])
    assert found.loc["b"].tolist() == [0, 0, 1, 1]
    assert found["entropy"].tolist() == pytest.approx([stats.entropy(row) for row in JOBS.to_numpy()])


def test_localisation_by_hand() -> None:
    # In all, 60 of 240 farm: a quarter. Territory a has a half, b none, c a quarter.
    assert indicators.localisation(JOBS).to_dict() == pytest.approx({"a": 0.25, "b": 0.25, "c": 0})


def test_a_long_table_says_what_a_wide_one_does() -> None:
    long = JOBS.rename_axis("code").reset_index().melt("code", var_name="sector", value_name="jobs")
    long = long[long["jobs"] > 0]
    headings = {"territory": "code", "category": "sector", "amount": "jobs"}
    for measure in (indicators.diversity, indicators.localisation):
        wide = measure(JOBS)
        assert measure(long, **headings).equals(wide)
        assert measure(pl.from_pandas(long), **headings).equals(wide)
        assert measure(JOBS.rename_axis("code").reset_index(), territory="code").equals(wide)
        assert measure(JOBS.rename_axis("code")).equals(wide)


def test_deprivation_by_hand() -> None:
    found = indicators.deprivation(AREAS, **SMALL)
    # Five areas are measured; in order they stand at 0.1, 0.3, 0.5, 0.7 and 0.9: the last two are the worst.
    assert found.attrs["edge"] == 1.0
    assert found.loc["A"].tolist() == pytest.approx([1 / 3, 1 / 3, 1, 300, 3])
    assert found.loc["B"].tolist() == pytest.approx([0.75, 0.5, 2 / 3, 300, 3])


def test_quintiles_of_people_and_of_areas_differ() -> None:
    heavy = AREAS.assign(people=[100, 100, 1000, 100, 100, 100])
    assert indicators.deprivation(heavy, **SMALL).attrs["edge"] == 2.0
    assert indicators.deprivation(heavy, **SMALL, quintiles="areas").attrs["edge"] == 1.0


def test_equal_scores_are_in_the_same_quintile() -> None:
    flat = indicators.deprivation(AREAS.assign(score=1.0), **SMALL)
    assert flat["worst_two_quintiles"].tolist() == [0, 0]
    assert indicators.deprivation(AREAS, **SMALL, edge=0.5)["worst_two_quintiles"].to_dict() == pytest.approx(
        {"A": 1 / 3, "B": 1}
    )


def test_a_territory_that_is_not_measured_has_no_mean() -> None:
    found = indicators.deprivation(AREAS.assign(score=[1, 2, 3, None, None, None]), **SMALL)
    assert found.loc["B"].isna().tolist() == [True, True, False, False, False]
    assert found.loc["B", "coverage"] == 0
    means = indicators.weighted_mean(AREAS, territory="mrc", place="area", people="people", value="score")
    assert means.to_dict("list") == {"mean": pytest.approx([1 / 3, 0.75]), "coverage": pytest.approx([1, 2 / 3])}


def test_modified_z_is_that_of_scipy() -> None:
    values = pd.Series({"a": 1.0, "b": 2.0, "c": 4.0, "d": 100.0})
    expected = 0.6745 * (values - values.median()) / stats.median_abs_deviation(values)
    assert indicators.modified_z(values).to_dict() == pytest.approx(expected.to_dict())


def test_vitality_by_hand() -> None:
    found = indicators.vitality_after_isq(**VITAL, shift=10)
    # Medians 75, 38,000 and 0; median absolute deviations 5, 7,000 and 10.
    z = [0.6745 * gap for gap in (0, 2000 / 7000, 10 / 10)]
    assert found.loc["b", ["z_work_rate", "z_median_income", "z_growth"]].tolist() == pytest.approx(z)
    assert found.loc["b", "index"] == pytest.approx(math.prod(score + 10 for score in z) ** (1 / 3))
    assert found["centred"].tolist() == pytest.approx((found["index"] - 10).tolist())
    assert found.attrs["official"] is False
    assert "n’est pas l’IVÉ" in found.attrs["title"]["fr"]


def test_vitality_does_not_hide_its_shift() -> None:
    with pytest.raises(TypeError, match="shift"):
        indicators.vitality_after_isq(**VITAL)  # type: ignore[call-arg]
    with pytest.raises(TerritoriesError) as caught:
        indicators.vitality_after_isq(**VITAL, shift=1)
    said = "scores that stay at or below zero once 1 is added: e @ z_work_rate: a geometric mean needs them above zero"
    assert str(caught.value).startswith(said)
    assert "give a shift above 2.0235" in str(caught.value)


def test_boundaries_by_hand() -> None:
    found = indicators.boundaries(PIECES, **CUT, minimum_share=0.05)
    assert found.to_dict("index") == {
        "010": {
            "districts_touched": 3,
            "main_overlap_share": pytest.approx((0.6 + 0.99) / 2),
            "lowest_overlap_share": 0.6,
            "coverage": 1,
        },
        "020": {"districts_touched": 2, "main_overlap_share": 1, "lowest_overlap_share": 1, "coverage": 0.8},
    }
    assert indicators.boundaries(PIECES, **CUT, minimum_share=0)["districts_touched"].tolist() == [4, 2]
    health = PIECES[PIECES["institution"] == "health"]
    alone = indicators.boundaries(health, territory="mrc", district="district", people="people", minimum_share=0)
    assert alone["main_overlap_share"].tolist() == [0.6, 1]


def test_territories_are_a_table_too() -> None:
    read = Territories.of({"code": ["1", "2"], "2016": [100, 200], "2021": [110, 190]}, key="code", width=3)
    assert list(indicators.mean_yearly_growth(read, first=2016, last=2021).index) == ["001", "002"]
    read = Territories.of(PLACES, key="place")
    assert indicators.dispersion(read, **PEOPLE).equals(indicators.dispersion(PLACES, **PEOPLE))


# What every result has, and what each function refuses.

RESULTS: dict[str, Callable[[], pd.Series | pd.DataFrame]] = {
    "density": lambda: indicators.density({"b": 1, "a": 2}, land_area={"a": 1, "b": 1}),
    "dispersion": lambda: indicators.dispersion(PLACES, **PEOPLE),
    "between": lambda: indicators.distance_between_places(PLACES, **PEOPLE),
    "nearest": lambda: indicators.distance_to_nearest(PLACES.set_index("place"), {"X": (45, -71)}),
    "rate": lambda: indicators.rate({"b": 1, "a": 2}, {"a": 1, "b": 1}),
    "growth": lambda: indicators.mean_yearly_growth({"k": ["b", "a"], 1: [1, 2], 2: [3, 4]}, first=1, last=2, key="k"),
    "diversity": lambda: indicators.diversity(JOBS[::-1]),
    "localisation": lambda: indicators.localisation(JOBS[::-1]),
    "mean": lambda: indicators.weighted_mean(AREAS, **PEOPLE | {"place": "area"}, value="score"),
    "deprivation": lambda: indicators.deprivation(AREAS, **SMALL),
    "z": lambda: indicators.modified_z({"b": 1, "a": 2, "c": 4}),
    "vitality": lambda: indicators.vitality_after_isq(**VITAL, shift=9),
    "boundaries": lambda: indicators.boundaries(PIECES, **CUT, minimum_share=0.01),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_sorted_and_says_what_it_is(name: str) -> None:
    found = RESULTS[name]()
    assert found.index.is_monotonic_increasing and found.index.is_unique
    assert all(isinstance(code, str) for code in found.index)
    for told in ("title", "unit", "method"):
        assert set(found.attrs[told]) == {"fr", "en"} and all(found.attrs[told].values())
    assert found.attrs["source"]
    if isinstance(found, pd.DataFrame):
        assert list(found.attrs["columns"]) == list(found.columns)


def test_public_names_are_sorted_and_there() -> None:
    assert indicators.__all__ == sorted(indicators.__all__)
    assert [name for name in indicators.__all__ if not hasattr(indicators, name)] == []


REFUSED: list[tuple[Callable[[], object], list[tuple[str, str, tuple[str, ...]]]]] = [
    (
        lambda: indicators.density(
            {"a": -1, "b": "many", "c": None, "d": 1},  # type: ignore[dict-item]
            land_area={"a": 1, "b": 0, "c": "1,234", "e": math.inf},  # type: ignore[dict-item]
        ),
        [
            ("indicator-not-number", "population", ("b (many)",)),
            ("indicator-negative", "population", ("a (-1)",)),
            ("indicator-missing", "population", ("c",)),
            ("indicator-ambiguous", "land_area", ("c (1,234)",)),
            ("indicator-infinite", "land_area", ("e",)),
            ("indicator-zero", "land_area", ("b",)),
            ("indicator-unmatched", "population", ("e",)),
            ("indicator-unmatched", "land_area", ("d",)),
        ],
    ),
    (
        lambda: indicators.density({"a": 1}, land_area=pd.Series({"a": 2.0}, name="superficie_totale_km2")),
        [("indicator-total-area", "land_area", ())],
    ),
    (
        lambda: indicators.density({"a": 1}, land_area={"a": 2}, total_area={"a": 1}),
        [("indicator-land-beyond", "land_area", ("a",))],
    ),
    (
        lambda: indicators.density([1, 2], land_area={}),
        [  # type: ignore[arg-type]
            ("indicator-not-keyed", "population", ()),
            ("indicator-empty", "land_area", ()),
        ],
    ),
    (lambda: indicators.modified_z(pd.Series([1.0, 2.0])), [("indicator-not-keyed", "values", ())]),
    (
        lambda: indicators.modified_z(pd.Series([1, 2, 3], index=["a", "a", None])),
        [("indicator-code-missing", "values", ()), ("indicator-repeated", "values", ("a",))],
    ),
    (lambda: indicators.modified_z({"a": 1, "b": 1, "c": 2}), [("indicator-no-spread", "values", ())]),
    (
        lambda: indicators.rate({"a": 1}, {"a": 0}, per=-1),
        [("indicator-option", "per", ()), ("indicator-zero", "population", ("a",))],
    ),
    (
        lambda: indicators.dispersion(PLACES.assign(place="a", people=[0, 1, -2, None]), **PEOPLE),
        [
            ("indicator-repeated", "mrc, place", ("010 / a",)),
            ("indicator-negative", "people", ("010 / a (-2)",)),
            ("indicator-missing", "people", ("010 / a",)),
            ("indicator-all-zero", "people", ("020",)),
        ],
    ),
    (lambda: indicators.dispersion(PLACES.assign(mrc=None), **PEOPLE), [("indicator-code-missing", "mrc", ())]),
    (lambda: indicators.dispersion(PLACES[:0], **PEOPLE), [("indicator-empty", "", ())]),
    (lambda: indicators.dispersion(PLACES, **PEOPLE | {"people": "peple"}), [("input-no-column-near", "", ())]),
    (
        lambda: indicators.dispersion(PLACES.set_axis(["mrc", "place", "people", "people", "x"], axis=1), **PEOPLE),
        [("indicator-column-twice", "people", ())],
    ),
    (
        lambda: indicators.distance_between_places(PLACES.assign(latitude=95, longitude=-200), **PEOPLE),
        [
            ("indicator-outside", "latitude", ("020 / d (95)", "010 / a (95)", "010 / b (95)", "010 / c (95)")),
            (
                "indicator-outside",
                "longitude",
                ("020 / d (-200)", "010 / a (-200)", "010 / b (-200)", "010 / c (-200)"),
            ),
        ],
    ),
    (
        lambda: indicators.great_circle_km([95, math.nan], 0, "here", 0),
        [
            ("indicator-missing", "latitude", ("1",)),
            ("indicator-outside", "latitude", ("0",)),
            ("indicator-not-number", "to_latitude", ()),
        ],
    ),
    (
        lambda: indicators.distance_to_nearest(PLACES, {"Town": (1, 2, 3)}),
        [("indicator-row-numbers", "", ()), ("indicator-no-pair", "centres", ("Town",))],
    ),
    (
        lambda: indicators.mean_yearly_growth(pd.DataFrame({2016: [0], 2021: [2]}, index=["a"]), first=2021, last=2016),
        [("indicator-option", "last", ())],
    ),
    (
        lambda: indicators.mean_yearly_growth(
            pd.DataFrame({2016: [0], 2021: [2]}, index=["a"]), first=2016, last=2021, per=0
        ),
        [("indicator-option", "per", ()), ("indicator-zero", "2016", ("a",))],
    ),
    (lambda: indicators.diversity(JOBS * 0), [("indicator-all-zero", "", ("a", "b", "c"))]),
    (lambda: indicators.diversity(JOBS[["shop"]]), [("indicator-one-category", "", ())]),
    (lambda: indicators.diversity(JOBS, category="sector"), [("indicator-headings", "", ())]),
    (
        lambda: indicators.deprivation(AREAS.assign(score=None), **SMALL, quintiles="x", edge=math.nan),  # type: ignore[arg-type]
        [("indicator-option", "quintiles", ()), ("indicator-option", "edge", ())],
    ),
    (lambda: indicators.deprivation(AREAS.assign(score=None), **SMALL), [("indicator-unmeasured", "score", ())]),
    (
        lambda: indicators.vitality_after_isq(**VITAL | {"work_rate": {"a": 101}}, shift=-1),
        [
            ("indicator-option", "shift", ()),
            ("indicator-outside", "work_rate", ("a (101)",)),
            ("indicator-unmatched", "work_rate", ("b", "c", "d", "e")),
        ],
    ),
    (
        lambda: indicators.boundaries(PIECES[PIECES["district"] != "s2"].replace(99, 0), **CUT, minimum_share=2),
        [
            ("indicator-option", "minimum_share", ()),
            ("indicator-silent", "institution", ("020 / school",)),
            ("indicator-all-zero", "people", ("010 / school",)),
        ],
    ),
]


@pytest.mark.parametrize(("call", "expected"), REFUSED)
def test_everything_wrong_is_said_at_once(
    call: Callable[[], object], expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    with pytest.raises(TerritoriesError) as caught:
        call()
    found = [
        (problem.id, problem.where, getattr(problem.values.get("codes"), "codes", ()))
        for problem in caught.value.problems
    ]
    assert found == expected
    for language in ("fr", "en"):
        assert caught.value.text(language)  # type: ignore[arg-type]


# Laws.

counts = st.integers(0, 10**6)
rows = st.lists(st.tuples(st.sampled_from("ABC"), counts), min_size=1, max_size=12)


@st.composite
def settled(draw: st.DrawFn) -> pd.DataFrame:
    """Draw the places of some territories, none of them empty."""
    where, people = zip(*draw(rows), strict=True)
    size = len(where)
    table = pd.DataFrame({"mrc": where, "place": [f"{n:02}" for n in range(size)], "people": people})
    table["latitude"] = draw(st.lists(st.floats(-90, 90), min_size=size, max_size=size))
    table["longitude"] = draw(st.lists(st.floats(-180, 180), min_size=size, max_size=size))
    table["score"] = draw(st.lists(st.none() | st.integers(-3, 3), min_size=size, max_size=size))
    first = ~table["mrc"].duplicated()
    table.loc[first, "people"] += 1
    table.loc[first & table["score"].isna(), "score"] = 0
    return table


MEASURES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "dispersion": lambda table: indicators.dispersion(table, **PEOPLE),
    "between": lambda table: indicators.distance_between_places(table, **PEOPLE),
    "deprivation": lambda table: indicators.deprivation(table, **SMALL | {"area": "place"}),
    "by areas": lambda table: indicators.deprivation(table, **SMALL | {"area": "place"}, quintiles="areas"),
    "diversity": lambda table: indicators.diversity(one_more(table), **LONG),
    "localisation": lambda table: indicators.localisation(one_more(table), **LONG).to_frame(),
    "boundaries": lambda table: indicators.boundaries(table, **CUT_BY_PLACE, minimum_share=0.01),
}
LONG = {"territory": "mrc", "category": "place", "amount": "people"}
CUT_BY_PLACE = {"territory": "mrc", "district": "place", "people": "people"}
SHARES = ["dispersion", "outside_main_place", "worst_two_quintiles", "coverage", "evenness", "sum_of_squared_shares"]
SHARES += ["localisation", "main_overlap_share", "lowest_overlap_share"]


def one_more(table: pd.DataFrame) -> pd.DataFrame:
    """Add a second category where there might be one only."""
    return pd.concat([table, table[table["place"] == "00"].assign(place="zz")], ignore_index=True)


@pytest.mark.parametrize("name", MEASURES)
@settings(max_examples=settings.default.max_examples // 4)
@given(table=settled(), draw=st.randoms(use_true_random=False))
def test_shares_are_shares_in_any_order_and_any_unit(name: str, table: pd.DataFrame, draw: Random) -> None:
    found = MEASURES[name](table)
    shares = found[[column for column in SHARES if column in found]].to_numpy()
    assert ((shares >= 0) & (shares <= 1) | np.isnan(shares)).all()
    order = list(range(len(table)))
    draw.shuffle(order)
    pd.testing.assert_frame_equal(MEASURES[name](table.iloc[order]), found, check_exact=True)
    # A power of two, so that equal scores and equal shares stay equal.
    thousands = MEASURES[name](table.assign(people=table["people"] / 1024))
    kept = [column for column in found if column != "people"]
    pd.testing.assert_frame_equal(thousands[kept], found[kept])


points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(a=points, b=points, c=points)
def test_distances_are_distances(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> None:
    ab, ba, bc, ac = (float(indicators.great_circle_km(*ends)) for ends in ((*a, *b), (*b, *a), (*b, *c), (*a, *c)))
    assert ab == pytest.approx(ba, abs=1e-6)
    assert 0 <= ab <= math.pi * indicators.EARTH_RADIUS_KM + 1e-6
    assert ac <= ab + bc + 1e-3
    assert float(indicators.great_circle_km(*a, *a)) == 0


@given(a=points, b=points)
def test_haversine_agrees_with_the_angle_between_vectors(a: tuple[float, float], b: tuple[float, float]) -> None:
    def vector(point: tuple[float, float]) -> np.ndarray:
        north, east = np.radians(point)
        return np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])

    u, v = vector(a), vector(b)
    angle = math.atan2(float(np.linalg.norm(np.cross(u, v))), float(u @ v))
    expected = angle * indicators.EARTH_RADIUS_KM
    assert float(indicators.great_circle_km(*a, *b)) == pytest.approx(expected, abs=1e-2)


@given(people=st.lists(st.integers(1, 10**6), min_size=6, max_size=6), rate=st.floats(-50, 50))
def test_growth_at_a_constant_rate_is_that_rate(people: list[int], rate: float) -> None:
    wide = pd.DataFrame(
        {year: [n * (1 + rate / 1000) ** year for n in people] for year in (0, 3, 7)}, index=[*"abcdef"]
    )
    assert indicators.mean_yearly_growth(wide, first=0, last=7).tolist() == pytest.approx([rate] * 6, abs=1e-9)


@given(scale=st.floats(0.01, 100), shift=st.floats(5, 100))
def test_vitality_does_not_depend_on_units_and_follows_each_indicator(scale: float, shift: float) -> None:
    found = indicators.vitality_after_isq(**VITAL, shift=shift)
    cents = {code: income * scale for code, income in VITAL["median_income"].items()}
    pd.testing.assert_frame_equal(indicators.vitality_after_isq(**VITAL | {"median_income": cents}, shift=shift), found)
    assert found["index"].idxmax() == "c" and found["index"].idxmin() == "e"
    arithmetic = found[["z_work_rate", "z_median_income", "z_growth"]].mean(axis=1)
    assert (found["centred"] <= arithmetic + 1e-9).all()


# Published facts of Québec.


def read(name: str, *codes: str) -> pd.DataFrame:
    if not QUEBEC.is_dir():
        pytest.skip("the facts of Québec are not beside this checkout")
    return pd.read_csv(QUEBEC / name, dtype=dict.fromkeys(codes, str))


def mrcs() -> pd.DataFrame:
    return read("mrc.csv", "mrc_code", "dr_code", "mun_centre_code").set_index("mrc_code")


def test_the_dispersion_of_the_mrcs() -> None:
    published, places = mrcs(), read("municipalities.csv", "mun_code", "mrc_code")
    headings = {"territory": "mrc_code", "place": "mun_code", "people": "population"}
    with pytest.raises(TerritoriesError, match=r"missing: 993 / 99820, 991 / 99908 @ population"):
        indicators.dispersion(places, **headings)
    # Two places have no published population; the published shares leave them out.
    found = indicators.dispersion(places.dropna(subset="population"), **headings)
    assert (1 - found["dispersion"]).to_dict() == pytest.approx(published["hhi_concentration"].to_dict(), abs=5.1e-5)
    assert (1 - found["outside_main_place"]).to_dict() == pytest.approx(
        published["part_mun_centre"].to_dict(), abs=5.1e-5
    )
    assert found["main_place"].to_dict() == published["mun_centre_code"].to_dict()


def test_the_density_of_the_mrcs() -> None:
    published = mrcs()
    land, total = published["superficie_terre_km2"], published["superficie_totale_km2"]
    found = indicators.density(published["population"], land_area=land, total_area=total)
    assert found.to_dict() == pytest.approx(published["densite_hab_km2"].to_dict(), abs=5.1e-4)


@pytest.mark.parametrize(
    ("column", "centre"), [("dist_montreal_km", (45.50884, -73.58781)), ("dist_quebec_km", (46.81389, -71.20806))]
)
def test_the_distances_of_the_mrcs(column: str, centre: tuple[float, float]) -> None:
    published = mrcs()
    headings = {"latitude": "lat_mun_centre", "longitude": "lon_mun_centre"}
    found = indicators.distance_to_nearest(published, {"centre": centre}, **headings)
    assert found["distance_km"].to_dict() == pytest.approx(published[column].to_dict(), abs=0.051)


def test_the_growth_of_the_census_divisions() -> None:
    people = read("census_division_population_2001_2021.csv", "dr")
    found = indicators.mean_yearly_growth(people, first=2016, last=2021, key="dr")
    published = mrcs()
    assert ("24" + published["dr_code"]).map(found).to_dict() == pytest.approx(
        published["taam_2016_2021_pour_mille_dr"].to_dict(), abs=5.1e-3
    )


SCORES = [
    "instabilite_residentielle",
    "composition_ethnoculturelle",
    "dependance_economique",
    "vulnerabilite_situationnelle",
]


@pytest.mark.parametrize("score", SCORES)
def test_the_deprivation_of_the_census_divisions(score: str) -> None:
    published = read("icdm_census_divisions.csv", "dr").set_index("dr")
    areas = read("icdm_dissemination_areas.csv", "ad")
    areas["dr"] = areas["ad"].str[:4]
    headings = {"territory": "dr", "area": "ad", "people": "population_2021", "score": score}
    found = indicators.deprivation(areas, **headings, quintiles="areas")
    assert found["mean_score"].to_dict() == pytest.approx(published[score].to_dict(), abs=5.1e-5)
    assert found["areas"].to_dict() == published["n_ad"].to_dict()
    assert found["people"].to_dict() == published["population_2021"].to_dict()
    gaps = (100 * found["worst_two_quintiles"] - published[f"pct_pop_q45_{score}"]).abs()
    # The fifths hold the same number of areas. Scores are published with three decimals, the fifths were cut on all of
    # them: what differs are territories with an area that, at three decimals, ties across the cut.
    cut = math.floor(0.6 * len(areas))
    ranked = np.sort(areas[score])
    assert ranked[cut - 1] == ranked[cut]
    tied = set(areas.loc[areas[score] == ranked[cut], "dr"])
    assert set(gaps.index[gaps > 0.0051]) <= tied
    assert (gaps > 0.0051).sum() <= 2
    # Fifths of the people, as the index of Pampalon has them, are another measure.
    people = indicators.deprivation(areas, **headings)
    assert np.average(people["worst_two_quintiles"], weights=people["people"]) == pytest.approx(0.4, abs=5e-4)
    assert ((100 * people["worst_two_quintiles"] - published[f"pct_pop_q45_{score}"]).abs() > 0.0051).sum() >= 10


# The documentation.


def test_the_examples_of_the_documentation_give_what_they_show() -> None:
    blocks = re.findall(r"```pycon\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 11
    source = "\n".join(block for block in blocks)
    example = doctest.DocTestParser().get_doctest(source, {"indicators": indicators}, "indicators", str(DOCS), 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)
