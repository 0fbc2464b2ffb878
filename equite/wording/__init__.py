"""Every sentence and every number that a person reads, in each language known.

The catalogue of French and English lies in the YAML files beside this module, one entry per sentence, both languages
side by side; what is no sentence is in :mod:`equite.wording.locales`. Anything in the library may import this module;
it imports nothing of the library.
"""

from __future__ import annotations

import locale
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import yaml

from equite.wording.locales import ENGLISH, LOCALES, Language, Locale
from equite.wording.nouns import Noun

__all__ = [
    "LOCALES",
    "Amount",
    "Codes",
    "Dialect",
    "Language",
    "Locale",
    "Nearest",
    "Noun",
    "Numeral",
    "Percent",
    "Texts",
    "Worded",
    "as_language",
    "as_spoken_by",
    "for_all",
    "has",
    "money",
    "numeral",
    "percent",
    "preferred_language",
    "say",
    "say_in_all",
    "sentence",
    "shape_of_texts",
    "symbol",
    "template",
]

#: What is worded once in each language: a title, a reason, a unit.
Texts = Mapping[str, str]

_NBSP = "\u00a0"
#: Decimal digits that a float holds whatever its value.
_SIGNIFICANT = 15
#: Holds every digit of the largest float, which has 309 before the point.
_ROUNDING = Context(prec=400, rounding=ROUND_HALF_UP)
#: An entry of a file of sentences: its name at the margin, and all that follows up to the next.
_AT_MARGIN = re.compile(r"^([^\s#:]+):(.*(?:\n(?:[ \t].*)?)*)", re.MULTILINE)
#: A blank of a sentence that agrees with the word for a row.
_OF_ROWS = re.compile(r"\{(~[^{}]+)\}")
_SYMBOLS = {"CAD": "$", "USD": "$", "AUD": "$", "NZD": "$", "EUR": "€", "GBP": "£", "BRL": "R$", "CHF": "CHF"}


@runtime_checkable
class Worded(Protocol):
    """A value of a sentence that each language writes in its own way."""

    def in_language(self, language: Language) -> str:
        """Return the value as that language writes it."""
        ...


class Dialect(str):
    """A language as one page speaks it to its readers: with its own word for the rows of its table, and in its mood.

    It is the code of the language, equal to ``"fr"`` or ``"en"`` and used wherever a language is, so that every
    sentence said of the page agrees with its word, and says what would be until somebody has decided it. Two dialects
    of a language are equal: nothing may be kept by them.

    Parameters
    ----------
    code : str
        The language, one of :data:`LOCALES`.
    nouns : mapping of language to Noun
        The word in each language; one that has none keeps its own.
    is_decided : bool
        Whether the page records who decided it.
    """

    nouns: Mapping[str, Noun]
    is_decided: bool

    def __new__(cls, code: str, nouns: Mapping[str, Noun], is_decided: bool) -> Dialect:
        """Make a language of a code, of words and of a mood."""
        made = super().__new__(cls, code)
        made.nouns, made.is_decided = nouns, is_decided
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Noun], bool]:  # type: ignore[override]
        """Return what a copy is made of."""
        return str(self), self.nouns, self.is_decided


def as_spoken_by(readers: Language | None, language: Language) -> Language:
    """Return a language with the words and the mood of a page's own, be it another language than the page's."""
    if not isinstance(readers, Dialect):
        return language
    return Dialect(language, readers.nouns, readers.is_decided)


def preferred_language() -> Language:
    """Return the language of the person at this machine: ``EQUITE_LANGUAGE``, else the locale, else English."""
    for variable in ("EQUITE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable, ""):
            return as_language(value)
    # Windows sets none of them.
    return as_language(locale.getlocale()[0] or "en")


def for_all(texts: str | Texts) -> dict[str, str]:
    """Give every language its text; one that is not worded reads the first that is."""
    worded = {} if isinstance(texts, str) else texts
    first = texts if isinstance(texts, str) else next(iter(texts.values()))
    return {language: worded.get(language) or first for language in LOCALES}


def shape_of_texts() -> str:
    """Return how a text is written in every language on a page, for a refusal to show."""
    return "{" + ", ".join(f'{language}: "…"' for language in LOCALES) + "}"


class _Entries(Mapping[str, Any]):
    """The entries of a folder's YAML files, each parsed when it is first said: a process says few of them."""

    def __init__(self, folder: Path) -> None:
        self._texts: dict[str, str] = {}
        self._parsed: dict[str, Any] = {}
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".yaml"):
                self._texts.update(_AT_MARGIN.findall(file.read_text(encoding="utf-8")))

    def __getitem__(self, entry: str) -> Any:
        if entry not in self._parsed:
            # All is text: read otherwise, a plain ``en: No`` would come out as ``False``.
            loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
            self._parsed[entry] = yaml.load(f"{entry}:{self._texts[entry]}", Loader=loader)[entry]
        return self._parsed[entry]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@cache
