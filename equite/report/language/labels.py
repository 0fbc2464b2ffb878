"""What a page's names, figures and columns are called in outputs, in French or in English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from equite import wording
from equite.engine.registry import method_called
from equite.engine.rounding import Unit
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.indices import Criterion
from equite.formula.model import Limit, Part
from equite.formula.names import criteria_of
from equite.report.language.speech import Speech
from equite.report.language.text import plain, simulated, typeset
from equite.report.language.titles import Titles
from equite.wording import LOCALES, Language, as_spoken_by

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation

__all__ = ["AMOUNT_WORDS", "MARKED", "Labels", "column_labels", "distinct", "limit_names", "part_names", "plain"]

#: Statuses that show on every heading and line that rests on them, the weakest first.
MARKED = ("illustrative", "declared")
#: The table's own columns, which the page does not title.
AMOUNT_WORDS = (
    "code",
    "name",
    "rounding",
    "amount",
    "per_head",
    "share",
    "previous",
    "change",
    "change_share",
    "notes",
)
_IN_MONEY = frozenset({"rounding", "amount", "per_head", "previous", "change"})


def part_names(formula: Formula, part: Part) -> frozenset[str]:
    """Return the names that a part's dollars rest on; a remainder or a fraction rests on the envelope."""
    names = formula.names.part_needs(part)
    whole = part.pool is not None and (part.pool.remainder or part.pool.fraction is not None)
    return names | {"envelope"} if whole else names


def limit_names(formula: Formula, limit: Limit) -> frozenset[str]:
    """Return the names that a limit's bounds and its exceptions rest on."""
    names = formula.names.read_in(limit)
    own = formula.names.parts[limit.part].previous if limit.part in formula.names.parts else None
    if own and "previous" in names:
        names = (names - {"previous"}) | {own}
    return names | {limit.by} if limit.by else names


