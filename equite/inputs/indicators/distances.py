"""Distances as the crow flies: between points, to the nearest centre, between the places of a territory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.arguments import takes
from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.checks import COUNT, LATITUDE, LONGITUDE, Floats, NumberRule, note_all_zero
from equite.inputs.indicators.results import described
from equite.inputs.indicators.tables import TableGroups, long_table, wide_table
from equite.wording import Codes, Numeral, say_in_all

__all__ = ["EARTH_RADIUS_KM", "distance_between_places", "distance_to_nearest", "great_circle_km"]

#: Mean radius of the Earth, (2a + b) / 3 on the ellipsoid GRS 80.
EARTH_RADIUS_KM = 6371.0088
#: Rows of distances held at once: a block of 256 by 10,000 places is 20 MB.
_BLOCK = 256
_SOURCE = "Sinnott (1984), Virtues of the Haversine; Moritz (2000), Geodetic Reference System 1980"


def great_circle_km(
    latitude: npt.ArrayLike, longitude: npt.ArrayLike, to_latitude: npt.ArrayLike, to_longitude: npt.ArrayLike
) -> Floats:
    """Compute great-circle distances on a sphere.

    ::

        h = sin²((φ₂ - φ₁)/2) + cos φ₁ cos φ₂ sin²((λ₂ - λ₁)/2)
        d = 2 R arcsin √h,  R = 6371.0088 km

    The sphere stands for the ellipsoid within 0.6 %.

    Parameters
    ----------
    latitude, longitude, to_latitude, to_longitude : array_like
        Decimal degrees, north and east positive; their shapes broadcast.

    Returns
    -------
    array of float
        km, of the broadcast shape.

    Raises
    ------
    TerritoriesError
        If a latitude is outside -90 to 90, a longitude outside -180 to 180, or one is missing.

    References
    ----------
    Sinnott, R. W. (1984), "Virtues of the Haversine", *Sky & Telescope* 68(2), 159. Moritz, H. (2000), "Geodetic
    Reference System 1980", *Journal of Geodesy* 74, 128-133, for the radius.

    Examples
    --------
    >>> equite.indicators.great_circle_km(46.81389, -71.20806, 45.50884, -73.58781).round(1).item()
    233.8
    """
    problems = Problems(TerritoriesError)
    given = {"latitude": (latitude, LATITUDE), "longitude": (longitude, LONGITUDE)}
    given |= {"to_latitude": (to_latitude, LATITUDE), "to_longitude": (to_longitude, LONGITUDE)}
    points = {name: _degrees(values, name, rule, problems) for name, (values, rule) in given.items()}
    problems.refuse()
    return _arcs(points["latitude"], points["longitude"], points["to_latitude"], points["to_longitude"])


@takes(TerritoriesError)
def distance_to_nearest(
    places: object,
    centres: object,
    *,
    latitude: str = "latitude",
    longitude: str = "longitude",
    key: str | None = None,
) -> pd.DataFrame:
    """Compute the great-circle distance from each territory to the nearest of chosen centres.

    Parameters
    ----------
    places : table
        One row for each territory: its code, and the point that stands for it (its main town, for instance).
    centres : table or mapping
        The same for the centres, or a mapping from each one's name to its latitude and longitude.
    latitude, longitude : str
        The headings of the coordinates, in decimal degrees, north and east positive.
    key : str, optional
        The heading of the codes in the tables; by default they are the index of a pandas frame.

    Returns
    -------
    pandas.DataFrame
        By territory code, sorted, shape (n, 2): ``nearest`` (the centre; of equally near ones, the first by name) and
        ``distance_km``.

    Raises
    ------
    TerritoriesError
        With every blank or repeated code, and every coordinate that is missing or out of range.

    References
    ----------
    As for :func:`great_circle_km`.

    Examples
    --------
    >>> places = {"code": ["A"], "latitude": [46.0], "longitude": [-72.0]}
    >>> centres = {"Québec": (46.81389, -71.20806), "Montréal": (45.50884, -73.58781)}
    >>> found = equite.indicators.distance_to_nearest(places, centres, key="code")
    >>> found.round(1).to_dict("records")
    [{'nearest': 'Québec', 'distance_km': 109.0}]
    """
    problems = Problems(TerritoriesError)
    rules = {latitude: LATITUDE, longitude: LONGITUDE}
    points = wide_table(places, key, problems, rules=rules)
    towns = wide_table(*_centres(centres, latitude, longitude, key, problems), problems, rules=rules)
    problems.refuse()
    lengths = _arcs(
        points[latitude].to_numpy()[:, None],
        points[longitude].to_numpy()[:, None],
        towns[latitude].to_numpy(),
        towns[longitude].to_numpy(),
    )
    nearest = np.argmin(lengths, axis=1)
    found = pd.DataFrame({"nearest": towns.index.to_numpy()[nearest], "distance_km": lengths.min(axis=1)}, points.index)
    return described(
        found,
        title=say_in_all("measure-nearest-centre-distance"),
        unit=say_in_all("measure-kilometres"),
        method=say_in_all("measure-haversine"),
        source=_SOURCE,
        columns={
            "nearest": (say_in_all("measure-nearest-centre"), say_in_all("measure-name")),
            "distance_km": (say_in_all("measure-distance"), say_in_all("measure-kilometres")),
        },
        centres=tuple(towns.index),
    )


@takes(TerritoriesError)
def distance_between_places(
    table: object,
    *,
    territory: str,
    place: str,
    people: str,
    latitude: str = "latitude",
    longitude: str = "longitude",
) -> pd.DataFrame:
    """Compute how far apart the people of each territory live, place to place.

    With p_k the share of the territory's people who live in place k, and m the place that holds most of them::

        mean_distance_km = Σ_i Σ_j p_i p_j d_ij      (two people drawn at random, the same place counting 0)
        to_main_place_km = Σ_i p_i d_im

    Parameters
    ----------
    table : table
        One row for each place of each territory.
    territory, place, people, latitude, longitude : str
        Their headings. Coordinates in decimal degrees, north and east positive.

    Returns
    -------
    pandas.DataFrame
        By territory code, sorted, shape (n, 3): ``mean_distance_km``, ``to_main_place_km`` and ``main_place`` (of equal
        ones, the first by code).

    Raises
    ------
    TerritoriesError
        With every blank code, repeated place, missing or negative number of people, coordinate that is missing or out
        of range, and territory without people.

    References
    ----------
    Rao, C. R. (1982), "Diversity and Dissimilarity Coefficients: A Unified Approach", *Theoretical Population Biology*
    21(1), 24-43, for the weighted mean distance (quadratic entropy).

    Examples
    --------
    >>> places = {
    ...     "code": ["A", "A"], "place": ["1", "2"], "people": [300, 100],
    ...     "latitude": [46.0, 46.1], "longitude": [-72.0, -72.0],
    ... }
    >>> found = equite.indicators.distance_between_places(places, territory="code", place="place", people="people")
    >>> found["mean_distance_km"].round(2).to_dict()
    {'A': 4.17}
    """
    problems = Problems(TerritoriesError)
    numbers = {people: COUNT, latitude: LATITUDE, longitude: LONGITUDE}
    rows = long_table(table, problems, texts=[territory, place], unique=[territory, place], numbers=numbers)
    groups = TableGroups.by(rows[territory])
    living, north, east = (rows[heading].to_numpy() for heading in numbers)
    totals = groups.total(living)
    note_all_zero(groups.codes, totals, people, problems)
    problems.refuse()
    shares = living / totals[groups.of]
    main = groups.first_of_largest(shares)
    to_main = _arcs(north, east, north[main][groups.of], east[main][groups.of])
    ends = np.r_[groups.starts[1:], len(rows)]
    own = [slice(start, end) for start, end in zip(groups.starts, ends, strict=True)]
    found = pd.DataFrame(
        {
            "mean_distance_km": [_mean_distance(shares[run], north[run], east[run]) for run in own],
            "to_main_place_km": groups.total(shares * to_main),
            "main_place": rows[place].to_numpy()[main],
        },
        index=groups.index,
    )
    return described(
        found,
        title=say_in_all("measure-places-distance"),
        unit=say_in_all("measure-kilometres"),
        method=say_in_all("measure-places-distance-method"),
        source=f"Rao (1982), Diversity and Dissimilarity Coefficients; {_SOURCE}",
        columns={
            "mean_distance_km": (say_in_all("measure-people-distance"), say_in_all("measure-kilometres")),
            "to_main_place_km": (say_in_all("measure-main-place-distance"), say_in_all("measure-kilometres")),
            "main_place": (say_in_all("measure-main-place"), say_in_all("measure-code")),
        },
    )


def _mean_distance(shares: Floats, latitude: Floats, longitude: Floats) -> float:
    """Weigh all pairs of one territory's places, some rows at a time."""
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(shares), _BLOCK)]
    sums = (shares[b] @ _arcs(latitude[b, None], longitude[b, None], latitude, longitude) @ shares for b in blocks)
    return float(sum(sums))


