"""Carry columns from sources to targets: amounts split, rates average, levels have a median."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.errors import Problems, TerritoriesError
from equite.inputs.cells import tidy
from equite.inputs.columns import ColumnRule
from equite.inputs.crosswalk.carried import Carried
from equite.inputs.crosswalk.links import LARGEST, Flags, Floats, exact_sums, ratio
from equite.inputs.crosswalk.pieces import note_unknown
from equite.inputs.crosswalk.units import are_whole, parts_of, settled
from equite.inputs.territories import Territories
from equite.wording import Codes

if TYPE_CHECKING:
    from equite.inputs.crosswalk.crosswalk import Crosswalk

__all__ = ["WantedColumn", "carried"]


@dataclass(frozen=True)
class WantedColumn:
    """The columns to carry, each once, by what they are."""

    extensive: tuple[str, ...]
    intensive: Mapping[str, str | None]
    ordinal: tuple[str, ...]

    @classmethod
    def of(cls, extensive: Sequence[str], intensive: Mapping[str, str | None], ordinal: Sequence[str]) -> WantedColumn:
        """Tidy the headings, and refuse those that are given none or two meanings."""
        rates = {tidy(rate): None if below is None else tidy(below) for rate, below in intensive.items()}
        found = cls(tuple(map(tidy, extensive)), rates, tuple(map(tidy, ordinal)))
        problems = Problems(TerritoriesError)
        columns = found.columns
        if not columns:
            problems.add("crosswalk-nothing")
        if twice := tuple(dict.fromkeys(name for name in columns if columns.count(name) > 1)):
            problems.add("crosswalk-two-meanings", codes=Codes(twice))
        problems.refuse()
        return found

    @property
    def columns(self) -> tuple[str, ...]:
        """All headings to carry, in the order of the result."""
        return (*self.extensive, *self.intensive, *self.ordinal)

    @property
    def rules(self) -> list[ColumnRule]:
        """What each column of the table must hold; a denominator is never negative."""
        below = [name for name in dict.fromkeys(self.intensive.values()) if name is not None]
        others = [name for name in self.columns if name not in below]
        rules = [ColumnRule(name, name, minimum=-LARGEST, maximum=LARGEST) for name in others]
        return rules + [ColumnRule(name, name, "extensive", maximum=LARGEST) for name in below]


@dataclass(frozen=True)
class _Amounts:
    """One extensive column: by target, by source what is unplaced, and its total, of which some is withheld."""

    placed: Floats
    unplaced: Floats
    incomplete: Flags
    whole: bool
    total: float


def carried(crosswalk: Crosswalk, table: object, key: str | None, wanted: WantedColumn, partial: bool) -> Carried:
    """Carry columns; see :meth:`Crosswalk.carry`."""
    links, problems = crosswalk.links, Problems(TerritoriesError)
    values = _values_by_source(crosswalk, table, key, wanted)
    for name in dict.fromkeys((*wanted.extensive, *filter(None, wanted.intensive.values()))):
        _note_unsplittable(crosswalk, values[name], name, problems)
    problems.refuse()
    amounts = {name: _amounts(crosswalk, values[name]) for name in wanted.extensive}
    columns: dict[str, np.ndarray] = {name: _shown(found, partial) for name, found in amounts.items()}
    known = {name: ~np.isnan(values[name]) for name in wanted.columns}
    for name, below in wanted.intensive.items():
        base = None if below is None else values[below]
        if base is not None:
            known[name] &= ~np.isnan(base)
        columns[name] = _rate(crosswalk, values[name], base, known[name])
    columns |= {name: _median(crosswalk, values[name]) for name in wanted.ordinal}
    index = pd.Index(links.targets, name=crosswalk.target, dtype=object)
    return Carried(
        table=pd.DataFrame(columns, index=index),
        measured=pd.DataFrame({name: _measured(crosswalk, known[name]) for name in wanted.columns}, index=index),
        totals=_totals(amounts, partial),
        unplaced=_unplaced(crosswalk, amounts),
        silent=pd.DataFrame({name: ~known[name] for name in wanted.columns}, index=pd.Index(links.sources)),
        crosswalk=crosswalk,
        partial=partial,
    )


def _values_by_source(crosswalk: Crosswalk, table: object, key: str | None, wanted: WantedColumn) -> dict[str, Floats]:
    """Read the columns, and lay them out by source; NaN for a source that has no row."""
    territories = Territories.of(table, key=key)
    problems = Problems(TerritoriesError)
    if territories.key is None:
        problems.add("crosswalk-no-key", file=territories.source.name)
        problems.refuse()
    place = {code: at for at, code in enumerate(crosswalk.sources)}
    strangers = [code for code in territories.codes if code not in place]
    note_unknown(strangers, crosswalk.sources, problems, territories.key or "")
    problems.refuse()
    rows = np.array([place[code] for code in territories.codes], dtype=np.intp)
    found = {}
    for name, column in territories.columns_for(wanted.rules).items():
        found[name] = np.full(len(crosswalk.sources), np.nan)
        found[name][rows] = column.astype(np.float64)
    return found


def _note_unsplittable(crosswalk: Crosswalk, values: Floats, name: str, problems: Problems) -> None:
    """Note the amounts of sources whose several pieces weigh nothing: there is nothing to split them by."""
    links = crosswalk.links
    among = np.zeros(len(links.sources), dtype=np.bool_)
    among[links.source[(links.source >= 0) & np.isnan(crosswalk.shares)]] = True
    stuck = among & (np.nan_to_num(values) != 0)
    if stuck.any():
        codes = Codes(tuple(np.array(links.sources, dtype=object)[stuck]))
        problems.add("crosswalk-nothing-to-split-by", name, codes=codes, weight=crosswalk.weight)


def _amounts(crosswalk: Crosswalk, values: Floats) -> _Amounts:
    """Split one column of amounts among the pieces of each source, and add up the pieces of each target."""
    links = crosswalk.links
    has_source = links.source >= 0
    of, to, whole = links.source[has_source], links.target[has_source], are_whole(values)
    parts = parts_of(values, crosswalk.shares[has_source], of)
    total = math.fsum(np.nan_to_num(values).tolist())
    placed = exact_sums(parts, to, len(links.targets))
    unplaced = exact_sums(parts, np.where(to < 0, of, -1), len(links.sources))
    if not whole:
        sums = settled(np.concatenate([placed, unplaced]), total)
        placed, unplaced = sums[: len(placed)], sums[len(placed) :]
    return _Amounts(placed, unplaced, _incomplete(crosswalk, np.isnan(values)), whole, total)


def _incomplete(crosswalk: Crosswalk, missing: Flags) -> Flags:
    """Tell the targets of which some piece has no value: its source's is missing, or it has no source."""
    links = crosswalk.links
    lacks = np.where(links.source < 0, crosswalk.weights > 0, missing[links.source] & (crosswalk.shares != 0))
    return links.within_target(lacks.astype(np.float64)) > 0


