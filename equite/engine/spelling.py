"""Where the words of a page meet those of its table: labels that no row has, and labels that are spelled in two ways.

A label that is compared and found nowhere is refused if one that looks like it is there, and told otherwise. A label
that stands in two spellings makes two groups of one: it is refused wherever the page groups by its column, or compares
the column with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from equite.engine.aggregates import Grouping
from equite.engine.evaluation import ColumnsTable
from equite.errors import FormulaError, Problem, Problems
from equite.formula.formula import Formula, once_a_page
from equite.formula.names import criteria_of
from equite.formula.nodes import Call, Comparison, Membership, Name, Node, Text
from equite.inputs.columns import spelled_twice
from equite.inputs.grid import truncate_problems
from equite.inputs.labels import Labels
from equite.inputs.spelling import (
    begins_alike,
    differing_signs,
    likeness,
    likenesses,
    near_label,
    twice_spelled,
)
from equite.inputs.territories import Territories
from equite.wording import Codes

__all__ = ["spelling"]


def spelling(formula: Formula, territories: Territories, table: ColumnsTable, order: np.ndarray) -> tuple[Problem, ...]:
    """Hold the labels of a page against those of its table.

    Parameters
    ----------
    formula : Formula
        The page.
    territories : Territories
        The table, and its columns in the order of the codes.
    order : array of int
        The place of each row in the table as it was read.

    Returns
    -------
    tuple of Problem
        What is to be told: labels that are nowhere, codes that differ by a capital or an accent.

    Raises
    ------
    FormulaError
        A label that is nowhere and looks like one that is there; a label in two spellings.
    """
    found = _Spelling(formula, territories, table, order)
    found.groups()
    found.compared()
    found.directions()
    found.problems.refuse()
    return (*found.told, *found.codes())


@dataclass(frozen=True)
class _Labels:
    """The different labels of a column: the first row of each, and those that look alike."""

    first: Mapping[str, int]

    @cached_property
    def all(self) -> tuple[str, ...]:
        return tuple(self.first)

    @cached_property
    def twice(self) -> list[tuple[str, ...]]:
        return twice_spelled(self.first)

    @cached_property
    def by_likeness(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for label, like in zip(self.all, likenesses(self.all), strict=True):
            found.setdefault(like, []).append(label)
        return found


@dataclass
class _Spelling:
    """Gathers what is wrong with labels, and what is only to be told."""

    formula: Formula
    territories: Territories
    table: ColumnsTable
    order: np.ndarray
    told: list[Problem] = field(default_factory=list)
    _known: dict[str, _Labels | None] = field(default_factory=dict)
    _refused: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.problems = Problems(FormulaError, self.formula.language)

    def labels(self, name: str) -> _Labels | None:
        """Return the labels of a column; None for a column of numbers, or a variable."""
        if name not in self._known:
            column = self.table.columns.get(name)
            is_of_labels = column is not None and column.dtype == object
            self._known[name] = _Labels(_first(self.table.labelled(name))) if is_of_labels else None
        return self._known[name]

    def groups(self) -> None:
        """Refuse two spellings of one label in the columns that the page groups by."""
        for name in self.formula.names.grouping:
            labels = self.labels(name)
            if labels is not None:
                wrong = [self._two_spellings(name, alike, labels) for alike in labels.twice]
                self.problems.found.extend(truncate_problems(wrong, len(wrong)))

    def _two_spellings(self, name: str, alike: tuple[str, ...], labels: _Labels) -> Problem:
        self._refused.add((name, likeness(alike[0])))
        rows = [self._row(labels, label) for label in alike[:2]]
        spec = self.formula.columns.get(name)
        return spelled_twice(alike, rows, (spec.heading if spec else None) or name, self.territories.source.name)

    def compared(self) -> None:
        """Look for the labels that expressions compare columns with."""
        for path, found in _compared(self.formula):
            place = self.formula.where(*path)
            for name, sought, beginning in found:
                labels = self.labels(name)
                if labels is None or not labels.first:
                    continue
                if not beginning:
                    self._look(name, sought, labels, place)
                    continue
                others = tuple(each[0] for of, each, begins in found if begins and of == name)
                self._begins(name, sought[0], others, labels, place)

    def _look(self, name: str, sought: tuple[str, ...], labels: _Labels, place: Mapping[str, object]) -> None:
        for label in sought:
            found = label in labels.first
            spelled = labels.by_likeness.get(likeness(label), [])
            near = tuple(known for known in spelled if known not in sought)
            if spelled and not near:
                continue
            if found and near and (name, likeness(label)) not in self._refused:
                self.problems.found.append(self._two_spellings(name, (label, *near), labels))
            elif near and not found:
                row, signs = self._row(labels, near[0]), differing_signs(label, near[0])
                self._add("label-spelled-elsewhere", place, name=name, label=label, near=near[0], row=row, signs=signs)
            elif not found:
                said = {"name": name, "label": label, "nearest": near_label(label, labels.all)}
                self._tell("label-nowhere", place, **said, known=Codes(labels.all))

    def _begins(
        self, name: str, label: str, sought: tuple[str, ...], labels: _Labels, place: Mapping[str, object]
    ) -> None:
        """Look for the labels that begin so; those that begin so in a spelling sought beside it are meant."""
        found = next((known for known in labels.all if known.startswith(label)), None)
        # Beside labels that do begin so, those with a hyphen for a blank may well be others.
        alike = begins_alike(labels.all, label, loosely=found is None)
        near = tuple(known for known in alike if not known.startswith(sought))
        if near:
            said = {"name": name, "label": label, "near": near[0], "row": self._row(labels, near[0])}
            said |= {"signs": differing_signs(label, near[0])}
            if found is None:
                self._add("label-begins-elsewhere", place, **said)
            else:
                self._add("label-begins-in-two", place, **said, found=found, first=self._row(labels, found))
        elif found is None:
            self._tell("label-begins-nowhere", place, name=name, label=label, known=Codes(labels.all))

    def _row(self, labels: _Labels, label: str) -> int:
        return self.territories.row(int(self.order[labels.first[label]]))

    def _tell(self, entry: str, place: Mapping[str, object], **values: object) -> None:
        problem = Problem(entry, values, **place)  # type: ignore[arg-type]
        self.told += [] if problem in self.told else [problem]

    def _add(self, entry: str, place: Mapping[str, object], **values: object) -> None:
        problem = Problem(entry, values, **place)  # type: ignore[arg-type]
        self.problems.found += [] if problem in self.problems.found else [problem]

    def directions(self) -> None:
        """Tell the groups to which a direction is given and that nobody is in."""
        for index, given in self.formula.indices.items():
            for path, _, criterion in criteria_of(given, ("indices", index)):
                direction = criterion.more_need_when
                labels = self.labels(direction.by) if direction.by and direction.cut is None else None
                if labels is None or direction.by is None:
                    continue
                place = self.formula.where(*path, "more_need_when")
                self._look(direction.by, tuple(direction.labels), labels, place)

    def codes(self) -> Iterator[Problem]:
        """Tell codes that differ by a capital or an accent only, which may be one territory written twice."""
        # Codes that stand in order have been looked at as they were read.
        read = Labels.of(self.territories.codes)
        alike = twice_spelled(read if read.are_in_order else self.table.codes.tolist())
        if alike:
            pairs = Codes(tuple(" / ".join(group) for group in alike))
            yield Problem("codes-alike", {"codes": pairs}, file=self.territories.source.name)


def _first(grouping: Grouping) -> dict[str, int]:
    """Return the first row of each different label, in their order."""
    filled = np.flatnonzero(grouping.of >= 0)[::-1]
    rows = np.zeros(grouping.count, dtype=np.intp)
    rows[grouping.of[filled]] = filled
    return {str(grouping.labels[at]): int(rows[at]) for at in np.argsort(rows).tolist()}


@once_a_page
def _compared(formula: Formula) -> list[tuple[tuple[str | int, ...], list[tuple[str, tuple[str, ...], bool]]]]:
    """Return the expressions that compare columns with labels, by their paths: each column, and its labels."""
    found = (
        (path, [each for node in expression.nodes for each in _sought(node)])
        for path, expression in formula.names.expressions
    )
    return [(path, sought) for path, sought in found if sought]


def _sought(node: Node) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Return the column that a node compares with labels, these, and whether they are beginnings."""
    match node:
        case Comparison(_, (Name(name), Text(label))) | Comparison(_, (Text(label), Name(name))):
            yield name, (label,), False
        case Membership(Name(name), choices) if isinstance(choices[0], Text):
            yield name, tuple(choice.value for choice in choices if isinstance(choice, Text)), False
        case Call("starts_with", (Name(name), Text(beginning))):
            yield name, (beginning,), True
