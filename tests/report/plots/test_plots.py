"""Plots: what is drawn is what was allocated, in the readers' language, with no text cut off or over another."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

mpl.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.text import Text

import equite
from equite.analysis.inequality import gini
from equite.report.plots.rows import RowAxes
from equite.report.plots.style import SERIES, decimals

ROOT = Path(__file__).resolve().parents[3]
LANGUAGES = ("fr", "en")
PAGES = {"quebec": ("quebec_mrc/formula.yaml", "010"), "montérégie": ("region_13/half_salary.yaml", "480")}
MANY_CRITERIA = {"families": ("six_families/formula.yaml", "05")}
PLOTS: dict[str, Callable[[equite.Allocation, str], Axes]] = {
    "waterfall": lambda allocation, code: allocation.plot.waterfall(code),
    "change": lambda allocation, _: allocation.plot.change(),
    "parts": lambda allocation, _: allocation.plot.parts(),
    "need": lambda allocation, _: allocation.plot.need(),
    "lorenz": lambda allocation, _: allocation.plot.lorenz(),
    "profile": lambda allocation, code: allocation.plot.profile(code),
    "weights": lambda allocation, _: allocation.plot.weights(),
}
Shared = Callable[..., equite.Allocation]


@pytest.fixture(autouse=True)
def _no_figure_left() -> Iterator[None]:
    yield
    pyplot.close("all")


@pytest.fixture(scope="session")
def example() -> Callable[[str, str], tuple[equite.Allocation, str]]:
    known: dict[tuple[str, str], equite.Allocation] = {}

    def give(name: str, language: str) -> tuple[equite.Allocation, str]:
        page, code = (PAGES | MANY_CRITERIA)[name]
        path = ROOT / "examples" / page
        if (name, language) not in known:
            formula = equite.Formula.read(path).replace(language=language)
            known[name, language] = equite.allocate(formula, path.parent / "territories.csv")
        return known[name, language], code

    return give


def texts(axes: Axes) -> list[Text]:
    """Give every text that shows, once laid out."""
    axes.figure.draw_without_rendering()
    never = _never_drawn(axes)
    found = axes.figure.findobj(Text)
    return [text for text in found if text.get_visible() and text.get_text().strip() and id(text) not in never]


def _never_drawn(axes: Axes) -> set[int]:
    """Tell the labels of ticks beyond their axis, or of an axis that is off."""
    never: set[int] = set()
    for one in axes.figure.axes:
        for axis in (one.xaxis, one.yaxis):
            drawn = {id(label) for tick in axis._update_ticks() for label in (tick.label1, tick.label2)}
            every = {id(label) for tick in axis.get_major_ticks() for label in (tick.label1, tick.label2)}
            never |= every - drawn if one.axison else every
    return never


def said(axes: Axes) -> str:
    return plain(texts(axes))


def plain(shown: list[Text]) -> str:
    return "\n".join(text.get_text() for text in shown).replace("\u00a0", " ").replace("\u202f", " ")


def title(axes: Axes) -> str:
    return axes.get_title(loc="left").replace("\n", " ").replace("\u00a0", " ")


# --- every plot of the examples


def cases() -> Iterator[Any]:
    for name in PAGES:
        for plot in PLOTS:
            if (name, plot) != ("quebec", "change"):
                for language in LANGUAGES:
                    yield pytest.param(name, plot, language, id=f"{name}-{plot}-{language}")


@pytest.mark.parametrize(("name", "plot", "language"), list(cases()))
def test_a_plot_can_be_read_in_one_language(name: str, plot: str, language: str, example: Any) -> None:
    settings = dict(mpl.rcParams)
    axes = PLOTS[plot](*example(name, language))
    assert dict(mpl.rcParams) == settings, "settings are left alone"
    shown = texts(axes)
    assert not [text for text in shown if text.get_text().count("$") > 1 and text.get_parse_math()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
    no_text_is_cut_off(boxes, axes)
    no_text_covers_another(boxes)
    one_language_is_spoken(plain(shown), language)


def no_text_is_cut_off(boxes: list[tuple[str, Any]], axes: Axes) -> None:
    width, height = axes.figure.bbox.size
    cut = [text for text, box in boxes if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1]
    assert cut == []


def no_text_covers_another(boxes: list[tuple[str, Any]]) -> None:
    over = [
        (one, other)
        for at, (one, a) in enumerate(boxes)
        for other, b in boxes[at + 1 :]
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]
    assert over == []


def one_language_is_spoken(text: str, language: str) -> None:
    french = r"\b(Montant|habitants?|[Mm]oyenne|illustratifs|chaque|Argent)\b|\d,\d{1,2} \$|\d %"
    english = r"\b(Amount|per head|[Mm]ean|figures|each|Money)\b|\$\d|\d%"
    own, other = (french, english) if language == "fr" else (english, french)
    assert re.search(own, text), text
    assert not re.search(other, text), re.search(other, text)
    assert not re.search(r"nan|e\+\d|\d\.\d{7}", text)


@pytest.mark.parametrize("plot", PLOTS)
def test_axes_of_ones_own_are_drawn_on(plot: str, example: Any) -> None:
    figure, (first, second) = pyplot.subplots(1, 2, figsize=(16, 6), layout="constrained")
    allocation, code = example("montérégie", "fr")
    given = {"waterfall": (code,), "profile": (code,)}.get(plot, ())
    axes = getattr(allocation.plot, plot)(*given, ax=second)
    assert axes is second
    assert not first.has_data()
    assert pyplot.get_fignums() == [figure.number]


# --- what is drawn


def bars(axes: Axes) -> list[tuple[float, float]]:
    """Give each bar's start and length."""
    return [(patch.get_x(), patch.get_width()) for patch in axes.patches]