def _shown(found: _Amounts, partial: bool) -> np.ndarray:
    """Return what the table holds; whole numbers as integers where none is withheld."""
    if partial or not found.incomplete.any():
        return found.placed.astype(np.int64) if found.whole else found.placed
    return np.where(found.incomplete, np.nan, found.placed)


def _rate(crosswalk: Crosswalk, values: Floats, below: Floats | None, known: Flags) -> Floats:
    """Average one rate over the pieces of each target, by its denominator."""
    links = crosswalk.links
    told = (links.source >= 0) & known[links.source]
    of, to = links.source[told], links.target[told]
    base = crosswalk.weights[told] if below is None else below[of] * np.nan_to_num(crosswalk.shares[told])
    count = len(links.targets)
    over, under = exact_sums(base * values[of], to, count), exact_sums(base, to, count)
    # A mean of equal rates is that rate, and any mean lies among those it is of, whatever binary dust says.
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    counts = (base > 0) & (to >= 0)
    np.minimum.at(low, to[counts], values[of][counts])
    np.maximum.at(high, to[counts], values[of][counts])
    return np.where(under > 0, np.clip(ratio(over, under), low, high), np.nan)


def _median(crosswalk: Crosswalk, values: Floats) -> Floats:
    """Find the level at which half of each target's weight is reached; of two, the lower."""
    links = crosswalk.links
    told = (links.source >= 0) & (links.target >= 0) & ~np.isnan(values[links.source]) & (crosswalk.weights > 0)
    pieces = pd.DataFrame(
        {"target": links.target[told], "level": values[links.source[told]], "weight": crosswalk.weights[told]}
    ).sort_values(["target", "level", "weight"])
    found = np.full(len(links.targets), np.nan)
    reached = pieces.groupby("target")["weight"].cumsum()
    half = pieces.groupby("target")["weight"].transform("sum") / 2
    # Sums in another order may differ in their last bits: half is reached but for that.
    first = pieces[reached >= half * (1 - 1e-12)].drop_duplicates("target")
    found[first["target"].to_numpy()] = first["level"].to_numpy()
    return found


def _measured(crosswalk: Crosswalk, known: Flags) -> Floats:
    """Return the share of each target's weight of which a column says something."""
    links = crosswalk.links
    told = np.where(links.source >= 0, known[links.source], False)
    all_of_it = links.within_target(crosswalk.weights)
    some = links.within_target(np.where(told, crosswalk.weights, 0.0))
    return ratio(some, all_of_it)


def _totals(amounts: Mapping[str, _Amounts], partial: bool) -> pd.DataFrame:
    """Say of each amount where its total went."""
    rows = {}
    for name, found in amounts.items():
        hidden = found.incomplete & (not partial)
        parts = (found.placed[~hidden], found.placed[hidden], found.unplaced)
        rows[name] = [found.total, *(math.fsum(part.tolist()) for part in parts)]
    columns = ["total", "placed", "withheld", "unplaced"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=np.float64)


def _unplaced(crosswalk: Crosswalk, amounts: Mapping[str, _Amounts]) -> pd.DataFrame:
    """Lay out, by source, what belongs to no target; sources of which there is any."""
    weight = crosswalk.unplaced.reindex(crosswalk.sources, fill_value=0.0).to_numpy()
    columns = {"weight": weight} | {name: found.unplaced for name, found in amounts.items()}
    frame = pd.DataFrame(columns, index=pd.Index(crosswalk.sources, name=crosswalk.source, dtype=object))
    return frame[(frame != 0).any(axis="columns")]
