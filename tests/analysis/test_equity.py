"""Measures of equity: cases by hand, the numbers of other libraries, laws, refusals, and the ways out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner

import equite
from equite.analysis.equity import equity
from equite.analysis.inequality import (
    atkinson,
    concentration,
    elasticity,
    gini,
    hoover,
    kakwani,
    lorenz,
    mcloone,
    quantile,
    range_ratio,
    theil,
    variation,
)
from equite.cli import application

EXAMPLE = Path(__file__).parents[2] / "examples" / "quebec_mrc"
#: Measures that are zero where all have the same, and grow as the poor give to the rich.
SPREAD: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "gini": gini,
    "theil": lambda values, people: theil(values, people).total,
    "atkinson": lambda values, people: atkinson(values, people, 0.5),
    "atkinson-2": lambda values, people: atkinson(values, people, 2.0),
    "hoover": hoover,
    "variation": variation,
}
PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "people": "people",
    "envelope": 60,
    "rounding": {"to": 1},
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "weight"}}],
}
TABLE = {"code": ["A", "B", "C"], "people": [1, 2, 3], "weight": [1, 1, 1], "need": [1, 4, 9], "side": ["N", "N", "S"]}
page_with_need = PAGE | {"variables": {"total_need": "need"}}


def measured(table: dict[str, Any] | None = None, **keys: Any) -> equite.Equity:
    page = page_with_need | {
        name: keys.pop(name) for name in tuple(keys) if name in {*PAGE, "columns", "previous", "within"}
    }
    return equity(equite.allocate(page, TABLE | (table or {})), **keys)


def of(found: equite.Equity, measure: str, split: str = "decided", per: str = "head") -> float:
    rows = found.table.set_index(["per", "measure"])
    return float(rows.loc[(per, measure), split])


@pytest.mark.golden
def test_the_numbers_of_pysal(golden: Path) -> None:
    folder = golden / "inequality_mexico"
    states, expected = pd.read_csv(folder / "mexico.csv"), pd.read_csv(folder / "expected.csv")
    assert len(expected) >= 4
    for row in expected.itertuples():
        values = states[row.column].to_numpy(dtype=float)
        people, groups = np.ones(values.size), states["hanson98"].to_numpy()
        found = (*theil(values, people, groups), gini(values, people))
        wanted = (row.theil, row.theil_between_hanson98, row.theil_within_hanson98, row.gini)
        assert found == pytest.approx(wanted, abs=1e-12)


# --- by hand


def test_three_towns_by_hand() -> None:
    """20 dollars to each of towns of 1, 2 and 3 people: 20, 10 and 6.67 to one person, 10 on average."""
    found = measured(need="total_need")
    # Shares of people 1/6, 2/6, 3/6; ranked from the least they have 1/3, 1/3, 1/3 of the money.
    # 1 − [3/6 (1/3) + 2/6 (1/3 + 2/3) + 1/6 (2/3 + 1)] = 1 − (1/6 + 1/3 + 5/18) = 2/9.
    assert of(found, "gini") == pytest.approx(2 / 9)
    # ½ (1/6 × |2 − 1| + 2/6 × 0 + 3/6 × |2/3 − 1|) = 1/6: ten of sixty dollars would change hands.
    assert of(found, "hoover") == pytest.approx(1 / 6)
    # 1/6 × 2 ln 2 + 2/6 × 0 + 3/6 × 2/3 ln(2/3).
    assert of(found, "theil") == pytest.approx(math.log(2) / 3 + math.log(2 / 3) / 3)
    # 1 − exp(1/6 ln 2 + 3/6 ln(2/3)).
    assert of(found, "atkinson") == pytest.approx(1 - 2 ** (1 / 6) * (2 / 3) ** 0.5)
    # √(1/6 × 1² + 3/6 × (1/3)²).
    assert of(found, "variation") == pytest.approx(math.sqrt(1 / 6 + 1 / 18))
    # The third person of six is in the town of three: all below the middle have 6.67, the middle too.
    assert of(found, "mcloone") == pytest.approx(1)
    # From 6.67 to 20.
    assert of(found, "range_ratio") == pytest.approx(2)


def test_need_by_hand() -> None:
    """One person's need is 1, 2 and 3; each unit of need gets 20, 5 and 2.22."""
    found = measured(need="total_need")
    # Ranked by need: 1/6, 2/6, 3/6 of the people have a third of the money each.
    # 1 − [1/6 (1/3) + 2/6 (1/3 + 2/3) + 3/6 (2/3 + 1)] = 1 − (1/18 + 6/18 + 15/18) = −2/9.
    assert of(found, "concentration") == pytest.approx(-2 / 9)
    # Need itself: shares 1/14, 4/14, 9/14; 1 − [1/6 (1/14) + 2/6 (6/14) + 3/6 (19/14)] = 1 − 70/84 = 1/6.
    assert of(found, "kakwani") == pytest.approx(-2 / 9 - 1 / 6)
    # By need alone nothing is left between units of need, but for the rounding of 60 × 1/14 to 4, 17 and 39.
    assert of(found, "gini", "need_only", "need") < 0.02
    assert of(found, "kakwani", "need_only") == pytest.approx(0, abs=0.02)
    assert found.splits["need_only"].tolist() == [4, 17, 39]
    assert found.splits["per_head"].tolist() == [10, 20, 30]
    assert of(found, "gini", "per_head") == 0
    # One person's money is 20 / need: one percent more need, one percent less money... by 20, 10 and 20/3.
    assert of(found, "elasticity") == pytest.approx(-1)


