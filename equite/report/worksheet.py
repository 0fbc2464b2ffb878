"""A worksheet in words and signs: titles, what each line rests on, the rule by letters and by figures, the result."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from equite.engine.sheet import SheetLine
from equite.engine.sheet_arithmetic import Ref, Taken, figure_of
from equite.formula.expressions import Expression
from equite.formula.nodes import Binary, Call, Comparison, Logical, Negative, Node, Not, Null, Number, walk
from equite.report.columns import ShownColumn
from equite.report.files import files_read
from equite.report.language.labels import Labels
from equite.report.language.text import plain
from equite.report.shown import Shown
from equite.report.terminal.text import aligned, explained, explanation_notes
from equite.wording import LOCALES, Language, symbol

if TYPE_CHECKING:
    from equite.engine.worksheet import Worksheet

__all__ = [
    "SheetWords",
    "WordedLine",
    "closing",
    "shown_elsewhere",
    "worksheet_shown",
    "worksheet_table",
    "worksheet_text",
    "worksheet_title",
]

_COLUMNS = ("letter", "title", "given", "words", "rule", "figures", "result", "source")
_STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6, "negative": 7, "**": 8}
_SIGNS = {"*": "×", "/": "/", "+": "+", "-": "−", "**": "^", "==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}
_MINUS = "−"


@dataclass(frozen=True)
class WordedLine:
    """A line of a worksheet as its readers see it.

    Attributes
    ----------
    letter, title : str
        What it is called, and what it is.
    given : str
        Why it is given and not worked out; empty where it is worked out.
    words : str
        What the page says of it, or a reason; empty where nothing.
    rule, figures : str
        The rule over letters, and with this territory's figures; empty where the line is given.
    result : str
        The figure with its unit.
    source : str
        Where a figure comes from, and how far it can be trusted.
    """

    letter: str
    title: str
    given: str
    words: str
    rule: str
    figures: str
    result: str
    source: str

    @property
    def steps(self) -> tuple[str, ...]:
        """The rule, the figures and the result, each said once."""
        return tuple(dict.fromkeys(text for text in (self.rule, self.figures, self.result) if text))


class SheetWords:
    """Words the lines of one worksheet in one language."""

    def __init__(self, sheet: Worksheet, language: Language | None = None) -> None:
        self.sheet = sheet
        self.formula = sheet.allocation.formula
        # Most of what is said of a line is said of the same line of every territory.
        self._told: dict[Hashable, tuple[object, str]] = {}
        self.labels = Labels(self.formula, language)
        self.locale = LOCALES[self.labels.language]
        self._words = {
            word: self.labels.say(f"sheet-word-{word}")
            for word in (
                *("abs", "and", "ceil", "exp", "floor", "if", "is_missing", "log", "max", "median", "min", "missing"),
                *("not", "or", "round", "sqrt"),
            )
        }

    def of(self, sheet: Worksheet) -> SheetWords:
        """Return the words of another territory's worksheet from the same allocation; what both say is worded once."""
        other = copy(self)
        other.sheet = sheet
        return other

    def lines(self) -> list[WordedLine]:
        """Return every line, worded."""
        return [self._line(line) for line in self.sheet.lines]

    def _once(self, tell: Callable[[SheetLine], str], line: SheetLine) -> str:
        """Say something that rests on nothing of a line but what is in the key; what has an identity there is kept."""
        kept = line.rule, line.reason
        key = tell.__name__, line.title, line.about, line.given, line.count, line.group, *map(id, kept)
        if key not in self._told:
            self._told[key] = kept, tell(line)
        return self._told[key][1]

    def _line(self, line: SheetLine) -> WordedLine:
        rule = figures = ""
        if line.tree is not None:
            rule = self._written(line.tree, lambda ref: self.sheet.lines[ref.line].letter)
            figures = self._written(line.tree, self._figure)
            if not any(isinstance(node, Ref) for node in walk(line.tree)):
                rule = ""
        return WordedLine(
            line.letter,
            self._once(self._title, line),
            self._once(self._given, line),
            self._once(self._said, line),
            rule,
            figures,
            self._result(line),
            self._once(self._source, line),
        )

    def number(self, value: Decimal | None) -> str:
        """Write a figure with every digit that it has."""
        if value is None:
            return self._words["missing"]
        text = f"{abs(value):f}"
        whole, _, rest = text.partition(".")
        rest = rest.rstrip("0")
        grouped = f"{int(whole):,}".replace(",", self.locale.grouping)
        sign = _MINUS if value < 0 and (rest or int(whole)) else ""
        return sign + grouped + (self.locale.decimal + rest if rest else "")

    def _figure(self, ref: Ref) -> str:
        value = self.sheet.lines[ref.line].value
        text = self.number(value)
        return f"({text})" if text.startswith(_MINUS) else text

    def _result(self, line: SheetLine) -> str:
        text = self.number(line.value)
        if line.value is None:
            return text
        if line.is_money:
            return self._money(text)
        unit = self.labels.unit(line.about[0]) if line.title == "name" and line.about else ""
        if unit and unit in (self.formula.currency, symbol(self.formula.currency).strip()):
            return self._money(text)
        return f"{text}\u00a0{unit}" if unit else text

    def _money(self, text: str) -> str:
        if self.formula.unit:
            return f"{text}\u00a0{self.labels.symbol}"
        before, after = self.locale.around(self.labels.symbol)
        sign = _MINUS if text.startswith(_MINUS) else ""
        return sign + before + text.removeprefix(_MINUS) + after

    def _title(self, line: SheetLine) -> str:
        labels, about = self.labels, line.about
        name = ""
        if line.title.startswith("criterion"):
            name = labels.criterion(*about)
        elif line.title.startswith("priority"):
            (method,) = about
            name = labels.say(f"words-choice-{method}")
        elif line.title == "family":
            name = self._family(*about)
        elif about:
            name = labels.title(about[0])
        rule = labels.expression(Expression("", line.rule)) if line.rule is not None else ""
        title = labels.say(f"sheet-title-{line.title}", name=name, rule=rule)
        return plain(title[:1].upper() + title[1:])

    def _family(self, index: str, name: str) -> str:
        waiting = [self.formula.indices[index].families]
        while waiting:
            for key, family in waiting.pop().items():
                if key == name and family.title:
                    return self.labels.worded(family.title)
                waiting.append(family.families)
        return self.labels.title(name)

    def _given(self, line: SheetLine) -> str:
        if not line.given:
            return ""
        return self.labels.say("sheet-given", why=self.labels.say(f"sheet-given-{line.given}"))

    def _said(self, line: SheetLine) -> str:
        """Return what the page says of a line, over how many it runs, and the reason of a decision."""
        said = []
        if line.rule is not None and not line.title.startswith("over"):
            said.append(self.labels.say("sheet-said", rule=self.labels.expression(Expression("", line.rule))))
        if line.group:
            said.append(self.labels.say("sheet-group", group=line.group))
        if line.count is not None:
            said.append(self.labels.count(line.count, "sheet-over-one", "sheet-over-many"))
        if line.reason is not None:
            said.append(self.labels.say("sheet-reason", reason=self.labels.reason(line.reason).rstrip(".")))
        return plain("; ".join(said))

    def _source(self, line: SheetLine) -> str:
        """Return where a figure comes from, and how far it can be trusted."""
        if line.title != "name" or not line.about:
            return ""
        page, name = self.formula, line.about[0]
        found = page.envelope if name == "envelope" else page.columns.get(name) or page.constants.get(name)
        if found is None:
            return ""
        told = [text for text in (found.source, found.date) if text]
        told += [self.labels.status(found.status)] if found.status else []
        return plain(self.labels.say("sheet-source", source="; ".join(told))) if told else ""

    def _written(self, tree: Node, leaf: Callable[[Ref], str], outer: int = 0) -> str:
        """Write a rule with no more parentheses than its meaning needs."""
        text, strength = self._plainly(tree, leaf)
        return f"({text})" if strength < outer else text

    def _plainly(self, tree: Node, leaf: Callable[[Ref], str]) -> tuple[str, int]:
        most = 10
        match tree:
            case Ref():
                return leaf(tree), most
            case Number(value):
                text = self.number(figure_of(value).value)
                return text, _STRENGTH["negative"] if value < 0 else most
            case Null():
                return self._words["missing"], most
            case Taken(value, condition):
                pair = self._written(value, leaf, 1), self._written(condition, leaf)
                return f"{pair[0]} {self._words['if']} {pair[1]}", 0
            case Negative(operand):
                return f"{_MINUS}{self._written(operand, leaf, 8)}", 7
            case Not(operand):
                return f"{self._words['not']} {self._written(operand, leaf, 4)}", 3
            case Binary(operator, left, right):
                strength = _STRENGTH[operator]
                sides = (strength + 1, strength + 1) if operator == "**" else (strength, strength + 1)
                pair = self._written(left, leaf, sides[0]), self._written(right, leaf, sides[1])
                return f"{pair[0]} {_SIGNS[operator]} {pair[1]}", strength
            case Logical(operator, operands):
                strength = _STRENGTH[operator]
                joined = f" {self._words[operator]} "
                return joined.join(self._written(each, leaf, strength + 1) for each in operands), strength
            case Comparison(operators, operands):
                words = [self._written(operands[0], leaf, 5)]
                for operator, operand in zip(operators, operands[1:], strict=True):
                    words += [_SIGNS.get(operator, operator), self._written(operand, leaf, 5)]
                return " ".join(words), 4
            case Call(function, arguments):
                listed = "; ".join(self._written(argument, leaf) for argument in arguments)
                return f"{self._words[function]}({listed})", most
        raise AssertionError(tree)