@pytest.mark.parametrize("name", PAGES)
def test_a_waterfall_ends_at_the_amount(name: str, example: Any) -> None:
    allocation, _ = example(name, "fr")
    for code in allocation.codes[::9]:
        axes = allocation.plot.waterfall(code)
        *steps, total = bars(axes)
        amount = allocation.amounts[allocation.row(code)]
        assert total == pytest.approx((0.0, amount))
        assert sum(length for _, length in steps) == pytest.approx(amount, abs=1e-6)
        starts = np.cumsum([0.0, *(length for _, length in steps)])
        assert [start for start, _ in steps] == pytest.approx(starts[:-1].tolist(), abs=1e-6)
        pyplot.close(axes.figure)


def test_the_smallest_criteria_are_one_bar_where_room_is_short(example: Any) -> None:
    allocation, code = example("families", "fr")
    _, ax = pyplot.subplots(figsize=(8, 3))
    axes = allocation.plot.waterfall(code, ax=ax)
    *steps, _ = bars(axes)
    assert len(steps) < 15
    assert sum(length for _, length in steps) == pytest.approx(allocation.amounts[allocation.row(code)])
    assert re.search(r"\d+ autres critères", said(axes))


def test_slight_lines_are_enlarged(example: Any) -> None:
    allocation, code = example("quebec", "en")
    axes = allocation.plot.waterfall(code)
    (inside,) = [child for child in axes.child_axes if child.get_gid() == "equite-enlarged"]
    lines = [line.amount for line in allocation.explain(code).lines if line.kind not in ("part", "baseline")]
    assert [length for _, length in bars(inside)] == pytest.approx([amount for amount in lines if amount])
    axes.figure.draw_without_rendering()
    times = int(re.search(r"Enlarged (\d+) times", said(axes))[1])  # type: ignore[index]
    scale = [np.diff(each.transData.transform([(0, 0), (1, 0)])[:, 0])[0] for each in (inside, axes)]
    assert scale[0] / scale[1] == pytest.approx(times, rel=1e-6)


@pytest.mark.parametrize("name", PAGES)
def test_parts_add_up_to_amounts(name: str, example: Any) -> None:
    allocation, _ = example(name, "en")
    axes = allocation.plot.parts()
    drawn = bars(axes)
    count = len(allocation.codes)
    assert len(drawn) == count * len(allocation.final_parts)
    ends = np.array([start + length for start, length in drawn]).reshape(-1, count).max(axis=0)
    assert ends == pytest.approx(np.sort(allocation.amounts)[::-1])
    assert sum(length for _, length in drawn) == pytest.approx(allocation.total)


def test_changes_are_sorted_and_all_there(example: Any) -> None:
    allocation, _ = example("montérégie", "fr")
    axes = allocation.plot.change()
    changes = allocation.amounts - allocation.previous
    assert [length for _, length in bars(axes)] == pytest.approx(np.sort(changes)[::-1])
    assert "Plus qu’avant : 9" in said(axes)
    assert "Moins qu’avant : 4" in said(axes)


@pytest.mark.parametrize("plot", ["waterfall", "change", "parts", "weights"])
def test_what_is_written_beside_bars_stays_inside_the_axes(plot: str, example: Any) -> None:
    axes = PLOTS[plot](*example("montérégie", "fr"))
    axes.figure.draw_without_rendering()
    inside = axes.get_window_extent()
    beside = [text.get_window_extent() for text in axes.texts if text.get_gid() != "equite-notes"]
    assert len(beside) >= 3
    assert all(inside.x0 - 1 < box.x0 and box.x1 < inside.x1 + 1 for box in beside)


