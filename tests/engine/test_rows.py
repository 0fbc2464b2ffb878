"""Rows that are no territory: refused first of all, with both ways out; territories that look like them are kept."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
import pytest

from equite import EquiteError, Formula, allocate
from equite.engine.rows import needed_rules, quantities
from equite.inputs.rows.sums import find_sums
from equite.inputs.rows.words import opens_a_note, says_total

PAGE = """
equite: 1
id: rows
language: en
key: code
name: place
envelope: 1000
parts:
  - {id: base, pool: {fraction: 0.5}, share: equally}
  - {id: need, pool: remainder, share: {in_proportion_to: "default(people_in_need, 0)"}}
rounding: {to: 1}
"""
TABLE = "code,place,people_in_need\n2401,Amont,1000\n2402,Baie,3001\n2403,Centre,5020\n"


def given(folder: Path, text: str, **keys: Any) -> Any:
    table = folder / "table.csv"
    table.write_text(text, encoding="utf-8")
    return allocate(Formula.from_text(PAGE).replace(keys), table)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (",Total,9021\n", '"Total"'),
        ("Total,,9021\n", '"Total"'),
        ("Grand total,,9021\n", '"Grand total"'),
        ("9999,Moyenne des MRC,3007\n", '"9999"'),
        ("Source: Bureau of statistics,,\n", '"Source: Bureau of statistics"'),
        ("Sources : registre,,\nn.d. : non disponible,,\n", '"Sources : registre", "n.d. : non disponible"'),
        ("\nSymbol legend:,,\n..,not available,\nF,too unreliable,\n", '"Symbol legend:", "..", "F"'),
        ("(1),estimated,\n", '"(1)"'),
        ("Region North,,\n", '"Region North"'),
        (",Region North,\n", '"Region North"'),
        ("2401,Total,9021\n", '"Total"'),
        (f"{'word ' * 20},,\n", '"word word word word word word word word*"'),
    ],
)
def test_rows_that_are_no_territory_are_refused_and_the_advice_can_be_followed(
    tmp_path: Path, rows: str, named: str
) -> None:
    with pytest.raises(EquiteError) as caught:
        given(tmp_path, TABLE + rows)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert f"leave_out: [{named}]" in said
    assert f"are_territories: [{named}]" in said
    entries = [entry.strip('"') for entry in named.split('", "')]
    allocation = given(tmp_path, TABLE + rows, leave_out=entries)
    assert allocation.codes == ("2401", "2402", "2403")
    assert len(allocation.record["left_out"]) == len(entries)
    assert "rows left out of the table" in allocation.warnings[0]
    # What was left out stays known: the same page may be applied to the territories again.
    assert allocate(allocation.formula, allocation.territories).amounts.tolist() == allocation.amounts.tolist()


@pytest.mark.parametrize("cell", ["", "..", "n/a"])
def test_a_territory_of_which_nothing_is_known_is_a_territory(tmp_path: Path, cell: str) -> None:
    allocation = given(tmp_path, TABLE + f"2404,Delta,{cell}\n")
    assert len(allocation.codes) == 4
    assert not allocation.warnings


def test_a_row_that_is_said_to_be_a_territory_is_one(tmp_path: Path) -> None:
    allocation = given(tmp_path, TABLE + "2499,Total,9021\n", are_territories=["total"])
    assert "2499" in allocation.codes
    assert not allocation.warnings


def test_conditions_of_the_page_may_leave_a_total_out(tmp_path: Path) -> None:
    allocation = given(tmp_path, TABLE + "Total,,9021\n", eligible=[{"where": "people_in_need < 9000"}])
    assert allocation.codes == ("2401", "2402", "2403")


def test_a_total_that_conditions_leave_out_is_not_told_beside_wrong_codes(tmp_path: Path) -> None:
    with pytest.raises(EquiteError) as caught:
        given(tmp_path, TABLE + "2403,Centre,1\nTotal,,9021\n", eligible=[{"where": "people_in_need < 9000"}])
    assert len(str(caught.value).splitlines()) == 1
    assert "already that of row 4" in str(caught.value)


def test_a_total_that_conditions_leave_out_has_a_code_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(EquiteError, match=r"'2401' is already that of row 2"):
        given(tmp_path, TABLE + "2401,Total,9021\n", eligible=[{"where": "people_in_need < 9000"}])


def test_what_is_no_territory_is_said_first_and_nothing_of_its_cells(tmp_path: Path) -> None:
    with pytest.raises(EquiteError) as caught:
        given(tmp_path, TABLE + "2404,Delta,abc\nTotal,,about 9000\n")
    first, second = str(caught.value).splitlines()
    assert "called a total" in first
    assert "'abc'" in second


def test_an_entry_that_no_row_has_is_refused_with_the_near_one(tmp_path: Path) -> None:
    with pytest.raises(EquiteError, match=r"'Baye'.*did you mean 'Baie'"):
        given(tmp_path, TABLE, are_territories=["Baye"])
    with pytest.raises(EquiteError, match=r"no row has this code"):
        given(tmp_path, TABLE, leave_out=["zzzzzz*"])


def test_a_star_alone_is_a_mark_and_no_beginning(tmp_path: Path) -> None:
    assert len(given(tmp_path, TABLE + "*,preliminary,\n", leave_out=["*"]).codes) == 3


@pytest.mark.parametrize("name", ["Moyenne-Côte-Nord", "Ensemble-sur-Mer", "Saint-Ensemble", "Les Sources", "Québec"])
def test_places_that_are_called_nearly_so(name: str) -> None:
    assert not says_total(name)
    assert not opens_a_note(name, has_figures=False)


def test_a_word_that_is_a_place_too_counts_where_a_total_stands() -> None:
    assert not says_total("Somme")
    assert says_total("Somme", perhaps=True)


def sums(codes: list[str], **columns: Any) -> list[tuple[str, bool]]:
    arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    found = find_sums(arrays, codes, np.ones(len(codes), dtype=bool))
    return [(codes[each.position], each.sure) for each in found]


def test_sums_are_sure_in_two_quantities_or_above_codes_that_begin_alike() -> None:
    assert sums(list("ABCT"), people=[100, 200, 301, 601], area=[10, 5.5, 20, 35.5]) == [("T", True)]
    assert sums(["24", "2401", "2402"], people=[4000, 1000, 3000]) == [("24", True)]


def test_one_quantity_or_two_that_are_proportional_only_tell() -> None:
    assert sums(list("ABCT"), people=[100, 200, 301, 601]) == [("T", False)]
    assert sums(list("ABC"), people=[100, 200, 300], area=[10, 20, 30]) == [("C", False)]


def test_every_level_is_found_regions_of_one_division_too() -> None:
    codes = ["P", "R1", "a", "b", "c", "R2", "d", "e", "R3", "f"]
    people = [58306, 33338, 10010, 20321, 3007, 12623, 4500, 8123, 12345, 12345]
    area = [93.8, 33.7, 10.5, 20.0, 3.2, 48.1, 40.1, 8.0, 12.0, 12.0]
    assert sums(codes, people=people, area=area) == [(code, True) for code in ("P", "R1", "R2", "R3")]
    below = [*codes[1:], "P"], [*people[1:], people[0]], [*area[1:], area[0]]
    assert {code for code, _ in sums(below[0], people=below[1], area=below[2])} == {"P", "R1", "R2", "R3"}


def test_zeros_blanks_and_small_numbers_make_no_sums() -> None:
    assert sums(list("ABCDE"), people=[0, 0, 0, 5, 3], area=[0, 0, 0, 0, 0]) == []
    assert sums(list("ABCD"), people=[np.nan, 5, np.nan, 5]) == []
    draws = np.random.default_rng(3)
    codes = [f"{at:05d}" for at in range(20_000)]
    assert not sums(codes, schools=list(draws.integers(0, 4, 20_000)), libraries=list(draws.integers(0, 3, 20_000)))


def test_decimals_add_up_within_what_they_show() -> None:
    shown = {"people": [1000, 2000, 3000, 6000]}
    assert sums(list("ABCT"), **shown, area=[1.4, 2.4, 3.4, 7.4]) == [("T", True)]
    assert sums(list("ABCT"), **shown, area=[1.4, 2.4, 3.4, 7.5]) == [("T", False)]


def test_columns_that_add_up_are_those_declared_so_or_added_by_the_page() -> None:
    from equite.engine.rows import quantities

    page = Formula.from_dict(
        {
            "equite": 1,
            "id": "rows",
            "language": "en",
            "key": "code",
            "envelope": 100,
            "columns": {"c": {"kind": "extensive"}, "d": {"kind": "intensive"}},
            "eligible": [{"where": "c > 0 and d > 0 and e > 0", "reason": {"fr": "x", "en": "x"}}],
            "parts": [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "a + b"}}],
        }
    )
    assert set(quantities(page)) == {"a", "b", "c"}


def of_columns(score: str, **columns: dict[str, Any]) -> tuple[str, ...]:
    parts = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": score}}]
    page = {"equite": 1, "id": "q", "key": "code", "envelope": 9, "columns": columns, "parts": parts}
    return quantities(Formula.from_dict(page))


def test_what_adds_up_is_no_rate_however_it_is_known_for_one() -> None:
    assert of_columns("families") == ("families",)
    assert of_columns("families", families={"kind": "intensive"}) == ()
    assert of_columns("families", families={"unit": "%"}) == ()
    # Of a product, the population is the quantity, be it declared or not.
    assert of_columns("population * families") == ("population",)
    # A power of a quantity, or its negative, is of that quantity.
    assert of_columns("families ** 0.7") == ("families",)


@pytest.mark.parametrize("level", ["faible", "low", "1"])
def test_a_level_named_in_either_language_is_a_figure(level: str) -> None:
    # The code of the last is made otherwise than the others: without a figure, it would be a note.
    levels = [{"fr": "faible", "en": "low"}, {"fr": "forte", "en": "high"}]
    columns = {"care": {"kind": "ordinal", "levels": levels}}
    parts = [{"id": "p", "pool": "remainder", "share": {"in_proportion_to": "care"}}]
    page = {"equite": 1, "id": "q", "key": "code", "envelope": 900, "columns": columns, "parts": parts}
    rows = {"code": ["2401", "2402", "2403", "Côte d'ici"], "care": ["2", "1", "2", level]}
    assert allocate(Formula.from_dict(page), rows).amounts.tolist() == [300, 150, 300, 150]


def test_what_a_page_reads_is_worked_out_once_a_page_and_goes_with_it() -> None:
    page = Formula.from_text(PAGE)
    assert needed_rules(page) is needed_rules(page)
    richer = page.replace(envelope=9)
    assert needed_rules(richer) is not needed_rules(page)
    assert needed_rules(richer) == needed_rules(page)
    alive = ref(page.names)
    del page
    gc.collect()
    assert alive() is None