class Labels:
    """How a page's readers see its names, its figures and what they rest on.

    Parameters
    ----------
    formula : Formula
        The page.
    language : str, optional
        The readers' language; by default the page's.
    """

    def __init__(self, formula: Formula, language: Language | None = None) -> None:
        self.formula = formula
        self.language: Language = as_spoken_by(formula.language, language or formula.language)
        self.speech = Speech(formula, self.language)
        #: The decimals of an amount.
        self.digits = Unit(Decimal(formula.rounding_to)).digits

    def say(self, entry: str, **values: object) -> str:
        """Return a worded output in the readers' language."""
        return typeset(wording.say(entry, self.language, **values), self.language)

    def count(self, number: int, one: str, many: str) -> str:
        """Say a sentence for one thing, or for many, as the language counts."""
        single = LOCALES[self.language].is_singular(number)
        return self.say(one if single else many, count=self.number(number))

    def territories(self, number: int) -> str:
        """Count territories in words."""
        return self.count(number, "territories-one", "territories-many")

    @property
    def simulation(self) -> str:
        """That nothing is decided; an empty text where somebody did."""
        return simulated(self.language)

    @property
    def contest(self) -> str:
        """What may be contested, to whom and by when; where the page does not say, the place is marked."""
        return self.speech.contest

    def sums_agree(self) -> str:
        """Say what the sum of the amounts must equal, as far as the page keeps money in reserve or adds some."""
        page = self.formula
        rules = [page.if_over, *(part.if_over for part in page.parts), *(limit.if_over for limit in page.limits)]
        plain_sum = set(rules) == {"refuse"} and all(limit.fund == "inside" for limit in page.limits)
        return self.say("checks-envelope" if plain_sum else "checks-envelope-beside")

    def money(self, value: float, digits: int | None = None) -> str:
        """Write an amount with its currency or its unit."""
        currency = self.formula.unit or self.formula.currency
        return wording.money(value, self.language, currency, self.digits if digits is None else digits)

    def number(self, value: float, digits: int | None = None) -> str:
        """Write a number as the readers do."""
        return wording.numeral(value, self.language, digits)

    def percent(self, share: float, digits: int = 1) -> str:
        """Write a share of one as a percentage."""
        return wording.percent(share, self.language, digits)

    @cached_property
    def symbol(self) -> str:
        """What stands beside an amount: ``$``, ``€``, or the page's unit."""
        if self.formula.unit:
            return self.worded(self.formula.unit)
        return wording.symbol(self.formula.currency).strip()

    def worded(self, text: Mapping[str, str] | None, absent: str = "") -> str:
        """Return a text of the page in the readers' language."""
        return plain(text[self.language]) if text else absent

    @property
    def titles(self) -> Titles:
        """What the names of the page are called."""
        return self.speech.titles

    def title(self, name: str) -> str:
        """Return a name's title on the page; without one, the name in words."""
        return self.titles.of(name)

    def criterion(self, index: str, name: str) -> str:
        """Return a criterion's title: its own in that index, else that of the column or variable it is read from."""
        found = (each for _, other, each in criteria_of(self.formula.indices[index]) if other == name)
        return next((self.titles.of_criterion(name, criterion) for criterion in found), self.title(name))

    def limit(self, limit: Limit) -> str:
        """Return a limit's title; its id may be that of a part."""
        return self.titles.of_step(limit)

    def check(self, that: str, title: Mapping[str, str]) -> str:
        """Return a check's title; one without is said in words."""
        return self._condition(title, [check.that for check in self.formula.checks if str(check.that) == that])

    def reason(self, reason: Mapping[str, str]) -> str:
        """Return the reason why somebody is left out; a rule without one is said in words."""
        rules = [*self.formula.eligible, *(rule for part in self.formula.parts for rule in part.eligible)]
        return self._condition(reason, [rule.where for rule in rules])

    def _condition(self, text: Mapping[str, str], conditions: Iterable[Expression]) -> str:
        """Return a text, or the words of the condition that stands in its place."""
        for condition in conditions:
            if text[self.language] == str(condition):
                return self.expression(condition)
        return self.worded(text)

    def unit(self, name: str) -> str:
        """Return the unit of a column, a constant or a variable; nothing where the page does not say."""
        page = self.formula
        spec = page.columns.get(name) or page.constants.get(name) or page.variables.get(name)
        return self.worded(spec.unit if spec else None)

    def status(self, status: str | None) -> str:
        """Word how far a figure can be trusted."""
        return self.say(f"status-{status or 'absent'}")

    def method(self, name: str) -> str:
        """Word a normaliser, an aggregator or a transform; one of the user's own by its title, or its name."""
        known = method_called(name)
        return self.say(f"method-{name}") if known is None or not known.is_own else self.worded(known.title, name)

    def statuses(self, names: Iterable[str]) -> frozenset[str]:
        """Return the statuses of all the figures that some names rest on."""
        page = self.formula
        found: set[str] = set()
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in page.indices:
                for _, criterion, spec in criteria_of(page.indices[name]):
                    if spec.weight.number != 0:
                        found |= self._criterion_statuses(criterion, spec)
                waiting += page.names.read_in(page.indices[name])
                continue
            given = page.envelope if name == "envelope" else page.columns.get(name) or page.constants.get(name)
            if given is not None and given.status:
                found.add(str(given.status))
            waiting += page.names.needs.get(name, ())
        return frozenset(found)

    def _criterion_statuses(self, name: str, criterion: Criterion) -> frozenset[str]:
        own = frozenset({criterion.status}) if criterion.status else self.statuses((name,))
        # Points that somebody made up move money as much as a measure that somebody made up.
        return own | self.statuses(criterion.weight.names)

    def criterion_mark(self, index: str, name: str) -> str:
        """Word that a criterion of an index rests on illustrative or declared figures; nothing where it does not."""
        return self._mark(self.criterion_statuses(index, name))

    def criterion_statuses(self, index: str, name: str) -> frozenset[str]:
        """Return the statuses of the figures that a criterion of an index rests on."""
        found: frozenset[str] = frozenset()
        for _, other, criterion in criteria_of(self.formula.indices[index]):
            if other == name:
                found |= self._criterion_statuses(name, criterion)
        return found

    def mark(self, names: Iterable[str]) -> str:
        """Word that some names rest on illustrative or declared figures; nothing where they do not."""
        return self._mark(self.statuses(names))

    def _mark(self, statuses: frozenset[str]) -> str:
        return next((self.status(status) for status in MARKED if status in statuses), "")

    @cached_property
    def amount_names(self) -> frozenset[str]:
        """The names that final amounts rest on."""
        page = self.formula
        parts = [part_names(page, part) for part in page.parts]
        return frozenset().union(*parts, *(limit_names(page, limit) for limit in page.limits))

    def heading(self, word: str) -> str:
        """Return the heading of one of the table's own columns, such as ``code`` or ``amount``."""
        rests_on: Mapping[str, frozenset[str]] = {
            "previous": frozenset({"previous"}),
            "per_head": self.amount_names | self._people,
            "change": self.amount_names | {"previous"},
            "change_share": self.amount_names | {"previous"},
        }
        marked = word in rests_on or word in ("amount", "share")
        unit = self.symbol if word in _IN_MONEY else "%" if word in ("share", "change_share") else ""
        return self.dressed(
            self.say(f"heading-{word}"), unit, self.mark(rests_on.get(word, self.amount_names)) if marked else ""
        )

    @property
    def _people(self) -> frozenset[str]:
        return frozenset({self.formula.people or "population"})

    def part_heading(self, part: Part, *, is_before_limits: bool = False) -> str:
        """Return the heading of a part's column; where limits follow, it may say that they are still to come."""
        when = self.say("heading-before-limits") if is_before_limits and self.formula.limits else ""
        return self.dressed(self.title(part.id), when, self.symbol, self.mark(part_names(self.formula, part)))

    def limit_heading(self, limit: Limit) -> str:
        """Return the heading of a limit's column."""
        return self.dressed(self.limit(limit), self.symbol, self.mark(limit_names(self.formula, limit)))

    def dressed(self, title: str, *beside: str) -> str:
        """Put a unit and a mark beside a title, in parentheses."""
        added = ", ".join(text for text in beside if text)
        return f"{title} ({added})" if added else title

    def expression(self, expression: Expression) -> str:
        """Say an expression as a board reads it: titles for names, ``×`` and ``≥`` for signs, words for functions."""
        return self.speech.expression(expression)

    def quantity(self, expression: Expression) -> str:
        """Say an expression that stands for an amount."""
        return self.speech.quantity(expression)


