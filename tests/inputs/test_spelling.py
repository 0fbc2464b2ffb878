"""When two texts are the same, and when they look alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite.inputs.spelling import (
    alike,
    begins_alike,
    differing_signs,
    likeness,
    near_label,
    tidy,
    twice_spelled,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("rural\u200b", "rural"),
        ("\u200e01001\ufeff", "01001"),
        ("Bas\u00adSaint", "BasSaint"),
        ("Que\u0301bec", "Québec"),
        ("Trois\u00a0\u202f Rivières \t", "Trois Rivières"),
        ("L’Est", "L’Est"),
        ("Bas\u2011Saint", "Bas\u2011Saint"),
        ("\u0600 12", "\u0600 12"),
    ],
)
def test_what_nobody_can_see_goes_and_all_else_stays(written: str, read: str) -> None:
    assert tidy(written) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rural", "rural"),
        ("Montréal", "Montreal"),
        ("L'Est", "L’Est"),
        ("L'Est", "L`Est"),
        ("Bas-Saint-Laurent", "Bas\u2011Saint\u2011Laurent"),
        ("Gaspésie–Îles", "Gaspésie-Îles"),
        ("Saint-Jean", "Saint Jean"),
        ("Saint - Jean", "Saint-Jean"),
        ("Cœur", "coeur"),
        ("km²", "km2"),
        ("А1", "A1"),
        ("０１", "01"),
    ],
)
def test_texts_that_look_alike(one: str, other: str) -> None:
    assert tidy(one) != tidy(other)
    assert likeness(one) == likeness(other)
    assert alike(one, [other, "else"]) == (other,)
    assert twice_spelled(["else", one, other]) == [(one, other)]


@pytest.mark.parametrize(("one", "other"), [("B-", "B"), ("-5", "5"), ("1-2", "12"), ("Est", "Ouest"), ("A+", "A")])
def test_texts_that_do_not(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)
    assert twice_spelled([one, other]) == []


def test_codes_are_told_apart_by_capitals_and_accents_only_when_asked() -> None:
    assert twice_spelled(["A1", "a1"], letters=False) == []
    assert twice_spelled(["A1", "a1"]) == [("A1", "a1")]
    assert twice_spelled(["a-1", "a\u20111"], letters=False) == [("a-1", "a\u20111")]


def test_the_nearest_is_the_one_that_looks_alike() -> None:
    assert near_label("rural", ["rurale", "Rural"]).names == ("Rural",)
    assert near_label("rurl", ["rural"]).names == ("rural",)


@pytest.mark.parametrize(
    ("text", "beginning", "begins"),
    [
        ("Saint Jean", "Saint-", True),
        ("saint-jean", "Saint-", True),
        ("９７1", "97", True),
        ("Sainte-Anne", "Saint-", False),
        ("abc", "A ", False),
    ],
)
def test_what_begins_alike(text: str, beginning: str, begins: bool) -> None:
    assert begins_alike([text, "elsewhere"], beginning) == ((text,) if begins else ())


def test_signs_that_are_drawn_alike_are_named() -> None:
    assert differing_signs("L'Est", "L’Est") == " (U+0027, U+2019)"
    assert differing_signs("Nord", "nord") == ""


@given(st.text(max_size=20))
def test_reading_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert likeness(tidy(text)) == likeness(text)
