"""An index in words: its scale, its families and criteria with their weights, and what means more need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from equite.engine.methods import AGGREGATORS, NORMALISERS, TRANSFORMS
from equite.engine.registry import Method as Registered
from equite.formula.expressions import Expression
from equite.formula.indices import Criterion, Direction, Family, Index, Method, Missing
from equite.formula.nodes import Name
from equite.report.language.speech import Section, Speech, SpokenLine

__all__ = ["index_section"]


def index_section(speech: Speech, name: str, index: Index) -> Section:
    """Say one index."""
    mean = speech.say("words-mean-index", mean=_mean(speech, index.aggregate))
    lines = [SpokenLine(f"{_scale(speech, index.normalise, 'each')} {mean}"), *_members(speech, index, 1.0, 0)]
    after = [SpokenLine(_missing(speech, index.missing)), SpokenLine(speech.say("words-index-higher"))]
    if index.outliers.winsorise is not None:
        after.insert(0, SpokenLine(_outliers(speech, index.outliers.winsorise)))
    return Section(speech.say("words-heading-index", name=speech.named(name)), tuple(lines), tuple(after))


def _scale(speech: Speech, method: Method, which: Literal["each", "this"]) -> str:
    if method.name == "goalposts" and set(method.parameters) == {"from"}:
        scale = speech.say("words-scale-goalposts-from")
    elif method.name == "levels":
        scale = speech.say("words-scale-levels")
    else:
        scale = _said(speech, "scale", NORMALISERS, method)
    return speech.say(f"words-{which}-criterion", scale=scale)


def _mean(speech: Speech, method: Method) -> str:
    return _said(speech, "mean", AGGREGATORS, method)


def _said(
    speech: Speech, kind: Literal["scale", "mean", "transform"], registry: Mapping[str, Registered], method: Method
) -> str:
    """Say a method; one of the user's own by its title, and one that the registry does not know so by its name."""
    values = _parameters(speech, registry, method)
    known = registry.get(method.name)
    if values is None or known is None or known.is_own:
        return speech.say(f"words-{kind}-other", name=speech.method(method.name, known))
    return speech.say(f"words-{kind}-{method.name}", **values)


def _parameters(speech: Speech, registry: Mapping[str, Registered], method: Method) -> dict[str, str] | None:
    """Write a method's parameters, defaults included; None where the registry does not know it so."""
    known = registry.get(method.name)
    filled = known.filled(method.parameters) if known is not None else None
    if filled is None:
        return None
    return {name: _parameter(speech, value) for name, value in filled.items()}


def _parameter(speech: Speech, value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_parameter(speech, item) for item in value)
    return speech.number(value) if isinstance(value, float) else str(value)


def _outliers(speech: Speech, most: int) -> str:
    return speech.say("words-outliers", count=most)


def _members(speech: Speech, group: Index | Family, overall: float | None, depth: int) -> Iterator[SpokenLine]:
    """Say what an index or a family is made of, each weight as a share of its parent and of the whole."""
    members: dict[str, Criterion | Family] = {**group.families, **group.criteria}
    shares = _shares(speech, members)
    for name, member in members.items():
        share = shares.get(name)
        # Of a family that hangs by itself, a share of the whole says it all.
        inner = isinstance(group, Family) and overall is not None and overall < 1
        whole = None if share is None or overall is None else share * overall
        said = _weight(speech, speech.titles.of_thing(name, member), member, share, whole if inner else None)
        if isinstance(member, Criterion):
            yield SpokenLine(" ".join([said, *_criterion(speech, member)]) if share != 0 else said, depth)
            continue
        yield SpokenLine(said, depth)
        if share != 0:
            if member.points is not None:
                yield SpokenLine(speech.say("words-points", points=speech.number(float(member.points))), depth + 1)
            if member.aggregate is not None:
                yield SpokenLine(speech.say("words-mean-family", mean=_mean(speech, member.aggregate)), depth + 1)
            yield from _members(speech, member, whole, depth + 1)


