"""Reads the figures of an allocation back from the text of each of its outputs, as a person reads them.

A reading is a mapping from a row (a territory's code, or ``Σ`` for the totals) and a heading to the number that stands
there, all its decimals and no others.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
from page_reader import Element, read
from recalculation import Cells

from equite import Allocation, Explanation
from equite.report.language.labels import Labels
from equite.report.terminal.screen import allocation_grid
from equite.wording import LOCALES, Language

Reading = dict[tuple[str, str], Decimal]
TOTALS = "Σ"


def number(text: str, language: Language) -> Decimal | None:
    """Read a number as it is written; None where there is none."""
    digits = re.sub(r"[^\d,.−-]", "", text)
    for mark in {",", "."} - {LOCALES[language].decimal}:
        digits = digits.replace(mark, "")
    digits = digits.replace(LOCALES[language].decimal, ".").replace("−", "-")
    assert not re.fullmatch(r"[−-]\D*[0.,]+\D*", text) or re.search("[^\\W\\d_]", text), f"zero has no sign: {text}"
    return Decimal(digits).normalize() if re.search(r"\d", digits) else None


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], total: Sequence[str], language: Language) -> Reading:
    found: Reading = {}
    for row in (*rows, total):
        key = row[0] if row is not total else TOTALS
        for heading, cell in zip(headings, row, strict=True):
            value = number(cell, language)
            if value is not None:
                found[key, heading.replace("\u00a0", " ")] = value
    return found


def terminal(allocation: Allocation) -> Reading:
    """Read the table that the command line shows."""
    grid = allocation_grid(allocation, 10_000)
    return _table(grid.headings, grid.rows, grid.total, allocation.language)


def csv_file(allocation: Allocation, folder: Path) -> Reading:
    """Read the CSV file; it has no row of totals."""
    path = allocation.to_csv(folder / "a.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file, delimiter=LOCALES[allocation.language].separator)
    rows = [[row[0].removeprefix("'"), *row[1:]] for row in rows]
    return _table(headings, rows, [""] * len(headings), allocation.language)


def values_workbook(allocation: Allocation, folder: Path) -> Reading:
    """Read the workbook of values as it displays its cells, which must hold no more than they display."""
    path = allocation.to_excel(folder / "values.xlsx")
    labels = Labels(allocation.formula)
    book = openpyxl.load_workbook(path, data_only=True)
    headings, *rows = book[labels.say("book-allocation")].iter_rows()
    rows = [row for row in rows if row[0].value != labels.simulation]
    found: Reading = {}
    for at, row in enumerate(rows):
        key = str(row[0].value) if at < len(rows) - 1 else TOTALS
        for heading, cell in zip(headings, row, strict=True):
            if isinstance(cell.value, int | float):
                found[key, str(heading.value)] = displayed(float(cell.value), cell.number_format)
    return found


def displayed(value: float, form: str) -> Decimal:
    """Read a number as its format shows it; it must hold no more."""
    decimals = re.search(r"\.(0+)", form.split(";")[0])
    digits = len(decimals[1]) if decimals else 0
    exact = Decimal(repr(value)) * (100 if "%" in form else 1)
    shown = exact.quantize(Decimal(1).scaleb(-digits))
    assert abs(exact - shown) < Decimal("1e-6"), (value, form)
    return shown.normalize()


def live_sheet(allocation: Allocation, cells: Cells) -> Reading:
    """Read the sheet to print of a live workbook, as it was written or recalculated."""
    labels = Labels(allocation.formula)
    sheet = cells.sheets[labels.say("book-allocation")]
    top = next(at for at, row in enumerate(sheet) if row[0] == labels.heading("code"))
    headings, rows = sheet[top], sheet[top + 1 :]
    found: Reading = {}
    for at, row in enumerate(rows[: len(allocation.scope.table.codes) + 1]):
        key = str(row[0]) if at < len(allocation.scope.table.codes) else TOTALS
        for heading, cell in zip(headings, row, strict=False):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                scale = 100 if "%" in str(heading) else 1
                found[key, str(heading)] = round(Decimal(repr(cell)) * scale, 9).normalize()
    return found


def why_sheet(allocation: Allocation, cells: Cells) -> list[tuple[str, Decimal]]:
    """Read the lines of a live workbook's sheet for one territory: their labels and figures, the amount last."""
    say = Labels(allocation.formula).say
    rows = cells.sheets[say("live-why")]
    start = next(at for at, row in enumerate(rows) if row[0] == say("live-why-step")) + 1
    end = next(at for at, row in enumerate(rows[start:], start=start) if not row[0])
    return [(str(row[0]), round(Decimal(repr(float(row[1]))), 9).normalize()) for row in rows[start:end]]  # type: ignore[arg-type]


