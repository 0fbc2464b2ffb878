"""The arithmetic of a worksheet: decimal, on the figures as they are printed, as a reader does it with a calculator.

A figure has at most :data:`DIGITS` significant digits. Beside each stands what the binary arithmetic of the allocation
may differ by (running error analysis; Higham, 2002, § 3.3): so it can be told whether the sheet says the same as the
allocation, or must give a line as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext

from equite.engine.sharing import DUST
from equite.formula.nodes import Binary, Call, Comparison, Logical, Negative, Node, Not, Null, Number

__all__ = ["DIGITS", "Figure", "Ref", "Taken", "figure_of", "printed", "worked"]

#: The significant digits of a figure as it is printed: those that a float holds whatever its value.
DIGITS = 15
_WORKING = Context(prec=60, Emax=999_999, Emin=-999_999)
_PRINTED = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, Emax=999_999, Emin=-999_999)
_DUST = Decimal(DUST)
_ROUNDED = {"round": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceil": ROUND_CEILING}


@dataclass(frozen=True)
class Ref(Node):
    """An earlier line of the sheet, by its place."""

    line: int


@dataclass(frozen=True)
class Taken(Node):
    """A value, with the condition that holds and for which it is taken."""

    value: Node
    condition: Node


@dataclass(frozen=True)
class Figure:
    """A figure of the sheet: missing where ``value`` is None; ``error`` is what a binary sum may differ by."""

    value: Decimal | None
    error: Decimal = Decimal(0)

    def is_near(self, wanted: float) -> bool:
        """Tell whether the allocation's own figure is this one, but for the dust of binary numbers."""
        if self.value is None or wanted != wanted:
            return self.value is None and wanted != wanted
        return abs(self.value - Decimal(wanted)) <= self.error + _DUST * abs(self.value)


_MISSING = Figure(None)


def printed(value: Decimal) -> Decimal:
    """Return a figure as it is printed."""
    return _PRINTED.plus(value)


def figure_of(value: float, *, computed: bool = False) -> Figure:
    """Return a number as typed; one that was ``computed`` may differ by dust."""
    if value != value:
        return _MISSING
    found = Decimal(f"{value:.{DIGITS}g}")
    return Figure(found, _DUST * abs(found) if computed else Decimal(0))


def worked(tree: Node, lines: Sequence[Figure]) -> Figure:
    """Work a rule out on the figures of earlier lines; the result as it is printed, missing where it has no value."""
    with localcontext(_WORKING):
        try:
            found = _run(tree, lines)
        except ArithmeticError:
            return _MISSING
        if found.value is None or not found.value.is_finite():
            return _MISSING
        return Figure(printed(found.value), found.error + abs(found.value) * _DUST)


def _run(tree: Node, lines: Sequence[Figure]) -> Figure:
    match tree:
        case Ref(line):
            return lines[line]
        case Number(value):
            return figure_of(value)
        case Null():
            return _MISSING
        case Taken(value, _):
            return _run(value, lines)
        case Call("is_missing", (item,)):
            return _yes(_run(item, lines).value is None)
        case Logical(operator, operands):
            return _joined(operator, [_run(each, lines).value for each in operands])
    below = [_run(each, lines) for each in tree.children()]
    if any(each.value is None for each in below):
        return _MISSING
    match tree:
        case Negative():
            return Figure(-_of(below[0]), below[0].error)
        case Not():
            return _yes(_of(below[0]) == 0)
        case Binary(operator):
            return _binary(operator, below[0], below[1])
        case Comparison(operators):
            links = zip(operators, below, below[1:], strict=False)
            return _yes(all(_holds(sign, _of(left), _of(right)) for sign, left, right in links))
        case Call(function):
            return _call(function, below)
    raise AssertionError(tree)


def _of(figure: Figure) -> Decimal:
    assert figure.value is not None
    return figure.value


def _yes(holds: bool) -> Figure:
    return Figure(Decimal(int(holds)))


def _holds(sign: str, left: Decimal, right: Decimal) -> bool:
    return {
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]


def _joined(operator: str, values: list[Decimal | None]) -> Figure:
    """Join conditions: what decides wins over what is missing."""
    decides = operator == "or"
    if any(value is not None and (value != 0) == decides for value in values):
        return _yes(decides)
    return _MISSING if None in values else _yes(not decides)


def _binary(operator: str, left: Figure, right: Figure) -> Figure:
    a, b = _of(left), _of(right)
    if operator in "+-":
        return Figure(a + b if operator == "+" else a - b, left.error + right.error + _DUST * (abs(a) + abs(b)))
    if operator == "*":
        return Figure(a * b, abs(a) * right.error + abs(b) * left.error + _DUST * abs(a * b))
    if operator == "/":
        if b == 0:
            return _MISSING
        return Figure(a / b, (left.error + abs(a / b) * right.error) / abs(b) + _DUST * abs(a / b))
    if a == 0 and b <= 0:
        return Figure(Decimal(1)) if b == 0 else _MISSING
    found = a**b
    moved = (abs(b) * left.error / abs(a) + abs(abs(a).ln()) * right.error) if a else left.error
    return Figure(found, abs(found) * moved + _DUST * abs(found))


def _call(function: str, operands: list[Figure]) -> Figure:
    values = [_of(each) for each in operands]
    first, error = values[0], max(each.error for each in operands)
    match function:
        case "min" | "max":
            return Figure(min(values) if function == "min" else max(values), error)
        case "abs":
            return Figure(abs(first), error)
        case "median":
            ordered, half = sorted(values), len(values) // 2
            return Figure(ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2, error)
        case "round" | "floor" | "ceil":
            scale = Decimal(1).scaleb(-int(values[1])) if len(values) > 1 else Decimal(1)
            return Figure((first / scale).to_integral_value(_ROUNDED[function]) * scale)
        case "sqrt":
            found = first.sqrt()
            return Figure(found, error / (2 * found) if found else error.sqrt())
        case "log":
            return Figure(first.ln(), error / abs(first)) if first > 0 else _MISSING
        case "exp":
            found = first.exp()
            return Figure(found, found * error)
    raise AssertionError(function)