def worksheet_title(sheet: Worksheet, labels: Labels) -> str:
    """Return what a worksheet is of: the territory with its code, and the page."""
    name, code = plain(sheet.name), plain(sheet.code)
    return labels.say("sheet-heading", name=name if name == code else f"{name} ({code})")


def shown_elsewhere(sheet: Worksheet, labels: Labels) -> tuple[str, list[tuple[str, str]], list[str]]:
    """Return the heading of the annex, its lines of a label and an amount, and its notes."""
    if sheet.explanation is None:
        return "", [], []
    lines = [(line.marked, line.amount) for line in explained(sheet.explanation, labels)]
    lines.append((labels.say("word-amount"), labels.money(sheet.amount)))
    notes = list(explanation_notes(sheet.explanation, labels))
    if any(found.is_shapley for found in sheet.allocation.contributions):
        notes.append(labels.say("sheet-shapley"))
    return labels.say("sheet-elsewhere"), lines, notes


def closing(sheet: Worksheet, labels: Labels) -> str:
    """Return what the last line means: that it is the amount, or what leaves the territory out."""
    if sheet.reason is not None:
        return labels.say("sheet-no-part", reason=labels.reason(sheet.reason).rstrip("."))
    return labels.say("sheet-last", letter=sheet.lines[-1].letter, amount=labels.money(sheet.amount))


