"""How texts are read and compared: the one place that says when two of them are the same, and when they look alike.

Everything that a page, a table and a workbook call by name goes through :func:`tidy`. What nobody can see is removed
there (Unicode's default ignorable code points: zero-width spaces, marks of direction, soft hyphens), blanks of any
width are one blank, accents are composed. Nothing that can be seen is ever changed: « L'Est » and « L’Est » are two
texts. That they look alike is told by :func:`likeness`, and whoever compares labels refuses them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from equite.errors import nearest
from equite.wording import Nearest

__all__ = ["alike", "begins_alike", "differing_signs", "fold", "likeness", "near_label", "tidy", "twice_spelled"]

#: Unicode's default ignorable code points (DerivedCoreProperties.txt) and the marks of interlinear notes.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_APOSTROPHES = "'`´ʹʻʼʽʾʿˈˊˋ‘’‚‛′‵＇"
_QUOTES = '"“”„‟«»″‶＂'
#: U+2010 hyphen, U+2011 no-break hyphen, figure, en, em dashes, bar, minus and their like.
_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\ufe58\ufe63\uff0d"
#: Letters of other alphabets that are drawn as a Latin one (a part of Unicode's confusables.txt).
_LOOKS = dict(zip("АВЕЅІЈКМНОРСТХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTXaesijopcyxABEZHIKMNOPTYXo", strict=True))
_SAME = str.maketrans(
    {
        **dict.fromkeys(_APOSTROPHES, "'"),
        **dict.fromkeys(_QUOTES, '"'),
        **dict.fromkeys(_HYPHENS, "-"),
        **_LOOKS,
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "ı": "i",
    }
)
#: A hyphen, a blank or both between two words; not the sign of « B- » nor of « -5 ».
_BETWEEN = re.compile(r"(?<=\w)(?: ?- ?| )(?=\w)")


def tidy(text: str) -> str:
    """Give a text as it is compared: composed accents, plain single blanks, none at the ends, nothing unseen."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return " ".join(text.split())


def fold(text: str) -> str:
    """Give a text as levels, yes and no are compared: tidied, and small or capital letters alike."""
    return tidy(text).casefold()


def likeness(text: str, *, letters: bool = True) -> str:
    """Give what texts that look alike have in common.

    Parameters
    ----------
    text : str
        A label, a code or a heading.
    letters : bool
        Whether capitals and accents make no difference either.

    Examples
    --------
    >>> likeness("L’Île-Bizard") == likeness("l'ile bizard")
    True
    >>> likeness("A1", letters=False) == likeness("a1", letters=False)
    False
    """
    return _BETWEEN.sub(" ", _unmarked(text, letters=letters))


def _unmarked(text: str, *, letters: bool = True) -> str:
    text = tidy(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
        if letters:
            text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    elif "`" in text:
        text = text.translate(_SAME)
    return text.casefold() if letters else text


def begins_alike(text: str, beginning: str) -> bool:
    """Tell whether a text begins as another, but for its spelling."""
    return _unmarked(text).replace("-", " ").startswith(_beginning(beginning))


def _beginning(text: str) -> str:
    blank = " " if text[-1:].isspace() else ""
    return (_unmarked(text) + blank).replace("-", " ")


def alike(label: str, labels: Iterable[str]) -> tuple[str, ...]:
    """Give the labels that look like one, without being it."""
    wanted = likeness(label)
    return tuple(known for known in labels if known != label and likeness(known) == wanted)


def near_label(label: str, labels: Sequence[str]) -> Nearest:
    """Find the labels nearest to one that was not found: those that look like it, else those that resemble it."""
    found = alike(label, labels)
    return Nearest(found[:2]) if found else nearest(label, labels)


def twice_spelled(labels: Iterable[str], *, letters: bool = True) -> list[tuple[str, ...]]:
    """Find the labels that look alike.

    Parameters
    ----------
    labels : iterable of str
        Different labels, tidied.
    letters : bool
        Whether labels that differ by capitals or accents look alike too.

    Returns
    -------
    list of tuple of str
        Each label with those that look like it, in the order in which they came.
    """
    known = tuple(labels)
    joined = "".join(known)
    # Codes of digits, or of one case of letters, hold nothing that could be spelled in two ways.
    if joined.isascii() and joined.isalnum() and (not letters or joined in (joined.upper(), joined.lower())):
        return []
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for label in known:
        groups[likeness(label, letters=letters)].append(label)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def differing_signs(one: str, other: str) -> str:
    """Name the first signs in which two labels differ, which may be drawn alike."""
    for left, right in zip(one, other, strict=False):
        if left != right and not (left.isascii() and right.isascii()):
            return f" (U+{ord(left):04X}, U+{ord(right):04X})"
    return ""
