"""A strict spreadsheet: it evaluates the formulas that live workbooks hold, and forgives nothing.

LibreOffice takes two numbers that differ in the last binary digit for the same in some functions, and Excel in others.
Here all comparisons are those of IEEE 754, bit by bit, so that a formula that leans on a spreadsheet's kindness gives
another amount. Blanks, texts and errors are what Excel makes of them: a blank cell is 0 in sums, a text is more than
any number, SUM and its like pass over the texts of a range, an error passes through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import column_index_from_string, get_column_letter
from spreadsheet import RANGES, SCALARS, VALUE, Failure, Rows, Value, arithmetic, each_cell, index, operated

__all__ = ["Failure", "Strict", "addresses", "parsed"]

Node = tuple  # type: ignore[type-arg]
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<text>"(?:[^"]|"")*")
    |(?P<ref>(?:'(?:[^']|'')*'!|\w+!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?(?![\w(.]))
    |(?P<function>[A-Z_a-z][\w.]*)\(|(?P<word>TRUE|FALSE)|(?P<sign><>|<=|>=|[-+*/^&=<>(),]))""",
    re.VERBOSE,
)
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
        book = openpyxl.load_workbook(path, read_only=True)
        cells: dict[tuple[str, str], Value] = {}
        formulas: dict[tuple[str, str], str] = {}
        for sheet in book.worksheets:
            for cell in chain.from_iterable(sheet.iter_rows()):
                value = cell.value
                if value is None:
                    continue
                place = (sheet.title, cell.coordinate)
                if cell.data_type == "f":
                    formulas[place] = str(value)[1:]
                else:
                    cells[place] = _plain(value)
        book.close()
        return cls(cells, formulas)

    def typed(self, cells: Mapping[tuple[str, str], Value]) -> Strict:
        """Return the workbook with other cells typed in."""
        formulas = {place: formula for place, formula in self.formulas.items() if place not in cells}
        return Strict({**self.cells, **{place: _plain(value) for place, value in cells.items()}}, formulas)

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
                return each_cell(lambda value: arithmetic("-", 0.0, value), self.run(operand, sheet))
            case ("operator", sign, left, right):
                return each_cell(lambda a, b: operated(sign, a, b), self.run(left, sheet), self.run(right, sheet))
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
        if name in RANGES:
            return RANGES[name](*values)
        if name == "INDEX":
            return index(*values)
        return each_cell(SCALARS[name], *values)

    def _if(self, given: list[Node], sheet: str) -> Value | Rows:
        condition = self.run(given[0], sheet)
        assert not isinstance(condition, list)
        if isinstance(condition, Failure | str):
            return condition if isinstance(condition, Failure) else VALUE
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


def _plain(value: Any) -> Value:
    return float(value) if type(value) in (int, float) else value


def _one(value: Value | Rows) -> Value:
    assert not isinstance(value, list), "a formula gives one value"
    return 0.0 if value is None else value
