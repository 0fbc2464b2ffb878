"""A page of projects: what is proposed, out of which envelopes, and by which method it is chosen.

``docs/projects.md`` gives the meaning of each key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, PrivateAttr, model_validator

from equite.errors import FormulaError, Problem, Problems
from equite.formula import loading
from equite.formula.fields import (
    NUMBER,
    PAGE_LANGUAGE,
    Plain,
    Strict,
    Title,
    refuse,
    short_form,
)
from equite.formula.loading import Page
from equite.formula.plan import PageOrFile
from equite.formula.row_nouns import NamesRows
from equite.formula.validating import reporter, validated
from equite.formula.written import WrittenPage
from equite.wording import as_language

__all__ = ["COLUMNS", "Bound", "ProjectsPage", "is_projects_page"]

#: What the table of projects may say, by the names of its columns.
ProjectColumn = Literal["project", "title", "territory", "request", "minimum", "rank", "points", "aims", "payers"]
COLUMNS: tuple[ProjectColumn, ...] = get_args(ProjectColumn)
_PERCENT = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*%\s*")
#: The keys that say where envelopes come from.
_SOURCES = ("envelope", "envelopes", "allocation", "cascade")


@dataclass(frozen=True)
class Bound:
    """A floor or a ceiling of an aim: money, or a part of the envelope."""

    value: Fraction
    is_part: bool

    def of(self, envelope: Fraction) -> Fraction:
        """Return the bound in money."""
        return self.value * envelope if self.is_part else self.value


def _bound(value: Any) -> Any:
    if isinstance(value, Bound):
        return value
    text = str(value).strip()
    percent = _PERCENT.fullmatch(text)
    if percent:
        part = Fraction(percent[1].replace(",", ".")) / 100
        if part <= 1:
            return Bound(part, True)
    elif NUMBER.fullmatch(text) and not text.startswith("-"):
        return Bound(Fraction(text), False)
    raise refuse("projects-bound", value=text)


class Quota(Strict):
    """What goes to an aim, at least and at most, in each territory or in one."""

    aim: str
    territory: str | None = None
    at_least: Annotated[Bound, BeforeValidator(_bound)] | None = None
    at_most: Annotated[Bound, BeforeValidator(_bound)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise refuse("projects-quota-empty", aim=self.aim)
        return self


class BallotsFile(Strict):
    """The file of ballots, and what its figures are."""

    file: str
    kind: Literal["approval", "points", "ordinal"] | None = None


class OfAllocation(Strict):
    """Envelopes that a formula gives: the page and the table."""

    formula: PageOrFile
    table: str


class OfCascade(Strict):
    """Envelopes that a plan gives at one of its tiers, by default the last."""

    plan: str
    tier: str | None = None


class ProjectsModel(NamesRows):
    """The whole page."""

    equite_projects: Annotated[Literal["1"], BeforeValidator(str)]
    id: str
    title: Title | None = None
    notes: Title | None = None
    currency: str = "CAD"
    unit: Plain = Decimal(1)
    projects: str | None = None
    columns: dict[ProjectColumn, str] = {}
    envelope: Plain | None = None
    envelopes: dict[str, Plain] | None = None
    allocation: OfAllocation | None = None
    cascade: OfCascade | None = None
    carried_over: dict[str, Plain] = {}
    method: Literal["rank", "votes", "points_per_dollar", "best_total", "equal_shares"]
    ties: tuple[Literal["most_points", "lowest_request", "highest_request", "rank"], ...] = ()
    utility: Literal["cost", "cardinality"] = "cost"
    completion: tuple[Literal["add_one", "votes"], ...] = ("add_one", "votes")
    ballots: Annotated[BallotsFile, BeforeValidator(short_form("file"))] | None = None
    quotas: tuple[Quota, ...] = ()
    memberships: str | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        given = [key for key in _SOURCES if getattr(self, key) is not None]
        if len(given) > 1:
            raise refuse("projects-two-envelopes", given=", ".join(given))
        for key in ("utility", "completion"):
            if key in self.model_fields_set and self.method != "equal_shares":
                raise refuse("projects-key-equal-shares", key=key)
        if self.method == "equal_shares" and self.quotas:
            raise refuse("projects-quotas-equal-shares")
        if self.unit <= 0:
            raise refuse("projects-unit")
        for key, figures in (("envelopes", self.envelopes or {}), ("carried_over", self.carried_over)):
            for territory, value in figures.items():
                if value < 0:
                    raise refuse("projects-negative", key=key, territory=territory)
        if self.envelope is not None and self.envelope < 0:
            raise refuse("projects-negative", key="envelope", territory="")
        return self


def is_projects_page(path: str | Path) -> bool:
    """Tell whether a file is a page of projects, rather than one of another kind."""
    return "equite_projects" in loading.read_page(path).content


class ProjectsPage(ProjectsModel, WrittenPage):
    """A page of projects, checked; frozen."""

    _page: Page = PrivateAttr()

    @classmethod
    def of(cls, thing: object) -> ProjectsPage:
        """Take a page as it is, or read it from a file's path or a mapping.

        Raises
        ------
        FormulaError
            With every problem of the page at once.
        """
        if isinstance(thing, ProjectsPage):
            return thing
        if isinstance(thing, Mapping):
            return cls.of_page(loading.page_of(thing))
        if isinstance(thing, str | Path):
            return cls.of_page(loading.read_page(thing))
        raise FormulaError([Problem("projects-of-nothing", {"kind": type(thing).__name__})])

    @classmethod
    def of_page(cls, page: Page) -> Self:
        """Check a page that was read."""
        problems = Problems(FormulaError, as_language(str(page.content.get("language") or PAGE_LANGUAGE)))
        report = reporter(page, problems)
        if "equite_projects" not in page.content and ("equite" in page.content or "equite_plan" in page.content):
            report("projects-other-page")
        problems.refuse()
        found = validated(cls, page, problems, report)
        problems.refuse()
        found._page = page
        return found

    def heading_of(self, column: ProjectColumn) -> str:
        """Return the heading, in the table, of what the page calls a column."""
        return self.columns.get(column, column)

    @property
    def needs(self) -> tuple[ProjectColumn, ...]:
        """The columns of figures that the method reads: ranks, or points where no ballots give them."""
        by_points = self.method not in ("rank", "equal_shares") and self.ballots is None
        return (
            *(("rank",) if self.method == "rank" or "rank" in self.ties else ()),
            *(("points",) if by_points else ()),
        )

    def place(self, *path: str | int) -> dict[str, Any]:
        """Return ``file``, ``where`` and ``line`` of a path, for a problem found later."""
        file, line = self._page.place(path)
        return {"file": file, "where": ".".join(map(str, path)), "line": line}
