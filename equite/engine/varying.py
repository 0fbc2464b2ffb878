"""What varies from one variant of an allocation to the next: numbers of the page, and columns of the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from equite.engine.sharing import Floats
from equite.errors import FormulaError, Problem, Problems
from equite.formula.formula import Formula
from equite.formula.loading import short_key
from equite.formula.names import criteria_of
from equite.formula.nodes import Name
from equite.inputs.spelling import near_label
from equite.wording import Codes

__all__ = ["Varying", "read_varying", "spread_weights"]

Figures = Mapping[str, Floats]


@dataclass(frozen=True)
class _Key:
    """One thing that varies: what it is called, its place on the page, the name that stands for it there."""

    called: str
    path: tuple[str, ...]
    name: str

    @property
    def is_column(self) -> bool:
        return self.path[0] == "columns"

    @property
    def is_constant(self) -> bool:
        return self.path[0] == "constants"


@dataclass(frozen=True)
class Varying:
    """What varies, on a page and a table.

    Attributes
    ----------
    formula : Formula
        The page as given.
    named : Formula
        The page in which a name stands wherever a number varies.
    keys : tuple of _Key
        What varies.
    """

    formula: Formula
    named: Formula
    keys: tuple[_Key, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names whose values vary."""
        return frozenset(key.name for key in self.keys)

    @property
    def read_by_rows(self) -> frozenset[str]:
        """The names whose values something else than an index's own weights may read."""
        return frozenset(key.name for key in self.keys if key.path[0] != "indices")

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the table's own columns that vary."""
        return tuple(key.name for key in self.keys if key.is_column)

    def heading(self, name: str) -> str:
        """Return what the table calls a column."""
        spec = self.formula.columns.get(name)
        return (spec.heading if spec else None) or name

    def alone(self, figures: Figures) -> tuple[Formula, dict[str, Floats]]:
        """Return one variant as a page, and by their headings the columns that are its own.

        Parameters
        ----------
        figures : mapping of str to ndarray, shape () or (n,)
            What each name stands for in this variant.
        """
        columns, values = dict[str, Floats](), dict[tuple[str, ...], object]()
        for key in self.keys:
            value = figures[key.name]
            if key.is_column:
                columns[self.heading(key.name)] = value
            elif value.ndim:
                columns[key.name] = value
                values[key.path] = None if key.is_constant else key.name
            else:
                values[key.path] = format(Decimal(repr(float(value))), "f")
        return _laid(self.formula, values), columns


def read_varying(formula: Formula, called: Sequence[str], headings: Sequence[str]) -> Varying:
    """Find what varies on a page.

    Parameters
    ----------
    formula : Formula
        The page.
    called : sequence of str
        The keys, from the top of the page down, with points between: ``envelope``, ``constants.kept``,
        ``indices.need.criteria.income.weight``, ``limits.floor.at_least``; a column of the table is
        ``columns.income``.
    headings : sequence of str
        The table's headings, which no name that stands for a number may have.

    Raises
    ------
    FormulaError
        A key is not on the page, or holds no number that can vary; every one at once.
    """
    taken = {*headings, *formula.names.defined, *formula.names.columns}
    free = (name for at in range(1, len(taken) + len(called) + 2) if (name := f"varied_{at}") not in taken)
    keys = tuple(_key(formula, each, free) for each in called)
    problems = Problems(FormulaError, formula.language)
    for key in keys:
        if key.is_column and key.name not in formula.names.columns:
            near = near_label(key.name, list(formula.names.columns))
            problems.add("batch-no-column", key=key.called, nearest=near, known=Codes(tuple(formula.names.columns)))
        elif key.is_column and formula.names.columns[key.name].use != "number":
            problems.add("batch-column-of-text", key=key.called)
        elif key.is_constant and key.name not in formula.constants:
            near = near_label(key.name, list(formula.constants))
            problems.add("batch-no-constant", key=key.called, nearest=near, known=Codes(tuple(formula.constants)))
        elif not (key.is_column or key.is_constant) and (lost := _lost(formula.content, key.path)):
            near = near_label(lost[0], list(lost[1]))
            problems.add("batch-no-key", key=key.called, nearest=near, known=Codes(lost[1]))
    problems.refuse()
    # A constant makes room for a column of its name.
    values = {key.path: None if key.is_constant else key.name for key in keys if not key.is_column}
    try:
        named = _laid(formula, values)
    except FormulaError as error:
        raise FormulaError(list(_worded(error.problems, keys)), formula.language) from None
    trees = {expression.tree for _, expression in named.names.expressions}
    for key in keys:
        if not (key.is_column or key.is_constant or Name(key.name) in trees):
            problems.add("batch-no-number", key=key.called)
    problems.refuse()
    return Varying(formula, named, keys)


