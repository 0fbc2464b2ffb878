"""How texts are read and compared: the one place that says when two of them are the same, and when they look alike.

Everything that a page, a table and a workbook call by name goes through :func:`tidy`. What nobody can see is removed
there (Unicode's default ignorable code points: zero-width spaces, marks of direction, soft hyphens), blanks of any
width are one blank, accents are composed. A control character is no part of a text: :func:`controls_in` finds those
that readers refuse, and :func:`without_controls` keeps them out of what is written. Nothing that can be seen is ever
changed: « L'Est » and « L’Est » are two texts. That they look alike is told by :func:`likeness`, and whoever compares
labels refuses them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from equite.errors import nearest
from equite.inputs.labels import Labels
from equite.wording import Nearest

__all__ = [
    "alike",
    "begins_alike",
    "controls_in",
    "differing_signs",
    "fold",
    "likeness",
    "likenesses",
    "near_label",
    "tidied",
    "tidy",
    "twice_spelled",
    "unseen_in",
    "without_controls",
]

#: Unicode's default ignorable code points (DerivedCoreProperties.txt) and the marks of interlinear notes.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
#: Signs that no text is written with, and that no file of XML may hold: controls, halves of pairs, none at all.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
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
#: The printable signs of ASCII.
_PRINTED = bytes(range(0x20, 0x7F))
#: Fewer different signs than these are replaced one by one.
_FEW = 200
#: A hyphen, a blank or both between two words; not the sign of « B- » nor of « -5 ».
_BETWEEN = re.compile(r"(?<=\w)(?: ?- ?| )(?=\w)")


def tidy(text: str) -> str:
    """Return a text as it is compared: composed accents, plain single blanks, none at the ends, nothing unseen."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return " ".join(text.split())


def tidied(texts: Labels) -> Labels:
    """Return many texts as they are compared; those that are so already cost a few passes over all of them."""
    return Labels(map(tidy, texts)) if _untidy(texts) else texts


def controls_in(texts: Sequence[str | None]) -> list[int]:
    """Return the places of the texts that hold a control character, which no text is written with."""
    if not _CONTROLS.search("".join(filter(None, texts))):
        return []
    return [at for at, text in enumerate(texts) if text and _CONTROLS.search(text)]


def unseen_in(texts: Sequence[object]) -> list[int]:
    """Return the places of the texts that hold a sign that nobody sees, which no text is compared by."""
    found = [text if isinstance(text, str) else "" for text in texts]
    joined = "".join(found)
    if joined.isascii() or not _UNSEEN.search(joined):
        return []
    return [at for at, text in enumerate(found) if _UNSEEN.search(text)]


def without_controls(text: str) -> str:
    """Return a text, a blank for each control character."""
    return _CONTROLS.sub(" ", text)


def _untidy(labels: Labels) -> bool:
    """Tell whether some text among many may not be as it is compared."""
    joined = labels.joined
    if joined.count("\n") != len(labels) - 1:
        return True
    if labels.are_plain:
        return False
    lined, signs = f"\n{joined}\n", labels.signs
    if any(blanks in lined for blanks in ("  ", "\n ", " \n")) or not unicodedata.is_normalized("NFC", joined):
        return True
    # No sign of Western Europe is printed and unseen; among others, few are different in any number of texts.
    if _is_printed(signs) if signs.isascii() else signs.isprintable() and _is_latin(signs):
        return False
    return any((sign.isspace() and sign not in " \n") or _UNSEEN.match(sign) for sign in set(joined))


def _is_printed(text: str) -> bool:
    """Tell whether a text of ASCII is printable, without looking each sign up among all there are."""
    return not text.encode().translate(None, _PRINTED)


def _is_latin(text: str) -> bool:
    """Tell whether a text has none but the first 256 signs of Unicode, without looking at each."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def fold(text: str) -> str:
    """Return a text as levels, yes and no are compared: tidied, and small or capital letters alike."""
    return tidy(text).casefold()


def likeness(text: str, *, letters: bool = True) -> str:
    """Return what texts that look alike have in common.

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
    return _BETWEEN.sub(" ", _unmarked(tidy(text), letters=letters))


def likenesses(labels: Sequence[str], *, letters: bool = True) -> list[str]:
    """Return the likeness of many labels, which are tidied, in a few passes over all of them."""
    return _BETWEEN.sub(" ", _unmarked("\n".join(labels), letters=letters)).split("\n") if labels else []


def _unmarked(text: str, *, letters: bool = True) -> str:
    """Return a tidied text, or many joined by a line break, without what makes no difference to the eye."""
    if text.isascii():
        text = text.replace("`", "'")
    else:
        likes = {sign: _like(sign, letters=letters) for sign in set(text)}
        different = {sign: like for sign, like in likes.items() if like != sign}
        if len(different) < _FEW:
            # One pass for each sign is still many times faster than one that looks every sign up.
            for sign, like in different.items():
                text = text.replace(sign, like)
        else:
            text = text.translate({ord(sign): like for sign, like in different.items()})
        text = unicodedata.normalize("NFC", text)
    return text.casefold() if letters else text


@cache
def _like(sign: str, *, letters: bool) -> str:
    """Return one sign as it is compared."""
    like = unicodedata.normalize("NFKC", sign.translate(_SAME)).translate(_SAME)
    if letters:
        like = "".join(each for each in unicodedata.normalize("NFKD", like) if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", like)


def begins_alike(labels: Sequence[str], beginning: str, *, loosely: bool = True) -> tuple[str, ...]:
    """Return the labels, which are tidied, that begin as a text does but for its spelling, and not in the same way.

    ``loosely``, a hyphen and a blank are one: "Saint Jean" begins as "Saint-" does.
    """
    wanted = _unmarked(tidy(beginning)) + (" " if beginning[-1:].isspace() else "")
    folded = _unmarked("\n".join(labels))
    if loosely:
        wanted, folded = wanted.replace("-", " "), folded.replace("-", " ")
    wanted, folded = "\n" + wanted, "\n" + folded
    if folded.count(wanted) == ("\n" + "\n".join(labels)).count("\n" + beginning):
        return ()
    pairs = zip(labels, folded[1:].split("\n"), strict=True)
    return tuple(label for label, like in pairs if like.startswith(wanted[1:]) and not label.startswith(beginning))


def alike(label: str, labels: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that look like one, without being it."""
    wanted, known = likeness(label), tuple(labels)
    pairs = zip(known, likenesses(tuple(map(tidy, known))), strict=True)
    return tuple(one for one, like in pairs if one != label and like == wanted)


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
    known = Labels.of(labels)
    # Codes of digits, or of one case of letters, hold nothing that could be spelled in two ways.
    if known.are_plain and (not letters or known.are_of_one_case):
        return []
    # A million codes are looked at in a few passes: whatever looks alike is one text once every hyphen is a blank.
    bare = _unmarked(known.joined, letters=letters)
    for between in (" - ", "- ", " -", "-"):
        bare = bare.replace(between, " ")
    if len(set(bare.split("\n"))) == len(known):
        return []
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for label, like in zip(known, likenesses(known, letters=letters), strict=True):
        groups[like].append(label)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def differing_signs(one: str, other: str) -> str:
    """Name the first signs in which two labels differ, which may be drawn alike."""
    for left, right in zip(one, other, strict=False):
        if left != right and not (left.isascii() and right.isascii()):
            return f" (U+{ord(left):04X}, U+{ord(right):04X})"
    return ""
