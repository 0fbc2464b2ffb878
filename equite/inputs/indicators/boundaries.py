"""Whether a territory matches the districts of the institutions that serve it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import Problems, TerritoriesError
from equite.inputs.indicators.checks import COUNT, note_all_zero
from equite.inputs.indicators.results import described
from equite.inputs.indicators.tables import TableGroups, long_table
from equite.wording import Codes, say_in_all

__all__ = ["boundaries"]


@takes(TerritoriesError)
def boundaries(
    pieces: object,
    *,
    territory: str,
    district: str,
    people: str,
    minimum_share: float,
    institution: str | None = None,
) -> pd.DataFrame:
    """Compute how many districts cut a territory, and how much of it lies in the main one.

    A piece is what a territory and an institution's district have in common. With p_kd the share of the territory's
    people, as institution k covers them, who live in its district d::

        districts_touched  = number of pairs (k, d) where p_kd >= minimum_share and p_kd > 0
        main_overlap_share = mean_k max_d p_kd          (1: each institution has one district for the whole territory)

    Parameters
    ----------
    pieces : table
        One row for each piece.
    territory, district, people : str
        The headings of the territory's code, of the district's code or name, and of the people of the piece.
    minimum_share : float
        The share of the territory's people from which a district counts as touched, 0 to 1: 0.01 leaves out slivers.
    institution : str, optional
        The heading of the institution (health, schools, employment…); by default all districts are of one.

    Returns
    -------
    pandas.DataFrame
        By territory code, sorted, shape (n, 4): ``districts_touched``; ``main_overlap_share`` and
        ``lowest_overlap_share`` (the worst institution's, which the mean hides), 0 to 1; ``coverage``, the people of
        the institution whose pieces hold fewest over those of the one whose pieces hold most: below 1, pieces are
        lacking.

    Raises
    ------
    TerritoriesError
        With every blank code, repeated piece, missing or negative number of people; every institution that is silent on
        a territory, or puts nobody in it; a minimum share that is not one.

    References
    ----------
    OVSS and Collectif des partenaires en développement des communautés (2022), *Équité territoriale*, thematic sheet of
    the États généraux en développement des communautés, names the difference. The measure is that of equite's own
    catalogue, ``boundary_overlap`` and ``boundary_coherence``.

    Examples
    --------
    >>> pieces = {"code": ["A", "A", "B"], "district": ["1", "2", "1"], "people": [30, 10, 20]}
    >>> found = equite.indicators.boundaries(
    ...     pieces, territory="code", district="district", people="people", minimum_share=0.01
    ... )
    >>> found[["districts_touched", "main_overlap_share"]].to_dict("list")
    {'districts_touched': [2, 1], 'main_overlap_share': [0.75, 1.0]}
    """
    problems = Problems(TerritoriesError)
    if not (math.isfinite(minimum_share) and 0 <= minimum_share <= 1):
        expected = say_in_all("measure-expected-share")
        problems.add("indicator-option", "minimum_share", value=str(minimum_share), expected=expected)
    texts = [territory, district] if institution is None else [territory, institution, district]
    rows = long_table(pieces, problems, texts=texts, unique=texts, numbers={people: COUNT})
    served = rows[territory] if institution is None else rows[territory] + " / " + rows[institution]
    groups, pairs = TableGroups.by(rows[territory]), TableGroups.by(served)
    if institution is not None:
        _refuse_silent(rows[[territory, institution]], problems)
    living = rows[people].to_numpy()
    totals = pairs.total(living)
    note_all_zero(pairs.codes, totals, people, problems)
    problems.refuse()
    shares = living / totals[pairs.of]
    largest = np.maximum.reduceat(shares, pairs.starts)
    first_pair = pairs.of[groups.starts]
    institutions = np.diff(np.r_[first_pair, len(largest)])
    touched = (shares >= minimum_share) & (shares > 0)
    found = pd.DataFrame(
        {
            "districts_touched": groups.total(touched.astype(np.float64)).astype(np.int64),
            "main_overlap_share": np.add.reduceat(largest, first_pair) / institutions,
            "lowest_overlap_share": np.minimum.reduceat(largest, first_pair),
            "coverage": np.minimum.reduceat(totals, first_pair) / np.maximum.reduceat(totals, first_pair),
        },
        index=groups.index,
    )
    return described(
        found,
        title=say_in_all("measure-boundaries"),
        unit=say_in_all("measure-share"),
        method=say_in_all("measure-boundaries-method"),
        source="OVSS and Collectif (2022), Équité territoriale; measure of equite's own catalogue",
        columns={
            "districts_touched": (say_in_all("measure-districts-touched"), say_in_all("measure-districts")),
            "main_overlap_share": (say_in_all("measure-main-overlap"), say_in_all("measure-share")),
            "lowest_overlap_share": (
                say_in_all("measure-lowest-overlap"),
                say_in_all("measure-share"),
            ),
            "coverage": (say_in_all("measure-least-covered"), say_in_all("measure-share")),
        },
        minimum_share=minimum_share,
    )


def _refuse_silent(pieces: pd.DataFrame, problems: Problems) -> None:
    """Note the institutions that have no piece in a territory: they would count as perfectly coherent."""
    told = set(pieces.itertuples(index=False, name=None))
    territories, institutions = (sorted(set(pieces[heading]) - {""}) for heading in pieces)
    silent = tuple(f"{code} / {name}" for code in territories for name in institutions if (code, name) not in told)
    if silent:
        problems.add("indicator-silent", str(pieces.columns[1]), codes=Codes(silent))
