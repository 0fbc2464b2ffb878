"""Comparisons: differences that add up, who wins and who loses, and what cannot be compared."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import equite
from equite.analysis.comparison import Comparison
from equite.engine.allocation import Allocation
from equite.report.analyses.comparison import comparison_html, comparison_notes, comparison_text, comparison_to_csv

NBSP = "\u00a0"
PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "essai",
    "language": "fr",
    "envelope": 1000,
    "key": "code",
    "name": "name",
    "people": "population",
    "eligible": [{"where": "population > 0"}],
    "parts": [{"id": "whole", "pool": "remainder", "share": {"in_proportion_to": "population"}}],
    "rounding": {"to": 1},
}
TABLE = pd.DataFrame(
    {
        "code": ["01", "02", "03", "04"],
        "name": ["Alpha", "Bêta", "Gamma", "=Delta"],
        "population": [100, 200, 300, 400],
    }
)


def shared(table: pd.DataFrame = TABLE, **changes: Any) -> Allocation:
    return equite.allocate({**PAGE, **changes}, table)


def equal(**changes: Any) -> Allocation:
    parts = [{"id": "whole", "pool": "remainder", "share": "equally"}]
    return shared(parts=parts, **{"id": "egal", **changes})


@pytest.fixture
def comparison() -> Comparison:
    return equite.compare(shared(), equal())


def test_each_row_has_every_amount_and_its_differences(comparison: Comparison) -> None:
    table = comparison.table
    assert list(table.columns) == ["code", "name", "amount_essai", "amount_egal", "difference_egal", "relative_egal"]
    assert table["amount_essai"].tolist() == [100, 200, 300, 400]
    assert table["difference_egal"].tolist() == [150, 50, -50, -150]
    assert table["relative_egal"].round(4).tolist() == [1.5, 0.25, -0.1667, -0.375]


def test_who_wins_and_who_loses(comparison: Comparison) -> None:
    (found,) = comparison.winners.to_dict("records")
    assert (found["winning"], found["losing"], found["unchanged"]) == (2, 2, 0)
    assert (found["people_winning"], found["people_losing"]) == (300, 700)
    assert (found["gained"], found["lost"], found["difference"]) == (200, 200, 0)
    assert (found["largest_gain"], found["largest_gain_code"], found["largest_gain_name"]) == (150, "01", "Alpha")
    assert (found["largest_loss"], found["largest_loss_code"]) == (-150, "04")


def test_one_that_takes_no_part_counts_for_zero() -> None:
    truncate_problems = shared(eligible=[{"where": "population > 100"}], id="few")
    comparison = equite.compare(shared(), truncate_problems)
    assert comparison.partial == ("01",)
    assert np.isnan(comparison.table.loc[0, "amount_few"])
    assert comparison.table.loc[0, "difference_few"] == -100
    assert comparison.differences.sum() == 0
    assert any("01" in note for note in comparison_notes(comparison))


def test_territories_are_joined_by_code_and_not_by_row() -> None:
    comparison = equite.compare(shared(), equal(id="other", envelope=400), shared(TABLE.iloc[::-1], id="same"))
    assert comparison.table["difference_same"].tolist() == [0, 0, 0, 0]
    assert comparison.winners["unchanged"].tolist() == [1, 4]
    assert comparison.winners["difference"].tolist() == [-600, 0]


def test_envelopes_may_differ_and_it_is_said() -> None:
    comparison = equite.compare(shared(), equal(envelope=1200))
    assert "Les enveloppes ne sont pas les mêmes" in str(comparison)
    assert "The envelopes differ" in comparison_text(comparison, "en")
    assert "enveloppes ne sont pas" not in str(equite.compare(shared(), equal()))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=8), st.integers(0, 10**9), st.integers(0, 10**9))
def test_differences_add_up_to_the_difference_of_totals(people: list[int], first: int, second: int) -> None:
    table = pd.DataFrame({"code": [f"{at:02}" for at in range(len(people))], "population": people, "name": "x"})
    if not any(people):
        return
    cents = {"rounding": {"to": "0.01"}}
    first_one = shared(table, envelope=first, **cents)
    comparison = equite.compare(first_one, shared(table, envelope=second, id="b"))
    assert round(float(comparison.differences[:, 1].sum()), 2) == second - first
    (found,) = comparison.winners.to_dict("records")
    assert round(found["gained"] - found["lost"], 2) == second - first


def test_labels_tell_allocations_apart() -> None:
    assert equite.compare(shared(), shared(), shared(id="essai (2)")).labels == ("essai", "essai (2)", "essai (2) (2)")
    assert equite.compare(shared(), shared(), labels=["a", "b"]).labels == ("a", "b")


@pytest.mark.parametrize("labels", [["a"], ["a", "a"], ["a", "b", "c"]])
def test_labels_that_do_not_are_refused(labels: list[str]) -> None:
    with pytest.raises(equite.EquiteError, match="étiquettes"):
        equite.compare(shared(), shared(), labels=labels)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(equite.EquiteError, match="there is 1"):
        equite.compare(shared())
    with pytest.raises(equite.EquiteError, match="CAD et EUR ne se comparent pas"):
        equite.compare(shared(), shared(currency="EUR"))
    posts = shared(unit={"fr": "postes", "en": "posts"})
    with pytest.raises(equite.EquiteError, match="CAD et postes"):
        equite.compare(shared(), posts)
    assert equite.compare(posts, posts).differences.sum() == 0


def test_the_text_in_both_languages(comparison: Comparison) -> None:
    french, english = str(comparison), comparison_text(comparison, "en")
    assert "(référence)" in french
    assert f"+150{NBSP}$" in french
    assert f"−37,5{NBSP}%" in french
    assert "(reference)" in english
    assert "+$150" in english
    assert "−37.5%" in english
    assert max(map(len, french.splitlines())) <= 92


def test_nobody_gains_or_loses() -> None:
    text = str(equite.compare(shared(), shared()))
    assert "—" in text
    assert f"0{NBSP}$" in text


def test_without_names_or_people() -> None:
    table = TABLE.drop(columns=["name"]).rename(columns={"population": "n"})
    page = {**PAGE, "name": None, "people": None, "eligible": None}
    page["parts"] = [{"id": "whole", "pool": "remainder", "share": {"in_proportion_to": "n"}}]
    bare = {key: value for key, value in page.items() if value is not None}
    comparison = equite.compare(equite.allocate(bare, table), equite.allocate({**bare, "envelope": 2000}, table))
    assert "name" not in comparison.table
    assert "Population" not in str(comparison)
    assert np.isnan(comparison.winners.loc[0, "people_winning"])


def test_of_many_territories_those_that_change_most_are_shown() -> None:
    table = pd.DataFrame({"code": [f"{at:03}" for at in range(60)], "population": range(1, 61), "name": "Nom"})
    comparison = equite.compare(shared(table, envelope=10_000), equal_of(table))
    lines = str(comparison).splitlines()
    assert sum(line.startswith(("00", "01", "02", "03", "04", "05")) for line in lines) == 16
    assert "Les 16 plus grands écarts, sur 60 territoires" in "\n".join(lines).replace(NBSP, " ")
    assert len(comparison.table) == 60


def equal_of(table: pd.DataFrame) -> Allocation:
    parts = [{"id": "whole", "pool": "remainder", "share": "equally"}]
    return shared(table, parts=parts, envelope=10_000, id="egal")


def test_three_allocations_side_by_side() -> None:
    text = str(equite.compare(shared(), equal(), equal(id="autre", envelope=2000)))
    assert "autre" in text
    assert f"+400{NBSP}$" in text


def test_html_is_escaped(comparison: Comparison) -> None:
    shown = equite.compare(shared(), equal(), labels=["<b>", "b"])._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert comparison_html(comparison, "en").count("<table") == 2


def test_a_csv_in_each_language(comparison: Comparison, tmp_path: Path) -> None:
    french = comparison_to_csv(comparison, tmp_path / "fr.csv")
    raw = french.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0][:3] == ["Code", "Territoire", "essai ($)"]
    assert rows[1] == ["01", "Alpha", "100", "250", "150", "1,5"]
    # A spreadsheet would run the name of the last one.
    assert rows[4][1] == "'=Delta"
    english = comparison_to_csv(comparison, tmp_path / "en.csv", "en").read_text("utf-8-sig")
    assert "01,Alpha,100,250,150,1.5" in english


def test_a_csv_that_cannot_be_written_leaves_nothing(comparison: Comparison, tmp_path: Path) -> None:
    with pytest.raises(equite.OutputError):
        comparison_to_csv(comparison, tmp_path / "absent" / "x.csv")
    with pytest.raises(equite.OutputError):
        comparison_to_csv(comparison, tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def coded(*codes: str, **changes: Any) -> Allocation:
    people = range(1, len(codes) + 1)
    return shared(pd.DataFrame({"code": codes, "name": codes, "population": people}), **changes)


@pytest.mark.parametrize(
    ("codes", "others", "english", "french"),
    [
        (
            ("01001", "01003"),
            ("1001", "1003"),
            "leading zeros were lost on one side: 01001 and 1001 (2",
            "zéros de tête",
        ),
        (
            ("1001", "1003"),
            ("01001", "01003"),
            "leading zeros were lost on one side: 1001 and 01001 (2",
            "zéros de tête",
        ),
        (("qc-01", "qc-02"), ("QC 01", "QC 02"), "zeros, capitals or marks: qc-01 and QC 01 (2", "des majuscules"),
        (("1001", "1002"), ("1001.0", "1002.0"), "zeros, capitals or marks: 1001 and 1001.0 (2", "des majuscules"),
        (("A", "B"), ("X", "Y"), "have no territory in common (A, B, then X, Y)", "aucun territoire en commun"),
    ],
)
def test_tables_without_one_code_in_common_are_refused(
    codes: tuple[str, ...], others: tuple[str, ...], english: str, french: str
) -> None:
    for language, said in (("en", english), ("fr", french)):
        with pytest.raises(equite.EquiteError) as caught:
            equite.compare(coded(*codes, language=language), coded(*others, id="other", language=language))
        assert said in str(caught.value).replace(NBSP, " ")
    if "zeros were lost" in english:
        assert "width: 5" in str(caught.value)


def test_every_allocation_that_has_nothing_in_common_is_named() -> None:
    with pytest.raises(equite.EquiteError) as caught:
        equite.compare(
            coded("01", "02"), coded("1", "2", id="one"), coded("01", "02", id="two"), coded("X", id="three")
        )
    said = str(caught.value)
    assert ("one" in said, "two" in said, "three" in said) == (True, False, True)


def test_codes_that_are_so_in_part_are_told() -> None:
    found = equite.compare(coded("01001", "48001", "48003"), coded("1001", "48001", "48003", id="other"))
    assert found.near == (("01001", "1001"),)
    for language, said in (
        ("en", "Probably the same, under two codes (1 territory): 01001 and 1001"),
        ("fr", "01001 et 1001"),
    ):
        assert any(said in note.replace(NBSP, " ") for note in comparison_notes(found, language))  # type: ignore[arg-type]
        assert "01001" in comparison_text(found, language)  # type: ignore[arg-type]
    # Who takes part on one side only is no other territory.
    table = TABLE.assign(population=[0, 200, 300, 400])
    assert equite.compare(shared(), shared(table, id="other")).near == ()


def test_tables_that_share_who_takes_no_part_can_be_compared() -> None:
    first, second = (
        coded("01", "02", "03", id=name, eligible=[{"where": rule}])
        for name, rule in (("one", "population < 2"), ("two", "population > 2"))
    )
    assert equite.compare(first, second).partial == ("01", "03")
