"""How people stand on the land: density, and how gathered or scattered they are among places."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.checks import COUNT, DIVISOR, note_all_zero
from equite.inputs.indicators.results import described
from equite.inputs.indicators.tables import Keyed, TableGroups, aligned, long_table
from equite.wording import Codes, say_in_all

__all__ = ["density", "dispersion"]

_TOTAL = re.compile(r"total", re.IGNORECASE)


def density(population: Keyed, *, land_area: Keyed, total_area: Keyed | None = None) -> pd.Series:
    """Compute the density of the population on land.

    ::

        density_i = population_i / land_area_i        (people per km²)

    Parameters
    ----------
    population : Series or mapping
        People by territory code, shape (n,).
    land_area : Series or mapping
        km² of land by code, shape (n,), above zero. Never the total area, which counts water: a Series whose name says
        "total" is refused.
    total_area : Series or mapping, optional
        km² in all by code, only to check that no land exceeds it.

    Returns
    -------
    pandas.Series
        People per km² of land by code, sorted, shape (n,).

    Raises
    ------
    TerritoriesError
        With every code that is repeated, missing, or in one column and not the other; every cell that is missing,
        negative or no number; every territory without land; a total area given for land.

    References
    ----------
    Statistics Canada (2022), *Dictionary, Census of Population, 2021*, "Population density".

    Examples
    --------
    >>> people, km2 = {"020": 17049, "010": 12990}, {"010": 187.37, "020": 3073.84}
    >>> equite.indicators.density(people, land_area=km2).round(3).to_dict()
    {'010': 69.328, '020': 5.546}
    """
    problems = Problems(TerritoriesError)
    name = str(land_area.name) if isinstance(land_area, pd.Series) and land_area.name is not None else ""
    if _TOTAL.search(name):
        problems.add("indicator-total-area", "land_area", value=name)
    columns = {"population": (population, COUNT), "land_area": (land_area, DIVISOR)}
    if total_area is not None:
        columns["total_area"] = (total_area, COUNT)
    table = aligned(columns, problems)
    if total_area is not None:
        # Areas are published with two decimals: land and total, rounded apart, may cross by one of them.
        beyond = (table["land_area"] > table["total_area"] + 0.01).to_numpy()
        if beyond.any():
            problems.add("indicator-land-beyond", "land_area", codes=Codes(tuple(table.index[beyond])))
    problems.refuse()
    return described(
        (table["population"] / table["land_area"]).rename("density"),
        title=say_in_all("measure-density"),
        unit=say_in_all("measure-density-unit"),
        method=say_in_all("measure-density-method"),
        source="Statistics Canada (2022), Dictionary, Census of Population, 2021, Population density",
    )


@takes(TerritoriesError)
def dispersion(table: object, *, territory: str, place: str, people: str) -> pd.DataFrame:
    """Compute how scattered the people of each territory are among its places.

    With p_k the share of the territory's people who live in place k::

        dispersion         = 1 - Σ_k p_k²        (0: one place; 1 - 1/K: K equal places)
        outside_main_place = 1 - max_k p_k

    Parameters
    ----------
    table : table
        One row for each place of each territory.
    territory, place, people : str
        The headings of the territory's code, of the place's code or name, and of the people who live there.

    Returns
    -------
    pandas.DataFrame
        By territory code, sorted, shape (n, 4): ``dispersion`` and ``outside_main_place`` (0 to 1), ``main_place`` (of
        equal ones, the first by code) and ``places`` (how many have people).

    Raises
    ------
    TerritoriesError
        With every blank code, repeated place, missing or negative number of people, and every territory without people.

    References
    ----------
    Simpson, E. H. (1949), "Measurement of Diversity", *Nature* 163, 688. Hirschman, A. O. (1964), "The Paternity of an
    Index", *American Economic Review* 54(5), 761-762, on the sum of squares of Hirschman and Herfindahl.

    Examples
    --------
    >>> places = {"code": ["A", "A", "B"], "place": ["1", "2", "3"], "people": [300, 100, 50]}
    >>> equite.indicators.dispersion(places, territory="code", place="place", people="people")["dispersion"].to_dict()
    {'A': 0.375, 'B': 0.0}
    """
    problems = Problems(TerritoriesError)
    rows = long_table(table, problems, texts=[territory, place], unique=[territory, place], numbers={people: COUNT})
    groups = TableGroups.by(rows[territory])
    living = rows[people].to_numpy()
    totals = groups.total(living)
    note_all_zero(groups.codes, totals, people, problems)
    problems.refuse()
    shares = living / totals[groups.of]
    main = groups.first_of_largest(shares)
    found = pd.DataFrame(
        {
            "dispersion": np.clip(1 - groups.total(shares**2), 0, 1),
            "outside_main_place": np.clip(1 - shares[main], 0, 1),
            "main_place": rows[place].to_numpy()[main],
            "places": groups.total((living > 0).astype(np.float64)).astype(np.int64),
        },
        index=groups.index,
    )
    return described(
        found,
        title=say_in_all("measure-dispersion"),
        unit=say_in_all("measure-share"),
        method=say_in_all("measure-dispersion-method"),
        source="Simpson (1949), Measurement of Diversity; Hirschman (1964), The Paternity of an Index",
        columns={
            "dispersion": (say_in_all("measure-dispersion-short"), say_in_all("measure-share")),
            "outside_main_place": (
                say_in_all("measure-outside-main-place"),
                say_in_all("measure-share"),
            ),
            "main_place": (say_in_all("measure-main-place"), say_in_all("measure-code")),
            "places": (say_in_all("measure-places-with-people"), say_in_all("measure-places")),
        },
    )
