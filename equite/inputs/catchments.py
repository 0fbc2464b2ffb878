"""People who are served elsewhere than where they live, counted where they are served."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.errors import Problem, Problems, TerritoriesError
from equite.inputs.columns import ColumnRule
from equite.inputs.crosswalk.links import LARGEST, Floats, Texts, exact_sums, linked
from equite.inputs.crosswalk.pieces import note_blanks, note_unknown, pair, place_of
from equite.inputs.crosswalk.units import are_whole, parts_of, settled
from equite.inputs.grid import truncate_problems
from equite.inputs.indicators.results import described
from equite.inputs.territories import Territories
from equite.wording import Codes, Numeral, say_in_all

__all__ = ["catchments"]

#: Sums that differ by less are the same sum.
_DUST = 1e-9


@takes(TerritoriesError, but=("fraction",))
def catchments(
    table: object,
    flows: object,
    *,
    people: str,
    origin: str,
    destination: str,
    count: str,
    key: str | None = None,
    fraction: float = 1.0,
) -> pd.DataFrame:
    """Move people from where they live to where they are served, fully or in part.

    ::

        served_t = residents_t − fraction × Σ_d flow_td + fraction × Σ_o flow_ot

    Parameters
    ----------
    table : path, frame, mapping, sequence of mappings or Territories
        One row for each territory.
    flows : path, frame, mapping, sequence of mappings or Territories
        One row for each origin and destination. People served where they live may be in it, and stay.
    people : str
        The heading, in the table, of the residents.
    origin, destination, count : str
        The headings, in the flows, of the code where people live, of the code where they are served, and of how many.
    key : str, optional
        The heading of the table's codes; by default its own key.
    fraction : float, optional
        What part of them is moved, 0 to 1: 0.5 shares each of them equally between home and where they are served.

    Returns
    -------
    pandas.DataFrame
        By code: ``residents``, ``leaving`` and ``arriving`` (as moved, so times the fraction), ``served``. If residents
        are whole numbers all are, and the whole people of each origin go by largest remainders, ties to the first code.
        ``served`` adds up to ``residents``.

    Raises
    ------
    TerritoriesError
        With every code that the table does not have, flow given twice, missing or negative number, origin of which more
        people are served than live there, fraction outside 0 to 1.

    Examples
    --------
    >>> table = {"code": ["A", "B"], "people": [100, 200]}
    >>> flows = {"home": ["A"], "served": ["B"], "people": [40]}
    >>> found = equite.catchments(
    ...     table, flows, people="people", origin="home", destination="served", count="people", key="code", fraction=0.5
    ... )
    >>> found["served"].to_dict()
    {'A': 80, 'B': 220}
    """
    problems = Problems(TerritoriesError)
    if not isinstance(fraction, int | float | np.number) or not 0 <= fraction <= 1:
        problems.add("catchment-fraction", "fraction", value=str(fraction))
    territories = Territories.of(table, key=key)
    if territories.key is None:
        problems.add("crosswalk-no-key", file=territories.source.name)
    problems.refuse()
    residents = _residents(territories, people, problems)
    of, to, moved = _flows(Territories.of(flows, text=[origin, destination]), origin, destination, count, problems)
    _refuse_beyond(territories.codes, residents, of, to, moved, problems)
    return _moved(territories, residents, people, of, to, moved * fraction)


def _residents(territories: Territories, people: str, problems: Problems) -> Floats:
    rule = ColumnRule(people, people, "extensive", maximum=LARGEST)
    residents = territories.columns_for([rule])[people].astype(np.float64)
    missing = np.flatnonzero(np.isnan(residents))
    problems.found.extend(place_of(territories, people).mistakes({"catchment-people-missing": missing}))
    return residents


def _flows(
    flows: Territories, origin: str, destination: str, count: str, problems: Problems
) -> tuple[Texts, Texts, Floats]:
    """Read the flows, and note those that lack a code or a number, or stand twice."""
    rules = [ColumnRule(name, name, "text") for name in (origin, destination)]
    columns = flows.columns_for([*rules, ColumnRule(count, count, "extensive", maximum=LARGEST)])
    of, to = columns[origin].astype(object), columns[destination].astype(object)
    for heading, codes in ((origin, of), (destination, to)):
        blank = np.array([at for at, code in enumerate(codes) if code is None], dtype=np.intp)
        problems.found.extend(place_of(flows, heading).mistakes({"catchment-blank": blank}))
    moved = columns[count].astype(np.float64)
    note_blanks(flows, count, moved, problems)
    pairs = pd.Series([pair(*codes) for codes in zip(of, to, strict=True)], dtype=object)
    if twice := tuple(dict.fromkeys(pairs[pairs.duplicated()])):
        problems.add("catchment-twice", pieces=Codes(twice), file=flows.source.name)
    return of, to, moved


def _refuse_beyond(
    codes: Sequence[str], residents: Floats, of: Texts, to: Texts, moved: Floats, problems: Problems
) -> None:
    """Refuse flows of unknown codes, and origins of which more people are served than live there."""
    known = dict(zip(codes, residents.tolist(), strict=True))
    strangers = sorted({code for code in (*of, *to) if code is not None and code not in known})
    note_unknown(strangers, codes, problems, entry="catchment-unknown")
    problems.refuse()
    served = pd.Series(moved).groupby(of).apply(lambda flows: math.fsum(flows))
    beyond = [(code, total) for code, total in served.items() if total > known[str(code)] * (1 + _DUST)]
    found = (
        Problem(
            "catchment-beyond",
            {
                "code": code,
                "flows": Numeral(total),
                "people": Numeral(known[str(code)]),
                "gap": Numeral(total - known[str(code)]),
            },
        )
        for code, total in beyond
    )
    problems.found.extend(truncate_problems(found, len(beyond)))
    problems.refuse()


def _moved(
    territories: Territories, residents: Floats, people: str, of: Texts, to: Texts, moved: Floats
) -> pd.DataFrame:
    """Cut the residents of each origin in those who stay and those who go, and count them where they are served."""
    codes = np.array(territories.codes, dtype=object)
    place = {code: at for at, code in enumerate(codes)}
    away = of != to
    origins = np.array([place[code] for code in of[away]], dtype=np.intp)
    staying = np.maximum(residents - exact_sums(moved[away], origins, len(codes)), 0.0)
    # Everyone has a piece at home, so that sources and targets are the same codes, in the same order.
    links = linked(
        np.concatenate([codes, of[away]]),
        np.concatenate([codes, to[away]]),
        {people: np.concatenate([staying, moved[away]])},
    )
    living = residents[np.argsort(codes, kind="stable")]
    whole = are_whole(living)
    parts = parts_of(living, links.shares[people], links.source)
    left = links.source != links.target
    columns = {
        "residents": living,
        "leaving": exact_sums(parts[left], links.source[left], len(codes)),
        "arriving": exact_sums(parts[left], links.target[left], len(codes)),
        "served": settled(exact_sums(parts, links.target, len(codes)), math.fsum(living.tolist())),
    }
    index = pd.Index(links.sources, name=territories.key, dtype=object)
    found = pd.DataFrame(columns, index=index).astype(np.int64 if whole else np.float64)
    return _described(found)


def _described(found: pd.DataFrame) -> pd.DataFrame:
    unit = say_in_all("measure-people")
    return described(
        found,
        title=say_in_all("measure-people-served"),
        unit=unit,
        method=say_in_all("measure-people-served-method"),
        source="a table of flows from origin to destination",
        columns={
            "residents": (say_in_all("measure-residents"), unit),
            "leaving": (say_in_all("measure-served-elsewhere"), unit),
            "arriving": (say_in_all("measure-come-from-elsewhere"), unit),
            "served": (say_in_all("measure-served-here"), unit),
        },
    )
