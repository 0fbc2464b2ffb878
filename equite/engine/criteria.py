"""One criterion from its raw values to its scores: missing values, transform, direction, normalise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from equite.engine.aggregates import label_text
from equite.engine.equality import alike_but_for_dust
from equite.engine.evaluation import Mask, Scope
from equite.engine.functions import step_of
from equite.engine.line import Line
from equite.engine.methods import TRANSFORMS, average_rank, distance_to_target, min_max
from equite.engine.missing import Purpose, Wanted, refuse_missing
from equite.engine.outliers import excess_kurtosis, skewness, treat
from equite.engine.registry import Normaliser
from equite.engine.sharing import Floats
from equite.engine.suppression import suppressed
from equite.errors import Problem, Problems, nearest
from equite.formula.indices import Criterion, Direction, Missing, Outliers
from equite.formula.nodes import Binary, Call, Name, Number
from equite.inputs.figures import Ends
from equite.inputs.spelling import near_label
from equite.wording import Codes, Numeral

__all__ = ["ContextGroup", "CriterionScore", "ScoreMeasure", "fill", "measure"]


#: How each rule's filling is worded.
_FILLED = {
    "median": "filled-median",
    "mean": "filled-mean",
    "value": "filled-value",
    "column": "filled-column",
}


@dataclass(frozen=True)
class ScoreMeasure:
    """What is to be measured, and how."""

    name: str
    index: str
    families: tuple[str, ...]
    criterion: Criterion
    missing: Missing
    outliers: Outliers
    normaliser: Normaliser
    parameters: Mapping[str, Any]
    path: tuple[str, ...]


@dataclass(frozen=True)
class ContextGroup:
    """A group in which a context-directed criterion was scored: its label, its pull, and who is in it."""

    label: str
    pull: str
    rows: Mask


@dataclass(frozen=True)
class CriterionScore:
    """A criterion's outcome over those that take part.

    Attributes
    ----------
    name, index : str
        The criterion's name and its index's.
    families : tuple of str
        The families it lies in, outermost first.
    raw : ndarray, shape (eligible,)
        Its values as given, missing ones not filled.
    scored : ndarray, shape (eligible,), or Line
        The scores, or the line through the values that gives them when they are asked for.
    filled : ndarray of bool, shape (eligible,)
        The cells that a rule filled.
    groups : tuple of ContextGroup
        The groups of a context-directed criterion, else empty.
    missing : Missing
        The rule for missing cells.
    low, high : float
        The lowest and highest value before direction: goalposts that a later year can keep.
    what : ScoreMeasure or None
        How it was measured; None for a criterion that is but shown.
    """

    name: str
    index: str
    families: tuple[str, ...]
    criterion: Criterion
    raw: Floats
    scored: Floats | Line
    filled: Mask
    groups: tuple[ContextGroup, ...]
    missing: Missing
    low: float
    high: float
    what: ScoreMeasure | None = None

    @cached_property
    def scores(self) -> Floats:
        """Scores, shape (eligible,): higher for more need; missing where skipped."""
        return self.scored.at(slice(None)) if isinstance(self.scored, Line) else self.scored

    @property
    def is_complete(self) -> bool:
        """Whether everybody has a score."""
        return isinstance(self.scored, Line) or not self.scores.size or not np.isnan(self.scores.min())

    def among(self, kept: Mask) -> CriterionScore:
        """Return the same criterion for some of those that were measured."""
        groups = tuple(replace(group, rows=group.rows[kept]) for group in self.groups)
        scored = self.scored.among(kept) if isinstance(self.scored, Line) else self.scored[kept]
        return replace(self, raw=self.raw[kept], scored=scored, filled=self.filled[kept], groups=groups)


def measure(what: ScoreMeasure, scope: Scope, problems: Problems, warnings: list[Problem]) -> CriterionScore | None:
    """Score a criterion; None where it distinguishes nobody (noted in ``warnings``) or is unusable (``problems``)."""
    before = len(problems.found)
    given = scope.taking(scope.numbers(what.name))
    raw = scope.taking(scope.alike(Name(what.name)))
    # Figures that stand as typed, of everybody, are those that were looked at as the table was read.
    line = _line(what, raw, scope.ends(what.name) if raw is given else None)
    if line is not None:
        _within_range(what, scope, problems)
        if len(problems.found) > before:
            return None
        return CriterionScore(
            name=what.name,
            index=what.index,
            families=what.families,
            criterion=what.criterion,
            raw=given,
            scored=line,
            filled=scope.nobody,
            groups=(),
            missing=what.missing,
            low=line.least,
            high=line.most,
            what=what,
        )
    if raw.size and what.missing.rule == "skip" and np.isnan(raw).all():
        warnings.append(Problem("criterion-empty", {"criterion": what.name, "index": what.index}))
        return None
    _within_range(what, scope, problems)
    values = _filled(what, raw, scope, problems, warnings)
    if np.isnan(values).all():
        # Refused already, or nobody takes part: there is nothing to measure.
        return None
    values = _transformed(what, values, scope, problems)
    values = _without_extremes(what, values, warnings)
    if values is not raw:
        values = alike_but_for_dust(values)
    if len(problems.found) > before:
        return None
    direction = what.criterion.more_need_when
    groups = _groups(what, direction, scope, problems) if direction.by else ()
    if len(problems.found) > before:
        return None
    present = ~np.isnan(values)
    if not _suits(what, direction, values[present], scope, problems):
        return None
    scores = np.full(values.size, np.nan)
    if groups:
        scores[present] = _within_groups(values, groups, what)[present]
    else:
        turned = _turned(what, values, direction, scope, as_given=values is raw)
        if _constant(turned[present]):
            warnings.append(Problem("criterion-constant", {"criterion": what.name, "index": what.index}))
            return None
        scores[present] = _normalised(what, turned[present], _turned_parameters(what, direction))
    if np.isnan(scores[present]).any():
        _refuse_unscored(what, np.isnan(scores) & present, scope, problems)
        return None
    if _constant(scores[present]):
        warnings.append(Problem("criterion-constant", {"criterion": what.name, "index": what.index}))
        return None
    filled = np.isnan(raw) & present
    low, high = float(values[present].min()), float(values[present].max())
    return CriterionScore(
        name=what.name,
        index=what.index,
        families=what.families,
        criterion=what.criterion,
        raw=given,
        scored=scores,
        filled=filled,
        groups=groups,
        missing=what.missing,
        low=low,
        high=high,
        what=what,
    )


def _line(what: ScoreMeasure, values: Floats, ends: Ends | None) -> Line | None:
    """Return the line that min-max draws through complete values; None where the steps must be taken one by one."""
    given, pull = what.criterion, what.criterion.more_need_when.pull
    changed = given.transform is not None or what.outliers.winsorise is not None
    if pull is None or changed or what.normaliser.function is not min_max or not values.size:
        return None
    low, high = what.parameters.values()
    return Line.through(values, (low, high), falling=pull == "low", ends=ends)


def _suits(what: ScoreMeasure, direction: Direction, values: Floats, scope: Scope, problems: Problems) -> bool:
    """Refuse a normaliser that has no meaning for this criterion's direction or values."""
    method, entry = what.normaliser, ""
    if method.only_high and (direction.pull != "high" or (values < 0).any() or not values.sum()):
        entry = "normaliser-only-high"
    elif method.in_units and direction.pull is None:
        entry = "normaliser-one-direction"
    if entry:
        place = scope.formula.where(*what.path, "normalise")
        problems.add(entry, **place, name=method.name, criterion=what.name)
    return not entry


