"""Long chains of names, worked out from the bottom once they are too deep to be asked for one within the other."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from equite.engine.descent import descend


class Refused(Exception):
    pass


def chain(length: int, *, asked: list[int], at_the_end: Callable[[], int]) -> Callable[[], int]:
    """Give a work that asks for the one below, and so on to the end."""

    def link(place: int) -> int:
        asked.append(place)
        if place == length:
            return at_the_end()
        return 1 + descend(2, lambda: link(place + 1), "link", place + 1)

    return lambda: descend(2, lambda: link(0), "link", 0)


@pytest.mark.parametrize("length", [0, 1, 49, 50, 5_000])
def test_a_chain_of_any_length_gives_what_it_would(length: int) -> None:
    asked: list[int] = []
    deep = sys.getrecursionlimit()
    assert chain(length, asked=asked, at_the_end=lambda: 7)() == length + 7
    assert sys.getrecursionlimit() == deep
    # What asked in vain begins again once, and not each time that something below it does.
    assert len(asked) <= 2 * length + 2


def test_who_asked_gets_the_error_and_may_go_on() -> None:
    tried: list[int] = []

    def refuse() -> int:
        raise Refused

    def link(place: int) -> int:
        tried.append(place)
        try:
            return refuse() if place == 400 else 1 + descend(2, lambda: link(place + 1), "link", place + 1)
        except Refused:
            if place == 100:
                return 0
            raise

    assert descend(2, lambda: link(0), "link", 0) == 100
    assert len(tried) < 900
    with pytest.raises(Refused):
        chain(300, asked=[], at_the_end=refuse)()


def test_nothing_is_kept_from_one_work_to_the_next() -> None:
    asked: list[int] = []
    assert chain(200, asked=asked, at_the_end=lambda: 1)() == 201
    assert chain(200, asked=asked, at_the_end=lambda: 2)() == 202
