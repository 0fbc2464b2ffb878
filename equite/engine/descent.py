"""Names that rest on long chains of names, worked out without one call within the other for each link of the chain.

What a name stands for is worked out where it is first asked for, which asks for what it rests on in turn. Beyond some
depth the asking is put off instead: what was asked for is worked out first, from the top, and what asked is begun
again. It then finds the answer, whatever that was. Only what is asked for is worked out, in the same way as if it had
been at once; chains that are not long never notice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np

__all__ = ["descend"]

T = TypeVar("T")
#: The operations that may stand one within the other before what is asked for is put off: each takes a few calls, of
#: which Python allows a thousand.
_MOST = 100


class _PutOff(Exception):
    """What was asked for lies too deep, and is to be worked out first."""

    def __init__(self, key: Hashable, work: Callable[[], Any]) -> None:
        self.key, self.work = key, work


class _Depth(threading.local):
    """How deep this thread is, and what was put off and is known by now: its value, or the error that it gave."""

    def __init__(self) -> None:
        self.reached = 0
        self.found: dict[Hashable, tuple[Any, Exception | None]] = {}


_depth = _Depth()


def descend(steps: int, work: Callable[[], T], *about: object) -> T:
    """Work out what a name stands for, however long the chain of names below it.

    Parameters
    ----------
    steps : int
        The operations that stand one within the other in what the name stands for.
    work : callable
        Works it out. It may be begun again, and must leave nothing behind until it is through.
    about
        What tells this work from any other: hashable, arrays and slices apart.

    Returns
    -------
    object
        What ``work`` gives; what it raises is raised.
    """
    before = _depth.reached
    if before + steps > _MOST and before:
        key = tuple(map(_told, about))
        if key not in _depth.found:
            raise _PutOff(key, work)
        value, error = _depth.found[key]
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]
    _depth.reached = before + max(steps, 1)
    try:
        return work() if before else _from_the_top(work)
    finally:
        _depth.reached = before
        if not before:
            _depth.found = {}


def _from_the_top(work: Callable[[], T]) -> T:
    """Do a work after all that is put off by it, and by that in turn."""
    waiting: list[_PutOff] = []
    while True:
        try:
            if not waiting:
                return work()
            _depth.found[waiting[-1].key] = waiting[-1].work(), None
        except _PutOff as deeper:
            waiting.append(deeper.with_traceback(None))
            continue
        except Exception as error:
            if not waiting:
                raise
            # Who asked may know what to do with it.
            _depth.found[waiting[-1].key] = None, error
        waiting.pop()


def _told(about: object) -> Hashable:
    if isinstance(about, np.ndarray):
        return about.tobytes()
    return repr(about) if isinstance(about, slice) else about
