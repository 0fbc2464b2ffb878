"""Participatory budgets of Polish cities: recorded outcomes by votes, equal shares as an independent program gives."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import equite

pytestmark = pytest.mark.golden
METHODS = {
    "selected": {"method": "votes"},
    "equal_shares_cost": {"method": "equal_shares", "utility": "cost", "completion": []},
    "equal_shares_count": {"method": "equal_shares", "utility": "cardinality", "completion": []},
}


@pytest.mark.parametrize("published", METHODS)
def test_every_budget_funds_what_is_published(published: str, golden: Path) -> None:
    folder = golden / "pabulib"
    budgets = pd.read_csv(folder / "instances.csv").set_index("instance")["budget"]
    every = pd.read_csv(folder / "projects.csv", dtype=str)
    cast = pd.read_csv(folder / "ballots.csv.gz", dtype=str)
    assert len(budgets) == 24
    for name, projects in every.groupby("instance"):
        ballots = cast[cast["instance"] == name]
        page = {"equite_projects": 1, "id": name, "unit": "0.01", "envelope": str(budgets[name]), **METHODS[published]}
        found = equite.projects(
            page,
            projects[["project"]].assign(request=pd.to_numeric(projects["cost"])),
            ballots=ballots[["voter"]].assign(vote=ballots["approved"].str.replace(" ", ",")),
        )
        funded = set(found.table.loc[found.table["amount"] > 0, "project"])
        assert funded == set(projects.loc[projects[published] == "1", "project"]), name
