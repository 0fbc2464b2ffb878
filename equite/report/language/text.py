"""Texts fit to be shown: on one line, without what a program would obey, their punctuation tied to its word."""

from __future__ import annotations

from equite.wording import LOCALES, Dialect, Language, say

__all__ = ["plain", "simulated", "typeset"]

#: Blanks that no line breaks at; Python counts them among what cannot be printed.
_BLANKS = "\u00a0\u202f\u2009"
_NO_BLANKS = dict.fromkeys(map(ord, _BLANKS))


def plain(text: str) -> str:
    """Return a text on one line, without the control characters that a terminal or a spreadsheet would obey."""
    # Most texts of French hold a blank that no line breaks at, and nothing else to look for.
    if text.isprintable() or (text == text.strip() and text.translate(_NO_BLANKS).isprintable()):
        return text
    return "".join(letter if letter.isprintable() or letter in _BLANKS else " " for letter in text).strip()


def typeset(text: str, language: Language) -> str:
    """Tie punctuation to its word as the language asks, so that no line begins with a colon."""
    return LOCALES[language].typeset(text)


def simulated(language: Language) -> str:
    """Return the one sentence that stands on all that is seen of a page until somebody decides it; then nothing."""
    is_open = isinstance(language, Dialect) and not language.is_decided
    return typeset(say("simulation", language), language) if is_open else ""
