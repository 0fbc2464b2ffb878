"""Rows that hold the sum of others: a total that goes by no name, a province above its divisions.

Figures are compared as they are shown: whole numbers exactly; decimals within half a unit of their last place for each
figure that enters the sum, the sum itself included. What chance gives in a long table of small numbers is set apart:
a finding counts only where fewer than one in two such tables would hold one by accident.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, prod
from typing import Literal

import numpy as np
import numpy.typing as npt

from equite.inputs.cells import EXACT
from equite.inputs.labels import Labels

__all__ = ["Sum", "find_sums"]

Positions = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Way = Literal["others", "run", "anywhere", "codes"]

#: A sum of a run has so many rows; that of all others, or of the codes that begin alike, may have two.
_RUN, _TERMS = 3, 2
#: Decimals that are looked for in a column.
_DECIMALS = 9
#: In so many rows, runs that do not touch the row are looked at too.
_SMALL = 300
#: A finding that chance would give more often than this is none, unless there are ten times as many.
_CHANCE, _MANY = 0.5, 10
#: Levels of a hierarchy.
_LEVELS = 12


@dataclass(frozen=True)
class Sum:
    """A row that holds the sum of others.

    Attributes
    ----------
    position : int
        Its place in the table.
    way : {"others", "run", "anywhere", "codes"}
        Of all others that are left, of a run of rows that touches it or stands anywhere, or of the rows whose codes
        begin with its own.
    first, last : int
        The places of the first and the last row that it sums.
    columns : tuple of str
        The quantities in which it does.
    sure : bool
        Whether the figures leave no doubt; otherwise a territory may truly be as large as some others together.
    """

    position: int
    way: Way
    first: int
    last: int
    columns: tuple[str, ...]
    sure: bool


@dataclass(frozen=True)
class _Quantity:
    """A column as whole numbers of its last decimal place; 0 where a figure is missing."""

    name: str
    units: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]
    rounded: bool

    @cached_property
    def mean(self) -> float:
        """The mean size of its figures."""
        filled = np.count_nonzero(self.units)
        return float(np.abs(self.units).sum(dtype=np.float64) / filled) if filled else 0.0

    @cached_property
    def before(self) -> npt.NDArray[np.int64]:
        """Running totals, each of the figures that stand before a place."""
        return np.concatenate(([0], np.cumsum(self.units, dtype=np.int64)))

    @cached_property
    def filled_before(self) -> npt.NDArray[np.int64]:
        """How many figures other than 0 stand before a place."""
        return np.concatenate(([0], np.cumsum(self.units != 0, dtype=np.int64)))

    def slack(self, terms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return twice the difference that rounding explains, for sums of so many terms."""
        return terms + 1 if self.rounded else np.zeros_like(terms)

    def likelihood(self, terms: int) -> float:
        """Return how likely a running total is to fall on a given number: it takes steps of the column's mean."""
        return min(1.0, (2.0 + terms if self.rounded else 1.0) / self.mean) if self.mean else 1.0

    def at(self, rows: Positions) -> _Quantity:
        """Return the column in some rows, each of them once."""
        if len(rows) == len(self.units):
            return self
        return _Quantity(self.name, self.units[rows], self.known[rows], self.rounded)


def find_sums(columns: Mapping[str, Floats], codes: Sequence[str], among: npt.NDArray[np.bool_]) -> list[Sum]:
    """Find the rows that hold the sum of others, at every level of a hierarchy.

    Parameters
    ----------
    columns : mapping of str to array, shape (n,)
        Quantities that add up, in the order of the rows; NaN where a figure is missing.
    codes : sequence of str
        The codes, in the same order.
    among : array of bool, shape (n,)
        The rows to look at: notes and rows that are called totals are not among them.

    Returns
    -------
    list of Sum
        In the order of the rows. Each level is found with those below it put aside.
    """
    read = (_quantity(name, values) for name, values in columns.items())
    quantities = [each for each in read if each is not None]
    rows = np.flatnonzero(among)
    found: list[Sum] = []
    if quantities and len(rows) > _TERMS:
        looked = codes if len(rows) == len(codes) else [codes[row] for row in rows.tolist()]
        found += _by_codes([each.at(rows) for each in quantities], looked, rows)
    for _ in range(_LEVELS):
        rows = np.setdiff1d(rows, [each.position for each in found], assume_unique=True)
        # Among what is left below a total, that one place is as large as the two others tells nothing.
        least = _RUN if found else _TERMS
        level = _level([each.at(rows) for each in quantities], rows) if len(rows) > least else []
        if not level:
            break
        found += level
    return sorted(found, key=lambda each: each.position)


