"""The score, how sure it is, and what survived."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from mutants.changes import Change

__all__ = ["Equivalent", "Tried", "described", "read_equivalents", "table", "told", "wilson"]

_FIELDS = ("module", "function", "before", "after", "reason")


@dataclass(frozen=True)
class Equivalent:
    """A change that is known to make no difference, and why."""

    module: str
    function: str
    before: str
    after: str
    reason: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the change is known by."""
        return self.module, self.function, self.before, self.after


@dataclass(frozen=True)
class Tried:
    """A mutant that was run.

    Attributes
    ----------
    change : Change
        What was changed.
    killed : bool
        Whether a test failed, or no longer ended.
    late : bool
        Whether it was ended for the time it took.
    by : str
        The test that failed, if one did.
    """

    change: Change
    killed: bool
    late: bool
    by: str


def read_equivalents(path: Path) -> dict[tuple[str, str, str, str], Equivalent]:
    """Read the changes that are known to be equivalent, by key."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    found = [Equivalent(**{name: " ".join(str(entry[name]).split()) for name in _FIELDS}) for entry in entries]
    return {each.key: each for each in found}


def described(each: Equivalent) -> str:
    """Give a known equivalent as a row of the table in docs/testing.md."""
    before, after = (text.replace("|", "\\|") for text in (each.before, each.after))
    return f"| `{each.module}`, `{each.function or 'the module'}` | `{before}` | `{after}` | {each.reason} |"


def wilson(killed: int, tried: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Give the 95 % interval of a share by Wilson (1927), *Journal of the American Statistical Association* 22."""
    if not tried:
        return 0.0, 1.0
    share, whole = killed / tried, 1 + z * z / tried
    middle = (share + z * z / (2 * tried)) / whole
    half = z / whole * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    return max(0.0, middle - half), min(1.0, middle + half)


def table(tried: Sequence[Tried], known: Mapping[tuple[str, str, str, str], Equivalent]) -> list[str]:
    """Give the score by module, and in all with its interval; equivalents stand apart and count in none."""
    rows = Counter(each.change.module for each in tried)
    alike = Counter(each.change.module for each in tried if each.change.key in known and not each.killed)
    killed = Counter(each.change.module for each in tried if each.killed)
    width = max(map(len, rows), default=6)
    lines = [f"{'module':{width}}  tried  equivalent  killed  survived"]
    for name in sorted(rows):
        left = rows[name] - alike[name] - killed[name]
        lines.append(f"{name:{width}}  {rows[name]:5}  {alike[name]:10}  {killed[name]:6}  {left:8}")
    total, good = len(tried) - alike.total(), killed.total()
    low, high = wilson(good, total)
    late = sum(each.late for each in tried)
    lines.append(
        f"{good} of {total} killed ({late} by their time limit): {good / max(total, 1):.1%}, "
        f"95 % interval {low:.1%} to {high:.1%}; {alike.total()} more are known to be equivalent"
    )
    return lines


def told(change: Change) -> list[str]:
    """Show a change: where it is, what it was, and what it became."""
    place = f"equite/engine/{change.module}.py:{change.line}"
    return [
        f"{place} in {change.function or 'the module'} ({change.kind})",
        f"  - {change.before}",
        f"  + {change.after}",
    ]
