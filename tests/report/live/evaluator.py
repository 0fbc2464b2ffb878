"""A strict spreadsheet: it evaluates the formulas that live workbooks hold, and forgives nothing.

LibreOffice takes two numbers that differ in the last binary digit for the same in some functions, and Excel in others.
Here all comparisons are those of IEEE 754, bit by bit, so that a formula that leans on a spreadsheet's kindness gives
another amount. Blanks, texts and errors are what Excel makes of them: a blank cell is 0 in sums, a text is more than
any number, SUM and its like pass over the texts of a range, an error passes through.
"""

from __future__ import annotations

import math
import operator
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import column_index_from_string, get_column_letter

__all__ = ["Failure", "Strict", "addresses", "parsed"]

sys.setrecursionlimit(200_000)


@dataclass(frozen=True)
class Failure:
    """An error of the spreadsheet."""

    name: str


Value = float | str | bool | Failure | None
Rows = list[list[Value]]
Node = tuple  # type: ignore[type-arg]
_NA, _VALUE, _DIV, _NUM = (Failure(name) for name in ("#N/A", "#VALUE!", "#DIV/0!", "#NUM!"))
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"]|"")*")
    |(?P<ref>(?:'(?:[^']|'')*'!|\w+!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?(?![\w(.]))
    |(?P<function>[A-Z_a-z][\w.]*)\(|(?P<word>TRUE|FALSE)|(?P<sign><>|<=|>=|[-+*/^&=<>(),]))""",
    re.VERBOSE,
)
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
_BINDS = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}


def parsed(formula: str) -> Node:
    """Parse a formula, without the sign that begins it."""
    tokens = list(_tokens(formula))
    node, at = _expression(tokens, 0, 0)
    assert at == len(tokens), formula
    return node


def _tokens(formula: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(formula):
        found = _TOKEN.match(formula, at)
        assert found, formula[at : at + 40]
        yield next((kind, text) for kind, text in found.groupdict().items() if text is not None)
        at = found.end()


def _expression(tokens: list[tuple[str, str]], at: int, above: int) -> tuple[Node, int]:
    left, at = _operand(tokens, at)
    while at < len(tokens) and tokens[at][0] == "sign" and _BINDS.get(tokens[at][1], 0) > above:
        sign = tokens[at][1]
        right, at = _expression(tokens, at + 1, _BINDS[sign])
        left = ("operator", sign, left, right)
    return left, at


def _operand(tokens: list[tuple[str, str]], at: int) -> tuple[Node, int]:
    kind, text = tokens[at]
    if kind == "number":
        return ("value", float(text)), at + 1
    if kind == "text":
        return ("value", text[1:-1].replace('""', '"')), at + 1
    if kind == "word":
        return ("value", text == "TRUE"), at + 1
    if kind == "ref":
        sheet, _, cells = text.rpartition("!")
        return ("ref", sheet.strip("'").replace("''", "'"), cells.replace("$", "")), at + 1
    if kind == "function":
        given, at = [], at + 1
        while tokens[at] != ("sign", ")"):
            node, at = _expression(tokens, at, 0)
            given.append(node)
            at += tokens[at] == ("sign", ",")
        return ("call", text.removeprefix("_xlfn."), given), at + 1
    if text == "(":
        node, at = _expression(tokens, at + 1, 0)
        return node, at + 1
    # A minus before an operand binds tighter than any other sign.
    node, at = _operand(tokens, at + 1)
    return (node if text == "+" else ("minus", node)), at


@dataclass
class Strict:
    """A workbook whose formulas are evaluated as they are asked for.

    Attributes
    ----------
    cells : dict
        What was typed or written, by sheet and address.
    formulas : dict
        The formulas, without the sign that begins them.
    """

    cells: dict[tuple[str, str], Value]
    formulas: dict[tuple[str, str], str]
    found: dict[tuple[str, str], Value] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Strict:
        """Read every cell of a workbook."""
        book = openpyxl.load_workbook(path)
        cells: dict[tuple[str, str], Value] = {}
        formulas: dict[tuple[str, str], str] = {}
        for sheet in book.worksheets:
            for cell in chain.from_iterable(sheet.iter_rows()):
                value, place = cell.value, (sheet.title, cell.coordinate)
                if cell.data_type == "f":
                    formulas[place] = str(value)[1:]
                elif value is not None:
                    cells[place] = float(value) if type(value) in (int, float) else value
        return cls(cells, formulas)

    def typed(self, cells: Mapping[tuple[str, str], Value]) -> Strict:
        """Return the workbook with other cells typed in."""
        formulas = {place: formula for place, formula in self.formulas.items() if place not in cells}
        return Strict({**self.cells, **cells}, formulas)

    def __getitem__(self, place: tuple[str, str]) -> Value:
        """Give what a cell shows."""
        if place not in self.found:
            formula = self.formulas.get(place)
            given = self.cells.get(place) if formula is None else _one(self.run(_parsed(formula), place[0]))
            self.found[place] = given
        return self.found[place]

    def range(self, sheet: str, cells: str) -> list[Value]:
        """Give what the cells of a column show."""
        return [row[0] for row in self._rows(sheet, cells)]

    def _rows(self, sheet: str, cells: str) -> Rows:
        return [[self[sheet, cell] for cell in row] for row in addresses(cells)]

    def run(self, node: Node, sheet: str) -> Value | Rows:
        """Evaluate a node: one value, or rows of them."""
        match node:
            case ("value", value):
                return value
            case ("ref", other, cells):
                return self._rows(other or sheet, cells) if ":" in cells else self[other or sheet, cells]
            case ("minus", operand):
                return _each(lambda value: _arithmetic("-", 0.0, value), self.run(operand, sheet))
            case ("operator", sign, left, right):
                return _each(lambda a, b: _operated(sign, a, b), self.run(left, sheet), self.run(right, sheet))
            case ("call", name, given):
                return self._call(name, given, sheet)
        raise AssertionError(node)

    def _call(self, name: str, given: list[Node], sheet: str) -> Value | Rows:
        if name == "IF":
            return self._if(given, sheet)
        if name == "IFERROR":
            value = self.run(given[0], sheet)
            return self.run(given[1], sheet) if isinstance(value, Failure) else value
        if name in ("ISFORMULA", "ROWS"):
            _, other, cells = given[0]
            flags: Rows = [[(other or sheet, cell) in self.formulas for cell in row] for row in addresses(cells)]
            return float(len(flags)) if name == "ROWS" else flags
        values = [self.run(each, sheet) for each in given]
        if name in _RANGES:
            return _RANGES[name](*values)
        if name == "INDEX":
            return _index(*values)
        return _each(_SCALARS[name], *values)

    def _if(self, given: list[Node], sheet: str) -> Value | Rows:
        condition = self.run(given[0], sheet)
        assert not isinstance(condition, list)
        if isinstance(condition, Failure | str):
            return condition if isinstance(condition, Failure) else _VALUE
        return self.run(given[1] if condition else given[2], sheet)


@cache
def _parsed(formula: str) -> Node:
    return parsed(formula)


@cache
def addresses(cells: str) -> list[list[str]]:
    """Give the addresses of a range, row by row."""
    first, _, last = cells.partition(":")
    (one, top), (other, bottom) = (re.fullmatch(r"([A-Z]+)(\d+)", end).groups() for end in (first, last or first))  # type: ignore[union-attr]
    top, bottom = sorted((top, bottom), key=int)
    columns = range(column_index_from_string(one), column_index_from_string(other) + 1)
    return [[f"{get_column_letter(at)}{row}" for at in columns] for row in range(int(top), int(bottom) + 1)]


def _one(value: Value | Rows) -> Value:
    assert not isinstance(value, list), "a formula gives one value"
    return 0.0 if value is None else value


def _each(function: Callable[..., Value], *given: Value | Rows) -> Value | Rows:
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
        return _VALUE
    return 0.0 if value is None else float(value)


def _operated(sign: str, one: Value, other: Value) -> Value:
    if isinstance(one, Failure) or isinstance(other, Failure):
        return one if isinstance(one, Failure) else other
    if sign == "&":
        return _text(one) + _text(other)
    if sign in "+-*/^":
        return _arithmetic(sign, one, other)
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


def _arithmetic(sign: str, one: Value, other: Value) -> Value:
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
    product = _each(lambda *values: _times(values), *given)
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
        found = _arithmetic("*", found, value if isinstance(value, float) else 0.0)
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
        return value if isinstance(value, Failure) else _VALUE
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


def _index(rows: Value | Rows, place: Value | Rows) -> Value:
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


_RANGES: Mapping[str, Callable[..., Value]] = {
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


_SCALARS: Mapping[str, Callable[..., Value]] = {
    "ABS": _of_number(abs),
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
    "SQRT": _of_number(math.sqrt),
    "SUBSTITUTE": _unless_failed(lambda text, old, new: _text(text).replace(str(old), str(new))),
    "TEXT": _shown,
    "TRIM": _unless_failed(lambda text: " ".join(_text(text).split())),
    "UNICODE": _unless_failed(lambda text: float(ord(str(text)[0]))),
}
