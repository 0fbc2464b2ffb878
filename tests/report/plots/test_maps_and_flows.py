"""Maps and flows: places and sizes, shades, bands that add up, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import itertools

from matplotlib import pyplot

import equite
from equite.report.plots import Level, flow_axes

Shared = Callable[..., equite.Allocation]
ROWS: dict[str, Any] = {
    "code": ["010", "020", "030", "040"],
    "people": [10, 20, 40, 5],
    "lon": [-73.5, -71.2, -70.0, None],
    "lat": [45.5, 46.8, 48.0, 47.0],
}
PAGE: dict[str, Any] = {"envelope": 750, "people": "people", "rounding": {"to": 1}}


@pytest.fixture(autouse=True)
def _no_figure_left() -> Iterator[None]:
    yield
    pyplot.close("all")


def said(axes: Any) -> str:
    axes.figure.draw_without_rendering()
    found = [text.get_text() for text in axes.figure.findobj(mpl.text.Text) if text.get_visible()]
    return "\n".join(found).replace("\u00a0", " ")


def refused(call: Callable[[], Any], entry: str) -> None:
    figures = pyplot.get_fignums()
    with pytest.raises(equite.EquiteError) as error:
        call()
    assert [problem.id for problem in error.value.problems] == [entry]
    assert error.value.text("fr") != error.value.text("en")
    assert pyplot.get_fignums() == figures, "a figure was left behind"


# --- bubbles


def test_bubbles_stand_where_they_should_with_areas_as_amounts(shared: Shared) -> None:
    allocation = shared(ROWS, **PAGE)
    axes = allocation.plot.map(longitude="lon", latitude="lat")
    (drawn,) = axes.collections
    places = np.asarray(drawn.get_offsets())
    largest_first = np.argsort(-allocation.amounts[:3])
    assert places == pytest.approx(np.array([ROWS["lon"][:3], ROWS["lat"][:3]]).T[largest_first].astype(float))
    areas = np.asarray(drawn.get_sizes())
    assert areas / areas[0] == pytest.approx(np.sort(allocation.amounts[:3])[::-1] / allocation.amounts[:3].max())
    assert axes.get_aspect() == pytest.approx(1 / np.cos(np.radians((45.5 + 48.0) / 2)))
    text = said(axes)
    assert "Sans coordonnées, et non montré : 1 territoire" in text
    assert "° O" in text
    assert "Montant par habitant" in text


def test_a_map_without_people_has_one_shade(shared: Shared) -> None:
    parts = [{"id": "part", "pool": "remainder", "share": "equally"}]
    axes = shared(ROWS, envelope=8, parts=parts, language="en").plot.map(longitude="lon", latitude="lat")
    assert axes.collections[0].get_array() is None
    assert "°W" in said(axes)


def test_maps_that_cannot_be_drawn(shared: Shared) -> None:
    plot = shared(ROWS, **PAGE).plot
    refused(lambda: plot.map(longitude="lng", latitude="lat"), "plot-column-unknown")
    swapped = shared({**ROWS, "lat": [*ROWS["lon"][:3], -120], "lon": ROWS["lat"]}, **PAGE).plot
    refused(lambda: swapped.map(longitude="lon", latitude="lat"), "plot-out-of-range")
    nowhere = shared({**ROWS, "lon": [None] * 4}, **PAGE).plot
    refused(lambda: nowhere.map(longitude="lon", latitude="lat"), "plot-nowhere")
    owing = shared({**ROWS, "sign": [1, -2, 3, 4]}, parts=[{"id": "part", "share": {"as_is": "sign"}}]).plot
    refused(lambda: owing.map(longitude="lon", latitude="lat"), "plot-map-negative")
    texts = shared({**ROWS, "lon": ["a", "b", "c", "d"]}, **PAGE).plot
    with pytest.raises(equite.TerritoriesError, match="lon"):
        texts.map(longitude="lon", latitude="lat")


# --- areas


@pytest.fixture
def areas() -> Any:
    geopandas, shapely = pytest.importorskip("geopandas"), pytest.importorskip("shapely")
    codes = [10, 20, 30, 40, 99]
    shapes = [shapely.box(at, 0, at + 1, 1) for at in range(len(codes))]
    return geopandas.GeoDataFrame({"code_mrc": codes}, geometry=shapes)


@pytest.mark.parametrize("per_head", [True, False])
def test_areas_have_the_shade_of_their_territory(areas: Any, shared: Shared, per_head: bool) -> None:
    allocation = shared(ROWS, **PAGE, key={"column": "code", "width": 3})
    axes = allocation.plot.choropleth(areas, key="code_mrc", per_head=per_head)
    shown = axes.collections[0].get_array()
    values = allocation.amounts / (allocation.people if per_head else 1)
    assert np.asarray(shown) == pytest.approx(values)
    edges = axes.collections[0].norm.boundaries
    assert edges[0] <= values.min()
    assert edges[-1] >= values.max()
    assert "Hachurés" in said(axes)
    assert list(areas.columns) == ["code_mrc", "geometry"]


def test_areas_that_do_not_match(areas: Any, shared: Shared) -> None:
    plot = shared(ROWS, **PAGE, key={"column": "code", "width": 3}).plot
    refused(lambda: plot.choropleth(areas, key="mrc"), "plot-column-unknown")
    refused(lambda: plot.choropleth(areas[areas["code_mrc"] != 20], key="code_mrc"), "plot-areas-missing")
    refused(lambda: plot.choropleth({"code_mrc": [10]}, key="code_mrc"), "plot-no-areas")
    unpeopled = shared(ROWS, envelope=9, key={"column": "code", "width": 3}).plot
    refused(lambda: unpeopled.choropleth(areas, key="code_mrc"), "plot-no-people")


def test_equal_values_are_one_shade(areas: Any, shared: Shared) -> None:
    parts = [{"id": "part", "pool": "remainder", "share": "equally"}]
    allocation = shared(ROWS, envelope=8, parts=parts, key={"column": "code", "width": 3})
    axes = allocation.plot.choropleth(areas, key="code_mrc", per_head=False)
    assert len(set(map(tuple, axes.collections[0].get_facecolor()))) == 1


# --- flows

TIERS = [Level("Palier 1", {"m": "Ministère"}), Level("Palier 2", {"n": "Nord", "s": "Sud"})]
TIERS.append(Level("Palier 3", {"1": "Haut", "2": "Milieu", "3": "Bas"}))
LINKS = [[("m", "n", 600.0), ("m", "s", 400.0)], [("n", "1", 300.0), ("n", "2", 240.0), ("s", "3", 400.0)]]
KEPT = [{"m": 50.0}, {"n": 60.0}]


def drawn(tiers: Any = TIERS, links: Any = LINKS, kept: Any = KEPT, language: Any = "fr", **more: Any) -> Any:
    return flow_axes(tiers, links, kept, language=language, money=lambda value: f"{value:.0f} $", **more)


def bars(axes: Any) -> list[tuple[float, float]]:
    """Give each bar's place and height."""
    return [(patch.get_x(), patch.get_height()) for patch in axes.patches]


