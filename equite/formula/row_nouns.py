"""How a page speaks: what it calls the rows of its table, in each language, and whether somebody decided it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, model_validator

from equite.formula.fields import PAGE_LANGUAGE, PageLanguage, SchemaOf, Strict, refuse
from equite.inputs.spelling import tidy
from equite.wording import LOCALES, Dialect, Language, Noun

__all__ = ["NamesRows", "RowNouns"]

#: A word that a sentence, a heading and a formula of a sheet can hold as it is.
_PLAIN = re.compile(r"[^\W\d_](?:[\w ()’'.-]*[\w).])?")
_LONGEST = 60


def _nouns(value: Any) -> Any:
    if not isinstance(value, Mapping) or not value or not set(value) <= set(LOCALES):
        raise refuse("not-nouns", shape=_shape())
    return {language: _noun(word, language) for language, word in value.items()}


def _noun(value: Any, language: Language) -> Noun:
    if isinstance(value, Noun):
        return value
    genders = LOCALES[language].genders
    if not isinstance(value, Mapping) or set(value) != set(_keys(language)):
        raise refuse("not-nouns", shape=_shape())
    words = {key: tidy(str(value[key])) for key in _keys(language)}
    for key in ("one", "many"):
        if len(words[key]) > _LONGEST or not _PLAIN.fullmatch(words[key]):
            raise refuse("noun-not-plain", word=words[key][:_LONGEST], most=_LONGEST)
    if genders and words["gender"] not in genders:
        raise refuse("not-one-of", value=words["gender"], choices=", ".join(map(repr, genders)))
    return Noun(**words)


def _keys(language: Language) -> tuple[str, ...]:
    return ("one", "many", "gender") if LOCALES[language].genders else ("one", "many")


def _shape() -> str:
    """Return how the nouns are written on a page, for a refusal to show."""
    shapes = []
    for language, locale in LOCALES.items():
        shown = {"one": "…", "many": "…", "gender": "|".join(locale.genders)}
        keys = ", ".join(f"{key}: {shown[key]}" for key in _keys(language))
        shapes.append(f"{language}: {{{keys}}}")
    return "{" + ", ".join(shapes) + "}"


def _schema() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": _LONGEST}
    words = {}
    for language, locale in LOCALES.items():
        keys = {"one": text, "many": text, "gender": {"type": "string", "enum": list(locale.genders)}}
        own = {key: keys[key] for key in _keys(language)}
        words[language] = {"type": "object", "properties": own, "required": list(own), "additionalProperties": False}
    return {"type": "object", "properties": words, "additionalProperties": False, "minProperties": 1}


def _written(nouns: Mapping[str, Noun]) -> dict[str, dict[str, str]]:
    return {language: {key: getattr(noun, key) for key in _keys(language)} for language, noun in nouns.items()}


#: What the rows of the table are called, in each language.
RowNouns = Annotated[Mapping[str, Noun], BeforeValidator(_nouns), PlainSerializer(_written), SchemaOf(_schema)]


class NamesRows(Strict):
    """A page whose language carries its word for the rows, and whether it is decided."""

    language: PageLanguage = PAGE_LANGUAGE
    territory: RowNouns | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the page records that somebody decided it: who, when, or by which resolution."""
        return False

    @model_validator(mode="after")
    def _in_its_words(self) -> NamesRows:
        # Frozen to all others: these keys are one thing, the tongue in which the page speaks.
        self.__dict__["language"] = Dialect(self.language, self.territory or {}, self.is_decided)
        return self
