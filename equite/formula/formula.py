"""A formula: the page that a board can read, checked and ready to be applied to a table of territories."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Self

from pydantic import PrivateAttr

from equite.errors import FormulaError, Problem, Problems, deprecated
from equite.formula import loading
from equite.formula.checking import check_names
from equite.formula.inheriting import inherit
from equite.formula.loading import Change, Page
from equite.formula.model import FormulaModel
from equite.formula.names import Names
from equite.formula.schema import page_schema
from equite.formula.validating import reporter, shown, validated
from equite.inputs.catalogue import Catalogue, read_catalogue
from equite.wording import Language, as_language

__all__ = ["Formula", "catalogue_of"]


class Formula(FormulaModel):
    """A formula page, checked; frozen.

    Read one with :meth:`read`, :meth:`from_text` or :meth:`from_dict`; vary it with :meth:`replace` and
    :meth:`overlaid`. Every key is described in ``docs/formula.md``.

    Raises
    ------
    FormulaError
        With every problem of the page at once, each with its place and line.
    """

    _page: Page = PrivateAttr()

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a page from a YAML file."""
        if not isinstance(path, str | PathLike):
            raise _of_nothing("formula-of-nothing", path)
        return cls._of(loading.read_page(path))

    @classmethod
    def from_text(cls, text: str, name: str = "formula") -> Self:
        """Read a page from YAML text; ``name`` stands for the file in errors."""
        if not isinstance(text, str):
            raise _of_nothing("formula-no-text", text)
        return cls._of(loading.read_page(name, text=text))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Make a formula of a Python mapping laid out as the page is."""
        if not isinstance(content, Mapping):
            raise _of_nothing("formula-no-mapping", content)
        return cls._of(loading.page_of(content))

    @classmethod
    def of(cls, thing: Formula | str | Path | Mapping[str, Any]) -> Formula:
        """Take a formula as it is, or read it from a file's path or a mapping."""
        if isinstance(thing, Formula):
            return thing
        return cls.from_dict(thing) if isinstance(thing, Mapping) else cls.read(thing)

    @classmethod
    def _of(cls, page: Page) -> Self:
        language = as_language(str(page.content.get("language") or "fr"))
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
        """The page's name space."""
        return Names(self)

    @property
    def content(self) -> dict[str, Any]:
        """The page's content as it was written, overrides laid in."""
        return self._page.content

    @property
    def page(self) -> dict[str, Any]:
        """The former name of :attr:`content`; deprecated."""
        deprecated("Formula.page", "Formula.content")
        return self.content

    @property
    def folder(self) -> Path | None:
        """The folder of the page's file; None for a page that was not read from one."""
        return self._page.folder

    @property
    def sha256(self) -> str:
        """The fingerprint of the page's text."""
        return self._page.sha256

    @property
    def changes(self) -> tuple[Change, ...]:
        """What overrides changed, in order."""
        return self._page.changes

    @property
    def heading(self) -> Mapping[str, str]:
        """The page's title in both languages, its id where it has none."""
        return self.title or {"fr": self.id, "en": self.id}

    def to_yaml(self) -> str:
        """Write the page as YAML, overrides laid in."""
        return loading.dump(self.content)

    def replace(self, changes: Mapping[str, Any] | None = None, /, **keys: Any) -> Formula:
        """Return a formula that differs by some keys, laid over this one key by key.

        ``formula.replace(envelope=30_000_000)``;
        ``formula.replace({"parts": {"base": {"pool": {"each": 90_000}}}})``. A value of None removes a key.
        """
        partial = loading.page_of({**(changes or {}), **keys})
        return type(self)._of(loading.overlay(self._page, partial))

    def overlaid(self, override: str | Path) -> Formula:
        """Return the formula with an override file laid over it; :attr:`changes` lists what it changed."""
        return type(self)._of(loading.overlay(self._page, loading.read_page(override)))

    def where(self, *path: str | int) -> dict[str, Any]:
        """Return ``file``, ``where`` and ``line`` of a path, for a problem found later."""
        file, line = self._page.place(path)
        return {"file": file, "where": shown(path, self.content), "line": line}

    @property
    def reader_language(self) -> Language:
        """The language of outputs."""
        return self.language

    @classmethod
    def schema_for_editors(cls) -> dict[str, Any]:
        """Return the JSON schema of a page, for editors that complete and check YAML."""
        return page_schema()

    def _repr_html_(self) -> str:
        from equite.report.html.pages import formula_html

        return formula_html(self)


def catalogue_of(page: Page) -> Catalogue:
    """Return the catalogue that a page's criteria inherit from: the shipped one, with the page's own laid over it."""
    own = page.content.get("catalogue")
    if not isinstance(own, str):
        return read_catalogue()
    return read_catalogue().overlaid(Path(own) if page.folder is None else page.folder / own)


def _of_nothing(entry: str, given: object) -> FormulaError:
    """Refuse what no formula can be read from, and say what was given."""
    return FormulaError([Problem(entry, {"kind": type(given).__name__})])
