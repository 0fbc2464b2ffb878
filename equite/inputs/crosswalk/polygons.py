"""The pieces that two layers of polygons have in common, by area."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.apart import NoReaderError, read_apart
from equite.inputs.bounds import MOST_FILE_BYTES, MOST_READER_BYTES, MOST_READER_SECONDS
from equite.inputs.cells import texts_of
from equite.inputs.columns import unknown_column
from equite.inputs.crosswalk import layer_file
from equite.inputs.crosswalk.links import Floats, Links, Places, Texts, linked
from equite.inputs.indicators.checks import COUNT, checked_numbers, labels_of, note_blank_codes, note_repeated
from equite.inputs.reading import Source
from equite.wording import Codes, Numeral, say_in_all

__all__ = ["read_polygons"]

#: Territories of one layer may share this part of an area and still be taken to touch, not to overlap.
_TOUCH = 1e-6


def read_polygons(
    source_layer: object, target_layer: object, source: str, target: str, weight: str | None, minimum_share: float
) -> tuple[Links, str]:
    """Cut two layers by one another; see :meth:`Crosswalk.of_polygons`.

    Returns
    -------
    tuple of Links and str
        The pieces, and the name of their weight.
    """
    problems = Problems(TerritoriesError)
    if not 0 <= minimum_share < 1:
        problems.add("polygons-minimum", value=str(minimum_share))
    layers = {"source": _layer(source_layer, "source"), "target": _layer(target_layer, "target")}
    headings = {"source": source, "target": target}
    codes = {side: _codes(layer, headings[side], side, problems) for side, layer in layers.items()}
    problems.refuse()
    people = None if weight is None else _people(layers["source"], weight, codes["source"], problems)
    problems.refuse()
    of, to, area = _cut(layers["source"], layers["target"].to_crs(layers["source"].crs))
    total = layers["source"].geometry.area.to_numpy()
    kept = area > minimum_share * total[of]
    of, to, area = of[kept], to[kept], area[kept]
    outside = total - np.bincount(of, area, len(total))
    outside = np.where(outside > max(minimum_share, _TOUCH) * total, outside, 0.0)
    places = np.flatnonzero(outside)
    rows, areas = np.concatenate([of, places]), np.concatenate([area, outside[places]])
    to_codes = np.concatenate([codes["target"][to], np.full(places.shape, None, dtype=object)])
    if people is None:
        metres = layers["source"].crs.axis_info[0].unit_conversion_factor
        name, areas = "area_km2", areas * metres**2 / 1e6
        return linked(codes["source"][rows], to_codes, {name: areas}, targets=codes["target"]), name
    shares = areas / np.bincount(rows, areas, len(total))[rows]
    name = str(weight)
    found = linked(
        codes["source"][rows], to_codes, {name: people[rows] * shares}, shares={name: shares}, targets=codes["target"]
    )
    return found, name


def _layer(layer: object, side: str) -> Any:
    """Return a layer as a GeoDataFrame whose coordinates are projected."""
    try:
        import geopandas
    except ImportError:
        raise _refused("polygons-need-geopandas") from None
    if isinstance(layer, (str, os.PathLike)):
        layer = _read(Path(layer), side)
    if not isinstance(layer, geopandas.GeoDataFrame) or layer.active_geometry_name is None:
        raise _unread(side, type(layer).__name__)
    if layer.crs is None or not layer.crs.is_projected:
        raise _refused("polygons-not-projected", side=say_in_all(f"polygons-side-{side}"))
    return layer.reset_index(drop=True)


def _read(file: Path, side: str) -> Any:
    """Read a layer from its file, in a process of its own."""
    import geopandas
    import shapely

    try:
        about = file.stat()
    except (OSError, ValueError) as error:
        raise _unread(side, type(error).__name__) from error
    # A geodatabase is a folder. An address of the network is neither, and is not followed.
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
        raise _refused("file-not-plain", name=file.name)
    if about.st_size > MOST_FILE_BYTES:
        raise _refused("file-too-large", most=Numeral(MOST_FILE_BYTES // 1_000_000))
    packages = (geopandas, shapely, pd, np)
    try:
        given = (str(file),)
        failure, found = read_apart(layer_file.__file__, packages, given, MOST_READER_BYTES, MOST_READER_SECONDS)
    except NoReaderError as error:
        raise _unread(side, type(error).__name__) from None
    if failure:
        raise _unread(side, failure)
    shapes = geopandas.GeoSeries.from_wkb(found["shapes"], crs=found["crs"])
    return geopandas.GeoDataFrame(found["columns"], geometry=shapes)


def _unread(side: str, reason: str) -> TerritoriesError:
    return _refused("polygons-no-layer", side=say_in_all(f"polygons-side-{side}"), reason=reason)


def _refused(entry: str, **values: object) -> TerritoriesError:
    return TerritoriesError([Problem(entry, values)])


def _codes(layer: Any, heading: str, side: str, problems: Problems) -> Texts:
    """Read the codes of a layer, and note what is wrong with them or with their shapes."""
    table = pd.DataFrame(layer.drop(columns=layer.active_geometry_name))
    if heading not in table.columns:
        problems.found.append(unknown_column(heading, table, Source()))
        return np.empty(0, dtype=object)
    codes = texts_of(table[heading])
    note_blank_codes(codes, heading, problems)
    note_repeated([codes], heading, problems)
    shapes, labels = layer.geometry, labels_of([codes])
    usable = shapes.geom_type.isin(["Polygon", "MultiPolygon"]) & shapes.is_valid & (shapes.area > 0)
    if not usable.all():
        problems.add(
            "polygons-invalid",
            heading,
            side=say_in_all(f"polygons-side-{side}"),
            codes=Codes(tuple(labels[~usable.to_numpy()])),
        )
    elif overlapping := _overlapping(layer, codes):
        problems.add("polygons-overlap", heading, side=say_in_all(f"polygons-side-{side}"), codes=Codes(overlapping))
    return codes


def _overlapping(layer: Any, codes: Texts) -> tuple[str, ...]:
    """Name the pairs of one layer that share more than their border."""
    of, to, area = _cut(layer, layer)
    size = layer.geometry.area.to_numpy()
    found = (of < to) & (area > _TOUCH * np.minimum(size[of], size[to]))
    return tuple(sorted(f"{codes[a]} / {codes[b]}" for a, b in zip(of[found], to[found], strict=True)))


def _people(layer: Any, weight: str, codes: Texts, problems: Problems) -> Floats | None:
    """Read the weights of the source layer."""
    if weight not in layer.columns:
        problems.found.append(
            unknown_column(weight, pd.DataFrame(layer.drop(columns=layer.active_geometry_name)), Source())
        )
        return None
    return checked_numbers(layer[weight], labels_of([codes]), weight, COUNT, problems)


def _cut(one: Any, other: Any) -> tuple[Places, Places, Floats]:
    """Return each two shapes that touch, and the area that they have in common."""
    import shapely

    to, of = one.sindex.query(other.geometry, predicate="intersects")
    common = shapely.intersection(one.geometry.to_numpy()[of], other.geometry.to_numpy()[to])
    return of, to, np.asarray(shapely.area(common), dtype=np.float64)
