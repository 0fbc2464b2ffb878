"""What is found by looking at many texts together is what looking at each of them tells."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from equite.inputs.labels import Labels
from equite.inputs.spelling import tidied, tidy

texts = st.lists(st.text("aB1-é\x00", max_size=2), max_size=6) | st.lists(st.text("aB1-é", min_size=2, max_size=2))


@given(texts)
@example([""])
@example(["", ""])
@example(["a\x00", "ab"])
def test_they_are_what_each_of_them_is(found: list[str]) -> None:
    for each in (found, sorted(found), sorted(set(found))):
        labels = Labels(each)
        assert labels.rise == all(one < other for one, other in pairwise(each))
        assert labels.are_in_order == (sorted(each) == each)
        assert labels.all_differ == (len(set(each)) == len(each))
        assert labels.lengths == tuple(sorted({len(text) for text in each}))
        signs = "".join(each)
        assert labels.are_plain == (bool(signs) and signs.isascii() and signs.isalnum())
        assert labels.are_of_one_case == (signs in (signs.upper(), signs.lower()))


def test_they_are_looked_at_once() -> None:
    labels = Labels(["a", "b"])
    assert Labels.of(labels) is labels
    assert Labels.of(["a", "b"]) == labels == ("a", "b")


@pytest.mark.parametrize("text", ["A\x07B", "Île", "a b", "x\u200by", "x\x85y", "tab\there", "\x7f"])
def test_texts_are_tidied_as_each_would_be(text: str) -> None:
    found = ["plain 1", text, "last"]
    assert tidied(Labels(found)) == tuple(map(tidy, found))
