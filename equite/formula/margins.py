"""What a parent may change on its tier's page: nothing, everything, or within margins, place by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, RootModel, model_validator

from equite.errors import Problem, nearest
from equite.formula.fields import _NUMBER, Plain, Strict, refuse
from equite.formula.formula import Formula
from equite.formula.loading import _short_key
from equite.formula.place_words import allowance, bounds_said, place_said, value_said
from equite.formula.places import Difference, Path, Rule, differences, nodes, problem_place, tree
from equite.wording import Codes, Language, Numeral, say

__all__ = ["LOCKED", "Margin", "Margins"]

#: What all parents of a tier share, whatever the margins: the money, its unit and who is who.
LOCKED = ("currency", "envelope", "equite", "id", "key", "language", "rounding", "unit", "within")
#: A bound is passed beyond a billionth of itself: weights in thirds are written with a few decimals.
_DUST = Fraction(1, 10**9)

#: Note one problem: its sentence, its path, its values.
Report = Callable[..., None]


class Margin(Strict):
    """What is allowed at one place: a number between two bounds (included), one of some texts, or anything."""

    bounds: tuple[Plain, Plain] | None = None
    choices: tuple[str, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether anything may stand at the place and below it."""
        return self.bounds is None and not self.choices


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
    if len(texts) == 2 and all(_NUMBER.fullmatch(text) for text in texts):
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
    no margin must keep their proportions. So no weight leaves its margin by what is done to the others, and
    multiplying them all by one number changes nothing.
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
        if not isinstance(value, Mapping) or not value:
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
        known = {".".join(path): node for path, node in nodes(page) if path}
        deciding = _rules(self, page)
        seen: dict[Path, str] = {}
        for place, margin in self.root.items():
            found = [_long(path, margin, page) for path in _matching(place, page)]
            if not found and place:
                report("margin-unknown-place", (place,), place=place, nearest=nearest(place, known))
            elif place.split(".")[0] in LOCKED:
                report("margin-locked", (place,), place=place, locked=", ".join(LOCKED))
            elif len(found) == 1 and found[0] in seen and "*" not in place + seen[found[0]]:
                report("margin-twice", (place,), place=place, first=seen[found[0]])
            else:
                for path in found:
                    if deciding.get(path) is margin:
                        _check_default(
                            path, margin, page, "*" in place, lambda *a, at=place, **v: report(*a, (at,), **v)
                        )
                    seen.setdefault(path, place)

    def check(self, base: Formula, local: Formula) -> list[Problem]:
        """Give what the local page changes that it may not, each with the line of the override."""
        check = _Check(self, base, local)
        check.run()
        return check.problems

    def told(self, base: Formula, language: Language) -> tuple[str, ...]:
        """Say in words what may be changed."""
        if self.allow_nothing:
            return (say("margins-nothing", language),)
        page, found = tree(base), []
        for place, margin in self.root.items():
            path = _long(tuple(place.split(".")), margin, page) if place else ()
            value = None if "*" in path else _at(page, path)
            found.append(allowance(base, path, margin.bounds, margin.choices, value, language))
        return tuple(found)


def _matching(place: str, page: dict[str, Any]) -> list[Path]:
    """Give the page's places that a margin's place stands for."""
    pieces = place.split(".") if place else []
    return [path for path, _ in nodes(page) if _stands_for(pieces, path)]


def _stands_for(pieces: list[str], path: Path) -> bool:
    at = 0
    for key in path:
        if at >= len(pieces):
            return False
        # A key may hold dots itself: an edge of a table, 0.5.
        length = 1 if pieces[at] == "*" else key.count(".") + 1
        if pieces[at] != "*" and ".".join(pieces[at : at + length]) != key:
            return False
        at += length
    return at == len(pieces)


def _long(path: Path, margin: Margin, page: dict[str, Any]) -> Path:
    """Give the place of the value itself where a margin names its short form."""
    short = _short_key(path)
    return (*path, short) if short and not margin.is_free and not isinstance(_at(page, path), str | Decimal) else path


def _at(page: Any, path: Path) -> Any:
    for key in path:
        page = page.get(key) if isinstance(page, dict) else None
    return page


def _rules(margins: Margins, page: dict[str, Any]) -> dict[Path, Margin]:
    """Give the margin that holds at each of the page's places that has one of its own."""
    found: dict[Path, Margin] = {}
    for place in sorted(margins.root, key=lambda place: -place.split(".").count("*")):
        for path in _matching(place, page):
            found[_long(path, margins.root[place], page)] = margins.root[place]
    return found


def _check_default(path: Path, margin: Margin, page: dict[str, Any], starred: bool, report: Report) -> None:
    """Hold a margin against what the page says at the place."""
    value, place = _at(page, path), ".".join(path)
    if margin.is_free or (starred and value is None):
        return
    if isinstance(value, dict | tuple) or value is None:
        report("margin-not-a-value", place=place)
    elif margin.bounds is not None and not isinstance(value, Decimal):
        report("margin-wants-choices", place=place, value=str(value))
    elif margin.choices and isinstance(value, Decimal):
        report("margin-wants-bounds", place=place, value=Numeral(float(value)))
    elif margin.bounds is not None and not margin.bounds[0] <= value <= margin.bounds[1]:
        low, high = (Numeral(float(bound)) for bound in margin.bounds)
        report("margin-excludes-default", place=place, value=Numeral(float(value)), low=low, high=high)
    elif margin.choices and not _among(value, margin.choices):
        report("margin-excludes-choice", place=place, value=str(value), choices=Codes(margin.choices))
    elif margin.bounds is not None and _is_weight(path):
        beside = _siblings(page, path[:-3]).values()
        if not all(isinstance(weight, Decimal) for weight in beside):
            report("margin-beside-rule", place=place)
        elif sum(beside) <= 0:
            report("margin-weights-nothing", place=place)


