"""What parents decided: small files, read all at once, each laid over its tier's page."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from equite import Formula, FormulaError
from equite.formula.choices import LocalChoice, read_choices
from equite.formula.loading import Change
from equite.formula.margins import Margins

BASE = Formula.from_text(
    """\
equite: 1
id: tier
language: en
key: code
envelope: 1000
indices:
  need:
    families:
      territorial: {weight: 25, criteria: {remote: 1}, title: {fr: "Territoire", en: "Land"}}
      social: {weight: 75, criteria: {poor: 1, alone: 1}}
parts:
  - {id: base, pool: {fraction: 0.2}, share: equally}
  - {id: equity, pool: remainder, share: {in_proportion_to: population * (0.5 + need)}}
""",
    "tier.yaml",
)
ONE = """\
for: "01"
body: Table of the Lower River
date: 2026-05-12
reason: {fr: "On y va loin.", en: "Roads are long."}
resolution: 2026-114
changes:
  indices:
    need:
      families:
        territorial:
          weight: 30
"""
OWN = """\
equite: 1
parts:
  - {id: grant, pool: remainder, share: {in_proportion_to: population}}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def problems(folder: Path) -> tuple[str, str]:
    with pytest.raises(FormulaError) as caught:
        read_choices(folder)
    return caught.value.text("en"), caught.value.text("fr")


def the_one(folder: Path) -> LocalChoice:
    (choice,) = read_choices(folder)
    return choice


def test_a_choice_says_who_when_and_why(tmp_path: Path) -> None:
    choice = the_one(write(tmp_path, one=ONE))
    assert (choice.parent, choice.body, choice.date) == ("01", "Table of the Lower River", "2026-05-12")
    assert (choice.resolution, choice.dissent, choice.file) == ("2026-114", None, "one.yaml")
    assert choice.reason == {"fr": "On y va loin.", "en": "Roads are long."}


def test_a_choice_is_laid_over_its_tiers_page(tmp_path: Path) -> None:
    choice = the_one(write(tmp_path, one=ONE))
    local = choice.formula_on(BASE)
    assert str(local.indices["need"].families["territorial"].weight) == "30"
    assert str(local.indices["need"].families["social"].weight) == "75"
    assert choice.changes_on(BASE) == (Change("indices.need.families.territorial.weight", "25", "30"),)


def test_problems_have_the_lines_of_the_choices_own_file(tmp_path: Path) -> None:
    choice = the_one(write(tmp_path, one=ONE))
    margins = Margins.model_validate({"indices.need.families.*.weight": ["20", "80"]})
    assert margins.check(BASE, choice.formula_on(BASE)) == []
    (problem,) = Margins.model_validate({"indices.need.families.territorial.weight": ["20", "27"]}).check(
        BASE, choice.formula_on(BASE)
    )
    # 30 of 105 is 28.57 of 100.
    assert problem.text("en").startswith(
        "the weight of the family “Land” counts for 28.57 on the scale of the tier's page (written: 30), outside its"
        " margin of 20 to 27, by 1.57 @ one.yaml, indices.need.families.territorial.weight (line 11)"
    )
    (problem,) = Margins.model_validate("nothing").check(BASE, choice.formula_on(BASE))
    assert (problem.file, problem.line) == ("one.yaml", 11)


def test_a_choice_that_makes_an_unreadable_page_says_where(tmp_path: Path) -> None:
    choice = the_one(write(tmp_path, one=ONE.replace("weight: 30", "weigth: 30")))
    with pytest.raises(FormulaError, match=r"unknown key 'weigth' @ one\.yaml, .*\.weigth \(line 11\)"):
        choice.formula_on(BASE)
    choice = the_one(write(tmp_path, one=ONE.split("  indices:")[0] + "  parts: null\ndissent: Two members\n"))
    with pytest.raises(FormulaError, match=r"the key 'parts' is missing @ one\.yaml, line 6"):
        choice.formula_on(BASE)


def test_a_page_of_its_own_takes_what_all_share_from_the_tiers_page(tmp_path: Path) -> None:
    head = ONE.split("changes:")[0]
    choice = the_one(write(tmp_path, one=head + "formula: own.yaml\n", own=OWN))
    local = choice.formula_on(BASE)
    assert choice.is_whole
    assert (local.id, local.key, local.language, local.envelope) == (BASE.id, BASE.key, "en", BASE.envelope)
    assert [part.id for part in local.parts] == ["grant"]
    assert Margins.model_validate("everything").check(BASE, local) == []
    found = Margins.model_validate({"parts.base.pool.fraction": ["0.1", "0.3"]}).check(BASE, local)
    assert {problem.where for problem in found} == {"indices.need", "parts.base", "parts.equity", "parts.grant"}
    assert [(problem.file, problem.line) for problem in found if problem.where == "parts.grant"] == [("own.yaml", 3)]


def test_a_page_of_its_own_goes_by_the_tiers_id_and_may_say_what_it_is(tmp_path: Path) -> None:
    head = ONE.split("changes:")[0]
    own = OWN + "id: lower-river\ntitle: {fr: Le Bas, en: The Lower River}\nnotes: Voted twice\ncurrency: CAD\n"
    choice = the_one(write(tmp_path, one=head + "formula: own.yaml\n", own=own))
    local = choice.formula_on(BASE)
    assert (local.id, local.heading["en"]) == ("tier", "The Lower River")
    for margins in ("everything", {"parts": "any", "indices": "any"}):
        assert Margins.model_validate(margins).check(BASE, local) == []