def column_labels(allocation: Allocation, language: Language | None = None) -> dict[str, str]:
    """Return the heading of each column of an allocation's table.

    Parameters
    ----------
    allocation : Allocation
        The allocation.
    language : str, optional
        The readers' language; by default the page's.

    Returns
    -------
    dict of str to str
        From the column's name in ``allocation.table`` to its heading, with its unit; each heading stands once.
    """
    labels = Labels(allocation.formula, language)
    own = {part.id: labels.part_heading(part, is_before_limits=True) for part in allocation.formula.parts}
    own |= {limit.id: labels.limit_heading(limit) for limit in allocation.formula.limits}
    names = list(allocation.table.columns)
    entries = [(name, name not in own, own[name] if name in own else labels.heading(name)) for name in names]
    return dict(zip(names, distinct(entries), strict=True))


def distinct(entries: Sequence[tuple[str, bool, str]]) -> list[str]:
    """Tell headings that are alike apart by their ids; the table's own columns keep theirs.

    Parameters
    ----------
    entries : sequence of (str, bool, str)
        Each column's id, whether it is the table's own, and its heading.
    """
    taken = {heading for _, own, heading in entries if own}
    found = []
    for name, own, heading in entries:
        shown, count = heading, 1
        while not own and shown in taken:
            shown = f"{heading} [{plain(name)}]" if count == 1 else f"{heading} [{plain(name)}, {count}]"
            count += 1
        taken.add(shown)
        found.append(shown)
    return found
