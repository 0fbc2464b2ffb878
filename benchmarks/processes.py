"""Whole processes, measured from outside: processor time, time by the clock, peak memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Used", "in_turn", "line", "told", "whole"]

#: A process counts as its own peak the memory of whoever started it: a small one starts it here.
_STARTER = """
import json, os, subprocess, sys, time
begun = time.perf_counter()
started = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(started.pid, 0)
clock = time.perf_counter() - begun
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, clock, used.ru_maxrss]))
"""


@dataclass(frozen=True)
class Used:
    """What a process used.

    Attributes
    ----------
    processor, clock : float
        Seconds of the processor, and by the clock.
    memory : float
        The most that it held at once, in MB.
    """

    processor: float
    clock: float
    memory: float


def whole(command: Sequence[str]) -> Used:
    """Run a process and tell what it used. Python may keep compiled files, as it does where a package is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    starter = [sys.executable, "-S", "-c", _STARTER, *command]
    told_by = subprocess.run(starter, env=kept, check=True, capture_output=True)
    code, processor, clock, memory = json.loads(told_by.stdout)
    assert code == 0, command
    return Used(processor, clock, memory / (1e6 if sys.platform == "darwin" else 1e3))


def in_turn(ours: Sequence[str], theirs: Sequence[str], runs: int) -> tuple[list[Used], list[Used]]:
    """Run two processes in turn, so that both meet the same machine; the first run of each counts for nothing."""
    pairs = [(whole(ours), whole(theirs)) for _ in range(runs + 1)][1:]
    return [one for one, _ in pairs], [other for _, other in pairs]


def line(what: str, ours: Sequence[float], theirs: Sequence[float], peer: str, target: str, unit: str = "ms") -> str:
    """Word a comparison: medians, and the median of the ratios pair by pair with their spread."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    scale = 1e3 if unit == "ms" else 1.0
    one, other = (statistics.median(each) * scale for each in (ours, theirs))
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"{what:<44} equite {one:6.0f} {unit}   {peer} {other:6.0f} {unit}   ratio {spread}   target {target}"


def told(what: str, used: tuple[list[Used], list[Used]], peer: str, target: str) -> None:
    """Print how two processes compare, by the processor, by the clock and in memory."""
    ours, theirs = used
    for kind, unit in (("processor", "ms"), ("clock", "ms"), ("memory", "MB")):
        one, other = ([getattr(each, kind) for each in side] for side in (ours, theirs))
        print(line(f"{what}, {kind}", one, other, peer, target, unit))