def _lost(page: Any, path: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """Return the first piece of a path that a page does not have, and those that it has in its place."""
    at = page
    for place, piece in enumerate(path):
        if isinstance(at, list):
            at = {str(item["id"]): item for item in at if isinstance(item, dict) and "id" in item}
        if not isinstance(at, dict):
            # A weight alone stands for a criterion that has one.
            return None if short_key(path[:place]) == piece else (piece, ())
        if piece not in at:
            return piece, tuple(map(str, at))
        at = at[piece]
    return None


def _worded(refused: Iterable[Problem], keys: Sequence[_Key]) -> Iterator[Problem]:
    """Say that a key holds no number, where the page refuses the name that was to stand for one."""
    for problem in refused:
        key = next((key for key in keys if key.name in map(str, problem.values.values())), None)
        yield problem if key is None else Problem("batch-no-number", {"key": key.called})


def _laid(formula: Formula, values: Mapping[tuple[str, ...], object]) -> Formula:
    """Return a page with other values at some places."""
    changes: dict[str, Any] = {}
    for path, value in values.items():
        below = changes
        for piece in path[:-1]:
            below = below.setdefault(piece, {})
        below[path[-1]] = value
    return formula.replace(changes) if changes else formula


def _key(formula: Formula, called: str, free: Iterator[str]) -> _Key:
    path = tuple(called.split("."))
    if path[0] in ("columns", "constants") and len(path) == 2:
        return _Key(called, path, path[1])
    return _Key(called, path, next(free))


def spread_weights(formula: Formula, vary: Mapping[str, Any]) -> dict[str, Any]:
    """Return what varies by key; an index's weights, given together, as one key for each criterion or family.

    Raises
    ------
    FormulaError
        A criterion or a family that is named is none of the index.
    """
    found: dict[str, Any] = {}
    problems = Problems(FormulaError, formula.language)
    for called, given in vary.items():
        path = str(called).split(".")
        if len(path) != 2 or path[0] != "indices" or path[1] not in formula.indices:
            found[str(called)] = given
            continue
        places = _places(formula, path[1])
        names = given.items() if isinstance(given, pd.DataFrame | pd.Series | Mapping) else ()
        for name, weights in names:
            if str(name) in places:
                found[f"{called}.{places[str(name)]}"] = weights
            else:
                near, known = near_label(str(name), list(places)), Codes(tuple(places))
                problems.add("batch-no-criterion", key=f"{called}.{name}", nearest=near, known=known)
        if not names:
            problems.add("batch-weights-unnamed", key=called, known=Codes(tuple(places)))
    problems.refuse()
    return found


def _places(formula: Formula, index: str) -> dict[str, str]:
    """Return where the weight of each criterion and each family of an index stands, by name; a criterion's wins."""
    found: dict[str, str] = {}
    for path, name, _ in criteria_of(formula.indices[index]):
        for end in range(2, len(path) - 1, 2):
            found.setdefault(str(path[end - 1]), ".".join(map(str, path[:end])) + ".weight")
        found[name] = ".".join(map(str, path)) + ".weight"
    return found
