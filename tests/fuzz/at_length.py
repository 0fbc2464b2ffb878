"""Strange files for as long as one likes: ``python tests/fuzz/at_length.py [--seconds 600] [--seed 1] [TARGET …]``.

Files are damaged at random; with ``--coverage``, which needs the extra ``fuzz``, atheris chooses the bytes of one
target by what they reach in the code. A file on which anything but an ``EquiteError`` is raised is written to
``tests/fuzz/corpus/TARGET/``, where the tests try it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

COVERAGE = "--coverage" in sys.argv
if COVERAGE:
    import atheris

    # Before anything of equite is imported: what is known of the code is asked for as it is loaded.
    with atheris.instrument_imports(include=["equite"]):
        import equite

        for name in equite.__all__:
            getattr(equite, name)

from targets import TARGETS, damaged, run, seeds  # noqa: E402

CORPUS = Path(__file__).with_name("corpus")


def tried(name: str, raw: bytes, folder: Path) -> bool:
    """Try one file; keep it, and tell, where anything but a refusal comes of it."""
    try:
        run(TARGETS[name], raw, folder)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        kept = CORPUS / name / hashlib.sha256(raw).hexdigest()[:12]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(raw)
        print(f"{name}: {type(error).__name__}: {str(error)[:120]!r}, kept as {kept.name}", flush=True)
        return False
    return True


def by_chance(names: list[str], seconds: float, seed: int, folder: Path, known: Mapping[str, list[bytes]]) -> int:
    """Damage files at random until the time is over; give how many failed."""
    chance, end = Random(seed), time.monotonic() + seconds
    counts, failed = dict.fromkeys(names, 0), 0
    while time.monotonic() < end:
        name = names[sum(counts.values()) % len(names)]
        failed += not tried(name, damaged(chance.choice(known[name]), chance), folder)
        counts[name] += 1
    print(", ".join(f"{name} {count}" for name, count in counts.items()), f"files; {failed} failed")
    return failed


def by_coverage(name: str, seconds: float, seed: int, folder: Path, known: Mapping[str, list[bytes]]) -> None:
    """Let atheris choose the bytes for one target, beginning with the files that it takes. It ends the process."""
    begin = folder / "begin"
    begin.mkdir()
    for at, raw in enumerate(known[name]):
        (begin / str(at)).write_bytes(raw)
    options = [sys.argv[0], str(begin), f"-max_total_time={int(seconds)}", f"-seed={seed}", "-max_len=200000"]

    def one(raw: bytes) -> None:
        tried(name, raw, folder)

    atheris.Setup(options, one)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--coverage", action="store_true", help="one target, by atheris")
    given = parser.parse_args()
    names = given.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}: choose among {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        known = seeds(folder)
        print(f"seed {given.seed}")
        if COVERAGE:
            by_coverage(names[0], given.seconds, given.seed, folder, known)
        return min(1, by_chance(names, given.seconds, given.seed, folder, known))


if __name__ == "__main__":
    sys.exit(main())
