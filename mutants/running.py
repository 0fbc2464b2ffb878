"""Runs tests against a changed module, each mutant in a process of its own; the files on disk are never touched.

The process that runs them all loads numpy, pandas and pytest once and nothing of equite. For each mutant it forks; the
child loads the one module from the changed text (an import hook), all else from disk, runs the tests and ends.
An interrupt ends the children and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NoReturn

__all__ = ["NOT_LOADED", "Job", "Outcome", "preload", "run"]

#: How a child ends whose tests never loaded the module, and one that could not run them.
NOT_LOADED = 97
_BROKEN = 98
#: What takes long to load and is not equite. Of pytest's plugins none: it wants to load those itself.
_HEAVY = ("numpy", "pandas", "pydantic", "yaml", "openpyxl", "narwhals", "python_calamine", "scipy.stats", "pytest")
_MEMORY = 4 * 2**30


@dataclass(frozen=True)
class Job:
    """Tests to run on one module's text.

    Attributes
    ----------
    module, source : str
        The module's full name and the text it is loaded from.
    tests : tuple of str
        The files of tests.
    seconds : float
        How much processor time they may take; on the clock, five times as much.
    """

    module: str
    source: str
    tests: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes
    ----------
    code : int
        pytest's: 0 where all tests passed. Negative for the signal that ended it.
    seconds : float
        The processor time that it took.
    said : str
        The end of what pytest wrote.
    """

    code: int
    seconds: float
    said: str

    @property
    def ran(self) -> bool:
        """Whether tests passed, failed, could not be gathered or were ended: anything else is a fault of this tool."""
        return self.code in (0, 1, 2) or self.code < 0


def preload() -> None:
    """Load once what every child needs and no mutant changes."""
    for name in _HEAVY:
        importlib.import_module(name)


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a text instead of its file."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source, self.loaded = name, source, False

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Claim the module."""
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the text as the module."""
        self.loaded = True
        exec(compile(self.source, f"<mutant of {self.name}>", "exec"), module.__dict__)


@dataclass
class _Child:
    job: Job
    began: float
    output: Path = field(repr=False)


def run(jobs: Sequence[Job], root: Path, processes: int) -> Iterator[tuple[int, Outcome]]:
    """Run jobs, so many at a time, and give each one's place among them and its outcome as it ends."""
    waiting = list(enumerate(jobs))[::-1]
    children: dict[int, tuple[int, _Child]] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            while waiting or children:
                while waiting and len(children) < processes:
                    at, job = waiting.pop()
                    output = Path(folder) / f"{at}.txt"
                    children[_forked(partial(_child, job, root, output))] = (
                        at,
                        _Child(job, time.monotonic(), output),
                    )
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if pid:
                    at, child = children.pop(pid)
                    _end(pid)
                    said = child.output.read_text(encoding="utf-8", errors="replace") if child.output.exists() else ""
                    child.output.unlink(missing_ok=True)
                    code = os.waitstatus_to_exitcode(status)
                    yield at, Outcome(code, usage.ru_utime + usage.ru_stime, said[-2000:])
                    continue
                for late, (_, child) in children.items():
                    if time.monotonic() - child.began > 5 * child.job.seconds:
                        _end(late)
                time.sleep(0.02)
        finally:
            for pid in children:
                _end(pid)
                os.waitpid(pid, 0)


def _forked(work: Callable[[], NoReturn]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(_BROKEN)


def _end(pid: int) -> None:
    """End a child and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _child(job: Job, root: Path, output: Path) -> NoReturn:
    """Run a job's tests and end; never returns."""
    os.setpgid(0, 0)
    to = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(to, stream)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    seconds = int(job.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    changed = _Changed(job.module, job.source)
    sys.meta_path.insert(0, changed)
    import pytest

    options = ["-x", "-q", "--no-header", "--tb=line", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
    code = int(pytest.main([*options, *job.tests]))
    sys.stdout.flush()
    os._exit(code if changed.loaded or code else NOT_LOADED)