def _catalogue(folder: Path = ENGLISH.sentences) -> Mapping[str, Any]:
    """Read every YAML file of a folder into one catalogue."""
    return _Entries(folder)


def _worded(entry: str, language: Language) -> Any:
    return _catalogue(LOCALES[language].sentences)[entry][language]


def _written(value: object, language: Language) -> str:
    # Most values are texts, and to ask of a value whether it is worded takes a while.
    if type(value) is str:
        return value
    if isinstance(value, Worded):
        return value.in_language(language)
    if isinstance(value, Mapping):
        return str(value.get(language) or next(iter(value.values()), ""))
    if isinstance(value, float):
        return numeral(value, language)
    return str(value)


class _Filled(dict[str, str]):
    """The values of a sentence, written in a language; what a page's dialect settles is found as it is met.

    ``{~chaque territoire}`` agrees with the word for a row; of ``{?recevrait/reçoit}`` the first is said until the page
    is decided, and the second where no page is spoken of.
    """

    def __init__(self, values: Mapping[str, object], language: Language, apostrophe: str = "’") -> None:
        super().__init__((name, _written(value, language)) for name, value in values.items())
        self._language, self._apostrophe = language, apostrophe

    def __missing__(self, name: str) -> str:
        if name.startswith("?"):
            simulated, decided = name[1:].split("/")
            return decided if getattr(self._language, "is_decided", True) else simulated
        if not name.startswith("~"):
            raise KeyError(name)
        locale = LOCALES[self._language]
        nouns: Mapping[str, Noun] = getattr(self._language, "nouns", {})
        said = locale.agree(name[1:], nouns.get(self._language, locale.row))
        return said.replace("’", self._apostrophe)


def sentence(entry: str, language: Language, part: str, values: Mapping[str, object]) -> str:
    """Return one part (``what`` or ``mend``) of an error's sentence, with its values filled in."""
    template = str(_worded(entry, language)[part])
    # Errors are read in terminals and by programs: their apostrophes are plain.
    text = template.format_map(_Filled(values, language, "'"))
    if template.startswith("{nearest}") and text.startswith(" "):
        # Where nothing is near, what follows begins the sentence.
        text = text[1:2].lower() + text[2:]
    return text.strip().rstrip("; ")


def say(entry: str, language: Language, /, **values: object) -> str:
    """Return a worded output (a heading, a label, a line of the terminal) in one language."""
    template = str(_worded(entry, language))
    return template.format_map(_Filled(values, language))


def say_in_all(entry: str, /, **values: object) -> dict[str, str]:
    """Return a worded output in every language: what a result carries until it is known who reads it."""
    return {language: say(entry, language, **values) for language in LOCALES}


def template(entry: str, language: Language) -> str | dict[str, str]:
    """Return a sentence with its blanks left open, for another program to fill in; of an error, its two parts.

    What agrees with the readers' word for a row is put in: that does not change from one filling to the next.
    """
    found = _worded(entry, language)
    if isinstance(found, Mapping):
        return {part: _agreed(str(text), language, "'") for part, text in found.items()}
    return _agreed(str(found), language)


def _agreed(text: str, language: Language, apostrophe: str = "’") -> str:
    noun = _Filled({}, language, apostrophe)
    return _OF_ROWS.sub(lambda blank: noun[blank[1]], text)


def has(entry: str, language: Language) -> bool:
    """Tell whether the catalogue has an entry."""
    return entry in _catalogue(LOCALES[language].sentences)


def numeral(value: float, language: Language, digits: int | None = None) -> str:
    """Write a number as its readers do: ``1 234,5`` in French, ``1,234.5`` in English.

    Binary dust is rounded away first, beyond 15 significant digits as spreadsheets do, and halves go away from zero:
    ``0.1 + 0.2`` is written ``0.3``, and ``1.005`` with two decimals ``1.01``. There is never an exponent.

    Parameters
    ----------
    value : float
        Any number; a missing one is written ``—``.
    language : str
        The readers' language.
    digits : int, optional
        Decimals to show. By default as many as the number needs: up to six, or up to nine significant digits for a
        small number (12 decimals at most), and at least cents for a very large one.
    """
    if math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return _numeral(_decimal(value), language, digits)


