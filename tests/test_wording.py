"""Numbers as each language writes them, and the catalogue of sentences: complete, and the same in both."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml_texts import Loader

import equite
from equite import wording
from equite.wording import LOCALES, Amount, Codes, Language, Nearest, Numeral, money, numeral, percent

PACKAGE = Path(equite.__file__).parent
LANGUAGES: tuple[Language, ...] = tuple(LOCALES)
NBSP = "\u00a0"

# Numbers.


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (1234.5, "1 234,5", "1,234.5"),
        (-1234.5, "−1 234,5", "−1,234.5"),
        (0.1 + 0.2, "0,3", "0.3"),
        (123456789012.1 + 0.2, "123 456 789 012,3", "123,456,789,012.3"),
        (25_000_000.55, "25 000 000,55", "25,000,000.55"),
        (11_258_999_068_426.23, "11 258 999 068 426,23", "11,258,999,068,426.23"),
        (1 / 3, "0,333333333", "0.333333333"),
        (1.2e-7, "0,00000012", "0.00000012"),
        (1e15, "1 000 000 000 000 000", "1,000,000,000,000,000"),
        (2.0**50, "1 125 899 906 842 624", "1,125,899,906,842,624"),
        (100.0, "100", "100"),
        (7, "7", "7"),
        (0.0, "0", "0"),
        (-0.0, "0", "0"),
        (-1e-300, "0", "0"),
        (math.nan, "—", "—"),
        (math.inf, "∞", "∞"),
        (-math.inf, "−∞", "−∞"),
    ],
)
def test_a_number_with_the_decimals_it_needs(value: float, french: str, english: str) -> None:
    assert numeral(value, "fr") == french.replace(" ", NBSP)
    assert numeral(value, "en") == english


@pytest.mark.parametrize(
    ("value", "digits", "english"),
    [
        (1234.5, 2, "1,234.50"),
        (1.005, 2, "1.01"),
        (-1.005, 2, "−1.01"),
        (2.5, 0, "3"),
        (267.49999999999994, 0, "268"),
        (0.004, 2, "0.00"),
        (-0.004, 2, "0.00"),
        (0, 2, "0.00"),
        (1e-9, 9, "0.000000001"),
        (0.0, 9, "0.000000000"),
        (1234567.0, -3, "1,235,000"),
        (1e15, 2, "1,000,000,000,000,000.00"),
        (1125899906842623.0, 0, "1,125,899,906,842,623"),
        (11_258_999_068_426.23, 2, "11,258,999,068,426.23"),
        (math.nan, 2, "—"),
    ],
)
def test_a_number_with_stated_decimals(value: float, digits: int, english: str) -> None:
    assert numeral(value, "en", digits) == english
    assert numeral(value, "fr", digits) == english.replace(",", NBSP).replace(".", ",")


@given(value=st.floats(), digits=st.none() | st.integers(-6, 12), language=st.sampled_from(LANGUAGES))
def test_any_number_is_written_without_an_exponent(value: float, digits: int | None, language: Language) -> None:
    written = numeral(value, language, digits)
    if not math.isfinite(value):
        assert written in {"—", "∞", "−∞"}
        return
    pattern = r"−?\d{1,3}(\u00a0\d{3})*(,\d+)?" if language == "fr" else r"−?\d{1,3}(,\d{3})*(\.\d+)?"
    assert re.fullmatch(pattern, written)
    assert not re.fullmatch(r"−[0\u00a0,.]*", written)


@given(value=st.floats(-1e15, 1e15), digits=st.integers(0, 6))
def test_what_is_written_is_the_number_rounded(value: float, digits: int) -> None:
    read = Decimal(numeral(value, "en", digits).replace(",", "").replace("−", "-"))
    dust = abs(Decimal(value)) * Decimal("1e-14")
    assert abs(read - Decimal(value)) <= Decimal(5).scaleb(-digits - 1) + dust


@pytest.mark.parametrize(
    ("share", "digits", "french", "english"),
    [
        (0.125, 1, "12,5 %", "12.5%"),
        (0.285, 0, "29 %", "29%"),
        (-0.0304, 1, "−3,0 %", "−3.0%"),
        (-0.0001, 1, "0,0 %", "0.0%"),
        (12.5, 0, "1 250 %", "1,250%"),
        (math.nan, 1, "—", "—"),
        (math.inf, 1, "∞", "∞"),
    ],
)
def test_a_percentage(share: float, digits: int, french: str, english: str) -> None:
    assert percent(share, "fr", digits) == french.replace(" ", NBSP)
    assert percent(share, "en", digits) == english


@pytest.mark.parametrize(
    ("value", "currency", "french", "english"),
    [
        (1234.56, "CAD", "1 234,56 $", "$1,234.56"),
        (-1234.56, "CAD", "−1 234,56 $", "−$1,234.56"),
        (-0.001, "CAD", "0,00 $", "$0.00"),
        (1234.56, "EUR", "1 234,56 €", "€1,234.56"),
        (-1234.56, "CHF", "−1 234,56 CHF", "−CHF 1,234.56"),
        (1234.56, "XYZ", "1 234,56 XYZ", "XYZ 1,234.56"),
        (2.5, {"fr": "postes", "en": "positions"}, "2,50 postes", "2.50 positions"),
        (math.nan, "CAD", "—", "—"),
        (math.inf, {"fr": "postes", "en": "positions"}, "∞", "∞"),
    ],
)
def test_an_amount(value: float, currency: str | Mapping[str, str], french: str, english: str) -> None:
    assert money(value, "fr", currency) == french.replace(" ", NBSP)
    assert money(value, "en", currency) == english.replace(" ", NBSP)


def test_values_of_sentences() -> None:
    assert Numeral(1234.5).in_language("fr") == f"1{NBSP}234,5"
    assert Numeral(1234.5, 2).in_language("en") == "1,234.50"
    assert Amount(3.0, "CAD").in_language("en") == "$3.00"
    assert Amount(3.0).in_language("fr") == "3,00"
    assert Nearest(()).in_language("fr") == ""
    assert Nearest(("a", "b")).in_language("en") == "did you mean 'a' or 'b'?"
    assert Nearest(("a", "b")).in_language("fr") == "vouliez-vous dire « a » ou « b »?"
    assert Codes(("1", "2")).in_language("fr") == "1, 2"
    assert Codes(tuple("123"), most=2).in_language("fr") == "1, 2 et 1 autre"
    assert Codes(tuple("1234"), most=2).in_language("fr") == "1, 2 et 2 autres"
    assert Codes(tuple("1234"), most=2).in_language("en") == "1, 2 and 2 more"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"EQUITE_LANGUAGE": "fr", "LANG": "en_CA.UTF-8"}, "fr"),
        ({"EQUITE_LANGUAGE": "EN", "LANG": "fr_CA.UTF-8"}, "en"),
        ({"EQUITE_LANGUAGE": "", "LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_CA.UTF-8"}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "en"),
    ],
)
def test_the_language_of_the_person(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], language: str
) -> None:
    for name in ("EQUITE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wording.preferred_language() == language


@pytest.mark.parametrize(("name", "language"), [("French_Canada", "fr"), ("English_Canada", "en"), (None, "en")])
def test_the_language_of_a_machine_that_names_it_elsewhere(
    monkeypatch: pytest.MonkeyPatch, name: str | None, language: str
) -> None:
    for variable in ("EQUITE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: (name, "1252"))
    assert wording.preferred_language() == language


# The catalogue.


class OnceLoader(Loader):  # type: ignore[misc, valid-type]
    """Reads as the library does, and refuses a key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        read = super().construct_mapping(node, deep)
        assert len(read) == len(node.value), f"a key stands twice: {node.start_mark}"
        return read


