"""Bounds on the error of floats where no fraction is exact: they hold, and they are no wider than they need to be."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.engine.exactness import Inexact
from equite.engine.functions import FUNCTIONS
from equite.engine.nearness import Near
from equite.engine.sharing import Floats
from equite.formula.expressions import Expression

ROUNDOFF = 2.0**-53
FIGURES = {"a": ["0.7", "29.15", "1000.25"], "b": ["0.3", "0.07", "12.5"], "w": ["3", "10", "25"]}


def read(text: str) -> Near:
    """Give a tree's values and bounds for three territories."""
    table = {"code": ["A", "B", "C"]} | {name: list(map(float, figures)) for name, figures in FIGURES.items()}
    page = {"equite": 1, "id": "bound", "language": "en", "key": "code"}
    parts = [{"id": "p", "share": {"as_is": "0 * (a + b + w)"}}]
    scope = equite.allocate({**page, "parts": parts}, table).scope
    return scope.equality.bounded.read(Expression.parse(text).tree).rows(3)


# What a tree is in decimals of fifty digits, and how many roundings of its value its bound may come to.
TREES: list[tuple[str, Callable[[Decimal, Decimal, Decimal], Decimal], float]] = [
    ("a ** 0.3", lambda a, b, w: a ** Decimal("0.3"), 16),
    ("a ** -0.3", lambda a, b, w: a ** Decimal("-0.3"), 16),
    ("w ** 0.3", lambda a, b, w: w ** Decimal("0.3"), 16),
    ("w ** 0.5", lambda a, b, w: w.sqrt(), 8),
    ("w ** -1.5", lambda a, b, w: w ** Decimal("-1.5"), 16),
    ("(a * 3) ** b", lambda a, b, w: (a * 3) ** b, 500),
    # What is left of a sum has the error of its terms, and the power of what is left magnifies it.
    ("(a + 100000 - 100000) ** 0.3", lambda a, b, w: a ** Decimal("0.3"), 1e7),
    ("(a + 100000 - 100000) ** -0.3", lambda a, b, w: a ** Decimal("-0.3"), 1e7),
    ("(a + 100000 - 100000) ** (0 - b)", lambda a, b, w: a**-b, 1e9),
    ("w ** (b + 100000 - 100000)", lambda a, b, w: w**b, 1e8),
    ("a ** (0 - b)", lambda a, b, w: a**-b, 500),
    ("(0 - a) ** w", lambda a, b, w: (-a) ** w, 500),
    ("log(a + 100000 - 100000)", lambda a, b, w: a.ln(), 1e7),
    ("exp(b + 100000 - 100000)", lambda a, b, w: b.exp(), 1e7),
    ("sqrt(a + 100000 - 100000)", lambda a, b, w: a.sqrt(), 1e7),
    ("(a + 100000 - 100000) ** 3", lambda a, b, w: a**3, 1e7),
    ("a ** -3", lambda a, b, w: 1 / a**3, 40),
    ("w ** -3", lambda a, b, w: 1 / w**3, 4),
    ("a ** 3", lambda a, b, w: a**3, 16),
    ("log(a)", lambda a, b, w: a.ln(), 16),
    ("log(w)", lambda a, b, w: w.ln(), 8),
    ("exp(b)", lambda a, b, w: b.exp(), 40),
    ("sqrt(a)", lambda a, b, w: a.sqrt(), 8),
    ("a / b", lambda a, b, w: a / b, 8),
    ("a - b", lambda a, b, w: a - b, 8),
    ("mean_of(a, b, w)", lambda a, b, w: (a + b + w) / 3, 16),
    ("trimmed_mean(a, b, w)", lambda a, b, w: sorted((a, b, w))[1], 300),
    ("median_of(a, b, w)", lambda a, b, w: sorted((a, b, w))[1], 300),
    ("where(w > 5, a, b)", lambda a, b, w: a if w > 5 else b, 8),
    ("clip(a, b, w)", lambda a, b, w: min(max(a, b), w), 8),
    ("max(0.001, b - 100000)", lambda a, b, w: max(Decimal("0.001"), b - 100000), 1),
    ("min(a, 100000 * w + b)", lambda a, b, w: a, 1),
]


@pytest.mark.parametrize(("text", "exactly", "most"), TREES, ids=[text for text, *_ in TREES])
def test_a_bound_holds_and_is_small(text: str, exactly: Callable[..., Decimal], most: float) -> None:
    near = read(text)
    with localcontext() as context:
        context.prec = 50
        for row in range(3):
            exact = exactly(*(Decimal(figures[row]) for figures in FIGURES.values()))
            assert abs(Decimal(float(near.value[row])) - exact) <= Decimal(float(near.bound[row]))
            # In floats, the value of log(0.7) is of the size of its argument's error, not of its own.
            assert near.error[row] <= most * ROUNDOFF * max(abs(float(exact)), 1e-4 if "log" not in text else 1.0)