def _decimal(value: float) -> Decimal:
    """Return the number as it would be typed in; a whole number exactly."""
    return Decimal(int(value)) if value == int(value) else Decimal(repr(float(value)))


def _numeral(number: Decimal, language: Language, digits: int | None) -> str:
    if digits is None:
        whole = number.adjusted() + 1
        needed = min(12, max(6, 9 - whole))
        shown = _rounded(number, max(2, min(needed, _SIGNIFICANT - whole)))
        text = f"{shown:f}".rstrip("0").rstrip(".")
    else:
        shown = _rounded(number, digits)
        text = f"{shown:f}"
    sign = "−" if shown < 0 else ""
    integer, _, decimals = text.lstrip("-").partition(".")
    locale = LOCALES[language]
    grouped = f"{int(integer):,}".replace(",", locale.grouping)
    return sign + grouped + (locale.decimal + decimals if decimals else "")


def _rounded(number: Decimal, digits: int) -> Decimal:
    """Round halves away from zero, on 15 significant digits where that many hold the digits asked for."""
    whole = number.adjusted() + 1
    if whole + digits < _SIGNIFICANT:
        number = number.quantize(Decimal(1).scaleb(whole - _SIGNIFICANT), context=_ROUNDING)
    return number.quantize(Decimal(1).scaleb(-digits), context=_ROUNDING)


def percent(share: float, language: Language, digits: int = 1) -> str:
    """Write a share of one as a percentage: ``12,5 %`` or ``12.5%``."""
    if not math.isfinite(share):
        return numeral(share, language)
    return LOCALES[language].percent.format(number=_numeral(_decimal(share).scaleb(2), language, digits))


def symbol(currency: str) -> str:
    """Return the sign of a currency, or its code where it has none."""
    return _SYMBOLS.get(currency, currency)


def money(value: float, language: Language, currency: str | Texts, digits: int = 2) -> str:
    """Write an amount with its currency, or with the unit that replaces it.

    ``1 234,56 $`` in French, ``$1,234.56`` in English; a unit (``{"fr": "postes", "en": "positions"}``) follows the
    number in every language.
    """
    written = numeral(value, language, digits)
    if written in ("—", "∞", "−∞"):
        return written
    if not isinstance(currency, str):
        return f"{written}{_NBSP}{_written(currency, language)}"
    before, after = LOCALES[language].around(symbol(currency))
    minus = "−" if written.startswith("−") else ""
    return minus + before + written.removeprefix("−") + after


@dataclass(frozen=True)
class Numeral:
    """A number in a sentence."""

    value: float
    digits: int | None = None

    def in_language(self, language: Language) -> str:
        """Write the number."""
        return numeral(self.value, language, self.digits)


@dataclass(frozen=True)
class Amount:
    """An amount of money (or of the unit that replaces it) in a sentence."""

    value: float
    currency: str | Texts = ""
    digits: int = 2

    def in_language(self, language: Language) -> str:
        """Write the amount with its currency."""
        return money(self.value, language, self.currency, self.digits).strip(_NBSP)


@dataclass(frozen=True)
class Percent:
    """A share of one in a sentence, in percent: with as many decimals as it needs, two at most."""

    share: float
    digits: int | None = None

    def in_language(self, language: Language) -> str:
        """Write the share with the sign of a percentage."""
        needed = next((digits for digits in (0, 1) if round(self.share * 100, digits) == round(self.share * 100, 6)), 2)
        return percent(self.share, language, needed if self.digits is None else self.digits)


@dataclass(frozen=True)
class Nearest:
    """The known names nearest to one that was not found: asked whether they were meant, or nothing."""

    names: tuple[str, ...]

    def in_language(self, language: Language) -> str:
        """Word the question, or give an empty text when no name is near."""
        if not self.names:
            return ""
        return say("nearest", language, names=LOCALES[language].either.join(map(LOCALES[language].quoted, self.names)))


@dataclass(frozen=True)
class Codes:
    """Codes or names listed in a sentence, the first few in full and the rest counted."""

    codes: tuple[str, ...]
    most: int = 8

    def in_language(self, language: Language) -> str:
        """List the codes."""
        shown = ", ".join(self.codes[: self.most])
        left = len(self.codes) - self.most
        if left <= 0:
            return shown
        entry = "codes-more-one" if LOCALES[language].is_singular(left) else "codes-more-many"
        return say(entry, language, codes=shown, left=left)


def as_language(text: str) -> Language:
    """Return the language that a machine's name for it (``fr_CA``, ``French_Canada``) begins with, else English."""
    folded = text.lower()
    return next((locale.code for locale in LOCALES.values() if folded.startswith(locale.begins)), ENGLISH.code)