def _normalised(what: ScoreMeasure, values: Floats, parameters: Mapping[str, Any]) -> Floats:
    """Bring values to the normaliser's scale; NaN wherever it gives no finite score, as an added one may."""
    found = what.normaliser.run(values, **parameters)
    return np.where(np.isfinite(found), found, np.nan)


def _refuse_unscored(what: ScoreMeasure, rows: Mask, scope: Scope, problems: Problems) -> None:
    """Refuse a criterion of which values that are there got no score."""
    place = scope.formula.where(*what.path, "normalise")
    if what.normaliser.function is distance_to_target:
        problems.add("target-reached", **place, criterion=what.name)
        return
    codes = Codes(tuple(scope.table.codes[scope.taking_part][rows]))
    problems.add("normaliser-without-score", **place, name=what.normaliser.name, criterion=what.name, codes=codes)


def _turned_parameters(what: ScoreMeasure, direction: Direction) -> dict[str, Any]:
    """Return the normaliser's parameters, turned with the values where they are stated in the criterion's own unit."""
    given = dict(what.parameters)
    if not what.normaliser.in_units or direction.pull != "low":
        return given
    return dict(zip(given, (-value for value in reversed(list(given.values()))), strict=True))


def _within_range(what: ScoreMeasure, scope: Scope, problems: Problems) -> None:
    """Refuse values that the criterion cannot have."""
    low, high = (None if end is None else float(end) for end in what.criterion.range)
    if low is None and high is None:
        return
    outside = np.zeros(scope.table.size, dtype=bool)
    for sign, end in (("<", low), (">", high)):
        if end is not None:
            outside |= scope.compared(sign, Name(what.name), Number(end)) == 1
    outside &= scope.taking_part
    if outside.any():
        codes = Codes(tuple(scope.table.codes[outside]))
        ends = {"low": Numeral(-np.inf if low is None else low), "high": Numeral(np.inf if high is None else high)}
        problems.found.append(
            Problem(
                "criterion-out-of-range",
                {"criterion": what.name, "codes": codes, **ends},
                **scope.formula.where(*what.path),
            )
        )


