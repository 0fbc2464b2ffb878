"""A formula: the page that a board can read, checked and ready to be applied to a table of territories."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from os import PathLike
from pathlib import Path
from typing import Any, Self, TypeVar
from weakref import WeakKeyDictionary

from pydantic import PrivateAttr

from equite.arguments import takes
from equite.errors import FormulaError, Problem, Problems, deprecated
from equite.formula import loading
from equite.formula.checking import check_names
from equite.formula.fields import PAGE_LANGUAGE
from equite.formula.inheriting import inherit
from equite.formula.loading import Change, Page
from equite.formula.model import FormulaModel
from equite.formula.names import Names
from equite.formula.schema import page_schema
from equite.formula.validating import reporter, shown, validated
from equite.formula.written import WrittenPage
from equite.inputs.catalogue import Catalogue, read_catalogue
from equite.wording import as_language

__all__ = ["Formula", "catalogue_of", "once_a_page"]

T = TypeVar("T")


class Formula(FormulaModel, WrittenPage):
    """A formula page, checked; frozen.

    Read one with :meth:`read`, :meth:`from_text` or :meth:`from_dict`; vary it with :meth:`replace` and
    :meth:`overlaid`. Every key is described in ``docs/formula.md``.

    Attributes
    ----------
    equite : "1"
        The version of the language of pages.
    id : str
        The page's short name.
    title, notes : mapping of language to str, or None
        What it is called, and what its readers should know, in French and in English.
    language : {"fr", "en"}
        The language of outputs.
    territory : mapping of language to Noun, or None
        What the rows of the table are: outputs say it in the place of "territory".
    currency : str
        The money's code: ``CAD``, ``EUR``.
    unit : mapping of language to str, or None
        What is shared where it is no money.
    envelope : Envelope or None
        The money to share; None for entitlements.
    within : str or None
        The column whose groups each have an envelope of their own.
    key : Key
        The column of the codes, and their width.
    name : str or None
        The column of the names.
    leave_out, are_territories : tuple of str
        Codes of rows that are no territories, and of rows that look like none and are.
    people : str or None
        The name of the people of each territory.
    catalogue : str or None
        A file or folder laid over the catalogue of criteria.
    missing_marks, suppressed_marks : tuple of str
        What stands in cells for a figure that is missing, and for one that is confidential.
    decimal : {".", ","} or None
        The sign before decimals in a file of delimited text.
    columns : dict of str to Column
        How columns of the table are read, by the page's names for them.
    previous : str or None
        The expression of last period's amounts.
    constants, tables, variables : dict
        Numbers, scales and derived columns, by name.
    eligible : tuple of Rule
        Who takes part.
    indices : dict of str to Index
        Composite scores, by name.
    parts : tuple of Part
        Pools of money, each with a way to share it.
    limits : tuple of Limit
        Floors, ceilings and decided amounts, in order.
    rounding : Rounding
        The unit that amounts are multiples of.
    checks : tuple of Check
        Assertions shown passed or failed on every output.
    if_short, if_over : {"refuse", "prorate"}, {"refuse", "reserve"}
        What becomes of money that all parts together lack, or leave.
    decision : Decision or None
        Who adopted the page, when, by which resolution.
    contest : Contest or None
        What may be contested, to whom, by when.

    Raises
    ------
    FormulaError
        With every problem of the page at once, each with its place and line.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> formula = equite.Formula.from_dict(page)
    >>> formula.id, formula.language, formula.parts[0].id
    ('grant', 'en', 'grant')
    """

    _page: Page = PrivateAttr()

    @classmethod
    def read(cls, path: str | Path, *, root: str | Path | None = None) -> Self:
        """Read a page from a YAML file.

        Parameters
        ----------
        path : str or Path
            The file. Other files that the page names are looked up beside it.
        root : str or Path, optional
            The folder that the paths written on the page may not leave; by default that of the file.

        Returns
        -------
        Formula
            The page, checked.

        Raises
        ------
        FormulaError
            With every problem of the page at once, each with its place and line.

        Examples
        --------
        >>> from pathlib import Path
        >>> Path("grant.yaml").write_text(formula.to_yaml(), encoding="utf-8") > 0
        True
        >>> equite.Formula.read("grant.yaml").id
        'grant'
        """
        if not isinstance(path, str | PathLike):
            raise _of_nothing("formula-of-nothing", path)
        return cls._of(loading.read_page(path, root=root))

    @classmethod
    @takes(FormulaError, but=("text",))
    def from_text(cls, text: str, name: str = "formula") -> Self:
        """Read a page from YAML text.

        Parameters
        ----------
        text : str
            The page.
        name : str, default "formula"
            What stands for the file in errors.

        Returns
        -------
        Formula
            The page, checked.

        Raises
        ------
        FormulaError
            With every problem of the page at once, each with its place and line.

        Examples
        --------
        >>> equite.Formula.from_text(formula.to_yaml()).id
        'grant'
        """
        if not isinstance(text, str):
            raise _of_nothing("formula-no-text", text)
        return cls._of(loading.read_page(name, text=text))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Make a formula of a Python mapping laid out as the page is.

        Parameters
        ----------
        content : mapping
            The keys of the page; numbers may be numbers.

        Returns
        -------
        Formula
            The page, checked.

        Raises
        ------
        FormulaError
            With every problem of the page at once, each with its place and line.

        Examples
        --------
        >>> equite.Formula.from_dict({**page, "id": "another"}).id
        'another'
        """
        if not isinstance(content, Mapping):
            raise _of_nothing("formula-no-mapping", content)
        return cls._of(loading.page_of(content))

    @classmethod
    def of(cls, thing: Formula | str | Path | Mapping[str, Any]) -> Formula:
        """Take a formula as it is, or read it from a file's path or a mapping.

        Parameters
        ----------
        thing : Formula, path or mapping
            The page.

        Returns
        -------
        Formula
            The same one, where a formula was given.

        Raises
        ------
        FormulaError
            With every problem of the page at once, each with its place and line.

        Examples
        --------
        >>> equite.Formula.of(formula) is formula
        True
        """
        if isinstance(thing, Formula):
            return thing
        return cls.from_dict(thing) if isinstance(thing, Mapping) else cls.read(thing)

    @classmethod
    def _of(cls, page: Page) -> Self:
        language = as_language(str(page.content.get("language") or PAGE_LANGUAGE))
        problems = Problems(FormulaError, language if "language" in page.content else None)

        report = reporter(page, problems)
        if "tiers" in page.content and "parts" not in page.content:
            report("page-is-plan")
            problems.refuse()
        page = inherit(page, lambda: catalogue_of(page), report)
        formula = validated(cls, page, problems, report)
        formula._page = page
        check_names(formula.names, report)
        problems.refuse()
        return formula

    @cached_property
    def names(self) -> Names:
        """The page's name space: which names it defines, which columns it reads, and what rests on what."""
        return Names(self)

    @property
    def page(self) -> dict[str, Any]:
        """The former name of :attr:`content`; deprecated."""
        deprecated("Formula.page", "Formula.content")
        return self.content

    @property
    def changes(self) -> tuple[Change, ...]:
        """What overrides changed, in order."""
        return self._page.changes

    def to_yaml(self) -> str:
        """Write the page as YAML, overrides laid in.

        Returns
        -------
        str
            A text that :meth:`from_text` reads as the same page.

        Examples
        --------
        >>> print(formula.to_yaml().splitlines()[0])
        equite: '1'
        """
        return loading.dump(self.content)

    @takes(FormulaError)
    def replace(self, changes: Mapping[str, Any] | None = None, /, **keys: Any) -> Formula:
        """Return a formula that differs by some keys, laid over this one key by key.

        Parameters
        ----------
        changes : mapping, optional
            Keys with what replaces them, however deep: ``{"parts": {"base": {"pool": {"each": 90_000}}}}``; what stands
            in a list is named by its id. A value of None removes a key.
        **keys
            The same, for keys at the top of the page.

        Returns
        -------
        Formula
            A new page; this one is as it was.

        Raises
        ------
        FormulaError
            With every problem of the page at once, each with its place and line.

        Examples
        --------
        >>> formula.replace(envelope=30_000_000).content["envelope"]
        '30000000'
        >>> formula.replace({"parts": {"grant": {"title": "Main grant"}}}).parts[0].title["en"]
        'Main grant'
        """
        partial = loading.page_of({**(changes or {}), **keys})
        return type(self)._of(loading.overlay(self._page, partial))

    @takes(FormulaError)
    def overlaid(self, override: str | Path) -> Formula:
        """Return the formula with an override file laid over it; :attr:`changes` lists what it changed.

        Parameters
        ----------
        override : str or Path
            A YAML file that holds the keys to change, laid over the page key by key.

        Returns
        -------
        Formula
            A new page; this one is as it was.

        Raises
        ------
        FormulaError
            With every problem of the page at once, each with its place and line.

        Examples
        --------
        >>> from pathlib import Path
        >>> Path("more.yaml").write_text("envelope: 100000", encoding="utf-8") > 0
        True
        >>> len(formula.overlaid("more.yaml").changes)
        1
        """
        return type(self)._of(loading.overlay(self._page, loading.read_page(override)))

    @takes(FormulaError)
    def rewritten(self, content: Mapping[str, Any]) -> Formula:
        """Return a page of another content that stands in this one's place: files are looked up where they were.

        Parameters
        ----------
        content : mapping
            The keys of the page, all of them.

        Returns
        -------
        Formula
            A new page; this one is as it was.

        Raises
        ------
        FormulaError
            With every problem of the page at once, each with its place.

        Examples
        --------
        >>> formula.rewritten({**formula.content, "envelope": 30_000}).content["envelope"]
        '30000'
        """
        made = loading.page_of(content)
        return type(self)._of(dataclasses.replace(self._page, content=made.content, lines={}, text=made.text))

    def where(self, *path: str | int) -> dict[str, Any]:
        """Return ``file``, ``where`` and ``line`` of a path, for a problem found later.

        Parameters
        ----------
        *path : str or int
            The keys and places from the top of the page down: ``"parts", 0, "share"``.

        Returns
        -------
        dict
            What :class:`equite.Problem` takes by these names; no line for a page that has none.

        Examples
        --------
        >>> formula.where("parts", 0, "share")["where"]
        'parts.grant.share'
        """
        file, line = self._page.place(path)
        return {"file": file, "where": shown(path, self.content), "line": line}

    @classmethod
    def schema_for_editors(cls) -> dict[str, Any]:
        """Return the JSON schema of a page, for editors that complete and check YAML.

        Returns
        -------
        dict
            A schema of draft 2020-12.

        Examples
        --------
        >>> "parts" in equite.Formula.schema_for_editors()["required"]
        True
        """
        return page_schema()

    def _repr_html_(self) -> str:
        from equite.report.html.pages import formula_html

        return formula_html(self)


def once_a_page(work: Callable[[Formula], T]) -> Callable[[Formula], T]:
    """Keep what is worked out of a page alone for as long as the page is there: it may be applied to many tables."""
    known: WeakKeyDictionary[Names, T] = WeakKeyDictionary()

    @wraps(work)
    def kept(formula: Formula) -> T:
        names = formula.names
        if names not in known:
            known[names] = work(formula)
        return known[names]

    return kept


def catalogue_of(page: Page) -> Catalogue:
    """Return the catalogue that a page's criteria inherit from: the shipped one, with the page's own laid over it."""
    own = page.content.get("catalogue")
    if not isinstance(own, str):
        return read_catalogue()
    return read_catalogue().overlaid(page.beside(own, "catalogue"))


def _of_nothing(entry: str, given: object) -> FormulaError:
    """Refuse what no formula can be read from, and say what was given."""
    return FormulaError([Problem(entry, {"kind": type(given).__name__})])
