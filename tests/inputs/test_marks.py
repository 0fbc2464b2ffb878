"""Marks that stand where a figure would."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from equite.inputs.marks import Marks, is_missing_mark, sorted_out


@pytest.mark.parametrize(
    "mark",
    [
        *("", "..", "…", "-", "—", "x", "X", ".", ":", "///", "null"),
        *("n.d.", "N.D.", "n. d.", "n.d", "nd", "n/d", "N/D", "s.o.", "s. o.", "S.O.", "so", "s/o", "n.a.", "N/A"),
        *("n.c.", "n.p.", "n.s.", "n.ap.", "non disponible", "Sans objet", "not available", "n.d.\u00a0"),
    ],
)
def test_marks_that_mean_the_same_in_any_table(mark: str) -> None:
    assert is_missing_mark(mark)


@pytest.mark.parametrize(
    "mark", ["*", "F", "no", "non", "oui", "p", "r", "0", "0s", "abc", "n.d. (2)", "#N/A", "#REF!"]
)
def test_marks_of_which_a_page_must_say_what_they_mean(mark: str) -> None:
    assert not is_missing_mark(mark)


def test_a_number_may_be_a_mark() -> None:
    marks = Marks(missing=("-99",), suppressed=("*",))
    for column in (pd.Series([1.5, -99.0, 3.0]), pd.Series([1, -99, 3]), pd.Series(["1,5", "-99", "3"])):
        found = sorted_out(column, marks)
        assert found.column.isna().tolist() == [False, True, False]
        assert not found.suppressed.any()


def test_a_mark_is_found_whatever_its_capitals_and_blanks() -> None:
    found = sorted_out(pd.Series(["F", " f ", "*", "1", None, 2, True], dtype=object), Marks(suppressed=("f", "*")))
    assert found.suppressed.tolist() == [True, True, True, False, False, False, False]
    assert found.column.tolist()[3:] == ["1", None, 2, True]


def test_a_column_says_its_own_marks_before_those_of_the_page() -> None:
    marks = Marks.laid_over(Marks(yes=("x",)), Marks(missing=("o",), suppressed=("X", "*")))
    assert marks == Marks(missing=("o",), suppressed=("*",), yes=("x",))
    assert [marks.meaning(cell) for cell in ("x", "O", "*", "z", 1.0, True)] == [
        "yes",
        "missing",
        "suppressed",
        None,
        None,
        None,
    ]


def test_a_mark_that_is_said_to_mean_two_things() -> None:
    assert Marks(missing=("x", "y"), suppressed=("X",)).clashing() == ("X",)
    assert Marks(missing=("x",), suppressed=("*",)).clashing() == ()


def test_nothing_is_touched_where_nothing_is_said() -> None:
    column = pd.Series(["x", 1.0, math.nan], dtype=object)
    assert sorted_out(column, Marks()).column is column
    found = sorted_out(column, Marks(), boxes=True)
    assert found.ticks.tolist() == [True, False, False]
    assert np.count_nonzero(found.suppressed) == 0
