"""Draw mutants of the engine, run the tests on each, tell which survive: ``python -m mutants`` (docs/testing.md)."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Before numpy is loaded: threads do not outlive a fork.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

from mutants.changes import Change
from mutants.running import NOT_LOADED, Job, Outcome, preload, run
from mutants.sample import drawn, read_engine
from mutants.score import Tried, read_equivalents, table, told
from mutants.tests_of import COMMON, TESTS

ROOT = Path(__file__).resolve().parents[1]
SEED = 2022
COUNT = 300
#: What an unchanged module's tests may take.
_PATIENCE = 600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; 0 where no mutant survives but those known to be equivalent."""
    asked = _asked(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sources = read_engine(ROOT)
    known = read_equivalents(Path(__file__).with_name("equivalents.yaml"))
    wanted = {name: source for name, source in sources.items() if not asked.modules or name in asked.modules}
    sample = drawn(wanted, None if asked.all else asked.count, asked.seed)
    if asked.matching:
        sample = [change for change in sample if re.search(asked.matching, "\n".join(told(change)))]
    if asked.survivors_of:
        left = {tuple(key) for key in _survivors(asked.survivors_of)}
        sample = [change for change in sample if change.key in left]
    preload()
    try:
        tried = _tried(sample, sources, asked.processes)
    except KeyboardInterrupt:
        print("interrupted; nothing was changed", file=sys.stderr)
        return 130
    survivors = [each.change for each in tried if not each.killed and each.change.key not in known]
    for change in sorted(survivors, key=lambda change: (change.module, change.line)):
        print(*told(change), "", sep="\n")
    for each in tried:
        if each.killed and each.change.key in known:
            print("No equivalent, for a test sees it:", *told(each.change), f"  {each.by}", "", sep="\n")
    print(*table(tried, known), sep="\n")
    if asked.json:
        asked.json.write_text(json.dumps([_plain(each) for each in tried], indent=1), encoding="utf-8")
    return bool(survivors)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="how many mutants to draw")
    parser.add_argument("--seed", type=int, default=SEED, help="what they are drawn from")
    parser.add_argument("--all", action="store_true", help="every mutant instead of a sample")
    parser.add_argument("--modules", nargs="+", default=[], choices=sorted(TESTS), metavar="MODULE", help="only these")
    parser.add_argument("--matching", help="only those whose place or lines match this regular expression")
    parser.add_argument("--survivors-of", type=Path, metavar="FILE", help="only those that survived in a --json file")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many run at once")
    parser.add_argument("--json", type=Path, help="a file to write every outcome to")
    return parser.parse_args(arguments)


def _survivors(path: Path) -> list[list[str]]:
    """Give the keys of what survived an earlier run."""
    outcomes = json.loads(path.read_text(encoding="utf-8"))
    names = ("module", "function", "before", "after")
    return [[each[name] for name in names] for each in outcomes if not each["killed"]]


def _tried(sample: Sequence[Change], sources: Mapping[str, str], processes: int) -> list[Tried]:
    """Run every mutant, after each module's own tests on the module as it is."""
    names = sorted({change.module for change in sample})
    limits = _limits(names, sources, processes)
    jobs = [_job(change.module, change.made(sources[change.module]), limits[change.module]) for change in sample]
    found: dict[int, Tried] = {}
    began = time.monotonic()
    for at, outcome in run(jobs, ROOT, processes):
        change = sample[at]
        if not outcome.ran:
            sys.exit("\n".join(["the tests could not be run", *told(change), outcome.said]))
        found[at] = Tried(change, outcome.code != 0, outcome.code < 0, _failed(outcome))
        sign = "." if found[at].killed else "S"
        seconds = time.monotonic() - began
        print(
            f"{len(found):4}/{len(jobs)} {seconds:5.0f} s {sign} {change.module}:{change.line} {outcome.seconds:.1f} s",
            flush=True,
        )
        if not found[at].killed:
            print(*told(change), sep="\n", flush=True)
    return [found[at] for at in range(len(sample))]


def _limits(names: Sequence[str], sources: Mapping[str, str], processes: int) -> dict[str, float]:
    """Hold tests against a module as it is, once for all that they hold, and give how long they may take on a mutant.

    That they load the others of their modules is seen by each mutant's own run.
    """
    sharing: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        sharing.setdefault(TESTS[name], []).append(name)
    groups = list(sharing.values())
    jobs = [_job(group[0], sources[group[0]], _PATIENCE) for group in groups]
    limits: dict[str, float] = {}
    for at, outcome in run(jobs, ROOT, processes):
        told_of = ", ".join(groups[at])
        if outcome.code == NOT_LOADED:
            sys.exit(f"the tests of {told_of} never load {groups[at][0]}: see mutants/tests_of.py")
        if outcome.code:
            sys.exit(f"the tests of {told_of} fail on the modules as they are:\n{outcome.said}")
        limits |= dict.fromkeys(groups[at], 10 + 4 * outcome.seconds)
        print(f"{told_of}: their tests take {outcome.seconds:.1f} s", flush=True)
    return limits


def _job(name: str, source: str, seconds: float) -> Job:
    return Job(f"equite.engine.{name}", source, tuple(dict.fromkeys((*TESTS[name], *COMMON))), seconds)


def _failed(outcome: Outcome) -> str:
    """Name the test that failed."""
    found = re.search(r"^(?:FAILED|ERROR) (.*)$", outcome.said, re.MULTILINE)
    return found[1] if found else ""


def _plain(each: Tried) -> dict[str, object]:
    change = each.change
    place = {"module": change.module, "function": change.function, "line": change.line, "kind": change.kind}
    return {
        **place,
        "before": change.before,
        "after": change.after,
        "killed": each.killed,
        "late": each.late,
        "by": each.by,
    }


if __name__ == "__main__":
    sys.exit(main())
