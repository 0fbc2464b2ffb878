"""A page mixed of two: the weights of one, the limits of the other.

What a piece reads goes with it (:mod:`equite.analysis.drivers.causes`); what only one page has is kept from that one.
Criteria are those of both, and one that a page lacks weighs nothing there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from equite.analysis.drivers.causes import Cause, NameCauses, Pages
from equite.formula.formula import Formula

__all__ = ["Sides", "mixed_page"]

#: Tells for a cause and one of its members which page it is taken from: 0, the one before; 1, the one after.
Sides = Callable[[Cause, str], int]
Content = dict[str, Any]

#: What changes no amount, or is settled before pages are mixed.
_LEFT_OUT = frozenset(
    {
        *("are_territories", "checks", "decimal", "decision", "eligible", "leave_out", "name", "notes", "people"),
        *("missing_marks", "suppressed_marks", "territory", "title"),
    }
)
_SECTIONS = ("constants", "variables", "tables")
#: What an index says for those of its criteria that do not say it themselves, and its defaults.
_OF_CRITERIA = {"normalise": "min-max", "missing": "refuse", "outliers": "keep"}


def mixed_page(pages: Pages, names: NameCauses, side: Sides, rounding: Mapping[str, Any] | None) -> Formula:
    """Mix two pages.

    Parameters
    ----------
    pages : tuple of Formula
        The page before and the page after.
    names : NameCauses
        Which cause each of their names belongs to.
    side : callable
        Which page each cause is taken from.
    rounding : mapping or None
        The rounding of the mixture; None for that of the page that the rule is taken from.

    Raises
    ------
    FormulaError
        What was mixed is no page: names that rest on each other, a part that is not there.
    """
    contents = pages[0].content, pages[1].content
    at = side("rule", "")
    mixed = {key: value for key, value in contents[at].items() if key not in _LEFT_OUT}
    for key, cause in (("envelope", "envelope"), ("limits", "limits")):
        _put(mixed, key, contents[side(cause, "")].get(key))  # type: ignore[arg-type]
    if names.stated_pools:
        pools = {part["id"]: part["pool"] for part in contents[side("envelope", "")]["parts"]}
        mixed["parts"] = [{**part, "pool": pools[part["id"]]} for part in mixed["parts"]]
    _put(mixed, "previous", _first(contents, "previous", side("previous", "")))
    if rounding is not None:
        _put(mixed, "rounding", dict(rounding))
    _put(mixed, "indices", _indices(pages, names, side))
    for section, defined in _defined(pages, names, side, taken={*mixed.get("indices", ()), *pages[at].names.parts}):
        _put(mixed, section, defined)
    known = {name for section in (*_SECTIONS, "indices") for name in mixed.get(section, ())}
    _put(mixed, "columns", _columns(contents, names, side, known))
    return pages[at].rewritten(mixed)


def _put(content: Content, key: str, value: object) -> None:
    """Write a key, or leave it out where there is nothing to write."""
    content.pop(key, None)
    if value:
        content[key] = value


def _first(contents: tuple[Content, Content], key: str, at: int) -> Any:
    return contents[at].get(key) or contents[1 - at].get(key)


def _defined(pages: Pages, names: NameCauses, side: Sides, taken: set[str]) -> list[tuple[str, Content]]:
    """Return constants, variables and tables, each name from the page that its cause is taken from.

    A name that this page has not at all is defined as the other page does; one that is a column there stays one.
    """
    found: dict[str, Content] = {section: {} for section in _SECTIONS}
    every = {name: None for page in pages for section in _SECTIONS for name in page.content.get(section) or ()}
    for name in every:
        cause = names.of_definition(name)
        at = side(cause, name)
        if not _has(pages[at], name):
            at = 1 - at
        for section in _SECTIONS:
            if name in (pages[at].content.get(section) or ()) and name not in taken:
                found[section][name] = pages[at].content[section][name]
    return list(found.items())


def _has(page: Formula, name: str) -> bool:
    return name in page.names.defined or name in page.names.columns


def _columns(contents: tuple[Content, Content], names: NameCauses, side: Sides, known: set[str]) -> Content:
    """Return how columns are read: what is left to say of them is their levels."""
    found = {}
    for name in {name: None for content in contents for name in content.get("columns") or ()}:
        if name not in known:
            specs = [(content.get("columns") or {}).get(name) for content in contents]
            at = side(names.of_column(name), name)
            found[name] = specs[at] if specs[at] is not None else specs[1 - at]
    return found


def _indices(pages: Pages, names: NameCauses, side: Sides) -> Content:
    """Return the indices: as the rule has them, with the weights that are asked for."""
    at = side("rule", "")
    own, other = (pages[each].content.get("indices") or {} for each in (at, 1 - at))
    found = {}
    for name in {**own, **other}:
        if name not in own:
            if not _has(pages[at], name):
                found[name] = other[name]
        elif name in names.mixed:
            found[name] = _Weighing(name, at, side).index(own[name], other[name])
        else:
            found[name] = own[name]
    return found


class _Weighing:
    """Gives an index of one page the weights of either."""

    def __init__(self, index: str, at: int, side: Sides) -> None:
        self.index_name, self.at, self.side = index, at, side

    def index(self, own: Content, other: Content) -> Content:
        """Return an index of the criteria of both pages."""
        if all(self.side("weights", f"{self.index_name}.{name}") == self.at for name in _named(own, other)):
            return own
        return self._group(own, other, other)

    def _group(self, own: Content, other: Content, above: Content) -> Content:
        """Return an index or a family; ``above`` is the other page's index, whose defaults its criteria keep."""
        found = dict(own)
        # Points state what weights add up to.
        if "points" in own or "points" in other:
            given = (own, other) if self._side_of_points(own, other) == self.at else (other, own)
            _put(found, "points", given[0].get("points"))
        mine, theirs = own.get("criteria") or {}, other.get("criteria") or {}
        criteria = {}
        for name in {**mine, **theirs}:
            item = _long(mine[name]) if name in mine else _scored_as(_long(theirs[name]), above)
            criteria[name] = {**item, "weight": self._weight(name, mine.get(name), theirs.get(name))}
        _put(found, "criteria", criteria)
        mine, theirs = own.get("families") or {}, other.get("families") or {}
        families = {}
        for name in {**mine, **theirs}:
            if name in mine:
                item = self._group(mine[name], theirs.get(name, {}), above)
            else:
                item = self._group(_alone(theirs[name], above), theirs[name], above)
            families[name] = {**item, "weight": self._weight(name, mine.get(name), theirs.get(name))}
        _put(found, "families", families)
        return found

    def _weight(self, name: str, own: Any, other: Any) -> Any:
        given = own if self.side("weights", f"{self.index_name}.{name}") == self.at else other
        return "0" if given is None else _long(given)["weight"]

    def _side_of_points(self, own: Content, other: Content) -> int:
        members = [name for group in (own, other) for key in ("criteria", "families") for name in group.get(key) or ()]
        return self.side("weights", f"{self.index_name}.{members[0]}") if members else self.at


def _named(*groups: Content) -> set[str]:
    """Return the names of all criteria and families below some groups."""
    found = set[str]()
    for group in groups:
        found |= set(group.get("criteria") or ())
        for name, family in (group.get("families") or {}).items():
            found |= {name} | _named(family)
    return found


def _long(item: Any) -> Content:
    return dict(item) if isinstance(item, dict) else {"weight": item}


def _scored_as(item: Content, index: Content) -> Content:
    """Return a criterion that states what its own index said for it."""
    told = {key: index.get(key, default) for key, default in _OF_CRITERIA.items()}
    if isinstance(item.get("more_need_when"), dict) and "by" in item["more_need_when"]:
        # Inside groups ranks are the default, whatever the index says.
        del told["normalise"]
    return {**told, **item}


def _alone(family: Content, index: Content) -> Content:
    """Return a family that only the other page has, without its members, combined as its own index combines."""
    kept = {key: value for key, value in family.items() if key not in ("criteria", "families")}
    return {"aggregate": index.get("aggregate", "arithmetic"), **kept}