def _quantity(name: str, values: Floats) -> _Quantity | None:
    """Read a column as whole numbers of the last decimal place that it shows."""
    known = np.isfinite(values)
    filled = values if known.all() else np.where(known, values, 0.0)
    largest = np.abs(filled).max(initial=0.0)
    if not largest:
        return None
    for decimals in range(_DECIMALS + 1):
        scaled = filled * 10.0**decimals
        whole = np.rint(scaled)
        if largest * 10.0**decimals * len(values) > EXACT:
            return None
        if (np.abs(scaled - whole) <= 1e-9 * np.maximum(np.abs(whole), 1.0)).all():
            return _Quantity(name, whole.astype(np.int64), known, decimals > 0)
    return None


# --- by codes


def _by_codes(quantities: Sequence[_Quantity], codes: Sequence[str], rows: Positions) -> list[Sum]:
    """Find the rows that sum those whose codes begin with their own: 24 above 2401, 2402, 2403."""
    parents = _parents(codes)
    if (parents < 0).all():
        return []
    children = np.flatnonzero(parents >= 0)
    of, size = parents[children], len(codes)
    counts = np.bincount(of, minlength=size)
    holds: dict[int, list[str]] = {}
    alone: dict[int, list[str]] = {}
    for each in quantities:
        sums = np.bincount(of, weights=each.units[children], minlength=size)
        filled = np.bincount(of, weights=each.units[children] != 0, minlength=size)
        near = (2 * np.abs(sums - each.units) <= each.slack(counts)) & each.known & (each.units != 0)
        found = np.flatnonzero(near & (filled >= _TERMS))
        if _by_chance(int((counts >= _TERMS).sum()), [each.likelihood(_TERMS)], len(found)):
            continue
        for row in found:
            holds.setdefault(int(row), []).append(each.name)
        for row in np.flatnonzero(near & (filled == 1) & (counts == 1)):
            alone.setdefault(int(row), []).append(each.name)
    first = {int(parent): int(child) for child, parent in zip(children[::-1], of[::-1], strict=True)}
    last = {int(parent): int(child) for child, parent in zip(children, of, strict=True)}
    # A region of one division is as large as it: it is a region if others of its kind are.
    kinds = {(len(codes[row]), len(codes[first[row]])) for row in holds}
    holds |= {row: named for row, named in alone.items() if (len(codes[row]), len(codes[first[row]])) in kinds}
    return [
        Sum(int(rows[row]), "codes", int(rows[first[row]]), int(rows[last[row]]), tuple(named), True)
        for row, named in holds.items()
    ]


def _parents(codes: Sequence[str]) -> Positions:
    """Return for each code the place of the longest other code that it begins with, -1 where there is none."""
    lengths = Labels.of(codes).lengths[::-1]
    found = np.full(len(codes), -1, dtype=np.intp)
    if len(lengths) == 1:
        return found
    place = {code: at for at, code in enumerate(codes)}
    for at, code in enumerate(codes):
        for length in lengths:
            if length < len(code) and (parent := place.get(code[:length])) is not None:
                found[at] = parent
                break
    return found


# --- by the order of the rows


@dataclass(frozen=True)
class _Runs:
    """Rows, and for each a run of others, from ``start`` up to before ``stop``, that may sum up to it."""

    row: Positions
    start: Positions
    stop: Positions
    way: Way
    trials: int

    def matches(self, each: _Quantity, least: int = _TERMS) -> npt.NDArray[np.bool_]:
        """Tell for which runs one quantity adds up to the row's own, from two figures at least."""
        if self.way == "others":
            value, sums = each.units, each.units.sum() - each.units
            near = 2 * np.abs(sums - value) <= each.slack(np.asarray(value.size - 1))
            return np.asarray(near & each.known & (value != 0) & (np.count_nonzero(value) > least))
        value, total, filled = each.units[self.row], each.before, each.filled_before
        sums, terms = total[self.stop] - total[self.start], filled[self.stop] - filled[self.start]
        near = 2 * np.abs(sums - value) <= each.slack((self.stop - self.start).astype(np.int64))
        return np.asarray(near & each.known[self.row] & (value != 0) & (terms >= least))


def _level(quantities: Sequence[_Quantity], rows: Positions) -> list[Sum]:
    """Find the rows that sum all others, or a run of them, each with the run in which most quantities agree."""
    best: dict[int, Sum] = {}
    for runs in _all_runs(quantities, len(rows)):
        found: dict[int, Sum] = {}
        for each in _agreed(quantities, runs):
            known = found.get(each.position)
            if known is None or (each.sure, len(each.columns)) > (known.sure, len(known.columns)):
                found[each.position] = each
        for at, each in found.items():
            if at not in best or (each.sure and not best[at].sure):
                best[at] = each
        if any(each.way == "others" and each.sure for each in best.values()):
            break
    for each in _short(quantities, best, len(rows)):
        best.setdefault(each.position, each)
    return [
        Sum(int(rows[at]), each.way, int(rows[each.first]), int(rows[each.last]), each.columns, each.sure)
        for at, each in best.items()
    ]


