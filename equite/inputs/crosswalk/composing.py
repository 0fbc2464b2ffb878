"""One crosswalk after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.errors import Problems, TerritoriesError
from equite.inputs.crosswalk.links import Floats, Links, Texts, linked
from equite.inputs.crosswalk.pieces import note_unknown

if TYPE_CHECKING:
    from equite.inputs.crosswalk.crosswalk import Crosswalk

__all__ = ["composed"]


def composed(first: Crosswalk, second: Crosswalk) -> Links:
    """Compose two crosswalks; see :meth:`Crosswalk.then`."""
    problems = Problems(TerritoriesError)
    known = set(second.sources)
    note_unknown([code for code in first.targets if code not in known], second.sources, problems)
    problems.refuse()
    near, far = first.pieces, second.pieces
    # What the first has in no target stays so; what the second has of a place that the first does not reach has no
    # source.
    reached = set(near["target"].dropna())
    through = near.dropna(subset="target").merge(
        far.dropna(subset="source"), left_on="target", right_on="source", suffixes=("", "_far")
    )
    through = through.assign(
        weight=through["weight"] * through["share_far"].fillna(0.0), share=through["share"] * through["share_far"]
    )[["source", "target_far", "weight", "share"]].rename(columns={"target_far": "target"})
    stays = near[near["target"].isna()]
    unreached = far[~far["source"].isin(reached) & far["target"].notna()]
    unreached = unreached.assign(
        source=None, share=np.nan, weight=unreached["weight"] * _scales(through, far, reached, unreached)
    )
    pieces = pd.concat([rows for rows in (through, stays, unreached) if len(rows)], ignore_index=True)
    pieces = pieces.dropna(subset=["source", "target"], how="all")
    return linked(
        _codes(pieces["source"]),
        _codes(pieces["target"]),
        {first.weight: pieces["weight"].to_numpy(np.float64)},
        shares={first.weight: pieces["share"].to_numpy(np.float64)},
        targets=second.targets,
    )


def _scales(through: pd.DataFrame, far: pd.DataFrame, reached: set[object], unreached: pd.DataFrame) -> Floats:
    """Give, for each piece that is not reached, what one unit of the second weight is in the first one's.

    People of one census and people of another are not the same people: what counts is the part of the target that is
    not reached.
    """
    carried = through.groupby("target")["weight"].sum()
    counted = far[far["source"].isin(reached)].groupby("target")["weight"].sum()
    scale = (carried / counted.where(counted > 0)).reindex(unreached["target"])
    return np.where(scale.to_numpy() > 0, scale.to_numpy(), 1.0)


def _codes(column: pd.Series) -> Texts:
    return column.astype(object).where(column.notna(), None).to_numpy(dtype=object)
