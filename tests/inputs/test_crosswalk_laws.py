"""What holds for any pieces: totals, there and back, order, names, one crosswalk after another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equite import Carried, Crosswalk
from equite.inputs.crosswalk.units import settled, whole_parts

OLD, NEW = "abcde", "ABC"
fewer = settings(max_examples=settings.default.max_examples // 4)
whole_weights = st.integers(0, 10**6)
weights = whole_weights.map(float) | st.floats(1e-3, 1e6)
floats = st.floats(-1e9, 1e9)
HEADINGS = {"source": "old", "target": "new", "weight": "people"}


@st.composite
def pieces(draw: st.DrawFn, old: Sequence[str] = OLD, new: Sequence[str | None] = (*NEW, None)) -> pd.DataFrame:
    """Draw pieces of every old code, the first of each with somebody in it."""
    rows = []
    for code in old:
        to = draw(st.lists(st.sampled_from(list(new)), min_size=1, max_size=4, unique=True))
        rows += [(code, target, draw(weights) + (at == 0)) for at, target in enumerate(to)]
    if all(target is None for _, target, _ in rows):
        rows.append((old[0], NEW[0], 1))
    return pd.DataFrame(rows, columns=["old", "new", "people"])


def walk(table: pd.DataFrame) -> Crosswalk:
    return Crosswalk.of_pieces(table, **HEADINGS)


def table_of(values: Sequence[float], **more: Sequence[float]) -> pd.DataFrame:
    return pd.DataFrame({"old": list(OLD), "x": values, **more})


amounts = st.lists(st.integers(-(10**9), 10**9), min_size=5, max_size=5)
any_amounts = st.lists(floats, min_size=5, max_size=5)
people = st.lists(st.integers(1, 10**6), min_size=5, max_size=5)


@given(table=pieces(), values=amounts)
def test_whole_totals_are_kept_to_the_unit(table: pd.DataFrame, values: list[int]) -> None:
    found = walk(table).carry(table_of(values), key="old", extensive=["x"])
    assert found.table["x"].dtype == np.int64
    assert found.table["x"].sum() + found.unplaced["x"].sum() == sum(values)
    row = found.totals.loc["x"]
    assert row["placed"] + row["unplaced"] == row["total"] == sum(values)
    # Nobody is a whole unit away from the exact share, in any source.
    exact = walk(table).carry(table_of([value + 0.25 for value in values]), key="old", extensive=["x"]).table["x"]
    assert (found.table["x"] - exact).abs().max() <= 5 * (1 + 0.25)


@given(table=pieces(), values=st.lists(st.floats(0, 1e12), min_size=5, max_size=5))
def test_a_total_of_decimals_is_kept_to_the_last_bit(table: pd.DataFrame, values: list[float]) -> None:
    found = walk(table).carry(table_of(values), key="old", extensive=["x"])
    everything = [*found.table["x"].tolist(), *found.unplaced["x"].tolist()]
    assert math.fsum(everything) == math.fsum(values)


@given(table=pieces(), values=any_amounts)
def test_a_total_of_gains_and_losses_is_kept_to_the_last_bit_of_the_largest(
    table: pd.DataFrame, values: list[float]
) -> None:
    found = walk(table).carry(table_of(values), key="old", extensive=["x"])
    everything = [*found.table["x"].tolist(), *found.unplaced["x"].tolist()]
    assert abs(math.fsum(everything) - math.fsum(values)) <= math.ulp(max(map(abs, everything)))


@fewer
@given(table=pieces(), values=amounts, rates=any_amounts, base=people, random=st.randoms(use_true_random=False))
def test_neither_the_order_of_the_rows_nor_the_names_count(
    table: pd.DataFrame, values: list[int], rates: list[float], base: list[int], random: Random
) -> None:
    def carry(rows: pd.DataFrame, data: pd.DataFrame) -> Carried:
        return walk(rows).carry(data, key="old", extensive=["x", "y"], intensive={"rate": "base"}, ordinal=["level"])

    data = table_of(values, y=[value / 3 for value in values], rate=rates, base=base, level=[n % 3 for n in base])
    expected = carry(table, data)
    shuffled = table.sample(frac=1, random_state=random.randrange(2**32))
    again = carry(shuffled, data.sample(frac=1, random_state=random.randrange(2**32)))
    pd.testing.assert_frame_equal(again.table, expected.table, check_exact=True)
    pd.testing.assert_frame_equal(again.coverage, expected.coverage, check_exact=True)
    # Names in another alphabet, in the same order, as ties go by it.
    renamed = table.assign(old="z" + table["old"], new="y" + table["new"])
    other = carry(renamed, data.assign(old="z" + data["old"]))
    np.testing.assert_array_equal(other.table.to_numpy(), expected.table.to_numpy())


areas = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("AB"), st.floats(0.1, 1e9)), min_size=1, max_size=9)


@given(rows=areas, random=st.randoms(use_true_random=False))
def test_small_areas_add_up_in_any_order(rows: list[tuple[str, str, float]], random: Random) -> None:
    expected = Crosswalk.of_small_areas(pd.DataFrame(rows, columns=["old", "new", "people"]), **HEADINGS).pieces
    random.shuffle(rows)
    again = Crosswalk.of_small_areas(pd.DataFrame(rows, columns=["old", "new", "people"]), **HEADINGS).pieces
    pd.testing.assert_frame_equal(again, expected, check_exact=True)


@given(table=pieces(new=NEW), rates=any_amounts, base=people)
def test_a_rate_stays_among_those_it_is_the_mean_of(table: pd.DataFrame, rates: list[float], base: list[int]) -> None:
    found = walk(table).carry(table_of(rates, base=base), key="old", intensive={"x": "base"})
    matrix = walk(table).overlap()
    for code, rate in found.table["x"].items():
        among = [value for value, weight in zip(rates, matrix[code], strict=True) if weight > 0]
        assert min(among) <= rate <= max(among) if among else math.isnan(rate)
    same = walk(table).carry(table_of([0.1] * 5, base=base), key="old", intensive={"x": "base"}).table["x"].dropna()
    assert (same == 0.1).all()


@given(table=pieces(new=NEW), rates=any_amounts, base=people)
def test_a_rate_is_the_ratio_of_what_is_carried(table: pd.DataFrame, rates: list[float], base: list[int]) -> None:
    data = table_of(rates, base=[n + 0.12345 for n in base])
    data["cases"] = data["x"] * data["base"]
    found = walk(table).carry(data, key="old", extensive=["cases", "base"], intensive={"x": "base"}).table.dropna()
    # Amounts of one column are kept together to the last bit of its largest, which is all that a float can hold.
    last_bit = 4 * float(np.spacing(np.abs(data["cases"]).max()))
    assert (found["x"] * found["base"]).tolist() == pytest.approx(found["cases"].tolist(), rel=1e-9, abs=last_bit)


@fewer
@given(
    parents=st.lists(st.sampled_from(NEW), min_size=5, max_size=5),
    living=people,
    data=st.data(),
)
def test_there_and_back_on_nested_boundaries_is_the_identity(
    parents: list[str], living: list[int], data: st.DataObject
) -> None:
    found = walk(pd.DataFrame({"old": list(OLD), "new": parents, "people": living}))
    codes = list(found.targets)
    up = pd.DataFrame({"new": codes})
    for name, strategy in {"n": st.integers(0, 10**9), "rate": floats, "level": st.integers(1, 5)}.items():
        up[name] = data.draw(st.lists(strategy, min_size=len(codes), max_size=len(codes)))
    columns = {"extensive": ["n"], "intensive": {"rate": None}, "ordinal": ["level"]}
    down = found.reversed().carry(up, key="new", **columns)  # type: ignore[arg-type]
    back = found.carry(down.table, key="old", **columns)  # type: ignore[arg-type]
    assert back.table.reset_index().to_dict("list") == up.to_dict("list")
    again = found.reversed().reversed()
    pd.testing.assert_frame_equal(again.pieces, found.pieces)


@fewer
@given(
    first=pieces(),
    second=pieces(NEW, ("x", "y", None)),
    values=st.lists(st.floats(0, 1e9), min_size=5, max_size=5),
)
def test_one_after_another_is_carrying_twice(first: pd.DataFrame, second: pd.DataFrame, values: list[float]) -> None:
    near = walk(first)
    far = Crosswalk.of_pieces(second, source="old", target="new", weight="people")
    once = near.then(far).carry(table_of(values), key="old", extensive=["x"], partial=True)
    step = near.carry(table_of(values), key="old", extensive=["x"], partial=True)
    twice = far.carry(step.table, key="new", extensive=["x"], partial=True)
    gone = math.fsum(step.unplaced["x"]) + math.fsum(twice.unplaced["x"])
    assert once.table["x"].tolist() == pytest.approx(twice.table["x"].tolist(), rel=1e-9, abs=1e-9 * max(values))
    assert math.fsum(once.unplaced["x"]) == pytest.approx(gone, rel=1e-9, abs=1e-9 * max(values))
    np.testing.assert_allclose(np.nansum(near.then(far).shares), len(OLD))


@fewer
@given(table=pieces())
def test_what_is_measured_is_a_share_and_what_matches_too(table: pd.DataFrame) -> None:
    found = walk(table)
    for side in ("source", "target"):
        match = found.coherence(side).dropna(subset="main_overlap_share")  # type: ignore[arg-type]
        assert ((match["main_overlap_share"] > 0) & (match["main_overlap_share"] <= 1)).all()
        assert (match["effective_number"] >= 1 / match["main_overlap_share"] - 1e-9).all() or (
            match["effective_number"] <= match["districts_touched"] + 1e-9
        ).all()
        assert (match["effective_number"] <= match["districts_touched"] + 1e-9).all()
        assert (match["effective_number"] >= 1 - 1e-9).all()
    coverage = found.carry(table_of([1] * 5), key="old", extensive=["x"]).coverage
    assert (coverage["in_part"] <= coverage["weight"] * (1 + 1e-12)).all()


@given(amount=st.integers(-(2**53), 2**53), parts=st.lists(st.integers(1, 10**6), min_size=1, max_size=9))
def test_a_part_is_within_a_unit_of_its_share(amount: int, parts: list[int]) -> None:
    shares = np.array(parts) / sum(parts)
    found = whole_parts(np.full(len(parts), float(amount)), shares, np.zeros(len(parts), dtype=np.intp))
    assert sum(map(int, found)) == amount
    exact = [amount * part / sum(parts) for part in parts]
    slack = 1 + abs(amount) * 2.0**-45
    assert all(abs(part - share) < slack for part, share in zip(found, exact, strict=True))


@given(values=st.lists(st.floats(0, 1e12), min_size=1, max_size=9), dust=st.integers(-4, 4))
def test_sums_settle_on_their_total(values: list[float], dust: int) -> None:
    total = math.fsum(values)
    near = total + dust * math.ulp(total)
    found = settled(np.array(values), near)
    assert math.fsum(found.tolist()) == near
    assert np.abs(found - values).max() <= 5 * math.ulp(total)