def test_bars_are_as_high_as_their_money() -> None:
    axes = drawn()
    found = bars(axes)
    unit = found[0][1] / 1050
    heights = {at: [height / unit for x, height in found if round(x) == at] for at in range(3)}
    assert heights[0] == pytest.approx([1050, 50])
    assert heights[1] == pytest.approx([600, 60, 400])
    assert heights[2] == pytest.approx([300, 240, 400])
    thick = [np.ptp(band.get_paths()[0].vertices[[0, -2], 1]) / unit for band in axes.collections]
    assert len(thick) == 5
    ministry, kept, north, kept_north, south, *towns = [(patch.get_y(), patch.get_height()) for patch in axes.patches]
    assert (sum(kept), sum(kept_north)) == pytest.approx((sum(ministry), sum(north)))
    begins = [band.get_paths()[0].vertices[:, 1].min() for band in axes.collections]
    ends = [np.sort(band.get_paths()[0].vertices[:, 1])[-1] for band in axes.collections]
    assert begins[:2] == pytest.approx([ministry[0], ministry[0] + 600 * unit])
    assert ends[1] == pytest.approx(sum(south))
    assert begins[2] == pytest.approx(min(north[0], towns[0][0]))
    assert ends[4] == pytest.approx(max(sum(south), sum(towns[2])))
    text = said(axes)
    assert all(word in text for word in ("Ministère  1050 $", "Nord  600 $", "Bas  400 $", "Gardé à ce palier"))
    assert "Plusieurs" not in text


@pytest.mark.parametrize("regions", [3, 60])
def test_the_smallest_are_drawn_together(regions: int) -> None:
    towns = {f"{at}": f"Ville inventée {at}" for at in range(300)}
    tiers = [Level("a", {"m": "Ministère"}), Level("b", {f"{at}": f"Région {at}" for at in range(regions)})]
    tiers.append(Level("c", towns))
    second = [(f"{at % regions}", f"{at}", 10.0 + at) for at in range(300)]
    first = [
        ("m", region, sum(amount for parent, _, amount in second if parent == region)) for region in tiers[1].nodes
    ]
    axes = drawn(tiers, [first, second], [{}])
    found = bars(axes)
    whole = found[0][1]
    for at in range(3):
        column = [height for x, height in found if round(x) == at]
        assert sum(column) == pytest.approx(whole)
        assert len(column) < 40
    text = said(axes)
    assert "autres)" in text
    assert "Ville inventée 299" in text
    labels = [text for text in axes.texts if "$" in text.get_text()]
    boxes = [(round(text.xy[0]), text.get_window_extent()) for text in labels]
    for at in range(3):
        heights = sorted((box.y0, box.y1) for column, box in boxes if column == at)
        assert all(high[0] >= low[1] - 4 for low, high in itertools.pairwise(heights))


def test_flows_that_do_not_add_up_are_refused() -> None:
    refused(lambda: drawn(TIERS[:1], [], []), "plot-flow-tiers")
    refused(lambda: drawn(TIERS, LINKS[:1]), "plot-flow-tiers")
    refused(lambda: drawn(kept=[{}, {}, {}, {}]), "plot-flow-tiers")
    refused(lambda: drawn(links=[[("m", "x", 600.0)], LINKS[1]]), "plot-flow-unknown")
    refused(lambda: drawn(kept=[{"x": 1.0}]), "plot-flow-unknown")
    refused(lambda: drawn(links=[[("m", "n", -600.0)], LINKS[1]]), "plot-flow-negative")
    refused(lambda: drawn(kept=[{"m": float("nan")}]), "plot-flow-negative")
    refused(lambda: drawn(kept=[{}, {"n": 61.0}]), "plot-flow-unbalanced")
    refused(lambda: drawn(links=[[], []], kept=[]), "plot-flow-nothing")


def test_a_flow_takes_a_title_and_notes() -> None:
    axes = drawn(title="Un essai", notes=["Chiffres inventés"])
    assert axes.get_title(loc="left") == "Un essai"
    assert "Chiffres inventés" in said(axes)