def test_a_whole_power_of_whole_numbers_has_no_error() -> None:
    assert read("w ** 3").error.tolist() == [0, 0, 0]
    assert read("w ** 3").value.tolist() == [27, 1000, 15625]
    # Beyond 2^53 it is rounded: 25 ** 12 is 5.96e16.
    assert read("w ** 12").error[2] > 0
    assert read("a ** 2").error[0] > 0


@pytest.mark.parametrize(("text", "value"), [("highest(a)", 1000.25), ("lowest(b)", 0.07), ("median(a)", 29.15)])
def test_an_extreme_moves_no_more_than_the_farthest_of_its_figures(text: str, value: float) -> None:
    near = read(text)
    largest = max(float(figure) for figure in FIGURES["a" if "a)" in text else "b"])
    assert near.value[0] == value
    assert ROUNDOFF * largest <= near.error[0] <= 8 * ROUNDOFF * largest


def test_an_average_of_negative_figures_is_bounded_by_their_size() -> None:
    for text in ("highest(-a)", "median(-a)", "lowest(-a)"):
        assert read(text).error[0] >= ROUNDOFF * 1000.25


def test_a_function_is_quiet_by_itself() -> None:
    with np.errstate(all="raise"):
        assert np.isnan(FUNCTIONS["log"](np.array([0.0, -1.0]))).all()


def test_totals_and_averages_of_whole_numbers() -> None:
    # 3 + 10 + 25 is 38; weighed by themselves (9 + 100 + 625) / 38.
    assert read("total(w)").value[0] == 38
    assert read("total(w)").error[0] == 0
    average = read("average(w, weights=w)")
    assert average.value[0] == pytest.approx(734 / 38)
    assert 0 < average.error[0] <= 4 * ROUNDOFF * 20
    assert read("total(a, weights=w)").error[0] > 0


@given(st.floats(-1e9, 1e9), st.floats(0, 1e-3))
def test_a_difference_is_a_sum_with_the_other_turned(value: float, error: float) -> None:
    one, other = Near(np.array([value]), np.array([error])), Near(np.array([2.5]), np.array([0.25]))
    assert (one - other).value[0] == value - 2.5
    assert (one - other).error[0] >= error + 0.25


values, errors = st.integers(-5, 5).map(float), st.sampled_from([0.0, 1e-9, 0.5, 4.0])
shares = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])


@given(values, errors, shares, values, errors, shares)
def test_the_larger_and_the_smaller_of_two_lie_within_their_bounds(
    value: float, error: float, share: float, other: float, its_error: float, its_share: float
) -> None:
    one, two = Near(np.array([value]), np.array([error])), Near(np.array([other]), np.array([its_error]))
    # Wherever in their bounds the exact ones lie.
    exact, its_exact = value + share * error, other + its_share * its_error
    for found, right in ((one.greatest(two), max(exact, its_exact)), (one.least(two), min(exact, its_exact))):
        assert abs(found.value[0] - right) <= found.bound[0] + 1e-12


def test_a_sum_of_figures_is_rounded_however_it_is_written() -> None:
    for text in ("a + b", "sum_of(a, b)", "total(a)"):
        assert (read(text).error > 0).all(), text


def test_no_bound_is_below_zero() -> None:
    # The logarithm of 1 is 0: nothing is rounded but what floats cannot write.
    assert Near(np.array([1.0]), np.array([0.0])).through(np.array([0.0]), np.array([1.0])).error[0] > 0


def test_what_is_cut_off_at_zero_is_zero_without_error() -> None:
    """Otherwise each territory above a cut-off would be worked out again in fractions."""
    for text in ("max(0, b - 1000)", "a * max(0, b - 1000)", "min(1.2, a) * max(0, 2 - a / (b - 100)) * 0"):
        assert read(text).error.tolist() == [0, 0, 0], text


def test_a_value_between_several_may_be_as_far_off_as_the_worst_of_them() -> None:
    def near(value: float, error: float) -> Near:
        return Near(np.array([value]), np.array([error]))

    def bound(*nears: Near) -> Floats:
        return Near.middling(np.array([2.0]), nears).error

    # The first counts as each other does, and so does the size of a negative one.
    assert bound(near(1, 0.5), near(2, 0.1), near(3, 0.1))[0] >= 0.5
    assert bound(near(1, 0.1), near(2, 0.5), near(3, 0.1))[0] >= 0.5
    assert bound(near(1, 0.1), near(2, 0.1), near(3, 0.5))[0] >= 0.5
    assert bound(near(-1e9, 0), near(2, 0), near(3, 0))[0] >= ROUNDOFF * 1e9
    grouped = near(-1e9, 0.25).by_group(np.array([-1e9]), np.array([0]), 1)
    assert grouped.error[0] >= 0.25 + ROUNDOFF * 1e9


