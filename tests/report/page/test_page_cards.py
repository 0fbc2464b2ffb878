"""The card of a territory, the figures of its section, what is said of figures that nobody measured, and groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from page_reader import Element
from shown_examples import example

from equite import Allocation
from equite.report.html.page.card import MOST_WORDS

Told = Callable[..., Element]
Shared = Callable[..., Allocation]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["quebec_mrc/formula", "region_13/half_salary", "six_families/formula"])
def test_a_card_stands_first_and_has_ninety_words_at_most(name: str, language: str, told: Told) -> None:
    allocation = example(name, language)
    some = [*allocation.codes[:4], *allocation.codes[-2:]]
    for section in told(allocation, only=some).one(id="territories").all("section"):
        heading, card = (each for each in section.inside[:2] if isinstance(each, Element))
        assert heading.tag == "h3"
        assert card.attributes["class"] == "card"
        assert len(card.said.split()) <= MOST_WORDS


def test_a_card_of_endless_names_is_as_short(shared: Shared, told: Told) -> None:
    long = {"fr": "mot " * 50, "en": "word " * 50}
    columns = {name: {"title": long, "status": "illustrative"} for name in ("people", "other")}
    parts = [{"id": "part", "title": long, "pool": "remainder", "share": {"in_proportion_to": "people + other"}}]
    limits = [{"id": "floor", "title": long, "at_least": "40"}]
    decision = {"adopted_by": long["fr"], "date": "2026-01-31 " * 20}
    rows = {"code": ["010", "020", "030"], "people": [1, 2, 4], "other": [1, 1, 1], "name": ["mot " * 50] * 3}
    keys: dict[str, Any] = {"parts": parts, "limits": limits, "columns": columns, "decision": decision, "name": "name"}
    for card in told(shared(rows, envelope="140", **keys)).all("div", class_="card"):
        assert len(card.said.split()) <= MOST_WORDS


def test_a_card_says_what_one_must_know(told: Told) -> None:
    allocation = example("region_13/half_salary", "en")
    (card,) = told(allocation, only=["480"]).all("div", class_="card")
    told_by = dict(zip((each.text for each in card.all("dt")), (each.text for each in card.all("dd")), strict=True))
    lines = {line.id: line.amount for line in allocation.explain("480").lines}
    largest = max((name for name in lines if name.startswith("need.")), key=lambda name: abs(lines[name]))
    assert largest == "need.situational_vulnerability"
    adds = f"“Situational vulnerability” (estimated) adds ${lines[largest]:,.0f}"
    assert told_by == {
        "Amount": "$70,541",
        "Before": "$40,000 (+$30,541)",
        "Why": f"“Universal base” gives $42,500 and {adds}",
        "Not measured": "Envelope, Base by MRC and 1 other (made-up example)",
        "Who decides": "no decision is recorded",
        "How to contest": "the formula does not say",
    }


def test_a_card_names_who_decided(shared: Shared, told: Told) -> None:
    decision = {"adopted_by": "Table des préfets", "date": "2026-10-01"}
    card = told(shared(envelope="140", decision=decision)).all("div", class_="card")[0]
    assert "Table des préfets, 2026-10-01" in card.text
    assert "rien n’est déclaré" in card.text


def test_a_made_up_figure_is_an_example_in_the_sentence_itself(told: Told) -> None:
    allocation = example("six_families/formula", "fr")
    section = told(allocation, only=["01"]).one("section", id="t-01")
    reasons = section.one("ul", class_="reasons").text
    assert reasons.count("exemple fictif") == 6
    assert "illustratif" not in reasons
    assert "Logement, 20 points (exemple fictif)" in section.text


def test_an_estimated_figure_has_its_mark_on_each_line(shown: Allocation, whole: Element) -> None:
    word = "estimé" if shown.language == "fr" else "estimated"
    code = shown.codes[0]
    waterfall = whole.one("section", id=f"t-{code}").one("table", class_="small waterfall")
    estimated = {name for name, spec in shown.formula.columns.items() if spec.status == "estimated"}
    lines = [line for line in shown.explain(code).lines if line.id.partition(".")[2] in estimated]
    assert lines
    assert sum(word in row[0] for row in waterfall.rows()) == len(lines)


def test_people_scores_and_bounds_stand_in_the_section(shared: Shared, told: Told) -> None:
    keys: dict[str, Any] = {
        "language": "en",
        "envelope": "140",
        "people": "people",
        "limits": [{"id": "floor", "at_least": "30", "at_most": "people * 40"}],
        "indices": {"need": {"criteria": {"people": {"weight": 1, "more_need_when": "high"}}}},
    }
    section = told(shared(**keys)).one("section", id="t-010")
    (facts,) = (each for each in section.all("dl", class_="facts") if "Rank" in each.text)
    told_by = dict(zip((each.text for each in facts.all("dt")), (each.text for each in facts.all("dd")), strict=True))
    assert told_by["People"] == "1"
    assert told_by["Rank by “Need”"] == "score 0.00; 3 of 3 (1 is the highest)"
    # 20 $ by people, raised to 30 $; the cap is 40 $ for one person.
    assert told_by["Floor of “Floor”"] == "$30.00 (the amount stands there)"
    assert told_by["Ceiling of “Floor”"] == "$40.00"


def test_the_values_of_constants_and_bounds_are_listed(shown: Allocation, whole: Element) -> None:
    start = ("Floors, ceilings and constants", "Planchers, plafonds et constantes")
    (table,) = (each for each in whole.one(id="method").all("table") if each.one("caption").text.startswith(start))
    rows = table.rows()
    bounds = sum((limit.at_least is not None) + (limit.at_most is not None) for limit in shown.formula.limits)
    assert len(rows) == len(shown.formula.constants) + bounds
    assert all(value for _, value in rows)


GROUPED = {"code": ["010", "020", "030"], "people": [1, 2, 4], "region": ["b", "a", "b"], "name": ["x", "y", "z"]}


def test_groups_that_the_page_reads_can_be_looked_at_apart(shared: Shared, told: Told) -> None:
    limits = [{"id": "cap", "by": "region", "at_most": "120"}]
    found = told(shared(GROUPED, envelope="140", limits=limits, name="name")).one(id="amounts")
    (choice,) = found.all("select")
    assert [each.text for each in choice.all("option")] == ["Tous", "a", "b"]
    rows = found.one("tbody").all("tr")
    assert [row.attributes["data-group-0"] for row in rows] == ["1", "0", "1"]
    assert told(shared(GROUPED, envelope="140", name="name")).all("select") == []
