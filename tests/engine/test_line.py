"""Scores on a straight line: the same as min-max gives them, and a weighted mean that needs none of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.engine import scoring as scoring_module
from equite.engine.line import Line
from equite.engine.methods import min_max

figures = st.lists(st.integers(-(10**6), 10**6).map(lambda units: units / 100), min_size=2, max_size=30)


@given(values=figures, falling=st.booleans(), scale=st.sampled_from([(0.0, 1.0), (1.0, 100.0), (-2.0, 3.0)]))
def test_a_line_gives_the_scores_of_min_max(values, falling, scale):
    values = np.array(values)
    line = Line.through(values, scale, falling=falling)
    if values.max() == values.min():
        assert line is None
        return
    turned = -values if falling else values
    assert line.at(slice(None)).tolist() == min_max(turned, *scale).tolist()
    kept = np.arange(values.size) % 2 == 0
    assert line.among(kept).at(slice(0, 2)).tolist() == min_max(turned, *scale)[kept][:2].tolist()


@pytest.mark.parametrize("values", [[1.0, np.nan, 3.0], [1.0, np.inf], [-1e308, 1e308], [2.0, 2.0]])
def test_no_line_goes_through_what_is_missing_or_all_the_same_or_too_far_apart(values):
    assert Line.through(np.array(values), (0.0, 1.0), falling=False) is None


def page():
    index = {
        "criteria": {"a": 1, "b": {"weight": 2, "more_need_when": "low", "normalise": {"min-max": [1, 5]}}},
        "families": {"kin": {"weight": 3, "criteria": {"c": 1, "d": {"weight": 4, "normalise": "rank"}}}},
    }
    share = {"in_proportion_to": "1 + need"}
    parts = [{"id": "grant", "pool": "remainder", "share": share}]
    return {
        "equite": 1, "id": "lines", "language": "en", "key": "code", "envelope": 1000, "parts": parts,
        "indices": {"need": index},
    }  # fmt: skip


def table(size=40, **columns):
    random = np.random.default_rng(2)
    given = {name: random.integers(0, 90, size) / 10 for name in "abcd"}
    return {
        "code": [f"{at:03d}" for at in range(size)],
        **{name: list(each) for name, each in given.items()},
        **columns,
    }


def test_the_weighted_mean_is_what_the_aggregators_make_of_all_scores(monkeypatch):
    # Several blocks, the last one short.
    monkeypatch.setattr(scoring_module, "_BLOCK", 16)
    found = equite.allocate(page(), table()).scope.scoring("need")
    by_matrix = found.tree.combine(found.matrix)
    assert found.scores.tolist() == pytest.approx(by_matrix.tolist(), rel=1e-14, abs=1e-15)
    assert found.weights.tolist() == pytest.approx(np.tile([1 / 6, 2 / 6, 0.1, 0.4], (40, 1)))
    columns = [criterion.scores for criterion in found.criteria]
    assert (found.weights * np.stack(columns, axis=1)).sum(axis=1).tolist() == pytest.approx(found.scores.tolist())


def test_whoever_has_the_least_need_in_all_scores_exactly_nothing():
    criteria = {name: {"weight": 0.1 + at, "more_need_when": "low"} for at, name in enumerate("abcd")}
    given = {**page(), "indices": {"need": {"criteria": criteria}}}
    highest = {name: [*(at / 7 for at in range(39)), 9.3] for name in "abcd"}
    found = equite.allocate(given, table(**highest)).scope.scoring("need")
    assert found.scores[-1] == 0
    assert found.scores.max() == pytest.approx(1)


def test_scores_are_worked_out_one_by_one_only_when_they_are_asked_for():
    found = equite.allocate(page(), table()).scope.scoring("need")
    assert [isinstance(criterion.scored, Line) for criterion in found.criteria] == [True, True, True, False]
    # The values are those of the table, not a copy.
    assert np.shares_memory(found.criteria[0].scored.values, found.criteria[0].raw)


def test_the_ends_of_a_column_are_those_of_whoever_takes_part():
    given = table(a=[at / 10 for at in range(40)])
    for condition, ends in (("a < 5", (0.0, 3.9)), ("a < 2", (0.0, 1.9))):
        rule = {"where": condition}
        found = equite.allocate({**page(), "eligible": [rule]}, given).scope
        line = found.scoring("need").criteria[0].scored
        assert found.ends("a") == (0.0, 3.9)
        assert (line.least, line.most) == ends


def test_the_ends_of_a_column_with_dust_are_those_of_its_figures():
    dusty = [0.1 + 0.2, *(at / 10 for at in range(4, 43))]
    found = equite.allocate(page(), table(a=dusty)).scope.scoring("need").criteria[0].scored
    assert (found.least, found.most) == (0.3, 4.2)


def test_weights_of_each_territorys_own_are_kept_by_territory():
    given = page()
    given["indices"]["need"]["families"]["kin"]["criteria"] = {"c": "w", "d": "5 - w"}
    found = equite.allocate(given, table(w=[2, 1] * 20)).scope.scoring("need")
    assert found.tree.weights.shape == (1, 3)
    assert found.tree.children[2].weights.tolist() == [[2, 3], [1, 4]] * 20
    assert found.weights[:2].tolist() == [
        pytest.approx([1 / 6, 2 / 6, 0.2, 0.3]),
        pytest.approx([1 / 6, 2 / 6, 0.1, 0.4]),
    ]