def test_a_territory_without_a_previous_amount_is_told(shared: Shared) -> None:
    rows = {"code": ["a", "b", "c"], "people": [1, 2, 4], "before": [1, None, 9]}
    axes = shared(rows, envelope=10, previous="before", rounding={"to": 1}).plot.change()
    assert len(bars(axes)) == 2
    assert "non montré : 1 territoire" in said(axes)


def test_money_per_head_against_need(example: Any) -> None:
    allocation, _ = example("montérégie", "fr")
    points = np.asarray(allocation.plot.need().collections[0].get_offsets())
    assert points[:, 0] == pytest.approx(allocation.scores["need"].to_numpy())
    assert points[:, 1] == pytest.approx(allocation.table["per_head"].to_numpy())


def test_a_profile_has_the_scores(example: Any) -> None:
    allocation, code = example("quebec", "fr")
    told = allocation.profile(code).table
    peers, own = allocation.plot.profile(code).lines[-2:]
    assert own.get_xdata() == pytest.approx(told["score"])
    assert peers.get_xdata() == pytest.approx(told["score_peers"])


def test_weights_add_up(example: Any) -> None:
    allocation, _ = example("quebec", "fr")
    axes = allocation.plot.weights()
    assert sum(length for _, length in bars(axes)) == pytest.approx(1.0)
    assert "Socioéconomique : 55,0 %" in said(axes)


def test_a_weight_that_is_not_the_one_applied_has_a_diamond(shared: Shared) -> None:
    rows = {"code": ["a", "b", "c"], "x": [1, 2, 4], "y": [3, 3, 3], "z": [4, 2, 2]}
    criteria = {
        name: {"weight": weight, "more_need_when": "high"} for name, weight in zip("xyz", (2, 1, 1), strict=True)
    }
    parts = [{"id": "part", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}}]
    allocation = shared(rows, envelope=10, indices={"need": {"criteria": criteria}}, parts=parts)
    axes = allocation.plot.weights()
    assert sorted(axes.lines[0].get_xdata()) == pytest.approx([0, 1 / 3, 2 / 3])
    assert sum(length for _, length in bars(axes)) == pytest.approx(1.0)


# --- the Lorenz curve


def test_the_curve_that_is_drawn(example: Any) -> None:
    allocation, _ = example("quebec", "fr")
    axes = allocation.plot.lorenz()
    x, y = axes.lines[0].get_data()
    assert (x[0], y[0], x[-1], y[-1]) == pytest.approx((0, 0, 1, 1))
    index = gini(allocation.amounts / allocation.people, allocation.people)
    assert f"Indice de Gini : {index:.3f}".replace(".", ",") in said(axes)


# --- many territories


@given(st.integers(1, 3000), st.integers(9, 60))
def test_every_bar_has_a_place_of_its_own(count: int, room: int) -> None:
    rows = RowAxes(count, room)
    assert rows.heights.sum() == pytest.approx(min(count, room))
    assert (rows.heights > 0).all()
    assert np.diff(rows.middles) == pytest.approx((rows.heights[1:] + rows.heights[:-1]) / 2)
    assert rows.squeezed == count - len(rows.own) >= 0
    assert {0, count - 1} <= set(rows.own)


@pytest.fixture(scope="module")
def many() -> equite.Allocation:
    chance = np.random.default_rng(3)
    count = 1285
    people = np.round(np.exp(chance.normal(7.5, 1.3, count))) + 5
    rows = {
        "code": [f"{at:05d}" for at in range(count)],
        "town": [f"Ville inventée {at}" for at in range(count)],
        "population": people,
        "x": chance.uniform(0, 1, count),
        "before": np.round(people * 90),
        "lon": chance.uniform(-79, -60, count),
        "lat": chance.uniform(45, 60, count),
    }
    page = {
        "equite": "1", "id": "many", "key": "code", "name": "town", "previous": "before", "envelope": 50_000_000,
        "indices": {"need": {"criteria": {"x": {"weight": 1, "more_need_when": "high"}}}},
        "parts": [
            {"id": "base", "pool": {"each": 10000}, "share": "equally"},
            {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "population * (1 + need)"}},
        ],
        "rounding": {"to": 1},
    }  # fmt: skip
    return equite.allocate(equite.Formula.from_dict(page), pd.DataFrame(rows))


