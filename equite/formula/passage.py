"""The rule of passage as a page: the one that is written, or the one that a short form stands for.

Every rule is a formula page that the kernel runs once a year. It knows some names that no other page does
(:data:`GIVEN`), and says nothing of the envelope, which is that of the year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from equite.errors import Problem
from equite.formula.expressions import Expression
from equite.formula.formula import Formula
from equite.formula.loading import Page
from equite.wording import say_in_all

if TYPE_CHECKING:
    from equite.formula.schedule_fields import ByYear, Limits
    from equite.formula.schedule_page import SchedulePage

__all__ = ["COLUMNS", "GIVEN", "YearFacts", "given_names", "people_of", "rule_content"]

#: Columns that a schedule gives the page of passage, each under a heading that no table has.
COLUMNS: Mapping[str, str] = {
    "target": "equite: target",
    "previous_amount": "equite: previous",
    "start": "equite: start",
    "people_growth": "equite: people growth",
}
#: Every name that a schedule gives its page of passage; ``previous`` is a word of the language already.
GIVEN = (*COLUMNS, "year", "year_number", "years_left", "indexation")
#: The stage of bounds that a short form has, and the one that `limits` lay over any rule.
PROTECTION, LAID_OVER = "yearly_change", "limits_laid_over"
#: Statuses that show on all that rests on them, the weakest first.
WEAK = ("illustrative", "declared")
#: Keys that a page of passage takes from the target page where it does not have them.
_INHERITED = (
    "key",
    "name",
    "currency",
    "unit",
    "territory",
    "missing_marks",
    "suppressed_marks",
    "decimal",
    "catalogue",
)
_WORD = re.compile(r"\w+")
_SECTIONS = ("columns", "constants", "tables", "variables", "indices")
#: What limits are counted in, as the page writes the amount that would be the same.
_SAME = {"money": "previous", "real": "previous * (1 + indexation)", "per_head": "previous * people_growth"}


@dataclass(frozen=True)
class YearFacts:
    """A year of a schedule: which it is, its number from 1, how many follow, and by how much prices rise in it."""

    year: int
    number: int
    left: int
    indexation: float

    @property
    def constants(self) -> dict[str, Any]:
        """What a page knows of it."""
        numbers = {"year": self.year, "year_number": self.number, "years_left": self.left}
        figures = {**numbers, "indexation": self.indexation}
        return {name: {"value": str(value), "title": _titled(name)} for name, value in figures.items()}


def given_names(page: Page) -> list[Problem]:
    """Note what a page of passage says that the schedule says: names that it is given, its envelope, its `previous`."""
    content = page.content
    found: list[Problem] = []

    def note(entry: str, *path: str | int, **values: object) -> None:
        file, line = page.place(path)
        found.append(Problem(entry, values, ".".join(map(str, path)), line, file))

    for section in _SECTIONS:
        for name in content.get(section) or ():
            if unicodedata.normalize("NFKC", str(name)) in GIVEN:
                note("schedule-given-name", section, name, name=name)
    for at, part in enumerate(content.get("parts") or ()):
        if isinstance(part, Mapping) and part.get("id") in GIVEN:
            note("schedule-given-name", "parts", at, name=part["id"])
    for key in ("envelope", "previous", "within"):
        if content.get(key) is not None:
            note(f"schedule-own-{key}", key)
    return found


def rule_content(
    schedule: SchedulePage, target: Formula, written: Page | None, facts: YearFacts, envelope: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the page of passage of a year, as a page is written.

    Parameters
    ----------
    schedule : SchedulePage
        The schedule.
    target : Formula
        The page that all move towards.
    written : Page or None
        The rule, where it is written as a page.
    facts : YearFacts
        The year.
    envelope : mapping
        Its money.
    """
    page: dict[str, Any] = _short_form(schedule, target) if written is None else dict(written.content)
    inherited = {key: target.content[key] for key in _INHERITED if target.content.get(key) is not None}
    first = {"equite": "1", "id": f"{schedule.id}-rule", "title": None}
    page = {**first, **inherited, **page}
    # Codes of the year's table have all their digits already.
    key = page.get("key")
    page["key"] = key.get("column", key) if isinstance(key, Mapping) else key
    page["language"] = schedule.language
    page.setdefault("rounding", {"to": str(target.rounding_to)})
    page["title"] = {tongue: f"{text} · {facts.year}" for tongue, text in schedule.heading.items()}
    page["envelope"] = dict(envelope)
    page["previous"] = "previous_amount"
    if schedule.limits is not None:
        page["limits"] = [*(page.get("limits") or ()), _limit(schedule.limits, LAID_OVER)]
    # What the page does not name, its readers are not told.
    used = set(_words_of({key: each for key, each in page.items() if key not in ("title", "notes")}))
    known = {name: each for name, each in facts.constants.items() if name in used}
    own = page.get("constants") or {}
    page |= {"constants": {**own, **known}} if own or known else {}
    defined = {name for section in _SECTIONS[1:] for name in page.get(section) or ()}
    shared = {name: each for name, each in (target.content.get("columns") or {}).items() if name not in defined}
    page["columns"] = {**shared, **(page.get("columns") or {}), **_given_columns(schedule, target)}
    _with_people(page, target)
    return page


