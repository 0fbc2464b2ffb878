"""An empty table for a formula: the columns it reads, what each may hold, and what each is for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from equite.formula.formula import Formula
from equite.formula.model import Column as ColumnSpec
from equite.formula.names import criteria_of
from equite.formula.ranges import range_of
from equite.inputs.marks import NO_MARKS, Marks
from equite.inputs.percents import is_percent_unit
from equite.report.files import EXCEL, ending
from equite.report.language.labels import Labels, limit_names
from equite.report.language.text import plain
from equite.report.workbook.file import new_workbook
from equite.report.workbook.sheet import MOST_ROWS, PALE, Book, Cell, Sheet, fitting, paper
from equite.report.workbook.table import letters
from equite.wording import for_all

__all__ = ["write_template"]

#: What a spreadsheet shows beside a cell is short.
_TITLE, _MESSAGE = 32, 255
_WIDTHS = (28, 34, 16, 26, 30, 44, 34, 16)
#: Longer than this, levels are listed further down.
_SHORT = 60
#: The widest column of the sheet to fill in; longer headings wrap.
_WIDEST = 30


@dataclass(frozen=True)
class _Wanted:
    """A column of the template.

    Attributes
    ----------
    name, heading : str
        What the page and the table call it.
    kind : str
        ``code``, ``name``, ``text``, or a kind of number.
    spec : ColumnSpec or None
        What the page says of it.
    labels : tuple of str
        The texts that the page knows what to do with; empty where any will do.
    low, high : float or None
        The bounds of a number.
    marks : Marks
        What the page says of the marks in it.
    """

    name: str
    heading: str
    kind: str
    spec: ColumnSpec | None = None
    labels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    marks: Marks = NO_MARKS

    @property
    def in_percent(self) -> bool:
        """Whether 12.5 may as well be typed as 12.5 %."""
        return not self.is_text and self.spec is not None and is_percent_unit(self.spec.unit)

    @property
    def is_text(self) -> bool:
        return self.kind in ("code", "name", "text")


def write_template(formula: Formula, path: str | Path) -> Path:
    """Write an empty workbook with the columns that a formula reads, ready to be filled in.

    The first sheet has the headings exactly as :func:`equite.allocate` reads them, codes and texts as text, and
    lists to choose from; the second tells what each column holds and what it is for.

    Parameters
    ----------
    formula : Formula
        The page.
    path : str or Path
        A name that ends in ``.xlsx``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OutputError
        The file cannot be written. One that was there is left as it was.
    """
    labels = Labels(formula)
    target = ending(path, EXCEL, labels.language)
    wanted = tuple(_wanted(formula))
    with new_workbook(target, labels.language, labels.worded(formula.heading), formula.sha256) as workbook:
        book = Book(workbook, labels)
        data = book.workbook.add_worksheet(labels.say("template-data"))
        lists = _explained(book, formula, wanted)
        _headings(book, data, wanted, lists)
    return target


def _wanted(formula: Formula) -> Iterator[_Wanted]:
    """Return the columns: codes, names, then the page's own in its order, each heading once."""
    yield _Wanted("", formula.key.column, "code")
    headings = {_tidy(formula.key.column)}
    if formula.name is not None:
        spec = formula.columns.get(formula.name)
        heading = (spec.heading if spec else None) or formula.name
        if _tidy(heading) not in headings:
            headings.add(_tidy(heading))
            yield _Wanted(formula.name, heading, "name", spec, _known_labels(formula, formula.name))
    needed = formula.names.columns
    for name in [*(name for name in formula.columns if name in needed), *needed]:
        column = needed[name]
        if _tidy(column.heading) not in headings:
            headings.add(_tidy(column.heading))
            spec = formula.columns.get(name)
            kind = "text" if column.use != "number" else _number_kind(spec)
            low, high = _range(formula, name, kind)
            marks = Marks.laid_over(spec.marks, formula.marks) if spec else formula.marks
            yield _Wanted(name, column.heading, kind, spec, _known_labels(formula, name), low, high, marks)


def _range(formula: Formula, name: str, kind: str) -> tuple[float | None, float | None]:
    """Return the bounds of a column: its own, those of the criteria it is, and zero for what adds up."""
    low, high = range_of(formula, name)
    spec = formula.columns.get(name)
    if kind == "extensive" and not (spec and spec.range and spec.range[0] is not None):
        low = 0.0 if low is None else max(low, 0.0)
    return low, high


def _number_kind(spec: ColumnSpec | None) -> str:
    if spec is None or spec.kind is None:
        return "ordinal" if spec and spec.levels else "number"
    return spec.kind


def _tidy(heading: str) -> str:
    return " ".join(heading.split())


def _known_labels(formula: Formula, name: str) -> tuple[str, ...]:
    """Return the labels of a grouping column for which the page states a direction; every group needs one."""
    found: dict[str, None] = {}
    for index in formula.indices.values():
        for _, _, criterion in criteria_of(index):
            if criterion.more_need_when.by == name:
                found |= dict.fromkeys(criterion.more_need_when.labels)
    return tuple(found)


