"""What is shown adds up across and down, whatever was shared: the laws of rounding along a running total."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import equite
from equite.engine.sharing import Groups
from equite.engine.shown import ShownStep, moved_by

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
    along = shown.along(row, lines)
    assert np.rint(along * scale).sum() == shown.whole[row]
    assert (np.abs(along - lines) * scale <= 1 + 1e-3).all()
    assert not along[lines == 0].any()
    assert (along * lines >= 0).all()


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


@law_of_money
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
