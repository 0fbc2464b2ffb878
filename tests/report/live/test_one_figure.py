"""A figure that is shown twice is the same figure, and what is shown adds up: read from the text of every output.

Each example and twenty random pages are written in every way there is; what stands there is read back as a person reads
it. ``EQUITE_RANDOM_PAGES`` says how many random pages are drawn.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from page_reader import Element, read
from random_pages import Case, pages
from read_figures import (
    TOTALS,
    Reading,
    csv_file,
    csv_lines,
    displayed,
    live_sheet,
    notebook_lines,
    notebook_table,
    number,
    page_lines,
    page_money,
    page_reasons,
    page_table,
    sections,
    terminal,
    terminal_lines,
    told_lines,
    values_workbook,
    why_sheet,
)
from recalculation import Cells

from equite import Allocation, Explanation, Formula, allocate, cascade
from equite.report.cascade.words import CascadeLabels
from equite.report.columns import ShownColumn, shown_columns
from equite.report.language.labels import Labels
from equite.wording import LOCALES

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
#: Of so many territories the terminal's lines are read; the page's are read of all.
_MOST = 12
COUNT = int(os.environ.get("EQUITE_RANDOM_PAGES") or 20)
#: Pages of the examples whose tables are shipped, in a language, each with its table.
SHIPPED = [
    ("quebec_mrc/formula.yaml", "quebec_mrc/territories.csv", "en"),
    ("region_13/half_salary.yaml", "region_13/territories.csv", "fr"),
    ("region_13/equal.yaml", "region_13/territories.csv", "en"),
    ("region_13/per_head.yaml", "region_13/territories.csv", "fr"),
    ("quebec_tiers/regions.yaml", "quebec_tiers/regions.csv", "fr"),
]


def spoken(text: str) -> str:
    """Give a text with plain blanks."""
    return text.replace("\u00a0", " ")


def cases() -> Iterator[Case]:
    for page, table, language in SHIPPED:
        found = allocate(Formula.read(EXAMPLES / page).replace(language=language), EXAMPLES / table)
        yield Case(page, found.formula, found.territories.data, found)
    yield from pages("one figure", COUNT)


def differing(readings: Mapping[str, Reading]) -> list[str]:
    """List the figures that two outputs show differently, or that one leaves out."""
    first, *others = readings
    told = []
    for other in others:
        keys = set(readings[other])
        if "notebook" not in other:
            keys |= set(readings[first])
        for key in keys:
            one, two = readings[first].get(key), readings[other].get(key)
            # The CSV file has no totals; rounding of nothing is not written everywhere.
            if one != two and not (other == "csv" and key[0] == TOTALS) and {one, two} != {None, Decimal(0)}:
                told.append(f"{key}: {one} in {first}, {two} in {other}")
    return told


def not_adding_up(reading: Reading, columns: Sequence[ShownColumn]) -> list[str]:
    """List the rows and the columns of a table that do not add up, as they are read."""
    steps = [spoken(column.heading) for column in columns if column.step in ("part", "limit", "rounding")]
    (amount,) = (spoken(column.heading) for column in columns if column.step == "amount")
    rows = {row for row, _ in reading}
    told = [f"row {row}" for row in rows if sum(reading.get((row, step), 0) for step in steps) != reading[row, amount]]
    for heading in (*steps, amount):
        found = sum(value for (row, column), value in reading.items() if column == heading and row != TOTALS)
        if found != reading.get((TOTALS, heading), 0):
            told.append(f"column {heading}: {found} for {reading.get((TOTALS, heading))}")
    return told


def lines_unlike(explanation: Explanation, amounts: Sequence[Decimal], table: Reading) -> list[str]:
    """List what the lines of one territory show that its row of the table does not."""
    told = [] if sum(amounts[:-1]) == amounts[-1] else [f"{explanation.code}: {amounts}"]
    for column in shown_columns(explanation.allocation):
        if column.step in ("part", "limit", "rounding"):
            kinds = {"part": lambda line, name=column.id: line.part == name}
            is_own = kinds.get(column.step, lambda line, it=column: (line.kind, line.id) == (it.step, it.id))
            own = sum(value for line, value in zip(explanation.lines, amounts, strict=False) if is_own(line))
            cell = table.get((explanation.code, spoken(column.heading)), 0)
            if own != cell:
                told.append(f"{explanation.code}: {column.id}: lines of {own} for {cell}")
    return told


def why_unlike(allocation: Allocation, cells: Cells, table: Reading) -> list[str]:
    """List the lines of a live workbook's sheet for one territory that the table does not show."""
    lines, code = why_sheet(allocation, cells), allocation.codes[0]
    told = [] if sum(value for _, value in lines[:-1]) == lines[-1][1] else [f"why: {lines}"]
    shown = {spoken(label): value for label, value in lines}
    for column in shown_columns(allocation):
        heading = spoken(column.heading)
        is_step = column.step in ("part", "limit", "rounding", "amount")
        if is_step and heading in shown and shown[heading] != table.get((code, heading), 0):
            told.append(f"why: {heading}: {shown[heading]} for {table.get((code, heading))}")
    return told


