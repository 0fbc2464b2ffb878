"""The word for the rows: each sentence says it by what agrees, and is as it was where the page gives no other."""

from __future__ import annotations

import copy
import pickle
import re
import string

import pytest
from yaml_texts import read_yaml

import equite
from equite import wording
from equite.errors import FormulaError
from equite.wording import LOCALES, Dialect, Noun, as_spoken_by
from equite.wording.locales import ENGLISH
from equite.wording.nouns import english, french

MUNICIPALITY = Noun("municipalité", "municipalités", "f")
BOROUGH = Noun("arrondissement", "arrondissements", "m")
SCHOOL = Noun("école", "écoles", "f")
WORDS = {"fr": {"one": "municipalité", "many": "municipalités", "gender": "f"}, "en": {"one": "MRC", "many": "MRCs"}}
PAGE = {
    "equite": 1,
    "id": "p",
    "key": "code",
    "envelope": 10,
    "parts": [{"id": "a", "pool": "remainder", "share": "equally"}],
}


@pytest.mark.parametrize(
    ("words", "municipality", "borough", "school"),
    [
        ("territoire", "municipalité", "arrondissement", "école"),
        ("Territoires", "Municipalités", "Arrondissements", "Écoles"),
        ("le territoire", "la municipalité", "l’arrondissement", "l’école"),
        ("Le territoire", "La municipalité", "L’arrondissement", "L’école"),
        ("du territoire", "de la municipalité", "de l’arrondissement", "de l’école"),
        ("au territoire", "à la municipalité", "à l’arrondissement", "à l’école"),
        ("ce territoire", "cette municipalité", "cet arrondissement", "cette école"),
        ("mon territoire", "ma municipalité", "mon arrondissement", "mon école"),
        ("de ce territoire", "de cette municipalité", "de cet arrondissement", "de cette école"),
        ("de territoire", "de municipalité", "d’arrondissement", "d’école"),
        ("de territoires", "de municipalités", "d’arrondissements", "d’écoles"),
        ("un même territoire", "une même municipalité", "un même arrondissement", "une même école"),
        ("Aucun territoire", "Aucune municipalité", "Aucun arrondissement", "Aucune école"),
        ("tous les territoires", "toutes les municipalités", "tous les arrondissements", "toutes les écoles"),
        ("votre territoire", "votre municipalité", "votre arrondissement", "votre école"),
        ("exclu/exclue", "exclue", "exclu", "exclue"),
    ],
)
def test_french_agrees(words: str, municipality: str, borough: str, school: str) -> None:
    assert [french(words, noun) for noun in (MUNICIPALITY, BOROUGH, SCHOOL)] == [municipality, borough, school]


@pytest.mark.parametrize(
    ("one", "gender", "said"),
    [
        ("MRC", "f", "de la MRC"),
        ("hameau", "m", "du hameau"),
        ("hôpital", "m", "de l’hôpital"),
        ("HLM", "m", "du HLM"),
        ("OBNL", "m", "de l’OBNL"),
        ("Église", "f", "de l’Église"),
    ],
)
def test_french_elides_before_what_is_said_as_a_vowel(one: str, gender: str, said: str) -> None:
    assert french("du territoire", Noun(one, one + "s", gender)) == said


@pytest.mark.parametrize(
    ("words", "one", "many", "said"),
    [
        ("a territory", "MRC", "MRCs", "an MRC"),
        ("A territory", "organisation", "organisations", "An organisation"),
        ("a territory", "university", "universities", "a university"),
        ("a territory", "hour", "hours", "an hour"),
        ("a territory", "HLM", "HLMs", "an HLM"),
        ("a territory", "UN body", "UN bodies", "a UN body"),
        ("territories’", "parish", "parishes", "parishes’"),
        ("territories’", "child", "children", "children’s"),
        ("Territory", "district", "districts", "District"),
        ("territories", "district", "districts", "districts"),
    ],
)
def test_english_agrees(words: str, one: str, many: str, said: str) -> None:
    assert english(words, Noun(one, many)) == said


def agreeing() -> list[tuple[str, str, str]]:
    """Give all that agrees with the noun in any sentence: its entry, its language, what stands in the braces."""
    found = []
    for file in ENGLISH.sentences.glob("*.yaml"):
        for entry, texts in read_yaml(file).items():
            for language, text in texts.items():
                for each in text.values() if isinstance(text, dict) else [text]:
                    names = [name for _, name, _, _ in string.Formatter().parse(each) if name is not None]
                    found += [(entry, language, name[1:]) for name in names if name.startswith("~")]
    return found


def test_without_another_noun_every_sentence_is_as_it_is_written() -> None:
    for entry, language, words in agreeing():
        said = LOCALES[language].agree(words, LOCALES[language].row)
        assert said == words.partition("/")[0], entry


#: What may stand before the noun in French, besides words that are the same in every case.
BEFORE = {"le", "les", "un", "une", "du", "des", "de", "ce", "ces", "au", "aux", "aucun", "tous", "chaque", "quel"}
BEFORE |= {"plusieurs", "mon", "votre", "ses", "seul", "seuls", "autre", "autres", "même"}


