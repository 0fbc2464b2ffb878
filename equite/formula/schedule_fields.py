"""The small shapes that a schedule is made of: years, figures by year, envelopes, ways to pass from start to target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from equite.formula.fields import Expr, Plain, Status, Strict, Title, exactly_one, number_of, refuse, short_form
from equite.formula.plan import PageOrFile
from equite.inputs.bounds import MOST_YEARS

__all__ = [
    "COUNTED",
    "WAYS",
    "ByYear",
    "ChangesField",
    "Counted",
    "EnvelopeByYear",
    "Limits",
    "Pace",
    "Passage",
    "ShareOfGap",
    "StartField",
    "Year",
    "Years",
]

#: What a limit on the yearly change is counted in: money, prices of the year before, or money per head.
Counted = Literal["money", "real", "per_head"]
COUNTED: tuple[Counted, ...] = get_args(Counted)
#: The short forms of a rule of passage.
WAYS = ("at_once", "linear", "schedule", "share_of_gap", "limits", "no_loss", "pace_of_change")
_YEAR = re.compile(r"\d{4}")


def _year(value: Any) -> Any:
    text = str(value).strip()
    if not _YEAR.fullmatch(text):
        raise refuse("schedule-year", value=text[:40])
    return int(text)


Year = Annotated[int, BeforeValidator(_year)]


def _is_by_year(value: Any) -> bool:
    """Tell whether a mapping is one of years."""
    return isinstance(value, Mapping) and bool(value) and all(_YEAR.fullmatch(str(key).strip()) for key in value)


def _years(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) != {"from", "to"}:
            raise refuse("schedule-years-shape")
        first, last = _year(value["from"]), _year(value["to"])
        if not first <= last:
            raise refuse("schedule-years-order", year=last)
        if last - first >= MOST_YEARS:
            raise refuse("schedule-years-many", most=MOST_YEARS)
        return tuple(range(first, last + 1))
    if isinstance(value, str | int):
        value = [value]
    if not isinstance(value, list | tuple) or not value:
        raise refuse("schedule-years-shape")
    years = [_year(each) for each in value]
    if len(years) > MOST_YEARS:
        raise refuse("schedule-years-many", most=MOST_YEARS)
    for before, after in pairwise(years):
        if years.count(after) > 1:
            raise refuse("schedule-years-twice", year=after)
        if after < before:
            raise refuse("schedule-years-order", year=after)
        if after > before + 1:
            raise refuse("schedule-years-gap", year=before + 1)
    return tuple(years)


Years = Annotated[tuple[int, ...], BeforeValidator(_years)]


class _ByYear(Strict):
    """One figure for every year, or one for each."""

    each: Plain | None = None
    years: dict[Year, Plain] = {}

    def of(self, year: int) -> Decimal:
        """Return the figure of a year that was checked to have one."""
        return self.years[year] if self.each is None else self.each

    @property
    def figures(self) -> dict[int | None, Decimal]:
        """Every figure, by year; by None where one serves all."""
        return dict[int | None, Decimal](self.years.items()) if self.each is None else {None: self.each}


def _by_year(value: Any) -> Any:
    if isinstance(value, _ByYear):
        return value
    if _is_by_year(value):
        return {"years": value}
    return {"each": number_of(value)}


ByYear = Annotated[_ByYear, BeforeValidator(_by_year)]


class EnvelopeByYear(Strict):
    """The money of each year: one expression, a figure for each year, or a first figure and how it grows."""

    value: Expr | None = None
    years: dict[Year, Plain] = {}
    first: Plain | None = None
    growth: ByYear | None = None
    source: str | None = None
    status: Status | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        if _is_by_year(value):
            return {"years": value}
        if not isinstance(value, Mapping):
            return {"value": value}
        exactly_one(value, ("value", "years", "first"), "schedule-envelope-ways")
        if ("growth" in value) != ("first" in value):
            raise refuse("schedule-envelope-growth")
        return value


class Start(Strict):
    """What each has before the first year: a column or a variable of the target page, or what another page gives."""

    column: str | None = None
    formula: PageOrFile | None = None
    title: Title | None = None
    source: str | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.column is None) == (self.formula is None):
            raise refuse("schedule-start-ways")
        return self


class Changes(Strict):
    """Codes that change as a year begins: the file, and its headings."""

    file: str
    old: str = "old"
    new: str = "new"
    weight: str | None = None


def _over(value: Any) -> Any:
    if isinstance(value, Mapping):
        value = value.get("over") if set(value) <= {"over"} else value
    if value in (None, "schedule"):
        return None
    text = str(value).strip()
    if not re.fullmatch(r"\d{1,3}", text) or not 1 <= int(text) <= MOST_YEARS:
        raise refuse("schedule-over", value=text[:40], most=MOST_YEARS)
    return int(text)


class Limits(Strict):
    """The most that anybody may lose or gain in a year, in parts of one; what that is counted in; who is not bound."""

    lose_at_most: Plain | None = None
    gain_at_most: Plain | None = None
    counted_in: Counted = "money"
    exempt: Annotated[Expr | None, Field(alias="except")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lose_at_most is None and self.gain_at_most is None:
            raise refuse("schedule-limits-empty")
        if self.lose_at_most is not None and not 0 <= self.lose_at_most <= 1:
            raise refuse("schedule-not-a-part", key="lose_at_most", value=str(self.lose_at_most))
        if self.gain_at_most is not None and self.gain_at_most < 0:
            raise refuse("schedule-gain-negative", value=str(self.gain_at_most))
        return self


class ShareOfGap(Strict):
    """The part of their gap that those above lose in a year, shared among those below by gap."""

    share: ByYear
    at_most: Expr | None = None
    exempt: Annotated[Expr | None, Field(alias="except")] = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"share": value} if not isinstance(value, Mapping) or _is_by_year(value) else value


class Pace(Strict):
    """Growth by the distance from the target, and the least growth for all."""

    points: dict[str, Plain]
    minimum: Plain = Decimal(0)

    @property
    def by_distance(self) -> list[tuple[Decimal, Decimal]]:
        """Distance from the target in parts of it, and growth, in the order of the page."""
        return [(Decimal(distance), growth) for distance, growth in self.points.items()]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        distances = [number_of(distance) for distance in self.points]
        if len(distances) < 2 or any(after <= before for before, after in pairwise(distances)):
            raise refuse("schedule-pace-points")
        growth = list(self.points.values())
        if any(after > before for before, after in pairwise(growth)):
            raise refuse("schedule-pace-order")
        if min(growth[-1], self.minimum) < -1:
            raise refuse("schedule-pace-below", value=str(min(growth[-1], self.minimum)))
        return self


class Passage(Strict):
    """The rule of passage: a page, or one of the short forms."""

    page: PageOrFile | None = None
    at_once: Literal[True] | None = None
    linear: Annotated[int | None, BeforeValidator(_over)] = None
    schedule: dict[Year, Plain] | None = None
    share_of_gap: ShareOfGap | None = None
    limits: Limits | None = None
    no_loss: Counted | None = None
    pace_of_change: Pace | None = None

    @property
    def way(self) -> str:
        """The short form; ``page`` for a page."""
        return next(iter(self.model_fields_set))

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        if isinstance(value, str):
            plain: dict[str, Any] = {"at_once": True, "linear": None, "no_loss": "money"}
            return {value: plain[value]} if value in plain else {"page": value}
        if not isinstance(value, Mapping):
            raise refuse("schedule-rule-ways", given="—", choices=", ".join(WAYS))
        if "parts" in value or "equite" in value:
            return {"page": dict(value)}
        if len(value) != 1 or "at_once" in value or next(iter(value)) not in WAYS:
            raise refuse("schedule-rule-ways", given=", ".join(map(str, value)) or "—", choices=", ".join(WAYS))
        return value


StartField = Annotated[Start, BeforeValidator(short_form("column"))]
ChangesField = Annotated[Changes, BeforeValidator(short_form("file"))]
