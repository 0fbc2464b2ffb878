"""The algebra of the live workbook: each kind of term gives, in a spreadsheet, what it says that it gives.

The rows hold what sheets hold: missing, zero, negative, blank, ties. One LibreOffice process runs every kind, and two
hundred terms made at random of all kinds, after the values that they carry were overwritten.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from recalculation import Cells, LibreOffice, corrupt

from equite.report.live.grid import ROW, LiveColumn
from equite.report.live.ranges import (
    average,
    count,
    deviation,
    highest,
    how_many,
    kth_largest,
    lowest,
    median,
    picked,
    quantile,
    rank,
    sum_of_products,
    sum_product,
    tells_apart,
    total,
)
from equite.report.live.terms import (
    BLANK,
    MISSING,
    Term,
    absolute_value,
    added,
    as_number,
    both,
    choose,
    clip,
    either,
    greatest,
    grouped,
    instead,
    is_blank,
    is_error,
    is_number,
    least,
    logarithm,
    number,
    rounded,
    rounded_plainly,
    stated,
    whole,
)
from equite.report.workbook.table import letters

MISSING_CELL, BLANK_CELL = "=NA()", '=""'
X: list[float | str] = [MISSING_CELL, 0.0, -2.5, BLANK_CELL, 3.0, 3.0, 7.25, 0.1, -2.5, 1e6]
Y: list[float | str] = [1.0, 0.0, 2.0, 4.0, 3.0, BLANK_CELL, MISSING_CELL, 0.2, -1.0, 0.0]
#: Numbers, and one blank: ranges of these have totals.
KNOWN: list[float | str] = [4.0, 0.0, -2.5, BLANK_CELL, 3.0, 3.0, 7.25, 0.1, -2.5, 12.0]
#: Numbers without a blank, which masks and products ask for.
FULL: list[float | str] = [4.0, 0.0, -2.5, 1.0, 3.0, 3.0, 7.25, 0.1, -2.5, 12.0]
FIRST = 2


def column(letter: str, cells: list[float | str]) -> LiveColumn:
    """Give a column that holds some cells."""
    values = np.array([cell if isinstance(cell, float) else math.nan for cell in cells])
    blank = np.array([cell == BLANK_CELL for cell in cells])
    last = FIRST + len(cells) - 1
    return LiveColumn(letter, FIRST, last, own=Term(f"${letter}{ROW}", values, blank=blank))


x, y, known, full = (column(letter, cells) for letter, cells in zip("ABCD", (X, Y, KNOWN, FULL), strict=True))
a, b = x.each, y.each

#: Each kind of term of rows.
OF_ROWS: dict[str, Term] = {
    "a sum": a + b + 2,
    "a difference": 1 - a - b,
    "a difference of differences": a - (b - a) - (1 - b),
    "a product": a * b * -2.0,
    "a quotient": a / b,
    "a quotient of quotients": a / (b / (a / 3)),
    "a power": (a + 1) ** 2,
    "a power of a power": (b**2) ** (b - 1),
    "minus": -a,
    "minus a power": -(a**2),
    "minus a sum, times": -(a + b) * 2,
    "less than": (a < b) * 1,
    "at most": (a <= 3) * 1,
    "more than": (a > b) * 1,
    "at least": (a >= b) * 1,
    "equal": a.equals(b) * 1,
    "different": a.differs(3) * 1,
    "equal but for dust": a.near(b) * 1,
    "equal beside dust": (a * 3).near(a + a + a + number(1e-15)) * 1,
    "a choice": choose(a > 0, b, -1),
    "a choice of nothing": choose(a > 0, BLANK, b),
    "a choice on nothing": choose(a, 1, 2),
    "a choice among missing": choose(is_number(a), 5, MISSING),
    "a choice on blank": choose(is_blank(a), BLANK, a + 1),
    "both": both(a > 0, b > 0) * 1,
    "either": either(a > 0, b > 0) * 1,
    "blank or not": is_blank(a) * 1,
    "number or not": is_number(a) * 1,
    "error or not": is_error(a) * 1,
    "as a number": as_number(a),
    "instead of an error": instead(a, b),
    "instead of a quotient": instead(a / b, BLANK),
    "the lowest": least(a, b, 1),
    "the highest": greatest(a, b),
    "within bounds": clip(a, -1, b),
    "without sign": absolute_value(a),
    "whole": whole(a),
    "whole of a quotient": whole((a + 1) / 3),
    "a logarithm": logarithm(a),
    "rounded": rounded(a * 1.015, 2),
    "rounded to whole": rounded(a),
    "rounded plainly": rounded_plainly(a * 0.5),
    "in parentheses": grouped(a + 1) * 2,
    "added up": added([a, b, a]),
    "nothing added up": added([]) + a,
    "large and small": a * number(1e99) / number(1e99) + number(1e-9) * number(-1e12),
    "its place, rising": rank(known.each, known.all, rising=True),
    "its place, falling": rank(known.each, known.all, rising=False),
    "its mean place": rank(known.each, known.all, rising=True, ties="average"),
    "its place among missing": rank(known.each, x.all, rising=True),
    "engine's values": stated(f"$D{ROW}*2", np.array([2 * cell for cell in FULL if isinstance(cell, float)])),
}

#: Each kind of term of ranges.
OF_RANGES: dict[str, Term] = {
    "a total": total(known.all),
    "a total with a missing cell": total(x.all),
    "a sum of products": sum_of_products(known.all, full.all),
    "a sum of masks": sum_product((full.all < 3) * full.all + (full.all >= 3) * 2),
    "a sum of a blank cell": sum_product(known.all * full.all),
    "how many": how_many(full.all > 0),
    "how many, blank among them": how_many(known.all > 0),
    "a count": count(x.all),
    "a mean": average(known.all),
    "a median": median(known.all),
    "a deviation": deviation(known.all),
    "a quantile": quantile(known.all, number(0.3)),
    "the lowest of a range": lowest(known.all),
    "differs within": choose(tells_apart(known.all), 1, 0),
    "all alike": choose(tells_apart(x.all - x.all), 1, 0),
    "the highest of a range": highest(known.all),
    "the highest of a range with a missing cell": highest(x.all),
    "the third largest": kth_largest(known.all, number(3)),
    "beyond the last": kth_largest(known.all, number(20)),
    "picked": picked(x.all, number(5), 4),
    "a blank picked": is_blank(picked(x.all, number(4), 3)) * 1,
}


def drawn(draw: random.Random, depth: int) -> Term:
    """Make a term of rows at random."""
    if depth == 0:
        return draw.choice([a, b, full.each, number(draw.choice([0, 1, -3, 0.25, 2]))])

    def one() -> Term:
        return drawn(draw, depth - 1)

    def condition() -> Term:
        return draw.choice([one() < one(), one() >= one(), is_number(one()), is_error(one())])

    made: list[Callable[[], Term]] = [
        lambda: one() + one(),
        lambda: one() - one(),
        lambda: one() * one(),
        lambda: one() / one(),
        lambda: -one(),
        lambda: absolute_value(one()) ** draw.choice([2, 0.5]),
        lambda: choose(condition(), one(), draw.choice([one(), BLANK])),
        lambda: instead(one(), one()),
        lambda: whole(one()),
        lambda: grouped(one()),
        lambda: both(condition(), condition()) + one(),
        lambda: condition() * one(),
    ]
    return draw.choice(made)()


@dataclass(frozen=True)
class Sheet:
    """A recalculated sheet: what each term gave, by name."""

    cells: Cells
    at: dict[str, int]

    def given(self, name: str, rows: int) -> list[object]:
        places = [f"{letters(self.at[name])}{row}" for row in range(FIRST, FIRST + rows)]
        return ["#" if self.cells["errors", place] == 1 else self.cells["terms", place] for place in places]


RANDOM = {f"random-{seed}": drawn(random.Random(seed), 3) for seed in range(200)}


@pytest.fixture(scope="module")
def sheet(libreoffice: LibreOffice, tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    """Write every term, overwrite the values that it carries, and let LibreOffice compute it."""
    path = tmp_path_factory.mktemp("terms") / "terms.xlsx"
    book = xlsxwriter.Workbook(str(path))
    written, errors = book.add_worksheet("terms"), book.add_worksheet("errors")
    for at, cells in enumerate((X, Y, KNOWN, FULL)):
        for row, cell in enumerate(cells, start=FIRST - 1):
            written.write(row, at, cell)
    places = {}
    for at, (name, term) in enumerate({**OF_ROWS, **OF_RANGES, **RANDOM}.items(), start=5):
        places[name] = at
        for row in range(FIRST, FIRST + (1 if name in OF_RANGES else len(X))):
            written.write_formula(row - 1, at, "=" + term.text.replace(ROW, str(row)), None, 0)
            # An error comes out of the file as an empty text.
            errors.write_formula(row - 1, at, f"=IF(ISERROR(terms!{letters(at)}{row}),1,0)", None, 0)
    book.close()
    assert corrupt(path) > len(places)
    (made,) = libreoffice.recalculate([path])
    return Sheet(Cells.read(made), places)


def same(given: object, value: float, is_blank: bool) -> bool:
    if is_blank:
        return given == ""
    if math.isnan(value):
        return given == "#"
    return isinstance(given, float | int) and math.isclose(float(given), value, rel_tol=1e-12, abs_tol=1e-12)


def differences(name: str, term: Term, given: list[object]) -> list[str]:
    values, blank = (np.broadcast_to(each, len(given)) for each in (term.value, term.blank))
    return [
        f"{name}: {term.text.replace(ROW, str(row))} gives {found!r}, not {'nothing' if none else value}"
        for row, (found, value, none) in enumerate(
            zip(given, values.tolist(), blank.tolist(), strict=True), start=FIRST
        )
        if not same(found, value, none)
    ]


@pytest.mark.excel
@pytest.mark.slow
def test_each_kind_gives_in_a_spreadsheet_what_it_says(sheet: Sheet) -> None:
    wrong = [line for name, term in OF_ROWS.items() for line in differences(name, term, sheet.given(name, len(X)))]
    wrong += [line for name, term in OF_RANGES.items() for line in differences(name, term, sheet.given(name, 1))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.excel
@pytest.mark.slow
def test_terms_made_at_random_too(sheet: Sheet) -> None:
    wrong = [line for name, term in RANDOM.items() for line in differences(name, term, sheet.given(name, len(X)))]
    assert not wrong, "\n".join(wrong)
    assert len({term.text for term in RANDOM.values()}) > 150


def test_no_kind_is_forgotten() -> None:
    import equite.report.live.ranges as ranges
    import equite.report.live.terms as terms

    code = Path(__file__).read_text("utf-8").partition("OF_ROWS")[2].partition("def drawn")[0]
    functions = {name for name in [*terms.__all__, *ranges.__all__] if name.islower()}
    # These write no formula of their own.
    functions -= {"numbers", "rounded_text"}
    assert {name for name in functions if f"{name}(" not in code} == set()


def test_a_range_and_a_row_do_not_meet() -> None:
    with pytest.raises(AssertionError):
        x.all + a
    with pytest.raises(AssertionError):
        total(a)
