"""Which territories are alike: near each other on what their page measures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from equite.engine.accounts import Level
from equite.engine.allocate import allocate
from equite.engine.allocation import Allocation
from equite.engine.sharing import Floats

__all__ = ["Places", "like_pairs", "measures_of", "nearest_elsewhere", "placed", "scores_of"]

#: Places of territories among their tier's codes.
Places = NDArray[np.intp]
#: Rows looked at on either side, to begin with.
_REACH = 64
#: A measure that varies by no more than this part of itself is the same for all.
_DUST = 1e-12


def like_pairs(level: Level, people: Floats | None) -> tuple[Places, Places, Floats]:
    """Set each territory of a tier beside the most alike under another parent.

    Parameters
    ----------
    level : Level
        The tier.
    people : ndarray, shape (n,), or None
        The people of its territories; those that have none, or take no part, have no pair.

    Returns
    -------
    first, like : ndarray of int, shape (pairs,)
        The territories of each pair; none where all have one parent.
    distance : ndarray, shape (pairs,)
        As :func:`nearest_elsewhere` gives it.
    """
    measured = _measured_together(level)
    served = np.array([] if measured is None else [level.rows[code] for code in measured.codes], dtype=np.intp)
    heads = None if people is None else people[served]
    counted = np.ones(served.size, dtype=bool) if heads is None else heads > 0
    rows = served[counted]
    measures = np.zeros((0, 0)) if measured is None else measures_of(measured, heads)[counted]
    like, distance = nearest_elsewhere(measures, level.parent[rows])
    there = like >= 0
    return rows[there], rows[like[there]], distance[there]


def _measured_together(level: Level) -> Allocation | None:
    """Return a tier's page on all that it serves, measured among all of them; None where it serves nobody."""
    if level.tier.measured_among == "tier" or not level.allocations:
        return next(iter(level.allocations), None)
    served = [code for allocation in level.allocations for code in allocation.codes]
    return allocate(level.allocations[0].formula, level.territories, serving=served)


def measures_of(allocation: Allocation, people: Floats | None) -> Floats:
    """Return what territories are alike on: what their page measures, and how many people they have.

    The scores of the criteria of all indices; on a page without any, each part's score per head, or per territory
    where nobody counts people. And the logarithm of people, for money per head depends on size on nearly every page.

    Parameters
    ----------
    allocation : Allocation
        The page on the territories.
    people : ndarray, shape (eligible,), or None
        Their people; those that have none are not measured.

    Returns
    -------
    ndarray, shape (eligible, measures)
    """
    scorings = [allocation.scope.scoring(name) for name in allocation.formula.indices]
    found = {criterion.name: criterion.scores for scoring in scorings for criterion in scoring.criteria}
    heads = np.ones(len(allocation.codes)) if people is None else np.where(people > 0, people, np.nan)
    if not found:
        by_need = [result for result in allocation.parts_shared if result.part.share.equally is None]
        found = {each.part.id: (each.fixed if each.part.is_fixed else each.score) / heads for each in by_need}
    if people is not None:
        found["people"] = np.log(heads)
    return np.stack(list(found.values()), axis=1) if found else np.zeros((heads.size, 0))


def nearest_elsewhere(measures: Floats, groups: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats]:
    """Find for each row the row of another group that is most like it.

    Distance is the root of the mean squared difference over the measures, each brought to mean 0 and standard
    deviation 1 over all rows, so that none counts more for its unit. At a distance of 0.5, two rows stand half a
    standard deviation apart on an average measure; two rows drawn at random, 1.4. A missing measure counts as its
    mean, one that is the same for all counts for nothing.

    Parameters
    ----------
    measures : ndarray, shape (n, k)
        What rows are compared on.
    groups : ndarray of int, shape (n,)
        Each row's group.

    Returns
    -------
    like : ndarray of int, shape (n,)
        The row that is nearest; -1 where there is no other group.
    distance : ndarray, shape (n,)
        How far it is; missing where there is none.
    """
    size = len(groups)
    like, distance = np.full(size, -1, dtype=np.intp), np.full(size, np.nan)
    if not size or (groups == groups[0]).all():
        return like, distance
    z = _standard(measures)
    along = _main_axis(z)
    order = np.lexsort((groups, along))
    z, along, sorted_groups = z[order], along[order], groups[order]
    for at, row in enumerate(order):
        other, apart = _nearest(at, z, along, sorted_groups)
        like[row], distance[row] = order[other], np.sqrt(apart / max(1, z.shape[1]))
    return like, distance


def _nearest(at: int, z: Floats, along: Floats, groups: NDArray[np.intp]) -> tuple[int, float]:
    """Find the row nearest to one, and its squared distance, in rows sorted along an axis.

    Rows are no nearer to each other than their places on the axis. So a window that reaches past the nearest row found
    in it holds the nearest of all.
    """
    size, reach = len(along), _REACH
    while True:
        low, high = max(0, at - reach), min(size, at + reach + 1)
        gaps = z[low:high] - z[at]
        apart = np.where(groups[low:high] == groups[at], np.inf, np.einsum("ij,ij->i", gaps, gaps))
        best = int(apart.argmin())
        below = along[at] - along[low - 1] if low else np.inf
        above = along[high] - along[at] if high < size else np.inf
        if min(below, above) ** 2 >= apart[best]:
            return low + best, float(apart[best])
        reach *= 2


def _main_axis(z: Floats) -> Floats:
    """Return each row's place along the axis on which rows differ most."""
    if not z.shape[1]:
        return np.zeros(len(z))
    _, axes = np.linalg.eigh(z.T @ z)
    return np.asarray(z @ axes[:, -1])


def _standard(measures: Floats) -> Floats:
    """Bring each column that varies to mean 0 and standard deviation 1, missing cells to 0; leave out the others."""
    columns = []
    for column in measures.T:
        there = column[~np.isnan(column)]
        low, high = (there.min(), there.max()) if there.size else (0.0, 0.0)
        # Binary dust is no difference.
        if high - low > _DUST * max(abs(low), abs(high)):
            unit = (column - low) / (high - low)
            columns.append(np.nan_to_num((unit - np.nanmean(unit)) / np.nanstd(unit)))
    return np.stack(columns, axis=1) if columns else np.zeros((len(measures), 0))


def placed(level: Level, of: Callable[[Allocation], Floats | None]) -> Floats:
    """Place values of a tier's allocations by its codes; missing for those that none of them serves."""
    found = np.full(len(level.codes), np.nan)
    for allocation in level.allocations:
        values = of(allocation)
        if values is not None:
            found[[level.rows[code] for code in allocation.codes]] = values
    return found


def scores_of(index: str, allocation: Allocation) -> Floats | None:
    """Return an index's scores; a parent's own page may have none of that name."""
    if index not in allocation.formula.indices:
        return None
    return allocation.scope.scoring(index).scores[allocation.context.rows]
