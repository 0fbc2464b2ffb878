"""What stands in the cells that may be changed: numbers where numbers are wanted, within what they may be.

A paste passes a spreadsheet's validation, and a spreadsheet counts a blank as 0 and a text as nothing, or as more than
any number: Python refuses such a cell, and here a check turns red.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from equite.engine.rows import needed_rules
from equite.inputs.cells import tidy
from equite.inputs.columns import ColumnRule
from equite.report.live.checking import LiveCheck, failures
from equite.report.live.grid import LiveColumn, absolute, quoted
from equite.report.live.terms import Term, stated
from equite.report.live.translating import written_number
from equite.report.live.verdict import BAND
from equite.report.roundtrip.manifest import Input
from equite.report.workbook.table import letters

if TYPE_CHECKING:
    from equite.report.language.labels import Labels
    from equite.report.live.workings import Workings

__all__ = ["typed_checks", "untouched"]

#: The most arguments that a function takes in every spreadsheet, and some to spare.
_MOST = 80
#: What spreadsheets and pages leave unseen within a text most often: soft hyphens, joiners, marks of direction.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def typed_checks(
    workings: Workings, inputs: Sequence[Input], never_negative: Sequence[Term], codes: LiveColumn
) -> list[LiveCheck]:
    """Return what is checked of the cells that may be changed.

    Parameters
    ----------
    workings : Workings
        The sums.
    inputs : sequence of Input
        Every cell and column that may be changed.
    never_negative : sequence of Term
        The cells of weights and of amounts of money.
    codes : LiveColumn
        The codes as they were when the workbook was written.
    """
    say = workings.labels.say
    figures = [quoted(each.sheet) + absolute(each.cells) for each in inputs if not each.is_column]
    found = []
    found += [(say("live-check-figures"), "", f"{len(some)}-COUNT({','.join(some)})") for some in _by(figures)]
    for cells in _by([str(cell) for cell in never_negative]):
        # Of one cell alone, a comparison is no number in a spreadsheet.
        below = "+".join(["0", *(f"({cell}<0)" for cell in cells)])
        found.append((say("live-check-not-negative"), "", below))
    place = workings.code.on(workings.grid.name).range
    as_written = codes.on(workings.grid.name).range
    about = say("live-check-about-codes")
    found.append((say("live-check-codes"), about, f"SUMPRODUCT(--NOT(EXACT({place},{as_written})))"))
    rules = {tidy(rule.heading): rule for rule in needed_rules(workings.formula)}
    key = tidy(workings.formula.key.column)
    for each in inputs:
        heading = tidy(str(each.path[1])) if each.is_column else key
        rule = rules.get(heading) if heading != key else None
        if rule is not None:
            title, cells = workings.labels.title(rule.name), quoted(each.sheet) + absolute(each.cells)
            if rule.kind != "text":
                found.append((say("live-check-column", column=title), _wanted(rule, workings), _beyond(rule, cells)))
            elif rule.name != workings.formula.name:
                about = say("live-check-about-unseen")
                found.append((say("live-check-unseen", column=title), about, _unseen(cells)))
    return [LiveCheck("typed", title, about, failures(stated(text, 0.0))) for title, about, text in found]


def untouched(labels: Labels, sheets: Mapping[str, Any]) -> list[LiveCheck]:
    """Return whether all formulas of each sheet still stand: an amount typed over one would never change again."""
    found = []
    for name, sheet in sheets.items():
        if sheet.formulas:
            last = f"${letters(sheet.dim_colmax)}${sheet.dim_rowmax + 1}"
            there = f"SUMPRODUCT(--_xlfn.ISFORMULA({quoted(name)}$A${BAND + 1}:{last}))"
            term = failures(stated(f"MAX(0,{sheet.formulas}-{there})", 0.0))
            found.append(LiveCheck("typed", labels.say("live-check-untouched", sheet=name), "", term))
    return found


def _unseen(cells: str) -> str:
    """Count the labels that hold blanks or signs that nobody sees: formulas would take them for other labels."""
    bare = cells
    for sign in _UNSEEN:
        bare = f'SUBSTITUTE({bare},"{sign}","")'
    for sign in ('"\u00a0"', '"\u202f"', "CHAR(9)", "CHAR(10)"):
        bare = f'SUBSTITUTE({bare},{sign}," ")'
    return f"SUMPRODUCT(--NOT(EXACT({cells},TRIM({bare}))))"


def _by(cells: Sequence[str]) -> list[Sequence[str]]:
    return [cells[start : start + _MOST] for start in range(0, len(cells), _MOST)]


def _ends(rule: ColumnRule) -> tuple[float | None, float | None]:
    """Return the lowest and the highest that a column's numbers may be: what adds up is never negative by itself."""
    low = 0.0 if rule.minimum is None and rule.kind == "extensive" else rule.minimum
    return low, rule.maximum


def _wanted(rule: ColumnRule, workings: Workings) -> str:
    """Say what a column holds."""
    labels, (low, high) = workings.labels, _ends(rule)
    if rule.kind == "yes_no":
        return labels.say("live-check-yes-no")
    if rule.kind == "ordinal":
        return labels.say("live-check-levels", count=len(rule.levels))
    if low is None and high is None:
        return labels.say("live-check-numbers")
    ends = ["−∞" if low is None else labels.number(low), "∞" if high is None else labels.number(high)]
    return labels.say("live-check-between", low=ends[0], high=ends[1])


def _beyond(rule: ColumnRule, cells: str) -> str:
    """Count the cells that hold neither a number that fits, nor a mark of the page's own, nor nothing."""
    marks = "".join(f'-SUMPRODUCT(--(TRIM({cells})="{_escaped(mark)}"))' for mark in _marks(rule))
    texts = f'SUMPRODUCT(--(TRIM({cells})<>""))-COUNT({cells}){marks}'
    if rule.kind in ("yes_no", "ordinal"):
        allowed = (0, 1) if rule.kind == "yes_no" else range(1, len(rule.levels) + 1)
        other = "*".join(f"({cells}<>{value})" for value in allowed)
        return f"{texts}+SUMPRODUCT(ISNUMBER({cells})*{other})"
    for sign, end in zip("<>", _ends(rule), strict=True):
        if end is not None:
            texts += f"+SUMPRODUCT(ISNUMBER({cells})*({cells}{sign}{written_number(float(end))}))"
    return texts


def _marks(rule: ColumnRule) -> Mapping[str, None]:
    return dict.fromkeys((*rule.marks.missing, *rule.marks.suppressed))


def _escaped(text: str) -> str:
    return text.replace('"', '""')
