"""The page as frozen models: every key of a formula, its type and its place.

``docs/formula.md`` gives the meaning of each key. Models hold what the page says and nothing computed from a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from equite.formula.expressions import Expression
from equite.formula.fields import (
    Expr,
    Identifier,
    Plain,
    Status,
    Strict,
    Title,
    exactly_one,
    open_ends,
    refuse,
    short_form,
)
from equite.formula.indices import Index
from equite.formula.row_nouns import NamesRows
from equite.formula.tables import NamedTable
from equite.inputs.bounds import LARGEST_UNIT, SMALLEST_UNIT
from equite.inputs.marks import Marks
from equite.inputs.spelling import likeness, tidy

__all__ = [
    "Check",
    "Column",
    "Constant",
    "Contest",
    "Decision",
    "Envelope",
    "FormulaModel",
    "Key",
    "Limit",
    "Override",
    "Part",
    "Pool",
    "Rounding",
    "Rule",
    "Share",
    "Variable",
]


class Sourced(Strict):
    """A figure that says where it comes from."""

    title: Title | None = None
    unit: Title | None = None
    source: str | None = None
    date: str | None = None
    status: Status | None = None


class Envelope(Sourced):
    """The money to share: ``envelope: 25000000``, or with its source and status."""

    value: Expr


class Constant(Sourced):
    """A number that has a name: ``{value: 85000, unit: $, source: "…"}``."""

    value: Plain


class Telling(Strict):
    """The columns in which each declared cell says who declared it, when, on what evidence, and a second opinion."""

    who: str | None = None
    when: str | None = None
    evidence: str | None = None
    second: str | None = None

    def headings(self) -> dict[str, str]:
        """Return the columns that are named, by what they tell."""
        return {key: str(heading) for key, heading in self.model_dump(exclude_none=True).items()}


def _marks(value: Any) -> Any:
    """Let one mark stand for a list of one; a mark is a text that is seen."""
    marks = list(value) if isinstance(value, list | tuple) else [value]
    if not all(isinstance(mark, str) and tidy(mark) for mark in marks):
        raise refuse("marks-blank")
    return tuple(marks)


MarksField = Annotated[tuple[str, ...], BeforeValidator(_marks)]
DecimalSign = Literal[".", ","]


class Marked(Strict):
    """What marks mean where a figure would stand: not known, or withheld."""

    missing_marks: MarksField = ()
    suppressed_marks: MarksField = ()
    decimal: DecimalSign | None = None

    @property
    def marks(self) -> Marks:
        """The marks, as a table is read with them."""
        return Marks(self.missing_marks, self.suppressed_marks, getattr(self, "yes_marks", ()))

    @model_validator(mode="after")
    def _each_once(self) -> Marked:
        if clashing := self.marks.clashing():
            raise refuse("marks-twice", marks=", ".join(clashing))
        return self


class Column(Sourced, Marked):
    """A column of the table of territories: its heading, where that differs, and how to read its cells."""

    heading: str | None = None
    kind: Literal["number", "extensive", "intensive", "ordinal", "yes_no", "text"] | None = None
    range: tuple[Plain | None, Plain | None] | None = None
    levels: tuple[Title, ...] = ()
    told_in: Telling | None = None
    yes_marks: MarksField = ()

    @model_validator(mode="before")
    @classmethod
    def _open_ends(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("levels") and not value.get("kind"):
            value = {**value, "kind": "ordinal"}
        if isinstance(value, Mapping) and value.get("yes_marks") and not value.get("kind"):
            value = {**value, "kind": "yes_no"}
        return open_ends(value)

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        if self.levels and self.kind not in (None, "ordinal"):
            raise refuse("levels-not-ordinal")
        if self.kind == "ordinal" and not self.levels:
            raise refuse("ordinal-without-levels")
        known: dict[str, tuple[int, str]] = {}
        for at, level in enumerate(self.levels):
            for text in level.values():
                first = known.setdefault(likeness(text), (at, text))
                if first[0] != at:
                    raise refuse("levels-alike", one=first[1], other=text)
        if self.range and None not in self.range and self.range[0] > self.range[1]:  # type: ignore[operator]
            raise refuse("range-reversed")
        if self.yes_marks and self.kind not in (None, "yes_no"):
            raise refuse("yes-marks-elsewhere")
        if self.kind == "text" and (self.missing_marks or self.suppressed_marks):
            raise refuse("marks-of-text")
        return self


class Key(Strict):
    """The territories' code column, always text, padded with zeros to ``width`` where given."""

    column: str
    width: Annotated[int, Field(ge=1, le=40)] | None = None


class Variable(Strict):
    """A derived column: an expression, with a title and a unit for outputs where given."""

    value: Expr
    title: Title | None = None
    unit: Title | None = None