@pytest.mark.parametrize("plot", ["change", "parts"])
def test_the_first_and_the_last_of_many_have_names(plot: str, many: equite.Allocation) -> None:
    axes = PLOTS[plot](many, "")
    values = many.amounts - (many.previous if plot == "change" else 0)
    order = np.argsort(-values, kind="stable")
    text = said(axes)
    for row in (*order[:3], *order[-3:]):
        assert many.names[row] in text
    assert "autres)" in text
    assert len(axes.get_yticks()) < 45
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    boxes.sort(key=lambda box: box.y0)
    assert all(above.y0 >= below.y1 - 2 for below, above in pairwise(boxes))


def test_many_points_name_their_extremes(many: equite.Allocation) -> None:
    text = said(many.plot.need())
    per_head = many.table["per_head"]
    assert many.names[int(per_head.idxmax())] in text
    assert text.count("Ville inventée") < 30


# --- what is refused


def refused(call: Callable[[], Any], entry: str) -> None:
    figures = pyplot.get_fignums()
    with pytest.raises(equite.EquiteError) as error:
        call()
    assert [problem.id for problem in error.value.problems] == [entry]
    assert error.value.text("fr")
    assert error.value.text("en")
    assert pyplot.get_fignums() == figures, "a figure was left behind"


def test_bad_input_is_a_sentence(shared: Shared) -> None:
    bare = shared(envelope=7)
    refused(lambda: bare.plot.waterfall("01"), "code-unknown")
    refused(lambda: bare.plot.change(), "plot-no-previous")
    refused(lambda: bare.plot.need(), "diagnosis-no-index")
    refused(lambda: bare.plot.weights(), "diagnosis-no-index")
    refused(lambda: bare.plot.profile("010"), "diagnosis-no-index")
    refused(lambda: bare.plot.lorenz(), "plot-no-people")
    refused(lambda: bare.plot.parts(ax=[1]), "plot-ax-wrong")  # type: ignore[arg-type]
    rows = {"code": ["a", "b"], "people": [1, 2], "before": [None, None], "nobody": [0, 0], "sign": [3, -1]}
    empty = shared(rows, envelope=7, previous="before", people="nobody")
    refused(lambda: empty.plot.change(), "plot-previous-empty")
    refused(lambda: empty.plot.lorenz(), "plot-people-empty")
    paid = [{"id": "part", "share": {"as_is": "sign"}}]
    refused(lambda: shared(rows, people="people", parts=paid).plot.lorenz(), "plot-lorenz-negative")
    nothing = [{"id": "part", "share": {"as_is": "nobody"}}]
    refused(lambda: shared(rows, people="people", parts=nothing).plot.lorenz(), "plot-lorenz-nothing")


def test_without_matplotlib_a_sentence_says_what_to_install(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest, **more)

    allocation = shared(envelope=7)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(equite.OutputError, match=r'demande matplotlib, .*pip install "equite\[plot\]"'):
        allocation.plot.parts()


# --- small things


def test_amounts_below_zero_and_of_nothing_are_drawn(shared: Shared) -> None:
    rows = {"code": ["a", "b", "c"], "sign": [3, -1, 0]}
    allocation = shared(rows, parts=[{"id": "part", "share": {"as_is": "sign"}}], rounding={"to": 1})
    assert sorted(length for _, length in bars(allocation.plot.parts())) == [-1, 0, 3]
    for code, amount in (("b", -1.0), ("c", 0.0)):
        assert bars(allocation.plot.waterfall(code))[-1] == pytest.approx((0.0, amount))


def test_decimals_of_ticks() -> None:
    assert decimals([0, 500, 1000]) == 0
    assert decimals([0, 0.5, 1]) == 1
    assert decimals([0.25, 0.5]) == 2
    assert decimals([0.1 + 0.2]) == 1


def test_looks_differ_in_colour_and_in_print() -> None:
    assert len({look.colour for look in SERIES}) == len(SERIES)
    assert len({look.hatch for look in SERIES}) == len(SERIES)


def test_the_pages_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "plots.md").read_text(encoding="utf-8")
    found = re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert len(found) == 2
    monkeypatch.chdir(ROOT)
    for block in found:
        exec(compile(block.replace('"weights.png"', repr(str(tmp_path / "weights.png"))), "plots.md", "exec"), {})
    assert (tmp_path / "weights.png").stat().st_size > 10_000


def test_the_page_names_every_plot() -> None:
    text = (ROOT / "docs" / "plots.md").read_text(encoding="utf-8")
    from equite.report.plots import AllocationPlots

    methods = [name for name in vars(AllocationPlots) if not name.startswith("_") and name != "allocation"]
    assert [name for name in methods if f"| `{name}(" not in text] == []
