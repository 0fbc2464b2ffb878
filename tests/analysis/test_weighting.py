"""Weights that data suggest: laws that every registered method keeps, and the numbers of other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import linalg, stats

from equite.analysis.weighting import WEIGHTINGS, weighting

METHODS = sorted(WEIGHTINGS)
#: These do not look at the scores, and so cannot tell a constant criterion.
BLIND = {"equal"}

SCORES = np.array(
    [
        [0.0, 0.2, 1.0, 0.5],
        [0.3, 1.0, 0.6, 0.0],
        [1.0, 0.0, 0.1, 0.9],
        [0.4, 0.7, 0.0, 1.0],
        [0.8, 0.1, 0.5, 0.3],
    ]
)
#: What other libraries give for SCORES: entropy, CRITIC and standard deviation from scikit-criteria 0.10; the last two,
#: and equal weights, from pymcdm 1.4.0 too (its entropy refuses a zero).
ELSEWHERE = {
    "equal": [0.25, 0.25, 0.25, 0.25],
    "entropy": [0.20869100769447238, 0.32527710927972964, 0.2647424694801298, 0.20128941354566815],
    "critic": [0.23646507117339408, 0.2561050426720883, 0.26969692077512464, 0.23773296537939312],
    "deviation": [0.24245634438225128, 0.2607110421792786, 0.2447188165245266, 0.25211379691394364],
}


def weigh(name: str, scores: np.ndarray) -> np.ndarray:
    return WEIGHTINGS[name].function(np.asarray(scores, dtype=float))


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_the_numbers_of_other_libraries(name: str) -> None:
    assert weigh(name, SCORES) == pytest.approx(ELSEWHERE[name], abs=1e-15)


matrices = st.tuples(st.integers(2, 12), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-50, 50).map(float) | st.floats(-1e6, 1e6, width=32))
)


@given(scores=matrices)
@pytest.mark.parametrize("name", METHODS)
def test_weights_are_shares(name: str, scores: np.ndarray) -> None:
    weights = weigh(name, scores)
    assert weights.shape == (scores.shape[1],)
    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-12)


@given(scores=matrices, data=st.data())
@pytest.mark.parametrize("name", METHODS)
def test_the_order_of_criteria_and_of_territories_does_not_matter(
    name: str, scores: np.ndarray, data: st.DataObject
) -> None:
    columns = data.draw(st.permutations(range(scores.shape[1])))
    rows = data.draw(st.permutations(range(scores.shape[0])))
    weights = weigh(name, scores)
    assert weigh(name, scores[:, columns]) == pytest.approx(weights[columns], abs=1e-6)
    assert weigh(name, scores[rows]) == pytest.approx(weights, abs=1e-6)


@given(scores=matrices, value=st.floats(-1e6, 1e6))
@pytest.mark.parametrize("name", sorted(set(METHODS) - BLIND))
def test_a_constant_criterion_weighs_nothing_and_changes_nothing(name: str, scores: np.ndarray, value: float) -> None:
    beside = np.column_stack([scores, np.full(len(scores), value)])
    if (np.ptp(scores, axis=0) == 0).all():
        # Nothing differs at all: there is nothing to weigh by.
        assert weigh(name, beside) == pytest.approx(np.full(beside.shape[1], 1 / beside.shape[1]))
        return
    weights = weigh(name, beside)
    assert weights[-1] == 0
    assert weights[:-1] == pytest.approx(weigh(name, scores), abs=1e-12)
    assert (weights[:-1][np.ptp(scores, axis=0) == 0] == 0).all()


@given(scores=arrays(np.float64, (6, 3), elements=st.integers(-9, 9).map(float)), by=st.sampled_from([0.01, 3, 1e4]))
@pytest.mark.parametrize("name", METHODS)
def test_no_unit_weighs(name: str, scores: np.ndarray, by: float) -> None:
    assert weigh(name, scores * [by, 1, 1] + [7, 0, -2]) == pytest.approx(weigh(name, scores), abs=1e-6)


def test_a_blind_method_says_so() -> None:
    constant = np.column_stack([SCORES, np.ones(len(SCORES))])
    for name in BLIND:
        assert weigh(name, constant)[-1] > 0
        assert "constant column" in str(WEIGHTINGS[name].function.__doc__)


@pytest.mark.parametrize("name", METHODS)
def test_one_criterion_has_all_the_weight(name: str) -> None:
    assert weigh(name, SCORES[:, :1]) == pytest.approx([1.0])


def test_entropy_with_another_library_s_entropy() -> None:
    unlike = 1 - stats.entropy(SCORES, axis=0) / np.log(len(SCORES))
    assert weigh("entropy", SCORES) == pytest.approx(unlike / unlike.sum(), abs=1e-14)


def test_entropy_rewards_need_that_few_have() -> None:
    rare, common = [0, 0, 0, 0, 1], [1, 1, 1, 1, 0]
    assert weigh("entropy", np.column_stack([rare, common]))[0] > 0.8
    assert weigh("deviation", np.column_stack([rare, common])) == pytest.approx([0.5, 0.5])


def test_critic_where_all_criteria_say_the_same() -> None:
    one = SCORES[:, 0]
    assert weigh("critic", np.column_stack([one, 3 * one - 2, np.zeros(5)])) == pytest.approx([0.5, 0.5, 0])


def test_critic_rewards_what_no_other_says() -> None:
    twice = np.column_stack([SCORES[:, 0], SCORES[:, 0], SCORES[:, 1]])
    first, second, alone = weigh("critic", twice)
    assert first == pytest.approx(second)
    assert alone > first + second - 1e-12


def test_the_first_component_with_another_library_s_decomposition() -> None:
    standardised = stats.zscore(SCORES, axis=0)
    _, _, vectors = linalg.svd(standardised)
    assert weigh("first-component", SCORES) == pytest.approx(vectors[0] ** 2, abs=1e-12)
    turned = SCORES * [1, -1, 1, -1]
    assert weigh("first-component", turned) == pytest.approx(vectors[0] ** 2, abs=1e-12)


def test_components_of_the_same_size_are_averaged() -> None:
    apart = np.array([[1, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]], dtype=float)
    assert weigh("first-component", apart) == pytest.approx([0.5, 0.5, 0])


def test_a_method_is_added_by_one_function() -> None:
    @weighting("range")
    def by_range(scores: np.ndarray) -> np.ndarray:
        """Give each column's range over the sum of ranges."""
        return np.asarray(np.ptp(scores, axis=0) / np.ptp(scores, axis=0).sum())

    try:
        assert WEIGHTINGS["range"].name == "range"
        assert weigh("range", SCORES) == pytest.approx(by_range(SCORES))
    finally:
        del WEIGHTINGS["range"]