class Rule(Strict):
    """A condition to take part, with the reason told to those whom it leaves out."""

    where: Expr
    reason: Title | None = None


class Pool(Strict):
    """How much money a part holds: exactly one of four ways."""

    each: Expr | None = None
    amount: Expr | None = None
    fraction: Expr | None = None
    remainder: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        if value == "remainder":
            return {"remainder": True}
        if isinstance(value, Mapping):
            if "remainder" in value:
                raise refuse("pool-ways", given="remainder: …", choices="each, amount, fraction, remainder")
            if not set(value) - {"each", "amount", "fraction"}:
                exactly_one(value, ("each", "amount", "fraction"), "pool-ways")
            return value
        raise refuse("pool-ways", given=str(value), choices="each, amount, fraction, remainder")


class Share(Strict):
    """How a part's pool is divided: exactly one of five ways."""

    equally: Literal[True] | None = None
    in_proportion_to: Expr | None = None
    level_up: Expr | None = None
    counting: Expr | None = None
    foundation: Expr | None = None
    rate_on: Expr | None = None
    rate_at_least: Plain | None = None
    rate_at_most: Plain | None = None
    as_is: Expr | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_way(cls, value: Any) -> Any:
        if value == "equally":
            return {"equally": True}
        ways = ("in_proportion_to", "level_up", "foundation", "as_is")
        rates = {"rate_on", "rate_at_least", "rate_at_most"}
        if not isinstance(value, Mapping):
            raise refuse("share-ways", given=str(value), choices=", ".join(("equally", *ways)))
        if not set(value) - {*ways, *rates, "counting"}:
            exactly_one(value, ways, "share-ways")
            if "counting" in value and "level_up" not in value:
                raise refuse("counting-without-level-up")
            if ("foundation" in value) != ("rate_on" in value) or (rates & set(value) and "foundation" not in value):
                raise refuse("foundation-without-rate")
        return value

    @model_validator(mode="after")
    def _rates_in_order(self) -> Share:
        low, high = self.rates
        if not 0 <= low <= high:
            raise refuse("rates-crossed", low=str(self.rate_at_least or 0), high=str(self.rate_at_most))
        return self

    @property
    def rates(self) -> tuple[float, float]:
        """The lowest and the highest rate of a foundation aid."""
        low, high = self.rate_at_least, self.rate_at_most
        return float(low) if low is not None else 0.0, float(high) if high is not None else float("inf")

    @property
    def measures(self) -> tuple[Expression, ...]:
        """The expressions that a pool is shared by, those that are given."""
        ways = (self.in_proportion_to, self.level_up, self.counting, self.foundation, self.rate_on, self.as_is)
        return tuple(way for way in ways if way is not None)


class Part(Strict):
    """A pool of money and a way to share it."""

    id: Identifier
    title: Title | None = None
    pool: Pool | None = None
    share: Share
    within: str | None = None
    eligible: tuple[Rule, ...] = ()
    at_least: Expr | None = None
    at_most: Expr | None = None
    previous: str | None = None
    if_short: Literal["refuse", "prorate"] = "refuse"
    if_over: Literal["refuse", "reserve"] = "refuse"
    levy: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Part:
        if (self.pool is None) != (self.share.as_is is not None):
            raise refuse("part-without-pool" if self.pool is None else "as-is-with-pool", part=self.id)
        if self.within and self.pool and self.pool.remainder:
            raise refuse("remainder-within", part=self.id)
        if self.within and self.share.as_is is not None:
            raise refuse("as-is-within", part=self.id)
        if self.share.foundation is not None and (self.levy or self.if_short != "refuse"):
            raise refuse("foundation-alone", part=self.id)
        if self.pool and self.pool.each is not None and self.share.equally is None:
            raise refuse("each-not-equally", part=self.id)
        return self

    @property
    def takes_remainder(self) -> bool:
        """Whether the part shares what the others leave."""
        return self.pool is not None and self.pool.remainder is not None

    @property
    def is_fixed(self) -> bool:
        """Whether limits leave this part as it is: paid ``each`` or ``as_is``, or a levy."""
        return self.levy or self.share.as_is is not None or (self.pool is not None and self.pool.each is not None)


class Override(Strict):
    """An amount decided for one territory, with its reason."""

    code: Annotated[str, AfterValidator(tidy)]
    amount: Expr
    reason: Title


class Move(Strict):
    """What a limit's stage shares by, instead of the parts."""

    in_proportion_to: Expr