def reasons_unlike(code: str, amounts: Sequence[Decimal], columns: Sequence[ShownColumn], table: Reading) -> list[str]:
    """List the sentences on one territory whose amounts its row of the table does not show."""
    steps = [column for column in columns if column.step in ("part", "limit", "rounding")]
    cells = [table.get((code, spoken(column.heading)), Decimal(0)) for column in steps]
    told = [*amounts, Decimal(0)][: len(cells)]
    return [] if told == cells else [f"{code}: sentences tell {told} for {cells}"]


def money_unlike(found: Allocation, whole: Element, table: Reading) -> list[str]:
    """List what is told of the parts' totals that the table's row of totals does not show."""
    labels = Labels(found.formula)
    (*steps, total), (*shares, whole_share) = page_money(
        whole, spoken(labels.say("page-money-caption")), found.language
    )
    columns = [column for column in shown_columns(found) if column.step == "part"]
    totals = [table[TOTALS, spoken(column.heading)] for column in columns]
    told = [] if sum(steps) == total and sum(shares) == whole_share else [f"page's money: {steps}, {shares}"]
    if steps[: len(totals)] != totals:
        told.append(f"page's parts: {steps} for {totals}")
    summary = terminal_lines(found.summary().partition("\n")[2], found.language, some=True)
    return told + [f"summary: no {each}" for each in totals if len(totals) in range(2, 6) and each not in summary]


def told_of(found: Allocation, folder: Path) -> list[str]:
    """List what the outputs of an allocation show twice and differently, and what does not add up."""
    whole = read(found.to_html(folder / "page.html").read_text(encoding="utf-8"))
    live = Cells.read(found.to_excel(folder / "live.xlsx", live=True))
    columns = [column for column in shown_columns(found) if column.kind != "text"]
    headings = {spoken(column.heading) for column in columns}
    readings = {
        "terminal": terminal(found),
        "csv": csv_file(found, folder),
        "page": page_table(found, whole),
        "values workbook": values_workbook(found, folder),
        "notebook": notebook_table(found),
        "live workbook": live_sheet(found, live),
    }
    readings = {
        name: {
            (row, spoken(heading)): value for (row, heading), value in reading.items() if spoken(heading) in headings
        }
        for name, reading in readings.items()
    }
    table = readings["terminal"]
    told = [*differing(readings), *not_adding_up(table, columns), *why_unlike(found, live, table)]
    told += money_unlike(found, whole, table)
    for row, (code, section) in enumerate(sections(whole).items()):
        explanation = found.explain(code)
        amounts = page_lines(section, found.language)
        told += lines_unlike(explanation, amounts, table)
        told += reasons_unlike(code, page_reasons(section, found.language), columns, table)
        # What the terminal, notebooks and files show of one territory, they show of all.
        others = [terminal_lines("\n".join(told_lines(explanation)), found.language)] if row < _MOST else []
        others += [notebook_lines(explanation), csv_lines(explanation, folder)] if row in (0, 3) else []
        told += [f"{code}: {each} for {amounts}" for each in others if each != amounts]
    return told


def test_each_figure_has_one_value_and_all_add_up(tmp_path: Path) -> None:
    failures = {case.name: told[:4] for case in cases() if (told := told_of(case.allocation, tmp_path))}
    assert not failures


def test_a_cascade_shows_each_figure_once(tmp_path: Path) -> None:
    found = cascade(EXAMPLES / "quebec_tiers" / "plan.yaml")
    labels, language = CascadeLabels(found), found.language
    book = openpyxl.load_workbook(found.to_excel(tmp_path / "cascade.xlsx"), data_only=True)
    with found.to_csv(tmp_path / "cascade.csv").open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file, delimiter=LOCALES[language].separator)
    # A tier's own marks stand in its headings; of one column, what stands before the unit is the same.
    in_file = {
        (row[0], row[1], heading.split(" (")[0]): cell
        for row in rows
        for heading, cell in zip(headings, row, strict=True)
    }
    compared = 0
    for tier, sheet in zip(found.names, book.worksheets[1:], strict=False):
        heads, *lines = sheet.iter_rows()
        for line in lines[:-1]:
            for head, cell in zip(heads, line, strict=True):
                key = (labels.tier(tier), str(line[0].value), str(head.value).split(" (")[0])
                if isinstance(cell.value, int | float) and key in in_file:
                    compared += 1
                    assert number(in_file[key], language) == displayed(float(cell.value), cell.number_format), key
    assert compared > 4_000
    received = next(heading for heading in headings if heading.startswith(labels.say("cascade-heading-received")))
    for code in found.level().codes[::200]:
        for step in (step for step in found.explain(code).steps if step.explanation is not None):
            assert step.explanation is not None
            table = terminal(step.explanation.allocation)
            table = {(row, spoken(heading)): value for (row, heading), value in table.items()}
            amounts = terminal_lines("\n".join(told_lines(step.explanation)), language)
            assert not lines_unlike(step.explanation, amounts, table)
            cell = in_file[labels.tier(step.tier), step.code, received.split(" (")[0]]
            assert number(cell, language) == amounts[-1]
            # The trail tells the same lines; those that are long go over two of its own.
            told = " ".join(str(found.explain(code)).split())
            lines = [" ".join(line.split()) for line in told_lines(step.explanation)[:-1]]
            assert lines
            assert not [line for line in lines if line not in told]