def _headings(book: Book, data: Any, wanted: tuple[_Wanted, ...], lists: dict[str, str]) -> None:
    """Write the first row, and what the cells below may hold."""
    heading = book.style(bold=True, text_wrap=True, valign="vcenter", bg_color=PALE, bottom=1)
    keys = sum(column.kind in ("code", "name") for column in wanted)
    widths = [_width(column) for column in wanted]
    for at, column in enumerate(wanted):
        text = book.style(num_format="@") if column.is_text else None
        data.set_column(at, at, widths[at], text)
        data.write_string(0, at, fitting(column.heading), heading)
        rule = {**_rule(column, at, book.labels, lists), **_message(column, book.labels)}
        data.data_validation(1, at, MOST_ROWS - 1, at, {"validate": "any", **rule})
    data.freeze_panes(1, keys)
    data.repeat_rows(0)
    data.activate()
    paper(data, data.get_name(), book.labels, width=sum(widths), landscape=True)


def _width(column: _Wanted) -> float:
    return 32.0 if column.kind == "name" else float(max(12, min(_WIDEST, len(column.heading) + 3)))


def _rule(column: _Wanted, at: int, labels: Labels, lists: dict[str, str]) -> dict[str, Any]:
    """Say what a spreadsheet lets into a column; blank cells always are."""
    refused: dict[str, Any] = {"error_title": labels.say("template-refused")[:_TITLE], "ignore_blank": True}
    if column.marks.missing or column.marks.suppressed:
        # The marks that the page knows may stand there too.
        refused["error_type"] = "warning"
    if column.name in lists:
        # Of a text, other labels may stand for territories that take no part.
        stop = "stop" if column.kind == "ordinal" else "warning"
        said = labels.say("template-choose")
        return {**refused, "validate": "list", "source": lists[column.name], "error_type": stop, "error_message": said}
    if column.kind == "yes_no":
        source = [labels.say("template-yes"), labels.say("template-no"), *column.marks.yes]
        return {**refused, "validate": "list", "source": source, "error_message": labels.say("template-choose")}
    low, high = column.low, column.high
    if column.is_text or (low is None and high is None):
        return {}
    said = labels.say("template-range-refused", range=_range_words(column, labels))[:_MESSAGE]
    bounds: dict[str, Any] = {"validate": "decimal", "error_message": said, **refused}
    if column.in_percent:
        runs = _also_in_percent(low, high)
        if len(runs) > 1:
            return {**bounds, "validate": "custom", "value": _within_one(runs, at)}
        ((low, high),) = runs
    if low is not None and high is not None:
        return {**bounds, "criteria": "between", "minimum": low, "maximum": high}
    return {**bounds, "criteria": ">=" if high is None else "<=", "value": low if high is None else high}


def _also_in_percent(low: float | None, high: float | None) -> list[tuple[float | None, float | None]]:
    """Return the numbers that a cell may hold where 12.5 and 12.5 % are both let in: the second is stored as 0.125."""
    lowest, highest = (None if end is None else float(Decimal(repr(end)).scaleb(-2)) for end in (low, high))
    first, last = sorted(((low, high), (lowest, highest)), key=lambda run: -math.inf if run[0] is None else run[0])
    if first[1] is None or last[0] is None or last[0] <= first[1]:
        ends = (first[1], last[1])
        return [(first[0], None if None in ends else max(end for end in ends if end is not None))]
    return [first, last]


def _within_one(runs: list[tuple[float | None, float | None]], at: int) -> str:
    """Write the formula that lets a number into one of several ranges; ``at`` is its column."""
    cell = f"{letters(at)}2"
    tests = []
    for low, high in runs:
        ends = [] if low is None else [f"{cell}>={low!r}"]
        ends += [] if high is None else [f"{cell}<={high!r}"]
        tests.append(f"AND({','.join(ends)})")
    return f"=AND(ISNUMBER({cell}),OR({','.join(tests)}))"


def _range_words(column: _Wanted, labels: Labels) -> str:
    low, high = column.low, column.high
    values = {"low": labels.number(low or 0.0), "high": labels.number(high or 0.0)}
    if low is not None and high is not None:
        return labels.say("template-between", **values)
    if low is not None:
        return labels.say("template-from", **values)
    return labels.say("template-up-to", **values) if high is not None else ""


def _with_or_without_sign(column: _Wanted, labels: Labels) -> list[str]:
    return [labels.say("template-percent")] if column.in_percent else []


def _message(column: _Wanted, labels: Labels) -> dict[str, Any]:
    """Say what a cell is for, as it is chosen."""
    title = _column_title(column, labels)
    said = [labels.dressed(title, labels.unit(column.name)), labels.say(f"kind-{column.kind}")]
    said += [words] if (words := _range_words(column, labels)) and not column.is_text else []
    said += _with_or_without_sign(column, labels)
    return {"input_title": plain(column.heading)[:_TITLE], "input_message": ". ".join(said)[:_MESSAGE]}


