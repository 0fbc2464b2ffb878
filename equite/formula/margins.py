"""What a parent may change on its tier's page: nothing, everything, or within margins, place by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, RootModel, model_validator

from equite.errors import Problem, nearest
from equite.formula.fields import NUMBER, Plain, Strict, refuse
from equite.formula.formula import Formula
from equite.formula.loading import short_key
from equite.formula.place_words import PlaceSaid, ValueSaid
from equite.formula.places import (
    Difference,
    Path,
    WrittenRule,
    at,
    differences,
    is_weight,
    matching,
    nodes,
    problem_place,
    siblings,
    tree,
)
from equite.formula.validating import Report
from equite.wording import Codes, Language, Numeral, say

__all__ = ["LOCKED", "Margin", "Margins"]

#: What all parents of a tier share, whatever the margins: the money, its unit, and who is who.
LOCKED = ("currency", "envelope", "equite", "id", "key", "language", "rounding", "unit", "within")
#: What a page says of itself: it moves no money, so no margin is needed to say it otherwise.
_SAID = ("decision", "notes", "title")
#: A bound is passed beyond a billionth of itself: weights in thirds are written with a few decimals.
_DUST = Fraction(1, 10**9)


class Margin(Strict):
    """What is allowed at one place: a number between two bounds (included), one of some texts, or anything."""

    bounds: tuple[Plain, Plain] | None = None
    choices: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether anything may stand at the place and below it."""
        return self.bounds is None and not self.choices

    def excess(self, value: Fraction) -> Fraction:
        """Return by how much a number lies outside the bounds; 0 inside, or where it is only dust."""
        assert self.bounds is not None
        low, high = (Fraction(bound) for bound in self.bounds)
        beyond = max(low - value, value - high)
        return beyond if beyond > _DUST * max(abs(low), abs(high)) else Fraction(0)

    def offers(self, value: Any) -> bool:
        """Tell whether a value is one of the choices, however its spaces are written."""
        if isinstance(value, Decimal):
            return any(NUMBER.fullmatch(choice) and Decimal(choice) == value for choice in self.choices)
        if isinstance(value, WrittenRule):
            return any(WrittenRule.of(choice) == value for choice in self.choices)
        return value in self.choices

    def values(self, path: Path) -> dict[str, object]:
        """Return what fills a sentence about this margin."""
        if self.bounds is not None:
            return {"low": Numeral(float(self.bounds[0])), "high": Numeral(float(self.bounds[1]))}
        return {"choices": _Choices(path, self.choices)}


@dataclass(frozen=True)
class _Choices:
    """Choices in a sentence."""

    path: Path
    choices: tuple[str, ...]

    def in_language(self, language: Language) -> str:
        said = tuple(ValueSaid(self.path, choice).in_language(language) for choice in self.choices)
        return Codes(said).in_language(language)


def _margin(value: Any) -> Any:
    if isinstance(value, Margin):
        return value
    if value == "any":
        return Margin()
    if (
        not isinstance(value, list | tuple)
        or not value
        or not all(isinstance(item, str | int | float) for item in value)
    ):
        raise refuse("margin-shape")
    texts = tuple(str(item) for item in value)
    if len(texts) == 2 and all(NUMBER.fullmatch(text) for text in texts):
        low, high = (Decimal(text) for text in texts)
        if low > high:
            raise refuse("margin-reversed", low=Numeral(float(low)), high=Numeral(float(high)))
        return Margin(bounds=(low, high))
    return Margin(choices=texts)


