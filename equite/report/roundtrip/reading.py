"""Reading a live workbook back: the page and the table as they were edited, and what was changed.

Cells are found by the names that the workbook defines for them, which follow a sheet that is renamed and rows that are
moved. The file is only read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path as FilePath
from typing import Literal

import numpy as np
import pandas as pd

from equite.arguments import takes
from equite.engine.allocate import allocate
from equite.engine.allocation import Allocation
from equite.errors import EquiteError, Problem, WorkbookError
from equite.formula.formula import Formula
from equite.inputs.territories import Territories
from equite.report.html.markup import element, fragment
from equite.report.language.labels import Labels
from equite.report.roundtrip.cells import ReadBook
from equite.report.roundtrip.changes import InputChange
from equite.report.roundtrip.inputs import read_inputs
from equite.report.roundtrip.manifest import MANIFEST_SHEET, MARK, VERSION, Certificate, Manifest
from equite.wording import Language

__all__ = ["WorkbookReading", "read_workbook"]


@dataclass(frozen=True, eq=False, repr=False)
class WorkbookReading:
    """A live workbook as it was read back.

    Attributes
    ----------
    name : str
        The file's name.
    formula : Formula
        The page, with the envelope, weights, bounds and constants as they stand in the workbook.
    territories : Territories
        The table as it stands in the workbook: the columns that the page reads.
    changes : tuple of InputChange
        Every figure and cell that differs from what was written, each with its sentence.
    cached_amounts : pandas.Series
        The amounts that the file shows, by code; missing where a territory takes no part, or where they were lost.
    certificates : tuple of Certificate
        The steps that the workbook holds as values, so that its amounts cannot follow what they rest on.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> table = {"code": ["A", "B"], "people": [1_000, 2_000]}
    >>> path = equite.allocate(page, table).to_excel("live.xlsx", live=True)
    >>> reading = equite.read_workbook(path)
    >>> reading.changes, reading.cache
    ((), 'current')
    """

    name: str
    formula: Formula
    territories: Territories
    changes: tuple[InputChange, ...]
    cached_amounts: pd.Series
    certificates: tuple[Certificate, ...] = ()

    @cached_property
    def _allocation(self) -> Allocation:
        return allocate(self.formula, self.territories)

    def allocate(self) -> Allocation:
        """Allocate by the page and the table as edited: what the workbook shows once it is recalculated, to the cent.

        Returns
        -------
        Allocation
            The same one, however often it is asked for.

        Raises
        ------
        EquiteError
            As for :func:`equite.allocate`.

        Examples
        --------
        >>> reading.allocate().amounts.tolist()
        [30000.0, 60000.0]
        """
        return self._allocation

    @property
    def cache(self) -> Literal["current", "stale", "lost"]:
        """Whether the amounts in the file are those of its figures, those of others, or lost altogether.

        ``current``, ``stale`` or ``lost``. An error says why the page and the table as edited allocate nothing.
        """
        if self.cached_amounts.isna().all():
            return "lost"
        found = self.allocate()
        now = pd.Series(found.amounts, index=list(found.codes)).reindex(self.cached_amounts.index)
        half = float(found.formula.rounding_to) / 2
        same = (now.fillna(0.0) - self.cached_amounts.fillna(0.0)).abs() < half
        return "current" if bool((same & (now.isna() | self.cached_amounts.notna())).all()) else "stale"

    @property
    def is_stale(self) -> bool:
        """Whether the amounts in the file are not those of its figures: it was edited and not recalculated."""
        return self.cache != "current"

    @takes(WorkbookError)
    def summary(self, language: Language | None = None) -> str:
        """Tell in a few lines what was read, what was changed and whether the amounts are up to date.

        Parameters
        ----------
        language : {"fr", "en"}, optional
            By default the page's.

        Returns
        -------
        str
            A line for the whole, then one for each change.

        Examples
        --------
        >>> print(reading.summary("fr"))
        live.xlsx : « grant », 2 territoires, rien n’a changé, ses montants sont à jour
        """
        labels = Labels(self.formula, language)
        head = labels.say(
            "reading-summary",
            name=self.name,
            title=labels.worded(self.formula.heading),
            territories=labels.territories(len(self.territories)),
            changes=self._counted(labels),
            amounts=labels.say(f"reading-amounts-{self._state()}"),
        )
        return "\n".join([head, *(f"  {change.text(labels.language)}" for change in self.changes)])

    @property
    def table(self) -> pd.DataFrame:
        """One row for each change: sheet, cell, code (of a territory), before, after, and told in the page's words."""
        columns = ["sheet", "cell", "code", "before", "after", "told"]
        rows = [(each.sheet, each.cell, each.code, each.before, each.after, each.text()) for each in self.changes]
        return pd.DataFrame(rows, columns=columns)

    def to_csv(self, path: str | FilePath) -> FilePath:
        """Write the changes to a CSV file that the readers' spreadsheet opens as it is.

        UTF-8 with a byte-order mark; ``;`` and a decimal comma in French, ``,`` and a decimal point in English. A text
        that a spreadsheet would run as a formula has an apostrophe before it.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.csv`` or ``.txt``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> reading.to_csv("changes.csv").name
        'changes.csv'
        """
        from equite.report.results import reading_shown
        from equite.report.shown import shown_to_csv

        return shown_to_csv(reading_shown(self), path)

    def to_excel(self, path: str | FilePath) -> FilePath:
        """Write the changes to a workbook of one sheet, in the readers' language.

        Two workbooks of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.xlsx``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The table holds more than a sheet can, the name has another end, or the file cannot be written. One that was
            there is left as it was.

        Examples
        --------
        >>> reading.to_excel("changes.xlsx").name
        'changes.xlsx'
        """
        from equite.report.results import reading_shown
        from equite.report.shown import shown_to_excel

        return shown_to_excel(reading_shown(self), path)

    def to_html(self, path: str | FilePath) -> FilePath:
        """Write one page to read and to print: what was read, and what was changed.

        The file needs no other file and no network. Two pages of one result are the same, byte for byte.

        Parameters
        ----------
        path : str or Path
            A name that ends in ``.html`` or ``.htm``.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        OutputError
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> reading.to_html("changes.html").name
        'changes.html'
        """
        from equite.report.results import reading_shown
        from equite.report.shown import shown_to_html

        return shown_to_html(reading_shown(self), path)

    def _counted(self, labels: Labels) -> str:
        if not self.changes:
            return labels.say("reading-changes-none")
        return labels.count(len(self.changes), "reading-changes-one", "reading-changes-many")

    def _state(self) -> str:
        try:
            return self.cache
        except EquiteError:
            return "refused"

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        head, *changes = (line.strip() for line in self.summary().splitlines())
        listed = element("ul", (element("li", line) for line in changes)) if changes else None
        return fragment(element("p", head), listed)


