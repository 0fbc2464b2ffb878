"""The encoding of a text file that does not say it: UTF-8 if it can be, else one of those that spreadsheets wrote.

A byte above 127 is a letter with an accent in Windows-1252, and another sign in Mac Roman and in code page 850: « é »
is E9, 8E and 82. Read in the wrong one, letters of a word turn into signs that no word holds (« QuŽbec », « Qu‚bec »),
or into a capital inside a word of small letters. What each encoding would make of every accented spot of the file is
weighed; only where one of them makes sense of all, and the others do not, is it taken.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from types import MappingProxyType

from equite.inputs.grid import refusal

__all__ = ["decoded"]

#: Marks that some programs put before the text, and the encodings they announce.
_MARKED = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_USUAL = "cp1252"
#: What sentences call the encodings, Windows' own first: it wins where nothing tells them apart.
_NAMES: Mapping[str, str] = MappingProxyType({"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "CP850"})
#: An accented spot: the letters or the sign before, the bytes above 127, what follows.
_SPOT = re.compile(rb"[^\x80-\xff\r\n]{0,2}[\x80-\xff]+[^\x80-\xff\r\n]{0,2}")
_FRENCH = frozenset("éèêàâçîôÉÈÊÀÂÇÎÔ")
_WESTERN = frozenset("ëïùûœáíóúñãõäöüßåøæìòÿŒÁÍÓÚÑÃÕÄÖÜÅØÆËÏÙÛŸÌÒ")
#: Letters that begin no word, signs that touch none, and the letters before which French leaves a vowel out.
_NEVER_FIRST, _APART, _ELIDED = frozenset("ëïùûÿß"), frozenset("…•€†‡°²³×÷¢¥"), frozenset("ldnsLDNS")
#: No circumflex stands on an o after these.
_VOWELS = frozenset("aeiuAEIU")
#: Signs that stand inside a word, beside words, beside numbers.
_INSIDE, _BESIDE = frozenset("’‘·\u00a0\u00ad"), frozenset("«»“”„–—…•°²³ªº€£¢§©®™±×÷½¼¾¹µ¡¿‰\u00a0†‡¨´`")
_IMPOSSIBLE, _UNLIKELY, _RARE = 9, 3, 1
#: An encoding is taken where any other makes so many times less sense.
_SURELY = 3


def decoded(raw: bytes, name: str) -> tuple[bytes, str]:
    """Return a text in UTF-8, and the encoding it was in.

    Raises
    ------
    TerritoriesError
        If the file mixes encodings, or if none of those that are known makes sense of it.
    """
    if raw.isascii():
        return raw, "utf-8"
    encoding = next((encoding for mark, encoding in _MARKED.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
        return raw if encoding == "utf-8" else text.encode(), encoding
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
    if encoding == "utf-8" and not re.search(rb"\xc3[\x80-\xbf]", raw):
        return _unannounced(raw, name, row)
    # "Ã" before a sign: what UTF-8 looks like in Windows-1252. Such a file holds some of both.
    if encoding == "utf-16":
        raise refusal("input-unreadable", name)
    raise refusal("input-mixed-encodings", name, row)


def _unannounced(raw: bytes, name: str, row: int) -> tuple[bytes, str]:
    """Read a file of one byte a sign in the encoding that makes sense of it, or say which ones may."""
    spots = frozenset(_SPOT.findall(raw))
    read = {encoding: [spot.decode(encoding, "replace") for spot in spots] for encoding in _NAMES}
    costs = {encoding: sum(map(_cost, texts)) for encoding, texts in read.items()}
    better = [
        encoding
        for encoding, texts in read.items()
        if encoding != _USUAL and costs[encoding] < costs[_USUAL] >= _UNLIKELY and any(map(_holds_word, texts))
    ]
    best = min(better, key=costs.__getitem__, default=_USUAL)
    others = [cost for encoding, cost in costs.items() if encoding != best]
    if best != _USUAL and min(others) < max(costs[best] + _UNLIKELY, _SURELY * costs[best]):
        suspects = " / ".join(_NAMES[encoding] for encoding in better)
        raise refusal("input-encoding-unsure", name, row, encoding=suspects)
    try:
        return raw.decode(best).encode(), best
    except UnicodeDecodeError:
        raise refusal("input-unreadable", name) from None


def _holds_word(spot: str) -> bool:
    """Tell whether a letter with an accent stands beside a plain one of its own size, or an apostrophe between two."""
    for at, sign in enumerate(spot):
        if sign == "’" and spot[at - 1 : at].isalpha() and spot[at + 1 : at + 2].isalpha():
            return True
        before, after = spot[max(at - 1, 0) : at], spot[at + 1 : at + 2]
        if sign in "àÀ" and not before.isalpha() and not after.isalpha():
            return True
        beside = [each for each in (before, after) if each.isascii() and each.isalpha()]
        if sign in _FRENCH | _WESTERN and any(each.islower() == sign.islower() for each in beside):
            return True
        if sign in _FRENCH and sign.isupper() and not before.isalpha() and after.islower():
            return True
    return False


def _cost(spot: str) -> int:
    """Say how little sense a spot makes: the sum over its signs above 127."""
    return sum(_sign_cost(spot, at) for at, sign in enumerate(spot) if sign > "\x7f")


def _sign_cost(spot: str, at: int) -> int:
    sign = spot[at]
    before, after = spot[at - 1 : at] if at else "", spot[at + 1 : at + 2]
    if sign == "\ufffd" or ("\x80" <= sign <= "\x9f"):
        return _IMPOSSIBLE
    if sign.isalpha() and sign not in "ªº":
        capital = sign.isupper()
        # A capital after a small letter, or a small letter between capitals, stands in no word.
        if (capital and before.islower()) or (not capital and before.isupper() and after.isupper()):
            return _UNLIKELY
        first = not before.isalpha()
        elided = sign in "Õõ" and before in _ELIDED and not spot[max(at - 2, 0) : at - 1].isalpha()
        hiatus = sign in "ôÔ" and before in _VOWELS and after.isalpha()
        if elided or hiatus or (first and after.isalpha() and sign in _NEVER_FIRST):
            return _UNLIKELY
        if first and not after.isalpha() and sign in _FRENCH - {"à", "À"}:
            return _RARE
        return 0 if sign in _FRENCH else _RARE if sign in _WESTERN else _UNLIKELY
    if sign in _INSIDE:
        return 0
    inside = before.isalpha() and after.isalpha()
    if sign in "–—":
        return _RARE if inside else 0
    return 0 if sign in _BESIDE and not inside and not (after.isalpha() and sign in _APART) else _UNLIKELY
