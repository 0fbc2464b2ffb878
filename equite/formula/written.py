"""What pages and plans have in common: each is made of a text that was written, and keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equite.wording import for_all

if TYPE_CHECKING:
    from equite.formula.loading import Page

__all__ = ["WrittenPage", "beside"]


class WrittenPage:
    """A page or a plan, with the text that it was made of."""

    if TYPE_CHECKING:
        id: str
        title: Mapping[str, str] | None
        _page: Page

    @property
    def content(self) -> dict[str, Any]:
        """The content as it was written, overrides laid in."""
        return self._page.content

    @property
    def folder(self) -> Path | None:
        """The folder of the file; None for what was not read from one."""
        return self._page.folder

    @property
    def root(self) -> Path | None:
        """The folder that no path it writes may leave; None for what was not read from a file."""
        return self._page.root

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it rests on, which no output may take the place of: the page, its overrides, its catalogue."""
        own = self.content.get("catalogue")
        return (*self._page.files, *((beside(self, own, "catalogue").absolute(),) if isinstance(own, str) else ()))

    @property
    def sha256(self) -> str:
        """The SHA-256 of the text, by which two are known to be the same."""
        return self._page.sha256

    @property
    def heading(self) -> Mapping[str, str]:
        """The title in every language, the id where there is none."""
        return self.title or for_all(self.id)


def beside(page: WrittenPage, written: str, *path: str | int) -> Path:
    """Return the file that a page or a plan writes at a path of its own: beside it, and within its root.

    Raises
    ------
    FormulaError
        The path, links followed, leaves the root.
    """
    return page._page.beside(written, *path)