def _shares(speech: Speech, members: Mapping[str, Criterion | Family]) -> dict[str, float]:
    """Return each member's share of the weight; nothing where a weight depends on the territory."""
    weights = {name: _value(speech, member.weight) for name, member in members.items()}
    known = {name: weight for name, weight in weights.items() if weight is not None}
    total = sum(known.values())
    if len(known) < len(weights) or total <= 0:
        return {}
    return {name: weight / total for name, weight in known.items()}


def _value(speech: Speech, weight: Expression) -> float | None:
    if isinstance(weight.tree, Name) and weight.tree.name in speech.formula.constants:
        return float(speech.formula.constants[weight.tree.name].value)
    return weight.number


def _weight(speech: Speech, title: str, member: Criterion | Family, share: float | None, whole: float | None) -> str:
    if share == 0:
        return speech.say("words-index-no-weight", name=title)
    if share == 1 and whole is not None:
        return speech.say("words-index-only-member", name=title, overall=speech.percent(whole))
    if share is not None and whole is not None:
        values = {"share": speech.percent(share), "overall": speech.percent(whole)}
        return speech.say("words-index-family-inner", name=title, **values)
    if share is not None:
        return speech.say("words-index-family", name=title, share=speech.percent(share))
    weight = _value(speech, member.weight)
    if weight is not None:
        return speech.say("words-index-weight-bare", name=title, weight=speech.number(weight))
    return speech.say("words-index-weight-by-territory", name=title, expression=speech.expression(member.weight))


def _criterion(speech: Speech, criterion: Criterion) -> Iterator[str]:
    yield from _direction(speech, criterion.more_need_when)
    if criterion.transform is not None:
        yield _transform(speech, criterion.transform)
    if criterion.normalise is not None:
        yield _scale(speech, criterion.normalise, "this")
    if criterion.outliers is not None and criterion.outliers.winsorise is not None:
        yield _outliers(speech, criterion.outliers.winsorise)
    if criterion.missing is not None:
        yield _missing(speech, criterion.missing)
    if criterion.consent:
        yield speech.say("words-consent", value=criterion.consent.rstrip("."))


def _direction(speech: Speech, direction: Direction) -> Iterator[str]:
    if direction.toward is not None:
        number = direction.toward.number
        value = speech.number(number) if number is not None else speech.expression(direction.toward)
        yield speech.say("words-more-when-toward", value=value)
    elif direction.by is not None:
        yield speech.say("words-more-when-context", column=speech.named(direction.by))
        for label, pull in direction.labels.items():
            said = speech.quoted(label)
            if direction.cut is not None:
                said = speech.say(f"words-{label}-cut", cut=speech.number(float(direction.cut)))
            yield speech.say(f"words-more-when-context-{pull}", label=said)
        yield speech.say("words-more-when-context-means")
    else:
        yield speech.say(f"words-more-when-{direction.pull}")


def _transform(speech: Speech, method: Method) -> str:
    if method.name == "step":
        return speech.say(
            "words-transform-step", table=speech.quoted(speech.titles.in_words(str(method.parameters.get(""))))
        )
    if method.name == "winsorise" and (filled := TRANSFORMS["winsorise"].filled(method.parameters)):
        shares = {name: speech.number(share * 100) for name, share in filled.items()}
        return speech.say("words-transform-winsorise", **shares)
    return _said(speech, "transform", TRANSFORMS, method)


def _missing(speech: Speech, rule: Missing) -> str:
    said = _filled(speech, rule)
    return f"{said} {speech.say('words-missing-suppressed')}" if rule.suppressed else said


def _filled(speech: Speech, rule: Missing) -> str:
    if rule.rule == "skip" and rule.minimum_present is not None:
        return speech.say("words-missing-skip-minimum", share=speech.percent(float(rule.minimum_present)))
    if rule.rule in ("median", "mean") and rule.by is not None:
        return speech.say(f"words-missing-{rule.rule}-by", column=speech.named(rule.by))
    value = speech.number(float(rule.value)) if rule.value is not None else ""
    return speech.say(
        f"words-missing-{rule.rule}", value=value, column=speech.named(rule.column) if rule.column else ""
    )
