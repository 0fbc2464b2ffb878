"""Diagnoses against COINr 1.1.14: Cronbach's alpha, high correlations, leaving one pillar out (51 x 49)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_coinr import TOLERANCE, page, table, treated

import equite
from equite.analysis.diagnostics import Diagnosis, diagnose

pytestmark = pytest.mark.golden


@pytest.fixture(scope="session")
def folder(golden: Path) -> Path:
    return golden / "coinr_asem"


@pytest.fixture(scope="session")
def told(folder: Path) -> Diagnosis:
    """COINr's data set « Normalised »: missing cells filled, extremes treated, then from 0 to 100."""
    return diagnose(equite.allocate(treated(folder), table(folder)))


def pillar(path: str) -> str:
    return path.rpartition("/")[2]


def test_cronbach_s_alpha(folder: Path, told: Diagnosis) -> None:
    theirs = pd.read_csv(folder / "cronbach_normalised.csv").set_index("Pillar")["alpha"]
    ours = told.alpha.assign(family=told.alpha["family"].map(pillar)).set_index("family")["alpha"]
    ours = ours.rename(index={"": "ALL"})
    assert len(theirs) == 9
    assert np.abs(ours[theirs.index] - theirs).max() <= TOLERANCE


def test_alpha_rests_on_the_treated_values(folder: Path) -> None:
    """On values whose extremes were left, alpha is another: what COINr publishes is of the treated ones."""
    theirs = pd.read_csv(folder / "cronbach_normalised.csv").set_index("Pillar")["alpha"]
    left = diagnose(equite.allocate(page(folder, {"min-max": [0, 100]}), table(folder))).alpha
    ours = left.assign(family=left["family"].map(pillar)).set_index("family")["alpha"].rename(index={"": "ALL"})
    differ = np.abs(ours[theirs.index] - theirs) > 0.01
    # No criterion of this pillar has extremes.
    assert differ.index[~differ].tolist() == ["Political"]


def test_high_correlations_within_a_pillar(folder: Path, told: Diagnosis) -> None:
    theirs = pd.read_csv(folder / "corr_flags_high075.csv")
    flags = told.flags[told.flags["same_family"]]
    ours = {
        (pillar(row["family_a"]), frozenset((row["criterion_a"], row["criterion_b"]))): round(row["pearson"], 3)
        for row in flags[flags["reading"] == "double"].to_dict("records")
    }
    wanted = {
        (row["Group"], frozenset((row["Ind1"], row["Ind2"]))): round(row["Corr"], 3)
        for row in theirs.to_dict("records")
    }
    assert ours == wanted
    # COINr's threshold has a sign; ours flags criteria that cancel each other too.
    opposed = flags[flags["reading"] == "opposed"]
    assert opposed[["criterion_a", "criterion_b"]].to_numpy().tolist() in ([["RTAs", "TBTs"]], [["TBTs", "RTAs"]])
    assert opposed["pearson"].tolist() == pytest.approx([-0.752], abs=5e-4)


def test_leaving_one_pillar_out(folder: Path, told: Diagnosis) -> None:
    theirs = pd.read_csv(folder / "remove_level2_meanabsdiff.csv").set_index("Removed")["MeanAbsRankDiff"]
    rows = told.leave_one_out
    ours = rows[(rows["kind"] == "family") & (rows["level"] == 2)].set_index("left_out")["mean_places"]
    theirs = theirs.drop("Nominal")
    assert len(theirs) == 8
    assert set(ours.index) == set(theirs.index)
    assert np.abs(ours[theirs.index] - theirs).max() <= TOLERANCE


def test_effective_weights(folder: Path, told: Diagnosis) -> None:
    theirs = pd.read_csv(folder / "weights_effective.csv").set_index("iCode")
    theirs = theirs[theirs["Level"] == 1]["EffWeight"]
    ours = told.weights.set_index("criterion")
    assert np.abs(ours.loc[theirs.index, "nominal"] - theirs).max() <= TOLERANCE
    assert np.abs(ours.loc[theirs.index, "effective"] - theirs).max() <= TOLERANCE
    assert ours["variance_share"].sum() == pytest.approx(1, abs=1e-12)
