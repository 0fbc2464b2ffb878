"""Pages and files from strangers: none crashes, hangs or gives a wrong number in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pandas as pd
import pytest

import equite
from equite.formula.choices import read_choices

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases" / "30-hostile"
PAGE: dict[str, Any] = {
    "equite": 1,
    "id": "grant",
    "language": "en",
    "key": "code",
    "envelope": 900,
    "parts": [{"id": "grant", "pool": "remainder", "share": {"in_proportion_to": "people"}}],
    "rounding": {"to": 1},
}
TABLE = {"code": ["A", "B", "C"], "people": [100, 200, 300]}
#: Nine aliases to nine aliases, nine deep: 387,420,489 texts in a few lines.
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 9)
)
CIRCLE = "a: &a [*a]\n"


READERS: dict[str, Callable[[Path], object]] = {
    "page": equite.Formula.read,
    "override": lambda file: equite.Formula.from_dict(PAGE).overlaid(file),
    "catalogue": lambda file: equite.read_catalogue().overlaid(file),
    "plan": equite.Plan.read,
    "choice": lambda file: read_choices(file.parent),
}


@pytest.mark.parametrize("text", [BOMB, CIRCLE], ids=["bomb", "circle"])
@pytest.mark.parametrize("kind", READERS)
def test_aliases_that_never_end_are_refused_in_every_file(kind: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "strange.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(equite.FormulaError, match=r"too large.*strange\.yaml"):
        READERS[kind](file)


def test_aliases_that_people_write_are_read(tmp_path: Path) -> None:
    text = "equite: 1\nid: g\nkey: code\nenvelope: 900\nconstants: {one: &rate {value: 0.5}, two: *rate}\n"
    text += "parts: [{id: grant, pool: remainder, share: equally}]\n"
    assert (
        equite.Formula.from_text(text).constants["two"].value == equite.Formula.from_text(text).constants["one"].value
    )


def test_nested_calls_are_said_in_the_time_of_their_length() -> None:
    nested = "people"
    for _ in range(40):
        nested = f"max({nested}, 1)"
    page = equite.Formula.from_dict({**PAGE, "parts": [{**PAGE["parts"][0], "share": {"in_proportion_to": nested}}]})
    for language in ("fr", "en"):
        assert "people" in page.replace(language=language)._repr_html_().lower()


def test_a_chain_of_doublings_is_explained_in_the_time_of_its_length() -> None:
    variables = {"v0": "1 + need"} | {f"v{at}": f"v{at - 1} + v{at - 1}" for at in range(1, 40)}
    page = {
        **PAGE,
        "indices": {"need": {"criteria": {"people": {"weight": 1, "more_need_when": "high"}}}},
        "variables": variables,
        "parts": [{**PAGE["parts"][0], "share": {"in_proportion_to": "v39"}}],
    }
    assert equite.allocate(page, TABLE).explain("A").amount == 900 / 4.5


@pytest.mark.parametrize("name", ["self", "cls", "parent", "bindings", "args"])
def test_a_part_may_be_called_what_the_program_calls_things(name: str) -> None:
    page = {**PAGE, "parts": [{**PAGE["parts"][0], "id": name}], "limits": [{"id": "cap", "at_most": f"2 * {name}"}]}
    assert equite.allocate(page, TABLE).units.tolist() == [150, 300, 450]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([{"id": "big", "pool": {"amount": "1e19"}, "share": "equally"}], "'big' holds more units"),
        ([{"id": "big", "pool": {"each": "1e19"}, "share": "equally"}], "'big' holds more units"),
        ([{"id": "big", "pool": {"fraction": "1e19"}, "share": "equally"}], "'big' holds more units"),
        ([{"id": "big", "share": {"as_is": "1e19 * people"}}], "more than can be told apart"),
    ],
)
def test_figures_beyond_whole_numbers_are_refused(parts: list[Any], words: str) -> None:
    page = {**PAGE, "parts": parts}
    if "as_is" in parts[0]["share"]:
        del page["envelope"]
    with pytest.raises(equite.SharingError, match=words):
        equite.allocate(page, TABLE)


@pytest.mark.parametrize("key", ["keeps", "adds"])
def test_what_a_tier_keeps_or_adds_is_refused_beyond_whole_numbers(key: str) -> None:
    below = {**PAGE, "id": "below", "envelope": "received"}
    tiers = [{"id": "region", "formula": PAGE, key: "1e19"}, {"id": "town", "parent": "region", "formula": below}]
    plan = {"equite_plan": 1, "id": "plan", "language": "en", "tiers": tiers}
    towns = {"code": ["a", "b", "c"], "region": ["A", "B", "C"], "people": [1, 2, 3]}
    with pytest.raises(equite.SharingError, match="1e19 comes to more units than can be told apart for A, B, C"):
        equite.cascade(plan, {"region": TABLE, "town": towns})


def test_ceilings_of_nothing_name_somebody() -> None:
    page = {**PAGE, "parts": [{**PAGE["parts"][0], "at_most": "0 * people"}]}
    with pytest.raises(equite.SharingError, match=r"\(the highest ceilings: A, B, C\)"):
        equite.allocate(page, TABLE)


def test_damaged_parquet_is_refused_with_a_sentence(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pd.DataFrame({**TABLE, "name": ["Anse", "Baie", "Cité"]}).to_parquet(whole)
    raw, random, refused = whole.read_bytes(), Random(1), 0
    for at in range(300):
        damaged = bytearray(raw)
        for _ in range(random.randint(1, 4)):
            damaged[random.randrange(len(raw))] = random.randrange(256)
        file = tmp_path / f"{at}.parquet"
        file.write_bytes(damaged[: random.choice([len(raw), random.randrange(8, len(raw))])])
        try:
            equite.read_territories(file, key="code")
        except equite.EquiteError as error:
            refused += bool(error.text("fr") and error.text("en"))
    assert refused > 150


@pytest.mark.parametrize("cell", ["XFD1048576", "BK1048576", "XFD4000"])
def test_a_cell_far_away_is_refused_before_the_sheet_is_laid_out(cell: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["code", "people"])
    sheet.append(["A", 100])
    sheet[cell] = "stray"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(equite.TerritoriesError, match=rf"as far as {cell}.*far\.xlsx.*delete the rows"):
        equite.read_territories(tmp_path / "far.xlsx", key="code")


@pytest.mark.parametrize("cell", ["XFD3", "A200000", "ZZ40000"])
def test_a_long_or_a_wide_sheet_is_read(cell: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["code", "people"])
    sheet.append(["A", 100])
    book.save(tmp_path / "near.xlsx")
    sheet[cell] = None
    sheet[cell].number_format = "0.00"
    book.save(tmp_path / "far.xlsx")
    found = equite.read_territories(tmp_path / "far.xlsx", key="code")
    assert found.codes == equite.read_territories(tmp_path / "near.xlsx", key="code").codes


@pytest.mark.parametrize("rules", [12, 30])
def test_many_conditions_make_a_workbook_all_the_same(rules: int, tmp_path: Path) -> None:
    conditions = [{"where": f"people > {at} or people < -{at}", "reason": f"Rule {at}"} for at in range(rules)]
    found = equite.allocate({**PAGE, "eligible": conditions}, TABLE)
    path = found.to_excel(tmp_path / "live.xlsx", live=True)
    assert equite.read_workbook(path).changes == ()


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside this checkout")
def test_the_cases_are_refused_or_right() -> None:
    table = CASES / "t.csv"
    assert equite.allocate(CASES / "12_self" / "page.yaml", table).amounts.sum() == 1000
    for page, given in (
        ("07_catalogue_bomb/page.yaml", "t.csv"),
        ("base.yaml", "11_parquet/damaged.parquet"),
        ("base.yaml", "06_stray_cell.xlsx"),
    ):
        with pytest.raises(equite.EquiteError):
            equite.allocate(CASES / page, CASES / given)
    with pytest.raises(equite.SharingError, match="more units"):
        equite.cascade(CASES / "14_keeps_overflow" / "plan.yaml")
