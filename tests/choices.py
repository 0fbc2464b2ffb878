"""Drawing pages and tables quickly: hypothesis draws bytes, and each choice takes the next of them.

Hypothesis spends about a tenth of a millisecond on each value that it draws, and on a page and its table more than the
engine takes to share the money. Bytes it draws at once. It still makes what fails smaller: a lower byte is an earlier
choice, or a lower number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from hypothesis import strategies as st

Thing = TypeVar("Thing")
Given = ParamSpec("Given")

_BYTES = st.binary(min_size=32, max_size=32)


class Choices:
    """What a strategy asks for, one choice after another."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._bytes, self._at = b"", 0

    def below(self, count: int) -> int:
        """Choose one of the first ``count`` whole numbers, each as likely as the others."""
        size = 1 if count <= 16 else (count.bit_length() + 15) // 8
        if self._at + size > len(self._bytes):
            self._bytes, self._at = self._draw(_BYTES), 0
        found = int.from_bytes(self._bytes[self._at : self._at + size], "big")
        self._at += size
        return found * count >> 8 * size

    def whole(self, least: int, most: int) -> int:
        """Choose a whole number; one in 32 is an end of a long range, where mistakes hide."""
        if most - least >= 100 and (end := self.below(64)) < 2:
            return (least, most)[end]
        return least + self.below(most - least + 1)

    def wholes(self, least: int, most: int, count: int) -> list[int]:
        """Choose as many whole numbers."""
        return [self.whole(least, most) for _ in range(count)]

    def among(self, things: Sequence[Thing]) -> Thing:
        """Choose one of a few things."""
        return things[self.below(len(things))]

    def shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        """Choose an order."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in things]

    def yes(self) -> bool:
        """Choose yes or no."""
        return self.below(2) == 1


def drawn(build: Callable[Concatenate[Choices, Given], Thing]) -> Callable[Given, st.SearchStrategy[Thing]]:
    """Make a strategy of a function that builds a thing from choices."""

    @st.composite
    def strategy(draw: st.DrawFn, *args: Given.args, **keys: Given.kwargs) -> Thing:
        return build(Choices(draw), *args, **keys)

    return strategy
