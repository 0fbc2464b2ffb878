"""Read a file of polygons: run apart (:mod:`equite.inputs.apart`), since GDAL reads formats without number.

This file needs geopandas, and nothing of equite.
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["apart"]


def apart(path: str) -> tuple[str, dict[str, Any]]:
    """Return why a file holds no layer, or nothing and the layer.

    Returns
    -------
    tuple of str and dict
        ``crs``: the coordinates, as text; ``shapes``: well-known binary; ``columns``: values by heading.
    """
    # A file of this format names others to read, wherever they are.
    os.environ["GDAL_SKIP"] = os.environ["OGR_SKIP"] = "OGR_VRT"
    import geopandas

    try:
        layer = geopandas.read_file(path)
        if not isinstance(layer, geopandas.GeoDataFrame) or layer.active_geometry_name is None:
            return type(layer).__name__, {}
        table = layer.drop(columns=layer.active_geometry_name)
        return "", {
            "crs": None if layer.crs is None else layer.crs.to_wkt(),
            "shapes": layer.geometry.to_wkb().tolist(),
            "columns": {str(heading): table[heading].tolist() for heading in table.columns},
        }
    # Which errors a damaged file raises is the affair of the library that reads it.
    except Exception as error:
        return type(error).__name__, {}
