"""Composite scores as the page words them: families, criteria, weights, directions, ways to normalise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from equite.formula.fields import Expr, Plain, Status, Strict, Title, Weight, open_ends, refuse, short_form
from equite.inputs.spelling import tidy, twice_spelled

__all__ = ["Criterion", "Direction", "Family", "Index", "Method", "Missing", "Outliers"]

Pull = Literal["high", "low"]


class Method(Strict):
    """A registered method and its parameters: ``min-max``, or ``{quantile-bands: {bands: 5}}``."""

    name: str
    parameters: Mapping[str, Any] = {}


def _method(value: Any) -> Any:
    if isinstance(value, Method):
        return value
    if isinstance(value, str) and value:
        return {"name": value}
    if isinstance(value, Mapping) and len(value) == 1:
        name, parameters = next(iter(value.items()))
        if isinstance(parameters, Mapping):
            return {"name": str(name), "parameters": dict(parameters)}
        if parameters is not None:
            return {"name": str(name), "parameters": {"": parameters}}
    raise refuse("method-shape")


MethodField = Annotated[Method, BeforeValidator(_method)]


class Direction(Strict):
    """Which values mean more need: high ones, low ones, those near a point, or by context.

    ``labels`` gives the pull in each group of column ``by``; with a ``cut``, the groups are ``below`` it and ``above``
    (the cut itself included).
    """

    pull: Pull | None = None
    toward: Expr | None = None
    by: str | None = None
    cut: Plain | None = None
    labels: Mapping[str, Pull] = {}

    def shown(self, label: str) -> str:
        """Return a group's label as readers see it: of the two sides of a cut, ``< cut`` and ``≥ cut``."""
        return label if self.cut is None else f"{'<' if label == 'below' else '≥'} {self.cut}"


def _direction(value: Any) -> Any:
    if isinstance(value, Direction):
        return value
    if value in ("high", "low"):
        return {"pull": value}
    if isinstance(value, Mapping) and set(value) == {"toward"}:
        return {"toward": value["toward"]}
    if isinstance(value, Mapping) and value.get("by") and len(value) > 1:
        labels = {tidy(str(key)): pull for key, pull in value.items() if key not in ("by", "cut")}
        if alike := twice_spelled(labels):
            raise refuse("direction-labels-alike", one=alike[0][0], other=alike[0][1])
        known = "cut" not in value or set(labels) == {"below", "above"}
        if known and labels and all(pull in ("high", "low") for pull in labels.values()):
            return {"by": value["by"], "labels": labels, "cut": value.get("cut")}
    raise refuse("direction-shape")


DirectionField = Annotated[Direction, BeforeValidator(_direction)]


class Missing(Strict):
    """What to do with a missing cell.

    ``refuse`` it; ``skip`` it and rescale the other weights of its family, where at least ``minimum_present`` of the
    family's weight is there; or ``fill`` it with the median or the mean (of its group ``by`` a column), with a stated
    ``value``, or from another ``column``. A figure that is suppressed is filled only where ``suppressed`` says so.
    """

    rule: Literal["refuse", "skip", "median", "mean", "value", "column"] = "refuse"
    minimum_present: Plain | None = None
    by: str | None = None
    value: Plain | None = None
    column: str | None = None
    suppressed: bool = False


def _missing(value: Any) -> Any:
    if isinstance(value, Missing):
        return value
    if value in ("refuse", "skip"):
        return {"rule": value}
    if isinstance(value, Mapping) and {"fill", "fill_from"} & set(value) and "suppressed" in value:
        rest = {key: each for key, each in value.items() if key != "suppressed"}
        return {**_missing(rest), "suppressed": value["suppressed"]}
    if isinstance(value, Mapping):
        keys = set(value)
        if keys == {"skip"} and isinstance(value["skip"], Mapping) and set(value["skip"]) == {"minimum_present"}:
            return {"rule": "skip", **value["skip"]}
        if keys <= {"fill", "by"} and value.get("fill") in ("median", "mean"):
            return {"rule": value["fill"], "by": value.get("by")}
        if keys == {"fill"}:
            return {"rule": "value", "value": value["fill"]}
        if keys == {"fill_from"}:
            return {"rule": "column", "column": value["fill_from"]}
    raise refuse("missing-shape")


MissingField = Annotated[Missing, BeforeValidator(_missing)]


class Outliers(Strict):
    """What to do with a criterion whose extremes would flatten everybody else: keep them, or pull them in."""

    winsorise: Annotated[int, Field(ge=1, le=50)] | None = None


def _outliers(value: Any) -> Any:
    if value == "keep":
        return {}
    if value == "winsorise":
        return {"winsorise": 5}
    if isinstance(value, Mapping | Outliers):
        return value
    raise refuse("outliers-shape")


OutliersField = Annotated[Outliers, BeforeValidator(_outliers)]


class Criterion(Strict):
    """One criterion of an index; ``low_income: 2`` is short for ``low_income: {weight: 2}``."""

    weight: Weight
    title: Title | None = None
    more_need_when: DirectionField = Direction(pull="high")
    transform: MethodField | None = None
    normalise: MethodField | None = None
    missing: MissingField | None = None
    outliers: OutliersField | None = None
    range: tuple[Plain | None, Plain | None] = (None, None)
    consent: str | None = None
    status: Status | None = None
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _open_ends(cls, value: Any) -> Any:
        return open_ends(value)


class Family(Strict):
    """Criteria that belong together; a family may hold families.

    ``points`` says what the weights of each territory's own choosing sum to.
    """

    weight: Weight
    points: Plain | None = None
    title: Title | None = None
    aggregate: MethodField | None = None
    criteria: dict[str, Annotated[Criterion, BeforeValidator(short_form("weight"))]] = {}
    families: dict[str, Family] = {}

    @model_validator(mode="after")
    def _not_empty(self) -> Family:
        if not self.criteria and not self.families:
            raise refuse("family-empty")
        return self


class Index(Strict):
    """A composite score of each territory, higher for more need."""

    title: Title | None = None
    normalise: MethodField = Method(name="min-max")
    aggregate: MethodField = Method(name="arithmetic")
    missing: MissingField = Missing()
    outliers: OutliersField = Outliers()
    criteria: dict[str, Annotated[Criterion, BeforeValidator(short_form("weight"))]] = {}
    families: dict[str, Family] = Field(default={})

    @model_validator(mode="after")
    def _not_empty(self) -> Index:
        if not self.criteria and not self.families:
            raise refuse("family-empty")
        return self