def _short(quantities: Sequence[_Quantity], found: Mapping[int, Sum], size: int) -> Iterator[Sum]:
    """Among regions that sum their divisions, find those of one or two divisions, which alone would prove nothing."""
    regions = [each for each in found.values() if each.way == "run"]
    if not regions:
        return
    sure = any(each.sure for each in regions)
    above = 2 * sum(each.first > each.position for each in regions) >= len(regions)
    taken = np.zeros(size, dtype=bool)
    taken[list(found)] = True
    for length in range(_RUN - 1, 0, -1):
        low = np.arange(size - length, dtype=np.intp)
        row, start = (low, low + 1) if above else (low + length, low)
        runs = _Runs(row, start, start + length, "run", size)
        matches = np.array([runs.matches(each, 1) for each in quantities])
        for at in np.flatnonzero(matches.sum(axis=0) >= (2 if sure else 1)).tolist():
            agreed = [each for which, each in enumerate(quantities) if matches[which, at]]
            concerned = slice(int(low[at]), int(low[at]) + length + 1)
            if taken[concerned].any() or _by_chance(size, [each.likelihood(length) for each in agreed], 1):
                continue
            taken[row[at]] = True
            yield _sum(runs, at, [each.name for each in agreed], sure=sure)


def _all_runs(quantities: Sequence[_Quantity], size: int) -> Iterator[_Runs]:
    """Return the runs to look at: all others, those that touch a row, and any where rows are few."""
    every, (first, last) = np.arange(size, dtype=np.intp), np.array([0, size], dtype=np.intp)
    yield _Runs(every, np.broadcast_to(first, size), np.broadcast_to(last, size), "others", size)
    rising = [each for each in quantities if (each.units >= 0).all()]
    touching = [_touching(each, size) for each in rising] if size > _RUN else []
    if touching:
        row, start, stop = (np.concatenate(parts) for parts in zip(*touching, strict=True))
        yield _Runs(row, start, stop, "run", 2 * size)
    if len(rising) > 1 and size <= _SMALL:
        row, start, stop = _anywhere(rising[0], size)
        yield _Runs(row, start, stop, "anywhere", size**3 // 2)


def _touching(each: _Quantity, size: int) -> tuple[Positions, Positions, Positions]:
    """Find the runs right below and right above a row that add up to it in one quantity, zeros at their end or not."""
    total, value = each.before, each.units
    found: list[tuple[Positions, Positions, Positions]] = []
    # A row that the nearest rows exceed sums no run of so many; rounding explains two units of that.
    filled, most = each.known & (value > 0), value + 2 * int(each.rounded)
    at = np.flatnonzero(filled[:-_RUN] & (total[1 + _RUN :] - total[1:-_RUN] <= most[:-_RUN])).astype(np.intp)
    low, high = _stops(each, total, total[at + 1] + value[at], at + 1)
    for stop in (np.maximum(low, at + 1 + _RUN), high):
        kept = (stop <= high) & (stop >= at + 1 + _RUN) & (stop <= size)
        found.append((at[kept], at[kept] + 1, stop[kept]))
    at = np.flatnonzero(filled[_RUN:] & (total[_RUN:-1] - total[: -1 - _RUN] <= most[_RUN:])).astype(np.intp) + _RUN
    target = total[at] - value[at]
    low, high = _stops(each, total, target, at)
    for start in (low, np.minimum(high, at - _RUN)):
        kept = (start >= low) & (start <= at - _RUN) & (start >= 0) & (target >= -int(each.rounded) * at)
        found.append((at[kept], start[kept], at[kept]))
    row, start, stop = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, start, stop


def _stops(
    each: _Quantity, total: npt.NDArray[np.int64], target: npt.NDArray[np.int64], other: Positions
) -> tuple[Positions, Positions]:
    """Return the first and the last place at which the running total is a target, within rounding."""
    slack = np.zeros_like(target)
    if each.rounded:
        slack = each.slack(np.abs(np.searchsorted(total, target) - other).astype(np.int64)) // 2
    low = np.searchsorted(total, target - slack, side="left")
    high = np.searchsorted(total, target + slack, side="right") - 1
    return low.astype(np.intp), high.astype(np.intp)


def _anywhere(each: _Quantity, size: int) -> tuple[Positions, Positions, Positions]:
    """Find the runs anywhere in a small table that add up to a row in one quantity."""
    total = each.before
    filled = np.flatnonzero(each.known & (each.units > 0)).astype(np.intp)
    at, start = np.repeat(filled, size), np.tile(np.arange(size, dtype=np.intp), len(filled))
    low, high = _stops(each, total, total[start] + each.units[at], start)
    found: list[tuple[Positions, Positions, Positions]] = []
    for stop in (np.maximum(low, start + _RUN), high):
        kept = (stop <= high) & (stop >= start + _RUN) & (stop <= size) & ((at < start) | (at >= stop))
        found.append((at[kept], start[kept], stop[kept]))
    row, start, stop = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, start, stop


def _agreed(quantities: Sequence[_Quantity], runs: _Runs) -> Iterator[Sum]:
    """Return the runs that add up to their row, where chance does not explain it."""
    matches = np.array([runs.matches(each) for each in quantities])
    several = _telling(quantities, runs, matches, np.flatnonzero(matches.sum(axis=0) > 1))
    sure = {}
    for at in several:
        agreed = np.flatnonzero(matches[:, at]).tolist()
        if _independent([quantities[which] for which in agreed], runs, at):
            sure[at] = agreed
    count, certain = len({int(runs.row[at]) for at in sure}), set()
    for at, agreed in sure.items():
        # Among many columns, some agree somewhere.
        trials = runs.trials * comb(len(quantities), len(agreed))
        place = np.array([at], dtype=np.intp)
        if not _by_chance(trials, [float(_odds(quantities[which], runs, place)[0]) for which in agreed], count):
            certain.add(at)
            yield _sum(runs, at, [quantities[which].name for which in agreed], sure=True)
    if runs.way == "anywhere":
        return
    for which, each in enumerate(quantities):
        telling = _telling([each], runs, matches[[which]], np.flatnonzero(matches[which]))
        alone = [at for at in telling if at not in certain]
        count = len({int(runs.row[at]) for at in alone})
        odds = _odds(each, runs, np.array(alone, dtype=np.intp))
        for at, likely in zip(alone, odds.tolist(), strict=True):
            if runs.way == "others" or not _by_chance(runs.trials * len(quantities), [likely], count):
                names = [quantities[other].name for other in np.flatnonzero(matches[:, at]).tolist()]
                yield _sum(runs, at, names, sure=False)


def _telling(
    quantities: Sequence[_Quantity], runs: _Runs, matches: npt.NDArray[np.bool_], found: Positions
) -> list[int]:
    """Keep findings where chance may not explain them: in a long table of small numbers, there are thousands."""
    if runs.way == "others":
        return [int(at) for at in found]
    likely = np.array([_odds(each, runs, found) for each in quantities])
    odds = np.where(matches[:, found], likely, 1.0).prod(axis=0)
    kept = found[runs.trials * odds < max(_CHANCE, len(found) / _MANY)]
    return [int(at) for at in kept]


def _sum(runs: _Runs, at: int, names: Sequence[str], *, sure: bool) -> Sum:
    return Sum(int(runs.row[at]), runs.way, int(runs.start[at]), int(runs.stop[at]) - 1, tuple(names), sure)


def _odds(each: _Quantity, runs: _Runs, at: Positions) -> Floats:
    """Return how likely runs are to add up to a row by accident: a running total steps by its figures."""
    terms = (runs.stop[at] - runs.start[at]).astype(np.int64)
    size = np.abs(each.units[runs.row[at]]).astype(np.float64)
    steps = size if runs.way == "others" else np.minimum(each.mean, size / terms)
    return np.asarray(np.minimum(1.0, (1.0 + each.slack(terms)) / np.maximum(steps, 1.0)), dtype=np.float64)


def _by_chance(trials: int, odds: Sequence[float], found: int) -> bool:
    """Tell whether so many findings would come by accident."""
    return trials * prod(odds) >= max(_CHANCE, found / _MANY)


def _independent(quantities: Sequence[_Quantity], runs: _Runs, at: int) -> bool:
    """Tell whether two of some quantities are not proportional in the rows that are summed."""
    members = np.arange(runs.start[at], runs.stop[at])
    members = members[members != runs.row[at]]
    first = quantities[0].units[members].astype(np.float64)
    for other in quantities[1:]:
        second = other.units[members].astype(np.float64)
        expected = first * (second.sum() / first.sum()) if first.sum() else first
        if (np.abs(second - expected) > 0.5 + 1e-9 * np.abs(expected)).any():
            return True
    return False
