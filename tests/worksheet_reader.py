"""Redoes a worksheet from its printed text alone, in decimal arithmetic: the grammar of docs/worksheet.md, and no more.

Nothing of equite is imported here: whoever receives the text has only the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext

__all__ = ["Block", "Wrong", "blocks", "redone"]

MISSING = None
Value = Decimal | None
WORKING = Context(prec=60, Emax=999_999, Emin=-999_999)
PRINTED = Context(prec=15, rounding=ROUND_HALF_EVEN, Emax=999_999, Emin=-999_999)
#: The words of the grammar: what each does, in French, in English.
GRAMMAR = """
abs abs abs
and et and
ceil arrondi_sup round_up
exp exp exp
floor arrondi_inf round_down
if si if
is_missing manque is_missing
log ln ln
max max max
median médiane median
min min min
missing manquant missing
not non not
or ou or
round arrondi round
sqrt racine root
"""
ROWS = [row.split() for row in GRAMMAR.strip().splitlines()]
WORDS = {language: {row[0]: row[at] for row in ROWS} for at, language in ((1, "fr"), (2, "en"))}
NUMBERS = {"fr": r"\d+(?:\u00a0\d{3})*(?:,\d+)?", "en": r"\d+(?:,\d{3})*(?:\.\d+)?"}
GIVEN = {"fr": "   donnée : ", "en": "   given: "}
BLOCK = re.compile(r"([A-Z]+)  (.*)")


class Wrong(AssertionError):
    """A line that does not follow from those above it."""


@dataclass(frozen=True)
class Block:
    """A line of the sheet: its letter, its title, whether it is given, and its equalities."""

    letter: str
    title: str
    is_given: bool
    steps: tuple[str, ...]


def blocks(text: str, language: str) -> list[Block]:
    """Read the lines of a sheet."""
    found = []
    for piece in text.split("\n\n"):
        first, *rest = piece.split("\n")
        match = BLOCK.fullmatch(first)
        steps = tuple(line.removeprefix("   = ") for line in rest if line.startswith("   = "))
        if match and steps:
            given = any(line.replace("\u00a0", " ").startswith(GIVEN[language]) for line in rest)
            found.append(Block(*match.groups(), given, steps))
    return found


def redone(text: str, language: str) -> Decimal:
    """Redo every line, and return the amount; refuse a sheet that cannot be redone."""
    values: dict[str, Value] = {}
    texts: dict[str, str] = {}
    last = ""
    for block in blocks(text, language):
        *rules, end = block.steps
        written, result = outcome(end, language)
        if block.letter in values or (not rules) != block.is_given:
            raise Wrong(block)
        if rules and not block.is_given:
            with_letters = Reader(rules[0], language, values)
            found, told = with_letters.result(), with_letters.substituted(texts)
            # The figures put in are those printed above, digit for digit; of a line that is another, the result is.
            has_letters = told != tuple(with_letters.tokens)
            figures = Reader((*rules, written)[1] if has_letters else rules[0], language, {}).tokens
            if told not in (tuple(figures), ("(", *figures, ")")):
                raise Wrong(block, "figures")
            if found != result:
                raise Wrong(block, found, result)
        values[block.letter], texts[block.letter], last = result, written, block.letter
    amount = values[last]
    if amount is None:
        raise Wrong("no amount")
    return amount


def outcome(text: str, language: str) -> tuple[str, Value]:
    """Read a result: its number as it stands, without currency and unit."""
    if text == WORDS[language]["missing"]:
        return text, MISSING
    match = re.match(rf"(−?)[^\d]*?({NUMBERS[language]})", text)
    if match is None:
        raise Wrong(text)
    return "".join(match.groups()), number("".join(match.groups()), language)


def number(text: str, language: str) -> Decimal:
    plain = text.replace("\u00a0", "") if language == "fr" else text.replace(",", "")
    return Decimal(plain.replace(",", ".").replace("−", "-"))


class Reader:
    """A rule: sums, products, powers, comparisons, conditions, and the few functions."""

    def __init__(self, text: str, language: str, values: dict[str, Value]) -> None:
        self.language, self.values = language, values
        self.names = {word: name for name, word in WORDS[language].items()}
        pattern = rf"{NUMBERS[language]}|[A-Z]+(?![a-z_])|[^\W\d]\w*|[≤≥≠<>=+−×/^();]"
        self.tokens = re.findall(pattern, text)
        if "".join(self.tokens).replace("\u00a0", "") != re.sub(r"\s", "", text):
            raise Wrong("not of the grammar", text)
        self.at = 0

    def substituted(self, texts: dict[str, str]) -> tuple[str, ...]:
        """Put the figures of earlier lines in place of their letters; a negative one in parentheses."""
        found: list[str] = []
        for token in self.tokens:
            figure = texts.get(token, token) if re.fullmatch("[A-Z]+", token) else token
            found += ["(", "−", figure[1:], ")"] if figure.startswith("−") and len(figure) > 1 else [figure]
        return tuple(found)

    def result(self) -> Value:
        with localcontext(WORKING):
            self.at = 0
            found = self.taken()
            if self.at != len(self.tokens):
                raise Wrong("not of the grammar", self.tokens)
            return None if found is None or not found.is_finite() else PRINTED.plus(found)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def takes(self, *tokens: str) -> str:
        token = self.peek()
        if token and token in tokens:
            self.at += 1
            return token
        return ""

    def word(self, name: str) -> str:
        return self.takes(WORDS[self.language][name])

    def taken(self) -> Value:
        value = self.either()
        while self.word("if"):
            if self.either() != 1:
                raise Wrong("a condition does not hold", self.tokens)
        return value

    def either(self) -> Value:
        return self.joined("or", lambda: self.joined("and", self.negated))

    def joined(self, name: str, below: Callable[[], Value]) -> Value:
        values = [below()]
        while self.word(name):
            values.append(below())
        if len(values) == 1:
            return values[0]
        decides = name == "or"
        if any(value is not None and (value != 0) == decides for value in values):
            return Decimal(int(decides))
        return None if None in values else Decimal(int(not decides))

    def negated(self) -> Value:
        if self.word("not"):
            value = self.negated()
            return None if value is None else Decimal(int(value == 0))
        return self.compared()

    def compared(self) -> Value:
        left, holds, seen = self.sum(), True, False
        missing = left is None
        while sign := self.takes("<", ">", "≤", "≥", "=", "≠"):
            right, seen = self.sum(), True
            missing |= right is None
            if left is not None and right is not None:
                order = (left > right) - (left < right)
                holds &= {
                    "<": order < 0, ">": order > 0, "≤": order <= 0, "≥": order >= 0, "=": order == 0, "≠": order != 0,
                }[sign]  # fmt: skip
            left = right
        return left if not seen else None if missing else Decimal(int(holds))

    def sum(self) -> Value:
        value = self.product()
        while sign := self.takes("+", "−"):
            other = self.product()
            value = None if value is None or other is None else value + other if sign == "+" else value - other
        return value

    def product(self) -> Value:
        value = self.signed()
        while sign := self.takes("×", "/"):
            other = self.signed()
            if value is None or other is None or (sign == "/" and other == 0):
                value = None
            else:
                value = value * other if sign == "×" else value / other
        return value

    def signed(self) -> Value:
        if self.takes("−"):
            value = self.signed()
            return None if value is None else -value
        value = self.leaf()
        if self.takes("^"):
            power = self.leaf()
            if value is None or power is None or (value == 0 and power < 0):
                return None
            return Decimal(1) if value == 0 and power == 0 else value**power
        return value

    def leaf(self) -> Value:
        token = self.peek()
        self.at += 1
        if token == "(":
            value = self.taken()
            if not self.takes(")"):
                raise Wrong("a parenthesis is open", self.tokens)
            return value
        if re.match(r"\d", token):
            return number(token, self.language)
        if re.fullmatch(r"[A-Z]+", token):
            if token not in self.values:
                raise Wrong("no such line", token)
            return self.values[token]
        return self.called(self.names[token]) if token in self.names else self.unknown(token)

    def unknown(self, token: str) -> Value:
        raise Wrong("not of the grammar", token, self.tokens)

    def called(self, name: str) -> Value:
        if name == "missing":
            return None
        if not self.takes("("):
            raise Wrong("not of the grammar", self.tokens)
        values = [self.taken()]
        while self.takes(";"):
            values.append(self.taken())
        if not self.takes(")"):
            raise Wrong("a parenthesis is open", self.tokens)
        if name == "is_missing":
            return Decimal(int(values[0] is None))
        known = [value for value in values if value is not None]
        return None if len(known) < len(values) else function(name, known)


def function(name: str, values: list[Decimal]) -> Value:
    """The functions of the grammar."""
    first = values[0]
    if name in ("min", "max"):
        return min(values) if name == "min" else max(values)
    if name == "median":
        ordered, half = sorted(values), len(values) // 2
        return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2
    if name in ("round", "floor", "ceil"):
        way = {"round": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceil": ROUND_CEILING}[name]
        step = Decimal(1).scaleb(-int(values[1])) if len(values) > 1 else Decimal(1)
        return (first / step).to_integral_value(way) * step
    if name == "log":
        return first.ln() if first > 0 else None
    if name == "sqrt":
        return first.sqrt() if first >= 0 else None
    return {"abs": abs, "exp": Decimal.exp}[name](first)
