"""What choosing other points would bring."""

from __future__ import annotations

import pytest

import equite
from equite.resources import folder

PAGE = {
    "equite": 1,
    "id": "aims",
    "envelope": 1000,
    "key": "code",
    "indices": {
        "need": {
            "families": {
                "aims": {"weight": 1, "points": 100, "criteria": {"need_a": "points_a", "need_b": "points_b"}},
            }
        }
    },
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}}],
}
TABLE = {"code": ["x", "y"], "need_a": [0, 1], "need_b": [1, 0], "points_a": [50, 100], "points_b": [50, 0]}


def test_points_moved_to_the_neediest_aim_by_hand() -> None:
    # x scores 0 on a and 1 on b: half and half gives 1/2, all on b gives 1. y has all its points where it is neediest.
    # As it is 1.5 : 2, so x gets 428.57; with all points on b 2 : 2, so 500.
    found = equite.allocate(PAGE, TABLE).aims_at_stake().set_index("code")
    assert found.loc["x", "aim"] == "need_b"
    assert found.loc["x", "gain"] == pytest.approx(500 - 1000 * 1.5 / 3.5)
    assert found.loc["y", "gain"] == 0


def test_points_must_sum_for_each() -> None:
    with pytest.raises(equite.FormulaError, match="do not sum to 100 for y"):
        equite.allocate({**PAGE, "language": "en"}, {**TABLE, "points_b": [50, 20]})


def test_the_example_names_an_aim_and_a_gain_for_each() -> None:
    here = folder("examples") / "six_families"
    found = equite.allocate(here / "formula.yaml", here / "territories.csv").aims_at_stake()
    assert len(found) == 24
    assert set(found["aim"]) <= {"poverty", "collective_transport", "housing"}
    assert (found["gain"] >= 0).all()
    assert found["gain"].max() > 1000


def test_a_page_without_points_has_nothing_at_stake() -> None:
    page = {**PAGE, "indices": {"need": {"criteria": {"need_a": 1}}}}
    assert equite.allocate(page, TABLE).aims_at_stake().empty
