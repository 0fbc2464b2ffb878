"""What the functions and the operators of a spreadsheet give, bit by bit, for the strict evaluator."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any

__all__ = ["RANGES", "SCALARS", "VALUE", "Failure", "Rows", "Value", "arithmetic", "each_cell", "index", "operated"]


@dataclass(frozen=True)
class Failure:
    """An error of the spreadsheet."""

    name: str


Value = float | str | bool | Failure | None
Rows = list[list[Value]]
_NA, VALUE, _DIV, _NUM = (Failure(name) for name in ("#N/A", "#VALUE!", "#DIV/0!", "#NUM!"))
_COMPARES: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_COMPUTES: Mapping[str, Callable[[float, float], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}


def each_cell(function: Callable[..., Value], *given: Value | Rows) -> Value | Rows:
    """Apply a function to values, or to rows of them, cell by cell."""
    rows = [value for value in given if isinstance(value, list)]
    if not rows:
        return function(*given)
    height, width = max(len(value) for value in rows), max(len(value[0]) for value in rows)

    if width == 1 and all(len(value) == height for value in rows):
        columns = [[line[0] for line in value] if isinstance(value, list) else [value] * height for value in given]
        return [[function(*line)] for line in zip(*columns, strict=True)]

    def at(value: Value | Rows, row: int, column: int) -> Value:
        if not isinstance(value, list):
            return value
        line = value[row if len(value) > 1 else 0]
        return line[column if len(line) > 1 else 0]

    return [
        [function(*(at(value, row, column) for value in given)) for column in range(width)] for row in range(height)
    ]


def _number(value: Value) -> float | Failure:
    if isinstance(value, Failure):
        return value
    if isinstance(value, str):
        return VALUE
    return 0.0 if value is None else float(value)


def operated(sign: str, one: Value, other: Value) -> Value:
    """Give what an operator makes of two values."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        return one if isinstance(one, Failure) else other
    if sign == "&":
        return _text(one) + _text(other)
    if sign in "+-*/^":
        return arithmetic(sign, one, other)
    if type(one) is float and type(other) is float:
        return _COMPARES[sign](one, other)
    return _COMPARES[sign](_ordered(one, other), _ordered(other, one))


def _ordered(value: Value, beside: Value) -> tuple[int, float | str]:
    """Return what a value is ordered by: numbers, then texts whatever their capitals, then no and yes."""
    if value is None:
        value = "" if isinstance(beside, str) else False if isinstance(beside, bool) else 0.0
    if isinstance(value, bool):
        return 2, float(value)
    return (1, value.casefold()) if isinstance(value, str) else (0, value)  # type: ignore[return-value]


def arithmetic(sign: str, one: Value, other: Value) -> Value:
    """Give what a sign of arithmetic makes of two values."""
    a, b = (one, other) if type(one) is float and type(other) is float else (_number(one), _number(other))
    if isinstance(a, Failure) or isinstance(b, Failure):
        return a if isinstance(a, Failure) else b
    try:
        found = _COMPUTES[sign](a, b)
    except ZeroDivisionError:
        return _DIV
    except OverflowError:
        return _NUM
    return found if isinstance(found, float) and math.isfinite(found) else _NUM


def _text(value: Value) -> str:
    return "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)


# Functions of ranges.


def _flat(given: tuple[Value | Rows, ...]) -> Iterator[Value]:
    for value in given:
        yield from chain.from_iterable(value) if isinstance(value, list) else [value]


def _over(function: Callable[[list[float]], float], empty: Value = 0.0) -> Callable[..., Value]:
    """Make a function of numbers that passes over the texts and the blanks of ranges."""

    def run(*given: Value | Rows) -> Value:
        values = list(_flat(given))
        failed = next((value for value in values if isinstance(value, Failure)), None)
        if failed is not None:
            return failed
        numbers = [value for value in values if isinstance(value, float)]
        return function(numbers) if numbers else empty

    return run


