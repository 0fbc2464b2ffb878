"""Methods of the user's own in a live workbook: values under a check, wherever on the page they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from recalculation import Cells, LibreOffice, corrupt, edit

import equite
from equite import Allocation
from equite.report.language.formula_in_words import formula_in_words
from equite.report.roundtrip.manifest import MANIFEST_SHEET, Manifest

pytestmark = pytest.mark.usefixtures("own_methods")
TABLE = pd.DataFrame(
    {
        "code": list("ABCDE"),
        "people": [8, 27, 64, 125, 1000],
        "poor": [4, 9, 16, 1, 25],
        "kept": [100, 150, 90, 300, 400],
    }
)
CRITERIA = {"people": 2, "poor": {"weight": 1, "more_need_when": "high"}}
#: A page for each place where a method may stand, and what it makes the workbook hold as values.
PAGES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "normaliser": ({"indices": {"need": {"normalise": {"bent": 3}, "criteria": CRITERIA}}}, {"normaliser"}),
    "aggregator": ({"indices": {"need": {"aggregate": "worst", "criteria": CRITERIA}}}, {"own-method"}),
    "transform": ({"indices": {"need": {"criteria": {"poor": {"weight": 1, "transform": "rooted"}}}}}, {"own-method"}),
    "weight": ({"indices": {"need": {"criteria": {"poor": "cube_root(8)", "people": 2}}}}, {"own-method"}),
    "variable": ({"variables": {"need": "cube_root(people) * 2"}}, {"own-method"}),
    "mean": ({"variables": {"need": "cube_root(people) / average(cube_root(people))"}}, {"own-method"}),
    "missing": ({"variables": {"need": "default(cube_root(100 / (people - 8)), 0.5)"}}, {"own-method"}),
    "never": ({"variables": {"need": "default(cube_root(log(0)), 0.5) + poor"}}, {"own-method"}),
    "share": ({"variables": {"need": "poor"}, "share": "cube_root(people) + need"}, {"own-method"}),
    "pool": ({"variables": {"need": "poor"}, "each": "cube_root(27000)"}, {"own-method"}),
    "envelope": ({"variables": {"need": "poor"}, "envelope": "cube_root(1000000000)"}, {"own-method"}),
    "eligible": ({"variables": {"need": "poor"}, "eligible": [{"where": "cube_root(people) > 2"}]}, {"own-method"}),
    "bound": ({"variables": {"need": "poor"}, "at_least": "10 * cube_root(people)"}, {"own-method"}),
    "amount": ({"variables": {"need": "poor"}, "at_most": "where(cube_root(amount) > 7, 360, null)"}, {"own-method"}),
    "twice": (
        {"variables": {"need": "cube_root(people)"}, "eligible": [{"where": "cube_root(people) > 2"}]},
        {"own-method"},
    ),
    "check": ({"variables": {"need": "poor"}, "checks": [{"that": "cube_root(amount) >= 1"}]}, {"own-method"}),
}


@pytest.fixture(autouse=True)
def registered(own_methods: None) -> None:
    equite.row_function("cube_root", title={"fr": "racine cubique", "en": "cube root"})(lambda x: np.cbrt(x))
    equite.transform("rooted", title={"fr": "racine", "en": "root"})(lambda values: np.sqrt(values))
    equite.aggregator("worst", title={"fr": "le pire", "en": "the worst"})(lambda scores, weights: scores.max(axis=1))

    @equite.normaliser("bent", title={"fr": "courbé", "en": "bent"})
    def bent(values: np.ndarray, power: float = 2.0) -> np.ndarray:
        return (values / values.max()) ** power


def allocation(name: str, language: str = "en") -> Allocation:
    keys = dict(PAGES[name][0])
    parts = [
        {"id": "base", "pool": {"each": keys.pop("each", "10")}, "share": "equally"},
        {"id": "rest", "pool": "remainder", "share": {"in_proportion_to": keys.pop("share", "1 + need")}},
    ]
    limit = {bound: keys.pop(bound) for bound in ("at_least", "at_most") if bound in keys}
    limits = {"limits": [{"id": "limit", **limit}]} if limit else {}
    page = {"equite": 1, "id": "own", "language": language, "key": "code", "envelope": "1000", "parts": parts}
    return equite.allocate({**page, **limits, **keys}, TABLE)


def manifest(path: Path) -> Manifest:
    rows = [[str(cell) for cell in row] for row in Cells.read(path).sheets[MANIFEST_SHEET]]
    found = Manifest.from_rows(rows)
    assert found is not None
    return found


def shown(path: Path) -> list[float]:
    place = manifest(path).places["amounts"]
    return [float(str(cell)) for cell in Cells.read(path).range(place.sheet, place.cells) if cell != ""]


def is_red(path: Path) -> bool:
    rows = [row for sheet in Cells.read(path).sheets.values() for row in sheet]
    return any(isinstance(cell, str) and cell.startswith("✗") for row in rows for cell in row)


@pytest.mark.parametrize("name", PAGES)
def test_it_is_written_as_values_under_a_check_and_read_back(name: str, tmp_path: Path) -> None:
    found = allocation(name)
    path = found.to_excel(tmp_path / "a.xlsx", live=True)
    reading = equite.read_workbook(path)
    assert {each.reason for each in reading.certificates} == PAGES[name][1]
    assert len(set(reading.certificates)) == len(reading.certificates)
    assert reading.changes == ()
    assert reading.allocate().amounts.tolist() == found.amounts.tolist()
    assert reading.cache == "current"


@pytest.mark.parametrize("name", ["amount", "check"])
def test_what_it_makes_of_amounts_rests_on_every_rule(name: str, tmp_path: Path) -> None:
    (told,) = equite.read_workbook(allocation(name).to_excel(tmp_path / "a.xlsx", live=True)).certificates
    assert {"envelope", "poor", "need", "base", "rest"} <= set(told.rests_on)


@pytest.mark.excel
@pytest.mark.slow
def test_what_it_gave_stands_when_all_else_recalculates(libreoffice: LibreOffice, tmp_path: Path) -> None:
    expected = {name: allocation(name) for name in PAGES}
    files = {name: each.to_excel(tmp_path / f"{name}.xlsx", live=True) for name, each in expected.items()}
    edited = {name: file.with_name(f"edited-{name}.xlsx") for name, file in files.items()}
    for name, file in files.items():
        edited[name].write_bytes(file.read_bytes())
        column = next(each for each in manifest(file).inputs if each.path in (("data", "people"), ("data", "poor")))
        cells = column.cells.partition(":")[2]
        edit(edited[name], {(column.sheet, cells): 4096})
    for file in (*files.values(), *edited.values()):
        assert corrupt(file) > 0
    made = iter(libreoffice.recalculate([*files.values(), *edited.values()]))
    for name in PAGES:
        recalculated = next(made)
        assert shown(recalculated) == expected[name].amounts.tolist(), name
        assert not is_red(recalculated), name
    for name in PAGES:
        recalculated, reading = next(made), equite.read_workbook(edited[name])
        stale = shown(recalculated) != reading.allocate().amounts.tolist()
        assert is_red(recalculated) or not stale, name


@pytest.mark.parametrize(("language", "title"), [("fr", "racine cubique"), ("en", "cube root")])
def test_outputs_call_it_by_its_title(language: str, title: str, tmp_path: Path) -> None:
    found = allocation("variable", language)
    said = f"{title} {'de' if language == 'fr' else 'of'} (people)"
    page = found.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    assert said in page
    assert f"{__name__}.registered" in page
    for live in (True, False):
        cells = Cells.read(found.to_excel(tmp_path / "a.xlsx", live=live)).sheets.values()
        texts = [cell for sheet in cells for row in sheet for cell in row if isinstance(cell, str)]
        assert any(said in text for text in texts)
        assert any("cube_root" in text and "equite" in text for text in texts)


@pytest.mark.parametrize(
    ("name", "french", "english"),
    [
        ("normaliser", "à l’échelle par la méthode « courbé »", "to the scale by the method “bent”"),
        ("aggregator", "par la méthode « le pire »", "by the method “the worst”"),
        ("transform", "par la méthode « racine »", "by the method “root”"),
    ],
)
def test_a_page_is_said_with_the_titles_of_its_methods(name: str, french: str, english: str) -> None:
    for language, said in (("fr", french), ("en", english)):
        told = " ".join(formula_in_words(allocation(name, language).formula).replace("\u00a0", " ").split())
        assert said in told


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("normaliser", ["bent", "courbé"]),
        ("aggregator", ["worst", "le pire"]),
        ("transform", ["rooted", "racine"]),
    ],
)
def test_a_workbook_says_the_title_of_a_scale(name: str, wanted: list[str], tmp_path: Path) -> None:
    own, title = wanted
    for live in (True, False):
        cells = Cells.read(allocation(name, "fr").to_excel(tmp_path / "a.xlsx", live=live)).sheets.items()
        texts = [cell for sheet, rows in cells if sheet != MANIFEST_SHEET for row in rows for cell in row]
        told = [text for text in texts if isinstance(text, str) and own in text]
        # Its name stands where the page is quoted and where it is warned of; all else calls it by its title.
        assert any(isinstance(text, str) and title in text for text in texts) or live, name
        assert told and all("equite" in text or ":" in text for text in told)


def test_a_workbook_read_where_the_method_is_not_names_it(tmp_path: Path) -> None:
    from equite.engine.registry import NORMALISERS, OWN_FUNCTIONS
    from equite.formula.expressions import ROW_FUNCTIONS

    paths = [allocation(name).to_excel(tmp_path / f"{name}.xlsx", live=True) for name in ("variable", "normaliser")]
    del OWN_FUNCTIONS["cube_root"], ROW_FUNCTIONS["cube_root"], NORMALISERS["bent"]
    with pytest.raises(equite.FormulaError, match=r"there is no function 'cube_root'.*@equite\.row_function"):
        equite.read_workbook(paths[0])
    with pytest.raises(equite.FormulaError, match=r"there is no normaliser 'bent'.*@equite\.normaliser"):
        equite.read_workbook(paths[1]).allocate()
