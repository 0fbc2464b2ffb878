"""Where a command speaks: its language, its width, its patience, and what it says when something is wrong."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer
from rich.console import Console

from equite import wording
from equite.cli.loading import load_methods
from equite.errors import EquiteError, OutputError, Problem
from equite.report.language.text import plain, typeset
from equite.wording import Language, as_spoken_by, preferred_language

if TYPE_CHECKING:
    from equite.engine.allocation import Allocation
    from equite.formula.formula import Formula
    from equite.formula.plan import Plan
    from equite.formula.projects_page import ProjectsPage
    from equite.formula.schedule_page import SchedulePage
    from equite.report.terminal.grid import TextGrid

__all__ = ["Asked", "Session", "leave_quietly"]

#: Seconds before a spinner shows that work is being done.
_PATIENCE = 1.0
_NARROWEST, _WIDEST, _UNKNOWN = 80, 120, 100


class _Paper(Console):
    """A console that lets a broken pipe be told from an error."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


@dataclass(frozen=True)
class Asked:
    """What was given before the command: the language, the Python files to load, the folder that pages stay in."""

    language: str | None = None
    load: tuple[Path, ...] = ()
    root: Path | None = None


class Session:
    """Where a command speaks: in which language, how wide, and what it says when something is wrong.

    Parameters
    ----------
    context : typer.Context
        Holds the language given before the command, if any.
    asked : str, optional
        The language given to the command.
    """

    def __init__(self, context: typer.Context, asked: str | None) -> None:
        self._root: Asked = context.find_root().obj or Asked()
        chosen = asked or self._root.language
        #: The language that somebody asked for, which is that of results too.
        self.asked: Language | None = str(chosen) if chosen else None
        self.language: Language = self.asked or preferred_language()
        self._out = _Paper(highlight=False, emoji=False, markup=False)
        self._err = Console(stderr=True, highlight=False, emoji=False, markup=False)
        wide = self._out.width if self._out.is_terminal or "COLUMNS" in os.environ else _UNKNOWN
        self.width = max(_NARROWEST, min(wide, _WIDEST))

    def __enter__(self) -> Self:
        """Load the methods that the caller names, before any page is read."""
        try:
            for path in self._root.load:
                load_methods(path, self.language)
        except Exception as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Turn whatever went wrong into sentences and an exit code."""
        if isinstance(error, BrokenPipeError):
            leave_quietly()
            raise typer.Exit(0) from None
        if isinstance(error, KeyboardInterrupt):
            self._tell([self.say("cli-interrupted")])
            raise typer.Exit(130) from None
        if not isinstance(error, Exception) or isinstance(error, typer.Exit | typer.BadParameter):
            return
        if os.environ.get("EQUITE_DEBUG") and not isinstance(error, EquiteError):
            return
        found = _as_ours(error)
        self.language = as_spoken_by(found.language, self.asked or found.language or self.language)
        texts = found.text(self.language).splitlines()
        if len(texts) == 1:
            self._tell([self.say("cli-error-one", problem=plain(texts[0]))])
        else:
            listed = (f"  - {plain(text)}" for text in texts)
            self._tell([self.say("cli-error-many", count=len(texts)), *listed])
        raise typer.Exit(1) from None

    def _tell(self, lines: Sequence[str]) -> None:
        """Say what is wrong: a person reads lines that fit, a program whole ones."""
        fit = self._err.is_terminal
        rows = [row for line in lines for row in (self._cut(line) if fit else [line])]
        self._err.print("\n".join(rows), soft_wrap=True)

    def say(self, entry: str, /, **values: object) -> str:
        """Return a worded output."""
        return typeset(wording.say(entry, self.language, **values), self.language)

    def show(self, text: str, *, style: str | None = None) -> None:
        """Print a text, its long lines cut between words."""
        rows = [row for line in text.splitlines() for row in self._cut(line)]
        self._out.print("\n".join(rows), style=style, soft_wrap=True)

    def _cut(self, line: str) -> list[str]:
        indent = " " * (len(line) - len(line.lstrip(" ")))
        if len(line) <= self.width:
            return [line]
        return textwrap.wrap(
            line.strip(" "),
            self.width,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )

    def show_grid(self, grid: TextGrid) -> None:
        """Print a table, its headings in bold where the terminal can."""
        height = max(map(len, grid.wrapped_headings))
        lines = grid.text().splitlines()
        self._out.print("\n".join(lines[:height]), style="bold", soft_wrap=True)
        self._out.print("\n".join(lines[height:]), soft_wrap=True)

    @contextmanager
    def patience(self) -> Iterator[None]:
        """Show a spinner if the work inside takes long, and only to a person at a terminal."""
        if not self._err.is_terminal:
            yield
            return
        status = self._err.status(self.say("cli-working"))
        timer = threading.Timer(_PATIENCE, status.start)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            # A spinner that is just being started must not outlive its work.
            timer.join()
            status.stop()

    def formula(self, path: Path, overrides: Sequence[Path] | None = None, decimal: str | None = None) -> Formula:
        """Read a page, lay overrides and a decimal sign over it, and take up the language of what follows."""
        from equite.formula.formula import Formula

        formula: Formula = Formula.read(path, root=self._root.root)
        for override in overrides or ():
            formula = formula.overlaid(override)
        if decimal is not None:
            formula = formula.replace(decimal=decimal)
        if self.asked not in (None, formula.language):
            formula = formula.replace(language=self.asked)
        self.language = formula.language
        return formula

    def plan(self, path: Path) -> Plan:
        """Read a plan, and take up the language of what follows."""
        from equite.formula.loading import read_page
        from equite.formula.plan import Plan

        page = read_page(path, root=self._root.root)
        if self.asked is not None:
            page = replace(page, content={**page.content, "language": self.asked})
        plan = Plan._of(page)
        self.language = plan.language
        return plan

    def projects_page(self, path: Path) -> ProjectsPage:
        """Read a page of projects, and take up the language of what follows."""
        from equite.formula.loading import read_page
        from equite.formula.projects_page import ProjectsPage

        page = read_page(path, root=self._root.root)
        if self.asked is not None:
            page = replace(page, content={**page.content, "language": self.asked})
        found = ProjectsPage.of_page(page)
        self.language = found.language
        return found

    def schedule(self, path: Path) -> SchedulePage:
        """Read a schedule, and take up the language of what follows."""
        from equite.formula.loading import read_page
        from equite.formula.schedule_page import SchedulePage

        page = read_page(path, root=self._root.root)
        if self.asked is not None:
            page = replace(page, content={**page.content, "language": self.asked})
        found = SchedulePage.of_page(page)
        self.language = found.language
        return found

    def allocate(self, formula: Formula, table: Path, sheet: str | None = None) -> Allocation:
        """Read the table as the formula needs it, and share."""
        from equite.engine.allocate import allocate, read_for

        return allocate(formula, read_for(formula, table, sheet=sheet))

    def spare(self, output: Path | None, *inputs: Path) -> None:
        """Refuse to write over a file that is read."""
        if output is not None and any(_same(output, path) for path in (*inputs, *self._root.load)):
            raise OutputError([Problem("output-is-input", {"name": output.name})])

    def show_table(self, allocation: Allocation, most: int | None) -> None:
        """Print an allocation's table, or its first rows."""
        from equite.report.terminal.screen import allocation_grid

        self.show_grid(allocation_grid(allocation, self.width, most))
        if most is not None and most < len(allocation.codes):
            self.show(self.say("cli-more-rows", shown=most, all=len(allocation.codes)))


def _same(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False


def _as_ours(error: Exception) -> EquiteError:
    """Word an error that is none of ours."""
    if isinstance(error, EquiteError):
        return error
    if isinstance(error, MemoryError):
        return EquiteError([Problem("cli-no-memory")])
    if isinstance(error, OSError) and error.filename is None and error.strerror:
        return EquiteError([Problem("cli-screen-refused", {"reason": error.strerror})])
    if isinstance(error, OSError) and error.filename is not None:
        values = {"name": Path(os.fsdecode(error.filename)).name, "reason": error.strerror or type(error).__name__}
        return EquiteError([Problem("cli-file-refused", values)])
    return EquiteError([Problem("cli-unexpected", {"reason": f"{type(error).__name__}: {error}".splitlines()[0]})])


def leave_quietly() -> None:
    """Let nothing be left to flush: whoever read the output (``equite … | head``) has read enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