def _sumproduct(*given: Value | Rows) -> Value:
    found = 0.0
    product = each_cell(lambda *values: _times(values), *given)
    for value in _flat((product,)):
        if isinstance(value, Failure):
            return value
        found += value if isinstance(value, float) else 0.0
    return found


def _times(values: tuple[Value, ...]) -> Value:
    """Multiply; with more than one range, what is no number counts as 0."""
    found: Value = 1.0
    for value in values:
        if isinstance(value, Failure):
            return value
        # One range by itself keeps a text out, and so do several.
        found = arithmetic("*", found, value if isinstance(value, float) else 0.0)
    return found


def _sumifs(summed: Rows, *criteria: Value | Rows) -> float | Failure:
    kept = [value for value, *tests in zip(*_tested(summed, criteria), strict=True) if all(tests)]
    failed = next((value for value in kept if isinstance(value, Failure)), None)
    return failed or sum((value for value in kept if isinstance(value, float)), 0.0)  # type: ignore[misc]


def _tested(summed: Rows, criteria: tuple[Value | Rows, ...]) -> list[list[Value]]:
    columns = [[row[0] for row in summed]]
    for rows, wanted in zip(criteria[::2], criteria[1::2], strict=True):
        columns.append([row[0] == wanted for row in rows])  # type: ignore[union-attr]
    return columns


def _averageifs(summed: Rows, *criteria: Value | Rows) -> Value:
    kept = [value for value, *tests in zip(*_tested(summed, criteria), strict=True) if all(tests)]
    numbers = [value for value in kept if isinstance(value, float)]
    return sum(numbers) / len(numbers) if numbers else _DIV


def _rank(value: Value, among: Rows, rising: Value, *, mean: bool = False) -> Value:
    if not isinstance(value, float):
        return value if isinstance(value, Failure) else VALUE
    numbers = [each for each in _flat((among,)) if isinstance(each, float)]
    before = sum(each < value if rising else each > value for each in numbers)
    return before + 1.0 + ((numbers.count(value) - 1) / 2 if mean else 0.0)


def _percentile(rows: Rows, share: Value) -> Value:
    numbers = sorted(value for value in _flat((rows,)) if isinstance(value, float))
    if not numbers or not isinstance(share, float) or not 0 <= share <= 1:
        return _NUM
    place = share * (len(numbers) - 1)
    low = math.floor(place)
    return numbers[low] + (place - low) * (numbers[min(low + 1, len(numbers) - 1)] - numbers[low])


def _stdev(numbers: list[float]) -> float:
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((value - mean) ** 2 for value in numbers) / (len(numbers) - 1))


def _median(numbers: list[float]) -> float:
    ranked, half = sorted(numbers), len(numbers) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2


def _large(rows: Rows, place: Value) -> Value:
    numbers = sorted((value for value in _flat((rows,)) if isinstance(value, float)), reverse=True)
    at = _number(place)
    return at if isinstance(at, Failure) else numbers[int(at) - 1] if 1 <= at <= len(numbers) else _NUM


def _match(value: Value, rows: Rows, _: Value) -> Value:
    values = [row[0] for row in rows] if len(rows) > 1 else rows[0]
    if isinstance(value, str):
        value = re.sub(r"~([~*?])", r"\1", value)
    for at, each in enumerate(values, start=1):
        if type(each) is type(value) and _ordered(each, value) == _ordered(value, each):
            return float(at)
    return value if isinstance(value, Failure) else _NA


def index(rows: Value | Rows, place: Value | Rows) -> Value:
    """Give the cell at a place of a range, from 1."""
    if isinstance(place, Failure):
        return place
    assert isinstance(rows, list)
    assert isinstance(place, float)
    cells = [row[0] for row in rows] if len(rows) > 1 else rows[0]
    return cells[int(place) - 1]


