"""The scripts of the page that recomputes, each one readable file put together from short ones, and its styles."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["SCRIPTS", "explorer_entries", "explorer_script", "explorer_style", "worker_script"]

#: The files, in the order in which one rests on those before it.
SCRIPTS = ("dom", "figures", "code", "yaml", "state", "controls", "results", "table", "territory", "keep", "explorer")
#: A text in quotes that may be the id of a sentence.
_QUOTED = re.compile(r'"([a-z]+(?:-[a-z]+)+)"')


@cache
def explorer_script() -> str:
    """Return the script that draws the page and follows what is moved; it needs ``equite``, the engine."""
    return '(() => {\n"use strict";\n' + "\n".join(map(_kept, SCRIPTS)) + "\n})();\n"


def worker_script() -> str:
    """Return what the worker runs after the engine."""
    return _kept("worker")


def explorer_style(mark: str) -> str:
    """Return the styles; ``mark`` is what each printed sheet says at its top while anything is moved."""
    style = (files(__package__) / "explorer.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    return style.replace("MARK", mark.replace("\\", "").replace('"', ""))


@cache
def explorer_entries() -> tuple[str, ...]:
    """Return the ids that stand in the script, those of sentences among them."""
    return tuple(dict.fromkeys(_QUOTED.findall(explorer_script())))


def _kept(name: str) -> str:
    return (files(__package__) / "scripts" / f"{name}.js").read_text(encoding="utf-8").replace("\r\n", "\n")