def test_equals_by_hand() -> None:
    """Two towns in like need, 100 and 50 dollars to one person: apart by +100 % and −50 %."""
    table = {"people": [1, 1, 1], "weight": [100, 50, 50], "need": [1, 1.05, 2]}
    found = measured(table, need="total_need", envelope=200)
    assert found.peers["code"].tolist() == ["A", "B", "C"]
    assert found.peers["difference"].tolist()[:2] == pytest.approx([1, -0.5])
    assert found.peers["peers"].tolist() == [1, 1, 0]
    assert math.isnan(found.peers["difference"][2])
    assert of(found, "horizontal") == pytest.approx(0.75)
    assert measured(table, need="total_need", envelope=200, near=0.01).peers["peers"].sum() == 0


def test_groups_by_hand() -> None:
    """N has 40 dollars for 3 people, S 20 for 3: means of 13.33 and 6.67 round 10."""
    found = measured(by="side")
    between = 0.5 * (4 / 3 * math.log(4 / 3) + 2 / 3 * math.log(2 / 3))
    assert of(found, "theil_between") == pytest.approx(between)
    assert of(found, "theil") == pytest.approx(of(found, "theil_between") + of(found, "theil_within"))


def test_a_share_that_is_met_exactly_is_met() -> None:
    """Of ten alike, the fifth stands in the middle, whatever dust tenths leave."""
    values, people = np.arange(1.0, 11.0), np.full(10, 0.1)
    assert quantile(values, people, 0.5) == 5
    assert mcloone(values, people) == pytest.approx(15 / 25)


# --- laws

rows = st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**5)), min_size=2, max_size=12)