#: Every file of sentences, and what each says of its entries, whatever the folder of the language.
FILES = sorted({file for locale in LOCALES.values() for file in locale.sentences.glob("*.yaml")})
CATALOGUE = {file: yaml.load(file.read_text(encoding="utf-8"), Loader=OnceLoader) or {} for file in FILES}
ENTRIES: dict[str, dict[str, dict[str, str] | str]] = {}
for _texts in CATALOGUE.values():
    for _entry, _worded in _texts.items():
        ENTRIES.setdefault(_entry, {}).update(_worded)


def is_error(texts: Mapping[str, object]) -> bool:
    return any(isinstance(text, dict) for text in texts.values())


def parts(texts: Mapping[str, Mapping[str, str] | str], language: Language) -> dict[str, str]:
    text = texts[language]
    return {"": text} if isinstance(text, str) else dict(text)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def placeholders(template: str) -> set[str]:
    """Name the values of a sentence; what agrees with the word for a row, or with a decision, is no value."""
    return {name for name in fields(template) if not name.startswith(("~", "?"))}


def every(condition: object) -> list[str]:
    """Name the entries for which a condition does not hold."""
    return [entry for entry, texts in ENTRIES.items() if not condition(entry, texts)]  # type: ignore[operator]


def test_no_sentence_stands_twice_in_a_language() -> None:
    said = [(entry, language) for texts in CATALOGUE.values() for entry, of in texts.items() for language in of]
    assert len(said) == len(set(said))


