"""The worksheet of a territory: each quantity that its amount rests on, in order, so that anyone can redo it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from equite.engine.bounds import Bounds
from equite.engine.evaluation import Scope
from equite.engine.explanation import Explanation, explain
from equite.engine.sharing import Groups
from equite.engine.sheet import Sheet, SheetLine
from equite.engine.sheet_arithmetic import Ref
from equite.engine.sheet_names import Names
from equite.engine.sheet_parts import Parts
from equite.engine.sheet_scores import Scores
from equite.engine.sheet_stages import Stages, rounded
from equite.engine.steps import money_of
from equite.inputs.spelling import tidy
from equite.wording import Language

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["Worksheet", "worksheet"]


@dataclass(frozen=True)
class Worksheet:
    """One amount, line by line, each with its arithmetic on earlier ones; made by :meth:`equite.Allocation.worksheet`.

    Figures stand unrounded, with the digits that lead to the next line: at most fifteen significant ones.

    Attributes
    ----------
    allocation : Allocation
        What the amount is from.
    code, name : str
        The territory.
    lines : tuple of SheetLine
        In order; the last one is the amount.
    amount : float
        The amount, in money; 0 for a territory that takes no part.
    explanation : Explanation or None
        The same amount as other outputs show it, in lines that add up; None for a territory that takes no part.
    reason : mapping or None
        Why the territory takes no part, in both languages; None for one that does.

    Examples
    --------
    >>> page = {
    ...     "equite": 1, "id": "grant", "language": "en", "key": "code", "envelope": 90_000, "rounding": {"to": 1},
    ...     "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    ... }
    >>> allocation = equite.allocate(page, {"code": ["A", "B"], "people": [1_000, 2_000]})
    >>> sheet = allocation.worksheet("B")
    >>> [line.letter for line in sheet.lines], sheet.amount
    (['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'], 60000.0)
    """

    allocation: Allocation
    code: str
    name: str
    lines: tuple[SheetLine, ...]
    amount: float
    explanation: Explanation | None = None
    reason: Mapping[str, str] | None = None

    @property
    def table(self) -> pd.DataFrame:
        """One row for each line, in the page's language.

        Columns: letter, title, given (why a line is given; empty where it is worked out), words (what the page says),
        rule (over letters), figures (the rule with this territory's figures), result (with its unit), source.
        """
        from equite.report.worksheet import worksheet_table

        return worksheet_table(self)

    def text(self, language: Language | None = None) -> str:
        r"""Return the worksheet as text, in one language.

        Parameters
        ----------
        language : {"fr", "en"}, optional
            The readers' language; by default the page's.

        Returns
        -------
        str
            Each line with its letter and its title, what it rests on, and its arithmetic (docs/worksheet.md).

        Examples
        --------
        >>> print(sheet.text("en").split("\n\n")[-5])
        G  Whole units
           = round_down(F)
           = round_down(60,000)
           = 60,000
        """
        from equite.report.worksheet import worksheet_text

        return worksheet_text(self, language)

    def to_csv(self, path: str | Path) -> Path:
        """Write the lines to a CSV file that the readers' spreadsheet opens as it is.

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
        >>> sheet.to_csv("worksheet.csv").name
        'worksheet.csv'
        """
        from equite.report.shown import shown_to_csv
        from equite.report.worksheet import worksheet_shown

        return shown_to_csv(worksheet_shown(self), path)

    def to_excel(self, path: str | Path) -> Path:
        """Write the lines to a workbook of one sheet, in the readers' language.

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
            The name has another end, or the file cannot be written. One that was there is left as it was.

        Examples
        --------
        >>> sheet.to_excel("worksheet.xlsx").name
        'worksheet.xlsx'
        """
        from equite.report.shown import shown_to_excel
        from equite.report.worksheet import worksheet_shown

        return shown_to_excel(worksheet_shown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one page to read and to print: the lettered lines, then the figures as other outputs show them.

        The file needs no other file and no network.

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
        >>> sheet.to_html("worksheet.html").name
        'worksheet.html'
        """
        from equite.report.html.worksheet import worksheet_to_html

        return worksheet_to_html(self, path)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from equite.report.html.worksheet import worksheet_html

        return worksheet_html(self)


def worksheet(allocation: Allocation, code: str) -> Worksheet:
    """Write one territory's worksheet; one that takes no part has the condition that leaves it out."""
    wanted = tidy(str(code))
    for found in allocation.excluded_by:
        if found.code == wanted:
            return _left_out(allocation, wanted, found.reason)
    row = allocation.row(code)
    place = int(allocation._places[row])
    sheet = Sheet(allocation._known)
    shared = {result.part.id: result for result in allocation.parts_shared}
    units = allocation.envelope_units
    envelope = None if units is None else allocation.context.unit.money(units)
    stages: Stages

    def solved(name: str, scope: Scope) -> Ref | None:
        """Return the line of what is solved: an index, a part, the amount, the envelope."""
        if name == "amount":
            return stages.amount
        if name in shared:
            return stages.now[name] if name in stages.now else parts.line(name).amount
        if name == "envelope" and envelope is not None:
            return parts.envelope_line()
        if name in allocation.formula.indices:
            key = name, id(scope.scoring(name))
            if key not in indices:
                indices[key] = scores.line(name, scope)
            return indices[key]
        return None

    indices: dict[tuple[str, int], Ref] = {}
    names = Names(sheet, place, solved)
    measured = int(np.count_nonzero(allocation.scope.taking_part[:place]))
    scores = Scores(sheet, names, row, measured)
    parts = Parts(sheet, names, allocation.context, allocation.scope, shared, envelope, row)
    stages = Stages(sheet, names, parts)
    stages.begin()
    for stage in allocation.stages:
        stages.run(stage)
    workings = allocation.stages[-1].workings if allocation.stages else None
    stays = Bounds.none(allocation.context.size) if workings is None else workings.stays
    rounded(stages, allocation.exact, allocation.units, _rounding_groups(allocation), stays)
    return Worksheet(
        allocation,
        str(allocation.context.codes[row]),
        allocation._name(row),
        tuple(sheet.lines),
        float(allocation.amounts[row]),
        explain(allocation, code),
    )


def _rounding_groups(allocation: Allocation) -> Groups | None:
    """Return the groups inside which whole units were found; None where each amount is rounded by itself."""
    money, groups = money_of(allocation.context, allocation.parts_shared)
    if money is None:
        return None
    for stage in allocation.stages:
        if stage.workings is not None:
            groups = stage.workings.rounded_within
    return groups


def _left_out(allocation: Allocation, code: str, reason: Mapping[str, str]) -> Worksheet:
    """Write why a territory takes no part: the conditions, up to the one that it does not meet."""
    sheet, scope = Sheet(allocation._known), allocation.scope
    place = int(np.flatnonzero(scope.table.codes == code)[0])
    names = Names(sheet, place, lambda name, scope: None)
    for rule in allocation.formula.eligible:
        names.expressed(rule.where.tree, scope, "takes-part")
        if not names.at(scope, rule.where.tree):
            break
    sheet.given("left-out", "amount", value=0.0, reason=reason, is_money=True)
    page = allocation.formula
    given = None if page.name is None else scope.value(page.name)[place]
    return Worksheet(allocation, code, code if given is None else str(given), tuple(sheet.lines), 0.0, None, reason)
