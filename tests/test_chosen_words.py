"""One word for one thing: what docs/wording.md sets aside is said by no sentence of an output, in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from yaml_texts import read_yaml

from equite.wording.locales import ENGLISH

#: What no output says, and what it says instead.
REJECTED = {
    "fr": {
        r"bornes?|limites?": "plancher, plafond, étape",
        r"gagnants?|perdants?|qui gagnent|qui perdent|gains?|pertes?": "hausses, baisses",
        r"écartés?|écartées?": "exclu",
        r"pointages?|notes? moyennes?": "score",
        r"également|à parts égales": "part égale par territoire",
        r"tout tient|tout est en ordre": "Tous les contrôles sont réussis",
        r"promesses?": "engagement",
        r"plus la valeur est|plus (?:ce|le) score est|plus de besoin": "une valeur élevée veut dire…",
        r"somment": "la somme est",
    },
    "en": {
        r"bounds?|limits?|caps?": "floor, ceiling, step",
        r"winners?|losers?|gains?|loss(?:es)?|that lose": "increases, decreases",
        r"pools?": "money to share",
        r"all holds|all is in order": "All checks passed",
        r"promises?|promised": "commitment",
        r"the higher the|the higher this|more need|higher score": "a high value means greater need",
    },
}
#: Sentences that mean another thing by such a word.
EXCEPTIONS = {
    "governance-totals-same": "what one gains beside its neighbours, not a change from last year",
    "governance-fit-told": "what local choice is worth",
    "words-more-when-context-means": "what a group has more by a direction that depends on it",
    "cli-criterion-everywhere": "a question of the catalogue",
    "profile-above": "more need than its peers: of a place, not of a value",
}


def said() -> Iterator[tuple[str, str, str]]:
    """Give every sentence that is no refusal: its entry, its language, its words without code."""
    for file in ENGLISH.sentences.glob("*.yaml"):
        # A schedule limits what a year may take or give: its words are of changes, and stand in its own file.
        if "error" in file.stem or file.stem in ("indicators", "arguments"):
            continue
        for entry, texts in read_yaml(file).items():
            for language, text in texts.items():
                if isinstance(text, str):
                    yield entry, language, re.sub(r"`[^`]*`", "", text)


@pytest.mark.parametrize("language", REJECTED)
def test_no_output_says_what_was_set_aside(language: str) -> None:
    strays = [
        (entry, found[0], instead)
        for entry, spoken, text in said()
        if spoken == language and entry not in EXCEPTIONS
        for rejected, instead in REJECTED[language].items()
        if (found := re.search(rf"\b(?:{rejected})\b", re.sub(r"\{(?![~?])[^}]*\}", "", text), re.IGNORECASE))
    ]
    assert strays == []


#: A blank before these signs, none before a colon or a percent sign, quotes that are not French.
_RAGGED = re.compile(r"""\w[ \u00a0\u202f]+[;?!]|\w:\s|\w%|\w:$|«\w|\w»|[“”"]|(?<!\w)'|'(?!\w)""")


def test_french_has_its_blanks_and_its_quotes() -> None:
    texts = [(entry, re.sub(r"\{[^}]*\}", "x", text)) for entry, language, text in said() if language == "fr"]
    assert [(entry, text) for entry, text in texts if _RAGGED.search(text)] == []
