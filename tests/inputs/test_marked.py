"""Cells that say more than a value: what is raised in a text, and what a percentage is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite.inputs.marked import Footnoted, percentage, percentages, spelt


@pytest.mark.parametrize(
    ("written", "text", "call"),
    [
        ("1234^1^", "1234", "1"),
        ("12,345^2^", "12,345", "2"),
        ("0^3^", "0", "3"),
        ("2401^1^", "2401", "1"),
        ("2401^e^", "2401", "e"),
        ("1234^er^", "1234", "er"),
        ("^1^1234", "1234", "1"),
        ("1234^ (2)^", "1234", "(2)"),
        ("1234^1^^, 2^", "1234", "1, 2"),
        ("Laval^1^ et ^2^Lévis", "Laval et Lévis", "1, 2"),
        ("Laval^a^", "Laval", "a"),
        ("Laval^*^", "Laval", "*"),
        ("Superficie (km^2^)", "Superficie (km²)", ""),
        ("Superficie (km^2^)^1^", "Superficie (km²)", "1"),
        ("volume, m^3^", "volume, m³", ""),
        ("Programme^2^", "Programme", "2"),
        ("n.d.^1^", "n.d.", "1"),
        ("^1^", "", "1"),
    ],
)
def test_what_is_raised_is_set_apart(written: str, text: str, call: str) -> None:
    runs = [(piece, at % 2 == 1) for at, piece in enumerate(written.split("^"))]
    found = spelt(runs)
    assert isinstance(found, Footnoted)
    assert (found.text, found.call, found.joined) == (text, call, written.replace("^", ""))


@pytest.mark.parametrize(
    "written", ["1^er^ rang", "la 2^e^ rue", "M^me^ Roy", "n^o^ 4", "1^re^ couronne", "plain", "a^ ^b"]
)
def test_what_is_raised_as_part_of_a_word_stays(written: str) -> None:
    runs = [(piece, at % 2 == 1) for at, piece in enumerate(written.split("^"))]
    assert spelt(runs) == written.replace("^", "")


def test_an_exponent_is_no_footnote_call() -> None:
    power, number = spelt([("10", False), ("3", True)]), spelt([("100", False), ("3", True)])
    assert isinstance(power, Footnoted) and isinstance(number, Footnoted)
    assert (power.may_be_a_power, number.may_be_a_power) == (True, False)


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_a_percentage_is_the_number_that_was_typed(digits: int, decimals: int) -> None:
    typed = float(f"{digits}e-{decimals}")
    assert percentage(typed / 100).value == typed
    assert percentage(float(f"{digits}e-{decimals + 2}")).value == typed


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_many_percentages_are_each_as_one(values: list[float]) -> None:
    assert percentages(values) == [percentage(value) for value in values]


def test_percentages_without_dust() -> None:
    assert [percentage(share).value for share in (0.07, 0.29, 0.57, 1.1, 1e-7, 0.1 + 0.2)] == [7, 29, 57, 110, 1e-5, 30]
    assert str(percentage(0.125)) == "12.5%"
    assert str(percentage(0.07)) == "7%"
