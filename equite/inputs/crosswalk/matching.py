"""How two sets of boundaries match: what they have in common, and how nearly each is one of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.boundaries import boundaries
from equite.inputs.indicators.results import described
from equite.wording import say_in_all

if TYPE_CHECKING:
    from equite.inputs.crosswalk.crosswalk import Crosswalk

__all__ = ["coherence", "overlap"]


def overlap(crosswalk: Crosswalk) -> pd.DataFrame:
    """Lay the weights out, a row each source, a column each target."""
    links = crosswalk.links
    inside = (links.source >= 0) & (links.target >= 0)
    weights = np.zeros((len(links.sources), len(links.targets)))
    weights[links.source[inside], links.target[inside]] = crosswalk.weights[inside]
    rows = pd.Index(links.sources, name=crosswalk.source, dtype=object)
    return pd.DataFrame(weights, rows, pd.Index(links.targets, name=crosswalk.target, dtype=object))


def coherence(crosswalk: Crosswalk, of: str, minimum_share: float) -> pd.DataFrame:
    """Measure how well each territory of one side matches one of the other; see :meth:`Crosswalk.coherence`."""
    if of not in ("source", "target"):
        problems = Problems(TerritoriesError)
        problems.add("crosswalk-side", value=str(of))
        problems.refuse()
    other = "source" if of == "target" else "target"
    codes, name = (crosswalk.targets, crosswalk.target) if of == "target" else (crosswalk.sources, crosswalk.source)
    pieces = crosswalk.pieces.query("weight > 0").dropna(subset=of)
    inside = pieces.dropna(subset=other).assign(share=lambda rows: rows["weight"] / _by(rows, of))
    columns = {name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()}
    found = pd.DataFrame(columns, index=pd.Index(codes, name=name, dtype=object))
    if len(inside):
        headings = {"territory": of, "district": other, "people": "weight"}
        found.update(boundaries(inside, **headings, minimum_share=minimum_share))
        found["main"] = inside.sort_values(["share", other], ascending=[False, True]).groupby(of)[other].first()
        found["effective_number"] = 1 / inside["share"].pow(2).groupby(inside[of]).sum()
    held = pieces.groupby(of)["weight"].sum()
    found["outside"] = 1 - inside.groupby(of)["weight"].sum().reindex(held.index, fill_value=0.0) / held
    return _described(found)


_COLUMNS = {
    "main": object,
    "main_overlap_share": np.float64,
    "districts_touched": np.float64,
    "effective_number": np.float64,
    "outside": np.float64,
}


def _by(pieces: pd.DataFrame, heading: str) -> pd.Series:
    return pieces.groupby(heading)["weight"].transform("sum")


def _described(found: pd.DataFrame) -> pd.DataFrame:
    share, count = say_in_all("measure-share"), say_in_all("measure-counterparts")
    return described(
        found,
        title=say_in_all("measure-boundaries"),
        unit=share,
        method=say_in_all("measure-counterpart-method"),
        source="Laakso and Taagepera (1979), Comparative Political Studies 12(1); measure of equite's own catalogue",
        columns={
            "main": (say_in_all("measure-main-counterpart"), say_in_all("measure-code")),
            "main_overlap_share": (say_in_all("measure-main-overlap"), share),
            "districts_touched": (say_in_all("measure-counterparts-touched"), count),
            "effective_number": (say_in_all("measure-effective-counterparts"), count),
            "outside": (say_in_all("measure-no-counterpart"), share),
        },
    )