def _words_of(thing: object) -> Iterator[str]:
    """Return every word that stands on a page, or below one of its keys."""
    if isinstance(thing, Mapping):
        yield from (word for each in thing.values() for word in _words_of(each))
    elif isinstance(thing, list | tuple):
        yield from (word for each in thing for word in _words_of(each))
    elif thing is not None:
        yield from _WORD.findall(str(thing))


def people_of(page: Formula) -> str | None:
    """Return the name of the people that a page counts, where it counts any."""
    names = page.names
    return page.people or ("population" if "population" in {*names.columns, *names.defined} else None)


def _with_people(page: dict[str, Any], target: Formula) -> None:
    """Let figures per head of the page of passage divide by what those of the target page do."""
    people = people_of(target)
    if people is not None and page.get("people") is None and people not in target.names.defined:
        page["people"] = people


def _titled(name: str) -> dict[str, str]:
    return say_in_all(f"schedule-name-{name}")


def _given_columns(schedule: SchedulePage, target: Formula) -> dict[str, Any]:
    """Return the columns that a schedule gives, each with its heading, its title and what it rests on."""
    found: dict[str, Any] = {}
    for name, heading in COLUMNS.items():
        found[name] = {"heading": heading, "kind": "number", "title": _titled(name)}
    stated = {key: getattr(schedule.start, key) for key in ("title", "source", "status")}
    found["start"] |= {key: value for key, value in stated.items() if value is not None}
    rests_on = {"target": _weakest(target), "start": _start_status(schedule, target)}
    # Last year's amount comes from the first ones and from targets.
    rests_on["previous_amount"] = next((each for each in WEAK if each in rests_on.values()), None)
    for name, status in rests_on.items():
        if status is not None:
            found[name]["status"] = status
    return found


def _start_status(schedule: SchedulePage, target: Formula) -> str | None:
    """Return how far the first amounts can be trusted: as the schedule says, else as the page they come from does."""
    start = schedule.start
    if start.status is not None or schedule.origin_page is not None:
        return start.status or (None if schedule.origin_page is None else _weakest(schedule.origin_page))
    given = target.columns.get(str(start.column))
    return given.status if given is not None else None


def _weakest(page: Formula) -> str | None:
    """Return the weakest status of the figures that a page reads, where one is weak."""
    statuses = {page.envelope.status} if page.envelope is not None else set()
    statuses |= {each.status for each in page.constants.values()}
    statuses |= {page.columns[name].status for name in page.names.columns if name in page.columns}
    return next((each for each in WEAK if each in statuses), None)


# --- the short forms