class Margins(RootModel[dict[str, Annotated[Margin, BeforeValidator(_margin)]]]):
    """What may be changed on a page: ``nothing``, ``everything``, or a mapping from places to margins.

    ``*`` stands for one key of a place. Where several margins bear on a place, the nearest one holds; of two that
    name it, the one with fewer ``*``.

    A weight is relative to those beside it. A margin on one is read on the scale of the page: a weight w among
    weights that sum to S counts for w × S₀ / S, where S₀ is their sum on the tier's page. Weights beside it that have
    no margin keep their proportions. So no weight leaves its margin by what is done to the others, and multiplying
    them all by one number changes nothing.
    """

    model_config = ConfigDict(frozen=True)

    root: dict[str, Annotated[Margin, BeforeValidator(_margin)]] = {}

    @model_validator(mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        if value == "nothing":
            return {}
        if value == "everything":
            return {"": "any"}
        if not isinstance(value, Mapping) or not value or "" in value:
            raise refuse("margins-shape")
        return value

    @property
    def allow_nothing(self) -> bool:
        """Whether nothing may be changed."""
        return not self.root

    @property
    def allow_everything(self) -> bool:
        """Whether each parent may bring a page of its own."""
        return "" in self.root

    def check_page(self, base: Formula, report: Report) -> None:
        """Hold the margins against the tier's page; ``report(entry, (place,), **values)`` notes what is wrong.

        Every place must stand on the page and take the kind of margin that it is given, and the page's own value must
        lie inside.
        """
        page = tree(base)
        rules, seen = self._rules(page), dict[Path, str]()
        for place, margin in self.root.items():
            note = partial(_note, report, place)
            found = [_long(path, margin, page) for path in matching(place, page)]
            if not found:
                known = {".".join(path) for path, _ in nodes(page) if path}
                note("margin-unknown-place", nearest=nearest(place, known))
            elif place.split(".")[0] in LOCKED:
                note("margin-locked", locked=", ".join(LOCKED))
            elif "*" not in place and found[0] in seen:
                note("margin-twice", first=seen[found[0]])
            elif "*" not in place:
                seen[found[0]] = place
            for path in found:
                if rules[path] is margin:
                    _check_value(base, page, path, margin, note)

    def check(self, base: Formula, local: Formula) -> list[Problem]:
        """Return what the local page changes that it may not, each with the line of the override."""
        before = tree(base)
        check = _Check(self, base, local, before, tree(local), self._rules(before))
        check.run()
        return check.problems

    def told(self, base: Formula, language: Language) -> tuple[str, ...]:
        """Say in words what may be changed, one line a place."""
        if self.allow_nothing:
            return (say("margins-nothing", language),)
        if self.allow_everything:
            return (say("margins-everything", language, locked=", ".join(LOCKED)),)
        page = tree(base)
        return tuple(_told(base, page, place, margin, language) for place, margin in self.root.items())

    def _rules(self, page: dict[str, Any]) -> dict[Path, Margin]:
        """Return the margin that holds at each of the page's places that is named."""
        found: dict[Path, Margin] = {}
        for place in sorted(self.root, key=lambda place: -place.split(".").count("*")):
            for path in matching(place, page):
                found[_long(path, self.root[place], page)] = self.root[place]
        return found


def _long(path: Path, margin: Margin, page: dict[str, Any]) -> Path:
    """Return the place of the value itself where a margin names its short form."""
    short = short_key(path)
    return (*path, short) if short and not margin.is_free and isinstance(at(page, path), dict) else path


def _note(report: Report, place: str, entry: str, **values: object) -> None:
    report(entry, (place,), **{"place": place, **values})


def _told(base: Formula, page: dict[str, Any], place: str, margin: Margin, language: Language) -> str:
    paths = [_long(path, margin, page) for path in matching(place, page)]
    path = paths[0] if "*" not in place and paths else tuple(place.split("."))
    values = {"place": PlaceSaid(base, path), **margin.values(path)}
    if margin.is_free:
        return say("margin-any", language, **values)
    entry = "margin-between" if margin.bounds is not None else "margin-choices"
    if "*" in place:
        return say(entry, language, **values)
    return say(f"{entry}-page", language, value=ValueSaid(path, at(page, path)), **values)


def _check_value(base: Formula, page: dict[str, Any], path: Path, margin: Margin, note: Callable[..., None]) -> None:
    """Hold a margin against what the page says at a place."""
    value = at(page, path)
    values = {"said": PlaceSaid(base, path), "value": ValueSaid(path, value), **margin.values(path)}
    if margin.is_free:
        return
    if isinstance(value, dict | tuple) or value is None:
        note("margin-not-a-value", **values)
    elif margin.bounds is None and isinstance(value, Decimal):
        note("margin-wants-bounds", **values)
    elif margin.bounds is None:
        if not margin.offers(value):
            note("margin-excludes-choice", **values)
    elif not isinstance(value, Decimal):
        note("margin-wants-choices", **values)
    elif not margin.bounds[0] <= value <= margin.bounds[1]:
        note("margin-excludes-value", **values)
    elif is_weight(path):
        beside = siblings(page, path[:-3]).values()
        if not all(isinstance(weight, Decimal) for weight in beside):
            note("margin-beside-rule", **values)
        elif sum(beside) <= 0:
            note("margin-weights-nothing", **values)


@dataclass
class _Check:
    """One local page held against the margins of the page it comes from; ``before`` and ``after`` are their trees."""

    margins: Margins
    base: Formula
    local: Formula
    before: dict[str, Any]
    after: dict[str, Any]
    rules: dict[Path, Margin]
    problems: list[Problem] = field(default_factory=list)

    def run(self) -> None:
        """Judge every difference, then the weights of every group in which something differs."""
        groups: dict[Path, None] = {}
        for difference in differences(self.base, self.local):
            path = difference.path
            # A criterion that comes or goes moves the weights of those beside it.
            weight = path if not (difference.added or difference.removed) else (*path, "weight")
            if is_weight(weight):
                groups[weight[:-3]] = None
            if path[0] in LOCKED:
                self._refuse("choice-locked", path, locked=", ".join(LOCKED))
            elif path[0] in _SAID:
                continue
            elif self._makes_money(path):
                self._refuse("choice-on-top", path)
            elif not (is_weight(path) and self._on_one_scale(path[:-3])):
                self._value(difference)
        for owner in groups:
            self._weights(owner)

    def _makes_money(self, path: Path) -> bool:
        """Tell whether a difference adds to what the parent passes on: a limit paid on top, brought or changed freely.

        The tier's page may pay a limit on top, and the plan may give bounds to what stands in it.
        """
        before, after = (at(page, path[:2]) if path[0] == "limits" else None for page in (self.before, self.after))
        if not isinstance(after, dict) or after["fund"] != "on_top":
            return False
        rule = self._rule(path)
        return before is None or before["fund"] != "on_top" or (rule is not None and rule.is_free)

    def _rule(self, path: Path) -> Margin | None:
        """Return the margin that holds at a place: its own, or that of the nearest above which leaves all free."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.rules:
                return self.rules[path[:length]]
        return None

    def _value(self, difference: Difference) -> None:
        """Judge one difference that is no relative weight."""
        path, value, margin = difference.path, difference.after, self._rule(difference.path)
        if margin is None:
            self._refuse(self._not_allowed(difference), path, allowed=Codes(tuple(self.margins.root)))
        elif margin.is_free:
            below = [at for at, rule in self.rules.items() if at[: len(path)] == path and not rule.is_free]
            if below:
                # What is free may not serve to take away what has bounds.
                self._refuse("choice-removes-bounded", path, bounded=Codes(tuple(".".join(at) for at in below)))
        elif margin.bounds is None:
            if not margin.offers(value):
                self._refuse("choice-not-among", path, value=ValueSaid(path, value), **margin.values(path))
        elif not isinstance(value, Decimal):
            self._refuse("choice-not-a-number", path, value=ValueSaid(path, value), **margin.values(path))
        else:
            self._bounded(path, value, Fraction(value), margin)

    def _not_allowed(self, difference: Difference) -> str:
        if self.margins.allow_nothing:
            return "choice-nothing-allowed"
        if difference.added or difference.removed:
            return "choice-not-added" if difference.added else "choice-not-removed"
        return "choice-not-allowed"

    def _on_one_scale(self, owner: Path) -> bool:
        """Tell whether the weights below an index or a family are plain numbers on both pages."""
        both = [*siblings(self.before, owner).values(), *siblings(self.after, owner).values()]
        return all(isinstance(weight, Decimal) for weight in both)

    def _weights(self, owner: Path) -> None:
        """Judge the weights below an index or a family on the scale of the tier's page."""
        before, after = siblings(self.before, owner), siblings(self.after, owner)
        rules = {path: rule for path in after if path in before and (rule := self._rule(path)) and rule.bounds}
        if not self._on_one_scale(owner):
            for path in rules:
                self._refuse("choice-beside-rule", path)
            return
        whole, own = sum(before.values()), sum(after.values())
        if whole <= 0 or own <= 0:
            self._refuse("choice-weights-nothing", owner)
            return
        held = [path for path in before if path in after and self._rule(path) is None]
        for path in _out_of_proportion({path: (Fraction(before[path]), Fraction(after[path])) for path in held}):
            self._refuse("choice-proportion", path, value=ValueSaid(path, after[path]))
        for path, rule in rules.items():
            self._bounded(path, after[path], Fraction(after[path]) * Fraction(whole) / Fraction(own), rule)

    def _bounded(self, path: Path, written: Decimal, counted: Fraction, margin: Margin) -> None:
        gap = margin.excess(counted)
        if not gap:
            return
        entry = "choice-outside" if counted == written else "choice-outside-on-scale"
        # A share that was worked out has endless decimals: two will do where they show the gap.
        digits = 2 if counted != written and gap >= Fraction(1, 100) else None
        values = {"value": Numeral(float(counted), digits), "gap": Numeral(float(gap), digits), **margin.values(path)}
        self._refuse(entry, path, written=Numeral(float(written)), **values)

    def _refuse(self, entry: str, path: Path, **values: object) -> None:
        named = {"place": PlaceSaid(self.base, path), **values}
        self.problems.append(Problem(entry, named, **problem_place(self.base, self.local, path)))


def _out_of_proportion(weights: Mapping[Path, tuple[Fraction, Fraction]]) -> list[Path]:
    """Name the weights that part from the proportions most of them keep; each with its value before and after."""
    ratios = {path: after / before for path, (before, after) in weights.items() if before}
    counts = Counter(ratios.values())
    usual = max(counts, key=lambda ratio: (counts[ratio], ratio == 1), default=Fraction(1))
    parting = [path for path, ratio in ratios.items() if abs(ratio - usual) > _DUST * abs(usual)]
    return [path for path in weights if path in parting or (path not in ratios and weights[path][1])]
