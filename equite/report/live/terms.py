"""A formula and what it gives, made by one operation: the two cannot drift apart.

A term is one figure for all territories, one for each (the row's own), or a range that some function is to sum up.
What is not a number is *missing*, an error of the spreadsheet (#N/A, #DIV/0!), or *blank*, the empty text. A missing
value passes through sums and comparisons; a blank one makes them missing, is no part of totals, and is more than any
number.

Where the engine takes the same step, the term carries the engine's values: :func:`stated`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from equite.engine.rounding import round_half_away
from equite.engine.sharing import Floats
from equite.report.live.tolerance import DUST, ROUNDING_DUST

__all__ = [
    "ATOM",
    "BLANK",
    "MISSING",
    "SUMMED",
    "Term",
    "absolute_value",
    "added",
    "as_number",
    "both",
    "choose",
    "clip",
    "either",
    "greatest",
    "grouped",
    "instead",
    "is_blank",
    "is_error",
    "is_number",
    "least",
    "logarithm",
    "number",
    "numbers",
    "rounded",
    "rounded_plainly",
    "rounded_text",
    "stated",
    "whole",
]

#: How tightly an operation binds, as spreadsheets have it.
COMPARED, SUMMED, MULTIPLIED, RAISED, ATOM = 1, 2, 3, 4, 9


@dataclass(frozen=True, eq=False)
class Term:
    """A formula and its values.

    Attributes
    ----------
    text : str
        The formula, without the sign that begins it; :data:`equite.report.live.grid.ROW` stands for the row's number.
    value : ndarray
        What it gives: one figure, or one for each row; NaN where it is no number.
    strength : int
        How tightly its outermost operation binds.
    blank : ndarray of bool
        Where it gives the empty text.
    spans : bool
        Whether it is a range, which only a function of ranges turns into figures.
    """

    text: str
    value: Floats
    strength: int = ATOM
    blank: np.ndarray = field(default_factory=lambda: np.array(False))
    spans: bool = False

    def __str__(self) -> str:
        return self.text

    def carrying(self, value: np.ndarray | float, *, blank: np.ndarray | bool = False) -> Term:
        """Return the same formula with the values that the engine gives."""
        return replace(self, value=np.asarray(value, dtype=np.float64), blank=np.asarray(blank))

    def within(self, above: int) -> str:
        """Return the formula, in parentheses where it binds no tighter than what stands above it."""
        return self.text if self.strength > above else f"({self.text})"

    @property
    def figure(self) -> float:
        """The value of what is one figure for all."""
        return float(self.value)

    @property
    def is_missing(self) -> np.ndarray:
        """Where an error of the spreadsheet stands."""
        return np.asarray(np.isnan(self.value) & ~self.blank)

    def __add__(self, other: Term | float) -> Term:
        return _arithmetic("+", SUMMED, np.add, self, other)

    def __sub__(self, other: Term | float) -> Term:
        return _arithmetic("-", SUMMED, np.subtract, self, other)

    def __radd__(self, other: float) -> Term:
        return number(other) + self

    def __rsub__(self, other: float) -> Term:
        return number(other) - self

    def __mul__(self, other: Term | float) -> Term:
        return _arithmetic("*", MULTIPLIED, np.multiply, self, other)

    def __rmul__(self, other: float) -> Term:
        return number(other) * self

    def __truediv__(self, other: Term | float) -> Term:
        return _arithmetic("/", MULTIPLIED, np.divide, self, other)

    def __rtruediv__(self, other: float) -> Term:
        return number(other) / self

    def __pow__(self, other: Term | float) -> Term:
        return _arithmetic("^", RAISED, np.power, self, other)

    def __neg__(self) -> Term:
        # A spreadsheet's minus binds tighter than its power.
        text = f"({self.text})" if self.strength == RAISED else self.within(SUMMED)
        return Term(f"-{text}", -self.value, SUMMED, spans=self.spans)

    def __lt__(self, other: Term | float) -> Term:
        return _compared("<", np.less, self, other)

    def __le__(self, other: Term | float) -> Term:
        return _compared("<=", np.less_equal, self, other)

    def __gt__(self, other: Term | float) -> Term:
        return _compared(">", np.greater, self, other)

    def __ge__(self, other: Term | float) -> Term:
        return _compared(">=", np.greater_equal, self, other)

    def equals(self, other: Term | float) -> Term:
        """Tell where two terms are the same."""
        return _compared("=", np.equal, self, other)

    def near(self, other: Term | float) -> Term:
        """Tell where two terms are the same but for dust."""
        other = _term(other)
        return absolute_value(self - other) <= float(DUST) * (absolute_value(self) + absolute_value(other))

    def differs(self, other: Term | float) -> Term:
        """Tell where two terms are not the same."""
        return _compared("<>", np.not_equal, self, other)


def number(value: float) -> Term:
    """Return a number written out."""
    text = repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value).upper().replace("E-0", "E-")
    return Term(text, np.array(float(value)))


def stated(text: str, value: np.ndarray | float, strength: int = ATOM, *, blank: np.ndarray | bool = False) -> Term:
    """Return a formula whose values the engine gives, blank where told so."""
    return Term(text, np.asarray(value, dtype=np.float64), strength, np.asarray(blank))


#: The empty text, and an error that stands for a missing value.
BLANK = Term('""', np.array(np.nan), blank=np.array(True))
MISSING = Term("NA()", np.array(np.nan))


def _term(given: Term | float) -> Term:
    return given if isinstance(given, Term) else number(given)


def _spanning(*terms: Term) -> bool:
    """Tell whether terms make a range; a range and a row's own figure do not meet in one formula of numbers."""
    spans = any(term.spans for term in terms)
    assert not spans or all(term.spans or term.value.ndim == 0 for term in terms), [term.text for term in terms]
    return spans