def _short_form(schedule: SchedulePage, target: Formula) -> dict[str, Any]:
    """Return the page that a short form stands for, with what it names on the target page."""
    rule = schedule.rule
    page: dict[str, Any] = {"equite": "1", "id": f"{schedule.id}-{rule.way}"}
    used: list[Expression | None] = []
    if rule.way == "linear":
        page |= _along(f"min(1, year_number / {rule.linear or len(schedule.years)})")
    elif rule.schedule is not None:
        ways = {str(year): str(way) for year, way in rule.schedule.items()}
        page |= {"tables": {"ways": {"from": ways}}, **_along("step(year, ways)")}
    elif rule.share_of_gap is not None:
        page |= _gap(rule.share_of_gap.share, rule.share_of_gap.at_most, rule.share_of_gap.exempt, target)
        used += [rule.share_of_gap.at_most, rule.share_of_gap.exempt]
    elif rule.at_once:
        page |= {"parts": [_towards("target")]}
    elif rule.limits is not None:
        page |= {"parts": [_towards("target")], "limits": [_limit(rule.limits)]}
        used += [rule.limits.exempt]
    elif rule.no_loss is not None:
        floor = {"id": PROTECTION, "title": _titled("no-loss"), "at_least": _SAME[rule.no_loss]}
        page |= {"parts": [_towards("target")], "limits": [floor]}
    elif rule.pace_of_change is not None:
        points = {str(distance): str(growth) for distance, growth in rule.pace_of_change.by_distance}
        distance = "where(target > 0, where(previous > 0, previous / target, 0) - 1, 0)"
        before = "where(previous > 0, previous, target)"
        page |= {
            "tables": {"pace": {"points": points}},
            "variables": {"distance": {"value": distance, "title": _titled("distance")}},
            "parts": [_towards(f"{before} * (1 + interpolate(distance, pace))")],
            "limits": [
                {
                    "id": PROTECTION,
                    "title": _titled("minimum"),
                    "at_least": f"{1 + rule.pace_of_change.minimum} * previous",
                }
            ],
        }
    if schedule.limits is not None:
        used.append(schedule.limits.exempt)
    return _with_names(page, target, used)


def _towards(score: str) -> dict[str, Any]:
    share = {"in_proportion_to": score}
    return {"id": "towards", "title": _titled("towards"), "pool": "remainder", "share": share}


def _along(way: str) -> dict[str, Any]:
    """Share by shares of start and target, so far along the way from one to the other."""
    between = "(1 - way) * start / total(start) + way * target / total(target)"
    return {"variables": {"way": {"value": way, "title": _titled("way")}}, "parts": [_towards(between)]}


def _gap(share: ByYear, at_most: Expression | None, exempt: Expression | None, target: Formula) -> dict[str, Any]:
    """Take a part of the gap from those above, whole units; give what was taken to those below, by gap."""
    above = "max(0, previous - target)"
    if at_most is not None:
        above = f"default(min({above}, {at_most}), {above})"
    counted = above if exempt is None else f"where({exempt}, 0, {above})"
    part, tables = str(share.each), {}
    if share.each is None:
        tables = {"tables": {"gap_shares": {"from": {str(year): str(each) for year, each in share.years.items()}}}}
        part = "step(year, gap_shares)"
    cut = f"{part} * {counted}"
    return {
        **tables,
        "variables": {"cut": {"value": _in_units(cut, Decimal(target.rounding_to)), "title": _titled("cut")}},
        "parts": [
            {"id": "kept", "title": _titled("kept"), "share": {"as_is": "previous - cut"}},
            {
                "id": "gains",
                "title": _titled("gains"),
                "pool": "remainder",
                "share": {"in_proportion_to": "max(0, target - previous)"},
            },
        ],
    }


def _in_units(expression: str, unit: Decimal) -> str:
    """Round an expression to the unit of amounts, halves away from zero."""
    if unit == 1:
        return f"round({expression})"
    exponent = unit.normalize()
    if exponent.as_tuple().digits == (1,):
        return f"round({expression}, {-int(exponent.as_tuple().exponent)})"
    return f"{unit:f} * round(({expression}) / {unit:f})"


def _limit(limits: Limits, stage_id: str = PROTECTION) -> dict[str, Any]:
    """Return the stage of limits on the yearly change; nobody is held at nothing for having had nothing."""
    same = _SAME[limits.counted_in]
    stage: dict[str, Any] = {"id": stage_id, "title": _titled("limits")}
    free = [] if limits.exempt is None else [str(limits.exempt)]
    if limits.lose_at_most is not None:
        stage["at_least"] = f"{1 - limits.lose_at_most} * {same}" if limits.lose_at_most else same
    if limits.gain_at_most is not None:
        stage["at_most"] = f"{1 + limits.gain_at_most} * {same}"
        free.insert(0, "previous == 0")
    if free:
        stage["except"] = free[0] if len(free) == 1 else f"{free[0]} or ({free[1]})"
    return stage


def _with_names(page: dict[str, Any], target: Formula, used: Iterable[Expression | None]) -> dict[str, Any]:
    """Copy what the conditions of a short form name from the target page, and all that this rests on there."""
    names = target.names
    wanted = names.closure(name for each in used if each is not None for name in each.names)
    for section in _SECTIONS[1:]:
        there = target.content.get(section) or {}
        found = {name: there[name] for name in there if name in wanted}
        if found:
            page[section] = {**found, **(page.get(section) or {})}
    return page
