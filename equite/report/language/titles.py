"""What stands for a page's names in sentences, headings and figures: the one place where it is decided."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from equite import wording
from equite.formula.formula import Formula
from equite.formula.indices import Criterion, Family
from equite.formula.model import Limit, Part
from equite.formula.names import criteria_of
from equite.inputs.catalogue import FAMILIES, read_catalogue
from equite.report.language.text import plain
from equite.wording import Language

__all__ = ["Titles"]


class Titles:
    """The titles of one page, in one language.

    Parameters
    ----------
    formula : Formula
        The page.
    language : str
        The readers' language.
    """

    def __init__(self, formula: Formula, language: Language) -> None:
        self.formula = formula
        self.language: Language = language

    def of(self, name: str) -> str:
        """Return what a name is called: its title, else its heading in the table, else the name in words."""
        page = self.formula
        if name in ("envelope", "previous", "amount"):
            return wording.say(f"word-{name}", self.language)
        if name in page.names.parts:
            return self.of_step(page.names.parts[name])
        known = {*page.names.columns, *page.names.defined, *page.columns}
        limit = next((limit for limit in page.limits if limit.id == name and name not in known), None)
        if limit is not None:
            return self.of_step(limit)
        column = page.columns.get(name)
        stated = (column, page.constants.get(name), page.variables.get(name), page.indices.get(name))
        title = next((found.title for found in (*stated, self._criteria.get(name)) if found and found.title), None)
        return self._own(title) or self.in_words(column.heading if column and column.heading else name)

    def of_thing(self, name: str, thing: object) -> str:
        """Return what something of the page is called, that stands under a name there."""
        match thing:
            case Part() | Limit():
                return self.of_step(thing)
            case Criterion():
                return self.of_criterion(name, thing)
            case Family():
                return self.of_family(name, thing)
        return self.of(name)

    def of_step(self, step: Part | Limit) -> str:
        """Return the title of a part or of a limit, whose id may be that of a column; without one, its id in words."""
        return self._own(step.title) or _spaced(step.id)

    def of_criterion(self, name: str, criterion: Criterion) -> str:
        """Return a criterion's title: its own in its index, else that of the column or variable it is read from."""
        is_own = criterion.title and not _is_inherited(name, criterion.title)
        return self._own(criterion.title) if is_own else self.of(name)

    def of_family(self, name: str, family: Family | None) -> str:
        """Return a family's title; without one, its name in words."""
        return self._own(family.title if family else None) or self.in_words(name)

    def in_words(self, name: str) -> str:
        """Return an untitled name as words: what the catalogue of criteria calls it, or itself without underscores."""
        if name in read_catalogue():
            return read_catalogue()[name].title[self.language]
        if name in FAMILIES:
            return wording.say(f"catalogue-word-{name}", self.language)
        return _spaced(name)

    def _own(self, title: Mapping[str, str] | None) -> str:
        return plain(title[self.language]) if title else ""

    @cached_property
    def _criteria(self) -> dict[str, Criterion]:
        """The criteria by name, the first of each name that has a title before any other."""
        found: dict[str, Criterion] = {}
        for index in self.formula.indices.values():
            for _, name, criterion in criteria_of(index):
                if name not in found or (criterion.title and not found[name].title):
                    found[name] = criterion
        return found


def _spaced(name: str) -> str:
    words = re.sub(r"[_\s]+", " ", plain(name)).strip()
    return words[:1].upper() + words[1:]


def _is_inherited(name: str, title: Mapping[str, str]) -> bool:
    """Tell whether a title is the catalogue's, and not stated on the page: a column's own comes before it."""
    known = read_catalogue().get(name)
    return known is not None and dict(known.title) == dict(title)