def numbers(value: Any) -> Floats:
    """Return what a spreadsheet holds: what is beyond all numbers is an error there."""
    return np.where(np.isfinite(value), value, np.nan)


def _arithmetic(sign: str, strength: int, function: Callable[..., Any], one: Term, other: Term | float) -> Term:
    other = _term(other)
    with np.errstate(all="ignore"):
        value = numbers(function(one.value, other.value))
    text = f"{one.within(strength - 1)}{sign}{other.within(strength)}"
    return Term(text, value, strength, spans=_spanning(one, other))


def _compared(sign: str, function: Callable[..., Any], one: Term, other: Term | float) -> Term:
    other = _term(other)
    a, b = (np.where(term.blank, np.inf, term.value) for term in (one, other))
    value = np.where(np.isnan(a) | np.isnan(b), np.nan, function(a, b).astype(float))
    text = f"{one.within(COMPARED)}{sign}{other.within(COMPARED)}"
    return Term(text, value, COMPARED, spans=_spanning(one, other))


def _called(name: str, value: Any, *terms: Term) -> Term:
    return Term(f"{name}({','.join(term.text for term in terms)})", numbers(value), spans=_spanning(*terms))


# Of rows.


def grouped(term: Term) -> Term:
    """Return a term in parentheses of its own."""
    return replace(term, text=f"({term.text})", strength=ATOM)


def added(terms: list[Term]) -> Term:
    """Add terms up; nothing is 0."""
    found = terms[0] if terms else number(0)
    for term in terms[1:]:
        found = found + term
    return found


def choose(condition: Term, yes: Term | float, no: Term | float) -> Term:
    """Return one term where a condition holds, the other where it does not."""
    yes, no = _term(yes), _term(no)
    holds, unknown = condition.value != 0, np.isnan(condition.value)
    value = np.where(unknown, np.nan, np.where(holds, yes.value, no.value))
    blank = ~unknown & np.where(holds, yes.blank, no.blank)
    text = f"IF({condition.text},{yes.text},{no.text})"
    return Term(text, value, blank=blank, spans=_spanning(condition, yes, no))


