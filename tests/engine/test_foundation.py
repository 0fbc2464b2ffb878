"""Foundation aid: need less one rate on wealth, which spends the money exactly, or a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.engine.foundation import solve_rate
from equite.engine.sharing import Groups
from equite.errors import EquiteError

ROWS = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 90)), min_size=1, max_size=8)
TABLE = {"code": ["A", "B", "C"], "need": [400, 300, 200], "wealth": [5_000, 10_000, 30_000]}


def aid(money: int = 500, part: dict[str, Any] | None = None, **share: Any) -> equite.Allocation:
    stated = {"id": "aid", "pool": "remainder", "share": {"foundation": "need", "rate_on": "wealth", **share}}
    page = {"equite": 1, "id": "aid", "language": "en", "key": "code", "envelope": money}
    return equite.allocate({**page, "parts": [{**stated, **(part or {})}]}, TABLE)


@given(ROWS, st.floats(0, 1))
def test_aid_is_need_less_the_rate_on_wealth_and_spends_the_money(rows: list[tuple[int, int]], some: float) -> None:
    need, wealth = np.array(rows, dtype=np.float64).T
    money, least = np.array([some * need.sum()]), np.zeros(need.size)
    found = solve_rate(need, wealth, (least, np.full(need.size, np.inf)), money, Groups.single(need.size))
    assert found.gap[0] == 0 and found.level[0] >= 0
    assert found.amounts.sum() == pytest.approx(money[0])
    assert found.amounts == pytest.approx(np.maximum(0, need - found.level[0] * wealth), abs=1e-6)


def test_the_rate_is_told() -> None:
    allocation = aid()
    assert allocation.amounts.tolist() == [333.33, 166.67, 0]
    assert "Aid: common rate of 0.01333333 on" in str(allocation.explain("C")).replace("\u00a0", " ")


def test_floors_and_ceilings_of_aid_change_the_rate() -> None:
    # C is paid 50 in any case: A and B bear 700 - 450 on 15,000.
    assert aid(part={"at_least": 50}).amounts.tolist() == [316.67, 133.33, 50]
    # A and B are paid 200 at most and bear 200 and 100; the other 150 of 450 are C's, at a rate of 0.005.
    assert aid(part={"at_most": 200}, money=450).amounts.tolist() == [200, 200, 50]


def test_bounds_of_the_rate_keep_money_or_are_refused() -> None:
    kept = aid(rate_at_least=0.02, part={"if_over": "reserve"})
    assert (kept.amounts.tolist(), kept.reserve) == ([300, 100, 0], 100)
    with pytest.raises(EquiteError, match="even the highest one leaves"):
        aid(rate_at_most=0.01)
    with pytest.raises(EquiteError, match="even the lowest one leaves"):
        aid(money=901)


def test_variants_are_those_made_alone() -> None:
    made = equite.batch(aid().formula, TABLE, {"envelope": [100, 500, 900]})
    assert made.units.tolist() == [aid(money).units.tolist() for money in (100, 500, 900)]
