"""The indices on the sheet of parameters: criteria by family, weights, directions, and money moved between groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from equite.engine.scoring import Scoring
from equite.formula.indices import Criterion, Direction, Family, Index
from equite.report.language.text import plain
from equite.report.workbook.sheet import Cell, Sheet

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["direction_told", "measure_told", "write_index"]


def write_index(sheet: Sheet, allocation: Allocation, name: str, index: Index) -> None:
    """Write an index: its criteria by family, each one's weight and direction.

    Parameters
    ----------
    sheet : Sheet
        The sheet of parameters.
    allocation : Allocation
        The allocation.
    name : str
        The index's name.
    index : Index
        As the page has it.
    """
    labels, book = sheet.book.labels, sheet.book
    scoring = allocation.scope.scoring(name)
    sheet.section(labels.say("book-index", index=labels.title(name)))
    combined = labels.method(index.aggregate.name)
    sheet.paragraph(labels.say("book-about-index", method=combined))
    weights = _effective(scoring)
    rows: list[list[Cell]] = []
    for families, key, criterion in _in_families(index):
        weight = weights.get((tuple(family for family, _ in families), key))
        said = "; ".join(
            labels.say(
                "index-family", family=labels.titles.of_family(family, spec), weight=labels.expression(spec.weight)
            )
            for family, spec in families
        )
        mark, number = labels.criterion_mark(name, key), criterion.weight.number
        rows.append(
            [
                labels.dressed(labels.criterion(name, key), mark),
                said,
                direction_told(criterion.more_need_when, sheet),
                labels.expression(criterion.weight) if number is None else book.number(number),
                labels.say("index-dropped") if weight is None else book.share(weight),
                measure_told(criterion, index, sheet),
                labels.say(f"if-missing-{(criterion.missing or index.missing).rule}"),
                labels.status(criterion.status or _weakest(labels.statuses((key,)))),
            ]
        )
    names = ("criterion", "family", "direction", "weight", "effective", "measure", "missing", "status")
    sheet.table([labels.say(f"book-heading-{word}") for word in names], rows)
    _contexts(sheet, allocation, scoring)


def _weakest(statuses: frozenset[str]) -> str | None:
    order = ("illustrative", "declared", "estimated", "official")
    return next((status for status in order if status in statuses), None)


def _in_families(
    group: Index | Family, families: tuple[tuple[str, Family], ...] = ()
) -> Iterator[tuple[tuple[tuple[str, Family], ...], str, Criterion]]:
    for key, criterion in group.criteria.items():
        yield families, key, criterion
    for key, family in group.families.items():
        yield from _in_families(family, (*families, (key, family)))


def _effective(scoring: Scoring) -> dict[tuple[tuple[str, ...], str], float]:
    """Return each criterion's part of the whole weight, its mean where weights differ by territory."""
    means = scoring.weights.mean(axis=0) if scoring.criteria else np.zeros(0)
    return {
        (criterion.families, criterion.name): float(weight)
        for criterion, weight in zip(scoring.criteria, means, strict=True)
    }


def direction_told(direction: Direction, sheet: Sheet) -> str:
    """Return what means more need, in words, setting by setting where it differs."""
    labels = sheet.book.labels
    if direction.by:
        said = [
            labels.say("direction-group", group=plain(direction.shown(label)), pull=labels.say(f"direction-{pull}"))
            for label, pull in direction.labels.items()
        ]
        return labels.say("direction-by", by=labels.title(direction.by), groups="; ".join(said))
    if direction.toward is not None:
        return labels.say("direction-toward", value=labels.expression(direction.toward))
    return labels.say(f"direction-{direction.pull}")


def measure_told(criterion: Criterion, index: Index, sheet: Sheet) -> str:
    """Tell how a criterion's values become scores."""
    labels = sheet.book.labels
    said = []
    if criterion.transform:
        given = criterion.transform.parameters
        values = [str(value) for value in given.values()]
        name = labels.method(criterion.transform.name)
        said.append(f"{name} ({'; '.join(map(plain, values))})" if values else name)
    by_rank = criterion.more_need_when.by and criterion.normalise is None
    said.append(labels.method("rank" if by_rank else (criterion.normalise or index.normalise).name))
    return ", ".join(said)


def _contexts(sheet: Sheet, allocation: Allocation, scoring: Scoring) -> None:
    """Write, for criteria whose direction depends on a group, each group's mean and the money moved between groups."""
    labels, book = sheet.book.labels, sheet.book
    rows: list[list[Cell]] = []
    for criterion in scoring.criteria:
        for group in criterion.groups:
            there = group.rows & ~np.isnan(criterion.scores)
            dollars = sum(
                float(found.dollars[group.rows, at].sum())
                for found in allocation.contributions
                for at, key in enumerate(found.criteria)
                if key == (scoring.name, criterion.name)
            )
            rows.append(
                [
                    labels.criterion(scoring.name, criterion.name),
                    plain(criterion.criterion.more_need_when.shown(group.label)),
                    labels.say(f"direction-{group.pull}"),
                    book.number(int(group.rows.sum())),
                    book.number(float(criterion.scores[there].mean()) if there.any() else None, 3),
                    book.money(dollars),
                ]
            )
    if rows:
        sheet.skip()
        sheet.paragraph(labels.say("book-about-contexts"))
        names = ("criterion", "group", "direction", "territories", "mean", "group-moved")
        sheet.table([labels.say(f"book-heading-{word}") for word in names], rows)