def both(*conditions: Term) -> Term:
    """Tell where all conditions hold."""
    values = np.broadcast_arrays(*(each.value for each in conditions))
    return _called("AND", np.where(np.isnan(values).any(axis=0), np.nan, np.all(values, axis=0)), *conditions)


def either(*conditions: Term) -> Term:
    """Tell where some condition holds."""
    values = np.broadcast_arrays(*(each.value for each in conditions))
    return _called("OR", np.where(np.isnan(values).any(axis=0), np.nan, np.any(values, axis=0)), *conditions)


def is_blank(term: Term) -> Term:
    """Tell where the empty text stands."""
    value = np.where(term.is_missing, np.nan, term.blank.astype(float))
    return Term(f'{term.within(COMPARED)}=""', value, COMPARED, spans=term.spans)


def as_number(term: Term) -> Term:
    """Return a number as it is, and 0 for a text (``N``)."""
    return _called("N", np.where(term.blank, 0.0, term.value), term)


def is_number(term: Term) -> Term:
    """Tell where a number stands."""
    return _called("ISNUMBER", (~np.isnan(term.value)).astype(float), term)


def is_error(term: Term) -> Term:
    """Tell where an error stands."""
    return _called("ISERROR", term.is_missing.astype(float), term)


def instead(term: Term, other: Term | float) -> Term:
    """Return a term, or another where it is an error."""
    other = _term(other)
    value, blank = (
        np.where(term.is_missing, other.value, term.value),
        np.where(term.is_missing, other.blank, term.blank),
    )
    return Term(f"IFERROR({term.text},{other.text})", value, blank=blank, spans=_spanning(term, other))


def least(*given: Term | float) -> Term:
    """Return the lowest of several terms; a blank cell is passed over."""
    return _extreme("MIN", np.fmin, given)


def greatest(*given: Term | float) -> Term:
    """Return the highest of several terms; a blank cell is passed over."""
    return _extreme("MAX", np.fmax, given)


def _extreme(name: str, function: np.ufunc, given: tuple[Term | float, ...]) -> Term:
    terms = [_term(each) for each in given]
    value = function.reduce(np.broadcast_arrays(*(term.value for term in terms)))
    known = np.where(np.isnan(value), 0.0, value)
    unknown = np.any(np.broadcast_arrays(*(term.is_missing for term in terms)), axis=0)
    return _called(name, np.where(unknown, np.nan, known), *terms)


def clip(term: Term, low: Term | float, high: Term | float) -> Term:
    """Bound a term from below, then from above."""
    return least(greatest(term, low), high)


def absolute_value(term: Term) -> Term:
    """Return a term without its sign."""
    return _called("ABS", np.abs(term.value), term)


def whole(term: Term) -> Term:
    """Return the whole number at or below."""
    return _called("INT", np.floor(term.value), term)


def logarithm(term: Term) -> Term:
    """Return the natural logarithm; missing where there is none."""
    with np.errstate(all="ignore"):
        return _called("LN", np.log(term.value), term)


def rounded(term: Term, digits: int = 0) -> Term:
    """Round halves away from zero; what lies below a half by no more than dust is the half, as in Python."""
    return Term(rounded_text(term.text, digits), round_half_away(term.value, digits), spans=term.spans)


def rounded_text(text: str, digits: int) -> str:
    """Write what :func:`rounded` gives, on whatever ground a spreadsheet's ROUND decides what is half."""
    return f"ROUND(({text})*(1+{ROUNDING_DUST}),{digits})"


def rounded_plainly(term: Term, digits: int = 0) -> Term:
    """Round halves away from zero what carries no dust of its own."""
    return Term(f"ROUND({term},{digits})", round_half_away(term.value, digits) + 0.0, spans=term.spans)
