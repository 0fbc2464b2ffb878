"""What a public function does not take is refused in a sentence that names what was expected."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import equite
from equite import EquiteError, Formula, Territories

TABLE = pd.DataFrame({"code": ["a", "b"], "people": [1, 2]})
PAGE: dict[str, Any] = {"equite": 1, "id": "page", "language": "en", "key": "code", "envelope": 10}
PAGE["parts"] = [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}]
anything: Any = equite
DONE = equite.allocate(PAGE, TABLE)

CALLS: list[tuple[Callable[[Any], object], str, str]] = [
    (lambda given: anything.allocate(given, TABLE), "a formula is expected", "une formule est attendue"),
    (lambda given: anything.allocate(PAGE, given), "is not a table", "n'est pas un tableau"),
    (lambda given: anything.Formula.of(given), "a formula is expected", "une formule est attendue"),
    (lambda given: anything.Formula.read(given), "a formula is expected", "une formule est attendue"),
    (lambda given: anything.Formula.from_text(given), "the text of a page is expected", "le texte d'une page"),
    (lambda given: anything.Formula.from_dict(given), "the content of a page is expected", "le contenu d'une page"),
    (lambda given: anything.compare(given, given), "number 2 of what was given", "le numéro 2 de ce qui"),
    (lambda given: anything.compare(DONE, given), "number 2 of what was given", "le numéro 2 de ce qui"),
    (lambda given: anything.cascade(given), "a plan is expected", "un plan est attendu"),
    (lambda given: anything.compare_governance(given), "a plan is expected", "un plan est attendu"),
    (lambda given: anything.read_territories(given), "the path of a file is expected", "le chemin d'un fichier"),
    (lambda given: anything.read_workbook(given), "the path of a file is expected", "le chemin d'un fichier"),
    (lambda given: anything.Territories.of(given, key="code"), "is not a table", "n'est pas un tableau"),
    (lambda given: anything.roll_up(given, to="people"), "is not a table", "n'est pas un tableau"),
    (lambda given: anything.roll_up(TABLE, to=given), "the larger territories", "les territoires plus grands"),
    (lambda given: anything.roll_up(TABLE, "code", given), "the columns to carry up", "les colonnes à porter"),
]


WALK = equite.Crosswalk.of_pieces({"a": ["1"], "b": ["2"], "w": [1]}, source="a", target="b", weight="w")
TIERS = equite.Tiers.of_tables(
    {"region": {"code": ["N"]}, "town": {"code": ["1"], "up": ["N"], "people": [1]}},
    keys="code",
    parents={"town": "up"},
)
INDEXED = equite.allocate({**PAGE, "indices": {"need": {"criteria": {"people": 1}}}}, TABLE)

PLAN = equite.Plan.from_dict(
    {
        "equite_plan": 1,
        "id": "plan",
        "language": "en",
        "tiers": [
            {"id": "region", "formula": PAGE},
            {
                "id": "town",
                "formula": {**PAGE, "envelope": None},
                "parent": "up",
                "funds": [{"id": "f", "formula": PAGE}],
            },
        ],
    }
)

#: Each takes no list, no number and no unknown object, and says what it does take.
ARGUMENTS: list[tuple[Callable[[Any], object], str, str]] = [
    (lambda given: anything.allocate(PAGE, TABLE, serving=given), "`serving`", "une liste de textes"),
    (lambda given: DONE.diagnose(given), "`index`", "donnez un texte"),
    (lambda given: INDEXED.profile("a", tier=given), "`tier`", "donnez un texte"),
    (lambda given: DONE.to_excel("a.xlsx", template=given), "`template`", "le chemin d’un fichier"),
    (lambda given: DONE.to_html("a.html", given), "`only`", "une liste de textes"),
    (lambda given: DONE.to_csv(given), "the path of the file to write", "le chemin du fichier à écrire"),
    (lambda given: DONE.to_parquet(given), "the path of the file to write", "le chemin du fichier à écrire"),
    (lambda given: equite.compare(DONE, DONE).to_html(given), "the path of the file", "le chemin du fichier"),
    (lambda given: DONE.explain("a").to_excel(given), "the path of the file", "le chemin du fichier"),
    (lambda given: DONE.formula.replace(given), "`changes`", "un dictionnaire"),
    (lambda given: DONE.formula.overlaid(given), "`override`", "le chemin d’un fichier"),
    (lambda given: anything.Formula.from_text("", given), "`name`", "donnez un texte"),
    (lambda given: anything.Plan.read(given), "`path`", "le chemin d’un fichier"),
    (lambda given: anything.Plan.from_text(given), "`text`", "donnez un texte"),
    (lambda given: anything.Plan.from_dict(given), "`content`", "un dictionnaire"),
    (lambda given: PLAN.path_of(given), "`written`", "donnez un texte"),
    (lambda given: PLAN.tier(given), "no tier", "pas de palier"),
    (lambda given: PLAN.deciding(given, "town"), "no way to decide", "pas une façon"),
    (lambda given: anything.read_territories("a.csv", text=given), "`text`", "une liste de textes"),
    (lambda given: anything.Territories.of(TABLE, key=given), "`key`", "donnez un texte"),
    (lambda given: anything.Territories.of(TABLE).numbers(given), "`heading`", "donnez un texte"),
    (lambda given: anything.Territories.of(TABLE).row([given]), "`position`", "un nombre entier"),
    (lambda given: equite.catalogue.search(given), "`words`", "donnez un texte"),
    (lambda given: equite.catalogue.search("a", [given]), "`language`", "l’un de fr et en"),
    (lambda given: equite.catalogue.overlaid(given), "`place`", "le chemin d’un fichier"),
    (
        lambda given: anything.catchments(TABLE, TABLE, people=given, origin="o", destination="d", count="n"),
        "`people`",
        "donnez un texte",
    ),
    (lambda given: WALK.carry(TABLE, extensive=given), "`extensive`", "une liste de textes"),
    (lambda given: WALK.coherence(minimum_share=[given]), "`minimum_share`", "un nombre"),
    (lambda given: WALK.then(given), "a crosswalk goes on", "une correspondance se poursuit"),
    (lambda given: WALK.by([given]), "`weight`", "donnez un texte"),
    (lambda given: anything.CodeChanges.of(TABLE, old=given, new="new"), "`old`", "donnez un texte"),
    (lambda given: anything.Tiers.of_tables(given, parents={}), "`tables`", "un dictionnaire"),
    (lambda given: anything.Tiers.of_table(TABLE, tier=given), "`tier`", "donnez un texte"),
    (lambda given: TIERS.agreement(given), "`column`", "donnez un texte"),
    (lambda given: TIERS.children(given), "no tier", "pas de palier"),
    (lambda given: TIERS.lineage("town", given), "no territory", "territoire"),
    (lambda given: anything.indicators.rate({"a": 1}, {"a": 1}, per=[given]), "`per`", "un nombre"),
    (lambda given: anything.indicators.mean_yearly_growth(TABLE, first=[given], last=1), "`first`", "un nombre entier"),
    (
        lambda given: anything.indicators.dispersion(TABLE, territory=given, place="p", people="n"),
        "`territory`",
        "donnez un texte",
    ),
]


def told(error: EquiteError, language: str) -> str:
    return " ".join(problem.text(language) for problem in error.problems).replace("\u00a0", " ")  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [42, 1.5, None, object()], ids=["int", "float", "None", "object"])
@pytest.mark.parametrize(("call", "english", "french"), CALLS)
def test_something_else_is_refused_in_a_sentence(
    call: Callable[[Any], object], english: str, french: str, given: object
) -> None:
    with pytest.raises(EquiteError) as caught:
        call(given)
    assert english in told(caught.value, "en")
    assert french in told(caught.value, "fr")
    assert type(given).__name__ in told(caught.value, "en")


@pytest.mark.parametrize("given", [42, 1.5, True, object(), [1]], ids=["int", "float", "bool", "object", "list"])
@pytest.mark.parametrize(("call", "english", "french"), ARGUMENTS)
def test_an_argument_of_another_type_is_named_with_what_is_expected(
    call: Callable[[Any], object], english: str, french: str, given: object
) -> None:
    with pytest.raises(EquiteError) as caught:
        call(given)
    assert english in told(caught.value, "en")
    assert french in told(caught.value, "fr")


@pytest.mark.parametrize("language", ["de", None, 3, ["fr"]])
def test_a_language_that_nothing_is_written_in_is_refused(language: Any) -> None:
    problem = equite.Problem("plan-empty")
    for speaker in (problem, equite.FormulaError([problem])):
        with pytest.raises(EquiteError, match="is no language of equite: write fr or en"):
            speaker.text(language)
    assert problem.text("fr")


def test_every_wrong_argument_is_told_at_once() -> None:
    with pytest.raises(equite.TerritoriesError) as caught:
        anything.read_territories("a.csv", key=1, width="2")
    assert [problem.values["name"] for problem in caught.value.problems] == ["key", "width"]
    with pytest.raises(equite.FormulaError) as refused:
        INDEXED.diagnose(3, flag="x")  # type: ignore[arg-type]
    assert refused.value.language == "en"


def test_what_checks_arguments_leaves_the_function_as_it_was() -> None:
    signature = inspect.signature(equite.Territories.of)
    assert list(signature.parameters)[:3] == ["table", "key", "width"]
    assert equite.Territories.of.__doc__
    assert equite.Territories.of(TABLE, text=np.array(["people"])).texts("people").tolist() == ["1", "2"]
    assert WALK.carry({"a": ["1"], "n": [2]}, key="a", extensive=pd.Index(["n"])).table["n"].tolist() == [2]
    assert equite.indicators.rate({"a": 1}, {"a": 2}, per=np.float64(10))["rate"].tolist() == [5]
    assert DONE.row("a") == 0


def test_what_stands_in_the_other_ones_place_is_refused() -> None:
    with pytest.raises(EquiteError, match=r"formula is expected.*DataFrame"):
        anything.allocate(TABLE, PAGE)
    with pytest.raises(EquiteError, match=r"number 1 of what was given.*list"):
        anything.compare([DONE, DONE])
    for labels in (3, "ab"):
        with pytest.raises(EquiteError, match="a list of labels is expected"):
            anything.compare(DONE, DONE, labels=labels)


@pytest.mark.parametrize(
    ("amount", "score", "more", "names"),
    [
        ("x", [1, 2], {}, ["amount"]),
        (10, "x", {}, ["score"]),
        (10, {"a": 1}, {}, ["score"]),
        ([1, 2], [1, 2], {}, ["amount"]),
        (10, [1, 2], {"lower": [1, 2, 3]}, ["lower"]),
        (None, ["a"], {"fixed": "x", "upper": [[1], [2, 3]]}, ["score", "fixed", "upper"]),
    ],
)
def test_what_is_no_number_is_shared_by_nobody(amount: Any, score: Any, more: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(equite.SharingError) as caught:
        equite.share(amount, score, **more)
    assert [problem.values.get("name") for problem in caught.value.problems] == names
    for language, word in (("en", "number"), ("fr", "nombre")):
        assert word in told(caught.value, language)


@pytest.mark.parametrize(
    ("call", "english", "french"),
    [
        (lambda: PLAN.tier("twn"), "no tier 'twn': did you mean 'town'?", "pas de palier « twn »"),
        (lambda: PLAN.title_of("twn"), "no tier 'twn'", "pas de palier « twn »"),
        (lambda: PLAN.choices_of("twn"), "no tier 'twn'", "pas de palier « twn »"),
        (lambda: PLAN.formula_of("twn"), "no tier 'twn'", "pas de palier « twn »"),
        (lambda: PLAN.formula_of("town", "g"), "'town' has no fund 'g'", "« town » n'a pas de fonds « g »"),
        (
            lambda: anything.Plan.deciding(PLAN, "alone", "town"),
            "write one of: uniform",
            "l'une de celles-ci : uniform",
        ),
    ],
)
def test_what_a_plan_does_not_have_is_refused(call: Callable[[], object], english: str, french: str) -> None:
    with pytest.raises(equite.SharingError) as caught:
        call()
    assert english in told(caught.value, "en")
    assert french in told(caught.value, "fr")
    assert PLAN.formula_of("town", "f").id == PLAN.formula_of("town").id == "page"


def test_what_was_taken_still_is(tmp_path: Path) -> None:
    page = Formula.from_dict(PAGE)
    TABLE.to_csv(tmp_path / "table.csv", index=False)
    for table in (TABLE, tmp_path / "table.csv", str(tmp_path / "table.csv"), Territories.of(TABLE, key="code")):
        assert equite.allocate(page, table).total == 10
    assert equite.read_territories(tmp_path / "table.csv", key="code").codes == ("a", "b")
    assert equite.share(10, 1).amounts.tolist() == [10]
    assert equite.share(10, [1, 3], lower=[4], upper=20).amounts.tolist() == [4, 6]
