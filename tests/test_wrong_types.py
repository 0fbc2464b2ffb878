"""What a public function does not take is refused in a sentence that names what was expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
