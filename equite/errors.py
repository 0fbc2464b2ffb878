"""What can go wrong, said in sentences: what is wrong, where, and how to mend it.

::

    EquiteError            anything equite refuses
    ├── FormulaError       the page: a key, a name, an expression, a value
    ├── TerritoriesError   the table: a code, a column, a cell
    ├── SharingError       the sums: bounds that cannot be met, nothing to share by
    ├── WorkbookError      the workbook to read back: a sheet, a cell
    ├── MethodError        a method of one's own: its name, how it is written, what it gives
    └── OutputError        the file to write

An error carries every problem that was found, each with an id and its values. The sentences stand in each language in
the catalogue of :mod:`equite.wording`; ``str(error)`` uses the error's own language.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from equite import wording
from equite.wording import LOCALES, Language, Nearest

__all__ = [
    "EquiteError",
    "FormulaError",
    "MethodError",
    "OutputError",
    "Problem",
    "Problems",
    "SharingError",
    "TerritoriesError",
    "WorkbookError",
    "deprecated",
    "nearest",
]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    id : str
        The sentence's entry in the catalogue.
    values : mapping
        What fills the sentence.
    where : str
        The place: ``parts.equity.share``, a column, a cell. Empty when the sentence says it all.
    line : int or None
        The line (of a page) or the row (of a table, the heading being row 1).
    file : str
        The file, where one was read.
    row_is_line : bool
        Whether ``line`` counts lines of a page (True) or rows of a table (False).

    Examples
    --------
    >>> problem = equite.Problem("output-is-folder", {"name": "amounts"}, where="the second file")
    >>> problem.text("en")
    "'amounts' is a folder @ the second file: give the name of a file in it"
    """

    id: str
    values: Mapping[str, object] = field(default_factory=dict)
    where: str = ""
    line: int | None = None
    file: str = ""
    row_is_line: bool = True

    def text(self, language: Language) -> str:
        """Return the sentence: ``what @ where (line n): mend``.

        Parameters
        ----------
        language : {"fr", "en"}
            The reader's language.

        Returns
        -------
        str
            One line, in that language, its values filled in.

        Raises
        ------
        EquiteError
            No sentence is written in that language.

        Examples
        --------
        >>> problem.text("fr").split(" @ ")[0]
        '« amounts » est un dossier'
        """
        _refuse_other_than_ours(language)
        what = wording.sentence(self.id, language, "what", self.values)
        mend = wording.sentence(self.id, language, "mend", self.values)
        place = self._place(language)
        text = what + (f" @ {place}" if place else "") + (LOCALES[language].colon + mend if mend else "")
        # A name of a file or a cell may hold new lines; the sentence is one line all the same.
        return " ".join(text.splitlines())

    def _place(self, language: Language) -> str:
        row = ""
        if self.line is not None:
            row = wording.say("at-line" if self.row_is_line else "at-row", language, line=self.line)
        where = f"{self.where} ({row})" if self.where and row else self.where or row
        return ", ".join(part for part in (self.file, where) if part)


def _refuse_other_than_ours(language: object) -> None:
    """Refuse a language that no sentence is written in."""
    if not isinstance(language, str) or language not in LOCALES:
        raise EquiteError([Problem("language-unknown", {"value": language})])


class EquiteError(Exception):
    """Anything that equite refuses, with every problem found.

    Parameters
    ----------
    problems : iterable of Problem
        At least one.
    language : str, optional
        The language of ``str(error)``; by default that of the machine's user.

    Examples
    --------
    >>> try:
    ...     equite.compare("this year", "last year")
    ... except equite.EquiteError as refused:
    ...     error = refused
    >>> [problem.values["at"] for problem in error.problems]
    [1, 2]
    """

    def __init__(self, problems: Iterable[Problem], language: Language | None = None) -> None:
        self.problems = tuple(problems)
        self.language = language
        super().__init__(self.problems)

    def __str__(self) -> str:
        return self.text(self.language or wording.preferred_language())

    def text(self, language: Language) -> str:
        r"""Return every problem in one language, one a line.

        Parameters
        ----------
        language : {"fr", "en"}
            The reader's language, whatever that of ``str(error)``.

        Returns
        -------
        str
            One sentence a line; a problem that stands twice is told once.

        Raises
        ------
        EquiteError
            No sentence is written in that language.

        Examples
        --------
        >>> error.text("en") == str(error)
        True
        """
        spoken = wording.as_spoken_by(self.language, language)
        return "\n".join(dict.fromkeys(problem.text(spoken) for problem in self.problems))


