"""The examples that pages are made of."""

from __future__ import annotations

from pathlib import Path

from equite import Allocation, Formula, allocate

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
#: A large table and a small one, the latter with previous amounts, a reserve and a check that fails.
SHOWN = ("quebec_mrc/formula", "region_13/half_salary")


def example(name: str, language: str) -> Allocation:
    """Allocate an example in a language."""
    page = EXAMPLES / f"{name}.yaml"
    return allocate(Formula.read(page).replace(language=language), page.parent / "territories.csv")