def _constant(values: Floats) -> bool:
    return values.size == 0 or bool(values.max() == values.min())


def _filled(what: ScoreMeasure, raw: Floats, scope: Scope, problems: Problems, warnings: list[Problem]) -> Floats:
    """Refuse, skip or fill missing cells by the page's rule, and tell which."""
    missing = np.isnan(raw)
    if not missing.any():
        return raw
    rule = what.missing
    codes = Codes(tuple(scope.table.codes[scope.taking_part][missing]))
    if rule.rule == "refuse":
        rows = np.zeros(scope.table.size, dtype=bool)
        rows[np.flatnonzero(scope.taking_part)[missing]] = True
        place = scope.formula.where(*what.path)
        refuse_missing(
            problems, scope, Name(what.name), scope.numbers(what.name), rows, Purpose("wanted-criterion", place)
        )
        return raw
    if rule.rule != "skip" and not rule.suppressed:
        withheld = np.zeros(scope.table.size, dtype=bool)
        withheld[np.flatnonzero(scope.taking_part)[missing]] = True
        withheld &= suppressed(Name(what.name), scope)
        if withheld.any():
            place = scope.formula.where(*what.path)
            refuse_missing(
                problems, scope, Name(what.name), scope.numbers(what.name), withheld, Purpose("wanted-fill", place)
            )
            return raw
    values = dict(criterion=what.name, codes=codes, count=int(missing.sum()))
    if rule.rule == "skip":
        warnings.append(Problem("cells-skipped", values))
        return raw
    filled = np.where(missing, fill(rule, raw, scope), raw)
    if np.isnan(filled).any():
        _refuse_unfilled(what, raw, np.isnan(filled), scope, problems)
        return filled
    warnings.append(Problem("cells-filled", {**values, "rule": Wanted(_FILLED[rule.rule])}))
    return filled


def _refuse_unfilled(what: ScoreMeasure, raw: Floats, left: Mask, scope: Scope, problems: Problems) -> None:
    """Refuse cells that the page's rule cannot fill, and say for want of what."""
    rule, place = what.missing, scope.formula.where(*what.path)
    codes = Codes(tuple(scope.table.codes[scope.taking_part][left]))
    if rule.rule in ("median", "mean") and np.isnan(raw).all():
        problems.add("fill-from-nobody", **place, criterion=what.name)
    elif rule.rule in ("median", "mean") and rule.by:
        problems.add("fill-from-no-neighbour", **place, criterion=what.name, by=rule.by, codes=codes)
    else:
        problems.add("fill-impossible", **place, criterion=what.name, codes=codes)


def fill(rule: Missing, raw: Floats, scope: Scope) -> Floats:
    """Return what the page's rule puts where a value is missing, for every row."""
    if rule.rule == "value":
        return np.full(raw.size, float(rule.value or 0))
    if rule.rule == "column":
        return scope.numbers(str(rule.column))[scope.taking_part]
    typical = np.nanmedian if rule.rule == "median" else np.nanmean
    of = scope.grouping(rule.by).of[scope.taking_part] if rule.by else np.zeros(raw.size, dtype=int)
    filled = np.full(raw.size, np.nan)
    for group in np.unique(of):
        members = of == group
        if not np.isnan(raw[members]).all():
            filled[members] = typical(raw[members])
    return filled


def _transformed(what: ScoreMeasure, values: Floats, scope: Scope, problems: Problems) -> Floats:
    method = what.criterion.transform
    if method is None:
        return values
    place = scope.formula.where(*what.path, "transform")
    if method.name == "step":
        return _stepped(what, values, scope, problems, place)
    if method.name not in TRANSFORMS:
        known = (*TRANSFORMS, "step")
        problems.add(
            "transform-unknown", **place, name=method.name, nearest=nearest(method.name, known), known=", ".join(known)
        )
        return values
    found = TRANSFORMS[method.name]
    given = found.filled(method.parameters)
    shares = method.name == "winsorise"
    if given is None or (shares and not all(0 <= value <= 1 for value in given.values())):
        wanted = ", ".join(found.parameters) or "—"
        problems.add("transform-parameters", **place, name=method.name, parameters=wanted)
        return values
    changed = found.run(values, **given)
    changed = np.where(np.isfinite(changed), changed, np.nan)
    lost = np.isnan(changed) & ~np.isnan(values)
    if lost.any():
        codes = Codes(tuple(scope.table.codes[scope.taking_part][lost]))
        problems.add("transform-impossible", **place, name=method.name, criterion=what.name, codes=codes)
    return changed


