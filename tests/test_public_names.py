"""The public names are a decision: sorted, all there, and light to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import equite


def test_names_are_sorted_and_all_there() -> None:
    assert list(equite.__all__) == sorted(equite.__all__)
    for name in equite.__all__:
        assert getattr(equite, name) is not None
    assert set(equite.__all__) <= set(dir(equite))


def test_importing_equite_loads_nothing_heavy() -> None:
    heavy = ("numpy", "pandas", "pydantic", "yaml", "openpyxl", "xlsxwriter", "typer", "rich", "pyarrow", "scipy")
    code = f"import sys, equite; print([name for name in {heavy} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert out.stdout.strip() == "[]"


def test_allocating_does_not_load_what_only_outputs_need() -> None:
    heavy = ("openpyxl", "xlsxwriter", "typer", "rich", "python_calamine", "scipy", "matplotlib")
    code = f"import sys, equite; equite.allocate; print([name for name in {heavy} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert out.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(equite, "alocate")


@pytest.mark.parametrize(
    ("former", "name"), [("Allocation.departures", "contributions"), ("Cascade.coins", "minor_units")]
)
def test_a_former_name_is_there_and_warns(former: str, name: str) -> None:
    page = {"equite": 1, "id": "p", "key": "code", "envelope": 10, "language": "en"}
    page["parts"] = [{"id": "whole", "pool": "remainder", "share": "equally"}]
    plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": [{"id": "only", "formula": page}]}
    table = {"code": ["A", "B"]}
    results = {"Allocation": equite.allocate(page, table), "Cascade": equite.cascade(plan, {"only": table})}
    owner, _, old = former.partition(".")
    with pytest.warns(DeprecationWarning, match=rf"{owner}\.{name}") as caught:
        assert getattr(results[owner], old) is getattr(results[owner], name)
    assert [warning.filename for warning in caught] == [__file__]
