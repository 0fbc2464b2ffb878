"""Many texts looked at together: what is asked of all codes of a table takes a few passes over one long text."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from typing import Literal

import numpy as np

__all__ = ["Labels"]


class Labels(tuple[str, ...]):
    """Texts without line breaks, in their order, and what is found by looking at them all, once.

    Examples
    --------
    >>> from equite.inputs.labels import Labels
    >>> labels = Labels(["01", "02", "10"])
    >>> labels.rise, labels.are_plain, labels.lengths
    (True, True, (2,))
    """

    @classmethod
    def of(cls, texts: Iterable[str]) -> Labels:
        """Return texts as they are if they have been looked at, else so that they can be."""
        return texts if isinstance(texts, cls) else cls(texts)

    @cached_property
    def joined(self) -> str:
        """All of them as one text, line by line."""
        return "\n".join(self)

    @property
    def signs(self) -> str:
        """The signs of all of them."""
        return self.joined.replace("\n", "")

    @cached_property
    def _make(self) -> Literal["digits", "plain", "any"]:
        signs = self.signs
        if not signs.isascii():
            return "any"
        # Bytes are told apart without looking each up among all signs there are.
        read = signs.encode()
        return "digits" if read.isdigit() else "plain" if read.isalnum() else "any"

    @property
    def are_plain(self) -> bool:
        """Whether they hold nothing but letters and digits of ASCII."""
        return self._make != "any"

    @property
    def are_digits(self) -> bool:
        """Whether they hold nothing but digits of ASCII."""
        return self._make == "digits"

    @cached_property
    def are_of_one_case(self) -> bool:
        """Whether none holds a small letter, or none a capital."""
        return self.are_digits or self.joined in (self.joined.upper(), self.joined.lower())

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """The lengths that they have, the shortest first."""
        line = len(self[0]) + 1 if self else 1
        # Where a line ends every so many signs, and nowhere else, all are of one length.
        if len(self.joined) + 1 == len(self) * line and self.joined[line - 1 :: line].count("\n") == len(self) - 1:
            return (line - 1,)
        return tuple(sorted(set(map(len, self))))

    @cached_property
    def rise(self) -> bool:
        """Whether each is greater than the one before it."""
        if len(self) > 1 and len(self.lengths) == 1 and self.joined.isascii():
            # Signs of ASCII stand in the order of their bytes.
            lines = np.frombuffer(f"{self.joined}\n".encode(), dtype=f"S{self.lengths[0] + 1}")
            return bool((lines[1:] > lines[:-1]).all())
        return all(map(operator.lt, self, islice(self, 1, None)))

    @cached_property
    def are_in_order(self) -> bool:
        """Whether they stand in their order, equal ones side by side."""
        return self.rise or all(map(operator.le, self, islice(self, 1, None)))

    @cached_property
    def all_differ(self) -> bool:
        """Whether no two are the same; those that rise are compared with their neighbours only."""
        return self.rise or len(set(self)) == len(self)
