"""The rest of a page in words: the decision, the money, who takes part, sources, and what overrides changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from equite.errors import FormulaError
from equite.formula.expressions import Expression
from equite.formula.loading import Change
from equite.formula.model import Sourced
from equite.formula.tables import Table
from equite.report.language.parts import has_own_money
from equite.report.language.speech import Section, Speech, SpokenLine
from equite.wording import has

__all__ = [
    "changes_section",
    "checks_section",
    "decision_section",
    "figures_section",
    "first_section",
    "money_section",
    "who_section",
]

_NAMED = ("parts", "limits", "indices", "families", "criteria", "constants", "variables", "columns", "tables")
#: Keys whose text is an expression.
_EXPRESSIONS = frozenset(
    (
        *("where", "that", "value", "each", "amount", "fraction", "in_proportion_to", "level_up", "counting"),
        *("foundation", "rate_on"),
        *("as_is", "at_least", "at_most", "except", "weight"),
    )
)


def decision_section(speech: Speech) -> Section:
    """Say who decided."""
    decision = speech.formula.decision
    said: list[SpokenLine] = []
    if decision is not None:
        facts = (
            ("words-adopted-by", decision.adopted_by),
            ("words-adopted-on", decision.date),
            ("words-resolution", decision.resolution),
            ("words-dissent", decision.dissent),
        )
        said = [SpokenLine(speech.say(entry, value=value.rstrip("."))) for entry, value in facts if value]
    if speech.formula.contest is not None:
        said.append(SpokenLine(speech.contest))
    return Section(speech.say("words-heading-decision"), tuple(said))


def money_section(speech: Speech) -> Section:
    """Say what is shared."""
    page = speech.formula
    if page.envelope is not None:
        plain = page.envelope.value.number is not None
        entry = "words-envelope" if plain else "words-envelope-computed"
        said = speech.quantity if plain else speech.expression
        lines = [SpokenLine(speech.say(entry, amount=speech.marked(said(page.envelope.value), page.envelope.status)))]
    else:
        lines = [SpokenLine(speech.say("words-no-envelope-pools" if has_own_money(speech) else "words-no-envelope"))]
    if page.within is not None:
        entry = "words-envelope-within" if has_own_money(speech) else "words-within"
        lines.append(SpokenLine(speech.say(entry, column=speech.named(page.within))))
    if page.previous is not None:
        lines.append(SpokenLine(speech.say("words-previous", column=speech.named(page.previous))))
    return Section(speech.say("words-heading-money"), tuple(lines))


def who_section(speech: Speech) -> Section:
    """Say who takes part, and why the others do not."""
    lines = []
    for rule in speech.formula.eligible:
        condition = speech.expression(rule.where)
        if rule.reason is None:
            lines.append(SpokenLine(speech.say("words-eligible", condition=condition)))
        else:
            reason = speech.quoted(rule.reason[speech.language].rstrip("."))
            lines.append(SpokenLine(speech.say("words-eligible-reason", condition=condition, reason=reason)))
    everybody = (SpokenLine(speech.say("words-everybody")),)
    rows = [
        SpokenLine(speech.say(entry, rows=", ".join(map(speech.quoted, named))))
        for entry, named in (
            ("words-leave-out", speech.formula.leave_out),
            ("words-are-territories", speech.formula.are_territories),
        )
        if named
    ]
    return Section(speech.say("words-heading-who"), (*(tuple(lines) or everybody), *rows))


def first_section(speech: Speech) -> tuple[Section, Section]:
    """Say the variables, and the scales that they and others use."""
    variables = []
    for name, variable in speech.formula.variables.items():
        values = {"name": speech.titles.of(name), "expression": speech.expression(variable.value)}
        if variable.unit is None:
            variables.append(SpokenLine(speech.say("words-variable", **values)))
        else:
            variables.append(
                SpokenLine(speech.say("words-variable-unit", **values, unit=variable.unit[speech.language]))
            )
    tables = [
        SpokenLine(speech.say("words-table", name=speech.titles.in_words(name), steps=_steps(speech, table)))
        for name, table in speech.formula.tables.items()
    ]
    first = Section(speech.say("words-heading-variables"), tuple(variables))
    return first, Section(speech.say("words-heading-tables"), tuple(tables))


def _steps(speech: Speech, table: Table) -> str:
    values = [speech.number(value) for value in table.values]
    edges = [speech.number(edge) for edge in table.edges]
    pairs = list(zip(edges, values, strict=False))
    if table.kind == "weights":
        names = [speech.named(column) for column in table.columns]
        said = [
            speech.say("words-step-weight", name=name, value=value) for name, value in zip(names, values, strict=True)
        ]
    elif table.kind == "up_to":
        said = [speech.say("words-step-up-to", edge=edge, value=value) for edge, value in pairs]
    elif table.kind == "from":
        said = [speech.say("words-step-from", edge=edge, value=value) for edge, value in pairs]
    else:
        said = [speech.say("words-step-point", edge=edge, value=value) for edge, value in pairs]
        said.append(speech.say("words-step-straight"))
    if table.above is not None:
        said.append(speech.say("words-step-above", value=speech.number(table.above)))
    return "; ".join(said)


def figures_section(speech: Speech) -> Section:
    """Say the constants, and the source and standing of each figure; those of one source together."""
    page = speech.formula
    told: list[tuple[str, str]] = []
    if page.envelope is not None and (page.envelope.source or page.envelope.status):
        amount = speech.quantity(page.envelope.value) if page.envelope.value.number is not None else ""
        told.append((_valued(speech, speech.say("words-figure-envelope"), amount), _details(speech, page.envelope)))
    for name, constant in page.constants.items():
        unit = constant.unit[speech.language] if constant.unit else None
        value = speech.valued(float(constant.value), unit)
        told.append((_valued(speech, speech.titles.of(name), value), _details(speech, constant)))
    silent = []
    for name in sorted(page.names.columns, key=[*page.columns, *page.names.columns].index):
        column = page.columns.get(name)
        if column is not None and (column.source or column.status):
            told.append((_in_unit(speech, speech.titles.of(name), column), _details(speech, column)))
        elif name not in (page.key.column, page.name):
            silent.append(speech.titles.of(name))
    together: dict[str, list[str]] = {}
    for title, details in told:
        together.setdefault(details, []).append(title)
    lines = [
        SpokenLine(speech.say("words-figure", name="; ".join(titles), details=details))
        for details, titles in together.items()
    ]
    if silent:
        lines.append(SpokenLine(speech.say("words-figures-table", names=", ".join(silent))))
    return Section(speech.say("words-heading-figures"), tuple(lines))


def _valued(speech: Speech, name: str, value: str) -> str:
    return speech.say("words-figure-valued", name=name, value=value) if value else name


def _in_unit(speech: Speech, name: str, figure: Sourced) -> str:
    if figure.unit is None:
        return name
    in_unit = speech.say("words-figure-unit", value=figure.unit[speech.language])
    return speech.say("words-then", first=name, second=in_unit)


def _details(speech: Speech, figure: Sourced) -> str:
    if figure.source:
        details = [speech.say("words-figure-source", value=figure.source.rstrip("."))]
    else:
        details = [speech.say("words-figure-no-source")]
    if figure.date:
        details.append(speech.say("words-figure-date", value=figure.date))
    if figure.status:
        details.append(speech.say(f"words-status-{figure.status}"))
    return "; ".join(details)


def changes_section(speech: Speech) -> Section:
    """Say what overrides changed, place by place."""
    lines = tuple(
        SpokenLine(_change(speech, change)) for change in speech.formula.changes if change.where != "language"
    )
    return Section(speech.say("words-heading-changes"), lines)


def _change(speech: Speech, change: Change) -> str:
    place, key = _place(speech, change.where)
    before, after = _short(change.before, change.after), _short(change.after, change.before)
    if after is None:
        return speech.say("words-change-removed", place=place)
    if before is None and isinstance(after, str):
        return speech.say("words-change-added", place=place, after=_value(speech, key, after))
    if before is None:
        return speech.say("words-change-added-whole", place=place)
    if isinstance(before, str) and isinstance(after, str):
        told = {"before": _value(speech, key, before), "after": _value(speech, key, after)}
        return speech.say("words-change", place=place, **told)
    return speech.say("words-change-whole", place=place)


def _short(value: Any, beside: Any) -> Any:
    """Return the long form of a figure or a criterion as the short form that stands beside it."""
    if isinstance(value, Mapping) and isinstance(beside, str):
        return next((value[key] for key in ("value", "weight", "heading", "column") if key in value), value)
    return value


def _place(speech: Speech, where: str) -> tuple[str, str]:
    """Word a dotted path, and give its last key."""
    words: list[str] = []
    known: Any = speech.formula
    waiting = where.split(".")
    while waiting:
        key = waiting.pop(0)
        known = _below(known, key)
        if key in _NAMED and waiting:
            name = waiting.pop(0)
            known = _below(known, name)
            titles = speech.titles
            said = titles.of_family(name, known) if key == "families" else titles.of_thing(name, known)
            words.append(speech.say(f"words-place-{key}", name=speech.quoted(said)))
        elif key != "value" or not words:
            # What stands before it already says which value.
            words.append(
                speech.say(f"words-key-{key}")
                if has(f"words-key-{key}", speech.language)
                else speech.titles.in_words(key)
            )
    sentence = ", ".join(words)
    return sentence[:1].upper() + sentence[1:], where.rsplit(".", 1)[-1]


def _below(thing: Any, key: str) -> Any:
    """Follow one key of a path into the page; None where an override removed what stood there."""
    if isinstance(thing, Mapping):
        return thing.get(key)
    if isinstance(thing, tuple):
        return next((item for item in thing if getattr(item, "id", None) == key), None)
    return getattr(thing, key, None)


def _value(speech: Speech, key: str, value: object) -> str:
    text = str(value)
    if has(f"words-choice-{text}", speech.language):
        return speech.say(f"words-choice-{text}")
    numeric = re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text)
    if key in _EXPRESSIONS or numeric or key in ("envelope", "share", *speech.formula.variables):
        try:
            return speech.expression(Expression.parse(text))
        except FormulaError:
            return speech.quoted(text)
    return speech.quoted(text)


def checks_section(speech: Speech) -> Section:
    """Say what is checked on final amounts."""
    lines = []
    for check in speech.formula.checks:
        condition = speech.expression(check.that)
        if check.title is None:
            lines.append(SpokenLine(speech.say("words-check-bare", condition=condition)))
        else:
            title = check.title[speech.language].rstrip(".")
            lines.append(SpokenLine(speech.say("words-check", title=title, condition=condition)))
    return Section(speech.say("words-heading-checks"), tuple(lines))
