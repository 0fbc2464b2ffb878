"""Which territory of the tier above each territory lies in, and what can be wrong with that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from equite.errors import Problem, TerritoriesError, nearest
from equite.inputs.cells import tidy
from equite.inputs.columns import Aside, ColumnPlace
from equite.inputs.grid import truncate_problems
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["KeyColumn", "Positions", "chain", "keyed", "linked", "loops"]

Positions = npt.NDArray[np.intp]
#: How many codes of a loop are shown.
_LOOP = 6


@dataclass(frozen=True)
class KeyColumn:
    """The column of the codes, and how many digits a code of digits has."""

    heading: str | None = None
    width: int | None = None

    @classmethod
    def of(cls, key: object) -> KeyColumn:
        """Read a heading, a heading and a width, or a mapping or an object that names ``column`` and ``width``."""
        if key is None or isinstance(key, (str, KeyColumn)):
            return key if isinstance(key, KeyColumn) else cls(key)
        if isinstance(key, Mapping):
            return cls(key.get("column"), key.get("width"))
        if isinstance(key, Sequence):
            return cls(*key[:2])
        return cls(getattr(key, "column", None), getattr(key, "width", None))

    def padded(self, code: str) -> str:
        """Return a code of digits its width."""
        return code.zfill(self.width) if self.width is not None and code.isdigit() else code


def keyed(table: object, key: KeyColumn, tier: str, parent: str | None = None, text: Sequence[str] = ()) -> Territories:
    """Read the territories of a tier; where a code stands twice, under two parents, say so.

    Raises
    ------
    TerritoriesError
        As :func:`equite.inputs.territories.read_territories` does, or if nothing says which column holds the codes.
    """
    wanted = tuple(text) if parent is None else (*text, parent)
    try:
        found = Territories.of(table, key=key.heading, width=key.width, text=wanted)
    except TerritoriesError as error:
        if parent is None or not any(problem.id == "input-code-twice" for problem in error.problems):
            raise
        plain = Territories.of(table, text=(*wanted, key.heading or ""))
        raise TerritoriesError(_twice(error.problems, plain, parent, tier)) from None
    if found.key is None:
        raise TerritoriesError([Problem("tiers-no-key", {"tier": tier}, file=found.source.name)])
    return found


def _twice(problems: Sequence[Problem], table: Territories, parent: str, tier: str) -> Iterator[Problem]:
    """Tell a child under two parents from a row written twice."""
    over: dict[object, str | None] = {table.row(at): found for at, found in enumerate(table.texts(parent))}
    for problem in problems:
        first = problem.values.get("first")
        parents = over.get(first), over.get(problem.line)
        if problem.id != "input-code-twice" or None in parents or parents[0] == parents[1]:
            yield problem
            continue
        said = {**problem.values, "tier": tier, "one": parents[0], "other": parents[1]}
        yield Problem("tiers-two-parents", said, parent, problem.line, problem.file, row_is_line=False)


def linked(
    below: Territories,
    heading: str,
    above: Sequence[str],
    key: KeyColumn,
    elsewhere: Mapping[str, Sequence[str]],
    *,
    tier: str | None = None,
) -> tuple[Positions, list[Problem]]:
    """Find each territory's place among the codes of the tier above.

    Parameters
    ----------
    below : Territories
        The tier whose parents are looked for.
    heading : str
        Its column of parents.
    above : sequence of str
        The codes of the tier above.
    key : KeyColumn
        How these codes are written.
    elsewhere : mapping of str to sequence of str
        The codes of the other tiers: a parent found there skips a level.
    tier : str, optional
        The tier above. Without it, parents are looked for in the whole table, and may be blank.

    Returns
    -------
    array of int, shape (n,)
        The places, -1 where there is none.
    list of Problem
        What is wrong, the first few only if they are many.
    """
    heading = tidy(heading)
    places, distinct = pd.factorize(below.texts(heading))
    asked = [key.padded(code) for code in distinct]
    index = pd.Index(np.array(above, dtype=object))
    found = np.append(index.get_indexer(np.array(asked, dtype=object)), -1)[places]
    wrong = np.flatnonzero((found < 0) & (places >= 0 if tier is None else True))
    place = ColumnPlace(below.data, heading, below.codes, below.source)
    said = {"above": Aside("tiers-in-table", "") if tier is None else Aside("tiers-in-tier", tier)}
    mistakes = (
        place.mistake("tiers-no-parent", int(at), **said)
        if places[at] < 0
        else _unknown(asked[places[at]], int(at), place, above, elsewhere, said)
        for at in wrong
    )
    return found.astype(np.intp), list(truncate_problems(mistakes, len(wrong)))


def _unknown(
    code: str,
    at: int,
    place: ColumnPlace,
    above: Sequence[str],
    elsewhere: Mapping[str, Sequence[str]],
    said: Mapping[str, object],
) -> Problem:
    """Say why a parent is not among the codes of the tier above."""
    for tier, codes in elsewhere.items():
        if code in codes:
            return place.mistake("tiers-skipped", at, **said, found=tier)
    bare = [known for known in above if known.isdigit() and code.isdigit() and int(known) == int(code)]
    if bare:
        return place.mistake("tiers-lost-zeros", at, **said, known=bare[0])
    near = nearest(code, above)
    if near.names:
        return place.mistake("tiers-unknown-near", at, **said, nearest=near)
    return place.mistake("tiers-unknown", at, **said, codes=Codes(tuple(above)))


def loops(upward: Positions, table: Territories, heading: str) -> list[Problem]:
    """Find the territories that lie, by way of their parents, in themselves.

    Parameters
    ----------
    upward : array of int, shape (n,)
        The place of each territory's parent in the same table, -1 where it has none.
    table : Territories
        The table, and its column of parents.
    heading : str
        The column of parents.
    """
    # Twice as far at each round: what has not come to a top after n steps never will. The last cell stands for it.
    step = np.append(upward, -1)
    for _ in range(len(upward).bit_length() + 1):
        step = np.where(step < 0, -1, step[step])
    seen: set[int] = set()
    found = []
    place = ColumnPlace(table.data, tidy(heading), table.codes, table.source)
    for start in map(int, np.unique(step[step >= 0])):  # whoever is reached so far up stands on the loop itself
        if start in seen:
            continue
        ring = [start]
        while (following := int(upward[ring[-1]])) != start:
            ring.append(following)
        seen.update(ring)
        low = ring.index(min(ring))
        codes = [table.codes[at] for at in (*ring[low:], *ring[:low])]
        shown = " → ".join([*codes[:_LOOP], *(["…"] if len(codes) > _LOOP else []), codes[0]])
        found.append(place.mistake("tiers-loop", min(ring), loop=shown))
    return list(truncate_problems(found, len(found)))


def chain(tier: npt.NDArray[np.object_], upward: Positions) -> tuple[tuple[str, ...], list[Problem]]:
    """Work out the order of the tiers, top first, from who lies under whom.

    What most territories of a tier lie under is the tier above it; :func:`linked` then finds the others.

    Parameters
    ----------
    tier : array of str, shape (n,)
        The tier of each territory.
    upward : array of int, shape (n,)
        The place of each territory's parent, -1 at the top.
    """
    over = np.where(upward < 0, "", tier[upward])
    above = {name: str(pd.Series(over[tier == name]).mode().iloc[0]) for name in pd.unique(tier)}
    tops = [name for name in above if above[name] == ""]
    if len(tops) != 1:
        entry = "tiers-two-tops" if tops else "tiers-no-top"
        return (), [Problem(entry, {"tiers": Codes(tuple(tops or above))})]
    order = tops
    while under := [name for name in above if above[name] == order[-1]]:
        if len(under) > 1:
            return (), [Problem("tiers-branch", {"above": order[-1], "tiers": Codes(tuple(under))})]
        order.append(under[0])
    if left := [name for name in above if name not in order]:
        return (), [Problem("tiers-no-top", {"tiers": Codes(tuple(left))})]
    return tuple(order), []
