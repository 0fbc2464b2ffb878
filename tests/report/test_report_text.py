"""Summaries and explanations: aligned, complete, in one language, adding up."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from equite import Allocation
from equite.report.terminal.text import explained

#: Shares money by a page of few words.
Shared = Callable[..., Allocation]


NBSP = "\u00a0"


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def test_a_summary_in_french(french: Allocation) -> None:
    lines = plain(french.summary()).splitlines()
    assert lines[:6] == [
        "Équité & régions",
        "  Enveloppe (illustratif)         2 000 000 $",
        "    Base (coordination)             855 000 $",
        "    Volet nordique (illustratif)    100 000 $",
        "    Équité (illustratif)          1 045 000 $",
        "  Réparti entre 19 territoires    2 000 000 $",
    ]
    assert 8 <= len(lines) <= 15
    said = "\n".join(lines)
    for piece in ("1 territoire exclu", "Contrôles réussis : 2 sur 3", "✗ Échoué : Personne ne perd", "médiane"):
        assert piece in said
    assert "Repose sur des chiffres illustratifs : Enveloppe (2 000 000 $), Indice inventé" in said
    assert "Repose sur des chiffres déclarés : Concertation" in said


def test_a_summary_in_english(english: Allocation) -> None:
    lines = english.summary().splitlines()
    assert lines[1] == "  Envelope (illustrative)         $2,000,000"
    said = "\n".join(lines)
    assert "Checks passed: 2 of 3" in said
    assert "1 territory left out" in said
    assert not re.search(r"territoire|montant|illustratif|réussi", said)


def test_what_was_added_and_kept_is_told(shared: Shared) -> None:
    on_top = plain(
        shared(envelope=8, rounding={"to": 1}, limits=[{"id": "a", "at_least": "3", "fund": "on_top"}]).summary()
    )
    assert "  Ajouté à l’enveloppe          3 $" in on_top
    assert "  Réparti entre 3 territoires  11 $" in on_top
    parts = [{"id": "one", "pool": {"amount": 3}, "share": "equally"}]
    kept = plain(shared(envelope=7, rounding={"to": 1}, if_over="reserve", parts=parts).summary())
    assert "  Gardé en réserve             4 $" in kept
    assert "  1 $ à chacun" in kept


def test_many_parts_checks_and_warnings_are_counted(shared: Shared) -> None:
    parts = [{"id": f"p{at}", "pool": {"amount": 1}, "share": "equally"} for at in range(7)]
    checks = [{"that": f"amount > {at + 3}"} for at in range(6)]
    lines = plain(shared(envelope=7, parts=parts, checks=checks).summary()).splitlines()
    assert any(re.fullmatch(r"    2 autres volets +2,00 \$", line) for line in lines)
    assert "    et 2 autres qui ont échoué" in lines
    assert len(lines) <= 20


def test_controls_of_the_terminal_do_not_pass(french: Allocation) -> None:
    nasty = next(code for code, name in zip(french.codes, french.names, strict=True) if "\x1b" in name)
    assert "\x1b" not in str(french.explain(nasty)) + french.summary()


@pytest.mark.parametrize(
    ("language", "size", "more", "total"),
    [
        ("french", "Équité, si chaque critère était à sa moyenne", "besoin au-dessus de la moyenne", "= Montant"),
        ("english", "Equity, if each criterion stood at its mean", "need above the mean", "= Amount"),
    ],
)
def test_an_explanation(request: pytest.FixtureRequest, language: str, size: str, more: str, total: str) -> None:
    allocation: Allocation = request.getfixturevalue(language)
    text = plain(str(allocation.explain("060")))
    lines = text.splitlines()
    assert lines[0] == 'A; "B", C (060)'
    assert len({len(line) for line in lines[1:]}) == 1, text
    assert size in text
    assert more in text
    assert total in lines[-1]


def amounts(lines: list[str]) -> list[int]:
    """Read the amounts of French lines, in dollars."""
    found = [re.search(r"(−?)([\d ]+) \$$", line) for line in map(plain, lines)]
    return [int(f"{'-' * bool(m[1])}{m[2].replace(' ', '')}") for m in found if m]


def test_the_lines_of_an_explanation_add_up(french: Allocation) -> None:
    for code in french.codes:
        lines = str(french.explain(code)).splitlines()[1:]
        dollars = amounts(lines)
        assert len(dollars) == len(lines)
        assert sum(dollars[:-1]) == dollars[-1]
        assert "−0 " not in plain("".join(lines))


def test_the_order_and_the_marks_of_an_explanation(french: Allocation) -> None:
    lines = explained(french.explain("030"))
    labels = [plain(line.label).split(" : ")[0] for line in lines]
    assert labels == [
        *("Base (coordination)", "Volet nordique", "Équité, si chaque critère était à sa moyenne"),
        *("Pauvreté", "Indice inventé", "Densité", "Concertation", "Équité, plancher et plafond du volet"),
        *("Acquis", "Ceiling", "Arrondi"),
    ]
    marks = {label: line.mark for label, line in zip(labels, lines, strict=True) if line.inner}
    assert marks == {"Pauvreté": "", "Indice inventé": "illustratif", "Densité": "", "Concertation": "déclaré"}


def test_more_and_less_follow_the_sign(french: Allocation) -> None:
    for code in french.codes:
        for line in explained(french.explain(code)):
            if line.inner:
                sign = "au-dessous" if line.amount.startswith("−") else "au-dessus"
                assert sign in line.label or line.amount.startswith("0,00")


def test_a_sampled_explanation_says_so(shared: Shared) -> None:
    names = [f"c{at}" for at in range(13)]
    rows = {"code": ["1", "2"], **{name: [at, 13 - at] for at, name in enumerate(names)}}
    allocation = shared(
        rows,
        envelope=100,
        indices={"need": {"criteria": dict.fromkeys(names, 1)}},
        parts=[{"id": "part", "pool": "remainder", "share": {"in_proportion_to": "exp(need)"}}],
    )
    assert str(allocation.explain("1")).splitlines()[-1].startswith("  Les critères sont nombreux")
