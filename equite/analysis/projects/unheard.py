"""Keeping a library that writes to the screen by itself from being heard."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["unheard"]


@contextmanager
def unheard() -> Iterator[None]:
    """Drop what compiled code writes to standard output while the work inside runs.

    HiGHS writes a line of its own workings where it polishes a solution whose columns are not all whole, whatever it is
    asked to show: the line would stand in reports that are read from a pipe. Python's own output is written first.
    """
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except (AttributeError, OSError, ValueError):
        # There is no standard output to keep clean.
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        _flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _flush() -> None:
    """Write what compiled code still holds; where it cannot be reached, it is written when the process ends."""
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)
