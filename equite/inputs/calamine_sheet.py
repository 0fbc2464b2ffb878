"""Read one sheet with calamine, here or in a process of its own.

calamine lays out what a file says, and a damaged file of an old format may say anything: it then gives up in a way that
no caller can catch, or takes all memory there is. What was not looked through before is therefore read in a process
with limits, which dies alone.

That process runs this file by its path: it needs calamine, and nothing of equite.
"""

from __future__ import annotations

import io
import pickle
import sys
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["GAVE_UP", "CalamineSheet", "NoReaderError", "read_apart", "read_here"]

#: The reason that is given where calamine gives none.
GAVE_UP = "…"


class CalamineSheet(NamedTuple):
    """What calamine makes of a file.

    Attributes
    ----------
    names : list of str
        The names of its sheets.
    rows : list of list, or None
        The cells of the wanted sheet; None if there is no such sheet, or if it failed.
    failure : str
        Why it failed; empty if it did not.
    """

    names: list[str]
    rows: list[list[Any]] | None
    failure: str = ""


class NoReaderError(Exception):
    """The process could not be started, or gave no answer within its limits."""

    def __init__(self, *, started: bool) -> None:
        super().__init__()
        self.started = started


def read_here(raw: bytes, sheet: str | None) -> CalamineSheet:
    """Read a sheet, by default the first, in this process."""
    from python_calamine import CalamineError, CalamineWorkbook

    names: list[str] = []
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        names = list(book.sheet_names)
        chosen = sheet if sheet is not None else next(iter(names), "")
        if chosen not in names:
            return CalamineSheet(names, None)
        return CalamineSheet(names, book.get_sheet_by_name(chosen).to_python(skip_empty_area=False))
    except (CalamineError, ValueError, OverflowError) as error:
        return CalamineSheet(names, None, str(error) or GAVE_UP)
    except BaseException as panic:
        # What Rust gives up with is no Exception, and its class cannot be imported.
        if type(panic).__name__ != "PanicException":
            raise
        return CalamineSheet(names, None, GAVE_UP)


def read_apart(raw: bytes, sheet: str | None, most_bytes: int, most_seconds: float) -> CalamineSheet:
    """Read a sheet, by default the first, in a process that may take so much memory and time.

    Raises
    ------
    NoReaderError
        It could not be started, or gave no answer.
    """
    import subprocess

    import python_calamine

    if not sys.executable or getattr(sys, "frozen", False):
        raise NoReaderError(started=False)
    beside = str(Path(python_calamine.__file__).parents[1])
    # -I: neither the folder that it is started in nor the user's own modules take the place of the libraries; -S: the
    # others are not looked for, which takes as long as all the rest.
    command = [sys.executable, "-I", "-S", __file__, beside, str(most_bytes)]
    try:
        done = subprocess.run(
            command, input=pickle.dumps((raw, sheet)), capture_output=True, timeout=most_seconds, check=True
        )
        return CalamineSheet(*pickle.loads(done.stdout))
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
    sys.path.append(sys.argv[1])
    _limit_memory(int(sys.argv[2]))
    pickle.dump(tuple(read_here(*pickle.load(sys.stdin.buffer))), sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
