"""What a result or a refusal says of what was done: how many values, why nothing could be filled, what mends it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from equite import Allocation, EquiteError, Formula, allocate
from equite.engine.outliers import treat

GRANT = {"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "need"}}
HEAD: dict[str, Any] = {"equite": 1, "id": "told", "key": "code", "envelope": 1000, "rounding": {"to": 1}}
#: Nobody has a value of 'none'; nobody of the south has one of 'some'.
ROWS = [
    {"code": code, "people": at + 1, "none": None, "some": at if region == "north" else None, "region": region}
    for at, (code, region) in enumerate([("A", "north"), ("B", "north"), ("C", "south"), ("D", "south")])
]


def shared(rows: Any = ROWS, language: str = "en", **keys: Any) -> Allocation:
    page = {**HEAD, "language": language, "parts": [GRANT], **keys}
    with warnings.catch_warnings():
        # What numpy has to say is for nobody who shares money.
        warnings.simplefilter("error")
        return allocate(Formula.from_dict(page), rows)


def refused(language: str = "en", **keys: Any) -> str:
    with pytest.raises(EquiteError) as caught:
        shared(language=language, **keys)
    return str(caught.value).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("ends", "count"),
    [((-5000, 1000), 2), ((1000,), 1), ((-5000,), 1), ((3000, 1000), 2), ((5000, 5000), 2), ((-700, -900, 4000), 3)],
)
def test_every_value_pulled_in_is_counted_once(ends: tuple[int, ...], count: int) -> None:
    values = np.array([*range(10, 40), *ends], dtype=float)
    found = treat(values, 9)
    assert not found.logged
    assert found.points == count == (found.values != values).sum()


def test_the_warning_counts_both_ends() -> None:
    rows = [{"code": f"{at:02}", "x": x} for at, x in enumerate([*range(10, 26), -5000, 1000])]
    index = {"need": {"criteria": {"x": {"weight": 1, "outliers": "winsorise"}}}}
    assert any("extreme values of 'x' are pulled in: 2 (" in told for told in shared(rows, indices=index).warnings)
    (told,) = [told for told in shared(rows, "fr", indices=index).warnings if "extrêmes" in told]
    assert "sont ramenées : 2 (" in told.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("more", [{}, {"outliers": "winsorise"}, {"missing": {"skip": {"minimum_present": 0.5}}}])
def test_a_criterion_of_which_nobody_has_a_value_is_not_the_same_for_all(more: dict[str, Any]) -> None:
    index = {"missing": "skip", "criteria": {"none": 1, "people": 1}, **more}
    allocation = shared(indices={"need": {**index, "normalise": "rank"}})
    (told,) = allocation.warnings
    assert told.startswith("nobody has a value of the criterion 'none': it drops out of 'need'")
    assert allocation.amounts.tolist() == [63, 188, 312, 437]
    (told,) = shared(language="fr", indices={"need": {**index, "normalise": "rank"}}).warnings
    assert told.startswith("personne n'a de valeur pour le critère")


@pytest.mark.parametrize("outliers", ["keep", "winsorise"])
def test_what_nothing_can_fill_says_for_want_of_what(outliers: str) -> None:
    def filling(criterion: str, language: str = "en", **rule: Any) -> str:
        index = {"missing": rule, "outliers": outliers, "criteria": {criterion: 1, "people": 1}}
        return refused(language, indices={"need": index})

    for typical in ("median", "mean"):
        assert "nobody has a value of 'none' from which" in filling("none", fill=typical)
        assert "nobody has a value of 'none' from which" in filling("none", fill=typical, by="region")
        said = filling("some", fill=typical, by="region")
        assert "nobody in the same 'region' has a value of 'some'" in said
        assert "C, D" in said
    assert "personne n'a de valeur de « none »" in filling("none", "fr", fill="median")
    assert "dans le même « region », personne" in filling("some", "fr", fill="mean", by="region")


PEOPLE = {"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}
THIRDS = [{"code": code, "people": people, "half": 1} for code, people in (("A", 5), ("B", 10), ("C", 1))]


def bounded(language: str = "en", **keys: Any) -> dict[str, Any]:
    return {"language": language, "envelope": 100, "rounding": {"to": 0.01}, "parts": [PEOPLE], **keys}


@pytest.mark.parametrize(
    ("keys", "moved", "french"),
    [
        ({"limits": [{"id": "floor", "at_least": "envelope / count()"}]}, "up to", "relevé"),
        ({"limits": [{"id": "floor", "at_most": "envelope / count()"}]}, "down to", "abaissé"),
        ({"limits": [{"id": "floor", "at_least": "100 / 3", "by": "code"}]}, "up to", "relevé"),
        ({"parts": [{**PEOPLE, "at_least": "envelope / 3"}]}, "up to", "relevé"),
        ({"limits": [{"id": "floor", "part": "grant", "at_least": "envelope / 3"}]}, "up to", "relevé"),
        (
            {"limits": [{"id": "first", "at_least": "10 / 3"}, {"id": "floor", "at_least": "envelope / 3"}]},
            "up to",
            "relevé",
        ),
    ],
)
def test_bounds_that_only_rounding_makes_impossible_say_so(keys: dict[str, Any], moved: str, french: str) -> None:
    def refusal(language: str) -> str:
        with pytest.raises(EquiteError) as caught:
            shared(THIRDS, **bounded(language, **keys))
        return str(caught.value).replace("\u00a0", " ").replace("\u202f", " ")

    said = refusal("en")
    assert said.startswith(("'floor': there is money", "'floor': the ceilings", "'grant': there is money"))
    assert f"first moved {moved} a multiple of $0.01 (`rounding: {{bounds: inward}}`)" in said
    assert "write `rounding: {bounds: nearest}`" in said
    assert f"d'abord {french} à un multiple de 0,01 $" in refusal("fr")
    # The way out that is told leads out.
    mended = {**keys, "rounding": {"to": 0.01, "bounds": "nearest"}}
    assert sorted(shared(THIRDS, **bounded(**mended)).amounts.tolist()) == [33.33, 33.33, 33.34]


def test_floors_too_large_as_stated_are_told_plainly() -> None:
    with pytest.raises(EquiteError) as caught:
        shared(THIRDS, **bounded(limits=[{"id": "floor", "at_least": "33.341"}]))
    assert "the floors take $100.05" in str(caught.value)
    assert "inward" not in str(caught.value)
