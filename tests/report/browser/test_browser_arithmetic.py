"""The engine counts as Python does: sums, the kernel, remainders, equal values, halves and figures, bit by bit."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from engine_runner import Decided, ran

import equite
from equite import Formula, wording
from equite.engine.equality import alike
from equite.engine.rounding import largest_remainders, round_half_away
from equite.engine.sharing import Groups, solve
from equite.inputs.figures import typed
from equite.report.browser.payload import payload_of
from equite.wording import LOCALES

pytestmark = pytest.mark.browser

REGION = Path(equite.__file__).parents[1] / "examples" / "region_13"


@pytest.fixture(scope="module")
def region() -> Decided:
    return Decided.of("region", Formula.read(REGION / "half_salary.yaml"), REGION / "territories.csv")


def figures(count: int) -> list[float]:
    """Draw numbers as people type them, and as arithmetic leaves them."""
    random = Random("figures")
    typed_ones = [round(random.uniform(-1e6, 1e6), random.randint(0, 6)) for _ in range(count)]
    dusty = [0.1 * random.randint(1, 99) + 0.2 for _ in range(count)]
    wide = [random.uniform(-1, 1) * 10.0 ** random.randint(-20, 20) for _ in range(count)]
    halves = [random.randint(-999, 999) / 2 * 10.0 ** random.randint(-3, 3) for _ in range(count)]
    return [*typed_ones, *dusty, *wide, *halves, 1.005, 2.675, 0.07 * 100, 1e-5, 1e21, -0.0]


def floats(found: list[float]) -> list[float]:
    """Read what came from a browser: a large whole number comes as the digits that JavaScript writes of it."""
    return [float(each) for each in found]


def test_sums_are_numpys_bit_by_bit(tab: Any) -> None:
    lists = [figures(250)[:length] for length in (1, 7, 8, 9, 127, 128, 129, 130, 255, 300, 1000)]
    found = tab.evaluate("lists => lists.map((each) => equite.sum(Float64Array.from(each)))", lists)
    assert floats(found) == [float(np.array(each).sum()) for each in lists]


def test_figures_are_read_as_they_were_typed(tab: Any) -> None:
    values = figures(500)
    found = tab.evaluate("values => values.map(equite.typedFigure)", values)
    assert floats(found) == typed(np.array(values)).tolist()


@pytest.mark.parametrize("digits", [-2, 0, 1, 2])
def test_halves_go_away_from_zero(tab: Any, digits: int) -> None:
    values = figures(500)
    found = tab.evaluate(
        "([values, digits]) => values.map((each) => equite.roundHalfAway(each, digits))", [values, digits]
    )
    assert floats(found) == round_half_away(np.array(values), digits).tolist()


def kernels(count: int) -> list[list[Any]]:
    """Draw fixed parts, scores, bounds and money; many rows meet a bound, some have no score."""
    random, found = Random("kernels"), list[list[Any]]()
    for _ in range(count):
        size, has_bounds = random.randint(1, 300), random.random() < 0.8
        fixed = [random.choice([0.0, round(random.uniform(-50, 50), 2)]) for _ in range(size)]
        score = [
            random.choice([0.0, random.random(), random.random() * 1e3, random.random() * 1e-3]) for _ in range(size)
        ]
        lower = [
            random.choice([-np.inf, round(random.uniform(0, 40), 1)]) if has_bounds else -np.inf for _ in range(size)
        ]
        upper = [max(low, random.choice([np.inf, round(random.uniform(0, 90), 1)])) for low in lower]
        upper = upper if has_bounds else [np.inf] * size
        found.append([fixed, score, lower, upper, round(random.uniform(-20, 60) * size, 2)])
    return found


def test_the_kernel_is_pythons_bit_by_bit(tab: Any) -> None:
    # Infinite bounds do not pass as JSON.
    cases = kernels(120)
    sent = json.dumps(
        [[f, s, [max(x, -1e308) for x in lo], [min(x, 1e308) for x in hi], m] for f, s, lo, hi, m in cases]
    )
    run = """text => JSON.parse(text).map(([fixed, score, lower, upper, money]) => {
      const open = (values) => Float64Array.from(values, (each) => (Math.abs(each) === 1e308 ? each * 10 : each));
      const of = (values) => Float64Array.from(values), { Groups, solve } = equite.kernel;
      const all = Groups.single(fixed.length);
      const { amounts, level, gap } = solve(of(fixed), of(score), open(lower), open(upper), of([money]), all);
      return [Array.from(amounts), level[0], gap[0]];
    })"""
    for case, (amounts, level, gap) in zip(cases, tab.evaluate(run, sent), strict=True):
        arrays = [np.array(each) for each in case[:4]]
        expected = solve(*arrays, np.array([case[4]]), Groups.single(len(case[0])))
        assert floats(amounts) == expected.amounts.tolist()
        assert floats([level, gap]) == [expected.level[0], expected.gap[0]]


def test_remainders_that_are_equal_but_for_dust_go_in_code_order(tab: Any) -> None:
    random, cases = Random("remainders"), []
    for _ in range(80):
        size, edge = random.randint(2, 12), (random.randint(0, 40) + 0.5) * 4e-9
        remainders = [edge * (1 + random.choice([-1, 0, 1]) * 2.0**-50) for _ in range(size)]
        remainders = (
            remainders
            if random.random() < 0.5
            else [random.choice([0.3, 0.1 + 0.2, 0.3 - 1e-16, 0.8]) for _ in range(size)]
        )
        shares = [7 + each for each in remainders]
        cases.append([shares, 7 * size + random.randint(0, size)])
    run = """cases => cases.map(([shares, total]) => Array.from(equite.kernel.largestRemainders(
      Float64Array.from(shares), Float64Array.of(total), equite.kernel.Groups.single(shares.length))))"""
    for (shares, total), found in zip(cases, tab.evaluate(run, cases), strict=True):
        expected = largest_remainders(np.array(shares), np.array([total]), Groups.single(len(shares)))
        assert found == expected.tolist()


def test_values_inside_their_bounds_are_given_one_float(tab: Any) -> None:
    random, cases = Random("alike"), []
    for _ in range(80):
        values = [random.choice([0.3, 0.1 + 0.2, 0.6, 0.3 * 2, 0.1 * 6, 0.7]) for _ in range(random.randint(1, 20))]
        cases.append([values, [random.choice([0.0, 1e-16, 2e-16]) for _ in values]])
    run = """cases => cases.map(([values, bounds]) => Array.from(
      equite.kernel.alikeOf(Float64Array.from(values), Float64Array.from(bounds))))"""
    found = tab.evaluate(run, cases)
    assert found == [alike(np.array(values), np.array(bounds)).tolist() for values, bounds in cases]


RANKED = """
equite: 1
id: ranked
language: en
key: code
envelope: 100
variables: {joint: a + b}
parts: [{id: p, pool: remainder, share: {in_proportion_to: rank(joint)}}]
rounding: {to: 1}
"""


def test_computed_values_that_are_equal_share_a_rank(tab: Any) -> None:
    # In floats 0.1 + 0.2 is more than 0.3.
    table = {"code": ["A", "B", "C"], "a": [0.1, 0.3, 0.2], "b": [0.2, 0.0, 0.1]}
    decided = Decided.of("ranked", Formula.from_text(RANKED), table)
    assert decided.allocation.units.tolist() == [34, 33, 33]
    assert ran(tab, decided, [])["agrees"] is True


@pytest.mark.parametrize("language", list(LOCALES))
@pytest.mark.parametrize("digits", [None, 0, 2])
def test_numbers_are_written_as_python_writes_them(
    tab: Any, region: Decided, language: str, digits: int | None
) -> None:
    values = [each for each in figures(300) if abs(each) < 1e15]
    locale = payload_of(region.allocation)["locales"][language]
    run = "([values, locale, digits]) => values.map((each) => equite.numeral(each, locale, digits))"
    assert tab.evaluate(run, [values, locale, digits]) == [wording.numeral(each, language, digits) for each in values]
    run = "([values, locale]) => values.map((each) => equite.moneyText(each, locale, 2))"
    money = [wording.money(each, language, region.formula.currency, 2) for each in values]
    assert tab.evaluate(run, [values, locale]) == money
