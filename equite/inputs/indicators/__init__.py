"""Indicators computed from what users have: people, areas, coordinates, cases, jobs, small areas, districts.

Pure functions. Each takes numbers keyed by territory code or a table, gives a pandas Series or DataFrame indexed by
code, sorted, and says of itself in ``.attrs`` its ``title``, ``unit`` and ``method`` (each in every language)
and its ``source``. Whatever is wrong is refused at once, with every code that it touches; no row is dropped.
"""

from __future__ import annotations

from equite.inputs.indicators.boundaries import boundaries
from equite.inputs.indicators.composition import diversity, localisation
from equite.inputs.indicators.deprivation import deprivation, weighted_mean
from equite.inputs.indicators.distances import (
    EARTH_RADIUS_KM,
    distance_between_places,
    distance_to_nearest,
    great_circle_km,
)
from equite.inputs.indicators.rates import mean_yearly_growth, rate
from equite.inputs.indicators.settlement import density, dispersion
from equite.inputs.indicators.vitality import modified_z, vitality_after_isq

__all__ = [
    "EARTH_RADIUS_KM",
    "boundaries",
    "density",
    "deprivation",
    "dispersion",
    "distance_between_places",
    "distance_to_nearest",
    "diversity",
    "great_circle_km",
    "localisation",
    "mean_yearly_growth",
    "modified_z",
    "rate",
    "vitality_after_isq",
    "weighted_mean",
]
