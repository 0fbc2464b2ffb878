"""What a criterion that the catalogue knows inherits from it: direction, range, levels, title, unit.

The page may state any of these itself, in the open; what it leaves unsaid is written into it as if it had been said,
so that the record and the page in words show all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from equite.errors import nearest
from equite.formula.loading import Page, PageValue
from equite.inputs.catalogue import Catalogue, Criterion

__all__ = ["inherit", "of_column"]

#: Note one problem: its sentence, its path, its values.
Report = Callable[..., None]
_DEFINED = ("constants", "variables", "indices", "tables")


def inherit(page: Page, read: Callable[[], Catalogue], report: Report) -> Page:
    """Return the page with what its criteria inherit written in.

    Parameters
    ----------
    page : Page
        As written, overrides laid in.
    read : callable
        Gives the catalogue; called only where the page has an index.
    report : callable
        Notes a direction that must be stated and is not, and a consent that must be told and is not.
    """
    indices = page.content.get("indices")
    if not isinstance(indices, dict) or not indices:
        return page
    filling = _Filling(read(), page.content, report, _mapping(page.content.get("columns")))
    filled = {name: filling.group(index, ("indices", name)) for name, index in indices.items()}
    content = {**page.content, "indices": filled}
    if filling.columns:
        content["columns"] = filling.columns
    return replace(page, content=content)


@dataclass(frozen=True)
class _Filling:
    """Writes into a page what its criteria inherit; ``columns`` gathers what their columns do."""

    catalogue: Catalogue
    content: dict[str, PageValue]
    report: Report
    columns: dict[str, PageValue]

    def group(self, group: PageValue, path: tuple[str, ...]) -> PageValue:
        """Fill the criteria of an index or a family, and of the families below it."""
        if not isinstance(group, dict):
            return group
        found = dict(group)
        for section, fill in (("criteria", self.criterion), ("families", self.group)):
            if isinstance(group.get(section), dict):
                found[section] = {name: fill(given, (*path, section, name)) for name, given in group[section].items()}
        return found

    def criterion(self, given: PageValue, path: tuple[str, ...]) -> PageValue:
        """Fill one criterion, named by the end of its path."""
        name = path[-1]
        if name not in self.catalogue:
            return given
        known = self.catalogue[name]
        stated = dict(given) if isinstance(given, dict) else {"weight": given}
        if not _is_there("more_need_when", stated) and known.direction == "must_be_stated":
            readings = known.readings
            high, low = readings and readings.high, readings and readings.low
            self.report("direction-unstated", path, criterion=name, high=high, low=low)
        if known.consent is not None and not (
            stated["consent"] if "consent" in stated else _is_there("consent", stated)
        ):
            self.report("consent-untold", path, criterion=name, why=known.consent)
        defined = (self.content.get(section) for section in _DEFINED)
        if not any(isinstance(names, dict) and name in names for names in defined):
            self.columns[name] = {**dict(of_column(known)), **_column(self.columns.get(name))}
        found = {**dict(_of_criterion(known)), **stated}
        if "title" not in stated and self._has_own_title(name):
            del found["title"]
        return found

    def _has_own_title(self, name: str) -> bool:
        """Tell whether the page titles the column or variable that a criterion is."""
        entries = (_mapping(self.content.get(section)).get(name) for section in ("columns", "variables"))
        return any(isinstance(entry, dict) and entry.get("title") for entry in entries)


def _mapping(value: PageValue) -> dict[str, PageValue]:
    return dict(value) if isinstance(value, dict) else {}


def _column(value: PageValue) -> dict[str, PageValue]:
    """Return a column's entry in its long form."""
    if isinstance(value, dict):
        return value
    return {} if value is None else {"heading": value}


def of_column(known: Criterion) -> Iterator[tuple[str, Any]]:
    """Return what a column takes from the catalogue: how its cells are read, and how it is called."""
    yield "title", dict(known.title)
    if known.family == "aims":
        # An aim's entry words the points that a territory gives; its need is another column.
        return
    yield "unit", dict(known.unit)
    if known.kind == "ordinal":
        yield "kind", "ordinal"
        yield "levels", [dict(level) for level in known.levels]
    elif known.kind in ("extensive", "yes_no"):
        yield "kind", known.kind
    if known.declared:
        yield "status", "declared"


def _of_criterion(known: Criterion) -> Iterator[tuple[str, Any]]:
    """Return what a criterion takes from the catalogue."""
    yield "title", dict(known.title)
    if known.direction != "must_be_stated":
        yield "more_need_when", known.direction
    low, high = known.range
    if known.family != "aims" and (low, high) != (None, None):
        yield "range", [None if end is None else f"{end:g}" for end in (low, high)]


def _is_there(key: str, stated: dict[str, PageValue]) -> bool:
    """Tell whether a key stands among others, or a misspelling of it, which is then the mistake to tell."""
    return any(each == key or key in nearest(each, (key,)).names for each in stated)
