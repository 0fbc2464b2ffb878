"""The table as it is shown: every row and every column adds up, headings say unit and standing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equite import Allocation, Formula, allocate
from equite.report.columns import shown_columns
from equite.report.language.labels import Labels, column_labels

#: Shares money by a page of few words.
Shared = Callable[..., Allocation]


def test_rows_and_columns_add_up_to_the_last_cent(french: Allocation) -> None:
    columns = {(column.step, column.id): column for column in shown_columns(french)}
    steps = [column for (step, _), column in columns.items() if step in ("part", "limit", "rounding")]
    cents = sum(np.rint(column.numbers * 100) for column in steps)
    assert (cents == np.rint(french.amounts * 100)).all()
    for column in steps:
        assert round(sum(column.numbers) * 100) == round((column.total or 0) * 100)
    assert columns["part", "base"].total == 45_000 * 19
    assert columns["part", "north_part"].total == 100_000
    assert columns["limit", "acquired"].total == columns["limit", "ceiling"].total == 0
    assert columns["amount", "amount"].total == french.envelope == 2_000_000
    assert sum(columns["after", "share"].numbers * 10_000) == pytest.approx(10_000, abs=1e-9)


@given(
    scores=st.lists(st.floats(0, 1e6), min_size=1, max_size=40),
    envelope=st.integers(0, 10**9),
    places=st.sampled_from(["1", "0.01", "1000", "0.25"]),
)
def test_whatever_is_shared_adds_up(scores: list[float], envelope: int, places: str) -> None:
    scores[0] += 1
    page = {
        "equite": "1",
        "id": "t",
        "key": "code",
        "envelope": envelope * 1000,
        "rounding": {"to": places},
        "parts": [
            {"id": "base", "pool": {"fraction": "0.37"}, "share": "equally"},
            {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": "score"}},
        ],
    }
    rows = {"code": [str(at) for at in range(len(scores))], "score": scores}
    allocation = allocate(Formula.from_dict(page), rows)
    columns = [column for column in shown_columns(allocation) if column.step in ("part", "rounding")]
    assert (sum(np.rint(column.numbers * 100) for column in columns) == np.rint(allocation.amounts * 100)).all()
    for column in columns:
        assert round(sum(column.numbers) * 100) == round((column.total or 0.0) * 100)
        assert not np.signbit(column.numbers[column.numbers == 0]).any()


@pytest.mark.parametrize(("to", "digits"), [("1", 0), ("100", 0), ("0.25", 2), ("0.01", 2), ("0.001", 3)])
def test_decimals_are_those_of_the_unit(shared: Shared, to: str, digits: int) -> None:
    found = shared(envelope=800, rounding={"to": to})
    assert {column.digits for column in shown_columns(found) if column.step in ("part", "rounding", "amount")} == {
        digits
    }


def test_little_per_head_keeps_its_figures(shared: Shared) -> None:
    rows = {"code": ["1", "2"], "people": [3000, 1000]}
    allocation = shared(rows, envelope=4, people="people", unit={"fr": "postes", "en": "positions"})
    (per_head,) = [column for column in shown_columns(allocation) if column.id == "per_head"]
    assert per_head.cells.tolist() == [0.001, 0.001]
    assert per_head.digits == 4
    assert per_head.heading == "Par habitant (postes)"


def test_who_had_nothing_before_is_not_told_a_change(shared: Shared) -> None:
    rows = {"code": ["1", "2", "3"], "people": [1, 1, 2], "before": [1.0, None, 0]}
    allocation = shared(rows, envelope=4, previous="before", rounding={"to": 1})
    found = {column.id: column for column in shown_columns(allocation)}
    assert np.isnan(found["change"].numbers).tolist() == [False, True, False]
    assert np.isnan(found["change_share"].numbers).tolist() == [False, True, True]
    assert (found["previous"].total, found["change"].total, found["change_share"].total) == (1, 2, None)


def test_headings_in_both_languages(french: Allocation, english: Allocation) -> None:
    labels = column_labels(french)
    assert labels == {
        "code": "Code",
        "name": "Territoire",
        "base": "Base (coordination) (avant planchers et plafonds, $)",
        "north_part": "Volet nordique (avant planchers et plafonds, $, illustratif)",
        "equity": "Équité (avant planchers et plafonds, $, illustratif)",
        "acquired": "Acquis ($)",
        "ceiling": "Ceiling ($)",
        "rounding": "Arrondi ($)",
        "amount": "Montant ($, illustratif)",
        "per_head": "Par habitant ($, illustratif)",
        "share": "Part (%, illustratif)",
        "previous": "Montant précédent ($)",
        "change": "Écart ($, illustratif)",
        "change_share": "Écart (%, illustratif)",
    }
    assert column_labels(french, "en") == column_labels(english)
    assert column_labels(english)["previous"] == "Previous amount ($)"
    assert [column.heading for column in shown_columns(french)] == [*labels.values(), "Notes"]


def test_headings_that_are_alike_are_told_apart(shared: Shared) -> None:
    parts = [
        {"id": "one", "title": "Montant", "pool": {"amount": 1}, "share": "equally"},
        {"id": "two", "title": "Montant", "pool": "remainder", "share": "equally"},
    ]
    allocation = shared(envelope=8, parts=parts, limits=[{"id": "three", "title": "Montant", "at_least": "1"}])
    headings = [column.heading for column in shown_columns(allocation)]
    assert len(set(headings)) == len(headings)
    assert headings[1:6] == [
        "Montant (avant planchers et plafonds, $)",
        "Montant (avant planchers et plafonds, $) [two]",
        "Montant ($) [three]",
        "Arrondi ($)",
        "Montant ($)",
    ]


def test_marks_follow_what_a_name_rests_on(page: Formula) -> None:
    labels = Labels(page, "en")
    assert labels.mark(["density"]) == ""
    assert labels.mark(["maturity"]) == "declared"
    assert labels.mark(["need"]) == "illustrative"
    assert labels.criterion_mark("need", "invented") == "illustrative"
    assert labels.criterion_mark("need", "poverty") == ""
    assert labels.statuses(["need"]) == {"estimated", "declared", "illustrative", "official"}


def test_a_criterion_that_weighs_nothing_marks_nothing(page: Formula) -> None:
    light = page.replace({"indices": {"need": {"families": {"social": {"criteria": {"invented": 0}}}}}})
    assert Labels(light).mark(["need"]) == "déclaré"


def test_a_status_of_the_criterion_comes_before_its_column_s(page: Formula) -> None:
    known = {"weight": 1, "status": "official"}
    better = page.replace({"indices": {"need": {"families": {"social": {"criteria": {"invented": known}}}}}})
    assert Labels(better).criterion_mark("need", "invented") == ""


def test_names_without_a_title_are_said_in_words(shared: Shared) -> None:
    allocation = shared(envelope=7, parts=[{"id": "first_part", "pool": "remainder", "share": "equally"}])
    labels = Labels(allocation.formula)
    assert labels.title("first_part") == "First part"
    assert labels.title("land_area") != "land_area"


def test_notes_tell_decisions_and_filled_cells(page: Formula, english: Allocation, rows: pd.DataFrame) -> None:
    (notes,) = [column for column in shown_columns(english) if column.step == "notes"]
    assert notes.cells[0] == "amount decided: Insularity"
    assert set(notes.cells[1:]) == {""}
    rows.loc[3, "poverty"] = None
    filled = allocate(page.replace({"indices": {"need": {"missing": {"fill": "median"}}}}), rows)
    (notes,) = [column for column in shown_columns(filled) if column.step == "notes"]
    assert notes.cells[3] == "valeur manquante remplie par règle : Pauvreté".replace(" :", "\u00a0:")


@pytest.mark.parametrize(("territories", "digits"), [(500, 2), (501, 4)])
def test_shares_have_four_decimals_above_five_hundred_territories(
    shared: Shared, territories: int, digits: int
) -> None:
    rows = {"code": [f"{at:03d}" for at in range(territories)], "people": [1] * territories}
    allocation = shared(rows, envelope=territories)
    (share,) = [column for column in shown_columns(allocation) if column.id == "share"]
    assert share.digits == digits
    # A territory of 501 has 0.1996 % of the money; cells hold shares of one, rounded to what is shown.
    assert set(np.round(np.array(share.cells, dtype=float) * 10 ** (digits + 2), 6)) <= (
        {20.0} if territories == 500 else {1996.0, 1997.0}
    )
    assert sum(share.numbers) == pytest.approx(1, abs=1e-12)
    assert share.total == 1


@pytest.mark.parametrize(
    ("number", "french", "english"),
    [
        (0, "0 territoire", "0 territories"),
        (1, "1 territoire", "1 territory"),
        (2, "2 territoires", "2 territories"),
    ],
)
def test_french_counts_none_in_the_singular(page: Formula, number: int, french: str, english: str) -> None:
    assert Labels(page, "fr").territories(number).replace("\u00a0", " ") == french
    assert Labels(page, "en").territories(number).replace("\u00a0", " ") == english
