"""How a page's names, numbers and expressions are said in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from equite import wording
from equite.engine.registry import OWN_FUNCTIONS, Method
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.nodes import Aggregate, Binary, Call, Comparison, Membership, Name, Node, Not, Null, Number, Text
from equite.formula.writing import Style, written
from equite.report.language.text import plain, typeset
from equite.report.language.titles import Titles
from equite.wording import Language

__all__ = ["Section", "Speech", "SpokenLine"]

#: Words of the language that stand for an amount known to all.
_WORDS = ("previous", "amount", "envelope")
_NBSP = "\u00a0"


@dataclass(frozen=True)
class SpokenLine:
    """A sentence or two; ``depth`` tells how far below another line it belongs."""

    text: str
    depth: int = 0


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it.

    Attributes
    ----------
    title : str
        The heading.
    lines : tuple of SpokenLine
        What the section says, one item after the other.
    after : tuple of SpokenLine
        What holds for all these items.
    numbered : bool
        Whether the order of ``lines`` matters.
    """

    title: str
    lines: tuple[SpokenLine, ...]
    after: tuple[SpokenLine, ...] = ()
    numbered: bool = False


def _unwrapped(text: str) -> str:
    """Leave out parentheses that hold a whole text: nothing stands beside them."""
    depths = list(accumulate((character == "(") - (character == ")") for character in text))
    return text[1:-1] if text.startswith("(") and 0 not in depths[:-1] else text


