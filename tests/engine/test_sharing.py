"""The kernel against an independent solver, exact rationals and brute force."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import equite
from equite.engine.sharing import Groups, solve

of_money = settings.get_profile("law-of-money")

money = st.floats(0, 1e9, allow_nan=False, width=32)


@st.composite
def problems(draw: st.DrawFn, most: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """Draw b, s, lo, hi and an amount that some level L >= 0 spends."""
    size = draw(st.integers(1, most))
    column = st.lists(money, min_size=size, max_size=size)
    fixed, score, low, width = (np.array(draw(column), dtype=float) for _ in range(4))
    # Own resources (b < 0), rows without a score, open bounds: each with its own chance.
    fixed *= draw(st.sampled_from([0.0, 1.0, -1.0]))
    score[np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))] = 0
    low = np.where(draw(st.lists(st.booleans(), min_size=size, max_size=size)), -np.inf, low)
    high = np.where(draw(st.lists(st.booleans(), min_size=size, max_size=size)), np.inf, np.maximum(low, 0) + width)
    level = draw(st.floats(0, 100, allow_nan=False, width=32))
    amount = float(np.clip(fixed + level * score, low, high).sum())
    assume(np.isfinite(amount) and (score > 0).any())
    return fixed, score, low, high, amount


def largest(fixed: np.ndarray, amount: float, amounts: np.ndarray) -> float:
    """Give the largest number in play: b + L s is told apart no finer than b itself."""
    return max(1.0, abs(amount), float(np.abs(fixed).max()), float(np.abs(amounts).max()))


@of_money
@given(problems())
def test_amounts_sum_to_the_amount_and_bounds_hold(problem: tuple) -> None:
    fixed, score, low, high, amount = problem
    found = solve(fixed, score, low, high, np.array([amount]), Groups.single(score.size))
    scale = largest(fixed, amount, found.amounts)
    assert abs(found.amounts.sum() - amount) <= 1e-11 * scale * score.size
    assert found.gap[0] == 0
    assert (found.amounts >= low).all() and (found.amounts <= high).all()


@of_money
@given(problems())
def test_every_amount_is_that_of_one_level(problem: tuple) -> None:
    fixed, score, low, high, amount = problem
    found = solve(fixed, score, low, high, np.array([amount]), Groups.single(score.size))
    again = np.clip(fixed + found.level[0] * score, low, high)
    scale = largest(fixed, amount, found.amounts)
    assert np.abs(again - found.amounts).max() <= 1e-9 * scale


@of_money
@given(problems())
def test_agrees_with_brentq(problem: tuple) -> None:
    fixed, score, low, high, amount = problem

    def excess(level: float) -> float:
        return float(np.clip(fixed + level * score, low, high).sum() - amount)

    top = 101.0
    assume(excess(0.0) < 0 < excess(top))
    level = brentq(excess, 0.0, top, xtol=1e-14, rtol=1e-15)
    found = solve(fixed, score, low, high, np.array([amount]), Groups.single(score.size))
    scale = max(1.0, abs(amount), np.abs(fixed).max())
    assert np.abs(np.clip(fixed + level * score, low, high) - found.amounts).max() <= 1e-8 * scale


@of_money
@given(st.data())
def test_agrees_with_exact_rationals(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 7))
    whole = st.integers(0, 50)
    score = data.draw(st.lists(st.integers(1, 20), min_size=size, max_size=size))
    low = data.draw(st.lists(whole, min_size=size, max_size=size))
    high = [floor + data.draw(whole) for floor in low]
    amount = data.draw(st.integers(sum(low), sum(high)))
    exact = _exactly(score, low, high, amount)
    found = equite.share(amount, score, lower=low, upper=high)
    assert np.abs(found.amounts - np.array([float(value) for value in exact])).max() <= 1e-9


def _exactly(score: list[int], low: list[int], high: list[int], amount: int) -> list[Fraction]:
    """Solve on sorted breakpoints with rationals: another way than the kernel's, without rounding."""
    points = sorted(
        {Fraction(edge, s) for s, *edges in zip(score, low, high, strict=True) for edge in edges} | {Fraction(0)}
    )

    def amounts(level: Fraction) -> list[Fraction]:
        return [min(max(level * s, Fraction(lo)), Fraction(hi)) for s, lo, hi in zip(score, low, high, strict=True)]

    before = points[0]
    for point in points:
        if sum(amounts(point)) >= amount:
            start, end = sum(amounts(before)), sum(amounts(point))
            share = Fraction(0) if end == start else Fraction(amount - start) / (end - start)
            return amounts(before + share * (point - before))
        before = point
    return amounts(points[-1])