def test_a_page_is_made_once(tmp_path: Path) -> None:
    choice = the_one(write(tmp_path, one=ONE))
    other = BASE.replace(envelope=2000)
    assert choice.formula_on(BASE) is choice.formula_on(BASE)
    assert str(choice.formula_on(other).envelope.value) == "2000"
    assert str(choice.formula_on(BASE).envelope.value) == "1000"


def test_a_page_of_its_own_may_not_part_from_what_all_share(tmp_path: Path) -> None:
    head = ONE.split("changes:")[0]
    (tmp_path / "pages").mkdir()
    write(tmp_path / "pages", own=OWN + "envelope: 2000\n")
    choice = the_one(write(tmp_path, one=head + "formula: pages/own.yaml\n"))
    (problem,) = Margins.model_validate("everything").check(BASE, choice.formula_on(BASE))
    assert problem.text("en").startswith(
        "envelope.value may not be changed by a parent @ own.yaml, envelope.value (line 4)"
    )


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=ONE,
        b=ONE.replace("body: Table of the Lower River\n", "").replace("2026-05-12", "12 May 2026"),
        c=ONE,
        e="for: [",
        f='for: ""\nbody:\nreason: " "\nchanges: {}\n',
        g=ONE + "formula: other.yaml\n",
        h=ONE.split("changes:")[0] + "formula: absent.yaml\n",
        i=OWN,
        j=ONE.replace('"01"', '"02"').replace("resolution", "resolutoin"),
        k=ONE.replace('"01"', '"03"').replace('{fr: "On y va loin.", en: "Roads are long."}', "[a]"),
    )
    write(tmp_path, l="", m=ONE.split("changes:")[0].replace('"01"', '"04"') + "formula: m.yaml\n")
    english, french = problems(tmp_path)
    absent = tmp_path / "absent.yaml"
    expected = [
        "the page cannot be read as YAML @ e.yaml",
        "the choice does not say who decided @ b.yaml",
        "'12 May 2026' is not a day @ b.yaml, date (line 2)",
        "the choice does not say whose it is @ f.yaml",
        "the choice does not say who decided @ f.yaml",
        "the choice does not say when it was decided @ f.yaml",
        "the choice does not say why @ f.yaml",
        "a choice brings either `changes` or a `formula`, one of the two @ g.yaml",
        f"there is no file {absent} @ h.yaml, formula (line 6)",
        "this is a whole formula page that no choice names @ i.yaml",
        "unknown key 'resolutoin' @ j.yaml, resolutoin (line 5): did you mean 'resolution'",
        "a title is expected @ k.yaml, reason (line 4)",
        "the file is empty @ l.yaml, line 1: write whose choice it is (`for`)",
        "'m.yaml' is a choice, not a page of its own @ m.yaml, formula (line 6): put the whole page in a file",
        "'01' has two choices (the first: a.yaml) @ c.yaml, for (line 1)",
    ]
    lines = english.splitlines()
    assert [line[: len(start)] for line, start in zip(lines, expected, strict=True)] == expected
    for piece in (
        "ne dit pas qui a décidé",
        "« 12 May 2026 » n'est pas un jour",
        "« 01 » a deux choix",
        "« m.yaml » est un choix",
    ):
        assert piece in french


@pytest.mark.parametrize("written", ["2026-02-30", "20260512", "2026-5-2", "2026-W20-2", "yesterday"])
def test_a_date_is_a_day(tmp_path: Path, written: str) -> None:
    english, french = problems(write(tmp_path, a=ONE.replace("2026-05-12", written)))
    assert f"'{written}' is not a day" in english
    assert "comme 2026-05-12" in french


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    write(tmp_path, b=ONE, a=ONE.replace('"01"', "02"))
    (tmp_path / "c.yml").write_text(ONE.replace('"01"', "'10'"), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a choice", encoding="utf-8")
    assert [choice.parent for choice in read_choices(tmp_path)] == ["02", "01", "10"]


def test_a_folder_must_be_there_and_hold_choices(tmp_path: Path) -> None:
    assert "holds no choice" in problems(tmp_path)[0]
    assert "ne contient aucun choix" in problems(tmp_path)[1]
    assert "there is no folder" in problems(tmp_path / "absent")[0]
    assert "il n'y a pas de dossier" in problems(tmp_path / "absent")[1]


def test_a_choice_is_told_in_both_languages(tmp_path: Path) -> None:
    more = """\
            social:
              criteria: {alone: null, young: {weight: 2}}
      parts: {base: {pool: {fraction: 0.25}}}
    dissent: Two members
    """
    choice = the_one(write(tmp_path, one=ONE + textwrap.dedent(more)))
    assert choice.told(BASE, "en") == (
        "01 · Table of the Lower River, 2026-05-12: the weight of the family “Land”: 25 → 30; the criterion “alone”:"
        " removed; the criterion “young”: added; the fraction of the envelope of the part “base”: 0.2 → 0.25. Reason:"
        " Roads are long. Resolution: 2026-114. Dissent: Two members."
    )
    assert choice.told(BASE, "fr") == (
        "01 · Table of the Lower River, 2026-05-12 : le poids de la famille « Territoire » : 25 → 30; le critère"
        " « alone » : retrait; le critère « young » : ajout; la fraction de l’enveloppe du volet « base » : 0,2 → 0,25."
        " Motif : On y va loin. Résolution : 2026-114. Dissidence : Two members."
    )


def test_a_choice_may_keep_the_page(tmp_path: Path) -> None:
    choice = the_one(write(tmp_path, one=ONE.split("changes:")[0] + "changes: {}\n"))
    assert choice.changes_on(BASE) == ()
    assert "the page is kept as it is" in choice.told(BASE, "en")
    assert "la page est gardée telle quelle" in choice.told(BASE, "fr")
