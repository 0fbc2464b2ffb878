"""What rows that are no territory are called: totals and averages by their names, notes by how they begin.

A word alone would take real places for totals: « Moyenne-Côte-Nord » is one, Somme is a French department, « Les
Sources » is an MRC. So each word is asked for with what stands after it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from equite.inputs.cells import fold

__all__ = ["bare_text", "is_call", "may_open_notes", "may_say_total", "opens_a_note", "opens_a_section", "says_total"]

_END = r"(?:\s*(?:$|[:;,(\[=*/–—])|\s+-)"
#: A word is whole where no letter follows, nor a hyphen and a letter, which make a name of it.
_WHOLE = r"(?![^\W\d_]|['’]|-[^\W\d_])"
#: What follows a word that real names begin with too.
_OF = r"\s+(?:of|for|des?|du|d['’]|la|le|les|pour|pondere|general|simple|global|arithmeti|provincial|national|regional)"
_KINDS = r"(?:mrc|regions?|territo|municipal|communes?|provinces?|districts?|departements?|count(?:y|ies)|divisions?)"
_STATISTICS = r"(?:total|average|mean|median|sum)"
#: Read on texts that :func:`bare_text` gives.
_TOTAL = re.compile(
    "|".join(
        (
            r"^(?:(?:grand|sub|sous|over-?all|combined|cumulative)[\s-]?)?(?:totals?|totaux|totales?)" + _WHOLE,
            r"^(?:over-?all|cumul|cumulatif|combined|tot\.?|_t)" + r"\s*(?:$|[:(])",
            r"^ensembles?(?:" + _END + r"|\s+(?:des?|du|d['’]|la|le|les)\b)",
            r"^(?:moyennes?|medianes?|sommes?)\s*[:=(]",
            r"^(?:moyennes?|medianes?)(?:$|" + _OF + r"|\s+(?:" + _KINDS + r"|quebec|canad|ontar|franc))",
            r"^sommes?\s+(?:des|totale|generale|de\s+la\s+colonne)",
            r"^(?:weighted |unweighted |simple |provincial |national |regional )?(?:averages?|medians?)\b",
            r"^(?:means?|sums?)(?:$|\s*[:=(]|\s+(?:of|value)\b)",
            r"^(?:weighted|unweighted|simple|provincial|national|regional|overall) " + _STATISTICS + r"\b",
            r"^(?:all|tous|toutes)\s+(?:the\s+|les\s+)?(?:\d+\s+)?" + _KINDS,
            r"^(?:minimum|maximum|ecart[\s-]type|standard deviation|std\.? ?dev\.?|variance)\b",
            r"^(?:province|whole province|toute la province)\s*(?:$|[:(])",
            # What spreadsheets call the subtotals they write: "North Total".
            r"[\s(,:–—-](?:sous-?|sub-?)?(?:totals?|totaux)\)?$",
            r"[\s(,:–—-](?:average|moyenne)\)$",
            r"^.+\s(?:average|moyennes? (?:provinciale|nationale|regionale|canadienne|quebecoise))$",
        )
    )
)
#: What may be a total or a place: Somme, alone.
_PERHAPS = re.compile(r"^(?:sommes?|sums?)$")
#: How a note begins, whatever else its row holds.
_NOTE = re.compile(
    r"^(?:(?:data |foot|end)?(?:sources?|notes?)|source des donnees|nota(?: bene)?|n\.\s?b\.?|legende?s?|symbols?"
    r"|symboles?|signes?(?: conventionnels)?|(?:symbol|table) (?:legend|key)|abbreviations?|abreviations?|remarques?"
    r"|remarks?|lecture|champ|references?|avertissement|mise en garde|warning|disclaimer|how to cite|citation"
    r"|n\.\s?[dsa]\.?|s\.\s?o\.?|n/[adc]|last updated?|updated?|mise a jour|date d'extraction|extracted"
    r")\s*(?:\(?\d{1,2}\)?\s*)?(?:[:=]|\.\s|–\s|—\s|-\s)"
)
#: The same without what follows: a note only where its row holds no figure.
_NOTE_ALONE = re.compile(
    r"^(?:(?:data |foot|end)?(?:sources?|notes?)|nota(?: bene)?|n\.\s?b\.?|legende?s?|symbols?|symboles?"
    r"|symbol legend|abbreviations?|abreviations?|remarques?|remarks?|references?|corrections?|mise a jour"
    r"|last updated?|date modified|copyright)\b|^(?:©|https?://|www\.)"
)
_SECTION = re.compile(
    r"^(?:regions?|provinces?|districts?|count(?:y|ies)|comtes?|zones?|secteurs?|sectors?|groupes?|groups?|section"
    r"|partie|part|categor(?:y|ie)s?|rest of|reste d)\b"
)
#: A call of a footnote, a mark of a legend: *, (1), 1), ¹, †, ...
_CALL = re.compile(r"^(?:[^\w]+|[(\[]?\d{1,2}[)\].]|[(\[]\w[)\]]|[\u00b9\u00b2\u00b3\u2070-\u2079]+)$")


#: Without one of these, a text is no total; unless it begins with one of those, no note: a long table is sifted first.
_TOTAL_STEMS = (
    *("tot", "ensembl", "moyenn", "median", "médian", "mean", "averag", "somme", "sum", "over", "cumul", "combin"),
    *("all ", "tous", "toutes", "minimum", "maximum", "ecart", "écart", "standard", "std", "varian", "provinc"),
    *("region", "national", "weighted", "simple", "_t"),
)
_NOTE_STEMS = (
    *("source", "note", "nota", "n.", "n/", "n .", "legend", "légend", "symbol", "sign", "abbr", "abré", "abre"),
    *("remar", "lectur", "champ", "refer", "réfé", "avert", "mise ", "warn", "discl", "how to", "citation", "last "),
    *("updat", "date", "extra", "©", "copyr", "http", "www", "correct", "s.", "table ", "foot", "end", "data"),
)


def may_say_total(texts: Sequence[str | None]) -> list[int]:
    """Return the places of the texts that may be names of totals, for :func:`says_total` to read."""
    return _holding(texts, _TOTAL_STEMS)


def may_open_notes(texts: Sequence[str | None]) -> list[int]:
    """Return the places of the texts that may begin as notes, for :func:`opens_a_note` to read."""
    return _holding(texts, tuple("\n" + stem for stem in _NOTE_STEMS))


def _holding(texts: Sequence[str | None], stems: Sequence[str]) -> list[int]:
    """Find the texts that hold a stem, looking through all of them as one text, which is fast."""
    whole = "\n" + "\n".join([text or "" for text in texts]).casefold()
    found: list[int] = []
    for stem in stems:
        at = whole.find(stem)
        while at >= 0:
            found.append(at + stem.startswith("\n"))
            at = whole.find(stem, at + 1)
    if not found:
        return []
    lines = np.flatnonzero(np.frombuffer(whole.encode("utf-32-le"), dtype=np.uint32) == ord("\n"))
    return [int(at) for at in np.unique(np.searchsorted(lines, found) - 1)]


def bare_text(text: str) -> str:
    """Return a text as its words are looked for: folded, without accents."""
    folded = fold(text)
    if folded.isascii():
        return folded
    return "".join(letter for letter in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(letter))


def says_total(text: str, *, perhaps: bool = False) -> bool:
    """Tell whether a code or a name is that of a total or an average.

    Parameters
    ----------
    text : str
        The code or the name.
    perhaps : bool
        Whether a word that is a place elsewhere (Somme) counts too, as it does where the row ends a table.
    """
    bare = bare_text(text)
    return _TOTAL.search(bare) is not None or (perhaps and _PERHAPS.match(bare) is not None)


def opens_a_note(text: str, *, has_figures: bool) -> bool:
    """Tell whether a text begins as a note, a source or a legend does."""
    bare = bare_text(text)
    return _NOTE.match(bare) is not None or (not has_figures and _NOTE_ALONE.match(bare) is not None)


def opens_a_section(text: str) -> str:
    """Return the word by which a text heads the rows below it (Region North), or nothing."""
    found = _SECTION.match(bare_text(text))
    return found[0] if found else ""


def is_call(text: str) -> bool:
    """Tell whether a text is the call of a footnote or a sign that a legend explains."""
    return _CALL.match(text) is not None