def _column_title(column: _Wanted, labels: Labels) -> str:
    if column.kind in ("code", "name") and not (column.spec and column.spec.title):
        return labels.say(f"heading-{column.kind}")
    return labels.title(column.name)


def _explained(book: Book, formula: Formula, wanted: tuple[_Wanted, ...]) -> dict[str, str]:
    """Write the sheet that tells of each column; give where the lists to choose from stand on it."""
    labels = book.labels
    sheet = Sheet(book, labels.say("template-columns"), _WIDTHS, landscape=True)
    sheet.title(labels.worded(formula.heading))
    sheet.paragraph(labels.say("template-about", sheet=labels.say("template-data")))
    rows: list[list[Cell]] = []
    for column in wanted:
        spec = column.spec
        rows.append(
            [
                plain(column.heading),
                _column_title(column, labels),
                labels.unit(column.name),
                labels.say(f"kind-{column.kind}"),
                _allowed(column, formula, labels),
                "; ".join(_users(column, formula, labels)),
                plain((spec.source if spec else None) or ""),
                labels.status(spec.status if spec else None) if column.name else "",
            ]
        )
    sheet.skip()
    headings = ("column", "title", "unit", "kind", "allowed", "use", "source", "status")
    sheet.table([labels.say(f"template-heading-{name}") for name in headings], rows)
    return _lists(sheet, wanted)


def _levels(column: _Wanted, labels: Labels) -> tuple[str, ...]:
    if column.spec and column.kind == "ordinal":
        return tuple(labels.worded(level) for level in column.spec.levels)
    return column.labels


def _allowed(column: _Wanted, formula: Formula, labels: Labels) -> str:
    """Tell what a column's cells may hold."""
    if column.kind == "code":
        width = formula.key.width
        return labels.say("template-codes") if width is None else labels.say("template-codes-width", width=width)
    if column.kind == "yes_no":
        return ", ".join([labels.say("template-yes"), labels.say("template-no"), *column.marks.yes])
    levels = ", ".join(_levels(column, labels))
    if len(levels) > _SHORT:
        return labels.say("template-levels", count=len(_levels(column, labels)))
    return levels or "; ".join(filter(None, [_range_words(column, labels), *_with_or_without_sign(column, labels)]))


def _lists(sheet: Sheet, wanted: tuple[_Wanted, ...]) -> dict[str, str]:
    """Write the levels and labels to choose from, one list below the other; give their places by column."""
    labels = sheet.book.labels
    listed = {column.name: column for column in wanted if _levels(column, labels)}
    if not listed:
        return {}
    sheet.section(labels.say("template-lists"))
    name = sheet.name.replace("'", "''")
    found = {}
    for key, column in listed.items():
        sheet.paragraph(_column_title(column, labels), bold=True)
        numbered = column.kind == "ordinal"
        levels = enumerate(_levels(column, labels), start=1)
        rows = sheet.pairs([(str(number) if numbered else "", level) for number, level in levels])
        found[key] = f"='{name}'!$B${rows[0] + 1}:$B${rows[-1] + 1}"
        sheet.skip()
    return found


def _users(column: _Wanted, formula: Formula, labels: Labels) -> Iterator[str]:
    """Tell what a column is for: which indices, parts, limits, conditions and checks read it."""
    name = column.name
    if column.kind == "code":
        yield labels.say("use-code")
        return
    if formula.name == name:
        yield labels.say("use-name")
    if formula.envelope and name in _reached(formula, formula.envelope.value.names):
        yield labels.say("use-envelope")
    if any(name in _reached(formula, rule.where.names) for rule in formula.eligible):
        yield labels.say("use-eligible")
    for index in formula.indices:
        if name in _reached(formula, formula.names.needs[index]):
            yield labels.say("use-index", title=labels.title(index))
    for part in formula.parts:
        if name in _reached(formula, formula.names.part_needs(part)):
            yield labels.say("use-part", title=labels.title(part.id))
    for limit in formula.limits:
        if name in _reached(formula, limit_names(formula, limit)):
            yield labels.say("use-limit", title=labels.limit(limit))
    for check in formula.checks:
        if name in _reached(formula, check.that.names):
            title = check.title or for_all(str(check.that))
            yield labels.say("use-check", title=labels.check(str(check.that), title))
    if formula.previous == name:
        yield labels.say("use-previous")
    if name == (formula.people or "population"):
        yield labels.say("use-people")


def _reached(formula: Formula, names: Iterable[str]) -> set[str]:
    """Return the names that some names lead to through variables and tables, other rules of the page apart."""
    found: set[str] = set()
    waiting = list(names)
    stops = {*formula.indices, *formula.names.parts}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [] if name in stops else formula.names.needs.get(name, ())
    return found