def test_whole_numbers_beyond_what_floats_hold_are_not_exact() -> None:
    # Above 2^53 every other whole number is missing: 2^53 + 1 is 2^53 in floats.
    large = Near(np.array([2.0**53 - 1]), np.array([0.0]))
    two = Near(np.array([2.0]), np.array([0.0]))
    assert (large + two).error[0] > 0
    assert (large - two).error[0] == 0
    # 2^53 - 1 and 2, summed, come out as 2^53 too.
    rows = Near(np.array([2.0**53 - 1, 2.0]), np.array([0.0, 0.0]))
    assert rows.summed(np.array([0, 0]), 1).error[0] > 0
    assert Near(np.array([2.0**30 + 1]), np.array([0.0])).power(2).error[0] > 0
    assert Near(np.array([0.5]), np.array([0.0])).power(2).error[0] > 0
    assert Near(np.array([3.0]), np.array([0.0])).power(2).error[0] == 0
    # Half of a whole number is none.
    assert (Near(np.array([1.0]), np.array([0.0])) * Near(np.array([0.1]), np.array([0.0]))).error[0] > 0


def test_a_score_is_as_far_off_as_its_scale_is_narrow() -> None:
    # From 1,000,000.1 to 1,000,000.3: what lies a rounding off beside a million lies five million roundings off beside
    # the range of 0.2. From 1 to 1.5 it is three.
    page = {"equite": 1, "id": "narrow", "language": "en", "key": "code", "envelope": 10}
    parts = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "1 + need"}}]
    for figures, magnified in (([1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3], 5e6), ([1.0, 1.25, 1.5], 3), ([0.0, 1.0, 5.0], 1)):
        index = {"criteria": {"a": {"weight": 1, "normalise": "min-max"}}}
        table = {"code": ["A", "B", "C"], "a": figures}
        scope = equite.allocate({**page, "parts": parts, "indices": {"need": index}}, table).scope
        near = scope.equality.bounded.read(Expression.parse("need").tree)
        assert near.error[0] == pytest.approx(64 * 2 * magnified * ROUNDOFF, rel=1e-5, abs=0)


def _compared(text: str) -> list[float]:
    table = {"code": ["A", "B", "C"]} | {name: list(map(float, figures)) for name, figures in FIGURES.items()}
    page = {"equite": 1, "id": "bound", "language": "en", "key": "code"}
    parts = [{"id": "p", "share": {"as_is": "0 * (a + b + w)"}}]
    scope = equite.allocate({**page, "parts": parts}, table).scope
    found: list[float] = scope.rows(Expression.parse(text).tree).tolist()
    return found


def test_what_is_decided_is_a_figure_of_which_fractions_are_made() -> None:
    # Ranks and counts are whole numbers: what is left of 0.1 + 0.2 beside 0.3 is told exactly, not taken for equal.
    assert _compared("rank(w) * 0 + 0.1 + 0.2 + 0.00000000000000001 > 0.3") == [1, 1, 1]
    assert _compared("count(w > 5) * 0 + 0.1 + 0.2 > 0.3") == [0, 0, 0]
    assert _compared("count(w > 5) * 0 + 0.1 + 0.2 + 0.00000000000000001 > 0.3") == [1, 1, 1]
    assert _compared("default(null, a) - a == 0") == [1, 1, 1]
    assert _compared("default(a, b) * 3 - a * 3 + 0.00000000000000001 > 0") == [1, 1, 1]
    assert _compared("mean_of(a, b) * 2 - a - b + 0.00000000000000001 > 0") == [1, 1, 1]


def test_a_number_of_too_many_digits_is_not_worked_out() -> None:
    # 3 has two binary digits (and one below the line), 10 has four: 20,000 times five is beyond 65,536.
    table = {"code": ["A", "B"], "w": [3, 10]}
    page = {
        "equite": 1,
        "id": "bound",
        "language": "en",
        "key": "code",
        "parts": [{"id": "p", "share": {"as_is": "w"}}],
    }
    scope = equite.allocate(page, table).scope
    tree = Expression.parse("w ** (20000 + 0 * w)").tree
    assert scope.equality.exact.read(tree, np.array([0]))[0] == 3**20000
    with pytest.raises(Inexact):
        scope.equality.exact.read(tree, np.array([1]))