class FormulaError(EquiteError):
    r"""The page says something that cannot be read, found or meant.

    Examples
    --------
    >>> try:
    ...     equite.Formula.from_text("equite: 1\nid: grant\nenvelop: 100", "grant.yaml")
    ... except equite.FormulaError as refused:
    ...     error = refused
    >>> print(error.problems[0].text("en"))
    the key 'key' is missing @ grant.yaml, line 1: add it
    """


class TerritoriesError(EquiteError):
    """The table of territories holds something that cannot be used.

    Examples
    --------
    >>> try:
    ...     equite.Territories.of({"code": ["A", "A"], "people": [1, 2]}, key="code")
    ... except equite.TerritoriesError as refused:
    ...     error = refused
    >>> print(error)
    the code 'A' is already that of row 0 @ code (row 1): give each territory one row and a code of its own
    """


class SharingError(EquiteError):
    """The money cannot be shared as the page asks.

    Examples
    --------
    >>> try:
    ...     equite.share(100, [1, 2], lower=60)
    ... except equite.SharingError as refused:
    ...     error = refused
    >>> print(error)
    100 cannot pay the floors, which take 120: lower the floors, or share more
    """


class WorkbookError(EquiteError):
    """The workbook cannot be read back: it is none of ours, or was edited into something that means nothing.

    Examples
    --------
    >>> try:
    ...     equite.read_workbook("absent.xlsx")
    ... except equite.WorkbookError as refused:
    ...     error = refused
    >>> print(error)
    the workbook 'absent.xlsx' cannot be opened (No such file or directory): give the path of an .xlsx file
    """


class MethodError(EquiteError):
    """A method of one's own cannot be registered, or gives something else than it must.

    Examples
    --------
    >>> try:
    ...     equite.normaliser("rank")(lambda values: values)
    ... except equite.MethodError as refused:
    ...     error = refused
    >>> [problem.id for problem in error.problems]
    ['method-taken']
    """


class OutputError(EquiteError):
    """The result cannot be written where it was asked.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 100,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": "equally"}],
    ... }
    >>> try:
    ...     equite.allocate(page, {"code": ["A", "B"]}).to_csv("amounts.doc")
    ... except equite.OutputError as refused:
    ...     error = refused
    >>> print(error)
    the name 'amounts.doc' does not end in .csv, .txt: call it 'amounts.doc.csv', for instance
    """


class Problems:
    """A collector: gather every problem first, refuse once."""

    def __init__(self, kind: type[EquiteError], language: Language | None = None) -> None:
        self._kind = kind
        self._language = language
        self.found: list[Problem] = []

    def add(
        self,
        entry: str,
        where: str = "",
        line: int | None = None,
        *,
        file: str = "",
        row_is_line: bool = True,
        **values: object,
    ) -> None:
        """Note one problem."""
        self.found.append(Problem(entry, values, where, line, file, row_is_line))

    def refuse(self) -> None:
        """Raise the error if anything was found."""
        if self.found:
            raise self._kind(self.found, self._language)


def nearest(name: str, known: Iterable[str]) -> Nearest:
    """Find the known names that resemble one that was not found; the name itself is no answer."""
    folded = {candidate.casefold(): candidate for candidate in known if candidate != name}
    close = difflib.get_close_matches(name.casefold(), list(folded), n=2, cutoff=0.6)
    return Nearest(tuple(folded[match] for match in close))


def deprecated(old: str, new: str, *, above: int = 0) -> None:
    """Warn whoever uses a name that it will go, and say what to write instead; the warning points at their line.

    ``above`` is how many calls stand between theirs and the one that warns.
    """
    text = wording.say("deprecated", wording.preferred_language(), old=old, new=new)
    warnings.warn(text, DeprecationWarning, stacklevel=3 + above)