def worksheet_text(sheet: Worksheet, language: Language | None = None) -> str:
    """Return a worksheet as text (docs/worksheet.md defines its grammar)."""
    words = SheetWords(sheet, language)
    labels = words.labels
    text = [worksheet_title(sheet, labels), labels.worded(words.formula.heading)]
    text += [labels.simulation] if labels.simulation else []
    text.append(labels.say("sheet-how"))
    for line in words.lines():
        block = [f"{line.letter}  {line.title}"]
        block += [f"   {told}" for told in (line.given, line.words, line.source) if told]
        block += [f"   = {step}" for step in line.steps]
        text.append("\n".join(block))
    text.append(closing(sheet, labels))
    heading, lines, notes = shown_elsewhere(sheet, labels)
    if lines:
        text.append("\n".join([heading, *aligned(lines, "   "), *notes]))
    text.append(labels.contest)
    return "\n\n".join(text)


def worksheet_table(sheet: Worksheet) -> pd.DataFrame:
    """Return a worksheet's lines as a table, in the page's language."""
    rows = [[getattr(line, column) for column in _COLUMNS] for line in SheetWords(sheet).lines()]
    return pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)


def worksheet_shown(sheet: Worksheet) -> Shown:
    """Return a worksheet as its files show it."""
    labels, table = Labels(sheet.allocation.formula), worksheet_table(sheet)
    columns = tuple(
        ShownColumn(name, "key", "text", labels.say(f"sheet-column-{name}"), _cells(table[name])) for name in _COLUMNS
    )
    title, inputs = worksheet_title(sheet, labels), files_read(sheet.allocation)
    return Shown(title, columns, labels.language, sheet._repr_html_(), is_enough=True, inputs=inputs)


def _cells(column: pd.Series) -> Sequence[str]:
    return [str(cell) for cell in column]
