"""What the rows of a table are called, and how the words of a sentence agree with it, in each language.

A sentence of the catalogue is written for a territory, and puts in braces, after ``~``, what changes with the noun:
``{~Les territoires} {~exclus/exclues}``. :func:`french` and :func:`english` put another noun there, with its article,
its elision and its gender: ``Les municipalités exclues``, ``Les arrondissements exclus``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Agreement", "Noun", "english", "french"]


@dataclass(frozen=True)
class Noun:
    """A word for the rows of a table.

    Attributes
    ----------
    one, many : str
        For one row, and for several.
    gender : {"", "m", "f"}
        Its gender, in a language that has some.
    """

    one: str
    many: str
    gender: str = ""


#: Puts a noun in the place of a territory, in the words that stand between braces.
Agreement = Callable[[str, Noun], str]

#: The words that stand before a noun and change with its gender.
_FEMININE = {
    "le": "la",
    "un": "une",
    "du": "de la",
    "au": "à la",
    "ce": "cette",
    "mon": "ma",
    "aucun": "aucune",
    "tous": "toutes",
    "quel": "quelle",
    "seul": "seule",
    "seuls": "seules",
}
#: The words that change before a vowel, once they agree.
_BEFORE_VOWEL = {
    "le": "l’",
    "la": "l’",
    "de": "d’",
    "du": "de l’",
    "de la": "de l’",
    "au": "à l’",
    "à la": "à l’",
    "ce": "cet ",
    "ma": "mon ",
}
_VOWELS = "aàâæeéèêëiîïoôœuùûü"
#: Words for a place or a body whose h bars elision: *le hameau*.
_ASPIRATED = ("hameau", "hall", "hangar", "haras", "haut", "havre", "herse", "huit", "hutte", "hutterite", "huttérite")
#: Letters whose English names begin with a vowel: *an MRC*.
_NAMED_WITH_VOWEL = "AEFHILMNORSX"
#: Vowels that English says as consonants, and an h that it does not say.
_AS_CONSONANT = ("uni", "use", "usu", "ute", "eu", "one-", "once")
_SILENT = ("heir", "honest", "honour", "honor", "hour")


def french(words: str, noun: Noun) -> str:
    """Put a noun where a sentence says *territoire*: ``du territoire`` gives ``de la municipalité``.

    Parameters
    ----------
    words : str
        The words before the noun and the noun, or two forms, for a masculine and a feminine noun: ``exclu/exclue``.
    noun : Noun
        What to say instead.
    """
    if "/" in words:
        masculine, feminine = words.split("/")
        return feminine if noun.gender == "f" else masculine
    *before, last = words.split(" ")
    name = noun.many if last.endswith("s") else noun.one
    said = [_agreed(word, noun) for word in before]
    text = " ".join([*said, ""]) + name
    if said and said[-1] in _BEFORE_VOWEL and _elides(name):
        text = " ".join([*said[:-1], _BEFORE_VOWEL[said[-1]] + name])
    return _capital(text) if words[0].isupper() else text


def _agreed(word: str, noun: Noun) -> str:
    small = word.lower()
    return _FEMININE.get(small, small) if noun.gender == "f" else small


def _elides(name: str) -> bool:
    """Tell whether a word before the noun loses its vowel: *l’arrondissement*, *l’hôpital*, but *le hameau*."""
    small = name.lower()
    if small.startswith("h"):
        return not name[:2].isupper() and not small.startswith(_ASPIRATED)
    return small.startswith(tuple(_VOWELS))


def english(words: str, noun: Noun) -> str:
    """Put a noun where a sentence says *territory*: ``a territory`` gives ``an MRC``.

    Parameters
    ----------
    words : str
        The words before the noun, and the noun; ``territories’`` for what is theirs.
    noun : Noun
        What to say instead.
    """
    *before, last = words.split(" ")
    name = noun.many if last.startswith(("territories", "Territories")) else noun.one
    if before and before[-1].lower() == "a":
        before[-1] += "n" if _begins_with_vowel(name) else ""
    if last.endswith("’"):
        name += "’" if name.endswith("s") else "’s"
    text = " ".join([*before, name])
    return _capital(text) if words[0].isupper() else text


def _begins_with_vowel(name: str) -> bool:
    if name[:2].isupper() or len(name) == 1:
        return name[0] in _NAMED_WITH_VOWEL
    small = name.lower()
    return small.startswith(_SILENT) or (small[0] in "aeiou" and not small.startswith(_AS_CONSONANT))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
