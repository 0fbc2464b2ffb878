"""The groups that a reader may look at apart: columns of labels that the page itself reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equite.report.language.labels import Labels
from equite.report.language.text import plain

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["Group", "groups_of"]

#: Columns that are offered, and the labels of one of them.
_COLUMNS, _LABELS = 3, 60


@dataclass(frozen=True)
class Group:
    """A column of labels.

    Attributes
    ----------
    title : str
        What it is called.
    labels : sequence of str
        Its labels, in order.
    of : sequence of int
        The place of each territory's label.
    """

    title: str
    labels: Sequence[str]
    of: Sequence[int]


def groups_of(allocation: Allocation, labels: Labels) -> tuple[Group, ...]:
    """Return the columns of labels, those that money or limits go by first; none that tells each territory apart."""
    page = allocation.formula
    by = [page.within, *(part.within for part in page.parts), *(limit.by for limit in page.limits)]
    telling = {
        heading for spec in page.columns.values() if spec.told_in for heading in spec.told_in.headings().values()
    }
    read = [name for name in sorted(page.names.columns) if name != page.name and name not in telling]
    found: list[Group] = []
    for name in dict.fromkeys([*(name for name in by if name), *read]):
        if name in page.variables or len(found) == _COLUMNS:
            continue
        values = allocation.scope.value(name)
        if values.dtype != object:
            continue
        texts = [plain(str(value or "")).strip() or "—" for value in values[allocation.context.rows]]
        known, of = np.unique(texts, return_inverse=True)
        if 1 < known.size <= min(_LABELS, len(texts) - 1):
            found.append(Group(labels.title(name), known.tolist(), of.tolist()))
    return tuple(found)
