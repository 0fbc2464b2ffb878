"""What parents decided on their tier's page: a small file each, with who decided, when and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from equite.errors import FormulaError, Problem, Problems
from equite.formula import loading
from equite.formula.fields import Strict, Title, refuse
from equite.formula.formula import Formula
from equite.formula.loading import Change, Page
from equite.formula.margins import LOCKED
from equite.formula.place_words import change_said
from equite.formula.places import Difference, differences
from equite.formula.validating import reporter, validated
from equite.wording import Language, Texts, say

__all__ = ["LocalChoice", "read_choices"]

#: What every choice must say, with the sentence for one that does not.
_REQUIRED = {
    "for": "choice-without-for",
    "body": "choice-without-body",
    "date": "choice-without-date",
    "reason": "choice-without-reason",
}


def _day(value: Any) -> Any:
    try:
        written = str(value)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            return date.fromisoformat(written).isoformat()
    except ValueError:
        pass
    raise refuse("choice-date-unreadable", value=str(value))


class _Written(Strict):
    """The file of a choice as it is written; what it must say is looked for before."""

    parent: Annotated[str, Field(alias="for")] = ""
    body: str = ""
    date: Annotated[str, BeforeValidator(_day)] = ""
    reason: Title = {}
    resolution: str | None = None
    dissent: str | None = None
    changes: dict[str, Any] | None = None
    formula: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> _Written:
        if (self.changes is None) == (self.formula is None):
            raise refuse("choice-ways")
        return self


@dataclass(frozen=True)
class LocalChoice:
    """What one parent decided.

    Attributes
    ----------
    parent : str
        The parent's code.
    body : str
        Who decided.
    date : str
        When: ``2026-05-12``.
    reason : mapping
        Why, in French and in English.
    resolution, dissent : str or None
        The resolution's number; who dissented.
    file, line : str and int or None
        The file's name, and the line that names the parent.
    page : Page
        The partial page to lay over the tier's, or the whole page of its own, with the lines of their files.
    is_whole : bool
        Whether the parent brings a whole page of its own.
    """

    parent: str
    body: str
    date: str
    reason: Texts
    resolution: str | None
    dissent: str | None
    file: str
    line: int | None
    page: Page
    is_whole: bool = False
    _made: list[tuple[Formula, Formula]] = field(default_factory=list, init=False, repr=False, compare=False)

    def formula_on(self, base: Formula) -> Formula:
        """Return the page that the parent applies, made of its tier's page.

        A page of its own takes from the tier's what all parents share (envelope, key, language…), where it leaves it
        unsaid, and goes by the tier's id. Made once for a tier's page, however often it is asked for.

        Raises
        ------
        FormulaError
            The page that comes out cannot be read; problems have the lines of the choice's own file.
        """
        if not self._made or self._made[0][0] is not base:
            self._made[:] = [(base, Formula._of(self._laid(base)))]
        return self._made[0][1]

    def _laid(self, base: Formula) -> Page:
        if not self.is_whole:
            return loading.overlay(base._page, self.page)
        shared = {key: base.content[key] for key in LOCKED if key in base.content}
        return replace(self.page, content={**shared, **self.page.content, "id": base.id})

    def differences_on(self, base: Formula) -> tuple[Difference, ...]:
        """Return the places at which the parent's page differs from its tier's."""
        return tuple(differences(base, self.formula_on(base)))

    def changes_on(self, base: Formula) -> tuple[Change, ...]:
        """Return what the choice changes on its tier's page, as overrides list it."""
        return tuple(difference.change for difference in self.differences_on(base))

    def told(self, base: Formula, language: Language) -> str:
        """Say the choice in a sentence: who decided what, and why."""
        said = [change_said(base, difference, language) for difference in self.differences_on(base)]
        told = say(
            "choice-told",
            language,
            parent=self.parent,
            body=self.body,
            date=self.date,
            changes="; ".join(said) or say("choice-told-unchanged", language),
            reason=self.reason[language].rstrip("."),
        )
        ends = [told]
        if self.resolution:
            ends.append(say("choice-told-resolution", language, resolution=self.resolution))
        if self.dissent:
            ends.append(say("choice-told-dissent", language, dissent=self.dissent))
        return " ".join(ends)


