"""What comes in, and pages, as notebooks show them: worded, escaped, numbers as their readers write them."""

from __future__ import annotations

import html
import re

import pandas as pd
import pytest

import equite
from equite.resources import folder
from equite.wording import Language

EXAMPLES = folder("examples")
NBSP = "\u00a0"


def text_of(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "|", shown)).replace(NBSP, " ")


def test_the_folded_page_is_the_page_to_the_last_blank() -> None:
    formula = equite.Formula.read(EXAMPLES / "quebec_mrc" / "formula.yaml")
    (folded,) = re.findall(r"<pre>(.*?)</pre>", formula._repr_html_(), re.DOTALL)
    assert html.unescape(folded) == formula.to_yaml()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Montérégie : base d'un demi-salaire", "Socioéconomique : 70 % du score.", "La page, telle qu’elle")),
        ("en", ("Montérégie: a base of half a salary", "Socioeconomic: 70% of the score.", "The page, as it is")),
    ],
)
def test_a_formula_is_said_in_words_and_folds_its_yaml(language: Language, words: tuple[str, ...]) -> None:
    shown = equite.Formula.read(EXAMPLES / "region_13" / "half_salary.yaml").replace(language=language)._repr_html_()
    open_, folded = shown.split("<details>")
    assert shown.startswith('<div class="equite')
    assert f'lang="{language}"' in shown
    for piece in words[:2]:
        assert piece in text_of(open_)
    assert "in_proportion_to" not in open_
    assert words[2] in text_of(folded)
    assert "in_proportion_to" in folded
    # Criteria stand in their family's list, and lists are closed in turn.
    assert re.search(r"70[^<]*<ul[^>]*><li>", open_)
    assert open_.count("<ul") == open_.count("</ul>")
    assert open_.count("<li>") == open_.count("</li>")


def test_a_page_that_holds_html_shows_it_as_text() -> None:
    page = {"equite": 1, "id": "<b>", "notes": {"fr": "<i>", "en": "<i>"}, "envelope": 5, "key": "code"}
    part = {"id": "a", "title": {"fr": "<u>", "en": "<u>"}, "pool": "remainder", "share": "equally"}
    shown = equite.Formula.from_dict(page | {"parts": [part]})._repr_html_()
    assert not re.search(r"<[biu]>", shown)
    assert {"&lt;b&gt;", "&lt;i&gt;", "&lt;u&gt;"} <= set(re.findall(r"&lt;[biu]&gt;", shown.partition("<details>")[0]))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Palier", "Chaque région, dans les marges convenues", "entre 25 et 75", "Municipalité · Dans chaque")),
        ("en", ("Tier", "Each region, within agreed margins", "between 25 and 75", "Municipality · ")),
    ],
)
def test_a_plan_says_who_decides_and_what_may_change(language: Language, words: tuple[str, ...]) -> None:
    plan = equite.Plan.read(EXAMPLES / "quebec_tiers" / "plan.yaml").replace(language=language)
    shown = plan._repr_html_()
    for piece in words[:3]:
        assert piece in text_of(shown)
    assert shown.count("<details>") == 3
    assert plan.language == language
    assert {plan.formula_of(tier).language for tier in plan.names} == {language}


def test_a_plan_is_replaced_key_by_key() -> None:
    plan = equite.Plan.read(EXAMPLES / "quebec_tiers" / "plan.yaml")
    changed = plan.replace({"tiers": [{"id": "mrc", "keeps": {"value": 0}}]}, id="kept-nothing")
    assert changed.id == "kept-nothing"
    assert changed.names == plan.names
    assert str(changed.tier("mrc").keeps.value) == "0"  # type: ignore[union-attr]
    assert changed.tier("mrc").keeps.title == plan.tier("mrc").keeps.title  # type: ignore[union-attr]
    assert changed.folder == plan.folder
    assert plan.id == "quebec-tiers"
    with pytest.raises(equite.FormulaError):
        plan.replace(tires=[])


@pytest.mark.parametrize(("language", "number"), [("fr", "1 234,50"), ("en", "1,234.50")])
def test_a_table_of_territories_is_typeset(language: str, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUITE_LANGUAGE", language)
    frame = pd.DataFrame({"code": ["1", "2"], "n": [1234.5, 2e10 + 0.25], "year": [2024, 1999], "m": [1.0, None]})
    territories = equite.Territories.from_frame(frame, key="code")
    shown = text_of(territories._repr_html_())
    assert number in shown
    assert "2024" in shown
    assert "—" in shown
    for text in (shown, repr(territories)):
        assert not re.search(r"nan|e\+", text, re.IGNORECASE)
    assert f'lang="{language}"' in territories._repr_html_()


def test_a_wide_table_shows_its_first_and_last_columns() -> None:
    frame = pd.DataFrame({"code": [str(at) for at in range(9)], **{f"c_{at}": range(9) for at in range(30)}})
    shown = equite.Territories.from_frame(frame, key="code")._repr_html_()
    assert re.findall(r">(c_<wbr>\d+)<", shown) == [f"c_<wbr>{at}" for at in (0, 1, 2, 3, 25, 26, 27, 28, 29)]
    assert re.findall(r'scope="row"[^>]*>(\d)<', shown) == list("01234")
    assert "…" in shown


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Densité de la population · Famille territoriale", "Mise en garde", "bas")),
        ("en", ("Population density · Territorial family", "Caution", "low")),
    ],
)
def test_a_criterion_is_shown_in_full(language: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUITE_LANGUAGE", language)
    criterion = equite.catalogue["population_density"]
    shown = text_of(criterion._repr_html_())
    for piece in (*words, "population_density", criterion.perverse[language][:20]):
        assert piece.replace(NBSP, " ") in shown


def test_the_catalogue_tells_the_names_that_formulas_use() -> None:
    shown = text_of(equite.catalogue._repr_html_())
    assert all(f"|{name}|" in shown for name in equite.catalogue)


def test_labels_of_a_comparison_are_whole_in_a_notebook() -> None:
    allocation = equite.allocate(EXAMPLES / "region_13" / "equal.yaml", EXAMPLES / "region_13" / "territories.csv")
    label = "une répartition que l’on a nommée bien longuement"
    compared = equite.compare(allocation, allocation, labels=["a", label])
    assert compared._repr_html_().count(label) == 2
    assert label not in str(compared)
