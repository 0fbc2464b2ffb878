"""A place of a page said in words, what may stand there, and what a change puts there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from equite.formula.formula import Formula
from equite.formula.places import Difference, Path
from equite.wording import Language, numeral, say

__all__ = ["PlaceSaid", "ValueSaid", "change_said", "place_said", "value_said"]

#: What an owner on the page is called, and the section that holds its kind.
_OWNERS = {
    "constants": "constant",
    "criteria": "criterion",
    "families": "family",
    "indices": "index",
    "limits": "limit",
    "parts": "part",
    "variables": "variable",
}
#: Keys that have words of their own; others are said as they are written.
_KEYS = frozenset(
    {
        "aggregate",
        "at_least",
        "at_most",
        "criteria",
        "families",
        "more_need_when",
        "normalise",
        "pool.amount",
        "pool.each",
        "pool.fraction",
        "range",
        "transform",
        "value",
        "weight",
    }
)


@dataclass(frozen=True)
class PlaceSaid:
    """A place in a sentence."""

    base: Formula
    path: Path

    def in_language(self, language: Language) -> str:
        """Say the place."""
        return place_said(self.base, self.path, language)


@dataclass(frozen=True)
class ValueSaid:
    """What stands at a place, in a sentence."""

    path: Path
    value: Any

    def in_language(self, language: Language) -> str:
        """Say the value."""
        return value_said(self.path, self.value, language)


def place_said(base: Formula, path: Path, language: Language) -> str:
    """Say a place: ``the weight of the family “territorial”``; a ``*`` stands for each of its kind."""
    at = max((at for at, key in enumerate(path[:-1]) if key in _OWNERS and at % 2 == 0), default=None)
    if at is None:
        return say("place-plain", language, place=".".join(path))
    owner, key = path[: at + 2], ".".join(path[at + 2 :])
    if not key:
        return _owner(base, owner, language, ("the", "each"))
    of = _owner(base, owner, language)
    return say(f"place-{key}", language, of=of) if key in _KEYS else say("place-key", language, key=key, of=of)


def _owner(base: Formula, owner: Path, language: Language, words: tuple[str, str] = ("of", "of-each")) -> str:
    """Say whose key it is, ``of the family “territorial”``, or by other words the owner itself."""
    kind = _OWNERS[owner[-2]]
    if owner[-1] != "*":
        return say(f"{words[0]}-{kind}", language, name=_title(base, owner, language))
    each = say(f"{words[1]}-{kind}", language)
    return f"{each} {_owner(base, owner[:-2], language)}" if len(owner) > 2 else each


def _title(base: Formula, owner: Path, language: Language) -> str:
    """Return what the page calls a criterion, a part, a constant…: its title, or its name."""
    thing: Any = base
    for key in owner:
        if isinstance(thing, tuple):
            thing = next((item for item in thing if item.id == key), None)
        else:
            thing = thing.get(key) if isinstance(thing, dict) else getattr(thing, key, None)
    title = getattr(thing, "title", None)
    return str(title[language]) if title else owner[-1]


def value_said(path: Path, value: Any, language: Language) -> str:
    """Say what stands at a place, as its readers write it."""
    if isinstance(value, Decimal):
        return numeral(float(value), language)
    if value is None:
        return say("value-none", language)
    if isinstance(value, dict | tuple):
        return say("value-several", language)
    if path[-1:] == ("more_need_when",) and value in ("high", "low"):
        return say(f"value-need-{value}", language)
    return str(value)


def change_said(base: Formula, difference: Difference, language: Language) -> str:
    """Say one change: ``the weight of the family “territorial”: 25 → 30``."""
    place = place_said(base, difference.path, language)
    if difference.added or difference.removed:
        return say("change-added" if difference.added else "change-removed", language, place=place)
    before, after = (value_said(difference.path, value, language) for value in (difference.before, difference.after))
    if isinstance(difference.before, dict | tuple) and isinstance(difference.after, dict | tuple):
        return say("change-several", language, place=place)
    return say("change", language, place=place, before=before, after=after)
