"""Open a file from a stranger: a plain file, no larger than a bound; nothing else is waited for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from equite.errors import EquiteError, Problem
from equite.inputs.bounds import MOST_FILE_BYTES
from equite.wording import Numeral

__all__ = ["bounded_bytes"]


def bounded_bytes(file: Path, kind: type[EquiteError], most: int = MOST_FILE_BYTES) -> bytes:
    """Read a file.

    Parameters
    ----------
    file : Path
        The file.
    kind : type of EquiteError
        What to raise where it is no plain file, or too large.
    most : int, optional
        The bytes that it may have.

    Raises
    ------
    EquiteError
        It is a pipe or a device, from which bytes might never come or never end, or it is too large.
    OSError
        It is absent, a folder, or cannot be opened.
    """
    try:
        with open(file, "rb", opener=_without_waiting) as held:
            if not stat.S_ISREG(os.fstat(held.fileno()).st_mode):
                raise kind([Problem("file-not-plain", {"name": file.name})])
            raw = held.read(most + 1)
    except ValueError:
        # A name with a zero in it is that of no file.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from None
    if len(raw) > most:
        raise kind([Problem("file-too-large", {"most": Numeral(most // 1_000_000)}, file=file.name)])
    return raw


def _without_waiting(path: str, flags: int) -> int:
    """Open a pipe too without waiting for whoever writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
