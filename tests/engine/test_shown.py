"""What is shown adds up across and down, whatever was shared: the laws of rounding along a running total."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import equite
from equite.engine.sharing import Groups
from equite.engine.shown import ShownStep, head_digits, moved_by, per_head_of, rounded, share_digits, shares_of

#: Laws of money: CI tries them more often.
law_of_money = settings(settings.get_profile("law-of-money"))
#: Money that floats hold with dust, quarters that meet halves exactly, thirds, and nothing.
MONEY = st.one_of(
    st.just(0.0),
    st.integers(-4_000_000, 4_000_000).map(lambda quarters: quarters / 4),
    st.integers(-3_000_000, 3_000_000).map(lambda thirds: thirds / 3),
    st.integers(-(10**9), 10**9).map(lambda tenths: tenths * 0.1 / 100),
)


@st.composite
def columns(draw: st.DrawFn) -> tuple[np.ndarray, Groups, int]:
    """Draw a column, its group envelopes and the decimals shown."""
    values = np.array(draw(st.lists(MONEY, min_size=1, max_size=40)))
    count = draw(st.integers(1, 4))
    of = np.array(draw(st.lists(st.integers(0, count - 1), min_size=values.size, max_size=values.size)), dtype=np.intp)
    return values, Groups(of, count), draw(st.sampled_from([0, 0, 2, 3]))


def half_away(exact: Fraction) -> int:
    """Round a fraction, halves away from zero."""
    whole = int((abs(exact) * 2 + 1) // 2)
    return whole if exact >= 0 else -whole


@law_of_money
@given(columns())
def test_a_column_adds_up_to_its_rounded_total_and_no_cell_is_a_unit_off(drawn: tuple[np.ndarray, Groups, int]) -> None:
    values, groups, digits = drawn
    shown, scale = ShownStep.of(values, groups, digits), 10.0**digits
    assert shown.total == pytest.approx(shown.cells.sum(), abs=1e-6)
    assert (np.abs(shown.cells - values) * scale <= 1 + 1e-6).all()
    assert not shown.cells[values == 0].any()
    assert not np.signbit(shown.cells[shown.cells == 0]).any()
    for group in range(groups.count):
        inside = groups.of == group
        assert abs(shown.whole[inside].sum() / scale - values[inside].sum()) * scale <= 0.5 + 1e-6


@law_of_money
@given(columns())
def test_what_is_negative_mirrors_what_is_positive(drawn: tuple[np.ndarray, Groups, int]) -> None:
    values, groups, digits = drawn
    assert (ShownStep.of(-values, groups, digits).whole == -ShownStep.of(values, groups, digits).whole).all()


@law_of_money
@given(columns())
def test_each_group_envelope_is_rounded_as_if_it_were_alone(drawn: tuple[np.ndarray, Groups, int]) -> None:
    values, groups, digits = drawn
    shown = ShownStep.of(values, groups, digits)
    for group in range(groups.count):
        inside = groups.of == group
        alone = ShownStep.of(values[inside], Groups.single(int(inside.sum())), digits)
        assert (shown.whole[inside] == alone.whole).all()


@law_of_money
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40), st.sampled_from([2, 4, 7, 8, 20, 1000]))
def test_halves_are_those_of_exact_arithmetic(tops: list[int], bottom: int) -> None:
    exact = [Fraction(top, bottom) for top in tops]
    wanted, total = [], Fraction(0)
    for value in exact:
        wanted.append(half_away(total + value) - half_away(total))
        total += value
    # Dust of the sums that a kernel makes: it puts halves on either side.
    values = np.array([float(value) for value in exact]) * (1 + np.resize([2.0**-52, -(2.0**-52), 0.0], len(exact)))
    assert ShownStep.of(values, Groups.single(values.size), 0).cells.tolist() == wanted


@law_of_money
@given(columns(), st.data())
def test_lines_add_up_to_their_cell(drawn: tuple[np.ndarray, Groups, int], data: st.DataObject) -> None:
    values, groups, digits = drawn
    row = data.draw(st.integers(0, values.size - 1))
    others = np.array(data.draw(st.lists(MONEY, max_size=8)))
    lines = np.append(others, values[row] - others.sum())
    shown, scale = ShownStep.of(values, groups, digits), 10.0**digits
    along = np.array(shown.along(row, lines.tolist()))
    assert np.rint(along * scale).sum() == shown.whole[row]
    assert (np.abs(along - lines) * scale <= 1 + 1e-3).all()
    assert not along[lines == 0].any()
    assert not np.signbit(along[along == 0]).any()
    assert (along * lines >= 0).all()


@law_of_money
@given(columns())
def test_a_cell_alone_is_the_cell_of_the_column(drawn: tuple[np.ndarray, Groups, int]) -> None:
    values, groups, digits = drawn
    shown = ShownStep.of(values, groups, digits)
    alone = [shown.cell(row) for row in range(values.size)]
    assert list(map(repr, alone)) == list(map(repr, shown.cells.tolist()))


def test_a_limit_that_only_moves_money_has_no_total() -> None:
    before = np.array([100.0, 200.0, 300.0, 0.1 + 0.2])
    after = np.array([110.0, 200 - 10 / 3, 300 - 20 / 3, 0.3])
    change = moved_by(before, after)
    assert change[3] == 0.0
    shown = ShownStep.of(change, Groups.single(4), 0)
    assert shown.cells.tolist() == [10, -3, -7, 0]
    assert shown.total == 0


PAGE = {
    "equite": 1,
    "id": "shown",
    "language": "en",
    "key": "code",
    "previous": "before",
    "people": "people",
    "rounding": {"to": 1},
    "indices": {"need": {"criteria": {"x": 1, "y": 2}}},
    "parts": [
        {"id": "base", "pool": {"fraction": "0.31"}, "share": "equally"},
        {
            "id": "equity",
            "pool": "remainder",
            "share": {"in_proportion_to": "people * (0.5 + need)"},
            "at_most": "4000",
        },
    ],
    "limits": [{"id": "floor", "at_least": "0.9 * previous", "if_short": "prorate"}],
    "if_over": "reserve",
}


@st.composite
def allocations(draw: st.DrawFn) -> tuple[dict[str, object], dict[str, list[object]]]:
    """Draw a page and a table, in one envelope or in several."""
    size = draw(st.integers(2, 12))

    def column(low: int, high: int) -> list[object]:
        return draw(st.lists(st.integers(low, high), min_size=size, max_size=size))

    rows = {"code": [f"{at:02}" for at in range(size)], "people": column(1, 90), "x": column(0, 9), "y": column(0, 3)}
    rows |= {"before": column(0, 2_000), "state": [f"s{at % 3}" for at in range(size)]}
    within = {"within": "state"} if draw(st.booleans()) and size >= 6 else {}
    to = draw(st.sampled_from(["1", "0.01", "100"]))
    return {**PAGE, **within, "envelope": draw(st.integers(20, 200)) * 100, "rounding": {"to": to}}, rows


@given(allocations(), st.randoms(use_true_random=False))
def test_an_allocation_as_shown_adds_up_whatever_the_order_of_its_rows(
    drawn: tuple[dict[str, object], dict[str, list[object]]], random: object
) -> None:
    page, rows = drawn
    try:
        found = equite.allocate(page, rows)
    except equite.EquiteError:
        return
    shown, scale = found.shown, 10.0**found.shown.digits
    steps = [*shown.parts.values(), *shown.limits.values()]
    across = sum(step.whole for step in steps) + np.rint(shown.rounding.cells * scale)
    assert (across == np.rint(found.amounts * scale)).all()
    down = sum(round(step.total * scale) for step in steps) + round((shown.rounding.total or 0.0) * scale)
    assert down == round(found.total * scale)
    for code, amount in zip(found.codes, found.amounts.tolist(), strict=True):
        lines = found.explain(code).lines
        assert sum(round(line.amount * scale) for line in lines) == round(amount * scale)
        by_part = {name: step.cells[found.row(code)] for name, step in shown.parts.items()}
        told = {name: sum(round(line.amount * scale) for line in lines if line.part == name) for name in by_part}
        assert told == {name: round(cell * scale) for name, cell in by_part.items()}
    order = list(range(len(rows["code"])))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = equite.allocate(page, {name: [cells[at] for at in order] for name, cells in rows.items()}).shown
    for one, other in zip(steps, [*again.parts.values(), *again.limits.values()], strict=True):
        assert one.cells.tolist() == other.cells.tolist()


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([0.49], [0]),
        ([0.4999999], [0]),
        ([0.5], [1]),
        ([-0.5], [-1]),
        ([1.4, 1.4, 1.4], [1, 2, 1]),
        ([0.5, -1.0], [1, -2]),
        ([0.1] * 5, [0, 0, 0, 0, 1]),
        # A little more of dust, and a little less, than is taken for dust of sums as large.
        ([1e9, 0.5 - 1.03e-3], [1e9, 0]),
        ([1e9, 0.5 - 0.97e-3], [1e9, 1]),
        # However large the sums, no more than a hundredth of a unit.
        ([1e11, 0.5 - 0.0102], [1e11, 0]),
        ([1e11, 0.5 - 0.0098], [1e11, 1]),
    ],
)
def test_a_running_total_is_rounded_halves_away_from_zero(values: list[float], cells: list[float]) -> None:
    shown = ShownStep.of(np.array(values), Groups.single(len(values)), 0)
    assert shown.cells.tolist() == cells
    assert shown.total == sum(cells)


def test_what_is_below_nothing_by_little_is_nothing() -> None:
    shown = ShownStep.of(np.array([-0.2, -0.2, 0.4]), Groups.single(3), 0)
    assert [str(cell) for cell in (*shown.cells, *shown.along(0, [0.1, -0.3]))] == ["0.0"] * 5


def test_many_rows_of_group_envelopes_that_alternate_keep_their_order() -> None:
    values = np.arange(300) / 7
    shown = ShownStep.of(values, Groups(np.arange(300, dtype=np.intp) % 3, 3), 0)
    for group in range(3):
        assert (shown.after[group::3] == np.cumsum(values[group::3])).all()


def test_dust_is_measured_in_the_last_decimal() -> None:
    for lacking, cell in ((0.000105, 0), (0.000095, 0.01)):
        shown = ShownStep.of(np.array([1e10, 0.005 - lacking]), Groups.single(2), 2)
        assert shown.cells.tolist() == [1e10, cell]


def test_an_allocation_as_shown_by_hand() -> None:
    page = {
        "equite": 1, "id": "p", "language": "en", "key": "code", "envelope": 100, "rounding": {"to": 1},
        "previous": "before", "people": "people",
        "parts": [{"id": "w", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
        "limits": [{"id": "floor", "at_least": 20}],
    }  # fmt: skip
    # 12.5, 25 and 62.5; then 20, and 80 shared as 2 to 5: 22.86 and 57.14.
    shown = equite.allocate(page, {"code": ["A", "B", "C"], "people": [1, 2, 5], "before": [20, 30, 40]}).shown
    assert shown.parts["w"].cells.tolist() == [13, 25, 62]
    # The running total is 7.5, 5.36 and 0.
    assert shown.limits["floor"].cells.tolist() == [8, -3, -5]
    assert shown.moved("floor") == 8
    assert shown.rounding.cells.tolist() == [-1, 1, 0]
    assert (shown.parts["w"].total, shown.limits["floor"].total, shown.rounding.total) == (100, 0, 0)
    figures = [shown.per_head, shown.share, shown.previous, shown.change, shown.change_share]
    assert [(each.cells.tolist(), each.digits, each.total) for each in figures if each] == [
        ([20, 11.5, 11.4], 2, 12.5),
        ([0.2, 0.23, 0.57], 2, 1),
        ([20, 30, 40], 0, 90),
        ([0, -7, 17], 0, 10),
        ([0, -0.233, 0.425], 1, 0.111),
    ]


def test_what_cannot_be_told_is_not_shown() -> None:
    page = {"equite": 1, "id": "p", "language": "en", "key": "code", "envelope": 0, "people": "people"}
    page |= {"parts": [{"id": "w", "pool": "remainder", "share": "equally"}]}
    shown = equite.allocate(page, {"code": ["A", "B"], "people": [0, 0]}).shown
    assert (shown.share, shown.previous, shown.change, shown.change_share) == (None, None, None, None)
    assert shown.per_head is not None
    assert shown.per_head.total is None
    assert np.isnan(shown.per_head.cells).all()
    assert shown.digits == 2


def test_shares_add_up_to_the_whole_or_to_nothing() -> None:
    assert shares_of(np.array([1.0, 1.0, 1.0]), 3.0, 1).tolist() == [0.333, 0.334, 0.333]
    assert shares_of(np.array([1.0, -1.0]), 0.0, 1).tolist() == [0, 0]
    assert (share_digits(500), share_digits(501)) == (2, 4)


def test_cents_are_shown_where_the_unit_or_previous_amounts_have_some() -> None:
    page = {
        "equite": 1, "id": "p", "language": "en", "key": "code", "envelope": "10.01", "people": "people",
        "previous": "before", "rounding": {"to": "0.01"},
        "parts": [{"id": "w", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
        "limits": [{"id": "floor", "at_least": "3.40"}],
    }  # fmt: skip
    rows = {"code": ["A", "B", "C"], "people": [1, 1, 1], "before": ["2.50", "2.505", "0"]}
    # 3.336667 each: the running totals are 3.336667, 6.673333 and 10.01.
    found = equite.allocate({**page, "limits": []}, rows).shown
    assert found.parts["w"].cells.tolist() == [3.34, 3.33, 3.34]
    assert found.rounding.cells.tolist() == [0, 0.01, -0.01]
    assert found.rounding.total == 0
    page |= {"envelope": 11, "rounding": {"to": 1}, "limits": [{"id": "floor", "at_least": "3"}]}
    # 2.20, 4.40 and 4.40; the floor gives 0.80, and takes 0.40 twice.
    rows |= {"people": [1, 2, 2]}
    found = equite.allocate(page, rows).shown
    assert found.moved("floor") == 1
    assert found.previous is not None
    assert found.change is not None
    assert found.change_share is not None
    assert (found.previous.cells.tolist(), found.previous.digits, found.previous.total) == ([2.5, 2.51, 0], 2, 5.01)
    assert (found.change.cells.tolist(), found.change.digits, found.change.total) == ([0.5, 1.49, 4], 2, 5.99)
    assert found.change_share.cells[:2].tolist() == [0.2, 0.594]
    assert np.isnan(found.change_share.cells[2])
    assert found.change_share.total == 1.196
    cents = equite.allocate({**page, "rounding": {"to": "0.01"}}, rows).shown
    assert cents.moved("floor") == 0.8


def test_what_the_rounded_totals_miss_stands_in_the_total_of_rounding() -> None:
    page = {"equite": 1, "id": "p", "language": "en", "key": "code", "rounding": {"to": "0.01"}}
    page |= {"parts": [{"id": "w", "share": {"as_is": "0.004 * people"}}]}
    shown = equite.allocate(page, {"code": ["A", "B", "C"], "people": [1, 1, 1]}).shown
    assert (shown.parts["w"].cells.tolist(), shown.parts["w"].total) == ([0, 0.01, 0], 0.01)
    assert (shown.rounding.cells.tolist(), shown.rounding.total) == ([0, -0.01, 0], -0.01)


def test_a_total_that_is_nothing_has_no_sign() -> None:
    assert str(rounded(-0.001, 2)) == "0.0"
    assert rounded(float("nan"), 2) is None


def test_amounts_per_head_have_cents_and_two_figures() -> None:
    assert head_digits(np.array([0.0, 0.0, 0.0, np.nan, 3.0])) == 2
    assert head_digits(np.array([0.0])) == 2
    assert head_digits(np.array([0.0012, 0.0034])) == 4
    assert head_digits(np.array([1e-12])) == 8
    each, whole = per_head_of(np.array([1.0, 6.0, 5.0]), np.array([0.0, 2.0, 2.0]))
    assert np.isnan(each[0])
    assert each[1:].tolist() == [3, 2.5]
    assert whole == 2.75