def test_what_stands_in_braces_is_known_to_agree() -> None:
    for entry, language, words in agreeing():
        *before, noun = words.lower().split(" ")
        if language == "fr" and "/" not in words:
            assert noun in ("territoire", "territoires") and set(before) <= BEFORE, entry
            # All of these words agree, or are the same for both genders.
            assert "un" not in before or french(words, MUNICIPALITY).lower().startswith("une "), entry
        elif language == "en":
            assert noun in ("territory", "territories", "territories’") and before in ([], ["a"]), entry


#: Files whose sentences are of no page: of data before any page reads them, of several tiers, of the command line.
OF_NO_PAGE = {"crosswalk_errors", "tiers_errors", "indicators", "indicator_errors", "catalogue_errors", "cascade"}
OF_NO_PAGE |= {"governance_outputs"}
#: Sentences of the other files that are of no page.
ENTRIES_OF_NO_PAGE = re.compile(r"cli-(help|param|measures)-|method-name|method-row")


def test_no_sentence_of_a_page_names_the_rows_otherwise() -> None:
    strays = set()
    for file in ENGLISH.sentences.glob("*.yaml"):
        if file.stem in OF_NO_PAGE:
            continue
        for entry, texts in read_yaml(file).items():
            whole = " ".join(" ".join(text.values()) if isinstance(text, dict) else text for text in texts.values())
            said = re.sub(
                r"\{[^}]*\}|`[^`]*`|in the column territory|fill in territory|dans la colonne territory|"
                r"remplissez territory",
                "",
                whole,
            )
            if re.search(r"\bterrit(oire|or(y|ies))", said, re.IGNORECASE) and not ENTRIES_OF_NO_PAGE.match(entry):
                strays.add(entry)
    assert strays == set()


def test_a_language_carries_the_noun_to_another() -> None:
    page = equite.Formula.from_dict({**PAGE, "territory": WORDS})
    assert page.language == "fr" and isinstance(page.language, Dialect)
    assert wording.say("territories-many", page.language, count=3) == "3 municipalités"
    assert wording.say("territories-many", as_spoken_by(page.language, "en"), count=3) == "3 MRCs"
    assert wording.say("territories-many", as_spoken_by("fr", "en"), count=3) == "3 territories"
    for copied in (copy.deepcopy(page.language), pickle.loads(pickle.dumps(page.language))):
        assert wording.say("territories-one", copied, count=1) == "1 municipalité"
    assert equite.Formula.from_text(page.to_yaml()).territory == page.territory
    assert equite.Formula.from_text(page.replace(language="en").to_yaml()).language.nouns["fr"] == MUNICIPALITY


def test_a_language_without_a_noun_keeps_its_own() -> None:
    page = equite.Formula.from_dict({**PAGE, "territory": {"fr": WORDS["fr"]}})
    assert wording.say("territories-many", as_spoken_by(page.language, "en"), count=3) == "3 territories"


def test_refusals_say_the_noun() -> None:
    page = equite.Formula.from_dict({**PAGE, "territory": WORDS})
    allocation = equite.allocate(page, {"code": ["A", "B"]})
    with pytest.raises(equite.SharingError) as refused:
        allocation.explain("C")
    assert str(refused.value).startswith("il n'y a pas de municipalité de code « C »")
    assert refused.value.text("en").startswith("there is no MRC with the code 'C'")
    with pytest.raises(equite.TerritoriesError, match="ajoutez une ligne par municipalité"):
        equite.allocate(page, {"code": []})
    school = {"fr": {"one": "école", "many": "écoles", "gender": "f"}}
    language = equite.Formula.from_dict({**PAGE, "territory": school}).language
    # The apostrophe of errors is the plain one.
    assert wording.sentence("code-unknown", language, "what", {"code": "C"}) == "il n'y a pas d'école de code « C »"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("municipalité", "n'est pas écrit comme il faut"),
        ({}, "n'est pas écrit comme il faut"),
        ({"fr": {"one": "municipalité", "many": "municipalités"}}, "gender: m|f"),
        ({"en": {"one": "MRC", "many": "MRCs", "gender": "f"}}, "n'est pas écrit comme il faut"),
        ({"de": {"one": "Kreis", "many": "Kreise"}}, "n'est pas écrit comme il faut"),
        ({"fr": {"one": "municipalité", "many": "municipalités", "gender": "n"}}, "'m', 'f'"),
        ({"en": {"one": "", "many": "MRCs"}}, "n'est pas un nom simple"),
        ({"en": {"one": "MRC", "many": "{count}"}}, "n'est pas un nom simple"),
        ({"en": {"one": "MRC", "many": '="x"'}}, "n'est pas un nom simple"),
        ({"en": {"one": "MRC", "many": "<b>"}}, "n'est pas un nom simple"),
        ({"en": {"one": "M" * 61, "many": "MRCs"}}, "d'au plus 60 lettres"),
    ],
)
def test_what_is_no_noun_is_refused(written: object, told: str) -> None:
    with pytest.raises(FormulaError) as refused:
        equite.Formula.from_dict({**PAGE, "territory": written, "language": "fr"})
    assert told in str(refused.value)
