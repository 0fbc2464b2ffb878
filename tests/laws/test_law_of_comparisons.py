"""The law: what a page decides is what exact arithmetic on its figures, as typed, decides."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from choices import Choices, drawn
from drawing import TABLES, Drawn, table, tables
from exact_arithmetic import Number, halves_away, truth, typed
from hypothesis import given, settings
from hypothesis import strategies as st

import equite

of_money = settings.get_profile("law-of-money")

Page = dict[str, Any]
WEIGHTS = {"a": 0.7, "b": 1.1, "n": 0.1}


def page_of(made: Drawn, **keys: Any) -> Page:
    page: Page = {"equite": 1, "id": "law", "language": "en", "key": "code", "rounding": {"to": "1"}}
    page |= {"tables": {**TABLES, "weights": WEIGHTS}, "variables": made.variables}
    page |= {"columns": {"g": {"kind": "text"}}, "parts": [{"id": "grant", "share": {"as_is": "1"}}]}
    return page | keys


def same(found: float, right: Number) -> bool:
    """Say whether a number is the right one, to its last bits; a missing one is missing."""
    if right is None or found != found:
        return right is None and found != found
    return abs(Fraction(found) - right) <= abs(right) / 2**50


@drawn
def decisions(choose: Choices) -> tuple[Drawn, dict[str, str]]:
    made = table(choose)
    return made, {f"decision{at}": made.decision() for at in range(5)}


@of_money
@given(decisions())
def test_every_decision_is_that_of_exact_arithmetic(case: tuple[Drawn, dict[str, str]]) -> None:
    made, texts = case
    page = page_of(made, variables=made.variables | texts)
    found = equite.allocate(page, made.frame()).variables
    for name, text in texts.items():
        for row, right in enumerate(made.exact.of(text)):
            told = f"{text} in row {row} is {right}, and the page says {found[name][row]}"
            assert same(found[name][row], right), told  # type: ignore[arg-type]


@drawn
def conditions(choose: Choices) -> tuple[Drawn, list[str]]:
    made = table(choose)
    made.whole_table = True
    return made, [f'default({made.condition(1)}, no) or code == "000"' for _ in range(2)]


@of_money
@given(conditions())
def test_who_takes_part_is_decided_exactly(case: tuple[Drawn, list[str]]) -> None:
    made, texts = case
    right = [all(map(truth, row)) for row in zip(*map(made.exact.of, texts), strict=True)]
    page = page_of(made, eligible=[{"where": text} for text in texts])
    page["variables"] = made.variables | {"stay": "count()"}
    allocation = equite.allocate(page, made.frame())
    assert list(allocation.codes) == [f"{row:03d}" for row, stays in enumerate(right) if stays]
    assert set(allocation.variables["stay"]) == {sum(right)}


@drawn
def entitlements(choose: Choices) -> tuple[Drawn, str, str]:
    made, unit = table(choose), choose.among(["0.01", "1", "0.25"])
    amount, half = made.number(2), choose.among(["0.5", "2.5", "1000.5", "0.5 - 3"])
    text = f"{amount} - {made.threshold(amount)} + ({half}) * {unit}"
    return made, f"default(clip({text}, -100000, 100000), 0)", unit


@of_money
@given(entitlements())
def test_entitlements_are_rounded_halves_away_from_zero(case: tuple[Drawn, str, str]) -> None:
    made, text, unit = case
    exact = [value / typed(unit) for value in made.exact.of(text)]  # type: ignore[operator]
    page = page_of(made, parts=[{"id": "grant", "share": {"as_is": text}}], rounding={"to": unit})
    assert equite.allocate(page, made.frame()).units.tolist() == [halves_away(value) for value in exact]


SCORES = ["n", "n * 0.1", "n * 0.3 / 0.7", "0.1 * n + 0.2 * n", "n * 0.7 + 0.1", "n / (n + 0.2)"]


@of_money
@given(tables(), st.sampled_from(SCORES), st.integers(1, 30_000_000), st.sampled_from(["0.01", "1"]))
def test_units_left_over_go_to_the_largest_remainders(made: Drawn, score: str, envelope: int, unit: str) -> None:
    scores = made.exact.of(score)
    units = envelope / typed(unit)
    quotas = [units * value / sum(scores) for value in scores]  # type: ignore[arg-type, operator]
    whole = [int(quota) for quota in quotas]
    order = sorted(range(len(quotas)), key=lambda row: (whole[row] - quotas[row], row))
    for row in order[: int(units) - sum(whole)]:
        whole[row] += 1
    page = page_of(made, envelope=envelope, rounding={"to": unit})
    page["parts"] = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": score}}]
    assert equite.allocate(page, made.frame()).units.tolist() == whole


@of_money
@given(tables(), st.integers(10, 3000), st.sampled_from(["0.01", "1"]))
def test_checks_on_final_amounts_are_exact(made: Drawn, envelope: int, unit: str) -> None:
    parts = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "n"}}]
    first = equite.allocate(page_of(made, envelope=envelope, rounding={"to": unit}, parts=parts), made.frame())
    exact = made.exact
    amounts: list[Any] = [int(units) * typed(unit) for units in first.units]
    known = replace(exact, columns={**exact.columns, "amount": amounts, "envelope": [Fraction(envelope)] * exact.size})
    half = f"{known.of('total(amount, by=g)')[0] / envelope}"  # type: ignore[operator]
    conditions = ["total(amount) == envelope", f"total(amount, by=g) >= {half} * envelope", "amount / n * n == amount"]
    conditions += ["amount == highest(amount) or amount < highest(amount)", "amount * 1.1 - amount * 0.1 >= amount"]
    conditions += ["total(amount) - amount == envelope - amount", "average(amount) * count() <= envelope"]
    page = page_of(made, envelope=envelope, rounding={"to": unit}, parts=parts)
    found = equite.allocate(page | {"checks": [{"that": condition} for condition in conditions]}, made.frame())
    for condition, check in zip(conditions, found.checks, strict=True):
        right = [truth(value) for value in known.of(condition)]  # type: ignore[arg-type]
        failing = tuple(f"{row:03d}" for row, holds in enumerate(right) if not holds)
        assert (condition, check.failing) == (condition, failing)