def read_workbook(path: str | FilePath) -> WorkbookReading:
    """Read a live workbook back, as it was edited.

    Parameters
    ----------
    path : str or Path
        A workbook that ``allocation.to_excel(path, live=True)`` wrote, edited and saved in any spreadsheet.

    Returns
    -------
    WorkbookReading
        The page, the table, and what was changed.

    Raises
    ------
    WorkbookError
        The file is no such workbook, or was edited into something that means nothing; every problem at once, each with
        its sheet and cell.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000,
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> table = {"code": ["A", "B"], "people": [1_000, 2_000]}
    >>> path = equite.allocate(page, table).to_excel("live.xlsx", live=True)
    >>> equite.read_workbook(path).allocate().total
    90000.0
    """
    if not isinstance(path, str | PathLike):
        raise WorkbookError([Problem("input-no-path", {"kind": type(path).__name__})])
    book = ReadBook(FilePath(path).expanduser())
    manifest = _manifest(book)
    try:
        inputs = read_inputs(book, manifest)
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError, StopIteration):
        # A hidden sheet forged with its fingerprint names places that no page has.
        book.refuse("workbook-damaged", sheet=MANIFEST_SHEET)
    amounts = _cached_amounts(book, manifest, inputs.codes)
    name = book.file.name
    return WorkbookReading(name, inputs.formula, inputs.territories, inputs.changes, amounts, manifest.certificates)


def _manifest(book: ReadBook) -> Manifest:
    """Read the hidden sheet."""
    if MANIFEST_SHEET not in book.sheets:
        book.refuse("workbook-not-live")
    rows = [["" if cell.value is None else cell.value for cell in row] for row in book.rows(MANIFEST_SHEET)]
    rows = [_stripped(row) for row in rows]
    head = [str(cell) for cell in rows[0]] if rows else []
    if len(head) == 2 and head[0] == MARK and head[1] != VERSION:
        book.refuse("workbook-newer", version=next((row[1] for row in rows if row[:1] == ["equite"]), head[1]))
    manifest = Manifest.from_rows(rows)
    if manifest is None or not {"amounts", "codes", "written"} <= set(manifest.places):
        book.refuse("workbook-damaged", sheet=MANIFEST_SHEET)
    if any(certificate.reason == "cascade" for certificate in manifest.certificates):
        # The page alone does not say what money came to this tier, nor to whom.
        book.refuse("workbook-of-a-tier")
    return manifest


def _stripped(row: list[object]) -> list[object]:
    """Leave out the blanks after a row's last cell."""
    while row and row[-1] == "":
        row = row[:-1]
    return row


def _cached_amounts(book: ReadBook, manifest: Manifest, codes: tuple[str, ...]) -> pd.Series:
    """Return the amounts that the file carries, by code."""
    place = manifest.places["amounts"]
    area = book.area(place.name, place.sheet, place.cells)
    numbers = book.numbers(area) if area is not None else []
    return pd.Series(numbers[: len(codes)], index=list(codes[: len(numbers)]), dtype=np.float64)