def _logical(decide: Callable[[list[bool]], bool]) -> Callable[..., Value]:
    def run(*given: Value | Rows) -> Value:
        values = list(_flat(given))
        failed = next((value for value in values if isinstance(value, Failure)), None)
        return failed or decide([bool(value) for value in values if not isinstance(value, str | None)])

    return run


RANGES: Mapping[str, Callable[..., Value]] = {
    "AND": _logical(all),
    "AVERAGE": _over(lambda numbers: sum(numbers) / len(numbers), _DIV),
    "AVERAGEIFS": _averageifs,
    "COUNT": lambda *given: float(sum(isinstance(value, float) for value in _flat(given))),
    "LARGE": _large,
    "MATCH": _match,
    "MAX": _over(max),
    "MEDIAN": _over(_median, _NUM),
    "MIN": _over(min),
    "OR": _logical(any),
    "PERCENTILE": _percentile,
    "RANK": _rank,
    "RANK.AVG": lambda *given: _rank(*given, mean=True),
    "STDEV": _over(lambda numbers: _stdev(numbers) if len(numbers) > 1 else math.nan, _DIV),
    "SUM": _over(sum),
    "SUMIFS": _sumifs,
    "SUMPRODUCT": _sumproduct,
}


# Functions of one value.


def _of_number(function: Callable[..., float]) -> Callable[..., Value]:
    def run(*given: Value) -> Value:
        numbers = [_number(value) for value in given]
        failed = next((value for value in numbers if isinstance(value, Failure)), None)
        if failed is not None:
            return failed
        try:
            return float(function(*numbers))
        except (ValueError, OverflowError):
            return _NUM

    return run


def _rounded(value: float, digits: float) -> float:
    """Round halves away from zero, on the very number that stands there."""
    step = Decimal(1).scaleb(-int(digits))
    return float(Decimal(value).quantize(step, ROUND_HALF_UP)) if abs(value) < 1e22 else value


def _shown(value: Value, form: Value) -> Value:
    """Write a whole number by a format of digits and blanks."""
    if isinstance(value, Failure):
        return value
    digits = f"{int(_rounded(float(value or 0), 0))}"  # type: ignore[arg-type]
    if set(str(form)) == {"0"}:
        return digits.zfill(len(str(form)))
    return f"{int(digits):,}".replace(",", " ")


def _unless_failed(function: Callable[..., Value]) -> Callable[..., Value]:
    def run(*given: Value) -> Value:
        return next((value for value in given if isinstance(value, Failure)), None) or function(*given)

    return run


SCALARS: Mapping[str, Callable[..., Value]] = {
    "ABS": _of_number(abs),
    "CHAR": lambda code: chr(int(code)),
    "EXACT": _unless_failed(lambda one, other: _text(one) == _text(other)),
    "EXP": _of_number(math.exp),
    "INT": _of_number(math.floor),
    "ISERROR": lambda value: isinstance(value, Failure),
    "ISNUMBER": lambda value: isinstance(value, float),
    "ISTEXT": lambda value: isinstance(value, str),
    "LEFT": _unless_failed(lambda text, count=1.0: _text(text)[: int(count)]),
    "LEN": _unless_failed(lambda text: float(len(_text(text)))),
    "LN": _of_number(math.log),
    "LOG10": _of_number(math.log10),
    "N": lambda value: value if isinstance(value, float | Failure) else float(value is True),
    "NA": lambda: _NA,
    "NOT": _unless_failed(lambda value: not value),
    "RIGHT": _unless_failed(lambda text, count=1.0: _text(text)[-int(count) :]),
    "ROUND": _of_number(_rounded),
    "SIGN": _of_number(lambda value: float((value > 0) - (value < 0))),
    "SQRT": _of_number(math.sqrt),
    "SUBSTITUTE": _unless_failed(lambda text, old, new: _text(text).replace(str(old), str(new))),
    "TEXT": _shown,
    "TRIM": _unless_failed(lambda text: " ".join(_text(text).split())),
    "UNICODE": _unless_failed(lambda text: float(ord(str(text)[0]))),
}