def _arcs(latitude: Floats, longitude: Floats, to_latitude: Floats, to_longitude: Floats) -> Floats:
    north, to_north = np.radians(latitude), np.radians(to_latitude)
    eastward = np.radians(to_longitude) - np.radians(longitude)
    haversine = np.sin((to_north - north) / 2) ** 2 + np.cos(north) * np.cos(to_north) * np.sin(eastward / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(haversine, 0, 1))), dtype=np.float64)


def _degrees(values: npt.ArrayLike, where: str, rule: NumberRule, problems: Problems) -> Floats:
    """Read an array of degrees, and note those that are none, by position."""
    try:
        degrees = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        problems.add("indicator-not-number", where, codes=str(values))
        return np.zeros(())
    for entry, flags in {
        "indicator-missing": np.isnan(degrees),
        "indicator-outside": (degrees < rule.lowest) | (degrees > rule.highest),
    }.items():
        if flags.any():
            codes = Codes(tuple(str(position) for position in np.flatnonzero(flags)))
            problems.add(entry, where, codes=codes, lowest=Numeral(rule.lowest), highest=Numeral(rule.highest))
    return degrees


def _centres(
    centres: object, latitude: str, longitude: str, key: str | None, problems: Problems
) -> tuple[object, str | None]:
    """Return centres as a table and its key; a mapping from name to a pair of coordinates becomes one."""
    if not isinstance(centres, Mapping) or latitude in centres or longitude in centres:
        return centres, key
    unpaired = tuple(str(name) for name, point in centres.items() if not _is_pair(point))
    if unpaired:
        problems.add("indicator-no-pair", "centres", codes=Codes(unpaired))
        problems.refuse()
    frame = pd.DataFrame.from_dict(dict(centres), orient="index", columns=pd.Index([latitude, longitude]))
    return frame, None


def _is_pair(point: object) -> bool:
    return isinstance(point, Sequence) and not isinstance(point, str) and len(point) == 2
