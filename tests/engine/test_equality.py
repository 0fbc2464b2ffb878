"""Figures as typed, classes of equal values, sums of fractions, and bounds on the error of floats that do hold."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import equite
from equite.engine.equality import alike, alike_but_for_dust
from equite.engine.evaluation import MissingInAggregate
from equite.engine.exactness import Inexact, exact_sum, fractions_of
from equite.formula.expressions import Expression
from equite.inputs import figures as figures_module
from equite.inputs.figures import Ends, typed


@given(st.decimals("-99999999999", "99999999999", places=4), st.integers(-2, 2))
def test_a_figure_is_what_was_typed_whatever_dust_it_carries(figure: Decimal, dust: int) -> None:
    exact = float(figure)
    # Two binary places off, on figures of few digits: what a computed column of a frame holds.
    clean = not figure or len(figure.as_tuple().digits) > 14
    dusty = exact if clean else exact + dust * float(np.spacing(exact))
    assert typed(np.array([dusty]))[0] == exact
    assert fractions_of(typed(np.array([dusty])))[0] == Fraction(figure)


def test_figures_that_differ_stay_apart() -> None:
    money, shares = [25_000_000.00, 25_000_000.01], [0.1, 0.100000000000001, 1e-9, 1.00000000000001e-9]
    close = np.array([*money, *shares, 1e15 + 1, 1e15 + 2, 99_999_999_999.9998, 1e11])
    assert np.unique(typed(close)).size == close.size
    assert np.isnan(typed(np.array([np.nan, 0.1]))[0])


@pytest.mark.parametrize("at", [0, 3, 4, 9])
def test_dust_is_found_wherever_it_lies(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    # Several blocks, the last one short.
    monkeypatch.setattr(figures_module, "_BLOCK", 4)
    values = np.full(10, 0.5)
    assert typed(values, Ends.of(values)) is values
    values[at] = 0.1 + 0.2
    assert typed(values, Ends.of(values))[at] == 0.3


@given(st.lists(st.fractions(-1000, 1000, max_denominator=500), max_size=40))
def test_sums_of_fractions_are_exact(terms: list[Fraction]) -> None:
    assert exact_sum(terms) == sum(terms, Fraction(0))


def test_a_sum_that_would_not_end_is_not_begun() -> None:
    terms = [Fraction(1, 2**20_000 + at) for at in range(120)]
    with pytest.raises(Inexact):
        exact_sum(terms)


def test_equal_values_get_one_float_and_classes_are_cut_from_their_first() -> None:
    values = np.array([0.3, 0.1 + 0.2, 0.25, np.nextafter(0.3, 0)])
    assert len(set(alike_but_for_dust(values).tolist())) == 2
    # A chain, each near the next: what lies beyond the bound of the first begins a class of its own.
    chain = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert alike(chain, np.full(5, 0.5)).tolist() == [0, 0, 2, 2, 4]
    assert alike(chain[::-1].copy(), np.full(5, 0.5)).tolist() == [4, 2, 2, 0, 0]
    assert np.isnan(alike_but_for_dust(np.array([np.nan, 1.0]))[0])


def test_equal_values_stand_as_they_came_before_classes_are_cut() -> None:
    # Forty times 0.5, the first and the last with a wide bound: what lies just above is near both of these.
    values, bound = np.array([0.75, *([0.5] * 40)]), np.zeros(41)
    bound[[1, 40]] = 0.25
    assert alike(values, bound)[0] == 0.5


def test_exact_values_decide_where_they_are_known() -> None:
    values = np.array([0.3, 0.1 + 0.2, 0.30000000000000002])
    apart = [Fraction(3, 10), Fraction(3, 10) + Fraction(1, 10**17), Fraction(3, 10)]
    found = alike(values, np.full(3, 1e-15), lambda rows: np.array([apart[row] for row in rows], dtype=object))
    assert found[0] == found[2]


NUMBERS = st.sampled_from(["a", "b", "c", "0.1", "0.07", "29", "1000.25", "3"])
OPERATIONS = [
    "({} + {})", "({} - {})", "({} * {})", "({} / {})", "max({}, {})", "mean_of({}, {})", "total({}) * {}",
    "average({}) - {}", "({} - {}) ** 3", "sqrt(abs({} - {}))", "exp({} / 10000 - {} / 10000)",
]  # fmt: skip


@st.composite
def texts(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(NUMBERS)
    return draw(st.sampled_from(OPERATIONS)).format(draw(texts(depth - 1)), draw(texts(depth - 1)))


FIGURES = st.lists(st.decimals("-2000", "2000", places=3), min_size=4, max_size=4)


@given(texts(), FIGURES, FIGURES, FIGURES)
def test_no_float_lies_further_from_the_exact_value_than_its_bound(
    text: str, a: list[Decimal], b: list[Decimal], c: list[Decimal]
) -> None:
    table = {"code": ["A", "B", "C", "D"], "a": map(float, a), "b": map(float, b), "c": map(float, c)}
    table = {name: list(values) for name, values in table.items()}
    page = {"equite": 1, "id": "bound", "language": "en", "key": "code"}
    parts = [{"id": "p", "share": {"as_is": "0 * (a + b + c)"}}]
    scope = equite.allocate({**page, "parts": parts}, table).scope
    tree = Expression.parse(text).tree
    try:
        with np.errstate(all="ignore"):
            near = scope.equality.bounded.read(tree).rows(4)
    except MissingInAggregate:
        assume(False)
    rows = np.flatnonzero(~np.isnan(np.broadcast_to(scope.evaluate(tree), (4,))))
    try:
        exact = scope.equality.exact.read(tree, rows)
    except Inexact:
        assert "sqrt" in text or "exp" in text
        return
    for row, value in zip(rows, exact, strict=True):
        if np.isfinite(near.bound[row]):
            assert abs(Fraction(float(near.value[row])) - value) <= Fraction(float(near.bound[row]))


def test_a_name_that_stands_twice_in_another_is_worked_out_once() -> None:
    # Forty doublings of a + 0.1: read anew at each place they would be 2^40 readings.
    variables = {"v0": "a + 0.1"} | {f"v{at}": f"v{at - 1} + v{at - 1}" for at in range(1, 41)}
    page = {"equite": 1, "id": "chain", "language": "en", "key": "code", "variables": variables}
    page |= {"eligible": [{"where": "v40 - 2 * v39 == 0"}], "parts": [{"id": "p", "share": {"as_is": "v40"}}]}
    found = equite.allocate(page, {"code": ["A", "B"], "a": [0.2, 0.7]})
    assert found.amounts.tolist() == [round(2**40 * 0.3, 2), round(2**40 * 0.8, 2)]
