"""What each language writes in its own way, its sentences apart: numbers, amounts, lists, quotes, files.

One record a language. :data:`LOCALES` holds those that are known: whatever asks for a language takes one of them. To
add one is to add its record there, and the folder of its sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from equite.wording.nouns import Agreement, Noun, english, french

__all__ = ["ENGLISH", "FRENCH", "LOCALES", "Language", "Locale"]

#: A language by its code, one of :data:`LOCALES`.
Language = str

_NBSP = "\u00a0"


@dataclass(frozen=True)
class Locale:
    """How the readers of a language write what is no sentence.

    Attributes
    ----------
    code : str
        What a page says under ``language``, and the key of the language's texts.
    sentences : Path
        The folder whose YAML files hold the language's sentences.
    begins : tuple of str
        How a machine's names of the language begin, in small letters.
    is_singular : callable
        Whether so many things are told as one is.
    decimal, grouping : str
        What stands before the decimals, and between thousands.
    percent : str
        The pattern of a percentage: ``{number} %``.
    currency, currency_in_letters : str
        The patterns of an amount with a sign (``$``) and with a code (``CHF``); a minus sign stands before either.
    quotes : tuple of str
        What opens and closes a quotation.
    colon, either : str
        The colon of a sentence, and what joins the last two of a choice, with their blanks.
    separator : str
        What stands between the cells of a CSV file.
    excel : str
        What stands before a number format for programs that heed the readers' language.
    row : Noun
        What the rows of a table are called, in the words that the sentences are written for.
    agree : callable
        Puts another noun there, in the words of a sentence that change with it.
    genders : tuple of str
        The genders that such a noun may have; none where words do not agree.
    unbroken : re.Pattern
        The blanks that no line may break at.
    """

    code: str
    sentences: Path
    begins: tuple[str, ...]
    is_singular: Callable[[float], bool]
    decimal: str
    grouping: str
    percent: str
    currency: str
    currency_in_letters: str
    quotes: tuple[str, str]
    colon: str
    either: str
    separator: str
    excel: str
    row: Noun
    agree: Agreement
    genders: tuple[str, ...] = ()
    unbroken: re.Pattern[str] | None = None

    def around(self, symbol: str) -> tuple[str, str]:
        """Return what stands before and after a number to make it an amount."""
        pattern = self.currency_in_letters if symbol.isalpha() else self.currency
        before, _, after = pattern.partition("{number}")
        return before.format(symbol=symbol), after.format(symbol=symbol)

    def quoted(self, text: str) -> str:
        """Put a text in quotation marks."""
        opened, closed = self.quotes
        return f"{opened}{text}{closed}"

    def typeset(self, text: str) -> str:
        """Tie punctuation to its word, so that no line begins with a colon or ends with an open quote."""
        return text if self.unbroken is None else self.unbroken.sub(_NBSP, text)


_SENTENCES = Path(__file__).parent

#: The French of Québec. None is told as one is.
FRENCH = Locale(
    code="fr",
    sentences=_SENTENCES,
    begins=("fr",),
    is_singular=lambda number: number in (0, 1),
    decimal=",",
    grouping=_NBSP,
    percent=f"{{number}}{_NBSP}%",
    currency=f"{{number}}{_NBSP}{{symbol}}",
    currency_in_letters=f"{{number}}{_NBSP}{{symbol}}",
    quotes=("« ", " »"),
    colon=f"{_NBSP}: ",
    either=" ou ",
    separator=";",
    excel="[$-C0C]",
    row=Noun("territoire", "territoires", "m"),
    agree=french,
    genders=("m", "f"),
    unbroken=re.compile(r" (?=[»:%;?!])|(?<=«) "),
)

#: The English of Canada.
ENGLISH = Locale(
    code="en",
    sentences=_SENTENCES,
    begins=("en",),
    is_singular=lambda number: number == 1,
    decimal=".",
    grouping=",",
    percent="{number}%",
    currency="{symbol}{number}",
    currency_in_letters=f"{{symbol}}{_NBSP}{{number}}",
    quotes=("'", "'"),
    colon=": ",
    either=" or ",
    separator=",",
    excel="[$-1009]",
    row=Noun("territory", "territories"),
    agree=english,
)

#: Every language known, by its code.
LOCALES: dict[str, Locale] = {locale.code: locale for locale in (FRENCH, ENGLISH)}
