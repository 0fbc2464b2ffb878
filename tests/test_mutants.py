"""The tool that changes the engine in small ways: what it changes, how it draws and scores, what it leaves alone."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from mutants.changes import Change, changes_of, is_real
from mutants.running import NOT_LOADED, Job, run
from mutants.sample import drawn, shares_of
from mutants.score import Equivalent, Tried, described, read_equivalents, table, told, wilson
from mutants.tests_of import COMMON, TESTS

ROOT = Path(__file__).resolve().parents[1]

TINY = '''"""Says who is small."""

__all__ = ["small"]


def small(value: int, most: int = 3) -> bool:
    """Tell whether a value lies below the most."""
    assert most > 0
    if value is None:
        raise ValueError(f"no value, {most} at most")
    return value < most and -value != 7
'''


def _lines(source: str = TINY) -> set[tuple[str, str]]:
    return {(change.before, change.after) for change in changes_of("tiny", source)}


def test_a_tiny_source_and_every_change_it_allows() -> None:
    last = "return value < most and -value != 7"
    first = "def small(value: int, most: int = 3) -> bool:"
    refused = 'raise ValueError(f"no value, {most} at most")'
    assert _lines() == {
        (first, first.replace("3", "4")),
        ("if value is None:", "if value is not None:"),
        (refused, "pass"),
        (last, last.replace("<", "<=")),
        (last, last.replace("and", "or")),
        (last, last.replace("-value", "value")),
        (last, last.replace("!=", "==")),
        (last, last.replace("7", "8")),
    }
    assert {change.function for change in changes_of("tiny", TINY)} == {"small"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("total = a + b", "total = a - b"),
        ("share = a / b", "share = a * b"),
        ("most = max(a, b)", "most = min(a, b)"),
        ("size = abs(a)", "size = (a)"),
        ("one = a if b else c", "one = (a)"),
        ("one = a if b else c", "one = (c)"),
        ("grown = a * 1.5", "grown = a * 1.575"),
        ("names = ['a']", "names = ['aXX']"),
        ("found = sort(a, kind=b)", "found = sort(a)"),
        ("note(a)", "pass"),
    ],
)
def test_kinds_of_change(before: str, after: str) -> None:
    assert (before, after) in _lines(before)


def test_what_says_nothing_stays() -> None:
    silent = '"""Words."""\n__all__ = ["a"]\nassert a < b\n\n\n@dataclass(frozen=True)\nclass A:\n    b: int\n'
    assert changes_of("tiny", silent) == []


def test_each_change_is_another_program_made_in_bytes() -> None:
    # An accent before the change is two bytes long: places are counted in them.
    source = 'mot = "é" * largeur + 1\n'
    made = {change.made(source) for change in changes_of("tiny", source) if is_real(change, source)}
    assert 'mot = "é" * largeur - 1\n' in made
    assert source not in made


def test_a_draw_is_that_of_its_seed_and_in_proportion() -> None:
    sources = {"one": TINY, "two": TINY + TINY.replace("small", "tiny")}
    assert drawn(sources, 6, 1) == drawn(sources, 6, 1)
    assert drawn(sources, 6, 1) != drawn(sources, 6, 2)
    assert [change.module for change in drawn(sources, 6, 1)] == ["one"] * 2 + ["two"] * 4
    # 7 × 1/6 is 1.17 and 7 × 5/6 is 5.83: the unit left over goes to the second.
    assert shares_of({"one": 10, "two": 50}, 7) == {"one": 1, "two": 6}
    assert shares_of({"one": 1, "two": 1}, 9) == {"one": 1, "two": 1}


def test_the_interval_of_a_share() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81 of 263 is 0.2553 to 0.3662.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    # Beside all and nothing it stays inside 0 and 1, and is no point: 0 of 20 is 0 to 0.1611.
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(20, 20) == pytest.approx((0.8389, 1.0), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def _change(after: str) -> Change:
    return Change("tiny", "small", 7, "constant", ((0, 1, "2"),), "value = 1", after)


def test_equivalents_count_in_no_share() -> None:
    killed, alike, survived = _change("value = 2"), _change("value = 1.0"), _change("value = 3")
    tried = [Tried(killed, True, False, "a test"), Tried(alike, False, False, ""), Tried(survived, False, False, "")]
    known = {alike.key: Equivalent(*alike.key, reason="1.0 is 1")}
    assert table(tried, known)[1].split() == ["tiny", "3", "1", "1", "1"]
    assert table(tried, known)[-1].startswith(
        "1 of 2 killed (0 by their time limit): 50.0%, 95 % interval 9.5% to 90.5%"
    )
    assert told(survived)[0].startswith("equite/engine/tiny.py:7 in small")


def test_each_equivalent_is_a_change_of_the_engine_as_it_is_and_has_its_reason() -> None:
    known = read_equivalents(ROOT / "mutants" / "equivalents.yaml")
    for each in known.values():
        source = (ROOT / "equite" / "engine" / f"{each.module}.py").read_text(encoding="utf-8")
        assert each.key in {change.key for change in changes_of(each.module, source)}, each
        assert len(each.reason.split()) >= 5, each


def test_the_documentation_names_every_equivalent_and_no_other() -> None:
    known = read_equivalents(ROOT / "mutants" / "equivalents.yaml")
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    _, _, section = text.partition("## Equivalent mutants")
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [described(each) for each in known.values()]
    assert f"{len(known)} are" in section or (len(known) == 1 and "one is" in section)


def test_every_module_of_the_engine_has_its_tests_and_they_exist() -> None:
    modules = {path.stem for path in (ROOT / "equite" / "engine").glob("*.py")} - {"__init__"}
    assert set(TESTS) == modules
    for name in {*COMMON, *(name for names in TESTS.values() for name in names)}:
        assert (ROOT / name).is_file(), name


@pytest.mark.skipif(not hasattr(os, "fork"), reason="mutants are run where processes fork")
def test_a_mutant_is_run_from_its_text_and_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "tiny_module.py"
    file.write_text(TINY, encoding="utf-8")
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    (tmp_path / "test_tiny.py").write_text(
        "from tiny_module import small\n\n\ndef test_three_is_not_below_three():\n    assert not small(3)\n"
    )
    (tmp_path / "test_other.py").write_text("def test_nothing():\n    assert True\n")
    wrong = TINY.replace("value < most", "value <= most")
    jobs = [
        Job("tiny_module", TINY, ("test_tiny.py",), 60.0),
        Job("tiny_module", wrong, ("test_tiny.py",), 60.0),
        Job("tiny_module", wrong, ("test_other.py",), 60.0),
    ]
    codes = {at: outcome.code for at, outcome in run(jobs, tmp_path, 1)}
    assert codes == {0: 0, 1: 1, 2: NOT_LOADED}
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert sorted(path.name for path in tmp_path.glob("*.py")) == ["test_other.py", "test_tiny.py", "tiny_module.py"]
