"""Codes that change: renamed, merged, split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite import Carried, CodeChanges
from equite.errors import TerritoriesError

#: Made up: 1 is renamed, 2 and 3 merge, 4 is split three to one, 5 stays, 6 is taken in by 5.
CHANGES = pd.DataFrame(
    [
        ("1", "10", None, "renommage"),
        ("2", "23", None, "fusion"),
        ("3", "23", None, None),
        ("4", "4", 30, "split"),
        ("4", "41", 10, None),
        ("6", "5", None, "Fusion"),
    ],
    columns=["old", "new", "people", "kind"],
)
HEADINGS: dict[str, Any] = {"old": "old", "new": "new", "weight": "people", "kind": "kind"}
TABLE = pd.DataFrame(
    {
        "code": ["1", "2", "3", "4", "5", "6"],
        "people": [11, 20, 30, 41, 50, 60],
        "rate": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "level": [1, 2, 3, 4, 5, 1],
    }
)


def changes(**more: Any) -> CodeChanges:
    return CodeChanges.of(CHANGES, **HEADINGS | more)


def applied(table: object = TABLE, **more: Any) -> Carried:
    columns = {"extensive": ["people"], "intensive": {"rate": "people"}, "ordinal": ["level"]}
    return changes().apply(table, key="code", weight="people", **columns | more)


def test_a_table_comes_to_the_new_codes() -> None:
    table = applied().table
    assert table.index.tolist() == ["10", "23", "4", "41", "5"]
    assert table.index.name == "code"
    # 41 people, three to one: 30.75 and 10.25.
    assert table["people"].tolist() == [11, 50, 31, 10, 110]
    assert table["rate"].tolist() == pytest.approx([1, (40 + 90) / 50, 4, 4, (250 + 360) / 110])
    assert table["level"].tolist() == [1, 3, 4, 4, 1]


def test_it_says_what_is_shared_out() -> None:
    coverage = applied().coverage
    assert coverage["in_part"].to_dict() == {"10": 0, "23": 0, "4": 30.75, "41": 10.25, "5": 0}
    assert coverage["sources"].tolist() == [1, 2, 1, 1, 2]
    # Without a weight, each territory counts for one.
    plain = changes().apply(TABLE, key="code", ordinal=["level"])
    assert plain.table.loc["23", "level"] == 2
    assert plain.coverage["weight"].tolist() == [1, 2, 0.75, 0.25, 2]


def test_kinds_are_worked_out_or_stated() -> None:
    found = changes()
    assert found.table["kind"].tolist() == ["rename", "merge", "merge", "split", "split", "merge"]
    bare = changes(kind=None)
    assert bare.table["kind"].tolist() == ["rename", "merge", "merge", "split", "split", "rename"]
    assert bare.apply(TABLE, key="code", extensive=["people"]).table["people"].tolist() == [11, 50, 31, 10, 110]
    assert len(found) == 6
    assert repr(found).startswith("6 changes of codes: 1 renamed, 3 merged, 2 split\n")
    assert repr(replace(found, table=found.table[:1])).startswith("1 change of codes: ")


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "changes.csv"
    CHANGES.to_csv(path, index=False)
    pd.testing.assert_frame_equal(CodeChanges.read(path, **HEADINGS).table, changes().table)


@given(
    people=st.lists(st.integers(0, 10**6), min_size=6, max_size=6),
    weights=st.lists(st.integers(0, 100), min_size=2, max_size=2).filter(any),
)
def test_nobody_is_lost_and_years_may_follow(people: list[int], weights: list[int]) -> None:
    rows = CHANGES.assign(people=[None, None, None, *weights, None])
    first = CodeChanges.of(rows, **HEADINGS).apply(TABLE.assign(people=people), key="code", extensive=["people"])
    assert first.table["people"].sum() == sum(people)
    second = CodeChanges.of({"old": ["10", "23"], "new": ["99", "99"]}, old="old", new="new")
    last = second.apply(first.table, key="code", extensive=["people"])
    assert last.table["people"].sum() == sum(people)
    assert last.table.loc["99", "people"] == sum(people[:3])


def rows(*changes: tuple[Any, ...]) -> dict[str, list[Any]]:
    return dict(zip(("old", "new", "people", "kind"), map(list, zip(*changes, strict=True)), strict=True))


REFUSED: list[tuple[Callable[[], object], list[str]]] = [
    (lambda: CodeChanges.of(rows(("1", None, 1, None)), **HEADINGS), ["change-blank"]),
    (lambda: CodeChanges.of(rows(("1", "2", 1, None), ("1", "2", 3, None)), **HEADINGS), ["change-twice"]),
    (
        lambda: CodeChanges.of(rows(("1", "2", 1, None), ("1", "3", None, None)), **HEADINGS),
        ["change-split-unweighted"],
    ),
    (lambda: CodeChanges.of(rows(("1", "2", 0, None), ("1", "3", 0, None)), **HEADINGS), ["change-split-unweighted"]),
    (lambda: CodeChanges.of(CHANGES, old="old", new="new"), ["change-split-unweighted"]),
    (lambda: CodeChanges.of(rows(("1", "2", 1, None), ("2", "3", 1, None)), **HEADINGS), ["change-chain"]),
    (lambda: CodeChanges.of(rows(("1", "2", 1, None), ("2", "1", 1, None)), **HEADINGS), ["change-chain"]),
    (lambda: CodeChanges.of(rows(("1", "2", -1, None)), **HEADINGS), ["input-negative"]),
    (lambda: CodeChanges.of(rows(("1", "2", 1, "moved")), **HEADINGS), ["change-kind"]),
    (lambda: CodeChanges.of(rows(("1", "2", 1, "split")), **HEADINGS), ["change-other-kind"]),
    (
        lambda: CodeChanges.of(rows(("1", "2", 1, "rename"), ("1", "3", 1, "rename")), **HEADINGS),
        ["change-other-kind"] * 2,
    ),
    (lambda: CodeChanges.of(rows(("1", "3", 1, "rename"), ("2", "3", 1, None)), **HEADINGS), ["change-other-kind"]),
    (lambda: applied(TABLE.iloc[1:]), ["change-absent"]),
    (lambda: applied(TABLE.assign(code=["01", "2", "3", "4", "5", "6"])), ["change-absent-near"]),
    (lambda: applied(pd.concat([TABLE, TABLE.iloc[:1].assign(code="10")])), ["change-onto"]),
    (lambda: applied(absent="keep"), ["change-option"]),
    (lambda: changes().apply(TABLE, extensive=["people"]), ["crosswalk-no-key"]),
    (lambda: applied(TABLE.assign(people=[None, 1, 1, 1, 1, 1])), ["crosswalk-weight-missing"]),
]


@pytest.mark.parametrize(("call", "expected"), REFUSED)
def test_what_is_refused(call: Callable[[], object], expected: list[str]) -> None:
    with pytest.raises(TerritoriesError) as caught:
        call()
    assert [problem.id for problem in caught.value.problems] == expected
    assert caught.value.text("fr") and caught.value.text("en")


def test_a_territory_that_goes_on_may_take_in_another_as_it_is_split() -> None:
    rows = {"old": ["4", "4", "6"], "new": ["4", "41", "4"], "homes": [1, 1, None]}
    found = CodeChanges.of(rows, old="old", new="new", weight="homes").apply(TABLE, key="code", extensive=["people"])
    assert found.table["people"].to_dict() == {"1": 11, "2": 20, "3": 30, "4": 21 + 60, "41": 20, "5": 50}


def test_absent_codes_may_be_ignored() -> None:
    found = applied(TABLE.iloc[1:], absent="ignore").table
    assert found["people"].tolist() == [50, 31, 10, 110]
