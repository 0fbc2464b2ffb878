"""How the C library treats the memory of arrays that are let go."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["keep_freed_memory"]

#: The largest array, in bytes, after which glibc still raises the size from which it hands freed memory back.
_LARGEST = 32_000_000


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Let glibc keep what arrays of up to 32 MB free, for the next ones: done once, and nothing to other libraries.

    By default it hands each array above 128 kB back to the system and asks for the next, whose pages then cost more
    than the arithmetic on them. Letting a larger one go raises that size; see ``M_MMAP_THRESHOLD`` in mallopt(3).
    None of the array's pages is ever touched.
    """
    np.empty(_LARGEST, dtype=np.int8)
