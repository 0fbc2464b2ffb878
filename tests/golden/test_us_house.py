"""The seats of the US House at eight censuses, by Huntington-Hill with one at least for each state."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from equite import allocate

pytestmark = pytest.mark.golden

#: Whether the population counted abroad is apportioned by; a census of one column leaves no choice.
COUNTED = {
    1940: "pop_total",
    1950: "pop_total",
    1960: "1960",
    1970: "pop_total",
    1980: "1980",
    1990: "pop_total",
    2000: "pop_total",
    2010: "pop_total",
}


@pytest.mark.parametrize("year", COUNTED)
def test_the_house_of_a_census(golden: Path, year: int) -> None:
    folder = golden / "us_house_1940_2010"
    seats = pd.read_csv(folder / f"{year}_apportionment.csv").set_index("entity")["apportionment_435"]
    census = pd.read_csv(folder / f"{year}_census_data.csv")
    people = census.rename(columns={census.columns[0]: "state", COUNTED[year]: "people"})[["state", "people"]]
    page = {
        "equite": 1,
        "id": "house",
        "language": "en",
        "unit": {"fr": "siège", "en": "seat"},
        "envelope": 435,
        "key": "state",
        "parts": [{"id": "seats", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
        "rounding": {"method": "huntington-hill", "minimum": 1},
    }
    result = allocate(page, people[people["state"].isin(seats.index)])
    assert dict(zip(result.codes, result.units.tolist(), strict=True)) == seats.to_dict()