@dataclass(frozen=True)
class Speech:
    """Says what stands on one page, in one language."""

    formula: Formula
    language: Language

    def say(self, entry: str, /, **values: object) -> str:
        """Return an entry of the catalogue of sentences."""
        return typeset(wording.say(entry, self.language, **values), self.language)

    def quoted(self, text: str) -> str:
        """Put a text in quotation marks."""
        return self.say("words-quoted", text=plain(text))

    @property
    def contest(self) -> str:
        """What may be contested, to whom and by when; where the page does not say, the place is marked."""
        told = self.formula.contest
        if told is None:
            return self.say("contest-unsaid")
        keys = {"what": told.what, "to_whom": told.to_whom, "by_when": told.by_when}
        return self.say("contest", **{key: plain(text[self.language]).rstrip(".") for key, text in keys.items()})

    @cached_property
    def titles(self) -> Titles:
        """What the names of the page are called."""
        return Titles(self.formula, self.language)

    def named(self, name: str) -> str:
        """Mention a name in a sentence: its title in quotation marks."""
        return self.quoted(self.titles.of(name))

    def marked(self, text: str, status: str | None) -> str:
        """Say beside a text that it rests on a figure nobody has measured."""
        if status not in ("illustrative", "declared"):
            return text
        return self.say("words-marked", text=text, mark=self.say(f"status-{status}"))

    def method(self, name: str, known: Method | None) -> str:
        """Mention a method that no sentence says: its title if it has one, else its name, in quotation marks."""
        return self.quoted(known.title[self.language] if known and known.title else name)

    def number(self, value: float) -> str:
        """Write a number."""
        return wording.numeral(value, self.language)

    def money(self, value: float) -> str:
        """Write an amount, without decimals where it is whole."""
        digits = 0 if value == int(value) else 2
        return wording.money(value, self.language, self.formula.unit or self.formula.currency, digits)

    def percent(self, share: float) -> str:
        """Write a share with the decimals that it needs, one at most."""
        return wording.percent(share, self.language, 0 if abs(share * 100 - round(share * 100)) < 0.05 else 1)

    def valued(self, value: float, unit: str | None) -> str:
        """Write a number with its unit, as an amount where the unit is the page's currency."""
        currency = self.formula.currency
        if unit is not None and unit in (wording.symbol(currency).strip(), currency):
            return self.money(value)
        return self.number(value) + (_NBSP + unit if unit else "")

    def quantity(self, expression: Expression) -> str:
        """Say an expression that stands for an amount, as it follows ``at least`` or ``receives``."""
        return self._amount(expression.tree)

    def _amount(self, node: Node) -> str:
        number = Expression("", node).number
        if number is not None:
            return self.money(number)
        match node:
            case Name(name) if name in self.formula.constants:
                named = self.marked(self.titles.of(name), self.formula.constants[name].status)
                return self.say("words-with-name", amount=self._constant(name), name=named)
            case Name(name):
                return self.say(f"words-the-{name}") if name in _WORDS else self.named(name)
            case Binary("*", Number(share), Name(name)) | Binary("*", Name(name), Number(share)) if 0 < share <= 3:
                written_share = self.percent(share)
                if name in _WORDS:
                    return self.say(f"words-of-{name}", share=written_share)
                return self.say("words-of-name", share=written_share, name=self.named(name))
            case Call("where", (condition, value, Null())):
                # A missing bound is no bound.
                return self.say("words-only-where", amount=self._amount(value), condition=self._text(condition))
            case Binary("*" | "/", left, right) if all(isinstance(side, Name | Number) for side in (left, right)):
                return self._text(node)
        return self.say("words-result", expression=_unwrapped(self._text(node)))

    def _constant(self, name: str) -> str:
        constant = self.formula.constants[name]
        if constant.unit is None:
            return self.money(float(constant.value))
        return self.valued(float(constant.value), constant.unit[self.language])

    def expression(self, expression: Expression) -> str:
        """Say an expression: titles for names, × ÷ − for signs, words for functions."""
        return _unwrapped(self._text(expression.tree))

    @cached_property
    def _style(self) -> Style:
        signs = {
            "*": "×",
            "/": "÷",
            "-": "−",
            "negative": "−",
            "==": "=",
            "!=": "≠",
            "<=": "≤",
            ">=": "≥",
            "**": self.say("words-sign-power"),
            "and": self.say("words-sign-and"),
            "or": self.say("words-sign-or"),
            "not": self.say("words-sign-not"),
            "in": self.say("words-sign-in"),
        }
        # Names come here already worded.
        return Style(number=self.number, signs=signs, separator=self.say("words-separator") + " ")

    def _text(self, node: Node) -> str:
        return written(self._worded(node), self._style)

    def _worded(self, node: Node) -> Node:
        """Return the tree with every name, label and function replaced by what is said for it."""
        match node:
            case Name(name):
                return Name(self._noun(name))
            case Text(value):
                return Name(self.quoted(value))
            case Null():
                return Name(self.say("words-null"))
            case Call():
                return Name(self._call(node))
            case Aggregate():
                return Name(self._aggregate(node))
            case Binary("**", left, Number(0.5)):
                return Name(self.say("words-call-sqrt", of=self._held(left)))
            case Binary(operator, left, right):
                return Binary(operator, self._beside(left), self._beside(right))
            case Comparison(_, operands) if any(self._is_yes_no(operand) for operand in operands):
                worded = tuple(self._yes_no(operand) or self._worded(operand) for operand in operands)
                return replace(node, operands=worded)
            case Not(Membership(item, choices)):
                listed = self._style.separator.join(map(self._text, choices))
                said = f"({listed})" if len(choices) > 1 else listed
                return Name(self.say("words-other-than", item=self._text(item), choices=said))
            case Membership(item, (single,)):
                return Comparison(("==",), (self._worded(item), self._worded(single)))
        changes: dict[str, Any] = {}
        for field in fields(node):
            value = getattr(node, field.name)
            if isinstance(value, Node):
                changes[field.name] = self._worded(value)
            elif isinstance(value, tuple):
                changes[field.name] = tuple(self._worded(v) if isinstance(v, Node) else v for v in value)
        return replace(node, **changes)

    def _is_yes_no(self, node: Node) -> bool:
        column = self.formula.columns.get(node.name) if isinstance(node, Name) else None
        return column is not None and column.kind == "yes_no"

    def _yes_no(self, node: Node) -> Node | None:
        if node in (Number(0.0), Number(1.0)):
            return Name(self.say("words-yes" if node == Number(1.0) else "words-no"))
        return None

    def _noun(self, name: str) -> str:
        """Return a name as it stands in a calculation: bare where a single word, else in quotation marks."""
        if name in (*_WORDS, "all", "eligible"):
            noun = self.say(f"words-noun-{name}")
            return self.quoted(noun) if " " in noun else noun
        title = self.titles.of(name)
        if re.fullmatch(r"[^\W\d_][\w’'-]*", title):
            return title if title[1:] != title[1:].lower() else title.lower()
        return self.quoted(title)

    def _beside(self, node: Node) -> Node:
        """Return what stands beside a sign: ``total of x ÷ y`` could be read as ``total of (x ÷ y)``."""
        worded = self._worded(node)
        said = isinstance(worded, Name) and not isinstance(node, Name)
        if said and not str(getattr(worded, "name", "")).startswith("("):
            return Name(f"({getattr(worded, 'name', '')})")
        return worded

    def _held(self, node: Node) -> str:
        """Say a node as it follows ``of``: in parentheses unless it holds together by itself."""
        return self._set_apart(node, self._text(node))

    def _set_apart(self, node: Node, text: str) -> str:
        return text if isinstance(node, Name | Number | Call | Aggregate) else f"({_unwrapped(text)})"

    def _call(self, node: Call) -> str:
        arguments = node.arguments
        given = [self._text(argument) for argument in arguments]
        # What is said once is not said again: the time of nested calls would double with each.
        held = self._set_apart(arguments[0], given[0])
        if node.function in ("step", "bracket", "interpolate", "weighted_sum"):
            given[-1] = self.quoted(self.titles.in_words(str(getattr(arguments[-1], "name", ""))))
        values = dict(zip("abc", given, strict=False), all=self._style.separator.join(given))
        values["of"] = held
        if node.function == "max" and len(arguments) == 2 and Number(0.0) in arguments:
            return self.say("words-call-max-zero", a=given[1 - arguments.index(Number(0.0))])
        if node.function == "round" and len(arguments) == 2:
            return self.say("words-call-round-to", a=given[0], b=given[1])
        if node.function in OWN_FUNCTIONS:
            title = OWN_FUNCTIONS[node.function].title
            return self.say("words-call-own", name=title[self.language] if title else node.function, all=values["all"])
        return self.say(f"words-call-{node.function}", **values)

    def _aggregate(self, node: Aggregate) -> str:
        """Say a function over many territories, with its groups, its weights and who counts."""
        if node.function == "count":
            counted = node.arguments[:1]
            said = (
                self.say("words-over-count-where", a=self._text(counted[0]))
                if counted
                else self.say("words-over-count")
            )
        else:
            share = node.arguments[1] if len(node.arguments) > 1 else None
            centile = self.number(share.value * 100) if isinstance(share, Number) else ""
            said = self.say(f"words-over-{node.function}", a=self._held(node.arguments[0]), b=centile)
        plain = said
        if node.weights is not None:
            said = self.say("words-over-weights", over=said, weights=self._text(node.weights))
        if node.by is not None:
            said = self.say("words-over-by", over=said, column=self._text(node.by))
        if node.among == Name("all"):
            said = self.say("words-over-all", over=said)
        elif node.among is not None:
            said = self.say("words-over-among", over=said, condition=self._text(node.among))
        return said if said == plain else f"({said})"