@of_money
@given(st.data())
def test_agrees_with_brute_force_on_small_whole_numbers(data: st.DataObject) -> None:
    """Try who is at the floor, who at the cap and who is free, in every combination."""
    size = data.draw(st.integers(1, 4))
    whole = st.integers(0, 9)
    score = [data.draw(st.integers(1, 5)) for _ in range(size)]
    low = [data.draw(whole) for _ in range(size)]
    high = [floor + data.draw(whole) for floor in low]
    amount = data.draw(st.integers(sum(low), sum(high)))
    answers = set()
    for states in product(("low", "free", "high"), repeat=size):
        held = sum(low[at] if state == "low" else high[at] for at, state in enumerate(states) if state != "free")
        free = [at for at, state in enumerate(states) if state == "free"]
        level = Fraction(amount - held, sum(score[at] for at in free)) if free else None
        if level is None and amount != held:
            continue
        shares = [low[at] if state == "low" else high[at] for at, state in enumerate(states)]
        for at in free:
            shares[at] = level * score[at]
        if (
            level is not None
            and all(
                share == min(max(level * s, lo), hi) for share, s, lo, hi in zip(shares, score, low, high, strict=True)
            )
        ) or (level is None and (amount in (sum(low), sum(high)) or _some_level(shares, score, low, high))):
            answers.add(tuple(shares))
    assert len(answers) == 1
    found = equite.share(amount, score, lower=low, upper=high)
    assert found.amounts.tolist() == pytest.approx([float(value) for value in answers.pop()], abs=1e-9)


def _some_level(shares: list, score: list[int], low: list[int], high: list[int]) -> bool:
    """Tell whether one level puts everybody at the bounds where they stand."""
    rows = list(zip(shares, score, low, high, strict=True))
    at_least = max((Fraction(hi, s) for share, s, lo, hi in rows if share == hi > lo), default=Fraction(0))
    at_most = min((Fraction(lo, s) for share, s, lo, hi in rows if share == lo < hi), default=None)
    return at_most is None or at_least <= at_most


@of_money
@given(st.data())
def test_groups_solved_together_are_groups_solved_alone(data: st.DataObject) -> None:
    drawn = [data.draw(problems(5)) for _ in range(data.draw(st.integers(1, 4)))]
    columns = [np.concatenate([problem[at] for problem in drawn]) for at in range(4)]
    of = np.repeat(np.arange(len(drawn)), [problem[0].size for problem in drawn])
    amounts = np.array([problem[4] for problem in drawn])
    together = solve(*columns, amounts, Groups(of, len(drawn)))
    for at, problem in enumerate(drawn):
        alone = solve(*problem[:4], np.array([problem[4]]), Groups.single(problem[0].size))
        scale = largest(problem[0], problem[4], alone.amounts)
        assert np.abs(together.amounts[of == at] - alone.amounts).max() <= 1e-9 * scale


@of_money
@given(problems(), st.floats(1.0, 2.0))
def test_more_money_never_gives_anybody_less(problem: tuple, more: float) -> None:
    fixed, score, low, high, amount = problem
    one = Groups.single(score.size)
    first = solve(fixed, score, low, high, np.array([amount]), one)
    second = solve(fixed, score, low, high, np.array([amount + abs(amount) * (more - 1)]), one)
    scale = largest(fixed, amount, first.amounts)
    assert (second.amounts >= first.amounts - 1e-9 * scale).all()


def test_an_adversary_costs_rounds_and_not_correctness() -> None:
    """Breakpoints that only fall one at a time: the worst case of pegging."""
    size = 400
    score = 1.7 ** -np.arange(size, dtype=float)
    high = score * (1 + np.arange(size))
    amount = float(high.sum()) * 0.999
    found = solve(np.zeros(size), score, np.zeros(size), high, np.array([amount]), Groups.single(size))
    assert found.gap[0] == 0
    assert found.amounts.sum() == pytest.approx(amount, rel=1e-12)


def test_levels_up_the_poorest_first() -> None:
    # 100 raises 10 and 40 to a common 75; the one at 90 keeps its own.
    found = equite.share(100, [1, 1, 1], fixed=[-10, -40, -90], lower=0)
    assert found.level == pytest.approx(75)
    assert found.amounts.tolist() == pytest.approx([65, 35, 0])


def test_floor_and_ceiling_together() -> None:
    found = equite.share(100, [1, 2, 7], lower=[20, 0, 0], upper=[np.inf, np.inf, 50])
    assert found.amounts.tolist() == [20, 30, 50]
    assert found.at_lower.tolist() == [True, False, False]
    assert found.at_upper.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(amount=100, score=[1, 1], upper=[10, 20]), "ceilings"),
        (dict(amount=100, score=[0, 0]), "lack of any score"),
        (dict(amount=10, score=[1, 1], lower=[10, 20]), "floors"),
        (dict(amount=10, score=[1, 1], fixed=[10, 20]), "highest score would lose most"),
        (dict(amount=10, score=[1, -1]), "negative"),
        (dict(amount=10, score=[1, np.nan]), "missing or infinite"),
        (dict(amount=np.inf, score=[1, 1]), "missing or infinite"),
        (dict(amount=10, score=[1, 1], lower=[5, 5], upper=[1, 9]), "above its ceiling"),
    ],
)
def test_what_cannot_be_shared_is_refused_in_both_languages(arguments: dict, words: str) -> None:
    with pytest.raises(equite.SharingError) as caught:
        equite.share(**arguments)
    assert words in caught.value.text("en")
    assert caught.value.text("fr") != caught.value.text("en")