def read_choices(folder: str | Path, *, root: str | Path | None = None) -> tuple[LocalChoice, ...]:
    """Read every choice of a folder, in the order of the files' names.

    Parameters
    ----------
    folder : str or Path
        Its ``.yaml`` and ``.yml`` files are choices, but for the pages of their own that choices name.
    root : str or Path, optional
        The folder that the paths written in them may not leave; by default their own.

    Raises
    ------
    FormulaError
        With every problem of every file: no file, one that cannot be read, two for one parent.
    """
    problems = Problems(FormulaError)
    found: list[LocalChoice] = []
    pages = list(_pages(Path(folder), problems, root))
    own = {(path.parent / str(name)).resolve() for path, page in pages if (name := page.content.get("formula"))}
    for path, page in pages:
        if path.resolve() in own and "for" not in page.content:
            continue
        try:
            found.append(_choice(path, page))
        except FormulaError as error:
            problems.found += error.problems
    _refuse_twice(found, problems)
    problems.refuse()
    return tuple(found)


def _pages(folder: Path, problems: Problems, root: str | Path | None) -> Iterator[tuple[Path, Page]]:
    """Return the files of a folder that can be read, and note those that cannot."""
    if not folder.is_dir():
        problems.add("choices-no-folder", name=str(folder))
        return
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yaml", ".yml") and path.is_file())
    if not files:
        problems.add("choices-none", name=str(folder))
    for path in files:
        try:
            yield path, loading.read_page(path, root=root)
        except FormulaError as error:
            problems.found += error.problems


def _choice(path: Path, page: Page) -> LocalChoice:
    """Read one file; refuse with everything that is wrong with it."""
    problems = Problems(FormulaError)
    report = reporter(page, problems)
    if not page.content:
        report("choice-empty")
    elif "equite" in page.content and "for" not in page.content:
        report("choice-is-page")
    problems.refuse()
    blank = [key for key in _REQUIRED if _blank(page.content.get(key))]
    for key in blank:
        report(_REQUIRED[key])
    content = {key: value for key, value in page.content.items() if key not in blank}
    written = validated(_Written, replace(page, content=content), problems, report)
    problems.refuse()
    if written.formula is None:
        lines = {place[1:]: line for place, line in page.lines.items() if place[:1] == ("changes",)}
        own = replace(page, content=written.changes or {}, lines=lines)
    else:
        own = _own_page(path, written.formula, page)
    told = written.model_dump(exclude={"changes", "formula"})
    _, line = page.place(("for",))
    return LocalChoice(**told, file=path.name, line=line, page=own, is_whole=written.formula is not None)


def _own_page(path: Path, name: str, page: Page) -> Page:
    """Read the page that a choice names; one that is not there, or is a choice, is the choice's mistake."""
    file, line = page.place(("formula",))
    try:
        found = loading.read_page(page.beside(name, "formula"), root=page.root)
    except FormulaError as error:
        raise FormulaError(
            problem if problem.file else replace(problem, where="formula", file=file, line=line)
            for problem in error.problems
        ) from None
    if "for" in found.content:
        raise FormulaError([Problem("choice-names-choice", {"name": name}, "formula", line, file)])
    return found


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _refuse_twice(found: list[LocalChoice], problems: Problems) -> None:
    """Note every choice of a parent that has one already."""
    first: dict[str, str] = {}
    for choice in found:
        if choice.parent in first:
            already = first[choice.parent]
            problems.add("choice-twice", "for", choice.line, file=choice.file, parent=choice.parent, first=already)
        first.setdefault(choice.parent, choice.file)