def _list(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class Limit(Strict):
    """A stage: bounds on each amount (or on one part, or on the totals of groups), then the level solved anew."""

    id: str
    title: Title | None = None
    at_least: Expr | None = None
    at_most: Expr | None = None
    part: str | None = None
    by: str | None = None
    move: Move | None = None
    exempt: Annotated[Expr | None, Field(alias="except")] = None
    then: Literal["hold"] | None = None
    override: Annotated[tuple[Override, ...], BeforeValidator(_list)] = ()
    fund: Literal["inside", "on_top"] = "inside"
    if_short: Literal["refuse", "prorate"] = "refuse"
    if_over: Literal["refuse", "reserve"] = "refuse"

    @model_validator(mode="after")
    def _consistent(self) -> Limit:
        bounded = self.at_least is not None or self.at_most is not None
        if not bounded and not self.override:
            raise refuse("limit-without-bound", limit=self.id)
        if not bounded and (self.exempt is not None or self.then or self.by or self.part):
            raise refuse("limit-without-bound", limit=self.id)
        if self.fund == "on_top" and (self.at_most is not None or self.part or self.by or self.move):
            raise refuse("on-top-only-floors", limit=self.id)
        if self.part and (self.by or self.override or self.move or self.then):
            raise refuse("part-limit-alone", limit=self.id)
        if self.by and (self.exempt is not None or self.then or self.if_short != "refuse"):
            raise refuse("by-limit-alone", limit=self.id)
        return self


class Rounding(Strict):
    """The unit that amounts are whole multiples of, how units are apportioned, and bounds between two of them."""

    to: Plain | None = None
    bounds: Literal["inward", "nearest"] = "inward"
    method: Literal["largest-remainders", "adams", "dean", "dhondt", "huntington-hill", "sainte-lague"] = (
        "largest-remainders"
    )
    minimum: Plain | None = None

    @property
    def by_divisors(self) -> bool:
        """Whether units are apportioned by a divisor method."""
        return self.method != "largest-remainders"

    @model_validator(mode="after")
    def _consistent(self) -> Rounding:
        if self.to is not None and self.to <= 0:
            raise refuse("rounding-not-positive", value=str(self.to))
        if self.to is not None and not SMALLEST_UNIT <= self.to <= LARGEST_UNIT:
            raise refuse("rounding-out-of-range", value=str(self.to))
        if self.minimum is not None and not self.by_divisors:
            raise refuse("minimum-without-divisors")
        if self.minimum is not None and self.minimum <= 0:
            raise refuse("minimum-not-positive", value=str(self.minimum))
        return self


class Check(Strict):
    """An assertion of policy, shown passed or failed on every output."""

    that: Expr
    title: Title | None = None


class Decision(Strict):
    """Who adopted the page, when, by which resolution, and who dissented; kept in the record."""

    adopted_by: str | None = None
    date: str | None = None
    resolution: str | None = None
    dissent: str | None = None


class Contest(Strict):
    """What may be contested, to whom and by when: it ends each notice, worksheet and section."""

    what: Title
    to_whom: Title
    by_when: Title


class FormulaModel(Marked, NamesRows):
    """The whole page."""

    equite: Annotated[Literal["1"], BeforeValidator(str)]
    id: str
    title: Title | None = None
    notes: Title | None = None
    currency: str = "CAD"
    unit: Title | None = None
    envelope: Annotated[Envelope, BeforeValidator(short_form("value"))] | None = None
    within: str | None = None
    key: Annotated[Key, BeforeValidator(short_form("column"))]
    name: str | None = None
    leave_out: tuple[str, ...] = ()
    are_territories: tuple[str, ...] = ()
    people: str | None = None
    catalogue: str | None = None
    columns: dict[Identifier, Annotated[Column, BeforeValidator(short_form("heading"))]] = {}
    previous: str | None = None
    constants: dict[Identifier, Annotated[Constant, BeforeValidator(short_form("value"))]] = {}
    tables: dict[Identifier, NamedTable] = {}
    eligible: tuple[Rule, ...] = ()
    variables: dict[Identifier, Annotated[Variable, BeforeValidator(short_form("value"))]] = {}
    indices: dict[Identifier, Index] = {}
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]
    limits: tuple[Limit, ...] = ()
    rounding: Rounding = Rounding()
    checks: tuple[Check, ...] = ()
    if_short: Literal["refuse", "prorate"] = "refuse"
    if_over: Literal["refuse", "reserve"] = "refuse"
    decision: Decision | None = None
    contest: Contest | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the page records that somebody decided it: who, when, or by which resolution."""
        decided = self.decision
        return decided is not None and bool(decided.adopted_by or decided.date or decided.resolution)

    @property
    def rounding_to(self) -> Any:
        """The unit amounts are multiples of: a cent of money, one whole of anything else, unless the page says."""
        from decimal import Decimal

        if self.rounding.to is not None:
            return self.rounding.to
        return Decimal(1) if self.unit else Decimal("0.01")
