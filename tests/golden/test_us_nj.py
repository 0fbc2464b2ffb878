"""New Jersey's "S-2" (P.L. 2018, c. 67), state school aid of 2021: a transition as a law writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import equite

pytestmark = pytest.mark.golden

TARGET = {
    "equite": 1,
    "id": "calculated-aid",
    "language": "en",
    "currency": "USD",
    "key": {"column": "code", "width": 4},
    "name": "name",
    "columns": {"calculated": {"heading": "target"}, "protected": {"kind": "yes_no"}, "sda_over": {"kind": "yes_no"}},
    "parts": [{"id": "aid", "share": {"as_is": "calculated"}}],
    "rounding": {"to": 1},
}
#: Those above lose 23 % of their gap: nothing where they are protected, of no more than what is over adequacy in some.
SHORT = {"share_of_gap": {"share": 0.23, "except": "protected", "at_most": "where(sda_over, over_adequacy, null)"}}
WRITTEN = {
    "equite": 1,
    "id": "s-2",
    "variables": {
        "above": "max(0, previous - target)",
        "counted": "where(sda_over, min(above, over_adequacy), above)",
        "cut": "round(0.23 * where(protected, 0, counted))",
    },
    "parts": [
        {"id": "kept", "share": {"as_is": "previous - cut"}},
        {"id": "gains", "pool": "remainder", "share": {"in_proportion_to": "max(0, target - previous)"}},
    ],
}


@pytest.mark.parametrize("rule", [SHORT, WRITTEN], ids=["share_of_gap", "page"])
def test_the_change_of_every_district(golden: Path, rule: dict[str, Any]) -> None:
    path = golden / "us_nj_s2_2021" / "districts.csv"
    schedule = {
        "equite_schedule": 1,
        "id": "s-2",
        "language": "en",
        "target": TARGET,
        "start": "prior",
        "years": [2021],
        "envelope": "total(previous)",
        "rule": rule,
    }
    found = equite.transition(schedule, path)
    published = pd.read_csv(path, dtype={"code": str}).set_index("code")
    change = found.table.set_index("code")["change"]
    assert len(change) == len(published) == 592
    assert ((change - published["change"]).abs() <= 1).all()
    # The State's own figures miss the sum by $12; ours do not.
    assert change.sum() == 0
    assert published["change"].sum() == -12
    costs = found.year(2021).table
    assert costs.loc[costs["kept"] < found.table["previous"], "kept"].size == (published["change"] < 0).sum()
    assert (found.table["previous"] - costs["kept"]).sum() == 156_359_118
