"""What is missing in one place is told with what is missing in every other; and labels of a page beside its table's."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import equite
from equite.engine import gathering

N = float("nan")
TABLE = pd.DataFrame(
    {
        "code": list("ABCD"),
        "a": [1, N, 3, 4.0],
        "b": [1, 2, N, 4.0],
        "c": [N, 1, 1, 1.0],
        "d": [1, 2, 3, 4.0],
        "group": ["x", "x", None, "y"],
    }
)


def part(name: str, by: str, **keys: Any) -> dict[str, Any]:
    return {"id": name, "share": {"in_proportion_to": by}, "pool": {"amount": 100}, **keys}


def last(name: str, by: str, **keys: Any) -> dict[str, Any]:
    return part(name, by, **{"pool": "remainder", **keys})


def told(parts: list[dict[str, Any]], **keys: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    page = {"equite": "1", "id": "p", "envelope": 1000, "key": "code", **keys, "parts": parts}
    with pytest.raises(equite.EquiteError) as caught:
        equite.allocate(page, TABLE)
    for language in ("fr", "en"):
        assert "{" not in caught.value.text(language)  # type: ignore[arg-type]
    found = []
    for problem in caught.value.problems:
        values: Any = problem.values
        found.append((problem.id, values.get("name") or values.get("piece"), values["codes"].codes))
    return found


A, B, C = ("missing-cell", "a", ("B",)), ("missing-cell", "b", ("C",)), ("missing-cell", "c", ("A",))


def test_two_parts() -> None:
    assert told([part("one", "a"), last("two", "b")]) == [A, B]


def test_a_part_that_rests_on_another() -> None:
    # What the first part pays is not known; that the second one's own column is missing is.
    assert told([part("one", "a"), last("two", "b * one")]) == [A, B]
    # What `where` takes is not known.
    assert told([part("one", "a"), last("two", "where(one > 1, b, 1)")]) == [A]
    assert told([part("one", "a"), last("two", "-(b ** one)")]) == [A, B]


def test_a_missing_value_spreads_through_powers() -> None:
    # The languages that numbers are computed in say that anything to the power 0, and 1 to any power, is 1.
    assert told([last("one", "a ** 0")]) == [A]
    assert told([last("one", "1 ** a")]) == [A]


def test_two_indices_and_a_part() -> None:
    indices = {"first": {"criteria": {"b": 1}}, "second": {"criteria": {"c": 1}}}
    assert told([last("one", "a")], indices=indices) == [B, C, A]


def test_what_an_index_multiplies() -> None:
    assert told([last("one", "a * need")], indices={"need": {"criteria": {"b": 1}}}) == [B, A]


def test_an_index_whose_weight_sums_what_is_missing() -> None:
    indices = {"need": {"criteria": {"d": "total(a)", "b": 1}}}
    assert told([last("one", "c")], indices=indices) == [("aggregate-missing", "a", ("B",)), B, C]


def test_variables_and_what_they_sum() -> None:
    variables = {"x": "a + 1", "y": "total(b) + c"}
    summed = ("aggregate-missing", "b", ("C",))
    assert told([part("one", "x"), last("two", "y")], variables=variables) == [A, summed, C]


def test_conditions_of_the_page_and_a_part() -> None:
    eligible = [{"where": "a > 0"}, {"where": "b > 0"}]
    assert told([last("one", "d")], eligible=eligible) == [A, B]
    assert told([last("one", "c")], eligible=[{"where": "a > 0"}]) == [A, C]
    # Whether B meets the second condition does not matter before it is known whether it meets the first.
    assert told([last("one", "d")], eligible=[{"where": "a > 0"}, {"where": "a * b > 0"}]) == [A, B]
    # Nothing is said of sums before it is known who is in, nor of those that a condition leaves out.
    assert told([last("one", "1 + total(c)")], eligible=[{"where": "a > 0"}]) == [A]
    assert told([last("one", "c")], eligible=[{"where": "a > 2"}]) == [A]
    # D is sure to be in; it would divide by zero only if it were alone.
    assert told([last("one", "1 / (total(d) - 4)")], eligible=[{"where": "a > 3"}]) == [A]
    indices = {"need": {"criteria": {"c": 1, "b": 0}}}
    assert told([last("one", "d")], indices=indices, eligible=[{"where": "a > 0"}]) == [A, C]


def test_conditions_of_a_part() -> None:
    eligible = [{"where": "a > 0"}, {"where": "b > 0"}]
    assert told([last("one", "1", eligible=eligible, at_most="total(c) + 900")]) == [
        A,
        B,
        ("aggregate-missing", "c", ("A",)),
    ]


def test_groups_the_envelope_and_limits() -> None:
    limits = [
        {"id": "caps", "by": "group", "at_most": "5000"},
        {"id": "floors", "at_least": "1", "except": "b > 3"},
    ]
    found = told([last("one", "a")], envelope="1000 + 0 * c", limits=limits)
    # The envelope has one value; that it has none for A is told with the rest.
    assert found == [C, A, ("group-missing", "group", ("C",)), B]


def test_one_cause_is_told_once() -> None:
    assert told([part("one", "a"), part("two", "2 * a"), last("three", "d")]) == [A]


def test_another_refusal_stays_alone() -> None:
    page = {"equite": "1", "id": "p", "envelope": 10, "key": "code", "parts": [part("one", "d - 2"), last("two", "b")]}
    with pytest.raises(equite.FormulaError) as caught:
        equite.allocate(page, TABLE)
    assert [problem.id for problem in caught.value.problems] == ["score-negative"]


def test_nothing_is_gathered_while_all_goes_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(gathering, "_Gathering")
    page = {"equite": "1", "id": "p", "envelope": 1000, "key": "code", "parts": [last("one", "d")]}
    assert equite.allocate(page, TABLE).amounts.sum() == 1000


def regions(*labels: str) -> pd.DataFrame:
    return pd.DataFrame({"code": [str(at) for at in range(len(labels))], "region": labels})


def sharing(condition: str) -> dict[str, Any]:
    return {"equite": "1", "id": "p", "envelope": 100, "key": "code"} | {
        "parts": [last("one", f"where({condition}, 3, 1)")]
    }


@pytest.mark.parametrize(
    ("labels", "beginning"),
    [
        (("Nord A", "nord B"), "Nord"),
        (("Île A", "Ile B"), "Île"),
        (("L’Est", "L'Est 2"), "L’E"),
    ],
)
def test_a_beginning_that_some_labels_have_in_another_spelling_only(labels: tuple[str, ...], beginning: str) -> None:
    with pytest.raises(equite.FormulaError) as caught:
        equite.allocate(sharing(f'starts_with(region, "{beginning}")'), regions(*labels, "Sud"))
    [problem] = caught.value.problems
    assert problem.id == "label-begins-in-two"
    assert (problem.values["found"], problem.values["near"]) == labels
    assert (problem.values["first"], problem.values["row"]) == (0, 1)


def test_both_beginnings_may_be_named() -> None:
    condition = 'starts_with(region, "Nord") or starts_with(region, "nord")'
    found = equite.allocate(sharing(condition), regions("Nord A", "nord B", "Sud"))
    assert list(found.amounts) == [42.86, 42.86, 14.28]


@pytest.mark.parametrize("twin", ["Code", "CODE", "côde"])
def test_a_heading_that_looks_like_that_of_the_codes(twin: str) -> None:
    table = pd.DataFrame({"code": ["1", "2"], twin: ["3", "4"], "d": [1, 2]})
    with pytest.raises(equite.TerritoriesError) as caught:
        equite.allocate({"equite": "1", "id": "p", "envelope": 100, "key": "code", "parts": [last("one", "d")]}, table)
    assert [problem.id for problem in caught.value.problems] == ["input-heading-alike"]


def test_headings_that_the_page_does_not_read_may_look_alike() -> None:
    table = pd.DataFrame({"code": ["1", "2"], "note": ["3", "4"], "Note": ["5", "6"], "d": [1, 3]})
    page = {"equite": "1", "id": "p", "envelope": 100, "key": "code", "parts": [last("one", "d")]}
    assert list(equite.allocate(page, table).amounts) == [25, 75]


def test_the_total_of_nobody_is_zero_exactly_too() -> None:
    page = {"equite": "1", "id": "p", "envelope": 1000, "key": "code"}
    parts = [last("one", "d", at_least="d / 3 * total(d, among=d > 9) + d / 100")]
    assert equite.allocate({**page, "parts": parts}, TABLE).amounts.sum() == 1000


def test_a_check_that_sums_what_is_missing() -> None:
    assert told([last("one", "a")], checks=[{"that": "total(c) > 0"}]) == [A, ("aggregate-missing", "c", ("A",))]


def test_a_part_is_asked_for_those_alone_that_it_is_for() -> None:
    # D alone has more than 3; that B has no `a` is nothing to a part that is not for B.
    truncate_problems = {"where": "d > 3", "reason": {"fr": "x", "en": "x"}}
    assert told([part("one", "a", eligible=[truncate_problems]), last("two", "b")]) == [B]


def test_whom_a_part_is_for_is_asked_for_in_words() -> None:
    rule = {"where": "b > 0", "reason": {"fr": "x", "en": "x"}}
    parts = [part("one", "a"), last("two", "d", eligible=[rule])]
    with pytest.raises(equite.EquiteError) as caught:
        equite.allocate({"equite": "1", "id": "p", "envelope": 1000, "key": "code", "parts": parts}, TABLE)
    assert "a condition needs it" in caught.value.text("en")
    assert "une condition en a besoin" in caught.value.text("fr")


def test_each_is_told_at_its_own_place() -> None:
    page = {"equite": "1", "id": "p", "envelope": 1000, "key": "code", "parts": [part("one", "a"), last("two", "b")]}
    with pytest.raises(equite.EquiteError) as caught:
        equite.allocate(page, TABLE)
    places = [f"parts.{name}.share.in_proportion_to" for name in ("one", "two")]
    assert [problem.where for problem in caught.value.problems] == places
