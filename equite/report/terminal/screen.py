"""What the command line shows of an allocation and of the catalogue, in plain words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from equite import wording
from equite.inputs.catalogue import FAMILIES, Criterion
from equite.report.analyses.columns_read import columns_read_text
from equite.report.columns import ShownColumn, shown_columns
from equite.report.language.labels import Labels
from equite.report.language.text import plain, typeset
from equite.report.terminal.grid import TextGrid, shortened
from equite.wording import Codes, Language

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["allocation_grid", "criteria_grids", "criterion_in_words", "criterion_told", "understood"]

#: What every table shows, and the least that a name is cut to.
_ALWAYS = ("code", "name", "amount")
_NAME = 18
_EXCLUDED = 12
#: The places of the last two columns of a list of criteria.
_LAST = 10


def allocation_grid(allocation: Allocation, width: int, most: int | None = None) -> TextGrid:
    """Return an allocation's table as it fits on a screen: its first rows, and the totals.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    width : int
        The places there are. Code, name and amount are always shown; the other columns where they fit.
    most : int, optional
        The rows to show; by default all.
    """
    labels = Labels(allocation.formula)
    columns = [column for column in shown_columns(allocation, labels) if column.step != "notes"]
    cells = {id(column): _cells(column, labels, most) for column in columns}
    chosen = [column for column in columns if column.id in _ALWAYS and column.step in ("key", "amount")]
    for group in _groups(columns):
        tried = [column for column in columns if any(column is found for found in (*chosen, *group))]
        if _least_width(_grid(tried, labels, cells), tried) <= width:
            chosen = tried
    grid = _grid(chosen, labels, cells)
    return grid.narrowed(1, width, _NAME) if any(column.id == "name" for column in chosen) else grid


def _groups(columns: Sequence[ShownColumn]) -> Iterator[list[ShownColumn]]:
    """Return the columns that there may be room for, the most wanted first; what adds up stands together."""
    after = {column.id: column for column in columns if column.step == "after"}
    steps = [column for column in columns if column.step in ("part", "limit", "rounding")]
    yield from ([after[name]] for name in ("per_head", "change_share") if name in after)
    yield steps
    yield from ([after[name]] for name in ("previous", "change", "share") if name in after)


def _least_width(grid: TextGrid, columns: Sequence[ShownColumn]) -> int:
    """Return the width of a table whose names are cut as short as may be."""
    names = [width for column, width in zip(columns, grid.widths, strict=True) if column.id == "name"]
    return grid.width - sum(max(0, width - _NAME) for width in names)


def _grid(columns: Sequence[ShownColumn], labels: Labels, cells: Mapping[int, list[str]]) -> TextGrid:
    total = ["" if column.total is None else column.written(column.total, labels.language) for column in columns]
    words = next((at for at, column in reversed(list(enumerate(columns))) if column.step == "key"), 0)
    total[words] = labels.say("cli-total")
    right = tuple(column.kind != "text" for column in columns)
    return TextGrid(
        tuple(column.heading for column in columns),
        tuple(zip(*(cells[id(column)] for column in columns), strict=True)),
        right,
        tuple(total),
    )


def _cells(column: ShownColumn, labels: Labels, most: int | None) -> list[str]:
    if column.kind == "text":
        return [plain(str(cell)) for cell in column.cells[:most]]
    return [column.written(value, labels.language) for value in column.numbers[:most].tolist()]


def understood(allocation: Allocation, width: int) -> str:
    """Say what was read and what came of it: the table, its columns, who takes part, the money, checks, warnings.

    Parameters
    ----------
    allocation : Allocation
        The allocation, which nothing is written of.
    width : int
        Characters to a line.
    """
    labels = Labels(allocation.formula)
    lines = [typeset(labels.worded(allocation.formula.heading), labels.language)]
    for text in _facts(allocation, labels):
        lines += _filled(typeset(text, labels.language), width, "  ")
    lines.append(labels.say("columns-read-title"))
    lines += [f"  {line}" for line in columns_read_text(allocation.columns_read(), width=width - 2).splitlines()]
    blocks = [
        (labels.say("cli-left-out"), _left_out(allocation, labels)),
        (labels.say("cli-checks"), _checks(allocation, labels)),
        (labels.say("heading-warnings"), [plain(warning) for warning in allocation.warnings]),
    ]
    for heading, told in blocks:
        if told:
            lines.append(typeset(heading, labels.language))
            for text in told:
                lines += _filled(typeset(text, labels.language), width, "  ")
    return "\n".join(lines)


def _filled(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _facts(allocation: Allocation, labels: Labels) -> Iterator[str]:
    source = allocation.territories.source
    found = [source.name]
    if source.sheet:
        found.append(labels.say("cli-sheet", sheet=plain(source.sheet)))
    if source.separator:
        found.append(labels.say("cli-separator", separator=source.separator.replace("\t", "tab")))
    if source.decimal:
        found.append(labels.say("cli-decimal", mark=source.decimal))
    yield labels.say("cli-table", table=", ".join(found))
    yield labels.say("cli-territories", count=labels.number(len(allocation.territories)))
    yield labels.say("cli-taking-part", count=labels.number(len(allocation.codes)))
    if allocation.envelope is None:
        yield labels.say("cli-no-envelope")
    else:
        yield labels.say("cli-envelope", amount=labels.money(allocation.envelope))
    if allocation.on_top:
        yield labels.say("cli-on-top", amount=labels.money(allocation.on_top))
    yield labels.say("cli-shared", amount=labels.money(allocation.total))
    if allocation.reserve:
        yield labels.say("cli-reserve", amount=labels.money(allocation.reserve))


def _left_out(allocation: Allocation, labels: Labels) -> list[str]:
    """Return those left out by reason: a long list tells more by its reasons than by its codes."""
    silent = {str(rule.where): rule.where for rule in allocation.formula.eligible if rule.reason is None}
    by_reason: dict[str, list[str]] = {}
    for found in allocation.excluded_by:
        reason = labels.worded(found.reason)
        if reason in silent:
            reason = labels.say("cli-condition-not-met", condition=labels.speech.expression(silent[reason]))
        by_reason.setdefault(reason, []).append(plain(found.code))
    return [
        labels.say(
            "cli-left-out-for",
            territories=labels.territories(len(codes)),
            reason=reason,
            codes=Codes(tuple(codes), _EXCLUDED).in_language(labels.language),
        )
        for reason, codes in by_reason.items()
    ]


def _checks(allocation: Allocation, labels: Labels) -> list[str]:
    told = []
    for check, result in zip(allocation.formula.checks, allocation.checks, strict=True):
        title = labels.worded(check.title) if check.title else labels.speech.expression(check.that)
        codes = Codes(tuple(map(plain, result.failing))).in_language(labels.language)
        if result.passed:
            told.append(labels.say("cli-check-passed", title=title))
        else:
            territories = labels.territories(len(result.failing))
            told.append(labels.say("cli-check-failed", title=title, territories=territories, codes=codes))
    return told


def criteria_grids(criteria: Iterable[Criterion], language: Language, width: int) -> Iterator[tuple[str, TextGrid]]:
    """Return the criteria family by family: its title, and a table of its criteria, ``width`` places wide at most."""

    def said(entry: str) -> str:
        return wording.say(f"catalogue-word-{entry}", language)

    found = list(criteria)
    names = max((len(criterion.id) for criterion in found), default=0)
    names = max(names, len(wording.say("cli-criterion-id", language)))
    titles = max((len(criterion.title[language]) for criterion in found), default=0)
    titles = max(_NAME, min(titles, width - names - 2 * _LAST - 6))
    headings = (wording.say("cli-criterion-id", language), said("title"), said("direction"), said("status"))
    for family in FAMILIES:
        rows = tuple(
            (
                criterion.id,
                shortened(criterion.title[language], titles),
                said(criterion.direction),
                said("declared" if criterion.declared else "measured"),
            )
            for criterion in found
            if criterion.family == family
        )
        if rows:
            yield said(family), TextGrid(headings, rows, (False,) * 4, least=(names, titles, _LAST, _LAST))


def criterion_in_words(criterion: Criterion, language: Language, width: int) -> str:
    """Say a criterion of the catalogue in full.

    Parameters
    ----------
    criterion : Criterion
        The criterion.
    language : str
        The readers' language.
    width : int
        Characters to a line.
    """
    title = criterion.title[language]
    lines = [title, "=" * len(title), f"{criterion.id} · {wording.say(f'catalogue-word-{criterion.family}', language)}"]
    for entry, texts in criterion_told(criterion, language):
        lines += ["", wording.say(f"cli-criterion-{entry}", language)]
        for text in texts:
            lines += _filled(typeset(text, language), width, "  ")
    return "\n".join(lines)


def criterion_told(criterion: Criterion, language: Language) -> Iterator[tuple[str, list[str]]]:
    """Return what a criterion says, heading by heading, what it does not say left out."""
    yield "question", [criterion.question[language]]
    yield "unit", [criterion.unit[language]]
    yield "direction", [wording.say(f"catalogue-word-{criterion.direction}", language), *_readings(criterion, language)]
    yield "measures", [wording.say(f"cli-measures-{criterion.measures}", language)]
    yield "measure", [criterion.measure[language]]
    if criterion.levels:
        yield "levels", [f"{at}. {level[language]}" for at, level in enumerate(criterion.levels, start=1)]
    yield "data", [criterion.data[language]]
    yield "everywhere", [criterion.everywhere[language]]
    yield "caution", [criterion.caution[language]]
    yield "moved-by", [criterion.moved_by[language]]
    yield "perverse", [criterion.perverse[language]]
    if criterion.consent is not None:
        yield "consent", [criterion.consent[language]]
    if criterion.overlaps:
        yield "overlaps", [", ".join(criterion.overlaps)]


def _readings(criterion: Criterion, language: Language) -> list[str]:
    if criterion.readings is None:
        return []
    sides = (("high", criterion.readings.high), ("low", criterion.readings.low))
    return [wording.say(f"cli-reading-{side}", language, text=text[language]) for side, text in sides]
