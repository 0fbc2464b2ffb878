"""Which number formats show a number in percent."""

from __future__ import annotations

import pytest

from equite.inputs.number_formats import BUILT_IN, read_format


@pytest.mark.parametrize(
    ("code", "percents", "literal"),
    [
        ("General", 0, False),
        ("0%", 1, False),
        ("0.00%", 1, False),
        ("#,##0.0 %", 1, False),
        ('0.0"\u00a0"%', 1, False),
        ('[$-C0C]0.0"\u00a0"%', 1, False),
        ("[Red]0.0%", 1, False),
        ("[$%-409]0.0", 0, False),
        ('0" %"', 0, True),
        ('0.0"%"', 0, True),
        ("0\\%", 0, True),
        ("0\\ \\%", 0, True),
        ("0_%", 0, False),
        ("*%0", 0, False),
        ("0%%", 2, False),
        ('"%', 0, True),
        ("[>", 0, False),
        ("\\", 0, False),
        ("", 0, False),
        ('0.0%;"perte" -0.0;0', 1, False),
        ("0;0%", 0, False),
        ("[<=1]0%;0.0", 1, False),
        ("[>1]0.0;0%", 1, False),
        ("[>1]0%;0.0", 0, False),
        ("[Blue][<0.1]0.0;[=0.125]0%;0", 1, False),
        ("0;0;0;@%", 0, False),
    ],
)
def test_an_eighth_shown_by_a_format(code: str, percents: int, literal: bool) -> None:
    found = read_format(code)
    assert (found.percents(0.125), found.literal(0.125)) == (percents, literal)
    assert not found.percents(0.125) or found.is_percent


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("0%", (1, 1, 1)),
        ("0%;-0.0", (1, 1, 0)),
        ("0;-0%", (0, 0, 1)),
        ("0;-0%;0%", (0, 1, 1)),
        ("0%;-0%;0", (1, 0, 1)),
        ("[>=0]0%;0", (1, 1, 0)),
        ("[>5]0%;0%;0", (0, 0, 1)),
        ("[<0]0%;[=0]0%;0", (0, 1, 1)),
        ("[<0]0%", (0, 0, 1)),
    ],
)
def test_the_section_goes_by_the_number(code: str, shown: tuple[int, int, int]) -> None:
    assert tuple(read_format(code).percents(value) for value in (2.0, 0.0, -2.0)) == shown


def test_formats_known_by_number() -> None:
    assert sorted(BUILT_IN) == [9, 10]
    assert all(shown.always == 1 for shown in BUILT_IN.values())
