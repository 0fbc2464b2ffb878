"""Crosswalks of two layers of polygons: squares whose areas are known."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equite import Crosswalk
from equite.errors import TerritoriesError

geopandas = pytest.importorskip("geopandas", reason="the geo extra is not installed")
shapely = pytest.importorskip("shapely", reason="the geo extra is not installed")

#: Metres; Québec Lambert.
CRS = "EPSG:32198"
LAYERS: dict[str, Any] = {"source": "old", "target": "new"}


def layer(heading: str, boxes: dict[str, tuple[float, float, float, float]], crs: Any = CRS, **more: Any) -> Any:
    shapes = [shapely.box(*(1000 * side for side in box)) for box in boxes.values()]
    return geopandas.GeoDataFrame({heading: list(boxes), **more}, geometry=shapes, crs=crs)


#: Made up: a row of three squares of 4 km², and two targets that do not hold the last quarter of it.
OLD = {"1": (0, 0, 2, 2), "2": (2, 0, 4, 2), "3": (4, 0, 6, 2)}
NEW = {"A": (0, 0, 3, 2), "B": (3, 0, 4.5, 2)}


def old(**more: Any) -> Any:
    return layer("old", OLD, **{"people": [100, 60, 80], **more})


def new(**more: Any) -> Any:
    return layer("new", NEW, **more)


def test_pieces_are_areas() -> None:
    found = Crosswalk.of_polygons(old(), new(), **LAYERS)
    assert found.weight == "area_km2"
    assert found.overlap().to_numpy() == pytest.approx(np.array([[4, 0], [2, 2], [0, 1]]))
    assert found.unplaced.to_dict() == {"3": pytest.approx(3)}
    assert found.shares.tolist() == pytest.approx([1, 0.5, 0.5, 0.25, 0.75])


def test_people_are_spread_over_the_area() -> None:
    found = Crosswalk.of_polygons(old(), new(), weight="people", **LAYERS)
    assert found.weights.tolist() == pytest.approx([100, 30, 30, 20, 60])
    table = {"old": ["1", "2", "3"], "x": [10, 7, 9], "rate": [1, 2, 3]}
    carried = found.carry(table, key="old", extensive=["x"], intensive={"rate": None})
    assert carried.table["x"].tolist() == [14, 5]
    assert carried.unplaced["x"].to_dict() == {"3": 7}
    assert carried.table["rate"].tolist() == pytest.approx([160 / 130, 120 / 50])
    empty = Crosswalk.of_polygons(old(people=[0, 60, 80]), new(), weight="people", **LAYERS)
    assert empty.shares.tolist() == pytest.approx([1, 0.5, 0.5, 0.25, 0.75])


def test_another_projection_or_a_file_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "new.gpkg"
    new().to_file(path)
    expected = Crosswalk.of_polygons(old(), new(), weight="people", **LAYERS).pieces
    found = Crosswalk.of_polygons(old(), path, weight="people", **LAYERS).pieces
    pd.testing.assert_frame_equal(found, expected)
    other = Crosswalk.of_polygons(old(), new().to_crs("EPSG:6622"), weight="people", **LAYERS).pieces
    assert other["weight"].tolist() == pytest.approx(expected["weight"].tolist(), rel=1e-3)
    shuffled = Crosswalk.of_polygons(old().iloc[[2, 0, 1]], new().iloc[::-1], weight="people", **LAYERS).pieces
    pd.testing.assert_frame_equal(shuffled, expected)


def test_slivers_are_nothing() -> None:
    ragged = layer("new", {"A": (0, 0, 2.001, 2), "B": (2.001, 0, 6, 2)})
    cut = Crosswalk.of_polygons(old(), ragged, weight="people", **LAYERS)
    assert len(cut.pieces) == 4
    clean = Crosswalk.of_polygons(old(), ragged, weight="people", minimum_share=0.001, nested=True, **LAYERS)
    assert clean.pieces[["source", "target"]].agg("".join, axis=1).tolist() == ["1A", "2B", "3B"]
    assert clean.weights.tolist() == [100, 60, 80]


CROSSED = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
REFUSED: list[tuple[Callable[[], object], list[str]]] = [
    (lambda: Crosswalk.of_polygons(old().to_crs(4326), new(), **LAYERS), ["polygons-not-projected"]),
    (lambda: Crosswalk.of_polygons(old(), new(crs=None), **LAYERS), ["polygons-not-projected"]),
    (lambda: Crosswalk.of_polygons({"old": [1]}, new(), **LAYERS), ["polygons-no-layer"]),
    (lambda: Crosswalk.of_polygons("nowhere.gpkg", new(), **LAYERS), ["polygons-no-layer"]),
    (
        lambda: Crosswalk.of_polygons(old(), new(), source="code", target="nw"),
        ["input-no-column", "input-no-column-near"],
    ),
    (lambda: Crosswalk.of_polygons(old(), new(), weight="peple", **LAYERS), ["input-no-column-near"]),
    (
        lambda: Crosswalk.of_polygons(old(people=[1, -2, None]), new(), weight="people", **LAYERS),
        ["indicator-negative", "indicator-missing"],
    ),
    (
        lambda: Crosswalk.of_polygons(old(old=["1", "1", None]), new(), **LAYERS),
        ["indicator-code-missing", "indicator-repeated"],
    ),
    (lambda: Crosswalk.of_polygons(old().set_geometry([CROSSED] * 3, crs=CRS), new(), **LAYERS), ["polygons-invalid"]),
    (lambda: Crosswalk.of_polygons(old().set_geometry(old().centroid), new(), **LAYERS), ["polygons-invalid"]),
    (lambda: Crosswalk.of_polygons(old(), layer("new", NEW | {"B": (2, 0, 5, 2)}), **LAYERS), ["polygons-overlap"]),
    (lambda: Crosswalk.of_polygons(old(), new(), minimum_share=1, **LAYERS), ["polygons-minimum"]),
    (lambda: Crosswalk.of_polygons(old(), new(), nested=True, **LAYERS), ["crosswalk-two-parents"]),
]


@pytest.mark.parametrize(("call", "expected"), REFUSED)
def test_what_is_refused(call: Callable[[], object], expected: list[str]) -> None:
    with pytest.raises(TerritoriesError) as caught:
        call()
    assert [problem.id for problem in caught.value.problems] == expected
    assert caught.value.text("fr") and caught.value.text("en")


def test_without_geopandas_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "geopandas", None)
    with pytest.raises(TerritoriesError, match=r"pip install 'equite\[geo\]'"):
        Crosswalk.of_polygons("a", "b", **LAYERS)


def test_a_file_that_is_no_layer_or_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    damaged, elsewhere, pipe = tmp_path / "d.gpkg", tmp_path / "v.vrt", tmp_path / "p.gpkg"
    old().to_file(tmp_path / "old.gpkg")
    damaged.write_bytes((tmp_path / "old.gpkg").read_bytes()[:5_000])
    source = "<SrcDataSource>old.gpkg</SrcDataSource>"
    elsewhere.write_text(f'<OGRVRTDataSource><OGRVRTLayer name="old">{source}</OGRVRTLayer></OGRVRTDataSource>')
    os.mkfifo(pipe)
    for file in (damaged, elsewhere, pipe, "https://example.org/old.gpkg"):
        with pytest.raises(TerritoriesError, match=r"layer|file"):
            Crosswalk.of_polygons(file, new(), **LAYERS)
