"""How a column is carried to larger territories: what adds up, what averages, and by what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from equite.errors import Problem, TerritoriesError, nearest
from equite.inputs.catalogue import read_catalogue
from equite.inputs.cells import tidy
from equite.inputs.columns import Level
from equite.wording import Codes

__all__ = ["Kind", "Measure", "Measures", "measures_of"]

Kind = Literal["extensive", "intensive", "ordinal", "yes_no"]
KINDS: tuple[str, ...] = get_args(Kind)
_KEYS = ("kind", "by", "levels", "take", "heading")
_TAKES = ("share", "any")
#: Stands for a denominator that is not stated: None says that each row counts once.
_DEFAULT = object()
#: What a call states: a kind for each column, or columns that are criteria of the catalogue.
Measures = Mapping[str, object] | Sequence[str]


@dataclass(frozen=True)
class Measure:
    """How one column is carried up.

    Attributes
    ----------
    name, heading : str
        What the result calls it, and what the table does.
    kind : {"extensive", "intensive", "ordinal", "yes_no"}
        Added; averaged; the median level; the share of yes.
    by : str or None
        The column of the denominator or weight; None counts each row once.
    levels : tuple
        The names of an ordinal's levels, lowest first.
    any_yes : bool
        Whether one yes is enough for a yes, instead of the share of yes.
    """

    name: str
    heading: str
    kind: Kind
    by: str | None
    levels: tuple[Level, ...] = ()
    any_yes: bool = False

    @property
    def averaged(self) -> bool:
        """Whether the result is a mean, weighted by the denominator."""
        return self.kind == "intensive" or (self.kind == "yes_no" and not self.any_yes)

    @property
    def weighted(self) -> bool:
        """Whether the denominator decides what each row counts for."""
        return self.averaged or self.kind == "ordinal"


def measures_of(stated: Measures, by: str | None) -> tuple[list[Measure], list[Problem]]:
    """Read what a call states of each column.

    Parameters
    ----------
    stated : mapping or sequence of str
        For each column a kind; a mapping with ``kind`` and, where they matter, ``by``, ``levels``, ``take`` and
        ``heading``; any object with a ``kind``; or None for a criterion of the catalogue. A list names such criteria.
    by : str or None
        The denominator of what is not added, where the column states none of its own.

    Returns
    -------
    list of Measure
        Those that can be carried up.
    list of Problem
        Why the others cannot.

    Raises
    ------
    TerritoriesError
        What is given names no columns at all.
    """
    if not isinstance(stated, Mapping | Iterable):
        raise TerritoriesError([Problem("roll-up-measures-nothing", {"kind": type(stated).__name__})])
    named = stated if isinstance(stated, Mapping) else dict.fromkeys([stated] if isinstance(stated, str) else stated)
    found: list[Measure] = []
    problems: list[Problem] = [] if named else [Problem("roll-up-nothing")]
    for name, said in named.items():
        keys = _keys(name, said)
        mistakes = list(_mistakes(name, keys))
        problems.extend(mistakes)
        if not mistakes:
            found.append(_measure(name, keys, by))
    return found, problems


def _keys(name: str, said: object) -> dict[str, object]:
    """Return what is stated of a column, whatever shape it has."""
    if said is None:
        criterion = read_catalogue().get(name)
        return {} if criterion is None else {"kind": criterion.kind, "levels": criterion.levels}
    if isinstance(said, str):
        return {"kind": said}
    if isinstance(said, Mapping):
        return dict(said)
    return {key: getattr(said, key) for key in ("kind", "levels", "heading") if getattr(said, key, None)}


def _mistakes(name: str, keys: Mapping[str, object]) -> Iterable[Problem]:
    kind, take = keys.get("kind"), keys.get("take", "share")
    for key in keys:
        if key not in _KEYS:
            values = {"column": name, "key": key, "nearest": nearest(str(key), _KEYS), "keys": Codes(_KEYS)}
            yield Problem("roll-up-unknown-key", values)
    if kind in (None, "number"):
        yield Problem("roll-up-no-kind", {"column": name})
    elif kind == "text":
        yield Problem("roll-up-text", {"column": name})
    elif kind not in KINDS:
        values = {"column": name, "value": kind, "nearest": nearest(str(kind), KINDS), "kinds": Codes(KINDS)}
        yield Problem("roll-up-unknown-kind", values)
    if take not in _TAKES or ("take" in keys and kind != "yes_no"):
        yield Problem("roll-up-take", {"column": name, "value": take})


def _measure(name: str, keys: Mapping[str, object], by: str | None) -> Measure:
    kind: Kind = keys["kind"]  # type: ignore[assignment]
    any_yes = keys.get("take") == "any"
    # What is added, and one yes that is enough, need no denominator: their coverage counts rows, unless one is stated.
    usual = None if kind == "extensive" or any_yes else by
    own = keys.get("by", _DEFAULT)
    weight = usual if own is _DEFAULT else None if own is None else tidy(str(own))
    levels: tuple[Level, ...] = tuple(keys.get("levels") or ()) if kind == "ordinal" else ()  # type: ignore[arg-type]
    return Measure(name, tidy(str(keys.get("heading") or name)), kind, weight, levels, any_yes)