def _among(value: Any, choices: tuple[str, ...]) -> bool:
    """Tell whether a value is one of some choices, however its spaces are written."""
    if isinstance(value, Decimal):
        return any(_NUMBER.fullmatch(choice) and Decimal(choice) == value for choice in choices)
    if isinstance(value, Rule):
        return any(Rule.of(choice) == value for choice in choices)
    return value in choices


def _is_weight(path: Path) -> bool:
    return path[0] == "indices" and path[-1] == "weight" and len(path) % 2 == 1 and path[-3] in ("criteria", "families")


def _siblings(page: dict[str, Any], owner: Path) -> dict[Path, Any]:
    """Give the weights that are relative to each other below an index or a family, by place."""
    group = _at(page, owner)
    return {
        (*owner, section, name, "weight"): inner["weight"]
        for section in ("families", "criteria")
        for name, inner in (group.get(section) or {}).items()
    }


@dataclass
class _Check:
    """One local page held against the margins of the page it comes from."""

    margins: Margins
    base: Formula
    local: Formula

    def __post_init__(self) -> None:
        self.before, self.after = tree(self.base), tree(self.local)
        self.rules = _rules(self.margins, self.before)
        self.problems: list[Problem] = []

    def run(self) -> None:
        weighed: dict[Path, None] = {}
        for difference in differences(self.before, self.after):
            path = difference.path
            if difference.added or difference.removed:
                # A new criterion takes weight from those beside it.
                weighed |= dict.fromkeys([path[:-2]] if len(path) % 2 == 0 and _is_weight((*path, "weight")) else [])
            elif _is_weight(path):
                weighed[path[:-3]] = None
            if path[0] in LOCKED:
                self._refuse("choice-locked", path, locked=", ".join(LOCKED))
            elif not (_is_weight(path) and self._on_one_scale(path[:-3])):
                self._value(difference)
        for owner in weighed:
            if self._on_one_scale(owner):
                self._weights(owner)

    def _rule(self, path: Path) -> Margin | None:
        """Give the margin that holds at a place: its own, or that of the nearest place above which leaves all free."""
        for length in range(len(path), -1, -1):
            margin = self.rules.get(path[:length])
            if margin is not None and (length == len(path) or margin.is_free):
                return margin
        return None

    def _value(self, difference: Difference) -> None:
        """Judge one difference that is no relative weight."""
        path, value, margin = difference.path, difference.after, self._rule(difference.path)
        bound_below = [
            place
            for place, rule in self.rules.items()
            if len(place) > len(path) and place[: len(path)] == path and not rule.is_free
        ]
        if margin is None:
            self._not_allowed(path)
        elif margin.is_free:
            # What is free may not be used to take away what has bounds.
            if bound_below:
                self._refuse("choice-removes-bounded", path, bounded=Codes(tuple(".".join(at) for at in bound_below)))
        elif margin.choices:
            if not _among(value, margin.choices):
                self._refuse("choice-not-among", path, value=self._said(path, value), choices=Codes(margin.choices))
        elif not isinstance(value, Decimal):
            self._refuse("choice-not-a-number", path, value=self._said(path, value), **bounds_said(margin.bounds))
        else:
            self._bounded(path, Fraction(value), Fraction(value), margin)

    def _on_one_scale(self, owner: Path) -> bool:
        """Tell whether the weights below an index or a family are plain numbers on both pages."""
        if not (isinstance(_at(self.before, owner), dict) and isinstance(_at(self.after, owner), dict)):
            return False
        both = [*_siblings(self.before, owner).values(), *_siblings(self.after, owner).values()]
        return all(isinstance(weight, Decimal) for weight in both)

    def _weights(self, owner: Path) -> None:
        """Judge the weights below an index or a family on the scale of the tier's page."""
        before = {path: Fraction(weight) for path, weight in _siblings(self.before, owner).items()}
        after = {path: Fraction(weight) for path, weight in _siblings(self.after, owner).items()}
        if sum(after.values()) <= 0 or sum(before.values()) <= 0:
            self._refuse("choice-weights-nothing", owner)
            return
        scale = sum(before.values()) / sum(after.values())
        held = [path for path in before if path in after and self._rule(path) is None]
        for path in _out_of_proportion(held, before, after):
            self._refuse("choice-proportion", path, **self._allowed())
        for path, weight in after.items():
            margin = self._rule(path)
            if margin is not None and margin.bounds is not None:
                self._bounded(path, weight, weight * scale, margin)

    def _bounded(self, path: Path, written: Fraction, value: Fraction, margin: Margin) -> None:
        assert margin.bounds is not None
        low, high = (Fraction(bound) for bound in margin.bounds)
        beyond = max(low - value, value - high)
        if beyond <= _DUST * max(abs(low), abs(high)):
            return
        values = {"value": Numeral(float(value)), "gap": Numeral(float(beyond)), **bounds_said(margin.bounds)}
        if value == written:
            self._refuse("choice-outside", path, **values)
        else:
            self._refuse("choice-outside-on-scale", path, written=Numeral(float(written)), **values)

    def _said(self, path: Path, value: Any) -> str:
        return value_said(path, value, self.base.language)

    def _allowed(self) -> dict[str, object]:
        return {"allowed": _Allowed(self.margins, self.base)}

    def _not_allowed(self, path: Path) -> None:
        entry = "choice-nothing-allowed" if self.margins.allow_nothing else "choice-not-allowed"
        self._refuse(entry, path, **self._allowed())

    def _refuse(self, entry: str, path: Path, **values: object) -> None:
        named = {"place": ".".join(path), **values}
        self.problems.append(Problem(entry, named, **problem_place(self.base, self.local, path)))
