"""Read a table of pieces, and refuse what cannot be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from equite.errors import Problem, Problems, TerritoriesError, nearest
from equite.inputs.cells import tidy
from equite.inputs.columns import ColumnPlace, ColumnRule
from equite.inputs.crosswalk.links import LARGEST, NOWHERE, Flags, Floats, Links, linked
from equite.inputs.grid import truncate_problems
from equite.inputs.indicators.checks import COUNT
from equite.inputs.indicators.tables import Keyed, aligned
from equite.inputs.territories import Territories
from equite.wording import Codes, Numeral

__all__ = ["Rest", "Stated", "note_blanks", "note_unknown", "pair", "place_of", "read_pieces", "refuse_shared"]

#: What becomes of the part of a stated whole that no piece holds.
Rest = Literal["refuse", "unplaced"]
#: Sums that differ by less are the same sum.
_DUST = 1e-9
#: So many unknown codes are compared with the known ones, which takes time; the others are counted.
_LOOKED_UP = 12


@dataclass(frozen=True)
class Stated:
    """The whole that the pieces of each source must sum to, if it is stated, and what is done with a gap."""

    whole: str | Keyed | None
    tolerance: float
    rest: Rest

    def held(self, links: Links, weights: Sequence[str], table: Territories, source: str) -> Links:
        """Hold the pieces against their wholes."""
        problems = Problems(TerritoriesError)
        if self.rest not in ("refuse", "unplaced"):
            problems.add("crosswalk-rest", value=str(self.rest))
        if not 0 <= self.tolerance < 1:
            problems.add("crosswalk-tolerance", value=str(self.tolerance))
        if self.whole is not None and len(weights) > 1:
            problems.add("crosswalk-whole-of-which")
        problems.refuse()
        if self.whole is None:
            return links
        wholes = _whole_column(table, source, self.whole) if isinstance(self.whole, str) else self.whole
        return _with_wholes(links, weights[0], wholes, self.tolerance, self.rest)


def read_pieces(table: Territories, source: str, target: str, weights: Sequence[str], *, repeated: bool) -> Links:
    """Read the pieces of a table: two codes and one weight or more.

    Parameters
    ----------
    table : Territories
        One row for each piece.
    source, target : str
        The headings of the codes. Either may be blank, not both.
    weights : sequence of str
        The headings of the weights.
    repeated : bool
        Whether several rows may lie in the same source and target, and add up.

    Raises
    ------
    TerritoriesError
        With every weight that is missing, negative or no number, every row without a code, every piece given twice.
    """
    rules = [ColumnRule(name, name, "text") for name in (source, target)]
    columns = table.columns_for([*rules, *(ColumnRule(name, name, "extensive", maximum=LARGEST) for name in weights)])
    problems = Problems(TerritoriesError)
    of, to = columns[source].astype(object), columns[target].astype(object)
    lost = [at for at, codes in enumerate(zip(of, to, strict=True)) if codes == (None, None)]
    problems.found.extend(place_of(table, source).mistakes({"crosswalk-no-codes": np.array(lost, dtype=np.intp)}))
    for heading, codes in ((source, of), (target, to)):
        if all(code is None for code in codes):
            problems.add("crosswalk-no-side", heading, file=table.source.name)
    for name in weights:
        note_blanks(table, name, columns[name].astype(np.float64), problems)
    if not repeated:
        pairs = pd.Series([pair(*codes) for codes in zip(of, to, strict=True)], dtype=object)
        if twice := tuple(dict.fromkeys(pairs[pairs.duplicated()])):
            problems.add("crosswalk-piece-twice", pieces=Codes(twice), file=table.source.name)
    problems.refuse()
    return linked(of, to, {name: columns[name].astype(np.float64) for name in weights})


def note_blanks(table: Territories, heading: str, values: Floats, problems: Problems) -> None:
    """Note the missing weights of a table."""
    missing = np.flatnonzero(np.isnan(values))
    problems.found.extend(place_of(table, heading).mistakes({"crosswalk-weight-missing": missing}))


def place_of(table: Territories, heading: str) -> ColumnPlace:
    """Return one column of a table as the sentences name it."""
    return ColumnPlace(table.data, tidy(heading), table.codes, table.source)


def pair(source: object, target: object) -> str:
    """Name a piece."""
    return f"{source or '—'} → {target or '—'}"


def refuse_shared(links: Links, name: str) -> None:
    """Refuse the sources that lie in several targets, where each must lie in one."""
    inside = (links.target >= 0) & (links.source >= 0) & (links.weights[name] > 0)
    counts = np.bincount(links.source[inside], minlength=len(links.sources))
    problems = Problems(TerritoriesError)
    found = [
        Problem("crosswalk-two-parents", {"source": code, "targets": Codes(_parents(links, at, inside))})
        for at, code in enumerate(links.sources)
        if counts[at] > 1
    ]
    problems.found.extend(truncate_problems(found, len(found)))
    problems.refuse()


def _parents(links: Links, at: int, inside: Flags) -> tuple[str, ...]:
    return tuple(Links.codes(links.targets, links.target[inside & (links.source == at)]))


def _with_wholes(links: Links, name: str, whole: Keyed, tolerance: float, rest: Rest) -> Links:
    """Refuse every source whose pieces do not sum to its whole, or add what is lacking as belonging to no target."""
    problems = Problems(TerritoriesError)
    stated = aligned({"whole": (whole, COUNT)}, problems)["whole"]
    problems.refuse()
    note_unknown([code for code in stated.index if code not in links.sources], links.sources, problems)
    if absent := tuple(code for code in links.sources if code not in stated.index):
        problems.add("crosswalk-no-whole", codes=Codes(absent))
    problems.refuse()
    wholes = stated.loc[list(links.sources)].to_numpy()
    held = links.within_source(links.weights[name])
    gaps = wholes - held
    beyond = np.abs(gaps) > np.maximum(tolerance, _DUST) * np.maximum(wholes, held)
    found = [
        Problem(
            "crosswalk-pieces-over" if gaps[at] < 0 else "crosswalk-pieces-short",
            {
                "source": links.sources[at],
                "held": Numeral(held[at]),
                "whole": Numeral(wholes[at]),
                "gap": Numeral(abs(gaps[at])),
            },
            name,
        )
        for at in np.flatnonzero(beyond)
        if gaps[at] < 0 or rest != "unplaced"
    ]
    problems.found.extend(truncate_problems(found, len(found)))
    problems.refuse()
    return _completed(links, name, np.where(beyond, gaps, 0.0))


def _completed(links: Links, name: str, gaps: Floats) -> Links:
    """Add to each source a piece that belongs to no target."""
    short = np.flatnonzero(gaps > 0)
    of = Links.codes(links.sources, np.concatenate([links.source, short]))
    to = Links.codes(links.targets, np.concatenate([links.target, np.full(short.shape, NOWHERE)]))
    return linked(of, to, {name: np.concatenate([links.weights[name], gaps[short]])}, targets=links.targets)


def note_unknown(
    codes: Sequence[str],
    known: Sequence[str],
    problems: Problems,
    where: str = "",
    *,
    entry: Literal["crosswalk-unknown", "catchment-unknown", "change-absent"] = "crosswalk-unknown",
) -> None:
    """Note the codes that are not known, each with those that come near."""
    found = []
    for code in codes[:_LOOKED_UP]:
        near = nearest(code, known)
        said = {"value": code, "nearest": near}
        found.append(Problem(f"{entry}-near" if near.names else entry, said, where))
    problems.found.extend(truncate_problems(found, len(codes)))


def _whole_column(table: Territories, source: str, heading: str) -> Mapping[str, float]:
    """Read a column that gives each source's whole beside each of its pieces; refuse two for one source, or none."""
    codes, wholes = table.texts(source), table.numbers(heading)
    problems = Problems(TerritoriesError)
    note_blanks(table, heading, wholes, problems)
    problems.refuse()
    rows = pd.DataFrame({"source": codes, "whole": wholes}).dropna(subset="source")
    stated = rows.groupby("source")["whole"].agg(["min", "max"])
    if differ := tuple(stated.index[stated["min"] != stated["max"]]):
        problems.add("crosswalk-two-wholes", heading, codes=Codes(differ), file=table.source.name)
    problems.refuse()
    return dict(stated["min"])