def _without_extremes(what: ScoreMeasure, values: Floats, warnings: list[Problem]) -> Floats:
    """Pull extreme values in where the page asks, and tell what that changed."""
    if what.outliers.winsorise is None:
        return values
    found = treat(values, what.outliers.winsorise)
    if found.points or found.logged:
        before, after = (each[~np.isnan(each)] for each in (values, found.values))
        told = {
            "criterion": what.name,
            "points": found.points,
            "skew_before": Numeral(skewness(before), 2),
            "skew_after": Numeral(skewness(after), 2),
            "kurtosis_before": Numeral(excess_kurtosis(before), 2),
            "kurtosis_after": Numeral(excess_kurtosis(after), 2),
        }
        warnings.append(Problem("outliers-logged" if found.logged else "outliers-pulled", told))
    return found.values


def _stepped(what: ScoreMeasure, values: Floats, scope: Scope, problems: Problems, place: dict[str, Any]) -> Floats:
    """Look values up in one of the page's tables."""
    named = str((what.criterion.transform.parameters if what.criterion.transform else {}).get(""))
    tables = scope.formula.tables
    if named not in tables or tables[named].kind not in ("up_to", "from"):
        problems.add("table-unknown", **place, name=named, nearest=nearest(named, tables))
        return values
    changed = step_of(values, tables[named])
    lost = np.isnan(changed) & ~np.isnan(values)
    if lost.any():
        codes = Codes(tuple(scope.table.codes[scope.taking_part][lost]))
        problems.add("transform-impossible", **place, name="step", criterion=what.name, codes=codes)
    return changed


def _turned(what: ScoreMeasure, values: Floats, direction: Direction, scope: Scope, *, as_given: bool) -> Floats:
    """Turn values so that higher means more need; distances that are equal are the same float."""
    if direction.toward is not None and as_given:
        distance = Call("abs", (Binary("-", Name(what.name), direction.toward.tree),))
        return -scope.alike(distance)[scope.taking_part]
    if direction.toward is not None:
        return alike_but_for_dust(-np.abs(values - scope.rows(direction.toward.tree)[scope.taking_part]))
    return -values if direction.pull == "low" else values


def _groups(what: ScoreMeasure, direction: Direction, scope: Scope, problems: Problems) -> tuple[ContextGroup, ...]:
    """Return the groups of a context-directed criterion, each with its pull; every group needs one."""
    if direction.cut is not None:
        return _sides_of_cut(what, direction, scope, problems)
    grouping = scope.grouping(str(direction.by))
    of = grouping.of[scope.taking_part]
    found = []
    for at in np.unique(of):
        rows = of == at
        label = label_text(grouping.labels[at]) if at >= 0 else ""
        pull = direction.labels.get(label)
        if pull is None:
            codes = Codes(tuple(scope.table.codes[scope.taking_part][rows]))
            place = scope.formula.where(*what.path, "more_need_when")
            near = near_label(label, list(direction.labels))
            problems.add(
                "context-without-direction", **place, label=label, by=str(direction.by), codes=codes, nearest=near
            )
        else:
            found.append(ContextGroup(label, pull, rows))
    return tuple(found)


def _sides_of_cut(
    what: ScoreMeasure, direction: Direction, scope: Scope, problems: Problems
) -> tuple[ContextGroup, ...]:
    """Return the two groups below and above a number."""
    measured = scope.numbers(str(direction.by))
    place = scope.formula.where(*what.path, "more_need_when")
    refuse_missing(
        problems, scope, Name(str(direction.by)), measured, scope.taking_part, Purpose("wanted-criterion", place)
    )
    below = scope.compared("<", Name(str(direction.by)), Number(float(direction.cut or 0)))
    below = (np.broadcast_to(below, measured.shape) == 1)[scope.taking_part]
    sides = {"below": below, "above": ~below}
    return tuple(ContextGroup(side, direction.labels[side], rows) for side, rows in sides.items() if rows.any())


def _within_groups(values: Floats, groups: tuple[ContextGroup, ...], what: ScoreMeasure) -> Floats:
    """Score inside each group, all groups to the same mean, so that no group is favoured as a whole.

    Min-max over all would rank every rural place above every urban one; inside each group the scores are ranks
    (whose mean is 1/2 everywhere), or another normaliser's scores moved to that mean.
    """
    scores = np.full(values.size, np.nan)
    for group in groups:
        rows = group.rows & ~np.isnan(values)
        inside = -values[rows] if group.pull == "low" else values[rows]
        if inside.size == 0:
            continue
        if _constant(inside):
            scores[rows] = 0.5
        elif what.normaliser.function is average_rank and what.parameters.get("scale") != "places":
            scores[rows] = average_rank(inside)
        else:
            placed = _normalised(what, inside, what.parameters)
            # One missing score would make the mean missing, and hide whose it is.
            scores[rows] = placed if np.isnan(placed).any() else placed - placed.mean() + 0.5
    return scores
