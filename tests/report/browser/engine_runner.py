"""Runs the engine in Chromium, and compares what it gives with Python."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from equite import Allocation, EquiteError, Formula, allocate, wording
from equite.report.browser.payload import payload_json
from equite.wording import LOCALES

Moves = Mapping[str, float]
#: Computes as decided, then after each of some moves, and says what Python must find the same.
RUN = """([text, moves]) => {
  const payload = JSON.parse(text);
  const decided = equite.verify(payload);
  const told = (moved) => {
    const found = equite.allocate(payload, moved), override = equite.overrideOf(payload, moved);
    const said = (language) => found.refused.problems.map((problem) => equite.say(payload, problem, language));
    return {
      codes: found.codes ?? [], units: Array.from(found.units ?? []),
      failing: (found.checks ?? []).map((check) => check.failing),
      refused: found.refused && Object.fromEntries(Object.keys(payload.locales).map((each) => [each, said(each)])),
      yaml: equite.yamlOf(override), back: equite.movesOf(payload, override),
    };
  };
  return JSON.stringify({ agrees: decided.agrees, differing: decided.differing, moved: moves.map(told) });
}"""


@dataclass(frozen=True)
class Decided:
    """A page, its table and what Python makes of them."""

    name: str
    formula: Formula
    table: Any
    allocation: Allocation

    @classmethod
    def of(cls, name: str, formula: Formula, table: Any) -> Decided:
        """Allocate."""
        return cls(name, formula, table, allocate(formula, table))


def ran(tab: Any, decided: Decided, moves: Sequence[Moves]) -> dict[str, Any]:
    """Run the engine on a page."""
    found: dict[str, Any] = json.loads(
        tab.evaluate(RUN, [payload_json(decided.allocation), [dict(each) for each in moves]])
    )
    return found


def unlike_python(tab: Any, decided: Decided, moves: Sequence[Moves]) -> Iterable[str]:
    """Tell what differs from Python, as decided and after moves: units, promises, refusals, overrides and back."""
    found = ran(tab, decided, moves)
    if not found["agrees"]:
        yield f"{decided.name}: as decided, {found['differing'][:5]}"
    values = {each["id"]: each["value"] for each in parameters(decided)}
    for moved, told in zip(moves, found["moved"], strict=True):
        about = f"{decided.name}, {dict(moved)}"
        changed = {name: value for name, value in moved.items() if value != values[name]}
        if told["back"] != {"moves": changed, "refused": []}:
            yield f"{about}: read back as {told['back']}"
        yield from (f"{about}: {each}" for each in _unlike(decided, told))


def _unlike(decided: Decided, told: Mapping[str, Any]) -> Iterable[str]:
    try:
        expected = allocate(overlaid(decided.formula, told["yaml"]), decided.table)
    except EquiteError as error:
        wanted = {language: sentences(error, language) for language in LOCALES}
        if told["refused"] is None or {key: unique(each) for key, each in told["refused"].items()} != wanted:
            yield f"refused by {told['refused']}, and by Python: {wanted}"
        return
    if told["refused"] is not None:
        yield f"refused by {told['refused']}"
    elif told["codes"] != list(expected.codes) or told["units"] != expected.units.tolist():
        units = dict(zip(told["codes"], told["units"], strict=True))
        pairs = zip(expected.codes, expected.units.tolist(), strict=True)
        yield f"units {[(code, value, units.get(code)) for code, value in pairs if units.get(code) != value][:5]}"
    elif told["failing"] != [list(check.failing) for check in expected.checks]:
        yield f"promises {told['failing']}"


def overlaid(formula: Formula, override: str) -> Formula:
    """Lay what the engine exported over a page, as ``--override`` does."""
    from equite.formula import loading

    keys = loading.read_page("override", text=override or "{}").content
    return formula.replace(keys) if keys else formula


def sentences(error: EquiteError, language: str) -> list[str]:
    """Say an error without the file and its lines, which a browser does not have."""
    spoken = wording.as_spoken_by(error.language, language)
    return unique(replace(problem, file="", line=None).text(spoken) for problem in error.problems)


def unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def parameters(decided: Decided) -> list[dict[str, Any]]:
    """Give what may be moved of a page."""
    from equite.report.browser.parameters import parameters_data

    return parameters_data(decided.formula)


def drawn_moves(decided: Decided, seed: str, most: int) -> list[dict[str, float]]:
    """Draw moves, of as many kinds of parameters as there are; some cannot be met."""
    random, kinds = Random(seed), dict[tuple[Any, ...], list[dict[str, Any]]]()
    every = parameters(decided)
    for each in every:
        kinds.setdefault((each["kind"], each["place"][0], each["holds"], "nth" in each), []).append(each)
    moves = [{each["id"]: _moved(random, each)} for each in map(random.choice, kinds.values())]
    random.shuffle(moves)
    together = random.sample(every, 2) if len(every) > 1 else []
    return [*moves[: most - 1], *([{each["id"]: _nudged(random, each) for each in together}] if together else [])][
        :most
    ]


def _nudged(random: Random, parameter: Mapping[str, Any]) -> float:
    value = parameter["value"] * random.choice([0.8, 1.25, 1.5])
    return round(value) if parameter["id"] == "envelope" else round(value, 4)


def _moved(random: Random, parameter: Mapping[str, Any]) -> float:
    value = parameter["value"]
    if parameter["id"] == "envelope":
        found = random.choice([round(value * 1.1), round(value / 2), value * 2, 0, round(value) + 0.5, -5])
    else:
        lower = -1 if parameter["kind"] == "weight" else round(value * 0.9, 2)
        found = random.choice([round(value * 1.1, 3), round(value / 2, 4), value * 2, value + 1, 0, lower])
    return float(found)