def page_table(allocation: Allocation, whole: Element) -> Reading:
    """Read the page's table of all territories."""
    table = whole.one("table", id="amounts-table")
    headings = [head.text for head in table.one("thead").all("th")]
    foot = [cell.text for cell in table.one("tfoot").all("th", "td")]
    keys = len(headings) - len(foot) + 1
    return _table(headings, table.rows(), [*[""] * keys, *foot[1:]], allocation.language)


def notebook_table(allocation: Allocation) -> Reading:
    """Read the first and last rows that a notebook shows, and the totals."""
    table = read(f"<html>{allocation._repr_html_()}</html>").all("table")[1]
    headings = [head.text for head in table.one("thead").all("th")]
    rows = [row for row in table.rows() if len(row) == len(headings)]
    foot = [cell.text for cell in table.one("tfoot").all("th", "td")]
    return _table(headings, rows, ["", *foot[1:]], allocation.language)


def sections(whole: Element) -> dict[str, Element]:
    """Give the page's section of each territory, by its code."""
    found = {}
    for section in whole.all("section", class_="territory"):
        title = section.one("h3").text
        found[title.rpartition("(")[2].rstrip(")") if title.endswith(")") else title] = section
    return found


def page_lines(section: Element, language: Language) -> list[Decimal]:
    """Read the amounts of a territory's section of the page, the amount last."""
    return _lines(section.one("table", class_="small waterfall"), language)


def page_reasons(section: Element, language: Language) -> list[Decimal]:
    """Read the amounts of a territory's sentences: of each part, of each limit, of rounding where there is some."""
    found = []
    for item in section.one("ul", class_="reasons").inside:
        assert isinstance(item, Element)
        amount = re.match(r"[+−]?\$?\d[\d ,.]*", item.text)
        value = number(amount[0], language) if amount else None
        assert value is not None or item.text.startswith(("Nothing", "Rien")), item.text
        is_levy = " less by the levy" in item.text or " de moins par le prélèvement" in item.text
        found.append((value or Decimal(0)) * (-1 if is_levy else 1))
    return found


def page_money(whole: Element, caption: str, language: Language) -> list[list[Decimal]]:
    """Read the amounts of the page's table of the money, and their shares: parts, limits, rounding, the total last."""
    table = next(each for each in whole.all("table") if each.one("caption").text == caption)
    rows = [*table.rows(), [cell.text for cell in table.one("tfoot").all("th", "td")]]
    return [[number(row[at], language) or Decimal(0) for row in rows] for at in (1, 2)]


def terminal_lines(text: str, language: Language, *, some: bool = False) -> list[Decimal]:
    """Read the amounts that lines of a terminal end with; of ``some``, where not all do."""
    # Blanks inside an amount do not break; those that set amounts flush right do.
    ends = [
        re.split(" {2,}", line.strip())[1:] if some else [re.split(" {2,}", line)[-1]] for line in text.splitlines()
    ]
    return _all([end[-1] for end in ends if end], language)


def told_lines(explanation: Explanation) -> list[str]:
    """Give the lines of an explanation in the terminal, below its heading and what says that it is undecided."""
    mark = Labels(explanation.allocation.formula).simulation
    return [line for line in str(explanation).splitlines()[1:] if line.strip() != mark]


def notebook_lines(explanation: Explanation) -> list[Decimal]:
    """Read the amounts of an explanation as a notebook shows it, the amount last."""
    table = read(f"<html>{explanation._repr_html_()}</html>").all("table")[0]
    return _lines(table, explanation.allocation.language)


def csv_lines(explanation: Explanation, folder: Path) -> list[Decimal]:
    """Read the amounts of an explanation's CSV file, which has no last line for their sum, and sum them up."""
    language = explanation.allocation.language
    with explanation.to_csv(folder / "why.csv").open(encoding="utf-8-sig", newline="") as file:
        _, *rows = csv.reader(file, delimiter=LOCALES[language].separator)
    amounts = _all([row[1] for row in rows], language)
    return [*amounts, sum(amounts, Decimal(0)).normalize()]


def _lines(table: Element, language: Language) -> list[Decimal]:
    foot = [cell.text for cell in table.one("tfoot").all("th", "td")]
    return _all([row[1] for row in (*table.rows(), foot)], language)


def _all(texts: Sequence[str], language: Language) -> list[Decimal]:
    found = [number(text, language) for text in texts]
    assert None not in found, texts
    return [value for value in found if value is not None]
