"""Many exact values at once: what fractions say, or nothing."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.engine.equality import _rounded_exactly
from equite.engine.exact import Exact
from equite.engine.exactness import fractions_of
from equite.engine.ratios import Ratios, Unwieldy

columns = st.lists(
    st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 4)).map(lambda pair: pair[0] / 10 ** pair[1]),
    min_size=3,
    max_size=3,
).map(np.array)
numbers = st.tuples(st.integers(1, 999), st.integers(0, 3)).map(lambda pair: np.asarray(pair[0] / 10 ** pair[1]))


def fractions(ratios: Ratios) -> list[Fraction]:
    return [Fraction(int(top), ratios.bottom) for top in ratios.top]


@given(one=columns, two=columns, number=numbers)
def test_arithmetic_is_that_of_fractions(one, two, number):
    a, b, (c,) = list(fractions_of(one)), list(fractions_of(two)), fractions_of(number)
    first, second, third = Ratios.of_figures(one), Ratios.of_figures(two), Ratios.of_figures(number)
    assert fractions(first) == a
    assert fractions(first + second) == [x + y for x, y in zip(a, b, strict=True)]
    assert fractions(-first - second * third) == [-x - y * c for x, y in zip(a, b, strict=True)]
    assert fractions(first / third) == [x / c for x in a]
    assert fractions(first / -third) == [x / -c for x in a]


@given(values=columns, by=numbers, digits=st.integers(-3, 3), function=st.sampled_from(["floor", "ceil", "round"]))
def test_rounding_is_that_of_fractions(values, by, digits, function):
    (factor,) = fractions_of(by)
    exact = [_rounded_exactly(function, value / factor * Fraction(10) ** digits) for value in fractions_of(values)]
    assert (Ratios.of_figures(values) / Ratios.of_figures(by)).whole(function, digits).tolist() == exact


@pytest.mark.parametrize("figure", [np.nan, np.inf, 1e15, 0.1234567891, 1e-12])
def test_figures_of_many_digits_are_unwieldy(figure):
    with pytest.raises(Unwieldy):
        Ratios.of_figures(np.array([1.5, figure]))


def test_numbers_that_outgrow_62_bits_are_unwieldy_and_none_wraps():
    large = Ratios.of_figures(np.array([9e14, -9e14]))
    for grown in (lambda: large * large, lambda: large * Ratios(np.asarray(1), 1 << 62)):
        with pytest.raises(Unwieldy):
            grown()
    many = Ratios(np.array([1 << 61]), 1)
    with pytest.raises(Unwieldy):
        many + many
    with pytest.raises(Unwieldy):
        Ratios(np.array([1 << 61]), 3).whole("round", 0)


def test_division_by_zero_or_by_a_column_is_left_to_fractions():
    column = Ratios.of_figures(np.array([1.0, 2.0]))
    for divisor in (column, Ratios.of_figures(np.asarray(0.0))):
        with pytest.raises(Unwieldy):
            column / divisor


def test_bounds_that_fall_on_whole_units_are_told_without_fractions(monkeypatch):
    page = {
        "equite": 1, "id": "bounds", "language": "en", "key": "code", "previous": "before", "envelope": 600,
        "parts": [{"id": "grant", "pool": "remainder", "share": "equally"}],
        "limits": [{"id": "floor", "at_least": "0.07 * previous"}], "rounding": {"to": 1},
    }  # fmt: skip
    table = {"code": ["A", "B", "C"], "before": [5700, 17, 20]}
    with_fractions = equite.allocate(page, table).units.tolist()

    def refused(*_):
        raise AssertionError

    monkeypatch.setattr(Exact, "read", refused)
    assert equite.allocate(page, table).units.tolist() == with_fractions
    # In floats it lies above a whole number, and the next one would be owed.
    assert 0.07 * 5700 > 399
    assert with_fractions[0] == 399