def arrays(drawn: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    values, people = (np.array(each, dtype=float) for each in zip(*drawn, strict=True))
    assume((values > 0).any())
    return values, people


@given(rows, st.integers(1, 1000))
@pytest.mark.parametrize("name", sorted(SPREAD))
def test_size_order_and_cutting_change_nothing(name: str, drawn: list[tuple[int, int]], factor: int) -> None:
    values, people = arrays(drawn)
    measure = SPREAD[name]
    found = measure(values, people)
    assert found >= -1e-12
    assert measure(values * factor, people) == pytest.approx(found, abs=1e-9)
    assert measure(values[::-1], people[::-1]) == pytest.approx(found, abs=1e-9)
    # A town cut in two towns that are like it.
    cut = np.repeat(values, 2), np.repeat(people / 2, 2)
    assert measure(*cut) == pytest.approx(found, abs=1e-9)
    assert measure(np.full(values.size, 7.0), people) == pytest.approx(0, abs=1e-12)


@given(rows, st.data())
@pytest.mark.parametrize("name", sorted(SPREAD))
def test_who_has_less_gives_to_who_has_more(name: str, drawn: list[tuple[int, int]], data: st.DataObject) -> None:
    """The principle of transfers (Pigou, 1912; Dalton, 1920)."""
    values, people = arrays(drawn)
    poor, rich = np.argmin(values), np.argmax(values)
    assume(values[poor] > 0)
    moved = data.draw(st.floats(0, float(values[poor] * people[poor])))
    after = values.copy()
    after[poor] -= moved / people[poor]
    after[rich] += moved / people[rich]
    assume((after >= 0).all() and poor != rich)
    assert SPREAD[name](after, people) >= SPREAD[name](values, people) - 1e-9


@given(rows)
def test_gini_is_half_the_mean_difference_between_people(drawn: list[tuple[int, int]]) -> None:
    values, people = arrays(drawn)
    shares = people / people.sum()
    apart = (np.abs(values[:, None] - values) * shares[:, None] * shares).sum() / (2 * (values * shares).sum())
    assert gini(values, people) == pytest.approx(apart, abs=1e-9)
    line = lorenz(values, people)
    assert (line.amount <= line.people + 1e-9).all()
    assert (line.people[0], line.amount[0], line.people[-1], line.amount[-1]) == (0, 0, 1, 1)


@given(rows, st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_what_lies_between_and_within_is_the_whole(drawn: list[tuple[int, int]], groups: list[int]) -> None:
    values, people = arrays(drawn)
    found = theil(values, people, np.array(groups[: values.size]))
    assert found.total == pytest.approx(found.between + found.within, abs=1e-9)
    assert min(found) >= -1e-12


@given(rows, st.integers(1, 50))
def test_money_that_follows_need_leans_nowhere(drawn: list[tuple[int, int]], factor: int) -> None:
    need, people = arrays(drawn)
    assert kakwani(need * factor, people, need) == pytest.approx(0, abs=1e-12)
    assert concentration(np.ones(need.size), people, need) == pytest.approx(0, abs=1e-12)
    if np.unique(need[need > 0]).size > 1:
        assert elasticity(need * factor, people, need) == pytest.approx(1, abs=1e-6)


def test_ties_in_need_hide_no_order() -> None:
    """0.1 + 0.2 and 0.3 are one need: those who have it stand together, whichever comes first."""
    need, people = np.array([0.1 + 0.2, 0.3, 0.5]), np.ones(3)
    one, other = np.array([1.0, 9.0, 5.0]), np.array([9.0, 1.0, 5.0])
    assert concentration(one, people, need) == concentration(other, people, need)


def test_nothing_at_the_bottom() -> None:
    values, people = np.array([0.0, 0.0, 6.0]), np.ones(3)
    assert atkinson(values, people) == 1
    assert atkinson(values, people, 0.0) == pytest.approx(0)
    assert math.isnan(mcloone(values, people))
    assert math.isnan(range_ratio(values, people))


@given(st.lists(st.integers(1, 500), min_size=2, max_size=9), st.integers(1, 10**6))
def test_every_way_to_share_shares_the_same_total(people: list[int], envelope: int) -> None:
    codes = [f"{at:02}" for at in range(len(people))]
    table = {"code": codes, "people": people, "weight": people[::-1], "need": people}
    found = equity(equite.allocate(page_with_need | {"envelope": envelope}, table), need="total_need")
    assert {name: int(amounts.sum()) for name, amounts in found.splits.items()} == dict.fromkeys(
        ("decided", "equal", "per_head", "need_only"), envelope
    )
    assert all((amounts == np.rint(amounts)).all() for amounts in found.splits.values())


# --- what is left out, what is refused


def test_previous_amounts_stand_as_they_are() -> None:
    table = {"before": [10, 10, 10]}
    assert measured(table, previous="before").splits["before"].tolist() == [10, 10, 10]
    partly = measured({"before": [10, None, 10]}, previous="before")
    assert "before" not in partly.splits
    assert partly.without_previous == ("B",)
    assert "one is missing or below zero: 1 territory (B)" in partly.summary().replace("\n", " ")


def test_who_has_no_people_or_no_need_is_told() -> None:
    found = measured({"people": [0, 2, 3], "need": [1, 0, 9]}, need="total_need")
    assert (found.uncounted, found.without_need) == (("A",), ("B",))
    told = " ".join(found.summary().split())
    assert "No people: 1 territory, in no measure (A)." in told
    assert "No need measured: 1 territory, in no measure per unit of need (B)." in told
    told = " ".join(found.summary("fr").split())
    assert "Sans population : 1 territoire, dans aucune mesure (A)." in told
    assert np.isfinite(found.table["decided"]).sum() >= 10


@pytest.mark.parametrize(
    ("table", "keys", "sentence"),
    [
        ({}, {"need": "total_ned"}, "called 'total_ned'"),
        ({}, {"need": "total_ned"}, "did you mean 'total_need'"),
        ({}, {"need": "total_need", "near": 2}, "needs cannot be near by 2"),
        ({}, {"aversion": -1}, "an aversion to inequality cannot be −1"),
        (
            {},
            {"need": "side", "columns": {"side": {"kind": "text"}}, "within": "side"},
            "'side' is no number for each row",
        ),
        ({}, {"by": "sid"}, "no column is called 'sid'"),
        ({"need": [1, -4, 9]}, {"need": "total_need"}, "'total_need' is below zero for B"),
        ({"need": [0, 0, 0]}, {"need": "total_need"}, "'total_need' is zero for all"),
        ({"people": [0, 0, 3], "weight": [1, 1, 0]}, {}, "nobody who is counted receives anything"),
    ],
)
def test_refusals(table: dict[str, Any], keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(equite.EquiteError) as refused:
        measured(table, **keys).summary()
    assert sentence in str(refused.value)


def test_a_page_without_people_is_refused() -> None:
    page = {key: value for key, value in PAGE.items() if key != "people"}
    table = {"code": ["A", "B"], "weight": [1, 2]}
    with pytest.raises(equite.FormulaError, match="the page counts no people"):
        equity(equite.allocate(page, table))


def test_who_pays_is_refused() -> None:
    parts = [{"id": "levy", "share": {"as_is": "weight"}}]
    with pytest.raises(equite.EquiteError, match="A pay instead of receiving"):
        measured({"weight": [-1, 1, 2]}, parts=parts, envelope=None)


# --- the ways out


def test_the_page_of_documentation(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    blocks = re.findall(r"```(python|text)\n(.*?)```", Path("docs/equity.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    known: dict[str, Any] = {}
    for kind, block in blocks:
        if kind == "python":
            capsys.readouterr()
            exec(compile(block, "equity.md", "exec"), known)
        else:
            assert capsys.readouterr().out == block


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_command(language: str, tmp_path: Path) -> None:
    target = tmp_path / "equity.html"
    command = ["equity", str(EXAMPLE / "formula.yaml"), str(EXAMPLE / "territories.csv"), "--by", "region"]
    found = CliRunner().invoke(application(language), [*command, "-o", str(target), "--language", language])
    assert found.exit_code == 0, found.output
    assert {"fr": "Comment lire ces chiffres", "en": "How to read these figures"}[language] in found.output
    assert "nan" not in found.output
    page = target.read_text("utf-8")
    assert f'lang="{language}"' in page
    assert "Kakwani" in page


def test_the_curves_are_drawn() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    found = measured(need="total_need")
    axes = found.plot()
    assert len(axes.lines) == 1 + len(found.splits)
    assert axes.lines[0].get_ydata().tolist() == pytest.approx([0, 1 / 14, 5 / 14, 1])
    pyplot.close("all")
    with pytest.raises(equite.OutputError, match="no curve without a measure of need"):
        measured().plot()
