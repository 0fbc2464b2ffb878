"""People counted where they are served."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite import catchments
from equite.errors import TerritoriesError

#: Made up: 40 people of A are served in B, 10 of B in A, and 5 of A at home.
TABLE = {"code": ["B", "A", "C"], "people": [50, 100, 30]}
FLOWS = {"from": ["A", "B", "A"], "to": ["B", "A", "A"], "people": [40, 10, 5]}
HEADINGS: dict[str, Any] = {"key": "code", "people": "people", "origin": "from", "destination": "to", "count": "people"}


def test_people_move_to_where_they_are_served() -> None:
    found = catchments(TABLE, FLOWS, **HEADINGS)
    assert found.to_dict("index") == {
        "A": {"residents": 100, "leaving": 40, "arriving": 10, "served": 70},
        "B": {"residents": 50, "leaving": 10, "arriving": 40, "served": 80},
        "C": {"residents": 30, "leaving": 0, "arriving": 0, "served": 30},
    }
    assert found.index.name == "code"
    assert found["served"].dtype == np.int64
    assert found.attrs["columns"]["served"]["title"]["fr"] == "Desservis ici"


def test_a_fraction_of_them() -> None:
    assert catchments(TABLE, FLOWS, fraction=0.5, **HEADINGS)["served"].tolist() == [85, 65, 30]
    assert catchments(TABLE, FLOWS, fraction=0, **HEADINGS)["served"].tolist() == [100, 50, 30]
    # A quarter of 10 is 2.5 people: the half goes to the first code.
    assert catchments(TABLE, FLOWS, fraction=0.25, **HEADINGS)["served"].tolist() == [93, 57, 30]
    whole = catchments(TABLE | {"people": [50.5, 100.0, 30.0]}, FLOWS, fraction=0.25, **HEADINGS)
    assert whole["served"].tolist() == pytest.approx([92.5, 58, 30])


@pytest.mark.parametrize("fraction", ["half", None, math.nan, 2])
def test_a_fraction_that_is_none(fraction: Any) -> None:
    with pytest.raises(TerritoriesError) as caught:
        catchments(TABLE, FLOWS, fraction=fraction, **HEADINGS)
    assert f"a fraction of {fraction} @ fraction: give a number from 0" in caught.value.text("en")


codes = st.sampled_from("ABCD")


@given(
    people=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
    parts=st.dictionaries(st.tuples(codes, codes), st.floats(0, 0.25), max_size=16),
    fraction=st.floats(0, 1),
    decimals=st.booleans(),
)
def test_nobody_is_lost(
    people: list[int], parts: dict[tuple[str, str], float], fraction: float, decimals: bool
) -> None:
    living = dict(zip("ABCD", (n + 0.1 if decimals else n for n in people), strict=True))
    flows = [{"from": a, "to": b, "people": math.floor(living[a] * part)} for (a, b), part in parts.items()]
    flows.append(
        {"from": "A", "to": "A", "people": 0} if ("A", "A") not in parts else {"from": "B", "to": "A", "people": 0}
    )
    flows = list({(flow["from"], flow["to"]): flow for flow in flows}.values())
    found = catchments(
        {"code": list(living), "people": list(living.values())}, flows, **HEADINGS | {"fraction": fraction}
    )
    assert math.fsum(found["served"]) == math.fsum(found["residents"]) == math.fsum(living.values())
    assert found["leaving"].sum() == pytest.approx(found["arriving"].sum())
    balance = found["residents"] - found["leaving"] + found["arriving"]
    assert found["served"].tolist() == pytest.approx(balance.tolist())
    assert (found >= 0).all(axis=None)
    shuffled = catchments(
        pd.DataFrame({"code": list(living)[::-1], "people": list(living.values())[::-1]}),
        flows[::-1],
        **HEADINGS | {"fraction": fraction},
    )
    pd.testing.assert_frame_equal(shuffled, found)


def flows(**more: list[Any]) -> dict[str, Any]:
    return FLOWS | more


REFUSED: list[tuple[Callable[[], object], list[str]]] = [
    (lambda: catchments(TABLE, FLOWS, fraction=1.5, **HEADINGS), ["catchment-fraction"]),
    (lambda: catchments(TABLE, FLOWS, fraction=math.nan, **HEADINGS), ["catchment-fraction"]),
    (lambda: catchments(TABLE, FLOWS, **HEADINGS | {"key": None}), ["crosswalk-no-key"]),
    (lambda: catchments(TABLE, flows(to=["B", "A", None]), **HEADINGS), ["catchment-blank"]),
    (lambda: catchments(TABLE, flows(to=["B", "A", "B"]), **HEADINGS), ["catchment-twice"]),
    (lambda: catchments(TABLE, flows(to=["B", "A", "Zed"]), **HEADINGS), ["catchment-unknown"]),
    (lambda: catchments(TABLE, flows(to=["B", "A", "a"]), **HEADINGS), ["catchment-unknown-near"]),
    (lambda: catchments(TABLE, flows(people=[40, 10, 61]), **HEADINGS), ["catchment-beyond"]),
    (lambda: catchments(TABLE, flows(people=[40, -10, 5]), **HEADINGS), ["input-negative"]),
    (lambda: catchments(TABLE, flows(people=[40, None, 5]), **HEADINGS), ["crosswalk-weight-missing"]),
    (lambda: catchments(TABLE | {"people": [None, 100, 30]}, FLOWS, **HEADINGS), ["catchment-people-missing"]),
]


@pytest.mark.parametrize(("call", "expected"), REFUSED)
def test_what_is_refused(call: Callable[[], object], expected: list[str]) -> None:
    with pytest.raises(TerritoriesError) as caught:
        call()
    assert [problem.id for problem in caught.value.problems] == expected
    assert caught.value.text("fr") and caught.value.text("en")


def test_too_many_people_are_named_with_how_many() -> None:
    with pytest.raises(TerritoriesError, match="101 people of A are served, and 100 live there: 1 too many"):
        catchments(TABLE, flows(people=[40, 10, 61]), **HEADINGS)
