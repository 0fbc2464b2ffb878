"""The first screen: the result in sentences, promises, rises and falls, what weighs most, the picture of amounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from page_reader import Element
from shown_examples import example

from equite import Allocation, Formula, SharingError, allocate
from equite.errors import Problem
from equite.report.html.page import changed

Told = Callable[..., Element]
Shared = Callable[..., Allocation]

#: Three territories in proportion to people, 1 : 2 : 4 of 140 $.
LAST = {"code": ["010", "020", "030"], "people": [1, 2, 4], "last": [10.0, 50.0, 80.0]}
KEYS: dict[str, Any] = {"language": "en", "envelope": "140", "people": "people", "rounding": {"to": 1}}


def promises_in(found: Element) -> list[str]:
    """Give the promises as they are read."""
    items = found.one(id="summary").one("ul", class_="promises").all("li")
    return [" ".join(each.said.split()) for each in items]


def test_the_result_stands_first(shared: Shared, told: Told) -> None:
    said = told(shared(LAST, previous="last", **KEYS)).one(id="summary").all("p", class_="lead")[0].text
    assert said == (
        "The formula gives $140 to 3 territories. Amounts go from $20 (010) to $80 (030); the median is $40. "
        "Beside the previous amounts: a rise for 1 territory, a fall for 1 territory."
    )
    # Without last year, equal shares of 46.67 $: two are below, one above.
    said = told(shared(**KEYS)).one(id="summary").all("p", class_="lead")[0].text
    assert said.endswith("Beside equal shares: more for 1 territory, less for 2 territories.")


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([1, 1, 4], "from $23 (020) to"),
        ([4, 4, 1], "to $62 (010 and 020)"),
        ([1, 4, 4, 4, 4, 4, 4], "to $24 (02, 03, 04 and 3 others)"),
    ],
)
def test_all_that_share_an_end_are_named(shared: Shared, told: Told, rows: list[int], wanted: str) -> None:
    codes = ["010", "020", "030"] if len(rows) == 3 else [f"0{at}" for at in range(1, len(rows) + 1)]
    keys = {**KEYS, "envelope": "150"} if len(rows) == 7 else KEYS
    said = told(shared({"code": codes, "people": rows}, **keys)).one(id="summary").all("p", class_="lead")[0].text
    assert wanted in said


def test_rises_and_falls_are_counted_by_number_and_by_people(shared: Shared, told: Told) -> None:
    summary = told(shared(LAST, previous="last", **KEYS)).one(id="summary")
    (table,) = (each for each in summary.all("table") if each.one("caption").text.startswith("Who gets more"))
    # 20, 40, 80 beside 10, 50, 80; beside 46.67 each; beside shares by people, which they are.
    assert table.rows() == [
        ["Previous amount", "11 people", "14 people", "12 people"],
        ["Equal shares", "14 people", "00 people", "23 people"],
        ["Shares by population", "00 people", "37 people", "00 people"],
    ]


LIMIT = {"id": "floor", "title": {"en": "Floor", "fr": "Plancher"}}


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [
        (
            {"at_least": "0.95 * previous"},
            "✓ Kept: Floor: nobody loses more than 5% of last period’s amount from $9.50 to $76 · "
            "at the floor: 2 territories",
        ),
        ({"at_least": "share * last"}, "✓ Kept: Floor: nobody loses more than 10% of last period’s amount"),
        ({"at_least": "(1 - tenth) * last"}, "✓ Kept: Floor: nobody loses more than 10% of last period’s amount"),
        ({"at_least": "previous"}, "✓ Kept: Floor: nobody gets less than before from $10 to $80"),
        ({"at_most": "1.25 * previous"}, "✓ Kept: Floor: nobody gets more than 25% above last period’s amount"),
        ({"at_least": "30"}, "✓ Kept: Floor: each territory’s amount is at least $30 at the floor: 1 territory"),
        (
            {"at_most": "last + 20"},
            "each territory’s amount is at most what this calculation gives (last + 20) from $30 to $100 · at",
        ),
    ],
)
def test_a_limit_is_a_promise(shared: Shared, told: Told, limit: dict[str, str], wanted: str) -> None:
    constants = {"share": 0.9, "tenth": 0.1}
    keys = {**KEYS, "previous": "last", "limits": [{**LIMIT, **limit}], "constants": constants}
    if "share" not in str(limit):
        keys["constants"] = {"tenth": 0.1} if "tenth" in str(limit) else {}
    elif "tenth" not in str(limit):
        keys["constants"] = {"share": 0.9}
    _, _, said = promises_in(told(shared(LAST, **keys)))
    assert wanted in said


def test_a_promise_that_is_not_kept_says_for_whom(shared: Shared, told: Told) -> None:
    limits = [
        {"id": "cap", "at_most": "60"},
        {"id": "floor", "at_least": "previous", "if_short": "prorate"},
    ]
    checks = [{"that": "amount >= 35", "title": {"en": "35 for each", "fr": "35 pour chacun"}}]
    found = promises_in(told(shared(LAST, previous="last", limits=limits, checks=checks, **KEYS)))[2:]
    # The earlier cap wins: 030 stays at 60, below the 80 of last year.
    assert [text.split(":")[0] for text in found] == ["✓ Kept", "✗ Not kept", "✗ Not kept"]
    assert "not for 030" in found[1]
    assert "not for 010" in found[2] or "not for 020" in found[2]


def test_every_page_is_held_to_its_envelope_and_to_treat_equals_alike(shared: Shared, told: Told) -> None:
    assert promises_in(told(shared(**KEYS))) == [
        "✓ Kept: the sum of the amounts equals the envelope, $140",
        "✓ Kept: equal figures get equal amounts, but for one unit of rounding here no two have the same figures",
    ]
    twins = {"code": ["010", "020", "030"], "people": [2, 2, 3]}
    override = [{"code": "010", "amount": "10", "reason": {"en": "An island", "fr": "Une île"}}]
    limits = [{"id": "board", "override": override}]
    found = promises_in(told(shared(twins, limits=limits, **{**KEYS, "if_over": "reserve"})))
    assert "not for 010 and 020 · have the same figures as another: 2 territories" in found[1]
    assert found[1].startswith("✗ Not kept")
    parts = [{"id": "part", "pool": {"amount": "100"}, "share": {"in_proportion_to": "people"}}]
    found = promises_in(told(shared(parts=parts, **{**KEYS, "if_over": "reserve"})))
    assert found[0] == "✓ Kept: amounts $100 + reserve $40 = envelope $140"
    limits = [{"id": "floor", "at_least": "30", "fund": "on_top"}]
    found = promises_in(told(shared(limits=limits, **KEYS)))
    assert found[0] == "✓ Kept: amounts $150 + reserve $0 = envelope $140 + added by floors $10"


IF = {
    "limits": [{"id": "floor", "title": {"en": "Floor", "fr": "Plancher"}, "at_least": "30"}],
    "indices": {
        "need": {
            "criteria": {
                "people": {"weight": 1, "more_need_when": "high"},
                "last": {"weight": 1, "more_need_when": "low"},
            }
        }
    },
    "parts": [{"id": "part", "pool": "remainder", "share": {"in_proportion_to": "0.5 + need"}}],
}


def test_what_if_is_shared_anew_by_the_engine(shared: Shared, told: Told) -> None:
    allocation = shared(LAST, **{**KEYS, **IF})
    found = told(allocation)
    (table,) = (each for each in found.one(id="summary").all("table") if "shared anew" in each.one("caption").text)
    changes = [
        ("without “Floor”", {"limits": {"floor": None}}),
        ("twice the weight for “Last”", {"indices": {"need": {"criteria": {"last": {"weight": 2}}}}}),
        ("twice the weight for “People”", {"indices": {"need": {"criteria": {"people": {"weight": 2}}}}}),
    ]
    wanted = {}
    for words, change in changes:
        moved = allocate(allocation.formula.replace(change), allocation.territories).amounts - allocation.amounts
        counts = [str(int(way.sum())) for way in (moved > 0, moved == 0, moved < 0)]
        wanted[words] = [*counts, f"${moved.clip(min=0).sum():,.0f}"]
        for code, difference in zip(allocation.codes, moved, strict=True):
            section = found.one("section", id=f"t-{code}")
            (here,) = (each for each in section.all("table") if each.one("caption").text.startswith("What if"))
            (row,) = (row for row in here.rows() if row[0] == words)
            sign = "+" if difference > 0 else "−" if difference < 0 else ""
            assert row[2] == f"{sign}${abs(difference):,.0f}"
    assert {row[0]: row[1:] for row in table.rows()} == wanted


def test_a_change_that_cannot_be_shared_is_said(shared: Shared, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Allocation:
        raise SharingError([Problem("money-lost", {"id": "t"})])

    monkeypatch.setattr(changed, "allocate", refuse)
    found = told(shared(LAST, limits=IF["limits"], **KEYS))
    (table,) = (each for each in found.one(id="summary").all("table") if "shared anew" in each.one("caption").text)
    assert table.rows() == [["without “Floor”", "—", "—", "—", "cannot be shared"]]
    assert "What if" not in found.one("section", id="t-010").text


def test_what_is_measured_twice_is_said_with_its_weight_in_all(told: Told) -> None:
    summary = told(example("six_families/formula", "en")).one(id="summary")
    # Situational vulnerability: 35 × 2/4, and the aim “poverty”, 20 × points / 100, both of 100.
    allocation = example("six_families/formula", "en")
    points = allocation.scope.numbers("points_poverty").mean()
    weight = 35 * 2 / 4 + 20 * points / 100
    (said,) = (item.text for item in summary.all("li") if "measured by the same figure, “Situational" in item.text)
    assert f"together they weigh {weight:.1f}% of “Need index”" in said


def test_criteria_are_told_by_the_money_that_they_move(shown: Allocation, whole: Element) -> None:
    (contributions,) = shown.contributions
    moved = contributions.dollars.clip(min=0).sum(axis=0)
    heads = [row[0] for row in weights_table(whole)]
    order = sorted(range(moved.size), key=lambda at: -moved[at])[: len(heads)]
    from equite.report.language.labels import Labels

    labels = Labels(shown.formula)
    titles = [labels.criterion(*contributions.criteria[at]).replace("\u00a0", " ") for at in order]
    assert heads == titles


def weights_table(whole: Element) -> list[list[str]]:
    start = ("Criteria, by the money", "Les critères, selon l’argent")
    (table,) = (each for each in whole.one(id="summary").all("table") if each.one("caption").text.startswith(start))
    return table.rows()


def test_bars_are_sorted_and_as_long_as_the_amounts(shared: Shared, told: Told) -> None:
    parts = [
        {"id": "base", "pool": {"each": "10"}, "share": "equally"},
        {"id": "need", "pool": "remainder", "share": {"in_proportion_to": "people"}},
    ]
    figure = told(shared(parts=parts, **KEYS)).one(id="summary").one("figure")
    rows = figure.one("tbody").all("tr")
    assert [row.one("th").text for row in rows] == ["030", "020", "010"]
    # 110 $ by 1 : 2 : 4, with 10 $ each, in whole dollars.
    amounts = {"030": (10, 63), "020": (10, 31), "010": (10, 16)}
    longest = sum(amounts["030"])
    for row in rows:
        bar = row.all("svg")[0].all("rect")
        widths = [float(rect.attributes["width"] or 0) for rect in bar]
        assert widths == pytest.approx([part * 1000 / longest for part in amounts[row.one("th").text]], abs=0.06)
        assert float(bar[1].attributes["x"] or 0) == pytest.approx(widths[0], abs=0.11)


def test_what_is_taken_stands_on_the_other_side(shared: Shared, told: Told) -> None:
    parts = [
        {"id": "grant", "pool": {"amount": "140"}, "share": "equally"},
        {"id": "levy", "pool": {"amount": "70"}, "share": {"in_proportion_to": "people"}, "levy": True},
    ]
    keys = {**KEYS, "parts": parts, "envelope": "70"}
    figure = told(shared(**keys)).one(id="summary").one("figure")
    for row in figure.one("tbody").all("tr"):
        grant, levy = row.all("svg")[0].all("rect")
        # What is left is what reaches from the end of the levy, below nothing, to the end of the grant.
        nothing = float(grant.attributes["x"] or 0)
        assert float(levy.attributes["x"] or 0) + float(levy.attributes["width"] or 0) == pytest.approx(
            nothing, abs=0.11
        )


def test_many_bars_are_one_outline_and_the_ends_are_named(told: Told) -> None:
    rows = {"code": [f"{at:04d}" for at in range(1000)], "people": [at + 1 for at in range(1000)]}
    page = {"equite": "1", "id": "t", "language": "en", "key": "code", **KEYS, "envelope": "1000000"}
    page["parts"] = [{"id": "part", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
    figure = told(allocate(Formula.from_dict(page), rows)).one(id="summary").one("figure")
    assert figure.all("table") == []
    assert len(figure.all("path")) == 2
    assert all((path.attributes["d"] or "").count("M") <= 400 for path in figure.all("path"))
    assert "400 of 1,000 bars are drawn" in figure.text
    assert [each.text for each in figure.all("p", class_="ends")] == ["09990000"] * 2
