"""A schedule: the page that all move towards, the years, the money of each, and the rule of passage.

``docs/transition.md`` gives the meaning of each key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, PrivateAttr

from equite.errors import FormulaError, Problem, Problems
from equite.formula import loading
from equite.formula.fields import PAGE_LANGUAGE, Expr, Title
from equite.formula.formula import Formula
from equite.formula.loading import Page
from equite.formula.passage import YearFacts, given_names, rule_content
from equite.formula.plan import PageOrFile
from equite.formula.row_nouns import NamesRows
from equite.formula.schedule_checks import check_pages, check_schedule, check_units
from equite.formula.schedule_fields import (
    ByYear,
    ChangesField,
    EnvelopeByYear,
    Limits,
    Passage,
    StartField,
    Year,
    Years,
)
from equite.formula.validating import Report, reporter, validated
from equite.formula.written import WrittenPage, beside
from equite.wording import as_language

__all__ = ["SchedulePage"]


class ScheduleModel(NamesRows):
    """The whole schedule."""

    equite_schedule: Annotated[str, BeforeValidator(str)]
    id: str
    title: Title | None = None
    notes: Title | None = None
    target: PageOrFile
    start: StartField
    years: Years
    table: str | None = None
    tables: dict[Year, str] = {}
    projections: dict[str, Expr] = {}
    code_changes: dict[Year, ChangesField] = {}
    envelope: EnvelopeByYear | None = None
    indexation: ByYear | None = None
    rule: Passage
    limits: Limits | None = None


class SchedulePage(ScheduleModel, WrittenPage):
    """A schedule, checked, with its pages read; frozen."""

    _page: Page = PrivateAttr()
    _target: Formula = PrivateAttr()
    _origin: Formula | None = PrivateAttr(default=None)
    _written: Page | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, thing: object) -> SchedulePage:
        """Take a schedule as it is, or read it from a file's path or a mapping.

        Raises
        ------
        FormulaError
            With every problem of the schedule and of its pages at once.
        """
        if isinstance(thing, SchedulePage):
            return thing
        if isinstance(thing, Mapping):
            return cls.of_page(loading.page_of(thing))
        if isinstance(thing, str | Path):
            return cls.of_page(loading.read_page(thing))
        raise FormulaError([Problem("schedule-of-nothing", {"kind": type(thing).__name__})])

    @classmethod
    def of_page(cls, page: Page, known: SchedulePage | None = None) -> Self:
        """Check a schedule that was read, and read its pages, or take them from one that has the same."""
        problems = Problems(FormulaError, as_language(str(page.content.get("language") or PAGE_LANGUAGE)))
        report = reporter(page, problems)
        if "equite_schedule" not in page.content:
            report("schedule-other-page")
        elif str(page.content["equite_schedule"]) != "1":
            report("not-one-of", ("equite_schedule",), value=str(page.content["equite_schedule"]), choices="'1'")
        problems.refuse()
        found = validated(cls, page, problems, report)
        found._page = page
        check_schedule(found, report)
        found._read(problems, report, known)
        problems.refuse()
        return found

    @property
    def target_page(self) -> Formula:
        """The page that all move towards, in the schedule's language."""
        return self._target

    @property
    def origin_page(self) -> Formula | None:
        """The page that gives the first amounts, where one does."""
        return self._origin

    @cached_property
    def rule_page(self) -> Formula:
        """The page of passage of the first year, as it is written or as the short form stands for it.

        Its envelope and the constants of the year are put in as each year is run.
        """
        first = self.years[0]
        return self.rule_of(YearFacts(first, 1, len(self.years) - 1, self.indexation_of(first)))

    def rule_of(self, facts: YearFacts, envelope: Mapping[str, Any] | None = None) -> Formula:
        """Return the page of passage as it is run in a year.

        Parameters
        ----------
        facts : YearFacts
            The year.
        envelope : mapping, optional
            Its money, as a page has it; nothing where it is not known yet.
        """
        content = rule_content(self, self._target, self._written, facts, envelope or {"value": "0"})
        if self._written is None:
            return Formula._of(replace(loading.page_of(content), folder=self.folder, root=self.root))
        return Formula._of(replace(self._written, content=loading.page_of(content).content))

    def indexation_of(self, year: int) -> float:
        """Return by how much prices rise in a year, in parts of one."""
        return 0.0 if self.indexation is None else float(self.indexation.of(year))

    def replace(self, changes: Mapping[str, Any]) -> SchedulePage:
        """Return a schedule that differs by some keys; a value of None removes one."""
        content = {**self.content, **changes}
        kept = {key: value for key, value in content.items() if value is not None}
        return type(self).of_page(replace(self._page, content=loading.page_of(kept).content), self)

    def where(self, *path: str | int) -> dict[str, Any]:
        """Return ``file``, ``where`` and ``line`` of a path, for a problem found later."""
        file, line = self._page.place(path)
        return {"file": file, "where": ".".join(map(str, path)), "line": line}

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it rests on: its own, those of its pages, and its tables."""
        pages = [page.files for page in (self._target, self._origin) if page is not None]
        pages += [self._written.files] if self._written is not None else []
        tables = [self.table, *self.tables.values(), *(each.file for each in self.code_changes.values())]
        own = (beside(self, each, "table").absolute() for each in tables if each is not None)
        return (*self._page.files, *(file for files in pages for file in files), *own)

    def _read(self, problems: Problems, report: Report, known: SchedulePage | None) -> None:
        """Read the pages, and hold them against the schedule and each other."""
        pages: dict[str, Formula] = {}
        if known is not None and (known.target, known.start, known.language) == (
            self.target,
            self.start,
            self.language,
        ):
            pages = {"target": known._target, **({"start": known._origin} if known._origin is not None else {})}
        for path, written in {("target",): self.target, ("start", "formula"): self.start.formula}.items():
            if written is None or path[0] in pages:
                continue
            try:
                pages[path[0]] = self._formula(self._page_of(written, *path))
            except FormulaError as error:
                problems.found += error.problems
        if self.rule.page is not None:
            try:
                self._written = self._page_of(self.rule.page, "rule")
                problems.found += given_names(self._written)
            except FormulaError as error:
                problems.found += error.problems
        problems.refuse()
        self._target, self._origin = pages["target"], pages.get("start")
        if self.territory is None:
            # What the target page calls its rows, the schedule calls them too.
            self.__dict__["language"] = self._target.language
        check_pages(self, self._target, self._origin, self._written, report)
        problems.refuse()
        try:
            page = self.rule_page
        except FormulaError as error:
            problems.found += error.problems
            return
        check_units(page, self._target, ("rule",), report)

    def _page_of(self, written: str | dict[str, Any], *path: str) -> Page:
        if isinstance(written, dict):
            below = len(path)
            lines = {key[below:]: place for key, place in self._page.lines.items() if key[:below] == path}
            return replace(loading.page_of(written), folder=self.folder, root=self.root, lines=lines)
        return loading.read_page(beside(self, written, *path), root=self.root)

    def _formula(self, page: Page) -> Formula:
        formula = Formula._of(page)
        return formula if formula.language == self.language else formula.replace(language=self.language)
