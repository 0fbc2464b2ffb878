"""A sample of changes from a seed: every module in proportion to the changes it allows."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from mutants.changes import Change, changes_of, is_real

__all__ = ["drawn", "read_engine", "shares_of"]


def read_engine(root: Path) -> dict[str, str]:
    """Give the text of every module of the engine by its name."""
    files = sorted((root / "equite" / "engine").glob("*.py"))
    return {file.stem: file.read_text(encoding="utf-8") for file in files if file.stem != "__init__"}


def shares_of(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """Share the number of mutants among modules in proportion to their changes, by largest remainders."""
    total = sum(sizes.values())
    count = min(count, total)
    shares = {name: count * size // total for name, size in sizes.items()}
    left = sorted(sizes, key=lambda name: (-(count * sizes[name] % total), name))
    for name in left[: count - sum(shares.values())]:
        shares[name] += 1
    return shares


def drawn(sources: Mapping[str, str], count: int | None, seed: int) -> list[Change]:
    """Draw so many changes, or give all of them; those that give no other program are passed over.

    Each module is drawn by itself from the seed and its name: work on one leaves what is drawn of the others, but for
    how many.
    """
    found = {name: changes_of(name, source) for name, source in sources.items()}
    sizes = {name: len(changes) for name, changes in found.items()}
    shares = sizes if count is None else shares_of(sizes, count)
    sample = []
    for name, changes in found.items():
        random.Random(f"{seed}/{name}").shuffle(changes)
        real = (change for change in changes if is_real(change, sources[name]))
        sample += [change for change, _ in zip(real, range(shares[name]), strict=False)]
    return sample
