"""Carry columns up to larger territories: what adds up is added, what is a rate is averaged, never the other way."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite import wording
from equite.arguments import takes
from equite.errors import Problem, Problems, TerritoriesError, nearest
from equite.inputs.cells import EXACT, text_of, tidy
from equite.inputs.columns import ColumnPlace, ColumnRule, groups_spelled_twice
from equite.inputs.columns import Kind as ReadAs
from equite.inputs.grid import truncate_problems
from equite.inputs.measures import Measure, Measures, measures_of
from equite.inputs.territories import Territories

__all__ = ["RollUp", "roll_up", "rolled"]

Floats = npt.NDArray[np.float64]
Numbers = Floats | npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]
#: The heading of the codes in a result.
_CODE = "code"
#: Sums of weights differ by so much of their size without meaning it.
_DUST = 2.0**-40


@dataclass(frozen=True, eq=False, repr=False)
class RollUp:
    """Columns carried up to larger territories.

    Attributes
    ----------
    territories : Territories
        The larger territories under the heading ``code``, a column for each measure; NaN where it is missing.
    coverage : pandas.DataFrame
        For each code and measure, the share of the denominator (of the rows, for what has none) whose figure is known,
        0 to 1; NaN where the denominator itself is not known or is zero.
    measures : tuple of Measure
        How each column was carried.
    rows : array of int, shape (n,)
        How many rows each territory is made of.
    covered, whole : mapping of str to array of float
        For each measure, the denominator whose figure is known, and all of it. They let a roll-up be rolled up again.
    """

    territories: Territories
    coverage: pd.DataFrame
    measures: tuple[Measure, ...]
    rows: npt.NDArray[np.int64]
    covered: Mapping[str, Floats]
    whole: Mapping[str, Floats]

    def __len__(self) -> int:
        """Count the larger territories."""
        return len(self.territories)

    def __repr__(self) -> str:
        """Show the larger territories, and the least of each column that is covered."""
        return f"{self.territories!r}\n{self._least()}"

    def _repr_html_(self) -> str:
        """Show the same in a notebook."""
        return f"{self.territories._repr_html_()}\n<p>{html.escape(self._least())}</p>"

    def _least(self) -> str:
        language = wording.preferred_language()
        # Of a denominator that is not known somewhere, nobody can say how little is covered.
        least = {
            name: math.nan if np.isnan(self.whole[name]).any() else self.coverage[name].min() for name in self.whole
        }
        parts = ", ".join(f"{name} {wording.percent(float(share), language)}" for name, share in least.items())
        return wording.say("roll-up-coverage", language, least=parts)


@takes(TerritoriesError, but=("to",))
def roll_up(
    table: object,
    to: str | Mapping[str, str],
    measures: Measures = (),
    *,
    key: str | None = None,
    by: str | None = "population",
    missing: str = "keep",
) -> RollUp:
    """Carry columns of a table up to larger territories.

    With x the column and d the denominator, over the rows i of a larger territory::

        extensive  sum_i x_i                       people, km², dollars
        intensive  sum_i d_i x_i / sum_i d_i       rates, means, indices; d is the rate's own denominator
        ordinal    the lowest level at or under which lies half of the weight d: a median, always a level
        yes_no     sum_i d_i yes_i / sum_i d_i     the share of d where it is yes; or one yes is enough (take: any)

    A rate is never added. A row whose denominator is zero has no say in a mean.

    Parameters
    ----------
    table : table or RollUp
        A path, a frame, a mapping of columns, a list of rows, territories, or an earlier roll-up. Rolled up again, it
        gives what its own rows would have given; save for medians, which are refused: a median of medians is another
        number.
    to : str or mapping of str to str
        The column that holds the code of the larger territory, or each code's larger territory.
    measures : mapping or sequence of str
        How each column is carried: its kind, ``{"aid": "extensive", "aid_rate": "intensive"}``; or a mapping with
        ``kind`` and, where they matter, ``by`` (its own denominator; None counts each row once), ``levels`` (names of
        an ordinal's levels, lowest first), ``take`` (for a yes or no: ``share`` or ``any``) and ``heading``; or any
        object with a ``kind``, such as a formula's column. None, or a list of names, takes the kind that the catalogue
        of criteria gives. Of an earlier roll-up, some of its columns; all of them by default.
    key : str, optional
        The column of the codes, needed where ``to`` is a mapping.
    by : str or None
        The denominator of what states none of its own; None counts each row once.
    missing : {"keep", "skip"}
        Whether a figure that is missing makes the result missing, or is left out with its denominator.

    Returns
    -------
    RollUp
        The larger territories by code, and how much of each figure is covered. Whole numbers add up exactly.

    Raises
    ------
    TerritoriesError
        With every column whose kind is not known, every row without a larger territory, every cell that cannot be
        read.

    Examples
    --------
    >>> table = {"code": ["1", "2"], "region": ["N", "N"], "people": [100, 300], "rate": [0.1, 0.2]}
    >>> found = equite.roll_up(
    ...     table, to="region", measures={"people": "extensive", "rate": "intensive"}, key="code", by="people"
    ... )
    >>> found.territories.data.to_dict("records")
    [{'code': 'N', 'people': 400, 'rate': 0.175}]
    """
    if not isinstance(to, str | Mapping):
        raise TerritoriesError([Problem("roll-up-to-nothing", {"kind": type(to).__name__})])
    if isinstance(table, RollUp):
        places, codes = _targets(table.territories, to)
        return _again(table, places, codes, measures, missing)
    found = Territories.of(table, key=key, text=(to,) if isinstance(to, str) else ())
    places, codes = _targets(found, to)
    return rolled(found, places, codes, measures, by=by, missing=missing)


def rolled(
    table: Territories,
    places: Positions,
    codes: Sequence[str],
    measures: Measures,
    *,
    by: str | None = "population",
    missing: str = "keep",
) -> RollUp:
    """Carry columns up, each row's place among the larger territories being known; see :func:`roll_up`."""
    found, mistakes = measures_of(measures, by)
    problems = Problems(TerritoriesError)
    problems.found.extend(mistakes)
    columns = {measure.name: figures for measure in found if (figures := _read(table, measure, problems))}
    target = _Target(places, codes, np.bincount(places, minlength=len(codes)))
    return _climbed(found, columns, target, missing, problems)


def _again(below: RollUp, places: Positions, codes: Sequence[str], names: Measures, missing: str) -> RollUp:
    """Roll up an earlier roll-up, by the denominators that it carries."""
    problems = Problems(TerritoriesError)
    known = {measure.name: measure for measure in below.measures}
    if isinstance(names, Mapping):
        problems.add("roll-up-stated-again")
        problems.refuse()
    wanted = ([names] if isinstance(names, str) else list(names)) or list(known)
    for name in wanted:
        if name not in known:
            problems.add("roll-up-not-carried", column=name, nearest=nearest(name, known))
        elif known[name].kind == "ordinal":
            problems.add("roll-up-median-again", column=name)
    problems.refuse()
    filled = below.rows > 0
    columns = {
        name: _Figures(_raw(below.territories, name)[filled], below.covered[name][filled], below.whole[name][filled])
        for name in wanted
    }
    rows = np.bincount(places, below.rows, minlength=len(codes)).astype(np.int64)
    target = _Target(places[filled], codes, rows)
    return _climbed([known[name] for name in wanted], columns, target, missing, problems)


@dataclass(frozen=True)
class _Figures:
    """A column with its denominator: that of the figures that are known, and all of it (NaN where it is not known)."""

    values: Numbers
    covered: Floats
    whole: Floats


def _targets(table: Territories, to: str | Mapping[str, str]) -> tuple[Positions, tuple[str, ...]]:
    """Return each row's place among the larger territories, and their codes, sorted."""
    problems = Problems(TerritoriesError)
    if isinstance(to, str):
        texts, place = table.texts(to), ColumnPlace(table.data, tidy(to), table.codes, table.source)
    elif table.key is None:
        raise TerritoriesError([Problem("roll-up-no-key", file=table.source.name)])
    else:
        place = ColumnPlace(table.data, table.key, (), table.source)
        texts = np.array([text_of(to.get(code)) for code in table.codes], dtype=object)
    entry = "roll-up-blank" if isinstance(to, str) else "roll-up-no-target"
    nowhere = np.flatnonzero(pd.isna(texts))
    problems.found.extend(truncate_problems((place.mistake(entry, int(at)) for at in nowhere), len(nowhere)))
    if isinstance(to, str):
        problems.found.extend(groups_spelled_twice(place, texts))
    problems.refuse()
    places, codes = pd.factorize(texts, sort=True)
    return places.astype(np.intp), tuple(codes)


def _read(table: Territories, measure: Measure, problems: Problems) -> _Figures | None:
    """Read a column and its denominator; note what is wrong with them."""
    kind: ReadAs = "yes_no" if measure.kind == "yes_no" else "ordinal" if measure.levels else "number"
    rules = [ColumnRule("x", measure.heading, kind, levels=measure.levels)]
    if measure.by is not None and measure.by in table.data.columns:
        rules.append(ColumnRule("d", measure.by, "extensive"))
    elif measure.by is not None:
        problems.add(
            "roll-up-no-denominator",
            file=table.source.name,
            column=measure.name,
            by=measure.by,
            nearest=nearest(measure.by, table.data.columns),
        )
    try:
        columns = table.columns_for(rules)
    except TerritoriesError as error:
        problems.found.extend(problem for problem in error.problems if problem not in problems.found)
        return None
    values = columns["x"].astype(np.float64) if kind != "number" else _raw(table, measure.heading)
    whole = columns["d"].astype(np.float64) if "d" in columns else np.ones(len(values))
    return _Figures(values, np.where(np.isnan(values) | np.isnan(whole), 0.0, whole), whole)


def _raw(table: Territories, heading: str) -> Numbers:
    """Return a column of numbers, integers as such: beyond 2⁵³ a float would lose their last digits."""
    column = table.data[heading]
    return column.to_numpy(np.int64) if column.dtype.kind == "i" else table.numbers(heading)


class _Target(NamedTuple):
    """Each row's place among the larger territories, their codes, and how many rows each of them has."""

    places: Positions
    codes: Sequence[str]
    rows: npt.NDArray[np.int64]


def _climbed(
    measures: Sequence[Measure], columns: Mapping[str, _Figures], target: _Target, missing: str, problems: Problems
) -> RollUp:
    """Carry every column up and lay out the result, or refuse all that is wrong."""
    if missing not in ("keep", "skip"):
        problems.add("roll-up-missing", value=missing)
    if any(measure.name == _CODE for measure in measures):
        problems.add("roll-up-taken", column=_CODE)
    problems.refuse()
    places, codes, rows = target
    data: dict[str, object] = {_CODE: list(codes)}
    covered: dict[str, Floats] = {}
    whole: dict[str, Floats] = {}
    for measure in measures:
        figures, name = columns[measure.name], measure.name
        if missing == "skip":
            figures = replace(figures, covered=np.where(np.isnan(figures.values), 0.0, figures.covered))
        with np.errstate(over="ignore"):
            data[name] = _climb(measure, figures, places, len(codes), missing == "keep")
        if np.isinf(np.asarray(data[name], dtype=np.float64)).any():
            problems.add("roll-up-too-large", column=name)
        covered[name] = _added(figures.covered, places, len(codes))
        whole[name] = _added(figures.whole, places, len(codes))
    problems.refuse()
    coverage = pd.DataFrame({name: _ratio(covered[name], whole[name]) for name in covered}, index=list(codes))
    territories = Territories.from_frame(pd.DataFrame(data), key=_CODE)
    return RollUp(territories, coverage, tuple(measures), rows, covered, whole)


def _climb(measure: Measure, figures: _Figures, places: Positions, count: int, keep: bool) -> Numbers:
    """Carry one column up: integers where every figure is one, NaN where there is none."""
    values, weights = figures.values, np.where(np.isnan(figures.values), 0.0, figures.covered)
    missing = np.isnan(values)
    if measure.averaged:
        found: Numbers = _means(values.astype(np.float64), weights, places, count)
    elif measure.kind == "ordinal":
        found = _medians(values.astype(np.float64), weights, places, count)
    elif measure.any_yes:
        found = (np.bincount(places, values == 1.0, count) > 0).astype(np.int64)
    else:
        found = _sums(values, places, count)
    lost = np.bincount(places, ~missing, count) == 0
    if keep:
        # A row whose denominator is zero has no say in a mean, known or not.
        holes = (missing | np.isnan(figures.whole)) & (figures.whole != 0) if measure.weighted else missing
        lost |= (np.bincount(places, holes, count) > 0) & ~((found == 1) & measure.any_yes)
    lost |= np.isnan(found.astype(np.float64))
    if lost.any():
        return np.where(lost, np.nan, found.astype(np.float64))
    return found.astype(np.int64) if measure.kind == "ordinal" and (found % 1 == 0).all() else found


def _sums(values: Numbers, places: Positions, count: int) -> Numbers:
    """Add up; whole numbers exactly, whatever their size."""
    known = np.where(np.isnan(values), 0, values)
    if known.dtype.kind != "i" and ((known % 1 != 0) | (np.abs(known) > EXACT)).any():
        return _added(known.astype(np.float64), places, count)
    if np.abs(known.astype(np.float64)).sum() < EXACT:
        return _added(known.astype(np.float64), places, count).astype(np.int64)
    exact = np.zeros(count, dtype=object)
    np.add.at(exact, places, np.array([int(value) for value in known.tolist()], dtype=object))
    return np.array(exact.tolist())


def _means(values: Floats, weights: Floats, places: Positions, count: int) -> Floats:
    """Average by weight, never beyond the figures averaged."""
    counted = weights > 0
    values, weights, places = values[counted], weights[counted], places[counted]
    lowest, highest = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(lowest, places, values)
    np.maximum.at(highest, places, values)
    means = _ratio(_added(weights * values, places, count), _added(weights, places, count))
    return np.where(np.isinf(means), means, np.clip(means, lowest, highest))


def _medians(values: Floats, weights: Floats, places: Positions, count: int) -> Floats:
    """Find the lowest figure at or under which lies half of the weight."""
    frame = pd.DataFrame({"place": places, "value": values, "weight": weights})[weights > 0]
    frame = frame.sort_values(["place", "value"], kind="stable")
    reached = frame.groupby("place")["weight"]
    # Half of the weight is reached even where its sum carries some binary dust.
    half = reached.cumsum() >= reached.transform("sum") / 2.0 * (1.0 - _DUST)
    first = frame[half].drop_duplicates("place")
    found = np.full(count, np.nan)
    found[first["place"].to_numpy()] = first["value"].to_numpy()
    return found


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, NaN where there is nothing to divide by."""
    found = np.full(len(whole), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def _added(values: Floats, places: Positions, count: int) -> Floats:
    """Add up floats by place."""
    return np.bincount(places, values, count).astype(np.float64, copy=False)
