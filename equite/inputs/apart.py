"""Run a reader of files in a process of its own, with limits on what it takes.

A damaged file may say anything, and some readers, compiled ones above all, then give up in a way that no caller can
catch, take all memory there is, or never end. Such a reader runs apart and dies alone.

That process runs this file by its path: it needs what the reader needs, and nothing of equite.
"""

from __future__ import annotations

import os
import pickle
import runpy
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["NoReaderError", "read_apart"]


class NoReaderError(Exception):
    """The process could not be started, or gave no answer within its limits."""

    def __init__(self, *, started: bool) -> None:
        super().__init__()
        self.started = started


def read_apart(
    reader: str, packages: Iterable[ModuleType], given: tuple[Any, ...], most_bytes: int, most_seconds: float
) -> Any:
    """Call ``apart(*given)`` of a file in a process that may take so much memory and time.

    Parameters
    ----------
    reader : str
        The path of the file. Its ``apart`` takes and gives plain values, which can be pickled.
    packages : iterable of module
        What the file imports beyond the standard library: their folders are looked into.
    given : tuple
        The arguments.
    most_bytes, most_seconds
        The limits. That on memory is held where the system knows how to.

    Raises
    ------
    NoReaderError
        It could not be started, or gave no answer.
    """
    import subprocess

    if not sys.executable or getattr(sys, "frozen", False):
        raise NoReaderError(started=False)
    beside = os.pathsep.join(dict.fromkeys(str(Path(str(each.__file__)).parents[1]) for each in packages))
    # -I: neither the folder that it is started in nor the user's own modules take the place of the libraries; -S: the
    # others are not looked for, which takes as long as all the rest.
    command = [sys.executable, "-I", "-S", __file__, reader, beside, str(most_bytes)]
    try:
        done = subprocess.run(command, input=pickle.dumps(given), capture_output=True, timeout=most_seconds, check=True)
        return pickle.loads(done.stdout)
    except OSError:
        raise NoReaderError(started=False) from None
    except (subprocess.SubprocessError, pickle.UnpicklingError, EOFError, TypeError):
        raise NoReaderError(started=True) from None


def _limit_memory(most: int) -> None:
    """Bound what this process may take, where the system knows how to."""
    try:
        import resource
    except ImportError:
        return
    _, ceiling = resource.getrlimit(resource.RLIMIT_AS)
    most = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
    resource.setrlimit(resource.RLIMIT_AS, (most, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.path.extend(sys.argv[2].split(os.pathsep))
    _limit_memory(int(sys.argv[3]))
    answer = runpy.run_path(sys.argv[1])["apart"](*pickle.load(sys.stdin.buffer))
    pickle.dump(answer, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