def test_entries_parsed_one_by_one_are_those_of_the_files() -> None:
    for folder in {locale.sentences for locale in LOCALES.values()}:
        whole = {
            entry: worded
            for file, texts in CATALOGUE.items()
            if file.parent == folder
            for entry, worded in texts.items()
        }
        assert dict(wording._catalogue(folder)) == whole


def test_every_entry_is_worded_in_every_language() -> None:
    assert every(lambda _, texts: set(texts) == set(LOCALES)) == []
    assert every(lambda _, texts: len({frozenset(parts(texts, language)) for language in LOCALES}) == 1) == []


def test_no_text_is_empty_or_ragged() -> None:
    texts = [(entry, text) for entry in ENTRIES for lang in LANGUAGES for text in parts(ENTRIES[entry], lang).values()]
    assert [entry for entry, text in texts if not text or text != text.strip()] == []


def test_every_error_says_what_and_how_to_mend_it() -> None:
    assert every(lambda _, texts: not is_error(texts) or set(parts(texts, "fr")) == {"what", "mend"}) == []


def test_every_language_shows_the_same_values() -> None:
    def same(_: str, texts: Mapping[str, Mapping[str, str] | str]) -> bool:
        return all(
            placeholders(parts(texts, language)[part]) == placeholders(english)
            for language in LOCALES
            for part, english in parts(texts, "en").items()
        )

    assert every(same) == []


def test_values_are_plain_names() -> None:
    def plain(_: str, texts: Mapping[str, Mapping[str, str] | str]) -> bool:
        return all(re.fullmatch(r"[a-z][a-z_0-9]*", name) for name in values_of(texts))

    assert every(plain) == []


def values_of(texts: Mapping[str, Mapping[str, str] | str]) -> set[str]:
    return set().union(*(placeholders(text) for text in parts(texts, "en").values()))


def words(text: str) -> set[str]:
    """Give the words of a sentence, less what it quotes."""
    said = re.sub(r"\{[^}]*\}+|`[^`]*`|«[^»]*»|“[^”]*”|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)", " ", text)
    return set(re.findall(r"\w+", said.lower()))


ENGLISH = set(re.findall(r"\w+", "the must should with which are not and unknown this that from every cannot was of"))
FRENCH = set(re.findall(r"\w+", "une des du doit avec pour dans être aucun cette sont vous votre qui est pas"))


@pytest.mark.parametrize(("language", "foreign"), [("fr", ENGLISH), ("en", FRENCH)])
def test_each_language_keeps_to_itself(language: Language, foreign: set[str]) -> None:
    strays = {
        entry: stray
        for entry in ENTRIES
        for text in parts(ENTRIES[entry], language).values()
        if (stray := words(text) & foreign)
    }
    assert strays == {}


def test_a_sentence_of_an_error_begins_small_and_ends_open() -> None:
    def begins_small(_: str, texts: Mapping[str, Mapping[str, str] | str]) -> bool:
        return not is_error(texts) or all(
            re.match(r"['\"`(]?[a-z{]", text) and not text.endswith(".") for text in parts(texts, "en").values()
        )

    assert every(begins_small) == []


def test_every_entry_can_be_said() -> None:
    for entry, texts in ENTRIES.items():
        values = dict.fromkeys(values_of(texts), "x")
        for language in LANGUAGES:
            if is_error(texts):
                assert wording.sentence(entry, language, "what", values)
                assert wording.sentence(entry, language, "mend", values)
            else:
                assert wording.say(entry, language, **values)
