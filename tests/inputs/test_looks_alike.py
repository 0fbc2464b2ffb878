"""Texts that look alike: found among a million as among two, and told from those that are only near."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite.inputs.spelling import begins_alike, likeness, likenesses, tidy, twice_spelled

WORDS = st.text(st.sampled_from(list("aAeEéÉœŒ-–’'` 1е½ﬁИй")), max_size=6).map(tidy)


@given(st.lists(WORDS, unique=True), st.booleans())
def test_many_at_once_are_as_each_alone(labels: list[str], letters: bool) -> None:
    alone = [likeness(label, letters=letters) for label in labels]
    assert likenesses(labels, letters=letters) == alone
    groups = twice_spelled(labels, letters=letters)
    found = {label for group in groups for label in group}
    assert found == {label for label, like in zip(labels, alone, strict=True) if alone.count(like) > 1}
    for group in groups:
        assert len({likeness(label, letters=letters) for label in group}) == 1


@pytest.mark.parametrize(
    ("labels", "beginning", "found"),
    [
        (["Nord A", "nord B"], "Nord", ("nord B",)),
        (["Nord A", "Sud"], "Nord", ()),
        (["Île-1", "ile 2", "Isle"], "Île", ("ile 2",)),
        (["L’Est", "L'Est 2"], "L’", ("L'Est 2",)),
        (["Nord-A", "Nord B", "Nordet"], "Nord-", ("Nord B",)),
        (["Nord A", "Nordet"], "Nord ", ()),
        (["Au Nord", "Nord"], "nord", ("Nord",)),
        ([], "Nord", ()),
    ],
)
def test_labels_that_begin_so_in_another_spelling(labels: list[str], beginning: str, found: tuple[str, ...]) -> None:
    assert begins_alike(labels, beginning) == found


@pytest.mark.parametrize("letters", [True, False])
@pytest.mark.parametrize("written", ["A-{:07d}", "Saint-Élie {} de l’Île", "{0}-{0}"])
def test_many_codes_of_one_kind_are_all_told_apart(written: str, letters: bool) -> None:
    codes = [written.format(number) for number in range(20_000)]
    assert twice_spelled(codes, letters=letters) == []
    twin = codes[7].replace("-", "\u2011")
    assert twice_spelled([*codes, twin], letters=letters) == [(codes[7], twin)]
